//! The figures of a study: one value, from which all its forms are made.

use super::quantity::{Kind, Quantity, quantities};
use super::samples::Samples;
use crate::plan::{Cell, Implementation, Study};
use crate::report::parameters;
use crate::statistics::{Interval, Z_95, mean};
use serde::{Serialize, Serializer};

/// Which percentiles are told, in tenths of a percent.
pub const PERCENTILES: [(&str, u64); 5] =
    [("p10", 100), ("p50", 500), ("p90", 900), ("p99", 990), ("p99.9", 999)];

/// How many steps a curve has in its body, and in each decade of its tail.
const STEPS: (usize, usize) = (100, 30);

/// How many values of single trials are told in all, and of how many seeds at least: so that two reports can be compared seed by
/// seed, and none gets too long.
const EACH: (u64, u64) = (300_000, 20);

/// What a study showed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Results {
    /// Its name.
    pub name: String,
    /// What it shows, for people.
    pub about: String,
    /// The first seed, in text since it may be large.
    pub first_seed: String,
    /// How many trials each cell has.
    pub trials: u64,
    /// Whose Raft the nodes run, in the scenario as it stands; for programs it is a parameter.
    #[serde(skip)]
    pub implementation: Implementation,
    /// What varies.
    pub axes: Vec<String>,
    /// What the scenario as it stands depends on, in words; cells differ from that by their values.
    #[serde(serialize_with = "as_map")]
    pub parameters: Vec<(&'static str, String)>,
    /// The scenario as it stands, as a file; nothing until somebody writes it down.
    pub scenario: String,
    /// How many cells the grid has.
    pub planned: u64,
    /// The cells that are finished, in the order of the grid.
    pub cells: Vec<CellResult>,
}

/// What a cell showed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CellResult {
    /// How the value on each axis is called.
    pub values: Vec<String>,
    /// How many trials there were.
    pub trials: u64,
    /// In how many of them the run ended before what is measured had happened.
    pub unfinished: u64,
    /// In how many of them the software under test panicked before that.
    pub panicked: u64,
    /// The figures of each quantity.
    pub figures: Vec<Figures>,
    /// Of each quantity what the first trials showed, by their seeds: as many as there is room for.
    #[serde(skip)]
    pub each: Vec<Vec<Option<u64>>>,
}

/// The figures of a quantity.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Figures {
    /// What was measured.
    #[serde(flatten)]
    pub quantity: Quantity,
    /// How many trials showed it.
    pub count: u64,
    /// The mean over these: of what happened or not, the share in which it did.
    pub mean: Option<f64>,
    /// Where the true mean lies, at 95 %: from here.
    pub low: Option<f64>,
    /// To here.
    pub high: Option<f64>,
    /// [`PERCENTILES`] by nearest rank, over all trials: one that did not show it counts as beyond all that did, and a
    /// percentile that falls on such a one is none. None of what happened or not.
    pub percentiles: Vec<Option<u64>>,
    /// The greatest; none if there is a trial beyond all.
    pub max: Option<u64>,
    /// Of a time its distribution, for pictures: times in order, each with how many trials took longer. The last one leaves
    /// those that did not show it.
    #[serde(skip)]
    pub steps: Vec<(u64, u64)>,
}

fn as_map<S: Serializer>(pairs: &[(&'static str, String)], to: S) -> Result<S::Ok, S::Error> {
    to.collect_map(pairs.iter().map(|(name, text)| (*name, text)))
}

impl Results {
    /// The results of these cells of a study, each with its samples, in the order of the grid.
    pub fn new<'a>(study: &Study, cells: impl IntoIterator<Item = (&'a Cell, &'a Samples)>) -> Self {
        let (values, least) = EACH;
        let columns = study.cells.first().map_or(0, |cell| quantities(cell.measure).len());
        let all = (study.cells.len() * columns).max(1) as u64;
        let told = (values / all).max(least).min(study.trials) as usize;
        Self {
            name: study.name.clone(),
            about: study.about.clone(),
            first_seed: study.first_seed.to_string(),
            trials: study.trials,
            implementation: study
                .base
                .as_ref()
                .map_or_else(Implementation::default, |it| it.cluster.implementation),
            axes: study.axes.clone(),
            parameters: study.base.as_ref().map_or(Vec::new(), parameters::of),
            scenario: String::new(),
            planned: study.cells.len() as u64,
            cells: cells.into_iter().map(|(cell, samples)| CellResult::new(cell, samples, told)).collect(),
        }
    }

    /// Of how many seeds the values of each trial are told, from the first one on.
    pub fn told(&self) -> usize {
        self.cells.first().and_then(|cell| cell.each.first()).map_or(0, Vec::len)
    }

    /// Whether every cell is finished.
    pub fn are_complete(&self) -> bool {
        self.cells.len() as u64 == self.planned
    }

    /// Whether some run ended before what is measured had happened.
    pub fn some_are_unfinished(&self) -> bool {
        self.cells.iter().any(|cell| cell.unfinished > 0)
    }

    /// The quantities, in their order; none while no cell is finished.
    pub fn quantities(&self) -> impl Iterator<Item = (usize, Quantity)> {
        let first = self.cells.first().map(|cell| cell.figures.as_slice()).unwrap_or_default();
        first.iter().map(|figures| figures.quantity).enumerate()
    }
}

impl CellResult {
    fn new(cell: &Cell, samples: &Samples, told: usize) -> Self {
        let columns = quantities(cell.measure).iter().zip(&samples.columns);
        let figures: Vec<Figures> =
            columns.map(|(quantity, column)| Figures::new(*quantity, column)).collect();
        let finished = figures.first().map_or(0, |figures| figures.count);
        Self {
            values: cell.values.clone(),
            trials: samples.trials,
            unfinished: samples.trials - finished,
            panicked: samples.panicked,
            figures,
            each: samples.columns.iter().map(|column| column[..told.min(column.len())].to_vec()).collect(),
        }
    }

    /// The figures of the quantity of this name.
    pub fn figures(&self, name: &str) -> Option<&Figures> {
        self.figures.iter().find(|figures| figures.quantity.name == name)
    }
}

impl Figures {
    /// The figures of a quantity over these trials.
    pub fn new(quantity: Quantity, column: &[Option<u64>]) -> Self {
        let mut known: Vec<u64> = column.iter().flatten().copied().collect();
        let count = known.len() as u64;
        let interval = if quantity.kind == Kind::YesNo {
            let hits = known.iter().sum();
            (count > 0).then(|| Interval::of_rate(hits, count, Z_95))
        } else {
            Interval::of_mean(&known)
        };
        let mean = mean(&known);
        known.sort_unstable();
        let at = |rank: usize| known.get(rank.checked_sub(1)?).copied();
        let rank = |tenths: u64| (column.len() * tenths as usize).div_ceil(1_000);
        let is_number = quantity.kind != Kind::YesNo;
        Self {
            quantity,
            count,
            mean,
            low: interval.map(|it| it.low),
            high: interval.map(|it| it.high),
            percentiles: PERCENTILES
                .iter()
                .filter(|_| is_number)
                .map(|(_, tenths)| at(rank(*tenths)))
                .collect(),
            max: at(column.len()).filter(|_| is_number),
            steps: if quantity.kind == Kind::Time { steps(&known, column.len()) } else { Vec::new() },
        }
    }

    /// How many trials showed that it happened, where it is such a quantity.
    pub fn hits(&self) -> u64 {
        self.mean.map_or(0, |mean| (mean * self.count as f64).round() as u64)
    }
}

/// The distribution of these times, which are in order, over so many trials: with [`STEPS`] of them, and with the longest.
fn steps(known: &[u64], trials: usize) -> Vec<(u64, u64)> {
    let (body, decade) = STEPS;
    let tail = (0..).map(|nth| libm::pow(10.0, -f64::from(nth) / decade as f64) * trials as f64);
    let mut ranks: Vec<usize> = (1..=body).map(|nth| (trials * nth).div_ceil(body)).collect();
    ranks.extend(tail.take_while(|left| *left >= 1.0).map(|left| trials - left as usize));
    ranks.retain(|rank| (1..known.len()).contains(rank));
    ranks.extend((!known.is_empty()).then_some(known.len()));
    ranks.sort_unstable();
    ranks.dedup();
    ranks.into_iter().map(|rank| (known[rank - 1], (trials - rank) as u64)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures(kind: Kind, column: &[Option<u64>]) -> Figures {
        Figures::new(Quantity { name: "x", kind, meaning: "" }, column)
    }

    #[test]
    fn trials_that_did_not_finish_count_as_longer_than_all() {
        let mut column: Vec<Option<u64>> = (1..=80).map(Some).collect();
        column.resize(100, None);
        let told = figures(Kind::Time, &column);
        assert_eq!((told.count, told.mean), (80, Some(40.5)));
        assert_eq!(told.percentiles, [Some(10), Some(50), None, None, None]);
        assert_eq!(told.max, None);
        assert_eq!((told.steps.len(), told.steps[0], told.steps[79]), (80, (1, 99), (80, 20)));
        let all = figures(Kind::Time, &column[..80]);
        assert_eq!((all.percentiles[2], all.percentiles[4], all.max), (Some(72), Some(80), Some(80)));
        assert_eq!(figures(Kind::Time, &[]).mean, None);
        assert_eq!(figures(Kind::Time, &[None]).percentiles, [None; 5]);
    }

    #[test]
    fn a_curve_has_few_steps_and_a_fine_tail() {
        let known: Vec<u64> = (1..=100_000).collect();
        let all = steps(&known, known.len());
        assert!((150..300).contains(&all.len()), "{}", all.len());
        assert!(all.windows(2).all(|pair| pair[0].0 < pair[1].0 && pair[0].1 > pair[1].1));
        assert!(all.iter().all(|(time, longer)| time + longer == 100_000));
        assert_eq!(all[all.len() - 3..], [(99_998, 2), (99_999, 1), (100_000, 0)]);
        assert_eq!(steps(&[7], 4), [(7, 3)]);
        assert_eq!(steps(&[], 4), []);
    }

    #[test]
    fn what_happens_or_not_has_a_rate() {
        let column: Vec<Option<u64>> = (0..100).map(|n| (n < 90).then_some(u64::from(n < 9))).collect();
        let told = figures(Kind::YesNo, &column);
        assert_eq!((told.count, told.mean, told.hits()), (90, Some(0.1), 9));
        assert!(told.low.is_some_and(|low| low > 0.04) && told.percentiles.is_empty() && told.max.is_none());
    }
}
