//! Every judgement beside that of an oracle, and pictures as they are drawn.

use super::picture::picture;
use super::search::{search, within};
use super::window::{shortest, without};
use super::*;
use proptest::prelude::*;
use todc_utils::{Action, History as Actions, Specification, WGLChecker};

/// A register for the oracle.
struct Register;

impl Specification for Register {
    type State = State;
    type Operation = Operation;

    fn init() -> State {
        None
    }

    fn apply(operation: &Operation, state: &State) -> (bool, State) {
        match (operation.apply(*state), operation.outcome) {
            (Some(after), _) => (true, after),
            // What is open ends after all others for the oracle: there it does no harm.
            (None, Outcome::Open) => (true, *state),
            (None, _) => (false, *state),
        }
    }
}

fn oracle(operations: &[Operation]) -> bool {
    let mut actions = Vec::new();
    for (number, operation) in operations.iter().enumerate() {
        if operation.outcome != Outcome::Failed {
            actions.push((operation.invoked, number, Action::Call(*operation)));
            actions.push((operation.latest(), number, Action::Response(*operation)));
        }
    }
    actions.sort_by_key(|(position, ..)| *position);
    let actions: Vec<_> = actions.into_iter().map(|(_, number, action)| (number, action)).collect();
    actions.is_empty() || WGLChecker::<Register>::is_linearizable(Actions::from_actions(actions))
}

/// What happens next in a history that is being made up: to which process, and words to choose by.
type Step = (u64, [u8; 4]);

/// An operation under way, and what it was told, if it has taken effect.
type UnderWay = (Request, u64, Option<Answer>);

/// A history of a register that sometimes answers wrongly, if `lies`. Values are few, or all different.
fn made_up(steps: &[Step], lies: bool, distinct: bool) -> Vec<Operation> {
    let (mut state, mut version): (State, u64) = (None, 0);
    let mut under_way: BTreeMap<u64, UnderWay> = BTreeMap::new();
    let mut operations = Vec::new();
    for (position, (process, [what, first, second, luck])) in (1..).zip(steps) {
        let value = if distinct { position as i64 } else { i64::from(first % 3) };
        match under_way.get_mut(process) {
            None => {
                let expected = if second % 4 == 0 { None } else { Some(i64::from(second % 3)) };
                let request = match what % 4 {
                    0 | 1 => Request::Read,
                    2 => Request::Write(value),
                    _ if distinct => Request::Cas { expected: state, value },
                    _ => Request::Cas { expected, value },
                };
                under_way.insert(*process, (request, position, None));
            }
            Some((request, _, told @ None)) => {
                let found = state;
                let written = match request {
                    Request::Read => false,
                    Request::Write(_) => true,
                    Request::Cas { expected, .. } => *expected == state,
                };
                *told = Some(Answer { found: Some(found), written, version: Some(version) });
                if written {
                    (state, version) = (request.writes(), position);
                }
            }
            Some((request, invoked, Some(answer))) => {
                let (request, invoked, mut answer) = (*request, *invoked, *answer);
                if lies && luck % 8 == 0 {
                    answer.found = Some(if second % 4 == 0 { None } else { Some(i64::from(first % 3)) });
                    answer.version = Some(u64::from(*second) % position);
                }
                if luck % 3 == 0 && matches!(request, Request::Write(_)) {
                    answer.found = None;
                }
                let outcome = if luck % 5 == 0 { Outcome::Open } else { Outcome::Done(answer) };
                operations.push(Operation {
                    process: *process,
                    request,
                    invoked,
                    returned: position,
                    outcome,
                });
                under_way.remove(process);
            }
        }
    }
    for (process, (request, invoked, _)) in under_way {
        let (returned, outcome) = (u64::MAX, Outcome::Open);
        operations.push(Operation { process, request, invoked, returned, outcome });
    }
    operations
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    proptest::collection::vec((0_u64..4, any::<[u8; 4]>()), 0..40)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn the_search_says_what_the_oracle_says(steps in steps(), lies: bool, distinct: bool) {
        let operations = made_up(&steps, lies, distinct);
        let expected =
            if oracle(&operations) { Judgement::Linearizable } else { Judgement::NotLinearizable };
        prop_assert_eq!(search(&operations, None, BUDGET), expected, "{}", picture(&operations));
        prop_assert!(lies || expected == Judgement::Linearizable);
    }

    #[test]
    fn a_witness_accepts_what_is_true_and_nothing_that_has_no_order(steps in steps(), lies: bool) {
        let operations = made_up(&steps, lies, true);
        let orders = witness::orders(&operations, None);
        prop_assert!(orders || lies, "{}", picture(&operations));
        prop_assert!(!orders || oracle(&operations), "{}", picture(&operations));
    }

    #[test]
    fn the_shortest_window_has_no_order_and_its_picture_is_whole(steps in steps(), distinct: bool) {
        let operations = made_up(&steps, true, distinct);
        let window = shortest(&operations, None, BUDGET);
        prop_assert_eq!(window.is_none(), oracle(&operations));
        let Some(window) = window else { return Ok(()) };
        let states = window.from.map_or_else(|| (0..=40).map(Some).chain([None]).collect(), |from| vec![from]);
        for from in states {
            prop_assert_eq!(search(&window.operations, from, BUDGET), Judgement::NotLinearizable);
        }
        let mut turned = operations;
        turned.reverse();
        prop_assert_eq!(shortest(&turned, None, BUDGET), Some(window.clone()));
        let drawn = picture(&window.operations);
        let bars = drawn.matches('|').count() + drawn.matches('>').count();
        prop_assert_eq!(bars, 2 * window.operations.len(), "{}", drawn);
        for operation in &window.operations {
            prop_assert!(drawn.contains(&picture::name(operation)), "{}", drawn);
        }
    }

    #[test]
    fn what_has_an_order_has_one_without_what_nobody_needs(
        steps in steps(), lies: bool, distinct: bool, first in 0_usize..40, many in 0_usize..40,
    ) {
        let operations = made_up(&steps, lies, distinct);
        if !oracle(&operations) {
            return Ok(());
        }
        let part = first.min(operations.len())..(first + many).min(operations.len());
        let left = without(&operations, part);
        prop_assert!(oracle(&left), "{}without a part:\n{}", picture(&operations), picture(&left));
    }
}

fn done(process: u64, request: Request, (invoked, returned): (u64, u64), found: Option<State>) -> Operation {
    let written = request.writes().is_some();
    let outcome = Outcome::Done(Answer { found, written, version: None });
    Operation { process, request, invoked, returned, outcome }
}

/// Many writes and reads one after the other, then a read of a value that was overwritten.
fn stale_at_the_end() -> Vec<Operation> {
    let mut operations = Vec::new();
    for at in 0..50 {
        let times = |from: u64| (8 * at + from, 8 * at + from + 3);
        operations.push(done(1, Request::Write(at as i64), times(0), None));
        operations.push(done(2, Request::Read, times(4), Some(Some(at as i64))));
    }
    operations.push(done(3, Request::Read, (405, 410), Some(Some(48))));
    operations
}

#[test]
fn a_window_shows_what_contradicts_itself_and_nothing_else() {
    let window = shortest(&stale_at_the_end(), None, BUDGET).expect("it has no order");
    let expected = "process 2  |-read 49-|\n\
                    process 3             |-read 48-|\n";
    assert_eq!(picture(&window.operations), expected);
    assert_eq!((window.from, window.until), (None, 410));
}

#[test]
fn what_was_never_written_is_a_window_with_its_beginning() {
    let operations = [done(1, Request::Read, (1, 2), Some(Some(7)))];
    let window = shortest(&operations, None, BUDGET).expect("nobody wrote it");
    assert_eq!((window.operations.as_slice(), window.from), (operations.as_slice(), Some(None)));
}

#[test]
fn bars_overlap_as_the_operations_do() {
    let open = |process, request, invoked| {
        let (returned, outcome) = (u64::MAX, Outcome::Open);
        Operation { process, request, invoked, returned, outcome }
    };
    let operations = [
        done(1, Request::Write(1), (1, 6), None),
        done(2, Request::Read, (2, 3), Some(None)),
        open(3, Request::Cas { expected: Some(1), value: 2 }, 4),
        done(2, Request::Read, (5, 7), Some(Some(2))),
        done(3, Request::Write(9), (8, 10), Some(Some(2))),
    ];
    let drawn = picture(&operations);
    let expected = "\
process 1  |-----write 1------|
process 2   |-read nothing-| |-read 2-|
process 3                   |-cas 1 to 2-> |-write 9 over 2-|
";
    assert!(drawn == expected, "{drawn}");
    assert_eq!(picture(&[]), "");
}

/// So many writes at once, each of which reads may find in any order, and two reads that can't both be right.
fn all_at_once(many: u64) -> Vec<Operation> {
    let value = |at: u64| at as i64;
    let write = |at| done(at, Request::Write(value(at)), (at, 1000 + at), None);
    let read = |at| done(100 + at, Request::Read, (200 + at, 1200 + at), Some(Some(value(at))));
    let mut operations: Vec<Operation> = (0..many).map(write).chain((0..many).map(read)).collect();
    operations.push(done(300, Request::Read, (2000, 2001), Some(Some(0))));
    operations.push(done(300, Request::Read, (2002, 2003), Some(Some(1))));
    operations
}

#[test]
fn a_window_is_cut_within_its_steps_and_as_short_as_they_allow() {
    let operations = all_at_once(8);
    let window = shortest(&operations, None, BUDGET).expect("there is no order");
    assert_eq!(window.operations.len(), 4, "{}", picture(&window.operations));
    assert!(!window.may_be_shorter);
    // Just the steps that it takes to see that there is no order: the shortest window would take far more.
    let operations = all_at_once(12);
    let mut left = BUDGET;
    assert_eq!(within(&operations, None, &mut left), Judgement::NotLinearizable);
    let enough = BUDGET - left;
    let window = shortest(&operations, None, enough).expect("there is no order");
    assert!(window.operations.len() > 4, "the steps were enough");
    assert!(window.may_be_shorter);
    assert_eq!(search(&window.operations, window.from.unwrap_or(None), BUDGET), Judgement::NotLinearizable);
}

#[test]
fn a_window_of_many_operations_with_few_values_is_short_nevertheless() {
    let mut operations = Vec::new();
    for at in 0..1000 {
        let times = |from: u64| (8 * at + from, 8 * at + from + 3);
        operations.push(done(1, Request::Write(at as i64 % 5), times(0), None));
        operations.push(done(2, Request::Read, times(4), Some(Some(at as i64 % 5))));
    }
    // Under way all the time, so that nothing can be cut off at the beginning.
    operations.push(done(3, Request::Write(7), (1, 8001), None));
    operations.push(done(4, Request::Read, (8002, 8003), Some(Some(7))));
    operations.push(done(4, Request::Read, (8004, 8005), Some(Some(3))));
    operations.sort_unstable_by_key(|it| it.invoked);
    let window = shortest(&operations, None, BUDGET).expect("there is no order");
    assert!(window.operations.len() <= 4, "{}", picture(&window.operations));
}

#[test]
fn what_nobody_has_begun_to_write_needs_no_search() {
    let early = [done(1, Request::Read, (1, 2), Some(Some(5))), done(2, Request::Write(5), (3, 4), None)];
    assert_eq!(search(&early, None, 0), Judgement::NotLinearizable);
    assert_eq!(search(&early, Some(5), BUDGET), Judgement::Linearizable, "it was there before");
    let mut failed = early;
    failed[1].outcome = Outcome::Failed;
    failed[1].invoked = 0;
    assert_eq!(search(&failed, None, 0), Judgement::NotLinearizable, "a write that failed writes nothing");
    let mut open = failed;
    open[1].outcome = Outcome::Open;
    assert_eq!(search(&open, None, BUDGET), Judgement::Linearizable, "an open one may have");
    let emptied = [done(1, Request::Write(5), (1, 2), None), done(2, Request::Read, (3, 4), Some(None))];
    assert_eq!(search(&emptied, Some(4), 0), Judgement::NotLinearizable, "nobody takes values away");
}

#[test]
fn a_search_that_takes_too_long_ends_undecided() {
    let operations = all_at_once(20);
    assert_eq!(search(&operations, None, 1000), Judgement::Undecided);
    assert_eq!(judge(&operations, 1000), Judgement::Undecided);
    assert_eq!(shortest(&operations, None, 1000), None, "nothing is shown");
    assert_eq!(search(&[], None, 0), Judgement::Linearizable);
}

#[test]
fn a_witness_passes_at_once_what_a_search_would_take_long_for() {
    // All at once, and told in the reverse order of their invocations.
    let told =
        |at: u64| Answer { found: Some((at > 0).then(|| at as i64 - 1)), written: true, version: Some(at) };
    let one = |at: u64| Operation {
        process: at,
        request: Request::Write(at as i64),
        invoked: 10_000 - at,
        returned: 20_000 + at,
        outcome: Outcome::Done(told(at)),
    };
    let operations: Vec<Operation> = (0..5000).map(one).collect();
    assert_eq!(judge(&operations, 0), Judgement::Linearizable);
}
