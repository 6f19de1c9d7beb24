//! Which links kept frames for too long just now.
//!
//! How long frames take as a rule, the latency, is the cluster's own affair: whoever sets timers knows of it. What counts is
//! what comes on top: that they wait for those before them where a link carries but so many bytes in a second, or for a fault.

use crate::ids::{Address, NodeId};
use crate::plan::Plan;
use crate::report::places::Places;
use crate::time::{Duration, Time};
use crate::trace::{Body, Record};
use std::num::NonZeroU64;

/// Follows what waits before links.
#[derive(Clone, Debug)]
pub(super) struct SlowLinks {
    nodes: usize,
    /// How many bytes each link carries in a second, by sender and receiver; empty where all carry as many as they are given.
    bandwidths: Vec<Option<NonZeroU64>>,
    /// When the last frame will have been put on the way, for each link.
    free_at: Vec<Time>,
    /// For each receiver, until when the last frame waited that waited for too long.
    until: Vec<Option<Time>>,
    /// How long is too long.
    patience: Duration,
    /// For how long that is remembered.
    memory: Duration,
}

impl SlowLinks {
    pub(super) fn new(plan: &Plan) -> Self {
        let (least, most) = plan.cluster.raft.election_timeout;
        let nodes = plan.cluster.nodes() as usize;
        let network = &plan.network;
        let is_narrow = network.default.bandwidth.is_some()
            || network.links.iter().any(|(.., link)| link.bandwidth.is_some());
        let mut bandwidths = vec![network.default.bandwidth; if is_narrow { nodes * nodes } else { 0 }];
        for (from, to, link) in &network.links {
            if let Some(bandwidth) = bandwidths.get_mut(from.slot() * nodes + to.slot()) {
                *bandwidth = link.bandwidth;
            }
        }
        Self {
            nodes,
            free_at: vec![Time::ZERO; bandwidths.len()],
            bandwidths,
            until: vec![None; nodes],
            patience: least,
            memory: most,
        }
    }

    /// Whether frames that are sent are of interest.
    #[inline]
    pub(super) fn watches(&self) -> bool {
        !self.bandwidths.is_empty()
    }

    /// Takes in a record; of interest are frames that are sent, or that a fault keeps.
    #[cold]
    pub(super) fn take(&mut self, record: &Record, places: &Places) {
        match record.body {
            Body::Sent { to, bytes, .. } => self.sent(record, to, u64::from(bytes), places),
            Body::Delayed { to, by_ns, .. } => self.waits(to, record.time, Duration::from_nanos(by_ns)),
            _ => {}
        }
    }

    fn sent(&mut self, record: &Record, to: Address, bytes: u64, places: &Places) {
        let (Some(from), Some(receiver)) = (record.node.as_node(), to.as_node()) else { return };
        let place = from.slot() * self.nodes + receiver.slot();
        let Some(bandwidth) = self.bandwidths.get(place).copied().flatten() else { return };
        // What is sent into a link that is cut takes no room there.
        if !places.is_cut(from, receiver) {
            let nanos = (u128::from(bytes) * 1_000_000_000).div_ceil(u128::from(bandwidth.get()));
            let takes = Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX));
            let free_at = self.free_at[place].max(record.time) + takes;
            self.free_at[place] = free_at;
            self.waits(to, record.time, free_at.since(record.time));
        }
    }

    /// A frame waits so long on its way there.
    fn waits(&mut self, to: Address, now: Time, time: Duration) {
        if time >= self.patience
            && let Some(until) = to.as_node().and_then(|to| self.until.get_mut(to.slot()))
        {
            *until = (*until).max(Some(now + time));
        }
    }

    /// Whether a frame for this node waits for too long, or did so just now.
    pub(super) fn keep_from(&self, node: NodeId, now: Time) -> bool {
        let until = self.until.get(node.slot()).copied().flatten();
        until.is_some_and(|until| now <= until + self.memory)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{CallId, Term};
    use crate::report::tests::{ms, plan};
    use crate::trace::{Observer, Trace};

    struct Taking(SlowLinks, Places);

    impl Observer for Taking {
        fn observe(&mut self, record: &Record) {
            self.0.take(record, &self.1);
        }
    }

    fn sent(to: u32, bytes: u32) -> Body {
        let (to, kind, term) = (NodeId(to).into(), 3, Term(1));
        Body::Sent { to, kind, term, grants_vote: false, call: CallId(1), bytes, hash: 0 }
    }

    #[test]
    fn frames_wait_for_those_before_them_where_a_link_is_narrow() {
        let at = |millis| Time::ZERO + ms(millis);
        let mut plan = plan(3);
        assert!(!SlowLinks::new(&plan).watches());
        let narrow = crate::plan::Link { bandwidth: NonZeroU64::new(1000), ..plan.network.default.clone() };
        plan.network.links.push((NodeId(1), NodeId(3), narrow));
        let places = Places::of(&plan);
        let mut trace = Trace::new(Taking(SlowLinks::new(&plan), places));
        assert!(trace.observer().0.watches());
        let node = NodeId(1).into();
        trace.event(at(10), node, None, sent(2, 1_000_000));
        trace.event(at(10), node, None, sent(3, 149));
        let keeps =
            |trace: &Trace<Taking>, node, millis| trace.observer().0.keep_from(NodeId(node), at(millis));
        assert!(!keeps(&trace, 2, 20) && !keeps(&trace, 3, 20), "one is wide, the other has to carry little");
        trace.event(at(10), node, None, sent(3, 1));
        assert!(keeps(&trace, 3, 20), "150 ms are the least election timeout");
        assert!(keeps(&trace, 3, 160 + 300) && !keeps(&trace, 3, 161 + 300), "300 ms are the greatest");
    }

    #[test]
    fn what_a_fault_delays_for_long_counts_as_well() {
        let mut slow = SlowLinks::new(&plan(3));
        slow.waits(NodeId(2).into(), Time::ZERO, ms(149));
        assert!(!slow.keep_from(NodeId(2), Time::ZERO));
        slow.waits(NodeId(2).into(), Time::ZERO, ms(200));
        assert!(slow.keep_from(NodeId(2), Time::ZERO) && !slow.keep_from(NodeId(1), Time::ZERO));
    }
}
