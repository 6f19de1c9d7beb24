//! Linearizability: the operations on each key can be put in an order in which each finds what the one before it has left, and
//! which none that was over before another began stands behind (Herlihy and Wing, 1990).
//!
//! A client is told which entry wrote what its operation has found, the *version* of the key: the index of that entry, 0 if
//! there was none. So the run is its own witness: the order of the versions is that in which operations took effect. As each
//! operation ends it is held against what the others have shown, at a constant price:
//!
//! - **Real time**: an operation that is done shows that at its end the key had at least the version it found, or a higher one if it
//!   wrote. The highest that was shown so before an operation begins is the least that it may find.
//! - **Values**: whoever finds a version finds the same value; and its entry is committed.
//! - **No lost update**: no two writes found the same version, and none found one that is not the last before its own.
//!
//! **Nothing linearizable is accused.** Where the witness fails, an order is looked for among the last operations on that key
//! (`history::search`): with their values alone, whatever the versions say. If there is one nothing is wrong that a client could
//! have seen. If the search takes too long the key is undecided. What is kept of a key is bounded: what was before is
//! told by one version and its value, since operations on lower versions can't be behind those on higher ones.
//!
//! Operations whose outcome is unknown are asked nothing, and may explain what others find.

use super::committed::CommittedChain;
use super::finding::{Findings, Property};
use super::operations::Key;
use crate::history::picture::rows;
use crate::history::window::shortest;
use crate::history::{self, Answer, Judgement, Request, State};
use crate::ids::{Index, OperationId};
use crate::trace::{Operation, Outcome, Record};
use std::collections::BTreeMap;

/// How many steps the search may take that decides where the witness fails.
const BUDGET: u64 = 1_000_000;

/// What operations have shown of each key, and which are under way.
#[derive(Clone, Debug, Default)]
pub(super) struct Linearizability {
    keys: BTreeMap<u32, Key>,
    under_way: BTreeMap<OperationId, UnderWay>,
}

/// An operation that has not ended.
#[derive(Clone, Copy, Debug)]
struct UnderWay {
    key: u32,
    /// As it would be if it never ended.
    operation: history::Operation,
    least: Least,
}

/// The least version that may be found, and the operation that has shown it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Least {
    pub(super) version: Index,
    pub(super) shown_by: OperationId,
}

/// A value as histories have it.
const fn state(value: Option<u64>) -> State {
    match value {
        Some(value) => Some(value as i64),
        None => None,
    }
}

impl Linearizability {
    /// An operation begins.
    pub(super) fn invoked(&mut self, operation: OperationId, asked: Operation, record: &Record) {
        let (key, request) = match asked {
            Operation::Get { key } => (key, Request::Read),
            Operation::Put { key, value } => (key, Request::Write(value as i64)),
            Operation::Cas { key, expected, value } => {
                (key, Request::Cas { expected: state(expected), value: value as i64 })
            }
        };
        let least = self.keys.get(&key).map(Key::least).unwrap_or_default();
        let operation_itself = history::Operation {
            process: operation.0,
            request,
            invoked: record.id.0.get(),
            returned: u64::MAX,
            outcome: history::Outcome::Open,
        };
        self.under_way.insert(operation, UnderWay { key, operation: operation_itself, least });
    }

    /// An operation ends.
    pub(super) fn returned(
        &mut self,
        operation: OperationId,
        outcome: Outcome,
        chain: &CommittedChain,
        record: &Record,
        findings: &mut Findings,
    ) {
        let Some(ended) = self.under_way.remove(&operation) else { return };
        let key = self.keys.entry(ended.key).or_default();
        let (previous, version, written) = match outcome {
            Outcome::Done { previous, previous_index, written } => (previous, previous_index, written),
            Outcome::Unknown => return key.leaves_open(ended.operation),
            Outcome::Refused => return,
        };
        findings.examined(Property::Linearizability);
        let answer = Answer { found: Some(state(previous)), written, version: Some(version.0) };
        let done = history::Operation {
            returned: record.id.0.get(),
            outcome: history::Outcome::Done(answer),
            ..ended.operation
        };
        let stale = version < ended.least.version;
        let why = if stale {
            let Least { version: least, shown_by } = ended.least;
            Some(format!(
                "before it began, operation {shown_by} had shown that it was written by entry {least} or a later one"
            ))
        } else if version > chain.last() {
            Some("no node took that entry as committed".into())
        } else {
            key.contradicts(&done, version)
        };
        key.keeps(done, version);
        if let Some(why) = why {
            // A version below one that was shown needs no other operation to be wrong.
            let forgives = !stale && key.forgot();
            self.decide((ended.key, forgives), (&done, version), &why, record, findings);
        }
        let key = self.keys.entry(ended.key).or_default();
        let shows = if written { version.next() } else { version };
        key.shows(Least { version: shows, shown_by: operation });
        let still = |value: i64| self.under_way.contains_key(&OperationId(value as u64));
        key.forget(still);
    }

    /// The witness fails: looks for another order. Where an operation that may explain it is forgotten that there is none
    /// is forgiven.
    #[cold]
    fn decide(
        &self,
        (name, forgives): (u32, bool),
        (done, version): (&history::Operation, Index),
        why: &str,
        record: &Record,
        findings: &mut Findings,
    ) {
        let Some(key) = self.keys.get(&name) else { return };
        let others = self.under_way.values().filter(|it| it.key == name).map(|it| it.operation);
        let operations = key.window(others);
        let state = key.state();
        let judgement = history::search::search(&operations, state, BUDGET);
        match judgement {
            Judgement::Linearizable => return,
            Judgement::NotLinearizable if !forgives => {}
            _ => return findings.undecided(Property::Linearizability),
        }
        findings.accuse(Property::Linearizability, record, || {
            let drawn = shortest(&operations, state, BUDGET).map(|it| rows(&it.operations, "operation"));
            format!(
                "operation {} found k{name} as entry {version} has written it: {why}. No order is there of\n{}",
                done.process,
                drawn.unwrap_or_default().trim_end()
            )
        });
    }
}
