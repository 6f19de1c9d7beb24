//! Milestones: what faults can wait for besides a time.

use crate::host::Host;
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
    /// How often a leader has found a change of the members done so far.
    changes: u64,
}

/// What milestones are told by, of a node.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Doings {
    status: Option<Status>,
    changes: u64,
}

impl Doings {
    /// Those of this machine so far.
    #[cold]
    pub(super) fn of(host: &Host) -> Self {
        Self { status: host.status(), changes: host.changes_done() }
    }
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
        Self { ahead, of_nodes, elections: 0, changes: 0 }
    }

    /// Whether what nodes do may be a milestone.
    pub(super) fn watch_nodes(&self) -> bool {
        self.of_nodes
    }

    /// A machine has done something. Which faults have waited for it.
    pub(super) fn saw(&mut self, host: &Host, before: Doings) -> Vec<u32> {
        let after = Doings::of(host);
        let Some(now) = after.status else { return Vec::new() };
        let led = before.status.is_some_and(|before| (before.role, before.term) == (Role::Leader, now.term));
        let is_elected = now.role == Role::Leader && !led;
        self.elections += u64::from(is_elected);
        let has_changed = after.changes > before.changes;
        self.changes += after.changes.saturating_sub(before.changes);
        let (elections, changes) = (self.elections, self.changes);
        self.take(|milestone| match milestone {
            Milestone::Leader(leader) => is_elected && leader == host.id(),
            Milestone::Elected(count) => is_elected && elections >= count,
            Milestone::Changed(count) => has_changed && changes >= count,
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
