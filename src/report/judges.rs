//! Checkers and metrics as one observer.

use super::expectations::{Expectations, Expected};
use super::metrics::Metrics;
use super::owed;
use crate::check::{Check, Checkers};
use crate::ids::RecordId;
use crate::plan::{Expectation, Plan};
use crate::time::Time;
use crate::trace::{Observer, Record};

/// All that judges and measures a run.
#[derive(Clone, Debug)]
pub struct Judges {
    checkers: Checkers,
    metrics: Metrics,
    /// None if nothing is expected: then they cost nothing.
    expectations: Option<Box<Expectations>>,
    /// Whether the plan expects a violation, or may waive what is violated: then what comes after it counts, too.
    excuses_violations: bool,
    stops_at_violation: bool,
}

impl Judges {
    /// The judges of a run of this plan.
    pub fn new(plan: &Plan) -> Self {
        let expects_violation = plan.expectations.iter().any(|it| matches!(it, Expectation::Violates(_)));
        Self {
            checkers: Checkers::of(plan.cluster.nodes(), plan.cluster.members()),
            metrics: Metrics::new(plan),
            expectations: Expectations::new(plan).map(Box::new),
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

    /// The record that showed the first violation of safety, if there was one.
    pub fn first_violation(&self) -> Option<RecordId> {
        self.checkers.first_violation()
    }
}

impl Observer for Judges {
    #[inline(always)]
    fn observe(&mut self, record: &Record) {
        self.metrics.observe(record);
        self.checkers.observe(record);
        if let Some(expectations) = &mut self.expectations {
            expectations.observe(&record.apart());
        }
    }

    #[inline(always)]
    fn is_done(&self) -> bool {
        self.stops_at_violation && self.violations() > 0 && !self.excuses_violations
    }
}
