//! The table says what the parser accepts, no more and no less.

use super::*;
use crate::plan;
use crate::scenario::locate::Tree;
use crate::scenario::parse::{options, parse};
use crate::scenario::shape::Scenario;
use ron::error::Error;
use std::collections::BTreeSet;

/// A scenario in which this stands where the section stands.
fn framed(section: &Section, part: &str) -> String {
    let inner = section.frame.replace('@', part);
    let cluster = if section.frame.starts_with("cluster") { "" } else { "cluster: (voters: 5), " };
    match section.frame {
        "@" => format!("({part})"),
        _ => format!("(format: 1, name: \"x\", duration: \"60s\", {cluster}{inner})"),
    }
}

/// The names that the parser says it knows where this section stands.
fn accepted(section: &Section) -> Vec<&'static str> {
    let unknown = match section.kind {
        Kind::Struct => "zzz: 1",
        Kind::Enum => "Zzz",
    };
    let text = framed(section, unknown);
    let error = options().from_str::<Scenario>(&text).expect_err("nothing of this name");
    match error.code {
        Error::NoSuchStructField { expected, .. } | Error::NoSuchEnumVariant { expected, .. } => {
            expected.to_vec()
        }
        other => panic!("{}: {other} in {text}", section.name),
    }
}

#[test]
fn the_table_has_what_the_parser_accepts() {
    for section in vocabulary() {
        let listed: BTreeSet<&str> = section.entries.iter().map(|entry| entry.name).collect();
        assert_eq!(listed.len(), section.entries.len(), "{}: an entry twice", section.name);
        assert_eq!(listed, accepted(section).into_iter().collect(), "{}", section.name);
    }
}

/// Each struct and enum of the shapes, and each variant with fields, is a section.
#[test]
fn the_table_has_every_shape() {
    let sources = [
        include_str!("../shape/mod.rs"),
        include_str!("../shape/faults.rs"),
        include_str!("../shape/expectations.rs"),
    ];
    let lines = || sources.iter().flat_map(|source| source.lines());
    let types = lines()
        .filter(|line| line.contains("struct ") || line.contains("enum "))
        .filter(|line| line.ends_with('{'));
    let is_variant = |line: &str| {
        let name = line.strip_prefix("    ").unwrap_or_default();
        let ends = name.ends_with('{') || name.ends_with("},");
        name.starts_with(char::is_uppercase) && name.contains(" {") && ends && !name.starts_with("Self")
    };
    let found = types.count() + lines().filter(|line| is_variant(line)).count();
    assert_eq!(vocabulary().count(), found);
}

#[test]
fn every_example_parses_and_every_required_field_is_missed() {
    for section in vocabulary() {
        for entry in section.entries {
            let others = section.entries.iter().filter(|other| {
                section.kind == Kind::Struct && other.default == Default::Required && other.name != entry.name
            });
            let others: Vec<String> =
                others.map(|other| format!("{}: {}", other.name, other.example)).collect();
            let parts = [others.clone(), vec![render::written(section, entry)]].concat();
            let text = framed(section, &parts.join(", "));
            if let Err(problems) = parse(&text, &Tree::new(&text)) {
                panic!("{text}: {}", problems[0]);
            }
            let text = framed(section, &others.join(", "));
            let is_missed = section.kind == Kind::Struct && parse(&text, &Tree::new(&text)).is_err();
            assert_eq!(is_missed, entry.default == Default::Required, "{}.{}", section.name, entry.name);
        }
    }
}

#[test]
fn every_form_that_is_named_is_a_section() {
    for entry in vocabulary().flat_map(|section| section.entries) {
        let words = entry.form.split(|c: char| !c.is_alphabetic());
        for word in words.filter(|word| word.starts_with(char::is_uppercase) && *word != entry.name) {
            assert!(section(word).is_some(), "{}: {word}", entry.name);
        }
        let holds_fields = matches!(entry.form, "struct" | "link");
        assert!(
            !holds_fields
                || vocabulary().any(|section| section.name == entry.name || section.name == entry.form)
        );
    }
}

#[test]
fn defaults_are_what_the_parser_takes() {
    for section in vocabulary() {
        for entry in section.entries {
            let Default::Value(value) = entry.default else { continue };
            let others = section.entries.iter().filter(|other| other.default == Default::Required);
            let others: Vec<String> =
                others.map(|other| format!("{}: {}", other.name, other.example)).collect();
            let without = framed(section, &others.join(", "));
            let with =
                framed(section, &[others, vec![format!("{}: {value}", entry.name)]].concat().join(", "));
            let (Ok((without, _)), Ok((with, _))) =
                (crate::scenario::read(&without), crate::scenario::read(&with))
            else {
                // What needs more than its required fields: a fault without a beginning.
                assert!(
                    matches!(section.name, "faults" | "LeaderChanges" | "LeaderWithin" | "mix"),
                    "{}.{}: {with}",
                    section.name,
                    entry.name
                );
                continue;
            };
            assert_eq!(with, without, "{}.{}", section.name, entry.name);
        }
    }
}

#[test]
fn events_and_properties_are_all_there() {
    let names = |name: &str| {
        section(name).expect("a section").entries.iter().map(|entry| entry.name).collect::<Vec<_>>()
    };
    assert_eq!(names("Event"), plan::Event::ALL.iter().map(|event| format!("{event:?}")).collect::<Vec<_>>());
    let properties = section("Property").expect("a section").entries;
    assert_eq!(properties.len(), plan::Property::ALL.len());
    for (entry, property) in properties.iter().zip(plan::Property::ALL) {
        assert_eq!((entry.name.to_string(), entry.about), (format!("{property:?}"), property.about()));
    }
}

#[test]
fn the_text_keeps_its_width() {
    let shown = text(80);
    assert!(
        shown.contains(
            "cluster: fields\n  The nodes, all alike.\n  voters: whole number, required; 1 to 255\n"
        ),
        "{shown}"
    );
    for width in [0, 60, 100] {
        for line in text(width).lines() {
            let fits = line.chars().count() <= width.max(40) || line.trim_start().split(' ').count() <= 2;
            assert!(fits, "{width}: {line}");
        }
    }
}
