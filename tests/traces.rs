//! Traces for other viewers are what these viewers demand, over storms of all kinds.

use crate::common;
use common::{loaded, path, plan};
use serde_json::Value;
use squall::plan::Plan;
use squall::trace::{Body, ChromeTrace, Format, Record, Scribe, ShiViz};
use std::collections::{BTreeMap, BTreeSet};

fn kind_name(kind: u8) -> &'static str {
    squall::runner::kind_name(kind)
}

/// Plans with every kind of fault, on links that lose and duplicate frames.
fn storms() -> Vec<Plan> {
    let rough = r#"default: (latency: Uniform("1ms", "9ms"), loss: 0.05, duplicate: 0.1)"#;
    let faults = r#"(at: "500ms", for: "400ms", do: Crash(Leader)), (at: "1s", for: "300ms", do: Pause(Leader)),
        (at: "1200ms", for: "200ms", do: Clog(cut: ["1-2", "2>3"])), (at: "1500ms", for: "200ms", do: Wipe(Follower(2))),
        (at: "1800ms", for: "500ms", do: Partition(groups: [[Leader], [Rest]])),
        (at: "2s", for: "300ms", do: Pause(Node(3))), (at: "2100ms", for: "200ms", do: Crash(Node(3))),
        (at: "2700ms", do: Pause(Node(1))), (at: "2800ms", do: Crash(Node(2)))"#;
    let mut plans: Vec<Plan> = (1..=4).map(|seed| Plan { seed, ..loaded(rough, faults) }).collect();
    for file in [
        "scenarios/leader-pause.ron",
        "scenarios/rolling-restarts.ron",
        "scenarios/partition/flapping-link.ron",
        "tests/fixtures/ack-before-flush.ron",
    ] {
        plans.push(plan(&std::fs::read_to_string(path(file)).expect("a scenario")));
    }
    plans
}

fn written(plan: &Plan, format: impl Format + 'static) -> String {
    let mut scribe = Scribe::new(Vec::new(), Box::new(format));
    common::run(plan, plan.seed, &mut scribe);
    String::from_utf8(scribe.finish().expect("a vector takes all")).expect("text")
}

type Clock = BTreeMap<String, u64>;

/// The host and clock of each event, as ShiViz finds them by the expression in the file's first line.
fn events(text: &str) -> Vec<(String, Clock)> {
    let mut lines = text.splitn(3, '\n');
    let parser = regex::Regex::new(lines.next().expect("a parser")).expect("an expression");
    assert_eq!(lines.next(), Some(""), "no delimiter: there is one run");
    let log = lines.next().expect("a log");
    let events = parser.captures_iter(log).map(|found| {
        assert!(!found["event"].is_empty());
        (found["host"].to_owned(), serde_json::from_str(&found["clock"]).expect("a clock"))
    });
    events.collect()
}

fn dominates(one: &Clock, other: &Clock) -> bool {
    other.iter().all(|(host, events)| one.get(host).is_some_and(|known| known >= events))
}

#[test]
fn vector_clocks_follow_the_causes() {
    let mut crossed = 0;
    for plan in storms() {
        let records: Vec<Record> = common::records(&plan, plan.seed);
        let events = events(&written(&plan, ShiViz::new(kind_name)));
        assert_eq!(events.len(), records.len(), "each record is an event");
        let mut done = Clock::new();
        for (record, (host, clock)) in records.iter().zip(&events) {
            assert_eq!(*host, record.node.to_string());
            let own = done.entry(host.clone()).or_insert(0);
            *own += 1;
            assert_eq!(clock[host], *own, "{record}: a host's own part rises by one");
            assert!(dominates(&done, clock), "{record}: ahead of what others have done");
            let Some(cause) = record.cause else { continue };
            let (sender, sent) = &events[cause.0.get() as usize - 1];
            if sender != host || matches!(record.body, Body::Delivered { .. }) {
                assert!(dominates(clock, sent), "{record}: before its cause");
                crossed += 1;
            }
        }
    }
    assert!(crossed > 20_000, "{crossed}");
}

#[test]
fn clocks_know_only_what_can_be_known() {
    // Nothing arrives, so no node can know of another.
    let cut = plan(
        r#"(format: 1, name: "x", duration: "1s", cluster: (voters: 3), network: (default: (latency: Constant("2s"))))"#,
    );
    let text = written(&cut, ShiViz::new(kind_name));
    let events = events(&text);
    assert!(
        events.len() > 20 && events.iter().all(|(host, clock)| clock.len() == 1 && clock.contains_key(host))
    );
}

fn text<'v>(event: &'v Value, field: &str) -> &'v str {
    event[field].as_str().unwrap_or_else(|| panic!("no {field} in {event}"))
}

/// Spans of a thread that are open, and asynchronous ones and arrows by their ids.
#[derive(Default)]
struct Viewer {
    stacks: BTreeMap<u64, Vec<String>>,
    open: BTreeSet<(String, u64, String)>,
    begun: BTreeSet<u64>,
    ended: BTreeSet<u64>,
    last: f64,
    slice: Option<(u64, f64)>,
    counts: BTreeMap<String, u64>,
}

impl Viewer {
    fn take(&mut self, event: &Value) {
        let (phase, name) = (text(event, "ph"), text(event, "name").to_owned());
        let (thread, time) =
            (event["tid"].as_u64().expect("a thread"), event["ts"].as_f64().expect("a time"));
        assert!(time >= self.last, "{event} after {}", self.last);
        self.last = time;
        *self.counts.entry(phase.to_owned()).or_default() += 1;
        let stack = self.stacks.entry(thread).or_default();
        let key = || (text(event, "cat").to_owned(), event["id"].as_u64().expect("an id"), name.clone());
        match phase {
            "M" => {}
            "B" => {
                stack.push(name);
                assert!(stack.len() <= 2, "{stack:?}: a role, and a pause within");
            }
            "E" => assert_eq!(stack.pop(), Some(name), "{event}"),
            "b" => assert!(self.open.insert(key()), "{event}"),
            "e" => assert!(self.open.remove(&key()), "{event}"),
            "X" => self.slice = Some((thread, time)),
            "s" | "f" => {
                assert_eq!(self.slice, Some((thread, time)), "an arrow begins and ends at a slice");
                let id = event["id"].as_u64().expect("an id");
                if phase == "s" {
                    assert!(self.begun.insert(id), "{event}");
                } else {
                    assert!(self.begun.contains(&id) && self.ended.insert(id), "{event}");
                }
            }
            "i" => assert!(["t", "p"].contains(&text(event, "s"))),
            other => panic!("phase {other}"),
        }
    }
}

#[test]
fn trace_events_are_whole_nested_and_in_order() {
    for plan in storms() {
        let records: Vec<Record> = common::records(&plan, plan.seed);
        let document: Value =
            serde_json::from_str(&written(&plan, ChromeTrace::new(kind_name))).expect("JSON");
        let mut viewer = Viewer::default();
        for event in document["traceEvents"].as_array().expect("events") {
            viewer.take(event);
        }
        assert!(viewer.stacks.values().all(Vec::is_empty), "every span ends");
        assert!(viewer.open.is_empty(), "every asynchronous span ends: {:?}", viewer.open);
        let count = |is: fn(&Body) -> bool| records.iter().filter(|record| is(&record.body)).count();
        let sent = count(|body| matches!(body, Body::Sent { .. } | Body::Duplicated { .. }));
        assert_eq!(viewer.begun.len(), sent);
        assert_eq!(viewer.ended.len(), count(|body| matches!(body, Body::Delivered { .. })));
        let asynchronous = count(|body| matches!(body, Body::FaultStarted { .. } | Body::Invoked { .. }));
        assert_eq!(viewer.counts.get("b").copied().unwrap_or(0), asynchronous as u64);
        let names: Vec<&str> = document["traceEvents"]
            .as_array()
            .expect("events")
            .iter()
            .filter(|event| text(event, "ph") == "M" && text(event, "name") == "thread_name")
            .map(|event| text(&event["args"], "name"))
            .collect();
        for node in 1..=plan.cluster.voters {
            assert!(names.contains(&format!("n{node}").as_str()), "{names:?}");
        }
    }
}

#[test]
fn a_node_is_down_paused_and_leader_when_it_is() {
    let plan = loaded(
        "",
        r#"(at: "1s", for: "500ms", do: Pause(Node(1))), (at: "2s", for: "500ms", do: Crash(Node(2)))"#,
    );
    let document: Value = serde_json::from_str(&written(&plan, ChromeTrace::new(kind_name))).expect("JSON");
    let events = document["traceEvents"].as_array().expect("events");
    let times = |thread: u64, name: &str| -> Vec<f64> {
        let found = events.iter().filter(|event| {
            event["tid"] == thread && event["name"] == name && ["B", "E"].contains(&text(event, "ph"))
        });
        found.map(|event| event["ts"].as_f64().expect("a time")).collect()
    };
    assert_eq!(times(1, "paused"), [1_000_000.0, 1_500_000.0]);
    assert_eq!(times(2, "down"), [2_000_000.0, 2_500_000.0]);
    let leads = events.iter().filter(|event| text(event, "name").ends_with("leads term 1"));
    assert_eq!(leads.count(), 1);
    let faults: Vec<&str> = events
        .iter()
        .filter(|event| event["cat"] == "fault" && text(event, "ph") == "b")
        .map(|event| text(event, "name"))
        .collect();
    assert_eq!(faults, ["pause", "crash"]);
}

/// A cluster of many nodes fits into memory: clocks are shared by what is sent between two arrivals.
#[test]
fn many_nodes_are_written_too() {
    let plan = plan(r#"(format: 1, name: "x", duration: "400ms", cluster: (voters: 101))"#);
    let events = events(&written(&plan, ShiViz::new(kind_name)));
    assert!(events.len() > 1_000);
    assert!(events.iter().any(|(_, clock)| clock.len() > 50));
}
