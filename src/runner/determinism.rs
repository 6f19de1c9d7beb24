//! Whether two runs were the same, and where they began to differ.
//!
//! Each run leaves the digest after every thousand records, and one at its end. The first pair that differs tells in
//! which thousand to look; a second look at just these records, in both processes, finds the first that differs.

use crate::time::Time;
use crate::trace::{Digest, Observer, Record};
use std::ops::Range;

/// The digests of a run on its way.
#[derive(Debug, Default)]
pub struct Checkpoints {
    digest: Digest,
    records: u64,
    time: Time,
    digests: Vec<String>,
}

impl Checkpoints {
    /// So many records lie between two checkpoints.
    pub const EVERY: u64 = 1_000;

    /// The digest of all records so far.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// The time of the last record.
    pub fn time(&self) -> Time {
        self.time
    }

    /// All digests, the last of them that of the whole run.
    pub fn finish(mut self) -> Vec<String> {
        self.digests.push(self.digest.to_string());
        self.digests
    }
}

impl Observer for Checkpoints {
    fn observe(&mut self, record: &Record) {
        record.fold_into(&mut self.digest);
        self.records += 1;
        self.time = record.time;
        if self.records.is_multiple_of(Self::EVERY) {
            self.digests.push(self.digest.to_string());
        }
    }
}

/// Reads checkpoints that another process has printed, one on a line; none if the text is something else.
pub fn parse_checkpoints(text: &str) -> Option<Vec<String>> {
    let is_digest = |line: &str| line.len() == 32 && line.bytes().all(|b| b.is_ascii_hexdigit());
    let lines: Vec<String> = text.lines().map(str::to_owned).collect();
    (!lines.is_empty() && lines.iter().all(|line| is_digest(line))).then_some(lines)
}

/// The records, by number from 1, in which two runs began to differ; none if they were the same.
pub fn compare(ours: &[String], theirs: &[String]) -> Option<Range<u64>> {
    if ours == theirs {
        return None;
    }
    let same = ours.iter().zip(theirs).take_while(|(a, b)| a == b).count() as u64;
    Some(same * Checkpoints::EVERY + 1..(same + 1) * Checkpoints::EVERY + 1)
}

/// Keeps the lines of some records.
#[derive(Debug)]
pub struct Window {
    range: Range<u64>,
    lines: Vec<String>,
}

impl Window {
    /// Will keep the records of these numbers.
    pub fn new(range: Range<u64>) -> Self {
        Self { range, lines: Vec::new() }
    }

    /// What was kept.
    pub fn into_lines(self) -> Vec<String> {
        self.lines
    }
}

impl Observer for Window {
    fn observe(&mut self, record: &Record) {
        if self.range.contains(&record.id.0.get()) {
            self.lines.push(record.line(&|kind| super::kind_name(kind).to_owned()));
        }
    }
}

/// The first record in which two runs differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// As this process made it; none if its run had ended.
    pub ours: Option<String>,
    /// As the other process made it; none if its run had ended.
    pub theirs: Option<String>,
}

impl Difference {
    /// The first difference of two windows; none if they are the same.
    pub fn find(ours: &[String], theirs: &[String]) -> Option<Self> {
        let longest = ours.len().max(theirs.len());
        let at = (0..longest).find(|&at| ours.get(at) != theirs.get(at))?;
        Some(Self { ours: ours.get(at).cloned(), theirs: theirs.get(at).cloned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<String> {
        text.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn the_first_pair_that_differs_tells_where_to_look() {
        assert_eq!(compare(&lines("a b c"), &lines("a b c")), None);
        assert_eq!(compare(&lines("a b c"), &lines("a x y")), Some(1_001..2_001));
        assert_eq!(compare(&lines("a b c"), &lines("a b")), Some(2_001..3_001));
        assert_eq!(compare(&lines("x"), &lines("y")), Some(1..1_001));
    }

    #[test]
    fn the_first_record_that_differs_is_found() {
        assert_eq!(Difference::find(&lines("a b"), &lines("a b")), None);
        let found = Difference::find(&lines("a b c"), &lines("a x c"));
        assert_eq!(found, Some(Difference { ours: Some("b".into()), theirs: Some("x".into()) }));
        let found = Difference::find(&lines("a b"), &lines("a"));
        assert_eq!(found, Some(Difference { ours: Some("b".into()), theirs: None }));
    }

    #[test]
    fn what_is_no_list_of_digests_is_refused() {
        let digest = Digest::default().to_string();
        assert_eq!(parse_checkpoints(&format!("{digest}\n{digest}\n")), Some(vec![digest.clone(), digest]));
        assert_eq!(parse_checkpoints(""), None);
        assert_eq!(parse_checkpoints("error: no such file\n"), None);
    }
}
