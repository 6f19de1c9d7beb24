//! `squall compare`: the same scenarios with several implementations, side by side.

use super::advise::Printed;
use super::implementation::one_of_some;
use super::inputs::{Scenario, lacking};
use super::run::{FILED, begin_reports, jobs, printed, seeds, threads};
use super::{Failure, Output, Status};
use crate::adapters;
use crate::compare::{Cell, Comparison, OfRuns, OfScenario, Ran};
use crate::plan::{Implementation, Plan};
use crate::report::batch::Lacking;
use crate::report::json::indented;
use crate::report::{Report, shell_word};
use crate::runner::{self, Progress};
use serde::Serialize;
use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::ops::{ControlFlow, Range};
use std::path::{Path, PathBuf};

/// Arguments of `squall compare`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// Scenario files, or patterns in quotes that stand for some. Which implementation they ask for counts for nothing here.
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// Two or more implementations, with commas between them: Squall, RaftRs, OmniPaxos; by default all that this build has. All
    /// are held against the first.
    #[arg(long, value_name = "NAMES", value_delimiter = ',', value_parser = one_of_some)]
    implementations: Vec<Implementation>,
    /// The seeds of the runs: every one from A to B, B excluded; by default the seed of each scenario alone.
    #[arg(long, value_name = "A..B", value_parser = seeds)]
    seeds: Option<Range<u64>>,
    /// How many runs go on at a time; by default as many as there are cores. What is printed does not depend on it.
    #[arg(long, value_name = "N", value_parser = jobs)]
    jobs: Option<NonZeroUsize>,
    /// Also write the comparison in all forms into this folder.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Print the comparison in this form.
    #[arg(long, value_enum, default_value = "text", value_name = "FORM")]
    form: Printed,
    /// Print it as one JSON document: the same as --form json.
    #[arg(long, conflicts_with = "form")]
    json: bool,
    /// No progress, and nothing on standard error but errors.
    #[arg(long, short)]
    quiet: bool,
}

const EXAMPLES: &str = "\
Examples:
  squall compare scenarios/leader-crash.ron --implementations Squall,RaftRs
  squall compare 'scenarios/partial/*.ron' --seeds 0..20 --out compared

What an implementation can't express is said in its cell, and not run. From 10 seeds on means come with
their 95 % intervals, and each implementation is held against the first one seed by seed. This measures,
and judges nobody: the exit code is 0 whatever the runs come to, and 2 if nothing could be run. `squall
run --implementation`, as in the `replay` lines, has the verdict of a run as its exit code.";

pub(super) fn compare(arguments: &Arguments, output: &Output) -> Result<Status, Failure> {
    let implementations = chosen(&arguments.implementations)?;
    // With Squall's own nothing is put aside.
    let (scenarios, _) = Scenario::read_all_for(&arguments.files, Some(Implementation::Squall), output)?;
    refuse_twice(&scenarios)?;
    if let Some(out) = &arguments.out {
        begin_reports(Some(out))?;
    }
    runner::report_when_interrupted();
    let work = Work::new(&scenarios, &implementations, arguments.seeds.clone());
    let Some(ran) = work.carry_out(threads(arguments.jobs), arguments.quiet) else {
        output.diagnose(&"interrupted: not all runs were made, so nothing is compared");
        return Ok(Status::Failed);
    };
    let comparison = work.comparison(&ran, command(arguments, &implementations));
    if let Some(out) = &arguments.out {
        write_all(&comparison, out)?;
    }
    output.print(match if arguments.json { Printed::Json } else { arguments.form } {
        Printed::Text => comparison.render(&printed(output)),
        Printed::Markdown => comparison.markdown(),
        Printed::Html => comparison.html(),
        Printed::Json => document(&comparison),
    })?;
    if ran.iter().all(Vec::is_empty) {
        output.diagnose(
            &"error: nothing was run, since none of these implementations can express any of the scenarios",
        );
        return Ok(Status::BadInput);
    }
    Ok(Status::Held)
}

/// Refuses a scenario that would be two rows alike.
fn refuse_twice(scenarios: &[Scenario]) -> Result<(), Failure> {
    let real = |scenario: &Scenario| std::fs::canonicalize(&scenario.path).ok();
    let mut seen = BTreeSet::new();
    match scenarios.iter().find(|it| real(it).is_some_and(|path| !seen.insert(path))) {
        None => Ok(()),
        Some(twice) => Err(Failure::BadInput(format!(
            "error: {} is named twice\nhelp: name each scenario once; a pattern may stand for it, too",
            twice.name()
        ))),
    }
}

/// The command that makes the comparison, without what only says how and where to.
fn command(arguments: &Arguments, implementations: &[Implementation]) -> String {
    let files = arguments.files.iter().map(|file| shell_word(&file.display().to_string()));
    let names: Vec<&str> = implementations.iter().map(|it| it.name()).collect();
    let seeds = arguments.seeds.as_ref();
    let seeds = seeds.map_or(String::new(), |seeds| format!(" --seeds {}..{}", seeds.start, seeds.end));
    let files = files.collect::<Vec<_>>().join(" ");
    format!("squall compare {files} --implementations {}{seeds}", names.join(","))
}

/// The implementations to compare: those that are named, else all that this build has.
fn chosen(named: &[Implementation]) -> Result<Vec<Implementation>, Failure> {
    let has = |it: &Implementation| adapters::software(*it).is_some();
    let all: Vec<Implementation> = match named {
        [] => Implementation::ALL.into_iter().filter(has).collect(),
        named => named.to_vec(),
    };
    for (at, it) in all.iter().enumerate() {
        if all[..at].contains(it) {
            let text =
                format!("error: `{}` is named twice in --implementations\nhelp: name each once", it.name());
            return Err(Failure::BadInput(text));
        }
    }
    match all.as_slice() {
        [only] if named.is_empty() => Err(Failure::BadInput(format!(
            "error: this build has no implementation but `{}`\nhelp: build with `--features raft-rs,omnipaxos`, or with one of them",
            only.name()
        ))),
        [only] => Err(Failure::BadInput(format!(
            "error: `{}` alone can't be compared\nhelp: name two or more of {}, such as --implementations Squall,RaftRs",
            only.name(),
            Implementation::ALL.map(Implementation::name).join(", ")
        ))),
        _ => Ok(all),
    }
}

/// A scenario with an implementation.
struct Pairing<'a> {
    scenario: &'a Scenario,
    plan: Plan,
    lacking: Vec<Lacking>,
}

/// What is to be run.
struct Work<'a> {
    implementations: &'a [Implementation],
    seeds: Option<Range<u64>>,
    /// Each scenario with each implementation, the scenarios one after the other.
    pairings: Vec<Pairing<'a>>,
}

impl<'a> Work<'a> {
    fn new(
        scenarios: &'a [Scenario],
        implementations: &'a [Implementation],
        seeds: Option<Range<u64>>,
    ) -> Self {
        let pair = |scenario: &'a Scenario, implementation: Implementation| {
            let mut plan = scenario.plan.clone();
            plan.cluster.implementation = implementation;
            let lacking = lacking(&plan);
            Pairing { scenario, plan, lacking }
        };
        let of = |scenario| implementations.iter().map(move |it| pair(scenario, *it));
        Self { implementations, seeds, pairings: scenarios.iter().flat_map(of).collect() }
    }

    /// How many seeds there are of each pairing.
    fn seeds(&self) -> u64 {
        self.seeds.as_ref().map_or(1, |seeds| seeds.end - seeds.start)
    }

    fn first_seed(&self, plan: &Plan) -> u64 {
        self.seeds.as_ref().map_or(plan.seed, |seeds| seeds.start)
    }

    /// Makes the runs of all pairings that can be expressed, in their order; none if it was interrupted.
    fn carry_out(&self, threads: usize, quiet: bool) -> Option<Vec<Vec<Ran>>> {
        let able: Vec<usize> =
            (0..self.pairings.len()).filter(|at| self.pairings[*at].lacking.is_empty()).collect();
        let count = self.seeds() * able.len() as u64;
        let progress = (!quiet && count > 1).then(|| Progress::of_runs(count));
        let place = |piece: u64| able[(piece / self.seeds()) as usize];
        let work = |piece: u64| {
            let Pairing { scenario, plan, .. } = &self.pairings[place(piece)];
            let seed = self.first_seed(plan) + piece % self.seeds();
            let report = runner::report(&Plan { seed, ..plan.clone() });
            Ran::of(&Report { file: Some(scenario.name()), ..report })
        };
        let mut ran: Vec<Vec<Ran>> = self.pairings.iter().map(|_| Vec::new()).collect();
        runner::in_order(threads, count, work, |piece, run| {
            ran[place(piece)].push(run);
            progress.iter().for_each(Progress::step);
            if runner::was_interrupted() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        let is_whole = ran.iter().map(Vec::len).sum::<usize>() as u64 == count;
        is_whole.then_some(ran)
    }

    fn comparison(&self, ran: &[Vec<Ran>], command: String) -> Comparison {
        let each = self.implementations.len();
        let scenarios = self.pairings.chunks(each).zip(ran.chunks(each)).filter_map(|(pairings, ran)| {
            let scenario = pairings.first()?.scenario;
            let against = ran.first().filter(|runs| !runs.is_empty());
            let cells = pairings.iter().zip(ran).enumerate().map(|(at, (pairing, runs))| {
                if !pairing.lacking.is_empty() {
                    return Cell::CannotExpress(pairing.lacking.clone());
                }
                Cell::Runs(OfRuns::new(runs, against.filter(|_| at > 0).map(Vec::as_slice)))
            });
            Some(OfScenario {
                scenario: scenario.plan.name.clone(),
                about: scenario.plan.about.clone(),
                file: scenario.name(),
                first_seed: self.first_seed(&scenario.plan),
                seeds: self.seeds(),
                cells: cells.collect(),
            })
        });
        Comparison {
            implementations: self.implementations.iter().map(|it| it.name()).collect(),
            packages: self.implementations.iter().map(|it| adapters::package(*it)).collect(),
            command,
            scenarios: scenarios.collect(),
        }
    }
}

fn document(comparison: &Comparison) -> String {
    #[derive(Serialize)]
    struct Whole<'a> {
        format: u32,
        version: &'static str,
        #[serde(flatten)]
        comparison: &'a Comparison,
    }
    indented(&Whole { format: 1, version: env!("CARGO_PKG_VERSION"), comparison }, "") + "\n"
}

/// Writes the comparison in all forms.
fn write_all(comparison: &Comparison, folder: &Path) -> anyhow::Result<()> {
    let forms = [
        ("txt", comparison.render(&FILED)),
        ("md", comparison.markdown()),
        ("html", comparison.html()),
        ("json", document(comparison)),
    ];
    Ok(runner::write_together(folder, Path::new("comparison"), &forms)?)
}
