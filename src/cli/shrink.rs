//! `squall resolve` and `squall shrink`: a random run as a script, and the smallest scenario that fails like it.

use super::inputs::Scenario;
use super::{Failure, Output, Status};
use crate::fuzz::{Shrink, Shrunk};
use crate::plan::Plan;
use crate::report::Report;
use crate::runner::{self, Finding, NewFile};
use crate::{check, fuzz, scenario};
use std::io::Write;
use std::path::{Path, PathBuf};

/// Arguments of `squall resolve`.
#[derive(Debug, clap::Args)]
pub(super) struct ResolveArguments {
    /// The scenario file.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The seed, instead of the scenario's own.
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Write it to this file instead of printing it.
    #[arg(long, short, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Arguments of `squall shrink`.
#[derive(Debug, clap::Args)]
pub(super) struct ShrinkArguments {
    /// The scenario file.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The seed, instead of the scenario's own.
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Write it to this file instead of printing it. The file always holds the smallest scenario so far: to go on after
    /// an interrupt, shrink that.
    #[arg(long, short, value_name = "FILE")]
    out: Option<PathBuf>,
    /// End after so many runs.
    #[arg(long, value_name = "N", default_value_t = 20_000)]
    runs: u64,
}

pub(super) fn resolve(arguments: &ResolveArguments, output: &Output) -> Result<Status, Failure> {
    let plan = read(&arguments.file, arguments.seed, output)?;
    let Finding { report, script, .. } = runner::find(&plan);
    let head = format!(
        "// {} with seed {}, every fault as it happened.\n// verdict: {}\n// digest: {}\n",
        arguments.file.display(),
        plan.seed,
        report.verdict,
        report.digest
    );
    put(&(head + &scenario::write(&script)), arguments.out.as_deref(), output)?;
    Ok(Status::Held)
}

pub(super) fn shrink(arguments: &ShrinkArguments, output: &Output) -> Result<Status, Failure> {
    let plan = read(&arguments.file, arguments.seed, output)?;
    let Finding { report, failure, script } = runner::find(&plan);
    let Some(failure) = failure else {
        let text = format!(
            "error: {} does not fail with seed {}: its verdict is {}\nhelp: only what fails can be shrunk; look for a \
             seed that does with `squall run {} --seeds 0..1000`",
            arguments.file.display(),
            plan.seed,
            report.verdict,
            arguments.file.display(),
        );
        return Err(Failure::BadInput(text));
    };
    // A script that fails otherwise than the run it was made of would be a bug of ours.
    let scripted = runner::find(&script);
    assert_eq!(scripted.report.digest, report.digest, "a script gives the same run");
    let mut trouble = None;
    let Shrunk { plan: smallest, failure, runs, unfinished } = {
        let mut kept = |smaller: &Plan| {
            if let Some(out) = &arguments.out {
                trouble = put(&scenario::write(smaller), Some(out), output).err().or(trouble.take());
            }
        };
        Shrink::new(script.clone(), failure, &mut runner::fails, &mut kept).at_most(arguments.runs).finish()
    };
    if let Some(trouble) = trouble {
        return Err(trouble.into());
    }
    let shown = runner::find(&smallest).report;
    let text = head(&arguments.file, &plan, &failure, &shown)
        + &cuts(&script, &smallest)
        + &scenario::write(&smallest);
    put(&text, arguments.out.as_deref(), output)?;
    let more = if unfinished { "; more may be cut, with more --runs" } else { "" };
    output.diagnose(&format_args!("shrunk in {runs} runs{more}"));
    Ok(Status::Held)
}

fn read(file: &Path, seed: Option<u64>, output: &Output) -> Result<Plan, Failure> {
    let mut plan = Scenario::read(file, output)?.plan;
    plan.seed = seed.unwrap_or(plan.seed);
    Ok(plan)
}

fn put(text: &str, out: Option<&Path>, output: &Output) -> anyhow::Result<()> {
    let Some(path) = out else { return output.print(text) };
    let mut file = NewFile::create(path)?;
    file.write_all(text.as_bytes())?;
    Ok(file.commit()?)
}

/// Where it came from, and the story of its failure.
fn head(file: &Path, plan: &Plan, failure: &fuzz::Failure, report: &Report) -> String {
    let mut lines = vec![
        format!("Shrunk from {} with seed {}.", file.display(), plan.seed),
        format!("It fails by: {}.", failure.signature),
    ];
    for check in &report.checks {
        if let check::Verdict::Violated(violation) = &check.verdict
            && check.name == failure.signature.to_string()
        {
            lines.push(format!("At {}: {}.", violation.time, violation.message));
        }
    }
    for expected in &report.expectations {
        if expected.text.starts_with(&failure.signature.to_string()) {
            lines.push(format!("{}: {}.", expected.text, expected.why));
        }
    }
    lines.push(format!("digest: {}", report.digest));
    lines.iter().map(|line| format!("// {line}\n")).collect()
}

/// What was cut.
fn cuts(from: &Plan, to: &Plan) -> String {
    let operations = |plan: &Plan| plan.clients.as_ref().map_or(0, |clients| clients.count);
    let numbers = [
        ("faults", from.faults.len() as u64, to.faults.len() as u64),
        ("nodes", u64::from(from.cluster.voters), u64::from(to.cluster.voters)),
        ("clients", u64::from(operations(from)), u64::from(operations(to))),
    ];
    let changed = numbers.iter().filter(|(_, before, after)| before != after);
    let mut cut: Vec<String> =
        changed.map(|(what, before, after)| format!("{what} {before} -> {after}")).collect();
    if from.duration != to.duration {
        cut.push(format!("duration {} -> {}", from.duration, to.duration));
    }
    if cut.is_empty() { String::new() } else { format!("// Cut: {}.\n", cut.join(", ")) }
}
