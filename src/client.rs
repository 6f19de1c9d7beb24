//! One client: begins operations, asks the node it takes for the leader, follows hints, backs off, gives up.
//!
//! An operation that a node refuses has had no effect and is asked for again. One that was not answered may still take
//! effect, so it is never asked for twice: it ends as unknown.

use crate::ids::{Address, CallId, ClientId, NodeId, OperationId, RecordId, Term};
use crate::net::{Payload, Slot, Wire};
use crate::plan::{Arrival, Backoff, Clients, Jitter};
use crate::rng::{Stream, below, exponential};
use crate::rpc::frame::{self, CLIENT_REPLY, CLIENT_REQUEST, Header};
use crate::rpc::store::{Reply, decode_reply, encode_operation};
use crate::time::{Duration, Time};
use crate::trace::{Body, Observer, Operation, Outcome, Rejection};
use std::collections::BTreeMap;

/// What a client wants to be woken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timer {
    /// To begin its next operation.
    Arrival,
    /// To give up an operation.
    Deadline(OperationId),
    /// To ask again.
    Retry(OperationId),
}

/// A client.
///
/// - Each open operation has at most one call under way.
pub struct Client<'p> {
    id: ClientId,
    model: &'p Clients,
    nodes: u32,
    cluster: u64,
    stream: Stream,
    /// The node it takes for the leader.
    leader: NodeId,
    last_call: CallId,
    open: Vec<Open>,
    /// What it last saw each key to hold, to have something to expect in a compare-and-set.
    seen: BTreeMap<u32, u64>,
    timers: Vec<(Time, Timer)>,
    request: Vec<u8>,
}

/// An operation that has not ended.
struct Open {
    operation: OperationId,
    request: Operation,
    /// The call under way, to whom, and the record of its sending.
    call: Option<(CallId, NodeId, RecordId)>,
    /// Refusals in a row, each followed by a wait.
    refusals: u32,
    /// The record that began the current wait.
    waits_since: Option<RecordId>,
    /// Whether the last call followed a hint: the next hint has to wait, lest two nodes that take each other for the
    /// leader keep a client busy for ever.
    followed_hint: bool,
}

impl<'p> Client<'p> {
    /// A client that will begin its first operation in time.
    pub fn new(id: ClientId, model: &'p Clients, nodes: u32, cluster: u64, seed: u64) -> Self {
        let mut stream = Stream::new(seed, "client", u64::from(id.0), 0);
        let leader = NodeId(1 + below(stream.word(), u64::from(nodes)) as u32);
        let first = match model.arrival {
            Arrival::OpenLoop { mean } => exponential(stream.word(), mean),
            Arrival::ClosedLoop { think } => think,
        };
        Self {
            id,
            model,
            nodes,
            cluster,
            stream,
            leader,
            last_call: CallId::ZERO,
            open: Vec::new(),
            seen: BTreeMap::new(),
            timers: vec![(Time::ZERO + first, Timer::Arrival)],
            request: Vec::new(),
        }
    }

    /// Its address on the network.
    pub fn address(&self) -> Address {
        self.id.into()
    }

    /// Takes the times at which it wants to be woken, and for what.
    pub fn take_timers(&mut self) -> impl Iterator<Item = (Time, Timer)> + '_ {
        self.timers.drain(..)
    }

    /// How many words it has drawn.
    pub fn words_drawn(&self) -> u64 {
        self.stream.position()
    }

    /// Begins an operation. Four words are drawn for each: when the next one comes, what it does, to which key, and
    /// one in reserve for the kind's own choice.
    pub fn arrive<O: Observer>(&mut self, operation: OperationId, wire: &mut Wire<'_, O>) {
        let [gap, kind, key, _] = std::array::from_fn(|_| self.stream.word());
        if let Arrival::OpenLoop { mean } = self.model.arrival {
            self.timers.push((wire.now + exponential(gap, mean), Timer::Arrival));
        }
        let request = self.choose(kind, key, operation);
        wire.trace.event(wire.now, self.address(), None, Body::Invoked { operation, request });
        self.timers.push((wire.now + self.model.timeout, Timer::Deadline(operation)));
        self.open.push(Open {
            operation,
            request,
            call: None,
            refusals: 0,
            waits_since: None,
            followed_hint: false,
        });
        self.ask(self.open.len() - 1, wire);
    }

    fn choose(&self, kind: u64, key: u64, operation: OperationId) -> Operation {
        let mix = self.model.mix;
        let key = below(key, u64::from(self.model.keys)) as u32;
        let value = operation.0;
        match below(kind, mix.put + mix.get + mix.cas) {
            kind if kind < mix.put => Operation::Put { key, value },
            kind if kind < mix.put + mix.get => Operation::Get { key },
            _ => Operation::Cas { key, expected: self.seen.get(&key).copied(), value },
        }
    }

    fn ask<O: Observer>(&mut self, at: usize, wire: &mut Wire<'_, O>) {
        self.last_call = self.last_call.next();
        let (call, to) = (self.last_call, self.leader);
        let header =
            Header { kind: CLIENT_REQUEST, cluster: self.cluster, from: self.address(), to: to.into(), call };
        encode_operation(self.open[at].request, self.model.value_bytes as usize, &mut self.request);
        let slot = wire.frame(&header, &Payload::new(&self.request));
        let frame = wire.frames.get(slot);
        let sent = Body::Sent {
            to: to.into(),
            kind: CLIENT_REQUEST,
            call,
            bytes: frame.bytes.len() as u32,
            hash: frame.hash,
            term: Term::ZERO,
            grants_vote: false,
        };
        let sent = wire.trace.effect(self.address(), sent);
        wire.frames.get_mut(slot).sent = Some(sent);
        wire.out.push(slot);
        self.open[at].call = Some((call, to, sent));
    }

    /// A frame has arrived.
    pub fn receive<O: Observer>(&mut self, slot: Slot, wire: &mut Wire<'_, O>) {
        let frame = wire.frames.get(slot);
        let from = frame.from;
        let admitted = self.admit(from, &frame.bytes, frame.intact);
        wire.frames.release(slot);
        match admitted {
            Ok((at, reply)) => self.answered(at, reply, wire),
            Err(why) => {
                wire.trace.effect(self.address(), Body::Rejected { from, why });
            }
        }
    }

    /// Which open operation a frame answers, and how.
    fn admit(&self, from: Address, bytes: &[u8], intact: bool) -> Result<(usize, Reply), Rejection> {
        let (header, payload) = frame::decode(bytes, intact)?;
        if header.cluster != self.cluster {
            return Err(Rejection::Cluster);
        }
        if header.to != self.address() || header.from != from {
            return Err(Rejection::Address);
        }
        let reply = decode_reply(payload).filter(|_| header.kind == CLIENT_REPLY);
        let reply = reply.ok_or(Rejection::Undecodable)?;
        let asked = |open: &Open| {
            open.call.is_some_and(|(call, node, _)| call == header.call && Address::from(node) == from)
        };
        let at = self.open.iter().position(asked).ok_or(Rejection::Late)?;
        Ok((at, reply))
    }

    fn answered<O: Observer>(&mut self, at: usize, reply: Reply, wire: &mut Wire<'_, O>) {
        let open = &mut self.open[at];
        let asked = open.call.take().map(|(_, node, _)| node);
        match reply {
            Reply::Applied(outcome) => {
                self.learn(at, outcome);
                self.end(at, outcome, wire);
            }
            Reply::Unknown => self.end(at, Outcome::Unknown, wire),
            Reply::NotLeader { hint: Some(hint) } if Some(hint) != asked && !open.followed_hint => {
                open.followed_hint = true;
                // A hint may come out of a broken frame; only a node of the cluster can be asked.
                self.leader = if (1..=self.nodes).contains(&hint.0) { hint } else { self.leader };
                self.ask(at, wire);
            }
            Reply::NotLeader { .. } => self.back_off(at, asked, wire),
        }
    }

    fn learn(&mut self, at: usize, outcome: Outcome) {
        let Outcome::Done { previous, written, .. } = outcome else { return };
        let (key, holds) = match self.open[at].request {
            Operation::Get { key } => (key, previous),
            Operation::Put { key, value } => (key, Some(value)),
            Operation::Cas { key, value, .. } => (key, if written { Some(value) } else { previous }),
        };
        match holds {
            Some(value) => self.seen.insert(key, value),
            None => self.seen.remove(&key),
        };
    }

    /// Waits, and then asks another node than the one that refused.
    fn back_off<O: Observer>(&mut self, at: usize, asked: Option<NodeId>, wire: &mut Wire<'_, O>) {
        let word = self.stream.word();
        let open = &mut self.open[at];
        open.followed_hint = false;
        open.waits_since = wire.trace.current();
        open.refusals += 1;
        let wait = backoff(&self.model.backoff, open.refusals, word);
        let retry = Timer::Retry(open.operation);
        self.timers.push((wire.now + wait, retry));
        self.give_up_on(asked);
    }

    fn give_up_on(&mut self, asked: Option<NodeId>) {
        if asked == Some(self.leader) {
            self.leader = NodeId(self.leader.0 % self.nodes + 1);
        }
    }

    /// The wait after a refusal is over.
    pub fn retry<O: Observer>(&mut self, operation: OperationId, wire: &mut Wire<'_, O>) {
        if let Some(at) = self.find(operation) {
            wire.trace.event(wire.now, self.address(), self.open[at].waits_since, Body::Woke);
            self.ask(at, wire);
        }
    }

    /// The time for an operation is over.
    pub fn give_up<O: Observer>(&mut self, operation: OperationId, wire: &mut Wire<'_, O>) {
        let Some(at) = self.find(operation) else { return };
        match self.open[at].call {
            Some((call, node, sent)) => {
                let body = Body::CallFailed { to: node.into(), kind: CLIENT_REQUEST, call };
                wire.trace.event(wire.now, self.address(), Some(sent), body);
                self.give_up_on(Some(node));
                self.end(at, Outcome::Unknown, wire);
            }
            None => {
                wire.trace.event(wire.now, self.address(), self.open[at].waits_since, Body::Woke);
                self.end(at, Outcome::Refused, wire);
            }
        }
    }

    fn find(&self, operation: OperationId) -> Option<usize> {
        self.open.iter().position(|open| open.operation == operation)
    }

    fn end<O: Observer>(&mut self, at: usize, outcome: Outcome, wire: &mut Wire<'_, O>) {
        let operation = self.open.remove(at).operation;
        wire.trace.effect(self.address(), Body::Returned { operation, outcome });
        if let Arrival::ClosedLoop { think } = self.model.arrival {
            self.timers.push((wire.now + think, Timer::Arrival));
        }
    }
}

/// How long to wait after so many refusals in a row; one word, whatever the jitter.
fn backoff(backoff: &Backoff, refusals: u32, word: u64) -> Duration {
    let doubled = 1_u64.checked_shl(refusals.saturating_sub(1)).unwrap_or(u64::MAX);
    let whole = backoff.base.saturating_mul(doubled).min(backoff.cap);
    match backoff.jitter {
        Jitter::NoJitter => whole,
        Jitter::Full => Duration::from_nanos(below(word, whole.nanos().saturating_add(1))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backoff_doubles_up_to_its_cap() {
        let ms = Duration::from_millis;
        let model = Backoff { base: ms(20), cap: ms(100), jitter: Jitter::NoJitter };
        let waits: Vec<Duration> = [1, 2, 3, 4, 60, 70].map(|n| backoff(&model, n, 0)).into();
        assert_eq!(waits, [ms(20), ms(40), ms(80), ms(100), ms(100), ms(100)]);
    }

    #[test]
    fn full_jitter_spreads_over_the_whole() {
        let model =
            Backoff { base: Duration::from_millis(20), cap: Duration::from_secs(1), jitter: Jitter::Full };
        assert_eq!(backoff(&model, 1, 0), Duration::ZERO);
        assert_eq!(backoff(&model, 1, u64::MAX), Duration::from_millis(20));
    }
}
