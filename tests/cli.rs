//! The whole program as a user calls it.

#[path = "cli/advise.rs"]
mod advise;
#[path = "cli/ci.rs"]
mod ci;
#[path = "cli/closer.rs"]
mod closer;
#[path = "cli/compare.rs"]
mod compare;
#[path = "cli/diff.rs"]
mod diff;
#[path = "cli/explain.rs"]
mod explain;
#[path = "cli/fuzz.rs"]
mod fuzz;
#[path = "cli/gallery.rs"]
mod gallery;
#[path = "cli/history.rs"]
mod history;
#[path = "cli/list.rs"]
mod list;
#[path = "cli/many.rs"]
mod many;
#[cfg(all(feature = "raft-rs", feature = "omnipaxos"))]
#[path = "cli/others.rs"]
mod others;
#[path = "cli/shards.rs"]
mod shards;
#[path = "cli/shrink.rs"]
mod shrink;
#[path = "cli/study.rs"]
mod study;
#[path = "cli/usage.rs"]
mod usage;

use crate::common;
use common::path;
use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

fn squall<I: AsRef<OsStr>>(arguments: impl IntoIterator<Item = I>) -> Output {
    Command::new(env!("CARGO_BIN_EXE_squall"))
        .current_dir(path(""))
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .expect("the program runs")
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("text")
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("text")
}

#[track_caller]
fn exits(output: &Output, code: i32) {
    assert_eq!(output.status.code(), Some(code), "stdout:\n{}\nstderr:\n{}", stdout(output), stderr(output));
}

/// A scenario in a folder of its own.
fn written(text: impl AsRef<[u8]>) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("scenario.ron");
    fs::write(&file, text).expect("written");
    let name = file.to_str().expect("a plain name").to_owned();
    (folder, name)
}

fn digest(text: &str) -> &str {
    text.lines().find_map(|line| line.strip_prefix("digest: ")).expect("a digest line").trim()
}

#[test]
fn a_run_ends_with_verdict_and_digest() {
    let output = squall(["run", "scenarios/leader-crash.ron"]);
    exits(&output, 0);
    let text = stdout(&output);
    let last: Vec<&str> = text.lines().rev().take(2).collect();
    assert!(last[1].starts_with("verdict: pass"), "{text}");
    assert!(last[0].starts_with("digest: "), "{text}");
    assert!(!text.contains('\x1b'), "no escape codes in a pipe");
    assert_eq!(stderr(&output), "", "no progress where standard error is no terminal");
}

#[test]
fn two_processes_make_the_same_run_and_two_seeds_another() {
    let run = |seed| stdout(&squall(["run", "scenarios/leader-crash.ron", "--seed", seed]));
    assert_eq!(run("5"), run("5"));
    assert_ne!(digest(&run("5")), digest(&run("6")));
}

#[test]
fn json_is_one_document_and_only_its_host_may_differ() {
    let run = || {
        let output = squall(["run", "scenarios/leader-crash.ron", "--json", "--seed", "9"]);
        exits(&output, 0);
        let mut document: serde_json::Value = serde_json::from_str(&stdout(&output)).expect("JSON");
        assert!(document["host"]["wall_ns"].as_u64().expect("a number") > 0);
        document["host"].take();
        document
    };
    let document = run();
    assert_eq!(document, run());
    assert_eq!(document["format"], 1);
    assert_eq!(document["runs"][0]["seed"], "9");
    assert_eq!(document["runs"][0]["verdict"], "pass");
    assert!(document["runs"][0]["frames_delivered"].as_u64().expect("a number") > 1_000);
}

#[test]
fn a_violation_of_safety_exits_with_1_and_names_the_rule() {
    let output = squall(["run", "tests/fixtures/ack-before-flush.ron"]);
    exits(&output, 1);
    let text = stdout(&output);
    assert!(text.contains("durable commit"), "{text}");
    assert!(text.contains("verdict: safety violated"), "{text}");
    assert!(text.contains("replay: squall run tests/fixtures/ack-before-flush.ron --seed 3"), "{text}");
}

#[test]
fn the_gravest_exit_code_wins_and_the_report_is_not_lost() {
    for option in ["--trace", "--report"] {
        let folder = tempfile::tempdir().expect("a folder");
        let target =
            if option == "--trace" { Path::new("/dev/full").to_owned() } else { folder.path().join("r") };
        if option == "--report" {
            // A folder where the report's file should be: it can't be put there.
            fs::create_dir_all(target.join("ack-before-flush.txt")).expect("made");
        } else if !target.exists() {
            continue;
        }
        let arguments = [
            OsStr::new("run"),
            "tests/fixtures/ack-before-flush.ron".as_ref(),
            option.as_ref(),
            target.as_ref(),
        ];
        let output = squall(arguments);
        exits(&output, 1);
        assert!(stdout(&output).contains("verdict: safety violated"));
        assert!(stderr(&output).contains("error: "), "{}", stderr(&output));
    }
}

#[test]
fn a_livelock_exits_with_3() {
    let (_folder, name) = written(
        r#"(format: 1, name: "stuck", duration: "1s", cluster: (voters: 1, disk: (flush: Constant("0s"))),
            clients: (count: 1, arrival: ClosedLoop(think: "0s"), timeout: "2s", backoff: (base: "20ms", cap: "20ms")))"#,
    );
    let output = squall(["run", &name, "--check-determinism"]);
    exits(&output, 3);
    assert!(stdout(&output).contains("verdict: livelock"));
}

#[test]
fn a_trace_does_not_overwrite_its_scenario() {
    let text = r#"(format: 1, name: "x", duration: "1s", cluster: (voters: 3))"#;
    let (_folder, name) = written(text);
    exits(&squall(["run", &name, "--trace", &name]), 2);
    assert_eq!(fs::read_to_string(&name).expect("still there"), text);
}

#[test]
fn determinism_is_checked_in_a_second_process() {
    let output = squall(["run", "scenarios/leader-pause.ron", "--check-determinism"]);
    exits(&output, 0);
    assert!(stderr(&output).contains("a second process made the same records"));
}

#[test]
fn injected_nondeterminism_exits_with_5_and_shows_the_first_difference() {
    let output =
        squall(["run", "scenarios/leader-pause.ron", "--check-determinism", "--inject-nondeterminism"]);
    exits(&output, 5);
    let text = stdout(&output);
    assert!(text.contains("verdict: nondeterminism"), "{text}");
    let (_, difference) = text.split_once("the first record that differs:").expect("a difference");
    let lines: Vec<&str> = difference.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let [here, there, ..] = lines.as_slice() else { panic!("{difference}") };
    let record = |line: &str, side: &str| line.strip_prefix(side).expect("a side").trim().to_owned();
    let (here, there) = (record(here, "here"), record(there, "there"));
    assert!(here.starts_with('#') && there.starts_with('#') && here != there, "{difference}");
    // Everything before the disturbance was the same, so both have the same number.
    assert_eq!(here.split_whitespace().next(), there.split_whitespace().next());
}

#[test]
fn a_trace_holds_every_record_as_a_line_of_json() {
    let folder = tempfile::tempdir().expect("a folder");
    let trace = folder.path().join("trace.jsonl");
    let arguments =
        [OsStr::new("run"), "scenarios/cold-start.ron".as_ref(), "--trace".as_ref(), trace.as_ref()];
    let output = squall(arguments);
    exits(&output, 0);
    let text = fs::read_to_string(&trace).expect("a trace");
    for (number, line) in (1..).zip(text.lines()) {
        let record: serde_json::Value = serde_json::from_str(line).expect("JSON");
        assert_eq!(record["id"], number);
        assert!(record["what"].is_string() && record["time_ns"].is_u64());
    }
    assert!(text.contains(r#""kind_name":"RequestVote""#));
    assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1, "nothing else is left there");
}

#[test]
fn files_that_cannot_be_written_exit_with_6_and_are_named() {
    // A folder for reports is tried before the runs, and is a matter of usage.
    for (option, code) in [("--trace", 6), ("--report", 2)] {
        let output = squall(["run", "scenarios/cold-start.ron", option, "/proc/none/here"]);
        exits(&output, code);
        assert!(stderr(&output).contains("/proc/none"), "{}", stderr(&output));
    }
    if Path::new("/dev/full").exists() {
        let output = squall(["run", "scenarios/cold-start.ron", "--trace", "/dev/full"]);
        exits(&output, 6);
        assert!(stderr(&output).contains("/dev/full"), "{}", stderr(&output));
        assert!(stdout(&output).contains("verdict: pass"), "the report is printed all the same");
    }
    let folder = tempfile::tempdir().expect("a folder");
    let name = folder.path().to_str().expect("a plain name");
    let output = squall(["run", "scenarios/cold-start.ron", "--trace", name]);
    exits(&output, 6);
    assert!(stderr(&output).contains("is a folder"), "{}", stderr(&output));
}

#[test]
fn a_full_standard_output_exits_with_6_and_a_gone_reader_does_not() {
    let run = |out: Stdio| {
        Command::new(env!("CARGO_BIN_EXE_squall"))
            .current_dir(path(""))
            .args(["run", "scenarios/cold-start.ron"])
            .stdout(out)
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program runs")
    };
    if Path::new("/dev/full").exists() {
        let full = fs::OpenOptions::new().write(true).open("/dev/full").expect("a full device");
        let output = run(full.into()).wait_with_output().expect("it ends");
        exits(&output, 6);
        assert!(stderr(&output).contains("standard output"), "{}", stderr(&output));
    }
    let mut child = run(Stdio::piped());
    drop(child.stdout.take());
    exits(&child.wait_with_output().expect("it ends"), 0);
}

#[test]
fn reports_go_where_they_are_asked_to_and_replace_what_was_there() {
    let folder = tempfile::tempdir().expect("a folder");
    let inside = folder.path().join("new").join("reports");
    for _ in 0..2 {
        let arguments =
            [OsStr::new("run"), "scenarios/cold-start.ron".as_ref(), "--report".as_ref(), inside.as_ref()];
        exits(&squall(arguments), 0);
        let text = fs::read_to_string(inside.join("cold-start.txt")).expect("a report");
        assert!(text.contains("verdict: pass"));
        assert!(fs::read_to_string(inside.join("cold-start.json")).expect("a report").starts_with('{'));
        assert_eq!(fs::read_dir(&inside).expect("a folder").count(), 5);
    }
}

/// The command of the README that makes the samples.
#[test]
fn the_committed_sample_reports_are_what_the_program_prints() {
    let readme = fs::read_to_string(path("README.md")).expect("a README");
    let (_, section) = readme.split_once("The samples in [reports/]").expect("the samples");
    let (_, command) = section.split_once("```sh\n").expect("a command");
    let (command, _) = command.split_once("```").expect("its end");
    assert_eq!(command.lines().count(), 1, "one command makes all");
    let folder = tempfile::tempdir().expect("a folder");
    let output = Command::new("sh")
        .args(["-c", command])
        .current_dir(path(""))
        .env("SQUALL", env!("CARGO_BIN_EXE_squall"))
        .env("REPORTS", folder.path())
        .stdin(Stdio::null())
        .output()
        .expect("a shell");
    exits(&output, 0);
    let names = |folder: &Path| {
        let entries = fs::read_dir(folder).expect("a folder");
        let mut names: Vec<_> = entries.map(|entry| entry.expect("an entry").file_name()).collect();
        // The other implementations are there only in a build that has them.
        let has_all = cfg!(all(feature = "raft-rs", feature = "omnipaxos"));
        names.retain(|name| {
            name != "make.sh" && (has_all || !name.to_string_lossy().starts_with("implementations."))
        });
        names.sort();
        names
    };
    let committed = path("reports");
    assert_eq!(names(folder.path()), names(&committed), "make them anew as the README says");
    for name in names(&committed) {
        let read = |folder: &Path| fs::read_to_string(folder.join(&name)).expect("a sample");
        let is_same = read(folder.path()) == read(&committed);
        assert!(is_same, "{}: make it anew as the README says", name.display());
    }
}

/// What a user may hand in that is no scenario: each with the exit code 2, a message that helps, and soon.
#[test]
fn what_is_no_scenario_exits_with_2() {
    let whole = |cluster: &str| format!(r#"(format: 1, name: "x", duration: "1s", cluster: ({cluster}))"#);
    let nested = format!("(format: 1, name: \"x\", duration: {}", "(".repeat(100_000));
    let cases: Vec<(Vec<u8>, &str)> = vec![
        (whole("votres: 5").into(), "votres"),
        (whole("voters: 0").into(), "voters"),
        (whole("voters: 1000000000").into(), "voters"),
        (whole("voters: 99999999999999999999").into(), "voters"),
        (whole(r#"voters: 3, raft: (heartbeat: "1s")"#).into(), "heartbeat"),
        (
            br#"(format: 1, name: "x", duration: "1s", cluster: (voters: 3), network: (default: (loss: NaN)))"#.into(),
            "loss",
        ),
        (format!("{} and more", whole("voters: 3")).into(), "after the end"),
        (nested.into(), "error"),
        (vec![b'(', 0xff, 0xfe], "UTF-8"),
        (vec![], "error"),
        (vec![b' '; 2 << 20], "longer"),
        (br#"(format: 7, name: "x", duration: "1s", cluster: (voters: 3))"#.into(), "format"),
        (whole("voters: 3").replace("1s", "90y").into(), "duration"),
    ];
    for (content, says) in cases {
        let (_folder, name) = written(&content);
        for command in ["run", "check"] {
            let output = squall([command, &name]);
            exits(&output, 2);
            let text = stderr(&output);
            assert!(text.contains(says), "`{says}` is not in:\n{text}");
            assert!(!text.contains("panicked"), "{text}");
            assert_eq!(stdout(&output), "");
        }
    }
    let folder = path("scenarios");
    for (name, says) in [("no/such.ron", "no such file"), (folder.to_str().expect("plain"), "is a folder")] {
        let output = squall(["run", name]);
        exits(&output, 2);
        assert!(stderr(&output).contains(says), "{}", stderr(&output));
    }
    if Path::new("/dev/zero").exists() {
        exits(&squall(["run", "/dev/zero"]), 2);
    }
}

#[test]
fn bad_usage_exits_with_2() {
    for arguments in [&["run"][..], &["run", "x.ron", "--seed", "many"], &["frobnicate"], &[]] {
        exits(&squall(arguments), 2);
    }
    exits(&squall(["--help"]), 0);
    exits(&squall(["--version"]), 0);
}

#[test]
fn check_says_of_every_scenario_whether_it_is_valid() {
    let files: Vec<String> = common::scenarios().iter().map(|file| file.display().to_string()).collect();
    let output = squall(["check".to_owned()].into_iter().chain(files.clone()));
    exits(&output, 0);
    assert_eq!(stdout(&output).lines().filter(|line| line.ends_with(": ok")).count(), files.len());
    let (_folder, broken) = written("(format: 1)");
    let output = squall(["check", &broken, &files[0]]);
    exits(&output, 2);
    assert_eq!(stdout(&output), format!("{}: ok\n", files[0]), "the others are checked all the same");
}

#[test]
fn the_readme_shows_what_the_program_does() {
    let readme = fs::read_to_string(path("README.md")).expect("a README");
    let report = fs::read_to_string(path("reports/leader-crash.txt")).expect("a sample");
    assert!(readme.contains(report.trim_end()), "the README shows another report than the program prints");
    let (_, example) = readme.split_once("```ron\n").expect("an example");
    let (example, _) = example.split_once("```").expect("its end");
    let (_folder, name) = written(example);
    let output = squall(["run", &name]);
    exits(&output, 0);
    assert_eq!(stderr(&output), "", "without warnings");
    for file in common::scenarios() {
        let name = file.strip_prefix(path("")).expect("in the repository").display().to_string();
        assert!(readme.contains(&name), "{name} is not in the README");
    }
}
