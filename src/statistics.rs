//! Intervals for what was estimated from some runs. All of them are functions of the samples: the bootstrap draws from a stream
//! of its own.
//!
//! Floats: these are figures for people. No record sees them.

use crate::rng::{Expansion, Stream, below};
use serde::Serialize;

/// So many standard deviations around the mean hold 95 % of a normal distribution.
pub const Z_95: f64 = 1.959_963_985;

/// So many hold 99.99 %.
pub const Z_9999: f64 = 3.890_591_886;

/// How often the bootstrap draws samples anew.
const RESAMPLES: usize = 1_000;

/// From so many samples on the mean is as good as normal, and its interval is computed from the variance.
const MANY: usize = 2_000;

/// A range that holds the true value with some confidence.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Interval {
    /// Its lower end.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
}

impl Interval {
    /// Whether this value is in it.
    pub fn holds(&self, value: f64) -> bool {
        self.low <= value && value <= self.high
    }

    /// Where the rate lies of what happened in `hits` of `trials`, at a confidence of `z` standard deviations (Wilson's score
    /// interval). Where it never happened, and `z` is that of 95 %, its upper end is the rule of three: 3 over the trials, which
    /// is the exact bound. Everything is possible of no trials.
    pub fn of_rate(hits: u64, trials: u64, z: f64) -> Self {
        if trials == 0 {
            return Self { low: 0.0, high: 1.0 };
        }
        let n = trials as f64;
        if z == Z_95 && (hits == 0 || hits == trials) {
            let beyond = (3.0 / n).min(1.0);
            let (low, high) = if hits == 0 { (0.0, beyond) } else { (1.0 - beyond, 1.0) };
            return Self { low, high };
        }
        let p = hits as f64 / n;
        let whole = 1.0 + z * z / n;
        let centre = (p + z * z / (2.0 * n)) / whole;
        let half = z * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt() / whole;
        let low = if hits == 0 { 0.0 } else { centre - half };
        let high = if hits == trials { 1.0 } else { centre + half };
        Self { low: low.max(0.0), high: high.min(1.0) }
    }

    /// Where the mean lies of what these are samples of, at 95 %: of few samples by the bootstrap, which draws as many from them
    /// again and again; of many by their variance. Each sample is to come from a seed of its own. None of no samples.
    pub fn of_mean(samples: &[u64]) -> Option<Self> {
        if samples.len() < MANY {
            return Self::by_bootstrap(samples);
        }
        let mean = mean(samples)?;
        let n = samples.len() as f64;
        let squares: f64 =
            samples.iter().map(|sample| (*sample as f64 - mean) * (*sample as f64 - mean)).sum();
        let half = Z_95 * (squares / (n - 1.0) / n).sqrt();
        Some(Self { low: mean - half, high: mean + half })
    }

    /// Where the mean lies of what these differences are samples of, at 95 %, as [`Interval::of_mean`]: each that of two runs
    /// with one seed. None of no samples.
    pub fn of_differences(samples: &[i64]) -> Option<Self> {
        let least = *samples.iter().min()?;
        let above: Vec<u64> = samples.iter().map(|sample| sample.abs_diff(least)).collect();
        let Self { low, high } = Self::of_mean(&above)?;
        Some(Self { low: low + least as f64, high: high + least as f64 })
    }

    /// Where the share lies of which each of these is a part and a whole, of which the wholes differ, at 95 %: of few by the
    /// bootstrap, of many by the variance (the delta method). None where all wholes are nothing.
    pub fn of_share(samples: &[(u64, u64)]) -> Option<Self> {
        let Self { low, high } = Self::of_ratio(samples)?;
        Some(Self { low: low.min(1.0), high: high.min(1.0) })
    }

    /// The same of a ratio, which may be any: a sum, and over how many it is, such as times and how many of them there were.
    pub fn of_ratio(samples: &[(u64, u64)]) -> Option<Self> {
        let sum = |of: fn(&(u64, u64)) -> u64| samples.iter().map(|it| u128::from(of(it))).sum::<u128>();
        let (part, whole) = (sum(|it| it.0), sum(|it| it.1));
        if whole == 0 {
            return None;
        }
        let count = samples.len() as u64;
        if samples.len() >= MANY {
            let share = part as f64 / whole as f64;
            let off = |(part, whole): &(u64, u64)| *part as f64 - share * *whole as f64;
            let squares: f64 = samples.iter().map(|it| off(it) * off(it)).sum();
            let n = count as f64;
            let half = Z_95 * (squares / (n - 1.0) * n).sqrt() / whole as f64;
            return Some(Self { low: (share - half).max(0.0), high: share + half });
        }
        let mut stream = Stream::new(0, "bootstrap", count, 1);
        let mut shares: Vec<f64> = (0..RESAMPLES)
            .filter_map(|_| {
                let mut words = Expansion::new(stream.word());
                let drawn = (0..count).map(|_| samples[below(words.word(), count) as usize]);
                let (part, whole) = drawn.fold((0_u128, 0_u128), |(part, whole), it| {
                    (part + u128::from(it.0), whole + u128::from(it.1))
                });
                (whole > 0).then(|| part as f64 / whole as f64)
            })
            .collect();
        shares.sort_unstable_by(f64::total_cmp);
        Self::middle(&shares)
    }

    /// Where percentiles lie, at 95 %, of samples that came from runs with seeds of their own: as many from each run as `runs`
    /// says, one run after the other. By the bootstrap over runs, since what one run shows hangs together; where they are many over
    /// groups of them. `tenths` are the percentiles in tenths of a percent. None where fewer than ten samples lie beyond one.
    pub fn of_percentiles(runs: &[u32], samples: &[u64], tenths: &[u64]) -> Vec<Option<Self>> {
        let groups = runs.len().clamp(1, MANY);
        let group = runs.iter().enumerate().flat_map(|(run, size)| {
            std::iter::repeat_n(run % groups, usize::try_from(*size).unwrap_or(usize::MAX))
        });
        let mut sorted: Vec<(u64, usize)> = samples.iter().copied().zip(group).collect();
        sorted.sort_unstable();
        let mut sizes = vec![0_u64; groups];
        sorted.iter().for_each(|(_, group)| sizes[*group] += 1);
        let is_known = |tenths: u64| sorted.len() as u64 * (1_000 - tenths.min(1_000)) >= 10_000;
        let wanted: Vec<u64> = tenths.iter().copied().filter(|tenths| is_known(*tenths)).collect();
        let mut stream = Stream::new(0, "bootstrap", groups as u64, 2);
        let mut found: Vec<Vec<f64>> = vec![Vec::new(); wanted.len()];
        for _ in 0..if wanted.is_empty() { 0 } else { RESAMPLES } {
            let mut times = vec![0_u64; groups];
            let mut words = Expansion::new(stream.word());
            (0..groups).for_each(|_| times[below(words.word(), groups as u64) as usize] += 1);
            let all: u64 = times.iter().zip(&sizes).map(|(times, size)| times * size).sum();
            let mut seen = 0;
            let mut next = 0;
            for (sample, group) in &sorted {
                seen += times[*group];
                while next < wanted.len() && seen > 0 && seen >= (all * wanted[next]).div_ceil(1_000) {
                    found[next].push(*sample as f64);
                    next += 1;
                }
                if next == wanted.len() {
                    break;
                }
            }
        }
        let mut found = found.into_iter().map(|mut found| {
            found.sort_unstable_by(f64::total_cmp);
            Self::middle(&found)
        });
        tenths.iter().map(|tenths| is_known(*tenths).then(|| found.next().flatten()).flatten()).collect()
    }

    /// The middle 95 % of values in order; none of none.
    fn middle(sorted: &[f64]) -> Option<Self> {
        let beyond = sorted.len() / 40;
        let last = sorted.len().checked_sub(1 + beyond)?;
        Some(Self { low: sorted[beyond], high: sorted[last] })
    }

    fn by_bootstrap(samples: &[u64]) -> Option<Self> {
        let count = samples.len() as u64;
        if samples.is_empty() {
            return None;
        }
        let mut stream = Stream::new(0, "bootstrap", count, 0);
        let mut means: Vec<u128> = (0..RESAMPLES)
            .map(|_| {
                let mut words = Expansion::new(stream.word());
                (0..count).map(|_| u128::from(samples[below(words.word(), count) as usize])).sum()
            })
            .collect();
        means.sort_unstable();
        let at = |rank: usize| means[rank] as f64 / count as f64;
        Some(Self { low: at(RESAMPLES / 40), high: at(RESAMPLES - 1 - RESAMPLES / 40) })
    }
}

/// The mean; none of no samples.
pub fn mean(samples: &[u64]) -> Option<f64> {
    let sum: u128 = samples.iter().map(|sample| u128::from(*sample)).sum();
    (!samples.is_empty()).then(|| sum as f64 / samples.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_have_wilsons_interval() {
        // By the formula, worked out elsewhere.
        let Interval { low, high } = Interval::of_rate(10, 100, Z_95);
        assert!((low - 0.0552).abs() < 1e-4 && (high - 0.1744).abs() < 1e-4, "{low} {high}");
        assert_eq!(Interval::of_rate(0, 1_000, Z_95), Interval { low: 0.0, high: 0.003 });
        assert_eq!(Interval::of_rate(1_000, 1_000, Z_95), Interval { low: 0.997, high: 1.0 });
        assert_eq!(Interval::of_rate(0, 0, Z_95), Interval { low: 0.0, high: 1.0 });
        assert!(Interval::of_rate(0, 1_000, Z_9999).high > 0.01);
    }

    #[test]
    fn intervals_of_means_hold_the_mean_as_often_as_they_say() {
        for count in [50, 3_000] {
            let mut held = 0;
            for seed in 0..400 {
                let mut stream = Stream::new(seed, "samples", 0, 0);
                let samples: Vec<u64> = (0..count).map(|_| below(stream.word(), 1_001)).collect();
                held += u32::from(Interval::of_mean(&samples).expect("samples").holds(500.0));
            }
            assert!((365..=395).contains(&held), "{held} of 400 with {count} samples");
        }
        assert_eq!(Interval::of_mean(&[]), None);
        assert_eq!(Interval::of_mean(&[7]), Some(Interval { low: 7.0, high: 7.0 }));
        assert_eq!(mean(&[1, 2]), Some(1.5));
    }

    #[test]
    fn intervals_of_differences_and_shares_hold_them_as_often_as_they_say() {
        for count in [60, 3_000] {
            let (mut differences, mut shares) = (0, 0);
            for seed in 0..300 {
                let mut stream = Stream::new(seed, "samples", 1, 0);
                let samples: Vec<i64> =
                    (0..count).map(|_| below(stream.word(), 2_001).cast_signed() - 1_000).collect();
                differences += u32::from(Interval::of_differences(&samples).expect("samples").holds(0.0));
                // A quarter of wholes that differ.
                let samples: Vec<(u64, u64)> = (0..count)
                    .map(|_| {
                        let whole = below(stream.word(), 20);
                        (0..whole).fold((0, whole), |(part, whole), _| {
                            (part + u64::from(below(stream.word(), 4) == 0), whole)
                        })
                    })
                    .collect();
                shares += u32::from(Interval::of_share(&samples).expect("samples").holds(0.25));
            }
            assert!((273..=297).contains(&differences), "{differences} of 300 with {count} samples");
            assert!((273..=297).contains(&shares), "{shares} of 300 with {count} samples");
        }
        assert_eq!(Interval::of_differences(&[-3, -3]), Some(Interval { low: -3.0, high: -3.0 }));
        assert_eq!(Interval::of_differences(&[]), None);
        assert_eq!(Interval::of_share(&[(0, 0)]), None);
    }

    #[test]
    fn intervals_of_percentiles_hold_them_as_often_as_they_say() {
        let mut held = 0;
        for seed in 0..200 {
            let mut stream = Stream::new(seed, "samples", 2, 0);
            // From 0 to 2 samples in each run, all of one size: there is less to know than there are samples.
            let (mut runs, mut samples) = (Vec::new(), Vec::new());
            for _ in 0..300 {
                let size = below(stream.word(), 3) as u32;
                let value = below(stream.word(), 1_001);
                runs.push(size);
                samples.extend((0..size).map(|_| value));
            }
            let found = Interval::of_percentiles(&runs, &samples, &[500, 900, 999]);
            held += u32::from(found[0].expect("enough").holds(500.0));
            held += u32::from(found[1].expect("enough").holds(900.0));
            assert_eq!(found[2], None, "too few lie beyond");
        }
        assert!((366..=396).contains(&held), "{held} of 400");
        assert_eq!(Interval::of_percentiles(&[], &[], &[500]), [None]);
    }
}
