//! Draws of what keeps clients and leaders from making things worse.

use super::draw::{length, magnitude};
use crate::plan::{Backoff, Between, Breaker, Budget, Jitter};
use crate::rng::{Rate, Stream, below};
use crate::time::Duration;
use std::num::NonZeroU32;

/// How refused clients wait if nothing else is drawn.
pub(super) const USUAL: Backoff = Backoff {
    base: Duration::from_millis(20),
    cap: Duration::from_secs(2),
    jitter: Jitter::Full,
    after_silence: false,
    attempts: None,
    budget: None,
};

/// How refused clients wait, in this share of the runs by rules of their own.
pub(super) fn backoff(mut stream: Stream, likely: Rate, attempts: Option<Between<u32>>) -> Backoff {
    let mut word = || stream.word();
    if !likely.hits(word()) {
        return USUAL;
    }
    let jitters = [Jitter::NoJitter, Jitter::Full, Jitter::Equal, Jitter::Decorrelated];
    let jitter = jitters[below(word(), 4) as usize];
    let millis = Duration::from_millis;
    let base = length(word(), Between { least: millis(5), most: millis(100) });
    let cap = length(word(), Between { least: millis(100), most: millis(2_000) });
    let after_silence = below(word(), 2) == 0;
    let (least, most) = attempts.map_or((1, 20), |it| (it.least, it.most));
    let (bounded, most) = (below(word(), 3) == 0, magnitude(word(), u64::from(least), u64::from(most)));
    let (spends, ratio, burst) = (below(word(), 3) == 0, share(word(), 0), magnitude(word(), 1, 100));
    Backoff {
        base,
        cap,
        jitter,
        after_silence,
        attempts: NonZeroU32::new(most as u32).filter(|_| bounded || attempts.is_some()),
        budget: spends.then_some(Budget { ratio, burst: burst as u32 }),
    }
}

/// When calls are not made for a while; in other than this share of the runs they always are.
pub(super) fn breaker(mut stream: Stream, likely: Rate) -> Option<Breaker> {
    let mut word = || stream.word();
    let hits = likely.hits(word());
    let cool_down = Between { least: Duration::from_millis(20), most: Duration::from_secs(2) };
    let breaker = Breaker {
        window: magnitude(word(), 1, 32) as u32,
        open_at: share(word(), 1),
        cool_down: length(word(), cool_down),
        probes: 1 + below(word(), 3) as u32,
    };
    hits.then_some(breaker)
}

/// A number of tenths, at least so many.
fn share(word: u64, least: u64) -> Rate {
    Rate::new((least + below(word, 11 - least)) as f64 / 10.0).unwrap_or(Rate::ZERO)
}
