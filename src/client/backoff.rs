//! How long a refused client waits.

use crate::plan::{Backoff, Jitter};
use crate::rng::below;
use crate::time::Duration;

/// How long to wait after so many refusals in a row; one word, whatever the jitter.
pub(super) fn backoff(backoff: &Backoff, refusals: u32, word: u64) -> Duration {
    let doubled = 1_u64.checked_shl(refusals.saturating_sub(1)).unwrap_or(u64::MAX);
    let whole = backoff.base.saturating_mul(doubled).min(backoff.cap);
    match backoff.jitter {
        Jitter::NoJitter => whole,
        Jitter::Full => Duration::from_nanos(below(word, whole.nanos().saturating_add(1))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backoff_doubles_up_to_its_cap() {
        let ms = Duration::from_millis;
        let model = Backoff { base: ms(20), cap: ms(100), jitter: Jitter::NoJitter };
        let waits: Vec<Duration> = [1, 2, 3, 4, 60, 70].map(|n| backoff(&model, n, 0)).into();
        assert_eq!(waits, [ms(20), ms(40), ms(80), ms(100), ms(100), ms(100)]);
    }

    #[test]
    fn full_jitter_spreads_over_the_whole() {
        let model =
            Backoff { base: Duration::from_millis(20), cap: Duration::from_secs(1), jitter: Jitter::Full };
        assert_eq!(backoff(&model, 1, 0), Duration::ZERO);
        assert_eq!(backoff(&model, 1, u64::MAX), Duration::from_millis(20));
    }
}
