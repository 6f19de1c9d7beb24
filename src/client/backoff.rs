//! How long a refused client waits, and how often it may ask again.

use crate::plan::{Backoff, Budget, Jitter};
use crate::rng::below;
use crate::time::Duration;

/// How long to wait after so many refusals in a row, the last of them followed by a wait of `previous`; one word, whatever
/// the jitter.
pub(super) fn backoff(backoff: &Backoff, refusals: u32, previous: Duration, word: u64) -> Duration {
    let doubled = 1_u64.checked_shl(refusals.saturating_sub(1)).unwrap_or(u64::MAX);
    let whole = backoff.base.saturating_mul(doubled).min(backoff.cap);
    let up_to = |most: Duration| Duration::from_nanos(below(word, most.nanos().saturating_add(1)));
    match backoff.jitter {
        Jitter::NoJitter => whole,
        Jitter::Full => up_to(whole),
        Jitter::Equal => {
            let half = Duration::from_nanos(whole.nanos() / 2);
            half + up_to(Duration::from_nanos(whole.nanos() - half.nanos()))
        }
        Jitter::Decorrelated => {
            let most = previous.max(backoff.base).saturating_mul(3);
            let above = Duration::from_nanos(most.nanos() - backoff.base.nanos());
            (backoff.base + up_to(above)).min(backoff.cap)
        }
    }
}

/// What a client may still spend on asking again: a bucket of tokens.
///
/// - A token stands for one more try. The bucket is full at first, and never holds more than the burst.
#[derive(Clone, Debug)]
pub(super) struct Purse {
    /// In parts of 2^64 of a token.
    parts: u128,
    budget: Budget,
}

const TOKEN: u128 = 1 << 64;

impl Purse {
    pub(super) fn new(budget: Budget) -> Self {
        Self { parts: u128::from(budget.burst) * TOKEN, budget }
    }

    /// An operation begins: it brings its share.
    pub(super) fn earn(&mut self) {
        let most = u128::from(self.budget.burst) * TOKEN;
        self.parts = (self.parts + self.budget.ratio.parts()).min(most);
    }

    /// Takes a token. Whether there was one.
    pub(super) fn spend(&mut self) -> bool {
        let rest = self.parts.checked_sub(TOKEN);
        self.parts = rest.unwrap_or(self.parts);
        rest.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rate;
    use proptest::prelude::*;

    const MS: fn(u64) -> Duration = Duration::from_millis;

    fn model(jitter: Jitter) -> Backoff {
        Backoff { base: MS(20), cap: MS(100), jitter, after_silence: false, attempts: None, budget: None }
    }

    #[test]
    fn backoff_doubles_up_to_its_cap() {
        let model = model(Jitter::NoJitter);
        let waits: Vec<Duration> = [1, 2, 3, 4, 60, 70].map(|n| backoff(&model, n, MS(0), 0)).into();
        assert_eq!(waits, [MS(20), MS(40), MS(80), MS(100), MS(100), MS(100)]);
    }

    #[test]
    fn jitter_spreads_over_the_whole_or_a_half() {
        let ends = |jitter, refusals| {
            [0, u64::MAX].map(|word| backoff(&model(jitter), refusals, Duration::ZERO, word))
        };
        assert_eq!(ends(Jitter::Full, 1), [Duration::ZERO, MS(20)]);
        assert_eq!(ends(Jitter::Equal, 1), [MS(10), MS(20)]);
        assert_eq!(ends(Jitter::Equal, 9), [MS(50), MS(100)]);
        assert_eq!(ends(Jitter::Decorrelated, 9), [MS(20), MS(60)], "the number of refusals is of no matter");
    }

    proptest! {
        #[test]
        fn a_decorrelated_wait_lies_between_the_base_and_three_times_the_last(
            previous in 0_u64..10_000_000_000,
            word: u64,
        ) {
            let previous = Duration::from_nanos(previous);
            let wait = backoff(&model(Jitter::Decorrelated), 3, previous, word);
            prop_assert!(wait >= MS(20) && wait <= MS(100));
            prop_assert!(wait <= previous.max(MS(20)).saturating_mul(3));
        }
    }

    #[test]
    fn a_purse_pays_its_burst_at_first_and_then_its_share() {
        let mut purse = Purse::new(Budget { ratio: Rate::new(0.25).expect("a rate"), burst: 2 });
        purse.earn();
        assert_eq!(
            [purse.spend(), purse.spend(), purse.spend()],
            [true, true, false],
            "no more than the burst"
        );
        for _ in 0..3 {
            purse.earn();
        }
        assert!(!purse.spend(), "three quarters of a token are none");
        purse.earn();
        assert!(purse.spend());
    }
}
