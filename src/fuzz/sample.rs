//! What is kept of a random run.

use super::drawn::Drawn;
use super::signature::Failure;
use crate::adapters::Unexpressed;
use crate::plan::Plan;
use crate::report::{Point, Report, RunVerdict};
use crate::time::Duration;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What is kept of a random run: little, so that millions fit into memory or into a file. All else can be had again from
/// its seed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sample {
    /// The seed.
    #[serde(with = "number")]
    pub seed: u64,
    /// The gravest of all verdicts.
    pub verdict: RunVerdict,
    /// The value of the digest of all records.
    #[serde(with = "hex")]
    pub digest: u128,
    /// How it failed, if it did.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub failure: Option<Failure>,
    /// What makes the verdict, if not all held.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
    /// How much virtual time went by.
    pub simulated: Duration,
    /// How often a node became leader of a term.
    pub elections: u64,
    /// How many faults happened.
    pub faults: u64,
    /// What was drawn.
    pub drawn: Vec<Drawn>,
    /// What was drawn, as scenarios write it, and left out since the implementation can't express it.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub left_out: Vec<String>,
    /// What it reached, where somebody looked.
    #[serde(skip_serializing_if = "BTreeSet::is_empty", default)]
    pub reached: BTreeSet<Point>,
}

impl Sample {
    /// What is kept of the run of this plan, of which this is the report.
    pub fn of(plan: &Plan, report: &Report) -> Self {
        Self {
            seed: report.seed,
            verdict: report.verdict,
            digest: report.digest.value(),
            failure: Failure::of(report),
            reason: report.reason(),
            simulated: report.simulated,
            elections: report.counters.elections,
            faults: report.faults.iter().filter(|fault| fault.from_ns.is_some()).count() as u64,
            drawn: Drawn::of(plan),
            left_out: Vec::new(),
            reached: BTreeSet::new(),
        }
    }

    /// That this was left out of what was drawn.
    pub fn without(self, left_out: &[Unexpressed]) -> Self {
        Self { left_out: left_out.iter().map(|it| it.switch.to_owned()).collect(), ..self }
    }

    /// That the run reached this.
    pub fn reaching(self, reached: BTreeSet<Point>) -> Self {
        Self { reached, ..self }
    }

    /// Whether anything else than what had to hold happened.
    pub fn failed(&self) -> bool {
        self.verdict != RunVerdict::Pass
    }
}

/// A whole number as a text: programs that read JSON may know 53 bits only.
pub(super) mod number {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(in crate::fuzz) fn serialize<S: Serializer>(number: &u64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(number)
    }

    pub(in crate::fuzz) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(|_| D::Error::custom(format!("{text:?} is no whole number")))
    }
}

/// The value of a digest, as people know it.
mod hex {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(digest: &u128, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{digest:032x}"))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u128, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        let is_digest =
            text.len() == 32 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        let digest = is_digest.then(|| u128::from_str_radix(&text, 16).ok()).flatten();
        digest.ok_or_else(|| D::Error::custom(format!("{text:?} is no digest of 32 hexadecimal digits")))
    }
}
