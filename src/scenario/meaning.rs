//! The second pass: from shapes to a plan. It goes on after an error, so that all of them are told at once; the plan it
//! then returns is thrown away.

use super::bounds::{self, Bounds, GREATEST_WEIGHT, LONGEST, MOST_OPERATIONS, SHORTEST_BACKOFF};
use super::faults;
use super::path::Path;
use super::problem::Notes;
use super::shape;
use crate::ids::NodeId;
use crate::plan::{Arrival, Backoff, Clients, Cluster, Jitter, Link, Mix, Network, Plan};
use crate::replica::{Bug, Options};
use crate::rng::{Distribution, Rate};
use crate::time::Duration;

/// The most characters in a name.
const LONGEST_NAME: usize = 100;

/// The most characters in the text about a scenario.
const LONGEST_ABOUT: usize = 4_000;

/// What the shapes mean. Of use only if no error was noted.
pub(super) fn plan(scenario: &shape::Scenario, notes: &mut Notes<'_>) -> Plan {
    let root = Path::Root;
    texts(scenario, notes);
    let path = root.field("duration");
    positive(&path, scenario.duration, notes);
    let cluster = cluster(&root.field("cluster"), &scenario.cluster, notes);
    let network = network(&root.field("network"), &scenario.network, cluster.voters, notes);
    election_margin(&cluster, &network, notes);
    let clients = scenario.clients.as_ref();
    let clients = clients.map(|clients| self::clients(&root.field("clients"), clients, notes));
    let span = faults::Setting { voters: cluster.voters, duration: scenario.duration };
    let faults = faults::faults(&root.field("faults"), &scenario.faults, &span, notes);
    Plan {
        name: scenario.name.clone(),
        about: scenario.about.clone(),
        seed: scenario.seed,
        duration: scenario.duration,
        cluster,
        network,
        clients,
        names: Vec::new(),
        faults,
        storms: Vec::new(),
        settle: None,
        expectations: Vec::new(),
    }
}

fn texts(scenario: &shape::Scenario, notes: &mut Notes<'_>) {
    let length = scenario.name.chars().count();
    if length == 0 || length > LONGEST_NAME || scenario.name.chars().any(char::is_control) {
        let message = format!("a name has 1 to {LONGEST_NAME} characters and fits on one line");
        notes.error(&Path::Root.field("name"), message, "a few words with dashes do: \"leader-crash\"");
    }
    if scenario.about.chars().count() > LONGEST_ABOUT {
        let message = format!("`about` has at most {LONGEST_ABOUT} characters");
        notes.error(
            &Path::Root.field("about"),
            message,
            "put the rest into a comment, which may be of any length",
        );
    }
    if scenario.about.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
        let help = "only line ends and tabs are allowed among them";
        notes.error(&Path::Root.field("about"), "the text holds control characters", help);
    }
}

fn cluster(path: &Path<'_>, cluster: &shape::Cluster, notes: &mut Notes<'_>) -> Cluster {
    let voters = bounded(path, cluster.voters, bounds::VOTERS, notes);
    let raft = path.field("raft");
    raft_times(&raft, &cluster.raft, notes);
    let max_batch_bytes = bounded(&raft, cluster.raft.max_batch_bytes, bounds::MAX_BATCH_BYTES, notes);
    let flush = distribution(&path.field("disk").field("flush"), cluster.disk.flush, notes);
    positive(&path.field("rpc").field("timeout"), cluster.rpc.timeout, notes);
    Cluster {
        first_leader: None,
        logs: crate::plan::Logs::Same,
        voters,
        raft: Options {
            heartbeat: cluster.raft.heartbeat,
            election_timeout: cluster.raft.election_timeout,
            max_batch_bytes,
            bug: cluster.bug.map(|bug| match bug {
                shape::Bug::AckBeforeFlush => Bug::AckBeforeFlush,
            }),
        },
        flush,
        call_timeout: cluster.rpc.timeout,
    }
}

fn raft_times(path: &Path<'_>, raft: &shape::Raft, notes: &mut Notes<'_>) {
    positive(&path.field("heartbeat"), raft.heartbeat, notes);
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
        let help =
            format!("a sound leader would be challenged again and again; write (\"{three}\", \"{six}\")");
        notes.error(&path, message, help);
    } else if least == most {
        let message = "all nodes wait equally long, so they campaign at once and may split the vote for ever";
        let wider = format!("(\"{least}\", \"{}\")", least.saturating_mul(2));
        notes.warn(&path, message, format!("spread the timeout: {wider}"));
    }
}

/// Warns of a timer shorter than what it waits for: a round trip at its slowest and a flush.
fn election_margin(cluster: &Cluster, network: &Network, notes: &mut Notes<'_>) {
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

fn network(path: &Path<'_>, network: &shape::Network, voters: u32, notes: &mut Notes<'_>) -> Network {
    let usual = Link {
        latency: Distribution::Uniform(Duration::from_millis(1), Duration::from_millis(5)),
        loss: Rate::ZERO,
        duplicate: Rate::ZERO,
    };
    let at_once = Link { latency: Distribution::Constant(Duration::ZERO), ..usual.clone() };
    let default = link(&path.field("default"), &network.default, &usual, notes);
    let mut links: Vec<(NodeId, NodeId, Link)> = Vec::with_capacity(network.links.len());
    let mut seen = std::collections::BTreeSet::new();
    let list = path.field("links");
    for (i, directed) in network.links.iter().enumerate() {
        let path = list.item(i);
        let from = node(&path.field("from"), directed.from, voters, notes);
        let to = node(&path.field("to"), directed.to, voters, notes);
        if directed.from == directed.to {
            notes.error(
                &path,
                "a link leads from one node to another",
                "give `from` and `to` different numbers",
            );
        } else if !seen.insert((from, to)) {
            let message = format!("the link from node {} to node {} is given twice", from.0, to.0);
            notes.warn(&path, message, "only the last one counts; take the others away");
        }
        let given =
            shape::Link { latency: directed.latency, loss: directed.loss, duplicate: directed.duplicate };
        links.push((from, to, link(&path, &given, &default, notes)));
    }
    let path = path.field("clients");
    let clients = link(&path, &network.clients, &at_once, notes);
    if clients.duplicate != Rate::ZERO {
        let message =
            "frames of clients can't be duplicated: a request that arrives twice would be carried out twice";
        notes.error(&path.field("duplicate"), message, "take it away; lose or delay such frames instead");
    }
    Network { links, clients, default }
}

/// What is said of a link; what is not said is as in `usual`.
fn link(path: &Path<'_>, link: &shape::Link, usual: &Link, notes: &mut Notes<'_>) -> Link {
    let mut rate_of = |name, value: Option<f64>, usual| match value {
        Some(value) => rate(&path.field(name), value, notes),
        None => usual,
    };
    let loss = rate_of("loss", link.loss, usual.loss);
    let duplicate = rate_of("duplicate", link.duplicate, usual.duplicate);
    let latency = match link.latency {
        Some(latency) => distribution(&path.field("latency"), latency, notes),
        None => usual.latency,
    };
    Link { latency, loss, duplicate }
}

fn clients(path: &Path<'_>, clients: &shape::Clients, notes: &mut Notes<'_>) -> Clients {
    let count = bounded(path, clients.count, bounds::COUNT, notes);
    let backoff = path.field("backoff");
    if clients.backoff.base < SHORTEST_BACKOFF {
        let message = format!("the first wait, {}, is below {SHORTEST_BACKOFF}", clients.backoff.base);
        notes.error(&backoff.field("base"), message, format!("write \"{SHORTEST_BACKOFF}\" or more"));
    }
    limited(&backoff.field("base"), clients.backoff.base, notes);
    limited(&backoff.field("cap"), clients.backoff.cap, notes);
    if clients.backoff.base > clients.backoff.cap {
        let (base, cap) = (clients.backoff.base, clients.backoff.cap);
        let message = format!("the first wait, {base}, is above the longest, {cap}");
        notes.error(&backoff, message, format!("make `cap` at least \"{base}\""));
    }
    positive(&path.field("timeout"), clients.timeout, notes);
    Clients {
        count,
        arrival: arrival(&path.field("arrival"), clients.arrival, count, notes),
        mix: mix(&path.field("mix"), clients.mix, notes),
        keys: bounded(path, clients.keys, bounds::KEYS, notes),
        value_bytes: bounded(path, clients.value_bytes, bounds::VALUE_BYTES, notes),
        timeout: clients.timeout,
        backoff: Backoff {
            base: clients.backoff.base,
            cap: clients.backoff.cap,
            jitter: match clients.backoff.jitter {
                shape::Jitter::NoJitter => Jitter::NoJitter,
                shape::Jitter::Full => Jitter::Full,
            },
        },
    }
}

fn arrival(path: &Path<'_>, arrival: shape::Arrival, count: u32, notes: &mut Notes<'_>) -> Arrival {
    match arrival {
        shape::Arrival::OpenLoop { rate } if rate > 0.0 && rate <= MOST_OPERATIONS => {
            let mean = mean_between(count, rate);
            if mean > LONGEST {
                let message = format!("at this rate each client begins an operation in {mean} only");
                notes.error(&path.field("rate"), message, "raise `rate`, or leave `clients` out for no load");
            }
            Arrival::OpenLoop { mean }
        }
        shape::Arrival::OpenLoop { rate } => {
            let message = format!("a rate of arrival is above 0 and at most {MOST_OPERATIONS}, not {rate}");
            let help = "it counts the operations per second of all clients together; leave `clients` out for no load";
            notes.error(&path.field("rate"), message, help);
            Arrival::OpenLoop { mean: Duration::from_secs(1) }
        }
        shape::Arrival::ClosedLoop { think } => {
            limited(&path.field("think"), think, notes);
            Arrival::ClosedLoop { think }
        }
    }
}

/// The mean time between two operations of one client when `count` of them begin `rate` operations per second.
pub(super) fn mean_between(count: u32, rate: f64) -> Duration {
    Duration::from_nanos((f64::from(count) * 1e9 / rate).round() as u64)
}

fn mix(path: &Path<'_>, mix: shape::Mix, notes: &mut Notes<'_>) -> Mix {
    let weights = [mix.put, mix.get, mix.cas];
    let mut sound = true;
    for (name, weight) in ["put", "get", "cas"].into_iter().zip(weights) {
        if !(0.0..=GREATEST_WEIGHT).contains(&weight) {
            sound = false;
            let message = format!("a weight is a number from 0 to {GREATEST_WEIGHT}, not {weight}");
            notes.error(&path.field(name), message, "leave out what does not happen");
        }
    }
    if sound && weights.iter().sum::<f64>() == 0.0 {
        sound = false;
        notes.error(
            path,
            "all weights are 0, so there is nothing to do",
            "give one of `put`, `get`, `cas` a weight",
        );
    }
    shares(if sound { weights } else { [1.0, 0.0, 0.0] })
}

/// Turns weights, not all of them 0, into parts of 2^32 that add up to exactly that: rounded down, and what is then
/// missing goes to the largest remainders.
pub(super) fn shares(weights: [f64; 3]) -> Mix {
    const WHOLE: f64 = 4_294_967_296.0;
    let sum: f64 = weights.iter().sum();
    let exact = weights.map(|weight| weight / sum * WHOLE);
    let mut parts = exact.map(|part| part as u64);
    let mut order = [0, 1, 2];
    order.sort_by(|&a, &b| exact[b].fract().total_cmp(&exact[a].fract()));
    let missing = (1_u64 << 32).saturating_sub(parts.iter().sum());
    for &i in order.iter().take(missing as usize) {
        parts[i] += 1;
    }
    Mix { put: parts[0], get: parts[1], cas: parts[2] }
}

fn distribution(path: &Path<'_>, distribution: shape::Distribution, notes: &mut Notes<'_>) -> Distribution {
    match distribution {
        shape::Distribution::Constant(delay) => {
            limited(path, delay, notes);
            Distribution::Constant(delay)
        }
        shape::Distribution::Uniform(min, max) => {
            limited(path, max, notes);
            if min > max {
                let message = format!("the least delay, {min}, is above the greatest, {max}");
                notes.error(path, message, format!("write Uniform(\"{max}\", \"{min}\")"));
            }
            Distribution::Uniform(min, max)
        }
        shape::Distribution::Exponential { min, mean, max } => {
            limited(path, max, notes);
            if min > mean || mean > max {
                let message =
                    format!("the mean, {mean}, is not between the least and the greatest, {min} and {max}");
                notes.error(path, message, "order them: min, mean, max");
            }
            Distribution::Exponential { min, mean, max }
        }
    }
}

fn rate(path: &Path<'_>, value: f64, notes: &mut Notes<'_>) -> Rate {
    Rate::new(value).unwrap_or_else(|| {
        let help = match value {
            percent if percent > 1.0 && percent <= 100.0 => {
                format!("for {percent} percent write {}", percent / 100.0)
            }
            _ => "for one in a hundred write 0.01".to_string(),
        };
        notes.error(path, format!("a rate is a number from 0 to 1, not {value}"), help);
        Rate::ZERO
    })
}

/// The number `value` of the field that `bounds` names, in the struct at `path`.
fn bounded(path: &Path<'_>, value: u64, bounds: Bounds, notes: &mut Notes<'_>) -> u32 {
    let Bounds { name, least, most } = bounds;
    if !(least..=most).contains(&value) {
        let message = format!("`{name}` has to be from {least} to {most}, not {value}");
        let nearest = value.clamp(least, most);
        notes.error(&path.field(name), message, format!("the nearest that fits is {nearest}"));
        // The most there can be, so that nothing else seems out of bounds because of this.
        return most as u32;
    }
    value as u32
}

/// The node of this number.
pub(super) fn node(path: &Path<'_>, number: u64, voters: u32, notes: &mut Notes<'_>) -> NodeId {
    let voters = u64::from(voters);
    if number == 0 || number > voters {
        let last = if voters == 1 { "only node 1".to_string() } else { format!("nodes 1 to {voters}") };
        let nearest = number.clamp(1, voters);
        let message = format!("there is no node {number}: the cluster has {last}");
        notes.error(path, message, format!("the nearest is {nearest}"));
        return NodeId(nearest as u32);
    }
    NodeId(number as u32)
}

/// Notes a time of nothing, or of too much.
pub(super) fn positive(path: &Path<'_>, duration: Duration, notes: &mut Notes<'_>) {
    limited(path, duration, notes);
    if duration == Duration::ZERO {
        notes.error(
            path,
            format!("{} has to be longer than 0s", quoted_name(path)),
            "give it some time: \"100ms\"",
        );
    }
}

/// Notes a time of too much.
fn limited(path: &Path<'_>, duration: Duration, notes: &mut Notes<'_>) {
    if duration > LONGEST {
        let message = format!("{} is too long: at most 30 days fit", quoted_name(path));
        notes.error(path, message, "the longest is \"30days\"");
    }
}

/// The name of the field at the end of a path.
fn quoted_name(path: &Path<'_>) -> String {
    match path {
        Path::Field(_, name) => format!("`{name}`"),
        Path::Root | Path::Item(..) => "this".to_string(),
    }
}
