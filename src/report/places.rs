//! Who leads: which nodes are up, in which role and linked with whom.

use super::takings::{OfLink, OfNode, Taking, Takings};
use crate::ids::{Address, NodeId, NodeSet, RecordId, Term};
use crate::plan::Plan;
use crate::replica::{Members, Role};
use crate::rng::Rate;
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
    /// What the plan's faults take of frames for certain.
    takings: Takings,
    /// The fault that began or ended last, by that record: what it takes, and whether it began.
    fault: Option<(RecordId, Taking, bool)>,
}

#[derive(Clone, Copy, Debug)]
struct Place {
    up: bool,
    paused: bool,
    /// Whether it has lost its disk, and with it its say.
    blank: bool,
    role: Role,
    term: Term,
    /// The event in which it became leader. What it sent since is numbered later.
    elected: Option<RecordId>,
    /// What faults withhold from it.
    withheld: OfNode,
}

#[derive(Clone, Copy, Debug, Default)]
struct Link {
    cut: bool,
    clogged: bool,
    taken: OfLink,
}

impl Link {
    /// Whether any frame passes.
    const fn passes(&self) -> bool {
        !self.cut && !self.clogged && !self.taken.is_all()
    }
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
    /// The nodes of a plan, none of them up.
    pub(super) fn of(plan: &Plan) -> Self {
        let down = Place {
            up: false,
            paused: false,
            blank: false,
            role: Role::Follower,
            term: Term::ZERO,
            elected: None,
            withheld: OfNode::default(),
        };
        let nodes = plan.cluster.nodes() as usize;
        let mut usual = Link::default();
        if plan.network.default.loss == Rate::ONE {
            usual.taken.count(Taking::Lost, true);
        }
        let mut places = Self {
            nodes: vec![down; nodes],
            links: vec![usual; nodes * nodes],
            initial: plan.cluster.members(),
            told: BTreeMap::new(),
            part: Members::default(),
            takings: Takings::of(plan),
            fault: None,
        };
        for (from, to, link) in &plan.network.links {
            if let Some(place) = places.link(*from, (*to).into()) {
                place.taken = OfLink::default();
                if link.loss == Rate::ONE {
                    place.taken.count(Taking::Lost, true);
                }
            }
        }
        places
    }

    /// The effective leader: of the nodes that are up and in the role of leader the one of the highest term, if it
    /// isn't paused and is linked both ways to so many nodes that are up that they and itself are a quorum of its members.
    /// A link counts if frames can pass: it is neither cut nor clogged, and no fault takes every frame. So does a node only
    /// if not all that leaders say is withheld from it.
    pub(super) fn effective_leader(&self) -> Option<(NodeId, Term)> {
        let leader = self.highest_leader()?;
        let place = self.nodes[leader.slot()];
        let others = (1..).map(NodeId).zip(self.reachable(leader)).filter(|(_, reachable)| *reachable);
        let linked = others.map(|(node, _)| node).chain([leader]).collect();
        (!place.paused && self.members(leader).is_quorum(linked)).then_some((leader, place.term))
    }

    /// Of the nodes that are up and in the role of leader the one of the highest term.
    pub(super) fn highest_leader(&self) -> Option<NodeId> {
        let nodes = (1..).map(NodeId).zip(&self.nodes);
        let leaders = nodes.filter(|(_, place)| place.up && place.role == Role::Leader);
        leaders.max_by_key(|(id, place)| (place.term, std::cmp::Reverse(*id))).map(|(id, _)| id)
    }

    /// Whether this node is up and in the role of leader.
    pub(super) fn leads(&self, node: NodeId) -> bool {
        self.nodes.get(node.slot()).is_some_and(|place| place.up && place.role == Role::Leader)
    }

    /// The term that this node has shown last.
    pub(super) fn term(&self, node: NodeId) -> Term {
        self.nodes.get(node.slot()).map_or(Term::ZERO, |place| place.term)
    }

    /// Whether this node is up, not paused, and has a say.
    pub(super) fn can_act(&self, node: NodeId) -> bool {
        self.nodes.get(node.slot()).is_some_and(|place| place.up && !place.paused && !place.blank)
    }

    /// Whether frames pass between these two, both ways.
    pub(super) fn is_linked(&self, one: NodeId, other: NodeId) -> bool {
        let nodes = self.nodes.len();
        let whole = |from: NodeId, to: NodeId| {
            self.links.get(from.slot() * nodes + to.slot()).is_some_and(Link::passes)
        };
        whole(one, other) && whole(other, one)
    }

    /// Whether nothing that is sent from the one to the other gets there.
    pub(super) fn is_cut(&self, from: NodeId, to: NodeId) -> bool {
        self.links.get(from.slot() * self.nodes.len() + to.slot()).is_some_and(|link| link.cut)
    }

    /// Whether so many nodes can act that they are a quorum.
    pub(super) fn quorum_is_up(&self, members: &Members) -> bool {
        members.is_quorum(self.able().collect())
    }

    /// Whether some node that can act is linked to so many others that they and itself are a quorum.
    pub(super) fn quorum_is_connected(&self, members: &Members) -> bool {
        self.able().any(|node| self.reaches_quorum(node, members))
    }

    /// Whether this node is linked to so many others that can act that they and itself are a quorum.
    pub(super) fn reaches_quorum(&self, node: NodeId, members: &Members) -> bool {
        members
            .is_quorum(self.able().filter(|other| *other == node || self.is_linked(node, *other)).collect())
    }

    fn able(&self) -> impl Iterator<Item = NodeId> {
        (1..=self.nodes.len() as u32).map(NodeId).filter(|node| self.can_act(*node))
    }

    /// For each node in order, whether it is another one than this, up, linked both ways with it, and may hear from leaders.
    pub(super) fn reachable(&self, from: NodeId) -> impl Iterator<Item = bool> {
        let (from, voters) = (from.slot(), self.nodes.len());
        (0..voters).map(move |to| {
            to != from
                && self.nodes[to].up
                && !self.nodes[to].withheld.is_all()
                && self.links[from * voters + to].passes()
                && self.links[to * voters + from].passes()
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
    pub(super) fn members(&self, node: NodeId) -> &Members {
        self.told.get(&node).unwrap_or(&self.initial)
    }

    /// The event in which this node became leader, if it is one.
    pub(super) fn elected(&self, leader: NodeId) -> Option<RecordId> {
        self.nodes[leader.slot()].elected
    }

    /// Takes in a record of a node's life, role or links; `None` if it says nothing of these.
    pub(super) fn take(&mut self, record: &Record) -> Option<Change> {
        let Some(node) = record.node.as_node() else { return self.take_fault(record) };
        let place = self.nodes.get_mut(node.slot())?;
        match record.body {
            Body::Membership { part, nodes, .. } => self.tell(node, part, nodes),
            Body::Booted { term, blank, .. } => {
                self.told.remove(&node);
                *place = Place { up: true, blank, role: Role::Follower, term, elected: None, ..*place };
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
            Body::Afflicted { to } | Body::Relieved { to } => {
                let (_, taking, begins) = self.fault.filter(|(fault, ..)| Some(*fault) == record.cause)?;
                self.link(node, to)?.taken.count(taking, begins);
            }
            _ => return None,
        }
        Some(Change::Something)
    }

    /// Takes in that a fault began or ended, or that nothing goes wrong any more, be it among some nodes.
    #[cold]
    fn take_fault(&mut self, record: &Record) -> Option<Change> {
        let (source, hit, begins) = match record.body {
            Body::FaultStarted { source, nodes, .. } => (source, nodes, true),
            Body::FaultEnded { source, nodes, .. } => (source, nodes, false),
            Body::Settled => return Some(self.settle((1..=self.nodes.len() as u32).map(NodeId).collect())),
            Body::SettledFor { nodes } => return Some(self.settle(nodes)),
            _ => return None,
        };
        let taking = self.takings.get(source)?;
        self.fault = Some((record.id, taking, begins));
        for node in hit.iter() {
            self.nodes.get_mut(node.slot())?.withheld.count(taking, begins);
        }
        Some(Change::Something)
    }

    /// Nothing is taken any more from what these nodes send one another.
    fn settle(&mut self, core: NodeSet) -> Change {
        let nodes = self.nodes.len();
        let among = || core.iter().map(NodeId::slot).filter(|slot| *slot < nodes);
        for slot in among() {
            self.nodes[slot].withheld = OfNode::default();
            among().for_each(|other| self.links[slot * nodes + other].taken = OfLink::default());
        }
        Change::Something
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
