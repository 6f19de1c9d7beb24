//! A world in somebody's hands: what a plan would script, done at once by whoever runs the world step by step.
//!
//! What is done so comes from outside, and its records have no cause. It stands beside the plan's faults and adds up with
//! them: a link is whole, and a machine up, once everything that holds it has let go.

use super::World;
use crate::ids::NodeId;
use crate::trace::{Body, Observer};

impl<O: Observer> World<'_, O> {
    /// Who is shown the records.
    pub fn observer(&self) -> &O {
        self.trace.observer()
    }

    /// Proposes a command to this node, whatever it is, without a client. Whether its process runs; a node that does not
    /// lead refuses, which the records tell.
    pub fn propose_to(&mut self, node: NodeId, command: &[u8]) -> bool {
        if !self.hosts[node.slot()].is_running() {
            return false;
        }
        self.propose_at(node, command);
        true
    }

    /// Cuts the link from one node to another: it loses every frame until it is healed as often as it was cut.
    pub fn cut(&mut self, from: NodeId, to: NodeId) {
        let whole = self.network.cut(from.into(), to.into());
        let to = to.into();
        let body = if whole { Body::Cut { to } } else { Body::HitAlready { to } };
        self.trace.event(self.now, from.into(), None, body);
    }

    /// Takes back one cut of a link.
    ///
    /// # Panics
    /// If the link is whole.
    pub fn heal(&mut self, from: NodeId, to: NodeId) {
        assert!(
            self.network.is_cut(self.network.link_id(from.into(), to.into())),
            "only what is cut can be healed"
        );
        if self.network.heal(from.into(), to.into()) {
            self.trace.event(self.now, from.into(), None, Body::Healed { to: to.into() });
        }
    }

    /// Takes a machine's power away: its memory is gone, and what was not flushed.
    pub fn power_off(&mut self, node: NodeId) {
        self.trace.outside(self.now);
        self.crash(node, false);
    }

    /// Gives a machine its power back: it starts from its disk, unless something else still holds it down.
    ///
    /// # Panics
    /// If nothing holds it down.
    pub fn power_on(&mut self, node: NodeId) {
        self.trace.outside(self.now);
        self.restart(node);
    }
}
