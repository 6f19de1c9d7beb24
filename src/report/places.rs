//! Who leads: which nodes are up, in which role and linked with whom.

use crate::ids::{Address, NodeId, NodeSet, RecordId, Term};
use crate::replica::{Members, Role};
use crate::trace::{Body, MembersPart, Record};
use std::collections::BTreeMap;

/// The nodes and links of a cluster at one moment, as the records show them.
#[derive(Clone, Debug)]
pub(super) struct Places {
    nodes: Vec<Place>,
    /// By sender and receiver: how the link is hindered.
    links: Vec<Link>,
    /// Who the members are at first.
    initial: Members,
    /// Who they are for each node, where it has told.
    told: BTreeMap<NodeId, Members>,
    /// What is told before the voters.
    part: Members,
}

#[derive(Clone, Copy, Debug)]
struct Place {
    up: bool,
    paused: bool,
    role: Role,
    term: Term,
    /// The event in which it became leader. What it sent since is numbered later.
    elected: Option<RecordId>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Link {
    cut: bool,
    clogged: bool,
}

/// What a record changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// Perhaps who leads.
    Something,
    /// That, and this node began to ask whether it would get votes.
    PreCandidacy(NodeId),
    /// That, and this node began to ask for votes in a term.
    Candidacy(NodeId, Term),
    /// That, and this node became leader of a term.
    Elected(Term),
}

impl Places {
    /// So many nodes, none of them up, of which these are the members at first.
    pub(super) fn new(nodes: u32, initial: Members) -> Self {
        let down = Place { up: false, paused: false, role: Role::Follower, term: Term::ZERO, elected: None };
        let nodes = nodes as usize;
        Self {
            nodes: vec![down; nodes],
            links: vec![Link::default(); nodes * nodes],
            initial,
            told: BTreeMap::new(),
            part: Members::default(),
        }
    }

    /// The effective leader: of the nodes that are up and in the role of leader the one of the highest term, if it
    /// isn't paused and is linked both ways to so many nodes that are up that they and itself are a quorum of its members.
    pub(super) fn effective_leader(&self) -> Option<(NodeId, Term)> {
        let leads = |place: &Place| place.up && place.role == Role::Leader;
        let (slot, place) = self
            .nodes
            .iter()
            .enumerate()
            .filter(|(_, place)| leads(place))
            .max_by_key(|(slot, place)| (place.term, std::cmp::Reverse(*slot)))?;
        let leader = NodeId(slot as u32 + 1);
        let others = (1..).map(NodeId).zip(self.reachable(leader)).filter(|(_, reachable)| *reachable);
        let linked = others.map(|(node, _)| node).chain([leader]).collect();
        (!place.paused && self.members(leader).is_quorum(linked)).then_some((leader, place.term))
    }

    /// For each node in order, whether it is another one than this, up, and linked both ways with it.
    pub(super) fn reachable(&self, from: NodeId) -> impl Iterator<Item = bool> {
        let (from, voters) = (from.slot(), self.nodes.len());
        (0..voters).map(move |to| {
            let whole = |link: Link| !link.cut && !link.clogged;
            to != from
                && self.nodes[to].up
                && whole(self.links[from * voters + to])
                && whole(self.links[to * voters + from])
        })
    }

    /// For each node in order, whether this one has it for a member, and a frame from this one would come to its replica
    /// now: it is reachable, and it is not paused.
    pub(super) fn hearing(&self, from: NodeId) -> impl Iterator<Item = bool> {
        let members = self.members(from).all();
        let hears =
            self.reachable(from).zip(&self.nodes).map(|(reachable, place)| reachable && !place.paused);
        (1..).map(NodeId).zip(hears).map(move |(node, hears)| hears && members.contains(node))
    }

    /// Who the members are for this node.
    fn members(&self, node: NodeId) -> &Members {
        self.told.get(&node).unwrap_or(&self.initial)
    }

    /// The event in which this node became leader, if it is one.
    pub(super) fn elected(&self, leader: NodeId) -> Option<RecordId> {
        self.nodes[leader.slot()].elected
    }

    /// Takes in a record of a node's life, role or links; `None` if it says nothing of these.
    pub(super) fn take(&mut self, record: &Record) -> Option<Change> {
        let node = record.node.as_node()?;
        let place = self.nodes.get_mut(node.slot())?;
        match record.body {
            Body::Membership { part, nodes, .. } => self.tell(node, part, nodes),
            Body::Booted { term, .. } => {
                self.told.remove(&node);
                *place = Place { up: true, role: Role::Follower, term, elected: None, ..*place };
            }
            Body::Crashed => *place = Place { up: false, paused: false, role: Role::Follower, ..*place },
            Body::Stopped { .. } => (place.up, place.role) = (false, Role::Follower),
            Body::Paused => place.paused = true,
            Body::Resumed => place.paused = false,
            Body::RoleChanged { role, term, .. } => return Some(place.turn(node, role, term, record)),
            Body::Cut { to } => self.link(node, to)?.cut = true,
            Body::Healed { to } => self.link(node, to)?.cut = false,
            Body::Clogged { to } => self.link(node, to)?.clogged = true,
            Body::Unclogged { to } => self.link(node, to)?.clogged = false,
            _ => return None,
        }
        Some(Change::Something)
    }

    /// A node tells of its members, part by part.
    fn tell(&mut self, node: NodeId, part: MembersPart, nodes: NodeSet) {
        match part {
            MembersPart::Learners => self.part.learners = nodes,
            MembersPart::Outgoing => self.part.outgoing = nodes,
            MembersPart::Voters => {
                let members = Members { voters: nodes, ..std::mem::take(&mut self.part) };
                self.told.insert(node, members);
            }
        }
    }

    fn link(&mut self, from: NodeId, to: Address) -> Option<&mut Link> {
        let to = to.as_node()?.slot();
        if to >= self.nodes.len() {
            return None;
        }
        self.links.get_mut(from.slot() * self.nodes.len() + to)
    }
}

impl Place {
    fn turn(&mut self, node: NodeId, role: Role, term: Term, record: &Record) -> Change {
        let news = (role, term) != (self.role, self.term);
        (self.role, self.term) = (role, term);
        match role {
            Role::PreCandidate if news => Change::PreCandidacy(node),
            Role::Candidate if news => Change::Candidacy(node, term),
            Role::Leader if news => {
                self.elected = Some(record.cause.unwrap_or(record.id));
                Change::Elected(term)
            }
            _ => Change::Something,
        }
    }
}
