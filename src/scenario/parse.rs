//! The first pass: from text to shapes. Explains the parser's errors in the words of a scenario.

use super::bounds;
use super::locate::Tree;
use super::nearest::nearest;
use super::path::{Step, display};
use super::problem::Problem;
use super::shape::Scenario;
use ron::error::{Error, Position, SpannedError};
use ron::extensions::Extensions;
use serde_path_to_error::Segment;
use std::ops::Range;

/// The format that this version reads and writes.
pub(super) const FORMAT: &str = "1";

/// Reads the shapes of a text, of which this is the tree.
pub(super) fn parse(text: &str, tree: &Tree<'_>) -> Result<Scenario, Vec<Problem>> {
    if let Some(problem) = other_format(text, tree) {
        return Err(vec![problem]);
    }
    let explain =
        |steps: &[Step<'_>], error: SpannedError| vec![Parsing { text, tree, steps, error }.explain()];
    let extensions =
        Extensions::IMPLICIT_SOME | Extensions::UNWRAP_NEWTYPES | Extensions::UNWRAP_VARIANT_NEWTYPES;
    let options = ron::Options::default().with_default_extension(extensions);
    let mut deserializer =
        ron::Deserializer::from_str_with_options(text, &options).map_err(|error| explain(&[], error))?;
    let scenario = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let path = error.path().clone();
        let steps: Vec<Step<'_>> = path.iter().filter_map(step).collect();
        explain(&steps, deserializer.span_error(error.into_inner()))
    })?;
    deserializer.end().map_err(|error| explain(&[], deserializer.span_error(error)))?;
    Ok(scenario)
}

fn step(segment: &Segment) -> Option<Step<'_>> {
    match segment {
        Segment::Seq { index } => Some(Step::Item(*index)),
        Segment::Map { key } => Some(Step::Field(key)),
        Segment::Enum { variant } => Some(Step::Variant(variant)),
        Segment::Unknown => None,
    }
}

/// Refuses other formats before anything else: whatever else seems wrong with one may be right in its format.
fn other_format(text: &str, tree: &Tree<'_>) -> Option<Problem> {
    let format = [Step::Field("format")];
    let place = tree.value(&format).filter(|place| &text[place.clone()] != FORMAT)?;
    let message = "this format is unknown".to_string();
    Some(Problem::new(
        &format,
        Some(place),
        message,
        format!("this version of Squall reads `format: {FORMAT}`"),
    ))
}

/// An error of the parser, with all that is known about it.
struct Parsing<'a> {
    text: &'a str,
    tree: &'a Tree<'a>,
    steps: &'a [Step<'a>],
    error: SpannedError,
}

impl Parsing<'_> {
    fn explain(&self) -> Problem {
        let (place, message, help) = match &self.error.code {
            Error::NoSuchStructField { expected, found, .. } => self.unknown("field", found, expected),
            Error::NoSuchEnumVariant { expected, found, .. } => self.unknown("variant", found, expected),
            Error::MissingStructField { field, .. } => (
                self.tree.head(self.steps).unwrap_or_else(|| self.cursor()),
                format!("`{field}` is missing in {}", self.whole("")),
                format!("add `{field}: ..`"),
            ),
            Error::DuplicateStructField { field, .. } => (
                self.span(),
                format!("`{field}` is given twice in {}", self.whole(field)),
                "take one of the two away".to_string(),
            ),
            Error::IntegerOutOfBounds
            | Error::ExpectedInteger
            | Error::ExpectedFloat
            | Error::InvalidIntegerDigit { .. } => self.number(),
            Error::InvalidValueForType { expected, found } => (
                self.value(),
                format!("{found} is not {expected}"),
                "put the right kind of value here".to_string(),
            ),
            Error::ExpectedDifferentLength { expected, found } => {
                let wanted = expected.split(' ').find_map(|word| word.parse::<usize>().ok());
                let wanted = wanted.map_or(expected.clone(), |wanted| wanted.to_string());
                let message = format!("{wanted} values have to stand here, not {found}");
                (self.value(), message, "write them one after the other, with commas between".to_string())
            }
            Error::Message(message) => {
                let (message, help) =
                    message.split_once("; ").unwrap_or((message, "a time looks like \"150ms\""));
                (self.value(), message.to_string(), help.to_string())
            }
            _ => self.syntax(),
        };
        Problem::new(self.steps, Some(place), message, help)
    }

    /// A name that does not exist here.
    fn unknown(&self, kind: &str, found: &str, expected: &[&str]) -> (Range<usize>, String, String) {
        let place = if kind == "field" { self.span() } else { self.variant_name(found) };
        let mut shown: String = found.chars().take(40).collect();
        if shown.len() < found.len() {
            shown.push_str("..");
        }
        let place_name = if kind == "field" { format!(" in {}", self.whole(found)) } else { String::new() };
        let message = format!("unknown {kind} `{shown}`{place_name}");
        let all = format!("`{}`", expected.join("`, `"));
        let help = match nearest(found, expected) {
            Some(name) if expected.len() > 1 => format!("did you mean `{name}`? There are {all}"),
            _ if expected.len() == 1 => format!("the only one is {all}"),
            _ => format!("there are {all}"),
        };
        (place, message, help)
    }

    /// Where the variant's name stands; the cursor may be past it.
    fn variant_name(&self, found: &str) -> Range<usize> {
        let span = self.span();
        if self.text.get(span.clone()) == Some(found) { span } else { self.value() }
    }

    /// A number that does not fit, or something else where a number has to be.
    fn number(&self) -> (Range<usize>, String, String) {
        let name = self.steps.iter().rev().find_map(|step| match step {
            Step::Field(name) | Step::Variant(name) => Some(*name),
            Step::Item(_) | Step::Entry(..) => None,
        });
        let name = name.unwrap_or("this");
        let place = self.value();
        if let Some(bounds) = bounds::of(name) {
            let message =
                format!("`{name}` has to be a whole number from {} to {}", bounds.least, bounds.most);
            let help = match self.error.code {
                Error::IntegerOutOfBounds if self.text[place.start..].starts_with('-') => {
                    format!("the least that fits is {}", bounds.least)
                }
                Error::IntegerOutOfBounds => format!("the greatest that fits is {}", bounds.most),
                _ => "write it in digits, without quotes".to_string(),
            };
            return (place, message, help);
        }
        (
            place,
            format!("`{name}` has to be a number"),
            "write it in digits, without quotes: `0.01`".to_string(),
        )
    }

    /// Text that is no RON at all, or not of the kind that has to stand here.
    fn syntax(&self) -> (Range<usize>, String, String) {
        let at_end = self.text[self.cursor().start..].trim().is_empty();
        if let Some(open) = self.tree.unclosed().filter(|_| at_end) {
            let (message, help) = match self.text.as_bytes()[open] {
                b'/' => ("this comment never ends", "put a `*/` where it ends"),
                b'[' => ("this bracket is never closed", "put a `]` where it ends"),
                b'{' => ("this bracket is never closed", "put a `}` where it ends"),
                _ => ("this bracket is never closed", "put a `)` where it ends"),
            };
            return (open..open + 1, message.to_string(), help.to_string());
        }
        let (message, help) = match &self.error.code {
            Error::Eof => ("the text ends too early", "finish what has begun here"),
            Error::TrailingCharacters => ("text after the end of the scenario", "take it away"),
            Error::ExpectedComma if self.text[self.cursor().start..].starts_with('.') => {
                ("a whole number has to stand here", "take the decimals away")
            }
            Error::ExpectedComma => ("a comma or a closing bracket has to stand here", "put a `,` before it"),
            Error::ExpectedArray => ("a list has to stand here", "put it into `[` and `]`"),
            Error::ExpectedArrayEnd => ("the list has to end here", "put a `]` before it"),
            Error::ExpectedStructLike | Error::ExpectedNamedStructLike(_) => {
                ("an opening `(` has to stand here", "put the fields or values into `(` and `)`")
            }
            Error::ExpectedStructLikeEnd => {
                ("nothing more belongs here", "close the bracket with `)` before it")
            }
            Error::ExpectedMapColon => ("a `:` has to stand here", "a field is written `name: value`"),
            Error::ExpectedString
                if self.text[self.cursor().start..].starts_with(|c: char| c.is_ascii_digit()) =>
            {
                ("a text in quotes has to stand here", "a time has a unit and stands in quotes: \"150ms\"")
            }
            Error::ExpectedString if self.at_named_value() => {
                ("this value has no name", "write it alone, or in order: Uniform(\"1ms\", \"5ms\")")
            }
            Error::ExpectedString => ("a text in quotes has to stand here", "put it into `\"` and `\"`"),
            Error::ExpectedIdentifier | Error::SuggestRawIdentifier(_) => {
                ("a name has to stand here", self.help_for_a_name())
            }
            Error::ExpectedStringEnd => {
                return (
                    self.span(),
                    "the text in quotes never ends".into(),
                    "put a closing `\"` after it".into(),
                );
            }
            Error::ExceededRecursionLimit => ("brackets are nested too deep", "no scenario needs this"),
            Error::ExpectedDifferentStructName { expected, .. } => {
                let help = format!("leave the name out, or write `{expected}`");
                return (self.span(), "another name has to stand here".into(), help);
            }
            other => {
                let message = other.to_string();
                let message = message
                    .strip_prefix("Expected")
                    .map_or(message.clone(), |rest| format!("expected{rest}"));
                return (self.stop(), message, "see the RON grammar: https://github.com/ron-rs/ron".into());
            }
        };
        (self.stop(), message.to_string(), help.to_string())
    }

    /// What may have been meant where a name is missing.
    fn help_for_a_name(&self) -> &'static str {
        let at_digit = self.text[self.cursor().start..].starts_with(|c: char| c.is_ascii_digit());
        match self.steps.last() {
            _ if at_digit && self.steps.contains(&Step::Field("do")) => "a node is written `Node(1)`",
            Some(Step::Variant("OpenLoop" | "ClosedLoop" | "Exponential")) => {
                "its values are named: `name: value`"
            }
            _ => "a name is a word without quotes",
        }
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
            None => "the scenario".to_string(),
            Some(Step::Variant(name)) => format!("the `{name}` of `{path}`"),
            Some(_) => format!("`{path}`"),
        }
    }

    /// The value that the steps lead to, or where the parser was.
    fn value(&self) -> Range<usize> {
        self.tree.value(self.steps).unwrap_or_else(|| self.span())
    }

    /// What the parser had just read.
    fn span(&self) -> Range<usize> {
        let start = offset(self.text, &self.error.span.start);
        let end = offset(self.text, &self.error.span.end);
        if start < end { start..end } else { self.cursor() }
    }

    /// What the parser stopped at: the value, if it had not even begun with it, else a character.
    fn stop(&self) -> Range<usize> {
        let cursor = self.cursor();
        self.tree.value(self.steps).filter(|value| value.start == cursor.start).unwrap_or(cursor)
    }

    /// The character that the parser stopped at.
    fn cursor(&self) -> Range<usize> {
        let at = offset(self.text, &self.error.span.end);
        at..at + self.text[at..].chars().next().map_or(0, char::len_utf8)
    }
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
