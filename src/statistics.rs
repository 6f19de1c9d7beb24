//! Intervals for what was estimated from some runs. All of them are functions of the samples: the bootstrap draws from a stream
//! of its own.
//!
//! Floats: these are figures for people. No record sees them.

use crate::rng::{Expansion, Stream, below};

/// So many standard deviations around the mean hold 95 % of a normal distribution.
pub const Z_95: f64 = 1.959_963_985;

/// So many hold 99.99 %.
pub const Z_9999: f64 = 3.890_591_886;

/// How often the bootstrap draws samples anew.
const RESAMPLES: usize = 1_000;

/// From so many samples on the mean is as good as normal, and its interval is computed from the variance.
const MANY: usize = 2_000;

/// A range that holds the true value with some confidence.
#[derive(Clone, Copy, Debug, PartialEq)]
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
}
