//! Figures over samples.

use serde::Serialize;
use std::collections::BTreeMap;

/// Mean, percentiles and maximum of some samples. The percentiles are exact, by nearest rank: `p90` is the least
/// sample such that nine in ten are not above it. Of very many samples they are rounded down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// How many samples.
    pub count: u64,
    /// Their mean, rounded down.
    pub mean: u64,
    /// The median.
    pub p50: u64,
    /// The 90th percentile.
    pub p90: u64,
    /// The 99th percentile.
    pub p99: u64,
    /// The greatest.
    pub max: u64,
}

impl Summary {
    /// The summary of these samples; `None` of none.
    pub fn of(mut samples: Vec<u64>) -> Option<Self> {
        samples.sort_unstable();
        let max = *samples.last()?;
        let sum = samples.iter().map(|sample| u128::from(*sample)).sum();
        Some(Self::by_rank(samples.len() as u64, sum, max, |rank| samples[rank as usize - 1]))
    }

    /// The summary of `count` samples, by what is the sample of each rank from 1 on.
    fn by_rank(count: u64, sum: u128, max: u64, sample: impl Fn(u64) -> u64) -> Self {
        let percentile = |percent: u64| {
            let rank = (u128::from(count) * u128::from(percent)).div_ceil(100);
            sample(u64::try_from(rank).expect("a rank is not above the count"))
        };
        let mean = u64::try_from(sum / u128::from(count)).expect("a mean is not above the maximum");
        Self { count, mean, p50: percentile(50), p90: percentile(90), p99: percentile(99), max }
    }
}

/// So many samples are kept as they are: 1 MiB.
const KEPT: usize = 1 << 17;
/// So many of a sample's highest bits are kept beyond that: what is rounded down by that is less than a part in 512.
const BITS: u32 = 10;

/// Samples as they come. Many are kept as they are; if there are more, how many there are of each magnitude is, so that memory
/// does not grow with the length of a run.
#[derive(Clone, Debug, Default)]
pub(super) struct Samples {
    exact: Vec<u64>,
    rounded: BTreeMap<u64, u64>,
    count: u64,
    sum: u128,
    max: u64,
}

impl Samples {
    /// Takes one more.
    pub(super) fn add(&mut self, sample: u64) {
        self.count += 1;
        self.sum += u128::from(sample);
        self.max = self.max.max(sample);
        if self.count <= KEPT as u64 {
            return self.exact.push(sample);
        }
        for kept in std::mem::take(&mut self.exact) {
            self.round(kept);
        }
        self.round(sample);
    }

    fn round(&mut self, sample: u64) {
        let dropped = (u64::BITS - sample.leading_zeros()).saturating_sub(BITS);
        *self.rounded.entry(sample >> dropped << dropped).or_default() += 1;
    }

    /// How many there are.
    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// Their summary, together with so many samples of 0; `None` of none.
    pub(super) fn summary(&self, zeroes: u64) -> Option<Summary> {
        let count = self.count + zeroes;
        let mut exact = self.exact.clone();
        exact.sort_unstable();
        let sample = |rank: u64| match rank.checked_sub(zeroes + 1) {
            None => 0,
            Some(before) if self.rounded.is_empty() => exact[before as usize],
            Some(mut before) => {
                let is_it = |(_, times): &(&u64, &u64)| {
                    let is_it = before < **times;
                    before = before.saturating_sub(**times);
                    is_it
                };
                let found = self.rounded.iter().find(is_it);
                *found.expect("a rank is not above the count").0
            }
        };
        (count > 0).then(|| Summary::by_rank(count, self.sum, self.max, sample))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_samples_by_nearest_rank() {
        assert_eq!(Summary::of(vec![]), None);
        let one = Summary::of(vec![7]).expect("a sample");
        assert_eq!((one.count, one.mean, one.p50, one.p99, one.max), (1, 7, 7, 7, 7));
        let ten = Summary::of((1..=10).rev().collect()).expect("samples");
        assert_eq!((ten.mean, ten.p50, ten.p90, ten.p99, ten.max), (5, 5, 9, 10, 10));
        let many = Summary::of((1..=1000).collect()).expect("samples");
        assert_eq!((many.p50, many.p90, many.p99), (500, 900, 990));
        assert_eq!(Summary::of(vec![u64::MAX; 3]).expect("samples").mean, u64::MAX);
    }

    fn all(samples: impl Iterator<Item = u64>) -> Samples {
        let mut all = Samples::default();
        samples.for_each(|sample| all.add(sample));
        all
    }

    #[test]
    fn samples_as_they_come_have_the_same_summary() {
        assert_eq!(all([].into_iter()).summary(0), None);
        let some = || (0..1000).map(|number: u64| number * number % 977);
        assert_eq!(all(some()).summary(0), Summary::of(some().collect()));
        let with_zeroes = some().chain(std::iter::repeat_n(0, 300)).collect();
        assert_eq!(all(some()).summary(300), Summary::of(with_zeroes));
    }

    #[test]
    fn of_very_many_samples_the_percentiles_are_rounded_down() {
        let many = || (0..3 * KEPT as u64).map(|number| number * 7919 % 1_000_003 * 1000);
        let (rounded, exact) = (all(many()).summary(5), Summary::of(many().chain([0; 5]).collect()));
        let (rounded, exact) = (rounded.expect("samples"), exact.expect("samples"));
        assert_eq!((rounded.count, rounded.mean, rounded.max), (exact.count, exact.mean, exact.max));
        for (rounded, exact) in [(rounded.p50, exact.p50), (rounded.p90, exact.p90), (rounded.p99, exact.p99)]
        {
            assert!(rounded <= exact && exact - rounded < exact / 512, "{rounded} for {exact}");
        }
    }

    #[test]
    fn memory_does_not_grow_with_the_samples() {
        let many = all((0..4 * KEPT as u64).map(|number| number * 7919 % 1_000_003 * 1000));
        assert!(many.exact.capacity() == 0 && many.rounded.len() < 12 << BITS);
    }
}
