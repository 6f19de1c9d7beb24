//! What it costs hosts to serve frames, and what makes that a load.

use super::{bounded, quoted_name};
use crate::plan::{Action, Cluster, Cpu, Fault, Lanes, Storm, Target, WhenFull};
use crate::scenario::bounds::{self, GREATEST_COST, GREATEST_FACTOR, MOST_OPERATIONS};
use crate::scenario::notes::Notes;
use crate::scenario::path::Path;
use crate::scenario::shape;
use crate::time::Duration;
use std::num::NonZeroU32;

/// How hosts serve frames.
pub(super) fn cpu(path: &Path<'_>, host: &shape::Host, notes: &mut Notes<'_>) -> Cpu {
    let inbox = bounded(path, host.inbox, bounds::INBOX, notes);
    Cpu {
        cost_per_frame: cost(&path.field("cost_per_frame"), host.cost_per_frame, notes),
        cost_per_kib: cost(&path.field("cost_per_kib"), host.cost_per_kib, notes),
        inbox: NonZeroU32::new(inbox).unwrap_or(NonZeroU32::MIN),
        when_full: match host.when_full {
            shape::WhenFull::DropNewest => WhenFull::DropNewest,
            shape::WhenFull::DropOldest => WhenFull::DropOldest,
            shape::WhenFull::Refuse => WhenFull::Refuse,
        },
        lanes: match host.lanes {
            shape::Lanes::One => Lanes::One,
            shape::Lanes::Two => Lanes::Two,
        },
    }
}

/// Warns of what says how frames wait where none does, and of costs that leave no time for Raft itself.
pub(super) fn doubtful(path: &Path<'_>, cluster: &Cluster, notes: &mut Notes<'_>) {
    let cpu = cluster.cpu;
    if !cpu.costs() && !cluster.blocking {
        for field in ["inbox", "when_full", "lanes"] {
            let path = path.field(field);
            if notes.is_written(&path) {
                let message = format!("`{field}` says nothing: hosts serve frames at no cost, so none waits");
                let help = "let frames cost something: `host: (cost_per_frame: \"20us\")`";
                notes.warn(&path, message, help);
            }
        }
    }
    let (cost, heartbeat, timeout) =
        (cpu.cost_per_frame, cluster.raft.heartbeat, cluster.raft.election_timeout.0);
    let followers = cluster.voters + cluster.learners - 1;
    let answers = cost.saturating_mul(u64::from(followers));
    let help = "it will hardly lead for long; a busy server takes some microseconds: \"20us\"";
    let message = if followers == 0 {
        return;
    } else if cost >= timeout {
        format!("to serve one frame takes {cost}, and followers campaign after {timeout} without one")
    } else if answers >= heartbeat {
        format!(
            "to serve the answers to each heartbeat takes a leader {answers}, and one is due every {heartbeat}"
        )
    } else {
        return;
    };
    notes.warn(&path.field("cost_per_frame"), message, help);
}

/// What it costs to serve a frame, or a part of one.
pub(super) fn cost(path: &Path<'_>, cost: Duration, notes: &mut Notes<'_>) -> Duration {
    if cost > GREATEST_COST {
        let message = format!("{} is {cost}; frames cost at most {GREATEST_COST}", quoted_name(path));
        notes.error(path, message, "a busy server takes some microseconds: \"20us\"");
    }
    cost.min(GREATEST_COST)
}

/// A fault that makes machines slow.
pub(super) fn slow_down(
    path: &Path<'_>,
    target: Target,
    slow: &shape::Slow,
    notes: &mut Notes<'_>,
) -> Action {
    let factor = slow.factor;
    if !(1.0..=GREATEST_FACTOR).contains(&factor) {
        let message = format!("`factor` has to be from 1 to {GREATEST_FACTOR}, not {factor}");
        let help = "it says how many times as much each frame costs: 20";
        notes.error(&path.field("factor"), message, help);
    }
    Action::Slow { target, permille: (factor.clamp(1.0, GREATEST_FACTOR) * 1e3).round() as u32 }
}

/// A flood of requests.
pub(super) fn flood(path: &Path<'_>, target: Target, flood: &shape::Flood, notes: &mut Notes<'_>) -> Action {
    let rate = flood.rate;
    if !(rate > 0.0 && rate <= MOST_OPERATIONS) {
        let message = format!("`rate` has to be above 0 and at most {MOST_OPERATIONS}, not {rate}");
        notes.error(&path.field("rate"), message, "it counts requests in a second: 20000");
    }
    let bytes = bounded(path, flood.bytes, bounds::FLOOD_BYTES, notes);
    Action::Flood { target, mean: mean_gap(rate), bytes }
}

/// The mean time between two of so many requests in a second.
pub(in crate::scenario) fn mean_gap(rate: f64) -> Duration {
    const MOST: f64 = 30.0 * 24.0 * 3600.0 * 1e9;
    Duration::from_nanos((1e9 / rate).round().clamp(1.0, MOST) as u64)
}

/// Notes faults that make hosts slow for which nothing costs anything.
pub(super) fn slow((cluster, faults, storms): (&Cluster, &[Fault], &[Storm]), notes: &mut Notes<'_>) {
    if cluster.cpu.costs() {
        return;
    }
    let mut note = |list: &str, place: usize, action: &Action| {
        if let Action::Slow { .. } = action {
            let list = Path::Root.field(list);
            let message = "hosts serve frames at no cost, so none can be slow";
            let help = "let frames cost something: `cluster: (host: (cost_per_frame: \"20us\"))`";
            notes.error(&list.item(place).field("do"), message, help);
        }
    };
    faults.iter().enumerate().for_each(|(place, fault)| note("faults", place, &fault.action));
    storms.iter().enumerate().for_each(|(place, storm)| note("storm", place, &storm.action));
}
