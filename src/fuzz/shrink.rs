//! From a scenario that fails to the smallest one that fails in the same way.
//!
//! Passes propose smaller plans, the boldest first; the first that fails with the same [`Signature`](super::Signature) is kept, and the
//! pass begins again. When a round of all passes finds nothing more, times are rounded. A smaller plan runs otherwise
//! than the one it came from, so each is tried with a few seeds. All of it is a function of the plan: the same plan
//! shrinks to the same one.

use super::Failure;
use super::smaller::{PASSES, rounded};
use crate::plan::Plan;

/// The seeds that a smaller plan is tried with, after its own.
const SEEDS: [u64; 3] = [1, 2, 3];

/// A plan on its way to the smallest.
pub struct Shrink<'a> {
    plan: Plan,
    failure: Failure,
    run: &'a mut dyn FnMut(&Plan) -> Option<Failure>,
    /// Is shown each plan that is kept.
    kept: &'a mut dyn FnMut(&Plan),
    runs: u64,
    most_runs: u64,
}

/// What came of shrinking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shrunk {
    /// The smallest plan that was found.
    pub plan: Plan,
    /// How it fails.
    pub failure: Failure,
    /// How many runs that took.
    pub runs: u64,
    /// Whether it ended for lack of runs, so that more may be cut.
    pub unfinished: bool,
}

impl<'a> Shrink<'a> {
    /// Shrinks a plan that fails as `failure` says. `run` runs a plan with its seed and tells how it fails, if it does;
    /// `kept` is shown each smaller plan that is found.
    pub fn new(
        plan: Plan,
        failure: Failure,
        run: &'a mut dyn FnMut(&Plan) -> Option<Failure>,
        kept: &'a mut dyn FnMut(&Plan),
    ) -> Self {
        Self { plan, failure, run, kept, runs: 0, most_runs: u64::MAX }
    }

    /// Ends after so many runs.
    #[must_use]
    pub fn at_most(self, runs: u64) -> Self {
        Self { most_runs: runs, ..self }
    }

    /// Shrinks until nothing more can be cut.
    pub fn finish(mut self) -> Shrunk {
        while self.round() {}
        while self.keep_first(rounded(&self.plan), &[]) {}
        let Self { plan, failure, runs, most_runs, .. } = self;
        Shrunk { plan, failure, runs, unfinished: runs >= most_runs }
    }

    /// One round of all passes. Whether anything was cut.
    fn round(&mut self) -> bool {
        let mut any = false;
        for pass in PASSES {
            while self.keep_first(pass(&self.plan, self.failure.at), &SEEDS) {
                any = true;
            }
        }
        any
    }

    /// Keeps the first proposal that fails in the same way.
    fn keep_first(&mut self, proposals: Vec<Plan>, seeds: &[u64]) -> bool {
        for proposal in proposals {
            let own = self.plan.seed;
            for seed in std::iter::once(own).chain(seeds.iter().copied().filter(|seed| *seed != own)) {
                if self.runs >= self.most_runs {
                    return false;
                }
                self.runs += 1;
                let plan = Plan { seed, ..proposal.clone() };
                if let Some(failure) = (self.run)(&plan)
                    && failure.signature == self.failure.signature
                {
                    (self.kept)(&plan);
                    (self.plan, self.failure) = (plan, failure);
                    return true;
                }
            }
        }
        false
    }
}
