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

mod entry;
mod function;
mod members;
mod votes;

pub use entry::{Entries, Entry, EntryKind};
pub use function::{Caller, Function, Traffic};
pub use members::{Abort, Change, ChangeStep, Changes, Members, Membership, NoChange};
pub use votes::VoteRefusal;

use crate::ids::{Index, NodeId, RequestId, Term, WriteId};
use crate::rng::{Expansion, Stream};
use crate::time::{Duration, LocalTime};
use serde::Serialize;
use std::num::NonZeroU32;

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

/// The parameters of the protocol.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// How often a leader lets its followers hear from it.
    pub heartbeat: Duration,
    /// The least and the greatest election timeout (Raft paper, section 5.2: 150-300 ms); each is drawn uniformly.
    pub election_timeout: (Duration, Duration),
    /// The most bytes of entries in one AppendEntries; one entry always fits.
    pub max_batch_bytes: u32,
    /// After so many bytes of applied entries a server takes a snapshot and cuts its log (Raft paper, section 7); none
    /// means never.
    pub snapshot_every: Option<NonZeroU32>,
    /// The most bytes of a snapshot in one message.
    pub snapshot_chunk: NonZeroU32,
    /// Whether a server asks first whether it would get votes, and becomes a candidate only then (thesis 9.6).
    pub pre_vote: bool,
    /// Whether a leader steps down that has not heard from a majority for the least election timeout (thesis 6.2).
    pub check_quorum: bool,
    /// Whether a server that has heard from a leader within the least election timeout ignores requests for its vote
    /// (thesis 4.2.3).
    pub sticky: bool,
    /// Whether a candidate asks for votes while its own is still being written.
    pub eager_votes: bool,
    /// Bounds of what is on its way.
    pub flow: Flow,
    /// How reads are answered (thesis 6.4).
    pub reads: Reads,
    /// How voters are changed (thesis, 4.1 and 4.3).
    pub changes: Changes,
    /// A bug to be planted, to see whether the checkers find it.
    pub bug: Option<Bug>,
}

#[cfg(test)]
impl Options {
    /// The paper's timers, and nothing switched on.
    pub(crate) fn plain() -> Self {
        Self {
            heartbeat: Duration::from_millis(50),
            election_timeout: (Duration::from_millis(150), Duration::from_millis(300)),
            max_batch_bytes: 1 << 16,
            snapshot_every: None,
            snapshot_chunk: NonZeroU32::MIN,
            pre_vote: false,
            check_quorum: false,
            sticky: false,
            eager_votes: false,
            flow: Flow::default(),
            reads: Reads::default(),
            changes: Changes::default(),
            bug: None,
        }
    }
}

/// Bounds of what is on its way; where one is none there is no such bound.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flow {
    /// The most appends to one follower that wait for an answer (thesis 10.2.2; `MaxInflightMsgs` of etcd's raft). Beyond,
    /// it gets heartbeats only.
    pub max_inflight: Option<NonZeroU32>,
    /// So many bytes of entries in them are enough, at least one entry (`MaxInflightBytes`).
    pub max_inflight_bytes: Option<NonZeroU32>,
    /// The most bytes of commands that a leader has taken and not committed yet. Beyond, it answers [`Refusal::Busy`];
    /// one command always fits (`MaxUncommittedEntriesSize`).
    pub max_uncommitted_bytes: Option<NonZeroU32>,
    /// The most bytes of entries that a follower keeps although it lacks what comes before them (thesis 10.2.2). With
    /// none it keeps none, and asks for them again.
    pub max_early_bytes: Option<NonZeroU32>,
}

/// How reads are answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reads {
    /// By what right a server answers from its own state machine.
    pub by: ReadBy,
    /// Whether followers answer, too; else they name the leader.
    pub at_followers: bool,
    /// The most by which a second of any server's clock is longer or shorter than a true one, in parts per million; below
    /// 1,000,000. Only leases depend on it.
    pub max_drift_ppm: u32,
}

/// By what right a server answers a read from its own state machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ReadBy {
    /// The read is an entry of the log like any command.
    #[default]
    Log,
    /// The leader makes sure, after the read has come, that it still leads (thesis 6.4: ReadIndex).
    Index,
    /// The same, but what it was told is good for a while, in which nobody else can be elected (6.4.1).
    Lease,
    /// By none: whoever is asked answers at once. What it says may be out of date.
    Local,
}

/// A planted bug: a known mistake of Raft implementations, built in on purpose and chosen at run time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bug {
    /// Replies are sent before what they promise is durable (breaks the Raft paper's section 5, "persistent state":
    /// updated on stable storage before responding to RPCs).
    AckBeforeFlush,
    /// The term is written to disk without the vote that was given in it (figure 2, persistent state).
    VoteNotPersisted,
    /// A server that begins to follow a leader forgets its vote in that term (5.2).
    VoteNotTiedToTerm,
    /// A candidate counts its own vote but may still give it to another (5.2).
    OwnVoteNotRecorded,
    /// Votes of earlier elections count in a later one (5.2).
    StaleVoteCounted,
    /// The longer log wins elections, whatever the terms of the last entries (5.4.1).
    LongerLogWins,
    /// A leader commits entries of earlier terms by counting replicas (5.4.2, figure 8).
    CommitOldTermByCount,
    /// A follower installs a snapshot that is older than what it has committed (7, figure 13).
    OldSnapshotAccepted,
    /// The log is cut before the snapshot that stands for it is durable (7; thesis 5.1).
    TruncateBeforeSnapshotDurable,
    /// A command that is asked for again is carried out again, whatever its session remembers (Raft thesis, section
    /// 6.3). This one lives in the state machine, not in Raft.
    NoSessions,
    /// A leader answers reads before an entry of its own term is committed, so it may not know yet what is (thesis 6.4).
    ReadWithoutOwnTermCommit,
    /// A leader answers reads without making sure that it still leads (6.4).
    LocalRead,
    /// A lease lasts for the least election timeout on the leader's own clock, however fast those of others run (6.4.1).
    LeaseIgnoresDrift,
    /// A follower takes entries after one of the same index, whatever that one's term (5.3, the consistency check of
    /// AppendEntries).
    PrevTermUnchecked,
    /// A follower drops what follows the entries of a message, although nothing conflicts (figure 2, AppendEntries 3).
    TruncateAlways,
    /// A follower commits as far as its leader has, with entries that the message has not shown to be the leader's (figure
    /// 2, AppendEntries 5).
    CommitBeyondMatched,
    /// A leader counts its own entries towards a majority before they are durable (thesis 10.2.1).
    OwnEntryCountedUnflushed,
    /// A leader puts its first command in the place of what earlier terms have left uncommitted in its log (5.3, leader
    /// append-only).
    LeaderOverwrites,
    /// A server starts its election timer afresh when it refuses a vote, or a pre-vote, too (5.2).
    TimerResetOnRefusal,
    /// A server draws its election timeout when it starts, and never again (5.2).
    TimeoutDrawnOnce,
    /// A leader changes the membership before it has committed an entry of its own term (thesis 4.1; the mistake found in
    /// 2015).
    ChangeBeforeOwnCommit,
    /// Two voters are changed in one step, without a joint configuration (thesis 4.1, figure 4.3).
    TwoNodesInOneStep,
    /// A leader that is refused asks for the same again (5.3 has it step back). Nothing is lost, but a
    /// follower whose log has parted from the leader's never gets anything more.
    NextIndexStuck,
    /// A host hands on what anybody sends, whatever the sender's part in the cluster. This one lives in the host.
    RoleUnchecked,
    /// The breaker of a leader's calls to a node keeps heartbeats back, too: so it never hears that the node is back. This
    /// one lives in the host.
    BreakerShedsHeartbeats,
    /// Timers and leases run on the clock on the wall, which operators and daemons put ahead and back, instead of one that only
    /// goes on (thesis 6.4.1 asks for bounded drift). This one lives in the host.
    TimersByWallClock,
    /// A receiver does not look at the tag of a frame, by which it would see that its bytes are others than those that were
    /// sent. This one lives in the host.
    ChecksumIgnored,
    /// A client asks again after a millisecond, as often as it likes and whomever it likes: no wait grows, and no bound of
    /// attempts, no budget and no breaker holds it back. This one lives in clients.
    RetryWithoutBackoff,
}

impl Bug {
    /// All of them.
    pub const ALL: [Self; 28] = [
        Self::AckBeforeFlush,
        Self::VoteNotPersisted,
        Self::VoteNotTiedToTerm,
        Self::OwnVoteNotRecorded,
        Self::StaleVoteCounted,
        Self::LongerLogWins,
        Self::CommitOldTermByCount,
        Self::OldSnapshotAccepted,
        Self::TruncateBeforeSnapshotDurable,
        Self::NoSessions,
        Self::ReadWithoutOwnTermCommit,
        Self::LocalRead,
        Self::LeaseIgnoresDrift,
        Self::PrevTermUnchecked,
        Self::TruncateAlways,
        Self::CommitBeyondMatched,
        Self::OwnEntryCountedUnflushed,
        Self::LeaderOverwrites,
        Self::TimerResetOnRefusal,
        Self::TimeoutDrawnOnce,
        Self::ChangeBeforeOwnCommit,
        Self::TwoNodesInOneStep,
        Self::NextIndexStuck,
        Self::RoleUnchecked,
        Self::BreakerShedsHeartbeats,
        Self::TimersByWallClock,
        Self::ChecksumIgnored,
        Self::RetryWithoutBackoff,
    ];
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
        /// The name under which [`Input::Persisted`] will report it.
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
    /// [`Input::SnapshotTaken`]. Comes right after the entry at `at` was to be applied.
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
        /// The membership as of that entry, as [`Membership::encode`] writes it.
        membership: Bytes,
        /// The contents of the state machine.
        data: Bytes,
    },
    /// Forget the entries up to and with this one; it becomes the log's base.
    CompactTo(Index),
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

/// The buffer that a step fills. Reused, so that a step in steady state allocates nothing.
#[derive(Debug, Default)]
pub struct Effects {
    list: Vec<Effect>,
    bytes: Vec<u8>,
    /// When the replica wants [`Input::Wake`]; `None` for never. Kept from step to step.
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
