//! Looking closer at one run.

use super::{digest, exits, squall, stderr, stdout};
use std::ffi::OsStr;
use std::fs;

const CRASH: &str = "scenarios/leader-crash.ron";

#[test]
fn a_run_can_end_early() {
    let output = squall(["run", CRASH, "--until", "6.5s"]);
    exits(&output, 0);
    assert!(stdout(&output).contains("virtual time      6.5s:"), "{}", stdout(&output));
    let whole = stdout(&squall(["run", CRASH]));
    assert_eq!(stdout(&squall(["run", CRASH, "--until", "20s"])), whole);
    assert_ne!(digest(&stdout(&output)), digest(&whole));
    for option in ["--until", "--at"] {
        let output = squall(["run", CRASH, option, "21s"]);
        exits(&output, 2);
        assert!(stderr(&output).contains("leader-crash lasts 20s"), "{}", stderr(&output));
        let output = squall(["run", CRASH, option, "soon"]);
        exits(&output, 2);
        assert!(stderr(&output).contains("write a number and a unit"), "{}", stderr(&output));
    }
    exits(&squall(["run", CRASH, "--until", "6s", "--check-determinism"]), 0);
    let excused = squall(["run", "scenarios/bugs/ack-before-flush.ron", "--until", "2s"]);
    exits(&excused, 0);
    assert!(stdout(&excused).contains("Expected violation of "), "{}", stdout(&excused));
}

#[test]
fn every_node_is_shown_at_a_time() {
    let output = squall(["run", CRASH, "--at", "5s"]);
    exits(&output, 0);
    let text = stdout(&output);
    let row = |text: &str, node: &str| -> Vec<String> {
        let row = text.lines().find(|line| line.trim_start().starts_with(node)).expect("a row");
        row.split_whitespace().map(str::to_owned).collect()
    };
    assert_eq!(row(&text, "n4")[1], "down", "what happens at a time has happened: {text}");
    assert_eq!(row(&text, "n1")[1..3], ["up", "follower"]);
    assert!(text.contains("effective leader  none"), "{text}");
    assert!(text.contains(": crash of n4, since 5.000s"), "{text}");
    assert!(!text.contains("verdict: "));
    let text = stdout(&squall(["run", CRASH, "--at", "4s"]));
    assert_eq!(row(&text, "n4")[1..3], ["up", "leader"]);
    assert!(text.contains("effective leader  n4") && text.contains("active faults     none"), "{text}");
    let text = stdout(&squall(["run", "scenarios/minority-partition.ron", "--at", "7s"]));
    assert!(text.contains("links cut         n1-n"), "{text}");
    let text = stdout(&squall(["run", "scenarios/leader-pause.ron", "--at", "5.9s"]));
    assert!(text.contains("  paused  leader"), "{text}");
    assert!(!text.contains("learners"), "all are voters: {text}");
    let text = stdout(&squall(["run", "scenarios/membership/grow.ron", "--at", "4.5s"]));
    let (_, members) = text.split_once("by entry\n").expect("a table of members");
    assert_eq!(row(members, "n1")[1..7], ["voter", "n1", "n2", "n3", "n4", "-"], "{text}");
    assert_eq!(row(members, "n5")[1], "learner", "{text}");
    let text = stdout(&squall(["run", "scenarios/membership/dead-voter.ron", "--at", "2.2s"]));
    let (_, members) = text.split_once("by entry\n").expect("a table of members");
    assert_eq!((&*row(members, "n3")[1], &*row(members, "n4")[1]), ("-", "non-member"), "{text}");
    exits(&squall(["run", CRASH, "--at", "20s"]), 0);
    exits(&squall(["run", "tests/fixtures/ack-before-flush.ron", "--at", "1s"]), 1);
}

#[test]
fn records_of_interest_are_printed_before_the_report() {
    let plain = stdout(&squall(["run", CRASH]));
    let records = |focus: &[&str]| -> Vec<String> {
        let options = focus.iter().flat_map(|focus| ["--focus", focus]);
        let output = squall(["run", CRASH].into_iter().chain(options));
        exits(&output, 0);
        let text = stdout(&output);
        let lines = text.strip_suffix(&plain).expect("the report follows");
        lines.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect()
    };
    let votes = records(&["kind=requestvote"]);
    assert!(votes.iter().all(|line| line.contains("RequestVote")) && votes.len() > 10, "{votes:?}");
    assert!(records(&["kind=vote"]).len() > votes.len(), "answers, too");
    let asked = records(&["kind=RequestVote", "link=2>3"]);
    assert!(asked.len() >= 2 && asked.iter().all(|line| votes.contains(line)), "{asked:?}");
    let both = records(&["kind=RequestVote", "link=2-3"]);
    assert!(asked.iter().all(|line| both.contains(line)));
    let of_four = records(&["node=4"]);
    assert!(of_four.iter().any(|line| line.contains(" n4 ") && line.contains(" crashed")));
    assert!(of_four.iter().any(|line| line.contains("starts: crash of n4")), "the fault that hit it");
    assert!(records(&["link=c1-2"]).iter().all(|line| line.contains("Client")));
    let number = asked[0].split_whitespace().next().expect("its number");
    let story = records(&[&format!("record={number}")]);
    let at = story.iter().position(|line| *line == asked[0]).expect("the record itself");
    assert!(at > 0, "what led to it comes before it: {story:?}");
}

#[test]
fn a_focus_that_means_nothing_is_refused() {
    for (focus, says) in [
        ("node=6", "nodes are numbered from 1 to 5"),
        ("node=0", "there is no node 0"),
        ("node=leader", "`leader` is no node"),
        ("link=1", "write link=1-2"),
        ("link=1-9", "there is no node 9"),
        ("link=c9-1", "there is no client 9"),
        ("kind=AppendEntires", "did you mean `AppendEntries`?"),
        ("kind=ballot", "there are RequestVote, "),
        ("link=2-2", "a link leads from one to another"),
        ("nodes=1", "did you mean `node`?"),
        ("leader", "write node=3"),
        ("record=0", "`0` is no number of a record"),
        ("record=99999999999", "this run has fewer than 99999999999 records"),
    ] {
        let output = squall(["run", CRASH, "--focus", focus]);
        exits(&output, 2);
        assert!(stderr(&output).contains(says), "{focus}: {}", stderr(&output));
        assert_eq!(stdout(&output), "");
    }
    exits(&squall(["run", CRASH, "--focus", "node=1", "--json"]), 2);
}

#[test]
fn a_trace_can_be_text_and_of_some_records_only() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("trace.txt");
    let run = |options: &[&str]| {
        let arguments = [OsStr::new("run"), CRASH.as_ref(), "--trace".as_ref(), file.as_ref()];
        let output = squall(arguments.into_iter().chain(options.iter().map(OsStr::new)));
        exits(&output, 0);
        assert!(stdout(&output).starts_with("leader-crash"), "records go to the file");
        fs::read_to_string(&file).expect("a trace")
    };
    let whole = run(&[]);
    assert!(whole.starts_with("      #1 "), "{}", &whole[..100]);
    let some = run(&["--focus", "kind=RequestVote"]);
    let expected: Vec<&str> = whole.lines().filter(|line| line.contains("RequestVote ")).collect();
    assert_eq!(some.lines().collect::<Vec<_>>(), expected);
    assert!(run(&["--trace-format", "jsonl"]).starts_with('{'));
}

#[test]
fn what_needs_one_run_is_refused_for_many() {
    for option in [["--until", "1s"], ["--at", "1s"], ["--focus", "node=1"], ["--trace", "t.jsonl"]] {
        for more in [["--seeds", "0..2"].as_slice(), &["scenarios/cold-start.ron"]] {
            let output = squall(["run", CRASH].iter().chain(&option).chain(more));
            exits(&output, 2);
            let says = format!("{} needs exactly one run, and these are 2", option[0]);
            assert!(stderr(&output).contains(&says), "{}", stderr(&output));
        }
        let mut one = vec!["run", CRASH, "--seeds", "1..2"];
        if option[0] != "--trace" {
            one.extend(option);
            exits(&squall(one), 0);
        }
    }
    for other in [["--until", "1s"], ["--focus", "node=1"], ["--report", "r"]] {
        exits(&squall(["run", CRASH, "--at", "1s"].iter().chain(&other)), 2);
    }
}

#[test]
fn the_name_of_a_trace_says_how_it_is_written() {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, begins) in [
        ("a.jsonl", "{\"id\":1,"),
        ("a", "{\"id\":1,"),
        ("a.txt", "      #1 "),
        ("a.json", "{\"displayTimeUnit\":\"ms\",\"traceEvents\":["),
        ("a.log", r"(?<host>\S+) (?<clock>\{.*\})\n(?<event>.*)"),
    ] {
        let file = folder.path().join(name);
        let arguments =
            ["run", "scenarios/cold-start.ron", "--quiet", "--trace", file.to_str().expect("plain")];
        exits(&squall(arguments), 0);
        let text = fs::read_to_string(&file).expect("a trace");
        assert!(text.starts_with(begins), "{name}: {}", &text[..60]);
    }
    let focused = folder.path().join("some.json");
    let name = focused.to_str().expect("plain");
    exits(&squall(["run", CRASH, "--quiet", "--trace", name, "--focus", "node=2", "--until", "6s"]), 0);
    let text = fs::read_to_string(&focused).expect("a trace");
    let document: serde_json::Value = serde_json::from_str(&text).expect("JSON, of some records too");
    assert!(document["traceEvents"].as_array().is_some_and(|events| events.len() > 100));
}

#[cfg(unix)]
#[test]
fn an_interrupted_trace_leaves_nothing_behind() {
    use std::process::{Command, Stdio};
    let folder = tempfile::tempdir().expect("a folder");
    let (_kept, long) = super::written(
        r#"(format: 1, name: "long", duration: "10m", cluster: (voters: 5),
            clients: (count: 4, arrival: OpenLoop(rate: 500.0)))"#,
    );
    let trace = folder.path().join("trace.jsonl");
    let mut child = Command::new(env!("CARGO_BIN_EXE_squall"))
        .args(["run", &long, "--trace", trace.to_str().expect("plain")])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program runs");
    let entries = || fs::read_dir(folder.path()).expect("a folder").count();
    while entries() == 0 {
        assert_eq!(child.try_wait().expect("asked"), None, "it ended before it was interrupted");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    let kill = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("sent");
    assert!(kill.success());
    assert_eq!(child.wait().expect("it ends").code(), Some(130));
    assert_eq!(entries(), 0);
}
