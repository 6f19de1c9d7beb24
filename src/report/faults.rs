//! What became of the plan's faults.

use crate::ids::{NodeSet, RecordId};
use crate::plan::Plan;
use crate::trace::{ActionKind, Body, FaultSource, Record};
use serde::Serialize;

/// One fault, as it happened. Links that flap are a fault each time they are cut.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FaultSpan {
    /// Its id in the scenario, or else its place there.
    pub name: String,
    /// What it did.
    pub action: ActionKind,
    /// The nodes that it hit; none if it hit links.
    pub nodes: NodeSet,
    /// How many directed links it cut or clogged that were whole before.
    pub links: u64,
    /// When it began; none if what it waited for never came.
    pub from_ns: Option<u64>,
    /// When it ended, or was given up; none if it lasted to the end of the run.
    pub to_ns: Option<u64>,
}

/// Takes down faults as they begin and end.
#[derive(Clone, Debug, Default)]
pub(super) struct Faults {
    /// The ids of the plan's scripted faults.
    ids: Vec<Option<String>>,
    all: Vec<FaultSpan>,
    /// For each that began, in that order, its place among all.
    begun: Vec<usize>,
    /// The record of the one that began last: its links name it as their cause.
    latest: Option<RecordId>,
}

impl Faults {
    pub(super) fn new(plan: &Plan) -> Self {
        Self { ids: plan.faults.iter().map(|fault| fault.id.clone()).collect(), ..Self::default() }
    }

    /// Takes in a record; of interest are those of faults and links.
    pub(super) fn take(&mut self, record: &Record) {
        let now = record.time.nanos();
        match record.body {
            Body::FaultStarted { fault: _, source, action, nodes } => {
                self.latest = Some(record.id);
                self.begun.push(self.all.len());
                let name = self.name(source);
                self.all.push(FaultSpan { name, action, nodes, links: 0, from_ns: Some(now), to_ns: None });
            }
            Body::FaultEnded { fault, .. } => {
                if let Some(place) = self.begun.get(fault as usize) {
                    self.all[*place].to_ns = Some(now);
                }
            }
            Body::FaultSkipped { source, action } => {
                let (name, nodes) = (self.name(source), NodeSet::EMPTY);
                self.all.push(FaultSpan { name, action, nodes, links: 0, from_ns: None, to_ns: Some(now) });
            }
            Body::Cut { .. } | Body::Clogged { .. } if record.cause == self.latest => {
                if let Some(span) = self.all.last_mut() {
                    span.links += 1;
                }
            }
            _ => {}
        }
    }

    fn name(&self, source: FaultSource) -> String {
        let id = match source {
            FaultSource::Fault(place) => self.ids.get(place as usize).cloned().flatten(),
            FaultSource::Storm(_) => None,
        };
        id.unwrap_or_else(|| source.to_string())
    }

    /// All of them so far, in the order in which they began or were given up.
    pub(super) fn all(&self) -> &[FaultSpan] {
        &self.all
    }
}
