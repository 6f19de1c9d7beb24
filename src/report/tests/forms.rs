//! The forms of a report: text and JSON.

use super::*;

/// Compares with a file in `tests/report/`; where it differs, what came out is in `target/golden/`.
#[track_caller]
fn is_as_in(file: &str, expected: &str, text: &str) {
    if text != expected {
        let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/target/golden");
        std::fs::create_dir_all(directory).unwrap();
        std::fs::write(format!("{directory}/{file}"), text).unwrap();
        panic!(
            "not as in tests/report/{file}; if it should be: cp target/golden/{file} tests/report/\n{text}"
        );
    }
}

#[test]
fn the_text_is_fit_for_narrow_and_wide_terminals() {
    let report = report(&leader_lost(), 3, at(2000));
    let (narrow, wide) = (shown(&report, 80, false), shown(&report, 160, false));
    is_as_in("80-columns.txt", include_str!("../../../tests/report/80-columns.txt"), &narrow);
    is_as_in("160-columns.txt", include_str!("../../../tests/report/160-columns.txt"), &wide);
    for (text, width) in [(&narrow, 80), (&wide, 160)] {
        for line in text.lines() {
            assert!(line.chars().count() <= width, "longer than {width}: {line}");
            assert_eq!(line, line.trim_end());
        }
    }
    assert_eq!(shown(&report, 20, false), narrow, "less than 80 columns make no sense");
}

#[test]
fn huge_numbers_and_long_names_exceed_no_width() {
    for script in [leader_lost(), two_leaders()] {
        let mut report = report(&script, 3, at(2000));
        report.scenario = "a-name-of-which-nobody-thought-that-it-would-get-so-long".into();
        for election in &mut report.elections {
            election.leader = Some((NodeId(255), Term(u64::MAX)));
            (election.terms, election.split_votes) = (u64::MAX, u64::MAX);
            election.vacant = ms(30 * 24 * 3600 * 1000);
        }
        report.counters.elections = u64::MAX;
        for width in [80, 100, 120] {
            let text = shown(&report, width, false);
            for line in text.lines() {
                assert!(line.chars().count() <= width, "longer than {width}: {line}\n{text}");
                assert_eq!(line, line.trim_end());
            }
        }
    }
}

#[test]
fn a_violation_is_shown_with_its_evidence_and_how_to_replay_it() {
    let text = shown(&report(&two_leaders(), 3, at(2000)), 80, false);
    is_as_in("violation.txt", include_str!("../../../tests/report/violation.txt"), &text);
    let last: Vec<&str> = text.lines().rev().take(3).collect();
    assert!(last[0].starts_with("digest: "));
    assert_eq!(last[1], "verdict: safety violated");
    assert_eq!(last[2], "replay: squall run scenarios/leader-lost.ron --seed 42");
}

/// The run of `leader_lost`, of which more is expected than it shows; n1 leads once more, against the rules.
fn much_expected() -> Report {
    let bound = ms(500);
    let fault = Fault {
        id: Some("isolation".into()),
        start: Start::At(at(500)),
        spread: Duration::ZERO,
        end: End::Until(at(1500)),
        action: Action::Partition(Shape::Isolate(Target::Leader)),
    };
    let plan = Plan {
        faults: vec![fault.clone(), Fault { id: Some("flood".into()), ..fault }],
        settle: Some(Settle::at(at(1500))),
        expectations: vec![
            Expectation::LeaderWithin { bound, after: Moment::Start },
            Expectation::LeaderWithin { bound: ms(399), after: Moment::At(at(500)) },
            Expectation::Availability {
                at_least: Some(Rate::new(0.95).expect("a rate")),
                at_most: None,
                during: Span::Run,
            },
            Expectation::LeaderChanges {
                at_least: Some(1),
                at_most: Some(3),
                during: Span::Between(at(0), at(950)),
            },
            Expectation::Progress { during: Span::Fault(1) },
            Expectation::Sometimes(Event::FrameLost),
            Expectation::Violates(Property::ElectionSafety),
        ],
        ..plan(3)
    };
    let mut s = leader_lost();
    s.skips(1).ms(1600).wakes(1).follows(1, 3, Some(3)).leads(1, 3);
    reported(&s, &plan, at(2000))
}

#[test]
fn what_was_expected_is_shown_with_what_came_of_it() {
    let report = much_expected();
    assert_eq!(report.verdict, RunVerdict::Expectation);
    let (narrow, wide) = (shown(&report, 80, false), shown(&report, 160, false));
    is_as_in("expectations.txt", include_str!("../../../tests/report/expectations.txt"), &narrow);
    is_as_in(
        "expectations-160-columns.txt",
        include_str!("../../../tests/report/expectations-160-columns.txt"),
        &wide,
    );
    for (text, width) in [(&narrow, 80), (&wide, 160)] {
        // Records are as long as they are.
        for line in text.lines().filter(|line| !line.contains(" #") || line.contains("record #")) {
            assert!(line.chars().count() <= width, "longer than {width}: {line}");
            assert_eq!(line, line.trim_end());
        }
    }
    let last: Vec<&str> = narrow.lines().rev().take(3).collect();
    assert_eq!(last[1], "verdict: expectation failed");
    assert_eq!(last[2], "replay: squall run scenarios/leader-lost.ron --seed 42");
}

#[test]
fn json_tells_what_became_of_expectations() {
    let document = json::document(&[much_expected(), report(&led(), 3, at(2000))], &Host::default());
    let value: serde_json::Value = serde_json::from_str(&document).unwrap();
    let run = &value["runs"][0];
    assert_eq!(run["verdict"], "expectation");
    let held = |place: usize| (&run["expectations"][place]["held"], &run["expectations"][place]["verdict"]);
    assert_eq!(held(0), (&true.into(), &"held".into()));
    assert_eq!(held(1), (&false.into(), &"failed".into()));
    assert_eq!(held(4), (&serde_json::Value::Null, &"vacuous".into()));
    assert_eq!(run["expectations"][4]["expect"], "Progress(during: Fault(\"flood\"))");
    let why = "the fault flood was skipped: what it waited for never came";
    assert_eq!(run["expectations"][4]["why"], why);
    assert_eq!(run["checks"][0]["excuse"], "expected");
    assert_eq!(run["checks"][1].get("excuse"), None);
    assert_eq!(value["runs"][1]["expectations"], serde_json::json!([]));
}

/// Long names, much to say of what each is, whom it hits and what came of it.
#[test]
fn the_table_of_faults_fits_a_narrow_terminal() {
    let fault = |place: usize, action| Fault {
        id: Some(format!("the-fault-in-place-{place}-has-quite-a-long-name")),
        start: Start::At(at(100)),
        spread: Duration::ZERO,
        end: End::Never,
        action,
    };
    let rate = Rate::new(0.125).expect("a rate");
    let links = Shape::Isolate(Target::Leader);
    let kind = crate::plan::Corruption::BitFlip(1, 3);
    let actions = [
        Action::Corrupt { links, rate, kind, clients: true },
        Action::Replace { old: Target::Leader, new: NodeId(9) },
        Action::Slow { target: Target::All, permille: 2_500 },
    ];
    let plan = Plan {
        faults: actions.into_iter().enumerate().map(|(place, action)| fault(place, action)).collect(),
        ..plan(9)
    };
    let mut s = Script::of(9);
    let kinds = [ActionKind::Corrupt, ActionKind::Replace, ActionKind::Slow];
    for (place, action) in (0..).zip(kinds) {
        let source = FaultSource::Fault(place);
        let nodes: NodeSet = match action {
            ActionKind::Replace => [NodeId(1)].into_iter().collect(),
            _ => (1..=9).map(NodeId).collect(),
        };
        s.ms(100).event(Address::WORLD, Body::FaultStarted { fault: place, source, action, nodes });
    }
    let (change, step) = (MembersChange::Replace { old: NodeId(1), new: NodeId(9) }, ChangeStep::Done);
    s.ms(333).record(NodeId(1), Body::Change { change, step });
    let judges = s.play(Judges::new(&plan));
    let report = Report::new(&plan, &judges, Outcome { end: at(1000), ..Outcome::default() });
    let text = shown(&report, 80, false);
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    let wide = shown(&report, 120, false);
    for told in ["corrupt 12.5 %, 1 to 3 bits,", "slow x2.5", "replace by n9", "has-quite-a-long-name"] {
        assert!(wide.contains(told), "{told}: {wide}");
    }
}

#[test]
fn colours_change_nothing_but_colours() {
    let report = |script| report(&script, 3, at(2000));
    for report in [report(leader_lost()), report(two_leaders()), much_expected()] {
        let (plain, colourful) = (shown(&report, 80, false), shown(&report, 80, true));
        assert!(!plain.contains('\x1b'));
        assert!(colourful.contains("\x1b["));
        assert_eq!(anstream::adapter::strip_str(&colourful).to_string(), plain);
    }
}

#[test]
fn of_many_spans_the_longest_are_shown() {
    let mut s = led();
    for span in 0..50_u64 {
        let from = 500 + 20 * span;
        s.ms(from).event(NodeId(1), Body::Paused).ms(from + 5 + span % 10).event(NodeId(1), Body::Resumed);
    }
    let report = report(&s, 3, at(2000));
    assert_eq!(report.elections.len(), 51);
    let text = shown(&report, 80, false);
    assert!(text.contains("Shown are the 20 longest, in order of time."));
    assert_eq!(text.lines().filter(|line| line.ends_with("n1     1")).count(), 20);
}

#[test]
fn the_json_document_has_the_same_numbers() {
    let report = report(&leader_lost(), 3, at(2000));
    let guilty = super::report(&two_leaders(), 3, at(2000));
    let document = json::document(&[report.clone(), guilty], &Host { wall_ns: 5 });
    let value: serde_json::Value = serde_json::from_str(&document).unwrap();
    assert_eq!(value["format"], 1);
    assert_eq!(value["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(value["host"]["wall_ns"], 5);
    let run = &value["runs"][0];
    for (field, expected) in [
        ("scenario", "leader-lost"),
        ("file", "scenarios/leader-lost.ron"),
        ("seed", "42"),
        ("verdict", "pass"),
        ("digest", report.digest.to_string().as_str()),
    ] {
        assert_eq!(run[field], expected);
    }
    assert_eq!((&run["simulated_ns"], &run["events"]), (&2_000_000_000_u64.into(), &1234.into()));
    assert_eq!(run["frames_delivered"], run["counters"]["frames_delivered"]);
    assert_eq!(run["checks"][0]["name"], "election safety");
    assert_eq!((&run["checks"][0]["verdict"], &run["checks"][0]["examined"]), (&"held".into(), &2.into()));
    let election = &run["elections"][1];
    for (field, millis) in
        [("from_ns", 500), ("vacant_ns", 400), ("detect_ns", 300), ("elect_ns", 100), ("announce_ns", 4)]
    {
        assert_eq!(election[field], millis * 1_000_000, "{field}");
    }
    assert_eq!((&election["leader"], &election["term"]), (&3.into(), &3.into()));
    assert_eq!((&election["split_votes"], &election["candidates"]), (&1.into(), &vec![2, 3].into()));
    assert_eq!(run["liveness"]["leader_availability"], 0.7);
    assert_eq!(run["liveness"]["client_availability"], 1.0);
    assert_eq!(run["liveness"]["windows"][0]["from_ns"], 520_000_000);
    assert_eq!(run["parameters"]["election timeout"], "150ms to 300ms");

    assert_eq!(value["runs"][1]["evidence"]["records"].as_array().map(Vec::len), Some(32));
    assert_eq!(run.get("evidence"), None);
    let violated = &value["runs"][1]["checks"][0];
    assert_eq!((&value["runs"][1]["verdict"], &violated["verdict"]), (&"safety".into(), &"violated".into()));
    assert_eq!(
        (&violated["violation"]["count"], &violated["violation"]["time_ns"]),
        (&2.into(), &300_000_000.into())
    );
}
