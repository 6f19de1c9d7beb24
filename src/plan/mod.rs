//! A plan: what a scenario means, as plain validated data.
//!
//! Everything in here has been checked: targets exist, durations are ordered, rates are integers. It has no behaviour.

mod cpu;
mod expectations;
mod faults;
mod frame_faults;
mod implementation;
mod profile;
mod study;

pub use crate::property::Property;
pub use cpu::{Cpu, Lanes, WhenFull};
pub use expectations::{Event, Expectation, Goodput, Moment, Span};
pub use faults::{Action, Core, Edge, End, Fault, Milestone, Settle, Shape, Start, Storm, Target};
pub use frame_faults::{Corruption, FrameFault, Integrity};
pub use implementation::Implementation;
pub use profile::{
    Between, Chance, ChangeRanges, ClientRanges, ClockRanges, ClusterRanges, FaultRanges, FlowRanges,
    HostRanges, LimitRange, NetworkRanges, Profile, ReadRanges, SessionRanges, SnapshotRanges, StartRanges,
    StormRanges,
};
pub use study::{Cell, Measure, Study};

use crate::ids::{NodeId, Term};
use crate::replica::{Members, Options};
use crate::rng::{Distribution, Rate};
use crate::time::Duration;
use std::num::{NonZeroU32, NonZeroU64};

/// All that a run depends on, with the seed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The scenario's name.
    pub name: String,
    /// What it shows, for people.
    pub about: String,
    /// The seed of every random stream.
    pub seed: u64,
    /// When the run ends.
    pub duration: Duration,
    /// How many events it may take, if that is limited. One that takes more fails as a livelock.
    pub events: Option<NonZeroU64>,
    /// The nodes.
    pub cluster: Cluster,
    /// The links.
    pub network: Network,
    /// The load; none for an idle cluster.
    pub clients: Option<Clients>,
    /// Names for targets, each bound at its first use in the run.
    pub names: Vec<Name>,
    /// What goes wrong, in the order of the file.
    pub faults: Vec<Fault>,
    /// What goes wrong at random, in the order of the file.
    pub storms: Vec<Storm>,
    /// When all of it is over; none if the run has no such time.
    pub settle: Option<Settle>,
    /// What the run is expected to show.
    pub expectations: Vec<Expectation>,
    /// Where the scenario comes from, if it was found by random runs.
    pub found: Option<Found>,
}

impl Plan {
    /// Whether not every node is a voter from the beginning to the end: there are learners or spares, or changes of the
    /// members.
    pub fn members_vary(&self) -> bool {
        let mut actions = self.faults.iter().map(|fault| &fault.action);
        let mut storms = self.storms.iter().map(|storm| &storm.action);
        self.cluster.nodes() > self.cluster.voters
            || actions.any(Action::changes_members)
            || storms.any(Action::changes_members)
    }
}

/// What is known of a scenario that was found by random runs. A run does not depend on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// By which version of Squall.
    pub version: String,
    /// With which seed.
    pub seed: u64,
    /// The digest of the run that failed.
    pub digest: u128,
}

/// A name for a target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// The name.
    pub name: String,
    /// Whom it stands for. Neither another name nor the rest.
    pub target: Target,
}

/// The nodes, all alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cluster {
    /// Whose Raft they run.
    pub implementation: Implementation,
    /// How many voters, numbered from 1.
    pub voters: u32,
    /// How many learners, numbered after the voters: members that get the log and have no say.
    pub learners: u32,
    /// How many machines that wait to be added, numbered after the learners.
    pub spares: u32,
    /// The node that is to be leader first, by being the first to time out: its first timeout ends at once.
    pub first_leader: Option<NodeId>,
    /// Who is to be preferred as leader: the priority of each node, in order; empty if all are alike.
    pub priorities: Vec<u32>,
    /// By how many parts per million the clock of each node is fast, in order, slow where that is negative; empty if all are
    /// right. Above -1,000,000.
    pub drifts_ppm: Vec<i32>,
    /// What the logs hold before time 0.
    pub logs: Logs,
    /// The protocol's parameters.
    pub raft: Options,
    /// What it costs a machine to serve frames, and where they wait.
    pub cpu: Cpu,
    /// How long a flush of the disk takes.
    pub flush: Distribution,
    /// How likely a crash leaves part of what was not flushed on the disk, the end of it torn.
    pub torn: Rate,
    /// Whether a machine serves nothing while it flushes, as a server with synchronous writes does.
    pub blocking: bool,
    /// By when a request from node to node has to be answered.
    pub call_timeout: Duration,
    /// When a leader sends only heartbeats for a while to a peer that does not answer; none for never.
    pub breaker: Option<Breaker>,
    /// By what frames are known to be sound.
    pub integrity: Integrity,
}

impl Cluster {
    /// How many machines there are.
    pub fn nodes(&self) -> u32 {
        self.voters + self.learners + self.spares
    }

    /// The members before time 0.
    pub fn members(&self) -> Members {
        let learners = self.voters + 1..=self.voters + self.learners;
        Members {
            learners: learners.map(NodeId).collect(),
            ..Members::of_voters((1..=self.voters).map(NodeId))
        }
    }
}

/// What the logs hold before time 0, durably. All nodes have then seen the highest term of all logs, and know nothing
/// to be committed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Logs {
    /// Nothing.
    Same,
    /// Entries of term 1: one log is empty, and each other is one entry longer than the next shorter one, in an order
    /// drawn from the seed.
    Shuffled,
    /// For each voter, in order of their numbers, the terms of its entries. Logs that have an entry of the same index and
    /// term agree up to there.
    Each(Vec<Vec<Term>>),
}

/// The links: one model for all, and exceptions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Network {
    /// Between nodes, where nothing else is said.
    pub default: Link,
    /// Directed links between nodes that differ; the last one for a pair counts.
    pub links: Vec<(NodeId, NodeId, Link)>,
    /// Between clients and nodes, both ways.
    pub clients: Link,
}

/// How one directed link treats frames.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// How long a frame takes.
    pub latency: Distribution,
    /// How likely a frame gets lost.
    pub loss: Rate,
    /// How likely a frame arrives twice.
    pub duplicate: Rate,
    /// How many bytes it carries in a second, one frame after the other; none for as many as come.
    pub bandwidth: Option<NonZeroU64>,
}

/// The load on the cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clients {
    /// How many.
    pub count: u32,
    /// When each begins its operations.
    pub arrival: Arrival,
    /// What share of operations are puts, gets and compare-and-sets.
    pub mix: Mix,
    /// How many keys they share, numbered from 0.
    pub keys: u32,
    /// How long a value is, at least 8 bytes.
    pub value_bytes: u32,
    /// How long a client pursues an operation, from its beginning and with all its retries.
    pub timeout: Duration,
    /// How long a refused client waits before it asks again.
    pub backoff: Backoff,
    /// After how long without an answer a client asks the next node; none if it waits for as long as it pursues an
    /// operation. Without sessions the operation may then take effect twice.
    pub retry_after: Option<Duration>,
    /// Sessions that let each operation take effect once however often it is asked for; none without them.
    pub sessions: Option<Sessions>,
    /// When a client stops asking a node for a while that does not answer; none for never.
    pub breaker: Option<Breaker>,
}

impl Clients {
    /// Whether the same operation may reach the log twice.
    pub fn repeat(&self) -> bool {
        self.retry_after.is_some() || self.sessions.is_some()
    }
}

/// Client sessions (Raft thesis, section 6.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sessions {
    /// How many the state machine keeps at most; at least 1. Beyond, the one unused for longest is dropped.
    pub most: u32,
}

/// When operations begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// By a Poisson process, whether or not earlier operations have ended; here is the mean time between two
    /// operations of one client.
    OpenLoop {
        /// The mean time between two operations of one client.
        mean: Duration,
    },
    /// Each client begins an operation when its last one has ended and it has thought about it.
    ClosedLoop {
        /// For how long it thinks.
        think: Duration,
    },
}

/// The shares of the kinds of operation, in parts of 2^32 that add up to 2^32.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mix {
    /// Writes.
    pub put: u64,
    /// Reads.
    pub get: u64,
    /// Compare-and-sets.
    pub cas: u64,
}

/// Exponential backoff: after the n-th refusal in a row `base * 2^(n-1)`, but at most `cap`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// After the first refusal.
    pub base: Duration,
    /// At most.
    pub cap: Duration,
    /// How it is spread, so that clients don't come back all at once.
    pub jitter: Jitter,
    /// Whether a client also waits so after a call without an answer, before it asks the next node.
    pub after_silence: bool,
    /// How often it is asked for an operation at most, hints at the leader that were followed not counted; none if as often
    /// as there is time for.
    pub attempts: Option<NonZeroU32>,
    /// What a client may spend on asking again; none if it may without end.
    pub budget: Option<Budget>,
}

/// A bucket of tokens, full at first, of which each retry takes one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// What share of a token each operation brings when it begins: as many retries there are in the long run for each
    /// operation at most.
    pub ratio: Rate,
    /// How many tokens there are at most, and at first.
    pub burst: u32,
}

/// How a backoff is spread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Jitter {
    /// Not at all.
    NoJitter,
    /// Uniformly between nothing and the whole.
    Full,
    /// Uniformly between half of it and the whole.
    Equal,
    /// Uniformly between the base and three times the last wait, but at most the cap: whatever the number of refusals.
    Decorrelated,
}

/// A circuit breaker: after calls that failed none are made for a while, and then a few, to see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Breaker {
    /// How many of the last calls count; from 1 to 64.
    pub window: u32,
    /// It opens when this share of them has failed; above 0.
    pub open_at: Rate,
    /// How long it stays open.
    pub cool_down: Duration,
    /// How many calls have to succeed then, before it closes; at least 1.
    pub probes: u32,
}
