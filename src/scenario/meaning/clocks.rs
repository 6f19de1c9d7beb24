//! Reads, and the clocks that leases rest on.

use super::{bounded, positive};
use crate::plan::{Expectation, Plan, Property};
use crate::replica::{ReadBy, Reads};
use crate::scenario::bounds::{self, MOST_DRIFT};
use crate::scenario::notes::Notes;
use crate::scenario::path::Path;
use crate::scenario::shape;

/// How reads are answered.
pub(super) fn reads(path: &Path<'_>, raft: &shape::Raft, notes: &mut Notes<'_>) -> Reads {
    if raft.read == shape::Read::Lease && !raft.sticky {
        let message =
            "a lease says that nobody else can be elected, but nodes vote while a leader is current";
        notes.error(&path.field("read"), message, "add `sticky: true`, or write `read: Index`");
    }
    if raft.read == shape::Read::Log && raft.follower_reads {
        let message = "reads go through the log, so only the leader can take them";
        notes.error(&path.field("follower_reads"), message, "write `read: Index`, or take it away");
    }
    Reads {
        by: match raft.read {
            shape::Read::Log => ReadBy::Log,
            shape::Read::Index => ReadBy::Index,
            shape::Read::Lease => ReadBy::Lease,
            shape::Read::Local => ReadBy::Local,
        },
        at_followers: raft.follower_reads,
        max_drift_ppm: bounded(path, raft.max_drift, bounds::MAX_DRIFT, notes),
    }
}

/// How fast each clock is; none if all are right.
pub(super) fn drifts(path: &Path<'_>, given: &[i64], voters: u32, notes: &mut Notes<'_>) -> Vec<i32> {
    if !given.is_empty() && given.len() != voters as usize {
        let message = format!("there are {voters} nodes, and clocks of {}", given.len());
        notes.error(path, message, "give the drift of each node's clock, in order, or none");
    }
    let mut drifts = Vec::new();
    for (i, &given) in given.iter().enumerate() {
        drifts.push(drift(&path.item(i), given, notes));
    }
    if drifts.iter().all(|drift| *drift == 0) { Vec::new() } else { drifts }
}

/// How fast a clock is.
pub(super) fn drift(path: &Path<'_>, drift: i64, notes: &mut Notes<'_>) -> i32 {
    if drift.unsigned_abs() > MOST_DRIFT {
        let message = format!("a clock drifts by at most {MOST_DRIFT} parts per million, not {drift}");
        let nearest = drift.signum() * MOST_DRIFT as i64;
        notes.error(path, message, format!("the nearest that fits is {nearest}"));
    }
    i32::try_from(drift).unwrap_or(0)
}

/// By how many nanoseconds clocks are put ahead.
pub(super) fn ahead(path: &Path<'_>, put: &shape::Put, notes: &mut Notes<'_>) -> i64 {
    let (field, by, sign) = match (put.ahead, put.back) {
        (Some(ahead), None) => ("ahead", ahead, 1),
        (None, Some(back)) => ("back", back, -1),
        (Some(_), Some(_)) => {
            notes.error(path, "a clock is put `ahead` or `back`, not both", "take one of the two away");
            return 1;
        }
        (None, None) => {
            notes.error(path, "nothing says where the clock is put", "add `ahead: \"2s\"` or `back: \"2s\"`");
            return 1;
        }
    };
    let path = path.field(field);
    positive(&path, by, notes);
    sign * i64::try_from(by.nanos()).unwrap_or(i64::MAX)
}

/// Warns of reads that may be out of date, unless that is what the scenario is about.
pub(super) fn doubtful_reads(plan: &Plan, notes: &mut Notes<'_>) {
    if plan.expectations.contains(&Expectation::Violates(Property::Linearizability)) {
        return;
    }
    let cluster = Path::Root.field("cluster");
    let reads = plan.cluster.raft.reads;
    let expect = "expect it: `Violates(Linearizability)`";
    if reads.by == ReadBy::Local {
        let message = "a node that answers reads without asking anybody may miss what was written";
        let help = format!("write `read: Index`, or {expect}");
        notes.warn(&cluster.field("raft").field("read"), message, help);
    }
    let most = plan.cluster.drifts_ppm.iter().map(|drift| drift.unsigned_abs()).max().unwrap_or(0);
    if reads.by == ReadBy::Lease && most > reads.max_drift_ppm {
        let message = format!("a clock drifts by {most} parts per million: leases may not last out");
        let help = format!("write `max_drift: {most}` in `raft`, or {expect}");
        notes.warn(&cluster.field("clock").field("drift"), message, help);
    }
}
