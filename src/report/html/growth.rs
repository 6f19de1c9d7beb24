//! A number that grows from run to run.

use super::charts::{BOTTOM, HEIGHT, TOP, level, picture};
use super::frame::{Axis, LEFT, RIGHT, n, step};
use super::tables::table;
use crate::report::format::count;
use crate::report::page::Grid;
use maud::{Markup, html};

/// So many steps are listed; of more, evenly many are left out.
const LISTED: usize = 40;

/// What has grown: its picture's name and title, and what it counts.
pub(crate) struct Grown<'a> {
    pub(crate) id: &'a str,
    pub(crate) title: &'a str,
    pub(crate) counts: &'a str,
}

/// The steps of a number over so many runs: after how many runs it came to what, both growing.
pub(crate) fn growth(grown: &Grown<'_>, steps: &[(u64, u64)], runs: u64) -> Markup {
    let Some(&(last, most)) = steps.last() else { return html! {} };
    let axis = Axis { end: runs.max(last).max(1) };
    let y = |number: u64| BOTTOM - (BOTTOM - TOP) * number as f64 / most.max(1) as f64;
    let mut path = format!("M{} {}", n(LEFT), n(BOTTOM));
    for (after, number) in steps {
        path += &format!("H{}V{}", n(axis.x(*after)), n(y(*number)));
    }
    path += &format!("H{}", n(RIGHT));
    let each = if most > 4 { step(most) * 2 } else { 1 };
    let every = step(axis.end);
    let about = format!(
        "{} over the runs in the order of their seeds: {} after {} of {} runs, and no more since.",
        grown.counts,
        count(most),
        count(last),
        count(runs)
    );
    let content = html! {
        text.faint x="6" y="14" { (grown.counts) }
        @for at in (0..=most / each).map(|tick| tick * each) { (level(y(at), &count(at))) }
        path.rule d=(format!("M{} {}H{}", n(LEFT), n(BOTTOM), n(RIGHT))) {}
        @for at in (0..=axis.end / every).map(|tick| tick * every) {
            path.rule d=(format!("M{} {}V{}", n(axis.x(at)), n(TOP), n(BOTTOM + 4.0))) {}
            text.faint.middle x=(n(axis.x(at))) y=(n(BOTTOM + 18.0)) { (count(at)) }
        }
        path.line d=(path) {}
    };
    html! {
        (picture(grown.id, grown.title, &about, HEIGHT, &content))
        p.faint { (about) }
        details {
            summary { "The same as a table" }
            (table(grown.title, &listed(grown, steps)))
        }
    }
}

fn listed(grown: &Grown<'_>, steps: &[(u64, u64)]) -> Grid {
    let mut grid = Grid { right: vec![0, 1], rules: vec![1], ..Grid::default() };
    grid.rows.push(vec!["after runs".into(), grown.counts.into()]);
    let every = steps.len().div_ceil(LISTED).max(1);
    let last = steps.len() - 1;
    let told = steps.iter().enumerate().filter(|(at, _)| at % every == 0 || *at == last);
    grid.rows.extend(told.map(|(_, (after, number))| vec![count(*after), count(*number)]));
    grid
}
