//! Records: everything that happens in a run, each with the record that brought it about.
//!
//! Checkers, metrics and sinks judge by records alone; nothing they need may be left out, and nothing that depends on
//! the machine may get in.

use super::Digest;
use crate::ids::{
    Address, CallId, CommandId, Epoch, Index, NodeId, NodeSet, OperationId, RecordId, RequestId, SessionId,
    Term, WriteId,
};
use crate::replica::{Change, ChangeStep, Function, ReadRight, Refusal, Role, TransferStep, VoteRefusal};
use crate::time::{Duration, Time};
use serde::Serialize;

/// Kinds of frame from here on are between clients and nodes; those below belong to the implementation of Raft.
pub const FIRST_CLIENT_KIND: u8 = 128;

/// One thing that happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Record {
    /// Its number.
    pub id: RecordId,
    /// The record that brought it about. None for what comes from outside: the start, the plan's faults, the arrivals
    /// of an open loop, the end.
    pub cause: Option<RecordId>,
    /// When.
    #[serde(rename = "time_ns")]
    pub time: Time,
    /// To whom.
    pub node: Address,
    /// What.
    #[serde(flatten)]
    pub body: Body,
}

/// What happened. Fields are spelled out so that the record can be read without the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum Body {
    // ---- taken from the event queue ----
    /// A replica, or a client, was woken at the time it had asked for.
    Woke,
    /// A frame reached its receiver (`node`).
    Delivered {
        /// The sender.
        from: Address,
        /// The kind of message.
        kind: u8,
        /// The call it belongs to.
        call: CallId,
        /// Its length with header and tag.
        bytes: u32,
        /// The hash of its content.
        #[serde(serialize_with = "hexadecimal")]
        hash: u64,
    },
    /// All writes up to this one are durable.
    Flushed {
        /// The last of them.
        write: WriteId,
    },
    /// A command of no client's was proposed to a leader: load without clients, for measurements.
    Proposed {
        /// Its length.
        bytes: u32,
        /// The hash of its content.
        #[serde(serialize_with = "hexadecimal")]
        hash: u64,
    },
    /// The frame that was handed over last had waited in its receiver's inbox (`node`). What found the receiver free has no
    /// such record.
    Waited {
        /// How long, before its service began.
        #[serde(rename = "waited_ns")]
        waited: Duration,
        /// How many frames waited when it came.
        ahead: u32,
    },
    /// A host (`node`) whose inbox was full turned a client's request away, and answers without looking at it.
    TurnedAway {
        /// The client.
        from: Address,
        /// The call.
        call: CallId,
    },
    /// A client began an operation.
    Invoked {
        /// Which.
        operation: OperationId,
        /// What it asks for.
        request: Operation,
    },
    /// A client's operation ended.
    Returned {
        /// Which.
        operation: OperationId,
        /// How.
        outcome: Outcome,
    },
    /// A call had no answer by its deadline (`node` had made it).
    CallFailed {
        /// Who should have answered.
        to: Address,
        /// The kind of request.
        kind: u8,
        /// The call.
        call: CallId,
    },

    // ---- faults, with their resolved targets ----
    /// A fault began; the records of its targets follow.
    FaultStarted {
        /// Its number, from 0 in the order in which faults began.
        fault: u32,
        /// Where it stands in the plan.
        source: FaultSource,
        /// What it does.
        action: ActionKind,
        /// The nodes that it hits; none if it hits links.
        nodes: NodeSet,
    },
    /// A fault ended.
    FaultEnded {
        /// Its number.
        fault: u32,
        /// Where it stands in the plan.
        source: FaultSource,
        /// What it did.
        action: ActionKind,
        /// The nodes that it had hit; none if it had hit links.
        nodes: NodeSet,
        /// Whether it is over for good: links that flap will be cut again.
        last: bool,
    },
    /// A fault was given up: its milestone or its targets never came, or, in a storm, its targets could not be named.
    FaultSkipped {
        /// Where it stands in the plan.
        source: FaultSource,
        /// What it would have done.
        action: ActionKind,
    },
    /// Every fault is over from now on.
    Settled,
    /// The link from `node` to here loses every frame from now on.
    Cut {
        /// The receiving end.
        to: Address,
    },
    /// A fault hits the link from `node` to here, which was cut or clogged already by another one.
    HitAlready {
        /// The receiving end.
        to: Address,
    },
    /// The link from `node` to here is whole again.
    Healed {
        /// The receiving end.
        to: Address,
    },
    /// The link from `node` to here holds every frame from now on.
    Clogged {
        /// The receiving end.
        to: Address,
    },
    /// The link from `node` to here lets go what it held.
    Unclogged {
        /// The receiving end.
        to: Address,
    },
    /// From now on a fault does something to single frames on the link from `node` to here.
    Afflicted {
        /// The receiving end.
        to: Address,
    },
    /// A fault no longer does anything to frames on the link from `node` to here.
    Relieved {
        /// The receiving end.
        to: Address,
    },
    /// A machine lost power: its memory and all that was not flushed.
    Crashed,
    /// A crashed machine's disk was replaced by a blank one.
    Wiped,
    /// A bit of what a disk held durably turned over.
    Rotted {
        /// The byte, from 0.
        at: u64,
        /// The bit of it, from 0.
        bit: u8,
    },
    /// A start found an unfinished write at the end of its disk, and cut it off.
    TailCut {
        /// How many bytes it had.
        bytes: u64,
    },
    /// A clock runs at another rate from now on.
    ClockRate {
        /// By how many parts per million it is fast; slow, if negative.
        ppm: i32,
    },
    /// The clock on the wall was put ahead or back.
    ClockStepped {
        /// By how many nanoseconds it is ahead now; behind, if negative.
        ahead_ns: i64,
    },
    /// A process stopped: frames pile up, timers wait.
    Paused,
    /// A paused process goes on.
    Resumed,

    // ---- the life of a host ----
    /// An entry was durably in a log before time 0.
    Preloaded {
        /// Its index.
        index: Index,
        /// Its term.
        term: Term,
        /// The chained hash of the log up to and with it.
        #[serde(serialize_with = "hexadecimal")]
        hash: u64,
    },
    /// A host started (all of them at time 0, a crashed one at its restart).
    Booted {
        /// Which of its lives begins.
        epoch: Epoch,
        /// Whether its disk was blank.
        blank: bool,
        /// The term that recovery found.
        term: Term,
        /// The vote that recovery found.
        vote: Option<NodeId>,
        /// The last index that recovery found.
        last: Index,
        /// The chained hash of the log up to there.
        #[serde(serialize_with = "hexadecimal")]
        hash: u64,
    },
    /// A host did not start: its disk can't be recovered.
    Stopped {
        /// Why.
        reason: StopReason,
    },

    // ---- effects ----
    /// A frame left its sender (`node`) for the network.
    Sent {
        /// The receiver.
        to: Address,
        /// The kind of message.
        kind: u8,
        /// The call it belongs to.
        call: CallId,
        /// Its length with header and tag.
        bytes: u32,
        /// The hash of its content.
        #[serde(serialize_with = "hexadecimal")]
        hash: u64,
        /// The sender's term, where the implementation can tell.
        term: Term,
        /// Whether it grants its receiver the sender's vote in that term.
        grants_vote: bool,
    },
    /// A frame waits at its sender for a write to become durable.
    Held {
        /// The receiver.
        to: Address,
        /// The kind of message.
        kind: u8,
        /// The write it waits for.
        after: WriteId,
    },
    /// A frame got lost on the link from `node` to here; `cause` is its `Sent`.
    Lost {
        /// The receiver.
        to: Address,
        /// The kind of message.
        kind: u8,
        /// Why.
        why: Loss,
    },
    /// A frame was duplicated on the link from `node` to here.
    Duplicated {
        /// The receiver.
        to: Address,
        /// The kind of message.
        kind: u8,
    },
    /// The bytes of a frame were changed on the link from `node` to here.
    Corrupted {
        /// The receiver.
        to: Address,
        /// The kind of message.
        kind: u8,
        /// How.
        how: CorruptionKind,
        /// How many bits were flipped, or bytes taken away, added or left.
        count: u32,
    },
    /// A frame on the link from `node` to `to` goes to another node.
    Misdirected {
        /// The receiver.
        to: Address,
        /// The kind of message.
        kind: u8,
        /// Where it goes.
        instead: NodeId,
    },
    /// An old frame of the link from `node` to here is on its way once more; `cause` is its `Sent`.
    Replayed {
        /// The receiver.
        to: Address,
        /// The kind of message.
        kind: u8,
    },
    /// A frame on the link from `node` to here takes longer.
    Delayed {
        /// The receiver.
        to: Address,
        /// The kind of message.
        kind: u8,
        /// By how much longer.
        by_ns: u64,
    },
    /// A stranger sent a frame to `node`.
    Forged {
        /// From whom it seems to come; the world if from nobody whom the network knows.
        from: Address,
        /// The kind of message that it seems to be.
        kind: u8,
        /// What it is made like.
        like: Forgery,
        /// Its length.
        bytes: u32,
    },
    /// A frame that was changed on its way, or forged, passed every check of its receiver (`node`) and was handed on.
    Believed {
        /// The sender as far as the network knows.
        from: Address,
        /// The kind of message, as its sender meant it.
        kind: u8,
    },
    /// A frame was refused by its receiver (`node`) before its replica saw it.
    Rejected {
        /// The sender as far as the network knows.
        from: Address,
        /// Why.
        why: Rejection,
    },
    /// An entry joined a log, durable or not.
    Appended {
        /// The write that will make it durable.
        write: WriteId,
        /// Its index.
        index: Index,
        /// Its term.
        term: Term,
        /// The chained hash of the log up to and with it.
        #[serde(serialize_with = "hexadecimal")]
        hash: u64,
    },
    /// A log lost this entry and all that followed.
    Truncated {
        /// The write that will make it durable.
        write: WriteId,
        /// The first entry lost.
        from: Index,
    },
    /// The contents of a state machine were written down.
    SnapshotTaken {
        /// The last entry applied to it.
        index: Index,
        /// That entry's term.
        term: Term,
        /// The chained hash of the applied entries.
        #[serde(serialize_with = "hexadecimal")]
        hash: u64,
        /// The hash of the contents.
        #[serde(serialize_with = "hexadecimal")]
        store: u64,
    },
    /// A snapshot was handed to the disk: an own one, or the leader's.
    SnapshotWritten {
        /// The write that will make it durable.
        write: WriteId,
        /// The last entry that it stands for.
        index: Index,
        /// That entry's term.
        term: Term,
        /// The chained hash of the log up to there.
        #[serde(serialize_with = "hexadecimal")]
        hash: u64,
        /// Its length.
        bytes: u32,
    },
    /// A log lost its entries up to this one, which a snapshot stands for.
    Compacted {
        /// The write that will make it durable.
        write: WriteId,
        /// The last entry cut off.
        index: Index,
        /// That entry's term.
        term: Term,
        /// The chained hash of the log up to and with it.
        #[serde(serialize_with = "hexadecimal")]
        hash: u64,
    },
    /// The contents of a state machine were replaced by a snapshot: the leader's, or at a start the one on the disk.
    Restored {
        /// The last entry that it stands for.
        index: Index,
        /// That entry's term.
        term: Term,
        /// The chained hash of the log up to there, as the snapshot has it.
        #[serde(serialize_with = "hexadecimal")]
        hash: u64,
        /// The hash of the contents.
        #[serde(serialize_with = "hexadecimal")]
        store: u64,
        /// Whether it is the one on the disk.
        at_start: bool,
    },
    /// A new term or vote was handed to the disk.
    HardStateWritten {
        /// The write that will make it durable.
        write: WriteId,
        /// The term.
        term: Term,
        /// The vote in that term.
        vote: Option<NodeId>,
    },
    /// A leader made a request an entry of its log.
    Accepted {
        /// The request.
        request: RequestId,
        /// The entry's index.
        index: Index,
        /// The entry's term.
        term: Term,
    },
    /// A request was refused.
    Refused {
        /// The request.
        request: RequestId,
        /// Why.
        reason: Refusal,
    },
    /// A node learned that an entry of its log is committed. One record for each index.
    Committed {
        /// The index.
        index: Index,
        /// The term of the entry there; 0 if the node has none.
        term: Term,
        /// The chained hash of the node's log up to there.
        #[serde(serialize_with = "hexadecimal")]
        hash: u64,
    },
    /// An entry was fed to the state machine. One record for each index.
    Applied {
        /// The index.
        index: Index,
        /// The entry's term.
        term: Term,
        /// The chained hash of the applied entries.
        #[serde(serialize_with = "hexadecimal")]
        hash: u64,
    },
    /// The entry that was applied last opened a session for a client.
    SessionOpened {
        /// Which: the entry's index.
        session: SessionId,
        /// The session that was dropped to make room for it, as the one unused for longest.
        dropped: Option<SessionId>,
    },
    /// The command of the entry that was applied last was carried out. Told where clients may ask twice for the same.
    Executed {
        /// The entry's index.
        index: Index,
        /// The client's operation, where the command carries its number: if it writes.
        operation: Option<OperationId>,
        /// What its session knows it as; none without sessions.
        command: Option<CommandId>,
    },
    /// The command of the entry that was applied last had been carried out before. Its answer came from the session, and
    /// it changed nothing.
    Repeated {
        /// The entry's index.
        index: Index,
        /// Which command.
        command: CommandId,
    },
    /// The command of the entry that was applied last was not carried out, and its answer is not known.
    Disowned {
        /// The entry's index.
        index: Index,
        /// Which command.
        command: CommandId,
        /// Why.
        why: Disowned,
    },
    /// A host told a client that its request is done.
    Acknowledged {
        /// The request.
        request: RequestId,
        /// The entry that stands for it.
        index: Index,
        /// That entry's term.
        term: Term,
    },
    /// A leader asked all others whether it still leads, for the sake of reads.
    ReadRound {
        /// The number of the round in this life of the node.
        round: u64,
        /// How many reads waited for it.
        reads: u32,
    },
    /// A host answered a read from its state machine.
    Served {
        /// The request.
        request: RequestId,
        /// What had to be applied.
        at: Index,
        /// The last entry that was.
        applied: Index,
        /// By what right it was answered.
        right: ReadRight,
    },
    /// A leader's transfer of its leadership has come so far.
    Transfer {
        /// To whom.
        to: NodeId,
        /// How far.
        step: TransferStep,
    },
    /// Other members are in force for this node from now on, by an entry of its log. Told in up to three records: learners
    /// and outgoing voters, where there are any, and then the voters, with which it counts.
    Membership {
        /// Whom it tells.
        part: MembersPart,
        /// The entry that names them; 0 for the initial members.
        index: Index,
        /// They.
        nodes: NodeSet,
    },
    /// A change of the members, which an operator has asked this node for, has come so far.
    Change {
        /// The change.
        change: Change,
        /// How far.
        step: ChangeStep,
    },
    /// A node's role, term or known leader changed.
    RoleChanged {
        /// The role from now on.
        role: Role,
        /// The term from now on.
        term: Term,
        /// The leader it knows in that term.
        leader: Option<NodeId>,
    },

    /// A frame was not handed on by its receiver (`node`), since its sender has no right to what it asks for.
    Denied {
        /// The sender as far as the network knows.
        from: Address,
        /// What it asked for, where the receiver can tell.
        function: Option<Function>,
        /// Why.
        why: Denial,
    },
    /// A reply was not handed on by its receiver (`node`), which waits for no such reply in its role. It did no harm, and
    /// stands in no digest.
    Stale {
        /// Who replied.
        from: Address,
        /// The kind of message.
        kind: u8,
    },

    /// A server refused its vote, or the promise of one. What it answers and does tells the digest already, so this stands in
    /// none.
    VoteRefused {
        /// The candidate.
        candidate: NodeId,
        /// Whether it had only asked whether it would get the vote.
        pre_vote: bool,
        /// Why.
        why: VoteRefusal,
    },

    /// A frame was not sent, since its sender's breaker is not closed: entries or a snapshot, or a client's request.
    Shed {
        /// Whom it was for.
        to: Address,
        /// The kind of message.
        kind: u8,
    },
    /// A breaker changed its state.
    Breaker {
        /// That of the calls to whom.
        to: Address,
        /// The state so far.
        was: BreakerState,
        /// The state from now on.
        is: BreakerState,
    },
    /// A client asks no more for an operation that was not done.
    Forgone {
        /// Which.
        operation: OperationId,
        /// Why.
        why: Forgone,
    },

    // ---- the end ----
    /// What a node holds at the end of the run.
    FinalNode {
        /// The hash of its whole log.
        #[serde(serialize_with = "hexadecimal")]
        log: u64,
        /// The hash of its hard state.
        #[serde(serialize_with = "hexadecimal")]
        hard_state: u64,
        /// The hash of its key-value store.
        #[serde(serialize_with = "hexadecimal")]
        store: u64,
    },
    /// How far the random streams of links, disks, replicas and clients were drawn.
    FinalStreams {
        /// The hash of all their positions.
        #[serde(serialize_with = "hexadecimal")]
        positions: u64,
    },
}

/// What a client asks of the key-value store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub enum Operation {
    /// Read a key.
    Get {
        /// The key.
        key: u32,
    },
    /// Write a key.
    Put {
        /// The key.
        key: u32,
        /// The value, unique in the run.
        value: u64,
    },
    /// Write a key if it holds what is expected.
    Cas {
        /// The key.
        key: u32,
        /// The value that has to be there; none for an absent key.
        expected: Option<u64>,
        /// The value to write then, unique in the run.
        value: u64,
    },
}

/// How a client's operation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// It took effect (or, a compare-and-set, was found not to apply).
    Done {
        /// What the key held before; for a read, what it holds.
        previous: Option<u64>,
        /// The index of the entry that wrote that; 0 for an absent key.
        previous_index: Index,
        /// Whether the key was written.
        written: bool,
    },
    /// Nobody took it, and nobody will: it had no effect.
    Refused,
    /// No answer in time: it may take effect at any later moment, or never.
    Unknown,
}

/// Why a frame got lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Loss {
    /// The link loses some frames at random.
    Random = 0,
    /// The link was cut when the frame was sent.
    CutAtSending = 1,
    /// The link was cut when the frame would have arrived.
    CutAtArrival = 2,
    /// The receiver was down.
    ReceiverDown = 3,
    /// The receiver's inbox had no room for it, or none any more.
    InboxFull = 10,
    /// A fault withholds this kind of traffic from the receiver.
    Starved = 20,
}

/// Why a frame was refused by its receiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Rejection {
    /// Shorter than its header, or longer than its length says.
    Length = 0,
    /// The checksum does not fit the bytes.
    Checksum = 1,
    /// No frame of this protocol and version.
    Magic = 2,
    /// From another cluster.
    Cluster = 3,
    /// For somebody else, or from somebody other than the link's sender.
    Address = 4,
    /// A kind that the receiver doesn't know, or can't read.
    Undecodable = 5,
    /// A reply to a call that its caller has given up or never made.
    Late = 6,
    /// Its terms and indexes contradict each other, or speak of entries that nobody can have.
    Indexes = 7,
    /// Its entries are not as many as it says, or not in the order of their terms.
    Entries = 8,
    /// Of a term that no cluster can have reached by then.
    TermJump = 9,
    /// Longer than a frame may be.
    TooLong = 10,
}

/// How the bytes of a frame were changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CorruptionKind {
    /// Bits were flipped.
    BitFlip = 0,
    /// Bytes at its end were taken away.
    Truncate = 1,
    /// Bytes were added at its end.
    Extend = 2,
    /// Random bytes took its place.
    Garbage = 3,
}

/// What a stranger's frame is made like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Forgery {
    /// A message of the protocol that nobody sent, as if from a node of the cluster.
    Message = 0,
    /// Random bytes in a sound frame, as if from a node of the cluster.
    Payload = 1,
    /// Random bytes.
    Garbage = 2,
    /// A message of the protocol, from another cluster.
    OtherCluster = 3,
    /// A message of the protocol, from a node that there is not.
    Unknown = 4,
    /// A message of the protocol between nodes, from a client.
    Client = 5,
}

/// Why a frame was denied what it asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Denial {
    /// It is from another cluster.
    Cluster = 0,
    /// Its sender is none of the machines and clients that there are.
    Stranger = 1,
    /// It names another sender than the one of its link.
    Impostor = 2,
    /// Its sender may never ask for this: a client that speaks as a node, or a node that speaks as a client.
    Function = 3,
}

impl Denial {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Cluster, Self::Stranger, Self::Impostor, Self::Function];
}

/// The state of a circuit breaker.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum BreakerState {
    /// All is sent.
    #[default]
    Closed = 0,
    /// Calls have failed: it cools down.
    Open = 1,
    /// Some calls are made, to see.
    HalfOpen = 2,
}

/// Why a client asks no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Forgone {
    /// It has asked for the operation as often as it may.
    Attempts = 0,
    /// It has spent what it had on asking again, for all operations together.
    Budget = 1,
}

/// Why a command was not carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Disowned {
    /// There is no such session, or no longer.
    NoSession,
    /// Its client has said that it no longer waits for an answer: so it may have been carried out, and the answer be
    /// forgotten.
    NotAwaited,
}

/// Why a host stopped by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StopReason {
    /// Recovery could not make sense of the disk.
    Unrecoverable = 0,
    /// A write found the disk full.
    DiskFull = 1,
}

/// Where a fault stands in the plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FaultSource {
    /// It is scripted: its place among the faults, from 0.
    Fault(u32),
    /// It was drawn: the place of its storm among the storms, from 0.
    Storm(u32),
}

impl FaultSource {
    /// Why a fault of this origin is skipped: one of a script waits for what it needs, one of a storm does not.
    pub const fn why_skipped(self) -> &'static str {
        match self {
            Self::Fault(_) => "what it waited for never came",
            Self::Storm(_) => "its targets could not be named",
        }
    }
}

impl Serialize for FaultSource {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The kinds of fault, with their numbers in the digest. Links that flap are partitioned again and again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ActionKind {
    /// Links lose every frame.
    Partition = 0,
    /// Links hold every frame.
    Clog = 1,
    /// Machines lose power.
    Crash = 2,
    /// Machines lose power and their disks.
    Wipe = 3,
    /// Processes stop.
    Pause = 4,
    /// The leader is asked to hand over.
    Transfer = 5,
    /// The leader is asked for another learner.
    AddLearner = 6,
    /// The leader is asked to make a voter of a learner.
    Promote = 7,
    /// The leader is asked to remove a member.
    Remove = 8,
    /// The leader is asked to put another node in the place of a voter.
    Replace = 9,
    /// Nodes receive nothing.
    Deaf = 10,
    /// Nothing that nodes send arrives.
    Mute = 11,
    /// Disks finish no flush.
    DiskStall = 40,
    /// Disks take nothing more.
    DiskFull = 41,
    /// Disks say that a flush is done, and it is not.
    LoseFlush = 42,
    /// One bit on each disk turns over.
    Rot = 43,
    /// Clocks on the wall are off for a while.
    Skew = 50,
    /// Clocks run too fast or too slow.
    Drift = 51,
    /// Nodes get nothing of one kind of traffic.
    Starve = 60,
    /// Clocks on the wall are put ahead or back.
    Step = 52,
    /// Links lose some frames.
    Lose = 13,
    /// Links let some frames arrive twice.
    Duplicate = 14,
    /// Links take longer for each frame.
    Delay = 15,
    /// Links change some frames.
    Corrupt = 30,
    /// Links deliver some frames to somebody else.
    Misdirect = 31,
    /// Links deliver old frames again.
    Replay = 32,
    /// A stranger sends frames.
    Forge = 33,
    /// Machines are slow.
    Slow = 20,
    /// Requests come without end.
    Flood = 21,
}

/// Some of the members.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MembersPart {
    /// Those who get the log, and have no say.
    Learners,
    /// The voters of the configuration before, whose majority is needed as well.
    Outgoing,
    /// Those who have a say.
    Voters,
}

impl Record {
    /// The link that it is about, sender first: of a frame, of a call, or of a fault.
    pub fn link(&self) -> Option<(Address, Address)> {
        match self.body {
            Body::Delivered { from, .. }
            | Body::Rejected { from, .. }
            | Body::TurnedAway { from, .. }
            | Body::Denied { from, .. }
            | Body::Stale { from, .. }
            | Body::Forged { from, .. }
            | Body::Believed { from, .. } => Some((from, self.node)),
            Body::Sent { to, .. }
            | Body::Held { to, .. }
            | Body::Lost { to, .. }
            | Body::Duplicated { to, .. }
            | Body::Corrupted { to, .. }
            | Body::Misdirected { to, .. }
            | Body::Replayed { to, .. }
            | Body::Delayed { to, .. }
            | Body::Afflicted { to }
            | Body::Relieved { to }
            | Body::CallFailed { to, .. }
            | Body::Shed { to, .. }
            | Body::Breaker { to, .. }
            | Body::Cut { to }
            | Body::HitAlready { to }
            | Body::Healed { to }
            | Body::Clogged { to }
            | Body::Unclogged { to } => Some((self.node, to)),
            _ => None,
        }
    }

    /// Folds its time, node and body into a digest: all of a run that the digest is made of. A skipped fault did
    /// nothing; whether it stood in the plan must not show. Neither did a stale reply; and why a vote was refused is
    /// told for people.
    #[inline(always)]
    pub fn fold_into(&self, digest: &mut Digest) {
        if !matches!(self.body, Body::FaultSkipped { .. } | Body::Stale { .. } | Body::VoteRefused { .. }) {
            let (words, count) = self.body.words();
            digest.fold(&[self.time.nanos(), u64::from(self.node.to_wire())]);
            digest.fold(&words[..count]);
        }
    }
}

/// Hashes are text in JSON: readers that keep numbers as floats would round them.
fn hexadecimal<S: serde::Serializer>(hash: &u64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&format_args!("{hash:016x}"))
}

impl Body {
    /// The canonical binary form: what the digest is made of, with time and node before it.
    ///
    /// The first word tells the kind and holds the small fields. A fault's number and place in the plan are left out, so
    /// that a drawn and a scripted fault give the same digest. Inlined where a record is made, only the words of its own kind
    /// are left of the match.
    #[inline(always)]
    fn words(&self) -> ([u64; 6], usize) {
        Words::of(self)
    }

    /// The kind of message it is about, if it is about one.
    pub fn kind(&self) -> Option<u8> {
        match *self {
            Self::Delivered { kind, .. }
            | Self::CallFailed { kind, .. }
            | Self::Sent { kind, .. }
            | Self::Held { kind, .. }
            | Self::Lost { kind, .. }
            | Self::Duplicated { kind, .. }
            | Self::Stale { kind, .. }
            | Self::Shed { kind, .. }
            | Self::Corrupted { kind, .. }
            | Self::Misdirected { kind, .. }
            | Self::Replayed { kind, .. }
            | Self::Delayed { kind, .. }
            | Self::Forged { kind, .. }
            | Self::Believed { kind, .. } => Some(kind),
            _ => None,
        }
    }
}

/// The words of a body, with the first reserved for its tag and small fields.
struct Words([u64; 6], usize);

impl Words {
    #[inline(always)]
    fn new(tag: u8, small: u64) -> Self {
        debug_assert!(small < 1 << 56);
        Self([u64::from(tag) << 56 | small, 0, 0, 0, 0, 0], 1)
    }

    #[inline(always)]
    fn and(mut self, word: u64) -> Self {
        self.0[self.1] = word;
        self.1 += 1;
        self
    }

    #[inline(always)]
    fn address(self, address: Address, kind: u8) -> Self {
        let mut words = self;
        words.0[0] |= u64::from(address.to_wire()) | u64::from(kind) << 32;
        words
    }

    #[inline(always)]
    #[expect(clippy::too_many_lines, reason = "one flat match over all bodies")]
    fn of(body: &Body) -> ([u64; 6], usize) {
        let words = match *body {
            Body::Woke => Self::new(1, 0),
            Body::Delivered { from, kind, call, bytes, hash } => {
                Self::new(2, 0).address(from, kind).and(call.0).and(u64::from(bytes)).and(hash)
            }
            Body::Flushed { write } => Self::new(3, 0).and(write.0),
            Body::Invoked { operation, request } => {
                let (small, value, expected) = match request {
                    Operation::Get { key } => (u64::from(key), 0, None),
                    Operation::Put { key, value } => (1 << 32 | u64::from(key), value, None),
                    Operation::Cas { key, expected, value } => (2 << 32 | u64::from(key), value, expected),
                };
                Self::new(4, small)
                    .and(operation.0)
                    .and(value)
                    .and(u64::from(expected.is_some()))
                    .and(expected.unwrap_or(0))
            }
            Body::Returned { operation, outcome } => {
                let (small, previous, index) = match outcome {
                    Outcome::Done { previous, previous_index, written } => {
                        (u64::from(written) << 1 | u64::from(previous.is_some()), previous, previous_index)
                    }
                    Outcome::Refused => (4, None, Index::ZERO),
                    Outcome::Unknown => (5, None, Index::ZERO),
                };
                Self::new(5, small).and(operation.0).and(previous.unwrap_or(0)).and(index.0)
            }
            Body::CallFailed { to, kind, call } => Self::new(6, 0).address(to, kind).and(call.0),
            Body::FaultStarted { fault: _, source: _, action, nodes } => {
                let [a, b, c, d] = nodes.words();
                Self::new(7, action as u64).and(a).and(b).and(c).and(d)
            }
            Body::FaultEnded { fault: _, source: _, action, nodes, last: _ } => {
                let [a, b, c, d] = nodes.words();
                Self::new(8, action as u64).and(a).and(b).and(c).and(d)
            }
            Body::FaultSkipped { source: _, action } => Self::new(9, action as u64),
            Body::Waited { waited, ahead } => Self::new(90, u64::from(ahead)).and(waited.nanos()),
            Body::TurnedAway { from, call } => Self::new(91, 0).address(from, 0).and(call.0),
            Body::Settled => Self::new(37, 0),
            Body::Preloaded { index, term, hash } => Self::new(38, 0).and(index.0).and(term.0).and(hash),
            Body::Cut { to } => Self::new(10, 0).address(to, 0),
            Body::HitAlready { to } => Self::new(39, 0).address(to, 0),
            Body::Healed { to } => Self::new(11, 0).address(to, 0),
            Body::Clogged { to } => Self::new(12, 0).address(to, 0),
            Body::Unclogged { to } => Self::new(13, 0).address(to, 0),
            Body::Crashed => Self::new(14, 0),
            Body::Wiped => Self::new(15, 0),
            Body::Rotted { at, bit } => Self::new(115, u64::from(bit)).and(at),
            Body::TailCut { bytes } => Self::new(116, 0).and(bytes),
            Body::ClockStepped { ahead_ns } => Self::new(119, 0).and(ahead_ns.cast_unsigned()),
            Body::ClockRate { ppm } => Self::new(118, u64::from(ppm.cast_unsigned())),
            Body::Paused => Self::new(16, 0),
            Body::Resumed => Self::new(17, 0),
            Body::Booted { epoch, blank, term, vote, last, hash } => {
                Self::new(18, u64::from(blank) << 32 | node(vote))
                    .and(epoch.0)
                    .and(term.0)
                    .and(last.0)
                    .and(hash)
            }
            Body::Stopped { reason } => Self::new(19, reason as u64),
            Body::Sent { to, kind, call, bytes, hash, term, grants_vote } => Self::new(20, 0)
                .address(to, kind)
                .and(call.0)
                .and(u64::from(bytes) << 1 | u64::from(grants_vote))
                .and(hash)
                .and(term.0),
            Body::Held { to, kind, after } => Self::new(21, 0).address(to, kind).and(after.0),
            Body::Lost { to, kind, why } => Self::new(22, (why as u64) << 40).address(to, kind),
            Body::Duplicated { to, kind } => Self::new(23, 0).address(to, kind),
            Body::Rejected { from, why } => Self::new(24, (why as u64) << 40).address(from, 0),
            Body::Afflicted { to } => Self::new(100, 0).address(to, 0),
            Body::Relieved { to } => Self::new(101, 0).address(to, 0),
            Body::Corrupted { to, kind, how, count } => {
                Self::new(102, (how as u64) << 40).address(to, kind).and(u64::from(count))
            }
            Body::Misdirected { to, kind, instead } => {
                Self::new(103, 0).address(to, kind).and(u64::from(instead.0))
            }
            Body::Replayed { to, kind } => Self::new(104, 0).address(to, kind),
            Body::Delayed { to, kind, by_ns } => Self::new(105, 0).address(to, kind).and(by_ns),
            Body::Forged { from, kind, like, bytes } => {
                Self::new(106, (like as u64) << 40).address(from, kind).and(u64::from(bytes))
            }
            Body::Believed { from, kind } => Self::new(107, 0).address(from, kind),
            Body::Appended { write, index, term, hash } => {
                Self::new(25, 0).and(write.0).and(index.0).and(term.0).and(hash)
            }
            Body::Truncated { write, from } => Self::new(26, 0).and(write.0).and(from.0),
            Body::SnapshotTaken { index, term, hash, store } => {
                Self::new(40, 0).and(index.0).and(term.0).and(hash).and(store)
            }
            Body::SnapshotWritten { write, index, term, hash, bytes } => {
                Self::new(41, u64::from(bytes)).and(write.0).and(index.0).and(term.0).and(hash)
            }
            Body::Compacted { write, index, term, hash } => {
                Self::new(42, 0).and(write.0).and(index.0).and(term.0).and(hash)
            }
            Body::Restored { index, term, hash, store, at_start } => {
                Self::new(43, u64::from(at_start)).and(index.0).and(term.0).and(hash).and(store)
            }
            Body::HardStateWritten { write, term, vote } => {
                Self::new(27, node(vote)).and(write.0).and(term.0)
            }
            Body::Accepted { request, index, term } => {
                Self::new(28, 0).and(request.0).and(index.0).and(term.0)
            }
            Body::Refused { request, reason: Refusal::Busy } => Self::new(86, 0).and(request.0),
            Body::Transfer { to, step } => Self::transfer(to, step),
            Body::Refused { request, reason: Refusal::NotLeader { hint } } => {
                Self::new(29, node(hint)).and(request.0)
            }
            Body::Committed { index, term, hash } => Self::new(30, 0).and(index.0).and(term.0).and(hash),
            Body::Applied { index, term, hash } => Self::new(31, 0).and(index.0).and(term.0).and(hash),
            Body::SessionOpened { session, dropped } => {
                Self::new(60, u64::from(dropped.is_some())).and(session.0).and(dropped.map_or(0, |it| it.0))
            }
            Body::Executed { index, operation, command } => {
                let small = u64::from(operation.is_some()) << 1 | u64::from(command.is_some());
                Self::new(61, small)
                    .and(index.0)
                    .and(operation.map_or(0, |operation| operation.0))
                    .and(command.map_or(0, |command| command.session.0))
                    .and(command.map_or(0, |command| command.serial.0))
            }
            Body::Repeated { index, command } => {
                Self::new(62, 0).and(index.0).and(command.session.0).and(command.serial.0)
            }
            Body::Disowned { index, command, why } => {
                Self::new(63, why as u64).and(index.0).and(command.session.0).and(command.serial.0)
            }
            Body::ReadRound { round, reads } => Self::new(75, u64::from(reads)).and(round),
            Body::Served { request, at, applied, right } => {
                let right = match right {
                    ReadRight::Index => 0,
                    ReadRight::Lease => 1,
                    ReadRight::Follower => 2,
                    ReadRight::Local => 3,
                };
                Self::new(76, right).and(request.0).and(at.0).and(applied.0)
            }
            Body::Acknowledged { request, index, term } => {
                Self::new(32, 0).and(request.0).and(index.0).and(term.0)
            }
            Body::RoleChanged { role, term, leader } => {
                let role = match role {
                    Role::Follower => 0_u64,
                    Role::Candidate => 1,
                    Role::Leader => 2,
                    Role::PreCandidate => 3,
                };
                Self::new(33, role << 32 | node(leader)).and(term.0)
            }
            Body::Membership { part, index, nodes } => {
                let [a, b, c, d] = nodes.words();
                Self::new(64 + part as u8, 0).and(index.0).and(a).and(b).and(c).and(d)
            }
            Body::Change { change, step } => Self::change(change, step),
            Body::Denied { from, function, why } => {
                let function = function.map_or(0, |function| function as u64 + 1);
                Self::new(130, (why as u64) << 48 | function << 40).address(from, 0)
            }
            Body::Stale { from, kind } => Self::new(131, 0).address(from, kind),
            Body::VoteRefused { candidate, pre_vote, why } => {
                Self::new(160, (why as u64) << 48 | u64::from(pre_vote) << 40 | u64::from(candidate.0))
            }
            Body::Shed { to, kind } => Self::new(132, 0).address(to, kind),
            Body::Breaker { to, was, is } => {
                Self::new(133, (was as u64) << 48 | (is as u64) << 40).address(to, 0)
            }
            Body::Forgone { operation, why } => Self::new(134, why as u64).and(operation.0),
            Body::FinalNode { log, hard_state, store } => {
                Self::new(34, 0).and(log).and(hard_state).and(store)
            }
            Body::Proposed { bytes, hash } => Self::new(36, u64::from(bytes)).and(hash),
            Body::FinalStreams { positions } => Self::new(35, 0).and(positions),
        };
        (words.0, words.1)
    }
}

impl Words {
    #[cold]
    fn transfer(to: NodeId, step: TransferStep) -> Self {
        let (tag, step) = match step {
            TransferStep::Begun => (85, 0_u64),
            TransferStep::Asked => (85, 1),
            TransferStep::Aborted => (85, 2),
            TransferStep::Refused(why) => (150, why as u64),
        };
        Self::new(tag, step << 32 | u64::from(to.0))
    }

    #[cold]
    fn change(change: Change, step: ChangeStep) -> Self {
        let (kind, one, other) = match change {
            Change::AddLearner(node) => (0_u64, node, NodeId(0)),
            Change::Promote(node) => (1, node, NodeId(0)),
            Change::Remove(node) => (2, node, NodeId(0)),
            Change::Replace { old, new } => (3, old, new),
        };
        let (step, more) = match step {
            ChangeStep::Begun => (0_u64, 0),
            ChangeStep::CaughtUp { rounds } => (1, u64::from(rounds)),
            ChangeStep::Done => (2, 0),
            ChangeStep::Aborted(why) => (3, why as u64),
            ChangeStep::Refused(why) => (4, why as u64),
        };
        Self::new(67, kind << 8 | step).and(u64::from(one.0) << 32 | u64::from(other.0)).and(more)
    }
}

/// A node in a word's lower half; nodes count from 1, so 0 can stand for none here.
fn node(node: Option<NodeId>) -> u64 {
    node.map_or(0, |node| u64::from(node.0))
}
