//! Other profiles, from which some of the runs are drawn.

use super::super::rate;
use crate::plan::Profile;
use crate::rng::Rate;
use crate::scenario::nearest::nearest;
use crate::scenario::notes::Notes;
use crate::scenario::path::Path;
use crate::scenario::shape::profile as shape;
use crate::scenario::{read_profile, shipped};

/// The profiles of these names, each with its share.
pub(super) fn mixture(
    list: &Path<'_>,
    others: &[shape::Other],
    notes: &mut Notes<'_>,
) -> Vec<(Rate, Profile)> {
    let mut read: Vec<(usize, Rate, Profile)> = Vec::with_capacity(others.len());
    for (i, other) in others.iter().enumerate() {
        let path = list.item(i);
        let share = rate(&path.field("likely"), other.likely, notes);
        if let Some((first, ..)) = read.iter().find(|(first, ..)| others[*first].profile == other.profile) {
            let message = format!("`{}` is given twice", other.profile);
            let beside = (&list.item(*first), "given here first");
            notes.error_beside(&path, message, "add the two shares up", beside);
            continue;
        }
        let profile = found(&path.field("profile"), &other.profile, notes);
        read.extend(profile.map(|profile| (i, share, profile)));
    }
    let sum: f64 = others.iter().map(|other| other.likely).sum();
    if sum > 1.0 && notes.is_clean() {
        let message = format!("these are {sum} of the runs together, more than all of them");
        notes.error(list, message, "let the shares add up to 1 at most");
    }
    read.into_iter().map(|(_, share, profile)| (share, profile)).collect()
}

/// The profile of this name.
fn found(path: &Path<'_>, name: &str, notes: &mut Notes<'_>) -> Option<Profile> {
    let Some(text) = shipped::profile(name) else {
        let names = shipped::profiles();
        let help = nearest(name, &names).map_or_else(
            || format!("there are {}", names.join(", ")),
            |name| format!("did you mean `{name}`?"),
        );
        notes.error(path, format!("no profile that comes with Squall is called `{name}`"), help);
        return None;
    };
    let read = read_profile(text);
    debug_assert!(read.is_ok(), "what comes with Squall can be read: {name}");
    read.ok().map(|(profile, _)| profile)
}
