//! What the models do to a running cluster, seen in its records.

use crate::common;
use common::{loaded, plan, records};
use squall::ids::{Address, NodeId};
use squall::replica::Role;
use squall::runner::{Options, Progress, simulate};
use squall::time::{Duration, Time};
use squall::trace::{Body, Loss, Outcome, Record};

const SECOND: u64 = 1_000_000_000;

fn node(id: u32) -> Address {
    NodeId(id).into()
}

fn between(record: &Record, from: u64, to: u64) -> bool {
    (from..to).contains(&record.time.nanos())
}

/// The time of the first record, after `from`, of which `what` holds.
fn first(records: &[Record], from: u64, what: impl Fn(&Record) -> bool) -> Option<Time> {
    records.iter().find(|record| record.time.nanos() >= from && what(record)).map(|record| record.time)
}

#[test]
fn every_cause_comes_before_its_effect() {
    let plan =
        loaded("default: (loss: 0.02, duplicate: 0.02)", r#"(at: "1s", for: "300ms", do: Crash(Leader))"#);
    let records = records(&plan, 1);
    let mut caused = 0;
    for record in &records {
        if let Some(cause) = record.cause {
            let cause = &records[cause.0.get() as usize - 1];
            assert!(cause.id < record.id && cause.time <= record.time, "{record}");
            caused += 1;
        }
        if let Body::Delivered { from, .. } = record.body {
            let sent = &records[record.cause.expect("it was sent").0.get() as usize - 1];
            assert!(sent.node == from && matches!(sent.body, Body::Sent { to, .. } if to == record.node));
        }
    }
    assert!(caused * 10 > records.len() * 9, "most records have a cause");
}

#[test]
fn a_cut_hits_frames_in_flight_and_is_whole_again_after() {
    let slow = r#"default: (latency: Constant("20ms"))"#;
    let records = records(
        &loaded(slow, r#"(at: "1s", until: "2s", do: Partition(groups: [[Node(1), Node(2)], [Rest]]))"#),
        1,
    );
    let across = |a: Address, b: Address| (a <= node(2)) != (b <= node(2));
    for record in records.iter().filter(|record| between(record, SECOND, 2 * SECOND)) {
        if let Body::Delivered { from, .. } = record.body
            && let (Some(_), Some(_)) = (from.as_node(), record.node.as_node())
        {
            assert!(!across(from, record.node), "{record}");
        }
    }
    let in_flight = |r: &Record| matches!(r.body, Body::Lost { why: Loss::CutAtArrival, .. });
    let caught = first(&records, 0, in_flight).expect("a frame was in flight");
    assert!(caught < Time::from_nanos(SECOND + 20_000_000));
    let crossed = |r: &Record| matches!(r.body, Body::Delivered { from, .. } if from.as_node().is_some() && r.node.as_node().is_some() && across(from, r.node));
    assert!(first(&records, 2 * SECOND, crossed).is_some(), "the links are whole again");
}

#[test]
fn a_one_way_cut_lets_the_other_direction_through() {
    let records = records(&loaded("", r#"(at: "1s", do: Partition(cut: ["1>2"]))"#), 1);
    let arrives = |from: Address, to: Address| {
        first(&records, SECOND, |r| {
            r.node == to && matches!(r.body, Body::Delivered { from: f, .. } if f == from)
        })
    };
    assert_eq!(arrives(node(1), node(2)), None);
    let cuts = records.iter().filter(|record| matches!(record.body, Body::Cut { .. })).count();
    assert_eq!(cuts, 1);
}

#[test]
fn a_clog_holds_frames_until_it_ends() {
    let fault = r#"(at: "1s", until: "1.1s", do: Clog(cut: ["leader-follower1", "leader-follower2"]))"#;
    let records = records(&loaded("", fault), 1);
    let links: Vec<(Address, Address)> = records
        .iter()
        .filter_map(|record| match record.body {
            Body::Clogged { to } => Some((record.node, to)),
            _ => None,
        })
        .collect();
    assert_eq!(links.len(), 4);
    let clogged = |from: Address, to: Address| links.contains(&(from, to));
    let held: Vec<&Record> = records
        .iter()
        .filter(|r| matches!(r.body, Body::Delivered { from, .. } if clogged(from, r.node)))
        .filter(|r| between(r, SECOND, 1_100_000_001))
        .collect();
    assert!(!held.is_empty(), "what was held arrives");
    assert!(held.iter().all(|record| record.time == Time::from_nanos(1_100_000_000)));
    assert!(!records.iter().any(|r| matches!(r.body, Body::Lost { .. }) && between(r, SECOND, 2 * SECOND)));
}

#[test]
fn a_crash_takes_memory_and_what_was_not_flushed() {
    let text = r#"(format: 1, name: "test", duration: "3s",
        cluster: (voters: 3, disk: (flush: Constant("50ms"))),
        clients: (count: 2, arrival: OpenLoop(rate: 200.0)),
        faults: [(at: "2s", for: "200ms", do: Crash(Follower(1)))])"#;
    let records = records(&plan(text), 1);
    let crash = records.iter().find(|record| record.body == Body::Crashed).expect("a crash");
    let (mut appended, mut durable, mut writes) = (0, 0, std::collections::BTreeMap::new());
    for record in records.iter().filter(|r| r.node == crash.node && r.id < crash.id) {
        match record.body {
            Body::Appended { write, index, .. } => {
                appended = index.0;
                writes.insert(write, index.0);
            }
            Body::Flushed { write } => {
                durable = writes.range(..=write).next_back().map(|(_, index)| *index).unwrap_or(durable);
            }
            _ => {}
        }
    }
    assert!(appended > durable, "something was on its way to the disk");
    let booted = records.iter().find_map(|record| match record.body {
        Body::Booted { last, epoch, .. } if record.node == crash.node && epoch.0 == 2 => {
            Some((record.time, last.0))
        }
        _ => None,
    });
    assert_eq!(booted, Some((crash.time + Duration::from_millis(200), durable)));
    let deaf = |r: &Record| r.node == crash.node && between(r, 2 * SECOND + 1, 2_200_000_000);
    assert!(!records.iter().any(deaf), "nothing happens to a machine that is down");
}

#[test]
fn a_paused_node_acts_late_and_on_everything() {
    let records = records(&loaded("", r#"(at: "1s", until: "1.8s", do: Pause(Leader))"#), 1);
    let paused = records.iter().find(|record| record.body == Body::Paused).expect("a pause").node;
    let acts = |r: &&Record| {
        r.node == paused
            && between(r, SECOND + 1, 1_800_000_000)
            && !matches!(r.body, Body::Flushed { .. } | Body::Lost { .. })
    };
    assert_eq!(records.iter().find(acts), None);
    let at_once = records.iter().filter(|r| {
        r.node == paused && r.time.nanos() == 1_800_000_000 && matches!(r.body, Body::Delivered { .. })
    });
    assert!(at_once.count() > 5, "what piled up is seen at once");
    let steps_down = first(&records, 1_800_000_000, |r| {
        r.node == paused && matches!(r.body, Body::RoleChanged { role: Role::Follower, .. })
    });
    assert_eq!(steps_down, Some(Time::from_nanos(1_800_000_000)), "it learns of its successor");
}

#[test]
fn a_node_with_a_blank_disk_has_no_say() {
    let records = records(&loaded("", r#"(at: "1s", for: "200ms", do: Wipe(Follower(1)))"#), 1);
    let blank = records.iter().find(|record| record.body == Body::Wiped).expect("a wipe").node;
    let booted = |r: &&Record| r.node == blank && matches!(r.body, Body::Booted { blank: true, .. });
    assert!(records.iter().any(|record| booted(&record)));
    let speaks =
        |r: &Record| r.node == blank && matches!(r.body, Body::Sent { to, .. } if to.as_node().is_some());
    assert_eq!(first(&records, 1_200_000_000, speaks), None, "it neither votes nor acknowledges");
    assert!(first(&records, 1_300_000_000, |r| matches!(r.body, Body::Acknowledged { .. })).is_some());
}

#[test]
fn clients_are_served_and_see_what_they_wrote() {
    let records = records(&loaded("", ""), 1);
    let ends = |what: fn(Outcome) -> bool| {
        records.iter().filter(|r| matches!(r.body, Body::Returned { outcome, .. } if what(outcome))).count()
    };
    let done = ends(|outcome| matches!(outcome, Outcome::Done { .. }));
    assert!(done > 400, "{done} operations done");
    let seen = ends(|outcome| matches!(outcome, Outcome::Done { previous: Some(_), .. }));
    assert!(seen > 300, "{seen} operations saw an earlier value");
    let late = ends(|outcome| outcome == Outcome::Unknown);
    assert!(late < 5, "{late} operations without an answer");
}

/// With no delay anywhere time would never pass; the world notices, and stays where it is however it is driven.
#[test]
fn a_livelock_ends_once_and_for_all() {
    let text = r#"(format: 1, name: "test", duration: "1s",
        cluster: (voters: 1, disk: (flush: Constant("0s"))),
        clients: (count: 1, arrival: ClosedLoop(think: "0s"), timeout: "2s", backoff: (base: "20ms", cap: "20ms")))"#;
    let plan = plan(text);
    let end = common::run(&plan, 1, &mut ());
    assert!(end.livelock);
    let options = Options { progress: Some(Progress::of_run("test")), ..Options::default() };
    assert_eq!(simulate(&plan, 1, &mut (), &options), Ok(end), "progress changes nothing");
}

#[test]
fn progress_changes_nothing() {
    let plan = loaded("", r#"(at: "1s", for: "300ms", do: Crash(Leader))"#);
    let end = common::run(&plan, 1, &mut ());
    let options = Options { progress: Some(Progress::of_run("test")), ..Options::default() };
    assert_eq!(simulate(&plan, 1, &mut (), &options), Ok(end));
}

/// Frames that were sent are delivered, or lost with a record, or still under way: none vanishes.
#[test]
fn no_frame_vanishes() {
    let faults = r#"(at: "1s", for: "1s", do: Pause(Node(1))), (at: "1.5s", for: "300ms", do: Crash(Node(1))),
        (at: "2s", for: "200ms", do: Clog(cut: ["2-3"])), (at: "2.1s", for: "200ms", do: Crash(Node(3))),
        (at: "2.8s", do: Partition(keep: []))"#;
    let records = records(
        &loaded("default: (latency: Uniform(\"1ms\", \"5ms\"), duplicate: 0.1, loss: 0.1)", faults),
        1,
    );
    let mut open = std::collections::BTreeMap::new();
    for record in &records {
        match record.body {
            Body::Sent { to, .. } if to.as_node().is_some() => {
                open.insert(record.id, (1, record.time));
            }
            Body::Duplicated { .. } | Body::Delivered { .. } | Body::Lost { .. } => {
                if let Some((copies, _)) = record.cause.and_then(|sent| open.get_mut(&sent)) {
                    *copies += if matches!(record.body, Body::Duplicated { .. }) { 1 } else { -1 };
                }
            }
            _ => {}
        }
    }
    let missing = |(copies, sent): &&(i32, Time)| *copies != 0 && sent.nanos() < 2_990_000_000;
    assert_eq!(open.values().find(missing), None);
}

/// A frame that was held is sent because of what it answers, not because of the flush that let it go.
#[test]
fn a_held_frame_keeps_its_cause() {
    let records = records(&loaded("", ""), 1);
    let causes: std::collections::BTreeSet<_> =
        records.iter().filter(|r| matches!(r.body, Body::Sent { .. })).filter_map(|r| r.cause).collect();
    let held =
        records.iter().filter(|r| matches!(r.body, Body::Held { .. }) && r.time.nanos() < 2_990_000_000);
    let (sent, other): (Vec<&Record>, Vec<&Record>) = held.partition(|held| causes.contains(&held.id));
    assert!(sent.len() > 500 && other.is_empty(), "{} of {} were sent", sent.len(), sent.len() + other.len());
}

/// A fault that has to wait starts a nanosecond after its target has come: one scripted for that time does the same.
#[test]
fn a_fault_that_waited_can_be_scripted() {
    let waiting = loaded("", r#"(at: "1ms", until: "2s", do: Crash(Leader))"#);
    let all = records(&waiting, 1);
    let start =
        all.iter().find(|record| matches!(record.body, Body::FaultStarted { .. })).expect("it started");
    let Body::FaultStarted { nodes, .. } = start.body else { unreachable!() };
    let [leader] = nodes.iter().collect::<Vec<_>>()[..] else { panic!("it hit a node") };
    let elected = first(&all, 0, |r| matches!(r.body, Body::RoleChanged { role: Role::Leader, .. }));
    assert_eq!(Some(start.time), elected.map(|time| time + Duration::from_nanos(1)));
    let scripted = format!(r#"(at: "{}", until: "2s", do: Crash(Node({})))"#, start.time, leader.0);
    let scripted = common::run(&loaded("", &scripted), 1, &mut ());
    assert_eq!(scripted.digest, common::run(&waiting, 1, &mut ()).digest);
}

/// A milestone of the members, too, is the same as a time.
#[test]
fn what_waited_for_a_change_can_be_scripted() {
    let scenario = |second: &str| {
        common::plan(&format!(
            r#"(format: 1, name: "test", seed: 1, duration: "5s", cluster: (voters: 3, spares: 2, first_leader: 1),
                clients: (count: 3, arrival: OpenLoop(rate: 100.0)),
                faults: [
                    (at: "1s", do: AddLearner(Node(4))),
                    (at: "1500ms", do: AddLearner(Node(5))),
                    ({second}, do: Promote(Node(4))),
                ])"#
        ))
    };
    let waiting = scenario("when: Changed(2), after: \"10ms\"");
    let all = records(&waiting, 1);
    let done = |record: &&Record| {
        matches!(record.body, Body::Change { step: squall::replica::ChangeStep::Done, .. })
    };
    let done: Vec<Time> = all.iter().filter(done).map(|record| record.time).collect();
    let starts = all.iter().filter(|record| matches!(record.body, Body::FaultStarted { .. }));
    let start = starts.map(|record| record.time).next_back().expect("it started");
    assert_eq!(start, done[1] + Duration::from_nanos(10_000_001));
    assert_eq!(done.len(), 3, "the third change is done as well");
    let scripted = common::run(&scenario(&format!("at: \"{start}\"")), 1, &mut ());
    assert_eq!(scripted.digest, common::run(&waiting, 1, &mut ()).digest);
}

/// A leader that sent the next batch at every copy of an acknowledgement flooded its cluster while a follower caught up:
/// each batch brought more copies, and each of these another batch.
#[test]
fn duplicated_acknowledgements_do_not_multiply() {
    let text = r#"(format: 1, name: "test", duration: "2500ms",
        cluster: (voters: 4, raft: (max_batch_bytes: 300)),
        network: (default: (latency: Uniform("2ms", "5ms"), duplicate: 1.0, loss: 0.1)),
        clients: (count: 4, arrival: OpenLoop(rate: 600.0), value_bytes: 131),
        faults: [(at: "1s", for: "500ms", do: Pause(Leader))])"#;
    struct Sent(u64);
    impl squall::trace::Observer for Sent {
        fn observe(&mut self, record: &Record) {
            self.0 += u64::from(matches!(record.body, Body::Sent { .. }));
        }
    }
    let plan = plan(text);
    for seed in 0..5 {
        let mut sent = Sent(0);
        let mut world = squall::world::World::new(&plan, &squall::raft::RaftSoftware, seed, &mut sent);
        world.run_until(Time::ZERO + plan.duration);
        drop(world);
        // About 20,000; with the flood 45,000 and more, without bound where it goes on.
        assert!(sent.0 < 30_000, "seed {seed}: {} frames", sent.0);
    }
}

/// A leader that was cut off has taken requests into its log that nobody else has. When a snapshot stands for their
/// indexes, it can't tell what became of them, and says so.
#[test]
fn requests_below_a_snapshot_are_answered_as_unknown() {
    let text = r#"(format: 1, name: "test", duration: "6s",
        cluster: (voters: 3, first_leader: 1, raft: (snapshot_every: 3000)),
        clients: (count: 3, arrival: OpenLoop(rate: 100.0), mix: (put: 1.0), timeout: "5s"),
        faults: [(at: "1s", for: "2s", do: Partition(groups: [[Node(1)], [Node(2), Node(3)]]))])"#;
    struct Kept(Vec<Record>);
    impl squall::trace::Observer for Kept {
        fn observe(&mut self, record: &Record) {
            self.0.push(*record);
        }
    }
    let (plan, mut kept) = (plan(text), Kept(Vec::new()));
    let mut world = squall::world::World::new(&plan, &squall::raft::RaftSoftware, 1, &mut kept);
    // The clients know of no other leader; so somebody else has to ask the new one.
    for millis in 2_000..2_800 {
        world.run_until(Time::ZERO + Duration::from_millis(millis));
        assert!(world.propose(&[7; 40]), "there is another leader");
    }
    world.run_until(Time::ZERO + plan.duration);
    drop(world);
    let installs = |r: &Record| r.node == node(1) && matches!(r.body, Body::Restored { at_start: false, .. });
    let installed = first(&kept.0, 3 * SECOND, installs).expect("n1 gets a snapshot");
    let told = |r: &&Record| {
        matches!(r.body, Body::Returned { outcome: Outcome::Unknown, .. }) && r.time == installed
    };
    let told = kept.0.iter().filter(told).count();
    assert!(told > 30, "{told} requests were answered when the snapshot was installed");
}

/// A link with a bandwidth delays a frame by its length, and takes no other word of its stream for that.
#[test]
fn a_wide_link_changes_nothing_but_when_frames_arrive() {
    let run = |bandwidth: &str| {
        let text = format!("default: (latency: Constant(\"2ms\"), loss: 0.05{bandwidth})");
        records(&loaded(&text, ""), 1)
    };
    let (without, with) = (run(""), run(", bandwidth: 1000000000000"));
    let sent = |records: &[Record]| records.iter().filter(|r| matches!(r.body, Body::Lost { .. })).count();
    assert!(sent(&without) > 50);
    let delay = |records: &[Record], record: &Record| {
        let cause = &records[record.cause.expect("it was sent").0.get() as usize - 1];
        record.time.since(cause.time)
    };
    let of_nodes = |r: &&Record| matches!(r.body, Body::Delivered { from, .. } if from.as_node().is_some() && r.node.as_node().is_some());
    for record in with.iter().filter(of_nodes) {
        let delay = delay(&with, record);
        assert!(delay > Duration::from_millis(2) && delay < Duration::from_micros(2_001), "{delay}");
    }
}
