//! Implementations side by side, as a user asks for it.

use super::{exits, squall, stderr, stdout};

const FILE: &str = "scenarios/leader-crash.ron";

/// What can't be compared is told, with what would help.
#[test]
fn what_cannot_be_compared_is_told() {
    let cases: [(&[&str], &str); 8] = [
        (&["--implementations", "Squall,Squall", FILE], "`Squall` is named twice"),
        (&["--implementations", "Squall, squall", FILE], "`Squall` is named twice"),
        (&["--implementations", "Squall", FILE], "name two or more of Squall, RaftRs, OmniPaxos"),
        (&["--implementations", "Squall,Paxos", FILE], "write one of Squall, RaftRs, OmniPaxos"),
        (&["--implementations", "", FILE], "write one of Squall, RaftRs, OmniPaxos"),
        (&["--implementations", "Squall,", FILE], "a name is missing; write one of Squall, "),
        (&["--seeds", "5..5", FILE], "no seed is in it"),
        (&[], "<FILE>"),
    ];
    for (arguments, says) in cases {
        let output = squall([&["compare"], arguments].concat());
        exits(&output, 2);
        assert!(stderr(&output).contains(says), "`{says}` is not in:\n{}", stderr(&output));
        assert_eq!(stdout(&output), "");
    }
}

#[cfg(not(feature = "raft-rs"))]
#[test]
fn what_the_build_lacks_is_told_with_how_to_build() {
    let output = squall(["compare", FILE, "--implementations", "Squall,RaftRs"]);
    exits(&output, 2);
    assert!(stderr(&output).contains("build with `--features raft-rs`"), "{}", stderr(&output));
}

#[cfg(not(any(feature = "raft-rs", feature = "omnipaxos")))]
#[test]
fn a_build_with_one_implementation_has_nothing_to_compare() {
    let output = squall(["compare", FILE]);
    exits(&output, 2);
    assert!(stderr(&output).contains("no implementation but `Squall`"), "{}", stderr(&output));
    assert!(stderr(&output).contains("--features raft-rs,omnipaxos"), "{}", stderr(&output));
}

#[cfg(all(feature = "raft-rs", feature = "omnipaxos"))]
mod with_all {
    use super::*;
    use serde_json::Value;

    fn compared(arguments: &[&str]) -> String {
        let output = squall([&["compare", "--quiet"], arguments].concat());
        exits(&output, 0);
        assert_eq!(stderr(&output), "");
        stdout(&output)
    }

    fn parsed(arguments: &[&str]) -> Value {
        serde_json::from_str(&compared(&[arguments, &["--json"]].concat())).expect("JSON")
    }

    #[test]
    fn it_does_not_depend_on_the_jobs() {
        for form in ["text", "json"] {
            let run = |jobs| {
                compared(&[
                    FILE,
                    "scenarios/cold-start.ron",
                    "--seeds",
                    "0..12",
                    "--form",
                    form,
                    "--jobs",
                    jobs,
                ])
            };
            assert_eq!(run("1"), run("2"), "{form}");
        }
    }

    #[test]
    fn each_is_held_against_the_first_seed_by_seed() {
        let json = parsed(&[FILE, "--seeds", "0..12", "--implementations", "RaftRs,Squall"]);
        assert_eq!(json["implementations"], serde_json::json!(["RaftRs", "Squall"]));
        let scenario = &json["scenarios"][0];
        assert_eq!((&scenario["seeds"], &scenario["first_seed"]), (&12.into(), &"0".into()));
        let figures = |at: usize| scenario["cells"][at]["runs"]["figures"].as_array().expect("figures");
        for (first, second) in figures(0).iter().zip(figures(1)) {
            assert_eq!(first["figure"], second["figure"]);
            assert!(first["against"].is_null() && first["interval"].is_object(), "{first}");
            let number = |value: &Value| value.as_f64().expect("a number");
            let against = &second["against"];
            assert_eq!(against["pairs"], 12);
            let difference = number(&second["mean"]) - number(&first["mean"]);
            assert!((number(&against["difference"]) - difference).abs() < 1.0, "{second}");
        }
        // The same run as by itself.
        let alone = squall(["run", FILE, "--seed", "3", "--implementation", "RaftRs", "--json"]);
        let alone: Value = serde_json::from_str(&stdout(&alone)).expect("JSON");
        let one = parsed(&[FILE, "--seeds", "3..4", "--implementations", "RaftRs,Squall"]);
        let figures = one["scenarios"][0]["cells"][0]["runs"]["figures"].clone();
        let without = figures.as_array().expect("figures").iter().find(|it| it["figure"] == "without_leader");
        let told = alone["runs"][0]["liveness"]["leaderless_ns"].as_f64().expect("a number");
        assert_eq!(without.expect("every run has it")["mean"].as_f64(), Some(told));
    }

    #[test]
    fn what_cannot_be_expressed_is_said_in_its_cell() {
        let text = compared(&["scenarios/reads/by-lease.ron", FILE]);
        let cell = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
        let lines: Vec<String> = text.lines().map(cell).collect();
        let at = lines.iter().position(|line| line.starts_with("by-lease pass, ")).expect("a row");
        assert!(lines[at].ends_with("can't express:") && lines[at + 1].contains("`read: Lease`"), "{text}");
        assert!(text.contains("OmniPaxos can't express `read: Lease`: it has no leases."), "{text}");
        let json = parsed(&["scenarios/reads/by-lease.ron"]);
        let cells = &json["scenarios"][0]["cells"];
        assert!(cells[0]["runs"].is_object() && cells[2]["cannot_express"].is_array(), "{cells}");
        // What the first can't express is no reason not to run the others.
        let json = parsed(&["scenarios/reads/by-lease.ron", "--implementations", "OmniPaxos,Squall"]);
        let cells = &json["scenarios"][0]["cells"];
        assert!(cells[0]["cannot_express"].is_array() && cells[1]["runs"].is_object(), "{cells}");
    }

    const PANICS: &str = "scenarios/findings/raft-rs-pre-vote-in-term-0.ron";
    const OUTLIVED: &str = "scenarios/findings/raft-rs-lease-outlived.ron";

    #[test]
    fn what_failed_is_told_with_its_seeds_and_how_to_see_it() {
        let arguments = [OUTLIVED, "--seeds", "0..4", "--implementations", "Squall,RaftRs"];
        let text = compared(&arguments);
        assert!(
            text.contains("RaftRs: safety violated with 3 seeds, 0, 1, 2; with 0: linearizability at "),
            "{text}"
        );
        let replay = format!("squall run {OUTLIVED} --seed 0 --implementation RaftRs");
        assert!(text.contains(&format!("\n  replay: {replay}\n")), "{text}");
        let json = parsed(&arguments);
        let came = &json["scenarios"][0]["cells"][1]["runs"]["verdicts"][0];
        assert_eq!(
            (&came["verdict"], &came["seeds"]),
            (&"safety".into(), &serde_json::json!(["0", "1", "2"]))
        );
        assert_eq!(came["replay"], *replay);
        // It does what it says.
        let again = squall(replay.split(' ').skip(1));
        exits(&again, 1);
        let page = compared(&[&arguments[..], &["--form", "markdown"]].concat());
        assert!(page.contains(&format!("replay: `{replay}`")), "{page}");
    }

    /// It is no answer of the protocol that is wrong: there is none.
    #[test]
    fn a_panic_is_called_one() {
        let arguments = [PANICS, "--implementations", "Squall,RaftRs"];
        let text = compared(&arguments);
        assert!(text.contains("RaftRs: panicked with seed 1: n"), "{text}");
        assert!(!text.contains("safety violated"), "{text}");
        let json = parsed(&arguments);
        assert_eq!(json["scenarios"][0]["cells"][1]["runs"]["verdicts"][0]["verdict"], "panicked");
    }

    #[test]
    fn a_comparison_tells_of_what_and_how_it_was_made() {
        let arguments = [FILE, "--seeds", "0..2", "--implementations", "Squall,RaftRs,OmniPaxos"];
        let command = format!("squall compare {FILE} --implementations Squall,RaftRs,OmniPaxos --seeds 0..2");
        let packages = "RaftRs: raft 0.7.0, OmniPaxos: omnipaxos 0.2.4.";
        for form in ["text", "markdown", "html"] {
            let printed = compared(&[&arguments[..], &["--form", form, "--jobs", "1"]].concat());
            assert!(printed.contains(&command) && printed.contains(packages), "{form}: {printed}");
        }
        let json = parsed(&arguments);
        assert_eq!((&json["command"], &json["packages"][1]), (&command.into(), &"raft 0.7.0".into()));
    }

    #[test]
    fn nothing_to_run_and_the_same_twice_are_mistakes() {
        let bug = "scenarios/bugs/local-read.ron";
        let output = squall(["compare", bug, "--implementations", "RaftRs,OmniPaxos", "--quiet"]);
        exits(&output, 2);
        assert!(stdout(&output).contains("RaftRs can't express `bug`"), "{}", stdout(&output));
        assert!(stderr(&output).contains("error: nothing was run"), "{}", stderr(&output));
        let output = squall(["compare", FILE, "scenarios/leader-c*.ron"]);
        exits(&output, 2);
        assert!(stderr(&output).contains(&format!("error: {FILE} is named twice")), "{}", stderr(&output));
    }

    #[cfg(unix)]
    #[test]
    fn an_interrupt_ends_it_with_what_is_there() {
        use std::process::{Command, Stdio};
        let folder = tempfile::tempdir().expect("a folder");
        let out = folder.path().join("compared");
        let child = Command::new(env!("CARGO_BIN_EXE_squall"))
            .current_dir(crate::common::path(""))
            .args(["compare", FILE, "--seeds", "0..1000000", "--out"])
            .arg(&out)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program runs");
        // From then on an interrupt is noted.
        while !out.is_dir() {
            std::thread::yield_now();
        }
        let killed =
            Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill runs");
        assert!(killed.success());
        let output = child.wait_with_output().expect("it ends");
        exits(&output, 6);
        let said = stderr(&output);
        assert!(said.starts_with("interrupted after ") && said.ends_with(" of 3,000,000 runs\n"), "{said}");
        let text = stdout(&output);
        assert!(
            text.starts_with("Implementations side by side: ") && text.contains(said.trim_end()),
            "{text}"
        );
        for form in ["txt", "md", "html", "json"] {
            assert!(out.join("comparison").with_extension(form).is_file(), "{form}");
        }
    }

    #[test]
    fn all_forms_are_written_as_they_are_printed() {
        let folder = tempfile::tempdir().expect("a folder");
        let out = folder.path().join("compared");
        let name = out.to_str().expect("a plain name");
        for (form, extension) in [("markdown", "md"), ("html", "html"), ("json", "json")] {
            let printed = compared(&[FILE, "--out", name, "--form", form]);
            let written = std::fs::read_to_string(out.join("comparison").with_extension(extension));
            assert_eq!(written.expect("a file"), printed, "{form}");
        }
        assert!(out.join("comparison.txt").is_file());
    }
}
