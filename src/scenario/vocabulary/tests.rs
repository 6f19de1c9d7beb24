//! The table says what the parser accepts, no more and no less.

use super::*;
use crate::plan;
use crate::scenario::locate::Tree;
use crate::scenario::parse::{options, parse};
use crate::scenario::problem::Problem;
use crate::scenario::shape::Scenario;
use crate::scenario::shape::profile::Profile;
use crate::scenario::shape::study::Study;
use ron::error::Error;
use std::collections::BTreeSet;

const LANGUAGES: [Language; 3] = [Language::Scenario, Language::Profile, Language::Study];

/// Each language with each of its own sections.
fn all() -> impl Iterator<Item = (Language, &'static Section)> {
    LANGUAGES.into_iter().flat_map(|language| language.own_sections().map(move |section| (language, section)))
}

/// A file in which this stands where the section stands.
fn framed(language: Language, section: &Section, part: &str) -> String {
    let inner = section.frame.replace('@', part);
    let (cluster, settle) = match language {
        Language::Scenario => ("cluster: (voters: 5), ", ""),
        Language::Profile => ("cluster: (voters: [(5, 1)]), ", "settle: \"40s\", "),
        Language::Study if section.frame != "@" => {
            let measure = if section.frame.starts_with("measure") { "" } else { "measure: FirstLeader, " };
            let scenario = "scenario: (format: 1, name: \"x\", duration: \"1s\", cluster: (voters: 5), faults: [(id: \"crash\", \
                            at: \"0s\", do: Crash(Leader))])";
            return format!("(format: 1, name: \"x\", seeds: (0, 9), {measure}{scenario}, {inner})");
        }
        Language::Study => ("", ""),
    };
    let cluster = if section.frame.starts_with("cluster") { "" } else { cluster };
    match section.frame {
        "@" => format!("({part})"),
        _ => format!("(format: 1, name: \"x\", duration: \"60s\", {settle}{cluster}{inner})"),
    }
}

/// What keeps a text from having the shape of its language.
fn mistakes(language: Language, text: &str) -> Option<Vec<Problem>> {
    let tree = Tree::new(text);
    match language {
        Language::Scenario => parse::<Scenario>(text, &tree, language).err().map(|it| it.problems),
        Language::Profile => parse::<Profile>(text, &tree, language).err().map(|it| it.problems),
        Language::Study => parse::<Study>(text, &tree, language).err().map(|it| it.problems),
    }
}

/// The names that the parser says it knows where this section stands.
fn accepted(language: Language, section: &Section) -> Vec<&'static str> {
    let unknown = match section.kind {
        Kind::Struct => "zzz: 1",
        Kind::Enum => "Zzz",
    };
    let text = framed(language, section, unknown);
    let error = match language {
        Language::Scenario => options().from_str::<Scenario>(&text).map(drop),
        Language::Profile => options().from_str::<Profile>(&text).map(drop),
        Language::Study => options().from_str::<Study>(&text).map(drop),
    };
    match error.expect_err("nothing of this name").code {
        Error::NoSuchStructField { expected, .. } | Error::NoSuchEnumVariant { expected, .. } => {
            expected.to_vec()
        }
        other => panic!("{}: {other} in {text}", section.name),
    }
}

#[test]
fn the_table_has_what_the_parser_accepts() {
    for (language, section) in all() {
        let listed: BTreeSet<&str> = section.entries.iter().map(|entry| entry.name).collect();
        assert_eq!(listed.len(), section.entries.len(), "{}: an entry twice", section.name);
        assert_eq!(listed, accepted(language, section).into_iter().collect(), "{}", section.name);
    }
}

/// Each struct and enum of the shapes, and each variant with fields, is a section.
#[test]
fn the_table_has_every_shape() {
    let scenario = [
        include_str!("../shape/mod.rs"),
        include_str!("../shape/faults.rs"),
        include_str!("../shape/host.rs"),
        include_str!("../shape/expectations.rs"),
    ];
    assert_eq!(Language::Scenario.own_sections().count(), shapes(&scenario));
    assert_eq!(Language::Profile.own_sections().count(), shapes(&[include_str!("../shape/profile.rs")]));
    assert_eq!(Language::Study.own_sections().count(), shapes(&[include_str!("../shape/study.rs")]));
}

fn shapes(sources: &[&str]) -> usize {
    let lines = || sources.iter().flat_map(|source| source.lines());
    let types = lines()
        .filter(|line| (line.contains("struct ") || line.contains("enum ")) && !line.contains('$'))
        .filter(|line| line.ends_with('{'));
    let is_variant = |line: &str| {
        let name = line.strip_prefix("    ").unwrap_or_default();
        let ends = name.ends_with('{') || name.ends_with("},");
        name.starts_with(char::is_uppercase) && name.contains(" {") && ends && !name.starts_with("Self")
    };
    types.count() + lines().filter(|line| is_variant(line)).count()
}

#[test]
fn every_example_parses_and_every_required_field_is_missed() {
    for (language, section) in all() {
        for entry in section.entries {
            let others = section.entries.iter().filter(|other| {
                section.kind == Kind::Struct && other.default == Default::Required && other.name != entry.name
            });
            let others: Vec<String> =
                others.map(|other| format!("{}: {}", other.name, other.example)).collect();
            let parts = [others.clone(), vec![render::written(section, entry)]].concat();
            let text = framed(language, section, &parts.join(", "));
            if let Some(problems) = mistakes(language, &text) {
                panic!("{text}: {}", problems[0]);
            }
            let text = framed(language, section, &others.join(", "));
            let is_missed = section.kind == Kind::Struct && mistakes(language, &text).is_some();
            assert_eq!(is_missed, entry.default == Default::Required, "{}.{}", section.name, entry.name);
        }
    }
}

#[test]
fn every_form_that_is_named_is_a_section() {
    for (language, entry) in
        all().flat_map(|(language, section)| section.entries.iter().map(move |entry| (language, entry)))
    {
        let words = entry.form.split(|c: char| !c.is_alphanumeric());
        for word in words.filter(|word| word.starts_with(char::is_uppercase) && *word != entry.name) {
            assert!(language.section(word).is_some(), "{}: {word}", entry.name);
        }
        let holds_fields = matches!(entry.form, "struct" | "link" | "chance");
        assert!(
            !holds_fields
                || language
                    .sections()
                    .any(|section| section.name == entry.name || section.name == entry.form)
        );
    }
}

#[test]
fn defaults_are_what_the_parser_takes() {
    for (language, section) in all() {
        for entry in section.entries {
            let Default::Value(value) = entry.default else { continue };
            let others = section.entries.iter().filter(|other| other.default == Default::Required);
            let others: Vec<String> =
                others.map(|other| format!("{}: {}", other.name, other.example)).collect();
            let without = framed(language, section, &others.join(", "));
            let with = framed(
                language,
                section,
                &[others, vec![format!("{}: {value}", entry.name)]].concat().join(", "),
            );
            let read = |text: &str| match language {
                Language::Scenario => crate::scenario::read(text).map(|(plan, _)| format!("{plan:?}")),
                Language::Profile => {
                    crate::scenario::read_profile(text).map(|(profile, _)| format!("{profile:?}"))
                }
                Language::Study => crate::scenario::read_study(text, &|_| Err(String::new()))
                    .map(|(study, _)| format!("{study:?}")),
            };
            let (Ok(without), Ok(with)) = (read(&without), read(&with)) else {
                // What needs more than its required fields: a fault without a beginning.
                assert!(
                    matches!(
                        section.name,
                        "faults" | "LeaderChanges" | "LeaderWithin" | "mix" | "Corrupt" | "grid"
                    ),
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
        Language::Scenario
            .section(name)
            .expect("a section")
            .entries
            .iter()
            .map(|entry| entry.name)
            .collect::<Vec<_>>()
    };
    assert_eq!(names("Event"), plan::Event::ALL.iter().map(|event| format!("{event:?}")).collect::<Vec<_>>());
    let properties = Language::Scenario.section("Property").expect("a section").entries;
    assert_eq!(properties.len(), plan::Property::ALL.len());
    for (entry, property) in properties.iter().zip(plan::Property::ALL) {
        assert_eq!((entry.name.to_string(), entry.about), (format!("{property:?}"), property.about()));
    }
}

#[test]
fn the_text_keeps_its_width() {
    let shown = text(Language::Scenario, 80);
    assert!(
        shown.contains(
            "cluster: fields\n  The nodes, all alike.\n  voters: whole number, required; 1 to 255\n"
        ),
        "{shown}"
    );
    for width in [0, 60, 100] {
        for line in LANGUAGES.map(|language| text(language, width)).concat().lines() {
            let fits = line.chars().count() <= width.max(40) || line.trim_start().split(' ').count() <= 2;
            assert!(fits, "{width}: {line}");
        }
    }
}
