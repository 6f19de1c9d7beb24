//! `squall study`: many runs of a scenario, over seeds and a grid of parameters.

mod folder;

use super::implementation::Whose;
use super::inputs::{beside, understand};
use super::run::{FILED, begin_reports, printed, seeds, threads};
use super::{Failure, Output, Status};
use crate::fuzz::Group;
use crate::plan::{Cell, Implementation, Study};
use crate::report::{Host, shell_word};
use crate::runner::{self, NewFile, Panicked, Progress, trial};
use crate::scenario;
use crate::study::{Results, Samples, Trial, csv, html, json, key, markdown, picture, render};
use anyhow::Context;
use folder::Held;
use std::io::Write;
use std::num::NonZeroUsize;
use std::ops::{ControlFlow, Range};
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Arguments of `squall study`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// A study file: a scenario, what varies in it, and what is measured.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Other seeds than the file names: every one from A to B, B excluded.
    #[arg(long, value_name = "A..B", value_parser = seeds)]
    seeds: Option<Range<u64>>,
    #[command(flatten)]
    whose: Whose,
    /// How many runs go on at a time; by default as many as there are cores. The results do not depend on it.
    #[arg(long, value_name = "N", value_parser = super::run::jobs)]
    jobs: Option<NonZeroUsize>,
    /// The folder for the results in all forms, and for the cells that are finished; by default one in target/squall/study.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Make all runs anew, and use nothing that the folder holds, be it of this study or of another one.
    #[arg(long)]
    fresh: bool,
    /// Print the results in this form.
    #[arg(long, value_enum, default_value = "text", value_name = "FORM")]
    form: Printed,
    /// Print the results as one JSON document: the same as --form json.
    #[arg(long, conflicts_with = "form")]
    json: bool,
    /// No progress, and nothing on standard error but errors and warnings.
    #[arg(long, short)]
    quiet: bool,
}

impl Arguments {
    /// The command that goes on with the same study in the same folder.
    fn again(&self) -> String {
        let mut command = format!("squall study {}", shell_word(&self.file.display().to_string()));
        if let Some(Range { start, end }) = &self.seeds {
            command += &format!(" --seeds {start}..{end}");
        }
        command += &self.whose.option();
        if let Some(out) = &self.out {
            command += &format!(" --out {}", shell_word(&out.display().to_string()));
        }
        command
    }
}

/// In which form results are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Printed {
    /// Tables for a terminal.
    Text,
    /// A line for each cell and quantity, with commas.
    Csv,
    /// Tables for a page.
    Markdown,
    /// One page with pictures, which needs no network.
    Html,
    /// One document for programs.
    Json,
}

const EXAMPLES: &str = "\
Examples:
  squall study scenarios/studies/lan-crash.ron
  squall study mine.ron --seeds 0..100 --form csv

Each finished cell is kept in the folder of the results. An interrupt ends the study with the results of those; the same \
command then goes on where it was. What is kept counts only for the same scenario, seeds, measure and version.";

/// So many trials are one piece of work.
const AT_A_TIME: u64 = 32;

pub(super) fn study(arguments: &Arguments, output: &Output) -> Result<Status, Failure> {
    let study = read(arguments, output)?;
    let out = arguments.out.clone().unwrap_or_else(|| {
        // With another implementation it is another study.
        let other = arguments.whose.implementation.and_then(Implementation::other).unwrap_or_default();
        let name = Group::slug_of(&format!("{} {other}", study.name));
        Path::new("target/squall/study").join(if name.is_empty() { "unnamed" } else { &name })
    });
    // Hours of work must not end in results that nobody gets.
    runner::writable_folder(&out.join("cells")).map_err(|error| {
        Failure::BadInput(format!("error: {error}\nhelp: name a folder that can be written with `--out DIR`"))
    })?;
    runner::report_when_interrupted();
    let begun = now();
    let mut work = Work::new(&study, out.join("cells"));
    let keys = work.cells.iter().map(|cell| cell.key.as_str());
    folder::take(&out, &Held::of(&study, keys), arguments.fresh)?;
    work.begin(arguments.fresh)?;
    let kept = work.cells.iter().filter(|cell| cell.is_finished(&study)).count();
    if kept > 0 && !arguments.quiet {
        let of = study.cells.len();
        let folder = work.folder.display();
        output
            .diagnose(&format_args!("{kept} of {of} cells are taken from {folder}; --fresh makes them anew"));
    }
    work.carry_out(threads(arguments.jobs), arguments.quiet)?;
    let wall_ns = u64::try_from(now().duration_since(begun).as_nanos()).unwrap_or(u64::MAX);
    let base = study.base.as_ref().map_or(String::new(), scenario::write);
    let results = Results { scenario: base, ..Results::new(&study, work.finished()) };
    print(&results, arguments, wall_ns, output)?;
    if !results.are_complete() {
        let (finished, of) = (results.cells.len(), results.planned);
        let (folder, again) = (work.folder.display(), arguments.again());
        output.diagnose(&format_args!(
            "interrupted: {finished} of {of} cells are finished and kept in {folder}; `{again}` goes on from there"
        ));
        return Ok(Status::Failed);
    }
    write_all(&results, &out)?;
    if !arguments.quiet {
        let made = (study.cells.len() - kept) as u64 * study.trials;
        let seconds = wall_ns as f64 / 1e9;
        output.diagnose(&format_args!("{made} trials in {seconds:.1} s; written: {}", out.display()));
    }
    Ok(Status::Held)
}

/// Reads the study. A scenario that it names is looked for from its own folder on.
fn read(arguments: &Arguments, output: &Output) -> Result<Study, Failure> {
    let fetch = beside(&arguments.file);
    let mut study = understand(&arguments.file, output, |text| {
        scenario::read_study_for(text, &fetch, arguments.whose.implementation)
    })?;
    if let Some(seeds) = &arguments.seeds {
        (study.first_seed, study.trials) = (seeds.start, seeds.end - seeds.start);
        if study.trials > Study::MOST_TRIALS {
            let most = Study::MOST_TRIALS;
            return Err(Failure::BadInput(format!(
                "error: --seeds: a cell has 1 to {most} trials, not {}\nhelp: write `--seeds {}..{}`, or less",
                study.trials,
                seeds.start,
                seeds.start.saturating_add(most)
            )));
        }
    }
    Ok(study)
}

#[expect(clippy::disallowed_methods, reason = "tells how long the study took; no record sees it")]
fn now() -> Instant {
    Instant::now()
}

/// The cells of a study, finished or not.
struct Work<'a> {
    study: &'a Study,
    cells: Vec<Under<'a>>,
    /// Where finished ones are kept.
    folder: PathBuf,
}

/// A cell under work.
struct Under<'a> {
    cell: &'a Cell,
    key: String,
    samples: Samples,
}

impl Under<'_> {
    fn is_finished(&self, study: &Study) -> bool {
        self.samples.trials == study.trials
    }
}

/// Where a cell of this key is kept.
fn file(folder: &Path, key: &str) -> PathBuf {
    folder.join(key).with_extension("json")
}

impl<'a> Work<'a> {
    /// Of this study, of which nothing is done yet.
    fn new(study: &'a Study, folder: PathBuf) -> Self {
        let under = |cell: &'a Cell| {
            let key = key(study, cell, &scenario::write(&cell.plan));
            Under { cell, samples: Samples::new(key.clone(), cell), key }
        };
        Self { study, cells: study.cells.iter().map(under).collect(), folder }
    }

    /// The cells, with what was finished of them before, unless all is to be made anew.
    fn begin(&mut self, fresh: bool) -> Result<(), Failure> {
        begin_reports(Some(&self.folder))?;
        let study = self.study;
        for under in &mut self.cells {
            let file = file(&self.folder, &under.key);
            let kept = std::fs::read_to_string(file).ok().filter(|_| !fresh);
            let kept = kept.and_then(|text| Samples::read(&text, &under.key, study, under.cell));
            under.samples = kept.unwrap_or_else(|| Samples::new(under.key.clone(), under.cell));
        }
        Ok(())
    }

    /// Makes the trials that are missing, the cells one after the other; each is kept when it is finished.
    fn carry_out(&mut self, threads: usize, quiet: bool) -> Result<(), Failure> {
        let study = self.study;
        let missing: Vec<usize> =
            (0..self.cells.len()).filter(|place| !self.cells[*place].is_finished(study)).collect();
        let pieces = study.trials.div_ceil(AT_A_TIME);
        let progress = (!quiet).then(|| Progress::of_trials(missing.len() as u64 * study.trials));
        let place = |piece: u64| missing[(piece / pieces) as usize];
        let work = |piece: u64| some_trials(study, &study.cells[place(piece)], piece % pieces);
        let mut failure = None;
        runner::in_order(threads, missing.len() as u64 * pieces, work, |piece, made| {
            match self.take(place(piece), made) {
                Ok(count) => progress.iter().for_each(|progress| progress.steps(count)),
                Err(error) => failure = Some(error),
            }
            let ends = failure.is_some() || runner::was_interrupted();
            if ends { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        failure.map_or(Ok(()), Err)
    }

    /// Takes some trials of a cell; says how many.
    fn take(&mut self, place: usize, made: Result<Vec<Trial>, (u64, Panicked)>) -> Result<u64, Failure> {
        let under = &mut self.cells[place];
        let trials = made.map_err(|(seed, panicked)| {
            let cell = under.cell.values.join(", ");
            let cell = if cell.is_empty() { String::new() } else { format!(" of the cell {cell}") };
            Failure::Other(anyhow::anyhow!("the run with seed {seed}{cell} panicked: {panicked}"))
        })?;
        let count = trials.len() as u64;
        trials.into_iter().for_each(|trial| under.samples.add(trial));
        let under = &self.cells[place];
        if under.is_finished(self.study) {
            write(&file(&self.folder, &under.key), &under.samples.written())?;
        }
        Ok(count)
    }

    fn finished(&self) -> impl Iterator<Item = (&'a Cell, &Samples)> {
        let study = self.study;
        self.cells.iter().filter(|cell| cell.is_finished(study)).map(|under| (under.cell, &under.samples))
    }
}

/// Makes the trials of a piece of a cell; ends at one that panics, and tells its seed.
fn some_trials(study: &Study, cell: &Cell, piece: u64) -> Result<Vec<Trial>, (u64, Panicked)> {
    let trials = piece * AT_A_TIME..((piece + 1) * AT_A_TIME).min(study.trials);
    let seeds = trials.map(|number| study.first_seed + number);
    seeds.map(|seed| trial(cell, seed).map_err(|panicked| (seed, panicked))).collect()
}

fn print(results: &Results, arguments: &Arguments, wall_ns: u64, output: &Output) -> anyhow::Result<()> {
    let form = if arguments.json { Printed::Json } else { arguments.form };
    match form {
        Printed::Text => output.print(render(results, &printed(output))),
        Printed::Csv => output.print(csv(results)),
        Printed::Markdown => output.print(markdown(results)),
        Printed::Html => output.print(html(results)),
        Printed::Json => output.print(json(results, Some(&Host { wall_ns }))),
    }
}

/// Writes the results in all forms, without what differs from machine to machine.
fn write_all(results: &Results, folder: &Path) -> anyhow::Result<()> {
    let mut forms = vec![
        ("txt", render(results, &FILED)),
        ("csv", csv(results)),
        ("md", markdown(results)),
        ("html", html(results)),
        ("json", json(results, None)),
    ];
    forms.extend(picture(results).map(|picture| ("svg", picture)));
    Ok(runner::write_together(folder, Path::new("results"), &forms)?)
}

/// Writes a file whole, or not at all.
fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    let mut file = NewFile::create(path)?;
    file.write_all(text.as_bytes()).with_context(|| format!("{} can't be written", path.display()))?;
    file.commit()?;
    Ok(())
}
