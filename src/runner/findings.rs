//! Runs whose failure is looked for: judged, and written down as scripts.

use super::run::{Options, judge};
use crate::fuzz::{Failure, Resolver, Trial};
use crate::plan::Plan;
use crate::report::{Judges, Report};
use crate::scenario;

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

/// Runs a plan with its seed up to its first violation, as [`Shrink`](crate::fuzz::Shrink) wants it. Most plans that it
/// tries don't fail; so only those that do are written down as scripts and read as scenarios.
pub fn attempt(plan: &Plan) -> Trial {
    let mut judges = Judges::new(plan).stopping_at_violation(true);
    let outcome = judge(plan, &mut judges, &mut [], &Options::default());
    let report = Report::new(plan, &judges, outcome);
    let failed = Failure::of(&report).filter(|_| is_scenario(plan)).map(|failure| (failure, script(plan)));
    Trial { failed, events: report.events }
}

/// How a plan fails with its seed; none if it does not, or is no valid scenario. It ends with its first violation.
pub fn fails(plan: &Plan) -> Option<Failure> {
    attempt(plan).failed.map(|(failure, _)| failure)
}

/// The run of a plan up to its first violation as a script.
fn script(plan: &Plan) -> Plan {
    let (mut judges, mut resolver) = (Judges::new(plan).stopping_at_violation(true), Resolver::default());
    judge(plan, &mut judges, &mut [&mut resolver], &Options::default());
    resolver.script(plan, plan.seed)
}

/// Whether a plan can be written and read back.
fn is_scenario(plan: &Plan) -> bool {
    scenario::read(&scenario::write(plan)).is_ok_and(|(read, _)| read == *plan)
}
