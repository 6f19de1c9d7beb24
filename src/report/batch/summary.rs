//! The summary of many runs, as text and as blocks of which the other forms are made.

use super::intervals::{Intervals, PERCENTILES};
use super::{Batch, CauseSum, Figures, LISTED};
use crate::report::format::{at_most, count, counted, percent, short, wrap};
use crate::report::page::{BAD, Block, FAINT, Form, Grid, Page, TITLE};
use crate::report::{Cause, option_of_other, shell_word, text};
use crate::statistics::Interval;
use crate::time::Duration;
use anstyle::Style;
use std::ops::Range;

/// The parts of the summary before they are laid out.
pub(in crate::report) struct Parts {
    /// The figures, and what they show.
    pub(in crate::report) summary: Vec<Block>,
    /// How long the spans without a leader were.
    pub(in crate::report) spans: Vec<Block>,
    /// What they are put down to.
    pub(in crate::report) causes: Vec<Block>,
    /// The runs that failed, and what the first of them broke.
    pub(in crate::report) failed: Vec<Block>,
}

impl Batch {
    /// The summary as text, then the runs that failed, and the first of them in full. With `brief` only these.
    pub fn render(&self, form: &Form<'_>, brief: bool) -> String {
        let mut page = Page::new(form);
        if !brief || self.failed() {
            let title = page.styled(TITLE, &self.scenario);
            page.text += &format!("{title}  {}, {}{}\n", self.file, self.seeds_text(), self.with());
        }
        if !brief {
            page.text.push('\n');
            self.summary(&mut page);
            self.spans(&mut page);
            self.causes(&mut page);
        }
        self.failures(&mut page);
        if let Some(first) = &self.first {
            page.text.push('\n');
            page.text += &text::render_among_others(first, form);
        }
        page.text
    }

    /// The parts of the summary.
    pub(in crate::report) fn parts(&self, kind: &dyn Fn(u8) -> String) -> Parts {
        let form = Form { width: 10_000, colour: false, kind };
        let part = |fill: &dyn Fn(&mut Page<'_>)| {
            let mut page = Page::new(&form);
            fill(&mut page);
            page.blocks
        };
        let mut failed = part(&|page| self.failures(page));
        if let Some(first) = &self.first {
            failed.push(Block::Heading("The first that failed".into(), format!("seed {}", first.seed)));
            failed.extend(text::parts(first, kind).failures);
        }
        Parts {
            summary: part(&|page| {
                page.heading("All runs", "");
                self.summary(page);
            }),
            spans: part(&|page| self.spans(page)),
            causes: part(&|page| self.causes(page)),
            failed,
        }
    }

    /// What the runs show, in one sentence. If none of n seeds fails, then with 95 % confidence at most 3 in n do (the rule
    /// of three).
    pub(in crate::report) fn statement(&self) -> String {
        let seeds = counted(self.total.runs, "seed");
        let Interval { low, high } = self.intervals().failed;
        match (self.total.failed, self.total.runs) {
            (0, 0..=3) => format!("no failure in {seeds}"),
            (0, _) => format!("no failure in {seeds}: at most {} of seeds fail (95 %)", at_most(high)),
            (failed, _) => format!(
                "{} of {seeds} failed: {} to {} of seeds do (95 %)",
                count(failed),
                percent(low),
                percent(high)
            ),
        }
    }

    fn summary(&self, page: &mut Page<'_>) {
        let room = page.room() - 55;
        let mut grid = Grid { right: vec![1], rules: vec![1], ..Grid::default() };
        grid.rows.push(["figure", "value", "95 % interval", "what it is"].map(String::from).to_vec());
        grid.styles.extend((0..4).map(|column| (0, column, FAINT)));
        for Row { name, value, interval, meaning } in self.rows() {
            grid.styles.push((grid.rows.len(), 3, FAINT));
            grid.rows.push(vec![name.into(), value, interval, wrap(&meaning, room)]);
        }
        page.grid(&grid);
        page.paragraph(&format!("Shown: {}.", self.statement()), Style::new());
    }

    fn rows(&self) -> Vec<Row> {
        let runs = self.total.runs;
        let intervals = self.intervals();
        let mut rows =
            vec![Row { name: "runs", value: count(runs), interval: String::new(), meaning: self.ended() }];
        let mut row = |name, value: String, interval: String, meaning: String| {
            rows.push(Row { name, value, interval, meaning });
        };
        let meaning = format!("share of all time with an effective leader{}", self.leader.least_text());
        row("leader availability", self.leader.all.text(), shares(intervals.leader), meaning);
        if self.clients.all.whole > 0 {
            let meaning = format!("share of operations that were done{}", self.clients.least_text());
            row("client availability", self.clients.all.text(), shares(intervals.clients), meaning);
            let standstills = &self.standstills;
            row("leader, no progress", count(standstills.count), String::new(), standstills.text());
        }
        let leaderless: u128 = self.each.iter().map(|run| u128::from(run.leaderless_ns)).sum();
        let leaderless = (leaderless / u128::from(runs.max(1))) as u64;
        let meaning = "time without an effective leader in a run: the mean".into();
        row("without leader", nanos(leaderless as f64), times(intervals.leaderless), meaning);
        let most = self.most_elections.filter(|(most, _)| most * runs != self.elections);
        let most =
            most.map_or(String::new(), |(most, seed)| format!("; most {}, with seed {seed}", count(most)));
        let mean = self.elections as f64 / runs.max(1) as f64;
        let interval = intervals.elections.map(|it| format!("{:.2} - {:.2}", it.low, it.high));
        let meaning = format!("how often a node became leader of a term{most}");
        row("elections per run", format!("{mean:.2}"), interval.unwrap_or_default(), meaning);
        if self.waived.runs > 0 {
            row("waived violations", count(self.waived.runs), String::new(), self.waived.text());
        }
        let highest = self.terms.map_or("-".into(), |(terms, _)| count(terms));
        let seed = self.terms.map_or(String::new(), |(_, seed)| format!(", with seed {seed}"));
        row("highest term", highest, String::new(), format!("that any node was in{seed}"));
        rows
    }

    /// How the runs ended.
    fn ended(&self) -> String {
        let ended = self.verdicts.iter().map(|(verdict, runs)| format!("{verdict}: {}", count(*runs)));
        let mut ended = ended.collect::<Vec<_>>().join("; ");
        let planned = self.seeds.end - self.seeds.start;
        if self.total.runs < planned {
            let why = if self.was_interrupted { "interrupted" } else { "stopped at the first that failed" };
            ended += &format!("; {why}, of {}", count(planned));
        }
        ended
    }

    fn spans(&self, page: &mut Page<'_>) {
        let spans = self.vacant.len() as u64;
        page.heading("Spans without leader", &format!("{} in all runs", count(spans)));
        if spans == 0 {
            return;
        }
        let mut grid = Grid { right: vec![1], rules: vec![1], ..Grid::default() };
        grid.rows.push(["figure", "length", "95 % interval"].map(String::from).to_vec());
        grid.styles.extend((0..3).map(|column| (0, column, FAINT)));
        let mut sorted = self.vacant.clone();
        sorted.sort_unstable();
        let mean = sorted.iter().map(|length| u128::from(*length)).sum::<u128>() / u128::from(spans);
        grid.rows.push(vec!["mean".into(), nanos(mean as f64), times(self.intervals().span)]);
        for ((name, tenths), interval) in PERCENTILES.iter().zip(&self.intervals().spans) {
            let rank = (u128::from(spans) * u128::from(*tenths)).div_ceil(1_000) as usize;
            grid.rows.push(vec![(*name).into(), nanos(sorted[rank - 1] as f64), times(*interval)]);
        }
        let longest = self.longest.map_or("max".into(), |(_, seed)| format!("max, with seed {seed}"));
        grid.rows.push(vec![longest, nanos(sorted[sorted.len() - 1] as f64), String::new()]);
        page.grid(&grid);
        page.paragraph(
            "The lengths of all spans of all runs, percentiles by nearest rank. Intervals are by the bootstrap over seeds; there is \
             none where fewer than ten spans lie beyond a percentile.",
            FAINT,
        );
    }

    fn causes(&self, page: &mut Page<'_>) {
        if self.causes.is_empty() {
            return;
        }
        page.heading("Causes", "what the time without an effective leader is put down to");
        let mut grid = Grid { right: vec![1, 2, 3, 4], rules: vec![1], ..Grid::default() };
        grid.rows.push(["cause", "time", "share", "spans", "runs"].map(String::from).to_vec());
        grid.styles.extend((0..5).map(|column| (0, column, FAINT)));
        let all: f64 = self.causes.values().map(|sum| sum.time_ns as f64).sum();
        for (cause, sum) in self.causes_by_time() {
            let share = if all > 0.0 { percent(sum.time_ns as f64 / all) } else { "-".into() };
            let time = nanos(sum.time_ns as f64);
            grid.rows.push(vec![cause.to_string(), time, share, count(sum.spans), count(sum.runs)]);
        }
        page.grid(&grid);
        page.paragraph(
            "time: in all runs. share: of all time without an effective leader. spans: those of which most is put down to it. runs: \
             in which any time is. `squall explain` shows the evidence for one run.",
            FAINT,
        );
    }

    /// What the time without a leader is put down to, the most first.
    pub(in crate::report) fn causes_by_time(&self) -> Vec<(Cause, CauseSum)> {
        let mut all: Vec<_> = self.causes.iter().map(|(cause, sum)| (*cause, *sum)).collect();
        all.sort_by_key(|(cause, sum)| (std::cmp::Reverse(sum.time_ns), *cause));
        all
    }

    fn failures(&self, page: &mut Page<'_>) {
        if !self.failed() {
            return;
        }
        page.heading("Failed", &format!("{} of {} runs", count(self.total.failed), count(self.total.runs)));
        failing(page, &self.failing);
        if let Some(more) = self.total.failed.checked_sub(LISTED as u64).filter(|more| *more > 0) {
            page.paragraph(&format!("and {} more", count(more)), FAINT);
        }
    }

    /// At which shares of longer spans it is known where the length lies, and from where to where.
    pub(in crate::report) fn marks(&self) -> Vec<(f64, (u64, u64))> {
        let known = PERCENTILES.iter().zip(&self.intervals().spans);
        let known = known.filter_map(|((_, tenths), interval)| Some((*tenths, (*interval)?)));
        let mark = |(tenths, it): (u64, Interval)| {
            (1.0 - tenths as f64 / 1_000.0, (it.low.max(0.0) as u64, it.high.max(0.0) as u64))
        };
        known.map(mark).collect()
    }

    /// The command that makes all these runs again.
    pub(in crate::report) fn replay(&self) -> String {
        let Range { start, end } = self.seeds;
        format!(
            "squall run {} --seeds {start}..{end}{}",
            shell_word(&self.file),
            option_of_other(self.implementation)
        )
    }

    pub(in crate::report) fn seeds_text(&self) -> String {
        format!("seeds {}..{}", self.seeds.start, self.seeds.end)
    }

    pub(super) fn intervals(&self) -> &Intervals {
        self.intervals.get_or_init(|| Intervals::of(self))
    }
}

/// A figure of many runs.
struct Row {
    name: &'static str,
    value: String,
    interval: String,
    meaning: String,
}

fn nanos(value: f64) -> String {
    short(Duration::from_nanos(value.round().max(0.0) as u64))
}

/// An interval of times; nothing of none.
fn times(interval: Option<Interval>) -> String {
    interval.map_or(String::new(), |it| format!("{} - {}", nanos(it.low), nanos(it.high)))
}

/// An interval of shares; nothing of none.
fn shares(interval: Option<Interval>) -> String {
    interval.map_or(String::new(), |it| format!("{} - {}", percent(it.low), percent(it.high)))
}

/// One line for each run that failed. Where that is too long the command stands below, whole, so that it can be copied.
fn failing(page: &mut Page<'_>, runs: &[Figures]) {
    let rows: Vec<[String; 3]> = runs
        .iter()
        .map(|run| {
            let replay = run.replay.as_ref().map_or(String::new(), |replay| format!("replay: {replay}"));
            [run.verdict.to_string(), run.reason.clone().unwrap_or_default(), replay]
        })
        .collect();
    let mut grid = Grid { names: &["verdict", "what", "how to run it again"], ..Grid::default() };
    for run in runs {
        let replay = run.replay.as_ref().map_or(String::new(), |replay| format!("`{replay}`"));
        grid.rows.push(vec![run.verdict.to_string(), run.reason.clone().unwrap_or_default(), replay]);
        grid.styles.push((grid.rows.len() - 1, 1, BAD));
    }
    page.blocks.push(Block::Table(grid));
    let widest = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let (verdicts, reasons, commands) = (widest(0), widest(1), widest(2));
    let fits = verdicts + 2 + reasons + 2 + commands <= page.room();
    for [verdict, reason, replay] in &rows {
        let told =
            format!("{}{}  ", page.styled(BAD, verdict), " ".repeat(verdicts - verdict.chars().count()));
        if fits {
            page.text += format!("  {told}{reason:reasons$}  {replay}").trim_end();
            page.text.push('\n');
            continue;
        }
        let reason = wrap(reason, page.room().saturating_sub(verdicts + 2));
        let below = format!("\n{}", " ".repeat(verdicts + 4));
        page.text += &format!("  {told}{}\n", reason.replace('\n', &below));
        if !replay.is_empty() {
            page.text += &format!("    {replay}\n");
        }
    }
}
