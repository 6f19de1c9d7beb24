//! What an action does to the links and nodes that a fault has hit, and how that is taken back.

use super::targets::Links;
use super::{Event, World};
use crate::host::Host;
use crate::ids::{Address, Epoch, NodeId};
use crate::plan::Action;
use crate::replica::Change;
use crate::trace::{Body, Loss, Observer};

impl<O: Observer> World<'_, O> {
    pub(super) fn hit_links(&mut self, links: &Links, action: &Action) {
        for &(from, to) in links {
            let (from, to) = (Address::from(from), Address::from(to));
            let clogs = matches!(action, Action::Clog(_));
            let was_whole = if clogs { self.network.clog(from, to) } else { self.network.cut(from, to) };
            let body = match (was_whole, clogs) {
                (false, _) => Body::HitAlready { to },
                (true, true) => Body::Clogged { to },
                (true, false) => Body::Cut { to },
            };
            self.trace.effect(from, body);
        }
    }

    pub(super) fn mend_links(&mut self, links: &Links, action: &Action) {
        for &(from, to) in links {
            let (from, to) = (Address::from(from), Address::from(to));
            if let Action::Clog(_) = action {
                if let Some(held) = self.network.unclog(from, to) {
                    self.trace.effect(from, Body::Unclogged { to });
                    for slot in held {
                        self.push(self.now, Event::LateArrival(slot));
                    }
                }
            } else if self.network.heal(from, to) {
                self.trace.effect(from, Body::Healed { to });
            }
        }
    }

    pub(super) fn hit_node(&mut self, node: NodeId, action: &Action) {
        match action {
            Action::Crash(_) => self.crash(node, false),
            Action::Wipe(_) => self.crash(node, true),
            Action::Pause(_) => self.pause(node),
            Action::Transfer(_) => self.transfer(node),
            Action::AddLearner(_) => self.change(Change::AddLearner(node)),
            Action::Promote(_) => self.change(Change::Promote(node)),
            Action::Remove(_) => self.change(Change::Remove(node)),
            Action::Replace { new, .. } => self.change(Change::Replace { old: node, new: *new }),
            Action::Partition(_) | Action::Clog(_) | Action::Flap { .. } => unreachable!("it hits links"),
        }
    }

    /// Takes back what was done to this node, which was in that life when it was hit.
    pub(super) fn mend_node(&mut self, (node, epoch): (NodeId, Epoch), action: &Action) {
        match action {
            Action::Pause(_) => self.resume(node, epoch),
            Action::Crash(_) | Action::Wipe(_) => self.restart(node),
            _ => {}
        }
    }

    pub(super) fn crash(&mut self, node: NodeId, wipe: bool) {
        self.faults.crashes[node.slot()] += 1;
        let up = self.hosts[node.slot()].is_up();
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
    pub(super) fn restart(&mut self, node: NodeId) {
        let crashes = &mut self.faults.crashes[node.slot()];
        *crashes = crashes.checked_sub(1).expect("only what is down can start");
        if self.faults.crashes[node.slot()] == 0 {
            self.with_host(node.slot(), Host::boot);
        }
    }

    /// Whoever leads is asked to hand over to this node.
    fn transfer(&mut self, to: NodeId) {
        let leader = self.highest_leader().expect("the fault was bound to it");
        self.with_host(leader.slot(), |host, setup, wire| host.transfer(to, setup, wire));
    }

    /// Whoever leads is asked for other members.
    fn change(&mut self, change: Change) {
        let leader = self.highest_leader().expect("the fault was bound to it");
        self.with_host(leader.slot(), |host, setup, wire| host.change(change, setup, wire));
    }

    fn pause(&mut self, node: NodeId) {
        self.with_host(node.slot(), |host, _, wire| {
            if host.is_up() {
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
        self.with_host(node.slot(), Host::resume);
        self.push(self.now, Event::Backlog(node));
    }
}
