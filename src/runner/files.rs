//! Files that people name: read with care, written whole or not at all.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use tempfile::NamedTempFile;

/// What went wrong with which file.
#[derive(Debug, thiserror::Error)]
#[error("{}: {message}", path.display())]
pub struct FileError {
    /// The file.
    pub path: PathBuf,
    /// What went wrong, for people.
    pub message: String,
}

/// Longer reports are not read: in memory they take several times of this.
const LONGEST_REPORT: u64 = 2 << 30;

fn error(path: &Path, message: impl ToString) -> FileError {
    FileError { path: path.to_owned(), message: message.to_string() }
}

/// Reads a file of at most `limit` bytes.
///
/// # Errors
/// If it is missing, unreadable, a folder, something that may never end, or longer.
pub fn read_scenario(path: &Path, limit: u64) -> Result<Vec<u8>, FileError> {
    read(path, limit, "scenario")
}

/// Reads the file of a history, of at most `limit` bytes.
///
/// # Errors
/// If it is missing, unreadable, a folder, something that may never end, or longer.
pub fn read_history(path: &Path, limit: u64) -> Result<Vec<u8>, FileError> {
    read(path, limit, "history")
}

/// Reads the file of a report.
///
/// # Errors
/// If it is missing, unreadable, a folder, something that may never end, or longer than any report that fits into memory.
pub fn read_report(path: &Path) -> Result<Vec<u8>, FileError> {
    read(path, LONGEST_REPORT, "report")
}

fn read(path: &Path, limit: u64, what: &str) -> Result<Vec<u8>, FileError> {
    let metadata = fs::metadata(path).map_err(|e| match e.kind() {
        io::ErrorKind::NotFound => error(path, "there is no such file"),
        _ => error(path, e),
    })?;
    if metadata.is_dir() {
        return Err(error(path, format!("is a folder; name a {what} file in it")));
    }
    if !metadata.is_file() {
        return Err(error(path, "is no regular file"));
    }
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(|e| error(path, e))?;
    file.take(limit + 1).read_to_end(&mut bytes).map_err(|e| error(path, e))?;
    if bytes.len() as u64 > limit {
        return Err(error(path, format!("is longer than {} KiB; no {what} is", limit / 1024)));
    }
    Ok(bytes)
}

/// Whether files can be put into this folder, or into the one that would have to be made for it. Leaves nothing behind.
///
/// # Errors
/// If they can't.
pub fn writable_folder(folder: &Path) -> Result<(), FileError> {
    let unwritable = |e: &io::Error| error(folder, format!("can't be written: {}", plain(e)));
    let whole = std::path::absolute(folder).map_err(|e| unwritable(&e))?;
    let there = whole.ancestors().find(|place| fs::symlink_metadata(place).is_ok());
    let Some(there) = there else { return Ok(()) };
    if !there.is_dir() {
        return Err(error(folder, format!("can't be a folder, since {} is none", there.display())));
    }
    new_file_in(there).map(drop).map_err(|e| unwritable(&e))
}

/// A file being written beside the place where it will be. What was in that place stays until the new file is whole.
/// What is no file, such as a terminal, a pipe or `/dev/null`, is written to as it is.
#[derive(Debug)]
pub struct NewFile {
    path: PathBuf,
    out: BufWriter<Place>,
}

#[derive(Debug)]
enum Place {
    Aside(NamedTempFile, Unfinished),
    Device(File),
}

impl Write for Place {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Aside(file, _) => file.write(bytes),
            Self::Device(file) => file.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Aside(file, _) => file.flush(),
            Self::Device(file) => file.flush(),
        }
    }
}

impl NewFile {
    /// Begins a file that will be at `path`.
    ///
    /// # Errors
    /// If nothing can be written there.
    pub fn create(path: &Path) -> Result<Self, FileError> {
        if path.is_dir() {
            return Err(error(path, "is a folder; name a file in it"));
        }
        let unwritable = |e: io::Error| error(path, format!("can't be written: {}", plain(&e)));
        // Through a link the file that it leads to is replaced, not the link.
        let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let place = match fs::metadata(&target) {
            Ok(metadata) if !metadata.is_file() => {
                Place::Device(File::options().write(true).open(&target).map_err(unwritable)?)
            }
            _ => {
                let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty());
                let file = new_file_in(folder.unwrap_or(Path::new("."))).map_err(unwritable)?;
                let unfinished = Unfinished::new(file.path());
                Place::Aside(file, unfinished)
            }
        };
        Ok(Self { path: target, out: BufWriter::new(place) })
    }

    /// Puts the file in its place.
    ///
    /// # Errors
    /// If it can't be written whole; what was in its place is still there.
    pub fn commit(self) -> Result<(), FileError> {
        let Self { path, out } = self;
        let unwritable = |e: &io::Error| error(&path, format!("can't be written: {}", plain(e)));
        match out.into_inner().map_err(|e| unwritable(e.error()))? {
            Place::Device(_) => Ok(()),
            Place::Aside(file, _unfinished) => {
                file.persist(&path).map(drop).map_err(|e| unwritable(&e.error))
            }
        }
    }
}

impl Write for NewFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// The files that are not whole yet.
static UNFINISHED: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

/// A file that is not whole, as long as this lives.
#[derive(Debug)]
struct Unfinished(PathBuf);

impl Unfinished {
    fn new(path: &Path) -> Self {
        // Whoever removes it may stand elsewhere.
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner).insert(path.clone());
        Self(path)
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.0);
    }
}

/// From now on an interrupt removes files that are not whole before it ends the process.
pub fn remove_unfinished_when_interrupted() {
    const EXIT: i32 = 130;
    // Without a handler an interrupt ends the process all the same, and leaves such a file.
    let _ = ctrlc::set_handler(|| {
        if REPORTS.load(Ordering::SeqCst) && !INTERRUPTED.swap(true, Ordering::SeqCst) {
            return;
        }
        for path in UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            let _ = fs::remove_file(path);
        }
        std::process::exit(EXIT);
    });
}

/// Whether the first interrupt is only noted.
static REPORTS: AtomicBool = AtomicBool::new(false);

/// Whether there was one.
static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// From now on the first interrupt is only noted, for whoever asks [`was_interrupted`]; the second ends the process.
pub fn report_when_interrupted() {
    REPORTS.store(true, Ordering::SeqCst);
}

/// Whether an interrupt was noted.
pub fn was_interrupted() -> bool {
    INTERRUPTED.load(Ordering::SeqCst)
}

/// What the system says, without the name of the file aside, which is nobody's concern.
pub(super) fn plain(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" at path ").next().unwrap_or(&text).to_owned()
}

/// A file of a fresh name, with the permissions that any new file gets.
fn new_file_in(folder: &Path) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".squall-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    builder.tempfile_in(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole_or_not_at_all() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("report.txt");
        fs::write(&path, "old").expect("written");
        let mut file = NewFile::create(&path).expect("begun");
        file.write_all(b"new").expect("written");
        file.flush().expect("written");
        assert_eq!(fs::read_to_string(&path).expect("read"), "old");
        file.commit().expect("whole");
        assert_eq!(fs::read_to_string(&path).expect("read"), "new");
        drop(NewFile::create(&path).expect("begun"));
        assert_eq!(fs::read_to_string(&path).expect("read"), "new");
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1, "nothing is left behind");
    }

    #[cfg(unix)]
    #[test]
    fn devices_are_written_to_and_links_are_followed() {
        let folder = tempfile::tempdir().expect("a folder");
        let (real, link) = (folder.path().join("real"), folder.path().join("link"));
        fs::write(&real, "old").expect("written");
        std::os::unix::fs::symlink(&real, &link).expect("linked");
        let mut file = NewFile::create(&link).expect("begun");
        file.write_all(b"new").expect("written");
        file.commit().expect("whole");
        assert_eq!(fs::read_to_string(&real).expect("read"), "new");
        assert!(fs::symlink_metadata(&link).expect("there").is_symlink());
        let mut null = NewFile::create(Path::new("/dev/null")).expect("begun");
        null.write_all(b"nothing").expect("written");
        null.commit().expect("whole");
        assert!(!fs::metadata("/dev/null").expect("still there").is_file());
    }

    #[test]
    fn a_folder_is_tried_and_left_as_it_is() {
        let folder = tempfile::tempdir().expect("a folder");
        for inside in ["", "new", "new/and/newer"] {
            assert!(writable_folder(&folder.path().join(inside)).is_ok());
        }
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 0);
        fs::write(folder.path().join("file"), "").expect("written");
        for inside in ["file", "file/in/it"] {
            let message = writable_folder(&folder.path().join(inside)).expect_err("no folder").to_string();
            assert!(message.contains("can't be a folder, since "), "{message}");
        }
    }

    #[test]
    fn errors_name_the_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let inside = folder.path().join("missing").join("report.txt");
        let message = NewFile::create(&inside).expect_err("no folder").to_string();
        assert!(message.starts_with(&format!("{}: can't be written", inside.display())), "{message}");
        let message = read_scenario(folder.path(), 10).expect_err("a folder").to_string();
        assert!(message.ends_with("is a folder; name a scenario file in it"), "{message}");
        let long = folder.path().join("long");
        fs::write(&long, [b' '; 11]).expect("written");
        assert!(read_scenario(&long, 10).is_err());
        assert!(read_scenario(&long, 11).is_ok());
    }
}
