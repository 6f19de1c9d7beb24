//! Reports, read back.

use super::figure::Figure;
use super::study::Study;
use crate::plan::Implementation;
use crate::report::RunVerdict;
use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;

/// The format of reports that this version reads.
const FORMAT: u64 = 1;

/// What helps whoever named something else.
const HELP: &str = "name what `squall run FILE --seeds A..B --json` prints, the .json file of `--report DIR`, or the results.json of \
                    `squall study FILE --out DIR`";

/// A report on runs, or on a study.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// The version of Squall that made it.
    pub version: String,
    /// The runs of each scenario, by its name; none of a study.
    pub scenarios: BTreeMap<String, Runs>,
    /// The study, if it is the report of one.
    pub study: Option<Study>,
}

/// The runs of a scenario, by their seeds.
pub type Runs = BTreeMap<u64, OfRun>;

/// What is compared of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct OfRun {
    /// Whose Raft the nodes ran.
    pub implementation: String,
    /// The digest of all records, as a text; none in summaries of versions that did not keep it.
    pub digest: String,
    /// The gravest of all verdicts.
    pub verdict: RunVerdict,
    /// What makes the verdict, where the report says so in few words.
    pub reason: Option<String>,
    /// How much virtual time went by, in nanoseconds.
    pub simulated: u64,
    /// Its figures.
    pub figures: BTreeMap<Figure, u64>,
    /// What became of each property and each expectation; none in a summary.
    pub judged: BTreeMap<String, String>,
    /// What else it depended on; none in a summary.
    pub parameters: BTreeMap<String, String>,
    /// What was counted, those in groups by names with dots; none in a summary.
    pub counters: BTreeMap<String, u64>,
}

impl Document {
    /// Reads a report.
    ///
    /// # Errors
    /// What was found instead, and what would help.
    pub fn parse(text: &str) -> Result<Self, String> {
        let fields: BTreeMap<String, IgnoredAny> = serde_json::from_str(text).map_err(|error| {
            if error.is_data() {
                format!("this is no report, but JSON of another kind\nhelp: {HELP}")
            } else {
                format!("this is no JSON: {error}\nhelp: {HELP}")
            }
        })?;
        let has = |name: &str| fields.contains_key(name);
        if !has("format") || !has("version") || !(has("runs") || has("study")) || has("profile") {
            let names: Vec<&str> = fields.keys().map(String::as_str).take(8).collect();
            let found = match names.as_slice() {
                [] => "it is empty".to_owned(),
                names => format!("its fields are {}", names.join(", ")),
            };
            return Err(format!("this is no report on runs or on a study: {found}\nhelp: {HELP}"));
        }
        let damaged = |error: serde_json::Error| format!("this report is damaged: {error}\nhelp: {HELP}");
        let Head { format, version } = serde_json::from_str(text).map_err(damaged)?;
        if format != FORMAT {
            return Err(format!("its format is {format}; this version of Squall reads {FORMAT}"));
        }
        if has("study") {
            return Ok(Self { version, scenarios: BTreeMap::new(), study: Some(Study::parse(text)?) });
        }
        let runs = if has("scenario") {
            let summary: Summary = serde_json::from_str(text).map_err(damaged)?;
            let of = |run: OfSeed| OfRun { implementation: summary.implementation.clone(), ..run.into() };
            let each = summary.each.ok_or(
                "this summary has no figures of each run, since an older version of Squall made it\n\
                help: make it again",
            )?;
            each.into_iter().map(|run| (summary.scenario.clone(), run.seed, of(run))).collect()
        } else {
            let whole: Whole = serde_json::from_str(text).map_err(damaged)?;
            whole.runs.into_iter().map(|run| (run.scenario.clone(), run.seed, run.into())).collect()
        };
        Self::of(version, runs)
    }

    fn of(version: String, runs: Vec<(String, u64, OfRun)>) -> Result<Self, String> {
        let mut scenarios: BTreeMap<String, Runs> = BTreeMap::new();
        for (scenario, seed, run) in runs {
            let others = scenarios.entry(scenario.clone()).or_default();
            // A file may be named twice in a call; then its runs are the same.
            if others.get(&seed).is_some_and(|other| *other != run) {
                return Err(format!(
                    "two different runs of {scenario} have the seed {seed}\nhelp: give scenarios names of their own, or compare one file \
                     at a time"
                ));
            }
            others.insert(seed, run);
        }
        if scenarios.is_empty() {
            return Err("no run is in this report\nhelp: name one with at least a run".into());
        }
        Ok(Self { version, scenarios, study: None })
    }
}

#[derive(Deserialize)]
struct Head {
    format: u64,
    version: String,
}

/// The summary of many seeds.
#[derive(Deserialize)]
struct Summary {
    scenario: String,
    #[serde(default = "squall")]
    implementation: String,
    each: Option<Vec<OfSeed>>,
}

#[derive(Deserialize)]
struct OfSeed {
    #[serde(deserialize_with = "seed")]
    seed: u64,
    verdict: RunVerdict,
    reason: Option<String>,
    digest: String,
    simulated_ns: u64,
    leaderless_ns: u64,
    longest_ns: u64,
    elections: u64,
    leader_changes: u64,
    invoked: u64,
    done: u64,
    latency_mean_ns: Option<u64>,
    latency_p99_ns: Option<u64>,
}

/// Whole reports.
#[derive(Deserialize)]
struct Whole {
    runs: Vec<Run>,
}

#[derive(Deserialize)]
struct Run {
    scenario: String,
    #[serde(deserialize_with = "seed")]
    seed: u64,
    digest: String,
    verdict: RunVerdict,
    parameters: BTreeMap<String, String>,
    checks: Vec<Judged>,
    expectations: Vec<Judged>,
    elections: Vec<Span>,
    liveness: Liveness,
    counters: BTreeMap<String, Count>,
    simulated_ns: u64,
    events: u64,
}

#[derive(Deserialize)]
struct Judged {
    #[serde(alias = "expect")]
    name: String,
    verdict: String,
}

#[derive(Deserialize)]
struct Span {
    vacant_ns: u64,
}

#[derive(Deserialize)]
struct Liveness {
    leaderless_ns: u64,
    operations: Operations,
    latency_ns: Option<Latency>,
}

#[derive(Deserialize)]
struct Operations {
    invoked: u64,
    done: u64,
}

#[derive(Deserialize)]
struct Latency {
    mean: u64,
    p99: u64,
}

/// A count, or counts by reason.
#[derive(Deserialize)]
#[serde(untagged)]
enum Count {
    One(u64),
    Some(BTreeMap<String, Self>),
    Other(IgnoredAny),
}

fn seed<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
    let text = String::deserialize(from)?;
    text.parse().map_err(|_| serde::de::Error::custom(format!("`{text}` is no seed")))
}

/// What the parameters of a run call whose Raft the nodes ran. Where it is Squall's own they don't tell.
pub(super) const IMPLEMENTATION: &str = "implementation";

/// Whose Raft the nodes ran where a report does not tell.
pub(super) fn squall() -> String {
    Implementation::Squall.name().to_owned()
}

/// A part of a whole in parts per billion; none of nothing.
fn share(part: u64, whole: u64) -> Option<u64> {
    let ppb = (u128::from(part.min(whole)) * 1_000_000_000).checked_div(u128::from(whole))?;
    u64::try_from(ppb).ok()
}

impl From<OfSeed> for OfRun {
    fn from(run: OfSeed) -> Self {
        let figures = [
            (Figure::LeaderAvailability, available(run.simulated_ns, run.leaderless_ns)),
            (Figure::ClientAvailability, share(run.done, run.invoked)),
            (Figure::WithoutLeader, Some(run.leaderless_ns)),
            (Figure::LongestSpan, Some(run.longest_ns)),
            (Figure::Elections, Some(run.elections)),
            (Figure::LeaderChanges, Some(run.leader_changes)),
            (Figure::MeanLatency, run.latency_mean_ns),
            (Figure::TailLatency, run.latency_p99_ns),
        ];
        Self {
            implementation: squall(),
            digest: run.digest,
            verdict: run.verdict,
            reason: run.reason,
            simulated: run.simulated_ns,
            figures: known(figures),
            judged: BTreeMap::new(),
            parameters: BTreeMap::new(),
            counters: BTreeMap::new(),
        }
    }
}

impl From<Run> for OfRun {
    fn from(mut run: Run) -> Self {
        let mut counters = BTreeMap::from([("events".to_owned(), run.events)]);
        for (name, count) in &run.counters {
            flatten(name, count, &mut counters);
        }
        let Operations { invoked, done } = run.liveness.operations;
        let leaderless = run.liveness.leaderless_ns;
        let latency = run.liveness.latency_ns;
        let figures = [
            (Figure::LeaderAvailability, available(run.simulated_ns, leaderless)),
            (Figure::ClientAvailability, share(done, invoked)),
            (Figure::WithoutLeader, Some(leaderless)),
            (Figure::LongestSpan, Some(run.elections.iter().map(|span| span.vacant_ns).max().unwrap_or(0))),
            (Figure::Elections, counters.get("elections").copied()),
            (Figure::LeaderChanges, counters.get("leader_changes").copied()),
            (Figure::MeanLatency, latency.as_ref().map(|it| it.mean)),
            (Figure::TailLatency, latency.as_ref().map(|it| it.p99)),
        ];
        let judged = run.checks.into_iter().chain(run.expectations);
        Self {
            implementation: run.parameters.remove(IMPLEMENTATION).unwrap_or_else(squall),
            digest: run.digest,
            verdict: run.verdict,
            reason: None,
            simulated: run.simulated_ns,
            figures: known(figures),
            judged: judged.map(|it| (it.name, it.verdict)).collect(),
            parameters: run.parameters,
            counters,
        }
    }
}

/// The share of the time with a leader.
fn available(simulated: u64, leaderless: u64) -> Option<u64> {
    share(simulated - leaderless.min(simulated), simulated)
}

fn known(figures: [(Figure, Option<u64>); 8]) -> BTreeMap<Figure, u64> {
    figures.into_iter().filter_map(|(figure, value)| Some((figure, value?))).collect()
}

fn flatten(name: &str, count: &Count, into: &mut BTreeMap<String, u64>) {
    match count {
        Count::One(number) => {
            into.insert(name.to_owned(), *number);
        }
        Count::Some(parts) => {
            parts.iter().for_each(|(part, count)| flatten(&format!("{name}.{part}"), count, into));
        }
        Count::Other(_) => {}
    }
}
