//! The clock of a machine: how its local time follows from the world's.
//!
//! A clock that drifts runs evenly, but too fast or too slow. It is a function of the world's time alone, so it goes on
//! while the machine is down, and never goes back.

use crate::ids::NodeId;
use crate::time::{LocalTime, Time};

/// Parts of a second in which drift is told.
const MILLION: u128 = 1_000_000;

/// A clock that began with the world and has drifted since.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Clock {
    /// How many seconds it shows for each million that pass.
    rate: Option<u32>,
}

impl Clock {
    /// The clock of this node, if the list tells for each node by how many parts per million its clock is fast (slow, if
    /// negative). Where the list ends clocks are right.
    pub(super) fn of(node: NodeId, drifts_ppm: &[i32]) -> Self {
        let drift = drifts_ppm.get(node.slot()).copied().unwrap_or(0);
        let rate = u32::try_from(1_000_000 + i64::from(drift)).expect("a clock does not run backwards");
        assert!(rate > 0, "a clock does not stand still");
        Self { rate: (drift != 0).then_some(rate) }
    }

    /// What it shows at this time.
    #[inline]
    pub(super) fn local(self, now: Time) -> LocalTime {
        match self.rate {
            None => LocalTime::from_nanos(now.nanos()),
            Some(rate) => LocalTime::from_nanos(scaled(now.nanos(), u128::from(rate), MILLION)),
        }
    }

    /// The first time at which it shows this time, or more.
    #[inline]
    pub(super) fn world(self, local: LocalTime) -> Time {
        match self.rate {
            None => Time::from_nanos(local.nanos()),
            Some(rate) => unscaled(local.nanos(), u128::from(rate)),
        }
    }
}

#[cold]
fn unscaled(nanos: u64, rate: u128) -> Time {
    let nanos = (u128::from(nanos) * MILLION).div_ceil(rate);
    Time::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}

#[cold]
fn scaled(nanos: u64, by: u128, of: u128) -> u64 {
    u64::try_from(u128::from(nanos) * by / of).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_clock_without_drift_shows_the_time() {
        let clock = Clock::of(NodeId(3), &[5, 0]);
        for nanos in [0, 1, 123_456_789, u64::MAX] {
            assert_eq!(clock.local(Time::from_nanos(nanos)), LocalTime::from_nanos(nanos));
            assert_eq!(clock.world(LocalTime::from_nanos(nanos)), Time::from_nanos(nanos));
        }
    }

    #[test]
    fn a_clock_that_drifts_is_fast_or_slow_by_its_share() {
        let second = Time::from_nanos(1_000_000_000);
        let shows = |drift| Clock::of(NodeId(1), &[drift]).local(second).nanos();
        assert_eq!([50_000, -50_000, 1].map(shows), [1_050_000_000, 950_000_000, 1_000_001_000]);
    }

    proptest! {
        #[test]
        fn it_never_goes_back_and_a_wake_never_comes_early(
            drift in -900_000_i32..2_000_000, now in 0_u64..1 << 60, later in 0_u64..1_000_000, wait in 1_u64..1 << 40,
        ) {
            let clock = Clock::of(NodeId(1), &[drift]);
            let now = Time::from_nanos(now);
            let local = clock.local(now);
            prop_assert!(clock.local(Time::from_nanos(now.nanos() + later)) >= local);
            let due = LocalTime::from_nanos(local.nanos() + wait);
            let wake = clock.world(due);
            prop_assert!(wake > now);
            prop_assert!(clock.local(wake) >= due);
            prop_assert!(clock.local(Time::from_nanos(wake.nanos() - 1)) < due);
        }
    }
}
