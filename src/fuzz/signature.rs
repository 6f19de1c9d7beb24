//! In which way a run failed: what tells one finding from another.

use crate::check::{Verdict, Violation};
use crate::property::Property;
use crate::report::{Expected, FaultSpan, Judgement, Report, RunVerdict};
use crate::time::Time;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The way in which a run failed. Two runs with the same signature are taken to have failed for the same reason.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Signature {
    /// This property of safety was violated first.
    Safety(Property),
    /// The run broke off with this message; numbers in it are left out.
    Panicked(String),
    /// Time no longer passed.
    Livelock,
    /// The scenario expected this, and it did not happen: the expectation as a scenario writes it, but for the time that it
    /// allows, which in random runs follows from what was drawn. One that takes several steps is followed by a colon and the
    /// step that failed.
    Expectation(String),
}

impl Signature {
    /// How this run failed; none if it did not, or if nothing in it could show it.
    pub fn of(report: &Report) -> Option<Self> {
        match report.verdict {
            RunVerdict::Pass | RunVerdict::Vacuous | RunVerdict::Undecided | RunVerdict::Nondeterminism => {
                None
            }
            RunVerdict::Safety => first_violation(report).map(|(_, property)| Self::Safety(property)),
            // What the software under test did in the run, or what broke the run off.
            RunVerdict::Panicked => match &report.panicked {
                None => first_violation(report).map(|(_, property)| Self::Safety(property)),
                Some(message) => Some(Self::Panicked(without_numbers(message))),
            },
            RunVerdict::Livelock => Some(Self::Livelock),
            RunVerdict::Expectation => {
                let failed = |verdict| verdict == Judgement::Failed;
                let first = report.expectations.iter().find(|expected| failed(expected.verdict))?;
                Some(Self::Expectation(without_bounds(&first.failure())))
            }
        }
    }
}

impl Signature {
    /// Whether it is that this failed.
    pub fn is_of(&self, expected: &Expected) -> bool {
        matches!(self, Self::Expectation(text) if *text == without_bounds(&expected.failure()))
    }
}

/// In which way a run failed, and when that showed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Failure {
    /// In which way.
    pub signature: Signature,
    /// The virtual time of the first sign; of an expectation the end of the run.
    #[serde(rename = "at_ns")]
    pub at: Time,
    /// How many faults had begun by then.
    pub faults: u64,
}

impl Failure {
    /// How this run failed; none if it did not.
    pub fn of(report: &Report) -> Option<Self> {
        let signature = Signature::of(report)?;
        let end = Time::ZERO + report.simulated;
        let at = match signature {
            Signature::Safety(_) => first_violation(report).map_or(end, |(violation, _)| violation.time),
            Signature::Panicked(_) | Signature::Livelock | Signature::Expectation(_) => end,
        };
        let begun = |fault: &&FaultSpan| fault.from_ns.is_some_and(|from| from <= at.nanos());
        Some(Self { signature, at, faults: report.faults.iter().filter(begun).count() as u64 })
    }

    /// Whether a script fails as the run did that it was made of: in an expectation it may speak of times where the
    /// scenario speaks of faults.
    pub fn is_alike(&self, original: &Self) -> bool {
        match (&self.signature, &original.signature) {
            (Signature::Expectation(scripted), Signature::Expectation(original)) => {
                // Its name, and the step of it that failed.
                let essence = |text: &str| {
                    let name = text.split('(').next().map(str::to_owned);
                    (name, text.rsplit_once("): ").map(|(_, step)| step.to_owned()))
                };
                essence(scripted) == essence(original)
            }
            (scripted, original) => scripted == original,
        }
    }
}

/// The violation that came first, of those at one record the first in the order of properties.
fn first_violation(report: &Report) -> Option<(&Violation, Property)> {
    let violated =
        report.checks.iter().zip(Property::ALL).filter_map(|(check, property)| match &check.verdict {
            Verdict::Violated(violation) if report.excuse(check).is_none() => Some((violation, property)),
            _ => None,
        });
    violated.min_by_key(|(violation, property)| (violation.record, *property))
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

/// An expectation without the time in which it is to come true.
fn without_bounds(expectation: &str) -> String {
    let mut text = expectation.to_owned();
    for field in ["bound: \"", "within: \""] {
        let Some(start) = text.find(field).map(|at| at + field.len()) else { continue };
        if let Some(length) = text[start..].find('"') {
            text.replace_range(start..start + length, "..");
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

#[cfg(test)]
mod tests {
    use super::without_bounds;

    #[test]
    fn the_time_that_an_expectation_allows_tells_no_finding_from_another() {
        let told = |text: &str| without_bounds(text);
        assert_eq!(
            told(r#"LeaderWithin(bound: "4.188s", after: Settle)"#),
            r#"LeaderWithin(bound: "..", after: Settle)"#
        );
        let returns = r#"Returns(within: "2s", after: At("5s"), to: 0.9)"#;
        assert_eq!(told(returns), r#"Returns(within: "..", after: At("5s"), to: 0.9)"#);
        assert_eq!(told("Progress(during: Settle)"), "Progress(during: Settle)");
    }
}
