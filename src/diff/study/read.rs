//! The report of a study, read back.

use crate::diff::read::{IMPLEMENTATION, squall};
use crate::study::Kind;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Of each quantity what the seeds showed, in their order; none where a seed did not show it.
pub type Columns = Vec<Vec<Option<u64>>>;

/// The report of a study.
#[derive(Clone, Debug, PartialEq)]
pub struct Study {
    /// The study's name.
    pub name: String,
    /// The first seed of each cell.
    pub first_seed: u64,
    /// Of how many seeds it has the values.
    pub seeds: u64,
    /// What varies.
    pub axes: Vec<String>,
    /// What the scenario as it stands depends on; none if an older version made the report.
    pub parameters: BTreeMap<String, String>,
    /// The scenario as it stands; likewise.
    pub scenario: String,
    /// What was measured.
    pub quantities: Vec<Measured>,
    /// The cells, in the order of the grid: their values on the axes, and of each quantity what the seeds showed.
    pub cells: Vec<(Vec<String>, Columns)>,
    /// In how many trials of each cell the software under test panicked, and of how many.
    pub panicked: Vec<[u64; 2]>,
}

/// What was measured.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Measured {
    /// What it is called.
    pub name: String,
    /// What kind of number it is.
    pub kind: Kind,
    /// What it means.
    pub meaning: String,
}

#[derive(Deserialize)]
struct Whole {
    study: OfStudy,
    each: Option<Each>,
}

#[derive(Deserialize)]
struct OfStudy {
    name: String,
    first_seed: String,
    axes: Vec<String>,
    #[serde(default)]
    parameters: BTreeMap<String, String>,
    #[serde(default)]
    scenario: String,
    cells: Vec<OfCell>,
}

#[derive(Deserialize)]
struct OfCell {
    values: Vec<String>,
    trials: u64,
    /// Nobody panicked in what older versions told of.
    #[serde(default)]
    panicked: u64,
    figures: Vec<Measured>,
}

#[derive(Deserialize)]
struct Each {
    seeds: u64,
    cells: Vec<Columns>,
}

impl Study {
    /// Reads the report of a study; `help` is what helps whoever named something else.
    ///
    /// # Errors
    /// What is missing or wrong, and what would help.
    pub(in crate::diff) fn parse(text: &str) -> Result<Self, String> {
        const HELP: &str = "help: make it again with `squall study FILE`";
        let damaged = |why: &str| format!("this report of a study is damaged: {why}\n{HELP}");
        let Whole { study, each } =
            serde_json::from_str(text).map_err(|error| damaged(&error.to_string()))?;
        let each = each.ok_or_else(|| {
            format!(
                "this report of a study has no values of each seed, since an older version of Squall made it\n{HELP}"
            )
        })?;
        let first_seed =
            study.first_seed.parse().map_err(|_| damaged(&format!("`{}` is no seed", study.first_seed)))?;
        let quantities = study.cells.first().map(|cell| cell.figures.clone());
        let quantities = quantities.ok_or_else(|| format!("no cell of this study is finished\n{HELP}"))?;
        let is_whole = each.cells.len() == study.cells.len()
            && study
                .cells
                .iter()
                .all(|cell| cell.figures == quantities && cell.values.len() == study.axes.len())
            && each.cells.iter().all(|columns| {
                columns.len() == quantities.len()
                    && columns.iter().all(|column| column.len() as u64 == each.seeds)
            });
        if !is_whole {
            return Err(damaged("its cells do not have a value of each quantity for each seed"));
        }
        let values = study.cells.iter().map(|cell| cell.values.clone());
        let cells = values.zip(each.cells).collect();
        let panicked = study.cells.iter().map(|cell| [cell.panicked, cell.trials]).collect();
        let OfStudy { name, axes, mut parameters, scenario, .. } = study;
        if !parameters.is_empty() {
            parameters.entry(IMPLEMENTATION.into()).or_insert_with(squall);
        }
        Ok(Self {
            name,
            first_seed,
            seeds: each.seeds,
            axes,
            parameters,
            scenario,
            quantities,
            cells,
            panicked,
        })
    }
}
