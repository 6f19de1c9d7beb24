//! The whole vocabulary of scenarios, profiles and studies, in one table: every struct with its fields, every enum with its
//! variants.
//!
//! From it come the references in `docs/scenarios.md`, `docs/fuzzing.md` and `docs/studies.md`, the text that the program lists, and the hints and examples in
//! errors of the parser. A test holds it against what the parser accepts.

mod cluster;
mod entry;
mod expectations;
mod faults;
mod profile;
mod render;
mod study;
#[cfg(test)]
mod tests;

pub use entry::{Default, Entry, Kind, Range, Section};
pub use render::{markdown, text};
pub(in crate::scenario) use render::{range, written};

/// The sections, in the order in which a scenario has them.
pub fn vocabulary() -> impl Iterator<Item = &'static Section> {
    [cluster::SECTIONS, faults::SECTIONS, expectations::SECTIONS].into_iter().flatten()
}

/// What kind of file a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// It describes a run.
    Scenario,
    /// It says what runs are drawn from.
    Profile,
    /// It says over which parameters and seeds a scenario is run.
    Study,
}

impl Language {
    /// What such a file is called.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Scenario => "scenario",
            Self::Profile => "profile",
            Self::Study => "study",
        }
    }

    /// The sections that only this language has.
    pub fn own_sections(self) -> impl Iterator<Item = &'static Section> {
        let own: &[&[Section]] = match self {
            Self::Scenario => &[cluster::SECTIONS, faults::SECTIONS, expectations::SECTIONS],
            Self::Profile => &[profile::SECTIONS],
            Self::Study => &[study::SECTIONS],
        };
        own.iter().copied().flatten()
    }

    /// All its sections.
    pub(in crate::scenario) fn sections(self) -> impl Iterator<Item = &'static Section> {
        let shared = vocabulary()
            .filter(move |section| self == Self::Profile && profile::SHARED.contains(&section.name));
        self.own_sections().chain(shared)
    }

    /// The section of this name.
    pub(in crate::scenario) fn section(self, name: &str) -> Option<&'static Section> {
        self.sections().find(|section| section.name == name)
    }
}
