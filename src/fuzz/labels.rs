//! The names of the random streams from which faults and storms are drawn.
//!
//! A stream is named by what its faults do, so that another storm in a profile leaves this one's draws alone. The names
//! are spelt out here: a variant that gets another name in the code still draws the same, and so do all seeds.

use crate::plan::{Action, Corruption, Edge, Shape, Target};
use crate::replica::Traffic;

/// What an action does and to whom. How fast links flap, how slow machines are and how much floods bring is no part
/// of it, as no range and no rate is: other numbers leave alone when the faults come.
pub(super) fn label(action: &Action) -> String {
    match action {
        Action::Partition(shape) => format!("Partition({})", links(shape)),
        Action::Clog(shape) => format!("Clog({})", links(shape)),
        Action::Flap { shape, down: _, up: _ } => format!("Flap({})", links(shape)),
        Action::Crash(target) => format!("Crash({})", node(*target)),
        Action::Wipe(target) => format!("Wipe({})", node(*target)),
        Action::Deaf(target) => format!("Deaf({})", node(*target)),
        Action::Mute(target) => format!("Mute({})", node(*target)),
        Action::DiskStall(target) => format!("DiskStall({})", node(*target)),
        Action::DiskFull(target) => format!("DiskFull({})", node(*target)),
        Action::LoseFlush(target) => format!("LoseFlush({})", node(*target)),
        Action::Rot(target) => format!("Rot({})", node(*target)),
        Action::Drift { nodes, ppm: _ } => format!("Drift({})", node(*nodes)),
        Action::Starve { kind, to } => format!("Starve({}, {})", traffic(*kind), node(*to)),
        Action::Skew { nodes, ahead_ns: _ } => format!("Skew({})", node(*nodes)),
        Action::Step { nodes, ahead_ns: _ } => format!("Step({})", node(*nodes)),
        Action::Pause(target) => format!("Pause({})", node(*target)),
        Action::Slow { target, permille: _ } => format!("Slow({})", node(*target)),
        Action::Flood { target, mean: _, bytes: _ } => format!("Flood({})", node(*target)),
        Action::Transfer(target) => format!("Transfer({})", node(*target)),
        Action::AddLearner(target) => format!("AddLearner({})", node(*target)),
        Action::Promote(target) => format!("Promote({})", node(*target)),
        Action::Remove(target) => format!("Remove({})", node(*target)),
        Action::Lose { links: shape, .. } => format!("Lose({})", links(shape)),
        Action::Duplicate { links: shape, .. } => format!("Duplicate({})", links(shape)),
        Action::Delay { links: shape, .. } => format!("Delay({})", links(shape)),
        Action::Corrupt { links: shape, kind, clients, .. } => {
            let clients = if *clients { ", clients" } else { "" };
            format!("Corrupt({}, {}{clients})", links(shape), corruption(*kind))
        }
        Action::Misdirect { links: shape, .. } => format!("Misdirect({})", links(shape)),
        Action::Replay { links: shape, .. } => format!("Replay({})", links(shape)),
        Action::Forge { to, .. } => format!("Forge({})", node(*to)),
        Action::Replace { old, new } => format!("Replace {{ old: {}, new: {} }}", node(*old), new.0),
    }
}

const fn traffic(kind: Traffic) -> &'static str {
    match kind {
        Traffic::Votes => "Votes",
        Traffic::PreVotes => "PreVotes",
        Traffic::Entries => "Entries",
        Traffic::Heartbeats => "Heartbeats",
        Traffic::Snapshots => "Snapshots",
        Traffic::Answers => "Answers",
        Traffic::Handovers => "Handovers",
        Traffic::Reads => "Reads",
        Traffic::Requests => "Requests",
    }
}

/// How many bits are flipped is no part of it.
const fn corruption(kind: Corruption) -> &'static str {
    match kind {
        Corruption::BitFlip(..) => "BitFlip",
        Corruption::Truncate => "Truncate",
        Corruption::Extend => "Extend",
        Corruption::Garbage => "Garbage",
    }
}

fn links(shape: &Shape) -> String {
    match shape {
        Shape::Groups(groups) => format!("Groups({})", list(groups.iter().map(|group| nodes(group)))),
        Shape::Keep(edges) => format!("Keep({})", list(edges.iter().map(edge))),
        Shape::Cut(edges) => format!("Cut({})", list(edges.iter().map(edge))),
        Shape::Isolate(target) => format!("Isolate({})", node(*target)),
        Shape::OneWay { from, to } => format!("OneWay {{ from: {}, to: {} }}", nodes(from), nodes(to)),
        Shape::Bridge(target) => format!("Bridge({})", node(*target)),
        Shape::Chain(targets) => format!("Chain({})", nodes(targets)),
        Shape::Ring(targets) => format!("Ring({})", nodes(targets)),
    }
}

fn edge(edge: &Edge) -> String {
    let arrow = if edge.one_way { '>' } else { '-' };
    format!("{}{arrow}{}", node(edge.from), node(edge.to))
}

fn nodes(targets: &[Target]) -> String {
    list(targets.iter().map(|target| node(*target)))
}

fn node(target: Target) -> String {
    match target {
        Target::Node(node) => format!("Node({})", node.0),
        Target::Nodes(nodes) => format!("Nodes({})", list(nodes.iter().map(|node| node.0.to_string()))),
        Target::Leader => "Leader".to_string(),
        Target::Follower(k) => format!("Follower({k})"),
        Target::Random => "Random".to_string(),
        Target::Majority => "Majority".to_string(),
        Target::Minority => "Minority".to_string(),
        Target::All => "All".to_string(),
        Target::Rest => "Rest".to_string(),
        Target::Named(place) => format!("Named({place})"),
    }
}

fn list(parts: impl Iterator<Item = String>) -> String {
    format!("[{}]", parts.collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::NodeId;

    #[test]
    fn what_is_not_the_same_has_another_name() {
        let one_way = |from, to| Action::Partition(Shape::OneWay { from: vec![from], to: vec![to] });
        let edge = |one_way| Edge { from: Target::Leader, to: Target::Node(NodeId(2)), one_way };
        let groups = Shape::Groups(vec![vec![Target::Minority], vec![Target::Rest]]);
        for (action, expected) in [
            (Action::Crash(Target::Leader), "Crash(Leader)"),
            (Action::Pause(Target::Follower(2)), "Pause(Follower(2))"),
            (Action::Partition(groups.clone()), "Partition(Groups([[Minority], [Rest]]))"),
            (Action::Clog(groups), "Clog(Groups([[Minority], [Rest]]))"),
            (one_way(Target::Leader, Target::Rest), "Partition(OneWay { from: [Leader], to: [Rest] })"),
            (one_way(Target::Rest, Target::Leader), "Partition(OneWay { from: [Rest], to: [Leader] })"),
            (Action::Partition(Shape::Cut(vec![edge(false)])), "Partition(Cut([Leader-Node(2)]))"),
            (Action::Partition(Shape::Cut(vec![edge(true)])), "Partition(Cut([Leader>Node(2)]))"),
        ] {
            assert_eq!(label(&action), expected);
        }
    }
}
