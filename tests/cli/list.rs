//! What comes with the program: scenarios, completions, manual pages.

use super::{common, exits, path, squall, stderr, stdout};
use std::fs;

#[test]
fn all_shipped_scenarios_are_listed_with_what_they_show() {
    let output = squall(["list"]);
    exits(&output, 0);
    let text = stdout(&output);
    let output = squall(["list", "--json"]);
    exits(&output, 0);
    let document: serde_json::Value = serde_json::from_str(&stdout(&output)).expect("JSON");
    let listed: Vec<&str> = document["scenarios"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|scenario| scenario["path"].as_str().expect("text"))
        .collect();
    let on_disk: Vec<String> = common::scenarios()
        .iter()
        .map(|file| file.strip_prefix(path("")).expect("in the repository").display().to_string())
        .filter(|name| !name.contains("/regressions/"))
        .collect();
    let mut sorted = listed.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, on_disk);
    for scenario in document["scenarios"].as_array().expect("a list") {
        let path = scenario["path"].as_str().expect("text");
        assert!(
            text.lines().any(|line| line.split_whitespace().next() == Some(path)),
            "{path} is not in {text}"
        );
        assert!(
            !scenario["about"].as_str().expect("text").is_empty() && scenario["voters"].is_u64(),
            "{path}"
        );
    }
    let grow = document["scenarios"].as_array().expect("a list").iter().find(|it| it["name"] == "grow");
    let grow = grow.expect("a scenario with spares");
    assert_eq!((grow["voters"].as_u64(), grow["spares"].as_u64()), (Some(3), Some(2)));
    assert!(grow.get("learners").is_none(), "{grow}");
    assert!(text.starts_with("scenarios\n"));
    assert!(
        text.contains("\nscenarios/profiles\n") && document["profiles"][0]["name"] == "breakers",
        "{text}"
    );
    let profile = fs::read_to_string(path("scenarios/profiles/cruel.ron")).expect("a profile");
    assert_eq!(stdout(&squall(["list", "cruel"])), profile);
    assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
    let words: Vec<&str> = text.split_whitespace().collect();
    let line =
        "scenarios/leader-crash.ron The plainest reason for an election: the leader is gone. scenarios/";
    assert!(words.join(" ").contains(line), "{text}");
}

#[test]
fn a_shipped_scenario_is_printed_as_it_stands() {
    let text = fs::read_to_string(path("scenarios/leader-crash.ron")).expect("a scenario");
    for name in ["leader-crash", "leader-crash.ron", "scenarios/leader-crash.ron"] {
        let output = squall(["list", name]);
        exits(&output, 0);
        assert_eq!(stdout(&output), text);
    }
    let output = squall(["list", "leader-crahs"]);
    exits(&output, 2);
    assert!(stderr(&output).contains("did you mean `leader-crash`?"), "{}", stderr(&output));
    let output = squall(["list", "tsunami"]);
    exits(&output, 2);
    assert!(stderr(&output).contains("`squall list` shows them all"), "{}", stderr(&output));
}

#[test]
fn shells_and_man_are_told_of_every_command_and_option() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let output = squall(["completions", shell]);
        exits(&output, 0);
        for word in ["check-determinism", "fail-fast", "completions"] {
            assert!(stdout(&output).contains(word), "{shell} is not told of {word}");
        }
    }
    exits(&squall(["completions", "cmd"]), 2);
    let output = squall(["man"]);
    exits(&output, 0);
    assert!(
        stdout(&output).starts_with(".ie") && stdout(&output).contains("Exit codes"),
        "{}",
        stdout(&output)
    );
    let folder = tempfile::tempdir().expect("a folder");
    let pages = folder.path().join("man1");
    exits(&squall(["man", "--out", pages.to_str().expect("plain")]), 0);
    let page = |name: &str| fs::read_to_string(pages.join(name)).expect("a page");
    assert!(page("squall-run.1").contains("seeds") && page("squall-list.1").contains("NAME"));
    assert!(page("squall.1").contains("squall"));
    assert!(!pages.join("squall-replay.1").exists(), "hidden commands have none");
}

#[test]
fn help_tells_of_everything_in_lines_that_fit() {
    let commands = ["run", "check", "list", "completions", "man"];
    let overview = stdout(&squall(["--help"]));
    for command in commands {
        assert!(overview.contains(&format!("  {command} ")), "{overview}");
        let output = squall([command, "--help"]);
        exits(&output, 0);
        assert!(stdout(&output).lines().all(|line| line.chars().count() <= 100), "{}", stdout(&output));
    }
    for code in 0..=6 {
        assert!(overview.lines().any(|line| line.trim_start().starts_with(&format!("{code}  "))), "{code}");
    }
}

#[test]
fn the_vocabulary_has_every_word_with_an_example() {
    let output = squall(["list", "--vocabulary"]);
    exits(&output, 0);
    let text = stdout(&output);
    for word in ["least_voters", "election_timeout", "Flap", "Committed", "LeaderWithin", "ack", "OpenLoop"] {
        assert!(text.to_lowercase().contains(&word.to_lowercase()), "{word} is not in:\n{text}");
    }
    assert!(text.lines().all(|line| line.chars().count() <= 100), "fits where output is piped");
    exits(&squall(["list", "--vocabulary", "--json"]), 2);
}

#[test]
fn the_access_table_fits_a_terminal_and_is_the_same_in_json() {
    let output = squall(["access"]);
    exits(&output, 0);
    let text = stdout(&output);
    let table: Vec<&str> = text.lines().take_while(|line| !line.contains("allow:")).collect();
    assert!(table.iter().all(|line| line.chars().count() <= 80), "{text}");
    let output = squall(["access", "--json"]);
    exits(&output, 0);
    let document: serde_json::Value = serde_json::from_str(&stdout(&output)).expect("JSON");
    assert_eq!(document["roles"].as_array().map(Vec::len), Some(4));
    for row in document["access"].as_array().expect("rows") {
        let words =
            row["rights"].as_array().expect("rights").iter().map(|right| right.as_str().expect("a word"));
        let cells: Vec<&str> = [&row["function"], &row["caller"]]
            .map(|cell| cell.as_str().expect("text"))
            .into_iter()
            .flat_map(str::split_whitespace)
            .chain(words)
            .collect();
        let is_row = |line: &&str| line.split_whitespace().eq(cells.iter().copied());
        assert!(table.iter().any(is_row), "{cells:?} is not in {text}");
    }
}
