//! Each circuit breaker that ever opened.

use crate::ids::Address;
use crate::time::{Duration, Time};
use crate::trace::{Body, BreakerState, Record};
use serde::{Serialize, Serializer};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// What became of one breaker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct OneBreaker {
    /// Whose it is: a leader's, or a client's.
    #[serde(serialize_with = "in_words")]
    pub of: Address,
    /// Of the calls to whom.
    #[serde(serialize_with = "in_words")]
    pub to: Address,
    /// How often it opened, since calls failed.
    pub opened: u64,
    /// How often a probe failed, so that it opened once more.
    pub probes_failed: u64,
    /// How often probes succeeded, so that it closed.
    pub probes_succeeded: u64,
    /// How many frames, or requests of a client, it kept back.
    pub shed: u64,
    /// For how long it was open, in nanoseconds; the time in which probes were under way does not count.
    pub open_ns: u64,
    /// When it opened for the first time, in nanoseconds.
    pub first_opened_ns: u64,
}

fn in_words<S: Serializer>(address: &Address, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(address)
}

/// Follows each breaker.
#[derive(Clone, Debug, Default)]
pub(super) struct EachBreaker {
    all: BTreeMap<(Address, Address), Followed>,
}

#[derive(Clone, Copy, Debug)]
struct Followed {
    so_far: OneBreaker,
    /// Since when it is open.
    since: Option<Time>,
}

impl Followed {
    fn close(&mut self, now: Time) {
        let open = self.since.take().map_or(Duration::ZERO, |since| now.since(since));
        self.so_far.open_ns += open.nanos();
    }
}

impl EachBreaker {
    /// Takes in a record; of interest are those of breakers, and of nodes whose breakers are gone with their process.
    pub(super) fn take(&mut self, record: &Record) {
        let (of, now) = (record.node, record.time);
        match record.body {
            Body::Breaker { to, was, is } => self.turn((of, to), (was, is), now),
            Body::Shed { to, .. } => {
                if let Some(breaker) = self.all.get_mut(&(of, to)) {
                    breaker.so_far.shed += 1;
                }
            }
            Body::Crashed | Body::Stopped { .. } => {
                self.all.iter_mut().filter(|((owner, _), _)| *owner == of).for_each(|(_, it)| it.close(now));
            }
            _ => {}
        }
    }

    fn turn(&mut self, (of, to): (Address, Address), (was, is): (BreakerState, BreakerState), now: Time) {
        let none = OneBreaker {
            of,
            to,
            opened: 0,
            probes_failed: 0,
            probes_succeeded: 0,
            shed: 0,
            open_ns: 0,
            first_opened_ns: now.nanos(),
        };
        let breaker = self.all.entry((of, to)).or_insert(Followed { so_far: none, since: None });
        match (was, is) {
            (BreakerState::Closed, _) => {
                breaker.so_far.opened += 1;
                breaker.since = Some(now);
            }
            (_, BreakerState::Open) => {
                breaker.so_far.probes_failed += 1;
                breaker.since = Some(now);
            }
            (_, BreakerState::Closed) => {
                breaker.so_far.probes_succeeded += 1;
                breaker.close(now);
            }
            (_, BreakerState::HalfOpen) => breaker.close(now),
        }
    }

    /// All of a run that ended now, those first that were open for longest.
    pub(super) fn all(&self, end: Time) -> Vec<OneBreaker> {
        let ended = |breaker: &Followed| {
            let mut breaker = *breaker;
            breaker.close(end);
            breaker.so_far
        };
        let mut all: Vec<OneBreaker> = self.all.values().map(ended).collect();
        all.sort_by_key(|breaker| Reverse(breaker.open_ns));
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{ClientId, NodeId};
    use crate::trace::{Observer, Trace};

    #[derive(Default)]
    struct Taking(EachBreaker);

    impl Observer for Taking {
        fn observe(&mut self, record: &Record) {
            self.0.take(record);
        }
    }

    #[test]
    fn each_is_told_with_what_became_of_it() {
        use BreakerState::{Closed, HalfOpen, Open};
        let at = |millis| Time::ZERO + Duration::from_millis(millis);
        let [leader, to]: [Address; 2] = [NodeId(2), NodeId(3)].map(Address::from);
        let client = Address::from(ClientId(1));
        let mut trace = Trace::new(Taking::default());
        let mut turn = |millis, of: Address, body| {
            trace.event(at(millis), of, None, body);
        };
        turn(5, leader, Body::Shed { to, kind: 3 });
        turn(10, leader, Body::Breaker { to, was: Closed, is: Open });
        turn(11, leader, Body::Shed { to, kind: 3 });
        turn(20, leader, Body::Breaker { to, was: Open, is: HalfOpen });
        turn(25, leader, Body::Breaker { to, was: HalfOpen, is: Open });
        turn(40, leader, Body::Breaker { to, was: Open, is: HalfOpen });
        turn(45, leader, Body::Breaker { to, was: HalfOpen, is: Closed });
        turn(60, leader, Body::Breaker { to, was: Closed, is: Open });
        turn(62, leader, Body::Crashed);
        turn(50, client, Body::Breaker { to: leader, was: Closed, is: Open });
        let all = trace.observer().0.all(at(150));
        let [first, second] = all[..] else { panic!("{all:?}") };
        assert_eq!((first.of, first.to, first.opened, first.shed), (client, leader, 1, 0));
        assert_eq!(
            (first.open_ns, first.first_opened_ns),
            (100_000_000, 50_000_000),
            "to the end of the run"
        );
        assert_eq!((second.of, second.to, second.opened, second.shed), (leader, to, 2, 1));
        assert_eq!((second.probes_failed, second.probes_succeeded), (1, 1));
        assert_eq!((second.open_ns, second.first_opened_ns), (27_000_000, 10_000_000), "to the crash");
    }
}
