//! What is allocated, counted: little for garbage, and nothing for a message once a cluster runs.
//!
//! One test, since the counters are the process's.

mod common;

use common::plan;
use squall::raft::RaftSoftware;
use squall::rng::Stream;
use squall::rpc::{Integrity, frame, store};
use squall::time::{Duration, Time};
use squall::world::World;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use std::alloc::System;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

struct Count<F>(F);

impl<F: FnMut(&squall::trace::Record)> squall::trace::Observer for Count<F> {
    fn observe(&mut self, record: &squall::trace::Record) {
        (self.0)(record);
    }
}

fn garbage(seed: u64, length: usize) -> Vec<u8> {
    let mut stream = Stream::new(seed, "garbage", 0, 0);
    (0..length).map(|_| stream.word() as u8).collect()
}

fn frames_and_messages_of_garbage_allocate_nothing() {
    use squall::replica::Software;
    let bytes: Vec<Vec<u8>> = (0..10_000).map(|seed| garbage(seed, seed as usize % 300)).collect();
    let levels = [Integrity::Unchecked, Integrity::Crc32c, Integrity::keyed("storm")];
    let region = Region::new(ALLOCATOR);
    for bytes in &bytes {
        for integrity in &levels {
            let _ = frame::decode(bytes, false, integrity);
        }
        let _ = store::decode_operation(bytes);
        let _ = store::decode_reply(bytes);
        for kind in 0..=u8::MAX {
            let _ = RaftSoftware.classify(kind, bytes);
        }
    }
    assert_eq!(region.change().allocations, 0);
}

/// A million frames, one after the other: none is believed where a tag has to fit, and none takes any memory.
fn a_million_frames_of_garbage_allocate_nothing() {
    let mut stream = Stream::new(1, "a million", 0, 0);
    let words: Vec<u8> = (0..1 << 16).flat_map(|_| stream.word().to_le_bytes()).collect();
    let levels = [Integrity::Unchecked, Integrity::Crc32c, Integrity::keyed("storm")];
    let (mut believed, region) = ([0; 3], Region::new(ALLOCATOR));
    for number in 0..1_000_000 {
        let (start, length) = (number * 7_919 % (words.len() - 128), number % 128);
        let level = number % levels.len();
        let read = frame::decode(&words[start..start + length], false, &levels[level]);
        believed[level] += u32::from(read.is_ok());
    }
    assert_eq!(believed, [0; 3], "not one begins as a frame does");
    assert_eq!(region.change().allocations, 0);
}

/// Whatever length a message claims: what is looked at is never more than what came.
fn to_examine_garbage_takes_little() {
    use squall::replica::{Software, Status};
    let (mut calls, status) = (0, Status::default());
    let region = Region::new(ALLOCATOR);
    for seed in 0..5_000 {
        let bytes = garbage(seed, seed as usize % 300);
        for kind in 0..16 {
            let _ = RaftSoftware.examine(kind, &bytes, &status);
            calls += 1;
        }
    }
    let each = region.change().bytes_allocated / calls;
    assert!(each < 512, "{each} bytes for each message");
}

fn a_scenario_of_garbage_allocates_little() {
    for seed in 0..200 {
        let bytes = garbage(seed, 4_000);
        let text = String::from_utf8_lossy(&bytes);
        let region = Region::new(ALLOCATOR);
        let _ = squall::scenario::read(&text);
        let allocated = region.change().bytes_allocated;
        assert!(allocated < 1 << 20, "{allocated} bytes for a text of {}", text.len());
    }
    let many = r#"(format: 1, name: "x", duration: "1s", cluster: (voters: 1000000000))"#;
    let region = Region::new(ALLOCATOR);
    assert!(squall::scenario::read(many).is_err());
    assert!(region.change().bytes_allocated < 1 << 16);
}

fn an_idle_cluster_in_steady_state_allocates_nothing() {
    let plan = plan(r#"(format: 1, name: "idle", duration: "60s", cluster: (voters: 5))"#);
    let mut judges = squall::report::Judges::new(&plan);
    let mut world = World::new(&plan, &RaftSoftware, 1, &mut judges);
    world.run_until(Time::ZERO + Duration::from_secs(20));
    let region = Region::new(ALLOCATOR);
    world.run_until(Time::ZERO + Duration::from_secs(60));
    assert_eq!(region.change().allocations, 0, "40 s of heartbeats");
}

/// Logs grow, and so do their buffers, by doubling: a few allocations for thousands of entries.
fn a_loaded_cluster_allocates_only_for_its_logs() {
    let plan = plan(
        r#"(format: 1, name: "loaded", duration: "60s", cluster: (voters: 5),
            clients: (count: 4, arrival: OpenLoop(rate: 200.0)))"#,
    );
    let mut messages = 0_u64;
    let mut count = |record: &squall::trace::Record| {
        messages += u64::from(matches!(record.body, squall::trace::Body::Delivered { .. }));
    };
    let mut world = World::new(&plan, &RaftSoftware, 1, Count(&mut count));
    world.run_until(Time::ZERO + Duration::from_secs(20));
    let region = Region::new(ALLOCATOR);
    world.run_until(Time::ZERO + Duration::from_secs(60));
    let change = region.change();
    drop(world);
    let all = change.allocations + change.reallocations;
    assert!(messages > 50_000 && (all as u64) < messages / 500, "{all} allocations for {messages} messages");
}

/// A million frames that strangers make up, many of them garbage, through the hosts of a cluster: what is allocated are these
/// frames themselves, some of them longer than any may be, and nothing of it is kept. No length that one claims is believed.
fn a_million_forged_frames_through_hosts_allocate_next_to_nothing() {
    use squall::trace::Body;
    let plan = plan(
        r#"(format: 1, name: "besieged", duration: "22s", cluster: (voters: 5, integrity: Keyed, secret: "storm"),
            faults: [(at: "500ms", do: Forge(to: All, rate: 10000.0))])"#,
    );
    let (mut forged, mut rejected, mut bytes_forged) = (0_u64, 0_u64, 0);
    let mut count = |record: &squall::trace::Record| match record.body {
        Body::Forged { bytes, .. } => {
            forged += 1;
            bytes_forged += bytes as usize;
        }
        Body::Rejected { .. } => rejected += 1,
        _ => {}
    };
    let mut world = World::new(&plan, &RaftSoftware, 1, Count(&mut count));
    let region = Region::new(ALLOCATOR);
    world.run_until(Time::ZERO + Duration::from_secs(22));
    let change = region.change();
    drop(world);
    assert!(forged > 1_000_000 && rejected == forged, "{rejected} of {forged}");
    let (all, gone) = (change.bytes_allocated, change.bytes_deallocated);
    assert!(all < 2 * bytes_forged, "{all} bytes for frames of {bytes_forged}");
    assert!(all.saturating_sub(gone) < frame::LIMIT, "{all} bytes, and {gone} of them free again");
}

#[test]
fn allocations_are_few() {
    frames_and_messages_of_garbage_allocate_nothing();
    a_million_frames_of_garbage_allocate_nothing();
    to_examine_garbage_takes_little();
    a_scenario_of_garbage_allocates_little();
    a_million_forged_frames_through_hosts_allocate_next_to_nothing();
    an_idle_cluster_in_steady_state_allocates_nothing();
    a_loaded_cluster_allocates_only_for_its_logs();
}
