//! The report for programs: one versioned JSON document over any number of runs.
//!
//! Only its `host` may differ between two runs of the same scenario and seed. Times and durations are integers, in
//! nanoseconds; the seed is a string, since not every reader of JSON keeps 64 bits.

use super::batch::NotRun;
use super::over_time_json::OverTime;
use super::{
    Candidacy, Cause, Counters, Election, Evidence, Excuse, Expected, FaultSpan, Group, Host, Inbox,
    Interruption, Judgement, OfNode, OneBreaker, Point, Reached, Report, RunVerdict, StandstillSums, Summary,
};
use crate::check::{Check, Verdict};
use crate::time::Duration;
use crate::trace::Digest;
use serde::Serialize;
use std::collections::BTreeMap;

/// The document that these reports make.
pub fn document(reports: &[Report], host: &Host) -> String {
    let runs: Vec<String> = reports.iter().map(element).collect();
    format!("{}{}{}", opening(), runs.join(","), closing(&[], None, host))
}

/// The document up to its first run. Between two runs there is a comma.
pub fn opening() -> String {
    format!("{{\n  \"format\": 1,\n  \"version\": \"{}\",\n  \"runs\": [", env!("CARGO_PKG_VERSION"))
}

/// One run of the document.
pub fn element(report: &Report) -> String {
    format!("\n{}", indented(&run(report), "    "))
}

/// The document after its last run, with the scenarios that were not run, if there are any, and what an interrupt left unmade.
pub fn closing(not_run: &[NotRun], interrupted: Option<Interruption>, host: &Host) -> String {
    let part = |name: &str, text: &str| format!(",\n  \"{name}\": {}", text.trim_start());
    let interrupted = interrupted.map_or(String::new(), |it| part("interrupted", &indented(&it, "  ")));
    let not_run = if not_run.is_empty() { String::new() } else { part("not_run", &indented(&not_run, "  ")) };
    format!("\n  ]{not_run}{interrupted}{}\n}}", part("host", &indented(host, "  ")))
}

/// Plain data as JSON some levels deep.
pub(crate) fn indented(data: &impl Serialize, by: &str) -> String {
    // No value spans lines: line breaks in texts are escaped.
    let text = serde_json::to_string_pretty(data).expect("keys are strings, and nothing else can fail");
    let lines: Vec<String> = text.lines().map(|line| format!("{by}{line}")).collect();
    lines.join("\n")
}

#[derive(Serialize)]
struct Run<'a> {
    scenario: &'a str,
    file: Option<&'a str>,
    seed: String,
    implementation: &'static str,
    digest: Digest,
    verdict: RunVerdict,
    panicked: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    nondeterminism: Option<&'a str>,
    parameters: BTreeMap<&'static str, &'a str>,
    checks: Vec<Checked<'a>>,
    expectations: Vec<Wanted<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    evidence: Option<&'a Evidence>,
    faults: &'a [FaultSpan],
    elections: Vec<Span<'a>>,
    election_summary: Phases,
    /// For each length of a span without a leader, in order, how many lasted longer: their distribution.
    vacant_longer: Vec<Longer>,
    liveness: Liveness,
    /// Left out where frames cost nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    inboxes: Option<Inboxes<'a>>,
    /// Left out where none opened.
    #[serde(skip_serializing_if = "<[OneBreaker]>::is_empty")]
    breakers: &'a [OneBreaker],
    #[serde(skip_serializing_if = "Option::is_none")]
    coverage: Option<Covered>,
    counters: &'a Counters,
    /// Left out where nobody looked.
    #[serde(skip_serializing_if = "Option::is_none")]
    over_time: Option<OverTime>,
    simulated_ns: u64,
    events: u64,
    frames_delivered: u64,
}

#[derive(Serialize)]
struct Checked<'a> {
    name: &'static str,
    verdict: &'static str,
    examined: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    violation: Option<Broken<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    excuse: Option<Excuse>,
    /// Why it is not owed.
    #[serde(skip_serializing_if = "Option::is_none")]
    waived: Option<&'static str>,
}

#[derive(Serialize)]
struct Wanted<'a> {
    expect: &'a str,
    /// None if nothing could show it.
    held: Option<bool>,
    verdict: Judgement,
    why: &'a str,
}

#[derive(Serialize)]
struct Broken<'a> {
    record: u64,
    time_ns: u64,
    message: &'a str,
    count: u64,
}

#[derive(Serialize)]
struct Span<'a> {
    from_ns: u64,
    vacant_ns: u64,
    detect_ns: Option<u64>,
    elect_ns: Option<u64>,
    announce_ns: Option<u64>,
    recover_ns: Option<u64>,
    terms: u64,
    split_votes: u64,
    candidates: Vec<u32>,
    leader: Option<u32>,
    term: Option<u64>,
    cause: Cause,
    shares: Vec<Share>,
    led_before: Option<u32>,
    candidacies: &'a [Candidacy],
    more_candidacies: u64,
}

/// How much of a span is put down to a cause.
#[derive(Serialize)]
struct Share {
    cause: Cause,
    ns: u64,
}

#[derive(Serialize)]
struct Phases {
    vacant_ns: Option<Summary>,
    detect_ns: Option<Summary>,
    elect_ns: Option<Summary>,
    announce_ns: Option<Summary>,
    recover_ns: Option<Summary>,
}

#[derive(Serialize)]
struct Liveness {
    leader_availability: Option<f64>,
    leaderless_ns: u64,
    client_availability: Option<f64>,
    operations: Operations,
    window_threshold_ns: u64,
    windows: Vec<Unserved>,
    /// Spans with an effective leader and without progress, with the same threshold.
    no_progress: StandstillSums,
    latency_ns: Option<Summary>,
}

#[derive(Serialize)]
struct Covered {
    reached: BTreeMap<Group, Vec<Point>>,
    never: BTreeMap<Group, Vec<Point>>,
    /// What no run of the plan can reach.
    out_of_reach: BTreeMap<Group, Vec<Point>>,
}

#[derive(Serialize)]
struct Inboxes<'a> {
    longest: u64,
    nodes_wait_ns: Option<Summary>,
    nodes_dropped: u64,
    clients_wait_ns: Option<Summary>,
    clients_dropped: u64,
    turned_away: u64,
    each: &'a [OfNode],
}

#[derive(Serialize)]
struct Operations {
    invoked: u64,
    done: u64,
    refused: u64,
    unknown: u64,
    open: u64,
}

#[derive(Serialize)]
struct Unserved {
    from_ns: u64,
    to_ns: u64,
}

fn run(report: &Report) -> Run<'_> {
    Run {
        scenario: &report.scenario,
        file: report.file.as_deref(),
        seed: report.seed.to_string(),
        implementation: report.implementation.name(),
        digest: report.digest,
        verdict: report.verdict,
        panicked: report.panicked.as_deref(),
        nondeterminism: report.nondeterminism.as_deref(),
        parameters: report.parameters.iter().map(|(name, text)| (*name, text.as_str())).collect(),
        checks: report.checks.iter().map(|check| checked(check, report)).collect(),
        expectations: report.expectations.iter().map(expected).collect(),
        evidence: report.evidence.as_ref(),
        faults: &report.faults,
        elections: report.elections.iter().map(span).collect(),
        election_summary: Phases {
            vacant_ns: report.summary(|election| Some(election.vacant)),
            detect_ns: report.summary(|election| election.detect),
            elect_ns: report.summary(|election| election.elect),
            announce_ns: report.summary(|election| election.announce),
            recover_ns: report.summary(|election| election.recover),
        },
        vacant_longer: longer(report),
        liveness: liveness(report),
        inboxes: report.inboxes.as_ref().map(inboxes),
        breakers: &report.breakers,
        coverage: report.coverage.as_ref().map(covered),
        counters: &report.counters,
        over_time: report.timeline.as_ref().map(OverTime::of),
        simulated_ns: report.simulated.nanos(),
        events: report.events,
        frames_delivered: report.counters.frames_delivered,
    }
}

/// Spans without a leader that lasted longer than a time.
#[derive(Serialize)]
struct Longer {
    than_ns: u64,
    spans: u64,
}

fn longer(report: &Report) -> Vec<Longer> {
    let mut lengths: Vec<u64> = report.elections.iter().map(|election| election.vacant.nanos()).collect();
    lengths.sort_unstable();
    let alike = lengths.chunk_by(|a, b| a == b);
    let mut left = lengths.len() as u64;
    alike
        .map(|alike| {
            left -= alike.len() as u64;
            Longer { than_ns: alike[0], spans: left }
        })
        .collect()
}

fn checked<'a>(check: &'a Check, report: &Report) -> Checked<'a> {
    let (verdict, violation) = match &check.verdict {
        Verdict::Held(_) => ("held", None),
        Verdict::Vacuous => ("vacuous", None),
        Verdict::Undecided(_) => ("undecided", None),
        Verdict::Violated(violation) => {
            let broken = Broken {
                record: violation.record.0.get(),
                time_ns: violation.time.nanos(),
                message: &violation.message,
                count: violation.count,
            };
            ("violated", Some(broken))
        }
    };
    let excuse = report.excuse(check);
    let waiver = report.waiver(check);
    let verdict = match excuse {
        Some(Excuse::Waived) => "waived",
        _ => verdict,
    };
    let waived = waiver.map(|waiver| waiver.why);
    Checked { name: check.name, verdict, examined: check.examined(), violation, excuse, waived }
}

fn expected(expected: &Expected) -> Wanted<'_> {
    let held = match expected.verdict {
        Judgement::Held => Some(true),
        Judgement::Failed => Some(false),
        Judgement::Vacuous | Judgement::Waived => None,
    };
    Wanted { expect: &expected.text, held, verdict: expected.verdict, why: &expected.why }
}

fn span(election: &Election) -> Span<'_> {
    Span {
        from_ns: election.from.nanos(),
        vacant_ns: election.vacant.nanos(),
        detect_ns: election.detect.map(Duration::nanos),
        elect_ns: election.elect.map(Duration::nanos),
        announce_ns: election.announce.map(Duration::nanos),
        recover_ns: election.recover.map(Duration::nanos),
        terms: election.terms,
        split_votes: election.split_votes,
        candidates: election.candidates.iter().map(|node| node.0).collect(),
        leader: election.leader.map(|(node, _)| node.0),
        term: election.leader.map(|(_, term)| term.0),
        cause: election.why.cause,
        shares: election
            .why
            .shares
            .iter()
            .map(|(cause, time)| Share { cause: *cause, ns: time.nanos() })
            .collect(),
        led_before: election.why.before.map(|(node, _)| node.0),
        candidacies: &election.why.candidacies,
        more_candidacies: election.why.more,
    }
}

fn covered(reached: &Reached) -> Covered {
    let by_group = |points: &mut dyn Iterator<Item = Point>| {
        let mut groups: BTreeMap<Group, Vec<Point>> = BTreeMap::new();
        points.for_each(|point| groups.entry(point.group()).or_default().push(point));
        groups
    };
    Covered {
        reached: by_group(&mut reached.points.iter().copied()),
        never: by_group(&mut reached.never()),
        out_of_reach: by_group(&mut reached.out_of_reach.iter().copied()),
    }
}

fn inboxes(inbox: &Inbox) -> Inboxes<'_> {
    Inboxes {
        longest: inbox.longest,
        nodes_wait_ns: inbox.nodes.waited,
        nodes_dropped: inbox.nodes.dropped,
        clients_wait_ns: inbox.clients.waited,
        clients_dropped: inbox.clients.dropped,
        turned_away: inbox.turned_away,
        each: &inbox.each,
    }
}

fn liveness(report: &Report) -> Liveness {
    let service = &report.service;
    Liveness {
        leader_availability: report.leader_availability(),
        leaderless_ns: report.leaderless().nanos(),
        client_availability: report.client_availability(),
        operations: Operations {
            invoked: service.invoked,
            done: service.done,
            refused: service.refused,
            unknown: service.unknown,
            open: service.open,
        },
        window_threshold_ns: service.threshold.nanos(),
        windows: service
            .windows
            .iter()
            .map(|window| Unserved { from_ns: window.from.nanos(), to_ns: window.to.nanos() })
            .collect(),
        no_progress: report.standstill_sums(),
        latency_ns: service.latency,
    }
}
