//! Figures over samples.

use serde::Serialize;

/// Mean, percentiles and maximum of some samples. The percentiles are exact, by nearest rank: `p90` is the least
/// sample such that nine in ten are not above it.
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
        let count = samples.len() as u64;
        let sum: u128 = samples.iter().map(|sample| u128::from(*sample)).sum();
        let rank = |percent: usize| samples[(samples.len() * percent).div_ceil(100) - 1];
        let mean = u64::try_from(sum / u128::from(count)).expect("a mean is not above the maximum");
        Some(Self { count, mean, p50: rank(50), p90: rank(90), p99: rank(99), max })
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
}
