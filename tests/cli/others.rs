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
