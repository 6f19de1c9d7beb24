//! What changed in a study, for people.

use super::compare::{NAMED, OfCell, OfQuantity, OfStudy};
use crate::diff::figure::points;
use crate::diff::text::word;
use crate::diff::values::{FEWEST, Ruling};
use crate::report::format::{count, counted};
use crate::report::page::{FAINT, Grid, ODD, Page};
use crate::study::{Kind, shown};

impl OfStudy {
    /// What changed in the study, on a page.
    pub(in crate::diff) fn tell(&self, page: &mut Page<'_>) {
        let same = if self.is_nothing() { ", no change: every value is the same" } else { "" };
        let size =
            format!("{} and {} of each in both", counted(self.cells, "cell"), counted(self.seeds, "seed"));
        page.heading(&self.study, &format!("{size}{same}"));
        for unpaired in &self.unpaired {
            page.paragraph(&format!("not compared: {unpaired}"), ODD);
        }
        page.parameters_changed(&self.parameters);
        if self.scenario_differs && self.parameters.is_empty() {
            page.paragraph("The scenario is not what it was, in nothing that the parameters name.", ODD);
        }
        if !self.panicked.is_empty() {
            page.paragraph(&self.panics(), ODD);
        }
        if self.is_nothing() {
            return;
        }
        for quantity in &self.quantities {
            self.quantity(quantity, page);
        }
        page.text.push('\n');
        if self.quantities.iter().flat_map(|it| &it.cells).any(OfCell::has_too_few) {
            let text = format!("too few: {FEWEST} seeds with a value in both are needed for an interval.");
            page.paragraph(&text, FAINT);
        }
        page.paragraph(
            "Means over the seeds that have a value in both, the mean of the differences seed by seed, and where its true value lies. no \
             change shown: the interval holds 0. With many cells some seem better or worse by luck: one counts as a regression where that is \
             so at 99.99 %.",
            FAINT,
        );
    }

    /// In which cells not as many trials panicked as before.
    fn panics(&self) -> String {
        let cells = self.panicked.iter().take(NAMED).map(|it| {
            let [(old, of_old), (new, of_new)] =
                [it.old, it.new].map(|[some, all]| (count(some), count(all)));
            let axes = self.axes.iter().zip(&it.place).map(|(axis, value)| format!("{axis} {value}"));
            let place = axes.collect::<Vec<_>>().join(" and ");
            let place = if place.is_empty() { place } else { format!(" with {place}") };
            format!("{new} of {of_new} trials{place}, {old} of {of_old} before")
        });
        let cells = cells.collect::<Vec<_>>().join("; ");
        let more = self.panicked.len().saturating_sub(NAMED) as u64;
        let more = if more == 0 { String::new() } else { format!("; and {}", counted(more, "more cell")) };
        format!("The software under test panicked in {cells}{more}. That alone is no regression.")
    }

    fn quantity(&self, quantity: &OfQuantity, page: &mut Page<'_>) {
        let changed: Vec<&OfCell> =
            quantity.cells.iter().filter(|cell| cell.values.ruling != Ruling::Same).collect();
        let same = quantity.cells.len() - changed.len();
        if changed.is_empty() {
            return;
        }
        page.heading(&quantity.name, "");
        page.paragraph(&quantity.meaning, FAINT);
        let axes = self.axes.len();
        let mut grid = Grid { right: (axes..axes + 4).collect(), rules: vec![1], ..Grid::default() };
        let names = ["pairs", "old", "new", "difference", "95 % interval", ""];
        grid.rows.push(self.axes.iter().cloned().chain(names.map(String::from)).collect());
        grid.styles.extend((0..axes + 5).map(|column| (0, column, FAINT)));
        for cell in changed {
            let (word, style) = word(cell.values.ruling, cell.values.regressed);
            grid.styles.push((grid.rows.len(), axes + 5, style));
            grid.rows.push(row(cell, quantity.kind, word));
        }
        page.grid(&grid);
        if same > 0 {
            page.paragraph(
                &format!("every value is the same in {}", counted(same as u64, "more cell")),
                FAINT,
            );
        }
    }

    /// What got worse such that it counts.
    pub(in crate::diff) fn regressions(&self) -> Vec<String> {
        let worse = self.quantities.iter().flat_map(|it| it.cells.iter().map(move |cell| (it, cell)));
        let told = worse.filter(|(_, cell)| cell.values.regressed).map(|(quantity, cell)| {
            let place: Vec<String> =
                self.axes.iter().zip(&cell.place).map(|(axis, value)| format!("{axis} {value}")).collect();
            let place = if place.is_empty() { String::new() } else { format!(" with {}", place.join(", ")) };
            format!(
                "{}: {} got worse{place}: {}{}",
                self.study,
                quantity.name,
                difference(quantity.kind, cell.values.difference),
                interval(quantity.kind, cell).map_or(String::new(), |it| format!(", 95 %: {it}"))
            )
        });
        told.collect()
    }
}

fn row(cell: &OfCell, kind: Kind, word: &str) -> Vec<String> {
    let values = &cell.values;
    let figures = [
        count(values.pairs),
        shown(kind, values.old),
        shown(kind, values.new),
        difference(kind, values.difference),
        interval(kind, cell).unwrap_or_default(),
        word.into(),
    ];
    cell.place.iter().cloned().chain(figures).collect()
}

fn interval(kind: Kind, cell: &OfCell) -> Option<String> {
    cell.values.interval.map(|it| format!("{} to {}", difference(kind, it.low), difference(kind, it.high)))
}

/// A difference with its sign; of shares and rates in percentage points.
fn difference(kind: Kind, value: f64) -> String {
    let sign = if value < 0.0 { "-" } else { "+" };
    let text = match kind {
        Kind::Share => points(value.abs() / 1e7),
        Kind::YesNo => points(value.abs() * 100.0),
        Kind::Time | Kind::Count => shown(kind, value.abs()),
    };
    if value == 0.0 { "0".into() } else { format!("{sign}{text}") }
}
