//! What the trials of a setting showed, and how that compares with another setting, seed by seed.

use super::grid::Setting;
use crate::statistics::{Interval, mean};
use crate::study::Trial;

/// What the trials of a setting showed, in the order of the seeds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tried {
    /// Which.
    pub setting: Setting,
    /// How long nobody led after the crash, in nanoseconds; none where nobody led before the trial ended.
    pub without: Vec<Option<u64>>,
    /// How often another leader followed, or the same one in a later term, while nothing went wrong.
    pub needless: Vec<u64>,
    /// For how long a trial waits for a leader at most, in nanoseconds: the same for all settings that are compared.
    pub horizon: u64,
}

impl Tried {
    /// No trial yet.
    pub fn new(setting: Setting, horizon: u64) -> Self {
        Self { setting, without: Vec::new(), needless: Vec::new(), horizon }
    }

    /// Takes a trial of a crash, and one of nothing.
    pub fn add(&mut self, crash: &Trial, quiet: &Trial) {
        let of = |place: usize| crash.values.get(place).copied().flatten();
        self.without.push(of(1).zip(of(2)).map(|(detect, elect)| detect + elect));
        self.needless.push(quiet.values.get(3).copied().flatten().unwrap_or(0));
    }

    /// How many trials of each kind there were.
    pub fn trials(&self) -> u64 {
        self.without.len() as u64
    }

    /// In how many trials nobody led again.
    pub fn never(&self) -> u64 {
        self.without.iter().filter(|time| time.is_none()).count() as u64
    }

    /// How long nobody led, with the whole horizon where nobody did again.
    pub(super) fn times(&self) -> Vec<u64> {
        self.without.iter().map(|time| time.unwrap_or(self.horizon)).collect()
    }

    pub(super) fn mean_time(&self) -> f64 {
        mean(&self.times()).unwrap_or(0.0)
    }

    pub(super) fn mean_needless(&self) -> f64 {
        mean(&self.needless).unwrap_or(0.0)
    }

    /// In which share of the trials nobody led again.
    fn share_never(&self) -> f64 {
        self.never() as f64 / self.trials().max(1) as f64
    }

    /// How much longer nobody led than with another setting, with each seed that both were tried with.
    pub(super) fn longer(&self, other: &Self) -> Vec<i64> {
        differences(&self.times(), &other.times())
    }

    /// Whether it is as good as another in all ways, and better in one, by more than luck with these seeds explains.
    pub(super) fn clearly_beats(&self, other: &Self) -> bool {
        if self.share_never() > other.share_never() {
            return false;
        }
        let is_less = |differences: &[i64]| {
            differences.iter().map(|it| i128::from(*it)).sum::<i128>() < 0
                && Interval::of_differences(differences).is_some_and(|it| it.high < 0.0)
        };
        let (time, needless) =
            (self.mean_time() - other.mean_time(), self.mean_needless() - other.mean_needless());
        (needless <= 0.0 && is_less(&self.longer(other)))
            || (time <= 0.0 && is_less(&differences(&self.needless, &other.needless)))
    }

    /// Whether nothing tells it from another in either way but luck.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        let is_luck =
            |differences: &[i64]| Interval::of_differences(differences).is_none_or(|it| it.holds(0.0));
        self.never() == other.never()
            && is_luck(&self.longer(other))
            && is_luck(&differences(&self.needless, &other.needless))
    }
}

/// Of each seed the one less the other.
fn differences(ours: &[u64], theirs: &[u64]) -> Vec<i64> {
    let pairs = ours.iter().zip(theirs);
    pairs.map(|(ours, theirs)| ours.cast_signed().saturating_sub(theirs.cast_signed())).collect()
}
