//! Prints how small what random runs find becomes, and what that costs: the table of benches/README.md. It takes minutes.

#[path = "../tests/hunt/mod.rs"]
mod hunt;

use hunt::{found, planted};
use squall::fuzz::{Shrink, draw};
use squall::replica::Bug;
use squall::runner::{attempt, fails, find};
use std::time::Instant;

/// Each bug is found from so many seeds that lie far apart.
const STARTS: u64 = 5;

#[expect(clippy::disallowed_methods, reason = "measures; nothing depends on it")]
fn now() -> Instant {
    Instant::now()
}

fn main() {
    println!("| bug | seed | fails by | faults | nodes | lasts | runs | events | seconds |");
    println!("|---|---|---|---|---|---|---|---|---|");
    for bug in Bug::ALL {
        let profile = planted(bug);
        for start in (0..STARTS).map(|start| 10_000 * start) {
            let seed = start + found(&profile, start);
            let script = find(&draw(&profile, seed)).script;
            let failure = fails(&script).expect("a script fails like its run");
            let begun = now();
            let shrunk = Shrink::new(script.clone(), failure, &mut attempt, &mut |_| ()).finish();
            let plan = &shrunk.plan;
            println!(
                "| `{bug:?}` | {seed} | {} | {} -> {} | {} -> {} | {} -> {} | {} | {} | {:.1} |",
                shrunk.failure.signature,
                script.faults.len(),
                plan.faults.len(),
                script.cluster.voters,
                plan.cluster.voters,
                script.duration,
                plan.duration,
                shrunk.runs,
                shrunk.events,
                now().duration_since(begun).as_secs_f64()
            );
        }
    }
}
