//! Sums over runs, and the seed of the run in which they were least or most.

use super::Figures;
use crate::report::StandstillSums;
use crate::report::format::{count, percent, short};
use crate::time::Duration;
use std::collections::BTreeMap;

/// A part of a whole, as integers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Share {
    pub(super) part: u128,
    pub(super) whole: u128,
}

impl Share {
    pub(super) fn add(&mut self, other: Self) {
        self.part += other.part;
        self.whole += other.whole;
    }

    pub(super) fn is_below(self, other: Self) -> bool {
        // The factors are sums of 64-bit numbers of a single run each.
        self.part * other.whole < other.part * self.whole
    }

    pub(super) fn float(self) -> Option<f64> {
        (self.whole > 0).then(|| self.part as f64 / self.whole as f64)
    }

    pub(super) fn text(self) -> String {
        self.float().map_or("-".into(), percent)
    }
}

/// A share over many runs, and the run in which it was least.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Shares {
    pub(super) all: Share,
    pub(super) least: Option<(Share, u64)>,
}

impl Shares {
    pub(super) fn add(&mut self, share: Share, seed: u64) {
        self.all.add(share);
        if share.whole > 0 && self.least.is_none_or(|(least, _)| share.is_below(least)) {
            self.least = Some((share, seed));
        }
    }

    pub(super) fn least_text(&self) -> String {
        self.least
            .map_or(String::new(), |(share, seed)| format!("; least {}, with seed {seed}", share.text()))
    }
}

/// The runs in which rules of safety were broken that were not owed.
#[derive(Clone, Debug, Default)]
pub(super) struct Waived {
    pub(super) runs: u64,
    /// In how many runs each was.
    pub(super) rules: BTreeMap<&'static str, u64>,
}

impl Waived {
    pub(super) fn add(&mut self, run: &Figures) {
        self.runs += u64::from(!run.waived.is_empty());
        for rule in &run.waived {
            *self.rules.entry(rule).or_default() += 1;
        }
    }

    pub(super) fn text(&self) -> String {
        let rules = self.rules.iter().map(|(rule, runs)| format!("{rule} in {}", count(*runs)));
        let rules = rules.collect::<Vec<_>>().join(", ");
        format!("runs that broke rules of safety that were waived, so they did not fail: {rules}")
    }
}

/// The spans with an effective leader and without progress, of all runs.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Standstills {
    pub(super) count: u64,
    pub(super) total: Duration,
    /// The longest, and the seed of its run.
    pub(super) longest: Option<(Duration, u64)>,
}

impl Standstills {
    pub(super) fn add(&mut self, sums: &StandstillSums, seed: u64) {
        self.count += sums.count;
        self.total = self.total + Duration::from_nanos(sums.total_ns);
        if sums.count > 0 {
            greatest(&mut self.longest, Duration::from_nanos(sums.longest_ns), seed);
        }
    }

    pub(super) fn text(&self) -> String {
        let longest = self.longest.map_or(String::new(), |(longest, seed)| {
            format!("; the longest {}, with seed {seed}", short(longest))
        });
        let total = short(self.total);
        format!(
            "spans with a leader in which clients waited for more than the least election timeout and nothing was \
             committed or done; {total} in all{longest}"
        )
    }
}

/// Keeps the greater value, and the seed with which it came first.
pub(super) fn greatest<T: PartialOrd>(kept: &mut Option<(T, u64)>, value: T, seed: u64) {
    if kept.as_ref().is_none_or(|(greatest, _)| value > *greatest) {
        *kept = Some((value, seed));
    }
}
