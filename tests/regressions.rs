//! What random runs have found: `scenarios/regressions/`. Correct Raft passes each of them, as the very run that it was
//! when it was last looked at; with its bug put back each fails again. `UPDATE=1` writes the digests down anew, of
//! scenarios that still find their bug.

use crate::common;
use crate::hunt;
use common::path;
use hunt::{is_of_liveness, report};
use squall::fuzz::Failure;
use squall::plan::Plan;
use squall::report::RunVerdict;
use squall::runner::gallery::{Exhibit, GALLERY};
use squall::scenario::read;
use std::path::PathBuf;

fn file(name: &str) -> PathBuf {
    path("scenarios/regressions").join(name).with_extension("ron")
}

fn regression(name: &str) -> (String, Plan) {
    let text = std::fs::read_to_string(file(name)).expect("a regression");
    match read(&text) {
        Ok((plan, warnings)) if warnings.is_empty() => (text, plan),
        Ok((_, warnings)) => panic!("{name}: {warnings:?}"),
        Err(errors) => panic!("{}", errors.render(name, &text, false)),
    }
}

/// All files of the corpus, without their endings.
fn names() -> Vec<String> {
    let folder = std::fs::read_dir(path("scenarios/regressions")).expect("a corpus");
    let mut names: Vec<String> = folder
        .map(|entry| entry.expect("an entry").path())
        .map(|path| path.file_stem().expect("a name").to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

#[test]
fn every_planted_bug_has_its_regression() {
    let all = names();
    for exhibit in GALLERY {
        assert!(all.contains(&exhibit.file.to_string()), "{}", exhibit.name);
    }
}

#[test]
fn a_regression_of_a_planted_bug_fails_again_when_the_bug_is_put_back() {
    for Exhibit { bug, file: name, .. } in GALLERY {
        let (_, mut plan) = regression(name);
        assert_eq!(plan.cluster.raft.bug, None, "{name}");
        plan.cluster.raft.bug = Some(bug);
        let report = report(&plan);
        let fails = if is_of_liveness(bug) { RunVerdict::Expectation } else { RunVerdict::Safety };
        assert_eq!(report.verdict, fails, "{name} no longer finds {bug:?}");
        let rule = Failure::of(&report).expect("a failure").signature.to_string();
        // What was expected is told with its time.
        let how = if is_of_liveness(bug) { report.reason().unwrap_or_default() } else { rule };
        assert!(plan.about.contains(&how), "{name} fails by {how}, which its story does not tell");
    }
}

#[test]
fn correct_raft_passes_every_regression_as_it_was_last_seen_to() {
    for name in names() {
        let (text, plan) = regression(&name);
        assert_eq!(plan.name, name);
        let report = report(&plan);
        assert_eq!(report.verdict, RunVerdict::Pass, "{name}");
        let known = plan.found.expect("it was found").digest;
        let digest = report.digest.value();
        if std::env::var_os("UPDATE").is_some() && known != digest {
            let text = text.replace(&format!("{known:032x}"), &format!("{digest:032x}"));
            std::fs::write(file(&name), text).expect("written");
        } else {
            assert_eq!(known, digest, "{name} is stale: see whether it still finds its bug, then UPDATE=1");
        }
    }
}
