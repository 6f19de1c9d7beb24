//! What keeps a text from being a history: where, what was expected there, and how to mend it.

use std::fmt;

/// A place in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The line that it begins on, from 1.
    pub line: u64,
    /// Where it begins, in bytes of the text.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// Where.
    pub place: Place,
    /// What is wrong.
    pub message: String,
    /// How to mend it.
    pub help: String,
    /// Another place that has to do with it, and how.
    pub beside: Option<(Place, &'static str)>,
    /// Whether it may but follow from a line before that could not be read.
    pub(super) may_follow: bool,
}

impl Mistake {
    /// Something else was found than what was expected.
    pub(super) fn new(place: Place, expected: impl fmt::Display, found: impl AsRef<str>) -> Self {
        const LONGEST: usize = 60;
        let found = found.as_ref();
        let cut = found.char_indices().nth(LONGEST).map(|(end, _)| format!("{}..", &found[..end]));
        let message = format!("expected {expected}, found {}", cut.as_deref().unwrap_or(found));
        Self { place, message, help: String::new(), beside: None, may_follow: false }
    }

    /// The same, with how to mend it.
    pub(super) fn help(self, help: impl Into<String>) -> Self {
        Self { help: help.into(), ..self }
    }

    /// The same, with another place that has to do with it.
    pub(super) fn beside(self, place: Place, label: &'static str) -> Self {
        Self { beside: Some((place, label)), ..self }
    }
}

/// All that is wrong with a text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mistakes {
    /// The first of them, in the order of the text.
    pub first: Vec<Mistake>,
    /// How many there are beside.
    pub more: usize,
    /// How many were noted, those that had been noted before among them.
    noted: usize,
}

impl Mistakes {
    /// How many are told one by one: more help nobody.
    const MOST: usize = 20;

    /// This one alone.
    pub(super) fn of(mistake: Mistake) -> Self {
        let mut mistakes = Self::default();
        mistakes.note(mistake);
        mistakes
    }

    pub(super) fn note(&mut self, mistake: Mistake) {
        self.noted += 1;
        if self.first.contains(&mistake) {
            return;
        }
        if self.first.len() >= Self::MOST {
            self.more += 1;
        } else {
            self.first.push(mistake);
        }
    }

    /// Whether so many were noted that more are of no help.
    pub(super) fn are_many(&self) -> bool {
        self.noted >= Self::MOST
    }
}

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, mistake) in self.first.iter().enumerate() {
            let separator = if number == 0 { "" } else { "\n" };
            write!(f, "{separator}line {}: {}", mistake.place.line, mistake.message)?;
        }
        if self.more > 0 {
            write!(f, "\nand {} more errors", self.more)?;
        }
        Ok(())
    }
}

impl std::error::Error for Mistakes {}
