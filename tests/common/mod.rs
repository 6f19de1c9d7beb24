//! What the tests of whole runs share.
#![allow(dead_code, unreachable_pub, reason = "each test uses its part")]

use squall::adapters;
use squall::plan::Plan;
use squall::report::{Judges, Outcome, Report};
use squall::runner::{Options, simulate};
use squall::trace::{Observer, Record};
use squall::world::{End, World};
use std::path::{Path, PathBuf};

/// The plan of a scenario text.
pub fn plan(text: &str) -> Plan {
    match squall::scenario::read(text) {
        Ok((plan, _)) => plan,
        Err(errors) => panic!("{}", errors.render("test", text, false)),
    }
}

/// A five-node cluster under load for three seconds; `faults` and `network` as in a scenario file.
pub fn loaded(network: &str, faults: &str) -> Plan {
    plan(&format!(
        r#"(format: 1, name: "test", seed: 1, duration: "3s", cluster: (voters: 5), network: ({network}),
            clients: (count: 3, arrival: OpenLoop(rate: 200.0), mix: (put: 0.5, get: 0.4, cas: 0.1)),
            faults: [{faults}])"#
    ))
}

/// Runs a plan with a seed.
pub fn run(plan: &Plan, seed: u64, observer: &mut dyn Observer) -> End {
    World::new(plan, adapters::of(plan.cluster.implementation), seed, observer).run()
}

/// Runs a plan with a seed and keeps all records.
pub fn records(plan: &Plan, seed: u64) -> Vec<Record> {
    let mut records = Vec::new();
    run(plan, seed, &mut records);
    records
}

/// A path in the repository.
pub fn path(relative: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(relative)
}

/// The plan of a scenario that is shipped, by its path without `scenarios/` and `.ron`.
pub fn shipped(name: &str) -> Plan {
    let text = std::fs::read_to_string(path(&format!("scenarios/{name}.ron"))).expect("a scenario");
    plan(&text)
}

/// The report on a run of a plan with a seed.
pub fn report(plan: &Plan, seed: u64) -> Report {
    let mut judges = Judges::new(plan);
    let end = simulate(plan, seed, &mut judges, &Options::default()).expect("no panic");
    let outcome = Outcome { digest: end.digest, end: end.time, events: end.events, ..Outcome::default() };
    Report::new(plan, &judges, outcome)
}

/// All scenario files that are shipped, in order.
pub fn scenarios() -> Vec<PathBuf> {
    fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).expect("a folder of scenarios") {
            let path = entry.expect("an entry").path();
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            if path.is_dir() && !["profiles", "regressions", "studies"].contains(&name.as_str()) {
                collect(&path, found);
            } else if name.ends_with(".ron") {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    collect(&path("scenarios"), &mut found);
    found.sort();
    found
}
