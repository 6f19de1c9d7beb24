//! The planted bugs: the hook of each, with what is right beside what is wrong.
//!
//! A hook is one call on the straight path. Without its bug it does what the paper says, and nothing else.

use super::message::{RequestVote, RequestVoteReply};
use super::node::Raft;
use super::reads::lease_within;
use crate::ids::{Index, NodeId, Term, WriteId};
use crate::replica::{Bug, Effects};
use crate::time::Duration;

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

    /// Whether a leader may change the members before it has committed an entry of its own term: never (thesis 4.1).
    /// [`Bug::ChangeBeforeOwnCommit`]: always.
    pub(super) fn changes_before_own_commit(&self) -> bool {
        self.has(Bug::ChangeBeforeOwnCommit)
    }

    /// Whether two voters are changed without a joint configuration between: never (thesis 4.1, figure 4.3).
    /// [`Bug::TwoNodesInOneStep`]: always.
    pub(super) fn skips_joint(&self) -> bool {
        self.has(Bug::TwoNodesInOneStep)
    }

    /// Whether the log may be cut although the snapshot has yet to become durable: never (7; thesis 5.1).
    /// [`Bug::TruncateBeforeSnapshotDurable`]: always.
    pub(super) fn cuts_before_durable(&self) -> bool {
        self.has(Bug::TruncateBeforeSnapshotDurable)
    }

    /// Whether a leader answers reads by its commit index although no entry of its own term may be committed yet: never
    /// (thesis 6.4). [`Bug::ReadWithoutOwnTermCommit`]: always.
    pub(super) fn reads_before_own_commit(&self) -> bool {
        self.has(Bug::ReadWithoutOwnTermCommit)
    }

    /// Whether a leader answers reads without asking whether it still leads: never (thesis 6.4).
    /// [`Bug::LocalRead`]: always.
    pub(super) fn reads_unconfirmed(&self) -> bool {
        self.has(Bug::LocalRead)
    }

    /// How long a lease is: such that on no clock within the bound the least election timeout has passed (thesis 6.4.1).
    /// [`Bug::LeaseIgnoresDrift`]: the least election timeout.
    pub(super) fn lease_length(&self) -> Duration {
        if self.has(Bug::LeaseIgnoresDrift) {
            self.options.election_timeout.0
        } else {
            lease_within(&self.options)
        }
    }

    /// Whether the own entry at some index is the one before the leader's entries: if there is one, and its term is the one
    /// that the leader names (5.3).
    /// [`Bug::PrevTermUnchecked`]: if there is one.
    #[inline]
    pub(super) fn is_entry_before(&self, own: Option<Term>, term: Term) -> bool {
        own == Some(term) || own.is_some() && self.has(Bug::PrevTermUnchecked)
    }

    /// What a log holds beyond the entries of a message stays, since nothing says that it conflicts (figure 2).
    /// [`Bug::TruncateAlways`]: it goes, as far as it is not known to be committed.
    #[inline]
    pub(super) fn keep_what_follows(&mut self, matched: Index, out: &mut Effects) {
        if self.has(Bug::TruncateAlways) {
            self.drop_after(matched, out);
        }
    }

    /// Up to where a follower may commit what its leader has committed: as far as the message has shown that the logs agree
    /// (figure 2).
    /// [`Bug::CommitBeyondMatched`]: to the end of its log.
    #[inline]
    pub(super) fn shown_to_agree(&self, matched: Index) -> Index {
        if self.has(Bug::CommitBeyondMatched) { self.log.last() } else { matched }
    }

    /// How much of its own log a leader counts: what is durable (thesis 10.2.1).
    /// [`Bug::OwnEntryCountedUnflushed`]: all of it, see [`Raft::count_when_durable`].
    #[inline]
    pub(super) fn own_entries_to_count(&self) -> Index {
        if self.has(Bug::OwnEntryCountedUnflushed) { self.log.last() } else { self.writes.durable() }
    }

    /// A new entry counts once the disk says that it is durable (thesis 10.2.1), and so not now.
    /// [`Bug::OwnEntryCountedUnflushed`]: it does.
    #[inline]
    pub(super) fn count_when_durable(&mut self, out: &mut Effects) {
        if self.has(Bug::OwnEntryCountedUnflushed) {
            self.count_own_entries(out);
        }
    }

    /// A leader's log only grows: what earlier terms have left there stays, committed or not (5.3).
    /// [`Bug::LeaderOverwrites`]: a command takes the place of what is not known to be committed.
    #[inline]
    pub(super) fn keep_own_entries(&mut self, out: &mut Effects) {
        if self.has(Bug::LeaderOverwrites)
            && self.log.term_at(self.commit.next()).is_some_and(|it| it < self.term)
        {
            self.drop_after(self.commit, out);
            self.forget_progress();
        }
    }

    /// Whether a refused vote starts the timer afresh: never, or a server that can't win could keep all others from
    /// campaigning (5.2).
    /// [`Bug::TimerResetOnRefusal`]: always.
    #[inline]
    pub(super) fn refusal_restarts_timer(&self) -> bool {
        self.has(Bug::TimerResetOnRefusal)
    }

    /// Whether the election timeout stays as it was drawn first: never, or a vote once split would be split again (5.2).
    /// [`Bug::TimeoutDrawnOnce`]: always.
    pub(super) fn keeps_first_timeout(&self) -> bool {
        self.has(Bug::TimeoutDrawnOnce) && self.timeout > Duration::ZERO
    }

    /// Drops the entries after this one, but none that is known to be committed.
    #[cold]
    fn drop_after(&mut self, index: Index, out: &mut Effects) {
        let from = index.max(self.commit).next();
        if from <= self.log.last() {
            self.log.truncate_from(from);
            self.writes.truncate_from(from, out);
        }
    }
}
