//! Where things stand in a picture: axes, ticks and places for labels.

use maud::{Markup, html};

/// How wide every picture is.
pub(super) const WIDTH: f64 = 1000.0;
/// Where the axis of time begins and ends.
pub(super) const LEFT: f64 = 72.0;
pub(super) const RIGHT: f64 = 972.0;

/// About how wide a letter is.
const LETTER: f64 = 7.2;

/// A number as pictures need it.
pub(super) fn n(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

/// About how wide a label is.
pub(super) fn wide(text: &str) -> f64 {
    text.chars().count() as f64 * LETTER
}

/// The axis of time.
#[derive(Clone, Copy)]
pub(super) struct Axis {
    /// Its length in nanoseconds, at least 1.
    pub(super) end: u64,
}

impl Axis {
    /// Where a moment stands.
    pub(super) fn x(self, nanos: u64) -> f64 {
        LEFT + (RIGHT - LEFT) * nanos.min(self.end) as f64 / self.end as f64
    }

    /// Where a span begins, and how wide it is; never so narrow that it can't be seen.
    pub(super) fn span(self, from: u64, to: u64) -> (f64, f64) {
        let x = self.x(from);
        (x, (self.x(to) - x).max(1.5))
    }

    /// Lines and labels of the axis, from `top` to `bottom`.
    pub(super) fn ticks(self, top: f64, bottom: f64) -> Markup {
        let step = step(self.end);
        html! {
            path.rule d=(format!("M{} {}H{}", n(LEFT), n(bottom), n(RIGHT))) {}
            @for at in (0..=self.end / step).map(|tick| tick * step) {
                path.rule d=(format!("M{} {}V{}", n(self.x(at)), n(top), n(bottom + 4.0))) {}
                text.faint.middle x=(n(self.x(at))) y=(n(bottom + 18.0)) { (label(at, step)) }
            }
        }
    }
}

/// A round number of nanoseconds of which about eight make so many.
pub(super) fn step(end: u64) -> u64 {
    let mut decade = 1_u64;
    loop {
        for step in [1, 2, 5] {
            if decade.saturating_mul(step).saturating_mul(10) >= end {
                return decade.saturating_mul(step);
            }
        }
        decade = decade.saturating_mul(10);
    }
}

/// A tick of an axis with such steps.
pub(super) fn label(at: u64, step: u64) -> String {
    let (unit, name) = match step {
        1_000_000_000.. => (1_000_000_000, "s"),
        1_000_000.. => (1_000_000, "ms"),
        1_000.. => (1_000, "us"),
        _ => (1, "ns"),
    };
    if at == 0 { "0".into() } else { format!("{}{name}", at / unit) }
}

/// In which row each of these extents has room beside the others, of at most so many rows; none where there is no room.
pub(super) fn rows(extents: &[(f64, f64)], most: usize) -> Vec<Option<usize>> {
    let mut taken: Vec<Vec<(f64, f64)>> = Vec::new();
    let place = |&(from, to): &(f64, f64)| {
        let is_free =
            |row: &Vec<(f64, f64)>| row.iter().all(|(begin, end)| to + 6.0 <= *begin || *end + 6.0 <= from);
        let free = taken.iter().position(is_free);
        if free.is_none() && taken.len() < most {
            taken.push(Vec::new());
        }
        let row = free.or_else(|| taken.iter().position(Vec::is_empty))?;
        taken[row].push((from, to));
        Some(row)
    };
    extents.iter().map(place).collect()
}
