//! The second pass over profiles: ranges from which every draw is a valid scenario. What could be drawn wrong is told
//! here, not at the one seed in thousands that draws it.

mod costliest;
mod elections;
mod faults;
mod mixture;
mod ranges;

use super::load::{mean_between, mix};
use super::{bounded_value, cluster, effort, positive, rate, texts};
use crate::plan::{
    Between, Chance, ChangeRanges, ClientRanges, ClockRanges, ClusterRanges, FlowRanges, HostRanges,
    Implementation, LimitRange, NetworkRanges, Profile, ReadRanges, SessionRanges, Settle, SnapshotRanges,
};
use crate::rng::Rate;
use crate::scenario::bounds::{self, LONGEST};
use crate::scenario::notes::Notes;
use crate::scenario::path::Path;
use crate::scenario::shape::profile as shape;
use crate::time::{Duration, Time};
use ranges::{parts_per_billion, thousandths, times, wholes};
use std::collections::BTreeMap;

/// What an election timeout can be, in thousandths of the heartbeat.
const TIMEOUTS: Between<u32> = Between { least: 1_100, most: 10_000_000 };

/// What the greatest timeout can be, in thousandths of the least.
const SPREADS: Between<u32> = Between { least: 1_000, most: 10_000_000 };

/// How many operations can begin in a thousand seconds.
const RATES: Between<u32> = Between { least: 1, most: 1_000_000_000 };

/// What the shapes mean. Of use only if no error was noted.
pub(in crate::scenario) fn profile(profile: &shape::Profile, notes: &mut Notes<'_>) -> Profile {
    let root = Path::Root;
    texts(&profile.name, &profile.about, notes);
    positive(&root.field("duration"), profile.duration, notes);
    let settle = settle(&root.field("settle"), profile.settle, profile.duration, notes);
    let cluster = nodes(&root.field("cluster"), &profile.cluster, notes);
    let mut read = Profile {
        name: profile.name.clone(),
        about: profile.about.clone(),
        duration: profile.duration,
        settle,
        core: rate(&root.field("core"), profile.core, notes),
        mixture: mixture::mixture(&root.field("mixture"), &profile.mixture, notes),
        network: links(&root.field("network"), &profile.network, notes),
        clients: profile.clients.as_ref().map(|load| clients(&root.field("clients"), load, notes)),
        implementation: Implementation::Squall,
        cluster,
        faults: Vec::new(),
        storms: Vec::new(),
        sometimes: profile.sometimes.iter().map(|event| event.0).collect(),
    };
    if notes.is_clean() {
        elections::possible(&read, notes);
        read.faults = faults::faults(&root.field("faults"), &profile.faults, &read, notes);
        read.storms = faults::storms(&root.field("storm"), &profile.storm, &read, notes);
    }
    if notes.is_clean() && !notes.are_in_part() {
        // The first that would take too long tells enough.
        for plan in costliest::plans(&read) {
            effort::limit(&plan, notes);
            if !notes.is_clean() {
                break;
            }
        }
    }
    read
}

/// When all faults are over.
fn settle(path: &Path<'_>, from: Duration, run: Duration, notes: &mut Notes<'_>) -> Settle {
    if from >= run {
        let message = format!("runs settle at {from}, but they end at {run}");
        notes.error(path, message, "let them settle earlier, or lengthen `duration`");
    } else if from == Duration::ZERO {
        notes.error(path, "runs would settle before they begin", "let them settle later");
    }
    Settle::at(Time::from_nanos(from.nanos()))
}

/// What clusters are drawn from.
fn nodes(path: &Path<'_>, nodes: &shape::Nodes, notes: &mut Notes<'_>) -> ClusterRanges {
    let field = |name| path.field(name);
    ClusterRanges {
        voters: voters(&field("voters"), &nodes.voters, notes),
        heartbeat: times(&field("heartbeat"), nodes.heartbeat, notes),
        election_timeout_permille: thousandths(
            &field("election_timeout"),
            nodes.election_timeout,
            (TIMEOUTS, "a leader has to be heard from before it is challenged"),
            notes,
        ),
        timeout_spread_permille: thousandths(
            &field("timeout_spread"),
            nodes.timeout_spread,
            (SPREADS, "the greatest timeout is not below the least"),
            notes,
        ),
        max_batch_bytes: wholes(
            &field("max_batch_bytes"),
            nodes.max_batch_bytes,
            bounds::MAX_BATCH_BYTES,
            notes,
        ),
        snapshots: snapshots(&field("snapshots"), nodes.snapshots.as_ref(), notes),
        changes: nodes.changes.as_ref().map(|it| changes(&field("changes"), it, &nodes.voters, notes)),
        pre_vote: rate(&field("pre_vote"), nodes.pre_vote, notes),
        check_quorum: rate(&field("check_quorum"), nodes.check_quorum, notes),
        sticky: rate(&field("sticky"), nodes.sticky, notes),
        flow: flow(&field("flow"), &nodes.flow, notes),
        reads: reads(&field("reads"), nodes.reads.as_ref(), notes),
        clocks: clocks(&field("clocks"), nodes.clocks.as_ref(), notes),
        hosts: hosts(&field("hosts"), nodes.hosts.as_ref(), notes),
        breakers: rate(&field("breakers"), nodes.breakers, notes),
        flush: times(&field("flush"), nodes.flush, notes),
        torn: chance(&field("torn"), nodes.torn.as_ref(), notes),
        priorities: rate(&field("priorities"), nodes.priorities, notes),
        shuffled_logs: rate(&field("shuffled_logs"), nodes.shuffled_logs, notes),
        keyed: rate(&field("keyed"), nodes.keyed, notes),
        unchecked: rate(&field("unchecked"), nodes.unchecked, notes),
        bug: nodes.bug.map(cluster::bug),
    }
}

/// What reads are drawn from.
fn reads(path: &Path<'_>, shape: Option<&shape::Reads>, notes: &mut Notes<'_>) -> ReadRanges {
    let mut share = |name, value: fn(&shape::Reads) -> f64| {
        shape.map_or(Rate::ZERO, |it| rate(&path.field(name), value(it), notes))
    };
    ReadRanges {
        likely: share("likely", |it| it.likely),
        leases: share("leases", |it| it.leases),
        followers: share("followers", |it| it.followers),
    }
}

/// What clocks are drawn from.
fn clocks(path: &Path<'_>, shape: Option<&shape::Clocks>, notes: &mut Notes<'_>) -> ClockRanges {
    let Some(shape) = shape else {
        return ClockRanges { likely: Rate::ZERO, drift_ppm: Between { least: 1, most: 1 } };
    };
    ClockRanges {
        likely: rate(&path.field("likely"), shape.likely, notes),
        drift_ppm: wholes(&path.field("drift"), shape.drift, bounds::DRIFT, notes),
    }
}

/// What it costs hosts to serve frames is drawn from.
fn hosts(path: &Path<'_>, shape: Option<&shape::Hosts>, notes: &mut Notes<'_>) -> HostRanges {
    let Some(shape) = shape else {
        let cost = Between { least: Duration::ZERO, most: Duration::ZERO };
        let inbox = Between { least: 1, most: 1 };
        return HostRanges { likely: Rate::ZERO, cost, inbox, two_lanes: Rate::ZERO, blocking: Rate::ZERO };
    };
    let cost = path.field("cost_per_frame");
    super::hosts::cost(&cost, shape.cost_per_frame.1, notes);
    HostRanges {
        likely: rate(&path.field("likely"), shape.likely, notes),
        cost: times(&cost, shape.cost_per_frame, notes),
        inbox: wholes(&path.field("inbox"), shape.inbox, bounds::INBOX, notes),
        two_lanes: rate(&path.field("two_lanes"), shape.two_lanes, notes),
        blocking: rate(&path.field("blocking"), shape.blocking, notes),
    }
}

/// What changes of the members are drawn from.
fn changes(
    path: &Path<'_>,
    shape: &shape::Changes,
    voters: &[(u64, f64)],
    notes: &mut Notes<'_>,
) -> ChangeRanges {
    let ranges = ChangeRanges {
        likely: rate(&path.field("likely"), shape.likely, notes),
        learners: wholes(&path.field("learners"), shape.learners, bounds::LEARNERS, notes),
        spares: wholes(&path.field("spares"), shape.spares, bounds::SPARES, notes),
        count: wholes(&path.field("count"), shape.count, bounds::CHANGES, notes),
    };
    let largest = voters.iter().map(|(number, _)| *number).max().unwrap_or(0);
    let nodes = largest + u64::from(ranges.learners.most) + u64::from(ranges.spares.most);
    if largest <= bounds::VOTERS.most && nodes > bounds::VOTERS.most {
        let most = bounds::VOTERS.most;
        let message = format!("there may be {nodes} nodes with the learners and spares; at most {most} fit");
        notes.error(path, message, "ask for fewer of them, or for smaller clusters");
    }
    ranges
}

/// What snapshots are drawn from.
fn snapshots(path: &Path<'_>, shape: Option<&shape::Snapshots>, notes: &mut Notes<'_>) -> SnapshotRanges {
    let Some(shape) = shape else {
        let any = Between { least: 65_536, most: 65_536 };
        return SnapshotRanges { likely: Rate::ZERO, every: any, chunk: any };
    };
    SnapshotRanges {
        likely: rate(&path.field("likely"), shape.likely, notes),
        every: wholes(&path.field("every"), shape.every, bounds::SNAPSHOT_EVERY, notes),
        chunk: wholes(&path.field("chunk"), shape.chunk, bounds::SNAPSHOT_CHUNK, notes),
    }
}

/// What the bounds of what is on its way are drawn from.
fn flow(path: &Path<'_>, shape: &shape::Flow, notes: &mut Notes<'_>) -> FlowRanges {
    let mut limit = |name, limit: Option<&shape::Limit>, bounds| match limit {
        None => LimitRange { likely: Rate::ZERO, most: Between { least: 1, most: 1 } },
        Some(shape) => {
            let path = path.field(name);
            LimitRange {
                likely: rate(&path.field("likely"), shape.likely, notes),
                most: wholes(&path.field("most"), shape.most, bounds, notes),
            }
        }
    };
    FlowRanges {
        inflight: limit("inflight", shape.inflight.as_ref(), bounds::MAX_INFLIGHT),
        inflight_bytes: limit("inflight_bytes", shape.inflight_bytes.as_ref(), bounds::MAX_INFLIGHT_BYTES),
        uncommitted_bytes: limit(
            "uncommitted_bytes",
            shape.uncommitted_bytes.as_ref(),
            bounds::MAX_UNCOMMITTED_BYTES,
        ),
        early_bytes: limit("early_bytes", shape.early_bytes.as_ref(), bounds::MAX_EARLY_BYTES),
    }
}

/// The numbers of voters with their weights, as parts of about 2^30; what has no weight is left out.
fn voters(path: &Path<'_>, voters: &[(u64, f64)], notes: &mut Notes<'_>) -> Vec<(u32, u32)> {
    const WHOLE: f64 = 1_073_741_824.0;
    let before = notes.count();
    let mut seen = BTreeMap::new();
    for (i, &(number, weight)) in voters.iter().enumerate() {
        let path_of_pair = path.item(i);
        bounded_value(&path_of_pair, number, bounds::VOTERS, notes);
        if !(0.0..=bounds::GREATEST_WEIGHT).contains(&weight) {
            let message = format!("a weight is a number from 0 to {}, not {weight}", bounds::GREATEST_WEIGHT);
            notes.error(&path_of_pair, message, "leave out what is never to be drawn");
        }
        if let Some(first) = seen.insert(number, i) {
            let beside = (&path.item(first), "given here first");
            let message = format!("{number} voters are given twice");
            notes.error_beside(&path_of_pair, message, "add the two weights up", beside);
        }
    }
    let sum: f64 = voters.iter().map(|(_, weight)| weight).sum();
    if voters.is_empty() || sum == 0.0 && notes.count() == before {
        notes.error(path, "no number of voters can be drawn", "give one of them a weight: `[(5, 1.0)]`");
    }
    if notes.count() > before {
        return vec![(5, 1)];
    }
    let part = |weight: f64| ((weight / sum * WHOLE) as u32).max(1);
    let likely = voters.iter().filter(|(_, weight)| *weight > 0.0);
    likely.map(|&(number, weight)| (number as u32, part(weight))).collect()
}

/// What links are drawn from.
fn links(path: &Path<'_>, links: &shape::Links, notes: &mut Notes<'_>) -> NetworkRanges {
    NetworkRanges {
        latency: times(&path.field("latency"), links.latency, notes),
        loss: chance(&path.field("loss"), links.loss.as_ref(), notes),
        duplicate: chance(&path.field("duplicate"), links.duplicate.as_ref(), notes),
    }
}

fn chance(path: &Path<'_>, chance: Option<&shape::Chance>, notes: &mut Notes<'_>) -> Chance {
    const NEVER: shape::Chance = shape::Chance { likely: 0.0, rate: (1e-9, 1e-9) };
    let chance = chance.unwrap_or(&NEVER);
    Chance {
        likely: rate(&path.field("likely"), chance.likely, notes),
        rate_ppb: parts_per_billion(&path.field("rate"), chance.rate, notes),
    }
}

/// What the load is drawn from.
fn clients(path: &Path<'_>, load: &shape::Load, notes: &mut Notes<'_>) -> ClientRanges {
    let field = |name| path.field(name);
    let read = ClientRanges {
        likely: rate(&field("likely"), load.likely, notes),
        count: wholes(&field("count"), load.count, bounds::COUNT, notes),
        rate_milli: thousandths(
            &field("rate"),
            load.rate,
            (RATES, "leave `clients` out for idle clusters"),
            notes,
        ),
        closed_loop: rate(&field("closed_loop"), load.closed_loop, notes),
        think: times(&field("think"), load.think, notes),
        mix: mix(&field("mix"), load.mix, notes),
        keys: wholes(&field("keys"), load.keys, bounds::KEYS, notes),
        value_bytes: wholes(&field("value_bytes"), load.value_bytes, bounds::VALUE_BYTES, notes),
        timeout: times(&field("timeout"), load.timeout, notes),
        restraint: rate(&field("restraint"), load.restraint, notes),
        attempts: load.attempts.map(|it| wholes(&field("attempts"), it, bounds::ATTEMPTS, notes)),
        breakers: rate(&field("breakers"), load.breakers, notes),
        sessions: load.sessions.as_ref().map(|it| sessions(&field("sessions"), it, notes)),
    };
    if read.attempts.is_some() && read.restraint == Rate::ZERO {
        let message = "no run has clients with restraint, and only theirs are bounded".to_owned();
        notes.warn(&field("attempts"), message, "say in what share of the runs: `restraint: 1`");
    }
    let (least, _) = load.rate;
    if notes.is_clean() && mean_between(read.count.most, least) > LONGEST {
        let message =
            format!("{} clients at this rate begin an operation in over 30 days each", read.count.most);
        notes.error(&field("rate"), message, "raise the least rate, or ask for fewer clients");
    }
    read
}

/// What sessions are drawn from.
fn sessions(path: &Path<'_>, sessions: &shape::Sessions, notes: &mut Notes<'_>) -> SessionRanges {
    let field = |name| path.field(name);
    let (soonest, _) = sessions.retry_after;
    if soonest < bounds::SHORTEST_BACKOFF && soonest > Duration::ZERO {
        let message = format!("to ask again after {soonest} is below {}", bounds::SHORTEST_BACKOFF);
        notes.error(&field("retry_after"), message, "give nodes time to answer: begin with \"50ms\"");
    }
    SessionRanges {
        likely: rate(&field("likely"), sessions.likely, notes),
        most: wholes(&field("most"), sessions.most, bounds::MOST_SESSIONS, notes),
        retries: rate(&field("retries"), sessions.retries, notes),
        retry_after: times(&field("retry_after"), sessions.retry_after, notes),
        latency: times(&field("latency"), sessions.latency, notes),
        loss: chance(&field("loss"), sessions.loss.as_ref(), notes),
        duplicate: chance(&field("duplicate"), sessions.duplicate.as_ref(), notes),
    }
}
