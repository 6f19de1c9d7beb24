//! The shortest window of operations that can't be ordered.

use super::{Judgement, Operation, Outcome, Request, State, search};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// Operations on one key that can't be ordered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// They, in the order of their invocations.
    pub operations: Vec<Operation>,
    /// What the key holds before them; none if they can't be ordered whatever it holds.
    pub from: Option<State>,
    /// The position at which it was clear.
    pub until: u64,
    /// Whether the steps ran out before it was the shortest.
    pub may_be_shorter: bool,
}

/// How many times the steps of one look all looks together may take.
const LOOKS: u64 = 8;

/// The shortest window in this history of a key that holds `state` at first; a look at a part may take so many steps, and all of
/// them eight times as many. None if nothing shows within one look that there is no order.
///
/// First what comes after the first return that can't be ordered is cut off. Then the beginning, as long as the rest can't be
/// ordered whatever the key holds; at last, in parts that get smaller, whatever explains nothing that is left. Where the steps run
/// out it is as short as it has become.
pub fn shortest(operations: &[Operation], state: State, budget: u64) -> Option<Window> {
    let mut looks = Looks { each: budget, left: budget.saturating_mul(LOOKS), gave_up: false };
    if !looks.fails(operations, state) {
        return None;
    }
    let mut operations = operations.to_vec();
    operations.sort_unstable_by_key(|it| it.invoked);
    let mut returns: Vec<u64> =
        operations.iter().filter(|it| it.answer().is_some()).map(|it| it.returned).collect();
    returns.sort_unstable();
    let fails = |at: usize| looks.fails(&before(&operations, returns[at]), state);
    let until = returns[first_that_fails(returns.len().checked_sub(1)?, fails)];
    let mut window =
        Window { operations: before(&operations, until), from: Some(state), until, may_be_shorter: false };
    if let Some(operations) = without_beginning(&window.operations, &mut looks) {
        (window.operations, window.from) = (operations, None);
    }
    let (closed, open) = search::relevant(&window.operations);
    window.operations = closed.into_iter().chain(open).collect();
    window.operations.sort_unstable_by_key(|it| it.invoked);
    window.thin_out(&mut looks);
    window.may_be_shorter = looks.gave_up;
    Some(window)
}

/// Looks at parts of a history, within steps.
struct Looks {
    each: u64,
    left: u64,
    /// Whether a look found no answer within its steps.
    gave_up: bool,
}

impl Looks {
    /// Whether a look shows that there is no order.
    fn fails(&mut self, part: &[Operation], state: State) -> bool {
        let may_take = self.each.min(self.left);
        let mut left = may_take;
        let judgement = search::within(part, state, &mut left);
        self.left -= may_take - left;
        self.gave_up |= judgement == Judgement::Undecided;
        judgement == Judgement::NotLinearizable && may_take > 0
    }

    /// Whether no order is there, whatever the key holds before.
    fn fails_from_all(&mut self, part: &[Operation]) -> bool {
        first_states(part).into_iter().all(|state| self.fails(part, state))
    }
}

/// The states that it matters to hold before these operations: what one of them notices that may stand before every write. Any
/// other is no better than these.
fn first_states(operations: &[Operation]) -> BTreeSet<State> {
    let writes = operations.iter().filter(|it| it.answer().is_some_and(|answer| answer.written));
    let first_write = writes.map(|it| it.returned).min().unwrap_or(u64::MAX);
    let early = operations.iter().filter(|it| it.invoked < first_write);
    let mut states: BTreeSet<State> = early
        .filter_map(|it| match (it.request, it.answer()) {
            (_, Some(answer)) => answer.found,
            (Request::Cas { expected, .. }, None) => Some(expected),
            (Request::Read | Request::Write(_), None) => None,
        })
        .collect();
    if states.is_empty() {
        states.insert(None);
    }
    states
}

/// The first of the places up to `last` where something fails that fails from some place on, and at the last one.
fn first_that_fails(last: usize, mut fails: impl FnMut(usize) -> bool) -> usize {
    let (mut low, mut high) = (0, last);
    while low < high {
        let middle = low.midpoint(high);
        if fails(middle) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    high
}

/// What is known of the operations at this position: what returns later is open.
fn before(operations: &[Operation], until: u64) -> Vec<Operation> {
    let invoked = operations.iter().filter(|it| it.invoked <= until && it.outcome != Outcome::Failed);
    invoked
        .map(|it| if it.latest() > until { Operation { outcome: Outcome::Open, ..*it } } else { *it })
        .collect()
}

/// The shortest part at the end that can't be ordered whatever the key holds before.
fn without_beginning(operations: &[Operation], looks: &mut Looks) -> Option<Vec<Operation>> {
    // What was under way where the part begins may have taken effect before: so that is open, and what it found says nothing.
    let from = |position: u64| -> Vec<Operation> {
        let later = operations.iter().filter(|it| it.latest() > position);
        later
            .map(|it| if it.invoked < position { Operation { outcome: Outcome::Open, ..*it } } else { *it })
            .collect()
    };
    // From the end: a part that begins earlier is ordered less easily.
    let places: Vec<u64> = operations.iter().rev().map(|it| it.invoked).collect();
    let last = places.len().checked_sub(1)?;
    if !looks.fails_from_all(&from(places[last])) {
        return None;
    }
    let first = first_that_fails(last, |at| looks.fails_from_all(&from(places[at])));
    Some(from(places[first]))
}

impl Window {
    fn fails(&self, operations: &[Operation], looks: &mut Looks) -> bool {
        match self.from {
            None => looks.fails_from_all(operations),
            Some(state) => looks.fails(operations, state),
        }
    }

    /// Leaves out what can be left out while the rest can't be ordered: large parts first, at last one by one until nothing more
    /// can be.
    fn thin_out(&mut self, looks: &mut Looks) {
        let mut size = self.operations.len();
        while size > 0 {
            let many = self.operations.len();
            let mut end = many;
            while end > 0 {
                let part = end.saturating_sub(size)..end;
                end = part.start;
                let thinner = without(&self.operations, part);
                if thinner.len() < self.operations.len() && self.fails(&thinner, looks) {
                    self.operations = thinner;
                }
            }
            if size > 1 || self.operations.len() == many {
                size /= 2;
            }
        }
    }
}

/// What an operation needs the key to hold before it, if it is to stand as it does.
fn needs(operation: &Operation) -> Option<State> {
    match (operation.request, operation.answer()) {
        (_, Some(answer)) if answer.found.is_some() => answer.found,
        (Request::Cas { expected, .. }, _) => Some(expected),
        (Request::Read | Request::Write(_), _) => None,
    }
}

/// These operations without those of a part, but for those that may have written what one that is left needs. What nobody needs
/// explains nothing: with it the rest is ordered no better.
pub(super) fn without(operations: &[Operation], part: Range<usize>) -> Vec<Operation> {
    let mut needed = Needed::by(operations);
    let mut left: Vec<Operation> = Vec::with_capacity(operations.len());
    let (finding, writing): (Vec<_>, Vec<_>) =
        operations.iter().enumerate().rev().partition(|(_, it)| it.only_finds());
    // Those that only find first, so that what they alone need can go, too.
    for (number, operation) in finding.into_iter().chain(writing) {
        if part.contains(&number) && (operation.only_finds() || !needed.is_met_by(operation)) {
            needed.leave_out(number, operation);
        } else {
            left.push(*operation);
        }
    }
    left.sort_unstable_by_key(|it| it.invoked);
    left
}

/// What operations need, by state: each by its number, with the span in which the write that it needs was under way.
///
/// The write was begun before the operation ended. And it was not over when another began that was over before the operation
/// began: that one would stand between them.
struct Needed(BTreeMap<State, Vec<(usize, Range<u64>)>>);

impl Needed {
    fn by(operations: &[Operation]) -> Self {
        // By the return of each write, when the last of those up to it began.
        let writes = operations.iter().filter(|it| it.answer().is_some_and(|answer| answer.written));
        let mut begun: Vec<(u64, u64)> = writes.map(|it| (it.returned, it.invoked)).collect();
        begun.sort_unstable();
        let mut last = 0;
        for (_, invoked) in &mut begun {
            last = last.max(*invoked);
            *invoked = last;
        }
        let mut needed: BTreeMap<State, Vec<_>> = BTreeMap::new();
        for (number, operation) in operations.iter().enumerate() {
            let Some(state) = needs(operation) else { continue };
            let over = begun.partition_point(|(returned, _)| *returned < operation.invoked);
            let since = over.checked_sub(1).map_or(0, |at| begun[at].1);
            needed.entry(state).or_default().push((number, since..operation.latest()));
        }
        Self(needed)
    }

    fn leave_out(&mut self, number: usize, operation: &Operation) {
        if let Some(by) = needs(operation).and_then(|state| self.0.get_mut(&state)) {
            by.retain(|(it, _)| *it != number);
        }
    }

    /// Whether somebody may need this write.
    fn is_met_by(&self, write: &Operation) -> bool {
        let by = self.0.get(&write.request.writes());
        by.is_some_and(|by| {
            by.iter().any(|(_, span)| write.latest() > span.start && write.invoked < span.end)
        })
    }
}
