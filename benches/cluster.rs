//! How fast a cluster is simulated, with every checker, the metrics and the digest on.
//!
//! `cargo bench --bench cluster` runs each case several times in turn and prints the medians. With arguments it runs one
//! case once, for comparisons and for counting instructions: `cluster loaded NODES SIMULATED_SECONDS`, `cluster announced NODES
//! SIMULATED_SECONDS`, `cluster idle NODES SIMULATED_SECONDS`, `cluster served NODES SIMULATED_SECONDS`, `cluster elect NODES TRIALS`. With `warm` at the end it measures the
//! second of two runs, and with the name of an implementation behind the numbers, such as `RaftRs`, that one. And `cluster memory NODES
//! SIMULATED_MINUTES` tells how much memory a cluster with clients takes as time goes by, where the operating system tells.
//!
//! Loaded means 1,000 proposals a second of 64 bytes, injected at the leader; announced, the same of a leader that announces at
//! once what it has committed; served, as many operations of clients. Links take
//! 1 ms, flushes no time, and each node cuts its log after a thousand entries.

mod load;

use load::{CLIENTS, Load, clock, drive, plan};
use squall::plan::Implementation;
use squall::raft::RaftSoftware;
use squall::replica::Role;
use squall::report::Judges;
use squall::time::{Duration, Time};
use squall::trace::{Body, Observer, Record};
use squall::world::World;

/// What a case measured.
struct Measured {
    wall_ns: f64,
    messages: f64,
    simulated_s: f64,
    trials: f64,
}

fn run(implementation: Implementation, nodes: u32, seconds: u64, load: Load) -> Measured {
    let plan = load.plan_of(implementation, nodes);
    let mut judges = Judges::new(&plan);
    let wall_ns = drive(&plan, seconds, load, &mut judges);
    assert!(judges.violations() == 0, "a benchmark of a broken Raft measures nothing");
    let messages = judges.metrics().counters().frames_delivered as f64;
    Measured { wall_ns, messages, simulated_s: seconds as f64, trials: 1.0 }
}

/// Judges of a run that ends with its first leader.
struct UntilLed {
    judges: Judges,
    delivered: u64,
    led: bool,
}

impl Observer for UntilLed {
    #[inline(always)]
    fn observe(&mut self, record: &Record) {
        self.judges.observe(record);
        self.delivered += u64::from(matches!(record.body, Body::Delivered { .. }));
        self.led |= matches!(record.body, Body::RoleChanged { role: Role::Leader, .. });
    }

    #[inline(always)]
    fn is_done(&self) -> bool {
        self.led
    }
}

/// Cold starts until the first leader.
fn elect(nodes: u32, trials: u64) -> Measured {
    let plan = Load::Idle.plan(nodes);
    let software = RaftSoftware;
    let (mut messages, mut simulated_s) = (0.0, 0.0);
    let began = clock();
    for seed in 0..trials {
        let mut until_led = UntilLed { judges: Judges::new(&plan), delivered: 0, led: false };
        let mut world = World::new(&plan, &software, seed, &mut until_led);
        assert!(!world.run_until(Time::ZERO + plan.duration), "somebody is elected");
        simulated_s += world.now().nanos() as f64 / 1e9;
        drop(world);
        messages += until_led.delivered as f64;
    }
    Measured { wall_ns: began.elapsed().as_nanos() as f64, messages, simulated_s, trials: trials as f64 }
}

/// Prints the resident memory after each ten simulated minutes, and the most that there was, with logs that are cut.
fn memory(nodes: u32, minutes: u64) {
    let plan = plan(nodes, Some(1_000_000), CLIENTS);
    let mut judges = Judges::new(&plan);
    let mut world = World::new(&plan, &RaftSoftware, 1, &mut judges);
    let figure = |name: &str| {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or("unknown");
        line.trim().to_owned()
    };
    for minute in (10..=minutes).step_by(10) {
        world.run_until(Time::ZERO + Duration::from_secs(minute * 60));
        println!("minute={minute} resident={} most={}", figure("VmRSS:"), figure("VmHWM:"));
    }
    assert!(world.observer().violations() == 0, "a benchmark of a broken Raft measures nothing");
}

fn measure(case: &str, implementation: Implementation, nodes: u32, amount: u64) -> Measured {
    match case {
        "loaded" => run(implementation, nodes, amount, Load::Proposals),
        "announced" => run(implementation, nodes, amount, Load::Announced),
        "idle" => run(implementation, nodes, amount, Load::Idle),
        "served" => run(implementation, nodes, amount, Load::Clients),
        "elect" => elect(nodes, amount),
        _ => panic!("`{case}` is none of loaded, announced, idle, served, elect"),
    }
}

fn line(case: &str, nodes: u32, measured: &Measured) -> String {
    let Measured { wall_ns, messages, simulated_s, trials } = measured;
    format!(
        "{case:<11} nodes={nodes:<4} ns_per_msg={:<6.0} sim_per_wall={:<9.1} trials_per_s={:<9.0} messages={messages}",
        wall_ns / messages,
        simulated_s * 1e9 / wall_ns,
        trials * 1e9 / wall_ns,
    )
}

fn median(mut all: Vec<Measured>) -> Measured {
    all.sort_by(|a, b| a.wall_ns.total_cmp(&b.wall_ns));
    all.swap_remove(all.len() / 2)
}

fn main() {
    // Cargo adds `--bench`.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    if let [case, nodes, amount, rest @ ..] = arguments.as_slice() {
        let (nodes, amount) = (nodes.parse().expect("nodes"), amount.parse().expect("an amount"));
        if case == "memory" {
            return memory(nodes, amount);
        }
        let of = |name: &String| Implementation::ALL.into_iter().find(|it| it.name() == name);
        let implementation = rest.iter().find_map(of).unwrap_or(Implementation::Squall);
        if rest.last().is_some_and(|word| word == "warm") {
            measure(case, implementation, nodes, amount);
        }
        println!("{}", line(case, nodes, &measure(case, implementation, nodes, amount)));
        return;
    }
    const ROUNDS: usize = 5;
    let cases =
        [("loaded", 5, 20), ("idle", 5, 2_000), ("loaded", 31, 5), ("loaded", 101, 3), ("elect", 5, 5_000)];
    let mut all: Vec<Vec<Measured>> = cases.iter().map(|_| Vec::new()).collect();
    for _ in 0..ROUNDS {
        for (results, (case, nodes, amount)) in all.iter_mut().zip(cases) {
            results.push(measure(case, Implementation::Squall, nodes, amount));
        }
    }
    for (results, (case, nodes, _)) in all.into_iter().zip(cases) {
        println!("{}", line(case, nodes, &median(results)));
    }
}
