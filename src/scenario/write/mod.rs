//! From a plan back to the text of a scenario: complete, so that no default matters, and always the same for one plan.

mod expectations;
mod faults;

use super::bounds::BANDWIDTH;
use super::meaning::{mean_between, overlapping, refused, shares};
use crate::ids::Term;
use crate::plan::{
    Arrival, Backoff, Breaker, Budget, Clients, Cluster, Core, Cpu, Found, Implementation, Integrity, Link,
    Logs, Mix, Name, Network, Plan, Target,
};
use crate::replica::{Changes, Flow, Options, ReadBy, Reads};
use crate::rng::Distribution;
use crate::time::Duration;
use std::num::NonZeroU64;

/// Writes a plan as a scenario that reads back as exactly this plan.
///
/// # Panics
/// If the plan breaks its own rules: a link that ends at many nodes, a name or a fault that is not there, a fault that
/// something refers to and that has no id.
pub fn write(plan: &Plan) -> String {
    let mut lines = vec![
        "(".to_string(),
        "    format: 1,".to_string(),
        format!("    name: {},", quoted(&plan.name)),
        format!("    about: {},", quoted(&plan.about)),
        format!("    seed: {},", plan.seed),
        format!("    duration: \"{}\",", plan.duration),
    ];
    if let Some(events) = plan.events {
        lines.push(format!("    events: {events},"));
    }
    cluster(&plan.cluster, &mut lines);
    network(&plan.network, &mut lines);
    if let Some(load) = &plan.clients {
        clients(load, &mut lines);
    }
    let faults = faults::Writer { plan };
    if !plan.names.is_empty() {
        let name = |name: &Name| format!("{}: {}", quoted(&name.name), faults.target(name.target));
        lines.push(format!("    names: {{{}}},", joined(plan.names.iter().map(name))));
    }
    let (overlapping, refused) = (overlapping(plan), refused(plan));
    let fault =
        |(place, fault)| faults.fault(fault, (overlapping.contains(&place), refused.contains(&place)));
    listed("faults", plan.faults.iter().enumerate().map(fault), &mut lines);
    listed("storm", plan.storms.iter().map(|storm| faults.storm(storm)), &mut lines);
    if let Some(settle) = &plan.settle {
        let quiet = if settle.quiet == Duration::ZERO {
            String::new()
        } else {
            format!(", quiet: \"{}\"", settle.quiet)
        };
        let core = match settle.core {
            Core::All => "All".to_string(),
            Core::Random => "Random".to_string(),
            Core::Nodes(nodes) => faults.target(Target::Nodes(nodes)),
        };
        lines.push(format!("    settle: (from: \"{}\", core: {core}{quiet}),", settle.from));
    }
    let expected = plan.expectations.iter().map(|expected| expectations::expectation(*expected, &faults));
    listed("expect", expected, &mut lines);
    if let Some(Found { version, seed, digest }) = &plan.found {
        let version = quoted(version);
        lines.push(format!("    found: (version: {version}, seed: {seed}, digest: \"{digest:032x}\"),"));
    }
    lines.push(")".to_string());
    lines.join("\n") + "\n"
}

/// A text in quotes, line ends and all.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\r' => quoted.push_str("\\r"),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

fn cluster(cluster: &Cluster, lines: &mut Vec<String>) {
    let raft = &cluster.raft;
    let (least, most) = raft.election_timeout;
    lines.push("    cluster: (".to_string());
    nodes(cluster, lines);
    if let Some(first) = cluster.first_leader {
        lines.push(format!("        first_leader: {},", first.0));
    }
    if !cluster.priorities.is_empty() {
        lines.push(format!(
            "        priorities: [{}],",
            joined(cluster.priorities.iter().map(u32::to_string))
        ));
    }
    match &cluster.logs {
        Logs::Same => {}
        Logs::Shuffled => lines.push("        logs: Shuffled,".to_string()),
        Logs::Each(logs) => {
            let log = |log: &Vec<Term>| format!("[{}]", joined(log.iter().map(Term::to_string)));
            lines.push(format!("        logs: Each([{}]),", joined(logs.iter().map(log))));
        }
    }
    let switches = [
        ("pre_vote", raft.pre_vote),
        ("check_quorum", raft.check_quorum),
        ("sticky", raft.sticky),
        ("eager_votes", raft.eager_votes),
        ("announce_commits", raft.announce_commits),
    ];
    let mut on: String =
        switches.iter().filter(|(_, on)| *on).map(|(name, _)| format!(", {name}: true")).collect();
    on += &reads(&raft.reads);
    on += if raft.changes == Changes::Single { ", membership: Single" } else { "" };
    lines.push(format!(
        "        raft: (heartbeat: \"{}\", election_timeout: (\"{least}\", \"{most}\"), max_batch_bytes: {}{}{}{on}),",
        raft.heartbeat,
        raft.max_batch_bytes,
        snapshots(raft),
        flow(&raft.flow)
    ));
    if !cluster.drifts_ppm.is_empty() {
        let drifts = joined(cluster.drifts_ppm.iter().map(i32::to_string));
        lines.push(format!("        clock: (drift: [{drifts}]),"));
    }
    if cluster.cpu != Cpu::FREE {
        lines.push(format!("        host: ({}),", host(&cluster.cpu)));
    }
    let torn = if cluster.torn == crate::rng::Rate::ZERO {
        String::new()
    } else {
        format!(", torn: {}", cluster.torn)
    };
    let blocking = if cluster.blocking { ", blocking: true" } else { "" };
    lines.push(format!("        disk: (flush: {}{torn}{blocking}),", distribution(&cluster.flush)));
    let breaker = cluster.breaker.map_or(String::new(), |it| format!(", breaker: {}", breaker(&it)));
    lines.push(format!("        rpc: (timeout: \"{}\"{breaker}),", cluster.call_timeout));
    match &cluster.integrity {
        Integrity::Crc32c => {}
        Integrity::Unchecked => lines.push("        integrity: Unchecked,".to_string()),
        Integrity::Keyed { secret } => {
            lines.push(format!("        integrity: Keyed, secret: {},", quoted(secret)));
        }
    }
    if let Some(bug) = raft.bug {
        lines.push(format!("        bug: {bug:?},"));
    }
    lines.push("    ),".to_string());
}

/// How many there are, and whose Raft they run.
fn nodes(cluster: &Cluster, lines: &mut Vec<String>) {
    lines.push(format!("        voters: {},", cluster.voters));
    let beside = [("learners", cluster.learners), ("spares", cluster.spares)];
    for (name, count) in beside.into_iter().filter(|(_, count)| *count > 0) {
        lines.push(format!("        {name}: {count},"));
    }
    if cluster.implementation != Implementation::Squall {
        lines.push(format!("        implementation: {},", cluster.implementation.name()));
    }
}

/// What frames cost, and where they wait.
fn host(cpu: &Cpu) -> String {
    let Cpu { cost_per_frame, cost_per_kib, inbox, when_full, lanes } = cpu;
    format!(
        "cost_per_frame: \"{cost_per_frame}\", cost_per_kib: \"{cost_per_kib}\", inbox: {inbox}, \
         when_full: {when_full:?}, lanes: {lanes:?}"
    )
}

/// How reads are answered, where they don't go through the log, and how far clocks may drift.
fn reads(reads: &Reads) -> String {
    let mut text = match reads.by {
        ReadBy::Log => String::new(),
        by => format!(", read: {by:?}"),
    };
    if reads.at_followers {
        text += ", follower_reads: true";
    }
    if reads.max_drift_ppm > 0 {
        text += &format!(", max_drift: {}", reads.max_drift_ppm);
    }
    text
}

/// Without snapshots the length of their chunks does not matter, but a plan has one.
fn snapshots(raft: &Options) -> String {
    let every = raft.snapshot_every.map_or(String::new(), |bytes| format!(", snapshot_every: {bytes}"));
    format!("{every}, snapshot_chunk: {}", raft.snapshot_chunk)
}

fn flow(flow: &Flow) -> String {
    let all = [
        ("max_inflight", flow.max_inflight),
        ("max_inflight_bytes", flow.max_inflight_bytes),
        ("max_uncommitted_bytes", flow.max_uncommitted_bytes),
        ("max_early_bytes", flow.max_early_bytes),
    ];
    let given = all.into_iter().filter_map(|(name, most)| Some(format!(", {name}: {}", most?)));
    given.collect()
}

fn network(network: &Network, lines: &mut Vec<String>) {
    lines.push("    network: (".to_string());
    let whole = |it: &Link| {
        let bandwidth = it.bandwidth.map_or(String::new(), |bytes| format!(", bandwidth: {bytes}"));
        link(it) + &bandwidth
    };
    lines.push(format!("        default: ({}),", whole(&network.default)));
    if !network.links.is_empty() {
        lines.push("        links: [".to_string());
        for (from, to, it) in &network.links {
            let bandwidth = it.bandwidth.map_or(BANDWIDTH.most, NonZeroU64::get);
            let link = format!("{}, bandwidth: {bandwidth}", link(it));
            lines.push(format!("            (from: {}, to: {}, {link}),", from.0, to.0));
        }
        lines.push("        ],".to_string());
    }
    lines.push(format!("        clients: ({}),", whole(&network.clients)));
    lines.push("    ),".to_string());
}

/// All of a link but its bandwidth.
fn link(link: &Link) -> String {
    let latency = distribution(&link.latency);
    format!("latency: {latency}, loss: {}, duplicate: {}", link.loss, link.duplicate)
}

fn distribution(distribution: &Distribution) -> String {
    match distribution {
        Distribution::Constant(delay) => format!("Constant(\"{delay}\")"),
        Distribution::Uniform(min, max) => format!("Uniform(\"{min}\", \"{max}\")"),
        Distribution::Exponential { min, mean, max } => {
            format!("Exponential(min: \"{min}\", mean: \"{mean}\", max: \"{max}\")")
        }
    }
}

fn clients(clients: &Clients, lines: &mut Vec<String>) {
    let arrival = match clients.arrival {
        Arrival::OpenLoop { mean } => format!("OpenLoop(rate: {})", operations(clients.count, mean)),
        Arrival::ClosedLoop { think } => format!("ClosedLoop(think: \"{think}\")"),
    };
    lines.push("    clients: (".to_string());
    lines.push(format!("        count: {}, arrival: {arrival}, mix: {},", clients.count, mix(clients.mix)));
    lines.push(format!(
        "        keys: {}, value_bytes: {}, timeout: \"{}\",",
        clients.keys, clients.value_bytes, clients.timeout
    ));
    lines.push(format!("        backoff: {},", backoff(&clients.backoff)));
    if let Some(wait) = clients.retry_after {
        lines.push(format!("        retry_after: \"{wait}\","));
    }
    if let Some(sessions) = clients.sessions {
        lines.push(format!("        sessions: true, most_sessions: {},", sessions.most));
    }
    if let Some(it) = &clients.breaker {
        lines.push(format!("        breaker: {},", breaker(it)));
    }
    lines.push("    ),".to_string());
}

fn backoff(backoff: &Backoff) -> String {
    let Backoff { base, cap, jitter, after_silence, attempts, budget } = backoff;
    let silence = if *after_silence { ", after_silence: true" } else { "" };
    let attempts = attempts.map_or(String::new(), |most| format!(", attempts: {most}"));
    let budget = budget.map_or(String::new(), |Budget { ratio, burst }| {
        format!(", budget: (ratio: {ratio}, burst: {burst})")
    });
    format!("(base: \"{base}\", cap: \"{cap}\", jitter: {jitter:?}{silence}{attempts}{budget})")
}

fn breaker(breaker: &Breaker) -> String {
    let Breaker { window, open_at, cool_down, probes } = breaker;
    format!("(window: {window}, open_at: {open_at}, cool_down: \"{cool_down}\", probes: {probes})")
}

/// The shortest rate of arrival that gives this mean.
fn operations(count: u32, mean: Duration) -> String {
    shortest(f64::from(count) * 1e9 / mean.nanos() as f64, |rate| mean_between(count, rate) == mean)
}

/// The shortest number that fits, near this one.
fn shortest(rate: f64, is_right: impl Fn(f64) -> bool) -> String {
    let fits = |text: &String| text.parse().is_ok_and(&is_right);
    let short = (0..=17).map(|decimals| format!("{rate:.decimals$}")).find(fits);
    // Two roundings may leave the exact quotient a step beside.
    let beside =
        || [rate, rate.next_up(), rate.next_down()].map(|rate| rate.to_string()).into_iter().find(fits);
    short.or_else(beside).unwrap_or_else(|| rate.to_string())
}

/// Shares with as few decimals as give these very parts; the parts themselves where no decimals do.
fn mix(mix: Mix) -> String {
    let parts = [mix.put, mix.get, mix.cas];
    let text = (0..=12)
        .map(|decimals| parts.map(|part| format!("{:.decimals$}", part as f64 / 4_294_967_296.0)))
        .find(|texts| {
            let weights = [0, 1, 2].map(|i| texts[i].parse().unwrap_or(0.0));
            weights.iter().sum::<f64>() > 0.0 && shares(weights) == mix
        })
        .unwrap_or_else(|| parts.map(|part| part.to_string()));
    format!("(put: {}, get: {}, cas: {})", text[0], text[1], text[2])
}

/// Parts with commas between.
fn joined(parts: impl IntoIterator<Item = String>) -> String {
    parts.into_iter().collect::<Vec<_>>().join(", ")
}

/// A list of lines, if there are any.
fn listed(field: &str, items: impl IntoIterator<Item = String>, lines: &mut Vec<String>) {
    let items: Vec<String> = items.into_iter().map(|item| format!("        {item},")).collect();
    if !items.is_empty() {
        lines.push(format!("    {field}: ["));
        lines.extend(items);
        lines.push("    ],".to_string());
    }
}
