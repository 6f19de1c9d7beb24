//! Histories of operations on keys, and whether each key's can be put in an order: linearizability (Herlihy and Wing, 1990).
//!
//! A history is plain data, from a run of ours or from elsewhere. Each key is a register of its own, since a history is
//! linearizable if that of each object in it is: so each is judged alone.
//!
//! A key is judged by witness first ([`witness`]), where its operations tell which version they found: the order of the versions
//! is tried, in linear time. Where that fails, or nothing tells of versions, an order is looked for ([`search`]); the search is
//! exponential at worst, so it has a budget, and may end undecided. What can't be ordered is cut down to the shortest
//! [`window`] and drawn ([`picture`]).

pub mod edn;
pub mod form;
pub mod jepsen_log;
pub mod json_lines;
pub mod mistake;
pub mod picture;
pub mod read;
pub mod search;
pub mod window;
pub mod witness;

#[cfg(test)]
mod read_tests;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

/// What a key holds; none if it was never written.
pub type State = Option<i64>;

/// What an operation asks of its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request {
    /// What it holds.
    Read,
    /// To hold this.
    Write(i64),
    /// To hold `value` if it holds what is expected.
    Cas {
        /// What has to be there.
        expected: State,
        /// What to write then.
        value: i64,
    },
}

impl Request {
    /// What it writes, if it does.
    pub const fn writes(self) -> Option<i64> {
        match self {
            Self::Read => None,
            Self::Write(value) | Self::Cas { value, .. } => Some(value),
        }
    }
}

/// What an operation that is done was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// What the key held before, if that was told. A read is always told.
    pub found: Option<State>,
    /// Whether it wrote.
    pub written: bool,
    /// Which version the key had before: versions of a key grow with each write, 0 is that of a key never written. None if
    /// that is not told.
    pub version: Option<u64>,
}

/// How an operation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It took effect between its invocation and its return.
    Done(Answer),
    /// It had no effect and never will.
    Failed,
    /// It may take effect at any time after its invocation, or never.
    Open,
}

/// An operation of a process on a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operation {
    /// The process, which does one thing at a time.
    pub process: u64,
    /// What it asks for.
    pub request: Request,
    /// The position of its invocation in the history: all positions differ.
    pub invoked: u64,
    /// The position of its return. Of an operation that is open that of a later time, or the greatest number if it never returned.
    pub returned: u64,
    /// How it ended.
    pub outcome: Outcome,
}

impl Operation {
    /// What it was told, if it is done.
    pub const fn answer(&self) -> Option<Answer> {
        match self.outcome {
            Outcome::Done(answer) => Some(answer),
            Outcome::Failed | Outcome::Open => None,
        }
    }

    /// The last position at which it may take effect.
    pub const fn latest(&self) -> u64 {
        match self.outcome {
            Outcome::Open => u64::MAX,
            Outcome::Done(_) | Outcome::Failed => self.returned,
        }
    }

    /// What the key holds once this has taken effect on `state`; none if it can't take effect there as it did.
    pub fn apply(&self, state: State) -> Option<State> {
        let applies = match self.request {
            Request::Read => false,
            Request::Write(_) => true,
            Request::Cas { expected, .. } => state == expected,
        };
        let after = if applies { self.request.writes() } else { state };
        match self.outcome {
            Outcome::Done(Answer { found, written, .. }) => {
                (found.is_none_or(|found| found == state) && written == applies).then_some(after)
            }
            // Where it changes nothing it may as well never take effect.
            Outcome::Open => applies.then_some(after),
            Outcome::Failed => None,
        }
    }

    /// Whether it is there for what it found alone: it changed nothing.
    pub fn only_finds(&self) -> bool {
        self.answer().is_some_and(|answer| !answer.written)
    }
}

/// The operations on each key, by the key's name, in the order of their invocations.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// The keys.
    pub keys: BTreeMap<String, Vec<Operation>>,
}

/// What became of a key's history, or of all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Judgement {
    /// There is an order.
    Linearizable,
    /// No order was found within the budget, and it is not known that there is none.
    Undecided,
    /// There is none.
    NotLinearizable,
}

/// How many steps a search may take, unless somebody says otherwise: some seconds, and some hundred megabytes.
pub const BUDGET: u64 = 30_000_000;

/// Judges the history of one key that was never written before: by witness, then by a search of at most so many steps.
pub fn judge(operations: &[Operation], budget: u64) -> Judgement {
    if witness::orders(operations, None) {
        return Judgement::Linearizable;
    }
    search::search(operations, None, budget)
}
