//! A stranger on the network: sends nodes frames that nobody of the cluster has laid out.
//!
//! It knows the protocol, has overheard in which term the cluster is and how far its logs are, and does not know the
//! cluster's secret: so it lays its frames out with the checksum that anybody can compute, or without one if there is none.
//! When its frames come and what they are is drawn from a stream for each node, whichever fault they belong to.

use super::agenda::Step;
use super::{CLUSTER, World};
use crate::ids::{Address, CallId, ClientId, NodeId, NodeSet};
use crate::plan::Action;
use crate::replica::Status;
use crate::rng::{Expansion, Stream, below, exponential};
use crate::rpc::Integrity;
use crate::rpc::frame::{self, Header};
use crate::time::Duration;
use crate::trace::digest::content;
use crate::trace::{Body, Forgery, Observer};

/// The most bytes of a payload of nonsense.
const MOST_NONSENSE: u64 = 200;
/// One frame of garbage in so many is longer than a frame may be.
const ONE_IN: u64 = 16;

/// A frame that a stranger sends.
struct Forged {
    like: Forgery,
    /// From whom it seems to come.
    from: Address,
    header: Header,
    bytes: Vec<u8>,
    hash: u64,
}

impl<O: Observer> World<'_, O> {
    /// A stranger begins to send frames to these nodes.
    pub(super) fn begin_forging(&mut self, fault: u32, mean: Duration, nodes: NodeSet) {
        for node in nodes.iter() {
            self.plan_forgery(fault, mean, node);
        }
    }

    /// Two words are drawn for each frame: when it comes, here, and what it is, once it comes.
    fn plan_forgery(&mut self, fault: u32, mean: Duration, node: NodeId) {
        let word = self.forger(node).word();
        let wait = exponential(word, mean).clamp(Duration::from_nanos(1), mean.saturating_mul(20));
        self.plan_step(self.now + wait, Step::Forge(fault, node));
    }

    fn forger(&mut self, node: NodeId) -> &mut Stream {
        let seed = self.setup.seed;
        let stream = || Stream::new(seed, "forger", u64::from(node.0), 0);
        self.faults.forgers.entry(node).or_insert_with(stream)
    }

    /// The next frame of a stranger comes to a node, if the fault goes on.
    pub(super) fn forge(&mut self, fault: u32, node: NodeId) {
        let Some((&Action::Forge { mean, .. }, started)) = self.faults.action(fault) else { return };
        let word = self.forger(node).word();
        let Forged { like, from, header, bytes, hash } = self.forgery(node, Expansion::new(word));
        let body = Body::Forged { from, kind: header.kind, like, bytes: bytes.len() as u32 };
        let record = self.trace.event(self.now, node.into(), Some(started), body);
        let slot = self.frames.take(from, node.into(), header.kind, header.call);
        let frame = self.frames.get_mut(slot);
        (frame.bytes, frame.hash, frame.intact, frame.sent) = (bytes, hash, false, Some(record));
        self.deliver(slot);
        self.plan_forgery(fault, mean, node);
    }

    /// A frame that nobody sent.
    fn forgery(&self, node: NodeId, mut words: Expansion) -> Forged {
        let mut one_of = |many: u64| below(words.word(), many);
        let like = match one_of(10) {
            0..5 => Forgery::Message,
            5 => Forgery::Payload,
            6 => Forgery::Garbage,
            7 => Forgery::OtherCluster,
            8 => Forgery::Unknown,
            _ => Forgery::Client,
        };
        let nodes = self.hosts.len() as u64;
        // Anybody but the node itself, unless it is the only one.
        let others = (nodes - 1).max(1);
        let peer = NodeId(1 + ((u64::from(node.0) + one_of(others)) % nodes) as u32);
        let (call, cluster) = (CallId(one_of(1 << 20)), one_of(u64::MAX));
        let mut payload = Vec::new();
        let kind = if like == Forgery::Payload {
            let kind = one_of(256) as u8;
            let length = one_of(MOST_NONSENSE);
            payload.extend((0..length).map(|_| one_of(256) as u8));
            kind
        } else {
            self.setup.software.forge(self.overheard(), &mut words, &mut payload)
        };
        let claimed = match like {
            Forgery::Unknown => NodeId(self.hosts.len() as u32 + 1 + (call.0 % 1_000) as u32).into(),
            Forgery::Client if !self.clients.is_empty() => ClientId(1).into(),
            _ => Address::from(peer),
        };
        let cluster = if like == Forgery::OtherCluster { cluster } else { CLUSTER };
        let header = Header { kind, cluster, from: claimed, to: node.into(), call };
        let mut bytes = Vec::new();
        frame::encode(&header, &payload, &self.known_to_strangers(), &mut bytes);
        if like == Forgery::Garbage {
            bytes.iter_mut().for_each(|byte| *byte = words.word() as u8);
            if call.0 % ONE_IN == 0 {
                bytes.resize(frame::LIMIT + 1, 0);
            }
        }
        // The network knows no link from a node that there is not.
        let from = if like == Forgery::Unknown { Address::WORLD } else { claimed };
        Forged { like, from, header, bytes, hash: content(&payload) }
    }

    /// How a stranger seals its frames: as the cluster does, if that takes no secret.
    fn known_to_strangers(&self) -> Integrity {
        match &self.frames.integrity {
            Integrity::Keyed(_) => Integrity::keyed("a guess"),
            open => open.clone(),
        }
    }

    /// What can be learnt by listening: the highest term, and how far the logs are.
    fn overheard(&self) -> Status {
        let statuses = self.hosts.iter().filter_map(|host| host.status());
        statuses.max_by_key(|status| (status.term, status.last)).unwrap_or_default()
    }
}
