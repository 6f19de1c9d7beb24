//! What the nodes are: how many, their protocol, their disks and their first logs.

use super::{adapters, clocks, hosts, integrity, logs, restraint};
use super::{bounded, bounded_value, distribution, limited, node, positive};
use crate::ids::NodeId;
use crate::plan::{Cluster, Network};
use crate::replica::{Bug, Changes, Flow, Options};
use crate::scenario::bounds;
use crate::scenario::notes::Notes;
use crate::scenario::path::Path;
use crate::scenario::shape;
use std::num::NonZeroU32;

/// The nodes.
pub(super) fn cluster(path: &Path<'_>, cluster: &shape::Cluster, notes: &mut Notes<'_>) -> Cluster {
    let voters = bounded(path, cluster.voters, bounds::VOTERS, notes);
    let (learners, spares) = beside(path, (voters, cluster.learners, cluster.spares), notes);
    let nodes = voters + learners + spares;
    let raft = path.field("raft");
    raft_times(&raft, &cluster.raft, notes);
    let max_batch_bytes = bounded(&raft, cluster.raft.max_batch_bytes, bounds::MAX_BATCH_BYTES, notes);
    let snapshot_every = cluster.raft.snapshot_every;
    let snapshot_every = snapshot_every.map(|bytes| bounded(&raft, bytes, bounds::SNAPSHOT_EVERY, notes));
    let snapshot_every = snapshot_every.and_then(NonZeroU32::new);
    let snapshot_chunk = bounded(&raft, cluster.raft.snapshot_chunk, bounds::SNAPSHOT_CHUNK, notes);
    let snapshot_chunk = NonZeroU32::new(snapshot_chunk).unwrap_or(NonZeroU32::MIN);
    let flush = distribution(&path.field("disk").field("flush"), cluster.disk.flush, notes);
    positive(&path.field("rpc").field("timeout"), cluster.rpc.timeout, notes);
    let first_leader = cluster.first_leader;
    let first_leader = first_leader
        .and_then(|number| leader(&path.field("first_leader"), number, (voters, learners, nodes), notes));
    let cluster = Cluster {
        implementation: adapters::implementation(cluster.implementation),
        voters,
        learners,
        spares,
        first_leader,
        priorities: priorities(&path.field("priorities"), &cluster.priorities, nodes, notes),
        drifts_ppm: clocks::drifts(&path.field("clock").field("drift"), &cluster.clock.drift, nodes, notes),
        logs: logs::logs(&path.field("logs"), &cluster.logs, voters, notes),
        raft: Options {
            heartbeat: cluster.raft.heartbeat,
            election_timeout: cluster.raft.election_timeout,
            max_batch_bytes,
            snapshot_every,
            snapshot_chunk,
            pre_vote: cluster.raft.pre_vote,
            check_quorum: cluster.raft.check_quorum,
            sticky: cluster.raft.sticky,
            eager_votes: cluster.raft.eager_votes,
            announce_commits: cluster.raft.announce_commits,
            flow: flow(&raft, &cluster.raft, notes),
            reads: clocks::reads(&raft, &cluster.raft, notes),
            changes: changes(cluster.raft.membership),
            bug: cluster.bug.map(bug),
        },
        cpu: hosts::cpu(&path.field("host"), &cluster.host, notes),
        flush,
        torn: super::rate(&path.field("disk").field("torn"), cluster.disk.torn, notes),
        blocking: cluster.disk.blocking,
        call_timeout: cluster.rpc.timeout,
        breaker: (cluster.rpc.breaker)
            .map(|it| restraint::breaker(&path.field("rpc").field("breaker"), &it, notes)),
        integrity: integrity::integrity(path, cluster, notes),
    };
    hosts::doubtful(&path.field("host"), &cluster, notes);
    cluster
}

/// The voter of this number; none, and an error, if it is no voter or there is none.
fn leader(
    path: &Path<'_>,
    number: u64,
    (voters, learners, nodes): (u32, u32, u32),
    notes: &mut Notes<'_>,
) -> Option<NodeId> {
    if !(u64::from(voters) + 1..=u64::from(nodes)).contains(&number) {
        return node(path, number, nodes, notes);
    }
    let what = if number <= u64::from(voters + learners) { "a learner" } else { "a spare" };
    let message = format!("node {number} is {what}, and only a voter can lead");
    notes.error(path, message, format!("the nearest voter is {voters}"));
    None
}

/// The bounds of what is on its way.
fn flow(path: &Path<'_>, raft: &shape::Raft, notes: &mut Notes<'_>) -> Flow {
    let mut bound = |value: Option<u64>, bounds| {
        value.map(|value| bounded(path, value, bounds, notes)).and_then(NonZeroU32::new)
    };
    Flow {
        max_inflight: bound(raft.max_inflight, bounds::MAX_INFLIGHT),
        max_inflight_bytes: bound(raft.max_inflight_bytes, bounds::MAX_INFLIGHT_BYTES),
        max_uncommitted_bytes: bound(raft.max_uncommitted_bytes, bounds::MAX_UNCOMMITTED_BYTES),
        max_early_bytes: bound(raft.max_early_bytes, bounds::MAX_EARLY_BYTES),
    }
}

/// The learners and spares, with the voters no more than may be in a cluster.
fn beside(path: &Path<'_>, (voters, learners, spares): (u32, u64, u64), notes: &mut Notes<'_>) -> (u32, u32) {
    let learners = bounded(path, learners, bounds::LEARNERS, notes);
    let spares = bounded(path, spares, bounds::SPARES, notes);
    let most = bounds::VOTERS.most;
    let nodes = u64::from(voters) + u64::from(learners) + u64::from(spares);
    if nodes <= most {
        return (learners, spares);
    }
    let field = if spares > 0 { "spares" } else { "learners" };
    let message = format!("with {field} there are {nodes} nodes; at most {most} fit into a cluster");
    notes.error(&path.field(field), message, "ask for fewer of them, or for fewer `voters`");
    (0, 0)
}

/// How voters are changed.
fn changes(changes: shape::Changes) -> Changes {
    match changes {
        shape::Changes::Single => Changes::Single,
        shape::Changes::Joint => Changes::Joint,
    }
}

/// The priority of each node; none if no node differs.
fn priorities(path: &Path<'_>, given: &[u64], nodes: u32, notes: &mut Notes<'_>) -> Vec<u32> {
    if !given.is_empty() && given.len() != nodes as usize {
        let message = format!("there are {nodes} nodes, and priorities of {}", given.len());
        notes.error(path, message, "give each node its priority, in order, or none");
    }
    let each = given.iter().enumerate();
    let read: Vec<u32> = each
        .map(|(i, &priority)| bounded_value(&path.item(i), priority, bounds::PRIORITY, notes) as u32)
        .collect();
    if read.iter().all(|priority| *priority == 0) { Vec::new() } else { read }
}

/// The planted bug of this name.
pub(super) fn bug(bug: shape::Bug) -> Bug {
    match bug {
        shape::Bug::AckBeforeFlush => Bug::AckBeforeFlush,
        shape::Bug::VoteNotPersisted => Bug::VoteNotPersisted,
        shape::Bug::VoteNotTiedToTerm => Bug::VoteNotTiedToTerm,
        shape::Bug::OwnVoteNotRecorded => Bug::OwnVoteNotRecorded,
        shape::Bug::StaleVoteCounted => Bug::StaleVoteCounted,
        shape::Bug::LongerLogWins => Bug::LongerLogWins,
        shape::Bug::CommitOldTermByCount => Bug::CommitOldTermByCount,
        shape::Bug::OldSnapshotAccepted => Bug::OldSnapshotAccepted,
        shape::Bug::TruncateBeforeSnapshotDurable => Bug::TruncateBeforeSnapshotDurable,
        shape::Bug::NoSessions => Bug::NoSessions,
        shape::Bug::ReadWithoutOwnTermCommit => Bug::ReadWithoutOwnTermCommit,
        shape::Bug::LocalRead => Bug::LocalRead,
        shape::Bug::LeaseIgnoresDrift => Bug::LeaseIgnoresDrift,
        shape::Bug::PrevTermUnchecked => Bug::PrevTermUnchecked,
        shape::Bug::TruncateAlways => Bug::TruncateAlways,
        shape::Bug::CommitBeyondMatched => Bug::CommitBeyondMatched,
        shape::Bug::OwnEntryCountedUnflushed => Bug::OwnEntryCountedUnflushed,
        shape::Bug::LeaderOverwrites => Bug::LeaderOverwrites,
        shape::Bug::TimerResetOnRefusal => Bug::TimerResetOnRefusal,
        shape::Bug::TimeoutDrawnOnce => Bug::TimeoutDrawnOnce,
        shape::Bug::ChangeBeforeOwnCommit => Bug::ChangeBeforeOwnCommit,
        shape::Bug::TwoNodesInOneStep => Bug::TwoNodesInOneStep,
        shape::Bug::NextIndexStuck => Bug::NextIndexStuck,
        shape::Bug::RoleUnchecked => Bug::RoleUnchecked,
        shape::Bug::BreakerShedsHeartbeats => Bug::BreakerShedsHeartbeats,
        shape::Bug::TimersByWallClock => Bug::TimersByWallClock,
        shape::Bug::ChecksumIgnored => Bug::ChecksumIgnored,
        shape::Bug::RetryWithoutBackoff => Bug::RetryWithoutBackoff,
    }
}

fn raft_times(path: &Path<'_>, raft: &shape::Raft, notes: &mut Notes<'_>) {
    let heartbeat_path = path.field("heartbeat");
    positive(&heartbeat_path, raft.heartbeat, notes);
    let heartbeat = raft.heartbeat;
    let (least, most) = raft.election_timeout;
    let path = path.field("election_timeout");
    limited(&path, most, notes);
    if least > most {
        let message = format!("the least election timeout, {least}, is above the greatest, {most}");
        notes.error(&path, message, format!("write (\"{most}\", \"{least}\")"));
    }
    if least <= heartbeat {
        let message =
            format!("the least election timeout, {least}, is not above the heartbeat of {heartbeat}");
        let (three, six) = (heartbeat.saturating_mul(3), heartbeat.saturating_mul(6));
        let help = format!(
            "a sound leader would be challenged again and again; write `election_timeout: (\"{three}\", \"{six}\")`"
        );
        let written = if notes.is_written(&path) { &path } else { &heartbeat_path };
        notes.error(written, message, help);
    } else if least == most {
        let message = "all nodes wait equally long, so they campaign at once and may split the vote for ever";
        let wider = format!("(\"{least}\", \"{}\")", least.saturating_mul(2));
        notes.warn(&path, message, format!("spread the timeout: {wider}"));
    }
}

/// Warns of a timer shorter than what it waits for: a round trip at its slowest and a flush.
pub(super) fn election_margin(cluster: &Cluster, network: &Network, notes: &mut Notes<'_>) {
    let least = cluster.raft.election_timeout.0;
    let slowest = network.default.latency.max().saturating_mul(2).saturating_add(cluster.flush.max());
    if least <= slowest {
        let message = format!(
            "the least election timeout, {least}, is not above a slow round trip with its flush, {slowest}"
        );
        let help = "elections may fail or come without need; lengthen the timeout, or shorten the latency or the flush";
        notes.warn(&Path::Root.field("cluster").field("raft").field("election_timeout"), message, help);
    }
}
