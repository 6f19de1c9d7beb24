//! `squall fuzz`: random runs of a profile, and what they find.

use super::cases::Cases;
use super::findings::{told, write_findings};
use super::implementation::Whose;
use super::inputs::{Scenario, profile_and_text};
use super::numbers::{positive, whole};
use super::run::{begin_reports, printed, seeds, settle, status, threads};
use super::shard::{self, Share};
use super::{Failure, Output, Status};
use crate::fuzz::{Campaign, Covered, Header, Regression, Sample, Seeds, Shard, draw, left_out};
use crate::plan::{Implementation, Plan, Profile};
use crate::report::format::{count, counted};
use crate::report::{Coverage, Host, Interruption, Judges, Report, option_of_other, shell_word, with_other};
use crate::runner::{self, Options, Progress, ResultsFile};
use crate::time::Duration;
use std::collections::BTreeMap;
use std::io;
use std::num::{NonZeroU64, NonZeroUsize};
use std::ops::{ControlFlow, Range};
use std::path::PathBuf;
use std::time::Instant;

/// Arguments of `squall fuzz`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// What runs are drawn from: a file, or the name of a profile that comes with Squall, such as quick, default or cruel;
    /// `squall list` has them all.
    #[arg(value_name = "PROFILE", default_value = "default")]
    profile: String,
    /// Every seed from A to B, B excluded; by default 0..1000, and without end if --for is given.
    #[arg(long, value_name = "A..B", value_parser = seeds)]
    seeds: Option<Range<u64>>,
    #[command(flatten)]
    whose: Whose,
    /// Take seeds that belong to this commit: those of --seeds, counted from a number made of the first eight digits of its
    /// hash. So each commit is tried with others, and the same one always with the same.
    #[arg(long, value_name = "HASH", value_parser = block)]
    commit: Option<u64>,
    /// Make the runs of one share of the seeds, such as 2/4, the second of four, and keep their results in the folder of
    /// --out: `squall merge` makes one report of all shares. The same command goes on where it was killed. In a Slurm job
    /// array write slurm.
    #[arg(long, value_name = "I/N", value_parser = shard::share, requires = "seeds")]
    shard: Option<Share>,
    /// The same in an Indexed Job of Kubernetes, of so many completions.
    #[arg(long, value_name = "N", value_parser = positive::<NonZeroU64>, conflicts_with = "shard", requires = "seeds")]
    shards: Option<NonZeroU64>,
    /// Begin no more runs after this time by the clock on the wall, such as 60s.
    #[arg(long = "for", value_name = "TIME")]
    time: Option<Duration>,
    /// How many events a run may take; one that takes more fails as a livelock. It is the same on any machine, unlike --for.
    #[arg(long, value_name = "N", value_parser = positive::<NonZeroU64>)]
    events: Option<NonZeroU64>,
    /// End after so many runs that failed.
    #[arg(long, value_name = "K", value_parser = positive::<NonZeroU64>)]
    max_failures: Option<NonZeroU64>,
    /// Tell which events, faults, changes of role and refusals the runs reached, and which never. It takes some time.
    #[arg(long)]
    coverage: bool,
    /// End when all that the profile wants to happen `sometimes` has happened and nothing new was reached in as many runs as
    /// all that took, and at least 100. Where the seeds or the time end before that it is no pass; nor where something of it does
    /// not happen in ten times as many: then the hunt ends, too.
    #[arg(long)]
    until_covered: bool,
    /// How many runs go on at a time; by default as many as there are cores. What is printed does not depend on it.
    #[arg(long, value_name = "N", value_parser = super::run::jobs)]
    jobs: Option<NonZeroUsize>,
    /// The folder for the smallest run of each way of failing: the scenario and its report, as text and JSON.
    #[arg(long, value_name = "DIR", default_value = "target/squall/fuzz")]
    out: PathBuf,
    /// Write what failed to a file for programs that read JUnit's XML: a case for each way of failing.
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// How many MiB may be written about what fails: after so much, only the scenario of each further way of failing.
    #[arg(long, value_name = "MIB", value_parser = whole, default_value_t = 64)]
    out_limit: u64,
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
  squall fuzz --seeds 0..2000 --commit $(git rev-parse HEAD)
  squall fuzz --seeds 0..1000000 --shard 2/4 --out results; squall merge results

Before that the scenarios in scenarios/regressions are run, which were found before, as far as their nodes run the same \
implementation: what fails there is a finding, too, \
and what passes as another run than the one that was found is told as stale.

An interrupt ends it with a report of the runs made so far, and exit code 6 unless one failed. A failing run is made again \
with its seed, as the `replay` line says. What is written about it can be looked at with `squall run` and made smaller with \
`squall shrink`; any run, \
by its profile and seed, can be written down as a script with `squall resolve`.";

/// Where scenarios that were found before are kept, from the working directory on.
const REGRESSIONS: &str = "scenarios/regressions";

/// So many seeds each commit has for itself.
const SEEDS_OF_COMMIT: u64 = 1_000_000;

/// More runs than anybody waits for.
const ENDLESS: u64 = u32::MAX as u64;

pub(super) fn fuzz(arguments: &Arguments, output: &Output) -> Result<Status, Failure> {
    let (mut profile, text) = profile_and_text(&arguments.profile, output)?;
    let own = profile.implementation;
    arguments.whose.run_profile(&mut profile)?;
    let seeds = arguments.chosen_seeds()?;
    let jobs = threads(arguments.jobs);
    // What was found before does not depend on the share: one machine is enough for it.
    let mut regressions = if arguments.is_shard() { Vec::new() } else { regressions(output)? };
    let all = regressions.len();
    regressions.retain(|it| it.plan.cluster.implementation == profile.implementation);
    if regressions.len() < all {
        let others = counted((all - regressions.len()) as u64, "scenario");
        output.diagnose(&format!("{others} in {REGRESSIONS} of other implementations not run"));
    }
    // Hours of hunting must not end in findings that nobody gets.
    runner::writable_folder(&arguments.out).map_err(|error| {
        Failure::BadInput(format!("error: {error}\nhelp: name a folder that can be written with `--out DIR`"))
    })?;
    Cases::refuse_unwritable(arguments.junit.as_ref())?;
    let looks = arguments.coverage || arguments.until_covered;
    let mut header = Header::new(&profile.name, &arguments.profile, &text, &seeds, looks, arguments.events);
    header.implementation = (profile.implementation != own).then(|| profile.implementation.name().to_owned());
    let (results, held) = arguments.results(&header, &seeds)?;
    runner::report_when_interrupted();
    output.diagnose(&arguments.beginning(&profile, &seeds, held.len()));
    let command = command(&arguments.profile, profile.implementation);
    let mut hunt = Hunt {
        campaign: Campaign::new(&profile.name, command, seeds.range.start, seeds.shard),
        begun: now(),
        held: held.len() as u64,
        asked: seeds.count(),
        arguments,
        output,
        results,
        trouble: None,
        progress: (!arguments.quiet)
            .then(|| Progress::of_seeds(arguments.has_end().then_some(seeds.count() - held.len() as u64))),
    };
    // Before anything new is looked for, what was found before.
    let again = |number: u64| {
        let Scenario { path, plan } = &regressions[number as usize];
        let mut report = runner::report(plan);
        report.file = Some(path.display().to_string());
        Regression::of(path.display().to_string(), plan, &report)
    };
    runner::in_order(jobs, regressions.len() as u64, again, |_, regression| hunt.take_again(regression));
    hunt.campaign.implementation = profile.implementation;
    hunt.campaign.events = arguments.events;
    hunt.campaign.until_covered = arguments.until_covered;
    hunt.campaign.covered = looks.then(|| Covered::new(&profile.sometimes));
    let done = held.len() as u64;
    let enough = held.into_iter().any(|sample| hunt.take(sample).is_break());
    let piece = |number: u64| sample(&profile, seeds.nth(done + number), looks, arguments.events);
    let left = if enough { 0 } else { seeds.count() - done };
    runner::in_order(jobs, left, piece, |_, sample| hunt.take_new(sample));
    hunt.end(&profile)
}

impl Arguments {
    const fn is_shard(&self) -> bool {
        self.shard.is_some() || self.shards.is_some()
    }

    /// Whether it was said, or is usual, how many seeds there are.
    const fn has_end(&self) -> bool {
        self.seeds.is_some() || self.time.is_none() && !self.until_covered
    }

    /// The seeds that are asked for.
    fn chosen_seeds(&self) -> Result<Seeds, Failure> {
        let usual = if self.time.is_some() || self.until_covered { 0..ENDLESS } else { 0..1000 };
        let range = self.seeds.clone().unwrap_or(usual);
        let bad = |why: String| Failure::BadInput(format!("error: {why}"));
        let moved = |start: u64| Some(start.checked_add(range.start)?..start.checked_add(range.end)?);
        let range = moved(self.commit.unwrap_or(0))
            .ok_or_else(|| bad("`--commit` counts these seeds beyond 2^64; write smaller ones".into()))?;
        let shard = shard::shard(self.shard, self.shards, shard::variable).map_err(bad)?;
        Ok(Seeds { range, shard: shard.unwrap_or(Shard::WHOLE) })
    }

    /// The file of results, if one is to be kept, and the runs that it holds already.
    fn results(&self, header: &Header, seeds: &Seeds) -> Result<(Option<ResultsFile>, Vec<Sample>), Failure> {
        if !self.is_shard() {
            return Ok((None, Vec::new()));
        }
        begin_reports(Some(&self.out))?;
        let name = format!("results-{}.jsonl", seeds.shard.to_string().replace('/', "-of-"));
        let path = self.out.join(name);
        ResultsFile::refuse_strangers(&path, header).map_err(|error| {
            Failure::BadInput(format!("error: {error}\nhelp: name another folder for these with `--out DIR`"))
        })?;
        let (file, held) = ResultsFile::open(&path, header, seeds)
            .map_err(|error| Failure::BadInput(format!("error: {error}")))?;
        Ok((Some(file), held))
    }

    /// What is said before the first run, so that also what a kill ends can be made again.
    fn beginning(&self, profile: &Profile, seeds: &Seeds, held: usize) -> String {
        let Range { start, end } = seeds.range;
        let seeds = if seeds.shard.is_whole() { String::new() } else { format!(", shard {}", seeds.shard) };
        let held = if held == 0 { String::new() } else { format!("; {held} of them are there already") };
        let version = env!("CARGO_PKG_VERSION");
        let profile = format!("profile {}{}", profile.name, with_other(profile.implementation));
        match self.has_end() {
            true => format!("squall {version}, {profile}, seeds {start}..{end}{seeds}{held}"),
            false => format!("squall {version}, {profile}, seeds from {start} on"),
        }
    }
}

/// The command that makes runs of a profile.
pub(super) fn command(profile: &str, implementation: Implementation) -> String {
    format!("squall fuzz {}{}", shell_word(profile), option_of_other(implementation))
}

/// The first of the seeds that belong to a commit.
fn block(hash: &str) -> Result<u64, String> {
    let digits = hash.get(..8).filter(|_| hash.bytes().all(|byte| byte.is_ascii_hexdigit()));
    let number = digits.and_then(|digits| u64::from_str_radix(digits, 16).ok());
    let number = number
        .ok_or("a hash has at least eight hexadecimal digits, such as those of `git rev-parse HEAD`")?;
    Ok(number * SEEDS_OF_COMMIT)
}

/// Makes the run of a seed.
fn sample(profile: &Profile, seed: u64, looks: bool, events: Option<NonZeroU64>) -> Sample {
    let plan = Plan { events, ..draw(profile, seed) };
    let options = Options::default();
    let mut judges = Judges::new(&plan);
    let of = |judges: &Judges, outcome| {
        Sample::of(&plan, &Report::new(&plan, judges, outcome)).without(&left_out(profile, seed))
    };
    if !looks {
        let outcome = runner::judge(&plan, &mut judges, &mut [], &options);
        return of(&judges, outcome);
    }
    let mut coverage = Coverage::new(plan.cluster.nodes());
    let outcome = runner::judge(&plan, &mut judges, &mut [&mut coverage], &options);
    of(&judges, outcome).reaching(coverage.into_reached())
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
    /// How many runs there were before.
    held: u64,
    /// How many runs were asked for.
    asked: u64,
    arguments: &'a Arguments,
    output: &'a Output,
    results: Option<ResultsFile>,
    /// Why results are no longer kept.
    trouble: Option<anyhow::Error>,
    progress: Option<Progress>,
}

impl Hunt<'_> {
    /// Takes a run of what was found before.
    fn take_again(&mut self, regression: Regression) -> ControlFlow<()> {
        self.campaign.regressions.push(regression);
        if runner::was_interrupted() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    /// Takes the next run, and keeps its results.
    fn take_new(&mut self, sample: Sample) -> ControlFlow<()> {
        if let Some(results) = &mut self.results
            && let Err(error) = results.add(&sample)
        {
            // What can't be kept would have to be made again.
            self.trouble = Some(error.into());
            return ControlFlow::Break(());
        }
        if let Some(progress) = &self.progress {
            progress.step();
        }
        self.take(sample)
    }

    /// Takes the next run. More are made unless enough have failed, the time is over, or somebody interrupts.
    fn take(&mut self, sample: Sample) -> ControlFlow<()> {
        let failed = sample.failed();
        self.campaign.add(sample);
        if failed && let Some(progress) = &self.progress {
            progress.failed(self.campaign.total.failed);
        }
        let enough = self.arguments.max_failures.is_some_and(|most| self.campaign.total.failed >= most.get());
        let late = self.arguments.time.is_some_and(|time| self.wall_ns() >= time.nanos());
        let is_over = |covered: &Covered| covered.is_complete() || covered.is_hopeless();
        let over = self.arguments.until_covered && self.campaign.covered.as_ref().is_some_and(is_over);
        let ends = enough || late || over || runner::was_interrupted();
        if ends { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    fn wall_ns(&self) -> u64 {
        u64::try_from(now().duration_since(self.begun).as_nanos()).unwrap_or(u64::MAX)
    }

    /// Tells and writes what was found.
    fn end(mut self, profile: &Profile) -> Result<Status, Failure> {
        self.progress = None;
        self.campaign.interrupted = self.interruption();
        let wall_ns = self.wall_ns();
        let (mut troubles, mut files) = (Vec::from_iter(self.trouble.take()), BTreeMap::new());
        match write_findings(&self.campaign, profile, &self.arguments.out, self.arguments.out_limit << 20) {
            Ok((written, left_out)) => {
                files = written;
                if left_out > 0 {
                    let reports = counted(left_out, "report");
                    self.output.diagnose(&format_args!(
                        "{reports} left out by --out-limit, beside scenarios that were written"
                    ));
                }
            }
            Err(trouble) => troubles.push(trouble),
        }
        let printed = if self.arguments.json {
            let document = self.campaign.document(&files, &Host { wall_ns });
            self.output.print(document + "\n")
        } else {
            let told = told(&self.campaign, profile, &files, self.arguments.quiet, &printed(self.output));
            self.output.print(told)
        };
        troubles.extend(printed.err());
        let title = format!("squall fuzz {}{}", self.campaign.profile, self.campaign.with());
        let mut cases = Cases::of(&self.campaign, &self.arguments.profile);
        cases.annotate(self.output.annotations());
        if let Some(interruption) = &self.campaign.interrupted {
            let left = interruption.planned.map(|planned| counted(planned - interruption.runs, "more seed"));
            let name = left.unwrap_or_else(|| "more seeds".into());
            cases.add_not_made(name, self.arguments.profile.clone(), interruption);
        }
        let shown = self.campaign.statement_with_origin();
        cases.end((&title, &shown), self.arguments.junit.as_deref(), self.output, &mut troubles);
        if !self.arguments.quiet {
            let runs = self.campaign.total.runs - self.held;
            let seconds = wall_ns as f64 / 1e9;
            let rate = runs as f64 / seconds.max(1e-9);
            self.output.diagnose(&format_args!("{runs} runs in {seconds:.1} s, {rate:.1} a second"));
        }
        if let Some(covered) = self.campaign.uncovered() {
            let help = self.help_to_cover(covered);
            self.output.diagnose(&format_args!("not covered. {}{help}", covered.statement()));
        }
        let status = status(self.campaign.verdict()).worst(self.tell_what_is_left());
        Ok(settle(status, &troubles, self.output))
    }

    /// What helps where something that the profile wants may never happen.
    fn help_to_cover(&self, covered: &Covered) -> String {
        let help = "in a copy of the profile take what can't happen out of `sometimes`";
        match self.campaign.implementation.other() {
            _ if covered.missing().is_empty() => String::new(),
            Some(name) => format!("\nhelp: some of it may be nothing that {name} does; {help}"),
            None if covered.is_hopeless() => format!("\nhelp: {help}"),
            None => String::new(),
        }
    }

    /// What an interrupt left unmade, if it left anything.
    fn interruption(&self) -> Option<Interruption> {
        let runs = self.campaign.total.runs;
        let planned = self.arguments.has_end().then_some(self.asked);
        (runs < self.asked && runner::was_interrupted()).then_some(Interruption { runs, planned })
    }

    /// Tells if not all runs were made that were asked for. An interrupt is no success: who evicts a machine sends one, and who
    /// waits for the runs has to know that they are not done.
    fn tell_what_is_left(&self) -> Status {
        let made = self.campaign.total.runs;
        let (is_short, is_cut) = (made < self.asked, self.campaign.interrupted.is_some());
        let made = match self.arguments.has_end() {
            true => format!("{} of {}", count(made), counted(self.asked, "seed")),
            false => counted(made, "seed"),
        };
        let goes_on = if self.arguments.is_shard() { "; the same command goes on from there" } else { "" };
        match (is_short, is_cut) {
            (_, true) => self.output.diagnose(&format_args!("interrupted after {made}{goes_on}")),
            (true, false) if self.arguments.is_shard() => {
                self.output.diagnose(&format_args!("{made} done{goes_on}"));
            }
            _ => {}
        }
        if is_cut { Status::Failed } else { Status::Held }
    }
}

#[expect(clippy::disallowed_methods, reason = "ends the hunt in time and tells its speed; no record sees it")]
fn now() -> Instant {
    Instant::now()
}
