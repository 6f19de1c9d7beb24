//! How a run settles: every fault ends, or all that goes wrong within a core of the nodes.
//!
//! A link is within the core if both its ends are, and so is a client's link to a node of the core. What goes wrong within
//! the core ends. All else stays for ever as it is at that moment, whatever the plan says of its end: a node outside that is
//! down stays down, and a link that flaps stays cut if it is. Nothing new begins.

use super::agenda::Step;
use super::faults::{Active, Bound};
use super::{World, targets::Links};
use crate::host::NodeView;
use crate::ids::{Address, ClientId, NodeId, NodeSet};
use crate::plan::{Action, Core};
use crate::replica::Members;
use crate::rng::{Expansion, Stream, below};
use crate::trace::{Body, Observer};

impl<O: Observer> World<'_, O> {
    /// From now on nothing goes wrong any more, or nothing within the core.
    pub(super) fn settle(&mut self) {
        let Some(settle) = self.plan.settle else { return };
        self.quiet_until = settle.loaded();
        match settle.core {
            Core::All => self.settle_for_all(),
            Core::Random => self.settle_for(self.draw_core()),
            Core::Nodes(nodes) => self.settle_for(nodes),
        }
    }

    fn settle_for_all(&mut self) {
        assert!(self.faults.active.is_empty(), "ends go first, and every fault has one by now");
        self.give_up_the_rest();
        self.faults.agenda.retain(|_| false);
        self.network.settle();
        self.trace.event(self.now, Address::WORLD, None, Body::Settled);
    }

    /// A quorum of the members that are in force, by one word: first of those that can still have a say, since their disks
    /// are neither blank nor beyond recovery.
    fn draw_core(&self) -> NodeSet {
        let views: Vec<NodeView> = self.hosts.iter().map(|host| host.view()).collect();
        let members = self.members_at_last(&views);
        let votes = |view: &&NodeView| members.votes(view.id);
        let (fit, unfit): (Vec<&NodeView>, Vec<&NodeView>) =
            views.iter().filter(votes).partition(|view| !view.blank);
        let mut words = Expansion::new(Stream::new(self.setup.seed, "core", 0, 0).word());
        let mut core = NodeSet::EMPTY;
        for mut left in [fit, unfit] {
            while !left.is_empty() && !members.is_quorum(core) {
                core.insert(left.swap_remove(below(words.word(), left.len() as u64) as usize).id);
            }
        }
        core
    }

    /// The members in force: for the leader of the highest term, or if nobody leads for who has the best log.
    fn members_at_last(&self, views: &[NodeView]) -> Members {
        let leader = self.highest_leader().and_then(|leader| self.hosts[leader.slot()].members());
        let best = || views.iter().filter(|view| !view.blank).max_by_key(|view| (view.last.1, view.last.0));
        leader.or_else(|| best().map(|view| view.membership.members)).unwrap_or_else(|| self.members())
    }

    /// From now on nothing goes wrong within the core.
    fn settle_for(&mut self, core: NodeSet) {
        self.trace.event(self.now, Address::WORLD, None, Body::SettledFor { nodes: core });
        self.faults.flaps.clear();
        let over: Vec<u32> = {
            let faults: Vec<u32> = self.faults.active.keys().copied().collect();
            faults.into_iter().filter(|fault| self.narrow(*fault, core)).collect()
        };
        self.faults.core = core;
        self.floods.spare(core);
        self.network.settle_among(core);
        let beset = self.beset();
        if !beset.is_empty() {
            self.trace.effect(Address::WORLD, Body::Beset { nodes: beset });
        }
        for fault in over {
            self.end_fault(fault);
        }
        self.give_up_the_rest();
        let faults = &mut self.faults;
        let stays = |fault: &u32| faults.active.contains_key(fault);
        faults
            .agenda
            .retain(|step| matches!(step, Step::Forge(fault, node) if stays(fault) && !core.contains(*node)));
    }

    /// Ends what a fault does within the core, if it also does something elsewhere. Whether it does nothing elsewhere, and so
    /// is over as a whole.
    fn narrow(&mut self, fault: u32, core: NodeSet) -> bool {
        let Some(active) = self.faults.active.get_mut(&fault) else { return false };
        active.flap = None;
        let action = active.action;
        match &mut active.bound {
            Bound::Links(links) => {
                let is_inside = |(from, to): &(NodeId, NodeId)| core.contains(*from) && core.contains(*to);
                let (inside, outside): (Links, Links) = links.iter().copied().partition(is_inside);
                let everywhere = matches!(action, Action::Corrupt { clients: true, .. });
                if outside.is_empty() && !(everywhere && self.hosts.len() > core.len() as usize) {
                    return true;
                }
                *links = outside;
                self.mend_within(&inside, action, core);
            }
            Bound::Nodes(nodes) => {
                let (inside, outside): (Vec<_>, Vec<_>) =
                    nodes.iter().copied().partition(|(node, _)| core.contains(*node));
                if outside.is_empty() {
                    return true;
                }
                *nodes = outside;
                inside.into_iter().for_each(|hit| self.mend_node(hit, action));
            }
        }
        false
    }

    /// Takes back what an action did to these links within the core, and to those of clients to it.
    fn mend_within(&mut self, links: &Links, action: &Action, core: NodeSet) {
        let Some((_, fault)) = action.on_frames() else { return self.mend_links(links, action) };
        let mut all: Vec<(Address, Address)> =
            links.iter().map(|&(from, to)| (from.into(), to.into())).collect();
        if let Action::Corrupt { clients: true, .. } = action {
            let clients = (1..=self.clients.len() as u32).map(|id| Address::from(ClientId(id)));
            let pairs = clients.flat_map(|client| core.iter().map(move |node| (client, Address::from(node))));
            all.extend(pairs.flat_map(|(client, node)| [(client, node), (node, client)]));
        }
        self.relieve_links(all, fault);
    }

    /// The nodes outside the core on which something goes wrong for ever, or on whose links.
    fn beset(&self) -> NodeSet {
        let core = self.faults.core;
        let nodes = || self.hosts.iter().map(|host| host.id()).filter(|node| !core.contains(*node));
        if self.network.is_lossy() {
            return nodes().collect();
        }
        let lasting = |active: &&Active<'_>| !active.action.is_done_at_once();
        let hit: NodeSet = self.faults.active.values().filter(lasting).flat_map(Active::touched).collect();
        nodes().filter(|node| hit.contains(*node)).collect()
    }
}
