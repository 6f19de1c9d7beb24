//! Files of results of random runs: written line by line, gone on with after a kill, and read for putting together.

use super::files::FileError;
use crate::fuzz::{Header, Sample, Seeds};
use std::fs::{File, TryLockError};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// A file of results to which runs are added one by one.
#[derive(Debug)]
pub struct ResultsFile {
    path: PathBuf,
    file: File,
}

impl ResultsFile {
    /// Begins the file for the runs of these seeds; or goes on with it, if it is there, and returns the runs that it holds.
    /// A last line that is torn, by a kill, is dropped.
    ///
    /// # Errors
    /// If it can't be written, if another process writes it, or if what stands in its place is something else than the
    /// beginning of what is to be written.
    pub fn open(path: &Path, header: &Header, seeds: &Seeds) -> Result<(Self, Vec<Sample>), FileError> {
        let error = |message: String| FileError { path: path.to_owned(), message };
        let unusable = |e: io::Error| error(format!("can't be written: {e}"));
        let options = File::options().read(true).write(true).create(true).truncate(false).open(path);
        let mut file = options.map_err(unusable)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(error("another process is writing it".into()));
            }
            Err(TryLockError::Error(e)) => return Err(unusable(e)),
        }
        let mut text = Vec::new();
        file.read_to_end(&mut text).map_err(unusable)?;
        let whole = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
        let first = header.line() + "\n";
        if whole == 0 && !first.as_bytes().starts_with(&text) {
            return Err(error("this is no file of results of `squall fuzz`; it is left as it is".into()));
        }
        let held = match whole {
            0 => Vec::new(),
            _ => runs(&text[..whole], header, seeds).map_err(error)?,
        };
        file.set_len(whole as u64).map_err(unusable)?;
        file.seek(SeekFrom::End(0)).map_err(unusable)?;
        let mut results = Self { path: path.to_owned(), file };
        if whole == 0 {
            results.write(&first)?;
        }
        Ok((results, held))
    }

    /// Refuses to begin this file where one beside it holds results with which those could not be merged. What is no file of results is
    /// nobody's concern, nor is a file that is there already: whether it can be gone on with is for [`ResultsFile::open`] to tell.
    ///
    /// # Errors
    /// If there is one, or if the folder can't be read.
    pub fn refuse_strangers(path: &Path, header: &Header) -> Result<(), FileError> {
        if path.exists() {
            return Ok(());
        }
        let folder = path.parent().unwrap_or(Path::new(""));
        let unreadable =
            |e: io::Error| FileError { path: folder.to_owned(), message: format!("can't be read: {e}") };
        let mut others = Vec::new();
        for entry in std::fs::read_dir(folder).map_err(unreadable)? {
            others.push(entry.map_err(unreadable)?.path());
        }
        others.retain(|other| other.extension().is_some_and(|it| it == "jsonl"));
        others.sort();
        for other in others.iter().filter_map(|other| ResultsReader::open(other).ok()) {
            other.header().clone().join(header.clone()).map_err(|why| FileError {
                path: other.path().to_owned(),
                message: format!("holds results that could not be merged with those to be made: {why}"),
            })?;
        }
        Ok(())
    }

    /// Adds a run. Once this returns a kill can't take it away.
    ///
    /// # Errors
    /// If it can't be written.
    pub fn add(&mut self, sample: &Sample) -> Result<(), FileError> {
        self.write(&(sample.line() + "\n"))
    }

    fn write(&mut self, line: &str) -> Result<(), FileError> {
        self.file
            .write_all(line.as_bytes())
            .map_err(|e| FileError { path: self.path.clone(), message: format!("can't be written: {e}") })
    }
}

/// The runs in a text of whole lines, which are to be the first of these seeds.
fn runs(text: &[u8], header: &Header, seeds: &Seeds) -> Result<Vec<Sample>, String> {
    let text = std::str::from_utf8(text).map_err(|_| "this is no text".to_owned())?;
    let mut lines = text.lines().zip(1_u64..);
    let (first, _) = lines.next().unwrap_or_default();
    let found = Header::parse(first).map_err(|why| format!("line 1: {why}"))?;
    found.is_continued_by(header).map_err(|why| {
        format!("holds other results than those that are to be added: {why}; name another file or folder for these")
    })?;
    let mut held = Vec::new();
    for (line, number) in lines {
        let sample = Sample::parse(line).map_err(|why| format!("line {number}: {why}"))?;
        let next = held.len() as u64;
        if next >= seeds.count() || seeds.nth(next) != sample.seed {
            return Err(format!("line {number}: seed {} is not the next one", sample.seed));
        }
        held.push(sample);
    }
    Ok(held)
}

/// Reads a file of results line by line.
#[derive(Debug)]
pub struct ResultsReader {
    path: PathBuf,
    lines: BufReader<File>,
    header: Header,
    /// How many lines were read.
    number: u64,
    last: Option<u64>,
}

impl ResultsReader {
    /// Opens a file and reads its header.
    ///
    /// # Errors
    /// If it can't be read or is no file of results.
    pub fn open(path: &Path) -> Result<Self, FileError> {
        let error = |message: String| FileError { path: path.to_owned(), message };
        let file = File::open(path).map_err(|e| match e.kind() {
            io::ErrorKind::NotFound => error("there is no such file".into()),
            _ => error(format!("can't be read: {e}")),
        })?;
        let mut lines = BufReader::with_capacity(1 << 16, file);
        let first = whole_line(&mut lines).map_err(|why| error(format!("line 1: {why}")))?;
        let first = first.ok_or_else(|| error("is empty: this is no file of results".into()))?;
        let header = Header::parse(&first).map_err(|why| error(format!("line 1: {why}")))?;
        Ok(Self { path: path.to_owned(), lines, header, number: 1, last: None })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What the runs are.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The next run, and its line; none at the end.
    ///
    /// # Errors
    /// If the line is torn or no run of a seed that was asked for, or if the seeds are out of order.
    pub fn next_run(&mut self) -> Result<Option<(Sample, String)>, FileError> {
        self.number += 1;
        let number = self.number;
        let read = whole_line(&mut self.lines).and_then(|line| {
            let Some(line) = line else { return Ok(None) };
            let sample = Sample::parse(&line)?;
            if !self.header.asks_for(sample.seed) {
                return Err(format!("seed {} is none of those that the first line names", sample.seed));
            }
            if let Some(last) = self.last.replace(sample.seed)
                && last >= sample.seed
            {
                return Err(format!("seed {} stands behind seed {last}", sample.seed));
            }
            Ok(Some((sample, line)))
        });
        read.map_err(|why| FileError { path: self.path.clone(), message: format!("line {number}: {why}") })
    }
}

/// The next line without its end; none at the end.
fn whole_line(lines: &mut impl BufRead) -> Result<Option<String>, String> {
    let mut line = String::new();
    match lines.read_line(&mut line) {
        Ok(0) => Ok(None),
        Ok(_) if line.ends_with('\n') => {
            line.pop();
            Ok(Some(line))
        }
        Ok(_) => Err("is torn: whatever wrote it was killed. The command that wrote it, given once more, drops this line \
                      and makes the runs that are missing"
            .into()),
        Err(e) => Err(format!("can't be read: {e}")),
    }
}
