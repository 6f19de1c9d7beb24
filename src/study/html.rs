//! A study's results as one HTML file: of each quantity its table, and of times before it pictures of the distributions side by
//! side.

use super::document::sentence;
use super::quantity::{Kind, Quantity};
use super::results::{CellResult, Results};
use super::text::{notes, size, table};
use crate::report::format::{count, counted, short};
use crate::report::html::{self, Axes, Curve, MOST_CURVES, blocks, code, curves, curves_alone};
use crate::report::page::{Form, Page};
use crate::time::Duration;
use maud::{Markup, html};

/// So many pictures of a quantity are shown; those beyond the first few wait until somebody asks for them.
const PICTURES: usize = 24;
const SHOWN: usize = 4;

/// A table has so many rows.
const ROWS: usize = 500;

/// The results as a page that stands alone.
pub fn html(results: &Results) -> String {
    let form = Form { width: 200, colour: false, kind: &|_| String::new() };
    let mut page = Page::new(&form);
    notes(results, &mut page);
    let body = html! {
        h1 { (results.name) }
        p { (size(results)) "." }
        @if !results.about.is_empty() { p { (code(&results.about)) } }
        (blocks(&page.blocks))
        @for (place, quantity) in results.quantities() { (section(results, (place, quantity))) }
    };
    html::page(&format!("{}: {}", results.name, size(results)), &body)
}

/// The first picture alone, on a light ground; none where nothing measured is a time.
pub fn picture(results: &Results) -> Option<String> {
    let (place, quantity) = results.quantities().find(|(_, quantity)| quantity.kind == Kind::Time)?;
    let group = groups(results, quantity).into_iter().next()?;
    let all = group.curves(place);
    let axes = Axes::around(all.iter())?;
    let title = format!("{}: {}", results.name, group.title);
    Some(curves_alone(("distribution", &title, &group.told(results, place)), &by(results), axes, &all))
}

/// What the cells showed of a quantity.
fn section(results: &Results, (place, quantity): (usize, Quantity)) -> Markup {
    let more = results.cells.len().saturating_sub(ROWS) as u64;
    html! {
        h2 { (quantity.name) }
        p { (sentence(quantity)) "." }
        @if quantity.kind == Kind::Time { (pictures(results, (place, quantity))) }
        (html::headed(quantity.name, &table(results, (place, quantity), ROWS)))
        @if more > 0 {
            p.faint { (counted(more, "more cell")) " are left out here; the results as CSV and as JSON have all." }
        }
    }
}

/// Cells that differ on the last axis alone, at most so many that one picture can hold them.
struct Group<'a> {
    title: String,
    cells: &'a [CellResult],
}

/// The values of a cell on all axes but the last.
fn others(cell: &CellResult) -> &[String] {
    cell.values.split_last().map_or(&[], |(_, others)| others)
}

/// The cells in groups, each of which makes a picture.
fn groups<'a>(results: &'a Results, quantity: Quantity) -> Vec<Group<'a>> {
    let alike = results.cells.chunk_by(|a, b| others(a) == others(b));
    let of = |cells: &'a [CellResult]| {
        let fixed = cells.first().map(others).unwrap_or_default();
        let fixed: Vec<String> =
            results.axes.iter().zip(fixed).map(|(axis, value)| format!(", {axis} {value}")).collect();
        let parts = cells.len().div_ceil(MOST_CURVES);
        cells.chunks(MOST_CURVES).zip(1..).map(move |(cells, part)| {
            let part = if parts > 1 { format!(" ({part} of {parts})") } else { String::new() };
            Group { title: format!("Distribution of {}{}{part}", quantity.name, fixed.concat()), cells }
        })
    };
    alike.flat_map(of).collect()
}

/// The distributions of a time, those side by side that differ on the last axis alone. All pictures have the same axes.
fn pictures(results: &Results, (place, quantity): (usize, Quantity)) -> Markup {
    let groups = groups(results, quantity);
    let all: Vec<Vec<Curve<'_>>> = groups.iter().map(|group| group.curves(place)).collect();
    let Some(axes) = Axes::around(all.iter().flatten()) else { return html! {} };
    let drawn: Vec<Markup> = groups
        .iter()
        .zip(&all)
        .take(PICTURES)
        .enumerate()
        .map(|(nth, (group, all))| {
            let id = format!("{}-{}", quantity.name.replace(' ', "-"), nth + 1);
            let about = group.told(results, place);
            curves((&id, &group.title, &about), &by(results), axes, all)
        })
        .collect();
    let (shown, hidden) = drawn.split_at(SHOWN.min(drawn.len()));
    let titles = groups.len() > 1;
    let title = |nth: usize| html! { @if titles { h3 { (groups[nth].title) } } };
    let left_out = groups.len().saturating_sub(PICTURES) as u64;
    html! {
        @for (nth, picture) in shown.iter().enumerate() { (title(nth)) (picture) }
        @if !hidden.is_empty() {
            details {
                summary { (counted(hidden.len() as u64, "more picture")) }
                @for (nth, picture) in hidden.iter().enumerate() { (title(SHOWN + nth)) (picture) }
            }
        }
        p.faint {
            "The share of the trials that took longer than a time" (by(results))
            @if results.some_are_unfinished() { "; where a line goes on to the edge, trials did not finish" }
            ". "
            @if left_out > 0 { (counted(left_out, "more picture")) " are left out. " }
            "The table has the numbers."
        }
    }
}

impl<'a> Group<'a> {
    fn curves(&self, place: usize) -> Vec<Curve<'a>> {
        let cells = self.cells.iter().filter_map(|cell| {
            let steps = &cell.figures.get(place)?.steps;
            Some(Curve { name: name(cell), steps, of: cell.trials })
        });
        cells.collect()
    }

    /// The picture in words.
    fn told(&self, results: &Results, place: usize) -> String {
        let each = self.cells.iter().filter_map(|cell| {
            let half = cell.figures.get(place)?.percentiles.get(1)?;
            let half =
                half.map_or("never".to_owned(), |nanos| format!("in {}", short(Duration::from_nanos(nanos))));
            Some(format!("{} {half}", name(cell)))
        });
        let each: Vec<String> = each.collect();
        format!(
            "The share of {} trials that took longer than a time{}. Half of them end: {}.",
            count(results.trials),
            by(results),
            each.join(", ")
        )
    }
}

/// By what the curves of a picture differ.
fn by(results: &Results) -> String {
    results.axes.last().map_or(String::new(), |axis| format!(", by {axis}"))
}

/// What a cell is called among those that differ on the last axis alone.
fn name(cell: &CellResult) -> &str {
    cell.values.last().map_or("all trials", String::as_str)
}

#[cfg(test)]
mod tests {
    use super::super::quantity::quantities;
    use super::super::results::Figures;
    use super::*;
    use crate::plan::Measure;
    use crate::report::tests::pages::{is_well_formed, stands_alone};

    /// Results of a grid with so many values on each axis.
    fn results(sizes: &[usize], trials: u64, name: &str) -> Results {
        let of = |quantity: &Quantity, at: u64| {
            let known = |trial: u64| (!trial.is_multiple_of(5)).then(|| (at + 1) * 1_000_000 + trial * trial);
            let column: Vec<Option<u64>> = (0..trials).map(known).collect();
            Figures::new(*quantity, &column)
        };
        let planned: usize = sizes.iter().product();
        let cell = |nth: usize| {
            let place = |axis: usize| nth / sizes[axis + 1..].iter().product::<usize>() % sizes[axis];
            let all = quantities(Measure::FirstLeader);
            CellResult {
                values: (0..sizes.len()).map(|axis| format!("{name}{}", place(axis))).collect(),
                trials,
                unfinished: trials / 5,
                panicked: 0,
                figures: all.iter().map(|quantity| of(quantity, nth as u64)).collect(),
                each: Vec::new(),
            }
        };
        Results {
            name: name.into(),
            about: name.into(),
            first_seed: "0".into(),
            trials,
            implementation: crate::plan::Implementation::Squall,
            axes: (0..sizes.len()).map(|axis| format!("{name}-{axis}")).collect(),
            parameters: Vec::new(),
            scenario: String::new(),
            planned: planned as u64,
            cells: (0..planned).map(cell).collect(),
        }
    }

    #[test]
    fn a_page_has_its_distributions_side_by_side_and_stands_alone() {
        for (sizes, pictures) in [(&[][..], 1), (&[3], 1), (&[2, 3], 2), (&[13], 2), (&[30, 2], 24)] {
            let results = results(sizes, 50, "x");
            let page = html(&results);
            for text in [&page, &picture(&results).expect("a picture")] {
                is_well_formed(text);
                stands_alone(text);
            }
            // Total, detect and elect.
            assert_eq!(page.matches("<svg").count(), 3 * pictures, "{sizes:?}");
            let curves = (results.cells.len()).min(pictures * sizes.last().copied().unwrap_or(1));
            assert_eq!(
                page.matches("H972\"><title>").count(),
                3 * curves,
                "some trials did not finish: {sizes:?}"
            );
            assert_eq!(page.contains("more pictures are left out"), sizes == [30, 2]);
            assert_eq!(page.matches("<table>").count(), 6, "a table for each quantity");
        }
    }

    #[test]
    fn a_page_of_a_large_grid_says_what_it_leaves_out() {
        let page = html(&results(&[40, 40], 100, "x"));
        is_well_formed(&page);
        assert!(page.len() < 2_000_000, "{} bytes", page.len());
        assert_eq!(page.matches("1,100 more cells are left out here").count(), 6);
        assert!(html(&results(&[2, 2], 0, "x")).contains("<table>"), "also without a trial");
    }

    #[test]
    fn names_mean_nothing_to_a_page() {
        let page = html(&results(&[2, 2], 9, "<b>&\"'|`x\n</title>"));
        is_well_formed(&page);
        assert!(page.contains("&lt;b&gt;&amp;&quot;") && !page.contains("<b>&"));
    }
}
