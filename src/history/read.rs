//! Histories from files: how invocations and returns become operations.

use super::form::{Form, all};
use super::mistake::{Mistake, Mistakes, Place};
use super::{Answer, History, Operation, Outcome, Request, State, edn, jepsen_log, json_lines};
use std::collections::BTreeMap;

/// Reads a history of any form. Reading goes on after a mistake, so that all are told.
///
/// # Errors
/// If a line can't be read, if the lines contradict each other, or if there are none. Nothing of it is to be judged then.
pub fn read(text: &str) -> Result<History, Mistakes> {
    // Some programs mark texts in Unicode so.
    let from = if text.starts_with(MARK) { MARK.len_utf8() } else { 0 };
    let Some(form) = Form::of(&text[from..]) else {
        return Err(Mistakes::of(unknown(text, from)));
    };
    let mut reader = Reader::new(form);
    match form {
        Form::Edn => edn::read(text, from, &mut reader),
        Form::JepsenLog => jepsen_log::read(text, &mut reader),
        Form::JsonLines => json_lines::read(text, from, &mut reader),
    }
    reader.history(text)
}

const MARK: char = '\u{feff}';

/// The lines of a text that hold anything, as places without the blanks around them.
pub(super) fn lines(text: &str, from: usize) -> impl Iterator<Item = Place> {
    let mut next = from;
    let lines = (1..).zip(text[from..].split_inclusive('\n')).map(move |(line, whole)| {
        let start = next + (whole.len() - whole.trim_start().len());
        next += whole.len();
        Place { line, start, end: start + whole.trim().len() }
    });
    lines.filter(|place| place.start < place.end)
}

/// What is wrong with a text of no form.
fn unknown(text: &str, from: usize) -> Mistake {
    match lines(text, from).next() {
        None => nothing(text, from),
        Some(place) => {
            Mistake::new(place, "a history in one of three forms", &text[place.start..place.end]).help(all())
        }
    }
}

/// What is wrong with a text in which no client does anything.
fn nothing(text: &str, from: usize) -> Mistake {
    let place = lines(text, from).next().unwrap_or(Place { line: 1, start: from, end: from });
    let message = "there are no operations, so there is nothing to judge".to_string();
    let mistake = Mistake::new(place, "", "");
    Mistake { message, ..mistake }.help(format!("{}; a run without clients has an empty one", all()))
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

/// An operation that has begun.
#[derive(Debug)]
struct Begun {
    key: String,
    request: Request,
    position: u64,
    place: Place,
}

/// A history being read: takes invocations and returns in their order.
#[derive(Debug)]
pub(super) struct Reader {
    form: Form,
    keys: BTreeMap<String, Vec<Operation>>,
    under_way: BTreeMap<u64, Begun>,
    /// The processes that do nothing more, and where that was told.
    ended: BTreeMap<u64, Place>,
    /// Whether the first invocation names a key, and where it is.
    keyed: Option<(bool, Place)>,
    /// Whether it was told that they differ in that.
    mixes: bool,
    position: u64,
    mistakes: Mistakes,
    /// How many returns or invocations may be missing, by process: those that could not be read. None where even the process is
    /// not known.
    missing: BTreeMap<Option<u64>, u64>,
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
    fn new(form: Form) -> Self {
        Self {
            form,
            keys: BTreeMap::new(),
            under_way: BTreeMap::new(),
            ended: BTreeMap::new(),
            keyed: None,
            mixes: false,
            position: 0,
            mistakes: Mistakes::default(),
            missing: BTreeMap::new(),
        }
    }

    /// A process begins an operation.
    pub(super) fn invoke(
        &mut self,
        place: Place,
        process: u64,
        key: String,
        request: Request,
    ) -> Result<(), Mistake> {
        if let Some(end) = self.ended.remove(&process) {
            let expected = format!("nothing more of process {process}, which ended on line {}", end.line);
            let help =
                "in Jepsen a process ends with an operation that ends in :info; who goes on is a new process";
            let found = format!("the invocation of a {}", kind(request));
            return Err(Mistake::new(place, expected, found).help(help).beside(end, "its last operation"));
        }
        self.position += 1;
        let begun = Begun { key, request, position: self.position, place };
        let Some(before) = self.under_way.insert(process, begun) else {
            self.missing.remove(&Some(process));
            return Ok(());
        };
        let expected = format!(
            "the return of process {process}'s {} of line {} before its next operation",
            kind(before.request),
            before.place.line
        );
        let help = "a process does one thing at a time: give what overlaps a process of its own";
        let found = format!("the invocation of a {}", kind(request));
        let mistake = Mistake::new(place, expected, found).help(help).beside(before.place, "under way");
        Err(Mistake { may_follow: true, ..mistake })
    }

    /// An invocation names a key, or none: all do as the first.
    pub(super) fn names_key(&mut self, place: Place, names: bool) -> Result<(), Mistake> {
        let (first, before) = *self.keyed.get_or_insert((names, place));
        // Told once: which of the two is meant holds for all of them.
        if first == names || self.mixes {
            return Ok(());
        }
        self.mixes = true;
        let (expected, found) = if first {
            ("a value with its key, [key value]", "one without a key")
        } else {
            ("a value without a key", "one with a key")
        };
        let expected = format!("{expected}, as on line {}", before.line);
        let help =
            "with independent keys every value is [key value], of a read [key nil]; with one key none is";
        Err(Mistake::new(place, expected, found).help(help).beside(before, "as here"))
    }

    /// What a process does, of this kind, and on which key.
    pub(super) fn invoked(&self, place: Place, process: u64, of: &str) -> Result<(Request, &str), Mistake> {
        let Some(Begun { key, request, place: begun, .. }) = self.under_way.get(&process) else {
            let expected = format!("an invocation by process {process} before its return");
            let help = "put that before this line, or leave this one out";
            let mistake = Mistake::new(place, expected, format!("the return of a {of}"));
            return Err(Mistake { may_follow: true, ..mistake.help(help) });
        };
        if kind(*request) != of {
            let expected = format!("the return of process {process}'s {}", kind(*request));
            let help = "a return says of which kind the operation is, as its invocation does";
            let mistake = Mistake::new(place, expected, format!("that of a {of}"));
            return Err(mistake.help(help).beside(*begun, "its invocation"));
        }
        Ok((*request, key))
    }

    /// Where the operation was invoked that a process has under way.
    pub(super) fn invocation(&self, process: u64) -> Option<Place> {
        self.under_way.get(&process).map(|begun| begun.place)
    }

    /// An operation of this kind ends.
    pub(super) fn end(&mut self, place: Place, process: u64, of: &str, end: End) -> Result<(), Mistake> {
        let (request, _) = self.invoked(place, process, of)?;
        self.position += 1;
        let outcome = match end {
            End::Fail => Outcome::Failed,
            End::Info => Outcome::Open,
            End::Ok(told) => Outcome::Done(answer(place, request, told)?),
        };
        if end == End::Info && self.form.ends_processes() {
            self.ended.insert(process, place);
        }
        // That nobody knows how it ended is no return.
        let returned = if outcome == Outcome::Open { u64::MAX } else { self.position };
        self.finish(process, returned, outcome);
        Ok(())
    }

    fn finish(&mut self, process: u64, returned: u64, outcome: Outcome) {
        if let Some(Begun { key, request, position: invoked, .. }) = self.under_way.remove(&process) {
            let operation = Operation { process, request, invoked, returned, outcome };
            self.keys.entry(key).or_default().push(operation);
        }
    }

    /// Notes a mistake in a line, of this process if that is known.
    ///
    /// That line may be the invocation or the return that is missed later: so one of those is passed over.
    pub(super) fn refuse(&mut self, process: Option<u64>, mut mistake: Mistake) {
        let follows = mistake.may_follow && (self.is_missing(process) || self.is_missing(None));
        if !mistake.may_follow
            && let Some(process) = process
        {
            self.under_way.remove(&process);
        }
        let overlaps = process.is_some_and(|process| self.under_way.contains_key(&process));
        if !follows {
            if !mistake.may_follow || overlaps {
                *self.missing.entry(process).or_default() += 1;
            }
            if mistake.help.is_empty() {
                mistake.help = format!("an invocation looks like `{}`", self.form.example());
            }
            self.mistakes.note(mistake);
        }
    }

    /// Whether one more line of this process, or of nobody knows whom, is missing. Then it is no longer.
    fn is_missing(&mut self, process: Option<u64>) -> bool {
        let count = self.missing.get_mut(&process).filter(|count| **count > 0);
        count.map(|count| *count -= 1).is_some()
    }

    /// Whether so much is wrong that no more is told one by one.
    pub(super) fn has_many_mistakes(&self) -> bool {
        self.mistakes.are_many()
    }

    /// Whether anything was read.
    pub(super) fn is_empty(&self) -> bool {
        self.position == 0 && self.mistakes == Mistakes::default()
    }

    /// It is no history at all.
    pub(super) fn refuse_form(&mut self, place: Place, found: &str) {
        self.mistakes.note(Mistake::new(place, "a history in one of three forms", found).help(all()));
    }

    /// The history of this text: what has not returned is open.
    fn history(mut self, text: &str) -> Result<History, Mistakes> {
        if self.is_empty() {
            self.mistakes.note(nothing(text, 0));
        }
        if self.mistakes != Mistakes::default() {
            self.mistakes.first.sort_by_key(|mistake| mistake.place.start);
            return Err(self.mistakes);
        }
        while let Some(process) = self.under_way.first_key_value().map(|(process, _)| *process) {
            self.finish(process, u64::MAX, Outcome::Open);
        }
        for operations in self.keys.values_mut() {
            operations.sort_unstable_by_key(|it| it.invoked);
        }
        Ok(History { keys: self.keys })
    }
}

/// What an operation was told, completed by what its kind implies.
fn answer(place: Place, request: Request, told: Told) -> Result<Answer, Mistake> {
    let Told { found, written, version } = told;
    let wrong = |expected: &str, found: &str| Err(Mistake::new(place, expected, found));
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
