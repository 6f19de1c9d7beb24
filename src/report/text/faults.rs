//! The faults, in the report for a terminal.

use super::SPANS;
use crate::report::format::{counted, moment, wrap};
use crate::report::page::{FAINT, Grid, Page, WIDE};
use crate::report::{FaultSpan, Report};
use crate::time::Time;
use crate::trace::ActionKind;
use std::collections::BTreeMap;

/// How wide columns get, in narrow terminals and in wide ones. Names are whole but in narrow ones.
const NAME: usize = 20;
const WHAT: (usize, usize) = (26, 36);
const OUTCOME: (usize, usize) = (20, 30);
const LINKS: (usize, usize) = (32, 60);
const SKIPPED: usize = 44;
/// The narrowest column of who was hit.
const LEAST: usize = 12;

impl Page<'_> {
    /// What each fault did, to whom and when.
    pub(super) fn faults(&mut self, report: &Report) {
        if report.faults.is_empty() {
            return;
        }
        self.heading("Faults", "");
        let is_wide = self.form.width > WIDE;
        let pick = |(narrow, wide): (usize, usize)| if is_wide { wide } else { narrow };
        let all_rows: Vec<Row<'_>> = rows_of(&report.faults);
        let shown = || all_rows.iter().take(SPANS);
        let outcome = if self.form.width >= WIDE { OUTCOME.1 } else { OUTCOME.0 };
        let name = if self.form.width >= WIDE { usize::MAX } else { NAME };
        let laid_out = |what: usize| {
            let mut rows = vec![["fault", "what", "", "from", "until"].map(String::from)];
            rows.extend(shown().map(|row| row.cells((name, what, outcome))));
            rows
        };
        let all = |rows: &[[String; 5]]| -> usize { [0, 1, 3, 4].map(|at| 2 + width(rows, at)).iter().sum() };
        let mut rows = laid_out(pick(WHAT));
        let missing = (all(&rows) + LEAST).saturating_sub(self.room());
        if missing > 0 {
            // Who was hit has to be told: what it was is told in more lines.
            rows = laid_out(width(&rows, 1).saturating_sub(missing).max(LEAST));
        }
        let room = self.room().saturating_sub(all(&rows)).max(LEAST);
        rows[0][2] = "hit".into();
        for (row, Row { first, .. }) in rows[1..].iter_mut().zip(shown()) {
            row[2] = hit(first, room, pick(LINKS));
        }
        let mut grid = Grid { right: vec![3, 4], rules: vec![1], ..Grid::default() };
        grid.rows.extend(rows.into_iter().map(Vec::from));
        self.grid(&grid);
        if let Some(more) = all_rows.len().checked_sub(SPANS).filter(|more| *more > 0) {
            self.paragraph(&format!("and {more} more, in the JSON report"), FAINT);
        }
    }
}

/// How wide a column is.
fn width(rows: &[[String; 5]], column: usize) -> usize {
    let lines = rows.iter().flat_map(|row| row[column].lines());
    lines.map(|line| line.chars().count()).max().unwrap_or(0)
}

/// A text of at most so many characters, its end left out if it is longer.
fn cut(text: &str, most: usize) -> String {
    match text.chars().count() > most {
        true => text.chars().take(most.saturating_sub(2)).chain("..".chars()).collect(),
        false => text.to_owned(),
    }
}

/// What a row tells of: a fault, or links that flap, from the first time that they are cut to the last.
struct Row<'r> {
    first: &'r FaultSpan,
    last: &'r FaultSpan,
    times: u64,
}

/// The rows for these faults, in their order.
fn rows_of(faults: &[FaultSpan]) -> Vec<Row<'_>> {
    let mut rows: Vec<Row<'_>> = Vec::new();
    let mut row_of: BTreeMap<usize, usize> = BTreeMap::new();
    for fault in faults {
        let known = fault.flapping.map(|first| *row_of.entry(first).or_insert(rows.len()));
        match known.and_then(|row| rows.get_mut(row)) {
            Some(row) => (row.last, row.times) = (fault, row.times + 1),
            None => rows.push(Row { first: fault, last: fault, times: 1 }),
        }
    }
    rows
}

impl Row<'_> {
    /// The cells, but for who was hit. The columns of what it is called, of what it is and of what came of it have
    /// these widths.
    fn cells(&self, (name, what, outcome): (usize, usize, usize)) -> [String; 5] {
        let Self { first, last, times } = self;
        let at = |nanos: Option<u64>| nanos.map(|nanos| moment(Time::from_nanos(nanos)));
        let strength = first.strength.as_ref().map_or(String::new(), |strength| format!(" {strength}"));
        let action = match first.flapping {
            Some(_) => format!("flap, {}", counted(*times, "time")),
            None => format!("{}{strength}", first.action),
        };
        let is_done_at_once = matches!(first.action, ActionKind::Step | ActionKind::Rot);
        let until = match (first.from_ns, &first.outcome) {
            (None, _) => "-".into(),
            (Some(_), Some(came)) => wrap(came, outcome),
            (Some(_), None) if is_done_at_once => "at once".into(),
            (Some(_), None) => at(last.to_ns).unwrap_or_else(|| "the end".into()),
        };
        [
            cut(&first.name, name),
            wrap(&action, what),
            String::new(),
            at(first.from_ns).unwrap_or_else(|| "-".into()),
            until,
        ]
    }
}

/// Who was hit, in lines of at most `room` characters, and those about links of `links`.
fn hit(fault: &FaultSpan, room: usize, links: usize) -> String {
    match fault.from_ns {
        None => wrap(&format!("skipped: {}", fault.source.why_skipped()), room.min(SKIPPED)),
        Some(_) if fault.nodes.is_empty() && fault.between.is_empty() => "nothing".into(),
        Some(_) if fault.nodes.is_empty() => wrap(&fault.between, room.min(links)),
        Some(_) => wrap(&fault.nodes.to_string(), room.min(links - 2)),
    }
}
