//! The program: arguments, what is printed where, exit codes.
//!
//! Results go to standard output, diagnostics and progress to standard error.

mod access;
mod advise;
mod annotations;
mod broken_rule;
mod cases;
mod check;
mod check_history;
mod compare;
mod diff;
mod explain;
mod findings;
mod fuzz;
mod gallery;
mod implementation;
mod inputs;
mod list;
mod manual;
mod merge;
mod numbers;
mod output;
mod problems;
mod run;
mod shard;
mod shrink;
mod study;

use clap::error::{ContextKind, ContextValue};
use clap::{Parser, Subcommand, ValueEnum};
use output::Output;
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
  1  a safety property was violated, a replica panicked, or a planted bug survived
  3  an expectation of the scenario failed, time stopped passing (livelock), or a report got worse
  4  nothing happened that could show whether an expectation holds, or it could not be decided
  6  Squall itself could not do its work: a file, the disk, an interrupt
  2  bad usage, or a bad scenario, profile, study, history or report; or one that the implementation can't express
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
    /// Run scenarios and report elections, liveness and verdict.
    Run(run::Arguments),
    /// Make random runs of a profile and look for what fails.
    Fuzz(fuzz::Arguments),
    /// Make one report of the results that many machines have of random runs.
    Merge(merge::Arguments),
    /// Say whether scenarios, profiles and studies are valid, without running them.
    Check(check::Arguments),
    /// Say whether a history of operations is linearizable: one of a run, or from elsewhere.
    CheckHistory(check_history::Arguments),
    /// Write a random run down as a scenario whose faults have given times and nodes: the same run to the last record.
    Resolve(shrink::ResolveArguments),
    /// Find the smallest scenario that still fails in the same way.
    Shrink(shrink::ShrinkArguments),
    /// Run a scenario over many seeds and a grid of parameters, and tell how what is measured is distributed.
    Study(study::Arguments),
    /// Try timers for a scenario's network and machines, and show those worth a choice: time without a leader after a crash
    /// against leaders deposed without need.
    Advise(advise::Arguments),
    /// Say what changed between two reports of the same scenarios and seeds, and whether it got worse.
    Diff(diff::Arguments),
    /// Run the same scenarios with several implementations, and show side by side what came of it.
    Compare(compare::Arguments),
    /// Show which records led from a fault to a broken rule of safety; say why nobody led, span by span, and whether a leader
    /// appears without that.
    Explain(explain::Arguments),
    /// Catch the bugs that can be planted, each by its script and in random runs, and say by whom and how soon.
    Gallery(gallery::Arguments),
    /// List the scenarios that come with Squall, or print one.
    List(list::Arguments),
    /// Print who may ask a server for what, by its role.
    Access(access::Arguments),
    /// Print a script that completes commands and options in a shell.
    Completions(manual::CompletionArguments),
    /// Print the manual page, or write those of all commands into a folder.
    Man(manual::ManArguments),
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
    /// Nothing happened that could show whether an expectation holds, or it could not be decided whether safety did.
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
    /// A scenario, or a wish, that can't be read or makes no sense; here is what to print.
    #[error("{0}")]
    BadInput(String),
    /// Anything else.
    #[error("{0:#}")]
    Other(#[from] anyhow::Error),
}

impl Failure {
    const fn status(&self) -> Status {
        match self {
            Self::BadInput(_) => Status::BadInput,
            Self::Other(_) => Status::Failed,
        }
    }
}

/// Runs the program with the process's arguments.
pub fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return explain(error),
    };
    crate::runner::remove_unfinished_when_interrupted();
    let output = Output::new(arguments.color);
    let result = match &arguments.command {
        Command::Run(arguments) => run::run(arguments, &output),
        Command::Fuzz(arguments) => fuzz::fuzz(arguments, &output),
        Command::Merge(arguments) => merge::merge(arguments, &output),
        Command::Check(arguments) => check::check(arguments, &output),
        Command::CheckHistory(arguments) => check_history::check_history(arguments, &output),
        Command::Resolve(arguments) => shrink::resolve(arguments, &output),
        Command::Shrink(arguments) => shrink::shrink(arguments, &output),
        Command::Study(arguments) => study::study(arguments, &output),
        Command::Advise(arguments) => advise::advise(arguments, &output),
        Command::Diff(arguments) => diff::diff(arguments, &output),
        Command::Compare(arguments) => compare::compare(arguments, &output),
        Command::List(arguments) => list::list(arguments, &output),
        Command::Gallery(arguments) => gallery::gallery(arguments, &output),
        Command::Explain(arguments) => explain::explain(arguments, &output),
        Command::Access(arguments) => access::access(arguments, &output),
        Command::Completions(arguments) => manual::completions(arguments, &output),
        Command::Man(arguments) => manual::man(arguments, &output),
        Command::Replay(arguments) => run::replay(arguments, &output),
    };
    let status = result.unwrap_or_else(|failure| {
        match &failure {
            Failure::BadInput(text) => output.diagnose(text),
            Failure::Other(error) => output.diagnose(&format_args!("error: {error:#}")),
        }
        failure.status()
    });
    ExitCode::from(status.code())
}

/// Says what is wrong with the arguments, or gives the help that was asked for.
fn explain(mut error: clap::Error) -> ExitCode {
    let name = error.get(ContextKind::InvalidSubcommand).map(ToString::to_string);
    if let Some(name) = name.filter(|name| name.ends_with(".ron") || std::path::Path::new(name).is_file()) {
        let meant = format!("did you mean `squall run {name}`?");
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![meant.into()]));
        error.remove(ContextKind::SuggestedSubcommand);
    }
    let _ = error.print();
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
}
