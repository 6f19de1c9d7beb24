//! A plan: what a scenario means, as plain validated data.
//!
//! Everything in here has been checked: targets exist, durations are ordered, rates are integers. It has no behaviour.

use crate::ids::NodeId;
use crate::replica::Options;
use crate::rng::{Distribution, Rate};
use crate::time::{Duration, Time};

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
    /// The nodes.
    pub cluster: Cluster,
    /// The links.
    pub network: Network,
    /// The load; none for an idle cluster.
    pub clients: Option<Clients>,
    /// What goes wrong, in the order of the file.
    pub faults: Vec<Fault>,
}

/// The nodes, all alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cluster {
    /// How many voters, numbered from 1.
    pub voters: u32,
    /// The protocol's parameters.
    pub raft: Options,
    /// How long a flush of the disk takes.
    pub flush: Distribution,
    /// By when a request from node to node has to be answered.
    pub call_timeout: Duration,
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
}

/// How a backoff is spread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Jitter {
    /// Not at all.
    NoJitter,
    /// Uniformly between nothing and the whole.
    Full,
}

/// Something that goes wrong for a while.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// When it begins.
    pub at: Time,
    /// When it ends; none for never. A fault that ends with the run doesn't end in it.
    pub until: Option<Time>,
    /// What it does.
    pub action: Action,
}

/// What goes wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Links lose every frame.
    Partition(Shape),
    /// Links hold every frame until they are let go.
    Clog(Shape),
    /// A machine loses power: its memory and all that was not flushed. At the end of the fault it starts again.
    Crash(Target),
    /// A crash that takes the disk along: the machine comes back blank.
    Wipe(Target),
    /// A process stops: frames pile up, timers fire late.
    Pause(Target),
}

/// Which links are hit. Links of clients never are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shape {
    /// All links between nodes of different groups. A node in no group is alone.
    Groups(Vec<Vec<Target>>),
    /// All links between nodes but these.
    Keep(Vec<Edge>),
    /// Just these links.
    Cut(Vec<Edge>),
}

/// A link, or the two links between two nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edge {
    /// One end; of a one-way link the sender.
    pub from: Target,
    /// The other end; of a one-way link the receiver.
    pub to: Target,
    /// Whether only the direction from `from` to `to` is meant.
    pub one_way: bool,
}

/// A node, bound once when its fault fires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// This one.
    Node(NodeId),
    /// The leader. While there is none, the fault waits.
    Leader,
    /// The k-th node, from 1 and by id, that is up and not the leader. Waits as `Leader` does.
    Follower(u32),
    /// In groups: every node that no group names.
    Rest,
}
