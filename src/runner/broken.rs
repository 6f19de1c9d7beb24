//! What led to each rule of safety that a run broke.

use super::{Options, simulate};
use crate::check::{Verdict, Violation};
use crate::ids::RecordId;
use crate::plan::Plan;
use crate::report::Report;
use crate::trace::{Chain, Observer, Record, Trail};
use std::collections::{BTreeMap, BTreeSet};

/// For how many broken rules the chain is told.
const TOLD: usize = 3;

/// A broken rule, with the shortest chain of records that leads from a fault to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrokenRule {
    /// The name of the check.
    pub check: &'static str,
    /// What it found first.
    pub violation: Violation,
    /// The records, in order.
    pub chain: Vec<Record>,
    /// Of those whose own cause is not among these, the one of these that they build upon.
    pub built_upon: BTreeMap<RecordId, RecordId>,
    /// The fault among them; none if none had to do with it.
    pub fault: Option<RecordId>,
    /// Whether records lead from the fault to the violation, or to what it contradicts. If not, it is but the last that hit one
    /// of the nodes.
    pub linked: bool,
}

/// The rules that a run broke.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BrokenRules {
    /// Those that were broken first, at most three, each with what broke it first.
    pub told: Vec<BrokenRule>,
    /// The names of the others, in the order in which they were broken.
    pub more: Vec<&'static str>,
}

/// The rules that a run of this plan broke, as its report has them. The run is made twice more for each that is told, for its
/// chain.
pub fn broken_rules(plan: &Plan, report: &Report) -> BrokenRules {
    let violated = report.checks.iter().filter_map(|check| match &check.verdict {
        Verdict::Violated(violation) => Some((check.name, violation)),
        _ => None,
    });
    let mut violated: Vec<(&'static str, &Violation)> = violated.collect();
    violated.sort_by_key(|(_, violation)| violation.record);
    let more = violated.split_off(TOLD.min(violated.len()));
    let told = violated.into_iter().filter_map(|(check, violation)| chained(plan, check, violation));
    BrokenRules { told: told.collect(), more: more.into_iter().map(|(check, _)| check).collect() }
}

/// The chain to this violation; none if the run broke off before it.
fn chained(plan: &Plan, check: &'static str, violation: &Violation) -> Option<BrokenRule> {
    let options =
        Options { until: Some(violation.time + crate::time::Duration::from_nanos(1)), ..Options::default() };
    let mut trail = Trail::of(violation.record);
    // Where a replica panics, the records up to there are what counts.
    let _ = simulate(plan, plan.seed, &mut trail, &options);
    let Chain { records, built_upon, fault, linked } = trail.chain()?;
    let mut kept = Kept { wanted: records.into_iter().collect(), records: Vec::new() };
    let _ = simulate(plan, plan.seed, &mut kept, &options);
    let violation = violation.clone();
    Some(BrokenRule { check, violation, chain: kept.records, built_upon, fault, linked })
}

/// Keeps some records.
struct Kept {
    wanted: BTreeSet<RecordId>,
    records: Vec<Record>,
}

impl Observer for Kept {
    fn observe(&mut self, record: &Record) {
        if self.wanted.contains(&record.id) {
            self.records.push(*record);
        }
    }

    fn is_done(&self) -> bool {
        self.records.len() >= self.wanted.len()
    }
}
