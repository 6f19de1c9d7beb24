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

/// The links that were hit among so many nodes, in words: who was apart from whom, or else each link, or how many.
pub(super) fn words(links: &Links, voters: u32) -> String {
    let groups = if voters > GROUPED { None } else { kept_apart(links, voters) };
    if let Some(groups) = groups {
        let names = |group: &Vec<NodeId>| joined(group.iter().map(ToString::to_string), " ");
        return joined(groups.iter().map(names), " | ");
    }
    let both = |&(from, to): &(NodeId, NodeId)| links.contains(&(to, from));
    let named = links.iter().filter(|link| !both(link) || link.0 < link.1);
    let named: Vec<String> =
        named.map(|link| format!("{}{}{}", link.0, if both(link) { "-" } else { ">" }, link.1)).collect();
    if named.len() <= LISTED && !named.is_empty() {
        return joined(named.into_iter(), " ");
    }
    counted(links.len() as u64, "directed link")
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
    let pairs = || (1..=voters).flat_map(|a| (1..=voters).map(move |b| (NodeId(a), NodeId(b))));
    let fits = |(a, b): (NodeId, NodeId)| a == b || is_apart(a, b) == (group_of(a) != group_of(b));
    pairs().all(fits).then_some(groups)
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
        assert_eq!(told(&both(&[(1, 2), (1, 3), (2, 3)]), 3), "n1 | n2 | n3");
        assert_eq!(told(&both(&[(1, 2)]), 3), "n1-n2");
        assert_eq!(told(&[(2, 1), (3, 1)], 3), "n2>n1 n3>n1");
        assert_eq!(told(&[(1, 2), (2, 1), (3, 1)], 4), "n1-n2 n3>n1");
        assert_eq!(told(&[], 3), "0 directed links");
        let all_but_one_way: Vec<(u32, u32)> =
            (1..=5).flat_map(|a| (1..=5).map(move |b| (a, b))).filter(|(a, b)| a < b).collect();
        assert_eq!(told(&all_but_one_way, 5), "10 directed links");
    }
}
