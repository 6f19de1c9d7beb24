//! What is in flight to a follower: a window of appends that have no answer yet (thesis 10.2.2; as in etcd's raft).
//!
//! Nothing is sent while so many appends, or so many bytes of entries, are in flight. A follower whose window is full gets nothing but heartbeats. An answer frees all up to the entry that it names, so one
//! that gets lost is made good by any later one, be it to a heartbeat; where appends get lost, the next refusal empties
//! the window (`Progress::probe_after`). So a full window is never full for ever.

use crate::ids::Index;
use crate::replica::Flow;
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
/// - Both `last` and `end` rise along `flights`.
/// - `freed <= end`, and they are equal if nothing is in flight.
#[derive(Clone, Debug, Default)]
pub(super) struct Window {
    flights: VecDeque<Flight>,
    /// How many bytes have been sent in all.
    end: u64,
    /// Up to where they are not in flight any more.
    freed: u64,
    /// The slowest answer of late, from the sending of what it acknowledges.
    slowest: Option<Duration>,
}

/// An append in flight.
#[derive(Clone, Copy, Debug)]
struct Flight {
    /// Its last entry.
    last: Index,
    /// How many bytes had been sent in all, with it.
    end: u64,
    /// When it was sent.
    sent: LocalTime,
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

    /// An append is sent, with entries up to `last` of so many bytes.
    #[inline]
    pub(super) fn sent(&mut self, last: Index, bytes: usize, now: LocalTime) {
        assert!(self.flights.back().is_none_or(|flight| flight.last < last), "appends follow each other");
        self.end += bytes as u64;
        self.flights.push_back(Flight { last, end: self.end, sent: now });
    }

    /// The follower has all entries up to this one.
    #[inline]
    pub(super) fn free(&mut self, matched: Index, now: LocalTime) {
        while let Some(flight) = self.flights.pop_front_if(|flight| flight.last <= matched) {
            self.freed = flight.end;
            if flight.last == matched {
                self.answered_after(now.since(flight.sent));
            }
        }
    }

    /// Nothing counts as in flight any more.
    pub(super) fn clear(&mut self) {
        self.flights.clear();
        self.freed = self.end;
    }

    /// Whether the append with this entry may still arrive: it is in flight, and not for much longer than answers take.
    /// Until one has come, they are taken to need a `heartbeat`.
    pub(super) fn may_still_arrive(&self, index: Index, heartbeat: Duration, now: LocalTime) -> bool {
        let patience = self.slowest.unwrap_or(heartbeat).saturating_mul(2);
        self.with(index).is_some_and(|flight| now < flight.sent + patience)
    }

    /// Where the append ends that has this entry.
    pub(super) fn sent_with(&self, index: Index) -> Option<Index> {
        self.with(index).map(|flight| flight.last)
    }

    fn with(&self, index: Index) -> Option<&Flight> {
        let place = self.flights.partition_point(|flight| flight.last < index);
        self.flights.get(place)
    }

    /// How many bytes are in flight.
    #[inline]
    fn bytes(&self) -> u64 {
        self.end - self.freed
    }

    /// The slowest of late: each faster answer makes it a little shorter.
    fn answered_after(&mut self, took: Duration) {
        let faded = self.slowest.map_or(0, |slowest| slowest.nanos() - slowest.nanos() / 16);
        self.slowest = Some(took.max(Duration::from_nanos(faded)));
    }
}
