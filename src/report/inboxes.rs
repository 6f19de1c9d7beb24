//! The inboxes of hosts that serve frames at a cost: how long frames waited there, and what found no room.

use super::statistics::{Samples, Summary};
use crate::plan::{Cluster, WhenFull};
use crate::trace::{Body, FIRST_CLIENT_KIND, Loss, Record};
use serde::Serialize;

/// Takes down what happens to the inboxes.
#[derive(Clone, Debug)]
pub(super) struct Inboxes {
    /// How many frames may wait in a lane; none where there are no inboxes.
    bound: Option<u32>,
    drops_oldest: bool,
    nodes: Lane,
    clients: Lane,
    /// The frame that was handed over last was of a kind that nodes send each other.
    of_nodes: bool,
    each: Vec<Seen>,
}

#[derive(Clone, Debug, Default)]
struct Lane {
    served: u64,
    waits: Samples,
    dropped: u64,
}

/// What was seen of the inbox of one node.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    longest: u32,
    served: u64,
    waited_ns: u128,
    dropped: u64,
    turned_away: u64,
}

/// What the inboxes of a whole run show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inbox {
    /// The most frames that waited in one at a time, as frames showed them that came.
    pub longest: u64,
    /// Frames of the kinds that nodes send each other.
    pub nodes: Waits,
    /// Frames of the kinds that clients send.
    pub clients: Waits,
    /// Requests of clients that were answered at the door, for lack of room.
    pub turned_away: u64,
    /// Each node's own, in their order.
    pub each: Vec<OfNode>,
}

/// How long frames waited before their service began, those that found the host free among them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waits {
    /// All of them; none if no frame was served.
    pub waited: Option<Summary>,
    /// How many were dropped for lack of room.
    pub dropped: u64,
}

/// The inbox of one node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct OfNode {
    /// The node's number.
    pub node: u32,
    /// The most frames that waited at a time.
    pub longest: u64,
    /// How many frames were served.
    pub served: u64,
    /// How long they waited on average before that, in nanoseconds; none if none was served.
    pub mean_wait_ns: Option<u64>,
    /// How many frames were dropped for lack of room.
    pub dropped: u64,
    /// How many requests of clients were answered at the door.
    pub turned_away: u64,
    /// How many frames wait when the run ends.
    pub left: u64,
}

impl Inboxes {
    pub(super) fn new(cluster: &Cluster) -> Self {
        let cpu = cluster.cpu;
        let bound = (cpu.costs() || cluster.blocking).then_some(cpu.inbox.get());
        let drops_oldest = cpu.when_full == WhenFull::DropOldest;
        let each = vec![Seen::default(); bound.map_or(0, |_| cluster.nodes() as usize)];
        let lane = Lane::default;
        Self { bound, drops_oldest, nodes: lane(), clients: lane(), of_nodes: false, each }
    }

    /// Whether there are any.
    #[inline]
    pub(super) fn exist(&self) -> bool {
        self.bound.is_some()
    }

    /// The lane of frames of this kind, by which hosts sort them, whoever says to have sent them.
    fn lane(&mut self, of_nodes: bool) -> &mut Lane {
        if of_nodes { &mut self.nodes } else { &mut self.clients }
    }

    /// Takes in a record of a frame.
    #[cold]
    pub(super) fn take(&mut self, record: &Record) {
        let receiver = match record.body {
            Body::Lost { to, .. } => to.as_node(),
            _ => record.node.as_node(),
        };
        let Some(slot) = receiver.map(|node| node.slot()).filter(|slot| *slot < self.each.len()) else {
            return;
        };
        match record.body {
            Body::Delivered { kind, .. } => {
                self.of_nodes = kind < FIRST_CLIENT_KIND;
                self.lane(self.of_nodes).served += 1;
                self.each[slot].served += 1;
            }
            Body::Waited { waited, ahead } => {
                let longest = self.with_it(ahead);
                self.lane(self.of_nodes).waits.add(waited.nanos());
                let seen = &mut self.each[slot];
                seen.longest = seen.longest.max(longest);
                seen.waited_ns += u128::from(waited.nanos());
            }
            Body::Lost { why: Loss::InboxFull, kind, .. } => {
                self.found_full(slot);
                self.lane(kind < FIRST_CLIENT_KIND).dropped += 1;
                self.each[slot].dropped += 1;
            }
            Body::TurnedAway { .. } => {
                self.found_full(slot);
                self.each[slot].turned_away += 1;
            }
            _ => {}
        }
    }

    /// How many frames wait with one that came when so many did. Where the oldest makes room it is no more than before.
    fn with_it(&self, ahead: u32) -> u32 {
        let has_taken_room = self.drops_oldest && self.bound.is_some_and(|bound| ahead >= bound);
        ahead + u32::from(!has_taken_room)
    }

    fn found_full(&mut self, slot: usize) {
        let longest = &mut self.each[slot].longest;
        *longest = (*longest).max(self.bound.unwrap_or(0));
    }

    /// All of a run at whose end so many frames wait in each inbox; none without inboxes.
    pub(super) fn all(&self, waiting: &[u64]) -> Option<Inbox> {
        self.bound?;
        let waits = |lane: &Lane| {
            let none = lane.served.saturating_sub(lane.waits.count());
            Waits { waited: lane.waits.summary(none), dropped: lane.dropped }
        };
        let left = waiting.iter().copied().chain(std::iter::repeat(0));
        let each: Vec<OfNode> =
            (1..).zip(&self.each).zip(left).map(|((node, seen), left)| seen.of(node, left)).collect();
        Some(Inbox {
            longest: each.iter().map(|of| of.longest).max().unwrap_or(0),
            nodes: waits(&self.nodes),
            clients: waits(&self.clients),
            turned_away: each.iter().map(|of| of.turned_away).sum(),
            each,
        })
    }
}

impl Seen {
    /// That of this node, where so many frames are left. They, too, have waited together.
    fn of(&self, node: u32, left: u64) -> OfNode {
        let mean = self.waited_ns.checked_div(u128::from(self.served));
        OfNode {
            node,
            longest: u64::from(self.longest).max(left),
            served: self.served,
            mean_wait_ns: mean.map(|mean| u64::try_from(mean).unwrap_or(u64::MAX)),
            dropped: self.dropped,
            turned_away: self.turned_away,
            left,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{Address, CallId, ClientId, NodeId};
    use crate::report::tests::{ms, plan};
    use crate::time::Time;
    use crate::trace::{Observer, Trace};

    struct Taking(Inboxes);

    impl Observer for Taking {
        fn observe(&mut self, record: &Record) {
            self.0.take(record);
        }
    }

    #[test]
    fn each_lane_has_its_waits_and_its_drops() {
        let (node, other, client): (Address, Address, Address) =
            (NodeId(1).into(), NodeId(2).into(), ClientId(1).into());
        let mut cluster = plan(3).cluster;
        assert_eq!(Inboxes::new(&cluster).all(&[]), None, "nothing waits where nothing costs anything");
        cluster.cpu.cost_per_frame = ms(1);
        let mut trace = Trace::new(Taking(Inboxes::new(&cluster)));
        let mut serve = |from: Address, wait: Option<u64>| {
            let kind = if from == client { FIRST_CLIENT_KIND } else { 1 };
            let body = Body::Delivered { from, kind, call: CallId(1), bytes: 9, hash: 0 };
            trace.event(Time::ZERO, node, None, body);
            if let Some(wait) = wait {
                trace.effect(node, Body::Waited { waited: ms(wait), ahead: wait as u32 });
            }
        };
        serve(other, None);
        serve(other, Some(4));
        serve(client, Some(7));
        serve(client, Some(9));
        serve(client, None);
        let lost = Body::Lost { to: node, kind: 1, why: Loss::InboxFull };
        trace.event(Time::ZERO, other, None, lost);
        let lost = Body::Lost { to: node, kind: FIRST_CLIENT_KIND, why: Loss::InboxFull };
        for _ in 0..2 {
            trace.event(Time::ZERO, client, None, lost);
        }
        let to_client = Body::Delivered { from: node, kind: 129, call: CallId(1), bytes: 9, hash: 0 };
        trace.event(Time::ZERO, client, None, to_client);
        let before = trace.observer().0.all(&[0, 3]).expect("frames cost something");
        assert_eq!(before.longest, 1024, "what found no room found the inbox full");
        trace.event(Time::ZERO, node, None, Body::TurnedAway { from: client, call: CallId(2) });
        let all = trace.observer().0.all(&[0, 3]).expect("frames cost something");
        let [nodes, clients] =
            [&all.nodes, &all.clients].map(|lane| lane.waited.expect("frames were served"));
        assert_eq!((nodes.count, nodes.mean, nodes.max), (2, ms(2).nanos(), ms(4).nanos()));
        assert_eq!((clients.count, clients.p50, clients.max), (3, ms(7).nanos(), ms(9).nanos()));
        assert_eq!((all.nodes.dropped, all.clients.dropped, all.turned_away), (1, 2, 1));
        let [first, second, _] = all.each[..] else { panic!("{:?}", all.each) };
        assert_eq!((first.node, first.served, first.longest, first.dropped), (1, 5, 1024, 3));
        assert_eq!((first.mean_wait_ns, first.turned_away, first.left), (Some(ms(4).nanos()), 1, 0));
        assert_eq!(second, OfNode { node: 2, longest: 3, left: 3, ..OfNode::default() });
    }

    #[test]
    fn who_takes_the_room_of_the_oldest_makes_no_inbox_longer() {
        let mut cluster = plan(3).cluster;
        cluster.cpu.cost_per_frame = ms(1);
        let inbox = |when_full| {
            let mut cluster = cluster.clone();
            cluster.cpu.when_full = when_full;
            Inboxes::new(&cluster)
        };
        assert_eq!([1023, 1024].map(|ahead| inbox(WhenFull::DropOldest).with_it(ahead)), [1024, 1024]);
        assert_eq!(inbox(WhenFull::DropNewest).with_it(1023), 1024);
    }

    #[test]
    fn a_frame_counts_in_the_lane_of_its_kind_whoever_says_to_have_sent_it() {
        let node: Address = NodeId(1).into();
        let mut cluster = plan(3).cluster;
        cluster.cpu.cost_per_frame = ms(1);
        let mut trace = Trace::new(Taking(Inboxes::new(&cluster)));
        for from in [ClientId(1).into(), Address::WORLD] {
            let body = Body::Delivered { from, kind: 1, call: CallId(1), bytes: 9, hash: 0 };
            trace.event(Time::ZERO, node, None, body);
        }
        let all = trace.observer().0.all(&[]).expect("frames cost something");
        assert_eq!((all.nodes.waited.map(|waited| waited.count), all.clients.waited), (Some(2), None));
    }
}
