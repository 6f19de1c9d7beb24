//! How a cluster is loaded in benchmarks, whoever watches.
#![allow(dead_code, unreachable_pub, reason = "each user needs its part")]

use squall::adapters;
use squall::plan::{Implementation, Plan};
use squall::rpc::store::encode_operation;
use squall::time::Duration;
use squall::trace::{Observer, Operation};
use squall::world::World;
use std::time::Instant;

/// After so many bytes, a thousand entries, a node cuts its log, as servers do; and so does the peer.
const CUT_AFTER: u32 = 80_000;

/// The plan of a cluster of so many nodes that cut their logs after so many bytes, or never, with these clients.
pub fn plan(nodes: u32, cut_after: Option<u32>, clients: &str) -> Plan {
    let raft = cut_after.map(|bytes| format!(", raft: (snapshot_every: {bytes})")).unwrap_or_default();
    let text = format!(
        r#"(format: 1, name: "bench", duration: "10m",
            cluster: (voters: {nodes}, disk: (flush: Constant("0s")){raft}),
            network: (default: (latency: Constant("1ms"))){clients})"#
    );
    squall::scenario::read(&text).expect("a sound scenario").0
}

/// Clients that ask for a thousand operations a second.
pub const CLIENTS: &str = ", clients: (count: 4, arrival: OpenLoop(rate: 1000.0), value_bytes: 64)";

/// Runs until there is a leader.
pub fn warm_up<O: Observer>(world: &mut World<'_, O>) {
    while world.effective_leader().is_none() {
        world.run_until(world.now() + Duration::from_millis(1));
    }
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures the wall clock")]
pub fn clock() -> Instant {
    Instant::now()
}

/// A command of 64 bytes that writes this value to this key.
pub fn command(key: u32, value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    encode_operation(Operation::Put { key, value }, 50, &mut bytes);
    bytes
}

/// How a cluster is loaded.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Load {
    /// Not at all.
    Idle,
    /// By proposals at the leader.
    Proposals,
    /// By as many, of which the leader announces at once what it has committed.
    Announced,
    /// By clients.
    Clients,
}

impl Load {
    /// The plan of a cluster of so many nodes under this load.
    pub fn plan(self, nodes: u32) -> Plan {
        plan(nodes, Some(CUT_AFTER), if self == Self::Clients { CLIENTS } else { "" })
    }

    /// The same, of nodes that run this implementation.
    pub fn plan_of(self, implementation: Implementation, nodes: u32) -> Plan {
        let mut plan = self.plan(nodes);
        plan.cluster.implementation = implementation;
        plan.cluster.raft.announce_commits = self == Self::Announced;
        plan
    }
}

/// Lets a cluster run for so many simulated seconds. Returns how many nanoseconds that takes on the wall.
pub fn drive<O: Observer>(plan: &Plan, seconds: u64, load: Load, observer: O) -> f64 {
    let mut world = World::new(plan, adapters::of(plan.cluster.implementation), 1, observer);
    warm_up(&mut world);
    let commands: Vec<Vec<u8>> = (0..16).map(|value| command(0, value)).collect();
    let start = world.now();
    let began = clock();
    if matches!(load, Load::Proposals | Load::Announced) {
        let leader = world.effective_leader().expect("elected when it was warm");
        for millisecond in 0..seconds * 1_000 {
            assert!(world.propose_to(leader, &commands[millisecond as usize % 16]), "the leader is up");
            world.run_until(start + Duration::from_millis(millisecond + 1));
        }
    } else {
        world.run_until(start + Duration::from_secs(seconds));
    }
    began.elapsed().as_nanos() as f64
}
