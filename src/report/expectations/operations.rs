//! Whether clients were served.

use super::happenings::{Ending, Happening, What};
use super::moments::Moments;
use super::{Judged, Miss, Run};
use crate::ids::OperationId;
use crate::plan::{Moment, Span};
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
    tally: Tally,
    /// The first of them to begin.
    first: Option<(Time, OperationId, Happening, Ending)>,
    /// When the last operation that was not done began, and the last that was; since the moment.
    not_done: Option<Time>,
    done: Option<Time>,
}

impl Returns {
    pub(super) fn new(within: Duration, after: Moment) -> Self {
        Self { within, after, tally: Tally::default(), first: None, not_done: None, done: None }
    }

    pub(super) fn take(&mut self, happening: &Happening, moments: &Moments) {
        let What::Ended(operation, ending) = happening.what else { return };
        let began = happening.time;
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

/// Counts the operations that begin in a span, by how they end.
#[derive(Clone, Debug)]
pub(super) struct Availability {
    at_least: Rate,
    during: Span,
    tally: Tally,
}

impl Availability {
    pub(super) fn new(at_least: Rate, during: Span) -> Self {
        Self { at_least, during, tally: Tally::default() }
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
        if self.at_least.is_reached(self.tally.done, all) { Ok(why) } else { Err(Miss::Failed(why)) }
    }
}
