//! The faults, in the report for a terminal.

use super::SPANS;
use crate::report::format::{moment, wrap};
use crate::report::page::{FAINT, Grid, Page, WIDE};
use crate::report::{FaultSpan, Report};
use crate::time::Time;

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
        let shown = || report.faults.iter().take(SPANS);
        let outcome = if self.form.width >= WIDE { OUTCOME.1 } else { OUTCOME.0 };
        let name = if self.form.width >= WIDE { usize::MAX } else { NAME };
        let laid_out = |what: usize| {
            let mut rows = vec![["fault", "what", "", "from", "until"].map(String::from)];
            rows.extend(shown().map(|fault| row(fault, (name, what, outcome))));
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
        for (row, fault) in rows[1..].iter_mut().zip(shown()) {
            row[2] = hit(fault, room, pick(LINKS));
        }
        let mut grid = Grid { right: vec![3, 4], rules: vec![1], ..Grid::default() };
        grid.rows.extend(rows.into_iter().map(Vec::from));
        self.grid(&grid);
        if let Some(more) = report.faults.len().checked_sub(SPANS).filter(|more| *more > 0) {
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

/// A row of the table, but for who was hit. The columns of what it is called, of what it is and of what came of it have
/// these widths.
fn row(fault: &FaultSpan, (name, what, outcome): (usize, usize, usize)) -> [String; 5] {
    let at = |nanos: Option<u64>| nanos.map(|nanos| moment(Time::from_nanos(nanos)));
    let strength = fault.strength.as_ref().map_or(String::new(), |strength| format!(" {strength}"));
    let until = match (fault.from_ns, &fault.outcome) {
        (None, _) => "-".into(),
        (Some(_), Some(came)) => wrap(came, outcome),
        (Some(_), None) => at(fault.to_ns).unwrap_or_else(|| "the end".into()),
    };
    [
        cut(&fault.name, name),
        wrap(&format!("{}{strength}", fault.action), what),
        String::new(),
        at(fault.from_ns).unwrap_or_else(|| "-".into()),
        until,
    ]
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
