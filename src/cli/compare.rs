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

What an implementation can't express is said in its cell, and not run. From 10 seeds on means come with their 95 % \
intervals, and each implementation is held against the first one seed by seed. This measures, and judges nobody: the exit \
code is 0 whatever the runs come to, and 2 if nothing could be run. `squall run --implementation`, as in the `replay` \
lines, has the verdict of a run as its exit code. An interrupt ends it with the seeds that every implementation has run \
with so far, and exit code 6.";

pub(super) fn compare(arguments: &Arguments, output: &Output) -> Result<Status, Failure> {
    let implementations = chosen(&arguments.implementations)?;
    // With Squall's own nothing is put aside.
    let (scenarios, _) = Scenario::read_all_for(&arguments.files, Some(Implementation::Squall), output)?;
    runner::report_when_interrupted();
    begin_reports(arguments.out.as_deref())?;
    let work = Work::new(&scenarios, &implementations, arguments.seeds.clone());
    let ran = work.carry_out(threads(arguments.jobs), arguments.quiet);
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
    if let Some(interruption) = comparison.interruption() {
        output.diagnose(&interruption);
        return Ok(Status::Failed);
    }
    if ran.iter().all(Vec::is_empty) {
        output.diagnose(
            &"error: nothing was run, since none of these implementations can express any of the scenarios",
        );
        return Ok(Status::BadInput);
    }
    Ok(Status::Held)
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

    /// How many runs are to be made.
    fn count(&self) -> u64 {
        let able = self.pairings.iter().filter(|it| it.lacking.is_empty());
        able.count() as u64 * self.seeds()
    }

    /// Makes the runs of all pairings that can be expressed, until it is interrupted. The scenarios come one after the other, and with each
    /// seed all implementations, so that what is there can be compared at any time.
    fn carry_out(&self, threads: usize, quiet: bool) -> Vec<Vec<Ran>> {
        let each = self.implementations.len() as u64;
        let count = self.count();
        let progress = (!quiet && count > 1).then(|| Progress::of_runs(count));
        let place = |piece: u64| {
            let (row, column) = (piece / (each * self.seeds()), piece % each);
            (row * each + column) as usize
        };
        let work = |piece: u64| {
            let Pairing { scenario, plan, lacking } = &self.pairings[place(piece)];
            let seed = self.first_seed(plan) + piece / each % self.seeds();
            lacking.is_empty().then(|| {
                let report = runner::report(&Plan { seed, ..plan.clone() });
                Ran::of(&Report { file: Some(scenario.name()), ..report })
            })
        };
        let mut ran: Vec<Vec<Ran>> = self.pairings.iter().map(|_| Vec::new()).collect();
        let pieces = self.pairings.len() as u64 * self.seeds();
        runner::in_order(threads, pieces, work, |piece, run| {
            if run.is_some() {
                progress.iter().for_each(Progress::step);
            }
            ran[place(piece)].extend(run);
            if runner::was_interrupted() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        ran
    }

    /// The seeds with which every implementation has run that can express the scenario; all of them if none can.
    fn done(&self, pairings: &[Pairing<'_>], ran: &[Vec<Ran>]) -> u64 {
        let able = pairings.iter().zip(ran).filter(|(pairing, _)| pairing.lacking.is_empty());
        able.map(|(_, runs)| runs.len() as u64).min().unwrap_or(self.seeds())
    }

    /// Compares what was run, as far as it was with every implementation.
    fn comparison(&self, ran: &[Vec<Ran>], command: String) -> Comparison {
        let each = self.implementations.len();
        let scenarios = self.pairings.chunks(each).zip(ran.chunks(each)).filter_map(|(pairings, ran)| {
            let scenario = pairings.first()?.scenario;
            let seeds = self.done(pairings, ran);
            let ran: Vec<&[Ran]> = ran.iter().map(|runs| &runs[..runs.len().min(seeds as usize)]).collect();
            let against = ran.first().copied().filter(|runs| !runs.is_empty());
            let cells = pairings.iter().zip(ran).enumerate().map(|(at, (pairing, runs))| {
                if !pairing.lacking.is_empty() {
                    return Cell::CannotExpress(pairing.lacking.clone());
                }
                Cell::Runs(OfRuns::new(runs, against.filter(|_| at > 0)))
            });
            (seeds > 0).then(|| OfScenario {
                scenario: scenario.plan.name.clone(),
                about: scenario.plan.about.clone(),
                file: scenario.name(),
                first_seed: self.first_seed(&scenario.plan),
                seeds,
                cells: cells.collect(),
            })
        });
        let scenarios: Vec<OfScenario> = scenarios.collect();
        let is_there = |pairing: &Pairing<'_>| {
            let file = pairing.scenario.name();
            scenarios.iter().any(|it| it.file == file)
        };
        let firsts = self.pairings.iter().step_by(each);
        let not_reached = firsts.filter(|it| !is_there(it)).map(|it| it.scenario.name()).collect();
        Comparison {
            implementations: self.implementations.iter().map(|it| it.name()).collect(),
            packages: self.implementations.iter().map(|it| adapters::package(*it)).collect(),
            command,
            planned: self.count(),
            runs: ran.iter().map(Vec::len).sum::<usize>() as u64,
            scenarios,
            not_reached,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::RunVerdict;

    /// Of a comparison that was interrupted nothing is told but of seeds with which all have run.
    #[test]
    fn what_is_there_is_compared_seed_by_seed() {
        let text = r#"(format: 1, name: "x", duration: "1s", cluster: (voters: 3))"#;
        let (plan, _) = crate::scenario::read(text).expect("a scenario");
        let scenarios = ["a.ron", "b.ron"].map(|path| Scenario { path: path.into(), plan: plan.clone() });
        let implementations = [Implementation::Squall; 2];
        let work = Work::new(&scenarios, &implementations, Some(7..12));
        let runs = |seeds: Range<u64>| -> Vec<Ran> {
            let run = |seed| Ran {
                seed,
                verdict: RunVerdict::Pass,
                reason: None,
                replay: None,
                figures: [None, Some(seed), None, None],
            };
            seeds.map(run).collect()
        };
        let compared = |ran: [Vec<Ran>; 4]| work.comparison(&ran, String::new());
        let seeds = |of: &Comparison| of.scenarios.iter().map(|it| it.seeds).collect::<Vec<_>>();
        let cut = compared([runs(7..10), runs(7..9), Vec::new(), Vec::new()]);
        assert_eq!(seeds(&cut), [2], "the second scenario was not begun");
        assert_eq!(
            cut.interruption().map(|it| it.to_string()).as_deref(),
            Some("interrupted after 5 of 20 runs")
        );
        for cell in &cut.scenarios[0].cells {
            let Cell::Runs(runs) = cell else { panic!("it can be expressed") };
            assert_eq!((runs.verdicts[0].runs, runs.figures[0].runs), (2, 2));
        }
        let told = cut.render(&FILED);
        assert!(
            told.contains("It was interrupted after 5 of 20 runs") && told.contains("Not reached: b.ron.")
        );
        let whole = compared([runs(7..12), runs(7..12), runs(7..12), runs(7..12)]);
        assert_eq!((seeds(&whole), whole.interruption()), (vec![5, 5], None));
        let none = compared([runs(7..8), Vec::new(), Vec::new(), Vec::new()]);
        assert!(none.scenarios.is_empty() && none.interruption().is_some());
        let told = none.render(&FILED);
        assert!(told.contains("Not reached: a.ron, b.ron.") && !told.contains("Overview"), "{told}");
    }
}
