//! What is allowed in the scenarios of cells but hardly meant: told once, with how many cells have it.

use super::{Traced, prefix};
use crate::scenario::notes::Notes;
use crate::scenario::problem::Problem;
use std::collections::BTreeMap;

/// The warnings of cells so far.
#[derive(Default)]
pub(super) struct Doubts(BTreeMap<(usize, String), Doubt>);

/// A warning, the first cell that has it, and how many have.
struct Doubt {
    traced: Traced,
    about: Option<String>,
    cells: usize,
}

impl Doubts {
    /// Takes a warning of a cell.
    pub(super) fn add(&mut self, traced: Traced, about: Option<&str>) {
        let start = traced.place.as_ref().map_or(0, |place| place.start);
        let fresh = |traced| Doubt { traced, about: about.map(str::to_owned), cells: 0 };
        let doubt = self.0.entry((start, traced.message.clone())).or_insert_with(|| fresh(traced));
        doubt.cells += 1;
    }

    /// Tells them all, of a grid of so many cells.
    pub(super) fn tell(self, cells: usize, notes: &mut Notes<'_>) {
        for Doubt { traced, about, cells: of } in self.0.into_values() {
            let Traced { place, message, help, beside } = traced;
            let about = match about.as_deref() {
                Some(first) if of > 1 && of < cells => {
                    format!("in {of} of {cells} cells, first {}", prefix(Some(first)))
                }
                about if of == 1 && cells > 1 => prefix(about),
                _ => String::new(),
            };
            notes.doubt(Problem::of_text(place, format!("{about}{message}"), help, beside));
        }
    }
}
