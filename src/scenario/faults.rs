//! The second pass over what goes wrong: times, targets, groups and links.

use super::meaning::{node, positive};
use super::nearest::nearest;
use super::path::Path;
use super::problem::Notes;
use super::shape;
use crate::ids::NodeId;
use crate::plan::{Action, Edge, End, Fault, Shape, Start, Target};
use crate::time::{Duration, Time};
use std::collections::{BTreeMap, BTreeSet};

/// What faults are checked against.
#[derive(Clone, Copy, Debug)]
pub(super) struct Setting {
    /// How many nodes there are.
    pub(super) voters: u32,
    /// How long the run is.
    pub(super) duration: Duration,
}

/// What goes wrong, in the order of the file.
pub(super) fn faults(
    path: &Path<'_>,
    faults: &[shape::Fault],
    setting: &Setting,
    notes: &mut Notes<'_>,
) -> Vec<Fault> {
    let mut ids = BTreeMap::new();
    let mut read = Vec::with_capacity(faults.len());
    for (i, fault) in faults.iter().enumerate() {
        let path = path.item(i);
        if let Some(id) = &fault.id {
            if id.is_empty() {
                notes.error(
                    &path.field("id"),
                    "an id has at least one character",
                    "name it, or leave `id` out",
                );
            } else if let Some(first) = ids.insert(id, i) {
                let message = format!("two faults have this id: faults[{first}] and faults[{i}]");
                notes.error(&path.field("id"), message, "give each a name of its own");
            }
        }
        let at = Time::from_nanos(fault.at.nanos());
        let end = match end(&path, fault, setting, notes) {
            None => End::Never,
            Some(_) if fault.r#for.is_some() => End::For(fault.r#for.unwrap_or_default()),
            Some(until) => End::Until(until),
        };
        let action = action(&path.field("do"), &fault.r#do, setting.voters, notes);
        read.push(Fault { id: fault.id.clone(), start: Start::At(at), spread: Duration::ZERO, end, action });
    }
    overlaps(path, &read, notes);
    read
}

/// When the fault ends; none if it lasts to the end of the run.
fn end(path: &Path<'_>, fault: &shape::Fault, setting: &Setting, notes: &mut Notes<'_>) -> Option<Time> {
    let (at, run) = (fault.at, setting.duration);
    if at >= run {
        let message = format!("the fault begins at {at}, but the run ends at {run}");
        notes.error(&path.field("at"), message, "let it begin earlier, or lengthen `duration`");
    }
    let (until, field) = match (fault.until, fault.r#for) {
        (Some(_), Some(_)) => {
            let help = "take `for` away, or `until`";
            notes.error(&path.field("for"), "a fault has `until` or `for`, not both", help);
            return None;
        }
        (Some(until), None) => {
            if until <= at {
                let message = format!("the fault ends at {until}, which is not after its beginning at {at}");
                notes.error(
                    &path.field("until"),
                    message,
                    "`until` is a time of the run; a length is given by `for`",
                );
            }
            (until, path.field("until"))
        }
        (None, Some(length)) => {
            positive(&path.field("for"), length, notes);
            (at.saturating_add(length), path.field("for"))
        }
        (None, None) => return None,
    };
    if until > run && at < run {
        let message = format!("the fault ends at {until}, after the run, which ends at {run}");
        notes.error(&field, message, "leave `until` and `for` out if it lasts to the end");
    }
    Some(Time::from_nanos(until.nanos()))
}

fn action(path: &Path<'_>, action: &shape::Action, voters: u32, notes: &mut Notes<'_>) -> Action {
    match action {
        shape::Action::Partition(links) => Action::Partition(shape(path, links, voters, notes)),
        shape::Action::Clog(links) => Action::Clog(shape(path, links, voters, notes)),
        shape::Action::Crash(at) => Action::Crash(target(path, *at, voters, notes)),
        shape::Action::Wipe(at) => Action::Wipe(target(path, *at, voters, notes)),
        shape::Action::Pause(at) => Action::Pause(target(path, *at, voters, notes)),
    }
}

/// The node that a fault of one node hits.
fn target(path: &Path<'_>, target: shape::Target, voters: u32, notes: &mut Notes<'_>) -> Target {
    if matches!(target, shape::Target::Rest) {
        notes.error(
            path,
            "`Rest` is many nodes, and only has a meaning in `groups`",
            "name one: `Node(1)`, `Leader`",
        );
    }
    member(path, target, voters, notes)
}

/// A node of a group.
fn member(path: &Path<'_>, target: shape::Target, voters: u32, notes: &mut Notes<'_>) -> Target {
    match target {
        shape::Target::Node(number) => Target::Node(node(path, number, voters, notes)),
        shape::Target::Leader => Target::Leader,
        shape::Target::Follower(k) => Target::Follower(follower(path, k, voters, notes)),
        shape::Target::Rest => Target::Rest,
    }
}

fn follower(path: &Path<'_>, k: u64, voters: u32, notes: &mut Notes<'_>) -> u32 {
    let most = u64::from(voters) - 1;
    if (1..=most).contains(&k) {
        return k as u32;
    }
    let message = format!("there is no follower {k}: a cluster of {voters} has {most} beside its leader");
    let help = if most == 0 {
        "name the node: `Node(1)`".to_string()
    } else {
        format!("they count from 1 to {most}")
    };
    notes.error(path, message, help);
    1
}

fn shape(path: &Path<'_>, links: &shape::Links, voters: u32, notes: &mut Notes<'_>) -> Shape {
    match (&links.groups, &links.keep, &links.cut) {
        (Some(groups), None, None) => {
            Shape::Groups(self::groups(&path.field("groups"), groups, voters, notes))
        }
        (None, Some(keep), None) => Shape::Keep(edges(&path.field("keep"), keep, voters, notes)),
        (None, None, Some(cut)) => {
            if cut.is_empty() {
                notes.error(&path.field("cut"), "no link is cut", "name at least one: \"1-2\"");
            }
            Shape::Cut(edges(&path.field("cut"), cut, voters, notes))
        }
        _ => {
            let help = "write `groups: [[Leader], [Rest]]`, `keep: [\"1-2\"]` or `cut: [\"1>2\"]`";
            notes.error(path, "the links are told by exactly one of `groups`, `keep` and `cut`", help);
            Shape::Cut(Vec::new())
        }
    }
}

fn groups(
    path: &Path<'_>,
    groups: &[Vec<shape::Target>],
    voters: u32,
    notes: &mut Notes<'_>,
) -> Vec<Vec<Target>> {
    if groups.is_empty() {
        notes.error(path, "there is no group", "name at least one: `[[Leader], [Rest]]`");
    }
    let mut seen = Vec::new();
    let mut read = Vec::with_capacity(groups.len());
    for (i, group) in groups.iter().enumerate() {
        let path = path.item(i);
        if group.is_empty() {
            notes.error(&path, "this group is empty", "name a node, or take the group away");
        }
        let mut members = Vec::with_capacity(group.len());
        for (j, &target) in group.iter().enumerate() {
            let member = member(&path.item(j), target, voters, notes);
            members.push(member);
            seen.push((order(member), i, j));
        }
        read.push(members);
    }
    seen.sort_unstable();
    for pair in seen.windows(2) {
        let ((member, i, _), (again, k, l)) = (pair[0], pair[1]);
        if member == again {
            let message = if i == k { "named twice in this group" } else { "named in two groups" };
            notes.error(&path.item(k).item(l), message, "a node is in one group at a time");
        }
    }
    if let [only] = &read[..]
        && (only.contains(&Target::Rest) || only.len() == voters as usize)
    {
        notes.error(
            path,
            "a single group of all nodes cuts no link",
            "add another group, or leave nodes out of this one",
        );
    }
    read
}

/// By which targets of groups are told apart.
fn order(target: Target) -> (u8, u32) {
    match target {
        Target::Node(node) => (0, node.0),
        Target::Leader => (1, 0),
        Target::Follower(k) => (2, k),
        _ => (3, 0),
    }
}

fn edges(path: &Path<'_>, texts: &[String], voters: u32, notes: &mut Notes<'_>) -> Vec<Edge> {
    let read = |(i, text): (usize, &String)| edge(&path.item(i), text, voters, notes);
    texts.iter().enumerate().filter_map(read).collect()
}

/// A link as it is written: `1-2` both ways, `leader>3` one way. None, and an error, if it is none.
fn edge(path: &Path<'_>, text: &str, voters: u32, notes: &mut Notes<'_>) -> Option<Edge> {
    let (from, to, one_way) = match (text.split_once('>'), text.split_once('-')) {
        (Some((from, to)), None) => (from, to, true),
        (None, Some((from, to))) => (from, to, false),
        _ => {
            notes.error(path, "this is no link", "write \"1-2\" for both ways or \"1>2\" for one");
            return None;
        }
    };
    let (from, to) = (edge_end(path, from, voters, notes)?, edge_end(path, to, voters, notes)?);
    if from == to {
        notes.error(path, "a link leads from one node to another", "name two different nodes");
    }
    Some(Edge { from, to, one_way })
}

/// One end of a link: a node's number, `leader` or `follower1`.
fn edge_end(path: &Path<'_>, text: &str, voters: u32, notes: &mut Notes<'_>) -> Option<Target> {
    let number = |digits: &str| match digits.bytes().all(|byte| byte.is_ascii_digit()) {
        true => digits.parse::<u64>().ok(),
        false => None,
    };
    if text == "leader" {
        return Some(Target::Leader);
    }
    if let Some(n) = number(text) {
        return Some(Target::Node(node(path, n, voters, notes)));
    }
    if let Some(k) = text.strip_prefix("follower").and_then(number) {
        return Some(Target::Follower(follower(path, k, voters, notes)));
    }
    let shown: String = text.chars().take(40).collect();
    let help = match nearest(text.trim(), &["leader", "follower1"]) {
        Some(name) => format!("did you mean `{name}`?"),
        None => "an end is a node's number, `leader`, or `follower1` and so on".to_string(),
    };
    notes.error(path, format!("`{shown}` is no end of a link"), help);
    None
}

/// Notes two faults that can't both be: the same node, named by its number, is down or paused already.
fn overlaps(path: &Path<'_>, faults: &[Fault], notes: &mut Notes<'_>) {
    let mut spans = Vec::new();
    for (i, fault) in faults.iter().enumerate() {
        if let Some(hit) = exclusive(&fault.action) {
            let Start::At(at) = fault.start else { continue };
            let until = match fault.end {
                End::Never => Time::from_nanos(u64::MAX),
                End::Until(t) => t,
                End::For(d) => at + d,
            };
            spans.push((hit, at, until, i));
        }
    }
    spans.sort_unstable();
    let mut found = BTreeSet::new();
    let mut last: Option<((bool, NodeId), Time, usize)> = None;
    for (hit, at, until, i) in spans {
        match last {
            Some((same, end, first)) if same == hit && at < end => {
                found.insert((i.max(first), i.min(first), hit));
                last = Some(if until > end { (hit, until, i) } else { (hit, end, first) });
            }
            _ => last = Some((hit, until, i)),
        }
    }
    for (later, earlier, (down, node)) in found {
        let state = if down { "down" } else { "paused" };
        let message = format!("node {} is {state} already in this time, by faults[{earlier}]", node.0);
        notes.error(&path.item(later).field("do"), message, "let one of the two end before the other begins");
    }
}

/// What a fault holds for itself: a node being down (`true`) or paused.
fn exclusive(action: &Action) -> Option<(bool, NodeId)> {
    match action {
        Action::Crash(Target::Node(node)) | Action::Wipe(Target::Node(node)) => Some((true, *node)),
        Action::Pause(Target::Node(node)) => Some((false, *node)),
        _ => None,
    }
}
