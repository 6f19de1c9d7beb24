//! What was sent in a session and is not acknowledged, and when it is sent again: as TCP does.
//!
//! The other end says up to where it has everything. If the first frame beyond that is overdue it is lost, and sent again; each time
//! that happens to the same one the timeout doubles. What waits for the disk is not on its way, and its time does not run.

use super::inbox::Receipt;
use super::round_trip::RoundTrip;
use crate::ids::WriteId;
use crate::time::{Duration, LocalTime};
use std::collections::VecDeque;

/// How many frames may be unacknowledged.
pub(super) const ROOM: usize = 4_096;

/// How many timeouts a frame has at least before the session ends.
const ATTEMPTS: u64 = 4;

/// A frame that was sent.
#[derive(Debug)]
struct Frame {
    kind: u8,
    payload: Box<[u8]>,
    /// The write before which it does not leave.
    after: Option<WriteId>,
    /// Since when it has been on its way; no matter as long as it is not.
    since: LocalTime,
}

/// The frames of a session that are not acknowledged, the first one first.
///
/// Invariant: the first `left` are on their way; those after them wait for the disk.
#[derive(Debug)]
pub(super) struct Outbox {
    frames: VecDeque<Frame>,
    left: usize,
    acknowledged: u64,
    /// When the first one was sent again for the last time.
    resent: Option<LocalTime>,
    /// How often the timeout has doubled for it.
    doublings: u32,
    is_overfull: bool,
    round_trip: RoundTrip,
    patience: Duration,
}

impl Outbox {
    /// An empty one, of a link whose frames may be unacknowledged for so long.
    pub(super) fn new(patience: Duration) -> Self {
        Self {
            frames: VecDeque::new(),
            left: 0,
            acknowledged: 0,
            resent: None,
            doublings: 0,
            is_overfull: false,
            round_trip: RoundTrip::default(),
            patience,
        }
    }

    /// Begins a session. The network is still the same.
    pub(super) fn begin(&mut self) {
        let round_trip = std::mem::take(&mut self.round_trip);
        *self = Self { round_trip, ..Self::new(self.patience) };
    }

    /// The number of the next frame. None if there is no room for it: then the session is over, and nothing of it may follow.
    pub(super) fn next(&mut self) -> Option<u64> {
        self.is_overfull |= self.frames.len() == ROOM;
        (!self.is_overfull).then(|| self.acknowledged + self.frames.len() as u64 + 1)
    }

    /// Keeps the next frame, which leaves after this write.
    pub(super) fn keep(&mut self, kind: u8, payload: &[u8], after: Option<WriteId>) {
        self.frames.push_back(Frame { kind, payload: payload.into(), after, since: LocalTime::default() });
    }

    /// What waited for no more than these writes is on its way now.
    pub(super) fn leave(&mut self, durable: WriteId, now: LocalTime) {
        for frame in self.frames.range_mut(self.left..) {
            if frame.after.is_some_and(|after| after > durable) {
                break;
            }
            frame.since = now;
            self.left += 1;
        }
    }

    /// The other end has told what it has.
    pub(super) fn acknowledge(&mut self, receipt: Receipt, now: LocalTime) {
        let news = receipt.upto.saturating_sub(self.acknowledged).min(self.left as u64);
        if news == 0 {
            return;
        }
        self.frames.drain(..news as usize);
        self.acknowledged += news;
        self.left -= news as usize;
        self.resent = None;
        self.doublings = 0;
        self.round_trip.note(now.since(receipt.sent).min(self.patience));
    }

    /// When the first frame is sent again; none if nothing is on its way.
    pub(super) fn due(&self) -> Option<LocalTime> {
        self.first_left().map(|since| self.resent.unwrap_or(since) + self.timeout())
    }

    /// Since when the first frame has been on its way, if it is.
    fn first_left(&self) -> Option<LocalTime> {
        self.frames.front().filter(|_| self.left > 0).map(|first| first.since)
    }

    /// After how long a frame is sent again for the first time. As long as nothing is measured, the patience.
    fn usual_timeout(&self) -> Duration {
        self.round_trip.timeout().map_or(self.patience, |timeout| timeout.min(self.patience))
    }

    /// After how long the first frame is sent again. However often that was in vain, a quarter of the patience is enough.
    fn timeout(&self) -> Duration {
        let usual = self.usual_timeout();
        let most = usual.max(Duration::from_nanos(self.patience.nanos() / ATTEMPTS));
        usual.saturating_mul(1 << self.doublings.min(16)).min(most)
    }

    /// The number of the first frame, if that has to be sent again now.
    pub(super) fn resend(&mut self, now: LocalTime) -> Option<u64> {
        self.due().filter(|due| *due <= now)?;
        self.resent = Some(now);
        self.doublings += 1;
        Some(self.acknowledged + 1)
    }

    /// The kind and payload of the first frame.
    pub(super) fn first(&self) -> Option<(u8, &[u8])> {
        self.frames.front().map(|first| (first.kind, &*first.payload))
    }

    /// Whether the session is over: a frame has been unacknowledged for the patience and some timeouts, or there was no room for
    /// one.
    pub(super) fn is_given_up(&self, now: LocalTime) -> bool {
        let most = self.patience.max(self.usual_timeout().saturating_mul(ATTEMPTS));
        self.is_overfull || self.first_left().is_some_and(|since| now.since(since) >= most)
    }
}

#[cfg(test)]
impl Outbox {
    pub(super) fn note_round_trip(&mut self, took: Duration) {
        self.round_trip.note(took);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_millis(400);

    fn at(millis: u64) -> LocalTime {
        LocalTime::from_nanos(millis * 1_000_000)
    }

    fn receipt(upto: u64, sent: u64) -> Receipt {
        Receipt { upto, sent: at(sent) }
    }

    /// With so many frames that have left at time 0, over a link on which an answer takes 4 ms.
    fn sent(frames: u8) -> Outbox {
        let mut outbox = Outbox::new(PATIENCE);
        outbox.note_round_trip(Duration::from_millis(4));
        for number in 1..=frames {
            assert_eq!(outbox.next(), Some(u64::from(number)));
            outbox.keep(number, &[number], None);
        }
        outbox.leave(WriteId::ZERO, at(0));
        outbox
    }

    /// When the first frame is sent again, as long as nothing is acknowledged.
    fn resent(outbox: &mut Outbox, until: u64) -> Vec<u64> {
        (0..until).filter(|millis| outbox.resend(at(*millis)).is_some()).collect()
    }

    #[test]
    fn the_first_frame_is_sent_again_and_the_next_when_it_has_arrived() {
        let mut outbox = sent(3);
        assert_eq!((outbox.due(), outbox.resend(at(11))), (Some(at(12)), None));
        assert_eq!((outbox.resend(at(12)), outbox.first()), (Some(1), Some((1, &[1][..]))));
        assert_eq!((outbox.due(), outbox.resend(at(12))), (Some(at(36)), None));
        // The second was lost as well: it is overdue at once. The third was not.
        outbox.acknowledge(receipt(1, 12), at(16));
        assert_eq!((outbox.resend(at(16)), outbox.first()), (Some(2), Some((2, &[2][..]))));
        outbox.acknowledge(receipt(3, 16), at(20));
        assert_eq!((outbox.due(), outbox.resend(at(1_000))), (None, None));
        assert_eq!(outbox.next(), Some(4));
    }

    #[test]
    fn the_timeout_doubles_with_each_time_that_a_frame_is_sent_again() {
        let mut outbox = sent(1);
        // 12 ms, 24, 48, 96, and then a quarter of the patience.
        assert_eq!(resent(&mut outbox, 400), [12, 36, 84, 180, 280, 380]);
        outbox.acknowledge(receipt(1, 380), at(384));
        outbox.keep(2, &[2], None);
        outbox.leave(WriteId::ZERO, at(400));
        assert_eq!(outbox.due(), Some(at(410)));
    }

    #[test]
    fn what_is_sent_again_in_vain_tells_that_answers_take_longer_now() {
        let mut outbox = sent(1);
        assert!(outbox.resend(at(12)).is_some());
        outbox.acknowledge(receipt(1, 0), at(40));
        outbox.keep(2, &[2], None);
        outbox.leave(WriteId::ZERO, at(40));
        assert!(outbox.due() > Some(at(80)), "{:?}", outbox.due());
    }

    #[test]
    fn an_acknowledgement_that_is_lost_or_late_does_no_harm() {
        let mut outbox = sent(3);
        outbox.acknowledge(receipt(2, 1), at(5));
        outbox.acknowledge(receipt(1, 0), at(6));
        outbox.acknowledge(receipt(2, 1), at(7));
        assert_eq!(outbox.next(), Some(4));
        // What is acknowledged but was not sent nobody can have received.
        outbox.acknowledge(receipt(9, 7), at(8));
        assert_eq!((outbox.next(), outbox.due()), (Some(4), None));
    }

    #[test]
    fn what_waits_for_the_disk_is_not_lost() {
        let mut outbox = Outbox::new(PATIENCE);
        outbox.keep(1, &[1], Some(WriteId(1)));
        outbox.keep(2, &[2], Some(WriteId(2)));
        outbox.leave(WriteId::ZERO, at(0));
        assert_eq!((outbox.due(), outbox.is_given_up(at(9_000))), (None, false));
        outbox.leave(WriteId(1), at(9_000));
        assert_eq!(outbox.due(), Some(at(9_400)));
        outbox.leave(WriteId(2), at(9_010));
        assert_eq!(outbox.due(), Some(at(9_400)));
        outbox.acknowledge(receipt(1, 9_000), at(9_020));
        assert_eq!((outbox.due(), outbox.is_given_up(at(9_409))), (Some(at(9_070)), false));
        assert!(outbox.is_given_up(at(9_410)));
    }

    #[test]
    fn a_session_ends_with_what_nobody_acknowledges() {
        let mut outbox = sent(2);
        assert!(!outbox.is_given_up(at(399)) && outbox.is_given_up(at(400)));
        outbox.begin();
        assert_eq!((outbox.is_given_up(at(400)), outbox.due(), outbox.next()), (false, None, Some(1)));
    }

    #[test]
    fn where_answers_take_long_or_nobody_knows_how_long_there_is_more_patience() {
        let mut outbox = Outbox::new(PATIENCE);
        outbox.keep(1, &[1], None);
        outbox.leave(WriteId::ZERO, at(0));
        assert_eq!(resent(&mut outbox, 1_600), [400, 800, 1_200]);
        assert!(!outbox.is_given_up(at(1_599)) && outbox.is_given_up(at(1_600)));
        outbox.note_round_trip(Duration::from_millis(50));
        assert!(!outbox.is_given_up(at(599)) && outbox.is_given_up(at(600)));
    }

    #[test]
    fn what_finds_no_room_ends_the_session_even_if_there_is_some_again() {
        let mut outbox = Outbox::new(PATIENCE);
        for _ in 0..ROOM {
            assert!(outbox.next().is_some());
            outbox.keep(0, &[], None);
        }
        outbox.leave(WriteId::ZERO, at(0));
        assert!(!outbox.is_given_up(at(0)));
        assert_eq!(outbox.next(), None);
        outbox.acknowledge(receipt(ROOM as u64, 0), at(1));
        assert_eq!((outbox.next(), outbox.is_given_up(at(1))), (None, true));
        outbox.begin();
        assert_eq!((outbox.next(), outbox.is_given_up(at(1))), (Some(1), false));
    }
}
