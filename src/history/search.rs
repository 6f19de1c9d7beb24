//! A search for an order: Wing and Gong (1993), with the memory of Lowe (2017).
//!
//! Operations are taken one by one, in the order of their invocations as long as that goes, each from among those that were
//! invoked before the first return of one not taken yet. Where none fits, the last one taken is put back. A set of taken
//! operations with the state that they lead to is entered once only.
//!
//! A value that nobody can have written yet needs no search: there is no order then.
//!
//! What changes nothing is taken as soon as it fits: wherever else it could stand, it can stand here. So there is nothing else to try
//! where it is put back. An open operation is taken only to be noticed: by the one taken next, which finds or expects what it wrote. Without that it may
//! as well never take effect.

use super::{Judgement, Operation, Outcome, Request, State};
use std::collections::{BTreeMap, BTreeSet};

/// What taking an operation counts for, beside looking at it: it is remembered.
const STEPS_TO_TAKE: u64 = 15;

/// Looks for an order of these operations on one key that holds `state` at first, in at most `budget` steps.
pub fn search(operations: &[Operation], state: State, mut budget: u64) -> Judgement {
    within(operations, state, &mut budget)
}

/// The same, in at most so many steps as are left. Those that it took are taken off.
pub(super) fn within(operations: &[Operation], state: State, left: &mut u64) -> Judgement {
    let mut steps = operations.len() as u64;
    let judgement = if finds_what_nobody_wrote(operations, state) {
        Judgement::NotLinearizable
    } else {
        let (closed, open) = relevant(operations);
        Search::new(closed, open, state).run(*left, &mut steps)
    };
    *left = left.saturating_sub(steps);
    judgement
}

/// Whether some operation found what the key did not hold at first and what nobody had begun to write when it ended.
fn finds_what_nobody_wrote(operations: &[Operation], state: State) -> bool {
    let mut begun: BTreeMap<i64, u64> = BTreeMap::new();
    for operation in operations.iter().filter(|it| it.outcome != Outcome::Failed && !it.only_finds()) {
        if let Some(value) = operation.request.writes() {
            let first = begun.entry(value).or_insert(operation.invoked);
            *first = operation.invoked.min(*first);
        }
    }
    let is_from_nowhere = |it: &Operation| {
        let found = it.answer().and_then(|answer| answer.found);
        found.is_some_and(|found| {
            found != state && found.and_then(|it| begun.get(&it)).is_none_or(|first| *first > it.returned)
        })
    };
    operations.iter().any(is_from_nowhere)
}

/// The operations that are done, and of the open ones those that can explain what was found; each in the order of invocations.
pub(super) fn relevant(operations: &[Operation]) -> (Vec<Operation>, Vec<Operation>) {
    let mut closed: Vec<Operation> = operations.iter().filter(|it| it.answer().is_some()).copied().collect();
    let mut wanted: BTreeSet<State> =
        closed.iter().filter_map(|it| it.answer().and_then(|answer| answer.found)).collect();
    let is_open = |it: &&Operation| it.outcome == Outcome::Open && it.request != Request::Read;
    let (mut rest, mut open): (Vec<Operation>, Vec<Operation>) =
        (operations.iter().filter(is_open).copied().collect(), Vec::new());
    // An open compare-and-set that explains something makes what it expects wanted, too.
    loop {
        let (found, others): (Vec<_>, Vec<_>) =
            rest.into_iter().partition(|it| wanted.contains(&it.request.writes()));
        if found.is_empty() {
            break;
        }
        wanted.extend(found.iter().filter_map(|it| match it.request {
            Request::Cas { expected, .. } => Some(expected),
            Request::Read | Request::Write(_) => None,
        }));
        open.extend(found);
        rest = others;
    }
    closed.sort_unstable_by_key(|it| it.invoked);
    open.sort_unstable_by_key(|it| it.invoked);
    (closed, open)
}

/// The states that an operation notices: without which it would not take effect in the same way. A compare-and-set that failed
/// has noticed what it found.
fn noticed(operation: &Operation) -> impl Iterator<Item = State> {
    let found = operation.answer().and_then(|answer| answer.found);
    let expected = match operation.request {
        Request::Cas { expected, .. } => Some(expected),
        Request::Read | Request::Write(_) => None,
    };
    found.into_iter().chain(expected.filter(|expected| found != Some(*expected)))
}

/// An event of the history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Event {
    Invoke(usize),
    Return,
    /// The end of the list.
    End,
}

/// The place of the end in the list of events.
const END: usize = 0;

/// The events that are left, as a list with its end at place 0, both ways.
#[derive(Debug)]
struct Events {
    events: Vec<Event>,
    next: Vec<usize>,
    before: Vec<usize>,
}

impl Events {
    fn remove(&mut self, at: usize) {
        let (before, next) = (self.before[at], self.next[at]);
        (self.next[before], self.before[next]) = (next, before);
    }

    /// Undoes the last removal that is not undone yet.
    fn restore(&mut self, at: usize) {
        let (before, next) = (self.before[at], self.next[at]);
        (self.next[before], self.before[next]) = (at, at);
    }
}

#[derive(Debug)]
struct Search {
    /// Those that are done, then those that are open.
    operations: Vec<Operation>,
    /// The places of each operation's events; an open one's return has none.
    places: Vec<(usize, Option<usize>)>,
    events: Events,
    taken: Taken,
    state: State,
    /// Whether the last one taken is open, and has to be noticed by the next.
    unnoticed: bool,
    /// The returns of those that are done and not taken yet.
    returns: BTreeSet<u64>,
    /// For each open one who might notice it.
    noticing: Vec<Vec<usize>>,
}

impl Search {
    fn new(closed: Vec<Operation>, open: Vec<Operation>, state: State) -> Self {
        let left = closed.len();
        let taken = Taken::new(left, open.len());
        let operations: Vec<Operation> = closed.into_iter().chain(open).collect();
        let mut order: Vec<(u64, Event, usize)> = Vec::new();
        for (number, operation) in operations.iter().enumerate() {
            order.push((operation.invoked, Event::Invoke(number), number));
            if number < left {
                order.push((operation.returned, Event::Return, number));
            }
        }
        order.sort_unstable_by_key(|(position, ..)| *position);
        let mut places = vec![(0, None); operations.len()];
        for (place, (_, event, number)) in (1..).zip(&order) {
            match event {
                Event::Invoke(_) => places[*number].0 = place,
                Event::Return | Event::End => places[*number].1 = Some(place),
            }
        }
        let length = order.len() + 1;
        let events = Events {
            events: std::iter::once(Event::End).chain(order.iter().map(|(_, event, _)| *event)).collect(),
            next: (1..length).chain([0]).collect(),
            before: std::iter::once(length - 1).chain(0..length - 1).collect(),
        };
        let returns = operations[..left].iter().map(|it| it.returned).collect();
        let mut observers: BTreeMap<State, Vec<usize>> = BTreeMap::new();
        for (number, operation) in operations.iter().enumerate() {
            for state in noticed(operation) {
                observers.entry(state).or_default().push(number);
            }
        }
        let by = |it: &Operation| observers.get(&it.request.writes()).cloned().unwrap_or_default();
        let noticing = operations[left..].iter().map(by).collect();
        Self { operations, places, events, taken, state, unnoticed: false, returns, noticing }
    }

    /// The first operation that changes nothing and fits now.
    fn fitting(&self, steps: &mut u64) -> Option<usize> {
        let mut at = self.events.next[END];
        while let Event::Invoke(number) = self.events.events[at] {
            *steps += 1;
            let operation = &self.operations[number];
            if operation.only_finds() && operation.apply(self.state).is_some() {
                return Some(at);
            }
            at = self.events.next[at];
        }
        None
    }

    fn run(&mut self, budget: u64, steps: &mut u64) -> Judgement {
        let mut entered: BTreeSet<(Vec<u64>, State)> = BTreeSet::new();
        let mut path: Vec<(usize, State)> = Vec::new();
        // What the steps before this search were is none of its budget.
        let budget = budget.saturating_add(*steps);
        let mut at = self.fitting(steps).unwrap_or(self.events.next[END]);
        while !self.returns.is_empty() {
            *steps += 1;
            if *steps > budget {
                return Judgement::Undecided;
            }
            if let Event::Invoke(number) = self.events.events[at] {
                let before = self.state;
                if let Some(after) = self.operations[number].apply(before)
                    && (!self.unnoticed || noticed(&self.operations[number]).any(|it| it == before))
                    && self.may_be_noticed(number)
                {
                    *steps += STEPS_TO_TAKE;
                    self.taken.put(number);
                    let is_open = self.places[number].1.is_none();
                    if entered.insert((self.taken.key(is_open), after)) {
                        path.push((number, before));
                        self.lift(number, after);
                        at = self.fitting(steps).unwrap_or(self.events.next[END]);
                        continue;
                    }
                    self.taken.put_back(number);
                }
                at = self.events.next[at];
            } else {
                // An operation that is not taken yet had returned: what comes later can't come before it.
                let Some((number, before)) = path.pop() else { return Judgement::NotLinearizable };
                self.put_back(number, before);
                self.unnoticed = path.last().is_some_and(|(last, _)| self.places[*last].1.is_none());
                let only_finds = self.operations[number].only_finds();
                at = if only_finds { END } else { self.events.next[self.places[number].0] };
            }
        }
        Judgement::Linearizable
    }

    /// Whether this is done, or somebody may be taken next who notices it.
    fn may_be_noticed(&self, number: usize) -> bool {
        let Some(open) = number.checked_sub(self.taken.closed) else { return true };
        let first_return = self.returns.first().copied().unwrap_or(u64::MAX);
        let may = |by: &usize| !self.taken.has(*by) && self.operations[*by].invoked < first_return;
        self.noticing[open].iter().any(may)
    }

    fn lift(&mut self, number: usize, after: State) {
        let (invoke, returned) = self.places[number];
        self.state = after;
        self.unnoticed = returned.is_none();
        self.events.remove(invoke);
        if let Some(returned) = returned {
            self.events.remove(returned);
            self.returns.remove(&self.operations[number].returned);
        }
    }

    fn put_back(&mut self, number: usize, before: State) {
        let (invoke, returned) = self.places[number];
        self.state = before;
        self.taken.put_back(number);
        if let Some(returned) = returned {
            self.events.restore(returned);
            self.returns.insert(self.operations[number].returned);
        }
        self.events.restore(invoke);
    }
}

/// The operations taken, as bits. Those that are done are taken nearly in order; so a set is told in a few words however long the
/// history is.
#[derive(Debug)]
struct Taken {
    words: Vec<u64>,
    /// How many words those that are done have; those of the open ones follow.
    closed_words: usize,
    /// The place of the first open one, in operations.
    closed: usize,
    /// How many words at the beginning are full.
    full: usize,
    /// How many of those that are done are taken.
    count: u32,
}

impl Taken {
    fn new(closed: usize, open: usize) -> Self {
        let closed_words = closed.div_ceil(64);
        let words = vec![0; closed_words + open.div_ceil(64)];
        Self { words, closed_words, closed, full: 0, count: 0 }
    }

    fn place(&self, number: usize) -> (usize, u64) {
        match number.checked_sub(self.closed) {
            None => (number / 64, 1 << (number % 64)),
            Some(open) => (self.closed_words + open / 64, 1 << (open % 64)),
        }
    }

    fn has(&self, number: usize) -> bool {
        let (word, bit) = self.place(number);
        self.words[word] & bit != 0
    }

    fn put(&mut self, number: usize) {
        let (word, bit) = self.place(number);
        self.words[word] |= bit;
        self.count += u32::from(word < self.closed_words);
        while self.full < self.closed_words && self.words[self.full] == u64::MAX {
            self.full += 1;
        }
    }

    fn put_back(&mut self, number: usize) {
        let (word, bit) = self.place(number);
        self.words[word] &= !bit;
        if word < self.closed_words {
            self.count -= 1;
            self.full = self.full.min(word);
        }
    }

    /// The set in words, and whether the last one taken is open, such that different ones have different words.
    fn key(&self, is_open: bool) -> Vec<u64> {
        let mut key = vec![2 * self.full as u64 + u64::from(is_open)];
        let mut left = self.count - 64 * self.full as u32;
        for word in &self.words[self.full..self.closed_words] {
            if left == 0 {
                break;
            }
            key.push(*word);
            left -= word.count_ones();
        }
        // How many words there were follows from the length, since the number of those of the open ones is fixed.
        key.extend_from_slice(&self.words[self.closed_words..]);
        key
    }
}
