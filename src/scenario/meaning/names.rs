//! Names for targets.

use super::setting::Setting;
use super::targets;
use crate::plan::{Action, Cluster, Fault, Name, Shape, Storm, Target};
use crate::scenario::notes::Notes;
use crate::scenario::path::Path;
use crate::scenario::shape;
use std::collections::{BTreeMap, BTreeSet};

/// The most characters of a name or an id.
pub(super) const LONGEST_NAME: usize = 100;

/// The names, in the order of the file, each once.
pub(super) fn names(
    path: &Path<'_>,
    names: &shape::Names,
    cluster: &Cluster,
    notes: &mut Notes<'_>,
) -> Vec<Name> {
    let setting = Setting::of(cluster);
    let mut first: BTreeMap<&str, usize> = BTreeMap::new();
    let mut read = Vec::new();
    for (i, (name, stands_for)) in names.0.iter().enumerate() {
        let path = path.entry(name, i);
        if let Some(&first) = first.get(name.as_str()) {
            let message = format!("`{name}` is bound twice");
            let help = "give one of the two another name";
            let other = path_of(names, first);
            notes.error_beside(&path.key(), message, help, (&other.key(), "bound here first"));
            continue;
        }
        first.insert(name, i);
        check(&path.key(), name, notes);
        let target = match stands_for {
            shape::Target::Named(other) => {
                let help = "write the target itself: `Leader`, `Follower(1)`";
                notes.error(
                    &path,
                    format!("a name stands for nodes, not for another name like `{other}`"),
                    help,
                );
                None
            }
            target => targets::several(&path, target, &setting, notes),
        };
        // A name that stands for nothing is kept, so that its uses don't seem wrong as well.
        read.push(Name { name: name.clone(), target: target.unwrap_or(Target::Random) });
    }
    read
}

/// The path of the name at this place.
fn path_of(names: &shape::Names, index: usize) -> Path<'_> {
    const NAMES: &Path<'_> = &Path::Field(&Path::Root, "names");
    Path::Entry(NAMES, &names.0[index].0, index)
}

/// Notes a name that can't be one: in a link it would read as something else.
fn check(path: &Path<'_>, name: &str, notes: &mut Notes<'_>) {
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let follower = name.strip_prefix("follower");
    if name.is_empty() || name.len() > LONGEST_NAME {
        let message = format!("a name has 1 to {LONGEST_NAME} characters");
        notes.error(path, message, "a word does: \"slowpoke\"");
    } else if let Some(c) = name.chars().find(|c| !c.is_ascii_alphanumeric() && *c != '_') {
        let message = format!("`{}` can't be in a name", c.escape_debug());
        let help = "letters, digits and `_` can: \"slowpoke\", \"old_leader\"";
        notes.error(path, message, help);
    } else if is_number(name) || matches!(name, "leader" | "random") || follower.is_some_and(is_number) {
        let message = format!("`{name}` has a meaning of its own in links, so it can't be a name");
        notes.error(path, message, "take another word: \"slowpoke\"");
    }
}

/// Warns of names that nothing uses.
pub(super) fn unused(
    path: &Path<'_>,
    names: &shape::Names,
    read: &[Name],
    (faults, storms): (&[Fault], &[Storm]),
    notes: &mut Notes<'_>,
) {
    let mut used = vec![false; read.len()];
    let actions = faults.iter().map(|fault| &fault.action).chain(storms.iter().map(|storm| &storm.action));
    for target in actions.flat_map(targets_of) {
        if let Target::Named(name) = target {
            used[name as usize] = true;
        }
    }
    let unused: BTreeSet<&str> =
        read.iter().zip(used).filter(|(_, used)| !used).map(|(name, _)| name.name.as_str()).collect();
    for (i, (name, _)) in names.0.iter().enumerate().filter(|(_, (name, _))| unused.contains(name.as_str())) {
        let help = format!("use it as `Named(\"{name}\")` or as the end of a link, or take it away");
        notes.warn(&path.entry(name, i).key(), format!("nothing uses the name `{name}`"), help);
    }
}

/// All targets that an action names.
pub(super) fn targets_of(action: &Action) -> Vec<Target> {
    match action {
        Action::Crash(target)
        | Action::Wipe(target)
        | Action::Deaf(target)
        | Action::Mute(target)
        | Action::DiskStall(target)
        | Action::DiskFull(target)
        | Action::LoseFlush(target)
        | Action::Rot(target)
        | Action::Drift { nodes: target, .. }
        | Action::Starve { to: target, .. }
        | Action::Skew { nodes: target, .. }
        | Action::Step { nodes: target, .. }
        | Action::Pause(target)
        | Action::Slow { target, .. }
        | Action::Flood { target, .. }
        | Action::Transfer(target)
        | Action::AddLearner(target)
        | Action::Promote(target)
        | Action::Remove(target)
        | Action::Forge { to: target, .. }
        | Action::Replace { old: target, .. } => {
            vec![*target]
        }
        Action::Partition(shape)
        | Action::Clog(shape)
        | Action::Flap { shape, .. }
        | Action::Lose { links: shape, .. }
        | Action::Duplicate { links: shape, .. }
        | Action::Delay { links: shape, .. }
        | Action::Corrupt { links: shape, .. }
        | Action::Misdirect { links: shape, .. }
        | Action::Replay { links: shape, .. } => targets_in(shape),
    }
}

/// All targets that a shape names.
pub(super) fn targets_in(shape: &Shape) -> Vec<Target> {
    match shape {
        Shape::Groups(groups) => groups.concat(),
        Shape::Keep(edges) | Shape::Cut(edges) => {
            edges.iter().flat_map(|edge| [edge.from, edge.to]).collect()
        }
        Shape::Isolate(target) | Shape::Bridge(target) => vec![*target],
        Shape::OneWay { from, to } => [&from[..], to].concat(),
        Shape::Chain(targets) | Shape::Ring(targets) => targets.clone(),
    }
}
