//! Leaps: plans far smaller than the one that failed, made of a few of its faults at new times.
//!
//! A failure found by chance needs few of the faults that befell the run, but needs them at the right moments, and with
//! the others gone the moments are others. So a leap keeps some faults in their order and draws the rest anew: how far
//! they lie apart, how long they last, whom they hit, the seed. One leap rarely fails as wanted; since it is short,
//! thousands can be tried.

use super::smaller::{begin, finish, switch_off, with_nodes};
use crate::plan::{
    Action, Arrival, Clients, Edge, End, Expectation, Fault, Milestone, Plan, Shape, Start, Target,
};
use crate::rng::{Stream, below, log_uniform};
use crate::time::{Duration, Time};

/// Two faults of a leap begin at most this far apart. One lasts at most so long, or to the end.
const APART: Duration = Duration::from_secs(2);

/// What waits for an election comes at most so long after it.
const AFTER_ELECTION: Duration = Duration::from_millis(200);

/// The least time that is drawn.
const LEAST: Duration = Duration::from_micros(100);

/// After the last fault a leap goes on for eight of the greatest election timeouts, but at least and at most so long.
const TO_FAIL: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(4));

/// The mean time between two operations of a gentle load.
const GENTLE: Duration = Duration::from_millis(50);

/// Clusters of these sizes are tried, each as often as the one that failed.
const SMALL: [u32; 2] = [3, 5];

/// The `number`-th leap from a plan that fails at this time, with so many of its faults.
pub(super) fn leap(plan: &Plan, at: Time, keep: usize, number: u64) -> Plan {
    let mut stream = Stream::new(number, "leap", keep as u64, 0);
    let mut one_of = |many| below(stream.word(), many);
    let (size, load, hits_leaders) = (one_of(SMALL.len() as u64 + 1), one_of(6), one_of(3) > 0);
    let (after_elections, new_times, switches_off) = (one_of(2) == 0, one_of(2) == 0, one_of(2) == 0);
    let mut smaller = plan.clone();
    smaller.seed = number + 1;
    smaller.settle = None;
    if switches_off {
        switch_off(&mut smaller.cluster.raft);
    }
    smaller.expectations.retain(|expectation| matches!(expectation, Expectation::Violates(_)));
    match load {
        0 | 1 => {}
        2 => gentle(&mut smaller),
        _ => smaller.clients = None,
    }
    smaller.faults = chosen(plan, at, keep, &mut stream);
    let (mut last, mut before, mut elections) = (Time::ZERO, Time::ZERO, 0);
    for fault in &mut smaller.faults {
        let mut time = |most| if new_times { drawn(most, &mut stream) } else { APART.min(most) };
        let gap = time(begin(fault).since(before));
        let length = time(finish(fault).map_or(APART, |until| until.since(begin(fault)))).max(LEAST);
        before = begin(fault);
        last += gap;
        elections += 1 + below(stream.word(), 4) / 3;
        fault.start = if after_elections {
            Start::When { milestone: Milestone::Elected(elections), after: gap.min(AFTER_ELECTION) }
        } else {
            Start::At(last)
        };
        fault.end = if below(stream.word(), 4) == 0 { End::Never } else { End::For(length) };
        if hits_leaders {
            at_leader(&mut fault.action);
        }
    }
    let time_to_fail = plan.cluster.raft.election_timeout.1.saturating_mul(8).clamp(TO_FAIL.0, TO_FAIL.1);
    smaller.duration = last.since(Time::ZERO) + time_to_fail;
    match SMALL.get(size as usize) {
        Some(voters) if *voters < plan.cluster.voters => with_nodes(&smaller, *voters),
        _ => smaller,
    }
}

/// A load that costs little: a few operations in each second.
fn gentle(plan: &mut Plan) {
    if let Some(Clients { count, arrival: Arrival::OpenLoop { mean }, .. }) = &mut plan.clients {
        (*count, *mean) = (1, GENTLE);
    }
}

/// So many of the faults that began before this time, in their order.
fn chosen(plan: &Plan, at: Time, keep: usize, stream: &mut Stream) -> Vec<Fault> {
    let mut faults: Vec<&Fault> = plan.faults.iter().filter(|fault| begin(fault) < at).collect();
    faults.sort_by_key(|fault| begin(fault));
    let mut places: Vec<usize> = (0..faults.len()).collect();
    let mut kept: Vec<usize> = (0..keep.min(places.len()))
        .map(|_| places.swap_remove(below(stream.word(), places.len() as u64) as usize))
        .collect();
    kept.sort_unstable();
    kept.into_iter().map(|place| faults[place].clone()).collect()
}

/// A time of any magnitude up to this one.
fn drawn(most: Duration, stream: &mut Stream) -> Duration {
    Duration::from_nanos(log_uniform(stream.word(), LEAST.nanos(), most.clamp(LEAST, APART).nanos()))
}

/// What hits one node, or all links from it or to it, hits the leader.
fn at_leader(action: &mut Action) {
    match action {
        Action::Crash(target @ Target::Node(_))
        | Action::Pause(target @ Target::Node(_))
        | Action::Forge { to: target @ Target::Node(_), .. }
        | Action::Partition(Shape::Isolate(target))
        | Action::Clog(Shape::Isolate(target)) => *target = Target::Leader,
        Action::Partition(shape @ Shape::Cut(_)) | Action::Clog(shape @ Shape::Cut(_)) => {
            let Shape::Cut(edges) = &*shape else { return };
            let (leader, rest) = (vec![Target::Leader], vec![Target::Rest]);
            let alike = |end: fn(&Edge) -> Target| edges.iter().all(|edge| end(edge) == end(&edges[0]));
            let one_way = edges.iter().all(|edge| edge.one_way);
            if one_way && alike(|edge| edge.from) {
                *shape = Shape::OneWay { from: leader, to: rest };
            } else if one_way && alike(|edge| edge.to) {
                *shape = Shape::OneWay { from: rest, to: leader };
            }
        }
        _ => {}
    }
}
