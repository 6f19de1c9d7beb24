//! Why transfers of leadership and changes of the members did not come about: how often for each reason.

use crate::replica::{Abort, NoChange, NoTransfer};
use serde::Serialize;

/// Transfers of leadership that were not begun, by reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct NoTransfers {
    /// The node did not lead.
    pub not_leader: u64,
    /// The node did not run.
    pub down: u64,
    /// It handed over already.
    pub handing_over: u64,
    /// The node that was to lead did so already.
    pub leads: u64,
    /// The node that was to lead was no voter.
    pub no_voter: u64,
}

/// Changes of the members that were not begun, by reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct NoChanges {
    /// The node did not lead.
    pub not_leader: u64,
    /// The node did not run.
    pub down: u64,
    /// Another change was open.
    pub another_open: u64,
    /// The leader had committed no entry of its term.
    pub no_own_commit: u64,
    /// The leader handed over.
    pub handing_over: u64,
    /// There is no such node.
    pub unknown: u64,
    /// The node that was to come was a member already.
    pub is_member: u64,
    /// The node was no member.
    pub no_member: u64,
    /// The node that was to vote was no learner, but a voter.
    pub no_learner: u64,
    /// The node that was to go was no voter.
    pub no_voter: u64,
    /// No voter would have been left.
    pub nobody_left: u64,
    /// The voters that would have been left, and answered, made no quorum.
    pub no_quorum: u64,
}

/// Changes of the members that were given up, by reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Aborts {
    /// The new node did not catch up.
    pub too_slow: u64,
    /// The new node did not answer.
    pub silent: u64,
    /// The leader led no more. The change may have come about all the same.
    pub deposed: u64,
    /// The members were others by then.
    pub overtaken: u64,
}

impl NoTransfers {
    pub(super) fn count(&mut self, why: NoTransfer) {
        *match why {
            NoTransfer::NotLeader => &mut self.not_leader,
            NoTransfer::Down => &mut self.down,
            NoTransfer::HandingOver => &mut self.handing_over,
            NoTransfer::Leads => &mut self.leads,
            NoTransfer::NoVoter => &mut self.no_voter,
        } += 1;
    }

    /// Each reason with its count.
    pub fn by_reason(&self) -> [(NoTransfer, u64); 5] {
        [
            (NoTransfer::NotLeader, self.not_leader),
            (NoTransfer::Down, self.down),
            (NoTransfer::HandingOver, self.handing_over),
            (NoTransfer::Leads, self.leads),
            (NoTransfer::NoVoter, self.no_voter),
        ]
    }
}

impl NoChanges {
    pub(super) fn count(&mut self, why: NoChange) {
        *match why {
            NoChange::NotLeader => &mut self.not_leader,
            NoChange::Down => &mut self.down,
            NoChange::AnotherOpen => &mut self.another_open,
            NoChange::NoOwnCommit => &mut self.no_own_commit,
            NoChange::HandingOver => &mut self.handing_over,
            NoChange::Unknown => &mut self.unknown,
            NoChange::IsMember => &mut self.is_member,
            NoChange::NoMember => &mut self.no_member,
            NoChange::NoLearner => &mut self.no_learner,
            NoChange::NoVoter => &mut self.no_voter,
            NoChange::NobodyLeft => &mut self.nobody_left,
            NoChange::NoQuorum => &mut self.no_quorum,
        } += 1;
    }

    /// Each reason with its count.
    pub fn by_reason(&self) -> [(NoChange, u64); 12] {
        [
            (NoChange::NotLeader, self.not_leader),
            (NoChange::Down, self.down),
            (NoChange::AnotherOpen, self.another_open),
            (NoChange::NoOwnCommit, self.no_own_commit),
            (NoChange::HandingOver, self.handing_over),
            (NoChange::Unknown, self.unknown),
            (NoChange::IsMember, self.is_member),
            (NoChange::NoMember, self.no_member),
            (NoChange::NoLearner, self.no_learner),
            (NoChange::NoVoter, self.no_voter),
            (NoChange::NobodyLeft, self.nobody_left),
            (NoChange::NoQuorum, self.no_quorum),
        ]
    }
}

impl Aborts {
    pub(super) fn count(&mut self, why: Abort) {
        *match why {
            Abort::TooSlow => &mut self.too_slow,
            Abort::Silent => &mut self.silent,
            Abort::Deposed => &mut self.deposed,
            Abort::Overtaken => &mut self.overtaken,
        } += 1;
    }

    /// Each reason with its count.
    pub fn by_reason(&self) -> [(Abort, u64); 4] {
        [
            (Abort::TooSlow, self.too_slow),
            (Abort::Silent, self.silent),
            (Abort::Deposed, self.deposed),
            (Abort::Overtaken, self.overtaken),
        ]
    }
}
