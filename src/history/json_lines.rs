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
//! `found` of what has written. A value is a word of 64 bits, written with a sign or without: those from 2^63 on are what a
//! frame may carry that was damaged on its way and believed. Other members of the objects are of no concern.

use super::form::Form;
use super::mistake::{Mistake, Place};
use super::read::{End, Reader, Told, lines};
use super::{Request, State};
use serde_json::{Map, Value};

/// Reads a history.
pub(super) fn read(text: &str, from: usize, reader: &mut Reader) {
    for place in lines(text, from) {
        let line = &text[place.start..place.end];
        let object = match serde_json::from_str(line) {
            Ok(Value::Object(object)) => object,
            Ok(_) => {
                reader.refuse(None, Mistake::new(place, "one JSON object", line));
                continue;
            }
            Err(error) => {
                reader.refuse(None, broken(place, line, &error));
                continue;
            }
        };
        let it = Event { place, object };
        let process = it.get("process", "a process number", Value::as_u64);
        let taken = match process {
            Ok(process) => event(reader, &it, process).map_err(|mistake| (Some(process), mistake)),
            Err(mistake) => Err((None, mistake)),
        };
        if let Err((process, mistake)) = taken {
            reader.refuse(process, mistake);
        }
    }
}

/// What is wrong with a line that is no JSON.
fn broken(place: Place, line: &str, error: &serde_json::Error) -> Mistake {
    // The parser counts bytes from 1, and lines of what it was given, which is one.
    let at = line.floor_char_boundary(error.column().saturating_sub(1));
    let reason = error.to_string();
    let reason = reason.split(" at line ").next().unwrap_or_default();
    let help = format!("{reason}; each line is a whole object such as `{}`", Form::JsonLines.example());
    Mistake::new(Place { start: place.start + at, ..place }, "one JSON object", line).help(help)
}

struct Event {
    place: Place,
    object: Map<String, Value>,
}

fn event(reader: &mut Reader, event: &Event, process: u64) -> Result<(), Mistake> {
    let what = event.word("type")?;
    let of = event.word("f")?;
    let key = event.word("key")?;
    let place = event.place;
    let request = || match of {
        "read" => Ok(Request::Read),
        "write" => Ok(Request::Write(event.get("value", "a whole number", word)?)),
        "cas" => Ok(Request::Cas {
            expected: event.state("expected")?,
            value: event.get("value", "a whole number", word)?,
        }),
        other => Err(Mistake::new(place, "\"read\", \"write\" or \"cas\" as \"f\"", format!("{other:?}"))),
    };
    let end = match what {
        "invoke" => return reader.invoke(place, process, key.into(), request()?),
        "ok" => End::Ok(event.told()?),
        "fail" => End::Fail,
        "info" => End::Info,
        other => {
            let expected = "\"invoke\", \"ok\", \"fail\" or \"info\" as \"type\"";
            return Err(Mistake::new(place, expected, format!("{other:?}")));
        }
    };
    let (_, asked) = reader.invoked(place, process, of)?;
    if asked != key {
        let expected = format!("the key that process {process} has asked for, {asked:?}");
        return Err(Mistake::new(place, expected, format!("{key:?}")));
    }
    reader.end(place, process, of, end)
}

/// A value's 64 bits.
fn word(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_u64().map(u64::cast_signed))
}

impl Event {
    fn get<'a, T>(
        &'a self,
        name: &str,
        what: &str,
        read: impl FnOnce(&'a Value) -> Option<T>,
    ) -> Result<T, Mistake> {
        let value = self.object.get(name);
        value.and_then(read).ok_or_else(|| {
            let found = value.map_or("none".to_string(), Value::to_string);
            Mistake::new(self.place, format!("{what} as {name:?}"), found)
        })
    }

    fn word(&self, name: &str) -> Result<&str, Mistake> {
        self.get(name, "a text", Value::as_str)
    }

    fn state(&self, name: &str) -> Result<State, Mistake> {
        let state = |value: &Value| if value.is_null() { Some(None) } else { word(value).map(Some) };
        self.get(name, "null or a whole number", state)
    }

    fn told(&self) -> Result<Told, Mistake> {
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
