//! `squall gallery`: the planted bugs, and who catches them.

use super::{exits, squall, stderr, stdout};

#[test]
fn the_scripts_catch_every_bug() {
    let output = squall(["gallery", "--starts", "0"]);
    exits(&output, 0);
    let text = stdout(&output);
    for line in ["  CommitOldTermByCount ", "  RetryWithoutBackoff ", "verdict: all of 28 bugs caught\n"] {
        assert!(text.contains(line), "{text}");
    }
    assert!(!text.contains("seeds"), "nothing was looked for in random runs: {text}");
    assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
    assert_eq!(stderr(&output), "", "no progress where standard error is no terminal");
}

#[test]
fn a_bug_that_random_runs_do_not_find_survives() {
    let arguments = ["gallery", "commitoldtermbycount", "AckBeforeFlush", "--starts", "2", "--within", "2"];
    let output = squall(arguments);
    exits(&output, 1);
    let text = stdout(&output);
    assert!(text.ends_with("verdict: 1 bug survived: CommitOldTermByCount\n"), "{text}");
    let row = text.lines().find(|line| line.contains("CommitOldTermByCount")).expect("a row");
    assert!(text.contains("random runs of the profile `default`"), "{text}");
    assert!(row.contains("committed chain") && row.contains(">2"), "{row}");
    assert_eq!(stdout(&squall([&arguments[..], &["--jobs", "1"]].concat())), text);
}

#[test]
fn the_gallery_is_one_document() {
    let output = squall([
        "gallery",
        "AckBeforeFlush",
        "TimersByWallClock",
        "--starts",
        "2",
        "--within",
        "100",
        "--profile",
        "leases",
        "--json",
    ]);
    exits(&output, 0);
    let document: serde_json::Value = serde_json::from_str(&stdout(&output)).expect("a document");
    assert_eq!((&document["format"], &document["caught"]), (&1.into(), &true.into()));
    assert_eq!(document["profile"], "leases");
    let bugs = document["bugs"].as_array().expect("bugs");
    assert_eq!(bugs.len(), 2);
    let bug = &bugs[0];
    assert_eq!(bug["bug"], "AckBeforeFlush");
    assert_eq!(bug["breaks"], "acknowledged writes");
    assert_eq!(bug["script"]["path"], "scenarios/bugs/ack-before-flush.ron");
    assert_eq!(bug["script"]["by"], serde_json::json!(["durable commit", "acknowledged writes"]));
    let hunts = bug["hunts"].as_array().expect("hunts");
    assert_eq!((&hunts[0]["seed"], &hunts[1]["seed"]), (&"0".into(), &"10000".into()));
    assert!(hunts.iter().all(|hunt| hunt["by"].is_string()), "{bug:#}");
    let least = hunts.iter().filter_map(|hunt| hunt["seeds"].as_u64()).min();
    assert_eq!(bug["median_seeds"].as_u64(), least, "of two the lower one");
}

#[test]
fn an_unknown_bug_is_bad_usage() {
    let output = squall(["gallery", "CommitOldTermByCounting"]);
    exits(&output, 2);
    assert!(stderr(&output).contains("CommitOldTermByCount"), "{}", stderr(&output));
    exits(&squall(["gallery", "--within", "0"]), 2);
    let output = squall(["gallery", "--profile", "lease"]);
    exits(&output, 2);
    assert!(stderr(&output).contains("did you mean `leases`?"), "{}", stderr(&output));
}
