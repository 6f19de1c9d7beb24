//! `squall advise`: which timers suit a scenario's network and machines.

use super::inputs::Scenario;
use super::run::{jobs, printed, seeds, threads};
use super::{Failure, Output, Status};
use crate::advise::{Advice, FIRST, Setting, Tried, crash, grid, horizon, promising, quiet, thesis_rule};
use crate::plan::{Cell, Plan};
use crate::report::format::{count, counted};
use crate::report::json::indented;
use crate::report::{Host, with_other};
use crate::runner::{self, Panicked, Progress, trial};
use crate::scenario;
use crate::study::Trial;
use serde::Serialize;
use std::num::NonZeroUsize;
use std::ops::{ControlFlow, Range};
use std::path::PathBuf;
use std::time::Instant;

/// Arguments of `squall advise`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// A scenario file. What goes wrong in it, and what it expects, counts for nothing here.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The seeds of the trials: every one from A to B, B excluded.
    #[arg(long, value_name = "A..B", value_parser = seeds, default_value = "0..100")]
    seeds: Range<u64>,
    /// How many runs go on at a time; by default as many as there are cores. What is printed does not depend on it.
    #[arg(long, value_name = "N", value_parser = jobs)]
    jobs: Option<NonZeroUsize>,
    /// Show every setting that was tried, not the front alone.
    #[arg(long)]
    all: bool,
    /// Print the advice in this form; all but the text show every setting.
    #[arg(long, value_enum, default_value = "text", value_name = "FORM")]
    form: Printed,
    /// Print all settings as one JSON document: the same as --form json.
    #[arg(long, conflicts_with = "form")]
    json: bool,
    /// No progress, and nothing on standard error but errors and warnings.
    #[arg(long, short)]
    quiet: bool,
}

/// In which form a page is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Printed {
    /// Tables for a terminal.
    Text,
    /// Tables for a page, or for the summary of a job.
    Markdown,
    /// A page that stands alone.
    Html,
    /// One document for programs.
    Json,
}

const EXAMPLES: &str = "\
Examples:
  squall advise scenarios/leader-crash.ron
  squall advise mine.ron --seeds 0..1000 --all
  squall advise mine.ron --form html > timers.html

The settings are made from the scenario's latencies: least election timeouts of 1.5 to 30 times a \
latency one way with a flush, and of 10 and 20 times such a latency alone, as the Raft thesis has it; \
ranges half as wide, as wide and twice as wide as that; heartbeats of a half and a fifth of it; and \
the scenario's own. Each is tried with the first ten seeds, and those that are not clearly beaten then \
with all: once with a crash of the leader and once with nothing that goes wrong, for as long as the \
scenario lasts, but for ten seconds at most. The time that this takes grows with the seeds.";

/// So many seeds of a setting are one piece of work.
const AT_A_TIME: u64 = 8;

/// One of so many settings needs all seeds, as a guess.
const USUAL_PART: u64 = 4;

/// A setting, and what is run of it.
struct Candidate {
    setting: Setting,
    crash: Cell,
    quiet: Cell,
}

pub(super) fn advise(arguments: &Arguments, output: &Output) -> Result<Status, Failure> {
    let scenario = Scenario::read(&arguments.file, output)?;
    let plan = &scenario.plan;
    refuse(&scenario, arguments)?;
    let mut left_out = Vec::new();
    let (candidates, horizon) = candidates(plan, &mut left_out);
    runner::report_when_interrupted();
    let begun = now();
    if !arguments.quiet {
        output.diagnose(&estimate(plan, &candidates, arguments)?);
    }
    let tried = candidates.iter().map(|it| Tried::new(it.setting, horizon)).collect();
    let mut work = Work { plan, candidates: &candidates, arguments, tried };
    if !work.carry_out(&scenario.name())? {
        output.diagnose(&"interrupted: not all settings were tried, so nothing is advised");
        return Ok(Status::Failed);
    }
    let wall_ns = u64::try_from(now().duration_since(begun).as_nanos()).unwrap_or(u64::MAX);
    let advice = Advice::new(plan, arguments.seeds.start, &work.tried, left_out);
    let file = scenario.name();
    let whose = format!("{file}{}", with_other(scenario.plan.cluster.implementation));
    output.print(match if arguments.json { Printed::Json } else { arguments.form } {
        Printed::Text => advice.render(&whose, arguments.all, &printed(output)),
        Printed::Markdown => advice.markdown(&whose),
        Printed::Html => advice.html(&whose),
        Printed::Json => document(&advice, &file, &Host { wall_ns }) + "\n",
    })?;
    Ok(Status::Held)
}

/// Refuses what nothing can be advised on.
fn refuse(scenario: &Scenario, arguments: &Arguments) -> Result<(), Failure> {
    let voters = scenario.plan.cluster.voters;
    let Range { start, end } = arguments.seeds;
    let text = if voters < 3 {
        format!(
            "error: {}: after a crash of the leader nobody can lead in a cluster whose `voters` are {voters}\nhelp: write 3 or more",
            scenario.name()
        )
    } else if end - start < FIRST {
        let more =
            start.checked_add(FIRST).map_or("begin lower".into(), |end| format!("write {start}..{end}"));
        format!(
            "error: --seeds {start}..{end} names {}, and an interval of fewer than {FIRST} says nothing\nhelp: {more}, or more",
            counted(end - start, "seed")
        )
    } else {
        return Ok(());
    };
    Err(Failure::BadInput(text))
}

/// What the work will be, and about how long it takes: by a trial of the present setting.
fn estimate(plan: &Plan, candidates: &[Candidate], arguments: &Arguments) -> Result<String, Failure> {
    let Range { start, end } = arguments.seeds;
    let (settings, seeds) = (candidates.len() as u64, end - start);
    let later = settings.div_ceil(USUAL_PART).saturating_mul(seeds - FIRST);
    let pairs = (settings * FIRST).saturating_add(later);
    let begun = now();
    let present = candidates.iter().find(|it| it.setting == Setting::of(plan)).or(candidates.first());
    present.map_or(Ok(()), |it| it.pair(start).map(drop)).map_err(panicked)?;
    let seconds = now().duration_since(begun).as_secs_f64() * pairs as f64;
    let (then, fewer) = if seeds > FIRST {
        let then = format!(", then those that are not clearly beaten with {}", count(seeds));
        (then, "; fewer --seeds take less")
    } else {
        (String::new(), "")
    };
    Ok(format!(
        "{settings} settings, each with {FIRST} seeds{then}: about {} runs and {} of processor time{fewer}",
        count(pairs.saturating_mul(2)),
        counted(seconds.ceil() as u64, "second")
    ))
}

fn panicked((seed, panicked): (u64, Panicked)) -> Failure {
    Failure::Other(anyhow::anyhow!("a run with seed {seed} panicked: {panicked}"))
}

#[expect(clippy::disallowed_methods, reason = "tells how long the trials took; no record sees it")]
fn now() -> Instant {
    Instant::now()
}

/// The settings that make valid scenarios, and for how many nanoseconds their trials wait for a leader. Of the others it is told
/// why not.
fn candidates(plan: &Plan, left_out: &mut Vec<String>) -> (Vec<Candidate>, u64) {
    let mut candidates = Vec::new();
    let settings = grid(plan);
    let horizon = horizon(plan, &settings);
    for setting in settings {
        let candidate =
            Candidate { setting, crash: crash(plan, setting, horizon), quiet: quiet(plan, setting) };
        let errors = [&candidate.crash, &candidate.quiet]
            .into_iter()
            .find_map(|cell| scenario::read(&scenario::write(&cell.plan)).err());
        match errors {
            None => candidates.push(candidate),
            Some(errors) => {
                let why = errors.problems().first().map_or("it is not valid", |problem| problem.message());
                left_out.push(format!(
                    "a heartbeat of {} with timeouts from {} to {}: {why}",
                    setting.heartbeat, setting.least, setting.most
                ));
            }
        }
    }
    (candidates, horizon.nanos())
}

/// The settings under trial.
struct Work<'a> {
    plan: &'a Plan,
    candidates: &'a [Candidate],
    arguments: &'a Arguments,
    tried: Vec<Tried>,
}

impl Work<'_> {
    /// Tries every setting with the first seeds, and with all those that may be worth a choice. False if it was interrupted.
    fn carry_out(&mut self, file: &str) -> Result<bool, Failure> {
        let Range { start, end } = self.arguments.seeds;
        let (rule, present) = (thesis_rule(self.plan), Setting::of(self.plan));
        let all: Vec<usize> = (0..self.candidates.len()).collect();
        if !self.try_out(&all, start..start + FIRST)? {
            return Ok(false);
        }
        if self.tried.iter().all(|it| it.never() == it.trials()) {
            return Err(Failure::BadInput(format!(
                "error: {file}: after a crash of the leader nobody led in any trial of any of {} settings, so there is nothing to choose from\n\
                 help: mend the cluster's links, disks or options first; `squall explain {file}` says why nobody leads",
                self.candidates.len()
            )));
        }
        loop {
            let follows = |it: Setting| rule.0 <= it.least && it.least <= rule.1;
            let next = promising(&self.tried, end - start, present, follows);
            if next.is_empty() {
                return Ok(true);
            }
            if !self.try_out(&next, start + FIRST..end)? {
                return Ok(false);
            }
        }
    }

    /// Makes the trials of some settings with these seeds. False if it was interrupted.
    fn try_out(&mut self, places: &[usize], seeds: Range<u64>) -> Result<bool, Failure> {
        let pieces = (seeds.end - seeds.start).div_ceil(AT_A_TIME);
        let trials = 2 * places.len() as u64 * (seeds.end - seeds.start);
        let progress = (!self.arguments.quiet).then(|| Progress::of_trials(trials));
        let (candidates, tried) = (self.candidates, &mut self.tried);
        let place = |piece: u64| places[(piece / pieces) as usize];
        let work = |piece: u64| {
            let first = seeds.start + piece % pieces * AT_A_TIME;
            let some = first..first.saturating_add(AT_A_TIME).min(seeds.end);
            some.map(|seed| candidates[place(piece)].pair(seed)).collect::<Vec<_>>()
        };
        let mut failure = None;
        let mut left = trials;
        runner::in_order(threads(self.arguments.jobs), pieces * places.len() as u64, work, |piece, pairs| {
            for pair in pairs {
                match pair {
                    Ok((crash, quiet)) => tried[place(piece)].add(&crash, &quiet),
                    Err(error) => failure = Some(error),
                }
                left -= 2;
                progress.iter().for_each(|progress| progress.steps(2));
            }
            let ends = failure.is_some() || runner::was_interrupted();
            if ends { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        failure.map_or(Ok(left == 0), |failure| Err(panicked(failure)))
    }
}

impl Candidate {
    /// Both trials with a seed.
    fn pair(&self, seed: u64) -> Result<(Trial, Trial), (u64, Panicked)> {
        let run = |cell| trial(cell, seed).map_err(|panicked| (seed, panicked));
        Ok((run(&self.crash)?, run(&self.quiet)?))
    }
}

fn document(advice: &Advice, file: &str, host: &Host) -> String {
    #[derive(Serialize)]
    struct Whole<'a> {
        format: u32,
        version: &'static str,
        file: &'a str,
        advice: &'a Advice,
        host: &'a Host,
    }
    indented(&Whole { format: 1, version: env!("CARGO_PKG_VERSION"), file, advice, host }, "")
}
