//! Cases of the benchmark `cluster` with nobody who judges or measures them: `bare loaded NODES SIMULATED_SECONDS`, `bare served
//! NODES SIMULATED_SECONDS`. The difference in instructions is what judging takes.
//!
//! It is a program of its own, since what the compiler inlines depends on how many kinds of observers a program has.

mod load;

use load::{Load, drive};
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
    let [case, nodes, seconds] = arguments.as_slice() else { return };
    let load = if case == "served" { Load::Clients } else { Load::Proposals };
    let plan = load.plan(nodes.parse().expect("nodes"));
    let mut bare = Bare::default();
    drive(&plan, seconds.parse().expect("seconds"), load, &mut bare);
    println!("messages={}", bare.delivered);
}
