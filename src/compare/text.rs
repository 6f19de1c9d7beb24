//! A comparison for people.

use super::comparison::{Against, Came, Cell, Comparison, FIGURES, OfFigure, OfScenario};
use crate::diff::{FEWEST, Figure, Ruling};
use crate::report::format::count;
use crate::report::page::{BAD, Block, FAINT, Form, GOOD, Grid, ODD, Page, TITLE};
use crate::report::{Interruption, RunVerdict, html, markdown};
use crate::statistics::Interval;
use anstyle::Style;

/// What all forms are called.
const NAME: &str = "Implementations side by side";

/// So many seeds of a verdict are named.
const SEEDS: usize = 10;

impl Comparison {
    /// The comparison as text.
    pub fn render(&self, form: &Form<'_>) -> String {
        let mut page = Page::new(form);
        page.text += &format!("{}: {}\n", page.styled(TITLE, NAME), self.implementations.join(", "));
        page.comparison(self);
        page.text
    }

    /// The comparison as Markdown.
    pub fn markdown(&self) -> String {
        markdown::page_of(&self.title(), &self.blocks())
    }

    /// The comparison as a page that stands alone.
    pub fn html(&self) -> String {
        html::page_of(&self.title(), &self.blocks(), (0, &maud::html! {}))
    }

    /// After how many runs it was interrupted, if it was.
    pub fn interruption(&self) -> Option<Interruption> {
        let (runs, planned) = (self.runs, Some(self.planned));
        (self.runs < self.planned).then_some(Interruption { runs, planned })
    }

    fn title(&self) -> String {
        format!("{NAME}: {}", self.implementations.join(", "))
    }

    fn blocks(&self) -> Vec<Block> {
        // Nothing is cut for lack of room.
        let form = Form { width: 10_000, colour: false, kind: &|_| String::new() };
        let mut page = Page::new(&form);
        page.comparison(self);
        page.blocks
    }

    /// The columns of the implementations, after a first one.
    fn head(&self, first: &str) -> Grid {
        let names = self.implementations.iter().map(|name| (*name).to_owned());
        let row: Vec<String> = std::iter::once(first.to_owned()).chain(names).collect();
        let styles = (0..row.len()).map(|column| (0, column, FAINT)).collect();
        Grid { rules: vec![1], styles, rows: vec![row], ..Grid::default() }
    }
}

impl Page<'_> {
    fn comparison(&mut self, of: &Comparison) {
        self.paragraph(
            "The same scenarios and seeds with each implementation. A run passes if all of safety holds and all that the scenario \
             expects; what a scenario expects may be what one implementation does and another does not.",
            FAINT,
        );
        let each = of.implementations.iter().zip(&of.packages);
        let each: Vec<String> = each.map(|(name, package)| format!("{name}: {package}")).collect();
        self.paragraph(&format!("{}.", each.join(", ")), FAINT);
        self.command("made by", &of.command);
        if let Some(interruption) = of.interruption() {
            self.paragraph(&what_is_there(of, interruption), ODD);
        }
        if of.scenarios.is_empty() {
            return;
        }
        self.overview(of);
        for scenario in &of.scenarios {
            self.one_scenario(of, scenario);
        }
        self.text.push('\n');
        self.what_it_means(of);
    }

    fn overview(&mut self, of: &Comparison) {
        self.heading("Overview", "verdict, and the share of the time with a leader");
        let mut grid = of.head("scenario");
        for scenario in &of.scenarios {
            let mut row = vec![scenario.scenario.clone()];
            for cell in &scenario.cells {
                let (text, style) = in_short(cell, scenario.seeds);
                grid.styles.push((grid.rows.len(), row.len(), style));
                row.push(text);
            }
            grid.rows.push(row);
        }
        self.grid(&grid);
    }

    fn one_scenario(&mut self, all: &Comparison, of: &OfScenario) {
        let seeds = if of.seeds == 1 {
            format!("seed {}", of.first_seed)
        } else {
            format!("seeds {}..{}", of.first_seed, of.first_seed.saturating_add(of.seeds))
        };
        self.heading(&of.scenario, &format!("{}, {seeds}", of.file));
        if !of.about.is_empty() {
            self.paragraph(&of.about, FAINT);
        }
        let mut grid = all.head("");
        let mut verdicts = vec!["verdict".to_owned()];
        for cell in &of.cells {
            let (text, style) = verdict(cell, of.seeds);
            grid.styles.push((1, verdicts.len(), style));
            verdicts.push(text);
        }
        grid.rows.push(verdicts);
        for figure in FIGURES {
            self.figure(all, of, figure, &mut grid);
        }
        self.grid(&grid);
        for (name, cell) in all.implementations.iter().zip(&of.cells) {
            self.reasons(name, cell);
        }
        if let ([first, ..], [Cell::CannotExpress(_), ..]) = (&all.implementations[..], &of.cells[..]) {
            let text =
                format!("{first} is named first and has no runs here, so that nothing is held against it.");
            self.paragraph(&text, FAINT);
        }
    }

    /// Why a cell is not all passes, and how to see that.
    fn reasons(&mut self, name: &str, cell: &Cell) {
        match cell {
            Cell::CannotExpress(all) => {
                for it in all {
                    self.paragraph(&format!("{name} can't express {it}."), FAINT);
                }
            }
            Cell::Runs(runs) => {
                for it in &runs.verdicts {
                    let Some(reason) = &it.reason else { continue };
                    self.paragraph(
                        &format!("{name}: {} with {}{reason}", it.verdict, seeds(&it.seeds)),
                        FAINT,
                    );
                    it.replay.iter().for_each(|replay| self.command("replay", replay));
                }
            }
        }
    }

    /// A command on a line of its own, whole, so that it can be copied.
    fn command(&mut self, what: &str, command: &str) {
        self.blocks.push(Block::Paragraph(format!("{what}: `{command}`"), FAINT));
        self.text += &format!("  {what}: {command}\n");
    }

    /// The rows of a figure: what it is, and how it differs from the first implementation's, each with its interval if any has one.
    fn figure(&self, all: &Comparison, of: &OfScenario, figure: Figure, grid: &mut Grid) {
        let known = |cell: &Cell| match cell {
            Cell::Runs(runs) => runs.figure(figure).cloned(),
            Cell::CannotExpress(_) => None,
        };
        let cells: Vec<Option<OfFigure>> = of.cells.iter().map(known).collect();
        let mut row = |name: &str, text: &dyn Fn(&OfFigure) -> Option<(String, Style)>, blank: &str| {
            let shown: Vec<Option<(String, Style)>> =
                cells.iter().map(|cell| cell.as_ref().and_then(text)).collect();
            if shown.iter().all(Option::is_none) {
                return;
            }
            let mut row = vec![name.to_owned()];
            for it in shown {
                let (text, style) = it.unwrap_or_else(|| (blank.to_owned(), Style::new()));
                grid.styles.push((grid.rows.len(), row.len(), style));
                row.push(text);
            }
            grid.rows.push(row);
        };
        let plain = |text: String| Some((text, Style::new()));
        row(figure.name(), &|it| plain(figure.text(it.mean)), "-");
        let between = |it: Interval| format!("{} - {}", figure.text(it.low), figure.text(it.high));
        row("  95 %", &|it| plain(it.interval.map(between)?), "");
        let first = all.implementations.first().unwrap_or(&"");
        let against = |it: &OfFigure| it.against.map(|it| (versus(figure, it), style(it.ruling)));
        row(&format!("  against {first}"), &against, "");
        let range = |it: Interval| format!("{} to {}", figure.difference(it.low), figure.difference(it.high));
        let ranges = |it: &OfFigure| plain(it.against?.interval.filter(|it| it.low < it.high).map(range)?);
        row("  95 %", &ranges, "");
    }

    fn what_it_means(&mut self, of: &Comparison) {
        let first = of.implementations.first().unwrap_or(&"");
        let most = of.scenarios.iter().map(|it| it.seeds).max().unwrap_or(0) as usize;
        let note = if most < FEWEST {
            format!("Of fewer than {FEWEST} seeds there is no interval, and a difference may be luck.")
        } else if !of.scenarios.iter().any(OfScenario::is_held_against_the_first) {
            "Means with their 95 % interval.".to_owned()
        } else {
            format!(
                "Means with their 95 % interval. against {first}: the mean of the differences seed by seed, and where its true \
                 value lies at 95 %; no change shown: it may be 0."
            )
        };
        self.paragraph(&note, FAINT);
    }
}

/// What there is of an interrupted comparison, and what is not.
fn what_is_there(of: &Comparison, interruption: Interruption) -> String {
    let seeds = match of.scenarios.is_empty() {
        true => "there is no seed with which every implementation has run",
        false => "here are the seeds with which every implementation has run",
    };
    let others = match of.not_reached.is_empty() {
        true => String::new(),
        false => format!(" Not reached: {}.", of.not_reached.join(", ")),
    };
    format!("It was {interruption}: {seeds}.{others}")
}

/// A cell of the overview.
fn in_short(cell: &Cell, seeds: u64) -> (String, Style) {
    let (text, style) = verdict(cell, seeds);
    let share = match cell {
        Cell::Runs(runs) => runs.figure(Figure::LeaderAvailability),
        Cell::CannotExpress(_) => None,
    };
    // A share of the time stays beside a single word.
    let gap = if text.contains(char::is_whitespace) { '\n' } else { ' ' };
    (share.map_or(text.clone(), |it| format!("{text},{gap}{}", it.figure.text(it.mean))), style)
}

/// What the runs of a cell came to, each part in a line of its own.
fn verdict(cell: &Cell, seeds: u64) -> (String, Style) {
    let runs = match cell {
        Cell::Runs(runs) => runs,
        Cell::CannotExpress(all) => {
            let switches: Vec<String> = all.iter().map(|it| format!("`{}`", it.switch)).collect();
            return (format!("can't express:\n{}", switches.join(",\n")), FAINT);
        }
    };
    let gravest = runs.verdicts.first().map_or(RunVerdict::Pass, |it| it.verdict);
    let style = match gravest {
        RunVerdict::Pass => GOOD,
        RunVerdict::Vacuous | RunVerdict::Undecided | RunVerdict::Expectation => ODD,
        _ => BAD,
    };
    (shares(&runs.verdicts, seeds), style)
}

/// How many of these runs came to which verdict, each in a line of its own.
fn shares(verdicts: &[Came], seeds: u64) -> String {
    if let [only] = verdicts {
        return only.verdict.to_string();
    }
    let of = |(at, it): (usize, &Came)| match at {
        0 => format!("{} of {} {}", count(it.runs), count(seeds), it.verdict),
        _ => format!("{} {}", count(it.runs), it.verdict),
    };
    verdicts.iter().enumerate().map(of).collect::<Vec<_>>().join(",\n")
}

/// The seeds that came to a verdict, and that what follows is said of the first.
fn seeds(all: &[u64]) -> String {
    let some: Vec<String> = all.iter().take(SEEDS).map(u64::to_string).collect();
    let more = all.len().saturating_sub(SEEDS);
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    match some.as_slice() {
        [only] => format!("seed {only}: "),
        [first, ..] => {
            format!("{} seeds, {}{more}; with {first}: ", count(all.len() as u64), some.join(", "))
        }
        [] => String::new(),
    }
}

/// A difference, and what it comes to.
fn versus(figure: Figure, of: Against) -> String {
    let difference = figure.difference(of.difference);
    match of.ruling {
        Ruling::Same => "the same".into(),
        Ruling::TooFew => difference,
        Ruling::NoneShown => format!("{difference}, no change shown"),
        Ruling::Better => format!("{difference}, better"),
        Ruling::Worse => format!("{difference}, worse"),
        Ruling::Changed => format!("{difference}, changed"),
    }
}

fn style(ruling: Ruling) -> Style {
    match ruling {
        Ruling::Same | Ruling::NoneShown | Ruling::TooFew => FAINT,
        Ruling::Better => GOOD,
        Ruling::Worse => ODD,
        Ruling::Changed => Style::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_told_of_how_many_runs_some_came_to_a_verdict() {
        let came = |verdict, runs| Came { verdict, runs, seeds: Vec::new(), reason: None, replay: None };
        let (violated, pass) = (came(RunVerdict::Safety, 5), came(RunVerdict::Pass, 1_005));
        assert_eq!(shares(std::slice::from_ref(&violated), 5), "safety violated");
        assert_eq!(shares(&[violated, pass], 1_010), "5 of 1,010 safety violated,\n1,005 pass");
    }
}
