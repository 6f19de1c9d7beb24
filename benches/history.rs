//! How long it takes to judge the history of a key: by witness, and by the search.
//!
//! `cargo bench --bench history`

use squall::history::search::search;
use squall::history::{Answer, BUDGET, Judgement, Operation, Outcome, Request, State, witness};
use std::time::Instant;

/// How many operations a history has.
const OPERATIONS: u64 = 10_000;

/// How many are under way at a time.
const AT_ONCE: u64 = 8;

/// Writes and reads in turn, each of which takes effect in the order of invocations and returns some operations later.
fn history() -> Vec<Operation> {
    let (mut state, mut version): (State, u64) = (None, 0);
    let one = |at: u64| {
        let request = if at.is_multiple_of(2) { Request::Write(at as i64) } else { Request::Read };
        let written = request.writes().is_some();
        let answer = Answer { found: Some(state), written, version: Some(version) };
        if written {
            (state, version) = (request.writes(), at + 1);
        }
        let (invoked, returned) = (2 * at, 2 * (at + AT_ONCE) + 1);
        Operation { process: at % AT_ONCE, request, invoked, returned, outcome: Outcome::Done(answer) }
    };
    (0..OPERATIONS).map(one).collect()
}

#[expect(clippy::disallowed_methods, reason = "measures; nothing depends on it")]
fn now() -> Instant {
    Instant::now()
}

fn main() {
    let history = history();
    let mut best = [f64::INFINITY; 2];
    for _ in 0..11 {
        let start = now();
        assert!(witness::orders(&history, None));
        best[0] = best[0].min(start.elapsed().as_secs_f64());
        let start = now();
        assert_eq!(search(&history, None, BUDGET), Judgement::Linearizable);
        best[1] = best[1].min(start.elapsed().as_secs_f64());
    }
    let [by_witness, by_search] = best.map(|seconds| seconds * 1e3);
    println!(
        "{OPERATIONS} operations on one key: by witness {by_witness:.2} ms, by search {by_search:.2} ms"
    );
}
