//! The program: arguments, what is printed where, exit codes.
//!
//! Results go to standard output, diagnostics and progress to standard error.

mod check;
mod output;
mod run;

use clap::{Parser, Subcommand, ValueEnum};
use output::Output;
use std::path::PathBuf;
use std::process::ExitCode;

/// Puts Raft in a storm and tells, with evidence, whether it stayed safe and how long it was without a leader.
#[derive(Debug, Parser)]
#[command(name = "squall", version, max_term_width = 100, after_help = EXIT_CODES)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
    /// When to colour what is printed.
    #[arg(long, value_enum, default_value = "auto", global = true, value_name = "WHEN")]
    color: Color,
}

const EXIT_CODES: &str = "\
Exit codes, the gravest wins:
  5  two runs of the same scenario and seed differed
  1  a safety property was violated, or a replica panicked
  3  an expectation of the scenario failed, or time stopped passing (livelock)
  4  nothing happened that could show whether an expectation holds
  6  Squall itself could not do its work: a file, the disk
  2  bad usage or a bad scenario
  0  all held, and all that was expected";

/// When to colour.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Color {
    /// If standard output is a terminal and NO_COLOR is not set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run a scenario and report elections, liveness and verdict.
    Run(run::Arguments),
    /// Say whether scenarios are valid, without running them.
    Check(check::Arguments),
    /// Print the checkpoints or some records of a run; the other half of `run --check-determinism`.
    #[command(hide = true)]
    Replay(run::ReplayArguments),
}

/// What a command comes to. Of several the gravest is the exit code: see [`Status::worst`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Status {
    /// All held.
    Held,
    /// Bad usage or a bad scenario.
    BadInput,
    /// Squall could not do its work.
    Failed,
    /// Nothing happened that could show whether an expectation holds.
    Vacuous,
    /// An expectation failed, or time stopped passing.
    Liveness,
    /// A safety property was violated.
    Unsafe,
    /// Two runs differed.
    Nondeterministic,
}

impl Status {
    /// The graver of two.
    pub(crate) fn worst(self, other: Self) -> Self {
        self.max(other)
    }

    const fn code(self) -> u8 {
        match self {
            Self::Held => 0,
            Self::Unsafe => 1,
            Self::BadInput => 2,
            Self::Liveness => 3,
            Self::Vacuous => 4,
            Self::Nondeterministic => 5,
            Self::Failed => 6,
        }
    }
}

/// Why a command could not be carried out.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// A scenario that can't be read or makes no sense; here is what to print.
    #[error("{0}")]
    BadScenario(String),
    /// Anything else.
    #[error("{0:#}")]
    Other(#[from] anyhow::Error),
}

impl Failure {
    const fn status(&self) -> Status {
        match self {
            Self::BadScenario(_) => Status::BadInput,
            Self::Other(_) => Status::Failed,
        }
    }
}

/// Runs the program with the process's arguments.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let output = Output::new(arguments.color);
    let result = match &arguments.command {
        Command::Run(arguments) => run::run(arguments, &output),
        Command::Check(arguments) => check::check(arguments, &output),
        Command::Replay(arguments) => run::replay(arguments, &output),
    };
    let status = result.unwrap_or_else(|failure| {
        match &failure {
            Failure::BadScenario(text) => output.diagnose(text),
            Failure::Other(error) => output.diagnose(&format_args!("error: {error:#}")),
        }
        failure.status()
    });
    ExitCode::from(status.code())
}

/// A scenario file, read and understood.
struct Scenario {
    path: PathBuf,
    plan: crate::plan::Plan,
}

impl Scenario {
    /// Reads a scenario. Warnings go to standard error.
    fn read(path: &std::path::Path, output: &Output) -> Result<Self, Failure> {
        let name = path.display().to_string();
        let bytes = crate::runner::read_scenario(path, crate::scenario::MAX_BYTES as u64)
            .map_err(|error| Failure::BadScenario(format!("error: {error}")))?;
        let text = crate::scenario::decode(&bytes)
            .map_err(|error| Failure::BadScenario(format!("error: {name}: {error}")))?;
        let colour = output.colours_diagnostics();
        let (plan, warnings) = crate::scenario::read(text)
            .map_err(|errors| Failure::BadScenario(errors.render(&name, text, colour)))?;
        for warning in &warnings {
            output.diagnose(&warning.render(&name, text, colour));
        }
        Ok(Self { path: path.to_owned(), plan })
    }
}
