//! A study: runs of one scenario over many seeds, for each cell of a grid of parameters.

use super::Plan;

/// What a study makes and measures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Study {
    /// Its name.
    pub name: String,
    /// What it shows, for people.
    pub about: String,
    /// The first seed; each cell has the same ones.
    pub first_seed: u64,
    /// How many trials each cell has; at least 1.
    pub trials: u64,
    /// What varies, in the order of the file; nothing if there is one cell.
    pub axes: Vec<String>,
    /// Each choice of the axes' values, the last axis varying fastest; at least one.
    pub cells: Vec<Cell>,
    /// The scenario as it stands, before any value of an axis is put into it; there is one wherever there are cells.
    pub base: Option<Plan>,
}

impl Study {
    /// The most trials of a cell.
    pub const MOST_TRIALS: u64 = 10_000_000;
}

/// One choice of the values that vary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// How the value on each axis is called.
    pub values: Vec<String>,
    /// What is run. Its seed counts for nothing.
    pub plan: Plan,
    /// What is measured in each run.
    pub measure: Measure,
}

/// What is measured in a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// How the first leader came to be, from the beginning of the run. The run ends with its election.
    FirstLeader,
    /// How the next leader came to be after this fault, by its place in the plan; from the fault's beginning until every node
    /// that the leader can reach has heard from it. Then the run ends.
    Election {
        /// The fault's place in the plan.
        after: u32,
    },
    /// For which share of the run there was a leader, and service. The run goes on to its end.
    Availability,
}
