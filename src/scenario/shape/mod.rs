//! The shapes of a scenario file: what can be written at all, with the defaults of what is left out.
//!
//! Nothing in here is checked beyond its type; the second pass does that. No variant may be called `None` or `Some`:
//! options are read without a word for "some".

mod expectations;
mod faults;
mod host;
mod names;
pub(super) mod profile;
pub(super) mod study;

pub(super) use expectations::{Expectation, Moment, Sometimes, Span};
pub(super) use faults::{
    Action, Core, Corruption, Fault, Flood, Links, Milestone, OnFrames, OneWay, Put, Replace, Settle, Slow,
    Storm, Target, Traffic,
};
pub(super) use host::{Host, Lanes, WhenFull};
pub(super) use names::Names;

use crate::time::Duration;
use serde::Deserialize;
use std::num::NonZeroU64;

/// A whole file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Scenario {
    #[expect(dead_code, reason = "looked at before all else, in the text itself")]
    pub(super) format: u64,
    pub(super) name: String,
    #[serde(default)]
    pub(super) about: String,
    #[serde(default)]
    pub(super) seed: u64,
    pub(super) duration: Duration,
    pub(super) events: Option<NonZeroU64>,
    pub(super) cluster: Cluster,
    #[serde(default)]
    pub(super) network: Network,
    pub(super) clients: Option<Clients>,
    #[serde(default)]
    pub(super) names: Names,
    #[serde(default)]
    pub(super) faults: Vec<Fault>,
    #[serde(default)]
    pub(super) storm: Vec<Storm>,
    pub(super) settle: Option<Settle>,
    #[serde(default)]
    pub(super) expect: Vec<Expectation>,
    pub(super) found: Option<Found>,
}

/// Where a scenario comes from.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Found {
    pub(super) version: String,
    pub(super) seed: u64,
    pub(super) digest: String,
}

/// The nodes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Cluster {
    #[serde(default)]
    pub(super) implementation: Implementation,
    pub(super) voters: u64,
    #[serde(default)]
    pub(super) learners: u64,
    #[serde(default)]
    pub(super) spares: u64,
    pub(super) first_leader: Option<u64>,
    #[serde(default)]
    pub(super) priorities: Vec<u64>,
    #[serde(default)]
    pub(super) logs: Logs,
    #[serde(default)]
    pub(super) raft: Raft,
    #[serde(default)]
    pub(super) clock: Clock,
    #[serde(default)]
    pub(super) host: Host,
    #[serde(default)]
    pub(super) disk: Disk,
    #[serde(default)]
    pub(super) rpc: Rpc,
    pub(super) integrity: Option<Integrity>,
    pub(super) secret: Option<String>,
    pub(super) bug: Option<Bug>,
}

/// Whose Raft the nodes run.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub(super) enum Implementation {
    #[default]
    Squall,
    RaftRs,
    OmniPaxos,
}

/// By what frames are known to be sound.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
pub(super) enum Integrity {
    Unchecked,
    Crc32c,
    Keyed,
}

/// What the logs hold before time 0.
#[derive(Debug, Default, Deserialize)]
pub(super) enum Logs {
    #[default]
    Same,
    Shuffled,
    Each(Vec<Vec<u64>>),
}

/// The protocol's parameters.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Raft {
    pub(super) heartbeat: Duration,
    pub(super) election_timeout: (Duration, Duration),
    pub(super) max_batch_bytes: u64,
    pub(super) snapshot_every: Option<u64>,
    pub(super) snapshot_chunk: u64,
    pub(super) pre_vote: bool,
    pub(super) check_quorum: bool,
    pub(super) sticky: bool,
    pub(super) eager_votes: bool,
    pub(super) announce_commits: bool,
    pub(super) max_inflight: Option<u64>,
    pub(super) max_inflight_bytes: Option<u64>,
    pub(super) max_uncommitted_bytes: Option<u64>,
    pub(super) max_early_bytes: Option<u64>,
    pub(super) read: Read,
    pub(super) follower_reads: bool,
    pub(super) max_drift: u64,
    pub(super) membership: Changes,
}

/// How reads are answered.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
pub(super) enum Read {
    Log,
    Index,
    Lease,
    Local,
}

/// How voters are changed.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub(super) enum Changes {
    Single,
    #[default]
    Joint,
}

impl Default for Raft {
    fn default() -> Self {
        Self {
            heartbeat: Duration::from_millis(50),
            election_timeout: (Duration::from_millis(150), Duration::from_millis(300)),
            max_batch_bytes: 65_536,
            snapshot_every: None,
            snapshot_chunk: 65_536,
            pre_vote: false,
            check_quorum: false,
            sticky: false,
            eager_votes: false,
            announce_commits: false,
            max_inflight: None,
            max_inflight_bytes: None,
            max_uncommitted_bytes: None,
            max_early_bytes: None,
            read: Read::Log,
            follower_reads: false,
            max_drift: 0,
            membership: Changes::Joint,
        }
    }
}

/// The clocks.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Clock {
    pub(super) drift: Vec<i64>,
}

/// The disks.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Disk {
    pub(super) flush: Distribution,
    pub(super) torn: f64,
    pub(super) blocking: bool,
}

impl Default for Disk {
    fn default() -> Self {
        let flush = Distribution::Uniform(Duration::from_micros(500), Duration::from_millis(2));
        Self { flush, torn: 0.0, blocking: false }
    }
}

/// Remote procedure calls between nodes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Rpc {
    pub(super) timeout: Duration,
    pub(super) breaker: Option<Breaker>,
}

impl Default for Rpc {
    fn default() -> Self {
        Self { timeout: Duration::from_millis(150), breaker: None }
    }
}

/// When calls are not made for a while.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Breaker {
    pub(super) window: u64,
    pub(super) open_at: f64,
    pub(super) cool_down: Duration,
    pub(super) probes: u64,
}

impl Default for Breaker {
    fn default() -> Self {
        Self { window: 20, open_at: 0.5, cool_down: Duration::from_secs(1), probes: 1 }
    }
}

/// The planted bugs.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(super) enum Bug {
    AckBeforeFlush,
    BreakerShedsHeartbeats,
    VoteNotPersisted,
    VoteNotTiedToTerm,
    OwnVoteNotRecorded,
    StaleVoteCounted,
    LongerLogWins,
    CommitOldTermByCount,
    OldSnapshotAccepted,
    TruncateBeforeSnapshotDurable,
    NoSessions,
    ChangeBeforeOwnCommit,
    CommitBeyondMatched,
    LeaderOverwrites,
    LeaseIgnoresDrift,
    LocalRead,
    NextIndexStuck,
    ChecksumIgnored,
    OwnEntryCountedUnflushed,
    PrevTermUnchecked,
    ReadWithoutOwnTermCommit,
    RetryWithoutBackoff,
    RoleUnchecked,
    TimeoutDrawnOnce,
    TimerResetOnRefusal,
    TimersByWallClock,
    TruncateAlways,
    TwoNodesInOneStep,
}

/// The links.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Network {
    pub(super) default: Link,
    pub(super) links: Vec<DirectedLink>,
    pub(super) clients: Link,
}

/// What is said of a link; what is not said comes from elsewhere.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Link {
    pub(super) latency: Option<Distribution>,
    pub(super) loss: Option<f64>,
    pub(super) duplicate: Option<f64>,
    pub(super) bandwidth: Option<u64>,
}

/// A link that differs from the default.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DirectedLink {
    pub(super) from: u64,
    pub(super) to: u64,
    pub(super) latency: Option<Distribution>,
    pub(super) loss: Option<f64>,
    pub(super) duplicate: Option<f64>,
    pub(super) bandwidth: Option<u64>,
}

/// How a delay is distributed.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) enum Distribution {
    Constant(Duration),
    Uniform(Duration, Duration),
    Exponential {
        #[serde(default)]
        min: Duration,
        mean: Duration,
        max: Option<Duration>,
    },
}

/// The load.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Clients {
    pub(super) count: u64,
    #[serde(default)]
    pub(super) arrival: Arrival,
    #[serde(default = "usual_mix")]
    pub(super) mix: Mix,
    #[serde(default = "usual_keys")]
    pub(super) keys: u64,
    #[serde(default = "usual_value_bytes")]
    pub(super) value_bytes: u64,
    #[serde(default = "usual_timeout")]
    pub(super) timeout: Duration,
    #[serde(default)]
    pub(super) backoff: Backoff,
    pub(super) retry_after: Option<Duration>,
    #[serde(default)]
    pub(super) sessions: bool,
    pub(super) most_sessions: Option<u64>,
    pub(super) breaker: Option<Breaker>,
}

fn usual_mix() -> Mix {
    Mix { put: 0.5, get: 0.4, cas: 0.1 }
}

fn usual_keys() -> u64 {
    16
}

fn usual_value_bytes() -> u64 {
    64
}

fn usual_timeout() -> Duration {
    Duration::from_millis(500)
}

/// When operations begin.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) enum Arrival {
    OpenLoop { rate: f64 },
    ClosedLoop { think: Duration },
}

impl Default for Arrival {
    fn default() -> Self {
        Self::OpenLoop { rate: 200.0 }
    }
}

/// The weights of the kinds of operation; a kind that is left out does not happen.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Mix {
    pub(super) put: f64,
    pub(super) get: f64,
    pub(super) cas: f64,
}

/// How a refused client waits.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Backoff {
    pub(super) base: Duration,
    pub(super) cap: Duration,
    pub(super) jitter: Jitter,
    pub(super) after_silence: bool,
    pub(super) attempts: Option<u64>,
    pub(super) budget: Option<Budget>,
}

impl Default for Backoff {
    fn default() -> Self {
        Self {
            base: Duration::from_millis(20),
            cap: Duration::from_secs(2),
            jitter: Jitter::Full,
            after_silence: false,
            attempts: None,
            budget: None,
        }
    }
}

/// What clients may spend on asking again.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Budget {
    pub(super) ratio: f64,
    pub(super) burst: u64,
}

impl Default for Budget {
    fn default() -> Self {
        Self { ratio: 0.1, burst: 10 }
    }
}

/// How a wait is spread.
#[derive(Clone, Copy, Debug, Deserialize)]
#[expect(clippy::enum_variant_names, reason = "as scenarios write it: nothing may be called `None`")]
pub(super) enum Jitter {
    NoJitter,
    Full,
    Equal,
    Decorrelated,
}
