//! Leadership transfer: a leader makes another server its successor (thesis 3.10).

use super::message::{Message, TimeoutNow};
use super::node::Raft;
use super::progress::Peers;
use crate::ids::NodeId;
use crate::replica::{Effect, Effects, NoTransfer, Role, TransferStep};
use crate::time::LocalTime;

/// A transfer under way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Transfer {
    /// The place of the server that is to lead.
    target: usize,
    /// When the leader gives it up.
    due: LocalTime,
    /// Whether the target was asked to campaign.
    asked: bool,
}

impl Transfer {
    /// When the leader gives it up.
    pub(super) fn due(&self) -> LocalTime {
        self.due
    }
}

impl Raft {
    /// An operator wants another server to lead. From now on the leader takes no commands, so that the target can catch
    /// up; if it still leads after the least election timeout it gives up, and takes them again.
    pub(super) fn begin_transfer(&mut self, now: LocalTime, to: NodeId, out: &mut Effects) {
        let target = match self.successor(to) {
            Ok(target) => target,
            Err(why) => return out.push(Effect::Transfer { to, step: TransferStep::Refused(why) }),
        };
        let due = now + self.options.election_timeout.0;
        self.transfer = Some(Transfer { target, due, asked: false });
        out.push(Effect::Transfer { to, step: TransferStep::Begun });
        self.ask_target_if_ready(out);
    }

    /// The place of the server that this one can hand over to.
    fn successor(&self, to: NodeId) -> Result<usize, NoTransfer> {
        if self.role != Role::Leader {
            return Err(NoTransfer::NotLeader);
        }
        if self.transfer.is_some() {
            return Err(NoTransfer::HandingOver);
        }
        if to == self.id {
            return Err(NoTransfer::Leads);
        }
        self.peers.place(to).filter(|_| self.members().voters_hold(to)).ok_or(NoTransfer::NoVoter)
    }

    /// Once the target has all entries it is asked to campaign without waiting for its timer: it is likely to win before
    /// any other server's ends.
    pub(super) fn ask_target_if_ready(&mut self, out: &mut Effects) {
        let Some(transfer) = &mut self.transfer else { return };
        if transfer.asked || self.progress[transfer.target].matched() < self.log.last() {
            return;
        }
        transfer.asked = true;
        self.reads.hand_over();
        let to = self.peers.ids()[transfer.target];
        let message = Message::TimeoutNow(TimeoutNow { term: self.term });
        let payload = out.write(|buffer| message.encode(buffer));
        out.push(Effect::Transfer { to, step: TransferStep::Asked });
        out.push(Effect::Send { to, kind: message.kind(), payload, after: self.term_after() });
    }

    /// Other members are in force: the target has another place, or none any more.
    pub(super) fn redirect_transfer(&mut self, before: &Peers, out: &mut Effects) {
        let Some(transfer) = &mut self.transfer else { return };
        let to = before.ids()[transfer.target];
        match self.peers.place(to) {
            Some(place) => transfer.target = place,
            None => {
                self.transfer = None;
                out.push(Effect::Transfer { to, step: TransferStep::Aborted });
            }
        }
    }

    /// The target did not make it in time: the leader goes on leading.
    pub(super) fn abort_late_transfer(&mut self, now: LocalTime, out: &mut Effects) {
        if let Some(Transfer { target, .. }) = self.transfer.take_if(|transfer| now >= transfer.due) {
            out.push(Effect::Transfer { to: self.peers.ids()[target], step: TransferStep::Aborted });
        }
    }
}
