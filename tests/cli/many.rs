//! Several files, many seeds.

use super::{digest, exits, path, squall, stderr, stdout, written};
use std::fs;

const BROKEN: &str = "tests/fixtures/ack-before-flush.ron";

/// A scenario in which some seeds fail: the bug only shows when an answer is faster than the disk.
fn sometimes() -> (tempfile::TempDir, String) {
    written(
        r#"(format: 1, name: "sometimes", about: "Some fail.", duration: "1s",
            cluster: (voters: 3, disk: (flush: Constant("500us")), bug: AckBeforeFlush),
            network: (default: (latency: Uniform("100us", "10ms"))),
            clients: (count: 1, arrival: OpenLoop(rate: 10.0)))"#,
    )
}

/// A text without the way it is laid out.
fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn the_same_is_printed_however_many_run_at_a_time() {
    let (_folder, some) = sometimes();
    let cases: [&[&str]; 6] = [
        &["scenarios/cold-start.ron", "--seeds", "0..40"],
        &[&some, "--seeds", "0..40"],
        &[&some, BROKEN, "scenarios/cold-start.ron"],
        &[&some, BROKEN, "--seeds", "0..10", "--quiet"],
        &[&some, "scenarios/cold-start.ron", "--seeds", "0..30", "--fail-fast"],
        &[&some, "--seeds", "0..40", "--fail-fast", "--quiet"],
    ];
    for arguments in cases {
        let run = |jobs: &str| squall(["run", "--jobs", jobs].iter().chain(arguments));
        let one = run("1");
        for jobs in ["2", "7"] {
            let other = run(jobs);
            assert_eq!(stdout(&other), stdout(&one), "{arguments:?}");
            assert_eq!(other.status.code(), one.status.code());
        }
        assert_eq!(stderr(&one), "");
    }
}

#[test]
fn many_seeds_are_summed_up() {
    let output = squall(["run", "scenarios/leader-crash.ron", "--seeds", "0..20"]);
    exits(&output, 0);
    let text = stdout(&output);
    for line in [
        "leader-crash  scenarios/leader-crash.ron, seeds 0..20\n",
        "pass: 20",
        "Spans without leader  40 in all runs\n",
    ] {
        assert!(text.contains(line), "{line} is not in {text}");
    }
    let last: Vec<&str> = text.lines().rev().take(3).collect();
    assert_eq!(last[2], "runs: 20, failed: 0");
    assert_eq!(last[1], "verdict: pass");
    assert!(last[0].starts_with("digest: "));
    assert!(text.lines().all(|line| line.chars().count() <= 100 && line == line.trim_end()), "{text}");
    let other = stdout(&squall(["run", "scenarios/leader-crash.ron", "--seeds", "1..21"]));
    assert_ne!(digest(&text), digest(&other));
}

#[test]
fn violations_that_are_waived_are_counted() {
    let output = squall(["run", "scenarios/disk/lying-flush.ron", "--seeds", "0..3"]);
    exits(&output, 0);
    let text = stdout(&output);
    let row = text.lines().find(|line| line.trim_start().starts_with("waived violations")).expect("a row");
    assert!(row.contains(" 3 ") && row.contains("  runs that broke rules"), "{row}");
    assert!(words(&text).contains("recovery in 3"), "{text}");
    assert!(!stdout(&squall(["run", "scenarios/leader-crash.ron", "--seeds", "0..3"])).contains("waived"));
}

#[test]
fn failing_runs_are_listed_and_the_first_is_shown_in_full() {
    let output = squall(["run", BROKEN, "--seeds", "5..25"]);
    exits(&output, 1);
    let text = stdout(&output);
    let replays: Vec<&str> = text.lines().filter(|line| line.contains("replay: squall run ")).collect();
    assert_eq!(replays.len(), 11, "ten in the list, one below the report: {text}");
    let told = text.lines().filter(|line| line.starts_with("  safety violated  durable commit at ")).count();
    assert_eq!(told, 10, "{text}");
    for (seed, line) in (5..15).zip(&replays) {
        // Below what went wrong, since it would not fit beside it; and whole.
        assert_eq!(*line, format!("    replay: squall run {BROKEN} --seed {seed}"));
    }
    assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
    assert!(text.contains("and 10 more\n"));
    assert!(text.contains("ack-before-flush  tests/fixtures/ack-before-flush.ron, seed 5\n"));
    assert!(text.contains("Violation of durable commit"));
    assert!(text.contains("runs: 20, failed: 20\nverdict: safety violated\ndigest: "));
    assert_eq!(text.lines().filter(|line| line.starts_with("verdict: ")).count(), 1);
    assert_eq!(text.lines().filter(|line| line.starts_with("digest: ")).count(), 1);
}

#[test]
fn several_files_have_a_row_each() {
    let output = squall(["run", "scenarios/cold-start.ron", BROKEN, "scenarios/steady-load.ron"]);
    exits(&output, 1);
    let text = stdout(&output);
    for (name, verdict) in
        [("cold-start", "pass"), ("ack-before-flush", "safety violated"), ("steady-load", "pass")]
    {
        let row = text.lines().find(|line| line.trim_start().starts_with(name)).expect("a row");
        assert!(row.contains(verdict), "{row}");
    }
    assert!(text.contains("Violation of durable commit"), "failing ones in full: {text}");
    assert!(!text.contains("The plainest"), "the others not");
    assert!(text.contains("runs: 3, failed: 1\nverdict: safety violated\ndigest: "));
    let seven =
        stdout(&squall(["run", "scenarios/cold-start.ron", "scenarios/steady-load.ron", "--seed", "7"]));
    assert!(seven.contains("cold-start      7  pass"), "{seven}");
}

#[test]
fn quiet_prints_what_failed_and_the_last_lines() {
    let output = squall(["run", "scenarios/cold-start.ron", "--quiet"]);
    exits(&output, 0);
    let text = stdout(&output);
    let lines: Vec<&str> = text.lines().collect();
    assert!(
        matches!(lines.as_slice(), ["verdict: pass", digest] if digest.starts_with("digest: ")),
        "{text}"
    );
    let text = stdout(&squall(["run", "scenarios/cold-start.ron", "--quiet", "--seeds", "0..9"]));
    assert!(text.starts_with("runs: 9, failed: 0\nverdict: pass\ndigest: "), "{text}");
    let output = squall(["run", BROKEN, "--quiet"]);
    exits(&output, 1);
    assert!(stdout(&output).contains("Violation of durable commit"));
    let text = stdout(&squall(["run", BROKEN, "scenarios/cold-start.ron", "--quiet"]));
    assert!(text.contains("Violation of durable commit") && !text.contains("cold-start"), "{text}");
}

#[test]
fn a_run_stops_at_its_first_violation_and_so_do_the_runs() {
    let full = stdout(&squall(["run", BROKEN]));
    let output = squall(["run", BROKEN, "--fail-fast"]);
    exits(&output, 1);
    let text = stdout(&output);
    assert!(full.contains("virtual time      3s:"), "{full}");
    assert!(text.contains("virtual time      183.06759ms:"), "{text}");
    let evidence = |text: &str| {
        let (_, evidence) = text.split_once("The last records").expect("evidence");
        evidence.split("replay").next().expect("text").to_owned()
    };
    assert_eq!(evidence(&text), evidence(&full), "what led there is the same");

    let (_folder, some) = sometimes();
    let count = |text: &str| -> (u64, u64) {
        let line = text.lines().find_map(|line| line.strip_prefix("runs: ")).expect("a line of runs");
        let (runs, failed) = line.split_once(", failed: ").expect("two numbers");
        (runs.parse().expect("a number"), failed.parse().expect("a number"))
    };
    let all = squall(["run", &some, "--seeds", "1..41"]);
    exits(&all, 1);
    let (runs, failed) = count(&stdout(&all));
    assert!(runs == 40 && 1 < failed && failed < 39, "{failed} failed");
    let output = squall(["run", &some, "--seeds", "1..41", "--fail-fast"]);
    exits(&output, 1);
    let (runs, failed) = count(&stdout(&output));
    assert!(1 < runs && runs < 40 && failed == 1, "{runs} runs, {failed} failed");
    assert!(words(&stdout(&output)).contains("; stopped at the first that failed, of 40 "));
}

#[test]
fn a_livelock_among_many_runs_costs_the_others_nothing() {
    let (_folder, stuck) = written(
        r#"(format: 1, name: "stuck", duration: "1s", cluster: (voters: 1, disk: (flush: Constant("0s"))),
            clients: (count: 1, arrival: ClosedLoop(think: "0s"), timeout: "2s", backoff: (base: "20ms", cap: "20ms")))"#,
    );
    let output = squall(["run", &stuck, "scenarios/cold-start.ron"]);
    exits(&output, 3);
    assert!(stdout(&output).contains("runs: 2, failed: 1\nverdict: livelock\n"));
    exits(&squall(["run", &stuck, BROKEN, "--quiet"]), 1);
}

#[test]
fn json_holds_all_runs_in_order() {
    let run = |jobs| {
        let arguments =
            ["run", "scenarios/cold-start.ron", BROKEN, "--seeds", "0..6", "--json", "--jobs", jobs];
        let output = squall(arguments);
        exits(&output, 1);
        let mut document: serde_json::Value = serde_json::from_str(&stdout(&output)).expect("JSON");
        assert!(document["host"]["wall_ns"].as_u64().expect("a number") > 0);
        document["host"].take();
        document
    };
    let document = run("1");
    assert_eq!(document, run("4"));
    let runs = document["runs"].as_array().expect("runs");
    let told: Vec<(&str, &str)> = runs
        .iter()
        .map(|run| (run["scenario"].as_str().expect("text"), run["seed"].as_str().expect("text")))
        .collect();
    let expected = ["cold-start", "ack-before-flush"]
        .map(|name| ["0", "1", "2", "3", "4", "5"].map(|seed| (name, seed)));
    assert_eq!(told, expected.concat());
    let one = squall(["run", BROKEN, "--seed", "3", "--json"]);
    let one: serde_json::Value = serde_json::from_str(&stdout(&one)).expect("JSON");
    assert_eq!(one["runs"][0], runs[9], "a run is the same alone and among others");
}

#[test]
fn reports_of_many_runs_are_summaries_and_of_single_ones_whole() {
    let folder = tempfile::tempdir().expect("a folder");
    let name = folder.path().to_str().expect("a plain name");
    exits(&squall(["run", "scenarios/cold-start.ron", BROKEN, "--seeds", "0..12", "--report", name]), 1);
    let read = |file: &str| fs::read_to_string(folder.path().join(file)).expect("a report");
    assert!(read("cold-start.txt").starts_with("cold-start  scenarios/cold-start.ron, seeds 0..12\n"));
    let summary: serde_json::Value = serde_json::from_str(&read("ack-before-flush.json")).expect("JSON");
    assert_eq!(summary["runs"], 12);
    assert_eq!(summary["verdicts"]["safety"], 12);
    assert_eq!(summary["first_failing"].as_array().map(Vec::len), Some(10));
    exits(&squall(["run", "scenarios/cold-start.ron", "scenarios/leader-crash.ron", "--report", name]), 0);
    assert_eq!(
        read("leader-crash.txt"),
        fs::read_to_string(path("reports/leader-crash.txt")).expect("a sample")
    );
    assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 5 + 5 + 5, "all have a picture");
    // A run without one leaves no picture of others behind.
    exits(&squall(["run", "scenarios/cold-start.ron", "--seeds", "0..1", "--report", name, "--quiet"]), 0);
    assert!(folder.path().join("cold-start.svg").exists(), "one run is drawn over time");
    exits(&squall(["run", "scenarios/steady-load.ron", "--seeds", "0..2", "--report", name, "--quiet"]), 0);

    // What can't be a folder is told before the runs.
    let file = folder.path().join("cold-start.txt");
    let output = squall(["run", "scenarios/cold-start.ron", "--report", file.to_str().expect("plain")]);
    exits(&output, 2);
    let told = stderr(&output);
    assert!(told.contains("can't be a folder, since ") && told.contains("\nhelp: name a folder"), "{told}");
    assert_eq!(stdout(&output), "");

    fs::create_dir(folder.path().join("a")).expect("made");
    let copy = folder.path().join("a/cold-start.ron");
    fs::copy(path("scenarios/cold-start.ron"), &copy).expect("copied");
    let output = squall(["run", "scenarios/cold-start.ron", copy.to_str().expect("plain"), "--report", name]);
    exits(&output, 2);
    assert!(stderr(&output).contains("would have the same name"), "{}", stderr(&output));
}

#[test]
fn many_runs_are_checked_for_determinism_each() {
    let output = squall(["run", "scenarios/cold-start.ron", BROKEN, "--check-determinism", "--fail-fast"]);
    exits(&output, 1);
    assert!(stderr(&output).contains("second processes made 2 runs again"), "{}", stderr(&output));
    let arguments =
        ["scenarios/leader-pause.ron", "--seeds", "0..3", "--check-determinism", "--inject-nondeterminism"];
    let output = squall(["run"].iter().chain(&arguments));
    exits(&output, 5);
    assert!(stdout(&output).contains("runs: 3, failed: 3\nverdict: nondeterminism\n"), "{}", stdout(&output));
}

#[test]
fn a_file_named_twice_is_refused() {
    let file = "scenarios/cold-start.ron";
    for again in [file, "scenarios/../scenarios/cold-start.ron", "scenarios/cold-s*.ron"] {
        let output = squall(["run", file, again]);
        exits(&output, 2);
        assert_eq!(stdout(&output), "");
        let text = stderr(&output);
        assert!(text.contains("cold-start.ron is named twice\nhelp: name each scenario once; "), "{text}");
    }
}

/// What was made so far is told, and written, in all its forms.
#[cfg(unix)]
#[test]
fn an_interrupt_ends_runs_with_what_is_there() {
    use std::io::{BufRead, BufReader, Read};
    use std::process::{Command, Stdio};
    let folder = tempfile::tempdir().expect("a folder");
    let name = |name: &str| folder.path().join(name).to_str().expect("a plain name").to_owned();
    let (reports, junit) = (name("reports"), name("cases.xml"));
    let files = ["scenarios/leader-crash.ron", "scenarios/cold-start.ron"];
    let mut child = Command::new(env!("CARGO_BIN_EXE_squall"))
        .current_dir(path(""))
        .args([&["run"], &files[..], &["--seeds", "0..1000000", "--json"]].concat())
        .args(["--report", &reports, "--junit", &junit])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program runs");
    let mut told = BufReader::new(child.stdout.take().expect("a pipe"));
    let mut text = String::new();
    // The first run is there.
    while !text.contains("\"seed\"") {
        assert_ne!(told.read_line(&mut text).expect("text"), 0, "{text}");
    }
    let killed = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill runs");
    assert!(killed.success());
    told.read_to_string(&mut text).expect("text");
    let output = child.wait_with_output().expect("it ends");
    exits(&output, 6);
    let document: serde_json::Value = serde_json::from_str(&text).expect("a whole document");
    let runs = document["runs"].as_array().expect("runs").len();
    let made = format!("interrupted after {runs} of 2,000,000 runs");
    assert!(stderr(&output).ends_with(&format!("{made}\n")), "{}", stderr(&output));
    let read = |file: &str| fs::read_to_string(folder.path().join(file)).expect("a file");
    let summary: serde_json::Value = serde_json::from_str(&read("reports/leader-crash.json")).expect("JSON");
    assert_eq!(summary["runs"], runs);
    let left = |planned: u64| serde_json::json!({ "runs": runs, "planned": planned });
    assert_eq!((&document["interrupted"], &summary["interrupted"]), (&left(2_000_000), &left(1_000_000)));
    assert!(read("reports/leader-crash.txt").contains("; interrupted, of 1,000,000"));
    assert!(!folder.path().join("reports/cold-start.json").exists(), "nothing is told of what was not run");
    let cases = read("cases.xml");
    assert!(cases.contains(&format!(r#"name="runs" value="{runs}""#)), "{cases}");
    assert!(cases.contains(r#"errors="2""#) && cases.contains(r#"<testcase name="cold-start""#), "{cases}");
    assert!(cases.contains(&format!(r#"<error message="{made}" type="interrupted">"#)), "{cases}");
}

#[test]
fn what_was_expected_decides_among_many_too() {
    let scenario = |expect: &str| {
        written(format!(
            r#"(format: 1, name: "x", duration: "1s", cluster: (voters: 3),
                clients: (count: 1, arrival: OpenLoop(rate: 20.0)), expect: [{expect}])"#
        ))
    };
    let (_one, fails) = scenario(r#"LeaderWithin(bound: "1ms", after: At("0s"))"#);
    let (_two, idle) = scenario(r#"Availability(at_least: 0.5, during: Between("0s", "10us"))"#);
    exits(&squall(["run", &idle, "--seeds", "0..4", "--quiet"]), 4);
    exits(&squall(["run", &idle, &fails, "scenarios/cold-start.ron"]), 3);
    let output = squall(["run", &fails, "--seeds", "0..4"]);
    exits(&output, 3);
    let text = stdout(&output);
    assert!(text.contains("expectation failed: 4"), "{text}");
    assert!(text.contains("runs: 4, failed: 4\nverdict: expectation failed\n"), "{text}");
    assert!(text.contains("Expectation failed\n"), "the first one in full: {text}");
    // An expected violation ends no run early, and fails none.
    let expected = squall(["run", "scenarios/bugs/ack-before-flush.ron", "--seeds", "1..4", "--fail-fast"]);
    exits(&expected, 0);
    assert!(stdout(&expected).contains("runs: 3, failed: 0"));
    let alone =
        |more: &[&str]| stdout(&squall(["run", "scenarios/bugs/ack-before-flush.ron"].iter().chain(more)));
    assert_eq!(alone(&["--fail-fast"]), alone(&[]));
}

#[test]
fn all_forms_of_a_summary_have_the_same_numbers() {
    let folder = tempfile::tempdir().expect("a folder");
    let name = folder.path().to_str().expect("a plain name");
    let report = || {
        let output =
            squall(["run", "scenarios/cold-start.ron", BROKEN, "--seeds", "0..30", "--report", name]);
        exits(&output, 1);
        let read = |file: &str| fs::read_to_string(folder.path().join(file)).expect("a report");
        let forms = |stem: &str| ["txt", "md", "html", "json"].map(|form| read(&format!("{stem}.{form}")));
        [forms("cold-start"), forms("ack-before-flush")]
    };
    let reports = report();
    assert_eq!(reports, report(), "nothing of the machine is in them");
    let [[text, markdown, html, json], broken] = reports;
    let shown = "no failure in 30 seeds: at most 10 % of seeds fail (95 %)";
    for form in [&text, &markdown, &html, &json] {
        assert!(words(form).contains(shown), "{form}");
    }
    for row in ["leader availability", "without leader", "elections per run", "p50", "start"] {
        let line = |text: &str| -> Vec<String> {
            let line = text.lines().find(|line| line.trim_start_matches(['|', ' ']).starts_with(row));
            let cells = line.expect(row).split(['|', ' ']).filter(|cell| !cell.is_empty());
            cells.map(str::to_owned).take(row.split(' ').count() + 4).collect()
        };
        assert_eq!(line(&text), line(&markdown), "{row}");
        let value = &line(&text)[row.split(' ').count()];
        assert!(html.contains(&format!(">{value}")), "{row} {value} in {html}");
    }
    for part in [
        r#"role="img""#,
        "<title id=",
        "<desc id=",
        "<table>",
        r#"lang="en""#,
        "95 % interval of a percentile",
    ] {
        assert!(html.contains(part), "{part} in {html}");
    }
    let fetched = ["<script", "<link", "src=", "url(", "@import"];
    assert!(fetched.iter().all(|way| !html.contains(way)), "{html}");
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    let each = json["each"].as_array().expect("all runs");
    assert_eq!((each.len(), &each[29]["seed"]), (30, &"29".into()));
    let share = |run: &serde_json::Value, field: &str| run[field].as_f64().expect("a number");
    let least = each.iter().map(|run| 1.0 - share(run, "leaderless_ns") / share(run, "simulated_ns"));
    let told = json["leader_availability"]["least"].as_f64().expect("a number");
    assert!((least.fold(1.0, f64::min) - told).abs() < 1e-9);
    for form in &broken[..3] {
        for part in [
            "30 of 30 seeds failed",
            "Violation of durable commit",
            "ack-before-flush.ron --seed 9",
            "and 20 more",
        ] {
            assert!(words(form).contains(part), "{part} in {form}");
        }
    }
}
