//! What was expected of a run, judged by its records alone.
//!
//! Records become [happenings](happenings), each of which every expectation may count; what there is to count is known
//! at the end. All that happens at one instant is counted when time moves on: only then is it known which faults began
//! and ended in it. A span contains its beginning and not its end, so an instant lies in it or doesn't, whatever the
//! order of the records.
//!
//! | expectation | judged by |
//! |---|---|
//! | `LeaderWithin` | the effective leaders, as the elections have them |
//! | `Progress`, `NoProgress` | first commits of entries that were accepted as requests |
//! | `Returns`, `Availability` | operations, by when they began |
//! | `Settled` | effective leaders, and what each node of the core commits and applies |
//! | `LeaderChanges`, `TermAtMost`, `Sometimes`, `Never` | events |
//! | `Linearizable`, `ExactlyOnce`, `Violates` | the checkers' verdicts |

mod events;
mod happenings;
mod leaders;
mod moments;
mod operations;
mod progress;
mod settled;
#[cfg(test)]
mod tests;
mod words;

use super::elections::Reign;
use crate::check::{Check, Verdict};
use crate::plan::{Expectation, Plan, Property};
use crate::time::Time;
use crate::trace::{Observer, Record};
use events::{LeaderChanges, Sighted, Terms};
pub(in crate::report) use happenings::{Happening, Happenings, What};
use leaders::LeaderWithin;
use moments::Moments;
use operations::{Availability, Returns};
use progress::Progress;
use serde::Serialize;
use settled::Settled;

/// What became of an expectation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    /// What was expected.
    pub expectation: Expectation,
    /// That, as a scenario writes it.
    pub text: String,
    /// Whether the run did as expected.
    pub verdict: Judgement,
    /// What shows it.
    pub why: String,
}

impl Expected {
    /// What failed: the expectation, with the step if it takes several.
    pub fn failure(&self) -> String {
        match self.expectation {
            Expectation::Settled { .. } => format!("{}: {}", self.text, settled::step(&self.why)),
            _ => self.text.clone(),
        }
    }
}

/// Whether a run did as expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Judgement {
    /// It did.
    Held,
    /// It did not.
    Failed,
    /// Nothing happened in it that could show it: no pass.
    Vacuous,
    /// It did not, and was not to: a leader with which something stays wrong led.
    Waived,
}

/// Why a violation of safety is no failure of the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Excuse {
    /// It was expected.
    Expected,
    /// It was first shown by the record that showed the first of those expected, or by a later one.
    Consequence,
    /// It was not owed: something else had broken what it rests on.
    Waived,
}

/// Why an expectation didn't hold.
enum Miss {
    Failed(String),
    Vacuous(String),
    Waived(String),
}

/// What the run shows of an expectation that held, or why it did not hold.
type Judged = Result<String, Miss>;

/// Follows a run for the sake of its plan's expectations.
#[derive(Clone, Debug)]
pub(super) struct Expectations {
    watches: Vec<(Expectation, String, Watch)>,
    moments: Moments,
    happenings: Happenings,
    /// The instant whose happenings are not counted yet, and these.
    instant: Time,
    pending: Vec<Happening>,
    /// Whether one of them looks at records by itself.
    looks_closely: bool,
}

/// What is kept for an expectation.
#[derive(Clone, Debug)]
enum Watch {
    LeaderWithin(LeaderWithin),
    Progress(Progress),
    Returns(Returns),
    Settled(Box<Settled>),
    Availability(Availability),
    LeaderChanges(LeaderChanges),
    Terms(Terms),
    Sighted(Sighted),
    Holds(Property),
    Violates(Property),
}

/// What a run shows at its end.
struct Run<'a> {
    end: Time,
    moments: &'a Moments,
    reigns: &'a [Reign],
    checks: &'a [Check],
}

impl Expectations {
    /// Before the first record of a run of this plan; none if it expects nothing.
    pub(super) fn new(plan: &Plan) -> Option<Self> {
        let watch = |it: &Expectation| (*it, words::text(it, &plan.faults), Watch::new(*it, plan));
        (!plan.expectations.is_empty()).then(|| Self {
            watches: plan.expectations.iter().map(watch).collect(),
            moments: Moments::new(plan),
            happenings: Happenings::new(plan.cluster.nodes()),
            instant: Time::ZERO,
            pending: Vec::new(),
            looks_closely: plan.expectations.iter().any(|it| matches!(it, Expectation::Settled { .. })),
        })
    }

    /// What became of each in a run that ended at `end`, with these effective leaders and verdicts of the checkers.
    pub(super) fn judged(&self, end: Time, reigns: &[Reign], checks: &[Check]) -> Vec<Expected> {
        let mut settled = self.clone();
        settled.settle();
        let run = Run { end, moments: &settled.moments, reigns, checks };
        let judged = |(expectation, text, watch): &(Expectation, String, Watch)| {
            let (verdict, why) = match watch.judge(&run) {
                Ok(why) => (Judgement::Held, why),
                Err(Miss::Failed(why)) => (Judgement::Failed, why),
                Err(Miss::Vacuous(why)) => (Judgement::Vacuous, why),
                Err(Miss::Waived(why)) => (Judgement::Waived, why),
            };
            Expected { expectation: *expectation, text: text.clone(), verdict, why }
        };
        settled.watches.iter().map(judged).collect()
    }

    // Not that it were rare: so the compiler puts the way to it aside, where few have expectations.
    #[cold]
    fn take(&mut self, record: &Record) {
        if record.time > self.instant {
            self.settle();
            self.instant = record.time;
        }
        self.moments.take(record);
        self.happenings.take(record, &mut self.pending);
    }

    #[cold]
    fn look_closely(&mut self, record: &Record) {
        for (_, _, watch) in &mut self.watches {
            if let Watch::Settled(it) = watch {
                it.take(record);
            }
        }
    }

    /// Counts what happened at the instant that is over.
    fn settle(&mut self) {
        for happening in self.pending.drain(..) {
            for (_, _, watch) in &mut self.watches {
                watch.take(&happening, &self.moments);
            }
        }
    }
}

impl Observer for Expectations {
    #[inline(always)]
    fn observe(&mut self, record: &Record) {
        if Settled::concerns(&record.body) && self.looks_closely {
            let copy = *record;
            self.look_closely(&copy);
        }
        if Happenings::concern(&record.body) {
            // A copy, so that the compiler still knows the record's kind after this call.
            let copy = *record;
            self.take(&copy);
        }
    }
}

impl Watch {
    fn new(expectation: Expectation, plan: &Plan) -> Self {
        match expectation {
            Expectation::LeaderWithin { bound, after } => Self::LeaderWithin(LeaderWithin { bound, after }),
            Expectation::Progress { during } => Self::Progress(Progress::new(true, during)),
            Expectation::NoProgress { during } => Self::Progress(Progress::new(false, during)),
            Expectation::Returns { within, after, to } => Self::Returns(Returns::new(within, after, to)),
            Expectation::Availability { at_least, at_most, during } => {
                Self::Availability(Availability::new((at_least, at_most), during))
            }
            Expectation::LeaderChanges { at_least, at_most, during } => {
                Self::LeaderChanges(LeaderChanges::new(at_least, at_most, during))
            }
            Expectation::Settled { within } => Self::Settled(Box::new(Settled::new(within, plan))),
            Expectation::TermAtMost(bound) => Self::Terms(Terms::new(bound)),
            Expectation::Sometimes(event) => Self::Sighted(Sighted::new(true, event)),
            Expectation::Never(event) => Self::Sighted(Sighted::new(false, event)),
            Expectation::Linearizable => Self::Holds(Property::Linearizability),
            Expectation::ExactlyOnce => Self::Holds(Property::ExactlyOnce),
            Expectation::Violates(property) => Self::Violates(property),
        }
    }

    fn take(&mut self, happening: &Happening, moments: &Moments) {
        match self {
            Self::Progress(it) => it.take(happening, moments),
            Self::Returns(it) => it.take(happening, moments),
            Self::Availability(it) => it.take(happening, moments),
            Self::LeaderChanges(it) => it.take(happening, moments),
            Self::Terms(it) => it.take(happening),
            Self::Sighted(it) => it.take(happening),
            Self::LeaderWithin(_) | Self::Settled(_) | Self::Holds(_) | Self::Violates(_) => {}
        }
    }

    fn judge(&self, run: &Run<'_>) -> Judged {
        match self {
            Self::LeaderWithin(it) => it.judge(run),
            Self::Progress(it) => it.judge(run),
            Self::Returns(it) => it.judge(run),
            Self::Settled(it) => it.judge(run),
            Self::Availability(it) => it.judge(run),
            Self::LeaderChanges(it) => it.judge(run),
            Self::Terms(it) => it.judge(),
            Self::Sighted(it) => it.judge(),
            Self::Holds(property) => match held(*property, run.checks)? {
                (true, why) => Ok(why),
                (false, why) => Err(Miss::Failed(why)),
            },
            Self::Violates(property) => match held(*property, run.checks)? {
                (false, why) => Ok(why),
                (true, why) => Err(Miss::Failed(why)),
            },
        }
    }
}

/// Whether a property held, and what shows it.
fn held(property: Property, checks: &[Check]) -> Result<(bool, String), Miss> {
    let verdict = checks.iter().find(|check| check.name == property.name()).map(|check| &check.verdict);
    match verdict {
        Some(Verdict::Violated(violation)) => {
            let how_often = words::times(violation.count);
            Ok((false, format!("{how_often}, first at {}, record {}", violation.time, violation.record)))
        }
        Some(Verdict::Held(examined)) => {
            Ok((true, format!("it held each time that it was examined: {}", words::times(*examined))))
        }
        Some(Verdict::Undecided(_)) => Err(Miss::Vacuous("it could not be decided whether it held".into())),
        Some(Verdict::Vacuous) | None => Err(Miss::Vacuous("it was never examined".into())),
    }
}

/// Why the violation that this check found is no failure of the run; none if it found none, or if it is one.
pub(super) fn excuse(check: &Check, checks: &[Check], expectations: &[Expected]) -> Option<Excuse> {
    let violated = |check: &Check| match &check.verdict {
        Verdict::Violated(violation) => Some(violation.record),
        _ => None,
    };
    let is_expected = |check: &Check| {
        expectations.iter().any(
            |it| matches!(it.expectation, Expectation::Violates(property) if property.name() == check.name),
        )
    };
    let record = violated(check)?;
    let first = checks.iter().filter(|check| is_expected(check)).filter_map(violated).min()?;
    match is_expected(check) {
        true => Some(Excuse::Expected),
        false => (record >= first).then_some(Excuse::Consequence),
    }
}
