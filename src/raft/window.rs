//! What is in flight to a follower: a window of appends that have no answer yet (thesis 10.2.2; as in etcd's raft).
//!
//! Nothing is sent while so many appends, or so many bytes of entries, are in flight. A follower whose window is full gets nothing but heartbeats. An answer frees all up to the entry that it names, so one
//! that gets lost is made good by any later one, be it to a heartbeat; where appends get lost, the next refusal empties
//! the window (`Progress::probe_after`). So a full window is never full for ever.

use crate::ids::Index;
use crate::replica::{Flow, Options};
use crate::time::{Duration, LocalTime};
use std::collections::VecDeque;

/// The bounds of a window.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    appends: usize,
    bytes: u64,
    /// Whether it is kept at all.
    tracks: bool,
}

impl Limits {
    /// Those that the options ask for.
    pub(super) fn of(flow: &Flow) -> Self {
        let Flow { max_inflight, max_inflight_bytes, max_early_bytes, max_uncommitted_bytes: _ } = flow;
        Self {
            appends: max_inflight.map_or(usize::MAX, |most| most.get() as usize),
            bytes: max_inflight_bytes.map_or(u64::MAX, |most| u64::from(most.get())),
            tracks: max_inflight.is_some() || max_inflight_bytes.is_some() || max_early_bytes.is_some(),
        }
    }

    /// Whether there is a window.
    #[inline]
    pub(super) const fn tracks(&self) -> bool {
        self.tracks
    }

    /// Whether a window is bounded.
    #[inline]
    pub(super) const fn bounds(&self) -> bool {
        self.appends != usize::MAX || self.bytes != u64::MAX
    }
}

/// The appends to a follower that wait for an answer, in the order of their entries.
///
/// Invariants:
/// - They follow each other without a hole.
/// - `freed <= end`, and they are equal if nothing is in flight.
#[derive(Clone, Debug, Default)]
pub(super) struct Window {
    flights: VecDeque<Flight>,
    /// How many bytes have been sent in all.
    end: u64,
    /// Up to where they are not in flight any more.
    freed: u64,
    /// Whether any of them has come early.
    has_early: bool,
    /// The slowest answer of late, from the sending of what it acknowledges.
    slowest: Option<Duration>,
    /// When something was last sent again. Answers to what was sent before then tell of the loss, not of the way.
    resent: Option<LocalTime>,
}

/// An append in flight.
#[derive(Clone, Copy, Debug)]
struct Flight {
    first: Index,
    last: Index,
    /// How many bytes had been sent in all, with it.
    end: u64,
    /// When it was sent, the last time.
    sent: LocalTime,
    /// Whether the follower has refused it since it came before those it follows, and so has it.
    early: bool,
}

/// For how long an append may be on its way before it is taken for lost.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    /// Where nothing is known of the way: two heartbeats.
    first: Duration,
    /// Whatever is known: the least election timeout. A follower whose frames take longer would campaign. Without this bound one
    /// outage, of which the answers that come after it tell, would make each loss after it cost as long.
    most: Duration,
}

impl Patience {
    /// As these options allow.
    pub(super) fn of(options: &Options) -> Self {
        Self { first: options.heartbeat.saturating_mul(2), most: options.election_timeout.0 }
    }
}

/// What is known of the append that a follower lacks while it has later ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gap {
    /// It may still arrive.
    MayClose,
    /// It should have arrived by now, and a later one has.
    Certain,
    /// It should have arrived by now, and no later one is known to have; or it has, and is not there.
    Unknown,
}

impl Window {
    /// Whether no further append may be sent.
    #[inline]
    pub(super) fn is_full(&self, limits: &Limits) -> bool {
        self.flights.len() >= limits.appends || self.bytes() >= limits.bytes
    }

    /// How many bytes may still be sent, at most this many.
    #[inline]
    pub(super) fn room(&self, limits: &Limits, most: u32) -> u32 {
        limits.bytes.saturating_sub(self.bytes()).min(u64::from(most)) as u32
    }

    /// An append is sent, with these entries, from the first to the last, of so many bytes.
    #[inline]
    pub(super) fn sent(&mut self, (first, last): (Index, Index), bytes: usize, now: LocalTime) {
        let follows = self.flights.back().is_none_or(|flight| flight.last.next() == first);
        assert!(follows && first <= last, "appends follow each other");
        self.end += bytes as u64;
        self.flights.push_back(Flight { first, last, end: self.end, sent: now, early: false });
    }

    /// The follower has all entries up to this one.
    #[inline(always)]
    pub(super) fn free(&mut self, matched: Index, now: LocalTime) {
        if !self.flights.is_empty() {
            self.free_up_to(matched, now);
        }
    }

    fn free_up_to(&mut self, matched: Index, now: LocalTime) {
        while let Some(flight) = self.flights.pop_front_if(|flight| flight.last <= matched) {
            self.freed = flight.end;
            if !flight.early && self.resent.is_none_or(|time| time < flight.sent) {
                self.answered_after(now.since(flight.sent));
            }
        }
        self.has_early &= !self.flights.is_empty();
    }

    /// Nothing counts as in flight any more.
    pub(super) fn clear(&mut self) {
        self.flights.clear();
        self.freed = self.end;
        self.has_early = false;
    }

    /// The follower has refused the append after this entry, which it lacks: so it has got it, if it was one.
    pub(super) fn came_early(&mut self, prev: Index) {
        let place = self.place(prev.next());
        if let Some(flight) = self.flights.get_mut(place).filter(|flight| flight.first == prev.next()) {
            flight.early = true;
            self.has_early = true;
        }
    }

    /// Whether some append has come before those it follows.
    #[inline]
    pub(super) const fn has_gaps(&self) -> bool {
        self.has_early
    }

    /// What is known of the append with this entry, which the follower lacks.
    pub(super) fn gap_at(&self, index: Index, patience: Patience, now: LocalTime) -> Gap {
        let place = self.place(index);
        match self.flights.get(place) {
            Some(flight) if flight.early => Gap::Unknown,
            Some(flight) if !self.is_overdue(flight, patience, now) => Gap::MayClose,
            Some(_) if self.flights.range(place..).any(|flight| flight.early) => Gap::Certain,
            _ => Gap::Unknown,
        }
    }

    /// The next append with entries after this one that should have arrived by now, and that one which has follows: the first of
    /// these entries and its last. It counts as sent now.
    pub(super) fn take_lost(
        &mut self,
        after: Index,
        patience: Patience,
        now: LocalTime,
    ) -> Option<(Index, Index)> {
        let upto = self.flights.iter().rposition(|flight| flight.early)?;
        let lost =
            |flight: &Flight| flight.last > after && !flight.early && self.is_overdue(flight, patience, now);
        let place = self.flights.range(..upto).position(lost)?;
        let flight = &mut self.flights[place];
        flight.sent = now;
        self.resent = Some(now);
        Some((flight.first.max(after.next()), flight.last))
    }

    /// Whether it should have arrived by now: longer ago than the slowest answer took, and half as long again, within the bounds
    /// of patience. Until there has been an answer it is taken to take as long as is allowed for the first.
    fn is_overdue(&self, flight: &Flight, patience: Patience, now: LocalTime) -> bool {
        let waits = match self.slowest {
            Some(slowest) => slowest.nanos().saturating_add(slowest.nanos() / 2).min(patience.most.nanos()),
            None => patience.first.nanos(),
        };
        now >= flight.sent + Duration::from_nanos(waits)
    }

    /// The place of the append with this entry.
    fn place(&self, index: Index) -> usize {
        self.flights.partition_point(|flight| flight.last < index)
    }

    /// How many bytes are in flight.
    #[inline]
    fn bytes(&self) -> u64 {
        self.end - self.freed
    }

    /// The slowest of late: each faster answer makes it a little shorter.
    fn answered_after(&mut self, took: Duration) {
        let faded = self.slowest.map_or(0, |slowest| slowest.nanos() - slowest.nanos() / 64);
        self.slowest = Some(took.max(Duration::from_nanos(faded)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::num::NonZeroU32;

    fn limits(appends: u32, bytes: u32) -> Limits {
        let (max_inflight, max_inflight_bytes) = (NonZeroU32::new(appends), NonZeroU32::new(bytes));
        Limits::of(&Flow { max_inflight, max_inflight_bytes, ..Flow::default() })
    }

    fn at(millis: u64) -> LocalTime {
        LocalTime::ZERO + Duration::from_millis(millis)
    }

    /// Appends of one entry each, sent a millisecond apart.
    fn of_entries(count: u64) -> Window {
        let mut window = Window::default();
        for index in 1..=count {
            window.sent((Index(index), Index(index)), 10, at(index));
        }
        window
    }

    const PATIENCE: Patience =
        Patience { first: Duration::from_millis(100), most: Duration::from_millis(150) };

    #[test]
    fn without_bounds_nothing_is_kept_and_nothing_full() {
        let limits = Limits::of(&Flow::default());
        assert!(!limits.tracks() && !limits.bounds());
        assert!(!of_entries(1_000).is_full(&limits));
        assert_eq!(Window::default().room(&limits, 70), 70);
    }

    #[test]
    fn what_should_have_arrived_before_something_that_has_is_lost_and_nothing_else() {
        let mut window = of_entries(5);
        window.came_early(Index(1));
        window.came_early(Index(3));
        assert_eq!(window.gap_at(Index(1), PATIENCE, at(100)), Gap::MayClose, "two heartbeats are not over");
        assert_eq!(window.gap_at(Index(1), PATIENCE, at(101)), Gap::Certain);
        assert_eq!(window.gap_at(Index(2), PATIENCE, at(200)), Gap::Unknown, "it came, and is not there");
        assert_eq!(window.gap_at(Index(5), PATIENCE, at(200)), Gap::Unknown, "nothing is known to follow it");
        let mut lost = |after, now| window.take_lost(Index(after), PATIENCE, at(now));
        assert_eq!(lost(0, 200), Some((Index(1), Index(1))));
        assert_eq!(lost(1, 200), Some((Index(3), Index(3))));
        assert_eq!(lost(3, 200), None, "the fifth may just be late");
        assert_eq!(lost(0, 299), None, "they are on their way again");
        assert_eq!(lost(0, 300), Some((Index(1), Index(1))));
    }

    #[test]
    fn answers_teach_patience_but_not_those_to_what_was_sent_again() {
        let mut window = of_entries(4);
        window.free(Index(1), at(11));
        window.came_early(Index(2));
        assert_eq!(window.gap_at(Index(2), PATIENCE, at(16)), Gap::MayClose);
        assert_eq!(
            window.gap_at(Index(2), PATIENCE, at(17)),
            Gap::Certain,
            "ten milliseconds and half of it"
        );
        assert!(window.take_lost(Index(1), PATIENCE, at(100)).is_some());
        window.free(Index(4), at(900));
        assert_eq!(window.slowest, Some(Duration::from_millis(10)));
        assert!(!window.has_gaps());
    }

    /// A follower may have the first entries of an append from an earlier one.
    #[test]
    fn of_an_append_that_is_known_in_part_the_rest_is_sent_again() {
        let mut window = Window::default();
        window.sent((Index(1), Index(6)), 60, at(1));
        window.sent((Index(7), Index(7)), 10, at(2));
        window.free(Index(3), at(5));
        window.came_early(Index(6));
        assert_eq!(window.gap_at(Index(4), PATIENCE, at(200)), Gap::Certain);
        assert_eq!(window.take_lost(Index(3), PATIENCE, at(200)), Some((Index(4), Index(6))));
    }

    #[test]
    fn an_outage_does_not_make_the_losses_after_it_cost_as_long() {
        let mut window = of_entries(4);
        window.free(Index(1), at(9_001));
        window.came_early(Index(2));
        assert_eq!(window.slowest, Some(Duration::from_millis(9_000)));
        window.flights[0].sent = at(9_001);
        assert_eq!(window.gap_at(Index(2), PATIENCE, at(9_150)), Gap::MayClose);
        assert_eq!(window.gap_at(Index(2), PATIENCE, at(9_151)), Gap::Certain);
    }

    /// The appends in flight, naively: first and last entry, and bytes.
    type Model = Vec<(u64, u64, u64)>;

    proptest! {
        /// Whatever is sent, answered and given up, what counts as in flight is what was sent beyond the last answer.
        #[test]
        fn a_window_agrees_with_a_list(
            appends in 1_u32..8, bytes in 1_u32..200, steps in proptest::collection::vec((0_u8..4, 1_u64..9), 0..200),
        ) {
            let limits = limits(appends, bytes);
            let (mut window, mut model) = (Window::default(), Model::new());
            let (mut next, mut matched) = (1, 0);
            for (step, amount) in steps {
                match step {
                    0 | 1 if !window.is_full(&limits) => {
                        let last = next + amount - 1;
                        window.sent((Index(next), Index(last)), 13 * amount as usize, at(0));
                        model.push((next, last, 13 * amount));
                        next = last + 1;
                    }
                    2 => {
                        matched = (matched + amount).min(next - 1);
                        window.free(Index(matched), at(0));
                        model.retain(|(_, last, _)| *last > matched);
                    }
                    3 if amount == 1 => {
                        window.clear();
                        model.clear();
                        next = matched + 1;
                    }
                    _ => {}
                }
                let sum: u64 = model.iter().map(|(.., bytes)| bytes).sum();
                prop_assert_eq!(window.bytes(), sum);
                prop_assert_eq!(window.flights.len(), model.len());
                prop_assert!(window.flights.len() <= appends as usize, "memory is bounded");
                prop_assert_eq!(window.is_full(&limits), model.len() >= appends as usize || sum >= u64::from(bytes));
                prop_assert_eq!(u64::from(window.room(&limits, u32::MAX)), u64::from(bytes).saturating_sub(sum));
            }
        }
    }
}
