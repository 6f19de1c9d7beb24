//! A study's results for people: a table for each quantity, in which each cell is a row.

use super::document::{head, row};
use super::quantity::Quantity;
use super::results::Results;
use crate::report::format::{count, counted};
use crate::report::page::{FAINT, Grid, Page, WIDE};
use crate::report::text::Form;
use crate::report::with_other;

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
    let with = with_other(results.implementation);
    format!("{}, {} each{with}", cells(results), counted(results.trials, "trial"))
}

/// A table for each quantity, and what is to be known of all.
fn tables(results: &Results, page: &mut Page<'_>) {
    for (place, quantity) in results.quantities() {
        page.heading(quantity.name, "");
        page.paragraph(quantity.meaning, FAINT);
        let table = table(results, (place, quantity), results.cells.len());
        page.grid(&if page.form.width < WIDE { narrow(table) } else { table });
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
        grid.faint_first(row(results, cell, place));
    }
    grid
}

/// The same for a terminal that has no room for all percentiles.
fn narrow(mut table: Grid) -> Grid {
    const LEFT_OUT: [&str; 2] = ["p10", "p99.9"];
    let head = table.rows.first().cloned().unwrap_or_default();
    let stays: Vec<bool> = head.iter().map(|name| !LEFT_OUT.contains(&name.as_str())).collect();
    for row in &mut table.rows {
        let mut stays = stays.iter();
        row.retain(|_| stays.next().is_none_or(|stays| *stays));
    }
    table.right.truncate(table.right.len() - stays.iter().filter(|stays| !**stays).count());
    table
}

/// What is to be known of all tables.
pub(super) fn notes(results: &Results, page: &mut Page<'_>) {
    for note in notes_of(results) {
        page.paragraph(&note, FAINT);
    }
}

/// The same as sentences.
pub(super) fn notes_of(results: &Results) -> Vec<String> {
    let unfinished: u64 = results.cells.iter().map(|cell| cell.unfinished).sum();
    let panicked: u64 = results.cells.iter().map(|cell| cell.panicked).sum();
    let mut notes = Vec::new();
    if panicked > 0 {
        notes.push(format!(
            "In {} the software under test panicked before what is measured was known. That node was down from then on; \
             the run went on.",
            counted(panicked, "trial")
        ));
    }
    if unfinished > 0 {
        notes.push(format!(
            "In {} the run ended before what is measured had happened: these count as longer than all others in the \
             percentiles, which have no number (–) where they fall on one, and are left out of the means.",
            counted(unfinished, "trial")
        ));
    }
    let few =
        if results.trials < 1_000 { "; p90 takes 10 trials, p99 100 and p99.9 1,000 (else –)" } else { "" };
    notes.push(format!("Means with their 95 % interval; percentiles by nearest rank{few}."));
    notes
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
