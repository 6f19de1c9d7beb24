//! What came of the runs of each implementation.

use crate::diff::{FEWEST, Figure, Ruling, differences};
use crate::report::batch::Lacking;
use crate::report::{Report, RunVerdict, shell_word};
use crate::statistics::{Interval, mean};
use serde::Serialize;
use std::collections::BTreeMap;

/// The figures that are compared.
pub const FIGURES: [Figure; 4] =
    [Figure::LeaderAvailability, Figure::WithoutLeader, Figure::LongestSpan, Figure::ClientAvailability];

/// Parts of a share.
const BILLION: u128 = 1_000_000_000;

/// What counts of one run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ran {
    /// The seed.
    pub seed: u64,
    /// The verdict.
    pub verdict: RunVerdict,
    /// What makes it; none if all held.
    pub reason: Option<String>,
    /// The command that makes this run again; none if all held, or if it came from no file.
    pub replay: Option<String>,
    /// The figures, in the order of [`FIGURES`]; none where the run has none.
    pub figures: [Option<u64>; FIGURES.len()],
}

impl Ran {
    /// What counts of the run that this is the report of.
    pub fn of(report: &Report) -> Self {
        let share = |part: u64, whole: u64| {
            (whole > 0).then(|| (u128::from(part) * BILLION / u128::from(whole)) as u64)
        };
        let (all, without) = (report.simulated.nanos(), report.leaderless().nanos());
        let longest = report.elections.iter().map(|election| election.vacant.nanos()).max();
        let figures = [
            share(all.saturating_sub(without), all),
            Some(without),
            Some(longest.unwrap_or(0)),
            share(report.service.done, report.service.invoked),
        ];
        let file = report.file.as_ref().filter(|_| report.failed());
        let replay = file.map(|file| {
            let (file, name) = (shell_word(file), report.implementation.name());
            // The file may name another.
            format!("squall run {file} --seed {} --implementation {name}", report.seed)
        });
        Self { seed: report.seed, verdict: report.verdict, reason: report.reason(), replay, figures }
    }
}

/// Scenarios and implementations side by side.
#[derive(Clone, Debug, Serialize)]
pub struct Comparison {
    /// The implementations by their names, in the order of the cells.
    pub implementations: Vec<&'static str>,
    /// The packages that they are, with their versions.
    pub packages: Vec<&'static str>,
    /// The command that makes the comparison.
    pub command: String,
    /// How many runs were to be made.
    pub planned: u64,
    /// How many were made: fewer if that was interrupted.
    pub runs: u64,
    /// The scenarios, in the order in which they were asked for; of an interrupted comparison as far as every implementation has run with the
    /// same seeds.
    pub scenarios: Vec<OfScenario>,
    /// The files of the others; left out if there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_reached: Vec<String>,
}

/// What came of a scenario.
#[derive(Clone, Debug, Serialize)]
pub struct OfScenario {
    /// Its name.
    pub scenario: String,
    /// What it shows, for people.
    pub about: String,
    /// The file that it was read from.
    pub file: String,
    /// The first seed; serialized as text, since it may be large.
    #[serde(serialize_with = "as_text")]
    pub first_seed: u64,
    /// How many seeds from there on each implementation ran with.
    pub seeds: u64,
    /// What came of it with each implementation.
    pub cells: Vec<Cell>,
}

/// What came of a scenario with an implementation.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cell {
    /// The scenario asks for what the implementation can't express, so that nothing was run.
    CannotExpress(Vec<Lacking>),
    /// These runs.
    Runs(OfRuns),
}

/// What came of some runs.
#[derive(Clone, Debug, Serialize)]
pub struct OfRuns {
    /// The verdicts, the gravest first.
    pub verdicts: Vec<Came>,
    /// The figures that any run has.
    pub figures: Vec<OfFigure>,
}

/// How many runs came to a verdict.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Came {
    /// Which.
    pub verdict: RunVerdict,
    /// How many.
    pub runs: u64,
    /// Their seeds, in order; serialized as texts.
    #[serde(serialize_with = "as_texts")]
    pub seeds: Vec<u64>,
    /// What makes the verdict of the first of them; none if all held.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The command that makes the first of them again; none if all held.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replay: Option<String>,
}

/// A figure over some runs.
#[derive(Clone, Debug, Serialize)]
pub struct OfFigure {
    /// Which.
    pub figure: Figure,
    /// How many runs have it.
    pub runs: u64,
    /// Its mean over these.
    pub mean: f64,
    /// Where the true mean lies, at 95 %; none of fewer than [`FEWEST`] runs.
    pub interval: Option<Interval>,
    /// How it differs from the first implementation's; none of that one itself, or where no seed has it with both.
    pub against: Option<Against>,
}

/// How a figure differs from that of the first implementation, seed by seed.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Against {
    /// With how many seeds both have it.
    pub pairs: u64,
    /// The mean of the paired differences.
    pub difference: f64,
    /// Where the true difference lies, at 95 %; none of fewer than [`FEWEST`] pairs.
    pub interval: Option<Interval>,
    /// What that comes to.
    pub ruling: Ruling,
}

fn as_text<S: serde::Serializer>(seed: &u64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(seed)
}

fn as_texts<S: serde::Serializer>(seeds: &[u64], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(seeds.iter().map(u64::to_string))
}

impl OfScenario {
    /// Whether there are runs that are held against those of the first implementation.
    pub(super) fn is_held_against_the_first(&self) -> bool {
        let runs = self.cells.iter().filter_map(|cell| match cell {
            Cell::Runs(runs) => Some(runs),
            Cell::CannotExpress(_) => None,
        });
        runs.flat_map(|runs| &runs.figures).any(|figure| figure.against.is_some())
    }
}

impl OfRuns {
    /// What came of runs with the same seeds as those of the implementation that all are held against, if they are not its own.
    pub fn new(runs: &[Ran], first: Option<&[Ran]>) -> Self {
        let mut verdicts: BTreeMap<RunVerdict, Came> = BTreeMap::new();
        for run in runs {
            let came = verdicts.entry(run.verdict).or_insert_with(|| Came {
                verdict: run.verdict,
                runs: 0,
                seeds: Vec::new(),
                reason: run.reason.clone(),
                replay: run.replay.clone(),
            });
            came.runs += 1;
            came.seeds.push(run.seed);
        }
        let figures = FIGURES.into_iter().enumerate();
        Self {
            verdicts: verdicts.into_values().rev().collect(),
            figures: figures
                .filter_map(|(place, figure)| OfFigure::new(figure, place, runs, first))
                .collect(),
        }
    }

    /// A figure; none if no run has it.
    pub fn figure(&self, which: Figure) -> Option<&OfFigure> {
        self.figures.iter().find(|it| it.figure == which)
    }
}

impl OfFigure {
    fn new(figure: Figure, place: usize, runs: &[Ran], first: Option<&[Ran]>) -> Option<Self> {
        let known: Vec<u64> = runs.iter().filter_map(|run| run.figures[place]).collect();
        let enough = known.len() >= FEWEST;
        let against = first.and_then(|first| {
            let pairs = first.iter().zip(runs);
            let pairs = pairs.filter_map(|(first, run)| Some((first.figures[place]?, run.figures[place]?)));
            let pairs: Vec<(u64, u64)> = pairs.collect();
            let (difference, interval, ruling) = differences(&pairs, figure.wish());
            (!pairs.is_empty()).then_some(Against { pairs: pairs.len() as u64, difference, interval, ruling })
        });
        Some(Self {
            figure,
            runs: known.len() as u64,
            mean: mean(&known)?,
            interval: enough.then(|| Interval::of_mean(&known)).flatten(),
            against,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runs(without: impl Fn(u64) -> u64, seeds: u64) -> Vec<Ran> {
        let run = |seed: u64| Ran {
            seed,
            verdict: if seed == 3 { RunVerdict::Expectation } else { RunVerdict::Pass },
            reason: (seed == 3).then(|| "why".into()),
            replay: (seed == 3).then(|| "squall run".into()),
            figures: [None, Some(without(seed)), Some(without(seed)), None],
        };
        (0..seeds).map(run).collect()
    }

    #[test]
    fn the_luck_of_a_seed_cancels_out() {
        // Seeds differ by far more than the implementations do.
        let (first, second) = (runs(|seed| seed * 1_000, 20), runs(|seed| seed * 1_000 + 5 + seed % 2, 20));
        let told = OfRuns::new(&second, Some(&first));
        let figure = told.figure(Figure::WithoutLeader).expect("every run has it");
        let against = figure.against.expect("held against the first");
        assert_eq!((against.pairs, against.difference, against.ruling), (20, 5.5, Ruling::Worse));
        let interval = against.interval.expect("enough pairs");
        assert!(interval.low >= 5.0 && interval.high <= 6.0, "{interval:?}");
        let own = figure.interval.expect("enough runs");
        assert!(own.high - own.low > 1_000.0, "{own:?}");
        assert!(told.figure(Figure::ClientAvailability).is_none(), "nobody asked for anything");
    }

    #[test]
    fn few_seeds_have_no_interval() {
        let (first, same) = (runs(|_| 7, 3), runs(|_| 7, 3));
        let told = OfRuns::new(&runs(|_| 9, 3), Some(&first));
        let figure = told.figure(Figure::WithoutLeader).expect("every run has it");
        assert_eq!(figure.interval, None);
        assert_eq!(figure.against.expect("held against the first").ruling, Ruling::TooFew);
        let told = OfRuns::new(&same, Some(&first));
        let figure = told.figure(Figure::WithoutLeader).expect("every run has it");
        assert_eq!(figure.against.expect("held against the first").ruling, Ruling::Same);
    }

    #[test]
    fn the_gravest_verdict_comes_first() {
        let told = OfRuns::new(&runs(|_| 0, 12), None);
        let told: Vec<_> = told.verdicts.iter().map(|it| (it.verdict, it.runs, it.seeds[0])).collect();
        assert_eq!(told, [(RunVerdict::Expectation, 1, 3), (RunVerdict::Pass, 11, 0)]);
    }
}
