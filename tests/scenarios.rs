//! The language by its example: what is right reads and writes back, and what is broken is explained.

use crate::common;
use squall::scenario::{Errors, Warning, read, read_profile, read_study, write};
use std::fs;
use std::path::{Path, PathBuf};

/// The files of a folder of the package with this extension, by name.
fn files(folder: &str, extension: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let entries = fs::read_dir(&folder).expect("a folder");
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    files.retain(|file| file.extension().is_some_and(|found| found == extension));
    files.sort();
    files
}

fn name(file: &Path) -> String {
    file.file_name().expect("a file").to_string_lossy().into_owned()
}

/// The example that the language was designed by, as far as its parts exist.
#[test]
fn a_storm_over_five_reads_and_writes_back() {
    let text = fs::read_to_string("tests/fixtures/storm-over-five.ron").expect("a file");
    let (plan, warnings) =
        read(&text).unwrap_or_else(|errors| panic!("{}", errors.render("storm-over-five.ron", &text, false)));
    assert_eq!(warnings, []);
    assert_eq!((plan.names.len(), plan.faults.len(), plan.storms.len()), (1, 3, 1));
    assert_eq!(plan.expectations.len(), 5);
    let written = write(&plan);
    assert_eq!(read(&written), Ok((plan, vec![])), "{written}");
}

/// Each broken scenario of `tests/scenario_errors` is explained as the text beside it says. With `UPDATE` set in the
/// environment the texts are written anew; their difference is then to be reviewed like code.
#[test]
fn broken_scenarios_are_explained() {
    assert!(explained("tests/scenario_errors", |text| read(text).map(|(_, warnings)| warnings)) >= 95);
}

/// Likewise each broken profile of `tests/profile_errors`.
#[test]
fn broken_profiles_are_explained() {
    assert!(explained("tests/profile_errors", |text| read_profile(text).map(|(_, warnings)| warnings)) >= 10);
}

/// Likewise each broken study of `tests/study_errors`.
#[test]
fn broken_studies_are_explained() {
    let fetch = |path: &str| Err(format!("there is no {path}"));
    assert!(
        explained("tests/study_errors", |text| read_study(text, &fetch).map(|(_, warnings)| warnings)) >= 10
    );
}

/// Holds each file of a folder against the text beside it. How many there are.
fn explained(folder: &str, read: impl Fn(&str) -> Result<Vec<Warning>, Errors>) -> usize {
    let update = std::env::var_os("UPDATE").is_some();
    let files = files(folder, "ron");
    let mut differing = Vec::new();
    for file in &files {
        let text = fs::read_to_string(file).expect("UTF-8");
        let shown = match read(&text) {
            Ok(warnings) => {
                assert!(!warnings.is_empty(), "{}: nothing is wrong with it", name(file));
                let shown = warnings.iter().map(|warning| warning.render(&name(file), &text, false));
                shown.collect::<Vec<_>>().join("\n\n")
            }
            Err(errors) => errors.render(&name(file), &text, false),
        };
        let shown = shown + "\n";
        let expected = file.with_extension("txt");
        if update {
            fs::write(&expected, shown).expect("a file that can be written");
        } else if fs::read_to_string(&expected).unwrap_or_default() != shown {
            differing.push(format!("{}:\n{shown}", name(file)));
        }
    }
    assert!(differing.is_empty(), "explained otherwise than expected:\n\n{}", differing.join("\n"));
    files.len()
}

/// What is right stays right beside a mistake: of a scenario in which one name of an action, an event or a time was broken
/// nothing else is said, since it was right as a whole.
#[test]
fn a_mistake_of_form_makes_no_others() {
    let mut broken = 0;
    for file in common::scenarios() {
        let text = fs::read_to_string(&file).expect("UTF-8");
        for (what, with) in
            [("do: ", "do: Nonsens"), ("at: \"", "at: \"x"), ("Sometimes(", "Sometimes(Nonsens")]
        {
            for (at, _) in text.match_indices(what) {
                let changed = format!("{}{with}{}", &text[..at], &text[at + what.len()..]);
                // In a comment it breaks nothing.
                let Err(errors) = read(&changed) else { continue };
                assert_eq!(errors.problems().len(), 1, "{}", errors.render(&name(&file), &changed, false));
                broken += 1;
            }
        }
    }
    assert!(broken > 300, "{broken}");
}
