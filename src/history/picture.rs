//! A picture in text: a row for each process, a bar for each operation, time from left to right.
//!
//! ```text
//! process 1  |-write 1-|           |-read 1-|
//! process 2             |-write 2-|
//! ```
//!
//! Columns tell the order of what happened, not how long it took. A bar that ends in `>` has no known end.

use super::{Answer, Operation, Outcome, Request, State};
use std::collections::BTreeMap;

/// The picture of these operations. Its last line ends with a line break.
pub fn picture(operations: &[Operation]) -> String {
    rows(operations, "process")
}

/// The same where a row is not that of a process, but of something else with its number.
pub fn rows(operations: &[Operation], of: &str) -> String {
    let columns = columns(operations);
    let end = columns.values().max().map_or(0, |last| last + 2);
    let mut rows: BTreeMap<u64, String> = BTreeMap::new();
    let mut order: Vec<&Operation> = operations.iter().collect();
    order.sort_unstable_by_key(|it| it.invoked);
    for operation in order {
        let row = rows.entry(operation.process).or_default();
        let from = columns[&operation.invoked];
        // A process that never heard of an operation may have begun another: then the bar ends before that.
        let is_open = !is_over(operation);
        let until = if is_open {
            next_of(operation, operations, &columns, end)
        } else {
            columns[&operation.returned]
        };
        row.extend(std::iter::repeat_n(' ', from.saturating_sub(row.chars().count())));
        let name = name(operation);
        let room = (until - from).saturating_sub(1);
        let left = room.saturating_sub(name.chars().count());
        let (before, after) = (left / 2, left - left / 2);
        row.push('|');
        row.push_str(&"-".repeat(before));
        row.push_str(&name);
        row.push_str(&"-".repeat(after));
        row.push(if is_open { '>' } else { '|' });
    }
    let label = |process: &u64| format!("{of} {process}");
    let width = rows.keys().map(|process| label(process).len()).max().unwrap_or(0);
    rows.iter().map(|(process, row)| format!("{:width$}  {row}\n", label(process))).collect()
}

/// Whether it has returned at all. What is open in a part of a history may have done so after it.
fn is_over(operation: &Operation) -> bool {
    operation.outcome != Outcome::Open || operation.returned < u64::MAX
}

/// Where an open operation's bar ends: before the next one of its process, or at the end.
fn next_of(operation: &Operation, all: &[Operation], columns: &BTreeMap<u64, usize>, end: usize) -> usize {
    let later = all.iter().filter(|it| it.process == operation.process && it.invoked > operation.invoked);
    later.map(|it| columns[&it.invoked] - 2).min().unwrap_or(end).max(least_end(operation, columns))
}

/// The column at which a bar may end at the earliest, so that its name has room.
fn least_end(operation: &Operation, columns: &BTreeMap<u64, usize>) -> usize {
    columns[&operation.invoked] + name(operation).chars().count() + 3
}

/// The column of each invocation and return, by position.
fn columns(operations: &[Operation]) -> BTreeMap<u64, usize> {
    let mut events: BTreeMap<u64, (&Operation, bool)> = BTreeMap::new();
    for operation in operations {
        events.insert(operation.invoked, (operation, false));
        if is_over(operation) {
            events.insert(operation.returned, (operation, true));
        }
    }
    let mut columns: BTreeMap<u64, usize> = BTreeMap::new();
    // Where each process's row is free again.
    let mut free: BTreeMap<u64, usize> = BTreeMap::new();
    let mut next = 0;
    for (position, (operation, ends)) in events {
        let least = if ends {
            least_end(operation, &columns)
        } else {
            free.get(&operation.process).copied().unwrap_or(0)
        };
        let column = next.max(least);
        columns.insert(position, column);
        next = column + 1;
        let until = if ends { column } else { column + name(operation).chars().count() + 3 };
        free.insert(operation.process, until + 2);
    }
    columns
}

/// What an operation is called: what it asked for, and what it found.
pub fn name(operation: &Operation) -> String {
    let held = |state: State| state.map_or("nothing".to_string(), |value| value.to_string());
    let answer = operation.answer();
    let found = answer.and_then(|Answer { found, .. }| found).map(held);
    match (operation.request, answer) {
        (Request::Read, _) => format!("read {}", found.unwrap_or("?".into())),
        (Request::Write(value), _) => match found {
            Some(found) => format!("write {value} over {found}"),
            None => format!("write {value}"),
        },
        (Request::Cas { expected, value }, Some(Answer { written: false, .. })) => {
            format!("cas {} to {value} found {}", held(expected), found.unwrap_or("another".into()))
        }
        (Request::Cas { expected, value }, _) => format!("cas {} to {value}", held(expected)),
    }
}
