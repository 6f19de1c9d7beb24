//! A circuit breaker: who makes calls that fail makes none for a while, and then a few, to see.
//!
//! ```text
//!            enough of the last calls failed                 the cool-down is over
//!   closed ─────────────────────────────────▶ open ─────────────────────────────────▶ half-open
//!      ▲                                       ▲                                       │  │
//!      │                                       └─────────── a probe failed ────────────┘  │
//!      └────────────────────────────── as many probes as asked for succeeded ─────────────┘
//! ```
//!
//! It decides by results and times alone, without randomness. Calls are told by their numbers, which rise: those made before
//! the cool-down was over are no probes, whatever becomes of them.

use crate::ids::CallId;
use crate::rng::Rate;
use crate::time::{Duration, Time};
pub use crate::trace::BreakerState;

/// When a breaker opens, and how it closes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How many of the last calls count; from 1 to 64.
    pub window: u32,
    /// It opens when this share of the window has failed, whether or not so many calls were made yet.
    pub open_at: Rate,
    /// How long it stays open.
    pub cool_down: Duration,
    /// How many probes have to succeed; at least 1.
    pub probes: u32,
}

/// A change of state: from which, to which.
pub type Change = (BreakerState, BreakerState);

/// The breaker of the calls to one peer.
///
/// - Closed, `failed` has a bit for each of the last calls, at most `window` of them: 1 for one that failed.
/// - Half-open, only calls from `first_probe` on count.
#[derive(Clone, Debug, Default)]
pub struct Breaker {
    state: State,
    failed: u64,
}

#[derive(Clone, Copy, Debug, Default)]
enum State {
    #[default]
    Closed,
    Open {
        until: Time,
    },
    HalfOpen {
        first_probe: CallId,
        succeeded: u32,
        /// How many probes may still be made, and when as many more: what became of the first may never be known.
        left: u32,
        until: Time,
    },
}

impl Breaker {
    /// Where it stands.
    pub fn state(&self) -> BreakerState {
        match self.state {
            State::Closed => BreakerState::Closed,
            State::Open { .. } => BreakerState::Open,
            State::HalfOpen { .. } => BreakerState::HalfOpen,
        }
    }

    /// Whether it lets all calls through.
    #[inline]
    pub fn is_closed(&self) -> bool {
        matches!(self.state, State::Closed)
    }

    /// Whether it lets nothing through, since it has opened a while ago only.
    pub fn cools_down(&self, now: Time) -> bool {
        matches!(self.state, State::Open { until } if now < until)
    }

    /// Whether the call of this number may be made now: it is closed, or the call is a probe. Also says how the state has
    /// changed by that.
    pub fn may_probe(&mut self, call: CallId, limits: &Limits, now: Time) -> (bool, Option<Change>) {
        let round = |first_probe, succeeded| State::HalfOpen {
            first_probe,
            succeeded,
            left: limits.probes - 1,
            until: now + limits.cool_down,
        };
        match &mut self.state {
            State::Closed => (true, None),
            State::Open { until } if now < *until => (false, None),
            State::Open { .. } => {
                self.state = round(call, 0);
                (true, Some((BreakerState::Open, BreakerState::HalfOpen)))
            }
            State::HalfOpen { left: left @ 1.., .. } => {
                *left -= 1;
                (true, None)
            }
            State::HalfOpen { until, .. } if now < *until => (false, None),
            State::HalfOpen { first_probe, succeeded, .. } => {
                self.state = round(*first_probe, *succeeded);
                (true, None)
            }
        }
    }

    /// What became of a call: whether it was answered in time. Says how the state has changed by that.
    pub fn note(&mut self, call: CallId, answered: bool, limits: &Limits, now: Time) -> Option<Change> {
        match self.state {
            State::Closed => {
                let window = u64::MAX >> (64 - limits.window.clamp(1, 64));
                self.failed = (self.failed << 1 | u64::from(!answered)) & window;
                let failed = u64::from(self.failed.count_ones());
                let opens = !answered && limits.open_at.is_reached(failed, u64::from(limits.window));
                opens.then(|| self.open(BreakerState::Closed, limits, now))
            }
            State::HalfOpen { first_probe, .. } if call < first_probe => None,
            State::HalfOpen { .. } if !answered => Some(self.open(BreakerState::HalfOpen, limits, now)),
            State::HalfOpen { first_probe, succeeded, left, until } if succeeded + 1 < limits.probes => {
                self.state = State::HalfOpen { first_probe, succeeded: succeeded + 1, left, until };
                None
            }
            State::HalfOpen { .. } => {
                *self = Self::default();
                Some((BreakerState::HalfOpen, BreakerState::Closed))
            }
            // Made before it opened.
            State::Open { .. } => None,
        }
    }

    fn open(&mut self, from: BreakerState, limits: &Limits, now: Time) -> Change {
        *self = Self { state: State::Open { until: now + limits.cool_down }, failed: 0 };
        (from, BreakerState::Open)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::VecDeque;

    fn limits(window: u32, open_at: f64, probes: u32) -> Limits {
        let open_at = Rate::new(open_at).expect("a rate");
        Limits { window, open_at, cool_down: Duration::from_millis(100), probes }
    }

    fn at(millis: u64) -> Time {
        Time::ZERO + Duration::from_millis(millis)
    }

    use BreakerState::{Closed, HalfOpen, Open};

    #[test]
    fn it_opens_when_enough_of_the_last_calls_failed() {
        let (limits, mut breaker) = (limits(4, 0.5, 1), Breaker::default());
        let mut note = |call, answered| breaker.note(CallId(call), answered, &limits, at(1));
        assert_eq!(note(1, false), None);
        for call in 2..6 {
            assert_eq!(note(call, true), None, "the first failure leaves the window");
        }
        assert_eq!(note(6, false), None);
        assert_eq!(note(7, true), None);
        assert_eq!(note(8, false), Some((Closed, Open)), "two of the last four");
    }

    #[test]
    fn it_lets_probes_through_once_it_has_cooled_down() {
        let (limits, mut breaker) = (limits(1, 1.0, 2), Breaker::default());
        assert_eq!(breaker.note(CallId(1), false, &limits, at(0)), Some((Closed, Open)));
        assert_eq!(breaker.may_probe(CallId(2), &limits, at(99)), (false, None));
        assert_eq!(breaker.note(CallId(1), true, &limits, at(99)), None, "made before");
        assert_eq!(breaker.may_probe(CallId(5), &limits, at(100)), (true, Some((Open, HalfOpen))));
        assert_eq!(breaker.note(CallId(4), false, &limits, at(101)), None, "no probe");
        assert_eq!(breaker.note(CallId(5), true, &limits, at(102)), None, "one of two");
        assert_eq!(breaker.note(CallId(6), false, &limits, at(103)), Some((HalfOpen, Open)));
        assert_eq!(breaker.may_probe(CallId(7), &limits, at(203)), (true, Some((Open, HalfOpen))));
        assert_eq!(breaker.note(CallId(7), true, &limits, at(204)), None);
        assert_eq!(breaker.note(CallId(8), true, &limits, at(204)), Some((HalfOpen, Closed)));
        assert!(breaker.is_closed());
    }

    #[test]
    fn it_makes_as_many_probes_as_it_needs_and_more_only_after_a_while() {
        let (limits, mut breaker) = (limits(1, 1.0, 2), Breaker::default());
        breaker.note(CallId(1), false, &limits, at(0));
        let mut may = |call, millis| breaker.may_probe(CallId(call), &limits, at(millis)).0;
        assert_eq!([may(2, 100), may(3, 101), may(4, 102)], [true, true, false]);
        assert_eq!([may(5, 199), may(6, 200)], [false, true], "nobody knows what became of the first");
        assert!(breaker.note(CallId(2), true, &limits, at(201)).is_none());
        assert_eq!(breaker.note(CallId(6), true, &limits, at(201)), Some((HalfOpen, Closed)));
    }

    /// The same, kept as a list.
    #[derive(Default)]
    struct Naive {
        window: VecDeque<bool>,
    }

    impl Naive {
        fn opens(&mut self, answered: bool, limits: &Limits) -> bool {
            self.window.push_back(answered);
            if self.window.len() > limits.window as usize {
                self.window.pop_front();
            }
            let failed = self.window.iter().filter(|answered| !**answered).count() as f64;
            !answered && failed >= limits.open_at.as_f64() * f64::from(limits.window) - 1e-9
        }
    }

    proptest! {
        #[test]
        fn the_window_counts_like_a_list(
            window in 1_u32..=64,
            open_at in 0.01_f64..=1.0,
            results in proptest::collection::vec(any::<bool>(), 0..300),
        ) {
            let limits = limits(window, open_at, 1);
            let (mut breaker, mut naive) = (Breaker::default(), Naive::default());
            for (call, answered) in (1..).zip(results) {
                let opens = breaker.note(CallId(call), answered, &limits, at(0)).is_some();
                prop_assert_eq!(opens, naive.opens(answered, &limits));
                if opens {
                    break;
                }
            }
        }
    }
}
