//! What a leader knows about each follower's log.

use crate::ids::{Index, NodeId};
use crate::time::LocalTime;

/// The other members of the cluster. Each has a place, by which votes and progress are kept.
#[derive(Debug, Default)]
pub(super) struct Peers {
    ids: Vec<NodeId>,
    places: Vec<Option<u32>>,
}

impl Peers {
    /// All of `members` but `own`.
    pub(super) fn new(members: &[NodeId], own: NodeId) -> Self {
        let mut ids: Vec<NodeId> = members.iter().copied().filter(|&id| id != own).collect();
        ids.sort();
        ids.dedup();
        let mut places = vec![None; ids.last().map_or(0, |id| id.0 as usize + 1)];
        for (place, id) in (0..).zip(&ids) {
            places[id.0 as usize] = Some(place);
        }
        Self { ids, places }
    }

    /// The place of this node, if it is a peer.
    #[inline]
    pub(super) fn place(&self, id: NodeId) -> Option<usize> {
        self.places.get(id.0 as usize).copied().flatten().map(|place| place as usize)
    }

    /// The peers in the order of their places.
    #[inline]
    pub(super) fn ids(&self) -> &[NodeId] {
        &self.ids
    }
}

/// How entries go to a follower.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// It is not known where the logs part: one AppendEntries at a time, the next one on its answer or at a heartbeat.
    Probe,
    /// The logs agree as far as is known: entries are sent as they come, without waiting for answers.
    Replicate,
}

/// What a leader knows about one follower's log (figure 2: nextIndex and matchIndex).
///
/// Invariants:
/// - `matched < next`.
/// - `matched` never goes down.
#[derive(Clone, Copy, Debug)]
pub(super) struct Progress {
    matched: Index,
    next: Index,
    mode: Mode,
    last_heard: Option<LocalTime>,
    /// Whether a reply without news has brought something since the last heartbeat.
    nudged: bool,
}

impl Progress {
    /// What a new leader assumes: nothing known, and the logs likely equal up to its `last` entry.
    pub(super) const fn new(last: Index) -> Self {
        Self { matched: Index::ZERO, next: last.next(), mode: Mode::Probe, last_heard: None, nudged: false }
    }

    /// Up to where the follower's log is known to agree with the leader's, durably.
    #[inline]
    pub(super) const fn matched(&self) -> Index {
        self.matched
    }

    /// The index of the next entry to send.
    #[inline]
    pub(super) const fn next(&self) -> Index {
        self.next
    }

    /// How entries go to it.
    #[inline]
    pub(super) const fn mode(&self) -> Mode {
        self.mode
    }

    /// When a reply of the leader's term last came from it.
    pub(super) const fn last_heard(&self) -> Option<LocalTime> {
        self.last_heard
    }

    /// Notes that a reply has come.
    #[inline]
    pub(super) fn heard(&mut self, now: LocalTime) {
        self.last_heard = Some(now);
    }

    /// Entries up to `last` are on their way: once the logs are known to agree, more may follow without an answer.
    #[inline]
    pub(super) fn sent(&mut self, last: Index) {
        if self.mode == Mode::Replicate {
            self.next = last.next();
            self.check();
        }
    }

    /// The follower's log agrees up to `matched`. Returns whether that is a reason to send more.
    ///
    /// News is; a reply that says nothing new is no more than once a heartbeat, and only if what comes next was not sent
    /// yet or was a probe. Where replies are duplicated, each copy would else bring another batch, each of these more
    /// replies, and so on without bound.
    #[inline]
    pub(super) fn accepted(&mut self, matched: Index) -> bool {
        let is_news = matched > self.matched;
        let answers_probe = matched == self.matched && matched.next() == self.next && !self.nudged;
        if is_news {
            self.matched = matched;
        } else if answers_probe {
            self.nudged = true;
        } else {
            return false;
        }
        let agreed = matched.next();
        self.next = if self.mode == Mode::Probe { agreed } else { self.next.max(agreed) };
        self.mode = Mode::Replicate;
        self.check();
        true
    }

    /// A heartbeat is sent: its answer, even if it says nothing new, may bring what comes next.
    #[inline]
    pub(super) fn heartbeat(&mut self) {
        self.nudged = false;
    }

    /// Whether a refusal of `prev` answers something still in question. It does not if the logs are known to agree
    /// there, or if `next` has been moved since.
    #[inline]
    pub(super) fn refusal_is_current(&self, prev: Index) -> bool {
        match self.mode {
            Mode::Probe => prev > self.matched && prev.next() == self.next,
            Mode::Replicate => prev > self.matched && prev < self.next,
        }
    }

    /// Goes back to probing: the logs agree at `agreed` at the latest.
    pub(super) fn probe_after(&mut self, agreed: Index) {
        self.next = agreed.max(self.matched).next();
        self.mode = Mode::Probe;
        self.check();
    }

    #[inline]
    fn check(&self) {
        assert!(self.matched < self.next, "what is known to agree need not be sent");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn peers_have_places_and_strangers_have_none() {
        let peers = Peers::new(&[NodeId(7), NodeId(2), NodeId(3), NodeId(2)], NodeId(3));
        assert_eq!(peers.ids(), [NodeId(2), NodeId(7)]);
        assert_eq!(peers.place(NodeId(7)), Some(1));
        for stranger in [0, 1, 3, 8, u32::MAX] {
            assert_eq!(peers.place(NodeId(stranger)), None, "{stranger}");
        }
    }

    #[test]
    fn a_late_acceptance_moves_nothing_back() {
        let mut progress = Progress::new(Index(5));
        assert!(progress.accepted(Index(5)));
        progress.sent(Index(9));
        assert!(!progress.accepted(Index(3)), "overtaken by a later one");
        assert_eq!((progress.matched, progress.next()), (Index(5), Index(10)));
    }

    #[test]
    fn a_refusal_counts_once() {
        let mut progress = Progress::new(Index(9));
        assert!(progress.refusal_is_current(Index(9)));
        progress.probe_after(Index(4));
        assert!(!progress.refusal_is_current(Index(9)), "answered already");
        progress.accepted(Index(4));
        progress.sent(Index(12));
        assert!(progress.refusal_is_current(Index(8)), "a pipelined append got lost");
        assert!(!progress.refusal_is_current(Index(4)), "known to agree");
        assert!(!progress.refusal_is_current(Index(13)), "never asked");
        progress.probe_after(Index(2));
        assert_eq!(progress.next(), Index(5), "never behind what is known to agree");
    }

    #[test]
    fn probing_sends_the_same_until_it_is_answered() {
        let mut progress = Progress::new(Index(9));
        progress.sent(Index(10));
        assert_eq!(progress.next(), Index(10));
        progress.accepted(Index(10));
        assert_eq!((progress.mode(), progress.next()), (Mode::Replicate, Index(11)));
    }

    #[test]
    fn a_reply_without_news_brings_something_once_a_heartbeat() {
        let mut progress = Progress::new(Index(9));
        progress.probe_after(Index(0));
        assert!(progress.accepted(Index(0)), "the probe is answered: the logs agree before the first entry");
        progress.sent(Index(3));
        assert!(!progress.accepted(Index(0)), "a copy of that answer");
        progress.probe_after(Index(0));
        assert!(!progress.accepted(Index(0)), "and another");
        progress.heartbeat();
        assert!(progress.accepted(Index(0)));
        assert!(progress.accepted(Index(3)), "news always is");
    }
}
