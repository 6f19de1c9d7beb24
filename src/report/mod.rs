//! Reports: what a run showed, as one value, and its forms for people and for programs.
//!
//! [`Judges`] watches a run; [`Report`] is made from it when the run is over. All forms show the same numbers. Sums
//! are integers, floats appear only in rendering, and nothing of the machine gets in but what is handed to a form as
//! [`Host`].

pub mod batch;
mod breakers;
mod causes;
mod counters;
mod coverage;
mod elections;
mod evidence;
mod expectations;
mod faults;
mod figures;
pub(crate) mod format;
pub mod html;
mod inboxes;
mod interruption;
pub mod json;
mod judges;
mod links;
pub mod markdown;
mod metrics;
mod outsiders;
mod over_time;
mod over_time_json;
mod owed;
pub(crate) mod page;
pub(crate) mod parameters;
mod places;
mod reasons;
mod service;
mod standstills;
mod statistics;
mod strengths;
mod takings;
#[cfg(test)]
pub(crate) mod tests;
pub mod text;
mod timeline;

pub use breakers::OneBreaker;
pub use causes::{Answer, Candidacy, Cause, Explanation, Reply};
pub use counters::{Breakers, Counters, Denials, Losses, Rejections};
pub use coverage::{Coverage, Group, Point, Reached};
pub use elections::{Announced, Election};
pub use evidence::{Evidence, LastRecords};
pub use expectations::{Excuse, Expected, Judgement};
pub use faults::FaultSpan;
pub use inboxes::{Inbox, OfNode, Waits};
pub use interruption::Interruption;
pub use judges::Judges;
pub use links::kept_apart;
pub use metrics::{Believed, Metrics};
pub use outsiders::Flooded;
pub use owed::{Waived, Waiver};
pub use reasons::{Aborts, NoChanges, NoTransfers};
pub use service::{Served, Window};
pub use standstills::{Standstill, StandstillSums};
pub use statistics::Summary;
pub use timeline::{Bucket, Lane, State, Stretch, Timeline, Timelines};

use crate::check::{Check, Verdict};
use crate::plan::{Expectation, Implementation, Plan};
use crate::property::Property;
use crate::time::{Duration, Time};
use crate::trace::Digest;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// All that is reported of one run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The scenario's name.
    pub scenario: String,
    /// What it shows, for people.
    pub about: String,
    /// The file it was read from.
    pub file: Option<String>,
    /// The seed.
    pub seed: u64,
    /// Whose Raft the nodes ran.
    pub implementation: Implementation,
    /// What the run depended on: names and texts.
    pub parameters: Vec<(&'static str, String)>,
    /// The gravest of all verdicts.
    pub verdict: RunVerdict,
    /// The digest of all records.
    pub digest: Digest,
    /// The verdicts on safety.
    pub checks: Vec<Check>,
    /// What of safety was not owed.
    pub waivers: Vec<Waiver>,
    /// What the run reached; none if nobody looked.
    pub coverage: Option<Reached>,
    /// What became of the plan's expectations, in their order.
    pub expectations: Vec<Expected>,
    /// The records before the first violation; none if there was none, or nobody looked.
    pub evidence: Option<Evidence>,
    /// Why the run broke off, if it did.
    pub panicked: Option<String>,
    /// Why it broke off without a panic, if it did.
    pub livelock: Option<Livelock>,
    /// How a second run of the same differed, if it did.
    pub nondeterminism: Option<String>,
    /// What became of the plan's faults.
    pub faults: Vec<FaultSpan>,
    /// Whether it was ended before its time, so that nothing was expected of it.
    pub cut: bool,
    /// The spans without an effective leader.
    pub elections: Vec<Election>,
    /// The service as clients saw it.
    pub service: Served,
    /// Spans with an effective leader in which clients waited for longer than the threshold of the service, and nothing was
    /// committed or done.
    pub standstills: Vec<Standstill>,
    /// The circuit breakers that ever opened, those first that were open for longest.
    pub breakers: Vec<OneBreaker>,
    /// What waited in the inboxes of hosts; none where frames cost nothing.
    pub inboxes: Option<Inbox>,
    /// Counts.
    pub counters: Counters,
    /// How much virtual time went by.
    pub simulated: Duration,
    /// How many events were taken from the queue.
    pub events: u64,
    /// What each node was at each moment, for forms with pictures; none if nobody looked. Text and JSON leave it alone.
    pub timeline: Option<Timelines>,
}

/// What only whoever ran it knows of a run.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// The file that the scenario was read from.
    pub file: Option<String>,
    /// The digest of all records.
    pub digest: Digest,
    /// When the run ended.
    pub end: Time,
    /// How many events were taken from the queue.
    pub events: u64,
    /// Why the run broke off, if it did: the message of the panic.
    pub panicked: Option<String>,
    /// Why it broke off without a panic, if it did.
    pub livelock: Option<Livelock>,
    /// Whether it was ended before its time, on purpose.
    pub cut: bool,
    /// How a second run of the same differed, if it did.
    pub nondeterminism: Option<String>,
    /// How many frames wait in the inbox of each node at the end; none where there are no inboxes.
    pub waiting: Vec<u64>,
}

/// Why a run has no end of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Livelock {
    /// Time no longer passed: without end, something happened at one instant.
    Instant,
    /// It took as many events as it was allowed.
    Events(u64),
}

/// What differs from machine to machine and from run to run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Host {
    /// How long it took by the clock on the wall, in nanoseconds.
    pub wall_ns: u64,
}

/// The verdict on a run: the gravest thing that happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunVerdict {
    /// All that was examined held, and all that was expected.
    Pass,
    /// Nothing happened that could show whether an expectation holds.
    Vacuous,
    /// It could not be decided whether a safety property that is owed held.
    Undecided,
    /// The run did not do as was expected of it.
    Expectation,
    /// Time no longer passed: without end, something happened at one instant. Or it took more events than allowed.
    Livelock,
    /// The software under test panicked, and broke no other rule; or the run broke off.
    Panicked,
    /// A safety property was violated.
    Safety,
    /// A second run of the same scenario and seed differed: no verdict can be relied on.
    Nondeterminism,
}

impl fmt::Display for RunVerdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Pass => "pass",
            Self::Vacuous => "vacuous",
            Self::Undecided => "undecided",
            Self::Expectation => "expectation failed",
            Self::Livelock => "livelock",
            Self::Panicked => "panicked",
            Self::Safety => "safety violated",
            Self::Nondeterminism => "nondeterminism",
        })
    }
}

impl Report {
    /// The report on a run of `plan` that is over.
    pub fn new(plan: &Plan, judges: &Judges, outcome: Outcome) -> Self {
        let Outcome { file, digest, end, events, panicked, livelock, cut, nondeterminism, waiting } = outcome;
        let checks = judges.verdicts();
        let counters = judges.metrics().counters();
        let mut expectations = judges.expected(end, &checks);
        if cut {
            // They speak of the whole run. Only what excuses a violation counts.
            expectations.retain(|it| {
                matches!(it.expectation, Expectation::Violates(_)) && it.verdict == Judgement::Held
            });
        }
        let faults = judges.metrics().faults();
        let waivers = owed::waivers(plan, &faults, judges.metrics().first_believed());
        let is_failure = |check: &Check| {
            matches!(check.verdict, Verdict::Violated(_))
                && excuse(check, &checks, &expectations, &waivers).is_none()
        };
        let is_undecided = |check: &Check| {
            matches!(check.verdict, Verdict::Undecided(_))
                && !waivers.iter().any(|waiver| waiver.covers(check))
        };
        let mut failures = checks.iter().filter(|check| is_failure(check)).peekable();
        let is_broken = failures.peek().is_some();
        let is_panic_alone = failures.all(|check| check.name == Property::SoundImplementation.name());
        let any = |verdict| expectations.iter().any(|expected| expected.verdict == verdict);
        let verdict = if nondeterminism.is_some() {
            RunVerdict::Nondeterminism
        } else if is_broken && !is_panic_alone {
            RunVerdict::Safety
        } else if is_broken || panicked.is_some() {
            RunVerdict::Panicked
        } else if livelock.is_some() {
            RunVerdict::Livelock
        } else if any(Judgement::Failed) {
            RunVerdict::Expectation
        } else if checks.iter().any(is_undecided) {
            RunVerdict::Undecided
        } else if any(Judgement::Vacuous) {
            RunVerdict::Vacuous
        } else {
            RunVerdict::Pass
        };
        Self {
            scenario: plan.name.clone(),
            about: plan.about.clone(),
            file,
            seed: plan.seed,
            implementation: plan.cluster.implementation,
            parameters: parameters::of(plan),
            verdict,
            digest,
            checks,
            waivers,
            coverage: None,
            expectations,
            evidence: None,
            panicked,
            livelock,
            nondeterminism,
            faults,
            cut,
            elections: judges.metrics().elections(end),
            service: judges.metrics().service(end),
            standstills: judges.metrics().standstills(end),
            breakers: judges.metrics().breakers(end),
            inboxes: judges.metrics().inboxes(&waiting),
            counters,
            simulated: end.since(Time::ZERO),
            events,
            timeline: None,
        }
    }

    /// Whether anything else than what had to hold happened.
    pub fn failed(&self) -> bool {
        self.verdict != RunVerdict::Pass
    }

    /// What makes the run's verdict, in a few words; none if all held.
    pub fn reason(&self) -> Option<String> {
        let failures = self.checks.iter().filter(|check| self.excuse(check).is_none());
        let violated = failures.filter_map(|check| match &check.verdict {
            Verdict::Violated(violation) => Some((violation.record, check.name, violation)),
            _ => None,
        });
        let first = violated.min_by_key(|(record, name, _)| (*record, *name));
        let expected = |verdict| {
            let first = self.expectations.iter().find(|expected| expected.verdict == verdict);
            first.map(|expected| expected.text.clone())
        };
        match self.verdict {
            RunVerdict::Pass => None,
            RunVerdict::Vacuous => expected(Judgement::Vacuous),
            RunVerdict::Undecided => {
                let mut undecided =
                    self.checks.iter().filter(|it| matches!(it.verdict, Verdict::Undecided(_)));
                undecided.find(|check| self.waiver(check).is_none()).map(|check| check.name.into())
            }
            RunVerdict::Expectation => expected(Judgement::Failed),
            RunVerdict::Safety => first.map(|(_, name, violation)| format!("{name} at {}", violation.time)),
            RunVerdict::Panicked => match (&self.panicked, first) {
                (Some(why), _) => Some(why.lines().next().unwrap_or_default().to_owned()),
                (None, first) => first.map(|(_, _, it)| format!("{} at {}", it.message, it.time)),
            },
            RunVerdict::Livelock => Some(match self.livelock {
                Some(Livelock::Events(most)) => {
                    format!("it took all of its {} events by {}", format::count(most), self.simulated)
                }
                _ => format!("time stopped passing at {}", self.simulated),
            }),
            RunVerdict::Nondeterminism => Some("a second process made other records".into()),
        }
    }

    /// The command that makes this run again; none if it came from no file.
    pub fn replay(&self) -> Option<String> {
        let events = match self.livelock {
            Some(Livelock::Events(most)) => format!(" --events {most}"),
            _ => String::new(),
        };
        let file = self.file.as_ref()?;
        Some(format!(
            "squall run {} --seed {}{}{events}",
            shell_word(file),
            self.seed,
            option_of_other(self.implementation)
        ))
    }

    /// Why the violation that this check found is no failure of the run; none if it found none, or if it is one.
    pub fn excuse(&self, check: &Check) -> Option<Excuse> {
        excuse(check, &self.checks, &self.expectations, &self.waivers)
    }

    /// The checks that found a violation of what was waived by then.
    pub fn waived(&self) -> impl Iterator<Item = &Check> {
        self.checks.iter().filter(|check| self.excuse(check) == Some(Excuse::Waived))
    }

    /// Why what this check demands is not owed; none if it is, or if it was violated while it was.
    pub fn waiver(&self, check: &Check) -> Option<&Waiver> {
        self.waivers.iter().find(|waiver| waiver.covers(check))
    }

    /// For how long there was no effective leader.
    pub fn leaderless(&self) -> Duration {
        self.elections.iter().fold(Duration::ZERO, |sum, election| sum + election.vacant)
    }

    /// The spans with an effective leader and without progress, in few figures.
    pub fn standstill_sums(&self) -> StandstillSums {
        StandstillSums::of(&self.standstills)
    }

    /// The time without an effective leader, by what it is put down to, the longest first.
    pub fn causes(&self) -> Vec<(Cause, Duration)> {
        let mut all: BTreeMap<Cause, Duration> = BTreeMap::new();
        for (cause, time) in self.elections.iter().flat_map(|election| &election.why.shares) {
            let share = all.entry(*cause).or_default();
            *share = *share + *time;
        }
        let mut all: Vec<_> = all.into_iter().collect();
        all.sort_by_key(|(cause, time)| (std::cmp::Reverse(*time), *cause));
        all
    }

    /// The share of the run with an effective leader, for rendering only; `None` of an empty run.
    pub fn leader_availability(&self) -> Option<f64> {
        let (all, without) = (self.simulated.nanos(), self.leaderless().nanos());
        (all > 0).then(|| (all - without.min(all)) as f64 / all as f64)
    }

    /// The share of operations that were done, for rendering only; `None` if clients asked for nothing.
    pub fn client_availability(&self) -> Option<f64> {
        (self.service.invoked > 0).then(|| self.service.done as f64 / self.service.invoked as f64)
    }

    /// A figure of all spans that have it, over them: a phase of elections.
    pub fn summary(&self, phase: impl Fn(&Election) -> Option<Duration>) -> Option<Summary> {
        Summary::of(self.elections.iter().filter_map(phase).map(Duration::nanos).collect())
    }
}

/// Why the violation that this check found is no failure of the run; none if it found none, or if it is one.
fn excuse(check: &Check, checks: &[Check], expected: &[Expected], waivers: &[Waiver]) -> Option<Excuse> {
    let is_waived =
        || matches!(check.verdict, Verdict::Violated(_)) && waivers.iter().any(|waiver| waiver.covers(check));
    expectations::excuse(check, checks, expected).or_else(|| is_waived().then_some(Excuse::Waived))
}

/// Whose Raft the nodes run, to go after what is run: nothing where it is Squall's own.
pub(crate) fn with_other(implementation: Implementation) -> String {
    implementation.other().map_or(String::new(), |name| format!(" with {name}"))
}

/// The option that names whose Raft the nodes run, to go on in a command line: nothing where it is Squall's own.
pub(crate) fn option_of_other(implementation: Implementation) -> String {
    implementation.other().map_or(String::new(), |name| format!(" --implementation {name}"))
}

/// A file's name as one word of a command line.
pub(crate) fn shell_word(name: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "/._-+:,@%=".contains(c);
    let option = if name.starts_with('-') { "./" } else { "" };
    if !name.is_empty() && name.chars().all(is_plain) {
        format!("{option}{name}")
    } else {
        format!("'{option}{}'", name.replace('\'', r"'\''"))
    }
}
