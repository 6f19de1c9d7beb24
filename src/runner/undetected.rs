//! What a checksum lets through, in whole runs: with a tag of eight bits it happens often enough to be seen.

use crate::raft::RaftSoftware;
use crate::scenario::read;
use crate::trace::{Body, Record, Rejection};
use crate::world::World;
use std::collections::BTreeSet;

/// The records of a cluster of whose frames every third is changed in this way, for all but the last second.
fn records(kind: &str, seed: u64) -> Vec<Record> {
    let text = format!(
        r#"(format: 1, name: "undetected", duration: "9s", cluster: (voters: 5),
            clients: (count: 3, arrival: OpenLoop(rate: 100.0)),
            faults: [(at: "0s", for: "8s", do: Corrupt(links: All, rate: 0.3, kind: {kind}))])"#
    );
    let Ok((plan, _)) = read(&text) else { panic!("a scenario") };
    let mut records = Vec::new();
    let mut world = World::new(&plan, &RaftSoftware, seed, &mut records);
    world.weaken_tags();
    world.run();
    records
}

/// What became of the changed frames of a run.
#[derive(Default)]
struct Fates {
    changed: usize,
    /// Refused by the tag.
    noticed: usize,
    /// Refused by what stands before or behind it: too short to have one, of another length than it says, or senseless.
    senseless: usize,
    believed: usize,
}

impl Fates {
    fn of(records: &[Record]) -> Self {
        let mut fates = Self::default();
        let caused =
            |cause: Option<_>, among: &BTreeSet<_>| cause.is_some_and(|cause| among.contains(&cause));
        let (mut sent, mut arrived) = (BTreeSet::new(), BTreeSet::new());
        for record in records {
            match record.body {
                Body::Corrupted { .. } => {
                    sent.extend(record.cause);
                    fates.changed += 1;
                }
                Body::Delivered { .. } if caused(record.cause, &sent) => {
                    arrived.insert(record.id);
                }
                Body::Rejected { why, .. } if caused(record.cause, &arrived) => match why {
                    Rejection::Checksum => fates.noticed += 1,
                    _ => fates.senseless += 1,
                },
                Body::Denied { .. } | Body::Stale { .. } if caused(record.cause, &arrived) => {
                    fates.senseless += 1;
                }
                Body::Believed { .. } => fates.believed += 1,
                _ => {}
            }
        }
        fates
    }
}

/// Every changed frame is refused or known to have got through, and none is lost from sight; of those that stay long enough
/// for a tag chance lets one in 256 pass it; and whatever passes ends no process.
#[test]
fn a_tag_of_eight_bits_lets_some_through_and_no_process_dies_of_it() {
    let mut believed = 0;
    for (kind, stays_long) in
        [("BitFlip(1, 8)", true), ("Extend", true), ("Truncate", false), ("Garbage", false)]
    {
        let (mut changed, mut passed) = (0, 0);
        for seed in 0..10 {
            let records = records(kind, seed);
            let fates = Fates::of(&records);
            let Fates { noticed, senseless, .. } = fates;
            assert_eq!(fates.changed, noticed + senseless + fates.believed, "{kind}, seed {seed}");
            let stopped = records.iter().filter(|record| matches!(record.body, Body::Stopped { .. })).count();
            assert_eq!(stopped, 0, "{kind}, seed {seed}");
            changed += fates.changed;
            passed += senseless + fates.believed;
            believed += fates.believed;
        }
        let expected = changed / 256;
        assert!(
            !stays_long || (expected * 7 / 10..expected * 13 / 10).contains(&passed),
            "{kind}: {passed} of {changed}"
        );
    }
    assert!(believed > 0);
}
