//! Cases of the benchmark `cluster` with nobody who judges or measures them: `bare loaded NODES SIMULATED_SECONDS`, `bare served
//! NODES SIMULATED_SECONDS`. The difference in instructions is what judging takes. With the name of an implementation behind these,
//! such as `RaftRs`, it is that one: the difference to its crate in a plain loop is what Squall's hosts and the adapter take. With
//! `warm` at the end it measures the second of two runs.
//!
//! It is a program of its own, since what the compiler inlines depends on how many kinds of observers a program has.

mod load;

use load::{Load, drive};
use squall::plan::Implementation;
use squall::trace::{Body, Observer, Record};

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

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    let [case, nodes, seconds, rest @ ..] = arguments.as_slice() else { return };
    let load = match case.as_str() {
        "loaded" => Load::Proposals,
        "idle" => Load::Idle,
        "served" => Load::Clients,
        _ => panic!("`{case}` is none of loaded, idle, served"),
    };
    let of = |name: &String| Implementation::ALL.into_iter().find(|it| it.name() == name);
    let implementation = rest.iter().find_map(of).unwrap_or(Implementation::Squall);
    let plan = load.plan_of(implementation, nodes.parse().expect("nodes"));
    let measure = || {
        let mut bare = Bare::default();
        let wall_ns = drive(&plan, seconds.parse().expect("seconds"), load, &mut bare);
        (wall_ns, bare.delivered)
    };
    if rest.last().is_some_and(|word| word == "warm") {
        measure();
    }
    let (wall_ns, delivered) = measure();
    println!("ns_per_msg={:.0} messages={delivered}", wall_ns / delivered as f64);
}
