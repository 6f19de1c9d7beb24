//! One run: a world with its observers.

use super::determinism::Checkpoints;
use super::evidence::evidence;
use super::panics::{Panicked, contain};
use super::progress::Progress;
use crate::adapters;
use crate::plan::Plan;
use crate::replica::Software;
use crate::report::{FaultSpan, Judges, Livelock, Outcome, Report};
use crate::time::{Duration, Time};
use crate::trace::{Observer, Record};
use crate::world::{End, View, World};
use std::num::NonZeroU64;

/// How a run is carried out, beyond what it depends on.
#[derive(Default)]
pub struct Options {
    /// Shows how far it is.
    pub progress: Option<Progress>,
    /// Makes it differ from any other run, on purpose.
    pub disturbance: Option<Duration>,
    /// Ends it at this time, if that is before the plan's end.
    pub until: Option<Time>,
    /// What the nodes run, whatever the plan says.
    pub software: Option<Own>,
}

impl Options {
    /// Those of a second run that is the same, and that nobody waits for.
    pub(super) fn again(&self) -> Self {
        Self { progress: None, disturbance: self.disturbance, until: self.until, software: self.software }
    }
}

/// Somebody's own implementation, for any thread.
pub type Own = &'static (dyn Software + Sync);

/// Runs a plan with a seed. The observer has seen every record up to the end or the panic.
///
/// # Errors
/// If the world panicked.
pub fn simulate<O: Observer>(
    plan: &Plan,
    seed: u64,
    observer: O,
    options: &Options,
) -> Result<End, Panicked> {
    // The observer's records stay whole whatever happens: each is handed over at once.
    contain(|| {
        let software: &dyn Software = match options.software {
            Some(own) => own,
            None => adapters::of(plan.cluster.implementation),
        };
        let mut world = World::new(plan, software, seed, observer);
        if let Some(delay) = options.disturbance {
            world.disturb(delay);
        }
        let end = Time::ZERO + plan.duration;
        let end = options.until.map_or(end, |until| until.min(end));
        if let Some(progress) = &options.progress {
            for step in 1..=Progress::STEPS {
                world.run_until(Time::from_nanos(end.nanos() / Progress::STEPS * step));
                progress.step();
            }
        }
        world.run_until(end);
        world.finish()
    })
}

/// Runs a plan and judges it; `others` see the records, too. What is told of its end goes into a report; of the file
/// and of a second run only the caller knows.
pub fn judge(
    plan: &Plan,
    judges: &mut Judges,
    others: &mut [&mut dyn Observer],
    options: &Options,
) -> Outcome {
    let ended = if others.is_empty() {
        simulate(plan, plan.seed, &mut *judges, options)
    } else {
        simulate(plan, plan.seed, Both(&mut *judges, others), options)
    };
    let cut = options.until.is_some_and(|until| until < Time::ZERO + plan.duration);
    match ended {
        Ok(End { digest, events, time, livelock, waiting, .. }) => {
            let most = plan.events.map(NonZeroU64::get).filter(|most| events >= *most);
            let livelock = livelock.then(|| most.map_or(Livelock::Instant, Livelock::Events));
            Outcome { digest, end: time, events, livelock, cut, waiting, ..Outcome::default() }
        }
        Err(Panicked { message }) => {
            // How far it got, and the digest up to there, come from running it once more.
            let mut again = Checkpoints::default();
            let _ = simulate(plan, plan.seed, &mut again, &options.again());
            Outcome {
                digest: again.digest(),
                end: again.time(),
                panicked: Some(message),
                cut,
                ..Outcome::default()
            }
        }
    }
}

/// Runs a plan, judges it, and reports.
pub fn report(plan: &Plan) -> Report {
    let mut judges = Judges::new(plan);
    let options = Options::default();
    let outcome = judge(plan, &mut judges, &mut [], &options);
    let evidence = evidence(plan, &judges, &options);
    Report { evidence, ..Report::new(plan, &judges, outcome) }
}

/// The judges, and whoever else wants to see.
struct Both<'a, 'o>(&'a mut Judges, &'a mut [&'o mut dyn Observer]);

impl Observer for Both<'_, '_> {
    fn observe(&mut self, record: &Record) {
        self.0.observe(record);
        for observer in &mut *self.1 {
            observer.observe(record);
        }
    }

    fn is_done(&self) -> bool {
        self.0.is_done()
    }
}

/// A run as it stands at some time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look {
    /// The machines, the leader and the links.
    pub view: View,
    /// The faults that are active.
    pub faults: Vec<FaultSpan>,
    /// Whether safety was violated so far in a run that is not expected to do so.
    pub violated: bool,
}

/// Runs a plan until all that happens at `time` has happened, and looks at it.
///
/// # Errors
/// If the world panicked before.
pub fn look(plan: &Plan, time: Time, judges: &mut Judges) -> Result<Look, Panicked> {
    let view = contain(|| {
        let software = adapters::of(plan.cluster.implementation);
        let mut world = World::new(plan, software, plan.seed, &mut *judges);
        world.run_until((time + Duration::from_nanos(1)).min(Time::ZERO + plan.duration));
        world.view()
    })?;
    let mut faults = judges.metrics().faults();
    faults.retain(|fault| fault.from_ns.is_some() && fault.to_ns.is_none());
    Ok(Look { view, faults, violated: judges.accuse() })
}
