//! Reads that take no entry of the log (thesis 6.4): when a server may answer from its own state machine.
//!
//! A read must see every command that was done before it began. Two things can keep a leader from knowing of one: it may
//! not lead any more, or not know yet what its predecessors have committed.
//!
//! **The read index.** So a leader has a read wait until all that was committed when the read came is applied: its commit
//! index, but at least the first entry of its own term, since everything that earlier leaders have committed lies before
//! that ([`Raft::read_index`]).
//!
//! **Rounds.** And it asks all others whether it still leads, after the read has come. Who answers in its term had entered no
//! later one until then; so if a majority does, nobody else can have been elected when the read began, nor committed
//! anything since. One round serves all reads that came before it: while one is under way those that come wait for the
//! next. Rounds and reads have numbers, and an answer to a round counts for all earlier ones. A round that is not answered
//! within a heartbeat is begun again under a new number; late answers to the old one still count for who waited for it.
//!
//! **Followers** ask their leader in the same way, one question for all reads that have come, and answer once they have
//! applied what the leader names. It is told apart from the answers to a former life by the time at which this one began.
//!
//! **Leases (6.4.1).** With sticky servers, whoever has answered a round votes for nobody within the least election timeout.
//! So what a majority has said is good for that long from the sending of the round on, less what clocks may differ
//! ([`Raft::lease_length`]). For that, servers must not forget: neither by a restart, after which they wait as if they had
//! just heard from a leader, nor by a later term ([`Raft::is_bound_by_lease`]). There is one way to be elected past all
//! that, a transfer of leadership: while one is under way no lease holds, and once the successor was asked to campaign
//! none ever does in that term, since it may follow the request at any later time. A lease is renewed by the reads that
//! use its second half, so that an idle leader sends nothing for it.
//!
//! Reads have no effect: what waits here is lost in a crash, and refused when the leader it was taken under is gone.

use super::message::{Contact, ContactReply, Message, ReadIndex, ReadIndexReply};
use super::node::Raft;
use super::quorum::reached_by_majority;
use crate::ids::{Index, NodeId, NodeSet, RequestId, Term, WriteId};
use crate::replica::{Effect, Effects, Members, Options, ReadBy, ReadRight, Refusal, Role};
use crate::time::{Duration, LocalTime};
use std::collections::{BTreeMap, VecDeque};

/// So many rounds are remembered with the time of their sending. Of older ones an answer still counts for reads, not for
/// the lease.
const REMEMBERED: usize = 64;

/// Clocks show whole nanoseconds, so that of two that go alike one may show so much more.
const ROUNDING: Duration = Duration::from_nanos(1);

/// The reads that wait, and what is known of who leads.
///
/// Invariants:
/// - `confirmed <= round`; those who wait for a round up to `confirmed` have been served.
/// - The numbers in `queue` never fall, and exceed `round` by one at most.
#[derive(Debug)]
pub(super) struct Reads {
    queue: VecDeque<Waiting>,
    /// Under which leader those in the queue were taken.
    taken: (Term, Option<NodeId>),
    /// The last round begun, or question asked, in this life.
    round: u64,
    /// When that was.
    begun: LocalTime,
    /// The last of them that is known to be answered, by a majority or by the leader.
    confirmed: u64,
    /// When this life began: by that its questions are told from earlier ones.
    life: u64,

    /// The first entry of the leader's own term.
    first: Index,
    /// The last round of this term that each peer has answered.
    answered: BTreeMap<NodeId, u64>,
    /// When rounds not yet confirmed were sent.
    sent: VecDeque<(u64, LocalTime)>,
    /// When the last round of this term was sent that a majority has answered.
    lease_from: Option<LocalTime>,
    /// Whether another server was asked to campaign in this term.
    handed_over: bool,
}

/// A read that waits.
#[derive(Clone, Copy, Debug)]
struct Waiting {
    /// For which round.
    round: u64,
    reader: Reader,
    /// The read index, on a leader.
    at: Index,
}

/// Whom to tell.
#[derive(Clone, Copy, Debug)]
enum Reader {
    /// The own host.
    Here(RequestId),
    /// A follower that has asked.
    There(NodeId, ReadIndex),
}

impl Reads {
    /// No reads yet, in a life that begins now.
    pub(super) fn new(now: LocalTime) -> Self {
        Self {
            queue: VecDeque::new(),
            taken: (Term::ZERO, None),
            round: 0,
            begun: now,
            confirmed: 0,
            life: now.nanos(),
            first: Index::ZERO,
            answered: BTreeMap::new(),
            sent: VecDeque::new(),
            lease_from: None,
            handed_over: false,
        }
    }

    /// The server was elected, and begins its term with this entry.
    pub(super) fn elected(&mut self, first: Index) {
        self.first = first;
        self.answered.clear();
        self.sent.clear();
        (self.lease_from, self.handed_over) = (None, false);
    }

    /// Another server was asked to campaign at once.
    pub(super) fn hand_over(&mut self) {
        self.handed_over = true;
    }

    /// Whether nobody waits.
    #[inline]
    pub(super) fn is_idle(&self) -> bool {
        self.queue.is_empty()
    }

    /// Whether a round or question is under way.
    fn is_asking(&self) -> bool {
        self.confirmed < self.round
    }
}

/// For how long what a majority has said is good, on the clock of whoever asked: in that time no clock may show the least
/// election timeout. If a second of one is at most `d` parts longer and of another at most `d` parts shorter, that is
/// `(1 - d) / (1 + d)` of it (thesis 6.4.1).
pub(super) fn lease_within(options: &Options) -> Duration {
    let drift = u128::from(options.reads.max_drift_ppm.min(1_000_000));
    let timeout = u128::from(options.election_timeout.0.nanos());
    let length = timeout * (1_000_000 - drift) / (1_000_000 + drift);
    Duration::from_nanos((length as u64).saturating_sub(ROUNDING.nanos()))
}

impl Raft {
    /// A client wants to read.
    #[cold]
    pub(super) fn read(&mut self, now: LocalTime, request: RequestId, out: &mut Effects) {
        let leads = self.role == Role::Leader;
        if !(leads || self.options.reads.at_followers) {
            return refuse_read(request, self.leader, out);
        }
        if self.options.reads.by == ReadBy::Local {
            return out.push(Effect::Serve { request, at: Index::ZERO, right: ReadRight::Local });
        }
        if self.leader.is_none() {
            return refuse_read(request, None, out);
        }
        self.take_read(now, Reader::Here(request), out);
    }

    /// A read waits for the next round, which begins at once if none is under way.
    fn take_read(&mut self, now: LocalTime, reader: Reader, out: &mut Effects) {
        let at = self.read_index();
        if self.role == Role::Leader && (self.holds_lease(now) || self.reads_unconfirmed()) {
            let right = if self.holds_lease(now) { ReadRight::Lease } else { ReadRight::Local };
            self.serve(reader, at, right, out);
            return self.renew_lease(now, out);
        }
        let taken = (self.term, self.leader);
        if self.reads.is_idle() && self.reads.taken != taken {
            // What was asked under another leader is of no interest any more.
            (self.reads.taken, self.reads.confirmed) = (taken, self.reads.round);
        }
        self.reads.queue.push_back(Waiting { round: self.reads.round + 1, reader, at });
        if !self.reads.is_asking() {
            self.begin_round(now, out);
        }
    }

    /// What a leader has to have applied before it answers a read: all that was committed when it came. Of what earlier
    /// leaders have committed it knows only once an entry of its own term is (6.4).
    fn read_index(&self) -> Index {
        if self.reads_before_own_commit() { self.commit } else { self.commit.max(self.reads.first) }
    }

    /// A leader asks all others whether it still leads; a follower asks its leader how far it has to be.
    fn begin_round(&mut self, now: LocalTime, out: &mut Effects) {
        let reads = &mut self.reads;
        reads.round += 1;
        reads.begun = now;
        let (term, round) = (self.term, reads.round);
        if self.role == Role::Leader {
            reads.sent.push_back((round, now));
            if reads.sent.len() > REMEMBERED {
                reads.sent.pop_front();
            }
            out.push(Effect::ReadRound { round, reads: reads.queue.len() as u32 });
            self.send_to_all(Message::Contact(Contact { term, round }), out);
            self.note_confirmed(now, out);
        } else if let Some(to) = self.leader {
            let message = Message::ReadIndex(ReadIndex { term, life: reads.life, number: round });
            self.notify(to, message, out);
        }
    }

    /// Sends what is neither a request nor an answer. It shows the term, so it waits until that is durable.
    fn notify(&self, to: NodeId, message: Message<'_>, out: &mut Effects) {
        let payload = out.write(|buffer| message.encode(buffer));
        out.push(Effect::Send { to, kind: message.kind(), payload, after: self.term_after() });
    }

    /// Takes a message that is about reads, in any role. Its term is at most the own one.
    #[cold]
    pub(super) fn receive_for_reads(
        &mut self,
        now: LocalTime,
        from: NodeId,
        message: Message<'_>,
        out: &mut Effects,
    ) {
        match message {
            // Another leader of the own term is for the checkers to judge.
            Message::Contact(request) if request.term == self.term && self.role == Role::Leader => {}
            // A leader of an earlier term learns by the answer that it is deposed; the leader of the term is followed.
            Message::Contact(request) => {
                if request.term == self.term {
                    self.follow(now, from, out);
                }
                let reply = ContactReply { term: self.term, round: request.round };
                self.reply(from, Message::ContactReply(reply), WriteId::ZERO, out);
            }
            Message::ContactReply(reply) => self.note_contact(now, from, reply, out),
            // It waits for a round like a read of one's own, unless it was asked under another leader.
            Message::ReadIndex(request) if request.term == self.term && self.role == Role::Leader => {
                self.take_read(now, Reader::There(from, request), out);
            }
            Message::ReadIndex(ReadIndex { life, number, .. }) => {
                self.save_hard_state(out);
                let reply = ReadIndexReply { term: self.term, life, number, index: None };
                self.notify(from, Message::ReadIndexReply(reply), out);
            }
            Message::ReadIndexReply(reply) => self.note_read_index(now, from, reply, out),
            _ => {}
        }
    }

    /// A server was in the leader's term when it answered a round.
    fn note_contact(&mut self, now: LocalTime, from: NodeId, reply: ContactReply, out: &mut Effects) {
        let is_current = self.role == Role::Leader && reply.term == self.term;
        if !is_current || reply.round > self.reads.round {
            return;
        }
        if let Some(place) = self.peers.place(from) {
            self.progress[place].heard(now);
        }
        let answered = self.reads.answered.entry(from).or_default();
        if reply.round > *answered {
            *answered = reply.round;
            self.note_confirmed(now, out);
        }
    }

    /// The last round that a majority of the voters has answered, in a joint configuration also one of the outgoing ones.
    /// The leader itself has, if it is one of them.
    fn answered_by_quorum(&self) -> u64 {
        let Reads { round, answered, .. } = &self.reads;
        let by = |id: NodeId| if id == self.id { *round } else { answered.get(&id).copied().unwrap_or(0) };
        let by_majority =
            |voters: NodeSet| reached_by_majority(&mut voters.iter().map(by).collect::<Vec<_>>());
        let Members { voters, outgoing, .. } = self.members();
        let of_voters = by_majority(voters).unwrap_or(0);
        by_majority(outgoing).map_or(of_voters, |of_outgoing| of_voters.min(of_outgoing))
    }

    /// Other members are in force: what those before have said is good for no lease any more, since a majority of those
    /// after the next change need not overlap with one of theirs.
    pub(super) fn end_lease(&mut self) {
        self.reads.lease_from = None;
        self.reads.sent.clear();
    }

    /// A majority may have answered a round: those who wait for it are served, and those who came since get the next.
    fn note_confirmed(&mut self, now: LocalTime, out: &mut Effects) {
        let confirmed = self.answered_by_quorum();
        if confirmed <= self.reads.confirmed {
            return;
        }
        self.reads.confirmed = confirmed;
        while let Some((_, sent)) = self.reads.sent.pop_front_if(|(round, _)| *round <= confirmed) {
            self.reads.lease_from = Some(sent);
        }
        while let Some(waiting) = self.reads.queue.pop_front_if(|it| it.round <= confirmed) {
            self.serve(waiting.reader, waiting.at, ReadRight::Index, out);
        }
        self.go_on(now, out);
    }

    /// The leader says up to where a follower has to be. It also answers those who asked before.
    fn note_read_index(&mut self, now: LocalTime, from: NodeId, reply: ReadIndexReply, out: &mut Effects) {
        let ReadIndexReply { term, life, number, index } = reply;
        let is_asked = self.role == Role::Follower && (term, Some(from)) == (self.term, self.leader);
        let is_own =
            life == self.reads.life && (self.reads.confirmed + 1..=self.reads.round).contains(&number);
        if !is_asked || !is_own || self.reads.taken != (self.term, self.leader) {
            return;
        }
        self.reads.confirmed = number;
        let Some(index) = index else { return self.refuse_reads(None, out) };
        while let Some(waiting) = self.reads.queue.pop_front_if(|it| it.round <= number) {
            self.serve(waiting.reader, index, ReadRight::Follower, out);
        }
        self.go_on(now, out);
    }

    /// Begins the next round, if one is wanted and none is under way.
    fn go_on(&mut self, now: LocalTime, out: &mut Effects) {
        if !self.reads.is_idle() && !self.reads.is_asking() {
            self.begin_round(now, out);
        }
    }

    fn serve(&mut self, reader: Reader, at: Index, right: ReadRight, out: &mut Effects) {
        match reader {
            Reader::Here(request) => out.push(Effect::Serve { request, at, right }),
            Reader::There(to, ReadIndex { life, number, .. }) => {
                let reply = ReadIndexReply { term: self.term, life, number, index: Some(at) };
                self.notify(to, Message::ReadIndexReply(reply), out);
            }
        }
    }

    /// At the end of a step in which someone waits: if the leader is gone they are refused; if what was asked has had no
    /// answer for a heartbeat it is asked again.
    #[cold]
    pub(super) fn tend_reads(&mut self, now: LocalTime, out: &mut Effects) {
        if self.reads.taken != (self.term, self.leader) {
            self.refuse_reads(self.leader, out);
        } else if now >= self.reads.begun + self.options.heartbeat {
            self.begin_round(now, out);
        }
    }

    /// Nobody can tell any more whether these reads may be answered. A follower that has asked notices by itself.
    fn refuse_reads(&mut self, hint: Option<NodeId>, out: &mut Effects) {
        for waiting in std::mem::take(&mut self.reads.queue) {
            if let Reader::Here(request) = waiting.reader {
                refuse_read(request, hint, out);
            }
        }
        // What was asked is of no interest any more: the next read need not wait for the answer.
        self.reads.confirmed = self.reads.round;
    }

    /// Whether this leader knows that nobody else has been elected (6.4.1).
    fn holds_lease(&self, now: LocalTime) -> bool {
        let reads = &self.reads;
        let is_sole = self.transfer.is_none() && !reads.handed_over;
        let holds = |from: LocalTime| now < from + self.lease_length();
        self.options.reads.by == ReadBy::Lease && is_sole && reads.lease_from.is_some_and(holds)
    }

    /// A read has used the lease: in its second half that is a reason to ask again.
    fn renew_lease(&mut self, now: LocalTime, out: &mut Effects) {
        let half = Duration::from_nanos(self.lease_length().nanos() / 2);
        let is_late = self.reads.lease_from.is_some_and(|from| now >= from + half);
        let is_lost = now >= self.reads.begun + self.options.heartbeat;
        if is_late && (!self.reads.is_asking() || is_lost) {
            self.begin_round(now, out);
        }
    }

    /// Whether this server may have told a leader lately that it leads, so that it must not help to elect another: in this
    /// life or the one before, in this term or an earlier one. Who has seen no term has told nobody.
    pub(super) fn is_bound_by_lease(&self, now: LocalTime) -> bool {
        self.options.reads.by == ReadBy::Lease
            && self.role != Role::Leader
            && self.term > Term::ZERO
            && now < self.leader_heard + self.options.election_timeout.0
    }
}

fn refuse_read(request: RequestId, hint: Option<NodeId>, out: &mut Effects) {
    out.push(Effect::Refuse { request, reason: Refusal::NotLeader { hint } });
}
