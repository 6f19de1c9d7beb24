//! Random runs, as a user makes them.

use super::{digest, exits, path, squall, stderr, stdout, written};
use std::fs;
use std::process::{Command, Stdio};

/// In a folder of its own, so that nothing is left in the repository.
fn fuzz(arguments: &[&str]) -> (tempfile::TempDir, std::process::Output) {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().to_str().expect("a plain name").to_owned();
    let output = squall([&["fuzz"], arguments, &["--out", &out]].concat());
    (folder, output)
}

#[test]
fn the_canary_is_found_whatever_the_number_of_jobs() {
    let run = |jobs| {
        let (folder, output) = fuzz(&["canary", "--seeds", "0..12", "--jobs", jobs]);
        exits(&output, 1);
        let text = stdout(&output).replace(folder.path().to_str().expect("a plain name"), "DIR");
        (folder, text)
    };
    let (folder, text) = run("1");
    assert_eq!(text, run("2").1);
    assert!(text.contains("written: DIR/canary-durable-commit.ron\n"), "{text}");
    assert!(
        text.contains("12 of 12 seeds failed\nruns: 12, failed: 12\nverdict: safety violated\n"),
        "{text}"
    );

    let found = folder.path().join("canary-durable-commit.ron");
    let scenario = fs::read_to_string(&found).expect("a scenario");
    assert!(scenario.starts_with("// Drawn from the profile canary with seed "), "{scenario}");
    let again = squall(["run", found.to_str().expect("a plain name")]);
    exits(&again, 1);
    assert!(scenario.contains(&format!("// digest: {}\n", digest(&stdout(&again)))), "{scenario}");
    let report = fs::read_to_string(found.with_extension("txt")).expect("a report");
    assert!(report.contains("durable commit"), "{report}");
    let document = fs::read_to_string(found.with_extension("json")).expect("a report");
    assert!(serde_json::from_str::<serde_json::Value>(&document).is_ok());

    let replay = text.lines().rev().find_map(|line| line.trim().strip_prefix("replay: squall "));
    let replay: Vec<&str> = replay.expect("a command").split(' ').collect();
    let (_folder, output) = fuzz(&replay[1..]);
    exits(&output, 1);
    assert!(stdout(&output).contains("1 of 1 seed failed"), "{}", stdout(&output));
}

#[test]
fn a_sound_protocol_passes_and_what_was_drawn_is_told() {
    let (folder, output) = fuzz(&["quick", "--seeds", "0..40"]);
    exits(&output, 0);
    let text = stdout(&output);
    assert!(text.starts_with("quick  random runs, seeds 0..40\n"), "{text}");
    assert!(text.contains("no failure in 40 seeds: at most 7.5 % of seeds fail (95 %)"), "{text}");
    assert!(text.contains("Drawn  in how many of the runs"), "{text}");
    assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 0, "nothing is written");
    let (_folder, quiet) = fuzz(&["quick", "--seeds", "0..40", "--quiet"]);
    assert!(stdout(&quiet).starts_with("no failure in 40 seeds"), "{}", stdout(&quiet));
    assert_eq!(digest(&stdout(&quiet)), digest(&text));
    assert_eq!(stderr(&quiet), format!("squall {}, profile quick, seeds 0..40\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn the_document_holds_what_the_text_does() {
    let (folder, output) = fuzz(&["canary", "--seeds", "3..9", "--json", "--quiet"]);
    exits(&output, 1);
    let document: serde_json::Value = serde_json::from_str(&stdout(&output)).expect("JSON");
    assert_eq!((&document["profile"], &document["seeds"][0]), (&"canary".into(), &"3".into()));
    assert_eq!((&document["runs"], &document["failed"]), (&6.into(), &6.into()));
    assert_eq!(document["drawn"]["crashes"], 6);
    let finding = &document["findings"][0];
    assert_eq!(finding["signature"], "durable commit");
    let file = finding["smallest"]["file"].as_str().expect("a file");
    assert!(file.starts_with(folder.path().to_str().expect("a plain name")) && fs::metadata(file).is_ok());
}

#[test]
fn it_ends_after_enough_failures_or_in_time() {
    let (_folder, output) = fuzz(&["canary", "--max-failures", "2"]);
    exits(&output, 1);
    assert!(stdout(&output).contains("canary  random runs, seeds 0..2\n"), "{}", stdout(&output));
    let (_folder, output) = fuzz(&["quick", "--for", "1ms"]);
    exits(&output, 0);
    assert!(stdout(&output).contains("runs: 1, failed: 0\n"), "{}", stdout(&output));
}

#[test]
fn profiles_are_files_or_come_with_squall() {
    let output = squall(["fuzz", "defualt"]);
    exits(&output, 2);
    assert!(stderr(&output).contains("did you mean `default`?"), "{}", stderr(&output));
    let output = squall(["fuzz", "scenarios"]);
    exits(&output, 2);
    assert!(stderr(&output).contains("scenarios: is a folder"), "{}", stderr(&output));
    let output = squall(["check", "tests/profile_errors/storm-that-never-comes.ron"]);
    exits(&output, 0);
    assert!(
        stderr(&output).starts_with("warning: "),
        "a profile is known wherever it stands: {}",
        stderr(&output)
    );
    let output = squall(["fuzz", "storm"]);
    exits(&output, 2);
    assert!(
        stderr(&output).contains(
            "there are breakers, canary, changes, clocks, cores, corruption, cruel, default, disks, equal-timers, hostile, \
             leases, overload, partitions, quick, replacements, retries, unresponsive"
        ),
        "{}",
        stderr(&output)
    );
    let output = squall(["fuzz", "scenarios/cold-start.ron"]);
    exits(&output, 2);
    assert!(
        stderr(&output).contains("this file is a scenario, and a profile is wanted"),
        "{}",
        stderr(&output)
    );
    exits(&squall(["fuzz", "missing.ron"]), 2);
    let (_folder, broken) =
        written(r#"(format: 1, name: "x", duration: "9s", settle: "9s", cluster: (voters: []))"#);
    let output = squall(["fuzz", &broken]);
    exits(&output, 2);
    assert!(stderr(&output).contains("no number of voters can be drawn"), "{}", stderr(&output));
    let output = squall(["check", "scenarios/profiles/*.ron"]);
    exits(&output, 0);
    assert!(stdout(&output).contains("scenarios/profiles/cruel.ron: ok\n"), "{}", stdout(&output));
    let output = squall(["run", "scenarios/profiles/*.ron"]);
    exits(&output, 2);
    assert!(stderr(&output).contains("no file matches"), "{}", stderr(&output));
}

/// Runs `squall fuzz quick` in a folder with this file among its regressions.
fn with_regression(text: &str) -> std::process::Output {
    let folder = tempfile::tempdir().expect("a folder");
    let regressions = folder.path().join("scenarios/regressions");
    fs::create_dir_all(&regressions).expect("made");
    fs::write(regressions.join("old.ron"), text).expect("written");
    quick_in(&folder)
}

/// Runs `squall fuzz quick` in a folder.
fn quick_in(folder: &tempfile::TempDir) -> std::process::Output {
    Command::new(env!("CARGO_BIN_EXE_squall"))
        .current_dir(folder.path())
        .args(["fuzz", "quick", "--seeds", "0..2"])
        .stdin(Stdio::null())
        .output()
        .expect("the program runs")
}

#[test]
fn what_was_found_before_is_run_first() {
    let bug = fs::read_to_string(path("tests/fixtures/ack-before-flush.ron")).expect("a scenario");
    let output = with_regression(&bug);
    exits(&output, 1);
    let text = stdout(&output);
    assert!(text.contains("Regressions  held: 0, stale: 0, failed: 1\n"), "{text}");
    assert!(text.contains("  scenarios/regressions/old.ron: durable commit\n"), "{text}");
    assert!(text.contains("runs: 2, failed: 0\nverdict: safety violated\n"), "{text}");

    let sound = bug.replace("bug: AckBeforeFlush", "");
    let end = sound.rfind(')').expect("an end");
    let found = |digest: &str| {
        format!(
            "{}, found: (version: \"0.1.0\", seed: 7, digest: \"{digest}\"))",
            sound[..end].trim_end().trim_end_matches(',')
        )
    };
    let output = with_regression(&found("00112233445566778899aabbccddeeff"));
    exits(&output, 0);
    assert!(stdout(&output).contains("old.ron: stale"), "{}", stdout(&output));
    assert!(stdout(&output).contains("verdict: pass\n"), "{}", stdout(&output));

    let output = with_regression("(format: 1)");
    exits(&output, 2);
    assert!(stderr(&output).contains("`name` is missing"), "{}", stderr(&output));
}

#[test]
fn what_is_no_regression_is_told_with_its_file() {
    let profile = fs::read_to_string(path("scenarios/profiles/quick.ron")).expect("a profile");
    let output = with_regression(&profile);
    exits(&output, 2);
    assert!(stderr(&output).contains("--> scenarios/regressions/old.ron:2:1"), "{}", stderr(&output));
    assert!(
        stderr(&output).contains("this file is a profile, and a scenario is wanted"),
        "{}",
        stderr(&output)
    );

    let folder = tempfile::tempdir().expect("a folder");
    let output = quick_in(&folder);
    exits(&output, 0);
    assert!(!stdout(&output).contains("Regressions"), "without a folder there are none: {}", stdout(&output));
    fs::create_dir(folder.path().join("scenarios")).expect("made");
    fs::write(folder.path().join("scenarios/regressions"), "").expect("written");
    let output = quick_in(&folder);
    exits(&output, 2);
    assert!(
        stderr(&output).starts_with("error: scenarios/regressions can't be read: "),
        "{}",
        stderr(&output)
    );
}

#[test]
fn a_folder_for_findings_that_can_not_be_is_told_before_anything_runs() {
    let (_folder, file) = written("");
    for out in [file.clone(), format!("{file}/inside")] {
        let output = squall(["fuzz", "canary", "--seeds", "0..2", "--out", &out]);
        exits(&output, 2);
        assert_eq!(stdout(&output), "");
        assert!(stderr(&output).contains(&format!("can't be a folder, since {file} is none\nhelp: ")));
    }
}

#[test]
fn numbers_of_runs_make_sense() {
    for (arguments, says) in [
        (["--seeds", "5..5"], "no seed is in it, since 5 is excluded"),
        (["--seeds", "9..3"], "it ends before it begins; write 3..9"),
        (["--seeds", "3"], "write A..B, such as 0..100"),
        (["--jobs", "0"], "1 or more"),
        (["--max-failures", "0"], "write a whole number, 1 or more"),
    ] {
        let output = squall([&["fuzz", "quick"][..], &arguments].concat());
        exits(&output, 2);
        assert!(stderr(&output).contains(says), "{}", stderr(&output));
    }
}

#[cfg(unix)]
#[test]
fn an_interrupt_ends_it_with_a_report() {
    let folder = tempfile::tempdir().expect("a folder");
    let child = Command::new(env!("CARGO_BIN_EXE_squall"))
        .current_dir(folder.path())
        .args(["fuzz", "quick", "--for", "10m", "--json", "--junit", "cases.xml"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program runs");
    std::thread::sleep(std::time::Duration::from_millis(1_500));
    let killed = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill runs");
    assert!(killed.success());
    let output = child.wait_with_output().expect("it ends");
    exits(&output, 6);
    let report: serde_json::Value = serde_json::from_str(&stdout(&output)).expect("a whole document");
    let left = serde_json::json!({ "runs": report["runs"], "planned": null });
    assert_eq!((&report["verdict"], &report["interrupted"]), (&"pass".into(), &left));
    assert!(stderr(&output).contains("\ninterrupted after "), "{}", stderr(&output));
    let cases = fs::read_to_string(folder.path().join("cases.xml")).expect("a file");
    assert!(cases.contains(r#"errors="1""#) && cases.contains(r#" type="interrupted">"#), "{cases}");
}

/// What the guide shows is what the program prints.
#[test]
fn the_way_from_a_seed_to_its_cause_is_as_the_guide_says() {
    let guide = fs::read_to_string(path("docs/fuzzing.md")).expect("the guide");
    let (_, part) = guide.split_once("## From a failing seed to its cause").expect("the part");
    let (part, _) = part.split_once("\n## ").expect("the next part");
    let (folder, output) = fuzz(&["canary", "--seeds", "0..20", "--quiet"]);
    exits(&output, 1);
    let finding = folder.path().join("canary-durable-commit.ron");
    let run = squall(["run", finding.to_str().expect("a plain name")]);
    exits(&run, 1);
    let resolved = squall(["resolve", "canary", "--seed", "3"]);
    exits(&resolved, 0);
    let printed = stdout(&output) + &stdout(&resolved);
    let mut shown = 0;
    for block in part.split("```text\n").skip(1) {
        let (block, _) = block.split_once("```").expect("its end");
        for line in block.lines().map(str::trim).filter(|line| !line.is_empty()) {
            assert!(printed.lines().any(|printed| printed.trim() == line), "nothing prints `{line}`");
            shown += 1;
        }
    }
    assert!(shown >= 9, "{shown} lines");
    let rule = "entry 1 of term 1 was committed while durable on n2: a quorum is 2";
    assert!(part.contains(rule) && stdout(&run).contains(rule), "{}", stdout(&run));
}

/// A profile of small runs in which this has to happen.
fn small(folder: &std::path::Path, sometimes: &str) -> String {
    let text = format!(
        r#"(format: 1, name: "small", duration: "3s", settle: "2s", cluster: (voters: [(3, 1)]), sometimes: [{sometimes}],
            storm: [(likely: 0.1, every: ("100ms", "1s"), for: ("30ms", "500ms"), do: Crash(Random))])"#
    );
    let file = folder.join("small.ron");
    fs::write(&file, text).expect("written");
    file.to_str().expect("a plain name").to_owned()
}

#[test]
fn a_hunt_can_go_on_until_everything_was_reached() {
    let here = tempfile::tempdir().expect("a folder");
    let profile = small(here.path(), "LeaderElected, NodeRestarted");
    let (_folder, output) = fuzz(&[&profile, "--until-covered", "--json", "--quiet"]);
    exits(&output, 0);
    let document: serde_json::Value = serde_json::from_str(&stdout(&output)).expect("a document");
    let coverage = &document["coverage"];
    assert_eq!(coverage["complete"], true);
    let (runs, level) =
        (document["runs"].as_u64().expect("runs"), coverage["level_for"].as_u64().expect("runs"));
    assert!(level >= 100 && runs <= 2 * level, "{runs} runs, level for {level}");
    assert!(coverage["reached"]["faults"]["Crash"]["runs"].as_u64().expect("runs") > 0);
    assert!(coverage["never"]["faults"].to_string().contains("Wipe"), "{coverage}");
    // As many, however many at a time.
    let (_folder, alone) = fuzz(&[&profile, "--until-covered", "--quiet", "--jobs", "1"]);
    assert!(stdout(&alone).contains(&format!("runs: {runs}, failed: 0")), "{}", stdout(&alone));
}

#[test]
fn what_has_to_happen_and_does_not_is_no_pass() {
    let here = tempfile::tempdir().expect("a folder");
    let profile = small(here.path(), "LeaderElected, SnapshotTaken");
    let (_folder, output) = fuzz(&[&profile, "--until-covered", "--seeds", "0..150"]);
    exits(&output, 4);
    let missing = "this never did: SnapshotTaken";
    assert!(stderr(&output).contains(missing), "{}", stderr(&output));
    assert!(stdout(&output).contains("verdict: vacuous"), "{}", stdout(&output));
    assert!(stdout(&output).contains("Coverage  "), "{}", stdout(&output));
    // Who only looks is told, too, and has passed.
    let (_folder, output) = fuzz(&[&profile, "--coverage", "--seeds", "0..5"]);
    exits(&output, 0);
    assert!(stdout(&output).contains(missing), "{}", stdout(&output));
}

#[test]
fn a_run_tells_what_it_reached() {
    let scenario = path("scenarios/leader-crash.ron");
    let scenario = scenario.to_str().expect("a plain name");
    let output = squall(["run", scenario, "--coverage"]);
    exits(&output, 0);
    assert!(stdout(&output).contains("changes of role"), "{}", stdout(&output));
    let output = squall(["run", scenario, "--coverage", "--json"]);
    let document: serde_json::Value = serde_json::from_str(&stdout(&output)).expect("a document");
    let coverage = &document["runs"][0]["coverage"];
    assert_eq!(coverage["reached"]["faults"], serde_json::json!(["Crash"]));
    exits(&squall(["run", scenario, "--coverage", "--seeds", "0..2"]), 2);
}
