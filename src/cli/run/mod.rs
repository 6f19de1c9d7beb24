//! `squall run`: scenarios with seeds, their reports, and whether they are deterministic.

mod focus;
mod look;
mod many;
mod one;
mod second;
mod trace;

pub(super) use second::{ReplayArguments, replay};

use super::cases::Cases;
use super::implementation::Whose;
use super::inputs::Scenario;
use super::numbers::{positive, seed};
use super::{Failure, Output, Status};
use crate::plan::{Implementation, Plan};
use crate::report::batch::{NotRun, not_run};
use crate::report::{Host, Report, RunVerdict, html, json, markdown, text};
use crate::runner;
use crate::time::{Duration, Time};
use anyhow::Context;
use std::num::{NonZeroU64, NonZeroUsize};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Arguments of `squall run`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// Scenario files, or patterns in quotes such as 'scenarios/**/*.ron'.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The seed, instead of each scenario's own.
    #[arg(long, value_name = "N", value_parser = seed)]
    seed: Option<u64>,
    /// Every seed from A to B, B excluded, for each file: 0..1000 is a thousand runs.
    #[arg(long, value_name = "A..B", value_parser = seeds, conflicts_with = "seed")]
    seeds: Option<Range<u64>>,
    #[command(flatten)]
    whose: Whose,
    /// How many runs go on at a time; by default as many as there are cores. What is printed does not depend on it.
    #[arg(long, value_name = "N", value_parser = jobs)]
    jobs: Option<NonZeroUsize>,
    /// Print all runs as one JSON document.
    #[arg(long)]
    json: bool,
    /// Print what failed, and the last lines; no progress.
    #[arg(long, short)]
    quiet: bool,
    /// End a run at its first violation, and report no run after the first that failed.
    #[arg(long)]
    fail_fast: bool,
    /// Write the report into this folder, too, named as the scenario's file, as .txt, .json,
    /// .md and .html with a picture of its own as .svg; of many seeds the summary.
    #[arg(long, value_name = "DIR")]
    report: Option<PathBuf>,
    /// Write what failed to a file for programs that read JUnit's XML: a case for each scenario.
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Run again in a second process and compare; on a difference show the first record that differs.
    #[arg(long)]
    check_determinism: bool,
    #[command(flatten, next_help_heading = "Look closer at one run")]
    closer: Closer,
    /// Make this run differ from every other, to see whether the check notices.
    #[arg(long, hide = true)]
    inject_nondeterminism: bool,
}

/// What can be asked of one run only.
#[derive(Debug, clap::Args)]
struct Closer {
    /// End the run at this virtual time, such as 1.5s. What the scenario expects is not judged then.
    #[arg(long, value_name = "T")]
    until: Option<Duration>,
    /// How many events the run may take, whatever the scenario says; one that takes more fails as a livelock.
    #[arg(long, value_name = "N", value_parser = positive::<NonZeroU64>, conflicts_with_all = ["at", "check_determinism"])]
    events: Option<NonZeroU64>,
    /// Show, instead of the report, every node as it is at this virtual time, when all that happens at it has happened.
    #[arg(long, value_name = "T", conflicts_with_all = ["until", "json", "report", "check_determinism", "focus", "trace"])]
    at: Option<Duration>,
    /// Print the records about a node, a link or a kind of message before the report: node=3, link=1-2 (1>2 for one
    /// way; c1 is a client), kind=RequestVote; or with record=120 that record, all that led to it, and what came of it at
    /// once. Of several all have to fit. With --trace these go to the file instead.
    #[arg(long, value_name = "WHAT")]
    focus: Vec<String>,
    /// Tell which events, faults, changes of role and refusals the run reached, and which never.
    #[arg(long, conflicts_with = "at")]
    coverage: bool,
    /// Write every record to a file.
    #[arg(long, value_name = "FILE")]
    trace: Option<PathBuf>,
    /// How the trace is written; by default as the file's name ends: .txt is text, .json chrome, .log shiviz, and any
    /// other jsonl.
    #[arg(long, value_name = "FORMAT", value_enum, requires = "trace")]
    trace_format: Option<trace::Format>,
    /// Write what clients asked for and were told to a file, for `squall check-history`.
    #[arg(long, value_name = "FILE", conflicts_with = "at")]
    history: Option<PathBuf>,
}

const EXAMPLES: &str = "\
Examples:
  squall run scenarios/leader-crash.ron --seed 7
  squall run 'scenarios/**/*.ron' --quiet
  squall run scenarios/leader-crash.ron --at 5.1s
  squall run scenarios/leader-crash.ron --focus node=3 --focus kind=RequestVote
  squall run scenarios/leader-crash.ron --trace crash.json    (open it in ui.perfetto.dev)

An interrupt ends many runs with a report of those made so far, and exit code 6 unless one failed.";

/// More runs than anybody waits for.
const MOST_SEEDS: u64 = 1 << 32;

/// A number of runs at a time.
pub(super) fn jobs(text: &str) -> Result<NonZeroUsize, String> {
    text.parse().map_err(|_| "write how many runs go on at a time: 1 or more".to_string())
}

/// On how many threads that is: as many as there are cores, unless it is said.
pub(super) fn threads(jobs: Option<NonZeroUsize>) -> usize {
    let cores = || std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    jobs.map_or_else(cores, NonZeroUsize::get)
}

pub(super) fn seeds(text: &str) -> Result<Range<u64>, String> {
    let form = "write A..B, such as 0..100: from A to B, B excluded";
    let (start, end) = text.split_once("..").ok_or(form)?;
    let number = |text: &str| text.parse::<u64>().map_err(|_| format!("`{text}` is no seed; {form}"));
    if let Some(last) = end.strip_prefix('=') {
        let next = number(last)?.checked_add(1).ok_or("the last seed has to be below 2^64 - 1")?;
        return Err(format!("B is excluded; write {start}..{next}"));
    }
    let (start, end) = (number(start)?, number(end)?);
    match end.checked_sub(start) {
        None => Err(format!("it ends before it begins; write {end}..{start}")),
        Some(0) => Err(format!("no seed is in it, since {end} is excluded; {form}")),
        Some(MOST_SEEDS..) => Err("nobody waits for so many runs; at most 2^32 - 1 seeds".into()),
        Some(_) => Ok(start..end),
    }
}

pub(super) fn run(arguments: &Arguments, output: &Output) -> Result<Status, Failure> {
    let (scenarios, not_run) =
        Scenario::read_all_for(&arguments.files, arguments.whose.implementation, output)?;
    Cases::refuse_unwritable(arguments.junit.as_ref())?;
    let work = Work { scenarios, not_run, seed: arguments.seed, seeds: arguments.seeds.clone() };
    if work.asked() > 1 {
        arguments.closer.refuse(work.asked())?;
    }
    if work.count() != 1 || !work.not_run.is_empty() {
        return many::run(&work, arguments, output);
    }
    let (scenario, plan) = work.piece(0);
    let plan = Plan { events: arguments.closer.events.or(plan.events), ..plan };
    arguments.closer.check(&plan)?;
    match arguments.closer.at {
        Some(time) => look::run(&scenario.name(), &plan, Time::ZERO + time, output),
        None => one::run(scenario, &plan, arguments, output),
    }
}

/// The runs of a call, in the order of files and seeds.
#[derive(Debug)]
struct Work {
    scenarios: Vec<Scenario>,
    /// Those that the implementation can't express.
    not_run: Vec<NotRun>,
    seed: Option<u64>,
    seeds: Option<Range<u64>>,
}

impl Work {
    /// How many runs there are of each file.
    fn seeds(&self) -> u64 {
        self.seeds.as_ref().map_or(1, |seeds| seeds.end - seeds.start)
    }

    fn count(&self) -> u64 {
        self.seeds() * self.scenarios.len() as u64
    }

    /// How many runs were asked for.
    fn asked(&self) -> u64 {
        self.count() + self.seeds() * self.not_run.len() as u64
    }

    /// The scenario and plan of a run.
    fn piece(&self, number: u64) -> (&Scenario, Plan) {
        let scenario = &self.scenarios[(number / self.seeds()) as usize];
        let seed = match &self.seeds {
            Some(seeds) => seeds.start + number % self.seeds(),
            None => self.seed.unwrap_or(scenario.plan.seed),
        };
        (scenario, Plan { seed, ..scenario.plan.clone() })
    }
}

impl Closer {
    /// Refuses what needs exactly one run.
    fn refuse(&self, runs: u64) -> Result<(), Failure> {
        let asked = [
            ("--until", self.until.is_some()),
            ("--events", self.events.is_some()),
            ("--at", self.at.is_some()),
            ("--focus", !self.focus.is_empty()),
            ("--coverage", self.coverage),
            ("--trace", self.trace.is_some()),
            ("--history", self.history.is_some()),
        ];
        match asked.iter().find(|(_, asked)| *asked) {
            None => Ok(()),
            Some((option, _)) => Err(Failure::BadInput(format!(
                "error: {option} needs exactly one run, and these are {runs}\nhelp: name one file and one --seed"
            ))),
        }
    }

    /// Refuses times after the run's end.
    fn check(&self, plan: &Plan) -> Result<(), Failure> {
        for (option, time) in [("--until", self.until), ("--at", self.at)] {
            if let Some(time) = time.filter(|time| *time > plan.duration) {
                return Err(Failure::BadInput(format!(
                    "error: {option} {time} lies after the run's end\nhelp: {} lasts {}",
                    plan.name, plan.duration
                )));
            }
        }
        Ok(())
    }
}

/// What a verdict comes to.
pub(super) const fn status(verdict: RunVerdict) -> Status {
    match verdict {
        RunVerdict::Pass => Status::Held,
        RunVerdict::Vacuous | RunVerdict::Undecided => Status::Vacuous,
        RunVerdict::Expectation | RunVerdict::Livelock => Status::Liveness,
        RunVerdict::Safety | RunVerdict::Panicked => Status::Unsafe,
        RunVerdict::Nondeterminism => Status::Nondeterministic,
    }
}

/// Tells what else went wrong; that must not cost the verdict.
pub(super) fn settle(status: Status, troubles: &[anyhow::Error], output: &Output) -> Status {
    for trouble in troubles {
        output.diagnose(&format_args!("error: {trouble:#}"));
    }
    if troubles.is_empty() { status } else { status.worst(Status::Failed) }
}

/// The width of reports in files.
const FILE_WIDTH: usize = 100;

pub(super) fn kind_name(kind: u8) -> String {
    runner::kind_name(kind).to_owned()
}

/// How text for standard output looks.
pub(super) fn printed(output: &Output) -> text::Form<'static> {
    text::Form { width: output.width(), colour: true, kind: &kind_name }
}

/// How text in files looks.
pub(super) const FILED: text::Form<'static> =
    text::Form { width: FILE_WIDTH, colour: false, kind: &kind_name };

/// Makes the folder that is to hold reports. If nothing can be written there that is told before the runs, not after them.
fn begin_report(folder: Option<&Path>) -> Result<(), Failure> {
    let Some(folder) = folder else { return Ok(()) };
    runner::writable_folder(folder).map_err(|error| {
        Failure::BadInput(format!(
            "error: {error}\nhelp: name a folder that can be written with `--report DIR`"
        ))
    })?;
    Ok(begin_reports(Some(folder))?)
}

/// Makes a folder.
pub(super) fn begin_reports(folder: Option<&Path>) -> anyhow::Result<()> {
    let Some(folder) = folder else { return Ok(()) };
    std::fs::create_dir_all(folder).with_context(|| format!("{} can't be a folder", folder.display()))
}

/// Writes a report in its forms, each with the end of its name, named as its scenario.
fn write_report(folder: &Path, scenario: &Path, forms: &[(&str, String)]) -> anyhow::Result<()> {
    let name = Path::new(scenario.file_stem().unwrap_or_default());
    Ok(runner::write_together(folder, name, forms)?)
}

/// Writes the report of a run, without what differs from machine to machine.
fn write_run_report(folder: &Path, scenario: &Path, report: &Report) -> anyhow::Result<()> {
    let document = json::document(std::slice::from_ref(report), &Host::default()) + "\n";
    let picture = html::picture(report).map(|picture| ("svg", picture));
    let mut forms = vec![
        ("txt", text::render(report, None, &FILED)),
        ("json", document),
        ("md", markdown::render(report, &kind_name)),
        ("html", html::render(report, &kind_name)),
    ];
    forms.extend(picture);
    write_report(folder, scenario, &forms)
}

/// Writes why a scenario was not run, in the place of its report.
fn write_not_run(folder: &Path, it: &NotRun, implementation: Implementation) -> anyhow::Result<()> {
    let all = std::slice::from_ref(it);
    let forms = [
        ("txt", not_run(all, implementation, &FILED)),
        ("json", json::opening() + &json::closing(all, None, &Host::default()) + "\n"),
        ("md", markdown::render_not_run(it, implementation)),
        ("html", html::render_not_run(it, implementation)),
    ];
    write_report(folder, Path::new(&it.file), &forms)
}

#[expect(clippy::disallowed_methods, reason = "tells the user how long a run took; no record sees it")]
fn timed<T>(work: impl FnOnce() -> T) -> (T, u64) {
    let start = Instant::now();
    let result = work();
    (result, u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX))
}
