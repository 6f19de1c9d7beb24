//! Which nodes were overloaded just now.

use crate::ids::NodeId;
use crate::plan::Plan;
use crate::time::{Duration, Time};

/// Follows which nodes were overloaded.
#[derive(Clone, Debug)]
pub(super) struct Overloads {
    /// For each node, when a frame had waited too long there, or found no room, for the last time.
    last: Vec<Option<Time>>,
    /// How long is too long.
    pub(super) patience: Duration,
    /// For how long that is remembered.
    pub(super) memory: Duration,
}

impl Overloads {
    pub(super) fn new(plan: &Plan) -> Self {
        let (least, most) = plan.cluster.raft.election_timeout;
        Self {
            last: vec![None; plan.cluster.nodes() as usize],
            patience: Duration::from_nanos(least.nanos() / 4),
            memory: most,
        }
    }

    pub(super) fn note(&mut self, node: Option<NodeId>, time: Time) {
        if let Some(last) = node.and_then(|node| self.last.get_mut(node.slot())) {
            *last = Some(time);
        }
    }

    pub(super) fn of(&self, node: NodeId, now: Time) -> bool {
        self.last.get(node.slot()).copied().flatten().is_some_and(|at| now.since(at) <= self.memory)
    }

    pub(super) fn concern(&self, one: NodeId, other: NodeId, now: Time) -> bool {
        self.of(one, now) || self.of(other, now)
    }
}
