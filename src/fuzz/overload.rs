//! What it costs hosts to serve frames, as far as it bears on what a random run owes.
//!
//! Nothing is owed of a cluster that its usual load alone keeps busy, or whose inboxes may overflow by what comes at once:
//! there frames wait for each other, timers end meanwhile, and elections make more frames. Elsewhere a frame may wait for
//! all that comes at once: the answers of all nodes to a broadcast, twice over, and whatever clients have open. What floods
//! and slow hosts have left behind is worked off once after all faults are over; what of it has become entries has to
//! be caught up with.

use super::owed::seconds;
use crate::plan::{Action, Arrival, Clients, Jitter, Lanes, Plan};
use crate::rng::Distribution;
use crate::time::Time;

/// The greatest share of its time that a host may be busy for anything to be owed.
const MOST_BUSY: f64 = 0.2;

/// What a frame has besides its entries, in bytes; rather too much.
const FRAME_OVERHEAD: f64 = 160.0;

/// How hosts serve the frames of a plan once all faults are over, in seconds.
pub(super) struct Serving {
    /// How long a frame may have to wait and be served, with all that comes at once.
    pub(super) queue: f64,
    /// How long what was left behind keeps a host busy.
    pub(super) drain: f64,
}

impl Serving {
    /// How frames are served in runs of this plan; none if hosts may be overloaded by what is usual.
    pub(super) fn of(plan: &Plan) -> Option<Self> {
        let cluster = &plan.cluster;
        let cpu = &cluster.cpu;
        if !cpu.costs() && !cluster.blocking {
            return Some(Self { queue: 0.0, drain: 0.0 });
        }
        let cost = |bytes: f64| {
            seconds(cpu.cost_per_frame) + seconds(cpu.cost_per_kib) * (bytes + FRAME_OVERHEAD) / 1024.0
        };
        let nodes = f64::from(cluster.nodes());
        let (per_second, open, value) = plan.clients.as_ref().map_or((0.0, 0.0, 0.0), load);
        let flush = if cluster.blocking { seconds(cluster.flush.max()) } else { 0.0 };
        let usual = cost(value + 64.0);
        let heartbeats = 2.0 * nodes / seconds(cluster.raft.heartbeat);
        // Each command comes, goes to all, and is answered by all; so may be the news that it is committed.
        let rounds = if cluster.raft.announce_commits { 2.0 } else { 1.0 };
        let served = rounds * nodes + 2.0;
        let busy = per_second * (served * usual + flush) + heartbeats * usual;
        let longest = f64::from(cluster.raft.max_batch_bytes.max(cluster.raft.snapshot_chunk.get())) + value;
        let at_once = 2.0 * rounds * nodes + 4.0 + per_second * served * (flush + 10.0 * usual);
        let clients = match cpu.lanes {
            Lanes::One => open,
            Lanes::Two => 0.0,
        };
        let fits = f64::from(cpu.inbox.get()) >= 1.5 * at_once + clients.max(open);
        // Long frames come one at a time, after what they answer.
        let queue = (at_once + clients) * usual + 2.0 * cost(longest) + 2.0 * flush;
        let left = 2.0 * f64::from(cpu.inbox.get()) * usual + cost(longest) * slowest(plan);
        (busy <= MOST_BUSY && fits).then_some(Self { queue, drain: left })
    }
}

/// How many operations clients begin in a second, how many may be open at once, and how long their values are.
fn load(clients: &Clients) -> (f64, f64, f64) {
    let count = f64::from(clients.count);
    let (per_second, open) = match clients.arrival {
        Arrival::OpenLoop { mean } => {
            let rate = count / seconds(mean);
            (rate, rate * seconds(clients.timeout))
        }
        // Each begins its next operation as soon as it may.
        Arrival::ClosedLoop { think } => (count / seconds(think).max(1e-3), count),
    };
    let unbounded = asks(clients);
    let asks = clients.backoff.attempts.map_or(unbounded, |most| unbounded.min(f64::from(most.get())));
    // Sessions are asked for without such a bound.
    let sessions = if asks < unbounded { count * unbounded } else { 0.0 };
    let per_second = per_second * asks + sessions / seconds(clients.timeout);
    (per_second, open * asks + sessions, f64::from(clients.value_bytes))
}

/// How often a client asks for something within the time of an operation if nobody answers: less often if it waits longer
/// each time.
fn asks(clients: &Clients) -> f64 {
    let Some(patience) = clients.retry_after.map(seconds) else { return 1.0 };
    let (whole, backoff) = (seconds(clients.timeout), &clients.backoff);
    if !backoff.after_silence || backoff.jitter == Jitter::Decorrelated {
        return 1.0 + whole / patience;
    }
    // Of each wait a half counts: it may be drawn from nothing on.
    let (mut wait, cap) = (seconds(backoff.base), seconds(backoff.cap));
    let (mut at, mut times) = (0.0, 1.0);
    while wait < cap && at < whole && times < 64.0 {
        at += patience + wait / 2.0;
        (wait, times) = (2.0 * wait, times + 1.0);
    }
    times + (whole - at).max(0.0) / (patience + cap / 2.0)
}

/// By which factor a fault makes hosts slow at most.
fn slowest(plan: &Plan) -> f64 {
    let factors = actions(plan).map(|action| match action {
        Action::Slow { permille, .. } => f64::from(*permille) / 1e3,
        _ => 1.0,
    });
    factors.fold(1.0, f64::max)
}

/// How many entries floods may leave in the logs, and how long the value of each is at most, in bytes.
pub(super) fn flooded(plan: &Plan) -> (f64, u32) {
    let until = seconds(plan.settle.map_or(plan.duration, |settle| settle.from.since(Time::ZERO)));
    let (mut entries, mut longest) = (0.0, 0);
    let mut add = |action: &Action, lasts: f64| {
        if let Action::Flood { mean, bytes, .. } = action {
            // At most one node at a time makes entries of them. Six standard deviations above the mean.
            let number = lasts.min(until) / seconds(*mean);
            entries += number + 6.0 * libm::sqrt(number);
            longest = longest.max(*bytes);
        }
    };
    plan.faults.iter().for_each(|fault| add(&fault.action, until));
    for storm in &plan.storms {
        let every = match storm.every {
            Distribution::Constant(always) => seconds(always),
            Distribution::Uniform(least, most) => (seconds(least) + seconds(most)) / 2.0,
            Distribution::Exponential { mean, .. } => seconds(mean),
        };
        let times = until / every;
        add(&storm.action, (times + 6.0 * libm::sqrt(times) + 1.0) * seconds(storm.length.max()));
    }
    (entries, longest)
}

fn actions(plan: &Plan) -> impl Iterator<Item = &Action> {
    plan.faults.iter().map(|fault| &fault.action).chain(plan.storms.iter().map(|storm| &storm.action))
}
