//! The logs before time 0: entries whose terms never fall, and that agree as Raft's logs do.

use crate::ids::Term;
use crate::plan::Logs;
use crate::scenario::bounds::HIGHEST_COUNT;
use crate::scenario::notes::Notes;
use crate::scenario::path::Path;
use crate::scenario::shape;
use std::collections::BTreeMap;

/// The most entries of one log.
const MOST_ENTRIES: usize = 10_000;

/// What the logs hold.
pub(super) fn logs(path: &Path<'_>, logs: &shape::Logs, voters: u32, notes: &mut Notes<'_>) -> Logs {
    let logs = match logs {
        shape::Logs::Same => return Logs::Same,
        shape::Logs::Shuffled => return Logs::Shuffled,
        shape::Logs::Each(logs) => logs,
    };
    if logs.len() != voters as usize {
        let message = format!("there are {} logs, but {voters} voters", logs.len());
        notes.error(path, message, "write one list of terms for each voter; an empty log is `[]`");
    }
    let before = notes.count();
    for (node, log) in logs.iter().enumerate() {
        terms(&path.item(node), log, notes);
    }
    if notes.count() == before {
        matching(path, logs, notes);
    }
    Logs::Each(logs.iter().map(|log| log.iter().map(|&term| Term(term)).collect()).collect())
}

/// The terms of one log; the first that is wrong is told.
fn terms(path: &Path<'_>, log: &[u64], notes: &mut Notes<'_>) {
    if log.len() > MOST_ENTRIES {
        let message = format!("a log of {} entries is too long: at most {MOST_ENTRIES} fit", log.len());
        notes.error(path, message, "a few entries show as much");
    }
    let mut last = 1;
    for (i, &term) in log.iter().enumerate() {
        let path = path.item(i);
        if !(1..=HIGHEST_COUNT).contains(&term) {
            let message = format!("a term is from 1 to {HIGHEST_COUNT}, not {term}");
            return notes.error(&path, message, "the first election is for term 1");
        }
        if term < last {
            let message = format!("the term falls from {last} to {term}");
            return notes.error(&path, message, "in a log the terms of entries never fall");
        }
        last = term;
    }
}

/// Holds the logs against each other: where two have the same term at the same index, they agree up to there (Raft
/// paper, figure 3). Each log walks a trie of terms, so an index and term that stands in two places of the trie is the
/// end of two different logs.
fn matching(path: &Path<'_>, logs: &[Vec<u64>], notes: &mut Notes<'_>) {
    let mut trie: BTreeMap<(usize, u64), usize> = BTreeMap::new();
    let mut ends: BTreeMap<(usize, u64), (usize, usize)> = BTreeMap::new();
    for (node, log) in logs.iter().enumerate() {
        let mut at = 0;
        for (index, &term) in log.iter().enumerate() {
            let fresh = trie.len() + 1;
            at = *trie.entry((at, term)).or_insert(fresh);
            let (first_at, first) = *ends.entry((index, term)).or_insert((at, node));
            if first_at != at {
                let message = format!(
                    "the logs of nodes {} and {} both have an entry of term {term} at index {}, but differ before it",
                    first + 1,
                    node + 1,
                    index + 1
                );
                let help =
                    "Raft never makes such logs: let them agree up to there, or change one of the two terms";
                let other = path.item(first);
                let beside = (&other.item(index), "the other entry");
                notes.error_beside(&path.item(node).item(index), message, help, beside);
                break;
            }
        }
    }
}
