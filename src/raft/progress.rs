//! What a leader knows about each follower's log.

use super::window::{Limits, Window};
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
    pub(super) fn new(members: impl IntoIterator<Item = NodeId>, own: NodeId) -> Self {
        let mut ids: Vec<NodeId> = members.into_iter().filter(|&id| id != own).collect();
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
    /// What it lacks is cut off: it gets a snapshot, chunk by chunk, and no entries (section 7).
    Snapshot,
}

/// A snapshot on its way to a follower, one chunk at a time.
///
/// A chunk that brings no answer is sent again, but each time twice as many heartbeats later: on a slow link it may
/// still be on its way, and copies would only stand in its way. To a follower that does not even answer heartbeats
/// nothing is sent but these; when it answers again, it gets the chunk at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Transfer {
    /// Which snapshot: the last entry that it stands for.
    pub(super) index: Index,
    /// Where the chunk on its way begins.
    pub(super) offset: u32,
    /// How many heartbeats have passed since it was sent.
    waited: u32,
    /// After how many it is sent again.
    patience: u32,
    /// Whether it has been sent again.
    repeated: bool,
    /// So many heartbeats have passed since the follower last answered anything.
    silent: u32,
}

/// The first patience with a chunk, and the longest, in heartbeats.
const PATIENCE: (u32, u32) = (2, 64);
/// After so many heartbeats without an answer a follower is taken for gone, until the next one.
const SILENCE: u32 = 3;
/// After so many the leader keeps nothing for it any more. Answers may have to queue behind a long chunk.
const GIVEN_UP: u32 = 64;

impl Transfer {
    /// At the beginning of this snapshot.
    pub(super) const fn of(index: Index) -> Self {
        Self { index, offset: 0, waited: 0, patience: PATIENCE.0, repeated: false, silent: 0 }
    }

    /// A heartbeat has passed, in which the follower was `heard` or not. Whether the chunk is to be sent again.
    pub(super) fn heartbeat(&mut self, heard: bool) -> bool {
        self.waited += 1;
        if !heard {
            self.silent += 1;
            return false;
        }
        let is_back = std::mem::take(&mut self.silent) >= SILENCE;
        if !is_back && self.waited < self.patience {
            return false;
        }
        self.patience = if is_back { PATIENCE.0 } else { (self.patience * 2).min(PATIENCE.1) };
        self.waited = 0;
        self.repeated = true;
        true
    }

    /// The follower wants the chunk at `next`. Whether it is to be sent: it is further on; or further back, in answer to
    /// a chunk that was sent again, since the follower has lost what it had. Other answers are late.
    pub(super) fn answered(&mut self, next: u32) -> bool {
        self.silent = 0;
        let is_news = next > self.offset || (self.repeated && next < self.offset);
        if is_news {
            if !self.repeated {
                // Twice as long as this one took; of one sent twice it is not known which copy was answered.
                self.patience = (2 * (self.waited + 1)).clamp(PATIENCE.0, PATIENCE.1);
            }
            (self.offset, self.waited, self.repeated) = (next, 0, false);
        }
        is_news
    }

    /// Whether the follower has answered of late.
    pub(super) const fn is_under_way(&self) -> bool {
        self.silent < GIVEN_UP
    }
}

/// What a leader knows about one follower's log (figure 2: nextIndex and matchIndex).
///
/// Invariants:
/// - `matched < next`.
/// - `matched` never goes down.
/// - Outside mode [`Mode::Replicate`] `window` is empty, and in it has what was sent of `matched` to `next`.
/// - In mode [`Mode::Snapshot`], `next` is where the leader's log began when it was last looked at.
#[derive(Debug)]
pub(super) struct Progress {
    matched: Index,
    next: Index,
    mode: Mode,
    last_heard: Option<LocalTime>,
    /// Whether a reply without news has brought something since the last heartbeat.
    nudged: bool,
    /// Whether a reply has come since the last heartbeat, where a snapshot is being sent.
    heard: bool,
    /// In mode [`Mode::Snapshot`] what is being sent; else what was.
    transfer: Transfer,
    /// What is in flight, if that is kept.
    window: Window,
}

impl Progress {
    /// What a new leader assumes: nothing known, and the logs likely equal up to its `last` entry.
    pub(super) fn new(last: Index) -> Self {
        Self {
            matched: Index::ZERO,
            next: last.next(),
            mode: Mode::Probe,
            last_heard: None,
            nudged: false,
            heard: false,
            transfer: Transfer::of(Index::ZERO),
            window: Window::default(),
        }
    }

    /// The same in a later term. The room of the window is kept.
    pub(super) fn start_anew(&mut self, last: Index) {
        self.window.clear();
        let window = std::mem::take(&mut self.window);
        *self = Self { window, ..Self::new(last) };
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
        self.heard = true;
    }

    /// Entries up to `last` are on their way: once the logs are known to agree, more may follow without an answer.
    #[inline]
    pub(super) fn sent(
        &mut self,
        last: Index,
        limits: &Limits,
        now: LocalTime,
        bytes: impl FnOnce(Index, Index) -> usize,
    ) {
        if self.mode == Mode::Replicate {
            if limits.tracks() && last >= self.next {
                self.window.sent((self.next, last), bytes(self.next.previous(), last), now);
            }
            self.next = last.next();
            self.check();
        }
    }

    /// The follower's log agrees up to `matched`. Returns whether that is a reason to send more.
    ///
    /// News is; a reply that says nothing new is no more than once a heartbeat, and only if what comes next was not sent
    /// yet or was a probe. Where replies are duplicated, each copy would else bring another batch, each of these more
    /// replies, and so on without bound.
    #[inline(always)]
    pub(super) fn accepted(&mut self, matched: Index, now: LocalTime) -> bool {
        if self.mode == Mode::Snapshot && matched.next() < self.next {
            return false; // What comes after it is cut off.
        }
        let is_news = matched > self.matched;
        let answers_probe = matched == self.matched && matched.next() == self.next && !self.nudged;
        if is_news {
            self.matched = matched;
            self.window.free(matched, now);
        } else if answers_probe {
            self.nudged = true;
        } else {
            return false;
        }
        let agreed = matched.next();
        self.next = if self.mode == Mode::Replicate { self.next.max(agreed) } else { agreed };
        self.mode = Mode::Replicate;
        self.check();
        true
    }

    /// What is in flight.
    #[inline]
    pub(super) const fn window(&self) -> &Window {
        &self.window
    }

    /// What is in flight.
    pub(super) const fn window_mut(&mut self) -> &mut Window {
        &mut self.window
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
            Mode::Snapshot => false,
        }
    }

    /// Goes back to probing: the logs agree at `agreed` at the latest.
    pub(super) fn probe_after(&mut self, agreed: Index) {
        self.next = agreed.max(self.matched).next();
        self.mode = Mode::Probe;
        self.window.clear();
        self.check();
    }

    /// What it lacks is cut off: it gets this snapshot, from the beginning. `base` is the last entry cut off.
    pub(super) fn begin_transfer(&mut self, index: Index, base: Index) {
        self.mode = Mode::Snapshot;
        self.window.clear();
        self.transfer = Transfer::of(index);
        self.heard = true;
        self.wait_at(base);
    }

    /// The leader's log begins after `base` by now: if the follower's log agrees there, it needs no snapshot any more.
    fn wait_at(&mut self, base: Index) {
        self.next = base.max(self.matched).next();
        self.check();
    }

    /// A heartbeat has passed while a snapshot is being sent. Whether its chunk is to be sent again.
    pub(super) fn tend_transfer(&mut self, base: Index) -> bool {
        self.wait_at(base);
        let heard = std::mem::take(&mut self.heard);
        self.transfer_mut().heartbeat(heard)
    }

    /// It has its snapshot: entries can be sent again.
    pub(super) fn end_transfer(&mut self) {
        self.probe_after(self.matched);
    }

    /// The snapshot that is being sent to it, if one is.
    #[inline]
    pub(super) fn transfer(&self) -> Option<&Transfer> {
        (self.mode == Mode::Snapshot).then_some(&self.transfer)
    }

    /// The snapshot that is being sent to it.
    ///
    /// # Panics
    /// If none is.
    pub(super) fn transfer_mut(&mut self) -> &mut Transfer {
        assert_eq!(self.mode, Mode::Snapshot, "a snapshot is being sent");
        &mut self.transfer
    }

    #[inline]
    fn check(&self) {
        assert!(self.matched < self.next, "what is known to agree need not be sent");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::replica::Flow;

    fn accepted(progress: &mut Progress, matched: Index) -> bool {
        progress.accepted(matched, LocalTime::ZERO)
    }

    fn sent(progress: &mut Progress, last: Index) {
        progress.sent(last, &Limits::of(&Flow::default()), LocalTime::ZERO, |_, _| 0);
    }

    #[test]
    fn peers_have_places_and_strangers_have_none() {
        let peers = Peers::new([NodeId(7), NodeId(2), NodeId(3), NodeId(2)], NodeId(3));
        assert_eq!(peers.ids(), [NodeId(2), NodeId(7)]);
        assert_eq!(peers.place(NodeId(7)), Some(1));
        for stranger in [0, 1, 3, 8, u32::MAX] {
            assert_eq!(peers.place(NodeId(stranger)), None, "{stranger}");
        }
    }

    #[test]
    fn a_late_acceptance_moves_nothing_back() {
        let mut progress = Progress::new(Index(5));
        assert!(accepted(&mut progress, Index(5)));
        sent(&mut progress, Index(9));
        assert!(!accepted(&mut progress, Index(3)), "overtaken by a later one");
        assert_eq!((progress.matched, progress.next()), (Index(5), Index(10)));
    }

    #[test]
    fn a_refusal_counts_once() {
        let mut progress = Progress::new(Index(9));
        assert!(progress.refusal_is_current(Index(9)));
        progress.probe_after(Index(4));
        assert!(!progress.refusal_is_current(Index(9)), "answered already");
        accepted(&mut progress, Index(4));
        sent(&mut progress, Index(12));
        assert!(progress.refusal_is_current(Index(8)), "a pipelined append got lost");
        assert!(!progress.refusal_is_current(Index(4)), "known to agree");
        assert!(!progress.refusal_is_current(Index(13)), "never asked");
        progress.probe_after(Index(2));
        assert_eq!(progress.next(), Index(5), "never behind what is known to agree");
    }

    #[test]
    fn probing_sends_the_same_until_it_is_answered() {
        let mut progress = Progress::new(Index(9));
        sent(&mut progress, Index(10));
        assert_eq!(progress.next(), Index(10));
        accepted(&mut progress, Index(10));
        assert_eq!((progress.mode(), progress.next()), (Mode::Replicate, Index(11)));
    }

    #[test]
    fn a_reply_without_news_brings_something_once_a_heartbeat() {
        let mut progress = Progress::new(Index(9));
        progress.probe_after(Index(0));
        assert!(
            accepted(&mut progress, Index(0)),
            "the probe is answered: the logs agree before the first entry"
        );
        sent(&mut progress, Index(3));
        assert!(!accepted(&mut progress, Index(0)), "a copy of that answer");
        progress.probe_after(Index(0));
        assert!(!accepted(&mut progress, Index(0)), "and another");
        progress.heartbeat();
        assert!(accepted(&mut progress, Index(0)));
        assert!(accepted(&mut progress, Index(3)), "news always is");
    }

    #[test]
    fn a_chunk_without_answer_is_sent_again_ever_later() {
        let mut transfer = Transfer::of(Index(9));
        let sent: Vec<u32> = (1..=70).filter(|_| transfer.heartbeat(true)).collect();
        assert_eq!(sent, [2, 6, 14, 30, 62]);
        assert!(transfer.answered(100));
        assert!(transfer.is_under_way());
    }

    #[test]
    fn a_slow_link_teaches_patience() {
        let mut transfer = Transfer::of(Index(9));
        transfer.heartbeat(true);
        assert!(transfer.answered(100), "within the second heartbeat");
        assert_eq!((1..=9).find(|_| transfer.heartbeat(true)), Some(4));
        assert!(transfer.answered(200));
        assert_eq!(
            (1..=9).find(|_| transfer.heartbeat(true)),
            Some(8),
            "which copy was answered is not known"
        );
    }

    #[test]
    fn who_answers_nothing_gets_nothing_until_it_is_back() {
        let mut transfer = Transfer::of(Index(9));
        assert!((0..GIVEN_UP).all(|_| transfer.is_under_way() && !transfer.heartbeat(false)));
        assert!(!transfer.is_under_way());
        assert!(transfer.heartbeat(true), "at once");
        assert!(transfer.is_under_way());
    }

    #[test]
    fn late_answers_move_no_transfer_back_but_lost_bytes_do() {
        let mut transfer = Transfer::of(Index(9));
        assert!(transfer.answered(100) && transfer.answered(200));
        assert!(!transfer.answered(100), "late");
        assert!(!transfer.answered(200), "a copy");
        while !transfer.heartbeat(true) {}
        assert!(transfer.answered(0), "it was asked again, and has nothing");
        assert_eq!(transfer.offset, 0);
    }
}
