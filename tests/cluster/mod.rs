//! A cluster in memory, driven through the seam only: frames lie where they are until someone delivers or drops them,
//! disks flush when they are told to, and time passes when it is told to. What happens can be written down.
//!
//! It also holds every replica to the seam's rules: writes are numbered from 1 and contiguous, a send names no write
//! that is durable already, entries are applied once and in order, and a deadline lies beyond the wake it follows. The
//! state machine is the list of all entries applied, and so a snapshot is that, in wire form.

use squall::ids::{Index, NodeId, NodeSet, RequestId, Term, WriteId};
use squall::raft::RaftSoftware;
use squall::raft::message::{Message, Outcome};
use squall::replica::{
    Base, Boot, ChangeStep, Changes, Effect, Effects, Entries, Entry, EntryKind, Flow, HardState, Input,
    Members, Membership, Options, ReadRight, Reads, Recovered, Replica, Role, Snapshot, Software, Status,
    Write,
};
use squall::rng::Stream;
use squall::time::{Duration, LocalTime};
use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write as _;
use std::num::NonZeroU32;

/// All nodes and what is between them.
pub(crate) struct Cluster {
    pub(crate) nodes: Vec<Node>,
    pub(crate) in_flight: Vec<Frame>,
    pub(crate) now: LocalTime,
    pub(crate) options: Options,
    /// The priority of each node; 0 where the list ends.
    pub(crate) priorities: Vec<u32>,
    /// What happened, for people; `None` if nobody asks.
    pub(crate) transcript: Option<String>,
    /// The reads under way: for each what anyone knew to be committed when it came.
    reads: BTreeMap<RequestId, Index>,
    /// Reads that are to be served without some of that.
    pub(crate) stale_reads: Vec<String>,
    /// How many reads were served.
    pub(crate) served: u64,
    seed: u64,
    requests: u64,
    effects: Effects,
}

/// One node: its disk, and its replica while it is up.
pub(crate) struct Node {
    pub(crate) id: NodeId,
    pub(crate) replica: Option<Box<dyn Replica>>,
    pub(crate) disk: Recovered,
    pub(crate) slow_disk: bool,
    pub(crate) status: Status,
    pub(crate) deadline: Option<LocalTime>,
    /// The members in force, as the replica tells.
    pub(crate) membership: Membership,
    /// The highest index that it has ever known to be committed.
    known: Index,
    /// What this incarnation has applied or restored, from index 1 on.
    pub(crate) applied: Vec<(Term, Vec<u8>)>,
    /// Whether the replica has asked for a snapshot in this step, and at which entry.
    snapshot_at: Option<(Index, Vec<u8>)>,
    pub(crate) unflushed: VecDeque<Unflushed>,
    flushed: WriteId,
    issued: WriteId,
    held: Vec<(WriteId, Frame)>,
    epoch: u64,
}

/// A message on its way.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    pub(crate) from: NodeId,
    pub(crate) to: NodeId,
    pub(crate) kind: u8,
    pub(crate) payload: Vec<u8>,
}

/// A write that a crash would lose.
pub(crate) enum Unflushed {
    HardState(HardState),
    Append(Index, Vec<u8>),
    TruncateFrom(Index),
    Snapshot(Snapshot),
    CompactTo(Index),
}

/// The protocol's parameters, as in the paper.
pub(crate) fn options() -> Options {
    Options {
        heartbeat: Duration::from_millis(50),
        election_timeout: (Duration::from_millis(150), Duration::from_millis(300)),
        max_batch_bytes: 64 * 1024,
        snapshot_every: None,
        snapshot_chunk: NonZeroU32::new(64 * 1024).expect("positive"),
        pre_vote: false,
        check_quorum: false,
        sticky: false,
        eager_votes: false,
        announce_commits: false,
        flow: Flow::default(),
        reads: Reads::default(),
        changes: Changes::default(),
        bug: None,
    }
}

impl Cluster {
    /// So many nodes with an empty log, all up.
    pub(crate) fn new(count: u32, seed: u64, options: Options, transcript: Option<String>) -> Self {
        let members = Members::of_voters((1..=count).map(NodeId));
        Self::of(count, members, seed, options, transcript)
    }

    /// So many nodes with an empty log, all up, of which these are the members.
    pub(crate) fn of(
        count: u32,
        members: Members,
        seed: u64,
        options: Options,
        transcript: Option<String>,
    ) -> Self {
        let ids: Vec<NodeId> = (1..=count).map(NodeId).collect();
        let nodes = ids.iter().map(|&id| Node::new(id, Some(members))).collect();
        let mut cluster = Self {
            nodes,
            in_flight: Vec::new(),
            now: LocalTime::ZERO,
            options,
            priorities: Vec::new(),
            transcript,
            reads: BTreeMap::new(),
            stale_reads: Vec::new(),
            served: 0,
            seed,
            requests: 0,
            effects: Effects::default(),
        };
        for id in ids {
            cluster.boot(id);
        }
        cluster
    }

    pub(crate) fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.slot()]
    }

    pub(crate) fn node_mut(&mut self, id: NodeId) -> &mut Node {
        &mut self.nodes[id.slot()]
    }

    /// Starts a node from its disk.
    pub(crate) fn boot(&mut self, id: NodeId) {
        let (seed, now) = (self.seed, self.now);
        let node = &mut self.nodes[id.slot()];
        assert!(node.replica.is_none(), "{id} is down");
        node.epoch += 1;
        node.applied = node.disk.snapshot.as_ref().map_or(Vec::new(), |snapshot| contents(&snapshot.data));
        (node.issued, node.flushed) = (WriteId::ZERO, WriteId::ZERO);
        let stream = Stream::new(seed, "raft", u64::from(id.0), node.epoch);
        let (options, is_first) = (&self.options, false);
        let priority = self.priorities.get(id.slot()).copied().unwrap_or(0);
        let boot = Boot { id, options, recovered: &node.disk, stream, now, is_first, priority };
        self.effects.clear();
        node.replica =
            Some(RaftSoftware.boot(boot, &mut self.effects).expect("what was written can be read"));
        (node.status, node.deadline) = (self.effects.status, self.effects.deadline);
        node.membership = Membership::initial(node.disk.genesis.unwrap_or_default());
        let effects = std::mem::take(&mut self.effects);
        for effect in effects.list() {
            let is_membership = matches!(effect, Effect::Membership { .. });
            assert!(is_membership, "a boot shows status, deadline and members, no more");
            self.carry_out(id, effect, &effects);
        }
        self.effects = effects;
    }

    /// Stops a node. What it had not flushed is gone, and what waited for that never leaves.
    pub(crate) fn crash(&mut self, id: NodeId) {
        let node = self.node_mut(id);
        node.replica = None;
        node.unflushed.clear();
        node.snapshot_at = None;
        node.held.clear();
    }

    /// Lets time pass to a node's deadline and wakes it.
    pub(crate) fn time_out(&mut self, id: NodeId) {
        let deadline = self.node(id).deadline.expect("it waits for something");
        self.now = self.now.max(deadline);
        self.step(id, Input::Wake);
    }

    /// Hands a frame over, if its receiver is up.
    pub(crate) fn deliver(&mut self, frame: &Frame) {
        let Frame { from, to, kind, payload } = frame;
        if self.node(*to).replica.is_none() {
            return self.note(format_args!("{to} is down: lost"));
        }
        self.step(*to, Input::Receive { from: *from, kind: *kind, payload });
    }

    /// A client proposes a command.
    pub(crate) fn propose(&mut self, id: NodeId, command: &[u8]) {
        self.requests += 1;
        self.step(id, Input::Propose { request: RequestId(self.requests), command });
    }

    /// A client reads.
    pub(crate) fn read(&mut self, id: NodeId) {
        self.requests += 1;
        let request = RequestId(self.requests);
        let committed = self.nodes.iter().map(|node| node.known).max();
        self.reads.insert(request, committed.unwrap_or_default());
        self.step(id, Input::Read { request });
    }

    /// Flushes the oldest `count` writes of a node, and lets go what waited for them.
    pub(crate) fn flush(&mut self, id: NodeId, count: usize) {
        let node = &mut self.nodes[id.slot()];
        let count = count.min(node.unflushed.len());
        for write in node.unflushed.drain(..count) {
            write.apply(&mut node.disk);
        }
        node.flushed = WriteId(node.flushed.0 + count as u64);
        let flushed = node.flushed;
        for (_, frame) in node.held.extract_if(.., |(after, _)| *after <= flushed) {
            self.in_flight.push(frame);
        }
        if count > 0 {
            self.step(id, Input::Persisted(flushed));
        }
    }

    /// Steps a replica and carries out what it wants.
    pub(crate) fn step(&mut self, id: NodeId, input: Input<'_>) {
        let mut effects = std::mem::take(&mut self.effects);
        effects.clear();
        let node = &mut self.nodes[id.slot()];
        let before = node.status;
        let replica = node.replica.as_mut().expect("the node is up");
        replica.step(self.now, input, &mut effects);
        if input == Input::Wake {
            assert!(effects.deadline.is_none_or(|deadline| deadline > self.now), "the deadline lies ahead");
        }
        (node.status, node.deadline) = (effects.status, effects.deadline);
        node.known = node.known.max(effects.status.commit);
        let after = node.status;
        if (before.role, before.term, before.leader) != (after.role, after.term, after.leader) {
            let role = match (after.role, after.leader) {
                (Role::Leader, _) => "leads".to_owned(),
                (Role::PreCandidate, _) => "asks for pre-votes".to_owned(),
                (Role::Candidate, _) => "campaigns".to_owned(),
                (Role::Follower, Some(leader)) => format!("follows {leader}"),
                (Role::Follower, None) => "follows nobody".to_owned(),
            };
            self.note(format_args!("  {id} {role} in term {}", after.term));
        }
        for effect in effects.list() {
            self.carry_out(id, effect, &effects);
        }
        self.effects = effects;
        let node = &mut self.nodes[id.slot()];
        let (applied, commit) = (node.applied.len() as u64, node.status.commit.0);
        assert_eq!(applied, commit, "all that is committed is applied");
        if let Some((index, data)) = node.snapshot_at.take() {
            self.step(id, Input::SnapshotTaken { index, data: &data });
        }
        let node = self.node(id);
        if !node.slow_disk && !node.unflushed.is_empty() {
            self.flush(id, usize::MAX);
        }
    }

    fn carry_out(&mut self, id: NodeId, effect: &Effect, effects: &Effects) {
        let node = &mut self.nodes[id.slot()];
        match *effect {
            Effect::Send { to, kind, payload, after } => {
                let frame = Frame { from: id, to, kind, payload: effects.get(payload).to_vec() };
                let wait = after.map_or(String::new(), |write| format!(" after write {write}"));
                match after {
                    Some(write) => {
                        assert!(write > node.flushed && write <= node.issued, "it waits for an open write");
                        node.held.push((write, frame.clone()));
                    }
                    None => self.in_flight.push(frame.clone()),
                }
                self.note(format_args!("  {id} -> {to} {}{wait}", describe(&frame)));
            }
            Effect::Persist { id: write_id, write } => {
                node.issued = node.issued.next();
                assert_eq!(write_id, node.issued, "writes are numbered one by one");
                let (write, text) = Unflushed::new(write, effects);
                node.unflushed.push_back(write);
                self.note(format_args!("  {id} writes {write_id}: {text}"));
            }
            Effect::Apply { first, entries } => {
                assert_eq!(first.0, node.applied.len() as u64 + 1, "entries are applied in order, each once");
                let entries = Entries::new(effects.get(entries));
                assert!(entries.all_valid().is_some_and(|count| count > 0), "there is something to apply");
                node.applied.extend(entries.map(|entry| (entry.term, entry.data.to_vec())));
                self.note(format_args!("  {id} applies {}", describe_entries(first, entries)));
            }
            Effect::TakeSnapshot { at } => {
                assert_eq!(at.0, node.applied.len() as u64, "it is asked for right after its last entry");
                let data = written_down(&node.applied);
                let length = data.len();
                node.snapshot_at = Some((at, data));
                self.note(format_args!("  {id} takes a snapshot of {at} entries, {length} bytes"));
            }
            Effect::RestoreSnapshot { index, term, data } => {
                self.restore(id, (index, term), effects.get(data))
            }
            Effect::Accepted { index, term, .. } => {
                self.note(format_args!("  {id} accepts it as {index}@{term}"));
            }
            Effect::Refuse { request, reason } => {
                self.reads.remove(&request);
                self.note(format_args!("  {id} refuses it: {reason:?}"));
            }
            Effect::Serve { request, at, right } => self.serve(id, request, at, right),
            Effect::VoteRefused { candidate, pre_vote, why } => {
                let what = if pre_vote { "the promise of a vote" } else { "a vote" };
                self.note(format_args!("  {id} refuses {candidate} {what}: {why}"));
            }
            Effect::ReadRound { round, reads } => {
                self.note(format_args!("  {id} begins round {round} for {reads} reads"));
            }
            Effect::Membership { index, members } => {
                let members = Members::decode(effects.get(members)).expect("they are members");
                node.membership = Membership { index, members };
                self.note(format_args!("  {id} goes by {} (entry {index})", describe_members(&members)));
            }
            Effect::Change { change, step } => {
                let step = describe_step(step);
                self.note(format_args!("  {id} {step} {change}"));
            }
            Effect::Panicked { .. } => unreachable!("Squall's own is no guest"),
            Effect::Transfer { to, step } => self.note(format_args!("  {id} transfers to {to}: {step:?}")),
        }
    }

    fn restore(&mut self, id: NodeId, (index, term): (Index, Term), data: &[u8]) {
        let restored = contents(data);
        let last = restored.last().map(|(term, _)| *term);
        let as_written = "as the leader has written it down";
        assert_eq!((restored.len() as u64, last), (index.0, Some(term)), "{as_written}");
        self.nodes[id.slot()].applied = restored;
        self.note(format_args!("  {id} restores a snapshot of {index} entries"));
    }

    fn serve(&mut self, id: NodeId, request: RequestId, at: Index, right: ReadRight) {
        self.served += 1;
        let least = self.reads.remove(&request).expect("it is served once");
        if at < least {
            self.stale_reads.push(format!("{id} serves a read at {at}, {least} was committed: {right:?}"));
        }
        let right = match right {
            ReadRight::Index => "as a majority has confirmed",
            ReadRight::Lease => "by its lease",
            ReadRight::Follower => "as its leader has told it",
            ReadRight::Local => "without asking",
        };
        let applied = self.node(id).applied.len() as u64;
        let wait = if at.0 > applied { format!(", which has applied {applied}") } else { String::new() };
        self.note(format_args!("  {id} serves a read once {at} is applied{wait}: {right}"));
    }

    /// Writes a line down.
    pub(crate) fn note(&mut self, line: std::fmt::Arguments<'_>) {
        if let Some(transcript) = &mut self.transcript {
            writeln!(transcript, "{line}").expect("a string takes it");
        }
    }
}

impl Node {
    fn new(id: NodeId, genesis: Option<Members>) -> Self {
        Self {
            id,
            replica: None,
            disk: Recovered { genesis, ..Recovered::default() },
            slow_disk: false,
            status: Status::default(),
            deadline: None,
            membership: Membership::default(),
            known: Index::ZERO,
            applied: Vec::new(),
            snapshot_at: None,
            unflushed: VecDeque::new(),
            flushed: WriteId::ZERO,
            issued: WriteId::ZERO,
            held: Vec::new(),
            epoch: 0,
        }
    }

    /// The disk once all is flushed.
    pub(crate) fn written(&self) -> Recovered {
        let mut disk = self.disk.clone();
        for write in &self.unflushed {
            write.apply(&mut disk);
        }
        disk
    }
}

impl Unflushed {
    fn new(write: Write, effects: &Effects) -> (Self, String) {
        match write {
            Write::HardState(state) => {
                let vote = state.vote.map_or("nobody".to_owned(), |vote| vote.to_string());
                (Self::HardState(state), format!("term {}, vote {vote}", state.term))
            }
            Write::Append { first, entries } => {
                let entries = effects.get(entries);
                let text = format!("append {}", describe_entries(first, Entries::new(entries)));
                (Self::Append(first, entries.to_vec()), text)
            }
            Write::TruncateFrom(index) => (Self::TruncateFrom(index), format!("truncate from {index}")),
            Write::Snapshot { index, term, membership, data } => {
                let data = effects.get(data).to_vec();
                let membership = Membership::decode(effects.get(membership)).expect("a membership");
                let members = membership.map_or(String::new(), |it| {
                    format!(", {} (entry {})", describe_members(&it.members), it.index)
                });
                let text = format!("snapshot to {index}@{term}, {} bytes{members}", data.len());
                (Self::Snapshot(Snapshot { index, term, membership, data }), text)
            }
            Write::CompactTo(index) => (Self::CompactTo(index), format!("cut up to {index}")),
        }
    }

    fn apply(&self, disk: &mut Recovered) {
        let count = Entries::new(&disk.entries).count() as u64;
        let base = disk.base.index.0;
        let length_of = |entries: &[u8], count: u64| {
            Entries::new(entries).take(count as usize).map(|entry| entry.wire_len()).sum::<usize>()
        };
        let term_at = |entries: &[u8], base: Base, index: Index| match index.0.checked_sub(base.index.0) {
            None => None,
            Some(0) => Some(base.term),
            Some(after) => Entries::new(entries).nth(after as usize - 1).map(|entry| entry.term),
        };
        match self {
            Self::HardState(state) => disk.hard_state = *state,
            Self::Append(first, entries) => {
                assert_eq!(first.0, base + count + 1, "entries are appended at the end");
                disk.entries.extend_from_slice(entries);
            }
            Self::TruncateFrom(index) => {
                assert!((base + 1..=base + count).contains(&index.0), "there is something to truncate");
                let length = length_of(&disk.entries, index.0 - base - 1);
                disk.entries.truncate(length);
            }
            Self::Snapshot(snapshot) => {
                if term_at(&disk.entries, disk.base, snapshot.index) != Some(snapshot.term) {
                    disk.base = Base { index: snapshot.index, term: snapshot.term, hash: 0 };
                    disk.entries.clear();
                }
                disk.snapshot = Some(snapshot.clone());
            }
            Self::CompactTo(index) => {
                let term = term_at(&disk.entries, disk.base, *index).expect("it cuts at one of its entries");
                let length = length_of(&disk.entries, index.0 - base);
                disk.entries.drain(..length);
                disk.base = Base { index: *index, term, hash: 0 };
            }
        }
    }
}

/// A state machine as bytes: its entries in wire form.
fn written_down(applied: &[(Term, Vec<u8>)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (term, data) in applied {
        let kind = if data.is_empty() { EntryKind::NoOp } else { EntryKind::Command };
        Entry { term: *term, kind, data }.encode(&mut bytes);
    }
    bytes
}

/// The entries in these bytes.
pub(crate) fn contents(bytes: &[u8]) -> Vec<(Term, Vec<u8>)> {
    Entries::new(bytes).map(|entry| (entry.term, entry.data.to_vec())).collect()
}

/// Members as people read them.
pub(crate) fn describe_members(members: &Members) -> String {
    let Members { voters, outgoing, learners } = members;
    let part = |name: &str, nodes: &NodeSet| {
        if nodes.is_empty() { String::new() } else { format!(", {name} {nodes}") }
    };
    format!("{voters}{}{}", part("outgoing", outgoing), part("learners", learners))
}

/// A frame as people read it. Entries are written `index@term data`.
pub(crate) fn describe(frame: &Frame) -> String {
    let name = RaftSoftware.kind_name(frame.kind);
    let Some(message) = Message::decode(frame.kind, &frame.payload) else {
        return format!("{name}, unreadable");
    };
    let term = message.term();
    let rest = match message {
        Message::RequestVote(request) => {
            let transfer = if request.is_transfer { " transfer" } else { "" };
            let priority = shown_priority(request.priority);
            format!("last={}@{}{priority}{transfer}", request.last_index, request.last_term)
        }
        Message::RequestVoteReply(reply) => if reply.granted { "granted" } else { "denied" }.to_owned(),
        Message::PreVote(request) => {
            let priority = shown_priority(request.priority);
            format!("last={}@{}{priority}", request.last_index, request.last_term)
        }
        Message::TimeoutNow(_) => return format!("{name} term={term}"),
        Message::Contact(request) => format!("round={}", request.round),
        Message::ContactReply(reply) => format!("round={}", reply.round),
        Message::ReadIndex(request) => format!("number={}", request.number),
        Message::ReadIndexReply(reply) => match reply.index {
            Some(index) => format!("number={} index={index}", reply.number),
            None => format!("number={} does not lead", reply.number),
        },
        Message::PreVoteReply(reply) => {
            format!("{} for={}", if reply.granted { "granted" } else { "denied" }, reply.candidacy)
        }
        Message::AppendEntries(request) => format!(
            "prev={}@{} commit={} [{}]",
            request.prev_index,
            request.prev_term,
            request.commit,
            describe_entries(request.prev_index.next(), Entries::new(request.entries))
        ),
        Message::AppendEntriesReply(reply) => match reply.outcome {
            Outcome::Accepted { matched } => format!("accepted={matched}"),
            Outcome::Refused { prev_index, hint_index, hint_term } => {
                format!("refused={prev_index} hint={hint_index}@{hint_term}")
            }
        },
        Message::InstallSnapshot(request) => format!(
            "last={}@{} bytes {}..{} of {}{}",
            request.last_index,
            request.last_term,
            request.offset,
            request.offset as usize + request.chunk.len(),
            request.size,
            match Membership::decode(request.membership).flatten() {
                Some(it) => format!(" members {} (entry {})", describe_members(&it.members), it.index),
                None => String::new(),
            }
        ),
        Message::InstallSnapshotReply(reply) => {
            let done = if reply.done { " done" } else { "" };
            format!("last={} next={}{done}", reply.last_index, reply.next)
        }
    };
    format!("{name} term={term} {rest}")
}

fn shown_priority(priority: u32) -> String {
    if priority == 0 { String::new() } else { format!(" priority={priority}") }
}

/// Entries as people read them; a run of more than four is cut in its middle.
pub(crate) fn describe_entries(first: Index, entries: Entries<'_>) -> String {
    let all: Vec<String> = (first.0..)
        .zip(entries)
        .map(|(index, Entry { term, kind, data })| match kind {
            EntryKind::NoOp => format!("{index}@{term} no-op"),
            EntryKind::Command => format!("{index}@{term} {}", String::from_utf8_lossy(data)),
            EntryKind::Membership => {
                let members = Members::decode(data).expect("an entry that names members");
                format!("{index}@{term} members {}", describe_members(&members))
            }
        })
        .collect();
    match all.as_slice() {
        [first, second, .., last] if all.len() > 12 => format!("{first}, {second}, ..., {last}"),
        _ => all.join(", "),
    }
}

fn describe_step(step: ChangeStep) -> String {
    match step {
        ChangeStep::Begun => "begins to".to_owned(),
        ChangeStep::CaughtUp { rounds } => format!("sees it caught up in round {rounds}, to"),
        ChangeStep::Done => "is done, it was to".to_owned(),
        ChangeStep::Aborted(why) => format!("gives up, since {why}, to"),
        ChangeStep::Refused(why) => format!("refuses, since {why}, to"),
    }
}
