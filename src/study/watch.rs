//! One trial, watched until what is measured is known.

use super::samples::Trial;
use crate::ids::Term;
use crate::plan::{Measure, Plan};
use crate::replica::Role;
use crate::report::Metrics;
use crate::time::Time;
use crate::trace::{Body, FaultSource, Observer, Record};

/// Parts of a share.
const BILLION: u128 = 1_000_000_000;

/// Sees the records of one trial.
#[derive(Clone, Debug)]
pub struct Watch {
    measure: Measure,
    /// From when on time is taken; none before the fault.
    from: Option<Time>,
    /// When a node asked for votes, or for pre-votes, first.
    candidacy: Option<Time>,
    /// The terms in which votes were asked for since, and which of them had a leader.
    terms: Vec<(Term, bool)>,
    /// The first leader since: when, and in which term.
    leader: Option<(Time, Term)>,
    /// Who knows the links and the effective leader; none where that is not needed.
    metrics: Option<Box<Metrics>>,
    is_done: bool,
    panicked: bool,
}

impl Watch {
    /// For a trial of this plan.
    pub fn new(plan: &Plan, measure: Measure) -> Self {
        let is_first = measure == Measure::FirstLeader;
        Self {
            measure,
            from: is_first.then_some(Time::ZERO),
            candidacy: None,
            terms: Vec::new(),
            leader: None,
            metrics: (!is_first).then(|| Box::new(Metrics::new(plan))),
            is_done: false,
            panicked: false,
        }
    }

    /// What the trial has shown by its end.
    pub fn trial(&self, end: Time) -> Trial {
        let values = match (self.measure, self.metrics.as_deref()) {
            (Measure::Availability, Some(metrics)) => Self::availability(metrics, end),
            (Measure::Election { .. }, Some(metrics)) => self.election(metrics),
            _ => self.first_leader(),
        };
        Trial { values, panicked: self.panicked }
    }

    fn first_leader(&self) -> Vec<Option<u64>> {
        let since = |time: Time| self.from.map(|from| time.since(from).nanos());
        let total = self.leader.and_then(|(time, _)| since(time));
        let detect = self.candidacy.and_then(since);
        let elect = total.zip(detect).map(|(total, detect)| total - detect);
        let (terms, split_votes, first_split) = self.votes(self.leader.map(|(_, term)| term));
        vec![total, detect, elect, terms, split_votes, first_split]
    }

    fn election(&self, metrics: &Metrics) -> Vec<Option<u64>> {
        let since = |time: Time| self.from.map(|from| time.since(from).nanos());
        let announced = self.is_done.then(|| metrics.announced()).flatten();
        let total = announced.and_then(|it| since(it.at));
        let announce = announced.map(|it| it.at.since(it.led).nanos());
        let detect = self.candidacy.and_then(since);
        let elect = announced.zip(self.candidacy).map(|(it, first)| it.led.since(first.min(it.led)).nanos());
        let (terms, split_votes, first_split) = self.votes(announced.map(|it| it.term));
        vec![total, detect, elect, announce, terms, split_votes, first_split]
    }

    /// How many terms there were up to the leader's, how many of them had no leader, and whether the first had none.
    fn votes(&self, leader: Option<Term>) -> (Option<u64>, Option<u64>, Option<u64>) {
        let up_to = |last: Term| self.terms.iter().filter(move |(term, _)| *term <= last);
        let terms = leader.map(|last| up_to(last).count() as u64);
        let split = leader.map(|last| up_to(last).filter(|(_, elected)| !elected).count() as u64);
        let first = self.terms.iter().min();
        // It may still get a leader while no later one was tried.
        let is_over = leader.is_some() || self.terms.len() > 1;
        (
            terms,
            split,
            first.filter(|(_, elected)| *elected || is_over).map(|(_, elected)| u64::from(!elected)),
        )
    }

    fn availability(metrics: &Metrics, end: Time) -> Vec<Option<u64>> {
        let share = |part: u64, whole: u64| {
            (whole > 0).then(|| (u128::from(part) * BILLION / u128::from(whole)) as u64)
        };
        let vacant = metrics.elections(end).into_iter().map(|election| election.vacant.nanos());
        let (without, longest) = vacant.fold((0, 0), |(sum, most), it| (sum + it, it.max(most)));
        let service = metrics.service(end);
        vec![
            share(end.nanos() - without, end.nanos()),
            share(service.done, service.invoked),
            Some(longest),
            Some(metrics.counters().leader_changes),
        ]
    }

    fn role_changed(&mut self, time: Time, role: Role, term: Term) {
        if role == Role::Follower {
            return;
        }
        if role != Role::Leader {
            self.candidacy.get_or_insert(time);
        }
        if role == Role::PreCandidate {
            return;
        }
        let place = self.terms.iter().position(|(known, _)| *known == term).unwrap_or_else(|| {
            self.terms.push((term, false));
            self.terms.len() - 1
        });
        if role == Role::Leader {
            self.terms[place].1 = true;
            self.leader.get_or_insert((time, term));
            self.is_done |= self.measure == Measure::FirstLeader;
        }
    }
}

impl Observer for Watch {
    fn observe(&mut self, record: &Record) {
        if self.is_done {
            return; // The world tells of its end, too.
        }
        if let Some(metrics) = &mut self.metrics {
            metrics.observe(record);
        }
        match (record.body, self.from, self.measure) {
            (Body::Panicked { .. }, ..) => self.panicked = true,
            (Body::RoleChanged { role, term, .. }, Some(_), _) => self.role_changed(record.time, role, term),
            (
                Body::FaultStarted { source: FaultSource::Fault(fault), .. },
                None,
                Measure::Election { after },
            ) if fault == after => {
                self.from = Some(record.time);
            }
            (Body::Delivered { .. }, Some(from), Measure::Election { .. }) => {
                let announced = self.metrics.as_ref().and_then(|metrics| metrics.announced());
                self.is_done |= announced.is_some_and(|it| it.led >= from);
            }
            _ => {}
        }
    }

    fn is_done(&self) -> bool {
        self.is_done
    }
}
