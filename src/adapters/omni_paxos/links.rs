//! Sessions over links that lose, double and overtake frames: what TCP gives to those who use the crate.
//!
//! What the crate sends within a session is numbered; the other end hands it on in that order, once each, and acknowledges it
//! ([`super::inbox`]). What is lost is sent again ([`super::outbox`]). If nothing of that gets through the session is over, and
//! another one begins, of the next number, which both ends tell the crate, as it wants to be told of a connection that was lost.
//! So does one when an end has begun a new life. Heartbeats have no place in the order, are not sent again, and the newest counts.
//! What the crate itself sends again since it has no answer goes once in a session: it will get there, and the answer to a promise
//! may be the whole log.

use super::inbox::{Inbox, Receipt};
use super::outbox::{Frame, Outbox};
use crate::ids::WriteId;
use crate::time::{Duration, LocalTime};
use std::collections::BTreeMap;

/// An acknowledgement waits for a frame that takes it along for this part of the patience.
const DELAY: u64 = 16;

/// What a frame says of the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    /// Which life of its sender it is from, from 1 on: a later one has a higher number.
    pub(super) life: u64,
    /// Which life of its receiver it is for; 0 if its sender has heard of none.
    pub(super) meant_for: u64,
    /// The session.
    pub(super) session: u32,
    /// Which one of the session it is, from 1 on; 0 for one that has no place in the order.
    pub(super) number: u64,
    /// When it was sent, by its sender's clock.
    pub(super) at: LocalTime,
    /// What its sender has received of the session.
    pub(super) receipt: Receipt,
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

/// One end of a link.
#[derive(Debug)]
pub(super) struct Link {
    /// The life of this end.
    own: u64,
    /// The life of the other end; 0 as long as nothing was heard from it.
    other: u64,
    session: u32,
    pub(super) outbox: Outbox,
    pub(super) inbox: Inbox,
    /// The heartbeats that go out next, behind what has a place in the order.
    pub(super) heartbeats: Vec<Frame>,
    /// Of each kind that the crate sends again, what was sent last.
    said: BTreeMap<u8, Vec<u8>>,
    /// The rounds of the last heartbeat that was asked for and answered.
    asked: u32,
    answered: u32,
}

impl Link {
    /// One whose frames may be unacknowledged for so long.
    pub(super) fn new(life: u64, patience: Duration) -> Self {
        Self {
            own: life,
            other: 0,
            session: 0,
            outbox: Outbox::new(patience),
            inbox: Inbox::new(Duration::from_nanos(patience.nanos() / DELAY)),
            heartbeats: Vec::new(),
            said: BTreeMap::new(),
            asked: 0,
            answered: 0,
        }
    }

    /// The mark of a frame of this number that is sent now and leaves after this write; 0 for one that has no place in the order.
    pub(super) fn mark(&mut self, number: u64, after: Option<WriteId>, at: LocalTime) -> Mark {
        let receipt = self.inbox.tell(after);
        Mark { life: self.own, meant_for: self.other, session: self.session, number, at, receipt }
    }

    /// The mark of a frame that tells what was received, if it is time for that.
    pub(super) fn acknowledgement(&mut self, now: LocalTime) -> Option<Mark> {
        self.inbox.due().filter(|due| *due <= now).map(|_| self.mark(0, None, now))
    }

    /// A frame that is to be sent now, and its mark: one that is lost, or the next one for which there is room. It leaves after a
    /// write, if it tells of one that is not durable.
    pub(super) fn send(
        &mut self,
        durable: WriteId,
        now: LocalTime,
    ) -> Option<(Mark, &Frame, Option<WriteId>)> {
        let number = self.outbox.resend(now).or_else(|| self.outbox.send())?;
        let after = self.outbox.frame(number).after.filter(|after| *after > durable);
        let mark = self.mark(number, after, now);
        Some((mark, self.outbox.frame(number), after))
    }

    /// What waited for no more than these writes has left.
    pub(super) fn leave(&mut self, durable: WriteId, now: LocalTime) {
        self.inbox.leave(durable);
        self.outbox.leave(durable, now);
    }

    /// When there is something to be sent, if nothing comes.
    pub(super) fn due(&self) -> Option<LocalTime> {
        self.inbox.due().into_iter().chain(self.outbox.due()).min()
    }

    /// A frame has come.
    pub(super) fn hear(&mut self, mark: &Mark, now: LocalTime) -> Heard {
        let is_for_another = mark.meant_for != 0 && mark.meant_for != self.own;
        if is_for_another || mark.life < self.other {
            return Heard::Stale;
        }
        if self.other != 0 && mark.life > self.other {
            self.other = mark.life;
            self.begin(self.session.max(mark.session).saturating_add(1));
            return Heard::Reborn;
        }
        self.other = mark.life;
        if mark.session < self.session {
            return Heard::Stale;
        }
        if mark.session > self.session {
            self.begin(mark.session);
            return Heard::Anew;
        }
        self.outbox.acknowledge(mark.receipt, now);
        Heard::Same
    }

    fn begin(&mut self, session: u32) {
        self.session = session;
        self.outbox.begin();
        self.inbox.begin();
        self.said.clear();
        self.asked = 0;
    }

    /// Whether this message was sent in the session, and no other of its kind since.
    pub(super) fn is_said_again(&mut self, kind: u8, message: &[u8]) -> bool {
        let is_same = self.said.get(&kind).is_some_and(|said| said == message);
        if !is_same {
            self.said.insert(kind, message.to_vec());
        }
        is_same
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

    /// Ends the session if nothing gets through. Whether it does so.
    pub(super) fn is_lost(&mut self, now: LocalTime) -> bool {
        let is_lost = self.outbox.is_given_up(now);
        if is_lost {
            self.begin(self.session.saturating_add(1));
        }
        is_lost
    }
}

#[cfg(test)]
mod tests {
    use super::super::inbox::Turn;
    use super::super::parts::Part;
    use super::*;
    use crate::ids::Term;

    const PATIENCE: Duration = Duration::from_millis(400);

    fn at(millis: u64) -> LocalTime {
        LocalTime::from_nanos(millis * 1_000_000)
    }

    /// A frame on its way: one in order brings its kind.
    type Sent = (Mark, u8);

    /// A link's end, and the kinds of what it has handed on.
    struct End {
        link: Link,
        handed_on: Vec<u8>,
    }

    impl End {
        fn of_life(life: u64) -> Self {
            Self { link: Link::new(life, PATIENCE), handed_on: Vec::new() }
        }

        fn send(&mut self, kind: u8, now: u64) -> Sent {
            let frame = Frame { kind, part: Part::WHOLE, term: Term::ZERO, message: [].into(), after: None };
            self.link.outbox.keep(frame);
            self.sent(now).expect("there is room")
        }

        fn sent(&mut self, now: u64) -> Option<Sent> {
            let sent = self.link.send(WriteId::ZERO, at(now)).map(|(mark, frame, _)| (mark, frame.kind));
            self.link.leave(WriteId::ZERO, at(now));
            sent
        }

        fn heartbeat(&mut self) -> Sent {
            (self.link.mark(0, None, at(0)), 0)
        }

        /// What it says of itself: an acknowledgement, and what it sends again.
        fn look_after(&mut self, now: u64) -> Vec<Sent> {
            let mut sent: Vec<Sent> = std::iter::from_fn(|| self.sent(now)).collect();
            sent.extend(self.link.acknowledgement(at(now)).map(|mark| (mark, 0)));
            sent
        }

        fn receive(&mut self, (mark, kind): Sent, now: u64) -> Heard {
            let heard = self.link.hear(&mark, at(now));
            if matches!(heard, Heard::Same | Heard::Anew) && mark.number > 0 {
                match self.link.inbox.turn(&mark, at(now)) {
                    Turn::Next => self.handed_on.push(kind),
                    Turn::Early => self.link.inbox.keep(mark.number, kind, &[]),
                    Turn::Past => {}
                }
                while let Some((kind, _)) = self.link.inbox.take() {
                    self.handed_on.push(kind);
                }
            }
            heard
        }
    }

    /// Two ends that know each other.
    fn ends() -> (End, End) {
        let (mut a, mut b) = (End::of_life(1), End::of_life(2));
        assert_eq!(b.receive(a.heartbeat(), 0), Heard::Same);
        assert_eq!(a.receive(b.heartbeat(), 0), Heard::Same);
        for end in [&mut a, &mut b] {
            end.link.outbox.note_round_trip(Duration::from_millis(20));
        }
        (a, b)
    }

    /// Lets both ends look after themselves until this time, every millisecond; each frame arrives two later, unless it is lost.
    fn run(a: &mut End, b: &mut End, from: u64, until: u64, mut is_lost: impl FnMut(&Mark) -> bool) {
        let mut on_their_way: Vec<(u64, bool, Sent)> = Vec::new();
        for now in from..until {
            let (here, later) = on_their_way.into_iter().partition(|(when, ..)| *when <= now);
            on_their_way = later;
            for (_, is_to_b, frame) in here {
                (if is_to_b { &mut *b } else { &mut *a }).receive(frame, now);
            }
            for (is_to_b, end) in [(true, &mut *a), (false, &mut *b)] {
                let sent = end.look_after(now).into_iter().filter(|(mark, _)| !is_lost(mark));
                on_their_way.extend(sent.map(|frame| (now + 2, is_to_b, frame)));
            }
        }
    }

    #[test]
    fn whichever_frame_is_lost_is_sent_again() {
        for lost in 1..=4 {
            let (mut a, mut b) = ends();
            for kind in 1..=4 {
                let frame = a.send(kind, 0);
                if kind != lost {
                    b.receive(frame, 1);
                }
            }
            assert_eq!(b.handed_on, (1..lost).collect::<Vec<_>>());
            run(&mut a, &mut b, 1, 200, |_| false);
            assert_eq!((&b.handed_on[..], a.link.outbox.due()), (&[1, 2, 3, 4][..], None), "without {lost}");
            assert!(!a.link.is_lost(at(10_000)) && !b.link.is_lost(at(10_000)));
        }
    }

    #[test]
    fn acknowledgements_may_be_lost_and_what_is_sent_again_in_vain_is_handed_on_once() {
        let (mut a, mut b) = ends();
        let frames = [a.send(1, 0), a.send(2, 0)];
        frames.into_iter().for_each(|frame| _ = b.receive(frame, 1));
        let (mut lost, mut again) = (0, 0);
        run(&mut a, &mut b, 1, 300, |mark| {
            let is_lost = mark.number == 0 && lost < 2;
            lost += u32::from(is_lost);
            again += u32::from(mark.number > 0);
            is_lost
        });
        assert_eq!((lost, again, &b.handed_on[..], a.link.outbox.due()), (2, 2, &[1, 2][..], None));
    }

    #[test]
    fn what_goes_back_acknowledges_and_an_acknowledgement_is_not_acknowledged() {
        let (mut a, mut b) = ends();
        b.receive(a.send(1, 0), 1);
        assert_eq!((b.look_after(25), b.link.due()), (vec![], Some(at(26))));
        a.receive(b.heartbeat(), 3);
        assert_eq!((b.link.due(), a.link.due()), (None, None));
        b.receive(a.send(2, 3), 4);
        let told = b.look_after(29);
        assert_eq!(
            told.iter().map(|(mark, _)| (mark.number, mark.receipt.upto)).collect::<Vec<_>>(),
            [(0, 2)]
        );
        a.receive(told[0], 30);
        assert_eq!((b.link.due(), a.link.due()), (None, None));
    }

    #[test]
    fn both_ends_send_at_once_over_a_link_that_loses_many_frames() {
        let (mut a, mut b) = ends();
        for kind in 1..=20 {
            let (there, back) = (a.send(kind, 0), b.send(100 + kind, 0));
            if kind % 3 == 1 {
                b.receive(there, 1);
                a.receive(back, 1);
            }
        }
        let mut frames = 0;
        run(&mut a, &mut b, 1, 10_000, |_| {
            frames += 1;
            frames * frames % 11 < 3
        });
        assert_eq!(b.handed_on, (1..=20).collect::<Vec<_>>());
        assert_eq!(a.handed_on, (101..=120).collect::<Vec<_>>());
    }

    #[test]
    fn a_session_through_which_nothing_gets_ends_and_both_ends_begin_anew() {
        let (mut a, mut b) = ends();
        let lost = a.send(1, 0);
        run(&mut a, &mut b, 1, 399, |_| true);
        assert!(!a.link.is_lost(at(399)) && a.link.is_lost(at(400)));
        // What was sent in it is not sent again.
        assert_eq!(a.look_after(1_000), []);
        assert_eq!(b.receive(a.heartbeat(), 401), Heard::Anew);
        // What was lost comes after all.
        assert_eq!(b.receive(lost, 401), Heard::Stale);
        assert_eq!((b.receive(a.send(2, 401), 402), &b.handed_on[..]), (Heard::Same, &[2][..]));
        assert!(!a.link.is_lost(at(800)) && !b.link.is_lost(at(10_000)));
    }

    #[test]
    fn both_may_give_up_at_once_or_one_more_often() {
        let (mut a, mut b) = ends();
        a.send(1, 0);
        b.send(1, 0);
        assert!(a.link.is_lost(at(400)) && b.link.is_lost(at(400)));
        for kind in 2..5 {
            let (there, back) = (a.send(kind, 401), b.send(kind, 401));
            assert_eq!((b.receive(there, 402), a.receive(back, 402)), (Heard::Same, Heard::Same));
        }
        assert_eq!((&a.handed_on[..], &b.handed_on[..]), (&[2, 3, 4][..], &[2, 3, 4][..]));
        a.send(5, 500);
        assert!(a.link.is_lost(at(900)));
        // Who has given up does not take what belongs to the session before, and has not acknowledged it.
        let late = b.send(5, 900);
        assert_eq!(a.receive(late, 901), Heard::Stale);
        assert_eq!((b.receive(a.heartbeat(), 902), b.link.outbox.due()), (Heard::Anew, None));
    }

    #[test]
    fn what_the_crate_sends_again_goes_once_in_a_session() {
        let (mut a, _) = ends();
        let mut again = |kind, message: &[u8]| a.link.is_said_again(kind, message);
        assert_eq!(
            [again(67, b"x"), again(68, b"x"), again(67, b"x"), again(68, b"x")],
            [false, false, true, true]
        );
        assert_eq!([again(67, b"y"), again(67, b"x")], [false, false]);
        a.send(1, 0);
        assert!(a.link.is_lost(at(400)));
        assert!(!a.link.is_said_again(67, b"x"));
    }

    #[test]
    fn who_restarts_gets_a_new_session_and_nothing_of_the_old_one() {
        let (mut a, mut b) = ends();
        let old = a.send(1, 0);
        b.receive(old, 1);
        let crossing = b.send(2, 1);
        let mut a = End::of_life(3);
        // As many as the other end has received of the life before.
        let first = a.send(3, 2);
        // What was meant for that life, and what it says to have received, is not for this one.
        assert_eq!((a.receive(crossing, 2), &a.handed_on[..]), (Heard::Stale, &[][..]));
        assert!(a.link.outbox.due().is_some());
        assert_eq!((b.receive(first, 3), b.link.outbox.due()), (Heard::Reborn, None));
        assert_eq!(b.receive(old, 3), Heard::Stale);
        assert_eq!((a.receive(b.send(4, 3), 4), &a.handed_on[..]), (Heard::Anew, &[4][..]));
        assert_eq!((b.receive(a.send(5, 4), 5), &b.handed_on[..]), (Heard::Same, &[1, 5][..]));
    }

    #[test]
    fn who_gives_up_before_it_hears_of_the_other_end_takes_it_along() {
        let (mut a, mut b) = (End::of_life(1), End::of_life(2));
        a.send(1, 0);
        b.send(1, 0);
        assert!(a.link.is_lost(at(1_600)));
        assert_eq!(a.receive(b.heartbeat(), 1_601), Heard::Stale);
        // It has sent frames itself that nobody will get any more.
        assert_eq!((b.receive(a.send(2, 1_601), 1_602), b.link.outbox.due()), (Heard::Anew, None));
        assert_eq!(b.handed_on, [2]);
    }
}
