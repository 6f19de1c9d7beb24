//! Expectations of whole runs, and a naive twin that judges them with all records at hand.

use crate::common;
use squall::ids::{Index, NodeId, OperationId, Term};
use squall::plan::{
    Action, End, Event, Expectation, Fault, Goodput, Moment, Plan, Property, Settle, Shape, Span, Start,
    Target,
};
use squall::replica::{Bug, Role};
use squall::report::{Excuse, Judgement, Judges, Outcome, Report, RunVerdict};
use squall::rng::{Rate, Stream, below};
use squall::time::{Duration, Time};
use squall::trace::{Body, FaultSource, Outcome as Returned, Record};
use std::collections::{BTreeMap, BTreeSet};

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn report(plan: &Plan) -> (Report, Vec<Record>) {
    let mut records = Vec::new();
    let end = common::run(plan, plan.seed, &mut records);
    let mut judges = Judges::new(plan);
    records.iter().for_each(|record| squall::trace::Observer::observe(&mut judges, record));
    let outcome = Outcome { digest: end.digest, end: end.time, events: end.events, ..Outcome::default() };
    (Report::new(plan, &judges, outcome), records)
}

/// A loaded cluster with faults one after the other and across, of which all can be expected that can be.
fn storm(seed: u64) -> Plan {
    let mut plan = common::loaded(r#"default: (loss: 0.01, duplicate: 0.01)"#, "");
    (plan.seed, plan.duration) = (seed, Duration::from_secs(8));
    plan.settle = Some(Settle::at(Time::ZERO + ms(6500)));
    let mut stream = Stream::new(seed, "expectations", 0, 0);
    let mut draw = |bound: u64| below(stream.word(), bound);
    for place in 0..8 {
        // Whole tenths of a second: many faults begin and end at one instant.
        let at = Time::ZERO + ms(100 * draw(60));
        let target = if draw(2) == 0 { Target::Leader } else { Target::Node(NodeId(1 + draw(5) as u32)) };
        let action = match draw(3) {
            0 => Action::Crash(target),
            1 => Action::Pause(target),
            _ => Action::Partition(Shape::Isolate(target)),
        };
        let (start, spread, end) = (Start::At(at), Duration::ZERO, End::Until(at + ms(100 + 100 * draw(10))));
        plan.faults.push(Fault { id: Some(format!("fault {place}")), start, spread, end, action });
    }
    let at_least = Rate::new(0.9).expect("a rate");
    let bound = ms(300);
    let goodput = Goodput { share: at_least, before: Moment::At(Time::ZERO + ms(2500)) };
    for span in (0..8).map(Span::Fault).chain([Span::Run, Span::Settle]) {
        plan.expectations.extend([
            Expectation::Progress { during: span },
            Expectation::NoProgress { during: span },
            Expectation::Availability { at_least: Some(at_least), at_most: None, during: span },
            Expectation::Availability { at_least: None, at_most: Some(at_least), during: span },
            Expectation::LeaderChanges { at_least: Some(1), at_most: Some(2), during: span },
        ]);
    }
    for moment in (0..8).flat_map(|place| [Moment::Fault(place), Moment::End(place)]).chain([Moment::Settle])
    {
        plan.expectations.extend([
            Expectation::LeaderWithin { bound, after: moment },
            Expectation::LeaderWithin { bound: Duration::ZERO, after: moment },
            Expectation::Returns { within: bound, after: moment, to: None },
            Expectation::Returns { within: bound, after: moment, to: Some(goodput) },
        ]);
    }
    plan.expectations.extend([3, 6, 9].map(Expectation::TermAtMost));
    plan
}

/// Judges with all records at hand.
struct Twin<'a> {
    plan: &'a Plan,
    report: &'a Report,
    records: &'a [Record],
    end: Time,
}

impl Twin<'_> {
    fn moment(&self, moment: Moment) -> Option<Time> {
        let first = |is: &dyn Fn(&Body) -> bool| {
            self.records.iter().find(|record| is(&record.body)).map(|record| record.time)
        };
        match moment {
            Moment::Start => Some(Time::ZERO),
            Moment::At(time) => Some(time),
            Moment::Settle => self.plan.settle.map(|settle| settle.from),
            Moment::Fault(place) => first(
                &|body| matches!(body, Body::FaultStarted { source, .. } if *source == FaultSource::Fault(place)),
            ),
            Moment::End(place) => first(
                &|body| matches!(body, Body::FaultEnded { source, last: true, .. } if *source == FaultSource::Fault(place)),
            ),
        }
    }

    fn span(&self, span: Span) -> Option<(Time, Time)> {
        let later = self.end + ms(1);
        match span {
            Span::Run => Some((Time::ZERO, later)),
            Span::Between(from, to) => Some((from, to)),
            Span::Settle => Some((self.moment(Moment::Settle)?, later)),
            Span::Fault(place) => {
                let to = self.moment(Moment::End(place)).unwrap_or(later);
                Some((self.moment(Moment::Fault(place))?, to))
            }
        }
    }

    /// When each operation that ended began, and whether it was done.
    fn operations(&self) -> Vec<(Time, bool)> {
        let mut began: BTreeMap<OperationId, Time> = BTreeMap::new();
        let mut all = Vec::new();
        for record in self.records {
            match record.body {
                Body::Invoked { operation, .. } => drop(began.insert(operation, record.time)),
                Body::Returned { operation, outcome } => {
                    all.push((began[&operation], matches!(outcome, Returned::Done { .. })));
                }
                _ => {}
            }
        }
        all
    }

    /// When each new command was committed.
    fn commits(&self) -> Vec<Time> {
        let accepted: BTreeSet<(Index, Term)> = self
            .records
            .iter()
            .filter_map(|record| match record.body {
                Body::Accepted { index, term, .. } => Some((index, term)),
                _ => None,
            })
            .collect();
        let mut first = BTreeMap::new();
        for record in self.records {
            if let Body::Committed { index, term, .. } = record.body {
                first.entry(index).or_insert((term, record.time));
            }
        }
        let new =
            |(index, (term, time)): (Index, (Term, Time))| accepted.contains(&(index, term)).then_some(time);
        first.into_iter().filter_map(new).collect()
    }

    /// When nodes became leaders.
    fn elections(&self) -> Vec<Time> {
        let mut known = BTreeSet::new();
        let elected = |record: &&Record| match record.body {
            Body::RoleChanged { role: Role::Leader, term, .. } => known.insert((record.node, term)),
            _ => false,
        };
        self.records.iter().filter(elected).map(|record| record.time).collect()
    }

    fn judge(&self, expectation: Expectation) -> Judgement {
        self.judged(expectation).unwrap_or(Judgement::Vacuous)
    }

    fn judged(&self, expectation: Expectation) -> Option<Judgement> {
        let is = |held| Some(if held { Judgement::Held } else { Judgement::Failed });
        let inside = |(from, to): (Time, Time)| move |time: &Time| from <= *time && *time < to;
        match expectation {
            Expectation::LeaderWithin { bound, after } => {
                let from = self.moment(after)?;
                let covers = |span: &squall::report::Election| {
                    let is_beyond = span.leader.is_none() || span.from + span.vacant > from + bound;
                    span.from <= from && from < span.from + span.vacant && is_beyond
                };
                is(!self.report.elections.iter().any(covers))
            }
            Expectation::Progress { during } | Expectation::NoProgress { during } => {
                let wanted = matches!(expectation, Expectation::Progress { .. });
                let span = self.span(during)?;
                let asked = |record: &Record| matches!(record.body, Body::Invoked { .. });
                let asked = self.records.iter().any(|record| asked(record) && inside(span)(&record.time));
                let committed = self.commits().iter().any(inside(span));
                if !asked && !committed { None } else { is(committed == wanted) }
            }
            Expectation::Returns { within, after, to: Some(goodput) } => {
                let (due, before) = (self.moment(after)? + within, self.moment(goodput.before)?);
                let done = |span: &dyn Fn(Time) -> bool| {
                    self.operations().iter().filter(|(began, done)| *done && span(*began)).count() as f64
                };
                let (base, again) = (done(&|began| began < before), done(&|began| began > due));
                let seconds = |time: Time| time.nanos() as f64 / 1e9;
                let (long, left) = (seconds(before), seconds(self.end) - seconds(due));
                if base == 0.0 || long <= 0.0 || left <= 0.0 {
                    return None;
                }
                is(again / left >= goodput.share.as_f64() * base / long)
            }
            Expectation::Returns { within, after, to: None } => {
                let due = self.moment(after)? + within;
                let mut later = self.operations();
                later.retain(|(began, _)| *began > due);
                if later.is_empty() { None } else { is(later.iter().all(|(_, done)| *done)) }
            }
            Expectation::Availability { at_least, at_most, during } => {
                let span = self.span(during)?;
                let mut all = self.operations();
                all.retain(|(began, _)| inside(span)(began));
                let done = all.iter().filter(|(_, done)| *done).count() as f64;
                let share = done / all.len().max(1) as f64;
                let least = at_least.is_none_or(|least| share >= least.as_f64());
                let most = at_most.is_none_or(|most| share <= most.as_f64());
                if all.is_empty() { None } else { is(least && most) }
            }
            Expectation::LeaderChanges { at_least, at_most, during } => {
                let span = self.span(during)?;
                let count = self.elections().iter().filter(|time| inside(span)(time)).count() as u64;
                is(at_least.is_none_or(|least| count >= least) && at_most.is_none_or(|most| count <= most))
            }
            Expectation::TermAtMost(bound) => is(self.report.counters.terms <= bound),
            _ => unreachable!("the twin judges what takes more than one record"),
        }
    }
}

#[test]
fn a_naive_twin_judges_alike() {
    let mut verdicts = BTreeMap::new();
    for seed in 0..40 {
        let plan = storm(seed);
        let (report, records) = report(&plan);
        let end = Time::ZERO + report.simulated;
        let twin = Twin { plan: &plan, report: &report, records: &records, end };
        for expected in &report.expectations {
            let text =
                format!("seed {seed}: {} {:?}, since {}", expected.text, expected.verdict, expected.why);
            assert_eq!(expected.verdict, twin.judge(expected.expectation), "{text}");
            let (name, _) = expected.text.split_once('(').expect("in parentheses");
            *verdicts.entry((name.to_owned(), format!("{:?}", expected.verdict))).or_insert(0) += 1;
        }
    }
    // Each was judged either way, so the twin had something to say.
    for name in
        ["LeaderWithin", "Progress", "NoProgress", "Returns", "Availability", "LeaderChanges", "TermAtMost"]
    {
        for verdict in ["Held", "Failed"] {
            assert!(verdicts.contains_key(&(name.to_owned(), verdict.to_owned())), "{name}: {verdicts:?}");
        }
    }
}

/// Followers acknowledge before their disks have flushed.
fn planted(bug: Option<Bug>, expectations: &[Expectation]) -> Report {
    let mut plan = common::plan(include_str!("fixtures/ack-before-flush.ron"));
    plan.cluster.raft.bug = bug;
    plan.expectations = expectations.to_vec();
    report(&plan).0
}

#[test]
fn a_scenario_that_shows_a_planted_bug_passes_and_fails_without_the_bug() {
    let shown =
        [Expectation::Violates(Property::DurableCommit), Expectation::Sometimes(Event::LeaderElected)];
    assert_eq!(planted(Some(Bug::AckBeforeFlush), &[]).verdict, RunVerdict::Safety);
    let report = planted(Some(Bug::AckBeforeFlush), &shown);
    assert_eq!(report.verdict, RunVerdict::Pass, "{:?}", report.expectations);
    let check = |check: &&squall::check::Check| check.name == Property::DurableCommit.name();
    assert_eq!(report.excuse(report.checks.iter().find(check).expect("a check")), Some(Excuse::Expected));
    let report = planted(None, &shown);
    assert_eq!(report.verdict, RunVerdict::Expectation);
    let verdicts: Vec<Judgement> = report.expectations.iter().map(|expected| expected.verdict).collect();
    assert_eq!(verdicts, [Judgement::Failed, Judgement::Held]);
}

#[test]
fn reports_and_scenarios_write_expectations_alike() {
    let mut plan = storm(1);
    plan.duration = ms(1);
    plan.expectations.extend(Event::ALL.iter().copied().map(Expectation::Sometimes));
    plan.expectations.extend(Event::ALL.iter().copied().map(Expectation::Never));
    plan.expectations.extend(Property::ALL.map(Expectation::Violates));
    plan.expectations.extend([Expectation::Linearizable, Expectation::ExactlyOnce]);
    let scenario = squall::scenario::write(&plan);
    for expected in report(&plan).0.expectations {
        assert!(scenario.contains(&expected.text), "{} is not in\n{scenario}", expected.text);
    }
}

/// The program on a scenario that expects these: its exit code and what it prints.
fn squall(expect: &str, bug: &str, arguments: &[&str]) -> (Option<i32>, String) {
    let text = format!(
        r#"(format: 1, name: "expecting", seed: 3, duration: "3s",
            cluster: (voters: 3, disk: (flush: Constant("20ms")){bug}),
            clients: (count: 2, arrival: OpenLoop(rate: 100.0)),
            faults: [(id: "late", when: Elected(50), for: "10ms", do: Crash(Leader))],
            expect: [{expect}])"#
    );
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("expecting.ron");
    std::fs::write(&file, text).expect("written");
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_squall"));
    let output = command.arg("run").arg(&file).args(arguments).output().expect("the program runs");
    let printed = String::from_utf8(output.stdout).expect("text");
    (output.status.code(), printed + &String::from_utf8_lossy(&output.stderr))
}

#[test]
fn the_exit_code_tells_whether_the_run_did_as_was_expected() {
    let held = r#"LeaderWithin(bound: "1s", after: Start)"#;
    let failed = "Sometimes(EntryTruncated)";
    let vacuous = r#"Progress(during: Fault("late"))"#;
    for (expect, code, verdict) in [
        (held.to_owned(), 0, "pass"),
        (format!("{held}, Linearizable"), 0, "pass"),
        ("ExactlyOnce".to_owned(), 4, "vacuous"),
        (format!("{held}, {failed}"), 3, "expectation failed"),
        (format!("{held}, {vacuous}"), 4, "vacuous"),
        (format!("{vacuous}, {failed}"), 3, "expectation failed"),
    ] {
        let (status, text) = squall(&expect, "", &[]);
        assert_eq!(status, Some(code), "{text}");
        assert!(text.contains(&format!("\nverdict: {verdict}\n")), "{text}");
        assert_eq!(text.contains("\nreplay: squall run "), code != 0, "{text}");
    }
    let (status, text) = squall("Linearizable", ", raft: (read: Local), first_leader: 1", &[]);
    assert!(status == Some(0) || status == Some(1), "{text}");
    assert!(!text.contains("reads need not be current"), "they have to: {text}");
    let shown = "Violates(DurableCommit)";
    let (status, text) = squall(shown, ", bug: AckBeforeFlush", &[]);
    assert_eq!(status, Some(0), "{text}");
    assert!(text.contains("Expected violation of durable commit at "), "{text}");
    assert_eq!(squall(shown, "", &[]).0, Some(3), "without the bug");
    assert_eq!(squall("", ", bug: AckBeforeFlush", &[]).0, Some(1), "not expected");
    let (status, text) = squall(&format!("{held}, {failed}"), "", &["--json"]);
    assert_eq!(status, Some(3));
    let document: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let run = &document["runs"][0];
    assert_eq!(run["verdict"], "expectation");
    assert_eq!(
        (&run["expectations"][0]["expect"], &run["expectations"][0]["held"]),
        (&held.into(), &true.into())
    );
    assert_eq!(run["expectations"][1]["held"], false);
}

#[test]
fn expectations_leave_the_run_as_it_is() {
    let with = storm(3);
    let without = Plan { expectations: vec![], ..with.clone() };
    assert_eq!(report(&with).0.digest, report(&without).0.digest);
    assert_eq!(report(&without).0.expectations, []);
}
