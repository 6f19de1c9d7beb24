//! A run over time for programs: what pictures show.

use super::over_time::spans;
use super::statistics::Summary;
use super::{Lane, State, Timelines};
use serde::Serialize;
use std::collections::BTreeMap;

/// What each node was, and what clients got.
#[derive(Serialize)]
pub(super) struct OverTime {
    nodes: Vec<Node>,
    /// How long each part of `service` is.
    part_ns: u64,
    service: Vec<Part>,
}

/// A node throughout a run.
#[derive(Serialize)]
struct Node {
    node: u32,
    /// For how long it was what.
    as_ns: BTreeMap<&'static str, u64>,
    /// How many short stretches are left out; the ones before them last until the ones after them.
    left_out: u64,
    stretches: Vec<Was>,
}

#[derive(Serialize)]
struct Was {
    from_ns: u64,
    to_ns: u64,
    was: &'static str,
}

/// The operations that ended in a part of a run.
#[derive(Serialize)]
struct Part {
    from_ns: u64,
    done: u64,
    failed: u64,
    latency_ns: Option<Summary>,
}

impl OverTime {
    pub(super) fn of(timelines: &Timelines) -> Self {
        let part = |(from_ns, _, bucket): (u64, u64, &super::Bucket)| Part {
            from_ns,
            done: bucket.done,
            failed: bucket.failed,
            latency_ns: bucket.latency,
        };
        Self {
            nodes: timelines.lanes.iter().map(Node::of).collect(),
            part_ns: timelines.bucket.nanos(),
            service: spans(timelines).map(part).collect(),
        }
    }
}

impl Node {
    fn of(lane: &Lane) -> Self {
        let times = State::ALL.iter().zip(lane.times);
        let stretches = lane.stretches.iter();
        Self {
            node: lane.node.0,
            as_ns: times.map(|(state, time)| (state.name(), time.nanos())).collect(),
            left_out: lane.left_out,
            stretches: stretches
                .map(|it| Was { from_ns: it.from.nanos(), to_ns: it.to.nanos(), was: it.state.name() })
                .collect(),
        }
    }
}
