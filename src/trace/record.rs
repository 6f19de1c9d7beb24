//! Records: everything that happens in a run, each with the record that brought it about.
//!
//! Checkers, metrics and sinks judge by records alone; nothing they need may be left out, and nothing that depends on
//! the machine may get in.

use super::Digest;
use super::parts::{
    ActionKind, BreakerState, CorruptionKind, Denial, Disowned, FaultSource, Forgery, Forgone, Loss,
    MembersPart, Operation, Outcome, Rejection, StopReason,
};
use super::words::Words;
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

impl Record {
    /// A copy for what is done with few records. A record of which only copies are lent needs no address: where it is made, its
    /// fields stay in registers, and its kind is known. The compiler may not lend the record itself in place of the copy.
    #[inline(always)]
    pub(crate) fn apart(&self) -> Self {
        std::hint::black_box(*self)
    }
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
    /// From now on nothing goes wrong within this core: on these nodes, and on the links among them. What goes wrong
    /// elsewhere stays so for ever.
    SettledFor {
        /// The core.
        nodes: NodeSet,
    },
    /// On these nodes outside the core, or on links that end there, something goes wrong for ever.
    Beset {
        /// The nodes.
        nodes: NodeSet,
    },
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
    /// A replica's software, somebody else's, found that what it rests on does not hold, and panicked. Its process ends.
    Panicked {
        /// What it said, cut off after some hundred characters.
        message: &'static str,
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
