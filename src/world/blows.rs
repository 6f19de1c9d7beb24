//! What an action does to the links and nodes that a fault has hit, and how that is taken back.

use super::targets::Links;
use super::{Event, World};
use crate::client::Client;
use crate::host::Host;
use crate::ids::{Address, ClientId, Epoch, NodeId};
use crate::net::Slot;
use crate::plan::{Action, FrameFault};
use crate::replica::{Change, Function, Traffic};
use crate::rpc::frame::{self, FIRST_CLIENT_KIND};
use crate::trace::{Body, Loss, Observer};

impl<O: Observer> World<'_, O> {
    pub(super) fn hit_links(&mut self, links: &Links, action: &Action) {
        if let Some((_, fault)) = action.on_frames() {
            return self.afflict(links, action, fault);
        }
        for &(from, to) in links {
            self.hit_link(from.into(), to.into(), matches!(action, Action::Clog(_)));
        }
    }

    fn hit_link(&mut self, from: Address, to: Address, clogs: bool) {
        let was_whole = if clogs { self.network.clog(from, to) } else { self.network.cut(from, to) };
        let body = match (was_whole, clogs) {
            (false, _) => Body::HitAlready { to },
            (true, true) => Body::Clogged { to },
            (true, false) => Body::Cut { to },
        };
        self.trace.effect(from, body);
    }

    pub(super) fn mend_links(&mut self, links: &Links, action: &Action) {
        if let Some((_, fault)) = action.on_frames() {
            return self.relieve(links, action, fault);
        }
        for &(from, to) in links {
            let (from, to) = (Address::from(from), Address::from(to));
            if let Action::Clog(_) = action {
                if let Some(held) = self.network.unclog(from, to) {
                    self.trace.effect(from, Body::Unclogged { to });
                    for slot in held {
                        self.push(self.now, Event::LateArrival(slot));
                    }
                }
            } else {
                self.heal_link(from, to);
            }
        }
    }

    fn heal_link(&mut self, from: Address, to: Address) {
        if self.network.heal(from, to) {
            self.trace.effect(from, Body::Healed { to });
        }
    }

    /// The links that end at a node, or begin there, clients' links too.
    fn links_at(&self, node: NodeId, end_there: bool) -> Vec<(Address, Address)> {
        let nodes = self.hosts.iter().map(Host::address);
        let clients = self.clients.iter().map(Client::address);
        let node = Address::from(node);
        let others = nodes.chain(clients).filter(|other| *other != node);
        others.map(|other| if end_there { (other, node) } else { (node, other) }).collect()
    }

    /// From now on something is done to frames on these links.
    fn afflict(&mut self, links: &Links, action: &Action, fault: FrameFault) {
        for (from, to) in self.links_of(links, action) {
            self.network.afflict(from, to, fault);
            self.trace.effect(from, Body::Afflicted { to });
        }
    }

    /// It is no longer done.
    fn relieve(&mut self, links: &Links, action: &Action, fault: FrameFault) {
        self.relieve_links(self.links_of(links, action), fault);
    }

    pub(super) fn relieve_links(&mut self, links: Vec<(Address, Address)>, fault: FrameFault) {
        for (from, to) in links {
            for old in self.network.relieve(from, to, fault) {
                self.frames.release(old);
            }
            self.trace.effect(from, Body::Relieved { to });
        }
    }

    /// These links, with those of clients if the action is for them as well; once the run has settled for a core, with those
    /// of clients to the others.
    fn links_of(&self, links: &Links, action: &Action) -> Vec<(Address, Address)> {
        let mut all: Vec<(Address, Address)> =
            links.iter().map(|&(from, to)| (from.into(), to.into())).collect();
        if let Action::Corrupt { clients: true, .. } = action {
            let clients = (1..=self.clients.len() as u32).map(|id| Address::from(ClientId(id)));
            let nodes = || self.hosts.iter().map(Host::id).filter(|node| !self.faults.core.contains(*node));
            let pairs = clients.flat_map(|client| nodes().map(move |node| (client, Address::from(node))));
            all.extend(pairs.flat_map(|(client, node)| [(client, node), (node, client)]));
        }
        all
    }

    pub(super) fn hit_node(&mut self, node: NodeId, action: &Action) {
        match action {
            Action::Crash(_) => self.crash(node, false),
            Action::Wipe(_) => self.crash(node, true),
            Action::Deaf(_) | Action::Mute(_) => {
                for (from, to) in self.links_at(node, matches!(action, Action::Deaf(_))) {
                    self.hit_link(from, to, false);
                }
            }
            Action::DiskStall(_) => self.hosts[node.slot()].disk_mut().stall(),
            Action::DiskFull(_) => self.hosts[node.slot()].disk_mut().fill(true),
            Action::LoseFlush(_) => self.hosts[node.slot()].disk_mut().lie(true),
            Action::Rot(_) => self.with_host(node.slot(), Host::rot),
            Action::Drift { ppm, .. } => self.drift(node, i64::from(*ppm)),
            Action::Starve { kind, .. } => self.starving.push((node, *kind)),
            Action::Skew { ahead_ns, .. } | Action::Step { ahead_ns, .. } => self.put_clock(node, *ahead_ns),
            Action::Pause(_) => self.pause(node),
            Action::Slow { permille, .. } => self.hosts[node.slot()].slow_down(*permille),
            Action::Flood { .. } => {} // It is begun as a whole.
            Action::Transfer(_) => self.transfer(node),
            Action::AddLearner(_) => self.change(Change::AddLearner(node)),
            Action::Promote(_) => self.change(Change::Promote(node)),
            Action::Remove(_) => self.change(Change::Remove(node)),
            Action::Replace { new, .. } => self.change(Change::Replace { old: node, new: *new }),
            // Its frames come one by one, see `forger`.
            Action::Forge { .. } => {}
            Action::Partition(_)
            | Action::Clog(_)
            | Action::Flap { .. }
            | Action::Lose { .. }
            | Action::Duplicate { .. }
            | Action::Delay { .. }
            | Action::Corrupt { .. }
            | Action::Misdirect { .. }
            | Action::Replay { .. } => unreachable!("it hits links"),
        }
    }

    /// Takes back what was done to this node, which was in that life when it was hit.
    pub(super) fn mend_node(&mut self, (node, epoch): (NodeId, Epoch), action: &Action) {
        match action {
            Action::Pause(_) => self.resume(node, epoch),
            Action::Crash(_) | Action::Wipe(_) => self.restart(node),
            Action::Slow { permille, .. } => self.hosts[node.slot()].speed_up(*permille),
            Action::Deaf(_) | Action::Mute(_) => {
                for (from, to) in self.links_at(node, matches!(action, Action::Deaf(_))) {
                    self.heal_link(from, to);
                }
            }
            Action::DiskStall(_) => {
                if self.hosts[node.slot()].disk_mut().unstall() {
                    self.with_host(node.slot(), Host::end_flush);
                }
            }
            Action::DiskFull(_) => self.empty(node),
            Action::LoseFlush(_) => self.hosts[node.slot()].disk_mut().lie(false),
            Action::Drift { ppm, .. } => self.drift(node, -i64::from(*ppm)),
            Action::Starve { kind, .. } => self.feed(node, *kind),
            Action::Skew { ahead_ns, .. } => self.put_clock(node, -*ahead_ns),
            Action::Forge { .. }
            | Action::Flood { .. }
            | Action::Step { .. }
            | Action::Rot(_)
            | Action::Transfer(_)
            | Action::AddLearner(_)
            | Action::Promote(_)
            | Action::Remove(_)
            | Action::Replace { .. } => {}
            Action::Partition(_)
            | Action::Clog(_)
            | Action::Flap { .. }
            | Action::Lose { .. }
            | Action::Duplicate { .. }
            | Action::Delay { .. }
            | Action::Corrupt { .. }
            | Action::Misdirect { .. }
            | Action::Replay { .. } => unreachable!("it hits links"),
        }
    }

    /// One fault less withholds this traffic from the node.
    fn feed(&mut self, node: NodeId, kind: Traffic) {
        if let Some(at) = self.starving.iter().position(|starved| *starved == (node, kind)) {
            self.starving.swap_remove(at);
        }
    }

    /// Whether a fault withholds this frame from its receiver.
    #[cold]
    pub(super) fn is_withheld(&self, slot: Slot) -> bool {
        let frame = self.frames.get(slot);
        let Some(node) = frame.to.as_node() else { return false };
        let kind = if frame.kind >= FIRST_CLIENT_KIND {
            Some(Traffic::Requests)
        } else {
            let read = frame::decode(&frame.bytes, frame.intact, &self.frames.integrity).ok();
            let class = read.and_then(|(header, payload)| self.setup.software.classify(header.kind, payload));
            class.and_then(|class| class.function).and_then(Function::traffic)
        };
        kind.is_some_and(|kind| self.starving.contains(&(node, kind)))
    }

    fn drift(&mut self, node: NodeId, by_ppm: i64) {
        self.with_host(node.slot(), |host, _, wire| host.drift(by_ppm, wire));
    }

    fn put_clock(&mut self, node: NodeId, by_ns: i64) {
        self.with_host(node.slot(), |host, setup, wire| host.put_clock(by_ns, setup, wire));
    }

    /// A disk has room again. Somebody starts the machine that stopped for want of it, if nothing else holds it down.
    fn empty(&mut self, node: NodeId) {
        let host = &mut self.hosts[node.slot()];
        host.disk_mut().fill(false);
        let is_over = !host.disk_mut().is_full() && host.is_stopped_by_full_disk();
        if is_over && self.faults.crashes[node.slot()] == 0 {
            self.with_host(node.slot(), Host::boot);
        }
    }

    pub(super) fn crash(&mut self, node: NodeId, wipe: bool) {
        self.faults.crashes[node.slot()] += 1;
        let up = self.hosts[node.slot()].is_up();
        let piled_up = self.with_host(node.slot(), |host, setup, wire| {
            let piled_up = if up { host.crash(setup, wire) } else { Vec::new() };
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
