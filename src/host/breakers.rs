//! Circuit breakers of a leader: who does not answer is sent heartbeats only, for a while.
//!
//! What a breaker sheds is bulk, entries and snapshots, which fill a slow link and keep it from carrying what a leader
//! stays in office by. A heartbeat is never shed: it is the probe. Raft sends again what is missing, since a heartbeat's
//! answer tells it.

use super::Setup;
use super::process::Process;
use crate::ids::{CallId, NodeId, RecordId};
use crate::net::{Outgoing, Wire};
use crate::replica::{Bug, Call, Class, Function, Role};
use crate::trace::{Body, Observer};

impl Process {
    /// Whether a frame is not sent, since the breaker of the calls to its receiver is not closed. Then it is gone.
    #[cold]
    pub(super) fn sheds<O: Observer>(
        &mut self,
        frame: &Outgoing,
        class: Option<Class>,
        cause: Option<RecordId>,
        setup: &Setup<'_>,
        wire: &mut Wire<'_, O>,
    ) -> bool {
        let Outgoing { slot, to, kind, call, .. } = *frame;
        let (Some(limits), Some(peer)) = (setup.breaker, to.as_node()) else { return false };
        let Some(Class { call: Call::Request, function: Some(function), .. }) = class else { return false };
        let breaker = &mut self.breakers[peer.slot()];
        if breaker.is_closed() {
            return false;
        }
        if is_shed(function, setup) {
            wire.trace.because(self.id.into(), cause, Body::Shed { to, kind });
            wire.frames.release(slot);
            return true;
        }
        // Whatever it may do, it is sent: what becomes of it is of interest.
        if let (_, Some((was, is))) = breaker.may_probe(call, &limits, wire.now) {
            wire.trace.because(self.id.into(), cause, Body::Breaker { to, was, is });
        }
        false
    }

    /// A call of a leader was answered, or not in time.
    #[cold]
    pub(super) fn note_call<O: Observer>(
        &mut self,
        peer: NodeId,
        call: CallId,
        answered: bool,
        setup: &Setup<'_>,
        wire: &mut Wire<'_, O>,
    ) {
        let Some(limits) = setup.breaker.filter(|_| self.status.role == Role::Leader) else { return };
        let change = self.breakers[peer.slot()].note(call, answered, &limits, wire.now);
        if let Some((was, is)) = change {
            wire.trace.effect(self.id.into(), Body::Breaker { to: peer.into(), was, is });
        }
    }
}

/// What a breaker keeps back: what can wait.
/// [`Bug::BreakerShedsHeartbeats`]: heartbeats, too.
fn is_shed(function: Function, setup: &Setup<'_>) -> bool {
    let sheds_all = setup.options.bug == Some(Bug::BreakerShedsHeartbeats);
    function.is_bulk() || sheds_all && function == Function::Heartbeat
}
