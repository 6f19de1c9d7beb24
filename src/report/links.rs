//! Which links a fault hit, in words.

use super::format::counted;
use crate::ids::NodeId;
use std::collections::BTreeSet;

/// Directed links between nodes, sender first.
pub(super) type Links = BTreeSet<(NodeId, NodeId)>;

/// More links than this are counted, not listed.
const LISTED: usize = 8;
/// More nodes than this are not sorted into groups.
const GROUPED: u32 = 15;

/// The links that were hit among so many nodes, in words: all, who was apart from whom, each link, all from some nodes to
/// others, or all but some; else how many.
pub(super) fn words(links: &Links, nodes: u32) -> String {
    let of_all = || pairs(nodes).filter(|(from, to)| from != to);
    if links.is_empty() {
        return counted(0, "directed link");
    }
    if nodes > 2 && links.len() as u64 == u64::from(nodes) * u64::from(nodes - 1) {
        return "all links".into();
    }
    let groups = if nodes > GROUPED { None } else { kept_apart(links, nodes) };
    if let Some(groups) = groups {
        let groups = groups.iter().map(|group| names(group.iter().copied()));
        return joined(groups, " | ");
    }
    if let Some(named) = each(links) {
        return named;
    }
    if let Some((one, other)) = two_sides(links) {
        return format!("between {} and {}", names(one.into_iter()), names(other.into_iter()));
    }
    let (from, to): (BTreeSet<NodeId>, BTreeSet<NodeId>) = links.iter().copied().unzip();
    let is_product = |(a, b): &(NodeId, NodeId)| from.contains(a) && to.contains(b);
    if of_all().filter(is_product).count() == links.len() {
        let name = |side: &BTreeSet<NodeId>| match side.len() == nodes as usize {
            true => "all".into(),
            false => names(side.iter().copied()),
        };
        return format!("from {} to {}", name(&from), name(&to));
    }
    if nodes <= GROUPED
        && let Some(rest) = each(&of_all().filter(|link| !links.contains(link)).collect())
    {
        return format!("all links but {rest}");
    }
    counted(links.len() as u64, "directed link")
}

/// Some nodes and others between which these are all links, both ways; none if they are not such.
fn two_sides(links: &Links) -> Option<(BTreeSet<NodeId>, BTreeSet<NodeId>)> {
    let (first, _) = links.first()?;
    let beyond = |node: NodeId| links.iter().filter(move |link| link.0 == node).map(|link| link.1).collect();
    let other: BTreeSet<NodeId> = beyond(*first);
    let one: BTreeSet<NodeId> = beyond(*other.first()?);
    let crosses = |a: &NodeId, b: &NodeId| one.contains(a) && other.contains(b);
    let all = links.iter().all(|(a, b)| crosses(a, b) || crosses(b, a));
    (all && one.is_disjoint(&other) && links.len() == 2 * one.len() * other.len()).then_some((one, other))
}

/// Each of these links; none if they are too many.
fn each(links: &Links) -> Option<String> {
    let both = |&(from, to): &(NodeId, NodeId)| links.contains(&(to, from));
    let named = links.iter().filter(|link| !both(link) || link.0 < link.1);
    let mut named = named.map(|link| format!("{}{}{}", link.0, if both(link) { "-" } else { ">" }, link.1));
    let listed: Vec<String> = named.by_ref().take(LISTED).collect();
    named.next().is_none().then(|| joined(listed.into_iter(), " "))
}

fn names(nodes: impl Iterator<Item = NodeId>) -> String {
    joined(nodes.map(|node| node.to_string()), " ")
}

/// Each node with each, itself included.
fn pairs(nodes: u32) -> impl Iterator<Item = (NodeId, NodeId)> {
    (1..=nodes).flat_map(move |a| (1..=nodes).map(move |b| (NodeId(a), NodeId(b))))
}

fn joined(parts: impl Iterator<Item = String>, between: &str) -> String {
    parts.collect::<Vec<_>>().join(between)
}

/// The groups of nodes that are kept apart by these links, both ways, and by nothing else; none if that is not what they
/// do.
pub fn kept_apart(links: &BTreeSet<(NodeId, NodeId)>, voters: u32) -> Option<Vec<Vec<NodeId>>> {
    if links.is_empty() {
        return None;
    }
    let is_apart = |a: NodeId, b: NodeId| links.contains(&(a, b));
    let mut groups: Vec<Vec<NodeId>> = Vec::new();
    for node in (1..=voters).map(NodeId) {
        match groups.iter_mut().find(|group| !is_apart(group[0], node)) {
            Some(group) => group.push(node),
            None => groups.push(vec![node]),
        }
    }
    let group_of = |node: NodeId| groups.iter().position(|group| group.contains(&node));
    let fits = |(a, b): (NodeId, NodeId)| a == b || is_apart(a, b) == (group_of(a) != group_of(b));
    pairs(voters).all(fits).then_some(groups)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(links: &[(u32, u32)], voters: u32) -> String {
        words(&links.iter().map(|&(from, to)| (NodeId(from), NodeId(to))).collect(), voters)
    }

    fn both(links: &[(u32, u32)]) -> Vec<(u32, u32)> {
        links.iter().flat_map(|&(a, b)| [(a, b), (b, a)]).collect()
    }

    #[test]
    fn links_are_told_as_groups_or_one_by_one_or_counted() {
        assert_eq!(told(&both(&[(1, 2), (1, 3)]), 3), "n1 | n2 n3");
        assert_eq!(told(&both(&[(1, 3), (1, 4), (2, 3), (2, 4)]), 4), "n1 n2 | n3 n4");
        assert_eq!(told(&both(&[(1, 2), (1, 3), (2, 3)]), 3), "all links");
        assert_eq!(told(&both(&[(1, 2)]), 3), "n1-n2");
        assert_eq!(told(&[(2, 1), (3, 1)], 3), "n2>n1 n3>n1");
        assert_eq!(told(&[(1, 2), (2, 1), (3, 1)], 4), "n1-n2 n3>n1");
        assert_eq!(told(&[], 3), "0 directed links");
        let all_but_one_way: Vec<(u32, u32)> =
            (1..=5).flat_map(|a| (1..=5).map(move |b| (a, b))).filter(|(a, b)| a < b).collect();
        assert_eq!(told(&all_but_one_way, 5), "10 directed links");
        let sides: Vec<(u32, u32)> = (1..=3).flat_map(|a| (5..=7).map(move |b| (a, b))).collect();
        assert_eq!(told(&both(&sides), 7), "between n1 n2 n3 and n5 n6 n7");
        let to_two: Vec<(u32, u32)> = [1, 2]
            .into_iter()
            .flat_map(|to| (1..=6).filter(move |from| *from != to).map(move |from| (from, to)))
            .collect();
        assert_eq!(told(&to_two, 6), "from all to n1 n2");
        let chain: Vec<(u32, u32)> = (1..=7)
            .flat_map(|a| (1..=7).map(move |b| (a, b)))
            .filter(|(a, b): &(u32, u32)| a.abs_diff(*b) > 1)
            .collect();
        assert_eq!(told(&chain, 7), "all links but n1-n2 n2-n3 n3-n4 n4-n5 n5-n6 n6-n7");
    }
}
