//! Time in ticks, as the crate counts it, out of a clock and a deadline.
//!
//! A tick that nothing comes of is not waited for: the deadline is the tick with which something may happen, and the ticks
//! before it are made up for with the next step, whatever brings it. What ticks bring about happens when the replica is woken,
//! and then once: a process that was stopped finds one tick due, not all that it has missed, as with a ticker that drops
//! ticks for which nobody waits.

use crate::replica::Options;
use crate::rng::below;
use crate::time::{Duration, LocalTime};
use raft::{RawNode, StateRole, Storage};

/// The length of a tick if the heartbeat allows it.
const USUAL: u64 = 1_000_000;

/// How many ticks a heartbeat has at least, so that timeouts can be told apart, and at most, so that they cost little.
const PER_HEARTBEAT: (u64, u64) = (10, 1_000);

/// How the protocol's times are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Timing {
    /// The length of a tick.
    pub(super) tick: Duration,
    /// How many ticks a heartbeat has.
    pub(super) heartbeat: usize,
    /// The least and the greatest election timeout.
    pub(super) election: (usize, usize),
}

impl Timing {
    pub(super) fn of(options: &Options) -> Self {
        let heartbeat = options.heartbeat.nanos().max(1);
        let ticks = heartbeat.div_ceil(USUAL).clamp(PER_HEARTBEAT.0, PER_HEARTBEAT.1).min(heartbeat);
        let tick = heartbeat / ticks;
        let (least, most) = options.election_timeout;
        let least = least.nanos().div_ceil(tick).max(ticks + 1);
        let most = (most.nanos() / tick).max(least);
        Self {
            tick: Duration::from_nanos(tick),
            heartbeat: ticks as usize,
            election: (least as usize, most as usize),
        }
    }

    /// An election timeout, by a random word.
    pub(super) fn timeout(&self, word: u64) -> usize {
        let (least, most) = self.election;
        least + below(word, (most - least) as u64 + 1) as usize
    }
}

/// How far the ticks have come.
#[derive(Debug)]
pub(super) struct Ticks {
    timing: Timing,
    /// When the replica began.
    began: LocalTime,
    /// How much earlier its first tick began, so that servers that start together don't tick together.
    ahead: u64,
    /// How many ticks the crate has been given.
    given: u64,
}

impl Ticks {
    pub(super) fn new(timing: Timing, began: LocalTime, word: u64) -> Self {
        Self { timing, began, ahead: below(word, timing.tick.nanos()), given: 0 }
    }

    /// How many ticks have ended by now.
    fn ended(&self, now: LocalTime) -> u64 {
        let nanos = now.since(self.began).nanos().saturating_add(self.ahead);
        nanos / self.timing.tick.nanos()
    }

    /// Whether a tick has ended that the crate has not been given.
    #[inline]
    fn is_behind(&self, now: LocalTime) -> bool {
        now >= self.end(self.given.saturating_add(1))
    }

    /// When this tick ends, which is one from 1 on.
    fn end(&self, tick: u64) -> LocalTime {
        let nanos = tick.saturating_mul(self.timing.tick.nanos()).saturating_sub(self.ahead);
        LocalTime::from_nanos(self.began.nanos().saturating_add(nanos))
    }

    /// Gives the crate the ticks that have ended, as far as nothing comes of them.
    #[inline]
    pub(super) fn catch_up<S: Storage>(&mut self, now: LocalTime, node: &mut RawNode<S>) {
        if !self.is_behind(now) {
            return;
        }
        let ended = self.ended(now).saturating_sub(self.given);
        let quiet = left(node).map_or(ended, |left| ended.min(left - 1));
        if node.raft.state == StateRole::Leader {
            for _ in 0..quiet {
                node.tick();
            }
        } else {
            node.raft.election_elapsed = node.raft.election_elapsed.saturating_add(quiet as usize);
        }
        self.given += quiet;
    }

    /// Gives the crate the tick that is due, if one is.
    pub(super) fn fire<S: Storage>(&mut self, now: LocalTime, node: &mut RawNode<S>) {
        let ended = self.ended(now);
        if ended > self.given {
            node.tick();
            self.given = ended;
        }
    }

    /// Lets the ticks that have ended go by without any effect.
    pub(super) fn skip(&mut self, now: LocalTime) {
        self.given = self.given.max(self.ended(now));
    }

    /// When the next tick ends with which something may happen; none if nothing does by itself. If no tick is due any more,
    /// those that were missed don't count.
    #[inline]
    pub(super) fn deadline<S: Storage>(&mut self, now: LocalTime, node: &RawNode<S>) -> Option<LocalTime> {
        let left = left(node)?;
        if left > 1 && self.is_behind(now) {
            self.given = self.given.max(self.ended(now));
        }
        Some(self.end(self.given.saturating_add(left)))
    }
}

/// How many ticks are left until something may happen, at least 1; none if nothing will.
#[inline]
fn left<S: Storage>(node: &RawNode<S>) -> Option<u64> {
    let raft = &node.raft;
    let left = if raft.state == StateRole::Leader {
        let heartbeat = raft.heartbeat_timeout().saturating_sub(raft.heartbeat_elapsed());
        heartbeat.min(raft.election_timeout().saturating_sub(raft.election_elapsed))
    } else if raft.promotable() {
        raft.randomized_election_timeout().saturating_sub(raft.election_elapsed)
    } else {
        return None;
    };
    Some(left.max(1) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn timing(heartbeat: u64, least: u64, most: u64) -> Timing {
        let mut options = Options::plain();
        options.heartbeat = Duration::from_nanos(heartbeat);
        options.election_timeout = (Duration::from_nanos(least), Duration::from_nanos(most));
        Timing::of(&options)
    }

    #[test]
    fn a_tick_is_a_millisecond_if_that_is_fine_enough() {
        let ms = 1_000_000;
        let usual = timing(50 * ms, 150 * ms, 300 * ms);
        assert_eq!(usual, Timing { tick: Duration::from_millis(1), heartbeat: 50, election: (150, 300) });
        assert_eq!((usual.timeout(0), usual.timeout(u64::MAX)), (150, 300));
        assert_eq!(timing(ms, 3 * ms, 6 * ms).election, (30, 60));
        assert_eq!(timing(10_000 * ms, 20_000 * ms, 20_000 * ms).election, (2_000, 2_000));
        // As short as can be.
        assert_eq!(timing(1, 2, 2).election, (2, 2));
        assert_eq!(timing(ms, ms + 1, ms + 1).election, (11, 11));
    }
}
