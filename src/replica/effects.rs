//! What a replica wants done, as data.

use super::{Change, ChangeStep, HardState, Refusal, Status, VoteRefusal};
use crate::ids::{Index, NodeId, RequestId, Term, WriteId};
use crate::time::LocalTime;
use serde::Serialize;

/// A run of bytes in the buffer of [`Effects`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bytes {
    start: u32,
    end: u32,
}

impl Bytes {
    /// How many bytes they are.
    pub const fn len(self) -> usize {
        (self.end - self.start) as usize
    }
    /// Whether they are none.
    pub const fn is_empty(self) -> bool {
        self.start == self.end
    }
}

/// What a replica wants done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Send this message. Two sends of one step may share their payload.
    Send {
        /// The receiver.
        to: NodeId,
        /// The implementation's own number for this kind of message.
        kind: u8,
        /// The message, encoded.
        payload: Bytes,
        /// The write that has to be durable first.
        after: Option<WriteId>,
    },
    /// Put this on the disk. Ids rise by one.
    Persist {
        /// The name under which [`Input::Persisted`](super::Input::Persisted) will report it.
        id: WriteId,
        /// What to write.
        write: Write,
    },
    /// The request has become this entry of the leader's log.
    Accepted {
        /// Which request.
        request: RequestId,
        /// The entry's index.
        index: Index,
        /// The entry's term.
        term: Term,
    },
    /// These entries are committed; feed them to the state machine. Every index comes exactly once per incarnation.
    Apply {
        /// The index of the first of them.
        first: Index,
        /// The entries in wire form.
        entries: Bytes,
    },
    /// Write the contents of the state machine down, with exactly the entries up to `at` applied, and hand them back as
    /// [`Input::SnapshotTaken`](super::Input::SnapshotTaken). Comes right after the entry at `at` was to be applied.
    TakeSnapshot {
        /// The last entry applied.
        at: Index,
    },
    /// Replace the contents of the state machine: all up to this index is committed, and will not be applied one by one.
    /// Application goes on after it.
    RestoreSnapshot {
        /// The last entry that the snapshot stands for.
        index: Index,
        /// That entry's term.
        term: Term,
        /// The contents, as another node's host wrote them down.
        data: Bytes,
    },
    /// The request is not taken, and will have no effect.
    Refuse {
        /// Which request.
        request: RequestId,
        /// Why.
        reason: Refusal,
    },
    /// Answer the read from the state machine, once the entry at `at` is applied to it; it may be already.
    Serve {
        /// Which request.
        request: RequestId,
        /// What has to be applied.
        at: Index,
        /// By what right it is answered.
        right: ReadRight,
    },
    /// A leader asks all others whether it still leads, for the sake of reads. Nothing has to be done.
    ReadRound {
        /// The number of the round, which rises within a life.
        round: u64,
        /// How many reads wait for it.
        reads: u32,
    },
    /// A vote, or the promise of one, is refused. Nothing has to be done: the message that says so, if there is one, is
    /// another effect.
    VoteRefused {
        /// The candidate.
        candidate: NodeId,
        /// Whether it had only asked whether it would get the vote (Raft thesis, section 9.6).
        pre_vote: bool,
        /// Why.
        why: VoteRefusal,
    },
    /// A transfer of leadership has come so far. Nothing has to be done.
    Transfer {
        /// To whom.
        to: NodeId,
        /// How far.
        step: TransferStep,
    },
    /// From now on these members are in force for this replica: an entry that names them has joined its log, or one that
    /// named others is gone (Raft thesis, section 4.1). Nothing has to be done.
    Membership {
        /// The entry that names them; 0 for the initial ones.
        index: Index,
        /// The members, in bytes.
        members: Bytes,
    },
    /// The implementation has panicked, and takes no more steps: its process ends. Only adapters of other people's software
    /// say this.
    Panicked {
        /// What it said.
        message: Bytes,
    },
    /// A change of the members has come so far. Nothing has to be done.
    Change {
        /// The change.
        change: Change,
        /// How far.
        step: ChangeStep,
    },
}

/// By what right a read is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum ReadRight {
    /// A quorum has confirmed its leader after the read had come.
    Index,
    /// The leader holds a lease.
    Lease,
    /// The leader has told a follower how far it has to be.
    Follower,
    /// None.
    Local,
}

/// How far a transfer of leadership has come (Raft thesis, section 3.10).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum TransferStep {
    /// The leader takes no more commands, and brings the target up to date.
    Begun,
    /// The target has all, and is asked to campaign at once.
    Asked,
    /// An election timeout has gone by and the leader still leads: it takes commands again.
    Aborted,
    /// It was not begun.
    Refused(NoTransfer),
}

/// Why a transfer of leadership was not begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum NoTransfer {
    /// The server does not lead.
    NotLeader,
    /// The server is down or does not run.
    Down,
    /// It hands over already.
    HandingOver,
    /// The target leads already.
    Leads,
    /// The target is no voter, and would not be elected.
    NoVoter,
}

/// A change of what is on the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Write {
    /// A new term or vote.
    HardState(HardState),
    /// Entries at the end of the log, in wire form.
    Append {
        /// The index of the first of them.
        first: Index,
        /// The entries in wire form.
        entries: Bytes,
    },
    /// Forget this entry and all that follow.
    TruncateFrom(Index),
    /// A snapshot, in place of an earlier one. Where the log has no entry of this index and term, it is replaced: it
    /// begins after the snapshot then, and is empty (figure 13). So there is no moment at which the disk holds a log and
    /// a snapshot that don't fit together.
    Snapshot {
        /// The last entry that it stands for.
        index: Index,
        /// That entry's term.
        term: Term,
        /// The membership as of that entry, as [`Membership::encode`](super::Membership::encode) writes it.
        membership: Bytes,
        /// The contents of the state machine.
        data: Bytes,
    },
    /// Forget the entries up to and with this one; it becomes the log's base.
    CompactTo(Index),
}

/// The buffer that a step fills. Reused, so that a step in steady state allocates nothing.
#[derive(Debug, Default)]
pub struct Effects {
    list: Vec<Effect>,
    bytes: Vec<u8>,
    /// When the replica wants [`Input::Wake`](super::Input::Wake); `None` for never. Kept from step to step.
    pub deadline: Option<LocalTime>,
    /// What the replica shows of itself. Kept from step to step.
    pub status: Status,
}

impl Effects {
    /// Adds an effect.
    pub fn push(&mut self, effect: Effect) {
        self.list.push(effect);
    }

    /// Copies bytes into the buffer, for an effect to name.
    pub fn bytes(&mut self, content: &[u8]) -> Bytes {
        self.write(|buffer| buffer.extend_from_slice(content))
    }

    /// Lets `fill` append bytes to the buffer, for an effect to name.
    ///
    /// # Panics
    /// If the effects of one step exceed 4 GiB.
    pub fn write(&mut self, fill: impl FnOnce(&mut Vec<u8>)) -> Bytes {
        let start = u32::try_from(self.bytes.len()).expect("the effects of a step stay below 4 GiB");
        fill(&mut self.bytes);
        let end = u32::try_from(self.bytes.len()).expect("the effects of a step stay below 4 GiB");
        Bytes { start, end }
    }

    /// The bytes that an effect names.
    pub fn get(&self, bytes: Bytes) -> &[u8] {
        &self.bytes[bytes.start as usize..bytes.end as usize]
    }

    /// The effects, in order.
    pub fn list(&self) -> &[Effect] {
        &self.list
    }

    /// Forgets the effects and their bytes; keeps the deadline, the status and the room.
    pub fn clear(&mut self) {
        self.list.clear();
        self.bytes.clear();
    }
}
