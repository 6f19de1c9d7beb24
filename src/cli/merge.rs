//! `squall merge`: one report of the results that many machines have.

use super::findings::{told, write_findings};
use super::fuzz::command;
use super::implementation::implementation;
use super::run::{begin_reports, printed, settle, status};
use super::{Failure, Output, Status};
use crate::fuzz::{Campaign, Covered, Header, Missing, Sample, Shard, Signature, Smallest};
use crate::plan::Profile;
use crate::report::Host;
use crate::report::format::{count, counted};
use crate::runner::{self, FileError, NewFile, ResultsReader};
use crate::scenario;
use anyhow::Context;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::io::Write;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// Arguments of `squall merge`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// Files of results, or folders with such files in them.
    #[arg(value_name = "FILE|DIR", required = true)]
    inputs: Vec<PathBuf>,
    /// The folder for all results in one file, for a page about them (index.html), and for the smallest run of each way of
    /// failing: the scenario and its report, as text and JSON. Without it nothing is written.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Print the summary as one JSON document.
    #[arg(long)]
    json: bool,
    /// Print what failed, and the last lines.
    #[arg(long, short)]
    quiet: bool,
}

const EXAMPLES: &str = "\
Examples:
  squall merge results
  squall merge machine-*/results-*.jsonl --out merged --json

Results are written by `squall fuzz --seeds A..B --shard I/N`. In whichever order files are merged, how often the same \
one is, and whether some were merged before: the outcome is the same, and that of all shards is the one of a single machine. Seeds \
that are missing are told, and make it no pass: the exit code is 4. What the folder of --out holds from before is merged \
along. Where the same seed has two digests, the runs are not \
deterministic, and nothing is written: the exit code is 5.";

/// The file of all results, in the folder for them.
const MERGED: &str = "results.jsonl";

/// The page about them, beside it.
const PAGE: &str = "index.html";

/// So many of a kind are told one by one.
const TOLD: usize = 10;

pub(super) fn merge(arguments: &Arguments, output: &Output) -> Result<Status, Failure> {
    let mut readers = Vec::new();
    let target = arguments.out.as_ref().map(|out| out.join(MERGED));
    let mut files = files(&arguments.inputs)?;
    // What was merged there before is not lost: it belongs to the same campaign, or is in the way.
    files.extend(target.clone().filter(|target| target.exists() && !names(&files, target)));
    for path in &files {
        readers.push(ResultsReader::open(path).map_err(bad_file)?);
    }
    let header = joined(&readers)?;
    header.is_of_this_version().map_err(|why| {
        let help = "results are merged by the version that made them";
        Failure::BadInput(format!("error: {}: {why}\nhelp: {help}", readers[0].path().display()))
    })?;
    let (mut profile, _) = scenario::read_profile(&header.text).map_err(|errors| {
        let file = readers[0].path().display().to_string();
        Failure::BadInput(format!("error: {file}: the profile in it is none: {errors}"))
    })?;
    if let Some(name) = &header.implementation {
        profile.implementation =
            implementation(name).map_err(|why| Failure::BadInput(format!("error: {why}")))?;
    }
    if let Some(out) = &arguments.out {
        runner::writable_folder(out).map_err(bad_file)?;
        begin_reports(Some(out))?;
    }
    let mut file = target.as_deref().map(NewFile::create).transpose().map_err(bad_file)?;
    let mut merged = Merged::new(&header, &profile);
    if let Some(file) = &mut file {
        write_line(file, &header.line())?;
    }
    merge_into(&mut merged, &mut readers, file.as_mut())?;
    if !merged.differing.is_empty() {
        output.diagnose(&merged.differences());
        return Ok(Status::Nondeterministic);
    }
    if let Some(file) = file {
        file.commit().map_err(anyhow::Error::from)?;
    }
    merged.end(&profile, arguments, output)
}

/// The files that are meant: of a folder those whose names end as those of results do.
fn files(inputs: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut files = Vec::new();
    for input in inputs {
        if !input.is_dir() {
            files.push(input.clone());
            continue;
        }
        let unreadable =
            |e: std::io::Error| Failure::BadInput(format!("error: {} can't be read: {e}", input.display()));
        let mut inside = Vec::new();
        for entry in std::fs::read_dir(input).map_err(unreadable)? {
            inside.push(entry.map_err(unreadable)?.path());
        }
        inside.retain(|path| path.extension().is_some_and(|extension| extension == "jsonl"));
        if inside.is_empty() {
            return Err(Failure::BadInput(format!(
                "error: {} holds no file of results: no name in it ends in .jsonl",
                input.display()
            )));
        }
        inside.sort();
        files.extend(inside);
    }
    Ok(files)
}

/// Whether this file is one of them.
fn names(files: &[PathBuf], file: &Path) -> bool {
    let real = |path: &Path| path.canonicalize().ok();
    files.iter().any(|other| real(other) == real(file))
}

fn bad_file(error: FileError) -> Failure {
    Failure::BadInput(format!("error: {error}"))
}

/// The header of all these results.
fn joined(readers: &[ResultsReader]) -> Result<Header, Failure> {
    let mut header = readers[0].header().clone().whole();
    for (at, reader) in readers.iter().enumerate().skip(1) {
        header = header.join(reader.header().clone()).map_err(|_| {
            // The first file with which this one does not go.
            let pair = readers[..at].iter().find_map(|other| {
                let why = other.header().clone().join(reader.header().clone()).err()?;
                Some(format!("{} and {}: {why}", other.path().display(), reader.path().display()))
            });
            let pair = pair.unwrap_or_else(|| reader.path().display().to_string());
            Failure::BadInput(format!(
                "error: these results do not belong together: {pair}\nhelp: merge the files of one campaign: the same \
                 version, profile and range of seeds; what another one has written is kept, so let `--out` name another folder"
            ))
        })?;
    }
    Ok(header)
}

/// What the files hold together, seed by seed.
struct Merged {
    campaign: Campaign,
    missing: Missing,
    /// Seeds with two digests, and the files that have them.
    differing: Vec<String>,
}

impl Merged {
    fn new(header: &Header, profile: &Profile) -> Self {
        let ranges = header.ranges();
        let first = ranges.first().map_or(0, |range| range.start);
        let command = command(&header.named, profile.implementation);
        let mut campaign = Campaign::new(&header.profile, command, first, Shard::WHOLE);
        campaign.implementation = profile.implementation;
        campaign.events = header.events;
        campaign.covered = header.coverage.then(|| Covered::new(&profile.sometimes));
        Self { campaign, missing: Missing::of(ranges), differing: Vec::new() }
    }

    fn differences(&self) -> String {
        let mut lines: Vec<String> = self.differing.iter().take(TOLD).cloned().collect();
        if let Some(more) = self.differing.len().checked_sub(TOLD).filter(|more| *more > 0) {
            lines.push(format!("and {more} more seeds"));
        }
        let lines: Vec<String> = lines.into_iter().map(|line| format!("error: {line}\n")).collect();
        let help = "the same version, profile and seed make the same run: one of the files was made by another build, or \
                    the run depends on its machine. Nothing is written";
        format!("{}help: {help}", lines.concat())
    }

    /// Tells, and writes, what was found.
    fn end(self, profile: &Profile, arguments: &Arguments, output: &Output) -> Result<Status, Failure> {
        let Self { mut campaign, missing, .. } = self;
        campaign.missing = missing.end();
        let mut written = BTreeMap::new();
        if let Some(out) = &arguments.out {
            (written, _) = write_findings(&campaign, profile, out, u64::MAX)?;
            write_page(&campaign, &written, &out.join(PAGE))?;
        }
        if arguments.json {
            let document = campaign.document(&written, &Host::default());
            output.print(document + "\n")?;
        } else {
            output.print(told(&campaign, profile, &written, arguments.quiet, &printed(output)))?;
        }
        if let Some(lacking) = lacking(&campaign.missing) {
            output.diagnose(&lacking);
        }
        Ok(settle(status(campaign.verdict()), &[], output))
    }
}

/// Writes the summary as a page, with the scenarios that were written about each way of failing.
fn write_page(
    campaign: &Campaign,
    written: &BTreeMap<Signature, String>,
    path: &Path,
) -> Result<(), Failure> {
    let read = |file: &String| {
        let text = std::fs::read_to_string(file).with_context(|| format!("{file} can't be read again"))?;
        Ok::<_, anyhow::Error>((file.clone(), text))
    };
    let mut smallest = Smallest::new();
    for (signature, file) in written {
        smallest.insert(signature.clone(), read(file)?);
    }
    let page = campaign.page(&smallest, lacking(&campaign.missing).as_deref());
    let mut file = NewFile::create(path).map_err(anyhow::Error::from)?;
    file.write_all(page.as_bytes()).with_context(|| format!("{} can't be written", path.display()))?;
    file.commit().map_err(anyhow::Error::from)?;
    Ok(())
}

/// Says which seeds are missing, if any are.
fn lacking(missing: &[Range<u64>]) -> Option<String> {
    if missing.is_empty() {
        return None;
    }
    let seeds = missing.iter().fold(0_u64, |sum, range| sum.saturating_add(range.end - range.start));
    let name = |range: &Range<u64>| match range.end - range.start {
        1 => range.start.to_string(),
        _ => format!("{}..{}", range.start, range.end),
    };
    let some: Vec<String> = missing.iter().take(TOLD).map(name).collect();
    let more = match missing.len().checked_sub(TOLD).filter(|more| *more > 0) {
        Some(more) => format!(" and in {} more places", count(more as u64)),
        None => String::new(),
    };
    Some(format!(
        "missing: {} of those that were asked for: {}{more}",
        counted(seeds, "seed"),
        some.join(", ")
    ))
}

/// Takes the runs of all files in the order of their seeds.
fn merge_into(
    merged: &mut Merged,
    readers: &mut [ResultsReader],
    mut file: Option<&mut NewFile>,
) -> Result<(), Failure> {
    let mut ahead = BinaryHeap::new();
    let mut next: Vec<Option<(Sample, String)>> = Vec::new();
    for (at, reader) in readers.iter_mut().enumerate() {
        let first = reader.next_run().map_err(bad_file)?;
        ahead.extend(first.iter().map(|(sample, _)| Reverse((sample.seed, at))));
        next.push(first);
    }
    let mut last: Option<(Sample, String, usize)> = None;
    while let Some(Reverse((seed, at))) = ahead.pop() {
        let following = readers[at].next_run().map_err(bad_file)?;
        ahead.extend(following.iter().map(|(sample, _)| Reverse((sample.seed, at))));
        let Some((sample, line)) = std::mem::replace(&mut next[at], following) else { continue };
        match &last {
            Some((before, same, other)) if before.seed == seed => {
                let files = || (readers[*other].path().display(), readers[at].path().display());
                if before.digest != sample.digest {
                    let (one, other) = files();
                    merged.differing.push(format!("seed {seed} has two digests, in {one} and in {other}"));
                } else if *same != line {
                    let (one, other) = files();
                    return Err(Failure::BadInput(format!(
                        "error: {one} and {other} tell of seed {seed} in two ways, with the same digest: one of them was \
                         changed"
                    )));
                }
                continue;
            }
            _ => {}
        }
        if let Some((sample, line, _)) = last.replace((sample, line, at)) {
            take(merged, sample, &line, file.as_deref_mut())?;
        }
    }
    match last {
        Some((sample, line, _)) => take(merged, sample, &line, file),
        None => Ok(()),
    }
}

fn take(merged: &mut Merged, sample: Sample, line: &str, file: Option<&mut NewFile>) -> Result<(), Failure> {
    if let Some(file) = file {
        write_line(file, line)?;
    }
    merged.missing.is_there(sample.seed);
    merged.campaign.add(sample);
    Ok(())
}

fn write_line(file: &mut NewFile, line: &str) -> Result<(), Failure> {
    let written = file.write_all(line.as_bytes()).and_then(|()| file.write_all(b"\n"));
    written.map_err(|error| Failure::Other(anyhow::anyhow!("the merged results can't be written: {error}")))
}
