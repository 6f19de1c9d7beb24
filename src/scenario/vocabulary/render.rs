//! The table as text for a terminal, and as Markdown for the guide.

use super::Language;
use super::entry::{Default, Entry, Kind, Range, Section};

/// The narrowest text that is laid out; in less nobody could read it.
const NARROWEST: usize = 40;

/// The vocabulary of a language as plain text whose lines have at most `width` characters, where words allow it; of a width
/// below 40 as for 40.
pub fn text(language: Language, width: usize) -> String {
    let width = width.max(NARROWEST);
    let mut lines = Vec::new();
    for section in language.own_sections() {
        if !lines.is_empty() {
            lines.push(String::new());
        }
        wrap(&title(section), 0, width, &mut lines);
        wrap(section.about, 2, width, &mut lines);
        for entry in section.entries {
            wrap(&head(section, entry), 2, width, &mut lines);
            wrap(entry.about, 6, width, &mut lines);
            if entry.example != entry.name {
                wrap(&format!("example: {}", written(section, entry)), 6, width, &mut lines);
            }
        }
    }
    lines.join("\n") + "\n"
}

/// A section's name, places and kind.
fn title(section: &Section) -> String {
    let elsewhere = |place: &&&str| !place.is_empty() && **place != section.name;
    let places: Vec<&str> = section.places.iter().filter(elsewhere).copied().collect();
    let at = if places.is_empty() { String::new() } else { format!(" at {}", places.join(" and ")) };
    let kind = match section.kind {
        Kind::Struct => "fields",
        Kind::Enum => "one of",
    };
    format!("{}{at}: {kind}", section.name)
}

/// The first line about an entry.
fn head(section: &Section, entry: &Entry) -> String {
    let mut head = match section.kind {
        Kind::Struct => format!("{}: {}", entry.name, entry.form),
        Kind::Enum => entry.form.to_string(),
    };
    match entry.default {
        Default::Required => head.push_str(", required"),
        Default::Value(value) | Default::Words(value) => head.push_str(&format!(", else {value}")),
        Default::Absent => {}
    }
    if let Some(range) = range(entry) {
        head.push_str(&format!("; {range}"));
    }
    head
}

/// Which values an entry may have, in words.
pub(in crate::scenario) fn range(entry: &Entry) -> Option<String> {
    match entry.range {
        Range::Any | Range::Whole(0, u64::MAX) => None,
        Range::Whole(least, u64::MAX) => Some(format!("at least {least}")),
        Range::Whole(least, most) if least == most => Some(format!("only {least}")),
        Range::Whole(least, most) => Some(format!("{least} to {most}")),
        Range::Words(words) => Some(words.to_string()),
    }
}

/// An entry's example as it stands in a scenario: a field with its name.
pub(in crate::scenario) fn written(section: &Section, entry: &Entry) -> String {
    match section.kind {
        Kind::Struct => format!("{}: {}", entry.name, entry.example),
        Kind::Enum => entry.example.to_string(),
    }
}

/// Adds a text, broken between words and indented.
fn wrap(text: &str, indent: usize, width: usize, lines: &mut Vec<String>) {
    let mut line = " ".repeat(indent);
    for word in text.split(' ') {
        let is_first = line.trim().is_empty();
        if !is_first && line.chars().count() + 1 + word.chars().count() > width {
            lines.push(std::mem::replace(&mut line, " ".repeat(indent + 2)));
        } else if !is_first {
            line.push(' ');
        }
        line.push_str(word);
    }
    lines.push(line);
}

/// The vocabulary of a language as Markdown: a heading and a table for each section.
pub fn markdown(language: Language) -> String {
    let sections = language.own_sections().map(|section| section_as_markdown(section, language));
    sections.collect::<Vec<_>>().join("\n")
}

fn section_as_markdown(section: &Section, language: Language) -> String {
    let places: Vec<String> =
        section.places.iter().filter(|place| !place.is_empty()).map(|place| format!("`{place}`")).collect();
    let at = if places.is_empty() { String::new() } else { format!(" Stands at {}.", places.join(" and ")) };
    let heads: &[&str] = match section.kind {
        Kind::Struct => &["field", "value", "default", "meaning", "example"],
        Kind::Enum if is_plain(section) => &["variant", "meaning"],
        Kind::Enum => &["variant", "meaning", "example"],
    };
    let mut text = format!("### `{}`\n\n{}{at}\n\n", section.name, section.about);
    text.push_str(&format!("| {} |\n|{}\n", heads.join(" | "), "---|".repeat(heads.len())));
    for entry in section.entries {
        text.push_str(&format!("| {} |\n", row(section, entry, language).join(" | ")));
    }
    text
}

/// Whether no variant of an enum holds anything.
fn is_plain(section: &Section) -> bool {
    section.entries.iter().all(|entry| entry.form == entry.name)
}

fn row(section: &Section, entry: &Entry, language: Language) -> Vec<String> {
    let meaning = match range(entry) {
        Some(range) => format!("{} ({range})", entry.about),
        None => entry.about.to_string(),
    };
    let default = match entry.default {
        Default::Required => "required".to_string(),
        Default::Value(value) => format!("`{value}`"),
        Default::Words(words) => words.to_string(),
        Default::Absent => String::new(),
    };
    let example = format!("`{}`", entry.example);
    match section.kind {
        Kind::Struct => {
            vec![format!("`{}`", entry.name), linked(entry.form, language), default, meaning, example]
        }
        Kind::Enum if is_plain(section) => vec![format!("`{}`", entry.name), meaning],
        Kind::Enum => vec![format!("`{}`", entry.form), meaning, example],
    }
}

/// A form in which the names of enums lead to their tables. Those of profiles are in the guide to scenarios.
fn linked(form: &str, language: Language) -> String {
    let page = if language == Language::Profile { "scenarios.md" } else { "" };
    let word = |word: &str| match language.section(word).filter(|section| section.kind == Kind::Enum) {
        Some(section) => format!("[{word}]({page}#{})", section.name.to_lowercase()),
        None => word.to_string(),
    };
    form.split(' ').map(word).collect::<Vec<_>>().join(" ")
}
