//! In which way a run failed: what tells one finding from another.

use crate::check::Verdict;
use crate::property::Property;
use crate::report::{Judgement, Report, RunVerdict};
use std::fmt;

/// The way in which a run failed. Two runs with the same signature are taken to have failed for the same reason.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Signature {
    /// This property of safety was violated first.
    Safety(Property),
    /// The run broke off with this message; numbers in it are left out.
    Panicked(String),
    /// Time no longer passed.
    Livelock,
    /// The scenario expected this, and it did not happen: the expectation's name.
    Expectation(String),
}

impl Signature {
    /// How this run failed; none if it did not, or if nothing in it could show it.
    pub fn of(report: &Report) -> Option<Self> {
        match report.verdict {
            RunVerdict::Pass | RunVerdict::Vacuous | RunVerdict::Nondeterminism => None,
            RunVerdict::Safety => first_violation(report).map(Self::Safety),
            RunVerdict::Panicked => {
                Some(Self::Panicked(without_numbers(report.panicked.as_deref().unwrap_or_default())))
            }
            RunVerdict::Livelock => Some(Self::Livelock),
            RunVerdict::Expectation => {
                let failed = |verdict| verdict == Judgement::Failed;
                let first = report.expectations.iter().find(|expected| failed(expected.verdict))?;
                let name = first.text.split('(').next().unwrap_or(&first.text);
                Some(Self::Expectation(name.to_owned()))
            }
        }
    }
}

/// The property that was violated first, of those that were violated at one record the first in their order.
fn first_violation(report: &Report) -> Option<Property> {
    let violated =
        report.checks.iter().zip(Property::ALL).filter_map(|(check, property)| match &check.verdict {
            Verdict::Violated(violation) if report.excuse(check).is_none() => {
                Some((violation.record, property))
            }
            _ => None,
        });
    violated.min().map(|(_, property)| property)
}

/// A message with each number in it as one `#`, so that it is the same in every run.
fn without_numbers(message: &str) -> String {
    let mut text = String::new();
    for c in message.chars() {
        match c {
            '0'..='9' if text.ends_with('#') => {}
            '0'..='9' => text.push('#'),
            c => text.push(c),
        }
    }
    text
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Safety(property) => f.pad(property.name()),
            Self::Panicked(message) => f.pad(&format!("panicked: {message}")),
            Self::Livelock => f.pad("livelock"),
            Self::Expectation(name) => f.pad(name),
        }
    }
}
