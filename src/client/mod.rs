//! One client: begins operations, asks the node it takes for the leader, follows hints, backs off, gives up.
//!
//! An operation that a node refuses has had no effect and is asked for again. One that was not answered may still take
//! effect. So by default it is never asked for twice: it ends as unknown. A client that is told to asks the next node
//! after a while; in a session (`session`) that does no harm, without one the operation may take effect twice.

mod backoff;
mod pursuit;
mod restraint;
mod session;

pub use pursuit::Errand;

use crate::ids::{Address, CallId, ClientId, NodeId, OperationId, RecordId, Term};
use crate::net::{Payload, Slot, Wire};
use crate::plan::{Arrival, Clients};
use crate::rng::{Stream, below, exponential};
use crate::rpc::frame::{self, CLIENT_REPLY, CLIENT_REQUEST, Header};
use crate::rpc::store::{Command, Reply, decode_reply, encode_command};
use crate::time::Time;
use crate::trace::{Body, Observer, Operation, Outcome, Rejection};
use pursuit::{Open, Pursuit};
use restraint::Restraint;
use session::Membership;
use std::collections::{BTreeMap, VecDeque};

/// What a client wants to be woken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timer {
    /// To begin its next operation.
    Arrival,
    /// To give up something.
    Deadline(Errand),
    /// To ask again after a refusal.
    Retry(Errand),
    /// To ask another node if this call has no answer by then.
    Silence(Errand, CallId),
}

impl Timer {
    /// Whether it is woken to ask for something.
    pub const fn asks(self) -> bool {
        matches!(self, Self::Arrival | Self::Retry(_) | Self::Silence(..))
    }
}

/// A client.
///
/// - Open operations are in the order in which they began.
/// - Each has at most one call under way that it waits for, and `calls` has these, and those that it no longer waits for
///   but whose answers it would still take.
pub struct Client<'p> {
    id: ClientId,
    model: &'p Clients,
    nodes: u32,
    cluster: u64,
    /// Whether its frames may arrive twice: then no refusal promises that nothing comes of another copy.
    frames_repeat: bool,
    /// So many of the nodes, the first by number, may answer a read, and it asks any of them first; none if only the leader
    /// may.
    readable: Option<u32>,
    stream: Stream,
    /// The node it takes for the leader.
    leader: NodeId,
    /// The node that last let it wait in vain. The next hint at it is not followed: whoever gives it may be cut off
    /// together with that node. The one after that is, for a single frame may just have got lost.
    silent: Option<NodeId>,
    last_call: CallId,
    open: VecDeque<Open>,
    calls: BTreeMap<CallId, (Errand, NodeId)>,
    membership: Membership,
    /// What it last saw each key to hold, to have something to expect in a compare-and-set.
    seen: BTreeMap<u32, u64>,
    timers: Vec<(Time, Timer)>,
    restraint: Restraint,
    /// The record that brings about its next operation: in a closed loop the end of the last one.
    last_return: Option<RecordId>,
    request: Vec<u8>,
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
            frames_repeat: false,
            readable: None,
            stream,
            leader,
            silent: None,
            last_call: CallId::ZERO,
            open: VecDeque::new(),
            calls: BTreeMap::new(),
            membership: Membership::default(),
            seen: BTreeMap::new(),
            timers: vec![(Time::ZERO + first, Timer::Arrival)],
            restraint: Restraint::new(model, nodes),
            last_return: None,
            request: Vec::new(),
        }
    }

    /// The same client where its frames may arrive twice, or not.
    pub fn whose_frames_repeat(self, frames_repeat: bool) -> Self {
        Self { frames_repeat, ..self }
    }

    /// The same client where the first nodes by number, so many, may answer reads: those that it knows to be members; or
    /// where only the leader may.
    pub fn who_reads_at(self, readable: Option<u32>) -> Self {
        Self { readable, ..self }
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
    /// one for the kind's own choice: of a read, whom it asks first.
    pub fn arrive<O: Observer>(&mut self, operation: OperationId, wire: &mut Wire<'_, O>) {
        let [gap, kind, key, first] = std::array::from_fn(|_| self.stream.word());
        if let Arrival::OpenLoop { mean } = self.model.arrival {
            self.timers.push((wire.now + exponential(gap, mean), Timer::Arrival));
        }
        let request = self.choose(kind, key, operation);
        let cause = self.last_return.take();
        wire.trace.event(wire.now, self.address(), cause, Body::Invoked { operation, request });
        let errand = Errand::Operation(operation);
        self.restraint.earn();
        self.timers.push((wire.now + self.model.timeout, Timer::Deadline(errand)));
        let is_read = matches!(request, Operation::Get { .. });
        let readable = self.readable.filter(|_| is_read);
        let first = readable.map(|nodes| NodeId(1 + below(first, u64::from(nodes)) as u32));
        let pursuit = Pursuit { first, ..Pursuit::default() };
        self.open.push_back(Open { operation, request, command: None, pursuit });
        if self.model.sessions.is_some() {
            self.join(self.open.len() - 1, wire);
        } else {
            self.ask(errand, wire);
        }
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

    fn ask<O: Observer>(&mut self, errand: Errand, wire: &mut Wire<'_, O>) {
        let Some(command) = self.command(errand) else { return };
        self.last_call = self.last_call.next();
        let first = self.pursuit(errand).and_then(|pursuit| pursuit.first.take());
        let (call, wanted) = (self.last_call, first.unwrap_or(self.leader));
        let Some(to) = self.admitted(wanted, wire) else { return self.shed(errand, wanted, wire) };
        let header =
            Header { kind: CLIENT_REQUEST, cluster: self.cluster, from: self.address(), to: to.into(), call };
        encode_command(&command, self.model.value_bytes as usize, &mut self.request);
        let frame = wire.frame(&header, &Payload::new(&self.request));
        let sent = wire.trace.effect(self.address(), frame.sent(Term::ZERO, false));
        wire.frames.get_mut(frame.slot).sent = Some(sent);
        wire.out.push(frame.slot);
        self.calls.insert(call, (errand, to));
        let in_doubt = self.frames_repeat;
        if let Some(pursuit) = self.pursuit(errand) {
            pursuit.call = Some((call, to, sent));
            pursuit.in_doubt |= in_doubt;
        }
        if let Some(patience) = self.model.retry_after {
            self.timers.push((wire.now + patience, Timer::Silence(errand, call)));
        }
    }

    /// What to ask for.
    fn command(&self, errand: Errand) -> Option<Command> {
        match errand {
            Errand::Registration(_) => Some(Command::Register),
            Errand::Operation(operation) => {
                let Open { request, command, .. } = self.open[self.find(operation)?];
                Some(command.map_or(Command::Plain(request), |command| self.in_session(command, request)))
            }
        }
    }

    /// A frame has arrived.
    pub fn receive<O: Observer>(&mut self, slot: Slot, wire: &mut Wire<'_, O>) {
        let frame = wire.frames.get(slot);
        let (from, intact, kind, call) = (frame.from, frame.intact, frame.kind, frame.call);
        let read = frame::decode(&frame.bytes, intact, &wire.frames.integrity);
        let admitted = read.and_then(|(header, payload)| self.admit(from, &header, payload));
        wire.frames.release(slot);
        match admitted {
            Ok((errand, node, reply)) => {
                if !intact {
                    wire.trace.effect(self.address(), Body::Believed { from, kind });
                }
                let is_current =
                    self.pursuit(errand).is_some_and(|it| it.call.is_some_and(|it| it.0 == call));
                if is_current {
                    self.note_result(node, call, true, wire);
                }
                self.answered(errand, node, reply, wire);
            }
            Err(why) => {
                wire.trace.effect(self.address(), Body::Rejected { from, why });
            }
        }
    }

    /// What a frame answers, from whom, and how.
    fn admit(
        &mut self,
        from: Address,
        header: &Header,
        payload: &[u8],
    ) -> Result<(Errand, NodeId, Reply), Rejection> {
        if header.cluster != self.cluster {
            return Err(Rejection::Cluster);
        }
        if header.to != self.address() || header.from != from {
            return Err(Rejection::Address);
        }
        let reply = decode_reply(payload).filter(|_| header.kind == CLIENT_REPLY);
        let reply = reply.ok_or(Rejection::Undecodable)?;
        let call = self.calls.get(&header.call).filter(|(_, node)| Address::from(*node) == from);
        let (errand, node) = *call.ok_or(Rejection::Late)?;
        if !errand.is_answered_by(&reply) {
            return Err(Rejection::Undecodable);
        }
        let pursuit = self.pursuit(errand).ok_or(Rejection::Late)?;
        let is_current = pursuit.call.is_some_and(|(call, ..)| call == header.call);
        // An answer is welcome however late; to be told to look elsewhere is of no use any more.
        if !is_current && matches!(reply, Reply::NotLeader { .. } | Reply::Unknown | Reply::Busy) {
            return Err(Rejection::Late);
        }
        Ok((errand, node, reply))
    }

    fn answered<O: Observer>(&mut self, errand: Errand, from: NodeId, reply: Reply, wire: &mut Wire<'_, O>) {
        self.silent = self.silent.filter(|silent| *silent != from);
        match (errand, reply) {
            (Errand::Operation(operation), Reply::Applied(outcome)) => {
                self.learn(operation, outcome);
                self.end(operation, outcome, wire);
            }
            (_, Reply::Registered(session)) => self.registered(session, wire),
            (Errand::Operation(operation), Reply::NoSession) => self.leave(operation, wire),
            (Errand::Operation(operation), Reply::Unknown) if self.model.sessions.is_none() => {
                self.end(operation, Outcome::Unknown, wire);
            }
            (_, Reply::NotLeader { hint }) => self.redirected(errand, from, hint, wire),
            (_, Reply::Busy) => self.put_off(errand, wire),
            // In a session it does no harm to ask again.
            _ => {
                self.hang_up(errand);
                if let Some(pursuit) = self.pursuit(errand) {
                    pursuit.in_doubt = true;
                }
                self.back_off(errand, from, wire);
            }
        }
    }

    /// Whom it asked does not lead.
    fn redirected<O: Observer>(
        &mut self,
        errand: Errand,
        from: NodeId,
        hint: Option<NodeId>,
        wire: &mut Wire<'_, O>,
    ) {
        self.hang_up(errand);
        let Some(pursuit) = self.pursuit(errand) else { return };
        let is_second = std::mem::replace(&mut pursuit.followed_hint, true);
        match hint {
            Some(hint)
                if hint != from
                    && Some(hint) != self.silent
                    && !is_second
                    && self.calls_on(hint, wire.now) =>
            {
                // A hint may come out of a broken frame; only a node of the cluster can be asked.
                self.leader = if (1..=self.nodes).contains(&hint.0) { hint } else { self.leader };
                self.ask(errand, wire);
            }
            hint => {
                self.silent = self.silent.filter(|silent| Some(*silent) != hint);
                self.back_off(errand, from, wire);
            }
        }
    }

    /// Whom it asked leads, but is busy: it waits and asks the same node again. Two words are drawn, as after any refusal.
    fn put_off<O: Observer>(&mut self, errand: Errand, wire: &mut Wire<'_, O>) {
        self.hang_up(errand);
        self.wait(errand, wire);
        self.stream.word();
    }

    /// What is known of something that is being asked for; none if it is over.
    fn pursuit(&mut self, errand: Errand) -> Option<&mut Pursuit> {
        match errand {
            Errand::Operation(operation) => {
                let at = self.find(operation)?;
                Some(&mut self.open[at].pursuit)
            }
            Errand::Registration(number) => self.membership.registration(number),
        }
    }

    /// Ends the call under way: its answer is here, or of no interest any more.
    fn hang_up(&mut self, errand: Errand) {
        let call = self.pursuit(errand).and_then(|pursuit| pursuit.call.take());
        if let Some((call, ..)) = call {
            self.calls.remove(&call);
        }
    }

    fn learn(&mut self, operation: OperationId, outcome: Outcome) {
        let Outcome::Done { previous, written, .. } = outcome else { return };
        let Some(at) = self.find(operation) else { return };
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

    /// Waits, and then asks another node than the one that refused. Two words are drawn, for the wait and the node.
    fn back_off<O: Observer>(&mut self, errand: Errand, asked: NodeId, wire: &mut Wire<'_, O>) {
        self.wait(errand, wire);
        self.give_up_on(asked);
    }

    /// Takes another node for the leader than the one that was asked in vain: any, by one word. In turn would do as
    /// well, were it not for cuts that keep the next in turn on the wrong side.
    fn give_up_on(&mut self, asked: NodeId) {
        let word = self.stream.word();
        if asked == self.leader && self.nodes > 1 {
            let step = 1 + below(word, u64::from(self.nodes) - 1) as u32;
            self.leader = NodeId((self.leader.0 - 1 + step) % self.nodes + 1);
        }
    }

    /// The wait after a refusal is over.
    pub fn retry<O: Observer>(&mut self, errand: Errand, wire: &mut Wire<'_, O>) {
        if let Some(pursuit) = self.pursuit(errand) {
            let since = pursuit.waits_since;
            wire.trace.event(wire.now, self.address(), since, Body::Woke);
            self.ask(errand, wire);
        }
    }

    /// A call may have been without an answer for too long: then another node is asked. What was asked for may take
    /// effect nonetheless, and an answer to the call is still welcome.
    pub fn lose_patience<O: Observer>(&mut self, errand: Errand, call: CallId, wire: &mut Wire<'_, O>) {
        let Some(pursuit) = self.pursuit(errand) else { return };
        let Some((_, node, sent)) = pursuit.call.take_if(|(current, ..)| *current == call) else { return };
        pursuit.earlier.push(call);
        (pursuit.in_doubt, pursuit.followed_hint) = (true, false);
        self.note_silence(call, node, sent, wire);
        if self.restraint.backoff.after_silence {
            self.wait(errand, wire);
        } else if self.may_ask_again(errand, wire) {
            self.ask(errand, wire);
        }
    }

    /// Records that a call had no answer, and turns to another node, by one word.
    fn note_silence<O: Observer>(
        &mut self,
        call: CallId,
        node: NodeId,
        sent: RecordId,
        wire: &mut Wire<'_, O>,
    ) {
        let body = Body::CallFailed { to: node.into(), kind: CLIENT_REQUEST, call };
        wire.trace.event(wire.now, self.address(), Some(sent), body);
        self.note_result(node, call, false, wire);
        self.silent = Some(node);
        self.give_up_on(node);
    }

    /// The time for something is over.
    pub fn give_up<O: Observer>(&mut self, errand: Errand, wire: &mut Wire<'_, O>) {
        let Some(pursuit) = self.pursuit(errand) else { return };
        let (call, since, in_doubt) = (pursuit.call, pursuit.waits_since, pursuit.in_doubt);
        match call {
            Some((call, node, sent)) => self.note_silence(call, node, sent, wire),
            None => {
                wire.trace.event(wire.now, self.address(), since, Body::Woke);
            }
        }
        match errand {
            Errand::Operation(operation) => {
                let known = call.is_none() && !in_doubt;
                self.end(operation, if known { Outcome::Refused } else { Outcome::Unknown }, wire);
            }
            Errand::Registration(_) => self.register_anew(wire),
        }
    }

    fn find(&self, operation: OperationId) -> Option<usize> {
        self.open.binary_search_by_key(&operation, |open| open.operation).ok()
    }

    fn end<O: Observer>(&mut self, operation: OperationId, outcome: Outcome, wire: &mut Wire<'_, O>) {
        let Some(open) = self.find(operation).and_then(|at| self.open.remove(at)) else { return };
        self.forget_calls(&open.pursuit);
        let returned = wire.trace.effect(self.address(), Body::Returned { operation, outcome });
        if let Arrival::ClosedLoop { think } = self.model.arrival {
            self.last_return = Some(returned);
            self.timers.push((wire.now + think, Timer::Arrival));
        }
    }

    /// What was asked for is over: no answer is of interest any more.
    fn forget_calls(&mut self, pursuit: &Pursuit) {
        for call in pursuit.calls() {
            self.calls.remove(&call);
        }
    }
}

#[cfg(test)]
mod tests;
