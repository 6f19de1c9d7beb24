//! The server against queueing theory, and in its corners.

use super::*;
use crate::rng::{Stream, exponential};
use std::num::NonZeroU32;

fn micros(micros: u64) -> Duration {
    Duration::from_micros(micros)
}

fn at(time: u64) -> Time {
    Time::ZERO + micros(time)
}

/// A server at which each frame costs 10 us, with an inbox of two places.
fn model() -> plan::Cpu {
    let (cost_per_frame, inbox) = (micros(10), NonZeroU32::new(2).expect("not 0"));
    plan::Cpu { cost_per_frame, inbox, ..plan::Cpu::FREE }
}

fn cpu(model: plan::Cpu) -> Cpu<u32> {
    Cpu::of(model, false).expect("frames cost something")
}

/// Serves all that is there, from this time on.
fn serve(cpu: &mut Cpu<u32>, mut now: Time) -> Vec<(u32, u64, u32)> {
    let mut all = Vec::new();
    while let Some(due) = cpu.begin(now) {
        now = due;
        let Served { frame, waited, ahead } = cpu.end(now).expect("its service ends now");
        all.push((frame, waited.nanos() / 1_000, ahead));
    }
    all
}

#[test]
fn where_nothing_costs_anything_there_is_no_server() {
    assert!(Cpu::<u32>::of(plan::Cpu::FREE, false).is_none());
    assert!(Cpu::<u32>::of(plan::Cpu::FREE, true).is_some());
    let by_length = plan::Cpu { cost_per_kib: micros(1), ..plan::Cpu::FREE };
    assert!(Cpu::<u32>::of(by_length, false).is_some());
}

#[test]
fn frames_are_served_in_turn_and_wait_for_each_other() {
    let mut cpu = cpu(model());
    assert_eq!(cpu.arrive(1, Lane::Clients, 0, at(0)), Admission::Waits);
    assert_eq!(cpu.begin(at(0)), Some(at(10)));
    assert!(cpu.is_busy());
    assert_eq!(cpu.take_fresh(), Some(at(10)));
    assert_eq!(cpu.take_fresh(), None, "it is told once");
    assert_eq!(cpu.arrive(2, Lane::Nodes, 0, at(3)), Admission::Waits);
    assert_eq!(cpu.arrive(3, Lane::Clients, 0, at(4)), Admission::Waits);
    assert_eq!(cpu.end(at(9)), None, "not yet");
    assert_eq!(cpu.end(at(10)), Some(Served { frame: 1, waited: Duration::ZERO, ahead: 0 }));
    assert_eq!(serve(&mut cpu, at(10)), [(2, 7, 0), (3, 16, 1)]);
}

#[test]
fn a_full_inbox_drops_or_refuses() {
    let fill = |when_full, lane| {
        let mut cpu = cpu(plan::Cpu { when_full, ..model() });
        cpu.arrive(1, Lane::Clients, 0, at(0));
        cpu.begin(at(0));
        for frame in [2, 3] {
            assert_eq!(
                cpu.arrive(frame, Lane::Clients, 0, at(1)),
                Admission::Waits,
                "the one under service has left"
            );
        }
        let admission = cpu.arrive(4, lane, 0, at(2));
        cpu.end(at(10));
        (admission, serve(&mut cpu, at(10)).into_iter().map(|(frame, ..)| frame).collect::<Vec<_>>())
    };
    assert_eq!(fill(WhenFull::DropNewest, Lane::Clients), (Admission::Dropped(4), vec![2, 3]));
    assert_eq!(fill(WhenFull::DropOldest, Lane::Nodes), (Admission::Dropped(2), vec![3, 4]));
    assert_eq!(fill(WhenFull::Refuse, Lane::Clients), (Admission::Refused(4), vec![2, 3]));
    assert_eq!(
        fill(WhenFull::Refuse, Lane::Nodes),
        (Admission::Dropped(4), vec![2, 3]),
        "nodes are not told"
    );
}

#[test]
fn with_two_lanes_nodes_go_first_and_have_room_of_their_own() {
    let mut cpu = cpu(plan::Cpu { lanes: Lanes::Two, ..model() });
    cpu.arrive(1, Lane::Clients, 0, at(0));
    cpu.begin(at(0));
    for (frame, lane) in [(2, Lane::Clients), (3, Lane::Clients), (4, Lane::Nodes), (5, Lane::Nodes)] {
        assert_eq!(cpu.arrive(frame, lane, 0, at(1)), Admission::Waits);
    }
    assert_eq!(cpu.arrive(6, Lane::Clients, 0, at(2)), Admission::Dropped(6));
    assert_eq!(cpu.arrive(7, Lane::Nodes, 0, at(2)), Admission::Dropped(7));
    cpu.end(at(10));
    let order: Vec<u32> = serve(&mut cpu, at(10)).into_iter().map(|(frame, ..)| frame).collect();
    assert_eq!(order, [4, 5, 2, 3]);
}

#[test]
fn length_and_slowness_cost_on_top() {
    let mut cpu = cpu(plan::Cpu { cost_per_kib: micros(4), ..model() });
    let cost = |cpu: &mut Cpu<u32>, bytes| {
        cpu.arrive(1, Lane::Nodes, bytes, at(0));
        let due = cpu.begin(at(0)).expect("a frame waits");
        cpu.end(due);
        due.nanos()
    };
    assert_eq!(cost(&mut cpu, 1024), 14_000);
    assert_eq!(cost(&mut cpu, 1), 10_004, "rounded up");
    cpu.slow_down(3_000);
    cpu.slow_down(2_500);
    assert_eq!(cost(&mut cpu, 0), 30_000, "the greatest counts");
    cpu.speed_up(3_000);
    assert_eq!(cost(&mut cpu, 0), 25_000);
    cpu.speed_up(2_500);
    assert_eq!(cost(&mut cpu, 0), 10_000);
}

#[test]
fn a_pause_stops_the_service_and_a_crash_ends_it() {
    let mut cpu = cpu(model());
    for frame in [1, 2] {
        cpu.arrive(frame, Lane::Nodes, 0, at(0));
    }
    cpu.begin(at(0));
    cpu.pause(at(4));
    assert_eq!((cpu.take_fresh(), cpu.end(at(10))), (None, None));
    cpu.resume(at(100));
    assert_eq!(cpu.take_fresh(), Some(at(106)));
    cpu.pause(at(105));
    assert_eq!(cpu.crash(), [1, 2]);
    cpu.resume(at(107));
    assert!(!cpu.is_busy() && cpu.waiting() == 0 && cpu.take_fresh().is_none());
}

#[test]
fn a_flush_keeps_it_busy() {
    let mut cpu = Cpu::of(plan::Cpu::FREE, true).expect("flushes block");
    cpu.begin_flush();
    assert!(cpu.is_busy());
    cpu.arrive(1, Lane::Nodes, 0, at(0));
    cpu.end_flush();
    assert_eq!(serve(&mut cpu, at(5)), [(1, 5, 0)]);
}

/// Poisson arrivals, a constant cost, one server (M/D/1): frames wait for `rho S / 2(1 - rho)` on average, with the cost
/// `S` and the load `rho`.
#[test]
fn waits_are_those_of_queueing_theory() {
    const COST: f64 = 10_000.0;
    for (load, frames) in [(0.5, 200_000), (0.8, 500_000), (0.9, 2_000_000)] {
        let mean = Duration::from_nanos((COST / load) as u64);
        let inbox = NonZeroU32::new(1_000_000).expect("not 0");
        let mut cpu = cpu(plan::Cpu { inbox, ..model() });
        let mut stream = Stream::new(1, "arrivals", 0, 0);
        let (mut now, mut done, mut waited) = (Time::ZERO, None::<Time>, 0);
        for frame in 0..frames {
            now += exponential(stream.word(), mean);
            while let Some(due) = done.filter(|due| *due <= now) {
                waited += cpu.end(due).expect("it ends").waited.nanos();
                done = cpu.begin(due);
            }
            assert_eq!(cpu.arrive(frame, Lane::Clients, 100, now), Admission::Waits);
            done = done.or_else(|| cpu.begin(now));
        }
        let measured = waited as f64 / f64::from(frames);
        let expected = load * COST / (2.0 * (1.0 - load));
        let error = (measured - expected).abs() / expected;
        assert!(error < 0.03, "load {load}: {measured} instead of {expected}");
    }
}
