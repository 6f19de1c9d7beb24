//! Reads that need no entry: the crate's read index, and what it leaves open.
//!
//! What is asked of the crate may never be answered: a frame is lost, a leader is deposed. Such a read has no effect, so it is
//! refused once term, role or leader change, or after a while.

use super::store::Store;
use crate::ids::{Index, NodeId, RequestId};
use crate::replica::{Effect, Effects, ReadBy, ReadRight, Refusal};
use crate::time::{Duration, LocalTime};
use raft::{RawNode, ReadState, StateRole};
use std::collections::VecDeque;

/// The reads that wait for the crate.
#[derive(Debug)]
pub(super) struct Reads {
    by: ReadBy,
    /// Who asks, and in which life: the crate tells reads apart by what they say of themselves, those of all servers together.
    asker: [u8; 12],
    /// After how long a read is given up.
    patience: Duration,
    pending: VecDeque<(RequestId, LocalTime, ReadRight)>,
    rounds: u64,
}

impl Reads {
    pub(super) fn new(by: ReadBy, id: NodeId, life: u64, patience: Duration) -> Self {
        let mut asker = [0; 12];
        asker[..4].copy_from_slice(&id.0.to_le_bytes());
        asker[4..].copy_from_slice(&life.to_le_bytes());
        Self { by, asker, patience, pending: VecDeque::new(), rounds: 0 }
    }

    /// A read has come.
    pub(super) fn take(
        &mut self,
        node: &mut RawNode<Store>,
        request: RequestId,
        now: LocalTime,
        out: &mut Effects,
    ) {
        let raft = &node.raft;
        if self.by == ReadBy::Local {
            let at = Index(raft.raft_log.applied);
            return out.push(Effect::Serve { request, at, right: ReadRight::Local });
        }
        let right = match raft.state {
            StateRole::Leader if !raft.commit_to_current_term() => {
                return out.push(Effect::Refuse { request, reason: Refusal::Busy });
            }
            StateRole::Leader if self.by == ReadBy::Lease => ReadRight::Lease,
            StateRole::Leader => ReadRight::Index,
            StateRole::Follower if raft.leader_id != 0 => ReadRight::Follower,
            _ => return out.push(Effect::Refuse { request, reason: Refusal::NotLeader { hint: None } }),
        };
        if right == ReadRight::Index && !raft.prs().is_singleton() {
            self.rounds += 1;
            out.push(Effect::ReadRound { round: self.rounds, reads: 1 });
        }
        self.pending.push_back((request, now, right));
        let mut about = self.asker.to_vec();
        about.extend_from_slice(&request.0.to_le_bytes());
        node.read_index(about);
    }

    /// The crate has answered.
    pub(super) fn answer(&mut self, states: &[ReadState], out: &mut Effects) {
        for ReadState { index, request_ctx } in states {
            let Some(number) = request_ctx.strip_prefix(&self.asker[..]).and_then(|rest| rest.first_chunk())
            else {
                continue;
            };
            let request = RequestId(u64::from_le_bytes(*number));
            let place = self.pending.iter().position(|(pending, ..)| *pending == request);
            if let Some((_, _, right)) = place.and_then(|place| self.pending.remove(place)) {
                out.push(Effect::Serve { request, at: Index(*index), right });
            }
        }
    }

    /// Refuses those that have waited for too long, or all if the server is no longer who it was.
    #[inline]
    pub(super) fn give_up(&mut self, all: bool, leader: Option<NodeId>, now: LocalTime, out: &mut Effects) {
        while let Some((request, since, _)) = self.pending.front().copied() {
            if !all && now.since(since) < self.patience {
                break;
            }
            self.pending.pop_front();
            out.push(Effect::Refuse { request, reason: Refusal::NotLeader { hint: leader } });
        }
    }
}
