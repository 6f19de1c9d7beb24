//! What the vocabulary says of a place in a scenario.

use super::path::Step;
use super::vocabulary::{Entry, Kind, Language, Section};

/// A place, as the vocabulary knows it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Here {
    /// The struct whose fields, or the enum whose variants, stand here; none inside plain values.
    pub(super) section: Option<&'static Section>,
    /// The innermost field or variant around, and where it belongs.
    pub(super) entry: Option<(&'static Section, &'static Entry)>,
}

impl Here {
    /// Follows the steps from the file as a whole.
    pub(super) fn at(language: Language, steps: &[Step<'_>]) -> Self {
        let mut here = Self { section: language.section(language.name()), entry: None };
        for step in steps {
            let (Step::Field(name) | Step::Variant(name)) = step else { continue };
            let Some(around) = here.section else { continue };
            let wanted = if matches!(step, Step::Field(_)) { Kind::Struct } else { Kind::Enum };
            if around.kind != wanted {
                continue; // The key of a map.
            }
            let Some(entry) = around.entries.iter().find(|entry| entry.name == *name) else {
                here.section = None;
                continue;
            };
            here = Self { section: inside(language, entry), entry: Some((around, entry)) };
        }
        here
    }
}

/// The section of what a field holds, or a variant.
fn inside(language: Language, entry: &Entry) -> Option<&'static Section> {
    let section = |name: &str| language.section(name);
    if let "Duplicate" | "Misdirect" | "Replay" = entry.name {
        return section("Lose");
    }
    if entry.name == "Step" {
        return section("Skew");
    }
    if entry.name == "Clog" {
        return section("Partition");
    }
    let words = entry.form.split(|c: char| !c.is_alphabetic());
    let named =
        words.filter(|word| *word != entry.name && word.starts_with(char::is_uppercase)).find_map(section);
    let own = || section(entry.name).filter(|section| section.kind == Kind::Struct);
    match entry.form {
        "link" | "chance" => section(entry.form),
        "text" | "time" | "rate" | "number" | "whole number" | "node number" | "(time, time)" => None,
        _ => named.or_else(own),
    }
}

/// The enum that has just these variants.
pub(super) fn with_variants(language: Language, names: &[&str]) -> Option<&'static Section> {
    let same = |section: &&Section| {
        section.kind == Kind::Enum
            && section.entries.len() == names.len()
            && section.entries.iter().all(|entry| names.contains(&entry.name))
    };
    language.sections().find(same)
}

/// The name of an enum in a sentence: in small letters, its words apart.
pub(super) fn in_words(name: &str) -> String {
    let mut words = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !words.is_empty() {
            words.push('_');
        }
        words.extend(letter.to_lowercase());
    }
    words
}

/// Where a field of this name belongs, for people.
pub(super) fn homes(language: Language, field: &str) -> Vec<String> {
    let has = |section: &&Section| {
        section.kind == Kind::Struct && section.entries.iter().any(|entry| entry.name == field)
    };
    let home = |section: &Section| match section.places {
        [] => vec![format!("in `{}(..)`", section.name)],
        places => places.iter().map(|place| format!("in `{place}`")).collect(),
    };
    let homes = language.sections().filter(has).flat_map(home);
    homes
        .map(|home| if home == "in ``" { "at the top, beside `cluster`".to_string() } else { home })
        .collect()
}
