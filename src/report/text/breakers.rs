//! Circuit breakers, in the report for a terminal.

use crate::report::Report;
use crate::report::format::{count, moment, short};
use crate::report::page::{FAINT, Grid, Page};
use crate::time::{Duration, Time};

/// How many rows the table shows.
const ROWS: usize = 12;

impl Page<'_> {
    /// Each breaker that ever opened, if one did.
    pub(super) fn breakers(&mut self, report: &Report) {
        if report.breakers.is_empty() {
            return;
        }
        self.heading("Breakers", "");
        let mut grid = Grid { right: (1..7).collect(), rules: vec![1], ..Grid::default() };
        let names = ["breaker", "opened", "failed", "succeeded", "shed", "open for", "first"];
        grid.styles.extend((0..names.len()).map(|column| (0, column, FAINT)));
        grid.rows.push(names.map(String::from).into());
        for breaker in report.breakers.iter().take(ROWS) {
            grid.rows.push(vec![
                format!("{} -> {}", breaker.of, breaker.to),
                count(breaker.opened),
                count(breaker.probes_failed),
                count(breaker.probes_succeeded),
                count(breaker.shed),
                short(Duration::from_nanos(breaker.open_ns)),
                moment(Time::from_nanos(breaker.first_opened_ns)),
            ]);
        }
        self.grid(&grid);
        if let Some(more) = report.breakers.len().checked_sub(ROWS).filter(|more| *more > 0) {
            self.paragraph(&format!("and {more} more, in the JSON report"), FAINT);
        }
        self.paragraph(
            "breaker: whose, and of the calls to whom. opened: how often, since calls failed. failed, succeeded: probes, after \
             which it opened again or closed. shed: frames and requests that it kept back. open for: the time in which it was \
             open, not that in which probes were under way. first: when it opened for the first time. Those come first that were open for longest.",
            FAINT,
        );
    }
}
