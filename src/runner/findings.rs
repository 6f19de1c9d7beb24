//! Runs whose failure is looked for: judged, and written down as scripts.

use super::run::{Options, judge};
use crate::fuzz::{Failure, Resolver};
use crate::plan::Plan;
use crate::report::{Judges, Report};

/// A run with all that a finding needs.
#[derive(Debug)]
pub struct Finding {
    /// What it showed.
    pub report: Report,
    /// How it failed; none if it did not.
    pub failure: Option<Failure>,
    /// The same run as a script.
    pub script: Plan,
}

/// Runs a plan with its seed, judges it and writes it down as a script.
pub fn find(plan: &Plan) -> Finding {
    let (mut judges, mut resolver) = (Judges::new(plan), Resolver::default());
    let outcome = judge(plan, &mut judges, &mut [&mut resolver], &Options::default());
    let report = Report::new(plan, &judges, outcome);
    let failure = Failure::of(&report);
    Finding { report, failure, script: resolver.script(plan, plan.seed) }
}

/// How a plan fails with its seed; none if it does not, or is no valid scenario. It ends with its first violation.
pub fn fails(plan: &Plan) -> Option<Failure> {
    let read = crate::scenario::read(&crate::scenario::write(plan));
    if read.is_err() || read.is_ok_and(|(read, _)| read != *plan) {
        return None;
    }
    let mut judges = Judges::new(plan).stopping_at_violation(true);
    let outcome = judge(plan, &mut judges, &mut [], &Options::default());
    Failure::of(&Report::new(plan, &judges, outcome))
}
