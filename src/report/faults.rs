//! What became of the plan's faults.

use crate::ids::{NodeId, RecordId};
use crate::trace::{ActionKind, Body, Record};
use serde::Serialize;

/// One fault of the plan, as it happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FaultSpan {
    /// Its place in the scenario's list, from 0.
    pub fault: u32,
    /// What it did.
    pub action: ActionKind,
    /// The node that it hit, if it hit one.
    pub target: Option<NodeId>,
    /// How many directed links it cut or clogged that were whole before.
    pub links: u64,
    /// When it began; none if its target never came.
    pub from_ns: Option<u64>,
    /// When it ended, or was given up; none if it lasted to the end of the run.
    pub to_ns: Option<u64>,
}

/// Takes down faults as they begin and end.
#[derive(Clone, Debug, Default)]
pub(super) struct Faults {
    all: Vec<FaultSpan>,
    /// The record of the one that began last: its links name it as their cause.
    latest: Option<RecordId>,
}

impl Faults {
    /// Takes in a record; of interest are those of faults and links.
    pub(super) fn take(&mut self, record: &Record) {
        let now = record.time.nanos();
        match record.body {
            Body::FaultStarted { fault, action, target } => {
                self.latest = Some(record.id);
                let span = FaultSpan { fault, action, target, links: 0, from_ns: Some(now), to_ns: None };
                self.all.push(span);
            }
            Body::FaultEnded { fault, .. } => {
                if let Some(span) = self.all.iter_mut().find(|span| span.fault == fault) {
                    span.to_ns = Some(now);
                }
            }
            Body::FaultSkipped { fault, action } => {
                let span =
                    FaultSpan { fault, action, target: None, links: 0, from_ns: None, to_ns: Some(now) };
                self.all.push(span);
            }
            Body::Cut { .. } | Body::Clogged { .. } if record.cause == self.latest => {
                if let Some(span) = self.all.last_mut() {
                    span.links += 1;
                }
            }
            _ => {}
        }
    }

    /// All of them so far, in the order in which they began or were given up.
    pub(super) fn all(&self) -> &[FaultSpan] {
        &self.all
    }
}
