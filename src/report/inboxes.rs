//! The inboxes of hosts that serve frames at a cost: how long frames waited there, and what found no room.

use super::statistics::Summary;
use crate::plan::Cluster;
use crate::trace::{Body, Loss, Record};

/// Takes down what happens to the inboxes.
#[derive(Clone, Debug)]
pub(super) struct Inboxes {
    /// How many frames may wait in a lane; none where there are no inboxes.
    bound: Option<u32>,
    nodes: Lane,
    clients: Lane,
    /// The frame that was handed over last was from a node.
    from_node: bool,
    longest: u32,
    turned_away: u64,
}

#[derive(Clone, Debug, Default)]
struct Lane {
    served: u64,
    waits: Vec<u64>,
    dropped: u64,
}

/// What the inboxes of a whole run show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inbox {
    /// The most frames that waited in one at a time, as frames found them that came.
    pub longest: u64,
    /// Frames of nodes.
    pub nodes: Waits,
    /// Frames of clients.
    pub clients: Waits,
    /// Requests of clients that were answered at the door, for lack of room.
    pub turned_away: u64,
}

/// How long frames waited before their service began, those that found the host free among them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waits {
    /// All of them; none if no frame was served.
    pub waited: Option<Summary>,
    /// How many were dropped for lack of room.
    pub dropped: u64,
}

impl Inboxes {
    pub(super) fn new(cluster: &Cluster) -> Self {
        let cpu = cluster.cpu;
        let bound = (cpu.costs() || cluster.blocking).then_some(cpu.inbox.get());
        let lane = Lane::default;
        Self { bound, nodes: lane(), clients: lane(), from_node: false, longest: 0, turned_away: 0 }
    }

    /// Whether there are any.
    #[inline]
    pub(super) fn exist(&self) -> bool {
        self.bound.is_some()
    }

    fn lane(&mut self, is_node: bool) -> &mut Lane {
        if is_node { &mut self.nodes } else { &mut self.clients }
    }

    /// Takes in a record of a frame.
    #[cold]
    pub(super) fn take(&mut self, record: &Record) {
        match record.body {
            Body::Delivered { from, .. } if record.node.as_node().is_some() => {
                self.from_node = from.as_node().is_some();
                self.lane(self.from_node).served += 1;
            }
            Body::Waited { waited, ahead } => {
                self.longest = self.longest.max(ahead + 1);
                self.lane(self.from_node).waits.push(waited.nanos());
            }
            Body::Lost { why: Loss::InboxFull, .. } => {
                self.found_full();
                self.lane(record.node.as_node().is_some()).dropped += 1;
            }
            Body::TurnedAway { .. } => {
                self.found_full();
                self.turned_away += 1;
            }
            _ => {}
        }
    }

    fn found_full(&mut self) {
        self.longest = self.longest.max(self.bound.unwrap_or(0));
    }

    /// All of a run; none without inboxes.
    pub(super) fn all(&self) -> Option<Inbox> {
        self.bound?;
        let waits = |lane: &Lane| {
            let none = lane.served.saturating_sub(lane.waits.len() as u64) as usize;
            let waits = lane.waits.iter().copied().chain(std::iter::repeat_n(0, none)).collect();
            Waits { waited: Summary::of(waits), dropped: lane.dropped }
        };
        let Self { longest, turned_away, .. } = *self;
        let (nodes, clients) = (waits(&self.nodes), waits(&self.clients));
        Some(Inbox { longest: u64::from(longest), nodes, clients, turned_away })
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
        assert_eq!(Inboxes::new(&cluster).all(), None, "nothing waits where nothing costs anything");
        cluster.cpu.cost_per_frame = ms(1);
        let mut trace = Trace::new(Taking(Inboxes::new(&cluster)));
        let mut serve = |from: Address, wait: Option<u64>| {
            let body = Body::Delivered { from, kind: 1, call: CallId(1), bytes: 9, hash: 0 };
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
        for from in [other, client, client] {
            trace.event(Time::ZERO, from, None, lost);
        }
        let to_client = Body::Delivered { from: node, kind: 129, call: CallId(1), bytes: 9, hash: 0 };
        trace.event(Time::ZERO, client, None, to_client);
        let before = trace.observer().0.all().expect("frames cost something");
        assert_eq!(before.longest, 1024, "what found no room found the inbox full");
        trace.event(Time::ZERO, node, None, Body::TurnedAway { from: client, call: CallId(2) });
        let all = trace.observer().0.all().expect("frames cost something");
        let [nodes, clients] =
            [&all.nodes, &all.clients].map(|lane| lane.waited.expect("frames were served"));
        assert_eq!((nodes.count, nodes.mean, nodes.max), (2, ms(2).nanos(), ms(4).nanos()));
        assert_eq!((clients.count, clients.p50, clients.max), (3, ms(7).nanos(), ms(9).nanos()));
        assert_eq!((all.nodes.dropped, all.clients.dropped, all.turned_away), (1, 2, 1));
    }
}
