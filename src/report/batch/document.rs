//! The summary of many runs for programs.

use super::{Batch, Shares};
use crate::report::json::indented;
use crate::report::{RunVerdict, Summary};
use crate::trace::Digest;
use serde::Serialize;
use std::collections::BTreeMap;

impl Batch {
    /// The summary as a JSON document.
    pub fn document(&self) -> String {
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
                seeds: [self.seeds.start.to_string(), self.seeds.end.to_string()],
                runs: self.total.runs,
                failed: self.total.failed,
                verdict: self.total.verdict,
                digest: self.total.digest,
                verdicts: self.verdicts.iter().map(|(verdict, runs)| (*verdict, *runs)).collect(),
                leader_availability: Availability::of(&self.leader),
                client_availability: Availability::of(&self.clients),
                vacant_ns: Summary::of(self.vacant.clone()),
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
    seeds: [String; 2],
    runs: u64,
    failed: u64,
    verdict: RunVerdict,
    digest: Digest,
    verdicts: BTreeMap<RunVerdict, u64>,
    leader_availability: Availability,
    client_availability: Availability,
    vacant_ns: Option<Summary>,
    no_progress: NoProgress,
    elections: u64,
    highest_term: u64,
    waived: WaivedRuns<'a>,
    first_failing: Vec<FailedRun<'a>>,
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
    fn of(shares: &Shares) -> Self {
        Self {
            mean: shares.all.float(),
            least: shares.least.and_then(|(share, _)| share.float()),
            seed: shares.least.map(|(_, seed)| seed.to_string()),
        }
    }
}
