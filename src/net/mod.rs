//! The network: directed links, each with its own randomness, and the frames on them.
//!
//! For every frame a link draws four words, whatever its rates: loss, latency, duplication, the duplicate's latency.
//! A cut is looked at when a frame is sent and again when it arrives, so frames in flight are hit. A clogged link
//! holds what arrives on it until it flows again.
//!
//! A link with a bandwidth takes a frame's length of time to put it on the way, and the frames of one link go one after
//! the other: what is sent meanwhile waits, however much it is. A frame that gets lost by chance has taken its time, too;
//! on a cut link nothing does. A duplicate comes about on the way and takes no time here.
//!
//! Faults that do something to single frames (`afflictions`) have a second stream for each link, of which only the words of
//! the frames that they see are looked at. So they draw nothing from the first, and cost nothing while there are none.

mod afflictions;
mod alter;
mod frames;
mod wire;

pub use afflictions::Plight;
pub use alter::alter;
pub use frames::{Frame, Frames, Slot};
pub use wire::{Outgoing, Payload, Wire};

use crate::ids::{Address, ClientId, NodeId, NodeSet};
use crate::plan::{self, FrameFault};
use crate::rng::{Distribution, Rate, Stream};
use crate::time::{Duration, Time};
use std::num::NonZeroU64;

use afflictions::Afflictions;

/// What becomes of a frame that is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// The link is cut.
    Cut,
    /// Bad luck.
    Lost,
    /// It arrives after this delay, and where there is a second one, again after that.
    Arrives(Duration, Option<Duration>),
    /// Faults do something to it.
    Afflicted(Box<Plight>),
}

/// A directed link.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct LinkId(u32);

/// All links between nodes, and between nodes and clients.
#[derive(Debug)]
pub struct Network {
    seed: u64,
    nodes: usize,
    models: Vec<plan::Link>,
    links: Vec<Link>,
    /// How many cuts and clogs there are.
    interruptions: u32,
    afflictions: Afflictions,
}

/// One directed link.
#[derive(Debug, Default)]
struct Link {
    /// Made at its first use: most links of a large cluster carry nothing.
    stream: Option<Stream>,
    model: u32,
    /// How many faults cut it, or do something to its frames.
    troubles: u32,
    cuts: u32,
    clogs: u32,
    /// When the last frame will have been put on the way, where there is a bandwidth.
    free_at: Time,
    held: Vec<Slot>,
}

impl Network {
    /// The links of this plan.
    pub fn new(plan: &plan::Plan, seed: u64) -> Self {
        let nodes = plan.cluster.nodes() as usize;
        let clients = plan.clients.as_ref().map_or(0, |clients| clients.count as usize);
        let afflictions = Afflictions::new(seed);
        let (models, links) = (Vec::new(), Vec::new());
        let mut network = Self { seed, nodes, models, links, interruptions: 0, afflictions };
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
    #[inline]
    fn place(&self, from: Address, to: Address) -> usize {
        match (from.as_node(), to.as_node()) {
            (Some(from), Some(to)) => from.slot() * self.nodes + to.slot(),
            _ => self.place_of_client(from, to),
        }
    }

    fn place_of_client(&self, from: Address, to: Address) -> usize {
        let between = |client: ClientId, node: NodeId| {
            self.nodes * self.nodes + (client.slot() * self.nodes + node.slot()) * 2
        };
        match (from.as_node(), to.as_node(), from.as_client(), to.as_client()) {
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

    /// From now on no frame is lost at random.
    pub fn lose_nothing(&mut self) {
        self.models.iter_mut().for_each(|model| model.loss = Rate::ZERO);
    }

    /// From now on frames take next to no time, however many there are.
    pub fn bring_near(&mut self) {
        for model in &mut self.models {
            (model.latency, model.bandwidth) = (Distribution::Constant(Duration::from_nanos(1)), None);
        }
    }

    /// How long a frame takes that is sent over this link, where nothing is left to chance and nothing is wrong; none
    /// where [`send`](Self::send) has to decide, as with the first frame of a link.
    #[inline(always)]
    pub fn send_surely(&mut self, id: LinkId) -> Option<Duration> {
        let link = &mut self.links[id.0 as usize];
        match (&self.models[link.model as usize], &mut link.stream) {
            (
                plan::Link {
                    latency: Distribution::Constant(latency),
                    loss: Rate::ZERO,
                    duplicate: Rate::ZERO,
                    bandwidth: None,
                },
                Some(stream),
            ) if link.troubles == 0 => {
                stream.skip(4);
                Some(*latency)
            }
            _ => None,
        }
    }

    /// Decides what becomes of a frame of so many bytes that is sent now over the link from one to the other.
    pub fn send(&mut self, id: LinkId, ends: (Address, Address), bytes: usize, now: Time) -> Fate {
        let seed = self.seed;
        let link = &mut self.links[id.0 as usize];
        let stream = link.stream.get_or_insert_with(|| {
            let key = u64::from(ends.0.to_wire()) << 32 | u64::from(ends.1.to_wire());
            Stream::new(seed, "link", key, 0)
        });
        // Where nothing is left to chance, what the words are makes no difference.
        let words = if is_certain(&self.models[link.model as usize]) {
            stream.skip(4);
            [0; 4]
        } else {
            stream.words()
        };
        if link.troubles > 0 {
            self.send_in_trouble(id, ends, words, bytes, now)
        } else {
            self.fate(id, words, bytes, now)
        }
    }

    /// What becomes of a frame on a link without faults.
    #[inline(always)]
    fn fate(
        &mut self,
        id: LinkId,
        [loss, latency, duplicate, second]: [u64; 4],
        bytes: usize,
        now: Time,
    ) -> Fate {
        let link = &mut self.links[id.0 as usize];
        let model = &self.models[link.model as usize];
        let queued = match model.bandwidth {
            None => Duration::ZERO,
            Some(bandwidth) => {
                link.free_at = link.free_at.max(now) + time_for(bytes, bandwidth);
                link.free_at.since(now)
            }
        };
        if model.loss.hits(loss) {
            return Fate::Lost;
        }
        let second = model.duplicate.hits(duplicate).then(|| model.latency.sample(second));
        let arrives = |latency: Duration| latency.saturating_add(queued);
        Fate::Arrives(arrives(model.latency.sample(latency)), second.map(arrives))
    }

    /// What becomes of a frame on a link with faults.
    #[cold]
    fn send_in_trouble(
        &mut self,
        id: LinkId,
        ends: (Address, Address),
        words: [u64; 4],
        bytes: usize,
        now: Time,
    ) -> Fate {
        let link = &self.links[id.0 as usize];
        if link.cuts > 0 {
            return Fate::Cut;
        }
        let number = link.stream.as_ref().map_or(0, |stream| stream.position() / 4 - 1);
        let latency = self.models[link.model as usize].latency;
        match self.fate(id, words, bytes, now) {
            Fate::Arrives(delay, second) => {
                let plight = Plight { delay, again: second.into_iter().collect(), ..Plight::default() };
                Fate::Afflicted(Box::new(self.afflictions.afflict(id, ends, (number, &latency), plight)))
            }
            fate => fate,
        }
    }

    /// From now on a fault does this to frames on the link from one to the other.
    pub fn afflict(&mut self, from: Address, to: Address, fault: FrameFault) {
        self.link_mut(from, to).troubles += 1;
        let id = self.link_id(from, to);
        self.afflictions.add(id, fault);
    }

    /// A fault no longer does this. The old frames that were kept for it, if no other one needs them.
    pub fn relieve(&mut self, from: Address, to: Address, fault: FrameFault) -> Vec<Slot> {
        self.link_mut(from, to).troubles -= 1;
        let id = self.link_id(from, to);
        self.afflictions.remove(id, fault)
    }

    /// Keeps a frame that has been sent on this link, to be sent again. The one that it takes the place of, if any.
    pub fn keep(&mut self, id: LinkId, frame: Slot) -> Option<Slot> {
        self.afflictions.keep(id, frame)
    }

    /// Whether no link is cut or clogged.
    #[inline(always)]
    pub fn is_whole(&self) -> bool {
        self.interruptions == 0
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
        let flows = |from, to| {
            let link = self.link(from, to);
            link.cuts == 0 && link.clogs == 0
        };
        self.is_whole() || (flows(a, b) && flows(b, a))
    }

    /// Cuts a link once more. Whether it was whole before.
    pub fn cut(&mut self, from: Address, to: Address) -> bool {
        self.interruptions += 1;
        let link = self.link_mut(from, to);
        link.troubles += 1;
        link.cuts += 1;
        link.cuts == 1
    }

    /// Takes back one cut. Whether the link is whole now.
    pub fn heal(&mut self, from: Address, to: Address) -> bool {
        self.interruptions -= 1;
        let link = self.link_mut(from, to);
        link.troubles -= 1;
        link.cuts -= 1;
        link.cuts == 0
    }

    /// Clogs a link once more. Whether it flowed before.
    pub fn clog(&mut self, from: Address, to: Address) -> bool {
        self.interruptions += 1;
        let link = self.link_mut(from, to);
        link.clogs += 1;
        link.clogs == 1
    }

    /// Takes back one clog. What was held, in order, if the link flows now.
    pub fn unclog(&mut self, from: Address, to: Address) -> Option<Vec<Slot>> {
        self.interruptions -= 1;
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

    /// From now on no link among these nodes, and none between one of them and a client, loses or duplicates frames by
    /// chance.
    pub fn settle_among(&mut self, nodes: NodeSet) {
        let calm =
            |model: &plan::Link| plan::Link { loss: Rate::ZERO, duplicate: Rate::ZERO, ..model.clone() };
        let calm: Vec<plan::Link> = self.models.iter().map(calm).collect();
        let first = u32::try_from(self.models.len()).expect("few models");
        let (count, of_nodes) = (self.nodes, self.nodes * self.nodes);
        let is_one = |slot: usize| nodes.contains(NodeId(slot as u32 + 1));
        for (place, link) in self.links.iter_mut().enumerate() {
            let is_calm = match place.checked_sub(of_nodes) {
                None => is_one(place / count) && is_one(place % count),
                Some(of_client) => is_one(of_client / 2 % count),
            };
            link.model += if is_calm { first } else { 0 };
        }
        self.models.extend(calm);
    }

    /// Whether some link between nodes loses or duplicates frames by chance.
    pub fn is_lossy(&self) -> bool {
        let model = |link: &Link| &self.models[link.model as usize];
        let between = self.links[..self.nodes * self.nodes].iter();
        between.map(model).any(|model| model.loss != Rate::ZERO || model.duplicate != Rate::ZERO)
    }

    /// How many words each link has drawn, in a fixed order.
    pub fn words_drawn(&self) -> impl Iterator<Item = u64> + '_ {
        self.links.iter().map(|link| link.stream.as_ref().map_or(0, |stream| stream.position()))
    }
}

/// Whether such a link does the same to every frame.
#[inline]
fn is_certain(model: &plan::Link) -> bool {
    let plan::Link { latency, loss, duplicate, bandwidth: _ } = model;
    matches!(latency, Distribution::Constant(_)) && *loss == Rate::ZERO && *duplicate == Rate::ZERO
}

/// How long so many bytes take at so many bytes per second, rounded up.
fn time_for(bytes: usize, bandwidth: NonZeroU64) -> Duration {
    let nanos = (bytes as u128 * 1_000_000_000).div_ceil(u128::from(bandwidth.get()));
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Distribution;

    fn network(bandwidth: Option<u64>) -> (Network, LinkId, (Address, Address)) {
        let model = plan::Link {
            latency: Distribution::Constant(Duration::from_millis(1)),
            loss: Rate::ZERO,
            duplicate: Rate::ZERO,
            bandwidth: bandwidth.and_then(NonZeroU64::new),
        };
        let afflictions = Afflictions::new(1);
        let (models, links) = (vec![model], Vec::new());
        let mut network = Network { seed: 1, nodes: 2, models, links, interruptions: 0, afflictions };
        network.links.resize_with(4, Link::default);
        let ends = (NodeId(1).into(), NodeId(2).into());
        let id = network.link_id(ends.0, ends.1);
        (network, id, ends)
    }

    fn delay(fate: Fate) -> u64 {
        match fate {
            Fate::Arrives(delay, None) => delay.nanos() / 1_000_000,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn frames_of_a_slow_link_go_one_after_the_other() {
        let (mut network, id, ends) = network(Some(1000));
        let at = |millis: u64| Time::ZERO + Duration::from_millis(millis);
        assert_eq!(delay(network.send(id, ends, 100, at(0))), 101);
        assert_eq!(delay(network.send(id, ends, 50, at(20))), 131, "80 ms until the first is on its way");
        assert_eq!(delay(network.send(id, ends, 10, at(500))), 11, "the link is free again");
        let back = network.link_id(ends.1, ends.0);
        assert_eq!(delay(network.send(back, (ends.1, ends.0), 10, at(500))), 11, "each way by itself");
    }

    #[test]
    fn without_a_bandwidth_length_does_not_matter() {
        let (mut network, id, ends) = network(None);
        for _ in 0..10 {
            assert_eq!(delay(network.send(id, ends, 1 << 20, Time::ZERO)), 1);
        }
    }

    #[test]
    fn a_cut_link_has_no_queue() {
        let (mut network, id, ends) = network(Some(1000));
        network.cut(ends.0, ends.1);
        assert_eq!(network.send(id, ends, 1 << 20, Time::ZERO), Fate::Cut);
        network.heal(ends.0, ends.1);
        assert_eq!(delay(network.send(id, ends, 10, Time::ZERO)), 11);
    }
}
