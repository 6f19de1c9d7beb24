//! Other people's implementations, as a user names them.

use super::{exits, squall, stderr, stdout};
use serde_json::Value;

/// Random runs, in a folder of their own.
fn fuzz(arguments: &[&str]) -> (tempfile::TempDir, std::process::Output) {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().to_str().expect("a plain name").to_owned();
    let output = squall([&["fuzz"], arguments, &["--out", &out]].concat());
    (folder, output)
}

fn parsed(output: &std::process::Output) -> Value {
    serde_json::from_str(&stdout(output)).expect("JSON")
}

#[test]
fn random_runs_tell_what_is_left_out_of_them() {
    let arguments = ["quick", "--implementation", "OmniPaxos", "--seeds", "0..12"];
    let (_folder, output) = fuzz(&arguments);
    exits(&output, 0);
    let text = stdout(&output);
    assert!(text.starts_with("quick  random runs with OmniPaxos, seeds 0..12\n"), "{text}");
    assert!(
        text.contains("\nLeft out  OmniPaxos can't express it; in how many of the runs it was drawn\n"),
        "{text}"
    );
    let row = text.lines().find(|line| line.starts_with("  snapshot_every ")).expect("a row");
    let (_folder, output) = fuzz(&[&arguments[..], &["--json", "--quiet"]].concat());
    let document = parsed(&output);
    assert_eq!(document["implementation"], "OmniPaxos");
    let runs = document["left_out"]["snapshot_every"].as_u64().expect("a number");
    assert!((1..12).contains(&runs) && row.contains(&format!(" {runs} ")), "{runs}: {row}");
    // Squall's own can express all of it.
    let (_folder, output) = fuzz(&["quick", "--seeds", "0..12", "--json", "--quiet"]);
    let document = parsed(&output);
    assert_eq!((&document["implementation"], &document["left_out"]), (&"Squall".into(), &Value::Null));
}

#[test]
fn what_is_left_out_of_shards_is_left_out_of_the_whole() {
    let arguments = ["quick", "--implementation", "RaftRs", "--seeds", "0..12", "--quiet"];
    let whole = parsed(&fuzz(&[&arguments[..], &["--json"]].concat()).1);
    assert!(whole["left_out"].is_object(), "{whole}");
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().to_str().expect("a plain name");
    for shard in ["1/2", "2/2"] {
        let output = squall([&["fuzz"], &arguments[..], &["--shard", shard, "--out", out]].concat());
        assert!(
            stderr(&output).contains("profile quick with RaftRs, seeds 0..12, shard "),
            "{}",
            stderr(&output)
        );
    }
    let merged = parsed(&squall(["merge", out, "--json"]));
    for what in ["implementation", "left_out", "drawn", "digest"] {
        assert_eq!(merged[what], whole[what], "{what}");
    }
}

/// Runs without what a profile is about would pass, and say nothing.
#[test]
fn a_profile_about_what_cannot_be_expressed_is_refused() {
    let cases = [
        ("changes", "RaftRs", "`AddLearner, Promote, Remove, Replace`"),
        ("replacements", "OmniPaxos", "`AddLearner, Promote, Remove, Replace`"),
        ("canary", "RaftRs", "`bug`"),
        ("breakers", "OmniPaxos", "`rpc.breaker`"),
        // Each run has the one or the other.
        ("leases", "OmniPaxos", "`read: Lease`"),
        ("leases", "OmniPaxos", "`read: Index`"),
    ];
    for (profile, implementation, switch) in cases {
        let (_folder, output) = fuzz(&[profile, "--implementation", implementation, "--seeds", "5..7"]);
        exits(&output, 2);
        let text = stderr(&output);
        let said =
            format!("the profile `{profile}` is about {switch}, which `{implementation}` can't express: ");
        assert!(text.contains(&said) && text.contains("\nhelp: "), "{text}");
        assert_eq!(stdout(&output), "");
    }
    for (profile, implementation) in [("breakers", "RaftRs"), ("leases", "RaftRs"), ("clocks", "OmniPaxos")] {
        let (_folder, output) = fuzz(&[profile, "--implementation", implementation, "--seeds", "0..1"]);
        exits(&output, 0);
    }
}

/// Two scenarios with several seeds and reports in all forms.
#[test]
fn whose_nodes_ran_is_told_wherever_runs_are_summed_up() {
    let folder = tempfile::tempdir().expect("a folder");
    let name = |name: &str| folder.path().join(name).to_str().expect("a plain name").to_owned();
    let (reports, junit) = (name("reports"), name("junit.xml"));
    let many = ["run", "scenarios/leader-crash.ron", "--implementation", "RaftRs", "--seeds", "0..3"];
    let output = squall([&many[..], &["--report", &reports, "--junit", &junit]].concat());
    exits(&output, 0);
    let head = "leader-crash  scenarios/leader-crash.ron, seeds 0..3 with RaftRs\n";
    assert!(stdout(&output).starts_with(head), "{}", stdout(&output));
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).expect("a file");
    assert!(read("reports/leader-crash.txt").starts_with(head));
    for form in ["md", "html"] {
        let page = read(&format!("reports/leader-crash.{form}"));
        assert!(page.contains("seeds 0..3 with RaftRs"), "{form}");
        assert!(
            page.contains("squall run scenarios/leader-crash.ron --seeds 0..3 --implementation RaftRs"),
            "{form}"
        );
    }
    let document: Value = serde_json::from_str(&read("reports/leader-crash.json")).expect("JSON");
    assert_eq!(document["implementation"], "RaftRs");
    assert!(
        read("junit.xml").contains(r#"<testcase name="leader-crash with RaftRs""#),
        "{}",
        read("junit.xml")
    );
    let one = squall(["run", "scenarios/leader-crash.ron", "--implementation", "OmniPaxos"]);
    assert!(stdout(&one).starts_with("leader-crash  scenarios/leader-crash.ron, seed 1 with OmniPaxos\n"));
    for (implementation, said) in [(&["--implementation", "RaftRs"][..], "RaftRs"), (&[], "Squall")] {
        let output = squall([&["run", "scenarios/leader-crash.ron", "--json"], implementation].concat());
        assert_eq!(parsed(&output)["runs"][0]["implementation"], said);
    }
}

#[test]
fn the_table_of_many_scenarios_has_a_column_for_whose_nodes_ran() {
    let files = ["run", "scenarios/leader-crash.ron", "scenarios/cold-start.ron"];
    let text = stdout(&squall([&files[..], &["--implementation", "RaftRs"]].concat()));
    let words = |text: &str, row: usize| {
        let row = text.lines().nth(row).expect("a row");
        row.split_whitespace().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(words(&text, 0)[..3], ["scenario", "with", "seed"], "{text}");
    assert_eq!(words(&text, 2)[..4], ["leader-crash", "RaftRs", "1", "pass"], "{text}");
    let own = stdout(&squall(files));
    assert_eq!(words(&own, 0)[..2], ["scenario", "seed"], "{own}");
}

/// What helps depends on who asks for the implementation.
#[test]
fn the_help_fits_whoever_named_the_implementation() {
    let file = "scenarios/reads/by-lease.ron";
    let output = squall(["run", file, "--implementation", "OmniPaxos"]);
    exits(&output, 2);
    let text = stderr(&output);
    assert!(text.contains("`OmniPaxos` can't express `read: Lease`: it has no leases"), "{text}");
    assert!(text.contains("or run it with another implementation: `--implementation Squall`"), "{text}");
    let text = std::fs::read_to_string(super::path(file)).expect("a scenario");
    let (_folder, own) =
        super::written(text.replacen("cluster: (", "cluster: (implementation: OmniPaxos, ", 1));
    let output = squall(["run", &own]);
    exits(&output, 2);
    assert!(stderr(&output).contains("or write `implementation: Squall`"), "{}", stderr(&output));
    let output = squall(["run", &own, "--implementation", "Squall"]);
    exits(&output, 0);
}

#[test]
fn what_cannot_be_expressed_does_not_keep_others_from_being_run() {
    let folder = tempfile::tempdir().expect("a folder");
    let junit = folder.path().join("junit.xml").to_str().expect("a plain name").to_owned();
    let files =
        ["scenarios/reads/by-lease.ron", "scenarios/cold-start.ron", "scenarios/transfer/successor-away.ron"];
    let with = ["--implementation", "OmniPaxos"];
    let run = |more: &[&str]| squall([&["run"], &files[..], &with, more].concat());
    let output = run(&["--junit", &junit]);
    exits(&output, 2);
    let text = stdout(&output);
    assert!(text.lines().any(|line| line.trim_start().starts_with("cold-start ")), "{text}");
    assert!(text.contains("\nNot run  2 scenarios that OmniPaxos can't express\n"), "{text}");
    assert!(text.contains("  scenarios/reads/by-lease.ron\n    `read: Lease`: it has no leases\n"), "{text}");
    assert!(text.contains("\nruns: 1, failed: 0, not run: 2\nverdict: pass\n"), "{text}");
    let said = "error: 2 scenarios not run, since `OmniPaxos` can't express what they ask for";
    assert!(stderr(&output).contains(said), "{}", stderr(&output));
    let cases = std::fs::read_to_string(&junit).expect("a file");
    assert!(cases.contains(r#"tests="3" skipped="0" failures="0" errors="2""#), "{cases}");
    let document = parsed(&run(&["--json"]));
    assert_eq!(document["runs"].as_array().expect("runs").len(), 1);
    assert_eq!(document["not_run"][0]["file"], files[0]);
    assert_eq!(document["not_run"][1]["cannot_express"][0]["switch"], "Transfer");
    // With many seeds as well.
    let output = run(&["--seeds", "0..2", "--quiet"]);
    exits(&output, 2);
    assert!(stdout(&output).contains("\nruns: 2, failed: 0, not run: 2\n"), "{}", stdout(&output));
}

/// Whoever reads the files must not take those of an earlier call for those of this one.
#[test]
fn where_nothing_can_be_expressed_that_is_written_all_the_same() {
    let folder = tempfile::tempdir().expect("a folder");
    let name = |name: &str| folder.path().join(name).to_str().expect("a plain name").to_owned();
    let (reports, junit) = (name("reports"), name("junit.xml"));
    let both = ["scenarios/reads/by-lease.ron", "scenarios/transfer/successor-away.ron"];
    let run = |files: &[&str], more: &[&str]| {
        let with = ["--implementation", "OmniPaxos", "--report", &reports, "--junit", &junit];
        let output = squall([&["run"], files, &with, more].concat());
        exits(&output, 2);
        output
    };
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).expect("a file");
    // A report with a picture, which is none of the other.
    exits(&squall(["run", both[0], "--report", &reports]), 0);
    for (files, seeds) in [(&both[..], &[][..]), (&both[..], &["--seeds", "0..3"]), (&both[..1], &[])] {
        let output = run(files, &[&["--json"], seeds].concat());
        let document = parsed(&output);
        assert_eq!(document["runs"], serde_json::json!([]));
        assert_eq!(document["not_run"].as_array().expect("a list").len(), files.len());
        let cases = format!(r#"tests="{}" skipped="0" failures="0" errors="{0}""#, files.len());
        assert!(read("junit.xml").contains(&cases), "{}", read("junit.xml"));
        // With their places, and once.
        assert_eq!(
            stderr(&output).matches("can't express `read: Lease`: ").count(),
            1,
            "{}",
            stderr(&output)
        );
        assert!(!stderr(&output).contains("not run"), "{}", stderr(&output));
    }
    let report: Value = serde_json::from_str(&read("reports/by-lease.json")).expect("JSON");
    assert_eq!(report["not_run"][0]["file"], both[0]);
    for form in ["txt", "md", "html"] {
        assert!(read(&format!("reports/by-lease.{form}")).contains("Not run"), "{form}");
    }
    assert!(!folder.path().join("reports/by-lease.svg").exists());
    assert_eq!(stdout(&run(&both, &[])), "");
    // One is told as one, among others.
    let output = run(&[both[0], "scenarios/cold-start.ron"], &["--quiet"]);
    let said = "error: 1 scenario not run, since `OmniPaxos` can't express what it asks for\nhelp: ";
    assert!(stderr(&output).contains(said), "{}", stderr(&output));
}

#[test]
fn what_fails_is_graver_than_what_is_not_run() {
    let finding = "scenarios/findings/raft-rs-lease-outlived.ron";
    let output =
        squall(["run", "tests/fixtures/ack-before-flush.ron", finding, "--implementation", "RaftRs"]);
    exits(&output, 1);
    assert!(stdout(&output).contains("\nruns: 1, failed: 1, not run: 1\nverdict: safety violated\n"));
    // Where a scenario is wrong in itself nothing is run, as ever; nor where nothing is left.
    for other in ["tests/fixtures/ack-before-flush.ron", "Cargo.toml"] {
        let output = squall(["run", "scenarios/bugs/local-read.ron", other, "--implementation", "RaftRs"]);
        exits(&output, 2);
        assert_eq!(stdout(&output), "");
        assert!(stderr(&output).contains("`RaftRs` can't express `bug`"), "{}", stderr(&output));
    }
}

const OUTLIVED: &str = "scenarios/findings/raft-rs-lease-outlived.ron";

/// What is run with another implementation can be explained and made smaller with it.
#[test]
fn commands_that_run_something_take_the_implementation() {
    let with = ["--implementation", "RaftRs"];
    let run = |arguments: &[&str]| squall([arguments, &with].concat());
    let explained = run(&["explain", OUTLIVED]);
    exits(&explained, 0);
    let text = stdout(&explained);
    assert!(text.starts_with("raft-rs-lease-outlived  seed 2 with RaftRs: "), "{text}");
    assert!(text.contains("Broken rule  linearizability"), "{text}");
    assert!(!stdout(&squall(["explain", OUTLIVED])).contains("Broken rule"));
    let document = parsed(&run(&["explain", "quick", "--seed", "3", "--json"]));
    assert_eq!(document["implementation"], "RaftRs");
    // A script names it, and so is the same run without the option.
    let script = run(&["resolve", "scenarios/leader-crash.ron"]);
    exits(&script, 0);
    let (_folder, file) = super::written(&script.stdout);
    let again = squall(["run", &file]);
    exits(&again, 0);
    let said = format!("// digest: {}\n", super::digest(&stdout(&again)));
    assert!(stdout(&script).contains(&said), "{}", stdout(&script));
    let shrunk = run(&["shrink", OUTLIVED, "--runs", "20"]);
    exits(&shrunk, 0);
    assert!(stdout(&shrunk).contains("implementation: RaftRs,"), "{}", stdout(&shrunk));
    // What passes can't be shrunk; seeds that fail are looked for with the same implementation.
    let passes = run(&["shrink", "scenarios/leader-crash.ron"]);
    exits(&passes, 2);
    let search = "`squall run scenarios/leader-crash.ron --implementation RaftRs --seeds 0..1000`";
    assert!(stderr(&passes).contains(search), "{}", stderr(&passes));
    for command in ["explain", "shrink", "resolve"] {
        let refused = run(&[command, "changes", "--seed", "3"]);
        exits(&refused, 2);
        assert!(
            stderr(&refused).contains("the profile `changes` is about "),
            "{command}: {}",
            stderr(&refused)
        );
    }
}

/// A request for votes may be followed by other frames of its sender, and lead to others than the answer.
#[test]
fn what_became_of_each_request_for_votes_is_told() {
    let asks = |file: &str, name: &str| {
        let output = squall(["explain", file, "--implementation", name]);
        exits(&output, 0);
        stdout(&output)
    };
    let told = asks("scenarios/leader-crash.ron", "OmniPaxos");
    assert!(
        told.contains("n1 asks for votes in term 2001: n2 n3 n4 yes; n5 lost: the receiver is"),
        "{told}"
    );
    let told = asks("scenarios/findings/raft-rs-pre-vote-in-term-0.ron", "RaftRs");
    assert!(told.contains("n3 asks whether it would get votes: n1 its software panicked; n2 yes."), "{told}");
}

#[test]
fn check_says_what_an_implementation_can_express() {
    let check = |file: &str, more: &[&str]| {
        squall([&["check", file, "--implementation", "OmniPaxos"], more].concat())
    };
    exits(&check("scenarios/leader-crash.ron", &[]), 0);
    let cases = [
        ("scenarios/reads/by-index.ron", "`OmniPaxos` can't express `read: Index`"),
        ("scenarios/profiles/changes.ron", "the profile `changes` is about `AddLearner, "),
        ("scenarios/studies/wan-elections.ron", "`OmniPaxos` can't express `logs`"),
    ];
    for (file, says) in cases {
        let output = check(file, &[]);
        exits(&output, 2);
        assert!(stderr(&output).contains(says), "{}", stderr(&output));
        let output = check(file, &["--json"]);
        exits(&output, 2);
        let told = &parsed(&output)["files"][0];
        assert_eq!(told["valid"], false);
        let message = told["errors"][0]["message"].as_str().expect("a message");
        assert!(message.contains(says) && told["errors"][0]["fix"].is_string(), "{told}");
        exits(&squall(["check", file]), 0);
    }
}

/// A study with a grid of this field.
fn study(field: &str, values: &str) -> (tempfile::TempDir, String) {
    super::written(format!(
        r#"(format: 1, name: "small", seeds: (0, 4), measure: FirstLeader, grid: [(field: "{field}", values: [{values}])],
            scenario: (format: 1, name: "x", duration: "5s", cluster: (voters: 3)))"#
    ))
}

#[test]
fn a_study_can_be_made_of_another_implementation() {
    let (folder, file) = study("cluster.voters", "3, 5");
    let out = folder.path().join("out").to_str().expect("a plain name").to_owned();
    let with = ["--implementation", "RaftRs", "--out", &out];
    let output = squall([&["study", &file], &with[..]].concat());
    exits(&output, 0);
    assert!(
        stdout(&output).starts_with("small  2 cells, 4 trials each with RaftRs\n"),
        "{}",
        stdout(&output)
    );
    let own = squall(["study", &file, "--out", &out]);
    exits(&own, 2);
    assert!(stderr(&own).contains("holds the results of"), "{}", stderr(&own));
    let (_folder, file) = study("cluster.implementation", "Squall, RaftRs");
    exits(&squall(["check", &file]), 0);
    let output = squall(["check", &file, "--implementation", "OmniPaxos"]);
    exits(&output, 2);
    let says = "the implementation varies, and one is named for all cells";
    assert!(stderr(&output).contains(says), "{}", stderr(&output));
}

/// What was found before with Squall's own Raft says nothing of another.
#[test]
fn only_findings_of_the_same_implementation_are_run_again() {
    let (_folder, output) = fuzz(&["quick", "--implementation", "RaftRs", "--seeds", "0..1", "--json"]);
    exits(&output, 0);
    assert_eq!(parsed(&output)["regressions"], serde_json::json!([]));
    let told = stderr(&output);
    assert!(told.contains(" scenarios in scenarios/regressions of other implementations not run"), "{told}");
    let (_folder, output) = fuzz(&["quick", "--seeds", "0..1", "--json", "--quiet"]);
    assert!(!parsed(&output)["regressions"].as_array().expect("a list").is_empty());
    assert!(!stderr(&output).contains("not run"), "{}", stderr(&output));
}

#[test]
fn to_name_what_runs_anyway_makes_no_other_shards() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().to_str().expect("a plain name");
    for (shard, named) in [("1/2", &["--implementation", "Squall"][..]), ("2/2", &[])] {
        let arguments = ["fuzz", "quick", "--seeds", "0..4", "--quiet", "--shard", shard, "--out", out];
        exits(&squall([&arguments, named].concat()), 0);
    }
    exits(&squall(["merge", out, "--quiet"]), 0);
}

/// What an implementation does not do never happens, and a hunt for it would never end.
#[test]
fn a_hunt_ends_where_something_that_is_wanted_never_happens() {
    let (_file, profile) = super::written(
        r#"(format: 1, name: "bare", duration: "1s", settle: "500ms", cluster: (voters: [(3, 1)]),
            sometimes: [LeaderElected, SnapshotTaken, TransferBegun])"#,
    );
    let (_folder, output) = fuzz(&[&profile, "--until-covered", "--quiet", "--implementation", "OmniPaxos"]);
    exits(&output, 4);
    let text = stderr(&output);
    let never = "Of what the profile wants to happen sometimes this never did: TransferBegun, SnapshotTaken.";
    assert!(text.contains(&format!("not covered. {never} Nothing new in the last 1,000 runs: ")), "{text}");
    assert!(text.contains("\nhelp: some of it may be nothing that OmniPaxos does; "), "{text}");
}

/// Hours of runs must not end in results that nobody can merge.
#[test]
fn shards_of_two_implementations_have_no_folder_in_common() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().to_str().expect("a plain name");
    let shard = |more: &[&str]| {
        squall([&["fuzz", "quick", "--seeds", "0..4", "--quiet", "--out", out], more].concat())
    };
    exits(&shard(&["--shard", "1/2"]), 0);
    let held = |name: &str| std::fs::read_to_string(folder.path().join(name)).expect("a file");
    let before = held("results-1-of-2.jsonl");
    // Neither in its own file, nor beside it.
    for number in ["1/2", "2/2", "1/3"] {
        let output = shard(&["--shard", number, "--implementation", "RaftRs"]);
        exits(&output, 2);
        let text = stderr(&output);
        assert!(text.contains("results-1-of-2.jsonl: holds "), "{text}");
        assert!(text.contains("they were made with different values of `--implementation`"), "{text}");
        assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 1);
    }
    assert_eq!(held("results-1-of-2.jsonl"), before);
    exits(&shard(&["--shard", "2/2"]), 0);
    exits(&squall(["merge", out, "--quiet"]), 0);
    // What is none of ours is in nobody's way.
    std::fs::write(folder.path().join("trace.jsonl"), "{}\n").expect("written");
    exits(&shard(&["--shard", "2/2"]), 0);
}

/// Two reports of the same scenario with two implementations.
#[test]
fn a_difference_between_implementations_names_both() {
    let folder = tempfile::tempdir().expect("a folder");
    let name = |name: &str| folder.path().join(name).to_str().expect("a plain name").to_owned();
    let report = |implementation: &str, seeds: &[&str], form: &str| {
        let with = ["--implementation", implementation, "--quiet"];
        let run = ["run", "scenarios/leader-crash.ron"];
        let out = name(&format!("{implementation}-{form}"));
        if form == "summary" {
            squall([&run, &with[..], seeds, &["--report", &out]].concat());
            return format!("{out}/leader-crash.json");
        }
        let output = squall([&run, &with[..], seeds, &["--json"]].concat());
        std::fs::write(&out, stdout(&output)).expect("written");
        out
    };
    let seeds = ["--seeds", "0..2"];
    let forms = ["whole", "summary"];
    let [own, other] =
        ["Squall", "RaftRs"].map(|implementation| forms.map(|form| report(implementation, &seeds, form)));
    for (old, new) in [(&own[0], &other[0]), (&own[1], &other[1]), (&own[0], &other[1])] {
        let text = stdout(&squall(["diff", old, new]));
        assert_eq!(text.matches("implementation: Squall -> RaftRs\n").count(), 1, "{text}");
        assert!(!text.contains("none -> ") && !text.contains(" -> none"), "{text}");
        let parameters = parsed(&squall(["diff", new, old, "--json"]))["scenarios"][0]["parameters"].clone();
        let said = serde_json::json!([{ "name": "implementation", "old": "RaftRs", "new": "Squall" }]);
        assert_eq!(parameters, said);
    }
    assert!(!stdout(&squall(["diff", &own[0], &own[1]])).contains("implementation"));
    let (_folder, file) = study("cluster.voters", "3");
    let [own, other] = ["Squall", "RaftRs"].map(|implementation| {
        let out = name(&format!("{implementation}-study"));
        exits(&squall(["study", &file, "--implementation", implementation, "--out", &out, "--quiet"]), 0);
        format!("{out}/results.json")
    });
    let text = stdout(&squall(["diff", &own, &other]));
    assert!(text.contains("implementation: Squall -> RaftRs\n"), "{text}");
}
