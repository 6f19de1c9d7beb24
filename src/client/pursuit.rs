//! What a client is after, and how far it has got with it.

use crate::ids::{CallId, CommandId, NodeId, OperationId, RecordId};
use crate::rpc::store::Reply;
use crate::time::Duration;
use crate::trace::Operation;

/// Something that a client asks for until it is answered or given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Errand {
    /// An operation.
    Operation(OperationId),
    /// A session: its n-th attempt to open one.
    Registration(u32),
}

/// An operation that has not ended.
pub(super) struct Open {
    pub(super) operation: OperationId,
    pub(super) request: Operation,
    /// What its session knows it as; none without sessions, and while it waits for one.
    pub(super) command: Option<CommandId>,
    pub(super) pursuit: Pursuit,
}

/// How far it has got.
///
/// - While there is no call under way, a wait is.
#[derive(Debug, Default)]
pub(super) struct Pursuit {
    /// The call under way, to whom, and the record of its sending.
    pub(super) call: Option<(CallId, NodeId, RecordId)>,
    /// Whom to ask first, if not the leader.
    pub(super) first: Option<NodeId>,
    /// Earlier calls that had no answer when the next node was asked, and may still get one.
    pub(super) earlier: Vec<CallId>,
    /// Whether it may have taken effect, or still may, whatever nodes that refuse it say: some call was never answered.
    pub(super) in_doubt: bool,
    /// Refusals in a row, each followed by a wait.
    pub(super) refusals: u32,
    /// How long the last of these waits is.
    pub(super) waited: Duration,
    /// How often it was asked for again, hints at the leader that were followed not counted.
    pub(super) retries: u32,
    /// The record that began the current wait.
    pub(super) waits_since: Option<RecordId>,
    /// Whether the last call followed a hint: the next hint has to wait, lest two nodes that take each other for the
    /// leader keep a client busy for ever.
    pub(super) followed_hint: bool,
}

impl Pursuit {
    /// All calls that may still be answered.
    pub(super) fn calls(&self) -> impl Iterator<Item = CallId> + '_ {
        self.earlier.iter().copied().chain(self.call.map(|(call, ..)| call))
    }
}

impl Errand {
    /// Whether a reply makes sense as an answer to it.
    pub(super) fn is_answered_by(self, reply: &Reply) -> bool {
        match reply {
            Reply::NotLeader { .. } | Reply::Unknown | Reply::Busy => true,
            Reply::Registered(_) => matches!(self, Self::Registration(_)),
            Reply::Applied(_) | Reply::NoSession => matches!(self, Self::Operation(_)),
        }
    }
}
