//! Files that belong together: all of them are written, or none.

use super::files::{FileError, NewFile, plain};
use std::io::Write;
use std::path::Path;

/// The form that not every report has. Where a report has none, that of an older one is removed, for beside the other forms it would be
/// taken for one of this report.
const PICTURE: &str = "svg";

/// Writes a report in its forms into a folder, each with the end of its name. Files that were there stay as they are until all forms are
/// written whole.
///
/// # Errors
/// If one can't be written; then none is in its place.
pub fn write_together(folder: &Path, name: &Path, forms: &[(&str, String)]) -> Result<(), FileError> {
    let path = |form: &str| folder.join(name).with_added_extension(form);
    let mut files = Vec::new();
    for (form, content) in forms {
        let place = path(form);
        let mut file = NewFile::create(&place)?;
        let written = file.write_all(content.as_bytes()).and_then(|()| file.flush());
        written.map_err(|error| FileError {
            path: place,
            message: format!("can't be written, so the report is in none of its forms: {}", plain(&error)),
        })?;
        files.push(file);
    }
    files.into_iter().try_for_each(NewFile::commit)?;
    if forms.iter().all(|(form, _)| *form != PICTURE) {
        // There may be none, and what can't be removed is no worse than before.
        let _ = std::fs::remove_file(path(PICTURE));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).expect("a folder");
        let mut names: Vec<String> = entries
            .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_report_is_there_in_all_its_forms_or_as_it_was() {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |forms: &[(&str, &str)]| {
            let forms: Vec<(&str, String)> =
                forms.iter().map(|(form, text)| (*form, (*text).into())).collect();
            write_together(folder.path(), Path::new("x.y"), &forms)
        };
        write(&[("txt", "1"), ("svg", "1")]).expect("written");
        fs::write(folder.path().join("x.svg"), "another's").expect("written");
        fs::write(folder.path().join("x.y.ron"), "the scenario").expect("written");
        assert_eq!(names(folder.path()), ["x.svg", "x.y.ron", "x.y.svg", "x.y.txt"]);
        write(&[("txt", "2")]).expect("written");
        assert_eq!(names(folder.path()), ["x.svg", "x.y.ron", "x.y.txt"], "the picture was of another run");
        fs::create_dir(folder.path().join("x.y.md")).expect("a folder in the way");
        write(&[("txt", "3"), ("md", "3")]).expect_err("no file can be there");
        assert_eq!(fs::read_to_string(folder.path().join("x.y.txt")).expect("read"), "2");
        assert_eq!(names(folder.path()).len(), 4, "nothing is left behind");
    }
}
