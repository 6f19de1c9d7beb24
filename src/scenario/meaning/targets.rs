//! Targets: which of them make sense where.

use super::node;
use super::setting::Setting;
use crate::ids::{NodeId, NodeSet};
use crate::plan::{Edge, Target};
use crate::scenario::nearest::nearest;
use crate::scenario::notes::Notes;
use crate::scenario::path::Path;
use crate::scenario::problem::excerpt;
use crate::scenario::shape;
use std::collections::BTreeMap;

/// To how many names and ids an unknown one is compared.
pub(super) const MOST_COMPARED: usize = 50;

/// A target of a fault that hits any number of nodes.
pub(super) fn several(
    path: &Path<'_>,
    target: &shape::Target,
    setting: &Setting<'_>,
    notes: &mut Notes<'_>,
) -> Option<Target> {
    if let shape::Target::Rest = target {
        let message = "`Rest` means the nodes that a list leaves out, and here is no list";
        notes.error(path, message, "name the nodes: `Leader`, `Node(1)`, `Minority`, `All`");
        return None;
    }
    listed(path, target, setting, notes)
}

/// A target that has to be one node.
pub(super) fn single(
    path: &Path<'_>,
    target: &shape::Target,
    setting: &Setting<'_>,
    notes: &mut Notes<'_>,
) -> Option<Target> {
    let target = listed(path, target, setting, notes)?;
    is_single(path, target, setting, notes).then_some(target)
}

/// Whether a target is one node; else notes an error.
fn is_single(path: &Path<'_>, target: Target, setting: &Setting<'_>, notes: &mut Notes<'_>) -> bool {
    let many = match setting.unnamed(target) {
        Target::Nodes(_) => "Nodes",
        Target::Majority => "Majority",
        Target::Minority => "Minority",
        Target::All => "All",
        Target::Rest => "Rest",
        Target::Node(_) | Target::Leader | Target::Follower(_) | Target::Random | Target::Named(_) => {
            return true;
        }
    };
    let message = match target {
        Target::Named(name) => {
            format!(
                "`{}` stands for `{many}`, and one node has to stand here",
                setting.names[name as usize].name
            )
        }
        _ => format!("`{many}` is any number of nodes, and one has to stand here"),
    };
    notes.error(path, message, "name one: `Leader`, `Node(1)`, `Follower(1)`, `Random`");
    false
}

/// A target in a list. None, and an error, if there is no such node or name.
pub(super) fn listed(
    path: &Path<'_>,
    target: &shape::Target,
    setting: &Setting<'_>,
    notes: &mut Notes<'_>,
) -> Option<Target> {
    Some(match target {
        shape::Target::Node(number) => Target::Node(node(path, *number, setting.nodes, notes)?),
        shape::Target::Nodes(numbers) => Target::Nodes(nodes(path, numbers, setting, notes)?),
        shape::Target::Leader => Target::Leader,
        shape::Target::Follower(k) => Target::Follower(follower(path, *k, setting.nodes, notes)?),
        shape::Target::Random => Target::Random,
        shape::Target::Majority => Target::Majority,
        shape::Target::Minority if setting.voters <= 2 => {
            let message = format!("the minority of {} is nobody", setting.voters);
            notes.error(path, message, "ask for at least 3 `voters`, or name `Node(1)`");
            return None;
        }
        shape::Target::Minority => Target::Minority,
        shape::Target::All => Target::All,
        shape::Target::Rest => Target::Rest,
        shape::Target::Named(name) => match setting.places.get(name.as_str()) {
            Some(place) => Target::Named(*place),
            None => {
                unknown_name(path, name, setting, notes);
                return None;
            }
        },
    })
}

/// The node of this number that is to join, or to get a vote; none, and an error, if there is none.
pub(super) fn joining(
    path: &Path<'_>,
    number: u64,
    setting: &Setting<'_>,
    notes: &mut Notes<'_>,
) -> Option<NodeId> {
    if number <= u64::from(setting.nodes) {
        return node(path, number, setting.nodes, notes);
    }
    let message = format!("there is no node {number}: the cluster has nodes 1 to {}", setting.nodes);
    let help = "ask for more: `cluster: (learners: 1)` are numbered after the voters, and `spares`, which are no members yet, after them";
    notes.error(path, message, help);
    None
}

/// Nodes by their numbers, each once.
pub(super) fn nodes(
    path: &Path<'_>,
    numbers: &[u64],
    setting: &Setting<'_>,
    notes: &mut Notes<'_>,
) -> Option<NodeSet> {
    if numbers.is_empty() {
        notes.error(path, "this names no node", "name one at the least: `Nodes([1, 3])`");
    }
    let before = notes.count();
    let mut set = NodeSet::EMPTY;
    for (i, number) in numbers.iter().enumerate() {
        let path = path.item(i);
        match node(&path, *number, setting.nodes, notes) {
            Some(node) if set.contains(node) => {
                notes.error(&path, format!("node {} is named twice", node.0), "take one of the two away");
            }
            Some(node) => set.insert(node),
            None => {}
        }
    }
    (notes.count() == before && !numbers.is_empty()).then_some(set)
}

fn unknown_name(path: &Path<'_>, name: &str, setting: &Setting<'_>, notes: &mut Notes<'_>) {
    let names: Vec<&str> =
        setting.names.iter().map(|known| known.name.as_str()).take(MOST_COMPARED).collect();
    let shown = excerpt(name);
    let near = if notes.is_full() { None } else { nearest(name, &names) };
    let help = match near {
        Some(near) => format!("did you mean \"{near}\"?"),
        None if names.is_empty() => {
            "bind it beside `faults`: `names: {\"slowpoke\": Follower(1)}`".to_string()
        }
        None => format!("`names` has {}", quoted_list(&names)),
    };
    notes.error(path, format!("nothing has the name `{shown}`"), help);
}

/// The first of some names, in quotes.
pub(super) fn quoted_list(names: &[&str]) -> String {
    let shown: Vec<String> = names.iter().take(8).map(|name| format!("\"{}\"", excerpt(name))).collect();
    let more = if names.len() > shown.len() { ", .." } else { "" };
    shown.join(", ") + more
}

fn follower(path: &Path<'_>, k: u64, voters: u32, notes: &mut Notes<'_>) -> Option<u32> {
    let most = u64::from(voters) - 1;
    if (1..=most).contains(&k) {
        return Some(k as u32);
    }
    let message = format!("there is no follower {k}: a cluster of {voters} has {most} beside its leader");
    let help = match most {
        0 => "name the node: `Node(1)`".to_string(),
        1 => "write `Follower(1)`".to_string(),
        _ => format!("they count from 1 to {most}"),
    };
    notes.error(path, message, help);
    None
}

/// By which targets are told apart; nothing for what is drawn anew each time.
pub(super) fn identities(target: Target, setting: &Setting<'_>) -> Vec<(u8, u32)> {
    vec![match target {
        Target::Node(node) => (0, node.0),
        Target::Nodes(nodes) => return nodes.iter().map(|node| (0, node.0)).collect(),
        Target::Leader => (1, 0),
        Target::Follower(k) => (2, k),
        Target::Rest => (3, 0),
        Target::All => (4, 0),
        Target::Named(name) => match setting.names[name as usize].target {
            same @ (Target::Node(_) | Target::Nodes(_) | Target::All) => return identities(same, setting),
            _ => (5, name),
        },
        Target::Random | Target::Majority | Target::Minority => return Vec::new(),
    }]
}

/// Marks a target as named at this place. The place where it, or a part of it, was named before.
pub(super) fn mark<P: Copy>(
    seen: &mut BTreeMap<(u8, u32), P>,
    target: Target,
    place: P,
    setting: &Setting<'_>,
) -> Option<P> {
    let before = identities(target, setting).into_iter().map(|identity| seen.insert(identity, place));
    before.collect::<Vec<_>>().into_iter().flatten().next()
}

/// Whether two targets are the same nodes for certain.
pub(super) fn same(one: Target, other: Target, setting: &Setting<'_>) -> bool {
    let one = identities(one, setting);
    !one.is_empty() && one == identities(other, setting)
}

/// Links as they are written: `1-2` both ways, `leader>3` one way.
pub(super) fn edges(
    path: &Path<'_>,
    texts: &[String],
    setting: &Setting<'_>,
    notes: &mut Notes<'_>,
) -> Vec<Edge> {
    let read = |(i, text): (usize, &String)| edge(&path.item(i), text, setting, notes);
    texts.iter().enumerate().filter_map(read).collect()
}

/// One link. None, and an error, if it is none.
fn edge(path: &Path<'_>, text: &str, setting: &Setting<'_>, notes: &mut Notes<'_>) -> Option<Edge> {
    let (from, to, one_way) = match (text.split_once('>'), text.split_once('-')) {
        (Some((from, to)), None) => (from, to, true),
        (None, Some((from, to))) => (from, to, false),
        _ => {
            notes.error(path, "this is no link", "write \"1-2\" for both ways or \"1>2\" for one");
            return None;
        }
    };
    let (from, to) = (edge_end(path, from, setting, notes)?, edge_end(path, to, setting, notes)?);
    if same(from, to, setting) {
        notes.error(path, "a link leads from one node to another", "name two different nodes");
        return None;
    }
    Some(Edge { from, to, one_way })
}

/// One end of a link: a node's number, `leader`, `follower1`, `random` or a name.
fn edge_end(path: &Path<'_>, text: &str, setting: &Setting<'_>, notes: &mut Notes<'_>) -> Option<Target> {
    let number = |digits: &str| match digits.bytes().all(|byte| byte.is_ascii_digit()) {
        true => digits.parse::<u64>().ok(),
        false => None,
    };
    if let "leader" | "random" = text {
        return Some(if text == "leader" { Target::Leader } else { Target::Random });
    }
    if let Some(n) = number(text) {
        return node(path, n, setting.nodes, notes).map(Target::Node);
    }
    if let Some(k) = text.strip_prefix("follower").and_then(number) {
        return follower(path, k, setting.nodes, notes).map(Target::Follower);
    }
    if let Some(place) = setting.places.get(text) {
        let target = Target::Named(*place);
        return is_single(path, target, setting, notes).then_some(target);
    }
    let mut known = vec!["leader", "follower1", "random"];
    known.extend(setting.names.iter().map(|name| name.name.as_str()).take(MOST_COMPARED));
    let near = if notes.is_full() { None } else { nearest(text, &known) };
    let help = match near {
        _ if text.contains(' ') => "write the link without blanks: \"leader-2\"".to_string(),
        Some(name) => format!("did you mean `{name}`?"),
        None => "an end is a node's number, `leader`, `follower1` and so on, `random`, or one of `names`"
            .to_string(),
    };
    notes.error(path, format!("`{}` is no end of a link", excerpt(text)), help);
    None
}
