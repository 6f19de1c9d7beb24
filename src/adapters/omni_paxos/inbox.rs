//! What has come in a session: handed on in order, once each, and acknowledged, as TCP does.
//!
//! What comes early waits for what is before it. Up to where all has come every frame tells that goes back; if none does for a while,
//! a frame of its own. What shows that something was lost, or sent again in vain, is answered at once.

use super::links::Mark;
use super::outbox::ROOM;
use super::parts::Incoming;
use crate::ids::WriteId;
use crate::time::{Duration, LocalTime};
use std::collections::BTreeMap;

/// The place of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// It is the next one.
    Next,
    /// Others come first: it waits.
    Early,
    /// It has been here.
    Past,
}

/// What an end tells of the frames that it has received.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Receipt {
    /// Up to which one all have come.
    pub(super) upto: u64,
    /// When the first one was sent that was not told of before, by the clock of its sender, which so sees how long that took
    /// (RFC 7323).
    pub(super) sent: LocalTime,
}

/// The frames that have come.
#[derive(Debug)]
pub(super) struct Inbox {
    receipt: Receipt,
    early: BTreeMap<u64, (u8, Box<[u8]>)>,
    /// What has come of a message whose end has not.
    pub(super) incoming: Incoming,
    /// When the other end has to be told; none if it knows.
    due: Option<LocalTime>,
    /// A frame that tells of this waits for this write.
    telling: Option<(WriteId, Receipt)>,
    /// For how long an acknowledgement may wait for a frame that goes back.
    delay: Duration,
}

impl Inbox {
    /// An empty one, of which the other end is told after so long.
    pub(super) fn new(delay: Duration) -> Self {
        Self {
            receipt: Receipt::default(),
            early: BTreeMap::new(),
            incoming: Incoming::default(),
            due: None,
            telling: None,
            delay,
        }
    }

    /// Begins a session.
    pub(super) fn begin(&mut self) {
        *self = Self::new(self.delay);
    }

    /// A frame has come.
    pub(super) fn turn(&mut self, mark: &Mark, now: LocalTime) -> Turn {
        if mark.number != self.receipt.upto + 1 {
            self.due = Some(now);
            return if mark.number <= self.receipt.upto { Turn::Past } else { Turn::Early };
        }
        let sent = if self.due.is_none() { mark.at } else { self.receipt.sent };
        self.receipt = Receipt { upto: mark.number, sent };
        let fills_a_gap = !self.early.is_empty();
        let due = if fills_a_gap { now } else { now + self.delay };
        self.due = Some(self.due.map_or(due, |before| before.min(due)));
        Turn::Next
    }

    /// Lets a frame wait for those before it.
    pub(super) fn keep(&mut self, number: u64, kind: u8, payload: &[u8]) {
        if number - self.receipt.upto <= ROOM as u64 {
            self.early.entry(number).or_insert_with(|| (kind, payload.into()));
        }
    }

    /// The frame that is next, if it has waited.
    pub(super) fn take(&mut self) -> Option<(u8, Box<[u8]>)> {
        let first = self.early.first_entry().filter(|first| *first.key() == self.receipt.upto + 1)?;
        self.receipt.upto += 1;
        Some(first.remove())
    }

    /// What a frame tells that goes back after this write.
    pub(super) fn tell(&mut self, after: Option<WriteId>) -> Receipt {
        match after {
            Some(after) => self.telling = Some((after, self.receipt)),
            None => self.due = None,
        }
        self.receipt
    }

    /// What waited for no more than these writes has left.
    pub(super) fn leave(&mut self, durable: WriteId) {
        if let Some((_, told)) = self.telling.take_if(|(after, _)| *after <= durable)
            && told == self.receipt
        {
            self.due = None;
        }
    }

    /// When the other end has to be told, if it does not know.
    pub(super) fn due(&self) -> Option<LocalTime> {
        self.due
    }
}

#[cfg(test)]
mod tests {
    use super::super::parts::Part;
    use super::*;

    fn at(millis: u64) -> LocalTime {
        LocalTime::from_nanos(millis * 1_000_000)
    }

    fn mark(number: u64, millis: u64) -> Mark {
        Mark { life: 1, meant_for: 2, session: 0, number, at: at(millis), receipt: Receipt::default() }
    }

    fn inbox() -> Inbox {
        Inbox::new(Duration::from_millis(10))
    }

    #[test]
    fn frames_are_handed_on_in_order_and_once() {
        let mut inbox = inbox();
        assert_eq!(
            (inbox.turn(&mark(3, 0), at(0)), inbox.turn(&mark(1, 0), at(0))),
            (Turn::Early, Turn::Next)
        );
        inbox.keep(3, 7, b"third");
        assert_eq!((inbox.take(), inbox.turn(&mark(1, 1), at(1))), (None, Turn::Past));
        assert_eq!(
            (inbox.turn(&mark(2, 1), at(1)), inbox.take()),
            (Turn::Next, Some((7, b"third"[..].into())))
        );
        assert_eq!(
            (inbox.take(), inbox.turn(&mark(3, 1), at(1)), inbox.tell(None).upto),
            (None, Turn::Past, 3)
        );
    }

    #[test]
    fn what_comes_much_too_early_is_not_kept() {
        let mut inbox = inbox();
        inbox.keep(ROOM as u64 + 1, 7, b"");
        assert!(inbox.early.is_empty());
        inbox.keep(ROOM as u64, 7, b"");
        assert_eq!(inbox.early.len(), 1);
    }

    #[test]
    fn an_acknowledgement_waits_for_a_frame_that_takes_it_along() {
        let mut inbox = inbox();
        assert_eq!(inbox.due(), None);
        inbox.turn(&mark(1, 5), at(5));
        inbox.turn(&mark(2, 8), at(8));
        assert_eq!(inbox.due(), Some(at(15)));
        assert_eq!((inbox.tell(None).upto, inbox.due()), (2, None));
    }

    #[test]
    fn one_that_waits_for_the_disk_tells_when_it_leaves_unless_more_has_come() {
        let mut inbox = inbox();
        inbox.turn(&mark(1, 5), at(5));
        inbox.tell(Some(WriteId(3)));
        inbox.leave(WriteId(2));
        assert_eq!(inbox.due(), Some(at(15)));
        inbox.leave(WriteId(3));
        assert_eq!(inbox.due(), None);
        inbox.turn(&mark(2, 20), at(20));
        inbox.tell(Some(WriteId(4)));
        inbox.turn(&mark(3, 21), at(21));
        inbox.leave(WriteId(4));
        assert_eq!(inbox.due(), Some(at(30)));
    }

    #[test]
    fn the_sender_is_told_when_it_sent_what_has_waited_for_longest() {
        let mut inbox = inbox();
        inbox.turn(&mark(1, 3), at(5));
        inbox.turn(&mark(2, 4), at(6));
        assert_eq!(inbox.tell(None), Receipt { upto: 2, sent: at(3) });
        // The fourth comes early, which is told; then it is the third that brings news.
        inbox.turn(&mark(4, 7), at(9));
        inbox.keep(4, 7, b"");
        assert_eq!(inbox.tell(None), Receipt { upto: 2, sent: at(3) });
        inbox.turn(&mark(3, 20), at(22));
        inbox.take();
        assert_eq!(inbox.tell(None), Receipt { upto: 4, sent: at(20) });
    }

    #[test]
    fn what_is_out_of_order_is_answered_at_once() {
        let mut inbox = inbox();
        inbox.turn(&mark(1, 0), at(0));
        inbox.turn(&mark(3, 1), at(1));
        inbox.keep(3, 7, b"");
        assert_eq!(inbox.due(), Some(at(1)));
        inbox.tell(None);
        inbox.turn(&mark(2, 2), at(2));
        inbox.take();
        assert_eq!((inbox.due(), inbox.tell(None).upto), (Some(at(2)), 3));
        inbox.turn(&mark(3, 4), at(4));
        assert_eq!(inbox.due(), Some(at(4)));
        inbox.begin();
        assert_eq!((inbox.due(), inbox.tell(None).upto), (None, 0));
    }

    #[test]
    fn what_is_half_put_together_ends_with_its_session() {
        let mut inbox = inbox();
        let (first, last) = (Part { continues: false, more: true }, Part { continues: true, more: false });
        assert_eq!(inbox.incoming.take(first, b"a"), None);
        inbox.begin();
        assert_eq!(inbox.incoming.take(last, b"b"), None);
    }
}
