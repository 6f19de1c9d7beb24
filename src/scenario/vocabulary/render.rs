//! The table as text for a terminal, and as Markdown for the guide.

use super::entry::{Default, Entry, Kind, Range, Section};
use super::vocabulary;

/// The narrowest text that is laid out; in less nobody could read it.
const NARROWEST: usize = 40;

/// The whole vocabulary as plain text whose lines have at most `width` characters, where words allow it; of a width
/// below 40 as for 40.
pub fn text(width: usize) -> String {
    let width = width.max(NARROWEST);
    let mut lines = Vec::new();
    for section in vocabulary() {
        if !lines.is_empty() {
            lines.push(String::new());
        }
        wrap(&title(section, ""), 0, width, &mut lines);
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

/// A section's name, kind and places, with something around the names.
fn title(section: &Section, mark: &str) -> String {
    let places: Vec<String> = section
        .places
        .iter()
        .filter(|place| !place.is_empty() && **place != section.name)
        .map(|place| format!("{mark}{place}{mark}"))
        .collect();
    let kind = match section.kind {
        Kind::Struct => "fields",
        Kind::Enum => "one of",
    };
    let at = if places.is_empty() { String::new() } else { format!(" at {}", places.join(" and ")) };
    format!("{mark}{}{mark}{at}: {kind}", section.name)
}

/// The first line about an entry.
fn head(section: &Section, entry: &Entry) -> String {
    let mut head = match section.kind {
        Kind::Struct => format!("{}: {}", entry.name, entry.form),
        Kind::Enum => entry.form.to_string(),
    };
    match entry.default {
        Default::Required => head.push_str(", required"),
        Default::Value(value) => head.push_str(&format!(", else {value}")),
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
        Range::Any => None,
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

/// The whole vocabulary as Markdown: a heading and a table for each section.
pub fn markdown() -> String {
    vocabulary().map(section_as_markdown).collect::<Vec<_>>().join("\n")
}

fn section_as_markdown(section: &Section) -> String {
    let mut text = format!("### {}\n\n{}\n\n", title(section, "`"), section.about);
    let rows: Vec<Vec<String>> = section
        .entries
        .iter()
        .map(|entry| match section.kind {
            Kind::Struct => vec![
                format!("`{}`", entry.name),
                entry.form.to_string(),
                match entry.default {
                    Default::Required => "required".to_string(),
                    Default::Value(value) if value.contains([' ', '(', '"', '[']) || value.len() < 12 => {
                        format!("`{value}`")
                    }
                    Default::Value(value) => value.to_string(),
                    Default::Absent => String::new(),
                },
                meaning(entry),
                format!("`{}`", entry.example),
            ],
            Kind::Enum if section.entries.iter().all(|entry| entry.form == entry.name) => {
                vec![format!("`{}`", entry.name), meaning(entry)]
            }
            Kind::Enum => vec![format!("`{}`", entry.form), meaning(entry), format!("`{}`", entry.example)],
        })
        .collect();
    let heads: &[&str] = match rows.first().map_or(0, Vec::len) {
        5 => &["field", "value", "default", "meaning", "example"],
        3 => &["variant", "meaning", "example"],
        _ => &["variant", "meaning"],
    };
    text.push_str(&format!("| {} |\n|{}\n", heads.join(" | "), "---|".repeat(heads.len())));
    for row in rows {
        text.push_str(&format!("| {} |\n", row.join(" | ")));
    }
    text
}

fn meaning(entry: &Entry) -> String {
    match range(entry) {
        Some(range) => format!("{} ({range})", entry.about),
        None => entry.about.to_string(),
    }
}
