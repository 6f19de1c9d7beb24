//! A study's results for programs and pages: JSON, CSV and Markdown.

use super::quantity::{Kind, Quantity};
use super::results::{CellResult, Figures, PERCENTILES, Results};
use crate::report::Host;
use crate::report::format::{count, percent, short};
use crate::report::json::indented;
use crate::time::Duration;
use serde::Serialize;

/// The results as a JSON document. Only `host` may differ between two runs of a study. `each` has what single trials showed: of
/// each cell and quantity the values of so many seeds, from the first one on; null in trials that did not show it.
pub fn json(results: &Results, host: &Host) -> String {
    #[derive(Serialize)]
    struct Document<'a> {
        format: u32,
        version: &'static str,
        study: &'a Results,
        percentiles: Vec<&'static str>,
        host: &'a Host,
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
    let mut text = format!("## {}\n", results.name);
    if !results.about.is_empty() {
        text += &format!("\n{}\n", results.about);
    }
    text += &format!("\n{} trials in each cell.\n", count(results.trials));
    for (place, quantity) in results.quantities() {
        let head = head(results, quantity.kind);
        let left = results.axes.len();
        let rules: String = (0..head.len()).map(|at| if at < left { "---|" } else { "---:|" }).collect();
        text += &format!(
            "\n### {}\n\n{}.\n\n| {} |\n|{rules}\n",
            quantity.name,
            sentence(quantity),
            head.join(" | ")
        );
        for cell in &results.cells {
            let row: Vec<String> = row(cell, place).iter().map(|it| it.replace('|', "\\|")).collect();
            text += &format!("| {} |\n", row.join(" | "));
        }
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
    match kind {
        Kind::YesNo => head.extend(["n", "yes", "rate", "95 % interval"].map(str::to_string)),
        _ => {
            head.extend(["n", "mean", "95 % interval"].map(str::to_string));
            head.extend(PERCENTILES.iter().map(|(name, _)| (*name).to_string()));
            head.push("max".to_string());
        }
    }
    head
}

/// A cell's row in the table of the quantity in this place.
pub(super) fn row(cell: &CellResult, place: usize) -> Vec<String> {
    let mut row = cell.values.clone();
    let Some(figures) = cell.figures.get(place) else { return row };
    let kind = figures.quantity.kind;
    row.push(count(figures.count));
    if kind == Kind::YesNo {
        row.push(count(figures.hits()));
    }
    row.push(figures.mean.map_or("-".to_string(), |mean| shown(kind, mean)));
    row.push(interval(figures));
    if kind != Kind::YesNo {
        let whole = |value: Option<u64>| value.map_or("-".to_string(), |value| shown(kind, value as f64));
        row.extend(figures.percentiles.iter().chain([&figures.max]).map(|value| whole(*value)));
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
        _ => "-".to_string(),
    }
}

/// A number of this kind, for people.
pub(crate) fn shown(kind: Kind, value: f64) -> String {
    match kind {
        Kind::Time => short(Duration::from_nanos(value.round().max(0.0) as u64)),
        Kind::Count if value.fract() == 0.0 => count(value as u64),
        Kind::Count => format!("{value:.3}"),
        Kind::Share => percent(value / 1e9),
        Kind::YesNo => format!("{value:.4}"),
    }
}
