//! What records are made of beside names and numbers: the kinds of things that happen, and why.

use crate::ids::Index;
use serde::Serialize;

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

impl Operation {
    /// The key that it is about.
    pub const fn key(self) -> u32 {
        match self {
            Self::Get { key } | Self::Put { key, .. } | Self::Cas { key, .. } => key,
        }
    }
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
    /// Its software panicked.
    Panicked = 2,
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
