//! Squall's own histories: one JSON object a line.
//!
//! ```text
//! {"process":1,"type":"invoke","f":"cas","key":"k3","expected":4,"value":9}
//! {"process":1,"type":"ok","f":"cas","key":"k3","found":4,"version":12,"written":true}
//! {"process":2,"type":"invoke","f":"read","key":"k3"}
//! {"process":2,"type":"ok","f":"read","key":"k3","found":9,"version":13}
//! ```
//!
//! `found` is what the key held before, null for nothing; `version` tells which write that was from, and may be left out, as may
//! `found` of what has written. Other members of the objects are of no concern.

use super::read::{End, ReadError, Reader, Told};
use super::{History, Request, State};
use serde_json::{Map, Value};

/// Reads a history.
///
/// # Errors
/// If it is none.
pub fn read(text: &str) -> Result<History, ReadError> {
    let mut reader = Reader::default();
    for (line, text) in (1..).zip(text.lines()) {
        if text.trim().is_empty() {
            continue;
        }
        match serde_json::from_str(text) {
            Ok(Value::Object(object)) => event(&mut reader, &Event { line, object })?,
            Ok(_) => return Err(ReadError::new(line, "one JSON object", text)),
            Err(error) => return Err(ReadError::new(line, "one JSON object", format!("{text} ({error})"))),
        }
    }
    Ok(reader.history())
}

struct Event {
    line: u64,
    object: Map<String, Value>,
}

fn event(reader: &mut Reader, event: &Event) -> Result<(), ReadError> {
    let process = event.get("process", "a process number", Value::as_u64)?;
    let what = event.word("type")?;
    let of = event.word("f")?;
    let key = event.word("key")?;
    let line = event.line;
    let request = || match of {
        "read" => Ok(Request::Read),
        "write" => Ok(Request::Write(event.get("value", "a whole number", Value::as_i64)?)),
        "cas" => Ok(Request::Cas {
            expected: event.state("expected")?,
            value: event.get("value", "a whole number", Value::as_i64)?,
        }),
        other => Err(ReadError::new(line, "\"read\", \"write\" or \"cas\" as \"f\"", format!("{other:?}"))),
    };
    let end = match what {
        "invoke" => return reader.invoke(line, process, key.into(), request()?),
        "ok" => End::Ok(event.told()?),
        "fail" => End::Fail,
        "info" => End::Info,
        other => {
            let expected = "\"invoke\", \"ok\", \"fail\" or \"info\" as \"type\"";
            return Err(ReadError::new(line, expected, format!("{other:?}")));
        }
    };
    let (_, asked) = reader.invoked(line, process, of)?;
    if asked != key {
        let expected = format!("the key that process {process} has asked for, {asked:?}");
        return Err(ReadError::new(line, expected, format!("{key:?}")));
    }
    reader.end(line, process, of, end)
}

impl Event {
    fn get<'a, T>(
        &'a self,
        name: &str,
        what: &str,
        read: impl FnOnce(&'a Value) -> Option<T>,
    ) -> Result<T, ReadError> {
        let value = self.object.get(name);
        value.and_then(read).ok_or_else(|| {
            let found = value.map_or("none".to_string(), Value::to_string);
            ReadError::new(self.line, format!("{what} as {name:?}"), found)
        })
    }

    fn word(&self, name: &str) -> Result<&str, ReadError> {
        self.get(name, "a text", Value::as_str)
    }

    fn state(&self, name: &str) -> Result<State, ReadError> {
        let state = |value: &Value| if value.is_null() { Some(None) } else { value.as_i64().map(Some) };
        self.get(name, "null or a whole number", state)
    }

    fn told(&self) -> Result<Told, ReadError> {
        let has = |name: &str| self.object.contains_key(name);
        Ok(Told {
            found: has("found").then(|| self.state("found")).transpose()?,
            written: has("written")
                .then(|| self.get("written", "true or false", Value::as_bool))
                .transpose()?,
            version: has("version")
                .then(|| self.get("version", "a version's number", Value::as_u64))
                .transpose()?,
        })
    }
}
