//! What the trials of a cell showed.

use super::quantity::quantities;
use crate::plan::{Cell, Study};
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_128;

/// What one trial showed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trial {
    /// Of each quantity its value, if it had one by the end of the run.
    pub values: Vec<Option<u64>>,
    /// Whether the software under test panicked before that was known.
    pub panicked: bool,
}

/// What all trials of a cell showed, in the order of the seeds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Samples {
    /// The version of this form.
    format: u32,
    /// By what the cell is known again: [`key`].
    key: String,
    /// How many trials there were.
    pub trials: u64,
    /// In how many of them the software under test panicked.
    pub panicked: u64,
    /// Of each quantity its values; null in trials that did not show it.
    pub columns: Vec<Vec<Option<u64>>>,
}

impl Samples {
    /// None yet, of a cell with this key.
    pub fn new(key: String, cell: &Cell) -> Self {
        let columns = vec![Vec::new(); quantities(cell.measure).len()];
        Self { format: 1, key, trials: 0, panicked: 0, columns }
    }

    /// Takes what the next trial showed.
    pub fn add(&mut self, trial: Trial) {
        self.trials += 1;
        self.panicked += u64::from(trial.panicked);
        for (column, value) in self.columns.iter_mut().zip(trial.values) {
            column.push(value);
        }
    }

    /// As it is kept in a file.
    pub fn written(&self) -> String {
        serde_json::to_string(self).expect("numbers and texts can be written") + "\n"
    }

    /// From a file in which it was kept; none if it is of another cell, or damaged.
    pub fn read(text: &str, key: &str, study: &Study, cell: &Cell) -> Option<Self> {
        let read: Self = serde_json::from_str(text).ok()?;
        let is_whole = read.columns.len() == quantities(cell.measure).len()
            && read.columns.iter().all(|column| column.len() as u64 == read.trials);
        (read.format == 1 && read.key == key && read.trials == study.trials && is_whole).then_some(read)
    }
}

/// By what a cell's samples are known again: all that they depend on. `scenario` is the cell's plan, written down.
pub fn key(study: &Study, cell: &Cell, scenario: &str) -> String {
    let version = env!("CARGO_PKG_VERSION");
    let Study { first_seed, trials, .. } = study;
    let all = format!("{version} {first_seed} {trials} {:?} {scenario}", cell.measure);
    format!("{:032x}", xxh3_128(all.as_bytes()))
}
