//! The process of a machine: a replica, its state machine, and the effects of the one carried out on the other.

use super::Setup;
use super::admission::Barred;
use super::clock::Clock;
use super::doubtful;
use super::log::Log;
use super::reads::Reads;
use super::requests::{Asker, Pending, Requests};
use super::state::{State, hash_in};
use super::state_machine::Applied;
use crate::disk::Disk;
use crate::ids::{Address, CallId, Epoch, Index, NodeId, RecordId, RequestId, Term, WriteId};
use crate::net::{Outgoing, Payload, Slot, Wire};
use crate::replica::{
    Base, Boot, Bytes, Call, Class, Effect, Effects, Entries, EntryKind, Input, Membership, Recovered,
    Refusal, Replica, Status, Unrecoverable, Write,
};
use crate::rng::Stream;
use crate::rpc::Calls;
use crate::rpc::breaker::Breaker;
use crate::rpc::frame::{self, CLIENT_REPLY, FIRST_CLIENT_KIND, Header};
use crate::rpc::store::{Reply, encode_reply};
use crate::time::Time;
use crate::trace::{Body, Denial, Observer, Rejection, StopReason, kept};
use std::collections::VecDeque;

/// What a crash takes.
///
/// - What is held waits for a write above `durable`.
/// - What `state` has applied never exceeds what was committed, and rises by one.
pub(super) struct Process {
    pub(super) id: NodeId,
    clock: Clock,
    replica: Box<dyn Replica>,
    /// The membership in force for the replica.
    pub(super) membership: Membership,
    /// How many changes of the members it has found done.
    pub(super) changes_done: u64,
    pub(super) status: Status,
    log: Log,
    pub(super) state: State,
    /// The state machine as it was when the replica asked for a snapshot, until that is handed over.
    pub(super) taken: Option<(Index, Vec<u8>)>,
    pub(super) requests: Requests,
    pub(super) reads: Reads,
    durable: WriteId,
    held: VecDeque<Held>,
    last_call: CallId,
    calls: Vec<Calls>,
    /// Those of the calls to each node; none without breakers.
    pub(super) breakers: Vec<Breaker>,
    /// The call that the current step answers, if a request brought it about.
    answering: Option<(Address, CallId)>,
    reply: Vec<u8>,
    /// Why it has to end, if it has: then nothing of what it does may be seen any more.
    failed: Option<StopReason>,
}

/// A frame that waits for a write to become durable.
struct Held {
    after: WriteId,
    frame: Outgoing,
    class: Option<Class>,
    /// The record of its being held: what its sending comes from, later, rather than the flush that lets it go.
    held: RecordId,
}

/// The payload that was laid out last. The frames of a broadcast share it, and what was computed from it.
struct Broadcast<'e> {
    kind: u8,
    bytes: Bytes,
    payload: Payload<'e>,
    class: Option<Class>,
}

impl Process {
    pub(super) fn boot(
        id: NodeId,
        epoch: Epoch,
        recovered: &Recovered,
        log: Log,
        effects: &mut Effects,
        setup: &Setup<'_>,
        (clock, now): (Clock, Time),
    ) -> Result<Self, Unrecoverable> {
        *effects = Effects::default();
        let stream = Stream::new(setup.seed, "replica", u64::from(id.0), epoch.0);
        let is_first = epoch == Epoch(1) && setup.first_leader == Some(id);
        let priority = setup.priorities.get(id.slot()).copied().unwrap_or(0);
        let boot =
            Boot { id, options: setup.options, recovered, stream, now: clock.local(now), is_first, priority };
        let replica = setup.software.boot(boot, effects)?;
        let initial = Membership::initial(recovered.genesis.unwrap_or_default());
        let mut calls = Vec::new();
        calls.resize_with(setup.nodes, Calls::default);
        let mut process = Self {
            id,
            clock,
            replica,
            membership: initial,
            changes_done: 0,
            status: effects.status,
            log,
            state: State::start(recovered.snapshot.as_ref(), setup),
            taken: None,
            requests: Requests::default(),
            reads: Reads::default(),
            durable: WriteId::ZERO,
            held: VecDeque::new(),
            // Calls of different lives must not be taken for each other.
            last_call: CallId(epoch.0 << 40),
            calls,
            breakers: vec![Breaker::default(); if setup.breaker.is_some() { setup.nodes } else { 0 }],
            answering: None,
            reply: Vec::new(),
            failed: None,
        };
        if let Some(Effect::Membership { index, members }) = effects.list().first() {
            process.note_members(*index, effects.get(*members));
        }
        Ok(process)
    }

    /// Its clock shows this from now on.
    pub(super) fn set_clock(&mut self, clock: Clock) {
        self.clock = clock;
    }

    /// Why it can't go on after its last step, if it can't.
    pub(super) fn has_failed(&self) -> Option<StopReason> {
        self.failed
    }

    pub(super) fn status(&self) -> Status {
        self.status
    }

    pub(super) fn log(&self) -> &Log {
        &self.log
    }

    pub(super) fn applied(&self) -> Index {
        self.state.last.index
    }

    /// How many frames wait for a write.
    pub(super) fn held(&self) -> usize {
        self.held.len()
    }

    /// How many calls have no answer.
    pub(super) fn open_calls(&self) -> usize {
        self.calls.iter().map(Calls::len).sum()
    }

    pub(super) fn last_entry(&self) -> (Term, Index) {
        let last = self.log.last();
        (self.log.get(last).unwrap_or_default().0, last)
    }

    pub(super) fn log_hash(&self) -> u64 {
        self.log.hash()
    }

    pub(super) fn store_hash(&self) -> u64 {
        self.state.machine.hash()
    }

    pub(super) fn words_drawn(&self) -> u64 {
        self.replica.words_drawn()
    }

    pub(super) fn into_held(self) -> impl Iterator<Item = Slot> {
        self.held.into_iter().map(|held| held.frame.slot)
    }

    pub(super) fn number_request(&mut self, asker: Option<Asker>) -> RequestId {
        self.requests.propose(asker)
    }

    /// Looks at a frame before the replica may see it. Returns what it is to the replica; if it is not handed on, that is
    /// recorded.
    #[inline(always)]
    pub(super) fn admit<'b, O: Observer>(
        &mut self,
        from: Address,
        bytes: &'b [u8],
        (intact, class): (bool, Option<Class>),
        setup: &Setup<'_>,
        wire: &mut Wire<'_, O>,
    ) -> Option<Input<'b>> {
        match self.examine(from, bytes, (intact, class), setup, wire) {
            Ok(input) => Some(input),
            Err(barred) => {
                self.bar(barred, from, setup, wire);
                None
            }
        }
    }

    /// Integrity, form, rights and sense of a frame, in this order.
    #[inline(always)]
    fn examine<'b, O: Observer>(
        &mut self,
        from: Address,
        bytes: &'b [u8],
        (intact, class): (bool, Option<Class>),
        setup: &Setup<'_>,
        wire: &mut Wire<'_, O>,
    ) -> Result<Input<'b>, Barred> {
        let integrity = &wire.frames.integrity;
        let (header, payload) = match intact {
            true => frame::decode(bytes, true, integrity)?,
            false => doubtful::read(bytes, integrity, setup)?,
        };
        if let Some(why) = setup.known().denies(header.cluster, header.from, from) {
            return Err(Barred::denied(why, &header, payload, setup));
        }
        if header.to != self.id.into() {
            return Err(Rejection::Address.into());
        }
        if header.kind >= FIRST_CLIENT_KIND {
            return self.admit_request(from, &header, payload, setup);
        }
        let Some(peer) = from.as_node().or_else(|| Self::taken_for(from, setup)) else {
            return Err(Barred::denied(Denial::Function, &header, payload, setup));
        };
        if !intact {
            doubtful::examine(&header, payload, &self.status, setup)?;
        }
        let classify = || setup.software.classify(header.kind, payload);
        let class = match class.filter(|_| intact) {
            Some(class) => {
                debug_assert!(classify() == Some(class), "its sender laid out the same bytes");
                class
            }
            None => classify().ok_or(Rejection::Undecodable)?,
        };
        self.expire_calls(peer, setup, wire);
        match class.call {
            Call::Request => self.answering = Some((from, header.call)),
            Call::Response => {
                let is_in_time = self.calls[peer.slot()].answer(header.call);
                if is_in_time && !self.breakers.is_empty() {
                    self.note_call(peer, header.call, true, setup, wire);
                }
            }
            Call::Notice => {}
        }
        if self.is_stale(&class) {
            return Err(Barred::Stale(header.kind));
        }
        Ok(Input::Receive { from: peer, kind: header.kind, payload })
    }

    /// Steps the replica and carries out its effects.
    #[inline(always)]
    pub(super) fn step<O: Observer>(
        &mut self,
        input: Input<'_>,
        effects: &mut Effects,
        disk: &mut Disk,
        setup: &Setup<'_>,
        wire: &mut Wire<'_, O>,
    ) {
        effects.clear();
        self.replica.step(self.clock.local(wire.now), input, effects);
        // Most writes that become durable bring nothing new.
        if !effects.list().is_empty() || effects.status != self.status {
            self.carry_out(effects, disk, setup, wire);
        }
        self.answering = None;
    }

    fn carry_out<O: Observer>(
        &mut self,
        effects: &Effects,
        disk: &mut Disk,
        setup: &Setup<'_>,
        wire: &mut Wire<'_, O>,
    ) {
        let shows_news = effects.status != self.status;
        if shows_news {
            self.note_role(effects.status, wire);
        }
        let mut broadcast: Option<Broadcast<'_>> = None;
        for effect in effects.list() {
            match *effect {
                Effect::Send { to, kind, payload, after } => {
                    if broadcast.as_ref().is_none_or(|last| (last.kind, last.bytes) != (kind, payload)) {
                        let bytes = effects.get(payload);
                        let class = setup.software.classify(kind, bytes);
                        broadcast =
                            Some(Broadcast { kind, bytes: payload, payload: Payload::new(bytes), class });
                    }
                    let broadcast = broadcast.as_ref().expect("laid out just now or before");
                    self.send(to, broadcast, after, setup, wire);
                }
                Effect::Persist { .. } if disk.is_full() => {
                    self.failed = Some(StopReason::DiskFull);
                    return;
                }
                Effect::Persist { id, write } => {
                    self.persist(id, write, effects, disk, wire);
                    // A flush that takes no time is no event, and nothing has to wait for it.
                    if disk.is_instant() {
                        self.durable = id;
                        wire.trace.effect_in_place(self.id.into(), Body::Flushed { write: id });
                    }
                }
                Effect::Accepted { request, index, term } => self.accepted(request, index, term, wire),
                Effect::Refuse { request, reason } => self.refuse(request, reason, setup, wire),
                Effect::Serve { request, at, right } => self.reads.wait(request, at, right),
                Effect::ReadRound { round, reads } => {
                    wire.trace.effect(self.id.into(), Body::ReadRound { round, reads });
                }
                Effect::VoteRefused { candidate, pre_vote, why } => {
                    let body = Body::VoteRefused { candidate, pre_vote, why };
                    wire.trace.effect(self.id.into(), body);
                }
                Effect::Transfer { to, step } => {
                    wire.trace.effect(self.id.into(), Body::Transfer { to, step });
                }
                Effect::Membership { index, members } => {
                    self.note_members(index, effects.get(members));
                    self.show_members(wire);
                }
                Effect::Change { change, step } => self.note_change(change, step, wire),
                Effect::Panicked { message } => {
                    let message = kept(effects.get(message));
                    wire.trace.effect(self.id.into(), Body::Panicked { message });
                    self.failed = Some(StopReason::Panicked);
                    return;
                }
                Effect::Apply { first, entries } => {
                    self.note_commit(effects.status.commit, wire);
                    self.apply(first, effects.get(entries), setup, wire);
                }
                Effect::TakeSnapshot { at } => self.write_down(at, wire),
                Effect::RestoreSnapshot { index, term, data } => {
                    self.restore((index, term), effects.get(data), setup, wire);
                }
            }
        }
        if shows_news {
            self.note_commit_alone(effects.status.commit, wire);
            self.status = effects.status;
        }
        if self.reads.may_be_ready() {
            self.serve_reads(setup, wire);
        }
    }

    /// The replica has an entry for a request: who asks waits until it is applied.
    fn accepted<O: Observer>(
        &mut self,
        request: RequestId,
        index: Index,
        term: Term,
        wire: &mut Wire<'_, O>,
    ) {
        wire.trace.effect_in_place(self.id.into(), Body::Accepted { request, index, term });
        if let Some(asker) = self.requests.decided(request) {
            self.requests.wait(Pending { index, term, request, asker });
        }
    }

    /// The last write that is durable.
    pub(super) fn durable(&self) -> WriteId {
        self.durable
    }

    fn note_role<O: Observer>(&mut self, status: Status, wire: &mut Wire<'_, O>) {
        let shown = |status: Status| (status.role, status.term, status.leader);
        if shown(status) != shown(self.status) {
            let Status { role, term, leader, .. } = status;
            wire.trace.effect(self.id.into(), Body::RoleChanged { role, term, leader });
        }
    }

    /// Records each index that the replica has learned to be committed, or the one that it has gone back to.
    #[inline(always)]
    fn note_commit<O: Observer>(&mut self, commit: Index, wire: &mut Wire<'_, O>) {
        let known = self.status.commit;
        if commit == known {
            return;
        }
        let first = if commit > known { known.next() } else { commit };
        for index in first.0..=commit.0 {
            let index = Index(index);
            let entry = self.log.get(index);
            let (term, hash) = entry.unwrap_or_default();
            wire.trace.effect_in_place(self.id.into(), Body::Committed { index, term, hash });
            if entry.is_none() {
                // A replica that takes an entry it lacks for committed has gone wrong; one record tells.
                break;
            }
        }
        self.status.commit = commit;
    }

    /// The same for a commit that nothing is applied with, which is rare.
    #[inline(always)]
    fn note_commit_alone<O: Observer>(&mut self, commit: Index, wire: &mut Wire<'_, O>) {
        #[cold]
        fn note<O: Observer>(process: &mut Process, commit: Index, wire: &mut Wire<'_, O>) {
            process.note_commit(commit, wire);
        }
        if commit != self.status.commit {
            note(self, commit, wire);
        }
    }

    fn send<O: Observer>(
        &mut self,
        to: NodeId,
        broadcast: &Broadcast<'_>,
        after: Option<WriteId>,
        setup: &Setup<'_>,
        wire: &mut Wire<'_, O>,
    ) {
        if to.slot() >= self.calls.len() {
            return; // A member that no machine was provisioned for: only hostile bytes name one.
        }
        let (to, kind) = (Address::from(to), broadcast.kind);
        let is_response = broadcast.class.is_some_and(|class| class.call == Call::Response);
        let call = match self.answering {
            Some((asker, call)) if is_response && asker == to => call,
            _ => {
                self.last_call = self.last_call.next();
                self.last_call
            }
        };
        let header = Header { kind, cluster: setup.cluster, from: self.id.into(), to, call };
        let frame = wire.frame(&header, &broadcast.payload);
        match after {
            Some(after) if after > self.durable => {
                let held = wire.trace.effect_in_place(self.id.into(), Body::Held { to, kind, after });
                self.held.push_back(Held { after, frame, class: broadcast.class, held });
            }
            _ => self.hand_over(frame, broadcast.class, wire.trace.current(), setup, wire),
        }
    }

    /// Hands over what has waited for this write.
    #[inline]
    pub(super) fn release_held<O: Observer>(
        &mut self,
        durable: WriteId,
        setup: &Setup<'_>,
        wire: &mut Wire<'_, O>,
    ) {
        self.durable = durable;
        if !self.held.is_empty() {
            self.release_those_held(setup, wire);
        }
    }

    fn release_those_held<O: Observer>(&mut self, setup: &Setup<'_>, wire: &mut Wire<'_, O>) {
        let durable = self.durable;
        for _ in 0..self.held.len() {
            let held = self.held.pop_front().expect("as many as there were");
            if held.after <= durable {
                self.hand_over_aside(held.frame, held.class, Some(held.held), setup, wire);
            } else {
                self.held.push_back(held);
            }
        }
    }

    /// As [`hand_over`](Self::hand_over), where what is done with its record is not in place.
    fn hand_over_aside<O: Observer>(
        &mut self,
        frame: Outgoing,
        class: Option<Class>,
        cause: Option<RecordId>,
        setup: &Setup<'_>,
        wire: &mut Wire<'_, O>,
    ) {
        self.hand_over(frame, class, cause, setup, wire);
    }

    /// Hands a frame over to the network, unless a breaker keeps it back. A request opens a call.
    #[inline(always)]
    fn hand_over<O: Observer>(
        &mut self,
        frame: Outgoing,
        class: Option<Class>,
        cause: Option<RecordId>,
        setup: &Setup<'_>,
        wire: &mut Wire<'_, O>,
    ) {
        if !self.breakers.is_empty() && self.sheds(&frame, class, cause, setup, wire) {
            return;
        }
        let Outgoing { slot, to, kind, call, .. } = frame;
        let term = class.map_or(Term::ZERO, |class| class.term);
        let grants_vote = class.is_some_and(|class| class.grants_vote);
        let body = frame.sent(term, grants_vote);
        let sent = wire.trace.because_in_place(self.id.into(), cause, body);
        let frame = wire.frames.get_mut(slot);
        (frame.sent, frame.class) = (Some(sent), class);
        wire.out.push(slot);
        if let (Some(peer), Some(Class { call: Call::Request, .. })) = (to.as_node(), class) {
            self.expire_calls(peer, setup, wire);
            self.calls[peer.slot()].open(call, kind, wire.now + setup.call_timeout, sent);
        }
    }

    /// Records the calls to this peer that had no answer by their deadline. They are noticed with the next frame to or
    /// from it, so that no call costs an event of its own.
    #[inline(always)]
    fn expire_calls<O: Observer>(&mut self, peer: NodeId, setup: &Setup<'_>, wire: &mut Wire<'_, O>) {
        if self.calls[peer.slot()].is_any_late(wire.now) {
            self.fail_late_calls(peer, setup, wire);
        }
    }

    #[cold]
    fn fail_late_calls<O: Observer>(&mut self, peer: NodeId, setup: &Setup<'_>, wire: &mut Wire<'_, O>) {
        while let Some((call, kind, sent)) = self.calls[peer.slot()].expired(wire.now) {
            let body = Body::CallFailed { to: peer.into(), kind, call };
            wire.trace.because(self.id.into(), Some(sent), body);
            self.note_call(peer, call, false, setup, wire);
        }
    }

    #[inline(always)]
    fn persist<O: Observer>(
        &mut self,
        id: WriteId,
        write: Write,
        effects: &Effects,
        disk: &mut Disk,
        wire: &mut Wire<'_, O>,
    ) {
        let node = self.id.into();
        match write {
            Write::HardState(state) => {
                disk.write_hard_state(id, state);
                let body = Body::HardStateWritten { write: id, term: state.term, vote: state.vote };
                wire.trace.effect(node, body);
            }
            Write::Append { first, entries } => {
                assert!(first == self.log.last().next(), "a replica appends at its log's end");
                let entries = effects.get(entries);
                disk.write_entries(id, first.0, entries);
                for entry in Entries::new(entries) {
                    let hash = self.log.append(entry.term, entry.data);
                    let index = self.log.last();
                    wire.trace
                        .effect_in_place(node, Body::Appended { write: id, index, term: entry.term, hash });
                }
            }
            Write::Snapshot { index, term, membership, data } => {
                let content = (effects.get(membership), effects.get(data));
                self.persist_snapshot(id, (index, term), content, disk, wire);
            }
            Write::CompactTo(to) => self.persist_cut(id, to, disk, wire),
            Write::TruncateFrom(from) => {
                disk.write_truncation(id, from.0);
                self.log.truncate_from(from);
                wire.trace.effect(node, Body::Truncated { write: id, from });
            }
        }
    }

    /// Out of line, so that `persist` stays short enough to be part of its caller.
    #[cold]
    fn persist_snapshot<O: Observer>(
        &mut self,
        id: WriteId,
        (index, term): (Index, Term),
        (membership, data): (&[u8], &[u8]),
        disk: &mut Disk,
        wire: &mut Wire<'_, O>,
    ) {
        let last = Base { index, term, hash: hash_in(data) };
        disk.write_snapshot(id, last, membership, data);
        if self.log.get(index).is_none_or(|(own, _)| own != term) {
            self.log.begin_after(last);
        }
        let bytes = data.len() as u32;
        let body = Body::SnapshotWritten { write: id, index, term, hash: last.hash, bytes };
        wire.trace.effect(self.id.into(), body);
    }

    #[cold]
    fn persist_cut<O: Observer>(&mut self, id: WriteId, to: Index, disk: &mut Disk, wire: &mut Wire<'_, O>) {
        let base = self.log.cut(to).expect("a replica cuts its log at one of its entries");
        disk.write_compaction(id, to.0, base.hash);
        let Base { index, term, hash } = base;
        wire.trace.effect(self.id.into(), Body::Compacted { write: id, index, term, hash });
    }

    #[inline(always)]
    fn apply<O: Observer>(
        &mut self,
        first: Index,
        entries: &[u8],
        setup: &Setup<'_>,
        wire: &mut Wire<'_, O>,
    ) {
        assert!(first == self.applied().next(), "every entry is applied once, in order");
        for entry in Entries::new(entries) {
            let last = &mut self.state.last;
            let (index, term) = (last.index.next(), entry.term);
            let hash = crate::trace::digest::chain(last.hash, term, entry.data);
            *last = Base { index, term, hash };
            wire.trace.effect_in_place(self.id.into(), Body::Applied { index, term, hash });
            let applied = match entry.kind {
                EntryKind::Command => self.state.machine.apply(index, entry.data),
                EntryKind::NoOp | EntryKind::Membership => Applied::Nothing,
            };
            if setup.clients_repeat {
                applied.record(index, self.id, wire);
            }
            while let Some(pending) = self.requests.next_decided_by(index) {
                let stands = pending.index == index && pending.term == term;
                let reply = if stands { applied.reply() } else { Reply::Unknown };
                if stands && applied.is_done() {
                    let body = Body::Acknowledged { request: pending.request, index, term };
                    wire.trace.effect(self.id.into(), body);
                }
                self.answer(pending.asker, &reply, setup, wire);
            }
        }
    }

    pub(super) fn refuse<O: Observer>(
        &mut self,
        request: RequestId,
        reason: Refusal,
        setup: &Setup<'_>,
        wire: &mut Wire<'_, O>,
    ) {
        wire.trace.effect(self.id.into(), Body::Refused { request, reason });
        let reply = match reason {
            Refusal::NotLeader { hint } => Reply::NotLeader { hint },
            Refusal::Busy => Reply::Busy,
        };
        if let Some(asker) = self.requests.decided(request).or_else(|| self.reads.refused(request)) {
            self.answer(asker, &reply, setup, wire);
        }
    }

    /// Answers a client.
    pub(super) fn answer<O: Observer>(
        &mut self,
        asker: Asker,
        reply: &Reply,
        setup: &Setup<'_>,
        wire: &mut Wire<'_, O>,
    ) {
        let mut bytes = std::mem::take(&mut self.reply);
        encode_reply(reply, &mut bytes);
        let header = Header {
            kind: CLIENT_REPLY,
            cluster: setup.cluster,
            from: self.id.into(),
            to: asker.client,
            call: asker.call,
        };
        let frame = wire.frame(&header, &Payload::new(&bytes));
        self.reply = bytes;
        self.hand_over_aside(frame, None, wire.trace.current(), setup, wire);
    }
}
