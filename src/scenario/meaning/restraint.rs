//! What keeps clients and leaders from making things worse: backoff, budgets and breakers.

use super::{bounded, limited, positive, rate};
use crate::plan::{Backoff, Breaker, Budget, Jitter};
use crate::rng::Rate;
use crate::scenario::bounds::{self, SHORTEST_BACKOFF};
use crate::scenario::notes::Notes;
use crate::scenario::path::Path;
use crate::scenario::shape;
use std::num::NonZeroU32;

/// How refused clients wait.
pub(super) fn backoff(path: &Path<'_>, backoff: &shape::Backoff, notes: &mut Notes<'_>) -> Backoff {
    let (base, cap) = (backoff.base, backoff.cap);
    if base < SHORTEST_BACKOFF {
        let message = format!("the first wait, {base}, is below {SHORTEST_BACKOFF}");
        notes.error_by_itself(&path.field("base"), message, format!("write \"{SHORTEST_BACKOFF}\" or more"));
    }
    limited(&path.field("base"), base, notes);
    limited(&path.field("cap"), cap, notes);
    if base > cap {
        let message = format!("the first wait, {base}, is above the longest, {cap}");
        notes.error_by_itself(path, message, format!("make `cap` at least \"{base}\""));
    }
    let attempts = backoff.attempts.map(|attempts| bounded(path, attempts, bounds::ATTEMPTS, notes));
    Backoff {
        base,
        cap,
        jitter: match backoff.jitter {
            shape::Jitter::NoJitter => Jitter::NoJitter,
            shape::Jitter::Full => Jitter::Full,
            shape::Jitter::Equal => Jitter::Equal,
            shape::Jitter::Decorrelated => Jitter::Decorrelated,
        },
        after_silence: backoff.after_silence,
        attempts: attempts.and_then(NonZeroU32::new),
        budget: backoff.budget.map(|it| budget(&path.field("budget"), &it, notes)),
    }
}

fn budget(path: &Path<'_>, budget: &shape::Budget, notes: &mut Notes<'_>) -> Budget {
    Budget {
        ratio: rate(&path.field("ratio"), budget.ratio, notes),
        burst: bounded(path, budget.burst, bounds::BURST, notes),
    }
}

/// When calls are not made for a while.
pub(super) fn breaker(path: &Path<'_>, breaker: &shape::Breaker, notes: &mut Notes<'_>) -> Breaker {
    let open_at = rate(&path.field("open_at"), breaker.open_at, notes);
    if open_at == Rate::ZERO && (0.0..=1.0).contains(&breaker.open_at) {
        let message = "a breaker that opens at a share of 0 opens at the first failure, whatever the window";
        notes.error_by_itself(&path.field("open_at"), message, "write some share, such as 0.5");
    }
    positive(&path.field("cool_down"), breaker.cool_down, notes);
    Breaker {
        window: bounded(path, breaker.window, bounds::WINDOW, notes),
        open_at,
        cool_down: breaker.cool_down,
        probes: bounded(path, breaker.probes, bounds::PROBES, notes),
    }
}
