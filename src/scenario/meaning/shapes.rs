//! The shapes of cuts: which links a fault hits, and whether its targets can be told apart.

use super::names;
use super::setting::Setting;
use super::targets::{edges, listed, mark, same, several, single};
use crate::plan::{Shape, Target};
use crate::scenario::notes::Notes;
use crate::scenario::path::Path;
use crate::scenario::shape::{self, Links};
use std::collections::{BTreeMap, BTreeSet};

/// What the field is called that tells all links of some nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Alone {
    /// `isolate`, where the links are cut or held.
    Isolate,
    /// `links`, where something is done to single frames: that isolates nobody.
    Links,
}

impl Alone {
    const fn field(self) -> &'static str {
        match self {
            Self::Isolate => "isolate",
            Self::Links => "links",
        }
    }
}

/// The links that a fault hits.
pub(super) fn shape(
    path: &Path<'_>,
    links: &Links,
    alone: Alone,
    setting: &Setting<'_>,
    notes: &mut Notes<'_>,
) -> Shape {
    let nothing = Shape::Cut(Vec::new());
    let given: Vec<&str> = given(links, alone);
    if given.len() != 1 {
        let message = match given[..] {
            [] => "no links are told".to_string(),
            [one, other, ..] => format!("the links are told in one way, not by both `{one}` and `{other}`"),
            [_] => unreachable!("not one"),
        };
        let help = format!(
            "write one of `groups: [[Leader], [Rest]]`, `{}: Leader`, `cut: [\"1-2\"]`, \
             `keep: [\"1-2\"]`, `oneway: (from: [Leader], to: [Rest])`, `bridge: Node(3)`, `chain: [All]`, `ring: [All]`",
            alone.field()
        );
        notes.error(path, message, help);
        return nothing;
    }
    let before = notes.count();
    let shape = match links {
        Links { groups: Some(it), .. } => groups(&path.field("groups"), it, setting, notes),
        Links { keep: Some(it), .. } => Shape::Keep(edges(&path.field("keep"), it, setting, notes)),
        Links { cut: Some(it), .. } => {
            let path = path.field("cut");
            if it.is_empty() {
                notes.error(&path, "no link is cut", "name at least one: \"1-2\"");
            }
            Shape::Cut(edges(&path, it, setting, notes))
        }
        Links { isolate: Some(it), .. } => {
            several(&path.field(alone.field()), it, setting, notes).map_or(nothing, Shape::Isolate)
        }
        Links { oneway: Some(it), .. } => one_way(&path.field("oneway"), it, setting, notes),
        Links { bridge: Some(it), .. } => {
            let path = path.field("bridge");
            at_least(3, "a bridge links two halves", &path, setting, notes);
            single(&path, it, setting, notes).map_or(nothing, Shape::Bridge)
        }
        Links { chain: Some(it), .. } => {
            let path = path.field("chain");
            at_least(3, "in a chain not all are linked", &path, setting, notes);
            Shape::Chain(list(&path, it, setting, notes))
        }
        Links { ring: Some(it), .. } => {
            let path = path.field("ring");
            at_least(4, "in a ring not all are linked", &path, setting, notes);
            Shape::Ring(list(&path, it, setting, notes))
        }
        _ => nothing,
    };
    if notes.count() == before {
        room(&path.field(given[0]), &shape, setting, notes);
    }
    shape
}

/// The fields that tell links.
fn given(links: &Links, alone: Alone) -> Vec<&'static str> {
    let fields = [
        ("groups", links.groups.is_some()),
        ("keep", links.keep.is_some()),
        ("cut", links.cut.is_some()),
        (alone.field(), links.isolate.is_some()),
        ("oneway", links.oneway.is_some()),
        ("bridge", links.bridge.is_some()),
        ("chain", links.chain.is_some()),
        ("ring", links.ring.is_some()),
    ];
    fields.into_iter().filter(|(_, given)| *given).map(|(name, _)| name).collect()
}

fn at_least(least: u32, why: &str, path: &Path<'_>, setting: &Setting<'_>, notes: &mut Notes<'_>) {
    if setting.nodes < least {
        let message = format!("{why}: that takes {least} nodes, and the cluster has {}", setting.nodes);
        notes.error(path, message, format!("ask for at least {least} `voters`, or cut other links"));
    }
}

/// The targets of a list that stands alone; each at most once.
fn list(
    path: &Path<'_>,
    targets: &[shape::Target],
    setting: &Setting<'_>,
    notes: &mut Notes<'_>,
) -> Vec<Target> {
    if targets.is_empty() {
        notes.error(path, "this list is empty", "name at least one: `[All]`, `[Leader, Rest]`");
    }
    let mut seen = BTreeMap::new();
    let mut read = Vec::with_capacity(targets.len());
    for (i, target) in targets.iter().enumerate() {
        let Some(target) = listed(&path.item(i), target, setting, notes) else { continue };
        let first = mark(&mut seen, target, i, setting);
        if let Some(first) = first {
            let beside = (&path.item(first), "named here first");
            notes.error_beside(&path.item(i), "named twice in this list", ONE_PLACE, beside);
        } else if target == Target::All && targets.len() > 1 {
            let help = "leave the others out, or `All`";
            notes.error(&path.item(i), "`All` is every node, so nothing can stand beside it", help);
        }
        read.push(target);
    }
    read
}

/// Why a target is named once.
const ONE_PLACE: &str = "a node stands in one place at a time; take one of the two away";

fn groups(
    path: &Path<'_>,
    groups: &[Vec<shape::Target>],
    setting: &Setting<'_>,
    notes: &mut Notes<'_>,
) -> Shape {
    if groups.is_empty() {
        notes.error(path, "there is no group", "name at least one: `[[Leader], [Rest]]`");
    }
    let before = notes.count();
    let mut seen = BTreeMap::new();
    let mut read = Vec::with_capacity(groups.len());
    for (i, group) in groups.iter().enumerate() {
        let path_of_group = path.item(i);
        if group.is_empty() {
            notes.error(&path_of_group, "this group is empty", "name a node, or take the group away");
        }
        let mut members = Vec::with_capacity(group.len());
        for (j, target) in group.iter().enumerate() {
            let path_of_member = path_of_group.item(j);
            let Some(target) = listed(&path_of_member, target, setting, notes) else { continue };
            let first = mark(&mut seen, target, (i, j), setting);
            if let Some((k, l)) = first {
                let message = if i == k { "named twice in this group" } else { "named in two groups" };
                let other = path.item(k);
                let beside = (&other.item(l), "named here first");
                notes.error_beside(&path_of_member, message, ONE_PLACE, beside);
            } else if setting.unnamed(target) == Target::All {
                let help = "to cut every link write `isolate: All`, to cut some name the nodes of each side";
                notes.error(&path_of_member, "a group of all nodes cuts no link", help);
            }
            members.push(target);
        }
        read.push(members);
    }
    if let [only] = &read[..]
        && notes.count() == before
        && (only.contains(&Target::Rest) || named(only.iter(), setting) >= setting.nodes)
    {
        let help = "add another group, or leave nodes out of this one";
        notes.error(path, "a single group of all nodes cuts no link", help);
    }
    Shape::Groups(read)
}

fn one_way(path: &Path<'_>, ends: &shape::OneWay, setting: &Setting<'_>, notes: &mut Notes<'_>) -> Shape {
    let before = notes.count();
    let from = list(&path.field("from"), &ends.from, setting, notes);
    let to = list(&path.field("to"), &ends.to, setting, notes);
    if notes.count() == before {
        if from.contains(&Target::Rest) && to.contains(&Target::Rest) {
            let help = "`Rest` is who is not named; name the nodes on the other side";
            notes.error(&path.field("to"), "`Rest` stands on one side only", help);
        } else if let ([from], [to]) = (&from[..], &to[..])
            && setting.unnamed(*from) != Target::All
            && same(*from, *to, setting)
        {
            notes.error(path, "a link leads from one node to another", "name other nodes in `to`");
        }
    }
    Shape::OneWay { from, to }
}

/// Notes a fault that names more nodes than there are.
fn room(path: &Path<'_>, shape: &Shape, setting: &Setting<'_>, notes: &mut Notes<'_>) {
    let targets = names::targets_in(shape);
    let named = named(targets.iter(), setting);
    if named <= setting.nodes {
        return;
    }
    let majorities = targets.iter().filter(|target| setting.unnamed(**target) == Target::Majority).count();
    let (message, help) = if majorities > 1 {
        let message =
            "two majorities of one cluster always share a node, so they can't both be named".to_string();
        (message, "write `Rest` for the other side")
    } else {
        let message = format!("this names {named} different nodes, and the cluster has {}", setting.nodes);
        let help = match shape {
            Shape::Cut(_) | Shape::Keep(_) => "name fewer",
            _ => "name fewer, or write `Rest` for those that are left",
        };
        (message, help)
    };
    notes.error(path, message, help);
}

/// How many different nodes some targets name at the least. Roles and numbers may be the same nodes; what is drawn is
/// drawn from those that are left. A name may be bound long before, so of those that it stands for by role nothing is
/// known.
fn named<'a>(targets: impl Iterator<Item = &'a Target>, setting: &Setting<'_>) -> u32 {
    let (mut numbers, mut roles, mut names) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    let mut drawn = 0;
    for &target in targets {
        if let Target::Named(name) = target
            && !names.insert(name)
        {
            continue;
        }
        match setting.unnamed(target) {
            Target::Node(node) => drop(numbers.insert(node)),
            Target::Nodes(nodes) => numbers.extend(nodes.iter()),
            Target::Leader | Target::Follower(_) if matches!(target, Target::Named(_)) => {}
            Target::Leader => drop(roles.insert(0)),
            Target::Follower(k) => drop(roles.insert(k)),
            Target::Random => drawn += 1,
            Target::Majority => drawn += setting.majority(),
            Target::Minority => drawn += setting.voters - setting.majority(),
            Target::All | Target::Rest | Target::Named(_) => {}
        }
    }
    drawn.saturating_add(numbers.len().max(roles.len()) as u32)
}
