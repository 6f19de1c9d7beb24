//! `squall check-history`: whether a history of operations, from Squall or from elsewhere, is linearizable.

use super::numbers::whole;
use super::{Failure, Output, Status, problems};
use crate::history::mistake::Mistake;
use crate::history::picture::picture;
use crate::history::read::read;
use crate::history::window::{Window, shortest};
use crate::history::{BUDGET, History, Judgement, Operation, Outcome, judge};
use crate::runner;
use crate::scenario::{Errors, Problem};
use serde::Serialize;
use std::path::{Path, PathBuf};

/// Arguments of `squall check-history`.
#[derive(Debug, clap::Args)]
#[command(after_help = FORMS)]
pub(super) struct Arguments {
    /// The history.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Print the verdicts, or what is wrong with the file, as one JSON document.
    #[arg(long)]
    json: bool,
    /// How many steps the search for an order of one key may take before it ends undecided.
    #[arg(long, value_name = "STEPS", value_parser = whole, default_value_t = BUDGET)]
    budget: u64,
}

const FORMS: &str = "\
Forms, told apart by how the file begins:
  Jepsen's EDN     {:process 0, :type :invoke, :f :write, :value 1}; [key value] for independent keys
  Jepsen's log     INFO jepsen.util - 4 :invoke :read nil, after a date or a thread's name or not
  Squall's own     one JSON object a line, as `squall run FILE --history OUT` writes them";

/// A longer history than this is none that anybody waits for.
const MAX_BYTES: u64 = 256 << 20;

/// A key with what became of it.
#[derive(Debug, Serialize)]
struct Key {
    /// Its name; empty where there is one key without a name.
    key: String,
    operations: usize,
    open: usize,
    #[serde(serialize_with = "as_word")]
    verdict: Judgement,
    /// The shortest window that has no order, as a picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    picture: Option<String>,
    #[serde(skip)]
    window: Option<Window>,
}

const fn word(judgement: Judgement) -> &'static str {
    match judgement {
        Judgement::Linearizable => "linearizable",
        Judgement::NotLinearizable => "not linearizable",
        Judgement::Undecided => "undecided",
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference over")]
fn as_word<S: serde::Serializer>(judgement: &Judgement, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(word(*judgement))
}

pub(super) fn check_history(arguments: &Arguments, output: &Output) -> Result<Status, Failure> {
    let name = arguments.file.display().to_string();
    let history = match understood(&arguments.file, &name, output) {
        Ok(history) => history,
        Err(refused) if arguments.json => {
            output.print(document(&name, "no history", &refused.document)?)?;
            return Ok(Status::BadInput);
        }
        Err(refused) => return Err(Failure::BadInput(refused.text)),
    };
    let keys = judged(history, arguments.budget);
    let examined = keys.iter().any(|key| key.operations > key.open);
    let verdict = keys.iter().map(|key| key.verdict).max().unwrap_or(Judgement::Linearizable);
    let status = match verdict {
        Judgement::Linearizable if examined => Status::Held,
        Judgement::Linearizable | Judgement::Undecided => Status::Vacuous,
        Judgement::NotLinearizable => Status::Unsafe,
    };
    let said = if examined { word(verdict) } else { "vacuous: no operation is done" };
    if arguments.json {
        #[derive(Serialize)]
        struct Keys<'a> {
            keys: &'a [Key],
        }
        output.print(document(&name, said, &Keys { keys: &keys })?)?;
    } else {
        output.print(told(&keys, arguments.budget) + &format!("verdict: {said}\n"))?;
    }
    Ok(status)
}

/// One document about a file.
fn document(file: &str, verdict: &str, rest: &impl Serialize) -> anyhow::Result<String> {
    #[derive(Serialize)]
    struct Document<'a, T> {
        format: u32,
        version: &'static str,
        file: &'a str,
        verdict: &'a str,
        #[serde(flatten)]
        rest: &'a T,
    }
    let (format, version) = (1, env!("CARGO_PKG_VERSION"));
    Ok(serde_json::to_string_pretty(&Document { format, version, file, verdict, rest })? + "\n")
}

/// Why a file is no history, for people and for programs.
struct Refused {
    text: String,
    document: Refusal,
}

#[derive(Serialize)]
struct Refusal {
    errors: Vec<problems::Told>,
    /// How many there are beside them.
    more: usize,
}

/// The history in a file.
fn understood(path: &Path, name: &str, output: &Output) -> Result<History, Refused> {
    let bad = |line: Option<usize>, message: String| {
        let place = line.map_or(String::new(), |line| format!("{name}: line {line}: "));
        let text = format!("error: {place}{message}");
        output.annotations().bad_file(name, &message);
        let document = Refusal { errors: vec![problems::Told::of_file(message, line)], more: 0 };
        Refused { text, document }
    };
    let bytes = runner::read_history(path, MAX_BYTES).map_err(|error| bad(None, error.to_string()))?;
    let text = std::str::from_utf8(&bytes).map_err(|error| {
        let line = 1 + bytes[..error.valid_up_to()].iter().filter(|byte| **byte == b'\n').count();
        bad(Some(line), "expected text in UTF-8, found something else".into())
    })?;
    read(text).map_err(|mistakes| {
        let more = mistakes.more;
        let problems = mistakes.first.into_iter().map(problem).collect();
        let Some(errors) = Errors::of_text(problems, more) else { return bad(None, "no history".into()) };
        output.annotations().errors(name, text, &errors);
        let (width, colour) = (output.width_of_diagnostics(), output.colours_diagnostics());
        let (told, more) = problems::Told::errors(text, &errors);
        Refused {
            text: errors.render_to(width, name, text, colour),
            document: Refusal { errors: told, more },
        }
    })
}

fn problem(mistake: Mistake) -> Problem {
    let Mistake { place, message, help, beside, .. } = mistake;
    let beside = beside.map(|(place, label)| (place.start..place.end, label.to_owned()));
    Problem::of_text(Some(place.start..place.end), message, help, beside)
}

fn judged(history: History, budget: u64) -> Vec<Key> {
    let key = |(key, operations): (String, Vec<Operation>)| {
        let verdict = judge(&operations, budget);
        let fails = verdict == Judgement::NotLinearizable;
        let window = fails.then(|| shortest(&operations, None, budget)).flatten();
        let open = operations.iter().filter(|it| it.outcome == Outcome::Open).count();
        // What had no effect is no part of what is judged.
        let operations = operations.iter().filter(|it| it.outcome != Outcome::Failed).count();
        let picture = window.as_ref().map(|window| picture(&window.operations));
        Key { key, operations, open, verdict, picture, window }
    };
    history.keys.into_iter().map(key).collect()
}

fn told(keys: &[Key], budget: u64) -> String {
    let operations: usize = keys.iter().map(|key| key.operations).sum();
    let open: usize = keys.iter().map(|key| key.open).sum();
    let mut text = format!("keys: {}, operations: {operations}, of which {open} are open\n", keys.len());
    for key in keys {
        let name = if key.key.is_empty() { "the key" } else { &key.key };
        match (key.verdict, &key.window, &key.picture) {
            (Judgement::Linearizable, ..) => {}
            (Judgement::Undecided, ..) => {
                text += &format!("\n{name}: undecided, no order was found in {budget} steps\n");
            }
            (Judgement::NotLinearizable, Some(window), Some(picture)) => {
                let before = match window.from {
                    None => "whatever it held before".to_string(),
                    Some(None) => "on a key that held nothing".into(),
                    Some(Some(value)) => format!("on a key that held {value}"),
                };
                let count = window.operations.len();
                let many = if count == 1 { "operation" } else { "operations" };
                let budget =
                    if window.may_be_shorter { "; there may be fewer with a larger --budget" } else { "" };
                text +=
                    &format!("\n{name}: {count} {many} without any order, {before}{budget}:\n\n{picture}");
            }
            (Judgement::NotLinearizable, ..) => text += &format!("\n{name}: there is no order\n"),
        }
    }
    if keys.iter().any(|key| key.verdict != Judgement::Linearizable) {
        text.push('\n');
    }
    text
}
