//! What each node was at each moment, and how many operations ended when: what pictures need and no figure does.

use super::statistics::Summary;
use crate::ids::{NodeId, OperationId};
use crate::plan::Plan;
use crate::replica::Role;
use crate::time::{Duration, Time};
use crate::trace::{Body, Observer, Outcome, Record};
use std::collections::BTreeMap;

/// In how many buckets of time operations are counted.
const BUCKETS: u64 = 100;
/// How many stretches of one node are kept, and of all nodes together: no picture shows more.
const STRETCHES: (usize, usize) = (2_000, 12_000);

/// What a node is as far as leading goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// It is down.
    Down,
    /// Its process is paused, in whatever role.
    Paused,
    /// It is up in this role.
    Up(Role),
}

impl State {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Up(Role::Leader),
        Self::Up(Role::Candidate),
        Self::Up(Role::PreCandidate),
        Self::Up(Role::Follower),
        Self::Paused,
        Self::Down,
    ];

    /// Its name, for people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Down => "down",
            Self::Paused => "paused",
            Self::Up(Role::Follower) => "follower",
            Self::Up(Role::PreCandidate) => "pre-candidate",
            Self::Up(Role::Candidate) => "candidate",
            Self::Up(Role::Leader) => "leader",
        }
    }
}

/// A node in one state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// From when.
    pub from: Time,
    /// Until when.
    pub to: Time,
    /// What it was.
    pub state: State,
}

/// One node throughout a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lane {
    /// Which.
    pub node: NodeId,
    /// What it was, without gaps from the beginning of the run to its end.
    pub stretches: Vec<Stretch>,
    /// How many short stretches are left out; the ones before them last until the ones after them.
    pub left_out: u64,
    /// For how long it was what, nothing left out, in the order of [`State::ALL`].
    pub times: [Duration; 6],
}

/// The operations that ended in a part of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bucket {
    /// Those that were done.
    pub done: u64,
    /// Those that were refused, or had no answer in time.
    pub failed: u64,
    /// From beginning to end of those that were done, in nanoseconds.
    pub latency: Option<Summary>,
}

/// A whole run over time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timelines {
    /// Each node.
    pub lanes: Vec<Lane>,
    /// How long each bucket is.
    pub bucket: Duration,
    /// The operations by when they ended; empty if no client asked for any.
    pub buckets: Vec<Bucket>,
}

/// Takes a run down as it goes on. Only whoever draws needs it.
#[derive(Clone, Debug)]
pub struct Timeline {
    nodes: Vec<Watched>,
    bucket: u64,
    open: BTreeMap<OperationId, Time>,
    invoked: bool,
    ended: Vec<Ended>,
}

#[derive(Clone, Debug)]
struct Watched {
    up: bool,
    paused: bool,
    role: Role,
    /// Each change, from when on.
    changes: Vec<(Time, State)>,
}

#[derive(Clone, Debug, Default)]
struct Ended {
    failed: u64,
    latencies: Vec<u64>,
}

impl Timeline {
    /// Of a run of this plan, before its first record.
    pub fn new(plan: &Plan) -> Self {
        let down = Watched {
            up: false,
            paused: false,
            role: Role::Follower,
            changes: vec![(Time::ZERO, State::Down)],
        };
        Self {
            nodes: vec![down; plan.cluster.nodes() as usize],
            bucket: plan.duration.nanos().div_ceil(BUCKETS).max(1),
            open: BTreeMap::new(),
            invoked: false,
            ended: vec![Ended::default(); BUCKETS as usize],
        }
    }

    /// All of a run that ended now.
    pub fn all(self, end: Time) -> Timelines {
        let most = STRETCHES.0.min(STRETCHES.1 / self.nodes.len().max(1)).max(100);
        let nodes = (1..).map(NodeId).zip(&self.nodes);
        let lanes = nodes.map(|(node, watched)| watched.lane(node, end, most)).collect();
        let bucket = Duration::from_nanos(self.bucket);
        let within = end.nanos().div_ceil(self.bucket) as usize;
        let buckets = self.ended.into_iter().take(within).map(|ended| Bucket {
            done: ended.latencies.len() as u64,
            failed: ended.failed,
            latency: Summary::of(ended.latencies),
        });
        Timelines { lanes, bucket, buckets: if self.invoked { buckets.collect() } else { Vec::new() } }
    }

    fn returned(&mut self, time: Time, operation: OperationId, outcome: Outcome) {
        let began = self.open.remove(&operation);
        // What happens at the very end belongs to the last bucket.
        let at = ((time.nanos() / self.bucket) as usize).min(self.ended.len() - 1);
        match outcome {
            Outcome::Refused | Outcome::Unknown => self.ended[at].failed += 1,
            Outcome::Done { .. } => {
                self.ended[at].latencies.extend(began.map(|began| time.since(began).nanos()));
            }
        }
    }
}

impl Observer for Timeline {
    fn observe(&mut self, record: &Record) {
        match record.body {
            Body::Invoked { operation, .. } => {
                self.invoked = true;
                self.open.insert(operation, record.time);
                return;
            }
            Body::Returned { operation, outcome } => return self.returned(record.time, operation, outcome),
            _ => {}
        }
        let Some(node) = record.node.as_node().and_then(|node| self.nodes.get_mut(node.slot())) else {
            return;
        };
        match record.body {
            Body::Booted { .. } => (node.up, node.role) = (true, Role::Follower),
            Body::Crashed => (node.up, node.paused) = (false, false),
            Body::Stopped { .. } => node.up = false,
            Body::Paused => node.paused = true,
            Body::Resumed => node.paused = false,
            Body::RoleChanged { role, .. } => node.role = role,
            _ => return,
        }
        node.change(record.time);
    }
}

impl Watched {
    fn state(&self) -> State {
        match (self.up, self.paused) {
            (false, _) => State::Down,
            (true, true) => State::Paused,
            (true, false) => State::Up(self.role),
        }
    }

    /// What it is now counts from this instant on; of several changes at an instant the last.
    fn change(&mut self, time: Time) {
        let state = self.state();
        while self.changes.last().is_some_and(|(since, _)| *since == time) {
            self.changes.pop();
        }
        if self.changes.last().is_none_or(|(_, last)| *last != state) {
            self.changes.push((time, state));
        }
    }

    fn lane(&self, node: NodeId, end: Time, most: usize) -> Lane {
        let ends = self.changes.iter().skip(1).map(|(time, _)| *time).chain([end]);
        let all: Vec<Stretch> = self
            .changes
            .iter()
            .zip(ends)
            .map(|((from, state), to)| Stretch { from: *from, to, state: *state })
            .collect();
        let times = State::ALL.map(|state| {
            let those = all.iter().filter(|stretch| stretch.state == state);
            those.fold(Duration::ZERO, |sum, stretch| sum + stretch.to.since(stretch.from))
        });
        let stretches = longest(&all, most);
        let left_out = (all.len() - stretches.len()) as u64;
        Lane { node, stretches, left_out, times }
    }
}

/// The longest stretches, at most so many, and always the first; each lasts until the next one.
fn longest(all: &[Stretch], most: usize) -> Vec<Stretch> {
    if all.len() <= most {
        return all.to_vec();
    }
    let mut places: Vec<usize> = (1..all.len()).collect();
    places.sort_by_key(|place| std::cmp::Reverse(all[*place].to.since(all[*place].from)));
    places.truncate(most.saturating_sub(1));
    places.push(0);
    places.sort_unstable();
    let ends = places[1..].iter().map(|place| all[*place].from).chain(all.last().map(|last| last.to));
    places.iter().zip(ends).map(|(place, to)| Stretch { to, ..all[*place] }).collect()
}
