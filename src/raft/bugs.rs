//! The planted bugs: the hook of each, with what is right beside what is wrong.
//!
//! A hook is one call on the straight path. Without its bug it does what the paper says, and nothing else.

use super::message::{RequestVote, RequestVoteReply};
use super::node::Raft;
use crate::ids::{Index, NodeId, WriteId};
use crate::replica::Bug;

impl Raft {
    #[inline]
    fn has(&self, bug: Bug) -> bool {
        self.options.bug == Some(bug)
    }

    /// The vote that goes to the disk with its term: the one that was given (figure 2, persistent state).
    /// [`Bug::VoteNotPersisted`]: none.
    pub(super) fn persisted_vote(&self) -> Option<NodeId> {
        if self.has(Bug::VoteNotPersisted) { None } else { self.vote }
    }

    /// A server begins to follow the leader of its term: its vote in that term stays given (5.2).
    /// [`Bug::VoteNotTiedToTerm`]: it is forgotten with the old role.
    #[inline]
    pub(super) fn keep_vote_while_following(&mut self) {
        if self.has(Bug::VoteNotTiedToTerm) {
            self.vote = None;
        }
    }

    /// A candidate votes for itself (5.2), and so for nobody else in its term.
    /// [`Bug::OwnVoteNotRecorded`]: it counts that vote, but its own to give is still there.
    pub(super) fn vote_for_self(&mut self) {
        if !self.has(Bug::OwnVoteNotRecorded) {
            self.vote_for(self.id);
        }
    }

    /// Whether a reply counts as a vote: if it grants one in the term of this election (5.2).
    /// [`Bug::StaleVoteCounted`]: whatever its term.
    pub(super) fn counts_as_vote(&self, reply: &RequestVoteReply) -> bool {
        reply.granted && (reply.term == self.term || self.has(Bug::StaleVoteCounted))
    }

    /// Whether a candidate's log is at least as up to date as the own one: the term of the last entry decides, and only
    /// if these are the same the length (5.4.1).
    /// [`Bug::LongerLogWins`]: the length alone.
    pub(super) fn is_up_to_date(&self, request: &RequestVote) -> bool {
        if self.has(Bug::LongerLogWins) {
            return request.last_index >= self.log.last();
        }
        (request.last_term, request.last_index) >= (self.log.last_term(), self.log.last())
    }

    /// Whether a leader may commit by counting replicas although the entry is of an earlier term: never (5.4.2, figure
    /// 8). [`Bug::CommitOldTermByCount`]: always.
    #[inline]
    pub(super) fn commits_old_terms(&self) -> bool {
        self.has(Bug::CommitOldTermByCount)
    }

    /// Whether a leader that is refused goes back, until it finds where the logs agree: always (5.3).
    /// [`Bug::NextIndexStuck`]: never.
    pub(super) fn goes_back(&self) -> bool {
        !self.has(Bug::NextIndexStuck)
    }

    /// The write that a reply has to wait for: the last one that it speaks of (figure 2: "before responding").
    /// [`Bug::AckBeforeFlush`]: none.
    #[inline]
    pub(super) fn reply_after(&self, needed: WriteId) -> Option<WriteId> {
        if self.has(Bug::AckBeforeFlush) { None } else { self.writes.pending(needed) }
    }

    /// Whether a snapshot brings something new: if it stands for entries beyond those known to be committed. An older one
    /// comes late, and would take the state machine back (7).
    /// [`Bug::OldSnapshotAccepted`]: whatever it stands for.
    pub(super) fn is_newer_snapshot(&self, last: Index) -> bool {
        last > self.commit || self.has(Bug::OldSnapshotAccepted)
    }

    /// Whether the log may be cut although the snapshot has yet to become durable: never (7; thesis 5.1).
    /// [`Bug::TruncateBeforeSnapshotDurable`]: always.
    pub(super) fn cuts_before_durable(&self) -> bool {
        self.has(Bug::TruncateBeforeSnapshotDurable)
    }
}
