//! Who has heard from whom: what a current leader is to its followers (thesis 4.2.3), and a quorum to its leader (6.2).

use super::message::RequestVote;
use super::node::Raft;
use super::quorum;
use crate::ids::NodeSet;
use crate::replica::{Role, VoteRefusal};
use crate::time::{Duration, LocalTime};

/// When a leader last heard from a majority.
#[derive(Debug, Default)]
pub(super) struct QuorumContact {
    /// When it was elected, by a majority of which no peer has been heard before.
    elected: LocalTime,
    /// The earliest time at which it can have lost its quorum, by what was known when that was last looked at.
    due: LocalTime,
    /// Room for the times at which peers were heard.
    heard: Vec<LocalTime>,
}

impl QuorumContact {
    /// A majority has just voted for this server.
    pub(super) fn elected(&mut self, now: LocalTime, timeout: Duration) {
        (self.elected, self.due) = (now, now + timeout);
    }

    /// When it was elected.
    pub(super) fn since(&self) -> LocalTime {
        self.elected
    }

    /// When to look whether the quorum is lost.
    #[inline]
    pub(super) fn due(&self) -> LocalTime {
        self.due
    }
}

impl Raft {
    /// Whether a leader is current: this server leads, or has heard from its leader within the least election timeout.
    pub(super) fn has_current_leader(&self, now: LocalTime) -> bool {
        match self.role {
            Role::Leader => true,
            Role::PreCandidate | Role::Candidate => false,
            Role::Follower => {
                self.leader.is_some() && now < self.leader_heard + self.options.election_timeout.0
            }
        }
    }

    /// Whether a request for a vote is not even looked at, because a leader is current: a server that was removed, or cut
    /// off for a while, can't depose it (thesis 4.2.3). One that the leader itself asked to campaign can (3.10).
    pub(super) fn ignores_vote_request(&self, now: LocalTime, request: &RequestVote) -> Option<VoteRefusal> {
        if self.options.sticky && !request.is_transfer { self.is_content(now) } else { None }
    }

    /// Why this server wants no new leader now, if it doesn't.
    pub(super) fn is_content(&self, now: LocalTime) -> Option<VoteRefusal> {
        if self.has_current_leader(now) {
            Some(VoteRefusal::LeaderCurrent)
        } else {
            self.is_bound_by_lease(now).then_some(VoteRefusal::Lease)
        }
    }

    /// Whether this leader has heard from no majority, itself among it, for the least election timeout. A follower may
    /// have waited that long as well, so another leader may be elected by now (thesis 6.2).
    ///
    /// It is looked at with each heartbeat, so that a leader that is answered is never woken for this alone, and at the
    /// very time at which it is due.
    pub(super) fn has_lost_quorum(&mut self, now: LocalTime) -> bool {
        let members = self.members();
        let mut contact = self.heard_from_majority(members.voters, now);
        if members.is_joint() {
            contact = contact.min(self.heard_from_majority(members.outgoing, now));
        }
        self.contact.due = contact + self.options.election_timeout.0;
        now >= self.contact.due
    }

    /// Since when it has not heard from a majority of these voters. It hears itself now, if it is one of them.
    fn heard_from_majority(&mut self, voters: NodeSet, now: LocalTime) -> LocalTime {
        let QuorumContact { elected, heard, .. } = &mut self.contact;
        let peers = self.peers.ids().iter().zip(&self.progress).filter(|(id, _)| voters.contains(**id));
        heard.clear();
        heard.extend(peers.map(|(_, progress)| progress.last_heard().unwrap_or(*elected)));
        if voters.contains(self.id) {
            heard.push(now);
        }
        quorum::reached_by_majority(heard).unwrap_or(now)
    }

    /// The leader gives up leading, and waits for another or for its own timeout, in the same term (thesis 6.2).
    pub(super) fn step_down(&mut self, now: LocalTime) {
        assert_eq!(self.role, Role::Leader, "only a leader steps down");
        self.role = Role::Follower;
        self.leader = None;
        self.transfer = None;
        self.memberships.due = true;
        self.restart_timer(now);
    }
}
