//! What became of the plan's faults.

use super::links::{Links, words};
use super::strengths::Strengths;
use crate::ids::{NodeId, NodeSet, RecordId};
use crate::plan::{Action, Plan};
use crate::replica::{Change, ChangeStep, TransferStep};
use crate::time::Time;
use crate::trace::{ActionKind, Body, FaultSource, Record};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// One fault, as it happened. Links that flap are a fault each time they are cut.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FaultSpan {
    /// Its id in the scenario, or else its place there.
    pub name: String,
    /// Where it stands in the plan.
    #[serde(skip)]
    pub source: FaultSource,
    /// If its links flap, the place among all faults of the first time that they were cut.
    #[serde(skip)]
    pub flapping: Option<usize>,
    /// What it did.
    pub action: ActionKind,
    /// How strong it was, in a few words: a factor, a rate, how far ahead; none of what is there or not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub strength: Option<String>,
    /// The nodes that it hit; none if it hit links.
    pub nodes: NodeSet,
    /// How many directed links it hit.
    pub links: u64,
    /// Which these are, in words: who was apart from whom; empty if it hit nodes.
    pub between: String,
    /// What came of it, and when, if it asked the leader for something; none if nothing was heard of it.
    pub outcome: Option<String>,
    /// When it began; none if what it waited for never came, or its targets could not be named.
    pub from_ns: Option<u64>,
    /// When it ended, or was given up; none if it lasted to the end of the run.
    pub to_ns: Option<u64>,
}

impl FaultSpan {
    fn new(
        (name, source): (String, FaultSource),
        (action, strength): (ActionKind, Option<String>),
        nodes: NodeSet,
        from_ns: Option<u64>,
        to_ns: Option<u64>,
    ) -> Self {
        let (flapping, links, between, outcome) = (None, 0, String::new(), None);
        Self { name, source, flapping, action, strength, nodes, links, between, outcome, from_ns, to_ns }
    }
}

/// What a step of a change means to who asked for it.
fn outcome(step: ChangeStep) -> String {
    match step {
        ChangeStep::Begun => "begun".to_string(),
        ChangeStep::CaughtUp { .. } => "caught up".to_string(),
        ChangeStep::Done => "done".to_string(),
        ChangeStep::Aborted(why) => format!("given up: {why}"),
        ChangeStep::Refused(why) => format!("refused: {why}"),
    }
}

/// Takes down faults as they begin and end.
#[derive(Clone, Debug, Default)]
pub(super) struct Faults {
    voters: u32,
    /// The ids of the plan's scripted faults.
    ids: Vec<Option<String>>,
    strengths: Strengths,
    all: Vec<FaultSpan>,
    /// For each that began, in that order, its place among all.
    begun: Vec<usize>,
    /// The record of the one that began last: its links name it as their cause.
    latest: Option<RecordId>,
    /// What links that one has hit so far.
    links: Links,
    /// The plan's faults and storms whose links flap.
    flap: BTreeSet<FaultSource>,
    /// Of those that go on the place of the first time.
    flapping: BTreeMap<FaultSource, usize>,
}

impl Faults {
    pub(super) fn new(plan: &Plan) -> Self {
        let ids = plan.faults.iter().map(|fault| fault.id.clone()).collect();
        let flaps = |action: &Action| matches!(action, Action::Flap { .. });
        let faults = (0..).zip(&plan.faults).filter(|(_, fault)| flaps(&fault.action));
        let storms = (0..).zip(&plan.storms).filter(|(_, storm)| flaps(&storm.action));
        let flap = faults.map(|(place, _)| FaultSource::Fault(place));
        let flap = flap.chain(storms.map(|(place, _)| FaultSource::Storm(place))).collect();
        Self { voters: plan.cluster.nodes(), ids, strengths: Strengths::of(plan), flap, ..Self::default() }
    }

    /// Takes in a record; of interest are those of faults and links.
    pub(super) fn take(&mut self, record: &Record) {
        let now = record.time.nanos();
        match record.body {
            Body::FaultStarted { fault: _, source, action, nodes } => {
                self.tell_links();
                self.latest = Some(record.id);
                self.begun.push(self.all.len());
                let what = (action, self.strengths.get(source));
                let mut span = FaultSpan::new((self.name(source), source), what, nodes, Some(now), None);
                if self.flap.contains(&source) {
                    span.flapping = Some(*self.flapping.entry(source).or_insert(self.all.len()));
                }
                self.all.push(span);
            }
            Body::FaultEnded { fault, source, last, .. } => {
                if last {
                    self.flapping.remove(&source);
                }
                if let Some(place) = self.begun.get(fault as usize) {
                    self.all[*place].to_ns = Some(now);
                }
            }
            Body::FaultSkipped { source, action } => {
                self.tell_links();
                let (who, what) = ((self.name(source), source), (action, self.strengths.get(source)));
                self.all.push(FaultSpan::new(who, what, NodeSet::EMPTY, None, Some(now)));
            }
            Body::Change { change, step } => {
                let (action, node) = match change {
                    Change::AddLearner(node) => (ActionKind::AddLearner, node),
                    Change::Promote(node) => (ActionKind::Promote, node),
                    Change::Remove(node) => (ActionKind::Remove, node),
                    Change::Replace { old, .. } => (ActionKind::Replace, old),
                };
                self.came_of((action, node), outcome(step), record.time);
            }
            Body::Transfer { to, step } => {
                let outcome = match step {
                    TransferStep::Begun => "begun".to_string(),
                    TransferStep::Asked => "handed over".to_string(),
                    TransferStep::Aborted => "given up".to_string(),
                    TransferStep::Refused(why) => format!("refused: {why}"),
                };
                self.came_of((ActionKind::Transfer, to), outcome, record.time);
            }
            Body::Cut { to } | Body::Clogged { to } | Body::HitAlready { to } | Body::Afflicted { to }
                if record.cause == self.latest =>
            {
                self.links.extend(record.node.as_node().zip(to.as_node()));
            }
            _ => {}
        }
    }

    /// Something has come of what the leader was asked for: it is told with the last fault that asked for it.
    #[cold]
    fn came_of(&mut self, (action, node): (ActionKind, NodeId), outcome: String, now: Time) {
        let asked = |span: &&mut FaultSpan| span.action == action && span.nodes == NodeSet::from_iter([node]);
        if let Some(span) = self.all.iter_mut().rev().find(asked) {
            span.outcome = Some(format!("{outcome} at {now}"));
        }
    }

    fn name(&self, source: FaultSource) -> String {
        let id = match source {
            FaultSource::Fault(place) => self.ids.get(place as usize).cloned().flatten(),
            FaultSource::Storm(_) => None,
        };
        id.unwrap_or_else(|| source.to_string())
    }

    /// The links of the one that began last are known by now.
    fn tell_links(&mut self) {
        let links = std::mem::take(&mut self.links);
        if let (Some(span), false) = (self.begun.last().map(|last| &mut self.all[*last]), links.is_empty()) {
            (span.links, span.between) = (links.len() as u64, words(&links, self.voters));
        }
    }

    /// All of them so far, in the order in which they began or were given up.
    pub(super) fn all(&self) -> Vec<FaultSpan> {
        let mut told = self.clone();
        told.tell_links();
        told.all
    }
}
