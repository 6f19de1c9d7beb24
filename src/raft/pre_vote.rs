//! Pre-vote: a server becomes a candidate only if it would be elected (thesis 9.6), so that one that was cut off does
//! not come back with a term that deposes a leader.

use super::message::{Message, PreVote, PreVoteReply, RequestVote};
use super::node::Raft;
use crate::ids::{NodeId, Term, WriteId};
use crate::replica::{Effect, Effects, Role, VoteRefusal};
use crate::time::LocalTime;

impl Raft {
    /// Nobody leads, as far as this server knows: it asks all others whether they would vote for it in the next term.
    /// It enters no term and gives no vote. If no majority would, it asks again after a new timeout.
    pub(super) fn ask_for_candidacy(&mut self, now: LocalTime, out: &mut Effects) {
        self.draw_timeout();
        self.restart_timer(now);
        let Some(candidacy) = self.term.0.checked_add(1) else { return };
        self.role = Role::PreCandidate;
        self.leader = None;
        self.votes.reset();
        self.votes.grant(self.id);
        if self.votes.won(&self.members()) {
            return self.campaign(now, false, out);
        }
        self.send_to_all(
            Message::PreVote(PreVote {
                term: Term(candidacy),
                last_index: self.log.last(),
                last_term: self.log.last_term(),
                priority: self.priority,
            }),
            out,
        );
    }

    /// Says whether this server would vote for the sender in the term it asks about: it has not come so far, the
    /// sender's log is as up to date as its own (5.4.1), and no leader is current. It promises nothing by that, and its
    /// timer goes on.
    pub(super) fn answer_pre_vote(
        &mut self,
        now: LocalTime,
        from: NodeId,
        request: &PreVote,
        out: &mut Effects,
    ) {
        let PreVote { term, last_index, last_term, priority } = *request;
        let vote = RequestVote { term, last_index, last_term, priority, is_transfer: false };
        let refusal = if term <= self.term {
            Some(VoteRefusal::TermPast)
        } else {
            self.prefers_own_log(&vote).or_else(|| self.is_content(now))
        };
        let granted = refusal.is_none();
        if let Some(why) = refusal {
            out.push(Effect::VoteRefused { candidate: from, pre_vote: true, why });
            if self.refusal_restarts_timer() {
                self.restart_timer(now);
            }
        }
        let reply = PreVoteReply { term: self.term, granted, candidacy: term };
        self.reply(from, Message::PreVoteReply(reply), WriteId::ZERO, out);
    }

    /// Takes a message as a pre-candidate. Its term is at most the own one.
    pub(super) fn step_pre_candidate(
        &mut self,
        now: LocalTime,
        from: NodeId,
        message: Message<'_>,
        out: &mut Effects,
    ) {
        match message {
            // A majority would vote for this server in the next term: it becomes a candidate.
            Message::PreVoteReply(reply) => {
                if reply.granted && reply.candidacy.0 == self.term.0 + 1 {
                    self.votes.grant(from);
                    if self.votes.won(&self.members()) {
                        self.campaign(now, false, out);
                    }
                }
            }
            // In everything else it is the follower that it was, without a leader.
            Message::RequestVote(request) => self.answer_vote_request(now, from, request, out),
            // Others may ask as well: each says what it would do (thesis 9.6).
            Message::PreVote(request) => self.answer_pre_vote(now, from, &request, out),
            Message::AppendEntries(request) if request.term < self.term => {
                self.refuse_entries(from, &request, out);
            }
            Message::AppendEntries(request) => self.accept_entries(now, from, &request, out),
            Message::InstallSnapshot(request) if request.term < self.term => {
                self.refuse_chunk(from, &request, out);
            }
            Message::InstallSnapshot(request) => self.accept_chunk(now, from, &request, out),
            // So it is for a leader that asks whether it is followed (thesis 6.4).
            Message::Contact(_)
            | Message::ContactReply(_)
            | Message::ReadIndex(_)
            | Message::ReadIndexReply(_) => self.receive_for_reads(now, from, message, out),
            Message::RequestVoteReply(_)
            | Message::AppendEntriesReply(_)
            | Message::InstallSnapshotReply(_)
            | Message::TimeoutNow(_) => {}
        }
    }
}
