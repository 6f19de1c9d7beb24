//! The summary of many runs for programs.

use super::intervals::PERCENTILES;
use super::{Batch, CauseSum, OfSeed, Shares};
use crate::report::json::indented;
use crate::report::{Cause, Interruption, RunVerdict, Summary};
use crate::statistics::Interval;
use crate::trace::Digest;
use serde::Serialize;
use std::collections::BTreeMap;

impl Batch {
    /// The summary as a JSON document.
    pub fn document(&self) -> String {
        let intervals = self.intervals();
        let failing = self.failing.iter();
        let failing = failing.map(|run| FailedRun {
            seed: run.seed.to_string(),
            verdict: run.verdict,
            reason: run.reason.as_deref(),
            replay: run.replay.as_deref(),
        });
        indented(
            &Document {
                format: 1,
                version: env!("CARGO_PKG_VERSION"),
                scenario: &self.scenario,
                file: &self.file,
                implementation: self.implementation.name(),
                seeds: [self.seeds.start.to_string(), self.seeds.end.to_string()],
                runs: self.total.runs,
                interrupted: self.interruption(),
                failed: self.total.failed,
                statement: self.statement(),
                verdict: self.total.verdict,
                digest: self.total.digest,
                verdicts: self.verdicts.iter().map(|(verdict, runs)| (*verdict, *runs)).collect(),
                leader_availability: Availability::of(&self.leader, intervals.leader),
                client_availability: Availability::of(&self.clients, intervals.clients),
                vacant_ns: Summary::of(self.vacant.clone()),
                vacant_mean_interval_ns: intervals.span,
                vacant_intervals_ns: PERCENTILES
                    .iter()
                    .zip(&intervals.spans)
                    .map(|((name, _), interval)| (*name, *interval))
                    .collect(),
                leaderless_ns_per_run: Mean {
                    mean: mean(self.each.iter().map(|run| run.leaderless_ns)),
                    interval: intervals.leaderless,
                },
                elections_per_run: Mean {
                    mean: mean(self.each.iter().map(|run| run.elections)),
                    interval: intervals.elections,
                },
                failed_share: Mean {
                    mean: mean(self.each.iter().map(|run| u64::from(run.verdict != RunVerdict::Pass))),
                    interval: Some(intervals.failed),
                },
                causes: self.causes.iter().map(|(cause, sum)| (*cause, *sum)).collect(),
                no_progress: NoProgress {
                    count: self.standstills.count,
                    total_ns: self.standstills.total.nanos(),
                    longest_ns: self.standstills.longest.map_or(0, |(longest, _)| longest.nanos()),
                    seed: self.standstills.longest.map(|(_, seed)| seed.to_string()),
                },
                elections: self.elections,
                highest_term: self.terms.map_or(0, |(terms, _)| terms),
                waived: WaivedRuns { runs: self.waived.runs, rules: &self.waived.rules },
                first_failing: failing.collect(),
                each: &self.each,
            },
            "",
        )
    }
}

#[derive(Serialize)]
struct Document<'a> {
    format: u32,
    version: &'static str,
    scenario: &'a str,
    file: &'a str,
    implementation: &'static str,
    seeds: [String; 2],
    runs: u64,
    /// Left out if nothing was.
    #[serde(skip_serializing_if = "Option::is_none")]
    interrupted: Option<Interruption>,
    failed: u64,
    statement: String,
    verdict: RunVerdict,
    digest: Digest,
    verdicts: BTreeMap<RunVerdict, u64>,
    leader_availability: Availability,
    client_availability: Availability,
    vacant_ns: Option<Summary>,
    /// At 95 %, of the mean.
    vacant_mean_interval_ns: Option<Interval>,
    /// At 95 %, of percentiles; none where too few spans lie beyond.
    vacant_intervals_ns: BTreeMap<&'static str, Option<Interval>>,
    leaderless_ns_per_run: Mean,
    elections_per_run: Mean,
    failed_share: Mean,
    causes: BTreeMap<Cause, CauseSum>,
    no_progress: NoProgress,
    elections: u64,
    highest_term: u64,
    waived: WaivedRuns<'a>,
    first_failing: Vec<FailedRun<'a>>,
    /// Every run, in order.
    each: &'a [OfSeed],
}

/// A mean over runs.
#[derive(Serialize)]
struct Mean {
    mean: Option<f64>,
    interval: Option<Interval>,
}

fn mean(values: impl Iterator<Item = u64>) -> Option<f64> {
    crate::statistics::mean(&values.collect::<Vec<_>>())
}

/// The runs that broke rules of safety which were waived, and in how many each was.
#[derive(Serialize)]
struct WaivedRuns<'a> {
    runs: u64,
    rules: &'a BTreeMap<&'static str, u64>,
}

/// Spans with an effective leader and without progress.
#[derive(Serialize)]
struct NoProgress {
    count: u64,
    total_ns: u64,
    longest_ns: u64,
    /// That of the run with the longest.
    seed: Option<String>,
}

#[derive(Serialize)]
struct Availability {
    mean: Option<f64>,
    interval: Option<Interval>,
    least: Option<f64>,
    seed: Option<String>,
}

#[derive(Serialize)]
struct FailedRun<'a> {
    seed: String,
    verdict: RunVerdict,
    reason: Option<&'a str>,
    replay: Option<&'a str>,
}

impl Availability {
    fn of(shares: &Shares, interval: Option<Interval>) -> Self {
        Self {
            mean: shares.all.float(),
            interval,
            least: shares.least.and_then(|(share, _)| share.float()),
            seed: shares.least.map(|(_, seed)| seed.to_string()),
        }
    }
}
