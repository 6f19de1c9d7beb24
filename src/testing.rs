//! Scenarios and random runs as ordinary tests of a crate: of Squall's Raft, or of an implementation of your own.
//!
//! ```no_run
//! use squall::testing::Storm;
//!
//! // In a `#[test]` each:
//! Storm::squall().scenarios("scenarios");
//! Storm::squall().fuzz("default", 0..100);
//! ```
//!
//! A test that fails panics with the verdict, its evidence and the line that runs it again. With `SQUALL_SEEDS=17..18` in the
//! environment random runs are those of these seeds, whatever the test says.

use crate::fuzz::{Failure, Group, Shrink, Shrunk, draw};
use crate::plan::{Plan, Profile};
use crate::report::{Judges, Report};
use crate::runner::{self, Finding, NewFile, Options, Own, shrunk};
use crate::scenario::vocabulary::Language;
use crate::scenario::{self, Meant};
use std::fmt;
use std::io::Write;
use std::ops::{ControlFlow, Range};
use std::path::{Path, PathBuf};

/// Where what `fuzz` finds is written, from the working directory on: in a test that is the package's folder.
const FOLDER: &str = "target/squall/testing";

/// So many runs shrinking may take: seconds.
const MOST_RUNS: u64 = 20_000;

/// Whose nodes are put into the storm.
#[derive(Clone, Copy)]
pub struct Storm {
    software: Option<Own>,
}

/// A random run that failed, made small.
#[derive(Clone, Debug)]
pub struct Found {
    /// The profile that it was drawn from.
    pub profile: String,
    /// The seed that it was drawn with.
    pub seed: u64,
    /// How the smallest scenario fails: by what the run failed, too.
    pub failure: Failure,
    /// The smallest scenario that fails so.
    pub plan: Plan,
    /// The same as a file, with the story of the failure.
    pub text: String,
}

impl Storm {
    /// Nodes that run what a scenario says: Squall's Raft if it says nothing.
    pub const fn squall() -> Self {
        Self { software: None }
    }

    /// Nodes that run this, whatever a scenario says.
    pub const fn over(software: Own) -> Self {
        Self { software: Some(software) }
    }

    /// Runs a scenario, or all that are anywhere in a folder, each with its own seed. Profiles and studies are left out.
    ///
    /// # Panics
    /// If any does not pass, if one can't be read, or if there is none.
    pub fn scenarios(&self, files: impl AsRef<Path>) {
        let files = files.as_ref();
        let all = scenarios_in(files);
        assert!(!all.is_empty(), "{} holds no scenario", files.display());
        let mut failed = Vec::new();
        for (path, plan) in &all {
            let report = self.report(plan);
            if report.failed() {
                failed.push(self.told(path, plan, &report));
            }
        }
        assert!(
            failed.is_empty(),
            "{} of {} scenarios failed\n\n{}",
            failed.len(),
            all.len(),
            failed.join("\n")
        );
    }

    /// Makes random runs of a profile, one that comes with Squall or a file, until one fails.
    ///
    /// # Panics
    /// If one fails: with the smallest scenario that fails in the same way, which is also written to a file under
    /// `target/squall/testing`. Or if there is no such profile.
    pub fn fuzz(&self, profile: &str, seeds: Range<u64>) {
        if let Some(found) = self.hunt(profile, seeds) {
            let kept = match found.keep() {
                Ok(path) => format!("kept in: {}", path.display()),
                Err(error) => format!("not kept: {error}"),
            };
            panic!("{found}\n{kept}\nreplay: {}", replay(Some(found.seed)));
        }
    }

    /// Looks for a random run of a profile that fails, and makes it small; none if all hold.
    ///
    /// # Panics
    /// If there is no such profile.
    pub fn hunt(&self, profile: &str, seeds: Range<u64>) -> Option<Found> {
        let ranges = read_profile(profile);
        let seeds = chosen_seeds().unwrap_or(seeds);
        let jobs = std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get);
        let mut failing = None;
        let run = |number: u64| {
            let seed = seeds.start + number;
            Failure::of(&self.report(&draw(&ranges, seed))).map(|_| seed)
        };
        runner::in_order(jobs, seeds.end.saturating_sub(seeds.start), run, |_, failed| {
            failing = failed;
            if failed.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        failing.map(|seed| self.smallest(profile, draw(&ranges, seed)))
    }

    /// What a failing run can be made into.
    fn smallest(&self, profile: &str, plan: Plan) -> Found {
        let options = self.options();
        let Finding { failure, script, .. } = runner::find_with(&plan, &options);
        let original = failure.expect("the same run fails again");
        let script = runner::statable(script).ok();
        let scripted = script.and_then(|script| {
            let failure = runner::find_with(&script, &options).failure?;
            failure.is_alike(&original).then_some((script, failure))
        });
        // What can't be said as a script stays as it was drawn.
        let (smallest, failure) = match scripted {
            None => (plan.clone(), original),
            Some((script, failure)) => {
                let mut run = |plan: &Plan| runner::attempt_with(plan, &options);
                let mut kept = |_: &Plan| {};
                let shrink = Shrink::new(script, failure, &mut run, &mut kept).at_most(MOST_RUNS);
                let Shrunk { plan, failure, .. } = shrink.finish();
                (shrunk::named(plan, &failure.signature), failure)
            }
        };
        let report = runner::find_with(&smallest, &options).report;
        let head = shrunk::head(profile, &plan, &failure.signature, &report, &|kind| self.kind_name(kind));
        let text = head + &scenario::write(&smallest);
        Found { profile: profile.to_owned(), seed: plan.seed, failure, plan: smallest, text }
    }

    fn options(&self) -> Options {
        Options { software: self.software, ..Options::default() }
    }

    fn report(&self, plan: &Plan) -> Report {
        let mut judges = Judges::new(plan);
        let outcome = runner::judge(plan, &mut judges, &mut [], &self.options());
        let evidence = runner::evidence(plan, &judges, &self.options());
        Report { evidence, ..Report::new(plan, &judges, outcome) }
    }

    /// What is told of a scenario that failed.
    fn told(&self, path: &Path, plan: &Plan, report: &Report) -> String {
        let name = path.display().to_string();
        let story = Failure::of(report).map_or(String::new(), |failure| {
            shrunk::head(&name, plan, &failure.signature, report, &|kind| self.kind_name(kind))
        });
        let story = story.lines().skip(1).map(|line| line.trim_start_matches("//")).collect::<Vec<_>>();
        let again = match self.software {
            None => format!("squall run {name} --seed {}", plan.seed),
            Some(_) => replay(None),
        };
        format!("{name}: {}\n{}\nreplay: {again}\n", report.verdict, story.join("\n"))
    }

    /// The name of a kind of message, by who knows it.
    fn kind_name(&self, kind: u8) -> String {
        let own = self.software.map_or("unknown", |software| software.kind_name(kind));
        if own == "unknown" { runner::kind_name(kind).to_owned() } else { own.to_owned() }
    }
}

impl Found {
    /// Writes it to a file.
    fn keep(&self) -> anyhow::Result<PathBuf> {
        let folder = Path::new(FOLDER);
        runner::writable_folder(folder)?;
        let path = folder.join(Group::slug_of(&self.plan.name)).with_added_extension("ron");
        let mut file = NewFile::create(&path)?;
        file.write_all(self.text.as_bytes())?;
        file.commit()?;
        Ok(path)
    }
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { profile, seed, failure, text, .. } = self;
        write!(
            f,
            "seed {seed} of {profile} fails by {}; the smallest that does:\n\n{text}",
            failure.signature
        )
    }
}

/// The scenarios at a path, in the order of their names.
fn scenarios_in(files: &Path) -> Vec<(PathBuf, Plan)> {
    let paths: Vec<PathBuf> = if files.is_dir() {
        let pattern = files.join("**").join("*.ron");
        let pattern = pattern.to_str().expect("a path in UTF-8");
        glob::glob(pattern).expect("a pattern").filter_map(Result::ok).collect()
    } else {
        vec![files.to_owned()]
    };
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(&path)
            .unwrap_or_else(|error| panic!("{} can't be read: {error}", path.display()));
        match scenario::read_either(&text) {
            Ok((Meant::Scenario(plan), _)) => Some((path, *plan)),
            Ok((Meant::Profile(_), _)) => None,
            // A study, perhaps: its scenario is elsewhere.
            Err(_) if scenario::language(&text) == Some(Language::Study) => None,
            Err(errors) => panic!("{}", errors.render(&path.display().to_string(), &text, false)),
        }
    };
    paths.into_iter().filter_map(read).collect()
}

/// The profile in this file, or that comes with Squall by this name.
fn read_profile(profile: &str) -> Profile {
    let text = match scenario::shipped::profile(profile) {
        Some(text) => text.to_owned(),
        None => std::fs::read_to_string(profile)
            .unwrap_or_else(|error| panic!("no profile is called {profile}, and no file: {error}")),
    };
    match scenario::read_profile(&text) {
        Ok((profile, _)) => profile,
        Err(errors) => panic!("{}", errors.render(profile, &text, false)),
    }
}

/// The seeds that the environment asks for.
fn chosen_seeds() -> Option<Range<u64>> {
    let asked = std::env::var_os("SQUALL_SEEDS")?;
    let range = asked.to_str().and_then(|text| {
        let (first, end) = text.split_once("..")?;
        Some(first.parse().ok()?..end.parse().ok()?)
    });
    Some(range.unwrap_or_else(|| panic!("SQUALL_SEEDS has to be like 17..18, not {}", asked.display())))
}

/// The command that makes this test again, with one seed alone if one is given.
fn replay(seed: Option<u64>) -> String {
    let seeds = seed.map_or(String::new(), |seed| format!("SQUALL_SEEDS={seed}..{} ", seed + 1));
    // The harness names the thread of a test after it.
    let thread = std::thread::current();
    let test = thread.name().filter(|name| *name != "main");
    let test = test.map_or(String::new(), |name| format!(" -- --exact {name}"));
    format!("{seeds}cargo test{test}")
}
