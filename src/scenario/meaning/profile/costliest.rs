//! The plans of a profile that take the most work, so that a profile that may draw what nobody can wait for is refused.

use crate::plan::{
    Arrival, Backoff, Chance, Clients, Cluster, ClusterRanges, Cpu, End, Fault, FaultRanges, Implementation,
    Integrity, Jitter, Link, Logs, Network, Plan, Profile, SessionRanges, Sessions, Start, Storm,
    StormRanges,
};
use crate::replica::{Changes, Flow, Options, Reads};
use crate::rng::{Distribution, Rate};
use crate::time::{Duration, Time};
use std::num::NonZeroU32;

/// Plans of which at least one takes as much as any plan that can be drawn: with the fewest and the most nodes, with
/// clients that wait and with such that don't, and that give up soon or late.
pub(super) fn plans(profile: &Profile) -> Vec<Plan> {
    let numbers = || profile.cluster.voters.iter().map(|(voters, _)| *voters);
    let voters = [numbers().min(), numbers().max()];
    let mut plans = Vec::new();
    for voters in voters.into_iter().flatten() {
        let Some(load) = &profile.clients else {
            plans.push(plan(profile, voters, None));
            continue;
        };
        let waits = load.closed_loop != Rate::ZERO;
        for timeout in [load.timeout.least, load.timeout.most] {
            let per_client = u64::from(load.count.most) * 1_000_000_000_000;
            let mean = Duration::from_nanos(per_client / u64::from(load.rate_milli.most));
            let open = Some(Arrival::OpenLoop { mean });
            let closed = waits.then_some(Arrival::ClosedLoop { think: load.think.least });
            for arrival in [open, closed].into_iter().flatten() {
                let clients = Clients {
                    count: load.count.most,
                    arrival,
                    mix: load.mix,
                    keys: load.keys.most,
                    value_bytes: load.value_bytes.most,
                    timeout,
                    backoff: Backoff {
                        base: if load.restraint == Rate::ZERO { Duration::from_millis(20) } else { SOONEST },
                        cap: Duration::from_secs(2),
                        jitter: Jitter::Full,
                        after_silence: false,
                        attempts: None,
                        budget: None,
                    },
                    retry_after: load
                        .sessions
                        .as_ref()
                        .filter(|it| it.retries != Rate::ZERO)
                        .map(|it| it.retry_after.least),
                    sessions: load.sessions.as_ref().map(|it| Sessions { most: it.most.most }),
                    breaker: None,
                };
                plans.push(plan(profile, voters, Some(clients)));
            }
        }
    }
    plans
}

/// The shortest first wait that is drawn.
const SOONEST: Duration = Duration::from_millis(5);

/// The protocol that sends most: that of the shortest times and the smallest batches.
fn raft(cluster: &ClusterRanges) -> Options {
    let heartbeat = cluster.heartbeat.least;
    let timeout = heartbeat.saturating_mul(u64::from(cluster.election_timeout_permille.least));
    let timeout = Duration::from_nanos(timeout.nanos() / 1000);
    Options {
        heartbeat,
        election_timeout: (timeout, timeout),
        max_batch_bytes: cluster.max_batch_bytes.least,
        snapshot_every: None,
        snapshot_chunk: NonZeroU32::MIN,
        pre_vote: cluster.pre_vote != Rate::ZERO,
        check_quorum: false,
        sticky: false,
        eager_votes: false,
        announce_commits: false,
        changes: Changes::default(),
        flow: Flow::default(),
        reads: Reads::default(),
        bug: None,
    }
}

fn plan(profile: &Profile, voters: u32, clients: Option<Clients>) -> Plan {
    let cluster = &profile.cluster;
    let storm = |storm: &StormRanges| Storm {
        during: (Time::ZERO, profile.settle.from),
        every: Distribution::Constant(storm.every.least),
        length: Distribution::Constant(storm.length.most),
        action: storm.action.clone(),
    };
    // When it begins does not count, and each is counted alone, as in scenarios.
    let fault = |fault: &FaultRanges| Fault {
        id: None,
        start: Start::At(Time::ZERO),
        spread: Duration::ZERO,
        end: End::For(fault.length.most),
        action: fault.action.clone(),
    };
    Plan {
        name: String::new(),
        about: String::new(),
        seed: 0,
        duration: profile.duration,
        events: None,
        cluster: Cluster {
            implementation: Implementation::Squall,
            voters,
            learners: cluster.changes.map_or(0, |changes| changes.learners.most),
            spares: cluster.changes.map_or(0, |changes| changes.spares.most),
            first_leader: None,
            priorities: Vec::new(),
            drifts_ppm: Vec::new(),
            logs: Logs::Same,
            raft: raft(cluster),
            cpu: Cpu::FREE,
            flush: Distribution::Constant(cluster.flush.least),
            torn: Rate::ZERO,
            blocking: false,
            call_timeout: Duration::from_millis(150),
            breaker: None,
            integrity: Integrity::Crc32c,
        },
        network: network(profile),
        clients,
        names: Vec::new(),
        faults: profile.faults.iter().map(fault).collect(),
        storms: profile.storms.iter().map(storm).collect(),
        settle: Some(profile.settle),
        expectations: Vec::new(),
        found: None,
    }
}

/// The fastest links between nodes, and those to clients that make them ask most often.
fn network(profile: &Profile) -> Network {
    let link = |latency| Link {
        latency: Distribution::Constant(latency),
        loss: Rate::ZERO,
        duplicate: Rate::ZERO,
        bandwidth: None,
    };
    let sessions = profile.clients.as_ref().and_then(|load| load.sessions.as_ref());
    let most = |chance: fn(&SessionRanges) -> Chance| {
        let chance = sessions.map(chance).filter(|chance| chance.likely != Rate::ZERO);
        chance.and_then(|it| Rate::new(f64::from(it.rate_ppb.most) / 1e9)).unwrap_or(Rate::ZERO)
    };
    Network {
        default: link(profile.network.latency.least),
        links: Vec::new(),
        clients: Link {
            loss: most(|it| it.loss),
            duplicate: most(|it| it.duplicate),
            ..link(Duration::ZERO)
        },
    }
}
