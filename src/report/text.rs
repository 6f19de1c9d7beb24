//! The report for a terminal.

mod breakers;
mod expected;
mod faults;
mod inboxes;

use super::format::{count, counted, folded, moment, short, wrap};
pub use super::page::Form;
use super::page::{BAD, Block, FAINT, GOOD, Grid, ODD, Page, TITLE, WIDE};
use super::{Election, Excuse, Host, Report, RunVerdict, figures, with_other};
use crate::check::{Check, Verdict, Violation};
use crate::time::{Duration, Time};
use crate::trace::{Digest, FaultSource};
use anstyle::Style;

/// How many rows the tables of faults and of elections show.
const SPANS: usize = 20;

/// The report as text. Its last two lines are the verdict and the digest; a run that failed has a line above them
/// that replays it. Of the machine it tells what `host` says.
pub fn render(report: &Report, host: Option<&Host>, form: &Form<'_>) -> String {
    let mut page = Page::new(form);
    page.body(report, host);
    page.end(report);
    page.text
}

/// The last lines of the report.
pub fn render_end(report: &Report, form: &Form<'_>) -> String {
    let mut page = Page::new(form);
    page.verdict(report.verdict, report.digest);
    page.text
}

/// The report of one run among others: its last lines can't be taken for those of them all.
pub fn render_among_others(report: &Report, form: &Form<'_>) -> String {
    let mut page = Page::new(form);
    page.body(report, None);
    page.text.push('\n');
    page.text += &format!("This run's verdict is {}, its digest {}.\n", report.verdict, report.digest);
    page.replay(report);
    page.text
}

/// The parts of the report before they are laid out, for forms that do so themselves.
pub(super) struct Parts {
    pub(super) parameters: Vec<Block>,
    pub(super) faults: Vec<Block>,
    pub(super) elections: Vec<Block>,
    pub(super) liveness: Vec<Block>,
    pub(super) waiting: Vec<Block>,
    pub(super) safety: Vec<Block>,
    pub(super) expectations: Vec<Block>,
    pub(super) failures: Vec<Block>,
    pub(super) coverage: Vec<Block>,
    pub(super) notes: Vec<Block>,
}

/// The parts of a report.
pub(super) fn parts(report: &Report, kind: &dyn Fn(u8) -> String) -> Parts {
    // Nothing is left out, and nothing cut, for lack of room.
    let form = Form { width: 10_000, colour: false, kind };
    let part = |fill: &dyn Fn(&mut Page<'_>)| {
        let mut page = Page::new(&form);
        fill(&mut page);
        page.blocks
    };
    Parts {
        parameters: part(&|page| page.parameters(report, None)),
        faults: part(&|page| page.faults(report)),
        elections: part(&|page| page.elections(report)),
        liveness: part(&|page| page.liveness(report)),
        waiting: part(&|page| {
            page.inboxes(report);
            page.breakers(report);
        }),
        safety: part(&|page| page.checks(report)),
        expectations: part(&|page| page.expectations(report)),
        failures: part(&|page| {
            page.violations(report);
            page.missed(report);
        }),
        coverage: part(&|page| report.coverage.iter().for_each(|reached| page.coverage(reached))),
        notes: part(&|page| page.notes(report)),
    }
}

impl Page<'_> {
    fn body(&mut self, report: &Report, host: Option<&Host>) {
        self.header(report, host);
        self.faults(report);
        self.elections(report);
        self.liveness(report);
        self.inboxes(report);
        self.breakers(report);
        self.checks(report);
        self.expectations(report);
        self.violations(report);
        if let Some(reached) = &report.coverage {
            self.coverage(reached);
        }
        self.missed(report);
    }

    fn header(&mut self, report: &Report, host: Option<&Host>) {
        let title = self.styled(TITLE, &report.scenario);
        let file = report.file.as_ref().map_or(String::new(), |file| format!("{file}, "));
        let whence = format!("{file}seed {}{}", report.seed, with_other(report.implementation));
        let fits =
            [&report.scenario, &whence].map(|it| it.chars().count()).iter().sum::<usize>() <= self.room();
        self.text += &format!("{title}{}{whence}\n", if fits { "  " } else { "\n  " });
        if !report.about.is_empty() {
            self.paragraph(&report.about, Style::new());
        }
        self.text.push('\n');
        self.parameters(report, host);
    }

    fn parameters(&mut self, report: &Report, host: Option<&Host>) {
        let went_by_name = "virtual time";
        let names = report.parameters.iter().map(|(name, _)| name.len());
        let widest = names.chain([went_by_name.len()]).max().unwrap_or(0);
        let room = self.room() - widest - 2;
        let mut grid = Grid { names: &["parameter", "value"], ..Grid::default() };
        for (name, value) in &report.parameters {
            grid.faint_first(vec![(*name).into(), wrap(value, room)]);
        }
        let mut went_by = format!(
            "{}: {}, {} delivered",
            report.simulated,
            counted(report.events, "event"),
            counted(report.counters.frames_delivered, "frame")
        );
        if let Some(host) = host {
            let ratio = report.simulated.nanos() / host.wall_ns.max(1);
            let wall = short(Duration::from_nanos(host.wall_ns));
            went_by += &format!("; {wall} on this machine, {} x real time", count(ratio));
        }
        grid.faint_first(vec![went_by_name.into(), wrap(&went_by, room)]);
        self.grid(&grid);
    }

    fn elections(&mut self, report: &Report) {
        let spans = report.elections.len();
        self.heading("Elections", &format!("{} without an effective leader", counted(spans as u64, "span")));
        if spans == 0 {
            return;
        }
        let shown = longest(&report.elections);
        let wide = self.form.width >= WIDE;
        let mut grid = Grid { right: (0..10).collect(), rules: vec![1], ..Grid::default() };
        let mut names = vec!["from", "vacant", "detect", "elect", "announce", "recover", "terms", "split"];
        names.extend(["leader", "term"]);
        names.extend(wide.then_some("cause"));
        grid.rows.push(names.into_iter().map(String::from).collect());
        for election in &shown {
            grid.rows.push(span(election, wide));
        }
        if spans > 1 {
            grid.rules.push(grid.rows.len());
            summaries(report, &mut grid);
        }
        let columns = grid.rows[0].len();
        grid.styles.extend((0..columns).map(|column| (0, column, FAINT)));
        self.grid(&grid);
        if shown.len() < spans {
            self.paragraph(&format!("Shown are the {SPANS} longest, in order of time."), Style::new());
        }
        let shares = report.causes().into_iter().map(|(cause, time)| format!("{cause} {}", short(time)));
        let shares = shares.collect::<Vec<_>>().join(", ");
        self.paragraph(&format!("Put down to: {shares}."), Style::new());
        self.paragraph(
            "from: when the span began. vacant: its length. detect: from its beginning to the first candidacy. elect: \
             from there to the effective leader. announce: from then until every member that the leader could \
             reach, and that was not paused, had a frame from it. recover: from then until a command that it took from a \
             client since was committed. terms: in which nodes asked for votes. split: those of them that never had a \
             leader. leader, term: who led at the end of the span, and in which term; none if the run ended first. \
             The effective leader is the node of the highest term in the role of leader, if it is not paused and is \
             linked both ways to a quorum that is up; a link on which all frames are lost, misdirected or refused as \
             corrupted does not count, nor a node that gets neither heartbeats nor entries. cause (where there is room): what most of the span is put down to; \
             `squall explain` shows the evidence. Percentiles are samples, by nearest rank.",
            FAINT,
        );
    }

    fn liveness(&mut self, report: &Report) {
        self.heading("Liveness", "");
        let room = self.room() - 35;
        let names = &["figure", "value", "what it is"];
        let mut grid = Grid { right: vec![1], names, ..Grid::default() };
        for figure in figures::of(report) {
            if !figure.meaning.is_empty() {
                grid.styles.push((grid.rows.len(), 2, FAINT));
            }
            grid.rows.push(vec![figure.name.into(), figure.value, wrap(&figure.meaning, room)]);
        }
        self.grid(&grid);
    }

    fn checks(&mut self, report: &Report) {
        self.heading("Safety", "");
        let room = self.room() - 42;
        let mut grid = Grid { right: vec![2], rules: vec![1], ..Grid::default() };
        grid.rows.push(["property", "verdict", "examined", "demands that"].map(String::from).to_vec());
        grid.styles.extend((0..4).map(|column| (0, column, FAINT)));
        for check in &report.checks {
            let (word, style) = word(check, report);
            let row = grid.rows.len();
            grid.styles.extend([(row, 1, style), (row, 3, FAINT)]);
            grid.rows.push(vec![
                check.name.into(),
                word.into(),
                count(check.examined()),
                wrap(check.about, room),
            ]);
        }
        self.grid(&grid);
        if report.checks.iter().any(|check| check.verdict == Verdict::Vacuous) {
            let text = "vacuous: nothing in this run could have violated it, so that shows nothing.";
            self.paragraph(text, FAINT);
        }
        if report.checks.iter().any(|check| matches!(check.verdict, Verdict::Undecided(_))) {
            let text =
                "undecided: the search for an order took too long, or what it needs is no longer kept.";
            self.paragraph(text, FAINT);
        }
        for waiver in &report.waivers {
            let since = if waiver.since == Time::ZERO {
                String::new()
            } else {
                format!("from {} on ", moment(waiver.since))
            };
            self.paragraph(&format!("waived: {since}{}, since {}.", waiver.what, waiver.why), FAINT);
        }
    }

    fn violations(&mut self, report: &Report) {
        for check in &report.checks {
            if let Verdict::Violated(violation) = &check.verdict {
                self.violation(check.name, violation, report.excuse(check));
            }
        }
        if let Some(why) = &report.panicked {
            self.alert(BAD, "The run broke off", "");
            self.paragraph(why, Style::new());
        }
        if report.verdict == RunVerdict::Livelock {
            let why = report.reason().unwrap_or_default();
            self.alert(BAD, "Livelock", &format!("  {why}"));
        }
        if let Some(difference) = &report.nondeterminism {
            self.alert(BAD, "Nondeterminism", "  two processes made different records of the same run");
            self.text += &format!("{difference}\n");
            let lines = difference.lines().map(|line| (false, line.to_string()));
            self.blocks.push(Block::Lines(lines.collect()));
        }
        let Some(evidence) = &report.evidence else { return };
        self.alert(TITLE, "The last records before the first violation", ", those marked > led to it");
        let mut lines = Vec::new();
        for record in &evidence.records {
            let led = evidence.chain.contains(&record.id);
            let line = format!("{} {}", if led { '>' } else { ' ' }, record.line(self.form.kind));
            let style = if led { Style::new() } else { FAINT };
            lines.push((led, line.trim_end().to_string()));
            for line in folded(line.trim_end(), self.form.width.max(80)) {
                self.text += &format!("{}\n", self.styled(style, &line));
            }
        }
        self.blocks.push(Block::Lines(lines));
    }

    fn violation(&mut self, name: &str, violation: &Violation, excuse: Option<Excuse>) {
        let (style, title) = match excuse {
            None => (BAD, format!("Violation of {name}")),
            Some(Excuse::Expected) => (ODD, format!("Expected violation of {name}")),
            Some(Excuse::Waived) => (ODD, format!("Violation of {name}, which is waived,")),
            Some(Excuse::Consequence) => (ODD, format!("Violation of {name}, a consequence,")),
        };
        let more = match violation.count {
            1 => String::new(),
            count => format!(", the first of {}", self::count(count)),
        };
        self.alert(style, &title, &format!(" at {}, record {}{more}", violation.time, violation.record));
        self.paragraph(&violation.message, Style::new());
    }

    fn end(&mut self, report: &Report) {
        self.text.push('\n');
        self.notes(report);
        self.replay(report);
        self.verdict(report.verdict, report.digest);
    }

    /// What a verdict alone would hide.
    fn notes(&mut self, report: &Report) {
        if report.cut {
            let at = moment(Time::ZERO + report.simulated);
            self.note(&format!("cut short at {at}, so nothing that is expected was judged"));
        }
        match report.waived().count() {
            0 => {}
            broken => {
                let rules = counted(broken as u64, "rule");
                self.note(&format!("{rules} of safety broken, which is waived: see under Safety why"));
            }
        }
        let skipped = report.faults.iter().filter(|fault| fault.from_ns.is_none());
        let (of_storms, scripted): (Vec<_>, Vec<_>) =
            skipped.partition(|fault| matches!(fault.source, FaultSource::Storm(_)));
        for (skipped, why) in [
            (scripted, "what was waited for never came"),
            (of_storms, "when the storm brought them their targets could not be named"),
        ] {
            if !skipped.is_empty() {
                let faults = counted(skipped.len() as u64, "fault");
                self.note(&format!("skipped {faults}: {why}"));
            }
        }
    }

    fn note(&mut self, text: &str) {
        self.text += &format!("note: {text}\n");
        self.blocks.push(Block::Paragraph(format!("note: {text}"), Style::new()));
    }

    /// How to run a run that failed again.
    fn replay(&mut self, report: &Report) {
        if let (true, Some(replay)) = (report.failed(), report.replay()) {
            self.text += &format!("replay: {replay}\n");
        }
    }

    /// The two lines that end all that is printed.
    pub(super) fn verdict(&mut self, verdict: RunVerdict, digest: Digest) {
        let word = self.styled(verdict_style(verdict), &verdict.to_string());
        self.text += &format!("verdict: {word}\ndigest: {digest}\n");
    }
}

/// The spans to show, in order of time.
fn longest(all: &[Election]) -> Vec<&Election> {
    let mut spans: Vec<&Election> = all.iter().collect();
    spans.sort_by_key(|election| std::cmp::Reverse(election.vacant));
    spans.truncate(SPANS);
    spans.sort_by_key(|election| election.from);
    spans
}

fn span(election: &Election, wide: bool) -> Vec<String> {
    let phase = |duration: Option<Duration>| duration.map_or("-".into(), short);
    let (leader, term) = election
        .leader
        .map_or(("none".into(), "-".into()), |(leader, term)| (leader.to_string(), term.to_string()));
    let mut row = vec![
        moment(election.from),
        short(election.vacant),
        phase(election.detect),
        phase(election.elect),
        phase(election.announce),
        phase(election.recover),
        count(election.terms),
        count(election.split_votes),
        leader,
        term,
    ];
    if wide {
        row.push(election.why.cause.to_string());
    }
    row
}

/// One row for each figure over the spans.
fn summaries(report: &Report, grid: &mut Grid) {
    let phases = [
        report.summary(|election| Some(election.vacant)),
        report.summary(|election| election.detect),
        report.summary(|election| election.elect),
        report.summary(|election| election.announce),
        report.summary(|election| election.recover),
    ];
    let mut row = |name: &str, figure: &dyn Fn(&super::Summary) -> String| {
        let figures = phases.iter().map(|phase| phase.as_ref().map_or("-".into(), figure));
        grid.styles.push((grid.rows.len(), 0, FAINT));
        grid.rows.push(std::iter::once(name.to_string()).chain(figures).collect());
    };
    let time = |nanos| short(Duration::from_nanos(nanos));
    row("count", &|phase| count(phase.count));
    row("mean", &|phase| time(phase.mean));
    row("p50", &|phase| time(phase.p50));
    row("p90", &|phase| time(phase.p90));
    row("p99", &|phase| time(phase.p99));
    row("max", &|phase| time(phase.max));
}

pub(super) fn verdict_style(verdict: RunVerdict) -> Style {
    match verdict {
        RunVerdict::Pass => GOOD,
        RunVerdict::Vacuous | RunVerdict::Undecided => ODD,
        _ => BAD,
    }
}

fn word(check: &Check, report: &Report) -> (&'static str, Style) {
    let excuse = report.excuse(check);
    match check.verdict {
        Verdict::Violated(_) if excuse.is_none() => ("VIOLATED", BAD),
        Verdict::Violated(_) if excuse == Some(Excuse::Waived) => ("waived", ODD),
        Verdict::Violated(_) => ("violated", ODD),
        Verdict::Vacuous => ("vacuous", ODD),
        Verdict::Undecided(_) => ("undecided", ODD),
        Verdict::Held(_) => ("held", GOOD),
    }
}
