//! What is kept of the operations on a key: the last ones, and what they have shown of its versions.

use super::linearizability::Least;
use crate::history::{Operation, State};
use crate::ids::Index;
use std::collections::{BTreeMap, BTreeSet};

/// How many operations that are done are kept of a key, and how many that are open.
const KEPT: usize = 64;

/// A key. What its operations have shown of versions below its first one is forgotten.
#[derive(Clone, Debug, Default)]
pub(super) struct Key {
    least: Least,
    /// The first version that is kept, and its value: what the key held before the operations kept.
    first: (Index, State),
    /// The last operations that are done, each with the version it found.
    done: Vec<(Index, Operation)>,
    /// The last operations of which nobody knows.
    open: Vec<Operation>,
    /// What was found as the value of a version.
    values: BTreeMap<Index, State>,
    /// Who wrote upon a version.
    writers: BTreeMap<Index, Operation>,
    /// Upon which version a value was written.
    upon: BTreeMap<State, Index>,
    /// Operations under way that have written what is forgotten, by value: they explain nothing any more.
    spent: BTreeSet<i64>,
    /// Whether an open operation was dropped that may yet be found.
    forgot: bool,
}

impl Key {
    /// The least version that an operation may find that begins now.
    pub(super) fn least(&self) -> Least {
        self.least
    }

    /// An operation has shown that the key has this version at least.
    pub(super) fn shows(&mut self, least: Least) {
        if least.version > self.least.version {
            self.least = least;
        }
    }

    /// What the key held before the operations kept.
    pub(super) fn state(&self) -> State {
        self.first.1
    }

    /// Whether something is missing that may explain what was found.
    pub(super) fn forgot(&self) -> bool {
        self.forgot
    }

    /// The operations kept, with those under way.
    pub(super) fn window(&self, under_way: impl Iterator<Item = Operation>) -> Vec<Operation> {
        let is_spent = |it: &Operation| it.request.writes().is_some_and(|value| self.spent.contains(&value));
        let done = self.done.iter().map(|(_, operation)| *operation);
        done.chain(self.open.iter().copied()).chain(under_way.filter(|it| !is_spent(it))).collect()
    }

    /// Nobody knows what became of an operation.
    pub(super) fn leaves_open(&mut self, operation: Operation) {
        let Some(value) = operation.request.writes() else { return };
        if self.spent.remove(&value) {
            return;
        }
        self.open.push(operation);
        if self.open.len() > KEPT {
            self.open.remove(0);
            self.forgot = true;
        }
    }

    /// In what an operation that found this version contradicts the others by what it was told.
    pub(super) fn contradicts(&self, done: &Operation, version: Index) -> Option<String> {
        let found = done.answer().and_then(|answer| answer.found)?;
        let held = |state: State| state.map_or("nothing".to_string(), |value| value.to_string());
        if found.is_none() != (version == Index::ZERO) {
            return Some(format!("but that it held {}", held(found)));
        }
        if let Some(known) = self.values.get(&version).filter(|known| **known != found) {
            return Some(format!("as {}, and somebody else as {}", held(found), held(*known)));
        }
        let written = done.answer().is_some_and(|answer| answer.written);
        if let Some(other) = self.writers.get(&version).filter(|_| written) {
            return Some(format!("and operation {} wrote upon the same", other.process));
        }
        // A version that it makes known may stand between one and that upon which it was written.
        let below = self.values.range(..version).next_back().map(|(below, _)| *below);
        let above = self.values.range(version.next()..).next();
        let skips = |value: State, below: Index| self.upon.get(&value).is_some_and(|upon| *upon < below);
        let own = self.values.iter().find(|(_, value)| written && **value == done.request.writes());
        if below.is_some_and(|below| skips(found, below)) {
            return Some(format!("but its writer had missed entry {}", below.unwrap_or_default()));
        }
        if let Some((above, _)) = above.filter(|(_, value)| skips(**value, version)) {
            return Some(format!("but the writer of entry {above} had missed that"));
        }
        let (own, _) = own.filter(|(own, _)| **own > version)?;
        let (missed, _) = self.values.range(version.next()..*own).next_back()?;
        Some(format!("but wrote entry {own} upon it, and so missed entry {missed}"))
    }

    /// Keeps an operation that is done.
    pub(super) fn keeps(&mut self, done: Operation, version: Index) {
        let Some(answer) = done.answer() else { return };
        self.values.entry(version).or_insert(answer.found.unwrap_or_default());
        if answer.written {
            self.writers.entry(version).or_insert(done);
            self.upon.insert(done.request.writes(), version);
        }
        self.spent.remove(&done.request.writes().unwrap_or_default());
        self.done.push((version, done));
    }

    /// Forgets what is too much, up to a version in the middle of what is kept. `is_under_way` tells whether the operation
    /// that writes a value has not ended yet.
    pub(super) fn forget(&mut self, is_under_way: impl Fn(i64) -> bool) {
        if self.done.len() <= KEPT {
            return;
        }
        let mut versions: Vec<Index> = self.done.iter().map(|(version, _)| *version).collect();
        versions.sort_unstable();
        let first = versions[KEPT / 2].max(self.first.0);
        let Some(value) = self.values.get(&first) else { return };
        self.first = (first, *value);
        self.done.retain(|(version, _)| *version >= first);
        // What only found the first version is explained by that.
        let mut excess = self.done.len().saturating_sub(KEPT / 2);
        self.done.retain(|(_, it)| {
            let drops = excess > 0 && it.only_finds();
            excess -= usize::from(drops);
            !drops
        });
        if self.done.len() > KEPT {
            self.done.drain(..KEPT / 2);
            self.forgot = true;
        }
        // Whoever wrote the first version or one before has taken effect.
        for (_, value) in self.values.range(..=first) {
            self.open.retain(|it| it.request.writes() != *value);
            self.spent.extend(value.filter(|value| is_under_way(*value)));
        }
        self.values = self.values.split_off(&first);
        self.writers = self.writers.split_off(&first);
        self.upon.retain(|_, upon| *upon >= first);
    }
}
