//! `squall resolve` and `squall shrink`: a random run as a script, and the smallest scenario that fails like it.

use super::implementation::Whose;
use super::inputs::{either, is_file, language_of};
use super::numbers::{seed, whole};
use super::run::kind_name;
use super::{Failure, Output, Status};
use crate::fuzz::{Shrink, Shrunk};
use crate::plan::Plan;
use crate::report::shell_word;
use crate::runner::shrunk;
use crate::runner::{self, Finding, NewFile};
use crate::scenario::Meant;
use crate::scenario::vocabulary::Language;
use crate::{fuzz, scenario};
use std::io::Write;
use std::path::{Path, PathBuf};

/// The run that is given.
#[derive(Debug, clap::Args)]
pub(super) struct Given {
    /// A scenario file; or, with --seed, a profile: its file, or the name of one that comes with Squall.
    #[arg(value_name = "FILE")]
    pub(super) file: PathBuf,
    /// The seed: instead of the scenario's own, or the one whose run is drawn from the profile.
    #[arg(long, value_name = "N", value_parser = seed)]
    pub(super) seed: Option<u64>,
    #[command(flatten)]
    pub(super) whose: Whose,
}

impl Given {
    /// The command that looks for a seed with which it fails.
    fn search(&self) -> String {
        let name = self.file.display().to_string();
        let is_drawn = !is_file(&name) || language_of(&self.file) == Language::Profile;
        let command = if is_drawn { "fuzz" } else { "run" };
        format!("squall {command} {}{} --seeds 0..1000", shell_word(&name), self.whose.option())
    }
}

const RESOLVED: &str = "\
Examples:
  squall resolve scenarios/storms/everything.ron --seed 7
  squall resolve cruel --seed 7 --out seven.ron    (the run that seed 7 draws from the profile)";

const SHRUNKEN: &str = "\
Examples:
  squall shrink target/squall/fuzz/canary-durable-commit.ron --out small.ron
  squall shrink canary --seed 3                    (the run that seed 3 draws from the profile)";

/// Arguments of `squall resolve`.
#[derive(Debug, clap::Args)]
#[command(after_help = RESOLVED)]
pub(super) struct ResolveArguments {
    #[command(flatten)]
    given: Given,
    /// Write it to this file instead of printing it.
    #[arg(long, short, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Arguments of `squall shrink`.
#[derive(Debug, clap::Args)]
#[command(after_help = SHRUNKEN)]
pub(super) struct ShrinkArguments {
    #[command(flatten)]
    given: Given,
    /// Write it to this file instead of printing it. The file always holds the smallest scenario so far: to go on after
    /// an interrupt, shrink that.
    #[arg(long, short, value_name = "FILE")]
    out: Option<PathBuf>,
    /// End after so many runs.
    #[arg(long, value_name = "N", value_parser = whole, default_value_t = 200_000)]
    runs: u64,
}

pub(super) fn resolve(arguments: &ResolveArguments, output: &Output) -> Result<Status, Failure> {
    spare(&arguments.given.file, arguments.out.as_deref(), "the script")?;
    let plan = read(&arguments.given, output)?;
    let Finding { report, script, .. } = runner::find(&plan);
    let script = runner::statable(script).map_err(unstatable)?;
    let mut head = format!(
        "// {} with seed {}, every fault as it happened.\n// verdict: {}\n// digest: {}\n",
        arguments.given.file.display(),
        plan.seed,
        report.verdict,
        report.digest
    );
    match plan.expectations.len() - script.expectations.len() {
        0 => {}
        out => {
            head += &format!("// Left out: {out} of what is expected, which can't be asked of this script.\n")
        }
    }
    put(&(head + &scenario::write(&script)), arguments.out.as_deref(), output)?;
    Ok(Status::Held)
}

pub(super) fn shrink(arguments: &ShrinkArguments, output: &Output) -> Result<Status, Failure> {
    if !is_shrunk(&arguments.given.file) {
        spare(&arguments.given.file, arguments.out.as_deref(), "what is left of it")?;
    }
    let plan = read(&arguments.given, output)?;
    let Finding { report, failure, script } = runner::find(&plan);
    let Some(failure) = failure else {
        let text = format!(
            "error: {} does not fail with seed {}: its verdict is {}\nhelp: only what fails can be shrunk; look for a \
             seed that does with `{}`",
            arguments.given.file.display(),
            plan.seed,
            report.verdict,
            arguments.given.search()
        );
        return Err(Failure::BadInput(text));
    };
    let script = runner::statable(script).map_err(unstatable)?;
    let scripted = runner::find(&script);
    // Where events are counted the end may come sooner or later: the faults of a script are other events.
    let is_same = scripted.report.digest == report.digest;
    assert!(is_same || plan.events.is_some(), "a script gives the same run");
    let Some(failure) = scripted.failure.filter(|scripted| scripted.is_alike(&failure)) else {
        let text = format!(
            "error: {} fails by {}, which can't be asked of a script of its run",
            arguments.given.file.display(),
            failure.signature
        );
        return Err(Failure::BadInput(text));
    };
    let mut trouble = None;
    let Shrunk { plan: smallest, failure, runs, unfinished, .. } = {
        let mut kept = |smaller: &Plan| {
            if let Some(out) = &arguments.out {
                let text = format!(
                    "{}{}, on its way.\n{}",
                    shrunk::BEGINNING,
                    arguments.given.file.display(),
                    scenario::write(smaller)
                );
                trouble = put(&text, Some(out), output).err().or(trouble.take());
            }
        };
        Shrink::new(script.clone(), failure, &mut runner::attempt, &mut kept).at_most(arguments.runs).finish()
    };
    if let Some(trouble) = trouble {
        return Err(trouble.into());
    }
    let mut smallest = shrunk::named(smallest, &failure.signature);
    let shown = runner::find(&smallest).report;
    if let Some(found) = &mut smallest.found {
        // Whoever keeps the file asks whether its own run is still the one that failed.
        found.digest = shown.digest.value();
    }
    let from = arguments.given.file.display().to_string();
    let text = shrunk::head(&from, &plan, &failure.signature, &shown, &kind_name)
        + &shrunk::cuts(&script, &smallest)
        + &scenario::write(&smallest);
    put(&text, arguments.out.as_deref(), output)?;
    let more = if unfinished { "; more may be cut, with more --runs" } else { "" };
    let runs = if runs == 1 { "1 run".to_owned() } else { format!("{runs} runs") };
    output.diagnose(&format_args!("shrunk in {runs}{more}"));
    Ok(Status::Held)
}

/// What happened in a run is no scenario, for this reason.
fn unstatable(why: String) -> Failure {
    Failure::BadInput(format!("error: what happened can't be written as a scenario: {why}"))
}

/// Whether a file is the work of shrinking, which may go on in place.
fn is_shrunk(file: &Path) -> bool {
    std::fs::read_to_string(file).is_ok_and(|text| text.starts_with(shrunk::BEGINNING))
}

/// Refuses to overwrite the scenario that was given.
fn spare(file: &Path, out: Option<&Path>, what: &str) -> Result<(), Failure> {
    let same = |path: &Path| std::fs::canonicalize(path).ok();
    match out {
        Some(out) if same(out).is_some() && same(out) == same(file) => {
            Err(Failure::BadInput(format!("error: {}: {what} would overwrite the scenario", out.display())))
        }
        _ => Ok(()),
    }
}

pub(super) fn read(given: &Given, output: &Output) -> Result<Plan, Failure> {
    match (either(&given.file, given.whose, output)?, given.seed) {
        (Meant::Scenario(plan), seed) => Ok(Plan { seed: seed.unwrap_or(plan.seed), ..*plan }),
        (Meant::Profile(profile), Some(seed)) => Ok(fuzz::draw(&profile, seed)),
        (Meant::Profile(_), None) => Err(Failure::BadInput(format!(
            "error: {} is a profile, from which each seed draws another run\nhelp: say which run is meant: `--seed N`, \
             as in the `replay` line of `squall fuzz`",
            given.file.display()
        ))),
    }
}

fn put(text: &str, out: Option<&Path>, output: &Output) -> anyhow::Result<()> {
    let Some(path) = out else { return output.print(text) };
    let mut file = NewFile::create(path)?;
    file.write_all(text.as_bytes())?;
    Ok(file.commit()?)
}
