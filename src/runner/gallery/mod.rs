//! The gallery of planted bugs: what each breaks, the script that shows it, and how soon random runs find it.
//!
//! Whoever judges a run does not know which bug is in it. So an exhibit that nobody notices tells of a checker that sleeps.

mod exhibits;
mod hunt;

pub use exhibits::{Breaks, Exhibit, GALLERY};
pub use hunt::{Found, hunt};

use super::run::report;
use crate::check::{self, Check};
use crate::plan::{Event, Expectation, Plan};
use crate::property::Property;
use crate::report::{Judgement, Report};
use crate::scenario::{Errors, read};
use crate::time::{Duration, Time};

/// What a bug's script showed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// Whether the run broke what the bug is known to break, and the same run without the bug did not.
    pub caught: bool,
    /// All that the run broke, the names in the order of reports.
    pub by: Vec<&'static str>,
    /// When what the bug is known to break was broken; of what has to be missed for a while, the end of the run.
    pub at: Option<Time>,
}

/// All that is known of a bug.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The bug.
    pub exhibit: Exhibit,
    /// What its script showed.
    pub shown: Shown,
    /// What random runs found, one for each start.
    pub found: Vec<Found>,
}

impl Verdict {
    /// Whether the script showed the bug, and half of the hunts at the least found it.
    pub fn caught(&self) -> bool {
        self.shown.caught && (self.found.is_empty() || self.median_seeds().is_some())
    }

    /// The median of the seeds that it took; none if half of the hunts found nothing, or there were none.
    pub fn median_seeds(&self) -> Option<u64> {
        self.median(|found| found.seeds)
    }

    /// The median of the simulated time that it took, like [`Verdict::median_seeds`].
    pub fn median_simulated(&self) -> Option<Duration> {
        self.median(|found| found.simulated)
    }

    /// The median by nearest rank, in which a hunt without success took longer than any other.
    fn median<T: Ord + Copy>(&self, of: impl Fn(&Found) -> T) -> Option<T> {
        let mut caught: Vec<T> = self.found.iter().filter(|found| found.by.is_some()).map(of).collect();
        caught.sort_unstable();
        caught.get(self.found.len().div_ceil(2).checked_sub(1)?).copied()
    }
}

impl Exhibit {
    /// The file of its script, in the repository.
    pub fn path(&self) -> String {
        format!("scenarios/bugs/{}.ron", self.file)
    }

    /// The scenario that shows it.
    ///
    /// # Errors
    /// If what comes with Squall can't be read, which a test holds it can.
    pub fn plan(&self) -> Result<Plan, Errors> {
        read(self.script).map(|(plan, _)| plan)
    }

    /// Runs its script with the bug and without it.
    ///
    /// # Errors
    /// As of [`Exhibit::plan`].
    pub fn show(&self) -> Result<Shown, Errors> {
        let mut plan = self.plan()?;
        let with = report(&plan);
        plan.cluster.raft.bug = None;
        let without = report(&plan);
        let at = self.breaks.broken(&with);
        let violated = |check: &&Check| matches!(check.verdict, check::Verdict::Violated(_));
        let mut by: Vec<&'static str> = with.checks.iter().filter(violated).map(|check| check.name).collect();
        if at.is_some() && !by.contains(&self.breaks.name()) {
            by.push(self.breaks.name());
        }
        Ok(Shown { caught: at.is_some() && self.breaks.broken(&without).is_none(), by, at })
    }
}

impl Breaks {
    /// Its name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Safety(property) => property.name(),
            Self::Progress => "progress",
            Self::Leadership => "a leader",
        }
    }

    /// When a run broke it, if it did. What is missing is missed for as long as the scenario tells it to be.
    fn broken(self, report: &Report) -> Option<Time> {
        let end = Time::ZERO + report.simulated;
        let missed = |is_it: fn(&Expectation) -> bool| {
            let held = report
                .expectations
                .iter()
                .any(|expected| is_it(&expected.expectation) && expected.verdict == Judgement::Held);
            held.then_some(end)
        };
        match self {
            Self::Safety(property) => violated(report, property),
            Self::Progress => missed(|expected| matches!(expected, Expectation::NoProgress { .. })),
            Self::Leadership => missed(|expected| *expected == Expectation::Never(Event::LeaderElected)),
        }
    }
}

/// When a run first violated this property, if it did.
fn violated(report: &Report, property: Property) -> Option<Time> {
    match &report.checks.iter().find(|check| check.name == property.name())?.verdict {
        check::Verdict::Violated(violation) => Some(violation.time),
        _ => None,
    }
}
