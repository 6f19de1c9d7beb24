//! What a machine is like at one moment, for people who look closer.

use super::{Host, Log};
use crate::ids::{Index, NodeId, Term};
use crate::replica::{Entries, EntryKind, Members, Membership, Recovered, Role};

/// A machine as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeView {
    /// Which.
    pub id: NodeId,
    /// Whether its process runs.
    pub state: Power,
    /// Whether its disk lacks even the initial membership.
    pub blank: bool,
    /// Its role; none if it is down.
    pub role: Option<Role>,
    /// Its term; of a machine that is down that on its disk.
    pub term: Term,
    /// Its vote in that term as it stands on its disk, durable or not.
    pub vote: Option<NodeId>,
    /// The leader that it knows in its term.
    pub leader: Option<NodeId>,
    /// The index of its last entry, durable or not, and that entry's term.
    pub last: (Index, Term),
    /// The index up to which it knows the log to be committed.
    pub commit: Index,
    /// The index up to which its state machine has applied the log.
    pub applied: Index,
    /// The members that are in force for it, and the entry that names them; of a machine that is down those on its disk.
    /// Nobody if its disk lacks even the initial ones.
    pub membership: Membership,
    /// What waits in it.
    pub queues: Queues,
}

/// Whether a process runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Power {
    /// It runs.
    Up,
    /// It is stopped for a while.
    Paused,
    /// There is none.
    Down,
}

/// How much waits in a machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Queues {
    /// Frames that have arrived at a paused process.
    pub arrived: usize,
    /// Frames to be sent that wait for a write to become durable.
    pub held: usize,
    /// Writes that are not durable.
    pub writes: usize,
    /// Requests to other nodes without an answer, those that have failed since the last frame included.
    pub calls: usize,
}

impl Host {
    /// This machine as it stands.
    pub fn view(&self) -> NodeView {
        let recovered = self.disk.recover().unwrap_or_default();
        let on_disk = Log::of(recovered.base, &recovered.entries);
        let status = self.status();
        let process = self.process.as_ref();
        let log = process.map_or(&on_disk, |process| process.log());
        let last = log.last();
        NodeView {
            id: self.id,
            state: match (process, self.is_paused()) {
                (None, _) => Power::Down,
                (_, true) => Power::Paused,
                _ => Power::Up,
            },
            blank: recovered.genesis.is_none(),
            role: status.map(|status| status.role),
            term: status.map_or(recovered.hard_state.term, |status| status.term),
            vote: recovered.hard_state.vote,
            leader: status.and_then(|status| status.leader),
            last: (last, log.get(last).map_or(Term::ZERO, |(term, _)| term)),
            commit: status.map_or(Index::ZERO, |status| status.commit),
            applied: process.map_or(Index::ZERO, |process| process.applied()),
            membership: process.map_or_else(|| membership(&recovered), |process| process.membership),
            queues: Queues {
                arrived: self.backlog.len(),
                held: process.map_or(0, |process| process.held()),
                writes: self.disk.waiting(),
                calls: process.map_or(0, |process| process.open_calls()),
            },
        }
    }
}

/// The last membership that a disk names.
fn membership(recovered: &Recovered) -> Membership {
    let of_snapshot = recovered.snapshot.as_ref().and_then(|snapshot| snapshot.membership);
    let mut latest = of_snapshot.unwrap_or(Membership::initial(recovered.genesis.unwrap_or_default()));
    let mut index = recovered.base.index;
    for entry in Entries::new(&recovered.entries) {
        index = index.next();
        if entry.kind == EntryKind::Membership
            && index > latest.index
            && let Some(members) = Members::decode(entry.data)
        {
            latest = Membership { index, members };
        }
    }
    latest
}
