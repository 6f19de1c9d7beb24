//! Two reports, seed by seed.

use super::figure::{Figure, Wish};
use super::read::{Document, IMPLEMENTATION, OfRun, Runs};
use super::study::OfStudy;
use super::values::{Ruling, Values, differences, mean};
use crate::report::RunVerdict;
use crate::report::format::{count, counted};
use crate::statistics::Interval;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// How many seeds of a kind are named.
const NAMED: usize = 10;

/// What changed between two reports.
#[derive(Clone, Debug, Serialize)]
pub struct Difference {
    /// The versions of Squall that made the old report and the new one.
    pub versions: [String; 2],
    /// Which share a judged figure may lose without a regression: of the run, or of all operations.
    pub tolerated: f64,
    /// The scenarios with seeds that are in both.
    pub scenarios: Vec<OfScenario>,
    /// The study, if the reports are of one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub study: Option<OfStudy>,
    /// The scenarios without: only in the old one, only in the new one, or with other seeds.
    pub unpaired: Vec<String>,
    /// What got worse such that it counts.
    pub regressions: Vec<String>,
    /// Whether something of the old one is not in the new one, so that nobody can tell whether it got worse.
    pub lacks: bool,
}

/// What changed in a scenario.
#[derive(Clone, Debug, Serialize)]
pub struct OfScenario {
    /// Its name.
    pub scenario: String,
    /// How many seeds are in both.
    pub pairs: u64,
    /// How many of these have the same records in both.
    pub same: u64,
    /// How many seeds are in the old one only.
    pub only_old: u64,
    /// How many in the new one only.
    pub only_new: u64,
    /// The parameters that are not what they were.
    pub parameters: Vec<Parameter>,
    /// The verdicts that are not what they were.
    pub verdicts: Vec<Turn>,
    /// The same of each property and expectation.
    pub judged: Vec<Turn>,
    /// The figures.
    pub figures: Vec<Change>,
    /// The counts that are not what they were.
    pub counters: Vec<Counted>,
}

/// A parameter that is not what it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Parameter {
    /// What it is called.
    pub name: String,
    /// What it was; none if there was none.
    pub old: Option<String>,
    /// What it is.
    pub new: Option<String>,
}

/// How many runs have another verdict than before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Turn {
    /// On what; none of the whole run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on: Option<String>,
    /// What it was.
    pub old: String,
    /// What it is.
    pub new: String,
    /// In how many runs.
    pub runs: u64,
    /// Their seeds, in text; the first few.
    pub seeds: Vec<String>,
    /// What makes the new verdict of the first, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Whether the runs passed before, and now fail.
    pub regressed: bool,
}

/// A figure before and after.
#[derive(Clone, Debug, Serialize)]
pub struct Change {
    /// Which.
    pub figure: Figure,
    /// What it was and is.
    #[serde(flatten)]
    pub values: Values,
}

/// A count before and after.
#[derive(Clone, Debug, Serialize)]
pub struct Counted {
    /// What is counted.
    pub name: String,
    /// Its sum over all pairs before.
    pub old: u64,
    /// Its sum now.
    pub new: u64,
    /// The mean of the paired differences.
    pub difference: f64,
    /// Where the true difference lies, at 95 %; none of fewer than [`FEWEST`](super::values::FEWEST) pairs.
    pub interval: Option<Interval>,
    /// What that comes to.
    pub ruling: Ruling,
}

impl Difference {
    /// Compares two reports. A figure that is judged may lose `tolerated` of the run, or of all operations, before it is a
    /// regression; a time that a study measures may grow by `tolerated` of what it was.
    ///
    /// # Errors
    /// If nothing in them can be compared: what was found, and what would help.
    pub fn of(old: &Document, new: &Document, tolerated: f64) -> Result<Self, String> {
        match (&old.study, &new.study) {
            (None, None) => Self::of_runs(old, new, tolerated),
            (Some(before), Some(after)) => {
                let study = OfStudy::of(before, after, tolerated)?;
                let versions = [old.version.clone(), new.version.clone()];
                let regressions = study.regressions();
                let (scenarios, unpaired, lacks) = (Vec::new(), Vec::new(), study.lacks);
                Ok(Self { versions, tolerated, scenarios, study: Some(study), unpaired, regressions, lacks })
            }
            (before, _) => {
                let (runs, study) = if before.is_none() { ("old", "new") } else { ("new", "old") };
                Err(format!(
                    "the {runs} report is on runs, and the {study} one on a study\nhelp: compare two reports of one kind"
                ))
            }
        }
    }

    fn of_runs(old: &Document, new: &Document, tolerated: f64) -> Result<Self, String> {
        let both = |name: &&String| new.scenarios.contains_key(*name);
        if !old.scenarios.keys().any(|name| both(&name)) {
            let names = |of: &Document| of.scenarios.keys().cloned().collect::<Vec<_>>().join(", ");
            return Err(format!(
                "the reports are of different scenarios: {} in the old one, {} in the new one\nhelp: compare two reports of the same \
                 scenario",
                names(old),
                names(new)
            ));
        }
        let all: BTreeSet<&String> = old.scenarios.keys().chain(new.scenarios.keys()).collect();
        let none = Runs::new();
        let (mut scenarios, mut unpaired) = (Vec::new(), Vec::new());
        for name in all {
            let of = |document: &Document| document.scenarios.get(name).cloned();
            let (before, after) = (of(old), of(new));
            let compared = OfScenario::of(
                name,
                (before.as_ref().unwrap_or(&none), after.as_ref().unwrap_or(&none)),
                tolerated,
            );
            match (compared, &before, &after) {
                (Some(compared), ..) => scenarios.push(compared),
                (None, Some(before), Some(after)) => unpaired.push(format!(
                    "no seed of {name} is in both: {} in the old report, {} in the new one",
                    seeds(before),
                    seeds(after)
                )),
                (None, Some(_), None) => unpaired.push(format!("{name} is in the old report only")),
                (None, ..) => unpaired.push(format!("{name} is in the new report only")),
            }
        }
        if scenarios.is_empty() {
            return Err(format!("{}\nhelp: make both with the same --seeds", unpaired.join("; ")));
        }
        let regressions = scenarios.iter().flat_map(OfScenario::regressions).collect();
        let versions = [old.version.clone(), new.version.clone()];
        let compared = |name: &String| scenarios.iter().any(|it| it.scenario == *name && it.only_old == 0);
        let lacks = !old.scenarios.keys().all(compared);
        Ok(Self { versions, tolerated, scenarios, study: None, unpaired, regressions, lacks })
    }

    /// Whether something got worse such that it counts.
    pub fn regressed(&self) -> bool {
        !self.regressions.is_empty()
    }

    /// Whether a figure changed in too few seeds to tell whether it got worse.
    pub fn has_too_few(&self) -> bool {
        let figures = self.scenarios.iter().flat_map(|it| &it.figures).map(|it| &it.values);
        let of_study = self.study.iter().flat_map(|it| &it.quantities).flat_map(|it| &it.cells);
        figures.chain(of_study.map(|it| &it.values)).any(|it| it.ruling == Ruling::TooFew)
    }

    /// Whether every run has the same records as before, and comes to the same.
    pub fn is_nothing(&self) -> bool {
        self.scenarios.iter().all(OfScenario::is_nothing) && self.study.iter().all(OfStudy::is_nothing)
    }
}

/// Seeds in few words: `0..100`, or how many from where to where if some are missing.
fn seeds(runs: &Runs) -> String {
    match (runs.first_key_value(), runs.last_key_value()) {
        (Some((first, _)), Some((last, _))) if last - first == runs.len() as u64 - 1 => {
            format!("{first}..{}", u128::from(*last) + 1)
        }
        (Some((first, _)), Some((last, _))) => {
            format!("{} from {first} to {last}", counted(runs.len() as u64, "seed"))
        }
        _ => "none".into(),
    }
}

/// A verdict, and on what; none of the whole run.
type Verdict = (Option<String>, String);

/// Two runs with the same seed.
type Pair<'a> = (u64, &'a OfRun, &'a OfRun);

impl OfScenario {
    /// Compares the runs of a scenario; none if no seed is in both.
    fn of(name: &str, (old, new): (&Runs, &Runs), tolerated: f64) -> Option<Self> {
        let pairs: Vec<Pair<'_>> =
            old.iter().filter_map(|(seed, run)| Some((*seed, run, new.get(seed)?))).collect();
        let (_, first_old, first_new) = *pairs.first()?;
        let whole = |run: &OfRun| vec![(None, run.verdict.to_string())];
        let judged = |run: &OfRun| -> Vec<Verdict> {
            run.judged.iter().map(|(name, verdict)| (Some(name.clone()), verdict.clone())).collect()
        };
        let figures = Figure::ALL.iter().filter_map(|figure| Change::of(*figure, &pairs, tolerated));
        let others = parameters(&first_old.parameters, &first_new.parameters);
        Some(Self {
            scenario: name.to_owned(),
            pairs: pairs.len() as u64,
            same: pairs.iter().filter(|(_, old, new)| old.digest == new.digest).count() as u64,
            only_old: (old.len() - pairs.len()) as u64,
            only_new: (new.len() - pairs.len()) as u64,
            parameters: implementation(first_old, first_new).into_iter().chain(others).collect(),
            verdicts: turns(&pairs, &whole),
            judged: turns(&pairs, &judged),
            figures: figures.collect(),
            counters: counters(&pairs),
        })
    }

    /// Whether every run has the same records as before, and comes to the same.
    pub(super) fn is_nothing(&self) -> bool {
        self.same == self.pairs && self.verdicts.is_empty() && self.judged.is_empty()
    }

    fn regressions(&self) -> Vec<String> {
        let failing = self.verdicts.iter().filter(|turn| turn.regressed);
        let failing = failing.map(|turn| {
            let fail = if turn.runs == 1 { "that passed fails now" } else { "that passed fail now" };
            format!(
                "{}: {} {fail} ({}), the first with seed {}",
                self.scenario,
                counted(turn.runs, "run"),
                turn.new,
                turn.seeds.first().map_or("", String::as_str)
            )
        });
        let worse = self.figures.iter().filter(|change| change.values.regressed);
        let worse = worse.map(|change| {
            let (figure, interval) = (change.figure, change.values.interval);
            let interval = interval.map_or(String::new(), |it| {
                format!(", 95 %: {} to {}", figure.difference(it.low), figure.difference(it.high))
            });
            let by = figure.difference(change.values.difference);
            format!("{}: {} got worse: {by}{interval}", self.scenario, figure.name())
        });
        failing.chain(worse).collect()
    }
}

/// Whose Raft the nodes ran, if that differs.
fn implementation(old: &OfRun, new: &OfRun) -> Option<Parameter> {
    (old.implementation != new.implementation).then(|| Parameter {
        name: IMPLEMENTATION.into(),
        old: Some(old.implementation.clone()),
        new: Some(new.implementation.clone()),
    })
}

/// The parameters that differ; none where one report has none at all.
pub(super) fn parameters(old: &BTreeMap<String, String>, new: &BTreeMap<String, String>) -> Vec<Parameter> {
    if old.is_empty() || new.is_empty() {
        return Vec::new();
    }
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let each = names.into_iter().map(|name| Parameter {
        name: name.clone(),
        old: old.get(name).cloned(),
        new: new.get(name).cloned(),
    });
    each.filter(|it| it.old != it.new).collect()
}

/// What of the judgements that `of` gives of a run changed, the regressions first.
fn turns(pairs: &[Pair<'_>], of: &dyn Fn(&OfRun) -> Vec<Verdict>) -> Vec<Turn> {
    let mut all: BTreeMap<(Option<String>, String, String), Turn> = BTreeMap::new();
    for (seed, old, new) in pairs {
        let before: BTreeMap<Option<String>, String> = of(old).into_iter().collect();
        for (on, is) in of(new) {
            let Some(was) = before.get(&on).filter(|was| **was != is) else { continue };
            let turn = all.entry((on.clone(), was.clone(), is.clone())).or_insert_with(|| Turn {
                on,
                old: was.clone(),
                new: is,
                runs: 0,
                seeds: Vec::new(),
                reason: new.reason.clone(),
                regressed: old.verdict == RunVerdict::Pass && new.verdict != RunVerdict::Pass,
            });
            turn.runs += 1;
            if turn.seeds.len() < NAMED {
                turn.seeds.push(seed.to_string());
            }
        }
    }
    let mut all: Vec<Turn> = all.into_values().collect();
    all.sort_by_key(|turn| !turn.regressed);
    all
}

impl Change {
    /// How a figure changed; none if no pair has it.
    fn of(figure: Figure, pairs: &[Pair<'_>], tolerated: f64) -> Option<Self> {
        let of = |run: &OfRun| run.figures.get(&figure).copied();
        let known = pairs.iter().filter_map(|(_, old, new)| Some((of(old)?, of(new)?)));
        let values: Vec<(u64, u64)> = known.collect();
        let whole = match figure {
            Figure::WithoutLeader => mean(pairs.iter().map(|(_, old, _)| old.simulated)),
            _ => 1e9,
        };
        // Times of runs of different lengths can't be held against each other.
        let is_comparable = figure != Figure::WithoutLeader
            || pairs.iter().all(|(_, old, new)| old.simulated == new.simulated);
        let is_judged = figure.is_judged() && is_comparable;
        let mut values = Values::of(&values, figure.wish())?;
        values.regressed =
            is_judged && values.interval.is_some_and(|it| figure.wish().is_worse(it, tolerated * whole));
        Some(Self { figure, values })
    }
}

/// The counts that changed, by their names.
fn counters(pairs: &[Pair<'_>]) -> Vec<Counted> {
    let names: BTreeSet<&String> = pairs.iter().flat_map(|(_, old, _)| old.counters.keys()).collect();
    let each = names.into_iter().filter_map(|name| {
        let of = |run: &OfRun| run.counters.get(name).copied();
        let known = pairs.iter().filter_map(|(_, old, new)| Some((of(old)?, of(new)?)));
        let values: Vec<(u64, u64)> = known.collect();
        let (difference, interval, ruling) = differences(&values, Wish::Neither);
        let sum = |of: fn(&(u64, u64)) -> u64| values.iter().map(of).fold(0, u64::saturating_add);
        (ruling != Ruling::Same && !values.is_empty()).then(|| Counted {
            name: name.clone(),
            old: sum(|it| it.0),
            new: sum(|it| it.1),
            difference,
            interval,
            ruling,
        })
    });
    each.collect()
}

impl Counted {
    /// Before and after, for people.
    pub(super) fn text(&self) -> [String; 2] {
        [count(self.old), count(self.new)]
    }
}
