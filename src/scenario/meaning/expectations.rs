//! The second pass over what a run is expected to show: an expectation that can't be met is no expectation.

use super::faults::fault_of;
use super::possible::impossible;
use super::setting::Setting;
use super::{bounded, bounded_value, positive, rate};
use crate::plan::{End, Event, Expectation, Goodput, Moment, Plan, Span, Start};
use crate::rng::Rate;
use crate::scenario::bounds;
use crate::scenario::notes::Notes;
use crate::scenario::path::Path;
use crate::scenario::shape;
use crate::time::{Duration, Time};

/// What is expected, in the order of the file. Of the plan all but that has been read.
pub(super) fn expectations(
    path: &Path<'_>,
    expected: &[shape::Expectation],
    setting: &Setting<'_>,
    plan: &Plan,
    notes: &mut Notes<'_>,
) -> Vec<Expectation> {
    let mut read: Vec<(usize, Expectation)> = Vec::with_capacity(expected.len());
    for (i, expectation) in expected.iter().enumerate() {
        let reader = Reader { setting, plan, path: path.item(i) };
        read.extend(reader.expectation(expectation, notes).map(|read| (i, read)));
    }
    contradictions(path, &read, notes);
    read.into_iter().map(|(_, read)| read).collect()
}

/// Reads one expectation.
struct Reader<'a> {
    setting: &'a Setting<'a>,
    plan: &'a Plan,
    path: Path<'a>,
}

impl Reader<'_> {
    /// None, and an error, if it can't be read.
    fn expectation(&self, given: &shape::Expectation, notes: &mut Notes<'_>) -> Option<Expectation> {
        Some(match given {
            shape::Expectation::LeaderWithin { bound, after } => Expectation::LeaderWithin {
                bound: *bound,
                after: self.within("bound", *bound, after, notes)?,
            },
            shape::Expectation::Returns { within, after, to, before } => {
                self.needs_clients(notes);
                let after = self.within("within", *within, after, notes)?;
                let to = self.goodput(*to, before.as_ref(), after, notes)?;
                Expectation::Returns { within: *within, after, to }
            }
            shape::Expectation::Progress { during } => {
                self.needs_clients(notes);
                Expectation::Progress { during: self.span(during, notes)? }
            }
            shape::Expectation::NoProgress { during } => {
                self.needs_clients(notes);
                Expectation::NoProgress { during: self.span(during, notes)? }
            }
            shape::Expectation::Availability { at_least, at_most, during } => {
                self.needs_clients(notes);
                let (at_least, at_most) = self.availability(*at_least, *at_most, notes);
                Expectation::Availability { at_least, at_most, during: self.span(during, notes)? }
            }
            shape::Expectation::LeaderChanges { at_least, at_most, during } => {
                self.leader_changes(*at_least, *at_most, notes);
                let during = self.span(during, notes)?;
                Expectation::LeaderChanges { at_least: *at_least, at_most: *at_most, during }
            }
            shape::Expectation::Settled { within } => {
                self.needs_clients(notes);
                self.settled(*within, notes)?
            }
            shape::Expectation::TermAtMost(term) => {
                let term = bounded_value(&self.path, *term, bounds::TERM_AT_MOST, notes);
                self.first_terms(term, notes);
                Expectation::TermAtMost(term)
            }
            shape::Expectation::Sometimes(event) => {
                if !notes.are_in_part()
                    && let Some((why, help)) = impossible(*event, self.plan)
                {
                    notes.error(&self.path, format!("`{event:?}` can't happen: {why}"), help);
                }
                Expectation::Sometimes(*event)
            }
            shape::Expectation::Never(event) => Expectation::Never(*event),
            shape::Expectation::Linearizable => {
                self.needs_clients(notes);
                Expectation::Linearizable
            }
            shape::Expectation::ExactlyOnce => {
                self.needs_clients(notes);
                Expectation::ExactlyOnce
            }
            shape::Expectation::Violates(property) => Expectation::Violates(*property),
        })
    }

    /// A moment after which something happens within a bound.
    fn within(
        &self,
        field: &str,
        bound: Duration,
        after: &shape::Moment,
        notes: &mut Notes<'_>,
    ) -> Option<Moment> {
        let before = notes.count();
        let path = self.path.field(field);
        positive(&path, bound, notes);
        let after = self.moment(&self.path.field("after"), after, notes)?;
        let earliest = self.earliest(after);
        let (last, run) = (earliest.map(|earliest| earliest + bound), self.setting.run);
        if let Some(last) = last.filter(|last| last.nanos() > run.nanos())
            && notes.count() == before
        {
            let message = format!("the bound ends at {last} or later, but the run ends at {run}");
            notes.error(&path, message, "shorten the bound, or lengthen `duration`");
        }
        Some(after)
    }

    fn moment(&self, path: &Path<'_>, moment: &shape::Moment, notes: &mut Notes<'_>) -> Option<Moment> {
        Some(match moment {
            shape::Moment::Start => Moment::Start,
            shape::Moment::At(at) => {
                if *at >= self.setting.run {
                    let message = format!("{at} is not within the run, which ends at {}", self.setting.run);
                    notes.error(path, message, "name an earlier time, or lengthen `duration`");
                    return None;
                }
                Moment::At(Time::from_nanos(at.nanos()))
            }
            shape::Moment::Settle => {
                self.settles(path, notes)?;
                Moment::Settle
            }
            shape::Moment::Fault(id) => Moment::Fault(fault_of(path, id, self.setting, notes)?),
            shape::Moment::End(id) => {
                let fault = fault_of(path, id, self.setting, notes)?;
                let ends = self.plan.faults.get(fault as usize).is_none_or(|fault| fault.end != End::Never);
                if !ends && self.setting.settle.is_none() {
                    let message = format!("the fault `{id}` never ends in this run");
                    notes.error(path, message, "give it `for` or `until`, or give the run a `settle`");
                    return None;
                }
                Moment::End(fault)
            }
        })
    }

    fn span(&self, span: &shape::Span, notes: &mut Notes<'_>) -> Option<Span> {
        let path = self.path.field("during");
        Some(match span {
            shape::Span::Run => Span::Run,
            shape::Span::Between(from, to) => {
                if from >= to {
                    let message = format!("the span from {from} to {to} is empty");
                    notes.error(
                        &path,
                        message,
                        "the first time is the earlier one: Between(\"5s\", \"12s\")",
                    );
                    return None;
                }
                if *to > self.setting.run {
                    let message = format!("the span ends at {to}, but the run ends at {}", self.setting.run);
                    notes.error(&path, message, "let it end earlier, or lengthen `duration`");
                    return None;
                }
                Span::Between(Time::from_nanos(from.nanos()), Time::from_nanos(to.nanos()))
            }
            shape::Span::Settle => {
                self.settles(&path, notes)?;
                Span::Settle
            }
            shape::Span::Fault(id) => Span::Fault(fault_of(&path, id, self.setting, notes)?),
        })
    }

    /// What goodput is asked for, and compared with what. None, and an error, if it can't be read.
    fn goodput(
        &self,
        to: Option<f64>,
        before: Option<&shape::Moment>,
        after: Moment,
        notes: &mut Notes<'_>,
    ) -> Option<Option<Goodput>> {
        let Some(share) = to else {
            if before.is_some() {
                let help = "say how much of it there has to be again: `to: 0.9`";
                notes.warn(&self.path.field("before"), "nothing is compared with what was before", help);
            }
            return Some(None);
        };
        let path = self.path.field("to");
        let share = rate(&path, share, notes);
        if share == Rate::ZERO {
            notes.error(&path, "a share of 0 is always reached", "ask for some share, such as 0.9");
            return None;
        }
        let before = match (before, after) {
            (Some(before), _) => self.moment(&self.path.field("before"), before, notes)?,
            (None, Moment::End(fault)) => Moment::Fault(fault),
            (None, after) => after,
        };
        if self.earliest(before) == Some(Time::ZERO) {
            let help = "let it be after something, or say with what to compare: `before: At(\"10s\")`";
            notes.error(&path, "nothing is done before the run", help);
            return None;
        }
        Some(Some(Goodput { share, before }))
    }

    /// Notes an error if the run never settles.
    fn settles(&self, path: &Path<'_>, notes: &mut Notes<'_>) -> Option<()> {
        if self.plan.settle.is_none() {
            let late = Duration::from_nanos(self.plan.duration.nanos() / 4 * 3);
            let help =
                format!("add `settle: (from: \"{late}\")` beside `faults`: from there on nothing goes wrong");
            notes.error(path, "this run never settles", help);
        }
        self.plan.settle.map(|_| ())
    }

    /// Within the bound from when clients go on the run has not ended.
    fn settled(&self, within: Duration, notes: &mut Notes<'_>) -> Option<Expectation> {
        let before = notes.count();
        let path = self.path.field("within");
        positive(&path, within, notes);
        self.settles(&self.path, notes)?;
        let (last, run) = (self.plan.settle?.loaded() + within, self.setting.run);
        if last.nanos() > run.nanos() && notes.count() == before {
            let message = format!("the bound ends at {last}, but the run ends at {run}");
            notes.error(&path, message, "shorten the bound, or lengthen `duration`");
        }
        Some(Expectation::Settled { within })
    }

    /// The earliest time that a moment can be; none if that can't be told.
    fn earliest(&self, moment: Moment) -> Option<Time> {
        match moment {
            Moment::Start => Some(Time::ZERO),
            Moment::At(at) => Some(at),
            Moment::Settle => self.setting.settle,
            Moment::Fault(fault) => self.begin(fault),
            Moment::End(fault) => match self.plan.faults.get(fault as usize)?.end {
                End::Until(until) => Some(until),
                End::For(length) => Some(self.begin(fault)? + length),
                End::Never => self.setting.settle,
            },
        }
    }

    /// The earliest beginning of a fault.
    fn begin(&self, fault: u32) -> Option<Time> {
        match self.plan.faults.get(fault as usize)?.start {
            Start::At(at) => Some(at),
            Start::When { after, .. } => Some(Time::ZERO + after),
        }
    }

    /// Notes an error if there is nobody whose commands or operations could show anything.
    fn needs_clients(&self, notes: &mut Notes<'_>) {
        if self.plan.clients.is_none() {
            let message = "without clients nobody asks for anything, so nothing can show this";
            notes.error(&self.path, message, "add a load: `clients: (count: 4)`");
        }
    }

    fn leader_changes(&self, at_least: Option<u64>, at_most: Option<u64>, notes: &mut Notes<'_>) {
        for (count, bounds) in [(at_least, bounds::AT_LEAST), (at_most, bounds::AT_MOST)] {
            if let Some(count) = count.filter(|count| *count > bounds.most) {
                bounded(&self.path, count, bounds, notes);
            }
        }
        match (at_least, at_most) {
            (None, None) => {
                let help = "write `at_most: 2`, `at_least: 1` or both";
                notes.error(&self.path, "this says nothing of how often the leader changes", help);
            }
            (Some(least), Some(most)) if least > most => {
                let message = format!("`at_least: {least}` is above `at_most: {most}`, so no number fits");
                notes.error(&self.path, message, format!("write `at_least: {most}, at_most: {least}`"));
            }
            _ => {}
        }
    }

    /// The bounds of a share of operations.
    fn availability(
        &self,
        at_least: Option<f64>,
        at_most: Option<f64>,
        notes: &mut Notes<'_>,
    ) -> (Option<Rate>, Option<Rate>) {
        let least = at_least.map(|share| rate(&self.path.field("at_least"), share, notes));
        let most = at_most.map(|share| rate(&self.path.field("at_most"), share, notes));
        if least == Some(Rate::ZERO) {
            let help = "ask for some share, such as 0.95";
            notes.warn(&self.path.field("at_least"), "a share of 0 is always reached", help);
        }
        match (at_least, at_most) {
            (None, None) => {
                let help = "write `at_least: 0.95`, `at_most: 0.5` or both";
                notes.error(&self.path, "this says nothing of how many operations are done", help);
            }
            (Some(least), Some(most)) if least > most => {
                let message = format!("`at_least: {least}` is above `at_most: {most}`, so no share fits");
                notes.error(&self.path, message, format!("write `at_least: {most}, at_most: {least}`"));
            }
            (_, Some(1.0)) => {
                let help = "allow less, such as 0.5";
                notes.warn(&self.path.field("at_most"), "a share of 1 is never exceeded", help);
            }
            _ => {}
        }
        (least, most)
    }

    /// Notes a highest term that the logs exceed before the run begins.
    fn first_terms(&self, most: u64, notes: &mut Notes<'_>) {
        let crate::plan::Logs::Each(logs) = &self.plan.cluster.logs else { return };
        let highest = logs.iter().filter_map(|log| log.last()).max();
        if let Some(highest) = highest.filter(|highest| highest.0 >= most) {
            let message = format!(
                "the first election is for term {}: `logs` has entries of term {highest}",
                highest.0 + 1
            );
            let help = format!("write `TermAtMost({})` or more", highest.0 + 1);
            notes.error(&self.path, message, help);
        }
    }
}

/// Notes pairs of expectations that can't both be met. The first of each kind is held against all others.
fn contradictions(path: &Path<'_>, read: &[(usize, Expectation)], notes: &mut Notes<'_>) {
    let mut pair = |(later, earlier): (usize, usize), message: String| {
        let (first, second) = (later.min(earlier), later.max(earlier));
        let help = "one of the two can't be met; take it away";
        notes.error_beside(&path.item(second), message, help, (&path.item(first), "the other one"));
    };
    let mut nothing_commits = Vec::new();
    let (mut never, mut sometimes) = ([None; Event::ALL.len()], [None; Event::ALL.len()]);
    for (place, expectation) in read {
        match expectation {
            Expectation::NoProgress { during } => nothing_commits.push((*place, *during)),
            Expectation::Never(event) => drop(never[*event as usize].get_or_insert(*place)),
            Expectation::Sometimes(event) => drop(sometimes[*event as usize].get_or_insert(*place)),
            _ => {}
        }
    }
    for event in Event::ALL {
        if let (Some(never), Some(sometimes)) = (never[*event as usize], sometimes[*event as usize]) {
            pair((never, sometimes), format!("`{event:?}` can't happen both sometimes and never"));
        }
    }
    for (place, expectation) in read {
        let Some(property) = expectation.holds() else { continue };
        let opposite = read.iter().find(|(_, it)| *it == Expectation::Violates(property));
        if let Some((other, _)) = opposite {
            pair((*place, *other), format!("`{property:?}` can't both hold and be violated"));
        }
    }
    for (place, expectation) in read {
        let wants_leader = match expectation {
            Expectation::Progress { during } => {
                // Nothing in the whole run is nothing in any part of it.
                let denied = nothing_commits.iter().find(|(_, none)| none == during || *none == Span::Run);
                if let Some((other, _)) = denied {
                    pair(
                        (*place, *other),
                        "progress is expected in a time in which there is to be none".to_string(),
                    );
                }
                true
            }
            Expectation::LeaderWithin { .. } | Expectation::Returns { .. } | Expectation::Settled { .. } => {
                true
            }
            Expectation::LeaderChanges { at_least, .. } => at_least.is_some_and(|least| least > 0),
            _ => false,
        };
        if let Some(never) = never[Event::LeaderElected as usize].filter(|_| wants_leader) {
            pair((*place, never), "this takes a leader, and none is ever to be elected".to_string());
        }
    }
}
