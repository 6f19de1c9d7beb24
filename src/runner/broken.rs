//! What led to the rule of safety that a run broke first.

use super::{Options, simulate};
use crate::check::{Verdict, Violation};
use crate::ids::RecordId;
use crate::plan::Plan;
use crate::report::Report;
use crate::trace::{Observer, Record, Trail};
use std::collections::BTreeSet;

/// A broken rule, with the shortest chain of records that leads from a fault to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrokenRule {
    /// The name of the check.
    pub check: &'static str,
    /// What it found first.
    pub violation: Violation,
    /// The records, in order.
    pub chain: Vec<Record>,
    /// The fault among them; none if none had to do with it.
    pub fault: Option<RecordId>,
    /// Whether records lead from the fault to the violation. If not, it is but the last that hit one of the nodes.
    pub linked: bool,
}

/// The rule that a run of this plan broke first, as its report has it. The run is made twice more, for the chain. None if
/// no rule was broken.
pub fn broken_rule(plan: &Plan, report: &Report) -> Option<BrokenRule> {
    let violated = report.checks.iter().filter_map(|check| match &check.verdict {
        Verdict::Violated(violation) => Some((check.name, violation)),
        _ => None,
    });
    let (check, violation) = violated.min_by_key(|(_, violation)| violation.record)?;
    let options =
        Options { until: Some(violation.time + crate::time::Duration::from_nanos(1)), ..Options::default() };
    let mut trail = Trail::of(violation.record);
    // Where a replica panics, the records up to there are what counts.
    let _ = simulate(plan, plan.seed, &mut trail, &options);
    let chain = trail.chain()?;
    let mut kept = Kept { wanted: chain.records.into_iter().collect(), records: Vec::new() };
    let _ = simulate(plan, plan.seed, &mut kept, &options);
    let violation = violation.clone();
    Some(BrokenRule { check, violation, chain: kept.records, fault: chain.fault, linked: chain.linked })
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
