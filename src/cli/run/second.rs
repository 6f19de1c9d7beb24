//! A second process that makes the same run, and whether it does.

use super::super::implementation::Whose;
use super::super::inputs::Scenario;
use super::super::{Failure, Output, Status};
use super::Arguments;
use crate::plan::Plan;
use crate::report::Judges;
use crate::runner::{self, Checkpoints, Difference, Options, Window};
use crate::time::{Duration, Time};
use crate::trace::Observer;
use anyhow::{Context, anyhow};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::SystemTime;

/// Arguments of the hidden `squall replay`.
#[derive(Debug, clap::Args)]
pub(in super::super) struct ReplayArguments {
    file: PathBuf,
    #[arg(long)]
    seed: u64,
    #[command(flatten)]
    whose: Whose,
    #[arg(long)]
    until: Option<Duration>,
    #[arg(long)]
    fail_fast: bool,
    /// Print the records from this number ..
    #[arg(long, requires = "to")]
    from: Option<u64>,
    /// .. to this one, excluded.
    #[arg(long, requires = "from")]
    to: Option<u64>,
    #[arg(long)]
    inject_nondeterminism: bool,
}

/// How to make a run again.
#[derive(Debug)]
pub(super) struct Again<'a> {
    file: &'a Path,
    plan: &'a Plan,
    until: Option<Duration>,
    fail_fast: bool,
    disturb: bool,
}

impl<'a> Again<'a> {
    pub(super) fn of(arguments: &Arguments, file: &'a Path, plan: &'a Plan) -> Self {
        Self {
            file,
            plan,
            until: arguments.closer.until,
            fail_fast: arguments.fail_fast,
            disturb: arguments.inject_nondeterminism,
        }
    }

    /// Makes the run in a second process and compares its checkpoints with `ours`. How it differed, if it did.
    pub(super) fn compare(&self, ours: &[String]) -> anyhow::Result<Option<String>> {
        let printed = self.elsewhere(None)?;
        let theirs = runner::parse_checkpoints(&printed)
            .ok_or_else(|| anyhow!("the second process printed no checkpoints but `{}`", printed.trim()))?;
        let Some(range) = runner::compare(ours, &theirs) else { return Ok(None) };
        let mut window = Window::new(range.clone());
        self.here(&mut window);
        let theirs = self.elsewhere(Some(&range))?;
        let theirs: Vec<String> = theirs.lines().map(str::to_owned).collect();
        Ok(Some(match Difference::find(&window.into_lines(), &theirs) {
            Some(Difference { ours, theirs }) => format!(
                "the first record that differs:\n  here   {}\n  there  {}",
                ours.as_deref().unwrap_or("the run had ended"),
                theirs.as_deref().unwrap_or("the run had ended"),
            ),
            None => {
                format!("records {} to {} differed, but not when run once more", range.start, range.end - 1)
            }
        }))
    }

    /// Makes the run in this process. A panic is part of it, and its records up to there are what is compared.
    fn here(&self, observer: &mut dyn Observer) {
        let options = Options {
            progress: None,
            disturbance: self.disturb.then(wall_clock_noise),
            until: self.until.map(|until| Time::ZERO + until),
            software: None,
        };
        if self.fail_fast {
            let mut judges = Judges::new(self.plan).stopping_at_violation(true);
            runner::judge(self.plan, &mut judges, &mut [observer], &options);
        } else {
            let _ = runner::simulate(self.plan, self.plan.seed, observer, &options);
        }
    }

    /// What a second process prints of the run: its checkpoints, or the records of a range.
    fn elsewhere(&self, range: Option<&Range<u64>>) -> anyhow::Result<String> {
        let program = std::env::current_exe().context("this program can't find itself")?;
        let mut command = Command::new(program);
        command.arg("replay").args(["--seed", &self.plan.seed.to_string()]);
        command.args(["--implementation", self.plan.cluster.implementation.name()]);
        if let Some(range) = range {
            command.args(["--from", &range.start.to_string(), "--to", &range.end.to_string()]);
        }
        if let Some(until) = self.until {
            command.args(["--until", &until.to_string()]);
        }
        command.args(self.fail_fast.then_some("--fail-fast"));
        command.args(self.disturb.then_some("--inject-nondeterminism"));
        let result =
            command.arg("--").arg(self.file).stdin(Stdio::null()).env_remove("GITHUB_ACTIONS").output();
        let result = result.context("a second process can't be started")?;
        if !result.status.success() {
            let why = String::from_utf8_lossy(&result.stderr).trim().to_owned();
            return Err(anyhow!("the second process failed ({}): {why}", result.status));
        }
        String::from_utf8(result.stdout).context("the second process printed no text")
    }
}

/// A delay that no other process will choose.
#[expect(clippy::disallowed_methods, reason = "nondeterminism is what is asked for")]
pub(super) fn wall_clock_noise() -> Duration {
    let clock = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_nanos());
    let mixed = crate::rng::Stream::new(clock as u64, "noise", u64::from(std::process::id()), 0).word();
    Duration::from_nanos(1 + mixed % 1_000_000)
}

/// The other half of [`Again`].
pub(in super::super) fn replay(arguments: &ReplayArguments, output: &Output) -> Result<Status, Failure> {
    let scenario = Scenario::read_for(&arguments.file, arguments.whose.implementation, output)?;
    let plan = Plan { seed: arguments.seed, ..scenario.plan };
    let again = Again {
        file: &arguments.file,
        plan: &plan,
        until: arguments.until,
        fail_fast: arguments.fail_fast,
        disturb: arguments.inject_nondeterminism,
    };
    let lines = match (arguments.from, arguments.to) {
        (Some(from), Some(to)) => {
            let mut window = Window::new(from..to);
            again.here(&mut window);
            window.into_lines()
        }
        _ => {
            let mut checkpoints = Checkpoints::default();
            again.here(&mut checkpoints);
            checkpoints.finish()
        }
    };
    output.print(format_args!("{}\n", lines.join("\n")))?;
    Ok(Status::Held)
}
