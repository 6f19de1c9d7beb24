//! When the moments and spans come that a plan names.

use super::Miss;
use crate::plan::{Moment, Plan, Span};
use crate::time::Time;
use crate::trace::{Body, FaultSource, Record};
use std::fmt;

/// The moments that have come so far.
#[derive(Clone, Debug)]
pub(super) struct Moments {
    settle: Option<Time>,
    /// The plan's scripted faults.
    faults: Vec<Course>,
}

/// The course of a fault.
#[derive(Clone, Debug)]
struct Course {
    name: String,
    begun: Option<Time>,
    /// When it was over for good.
    over: Option<Time>,
    skipped: bool,
}

/// A span of a run: it contains its beginning and not its end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stretch {
    from: Time,
    /// None if it lasts to the end of the run, the last record included.
    to: Option<Time>,
}

impl Moments {
    /// Those of a plan, before its first record.
    pub(super) fn new(plan: &Plan) -> Self {
        let course = |(place, fault): (usize, &crate::plan::Fault)| Course {
            name: fault.id.clone().unwrap_or_else(|| FaultSource::Fault(place as u32).to_string()),
            begun: None,
            over: None,
            skipped: false,
        };
        Self {
            settle: plan.settle.map(|settle| settle.from),
            faults: plan.faults.iter().enumerate().map(course).collect(),
        }
    }

    /// Takes in a record; of interest are those of scripted faults.
    pub(super) fn take(&mut self, record: &Record) {
        let (Body::FaultStarted { source: FaultSource::Fault(place), .. }
        | Body::FaultEnded { source: FaultSource::Fault(place), .. }
        | Body::FaultSkipped { source: FaultSource::Fault(place), .. }) = record.body
        else {
            return;
        };
        let Some(course) = self.faults.get_mut(place as usize) else { return };
        match record.body {
            Body::FaultStarted { .. } => course.begun = course.begun.or(Some(record.time)),
            Body::FaultEnded { last: true, .. } => course.over = course.over.or(Some(record.time)),
            Body::FaultSkipped { .. } => course.skipped = true,
            _ => {}
        }
    }

    /// When a moment comes, as far as that is known.
    pub(super) fn time(&self, moment: Moment) -> Option<Time> {
        match moment {
            Moment::Start => Some(Time::ZERO),
            Moment::At(time) => Some(time),
            Moment::Settle => self.settle,
            Moment::Fault(place) => self.faults.get(place as usize)?.begun,
            Moment::End(place) => self.faults.get(place as usize)?.over,
        }
    }

    /// Whether a span contains this time, as far as that is known.
    pub(super) fn contains(&self, span: Span, time: Time) -> bool {
        self.stretch(span).is_some_and(|stretch| stretch.contains(time))
    }

    /// Whether this time lies before a span, as far as that is known.
    pub(super) fn is_before(&self, time: Time, span: Span) -> bool {
        self.stretch(span).is_none_or(|stretch| time < stretch.from)
    }

    /// When a moment came, in a run that ended at `end`.
    pub(super) fn came(&self, moment: Moment, end: Time) -> Result<Time, Miss> {
        self.time(moment).filter(|time| *time <= end).ok_or_else(|| Miss::Vacuous(self.missing(moment)))
    }

    /// From when to when a span lasted, in a run that ended at `end`.
    pub(super) fn lasted(&self, span: Span, end: Time) -> Result<Stretch, Miss> {
        self.stretch(span)
            .filter(|stretch| stretch.from <= end)
            .ok_or_else(|| Miss::Vacuous(self.missing(beginning(span))))
    }

    fn stretch(&self, span: Span) -> Option<Stretch> {
        let to = match span {
            Span::Run | Span::Settle => None,
            Span::Between(_, to) => Some(to),
            Span::Fault(place) => self.time(Moment::End(place)),
        };
        Some(Stretch { from: self.time(beginning(span))?, to })
    }

    /// Why a moment never came.
    fn missing(&self, moment: Moment) -> String {
        let (Moment::Fault(place) | Moment::End(place)) = moment else {
            return match self.time(moment) {
                Some(time) => format!("the run ended before {time}"),
                None => "the run has no time from which on every fault is over".into(),
            };
        };
        match self.faults.get(place as usize) {
            Some(Course { name, skipped: true, .. }) => {
                format!("the fault {name} was skipped: what it waited for never came")
            }
            Some(Course { name, begun: Some(begun), .. }) => {
                format!("the fault {name}, begun at {begun}, was not over before the end of the run")
            }
            Some(Course { name, .. }) => format!("the fault {name} never began"),
            None => format!("the plan has no {}", FaultSource::Fault(place)),
        }
    }
}

fn beginning(span: Span) -> Moment {
    match span {
        Span::Run => Moment::Start,
        Span::Between(from, _) => Moment::At(from),
        Span::Settle => Moment::Settle,
        Span::Fault(place) => Moment::Fault(place),
    }
}

impl Stretch {
    fn contains(self, time: Time) -> bool {
        self.from <= time && self.to.is_none_or(|to| time < to)
    }
}

impl fmt::Display for Stretch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.to {
            Some(to) => write!(f, "from {} to {to}", self.from),
            None => write!(f, "from {} to the end", self.from),
        }
    }
}
