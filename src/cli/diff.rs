//! `squall diff`: what changed between two reports.

use super::advise::Printed;
use super::run::printed;
use super::{Failure, Output, Status};
use crate::diff::{Difference, Document};
use crate::report::json::indented;
use crate::runner;
use serde::Serialize;
use std::path::{Path, PathBuf};

/// Arguments of `squall diff`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// The report of before: what `squall run --json` printed, the .json file of `--report DIR`, or the results.json of a study.
    #[arg(value_name = "OLD")]
    old: PathBuf,
    /// The report of now.
    #[arg(value_name = "NEW")]
    new: PathBuf,
    /// How much worse is no regression yet: so many percentage points of the run, or of all operations; of a time that a study measures,
    /// such a part of what it was.
    #[arg(long, value_name = "P%", value_parser = tolerated, default_value = "0%")]
    tolerate: Tolerated,
    /// Print what changed in this form.
    #[arg(long, value_enum, default_value = "text", value_name = "FORM")]
    form: Printed,
    /// Print all that changed as one JSON document: the same as --form json.
    #[arg(long, conflicts_with = "form")]
    json: bool,
    /// Print what got worse, and the last line.
    #[arg(long, short, conflicts_with_all = ["json", "form"])]
    quiet: bool,
}

const EXAMPLES: &str = "\
Examples:
  squall run scenarios/leader-crash.ron --seeds 0..200 --json > old.json
  (change something, and make new.json likewise)
  squall diff old.json new.json --tolerate 0.1%

Runs are compared seed by seed: the same luck on both sides cancels out. The exit code is 3 on a \
regression: a run that passed now fails, or of leader availability, client availability or time \
without a leader the whole 95 % interval of the paired differences, from 10 seeds on, lies on the \
worse side, beyond what is tolerated. It is 4 where something of the old report is not in the new one, and 2 where \
nothing can be compared.

Two reports of a study (`squall study FILE --out DIR` writes DIR/results.json) are compared cell by \
cell. There the total time, a share, or how many runs did not end in time has to be worse in a cell \
at 99.99 %, since there are many cells.";

/// A share.
#[derive(Clone, Copy, Debug)]
struct Tolerated(f64);

fn tolerated(text: &str) -> Result<Tolerated, String> {
    let number = text.strip_suffix('%').and_then(|number| number.trim().parse::<f64>().ok());
    match number {
        Some(percent) if (0.0..=100.0).contains(&percent) => Ok(Tolerated(percent / 100.0)),
        _ => Err("write percentage points, from 0% to 100%, such as 0.1%".into()),
    }
}

pub(super) fn diff(arguments: &Arguments, output: &Output) -> Result<Status, Failure> {
    let (old, new) = (read(&arguments.old)?, read(&arguments.new)?);
    let difference = Difference::of(&old, &new, arguments.tolerate.0)
        .map_err(|why| Failure::BadInput(format!("error: {why}")))?;
    let names = [&arguments.old, &arguments.new].map(|path| path.display().to_string());
    let each = [names[0].as_str(), names[1].as_str()];
    output.print(match if arguments.json { Printed::Json } else { arguments.form } {
        Printed::Text => difference.render(each, &printed(output), arguments.quiet),
        Printed::Markdown => difference.markdown(each),
        Printed::Html => difference.html(each),
        Printed::Json => document(&difference, &names) + "\n",
    })?;
    Ok(match (difference.regressed(), difference.lacks) {
        (true, _) => Status::Liveness,
        (false, true) => Status::Vacuous,
        (false, false) => Status::Held,
    })
}

fn read(path: &Path) -> Result<Document, Failure> {
    let bad = |why: &str| Failure::BadInput(format!("error: {}: {why}", path.display()));
    let bytes = runner::read_report(path).map_err(|error| Failure::BadInput(format!("error: {error}")))?;
    let text = std::str::from_utf8(&bytes).map_err(|_| bad("this is no text, so no JSON"))?;
    Document::parse(text).map_err(|why| bad(&why))
}

fn document(difference: &Difference, [old, new]: &[String; 2]) -> String {
    #[derive(Serialize)]
    struct Whole<'a> {
        format: u32,
        version: &'static str,
        old: &'a str,
        new: &'a str,
        regressed: bool,
        same: bool,
        #[serde(flatten)]
        difference: &'a Difference,
    }
    let whole = Whole {
        format: 1,
        version: env!("CARGO_PKG_VERSION"),
        old,
        new,
        regressed: difference.regressed(),
        same: difference.is_nothing(),
        difference,
    };
    indented(&whole, "")
}
