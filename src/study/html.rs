//! A study's results as one HTML file: for each time a picture of its distributions side by side, and the tables.

use super::quantity::{Kind, Quantity};
use super::results::{QUANTILES, Results};
use super::text::{size, tables};
use crate::report::html::{self, Curve, MOST_CURVES, blocks, code, curves};
use crate::report::page::{Form, Page};
use maud::{Markup, html};

/// So many pictures of a quantity are shown.
const PICTURES: usize = 24;

/// The results as a page that stands alone.
pub fn html(results: &Results) -> String {
    let form = Form { width: 200, colour: false, kind: &|_| String::new() };
    let mut page = Page::new(&form);
    tables(results, &mut page);
    let times = results.quantities().filter(|(_, quantity)| quantity.kind == Kind::Time);
    let body = html! {
        h1 { (results.name) }
        p { (size(results)) "." }
        @if !results.about.is_empty() { p { (code(&results.about)) } }
        @for (nth, (place, quantity)) in times.enumerate() {
            @if nth == 0 {
                h2 { (quantity.name) }
                (pictures(results, place, quantity))
            } @else {
                details {
                    summary { (quantity.name) ", as pictures" }
                    (pictures(results, place, quantity))
                }
            }
        }
        (blocks(&page.blocks))
    };
    html::page(&format!("{}: {}", results.name, size(results)), &body)
}

/// The distributions of a time: those that differ on the last axis alone side by side.
fn pictures(results: &Results, place: usize, quantity: Quantity) -> Markup {
    let mut groups: Vec<(&[String], Vec<Curve<'_>>)> = Vec::new();
    for cell in &results.cells {
        let Some((last, others)) = cell.values.split_last() else { continue };
        let Some(figures) = cell.figures.get(place) else { continue };
        let curve = Curve { name: last.clone(), quantiles: &figures.quantiles, of: QUANTILES };
        match groups.iter_mut().rev().find(|(of, curves)| *of == others && curves.len() < MOST_CURVES) {
            Some((_, curves)) => curves.push(curve),
            None => groups.push((others, vec![curve])),
        }
    }
    groups.retain(|(_, curves)| curves.iter().any(|curve| !curve.quantiles.is_empty()));
    let more = groups.len().saturating_sub(PICTURES);
    let last = results.axes.last().map_or("", String::as_str);
    html! {
        @for (nth, (others, all)) in groups.iter().take(PICTURES).enumerate() {
            ({
                let fixed = results.axes.iter().zip(*others).map(|(axis, value)| format!("{axis} {value}"));
                let fixed = fixed.collect::<Vec<_>>().join(", ");
                let title = if fixed.is_empty() { quantity.name.to_string() } else { format!("{}: {fixed}", quantity.name) };
                let id = format!("{}-{}", quantity.name.replace(' ', "-"), nth + 1);
                let about = format!(
                    "{title}. Distribution of the time {}, for each {last}, on a logarithmic axis of time; a line that ends below 100 % \
                     stands for trials that did not finish. The table below has the numbers.",
                    quantity.meaning
                );
                html! {
                    (curves((&id, &title, &about), "trials", all))
                    p.faint { (about) }
                }
            })
        }
        @if more > 0 { p.faint { (more) " more pictures are left out; the table has all." } }
    }
}
