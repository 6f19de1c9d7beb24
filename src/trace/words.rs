//! The canonical binary form of records, of which digests are made.

use super::parts::{Operation, Outcome};
use super::record::Body;
use crate::ids::{Address, Index, NodeId};
use crate::replica::{Change, ChangeStep, ReadRight, Refusal, Role, TransferStep};

/// The words of a body, with the first reserved for its tag and small fields.
pub(super) struct Words([u64; 6], usize);

impl Words {
    #[inline(always)]
    fn new(tag: u8, small: u64) -> Self {
        debug_assert!(small < 1 << 56);
        Self([u64::from(tag) << 56 | small, 0, 0, 0, 0, 0], 1)
    }

    #[inline(always)]
    fn and(mut self, word: u64) -> Self {
        self.0[self.1] = word;
        self.1 += 1;
        self
    }

    #[inline(always)]
    fn address(self, address: Address, kind: u8) -> Self {
        let mut words = self;
        words.0[0] |= u64::from(address.to_wire()) | u64::from(kind) << 32;
        words
    }

    #[inline(always)]
    #[expect(clippy::too_many_lines, reason = "one flat match over all bodies")]
    pub(super) fn of(body: &Body) -> ([u64; 6], usize) {
        let words = match *body {
            Body::Woke => Self::new(1, 0),
            Body::Delivered { from, kind, call, bytes, hash } => {
                Self::new(2, 0).address(from, kind).and(call.0).and(u64::from(bytes)).and(hash)
            }
            Body::Flushed { write } => Self::new(3, 0).and(write.0),
            Body::Invoked { operation, request } => {
                let (small, value, expected) = match request {
                    Operation::Get { key } => (u64::from(key), 0, None),
                    Operation::Put { key, value } => (1 << 32 | u64::from(key), value, None),
                    Operation::Cas { key, expected, value } => (2 << 32 | u64::from(key), value, expected),
                };
                Self::new(4, small)
                    .and(operation.0)
                    .and(value)
                    .and(u64::from(expected.is_some()))
                    .and(expected.unwrap_or(0))
            }
            Body::Returned { operation, outcome } => {
                let (small, previous, index) = match outcome {
                    Outcome::Done { previous, previous_index, written } => {
                        (u64::from(written) << 1 | u64::from(previous.is_some()), previous, previous_index)
                    }
                    Outcome::Refused => (4, None, Index::ZERO),
                    Outcome::Unknown => (5, None, Index::ZERO),
                };
                Self::new(5, small).and(operation.0).and(previous.unwrap_or(0)).and(index.0)
            }
            Body::CallFailed { to, kind, call } => Self::new(6, 0).address(to, kind).and(call.0),
            Body::FaultStarted { fault: _, source: _, action, nodes } => {
                let [a, b, c, d] = nodes.words();
                Self::new(7, action as u64).and(a).and(b).and(c).and(d)
            }
            Body::FaultEnded { fault: _, source: _, action, nodes, last: _ } => {
                let [a, b, c, d] = nodes.words();
                Self::new(8, action as u64).and(a).and(b).and(c).and(d)
            }
            Body::FaultSkipped { source: _, action } => Self::new(9, action as u64),
            Body::Waited { waited, ahead } => Self::new(90, u64::from(ahead)).and(waited.nanos()),
            Body::TurnedAway { from, call } => Self::new(91, 0).address(from, 0).and(call.0),
            Body::Settled => Self::new(37, 0),
            Body::SettledFor { nodes } => {
                let [a, b, c, d] = nodes.words();
                Self::new(161, 0).and(a).and(b).and(c).and(d)
            }
            Body::Beset { nodes } => {
                let [a, b, c, d] = nodes.words();
                Self::new(162, 0).and(a).and(b).and(c).and(d)
            }
            Body::Preloaded { index, term, hash } => Self::new(38, 0).and(index.0).and(term.0).and(hash),
            Body::Cut { to } => Self::new(10, 0).address(to, 0),
            Body::HitAlready { to } => Self::new(39, 0).address(to, 0),
            Body::Healed { to } => Self::new(11, 0).address(to, 0),
            Body::Clogged { to } => Self::new(12, 0).address(to, 0),
            Body::Unclogged { to } => Self::new(13, 0).address(to, 0),
            Body::Crashed => Self::new(14, 0),
            Body::Wiped => Self::new(15, 0),
            Body::Rotted { at, bit } => Self::new(115, u64::from(bit)).and(at),
            Body::TailCut { bytes } => Self::new(116, 0).and(bytes),
            Body::ClockStepped { ahead_ns } => Self::new(119, 0).and(ahead_ns.cast_unsigned()),
            Body::ClockRate { ppm } => Self::new(118, u64::from(ppm.cast_unsigned())),
            Body::Paused => Self::new(16, 0),
            Body::Resumed => Self::new(17, 0),
            Body::Booted { epoch, blank, term, vote, last, hash } => {
                Self::new(18, u64::from(blank) << 32 | node(vote))
                    .and(epoch.0)
                    .and(term.0)
                    .and(last.0)
                    .and(hash)
            }
            Body::Stopped { reason } => Self::new(19, reason as u64),
            Body::Panicked { message } => {
                Self::new(170, 0).and(xxhash_rust::xxh3::xxh3_64(message.as_bytes()))
            }
            Body::Sent { to, kind, call, bytes, hash, term, grants_vote } => Self::new(20, 0)
                .address(to, kind)
                .and(call.0)
                .and(u64::from(bytes) << 1 | u64::from(grants_vote))
                .and(hash)
                .and(term.0),
            Body::Held { to, kind, after } => Self::new(21, 0).address(to, kind).and(after.0),
            Body::Lost { to, kind, why } => Self::new(22, (why as u64) << 40).address(to, kind),
            Body::Duplicated { to, kind } => Self::new(23, 0).address(to, kind),
            Body::Rejected { from, why } => Self::new(24, (why as u64) << 40).address(from, 0),
            Body::Afflicted { to } => Self::new(100, 0).address(to, 0),
            Body::Relieved { to } => Self::new(101, 0).address(to, 0),
            Body::Corrupted { to, kind, how, count } => {
                Self::new(102, (how as u64) << 40).address(to, kind).and(u64::from(count))
            }
            Body::Misdirected { to, kind, instead } => {
                Self::new(103, 0).address(to, kind).and(u64::from(instead.0))
            }
            Body::Replayed { to, kind } => Self::new(104, 0).address(to, kind),
            Body::Delayed { to, kind, by_ns } => Self::new(105, 0).address(to, kind).and(by_ns),
            Body::Forged { from, kind, like, bytes } => {
                Self::new(106, (like as u64) << 40).address(from, kind).and(u64::from(bytes))
            }
            Body::Believed { from, kind } => Self::new(107, 0).address(from, kind),
            Body::Appended { write, index, term, hash } => {
                Self::new(25, 0).and(write.0).and(index.0).and(term.0).and(hash)
            }
            Body::Truncated { write, from } => Self::new(26, 0).and(write.0).and(from.0),
            Body::SnapshotTaken { index, term, hash, store } => {
                Self::new(40, 0).and(index.0).and(term.0).and(hash).and(store)
            }
            Body::SnapshotWritten { write, index, term, hash, bytes } => {
                Self::new(41, u64::from(bytes)).and(write.0).and(index.0).and(term.0).and(hash)
            }
            Body::Compacted { write, index, term, hash } => {
                Self::new(42, 0).and(write.0).and(index.0).and(term.0).and(hash)
            }
            Body::Restored { index, term, hash, store, at_start } => {
                Self::new(43, u64::from(at_start)).and(index.0).and(term.0).and(hash).and(store)
            }
            Body::HardStateWritten { write, term, vote } => {
                Self::new(27, node(vote)).and(write.0).and(term.0)
            }
            Body::Accepted { request, index, term } => {
                Self::new(28, 0).and(request.0).and(index.0).and(term.0)
            }
            Body::Refused { request, reason: Refusal::Busy } => Self::new(86, 0).and(request.0),
            Body::Transfer { to, step } => Self::transfer(to, step),
            Body::Refused { request, reason: Refusal::NotLeader { hint } } => {
                Self::new(29, node(hint)).and(request.0)
            }
            Body::Committed { index, term, hash } => Self::new(30, 0).and(index.0).and(term.0).and(hash),
            Body::Applied { index, term, hash } => Self::new(31, 0).and(index.0).and(term.0).and(hash),
            Body::SessionOpened { session, dropped } => {
                Self::new(60, u64::from(dropped.is_some())).and(session.0).and(dropped.map_or(0, |it| it.0))
            }
            Body::Executed { index, operation, command } => {
                let small = u64::from(operation.is_some()) << 1 | u64::from(command.is_some());
                Self::new(61, small)
                    .and(index.0)
                    .and(operation.map_or(0, |operation| operation.0))
                    .and(command.map_or(0, |command| command.session.0))
                    .and(command.map_or(0, |command| command.serial.0))
            }
            Body::Repeated { index, command } => {
                Self::new(62, 0).and(index.0).and(command.session.0).and(command.serial.0)
            }
            Body::Disowned { index, command, why } => {
                Self::new(63, why as u64).and(index.0).and(command.session.0).and(command.serial.0)
            }
            Body::ReadRound { round, reads } => Self::new(75, u64::from(reads)).and(round),
            Body::Served { request, at, applied, right } => {
                let right = match right {
                    ReadRight::Index => 0,
                    ReadRight::Lease => 1,
                    ReadRight::Follower => 2,
                    ReadRight::Local => 3,
                };
                Self::new(76, right).and(request.0).and(at.0).and(applied.0)
            }
            Body::Acknowledged { request, index, term } => {
                Self::new(32, 0).and(request.0).and(index.0).and(term.0)
            }
            Body::RoleChanged { role, term, leader } => {
                let role = match role {
                    Role::Follower => 0_u64,
                    Role::Candidate => 1,
                    Role::Leader => 2,
                    Role::PreCandidate => 3,
                };
                Self::new(33, role << 32 | node(leader)).and(term.0)
            }
            Body::Membership { part, index, nodes } => {
                let [a, b, c, d] = nodes.words();
                Self::new(64 + part as u8, 0).and(index.0).and(a).and(b).and(c).and(d)
            }
            Body::Change { change, step } => Self::change(change, step),
            Body::Denied { from, function, why } => {
                let function = function.map_or(0, |function| function as u64 + 1);
                Self::new(130, (why as u64) << 48 | function << 40).address(from, 0)
            }
            Body::Stale { from, kind } => Self::new(131, 0).address(from, kind),
            Body::VoteRefused { candidate, pre_vote, why } => {
                Self::new(160, (why as u64) << 48 | u64::from(pre_vote) << 40 | u64::from(candidate.0))
            }
            Body::Shed { to, kind } => Self::new(132, 0).address(to, kind),
            Body::Breaker { to, was, is } => {
                Self::new(133, (was as u64) << 48 | (is as u64) << 40).address(to, 0)
            }
            Body::Forgone { operation, why } => Self::new(134, why as u64).and(operation.0),
            Body::FinalNode { log, hard_state, store } => {
                Self::new(34, 0).and(log).and(hard_state).and(store)
            }
            Body::Proposed { bytes, hash } => Self::new(36, u64::from(bytes)).and(hash),
            Body::FinalStreams { positions } => Self::new(35, 0).and(positions),
        };
        (words.0, words.1)
    }
}

impl Words {
    #[cold]
    fn transfer(to: NodeId, step: TransferStep) -> Self {
        let (tag, step) = match step {
            TransferStep::Begun => (85, 0_u64),
            TransferStep::Asked => (85, 1),
            TransferStep::Aborted => (85, 2),
            TransferStep::Refused(why) => (150, why as u64),
        };
        Self::new(tag, step << 32 | u64::from(to.0))
    }

    #[cold]
    fn change(change: Change, step: ChangeStep) -> Self {
        let (kind, one, other) = match change {
            Change::AddLearner(node) => (0_u64, node, NodeId(0)),
            Change::Promote(node) => (1, node, NodeId(0)),
            Change::Remove(node) => (2, node, NodeId(0)),
            Change::Replace { old, new } => (3, old, new),
        };
        let (step, more) = match step {
            ChangeStep::Begun => (0_u64, 0),
            ChangeStep::CaughtUp { rounds } => (1, u64::from(rounds)),
            ChangeStep::Done => (2, 0),
            ChangeStep::Aborted(why) => (3, why as u64),
            ChangeStep::Refused(why) => (4, why as u64),
        };
        Self::new(67, kind << 8 | step).and(u64::from(one.0) << 32 | u64::from(other.0)).and(more)
    }
}

/// A node in a word's lower half; nodes count from 1, so 0 can stand for none here.
fn node(node: Option<NodeId>) -> u64 {
    node.map_or(0, |node| u64::from(node.0))
}
