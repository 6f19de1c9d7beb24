//! The seam: what an implementation of Raft has to offer so that Squall can put it in a storm.
//!
//! A [`Replica`] is a state machine without input or output of its own. It is stepped with one [`Input`] at a time and
//! answers by filling [`Effects`]: frames to send, bytes to write, entries to apply. It never sees a network, a disk, a
//! thread or a clock other than the time it is handed, so the whole of its behaviour is a function of its inputs and of
//! one random stream.
//!
//! Three rules make it honest:
//!
//! - **A send names the write that it must not overtake** ([`Effect::Send`]'s `after`). The host holds the frame until
//!   that write is durable. Writes are first in, first out; [`Input::Persisted`] of one means all before it, too.
//! - **A deadline instead of ticks**: after each step [`Effects::deadline`] says when the replica wants
//!   [`Input::Wake`]. After a wake it lies beyond `now`.
//! - **Requests are tied to entries**: [`Effect::Accepted`] names the index and term of the entry that stands for the
//!   request; the host answers the client when that index is applied.

mod effects;
mod entry;
mod function;
mod journal;
mod members;
mod numbers;
mod options;
mod votes;

pub use effects::{Bytes, Effect, Effects, NoTransfer, ReadRight, TransferStep, Write};
pub use entry::{Entries, Entry, EntryKind};
pub use function::{Caller, Function, Traffic};
pub use journal::Journal;
pub use members::{Abort, Change, ChangeStep, Changes, Members, Membership, NoChange};
pub use numbers::numbers;
pub use options::{Bug, Flow, Options, ReadBy, Reads};
pub use votes::VoteRefusal;

use crate::ids::{Index, NodeId, RequestId, Term, WriteId};
use crate::rng::{Expansion, Stream};
use crate::time::LocalTime;
use serde::Serialize;

/// One implementation of Raft: boots replicas and reads what they send.
pub trait Software {
    /// Starts a replica from what its disk holds, and sets the status and the deadline in `out`.
    ///
    /// # Errors
    /// [`Unrecoverable`] if no replica can be started from this; the node then stays down.
    fn boot(&self, boot: Boot<'_>, out: &mut Effects) -> Result<Box<dyn Replica>, Unrecoverable>;

    /// What a frame of this kind and payload is; `None` if it can't be told. Bytes from the network: never panics.
    fn classify(&self, kind: u8, payload: &[u8]) -> Option<Class>;

    /// What is wrong with a payload of this kind, for a replica of this status. Looked at where a frame may be another one than
    /// its sender laid out; all that is not looked at a replica has to stand. Bytes from the network: never panics.
    ///
    /// # Errors
    /// The first flaw.
    fn examine(&self, _kind: u8, _payload: &[u8], _status: &Status) -> Result<(), Flaw> {
        Ok(())
    }

    /// Makes up a message that nobody has sent, for a stranger who has overheard this status of the cluster: appends its
    /// payload, and returns its kind. Without knowledge of the protocol it is nonsense.
    fn forge(&self, _overheard: Status, words: &mut Expansion, payload: &mut Vec<u8>) -> u8 {
        payload.extend_from_slice(&words.word().to_le_bytes());
        words.word() as u8 % 16
    }

    /// The name of a kind of frame, for people.
    fn kind_name(&self, kind: u8) -> &'static str;
}

/// What can be wrong with a message that was changed on its way, or forged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// It can't be read.
    Undecodable,
    /// Its terms and indexes contradict each other, or speak of entries that nobody can have.
    Indexes,
    /// Its entries are not as many as it says, or not in the order of their terms.
    Entries,
    /// Its term is one that no cluster can have reached.
    TermJump,
}

/// One node's protocol core.
pub trait Replica {
    /// Takes one input at the local time `now`, which never goes back, and appends its effects to `out`.
    fn step(&mut self, now: LocalTime, input: Input<'_>, out: &mut Effects);

    /// How many words of its random stream it has drawn.
    fn words_drawn(&self) -> u64;
}

/// What a replica is started with.
#[derive(Debug)]
pub struct Boot<'a> {
    /// Who it is.
    pub id: NodeId,
    /// The protocol's parameters.
    pub options: &'a Options,
    /// What the disk gave back.
    pub recovered: &'a Recovered,
    /// Its own randomness, a new one for each incarnation.
    pub stream: Stream,
    /// The local time of the start.
    pub now: LocalTime,
    /// Whether its first election timeout ends at once, so that it is the first to campaign.
    pub is_first: bool,
    /// Who is to be preferred as leader: of two servers with equal logs the one of the higher priority.
    pub priority: u32,
}

/// What recovery read from a disk.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recovered {
    /// The initial members, written before time 0; `None` on a blank disk. A replica that boots from a blank disk
    /// grants no vote, acknowledges nothing and never campaigns. One that is none of the members waits to be added: it has
    /// nothing to have forgotten, so it may answer.
    pub genesis: Option<Members>,
    /// The last hard state written; the initial one if none was.
    pub hard_state: HardState,
    /// The latest snapshot; none if none was written.
    pub snapshot: Option<Snapshot>,
    /// Where the log begins: the last entry that was cut off. The disk of a sound replica has a snapshot of at least that
    /// index.
    pub base: Base,
    /// The log after `base`, in wire form (see [`Entries`]).
    pub entries: Vec<u8>,
}

/// The state machine's contents, in place of the entries that made them (Raft paper, section 7).
///
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// The last entry that it stands for.
    pub index: Index,
    /// That entry's term.
    pub term: Term,
    /// The membership as of that entry; none for the initial one.
    pub membership: Option<Membership>,
    /// The contents, opaque to Raft.
    pub data: Vec<u8>,
}

/// The last entry that a log lacks at its beginning; all 0 for a whole log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Base {
    /// Its index.
    pub index: Index,
    /// Its term.
    pub term: Term,
    /// The chained hash of the log up to and with it, as the host has written it; replicas don't need it.
    pub hash: u64,
}

/// What a server must remember across a crash besides its log (Raft paper, figure 2: persistent state).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HardState {
    /// The latest term it has seen.
    pub term: Term,
    /// The candidate that got its vote in that term.
    pub vote: Option<NodeId>,
}

/// Why no replica can be started from a disk's contents.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unrecoverable: {0}")]
pub struct Unrecoverable(pub String);

/// What a frame is, as its implementation reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Class {
    /// A request, or the reply to one.
    pub call: Call,
    /// The sender's term.
    pub term: Term,
    /// Whether it grants its receiver the sender's vote in that term.
    pub grants_vote: bool,
    /// What it asks for; none if its kind is none of those that rights are given for: then it is handed on.
    pub function: Option<Function>,
}

/// What a frame is to a remote procedure call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// Asks for something; has a deadline for its answer.
    Request,
    /// Answers a request.
    Response,
    /// Asks for something, without an answer of its own.
    Notice,
}

/// What can happen to a replica.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input<'a> {
    /// The deadline it asked for has come.
    Wake,
    /// A frame from another node has arrived.
    Receive {
        /// The sender.
        from: NodeId,
        /// The implementation's own number for this kind of message.
        kind: u8,
        /// The message, encoded.
        payload: &'a [u8],
    },
    /// All writes up to this one are durable.
    Persisted(WriteId),
    /// A client wants this command in the log.
    Propose {
        /// How the host will know it again.
        request: RequestId,
        /// The command, opaque to Raft.
        command: &'a [u8],
    },
    /// A client wants to read what the state machine holds, without an entry of the log.
    Read {
        /// How the host will know it again.
        request: RequestId,
    },
    /// An operator wants another server to lead (Raft thesis, section 3.10).
    Transfer {
        /// Which one.
        to: NodeId,
    },
    /// Whoever looks for what stood in the way of a leader wants this server to campaign at once, as if a leader had asked
    /// it to: past pre-votes, and past servers that refuse because a leader is current (3.10). It comes in no run that is
    /// judged.
    Campaign,
    /// An operator wants other members (thesis, chapter 4).
    ChangeMembership(Change),
    /// The contents of the state machine that [`Effect::TakeSnapshot`] asked for. They may come later, but in order.
    SnapshotTaken {
        /// The last entry applied to it.
        index: Index,
        /// The contents.
        data: &'a [u8],
    },
}

impl Input<'_> {
    /// Refuses what only a leader can do, or one that knows how; all else needs no answer.
    pub fn refuse(&self, leader: Option<NodeId>, out: &mut Effects) {
        match *self {
            Self::Propose { request, .. } | Self::Read { request } => {
                out.push(Effect::Refuse { request, reason: Refusal::NotLeader { hint: leader } });
            }
            Self::Transfer { to } => {
                out.push(Effect::Transfer { to, step: TransferStep::Refused(NoTransfer::NotLeader) });
            }
            Self::ChangeMembership(change) => {
                out.push(Effect::Change { change, step: ChangeStep::Refused(NoChange::NotLeader) });
            }
            Self::Wake
            | Self::Receive { .. }
            | Self::Persisted(_)
            | Self::Campaign
            | Self::SnapshotTaken { .. } => {}
        }
    }
}

/// Why a request was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Refusal {
    /// Only the leader takes it; here is who that may be.
    NotLeader {
        /// The leader of the current term, if known (Raft thesis, section 6.2).
        hint: Option<NodeId>,
    },
    /// The leader takes none for the moment: it hands its leadership over, or has taken as much as it may that is not
    /// committed yet.
    Busy,
}

/// A server's role (Raft paper, figure 4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Role {
    /// Answers; the role of every server at its start.
    #[default]
    Follower,
    /// Asks whether it would get votes, before it is a candidate (thesis 9.6).
    PreCandidate,
    /// Asks for votes.
    Candidate,
    /// Takes commands and replicates them.
    Leader,
}

/// What a replica shows of itself after a step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// Its role.
    pub role: Role,
    /// Its current term.
    pub term: Term,
    /// The leader of that term, if it knows it.
    pub leader: Option<NodeId>,
    /// The index of its last entry, durable or not.
    pub last: Index,
    /// The index up to which it knows the log to be committed.
    pub commit: Index,
}
