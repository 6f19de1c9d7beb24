//! Priorities: which server is preferred as leader, as in raft-rs.

use super::message::RequestVote;
use super::node::Raft;

impl Raft {
    /// Whether this server would be the better leader than a candidate whose log is up to date for it: its priority is
    /// higher, and its log as good. Where the candidate's log is the better one priorities don't count: else a server
    /// that can't win itself could keep everyone else from winning. (raft-rs looks at the lengths of the logs only.)
    ///
    /// A leader may choose its successor against all priorities (3.10).
    pub(super) fn outranks(&self, request: &RequestVote) -> bool {
        let as_good = (request.last_term, request.last_index) == (self.log.last_term(), self.log.last());
        self.priority > request.priority && as_good && !request.is_transfer
    }
}
