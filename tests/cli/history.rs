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

/// Each of these texts is bad input, and of this line this is said first.
fn are_refused(cases: &[(String, &str)]) {
    for (text, says) in cases {
        let (_folder, name) = written(text);
        let output = squall(["check-history", &name]);
        exits(&output, 2);
        let said = stderr(&output);
        let (line, says) = says.strip_prefix("line ").and_then(|it| it.split_once(": ")).expect("a line");
        assert!(said.starts_with(&format!("error: {says}")), "`{says}` is not what is said: {said}");
        let place = said.lines().nth(1).expect("a place").trim();
        assert!(place.starts_with(&format!("--> {name}:{line}:")), "line {line} is not the place: {said}");
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
            "line 2: expected the return of process 0's write of line 1 before its next operation, found the invocation of a write",
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
        ("no history\nat all\n".into(), "line 1: expected a history in one of three forms, found no history"),
        (
            format!("{log}4 :invoke"),
            "line 1: expected :read, :write or :cas as the third word, found the end of the line",
        ),
        (format!("{log}4 :invoke :read nil 3"), "line 1: expected nothing after the value, found 3"),
        ("INFO jepsen.util -4 :invoke :read nil".into(), "line 1: expected a process number, found -4"),
        (
            format!("{log}4 :invoke :read nil\n{log}z :invoke :read nil"),
            "line 2: expected a process number, found z",
        ),
        (
            format!("{log}4 :invoke :write 3\nINFO jepsen.utl - 4 :ok :write 3"),
            "line 2: expected `jepsen.util` before a process and what it does, found INFO jepsen.utl - 4 :ok :write 3",
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

/// What is wrong with each of these, by line and how it begins.
fn errors(text: &str) -> (Vec<(u64, String)>, serde_json::Value) {
    let (_folder, name) = written(text);
    let output = squall(["check-history", &name, "--json"]);
    exits(&output, 2);
    assert_eq!(stderr(&output), "");
    let document: serde_json::Value = serde_json::from_str(&stdout(&output)).expect("JSON");
    assert_eq!((&document["file"], &document["verdict"]), (&name.into(), &"no history".into()));
    let said = document["errors"].as_array().expect("errors").iter().map(|error| {
        assert!(error["fix"].as_str().is_some_and(|fix| !fix.is_empty()), "{error}");
        (error["line"].as_u64().expect("a line"), error["message"].as_str().expect("a message").to_owned())
    });
    (said.collect(), document)
}

const MANY: &str = "\
{:process 0, :type :invoke, :f :write, :value 1}
{:process 0, :type :invoke, :f :write, :value 2}
{:process 0, :type :ok, :f :write, :value 2}
{:process 0, :type :ok, :f :write, :value 1}
{:process 3, :type :ok, :f :read, :value 1}
{:process 1, :type :invoke, :f :append, :value 1}
{:process 1, :type :ok, :f :append, :value 1}
{:process 2, :type :invoke, :f :cas, :value [1 2]}
{:process 2, :type :info, :f :cas, :value [1 2]}
{:process 2, :type :invoke, :f :read}
{:process 2, :type :ok, :f :read, :value 2}
{:process 4, :type :invoke, :f :read, :value [:x nil]}
{:process 4, :type :ok, :f :read, :value [:x 3]
{:process 5, :type :invoke, :f :read}
{:process 5, :type :ok, :f :read, :value \"a\"}
17
";

#[test]
fn all_mistakes_of_a_history_are_told_and_none_that_follows_from_another() {
    let (said, document) = errors(MANY);
    let expected = [
        (2, "expected the return of process 0's write of line 1 before its next operation"),
        (5, "expected an invocation by process 3 before its return"),
        (6, "expected :read, :write or :cas, found :append"),
        (7, "expected :read, :write or :cas, found :append"),
        (10, "expected nothing more of process 2, which ended on line 9"),
        (12, "expected a value without a key, as on line 1, found one with a key"),
        (13, "expected `}`, found the end"),
        (15, "expected nil or a whole number as the value, found \"a\""),
        (16, "expected a map of an operation, found 17"),
    ];
    assert_eq!(said.len(), expected.len(), "{said:#?}");
    for ((line, message), (expected_line, begins)) in said.iter().zip(expected) {
        assert!(*line == expected_line && message.starts_with(begins), "{line}: {message}");
    }
    assert_eq!(document["errors"][4]["beside"]["line"], 9);
    assert_eq!(document["more"], 0);
}

#[test]
fn a_mistake_is_shown_with_its_line_and_what_it_has_to_do_with() {
    let (_folder, name) = written(
        "; a comment\n{:process 2, :type :invoke, :f :read}\n{:process 2, :type :ok, :f :cas, :value [1 2]}\n",
    );
    let output = squall(["check-history", &name]);
    let expected = format!(
        "\
error: expected the return of process 2's read, found that of a cas
 --> {name}:3:1
  |
2 | {{:process 2, :type :invoke, :f :read}}
  | ------------------------------------- its invocation
3 | {{:process 2, :type :ok, :f :cas, :value [1 2]}}
  | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  |
  = help: a return says of which kind the operation is, as its invocation does
"
    );
    assert_eq!(stderr(&output), expected);
}

#[test]
fn of_very_many_mistakes_the_first_are_told_and_the_number_of_the_others() {
    let lines: String =
        (0..50).map(|process| format!("{{:process {process}, :type :ok, :f :read, :value 1}}\n")).collect();
    let (said, document) = errors(&lines);
    assert_eq!((said.len(), &document["more"]), (20, &30.into()));
    let (_folder, name) = written(&lines);
    let output = squall(["check-history", &name]);
    assert!(stderr(&output).ends_with("error: and 30 more errors\n"), "{}", stderr(&output));
    let unclosed = "{:process 1, :type :ok\n".repeat(50);
    // Each of them lacks the same bracket in the same place, which is told once.
    let (said, document) = errors(&unclosed);
    assert_eq!((said.len(), &document["more"]), (1, &0.into()));
}

#[test]
fn what_is_no_history_is_told_the_three_forms() {
    let scenario = fs::read_to_string(super::path("scenarios/leader-crash.ron")).expect("a scenario");
    for (text, line) in [("\nhello world\n", 2), ("# Notes\nhello\n", 1), ("(format: 1)", 1), (&scenario, 1)]
    {
        let (said, document) = errors(text);
        assert_eq!(said.len(), 1, "{said:?}");
        assert!(
            said[0].0 == line && said[0].1.starts_with("expected a history in one of three forms"),
            "{said:?}"
        );
        let fix = document["errors"][0]["fix"].as_str().expect("a fix");
        for form in ["`{:process 0, :type", "`INFO jepsen.util - 4", "`{\"process\":1,\"type\""] {
            assert!(fix.contains(form), "{form} is not in {fix}");
        }
    }
}

#[test]
fn a_history_without_operations_is_bad_input() {
    for text in [
        "",
        " \n\n",
        "\u{feff}",
        "; only a comment\n",
        "[]",
        "{:process :nemesis, :type :info, :f :start}",
        "INFO jepsen.util - :nemesis :info :start nil\n",
    ] {
        let (said, _) = errors(text);
        let expected = "there are no operations, so there is nothing to judge";
        assert!(said.len() == 1 && said[0].1 == expected, "{text:?}: {said:?}");
    }
}

#[test]
fn logs_of_all_ages_of_jepsen_are_read() {
    let output = squall(["check-history", &fixture("three-ages.log")]);
    exits(&output, 0);
    let expected = "keys: 1, operations: 5, of which 1 are open\nverdict: linearizable\n";
    assert_eq!(stdout(&output), expected);
    let keyed = "2021-02-26 23:39:01,300{GMT}\tINFO\t[jepsen worker 1] jepsen.util: 1\t:invoke\t:write\t[0 2]\n\
                 2021-02-26 23:39:01,303{GMT}\tINFO\t[jepsen worker 1] jepsen.util: 1\t:ok\t:write\t[0 2]\n";
    let (_folder, name) = written(keyed);
    exits(&squall(["check-history", &name]), 0);
    let (said, _) = errors(&keyed.replace(":ok", ":okay"));
    assert_eq!(said, [(2, "expected :invoke, :ok, :fail or :info, found :okay".to_string())]);
}

#[test]
fn a_process_goes_on_after_an_open_end_in_our_own_histories_alone() {
    let log = "INFO jepsen.util - 4 :invoke :read nil\nINFO jepsen.util - 4 :info :read :timed-out\n\
               INFO jepsen.util - 4 :invoke :read nil\nINFO jepsen.util - 4 :ok :read nil\n";
    let (said, _) = errors(log);
    let expected =
        "expected nothing more of process 4, which ended on line 2, found the invocation of a read";
    assert_eq!(said, [(3, expected.to_string())]);
    let ours = "{\"process\":1,\"type\":\"invoke\",\"f\":\"read\",\"key\":\"k\"}\n\
                {\"process\":1,\"type\":\"info\",\"f\":\"read\",\"key\":\"k\"}\n";
    let (_folder, name) = written(ours.repeat(2));
    exits(&squall(["check-history", &name]), 4);
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
        ("scenarios/cold-start.ron", 2),
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
