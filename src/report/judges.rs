//! Checkers and metrics as one observer, with the last records kept for evidence.

use super::expectations::{Expectations, Expected};
use super::metrics::Metrics;
use super::owed;
use crate::check::{Check, Checkers};
use crate::ids::RecordId;
use crate::plan::{Expectation, Plan};
use crate::time::Time;
use crate::trace::{Observer, Record};
use serde::Serialize;

/// How many records are kept.
const KEPT: usize = 32;

/// All that judges and measures a run.
#[derive(Clone, Debug)]
pub struct Judges {
    checkers: Checkers,
    metrics: Metrics,
    /// None if nothing is expected: then they cost nothing.
    expectations: Option<Box<Expectations>>,
    last: Ring,
    evidence: Option<Evidence>,
    /// Whether the plan expects a violation, or may waive what is violated: then what comes after it counts, too.
    excuses_violations: bool,
    stops_at_violation: bool,
}

/// The last records before the first violation, and which of them led to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Evidence {
    /// The records, in order. The last one is that at which the violation was found.
    pub records: Vec<Record>,
    /// The last record and what brought it about, as far back as it is among the records kept; in order.
    pub chain: Vec<RecordId>,
}

/// The last records, each in the place that its number gives it.
#[derive(Clone, Debug, Default)]
struct Ring {
    records: Vec<Record>,
}

impl Ring {
    #[inline]
    fn push(&mut self, record: &Record) {
        match self.records.get_mut((record.id.0.get() as usize - 1) % KEPT) {
            Some(place) => *place = *record,
            None => self.begin(*record),
        }
    }

    #[cold]
    fn begin(&mut self, record: Record) {
        self.records.push(record);
    }

    fn in_order(&self) -> Vec<Record> {
        let mut records = self.records.clone();
        records.sort_unstable_by_key(|record| record.id);
        records
    }
}

impl Evidence {
    fn of(records: Vec<Record>) -> Self {
        let mut chain = Vec::new();
        let mut next = records.last();
        while let Some(record) = next {
            chain.push(record.id);
            next = record.cause.and_then(|cause| records.iter().find(|record| record.id == cause));
        }
        chain.reverse();
        Self { records, chain }
    }
}

impl Judges {
    /// The judges of a run of this plan.
    pub fn new(plan: &Plan) -> Self {
        let expects_violation = plan.expectations.iter().any(|it| matches!(it, Expectation::Violates(_)));
        Self {
            checkers: Checkers::of(plan.cluster.nodes(), plan.cluster.members()),
            metrics: Metrics::new(plan),
            expectations: Expectations::new(plan).map(Box::new),
            last: Ring::default(),
            evidence: None,
            excuses_violations: expects_violation || owed::may_waive(plan),
            stops_at_violation: false,
        }
    }

    /// Judges that have seen enough at the first violation of safety, unless the plan expects one or may waive it.
    pub fn stopping_at_violation(self, stops: bool) -> Self {
        Self { stops_at_violation: stops, ..self }
    }

    /// The verdicts so far, as if the run ended here.
    pub fn verdicts(&self) -> Vec<Check> {
        self.checkers.verdicts()
    }

    /// How many violations of safety there were so far.
    pub fn violations(&self) -> u64 {
        self.checkers.violations()
    }

    /// Whether safety was violated so far in a run that owes it throughout.
    pub fn accuse(&self) -> bool {
        self.violations() > 0 && !self.excuses_violations
    }

    /// The measurements so far.
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// What became of the plan's expectations in a run that ended at `end`, with these verdicts of the checkers.
    pub(super) fn expected(&self, end: Time, checks: &[Check]) -> Vec<Expected> {
        let judged = |it: &Expectations| it.judged(end, &self.metrics.reigns(), checks);
        self.expectations.as_deref().map(judged).unwrap_or_default()
    }

    /// The last records before the first violation, if there was one.
    pub fn evidence(&self) -> Option<&Evidence> {
        self.evidence.as_ref()
    }

    /// The last records so far, in order.
    pub fn last_records(&self) -> Vec<Record> {
        self.last.in_order()
    }
}

impl Observer for Judges {
    #[inline(always)]
    fn observe(&mut self, record: &Record) {
        self.metrics.observe(record);
        self.checkers.observe(record);
        if let Some(expectations) = &mut self.expectations {
            expectations.observe(record);
        }
        self.last.push(record);
        // In this order, since in most runs the first is false.
        if self.checkers.violations() > 0 && self.evidence.is_none() {
            self.evidence = Some(Evidence::of(self.last.in_order()));
        }
    }

    #[inline(always)]
    fn is_done(&self) -> bool {
        self.stops_at_violation && self.evidence.is_some() && !self.excuses_violations
    }
}
