//! `squall run`: one scenario, its report, its trace, and whether it is deterministic.

use super::{Failure, Output, Scenario, Status};
use crate::plan::Plan;
use crate::report::{self, Host, Judges, Outcome, Report, RunVerdict};
use crate::runner::{self, Checkpoints, Difference, NewFile, Options, Panicked, Progress, Window};
use crate::time::{Duration, Time};
use crate::trace::{JsonLines, Observer, Record};
use crate::world::End;
use anyhow::{Context, anyhow};
use std::io::Write;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Instant, SystemTime};

/// Arguments of `squall run`.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The scenario file.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The seed, instead of the scenario's own.
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Print the report as one JSON document.
    #[arg(long)]
    json: bool,
    /// Write every record to a file, one JSON object a line.
    #[arg(long, value_name = "FILE")]
    trace: Option<PathBuf>,
    /// Write the report into this folder, too, named as the scenario, as .txt and .json.
    #[arg(long, value_name = "DIR")]
    report: Option<PathBuf>,
    /// Run again in a second process and compare; on a difference show the first record that differs.
    #[arg(long)]
    check_determinism: bool,
    /// Make this run differ from every other, to see whether the check notices.
    #[arg(long, hide = true)]
    inject_nondeterminism: bool,
}

/// Arguments of the hidden `squall replay`.
#[derive(Debug, clap::Args)]
pub(super) struct ReplayArguments {
    file: PathBuf,
    #[arg(long)]
    seed: u64,
    /// Print the records from this number ..
    #[arg(long, requires = "to")]
    from: Option<u64>,
    /// .. to this one, excluded.
    #[arg(long, requires = "from")]
    to: Option<u64>,
    #[arg(long)]
    inject_nondeterminism: bool,
}

/// The width of reports in files.
const FILE_WIDTH: usize = 100;

pub(super) fn run(arguments: &Arguments, output: &Output) -> Result<Status, Failure> {
    let mut scenario = Scenario::read(&arguments.file, output)?;
    scenario.plan.seed = arguments.seed.unwrap_or(scenario.plan.seed);
    let plan = &scenario.plan;
    // What can't be written at all is told before the run, not after it.
    let mut trace = arguments.trace.as_deref().map(|path| begin_trace(path, &arguments.file)).transpose()?;
    if let Some(folder) = &arguments.report {
        std::fs::create_dir_all(folder).with_context(|| format!("{} can't be a folder", folder.display()))?;
    }
    let mut judges = Judges::new(plan);
    let mut checkpoints = Checkpoints::default();
    let (ended, wall_ns) = {
        let mut observers: Vec<&mut dyn Observer> = vec![&mut judges];
        observers.extend(trace.as_mut().map(|trace| trace as &mut dyn Observer));
        if arguments.check_determinism {
            observers.push(&mut checkpoints);
        }
        let options = Options {
            progress: Some(Progress::new(&plan.name)),
            disturbance: arguments.inject_nondeterminism.then(wall_clock_noise),
        };
        timed(|| runner::simulate(plan, plan.seed, &mut All(observers), &options))
    };
    let mut outcome = outcome(&arguments.file, plan, &judges, ended);
    let mut troubles = Vec::new();
    if arguments.check_determinism {
        match second_run(arguments, plan, &checkpoints.finish()) {
            Ok(None) => output.diagnose(&"determinism: a second process made the same records"),
            Ok(difference) => outcome.nondeterminism = difference,
            Err(trouble) => troubles.push(trouble),
        }
    }
    let report = Report::new(plan, &judges, outcome);
    // Whatever can't be written now must not cost the verdict.
    troubles.extend(print(&report, &Host { wall_ns }, arguments.json, output).err());
    if let (Some(trace), Some(path)) = (trace, &arguments.trace) {
        troubles.extend(end_trace(trace, path).err());
    }
    if let Some(folder) = &arguments.report {
        troubles.extend(write_reports(folder, &arguments.file, &report).err());
    }
    for trouble in &troubles {
        output.diagnose(&format_args!("error: {trouble:#}"));
    }
    let status = match report.verdict {
        RunVerdict::Pass => Status::Held,
        RunVerdict::Vacuous => Status::Vacuous,
        RunVerdict::Expectation | RunVerdict::Livelock => Status::Liveness,
        RunVerdict::Safety | RunVerdict::Panicked => Status::Unsafe,
        RunVerdict::Nondeterminism => Status::Nondeterministic,
    };
    Ok(if troubles.is_empty() { status } else { status.worst(Status::Failed) })
}

fn print(report: &Report, host: &Host, as_json: bool, output: &Output) -> anyhow::Result<()> {
    if as_json {
        output.print(format_args!("{}\n", report::json::document(std::slice::from_ref(report), host)))
    } else {
        output.print(text(report, output.width(), true))
    }
}

/// Shows each record to several observers.
struct All<'a>(Vec<&'a mut dyn Observer>);

impl Observer for All<'_> {
    fn observe(&mut self, record: &Record) {
        for observer in &mut self.0 {
            observer.observe(record);
        }
    }
}

fn begin_trace(path: &Path, scenario: &Path) -> Result<JsonLines<NewFile>, Failure> {
    let same = |path: &Path| std::fs::canonicalize(path).ok();
    if same(path).is_some_and(|path| Some(path) == same(scenario)) {
        let message = format!("error: {}: the trace would overwrite the scenario", path.display());
        return Err(Failure::BadScenario(message));
    }
    let file = NewFile::create(path).map_err(anyhow::Error::from)?;
    Ok(JsonLines::new(file, runner::kind_name))
}

fn end_trace(trace: JsonLines<NewFile>, path: &Path) -> anyhow::Result<()> {
    trace.finish().with_context(|| format!("{}: can't be written", path.display()))?.commit()?;
    Ok(())
}

/// What came of a run, for the report.
fn outcome(file: &Path, plan: &Plan, judges: &Judges, ended: Result<End, Panicked>) -> Outcome {
    let file = Some(file.display().to_string());
    match ended {
        Ok(End { digest, events, time, livelock, .. }) => {
            Outcome { file, digest, end: time, events, livelock, ..Outcome::default() }
        }
        Err(Panicked { message }) => {
            // The last record tells how far it got; the digest up to there comes from running it once more.
            let end = judges.last_records().last().map_or(Time::ZERO, |record| record.time);
            let mut again = Checkpoints::default();
            let _ = runner::simulate(plan, plan.seed, &mut again, &Options::default());
            Outcome { file, digest: again.digest(), end, panicked: Some(message), ..Outcome::default() }
        }
    }
}

fn text(report: &Report, width: usize, colour: bool) -> String {
    let kind = |kind| runner::kind_name(kind).to_owned();
    report::text::render(report, None, &report::text::Form { width, colour, kind: &kind })
}

/// Writes the report in both forms, without what differs from machine to machine.
fn write_reports(folder: &Path, scenario: &Path, report: &Report) -> anyhow::Result<()> {
    let document = report::json::document(std::slice::from_ref(report), &Host::default());
    for (extension, content) in [("txt", text(report, FILE_WIDTH, false)), ("json", document + "\n")] {
        let path = folder.join(scenario.file_stem().unwrap_or_default()).with_added_extension(extension);
        let mut file = NewFile::create(&path)?;
        file.write_all(content.as_bytes()).with_context(|| format!("{} can't be written", path.display()))?;
        file.commit()?;
    }
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "tells the user how long a run took; no record sees it")]
fn timed<T>(work: impl FnOnce() -> T) -> (T, u64) {
    let start = Instant::now();
    let result = work();
    (result, u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX))
}

/// A delay that no other process will choose.
#[expect(clippy::disallowed_methods, reason = "nondeterminism is what is asked for")]
fn wall_clock_noise() -> Duration {
    let clock = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_nanos());
    let mixed = crate::rng::Stream::new(clock as u64, "noise", u64::from(std::process::id()), 0).word();
    Duration::from_nanos(1 + mixed % 1_000_000)
}

/// Runs the scenario in a second process and compares its checkpoints with `ours`. How it differed, if it did.
fn second_run(arguments: &Arguments, plan: &Plan, ours: &[String]) -> anyhow::Result<Option<String>> {
    let printed = second_process(arguments, plan, None)?;
    let theirs = runner::parse_checkpoints(&printed)
        .ok_or_else(|| anyhow!("the second process printed no checkpoints but `{}`", printed.trim()))?;
    let Some(range) = runner::compare(ours, &theirs) else { return Ok(None) };
    let mut window = Window::new(range.clone());
    let disturbance = arguments.inject_nondeterminism.then(wall_clock_noise);
    // A panic is part of the run, and its records up to there are what is compared.
    let _ = runner::simulate(plan, plan.seed, &mut window, &Options { progress: None, disturbance });
    let theirs = second_process(arguments, plan, Some(&range))?;
    let theirs: Vec<String> = theirs.lines().map(str::to_owned).collect();
    Ok(Some(match Difference::find(&window.into_lines(), &theirs) {
        Some(Difference { ours, theirs }) => format!(
            "the first record that differs:\n  here   {}\n  there  {}",
            ours.as_deref().unwrap_or("the run had ended"),
            theirs.as_deref().unwrap_or("the run had ended"),
        ),
        None => format!("records {} to {} differed, but not when run once more", range.start, range.end - 1),
    }))
}

/// What a second process prints of the same run: its checkpoints, or the records of a range.
fn second_process(arguments: &Arguments, plan: &Plan, range: Option<&Range<u64>>) -> anyhow::Result<String> {
    let program = std::env::current_exe().context("this program can't find itself")?;
    let mut command = Command::new(program);
    command.arg("replay").args(["--seed", &plan.seed.to_string()]);
    if let Some(range) = range {
        command.args(["--from", &range.start.to_string(), "--to", &range.end.to_string()]);
    }
    if arguments.inject_nondeterminism {
        command.arg("--inject-nondeterminism");
    }
    let result = command.arg("--").arg(&arguments.file).stdin(Stdio::null()).output();
    let result = result.context("a second process can't be started")?;
    if !result.status.success() {
        let why = String::from_utf8_lossy(&result.stderr).trim().to_owned();
        return Err(anyhow!("the second process failed ({}): {why}", result.status));
    }
    String::from_utf8(result.stdout).context("the second process printed no text")
}

pub(super) fn replay(arguments: &ReplayArguments, output: &Output) -> Result<Status, Failure> {
    let plan = Scenario::read(&arguments.file, output)?.plan;
    let disturbance = arguments.inject_nondeterminism.then(wall_clock_noise);
    let options = Options { progress: None, disturbance };
    let lines = match (arguments.from, arguments.to) {
        (Some(from), Some(to)) => {
            let mut window = Window::new(from..to);
            let _ = runner::simulate(&plan, arguments.seed, &mut window, &options);
            window.into_lines()
        }
        _ => {
            let mut checkpoints = Checkpoints::default();
            let _ = runner::simulate(&plan, arguments.seed, &mut checkpoints, &options);
            checkpoints.finish()
        }
    };
    output.print(format_args!("{}\n", lines.join("\n")))?;
    Ok(Status::Held)
}
