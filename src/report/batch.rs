//! Many runs: what is kept of each, and what they say together.
//!
//! Of a run only figures are kept, so that a million seeds fit into memory; the first one that failed is kept whole.

mod document;
mod each;
mod intervals;
mod not_run;
mod shares;
mod summary;

pub use each::OfSeed;
pub use not_run::{Lacking, NotRun, not_run};

use super::format::{count, short};
use super::page::{FAINT, Form, Grid, Page, WIDE};
use super::text::verdict_style;
use super::{Cause, Interruption, Report, RunVerdict, StandstillSums, Summary, with_other};
use crate::plan::{Implementation, Plan};
use crate::time::Duration;
use crate::trace::Digest;
use intervals::Intervals;
use serde::Serialize;
use shares::{Share, Shares, Standstills, Waived, greatest};
use std::cell::OnceCell;
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
    /// Whose Raft the nodes ran.
    pub implementation: Implementation,
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
    leader_changes: u64,
    terms: u64,
    latency: Option<Summary>,
    /// What the time without a leader is put down to.
    causes: Vec<(Cause, Duration)>,
    /// What most of each span is put down to.
    spans: Vec<Cause>,
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
            implementation: report.implementation,
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
            leader_changes: report.counters.leader_changes,
            terms: report.counters.terms,
            latency: report.service.latency,
            causes: report.causes(),
            spans: report.elections.iter().map(|election| election.why.cause).collect(),
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

/// All runs of a call: how they ended.
#[derive(Clone, Copy, Debug)]
pub struct Total {
    /// How many there were.
    pub runs: u64,
    /// How many of them failed.
    pub failed: u64,
    /// How many scenarios were not run.
    pub not_run: u64,
    /// The gravest verdict.
    pub verdict: RunVerdict,
    /// The digests of the runs, folded in their order.
    pub digest: Digest,
}

impl Default for Total {
    fn default() -> Self {
        Self { runs: 0, failed: 0, not_run: 0, verdict: RunVerdict::Pass, digest: Digest::default() }
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
        let not_run = if self.not_run == 0 { String::new() } else { format!(", not run: {}", self.not_run) };
        page.text += &format!("runs: {}, failed: {}{not_run}\n", self.runs, self.failed);
        page.verdict(self.verdict, self.digest);
        page.text
    }
}

/// The runs of one scenario with many seeds.
#[derive(Clone, Debug)]
pub struct Batch {
    scenario: String,
    file: String,
    implementation: Implementation,
    seeds: Range<u64>,
    /// Whether an interrupt came before the last of them.
    was_interrupted: bool,
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
    causes: BTreeMap<Cause, CauseSum>,
    each: Vec<OfSeed>,
    /// Worked out when they are first asked for: all forms have the same.
    intervals: OnceCell<Intervals>,
}

/// What is put down to a cause, in all runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct CauseSum {
    /// How much time without an effective leader, in nanoseconds.
    pub time_ns: u64,
    /// How many spans, most of which is.
    pub spans: u64,
    /// In how many runs any time is.
    pub runs: u64,
}

impl Batch {
    /// No run yet of this plan, read from this file, of those with these seeds.
    pub fn new(plan: &Plan, file: String, seeds: Range<u64>) -> Self {
        Self {
            scenario: plan.name.clone(),
            file,
            implementation: plan.cluster.implementation,
            seeds,
            was_interrupted: false,
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
            causes: BTreeMap::new(),
            each: Vec::new(),
            intervals: OnceCell::new(),
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
        for (cause, time) in &run.causes {
            let sum = self.causes.entry(*cause).or_default();
            sum.time_ns = sum.time_ns.saturating_add(time.nanos());
            sum.runs += 1;
        }
        for cause in &run.spans {
            self.causes.entry(*cause).or_default().spans += 1;
        }
        self.each.push(OfSeed::of(run));
        self.intervals.take();
        if run.failed() {
            if self.failing.len() < LISTED {
                self.failing.push(run.clone());
            }
            if self.first.is_none() {
                self.first = report.map(Box::new);
            }
        }
    }

    /// Notes that an interrupt keeps the other runs from being made.
    pub fn interrupt(&mut self) {
        self.was_interrupted = true;
    }

    /// What an interrupt left unmade, if it left anything.
    pub(super) fn interruption(&self) -> Option<Interruption> {
        let (runs, planned) = (self.total.runs, self.seeds.end - self.seeds.start);
        (self.was_interrupted && runs < planned).then_some(Interruption { runs, planned: Some(planned) })
    }

    /// Whether a run failed.
    pub fn failed(&self) -> bool {
        self.total.failed > 0
    }

    /// How the runs ended, together.
    pub fn total(&self) -> &Total {
        &self.total
    }

    /// What is kept of each run, in their order.
    pub fn each(&self) -> &[OfSeed] {
        &self.each
    }

    pub(super) fn scenario(&self) -> &str {
        &self.scenario
    }

    pub(super) fn file(&self) -> &str {
        &self.file
    }

    /// Whose Raft the nodes ran, to go after what was run: nothing where it is Squall's own.
    pub(super) fn with(&self) -> String {
        with_other(self.implementation)
    }

    pub(super) fn lengths(&self) -> &[u64] {
        &self.vacant
    }

    pub(super) fn verdicts(&self) -> impl Iterator<Item = (RunVerdict, u64)> {
        self.verdicts.iter().map(|(verdict, runs)| (*verdict, *runs))
    }
}

/// One row for each of some runs of different scenarios.
pub fn table(runs: &[Figures], form: &Form<'_>) -> String {
    let mut page = Page::new(form);
    let wide = form.width >= WIDE + 12;
    // A column more, where not all run Squall's own.
    let others = usize::from(runs.iter().any(|run| run.implementation.other().is_some()));
    let right = [1, 3, 4, 5, 6].map(|column| column + others).to_vec();
    let mut grid = Grid { right, rules: vec![1], ..Grid::default() };
    let mut names = vec!["scenario", "with"];
    names.truncate(1 + others);
    names.extend(["seed", "verdict", "elections", "vacant", "leader", "clients", "digest"]);
    grid.rows.push(names.iter().map(ToString::to_string).collect());
    grid.styles.extend((0..names.len()).map(|column| (0, column, FAINT)));
    for run in runs {
        grid.styles.push((grid.rows.len(), 2 + others, verdict_style(run.verdict)));
        let digest = run.digest.to_string();
        let mut row = vec![run.scenario.clone(), run.implementation.name().to_owned()];
        row.truncate(1 + others);
        row.extend([
            run.seed.to_string(),
            run.verdict.to_string(),
            count(run.elections),
            run.vacant.iter().max().map_or("-".into(), |longest| short(*longest)),
            run.with_leader().text(),
            run.served().text(),
            if wide { digest } else { digest[..8].to_owned() },
        ]);
        grid.rows.push(row);
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
