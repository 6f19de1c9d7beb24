//! Two reports compared, as a user does it.

use super::{exits, squall, stderr, stdout};
use std::fs;
use std::path::Path;
use std::process::Output;

/// A scenario of these election timeouts, in milliseconds, in which the leader crashes.
fn scenario(name: &str, timeouts: (u32, u32), more: &str) -> String {
    let (least, most) = timeouts;
    format!(
        r#"(format: 1, name: "{name}", duration: "4s",
            cluster: (voters: 3, raft: (heartbeat: "50ms", election_timeout: ("{least}ms", "{most}ms"))),
            clients: (count: 2, arrival: OpenLoop(rate: 20.0)),
            faults: [(id: "crash", at: "2s", do: Crash(Leader))], {more})"#
    )
}

/// A folder in which reports are made and compared.
struct Bench(tempfile::TempDir);

impl Bench {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).to_str().expect("a plain name").to_owned()
    }

    fn write(&self, name: &str, text: &str) -> String {
        fs::write(self.0.path().join(name), text).expect("written");
        self.path(name)
    }

    /// What `squall run --json` prints of a scenario, in a file.
    fn runs(&self, name: &str, scenario: &str, seeds: &str) -> String {
        let file = self.write(&format!("{name}.ron"), scenario);
        let output = squall(["run", &file, "--seeds", seeds, "--json", "--quiet"]);
        self.write(&format!("{name}.json"), &stdout(&output))
    }

    /// The JSON summary of a scenario, which `--report` writes.
    fn summary(&self, name: &str, scenario: &str, seeds: &str) -> String {
        let file = self.write(&format!("{name}.ron"), scenario);
        let folder = self.path("reports");
        squall(["run", &file, "--seeds", seeds, "--quiet", "--report", &folder]);
        Path::new(&folder).join(format!("{name}.json")).to_str().expect("a plain name").to_owned()
    }
}

fn diff(old: &str, new: &str, more: &[&str]) -> Output {
    squall([&["diff", old, new], more].concat())
}

fn last(output: &Output) -> String {
    stdout(output).lines().last().expect("a line").to_owned()
}

#[test]
fn the_same_report_twice_is_no_change() {
    let bench = Bench::new();
    for report in [
        bench.runs("a", &scenario("a", (150, 300), ""), "0..12"),
        bench.summary("b", &scenario("b", (150, 300), ""), "0..12"),
    ] {
        let output = diff(&report, &report, &["--tolerate", "0.1%"]);
        exits(&output, 0);
        assert_eq!(last(&output), "outcome: no change");
        assert!(stdout(&output).contains("12 seeds in both, no change"), "{}", stdout(&output));
    }
}

#[test]
fn a_longer_election_timeout_is_a_regression_and_a_shorter_one_is_none() {
    let bench = Bench::new();
    let short = bench.runs("short", &scenario("x", (150, 300), ""), "0..40");
    let long = bench.runs("long", &scenario("x", (900, 1200), ""), "0..40");
    let output = diff(&short, &long, &[]);
    exits(&output, 3);
    let text = stdout(&output);
    for part in [
        "election timeout: 150ms to 300ms -> 900ms to 1.2s",
        "x: leader availability got worse: -",
        "x: time without leader got worse: +",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert_eq!(last(&output), "outcome: regression");
    let quiet = diff(&short, &long, &["--quiet"]);
    exits(&quiet, 3);
    assert!(stdout(&quiet).starts_with("x: leader availability got worse"), "{}", stdout(&quiet));

    let json = diff(&short, &long, &["--json"]);
    exits(&json, 3);
    let json: serde_json::Value = serde_json::from_str(&stdout(&json)).expect("JSON");
    assert_eq!(
        (&json["regressed"], &json["same"], &json["scenarios"][0]["pairs"]),
        (&true.into(), &false.into(), &40.into())
    );
    let figure = &json["scenarios"][0]["figures"][0];
    assert_eq!((&figure["figure"], &figure["ruling"]), (&"leader_availability".into(), &"worse".into()));
    assert!(figure["interval"]["high"].as_f64().expect("a number") < 0.0);

    for (form, parts) in [
        (
            "markdown",
            [
                "# Difference: regression\n",
                "**x: leader availability got worse: -",
                "| leader availability |",
            ],
        ),
        (
            "html",
            ["<!DOCTYPE html>", "<strong class=\"bad\">x: leader availability got worse", "aria-label=\"x\""],
        ),
    ] {
        let output = diff(&short, &long, &["--form", form]);
        exits(&output, 3);
        let text = stdout(&output);
        assert!(parts.iter().all(|part| text.contains(part)), "{text}");
    }

    // What is tolerated is none, nor is what gets better.
    let output = diff(&short, &long, &["--tolerate", "90%"]);
    exits(&output, 0);
    assert_eq!(last(&output), "outcome: no regression");
    let output = diff(&long, &short, &[]);
    exits(&output, 0);
    assert!(stdout(&output).contains("better"), "{}", stdout(&output));
}

#[test]
fn both_kinds_of_report_say_the_same() {
    let bench = Bench::new();
    let of = |name: &str, timeouts| scenario(name, timeouts, "");
    let whole =
        [bench.runs("a", &of("x", (150, 300)), "0..15"), bench.runs("b", &of("x", (150, 900)), "5..20")];
    let sums = [
        bench.summary("c", &of("x", (150, 300)), "0..15"),
        bench.summary("d", &of("x", (150, 900)), "5..20"),
    ];
    let figures = |[old, new]: &[String; 2]| {
        let output = diff(old, new, &["--json"]);
        let json: serde_json::Value = serde_json::from_str(&stdout(&output)).expect("JSON");
        let of = &json["scenarios"][0];
        assert_eq!((&of["pairs"], &of["only_old"], &of["only_new"]), (&10.into(), &5.into(), &5.into()));
        (output.status.code(), of["figures"].clone())
    };
    assert_eq!(figures(&whole), figures(&sums));
    assert_eq!(figures(&[whole[0].clone(), sums[1].clone()]), figures(&sums), "also one of each kind");
    let text = stdout(&diff(&whole[0], &whole[1], &[]));
    assert!(text.contains("5 seeds in the new report only"), "{text}");
}

#[test]
fn a_run_that_passed_and_fails_is_a_regression_with_any_number_of_seeds() {
    let bench = Bench::new();
    let expect = |bound: &str| {
        scenario(
            "x",
            (150, 300),
            &format!(r#"expect: [LeaderWithin(bound: "{bound}", after: Fault("crash"))]"#),
        )
    };
    let (holds, fails) = (bench.runs("a", &expect("2s"), "0..3"), bench.runs("b", &expect("1ms"), "0..3"));
    let output = diff(&holds, &fails, &[]);
    exits(&output, 3);
    let text = stdout(&output);
    assert!(text.contains("pass -> expectation failed"), "{text}");
    assert!(
        text.contains("x: 3 runs that passed fail now (expectation failed), the first with seed 0"),
        "{text}"
    );
    let output = diff(&fails, &holds, &[]);
    exits(&output, 0);
    assert_eq!(last(&output), "outcome: no regression", "{}", stdout(&output));
    // Other figures are told, but there is no interval of so few.
    let other = bench.runs("c", &scenario("x", (900, 1200), ""), "0..3");
    let output = diff(&holds, &other, &[]);
    exits(&output, 0);
    assert!(stdout(&output).contains("too few: 10 seeds in both are needed"), "{}", stdout(&output));
    assert_eq!(last(&output), "outcome: no regression in the verdicts; too few seeds to tell of the figures");
}

#[test]
fn pairs_show_what_luck_would_hide_and_a_little_is_tolerated() {
    let bench = Bench::new();
    // Timeouts are drawn from a range that is wider by a thousandth: by the same words, so each is a little longer.
    let old = bench.runs("a", &scenario("x", (150, 1000), ""), "0..30");
    let new = bench.runs("b", &scenario("x", (150, 1001), ""), "0..30");
    exits(&diff(&old, &new, &[]), 3);
    let output = diff(&old, &new, &["--tolerate", "0.1%"]);
    exits(&output, 0);
    let text = stdout(&output);
    assert!(
        text.contains("pp  worse\n") && text.contains("no change shown\n") && !text.contains("WORSE"),
        "{text}"
    );
    assert_eq!(last(&output), "outcome: no regression");
}

#[test]
fn what_is_in_one_report_only_is_told_beside_what_is_in_both() {
    let bench = Bench::new();
    let of = |name: &str| bench.write(&format!("{name}.ron"), &scenario(name, (150, 300), ""));
    let (x, y) = (of("x"), of("y"));
    let most = u64::MAX - 1;
    let run = |name: &str, files: &[&str], seeds: String| {
        let output = squall([&["run"], files, &["--seeds", &seeds, "--json", "--quiet"]].concat());
        bench.write(name, &stdout(&output))
    };
    let both = run("both", &[&x, &y], "0..2".into());
    let one = run("one", &[&x], "0..2".into());
    let output = diff(&both, &one, &[]);
    exits(&output, 4);
    let text = stdout(&output);
    assert!(text.contains("not compared: y is in the old report only"), "{text}");
    let outcome = "outcome: no regression in what is in both; not all of the old report is in the new one";
    assert_eq!(last(&output), outcome);
    let output = diff(&one, &both, &[]);
    exits(&output, 0);
    assert_eq!(last(&output), "outcome: no change");
    let far = run("far", &[&x], format!("{most}..{}", u64::MAX));
    let output = diff(&one, &far, &[]);
    exits(&output, 2);
    assert!(stderr(&output).contains(&format!("{most}..{}", u64::MAX)), "{}", stderr(&output));
}

/// A study of these election timeouts, by the number of voters.
fn a_study(timeouts: (u32, u32), voters: &str) -> String {
    let (least, most) = timeouts;
    format!(
        r#"(format: 1, name: "x", seeds: (0, 40), measure: FirstLeader,
            grid: [(field: "cluster.voters", values: {voters})],
            scenario: (format: 1, name: "x", duration: "20s",
                cluster: (voters: 3, raft: (heartbeat: "50ms", election_timeout: ("{least}ms", "{most}ms")))))"#
    )
}

impl Bench {
    /// The results of a study as JSON, in a file.
    fn study(&self, name: &str, text: &str, more: &[&str]) -> String {
        let file = self.write(&format!("{name}.ron"), text);
        let out = self.path(&format!("{name}-results"));
        let output = squall([&["study", &file, "--quiet", "--out", &out], more].concat());
        exits(&output, 0);
        Path::new(&out).join("results.json").to_str().expect("a plain name").to_owned()
    }
}

#[test]
fn studies_are_compared_cell_by_cell_and_seed_by_seed() {
    let bench = Bench::new();
    let short = bench.study("short", &a_study((150, 300), "[3, 5]"), &[]);
    let long = bench.study("long", &a_study((250, 400), "[3, 5, 7]"), &["--seeds", "10..60"]);
    let same = diff(&short, &short, &[]);
    exits(&same, 0);
    assert_eq!(last(&same), "outcome: no change");
    assert!(stdout(&same).contains("2 cells and 40 seeds of each in both, no change"), "{}", stdout(&same));

    let panics =
        fs::read_to_string(&short).expect("a report").replacen("\"panicked\": 0", "\"panicked\": 2", 1);
    let panics = diff(&short, &bench.write("panics.json", &panics), &[]);
    exits(&panics, 0);
    let told = "panicked in 2 of 40 trials with voters 3, 0 of 40 before.";
    assert!(stdout(&panics).contains(told), "{}", stdout(&panics));

    let output = diff(&short, &long, &[]);
    exits(&output, 3);
    let text = stdout(&output);
    for part in [
        "2 cells and 30 seeds of each in both",
        "not compared: 1 cell in the new report only: 7",
        "x: total got worse with voters 3: +",
        "x: total got worse with voters 5: +",
        "no change shown: the interval holds 0.",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert_eq!(last(&output), "outcome: regression");
    assert_eq!(last(&diff(&short, &long, &["--quiet"])), "outcome: regression");

    // What was changed in the scenario is named.
    assert!(text.contains("election timeout: 150ms to 300ms -> 250ms to 400ms"), "{text}");
    let lossy =
        a_study((150, 300), "[3, 5]").replace("cluster:", r#"network: (default: (loss: 0.1)), cluster:"#);
    let text = stdout(&diff(&short, &bench.study("lossy", &lossy, &[]), &["--tolerate", "100%"]));
    assert!(text.contains("links: 1ms to 5ms -> 1ms to 5ms, 10 % lost"), "{text}");

    // The difference of the means is that of what both reports have, here without luck: 100 ms.
    let json = diff(&short, &long, &["--json"]);
    let json: serde_json::Value = serde_json::from_str(&stdout(&json)).expect("JSON");
    let [unfinished, total] = [0, 1].map(|place| &json["study"]["quantities"][place]);
    assert_eq!(
        (&unfinished["name"], &unfinished["cells"][0]["ruling"]),
        (&"unfinished".into(), &"same".into())
    );
    let cell = &total["cells"][0];
    assert_eq!(
        (&total["name"], &cell["pairs"], &cell["ruling"]),
        (&"total".into(), &30.into(), &"worse".into())
    );
    let (low, high) = (&cell["interval"]["low"], &cell["interval"]["high"]);
    assert!(low.as_f64().expect("a number") < 1.3e8 && high.as_f64().expect("a number") > 0.7e8, "{cell}");

    for (form, parts) in [
        ("markdown", ["# Difference: regression\n", "**x: total got worse with voters 3: +", "| voters |"]),
        ("html", ["<!DOCTYPE html>", "<strong class=\"bad\">x: total got worse", "aria-label=\"total\""]),
    ] {
        let output = diff(&short, &long, &["--form", form]);
        exits(&output, 3);
        assert!(parts.iter().all(|part| stdout(&output).contains(part)), "{}", stdout(&output));
    }
    exits(&diff(&short, &long, &["--tolerate", "100%"]), 0);
    // Better where both have something; but a cell is gone.
    let output = diff(&long, &short, &[]);
    exits(&output, 4);
    assert!(stdout(&output).contains("better"), "{}", stdout(&output));
    assert!(
        stdout(&output).contains("not compared: 1 cell in the old report only: 7"),
        "{}",
        stdout(&output)
    );
}

#[test]
fn runs_that_no_longer_end_in_time_are_a_regression_of_a_study() {
    let bench = Bench::new();
    let of = |duration: &str| a_study((150, 300), "[3]").replace("20s", duration);
    let (old, new) = (bench.study("a", &of("20s"), &[]), bench.study("b", &of("200ms"), &[]));
    let output = diff(&old, &new, &[]);
    exits(&output, 3);
    assert!(stdout(&output).contains("x: unfinished got worse with voters 3: +"), "{}", stdout(&output));
    exits(&diff(&new, &old, &[]), 0);
}

#[test]
fn studies_that_cannot_be_compared_are_told() {
    let bench = Bench::new();
    let text = a_study((150, 300), "[3, 5]");
    let good = bench.study("good", &text, &[]);
    let runs = bench.runs("runs", &scenario("x", (150, 300), ""), "0..3");
    let read = fs::read_to_string(&good).expect("read");
    let other = |name: &str, from: &str, to: &str| bench.study(name, &text.replacen(from, to, 1), &[]);
    let (without, _) = read.split_once(",\n  \"each\"").expect("its values");
    let cases = [
        (runs, "the new report is on runs, and the old one on a study"),
        (
            other(
                "axes",
                "(field: \"cluster.voters\", values: [3, 5])",
                "(field: \"clients.count\", values: [1, 2])",
            ),
            "the grids differ: in the old report voters varies, in the new one count",
        ),
        (
            other("cells", "[3, 5]", "[7, 9]"),
            "the grids have no cell in common: 3, 5 in the old report, 7, 9 in the new one",
        ),
        (
            other("measure", "FirstLeader", "Availability"),
            "the studies do not measure the same: total (from the beginning",
        ),
        (
            other("name", "name: \"x\"", "name: \"y\""),
            "different studies: x in the old one, y in the new one",
        ),
        (
            bench.study("seeds", &text, &["--seeds", "90..95"]),
            "no seed is in both: 0..40 in the old report, 90..95 in the new one",
        ),
        (
            bench.write("older", &format!("{without}\n}}\n")),
            "has no values of each seed, since an older version",
        ),
        (bench.write("torn", &read.replacen("[", "[[],", 1)), "this report of a study is damaged: "),
        (
            bench.write("seed", &read.replacen("\"first_seed\": \"0\"", "\"first_seed\": \"x\"", 1)),
            "`x` is no seed",
        ),
        (
            bench.write("short", &read.replacen("\"seeds\": 40", "\"seeds\": 41", 1)),
            "do not have a value of each quantity",
        ),
    ];
    for (file, part) in cases {
        let output = diff(&good, &file, &[]);
        exits(&output, 2);
        let told = stderr(&output);
        assert!(
            told.starts_with("error: ") && told.contains(part) && told.contains("help: "),
            "{file}: {told}"
        );
        assert_eq!(stdout(&output), "");
    }
}

#[test]
fn what_cannot_be_compared_is_told() {
    let bench = Bench::new();
    let good = bench.runs("good", &scenario("x", (150, 300), ""), "0..3");
    let late = bench.runs("late", &scenario("x", (150, 300), ""), "7..9");
    let other = bench.runs("other", &scenario("y", (150, 300), ""), "0..3");
    let text = fs::read_to_string(&good).expect("read");
    let write = |name: &str, text: &str| bench.write(name, text);
    let cases = [
        (bench.path("missing.json"), "there is no such file"),
        (bench.0.path().to_str().expect("plain").to_owned(), "is a folder"),
        (write("binary", "\u{0}\u{1}"), "this is no JSON"),
        (write("empty", ""), "this is no JSON: EOF"),
        (write("torn", &text[..text.len() / 2]), "this is no JSON: EOF"),
        (write("list", "[1, 2]"), "JSON of another kind"),
        (write("foreign", r#"{"name": "x", "dependencies": {}}"#), "its fields are dependencies, name"),
        (
            write("study", r#"{"format": 1, "version": "1", "study": {}}"#),
            "this report of a study is damaged: missing field `name`",
        ),
        (
            write("later", &text.replacen("\"format\": 1", "\"format\": 2", 1)),
            "its format is 2; this version of Squall reads 1",
        ),
        (write("no-runs", r#"{"format": 1, "version": "1", "runs": []}"#), "no run is in this report"),
        (
            write("damaged", &text.replace("\"leaderless_ns\"", "\"leader\"")),
            "this report is damaged: missing field `leaderless_ns`",
        ),
        (write("seed", &text.replacen("\"seed\": \"0\"", "\"seed\": \"x\"", 1)), "`x` is no seed"),
        (
            write("twice", &text.replacen("\"seed\": \"0\"", "\"seed\": \"1\"", 1)),
            "two different runs of x have the seed 1",
        ),
        (
            write("summary", r#"{"format": 1, "version": "1", "scenario": "x", "runs": 3}"#),
            "no figures of each run",
        ),
        (late, "no seed of x is in both: 0..3 in the old report, 7..9 in the new one"),
        (other, "the reports are of different scenarios: x in the old one, y in the new one"),
    ];
    for (file, part) in cases {
        let output = diff(&good, &file, &[]);
        exits(&output, 2);
        let told = stderr(&output);
        assert!(told.starts_with("error: ") && told.contains(part), "{file}: {told}");
        assert_eq!(stdout(&output), "");
    }
    for wrong in ["0.1", "-1%", "101%", "%", "x"] {
        let output = diff(&good, &good, &[&format!("--tolerate={wrong}")]);
        exits(&output, 2);
        assert!(stderr(&output).contains("such as 0.1%"), "{}", stderr(&output));
    }
}
