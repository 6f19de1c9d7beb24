//! The shortest way from a fault to a record.
//!
//! Each record names what brought it about. That alone seldom leads to a fault: a server that forgot its vote answers a
//! request which no fault had brought about. So some records have links of another kind, to what they build upon; they are
//! listed in docs/causes.md.

#[cfg(test)]
mod tests;

use super::{ActionKind, Body, Observer, Outcome, Record};
use crate::ids::{Address, Index, NodeId, OperationId, RecordId, Term};
use crate::replica::Role;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Takes down how the records up to one of them hang together.
#[derive(Clone, Debug)]
pub struct Trail {
    of: RecordId,
    /// Each record, in their order.
    seen: Vec<Seen>,
    /// What else a record builds upon: it, and the earlier one. In the order of the first.
    links: Vec<(RecordId, RecordId)>,
    /// What a fault did, and to whom, in order.
    hits: Vec<(Address, RecordId)>,
    /// What the record contradicts.
    rival: Option<RecordId>,
    past: Past,
}

#[derive(Clone, Copy, Debug)]
struct Seen {
    cause: Option<RecordId>,
    node: Address,
    mark: Mark,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mark {
    Fault,
    /// A timer, a request, a start: what needs no explanation.
    Origin,
    Other,
}

/// The last of what later records build upon.
#[derive(Clone, Debug, Default)]
struct Past {
    faults: BTreeMap<RecordId, ActionKind>,
    /// What a fault does to single frames of a link.
    afflicted: BTreeMap<(Address, Address, ActionKind), RecordId>,
    /// Frames, by their `Sent`, that were changed, led astray or sent again.
    altered: BTreeMap<RecordId, RecordId>,
    /// What a node lost, or its disk.
    lost: BTreeMap<Address, RecordId>,
    disks: BTreeMap<Address, RecordId>,
    /// The start of a node that had lost something.
    booted: BTreeMap<Address, RecordId>,
    /// What keeps frames from or to a node, or the node from answering.
    apart: BTreeMap<Address, RecordId>,
    leaders: BTreeMap<Address, NodeId>,
    terms: BTreeMap<Address, Term>,
    logs: BTreeMap<Address, Log>,
    granted: BTreeMap<(Address, Term), Vec<RecordId>>,
    /// What clients asked for, and since when.
    asked: BTreeMap<OperationId, (RecordId, u32)>,
    /// What clients were told of each key: which entry had written it before, and whether it was written then.
    told: BTreeMap<u32, Vec<(RecordId, Index, bool)>>,
    firsts: Firsts,
}

/// What a node has in its log.
#[derive(Clone, Debug, Default)]
struct Log {
    /// The last entry that a snapshot stands for.
    base: Option<Index>,
    /// What put each entry there, with the chained hash of the log up to it.
    entries: BTreeMap<Index, (RecordId, u64)>,
}

/// What came first of things of which there may be one only.
#[derive(Clone, Debug, Default)]
struct Firsts {
    leaders: BTreeMap<Term, (RecordId, Address)>,
    votes: BTreeMap<(Address, Term), (RecordId, Address)>,
    entries: BTreeMap<(Index, Term), (RecordId, u64)>,
    committed: BTreeMap<Index, Commit>,
    /// What became of the command of each entry, and where each operation took effect.
    fates: BTreeMap<Index, (RecordId, Fate)>,
    effects: BTreeMap<OperationId, (RecordId, Index)>,
}

/// What became of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Executed,
    Repeated,
    Disowned,
}

/// An entry that was committed for the first time.
#[derive(Clone, Copy, Debug)]
struct Commit {
    record: RecordId,
    hash: u64,
    /// The term of the node that found it committed, which may be later than the entry's own.
    by_term: Term,
}

/// The shortest way from a fault to a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chain {
    /// The records in order: the last is the one that it leads to.
    pub records: Vec<RecordId>,
    /// Of records whose own cause is not among these, the one of these that they build upon: it, and the earlier one.
    pub built_upon: BTreeMap<RecordId, RecordId>,
    /// The fault; none if there was none that had to do with it. What the last one contradicts may have one of its own.
    pub fault: Option<RecordId>,
    /// Whether records lead from the fault to the last one, or to what it contradicts. If not, it is but the last that hit one
    /// of the nodes.
    pub linked: bool,
}

impl Trail {
    /// For the chain that leads to this record.
    pub fn of(record: RecordId) -> Self {
        Self {
            of: record,
            seen: Vec::new(),
            links: Vec::new(),
            hits: Vec::new(),
            rival: None,
            past: Past::default(),
        }
    }

    /// The chain; none if the run ended before the record.
    pub fn chain(&self) -> Option<Chain> {
        if !self.is_done() {
            return None;
        }
        let fault = |id: RecordId| self.mark(id) == Mark::Fault;
        let origin = |id: RecordId| self.mark(id) != Mark::Other;
        let direct = self.nearest(self.of, &fault);
        let mut begin = direct.as_ref().and_then(|way| way.first().copied());
        let way = direct.or_else(|| self.nearest(self.of, &|id| id != self.of && origin(id)));
        let mut ways = vec![way.unwrap_or_else(|| vec![self.of])];
        if let Some(rival) = self.rival {
            let of_fault = if begin.is_none() { self.nearest(rival, &fault) } else { None };
            begin = begin.or(of_fault.as_ref().and_then(|way| way.first().copied()));
            let meets = |id| ways[0].contains(&id) || origin(id);
            ways.push(of_fault.or_else(|| self.nearest(rival, &meets)).unwrap_or_else(|| vec![rival]));
        }
        let mut records: BTreeSet<RecordId> = ways.iter().flatten().copied().collect();
        let linked = begin.is_some();
        if !linked {
            let nodes: BTreeSet<Address> =
                records.iter().filter_map(|id| Some(self.seen(*id)?.node)).collect();
            if let Some((_, hit)) = self.hits.iter().rev().find(|(node, _)| nodes.contains(node)) {
                records.insert(*hit);
                let cause = self.seen(*hit).and_then(|seen| seen.cause);
                records.extend(cause);
                begin = [Some(*hit), cause].into_iter().flatten().find(|id| fault(*id));
            }
        }
        let steps = ways.iter().flat_map(|way| way.windows(2).map(|step| (step[1], step[0])));
        let is_hidden = |id: RecordId| {
            self.seen(id).is_none_or(|seen| !seen.cause.is_some_and(|it| records.contains(&it)))
        };
        let built_upon = steps.filter(|(later, _)| is_hidden(*later)).collect();
        Some(Chain { records: records.into_iter().collect(), built_upon, fault: begin, linked })
    }

    fn seen(&self, id: RecordId) -> Option<&Seen> {
        self.seen.get(usize::try_from(id.0.get() - 1).ok()?)
    }

    fn mark(&self, id: RecordId) -> Mark {
        self.seen(id).map_or(Mark::Other, |seen| seen.mark)
    }

    /// What a record builds upon, and then its cause.
    fn before(&self, id: RecordId) -> impl Iterator<Item = RecordId> + '_ {
        let from = self.links.partition_point(|(later, _)| *later < id);
        let links = self.links[from..].iter().take_while(move |(later, _)| *later == id);
        links.map(|(_, earlier)| *earlier).chain(self.seen(id).and_then(|seen| seen.cause))
    }

    /// The shortest way back to one that is wanted, in order.
    fn nearest(&self, from: RecordId, wanted: &dyn Fn(RecordId) -> bool) -> Option<Vec<RecordId>> {
        let mut next: BTreeMap<RecordId, RecordId> = BTreeMap::new();
        let mut queue = VecDeque::from([from]);
        while let Some(id) = queue.pop_front() {
            if wanted(id) {
                let way = std::iter::successors(Some(id), |id| next.get(id).copied());
                return Some(way.collect());
            }
            for earlier in self.before(id) {
                // What is earlier was never what the way began with.
                if let std::collections::btree_map::Entry::Vacant(place) = next.entry(earlier) {
                    place.insert(id);
                    queue.push_back(earlier);
                }
            }
        }
        None
    }

    fn link(&mut self, record: &Record, earlier: Option<RecordId>) {
        if let Some(earlier) = earlier.filter(|earlier| *earlier < record.id) {
            self.links.push((record.id, earlier));
        }
    }

    /// A fault does something to a link, or to a node.
    fn hit(&mut self, record: &Record) {
        let Some(action) = record.cause.and_then(|cause| self.past.faults.get(&cause)).copied() else {
            return;
        };
        let ends = record.link().map(|(_, to)| to).into_iter().chain([record.node]);
        match record.body {
            Body::Cut { .. } | Body::Clogged { .. } | Body::Paused => {
                for end in ends {
                    self.hits.push((end, record.id));
                    self.past.apart.insert(end, record.id);
                }
            }
            Body::Afflicted { to } => {
                ends.for_each(|end| self.hits.push((end, record.id)));
                self.past.afflicted.insert((record.node, to, action), record.id);
            }
            _ => self.hits.push((record.node, record.id)),
        }
    }

    fn fault(&mut self, record: &Record) {
        match record.body {
            Body::FaultStarted { action, nodes, .. } => {
                self.past.faults.insert(record.id, action);
                for node in nodes.iter() {
                    self.hits.push((node.into(), record.id));
                    if action == ActionKind::LoseFlush {
                        self.past.disks.insert(node.into(), record.id);
                    }
                }
            }
            Body::FaultEnded { action: ActionKind::LoseFlush, nodes, .. } => {
                for node in nodes.iter() {
                    self.past.disks.remove(&node.into());
                }
            }
            _ => {}
        }
    }

    /// A frame is done something to, or arrives.
    fn frame(&mut self, record: &Record) {
        let action = match record.body {
            Body::Corrupted { .. } => ActionKind::Corrupt,
            Body::Misdirected { .. } => ActionKind::Misdirect,
            Body::Replayed { .. } => ActionKind::Replay,
            Body::Duplicated { .. } => ActionKind::Duplicate,
            _ => {
                let altered = record.cause.and_then(|sent| self.past.altered.get(&sent)).copied();
                return self.link(record, altered);
            }
        };
        let of_link = record.link().and_then(|(from, to)| self.past.afflicted.get(&(from, to, action)));
        self.link(record, of_link.copied());
        if let Some(sent) = record.cause {
            self.past.altered.insert(sent, record.id);
        }
    }

    /// A node loses power or data, starts, or takes a step with what it has found at its start.
    fn life(&mut self, record: &Record) {
        let node = record.node;
        match record.body {
            Body::Crashed | Body::Wiped | Body::Rotted { .. } | Body::Stopped { .. } => {
                self.link(record, self.past.disks.get(&node).copied());
                self.past.lost.insert(node, record.id);
                self.past.booted.remove(&node);
                if matches!(record.body, Body::Crashed) {
                    self.past.apart.insert(node, record.id);
                } else {
                    self.past.disks.insert(node, record.id);
                }
            }
            Body::Booted { .. } => {
                if let Some(lost) = self.past.lost.get(&node).copied() {
                    self.link(record, Some(lost));
                    self.past.booted.insert(node, record.id);
                }
            }
            _ => self.link(record, self.past.booted.get(&node).copied()),
        }
    }

    /// A timer runs out: since a node was cut off, or the leader that it followed is gone.
    fn timer(&mut self, record: &Record) {
        let leader = self.past.leaders.get(&record.node).map(|leader| Address::from(*leader));
        let gone = leader.and_then(|leader| self.past.apart.get(&leader)).copied();
        self.link(record, gone.or_else(|| self.past.apart.get(&record.node).copied()));
    }

    /// The first entry that was committed in an earlier term, and which this node, a leader of this one from now on, has not.
    fn lacks(&self, node: Address, term: Term) -> Option<RecordId> {
        let none = Log::default();
        let log = self.past.logs.get(&node).unwrap_or(&none);
        let mut committed = self.past.firsts.committed.iter();
        let missing = committed.find(|(index, commit)| {
            commit.by_term < term
                && log.base.is_none_or(|base| **index > base)
                && log.entries.get(index).is_none_or(|(_, held)| *held != commit.hash)
        });
        missing.map(|(_, commit)| commit.record)
    }

    /// What became of the command of an entry, or was told of it to a client. What contradicts that, if anything does.
    fn command(&mut self, record: &Record) -> Option<RecordId> {
        let firsts = &mut self.past.firsts;
        let (index, fate) = match record.body {
            Body::Executed { index, operation, .. } => {
                let effect = operation.map(|it| *firsts.effects.entry(it).or_insert((record.id, index)));
                if let Some((first, elsewhere)) = effect
                    && elsewhere != index
                {
                    self.joined(record, index);
                    return Some(first);
                }
                (index, Fate::Executed)
            }
            Body::Repeated { index, .. } => (index, Fate::Repeated),
            Body::Disowned { index, .. } => (index, Fate::Disowned),
            Body::Acknowledged { index, .. } => {
                self.joined(record, index);
                return None;
            }
            Body::Invoked { operation, request } => {
                self.past.asked.insert(operation, (record.id, request.key()));
                return None;
            }
            Body::Returned { operation, outcome: Outcome::Done { previous_index, written, .. } } => {
                let found = firsts.committed.get(&previous_index).map(|commit| commit.record);
                self.link(record, found.filter(|_| record.id == self.of));
                let (asked, key) = *self.past.asked.get(&operation)?;
                let missed = self.missed((asked, key), previous_index);
                self.past.told.entry(key).or_default().push((record.id, previous_index, written));
                return missed.filter(|_| record.id == self.of);
            }
            _ => return None,
        };
        let (first, known) = *firsts.fates.entry(index).or_insert((record.id, fate));
        self.joined(record, index);
        (known != fate).then_some(first)
    }

    /// The first that was told of a later write of this key than what was found, before this was asked: that was missed.
    fn missed(&self, (asked, key): (RecordId, u32), found: Index) -> Option<RecordId> {
        let told = self.past.told.get(&key)?.iter().take_while(|(returned, ..)| *returned < asked);
        let later =
            |(_, before, written): &&(RecordId, Index, bool)| *before > found || *written && *before >= found;
        told.into_iter().find(later).map(|(returned, ..)| *returned)
    }

    /// What is told of an entry in the end builds upon where it joined the node's log.
    fn joined(&mut self, record: &Record, index: Index) {
        if record.id == self.of {
            let log = self.past.logs.get(&record.node);
            let appended = log.and_then(|log| log.entries.get(&index)).map(|(appended, _)| *appended);
            self.link(record, appended);
        }
    }

    /// What a replica did builds upon entries and votes.
    fn replica(&mut self, record: &Record) {
        let (node, past) = (record.node, &mut self.past);
        if let Body::Booted { term, .. } | Body::RoleChanged { term, .. } = record.body {
            past.terms.insert(node, term);
        }
        let rival = match record.body {
            Body::Appended { index, term, hash, .. } | Body::Preloaded { index, term, hash } => {
                past.logs.entry(node).or_default().entries.insert(index, (record.id, hash));
                let first = *past.firsts.entries.entry((index, term)).or_insert((record.id, hash));
                (first.1 != hash).then_some(first.0)
            }
            Body::Committed { index, hash, .. } | Body::Applied { index, hash, .. } => {
                let by_term = past.terms.get(&node).copied().unwrap_or_default();
                let now = Commit { record: record.id, hash, by_term };
                let first = *past.firsts.committed.entry(index).or_insert(now);
                let appended = past.logs.get(&node).and_then(|log| log.entries.get(&index)).copied();
                let conflicts = first.hash != hash;
                self.link(record, appended.filter(|_| conflicts).map(|(appended, _)| appended));
                conflicts.then_some(first.record)
            }
            Body::Truncated { from, .. } => {
                past.logs.entry(node).or_default().entries.split_off(&from);
                None
            }
            Body::Restored { index, .. } => {
                past.logs.entry(node).or_default().base = Some(index);
                None
            }
            Body::Booted { term, vote, last, .. } => {
                past.logs.entry(node).or_default().entries.retain(|index, _| *index <= last);
                let voted = past.firsts.votes.get(&(node, term)).copied();
                voted.filter(|(_, to)| vote.map(Address::from) != Some(*to)).map(|(sent, _)| sent)
            }
            Body::Sent { to, term, grants_vote: true, .. } => {
                past.granted.entry((to, term)).or_default().push(record.id);
                let first = *past.firsts.votes.entry((node, term)).or_insert((record.id, to));
                (first.1 != to).then_some(first.0)
            }
            Body::RoleChanged { role: Role::Leader, term, .. } => {
                let first = *past.firsts.leaders.entry(term).or_insert((record.id, node));
                for vote in past.granted.get(&(node, term)).cloned().unwrap_or_default() {
                    self.link(record, Some(vote));
                }
                if first.1 != node {
                    Some(first.0)
                } else if record.id == self.of {
                    self.lacks(node, term)
                } else {
                    None
                }
            }
            Body::RoleChanged { leader, .. } => {
                past.leaders.extend(leader.map(|leader| (node, leader)));
                None
            }
            _ => self.command(record),
        };
        if record.id == self.of {
            self.rival = rival;
        }
    }
}

impl Observer for Trail {
    fn observe(&mut self, record: &Record) {
        if record.id > self.of {
            return;
        }
        let mark = match record.body {
            Body::FaultStarted { .. } => Mark::Fault,
            Body::Woke | Body::Invoked { .. } | Body::Proposed { .. } => Mark::Origin,
            _ if record.cause.is_none() => Mark::Origin,
            _ => Mark::Other,
        };
        self.seen.push(Seen { cause: record.cause, node: record.node, mark });
        self.fault(record);
        self.hit(record);
        match record.body {
            Body::Corrupted { .. }
            | Body::Misdirected { .. }
            | Body::Replayed { .. }
            | Body::Duplicated { .. } => {
                self.frame(record);
            }
            Body::Delivered { .. } => {
                self.frame(record);
                self.life(record);
            }
            Body::Woke => {
                self.life(record);
                self.timer(record);
            }
            Body::Crashed
            | Body::Wiped
            | Body::Rotted { .. }
            | Body::Stopped { .. }
            | Body::Flushed { .. } => self.life(record),
            Body::Booted { .. } => {
                self.life(record);
                self.replica(record);
            }
            _ => self.replica(record),
        }
    }

    fn is_done(&self) -> bool {
        self.seen.len() as u64 >= self.of.0.get()
    }
}
