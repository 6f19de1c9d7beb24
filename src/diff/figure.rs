//! Which figures of a run are compared.

use crate::report::format::{percent, short};
use crate::statistics::Interval;
use crate::time::Duration;
use serde::Serialize;

/// What kind of number a figure is, and which way is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Wish {
    /// More is better.
    More,
    /// Less is better.
    Less,
    /// Neither is.
    Neither,
}

impl Wish {
    /// Whether a difference that lies in this interval is for the worse, by more than so much.
    pub(super) fn is_worse(self, interval: Interval, by: f64) -> bool {
        match self {
            Self::More => interval.high < -by,
            Self::Less => interval.low > by,
            Self::Neither => false,
        }
    }
}

/// A figure that every run has, or may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Figure {
    /// The share of the run with an effective leader, in parts per billion.
    LeaderAvailability,
    /// The share of operations that were done, in parts per billion; none where clients asked for nothing.
    ClientAvailability,
    /// The time without an effective leader, in nanoseconds.
    WithoutLeader,
    /// The longest span without one, in nanoseconds.
    LongestSpan,
    /// How often a node became leader of a term.
    Elections,
    /// How often another effective leader followed, or the same one in a later term.
    LeaderChanges,
    /// The mean latency of operations that were done, in nanoseconds.
    MeanLatency,
    /// The 99th percentile of these latencies.
    TailLatency,
}

impl Figure {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::LeaderAvailability,
        Self::ClientAvailability,
        Self::WithoutLeader,
        Self::LongestSpan,
        Self::Elections,
        Self::LeaderChanges,
        Self::MeanLatency,
        Self::TailLatency,
    ];

    /// What it is called.
    pub const fn name(self) -> &'static str {
        match self {
            Self::LeaderAvailability => "leader availability",
            Self::ClientAvailability => "client availability",
            Self::WithoutLeader => "time without leader",
            Self::LongestSpan => "longest without leader",
            Self::Elections => "elections",
            Self::LeaderChanges => "leader changes",
            Self::MeanLatency => "mean latency",
            Self::TailLatency => "p99 latency",
        }
    }

    /// Which way is better.
    pub const fn wish(self) -> Wish {
        match self {
            Self::LeaderAvailability | Self::ClientAvailability => Wish::More,
            Self::Elections | Self::LeaderChanges => Wish::Neither,
            _ => Wish::Less,
        }
    }

    /// Whether a change for the worse is a regression.
    pub const fn is_judged(self) -> bool {
        matches!(self, Self::LeaderAvailability | Self::ClientAvailability | Self::WithoutLeader)
    }

    /// A value, for people.
    pub(crate) fn text(self, value: f64) -> String {
        let nanos = |value: f64| short(Duration::from_nanos(value.round().max(0.0) as u64));
        match self {
            Self::LeaderAvailability | Self::ClientAvailability => percent(value / 1e9),
            Self::Elections | Self::LeaderChanges => format!("{value:.2}"),
            _ => nanos(value),
        }
    }

    /// A difference of values, for people, with its sign; of shares in percentage points.
    pub(crate) fn difference(self, value: f64) -> String {
        let sign = if value < 0.0 { "-" } else { "+" };
        let text = match self {
            Self::LeaderAvailability | Self::ClientAvailability => points(value.abs() / 1e7),
            _ => self.text(value.abs()),
        };
        if value == 0.0 { "0".into() } else { format!("{sign}{text}") }
    }
}

/// Percentage points, with at least two digits that count.
pub(super) fn points(value: f64) -> String {
    let digits = (2..6).find(|digits| value * 10_f64.powi(*digits) >= 10.0).unwrap_or(6);
    format!("{value:.*} pp", digits as usize)
}
