//! Explains mistakes of syntax: text that is no RON, brackets that don't match, commas that are missing.

use super::bounds;
use super::explain::{Parsing, Told, number};
use super::locate::Tree;
use super::problem::excerpt;
use ron::error::Error;

impl Parsing<'_> {
    /// Text that is no RON at all, or not of the kind that has to stand here.
    pub(super) fn syntax(&self) -> Told {
        if let Some(told) = self.foreign().filter(|_| self.steps.is_empty()) {
            return told;
        }
        let rest = &self.text[self.cursor().start..];
        let told = |message: &str, help: &str| (self.stop(), message.to_string(), help.to_string());
        if let Some(open) = self.tree.unclosed().filter(|_| rest.trim().is_empty()) {
            let (message, help) = match self.text.as_bytes()[open] {
                b'/' => ("this comment never ends", "put a `*/` where it ends"),
                b'[' => ("this bracket is never closed", "put a `]` where it ends"),
                b'{' => ("this bracket is never closed", "put a `}` where it ends"),
                _ => ("this bracket is never closed", "put a `)` where it ends"),
            };
            return (open..open + 1, message.to_string(), help.to_string());
        }
        let before = self.cursor().start.saturating_sub(1);
        if rest.starts_with('#') || self.text.get(..=before).is_some_and(|head| head.trim() == "#") {
            let at = if rest.starts_with('#') { self.cursor().start } else { before };
            return (at..at + 1, "`#` begins no comment".to_string(), "comments begin with `//`".to_string());
        }
        match &self.error.code {
            Error::Eof => told("the text ends too early", "finish what has begun here"),
            Error::TrailingCharacters => {
                told(&format!("text after the end of the {}", self.language.name()), "take it away")
            }
            Error::ExpectedComma => self.no_comma(rest),
            Error::ExpectedArrayEnd => told("the list has to end here", "put a `]` before it"),
            Error::ExpectedStructLikeEnd => {
                told("nothing more belongs here", "close the bracket with `)` before it")
            }
            Error::ExpectedMapColon => {
                let is_map = self.here().entry.is_some_and(|(_, entry)| entry.form.starts_with("map"));
                let help = self.example().filter(|_| is_map);
                told("a `:` has to stand here", help.as_deref().unwrap_or("a field is written `name: value`"))
            }
            Error::ExpectedDifferentStructName { .. } if self.steps.is_empty() && self.at_field() => {
                let help = "put a `(` before it and a `)` at the end of the file";
                (self.span(), format!("a {} stands in `(` and `)`", self.language.name()), help.into())
            }
            Error::ExpectedStringEnd => {
                (self.span(), "the text in quotes never ends".into(), "put a closing `\"` after it".into())
            }
            Error::ExceededRecursionLimit => told("brackets are nested too deep", "no file needs this"),
            Error::ExpectedDifferentStructName { expected, .. } => {
                let help = format!("leave the name out, or write `{expected}`");
                (self.span(), "another name has to stand here".into(), help)
            }
            _ => self.wrong_kind(rest),
        }
    }

    /// Something stands where a comma or a bracket has to.
    fn no_comma(&self, rest: &str) -> Told {
        let told = |message: &str, help: &str| (self.stop(), message.to_string(), help.to_string());
        if let Some((value, _, entry)) = self.decimals() {
            let section = self.here().section;
            let found = &self.text[value.clone()];
            if let Some(section) = section {
                let (message, help) = number(section, entry, found, &Error::ExpectedInteger);
                return (value, message, help);
            }
        }
        match rest.chars().next() {
            Some(bracket @ (')' | ']' | '}')) => self.no_match(bracket),
            Some('%') => self.percent(),
            Some(';') => told("a comma has to stand here", "fields are separated by `,`"),
            Some('=') => {
                told("a comma or a closing bracket has to stand here", "a field is written `name: value`")
            }
            _ => {
                let name = rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default();
                if !name.is_empty() && rest[name.len()..].trim_start().starts_with(':') {
                    let message = format!("a comma is missing before `{}`", excerpt(name));
                    return (self.stop(), message, "fields are separated by `,`".to_string());
                }
                told("a comma or a closing bracket has to stand here", "put a `,` before it")
            }
        }
    }

    /// A percent sign after a number.
    fn percent(&self) -> Told {
        let at = self.cursor().start;
        let number =
            self.text[..at].rsplit(|c: char| !c.is_ascii_digit() && c != '.').next().unwrap_or_default();
        let place = at - number.len()..at + 1;
        let help = number.parse().map_or("a rate is a number from 0 to 1".to_string(), bounds::of_percent);
        (place, "there are no percent signs: a rate is a number from 0 to 1".to_string(), help)
    }

    /// A closing bracket that is not the one of the bracket that is open.
    fn no_match(&self, found: char) -> Told {
        let at = self.cursor().start;
        let help = match Tree::new(&self.text[..at]).unclosed() {
            Some(open) => {
                let closing = match self.text.as_bytes()[open] {
                    b'[' => ']',
                    b'{' => '}',
                    _ => ')',
                };
                let (opening, line) = (&self.text[open..=open], 1 + self.text[..open].matches('\n').count());
                format!(
                    "the innermost open one is the `{opening}` of line {line}: put a `{closing}` here, or take this away"
                )
            }
            None => "take it away".to_string(),
        };
        (self.cursor(), format!("`{found}` closes no bracket that is open here"), help)
    }
}
