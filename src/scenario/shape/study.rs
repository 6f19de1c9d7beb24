//! The shapes of a study file. What stands in `scenario` and in `values` is read as parts of scenarios later on.

use serde::Deserialize;
use serde::de::IgnoredAny;

/// A whole file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::scenario) struct Study {
    #[expect(dead_code, reason = "looked at before all else, in the text itself")]
    pub(in crate::scenario) format: u64,
    pub(in crate::scenario) name: String,
    #[serde(default)]
    pub(in crate::scenario) about: String,
    #[expect(dead_code, reason = "read from the text, cell by cell")]
    pub(in crate::scenario) scenario: IgnoredAny,
    pub(in crate::scenario) seeds: (u64, u64),
    #[serde(default)]
    pub(in crate::scenario) grid: Vec<Axis>,
    pub(in crate::scenario) measure: Measure,
}

/// What varies together.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::scenario) struct Axis {
    pub(in crate::scenario) name: Option<String>,
    pub(in crate::scenario) field: Option<String>,
    #[serde(default)]
    pub(in crate::scenario) fields: Vec<String>,
    pub(in crate::scenario) values: Vec<IgnoredAny>,
    #[serde(default)]
    pub(in crate::scenario) labels: Vec<String>,
}

/// What is measured in each run.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::scenario) enum Measure {
    FirstLeader,
    Election { after: String },
    Availability,
}
