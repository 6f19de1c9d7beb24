//! One replica: the crate's server, and what a step of it leaves to be done.

use super::ballots;
use super::entry::Record;
use super::inbox::Turn;
use super::links::{Heard, Link, Mark};
use super::log::{Log, Store, is_of};
use super::outbox::Frame;
use super::parts::{self, Part};
use super::rounds::{self, Ticks};
use super::wire::{self, ACKNOWLEDGEMENT, HEAD};
use crate::ids::{Index, NodeId, RequestId, Term, WriteId};
use crate::replica::{
    Boot, Effect, Effects, Input, Members, ReadBy, ReadRight, Refusal, Replica, Role, Status, Unrecoverable,
    VoteRefusal,
};
use crate::rng::Stream;
use crate::time::LocalTime;
use omnipaxos::ballot_leader_election::Ballot;
use omnipaxos::messages::Message;
use omnipaxos::messages::ballot_leader_election::HeartbeatMsg;
use omnipaxos::messages::sequence_paxos::PaxosMsg;
use omnipaxos::{ClusterConfig, OmniPaxos, ServerConfig};
use std::cell::RefCell;
use std::num::NonZeroU32;
use std::rc::Rc;

/// A server.
///
/// Invariants:
/// - Ids of writes rise by one from 1, and `durable <= issued`.
/// - The entries before `applied` were handed to the state machine.
pub(super) struct Node {
    id: NodeId,
    omni: OmniPaxos<Record, Store>,
    log: Rc<RefCell<Log>>,
    links: Vec<Link>,
    /// The members, by their slots.
    peers: Vec<NodeId>,
    ticks: Ticks,
    stream: Stream,
    /// Whether it takes the lead as soon as it is woken.
    is_first: bool,
    /// The promise with which it started: if that is one of its own, it does not lead any more.
    recovered: Option<Ballot>,
    /// Whether an entry waits in the crate for the majority's promises.
    has_no_op: bool,
    /// The write after which it leads.
    took_over: Option<WriteId>,
    /// Of whose ballot it has accepted the log.
    followed: Option<Ballot>,
    issued: WriteId,
    durable: WriteId,
    applied: usize,
    reads: ReadBy,
    max_uncommitted_bytes: Option<NonZeroU32>,
    outgoing: Vec<Message<Record>>,
}

impl Replica for Node {
    fn step(&mut self, now: LocalTime, input: Input<'_>, out: &mut Effects) {
        match input {
            Input::Wake => self.wake(now),
            Input::Receive { from, kind, payload } => self.receive(from, kind, payload, now, out),
            Input::Persisted(write) => self.durable = self.durable.max(write),
            Input::Propose { request, command } => self.propose(request, command, out),
            Input::Read { request } => self.read(request, out),
            Input::Campaign => self.omni.try_become_leader(),
            Input::Transfer { .. } | Input::ChangeMembership(_) | Input::SnapshotTaken { .. } => {
                input.refuse(None, out);
            }
        }
        self.carry_out(out);
        self.show(out);
        self.look_after_links(now, out);
    }

    fn words_drawn(&self) -> u64 {
        self.stream.position()
    }
}

impl Node {
    /// # Errors
    /// [`Unrecoverable`] if the disk's contents are none of a server of this kind.
    pub(super) fn boot(boot: &Boot<'_>, members: &Members, out: &mut Effects) -> Result<Self, Unrecoverable> {
        let log = Log::recovered(boot.recovered)?;
        let recovered = log.promise();
        let log = Rc::new(RefCell::new(log));
        let peers: Vec<NodeId> = members.voters.iter().filter(|node| *node != boot.id).collect();
        let cluster = ClusterConfig {
            configuration_id: ballots::CONFIGURATION,
            nodes: members.voters.iter().map(|node| u64::from(node.0)).collect(),
            flexible_quorum: None,
        };
        let server = ServerConfig {
            pid: u64::from(boot.id.0),
            election_tick_timeout: rounds::round(boot.options),
            resend_message_tick_timeout: 1,
            buffer_size: 16,
            batch_size: 1,
            flush_batch_tick_timeout: u64::MAX,
            leader_priority: 0,
        };
        let omni = cluster
            .build_for_server(server, Store(Rc::clone(&log)))
            .map_err(|error| Unrecoverable(error.to_string()))?;
        let mut stream = boot.stream.clone();
        let ticks = Ticks::new(boot.options, boot.now, stream.word());
        // Its life has the number of its time, and a session the patience of the protocol.
        let (life, patience) = (boot.now.nanos().saturating_add(1), boot.options.election_timeout.0);
        let slots = members.voters.iter().map(|node| node.slot() + 1).max().unwrap_or(0);
        let mut node = Self {
            id: boot.id,
            omni,
            log,
            links: std::iter::repeat_with(|| Link::new(life, patience)).take(slots).collect(),
            peers,
            ticks,
            stream,
            is_first: boot.is_first,
            recovered,
            has_no_op: false,
            took_over: None,
            followed: None,
            issued: WriteId::ZERO,
            durable: WriteId::ZERO,
            applied: 0,
            reads: boot.options.reads.by,
            max_uncommitted_bytes: boot.options.flow.max_uncommitted_bytes,
            outgoing: Vec::new(),
        };
        node.show(out);
        // What it says when it starts it says when it is woken.
        out.deadline = Some(LocalTime::from_nanos(boot.now.nanos().saturating_add(1)));
        Ok(node)
    }

    fn wake(&mut self, now: LocalTime) {
        if std::mem::take(&mut self.is_first) {
            // Twice, so that its ballot outranks those with which all others start.
            self.omni.try_become_leader();
            self.omni.try_become_leader();
        }
        if !self.ticks.is_due(now) {
            return;
        }
        for peer in &self.peers {
            if self.links[peer.slot()].is_lost(now) {
                self.omni.reconnected(u64::from(peer.0));
            }
        }
        self.omni.tick();
    }

    fn receive(&mut self, from: NodeId, kind: u8, payload: &[u8], now: LocalTime, out: &mut Effects) {
        let Some((mark, ..)) = wire::head(payload).filter(|_| self.peers.contains(&from)) else { return };
        let link = &mut self.links[from.slot()];
        match link.hear(&mark, now) {
            Heard::Stale => return,
            Heard::Same => {}
            Heard::Anew => self.omni.reconnected(u64::from(from.0)),
            Heard::Reborn => return self.omni.reconnected(u64::from(from.0)),
        }
        let link = &mut self.links[from.slot()];
        if mark.number == 0 {
            return self.hand_on(from, kind, payload, out);
        }
        match link.inbox.turn(&mark, now) {
            Turn::Past => return,
            Turn::Early => return link.inbox.keep(mark.number, kind, payload),
            Turn::Next => self.hand_on(from, kind, payload, out),
        }
        while let Some((kind, payload)) = self.links[from.slot()].inbox.take() {
            self.hand_on(from, kind, &payload, out);
        }
    }

    /// Hands a message on to the crate, in order, when all of it has come.
    fn hand_on(&mut self, from: NodeId, kind: u8, payload: &[u8], out: &mut Effects) {
        let Some((mark, part, _)) = wire::head(payload) else { return };
        let bytes = &payload[HEAD..];
        let whole = if mark.number == 0 {
            Some(bytes.into())
        } else {
            self.links[from.slot()].inbox.incoming.take(part, bytes)
        };
        let Some(message) = whole.and_then(|bytes| wire::decode(kind, &bytes, from, self.id)) else { return };
        match &message {
            Message::BLE(heartbeat) => {
                let link = &mut self.links[from.slot()];
                let is_new = match &heartbeat.msg {
                    HeartbeatMsg::Request(request) => link.is_asked_anew(request.round),
                    HeartbeatMsg::Reply(reply) => link.is_answered_anew(reply.round),
                };
                if !is_new {
                    return;
                }
            }
            Message::SequencePaxos(paxos) => {
                if let PaxosMsg::Prepare(prepare) = &paxos.msg
                    && prepare.n < self.omni.get_promise()
                {
                    let why = VoteRefusal::TermPast;
                    out.push(Effect::VoteRefused { candidate: from, pre_vote: false, why });
                }
            }
        }
        self.omni.handle_incoming(message);
    }

    fn propose(&mut self, request: RequestId, command: &[u8], out: &mut Effects) {
        let Status { role, term, leader, .. } = self.status();
        if role != Role::Leader {
            return out.push(Effect::Refuse { request, reason: Refusal::NotLeader { hint: leader } });
        }
        if self.is_busy(command) || self.omni.append(Record::command(term, command)).is_err() {
            return out.push(Effect::Refuse { request, reason: Refusal::Busy });
        }
        let index = Index(self.omni.get_accepted_idx() as u64);
        out.push(Effect::Accepted { request, index, term });
    }

    /// Whether this command is too much with those that are not decided yet; one always fits.
    fn is_busy(&self, command: &[u8]) -> bool {
        self.max_uncommitted_bytes.is_some_and(|most| {
            let taken = self.log.borrow().bytes_from(self.omni.get_decided_idx());
            taken > 0 && taken + command.len() > most.get() as usize
        })
    }

    /// Only what needs nobody's leave: other reads are entries of the log.
    fn read(&self, request: RequestId, out: &mut Effects) {
        out.push(if self.reads == ReadBy::Local {
            Effect::Serve { request, at: Index(self.applied as u64), right: ReadRight::Local }
        } else {
            Effect::Refuse { request, reason: Refusal::NotLeader { hint: self.status().leader } }
        });
    }

    /// Does what the crate wants done.
    fn carry_out(&mut self, out: &mut Effects) {
        if self.prepares() && !self.has_no_op {
            // It is kept until a majority has promised, and is then the first of its ballot.
            self.has_no_op = self.omni.append(Record::no_op()).is_ok();
        }
        let mut outgoing = std::mem::take(&mut self.outgoing);
        self.omni.take_outgoing_messages(&mut outgoing);
        self.issued = self.log.borrow_mut().write(self.issued, out);
        if self.accepts_own() && std::mem::take(&mut self.has_no_op) {
            self.took_over = Some(self.issued);
        }
        self.apply(out);
        let after = (self.issued > self.durable).then_some(self.issued);
        let term = ballots::term(&self.omni.get_promise());
        for message in outgoing.drain(..) {
            self.queue(&message, after, term);
        }
        self.outgoing = outgoing;
    }

    /// Puts a message where it waits for its turn on its link.
    fn queue(&mut self, message: &Message<Record>, after: Option<WriteId>, term: Term) {
        let Some(kind) = wire::kind_of(message) else {
            // Another server leads, and the crate forwards to it what had waited.
            self.has_no_op = false;
            return;
        };
        let Some(to) = u32::try_from(message.get_receiver()).ok().map(NodeId) else { return };
        if !self.peers.contains(&to) {
            return;
        }
        let link = &mut self.links[to.slot()];
        let mut bytes = Vec::new();
        wire::lay_out_message(message, &mut bytes);
        if matches!(message, Message::BLE(_)) {
            return link.heartbeats.push(Frame {
                kind,
                part: Part::WHOLE,
                term,
                message: bytes.into(),
                after,
            });
        }
        if wire::is_repeated(kind) && link.is_said_again(kind, &bytes) {
            return;
        }
        for (part, bytes) in parts::cut(&bytes) {
            link.outbox.keep(Frame { kind, part, term, message: bytes.into(), after });
        }
    }

    /// Sends what there is to be sent, or sent again, acknowledges what has come, and has itself woken for what may be lost.
    fn look_after_links(&mut self, now: LocalTime, out: &mut Effects) {
        let mut deadline = self.ticks.next();
        for &to in &self.peers {
            let link = &mut self.links[to.slot()];
            while let Some((mark, frame, after)) = link.send(self.durable, now) {
                send(to, &mark, frame, after, out);
            }
            for frame in std::mem::take(&mut link.heartbeats) {
                let mark = link.mark(0, frame.after, now);
                send(to, &mark, &frame, frame.after, out);
            }
            link.leave(self.durable, now);
            if let Some(mark) = link.acknowledgement(now) {
                let payload = out.write(|buffer| wire::lay_out_head(&mark, Part::WHOLE, Term::ZERO, buffer));
                out.push(Effect::Send { to, kind: ACKNOWLEDGEMENT, payload, after: None });
            }
            deadline = link.due().map_or(deadline, |due| due.min(deadline));
        }
        out.deadline = Some(deadline);
    }

    /// Has entries applied that are newly decided.
    fn apply(&mut self, out: &mut Effects) {
        let log = self.log.borrow();
        let decided = self.omni.get_decided_idx().min(log.len());
        if decided > self.applied {
            let entries = out.write(|buffer| log.copy(self.applied, decided, buffer));
            out.push(Effect::Apply { first: Index(self.applied as u64 + 1), entries });
            self.applied = decided;
        }
    }

    /// Whether it waits for promises of a ballot of its own.
    fn prepares(&self) -> bool {
        let promise = self.omni.get_promise();
        is_of(&promise, self.id) && Some(promise) != self.recovered && !self.accepts_own()
    }

    /// Whether a majority has promised its ballot.
    fn accepts_own(&self) -> bool {
        self.omni.get_current_leader() == Some((u64::from(self.id.0), true))
    }

    fn status(&self) -> Status {
        let promise = self.omni.get_promise();
        let is_written = self.took_over.is_some_and(|write| write <= self.durable);
        let role = if self.accepts_own() && !self.has_no_op && is_written {
            Role::Leader
        } else if self.accepts_own() || self.prepares() {
            Role::Candidate
        } else {
            Role::Follower
        };
        let leader = match role {
            Role::Leader => Some(self.id),
            _ => self.followed.filter(|ballot| *ballot == promise).and_then(|it| ballots::node(&it)),
        };
        Status {
            role,
            term: ballots::term(&promise),
            leader,
            last: Index(self.log.borrow().len() as u64),
            commit: Index(self.applied as u64),
        }
    }

    fn show(&mut self, out: &mut Effects) {
        if let Some((_, true)) = self.omni.get_current_leader()
            && !self.accepts_own()
        {
            self.followed = Some(self.omni.get_promise());
        }
        out.status = self.status();
    }
}

fn send(to: NodeId, mark: &Mark, frame: &Frame, after: Option<WriteId>, out: &mut Effects) {
    let payload = out.write(|buffer| {
        wire::lay_out_head(mark, frame.part, frame.term, buffer);
        buffer.extend_from_slice(&frame.message);
    });
    out.push(Effect::Send { to, kind: frame.kind, payload, after });
}
