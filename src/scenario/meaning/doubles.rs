//! Scripted faults that do once more what another does already.

use super::moments::{beginnings, called};
use super::overlaps::latest_end;
use super::setting::Setting;
use crate::plan::{Action, Edge, Fault, Shape, Target};
use crate::scenario::notes::Notes;
use crate::scenario::path::Path;
use crate::time::Time;
use std::collections::BTreeMap;

/// Warns of faults that do the same to the same at the same time without saying that they may.
pub(super) fn warn(
    path: &Path<'_>,
    faults: &[Fault],
    may: impl Fn(usize) -> bool,
    setting: &Setting<'_>,
    notes: &mut Notes<'_>,
) {
    for (later, earlier) in find(faults, may, setting) {
        let message = format!("{} does the same in this time", called(faults, earlier));
        let help = "take one of the two away, let it end before the other begins, or, if it is meant, say `overlap: true`";
        let (later, earlier) = (path.item(later), path.item(earlier));
        notes.warn_beside(&later.field("do"), message, help, (&earlier.field("do"), "the same"));
    }
}

/// The places of faults that do the same at a time, the later in the list first. That can be told of faults whose times and
/// nodes are known.
pub(super) fn find(
    faults: &[Fault],
    may: impl Fn(usize) -> bool,
    setting: &Setting<'_>,
) -> Vec<(usize, usize)> {
    let mut ordered: Vec<(Time, usize)> = Vec::new();
    for (place, begins) in beginnings(faults, setting).into_iter().enumerate() {
        let action = &faults[place].action;
        if !may(place) && lasts(action) && are_known(action, setting) {
            ordered.extend(begins.map(|at| (at, place)));
        }
    }
    ordered.sort_unstable();
    // Actions have no order of their own; what they hold is told in full by the form for the programmer.
    let mut lasting: BTreeMap<String, (Time, usize)> = BTreeMap::new();
    let mut found = Vec::new();
    for (at, place) in ordered {
        let until = latest_end(&faults[place], at);
        let before = lasting.entry(format!("{:?}", faults[place].action)).or_insert((until, place));
        let (end, other) = *before;
        if other != place && at < end {
            found.push((place.max(other), place.min(other)));
        }
        if end < until {
            *before = (until, place);
        }
    }
    found
}

/// Whether it goes on until its end, and twice is no more than once or hardly meant; of machines that are down or paused, and of
/// clocks, others take care.
const fn lasts(action: &Action) -> bool {
    !matches!(
        action,
        Action::Crash(_)
            | Action::Wipe(_)
            | Action::Pause(_)
            | Action::Drift { .. }
            | Action::Skew { .. }
            | Action::Step { .. }
            | Action::Rot(_)
            | Action::Flood { .. }
            | Action::Forge { .. }
            | Action::Transfer(_)
            | Action::AddLearner(_)
            | Action::Promote(_)
            | Action::Remove(_)
            | Action::Replace { .. }
    )
}

/// Whether it is known beforehand whom it hits.
fn are_known(action: &Action, setting: &Setting<'_>) -> bool {
    let is_known = |target: &Target| {
        matches!(setting.unnamed(*target), Target::Node(_) | Target::Nodes(_) | Target::All | Target::Rest)
    };
    let edges = |edges: &[Edge]| edges.iter().all(|edge| is_known(&edge.from) && is_known(&edge.to));
    let shape = |shape: &Shape| match shape {
        Shape::Groups(groups) => groups.iter().flatten().all(is_known),
        Shape::Keep(list) | Shape::Cut(list) => edges(list),
        Shape::Isolate(target) | Shape::Bridge(target) => is_known(target),
        Shape::OneWay { from, to } => from.iter().chain(to).all(is_known),
        Shape::Chain(order) | Shape::Ring(order) => order.iter().all(is_known),
    };
    if let Some((links, _)) = action.on_frames() {
        return shape(links);
    }
    match action {
        Action::Partition(links) | Action::Clog(links) | Action::Flap { shape: links, .. } => shape(links),
        Action::Deaf(target)
        | Action::Mute(target)
        | Action::DiskStall(target)
        | Action::DiskFull(target)
        | Action::LoseFlush(target)
        | Action::Slow { target, .. }
        | Action::Starve { to: target, .. } => is_known(target),
        _ => false,
    }
}
