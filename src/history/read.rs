//! Histories from files: which form one has, and how invocations and returns become operations.

use super::{Answer, History, Operation, Outcome, Request, State, edn, jepsen_log, json_lines};
use std::collections::BTreeMap;

/// Why a history can't be read. Nothing of it is judged then.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: expected {expected}, found {found}")]
pub struct ReadError {
    /// The line, from 1.
    pub line: u64,
    /// What should have been there.
    pub expected: String,
    /// What was.
    pub found: String,
}

impl ReadError {
    pub(super) fn new(line: u64, expected: impl Into<String>, found: impl Into<String>) -> Self {
        const LONGEST: usize = 60;
        let mut found: String = found.into();
        if found.chars().count() > LONGEST {
            found = found.chars().take(LONGEST).chain("..".chars()).collect();
        }
        Self { line, expected: expected.into(), found }
    }
}

/// The forms of histories.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Jepsen's histories: maps in EDN, such as `{:process 0, :type :invoke, :f :write, :value 1}`.
    Edn,
    /// Jepsen's older logs: lines such as `INFO jepsen.util - 4 :invoke :read nil`.
    JepsenLog,
    /// Squall's own: one JSON object a line.
    JsonLines,
}

impl Form {
    /// The form that a text looks like.
    pub fn of(text: &str) -> Self {
        let line = text.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with(';'));
        let line = line.unwrap_or("");
        let in_braces = line.strip_prefix('{').map(str::trim_start);
        match in_braces {
            Some(rest) if rest.starts_with('"') => Self::JsonLines,
            Some(_) => Self::Edn,
            None if line.starts_with(['[', '(', '#']) => Self::Edn,
            // As of a run without clients.
            None if line.is_empty() => Self::JsonLines,
            None => Self::JepsenLog,
        }
    }
}

/// Reads a history of any form.
///
/// # Errors
/// If a line can't be read, or if the lines contradict each other.
pub fn read(text: &str) -> Result<History, ReadError> {
    // Some programs mark texts in Unicode so.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    match Form::of(text) {
        Form::Edn => edn::read(text),
        Form::JepsenLog => jepsen_log::read(text),
        Form::JsonLines => json_lines::read(text),
    }
}

/// How an operation ended, as a line tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// It is done. A compare-and-set that says no more has written.
    Ok(Told),
    /// It had no effect.
    Fail,
    /// Nobody knows.
    Info,
}

/// What the end of an operation tells beyond that it is done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Told {
    pub(super) found: Option<State>,
    pub(super) written: Option<bool>,
    pub(super) version: Option<u64>,
}

/// A history being read: takes invocations and returns in their order.
#[derive(Debug, Default)]
pub(super) struct Reader {
    keys: BTreeMap<String, Vec<Operation>>,
    under_way: BTreeMap<u64, (String, Request, u64)>,
    position: u64,
}

/// What kind of operation a request is, for messages.
pub(super) const fn kind(request: Request) -> &'static str {
    match request {
        Request::Read => "read",
        Request::Write(_) => "write",
        Request::Cas { .. } => "cas",
    }
}

impl Reader {
    /// A process begins an operation.
    pub(super) fn invoke(
        &mut self,
        line: u64,
        process: u64,
        key: String,
        request: Request,
    ) -> Result<(), ReadError> {
        self.position += 1;
        match self.under_way.insert(process, (key, request, self.position)) {
            None => Ok(()),
            Some((_, before, _)) => Err(ReadError::new(
                line,
                format!("the return of process {process}'s {} before its next operation", kind(before)),
                format!("the invocation of a {}", kind(request)),
            )),
        }
    }

    /// What a process does, of this kind, and on which key.
    pub(super) fn invoked(&self, line: u64, process: u64, of: &str) -> Result<(Request, &str), ReadError> {
        let Some((key, request, _)) = self.under_way.get(&process) else {
            let expected = format!("an invocation by process {process} before its return");
            return Err(ReadError::new(line, expected, format!("the return of a {of}")));
        };
        if kind(*request) != of {
            let expected = format!("the return of process {process}'s {}", kind(*request));
            return Err(ReadError::new(line, expected, format!("that of a {of}")));
        }
        Ok((*request, key))
    }

    /// An operation of this kind ends.
    pub(super) fn end(&mut self, line: u64, process: u64, of: &str, end: End) -> Result<(), ReadError> {
        let (request, _) = self.invoked(line, process, of)?;
        self.position += 1;
        let outcome = match end {
            End::Fail => Outcome::Failed,
            End::Info => Outcome::Open,
            End::Ok(told) => Outcome::Done(answer(line, request, told)?),
        };
        self.finish(process, self.position, outcome);
        Ok(())
    }

    fn finish(&mut self, process: u64, returned: u64, outcome: Outcome) {
        if let Some((key, request, invoked)) = self.under_way.remove(&process) {
            let operation = Operation { process, request, invoked, returned, outcome };
            self.keys.entry(key).or_default().push(operation);
        }
    }

    /// The history: what has not returned is open.
    pub(super) fn history(mut self) -> History {
        while let Some(process) = self.under_way.first_key_value().map(|(process, _)| *process) {
            self.finish(process, u64::MAX, Outcome::Open);
        }
        for operations in self.keys.values_mut() {
            operations.sort_unstable_by_key(|it| it.invoked);
        }
        History { keys: self.keys }
    }
}

/// What an operation was told, completed by what its kind implies.
fn answer(line: u64, request: Request, told: Told) -> Result<Answer, ReadError> {
    let Told { found, written, version } = told;
    let wrong = |expected: &str, found: &str| Err(ReadError::new(line, expected, found));
    let (found, written) = match (request, written) {
        (Request::Read, Some(true)) => return wrong("a read that has not written", "one that has"),
        (Request::Write(_), Some(false)) => return wrong("a write that has written", "one that has not"),
        (Request::Read, _) if found.is_none() => return wrong("what the read has found", "nothing of it"),
        // It may have found anything but what it expected.
        (Request::Cas { .. }, Some(false)) if found.is_none() => {
            return wrong("what the cas that has not written has found", "nothing of it");
        }
        (Request::Read, _) => (found, false),
        (Request::Write(_), _) => (found, true),
        (Request::Cas { expected, .. }, _) => (found.or(Some(expected)), written.unwrap_or(true)),
    };
    Ok(Answer { found, written, version })
}
