//! Explains the parser's errors in the words of the file's language, with what the vocabulary knows of their place.

use super::bounds;
use super::here::{Here, homes, in_words, with_variants};
use super::locate::Tree;
use super::nearest::nearest;
use super::patch::Patch;
use super::path::{Step, display};
use super::problem::{Problem, excerpt};
use super::suggest::{candidates, meant, whom};
use super::vocabulary::{Entry, Kind, Language, Range as Values, Section, range, written};
use ron::error::{Error, Position, SpannedError};
use std::ops::Range;

/// What is told of an error, and what would mend it for the time being.
#[derive(Debug)]
pub(super) struct Explained {
    pub(super) problem: Problem,
    /// None for a mistake of syntax: what follows it can't be told from its consequences.
    pub(super) patch: Option<Patch>,
}

/// An error of the parser, with all that is known about it.
pub(super) struct Parsing<'a> {
    pub(super) language: Language,
    pub(super) text: &'a str,
    pub(super) tree: &'a Tree<'a>,
    pub(super) steps: &'a [Step<'a>],
    pub(super) error: SpannedError,
}

/// A place, what is wrong with it, and how to mend it.
pub(super) type Told = (Range<usize>, String, String);

impl Parsing<'_> {
    pub(super) fn explain(&self) -> Explained {
        if let Some((place, message, help)) = self.overlong_text() {
            return Explained { problem: Problem::new(&[], Some(place), message, help), patch: None };
        }
        let (place, message, help) = match &self.error.code {
            Error::NoSuchStructField { expected, found, .. } => self.unknown_field(found, expected),
            Error::NoSuchEnumVariant { expected, found, .. } => self.unknown_variant(found, expected),
            Error::MissingStructField { field, .. } => self.missing(field),
            Error::DuplicateStructField { field, .. } => (
                self.span(),
                format!("`{field}` is given twice in {}", self.whole(field)),
                "take one of the two away".to_string(),
            ),
            Error::IntegerOutOfBounds
            | Error::ExpectedInteger
            | Error::ExpectedFloat
            | Error::InvalidIntegerDigit { .. } => self.number(),
            Error::ExpectedStructLikeEnd if self.is_in_a_number() => self.number(),
            Error::InvalidValueForType { expected, found } => {
                let help = self.example().unwrap_or("put the right kind of value here".to_string());
                (self.value(), format!("{found} is not {expected}"), help)
            }
            Error::ExpectedDifferentLength { expected, found } => {
                let wanted = expected.split(' ').find_map(|word| word.parse::<usize>().ok());
                let wanted = wanted.map_or(expected.clone(), |wanted| wanted.to_string());
                let message = format!("{wanted} values have to stand here, not {found}");
                let help = self.example().unwrap_or("write them in order, with commas between".to_string());
                (self.value(), message, help)
            }
            Error::Message(message) => {
                let (message, help) =
                    message.split_once("; ").unwrap_or((message, "a time looks like \"150ms\""));
                let other_way = self.other_way();
                (self.value(), message.to_string(), other_way.unwrap_or_else(|| help.to_string()))
            }
            _ => self.syntax(),
        };
        let mut steps = self.steps.to_vec();
        steps.extend(self.decimals().map(|(_, field, _)| Step::Field(field)));
        Explained { problem: Problem::new(&steps, Some(place), message, help), patch: self.mend() }
    }

    /// A text whose closing quote is missing: it ends at the opening quote of the next, and the parser stumbles there.
    fn overlong_text(&self) -> Option<Told> {
        let at = self.tree.overlong().filter(|at| *at < self.cursor().start)?;
        let line = self.text[at..].lines().next().unwrap_or_default().trim_end();
        let meant = line.trim_end_matches([',', ')', ']']);
        let end = self.text[at + 1..].find('"').map_or(self.text.len(), |end| at + 1 + end + 1);
        if self.text[at..end].contains('\n') {
            let message = "the closing quote of this text is missing".to_string();
            return Some((
                at..at + line.len(),
                message,
                format!("put one where it ends: {}\"", excerpt(meant)),
            ));
        }
        let message = "this text was hardly meant to end here".to_string();
        let help = "put its closing quote where it ends; a quote within a text is written `\\\"`".to_string();
        Some((at..end, message, help))
    }

    /// A field that does not exist here.
    fn unknown_field(&self, found: &str, expected: &[&str]) -> Told {
        let message = format!("unknown field `{}` in {}", excerpt(found), self.whole(found));
        let homes = homes(self.language, found);
        let help = match &homes[..] {
            _ if self.is_target(found) && expected.contains(&"isolate") => {
                format!("to cut these nodes off write `isolate: {}`", excerpt(found))
            }
            _ if self.is_target(found)
                && let Some(field) = whom(expected, self.steps) =>
            {
                format!("to name these nodes write `{field}: {}`", excerpt(found))
            }
            [] | [_, _, _, _, ..] => candidates(found, expected, self.steps),
            _ if !meant(found, expected, self.steps).is_empty() => candidates(found, expected, self.steps),
            _ => format!("`{found}` belongs {}", homes.join(", or ")),
        };
        (self.span(), message, help)
    }

    /// A variant that does not exist here.
    fn unknown_variant(&self, found: &str, expected: &[&str]) -> Told {
        if self.at_field()
            && let Some((section, entry)) = self.here().entry
        {
            let message = format!("the value of `{}` has no name", entry.name);
            return (self.span(), message, format!("write it alone: `{}`", written(section, entry)));
        }
        let what = with_variants(self.language, expected)
            .map_or("variant".to_string(), |section| in_words(section.name));
        let message = format!("unknown {what} `{}`", excerpt(found));
        (self.variant_name(found), message, candidates(found, expected, self.steps))
    }

    /// How a time of less than nothing is meant, where the other way has a field of its own.
    fn other_way(&self) -> Option<String> {
        let time = self.text.get(self.value())?.strip_prefix("\"-")?;
        let other = match self.steps.last()? {
            Step::Field("ahead") => "back",
            Step::Field("back") => "ahead",
            _ => return None,
        };
        Some(format!("the other way is `{other}: \"{}\"`", excerpt(time.trim_end_matches('"'))))
    }

    /// A field that is missing.
    fn missing(&self, field: &str) -> Told {
        let place = self.tree.head(self.steps).unwrap_or_else(|| self.cursor());
        let example = self.own_field(field).map_or("..", |entry| entry.example);
        (place, format!("`{field}` is missing in {}", self.whole("")), format!("add `{field}: {example}`"))
    }

    /// The field of this name where the steps lead to.
    pub(super) fn own_field(&self, field: &str) -> Option<&'static Entry> {
        let section = self.here().section?;
        section.entries.iter().find(|entry| entry.name == field)
    }

    /// Where the variant's name stands; the cursor may be past it.
    fn variant_name(&self, found: &str) -> Range<usize> {
        let span = self.span();
        if self.text.get(span.clone()) == Some(found) { span } else { self.value() }
    }

    /// How to write the field or variant that the steps lead to.
    pub(super) fn example(&self) -> Option<String> {
        let (section, entry) = self.here().entry?;
        Some(format!("write it like this: `{}`", written(section, entry)))
    }

    /// A number that does not fit, or something else where a number has to be.
    fn number(&self) -> Told {
        let place = self.value();
        let Some((section, entry)) = self.here().entry else {
            return (place, "a number has to stand here".to_string(), "write it in digits".to_string());
        };
        let found = self.text[place.clone()].lines().next().unwrap_or_default();
        let (message, help) = number(section, entry, found, &self.error.code);
        (place, message, help)
    }

    /// Whether the parser is stuck at the point of a number.
    fn is_in_a_number(&self) -> bool {
        let (before, after) = self.text.split_at(self.cursor().start);
        before.ends_with(|c: char| c.is_ascii_digit()) && after.starts_with('.')
    }

    /// A number with decimals where a whole one has to be, the parser being stuck at its point.
    pub(super) fn decimals(&self) -> Option<(Range<usize>, &str, &'static Entry)> {
        let at = self.cursor().start;
        if !matches!(self.error.code, Error::ExpectedComma) || !self.text[at..].starts_with('.') {
            return None;
        }
        let (value, field) = self.tree.value_around(at)?;
        Some((value, field, self.own_field(field)?))
    }

    /// Something of one kind where another has to be.
    pub(super) fn wrong_kind(&self, rest: &str) -> Told {
        let example = || self.example();
        let here = self.here();
        let form = here.entry.map_or("", |(_, entry)| entry.form);
        let (message, help) = match &self.error.code {
            Error::ExpectedArray if rest.starts_with('(') => (
                "a list has to stand here, and lists stand in `[` and `]`".to_string(),
                "put it into `[` and `]`".to_string(),
            ),
            Error::ExpectedArray => {
                ("a list has to stand here".to_string(), "put it into `[` and `]`".to_string())
            }
            Error::ExpectedMap => (
                "names in `{` and `}` have to stand here".to_string(),
                "write `{\"name\": value}`".to_string(),
            ),
            Error::ExpectedStructLike | Error::ExpectedNamedStructLike(_)
                if self.steps.is_empty() && rest.starts_with('{') =>
            {
                (
                    format!("a {} is written in `(` and `)`", self.language.name()),
                    "write `(format: 1, ..)`: fields in round brackets, their names without quotes"
                        .to_string(),
                )
            }
            Error::ExpectedStructLike | Error::ExpectedNamedStructLike(_) if rest.starts_with(['[', '{']) => {
                let what =
                    if rest.starts_with('[') { "`[` begins a list" } else { "`{` begins a map of names" };
                let message = format!("an opening `(` has to stand here; {what}");
                (message, "put the fields or values into `(` and `)`".to_string())
            }
            Error::ExpectedStructLike | Error::ExpectedNamedStructLike(_) => (
                "an opening `(` has to stand here".to_string(),
                "put the fields or values into `(` and `)`".to_string(),
            ),
            Error::ExpectedString if self.at_named_value() => {
                ("this value has no name".to_string(), "write it alone".to_string())
            }
            Error::ExpectedString if form.contains("time") || form == "Distribution" => (
                "a time has to stand here, with a unit and in quotes".to_string(),
                "a time looks like \"150ms\"".to_string(),
            ),
            Error::ExpectedString => {
                ("a text in quotes has to stand here".to_string(), "put it into `\"` and `\"`".to_string())
            }
            Error::ExpectedIdentifier | Error::SuggestRawIdentifier(_) => return self.no_name(here, rest),
            other => {
                let message = other.to_string();
                let message = message
                    .strip_prefix("Expected")
                    .map_or(message.clone(), |rest| format!("expected{rest}"));
                (message, "see the RON grammar: https://github.com/ron-rs/ron".to_string())
            }
        };
        (self.stop(), message, example().unwrap_or(help))
    }

    /// Something else where a word has to be: a field's name, or a variant.
    fn no_name(&self, here: Here, rest: &str) -> Told {
        let quoted = rest.starts_with('"');
        let (message, help) = match here.section {
            Some(section) if section.kind == Kind::Enum => {
                let digits: String = rest.chars().take_while(char::is_ascii_digit).take(4).collect();
                let help = match section.name {
                    "Distribution" if quoted => {
                        let time = rest[1..].split('"').next().unwrap_or_default();
                        format!("say how it is distributed: `Constant(\"{}\")`", excerpt(time))
                    }
                    "Target" if !digits.is_empty() => format!("a node is written `Node({digits})`"),
                    _ if quoted => {
                        let word = rest[1..].split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
                        let names: Vec<&str> = section.entries.iter().map(|entry| entry.name).collect();
                        let name = nearest(word, &names);
                        let entry = section.entries.iter().find(|entry| Some(entry.name) == name);
                        format!("write it without quotes: `{}`", entry.unwrap_or(&section.entries[0]).example)
                    }
                    _ => format!("write one such as `{}`", section.entries[0].example),
                };
                (format!("{} has to stand here", with_article(section.name)), help)
            }
            Some(section) if quoted && is_key(rest) => {
                let help = format!("write it without quotes: `{}`", written(section, &section.entries[0]));
                ("a field's name has to stand here".to_string(), help)
            }
            Some(_) if let Some(Step::Variant(variant)) = self.steps.last() => {
                let help = self.example().unwrap_or("write `name: value`".to_string());
                (format!("the values of `{variant}` are named"), help)
            }
            _ => ("a name has to stand here".to_string(), "a field is written `name: value`".to_string()),
        };
        (self.stop(), message, help)
    }

    /// Whether what the parser has just read is a field's name.
    pub(super) fn at_field(&self) -> bool {
        self.text[self.span().end..].trim_start().starts_with(':')
    }

    /// Whether the parser stopped at `name: ..`.
    fn at_named_value(&self) -> bool {
        let rest = &self.text[self.cursor().start..];
        let after = rest.trim_start_matches(|c: char| c.is_alphanumeric() || c == '_');
        after.len() < rest.len() && after.trim_start().starts_with(':')
    }

    /// The struct or variant that the steps lead to, for people; without its `field`, if they lead on to that.
    fn whole(&self, field: &str) -> String {
        let steps = match self.steps {
            [whole @ .., Step::Field(last)] if *last == field => whole,
            steps => steps,
        };
        let path = display(steps);
        match steps.last() {
            None => format!("the {}", self.language.name()),
            Some(Step::Variant(name)) => format!("the `{name}` of `{path}`"),
            Some(_) => format!("`{path}`"),
        }
    }

    /// What the vocabulary says of the place that the steps lead to.
    pub(super) fn here(&self) -> Here {
        Here::at(self.language, self.steps)
    }

    /// Whether a word is a target.
    fn is_target(&self, word: &str) -> bool {
        let section = self.language.section("Target");
        section.is_some_and(|section| section.entries.iter().any(|entry| entry.name == word))
    }

    /// The value that the steps lead to, or where the parser was.
    pub(super) fn value(&self) -> Range<usize> {
        self.tree.value(self.steps).unwrap_or_else(|| self.span())
    }

    /// What the parser had just read.
    pub(super) fn span(&self) -> Range<usize> {
        let start = offset(self.text, &self.error.span.start);
        let end = offset(self.text, &self.error.span.end);
        if start < end { start..end } else { self.cursor() }
    }

    /// What the parser stopped at: the value, if it had not even begun with it, else a character.
    pub(super) fn stop(&self) -> Range<usize> {
        let cursor = self.cursor();
        self.tree.value(self.steps).filter(|value| value.start == cursor.start).unwrap_or(cursor)
    }

    /// The character that the parser stopped at.
    pub(super) fn cursor(&self) -> Range<usize> {
        let at = offset(self.text, &self.error.span.end);
        at..at + self.text[at..].chars().next().map_or(0, char::len_utf8)
    }
}

/// Whether a text begins with a word in quotes and a colon, as fields of JSON do.
fn is_key(text: &str) -> bool {
    let after = text[1..].split_once('"').map_or("", |(_, after)| after);
    after.trim_start().starts_with(':')
}

/// A name of the vocabulary in a sentence.
fn with_article(name: &str) -> String {
    let article = if name.starts_with(['A', 'E', 'I', 'O']) { "an" } else { "a" };
    format!("{article} {}", in_words(name))
}

/// What is wrong with a number, and how to mend it.
pub(super) fn number(section: &Section, entry: &Entry, found: &str, code: &Error) -> (String, String) {
    let is_whole = section.kind == Kind::Enum
        || matches!(
            entry.form,
            "whole number" | "node number" | "(whole number, whole number)" | "list of whole numbers"
        );
    let bounds = match entry.range {
        Values::Whole(least, most) => Some((least, most)),
        _ if is_whole => bounds::of(entry.name).map(|bounds| (bounds.least, bounds.most)),
        _ => None,
    };
    let which = match (bounds, range(entry)) {
        (Some((least, u64::MAX)), _) => format!(", at least {least}"),
        (Some((least, most)), _) => format!(" from {least} to {most}"),
        (None, Some(words)) if words.starts_with(|c: char| c.is_ascii_digit()) => format!(" from {words}"),
        (None, Some(words)) if !is_whole => format!(" {words}"),
        _ => String::new(),
    };
    let kind = if is_whole { "a whole number" } else { "a number" };
    // Of a variant what it holds.
    let found = match section.kind {
        Kind::Enum => found.split_once('(').map_or(found, |(_, inner)| inner.trim_end_matches(')')),
        Kind::Struct => found,
    };
    let not = if found.is_empty() { String::new() } else { format!(", not {}", excerpt(found)) };
    let message = format!("`{}` has to be {kind}{which}{not}", entry.name);
    let percent = found.trim_matches('"').strip_suffix('%').and_then(|percent| percent.trim().parse().ok());
    let help = match (code, bounds) {
        _ if let Some(percent) = percent => bounds::of_percent(percent),
        (Error::IntegerOutOfBounds, Some((least, _))) if found.starts_with('-') => {
            format!("the least that fits is {least}")
        }
        (Error::IntegerOutOfBounds, Some((_, most))) => format!("the greatest that fits is {most}"),
        _ if found.starts_with(['-', '+']) || found.starts_with(|c: char| c.is_ascii_digit()) => {
            format!("write it like this: `{}`", written(section, entry))
        }
        _ => format!("write it in digits, without quotes: `{}`", written(section, entry)),
    };
    (message, help)
}

/// The byte that this line and column stand for.
fn offset(text: &str, position: &Position) -> usize {
    let mut start = 0;
    for _ in 1..position.line {
        start += text[start..].find('\n').map_or(text.len() - start, |at| at + 1);
    }
    let columns = text[start..].char_indices().nth(position.col.saturating_sub(1));
    columns.map_or(text.len(), |(at, _)| start + at)
}
