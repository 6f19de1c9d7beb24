//! A study's results for people: a table for each quantity, in which each cell is a row.

use super::document::{head, row};
use super::quantity::Quantity;
use super::results::Results;
use crate::report::format::{count, counted};
use crate::report::page::{FAINT, Grid, Page};
use crate::report::text::Form;

/// The results as text for a terminal.
pub fn render(results: &Results, form: &Form<'_>) -> String {
    let mut page = Page::new(form);
    page.heading(&results.name, &size(results));
    if !results.about.is_empty() {
        page.paragraph(&results.about, FAINT);
    }
    tables(results, &mut page);
    page.text.trim_start().to_string()
}

/// How many cells and trials there are.
pub(super) fn size(results: &Results) -> String {
    format!("{}, {} each", cells(results), counted(results.trials, "trial"))
}

/// A table for each quantity, and what is to be known of all.
fn tables(results: &Results, page: &mut Page<'_>) {
    for (place, quantity) in results.quantities() {
        page.heading(quantity.name, "");
        page.paragraph(quantity.meaning, FAINT);
        page.grid(&table(results, (place, quantity), results.cells.len()));
    }
    page.text.push('\n');
    notes(results, page);
}

/// The table of the quantity in this place, with a row for each of at most so many cells.
pub(super) fn table(results: &Results, (place, quantity): (usize, Quantity), most: usize) -> Grid {
    let mut grid = Grid::default();
    let head = head(results, quantity.kind);
    grid.right = (results.axes.len()..head.len()).collect();
    grid.rows.push(head);
    grid.rules.push(1);
    for cell in results.cells.iter().take(most) {
        grid.faint_first(row(cell, place));
    }
    grid
}

/// What is to be known of all tables.
pub(super) fn notes(results: &Results, page: &mut Page<'_>) {
    let unfinished: u64 = results.cells.iter().map(|cell| cell.unfinished).sum();
    if unfinished > 0 {
        let note = format!(
            "In {} the run ended before what is measured had happened: these count as longer than all others in the \
             percentiles, and are left out of the means.",
            counted(unfinished, "trial")
        );
        page.paragraph(&note, FAINT);
    }
    let note = "Means with their 95 % interval; percentiles by nearest rank.";
    page.paragraph(note, FAINT);
}

/// How many cells there are, and of how many.
fn cells(results: &Results) -> String {
    let finished = results.cells.len() as u64;
    if results.are_complete() {
        counted(finished, "cell")
    } else {
        format!("{} of {}", count(finished), counted(results.planned, "cell"))
    }
}
