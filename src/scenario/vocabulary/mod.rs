//! The whole vocabulary of scenario files, in one table: every struct with its fields, every enum with its variants.
//!
//! From it come the reference in `docs/scenarios.md`, the text that the program lists, and the hints and examples in
//! errors of the parser. A test holds it against what the parser accepts.

mod cluster;
mod entry;
mod expectations;
mod faults;
mod render;
#[cfg(test)]
mod tests;

pub use entry::{Default, Entry, Kind, Range, Section};
pub use render::{markdown, text};
pub(in crate::scenario) use render::{range, written};

/// The sections, in the order in which a scenario has them.
pub fn vocabulary() -> impl Iterator<Item = &'static Section> {
    [cluster::SECTIONS, faults::SECTIONS, expectations::SECTIONS].into_iter().flatten()
}

/// The section of this name.
pub(in crate::scenario) fn section(name: &str) -> Option<&'static Section> {
    vocabulary().find(|section| section.name == name)
}
