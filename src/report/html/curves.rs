//! Distributions side by side: of each of several the share that is above a time.

use super::charts::{Told, alone, level, picture, tidy};
use super::frame::{LEFT, RIGHT, n, wide};
use super::scatter::Scale;
use crate::time::Duration;
use maud::{Markup, html};

/// How many can be told apart in one picture: six colours, each as a line and as a dashed one.
pub(crate) const MOST: usize = 12;

/// How high a plot is.
const PLOT: f64 = 190.0;
/// How high a row of the legend is.
const ROW: f64 = 18.0;
/// Steps nearer than that can't be seen.
const NEAR: f64 = 0.9;

/// A distribution.
pub(crate) struct Curve<'a> {
    /// What it is of.
    pub(crate) name: &'a str,
    /// Times in nanoseconds in order, each with how many took longer.
    pub(crate) steps: &'a [(u64, u64)],
    /// How many there are in all. Where the last step leaves some, these took longer than any time that is known.
    pub(crate) of: u64,
}

/// The axes that pictures have in common, so that one can be held against the other.
#[derive(Clone, Copy)]
pub(crate) struct Axes {
    time: Scale,
    /// The least share: half of the least that is not nothing.
    least: f64,
}

impl Axes {
    /// Axes that hold all of these; none if no time is known.
    pub(crate) fn around<'a>(all: impl Iterator<Item = &'a Curve<'a>> + Clone) -> Option<Self> {
        let times = all.clone().flat_map(|curve| curve.steps).map(|(nanos, _)| (*nanos).max(1) as f64);
        let most = all.map(|curve| curve.of).max()?.max(10);
        Some(Self { time: Scale::around(times, (LEFT, RIGHT))?, least: 0.5 / most as f64 })
    }

    /// Where a share stands, beneath `top`. Nothing stands at the bottom.
    fn y(self, share: f64, top: f64) -> f64 {
        let depth = libm::log10(share.max(self.least)) / libm::log10(self.least);
        top + PLOT * depth
    }

    /// The shares with a line across: all, half, and each power of ten.
    fn levels(self) -> Vec<f64> {
        let powers = std::iter::successors(Some(0.1), |share| Some(share / 10.0));
        [1.0, 0.5].into_iter().chain(powers.take_while(|share| *share >= self.least)).collect()
    }
}

/// The picture of at most [`MOST`] distributions, which differ by something.
pub(crate) fn curves((id, title, about): Told<'_>, by: &str, axes: Axes, all: &[Curve<'_>]) -> Markup {
    let (height, content) = drawn(by, axes, all);
    picture(id, title, about, height, &content)
}

/// The same as a file of its own.
pub(crate) fn curves_alone(told: Told<'_>, by: &str, axes: Axes, all: &[Curve<'_>]) -> String {
    let (height, content) = drawn(by, axes, all);
    alone(told, height, &content)
}

/// How high the picture is, and what is in it.
fn drawn(by: &str, axes: Axes, all: &[Curve<'_>]) -> (f64, Markup) {
    let (rows, legend) = legend(all);
    let top = 28.0 + rows as f64 * ROW;
    let bottom = top + PLOT;
    let content = html! {
        text.faint x="6" y="14" { "share of trials that took longer" (by) " (both axes logarithmic)" }
        (legend)
        @for share in axes.levels() { (level(axes.y(share, top), &tidy(share))) }
        @for tick in axes.time.ticks() {
            path.rule d=(format!("M{} {}V{}", n(axes.time.at(tick)), n(top), n(bottom + 4.0))) {}
            text.faint.middle x=(n(axes.time.at(tick))) y=(n(bottom + 18.0)) { (Duration::from_nanos(tick.round() as u64)) }
        }
        @for (place, curve) in all.iter().enumerate() {
            path class=(class(place)) d=(line(curve, axes, top)) { title { (curve.name) } }
        }
    };
    (bottom + 26.0, content)
}

/// The colour and the dashes of a line.
fn class(place: usize) -> String {
    let dashes = if place % MOST < MOST / 2 { "" } else { " dashed" };
    format!("line c{}{dashes}", place % (MOST / 2))
}

/// A line down, step by step; it goes on to the edge where some took longer than all that is known.
fn line(curve: &Curve<'_>, axes: Axes, top: f64) -> String {
    let mut path = format!("M{} {}", n(LEFT), n(top));
    let (mut x, mut y) = (LEFT, top);
    let mut waits = None;
    for (nanos, longer) in curve.steps {
        let next = axes.time.at((*nanos).max(1) as f64);
        let below = axes.y(*longer as f64 / curve.of.max(1) as f64, top);
        waits = Some((next, below));
        if next - x >= NEAR || below - y >= NEAR {
            path += &format!("H{}V{}", n(next), n(below));
            (x, y, waits) = (next, below, None);
        }
    }
    if let Some((next, below)) = waits {
        path += &format!("H{}V{}", n(next), n(below));
    }
    if curve.steps.last().is_none_or(|(_, longer)| *longer > 0) {
        path += &format!("H{}", n(RIGHT));
    }
    path
}

/// Which line is which, in as many rows as that takes.
fn legend(all: &[Curve<'_>]) -> (usize, Markup) {
    const SAMPLE: f64 = 30.0;
    let mut places = Vec::with_capacity(all.len());
    let (mut x, mut row) = (LEFT, 0);
    for curve in all {
        let width = SAMPLE + 6.0 + wide(curve.name) + 18.0;
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
