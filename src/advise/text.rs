//! The advice, for people.

use super::advice::{Advice, OfSetting, Versus};
use super::grid::Setting;
use super::picture::picture;
use crate::report::format::{count, counted, short};
use crate::report::page::{Block, FAINT, Form, GOOD, Grid, ODD, Page, TITLE};
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
        self.paragraph(
            &format!(
                "{}, each in {} of a crash of the leader and in as many of {} in which nothing goes wrong, with the same seeds. One way \
                 from voter to voter takes {} in the mean.",
                counted(advice.settings.len() as u64, "setting"),
                counted(advice.trials, "trial"),
                advice.quiet,
                short(advice.one_way)
            ),
            Style::new(),
        );
        self.front(advice);
        if all {
            self.heading("All settings", "");
            let settings: Vec<&OfSetting> = advice.settings.iter().collect();
            self.settings(&settings);
        }
        for why in &advice.left_out {
            self.paragraph(&format!("left out: {why}"), ODD);
        }
        self.paragraph(
            "no leader: from the crash until a node leads, the mean. needless: how often another leader followed, or the same one in a later \
             term, in an hour in which nothing went wrong. On the front no setting is better in one way and as good in the other; \
             differences within the intervals may be luck.",
            FAINT,
        );
    }

    fn front(&mut self, advice: &Advice) {
        let front = advice.front();
        self.heading(
            "Front",
            &format!("{} of {}", front.len(), counted(advice.settings.len() as u64, "setting")),
        );
        let mut shown = front.clone();
        shown.extend(advice.present().filter(|it| !it.on_front));
        shown.extend(advice.by_rule().filter(|it| !it.on_front && !it.is_present));
        self.settings(&shown);
        if let Some(present) = advice.present() {
            let text = present_text(advice, present);
            self.paragraph(&text, if present.on_front { GOOD } else { ODD });
        }
        let (least, most) = advice.rule;
        let best = match advice.by_rule() {
            None => String::new(),
            Some(it) if it.on_front => format!(": timeouts of {} are on the front", timeout(it.setting)),
            Some(it) => {
                let better = advice.better_than(it).map_or(0.0, |better| better.without_ns);
                format!(
                    ", of which timeouts of {} do best: {} without a leader against {} on the front",
                    timeout(it.setting),
                    nanos(it.without_ns),
                    nanos(better)
                )
            }
        };
        let text = format!(
            "The Raft thesis (section 9) has the least election timeout 10 to 20 times the latency one way, here {} to {}{best}.",
            short(least),
            short(most)
        );
        self.paragraph(&text, Style::new());
    }

    fn settings(&mut self, settings: &[&OfSetting]) {
        let mut grid = Grid { right: vec![0, 2, 4, 5], rules: vec![1], ..Grid::default() };
        let names = ["heartbeat", "timeout", "no leader", "95 %", "p99", "needless/h", "95 %", ""];
        grid.rows.push(names.map(String::from).to_vec());
        grid.styles.extend((0..names.len() - 1).map(|column| (0, column, FAINT)));
        for it in settings {
            let mut marks = Vec::new();
            marks.extend(it.is_present.then_some("present"));
            marks.extend(it.follows_rule.then_some("rule"));
            let unfinished = format!("{} never", count(it.unfinished));
            marks.extend((it.unfinished > 0).then_some(unfinished.as_str()));
            if !marks.is_empty() {
                grid.styles.push((grid.rows.len(), 7, if it.on_front { TITLE } else { ODD }));
            }
            grid.rows.push(vec![
                it.setting.heartbeat.to_string(),
                timeout(it.setting),
                nanos(it.without_ns),
                times(it.without_interval),
                nanos(it.without_p99_ns as f64),
                rate(it.needless_per_hour),
                rates(it),
                marks.join(", "),
            ]);
        }
        self.grid(&grid);
    }
}

/// Where the scenario's own setting lies.
fn present_text(advice: &Advice, present: &OfSetting) -> String {
    let Some(better) = advice.better_than(present) else {
        return "The present setting is on the front.".into();
    };
    // What is said of the better one is said of it against the present one.
    let versus = better.versus_present.map_or(String::new(), |Versus { mean_ns, interval }| {
        let interval = interval.map_or(String::new(), |it| {
            format!(" (95 %: {} to {}, seed by seed)", signed(it.low), signed(it.high))
        });
        format!(": {} without a leader{interval}", signed(mean_ns))
    });
    let needless = match (better.needless_per_hour, present.needless_per_hour) {
        (0.0, 0.0) => "no leader was deposed without need with either".to_owned(),
        (less, more) => {
            format!("{} against {} leaders deposed without need in an hour", rate(less), rate(more))
        }
    };
    format!(
        "The present setting is not on the front: a heartbeat of {} and timeouts of {} are better{versus}, and {needless}.",
        better.setting.heartbeat,
        timeout(better.setting)
    )
}

pub(super) fn timeout(setting: Setting) -> String {
    format!("{} - {}", setting.least, setting.most)
}

pub(super) fn nanos(value: f64) -> String {
    short(Duration::from_nanos(value.round().max(0.0) as u64))
}

fn signed(value: f64) -> String {
    let sign = if value < 0.0 { "-" } else { "+" };
    format!("{sign}{}", nanos(value.abs()))
}

fn times(interval: Option<Interval>) -> String {
    interval.map_or("-".into(), |it| format!("{} - {}", nanos(it.low), nanos(it.high)))
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
    match it.needless_interval {
        Some(Interval { high, .. }) if it.needless_per_hour == 0.0 => format!("at most {}", rate(high)),
        Some(Interval { low, high }) => format!("{} - {}", rate(low), rate(high)),
        None => "-".into(),
    }
}
