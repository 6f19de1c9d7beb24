//! What a run would take. A scenario that nobody can have meant, with a heartbeat each nanosecond for a month, is told
//! at once rather than run for ever.

use super::mean;
use crate::plan::{Action, Arrival, End, Plan, Start, Target};
use crate::scenario::notes::Notes;
use crate::scenario::path::Path;
use crate::time::Time;

/// The most frames that a run may be expected to carry: some minutes of work.
const MOST_FRAMES: f64 = 2e9;

/// The most faults that one storm may be expected to bring: each of them is told in the report.
const MOST_FAULTS: f64 = 200_000.0;

/// The most links between clients and nodes.
const MOST_CLIENT_LINKS: f64 = 200_000.0;

/// The most bytes that its logs may be expected to hold, in memory and on disks. Nothing cuts a log yet.
const MOST_BYTES: f64 = 8.0 * 1024.0 * 1024.0 * 1024.0;

/// What an entry takes besides its value, in a log and on a disk together.
const ENTRY_OVERHEAD: f64 = 140.0;

/// Notes an error if a run of this plan would take too long or too much memory.
pub(in crate::scenario) fn limit(plan: &Plan, notes: &mut Notes<'_>) {
    let seconds = plan.duration.as_secs_f64();
    let nodes = f64::from(plan.cluster.nodes());
    let operations = operations_per_second(plan) * tries(plan);
    let round = 2.0 * (nodes - 1.0);
    let raft = &plan.cluster.raft;
    // An operation goes to all, and so may the news that it is committed.
    let rounds = if raft.announce_commits { 2.0 } else { 1.0 };
    let operation = rounds * round + 4.0;
    let heartbeats = round / raft.heartbeat.as_secs_f64();
    let elections = nodes * round / raft.election_timeout.0.as_secs_f64();
    let (requests, flooded_bytes) = floods(plan);
    let frames = seconds * (heartbeats + elections + operations * operation + retries_per_second(plan))
        + requests * operation;
    faults(plan, notes);
    if frames > MOST_FRAMES {
        let message = format!(
            "a run would take about {frames:.0e} frames; at most {MOST_FRAMES:.0e} can be waited for"
        );
        let help = if requests * operation > frames / 2.0 {
            "let floods bring fewer requests, or last a shorter time"
        } else {
            "shorten `duration`, lengthen `heartbeat` and `election_timeout`, or ask for less load"
        };
        notes.error(&Path::Root.field("duration"), message, help);
    }
    let links = nodes * plan.clients.as_ref().map_or(0.0, |clients| f64::from(clients.count));
    if links > MOST_CLIENT_LINKS {
        let message = format!("{links} links between clients and nodes; at most {MOST_CLIENT_LINKS} fit");
        notes.error(
            &Path::Root.field("clients").field("count"),
            message,
            "ask for fewer clients or fewer nodes",
        );
    }
    let value = plan.clients.as_ref().map_or(0.0, |clients| f64::from(clients.value_bytes));
    let bytes = nodes * (seconds * operations * (2.0 * value + ENTRY_OVERHEAD) + flooded_bytes);
    if bytes > MOST_BYTES {
        let gib = |bytes: f64| bytes / (1024.0 * 1024.0 * 1024.0);
        let message =
            format!("the logs would grow to about {:.0} GiB; at most {} fit", gib(bytes), gib(MOST_BYTES));
        let help = "shorten `duration`, or ask for fewer operations or smaller values";
        notes.error(&Path::Root.field("duration"), message, help);
    }
}

/// How many requests all floods bring that a leader may make entries, and how many bytes these take in a log.
fn floods(plan: &Plan) -> (f64, f64) {
    let stop = plan.settle.map_or(plan.duration, |settle| settle.from.since(Time::ZERO)).as_secs_f64();
    let (mut requests, mut bytes) = (0.0, 0.0);
    let mut add = |action: &Action, seconds: f64| {
        let Action::Flood { target, mean, bytes: value } = action else { return };
        let nodes = match target {
            Target::Node(_) | Target::Leader | Target::Follower(_) | Target::Random => 1.0,
            Target::Nodes(nodes) => f64::from(nodes.len()),
            _ => f64::from(plan.cluster.nodes()),
        };
        let number = seconds * nodes / mean.as_secs_f64();
        requests += number;
        bytes += number * (2.0 * f64::from(*value) + ENTRY_OVERHEAD);
    };
    for fault in &plan.faults {
        let at = match fault.start {
            Start::At(at) => at.since(Time::ZERO).as_secs_f64(),
            Start::When { .. } => 0.0,
        };
        let lasts = match fault.end {
            End::For(length) => length.as_secs_f64(),
            End::Until(until) => until.since(Time::ZERO).as_secs_f64() - at,
            End::Never => f64::INFINITY,
        };
        add(&fault.action, lasts.min(stop - at).max(0.0));
    }
    for storm in &plan.storms {
        let times = storm.during.1.since(storm.during.0).as_secs_f64() / mean(&storm.every).as_secs_f64();
        add(&storm.action, times * mean(&storm.length).as_secs_f64().min(stop));
    }
    (requests, bytes)
}

/// Notes an error if storms and flapping links would take too long.
fn faults(plan: &Plan, notes: &mut Notes<'_>) {
    let nodes = f64::from(plan.cluster.nodes());
    let stop = plan.settle.map_or(plan.duration, |settle| settle.from.since(Time::ZERO)).as_secs_f64();
    for (i, fault) in plan.faults.iter().enumerate() {
        let lasts = match fault.end {
            End::For(length) => length.as_secs_f64(),
            End::Until(_) | End::Never => stop,
        };
        let item = Path::Root.field("faults");
        changes(&item.item(i), steps(&fault.action, lasts.min(stop), nodes), notes);
    }
    for (i, storm) in plan.storms.iter().enumerate() {
        let lasts = mean(&storm.length).as_secs_f64().min(stop);
        let times = storm.during.1.since(storm.during.0).as_secs_f64() / mean(&storm.every).as_secs_f64();
        let item = Path::Root.field("storm");
        let item = item.item(i);
        changes(&item, times * steps(&storm.action, lasts, nodes), notes);
        let each =
            if let Action::Flap { .. } = storm.action { steps(&storm.action, lasts, 1.0) / 2.0 } else { 1.0 };
        if times * each > MOST_FAULTS {
            let message = format!(
                "this would be about {:.0e} faults; at most {MOST_FAULTS:.0e} can be kept",
                times * each
            );
            notes.error(&item, message, "let it come less often, or for a shorter time");
        }
    }
}

fn changes(path: &Path<'_>, steps: f64, notes: &mut Notes<'_>) {
    if steps > MOST_FRAMES {
        let message = format!(
            "this would change links and nodes about {steps:.0e} times; at most {MOST_FRAMES:.0e} can be waited for"
        );
        notes.error(path, message, "let it come less often, or last a shorter time");
    }
}

/// How many changes of links and nodes an action makes that lasts so many seconds: each link is cut and healed.
fn steps(action: &Action, seconds: f64, nodes: f64) -> f64 {
    let links = 2.0 * nodes * nodes;
    match action {
        Action::Partition(_)
        | Action::Clog(_)
        | Action::Deaf(_)
        | Action::Mute(_)
        | Action::Lose { .. }
        | Action::Duplicate { .. }
        | Action::Delay { .. }
        | Action::Corrupt { .. }
        | Action::Misdirect { .. }
        | Action::Replay { .. } => links,
        Action::Forge { mean, .. } => nodes * (2.0 + seconds / mean.as_secs_f64().max(1e-9)),
        Action::Flap { down, up, .. } => {
            links * (seconds / (mean(down).as_secs_f64() + mean(up).as_secs_f64())).max(1.0)
        }
        Action::Crash(_)
        | Action::Wipe(_)
        | Action::DiskStall(_)
        | Action::DiskFull(_)
        | Action::LoseFlush(_)
        | Action::Rot(_)
        | Action::Drift { .. }
        | Action::Starve { .. }
        | Action::Skew { .. }
        | Action::Step { .. }
        | Action::Pause(_)
        | Action::Slow { .. }
        | Action::Flood { .. }
        | Action::Transfer(_)
        | Action::AddLearner(_)
        | Action::Promote(_)
        | Action::Remove(_)
        | Action::Replace { .. } => 2.0 * nodes,
    }
}

/// How often clients ask again in a second, at most: while nobody leads, each open operation after each wait.
fn retries_per_second(plan: &Plan) -> f64 {
    let Some(clients) = &plan.clients else { return 0.0 };
    let open = match clients.arrival {
        Arrival::OpenLoop { mean } => clients.timeout.as_secs_f64() / mean.as_secs_f64().max(1e-9),
        Arrival::ClosedLoop { .. } => 1.0,
    };
    let wait = clients.backoff.base.as_secs_f64() + 2.0 * plan.network.clients.latency.min().as_secs_f64();
    // Waits double up to their cap, so most of them are far longer than the first.
    let waits = (clients.timeout.as_secs_f64() / wait).max(1.0).log2()
        + clients.timeout.as_secs_f64() / clients.backoff.cap.as_secs_f64();
    2.0 * f64::from(clients.count) * open * waits / clients.timeout.as_secs_f64()
}

/// How often an operation gets into the log, as far as can be expected: again and again if its client does not wait for
/// so long as an answer takes, else once more in an outage and for each frame that is lost, and perhaps twice each time.
fn tries(plan: &Plan) -> f64 {
    let Some(clients) = &plan.clients else { return 1.0 };
    let link = &plan.network.clients;
    let asked = clients.retry_after.map_or(0.0, |wait| {
        let most = (clients.timeout.as_secs_f64() / wait.as_secs_f64()).floor();
        let trips = 2.0 * (mean(&link.latency) + mean(&plan.network.default.latency)).as_secs_f64();
        let answered = (1.0 - link.loss.as_f64()).powi(2);
        if trips + mean(&plan.cluster.flush).as_secs_f64() >= wait.as_secs_f64() {
            most
        } else {
            (1.0 / answered).min(most)
        }
    });
    (1.0 + asked) * (1.0 + link.duplicate.as_f64())
}

/// How many operations begin in a second, at most. Closed loops that wait for nothing at all count as none: they are a
/// livelock, and end as one.
fn operations_per_second(plan: &Plan) -> f64 {
    let Some(clients) = &plan.clients else { return 0.0 };
    let cycle = match clients.arrival {
        Arrival::OpenLoop { mean } => mean.as_secs_f64(),
        Arrival::ClosedLoop { think } => {
            let trips = if plan.cluster.nodes() > 1 { 2.0 } else { 0.0 };
            think.as_secs_f64()
                + 2.0 * plan.network.clients.latency.min().as_secs_f64()
                + trips * plan.network.default.latency.min().as_secs_f64()
                + plan.cluster.flush.min().as_secs_f64()
        }
    };
    if cycle > 0.0 { f64::from(clients.count) / cycle } else { 0.0 }
}
