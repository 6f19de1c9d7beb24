//! How fast a cluster is simulated, with every checker, the metrics and the digest on.
//!
//! `cargo bench --bench cluster` runs each case several times in turn and prints the medians. With arguments it runs one
//! case once, for comparisons and for counting instructions: `cluster loaded NODES SIMULATED_SECONDS`, `cluster idle NODES
//! SIMULATED_SECONDS`, `cluster served NODES SIMULATED_SECONDS`, `cluster elect NODES TRIALS`; `loaded-bare` and `served-bare`
//! are the same runs with nobody who judges or measures them.
//!
//! Loaded means 1,000 proposals a second of 64 bytes, injected at the leader; served, as many operations of clients. Links take
//! 1 ms, flushes no time.

use squall::plan::Plan;
use squall::raft::RaftSoftware;
use squall::report::Judges;
use squall::rpc::store::encode_operation;
use squall::time::Duration;
use squall::trace::{Body, Observer, Operation, Record};
use squall::world::World;
use std::time::Instant;

/// What a case measured.
struct Measured {
    wall_ns: f64,
    messages: f64,
    simulated_s: f64,
    trials: f64,
}

/// Counts frames, and judges nothing.
#[derive(Default)]
struct Bare {
    delivered: u64,
}

impl Observer for Bare {
    #[inline(always)]
    fn observe(&mut self, record: &Record) {
        let is_from_node = matches!(record.body, Body::Delivered { from, .. } if from.as_node().is_some());
        self.delivered += u64::from(is_from_node && record.node.as_node().is_some());
    }
}

fn plan(nodes: u32, clients: &str) -> Plan {
    let text = format!(
        r#"(format: 1, name: "bench", duration: "1h",
            cluster: (voters: {nodes}, disk: (flush: Constant("0s"))),
            network: (default: (latency: Constant("1ms"))){clients})"#
    );
    squall::scenario::read(&text).expect("a sound scenario").0
}

/// Runs until there is a leader.
fn warm_up<O: Observer>(world: &mut World<'_, O>) {
    while world.effective_leader().is_none() {
        world.run_until(world.now() + Duration::from_millis(1));
    }
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures the wall clock")]
fn clock() -> Instant {
    Instant::now()
}

/// How a cluster is loaded.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Load {
    Idle,
    Proposals,
    Clients,
}

impl Load {
    fn plan(self, nodes: u32) -> Plan {
        let clients = ", clients: (count: 4, arrival: OpenLoop(rate: 1000.0), value_bytes: 64)";
        plan(nodes, if self == Self::Clients { clients } else { "" })
    }
}

/// Lets a cluster run for so many simulated seconds. Returns how many nanoseconds that takes on the wall.
fn drive<O: Observer>(plan: &Plan, seconds: u64, load: Load, observer: O) -> f64 {
    let software = RaftSoftware;
    let mut world = World::new(plan, &software, 1, observer);
    warm_up(&mut world);
    let command = |number| {
        let mut bytes = Vec::new();
        encode_operation(Operation::Put { key: 0, value: number }, 50, &mut bytes);
        bytes
    };
    let commands: Vec<Vec<u8>> = (0..16).map(command).collect();
    let start = world.now();
    let began = clock();
    if load == Load::Proposals {
        for millisecond in 0..seconds * 1_000 {
            assert!(world.propose(&commands[millisecond as usize % 16]), "there is a leader");
            world.run_until(start + Duration::from_millis(millisecond + 1));
        }
    } else {
        world.run_until(start + Duration::from_secs(seconds));
    }
    began.elapsed().as_nanos() as f64
}

fn run(nodes: u32, seconds: u64, load: Load) -> Measured {
    let plan = load.plan(nodes);
    let mut judges = Judges::new(&plan);
    let wall_ns = drive(&plan, seconds, load, &mut judges);
    assert!(judges.violations() == 0, "a benchmark of a broken Raft measures nothing");
    let messages = judges.metrics().counters().frames_delivered as f64;
    Measured { wall_ns, messages, simulated_s: seconds as f64, trials: 1.0 }
}

fn run_bare(nodes: u32, seconds: u64, load: Load) -> Measured {
    let (plan, mut bare) = (load.plan(nodes), Bare::default());
    let wall_ns = drive(&plan, seconds, load, &mut bare);
    Measured { wall_ns, messages: bare.delivered as f64, simulated_s: seconds as f64, trials: 1.0 }
}

/// Cold starts until the first leader.
fn elect(nodes: u32, trials: u64) -> Measured {
    let plan = plan(nodes, "");
    let software = RaftSoftware;
    let (mut messages, mut simulated_s) = (0.0, 0.0);
    let began = clock();
    for seed in 0..trials {
        let mut judges = Judges::new(&plan);
        let mut world = World::new(&plan, &software, seed, &mut judges);
        warm_up(&mut world);
        simulated_s += world.now().nanos() as f64 / 1e9;
        drop(world);
        messages += judges.metrics().counters().frames_delivered as f64;
    }
    Measured { wall_ns: began.elapsed().as_nanos() as f64, messages, simulated_s, trials: trials as f64 }
}

fn measure(case: &str, nodes: u32, amount: u64) -> Measured {
    match case {
        "loaded" => run(nodes, amount, Load::Proposals),
        "idle" => run(nodes, amount, Load::Idle),
        "served" => run(nodes, amount, Load::Clients),
        "loaded-bare" => run_bare(nodes, amount, Load::Proposals),
        "served-bare" => run_bare(nodes, amount, Load::Clients),
        "elect" => elect(nodes, amount),
        _ => panic!("`{case}` is none of loaded, idle, served, elect"),
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
        if rest.first().is_some_and(|word| word == "warm") {
            measure(case, nodes, amount);
        }
        println!("{}", line(case, nodes, &measure(case, nodes, amount)));
        return;
    }
    const ROUNDS: usize = 5;
    let cases =
        [("loaded", 5, 20), ("idle", 5, 2_000), ("loaded", 31, 5), ("loaded", 101, 3), ("elect", 5, 5_000)];
    let mut all: Vec<Vec<Measured>> = cases.iter().map(|_| Vec::new()).collect();
    for _ in 0..ROUNDS {
        for (results, (case, nodes, amount)) in all.iter_mut().zip(cases) {
            results.push(measure(case, nodes, amount));
        }
    }
    for (results, (case, nodes, _)) in all.into_iter().zip(cases) {
        println!("{}", line(case, nodes, &median(results)));
    }
}
