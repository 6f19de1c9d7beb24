//! Floods: requests from outside, by a Poisson process to each machine that is hit, for whose answers nobody waits.
//!
//! They come from a crowd that is on no link, so nothing delays or cuts them, and each is to the host what a client's
//! request is: it costs as much, the leader makes an entry of it, others say who leads. Each writes a value of its own to
//! a key that no client has. Answers to the crowd leave the world as soon as they are sent.

use super::{CLUSTER, Event, World};
use crate::ids::{Address, CallId, NodeId, NodeSet, RecordId, Term};
use crate::net::{Payload, Wire};
use crate::rng::{Stream, exponential};
use crate::rpc::frame::{CLIENT_REQUEST, Header};
use crate::rpc::store::{Command, encode_command};
use crate::time::{Duration, Time};
use crate::trace::{Observer, Operation};
use std::collections::BTreeMap;

/// The key that all requests write.
const KEY: u32 = u32::MAX;
/// Their values are told from those of clients, which are counted from 1.
const FIRST_VALUE: u64 = 1 << 63;

/// The floods that go on.
#[derive(Debug, Default)]
pub(super) struct Floods {
    flows: BTreeMap<u32, Flow>,
    /// How many flows have begun.
    begun: u32,
    /// How many requests were made.
    requests: u64,
    payload: Vec<u8>,
}

/// The requests of one flood to one machine. One word is drawn for each: how long it is until the next.
#[derive(Debug)]
struct Flow {
    fault: u32,
    began: Time,
    cause: Option<RecordId>,
    node: NodeId,
    mean: Duration,
    bytes: u32,
    stream: Stream,
}

impl Floods {
    /// No more requests of the fault of this number.
    pub(super) fn end(&mut self, fault: u32) {
        self.flows.retain(|_, flow| flow.fault != fault);
    }

    /// No more requests to these nodes.
    pub(super) fn spare(&mut self, nodes: NodeSet) {
        self.flows.retain(|_, flow| !nodes.contains(flow.node));
    }
}

impl<O: Observer> World<'_, O> {
    /// A fault begins to flood these nodes. A flow's stream is named by when it begins and where it goes, so that another
    /// fault taken away leaves it the same.
    pub(super) fn start_flood(&mut self, fault: u32, nodes: NodeSet, (mean, bytes): (Duration, u32)) {
        for node in nodes.iter() {
            let alike = |flow: &&Flow| flow.began == self.now && flow.node == node;
            let alike = self.floods.flows.values().filter(alike).count() as u64;
            let key = u64::from(node.0) << 32 | alike;
            let stream = Stream::new(self.setup.seed, "flood", self.now.nanos(), key);
            let (began, cause) = (self.now, self.trace.current());
            let number = self.floods.begun;
            self.floods.begun += 1;
            self.floods.flows.insert(number, Flow { fault, began, cause, node, mean, bytes, stream });
            self.plan_request(number);
        }
    }

    fn plan_request(&mut self, number: u32) {
        if let Some(flow) = self.floods.flows.get_mut(&number) {
            let gap = exponential(flow.stream.word(), flow.mean);
            self.push(self.now + gap, Event::Flood(number));
        }
    }

    /// The next request of a flow reaches its machine, if the flood goes on.
    #[cold]
    pub(super) fn flood(&mut self, number: u32) {
        let Floods { flows, requests, payload, .. } = &mut self.floods;
        let Some(flow) = flows.get(&number) else { return };
        *requests += 1;
        let call = CallId(*requests);
        let operation = Operation::Put { key: KEY, value: FIRST_VALUE + *requests };
        encode_command(&Command::Plain(operation), flow.bytes as usize, payload);
        let to = flow.node.into();
        let header = Header { kind: CLIENT_REQUEST, cluster: CLUSTER, from: Address::CROWD, to, call };
        let Self { now, trace, frames, out, .. } = self;
        let mut wire = Wire { now: *now, trace, frames, out };
        let frame = wire.frame(&header, &Payload::new(payload));
        let sent = wire.trace.event(wire.now, Address::CROWD, flow.cause, frame.sent(Term::ZERO, false));
        wire.frames.get_mut(frame.slot).sent = Some(sent);
        self.deliver(frame.slot);
        self.plan_request(number);
    }
}
