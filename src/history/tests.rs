//! Every judgement beside that of an oracle, and pictures as they are drawn.

use super::picture::picture;
use super::search::search;
use super::window::shortest;
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
        let from = window.from.unwrap_or(None);
        prop_assert_eq!(search(&window.operations, from, BUDGET), Judgement::NotLinearizable);
        let drawn = picture(&window.operations);
        let bars = drawn.matches('|').count() + drawn.matches('>').count();
        prop_assert_eq!(bars, 2 * window.operations.len(), "{}", drawn);
        for operation in &window.operations {
            prop_assert!(drawn.contains(&picture::name(operation)), "{}", drawn);
        }
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

#[test]
fn a_search_that_takes_too_long_ends_undecided() {
    // Twenty writes at once, each of which reads may find in any order, and one that nobody wrote.
    let mut operations: Vec<Operation> =
        (0..20).map(|at| done(at, Request::Write(at as i64), (at, 100 + at), None)).collect();
    operations.push(done(30, Request::Read, (200, 201), Some(Some(77))));
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
