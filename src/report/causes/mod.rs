//! Why nobody led: the cause of each span without an effective leader, judged on records alone.
//!
//! At each moment of a span something stands in the way of a leader: too few voters are up, they can't reach one another, a
//! candidacy is under way, or all wait for somebody's timer. The time of a candidacy that fails is put down to what kept the
//! votes away; the time of waiting, and of a candidacy that is won, to what took the last leader away. The cause of the span is
//! what most of its time is put down to.

mod campaign;
mod cause;
mod overloads;
mod slow_links;

pub use campaign::{Answer, Reply};
pub use cause::Cause;

use super::places::Places;
use crate::ids::{Address, NodeId, NodeSet, RecordId, Term};
use crate::plan::Plan;
use crate::replica::{Role, TransferStep, VoteRefusal};
use crate::time::{Duration, Time};
use crate::trace::{ActionKind, Body, Loss, Record};
use campaign::{Campaign, Ending};
use overloads::Overloads;
use serde::Serialize;
use slow_links::SlowLinks;
use std::collections::BTreeMap;

/// How many candidacies of a span are kept as evidence.
const TOLD: usize = 4;

/// Why a span had no effective leader, and what shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// What most of its time is put down to.
    pub cause: Cause,
    /// All of its time, by what it is put down to, the longest first.
    pub shares: Vec<(Cause, Duration)>,
    /// Who led before, and in which term.
    pub before: Option<(NodeId, Term)>,
    /// The first candidacies that were under way in it.
    pub candidacies: Vec<Candidacy>,
    /// How many more there were.
    pub more: u64,
}

/// A candidacy, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Candidacy {
    /// Who asked.
    pub node: NodeId,
    /// For votes in which term; none if it asked whether it would get them.
    pub term: Option<Term>,
    /// When.
    #[serde(rename = "at_ns")]
    pub at: Time,
    /// What became of the request to each voter.
    pub replies: Vec<Reply>,
    /// What kept the votes away, or took the time; none if nothing did.
    pub hindrance: Option<Cause>,
}

/// What stands in the way now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Obstacle {
    Known(Cause),
    /// Whether this one's candidacy comes to something.
    Candidacy(NodeId),
}

/// Follows what stands in the way of a leader.
#[derive(Clone, Debug)]
pub(super) struct Causes {
    /// The candidacies under way, by node.
    campaigns: BTreeMap<NodeId, Campaign>,
    /// Of these the one that began last.
    latest: Option<NodeId>,
    /// The last event in which a node was woken.
    woke: Option<RecordId>,
    /// The candidate and the voter whose frame was delivered last.
    delivered: Option<(NodeId, NodeId)>,
    overloads: Overloads,
    slow_links: SlowLinks,
    /// The leader that kept frames back last, and when.
    shed: Option<(NodeId, Time)>,
    /// The nodes whose disks are stalled, for each fault that does so.
    stalls: Vec<NodeSet>,
    /// Whether the leader has asked another server to succeed it.
    is_handing_over: bool,
    /// Who believed a frame last that was not what its sender had sent, and in which event.
    believed: Option<(Address, Option<RecordId>)>,
    /// The highest term that any server has been in.
    highest: Term,
    /// Who was the first in it.
    first_there: Option<NodeId>,
    /// Of these the highest that is none but since such a frame told of it.
    made_up: Term,
    span: Option<Span>,
}

/// The span that goes on.
#[derive(Clone, Debug)]
struct Span {
    from: Time,
    /// Who led before.
    before: Option<(NodeId, Term)>,
    /// What took it away.
    loss: Cause,
    /// What stands in the way, and since when.
    obstacle: (Obstacle, Time),
    shares: BTreeMap<Cause, Duration>,
    candidacies: Vec<Candidacy>,
    more: u64,
}

impl Span {
    fn new(before: Option<(NodeId, Term)>, loss: Cause, at: Time) -> Self {
        Self {
            from: at,
            before,
            loss,
            obstacle: (Obstacle::Known(loss), at),
            shares: BTreeMap::new(),
            candidacies: Vec::new(),
            more: 0,
        }
    }

    fn put_down(&mut self, cause: Cause, time: Duration) {
        if time > Duration::ZERO {
            let share = self.shares.entry(cause).or_default();
            *share = *share + time;
        }
    }

    fn tell(&mut self, campaign: &Campaign, hindrance: Option<Cause>) {
        if self.candidacies.len() == TOLD {
            self.more += 1;
            return;
        }
        self.candidacies.push(Candidacy {
            node: campaign.node,
            term: campaign.term,
            at: campaign.from,
            replies: campaign.replies(),
            hindrance,
        });
    }
}

impl Causes {
    pub(super) fn new(plan: &Plan) -> Self {
        Self {
            campaigns: BTreeMap::new(),
            latest: None,
            woke: None,
            delivered: None,
            overloads: Overloads::new(plan),
            slow_links: SlowLinks::new(plan),
            shed: None,
            stalls: Vec::new(),
            is_handing_over: false,
            believed: None,
            highest: Term::ZERO,
            first_there: None,
            made_up: Term::ZERO,
            span: Some(Span::new(None, Cause::Start, Time::ZERO)),
        }
    }

    /// Whether frames are of interest.
    #[inline]
    pub(super) fn watches(&self) -> bool {
        !self.campaigns.is_empty()
    }

    /// Whether frames that are sent are of interest.
    #[inline]
    pub(super) fn watches_sent(&self) -> bool {
        self.watches() || self.slow_links.watches()
    }

    /// Takes in a record of a frame between nodes, or of what its receiver does with it.
    #[cold]
    pub(super) fn frame(&mut self, record: &Record, places: &Places) {
        if self.slow_links.watches() {
            self.slow_links.take(record, places);
        }
        if !self.watches() {
            return;
        }
        let (Some(node), Some((from, to))) = (record.node.as_node(), record.link()) else { return };
        if self.woke.is_some() && record.cause == self.woke && self.asks_again(node, record) {
            self.ask_again(node, record, places);
        }
        let Some(other) =
            from.as_node().zip(to.as_node()).map(|(from, to)| if from == node { to } else { from })
        else {
            return;
        };
        let mut is_ours = |candidate: NodeId, voter: NodeId| {
            self.campaigns.get_mut(&candidate).is_some_and(|campaign| campaign.frame(voter, record))
        };
        let ours = [(node, other), (other, node)].into_iter().find(|(one, two)| is_ours(*one, *two));
        if matches!(record.body, Body::Delivered { .. }) {
            self.delivered = ours;
        }
    }

    /// A node is woken.
    #[cold]
    pub(super) fn woken(&mut self, record: &Record) {
        self.woke = Some(record.id);
    }

    /// Takes in a record of another kind that is not common.
    pub(super) fn rare(&mut self, record: &Record, places: &Places) {
        match record.body {
            Body::Waited { waited, .. } => {
                if waited >= self.overloads.patience {
                    self.overloads.note(record.node.as_node(), record.time);
                }
                if let Some((candidate, voter)) = self.delivered
                    && let Some(campaign) = self.campaigns.get_mut(&candidate)
                {
                    campaign.waited(voter, waited);
                }
            }
            Body::Lost { to, why: Loss::InboxFull, .. } => self.overloads.note(to.as_node(), record.time),
            Body::VoteRefused { candidate, why, .. } => self.refused(candidate, why, record),
            Body::Rejected { .. } if self.watches() => self.frame(record, places),
            Body::Panicked { .. } => self.panicked(record),
            Body::Shed { .. } => self.shed = record.node.as_node().map(|node| (node, record.time)),
            Body::FaultStarted { action: ActionKind::DiskStall, nodes, .. } => self.stalls.push(nodes),
            Body::FaultEnded { action: ActionKind::DiskStall, nodes, .. } => {
                if let Some(place) = self.stalls.iter().position(|stalled| *stalled == nodes) {
                    self.stalls.swap_remove(place);
                }
            }
            Body::Delayed { .. } => self.slow_links.take(record, places),
            Body::Believed { .. } => self.believed = Some((record.node, record.cause)),
            Body::Transfer { step, .. } => self.is_handing_over = step == TransferStep::Asked,
            _ => {}
        }
    }

    fn refused(&mut self, candidate: NodeId, why: VoteRefusal, record: &Record) {
        if let (Some(campaign), Some(voter)) = (self.campaigns.get_mut(&candidate), record.node.as_node()) {
            campaign.refused(voter, why, record);
        }
    }

    fn panicked(&mut self, record: &Record) {
        if let Some(voter) = record.node.as_node() {
            self.campaigns.values_mut().for_each(|campaign| campaign.panicked(voter, record));
        }
    }

    /// Takes in a record after which the nodes and links stand so.
    pub(super) fn place(&mut self, record: &Record, places: &Places) {
        let Some(node) = record.node.as_node() else { return };
        match record.body {
            Body::RoleChanged { role, term, .. } => {
                self.reaches(term, record);
                self.role(node, role, term, record, places);
            }
            Body::Crashed | Body::Stopped { .. } => self.down(node, record.time, places),
            _ => {}
        }
    }

    /// A node is in this term.
    fn reaches(&mut self, term: Term, record: &Record) {
        if term > self.highest {
            self.highest = term;
            self.first_there = record.node.as_node();
            if self.believed == Some((record.node, record.cause)) {
                self.made_up = term;
            }
        }
    }

    /// A node has another role or term.
    fn role(&mut self, node: NodeId, role: Role, term: Term, record: &Record, places: &Places) {
        let asks = match role {
            Role::Candidate => Some(Some(term)),
            Role::PreCandidate => Some(None),
            Role::Follower | Role::Leader => None,
        };
        if asks.is_none() && !self.campaigns.contains_key(&node) {
            return;
        }
        self.pass(record.time);
        let mut carried = Duration::ZERO;
        if let Some(mut old) = self.campaigns.remove(&node) {
            let is_promised = old.term.is_none() && role == Role::Candidate;
            if is_promised {
                // The time of the question belongs to the candidacy that follows from it.
                carried = std::mem::take(&mut old.time);
            }
            let ending = match role {
                _ if is_promised => Ending::Won,
                Role::Leader => Ending::Won,
                Role::Follower => Ending::Overtaken,
                Role::Candidate | Role::PreCandidate => Ending::TimedOut,
            };
            self.close(&old, ending, record.time, places);
        }
        if let Some(term) = asks {
            self.begin(Campaign::new(node, term, carried, record));
        }
    }

    fn asks_again(&self, node: NodeId, record: &Record) -> bool {
        let asks = |campaign: &Campaign| {
            campaign.term.is_none() && record.cause.is_some_and(|event| campaign.is_older_than(event))
        };
        matches!(record.body, Body::Sent { .. } | Body::Held { .. })
            && self.campaigns.get(&node).is_some_and(asks)
    }

    fn begin(&mut self, campaign: Campaign) {
        self.latest = Some(campaign.node);
        self.campaigns.insert(campaign.node, campaign);
    }

    /// A node that asks whether it would get votes asks again: that is no other role, and no other term.
    fn ask_again(&mut self, node: NodeId, record: &Record, places: &Places) {
        self.pass(record.time);
        if let Some(old) = self.campaigns.remove(&node) {
            self.close(&old, Ending::TimedOut, record.time, places);
            self.begin(Campaign::new(node, None, Duration::ZERO, record));
        }
    }

    /// A candidacy is over.
    fn close(&mut self, campaign: &Campaign, ending: Ending, now: Time, places: &Places) {
        let Some(span) = &mut self.span else { return };
        let hindrance = campaign.hindrance(ending, now, places, (&self.overloads, &self.slow_links));
        // What was lost before the span began keeps nobody from being elected in it.
        let hindrance = hindrance.filter(|why| *why != Cause::FramesLost || campaign.from >= span.from);
        span.put_down(hindrance.unwrap_or(span.loss), campaign.time);
        span.tell(campaign, hindrance);
    }

    /// A node went down, and its candidacy with it.
    fn down(&mut self, node: NodeId, now: Time, places: &Places) {
        self.pass(now);
        if let Some(campaign) = self.campaigns.remove(&node) {
            self.close(&campaign, Ending::Overtaken, now, places);
        }
    }

    /// Time has gone by with the present obstacle.
    fn pass(&mut self, now: Time) {
        let Some(span) = &mut self.span else { return };
        let (obstacle, since) = span.obstacle;
        let time = now.since(since);
        span.obstacle.1 = now;
        match obstacle {
            Obstacle::Known(cause) => span.put_down(cause, time),
            Obstacle::Candidacy(node) => match self.campaigns.get_mut(&node) {
                Some(campaign) => campaign.time = campaign.time + time,
                None => span.put_down(span.loss, time),
            },
        }
    }

    /// All that happened at this instant has been taken in, and nobody leads effectively: what stands in the way?
    pub(super) fn vacant(&mut self, now: Time, before: Option<(NodeId, Term)>, places: &Places) {
        if self.span.is_none() {
            let loss = self.loss(now, before, places);
            self.span = Some(Span::new(before, loss, now));
        }
        self.pass(now);
        let obstacle = self.obstacle(before, places);
        if let Some(span) = &mut self.span {
            span.obstacle.0 = obstacle;
        }
    }

    /// What took the leader away.
    fn loss(&self, now: Time, before: Option<(NodeId, Term)>, places: &Places) -> Cause {
        let Some((leader, term)) = before else { return Cause::Start };
        if !places.can_act(leader) {
            return Cause::LeaderDown;
        }
        let members = places.members(leader);
        if places.leads(leader) {
            return if !places.quorum_is_up(members) {
                Cause::NoQuorumUp
            } else if !places.quorum_is_connected(members) {
                Cause::NoConnectedQuorum
            } else {
                Cause::LeaderCutOff
            };
        }
        if self.is_handing_over {
            return Cause::HandedOver;
        }
        let shed = self.shed.is_some_and(|(by, at)| by == leader && now.since(at) <= self.overloads.memory);
        if self.made_up > term {
            Cause::FrameBelieved
        } else if shed {
            Cause::BreakerOpen
        } else if places.term(leader) > term {
            // Who hears nothing from the leader for long campaigns.
            let is_late = |node| self.slow_links.keep_from(node, now);
            if self.overloads.of(leader, now) {
                Cause::Overload
            } else if self.first_there.is_some_and(is_late) {
                Cause::SlowLink
            } else {
                Cause::LeaderDeposed
            }
        } else if !members.is_quorum(members.all().iter().filter(|node| !self.is_stalled(*node)).collect()) {
            Cause::DiskStalled
        } else {
            Cause::LeaderGaveUp
        }
    }

    fn is_stalled(&self, node: NodeId) -> bool {
        self.stalls.iter().any(|stalled| stalled.contains(node))
    }

    fn obstacle(&self, before: Option<(NodeId, Term)>, places: &Places) -> Obstacle {
        let members = places.members(before.map_or(NodeId(1), |(leader, _)| leader));
        let loss = self.span.as_ref().map_or(Cause::Unexplained, |span| span.loss);
        if !places.quorum_is_up(members) {
            return Obstacle::Known(Cause::NoQuorumUp);
        }
        if !places.quorum_is_connected(members) {
            return Obstacle::Known(Cause::NoConnectedQuorum);
        }
        let latest = self.latest.and_then(|node| self.campaigns.get(&node));
        let open = latest.or_else(|| self.campaigns.values().max_by_key(|campaign| campaign.from));
        match open {
            // One that can not win leaves it to the others.
            Some(campaign) if places.reaches_quorum(campaign.node, members) => {
                Obstacle::Candidacy(campaign.node)
            }
            _ => match places.highest_leader() {
                Some(leader) if !places.can_act(leader) => Obstacle::Known(Cause::LeaderDown),
                Some(leader) if !places.reaches_quorum(leader, members) => {
                    Obstacle::Known(Cause::LeaderCutOff)
                }
                _ => Obstacle::Known(loss),
            },
        }
    }

    /// Somebody leads effectively from now on.
    pub(super) fn filled(&mut self, now: Time, places: &Places) -> Option<Explanation> {
        self.pass(now);
        self.is_handing_over = false;
        let explanation = self.explain(now, places);
        self.span = None;
        // What goes on begins anew with the next span.
        self.campaigns.values_mut().for_each(|campaign| campaign.time = Duration::ZERO);
        explanation
    }

    /// Why nobody led so far in the span that goes on, as if it ended now.
    pub(super) fn explain(&self, now: Time, places: &Places) -> Option<Explanation> {
        let mut end = self.clone();
        end.pass(now);
        for campaign in std::mem::take(&mut end.campaigns).into_values() {
            end.close(&campaign, Ending::Overtaken, now, places);
        }
        let span = end.span?;
        let mut shares: Vec<(Cause, Duration)> = span.shares.into_iter().collect();
        shares.sort_by_key(|(cause, time)| std::cmp::Reverse((*time, *cause)));
        let cause = shares.first().map_or(Cause::Unexplained, |(cause, _)| *cause);
        let mut candidacies = span.candidacies;
        candidacies.sort_by_key(|candidacy| candidacy.at);
        Some(Explanation { cause, shares, before: span.before, candidacies, more: span.more })
    }
}
