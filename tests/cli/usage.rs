//! How files and seeds are named, and what is said of those that are wrong.

use super::{exits, path, squall, stderr, stdout, written};
use std::fs;
use std::process::{Command, Output, Stdio};

#[test]
fn ranges_of_seeds_that_hold_none_or_too_many_are_refused() {
    for (seeds, says) in [
        ("5..5", "no seed is in it, since 5 is excluded"),
        ("9..3", "write 3..9"),
        ("a..b", "`a` is no seed"),
        ("7", "write A..B"),
        ("1..=9", "write 1..10"),
        ("-1..3", "`-1` is no seed"),
        ("0..99999999999999999999", "`99999999999999999999` is no seed"),
        ("0..18446744073709551615", "at most 2^32 - 1"),
    ] {
        let output = squall(["run", "scenarios/cold-start.ron", &format!("--seeds={seeds}")]);
        exits(&output, 2);
        assert!(stderr(&output).contains(says), "{seeds}: {}", stderr(&output));
    }
    let last = format!("--seeds={}..{}", u64::MAX - 2, u64::MAX);
    exits(&squall(["run", "scenarios/cold-start.ron", "--quiet", &last]), 0);
    exits(&squall(["run", "scenarios/cold-start.ron", "--seed", "1", "--seeds", "1..2"]), 2);
    exits(&squall(["run", "scenarios/cold-start.ron", "--jobs", "0"]), 2);
}

#[test]
fn what_is_no_number_is_told_with_what_would_be_one() {
    let file = "scenarios/cold-start.ron";
    let cases: [(&[&str], &str); 8] = [
        (&["explain", "quick", "--seed", "abc"], "a seed is a whole number from 0 to 2^64 - 1, such as 7"),
        (&["run", file, "--seed", "0..4"], "a range of them is written `--seeds 0..4`"),
        (&["shrink", file, "--seed=-1"], "a seed is a whole number"),
        (&["shrink", file, "--runs", "1k"], "write a whole number, 0 or more"),
        (&["explain", file, "--span", "0"], "write a whole number, 1 or more"),
        (&["fuzz", "quick", "--events", "1e6"], "write a whole number, 1 or more"),
        (&["gallery", "--starts", "many"], "write a whole number from 0 to 1000"),
        (&["check-history", file, "--budget", "-"], "write a whole number, 0 or more"),
    ];
    for (arguments, says) in cases {
        let output = squall(arguments);
        exits(&output, 2);
        let text = stderr(&output);
        assert!(text.contains("invalid value") && text.contains(says), "{arguments:?}: {text}");
        assert!(!text.contains("invalid digit"), "{text}");
    }
}

#[test]
fn patterns_stand_for_the_files_that_match() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::create_dir(folder.path().join("inner")).expect("made");
    for name in ["b.ron", "a.ron", "inner/c.ron", "odd[1].ron"] {
        fs::copy(path("scenarios/cold-start.ron"), folder.path().join(name)).expect("copied");
    }
    let name = |pattern: &str| format!("{}/{pattern}", folder.path().display());
    let checked = |pattern: &str| -> Vec<String> {
        let output = squall(["check", &name(pattern)]);
        exits(&output, 0);
        let prefix = name("");
        let text = stdout(&output);
        text.lines()
            .map(|line| line.trim_start_matches(&prefix).trim_end_matches(": ok").to_owned())
            .collect()
    };
    assert_eq!(checked("?.ron"), ["a.ron", "b.ron"]);
    assert_eq!(checked("**/*.ron"), ["a.ron", "b.ron", "inner/c.ron", "odd[1].ron"]);
    assert_eq!(checked("odd[1].ron"), ["odd[1].ron"], "a file that is there is itself");
    let output = squall(["run", &name("*.ron"), "--quiet"]);
    exits(&output, 0);
    assert!(stdout(&output).starts_with("runs: 3, failed: 0\n"));
    for command in ["run", "check"] {
        let output = squall([command, &name("*.nor")]);
        exits(&output, 2);
        assert!(stderr(&output).contains("no file matches") && stderr(&output).contains("help: "));
        exits(&squall([command, &name("***")]), 2);
        let output = squall([command, &name("inner")]);
        exits(&output, 2);
        assert!(stderr(&output).contains(&format!("'{}'", name("inner/**/*.ron"))), "{}", stderr(&output));
    }
}

#[test]
fn all_bad_scenarios_are_told_before_anything_runs() {
    let (_one, missing) = written("(format: 1)");
    let (_two, misspelt) = written(r#"(format: 1, name: "x", duration: "1s", cluster: (votres: 3))"#);
    let output = squall(["run", &missing, "scenarios/cold-start.ron", &misspelt, "no/such.ron"]);
    exits(&output, 2);
    assert_eq!(stdout(&output), "");
    for says in ["`name` is missing", "votres", "no/such.ron: there is no such file"] {
        assert!(stderr(&output).contains(says), "{says}: {}", stderr(&output));
    }
}

#[test]
fn a_scenario_in_place_of_a_command_is_understood() {
    for arguments in [["scenarios/cold-start.ron"].as_slice(), &["no/such.ron", "--seed", "3"]] {
        let output = squall(arguments);
        exits(&output, 2);
        let says = format!("did you mean `squall run {}`?", arguments[0]);
        assert!(stderr(&output).contains(&says), "{}", stderr(&output));
    }
    let output = squall(["chekc", "x.ron"]);
    exits(&output, 2);
    assert!(stderr(&output).contains("'check'"), "{}", stderr(&output));
}

fn in_actions(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_squall"))
        .current_dir(path(""))
        .args(arguments)
        .env("GITHUB_ACTIONS", "true")
        .stdin(Stdio::null())
        .output()
        .expect("the program runs")
}

fn annotations(output: &Output) -> Vec<String> {
    stderr(output).lines().filter(|line| line.starts_with("::")).map(str::to_owned).collect()
}

#[test]
fn failing_runs_are_annotated_where_that_is_shown() {
    let file = "tests/fixtures/ack-before-flush.ron";
    let output = in_actions(&["run", file]);
    exits(&output, 1);
    let expected = "::error file=tests/fixtures/ack-before-flush.ron,title=ack-before-flush%2C seed 3%3A safety violated::\
        durable commit at 183.06759ms%0Areplay: squall run tests/fixtures/ack-before-flush.ron --seed 3";
    assert_eq!(annotations(&output), [expected]);
    assert_eq!(stdout(&output), stdout(&squall(["run", file])), "results are the same");
    let output = in_actions(&["run", file, "--seeds", "0..14"]);
    let lines = annotations(&output);
    assert_eq!(lines.len(), 10, "no more than GitHub shows");
    assert_eq!(lines[9], "::error title=squall::and 5 more failed");
    assert_eq!(annotations(&in_actions(&["run", "scenarios/cold-start.ron"])), [""; 0]);
    assert_eq!(annotations(&squall(["run", file])), [""; 0]);
}

#[test]
fn bad_scenarios_are_annotated_with_their_places() {
    let (_folder, name) = written("(format: 1, name: \"x\", duration: \"1s\",\n  cluster: (votres: 3))");
    let lines = annotations(&in_actions(&["check", &name]));
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].starts_with(&format!("::error file={name},line=2,col=13::")), "{}", lines[0]);
    assert!(lines[0].contains("%0Ahelp: ") && lines[0].contains("voters"), "{}", lines[0]);
    let warned = path("tests/scenario_errors/warnings.ron");
    let lines = annotations(&in_actions(&["check", warned.to_str().expect("plain")]));
    assert!(!lines.is_empty() && lines.iter().all(|line| line.starts_with("::warning file=")), "{lines:?}");
    let lines = annotations(&in_actions(&["check", "no/such.ron"]));
    assert_eq!(lines, ["::error file=no/such.ron::no/such.ron: there is no such file"]);
}

#[test]
fn what_check_says_is_one_document_if_wanted() {
    let folder = tempfile::tempdir().expect("a folder");
    let written = |name: &str, text: &[u8]| {
        let file = folder.path().join(name);
        std::fs::write(&file, text).expect("written");
        file.to_str().expect("a plain name").to_owned()
    };
    let bad = written(
        "bad.ron",
        b"(format: 1, name: \"x\", duration: \"5s\",\n cluster: (voters: 3), network: (default: (loss: 1.5)))",
    );
    let doubtful = written(
        "doubtful.ron",
        b"(format: 1, name: \"x\", duration: \"5s\", cluster: (voters: 3), clients: (count: 1, mix: (put: 5)))",
    );
    let no_text = written("no-text.ron", b"(\xff");
    let output = squall([
        "check",
        "--json",
        "scenarios/leader-crash.ron",
        "scenarios/profiles/default.ron",
        &doubtful,
    ]);
    exits(&output, 0);
    let document: serde_json::Value = serde_json::from_str(&stdout(&output)).expect("JSON");
    let files = document["files"].as_array().expect("files");
    assert_eq!(files.len(), 3);
    assert!(files.iter().all(|file| file["valid"] == true && file["errors"] == serde_json::json!([])));
    assert_eq!(files[2]["warnings"][0]["about"], "clients.mix");
    let output = squall(["check", "--json", &bad, &no_text, "no/such.ron", "scenarios/leader-crash.ron"]);
    exits(&output, 2);
    assert_eq!(stderr(&output), "");
    let document: serde_json::Value = serde_json::from_str(&stdout(&output)).expect("JSON");
    let expected = serde_json::json!({
        "file": bad,
        "valid": false,
        "errors": [{
            "line": 2,
            "column": 50,
            "about": "network.default.loss",
            "message": "rates go from 0 to 1; 1.5 is above",
            "fix": "if 1.5 percent is meant, write 0.015",
        }],
        "more": 0,
        "warnings": [],
    });
    assert_eq!(document["files"][0], expected);
    assert_eq!(document["files"][3]["valid"], true);
    for (place, says) in [(1, "is not UTF-8"), (2, "there is no such file")] {
        let message = document["files"][place]["errors"][0]["message"].as_str().expect("a message");
        assert!(message.contains(says), "{message}");
    }
}
