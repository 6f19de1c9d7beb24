//! The network: directed links, each with its own randomness, and the frames on them.
//!
//! For every frame a link draws four words, whatever its rates: loss, latency, duplication, the duplicate's latency.
//! A cut is looked at when a frame is sent and again when it arrives, so frames in flight are hit. A clogged link
//! holds what arrives on it until it flows again.

mod frames;
mod wire;

pub use frames::{Frame, Frames, Slot};
pub use wire::{Payload, Wire};

use crate::ids::{Address, ClientId, NodeId};
use crate::plan;
use crate::rng::{Rate, Stream};
use crate::time::Duration;

/// What becomes of a frame that is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// The link is cut.
    Cut,
    /// Bad luck.
    Lost,
    /// It arrives after this delay, and where there is a second one, again after that.
    Arrives(Duration, Option<Duration>),
}

/// A directed link.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LinkId(u32);

/// All links between nodes, and between nodes and clients.
#[derive(Debug)]
pub struct Network {
    seed: u64,
    nodes: usize,
    models: Vec<plan::Link>,
    links: Vec<Link>,
}

/// One directed link.
#[derive(Debug, Default)]
struct Link {
    /// Made at its first use: most links of a large cluster carry nothing.
    stream: Option<Box<Stream>>,
    model: u32,
    cuts: u32,
    clogs: u32,
    held: Vec<Slot>,
}

impl Network {
    /// The links of this plan.
    pub fn new(plan: &plan::Plan, seed: u64) -> Self {
        let nodes = plan.cluster.voters as usize;
        let clients = plan.clients.as_ref().map_or(0, |clients| clients.count as usize);
        let mut network = Self { seed, nodes, models: Vec::new(), links: Vec::new() };
        network.models.push(plan.network.default.clone());
        network.models.push(plan.network.clients.clone());
        network.links.resize_with(nodes * nodes + 2 * nodes * clients, Link::default);
        for link in &mut network.links[nodes * nodes..] {
            link.model = 1;
        }
        for (from, to, model) in &plan.network.links {
            let at = network.place((*from).into(), (*to).into());
            network.links[at].model = u32::try_from(network.models.len()).expect("few models");
            network.models.push(model.clone());
        }
        network
    }

    /// Between nodes by sender and receiver; behind them, for each client, its links to and from each node.
    fn place(&self, from: Address, to: Address) -> usize {
        let between = |client: ClientId, node: NodeId| {
            self.nodes * self.nodes + (client.slot() * self.nodes + node.slot()) * 2
        };
        match (from.as_node(), to.as_node(), from.as_client(), to.as_client()) {
            (Some(from), Some(to), _, _) => from.slot() * self.nodes + to.slot(),
            (None, Some(node), Some(client), _) => between(client, node),
            (Some(node), None, _, Some(client)) => between(client, node) + 1,
            _ => panic!("no link from {from} to {to}"),
        }
    }

    fn link(&self, from: Address, to: Address) -> &Link {
        &self.links[self.place(from, to)]
    }

    fn link_mut(&mut self, from: Address, to: Address) -> &mut Link {
        let at = self.place(from, to);
        &mut self.links[at]
    }

    /// The link from one to the other.
    #[inline]
    pub fn link_id(&self, from: Address, to: Address) -> LinkId {
        LinkId(self.place(from, to) as u32)
    }

    /// Decides what becomes of a frame that is sent now over the link from one to the other.
    pub fn send(&mut self, id: LinkId, from: Address, to: Address) -> Fate {
        let seed = self.seed;
        let link = &mut self.links[id.0 as usize];
        let stream = link.stream.get_or_insert_with(|| {
            let key = u64::from(from.to_wire()) << 32 | u64::from(to.to_wire());
            Box::new(Stream::new(seed, "link", key, 0))
        });
        let [loss, latency, duplicate, second] = std::array::from_fn(|_| stream.word());
        let model = &self.models[link.model as usize];
        if link.cuts > 0 {
            Fate::Cut
        } else if model.loss.hits(loss) {
            Fate::Lost
        } else {
            let second = model.duplicate.hits(duplicate).then(|| model.latency.sample(second));
            Fate::Arrives(model.latency.sample(latency), second)
        }
    }

    /// Whether frames on this link get lost.
    #[inline]
    pub fn is_cut(&self, id: LinkId) -> bool {
        self.links[id.0 as usize].cuts > 0
    }

    /// Whether frames on this link are held.
    #[inline]
    pub fn is_clogged(&self, id: LinkId) -> bool {
        self.links[id.0 as usize].clogs > 0
    }

    /// Whether frames between these two get through both ways.
    pub fn is_linked(&self, a: Address, b: Address) -> bool {
        [(a, b), (b, a)].iter().all(|&(from, to)| {
            let link = self.link(from, to);
            link.cuts == 0 && link.clogs == 0
        })
    }

    /// Cuts a link once more. Whether it was whole before.
    pub fn cut(&mut self, from: Address, to: Address) -> bool {
        let link = self.link_mut(from, to);
        link.cuts += 1;
        link.cuts == 1
    }

    /// Takes back one cut. Whether the link is whole now.
    pub fn heal(&mut self, from: Address, to: Address) -> bool {
        let link = self.link_mut(from, to);
        link.cuts -= 1;
        link.cuts == 0
    }

    /// Clogs a link once more. Whether it flowed before.
    pub fn clog(&mut self, from: Address, to: Address) -> bool {
        let link = self.link_mut(from, to);
        link.clogs += 1;
        link.clogs == 1
    }

    /// Takes back one clog. What was held, in order, if the link flows now.
    pub fn unclog(&mut self, from: Address, to: Address) -> Option<Vec<Slot>> {
        let link = self.link_mut(from, to);
        link.clogs -= 1;
        (link.clogs == 0).then(|| std::mem::take(&mut link.held))
    }

    /// Holds a frame that has arrived on a clogged link.
    pub fn hold(&mut self, id: LinkId, frame: Slot) {
        self.links[id.0 as usize].held.push(frame);
    }

    /// From now on no link loses or duplicates frames by chance.
    pub fn settle(&mut self) {
        for model in &mut self.models {
            (model.loss, model.duplicate) = (Rate::ZERO, Rate::ZERO);
        }
    }

    /// How many words each link has drawn, in a fixed order.
    pub fn words_drawn(&self) -> impl Iterator<Item = u64> + '_ {
        self.links.iter().map(|link| link.stream.as_ref().map_or(0, |stream| stream.position()))
    }
}
