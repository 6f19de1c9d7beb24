//! `squall resolve` and `squall shrink`.

use super::{digest, exits, squall, stderr, stdout, written};
use std::fs;

const STORMY: &str = r#"(format: 1, name: "stormy", seed: 3, duration: "8s", cluster: (voters: 5),
    clients: (count: 2, arrival: OpenLoop(rate: 100.0)),
    storm: [
        (every: Exponential(mean: "1s"), for: Uniform("50ms", "1s"), do: Crash(Random)),
        (every: Exponential(mean: "1s"), for: Uniform("50ms", "1s"), do: Pause(Leader)),
        (every: Exponential(mean: "2s"), for: Uniform("50ms", "1s"), do: Flap(isolate: Random, down: Constant("50ms"), up: Constant("70ms"))),
    ])"#;

#[test]
fn a_resolved_run_is_the_same_run() {
    let (folder, name) = written(STORMY);
    for seed in ["3", "4", "5"] {
        let script = folder.path().join("script.ron").display().to_string();
        exits(&squall(["resolve", &name, "--seed", seed, "--out", &script]), 0);
        let (drawn, scripted) = (squall(["run", &name, "--seed", seed]), squall(["run", &script]));
        exits(&scripted, 0);
        assert_eq!(digest(&stdout(&drawn)), digest(&stdout(&scripted)));
        let text = fs::read_to_string(&script).expect("written");
        assert!(!text.contains("storm: [") && text.contains("Crash(Node("), "{text}");
        assert!(text.contains(&format!("// digest: {}", digest(&stdout(&drawn)))), "{text}");
        assert_eq!(stdout(&squall(["resolve", &name, "--seed", seed])), text);
    }
}

#[test]
fn what_fails_is_shrunk_to_a_scenario_that_fails() {
    let (folder, name) = written(STORMY.replace("voters: 5", "voters: 5, bug: VoteNotPersisted"));
    let out = folder.path().join("small.ron").display().to_string();
    let output = squall(["shrink", &name, "--out", &out]);
    exits(&output, 0);
    assert!(stderr(&output).contains("shrunk in "), "{}", stderr(&output));
    let text = fs::read_to_string(&out).expect("written");
    assert!(text.contains("// It fails by: term and vote."), "{text}");
    assert!(text.contains("had voted for"), "the story is told: {text}");
    assert!(text.contains("// What led to it") && !text.contains(", call "), "{text}");
    assert!(text.contains("name: \"term-and-vote-1-") && !text.contains("name: \"stormy\""), "{text}");
    assert!(text.contains("about: \"Breaks the rule of term and vote: "), "{text}");
    let output = squall(["run", &out]);
    exits(&output, 1);
    assert!(text.contains(digest(&stdout(&output))), "{text}");
    assert_eq!(stdout(&squall(["shrink", &out])).matches("do:").count(), text.matches("do:").count());
}

/// Clients ask twice, and in sessions, only where it matters.
#[test]
fn sessions_that_matter_not_are_shrunk_away() {
    let (_folder, name) = written(
        r#"(format: 1, name: "plain", seed: 1, duration: "3s", cluster: (voters: 3),
            network: (clients: (latency: Uniform("100us", "1ms"), duplicate: 0.1)),
            clients: (count: 2, arrival: OpenLoop(rate: 50.0), retry_after: "150ms", sessions: true),
            expect: [Never(OperationDone)])"#,
    );
    let output = squall(["shrink", &name]);
    exits(&output, 0);
    let text = stdout(&output);
    assert!(text.contains("clients: (\n") && text.contains("expect: ["), "{text}");
    assert!(!text.contains("retry_after") && !text.contains("sessions"), "{text}");
}

/// A scenario that was found tells the digest of its own run, by which it is known again.
#[test]
fn what_was_found_keeps_its_origin_and_tells_its_new_digest() {
    let origin = "found: (version: \"0.1.0\", seed: 77, digest: \"00000000000000000000000000000001\"),\n)";
    let stormy = STORMY.replace("voters: 5", "voters: 5, bug: VoteNotPersisted");
    let (_folder, name) = written(format!("{}, {origin}", stormy.strip_suffix(')').expect("a scenario")));
    let text = stdout(&squall(["shrink", &name]));
    let digest = text.lines().find_map(|line| line.strip_prefix("// digest: ")).expect("a digest");
    assert!(text.contains(&format!("seed: 77, digest: \"{digest}\"")), "{text}");
}

#[test]
fn what_does_not_fail_can_not_be_shrunk() {
    let (_folder, name) = written(STORMY);
    let output = squall(["shrink", &name]);
    exits(&output, 2);
    assert!(stderr(&output).contains("does not fail with seed 3"), "{}", stderr(&output));
    exits(&squall(["shrink", "no-such.ron"]), 2);
    exits(&squall(["resolve", "no-such.ron"]), 2);
}

#[test]
fn a_drawn_run_is_resolved_and_shrunk_by_its_profile_and_seed() {
    let folder = tempfile::tempdir().expect("a folder");
    let script = folder.path().join("script.ron").display().to_string();
    let profile = "scenarios/profiles/default.ron";
    for seed in [3_u64, 4, 7] {
        let (number, seeds) = (seed.to_string(), format!("{seed}..{}", seed + 1));
        let drawn = squall(["fuzz", "default", "--seeds", &seeds, "--json"]);
        let drawn: serde_json::Value = serde_json::from_str(&stdout(&drawn)).expect("JSON");
        exits(&squall(["resolve", "default", "--seed", &number, "--out", &script]), 0);
        let text = fs::read_to_string(&script).expect("written");
        assert!(
            text.starts_with(&format!("// default with seed {seed}, every fault as it happened.\n")),
            "{text}"
        );
        assert!(!text.contains("storm: ["), "{text}");
        let run = squall(["run", &script]);
        exits(&run, 0);
        assert!(text.contains(&format!("// digest: {}\n", digest(&stdout(&run)))), "{text}");
        assert_eq!(drawn["runs"], 1);
        let by_file = stdout(&squall(["resolve", profile, "--seed", &number]));
        assert_eq!(
            by_file.split_once('\n').map(|(_, rest)| rest),
            text.split_once('\n').map(|(_, rest)| rest)
        );
    }
    let out = folder.path().join("small.ron").display().to_string();
    exits(&squall(["shrink", "canary", "--seed", "0", "--runs", "200", "--out", &out]), 0);
    let small = squall(["run", &out]);
    exits(&small, 1);
    assert!(stdout(&small).contains("durable commit"), "{}", stdout(&small));
}

#[test]
fn a_profile_needs_a_seed_and_a_name_that_exists() {
    for command in ["resolve", "shrink"] {
        for name in ["quick", "scenarios/profiles/quick.ron"] {
            let output = squall([command, name]);
            exits(&output, 2);
            let says = format!("{name} is a profile, from which each seed draws another run\nhelp: ");
            assert!(stderr(&output).contains(&says), "{}", stderr(&output));
        }
        let output = squall([command, "qiuck", "--seed", "3"]);
        exits(&output, 2);
        assert!(stderr(&output).contains("did you mean `quick`?"), "{}", stderr(&output));
    }
    let output = squall(["shrink", "quick", "--seed", "3"]);
    exits(&output, 2);
    let says = "with `squall fuzz quick --seeds 0..1000`";
    assert!(stderr(&output).contains(says), "{}", stderr(&output));
}
