//! Scripted faults that exclude each other: a node that is down can't be taken down again.

use super::moments::{beginnings, called};
use super::setting::Setting;
use super::{doubles, drifts};
use crate::ids::{NodeId, NodeSet};
use crate::plan::{Action, Cluster, End, Fault, Plan, Target};
use crate::scenario::bounds::MOST_DRIFT;
use crate::scenario::notes::Notes;
use crate::scenario::path::Path;
use crate::time::Time;
use std::collections::BTreeSet;

/// Until when a node is down or paused at the latest, and by which fault.
type Until = Option<(Time, usize)>;

/// What is held by faults that began before.
#[derive(Default)]
struct State {
    /// Each node by faults that name it.
    nodes: Vec<Until>,
    /// The one of them that lasts longest.
    longest: Option<(Time, usize, NodeId)>,
    /// All nodes.
    all: Until,
    /// Some nodes, drawn from the voters: a majority of them, and fewer.
    majority: Until,
    minority: Until,
}

/// What a fault does to nodes such that it and others exclude each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Down,
    Paused,
    DiskFull,
}

/// Whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whom {
    These(NodeSet),
    All,
    Majority,
    Minority,
}

/// What a node is by a fault, and by another at the same time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Held {
    /// Down, twice.
    Down,
    /// Paused, twice.
    Paused,
    /// Down and paused, of which nothing comes but what comes of being down.
    Both,
    /// Down, and with a full disk.
    DownAndFull,
}

/// Two faults that may be at one time, and take the same node down or pause it.
struct Overlap {
    /// The places of the two, the later in the list first.
    places: (usize, usize),
    /// What the node is already.
    held: Held,
    /// The node, if it is known.
    node: Option<NodeId>,
}

/// Notes faults that overlap without saying that they may.
pub(super) fn overlaps(
    path: &Path<'_>,
    faults: &[Fault],
    may: impl Fn(usize) -> bool,
    setting: &Setting<'_>,
    notes: &mut Notes<'_>,
) {
    let help = "let one of the two end before the other begins, or, if it is meant, say `overlap: true`";
    for Overlap { places: (later, earlier), held, node } in find(faults, may, setting) {
        let who = node.map_or("some node".to_string(), |node| format!("node {}", node.0));
        let other_fault = called(faults, earlier);
        let (place, other) = (path.item(later), path.item(earlier));
        let (place, other) = (place.field("do"), other.field("do"));
        let beside = (&other, "by this fault");
        let already = |what: &str| format!("{who} is {what} already in this time, by {other_fault}");
        match held {
            Held::Down => notes.error_beside(&place, already("down"), help, beside),
            Held::Paused => notes.error_beside(&place, already("paused"), help, beside),
            Held::Both => {
                let message = format!(
                    "with {other_fault} {who} is down and paused at once, and a pause changes nothing then"
                );
                notes.warn_beside(&place, message, help, (&other, "the other of the two"));
            }
            Held::DownAndFull => {
                let message = format!(
                    "with {other_fault} {who} is down and its disk is full at once, and it is up again only when both are over"
                );
                notes.warn_beside(&place, message, help, (&other, "the other of the two"));
            }
        }
    }
}

/// Notes faults that together let a clock drift by more than one does, without saying that they may.
pub(super) fn drifts(
    path: &Path<'_>,
    faults: &[Fault],
    cluster: &Cluster,
    may: impl Fn(usize) -> bool,
    setting: &Setting<'_>,
    notes: &mut Notes<'_>,
) {
    for drifts::TooMuch { place, before, node, ppm } in
        drifts::find(faults, &cluster.drifts_ppm, may, setting)
    {
        let message = format!(
            "with what it does already the clock of node {} drifts by {ppm} parts per million; {MOST_DRIFT} is the most",
            node.0
        );
        let help =
            "lower `ppm`, or let the other end before this begins, or, if it is meant, say `overlap: true`";
        let place = path.item(place);
        match before {
            Some(before) => {
                let before = path.item(before);
                notes.error_beside(&place.field("do"), message, help, (&before.field("do"), "does already"));
            }
            None => notes.error(&place.field("do"), message, help),
        }
    }
}

/// The places of the faults of a plan that have to say that they may overlap.
pub(in crate::scenario) fn overlapping(plan: &Plan) -> BTreeSet<usize> {
    let setting = Setting { names: &plan.names, ..Setting::of(&plan.cluster) };
    let drifts = drifts::find(&plan.faults, &plan.cluster.drifts_ppm, |_| false, &setting);
    let mut may: BTreeSet<usize> = drifts.into_iter().map(|drift| drift.place).collect();
    loop {
        let found = find(&plan.faults, |place| may.contains(&place), &setting);
        let doubles = doubles::find(&plan.faults, |place| may.contains(&place), &setting);
        if found.is_empty() && doubles.is_empty() {
            return may;
        }
        may.extend(found.into_iter().map(|overlap| overlap.places.0));
        may.extend(doubles.into_iter().map(|(later, _)| later));
    }
}

/// Finds faults that overlap. That can be told of faults whose times and nodes are known; of others the world makes
/// sense at run time. What may overlap is no part of any: it is enough that one of two says so.
fn find(faults: &[Fault], may: impl Fn(usize) -> bool, setting: &Setting<'_>) -> Vec<Overlap> {
    let mut ordered: Vec<(Time, usize)> = Vec::new();
    for (place, begins) in beginnings(faults, setting).into_iter().enumerate() {
        if !may(place) && exclusive(&faults[place].action, setting).is_some() {
            ordered.extend(begins.map(|at| (at, place)));
        }
    }
    ordered.sort_unstable();
    let state = || State { nodes: vec![None; setting.nodes as usize], ..State::default() };
    let (mut down, mut paused, mut full) = (state(), state(), state());
    let mut found = Vec::new();
    for (at, place) in ordered {
        let Some((kind, whom)) = exclusive(&faults[place].action, setting) else { continue };
        let overlap = |held| {
            move |(other, node): (usize, _)| Overlap {
                places: (place.max(other), place.min(other)),
                held,
                node,
            }
        };
        let same = match kind {
            Kind::Down => {
                found.extend(paused.holds(whom, at).map(overlap(Held::Both)));
                found.extend(full.holds(whom, at).map(overlap(Held::DownAndFull)));
                found.extend(down.holds(whom, at).map(overlap(Held::Down)));
                &mut down
            }
            Kind::Paused => {
                found.extend(down.holds(whom, at).map(overlap(Held::Both)));
                found.extend(paused.holds(whom, at).map(overlap(Held::Paused)));
                &mut paused
            }
            // What fills one disk twice is seen to elsewhere.
            Kind::DiskFull => {
                found.extend(down.holds(whom, at).map(overlap(Held::DownAndFull)));
                &mut full
            }
        };
        same.hold(whom, latest_end(&faults[place], at), place);
    }
    found
}

impl State {
    /// Whether some of these nodes are held for certain at this time: by which fault, and one of them, if it is known.
    fn holds(&self, whom: Whom, at: Time) -> Option<(usize, Option<NodeId>)> {
        let lasts = |held: Until| held.filter(|(end, _)| at < *end).map(|(_, other)| (other, None));
        let all = lasts(self.all);
        match whom {
            Whom::These(nodes) => nodes.iter().find_map(|node| {
                let (other, _) = lasts(self.nodes[node.slot()]).or(all)?;
                Some((other, Some(node)))
            }),
            Whom::All => {
                let by_one = self.longest.filter(|(end, ..)| at < *end);
                let by_one = by_one.map(|(_, other, node)| (other, Some(node)));
                by_one.or(all).or_else(|| lasts(self.majority)).or_else(|| lasts(self.minority))
            }
            // Two majorities have a node in common; for others chance decides.
            Whom::Majority => all.or_else(|| lasts(self.majority)),
            Whom::Minority => all,
        }
    }

    /// Holds these nodes until then.
    fn hold(&mut self, whom: Whom, until: Time, place: usize) {
        let longer = |held: Until| held.filter(|(end, _)| *end >= until).or(Some((until, place)));
        let nodes = match whom {
            Whom::These(nodes) => nodes,
            Whom::All => return self.all = longer(self.all),
            Whom::Majority => return self.majority = longer(self.majority),
            Whom::Minority => return self.minority = longer(self.minority),
        };
        for node in nodes.iter() {
            let held = &mut self.nodes[node.slot()];
            *held = longer(*held);
            if self.longest.is_none_or(|(end, ..)| end < until) {
                self.longest = Some((until, place, node));
            }
        }
    }
}

/// When a fault that begins at this time is over at the latest.
pub(super) fn latest_end(fault: &Fault, at: Time) -> Time {
    match fault.end {
        End::Never => Time::from_nanos(u64::MAX),
        End::Until(until) => until,
        End::For(length) => at + fault.spread + length,
    }
}

/// What a fault holds for itself, if that can be told of it.
fn exclusive(action: &Action, setting: &Setting<'_>) -> Option<(Kind, Whom)> {
    let (kind, target) = match action {
        Action::Crash(target) | Action::Wipe(target) => (Kind::Down, *target),
        Action::Pause(target) => (Kind::Paused, *target),
        Action::DiskFull(target) => (Kind::DiskFull, *target),
        Action::Lose { .. }
        | Action::Duplicate { .. }
        | Action::Delay { .. }
        | Action::Corrupt { .. }
        | Action::Misdirect { .. }
        | Action::Replay { .. }
        | Action::Forge { .. }
        | Action::Partition(_)
        | Action::Clog(_)
        | Action::Flap { .. }
        | Action::Deaf(_)
        | Action::Mute(_)
        | Action::DiskStall(_)
        | Action::LoseFlush(_)
        | Action::Rot(_)
        | Action::Drift { .. }
        | Action::Starve { .. }
        | Action::Skew { .. }
        | Action::Step { .. }
        | Action::Slow { .. }
        | Action::Flood { .. }
        | Action::Transfer(_)
        | Action::AddLearner(_)
        | Action::Promote(_)
        | Action::Remove(_)
        | Action::Replace { .. } => return None,
    };
    let whom = match setting.unnamed(target) {
        Target::Node(node) => Whom::These([node].into_iter().collect()),
        Target::Nodes(nodes) => Whom::These(nodes),
        Target::All | Target::Rest => Whom::All,
        Target::Majority => Whom::Majority,
        // Of two voters or one a majority leaves nobody over.
        Target::Minority if setting.voters > 2 => Whom::Minority,
        _ => return None,
    };
    Some((kind, whom))
}
