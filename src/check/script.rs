//! Record sequences written by hand, for tests: a cluster as a screenplay.
//!
//! A script boots its nodes at time 0 and keeps, for each, a log and what of it was flushed, so that hashes and what
//! recovery finds come out as a host would record them. What no host would do is written with [`Script::record`].

use super::{Check, Checkers, Property, Verdict};
use crate::ids::{
    Address, CallId, ClientId, Epoch, Index, NodeId, NodeSet, OperationId, RecordId, RequestId, Term, WriteId,
};
use crate::replica::{HardState, Role};
use crate::time::Time;
use crate::trace::digest::chain;
use crate::trace::{ActionKind, Body, FaultSource, Observer, Operation, Outcome, Record};
use std::num::NonZeroU64;

/// The records so far, and what is needed to make the next ones.
#[derive(Clone, Debug)]
pub(crate) struct Script {
    voters: u32,
    records: Vec<Record>,
    now: Time,
    event: Option<RecordId>,
    nodes: Vec<Actor>,
}

#[derive(Clone, Debug, Default)]
struct Actor {
    epoch: u64,
    write: u64,
    memory: Held,
    flushed: Held,
    commit: u64,
    applied: u64,
    blank: bool,
}

#[derive(Clone, Debug, Default)]
struct Held {
    hard_state: HardState,
    /// The term and the chained hash of each entry.
    log: Vec<(Term, u64)>,
}

impl Script {
    /// A cluster of so many voters, all booted at time 0.
    pub(crate) fn of(voters: u32) -> Self {
        let nodes = vec![Actor::default(); voters as usize];
        let mut script = Self { voters, records: Vec::new(), now: Time::ZERO, event: None, nodes };
        for node in 1..=voters {
            script.restarts(node);
        }
        script
    }

    /// The records.
    pub(crate) fn records(&self) -> &[Record] {
        &self.records
    }

    /// Lets an observer see all of it.
    pub(crate) fn play<O: Observer>(&self, mut observer: O) -> O {
        self.records.iter().for_each(|record| observer.observe(record));
        observer
    }

    /// Time goes on to so many milliseconds after the start.
    pub(crate) fn ms(&mut self, millis: u64) -> &mut Self {
        self.now = Time::from_nanos(millis * 1_000_000);
        self
    }

    /// Any record; its cause is the last event.
    pub(crate) fn record(&mut self, node: impl Into<Address>, body: Body) -> &mut Self {
        let id = RecordId(NonZeroU64::new(self.records.len() as u64 + 1).expect("counted from 1"));
        self.records.push(Record { id, cause: self.event, time: self.now, node: node.into(), body });
        self
    }

    /// Any record, with this cause.
    pub(crate) fn record_of(
        &mut self,
        cause: Option<RecordId>,
        node: impl Into<Address>,
        body: Body,
    ) -> &mut Self {
        let event = std::mem::replace(&mut self.event, cause);
        self.record(node, body);
        self.event = event;
        self
    }

    /// Any record that is an event: the cause of those that follow.
    pub(crate) fn event(&mut self, node: impl Into<Address>, body: Body) -> &mut Self {
        self.event = None;
        self.record(node, body);
        self.event = self.records.last().map(|record| record.id);
        self
    }

    /// A node is woken: a new step begins.
    pub(crate) fn wakes(&mut self, node: u32) -> &mut Self {
        self.event(NodeId(node), Body::Woke)
    }

    // ---- logs and disks ----

    /// Entries of one term join a node's log, in one write; their contents are words.
    pub(crate) fn appends(&mut self, node: u32, term: u64, words: &str) -> &mut Self {
        self.actor(node).write += 1;
        for word in words.split_whitespace() {
            let actor = self.actor(node);
            let previous = actor.memory.log.last().map_or(0, |(_, hash)| *hash);
            let hash = chain(previous, Term(term), word.as_bytes());
            actor.memory.log.push((Term(term), hash));
            let (write, index) = (WriteId(actor.write), Index(actor.memory.log.len() as u64));
            self.record(NodeId(node), Body::Appended { write, index, term: Term(term), hash });
        }
        self
    }

    /// A node's log loses its end.
    pub(crate) fn truncates(&mut self, node: u32, from: u64) -> &mut Self {
        let actor = self.actor(node);
        actor.write += 1;
        actor.memory.log.truncate(from as usize - 1);
        let write = WriteId(actor.write);
        self.record(NodeId(node), Body::Truncated { write, from: Index(from) })
    }

    /// The contents of a node's state machine, with the entries up to this one applied, are written down.
    pub(crate) fn takes_snapshot(&mut self, node: u32, index: u64, store: u64) -> &mut Self {
        let (index, term, hash) = self.entry(node, index);
        self.record(NodeId(node), Body::SnapshotTaken { index, term, hash, store })
    }

    /// A node writes a snapshot up to this entry of its log.
    pub(crate) fn writes_snapshot(&mut self, node: u32, index: u64) -> &mut Self {
        let entry = self.entry(node, index);
        self.snapshot_written(node, entry)
    }

    /// A node's log loses its entries up to this one.
    pub(crate) fn compacts(&mut self, node: u32, index: u64) -> &mut Self {
        let (index, term, hash) = self.entry(node, index);
        let actor = self.actor(node);
        actor.write += 1;
        let write = WriteId(actor.write);
        self.record(NodeId(node), Body::Compacted { write, index, term, hash })
    }

    /// A node goes on from another's snapshot up to this entry.
    pub(crate) fn installs(&mut self, node: u32, from: u32, index: u64, store: u64) -> &mut Self {
        let (last, term, hash) = self.entry(from, index);
        let log = self.actor(from).memory.log[..index as usize].to_vec();
        let actor = self.actor(node);
        (actor.commit, actor.applied) = (index, index);
        if actor.memory.log.get(index as usize - 1) != log.last() {
            actor.memory.log = log;
        }
        self.snapshot_written(node, (last, term, hash));
        self.record(NodeId(node), Body::Restored { index: last, term, hash, store, at_start: false })
    }

    /// A node that has just started begins with the snapshot on its disk.
    pub(crate) fn restores(&mut self, node: u32, index: u64, store: u64) -> &mut Self {
        let (last, term, hash) = self.entry(node, index);
        let actor = self.actor(node);
        (actor.commit, actor.applied) = (index, index);
        self.record(NodeId(node), Body::Restored { index: last, term, hash, store, at_start: true })
    }

    fn snapshot_written(&mut self, node: u32, (index, term, hash): (Index, Term, u64)) -> &mut Self {
        let actor = self.actor(node);
        actor.write += 1;
        let write = WriteId(actor.write);
        self.record(NodeId(node), Body::SnapshotWritten { write, index, term, hash, bytes: 100 })
    }

    fn entry(&mut self, node: u32, index: u64) -> (Index, Term, u64) {
        let (term, hash) = self.actor(node).memory.log[index as usize - 1];
        (Index(index), term, hash)
    }

    /// A node writes a term, and perhaps a vote in it.
    pub(crate) fn writes(&mut self, node: u32, term: u64, vote: Option<u32>) -> &mut Self {
        let actor = self.actor(node);
        actor.write += 1;
        let hard_state = HardState { term: Term(term), vote: vote.map(NodeId) };
        actor.memory.hard_state = hard_state;
        let write = WriteId(actor.write);
        self.record(NodeId(node), Body::HardStateWritten { write, term: Term(term), vote: hard_state.vote })
    }

    /// All that a node has written becomes durable.
    pub(crate) fn flushes(&mut self, node: u32) -> &mut Self {
        let actor = self.actor(node);
        actor.flushed = actor.memory.clone();
        let write = WriteId(actor.write);
        self.event(NodeId(node), Body::Flushed { write })
    }

    /// A node appends entries and flushes them.
    pub(crate) fn stores(&mut self, node: u32, term: u64, words: &str) -> &mut Self {
        self.appends(node, term, words).flushes(node)
    }

    /// A node loses power, and with it all that is not flushed.
    pub(crate) fn crashes(&mut self, node: u32) -> &mut Self {
        let actor = self.actor(node);
        actor.memory = actor.flushed.clone();
        self.event(NodeId(node), Body::Crashed)
    }

    /// A crashed node gets a blank disk.
    pub(crate) fn wipes(&mut self, node: u32) -> &mut Self {
        let actor = self.actor(node);
        actor.memory = Held::default();
        actor.flushed = Held::default();
        actor.blank = true;
        self.event(NodeId(node), Body::Wiped)
    }

    /// A node starts with what was flushed.
    pub(crate) fn restarts(&mut self, node: u32) -> &mut Self {
        let actor = self.actor(node);
        actor.epoch += 1;
        (actor.write, actor.commit, actor.applied) = (0, 0, 0);
        let held = &actor.memory;
        let body = Body::Booted {
            epoch: Epoch(actor.epoch),
            blank: actor.blank,
            term: held.hard_state.term,
            vote: held.hard_state.vote,
            last: Index(held.log.len() as u64),
            hash: held.log.last().map_or(0, |(_, hash)| *hash),
        };
        self.event(NodeId(node), body)
    }

    /// What a node holds on disk becomes something else, without a record; shown at its next start.
    pub(crate) fn finds(&mut self, node: u32, hard_state: (u64, Option<u32>), entries: usize) -> &mut Self {
        let actor = self.actor(node);
        let (term, vote) = hard_state;
        actor.memory.hard_state = HardState { term: Term(term), vote: vote.map(NodeId) };
        actor.memory.log.truncate(entries);
        self
    }

    // ---- roles ----

    /// A node becomes a candidate.
    pub(crate) fn campaigns(&mut self, node: u32, term: u64) -> &mut Self {
        self.role(node, Role::Candidate, term, None)
    }

    /// A node becomes leader.
    pub(crate) fn leads(&mut self, node: u32, term: u64) -> &mut Self {
        self.role(node, Role::Leader, term, Some(node))
    }

    /// A node follows a leader, or nobody yet.
    pub(crate) fn follows(&mut self, node: u32, term: u64, leader: Option<u32>) -> &mut Self {
        self.role(node, Role::Follower, term, leader)
    }

    fn role(&mut self, node: u32, role: Role, term: u64, leader: Option<u32>) -> &mut Self {
        let leader = leader.map(NodeId);
        self.record(NodeId(node), Body::RoleChanged { role, term: Term(term), leader })
    }

    // ---- frames ----

    /// A frame leaves a node.
    pub(crate) fn sends(&mut self, from: u32, to: u32, term: u64) -> &mut Self {
        self.frame(from, to, term, false)
    }

    /// A frame that grants a vote leaves a node.
    pub(crate) fn grants(&mut self, from: u32, to: u32, term: u64) -> &mut Self {
        self.frame(from, to, term, true)
    }

    fn frame(&mut self, from: u32, to: u32, term: u64, grants_vote: bool) -> &mut Self {
        let to = NodeId(to).into();
        let (call, term) = (CallId(1), Term(term));
        self.record(NodeId(from), Body::Sent { to, kind: 1, call, bytes: 40, hash: 7, term, grants_vote })
    }

    /// The last frame sent on a link arrives.
    pub(crate) fn receives(&mut self, node: u32, from: u32) -> &mut Self {
        let (from, to): (Address, Address) = (NodeId(from).into(), NodeId(node).into());
        let sent = |record: &&Record| {
            record.node == from && matches!(record.body, Body::Sent { to: receiver, .. } if receiver == to)
        };
        let cause = self.records.iter().rev().find(sent).expect("a frame was sent on the link").id;
        self.event(NodeId(node), Body::Delivered { from, kind: 1, call: CallId(1), bytes: 40, hash: 7 });
        self.records.last_mut().expect("just made").cause = Some(cause);
        self
    }

    /// Both links between two nodes are cut.
    pub(crate) fn cuts(&mut self, a: u32, b: u32) -> &mut Self {
        self.event(NodeId(a), Body::Cut { to: NodeId(b).into() });
        self.record(NodeId(b), Body::Cut { to: NodeId(a).into() })
    }

    /// Both links between two nodes are whole again.
    pub(crate) fn heals(&mut self, a: u32, b: u32) -> &mut Self {
        self.event(NodeId(a), Body::Healed { to: NodeId(b).into() });
        self.record(NodeId(b), Body::Healed { to: NodeId(a).into() })
    }

    // ---- faults ----

    /// The fault in this place of the plan begins.
    pub(crate) fn begins(&mut self, place: u32) -> &mut Self {
        let (source, action, nodes) = (FaultSource::Fault(place), ActionKind::Partition, NodeSet::EMPTY);
        self.event(Address::WORLD, Body::FaultStarted { fault: place, source, action, nodes })
    }

    /// The fault in this place of the plan ends; perhaps just for now.
    pub(crate) fn ends(&mut self, place: u32, last: bool) -> &mut Self {
        let (source, action, nodes) = (FaultSource::Fault(place), ActionKind::Partition, NodeSet::EMPTY);
        self.event(Address::WORLD, Body::FaultEnded { fault: place, source, action, nodes, last })
    }

    /// The fault in this place of the plan is given up.
    pub(crate) fn skips(&mut self, place: u32) -> &mut Self {
        let (source, action) = (FaultSource::Fault(place), ActionKind::Partition);
        self.event(Address::WORLD, Body::FaultSkipped { source, action })
    }

    // ---- commits and clients ----

    /// A node takes the entries of its log up to this one as committed.
    pub(crate) fn commits(&mut self, node: u32, up_to: u64) -> &mut Self {
        while self.actor(node).commit < up_to {
            let actor = self.actor(node);
            actor.commit += 1;
            let (term, hash) = actor.memory.log[actor.commit as usize - 1];
            let index = Index(actor.commit);
            self.record(NodeId(node), Body::Committed { index, term, hash });
        }
        self
    }

    /// A node applies the entries of its log up to this one.
    pub(crate) fn applies(&mut self, node: u32, up_to: u64) -> &mut Self {
        while self.actor(node).applied < up_to {
            let actor = self.actor(node);
            actor.applied += 1;
            let (term, hash) = actor.memory.log[actor.applied as usize - 1];
            let index = Index(actor.applied);
            self.record(NodeId(node), Body::Applied { index, term, hash });
        }
        self
    }

    /// A leader makes a request an entry.
    pub(crate) fn accepts(&mut self, node: u32, index: u64, term: u64) -> &mut Self {
        let (index, term) = (Index(index), Term(term));
        self.record(NodeId(node), Body::Accepted { request: RequestId(index.0), index, term })
    }

    /// A node tells a client that an entry is done.
    pub(crate) fn acknowledges(&mut self, node: u32, index: u64, term: u64) -> &mut Self {
        let (index, term) = (Index(index), Term(term));
        self.record(NodeId(node), Body::Acknowledged { request: RequestId(index.0), index, term })
    }

    /// A client begins an operation.
    pub(crate) fn invokes(&mut self, client: u32, operation: u64) -> &mut Self {
        // Each has a key of its own, so that none has to find what another has written.
        let request = Operation::Put { key: operation as u32, value: operation };
        self.event(ClientId(client), Body::Invoked { operation: OperationId(operation), request })
    }

    /// A client's operation ends.
    pub(crate) fn returns(&mut self, client: u32, operation: u64, outcome: Outcome) -> &mut Self {
        self.event(ClientId(client), Body::Returned { operation: OperationId(operation), outcome })
    }

    /// A client begins an operation on this key: to write it, or to read it.
    pub(crate) fn turns_to(&mut self, client: u32, operation: u64, key: u32, writes: bool) -> &mut Self {
        let write = Operation::Put { key, value: operation };
        let request = if writes { write } else { Operation::Get { key } };
        self.event(ClientId(client), Body::Invoked { operation: OperationId(operation), request })
    }

    /// It is done, and has found what this entry has written, or none if that is 0.
    pub(crate) fn is_told(&mut self, client: u32, operation: u64, index: u64, written: bool) -> &mut Self {
        let previous = (index > 0).then_some(index);
        self.returns(client, operation, Outcome::Done { previous, previous_index: Index(index), written })
    }

    /// A client's operation is done.
    pub(crate) fn done(&mut self, client: u32, operation: u64) -> &mut Self {
        let outcome = Outcome::Done { previous: None, previous_index: Index::ZERO, written: true };
        self.returns(client, operation, outcome)
    }

    fn actor(&mut self, node: u32) -> &mut Actor {
        &mut self.nodes[NodeId(node).slot()]
    }

    // ---- verdicts ----

    /// The verdicts of all checkers.
    pub(crate) fn verdicts(&self) -> Vec<Check> {
        self.play(Checkers::new(self.voters)).verdicts()
    }

    /// The verdict on one property.
    pub(crate) fn verdict(&self, property: Property) -> Verdict {
        let check = self.verdicts().into_iter().find(|check| check.name == property.name());
        check.expect("every property has a verdict").verdict
    }

    /// Asserts that nobody is accused of anything, and that this property was examined.
    #[track_caller]
    pub(crate) fn is_innocent(&self, property: Property) {
        assert!(matches!(self.verdict(property), Verdict::Held(_)), "{property:?} was not examined");
        for check in self.verdicts() {
            assert!(!matches!(check.verdict, Verdict::Violated(_)), "{check:?}");
        }
    }

    /// Asserts that just these properties are violated; gives the message of the first.
    #[track_caller]
    pub(crate) fn is_guilty_of(&self, properties: &[Property]) -> String {
        let violated: Vec<&str> = self
            .verdicts()
            .iter()
            .filter(|check| matches!(check.verdict, Verdict::Violated(_)))
            .map(|check| check.name)
            .collect();
        let expected: Vec<&str> = properties.iter().map(|property| property.name()).collect();
        assert_eq!(violated, expected, "{:#?}", self.verdicts());
        match self.verdict(properties[0]) {
            Verdict::Violated(violation) => violation.message,
            other => unreachable!("violated a moment ago, now {other:?}"),
        }
    }
}
