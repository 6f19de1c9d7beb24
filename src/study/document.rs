//! A study's results for programs and pages: JSON, CSV and Markdown.

use super::quantity::{Kind, Quantity};
use super::results::{CellResult, Figures, PERCENTILES, Results};
use crate::report::Host;
use crate::report::format::{count, percent, short};
use crate::report::json::indented;
use crate::report::markdown::{cell, prose};
use crate::time::Duration;
use serde::Serialize;

/// The results as a JSON document. Only `host` may differ between two runs of a study; where there is none nothing may. `each` has what single trials showed: of
/// each cell and quantity the values of so many seeds, from the first one on; null in trials that did not show it.
pub fn json(results: &Results, host: Option<&Host>) -> String {
    #[derive(Serialize)]
    struct Document<'a> {
        format: u32,
        version: &'static str,
        study: &'a Results,
        percentiles: Vec<&'static str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        host: Option<&'a Host>,
    }
    let document = Document {
        format: 1,
        version: env!("CARGO_PKG_VERSION"),
        study: results,
        percentiles: PERCENTILES.iter().map(|(name, _)| *name).collect(),
        host,
    };
    let text = indented(&document, "");
    format!("{},\n  \"each\": {}\n}}\n", text.trim_end_matches("\n}"), each(results))
}

/// What single trials showed, with a line for each cell and quantity.
fn each(results: &Results) -> String {
    let column = |values: &Vec<Option<u64>>| {
        let texts: Vec<String> =
            values.iter().map(|value| value.map_or("null".into(), |it| it.to_string())).collect();
        format!("        [{}]", texts.join(","))
    };
    let cell = |cell: &CellResult| {
        let columns: Vec<String> = cell.each.iter().map(column).collect();
        format!("      [\n{}\n      ]", columns.join(",\n"))
    };
    let cells: Vec<String> = results.cells.iter().map(cell).collect();
    format!("{{\n    \"seeds\": {},\n    \"cells\": [\n{}\n    ]\n  }}", results.told(), cells.join(",\n"))
}

/// The results as CSV (RFC 4180): a line for each cell and quantity; times in nanoseconds, shares and rates from 0 to 1.
pub fn csv(results: &Results) -> String {
    let mut head: Vec<String> = results.axes.clone();
    let columns = ["quantity", "kind", "trials", "unfinished", "n", "mean", "low", "high"];
    head.extend(columns.map(str::to_string));
    head.extend(PERCENTILES.iter().map(|(name, _)| (*name).to_string()));
    head.push("max".to_string());
    let mut lines = vec![head];
    for cell in &results.cells {
        for figures in &cell.figures {
            let Quantity { name, kind, .. } = figures.quantity;
            let float = |value: Option<f64>| value.map_or(String::new(), |value| plain(kind, value));
            let whole = |value: Option<u64>| float(value.map(|value| value as f64));
            let mut line = cell.values.clone();
            let kind = format!("{kind:?}").to_lowercase();
            line.extend([name.to_string(), kind, cell.trials.to_string(), cell.unfinished.to_string()]);
            line.extend([
                figures.count.to_string(),
                float(figures.mean),
                float(figures.low),
                float(figures.high),
            ]);
            let percentiles = (0..PERCENTILES.len()).map(|at| figures.percentiles.get(at).copied().flatten());
            line.extend(percentiles.chain([figures.max]).map(whole));
            lines.push(line);
        }
    }
    lines.iter().map(|line| line.iter().map(|it| quoted(it)).collect::<Vec<_>>().join(",") + "\r\n").collect()
}

/// A number of this kind without a unit.
fn plain(kind: Kind, value: f64) -> String {
    match kind {
        Kind::Time => format!("{value:.0}"),
        Kind::Count => format!("{value}"),
        Kind::Share => format!("{:.9}", value / 1e9),
        Kind::YesNo => format!("{value:.6}"),
    }
}

fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_string()
    }
}

/// The results as Markdown: a table for each quantity.
pub fn markdown(results: &Results) -> String {
    let mut text = format!("# {}\n", prose(&results.name));
    if !results.about.is_empty() {
        text += &format!("\n{}\n", prose(&results.about));
    }
    text += &format!("\n{} trials in each cell.\n", count(results.trials));
    for (place, quantity) in results.quantities() {
        let head = head(results, quantity.kind);
        let left = results.axes.len();
        let rules: String = (0..head.len()).map(|at| if at < left { "---|" } else { "---:|" }).collect();
        text += &format!(
            "\n## {}\n\n{}.\n\n| {} |\n|{rules}\n",
            quantity.name,
            sentence(quantity),
            head.iter().map(|it| cell(it)).collect::<Vec<_>>().join(" | ")
        );
        for of_cell in &results.cells {
            let row: Vec<String> = row(results, of_cell, place).iter().map(|it| cell(it)).collect();
            text += &format!("| {} |\n", row.join(" | "));
        }
    }
    for note in super::text::notes_of(results) {
        text += &format!("\n{note}\n");
    }
    text
}

pub(super) fn sentence(quantity: Quantity) -> String {
    let mut chars = quantity.meaning.chars();
    chars.next().map_or(String::new(), |first| first.to_uppercase().chain(chars).collect())
}

/// What stands above the columns of a table for people.
pub(super) fn head(results: &Results, kind: Kind) -> Vec<String> {
    let mut head = results.axes.clone();
    head.push("n".into());
    head.extend(results.some_are_unfinished().then(|| "unfinished".into()));
    match kind {
        Kind::YesNo => head.extend(["yes", "rate", "95 % interval"].map(str::to_string)),
        _ => {
            head.extend(["mean", "95 % interval"].map(str::to_string));
            head.extend(PERCENTILES.iter().map(|(name, _)| (*name).to_string()));
            head.push("max".to_string());
        }
    }
    head
}

/// A cell's row in the table of the quantity in this place.
pub(super) fn row(results: &Results, cell: &CellResult, place: usize) -> Vec<String> {
    let mut row = cell.values.clone();
    let Some(figures) = cell.figures.get(place) else { return row };
    let kind = figures.quantity.kind;
    row.push(count(figures.count));
    row.extend(results.some_are_unfinished().then(|| count(cell.unfinished)));
    if kind == Kind::YesNo {
        row.push(count(figures.hits()));
    }
    row.push(figures.mean.map_or(NONE.to_string(), |mean| shown(kind, mean)));
    row.push(interval(figures));
    if kind != Kind::YesNo {
        let percentiles = figures.percentiles.iter().zip(PERCENTILES);
        let known = percentiles.map(|(value, (_, tenths))| value.filter(|_| is_known(tenths, cell.trials)));
        row.extend(known.chain([figures.max]).map(|value| value.map_or(NONE.into(), |it| whole(kind, it))));
    }
    row
}

fn interval(figures: &Figures) -> String {
    let kind = figures.quantity.kind;
    match (figures.low, figures.high) {
        (Some(low), Some(high)) if kind == Kind::YesNo && figures.hits() == 0 && low == 0.0 => {
            format!("at most {}", shown(kind, high))
        }
        (Some(low), Some(high)) => format!("{} - {}", shown(kind, low), shown(kind, high)),
        _ => NONE.to_string(),
    }
}

/// What stands where there is no number.
const NONE: &str = "–";

/// Whether so many trials are enough for a percentile, in tenths of a percent: one at least has to lie beyond it.
fn is_known(tenths: u64, trials: u64) -> bool {
    trials.saturating_mul(tenths.min(1_000 - tenths)) >= 1_000
}

/// What single trials showed, for people: of what is counted a whole number.
fn whole(kind: Kind, value: u64) -> String {
    if kind == Kind::Count { count(value) } else { shown(kind, value as f64) }
}

/// A number of this kind, for people: one that may lie between those that single trials show.
pub(crate) fn shown(kind: Kind, value: f64) -> String {
    match kind {
        Kind::Time => short(Duration::from_nanos(value.round().max(0.0) as u64)),
        Kind::Count => format!("{value:.3}"),
        Kind::Share => percent(value / 1e9),
        Kind::YesNo => format!("{value:.4}"),
    }
}
