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
use std::collections::{BTreeMap, VecDeque};

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
/// - Open operations are in the order in which they began.
/// - Each has at most one call under way, and `calls` has just these.
pub struct Client<'p> {
    id: ClientId,
    model: &'p Clients,
    nodes: u32,
    cluster: u64,
    stream: Stream,
    /// The node it takes for the leader.
    leader: NodeId,
    /// The node that last let it wait in vain. The next hint at it is not followed: whoever gives it may be cut off
    /// together with that node. The one after that is, for a single frame may just have got lost.
    silent: Option<NodeId>,
    last_call: CallId,
    open: VecDeque<Open>,
    calls: BTreeMap<CallId, OperationId>,
    /// What it last saw each key to hold, to have something to expect in a compare-and-set.
    seen: BTreeMap<u32, u64>,
    timers: Vec<(Time, Timer)>,
    /// The record that brings about its next operation: in a closed loop the end of the last one.
    last_return: Option<RecordId>,
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
            silent: None,
            last_call: CallId::ZERO,
            open: VecDeque::new(),
            calls: BTreeMap::new(),
            seen: BTreeMap::new(),
            timers: vec![(Time::ZERO + first, Timer::Arrival)],
            last_return: None,
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
        let cause = self.last_return.take();
        wire.trace.event(wire.now, self.address(), cause, Body::Invoked { operation, request });
        self.timers.push((wire.now + self.model.timeout, Timer::Deadline(operation)));
        self.open.push_back(Open {
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
        self.calls.insert(call, self.open[at].operation);
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
        let asked = |open: &Open| open.call.is_some_and(|(_, node, _)| Address::from(node) == from);
        let operation = self.calls.get(&header.call).ok_or(Rejection::Late)?;
        let at = self.find(*operation).filter(|&at| asked(&self.open[at])).ok_or(Rejection::Late)?;
        Ok((at, reply))
    }

    fn answered<O: Observer>(&mut self, at: usize, reply: Reply, wire: &mut Wire<'_, O>) {
        let asked = self.hang_up(at);
        self.silent = self.silent.filter(|silent| Some(*silent) != asked);
        match reply {
            Reply::Applied(outcome) => {
                self.learn(at, outcome);
                self.end(at, outcome, wire);
            }
            Reply::Unknown => self.end(at, Outcome::Unknown, wire),
            Reply::NotLeader { hint: Some(hint) }
                if Some(hint) != asked && Some(hint) != self.silent && !self.open[at].followed_hint =>
            {
                self.open[at].followed_hint = true;
                // A hint may come out of a broken frame; only a node of the cluster can be asked.
                self.leader = if (1..=self.nodes).contains(&hint.0) { hint } else { self.leader };
                self.ask(at, wire);
            }
            Reply::NotLeader { hint } => {
                self.silent = self.silent.filter(|silent| Some(*silent) != hint);
                self.back_off(at, asked, wire);
            }
        }
    }

    /// Ends the call under way, and returns whom it was to.
    fn hang_up(&mut self, at: usize) -> Option<NodeId> {
        let (call, node, _) = self.open[at].call.take()?;
        self.calls.remove(&call);
        Some(node)
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

    /// Waits, and then asks another node than the one that refused. Two words are drawn, for the wait and the node.
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

    /// Takes another node for the leader than the one that was asked in vain: any, by one word. In turn would do as
    /// well, were it not for cuts that keep the next in turn on the wrong side.
    fn give_up_on(&mut self, asked: Option<NodeId>) {
        let word = self.stream.word();
        if asked == Some(self.leader) && self.nodes > 1 {
            let step = 1 + below(word, u64::from(self.nodes) - 1) as u32;
            self.leader = NodeId((self.leader.0 - 1 + step) % self.nodes + 1);
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
                self.hang_up(at);
                self.silent = Some(node);
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
        self.open.binary_search_by_key(&operation, |open| open.operation).ok()
    }

    fn end<O: Observer>(&mut self, at: usize, outcome: Outcome, wire: &mut Wire<'_, O>) {
        let Some(Open { operation, .. }) = self.open.remove(at) else { return };
        let returned = wire.trace.effect(self.address(), Body::Returned { operation, outcome });
        if let Arrival::ClosedLoop { think } = self.model.arrival {
            self.last_return = Some(returned);
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
    use crate::net::Frames;
    use crate::rpc::store::encode_reply;
    use crate::trace::{Record, Trace};

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
            backoff: Backoff { base: ms(20), cap: ms(100), jitter: Jitter::NoJitter },
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
        assert_eq!(timers(&mut client), [(32, Timer::Retry(operation))]);
        client.retry(operation, &mut bench.at(32));
        assert_eq!(bench.asked().len(), 1);
    }

    #[test]
    fn a_first_hint_at_a_node_that_keeps_silent_is_not_followed() {
        let (model, ops) = (model(), [OperationId(1), OperationId(2)]);
        let mut client = Client::new(ClientId(1), &model, 3, 7, 1);
        let mut bench = Bench::new();
        client.arrive(ops[0], &mut bench.at(10));
        let [(silent, _)] = bench.asked()[..] else { panic!("one node is asked") };
        client.give_up(ops[0], &mut bench.at(510));
        client.arrive(ops[1], &mut bench.at(520));
        let [(other, call)] = bench.asked()[..] else { panic!("another node is asked") };
        assert_ne!(other, silent);
        let slot = bench.reply(other, call, Reply::NotLeader { hint: Some(silent) });
        client.receive(slot, &mut bench.at(521));
        assert_eq!(bench.asked(), []);
        client.retry(ops[1], &mut bench.at(541));
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
            client.give_up(operation, &mut bench.at(510));
            let late = bench.reply(node, call, Reply::Unknown);
            client.receive(late, &mut bench.at(600));
            client.retry(operation, &mut bench.at(700));
            assert_eq!(bench.asked(), [], "what has ended is not asked for again");
            bench.outcomes()
        };
        assert_eq!(run(true), [Outcome::Refused]);
        assert_eq!(run(false), [Outcome::Unknown]);
    }
}
