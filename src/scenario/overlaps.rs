//! Scripted faults that exclude each other: a node that is down can't be taken down again.

use super::path::Path;
use super::problem::Notes;
use super::setting::Setting;
use crate::ids::NodeId;
use crate::plan::{Action, End, Fault, Start, Target};
use crate::time::Time;

/// Until when a node is down or paused at the latest, and by which fault.
type Held = Option<(Time, usize)>;

/// What is held by faults that began before.
#[derive(Default)]
struct State {
    /// Each node by faults that name it.
    nodes: Vec<Held>,
    /// The one of them that lasts longest.
    longest: Option<(Time, usize, NodeId)>,
    /// All nodes.
    all: Held,
}

/// Notes two faults that may be at one time, and take the same node down or pause it. That can be told of faults whose
/// times and nodes are known; of others the world makes sense at run time.
pub(super) fn overlaps(path: &Path<'_>, faults: &[Fault], setting: &Setting<'_>, notes: &mut Notes<'_>) {
    let mut ordered: Vec<(Time, usize)> = Vec::new();
    for (place, fault) in faults.iter().enumerate() {
        if let Start::At(at) = fault.start
            && exclusive(&fault.action, setting).is_some()
        {
            ordered.push((at, place));
        }
    }
    ordered.sort_unstable();
    let state = || State { nodes: vec![None; setting.voters as usize], ..State::default() };
    let (mut down, mut paused) = (state(), state());
    for (at, place) in ordered {
        let Some((is_down, target)) = exclusive(&faults[place].action, setting) else { continue };
        let state = if is_down { &mut down } else { &mut paused };
        let until = latest_end(&faults[place], at);
        if let Some((other, node)) = state.hold(target, at, until, place) {
            let what = if is_down { "down" } else { "paused" };
            let who = node.map_or("every node".to_string(), |node| format!("node {}", node.0));
            let (later, earlier) = (place.max(other), place.min(other));
            let message = format!("{who} is {what} already in this time, by faults[{earlier}]");
            let (later, earlier) = (path.item(later), path.item(earlier));
            let beside = (&earlier.field("do"), "by this fault");
            let help = "let one of the two end before the other begins";
            notes.error_beside(&later.field("do"), message, help, beside);
        }
    }
}

impl State {
    /// Holds what a fault names from `at` to `until`. If some of it is held already: by which fault, and which node.
    fn hold(
        &mut self,
        target: Target,
        at: Time,
        until: Time,
        place: usize,
    ) -> Option<(usize, Option<NodeId>)> {
        let lasts = |held: &Held| held.filter(|(end, _)| at < *end);
        let by_all = lasts(&self.all).map(|(_, other)| other);
        let longer = |held: Held| held.filter(|(end, _)| *end >= until).or(Some((until, place)));
        match target {
            Target::Node(node) => {
                let by_one = lasts(&self.nodes[node.slot()]).map(|(_, other)| other);
                self.nodes[node.slot()] = longer(self.nodes[node.slot()]);
                if self.longest.is_none_or(|(end, ..)| end < until) {
                    self.longest = Some((until, place, node));
                }
                by_one.or(by_all).map(|other| (other, Some(node)))
            }
            _ => {
                let by_one = self.longest.filter(|(end, ..)| at < *end);
                let found = by_one.map(|(_, other, node)| (other, Some(node)));
                self.all = longer(self.all);
                found.or(by_all.map(|other| (other, None)))
            }
        }
    }
}

/// When a fault that begins at this time is over at the latest.
fn latest_end(fault: &Fault, at: Time) -> Time {
    match fault.end {
        End::Never => Time::from_nanos(u64::MAX),
        End::Until(until) => until,
        End::For(length) => at + fault.spread + length,
    }
}

/// What a fault holds for itself: a node, or all, being down (`true`) or paused.
fn exclusive(action: &Action, setting: &Setting<'_>) -> Option<(bool, Target)> {
    let (is_down, target) = match action {
        Action::Crash(target) | Action::Wipe(target) => (true, *target),
        Action::Pause(target) => (false, *target),
        Action::Partition(_) | Action::Clog(_) | Action::Flap { .. } => return None,
    };
    let target = setting.unnamed(target);
    matches!(target, Target::Node(_) | Target::All).then_some((is_down, target))
}
