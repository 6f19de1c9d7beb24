//! The guide to CI says what is so: the steps of its workflow are run.

use crate::common;
use common::path;
use std::fs;
use std::process::{Command, Stdio};

/// The commands of the workflow that are Squall's, as a shell would read them.
fn steps() -> Vec<String> {
    let readme = fs::read_to_string(path("README.md")).expect("the readme");
    let workflow =
        readme.split("```yaml\n").nth(1).and_then(|rest| rest.split("```").next()).expect("a workflow");
    workflow
        .lines()
        .filter_map(|line| line.split_once("run: "))
        .map(|(_, command)| command.to_owned())
        .collect()
}

#[test]
fn the_steps_of_the_workflow_pass() {
    let folder = tempfile::tempdir().expect("a folder");
    std::os::unix::fs::symlink(path("scenarios"), folder.path().join("scenarios")).expect("a link");
    let summary = folder.path().join("summary.md");
    let steps = steps();
    let (installs, steps): (Vec<_>, Vec<_>) =
        steps.into_iter().partition(|step| step.starts_with("cargo install "));
    assert_eq!((installs.len(), steps.len()), (1, 2));
    for step in &steps {
        // As it is written, but for what takes long: fewer scenarios, fewer seeds.
        let shorter = step
            .replace("${{ github.sha }}", "0123456789abcdef0123456789abcdef01234567")
            .replace("'scenarios/**/*.ron'", "'scenarios/overload/*.ron'")
            .replace("0..5000", "0..5");
        assert_ne!(&shorter, step);
        let arguments = shorter.strip_prefix("squall ").expect("one of ours");
        let output = Command::new("sh")
            .args(["-c", &format!("\"$SQUALL\" {arguments}")])
            .current_dir(folder.path())
            .env("SQUALL", env!("CARGO_BIN_EXE_squall"))
            .env("GITHUB_ACTIONS", "true")
            .env("GITHUB_STEP_SUMMARY", &summary)
            .stdin(Stdio::null())
            .output()
            .expect("a shell");
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{shorter}\n{told}");
    }
    for file in ["target/squall/scenarios.xml", "target/squall/fuzz.xml"] {
        let cases = fs::read_to_string(folder.path().join(file)).expect("cases");
        assert!(cases.contains(r#"failures="0""#), "{cases}");
    }
    let page = fs::read_to_string(summary).expect("a summary");
    assert!(page.contains("no failure in 5 seeds: at most 60 % of seeds fail (95 %)"), "{page}");
}

/// The commands of the section on two commits, as a shell would read them.
fn gate() -> Vec<String> {
    let guide = fs::read_to_string(path("docs/ci.md")).expect("the guide");
    let (_, section) = guide.split_once("## Availability as a gate").expect("the section");
    let commands =
        section.split("```sh\n").nth(1).and_then(|rest| rest.split("```").next()).expect("commands");
    commands.lines().filter(|line| line.starts_with("squall ")).map(str::to_owned).collect()
}

#[test]
fn the_gate_between_two_commits_opens_and_shuts() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("scenarios/leader-crash.ron");
    fs::create_dir(folder.path().join("scenarios")).expect("made");
    let commands = gate();
    assert_eq!(commands.len(), 3);
    let run = |command: &str| {
        // As it is written, but for fewer seeds.
        let shorter = command.replace("0..200", "0..12");
        let output = Command::new("sh")
            .args(["-c", &shorter.replacen("squall", "\"$SQUALL\"", 1)])
            .current_dir(folder.path())
            .env("SQUALL", env!("CARGO_BIN_EXE_squall"))
            .stdin(Stdio::null())
            .output()
            .expect("a shell");
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let scenario = fs::read_to_string(path("scenarios/leader-crash.ron")).expect("the scenario");
    fs::write(&file, &scenario).expect("written");
    let codes: Vec<_> = commands.iter().map(|command| run(command)).collect();
    assert!(codes.iter().all(|(code, _)| *code == Some(0)), "{codes:?}");
    assert!(codes[2].1.ends_with("outcome: no change\n"), "{codes:?}");

    let slower =
        scenario.replacen("voters: 5", r#"voters: 5, raft: (election_timeout: ("450ms", "600ms"))"#, 1);
    assert_ne!(slower, scenario);
    fs::write(&file, slower).expect("written");
    assert_eq!(run(&commands[1]).0, Some(0), "the scenario's expectations still hold");
    let (code, told) = run(&commands[2]);
    assert_eq!(code, Some(3), "{told}");
    assert!(
        told.contains("leader availability got worse:") && told.ends_with("outcome: regression\n"),
        "{told}"
    );
}
