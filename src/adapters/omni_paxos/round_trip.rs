//! When what has no answer is taken for lost: TCP's estimate (RFC 6298) of how long an answer takes.

use crate::time::Duration;

/// No timeout is shorter: where frames take no time at all, what is lost must not be sent again without end.
const LEAST: Duration = Duration::from_millis(1);

/// How long answers have taken.
#[derive(Debug, Default)]
pub(super) struct RoundTrip {
    /// None as long as nothing was measured.
    smoothed: Option<Duration>,
    /// By how much it varies.
    variation: Duration,
}

impl RoundTrip {
    /// An answer took so long.
    pub(super) fn note(&mut self, took: Duration) {
        let Some(smoothed) = self.smoothed else {
            self.smoothed = Some(took);
            self.variation = Duration::from_nanos(took.nanos() / 2);
            return;
        };
        let off = Duration::from_nanos(smoothed.nanos().abs_diff(took.nanos()));
        self.variation = Self::mixed(self.variation, off, 4);
        self.smoothed = Some(Self::mixed(smoothed, took, 8));
    }

    /// After how long an answer is overdue; none as long as nothing was measured. It is at least twice what is usual, where
    /// TCP takes at least a second: so it goes with the network, be it slow or quick.
    pub(super) fn timeout(&self) -> Option<Duration> {
        let smoothed = self.smoothed?;
        Some(smoothed.saturating_add(self.variation.saturating_mul(4).max(smoothed)).max(LEAST))
    }

    /// The old value with one of so many parts replaced by the new one.
    const fn mixed(old: Duration, new: Duration, parts: u64) -> Duration {
        Duration::from_nanos(old.nanos() - old.nanos() / parts + new.nanos() / parts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(took: &[u64]) -> Duration {
        let mut round_trip = RoundTrip::default();
        took.iter().for_each(|millis| round_trip.note(Duration::from_millis(*millis)));
        round_trip.timeout().expect("something was measured")
    }

    #[test]
    fn the_timeout_goes_with_the_network() {
        assert_eq!(RoundTrip::default().timeout(), None);
        assert_eq!(after(&[0]), LEAST);
        assert_eq!(after(&[8]), Duration::from_millis(24));
        assert_eq!(after(&[8, 8]), Duration::from_millis(20));
        assert_eq!(after(&[8, 16]), Duration::from_millis(29));
        // What never varies is given twice its time.
        let settled = after(&[8; 100]);
        assert!((16_000_000..16_100_000).contains(&settled.nanos()), "{settled:?}");
        let slower = after(&[[8; 100], [80; 100]].concat());
        assert!((159_000_000..161_000_000).contains(&slower.nanos()), "{slower:?}");
    }
}
