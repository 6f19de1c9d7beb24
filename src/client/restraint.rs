//! What keeps a client from making things worse: waits that grow, bounds of how often it asks again, and breakers.
//!
//! An operation that may not be asked for again ends at once: as refused if every call was answered by a refusal, else as
//! unknown. Sessions are asked for without such a bound, since all operations wait for one.

use super::backoff::{Purse, backoff};
use super::pursuit::Errand;
use super::{Client, Timer};
use crate::ids::{CallId, NodeId};
use crate::net::Wire;
use crate::plan::{Backoff, Clients, Jitter};
use crate::replica::Bug;
use crate::rpc::breaker::{Breaker, Limits};
use crate::rpc::frame::CLIENT_REQUEST;
use crate::time::{Duration, Time};
use crate::trace::{Body, Forgone, Observer, Outcome};

/// What a client has to heed, as far as its model asks for it.
#[derive(Clone, Debug)]
pub(super) struct Restraint {
    pub(super) backoff: Backoff,
    purse: Option<Purse>,
    limits: Option<Limits>,
    /// One for each node; none without limits.
    breakers: Vec<Breaker>,
}

impl Restraint {
    pub(super) fn new(model: &Clients, nodes: u32) -> Self {
        let limits = model.breaker.map(|it| Limits {
            window: it.window,
            open_at: it.open_at,
            cool_down: it.cool_down,
            probes: it.probes,
        });
        let breakers = if limits.is_some() { nodes as usize } else { 0 };
        let purse = model.backoff.budget.map(Purse::new);
        Self { backoff: model.backoff, purse, limits, breakers: vec![Breaker::default(); breakers] }
    }

    /// [`Bug::RetryWithoutBackoff`]: what a client heeds that holds back from nothing, whatever its model asks for.
    fn none(model: &Clients) -> Self {
        let wait = Duration::from_millis(1);
        let (jitter, attempts, budget) = (Jitter::NoJitter, None, None);
        let backoff = Backoff { base: wait, cap: wait, jitter, attempts, budget, ..model.backoff };
        Self { backoff, purse: None, limits: None, breakers: Vec::new() }
    }

    /// An operation begins.
    pub(super) fn earn(&mut self) {
        if let Some(purse) = &mut self.purse {
            purse.earn();
        }
    }
}

impl Client<'_> {
    /// The same client with a planted bug, if that is one of clients.
    pub fn with_bug(self, bug: Option<Bug>) -> Self {
        if bug == Some(Bug::RetryWithoutBackoff) {
            let restraint = Restraint::none(self.model);
            return Self { restraint, ..self };
        }
        self
    }

    /// Waits before it asks again, longer with each refusal in a row, if it may ask again. One word is drawn.
    pub(super) fn wait<O: Observer>(&mut self, errand: Errand, wire: &mut Wire<'_, O>) {
        let word = self.stream.word();
        if !self.may_ask_again(errand, wire) {
            return;
        }
        let rules = self.restraint.backoff;
        if let Some(pursuit) = self.pursuit(errand) {
            pursuit.followed_hint = false;
            pursuit.waits_since = wire.trace.current();
            pursuit.refusals += 1;
            let wait = backoff(&rules, pursuit.refusals, pursuit.waited, word);
            pursuit.waited = wait;
            self.timers.push((wire.now + wait, Timer::Retry(errand)));
        }
    }

    /// Whether it may ask once more. If not, an operation ends.
    pub(super) fn may_ask_again<O: Observer>(&mut self, errand: Errand, wire: &mut Wire<'_, O>) -> bool {
        let Errand::Operation(operation) = errand else { return true };
        let attempts = self.restraint.backoff.attempts;
        let Some(pursuit) = self.pursuit(errand) else { return false };
        pursuit.retries += 1;
        let in_doubt = pursuit.in_doubt;
        let why = if attempts.is_some_and(|most| pursuit.retries >= most.get()) {
            Forgone::Attempts
        } else if self.restraint.purse.as_mut().is_none_or(Purse::spend) {
            return true;
        } else {
            Forgone::Budget
        };
        wire.trace.effect(self.address(), Body::Forgone { operation, why });
        self.end(operation, if in_doubt { Outcome::Unknown } else { Outcome::Refused }, wire);
        false
    }

    /// Whom to ask, if the breakers don't keep it from asking anybody: the node that it wants to, or the next one in order.
    pub(super) fn admitted<O: Observer>(&mut self, wanted: NodeId, wire: &mut Wire<'_, O>) -> Option<NodeId> {
        let Some(limits) = self.restraint.limits else { return Some(wanted) };
        let in_order = (0..self.nodes).map(|step| NodeId((wanted.0 - 1 + step) % self.nodes + 1));
        for node in in_order {
            let breaker = &mut self.restraint.breakers[node.slot()];
            let (may, change) = breaker.may_probe(self.last_call, &limits, wire.now);
            if let Some((was, is)) = change {
                wire.trace.effect(self.id.into(), Body::Breaker { to: node.into(), was, is });
            }
            if may {
                return Some(node);
            }
        }
        None
    }

    /// Asks nobody for now.
    pub(super) fn shed<O: Observer>(&mut self, errand: Errand, wanted: NodeId, wire: &mut Wire<'_, O>) {
        let body = Body::Shed { to: wanted.into(), kind: CLIENT_REQUEST };
        wire.trace.effect(self.address(), body);
        self.wait(errand, wire);
    }

    /// Whether it makes calls to this node.
    pub(super) fn calls_on(&self, node: NodeId, now: Time) -> bool {
        let breaker = node.0.checked_sub(1).and_then(|slot| self.restraint.breakers.get(slot as usize));
        breaker.is_none_or(|breaker| !breaker.cools_down(now))
    }

    /// A call was answered, or not in time.
    pub(super) fn note_result<O: Observer>(
        &mut self,
        node: NodeId,
        call: CallId,
        answered: bool,
        wire: &mut Wire<'_, O>,
    ) {
        let Some(limits) = self.restraint.limits else { return };
        let change = self.restraint.breakers[node.slot()].note(call, answered, &limits, wire.now);
        if let Some((was, is)) = change {
            wire.trace.effect(self.address(), Body::Breaker { to: node.into(), was, is });
        }
    }
}
