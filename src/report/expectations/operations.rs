//! Whether clients were served.

use super::happenings::{Ending, Happening, What};
use super::moments::Moments;
use super::{Judged, Miss, Run};
use crate::ids::OperationId;
use crate::plan::{Goodput, Moment, Span};
use crate::report::format::{count, counted, percent};
use crate::rng::Rate;
use crate::time::{Duration, Time};

/// How operations ended.
#[derive(Clone, Debug, Default)]
struct Tally {
    done: u64,
    refused: u64,
    unknown: u64,
}

impl Tally {
    fn add(&mut self, ending: Ending) {
        match ending {
            Ending::Done => self.done += 1,
            Ending::Refused => self.refused += 1,
            Ending::Unknown => self.unknown += 1,
        }
    }

    fn all(&self) -> u64 {
        self.done + self.refused + self.unknown
    }
}

/// Looks out for operations that begin once service should be back, and are not done.
#[derive(Clone, Debug)]
pub(super) struct Returns {
    within: Duration,
    after: Moment,
    /// What goodput is asked for, if that is all; and how many operations were done before.
    to: Option<Goodput>,
    base: u64,
    tally: Tally,
    /// The first of them to begin.
    first: Option<(Time, OperationId, Happening, Ending)>,
    /// When the last operation that was not done began, and the last that was; since the moment.
    not_done: Option<Time>,
    done: Option<Time>,
}

impl Returns {
    pub(super) fn new(within: Duration, after: Moment, to: Option<Goodput>) -> Self {
        Self { within, after, to, base: 0, tally: Tally::default(), first: None, not_done: None, done: None }
    }

    pub(super) fn take(&mut self, happening: &Happening, moments: &Moments) {
        let What::Ended(operation, ending) = happening.what else { return };
        let began = happening.time;
        if let Some(Goodput { before, .. }) = self.to {
            let counts = ending == Ending::Done && moments.time(before).is_none_or(|before| began < before);
            self.base += u64::from(counts);
        }
        let Some(after) = moments.time(self.after).filter(|after| *after <= began) else { return };
        let last = if ending == Ending::Done { &mut self.done } else { &mut self.not_done };
        *last = (*last).max(Some(began));
        if began <= after + self.within {
            return;
        }
        self.tally.add(ending);
        let is_first = self.first.is_none_or(|(time, first, ..)| (began, operation) < (time, first));
        if ending != Ending::Done && is_first {
            self.first = Some((began, operation, *happening, ending));
        }
    }

    pub(super) fn judge(&self, run: &Run<'_>) -> Judged {
        let due = run.moments.came(self.after, run.end)? + self.within;
        if let Some(goodput) = self.to {
            return self.judge_goodput(goodput, due, run);
        }
        let all = self.tally.all();
        let Some((began, operation, happening, ending)) = self.first else {
            return match all {
                0 => Err(Miss::Vacuous(format!("no operation that began after {due} has ended"))),
                1 => Ok(format!("the one operation that began after {due} was done")),
                _ => Ok(format!("all {} that began after {due} were done", counted(all, "operation"))),
            };
        };
        let how = match ending {
            Ending::Refused => "was refused",
            _ => "had no answer in time",
        };
        let bad = all - self.tally.done;
        let were = if bad == 1 { "was" } else { "were" };
        // Since not all were done, there is one that was not.
        let last = self.not_done.unwrap_or(began);
        let back = match self.done {
            Some(done) if done > last => format!("all that began after {last} were done"),
            _ => format!("of those that began after {last} none was done"),
        };
        Err(Miss::Failed(format!(
            "{} of {} that began after {due} {were} not done, first {operation} of {} begun at {began}, which {how} \
             (record {}); {back}",
            count(bad),
            counted(all, "operation"),
            happening.node,
            happening.record,
        )))
    }
}

impl Returns {
    /// Compares how many operations per second were done, of those that began after a time and of those before a moment.
    fn judge_goodput(&self, goodput: Goodput, due: Time, run: &Run<'_>) -> Judged {
        let before = run.moments.came(goodput.before, run.end)?;
        let spans = [run.end.since(due.min(run.end)), before.since(Time::ZERO)];
        // In milliseconds, so that products stay far below 2^64.
        let [after_ms, before_ms] = spans.map(|span| span.nanos() / 1_000_000);
        if after_ms == 0 || before_ms == 0 || self.base == 0 {
            let why =
                format!("no operation that began before {before} was done, or no time is left after {due}");
            return Err(Miss::Vacuous(why));
        }
        let per_second = |done: u64, ms: u64| done as f64 * 1e3 / ms as f64;
        let (base, again) = (per_second(self.base, before_ms), per_second(self.tally.done, after_ms));
        let why = format!(
            "{again:.1} operations done per second of those that began after {due}, {} of the {base:.1} before {before}",
            percent(again / base),
        );
        let is_reached = goodput.share.is_reached(self.tally.done * before_ms, self.base * after_ms);
        if is_reached { Ok(why) } else { Err(Miss::Failed(why)) }
    }
}

/// Counts the operations that begin in a span, by how they end.
#[derive(Clone, Debug)]
pub(super) struct Availability {
    at_least: Option<Rate>,
    at_most: Option<Rate>,
    during: Span,
    tally: Tally,
}

impl Availability {
    pub(super) fn new((at_least, at_most): (Option<Rate>, Option<Rate>), during: Span) -> Self {
        Self { at_least, at_most, during, tally: Tally::default() }
    }

    pub(super) fn take(&mut self, happening: &Happening, moments: &Moments) {
        if let What::Ended(_, ending) = happening.what
            && moments.contains(self.during, happening.time)
        {
            self.tally.add(ending);
        }
    }

    pub(super) fn judge(&self, run: &Run<'_>) -> Judged {
        let span = run.moments.lasted(self.during, run.end)?;
        let all = self.tally.all();
        if all == 0 {
            return Err(Miss::Vacuous(format!("no operation that began {span} has ended")));
        }
        let why = format!(
            "{} done of {} that began {span}, {}; refused: {}, without answer in time: {}",
            count(self.tally.done),
            counted(all, "operation"),
            percent(self.tally.done as f64 / all as f64),
            count(self.tally.refused),
            count(self.tally.unknown),
        );
        let is_enough = self.at_least.is_none_or(|least| least.is_reached(self.tally.done, all));
        let is_too_much = self.at_most.is_some_and(|most| most.is_exceeded(self.tally.done, all));
        if is_enough && !is_too_much { Ok(why) } else { Err(Miss::Failed(why)) }
    }
}
