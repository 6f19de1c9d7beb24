//! Jepsen's logs, in which operations stand among other lines. How a line begins has changed over the years:
//!
//! ```text
//! INFO  jepsen.util - 4   :invoke :cas    [0 3]
//! INFO [2017-03-30 15:28:17,423] jepsen worker 4 - jepsen.util 4  :ok     :cas    [0 3]
//! 2021-02-26 23:39:01,300{GMT}    INFO    [jepsen worker 4] jepsen.util: 4        :invoke :read   nil
//! ```
//!
//! What other parts of Jepsen say is passed over, and so are the nemesis and what is said in words. But a line that speaks of an
//! operation and can't be read as one is a mistake: half a history is not judged.

use super::edn::{Edn, Parser, take};
use super::mistake::{Mistake, Place};
use super::read::{Reader, lines};

/// The part of Jepsen that tells of operations.
const TELLER: &str = "jepsen.util";

/// Reads a history.
pub(super) fn read(text: &str, reader: &mut Reader) {
    for line in lines(text, 0) {
        let whole = &text[line.start..line.end];
        let Some(start) = told(whole) else {
            if speaks_of_operation(whole) {
                let expected = format!("`{TELLER}` before a process and what it does");
                reader.refuse(None, Mistake::new(line, &expected, whole));
            }
            continue;
        };
        let place = Place { start: line.start + start, ..line };
        if let Err(refused) = event(reader, text, place) {
            reader.refuse(refused.0, refused.1);
        }
    }
}

/// Where in a line begins what is told of an operation; none if it tells of none.
fn told(line: &str) -> Option<usize> {
    let (before, rest) = line.split_once(TELLER)?;
    let rest = rest.strip_prefix(':').unwrap_or(rest);
    let rest = rest.strip_prefix(char::is_whitespace)?.trim_start();
    let rest = rest.strip_prefix("- ").unwrap_or(rest).trim_start();
    let names = before.is_empty() || before.ends_with(char::is_whitespace);
    let is_told = !rest.starts_with(char::is_alphabetic) || speaks_of_operation(rest);
    (names && is_told).then(|| line.len() - rest.len())
}

/// Whether a line has the words of an operation: how it begins or ends, and what it is.
fn speaks_of_operation(line: &str) -> bool {
    let words: Vec<&str> = line.split_whitespace().collect();
    words.windows(2).any(|pair| {
        matches!(pair[0], ":invoke" | ":ok" | ":fail" | ":info")
            && matches!(pair[1], ":read" | ":write" | ":cas")
    })
}

/// What is wrong, and with whose line if that is known.
type Refused = Box<(Option<u64>, Mistake)>;

fn event(reader: &mut Reader, text: &str, place: Place) -> Result<(), Refused> {
    let mut parser = Parser::new(&text[..place.end], place.start, place.line);
    let unknown = |mistake| Box::new((None, mistake));
    let process = match parser.next().map_err(unknown)? {
        Some(Edn::Keyword(_)) => return Ok(()),
        Some(Edn::Integer(process)) if process >= 0 => process as u64,
        other => return Err(unknown(Mistake::new(place, "a process number", found(other)))),
    };
    told_by(reader, process, parser, place).map_err(|mistake| Box::new((Some(process), mistake)))
}

fn told_by(reader: &mut Reader, process: u64, mut parser: Parser<'_>, place: Place) -> Result<(), Mistake> {
    let mut word = |expected: &str| match parser.next()? {
        Some(Edn::Keyword(word)) => Ok(word),
        other => Err(Mistake::new(place, expected, found(other))),
    };
    let what = word(":invoke, :ok, :fail or :info after the process")?;
    let of = word(":read, :write or :cas as the third word")?;
    let Some(value) = parser.next()? else {
        return Err(Mistake::new(place, "a value after the operation's name", found(None)));
    };
    // What went wrong may be told after the value.
    if (what == "invoke" || what == "ok")
        && let Some(more) = parser.next()?
    {
        return Err(Mistake::new(place, "nothing after the value", more.text()));
    }
    take(reader, place, (process, &what, &of), &value)
}

fn found(value: Option<Edn>) -> String {
    value.map_or("the end of the line".into(), |it| it.text())
}
