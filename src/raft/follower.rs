//! The follower: answers, and keeps its log like the leader's.

use super::message::{AppendEntries, AppendEntriesReply, Message, Outcome};
use super::node::Raft;
use crate::ids::{Index, NodeId, Term, WriteId};
use crate::replica::{Effects, Entries, Role};
use crate::time::LocalTime;

impl Raft {
    /// Takes a message as a follower. Its term is at most the own one.
    #[inline]
    pub(super) fn step_follower(
        &mut self,
        now: LocalTime,
        from: NodeId,
        message: Message<'_>,
        out: &mut Effects,
    ) {
        match message {
            // A vote is granted once in a term, to a candidate whose log is as up to date as the own one (5.2, 5.4.1).
            Message::RequestVote(request) => self.answer_vote_request(now, from, request, out),
            // Yes, if it would vote so, and hears of no leader (thesis 9.6).
            Message::PreVote(request) => self.answer_pre_vote(now, from, &request, out),
            // A deposed leader has to hear of the new term, or it would go on (5.1).
            Message::AppendEntries(request) if request.term < self.term => {
                self.refuse_entries(from, &request, out);
            }
            // The leader of the term speaks: its log is the one to have (5.3).
            Message::AppendEntries(request) => self.accept_entries(now, from, &request, out),
            // Its leader wants it to lead: it campaigns at once, and past pre-vote (thesis 3.10).
            Message::TimeoutNow(request) => {
                if request.term == self.term && self.leader == Some(from) && self.memberships.campaigns {
                    self.campaign(now, true, out);
                }
            }
            Message::InstallSnapshot(request) if request.term < self.term => {
                self.refuse_chunk(from, &request, out);
            }
            // The leader has cut off what this server lacks: its snapshot stands for that (7).
            Message::InstallSnapshot(request) => self.accept_chunk(now, from, &request, out),
            // Its leader asks whether it still follows, or says how far it has to be to answer reads (thesis 6.4).
            Message::Contact(_)
            | Message::ContactReply(_)
            | Message::ReadIndex(_)
            | Message::ReadIndexReply(_) => self.receive_for_reads(now, from, message, out),
            // Replies to what this server asked in an earlier role have no meaning now.
            Message::RequestVoteReply(_)
            | Message::AppendEntriesReply(_)
            | Message::PreVoteReply(_)
            | Message::InstallSnapshotReply(_) => {}
        }
    }

    /// Follows the leader of the current term and takes its entries (5.3).
    #[inline]
    pub(super) fn accept_entries(
        &mut self,
        now: LocalTime,
        from: NodeId,
        request: &AppendEntries<'_>,
        out: &mut Effects,
    ) {
        assert_eq!(request.term, self.term, "only the leader of the term is followed");
        self.follow(now, from, out);
        if !self.agrees_at(request.prev_index, request.prev_term) {
            self.keep_early(request);
            return self.refuse_entries(from, request, out);
        }
        let Some(matched) = self.take_entries(request, out) else { return };
        let (matched, commit) = self.take_early((matched, request.commit), out);
        // The leader may have committed more than this message has shown to agree, so no further than that (5.3).
        self.commit_to(commit.min(self.shown_to_agree(matched)).max(self.commit), out);
        let reply = AppendEntriesReply { term: self.term, outcome: Outcome::Accepted { matched } };
        self.reply(from, Message::AppendEntriesReply(reply), self.writes.of_entry(matched), out);
    }

    /// Follows the leader of the current term.
    #[inline]
    pub(super) fn follow(&mut self, now: LocalTime, leader: NodeId, out: &mut Effects) {
        self.role = Role::Follower;
        self.keep_vote_while_following();
        self.leader = Some(leader);
        self.leader_heard = now;
        self.restart_timer(now);
        self.save_hard_state(out);
    }

    /// Whether the own log has an entry of this index and term. What was cut off is committed, so the leader of the term
    /// has it, too.
    #[inline]
    pub(super) fn agrees_at(&self, index: Index, term: Term) -> bool {
        self.is_entry_before(self.log.term_at(index), term) || index < self.log.base()
    }

    /// Says no: the sender's term is over, or its entries don't fit on the own log. The hint is the last index at
    /// which the logs may agree: entries of a term above the leader's at `prev` are none of the leader's.
    pub(super) fn refuse_entries(&mut self, to: NodeId, request: &AppendEntries<'_>, out: &mut Effects) {
        let AppendEntries { prev_index, prev_term, .. } = *request;
        let (hint_index, hint_term) = self.log.last_of_term_at_most(prev_index, prev_term);
        let outcome = Outcome::Refused { prev_index, hint_index, hint_term };
        let reply = AppendEntriesReply { term: self.term, outcome };
        self.reply(to, Message::AppendEntriesReply(reply), WriteId::ZERO, out);
    }

    /// Puts the entries after `prev_index`, which agrees, into the log, and returns the last index that is now known
    /// to agree. Entries it has stay as they are; the first that conflicts goes, with all after it (5.3). `None` if
    /// that would undo what is committed: no leader asks for it.
    #[inline(always)]
    pub(super) fn take_entries(&mut self, request: &AppendEntries<'_>, out: &mut Effects) -> Option<Index> {
        let mut index = request.prev_index;
        let matched = Index(index.0 + u64::from(request.count));
        let mut known = 0;
        for entry in Entries::new(request.entries) {
            match self.log.term_at(index.next()) {
                Some(term) if term == entry.term => {}
                // It is cut off, and so committed.
                None if index < self.log.base() => {}
                Some(_) if index < self.commit => return None,
                Some(_) => {
                    self.log.truncate_from(index.next());
                    self.writes.truncate_from(index.next(), out);
                    self.roll_back_membership(index.next(), out);
                    break;
                }
                None => break,
            }
            known += entry.wire_len();
            index = index.next();
        }
        self.keep_what_follows(matched, out);
        let news = &request.entries[known..];
        if !news.is_empty() {
            assert_eq!(self.log.last(), index, "news follow the end of the log");
            let names_members = self.log.extend(news);
            let entries = out.bytes(news);
            self.writes.append(index.next(), matched, entries, out);
            if names_members {
                self.adopt_from(index.next(), out);
            }
        }
        Some(matched)
    }
}
