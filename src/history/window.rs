//! The shortest window of operations that can't be ordered.

use super::{Judgement, Operation, Outcome, Request, State, search};
use std::collections::BTreeSet;

/// Operations on one key that can't be ordered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// They, in the order of their invocations.
    pub operations: Vec<Operation>,
    /// What the key holds before them; none if they can't be ordered whatever it holds.
    pub from: Option<State>,
    /// The position at which it was clear.
    pub until: u64,
}

/// How many operations are cut down one by one; of more only the beginning and the end are cut.
const FEW: usize = 200;

/// The shortest window in this history of a key that holds `state` at first; each look at a part may take so many steps. None if
/// nothing shows within them that there is no order.
///
/// First what comes after the first return that can't be ordered is cut off. Then the beginning, as long as the rest can't be
/// ordered whatever the key holds; at last, one by one, whatever explains nothing that is left.
pub fn shortest(operations: &[Operation], state: State, budget: u64) -> Option<Window> {
    let fails = |part: &[Operation]| search::search(part, state, budget) == Judgement::NotLinearizable;
    let mut returns: Vec<u64> =
        operations.iter().filter(|it| it.answer().is_some()).map(|it| it.returned).collect();
    returns.sort_unstable();
    let until = *returns.get(returns.partition_point(|until| !fails(&before(operations, *until))))?;
    let mut window = Window { operations: before(operations, until), from: Some(state), until };
    if let Some(operations) = without_beginning(&window.operations, budget) {
        (window.operations, window.from) = (operations, None);
    }
    let (closed, open) = search::relevant(&window.operations);
    window.operations = closed.into_iter().chain(open).collect();
    window.operations.sort_unstable_by_key(|it| it.invoked);
    if window.operations.len() <= FEW {
        window.thin_out(budget);
    }
    Some(window)
}

/// What is known of the operations at this position: what returns later is open.
fn before(operations: &[Operation], until: u64) -> Vec<Operation> {
    let invoked = operations.iter().filter(|it| it.invoked <= until && it.outcome != Outcome::Failed);
    invoked
        .map(|it| if it.latest() > until { Operation { outcome: Outcome::Open, ..*it } } else { *it })
        .collect()
}

/// The shortest part at the end that can't be ordered whatever the key holds before.
fn without_beginning(operations: &[Operation], budget: u64) -> Option<Vec<Operation>> {
    // What was under way where the part begins may have taken effect before: so that is open, and what it found says nothing.
    let from = |position: u64| -> Vec<Operation> {
        let later = operations.iter().filter(|it| it.latest() > position);
        later
            .map(|it| if it.invoked < position { Operation { outcome: Outcome::Open, ..*it } } else { *it })
            .collect()
    };
    let places: Vec<u64> = operations.iter().map(|it| it.invoked).collect();
    // A later part is ordered more easily.
    let first_ordered = places.partition_point(|position| fails_from_all(&from(*position), budget));
    let last_failing = places.get(first_ordered.checked_sub(1)?)?;
    Some(from(*last_failing))
}

/// Whether no order is there, whatever the key holds before. What nobody finds is no better than what somebody does.
fn fails_from_all(operations: &[Operation], budget: u64) -> bool {
    let mut states: BTreeSet<State> =
        operations.iter().filter_map(|it| it.answer().and_then(|answer| answer.found)).collect();
    states.extend(operations.iter().filter_map(|it| match (it.request, it.answer()) {
        (Request::Cas { expected, .. }, None) => Some(expected),
        _ => None,
    }));
    if states.is_empty() {
        states.insert(None);
    }
    states.into_iter().all(|state| search::search(operations, state, budget) == Judgement::NotLinearizable)
}

impl Window {
    fn fails(&self, budget: u64) -> bool {
        match self.from {
            None => fails_from_all(&self.operations, budget),
            Some(state) => search::search(&self.operations, state, budget) == Judgement::NotLinearizable,
        }
    }

    /// Leaves out what can be left out while the rest can't be ordered. What nobody found explains nothing; without it the rest
    /// is ordered no worse.
    fn thin_out(&mut self, budget: u64) {
        let mut at = self.operations.len();
        while at > 0 {
            at -= 1;
            let operation = self.operations[at];
            let value = operation.request.writes();
            let is_found = self.operations.iter().any(|it| {
                let found = it.answer().and_then(|answer| answer.found);
                let expects = matches!(it.request, Request::Cas { expected, .. } if expected == value);
                found == Some(value) || expects && it.answer().is_none_or(|answer| answer.written)
            });
            if is_found && !operation.only_finds() {
                continue;
            }
            self.operations.remove(at);
            if !self.fails(budget) {
                self.operations.insert(at, operation);
            }
        }
    }
}
