//! Properties of reading and writing: what is written reads back, and no bytes at all do harm.

mod plans;

use super::*;
use crate::ids::{Index, NodeId, Term};
use crate::plan::{
    Action, Arrival, Backoff, Breaker, Budget, Clients, Cluster, Core, Corruption, Cpu, Edge, End, Event,
    Expectation, Fault, Found, Goodput, Integrity, Jitter, Lanes, Link, Logs, Milestone, Moment, Name,
    Network, Property, Sessions, Settle, Shape, Span, Start, Storm, Target, WhenFull,
};
use crate::replica::{Bug, Changes, Flow, Options, ReadBy, Reads};
use crate::rng::{Distribution, Rate};
use crate::time::{Duration, Time};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::num::{NonZeroU32, NonZeroU64};

/// Uses every field and every variant that there is.
const EVERYTHING: &str = r#"
#![enable(implicit_some)]
Scenario(
    format: 1,
    name: "storm-over-five", // a comment, "with a quote
    about: r"A \raw\ text: a /* and no */ comment.",
    seed: 0x2A,
    duration: "1m",
    cluster: (
        voters: 5,
        first_leader: 2,
        logs: Each([[1, 1, 2], [1, 1], [], [1], [1, 1, 3]]),
        raft: (heartbeat: "50ms", election_timeout: ("150ms", "300ms"), max_batch_bytes: 65_536, snapshot_every: 1_000_000, snapshot_chunk: 65_536),
        host: (cost_per_frame: "20us", cost_per_kib: "1us", inbox: 1024, when_full: Refuse, lanes: Two),
        disk: (flush: Uniform("500us", "2ms"), blocking: true),
        rpc: (timeout: "150ms"),
        bug: Some(AckBeforeFlush),
    ),
    network: (
        default: (latency: Exponential(min: "1ms", mean: "2ms", max: "60ms"), loss: 0.001, duplicate: 1e-3, bandwidth: 1_000_000),
        links: [(from: 1, to: 3, latency: Constant("40ms"), bandwidth: 1_000), (from: 3, to: 1, loss: 1)],
        clients: (latency: Uniform("1ms", "2ms"), loss: 0.25, duplicate: 0),
    ),
    clients: (
        count: 4, arrival: OpenLoop(rate: 200.0), mix: (put: 0.5, get: 0.4, cas: 0.1), keys: 16, value_bytes: 64,
        timeout: "500ms", backoff: (base: "20ms", cap: "2s", jitter: NoJitter),
    ),
    names: {"slowpoke": Follower(1), "few": Minority},
    /* faults /* of all kinds */ */
    faults: [
        (id: "split", at: "5s", until: "12s", do: Partition(groups: [[Leader, Follower(1)], [Rest]])),
        (at: "13s", for: "800ms", do: Partition(keep: ["leader-1", "2-3"])),
        (at: "15s", for: "800ms", do: Partition(cut: ["1>2", "follower1-3", "slowpoke>random"])),
        (at: "16s", for: "800ms", do: Clog(cut: ["1-2"])),
        (at: "17s", for: "100ms", do: Clog(isolate: Leader)),
        (at: "17s", for: "100ms", do: Clog(oneway: (from: [Leader, Named("few")], to: [Rest]))),
        (at: "18s", for: "100ms", do: Partition(bridge: Node(3))),
        (at: "18s", for: "100ms", do: Partition(chain: [Leader, Rest])),
        (at: "18s", for: "100ms", do: Partition(ring: [All])),
        (at: "19s", for: "1s", do: Flap(cut: ["1-2"], down: Constant("200ms"), up: Uniform("100ms", "300ms"))),
        (at: "20s", for: "1s", spread: "5ms", do: Crash(Node(1))),
        (at: "22s", for: "1s", do: Wipe(Node(1))),
        (at: "24s", for: "1s", do: Deaf(Node(1))),
        (at: "24s", for: "1s", do: Mute(Node(2))),
        (at: "24s", for: "1s", do: DiskStall(All)),
        (at: "24s", for: "1s", do: DiskFull(Leader)),
        (at: "24s", for: "1s", do: LoseFlush(Minority)),
        (at: "24s", for: "1s", do: Rot(Node(3))),
        (at: "24s", for: "1s", do: Skew(nodes: Leader, ahead: "2s")),
        (at: "24s", for: "1s", do: Step(nodes: All, back: "100ms")),
        (at: "24s", for: "1s", do: Drift(nodes: Leader, ppm: -50000)),
        (at: "24s", for: "1s", do: Starve(kind: PreVotes, to: Node(2))),
        (id: "committed", when: Committed(1000), after: "10ms", for: "800ms", do: Pause(Named("slowpoke"))),
        (when: Leader(2), for: "800ms", do: Pause(Majority)),
        (at: "25s", for: "800ms", do: Pause(Nodes([1, 3]))),
        (at: "26s", for: "1s", do: Slow(target: Leader, factor: 2.5)),
        (at: "27s", for: "1s", do: Flood(target: Nodes([1, 3]), rate: 20000, bytes: 100)),
        (when: Elected(2), for: "800ms", do: Crash(All)),
        (when: Fault("split"), do: Crash(Minority)),
        (when: End("committed"), until: "30s", do: Crash(Random)),
        (at: "23s 500ms", until: None, do: Pause(Leader)),
    ],
    storm: [
        (during: ("5s", "40s"), every: Exponential(mean: "10s"), for: Uniform("75ms", "2s"), do: Crash(Random)),
        (every: Constant("5s"), for: Constant("100ms"), do: Partition(isolate: Minority)),
    ],
    settle: (from: "40s", core: Nodes([1, 2, 4]), quiet: "3s"),
    expect: [
        LeaderWithin(bound: "2s", after: Start), LeaderWithin(bound: "2s", after: At("5s")),
        LeaderWithin(bound: "2s", after: Settle), LeaderWithin(bound: "2s", after: Fault("split")),
        LeaderWithin(bound: "2s", after: End("split")), Returns(within: "2s", after: End("committed")),
        Progress(during: Run), Progress(during: Settle), NoProgress(during: Fault("committed")),
        Availability(at_least: 0.95, during: Between("5s", "12s")), LeaderChanges(at_most: 2, at_least: 1),
        LeaderChanges(at_most: 1, during: Settle), TermAtMost(50), Sometimes(NodeBlank), Never(NodeStopped),
        Linearizable, ExactlyOnce, Violates(AcknowledgedWrites),
    ],
)
"#;

#[test]
fn the_whole_vocabulary_reads_and_writes_back() {
    let (plan, warnings) =
        read(EVERYTHING).unwrap_or_else(|errors| panic!("{}", errors.render("x", EVERYTHING, false)));
    assert_eq!(warnings, []);
    assert_eq!(plan.seed, 42);
    assert_eq!(plan.about, "A \\raw\\ text: a /* and no */ comment.");
    assert_eq!(plan.cluster.raft.bug, Some(Bug::AckBeforeFlush));
    let [(NodeId(1), NodeId(3), there), (NodeId(3), NodeId(1), back)] = &plan.network.links[..] else {
        panic!("{:?}", plan.network.links)
    };
    assert_eq!(there.latency, Distribution::Constant(Duration::from_millis(40)));
    assert_eq!(there.loss, Rate::new(0.001).expect("a rate"), "what is not said is as by default");
    assert_eq!((back.latency, Some(back.loss)), (plan.network.default.latency, Rate::new(1.0)));
    let clients = plan.clients.as_ref().expect("clients");
    assert_eq!(clients.arrival, Arrival::OpenLoop { mean: Duration::from_millis(20) });
    assert_eq!(clients.mix.put, 1 << 31);
    assert_eq!(clients.mix.put + clients.mix.get + clients.mix.cas, 1 << 32);
    assert_eq!(plan.cluster.first_leader, Some(NodeId(2)));
    assert!(matches!(&plan.cluster.logs, Logs::Each(logs) if logs[0] == [Term(1), Term(1), Term(2)]));
    assert_eq!(plan.names[1], Name { name: "few".to_string(), target: Target::Minority });
    assert_eq!(plan.faults[0].end, End::Until(Time::from_nanos(12_000_000_000)));
    assert_eq!(plan.faults[1].end, End::For(Duration::from_millis(800)));
    assert_eq!(plan.faults[10].spread, Duration::from_millis(5));
    let milestone = Milestone::Committed(Index(1000));
    let committed = plan.faults.iter().find(|fault| fault.id.as_deref() == Some("committed"));
    let committed = committed.expect("a fault of this id");
    assert_eq!(committed.start, Start::When { milestone, after: Duration::from_millis(10) });
    assert_eq!(committed.action, Action::Pause(Target::Named(0)));
    assert_eq!(plan.faults.last().map(|fault| fault.end), Some(End::Never));
    let has = |action: &Action| plan.faults.iter().any(|fault| fault.action == *action);
    assert!(has(&Action::Slow { target: Target::Leader, permille: 2_500 }));
    let target = Target::Nodes([NodeId(1), NodeId(3)].into_iter().collect());
    assert!(has(&Action::Flood { target, mean: Duration::from_micros(50), bytes: 100 }));
    let (cost_per_frame, cost_per_kib) = (Duration::from_micros(20), Duration::from_micros(1));
    let (when_full, lanes) = (WhenFull::Refuse, Lanes::Two);
    assert_eq!(plan.cluster.cpu, Cpu { cost_per_frame, cost_per_kib, when_full, lanes, ..Cpu::FREE });
    assert!(plan.cluster.blocking);
    let seconds = |n| Duration::from_secs(n);
    let every = Distribution::Exponential { min: seconds(0), mean: seconds(10), max: seconds(200) };
    assert_eq!(plan.storms[0].every, every);
    assert_eq!(plan.storms[1].during, (Time::ZERO, Time::from_nanos(40_000_000_000)));
    let core = Core::Nodes([1, 2, 4].map(NodeId).into_iter().collect());
    let settle =
        Settle { core, quiet: Duration::from_secs(3), ..Settle::at(Time::from_nanos(40_000_000_000)) };
    assert_eq!(plan.settle, Some(settle));
    assert_eq!(plan.expectations.len(), 18);
    let text = write(&plan);
    assert!(text.contains("loss: 0.001, duplicate: 0.001"), "{text}");
    assert!(text.contains("OpenLoop(rate: 200), mix: (put: 0.5, get: 0.4, cas: 0.1)"), "{text}");
    assert_eq!(read(&text), Ok((plan, vec![])));
}

#[test]
fn what_is_left_out_is_as_documented() {
    let text = r#"(format: 1, name: "x", duration: "5s", cluster: (voters: 3), clients: (count: 2))"#;
    let (plan, warnings) = read(text).expect("a scenario");
    assert_eq!(warnings, []);
    assert_eq!((plan.seed, plan.about.as_str(), plan.faults.len()), (0, "", 0));
    assert_eq!(plan.cluster.raft.heartbeat, Duration::from_millis(50));
    assert_eq!(plan.cluster.raft.election_timeout, (Duration::from_millis(150), Duration::from_millis(300)));
    assert_eq!(plan.cluster.call_timeout, Duration::from_millis(150));
    let usual = Distribution::Uniform(Duration::from_millis(1), Duration::from_millis(5));
    assert_eq!(
        plan.network.default,
        Link { latency: usual, loss: Rate::ZERO, duplicate: Rate::ZERO, bandwidth: None }
    );
    assert_eq!(plan.network.clients.latency, Distribution::Constant(Duration::ZERO));
    let clients = plan.clients.expect("clients");
    assert_eq!(clients.arrival, Arrival::OpenLoop { mean: Duration::from_millis(10) });
    assert_eq!((clients.keys, clients.value_bytes, clients.timeout), (16, 64, Duration::from_millis(500)));
    let (base, cap) = (Duration::from_millis(20), Duration::from_secs(2));
    let jitter = Jitter::Full;
    let backoff = Backoff { base, cap, jitter, after_silence: false, attempts: None, budget: None };
    assert_eq!(clients.backoff, backoff);
}

#[test]
fn bytes_that_are_no_text_are_told_by_place() {
    assert_eq!(decode("\u{feff}(größe)".as_bytes()), Ok("(größe)"));
    let error = decode(b"(\n  name: \"gr\xf6\xdfe\"").expect_err("Latin-1");
    assert_eq!(error, DecodeError::NotUtf8 { offset: 13, line: 2, byte: 0xf6 });
    assert_eq!(error.to_string(), "line 2 is not UTF-8: byte 13 of the file, 0xf6, belongs to no character");
    let long = vec![b' '; MAX_BYTES + 1];
    assert_eq!(decode(&long), Err(DecodeError::TooLong { bytes: MAX_BYTES + 1 }));
    let errors = read(&" ".repeat(MAX_BYTES + 1)).expect_err("too long");
    assert!(errors.render("x.ron", "", false).contains("1048577 bytes is too long"));
}

/// What stands in [`EVERYTHING`], and a mistake of form in its place.
const MISTAKES: &[(&str, &str)] = &[
    ("duration: \"1m\"", "duration: 60"),
    ("seed: 0x2A", "seed: \"42\""),
    ("voters: 5", "voters: five"),
    ("heartbeat: \"50ms\"", "heartbeat: 50"),
    ("election_timeout: (\"150ms\", \"300ms\")", "election_timeout: \"150ms\""),
    ("rpc: (timeout: \"150ms\")", "rpc: (timeout: \"soon\")"),
    ("bug: Some(AckBeforeFlush)", "bug: AckBeforeFlash"),
    ("duplicate: 1e-3", "dublicate: 1e-3"),
    ("latency: Constant(\"40ms\")", "latency: \"40ms\""),
    ("count: 4", "count: -4"),
    ("arrival: OpenLoop(rate: 200.0)", "arrival: OpenLoop(200.0)"),
    ("keys: 16", "keys: 1.6"),
    ("jitter: NoJitter", "jitter: None"),
    ("id: \"split\"", "id: 5"),
    ("\"few\": Minority", "\"few\": Few"),
    ("bridge: Node(3)", "bridge: 3"),
    ("Wipe(Node(1))", "Wipe(1)"),
    ("ppm: -50000", "ppm: 0.5"),
    ("settle: (from: \"40s\", core: Nodes", "settle: (core: Nodes"),
    ("TermAtMost(50)", "TermAtMost(\"50\")"),
    ("Sometimes(NodeBlank)", "Sometimes(NodeBlanc)"),
];

/// So many different words in quotes, with commas between.
fn numbered(word: &str, after: &str, count: usize) -> String {
    (0..count).map(|n| format!("\"{word}{n}\"{after}")).collect::<Vec<_>>().join(",")
}

/// So many faults, each of which waits for the next and the last for the first.
fn circle(count: usize) -> String {
    let fault = |n: usize| format!("(id: \"{n}\", when: Fault(\"{}\"), do: Pause(Leader))", (n + 1) % count);
    (0..count).map(fault).collect::<Vec<_>>().join(",")
}

/// Texts of the greatest size, made to take long. Each took well under a second when this was written; a quadratic
/// pass over a mebibyte would take an hour.
#[test]
fn a_hostile_text_is_refused_at_once() {
    let head = r#"(format: 1, name: "x", duration: "10s", cluster: (voters: 3), "#;
    let fill = |unit: &str| unit.repeat((MAX_BYTES - 200) / unit.len());
    let texts = [
        fill("("),
        fill("(a:"),
        fill("[(/*"),
        fill("/*"),
        fill("/**/"),
        fill("r#"),
        fill("r#\""),
        fill("'"),
        fill("\\\""),
        fill("b'"),
        format!("{head}faults: [{}])", fill("(at: \"1s\", do: Crash(Node(9))),")),
        format!("{head}faults: [{}])", fill("(at: \"1s\", do: Crash(Node(1))),\n")),
        format!("{head}faults: [{}])", fill("(id: \"a\", at: \"1s\", do: Pause(Leader)),\n")),
        format!("{head}faults: [(at: \"1s\", do: Partition(groups: [[{}]]))])", fill("Node(1),")),
        format!("{head}faults: [(at: \"1s\", do: Partition(cut: [{}]))])", fill("\"1-1\",")),
        format!("{head}network: (links: [{}]))", fill("(from:9,to:9),\n")),
        format!("{head}faults: [{}])", fill("(at: \"1s\", do: Crash(All)),\n")),
        format!("{head}faults: [{}])", fill("(at: \"1s\", do: Crash(Named(\"x\"))),\n")),
        format!("{head}faults: [{}])", fill("(when: Fault(\"x\"), do: Crash(All)),\n")),
        format!("{head}names: {{{}}})", fill("\"a\": Leader,")),
        format!(
            "{head}names: {{{}}}, faults: [(at: \"1s\", do: Clog(cut: [{}]))])",
            numbered("n", ": Leader", 20_000),
            numbered("m", "", 20_000)
        ),
        format!("{head}faults: [{}, (at: \"1s\", do: Pause(Node(9)))])", circle(10_000)),
        format!("{head}faults: [(at: \"1s\", do: Partition(groups: [{}]))])", fill("[All],")),
        format!("{head}expect: [{}])", fill("Sometimes(NodeCrashed),")),
        format!("{head}expect: [Progress(during: Run), {}])", fill("NoProgress(during: Run),")),
        format!(
            "{head}storm: [{}])",
            fill("(every: Constant(\"0s\"), for: Constant(\"0s\"), do: Crash(Rest)),")
        ),
        format!("{head}{}: 1)", fill("v")),
        format!("{head}about: \"{}\")", fill("\\n")),
        format!("(format: 1, name: \"x\", duration: \"{}\")", fill("1s ")),
        format!("(format: 1, name: \"x\", seed: {})", fill("9")),
    ];
    let logs = format!("[{}]", vec!["1"; 9_999].join(","));
    let logs = format!("[{}]", vec![logs; 25].join(",") + ", [2, 2]");
    let texts = texts
        .into_iter()
        .chain([head.replace("voters: 3", &format!("voters: 26, logs: Each({logs})")) + "seed: -1)"]);
    for text in texts {
        assert!(text.len() <= MAX_BYTES, "{} bytes", text.len());
        let Err(errors) = read(&text) else { panic!("{} is no scenario", &text[..100]) };
        let shown = errors.render("x.ron", &text, true);
        assert!(shown.len() < 200_000, "{} bytes for {}", shown.len(), &text[..100]);
    }
}

proptest! {
    #[test]
    fn a_plan_reads_back_as_it_was_written(plan in plans::plan()) {
        let text = write(&plan);
        // Most of these plans would run for years.
        match understand(&text, None, |_, _| ()) {
            Ok((again, _)) => {
                prop_assert_eq!(&again, &plan);
                prop_assert_eq!(write(&again), text);
            }
            Err(errors) => prop_assert!(false, "{}", errors.render("written.ron", &text, false)),
        }
    }

    #[test]
    fn shares_add_up_and_keep_their_order(weights in proptest::array::uniform3(prop_oneof![Just(0.0), 0.0..=1e12_f64, 0.0..1e-300])) {
        prop_assume!(weights.iter().sum::<f64>() > 0.0);
        let mix = meaning::shares(weights);
        let parts = [mix.put, mix.get, mix.cas];
        prop_assert_eq!(parts.iter().sum::<u64>(), 1 << 32);
        for (i, j) in [(0, 1), (1, 2), (0, 2)] {
            prop_assert!(weights[i] > weights[j] || parts[i] <= parts[j] + 1, "{parts:?}");
            prop_assert!(weights[i] < weights[j] || parts[i] + 1 >= parts[j], "{parts:?}");
        }
        for (weight, part) in weights.into_iter().zip(parts) {
            prop_assert!(weight > 0.0 || part == 0, "what has no weight does not happen");
        }
    }

    /// Mistakes of form are told all at once, each at its place, and nothing else is accused.
    #[test]
    fn each_mistake_is_told_and_no_other(chosen in vec(any::<bool>(), MISTAKES.len())) {
        let mut text = EVERYTHING.to_string();
        let chosen: Vec<_> = MISTAKES.iter().zip(chosen).filter(|(_, chosen)| *chosen).map(|(it, _)| it).collect();
        for (right, wrong) in &chosen {
            prop_assert_eq!(text.matches(right).count(), 1, "{}", right);
            text = text.replace(right, wrong);
        }
        let problems = match read(&text) {
            Ok(_) => vec![],
            Err(errors) => errors.problems().to_vec(),
        };
        let mut places: Vec<_> = chosen.iter().filter_map(|(_, wrong)| text.find(wrong).map(|at| at..at + wrong.len())).collect();
        places.sort_by_key(|place| place.start);
        let told: Vec<_> = problems.iter().filter_map(Problem::place).collect();
        prop_assert_eq!(told.len(), places.len(), "{:?}", problems);
        for (told, place) in told.iter().zip(places) {
            prop_assert!(place.start <= told.start && told.end <= place.end, "{:?} in {:?}", told, place);
        }
    }

    #[test]
    fn no_bytes_do_harm(bytes in vec(any::<u8>(), 0..400)) {
        survives(&String::from_utf8_lossy(&bytes));
        let _ = decode(&bytes);
    }

    #[test]
    fn no_tokens_do_harm(tokens in vec("[\\[\\](){},:\"'/*#r]|Some|None|format|: 1|r#\"|//|1e9|NaN|\n|é|\u{1b}", 0..60)) {
        survives(&tokens.concat());
    }

    #[test]
    fn no_damage_to_a_scenario_does_harm(
        damage in vec((0..EVERYTHING.len(), 0..12_usize, "[\\[\\](){},:\"'/*#]|-1|99999999999999999999|inf|NaN|é|\\PC{0,4}"), 1..4),
    ) {
        let mut text = EVERYTHING.to_string();
        for (at, length, replacement) in damage {
            let at = (0..=at.min(text.len())).rev().find(|&at| text.is_char_boundary(at)).expect("0 is one");
            let end = (at + length..).find(|&end| end >= text.len() || text.is_char_boundary(end)).expect("an end");
            text.replace_range(at..end.min(text.len()), &replacement);
        }
        survives(&text);
    }
}

/// Reads what may be no scenario, and shows all that is wrong with it.
fn survives(text: &str) {
    match read(text) {
        Ok((plan, warnings)) => {
            assert_eq!(read(&write(&plan)).map(|(again, _)| again), Ok(plan));
            for warning in warnings {
                assert!(warning.render("x.ron", text, false).starts_with("warning: "));
            }
        }
        Err(errors) => {
            for problem in errors.problems() {
                assert!(!problem.message().is_empty() && !problem.help().is_empty());
                let place = problem.place().expect("every error of a text of usual size has a place");
                assert!(text.get(place).is_some(), "{problem}");
            }
            let shown = errors.render("x.ron", text, false);
            assert!(shown.starts_with("error: ") && !shown.contains('\u{1b}'), "{shown}");
            assert!(errors.render("x.ron", text, true).contains("\u{1b}["));
        }
    }
}
