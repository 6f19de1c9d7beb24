//! A number before and after, over pairs of runs.

use super::figure::Wish;
use crate::statistics::Interval;
use serde::Serialize;

/// From so many pairs on an interval says something.
pub const FEWEST: usize = 10;

/// What a difference comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Ruling {
    /// It is the same with every seed.
    Same,
    /// It may be nothing: the interval holds 0.
    NoneShown,
    /// There are too few pairs for an interval.
    TooFew,
    /// It got better.
    Better,
    /// It got worse.
    Worse,
    /// It changed, which is neither.
    Changed,
}

/// A number before and after, over pairs of runs with the same seed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Values {
    /// How many pairs have it.
    pub pairs: u64,
    /// Its mean over these before.
    pub old: f64,
    /// Its mean over these now.
    pub new: f64,
    /// The mean of the paired differences.
    pub difference: f64,
    /// Where the true difference lies, at 95 %; none of fewer than [`FEWEST`] pairs.
    pub interval: Option<Interval>,
    /// What that comes to.
    pub ruling: Ruling,
    /// Whether it is a regression.
    pub regressed: bool,
}

impl Values {
    /// Of these pairs, not yet a regression; none of no pairs.
    pub(super) fn of(pairs: &[(u64, u64)], wish: Wish) -> Option<Self> {
        if pairs.is_empty() {
            return None;
        }
        let (difference, interval, ruling) = differences(pairs, wish);
        Some(Self {
            pairs: pairs.len() as u64,
            old: mean(pairs.iter().map(|(old, _)| *old)),
            new: mean(pairs.iter().map(|(_, new)| *new)),
            difference,
            interval,
            ruling,
            regressed: false,
        })
    }
}

/// The paired differences of some figure: their mean, its interval, and what that comes to.
pub(crate) fn differences(values: &[(u64, u64)], wish: Wish) -> (f64, Option<Interval>, Ruling) {
    let difference = |(old, new): &(u64, u64)| {
        i64::try_from(i128::from(*new) - i128::from(*old)).unwrap_or(if new > old {
            i64::MAX
        } else {
            i64::MIN
        })
    };
    let all: Vec<i64> = values.iter().map(difference).collect();
    let sum: i128 = all.iter().map(|difference| i128::from(*difference)).sum();
    let mean = sum as f64 / all.len().max(1) as f64;
    let interval = (all.len() >= FEWEST).then(|| Interval::of_differences(&all)).flatten();
    let ruling = match interval {
        _ if all.iter().all(|difference| *difference == 0) => Ruling::Same,
        None => Ruling::TooFew,
        Some(interval) if interval.holds(0.0) => Ruling::NoneShown,
        Some(interval) => match wish {
            Wish::Neither => Ruling::Changed,
            Wish::More if interval.low > 0.0 => Ruling::Better,
            Wish::Less if interval.high < 0.0 => Ruling::Better,
            Wish::More | Wish::Less => Ruling::Worse,
        },
    };
    (mean, interval, ruling)
}

pub(super) fn mean(values: impl Iterator<Item = u64>) -> f64 {
    crate::statistics::mean(&values.collect::<Vec<_>>()).unwrap_or(0.0)
}
