//! The advice, for people.

use super::advice::{Advice, OfSetting, Versus};
use super::grid::Setting;
use super::picture::picture;
use crate::report::format::{count, counted, short};
use crate::report::page::{Block, FAINT, Form, GOOD, Grid, ODD, Page, TITLE, WIDE};
use crate::report::{html, markdown};
use crate::statistics::Interval;
use crate::time::Duration;
use anstyle::Style;

impl Advice {
    /// The advice as text, for the scenario in this file. With `all` every setting is shown, not the front alone.
    pub fn render(&self, file: &str, all: bool, form: &Form<'_>) -> String {
        let mut page = Page::new(form);
        let title = page.styled(TITLE, &self.scenario);
        page.text += &format!("{title}  {file}\n");
        page.advice(self, all);
        page.text
    }

    /// The advice as Markdown, with every setting.
    pub fn markdown(&self, file: &str) -> String {
        markdown::page_of(&self.title(file), &self.blocks().0)
    }

    /// The advice as a page that stands alone, with a picture and every setting.
    pub fn html(&self, file: &str) -> String {
        let (blocks, tried) = self.blocks();
        html::page_of(&self.title(file), &blocks, (tried, &picture(self)))
    }

    fn title(&self, file: &str) -> String {
        format!("Timers for {}, {file}", self.scenario)
    }

    /// What forms that lay it out themselves are made of, and how many of these say what was tried.
    fn blocks(&self) -> (Vec<Block>, usize) {
        // Nothing is cut for lack of room.
        let form = Form { width: 10_000, colour: false, kind: &|_| String::new() };
        let mut page = Page::new(&form);
        page.advice(self, true);
        (page.blocks, 1)
    }
}

impl Page<'_> {
    fn advice(&mut self, advice: &Advice, all: bool) {
        let (settings, whole) = (advice.settings.len() as u64, advice.whole());
        let first = advice.settings.iter().map(|it| it.trials).min().unwrap_or(0);
        let trials = if whole < settings {
            let (whole, most) = (count(whole), count(advice.trials));
            format!(
                "with {} each, and the {whole} that may be worth a choice with {most}",
                counted(first, "seed")
            )
        } else {
            format!("with {} each", counted(advice.trials, "seed"))
        };
        let text = format!(
            "{} were tried {trials}: how long nobody leads after a crash of the leader, for which a trial waits {} at most, and how often a \
             leader is deposed without need in {} in which nothing goes wrong. One way from voter to voter takes {} in the mean.",
            counted(settings, "setting"),
            short(Duration::from_nanos(advice.horizon)),
            advice.quiet,
            short(advice.one_way)
        );
        self.paragraph(&text, Style::new());
        self.front(advice);
        if all {
            self.heading("All settings", "");
            let settings: Vec<&OfSetting> = advice.settings.iter().collect();
            self.settings(&settings);
        }
        for why in &advice.left_out {
            self.paragraph(&format!("left out: {why}"), ODD);
        }
        for line in LEGEND {
            self.paragraph(line, FAINT);
        }
    }

    fn front(&mut self, advice: &Advice) {
        let front = advice.front();
        self.heading(
            "Front",
            &format!("{} of {}", front.len(), counted(advice.settings.len() as u64, "setting")),
        );
        let mut shown = front.clone();
        for more in [advice.advised(), advice.present(), advice.by_rule()].into_iter().flatten() {
            if !shown.iter().any(|it| it.setting == more.setting) {
                shown.push(more);
            }
        }
        self.settings(&shown);
        if let Some(present) = advice.present() {
            let style = if advice.advised().is_some() { ODD } else { GOOD };
            self.paragraph(&advised_text(advice, present), style);
            if present.unfinished > 0 {
                let (never, trials) = (count(present.unfinished), counted(present.trials, "trial"));
                self.paragraph(
                    &format!("With the present setting nobody led again in {never} of {trials}."),
                    ODD,
                );
            }
        }
        self.paragraph(&rule_text(advice), Style::new());
    }

    fn settings(&mut self, settings: &[&OfSetting]) {
        let mut grid = Grid { right: vec![0, 2, 4, 6], rules: vec![1], ..Grid::default() };
        let names = ["heartbeat", "timeout", "no leader", "95 %", "needless/h", "95 %", "seeds", "marks"];
        grid.rows.push(names.map(String::from).to_vec());
        grid.styles.extend((0..names.len()).map(|column| (0, column, FAINT)));
        for it in settings {
            let style = match (it.is_advised || it.is_present, it.on_front) {
                (true, _) => ODD,
                (false, true) => TITLE,
                (false, false) => FAINT,
            };
            grid.styles.push((grid.rows.len(), 7, style));
            grid.rows.push(vec![
                it.setting.heartbeat.to_string(),
                timeout(it.setting),
                nanos(it.without_ns),
                times(it.without_interval),
                rate(it.needless_per_hour),
                rates(it),
                count(it.trials),
                marks(it).join(", "),
            ]);
        }
        self.grid(&if self.form.width < WIDE { narrow(grid) } else { grid });
    }
}

/// The same for a terminal that has no room for all columns: of what is needless the interval alone.
fn narrow(mut grid: Grid) -> Grid {
    const LEFT_OUT: [usize; 2] = [6, 4];
    for row in &mut grid.rows {
        for column in LEFT_OUT {
            row.remove(column);
        }
    }
    grid.rows[0][4] = "needless/h, 95 %".into();
    grid.right.retain(|column| !LEFT_OUT.contains(column));
    for (_, column, _) in &mut grid.styles {
        *column -= LEFT_OUT.iter().filter(|out| **out < *column).count();
    }
    grid
}

/// What the columns and the marks of a table mean.
const LEGEND: [&str; 2] = [
    "no leader: from the crash until a node leads, the mean. needless/h: how often another leader followed, or the same one in a later \
     term, in an hour in which nothing went wrong. seeds: of which the figures are; a setting that was clearly beaten with the first ones \
     had no more.",
    "front: of the settings with all seeds none is better in one way and as good in the other; off: one is. present: the scenario's own. \
     advised: better than that by more than luck explains. rule: as the thesis has it. never: trials in which nobody led again; they count \
     with all the time that was waited, and a setting with more of them than another is off the front.",
];

/// What stands beside a setting.
fn marks(it: &OfSetting) -> Vec<String> {
    let mut marks = vec![if it.on_front { "front" } else { "off" }.to_owned()];
    let flags = [(it.is_present, "present"), (it.is_advised, "advised"), (it.follows_rule, "rule")];
    marks.extend(flags.iter().filter(|(is, _)| *is).map(|(_, mark)| (*mark).to_owned()));
    marks.extend((it.unfinished > 0).then(|| format!("{} never", count(it.unfinished))));
    marks
}

/// What is advised in place of the scenario's own setting.
fn advised_text(advice: &Advice, present: &OfSetting) -> String {
    let Some(better) = advice.advised() else {
        let place = if present.on_front { "on the front" } else { "not on the front" };
        return format!(
            "Keep the present setting: it is {place}, and no other is better by more than luck explains. Nobody leads for {} after a crash, \
             and {} deposed without need in an hour (95 %).",
            nanos(present.without_ns),
            at_most(present)
        );
    };
    // What is said of the better one is said of it against the present one.
    let versus = better.versus_present.map_or(String::new(), |Versus { mean_ns, interval }| {
        let interval = interval.map_or(String::new(), |it| {
            format!(" (95 %: {} to {}, seed by seed)", signed(it.low), signed(it.high))
        });
        format!("{} without a leader{interval}", signed(mean_ns))
    });
    format!(
        "Better than the present setting: a heartbeat of {} and timeouts of {}: {versus}, and {} deposed without need in an hour (95 %; with the \
         present setting {}). Of the settings that only luck tells from the best it is the nearest to the present one.",
        better.setting.heartbeat,
        timeout(better.setting),
        at_most(better),
        at_most(present)
    )
}

/// How many leaders are deposed at most.
fn at_most(it: &OfSetting) -> String {
    it.needless_interval.map_or("an unknown number of leaders".into(), |interval| {
        format!("at most {} leaders", rate(interval.high))
    })
}

/// What the thesis says, and what came of it.
fn rule_text(advice: &Advice) -> String {
    let (least, most) = advice.rule;
    let best = match advice.by_rule() {
        None => String::new(),
        Some(it) if it.on_front => format!(": timeouts of {} are on the front", timeout(it.setting)),
        Some(it) => {
            let better = advice.better_than(it).map_or(String::new(), |better| {
                format!(" against {} on the front", nanos(better.without_ns))
            });
            let (timeout, without) = (timeout(it.setting), nanos(it.without_ns));
            format!(", of which timeouts of {timeout} do best: {without} without a leader{better}")
        }
    };
    format!(
        "The Raft thesis (section 9) has the least election timeout 10 to 20 times the latency one way, here {} to {}{best}.",
        short(least),
        short(most)
    )
}

pub(super) fn timeout(setting: Setting) -> String {
    format!("{}-{}", setting.least, setting.most)
}

pub(super) fn nanos(value: f64) -> String {
    short(Duration::from_nanos(value.round().max(0.0) as u64))
}

fn signed(value: f64) -> String {
    let sign = if value < 0.0 { "-" } else { "+" };
    format!("{sign}{}", nanos(value.abs()))
}

fn times(interval: Option<Interval>) -> String {
    interval.map_or("–".into(), |it| format!("{}-{}", nanos(it.low), nanos(it.high)))
}

/// How often, in an hour.
pub(super) fn rate(value: f64) -> String {
    match value {
        0.0 => "0".into(),
        small if small < 9.995 => format!("{small:.2}"),
        more => count(more.round() as u64),
    }
}

fn rates(it: &OfSetting) -> String {
    it.needless_interval.map_or("–".into(), |it| format!("{}-{}", rate(it.low), rate(it.high)))
}
