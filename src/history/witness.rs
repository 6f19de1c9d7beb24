//! Whether the order that a history tells itself is a legal one: enough to pass, in the time that sorting takes.
//!
//! Operations that tell which version of their key they found stand in the order of those: after the write that made the
//! version, those that only found it before the one that wrote upon it. The order is legal if each operation found what the one
//! before it has left, and if none stands after one that was invoked only after it had returned.

use super::{Operation, Outcome, Request, State};
use std::collections::BTreeMap;

/// Whether the order of the versions is one of these operations on a key that holds `state` at first. False also says that
/// they tell of none.
pub fn orders(operations: &[Operation], mut state: State) -> bool {
    let done = operations.iter().filter_map(|it| it.answer().map(|answer| (it, answer)));
    let told: Option<Vec<_>> = done
        .map(|(it, answer)| answer.version.map(|version| (version, answer.written, it.invoked, it)))
        .collect();
    let Some(mut order) = told else { return false };
    order.sort_unstable_by_key(|(version, written, invoked, _)| (*version, *written, *invoked));
    let is_open = |it: &&Operation| it.outcome == Outcome::Open;
    let mut open: BTreeMap<State, &Operation> = operations
        .iter()
        .filter(is_open)
        .filter_map(|it| it.request.writes().map(|value| (Some(value), it)))
        .collect();
    // Whoever stands after this position's operation must not have returned before it.
    let mut latest_invocation = 0;
    for (_, _, _, operation) in order {
        let found = operation.answer().and_then(|answer| answer.found);
        for writer in found.map_or_else(Vec::new, |found| explained(found, state, &mut open)) {
            let Some(after) = writer.apply(state) else { return false };
            state = after;
            latest_invocation = latest_invocation.max(writer.invoked);
        }
        let Some(after) = operation.apply(state) else { return false };
        if operation.returned < latest_invocation {
            return false;
        }
        state = after;
        latest_invocation = latest_invocation.max(operation.invoked);
    }
    true
}

/// The open operations, in order, that lead from `state` to what was found. They are used up.
fn explained<'a>(
    found: State,
    state: State,
    open: &mut BTreeMap<State, &'a Operation>,
) -> Vec<&'a Operation> {
    let mut writers = Vec::new();
    let mut wanted = found;
    while wanted != state
        && let Some(writer) = open.remove(&wanted)
    {
        writers.push(writer);
        let Request::Cas { expected, .. } = writer.request else { break };
        wanted = expected;
    }
    writers.reverse();
    writers
}
