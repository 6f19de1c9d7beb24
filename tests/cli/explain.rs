//! `squall explain`.

use super::{squall, stderr, stdout};
use crate::common::path;
use std::fs;

const CHAINED: &str = "scenarios/partial/chained-plain.ron";
const FORGETFUL: &str = "scenarios/bugs/vote-not-persisted.ron";

#[test]
fn the_example_of_the_guide_is_what_is_printed() {
    let printed = stdout(&squall(["explain", CHAINED, "--span", "2"]));
    let guide = path("docs/causes.md");
    let text = fs::read_to_string(&guide).expect("the guide");
    let broken = stdout(&squall(["explain", FORGETFUL]));
    let broken = &broken[broken.find("Broken rule").expect("a heading")..];
    let (broken, _) = broken.split_once("\n\n").expect("spans follow");
    let mut examples = [printed.as_str(), broken].into_iter();
    let now = text.split_inclusive("```text\n").enumerate().map(|(place, part)| {
        let rest = part.split_once("```").filter(|_| place > 0);
        let Some((_, after)) = rest else { return part.to_owned() };
        format!("{}\n```{after}", examples.next().unwrap_or_default().trim_end())
    });
    let now = now.collect::<String>();
    assert_eq!(examples.next(), None, "each stands in the guide");
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&guide, &now).expect("it can be written");
    }
    assert_eq!(text, now);
}

#[test]
fn programs_get_the_evidence_and_the_counterfactual() {
    let document: serde_json::Value =
        serde_json::from_str(&stdout(&squall(["explain", CHAINED, "--json"]))).expect("JSON");
    let span = &document["spans"][1];
    assert_eq!(
        (&span["span"], &span["cause"], &span["helps"]),
        (&2.into(), &"logs_behind".into(), &true.into())
    );
    assert_eq!(span["candidacies"][0]["replies"][0]["why"], "log_behind");
    assert!(span["vacant_without_ns"].as_u64() < span["vacant_ns"].as_u64());
}

#[test]
fn programs_get_the_chain_from_the_fault_to_the_broken_rule() {
    let of = |file: &str| -> serde_json::Value {
        serde_json::from_str(&stdout(&squall(["explain", file, "--json"]))).expect("JSON")
    };
    let violation = &of(FORGETFUL)["violations"][0];
    let chain = violation["chain"].as_array().expect("a chain");
    assert_eq!((&violation["check"], &violation["linked"]), (&"term and vote".into(), &true.into()));
    let fault = chain.iter().find(|record| record["id"] == violation["fault"]).expect("it is in the chain");
    assert_eq!((&fault["what"], &fault["action"]), (&"fault_started".into(), &"crash".into()));
    let last = chain.last().expect("it has an end");
    assert_eq!((&last["id"], &last["time_ns"]), (&violation["record"], &violation["at_ns"]));
    assert_eq!(of(CHAINED)["violations"].as_array().map(Vec::len), Some(0));
}

/// A disk that rots does harm only when it is read again, and one that was lost stays so.
#[test]
fn what_took_the_disks_is_told_where_too_few_have_a_say() {
    let here = tempfile::tempdir().expect("a folder");
    let path = here.path().join("disks.ron");
    let scenario = r#"(format: 1, name: "disks", duration: "8s", cluster: (voters: 3), faults: [
        (id: "rots", at: "2s", do: Rot(Node(1))), (id: "lost", at: "2s", for: "100ms", do: Wipe(Node(2))),
        (id: "off", at: "3s", for: "500ms", do: Crash(Node(1)))])"#;
    std::fs::write(&path, scenario).expect("a file");
    let text = stdout(&squall(["explain", path.to_str().expect("text")]));
    let last = text.split("\nSpan ").last().expect("a span");
    assert!(last.contains("no quorum up"), "{text}");
    for fault in ["rots (rot) hit n1", "lost (wipe) hit n2", "off (crash) hit n1"] {
        assert!(last.contains(fault), "{fault}: {text}");
    }
}

#[test]
fn what_many_seeds_come_to_does_not_depend_on_jobs() {
    let one = squall(["explain", "quick", "--seeds", "0..8", "--jobs", "1"]);
    let two = squall(["explain", "quick", "--seeds", "0..8", "--jobs", "3"]);
    assert!(one.status.success(), "{}", stderr(&one));
    assert_eq!(stdout(&one), stdout(&two));
    assert!(stdout(&one).contains("leader down"), "{}", stdout(&one));
}

#[test]
fn what_can_not_be_explained_is_said() {
    for (arguments, said) in [
        (&["explain", CHAINED, "--span", "99"][..], "there is no span 99"),
        (&["explain", "default"][..], "say which run is meant"),
        (&["explain", CHAINED, "--span", "0"][..], "invalid value '0'"),
        (&["explain", "no-such-profile", "--seed", "1"][..], "no-such-profile"),
        (&["explain", CHAINED, "--seeds", "0..2", "--seed", "1"][..], "cannot be used with"),
    ] {
        let output = squall(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(stderr(&output).contains(said), "{}", stderr(&output));
    }
}
