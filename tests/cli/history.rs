//! Histories, of runs and from elsewhere.

use super::{exits, squall, stderr, stdout};
use std::fs;

fn fixture(name: &str) -> String {
    format!("tests/fixtures/histories/{name}")
}

/// A history in a folder of its own.
fn written(text: impl AsRef<[u8]>) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("history");
    fs::write(&file, text).expect("written");
    let name = file.to_str().expect("a plain name").to_owned();
    (folder, name)
}

#[test]
fn histories_from_elsewhere_are_judged() {
    for (name, code, says) in [
        ("stale-read.edn", 1, "verdict: not linearizable"),
        ("independent-keys.edn", 0, "keys: 2, operations: 7, of which 2 are open\nverdict: linearizable\n"),
        ("cas-in-doubt.log", 0, "keys: 1, operations: 5, of which 1 are open\nverdict: linearizable\n"),
        ("cas-undone.log", 1, "verdict: not linearizable"),
    ] {
        let output = squall(["check-history", &fixture(name)]);
        exits(&output, code);
        assert!(stdout(&output).contains(says), "{name}: {}", stdout(&output));
        let output = squall(["check-history", &fixture(name), "--json"]);
        exits(&output, code);
        let document: serde_json::Value = serde_json::from_str(&stdout(&output)).expect("JSON");
        let verdict = if code == 0 { "linearizable" } else { "not linearizable" };
        assert_eq!(document["verdict"], verdict);
        assert_eq!(document["keys"][0]["picture"].is_string(), code == 1);
    }
}

#[test]
fn a_violation_shows_the_shortest_window_as_a_picture() {
    let output = squall(["check-history", &fixture("stale-read.edn")]);
    let expected = "\
keys: 1, operations: 5, of which 0 are open

the key: 2 operations without any order, whatever it held before:

process 0  |-read 2-|
process 1            |-read 1-|

verdict: not linearizable
";
    assert_eq!(stdout(&output), expected);
}

#[test]
fn what_is_no_part_of_an_operation_makes_no_difference() {
    let marked =
        "\u{feff}{:process 0, :type :invoke, :f :read}\n{:process 0, :type :ok, :f :read, :value nil}";
    let log = "INFO jepsen.util - 1 :invoke :cas [1 2]\n\tat jepsen.util$timeout.invoke(util.clj:1)\n\
               INFO jepsen.util - 1 :info :cas [1 2] \"timed out\nINFO jepsen.util - 2 :invoke :read nil\n\
               INFO jepsen.util - 2 :ok :read nil\n";
    // Keys of different kinds are different, though they look alike.
    let alike = "{:process 0, :type :invoke, :f :write, :value [:x 1]}\n{:process 0, :type :ok, :f :write, :value [:x 1]}\n\
                 {:process 0, :type :invoke, :f :read, :value [\"x\" nil]}\n{:process 0, :type :ok, :f :read, :value [\"x\" nil]}";
    for (text, keys) in [(marked, 1), (log, 1), (alike, 2)] {
        let (_folder, name) = written(text);
        let output = squall(["check-history", &name]);
        exits(&output, 0);
        assert!(stdout(&output).starts_with(&format!("keys: {keys},")), "{}", stdout(&output));
    }
}

#[test]
fn a_search_without_time_is_no_pass() {
    let output = squall(["check-history", &fixture("stale-read.edn"), "--budget", "3"]);
    exits(&output, 4);
    let text = stdout(&output);
    assert!(text.contains("the key: undecided, no order was found in 3 steps"), "{text}");
    assert!(text.ends_with("verdict: undecided\n"), "{text}");
    let (_folder, name) = written("{:process 0, :type :invoke, :f :write, :value 1}");
    let output = squall(["check-history", &name]);
    exits(&output, 4);
    assert!(stdout(&output).ends_with("verdict: vacuous: no operation is done\n"), "{}", stdout(&output));
}

/// Each of these texts is bad input, and what is said of it begins so.
fn are_refused(cases: &[(String, &str)]) {
    for (text, says) in cases {
        let (_folder, name) = written(text);
        let output = squall(["check-history", &name]);
        exits(&output, 2);
        let expected = format!("error: {name}: {says}");
        assert!(
            stderr(&output).starts_with(&expected),
            "`{expected}` is not what is said: {}",
            stderr(&output)
        );
        assert_eq!(stdout(&output), "");
    }
}

#[test]
fn a_history_in_edn_that_makes_no_sense_is_not_judged_half() {
    let start = "{:process 0, :type :invoke, :f :write, :value 1}\n";
    let cases: Vec<(String, &str)> = vec![
        (
            "{:process 3, :type :ok, :f :read, :value 1}".into(),
            "line 1: expected an invocation by process 3 before its return, found the return of a read",
        ),
        (
            format!("{start}{start}"),
            "line 2: expected the return of process 0's write before its next operation, found the invocation of a write",
        ),
        (
            format!("{start}{{:process 0, :type :ok, :f :read, :value 1}}"),
            "line 2: expected the return of process 0's write, found that of a read",
        ),
        (
            format!("{start}{{:process 0, :type :ok, :f :write, :value 2}}"),
            "line 2: expected the value that process 0 has asked for, found 2",
        ),
        (format!("{start}{{:process 0, :type :ok"), "line 2: expected `}`, found the end"),
        (format!("{start}\n17"), "line 3: expected a map of an operation, found 17"),
        ("{:type :ok}".into(), "line 1: expected :process in the map"),
        (start.replace("write", "append"), "line 1: expected :read, :write or :cas, found :append"),
        (start.replace("invoke", "begin"), "line 1: expected :invoke, :ok, :fail or :info, found :begin"),
        (start.replace(":value 1", ":value \"a\""), "line 1: expected a whole number to write, found \"a\""),
        (
            format!("{start}{{:process 0, :type :ok, :f :write}}"),
            "line 2: expected :value in the map, found a map without",
        ),
        (
            start.replace(":process 0", ":process 0, :process 1"),
            "line 1: expected one :process in the map, found several",
        ),
        (format!("({start}]"), "line 2: expected a value, found `]`"),
        (format!("[({start})"), "line 2: expected `]` at the end of the history, found the end"),
        ("[".repeat(100_000), "line 1: expected `]` at the end of the history"),
        (format!("{{:a {}", "[".repeat(100_000)), "line 1: expected at most 64 values in each other"),
    ];
    are_refused(&cases);
}

#[test]
fn a_history_in_lines_that_makes_no_sense_is_not_judged_half() {
    let log = "INFO jepsen.util - ";
    let json = r#"{"process":1,"type":"invoke","f":"read","key":"k1"}"#;
    let cases: Vec<(String, &str)> = vec![
        (
            "no history\nat all\n".into(),
            "line 2: expected a line such as `INFO jepsen.util - 4 :invoke :read nil`",
        ),
        (format!("{log}4 :invoke"), "line 1: expected a keyword as in"),
        (format!("{log}4 :invoke :read nil 3"), "line 1: expected nothing after the value, found 3"),
        (
            "INFO jepsen.util -4 :invoke :read nil".into(),
            "line 1: expected `- ` after `jepsen.util ` as in `INFO jepsen.util - 4 :invoke :read nil`, found -4",
        ),
        (format!("x\n{log}4 :ok :cas [1 2]"), "line 2: expected an invocation by process 4"),
        (format!("{log}4 :invoke :cas 1"), "line 1: expected [expected new] as the value of a :cas, found 1"),
        (format!("{json}\n{json}"), "line 2: expected the return of process 1's read"),
        (format!("{json}\n{{\"process\":1"), "line 2: expected one JSON object"),
        (
            format!("{json}\n{}", json.replace("invoke", "ok")),
            "line 2: expected what the read has found, found nothing of it",
        ),
        (
            format!("{json}\n{}", json.replace("invoke", "fail").replace("k1", "k2")),
            "line 2: expected the key that process 1 has asked for, \"k1\", found \"k2\"",
        ),
        (
            format!(
                "{json}\n{}",
                json.replace("invoke", "ok").replace("\"key\"", "\"written\":true,\"key\"")
            ),
            "line 2: expected a read that has not written, found one that has",
        ),
        (
            format!(
                "{}\n{}",
                json.replace("\"read\"", "\"cas\",\"expected\":1,\"value\":2"),
                json.replace("invoke", "ok").replace("\"read\"", "\"cas\",\"written\":false"),
            ),
            "line 2: expected what the cas that has not written has found, found nothing of it",
        ),
        (json.replace("1,", "-1,"), "line 1: expected a process number as \"process\", found -1"),
    ];
    are_refused(&cases);
}

#[test]
fn a_file_that_is_no_text_is_no_history() {
    let (_folder, name) = written(b"{:process 0}\n\xff");
    let output = squall(["check-history", &name]);
    exits(&output, 2);
    assert!(stderr(&output).contains("line 2: expected text in UTF-8"), "{}", stderr(&output));
    let output = squall(["check-history", "no/such.edn"]);
    exits(&output, 2);
    assert!(stderr(&output).contains("no/such.edn: there is no such file"), "{}", stderr(&output));
}

#[test]
fn what_clients_saw_in_a_run_is_judged_anew() {
    for (scenario, code) in [
        ("scenarios/leader-crash.ron", 0),
        ("scenarios/bugs/local-read.ron", 1),
        ("scenarios/cold-start.ron", 4),
    ] {
        let folder = tempfile::tempdir().expect("a folder");
        let history = folder.path().join("history.jsonl");
        let history = history.to_str().expect("a plain name");
        exits(&squall(["run", scenario, "--quiet", "--history", history]), 0);
        let output = squall(["check-history", history]);
        exits(&output, code);
    }
    let (_folder, name) = written("");
    exits(&squall(["run", "scenarios/cold-start.ron", "--seeds", "0..2", "--history", &name]), 2);
    exits(&squall(["run", "scenarios/cold-start.ron", "--history", "scenarios/cold-start.ron"]), 2);
}

#[test]
fn the_guide_to_histories_shows_what_the_program_says() {
    let guide = fs::read_to_string(super::path("docs/histories.md")).expect("the guide");
    let blocks: Vec<&str> = guide.split("```").skip(1).step_by(2).collect();
    let [history, said, ..] = blocks.as_slice() else { panic!("an example and what is said of it") };
    let body = |block: &&str| block.split_once('\n').map(|(_, text)| text.to_owned()).expect("a block");
    let (_folder, name) = written(body(history));
    let output = squall(["check-history", &name]);
    exits(&output, 1);
    assert_eq!(stdout(&output), body(said));
}
