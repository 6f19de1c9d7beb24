//! The clock of a machine: how its local time follows from the world's.
//!
//! A clock that drifts runs evenly, but too fast or too slow. It is a function of the world's time alone, so it goes on
//! while the machine is down, and never goes back.

use crate::ids::NodeId;
use crate::time::{LocalTime, Time};

/// Parts of a second in which drift is told.
const MILLION: u128 = 1_000_000;

/// A clock that began with the world and has drifted since.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Clock {
    /// What has become of it; none for a clock that has always been right.
    drift: Option<Drift>,
}

/// A clock that runs at this rate since some time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Drift {
    /// How many seconds it shows for each million that pass.
    rate: u32,
    /// Since when.
    since: Time,
    /// What it showed then.
    shown: LocalTime,
}

/// The slowest a clock gets, in seconds for each million: that it stood still would be no clock.
const SLOWEST: i64 = 1;

impl Clock {
    /// The clock of this node, if the list tells for each node by how many parts per million its clock is fast (slow, if
    /// negative). Where the list ends clocks are right.
    pub(super) fn of(node: NodeId, drifts_ppm: &[i32]) -> Self {
        let ppm = drifts_ppm.get(node.slot()).copied().unwrap_or(0);
        let (since, shown) = (Time::ZERO, LocalTime::from_nanos(0));
        Self { drift: (ppm != 0).then(|| Drift { rate: rate(i64::from(ppm)), since, shown }) }
    }

    /// The same clock, which from now on is fast by so many parts per million.
    pub(super) fn running(self, ppm: i64, now: Time) -> Self {
        Self { drift: Some(Drift { rate: rate(ppm), since: now, shown: self.local(now) }) }
    }

    /// The same clock, put ahead by so many nanoseconds, or back if negative.
    pub(super) fn put(self, by_ns: i64, now: Time) -> Self {
        let shown = LocalTime::from_nanos(self.local(now).nanos().saturating_add_signed(by_ns));
        let rate = self.drift.map_or(1_000_000, |drift| drift.rate);
        Self { drift: Some(Drift { rate, since: now, shown }) }
    }

    /// What it shows at this time, which is none before it was last changed.
    #[inline]
    pub(super) fn local(self, now: Time) -> LocalTime {
        match self.drift {
            None => LocalTime::from_nanos(now.nanos()),
            Some(drift) => drift.local(now),
        }
    }

    /// The first time at which it shows this time, or more.
    #[inline]
    pub(super) fn world(self, local: LocalTime) -> Time {
        match self.drift {
            None => Time::from_nanos(local.nanos()),
            Some(drift) => drift.world(local),
        }
    }
}

impl Drift {
    #[cold]
    fn local(self, now: Time) -> LocalTime {
        let passed = u128::from(now.nanos().saturating_sub(self.since.nanos()));
        let shows = u128::from(self.shown.nanos()) + passed * u128::from(self.rate) / MILLION;
        LocalTime::from_nanos(u64::try_from(shows).unwrap_or(u64::MAX))
    }

    #[cold]
    fn world(self, local: LocalTime) -> Time {
        let left = u128::from(local.nanos().saturating_sub(self.shown.nanos()));
        let passes = (left * MILLION).div_ceil(u128::from(self.rate));
        let at = u128::from(self.since.nanos()) + passes;
        Time::from_nanos(u64::try_from(at).unwrap_or(u64::MAX))
    }
}

/// How many seconds a clock shows for each million, if it is fast by so many parts per million.
fn rate(ppm: i64) -> u32 {
    u32::try_from((1_000_000 + ppm).max(SLOWEST)).unwrap_or(u32::MAX)
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

    #[test]
    fn a_clock_whose_rate_changes_goes_on_from_what_it_shows() {
        let at = |seconds: u64| Time::from_nanos(seconds * 1_000_000_000);
        let clock = Clock::of(NodeId(1), &[]).running(500_000, at(10));
        assert_eq!(clock.local(at(12)), LocalTime::from_nanos(13_000_000_000));
        assert_eq!(clock.world(LocalTime::from_nanos(13_000_000_000)), at(12));
        let right = clock.running(0, at(12));
        assert_eq!(right.local(at(13)), LocalTime::from_nanos(14_000_000_000));
        assert_eq!(
            right.running(-5_000_000, at(13)).local(at(14)).nanos(),
            14_000_001_000,
            "it never goes back"
        );
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
