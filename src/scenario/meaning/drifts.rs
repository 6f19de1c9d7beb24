//! Scripted faults that let one clock drift: together they may go beyond what a clock does.

use super::setting::Setting;
use crate::ids::NodeId;
use crate::plan::{Action, End, Fault, Start, Target};
use crate::scenario::bounds::MOST_DRIFT;
use crate::time::Time;

/// A fault that lets a clock drift too much, with what it does already.
pub(super) struct TooMuch {
    /// Its place.
    pub(super) place: usize,
    /// That of the last one before it that still lasts; none if it is the clock's own drift.
    pub(super) before: Option<usize>,
    /// Whose clock.
    pub(super) node: NodeId,
    /// By how much it drifts then.
    pub(super) ppm: i64,
}

/// Finds them, as far as times and nodes are known. What may overlap is no part of any.
pub(super) fn find(
    faults: &[Fault],
    own_ppm: &[i32],
    may: impl Fn(usize) -> bool,
    setting: &Setting<'_>,
) -> Vec<TooMuch> {
    // Beginnings and ends, those of one instant in the order: ends, beginnings.
    let mut turns: Vec<(Time, bool, usize)> = Vec::new();
    for (place, fault) in faults.iter().enumerate() {
        let (Action::Drift { .. }, Start::At(at), false) = (&fault.action, fault.start, may(place)) else {
            continue;
        };
        let begins = at + fault.spread;
        let ends = match fault.end {
            End::Never => None,
            End::Until(until) => Some(until),
            End::For(length) => Some(at + length),
        };
        if ends.is_none_or(|ends| begins < ends) {
            turns.push((begins, true, place));
            turns.extend(ends.map(|ends| (ends, false, place)));
        }
    }
    turns.sort_unstable();
    let own = |slot: usize| own_ppm.get(slot).copied().unwrap_or(0).into();
    let mut sums: Vec<i64> = (0..setting.nodes as usize).map(own).collect();
    let mut last: Vec<Option<usize>> = vec![None; sums.len()];
    let mut found = Vec::new();
    for (_, begins, place) in turns {
        let Action::Drift { nodes, ppm } = faults[place].action else { continue };
        let ppm = i64::from(ppm);
        let mut is_found = false;
        for node in hit(nodes, setting) {
            let slot = node.slot();
            sums[slot] += if begins { ppm } else { -ppm };
            let is_too_much = begins && sums[slot].unsigned_abs() > MOST_DRIFT;
            if is_too_much && !is_found {
                found.push(TooMuch { place, before: last[slot], node, ppm: sums[slot] });
                is_found = true;
            }
            if begins {
                last[slot] = Some(place);
            } else if last[slot] == Some(place) {
                last[slot] = None;
            }
        }
    }
    found
}

/// The nodes of a target that are known before the run.
fn hit(target: Target, setting: &Setting<'_>) -> Vec<NodeId> {
    match setting.unnamed(target) {
        Target::Node(node) => vec![node],
        Target::Nodes(nodes) => nodes.iter().collect(),
        Target::All => (1..=setting.nodes).map(NodeId).collect(),
        _ => Vec::new(),
    }
}
