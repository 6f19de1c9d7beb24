//! Who is meant: the effective leader, and the nodes and links that a fault's targets name when it begins.

use super::World;
use crate::host::Host;
use crate::ids::{NodeId, NodeSet};
use crate::plan::{Action, Edge, Shape, Target};
use crate::replica::Members;
use crate::rng::{Expansion, below};
use crate::trace::Observer;

/// Directed links between nodes, sender first.
pub(super) type Links = Vec<(NodeId, NodeId)>;

/// What an action hits.
#[derive(Clone, Debug)]
pub(super) enum Hit {
    Links(Links),
    Nodes(NodeSet),
}

impl<O: Observer> World<'_, O> {
    /// Of the nodes that are up and lead the one of the highest term, if it is not paused and is linked both ways to
    /// nodes that are up and make, with itself, a quorum.
    pub fn effective_leader(&self) -> Option<NodeId> {
        let leader = self.highest_leader()?;
        let linked = |other: &&Host| {
            other.is_up() && (other.id() == leader || self.network.is_linked(leader.into(), other.address()))
        };
        let host = &self.hosts[leader.slot()];
        let linked: NodeSet = self.hosts.iter().filter(linked).map(Host::id).collect();
        let is_effective = host.is_running() && host.members().unwrap_or_default().is_quorum(linked);
        is_effective.then_some(leader)
    }

    /// The members in force: for the leader of the highest term, or if nobody leads those at first.
    pub(super) fn members(&self) -> Members {
        let of_leader = self.highest_leader().and_then(|leader| self.hosts[leader.slot()].members());
        of_leader.unwrap_or_else(|| self.plan.cluster.members())
    }

    /// Of the nodes that are up and lead the one of the highest term.
    pub(super) fn highest_leader(&self) -> Option<NodeId> {
        let leads = |host: &Host| Some((host.leads_in()?, host.id()));
        self.hosts.iter().filter_map(leads).max().map(|(_, id)| id)
    }

    /// What an action hits now, with `word` for its choices, and which names that binds; none if one of its targets
    /// can't be named.
    pub(super) fn bind(&self, action: &Action, word: u64) -> Option<(Hit, Vec<(u32, NodeSet)>)> {
        let mut binder =
            Binder { world: self, named: NodeSet::EMPTY, words: Expansion::new(word), names: Vec::new() };
        let hit = match action {
            Action::Partition(shape) | Action::Clog(shape) | Action::Flap { shape, .. } => {
                Hit::Links(binder.links(shape)?)
            }
            Action::Lose { links, .. }
            | Action::Duplicate { links, .. }
            | Action::Delay { links, .. }
            | Action::Corrupt { links, .. }
            | Action::Misdirect { links, .. }
            | Action::Replay { links, .. } => Hit::Links(binder.links(links)?),
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
            | Action::Forge { to: target, .. }
            | Action::Slow { target, .. }
            | Action::Flood { target, .. }
            | Action::Pause(target) => Hit::Nodes(binder.nodes(*target)?),
            Action::Transfer(target)
            | Action::AddLearner(target)
            | Action::Promote(target)
            | Action::Remove(target)
            | Action::Replace { old: target, .. } => {
                self.highest_leader()?;
                Hit::Nodes(NodeSet::from_iter([binder.node(*target)?]))
            }
        };
        Some((hit, binder.names))
    }
}

/// Binds the targets of one fault, in the order in which they are written.
struct Binder<'w, 'p, O> {
    world: &'w World<'p, O>,
    /// Whom the fault has named so far.
    named: NodeSet,
    words: Expansion,
    /// The names that it binds.
    names: Vec<(u32, NodeSet)>,
}

impl<O: Observer> Binder<'_, '_, O> {
    /// The nodes that a target names; none if it has to wait.
    fn nodes(&mut self, target: Target) -> Option<NodeSet> {
        let voters = || self.world.members().voters;
        let nodes = match target {
            Target::Node(node) => NodeSet::from_iter([node]),
            Target::Nodes(nodes) => nodes,
            Target::Leader => NodeSet::from_iter([self.world.highest_leader()?]),
            Target::Follower(number) => NodeSet::from_iter([self.follower(number)?]),
            Target::Random => self.draw(1, |host| host.is_up()),
            Target::Majority => {
                let voters = voters();
                self.draw(voters.len() as usize / 2 + 1, |host| voters.contains(host.id()))
            }
            Target::Minority => {
                let voters = voters();
                self.draw((voters.len() as usize - 1) / 2, |host| voters.contains(host.id()))
            }
            Target::All => self.all().collect(),
            Target::Rest => self.all().filter(|node| !self.named.contains(*node)).collect(),
            Target::Named(place) => self.bound(place)?,
        };
        nodes.iter().for_each(|node| self.named.insert(node));
        (!nodes.is_empty() || target == Target::Rest).then_some(nodes)
    }

    /// The node that a target names which stands for one.
    fn node(&mut self, target: Target) -> Option<NodeId> {
        self.nodes(target)?.iter().next()
    }

    fn all(&self) -> impl Iterator<Item = NodeId> + use<O> {
        (1..=self.world.plan.cluster.nodes()).map(NodeId)
    }

    fn follower(&self, number: u32) -> Option<NodeId> {
        let leader = self.world.highest_leader()?;
        let members = self.world.members();
        let follows = |h: &&Host| h.is_up() && h.id() != leader && members.votes(h.id());
        let followers = self.world.hosts.iter().filter(follows);
        followers.map(Host::id).nth(number as usize - 1)
    }

    /// So many of the nodes that are fit and not named yet, or all of them if they are fewer.
    fn draw(&mut self, count: usize, is_fit: impl Fn(&Host) -> bool) -> NodeSet {
        let fit = self.world.hosts.iter().filter(|host| !self.named.contains(host.id()) && is_fit(host));
        let mut fit: Vec<NodeId> = fit.map(Host::id).collect();
        let mut drawn = NodeSet::EMPTY;
        for _ in 0..count.min(fit.len()) {
            drawn.insert(fit.swap_remove(below(self.words.word(), fit.len() as u64) as usize));
        }
        drawn
    }

    /// What a name stands for, from its first use on.
    fn bound(&mut self, place: u32) -> Option<NodeSet> {
        let name = &self.world.faults.names[place as usize];
        let here = self.names.iter().find(|(bound, _)| *bound == place).map(|(_, nodes)| *nodes);
        if let Some(nodes) = name.nodes.or(here) {
            return Some(nodes);
        }
        let words = std::mem::replace(&mut self.words, Expansion::new(name.word));
        let nodes = self.nodes(self.world.plan.names[place as usize].target);
        self.words = words;
        self.names.push((place, nodes?));
        nodes
    }

    /// The links that a shape names.
    fn links(&mut self, shape: &Shape) -> Option<Links> {
        match shape {
            Shape::Groups(groups) => self.between(groups),
            Shape::Cut(edges) => self.edges(edges),
            Shape::Keep(edges) => {
                let kept = self.edges(edges)?;
                Some(self.all_but(|link| kept.binary_search(&link).is_ok()))
            }
            Shape::Isolate(target) => {
                let alone = self.nodes(*target)?;
                Some(self.all_but(|(from, to)| !alone.contains(from) && !alone.contains(to)))
            }
            Shape::OneWay { from, to } => {
                let lists = self.lists(&[from.as_slice(), to])?;
                let [from, to] = [0, 1].map(|list: usize| NodeSet::from_iter(lists[list].iter().copied()));
                Some(self.all_but(|link| !from.contains(link.0) || !to.contains(link.1)))
            }
            Shape::Bridge(target) => {
                let bridge = self.node(*target)?;
                let others: Vec<NodeId> = self.all().filter(|node| *node != bridge).collect();
                let first = NodeSet::from_iter(others[..others.len() / 2].iter().copied());
                let is_bridged = |(from, to)| from == bridge || to == bridge;
                Some(
                    self.all_but(|link| is_bridged(link) || first.contains(link.0) == first.contains(link.1)),
                )
            }
            Shape::Chain(order) => {
                let place = self.places(order)?;
                Some(self.all_but(|(from, to)| place[from.slot()].abs_diff(place[to.slot()]) == 1))
            }
            Shape::Ring(order) => {
                let place = self.places(order)?;
                let nodes = place.len();
                // With this many on each side and the node itself they are a majority.
                let reach = (nodes / 2).div_ceil(2);
                Some(self.all_but(|(from, to)| {
                    let apart = place[from.slot()].abs_diff(place[to.slot()]);
                    apart.min(nodes - apart) <= reach
                }))
            }
        }
    }

    /// All links between nodes but those that are kept.
    fn all_but(&self, is_kept: impl Fn((NodeId, NodeId)) -> bool) -> Links {
        let pairs = self.all().flat_map(|from| self.all().map(move |to| (from, to)));
        pairs.filter(|&(from, to)| from != to && !is_kept((from, to))).collect()
    }

    /// The links that edges name, in order.
    fn edges(&mut self, edges: &[Edge]) -> Option<Links> {
        let mut links = Links::new();
        for edge in edges {
            let (from, to) = (self.node(edge.from)?, self.node(edge.to)?);
            let both = [(from, to), (to, from)];
            links.extend(&both[..if edge.one_way { 1 } else { 2 }]);
        }
        links.sort_unstable();
        links.dedup();
        links.retain(|(from, to)| from != to);
        Some(links)
    }

    /// The nodes of several lists. The rest, wherever it stands, is who else no list names.
    fn lists(&mut self, lists: &[&[Target]]) -> Option<Vec<Vec<NodeId>>> {
        let is_rest = |target: &Target| *target == Target::Rest;
        let mut bound = Vec::new();
        for target in lists.iter().flat_map(|list| list.iter()).filter(|target| !is_rest(target)) {
            bound.push(self.nodes(*target)?);
        }
        let mut bound = bound.into_iter();
        let mut nodes = |target: &Target| if is_rest(target) { self.nodes(*target) } else { bound.next() };
        let list = |list: &&[Target]| {
            let sets = list.iter().map(&mut nodes).collect::<Option<Vec<NodeSet>>>()?;
            Some(sets.into_iter().flat_map(NodeSet::iter).collect())
        };
        lists.iter().map(list).collect()
    }

    /// The links between nodes of different groups. A node that no group names, not even as one of the rest, is alone;
    /// one that several name belongs to the first of them.
    fn between(&mut self, groups: &[Vec<Target>]) -> Option<Links> {
        let groups: Vec<&[Target]> = groups.iter().map(Vec::as_slice).collect();
        let mut group_of: Vec<Option<usize>> = vec![None; self.world.hosts.len()];
        for (number, group) in self.lists(&groups)?.into_iter().enumerate() {
            for node in group {
                group_of[node.slot()].get_or_insert(number);
            }
        }
        Some(self.all_but(|(from, to)| {
            let (from, to) = (group_of[from.slot()], group_of[to.slot()]);
            from.is_some() && from == to
        }))
    }

    /// For each node its place in this order; nodes that it leaves out follow by their numbers.
    fn places(&mut self, order: &[Target]) -> Option<Vec<usize>> {
        let mut places: Vec<Option<usize>> = vec![None; self.world.hosts.len()];
        let listed = self.lists(&[order])?.concat();
        let mut next = 0;
        for node in listed.into_iter().chain(self.all()) {
            if places[node.slot()].is_none() {
                places[node.slot()] = Some(next);
                next += 1;
            }
        }
        places.into_iter().collect()
    }
}
