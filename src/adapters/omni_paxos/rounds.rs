//! Time in heartbeats, as the crate counts it, out of a clock and a deadline.
//!
//! A tick of the crate is a heartbeat of the scenario: with each one whatever had no answer is sent again. A round, in which
//! servers ask each other who is there, takes the least election timeout, in whole heartbeats. The first tick comes at any
//! time within a heartbeat, so that servers that start together don't tick together. A process that was stopped finds one tick
//! due, not all that it has missed, as with a ticker that drops ticks for which nobody waits.

use crate::replica::Options;
use crate::rng::below;
use crate::time::{Duration, LocalTime};

/// When the next tick is due.
#[derive(Debug)]
pub(super) struct Ticks {
    period: Duration,
    next: LocalTime,
}

impl Ticks {
    pub(super) fn new(options: &Options, now: LocalTime, word: u64) -> Self {
        let period = Duration::from_nanos(options.heartbeat.nanos().max(1));
        let wait = 1 + below(word, period.nanos());
        Self { period, next: LocalTime::from_nanos(now.nanos().saturating_add(wait)) }
    }

    pub(super) const fn next(&self) -> LocalTime {
        self.next
    }

    /// Whether a tick is due. The next one comes after now.
    pub(super) fn is_due(&mut self, now: LocalTime) -> bool {
        if now < self.next {
            return false;
        }
        let missed = now.since(self.next).nanos() / self.period.nanos();
        let ahead = self.period.saturating_mul(missed.saturating_add(1));
        self.next = LocalTime::from_nanos(self.next.nanos().saturating_add(ahead.nanos()));
        true
    }
}

/// How many heartbeats a round takes.
pub(super) fn round(options: &Options) -> u64 {
    let (least, _) = options.election_timeout;
    least.nanos().div_ceil(options.heartbeat.nanos().max(1)).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_that_were_missed_are_made_up_for_by_one() {
        let options = Options::plain();
        let mut ticks = Ticks::new(&options, LocalTime::from_nanos(0), 0);
        assert_eq!((ticks.next().nanos(), round(&options)), (1, 3));
        let at = |millis: u64| LocalTime::from_nanos(1 + millis * 1_000_000);
        assert!(ticks.is_due(at(0)) && !ticks.is_due(at(49)));
        assert!(ticks.is_due(at(250)) && !ticks.is_due(at(250)));
        assert_eq!(ticks.next(), at(300));
    }
}
