//! A run is a function of scenario and seed, and each random stream has one purpose.

use crate::common;
use common::{loaded, path, plan, records, run, scenarios};
use squall::ids::{Address, NodeId};
use squall::replica::Role;
use squall::trace::{Body, FaultSource, JsonLines, Record, Scribe};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;

#[test]
fn the_same_seed_gives_the_same_run_whatever_ran_between() {
    let plan = loaded("", r#"(at: "1s", for: "500ms", do: Crash(Leader))"#);
    let first = run(&plan, 7, &mut ());
    let other = run(&plan, 8, &mut ());
    let again = run(&plan, 7, &mut ());
    assert_eq!(first, again);
    assert_ne!(first.digest, other.digest);
}

#[test]
fn the_digest_does_not_depend_on_who_observes() {
    let plan = loaded("", r#"(at: "1s", for: "500ms", do: Pause(Leader))"#);
    let unseen = run(&plan, 1, &mut ());
    let mut kept: Vec<Record> = Vec::new();
    assert_eq!(run(&plan, 1, &mut kept), unseen);
    assert_eq!(kept.len() as u64, unseen.records);
    let mut lines = Scribe::new(Vec::new(), Box::new(JsonLines::new(|_| "")));
    assert_eq!(run(&plan, 1, &mut lines), unseen);
    let mut judges = squall::report::Judges::new(&plan);
    assert_eq!(run(&plan, 1, &mut judges), unseen);
}

#[test]
fn a_fault_that_never_fires_changes_nothing() {
    let without = run(&loaded("", ""), 1, &mut ());
    // No leader has been elected by then, and the fault's time is over before there is one.
    let never = loaded("", r#"(at: "1ms", until: "2ms", do: Crash(Leader))"#);
    let with = run(&never, 1, &mut ());
    assert_eq!(without.digest, with.digest);
    let skipped =
        |record: &Record| matches!(record.body, Body::FaultSkipped { source: FaultSource::Fault(0), .. });
    assert!(records(&never, 1).iter().any(skipped), "the fault is recorded as skipped");
}

#[test]
fn a_run_is_the_same_up_to_the_first_effect_of_a_fault() {
    let calm = records(&loaded("", ""), 1);
    let stormy = records(&loaded("", r#"(at: "2s", for: "100ms", do: Crash(Follower(1)))"#), 1);
    let before = |records: &[Record]| -> Vec<Record> {
        records.iter().filter(|record| record.time.nanos() < 2_000_000_000).copied().collect()
    };
    assert_eq!(before(&calm), before(&stormy));
    assert_ne!(calm, stormy);
}

type Link = (Address, Address);

/// For each link the delays of its frames in the order of sending; none for a frame that did not arrive.
fn delays(records: &[Record]) -> BTreeMap<Link, Vec<Option<u64>>> {
    let mut sent = BTreeMap::new();
    let mut delays: BTreeMap<Link, Vec<Option<u64>>> = BTreeMap::new();
    for record in records {
        match record.body {
            Body::Sent { to, .. } => {
                let link = delays.entry((record.node, to)).or_default();
                sent.insert(record.id, (record.node, to, link.len(), record.time));
                link.push(None);
            }
            Body::Delivered { .. } => {
                let (from, to, at, time) = sent[&record.cause.expect("it was sent")];
                delays.get_mut(&(from, to)).expect("a link")[at] = Some(record.time.since(time).nanos());
            }
            _ => {}
        }
    }
    delays
}

#[test]
fn the_loss_of_one_link_leaves_the_delays_of_all_others_alone() {
    let calm = records(&loaded("", ""), 1);
    let leads = |record: &Record| matches!(record.body, Body::RoleChanged { role: Role::Leader, .. });
    let leader =
        calm.iter().find(|record| leads(record)).and_then(|record| record.node.as_node()).expect("a leader");
    let follower = NodeId(leader.0 % 5 + 1);
    let touched: [Link; 2] = [(leader.into(), follower.into()), (follower.into(), leader.into())];
    let (l, f) = (leader.0, follower.0);
    let links = format!("links: [(from: {l}, to: {f}, loss: 0.5), (from: {f}, to: {l}, loss: 0.5)]");
    let (whole, lossy) = (delays(&calm), delays(&records(&loaded(&links, ""), 1)));
    let mut compared = 0;
    for (link, whole) in &whole {
        let Some(lossy) = lossy.get(link) else { continue };
        for (a, b) in whole.iter().zip(lossy) {
            // Frames at the very end of a run may still be on their way.
            if let (Some(a), Some(b)) = (a, b) {
                assert_eq!(a, b, "{} to {}", link.0, link.1);
                compared += 1;
            }
        }
    }
    assert!(compared > 1_000, "only {compared} frames compared");
    let lost = |link: &Link| lossy[link].iter().filter(|delay| delay.is_none()).count();
    assert!(touched.iter().map(lost).sum::<usize>() > 10, "the lossy link loses");
}

/// The digests of all shipped scenarios. A change of simulated behaviour shows here; it needs its reason in the commit
/// that makes it. `UPDATE=1 cargo test` rewrites the file.
#[test]
fn the_digests_of_the_shipped_scenarios_are_golden() {
    let mut digests = String::new();
    for file in scenarios() {
        let text = fs::read_to_string(&file).expect("a scenario");
        let plan = plan(&text);
        let name = file.strip_prefix(path("")).expect("in the repository").display().to_string();
        writeln!(digests, "{}  {name}", run(&plan, plan.seed, &mut ()).digest).expect("a string takes all");
    }
    let golden = path("tests/digests.txt");
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&golden, &digests).expect("written");
    }
    let expected = fs::read_to_string(&golden).expect("the golden digests");
    assert_eq!(digests, expected, "simulated behaviour has changed");
}
