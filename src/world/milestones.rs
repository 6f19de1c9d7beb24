//! Milestones: what faults can wait for besides a time.

use crate::ids::NodeId;
use crate::plan::{Fault, Milestone, Start};
use crate::replica::{Role, Status};

/// The milestones that have not come yet, and the scripted faults that wait for them.
#[derive(Debug)]
pub(super) struct Milestones {
    ahead: Vec<(Milestone, u32)>,
    /// Whether any of them is one of a node's.
    of_nodes: bool,
    /// How often a node has become leader so far.
    elections: u64,
}

impl Milestones {
    pub(super) fn new(faults: &[Fault]) -> Self {
        let milestone = |(place, fault): (u32, &Fault)| match fault.start {
            Start::When { milestone, .. } => Some((milestone, place)),
            Start::At(_) => None,
        };
        let ahead: Vec<_> = (0..).zip(faults).filter_map(milestone).collect();
        let is_of_nodes = |milestone| !matches!(milestone, Milestone::Fault(_) | Milestone::End(_));
        let of_nodes = ahead.iter().any(|&(milestone, _)| is_of_nodes(milestone));
        Self { ahead, of_nodes, elections: 0 }
    }

    /// Whether what nodes do may be a milestone.
    pub(super) fn watch_nodes(&self) -> bool {
        self.of_nodes
    }

    /// A node has done something. Which faults have waited for it.
    pub(super) fn saw(&mut self, node: NodeId, before: Option<Status>, now: Option<Status>) -> Vec<u32> {
        let Some(now) = now else { return Vec::new() };
        let led = before.is_some_and(|before| (before.role, before.term) == (Role::Leader, now.term));
        let is_elected = now.role == Role::Leader && !led;
        self.elections += u64::from(is_elected);
        let elections = self.elections;
        self.take(|milestone| match milestone {
            Milestone::Leader(leader) => is_elected && leader == node,
            Milestone::Elected(count) => is_elected && elections >= count,
            Milestone::Committed(index) => now.commit >= index,
            Milestone::Fault(_) | Milestone::End(_) => false,
        })
    }

    /// A scripted fault has begun or ended. Which faults have waited for it.
    pub(super) fn reached(&mut self, reached: Milestone) -> Vec<u32> {
        self.take(|milestone| milestone == reached)
    }

    fn take(&mut self, has_come: impl Fn(Milestone) -> bool) -> Vec<u32> {
        self.ahead.extract_if(.., |(milestone, _)| has_come(*milestone)).map(|(_, place)| place).collect()
    }
}
