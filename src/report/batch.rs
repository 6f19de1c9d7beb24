//! Many runs: what is kept of each, and what they say together.
//!
//! Of a run only figures are kept, so that a million seeds fit into memory; the first one that failed is kept whole.

mod document;

use super::format::{count, percent, short, wrap};
use super::page::{BAD, FAINT, Form, Grid, Page, TITLE, WIDE};
use super::text::verdict_style;
use super::{Report, RunVerdict, StandstillSums, Summary};
use crate::plan::Plan;
use crate::time::Duration;
use crate::trace::Digest;
use std::collections::BTreeMap;
use std::ops::Range;

/// How many failing runs are listed.
pub const LISTED: usize = 10;

/// What is kept of one run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figures {
    /// The scenario's name.
    pub scenario: String,
    /// The seed.
    pub seed: u64,
    /// The gravest of all verdicts.
    pub verdict: RunVerdict,
    /// What makes the verdict, if not all held.
    pub reason: Option<String>,
    /// The command that makes this run again.
    pub replay: Option<String>,
    /// The digest of all records.
    pub digest: Digest,
    simulated: Duration,
    leaderless: Duration,
    vacant: Vec<Duration>,
    invoked: u64,
    done: u64,
    elections: u64,
    terms: u64,
    standstills: StandstillSums,
    /// The rules of safety that were broken while they were waived.
    waived: Vec<&'static str>,
}

impl Figures {
    /// The figures of a run.
    pub fn of(report: &Report) -> Self {
        Self {
            scenario: report.scenario.clone(),
            seed: report.seed,
            verdict: report.verdict,
            reason: report.reason(),
            replay: report.replay().filter(|_| report.failed()),
            digest: report.digest,
            simulated: report.simulated,
            leaderless: report.leaderless(),
            vacant: report.elections.iter().map(|election| election.vacant).collect(),
            invoked: report.service.invoked,
            done: report.service.done,
            elections: report.counters.elections,
            terms: report.counters.terms,
            standstills: report.standstill_sums(),
            waived: report.waived().map(|check| check.name).collect(),
        }
    }

    /// Whether anything else than what had to hold happened.
    pub fn failed(&self) -> bool {
        self.verdict != RunVerdict::Pass
    }

    fn with_leader(&self) -> Share {
        let all = self.simulated.nanos();
        Share { part: u128::from(all - self.leaderless.nanos().min(all)), whole: u128::from(all) }
    }

    fn served(&self) -> Share {
        Share { part: u128::from(self.done), whole: u128::from(self.invoked) }
    }
}

/// A part of a whole, as integers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Share {
    part: u128,
    whole: u128,
}

impl Share {
    fn add(&mut self, other: Self) {
        self.part += other.part;
        self.whole += other.whole;
    }

    fn is_below(self, other: Self) -> bool {
        // The factors are sums of 64-bit numbers of a single run each.
        self.part * other.whole < other.part * self.whole
    }

    fn float(self) -> Option<f64> {
        (self.whole > 0).then(|| self.part as f64 / self.whole as f64)
    }

    fn text(self) -> String {
        self.float().map_or("-".into(), percent)
    }
}

/// A share over many runs, and the run in which it was least.
#[derive(Clone, Copy, Debug, Default)]
struct Shares {
    all: Share,
    least: Option<(Share, u64)>,
}

impl Shares {
    fn add(&mut self, share: Share, seed: u64) {
        self.all.add(share);
        if share.whole > 0 && self.least.is_none_or(|(least, _)| share.is_below(least)) {
            self.least = Some((share, seed));
        }
    }

    fn least_text(&self) -> String {
        self.least
            .map_or(String::new(), |(share, seed)| format!("; least {}, with seed {seed}", share.text()))
    }
}

/// The runs in which rules of safety were broken that were not owed.
#[derive(Clone, Debug, Default)]
struct Waived {
    runs: u64,
    /// In how many runs each was.
    rules: BTreeMap<&'static str, u64>,
}

impl Waived {
    fn add(&mut self, run: &Figures) {
        self.runs += u64::from(!run.waived.is_empty());
        for rule in &run.waived {
            *self.rules.entry(rule).or_default() += 1;
        }
    }

    fn text(&self) -> String {
        let rules = self.rules.iter().map(|(rule, runs)| format!("{rule} in {}", count(*runs)));
        let rules = rules.collect::<Vec<_>>().join(", ");
        format!("runs that broke rules of safety that were waived, so they did not fail: {rules}")
    }
}

/// The spans with an effective leader and without progress, of all runs.
#[derive(Clone, Copy, Debug, Default)]
struct Standstills {
    count: u64,
    total: Duration,
    /// The longest, and the seed of its run.
    longest: Option<(Duration, u64)>,
}

impl Standstills {
    fn add(&mut self, sums: &StandstillSums, seed: u64) {
        self.count += sums.count;
        self.total = self.total + Duration::from_nanos(sums.total_ns);
        if sums.count > 0 {
            greatest(&mut self.longest, Duration::from_nanos(sums.longest_ns), seed);
        }
    }

    fn text(&self) -> String {
        let longest = self.longest.map_or(String::new(), |(longest, seed)| {
            format!("; the longest {}, with seed {seed}", short(longest))
        });
        let total = short(self.total);
        format!(
            "spans with a leader in which clients waited for more than the least election timeout and nothing was \
             committed or done; {total} in all{longest}"
        )
    }
}

/// All runs of a call: how they ended.
#[derive(Clone, Copy, Debug)]
pub struct Total {
    /// How many there were.
    pub runs: u64,
    /// How many of them failed.
    pub failed: u64,
    /// The gravest verdict.
    pub verdict: RunVerdict,
    /// The digests of the runs, folded in their order.
    pub digest: Digest,
}

impl Default for Total {
    fn default() -> Self {
        Self { runs: 0, failed: 0, verdict: RunVerdict::Pass, digest: Digest::default() }
    }
}

impl Total {
    /// Adds a run with this verdict and the digest of this value.
    pub fn add(&mut self, verdict: RunVerdict, digest: u128) {
        self.runs += 1;
        self.failed += u64::from(verdict != RunVerdict::Pass);
        self.verdict = self.verdict.max(verdict);
        self.digest.fold(&[(digest >> 64) as u64, digest as u64]);
    }

    /// The last lines of all that is printed.
    pub fn render(&self, form: &Form<'_>) -> String {
        let mut page = Page::new(form);
        page.text += &format!("runs: {}, failed: {}\n", self.runs, self.failed);
        page.verdict(self.verdict, self.digest);
        page.text
    }
}

/// The runs of one scenario with many seeds.
#[derive(Clone, Debug)]
pub struct Batch {
    scenario: String,
    file: String,
    seeds: Range<u64>,
    total: Total,
    verdicts: BTreeMap<RunVerdict, u64>,
    leader: Shares,
    clients: Shares,
    vacant: Vec<u64>,
    longest: Option<(Duration, u64)>,
    elections: u64,
    most_elections: Option<(u64, u64)>,
    terms: Option<(u64, u64)>,
    standstills: Standstills,
    waived: Waived,
    failing: Vec<Figures>,
    first: Option<Box<Report>>,
}

impl Batch {
    /// No run yet of this plan, read from this file, of those with these seeds.
    pub fn new(plan: &Plan, file: String, seeds: Range<u64>) -> Self {
        Self {
            scenario: plan.name.clone(),
            file,
            seeds,
            total: Total::default(),
            verdicts: BTreeMap::new(),
            leader: Shares::default(),
            clients: Shares::default(),
            vacant: Vec::new(),
            longest: None,
            elections: 0,
            most_elections: None,
            terms: None,
            standstills: Standstills::default(),
            waived: Waived::default(),
            failing: Vec::new(),
            first: None,
        }
    }

    /// Adds a run; of one that failed also its report, which is kept if it is the first.
    pub fn add(&mut self, run: &Figures, report: Option<Report>) {
        let seed = run.seed;
        self.total.add(run.verdict, run.digest.value());
        *self.verdicts.entry(run.verdict).or_default() += 1;
        self.leader.add(run.with_leader(), seed);
        self.clients.add(run.served(), seed);
        for vacant in &run.vacant {
            self.vacant.push(vacant.nanos());
            greatest(&mut self.longest, *vacant, seed);
        }
        self.elections += run.elections;
        greatest(&mut self.most_elections, run.elections, seed);
        greatest(&mut self.terms, run.terms, seed);
        self.standstills.add(&run.standstills, seed);
        self.waived.add(run);
        if run.failed() {
            if self.failing.len() < LISTED {
                self.failing.push(run.clone());
            }
            if self.first.is_none() {
                self.first = report.map(Box::new);
            }
        }
    }

    /// Whether a run failed.
    pub fn failed(&self) -> bool {
        self.total.failed > 0
    }

    /// The summary as text, then the runs that failed, and the first of them in full. With `brief` only these.
    pub fn render(&self, form: &Form<'_>, brief: bool) -> String {
        let mut page = Page::new(form);
        if !brief || self.failed() {
            let title = page.styled(TITLE, &self.scenario);
            page.text += &format!("{title}  {}, seeds {}..{}\n", self.file, self.seeds.start, self.seeds.end);
        }
        if !brief {
            page.text.push('\n');
            self.summary(&mut page);
        }
        if self.failed() {
            page.heading(
                "Failed",
                &format!("{} of {} runs", count(self.total.failed), count(self.total.runs)),
            );
            failing(&mut page, &self.failing);
            if let Some(more) = self.total.failed.checked_sub(LISTED as u64).filter(|more| *more > 0) {
                page.paragraph(&format!("and {} more", count(more)), FAINT);
            }
        }
        if let Some(first) = &self.first {
            page.text.push('\n');
            page.text += &super::text::render_among_others(first, form);
        }
        page.text
    }

    fn summary(&self, page: &mut Page<'_>) {
        let room = page.room() - 35;
        let mut grid = Grid { right: vec![1], ..Grid::default() };
        for (name, value, meaning) in self.rows() {
            if !meaning.is_empty() {
                grid.styles.push((grid.rows.len(), 2, FAINT));
            }
            grid.rows.push(vec![name.into(), value, super::format::wrap(&meaning, room)]);
        }
        page.grid(&grid);
    }

    fn rows(&self) -> Vec<(&'static str, String, String)> {
        let runs = self.total.runs;
        let ended = self.verdicts.iter().map(|(verdict, runs)| format!("{verdict}: {}", count(*runs)));
        let mut ended = ended.collect::<Vec<_>>().join("; ");
        if runs < self.seeds.end - self.seeds.start {
            ended += &format!(
                "; stopped at the first that failed, of {}",
                count(self.seeds.end - self.seeds.start)
            );
        }
        let spans = Summary::of(self.vacant.clone());
        let vacant = |figure: fn(&Summary) -> u64| {
            spans.map_or("-".into(), |spans| short(Duration::from_nanos(figure(&spans))))
        };
        let longest = self.longest.map_or(String::new(), |(_, seed)| format!("with seed {seed}"));
        let most = self.most_elections.filter(|(most, _)| most * runs != self.elections);
        let most =
            most.map_or(String::new(), |(most, seed)| format!("; most {}, with seed {seed}", count(most)));
        let mut rows = vec![("runs", count(runs), ended)];
        rows.push((
            "leader availability",
            self.leader.all.text(),
            format!("share of all time with an effective leader{}", self.leader.least_text()),
        ));
        if self.clients.all.whole > 0 {
            rows.push((
                "client availability",
                self.clients.all.text(),
                format!("share of operations that were done{}", self.clients.least_text()),
            ));
            let standstills = &self.standstills;
            rows.push(("leader, no progress", count(standstills.count), standstills.text()));
        }
        rows.push((
            "spans without leader",
            count(self.vacant.len() as u64),
            "in all runs; their lengths, by nearest rank:".into(),
        ));
        rows.push(("vacant p50", vacant(|spans| spans.p50), String::new()));
        rows.push(("vacant p99", vacant(|spans| spans.p99), String::new()));
        rows.push(("vacant max", vacant(|spans| spans.max), longest));
        rows.push((
            "elections per run",
            format!("{:.2}", self.elections as f64 / runs.max(1) as f64),
            format!("how often a node became leader of a term{most}"),
        ));
        let highest = self.terms.map_or("-".into(), |(terms, _)| count(terms));
        let seed = self.terms.map_or(String::new(), |(_, seed)| format!(", with seed {seed}"));
        if self.waived.runs > 0 {
            rows.push(("waived violations", count(self.waived.runs), self.waived.text()));
        }
        rows.push(("highest term", highest, format!("that any node was in{seed}")));
        rows
    }
}

/// Keeps the greater value, and the seed with which it came first.
fn greatest<T: PartialOrd>(kept: &mut Option<(T, u64)>, value: T, seed: u64) {
    if kept.as_ref().is_none_or(|(greatest, _)| value > *greatest) {
        *kept = Some((value, seed));
    }
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

/// One row for each of some runs of different scenarios.
pub fn table(runs: &[Figures], form: &Form<'_>) -> String {
    let mut page = Page::new(form);
    let wide = form.width >= WIDE + 12;
    let mut grid = Grid { right: vec![1, 3, 4, 5, 6], rules: vec![1], ..Grid::default() };
    let names = ["scenario", "seed", "verdict", "elections", "vacant", "leader", "clients", "digest"];
    grid.rows.push(names.map(String::from).into());
    grid.styles.extend((0..names.len()).map(|column| (0, column, FAINT)));
    for run in runs {
        grid.styles.push((grid.rows.len(), 2, verdict_style(run.verdict)));
        let digest = run.digest.to_string();
        grid.rows.push(vec![
            run.scenario.clone(),
            run.seed.to_string(),
            run.verdict.to_string(),
            count(run.elections),
            run.vacant.iter().max().map_or("-".into(), |longest| short(*longest)),
            run.with_leader().text(),
            run.served().text(),
            if wide { digest } else { digest[..8].to_owned() },
        ]);
    }
    page.grid(&grid);
    page.paragraph(
        &format!(
            "elections: how often a node became leader of a term. vacant: the longest span without an effective \
             leader. leader: share of the run with one. clients: share of operations that were done. digest: of all \
             records{}.",
            if wide { "" } else { ", its first 8 digits" }
        ),
        FAINT,
    );
    page.text
}
