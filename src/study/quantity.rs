//! What is measured, one by one.

use crate::plan::Measure;
use serde::{Deserialize, Serialize};

/// What kind of number a quantity is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A time, in nanoseconds.
    Time,
    /// A whole number.
    Count,
    /// A share, in parts per billion.
    Share,
    /// Whether something happened: 1 if it did, else 0.
    YesNo,
}

/// Something that each trial shows, or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Quantity {
    /// What it is called.
    pub name: &'static str,
    /// What kind of number it is.
    pub kind: Kind,
    /// What it means.
    pub meaning: &'static str,
}

const fn quantity(name: &'static str, kind: Kind, meaning: &'static str) -> Quantity {
    Quantity { name, kind, meaning }
}

const TERMS: Quantity =
    quantity("terms", Kind::Count, "terms in which votes were asked for, up to the leader's");
const SPLIT_VOTES: Quantity = quantity("split votes", Kind::Count, "how many of these had no leader");
const FIRST_SPLIT: Quantity =
    quantity("first term split", Kind::YesNo, "whether the first of these had no leader");

/// What is measured of the first leader.
const FIRST_LEADER: &[Quantity] = &[
    quantity("total", Kind::Time, "from the beginning of the run until a node became leader"),
    quantity("detect", Kind::Time, "from the beginning of the run until a node asked for votes"),
    quantity("elect", Kind::Time, "from there until a node became leader"),
    TERMS,
    SPLIT_VOTES,
    FIRST_SPLIT,
];

/// What is measured of an election after a fault.
const ELECTION: &[Quantity] = &[
    quantity(
        "total",
        Kind::Time,
        "from the fault until every node that the new leader can reach has had a frame from it",
    ),
    quantity("detect", Kind::Time, "from the fault until a node asked for votes"),
    quantity("elect", Kind::Time, "from there until that leader led"),
    quantity("announce", Kind::Time, "from there until all have heard"),
    TERMS,
    SPLIT_VOTES,
    FIRST_SPLIT,
];

/// What is measured of availability.
const AVAILABILITY: &[Quantity] = &[
    quantity("leader availability", Kind::Share, "share of the run with an effective leader"),
    quantity("client availability", Kind::Share, "operations done, of those that clients began"),
    quantity("longest without a leader", Kind::Time, "the longest span without an effective leader"),
    quantity("leader changes", Kind::Count, "how often another effective leader followed"),
];

/// What a measure comes to in each trial. A trial without the first of them has not finished.
pub const fn quantities(measure: Measure) -> &'static [Quantity] {
    match measure {
        Measure::FirstLeader => FIRST_LEADER,
        Measure::Election { .. } => ELECTION,
        Measure::Availability => AVAILABILITY,
    }
}
