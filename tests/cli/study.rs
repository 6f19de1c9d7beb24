//! Studies, as a user makes them.

use super::{exits, path, squall, stderr, stdout, written};
use std::fs;
use std::path::Path;
use std::process::Output;

const SMALL: &str = r#"(
    format: 1, name: "small one", about: "A small study.", seeds: (0, 70), measure: FirstLeader,
    grid: [
        (field: "cluster.voters", values: [3, 5]),
        (field: "cluster.raft.election_timeout", values: [("150ms", "200ms"), ("150ms", "300ms")], labels: ["50", "150"]),
    ],
    scenario: (format: 1, name: "x", duration: "5s", cluster: (voters: 5)),
)"#;

/// Runs a study with its results in this folder.
fn study(file: &str, out: &Path, arguments: &[&str]) -> Output {
    let out = out.to_str().expect("a plain name");
    squall([&["study", file, "--out", out], arguments].concat())
}

fn cells(out: &Path) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(out.join("cells")).expect("a folder of cells");
    let mut files: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
    files
}

/// The JSON document in a folder of results.
fn parsed(out: &Path) -> serde_json::Value {
    let text = fs::read_to_string(out.join("results.json")).expect("a file");
    serde_json::from_str(&text).expect("JSON")
}

#[test]
fn results_do_not_depend_on_the_jobs_and_come_in_all_forms() {
    let (folder, file) = written(SMALL);
    let out = |name: &str| folder.path().join(name);
    let one = study(&file, &out("one"), &["--jobs", "1", "--quiet"]);
    exits(&one, 0);
    assert_eq!(stderr(&one), "");
    let text = stdout(&one);
    assert!(text.starts_with("small one  4 cells, 70 trials each\n  A small study.\n"), "{text}");
    assert!(text.contains("voters  election_timeout   n  "), "{text}");
    let two = study(&file, &out("two"), &["--jobs", "2", "--quiet"]);
    assert_eq!(stdout(&two), text);
    for form in ["txt", "csv", "md", "html", "json"] {
        let of =
            |name: &str| fs::read_to_string(out(name).join("results").with_extension(form)).expect("a file");
        assert_eq!(of("one"), of("two"), "{form}");
    }
    let json = study(&file, &out("one"), &["--json", "--quiet"]);
    let document: serde_json::Value = serde_json::from_str(&stdout(&json)).expect("JSON");
    assert_eq!((&document["format"], &document["study"]["planned"]), (&1.into(), &4.into()));
    assert_eq!(parsed(&out("one"))["study"], document["study"]);
    let (one, two) = (parsed(&out("one")), parsed(&out("two")));
    assert_eq!((&one["study"], &one["each"]), (&two["study"], &two["each"]));
    let html = study(&file, &out("one"), &["--form", "html", "--quiet"]);
    assert_eq!(stdout(&html), fs::read_to_string(out("one").join("results.html")).expect("a file"));
    for part in [
        "<title>small one: 4 cells, 70 trials each</title>",
        "Distribution of total, voters 3",
        "by election_timeout",
    ] {
        assert!(stdout(&html).contains(part), "{part}");
    }
    let csv = study(&file, &out("one"), &["--form", "csv", "--quiet"]);
    assert!(stdout(&csv).starts_with("voters,election_timeout,quantity,kind,trials,"), "{}", stdout(&csv));
}

/// What was finished is taken as it is; what is missing or damaged is made again, and comes to the same.
#[test]
fn a_study_goes_on_where_it_was() {
    let (folder, file) = written(SMALL);
    let out = folder.path().join("out");
    let whole = study(&file, &out, &[]);
    exits(&whole, 0);
    assert!(stderr(&whole).contains("280 trials in "), "{}", stderr(&whole));
    let files = cells(&out);
    assert_eq!(files.len(), 4);
    fs::remove_file(&files[0]).expect("removed");
    fs::write(&files[1], "half of a ").expect("written");
    let again = study(&file, &out, &[]);
    assert!(stderr(&again).contains("2 of 4 cells are taken from "), "{}", stderr(&again));
    assert!(stderr(&again).contains("140 trials in "), "{}", stderr(&again));
    assert_eq!(stdout(&again), stdout(&whole));
    assert_eq!(cells(&out), files, "nothing else is left");
    let fresh = study(&file, &out, &["--fresh"]);
    assert!(stderr(&fresh).contains("280 trials in "), "{}", stderr(&fresh));
    // Those of another study would be taken for these.
    let others = study(&file, &out, &["--seeds", "70..80"]);
    exits(&others, 2);
    let told = stderr(&others);
    assert!(told.contains("holds the results of the study small one with the seeds 0..70\nhelp: "), "{told}");
    assert_eq!(cells(&out), files, "all is as it was");
    let others = study(&file, &out, &["--seeds", "70..80", "--fresh"]);
    exits(&others, 0);
    assert!(stdout(&others).contains("10 trials each"), "{}", stdout(&others));
    assert!(
        cells(&out).len() == 4 && cells(&out).iter().all(|file| !files.contains(file)),
        "the old are gone"
    );
    let (_other_folder, other) = written(SMALL.replace("small one", "another"));
    let refused = study(&other, &out, &["--seeds", "70..80"]);
    exits(&refused, 2);
    assert!(
        stderr(&refused).contains("holds the results of the study small one\nhelp: "),
        "{}",
        stderr(&refused)
    );
}

#[cfg(feature = "raft-rs")]
#[test]
fn a_folder_of_another_implementation_is_refused() {
    let (folder, file) = written(SMALL);
    let out = folder.path().join("out");
    exits(&study(&file, &out, &["--seeds", "0..5"]), 0);
    let refused = study(&file, &out, &["--seeds", "0..5", "--implementation", "RaftRs"]);
    exits(&refused, 2);
    let told = stderr(&refused);
    assert!(told.contains("the results of the study small one with Squall, not RaftRs\nhelp: "), "{told}");
}

#[cfg(unix)]
#[test]
fn an_interrupt_keeps_what_is_finished() {
    use std::process::{Command, Stdio};
    // A first cell that is soon done, and a second one that takes for ever.
    let text = SMALL.replace("(0, 70)", "(0, 20000)").replace("values: [3, 5]", "values: [1, 101]");
    let (folder, file) = written(text);
    let out = folder.path().join("out");
    let child = Command::new(env!("CARGO_BIN_EXE_squall"))
        .args(["study", &file, "--jobs", "1", "--out", out.to_str().expect("a plain name")])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program runs");
    while fs::read_dir(out.join("cells")).map_or(0, Iterator::count) == 0 {
        std::thread::yield_now();
    }
    let killed = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill");
    assert!(killed.success());
    let output = child.wait_with_output().expect("it ends");
    exits(&output, 6);
    assert!(stderr(&output).contains("of 4 cells are finished and kept in "), "{}", stderr(&output));
    assert!(stdout(&output).contains(" of 4 cells, 20,000 trials each\n"), "{}", stdout(&output));
    assert!(!out.join("results.json").exists());
    assert!(
        cells(&out).iter().all(|file| file.extension().is_some_and(|it| it == "json")),
        "no half-written file"
    );
}

/// What single trials showed is what the figures are of, and there is only so much of it.
#[test]
fn single_trials_are_told_by_their_seeds() {
    let (folder, file) = written(SMALL);
    let out = folder.path().join("out");
    exits(&study(&file, &out, &["--quiet", "--seeds", "5..35"]), 0);
    let json = parsed(&out);
    assert_eq!((&json["each"]["seeds"], &json["study"]["first_seed"]), (&30.into(), &"5".into()));
    let cells = json["study"]["cells"].as_array().expect("cells");
    for (cell, each) in cells.iter().zip(json["each"]["cells"].as_array().expect("cells")) {
        let columns = each.as_array().expect("a column for each quantity");
        assert_eq!(columns.len(), cell["figures"].as_array().expect("figures").len());
        for (column, figures) in columns.iter().zip(cell["figures"].as_array().expect("figures")) {
            let values: Vec<u64> =
                column.as_array().expect("values").iter().filter_map(|it| it.as_u64()).collect();
            let mean = values.iter().sum::<u64>() as f64 / values.len() as f64;
            assert!((mean - figures["mean"].as_f64().expect("a mean")).abs() < 1e-3, "{figures}");
            assert_eq!(figures["count"], values.len());
        }
    }
    // Many trials of one cell: as many values as there is room for.
    let one = SMALL.replace("values: [3, 5]", "values: [1]").replace(
        r#"values: [("150ms", "200ms"), ("150ms", "300ms")], labels: ["50", "150"]"#,
        r#"values: [("150ms", "200ms")]"#,
    );
    let (folder, file) = written(one);
    let out = folder.path().join("out");
    exits(&study(&file, &out, &["--quiet", "--seeds", "0..60000"]), 0);
    assert_eq!(
        (&parsed(&out)["each"]["seeds"], &parsed(&out)["study"]["trials"]),
        (&50_000.into(), &60_000.into())
    );
}

#[cfg(unix)]
#[test]
fn a_study_that_was_killed_goes_on_and_comes_to_the_same() {
    use std::process::{Command, Stdio};
    let text = SMALL.replace("(0, 70)", "(0, 3000)");
    let (folder, file) = written(text);
    let (out, whole) = (folder.path().join("out"), folder.path().join("whole"));
    exits(&study(&file, &whole, &["--quiet"]), 0);
    let mut child = Command::new(env!("CARGO_BIN_EXE_squall"))
        .args(["study", &file, "--jobs", "1", "--out", out.to_str().expect("a plain name")])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program runs");
    let is_kept = |out: &Path| {
        fs::read_dir(out.join("cells")).is_ok_and(|mut entries| {
            entries
                .any(|entry| entry.is_ok_and(|entry| entry.path().extension().is_some_and(|it| it == "json")))
        })
    };
    while !is_kept(&out) {
        std::thread::yield_now();
    }
    child.kill().expect("killed");
    child.wait().expect("it ends");
    assert!(!out.join("results.json").exists() && !out.join("results.html").exists());
    let again = study(&file, &out, &[]);
    exits(&again, 0);
    assert!(stderr(&again).contains(" of 4 cells are taken from "), "{}", stderr(&again));
    for form in ["txt", "csv", "md", "html", "json"] {
        let of = |out: &Path| fs::read(out.join("results").with_extension(form)).expect("a file");
        assert!(of(&out) == of(&whole), "{form} is what it is without a kill");
    }
    let (now, then) = (parsed(&out), parsed(&whole));
    assert_eq!((&now["study"], &now["each"]), (&then["study"], &then["each"]));
}

#[test]
fn a_scenario_may_be_a_file_beside_the_study() {
    let (folder, file) = written(
        r#"(format: 1, name: "x", seeds: (0, 2), measure: Availability, scenario: "other.ron",
            grid: [(field: "clients.count", values: [1, 2, 0])])"#,
    );
    let missing = study(&file, &folder.path().join("out"), &[]);
    exits(&missing, 2);
    assert!(stderr(&missing).contains("other.ron: there is no such file"), "{}", stderr(&missing));
    let scenario = r#"(format: 1, name: "x", duration: "2s", cluster: (voters: 3), clients: (count: 4))"#;
    fs::write(folder.path().join("other.ron"), scenario).expect("written");
    let none = study(&file, &folder.path().join("out"), &[]);
    exits(&none, 2);
    assert!(stderr(&none).contains("with count = 0: "), "{}", stderr(&none));
    let text = fs::read_to_string(&file).expect("a study").replace(", 0]", "]");
    fs::write(&file, text).expect("written");
    let output = study(&file, &folder.path().join("out"), &[]);
    exits(&output, 0);
    assert!(stdout(&output).contains("client availability\n"), "{}", stdout(&output));
}

#[test]
fn what_can_not_be_done_is_told_with_its_place() {
    let (folder, file) = written(SMALL);
    let taken = folder.path().join("taken");
    fs::write(&taken, "").expect("written");
    let output = study(&file, &taken, &[]);
    exits(&output, 2);
    assert!(stderr(&output).contains("can't be a folder, since "), "{}", stderr(&output));
    assert!(stderr(&output).contains("`--out DIR`"), "{}", stderr(&output));
    let output = study(&file, &folder.path().join("out"), &["--seeds", "0..20000000"]);
    exits(&output, 2);
    assert!(
        stderr(&output).contains("a cell has 1 to 10000000 trials, not 20000000\nhelp: "),
        "{}",
        stderr(&output)
    );
    let output = squall(["study", "scenarios/leader-crash.ron"]);
    exits(&output, 2);
    assert!(
        stderr(&output).contains("this file is a scenario, and a study is wanted"),
        "{}",
        stderr(&output)
    );
    let output = squall(["run", &file]);
    exits(&output, 2);
    assert!(stderr(&output).contains("`squall study FILE` carries out a study"), "{}", stderr(&output));
    let output = squall(["check", "scenarios/studies/*.ron"]);
    exits(&output, 0);
    assert!(stdout(&output).contains("scenarios/studies/lan-crash.ron: ok\n"), "{}", stdout(&output));
    assert!(path("scenarios/studies/lan-crash.ron").exists());
}
