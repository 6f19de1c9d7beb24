//! The shapes of a profile.

use super::{Action, Bug, Mix, Sometimes};
use crate::time::Duration;
use serde::Deserialize;

/// A whole file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::scenario) struct Profile {
    #[expect(dead_code, reason = "looked at before all else, in the text itself")]
    pub(in crate::scenario) format: u64,
    pub(in crate::scenario) name: String,
    #[serde(default)]
    pub(in crate::scenario) about: String,
    pub(in crate::scenario) duration: Duration,
    pub(in crate::scenario) settle: Duration,
    #[serde(default)]
    pub(in crate::scenario) core: f64,
    #[serde(default)]
    pub(in crate::scenario) mixture: Vec<Other>,
    pub(in crate::scenario) cluster: Nodes,
    #[serde(default)]
    pub(in crate::scenario) network: Links,
    pub(in crate::scenario) clients: Option<Load>,
    #[serde(default)]
    pub(in crate::scenario) faults: Vec<Fault>,
    #[serde(default)]
    pub(in crate::scenario) storm: Vec<Storm>,
    #[serde(default)]
    pub(in crate::scenario) sometimes: Vec<Sometimes>,
}

/// Another profile, from which some runs are drawn.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::scenario) struct Other {
    pub(in crate::scenario) likely: f64,
    pub(in crate::scenario) profile: String,
}

/// What clusters are drawn from.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::scenario) struct Nodes {
    pub(in crate::scenario) voters: Vec<(u64, f64)>,
    #[serde(default = "usual_heartbeat")]
    pub(in crate::scenario) heartbeat: (Duration, Duration),
    #[serde(default = "usual_election_timeout")]
    pub(in crate::scenario) election_timeout: (f64, f64),
    #[serde(default = "usual_timeout_spread")]
    pub(in crate::scenario) timeout_spread: (f64, f64),
    #[serde(default = "usual_max_batch_bytes")]
    pub(in crate::scenario) max_batch_bytes: (u64, u64),
    pub(in crate::scenario) snapshots: Option<Snapshots>,
    pub(in crate::scenario) changes: Option<Changes>,
    #[serde(default)]
    pub(in crate::scenario) pre_vote: f64,
    #[serde(default)]
    pub(in crate::scenario) check_quorum: f64,
    #[serde(default)]
    pub(in crate::scenario) sticky: f64,
    #[serde(default)]
    pub(in crate::scenario) flow: Flow,
    pub(in crate::scenario) reads: Option<Reads>,
    pub(in crate::scenario) clocks: Option<Clocks>,
    pub(in crate::scenario) hosts: Option<Hosts>,
    #[serde(default = "usual_flush")]
    pub(in crate::scenario) flush: (Duration, Duration),
    pub(in crate::scenario) torn: Option<Chance>,
    #[serde(default)]
    pub(in crate::scenario) priorities: f64,
    #[serde(default)]
    pub(in crate::scenario) breakers: f64,
    #[serde(default)]
    pub(in crate::scenario) shuffled_logs: f64,
    #[serde(default)]
    pub(in crate::scenario) keyed: f64,
    #[serde(default)]
    pub(in crate::scenario) unchecked: f64,
    pub(in crate::scenario) bug: Option<Bug>,
}

fn usual_heartbeat() -> (Duration, Duration) {
    (Duration::from_millis(50), Duration::from_millis(50))
}

fn usual_election_timeout() -> (f64, f64) {
    (3.0, 3.0)
}

fn usual_timeout_spread() -> (f64, f64) {
    (2.0, 2.0)
}

fn usual_max_batch_bytes() -> (u64, u64) {
    (65_536, 65_536)
}

fn usual_flush() -> (Duration, Duration) {
    (Duration::from_micros(500), Duration::from_millis(2))
}

/// What reads are drawn from.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::scenario) struct Reads {
    #[serde(default = "always")]
    pub(in crate::scenario) likely: f64,
    #[serde(default)]
    pub(in crate::scenario) leases: f64,
    #[serde(default)]
    pub(in crate::scenario) followers: f64,
}

/// What clocks are drawn from.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::scenario) struct Clocks {
    #[serde(default = "always")]
    pub(in crate::scenario) likely: f64,
    pub(in crate::scenario) drift: (u64, u64),
}

/// What it costs hosts to serve frames is drawn from.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::scenario) struct Hosts {
    #[serde(default = "always")]
    pub(in crate::scenario) likely: f64,
    pub(in crate::scenario) cost_per_frame: (Duration, Duration),
    #[serde(default = "usual_inbox")]
    pub(in crate::scenario) inbox: (u64, u64),
    #[serde(default)]
    pub(in crate::scenario) two_lanes: f64,
    #[serde(default)]
    pub(in crate::scenario) blocking: f64,
}

fn usual_inbox() -> (u64, u64) {
    (1_024, 1_024)
}

/// What changes of the members are drawn from.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::scenario) struct Changes {
    #[serde(default = "always")]
    pub(in crate::scenario) likely: f64,
    #[serde(default)]
    pub(in crate::scenario) learners: (u64, u64),
    #[serde(default)]
    pub(in crate::scenario) spares: (u64, u64),
    pub(in crate::scenario) count: (u64, u64),
}

/// What snapshots are drawn from.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::scenario) struct Snapshots {
    #[serde(default = "always")]
    pub(in crate::scenario) likely: f64,
    pub(in crate::scenario) every: (u64, u64),
    #[serde(default = "usual_chunk")]
    pub(in crate::scenario) chunk: (u64, u64),
}

fn usual_chunk() -> (u64, u64) {
    (65_536, 65_536)
}

/// What the bounds of what is on its way are drawn from.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(in crate::scenario) struct Flow {
    pub(in crate::scenario) inflight: Option<Limit>,
    pub(in crate::scenario) inflight_bytes: Option<Limit>,
    pub(in crate::scenario) uncommitted_bytes: Option<Limit>,
    pub(in crate::scenario) early_bytes: Option<Limit>,
}

/// A bound that some runs have.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::scenario) struct Limit {
    #[serde(default = "always")]
    pub(in crate::scenario) likely: f64,
    pub(in crate::scenario) most: (u64, u64),
}

/// What links are drawn from.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(in crate::scenario) struct Links {
    pub(in crate::scenario) latency: (Duration, Duration),
    pub(in crate::scenario) loss: Option<Chance>,
    pub(in crate::scenario) duplicate: Option<Chance>,
}

impl Default for Links {
    fn default() -> Self {
        let latency = (Duration::from_millis(1), Duration::from_millis(5));
        Self { latency, loss: None, duplicate: None }
    }
}

/// What goes wrong in some runs, with some rate.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::scenario) struct Chance {
    pub(in crate::scenario) likely: f64,
    pub(in crate::scenario) rate: (f64, f64),
}

/// What the load is drawn from.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::scenario) struct Load {
    #[serde(default = "always")]
    pub(in crate::scenario) likely: f64,
    pub(in crate::scenario) count: (u64, u64),
    pub(in crate::scenario) rate: (f64, f64),
    #[serde(default)]
    pub(in crate::scenario) closed_loop: f64,
    #[serde(default = "usual_think")]
    pub(in crate::scenario) think: (Duration, Duration),
    #[serde(default = "super::usual_mix")]
    pub(in crate::scenario) mix: Mix,
    #[serde(default = "usual_keys")]
    pub(in crate::scenario) keys: (u64, u64),
    #[serde(default = "usual_value_bytes")]
    pub(in crate::scenario) value_bytes: (u64, u64),
    #[serde(default = "usual_timeout")]
    pub(in crate::scenario) timeout: (Duration, Duration),
    #[serde(default)]
    pub(in crate::scenario) restraint: f64,
    pub(in crate::scenario) attempts: Option<(u64, u64)>,
    #[serde(default)]
    pub(in crate::scenario) breakers: f64,
    pub(in crate::scenario) sessions: Option<Sessions>,
}

/// What sessions of clients are drawn from.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::scenario) struct Sessions {
    pub(in crate::scenario) likely: f64,
    #[serde(default = "usual_most")]
    pub(in crate::scenario) most: (u64, u64),
    #[serde(default)]
    pub(in crate::scenario) retries: f64,
    #[serde(default = "usual_retry_after")]
    pub(in crate::scenario) retry_after: (Duration, Duration),
    #[serde(default = "usual_client_latency")]
    pub(in crate::scenario) latency: (Duration, Duration),
    pub(in crate::scenario) loss: Option<Chance>,
    pub(in crate::scenario) duplicate: Option<Chance>,
}

fn usual_most() -> (u64, u64) {
    (10_000, 10_000)
}

fn usual_retry_after() -> (Duration, Duration) {
    (Duration::from_millis(150), Duration::from_millis(150))
}

fn usual_client_latency() -> (Duration, Duration) {
    (Duration::from_micros(100), Duration::from_micros(100))
}

fn always() -> f64 {
    1.0
}

fn usual_think() -> (Duration, Duration) {
    (Duration::from_millis(10), Duration::from_millis(10))
}

fn usual_keys() -> (u64, u64) {
    (16, 16)
}

fn usual_value_bytes() -> (u64, u64) {
    (64, 64)
}

fn usual_timeout() -> (Duration, Duration) {
    (Duration::from_millis(500), Duration::from_millis(500))
}

/// What faults of a given number are drawn from.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::scenario) struct Fault {
    pub(in crate::scenario) likely: f64,
    #[serde(default = "one")]
    pub(in crate::scenario) least_voters: u64,
    #[serde(default = "once")]
    pub(in crate::scenario) count: (u64, u64),
    pub(in crate::scenario) at: Option<(Duration, Duration)>,
    pub(in crate::scenario) elected: Option<(u64, u64)>,
    pub(in crate::scenario) after: Option<(Duration, Duration)>,
    pub(in crate::scenario) r#for: (Duration, Duration),
    pub(in crate::scenario) r#do: Action,
}

fn one() -> u64 {
    1
}

fn once() -> (u64, u64) {
    (1, 1)
}

/// What a storm is drawn from.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::scenario) struct Storm {
    pub(in crate::scenario) likely: f64,
    #[serde(default = "one")]
    pub(in crate::scenario) least_voters: u64,
    pub(in crate::scenario) every: (Duration, Duration),
    pub(in crate::scenario) r#for: (Duration, Duration),
    pub(in crate::scenario) r#do: Action,
}
