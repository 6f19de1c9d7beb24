//! When scripted faults begin, as far as that is known before the run.

use super::setting::Setting;
use crate::plan::{Action, End, Fault, Milestone, Start, Target};
use crate::time::Time;

/// So many faults that wait for one another against the order of the list are followed. Files that go beyond would take long.
const LONGEST_CHAIN: usize = 16;

/// For each fault when it begins at the earliest: at its time, or counted from another fault whose own moments are known to the
/// instant. None where only the run shows it.
pub(super) fn beginnings(faults: &[Fault], setting: &Setting<'_>) -> Vec<Option<Time>> {
    let mut known: Vec<Option<Time>> = vec![None; faults.len()];
    for _ in 0..LONGEST_CHAIN {
        let before = known.clone();
        for (place, fault) in faults.iter().enumerate().filter(|(place, _)| before[*place].is_none()) {
            known[place] = match fault.start {
                Start::At(at) => Some(at),
                Start::When { milestone: Milestone::Fault(other), after } => {
                    exact(faults, &known, other, setting).map(|(from, _)| from + after)
                }
                Start::When { milestone: Milestone::End(other), after } => {
                    exact(faults, &known, other, setting).and_then(|(_, to)| Some(to? + after))
                }
                Start::When { .. } => None,
            };
        }
        if known == before {
            break;
        }
    }
    known
}

/// When this fault begins and ends, if neither its targets nor chance have a part in it.
fn exact(
    faults: &[Fault],
    known: &[Option<Time>],
    place: u32,
    setting: &Setting<'_>,
) -> Option<(Time, Option<Time>)> {
    let fault = faults.get(place as usize)?;
    let from =
        known[place as usize].filter(|_| fault.spread.nanos() == 0 && never_waits(&fault.action, setting))?;
    let to = match fault.end {
        End::Never => None,
        End::Until(until) => Some(until),
        End::For(length) => Some(from + length),
    };
    Some((from, to))
}

/// Whether it takes machines whose names are known: then it begins when it is to begin.
fn never_waits(action: &Action, setting: &Setting<'_>) -> bool {
    let (Action::Crash(target) | Action::Wipe(target) | Action::Pause(target) | Action::DiskFull(target)) =
        action
    else {
        return false;
    };
    matches!(
        setting.unnamed(*target),
        Target::Node(_) | Target::Nodes(_) | Target::All | Target::Majority | Target::Rest
    )
}

/// What a fault is called in a message: by its id, or else by its place.
pub(super) fn called(faults: &[Fault], place: usize) -> String {
    match faults.get(place).and_then(|fault| fault.id.as_ref()) {
        Some(id) => format!("\"{id}\""),
        None => format!("faults[{place}]"),
    }
}
