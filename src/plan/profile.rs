//! A profile: from which ranges the plans of random runs are drawn, and how likely each thing is.

use super::{Action, Event, Implementation, Mix, Settle};
use crate::replica::Bug;
use crate::rng::Rate;
use crate::time::{Duration, Time};

/// What random plans are drawn from. Every plan that can be drawn is valid.
///
/// Where nothing else is said, a number or time is drawn so that each order of magnitude of its range is equally likely.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// The profile's name.
    pub name: String,
    /// What it is for, for people.
    pub about: String,
    /// When each run ends.
    pub duration: Duration,
    /// When in each run all faults are over.
    pub settle: Settle,
    /// In which share of the runs they are over only for a random core.
    pub core: Rate,
    /// Which runs are drawn from other profiles altogether, and in which share of all.
    pub mixture: Vec<(Rate, Profile)>,
    /// Whose Raft all nodes run; what it can't express is left out of what is drawn.
    pub implementation: Implementation,
    /// The nodes.
    pub cluster: ClusterRanges,
    /// The links.
    pub network: NetworkRanges,
    /// The load; none for idle clusters.
    pub clients: Option<ClientRanges>,
    /// Faults that come a given number of times.
    pub faults: Vec<FaultRanges>,
    /// Storms.
    pub storms: Vec<StormRanges>,
    /// What has to happen in some run at least, else the profile does not reach what it is for.
    pub sometimes: Vec<Event>,
}

/// A range, both ends included. The first is not above the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Between<T> {
    /// The least value.
    pub least: T,
    /// The greatest value.
    pub most: T,
}

/// What clusters are drawn from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClusterRanges {
    /// How many voters, each number with its weight; at least one weight is above 0.
    pub voters: Vec<(u32, u32)>,
    /// How often a leader lets its followers hear from it.
    pub heartbeat: Between<Duration>,
    /// The least election timeout, in thousandths of the heartbeat; above 1000.
    pub election_timeout_permille: Between<u32>,
    /// The greatest election timeout, in thousandths of the least; at least 1000.
    pub timeout_spread_permille: Between<u32>,
    /// The most bytes of entries in one message.
    pub max_batch_bytes: Between<u32>,
    /// Snapshots of the state machine.
    pub snapshots: SnapshotRanges,
    /// Changes of the members; none if no run has any.
    pub changes: Option<ChangeRanges>,
    /// In what share of the runs servers ask for pre-votes.
    pub pre_vote: Rate,
    /// In what share of the runs leaders look after their quorum.
    pub check_quorum: Rate,
    /// In what share of the runs servers with a current leader ignore requests for votes.
    pub sticky: Rate,
    /// Bounds of what is on its way.
    pub flow: FlowRanges,
    /// Reads that take no entry of the log.
    pub reads: ReadRanges,
    /// How clocks drift.
    pub clocks: ClockRanges,
    /// What it costs hosts to serve frames.
    pub hosts: HostRanges,
    /// In what share of the runs leaders have circuit breakers.
    pub breakers: Rate,
    /// How long flushes take: the bounds of a uniform distribution are two draws.
    pub flush: Between<Duration>,
    /// How likely crashes leave torn writes.
    pub torn: Chance,
    /// In what share of the runs nodes have priorities of their own.
    pub priorities: Rate,
    /// How likely logs of different lengths are to begin with.
    pub shuffled_logs: Rate,
    /// In what share of the runs frames are keyed.
    pub keyed: Rate,
    /// In what share of the runs they are unchecked, if not keyed. In all others they have a checksum.
    pub unchecked: Rate,
    /// A bug that is planted in every node of every run.
    pub bug: Option<Bug>,
}

/// What the bounds of what is on its way are drawn from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlowRanges {
    /// Appends to one follower without an answer.
    pub inflight: LimitRange,
    /// Bytes of entries in them.
    pub inflight_bytes: LimitRange,
    /// Bytes of commands that are not committed.
    pub uncommitted_bytes: LimitRange,
    /// Bytes of entries that wait for those before them.
    pub early_bytes: LimitRange,
}

/// A bound that some runs have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LimitRange {
    /// In what share of the runs.
    pub likely: Rate,
    /// What it is there.
    pub most: Between<u32>,
}

/// What reads are drawn from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadRanges {
    /// In what share of the runs they take no entry of the log.
    pub likely: Rate,
    /// In what share of these runs leaders hold leases, and servers are sticky.
    pub leases: Rate,
    /// In what share of these runs followers answer reads.
    pub followers: Rate,
}

/// What clocks are drawn from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockRanges {
    /// In what share of the runs they drift.
    pub likely: Rate,
    /// By how many parts per million at most, which leases reckon with.
    pub drift_ppm: Between<u32>,
}

/// What it costs hosts to serve frames is drawn from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HostRanges {
    /// In what share of the runs it costs anything.
    pub likely: Rate,
    /// What each frame costs; each 1,024 bytes of it cost a quarter as much on top.
    pub cost: Between<Duration>,
    /// How many frames may wait, in each lane.
    pub inbox: Between<u32>,
    /// In what share of these runs there are two lanes.
    pub two_lanes: Rate,
    /// In what share of these runs a host serves nothing while it flushes.
    pub blocking: Rate,
}

/// What snapshots are drawn from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SnapshotRanges {
    /// In what share of the runs they are taken.
    pub likely: Rate,
    /// After how many bytes of applied entries.
    pub every: Between<u32>,
    /// The most bytes of a snapshot in one message.
    pub chunk: Between<u32>,
}

/// What changes of the members are drawn from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChangeRanges {
    /// In what share of the runs there are any.
    pub likely: Rate,
    /// How many learners there are at first, beside the voters.
    pub learners: Between<u32>,
    /// How many machines wait to be added.
    pub spares: Between<u32>,
    /// How often somebody comes, goes or takes another's place.
    pub count: Between<u32>,
}

/// What links are drawn from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetworkRanges {
    /// How long frames take: the bounds of a uniform distribution are two draws.
    pub latency: Between<Duration>,
    /// How likely frames get lost.
    pub loss: Chance,
    /// How likely frames arrive twice.
    pub duplicate: Chance,
}

/// Something that goes wrong in some runs only, there with some rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chance {
    /// In what share of the runs.
    pub likely: Rate,
    /// How often, in parts of 10^9; above 0.
    pub rate_ppb: Between<u32>,
}

/// What the load is drawn from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientRanges {
    /// In what share of the runs there are clients.
    pub likely: Rate,
    /// How many clients.
    pub count: Between<u32>,
    /// How many operations all of them begin in a thousand seconds, in an open loop.
    pub rate_milli: Between<u32>,
    /// In what share of these runs clients wait for their answers instead: in a closed loop.
    pub closed_loop: Rate,
    /// How long a client thinks in a closed loop.
    pub think: Between<Duration>,
    /// What they ask for, always the same.
    pub mix: Mix,
    /// How many keys they share.
    pub keys: Between<u32>,
    /// How long a value is.
    pub value_bytes: Between<u32>,
    /// How long a client pursues an operation.
    pub timeout: Between<Duration>,
    /// In what share of the runs with clients these wait and ask again by rules of their own.
    pub restraint: Rate,
    /// How often these ask for one operation at most; none if only some of them are bounded.
    pub attempts: Option<Between<u32>>,
    /// In what share of the runs with clients these have circuit breakers.
    pub breakers: Rate,
    /// Sessions, and what only harms clients without them; none if no run has any.
    pub sessions: Option<SessionRanges>,
}

/// What sessions of clients are drawn from, and what may happen to their frames where they have sessions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionRanges {
    /// In what share of the runs with clients they have sessions.
    pub likely: Rate,
    /// How many are kept at most.
    pub most: Between<u32>,
    /// In what share of these runs clients ask the next node if they hear nothing.
    pub retries: Rate,
    /// After how long.
    pub retry_after: Between<Duration>,
    /// How long frames of clients take: the bounds of a uniform distribution are two draws.
    pub latency: Between<Duration>,
    /// How likely frames of clients get lost.
    pub loss: Chance,
    /// How likely frames of clients arrive twice.
    pub duplicate: Chance,
}

/// What faults of a given number are drawn from. Each has draws of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaultRanges {
    /// In what share of the runs there are any.
    pub likely: Rate,
    /// In how large a cluster at the least.
    pub least_voters: u32,
    /// How many.
    pub count: Between<u32>,
    /// When each begins.
    pub start: StartRanges,
    /// How long each lasts.
    pub length: Between<Duration>,
    /// What each does.
    pub action: Action,
}

/// What the beginning of a fault is drawn from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartRanges {
    /// At a time, each equally likely.
    At(Between<Time>),
    /// After an election.
    Elected {
        /// Which one of the run, each equally likely.
        election: Between<u64>,
        /// How long after it.
        after: Between<Duration>,
    },
}

/// What a storm is drawn from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StormRanges {
    /// In what share of the runs it comes.
    pub likely: Rate,
    /// In how large a cluster at the least.
    pub least_voters: u32,
    /// The mean time between the beginnings of two faults.
    pub every: Between<Duration>,
    /// How long each lasts: the bounds of a uniform distribution are two draws.
    pub length: Between<Duration>,
    /// What each does.
    pub action: Action,
}
