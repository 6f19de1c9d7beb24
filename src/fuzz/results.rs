//! The results of random runs as lines of JSON, from which machines that work side by side make one report.
//!
//! The first line is a [`Header`], each other one the [`Sample`] of a seed, in order. What two files of one campaign say
//! together is their union: whatever is joined with whatever, in whichever order and however often, the outcome is the same.

use super::sample::{Sample, number};
use super::seeds::{Seeds, Shard};
use crate::trace::digest::content;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::num::NonZeroU64;
use std::ops::Range;

/// The format that is written and read.
const FORMAT: u32 = 1;

/// What the runs of a file of results are, so that nothing is put together that does not belong together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// The format of the file.
    results: u32,
    /// The version of Squall that made the runs.
    version: String,
    /// The profile's name.
    pub profile: String,
    /// How the profile was named in the call.
    pub named: String,
    /// The hash of the profile's text.
    hash: String,
    /// The profile's text: whoever has the results can make each run again.
    pub text: String,
    /// Whether it was looked at what the runs reached.
    pub coverage: bool,
    /// How many events a run may take, if that is limited.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub events: Option<NonZeroU64>,
    /// Whose Raft the nodes run, if it was named in the call.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub implementation: Option<String>,
    /// The ranges of seeds that were asked for, in order.
    ranges: Vec<Asked>,
    /// Which share of them this is; none if it is to be all.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    shard: Option<String>,
}

/// A range of seeds that was asked for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    #[serde(with = "number")]
    from: u64,
    #[serde(with = "number")]
    to: u64,
}

/// Why two files of results can't be put together.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Mismatch {
    /// Runs of two versions differ.
    #[error("the one was made by Squall {0}, the other by {1}")]
    Version(String, String),
    /// They are of two profiles.
    #[error("the one is of the profile {0}, the other of {1}")]
    Profile(String, String),
    /// The profile was changed between them.
    #[error("they are of two profiles that are both called {0}: their texts differ")]
    ProfileText(String),
    /// Only one of them tells what was reached.
    #[error("only one of them was made with `--coverage`")]
    Coverage,
    /// A run may end in one of them that goes on in the other.
    #[error("they were made with different numbers of `--events`")]
    Events,
    /// Their nodes run different Rafts.
    #[error("they were made with different values of `--implementation`")]
    Implementation,
    /// Two ranges have seeds in common, but are not the same.
    #[error("the ranges of seeds {}..{} and {}..{} overlap, but are not the same", .0.start, .0.end, .1.start, .1.end)]
    Overlap(Range<u64>, Range<u64>),
    /// The seeds asked for are others.
    #[error("the one is of the seeds {}..{}, the other of {}..{}", .0.start, .0.end, .1.start, .1.end)]
    Range(Range<u64>, Range<u64>),
    /// They are two shares.
    #[error("the one is the shard {0}, the other {1}")]
    Shard(String, String),
}

impl Header {
    /// The header of the runs of these seeds of a profile, which was named so in the call and has this text.
    pub fn new(
        profile: &str,
        named: &str,
        text: &str,
        seeds: &Seeds,
        coverage: bool,
        events: Option<NonZeroU64>,
    ) -> Self {
        Self {
            results: FORMAT,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            profile: profile.to_owned(),
            named: named.to_owned(),
            hash: hash(text),
            text: text.to_owned(),
            coverage,
            events,
            implementation: None,
            ranges: vec![Asked { from: seeds.range.start, to: seeds.range.end }],
            shard: (!seeds.shard.is_whole()).then(|| seeds.shard.to_string()),
        }
    }

    /// Reads the first line of a file.
    ///
    /// # Errors
    /// If it is none of ours, or of another format, or was changed.
    pub fn parse(line: &str) -> Result<Self, String> {
        #[derive(Deserialize)]
        struct Format {
            results: u32,
        }
        let foreign = "this is no file of results of `squall fuzz`";
        let Format { results } = serde_json::from_str(line).map_err(|_| foreign.to_owned())?;
        if results != FORMAT {
            return Err(format!("its format is {results}; this version of Squall reads {FORMAT}"));
        }
        let header: Self = serde_json::from_str(line).map_err(|error| format!("{foreign}: {error}"))?;
        if header.hash != hash(&header.text) {
            return Err("the text of the profile in it is not the one that its hash was made of".into());
        }
        let in_order = header.ranges.windows(2).all(|pair| pair[0].to <= pair[1].from);
        if header.ranges.is_empty() || !in_order || header.ranges.iter().any(|asked| asked.from > asked.to) {
            return Err("its ranges of seeds are not in order".into());
        }
        header.shard()?;
        Ok(header)
    }

    /// The line that begins a file.
    pub fn line(&self) -> String {
        line(self)
    }

    /// The share of the seeds that the file is to hold.
    ///
    /// # Errors
    /// If that is no share.
    fn shard(&self) -> Result<Shard, String> {
        self.shard.as_deref().map_or(Ok(Shard::WHOLE), str::parse)
    }

    /// The ranges of seeds that were asked for, in order.
    pub fn ranges(&self) -> Vec<Range<u64>> {
        self.ranges.iter().map(|asked| asked.from..asked.to).collect()
    }

    /// Whether a seed was asked for.
    pub fn asks_for(&self, seed: u64) -> bool {
        let asked = self.ranges.iter().any(|asked| (asked.from..asked.to).contains(&seed));
        asked && self.shard().is_ok_and(|shard| shard.has(seed))
    }

    /// The header of the results of both, which are those of no share any more.
    ///
    /// # Errors
    /// If they do not belong together.
    pub fn join(self, other: Self) -> Result<Self, Mismatch> {
        self.same_runs(&other)?;
        let mut ranges = [self.ranges, other.ranges].concat();
        ranges.sort();
        ranges.dedup();
        for pair in ranges.windows(2) {
            let (one, next) = (&pair[0], &pair[1]);
            if next.from < one.to {
                return Err(Mismatch::Overlap(one.from..one.to, next.from..next.to));
            }
        }
        let named = self.named.min(other.named);
        Ok(Self { ranges, named, shard: None, ..other })
    }

    /// The header of the results of this file and no other.
    pub fn whole(self) -> Self {
        Self { shard: None, ..self }
    }

    /// Whether this file goes on where the other ended: whether both are to hold the same.
    ///
    /// # Errors
    /// If they are not.
    pub fn is_continued_by(&self, other: &Self) -> Result<(), Mismatch> {
        self.same_runs(other)?;
        if self.ranges != other.ranges {
            let hull = |header: &Self| {
                let ranges = header.ranges();
                ranges.first().map_or(0, |range| range.start)..ranges.last().map_or(0, |range| range.end)
            };
            return Err(Mismatch::Range(hull(self), hull(other)));
        }
        if self.shard != other.shard {
            let name = |header: &Self| header.shard.clone().unwrap_or_else(|| Shard::WHOLE.to_string());
            return Err(Mismatch::Shard(name(self), name(other)));
        }
        Ok(())
    }

    fn same_runs(&self, other: &Self) -> Result<(), Mismatch> {
        if self.version != other.version {
            return Err(Mismatch::Version(self.version.clone(), other.version.clone()));
        }
        if self.profile != other.profile {
            return Err(Mismatch::Profile(self.profile.clone(), other.profile.clone()));
        }
        if self.text != other.text {
            return Err(Mismatch::ProfileText(self.profile.clone()));
        }
        if self.coverage != other.coverage {
            return Err(Mismatch::Coverage);
        }
        if self.events != other.events {
            return Err(Mismatch::Events);
        }
        if self.implementation != other.implementation {
            return Err(Mismatch::Implementation);
        }
        Ok(())
    }

    /// Whether runs of this version can be compared with those here.
    ///
    /// # Errors
    /// If they were made by another.
    pub fn is_of_this_version(&self) -> Result<(), Mismatch> {
        let this = env!("CARGO_PKG_VERSION");
        let same = self.version == this;
        if same { Ok(()) } else { Err(Mismatch::Version(self.version.clone(), this.to_owned())) }
    }
}

impl Sample {
    /// Reads a line of a file of results.
    ///
    /// # Errors
    /// If it is none.
    pub fn parse(line: &str) -> Result<Self, String> {
        serde_json::from_str(line).map_err(|error| error.to_string())
    }

    /// The line of a file of results.
    pub fn line(&self) -> String {
        line(self)
    }
}

fn line(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("names and numbers can be written")
}

fn hash(text: &str) -> String {
    format!("{:016x}", content(text.as_bytes()))
}

/// The seeds that were asked for and are not there. Seeds are told in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// What was asked for and not told yet, in order.
    ahead: VecDeque<Range<u64>>,
    missing: Vec<Range<u64>>,
}

impl Missing {
    /// Before any seed of these ranges, which are in order, was told.
    pub fn of(ranges: Vec<Range<u64>>) -> Self {
        Self { ahead: ranges.into(), missing: Vec::new() }
    }

    /// This seed is there; later ones will be told.
    pub fn is_there(&mut self, seed: u64) {
        while let Some(range) = self.ahead.pop_front() {
            self.lacks(range.start..range.end.min(seed));
            if seed < range.end {
                self.ahead.push_front(seed + 1..range.end);
                break;
            }
        }
    }

    /// All seeds were told: those that are missing, in order.
    pub fn end(mut self) -> Vec<Range<u64>> {
        while let Some(range) = self.ahead.pop_front() {
            self.lacks(range);
        }
        self.missing
    }

    fn lacks(&mut self, range: Range<u64>) {
        if range.is_empty() {
            return;
        }
        match self.missing.last_mut() {
            Some(last) if last.end == range.start => last.end = range.end,
            _ => self.missing.push(range),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(from: u64, to: u64, shard: &str) -> Header {
        let seeds = Seeds { range: from..to, shard: shard.parse().unwrap() };
        Header::new("mine", "mine.ron", "(format: 1)", &seeds, false, None)
    }

    #[test]
    fn headers_are_read_as_they_are_written() {
        for header in [header(0, 7, "1/1"), header(3, 1_000, "2/4")] {
            assert_eq!(Header::parse(&header.line()), Ok(header));
        }
    }

    #[test]
    fn foreign_and_changed_headers_are_told() {
        let good = header(0, 7, "2/4").line();
        let told = |from: &str, to: &str| {
            let changed = good.replace(from, to);
            assert_ne!(changed, good);
            Header::parse(&changed).unwrap_err()
        };
        assert_eq!(told("results", "result"), "this is no file of results of `squall fuzz`");
        assert_eq!(
            told(r#""results":1"#, r#""results":9"#),
            "its format is 9; this version of Squall reads 1"
        );
        let text = told("(format: 1)", "(format: 2)");
        assert_eq!(text, "the text of the profile in it is not the one that its hash was made of");
        assert_eq!(told(r#""from":"0""#, r#""from":"8""#), "its ranges of seeds are not in order");
        assert!(told("2/4", "5/4").contains("there is no 5"));
        assert!(told(r#""profile""#, r#""prophile""#).contains("prophile"));
    }

    #[test]
    fn joining_is_associative_commutative_and_idempotent() {
        let headers =
            [header(0, 7, "1/2"), header(0, 7, "2/2"), header(7, 9, "1/1"), header(100, 200, "3/9")];
        for a in &headers {
            assert_eq!(a.clone().join(a.clone()), Ok(a.clone().whole()));
            for b in &headers {
                let ab = a.clone().join(b.clone()).unwrap();
                assert_eq!(b.clone().join(a.clone()), Ok(ab.clone()));
                for c in &headers {
                    let bc = b.clone().join(c.clone()).unwrap();
                    assert_eq!(ab.clone().join(c.clone()), a.clone().join(bc));
                }
            }
        }
    }

    #[test]
    fn what_does_not_belong_together_is_not_joined() {
        let one = || header(0, 10, "1/2");
        let told = |other: Header| one().join(other).unwrap_err().to_string();
        assert!(told(Header { version: "9".into(), ..one() }).contains("made by Squall"));
        let other = Header::new("other", "mine.ron", "(format: 1)", &Seeds::all(0..10), false, None);
        assert_eq!(told(other), "the one is of the profile mine, the other of other");
        let other = Header::new("mine", "mine.ron", "(format: 1,)", &Seeds::all(0..10), false, None);
        assert!(told(other).contains("their texts differ"));
        let other = Header::new("mine", "mine.ron", "(format: 1)", &Seeds::all(0..10), true, None);
        assert!(told(other).contains("--coverage"));
        assert!(told(Header { events: NonZeroU64::new(9), ..one() }).contains("--events"));
        for (from, to) in [(5, 15), (2, 3), (0, 9), (0, 11)] {
            let (one, other) = (one(), header(from, to, "1/1"));
            assert!(matches!(one.clone().join(other.clone()), Err(Mismatch::Overlap(..))));
            assert!(matches!(other.join(one), Err(Mismatch::Overlap(..))));
        }
    }

    #[test]
    fn a_file_goes_on_with_the_same_seeds_alone() {
        let one = header(0, 10, "1/2");
        assert_eq!(one.is_continued_by(&one), Ok(()));
        assert!(matches!(one.is_continued_by(&header(0, 10, "2/2")), Err(Mismatch::Shard(..))));
        assert!(matches!(one.is_continued_by(&header(0, 11, "1/2")), Err(Mismatch::Range(..))));
    }

    #[test]
    fn what_is_missing_is_told() {
        let missing = |ranges: &[(u64, u64)], there: &[u64]| {
            let mut missing = Missing::of(ranges.iter().map(|(from, to)| *from..*to).collect());
            there.iter().for_each(|seed| missing.is_there(*seed));
            missing.end().iter().map(|range| (range.start, range.end)).collect::<Vec<_>>()
        };
        assert_eq!(missing(&[(0, 3)], &[0, 1, 2]), []);
        assert_eq!(missing(&[(0, 3)], &[]), [(0, 3)]);
        assert_eq!(missing(&[(0, 5), (5, 7), (9, 12)], &[1, 3, 11]), [(0, 1), (2, 3), (4, 7), (9, 11)]);
        assert_eq!(missing(&[(0, 5), (5, 7)], &[6]), [(0, 6)]);
    }
}
