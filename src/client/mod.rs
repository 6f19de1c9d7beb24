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
        if self.model.backoff.after_silence {
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
mod tests {
    use super::*;
    use crate::ids::SessionId;
    use crate::net::Frames;
    use crate::plan::{Backoff, Jitter, Sessions};
    use crate::rpc::store::encode_reply;
    use crate::time::Duration;
    use crate::trace::{Record, Trace};

    /// A client of three nodes, and what it needs to act.
    struct Bench {
        trace: Trace<Vec<Record>>,
        frames: Frames,
        out: Vec<Slot>,
    }

    impl Bench {
        fn new() -> Self {
            Self { trace: Trace::new(Vec::new()), frames: Frames::default(), out: Vec::new() }
        }

        fn at(&mut self, millis: u64) -> Wire<'_, Vec<Record>> {
            let now = Time::ZERO + Duration::from_millis(millis);
            Wire { now, trace: &mut self.trace, frames: &mut self.frames, out: &mut self.out }
        }

        /// The nodes that were asked since the last time, and by which call.
        fn asked(&mut self) -> Vec<(NodeId, CallId)> {
            let asked = |slot: &Slot| {
                let frame = self.frames.get(*slot);
                (frame.to.as_node().expect("a node"), frame.call)
            };
            let all = self.out.iter().map(asked).collect();
            self.out.clear();
            all
        }

        /// A node's reply, as a frame that has arrived at the client.
        fn reply(&mut self, from: NodeId, call: CallId, reply: Reply) -> Slot {
            let mut payload = Vec::new();
            encode_reply(&reply, &mut payload);
            let header =
                Header { kind: CLIENT_REPLY, cluster: 7, from: from.into(), to: ClientId(1).into(), call };
            self.at(0).frame(&header, &Payload::new(&payload))
        }

        fn outcomes(self) -> Vec<Outcome> {
            let outcome = |record: &Record| match record.body {
                Body::Returned { outcome, .. } => Some(outcome),
                _ => None,
            };
            self.trace.into_observer().iter().filter_map(outcome).collect()
        }
    }

    fn model() -> Clients {
        let ms = Duration::from_millis;
        Clients {
            count: 1,
            arrival: Arrival::ClosedLoop { think: ms(10) },
            mix: crate::plan::Mix { put: 1 << 32, get: 0, cas: 0 },
            keys: 1,
            value_bytes: 8,
            timeout: ms(500),
            backoff: Backoff {
                base: ms(20),
                cap: ms(100),
                jitter: Jitter::NoJitter,
                after_silence: false,
                attempts: None,
                budget: None,
            },
            retry_after: None,
            sessions: None,
            breaker: None,
        }
    }

    fn timers(client: &mut Client<'_>) -> Vec<(u64, Timer)> {
        client.take_timers().map(|(time, timer)| (time.nanos() / 1_000_000, timer)).collect()
    }

    #[test]
    fn a_hint_is_followed_at_once_but_the_next_one_has_to_wait() {
        let (model, operation) = (model(), OperationId(1));
        let mut client = Client::new(ClientId(1), &model, 3, 7, 1);
        let mut bench = Bench::new();
        client.arrive(operation, &mut bench.at(10));
        let [(first, call)] = bench.asked()[..] else { panic!("one node is asked") };
        let other = NodeId(first.0 % 3 + 1);
        timers(&mut client);
        let slot = bench.reply(first, call, Reply::NotLeader { hint: Some(other) });
        client.receive(slot, &mut bench.at(11));
        let [(second, call)] = bench.asked()[..] else { panic!("the hint is followed at once") };
        assert_eq!(second, other);
        let slot = bench.reply(second, call, Reply::NotLeader { hint: Some(first) });
        client.receive(slot, &mut bench.at(12));
        assert_eq!(bench.asked(), [], "two nodes that hint at each other must not keep it busy");
        assert_eq!(timers(&mut client), [(32, Timer::Retry(Errand::Operation(operation)))]);
        client.retry(Errand::Operation(operation), &mut bench.at(32));
        assert_eq!(bench.asked().len(), 1);
    }

    #[test]
    fn a_first_hint_at_a_node_that_keeps_silent_is_not_followed() {
        let (model, ops) = (model(), [OperationId(1), OperationId(2)]);
        let mut client = Client::new(ClientId(1), &model, 3, 7, 1);
        let mut bench = Bench::new();
        client.arrive(ops[0], &mut bench.at(10));
        let [(silent, _)] = bench.asked()[..] else { panic!("one node is asked") };
        client.give_up(Errand::Operation(ops[0]), &mut bench.at(510));
        client.arrive(ops[1], &mut bench.at(520));
        let [(other, call)] = bench.asked()[..] else { panic!("another node is asked") };
        assert_ne!(other, silent);
        let slot = bench.reply(other, call, Reply::NotLeader { hint: Some(silent) });
        client.receive(slot, &mut bench.at(521));
        assert_eq!(bench.asked(), []);
        client.retry(Errand::Operation(ops[1]), &mut bench.at(541));
        let [(next, call)] = bench.asked()[..] else { panic!("one of the others is asked") };
        assert_ne!(next, other);
        // The next hint is followed: one lost frame must not make a leader an outcast.
        assert_eq!(client.silent, None);
        let hint = NodeId(next.0 % 3 + 1);
        let slot = bench.reply(next, call, Reply::NotLeader { hint: Some(hint) });
        client.receive(slot, &mut bench.at(542));
        assert_eq!(bench.asked().len(), 1);
    }

    #[test]
    fn a_busy_leader_is_asked_again_and_later_each_time() {
        let (model, operation) = (model(), OperationId(1));
        let mut client = Client::new(ClientId(1), &model, 3, 7, 1);
        let mut bench = Bench::new();
        client.arrive(operation, &mut bench.at(10));
        timers(&mut client);
        let mut waits = Vec::new();
        let [(leader, mut call)] = bench.asked()[..] else { panic!("one node is asked") };
        for _ in 0..3 {
            let words = client.words_drawn();
            let slot = bench.reply(leader, call, Reply::Busy);
            client.receive(slot, &mut bench.at(100));
            assert_eq!(bench.asked(), [], "not at once");
            assert_eq!(client.words_drawn(), words + 2, "as after any refusal");
            waits.extend(timers(&mut client).into_iter().map(|(at, _)| at - 100));
            client.retry(Errand::Operation(operation), &mut bench.at(100));
            let [(same, next)] = bench.asked()[..] else { panic!("it is asked again") };
            assert_eq!(same, leader, "busy or not, it leads");
            call = next;
        }
        assert_eq!(waits, [20, 40, 80]);
        let late = bench.reply(leader, CallId(1), Reply::Busy);
        client.receive(late, &mut bench.at(200));
        assert_eq!(timers(&mut client), [], "an answer to a call that is over");
    }

    #[test]
    fn only_what_was_refused_is_without_effect() {
        let (model, operation) = (model(), OperationId(1));
        let run = |refused: bool| {
            let mut client = Client::new(ClientId(1), &model, 3, 7, 1);
            let mut bench = Bench::new();
            client.arrive(operation, &mut bench.at(10));
            let [(node, call)] = bench.asked()[..] else { panic!("one node is asked") };
            if refused {
                let slot = bench.reply(node, call, Reply::NotLeader { hint: None });
                client.receive(slot, &mut bench.at(11));
            }
            client.give_up(Errand::Operation(operation), &mut bench.at(510));
            let late = bench.reply(node, call, Reply::Unknown);
            client.receive(late, &mut bench.at(600));
            client.retry(Errand::Operation(operation), &mut bench.at(700));
            assert_eq!(bench.asked(), [], "what has ended is not asked for again");
            bench.outcomes()
        };
        assert_eq!(run(true), [Outcome::Refused]);
        assert_eq!(run(false), [Outcome::Unknown]);
    }

    #[test]
    fn reads_are_asked_of_those_known_to_be_members_each_in_its_turn() {
        let model = Clients { mix: crate::plan::Mix { put: 0, get: 1 << 32, cas: 0 }, ..model() };
        let mut client = Client::new(ClientId(1), &model, 5, 7, 1).who_reads_at(Some(3));
        let mut bench = Bench::new();
        let mut asked = std::collections::BTreeSet::new();
        for operation in 1..=50 {
            client.arrive(OperationId(operation), &mut bench.at(10 * operation));
            asked.extend(bench.asked().into_iter().map(|(node, _)| node.0));
        }
        assert_eq!(asked.into_iter().collect::<Vec<_>>(), [1, 2, 3]);
    }

    fn patient(retry_after: Option<u64>, sessions: bool) -> Clients {
        let sessions = sessions.then_some(Sessions { most: 10 });
        Clients { retry_after: retry_after.map(Duration::from_millis), sessions, ..model() }
    }

    fn done() -> Outcome {
        Outcome::Done { previous: None, previous_index: crate::ids::Index(0), written: true }
    }

    #[test]
    fn a_client_that_hears_nothing_asks_another_node_and_takes_the_late_answer() {
        let (model, operation) = (patient(Some(100), false), OperationId(1));
        let errand = Errand::Operation(operation);
        let mut client = Client::new(ClientId(1), &model, 3, 7, 1);
        let mut bench = Bench::new();
        client.arrive(operation, &mut bench.at(10));
        let [(first, call)] = bench.asked()[..] else { panic!("one node is asked") };
        assert!(timers(&mut client).contains(&(110, Timer::Silence(errand, call))));
        client.lose_patience(errand, call, &mut bench.at(110));
        let [(second, _)] = bench.asked()[..] else { panic!("another node is asked") };
        assert_ne!(first, second);
        client.lose_patience(errand, call, &mut bench.at(110));
        assert_eq!(bench.asked(), [], "only the call under way can go without an answer");
        let redirection = bench.reply(first, call, Reply::NotLeader { hint: Some(first) });
        client.receive(redirection, &mut bench.at(120));
        assert_eq!(bench.asked(), [], "where to ask is of no use any more");
        let answer = bench.reply(first, call, Reply::Applied(done()));
        client.receive(answer, &mut bench.at(121));
        assert!(client.calls.is_empty());
        assert_eq!(bench.outcomes(), [done()]);
    }

    #[test]
    fn a_refusal_does_not_take_back_an_earlier_call_without_answer() {
        let (model, operation) = (patient(Some(100), false), OperationId(1));
        let errand = Errand::Operation(operation);
        let mut client = Client::new(ClientId(1), &model, 3, 7, 1);
        let mut bench = Bench::new();
        client.arrive(operation, &mut bench.at(10));
        let [(_, call)] = bench.asked()[..] else { panic!("one node is asked") };
        client.lose_patience(errand, call, &mut bench.at(110));
        let [(second, call)] = bench.asked()[..] else { panic!("another node is asked") };
        let refusal = bench.reply(second, call, Reply::NotLeader { hint: None });
        client.receive(refusal, &mut bench.at(111));
        client.give_up(errand, &mut bench.at(510));
        assert_eq!(bench.outcomes(), [Outcome::Unknown]);
    }

    #[test]
    fn who_may_ask_so_often_only_ends_then_as_refused_or_unknown() {
        let attempts = std::num::NonZeroU32::new(2);
        let operation = OperationId(1);
        let errand = Errand::Operation(operation);
        let model = Clients { backoff: Backoff { attempts, ..model().backoff }, ..patient(Some(100), false) };
        let run = |silent: bool| {
            let mut client = Client::new(ClientId(1), &model, 3, 7, 1);
            let mut bench = Bench::new();
            client.arrive(operation, &mut bench.at(10));
            let [(node, call)] = bench.asked()[..] else { panic!("one node is asked") };
            if silent {
                client.lose_patience(errand, call, &mut bench.at(110));
            } else {
                let slot = bench.reply(node, call, Reply::Busy);
                client.receive(slot, &mut bench.at(11));
                client.retry(errand, &mut bench.at(31));
            }
            let [(node, call)] = bench.asked()[..] else { panic!("it is asked for again") };
            let slot = bench.reply(node, call, Reply::Busy);
            client.receive(slot, &mut bench.at(120));
            client.retry(errand, &mut bench.at(200));
            assert_eq!(bench.asked(), [], "twice is all");
            bench.outcomes()
        };
        assert_eq!(run(false), [Outcome::Refused]);
        assert_eq!(run(true), [Outcome::Unknown], "the first call may still take effect");
    }

    #[test]
    fn a_budget_is_spent_by_all_operations_together() {
        let budget = Some(crate::plan::Budget { ratio: crate::rng::Rate::ZERO, burst: 1 });
        let model = Clients { backoff: Backoff { budget, ..model().backoff }, ..model() };
        let mut client = Client::new(ClientId(1), &model, 3, 7, 1);
        let mut bench = Bench::new();
        for operation in [1, 2] {
            client.arrive(OperationId(operation), &mut bench.at(10));
            let [(node, call)] = bench.asked()[..] else { panic!("the first try costs nothing") };
            let slot = bench.reply(node, call, Reply::Busy);
            client.receive(slot, &mut bench.at(11));
        }
        client.retry(Errand::Operation(OperationId(1)), &mut bench.at(31));
        assert_eq!(bench.asked().len(), 1);
        client.retry(Errand::Operation(OperationId(2)), &mut bench.at(31));
        assert_eq!(bench.asked(), [], "the one retry is spent");
        assert_eq!(bench.outcomes(), [Outcome::Refused]);
    }

    #[test]
    fn a_client_that_waits_after_silence_takes_the_late_answer_meanwhile() {
        let backoff = Backoff { after_silence: true, ..model().backoff };
        let model = Clients { backoff, ..patient(Some(100), false) };
        let operation = OperationId(1);
        let errand = Errand::Operation(operation);
        let mut client = Client::new(ClientId(1), &model, 3, 7, 1);
        let mut bench = Bench::new();
        client.arrive(operation, &mut bench.at(10));
        let [(node, call)] = bench.asked()[..] else { panic!("one node is asked") };
        timers(&mut client);
        client.lose_patience(errand, call, &mut bench.at(110));
        assert_eq!(bench.asked(), []);
        assert_eq!(timers(&mut client), [(130, Timer::Retry(errand))]);
        let slot = bench.reply(node, call, Reply::Applied(done()));
        client.receive(slot, &mut bench.at(120));
        client.retry(errand, &mut bench.at(130));
        assert_eq!(bench.asked(), [], "it is over");
        assert_eq!(bench.outcomes(), [done()]);
    }

    #[test]
    fn a_client_turns_away_from_a_node_that_does_not_answer_until_a_probe_succeeds() {
        let breaker = crate::plan::Breaker {
            window: 1,
            open_at: crate::rng::Rate::new(1.0).expect("a rate"),
            cool_down: Duration::from_secs(1),
            probes: 1,
        };
        let model = Clients { breaker: Some(breaker), ..patient(Some(100), false) };
        let mut client = Client::new(ClientId(1), &model, 1, 7, 1);
        let mut bench = Bench::new();
        let begin = |client: &mut Client<'_>, bench: &mut Bench, operation, millis| {
            client.arrive(OperationId(operation), &mut bench.at(millis));
            bench.asked()
        };
        let [(node, call)] = begin(&mut client, &mut bench, 1, 10)[..] else { panic!("the node is asked") };
        client.lose_patience(Errand::Operation(OperationId(1)), call, &mut bench.at(110));
        assert_eq!(bench.asked(), [], "there is no other node");
        assert_eq!(begin(&mut client, &mut bench, 2, 600), []);
        let [(_, probe)] = begin(&mut client, &mut bench, 3, 1_200)[..] else { panic!("a probe") };
        assert_eq!(begin(&mut client, &mut bench, 4, 1_201), [], "one at a time");
        let slot = bench.reply(node, probe, Reply::Applied(done()));
        client.receive(slot, &mut bench.at(1_210));
        assert_eq!(begin(&mut client, &mut bench, 5, 1_220).len(), 1);
        let changes: Vec<_> = (bench.trace.into_observer().iter())
            .filter_map(|record| match record.body {
                Body::Breaker { was, is, .. } => Some((was, is)),
                _ => None,
            })
            .collect();
        use crate::trace::BreakerState::{Closed, HalfOpen, Open};
        assert_eq!(changes, [(Closed, Open), (Open, HalfOpen), (HalfOpen, Closed)]);
    }

    #[test]
    fn where_frames_may_arrive_twice_no_refusal_is_certain() {
        let (model, operation) = (model(), OperationId(1));
        let mut client = Client::new(ClientId(1), &model, 3, 7, 1).whose_frames_repeat(true);
        let mut bench = Bench::new();
        client.arrive(operation, &mut bench.at(10));
        let [(node, call)] = bench.asked()[..] else { panic!("one node is asked") };
        let refusal = bench.reply(node, call, Reply::NotLeader { hint: None });
        client.receive(refusal, &mut bench.at(11));
        client.give_up(Errand::Operation(operation), &mut bench.at(510));
        assert_eq!(bench.outcomes(), [Outcome::Unknown]);
    }

    /// The commands that were sent since the last time, with node and call.
    fn sent(bench: &mut Bench) -> Vec<(NodeId, CallId, Command)> {
        let command = |slot: &Slot| {
            let frame = bench.frames.get(*slot);
            let (_, payload) = frame::decode(&frame.bytes, true, &bench.frames.integrity).expect("a frame");
            let (command, _) = crate::rpc::store::decode_command(payload).expect("a command");
            (frame.to.as_node().expect("a node"), frame.call, command)
        };
        let all = bench.out.iter().map(command).collect();
        bench.out.clear();
        all
    }

    fn number(command: &Command) -> (u64, u64, u64) {
        let Command::InSession(ticket, _) = command else { panic!("{command:?} is in no session") };
        (ticket.command.session.0, ticket.command.serial.0, ticket.awaited.0)
    }

    #[test]
    fn operations_wait_for_a_session_and_are_numbered_in_it() {
        let model = patient(None, true);
        let mut client = Client::new(ClientId(1), &model, 3, 7, 1);
        let mut bench = Bench::new();
        client.arrive(OperationId(1), &mut bench.at(10));
        let [(node, call, Command::Register)] = sent(&mut bench)[..] else {
            panic!("a session is asked for")
        };
        client.arrive(OperationId(2), &mut bench.at(11));
        assert_eq!(bench.asked(), [], "the second operation waits for the same session");
        let registered = bench.reply(node, call, Reply::Registered(SessionId(9)));
        client.receive(registered, &mut bench.at(12));
        let asked = sent(&mut bench);
        let numbers: Vec<_> = asked.iter().map(|(.., command)| number(command)).collect();
        assert_eq!(numbers, [(9, 1, 1), (9, 2, 1)]);
        // The first is done: it is not awaited any more.
        let answer = bench.reply(node, asked[0].1, Reply::Applied(done()));
        client.receive(answer, &mut bench.at(13));
        client.arrive(OperationId(3), &mut bench.at(14));
        assert_eq!(number(&sent(&mut bench)[0].2), (9, 3, 2));
    }

    #[test]
    fn a_client_whose_session_is_gone_does_not_know_and_opens_another() {
        let model = patient(None, true);
        let mut client = Client::new(ClientId(1), &model, 3, 7, 1);
        let mut bench = Bench::new();
        client.arrive(OperationId(1), &mut bench.at(10));
        client.arrive(OperationId(2), &mut bench.at(10));
        let (node, call, _) = sent(&mut bench)[0];
        let registered = bench.reply(node, call, Reply::Registered(SessionId(9)));
        client.receive(registered, &mut bench.at(12));
        let [(_, first, _), (_, second, _)] = sent(&mut bench)[..] else { panic!("both are asked for") };
        let gone = bench.reply(node, first, Reply::NoSession);
        client.receive(gone, &mut bench.at(13));
        client.arrive(OperationId(3), &mut bench.at(14));
        let [(_, call, Command::Register)] = sent(&mut bench)[..] else { panic!("another session") };
        let registered = bench.reply(node, call, Reply::Registered(SessionId(20)));
        client.receive(registered, &mut bench.at(15));
        assert_eq!(number(&sent(&mut bench)[0].2), (20, 1, 1));
        // That the old one is gone says nothing of the new one.
        let gone = bench.reply(node, second, Reply::NoSession);
        client.receive(gone, &mut bench.at(16));
        client.arrive(OperationId(4), &mut bench.at(17));
        assert_eq!(number(&sent(&mut bench)[0].2), (20, 2, 1));
        assert_eq!(bench.outcomes(), [Outcome::Unknown, Outcome::Unknown]);
    }

    #[test]
    fn a_registration_without_answer_is_given_up_and_another_one_begins() {
        let model = patient(None, true);
        let mut client = Client::new(ClientId(1), &model, 3, 7, 1);
        let mut bench = Bench::new();
        client.arrive(OperationId(1), &mut bench.at(10));
        bench.asked();
        client.give_up(Errand::Operation(OperationId(1)), &mut bench.at(510));
        client.give_up(Errand::Registration(1), &mut bench.at(510));
        assert_eq!(bench.asked(), [], "nobody waits for a session");
        client.arrive(OperationId(2), &mut bench.at(520));
        client.give_up(Errand::Registration(2), &mut bench.at(600));
        assert_eq!(bench.asked().len(), 2, "the second registration, and the third");
        assert_eq!(bench.outcomes(), [Outcome::Refused], "an operation that waited was never asked for");
    }
}
