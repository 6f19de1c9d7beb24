//! Each step of `Settled` can fail.

use super::*;
use crate::ids::{NodeId, NodeSet};
use crate::trace::Body;

const SETTLED: Expectation = Expectation::Settled { within: Duration::from_millis(1000) };

/// n1 leads and serves commands; the run settles at 5 s with two entries committed, the second of which n3 lacks.
fn before() -> Script {
    let mut s = Script::of(3);
    s.ms(100).wakes(1).appends(1, 1, "no-op a").leads(1, 1).follows(2, 1, Some(1)).follows(3, 1, Some(1));
    s.flushes(1).wakes(2).stores(2, 1, "no-op a").wakes(3).stores(3, 1, "no-op a");
    s.ms(200).wakes(1).commits(1, 2).applies(1, 2).wakes(2).commits(2, 2).applies(2, 2);
    s.ms(300).wakes(3).commits(3, 1).applies(3, 1);
    s
}

/// A new command, asked for then, is applied by these.
fn serves(s: &mut Script, ms: u64, nodes: &[u32]) {
    s.ms(ms).invokes(1, ms).wakes(1).appends(1, 1, "b").accepts(1, 3, 1).flushes(1);
    for node in 2..=3 {
        s.wakes(node).stores(node, 1, "b");
    }
    for node in nodes {
        s.wakes(*node).commits(*node, 3).applies(*node, 3);
    }
}

fn well() -> Script {
    let mut s = before();
    s.ms(5500).wakes(3).commits(3, 2).applies(3, 2);
    serves(&mut s, 5600, &[1, 2, 3]);
    s
}

#[test]
fn a_core_that_does_all_of_it_has_settled() {
    is(
        &well(),
        SETTLED,
        Held,
        "n1 n2 n3 agreed by 5.5s and had applied entry 3 by 5.6s, in term 1 at the end",
    );
}

#[test]
fn it_takes_a_leader() {
    let mut s = before();
    s.ms(4000).wakes(1).follows(1, 1, None).ms(5200).wakes(3).commits(3, 2).applies(3, 2);
    s.ms(6001).wakes(1).leads(1, 1);
    serves(&mut s, 6100, &[1, 2, 3]);
    is(&s, SETTLED, Failed, "no leader: nobody led from 5s to 6s");
}

#[test]
fn it_takes_what_was_committed_before_on_every_node() {
    let mut s = before();
    s.ms(5300);
    serves(&mut s, 5300, &[1, 2]);
    let why =
        "no agreement: by 6s n3 had not applied entry 2, which was committed before 5s; at the end it has 1";
    is(&s, SETTLED, Failed, why);
    s.ms(6001).wakes(3).commits(3, 3).applies(3, 3);
    assert_eq!(judged(&s, SETTLED), Failed, "that is too late");
}

#[test]
fn it_takes_a_new_command_on_every_node() {
    let mut s = before();
    s.ms(5500).wakes(3).commits(3, 2).applies(3, 2);
    is(&s, SETTLED, Vacuous, "no command was asked for from 5s on");
    let mut asked = s.clone();
    asked.ms(5600).invokes(1, 1);
    let none = "no new command: none that was accepted from 5.6s on was committed by 6.6s";
    is(&asked, SETTLED, Failed, none);
    serves(&mut s, 5600, &[1, 2]);
    let why = "no new command on the whole core: by 6.6s n3 had not applied entry 3; at the end it has 2";
    is(&s, SETTLED, Failed, why);
}

#[test]
fn the_bound_counts_from_the_first_command() {
    let mut s = before();
    s.ms(5500).wakes(3).commits(3, 2).applies(3, 2);
    let mut late = s.clone();
    serves(&mut s, 8000, &[1, 2, 3]);
    assert_eq!(judged(&s, SETTLED), Held);
    late.ms(9500).invokes(1, 1);
    is(&late, SETTLED, Vacuous, "the first command since clients go on was asked for at 9.5s");
}

#[test]
fn what_was_asked_for_before_is_no_new_command() {
    let mut s = before();
    s.ms(4900).invokes(1, 1).wakes(1).appends(1, 1, "b").accepts(1, 3, 1).flushes(1);
    s.ms(5100).invokes(1, 2);
    for node in 1..=3 {
        if node > 1 {
            s.wakes(node).stores(node, 1, "b");
        }
        s.wakes(node).commits(node, 3).applies(node, 3);
    }
    is(&s, SETTLED, Failed, "no new command: none that was accepted from 5.1s on was committed by 6.1s");
}

#[test]
fn it_takes_terms_that_stay() {
    let mut s = well();
    s.ms(6000).wakes(2).campaigns(2, 2).follows(2, 2, None);
    assert_eq!(judged(&s, SETTLED), Held, "in time");
    s.ms(7000).wakes(2).campaigns(2, 3);
    is(&s, SETTLED, Failed, "unstable terms: n2 went from term 2 to 3 at 7s, after 6s");
}

#[test]
fn it_takes_queues_that_are_drained() {
    let mut s = well();
    s.ms(8500).wakes(1).appends(1, 1, "c").accepts(1, 4, 1).flushes(1);
    let why = "queues: entry 4, accepted at 8.5s, is not committed at the end";
    is(&s, SETTLED, Failed, why);
    s.wakes(2)
        .stores(2, 1, "c")
        .ms(8900)
        .wakes(1)
        .commits(1, 4)
        .applies(1, 4)
        .wakes(2)
        .commits(2, 4)
        .applies(2, 4);
    is(&s, SETTLED, Failed, "queues: entry 4 was committed by 9s, and at the end n3 has applied 3");
    s.ms(9999).wakes(3).stores(3, 1, "c").commits(3, 4).applies(3, 4);
    assert_eq!(judged(&s, SETTLED), Held);
    s.record(NodeId(3), Body::Waited { waited: ms(1001), ahead: 3 });
    is(&s, SETTLED, Failed, "queues: at 9.999s a frame had waited in the inbox of n3 for 1.001s");
}

#[test]
fn who_is_outside_of_the_core_owes_nothing() {
    let mut s = before();
    let set = |nodes: &[u32]| NodeSet::from_iter(nodes.iter().copied().map(NodeId));
    s.ms(5000).event(crate::ids::Address::WORLD, Body::SettledFor { nodes: set(&[1, 2]) });
    s.ms(5000).record(crate::ids::Address::WORLD, Body::Beset { nodes: set(&[3]) });
    serves(&mut s, 5600, &[1, 2]);
    assert_eq!(judged(&s, SETTLED), Held, "n3 is not of the core");
    s.ms(7000).wakes(3).campaigns(3, 9);
    assert_eq!(judged(&s, SETTLED), Held);
    s.ms(8000).wakes(2).campaigns(2, 9);
    assert_eq!(judged(&s, SETTLED), Failed);
    s.ms(8100).wakes(3).leads(3, 9);
    let why = "n3, with which or with whose links something stays wrong, led term 9 from 8.1s on; but unstable terms: n2 went \
               from term 1 to 9 at 8s, after 6s";
    is(&s, SETTLED, Judgement::Waived, why);
}

#[test]
fn a_run_that_is_over_too_soon_shows_nothing() {
    let late = Expectation::Settled { within: ms(5001) };
    is(&well(), late, Vacuous, "the run ended before it could show this");
}

/// Who lost its disk has no say for good, which is no fault of those who are left.
#[test]
fn who_lost_its_disk_is_left_out_as_long_as_there_is_a_quorum_of_others() {
    let mut s = before();
    s.ms(1000).wipes(3).restarts(3);
    serves(&mut s, 5600, &[1, 2]);
    let held =
        "n1 n2 agreed by 5s and had applied entry 3 by 5.6s, in term 1 at the end; n3 lost what was on disk";
    is(&s, SETTLED, Held, held);
    let mut rotten = before();
    rotten.ms(1000).event(NodeId(3), Body::Stopped { reason: crate::trace::StopReason::Unrecoverable });
    serves(&mut rotten, 5600, &[1, 2]);
    is(&rotten, SETTLED, Held, held);
    let mut few = before();
    few.ms(1000).wipes(2).restarts(2).wipes(3).restarts(3);
    few.ms(5600).invokes(1, 1);
    let why = "n2 n3 lost what was on disk, and without them there is no quorum; but no new command: none that was \
               accepted from 5.6s on was committed by 6.6s";
    is(&few, SETTLED, Judgement::Waived, why);
}
