//! Runs whose failure is looked for: judged, and written down as scripts.

use super::evidence::evidence;
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
    find_with(plan, &Options::default())
}

/// The same, carried out so.
pub fn find_with(plan: &Plan, options: &Options) -> Finding {
    let (mut judges, mut resolver) = (Judges::new(plan), Resolver::default());
    let outcome = judge(plan, &mut judges, &mut [&mut resolver], options);
    let evidence = evidence(plan, &judges, options);
    let report = Report { evidence, ..Report::new(plan, &judges, outcome) };
    let failure = Failure::of(&report);
    Finding { report, failure, script: resolver.script(plan, plan.seed) }
}

/// Runs a plan with its seed up to its first violation, as [`Shrink`](crate::fuzz::Shrink) wants it. Most plans that it
/// tries don't fail; so only those that do are written down as scripts and read as scenarios.
pub fn attempt(plan: &Plan) -> Trial {
    attempt_with(plan, &Options::default())
}

/// The same, carried out so.
pub fn attempt_with(plan: &Plan, options: &Options) -> Trial {
    let mut judges = Judges::new(plan).stopping_at_violation(true);
    let outcome = judge(plan, &mut judges, &mut [], options);
    let report = Report::new(plan, &judges, outcome);
    let failed = Failure::of(&report).filter(|_| is_scenario(plan));
    let failed = failed.map(|failure| (failure, script(plan, options)));
    Trial { failed, events: report.events }
}

/// How a plan fails with its seed; none if it does not, or is no valid scenario. It ends with its first violation.
pub fn fails(plan: &Plan) -> Option<Failure> {
    attempt(plan).failed.map(|(failure, _)| failure)
}

/// The run of a plan up to its first violation as a script.
fn script(plan: &Plan, options: &Options) -> Plan {
    let (mut judges, mut resolver) = (Judges::new(plan).stopping_at_violation(true), Resolver::default());
    judge(plan, &mut judges, &mut [&mut resolver], options);
    resolver.script(plan, plan.seed)
}

/// A script as a scenario that can be read: without what can't be expected of it any more.
///
/// # Errors
/// What is wrong with it if it can't be.
pub fn statable(mut script: Plan) -> Result<Plan, String> {
    let errors = |script: &Plan| scenario::read(&scenario::write(script)).err();
    if errors(&script).is_some() {
        let all = std::mem::take(&mut script.expectations);
        if errors(&script).is_none() {
            for expectation in all {
                script.expectations.push(expectation);
                if errors(&script).is_some() {
                    script.expectations.pop();
                }
            }
        }
    }
    match errors(&script).as_ref().and_then(|errors| errors.problems().first().cloned()) {
        None => Ok(script),
        Some(problem) => Err(problem.message().to_string()),
    }
}

/// Whether a plan can be written and read back.
fn is_scenario(plan: &Plan) -> bool {
    scenario::read(&scenario::write(plan)).is_ok_and(|(read, _)| read == *plan)
}
