//! Distributions side by side: for each of several the share that is below a time.

use super::charts::{level, picture};
use super::frame::{LEFT, RIGHT, n, wide};
use super::scatter::Scale;
use crate::time::Duration;
use maud::{Markup, html};

/// How many can be told apart in one picture: six colours, each as a line and as a dashed one.
pub(crate) const MOST: usize = 12;

/// How high a plot is.
const PLOT: f64 = 180.0;
/// How high a row of the legend is.
const ROW: f64 = 18.0;

/// A distribution.
pub(crate) struct Curve<'a> {
    /// What it is of.
    pub(crate) name: String,
    /// Its quantiles in nanoseconds, in order, each as likely as the others. There are fewer than `of` where some lie beyond
    /// all that is known.
    pub(crate) quantiles: &'a [u64],
    /// How many there would be.
    pub(crate) of: usize,
}

/// The picture of at most [`MOST`] distributions. `counts` is what the shares are of.
pub(crate) fn curves((id, title, about): (&str, &str, &str), counts: &str, all: &[Curve<'_>]) -> Markup {
    let times = all.iter().flat_map(|curve| curve.quantiles).map(|nanos| (*nanos).max(1) as f64);
    let Some(scale) = Scale::around(times, (LEFT, RIGHT)) else { return html! {} };
    let (rows, legend) = legend(all);
    let top = 28.0 + rows as f64 * ROW;
    let bottom = top + PLOT;
    let y = |share: f64| bottom - PLOT * share;
    let content = html! {
        text.faint x="6" y="14" { "share of " (counts) " that took no longer" }
        (legend)
        @for percent in [0, 25, 50, 75, 100] {
            (level(y(f64::from(percent) / 100.0), &format!("{percent} %")))
        }
        @for tick in scale.ticks() {
            path.rule d=(format!("M{} {}V{}", n(scale.at(tick)), n(top), n(bottom + 4.0))) {}
            text.faint.middle x=(n(scale.at(tick))) y=(n(bottom + 18.0)) { (Duration::from_nanos(tick.round() as u64)) }
        }
        @for (place, curve) in all.iter().enumerate() {
            path class=(class(place)) d=(line(curve, scale, &y)) { title { (curve.name) } }
        }
    };
    picture(id, title, about, bottom + 40.0, &content)
}

/// The colour and the dashes of a line.
fn class(place: usize) -> String {
    let dashes = if place % MOST < MOST / 2 { "" } else { " dashed" };
    format!("line c{}{dashes}", place % (MOST / 2))
}

/// A line up, step by step.
fn line(curve: &Curve<'_>, scale: Scale, y: &dyn Fn(f64) -> f64) -> String {
    let mut path = String::new();
    for (at, nanos) in curve.quantiles.iter().enumerate() {
        let x = n(scale.at((*nanos).max(1) as f64));
        if path.is_empty() {
            path = format!("M{x} {}", n(y(0.0)));
        }
        path += &format!("H{x}V{}", n(y((at + 1) as f64 / curve.of as f64)));
    }
    path
}

/// Which line is which, in as many rows as that takes.
fn legend(all: &[Curve<'_>]) -> (usize, Markup) {
    const SAMPLE: f64 = 30.0;
    let mut places = Vec::with_capacity(all.len());
    let (mut x, mut row) = (LEFT, 0);
    for curve in all {
        let width = SAMPLE + 6.0 + wide(&curve.name) + 18.0;
        if x > LEFT && x + width > RIGHT {
            (x, row) = (LEFT, row + 1);
        }
        places.push((x, 32.0 + row as f64 * ROW));
        x += width;
    }
    let drawn = html! {
        @for (place, (curve, (x, y))) in all.iter().zip(places).enumerate() {
            path class=(class(place)) d=(format!("M{} {}h{}", n(x), n(y - 4.0), n(SAMPLE))) {}
            text x=(n(x + SAMPLE + 6.0)) y=(n(y)) { (curve.name) }
        }
    };
    (row + 1, drawn)
}
