//! What CI shows of random runs and of scenarios.

use super::{exits, path, squall, stderr, stdout};
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

fn text(path: &Path) -> &str {
    path.to_str().expect("a plain name")
}

#[test]
fn each_way_of_failing_is_a_case_with_the_line_that_makes_it_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let (junit, out) = (folder.path().join("cases.xml"), folder.path().join("out"));
    let output = squall([
        "fuzz",
        "canary",
        "--seeds",
        "3..9",
        "--quiet",
        "--junit",
        text(&junit),
        "--out",
        text(&out),
    ]);
    exits(&output, 1);
    let cases = fs::read_to_string(&junit).expect("cases");
    assert!(cases.contains(r#"<testcase name="durable commit" classname="canary">"#), "{cases}");
    let replay = cases.lines().find_map(|line| line.strip_prefix("replay: squall ")).expect("a command");
    let replay: Vec<&str> = replay.split(' ').collect();
    exits(&squall([replay.as_slice(), &["--out", text(&out), "--quiet"]].concat()), 1);
    assert!(cases.contains(&format!("with squall {}", env!("CARGO_PKG_VERSION"))), "{cases}");

    let output = squall(["fuzz", "quick", "--seeds", "0..3", "--quiet", "--junit", text(&junit)]);
    exits(&output, 0);
    let cases = fs::read_to_string(&junit).expect("cases");
    assert!(cases.contains(r#"<testcase name="3 of seeds 0..3" classname="quick">"#), "{cases}");
    assert!(cases.contains(r#"failures="0""#), "{cases}");
}

#[test]
fn each_scenario_is_a_case() {
    let folder = tempfile::tempdir().expect("a folder");
    let junit = folder.path().join("cases.xml");
    let good = path("scenarios/leader-crash.ron");
    let bad = folder.path().join("bad.ron");
    let scenario = fs::read_to_string(&good).expect("a scenario");
    fs::write(&bad, scenario.replace("bound: \"2s\"", "bound: \"1ms\"")).expect("written");
    let run = |files: &[&Path], seeds: &[&str]| {
        let files: Vec<&str> = files.iter().map(|file| text(file)).collect();
        let output = squall([&["run", "--quiet", "--junit", text(&junit)], files.as_slice(), seeds].concat());
        exits(&output, 3);
        fs::read_to_string(&junit).expect("cases")
    };
    let cases = run(&[&bad, &good], &["--seeds", "0..12"]);
    assert!(cases.contains(r#"tests="2" skipped="0" errors="0" failures="1""#), "{cases}");
    assert_eq!(cases.matches("replay: squall run ").count(), 10);
    assert!(cases.contains("and 2 runs more") || cases.contains("and 2 more runs"), "{cases}");
    let cases = run(&[&bad], &[]);
    assert!(cases.contains("seed 1: expectation failed: LeaderWithin"), "{cases}");
    let output = squall(["run", text(&good), "--junit", text(&good.join("cases.xml"))]);
    exits(&output, 2);
}

#[test]
fn a_job_on_github_gets_annotations_and_a_summary() {
    let folder = tempfile::tempdir().expect("a folder");
    let (summary, out) = (folder.path().join("summary.md"), folder.path().join("out"));
    let output = Command::new(env!("CARGO_BIN_EXE_squall"))
        .args(["fuzz", "canary", "--seeds", "0..3", "--quiet", "--out", text(&out)])
        .env("GITHUB_ACTIONS", "true")
        .env("GITHUB_STEP_SUMMARY", &summary)
        .stdin(Stdio::null())
        .output()
        .expect("the program runs");
    exits(&output, 1);
    // One for each way of failing, with its smallest run; a profile that is built in has no file.
    let annotations: Vec<String> =
        stderr(&output).lines().filter(|line| line.starts_with("::")).map(str::to_owned).collect();
    let [one] = &annotations[..] else { panic!("{annotations:?}") };
    assert!(one.starts_with("::error title=durable commit::3 runs, the smallest with seed "), "{one}");
    assert!(one.contains("%0Areplay: squall fuzz canary --seeds "), "{one}");
    let page = fs::read_to_string(&summary).expect("a summary");
    let version = env!("CARGO_PKG_VERSION");
    let shown = format!("3 of 3 seeds failed (squall {version}, profile canary, seeds 0..3)");
    assert!(page.starts_with(&format!("### squall fuzz canary\n\n{shown}\n")), "{page}");
    assert!(page.contains("| `squall fuzz canary --seeds "), "{page}");
}

#[test]
fn a_run_may_take_so_many_events() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("out");
    let output =
        squall(["fuzz", "quick", "--seeds", "0..2", "--events", "500", "--quiet", "--out", text(&out)]);
    exits(&output, 3);
    let told = stdout(&output);
    assert!(told.contains("replay: squall fuzz quick --seeds 0..1 --events 500\n"), "{told}");
    let report = fs::read_to_string(out.join("quick-livelock.txt")).expect("a report");
    assert!(report.contains("\nLivelock  it took all of its 500 events by "), "{report}");
    // What was found says how many events it may take, so that it fails again wherever it is taken; with more it does not.
    let found = out.join("quick-livelock.ron");
    assert!(fs::read_to_string(&found).expect("a scenario").contains("\n    events: 500,\n"));
    let again = squall(["run", text(&found), "--quiet"]);
    exits(&again, 3);
    assert!(stdout(&again).contains("--seed 0 --events 500\n"), "{}", stdout(&again));
    exits(&squall(["shrink", text(&found), "--out", text(&folder.path().join("small.ron"))]), 0);
    exits(&squall(["run", text(&found), "--quiet", "--events", "5000000"]), 0);
    exits(&squall(["run", text(&found), "--events", "500", "--seeds", "0..2"]), 2);
}

#[test]
fn each_commit_has_seeds_of_its_own() {
    let run = |hash: &str| squall(["fuzz", "quick", "--seeds", "1..3", "--quiet", "--commit", hash]);
    let output = run("0000000fA9");
    exits(&output, 0);
    assert!(stderr(&output).starts_with("squall "), "{}", stderr(&output));
    assert!(
        stderr(&output).trim_end().ends_with("profile quick, seeds 15000001..15000003"),
        "{}",
        stderr(&output)
    );
    for bad in ["HEAD", "123", "0123456g"] {
        let output = run(bad);
        exits(&output, 2);
        assert!(stderr(&output).contains("eight hexadecimal digits"), "{}", stderr(&output));
    }
}
