//! What changed between two reports of a study.

use super::read::{Columns, Measured, Study};
use crate::diff::compare::{Parameter, parameters};
use crate::diff::figure::Wish;
use crate::diff::values::{FEWEST, Ruling, Values};
use crate::report::format::counted;
use crate::statistics::{Interval, Z_95, Z_9999};
use crate::study::Kind;
use serde::Serialize;
use std::collections::BTreeMap;

/// How many cells that are in one report only are named.
pub(super) const NAMED: usize = 5;

/// What changed in a study.
#[derive(Clone, Debug, Serialize)]
pub struct OfStudy {
    /// Its name.
    pub study: String,
    /// What varies.
    pub axes: Vec<String>,
    /// The parameters of the scenario as it stands that are not what they were.
    pub parameters: Vec<Parameter>,
    /// Whether the scenario as it stands is not what it was, in whatever way.
    pub scenario_differs: bool,
    /// How many cells are in both.
    pub cells: u64,
    /// How many seeds of each cell are in both.
    pub seeds: u64,
    /// What is not compared, and why.
    pub unpaired: Vec<String>,
    /// The cells in which the software under test panicked in more or fewer trials. That alone is no regression.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub panicked: Vec<Panicked>,
    /// Whether a cell of the old one is not in the new one.
    #[serde(skip)]
    pub lacks: bool,
    /// What changed of each quantity; first of all whether runs end in time.
    pub quantities: Vec<OfQuantity>,
}

/// In how many trials of a cell the software under test panicked, and of how many.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Panicked {
    /// The cell's values on the axes.
    #[serde(rename = "values")]
    pub place: Vec<String>,
    /// In the old report.
    pub old: [u64; 2],
    /// In the new one.
    pub new: [u64; 2],
}

/// What changed of a quantity.
#[derive(Clone, Debug, Serialize)]
pub struct OfQuantity {
    /// What it is called.
    pub name: String,
    /// What kind of number it is.
    pub kind: Kind,
    /// What it means.
    pub meaning: String,
    /// What changed in each cell.
    pub cells: Vec<OfCell>,
}

/// A quantity in a cell, before and after.
#[derive(Clone, Debug, Serialize)]
pub struct OfCell {
    /// The cell's values on the axes.
    #[serde(rename = "values")]
    pub place: Vec<String>,
    /// What it was and is.
    #[serde(flatten)]
    pub values: Values,
}

/// Some cells before and after, each with what the seeds that are in both showed.
type Pairs<'a> = Vec<(&'a [String], &'a [Vec<Option<u64>>], &'a [Vec<Option<u64>>])>;

impl OfStudy {
    /// Compares two reports of a study. A figure that is judged may lose `tolerated` before it is a regression.
    ///
    /// # Errors
    /// If nothing in them can be compared: what was found, and what would help.
    pub(in crate::diff) fn of(old: &Study, new: &Study, tolerated: f64) -> Result<Self, String> {
        comparable(old, new)?;
        let (from, to) = shared_seeds(old, new)?;
        let part = |of: &Study| (from - of.first_seed) as usize..(to - of.first_seed) as usize;
        let (old_part, new_part) = (part(old), part(new));
        let before: BTreeMap<&[String], &Columns> =
            old.cells.iter().map(|(values, columns)| (values.as_slice(), columns)).collect();
        let pairs: Pairs<'_> = new
            .cells
            .iter()
            .filter_map(|(values, columns)| {
                let values = values.as_slice();
                Some((values, before.get(values)?.as_slice(), columns.as_slice()))
            })
            .collect();
        if pairs.is_empty() {
            return Err(format!(
                "the grids have no cell in common: {} in the old report, {} in the new one\n{GRIDS}",
                some(old.cells.iter()),
                some(new.cells.iter())
            ));
        }
        let unfinished = Measured {
            name: "unfinished".into(),
            kind: Kind::YesNo,
            meaning: "whether the run ended before what is measured had happened".into(),
        };
        let ended = |column: &[Option<u64>]| -> Vec<Option<u64>> {
            column.iter().map(|value| Some(u64::from(value.is_none()))).collect()
        };
        let whole = |column: &[Option<u64>]| column.to_vec();
        let of = |quantity: &Measured, place: usize, sight: Sight<'_>| {
            let cells = pairs.iter().filter_map(|(values, old, new)| {
                let old = sight(&old[place][old_part.clone()]);
                let new = sight(&new[place][new_part.clone()]);
                OfCell::of(values, quantity, (&old, &new), tolerated)
            });
            let Measured { name, kind, meaning } = quantity.clone();
            OfQuantity { name, kind, meaning, cells: cells.collect() }
        };
        let first = of(&unfinished, 0, &ended);
        let others = new.quantities.iter().enumerate().map(|(place, it)| of(it, place, &whole));
        let has = |all: &Study, values: &[String]| all.cells.iter().any(|(it, _)| it == values);
        let gone = old.cells.iter().filter(|(values, _)| !has(new, values));
        let added = new.cells.iter().filter(|(values, _)| !has(old, values));
        Ok(Self {
            study: new.name.clone(),
            axes: new.axes.clone(),
            parameters: parameters(&old.parameters, &new.parameters),
            scenario_differs: old.scenario != new.scenario
                && !old.scenario.is_empty()
                && !new.scenario.is_empty(),
            cells: pairs.len() as u64,
            seeds: to - from,
            panicked: panicked(old, new),
            lacks: gone.clone().next().is_some(),
            unpaired: only(gone, "old").into_iter().chain(only(added, "new")).collect(),
            quantities: std::iter::once(first).chain(others).collect(),
        })
    }

    /// Whether every value is what it was.
    pub(in crate::diff) fn is_nothing(&self) -> bool {
        self.quantities.iter().flat_map(|it| &it.cells).all(|cell| cell.values.ruling == Ruling::Same)
    }
}

const GRIDS: &str = "help: compare two reports of one study";

/// Fails unless two reports are of one study, one measure and the same axes.
fn comparable(old: &Study, new: &Study) -> Result<(), String> {
    if old.name != new.name {
        let (old, new) = (&old.name, &new.name);
        return Err(format!(
            "the reports are of different studies: {old} in the old one, {new} in the new one\n{GRIDS}"
        ));
    }
    if old.axes != new.axes {
        let axes = |of: &Study| if of.axes.is_empty() { "nothing".into() } else { of.axes.join(", ") };
        return Err(format!(
            "the grids differ: in the old report {} varies, in the new one {}\n{GRIDS}",
            axes(old),
            axes(new)
        ));
    }
    if old.quantities != new.quantities {
        let names = |of: &Study| {
            of.quantities.iter().map(|it| format!("{} ({})", it.name, it.meaning)).collect::<Vec<_>>()
        };
        let (old, new) = (names(old), names(new));
        let differs = |all: &[String], others: &[String]| {
            all.iter().find(|it| !others.contains(it)).cloned().unwrap_or_else(|| "less".into())
        };
        return Err(format!(
            "the studies do not measure the same: {} in the old report, {} in the new one\n{GRIDS}",
            differs(&old, &new),
            differs(&new, &old)
        ));
    }
    Ok(())
}

/// From which seed to which, excluded, both reports have values.
fn shared_seeds(old: &Study, new: &Study) -> Result<(u64, u64), String> {
    let range = |of: &Study| (of.first_seed, of.first_seed.saturating_add(of.seeds));
    let (old, new) = (range(old), range(new));
    let (from, to) = (old.0.max(new.0), old.1.min(new.1));
    if from >= to {
        return Err(format!(
            "no seed is in both: {}..{} in the old report, {}..{} in the new one\nhelp: make both with the same --seeds",
            old.0, old.1, new.0, new.1
        ));
    }
    Ok((from, to))
}

/// The cells of both reports in which not as many trials panicked.
fn panicked(old: &Study, new: &Study) -> Vec<Panicked> {
    let places = |of: &Study| of.cells.iter().map(|(values, _)| values.clone()).collect::<Vec<_>>();
    let before: BTreeMap<Vec<String>, [u64; 2]> =
        places(old).into_iter().zip(old.panicked.iter().copied()).collect();
    let both = places(new).into_iter().zip(&new.panicked).filter_map(|(place, new)| {
        let old = *before.get(&place)?;
        (old[0] != new[0]).then_some(Panicked { place, old, new: *new })
    });
    both.collect()
}

/// A cell and what its seeds showed.
type Cell = (Vec<String>, Columns);

/// How what is compared comes from what the seeds showed.
type Sight<'a> = &'a dyn Fn(&[Option<u64>]) -> Vec<Option<u64>>;

/// The first few of some cells by their values, and whether there are more.
fn some<'a>(cells: impl Iterator<Item = &'a Cell>) -> String {
    let all: Vec<String> = cells.map(|(values, _)| values.join(" and ")).collect();
    let more = if all.len() > NAMED { ", .." } else { "" };
    format!("{}{more}", all[..all.len().min(NAMED)].join(", "))
}

/// Says of which cells only one report has something.
fn only<'a>(cells: impl Iterator<Item = &'a Cell> + Clone, which: &str) -> Option<String> {
    let number = cells.clone().count() as u64;
    (number > 0).then(|| format!("{} in the {which} report only: {}", counted(number, "cell"), some(cells)))
}

/// Which way is better.
fn wish(quantity: &Measured) -> Wish {
    match (quantity.kind, quantity.name.as_str()) {
        (Kind::Share, _) => Wish::More,
        (_, "leader changes") => Wish::Neither,
        _ => Wish::Less,
    }
}

/// Whether a change for the worse is a regression: of shares, of the whole time, and of runs that do not end in time.
fn is_judged(quantity: &Measured) -> bool {
    quantity.kind == Kind::Share || ["total", "unfinished"].contains(&quantity.name.as_str())
}

impl OfCell {
    /// How a quantity changed in a cell; none if no seed has it in both.
    fn of(
        values: &[String],
        quantity: &Measured,
        (old, new): (&[Option<u64>], &[Option<u64>]),
        tolerated: f64,
    ) -> Option<Self> {
        let pairs: Vec<(u64, u64)> =
            old.iter().zip(new).filter_map(|(old, new)| Some(((*old)?, (*new)?))).collect();
        let wish = wish(quantity);
        let mut all = Values::of(&pairs, wish)?;
        let whole = match quantity.kind {
            Kind::Time => all.old,
            Kind::Share => 1e9,
            Kind::Count | Kind::YesNo => 1.0,
        };
        // There are many cells: at 95 % some would seem worse by luck alone.
        let sure = all.interval.map(|it| Interval {
            low: all.difference - (all.difference - it.low) * Z_9999 / Z_95,
            high: all.difference + (it.high - all.difference) * Z_9999 / Z_95,
        });
        all.regressed = is_judged(quantity) && sure.is_some_and(|it| wish.is_worse(it, tolerated * whole));
        Some(Self { place: values.to_vec(), values: all })
    }

    /// Whether there are too few pairs for an interval.
    pub(super) fn has_too_few(&self) -> bool {
        (self.values.pairs as usize) < FEWEST
    }
}
