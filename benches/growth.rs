//! How the cost of a message grows with what there is: nodes, waiting events, keys, clients, entries of the log.
//!
//! `cargo bench --bench growth` prints the medians of several rounds in turn as a table, in Markdown; with a path behind `--` it
//! draws them there as an SVG. Each cost is nanoseconds for a message that a node or a client receives, but for the queue,
//! where it is for an event that is taken out and put back in. Checkers, metrics and the digest are on.
//!
//! What may grow with the logarithm of a quantity grows by as much with each tenfold of it.

mod growth {
    pub(super) mod plot;
}
mod load;

use growth::plot::plot;
use load::{clock, command, plan, warm_up};
use squall::plan::Plan;
use squall::queue::Queue;
use squall::raft::RaftSoftware;
use squall::report::Judges;
use squall::rng::Stream;
use squall::time::{Duration, Time};
use squall::world::World;

/// What is made to grow, and what it costs then.
struct Quantity {
    name: &'static str,
    sizes: &'static [u32],
    /// The cost in nanoseconds, with so many of it.
    cost: fn(u32) -> f64,
}

const QUANTITIES: [Quantity; 5] = [
    Quantity { name: "nodes", sizes: &[3, 5, 11, 31, 101, 255], cost: of_nodes },
    Quantity { name: "waiting events", sizes: &[10, 100, 1_000, 10_000, 100_000, 1_000_000], cost: of_queue },
    Quantity { name: "keys", sizes: &[1, 10, 100, 1_000, 10_000, 100_000], cost: of_keys },
    Quantity { name: "clients", sizes: &[1, 10, 100, 1_000, 10_000], cost: of_clients },
    Quantity { name: "entries in the log", sizes: &[1_000, 10_000, 100_000, 400_000], cost: of_entries },
];

/// A cluster under load, so many proposals a second.
struct Loaded<'p, 'j> {
    world: World<'p, &'j mut Judges>,
    proposed: u64,
}

impl<'p, 'j> Loaded<'p, 'j> {
    fn new(plan: &'p Plan, judges: &'j mut Judges) -> Self {
        let mut world = World::new(plan, &RaftSoftware, 1, judges);
        warm_up(&mut world);
        Self { world, proposed: 0 }
    }

    /// Proposes so many commands that write to these keys in turn, one in each step of time, and lets them be carried out.
    fn propose(&mut self, count: u64, keys: u64, step: Duration) {
        for _ in 0..count {
            assert!(
                self.world.propose(&command((self.proposed % keys) as u32, self.proposed)),
                "there is a leader"
            );
            self.proposed += 1;
            self.world.run_until(self.world.now() + step);
        }
    }
}

const MILLISECOND: Duration = Duration::from_millis(1);

/// The cost of a message in a cluster that has been filled with so many entries over so many keys, and then is loaded.
fn cost_after(plan: &Plan, entries: u64, keys: u64, measured: u64) -> f64 {
    let mut judges = Judges::new(plan);
    let mut loaded = Loaded::new(plan, &mut judges);
    loaded.propose(entries, keys, Duration::from_micros(100));
    loaded.world.run_until(loaded.world.now() + Duration::from_millis(100));
    let before = loaded.world.observer().metrics().counters().frames_delivered;
    let began = clock();
    loaded.propose(measured, keys, MILLISECOND);
    let wall_ns = began.elapsed().as_nanos() as f64;
    wall_ns / (loaded.world.observer().metrics().counters().frames_delivered - before) as f64
}

fn of_nodes(nodes: u32) -> f64 {
    cost_after(&plan(nodes, None, ""), 100, 1, 400_000 / u64::from(nodes).max(100))
}

fn of_keys(keys: u32) -> f64 {
    cost_after(&plan(5, None, ""), keys.into(), keys.into(), 4_000)
}

fn of_entries(entries: u32) -> f64 {
    cost_after(&plan(5, None, ""), entries.into(), 1, 4_000)
}

/// A thousand operations a second of so many clients together.
fn of_clients(clients: u32) -> f64 {
    let load = format!(", clients: (count: {clients}, arrival: OpenLoop(rate: 1000.0), value_bytes: 64)");
    let plan = plan(5, None, &load);
    let mut judges = Judges::new(&plan);
    let mut world = World::new(&plan, &RaftSoftware, 1, &mut judges);
    warm_up(&mut world);
    let start = world.now();
    world.run_until(start + Duration::from_secs(1));
    let delivered = |world: &World<'_, &mut Judges>| {
        let counters = world.observer().metrics().counters();
        counters.frames_delivered + counters.client_frames_delivered
    };
    let before = delivered(&world);
    let began = clock();
    world.run_until(start + Duration::from_secs(5));
    began.elapsed().as_nanos() as f64 / (delivered(&world) - before) as f64
}

/// Takes the next event out and puts one in, as many times as make it some hundred thousand, with so many waiting all the while:
/// those are spread over a millisecond for each.
fn of_queue(waiting: u32) -> f64 {
    const TURNS: u32 = 300_000;
    let mut stream = Stream::new(1, "growth", 0, 0);
    let mut later = |from: Time| {
        from + Duration::from_nanos(squall::rng::below(
            stream.word(),
            2 * 1_000 * u64::from(waiting).max(500),
        ))
    };
    let mut queue = Queue::default();
    (0..waiting).for_each(|event| queue.push(later(Time::ZERO), 0, event));
    let mut turn = || {
        let (time, event) = queue.pop_before(Time::from_nanos(u64::MAX)).expect("as many as before");
        queue.push(later(time), 0, event);
    };
    (0..TURNS).for_each(|_| turn());
    let began = clock();
    (0..TURNS).for_each(|_| turn());
    began.elapsed().as_nanos() as f64 / f64::from(TURNS)
}

fn median(mut costs: Vec<f64>) -> f64 {
    costs.sort_by(f64::total_cmp);
    costs[costs.len() / 2]
}

fn main() {
    const ROUNDS: usize = 5;
    let path = std::env::args().skip(1).find(|argument| argument != "--bench");
    let mut costs: Vec<Vec<Vec<f64>>> =
        QUANTITIES.iter().map(|quantity| vec![Vec::new(); quantity.sizes.len()]).collect();
    for _ in 0..ROUNDS {
        for (quantity, costs) in QUANTITIES.iter().zip(&mut costs) {
            for (size, costs) in quantity.sizes.iter().zip(costs) {
                costs.push((quantity.cost)(*size));
            }
        }
    }
    let mut curves = Vec::new();
    println!("| what grows | with so many of it, nanoseconds |");
    println!("|---|---|");
    for (quantity, costs) in QUANTITIES.iter().zip(costs) {
        let points: Vec<(f64, f64)> =
            quantity.sizes.iter().map(|size| f64::from(*size)).zip(costs.into_iter().map(median)).collect();
        let cells: Vec<String> = points.iter().map(|(size, cost)| format!("{size}: {cost:.0}")).collect();
        println!("| {} | {} |", quantity.name, cells.join(", "));
        curves.push((quantity.name, points));
    }
    if let Some(path) = path {
        std::fs::write(&path, plot(&curves)).expect("the path can be written");
    }
}
