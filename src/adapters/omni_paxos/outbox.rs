//! What was sent in a session and is not acknowledged, and when it is sent again: as TCP does.
//!
//! No more is on its way than the line takes; the rest waits, so that a long message does not fill it for minutes. The other end says
//! up to where it has everything. If the first frame beyond that is overdue it is lost, and sent again; each time that happens to
//! the same one the timeout doubles. What waits for the disk is not on its way, and its time does not run. As long as the other end
//! tells of more, however slowly, the session goes on.

use super::inbox::Receipt;
use super::parts::Part;
use super::round_trip::RoundTrip;
use super::window::Window;
use super::wire::HEAD;
use crate::ids::{Term, WriteId};
use crate::time::{Duration, LocalTime};
use std::collections::VecDeque;

/// How many frames may be unacknowledged.
pub(super) const ROOM: usize = 4_096;

/// How many timeouts a frame has at least before the session ends.
const ATTEMPTS: u64 = 4;

/// A frame of a session, all but its mark.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) kind: u8,
    pub(super) part: Part,
    /// That of its sender's ballot.
    pub(super) term: Term,
    pub(super) message: Box<[u8]>,
    /// The write before which it does not leave.
    pub(super) after: Option<WriteId>,
}

impl Frame {
    fn bytes(&self) -> usize {
        HEAD + self.message.len()
    }
}

/// The frames of a session that are not acknowledged, the first one first.
///
/// Invariant: those of which `since` tells the time are on their way; those after them, up to `sent` in all, wait for the disk, and
/// the rest for room in the window.
#[derive(Debug)]
pub(super) struct Outbox {
    frames: VecDeque<Frame>,
    since: VecDeque<LocalTime>,
    sent: usize,
    /// How many bytes those are.
    sent_bytes: usize,
    acknowledged: u64,
    /// When the other end last told of more than before.
    progressed: LocalTime,
    /// When the first one was sent again for the last time.
    resent: Option<LocalTime>,
    /// Whether the last one that was sent again was lost indeed: so may those be that were sent with it.
    is_recovering: bool,
    /// How often the timeout has doubled for it.
    doublings: u32,
    is_overfull: bool,
    round_trip: RoundTrip,
    window: Window,
    patience: Duration,
}

impl Outbox {
    /// An empty one, of a link whose frames may be unacknowledged for so long.
    pub(super) fn new(patience: Duration) -> Self {
        Self {
            frames: VecDeque::new(),
            since: VecDeque::new(),
            sent: 0,
            sent_bytes: 0,
            acknowledged: 0,
            progressed: LocalTime::default(),
            resent: None,
            is_recovering: false,
            doublings: 0,
            is_overfull: false,
            round_trip: RoundTrip::default(),
            window: Window::new(patience),
            patience,
        }
    }

    /// Begins a session. The network is still the same.
    pub(super) fn begin(&mut self) {
        let round_trip = std::mem::take(&mut self.round_trip);
        *self = Self { round_trip, ..Self::new(self.patience) };
    }

    /// Keeps the next frame. If there is no room for it the session is over, and nothing of it may follow.
    pub(super) fn keep(&mut self, frame: Frame) {
        self.is_overfull |= self.frames.len() == ROOM;
        if !self.is_overfull {
            self.frames.push_back(frame);
        }
    }

    /// The number of the next frame that was not sent, if there is room in the window for one.
    pub(super) fn send(&mut self) -> Option<u64> {
        let next = self.frames.get(self.sent).filter(|_| self.window.has_room(self.sent_bytes))?;
        self.sent_bytes += next.bytes();
        self.sent += 1;
        Some(self.acknowledged + self.sent as u64)
    }

    /// The frame of this number, which is not acknowledged.
    pub(super) fn frame(&self, number: u64) -> &Frame {
        &self.frames[(number - self.acknowledged) as usize - 1]
    }

    /// What waited for no more than these writes is on its way now.
    pub(super) fn leave(&mut self, durable: WriteId, now: LocalTime) {
        let waiting = self.frames.range(self.since.len()..self.sent);
        let left = waiting.take_while(|frame| frame.after.is_none_or(|after| after <= durable)).count();
        self.since.extend(std::iter::repeat_n(now, left));
    }

    /// The other end has told what it has.
    pub(super) fn acknowledge(&mut self, receipt: Receipt, now: LocalTime) {
        let news = receipt.upto.saturating_sub(self.acknowledged).min(self.since.len() as u64);
        if news == 0 {
            return;
        }
        let was_full = !self.window.has_room(self.sent_bytes);
        let bytes: usize = self.frames.drain(..news as usize).map(|frame| frame.bytes()).sum();
        self.sent_bytes -= bytes;
        self.since.drain(..news as usize);
        self.sent -= news as usize;
        self.acknowledged += news;
        self.progressed = now;
        // Or was it late? Then what told of it was sent before (RFC 3522).
        self.is_recovering = self.resent.take().is_some_and(|resent| receipt.sent >= resent);
        self.doublings = 0;
        let took = now.since(receipt.sent);
        self.window.note(bytes, was_full, took);
        self.round_trip.note(took.min(self.patience));
    }

    /// When the first frame is sent again; none if nothing is on its way. Its time runs from its last sending or from the last
    /// news, whichever is later (RFC 6298, 5.3), but in recovery: then it is most likely lost, too (RFC 6582).
    pub(super) fn due(&self) -> Option<LocalTime> {
        let since = *self.since.front()?;
        let from = if self.is_recovering { since } else { since.max(self.progressed) };
        Some(self.resent.unwrap_or(from) + self.timeout())
    }

    /// After how long a frame is sent again for the first time. As long as nothing is measured, the patience.
    fn usual_timeout(&self) -> Duration {
        self.round_trip.timeout().unwrap_or(self.patience)
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

    /// Whether the session is over: for the patience and some timeouts there was something on its way and nothing acknowledged, or
    /// there was no room for a frame.
    pub(super) fn is_given_up(&self, now: LocalTime) -> bool {
        let most = self.patience.max(self.usual_timeout().saturating_mul(ATTEMPTS));
        let in_vain = self.since.front().map(|since| now.since(*since.max(&self.progressed)));
        self.is_overfull || in_vain.is_some_and(|in_vain| in_vain >= most)
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

    fn frame(kind: u8, bytes: usize, after: Option<WriteId>) -> Frame {
        Frame { kind, part: Part::WHOLE, term: Term::ZERO, message: vec![0; bytes].into(), after }
    }

    /// Sends whatever there is room for. The numbers of that.
    fn send(outbox: &mut Outbox, now: u64) -> Vec<u64> {
        let numbers = std::iter::from_fn(|| outbox.send()).collect();
        outbox.leave(WriteId::ZERO, at(now));
        numbers
    }

    /// With so many frames that have left at time 0, over a link on which an answer takes 4 ms.
    fn sent(frames: u8) -> Outbox {
        let mut outbox = Outbox::new(PATIENCE);
        outbox.note_round_trip(Duration::from_millis(4));
        (1..=frames).for_each(|kind| outbox.keep(frame(kind, 1, None)));
        assert_eq!(send(&mut outbox, 0), (1..=u64::from(frames)).collect::<Vec<_>>());
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
        assert_eq!((outbox.resend(at(12)), outbox.frame(1).kind), (Some(1), 1));
        assert_eq!((outbox.due(), outbox.resend(at(12))), (Some(at(36)), None));
        // The second was lost as well: it is overdue at once. The third was not.
        outbox.acknowledge(receipt(1, 12), at(16));
        assert_eq!((outbox.resend(at(16)), outbox.frame(2).kind), (Some(2), 2));
        outbox.acknowledge(receipt(3, 16), at(20));
        assert_eq!((outbox.due(), outbox.resend(at(1_000))), (None, None));
    }

    #[test]
    fn what_arrives_slowly_but_does_is_not_sent_again() {
        let mut outbox = sent(3);
        for (number, millis) in [(1, 10), (2, 20), (3, 30)] {
            assert!(outbox.due() > Some(at(millis)), "{:?}", outbox.due());
            outbox.acknowledge(receipt(number, 0), at(millis));
        }
        // One that was sent again in vain does not make those after it overdue.
        let mut outbox = sent(3);
        assert_eq!(outbox.resend(at(12)), Some(1));
        outbox.acknowledge(receipt(1, 0), at(14));
        assert!(outbox.due() > Some(at(26)), "{:?}", outbox.due());
    }

    #[test]
    fn what_has_no_room_in_the_window_waits_for_news() {
        let mut outbox = Outbox::new(PATIENCE);
        (1..=5).for_each(|kind| outbox.keep(frame(kind, (1 << 13) - HEAD, None)));
        assert_eq!(send(&mut outbox, 0), [1, 2]);
        assert_eq!(send(&mut outbox, 1), [0; 0]);
        outbox.acknowledge(receipt(1, 0), at(4));
        // It was quick: so there is room for one more.
        assert_eq!((send(&mut outbox, 4), outbox.frame(3).kind), (vec![3, 4], 3));
        outbox.acknowledge(receipt(4, 4), at(8));
        assert_eq!(send(&mut outbox, 9), [5]);
        assert_eq!(outbox.since, [at(9)]);
        // One that is longer than the window goes alone.
        let mut outbox = Outbox::new(PATIENCE);
        [1 << 15, 1].into_iter().for_each(|bytes| outbox.keep(frame(0, bytes, None)));
        assert_eq!(send(&mut outbox, 0), [1]);
    }

    #[test]
    fn the_timeout_doubles_with_each_time_that_a_frame_is_sent_again() {
        let mut outbox = sent(1);
        // 12 ms, 24, 48, 96, and then a quarter of the patience.
        assert_eq!(resent(&mut outbox, 400), [12, 36, 84, 180, 280, 380]);
        outbox.acknowledge(receipt(1, 380), at(384));
        outbox.keep(frame(2, 1, None));
        send(&mut outbox, 400);
        assert_eq!(outbox.due(), Some(at(410)));
    }

    #[test]
    fn what_is_sent_again_in_vain_tells_that_answers_take_longer_now() {
        let mut outbox = sent(1);
        assert!(outbox.resend(at(12)).is_some());
        outbox.acknowledge(receipt(1, 0), at(40));
        outbox.keep(frame(2, 1, None));
        send(&mut outbox, 40);
        assert!(outbox.due() > Some(at(80)), "{:?}", outbox.due());
    }

    #[test]
    fn an_acknowledgement_that_is_lost_or_late_does_no_harm() {
        let mut outbox = sent(3);
        outbox.acknowledge(receipt(2, 1), at(5));
        outbox.acknowledge(receipt(1, 0), at(6));
        outbox.acknowledge(receipt(2, 1), at(7));
        assert_eq!((outbox.since.len(), outbox.frame(3).kind), (1, 3));
        // What is acknowledged but was not sent nobody can have received.
        outbox.acknowledge(receipt(9, 7), at(8));
        outbox.keep(frame(4, 1, None));
        assert_eq!(send(&mut outbox, 9), [4]);
    }

    #[test]
    fn what_waits_for_the_disk_is_not_lost() {
        let mut outbox = Outbox::new(PATIENCE);
        outbox.keep(frame(1, 1, Some(WriteId(1))));
        outbox.keep(frame(2, 1, Some(WriteId(2))));
        assert_eq!(send(&mut outbox, 0), [1, 2]);
        assert_eq!((outbox.due(), outbox.is_given_up(at(9_000))), (None, false));
        outbox.leave(WriteId(1), at(9_000));
        assert_eq!(outbox.due(), Some(at(9_400)));
        outbox.leave(WriteId(2), at(9_010));
        assert_eq!(outbox.due(), Some(at(9_400)));
        outbox.acknowledge(receipt(1, 9_000), at(9_020));
        assert_eq!((outbox.due(), outbox.is_given_up(at(9_419))), (Some(at(9_080)), false));
        assert!(outbox.is_given_up(at(9_420)));
    }

    #[test]
    fn a_session_ends_with_what_nobody_acknowledges() {
        let mut outbox = sent(2);
        assert!(!outbox.is_given_up(at(399)) && outbox.is_given_up(at(400)));
        // As long as there is news it goes on.
        outbox.acknowledge(receipt(1, 300), at(304));
        assert!(!outbox.is_given_up(at(703)) && outbox.is_given_up(at(704)));
        outbox.begin();
        assert_eq!((outbox.is_given_up(at(704)), outbox.due()), (false, None));
        outbox.keep(frame(1, 1, None));
        assert_eq!(send(&mut outbox, 704), [1]);
    }

    #[test]
    fn where_answers_take_long_or_nobody_knows_how_long_there_is_more_patience() {
        let mut outbox = Outbox::new(PATIENCE);
        outbox.keep(frame(1, 1, None));
        send(&mut outbox, 0);
        assert_eq!(resent(&mut outbox, 1_600), [400, 800, 1_200]);
        assert!(!outbox.is_given_up(at(1_599)) && outbox.is_given_up(at(1_600)));
        outbox.note_round_trip(Duration::from_millis(50));
        assert!(!outbox.is_given_up(at(599)) && outbox.is_given_up(at(600)));
    }

    #[test]
    fn what_finds_no_room_ends_the_session_even_if_there_is_some_again() {
        let mut outbox = Outbox::new(PATIENCE);
        (0..ROOM).for_each(|_| outbox.keep(frame(0, 0, None)));
        assert!(!send(&mut outbox, 0).is_empty() && !outbox.is_given_up(at(0)));
        outbox.keep(frame(1, 0, None));
        outbox.acknowledge(receipt(1, 0), at(1));
        outbox.keep(frame(2, 0, None));
        assert!(outbox.is_given_up(at(1)) && outbox.frames.len() == ROOM - 1);
        outbox.begin();
        outbox.keep(frame(3, 0, None));
        assert_eq!((send(&mut outbox, 2), outbox.is_given_up(at(2))), (vec![1], false));
    }
}
