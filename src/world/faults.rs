//! Faults: bound to their targets when they fire, and taken back when they end.

use super::targets::Links;
use super::{Event, PutOff, World};
use crate::host::Host;
use crate::ids::{Address, Epoch, NodeId};
use crate::plan::{Action, Fault};
use crate::time::Duration;
use crate::trace::{ActionKind, Body, Loss, Observer};

/// Where the faults of a plan stand.
#[derive(Debug)]
pub(super) struct Faults {
    state: Vec<State>,
    /// How many wait for a target.
    waiting: usize,
    /// How many crashes hold each node down.
    crashes: Vec<(NodeId, u32)>,
}

#[derive(Debug)]
enum State {
    Ahead,
    /// Its time has come, its target has not.
    Waiting,
    /// Its target has come; it starts as soon as time moves on.
    Due,
    Active(Bound),
    Over,
}

/// What an active fault has hit, once and for all.
#[derive(Debug)]
enum Bound {
    Links(Links),
    Node(NodeId, Epoch),
}

impl Bound {
    fn node(&self) -> Option<NodeId> {
        match self {
            Self::Links(_) => None,
            Self::Node(node, _) => Some(*node),
        }
    }
}

impl Faults {
    pub(super) fn new(plan: &[Fault]) -> Self {
        Self { state: plan.iter().map(|_| State::Ahead).collect(), waiting: 0, crashes: Vec::new() }
    }

    fn set(&mut self, number: u32, state: State) -> State {
        let waits = |state: &State| usize::from(matches!(state, State::Waiting));
        self.waiting += waits(&state);
        let old = std::mem::replace(&mut self.state[number as usize], state);
        self.waiting -= waits(&old);
        old
    }

    /// One more crash of this node (or, with `false`, one less). How many there are then.
    fn count_crash(&mut self, node: NodeId, more: bool) -> u32 {
        let at = match self.crashes.iter().position(|(crashed, _)| *crashed == node) {
            Some(at) => at,
            None => {
                self.crashes.push((node, 0));
                self.crashes.len() - 1
            }
        };
        let count = &mut self.crashes[at].1;
        *count = if more { *count + 1 } else { *count - 1 };
        *count
    }
}

/// The kind of an action, for records.
fn kind(action: &Action) -> ActionKind {
    match action {
        Action::Partition(_) => ActionKind::Partition,
        Action::Clog(_) => ActionKind::Clog,
        Action::Crash(_) => ActionKind::Crash,
        Action::Wipe(_) => ActionKind::Wipe,
        Action::Pause(_) => ActionKind::Pause,
    }
}

impl<O: Observer> World<'_, O> {
    /// A fault's time has come. It starts if its targets can be bound, else it waits.
    pub(super) fn start_fault(&mut self, number: u32) {
        if matches!(self.faults.state[number as usize], State::Over) {
            return;
        }
        let action = &self.plan.faults[number as usize].action;
        let Some(bound) = self.bind_action(action) else {
            self.faults.set(number, State::Waiting);
            return;
        };
        let body = Body::FaultStarted { fault: number, action: kind(action), target: bound.node() };
        self.trace.event(self.now, Address::WORLD, None, body);
        match (&bound, action) {
            (Bound::Links(links), _) => self.hit_links(links, action),
            (Bound::Node(node, _), Action::Pause(_)) => self.pause(*node),
            (Bound::Node(node, _), _) => self.crash(*node, matches!(action, Action::Wipe(_))),
        }
        self.faults.set(number, State::Active(bound));
    }

    /// What an action hits now; none if one of its targets has to wait.
    fn bind_action(&self, action: &Action) -> Option<Bound> {
        match action {
            Action::Partition(shape) | Action::Clog(shape) => self.bind_links(shape).map(Bound::Links),
            Action::Crash(target) | Action::Wipe(target) | Action::Pause(target) => {
                self.bind(*target).map(|node| Bound::Node(node, self.hosts[node.slot()].epoch()))
            }
        }
    }

    /// A fault's time is over.
    pub(super) fn end_fault(&mut self, number: u32) {
        let action = &self.plan.faults[number as usize].action;
        match self.faults.set(number, State::Over) {
            State::Active(bound) => {
                let body = Body::FaultEnded { fault: number, action: kind(action), target: bound.node() };
                self.trace.event(self.now, Address::WORLD, None, body);
                match (bound, action) {
                    (Bound::Links(links), _) => self.mend_links(&links, action),
                    (Bound::Node(node, epoch), Action::Pause(_)) => self.resume(node, epoch),
                    (Bound::Node(node, _), _) => self.restart(node),
                }
            }
            State::Waiting | State::Due => self.skip(number),
            State::Ahead | State::Over => unreachable!("a fault ends once, after its start"),
        }
    }

    fn skip(&mut self, number: u32) {
        let action = kind(&self.plan.faults[number as usize].action);
        let body = Body::FaultSkipped { fault: number, action };
        self.trace.event(self.now, Address::WORLD, None, body);
    }

    /// Starts the faults that wait, if their targets have come. They start one nanosecond after what brought these, so
    /// that a fault scripted for that time does the same.
    pub(super) fn start_waiting_faults(&mut self) {
        if self.faults.waiting == 0 {
            return;
        }
        for number in 0..self.faults.state.len() {
            let waits = matches!(self.faults.state[number], State::Waiting);
            if waits && self.bind_action(&self.plan.faults[number].action).is_some() {
                self.faults.set(number as u32, State::Due);
                self.push(self.now + Duration::from_nanos(1), Event::FaultStart(number as u32));
            }
        }
    }

    /// Records which faults never found their targets.
    pub(super) fn skip_waiting_faults(&mut self) {
        for number in 0..self.faults.state.len() {
            if matches!(self.faults.state[number], State::Waiting | State::Due) {
                self.skip(number as u32);
            }
        }
    }

    fn hit_links(&mut self, links: &Links, action: &Action) {
        for &(from, to) in links {
            let (from, to) = (Address::from(from), Address::from(to));
            if matches!(action, Action::Clog(_)) {
                if self.network.clog(from, to) {
                    self.trace.effect(from, Body::Clogged { to });
                }
            } else if self.network.cut(from, to) {
                self.trace.effect(from, Body::Cut { to });
            }
        }
    }

    fn mend_links(&mut self, links: &Links, action: &Action) {
        for &(from, to) in links {
            let (from, to) = (Address::from(from), Address::from(to));
            if matches!(action, Action::Clog(_)) {
                if let Some(held) = self.network.unclog(from, to) {
                    self.trace.effect(from, Body::Unclogged { to });
                    for slot in held {
                        self.push(self.now, Event::LateArrival(slot, PutOff::OnTheLink));
                    }
                }
            } else if self.network.heal(from, to) {
                self.trace.effect(from, Body::Healed { to });
            }
        }
    }

    fn crash(&mut self, node: NodeId, wipe: bool) {
        self.faults.count_crash(node, true);
        let up = self.hosts[node.slot()].status().is_some();
        let piled_up = self.with_host(node.slot(), |host, _, wire| {
            let piled_up = if up { host.crash(wire) } else { Vec::new() };
            if wipe {
                host.wipe(wire);
            }
            piled_up
        });
        for slot in piled_up {
            self.lose(slot, Loss::ReceiverDown);
        }
    }

    /// One crash of the node is over. It starts again unless another still holds it down.
    fn restart(&mut self, node: NodeId) {
        if self.faults.count_crash(node, false) == 0 {
            self.with_host(node.slot(), Host::boot);
        }
    }

    fn pause(&mut self, node: NodeId) {
        self.with_host(node.slot(), |host, _, wire| {
            if host.status().is_some() {
                host.pause(wire);
            }
        });
    }

    /// Takes back the pause of a process, if it has not crashed meanwhile.
    fn resume(&mut self, node: NodeId, epoch: Epoch) {
        let host = &self.hosts[node.slot()];
        if host.epoch() != epoch || !host.is_paused() {
            return;
        }
        for slot in self.with_host(node.slot(), Host::resume) {
            self.push(self.now, Event::LateArrival(slot, PutOff::AtTheMachine));
        }
    }
}
