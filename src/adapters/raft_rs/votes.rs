//! Why a server does not vote for a candidate: the crate says only that it does not, and sometimes not even that.

use super::store::Store;
use crate::ids::NodeId;
use crate::replica::{Effect, Effects, VoteRefusal};
use raft::RawNode;
use raft::eraftpb::{Message, MessageType};

/// Notes a vote, or the promise of one, that will be refused when the server takes this message.
pub(super) fn note(node: &RawNode<Store>, message: &Message, out: &mut Effects) {
    let pre_vote = match message.get_msg_type() {
        MessageType::MsgRequestVote => false,
        MessageType::MsgRequestPreVote => true,
        _ => return,
    };
    if let Some(why) = refusal(node, message, pre_vote) {
        out.push(Effect::VoteRefused { candidate: NodeId(message.from as u32), pre_vote, why });
    }
}

fn refusal(node: &RawNode<Store>, message: &Message, pre_vote: bool) -> Option<VoteRefusal> {
    let raft = &node.raft;
    if message.term < raft.term {
        return Some(VoteRefusal::TermPast);
    }
    let is_ahead = message.term > raft.term;
    let is_current =
        raft.check_quorum && raft.leader_id != 0 && raft.election_elapsed < raft.election_timeout();
    if is_ahead && is_current && message.context != raft::CAMPAIGN_TRANSFER {
        return Some(VoteRefusal::LeaderCurrent);
    }
    if !is_ahead && raft.vote != message.from {
        if raft.vote != 0 {
            return Some(if pre_vote { VoteRefusal::TermPast } else { VoteRefusal::Voted });
        }
        if raft.leader_id != 0 {
            return Some(VoteRefusal::LeaderCurrent);
        }
    }
    let last = raft.raft_log.last_index();
    let last_term = raft.raft_log.last_term();
    if (message.log_term, message.index) < (last_term, last) {
        return Some(VoteRefusal::LogBehind);
    }
    (message.index <= last && raft.priority > message.priority).then_some(VoteRefusal::Outranked)
}
