//! What changed, for people.

use super::compare::{Change, Difference, OfScenario, Parameter, Turn};
use super::values::{FEWEST, Ruling};
use crate::report::format::{count, counted, percent, wrap};
use crate::report::page::{BAD, Block, FAINT, Form, GOOD, Grid, ODD, Page, TITLE};
use crate::report::{html, markdown};
use anstyle::Style;

/// How many counts are shown.
const COUNTERS: usize = 20;

impl Difference {
    /// The difference as text; `names` are those of the two reports. The last line says what it comes to. With `brief` only that, and
    /// why.
    pub fn render(&self, names: [&str; 2], form: &Form<'_>, brief: bool) -> String {
        let mut page = Page::new(form);
        if !brief {
            let [old, new] = names;
            page.text += &format!("{} -> {}\n", page.styled(TITLE, old), page.styled(TITLE, new));
            page.difference(self);
            page.text.push('\n');
        }
        page.conclusion(self);
        page.text
    }

    /// The difference as Markdown, with what it comes to first.
    pub fn markdown(&self, names: [&str; 2]) -> String {
        let (title, blocks) = self.blocks(names);
        markdown::page_of(&title, &blocks)
    }

    /// The difference as a page that stands alone.
    pub fn html(&self, names: [&str; 2]) -> String {
        let (title, blocks) = self.blocks(names);
        html::page_of(&title, &blocks, (0, &maud::html! {}))
    }

    fn blocks(&self, [old, new]: [&str; 2]) -> (String, Vec<Block>) {
        // Nothing is cut for lack of room.
        let form = Form { width: 10_000, colour: false, kind: &|_| String::new() };
        let mut page = Page::new(&form);
        page.paragraph(&format!("Old: `{old}`. New: `{new}`."), Style::new());
        let style = if self.regressed() { BAD } else { Style::new() };
        for regression in &self.regressions {
            page.paragraph(regression, BAD);
        }
        page.paragraph(&format!("Outcome: {}.", self.outcome()), style);
        page.difference(self);
        (format!("Difference: {}", self.outcome()), page.blocks)
    }

    /// What it comes to, in few words.
    fn outcome(&self) -> &'static str {
        match (self.regressed(), self.is_nothing()) {
            (true, _) => "regression",
            _ if self.lacks => {
                "no regression in what is in both; not all of the old report is in the new one"
            }
            (false, true) => "no change",
            (false, false) if self.has_too_few() => {
                "no regression in the verdicts; too few seeds to tell of the figures"
            }
            (false, false) => "no regression",
        }
    }
}

impl Page<'_> {
    fn difference(&mut self, of: &Difference) {
        let [before, after] = &of.versions;
        if before != after {
            self.paragraph(&format!("made by versions {before} and {after} of Squall"), ODD);
        }
        for scenario in &of.scenarios {
            self.scenario(scenario);
        }
        if let Some(study) = &of.study {
            study.tell(self);
        }
        for unpaired in &of.unpaired {
            self.text.push('\n');
            self.paragraph(&format!("not compared: {unpaired}"), ODD);
        }
    }

    fn scenario(&mut self, of: &OfScenario) {
        let same = if of.same == of.pairs {
            "no change: all runs are the same to the last record".to_owned()
        } else {
            format!("{} the same to the last record", count(of.same))
        };
        self.heading(&of.scenario, &format!("{} in both, {same}", counted(of.pairs, "seed")));
        for (number, which) in [(of.only_old, "old"), (of.only_new, "new")] {
            if number > 0 {
                let text = format!("not compared: {} in the {which} report only", counted(number, "seed"));
                self.paragraph(&text, ODD);
            }
        }
        if of.is_nothing() {
            return;
        }
        self.parameters_changed(&of.parameters);
        self.turns(of);
        if of.same == of.pairs {
            return;
        }
        self.figures(of);
        self.counters(of);
    }

    /// A line for each parameter that is not what it was.
    pub(super) fn parameters_changed(&mut self, parameters: &[Parameter]) {
        let or_none = |text: &Option<String>| text.clone().unwrap_or_else(|| "none".into());
        for parameter in parameters {
            let (old, new) = (or_none(&parameter.old), or_none(&parameter.new));
            self.paragraph(&format!("{}: {old} -> {new}", parameter.name), Style::new());
        }
    }

    fn turns(&mut self, of: &OfScenario) {
        if of.verdicts.is_empty() && of.judged.is_empty() {
            return self.paragraph("Every verdict is as before.", Style::new());
        }
        self.text.push('\n');
        let room = self.room() / 3;
        let mut grid = Grid { right: vec![2], rules: vec![1], ..Grid::default() };
        grid.rows.push(["verdict on", "change", "runs", "seeds"].map(String::from).to_vec());
        grid.styles.extend((0..4).map(|column| (0, column, FAINT)));
        for turn in of.verdicts.iter().chain(&of.judged) {
            let on = turn.on.as_deref().unwrap_or("the run");
            if turn.on.is_none() {
                let style = if turn.regressed { BAD } else { ODD };
                grid.styles.push((grid.rows.len(), 1, style));
            }
            let change = format!("{} -> {}", turn.old, turn.new);
            grid.rows.push(vec![wrap(on, room), wrap(&change, room), count(turn.runs), seeds(turn)]);
        }
        self.grid(&grid);
        for turn in &of.verdicts {
            if let (Some(reason), Some(seed)) = (&turn.reason, turn.seeds.first()) {
                self.paragraph(&format!("with seed {seed}: {reason}"), FAINT);
            }
        }
    }

    fn figures(&mut self, of: &OfScenario) {
        self.text.push('\n');
        let mut grid = Grid { right: vec![1, 2, 3], rules: vec![1], ..Grid::default() };
        let names = ["figure", "old", "new", "difference", "95 % interval", ""];
        grid.rows.push(names.map(String::from).to_vec());
        grid.styles.extend((0..5).map(|column| (0, column, FAINT)));
        for change in &of.figures {
            let (word, style) = word(change.values.ruling, change.values.regressed);
            grid.styles.push((grid.rows.len(), 5, style));
            grid.rows.push(figure(change, word));
        }
        self.grid(&grid);
        if of.figures.iter().any(|change| change.values.ruling == Ruling::TooFew) {
            let text = format!("too few: {} seeds in both are needed for an interval.", FEWEST);
            self.paragraph(&text, FAINT);
        }
        self.paragraph(
            "Means over the seeds that are in both, the mean of the differences seed by seed, and where its true value lies. no change \
             shown: the interval holds 0.",
            FAINT,
        );
    }

    fn counters(&mut self, of: &OfScenario) {
        let mut shown: Vec<_> = of.counters.iter().filter(|it| it.ruling != Ruling::NoneShown).collect();
        if shown.is_empty() {
            return;
        }
        // Those that changed by most of what they were come first.
        let share = |it: &&super::Counted| it.new.abs_diff(it.old) as f64 / it.old.max(it.new).max(1) as f64;
        shown.sort_by(|a, b| share(b).total_cmp(&share(a)).then_with(|| a.name.cmp(&b.name)));
        self.text.push('\n');
        let mut grid = Grid { right: vec![1, 2, 3], rules: vec![1], ..Grid::default() };
        grid.rows.push(["count", "old", "new", "each run", "95 % interval"].map(String::from).to_vec());
        grid.styles.extend((0..5).map(|column| (0, column, FAINT)));
        for it in shown.iter().take(COUNTERS) {
            let [old, new] = it.text();
            let interval =
                it.interval.map_or(String::new(), |it| format!("{:+.1} to {:+.1}", it.low, it.high));
            grid.rows.push(vec![words(&it.name), old, new, format!("{:+.1}", it.difference), interval]);
        }
        self.grid(&grid);
        if let Some(more) = shown.len().checked_sub(COUNTERS).filter(|more| *more > 0) {
            self.paragraph(&format!("and {more} more counts that changed, in the JSON form"), FAINT);
        }
    }

    fn conclusion(&mut self, difference: &Difference) {
        if difference.tolerated > 0.0 {
            self.text += &format!("tolerated: {}\n", percent(difference.tolerated));
        }
        for regression in &difference.regressions {
            for line in wrap(regression, self.room()).lines() {
                self.text += &format!("{line}\n");
            }
        }
        let style = if difference.regressed() { BAD } else { GOOD };
        self.text += &format!("outcome: {}\n", self.styled(style, difference.outcome()));
    }
}

/// A count's name as the reports write it: `frames_lost.partition` is "frames lost: partition".
fn words(name: &str) -> String {
    name.replacen('.', ": ", 1).replace(['_', '.'], " ")
}

fn seeds(turn: &Turn) -> String {
    let more = turn.runs > turn.seeds.len() as u64;
    format!("{}{}", turn.seeds.join(", "), if more { ", .." } else { "" })
}

fn figure(change: &Change, word: &str) -> Vec<String> {
    let Change { figure, values } = change;
    let interval = values.interval.map_or(String::new(), |it| {
        format!("{} to {}", figure.difference(it.low), figure.difference(it.high))
    });
    vec![
        figure.name().into(),
        figure.text(values.old),
        figure.text(values.new),
        figure.difference(values.difference),
        interval,
        word.into(),
    ]
}

pub(super) fn word(ruling: Ruling, regressed: bool) -> (&'static str, Style) {
    match ruling {
        Ruling::Same => ("the same", FAINT),
        Ruling::NoneShown => ("no change shown", FAINT),
        Ruling::TooFew => ("too few", FAINT),
        Ruling::Better => ("better", GOOD),
        Ruling::Worse if regressed => ("WORSE", BAD),
        Ruling::Worse => ("worse", ODD),
        Ruling::Changed => ("changed", Style::new()),
    }
}
