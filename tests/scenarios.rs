//! The shipped scenarios are what they say, and broken ones are explained.

use squall::scenario::{decode, read, write};
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

#[test]
fn shipped_scenarios_read_without_warnings_and_write_back() {
    let files = files("scenarios", "ron");
    assert!(files.len() >= 7, "{files:?}");
    for file in files {
        let bytes = fs::read(&file).expect("a file");
        let text = decode(&bytes).expect("UTF-8");
        let (plan, warnings) =
            read(text).unwrap_or_else(|errors| panic!("{}", errors.render(&name(&file), text, false)));
        assert!(warnings.is_empty(), "{}: {warnings:?}", name(&file));
        assert_eq!(format!("{}.ron", plan.name), name(&file), "a scenario is named after its file");
        let sentences = plan.about.matches(['.', '?']).count();
        assert!((2..=8).contains(&sentences), "{} explains itself in {sentences} sentences", plan.name);
        let again = write(&plan);
        assert_eq!(read(&again), Ok((plan, vec![])), "{again}");
    }
}
