//! What many random runs reached, and whether more of them would reach more.

use crate::plan::Event;
use crate::report::{self, Point};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// After so few runs nothing has levelled off.
const FEW: u64 = 100;

/// What is missing after so many times the runs that it took to reach everything else can hardly be reached. If something happens in one of n
/// runs, and the rarest of what was reached came with the n-th, this many times n runs without it have a chance of e^-10.
const PATIENCE: u64 = 10;

/// What the runs so far reached.
#[derive(Clone, Debug, Default)]
pub struct Covered {
    /// What has to happen in some run at least.
    gates: BTreeSet<Event>,
    points: BTreeMap<Point, Reached>,
    runs: u64,
    /// How many runs there were when one reached something new last, that one included.
    last: u64,
    /// After how many runs how much had been reached, each time that something new was.
    growth: Vec<(u64, u64)>,
}

/// How often something was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Reached {
    /// In how many runs.
    pub runs: u64,
    /// The seed of the first of them.
    pub first_seed: u64,
}

impl Covered {
    /// Before the first run, of a profile in which these events have to happen.
    pub fn new(gates: &[Event]) -> Self {
        Self { gates: gates.iter().copied().collect(), ..Self::default() }
    }

    /// Adds what the run of a seed reached.
    pub fn add(&mut self, seed: u64, reached: &BTreeSet<Point>) {
        self.runs += 1;
        for point in reached {
            let known = self.points.entry(*point).or_insert_with(|| {
                self.last = self.runs;
                Reached { runs: 0, first_seed: seed }
            });
            known.runs += 1;
        }
        if self.last == self.runs {
            self.growth.push((self.runs, self.points.len() as u64));
        }
    }

    /// After how many runs how much had been reached, each time that something new was.
    pub fn growth(&self) -> &[(u64, u64)] {
        &self.growth
    }

    /// What was reached, as of one run that reached all of it.
    pub fn reached(&self) -> report::Reached {
        report::Reached { points: self.points.keys().copied().collect(), ..report::Reached::default() }
    }

    /// What was reached, and how often.
    pub fn points(&self) -> &BTreeMap<Point, Reached> {
        &self.points
    }

    /// What was never reached.
    pub fn never(&self) -> BTreeSet<Point> {
        Point::all().into_iter().filter(|point| !self.points.contains_key(point)).collect()
    }

    /// The events that have to happen and did not.
    pub fn missing(&self) -> Vec<Event> {
        self.gates.iter().copied().filter(|gate| !self.points.contains_key(&Point::Event(*gate))).collect()
    }

    /// Since how many runs nothing new was reached.
    pub fn level_for(&self) -> u64 {
        self.runs - self.last
    }

    /// After how many runs without anything new it has levelled off: as many as it took to reach all this, and at least a
    /// hundred.
    pub fn level_after(&self) -> u64 {
        self.last.max(FEW)
    }

    /// Whether it has levelled off.
    pub fn is_level(&self) -> bool {
        self.level_for() >= self.level_after()
    }

    /// Whether something has to happen that most likely never will: nothing new was reached in many times as many runs as it took to reach all
    /// this.
    pub fn is_hopeless(&self) -> bool {
        !self.missing().is_empty() && self.level_for() >= self.level_after() * PATIENCE
    }

    /// Whether all has happened that has to, and nothing new is to be expected soon.
    pub fn is_complete(&self) -> bool {
        self.missing().is_empty() && self.is_level()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reached(events: &[Event]) -> BTreeSet<Point> {
        events.iter().copied().map(Point::Event).collect()
    }

    #[test]
    fn it_is_complete_when_all_gates_were_reached_and_nothing_new_came_for_as_long_again() {
        let mut covered = Covered::new(&[Event::LeaderElected, Event::NodeBlank]);
        for seed in 0..300 {
            covered.add(seed, &reached(&[Event::LeaderElected]));
        }
        assert!(covered.is_level() && !covered.is_complete() && !covered.is_hopeless());
        assert_eq!(covered.missing(), [Event::NodeBlank]);
        covered.add(300, &reached(&[Event::NodeBlank]));
        assert!(covered.missing().is_empty() && !covered.is_level());
        for seed in 301..601 {
            covered.add(seed, &BTreeSet::new());
            assert!(!covered.is_complete());
        }
        let told = covered.statement();
        assert!(told.ends_with("300 runs: after 1 more without anything new it has levelled off."), "{told}");
        covered.add(601, &reached(&[Event::LeaderElected]));
        assert!(covered.is_complete());
        let leader = Reached { runs: 301, first_seed: 0 };
        assert_eq!(covered.points()[&Point::Event(Event::LeaderElected)], leader);
        assert_eq!(covered.never().len(), Point::all().len() - 2);
    }

    #[test]
    fn it_is_hopeless_when_nothing_new_came_for_many_times_as_long() {
        let mut covered = Covered::new(&[Event::LeaderElected, Event::NodeBlank]);
        for seed in 0..1_001 {
            assert!(!covered.is_hopeless(), "after {seed} runs");
            covered.add(seed, &reached(&[Event::LeaderElected]));
        }
        assert!(covered.is_hopeless());
        covered.add(1_001, &reached(&[Event::NodeBlank]));
        assert!(!covered.is_hopeless());
    }

    #[test]
    fn a_few_runs_show_nothing() {
        let mut covered = Covered::new(&[]);
        for seed in 0..100 {
            covered.add(seed, &reached(&[Event::LeaderElected]));
            assert!(!covered.is_complete());
        }
        covered.add(100, &reached(&[]));
        assert!(covered.is_complete());
    }
}
