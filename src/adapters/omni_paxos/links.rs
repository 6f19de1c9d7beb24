//! Sessions over links that lose, double and overtake frames: what TCP gives to those who use the crate.
//!
//! What the crate sends within a session is numbered; the other end hands it on in that order, once each. A frame that comes
//! early waits for those before it. If they don't come for a while they are lost: then the session is over and another one
//! begins, of the next number, which both ends tell the crate, as it wants to be told of a connection that was lost. So does
//! one when an end has begun a new life. Heartbeats have no place in the order: they bring the number of what was sent
//! before them, so that a loss shows even if nothing follows, and the newest counts.

use crate::time::{Duration, LocalTime};
use std::collections::BTreeMap;

/// How many frames may wait for those before them.
const ROOM: usize = 4_096;

/// What a frame says of the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    /// Which life of its sender it is from: a later one has a higher number.
    pub(super) life: u64,
    /// The session.
    pub(super) session: u32,
    /// Which one of the session it is, from 1 on; of a heartbeat, how many there were before.
    pub(super) number: u64,
}

/// What to do with a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// It is of a session that is over.
    Stale,
    /// It is of the session.
    Same,
    /// With it a new session begins.
    Anew,
    /// Its sender has begun a new life: a new session begins, of which it does not know yet.
    Reborn,
}

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

/// One end of a link.
#[derive(Debug, Default)]
pub(super) struct Link {
    session: u32,
    /// The life of the other end; 0 as long as nothing was heard from it.
    life: u64,
    sent: u64,
    received: u64,
    /// How many frames the other end is known to have sent.
    known: u64,
    /// Since when the next frame is missing.
    missing_since: Option<LocalTime>,
    early: BTreeMap<u64, (u8, Box<[u8]>)>,
    /// The rounds of the last heartbeat that was asked for and answered.
    asked: u32,
    answered: u32,
}

impl Link {
    /// The mark of the next frame in order.
    pub(super) fn next(&mut self, life: u64) -> Mark {
        self.sent += 1;
        self.heartbeat(life)
    }

    /// The mark of a heartbeat.
    pub(super) const fn heartbeat(&self, life: u64) -> Mark {
        Mark { life, session: self.session, number: self.sent }
    }

    /// A frame has come.
    pub(super) fn hear(&mut self, mark: &Mark) -> Heard {
        if (mark.life, mark.session) < (self.life, self.session) {
            return Heard::Stale;
        }
        let was_known = self.life != 0;
        if was_known && mark.life > self.life {
            self.life = mark.life;
            self.begin(self.session.max(mark.session).saturating_add(1));
            return Heard::Reborn;
        }
        self.life = mark.life;
        if mark.session > self.session {
            self.begin(mark.session);
            if was_known {
                return Heard::Anew;
            }
        }
        if mark.session < self.session { Heard::Stale } else { Heard::Same }
    }

    fn begin(&mut self, session: u32) {
        *self = Self { session, life: self.life, answered: self.answered, ..Self::default() };
    }

    /// A frame in order has come, of the session.
    pub(super) fn turn(&mut self, number: u64, now: LocalTime) -> Turn {
        if number <= self.received {
            return Turn::Past;
        }
        self.known = self.known.max(number);
        if number > self.received + 1 {
            self.missing_since.get_or_insert(now);
            return Turn::Early;
        }
        self.received = number;
        self.missing_since = (self.known > self.received).then_some(now);
        Turn::Next
    }

    /// Lets a frame wait for those before it.
    pub(super) fn keep(&mut self, number: u64, kind: u8, payload: &[u8]) {
        if self.early.len() < ROOM {
            self.early.entry(number).or_insert_with(|| (kind, payload.into()));
        }
    }

    /// The frame that is next, if it has waited.
    pub(super) fn take(&mut self, now: LocalTime) -> Option<(u8, Box<[u8]>)> {
        let first = self.early.first_entry().filter(|first| *first.key() == self.received + 1)?;
        let (number, frame) = first.remove_entry();
        self.turn(number, now);
        Some(frame)
    }

    /// Whether a heartbeat is asked for that was not asked for before.
    pub(super) fn is_asked_anew(&mut self, round: u32) -> bool {
        let is_new = round > self.asked;
        self.asked = self.asked.max(round);
        is_new
    }

    /// Whether a heartbeat is answered that was not answered before.
    pub(super) fn is_answered_anew(&mut self, round: u32) -> bool {
        let is_new = round > self.answered;
        self.answered = self.answered.max(round);
        is_new
    }

    /// So many frames have been sent before a heartbeat that has come.
    pub(super) fn note_sent(&mut self, number: u64, now: LocalTime) {
        self.known = self.known.max(number);
        if self.known > self.received {
            self.missing_since.get_or_insert(now);
        }
    }

    /// Ends the session if the next frame has been missing for so long. Whether it has.
    pub(super) fn is_lost(&mut self, now: LocalTime, patience: Duration) -> bool {
        let is_lost = self.missing_since.is_some_and(|since| now.since(since) >= patience);
        if is_lost {
            self.begin(self.session.saturating_add(1));
        }
        is_lost
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_millis(50);

    fn at(millis: u64) -> LocalTime {
        LocalTime::from_nanos(millis * 1_000_000)
    }

    /// Two ends that know each other.
    fn ends() -> (Link, Link) {
        let (mut a, mut b) = (Link::default(), Link::default());
        assert_eq!(b.hear(&a.heartbeat(1)), Heard::Same);
        assert_eq!(a.hear(&b.heartbeat(2)), Heard::Same);
        (a, b)
    }

    #[test]
    fn frames_are_handed_on_in_order_and_once() {
        let (mut a, mut b) = ends();
        let marks = [a.next(1), a.next(1), a.next(1)];
        for (mark, turn) in [(2, Turn::Early), (2, Turn::Early), (0, Turn::Next)] {
            assert_eq!(b.hear(&marks[mark]), Heard::Same);
            assert_eq!(b.turn(marks[mark].number, at(0)), turn);
            if turn == Turn::Early {
                b.keep(marks[mark].number, 7, b"third");
            }
        }
        assert_eq!(b.take(at(0)), None);
        assert_eq!(b.turn(marks[1].number, at(1)), Turn::Next);
        assert_eq!(b.take(at(1)), Some((7, b"third"[..].into())));
        assert_eq!(b.take(at(1)), None);
        assert_eq!(b.turn(marks[0].number, at(1)), Turn::Past);
        assert!(!b.is_lost(at(1_000), PATIENCE));
    }

    #[test]
    fn a_loss_is_noticed_by_the_next_heartbeat_and_both_ends_begin_anew() {
        let (mut a, mut b) = ends();
        let lost = a.next(1);
        b.note_sent(a.heartbeat(1).number, at(10));
        assert!(!b.is_lost(at(59), PATIENCE));
        assert!(b.is_lost(at(60), PATIENCE));
        assert_eq!(a.hear(&b.heartbeat(2)), Heard::Anew);
        // What was lost comes after all.
        assert_eq!(b.hear(&lost), Heard::Stale);
        let next = a.next(1);
        assert_eq!((b.hear(&next), b.turn(next.number, at(61))), (Heard::Same, Turn::Next));
    }

    #[test]
    fn who_restarts_gets_a_new_session() {
        let (mut a, mut b) = ends();
        let old = a.next(1);
        b.turn(old.number, at(0));
        for _ in 0..5 {
            let mark = b.next(2);
            a.turn(mark.number, at(0));
        }
        let mut a = Link::default();
        // The first frame of the new life may still cross one that does not know of it.
        let crossing = b.next(2);
        assert_eq!((a.hear(&crossing), a.turn(crossing.number, at(1))), (Heard::Same, Turn::Early));
        assert_eq!(b.hear(&a.next(3)), Heard::Reborn);
        assert_eq!(b.hear(&old), Heard::Stale);
        let first = b.next(2);
        assert_eq!((a.hear(&first), a.turn(first.number, at(2))), (Heard::Anew, Turn::Next));
        let first = a.next(3);
        assert_eq!((b.hear(&first), b.turn(first.number, at(2))), (Heard::Same, Turn::Next));
    }

    #[test]
    fn both_may_notice_at_once() {
        let (mut a, mut b) = ends();
        a.next(1);
        b.next(2);
        a.note_sent(1, at(0));
        b.note_sent(1, at(0));
        assert!(a.is_lost(at(50), PATIENCE) && b.is_lost(at(50), PATIENCE));
        for _ in 0..3 {
            let (there, back) = (a.next(1), b.next(2));
            assert_eq!((b.hear(&there), a.hear(&back)), (Heard::Same, Heard::Same));
            assert_eq!(b.turn(there.number, at(51)), Turn::Next);
            assert_eq!(a.turn(back.number, at(51)), Turn::Next);
        }
    }
}
