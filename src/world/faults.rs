//! The life of a fault: bound to its targets when it begins, and taken back when it ends.

use super::agenda::{Agenda, Step};
use super::milestones::{Doings, Milestones};
use super::storms::{Flap, Gusts};
use super::targets::{Hit, Links};
use super::{Event, World};
use crate::ids::{Address, Epoch, NodeId, NodeSet, RecordId};
use crate::plan::{Action, Core, End, Fault, Milestone, Plan, Start};
use crate::rng::{Stream, below};
use crate::time::{Duration, Time};
use crate::trace::{ActionKind, Body, FaultSource, Observer};
use std::collections::BTreeMap;

/// A fault scripted for the time at which another one began can't begin sooner than this after it.
pub(super) const INSTANT: Duration = Duration::from_nanos(1);

/// Where the faults of a plan stand.
#[derive(Debug)]
pub(super) struct Faults<'p> {
    pub(super) agenda: Agenda,
    scripted: Vec<Scripted>,
    /// How many of the scripted wait for a target.
    waiting: usize,
    milestones: Milestones,
    pub(super) storms: Vec<Gusts>,
    pub(super) flaps: BTreeMap<u32, Flap<'p>>,
    /// What goes wrong now, by number.
    pub(super) active: BTreeMap<u32, Active<'p>>,
    /// How many have begun.
    begun: u32,
    /// How many crashes hold each node down.
    pub(super) crashes: Vec<u32>,
    /// What the plan's names stand for.
    pub(super) names: Vec<Named>,
    /// Of which kinds none begins any more, since they are taken out of the run.
    lifted: &'static [ActionKind],
    /// By whom each node is sent frames that nobody sent, from the first one on.
    pub(super) forgers: BTreeMap<NodeId, Stream>,
    /// For whom the run has settled, if not for all: nothing goes wrong within this.
    pub(super) core: NodeSet,
}

/// A scripted fault.
#[derive(Debug)]
struct Scripted {
    state: State,
    /// How much later it begins than the plan says.
    late: Duration,
    /// The word for its choices.
    word: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Its time or its milestone has not come.
    Ahead,
    /// Its time has come, its target has not.
    Waiting,
    /// Its target has come; it begins as soon as time moves on.
    Due,
    /// It has begun, or was given up.
    Done,
}

/// A name of the plan.
#[derive(Debug)]
pub(super) struct Named {
    /// Whom it stands for, from its first use on.
    pub(super) nodes: Option<NodeSet>,
    /// The word for its choice.
    pub(super) word: u64,
}

/// A fault that goes on.
#[derive(Debug)]
pub(super) struct Active<'p> {
    /// The record of its beginning.
    started: RecordId,
    source: FaultSource,
    pub(super) action: &'p Action,
    pub(super) bound: Bound,
    /// Its place among the flapping links, if it is one time that these are cut.
    pub(super) flap: Option<u32>,
}

/// What an active fault has hit, once and for all.
#[derive(Debug)]
pub(super) enum Bound {
    Links(Links),
    /// Each in which of its lives.
    Nodes(Vec<(NodeId, Epoch)>),
}

impl Bound {
    fn nodes(&self) -> NodeSet {
        match self {
            Self::Links(_) => NodeSet::EMPTY,
            Self::Nodes(nodes) => nodes.iter().map(|(node, _)| *node).collect(),
        }
    }
}

impl Active<'_> {
    /// The nodes that it has hit, and the ends of links.
    pub(super) fn touched(&self) -> Vec<NodeId> {
        match &self.bound {
            Bound::Links(links) => links.iter().flat_map(|(from, to)| [*from, *to]).collect(),
            Bound::Nodes(nodes) => nodes.iter().map(|(node, _)| *node).collect(),
        }
    }
}

impl Faults<'_> {
    pub(super) fn new(plan: &Plan, seed: u64) -> Self {
        let named = |name: &crate::plan::Name| {
            let label = format!("name {}", name.name);
            Named { nodes: None, word: Stream::new(seed, &label, 0, 0).word() }
        };
        Self {
            agenda: Agenda::default(),
            scripted: scripted(&plan.faults, seed),
            waiting: 0,
            milestones: Milestones::new(&plan.faults),
            storms: Gusts::of(&plan.storms, seed),
            flaps: BTreeMap::new(),
            active: BTreeMap::new(),
            begun: 0,
            crashes: vec![0; plan.cluster.nodes() as usize],
            names: plan.names.iter().map(named).collect(),
            lifted: &[],
            forgers: BTreeMap::new(),
            core: NodeSet::EMPTY,
        }
    }

    /// What a fault does that goes on now, and the record of its beginning; none if it is over.
    pub(super) fn action(&self, fault: u32) -> Option<(&Action, RecordId)> {
        self.active.get(&fault).map(|active| (active.action, active.started))
    }

    /// Takes faults of these kinds out of the run. Returns those that are to be ended.
    pub(super) fn lift(&mut self, kinds: &'static [ActionKind]) -> Vec<u32> {
        self.lifted = kinds;
        let active = self.active.iter().filter(|(_, active)| kinds.contains(&kind(active.action)));
        active.map(|(fault, _)| *fault).collect()
    }

    fn set(&mut self, place: u32, state: State) {
        let old = std::mem::replace(&mut self.scripted[place as usize].state, state);
        self.waiting += usize::from(state == State::Waiting);
        self.waiting -= usize::from(old == State::Waiting);
    }
}

/// Draws what each scripted fault may need, two words each. A stream is named by what the fault is, not by its place,
/// so that taking another fault out of the plan leaves it the same.
fn scripted(faults: &[Fault], seed: u64) -> Vec<Scripted> {
    let mut names = BTreeMap::new();
    let draw = |fault: &Fault| {
        let label = match &fault.id {
            Some(id) => format!("fault {id}"),
            None => format!("fault {} {}", beginning(fault.start, faults), kind(&fault.action)),
        };
        let alike = names.entry(label.clone()).or_insert(0);
        let mut stream = Stream::new(seed, &label, *alike, 0);
        *alike += 1;
        let late = below(stream.word(), fault.spread.nanos().saturating_add(1));
        Scripted { state: State::Ahead, late: Duration::from_nanos(late), word: stream.word() }
    };
    faults.iter().map(draw).collect()
}

/// When a fault begins, by which its stream is told from others.
fn beginning(start: Start, faults: &[Fault]) -> String {
    let id = |place: u32| faults[place as usize].id.clone().unwrap_or_default();
    match start {
        Start::At(at) => format!("at {}", at.nanos()),
        Start::When { milestone, after } => {
            let milestone = match milestone {
                Milestone::Leader(node) => format!("leader {node}"),
                Milestone::Committed(index) => format!("committed {index}"),
                Milestone::Elected(count) => format!("elected {count}"),
                Milestone::Changed(count) => format!("changed {count}"),
                Milestone::Fault(place) => format!("begin of {}", id(place)),
                Milestone::End(place) => format!("end of {}", id(place)),
            };
            format!("after {milestone} by {}", after.nanos())
        }
    }
}

/// The kind of an action, for records.
pub(crate) fn kind(action: &Action) -> ActionKind {
    match action {
        Action::Partition(_) | Action::Flap { .. } => ActionKind::Partition,
        Action::Clog(_) => ActionKind::Clog,
        Action::Crash(_) => ActionKind::Crash,
        Action::Wipe(_) => ActionKind::Wipe,
        Action::Deaf(_) => ActionKind::Deaf,
        Action::Mute(_) => ActionKind::Mute,
        Action::DiskStall(_) => ActionKind::DiskStall,
        Action::DiskFull(_) => ActionKind::DiskFull,
        Action::LoseFlush(_) => ActionKind::LoseFlush,
        Action::Rot(_) => ActionKind::Rot,
        Action::Drift { .. } => ActionKind::Drift,
        Action::Starve { .. } => ActionKind::Starve,
        Action::Skew { .. } => ActionKind::Skew,
        Action::Step { .. } => ActionKind::Step,
        Action::Pause(_) => ActionKind::Pause,
        Action::Slow { .. } => ActionKind::Slow,
        Action::Flood { .. } => ActionKind::Flood,
        Action::Transfer(_) => ActionKind::Transfer,
        Action::AddLearner(_) => ActionKind::AddLearner,
        Action::Promote(_) => ActionKind::Promote,
        Action::Remove(_) => ActionKind::Remove,
        Action::Replace { .. } => ActionKind::Replace,
        Action::Lose { .. } => ActionKind::Lose,
        Action::Duplicate { .. } => ActionKind::Duplicate,
        Action::Delay { .. } => ActionKind::Delay,
        Action::Corrupt { .. } => ActionKind::Corrupt,
        Action::Misdirect { .. } => ActionKind::Misdirect,
        Action::Replay { .. } => ActionKind::Replay,
        Action::Forge { .. } => ActionKind::Forge,
    }
}

impl<'p, O: Observer> World<'p, O> {
    /// Puts on the agenda what the plan gives a time for.
    pub(super) fn schedule_faults(&mut self) {
        for (place, fault) in (0..).zip(&self.plan.faults) {
            if let Start::At(at) = fault.start {
                let at = at + self.faults.scripted[place as usize].late;
                self.plan_step(at, Step::Start(place));
            }
            if let End::Until(until) = fault.end {
                self.plan_step(until, Step::GiveUp(place));
            }
        }
        if let Some(settle) = self.plan.settle {
            self.plan_step(settle.from, Step::Settle);
        }
        self.schedule_storms();
    }

    pub(super) fn plan_step(&mut self, time: Time, step: Step) {
        if self.faults.agenda.add(time, step) {
            self.push(time, Event::Faults);
        }
    }

    /// Does what the agenda has for this instant.
    pub(super) fn see_to_faults(&mut self) {
        while let Some(step) = self.faults.agenda.take(self.now) {
            match step {
                Step::End(number) => self.end_fault(number),
                Step::GiveUp(place) => self.give_up(place),
                Step::Settle => self.settle(),
                Step::Start(place) => self.start_scripted(place),
                Step::Storm(place) => self.start_gust(place),
                Step::Flap(place) => self.cut_again(place),
                Step::Forge(fault, node) => self.forge(fault, node),
            }
        }
    }

    /// A scripted fault's time has come. It begins if its targets can be bound, else it waits.
    fn start_scripted(&mut self, place: u32) {
        if self.faults.scripted[place as usize].state == State::Done {
            return;
        }
        let plan = self.plan;
        let fault = &plan.faults[place as usize];
        let word = self.faults.scripted[place as usize].word;
        let until = match fault.end {
            End::Never => None,
            End::Until(until) => Some(until),
            End::For(length) => Some(self.now + length.max(INSTANT)),
        };
        if self.begin(FaultSource::Fault(place), &fault.action, word, until) {
            self.faults.set(place, State::Done);
            self.reach(Milestone::Fault(place));
        } else {
            self.faults.set(place, State::Waiting);
        }
    }

    /// Binds an action to its targets and begins it. Whether they could be bound.
    pub(super) fn begin(
        &mut self,
        source: FaultSource,
        action: &'p Action,
        word: u64,
        until: Option<Time>,
    ) -> bool {
        let Some((hit, names)) = self.bind(action, word) else { return false };
        for (place, nodes) in names {
            self.faults.names[place as usize].nodes = Some(nodes);
        }
        match (action, hit) {
            (Action::Flap { down, up, .. }, Hit::Links(links)) => {
                let flap = Flap::new((source, action), links, (*down, *up), word, until);
                self.start_flap(flap);
            }
            (action, hit) => self.hit(source, action, hit, until, None),
        }
        true
    }

    /// Begins a fault that is bound.
    pub(super) fn hit(
        &mut self,
        source: FaultSource,
        action: &'p Action,
        hit: Hit,
        until: Option<Time>,
        flap: Option<u32>,
    ) {
        if self.faults.lifted.contains(&kind(action)) {
            return;
        }
        let fault = self.faults.begun;
        self.faults.begun += 1;
        let bound = match hit {
            Hit::Links(links) => Bound::Links(links),
            Hit::Nodes(nodes) => {
                Bound::Nodes(nodes.iter().map(|node| (node, self.hosts[node.slot()].epoch())).collect())
            }
        };
        let body = Body::FaultStarted { fault, source, action: kind(action), nodes: bound.nodes() };
        let started = self.trace.event(self.now, Address::WORLD, None, body);
        match &bound {
            Bound::Links(links) => self.hit_links(links, action),
            Bound::Nodes(nodes) => nodes.iter().for_each(|(node, _)| self.hit_node(*node, action)),
        }
        if let Action::Forge { mean, .. } = action {
            self.begin_forging(fault, *mean, bound.nodes());
        }
        if let Action::Flood { mean, bytes, .. } = action {
            self.start_flood(fault, bound.nodes(), (*mean, *bytes));
        }
        self.faults.active.insert(fault, Active { started, source, action, bound, flap });
        if let Some(until) = self.end_of(until) {
            self.plan_step(until, Step::End(fault));
        }
    }

    /// When a fault ends that is to last until then. All end before the run settles, in the order in which they began; where
    /// it settles for a core what lasts so long is seen to then.
    fn end_of(&self, until: Option<Time>) -> Option<Time> {
        let Some(settle) = self.plan.settle else { return until };
        match settle.core {
            Core::All => Some(until.map_or(settle.from, |until| until.min(settle.from))),
            Core::Random | Core::Nodes(_) => until.filter(|until| *until < settle.from),
        }
    }

    /// A fault's time is over.
    pub(super) fn end_fault(&mut self, fault: u32) {
        let Some(active) = self.faults.active.remove(&fault) else {
            assert!(!self.faults.lifted.is_empty(), "a fault ends once, after its beginning");
            return;
        };
        let Active { source, action, bound, flap, .. } = active;
        let last = flap.is_none_or(|flap| self.faults.flaps[&flap].is_last(self.now));
        let body = Body::FaultEnded { fault, source, action: kind(action), nodes: bound.nodes(), last };
        self.trace.event(self.now, Address::WORLD, None, body);
        match bound {
            Bound::Links(links) => self.mend_links(&links, action),
            Bound::Nodes(nodes) => nodes.into_iter().for_each(|hit| self.mend_node(hit, action)),
        }
        self.floods.end(fault);
        if let Some(flap) = flap {
            self.plan_flap(flap);
        }
        if let (true, FaultSource::Fault(place)) = (last, source) {
            self.reach(Milestone::End(place));
        }
    }

    /// Gives a scripted fault up that has not begun.
    fn give_up(&mut self, place: u32) {
        if self.faults.scripted[place as usize].state != State::Done {
            self.faults.set(place, State::Done);
            self.skip(FaultSource::Fault(place), &self.plan.faults[place as usize].action);
        }
    }

    pub(super) fn skip(&mut self, source: FaultSource, action: &Action) {
        let body = Body::FaultSkipped { source, action: kind(action) };
        self.trace.event(self.now, Address::WORLD, None, body);
    }

    /// The run ends: what still waits for a target or a milestone is given up. A fault whose time has not come is not;
    /// the run was cut short.
    pub(super) fn give_up_what_waits(&mut self) {
        for place in 0..self.faults.scripted.len() {
            let is_ahead = self.faults.scripted[place].state == State::Ahead;
            let has_a_time = matches!(self.plan.faults[place].start, Start::At(_));
            if !(is_ahead && has_a_time) {
                self.give_up(place as u32);
            }
        }
    }

    /// Gives up every scripted fault that has not begun.
    pub(super) fn give_up_the_rest(&mut self) {
        (0..self.faults.scripted.len()).for_each(|place| self.give_up(place as u32));
    }

    /// Starts the faults that wait, if their targets have come. They start one nanosecond after what brought these, so
    /// that a fault scripted for that time does the same.
    pub(super) fn start_waiting_faults(&mut self) {
        if self.faults.waiting == 0 {
            return;
        }
        for place in 0..self.faults.scripted.len() {
            let Scripted { state, word, .. } = self.faults.scripted[place];
            if state == State::Waiting && self.bind(&self.plan.faults[place].action, word).is_some() {
                self.faults.set(place as u32, State::Due);
                self.plan_step(self.now + INSTANT, Step::Start(place as u32));
            }
        }
    }

    /// Whether what nodes do may be what a fault waits for.
    #[inline]
    pub(super) fn watches_nodes(&self) -> bool {
        self.faults.milestones.watch_nodes()
    }

    /// A node has done something: starts the faults that have waited for it.
    #[cold]
    pub(super) fn watch(&mut self, slot: usize, before: Doings) {
        let come = self.faults.milestones.saw(&self.hosts[slot], before);
        self.start_after_milestone(come);
    }

    fn reach(&mut self, milestone: Milestone) {
        let come = self.faults.milestones.reached(milestone);
        self.start_after_milestone(come);
    }

    fn start_after_milestone(&mut self, come: Vec<u32>) {
        for place in come {
            let Scripted { state, late, .. } = self.faults.scripted[place as usize];
            if let (State::Ahead, Start::When { after, .. }) = (state, self.plan.faults[place as usize].start)
            {
                self.plan_step(self.now + after + late + INSTANT, Step::Start(place));
            }
        }
    }
}
