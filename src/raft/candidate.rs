//! The candidate: asks for votes.

use super::message::{Message, RequestVote};
use super::node::Raft;
use crate::ids::{NodeId, Term, WriteId};
use crate::replica::{Effect, Effects, Role};
use crate::time::LocalTime;

impl Raft {
    /// Nobody leads, as far as this server knows, or its leader wants to be succeeded (3.10): it stands for election in
    /// the next term (5.2). After a split vote that is the same again, with a new timeout.
    pub(super) fn campaign(&mut self, now: LocalTime, is_transfer: bool, out: &mut Effects) {
        let Some(term) = self.term.0.checked_add(1) else {
            // Only hostile bytes bring a server to the last of all terms. Nobody can be elected any more.
            return self.restart_timer(now);
        };
        self.enter_term(now, Term(term));
        self.restart_timer(now);
        self.role = Role::Candidate;
        self.vote_for_self();
        self.votes.reset();
        self.save_hard_state(out);
        self.request_votes(is_transfer, out);
    }

    /// Asks all others at once. The requests show the new term, so they wait until it is durable, like the own vote; unless it is
    /// eager: who asks promises nothing by it. But the entries that it claims to have must be durable in any case: votes that
    /// are given for them may reach it after a crash, when it stands in the same term again.
    fn request_votes(&mut self, is_transfer: bool, out: &mut Effects) {
        let request = RequestVote {
            term: self.term,
            last_index: self.log.last(),
            last_term: self.log.last_term(),
            priority: self.priority,
            is_transfer,
        };
        let hard_state = self.writes.of_hard_state();
        let needed =
            if self.options.eager_votes { self.writes.of_entry(self.log.last()) } else { hard_state };
        self.send_to_all_after(needed, Message::RequestVote(request), out);
    }

    /// Sends the same to all others that have a say. It shows this server's term, so it waits until that is durable.
    pub(super) fn send_to_all(&self, message: Message<'_>, out: &mut Effects) {
        self.send_to_all_after(self.writes.of_hard_state(), message, out);
    }

    /// Sends the same to all others that have a say, once this write is durable.
    fn send_to_all_after(&self, needed: WriteId, message: Message<'_>, out: &mut Effects) {
        let after = self.writes.pending(needed);
        let payload = out.write(|buffer| message.encode(buffer));
        let members = self.members();
        for &to in self.peers.ids().iter().filter(|peer| members.votes(**peer)) {
            out.push(Effect::Send { to, kind: message.kind(), payload, after });
        }
    }

    /// Takes a message as a candidate. Its term is at most the own one.
    pub(super) fn step_candidate(
        &mut self,
        now: LocalTime,
        from: NodeId,
        message: Message<'_>,
        out: &mut Effects,
    ) {
        match message {
            // This server's vote in this term is its own (5.2), so the answer is no, with the term for one behind.
            Message::RequestVote(request) => self.answer_vote_request(now, from, request, out),
            // Its own candidacy does not keep it from thinking another's worth while, in a later term (thesis 9.6).
            Message::PreVote(request) => self.answer_pre_vote(now, from, &request, out),
            // A majority of votes makes a leader (5.2); each voter counts once, and only for this term's election.
            Message::RequestVoteReply(reply) => {
                if self.counts_as_vote(&reply) {
                    self.votes.grant(from);
                    self.lead_if_won(now, out);
                }
            }
            // A leader of an earlier term is no leader: it is told, and the candidate stays one (5.2).
            Message::AppendEntries(request) if request.term < self.term => {
                self.refuse_entries(from, &request, out);
            }
            // Another server has won this term's election: the candidate recognises it and follows (5.2).
            Message::AppendEntries(request) => self.accept_entries(now, from, &request, out),
            Message::InstallSnapshot(request) if request.term < self.term => {
                self.refuse_chunk(from, &request, out);
            }
            // The same, from a leader that has cut off what this server lacks (7).
            Message::InstallSnapshot(request) => self.accept_chunk(now, from, &request, out),
            // A leader of the term asks whether it is followed: from now on it is (thesis 6.4).
            Message::Contact(_)
            | Message::ContactReply(_)
            | Message::ReadIndex(_)
            | Message::ReadIndexReply(_) => self.receive_for_reads(now, from, message, out),
            // A candidate has sent no entries in this term, so this answers an earlier term's.
            Message::AppendEntriesReply(_) | Message::InstallSnapshotReply(_) => {}
            // It is a candidate by now: whether it would be one is settled, and that it should be.
            Message::PreVoteReply(_) | Message::TimeoutNow(_) => {}
        }
    }

    /// The own vote counts like any other: once it is durable.
    pub(super) fn count_own_vote(&mut self, now: LocalTime, out: &mut Effects) {
        if self.writes.pending(self.writes.of_hard_state()).is_none() {
            self.votes.grant(self.id);
            self.lead_if_won(now, out);
        }
    }

    fn lead_if_won(&mut self, now: LocalTime, out: &mut Effects) {
        if self.votes.won(&self.members()) {
            self.become_leader(now, out);
        }
    }
}
