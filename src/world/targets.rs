//! Who is meant: the effective leader, and the nodes and links that a fault's targets name when it fires.

use super::World;
use crate::host::Host;
use crate::ids::NodeId;
use crate::plan::{Edge, Shape, Target};
use crate::replica::{Role, Status};
use crate::trace::Observer;

/// Directed links between nodes, sender first.
pub(super) type Links = Vec<(NodeId, NodeId)>;

impl<O: Observer> World<'_, O> {
    /// Of the nodes that are up and lead the one of the highest term, if it is not paused and is linked both ways to
    /// nodes that are up and make, with itself, a quorum.
    pub fn effective_leader(&self) -> Option<NodeId> {
        let leader = self.highest_leader()?;
        let linked = |other: &&Host| {
            other.status().is_some()
                && (other.id() == leader || self.network.is_linked(leader.into(), other.address()))
        };
        let is_effective = self.hosts[leader.slot()].is_running()
            && self.hosts.iter().filter(linked).count() > self.hosts.len() / 2;
        is_effective.then_some(leader)
    }

    /// Of the nodes that are up and lead the one of the highest term.
    fn highest_leader(&self) -> Option<NodeId> {
        let leads = |host: &Host| match host.status() {
            Some(Status { role: Role::Leader, term, .. }) => Some((term, host.id())),
            _ => None,
        };
        self.hosts.iter().filter_map(leads).max().map(|(_, id)| id)
    }

    /// The node that a target names now; none if it has to wait.
    pub(super) fn bind(&self, target: Target) -> Option<NodeId> {
        match target {
            Target::Node(node) => Some(node),
            Target::Leader => self.highest_leader(),
            Target::Follower(number) => {
                let leader = self.highest_leader()?;
                let followers = self.hosts.iter().filter(|h| h.status().is_some() && h.id() != leader);
                followers.map(Host::id).nth(number as usize - 1)
            }
            Target::Rest => None,
        }
    }

    /// The links that a shape names now; none if one of its targets has to wait.
    pub(super) fn bind_links(&self, shape: &Shape) -> Option<Links> {
        match shape {
            Shape::Groups(groups) => self.between(groups),
            Shape::Cut(edges) => self.bind_edges(edges),
            Shape::Keep(edges) => {
                let kept = self.bind_edges(edges)?;
                Some(self.all_links().filter(|link| !kept.contains(link)).collect())
            }
        }
    }

    fn all_links(&self) -> impl Iterator<Item = (NodeId, NodeId)> {
        let nodes = self.plan.cluster.voters;
        let pairs = (1..=nodes).flat_map(move |from| (1..=nodes).map(move |to| (NodeId(from), NodeId(to))));
        pairs.filter(|(from, to)| from != to)
    }

    fn bind_edges(&self, edges: &[Edge]) -> Option<Links> {
        let mut links = Links::new();
        for edge in edges {
            let (from, to) = (self.bind(edge.from)?, self.bind(edge.to)?);
            let both = [(from, to), (to, from)];
            links.extend(&both[..if edge.one_way { 1 } else { 2 }]);
        }
        links.sort_unstable();
        links.dedup();
        links.retain(|(from, to)| from != to);
        Some(links)
    }

    /// The links between nodes of different groups. A node that no group names, not even as one of the rest, is alone.
    fn between(&self, groups: &[Vec<Target>]) -> Option<Links> {
        let mut group_of: Vec<Option<usize>> = vec![None; self.hosts.len()];
        for (number, group) in groups.iter().enumerate() {
            for target in group.iter().filter(|target| **target != Target::Rest) {
                group_of[self.bind(*target)?.slot()].get_or_insert(number);
            }
        }
        if let Some(rest) = groups.iter().position(|group| group.contains(&Target::Rest)) {
            for group in &mut group_of {
                group.get_or_insert(rest);
            }
        }
        let apart = |&(from, to): &(NodeId, NodeId)| {
            let (from, to) = (group_of[from.slot()], group_of[to.slot()]);
            from.is_none() || from != to
        };
        Some(self.all_links().filter(apart).collect())
    }
}
