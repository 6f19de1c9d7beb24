//! `squall compare`: the same scenarios with several implementations, side by side.

use super::advise::Printed;
use super::implementation::implementation;
use super::inputs::Scenario;
use super::run::{FILED, begin_reports, jobs, printed, seeds, threads};
use super::{Failure, Output, Status};
use crate::adapters;
use crate::compare::{Cell, Comparison, Lacking, OfRuns, OfScenario, Ran};
use crate::plan::{Implementation, Plan};
use crate::report::json::indented;
use crate::runner::{self, Progress};
use serde::Serialize;
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
    #[arg(long, value_name = "NAMES", value_delimiter = ',', value_parser = implementation)]
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
and judges nobody: the exit code is 0 whatever the runs come to. `squall run --implementation` has the
verdict of a run as its exit code.";

pub(super) fn compare(arguments: &Arguments, output: &Output) -> Result<Status, Failure> {
    let implementations = chosen(&arguments.implementations)?;
    let scenarios = Scenario::read_all_for(&arguments.files, Some(Implementation::Squall), output)?.0;
    if let Some(out) = &arguments.out {
        begin_reports(Some(out))?;
    }
    runner::report_when_interrupted();
    let work = Work::new(&scenarios, &implementations, arguments.seeds.clone());
    let Some(ran) = work.carry_out(threads(arguments.jobs), arguments.quiet) else {
        output.diagnose(&"interrupted: not all runs were made, so nothing is compared");
        return Ok(Status::Failed);
    };
    let comparison = work.comparison(&ran);
    if let Some(out) = &arguments.out {
        write_all(&comparison, out)?;
    }
    output.print(match if arguments.json { Printed::Json } else { arguments.form } {
        Printed::Text => comparison.render(&printed(output)),
        Printed::Markdown => comparison.markdown(),
        Printed::Html => comparison.html(),
        Printed::Json => document(&comparison),
    })?;
    Ok(Status::Held)
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
            let lacking = adapters::unexpressed(&plan);
            let lacking = lacking.iter().map(|it| Lacking { switch: it.switch, why: it.why }).collect();
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
            let plan = &self.pairings[place(piece)].plan;
            let seed = self.first_seed(plan) + piece % self.seeds();
            Ran::of(&runner::report(&Plan { seed, ..plan.clone() }))
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

    fn comparison(&self, ran: &[Vec<Ran>]) -> Comparison {
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
