//! `squall fuzz`: random runs of a profile, and what they find.

use super::inputs::{Scenario, profile};
use super::run::{FILED, begin_reports, printed, seeds, settle, status, threads};
use super::{Failure, Output, Status};
use crate::fuzz::{Campaign, Covered, Group, Regression, Sample, Signature, draw};
use crate::plan::{Found, Profile};
use crate::report::{Coverage, Host, Judges, Report, json, shell_word, text};
use crate::runner::{self, NewFile, Options, Progress};
use crate::time::Duration;
use crate::{check, scenario};
use anyhow::Context;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use std::num::NonZeroUsize;
use std::ops::{ControlFlow, Range};
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Arguments of `squall fuzz`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// What runs are drawn from: a file, or the name of a profile that comes with Squall: quick, default, cruel, leases,
    /// hostile, changes, equal-timers, breakers, retries or canary.
    #[arg(value_name = "PROFILE", default_value = "default")]
    profile: String,
    /// Every seed from A to B, B excluded; by default 0..1000, and without end if --for is given.
    #[arg(long, value_name = "A..B", value_parser = seeds)]
    seeds: Option<Range<u64>>,
    /// Begin no more runs after this time by the clock on the wall, such as 60s.
    #[arg(long = "for", value_name = "TIME")]
    time: Option<Duration>,
    /// End after so many runs that failed.
    #[arg(long, value_name = "K", value_parser = clap::value_parser!(u64).range(1..))]
    max_failures: Option<u64>,
    /// Tell which events, faults, changes of role and refusals the runs reached, and which never. It takes some time.
    #[arg(long)]
    coverage: bool,
    /// End when all that the profile wants to happen `sometimes` has happened and nothing new was reached in as many runs as
    /// all that took, and at least 100. Where the seeds or the time end before that it is no pass.
    #[arg(long)]
    until_covered: bool,
    /// How many runs go on at a time; by default as many as there are cores. What is printed does not depend on it.
    #[arg(long, value_name = "N", value_parser = super::run::jobs)]
    jobs: Option<NonZeroUsize>,
    /// The folder for the smallest run of each way of failing: the scenario and its report, as text and JSON.
    #[arg(long, value_name = "DIR", default_value = "target/squall/fuzz")]
    out: PathBuf,
    /// Print the summary as one JSON document.
    #[arg(long)]
    json: bool,
    /// Print what failed, and the last lines; no progress.
    #[arg(long, short)]
    quiet: bool,
}

const EXAMPLES: &str = "\
Examples:
  squall fuzz
  squall fuzz cruel --for 10m
  squall fuzz mine.ron --seeds 0..20000 --max-failures 1
  squall fuzz --until-covered

Before that the scenarios in scenarios/regressions are run, which were found before: what fails there is a finding, too,
and what passes as another run than the one that was found is told as stale.

An interrupt ends it with a report of the runs made so far. A failing run is made again with its seed, as the `replay`
line says. What is written about it can be looked at with `squall run` and made smaller with `squall shrink`; any run,
by its profile and seed, can be written down as a script with `squall resolve`.";

/// Where scenarios that were found before are kept, from the working directory on.
const REGRESSIONS: &str = "scenarios/regressions";

/// More runs than anybody waits for.
const ENDLESS: u64 = u32::MAX as u64;

pub(super) fn fuzz(arguments: &Arguments, output: &Output) -> Result<Status, Failure> {
    let profile = profile(&arguments.profile, output)?;
    let usual = if arguments.time.is_some() || arguments.until_covered { 0..ENDLESS } else { 0..1000 };
    let seeds = arguments.seeds.clone().unwrap_or(usual);
    let jobs = threads(arguments.jobs);
    let regressions = regressions(output)?;
    // Hours of hunting must not end in findings that nobody gets.
    runner::writable_folder(&arguments.out).map_err(|error| {
        Failure::BadInput(format!("error: {error}\nhelp: name a folder that can be written with `--out DIR`"))
    })?;
    runner::report_when_interrupted();
    let command = format!("squall fuzz {}", shell_word(&arguments.profile));
    let mut hunt = Hunt {
        campaign: Campaign::new(&profile.name, command, seeds.start),
        begun: now(),
        arguments,
        output,
        progress: (!arguments.quiet).then(|| {
            let known = arguments.seeds.is_some() || arguments.time.is_none() && !arguments.until_covered;
            Progress::of_seeds(known.then_some(seeds.end - seeds.start))
        }),
    };
    // Before anything new is looked for, what was found before.
    let again = |number: u64| {
        let Scenario { path, plan } = &regressions[number as usize];
        let mut report = runner::report(plan);
        report.file = Some(path.display().to_string());
        Regression::of(path.display().to_string(), plan, &report)
    };
    runner::in_order(jobs, regressions.len() as u64, again, |_, regression| hunt.take_again(regression));
    let looks = arguments.coverage || arguments.until_covered;
    hunt.campaign.covered = looks.then(|| Covered::new(&profile.sometimes));
    let piece = |number: u64| sample(&profile, seeds.start + number, looks);
    runner::in_order(jobs, seeds.end - seeds.start, piece, |_, sample| hunt.take(sample));
    hunt.end(&profile)
}

/// Makes the run of a seed.
fn sample(profile: &Profile, seed: u64, looks: bool) -> Sample {
    let plan = draw(profile, seed);
    if !looks {
        return Sample::of(&plan, runner::report(&plan));
    }
    let (mut judges, mut coverage) = (Judges::new(&plan), Coverage::new(plan.cluster.nodes()));
    let outcome = runner::judge(&plan, &mut judges, &mut [&mut coverage], &Options::default());
    Sample::of(&plan, Report::new(&plan, &judges, outcome)).reaching(coverage.into_reached())
}

/// The scenarios that were found before, if there is a folder of them.
fn regressions(output: &Output) -> Result<Vec<Scenario>, Failure> {
    let unreadable = |error: &io::Error| {
        let help = "scenarios that were found before are kept in this folder; take away what is in its place";
        Failure::BadInput(format!("error: {REGRESSIONS} can't be read: {error}\nhelp: {help}"))
    };
    let entries = match std::fs::read_dir(REGRESSIONS) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(|error| unreadable(&error))?,
    };
    let mut files = Vec::new();
    for entry in entries {
        files.push(entry.map_err(|error| unreadable(&error))?.path());
    }
    files.retain(|file| file.extension().is_some_and(|extension| extension == "ron"));
    files.sort();
    Scenario::read_all(&files, output)
}

/// The runs so far, and who is told.
struct Hunt<'a> {
    campaign: Campaign,
    begun: Instant,
    arguments: &'a Arguments,
    output: &'a Output,
    progress: Option<Progress>,
}

impl Hunt<'_> {
    /// Takes a run of what was found before.
    fn take_again(&mut self, regression: Regression) -> ControlFlow<()> {
        if regression.figures.failed() {
            self.output.annotations().failed(&regression.file, &regression.figures);
        }
        self.campaign.regressions.push(regression);
        if runner::was_interrupted() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    /// Takes the next run. More are made unless enough have failed, the time is over, or somebody interrupts.
    fn take(&mut self, sample: Sample) -> ControlFlow<()> {
        let figures = sample.figures.clone();
        self.campaign.add(sample);
        if figures.failed() {
            let annotate = || self.output.annotations().failed(&self.arguments.profile, &figures);
            match &self.progress {
                Some(progress) => progress.suspend(annotate),
                None => annotate(),
            }
        }
        if let Some(progress) = &self.progress {
            progress.step();
            if figures.failed() {
                progress.failed(self.campaign.total.failed);
            }
        }
        let enough = self.arguments.max_failures.is_some_and(|most| self.campaign.total.failed >= most);
        let late = self.arguments.time.is_some_and(|time| self.wall_ns() >= time.nanos());
        let covered =
            self.arguments.until_covered && self.campaign.covered.as_ref().is_some_and(Covered::is_complete);
        let ends = enough || late || covered || runner::was_interrupted();
        if ends { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    fn wall_ns(&self) -> u64 {
        u64::try_from(now().duration_since(self.begun).as_nanos()).unwrap_or(u64::MAX)
    }

    /// Tells and writes what was found.
    fn end(mut self, profile: &Profile) -> Result<Status, Failure> {
        self.progress = None;
        let wall_ns = self.wall_ns();
        let (mut troubles, mut files) = (Vec::new(), BTreeMap::new());
        match write_findings(&self.campaign, profile, &self.arguments.out) {
            Ok(written) => files = written,
            Err(trouble) => troubles.push(trouble),
        }
        let printed = if self.arguments.json {
            let document = self.campaign.document(&files, &Host { wall_ns });
            self.output.print(document + "\n")
        } else {
            self.print(&files)
        };
        troubles.extend(printed.err());
        self.output.annotations().end();
        if !self.arguments.quiet {
            let runs = self.campaign.total.runs;
            let seconds = wall_ns as f64 / 1e9;
            let rate = runs as f64 / seconds.max(1e-9);
            self.output.diagnose(&format_args!("{runs} runs in {seconds:.1} s, {rate:.1} a second"));
        }
        let status = status(self.campaign.verdict());
        let uncovered = |covered: &&Covered| self.arguments.until_covered && !covered.is_complete();
        let status = match self.campaign.covered.as_ref().filter(uncovered) {
            None => status,
            Some(covered) => {
                self.output.diagnose(&format_args!("not covered. {}", covered.statement()));
                status.worst(Status::Vacuous)
            }
        };
        Ok(settle(status, &troubles, self.output))
    }

    fn print(&self, files: &BTreeMap<Signature, String>) -> anyhow::Result<()> {
        let form = printed(self.output);
        let mut told = String::new();
        for group in self.campaign.groups.values().take(1).filter(|_| !self.arguments.quiet) {
            let head = format!("{}, seed {}", self.campaign.profile, group.seed);
            told += &format!("{head}: the smallest of the first way of failing, in full\n");
            told += &text::render_among_others(&group.report, &form);
            told += &format!("replay: {}\n\n", self.campaign.replay(group.seed));
        }
        let summary = self.campaign.render(&form, self.arguments.quiet);
        let written = files.values().map(|file| format!("written: {file}\n")).collect::<String>();
        let gap = if written.is_empty() { "" } else { "\n" };
        self.output.print(format_args!("{told}{written}{gap}{summary}"))
    }
}

#[expect(clippy::disallowed_methods, reason = "ends the hunt in time and tells its speed; no record sees it")]
fn now() -> Instant {
    Instant::now()
}

/// Writes the smallest run of each way of failing: its scenario, and its report in two forms. Returns the scenarios'
/// files.
fn write_findings(
    campaign: &Campaign,
    profile: &Profile,
    folder: &Path,
) -> anyhow::Result<BTreeMap<Signature, String>> {
    let mut files = BTreeMap::new();
    let mut taken = BTreeSet::new();
    for (signature, group) in &campaign.groups {
        begin_reports(Some(folder))?;
        let base = format!("{}-{}", Group::slug_of(&campaign.profile), Group::slug(signature));
        // Two messages of panics may begin alike.
        let numbered = (1..).map(|n| if n == 1 { base.clone() } else { format!("{base}-{n}") });
        let name = numbered.into_iter().find(|name| taken.insert(name.clone())).unwrap_or(base);
        let file = folder.join(&name).with_added_extension("ron");
        let report = Report { file: Some(file.display().to_string()), ..(*group.report).clone() };
        let mut plan = draw(profile, group.seed);
        plan.found = Some(Found {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            seed: group.seed,
            digest: group.report.digest.value(),
        });
        let contents = [
            ("ron", head(campaign, signature, group) + &scenario::write(&plan)),
            ("txt", text::render(&report, None, &FILED)),
            ("json", json::document(std::slice::from_ref(&report), &Host::default()) + "\n"),
        ];
        for (extension, content) in contents {
            let path = folder.join(&name).with_added_extension(extension);
            let mut file = NewFile::create(&path)?;
            file.write_all(content.as_bytes())
                .with_context(|| format!("{} can't be written", path.display()))?;
            file.commit()?;
        }
        files.insert(signature.clone(), file.display().to_string());
    }
    Ok(files)
}

/// What stands above a scenario that was found.
fn head(campaign: &Campaign, signature: &Signature, group: &Group) -> String {
    let mut lines = vec![
        format!("Drawn from the profile {} with seed {}.", campaign.profile, group.seed),
        format!("It fails by: {signature}."),
    ];
    for check in &group.report.checks {
        if let check::Verdict::Violated(violation) = &check.verdict
            && check.name == signature.to_string()
        {
            lines.push(format!("At {}: {}.", violation.time, violation.message));
        }
    }
    lines.push(format!("replay: {}", campaign.replay(group.seed)));
    lines.push(format!("digest: {}", group.report.digest));
    lines.iter().flat_map(|text| text.lines()).map(|line| format!("// {line}\n")).collect()
}
