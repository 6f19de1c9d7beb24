//! Problems of a text for programs: where, what, how to mend it.

use crate::scenario::{Errors, Problem};
use serde::Serialize;

/// A place in a text, as editors count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Position {
    /// From 1.
    pub(super) line: usize,
    /// In characters, from 1.
    pub(super) column: usize,
}

impl Position {
    /// Where this byte of a text stands.
    pub(super) fn of(text: &str, at: usize) -> Option<Self> {
        let before = text.get(..at)?;
        let line = 1 + before.bytes().filter(|byte| *byte == b'\n').count();
        let column = 1 + before.rsplit('\n').next().unwrap_or_default().chars().count();
        Some(Self { line, column })
    }
}

/// A problem as a document has it.
#[derive(Debug, Serialize)]
pub(super) struct Told {
    /// None where it is about the text as a whole.
    #[serde(flatten)]
    position: Option<Position>,
    /// The field that it is about; left out where it is about none.
    #[serde(skip_serializing_if = "String::is_empty")]
    about: String,
    message: String,
    /// How to mend it.
    #[serde(skip_serializing_if = "String::is_empty")]
    fix: String,
    /// Another place that has to do with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    beside: Option<Beside>,
}

#[derive(Debug, Serialize)]
struct Beside {
    #[serde(flatten)]
    position: Position,
    /// What it has to do with it.
    label: String,
}

impl Told {
    /// A problem of a text.
    pub(super) fn of(text: &str, problem: &Problem) -> Self {
        let beside = problem.other_place().and_then(|(place, label)| {
            Some(Beside { position: Position::of(text, place.start)?, label: label.clone() })
        });
        Self {
            position: problem.place().and_then(|place| Position::of(text, place.start)),
            about: problem.path().to_owned(),
            message: problem.message().to_owned(),
            fix: problem.help().to_owned(),
            beside,
        }
    }

    /// With a way to mend it.
    pub(super) fn with_fix(self, fix: &str) -> Self {
        Self { fix: fix.to_owned(), ..self }
    }

    /// What is wrong with a file that has no text, in this line of it if it is known.
    pub(super) fn of_file(message: String, line: Option<usize>) -> Self {
        let position = line.map(|line| Position { line, column: 1 });
        Self { position, about: String::new(), message, fix: String::new(), beside: None }
    }

    /// All errors of a text, and how many there are beside them.
    pub(super) fn errors(text: &str, errors: &Errors) -> (Vec<Self>, usize) {
        (errors.problems().iter().map(|problem| Self::of(text, problem)).collect(), errors.more())
    }
}
