//! Current reads: what an operation finds is no older than what was there when it began. The smallest part of
//! linearizability that can be judged as records come, at a constant price for each operation.
//!
//! A client is told which entry wrote what its operation has found, the *version* of the key: the index of that entry, 0 if
//! there was none. Later writes of a key have higher indexes. So an operation that is done shows that at its end the key had
//! at least the version it found, or a higher one if it wrote. The highest that was shown so before an operation begins is
//! the least that it may find.
//!
//! **Nothing linearizable is accused.** In a linearization every operation finds the version that the last write before it
//! has made, and each write makes a version above the one it finds. So versions never fall along it. If `a` ends before `b`
//! begins, `a` stands before `b`, and what `b` finds is at least what `a` has left: what it found, and more if it wrote.
//! Nothing else is demanded of `b`. Operations whose outcome is unknown show nothing and are asked nothing. One that took
//! effect twice was told what its first or second execution found; either lies between its beginning and its end, and
//! all that is used of it is that at its end the key had a version above the one it found. An answer out of a session is
//! that of the first execution, of which the same holds.
//!
//! **What is missed:** a read of a version that is written, but never committed, and whatever concerns several keys.

use super::finding::{Findings, Property};
use crate::ids::{Index, OperationId};
use crate::trace::{Operation, Outcome, Record};
use std::collections::BTreeMap;

/// The versions that operations have shown.
#[derive(Clone, Debug, Default)]
pub(super) struct CurrentReads {
    /// For each key the least version that an operation may find that begins now, and which operation has shown it.
    least: BTreeMap<u32, Least>,
    /// The operations under way, each with its key and the least version it may find.
    open: BTreeMap<OperationId, (u32, Least)>,
}

/// The least version that may be found, and the operation that has shown it.
#[derive(Clone, Copy, Debug, Default)]
struct Least {
    version: Index,
    shown_by: OperationId,
}

impl CurrentReads {
    /// An operation begins.
    pub(super) fn invoked(&mut self, operation: OperationId, request: Operation) {
        let (Operation::Get { key } | Operation::Put { key, .. } | Operation::Cas { key, .. }) = request;
        let least = self.least.get(&key).copied().unwrap_or_default();
        self.open.insert(operation, (key, least));
    }

    /// An operation ends.
    pub(super) fn returned(
        &mut self,
        operation: OperationId,
        outcome: Outcome,
        record: &Record,
        findings: &mut Findings,
    ) {
        let Some((key, least)) = self.open.remove(&operation) else { return };
        let Outcome::Done { previous_index, written, .. } = outcome else { return };
        findings.examined(Property::CurrentReads);
        if previous_index < least.version {
            let Least { version, shown_by } = least;
            findings.accuse(Property::CurrentReads, record, || {
                format!(
                    "operation {operation} found k{key} as entry {previous_index} has written it: before it began, \
                     operation {shown_by} had shown that it was written by entry {version} or a later one"
                )
            });
        }
        let version = if written { previous_index.next() } else { previous_index };
        let known = self.least.entry(key).or_default();
        if version > known.version {
            *known = Least { version, shown_by: operation };
        }
    }
}
