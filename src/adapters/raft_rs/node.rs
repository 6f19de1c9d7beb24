//! One replica: the crate's node, and what a step of it leaves to be done.

use super::chunks::{self, Chunk, Incoming};
use super::reads::Reads;
use super::snapshots::Snapshots;
use super::store::{Store, wire};
use super::ticks::{Ticks, Timing};
use super::votes;
use super::wire::{HEAD, decode, encode, kind_of};
use crate::ids::{Index, NodeId, RequestId, Term, WriteId};
use crate::replica::{
    Boot, Bytes, Effect, Effects, HardState, Input, Members, NoTransfer, Refusal, Replica, Role, Status,
    TransferStep, Unrecoverable, Write,
};
use crate::rng::Stream;
use crate::time::LocalTime;
use raft::eraftpb::{Entry, Message, MessageType};
use raft::{Config, RawNode, ReadOnlyOption, StateRole};
use std::collections::VecDeque;
use std::num::NonZeroU32;

/// How many appends may be on their way to a follower if nothing else is said: as many as the crate has by default. With each append
/// that arrives out of order it sends all of them again, so that more would flood the links.
const USUAL_INFLIGHT: usize = 256;

/// A server.
///
/// Invariants:
/// - Ids of writes rise by one from 1, and `durable <= issued`.
/// - `unflushed` holds the numbers of what the crate was given to write and is not durable, in order.
pub(super) struct Node {
    id: NodeId,
    pub(super) raw: RawNode<Store>,
    timing: Timing,
    ticks: Ticks,
    stream: Stream,
    /// The election timeout last drawn, in ticks.
    timeout: usize,
    /// Term, role and leader as of the last step.
    shown: (u64, StateRole, u64),
    /// Whether it campaigns as soon as it is woken.
    is_first: bool,
    issued: WriteId,
    durable: WriteId,
    unflushed: VecDeque<(u64, WriteId)>,
    /// The term and vote last written.
    hard_state: (u64, u64),
    /// The last entry handed to the state machine.
    applied: u64,
    /// The write of a leader's snapshot: until it is durable no time passes, since the crate could not campaign.
    installing: Option<WriteId>,
    incoming: Incoming,
    chunk: NonZeroU32,
    pub(super) snapshots: Snapshots,
    reads: Reads,
    /// To whom leadership is being handed over.
    transfer: Option<NodeId>,
    /// The payload laid out last, and its kind.
    last_payload: Option<(u8, Bytes)>,
}

impl Replica for Node {
    fn step(&mut self, now: LocalTime, input: Input<'_>, out: &mut Effects) {
        self.last_payload = None;
        match self.installing {
            None => self.ticks.catch_up(now, &mut self.raw),
            Some(_) => self.ticks.skip(now),
        }
        match input {
            Input::Wake => self.wake(now),
            Input::Receive { from, kind, payload } => self.receive(from, kind, payload, out),
            Input::Persisted(write) => self.persisted(write, out),
            Input::Propose { request, command } => self.propose(request, command, out),
            Input::Read { request } => self.reads.take(&mut self.raw, request, now, out),
            Input::Transfer { to } => self.hand_over(to, out),
            Input::Campaign => self.campaign_at_once(),
            Input::ChangeMembership(_) => input.refuse(None, out),
            Input::SnapshotTaken { index, data } => self.snapshot_taken(index.0, data, out),
        }
        self.carry_out(now, out);
        let before = self.shown;
        self.redraw();
        self.reads.give_up(before != self.shown, node_of(self.shown.2), now, out);
        self.look_after_transfer(before, out);
        self.show(now, out);
    }

    fn words_drawn(&self) -> u64 {
        self.stream.position()
    }
}

impl Node {
    /// # Errors
    /// [`Unrecoverable`] if the disk's contents don't fit together.
    pub(super) fn boot(boot: &Boot<'_>, members: &Members, out: &mut Effects) -> Result<Self, Unrecoverable> {
        let store = Store::recovered(boot.recovered, members)?;
        let timing = Timing::of(boot.options);
        let applied = store.snapshot_index();
        let config = config(boot, &timing, applied);
        let logger = slog::Logger::root(slog::Discard, slog::o!());
        let raw = RawNode::new(&config, store, &logger).map_err(|error| Unrecoverable(error.to_string()))?;
        let mut stream = boot.stream.clone();
        let [phase, life] = stream.words();
        let HardState { term, vote } = boot.recovered.hard_state;
        let (_, most) = boot.options.election_timeout;
        let mut node = Self {
            id: boot.id,
            shown: (0, StateRole::Leader, 0),
            raw,
            timing,
            ticks: Ticks::new(timing, boot.now, phase),
            stream,
            timeout: 0,
            is_first: boot.is_first,
            issued: WriteId::ZERO,
            durable: WriteId::ZERO,
            unflushed: VecDeque::new(),
            hard_state: (term.0, vote.map_or(0, |vote| u64::from(vote.0))),
            applied,
            installing: None,
            incoming: Incoming::default(),
            chunk: boot.options.snapshot_chunk,
            snapshots: Snapshots::new(boot.options),
            reads: Reads::new(boot.options.reads.by, boot.id, life, most.saturating_add(most)),
            transfer: None,
            last_payload: None,
        };
        node.redraw();
        node.show(boot.now, out);
        if node.is_first {
            out.deadline = Some(LocalTime::from_nanos(boot.now.nanos() + 1));
        }
        Ok(node)
    }

    fn wake(&mut self, now: LocalTime) {
        if std::mem::take(&mut self.is_first) {
            // It may not campaign, which is no harm.
            let _ = self.raw.campaign();
        } else if self.installing.is_none() {
            self.ticks.fire(now, &mut self.raw);
            self.snapshots.report_failures(&mut self.raw, now);
        }
    }

    fn receive(&mut self, from: NodeId, kind: u8, payload: &[u8], out: &mut Effects) {
        let whole =
            if kind == kind_of(MessageType::MsgSnapshot) { self.whole_snapshot(from, payload) } else { None };
        let payload = match &whole {
            Some(whole) => whole,
            None if kind == kind_of(MessageType::MsgSnapshot) => return,
            None => payload,
        };
        if from == self.id {
            return;
        }
        let Some(message) = decode(kind, payload, from, self.id) else { return };
        if self.installing.is_some() && message.get_msg_type() == MessageType::MsgTimeoutNow {
            return;
        }
        votes::note(&self.raw, &message, out);
        // What can't be used is dropped, as any frame may be.
        let _ = self.raw.step(message);
    }

    /// The payload of a snapshot whose last chunk has come.
    #[cold]
    fn whole_snapshot(&mut self, from: NodeId, payload: &[u8]) -> Option<Vec<u8>> {
        let (head, bytes) = payload.split_first_chunk::<HEAD>()?;
        let term = u64::from_le_bytes(*head.first_chunk()?);
        let whole = self.incoming.take(from, term, &Chunk::decode(bytes)?)?;
        Some([&head[..], &whole[..]].concat())
    }

    /// Writes up to this one are durable.
    fn persisted(&mut self, write: WriteId, out: &mut Effects) {
        self.durable = self.durable.max(write);
        let mut number = None;
        while let Some((ready, _)) = self.unflushed.pop_front_if(|&mut (_, last)| last <= write) {
            number = Some(ready);
        }
        if let Some(number) = number {
            self.raw.on_persist_ready(number);
        }
        self.installing.take_if(|last| *last <= write);
        if let Some(last) = self.snapshots.durable(write, self.raw.raft.store()) {
            self.raw.raft.mut_store().compact_to(last);
            self.write(Write::CompactTo(Index(last)), out);
        }
    }

    fn propose(&mut self, request: RequestId, command: &[u8], out: &mut Effects) {
        let leader = node_of(self.raw.raft.leader_id);
        if self.raw.raft.state != StateRole::Leader {
            return out.push(Effect::Refuse { request, reason: Refusal::NotLeader { hint: leader } });
        }
        match self.raw.propose(Vec::new(), command.to_vec()) {
            Ok(()) => {
                let index = Index(self.raw.raft.raft_log.last_index());
                out.push(Effect::Accepted { request, index, term: Term(self.raw.raft.term) });
            }
            Err(_) => out.push(Effect::Refuse { request, reason: Refusal::Busy }),
        }
    }

    fn campaign_at_once(&mut self) {
        let mut message = Message { from: u64::from(self.id.0), ..Message::default() };
        message.set_msg_type(MessageType::MsgTimeoutNow);
        let _ = self.raw.raft.step(message);
    }

    #[cold]
    fn hand_over(&mut self, to: NodeId, out: &mut Effects) {
        let raft = &self.raw.raft;
        let refusal = if raft.state != StateRole::Leader {
            Some(NoTransfer::NotLeader)
        } else if to == self.id {
            Some(NoTransfer::Leads)
        } else if raft.lead_transferee.is_some() {
            Some(NoTransfer::HandingOver)
        } else if !raft.prs().conf().voters().contains(u64::from(to.0)) {
            Some(NoTransfer::NoVoter)
        } else {
            None
        };
        if let Some(why) = refusal {
            return out.push(Effect::Transfer { to, step: TransferStep::Refused(why) });
        }
        out.push(Effect::Transfer { to, step: TransferStep::Begun });
        self.transfer = Some(to);
        self.raw.transfer_leader(u64::from(to.0));
    }

    /// Tells that a transfer has been given up, if it has.
    #[inline]
    fn look_after_transfer(&mut self, before: (u64, StateRole, u64), out: &mut Effects) {
        if self.raw.raft.lead_transferee.is_none()
            && let Some(to) = self.transfer.take()
            && before == self.shown
        {
            out.push(Effect::Transfer { to, step: TransferStep::Aborted });
        }
    }

    fn snapshot_taken(&mut self, index: u64, data: &[u8], out: &mut Effects) {
        let store = self.raw.raft.mut_store();
        let Some(term) = store.term_at(index).filter(|_| self.snapshots.was_asked(index)) else { return };
        if index <= store.snapshot_index() {
            return;
        }
        store.taken(index, term, data);
        let (membership, data) = (out.bytes(&[]), out.bytes(data));
        let write = Write::Snapshot { index: Index(index), term: Term(term), membership, data };
        let id = self.write(write, out);
        self.snapshots.is_written(id, index);
    }

    /// Does what the crate wants done, until there is no more.
    fn carry_out(&mut self, now: LocalTime, out: &mut Effects) {
        loop {
            self.note_applied();
            if !self.raw.has_ready() {
                break;
            }
            let mut ready = self.raw.ready();
            if let Some(state) = ready.hs() {
                self.write_hard_state((state.term, state.vote), out);
            }
            if !ready.snapshot().is_empty() {
                self.install(ready.snapshot().clone(), out);
            }
            self.write_entries(ready.take_entries(), out);
            self.send(ready.take_messages(), None, now, out);
            let after = (self.issued > self.durable).then_some(self.issued);
            self.send(ready.take_persisted_messages(), after, now, out);
            self.reads.answer(&ready.take_read_states(), out);
            let committed = ready.take_committed_entries();
            let number = ready.number();
            self.raw.advance_append_async(ready);
            self.apply(&committed, out);
            match after {
                Some(write) => self.unflushed.push_back((number, write)),
                None => self.raw.on_persist_ready(number),
            }
        }
    }

    /// Tells the crate what is applied, as far as that is durable: of a leader's snapshot once its write is.
    fn note_applied(&mut self) {
        let applied = self.applied.min(self.raw.raft.raft_log.persisted);
        if applied > self.raw.raft.raft_log.applied {
            self.raw.advance_apply_to(applied);
        }
    }

    fn write(&mut self, write: Write, out: &mut Effects) -> WriteId {
        self.issued = self.issued.next();
        out.push(Effect::Persist { id: self.issued, write });
        self.issued
    }

    /// The commit index, which the crate counts with them, is not durable.
    fn write_hard_state(&mut self, state: (u64, u64), out: &mut Effects) {
        if state != self.hard_state {
            self.hard_state = state;
            let (term, vote) = (Term(state.0), node_of(state.1));
            self.write(Write::HardState(HardState { term, vote }), out);
        }
    }

    fn write_entries(&mut self, entries: Vec<Entry>, out: &mut Effects) {
        let Some(first) = entries.first().map(|entry| entry.index) else { return };
        if self.raw.raft.mut_store().truncate_from(first) {
            self.write(Write::TruncateFrom(Index(first)), out);
        }
        let bytes = out.write(|buffer| entries.iter().for_each(|entry| wire(entry).encode(buffer)));
        self.write(Write::Append { first: Index(first), entries: bytes }, out);
        self.raw.raft.mut_store().append(entries);
    }

    /// A leader's snapshot takes the place of the log.
    #[cold]
    fn install(&mut self, snapshot: raft::eraftpb::Snapshot, out: &mut Effects) {
        let (index, term) = (Index(snapshot.get_metadata().index), Term(snapshot.get_metadata().term));
        let (membership, data) = (out.bytes(&[]), out.bytes(&snapshot.data));
        let write = self.write(Write::Snapshot { index, term, membership, data }, out);
        out.push(Effect::RestoreSnapshot { index, term, data });
        self.installing = Some(write);
        self.applied = index.0;
        self.snapshots.begin_anew();
        self.raw.raft.mut_store().replace(snapshot);
    }

    /// Has committed entries applied, and a snapshot taken on the way if one is due.
    fn apply(&mut self, entries: &[Entry], out: &mut Effects) {
        let mut rest = entries;
        while let Some(first) = rest.first() {
            let due = self.snapshots.due(rest);
            let (now, later) = rest.split_at(due.map_or(rest.len(), |place| place + 1));
            let bytes = out.write(|buffer| now.iter().for_each(|entry| wire(entry).encode(buffer)));
            out.push(Effect::Apply { first: Index(first.index), entries: bytes });
            self.applied = first.index + now.len() as u64 - 1;
            if due.is_some() {
                out.push(Effect::TakeSnapshot { at: Index(self.applied) });
                self.snapshots.ask(self.applied);
            }
            rest = later;
        }
    }

    /// Sends messages, in the order of their receivers: the crate's own order is that of a hash map.
    fn send(
        &mut self,
        mut messages: Vec<Message>,
        after: Option<WriteId>,
        now: LocalTime,
        out: &mut Effects,
    ) {
        messages.sort_by_key(|message| message.to);
        for message in &mut messages {
            let Some(to) = node_of(message.to) else { continue };
            match message.get_msg_type() {
                MessageType::MsgSnapshot => self.send_snapshot(to, message, after, now, out),
                of => {
                    if of == MessageType::MsgTimeoutNow {
                        out.push(Effect::Transfer { to, step: TransferStep::Asked });
                    }
                    let kind = kind_of(of);
                    let payload = self.lay_out(kind, message, out);
                    out.push(Effect::Send { to, kind, payload, after });
                }
            }
        }
    }

    /// The payload of a message; that of the last one if they are the same.
    fn lay_out(&mut self, kind: u8, message: &mut Message, out: &mut Effects) -> Bytes {
        let own = self.raw.raft.term;
        let payload = out.write(|buffer| encode(message, own, buffer));
        let last = self.last_payload.filter(|last| last.0 == kind && out.get(last.1) == out.get(payload));
        let (_, payload) = *self.last_payload.insert(last.unwrap_or((kind, payload)));
        payload
    }

    #[cold]
    fn send_snapshot(
        &mut self,
        to: NodeId,
        message: &mut Message,
        after: Option<WriteId>,
        now: LocalTime,
        out: &mut Effects,
    ) {
        let index = message.get_snapshot().get_metadata().index;
        let mut whole = Vec::new();
        encode(message, self.raw.raft.term, &mut whole);
        let (head, message) = whole.split_at(HEAD);
        for chunk in chunks::cut(index, message, self.chunk) {
            let payload = out.write(|buffer| {
                buffer.extend_from_slice(head);
                chunk.encode(buffer);
            });
            let kind = kind_of(MessageType::MsgSnapshot);
            out.push(Effect::Send { to, kind, payload, after });
        }
        self.snapshots.is_sent(to, now);
    }

    /// Puts a timeout of the stream in the place of the one that the crate has drawn.
    fn redraw(&mut self) {
        let raft = &mut self.raw.raft;
        let now = (raft.term, raft.state, raft.leader_id);
        if now != self.shown {
            self.shown = now;
            self.timeout = self.timing.timeout(self.stream.word());
        }
        raft.set_randomized_election_timeout(self.timeout);
    }

    fn show(&mut self, now: LocalTime, out: &mut Effects) {
        out.deadline = match self.installing {
            None => self.ticks.deadline(now, &self.raw),
            Some(_) => None,
        };
        let raft = &self.raw.raft;
        out.status = Status {
            role: match raft.state {
                StateRole::Follower => Role::Follower,
                StateRole::PreCandidate => Role::PreCandidate,
                StateRole::Candidate => Role::Candidate,
                StateRole::Leader => Role::Leader,
            },
            term: Term(raft.term),
            leader: node_of(raft.leader_id),
            last: Index(raft.raft_log.last_index()),
            commit: Index(raft.raft_log.committed),
        };
    }
}

/// What the crate is told.
fn config(boot: &Boot<'_>, timing: &Timing, applied: u64) -> Config {
    let options = boot.options;
    let flow = &options.flow;
    let max_uncommitted_size =
        flow.max_uncommitted_bytes.map_or(raft::NO_LIMIT, |most| u64::from(most.get()));
    let (least, most) = timing.election;
    Config {
        id: u64::from(boot.id.0),
        election_tick: least,
        heartbeat_tick: timing.heartbeat,
        applied,
        // The crate wants room for a whole message.
        max_size_per_msg: u64::from(options.max_batch_bytes).min(max_uncommitted_size),
        max_inflight_msgs: flow.max_inflight.map_or(USUAL_INFLIGHT, |most| most.get() as usize),
        check_quorum: options.check_quorum,
        pre_vote: options.pre_vote,
        min_election_tick: least,
        max_election_tick: most + 1,
        read_only_option: match options.reads.by {
            crate::replica::ReadBy::Lease => ReadOnlyOption::LeaseBased,
            _ => ReadOnlyOption::Safe,
        },
        priority: i64::from(boot.priority),
        max_uncommitted_size,
        ..Config::default()
    }
}

/// The node of this number; none for 0.
fn node_of(number: u64) -> Option<NodeId> {
    u32::try_from(number).ok().filter(|number| *number > 0).map(NodeId)
}
