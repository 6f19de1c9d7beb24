//! Spans with a leader and without progress.

use crate::time::{Duration, Time};
use serde::Serialize;

/// A span in which there was an effective leader and clients waited, but no entry was committed and no operation done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standstill {
    /// What came last of these: an entry was committed for the first time, an operation was done, the leader came, the first
    /// operation was begun while none was open.
    pub from: Time,
    /// What came first after that: such a commit, an operation done, the leader's loss, or the end of the run; while no
    /// operation was open then, the end of the last one that had been.
    pub to: Time,
}

impl Standstill {
    /// How long it was.
    pub fn length(&self) -> Duration {
        self.to.since(self.from)
    }
}

/// All standstills of a run, in few figures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct StandstillSums {
    /// How many there were.
    pub count: u64,
    /// How long they were together, in nanoseconds.
    pub total_ns: u64,
    /// How long the longest was, in nanoseconds.
    pub longest_ns: u64,
    /// When the longest began, in nanoseconds; the first of several; none if there was none.
    pub longest_from_ns: Option<u64>,
}

impl StandstillSums {
    /// Those of these, in order of time.
    pub(super) fn of(all: &[Standstill]) -> Self {
        let mut sums = Self::default();
        for standstill in all {
            let length = standstill.length().nanos();
            sums.count += 1;
            sums.total_ns += length;
            if length > sums.longest_ns {
                (sums.longest_ns, sums.longest_from_ns) = (length, Some(standstill.from.nanos()));
            }
        }
        sums
    }
}

/// Follows whether there is a leader, whether clients wait and when something is done.
#[derive(Clone, Debug)]
pub(super) struct Standstills {
    threshold: Duration,
    /// Whether somebody leads effectively.
    led: bool,
    /// How many operations are open.
    open: u64,
    /// When the last one that was open was over.
    given_up: Time,
    /// Since when there is a leader, clients wait, and nothing is done.
    since: Option<Time>,
    all: Vec<Standstill>,
}

impl Standstills {
    /// Of those longer than this.
    pub(super) fn new(threshold: Duration) -> Self {
        Self { threshold, led: false, open: 0, given_up: Time::ZERO, since: None, all: Vec::new() }
    }

    /// An entry is committed that was not before.
    #[inline]
    pub(super) fn progress(&mut self, now: Time) {
        if let Some(since) = self.since {
            if now.since(since) > self.threshold {
                self.end(now);
            }
            self.since = (self.open > 0).then_some(now);
        }
    }

    /// From now on somebody leads effectively, or nobody does.
    pub(super) fn led(&mut self, now: Time, led: bool) {
        if self.led && !led {
            self.end(now);
        }
        if self.led != led {
            self.led = led;
            self.since = (led && self.open > 0).then_some(now);
        }
    }

    /// A client begins an operation.
    pub(super) fn invoked(&mut self, now: Time) {
        self.open += 1;
        if self.led {
            // Who gave up and asks again has waited all the time.
            self.since.get_or_insert(now);
        }
    }

    /// An operation is over: done, or without success.
    pub(super) fn returned(&mut self, now: Time, done: bool) {
        if done {
            self.progress(now);
        }
        self.open = self.open.saturating_sub(1);
        if self.open == 0 {
            self.given_up = now;
            if done {
                self.since = None;
            }
        }
    }

    #[cold]
    fn end(&mut self, now: Time) {
        self.all.extend(self.ended(now));
    }

    /// The one that ends now, if it is one.
    fn ended(&self, now: Time) -> Option<Standstill> {
        let to = if self.open == 0 { self.given_up } else { now };
        let standstill = Standstill { from: self.since?, to };
        (standstill.length() > self.threshold).then_some(standstill)
    }

    /// All of a run that ended now.
    pub(super) fn all(&self, end: Time) -> Vec<Standstill> {
        self.all.iter().copied().chain(self.ended(end)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Time {
        Time::ZERO + Duration::from_millis(millis)
    }

    /// From and to in milliseconds, of those above 100 ms when the run ends at one second.
    fn of(script: impl FnOnce(&mut Standstills)) -> Vec<(u64, u64)> {
        let mut all = Standstills::new(Duration::from_millis(100));
        script(&mut all);
        let millis = |time: Time| time.nanos() / 1_000_000;
        all.all(at(1000)).iter().map(|it| (millis(it.from), millis(it.to))).collect()
    }

    #[test]
    fn it_takes_a_leader_and_somebody_who_waits() {
        assert_eq!(of(|it| it.invoked(at(10))), [], "nobody leads");
        assert_eq!(of(|it| it.led(at(10), true)), [], "nobody asks");
        let led = |it: &mut Standstills| it.led(at(10), true);
        let asked = |it: &mut Standstills| it.invoked(at(20));
        assert_eq!(of(|it| (led(it), asked(it)).1), [(20, 1000)], "to the end of the run");
        assert_eq!(of(|it| (it.invoked(at(5)), led(it)).1), [(10, 1000)], "since there is a leader");
        assert_eq!(of(|it| (led(it), asked(it), it.led(at(300), false)).2), [(20, 300)]);
        assert_eq!(of(|it| (led(it), asked(it), it.led(at(300), true)).2), [(20, 1000)], "another leader");
    }

    #[test]
    fn a_commit_and_an_operation_done_are_progress() {
        let begin = |it: &mut Standstills| {
            it.led(at(0), true);
            it.invoked(at(0));
        };
        assert_eq!(
            of(|it| {
                begin(it);
                (1..10).for_each(|tenth| it.progress(at(100 * tenth)));
            }),
            []
        );
        assert_eq!(of(|it| (begin(it), it.progress(at(700))).1), [(0, 700), (700, 1000)]);
        assert_eq!(of(|it| (begin(it), it.returned(at(700), true)).1), [(0, 700)], "then nobody waits");
    }

    #[test]
    fn who_gives_up_and_asks_again_has_waited_all_the_time() {
        let begin = |it: &mut Standstills| {
            it.led(at(0), true);
            it.invoked(at(0));
            it.returned(at(400), false);
        };
        assert_eq!(of(begin), [(0, 400)], "then nobody asked");
        assert_eq!(of(|it| (begin(it), it.progress(at(900))).1), [(0, 400)]);
        assert_eq!(of(|it| (begin(it), it.invoked(at(500)), it.returned(at(800), true)).2), [(0, 800)]);
    }

    #[test]
    fn the_sums_name_the_longest() {
        let one = |from, to| Standstill { from: at(from), to: at(to) };
        assert_eq!(StandstillSums::of(&[]), StandstillSums::default());
        let sums = StandstillSums::of(&[one(0, 200), one(300, 700), one(800, 900)]);
        let millis = [sums.total_ns, sums.longest_ns, sums.longest_from_ns.unwrap_or(0)];
        assert_eq!((sums.count, millis.map(|nanos| nanos / 1_000_000)), (3, [700, 400, 300]));
    }
}
