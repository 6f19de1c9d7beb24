//! Jepsen's older logs, in which operations stand among other lines.
//!
//! ```text
//! INFO  jepsen.util - 4   :invoke :cas    [0 3]
//! INFO  jepsen.util - 4   :ok     :cas    [0 3]
//! ```
//!
//! What other parts of Jepsen say is passed over, and so is the nemesis.

use super::History;
use super::edn::{Edn, Parser, take};
use super::read::{ReadError, Reader};

const EXAMPLE: &str = "`INFO jepsen.util - 4 :invoke :read nil`";

/// Reads a history.
///
/// # Errors
/// If it is none.
pub fn read(text: &str) -> Result<History, ReadError> {
    let mut reader = Reader::default();
    let mut found = false;
    let mut last = 1;
    for (number, line) in (1..).zip(text.lines()) {
        last = number;
        let Some((_, rest)) = line.split_once("jepsen.util ") else { continue };
        found = true;
        let Some(rest) = rest.strip_prefix("- ") else {
            return Err(ReadError::new(number, format!("`- ` after `jepsen.util ` as in {EXAMPLE}"), rest));
        };
        event(&mut reader, number, rest)?;
    }
    if !found {
        return Err(ReadError::new(last, format!("a line such as {EXAMPLE}"), "the end without any"));
    }
    Ok(reader.history())
}

fn event(reader: &mut Reader, line: u64, text: &str) -> Result<(), ReadError> {
    let mut parser = Parser::new(text, line);
    let process = match parser.next()? {
        Some(Edn::Keyword(_)) => return Ok(()),
        Some(Edn::Integer(process)) if process >= 0 => process as u64,
        other => {
            let found = other.map_or("the end of the line".into(), |it| it.text());
            return Err(ReadError::new(line, format!("a process number as in {EXAMPLE}"), found));
        }
    };
    let mut word = || match parser.next()? {
        Some(Edn::Keyword(word)) => Ok(word),
        other => {
            let found = other.map_or("the end of the line".into(), |it| it.text());
            Err(ReadError::new(line, format!("a keyword as in {EXAMPLE}"), found))
        }
    };
    let (what, of) = (word()?, word()?);
    let Some(value) = parser.next()? else {
        return Err(ReadError::new(line, format!("a value as in {EXAMPLE}"), "the end of the line"));
    };
    // What went wrong may be told after the value.
    if (what == "invoke" || what == "ok")
        && let Some(more) = parser.next()?
    {
        return Err(ReadError::new(line, "nothing after the value", more.text()));
    }
    take(reader, line, (process, &what, &of), &value)
}
