//! What was expected, in the report for a terminal.

use crate::report::format::{count, wrap};
use crate::report::page::{BAD, FAINT, GOOD, Grid, ODD, Page, WIDE};
use crate::report::{Judgement, Report};
use anstyle::Style;

/// How much room the table gives to an expectation's text, in narrow and wide terminals.
const TEXT: (usize, usize) = (34, 54);

impl Page<'_> {
    /// Each expectation with its verdict.
    pub(super) fn expectations(&mut self, report: &Report) {
        if report.expectations.is_empty() {
            return;
        }
        let verdicts = [Judgement::Held, Judgement::Failed, Judgement::Vacuous, Judgement::Waived];
        let number =
            |verdict| report.expectations.iter().filter(|expected| expected.verdict == verdict).count();
        let sums = verdicts.map(|verdict| (number(verdict) as u64, word(verdict).0.to_lowercase()));
        let sums = sums.iter().filter(|(number, _)| *number > 0);
        let sums: Vec<String> = sums.map(|(number, word)| format!("{} {word}", count(*number))).collect();
        self.heading("Expectations", &sums.join(", "));
        let text = if self.form.width >= WIDE { TEXT.1 } else { TEXT.0 };
        let room = self.room() - text - 11;
        let mut grid = Grid { rules: vec![1], ..Grid::default() };
        grid.rows.push(["expectation", "verdict", "what shows it"].map(String::from).to_vec());
        grid.styles.extend((0..3).map(|column| (0, column, FAINT)));
        for expected in &report.expectations {
            let (word, style) = word(expected.verdict);
            let row = grid.rows.len();
            grid.styles.extend([(row, 1, style), (row, 2, FAINT)]);
            let text = wrap(&expected.text, text - 2).replace('\n', "\n  ");
            grid.rows.push(vec![text, word.into(), wrap(&expected.why, room)]);
        }
        self.grid(&grid);
        if number(Judgement::Vacuous) > 0 {
            let text = "vacuous: nothing happened in this run that could show it. That is no pass.";
            self.paragraph(text, FAINT);
        }
    }

    /// Those that did not hold, once more, where the eye falls first.
    pub(super) fn missed(&mut self, report: &Report) {
        for expected in &report.expectations {
            let title = match expected.verdict {
                Judgement::Held | Judgement::Waived => continue,
                Judgement::Failed => (BAD, "Expectation failed"),
                Judgement::Vacuous => (ODD, "Expectation not put to the test"),
            };
            self.alert(title.0, title.1, "");
            self.paragraph(&format!("{}: {}", expected.text, expected.why), Style::new());
        }
    }
}

fn word(verdict: Judgement) -> (&'static str, Style) {
    match verdict {
        Judgement::Held => ("held", GOOD),
        Judgement::Failed => ("FAILED", BAD),
        Judgement::Vacuous => ("vacuous", ODD),
        Judgement::Waived => ("waived", ODD),
    }
}
