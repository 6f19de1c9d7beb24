//! The parameters of a run, in words.

use crate::ids::Term;
use crate::plan::{
    Arrival, Breaker, Budget, Clients, Cluster, Core, Cpu, Jitter, Lanes, Link, Logs, Plan, WhenFull,
};
use crate::replica::{Changes, Flow, Options, ReadBy};
use crate::rng::{Distribution, Rate};
use crate::time::Duration;

/// What the run depended on, as pairs of a name and a text.
pub(crate) fn of(plan: &Plan) -> Vec<(&'static str, String)> {
    let raft = &plan.cluster.raft;
    let (least, most) = raft.election_timeout;
    let mut all = vec![("duration", plan.duration.to_string()), ("voters", plan.cluster.voters.to_string())];
    all.extend(plan.cluster.implementation.other().map(|name| ("implementation", name.into())));
    let beside = [("learners", plan.cluster.learners), ("spares", plan.cluster.spares)];
    all.extend(
        beside.into_iter().filter(|(_, count)| *count > 0).map(|(name, count)| (name, count.to_string())),
    );
    all.extend(genesis(&plan.cluster));
    if plan.members_vary() {
        all.push(("changes of voters", voters_changed(raft.changes)));
    }
    all.extend([
        ("heartbeat", raft.heartbeat.to_string()),
        ("election timeout", distribution(&Distribution::Uniform(least, most))),
        ("switches", switches(raft)),
        ("call timeout", plan.cluster.call_timeout.to_string()),
        ("flush", distribution(&plan.cluster.flush)),
        ("links", link(&plan.network.default)),
    ]);
    if let Some(it) = &plan.cluster.breaker {
        all.push(("breakers", breaker(it)));
    }
    if let Some(every) = raft.snapshot_every {
        let chunk = raft.snapshot_chunk;
        all.push((
            "snapshots",
            format!("every {every} bytes of applied entries, in chunks of {chunk} bytes"),
        ));
    }
    all.extend(cpu(&plan.cluster));
    if raft.flow != Flow::default() {
        all.push(("flow", flow(&raft.flow)));
    }
    all.extend(clocks(plan));
    if !plan.network.links.is_empty() {
        all.push(("other links", format!("{} directed links differ", plan.network.links.len())));
    }
    match &plan.clients {
        None => all.push(("clients", "none".into())),
        Some(load) => {
            all.push(("clients", clients(load)));
            all.push(("client links", link(&plan.network.clients)));
        }
    }
    all.push(("faults", faults(plan)));
    if let Some(bug) = raft.bug {
        all.push(("planted bug", format!("{bug:?}")));
    }
    all
}

/// What the protocol does beyond the paper's.
fn switches(raft: &Options) -> String {
    let all = [
        (raft.pre_vote, "pre-vote"),
        (raft.check_quorum, "check-quorum"),
        (raft.sticky, "sticky"),
        (raft.eager_votes, "eager votes"),
        (raft.announce_commits, "announced commits"),
    ];
    let mut on: Vec<&str> = all.into_iter().filter_map(|(on, name)| on.then_some(name)).collect();
    on.extend(match raft.reads.by {
        ReadBy::Log => None,
        ReadBy::Index => Some("reads by index"),
        ReadBy::Lease => Some("reads by lease"),
        ReadBy::Local => Some("reads without asking"),
    });
    on.extend(raft.reads.at_followers.then_some("followers read"));
    if on.is_empty() { "none".into() } else { on.join(", ") }
}

/// In which way voters are changed.
fn voters_changed(changes: Changes) -> String {
    match changes {
        Changes::Single => "one at a time",
        Changes::Joint => "by joint configurations",
    }
    .into()
}

/// What is bounded of what is on its way.
fn flow(flow: &Flow) -> String {
    let all = [
        (flow.max_inflight, "appends in flight"),
        (flow.max_inflight_bytes, "bytes in flight"),
        (flow.max_uncommitted_bytes, "uncommitted bytes"),
        (flow.max_early_bytes, "bytes that came early"),
    ];
    let given = all.into_iter().filter_map(|(most, what)| Some(format!("{} {what}", most?)));
    format!("at most {}", given.collect::<Vec<_>>().join(", "))
}

/// What frames cost hosts, and where they wait.
fn cpu(cluster: &Cluster) -> Option<(&'static str, String)> {
    let Cpu { cost_per_frame, cost_per_kib, inbox, when_full, lanes } = cluster.cpu;
    let mut text = format!("{cost_per_frame} a frame");
    if cost_per_kib > Duration::ZERO {
        text += &format!(" and {cost_per_kib} a KiB");
    }
    text += &format!("; up to {inbox} wait");
    text += match lanes {
        Lanes::One => "",
        Lanes::Two => " of nodes and as many of clients behind them",
    };
    text += match when_full {
        WhenFull::DropNewest => ", the newest is dropped",
        WhenFull::DropOldest => ", the oldest is dropped",
        WhenFull::Refuse => ", clients are turned away",
    };
    text += if cluster.blocking { "; nothing is served during a flush" } else { "" };
    (cluster.cpu.costs() || cluster.blocking).then_some(("hosts", text))
}

/// How clocks drift, and what leases reckon with.
fn clocks(plan: &Plan) -> Option<(&'static str, String)> {
    let (drifts, raft) = (&plan.cluster.drifts_ppm, &plan.cluster.raft);
    let each: Vec<String> = drifts.iter().map(i32::to_string).collect();
    let text = match (drifts.is_empty(), raft.reads.by) {
        (true, ReadBy::Lease) if raft.reads.max_drift_ppm > 0 => "right".into(),
        (true, _) => return None,
        (false, _) => format!("fast by {} parts per million", each.join(", ")),
    };
    let bound = format!("; leases reckon with {} parts per million", raft.reads.max_drift_ppm);
    Some(("clocks", text + if raft.reads.by == ReadBy::Lease { &bound } else { "" }))
}

/// What is unusual about the beginning.
fn genesis(cluster: &Cluster) -> Vec<(&'static str, String)> {
    let logs = match &cluster.logs {
        Logs::Same => None,
        Logs::Shuffled => Some("one empty, each other an entry longer, dealt at random".into()),
        Logs::Each(logs) => {
            let each: Vec<String> = logs.iter().map(|log| last(log)).collect();
            Some(format!("from before the run; the last entries are {}", each.join(", ")))
        }
    };
    let first = cluster.first_leader.map(|node| ("first to campaign", node.to_string()));
    let ranks = || cluster.priorities.iter().map(u32::to_string).collect::<Vec<_>>().join(", ");
    let priorities = (!cluster.priorities.is_empty()).then(|| ("priorities", ranks()));
    first.into_iter().chain(priorities).chain(logs.map(|logs| ("logs", logs))).collect()
}

/// The last entry of a log: its index and term.
fn last(log: &[Term]) -> String {
    log.last().map_or("none".into(), |term| format!("{}@{term}", log.len()))
}

fn faults(plan: &Plan) -> String {
    let mut text = plan.faults.len().to_string();
    match plan.storms.len() {
        0 => {}
        1 => text += " and a storm",
        storms => text += &format!(" and {storms} storms"),
    }
    if let Some(settle) = plan.settle {
        text += &match settle.core {
            Core::All => format!("; all over at {}", settle.from),
            Core::Random => format!("; all over at {} for a random quorum", settle.from),
            Core::Nodes(nodes) => format!("; all over at {} for {nodes}", settle.from),
        };
        if settle.quiet > Duration::ZERO {
            text += &format!(", clients quiet for {}", settle.quiet);
        }
    }
    text
}

pub(super) fn distribution(distribution: &Distribution) -> String {
    match distribution {
        Distribution::Constant(always) => always.to_string(),
        Distribution::Uniform(min, max) => format!("{min} to {max}"),
        Distribution::Exponential { min, mean, max } => {
            format!("{min} to {max}, exponential with mean {mean}")
        }
    }
}

fn link(link: &Link) -> String {
    let mut text = distribution(&link.latency);
    if link.loss != Rate::ZERO {
        text += &format!(", {} lost", share(link.loss));
    }
    if link.duplicate != Rate::ZERO {
        text += &format!(", {} duplicated", share(link.duplicate));
    }
    if let Some(bytes) = link.bandwidth {
        text += &format!(", {bytes} bytes per second");
    }
    text
}

pub(super) fn share(rate: Rate) -> String {
    // A rate is kept in binary; a few decimals give back what was written.
    let percent = format!("{:.6}", rate.as_f64() * 100.0);
    format!("{} %", percent.trim_end_matches('0').trim_end_matches('.'))
}

fn clients(clients: &Clients) -> String {
    let arrival = match clients.arrival {
        Arrival::OpenLoop { mean } => format!("each begins an operation every {mean} on average"),
        Arrival::ClosedLoop { think: Duration::ZERO } => {
            "each begins an operation when its last has ended".into()
        }
        Arrival::ClosedLoop { think } => format!("each begins an operation {think} after its last has ended"),
    };
    let of = |part: u64| share_of(part, 1 << 32);
    let mix = clients.mix;
    let jitter = match clients.backoff.jitter {
        Jitter::NoJitter => "no jitter",
        Jitter::Full => "full jitter",
        Jitter::Equal => "equal jitter",
        Jitter::Decorrelated => "decorrelated jitter",
    };
    let mut text = format!(
        "{}, {arrival}; {} put, {} get, {} cas of {} bytes on {} keys; timeout {}, backoff {} to {} with {jitter}",
        clients.count,
        of(mix.put),
        of(mix.get),
        of(mix.cas),
        clients.value_bytes,
        clients.keys,
        clients.timeout,
        clients.backoff.base,
        clients.backoff.cap,
    );
    if let Some(attempts) = clients.backoff.attempts {
        text += &format!(", at most {attempts} tries");
    }
    if let Some(Budget { ratio, burst }) = clients.backoff.budget {
        text += &format!(", a budget of {} retries for an operation and {burst} at once", share(ratio));
    }
    if let Some(wait) = clients.retry_after {
        let waits = if clients.backoff.after_silence { " and that wait" } else { "" };
        text += &format!(", the next node asked after {wait} without answer{waits}");
    }
    if let Some(it) = &clients.breaker {
        text += &format!("; {}", breaker(it));
    }
    if let Some(sessions) = clients.sessions {
        text += &format!("; sessions, of which {} are kept", sessions.most);
    }
    text
}

/// When a breaker opens, and how it closes.
fn breaker(breaker: &Breaker) -> String {
    let Breaker { window, open_at, cool_down, probes } = breaker;
    format!(
        "breakers that open when {} of {window} calls had no answer, for {cool_down}; {probes} have to succeed then",
        share(*open_at)
    )
}

fn share_of(part: u64, whole: u64) -> String {
    format!("{:.0} %", part as f64 * 100.0 / whole as f64)
}
