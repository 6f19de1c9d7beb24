//! What is kept of every run of a batch: what two batches are compared by.

use super::Figures;
use crate::report::RunVerdict;
use crate::trace::Digest;
use serde::{Serialize, Serializer};

/// The few figures that are kept of each run, as they stand in the JSON summary.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OfSeed {
    /// Its seed; a text where it is written, since not every reader of JSON keeps 64 bits.
    #[serde(serialize_with = "write_seed")]
    pub seed: u64,
    /// The gravest of all verdicts.
    pub verdict: RunVerdict,
    /// The digest of all records.
    pub digest: Digest,
    /// What makes the verdict, if not all held.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Box<str>>,
    /// How much virtual time went by, in nanoseconds.
    pub simulated_ns: u64,
    /// How much of it had no effective leader, in nanoseconds.
    pub leaderless_ns: u64,
    /// In how many spans.
    pub spans: u32,
    /// The longest of these, in nanoseconds.
    pub longest_ns: u64,
    /// How often a node became leader of a term.
    pub elections: u64,
    /// How often another effective leader followed, or the same one in a later term.
    pub leader_changes: u64,
    /// How many operations clients began.
    pub invoked: u64,
    /// How many of them were done.
    pub done: u64,
    /// The mean latency of these, in nanoseconds; none where there were none.
    pub latency_mean_ns: Option<u64>,
    /// Their 99th percentile.
    pub latency_p99_ns: Option<u64>,
}

impl OfSeed {
    pub(super) fn of(run: &Figures) -> Self {
        Self {
            seed: run.seed,
            verdict: run.verdict,
            digest: run.digest,
            reason: run.reason.as_deref().map(Box::from),
            simulated_ns: run.simulated.nanos(),
            leaderless_ns: run.leaderless.nanos(),
            spans: u32::try_from(run.vacant.len()).unwrap_or(u32::MAX),
            longest_ns: run.vacant.iter().max().map_or(0, |longest| longest.nanos()),
            elections: run.elections,
            leader_changes: run.leader_changes,
            invoked: run.invoked,
            done: run.done,
            latency_mean_ns: run.latency.map(|latency| latency.mean),
            latency_p99_ns: run.latency.map(|latency| latency.p99),
        }
    }

    /// The time with an effective leader, and all time, in nanoseconds.
    pub fn with_leader(&self) -> (u64, u64) {
        (self.simulated_ns - self.leaderless_ns.min(self.simulated_ns), self.simulated_ns)
    }
}

fn write_seed<S: Serializer>(seed: &u64, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(seed)
}
