//! From a scenario that fails to the smallest one that fails in the same way.
//!
//! Two things are done in turn until neither finds anything smaller:
//!
//! - [Leaps](super::leap) try plans that are far smaller, with no fault at all, with one, with two, and so on. One leap
//!   seldom fails, so there are very many.
//! - [Cuts](super::smaller) take one thing away after the other, the boldest first. The first that still fails is kept,
//!   and the pass begins again.
//!
//! A smaller plan runs otherwise than the one it came from, so each cut is tried with several seeds. How many leaps and
//! seeds there are is told by the events that they cost: what is short is tried often. In the end numbers are rounded.
//! All of it is a function of the plan: the same plan shrinks to the same one.

use super::leap::leap;
use super::rounded::rounded;
use super::smaller::{COARSE, FINE, Pass};
use super::{Failure, Signature};
use crate::plan::Plan;
use crate::time::Duration;

/// How many faults leaps keep.
const KEPT: [usize; 9] = [0, 1, 2, 3, 4, 5, 8, 13, 21];

/// Leaps with so many faults may cost so many events.
const LEAP_EVENTS: u64 = 2_000_000;

/// A cut is tried with new seeds until that has cost so many events.
const CUT_EVENTS: u64 = 20_000;

/// Making and judging a run takes as long as so many events, even if none happens.
const RUN_EVENTS: u64 = 100;

/// One run of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trial {
    /// How it failed, and the run as a script; none if it did not fail, or is no valid scenario.
    pub failed: Option<(Failure, Plan)>,
    /// How many events that took.
    pub events: u64,
}

/// A plan on its way to the smallest.
pub struct Shrink<'a> {
    plan: Plan,
    failure: Failure,
    run: &'a mut dyn FnMut(&Plan) -> Trial,
    /// Is shown each plan that is kept.
    kept: &'a mut dyn FnMut(&Plan),
    runs: u64,
    events: u64,
    most_runs: u64,
    /// From plans of this size leaps have found nothing smaller.
    leapt: Option<Size>,
}

/// How large a plan is: its faults, its nodes, how long it lasts.
type Size = (usize, u32, Duration);

/// What came of shrinking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shrunk {
    /// The smallest plan that was found.
    pub plan: Plan,
    /// How it fails.
    pub failure: Failure,
    /// How many runs that took.
    pub runs: u64,
    /// How much work that was: the events of all runs, and for each run as many as making it costs.
    pub events: u64,
    /// Whether it ended for lack of runs, so that more may be cut.
    pub unfinished: bool,
}

impl<'a> Shrink<'a> {
    /// Shrinks a plan that fails as `failure` says. `run` runs a plan with its seed and tells how it fails, if it does;
    /// `kept` is shown each smaller plan that is found.
    pub fn new(
        plan: Plan,
        failure: Failure,
        run: &'a mut dyn FnMut(&Plan) -> Trial,
        kept: &'a mut dyn FnMut(&Plan),
    ) -> Self {
        Self { plan, failure, run, kept, runs: 0, events: 0, most_runs: u64::MAX, leapt: None }
    }

    /// Ends after so many runs.
    #[must_use]
    pub fn at_most(self, runs: u64) -> Self {
        Self { most_runs: runs, ..self }
    }

    /// Shrinks until nothing more can be cut.
    pub fn finish(mut self) -> Shrunk {
        while self.leap() | self.cut(&COARSE) || self.cut(&FINE) {}
        self.round();
        let Self { plan, failure, runs, events, most_runs, .. } = self;
        Shrunk { plan, failure, runs, events, unfinished: runs >= most_runs }
    }

    /// Tries leaps, those with the fewest faults first. Whether one has failed.
    fn leap(&mut self) -> bool {
        // What was expected speaks of times, and leaps have others.
        let is_timeless = !matches!(self.failure.signature, Signature::Expectation(_));
        let size = size(&self.plan);
        if !is_timeless || self.leapt == Some(size) {
            return false;
        }
        for keep in KEPT.into_iter().filter(|keep| *keep <= size.0) {
            let end = self.events + LEAP_EVENTS;
            for number in 0.. {
                if self.events >= end || self.runs >= self.most_runs {
                    break;
                }
                let smaller = leap(&self.plan, self.failure.at, keep, number);
                // A leap that is no smaller costs time as well.
                self.events += RUN_EVENTS;
                if is_smaller(&smaller, &self.plan)
                    && let Some((_, script)) = self.run_one(&smaller)
                    && self.keeps(&script)
                {
                    return true;
                }
            }
        }
        self.leapt = Some(size);
        false
    }

    /// Cuts until no pass finds anything more. Whether anything was cut.
    fn cut(&mut self, passes: &[Pass]) -> bool {
        let mut any = false;
        for pass in passes {
            while self.keep_first(pass(&self.plan, self.failure.at)) {
                any = true;
            }
        }
        any
    }

    /// Rounds each number once.
    fn round(&mut self) {
        let numbers = rounded(&self.plan, self.failure.at).len();
        for number in 0..numbers {
            self.keep_first(rounded(&self.plan, self.failure.at).swap_remove(number));
        }
    }

    /// Keeps the first proposal that fails in the same way.
    fn keep_first(&mut self, proposals: Vec<Plan>) -> bool {
        proposals.into_iter().any(|mut smaller| {
            let (own, end) = (self.plan.seed, self.events + CUT_EVENTS);
            if self.keeps(&smaller) {
                return true;
            }
            for seed in (1..).filter(|seed| *seed != own) {
                if self.events >= end || self.runs >= self.most_runs {
                    break;
                }
                smaller.seed = seed;
                if self.keeps(&smaller) {
                    return true;
                }
            }
            false
        })
    }

    /// Runs a plan and keeps it if it fails in the same way.
    fn keeps(&mut self, smaller: &Plan) -> bool {
        let Some((failure, _)) = self.run_one(smaller) else { return false };
        (self.plan, self.failure) = (smaller.clone(), failure);
        (self.kept)(&self.plan);
        true
    }

    /// Runs a plan, if it may. If it fails in the same way: how, and its script.
    fn run_one(&mut self, smaller: &Plan) -> Option<(Failure, Plan)> {
        if self.runs >= self.most_runs {
            return None;
        }
        self.runs += 1;
        let Trial { failed, events } = (self.run)(smaller);
        self.events += events + RUN_EVENTS;
        failed.filter(|(failure, _)| failure.signature == self.failure.signature)
    }
}

/// Whether a leap is worth it: it has fewer faults, or fewer nodes, or lasts less than half as long.
fn is_smaller(leap: &Plan, plan: &Plan) -> bool {
    let (faults, voters, duration) = size(leap);
    (faults, voters, duration.saturating_mul(2)) < size(plan)
}

fn size(plan: &Plan) -> Size {
    (plan.faults.len(), plan.cluster.nodes(), plan.duration)
}
