//! Random runs on many machines, and one report of their results.

use super::{exits, squall, stderr, stdout};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

fn text(path: &Path) -> &str {
    path.to_str().expect("a plain name")
}

/// Makes one share of the runs of a profile.
fn shard(share: &str, out: &Path, arguments: &[&str]) -> Output {
    squall([&["fuzz", "--shard", share, "--out", text(out), "--quiet"], arguments].concat())
}

const RUNS: [&str; 3] = ["quick", "--seeds", "5..35"];

/// The results of all shards of so many, in a folder.
fn shards(of: u32) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for number in 1..=of {
        exits(&shard(&format!("{number}/{of}"), folder.path(), &RUNS), 0);
    }
    folder
}

fn results(folder: &Path, number: u32, of: u32) -> PathBuf {
    folder.join(format!("results-{number}-of-{of}.jsonl"))
}

/// All results in one file, and the document about them.
fn merged(inputs: &[&Path]) -> (String, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let inputs: Vec<&str> = inputs.iter().map(|input| text(input)).collect();
    let output = squall([&["merge", "--json", "--out", text(folder.path())], inputs.as_slice()].concat());
    assert_eq!(stderr(&output), "");
    exits(&output, 0);
    (fs::read_to_string(folder.path().join("results.jsonl")).expect("results"), stdout(&output))
}

/// The page about the results that a folder holds.
fn page(folder: &Path) -> String {
    fs::read_to_string(folder.join("index.html")).expect("a page")
}

/// Whoever looks after many machines sees what they found, how soon, and the smallest scenario of each.
#[test]
fn the_page_about_merged_results_shows_what_was_found() {
    let shards = tempfile::tempdir().expect("a folder");
    for number in 1..=2 {
        let arguments = ["canary", "--seeds", "0..12", "--coverage"];
        exits(&shard(&format!("{number}/2"), shards.path(), &arguments), 1);
    }
    let [one, two] = [1, 2].map(|number| results(shards.path(), number, 2));
    let pages = [[&one, &two], [&two, &one]].map(|inputs| {
        let folder = tempfile::tempdir().expect("a folder");
        let out = folder.path().join("all");
        exits(&squall(["merge", "--quiet", "--out", text(&out), text(inputs[0]), text(inputs[1])]), 1);
        page(&out).replace(text(folder.path()), "")
    });
    assert_eq!(pages[0], pages[1]);
    let page = &pages[0];
    for part in [
        "<title>canary: random runs, seeds 0..12</title>",
        "12 of 12 seeds failed",
        "aria-label=\"Findings\"",
        "<th scope=\"row\">durable commit</th>",
        "squall fuzz canary --seeds ",
        "// It fails by: durable commit.",
        "ways of failing found",
        "points of coverage reached",
    ] {
        assert!(page.contains(part), "{part} is not in {page}");
    }
    assert!(
        !page.contains("http://")
            || page.matches("http://").count() == page.matches("http://www.w3.org/2000/svg").count()
    );
}

#[test]
fn whatever_the_shards_the_merged_results_are_those_of_one_machine() {
    let one = shards(1);
    let alone = fs::read_to_string(results(one.path(), 1, 1)).expect("results");
    let of_one = merged(&[one.path()]);
    assert_eq!(of_one.0, alone);
    for of in [2, 7, 40] {
        assert_eq!(merged(&[shards(of).path()]), of_one, "{of} shards");
    }
    let usual = tempfile::tempdir().expect("a folder");
    exits(&shard("1/1", usual.path(), &["default", "--seeds", "0..3"]), 0);
    merged(&[usual.path()]);
    let (three, folder) = (shards(3), tempfile::tempdir().expect("a folder"));
    let [a, b, c] = [1, 2, 3].map(|number| results(three.path(), number, 3));
    let some = squall(["merge", "--quiet", "--out", text(folder.path()), text(&c), text(&a)]);
    exits(&some, 4);
    assert!(stdout(&some).contains("verdict: vacuous"), "{}", stdout(&some));
    assert!(page(folder.path()).contains("missing: 10 seeds of those that were asked for"));
    assert!(
        stderr(&some).starts_with("missing: 10 seeds of those that were asked for: 7, 10,"),
        "{}",
        stderr(&some)
    );
    let part = folder.path().join("results.jsonl");
    assert_eq!(merged(&[&b, &part]), of_one);
    assert_eq!(merged(&[&part, &c, three.path(), one.path(), &part]), of_one);

    let fuzz =
        squall([&["fuzz", "--json", "--quiet", "--out", text(folder.path())], RUNS.as_slice()].concat());
    let part_of = |document: &str| {
        let mut document: serde_json::Value = serde_json::from_str(document).expect("JSON");
        let object = document.as_object_mut().expect("an object");
        object.retain(|name, _| name != "host" && name != "regressions");
        document
    };
    assert_eq!(part_of(&stdout(&fuzz)), part_of(&of_one.1));
}

#[test]
fn a_killed_shard_goes_on_where_it_was() {
    let folder = shards(2);
    let file = results(folder.path(), 2, 2);
    let whole = fs::read(&file).expect("results");
    let header = whole.iter().position(|byte| *byte == b'\n').expect("a line") + 1;
    for length in [0, 10, header - 1, header, header + 1, whole.len() / 2, whole.len() - 1, whole.len()] {
        fs::write(&file, &whole[..length]).expect("written");
        if length > header && whole[length - 1] != b'\n' {
            let torn = squall(["merge", text(folder.path())]);
            exits(&torn, 2);
            assert!(stderr(&torn).contains("is torn: whatever wrote it was killed"), "{}", stderr(&torn));
        }
        exits(&shard("2/2", folder.path(), &RUNS), 0);
        assert_eq!(fs::read(&file).expect("results"), whole, "cut after {length} bytes");
    }
}

#[test]
fn results_of_something_else_are_left_as_they_are() {
    let folder = shards(2);
    let file = results(folder.path(), 1, 2);
    let refused = |arguments: &[&str], why: &str| {
        let before = fs::read(&file).expect("results");
        let output = shard("1/2", folder.path(), arguments);
        exits(&output, 2);
        assert!(stderr(&output).contains(why), "{}", stderr(&output));
        assert_eq!(fs::read(&file).expect("results"), before);
    };
    refused(&["quick", "--seeds", "5..36"], "the one is of the seeds 5..35, the other of 5..36");
    refused(&["default", "--seeds", "5..35"], "the one is of the profile quick, the other of default");
    refused(&["quick", "--seeds", "5..35", "--coverage"], "--coverage");
    fs::write(&file, "my shopping list").expect("written");
    refused(&RUNS, "this is no file of results of `squall fuzz`");
    fs::write(&file, "my shopping list\n").expect("written");
    refused(&RUNS, "line 1: this is no file of results of `squall fuzz`");
}

#[test]
fn what_does_not_belong_together_is_not_merged() {
    let folder = shards(2);
    let (a, b) = (results(folder.path(), 1, 2), results(folder.path(), 2, 2));
    let other = folder.path().join("other.jsonl");
    let good = fs::read_to_string(&b).expect("results");
    let told = |content: &str, code: i32, why: &str| {
        fs::write(&other, content).expect("written");
        let output = squall(["merge", text(&a), text(&b), text(&other)]);
        exits(&output, code);
        assert!(stderr(&output).contains(why), "{}", stderr(&output));
        assert!(stderr(&output).contains("other.jsonl"), "{}", stderr(&output));
        assert_eq!(stdout(&output), "");
    };
    let version = format!(r#""version":"{}""#, env!("CARGO_PKG_VERSION"));
    told(&good.replace(&version, r#""version":"9.9""#), 2, "9.9");
    told(&good.replace(r#""to":"35""#, r#""to":"40""#), 2, "5..35 and 5..40 overlap");
    told(
        &good.replace(r#""profile":"quick""#, r#""profile":"slow""#),
        2,
        "of the profile quick, the other of slow",
    );
    told(&good.replace("Short runs", "Long runs"), 2, "is not the one that its hash was made of");
    told("", 2, "is empty");
    told("{}\n", 2, "line 1: this is no file of results");
    let lines: Vec<&str> = good.lines().collect();
    let joined = |order: &[usize]| order.iter().map(|at| format!("{}\n", lines[*at])).collect::<String>();
    told(&joined(&[0, 2, 1]), 2, "line 3: seed 5 stands behind seed 7");
    told(&joined(&[0, 1, 1]), 2, "line 3: seed 5 stands behind seed 5");
    told(&good.replace(r#""seed":"7""#, r#""seed":"8""#), 2, "line 3: seed 8 is none of those");
    told(&(joined(&[0, 1]) + "{\"seed\":7}\n"), 2, "line 3: ");
    told(
        &good.replacen(r#""elections":"#, r#""elections":1"#, 1),
        2,
        "with the same digest: one of them was changed",
    );
    let digest = lines[1].split(r#""digest":""#).nth(1).expect("a digest");
    let turned = if digest.starts_with('0') { "1" } else { "0" };
    let turned = good.replacen(&digest[..32], &format!("{turned}{}", &digest[1..32]), 1);
    told(&turned, 5, "seed 5 has two digests");
}

#[test]
fn a_share_that_there_is_not_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let told = |share: &str, why: &str| {
        let output = shard(share, folder.path(), &RUNS);
        exits(&output, 2);
        assert!(stderr(&output).contains(why), "{}", stderr(&output));
    };
    told("5/4", "shards of 4 have the numbers 1 to 4: there is no 5");
    told("two", "a shard is written I/N");
    told("slurm", "needs the variable SLURM_ARRAY_TASK_ID");
    let output = squall(["fuzz", "quick", "--shard", "1/2"]);
    exits(&output, 2);
    assert!(stderr(&output).contains("--seeds <A..B>"), "{}", stderr(&output));
}

#[test]
fn what_starts_many_machines_says_which_share_is_whose() {
    let folder = tempfile::tempdir().expect("a folder");
    let run = |share: &[&str], variables: &[(&str, &str)]| {
        let output = Command::new(env!("CARGO_BIN_EXE_squall"))
            .args(
                [&["fuzz", "quick", "--seeds", "5..35", "--quiet", "--out", text(folder.path())], share]
                    .concat(),
            )
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .output()
            .expect("the program runs");
        exits(&output, 0);
    };
    let slurm =
        [("SLURM_ARRAY_TASK_ID", "11"), ("SLURM_ARRAY_TASK_MIN", "10"), ("SLURM_ARRAY_TASK_COUNT", "3")];
    run(&["--shard", "slurm"], &slurm);
    run(&["--shards", "3"], &[("JOB_COMPLETION_INDEX", "2")]);
    run(&["--shard", "1/3"], &[]);
    for number in 1..=3 {
        assert!(results(folder.path(), number, 3).is_file());
    }
    exits(&squall(["merge", text(folder.path())]), 0);
}

/// What was merged before is no less there for what is merged later, and nobody's results take the place of another's.
#[test]
fn a_folder_of_merged_results_keeps_what_it_holds() {
    let shards = shards(2);
    let folder = tempfile::tempdir().expect("a folder");
    let merge = |input: &Path| squall(["merge", "--quiet", "--out", text(folder.path()), text(input)]);
    exits(&merge(&results(shards.path(), 1, 2)), 4);
    exits(&merge(&results(shards.path(), 2, 2)), 0);
    let kept = || fs::read_to_string(folder.path().join("results.jsonl")).expect("results");
    let all = kept();
    assert_eq!(all.lines().count(), 31, "a header, and 30 runs");
    let others = tempfile::tempdir().expect("a folder");
    let other = ["quick", "--seeds", "0..2", "--events", "5000000"];
    let refused = shard("1/1", shards.path(), &other);
    exits(&refused, 2);
    assert!(stderr(&refused).contains("different numbers of `--events`\nhelp: name another folder"));
    exits(&shard("1/1", others.path(), &other), 0);
    let foreign = merge(&results(others.path(), 1, 1));
    exits(&foreign, 2);
    assert!(stderr(&foreign).contains("do not belong together"), "{}", stderr(&foreign));
    assert_eq!(kept(), all);
}

/// All shards may have one folder: what one has found does not take the place of what another has.
#[test]
fn what_shards_have_found_is_kept_apart() {
    let folder = tempfile::tempdir().expect("a folder");
    for share in ["1/2", "2/2"] {
        exits(&shard(share, folder.path(), &["canary", "--seeds", "0..4"]), 1);
    }
    for number in 1..=2 {
        assert!(folder.path().join(format!("canary-durable-commit-{number}-of-2.ron")).is_file());
    }
}

/// Who evicts a machine lets its work end with this signal, and has to learn that it is not done.
#[test]
fn a_shard_that_is_told_to_end_is_not_done() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut child = Command::new(env!("CARGO_BIN_EXE_squall"))
        .args([
            "fuzz",
            "quick",
            "--seeds",
            "0..100000",
            "--shard",
            "1/2",
            "--quiet",
            "--out",
            text(folder.path()),
        ])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program runs");
    let file = results(folder.path(), 1, 2);
    while fs::read_to_string(&file).map_or(0, |text| text.lines().count()) < 3 {
        assert!(child.try_wait().expect("a child").is_none(), "it has ended too soon");
        std::thread::yield_now();
    }
    let killed = Command::new("kill").args(["-TERM", &child.id().to_string()]).status().expect("kill runs");
    assert!(killed.success());
    let output = child.wait_with_output().expect("it ends");
    exits(&output, 6);
    assert!(stderr(&output).contains(" of 50,000 seeds; the same command goes on"), "{}", stderr(&output));
}
