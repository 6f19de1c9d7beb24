//! `squall advise`: which timers suit a scenario's network and machines.

use super::inputs::Scenario;
use super::run::{jobs, printed, seeds, threads};
use super::{Failure, Output, Status};
use crate::advise::{Advice, Setting, Tried, crash, grid, quiet};
use crate::plan::{Cell, Plan};
use crate::report::Host;
use crate::report::format::{count, counted};
use crate::report::json::indented;
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
    /// No progress, and nothing on standard error but errors.
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

The settings are made from the scenario's latencies: least election timeouts of 1.5 to 30 times a
latency one way with a flush, and of 10 and 20 times such a latency alone, as the Raft thesis has it;
ranges half as wide, as wide and twice as wide as that; heartbeats of a half and a fifth of it; and
the scenario's own. Each is tried with every seed, once with a crash of the leader and once with
nothing that goes wrong, for as long as the scenario lasts, but for a minute at most. The time that this
takes grows with the seeds: begin with few, as in --seeds 0..20.";

/// So many seeds of a setting are one piece of work.
const AT_A_TIME: u64 = 8;

/// A setting, and what is run of it.
struct Candidate {
    setting: Setting,
    crash: Cell,
    quiet: Cell,
}

pub(super) fn advise(arguments: &Arguments, output: &Output) -> Result<Status, Failure> {
    let scenario = Scenario::read(&arguments.file, output)?;
    let plan = &scenario.plan;
    if plan.cluster.voters < 3 {
        let voters = plan.cluster.voters;
        return Err(Failure::BadInput(format!(
            "error: {}: after a crash of the leader nobody can lead in a cluster whose `voters` are {voters}\nhelp: write 3 or more",
            scenario.name()
        )));
    }
    let mut left_out = Vec::new();
    let candidates = candidates(plan, &mut left_out);
    if !arguments.quiet {
        let (settings, seeds) = (candidates.len() as u64, arguments.seeds.end - arguments.seeds.start);
        let runs = count(2_u64.saturating_mul(settings).saturating_mul(seeds));
        let told = format!(
            "{settings} settings, each with {}: {runs} runs; fewer --seeds take less time",
            counted(seeds, "seed")
        );
        output.diagnose(&told);
    }
    runner::report_when_interrupted();
    let begun = now();
    let Some(tried) = carry_out(&candidates, arguments)? else {
        output.diagnose(&"interrupted: not all settings were tried, so nothing is advised");
        return Ok(Status::Failed);
    };
    let wall_ns = u64::try_from(now().duration_since(begun).as_nanos()).unwrap_or(u64::MAX);
    let advice = Advice::new(plan, arguments.seeds.start, &tried, left_out);
    let file = scenario.name();
    output.print(match if arguments.json { Printed::Json } else { arguments.form } {
        Printed::Text => advice.render(&file, arguments.all, &printed(output)),
        Printed::Markdown => advice.markdown(&file),
        Printed::Html => advice.html(&file),
        Printed::Json => document(&advice, &file, &Host { wall_ns }) + "\n",
    })?;
    Ok(Status::Held)
}

#[expect(clippy::disallowed_methods, reason = "tells how long the trials took; no record sees it")]
fn now() -> Instant {
    Instant::now()
}

/// The settings that make valid scenarios. Of the others it is told why not.
fn candidates(plan: &Plan, left_out: &mut Vec<String>) -> Vec<Candidate> {
    let mut candidates = Vec::new();
    for setting in grid(plan) {
        let candidate = Candidate { setting, crash: crash(plan, setting), quiet: quiet(plan, setting) };
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
    candidates
}

/// Makes all trials; none if it was interrupted.
fn carry_out(candidates: &[Candidate], arguments: &Arguments) -> Result<Option<Vec<Tried>>, Failure> {
    let seeds = &arguments.seeds;
    let count = seeds.end - seeds.start;
    let pieces = count.div_ceil(AT_A_TIME);
    let progress = (!arguments.quiet).then(|| Progress::of_trials(2 * candidates.len() as u64 * count));
    let mut tried: Vec<Tried> = candidates.iter().map(Candidate::untried).collect();
    let work = |piece: u64| {
        let candidate = &candidates[(piece / pieces) as usize];
        let first = seeds.start + piece % pieces * AT_A_TIME;
        (first..first.saturating_add(AT_A_TIME).min(seeds.end))
            .map(|seed| candidate.pair(seed))
            .collect::<Vec<_>>()
    };
    let mut failure = None;
    runner::in_order(threads(arguments.jobs), pieces * candidates.len() as u64, work, |piece, pairs| {
        for pair in pairs {
            match pair {
                Ok((crash, quiet)) => tried[(piece / pieces) as usize].add(&crash, &quiet),
                Err(error) => failure = Some(error),
            }
            progress.iter().for_each(|progress| progress.steps(2));
        }
        let ends = failure.is_some() || runner::was_interrupted();
        if ends { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    match failure {
        Some((seed, panicked)) => {
            Err(Failure::Other(anyhow::anyhow!("a run with seed {seed} panicked: {panicked}")))
        }
        None => Ok(tried.iter().all(|it| it.needless.len() as u64 == count).then_some(tried)),
    }
}

impl Candidate {
    fn untried(&self) -> Tried {
        Tried {
            setting: self.setting,
            without: Vec::new(),
            needless: Vec::new(),
            patience: self.crash.plan.duration.nanos(),
        }
    }

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
