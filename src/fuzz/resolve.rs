//! A random run as a script.

use crate::ids::{Address, NodeId, NodeSet, RecordId};
use crate::plan::{
    Action, Core, Edge, End, Event, Expectation, Fault, Goodput, Moment, Plan, Settle, Shape, Span, Start,
    Target,
};
use crate::report::kept_apart;
use crate::time::{Duration, Time};
use crate::trace::{Body, FaultSource, Observer, Record};
use std::collections::BTreeSet;

/// Watches a run and takes down each fault as it happened: when, to whom, for how long.
#[derive(Clone, Debug, Default)]
pub struct Resolver {
    faults: Vec<Happened>,
    /// The record of the one that began last: its links name it as their cause.
    latest: Option<RecordId>,
    /// For whom the run has settled, if not for all.
    core: Option<NodeSet>,
}

#[derive(Clone, Debug)]
struct Happened {
    source: FaultSource,
    nodes: NodeSet,
    links: BTreeSet<(NodeId, NodeId)>,
    from: Time,
    to: Option<Time>,
}

impl Observer for Resolver {
    fn observe(&mut self, record: &Record) {
        match record.body {
            Body::FaultStarted { source, nodes, .. } => {
                self.latest = Some(record.id);
                let (links, from, to) = (BTreeSet::new(), record.time, None);
                self.faults.push(Happened { source, nodes, links, from, to });
            }
            Body::FaultEnded { fault, .. } => {
                if let Some(happened) = self.faults.get_mut(fault as usize) {
                    happened.to = Some(record.time);
                }
            }
            Body::SettledFor { nodes } => self.core = Some(nodes),
            Body::Cut { to } | Body::Clogged { to } | Body::HitAlready { to } | Body::Afflicted { to }
                if record.cause == self.latest =>
            {
                self.hit(record.node, to);
            }
            _ => {}
        }
    }
}

impl Resolver {
    fn hit(&mut self, from: Address, to: Address) {
        if let (Some(from), Some(to), Some(latest)) = (from.as_node(), to.as_node(), self.faults.last_mut()) {
            latest.links.insert((from, to));
        }
    }

    /// The scenario of the run that was watched, with this plan and this seed, as a script: every fault of a given
    /// time and of given nodes or links, in the order in which they began; nothing is drawn, nothing waits. It gives the
    /// same digest. Expectations that speak of a fault speak of its times; one that spoke of a fault that never began, or of
    /// faults that are skipped, is left out: there is none in a script.
    pub fn script(&self, plan: &Plan, seed: u64) -> Plan {
        let faults = self.faults.iter().map(|happened| self.fault(happened, plan)).collect();
        let settle = plan.settle.map(|settle| {
            let core = self.core.map_or(settle.core, Core::Nodes);
            Settle { core, ..settle }
        });
        let expectations = plan.expectations.iter().filter_map(|expectation| self.timed(*expectation, plan));
        Plan {
            seed,
            faults,
            storms: Vec::new(),
            names: Vec::new(),
            settle,
            expectations: expectations.collect(),
            ..plan.clone()
        }
    }

    fn fault(&self, happened: &Happened, plan: &Plan) -> Fault {
        let links = || shape(&happened.links, plan.cluster.nodes());
        let nodes = match happened.nodes.iter().collect::<Vec<_>>()[..] {
            [node] => Target::Node(node),
            _ => Target::Nodes(happened.nodes),
        };
        let action = match planned(happened.source, plan) {
            Action::Partition(_) | Action::Flap { .. } => Action::Partition(links()),
            Action::Clog(_) => Action::Clog(links()),
            Action::Crash(_) => Action::Crash(nodes),
            Action::Wipe(_) => Action::Wipe(nodes),
            Action::Deaf(_) => Action::Deaf(nodes),
            Action::Mute(_) => Action::Mute(nodes),
            Action::DiskStall(_) => Action::DiskStall(nodes),
            Action::DiskFull(_) => Action::DiskFull(nodes),
            Action::LoseFlush(_) => Action::LoseFlush(nodes),
            Action::Rot(_) => Action::Rot(nodes),
            Action::Drift { ppm, .. } => Action::Drift { nodes, ppm: *ppm },
            Action::Starve { kind, .. } => Action::Starve { kind: *kind, to: nodes },
            Action::Skew { ahead_ns, .. } => Action::Skew { nodes, ahead_ns: *ahead_ns },
            Action::Step { ahead_ns, .. } => Action::Step { nodes, ahead_ns: *ahead_ns },
            Action::Pause(_) => Action::Pause(nodes),
            Action::Slow { permille, .. } => Action::Slow { target: nodes, permille: *permille },
            Action::Flood { mean, bytes, .. } => Action::Flood { target: nodes, mean: *mean, bytes: *bytes },
            Action::Transfer(_) => Action::Transfer(nodes),
            Action::AddLearner(_) => Action::AddLearner(nodes),
            Action::Promote(_) => Action::Promote(nodes),
            Action::Remove(_) => Action::Remove(nodes),
            Action::Replace { new, .. } => Action::Replace { old: nodes, new: *new },
            Action::Forge { mean, .. } => Action::Forge { to: nodes, mean: *mean },
            on_frames @ (Action::Lose { .. }
            | Action::Duplicate { .. }
            | Action::Delay { .. }
            | Action::Corrupt { .. }
            | Action::Misdirect { .. }
            | Action::Replay { .. }) => {
                let mut action = on_frames.clone();
                action.links_of_frames().into_iter().for_each(|shape| *shape = links());
                action
            }
        };
        let is_only_one = self.of(happened.source).count() == 1;
        let id = match happened.source {
            FaultSource::Fault(place) if is_only_one => plan.faults[place as usize].id.clone(),
            FaultSource::Fault(_) | FaultSource::Storm(_) => None,
        };
        // What lasts until the run settles is over then only within the core.
        let settle = plan.settle.filter(|settle| settle.core != Core::All).map(|settle| settle.from);
        let until = happened.to.filter(|to| settle.is_none_or(|settle| *to < settle));
        let end = until.map_or(End::Never, End::Until);
        Fault { id, start: Start::At(happened.from), spread: Duration::ZERO, end, action }
    }

    /// What came of a part of the plan.
    fn of(&self, source: FaultSource) -> impl Iterator<Item = &Happened> {
        self.faults.iter().filter(move |happened| happened.source == source)
    }

    /// When a scripted fault began and ended for good; none if it never began, or didn't end.
    fn times(&self, place: u32) -> (Option<Time>, Option<Time>) {
        let of = || self.of(FaultSource::Fault(place));
        (of().next().map(|first| first.from), of().last().and_then(|last| last.to))
    }

    /// An expectation with the times of faults in place of the faults.
    fn timed(&self, expectation: Expectation, plan: &Plan) -> Option<Expectation> {
        let moment = |moment| match moment {
            Moment::Fault(place) => self.times(place).0.map(Moment::At),
            Moment::End(place) => self.times(place).1.map(Moment::At),
            Moment::Start | Moment::At(_) | Moment::Settle => Some(moment),
        };
        let span = |span| match span {
            Span::Fault(place) => {
                let (from, to) = self.times(place);
                Some(Span::Between(from?, to.unwrap_or(Time::ZERO + plan.duration)))
            }
            Span::Run | Span::Between(..) | Span::Settle => Some(span),
        };
        Some(match expectation {
            Expectation::LeaderWithin { bound, after } => {
                Expectation::LeaderWithin { bound, after: moment(after)? }
            }
            Expectation::Returns { within, after, to } => {
                let to = match to {
                    Some(Goodput { share, before }) => Some(Goodput { share, before: moment(before)? }),
                    None => None,
                };
                Expectation::Returns { within, after: moment(after)?, to }
            }
            Expectation::Progress { during } => Expectation::Progress { during: span(during)? },
            Expectation::NoProgress { during } => Expectation::NoProgress { during: span(during)? },
            Expectation::Availability { at_least, at_most, during } => {
                Expectation::Availability { at_least, at_most, during: span(during)? }
            }
            Expectation::LeaderChanges { at_least, at_most, during } => {
                Expectation::LeaderChanges { at_least, at_most, during: span(during)? }
            }
            // A script has no fault that could be skipped.
            Expectation::Sometimes(Event::FaultSkipped) | Expectation::Never(Event::FaultSkipped) => {
                return None;
            }
            Expectation::Settled { .. }
            | Expectation::TermAtMost(_)
            | Expectation::Sometimes(_)
            | Expectation::Never(_)
            | Expectation::Linearizable
            | Expectation::ExactlyOnce
            | Expectation::Violates(_) => expectation,
        })
    }
}

/// What a part of the plan does.
fn planned(source: FaultSource, plan: &Plan) -> &Action {
    match source {
        FaultSource::Fault(place) => &plan.faults[place as usize].action,
        FaultSource::Storm(place) => &plan.storms[place as usize].action,
    }
}

/// Directed links as the shape that is read most easily: one node alone, groups, or a list.
fn shape(links: &BTreeSet<(NodeId, NodeId)>, voters: u32) -> Shape {
    let nodes = || (1..=voters).map(NodeId);
    if links.is_empty() {
        // A fault that hit no link is still a fault: all links are kept.
        let both = |from, to| Edge { from: Target::Node(from), to: Target::Node(to), one_way: false };
        let pairs = nodes().flat_map(|from| (from.0 + 1..=voters).map(move |to| both(from, NodeId(to))));
        return Shape::Keep(pairs.collect());
    }
    if let Some(mut groups) = kept_apart(links, voters) {
        groups.sort_by_key(Vec::len);
        if let [alone, _] = &groups[..]
            && let [alone] = alone[..]
        {
            return Shape::Isolate(Target::Node(alone));
        }
        let mut groups: Vec<Vec<Target>> =
            groups.into_iter().map(|group| group.into_iter().map(Target::Node).collect()).collect();
        if let Some(largest) = groups.last_mut() {
            *largest = vec![Target::Rest];
        }
        return Shape::Groups(groups);
    }
    let edge = |&(from, to): &(NodeId, NodeId)| {
        let one_way = !links.contains(&(to, from));
        let is_second = !one_way && from > to;
        (!is_second).then_some(Edge { from: Target::Node(from), to: Target::Node(to), one_way })
    };
    Shape::Cut(links.iter().filter_map(edge).collect())
}
