//! Faults that wait for a change of the members that can't come before them.

use crate::plan::{Fault, Milestone, Start, Storm};
use crate::scenario::notes::Notes;
use crate::scenario::path::Path;

/// Notes an error for each fault that waits for more changes than can be done by then: a scripted change is done once at
/// most, and one that is `meant` to be refused never. Storms make as many as they like.
pub(super) fn changes(
    path: &Path<'_>,
    (faults, storms): (&[Fault], &[Storm]),
    meant: impl Fn(usize) -> bool,
    notes: &mut Notes<'_>,
) {
    let makes = |place: usize| faults[place].action.changes_members() && !meant(place);
    if storms.iter().any(|storm| storm.action.changes_members()) || !(0..faults.len()).any(makes) {
        return;
    }
    let (come, changes) = coming(faults, makes);
    for (place, fault) in faults.iter().enumerate() {
        let Start::When { milestone: Milestone::Changed(awaited), .. } = fault.start else { continue };
        if come[place] {
            continue;
        }
        let own = if makes(place) { ": it can't wait for its own" } else { "" };
        let can = match changes {
            0 => "no change".to_string(),
            1 => "only 1 change".to_string(),
            more => format!("only {more} changes"),
        };
        let message = format!("this waits for change {awaited}, and {can} can be done before it{own}");
        let help = match changes {
            0 => "let it begin `at` a time, or when a leader is there: `when: Elected(1), after: \"1s\"`"
                .into(),
            last => format!("wait for one that comes: `Changed({last})`"),
        };
        notes.error(&path.item(place).field("when"), message, help);
    }
}

/// Which faults may begin, and how many changes they make. Each fault is looked at once.
fn coming(faults: &[Fault], makes: impl Fn(usize) -> bool) -> (Vec<bool>, u64) {
    let mut after: Vec<Vec<usize>> = vec![Vec::new(); faults.len()];
    let mut after_changes: Vec<(u64, usize)> = Vec::new();
    let mut next: Vec<usize> = Vec::new();
    for (place, fault) in faults.iter().enumerate() {
        match fault.start {
            Start::When { milestone: Milestone::Changed(awaited), .. } => {
                after_changes.push((awaited, place));
            }
            Start::When { milestone: Milestone::Fault(other) | Milestone::End(other), .. } => {
                after[other as usize].push(place);
            }
            Start::When { .. } | Start::At(_) => next.push(place),
        }
    }
    // The one that waits for the fewest comes last.
    after_changes.sort_unstable_by_key(|wait| std::cmp::Reverse(*wait));
    let (mut come, mut changes) = (vec![false; faults.len()], 0);
    while let Some(place) = next.pop() {
        come[place] = true;
        changes += u64::from(makes(place));
        next.append(&mut after[place]);
        while let Some((_, waiting)) = after_changes.pop_if(|(awaited, _)| *awaited <= changes) {
            next.push(waiting);
        }
    }
    (come, changes)
}
