//! Random storms over the Raft core alone: frames are delayed, lost, duplicated and reordered, nodes are cut off,
//! disks lag, nodes crash and lose what they had not flushed, clients propose. Through all of it what the paper proves (figure 3) must hold,
//! and once the storm is over a new command must come through on every node.

use crate::cluster;
use cluster::{Cluster, Node, contents, describe, options};
use squall::ids::{NodeId, Term};
use squall::raft::message::INSTALL_SNAPSHOT;
use squall::replica::{Bug, Flow, Options, ReadBy, Reads, Role};
use squall::rng::{Stream, below};
use squall::time::Duration;
use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::panic::catch_unwind;

/// How many storms there are of each size of cluster.
const SEEDS: u64 = 3_000;
/// How many things happen in one storm.
const LENGTH: u64 = 4_000;

#[test]
fn three_nodes_stay_safe_and_recover() {
    (0..SEEDS).for_each(|seed| Storm::run(3, seed));
}

#[test]
fn five_nodes_stay_safe_and_recover() {
    (0..SEEDS).for_each(|seed| Storm::run(5, seed));
}

/// Small snapshots in small chunks, so that logs are cut and snapshots are on their way most of the time.
#[test]
fn with_snapshots_they_stay_safe_and_recover() {
    for seed in 0..SEEDS {
        let (every, chunk) = ([40, 150, 600][seed as usize % 3], [7, 100, 4_000][seed as usize / 3 % 3]);
        let options = with_snapshots(every, chunk);
        let mut storm = Storm::with(if seed % 2 == 0 { 3 } else { 5 }, seed, options);
        storm.rage();
        storm.recover();
    }
}

/// Reads at any node: none is served without what anyone knew to be committed when it came.
#[test]
fn reads_see_what_was_committed_before_them() {
    for by in [ReadBy::Index, ReadBy::Lease] {
        let mut served = 0;
        for seed in 0..SEEDS {
            let mut storm = Storm::with(if seed % 2 == 0 { 3 } else { 5 }, seed, with_reads(by, seed));
            storm.rage();
            served += storm.cluster.served;
            storm.recover();
        }
        assert!(served > 20 * SEEDS, "{by:?}: {served} reads were served");
    }
}

fn with_reads(by: ReadBy, seed: u64) -> Options {
    Options { reads: Reads { by, at_followers: seed & 2 == 0, max_drift_ppm: 0 }, ..options() }
}

/// The storms are not blind to what can go wrong with reads.
#[test]
fn mistakes_with_reads_are_found() {
    let found = |bug, by| {
        (0..3_000).find(|&seed| {
            let options = Options { bug, ..with_reads(by, seed) };
            catch_unwind(|| Storm::with(5, seed, options).rage()).is_err()
        })
    };
    for bug in [Bug::ReadWithoutOwnTermCommit, Bug::LocalRead] {
        assert!(found(Some(bug), ReadBy::Index).is_some(), "no storm found {bug:?}");
    }
    assert!(found(None, ReadBy::Local).is_some(), "no storm found a local read");
}

/// Windows, and room for what comes early, from none to much; small snapshots now and then.
#[test]
fn with_bounds_of_what_is_on_its_way_they_stay_safe_and_recover() {
    for seed in 0..SEEDS {
        let snapshots = if seed % 4 == 0 { with_snapshots(150, 100) } else { options() };
        let mut storm = Storm::with(if seed % 2 == 0 { 3 } else { 5 }, seed, bounded(seed, snapshots));
        storm.rage();
        storm.recover();
    }
}

fn bounded(seed: u64, options: Options) -> Options {
    let mut stream = Stream::new(seed, "bounds", 0, 0);
    let mut one_of = |all: [u32; 4]| NonZeroU32::new(all[below(stream.word(), 4) as usize]);
    let flow = Flow {
        max_inflight: one_of([0, 1, 2, 16]),
        max_inflight_bytes: one_of([0, 1, 40, 400]),
        max_uncommitted_bytes: one_of([0, 1, 60, 600]),
        max_early_bytes: one_of([0, 30, 100, 10_000]),
    };
    Options { flow, ..options }
}

fn with_snapshots(every: u32, chunk: u32) -> Options {
    let snapshot_chunk = NonZeroU32::new(chunk).expect("positive");
    Options { snapshot_every: NonZeroU32::new(every), snapshot_chunk, ..options() }
}

/// The storms are not blind to what can go wrong with snapshots.
#[test]
fn mistakes_with_snapshots_are_found() {
    for bug in [Bug::OldSnapshotAccepted, Bug::TruncateBeforeSnapshotDurable] {
        let found = (0..3_000).find(|&seed| {
            let options = Options { bug: Some(bug), ..with_snapshots(40, 4_000) };
            catch_unwind(|| Storm::with(5, seed, options).rage()).is_err()
        });
        assert!(found.is_some(), "no storm found {bug:?}");
    }
}

#[test]
fn the_storms_reach_what_they_should() {
    let mut sums = Reached::default();
    for seed in 0..200 {
        let mut storm = Storm::new(5, seed);
        storm.rage();
        sums.leaders += storm.leaders.len();
        sums.committed += storm.committed.len();
        sums.truncated += storm.reached.truncated;
        sums.lost_unflushed += storm.reached.lost_unflushed;
    }
    assert!(sums.leaders > 300, "{sums:?}");
    assert!(sums.committed > 1_000, "{sums:?}");
    assert!(sums.truncated > 30, "{sums:?}");
    assert!(sums.lost_unflushed > 100, "{sums:?}");
    let mut installed = 0;
    for seed in 0..100 {
        let mut storm = Storm::with(5, seed, with_snapshots(40, 7));
        storm.rage();
        installed += storm.reached.installed;
    }
    assert!(installed > 30, "{installed} snapshots were installed");
}

/// The storms are not blind: a replica that promises what is not durable is found out.
#[test]
fn an_acknowledgement_before_the_flush_is_found() {
    let found = (0..300).find(|&seed| {
        let options = Options { bug: Some(Bug::AckBeforeFlush), ..options() };
        catch_unwind(|| Storm::with(5, seed, options).rage()).is_err()
    });
    assert!(found.is_some(), "no storm found the bug");
}

/// Bytes that got damaged on the way, or were made up, may ruin a cluster, but no replica panics on them.
#[test]
fn damaged_frames_stop_no_replica() {
    for seed in 0..500 {
        let mut storm = Storm::new(3, seed);
        for _ in 0..LENGTH / 4 {
            if let Some(frame) = storm.cluster.in_flight.first_mut() {
                let word = storm.stream.word();
                let bit = below(word, frame.payload.len() as u64 * 8) as usize;
                if word.is_multiple_of(4) {
                    frame.payload[bit / 8] ^= 1 << (bit % 8);
                }
            }
            storm.turn(0);
        }
    }
}

/// What must happen often enough for the storms to mean anything.
#[derive(Debug, Default)]
struct Reached {
    leaders: usize,
    committed: usize,
    truncated: usize,
    lost_unflushed: usize,
    installed: usize,
}

struct Storm {
    cluster: Cluster,
    stream: Stream,
    seed: u64,
    /// The node that is cut off, if one is.
    cut: Option<NodeId>,
    /// Who led in each term.
    leaders: BTreeMap<Term, NodeId>,
    /// What has been committed, from index 1 on, by anyone ever.
    committed: Vec<(Term, Vec<u8>)>,
    /// The highest term in which something was committed first.
    committed_in: Term,
    /// How much of each node's applied entries has been compared.
    compared: Vec<usize>,
    reached: Reached,
}

impl Storm {
    fn run(nodes: u32, seed: u64) {
        let mut storm = Self::new(nodes, seed);
        storm.rage();
        storm.recover();
    }

    fn new(nodes: u32, seed: u64) -> Self {
        Self::with(nodes, seed, options())
    }

    fn with(nodes: u32, seed: u64, options: Options) -> Self {
        let mut stream = Stream::new(seed, "storm", u64::from(nodes), 0);
        // Small batches in some storms, so that followers are brought up to date in many.
        let max_batch_bytes = [1, 40, 64 * 1024][below(stream.word(), 3) as usize];
        let switches = stream.word();
        let [pre_vote, check_quorum, sticky, announce_commits] =
            [0, 1, 2, 3].map(|bit| switches >> bit & 1 == 1);
        let sticky = sticky || options.reads.by == ReadBy::Lease;
        let options =
            Options { max_batch_bytes, pre_vote, check_quorum, sticky, announce_commits, ..options };
        let mut cluster = Cluster::new(nodes, seed, options, None);
        cluster.nodes.iter_mut().for_each(|node| node.slow_disk = true);
        Self {
            cluster,
            stream,
            seed,
            cut: None,
            leaders: BTreeMap::new(),
            committed: Vec::new(),
            committed_in: Term::ZERO,
            compared: vec![0; nodes as usize],
            reached: Reached::default(),
        }
    }

    fn reads(&self) -> bool {
        self.cluster.options.reads.by != ReadBy::Log
    }

    fn roll(&mut self, bound: u64) -> u64 {
        below(self.stream.word(), bound)
    }

    fn any_node(&mut self) -> NodeId {
        NodeId(self.roll(self.cluster.nodes.len() as u64) as u32 + 1)
    }

    fn rage(&mut self) {
        for turn in 0..LENGTH {
            self.turn(turn);
            self.check();
            if turn % 50 == 0 {
                self.check_log_matching();
            }
        }
    }

    /// Lets one thing happen.
    fn turn(&mut self, turn: u64) {
        let id = self.any_node();
        let up = self.cluster.node(id).replica.is_some();
        match self.roll(1_000) {
            0..496 => (0..3).for_each(|_| self.deliver_any()),
            496..500 => self.cut = if self.cut.is_none() { Some(id) } else { None },
            500..520 => self.lose_any(),
            520..550 => self.duplicate_any(),
            550..880 if up => self.flush_some(id),
            880..905 => self.wake_next(),
            905..945 if up && self.reads() => self.cluster.read(id),
            905..985 if up => self.cluster.propose(id, format!("{turn}").as_bytes()),
            985..990 if up => self.crash(id),
            990..1_000 if !up => self.boot(id),
            _ => self.cluster.now += Duration::from_millis(1),
        }
    }

    fn deliver_any(&mut self) {
        if self.cluster.in_flight.is_empty() {
            return;
        }
        // Mostly in order; the rest overtakes.
        let count = self.cluster.in_flight.len() as u64;
        let place = if self.roll(3) == 0 { self.roll(count) } else { 0 };
        let frame = self.cluster.in_flight.remove(place as usize);
        if self.cut == Some(frame.from) || self.cut == Some(frame.to) {
            return;
        }
        let before = self.cluster.node(frame.to).status;
        self.cluster.deliver(&frame);
        let after = self.cluster.node(frame.to).status;
        self.reached.truncated += usize::from(after.last < before.last);
        self.reached.installed += usize::from(frame.kind == INSTALL_SNAPSHOT && after.commit > before.commit);
    }

    fn lose_any(&mut self) {
        let count = self.cluster.in_flight.len() as u64;
        if count > 0 {
            let place = self.roll(count);
            self.cluster.in_flight.swap_remove(place as usize);
        }
    }

    fn duplicate_any(&mut self) {
        let count = self.cluster.in_flight.len() as u64;
        if count > 0 {
            let place = self.roll(count);
            let frame = self.cluster.in_flight[place as usize].clone();
            self.cluster.in_flight.push(frame);
        }
    }

    fn flush_some(&mut self, id: NodeId) {
        let count = self.roll(4) as usize + 1;
        self.cluster.flush(id, count);
    }

    /// Time passes to the next deadline of a node that is up.
    fn wake_next(&mut self) {
        let up = self.cluster.nodes.iter().filter(|node| node.replica.is_some());
        if let Some((_, id)) = up.filter_map(|node| Some((node.deadline?, node.id))).min() {
            self.cluster.time_out(id);
        }
    }

    fn crash(&mut self, id: NodeId) {
        self.reached.lost_unflushed += usize::from(!self.cluster.node(id).unflushed.is_empty());
        self.cluster.crash(id);
    }

    fn boot(&mut self, id: NodeId) {
        self.cluster.boot(id);
        self.compared[id.slot()] = 0;
    }

    /// What can be checked after every step.
    fn check(&mut self) {
        assert_eq!(self.cluster.stale_reads, [""; 0], "seed {}", self.seed);
        for slot in 0..self.cluster.nodes.len() {
            let node = &self.cluster.nodes[slot];
            let (seed, id, term) = (self.seed, node.id, node.status.term);
            if node.replica.is_none() {
                continue;
            }
            let (applied, before) = (node.applied.len(), self.compared[slot]);
            assert!(applied >= before, "seed {seed}: {id} goes back from {before} entries to {applied}");
            // State machine safety: all apply the same entries in the same order, across crashes too.
            for (index, entry) in node.applied.iter().enumerate().skip(self.compared[slot]) {
                match self.committed.get(index) {
                    Some(committed) => {
                        assert_eq!(entry, committed, "seed {seed}: {id} applies {}", index + 1)
                    }
                    None => {
                        self.committed.push(entry.clone());
                        self.committed_in = self.committed_in.max(term);
                    }
                }
            }
            self.compared[slot] = node.applied.len();
            if node.status.role != Role::Leader || self.leaders.get(&term) == Some(&id) {
                continue;
            }
            // Election safety: a term has at most one leader.
            let other = self.leaders.insert(term, id);
            assert_eq!(other, None, "seed {seed}: a second leader in term {term}");
            // Leader completeness: a leader has all that was committed in earlier terms.
            if term > self.committed_in {
                let log = whole_log(node);
                let committed = &self.committed[..];
                assert!(log.starts_with(committed), "seed {seed}: {id} leads without what is committed");
            }
        }
    }

    /// Log matching: if two logs have an entry of the same index and term, they are identical up to it.
    fn check_log_matching(&self) {
        let logs: Vec<Vec<_>> = self.cluster.nodes.iter().map(whole_log).collect();
        for (at, one) in logs.iter().enumerate() {
            for other in &logs[at + 1..] {
                let shared = one.iter().zip(other).rposition(|(a, b)| a.0 == b.0).map_or(0, |i| i + 1);
                assert_eq!(one[..shared], other[..shared], "seed {}: logs part and meet again", self.seed);
            }
        }
    }

    /// The storm is over: all nodes come up, nothing is lost, disks are fast. A leader must commit a new entry on all.
    fn recover(&mut self) {
        for slot in 0..self.cluster.nodes.len() {
            let id = self.cluster.nodes[slot].id;
            self.cluster.nodes[slot].slow_disk = false;
            if self.cluster.nodes[slot].replica.is_none() {
                self.boot(id);
            }
            self.cluster.flush(id, usize::MAX);
        }
        let mut delivered = 0;
        for _ in 0..300 {
            while !self.cluster.in_flight.is_empty() {
                delivered += 1;
                assert!(delivered < 1_000_000, "seed {}: messages without end", self.seed);
                let frame = self.cluster.in_flight.remove(0);
                self.cluster.deliver(&frame);
                self.check();
            }
            let leaders = self.cluster.nodes.iter().filter(|node| node.status.role == Role::Leader);
            match leaders.max_by_key(|node| node.status.term).map(|node| node.id) {
                Some(leader) => self.cluster.propose(leader, b"after the storm"),
                None => self.wake_next(),
            }
            self.wake_next();
            self.check();
            let through = |node: &Node| node.applied.iter().any(|(_, data)| data == b"after the storm");
            if self.cluster.nodes.iter().all(through) {
                return self.check_log_matching();
            }
        }
        let in_flight: Vec<_> = self.cluster.in_flight.iter().map(describe).collect();
        panic!("seed {}: no command comes through; in flight: {in_flight:#?}", self.seed);
    }
}

/// A node's log once all is flushed, with what was cut off it as its snapshot has that.
fn whole_log(node: &Node) -> Vec<(Term, Vec<u8>)> {
    let disk = node.written();
    let mut all = disk.snapshot.map_or(Vec::new(), |snapshot| contents(&snapshot.data));
    all.truncate(disk.base.index.0 as usize);
    assert_eq!(all.len() as u64, disk.base.index.0, "a snapshot stands for what was cut off");
    all.extend(contents(&disk.entries));
    all
}
