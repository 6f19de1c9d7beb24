//! What is counted in a run.

use super::outsiders::Flooded;
use super::reasons::{Aborts, NoChanges, NoTransfers};
use crate::replica::{ChangeStep, ReadRight, TransferStep};
use crate::trace::{Body, BreakerState, Denial, Loss, Rejection};
use serde::Serialize;

/// Counts of a whole run. Frames are those between nodes; frames from and to clients are counted apart, and so is what floods
/// and strangers send.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counters {
    /// Records made.
    pub records: u64,
    /// Frames that left a node for another one.
    pub frames_sent: u64,
    /// Frames that had to wait at their sender for a write to become durable.
    pub frames_held: u64,
    /// Frames that reached another node, duplicates among them.
    pub frames_delivered: u64,
    /// Frames that got lost.
    pub frames_lost: Losses,
    /// Frames that were duplicated on their way.
    pub frames_duplicated: u64,
    /// Frames that their receiver refused before its replica saw them, forged ones among them.
    pub frames_rejected: Rejections,
    /// Frames whose senders had no right to what they asked for, from whomever.
    pub frames_denied: Denials,
    /// Replies that came when their receiver's role no longer waited for them, and told nothing that it had to know.
    pub replies_stale: u64,
    /// What was done to frames on their way, between nodes or with clients, and what came of it.
    pub frame_faults: FrameFaults,
    /// Frames that left a client, or left a node for one.
    pub client_frames_sent: u64,
    /// Frames that reached a client, or came from one.
    pub client_frames_delivered: u64,
    /// Frames from or to clients that got lost.
    pub client_frames_lost: u64,
    /// Frames that a client refused, or a node that had them from a client, forged ones in a client's name among them.
    pub client_frames_rejected: Rejections,
    /// The requests of floods.
    pub floods: Flooded,
    /// Frames and calls that were not sent, since a breaker was not closed.
    pub frames_shed: u64,
    /// How often breakers opened, and what became of their probes.
    pub breakers: Breakers,
    /// Requests that clients sent, the first for an operation among them.
    pub requests_sent: u64,
    /// Operations that clients gave up since they had asked as often as they may.
    pub operations_forgone: u64,
    /// Those of them that were given up since a client's budget was spent.
    pub retry_budgets_spent: u64,
    /// Calls that had no answer by their deadline.
    pub calls_failed: u64,
    /// Requests of clients that a leader made an entry.
    pub requests_accepted: u64,
    /// Requests of clients that a node refused.
    pub requests_refused: u64,
    /// Those of them that a leader refused since it was busy.
    pub requests_put_off: u64,
    /// Requests of clients that a node acknowledged as done.
    pub requests_acknowledged: u64,
    /// Sessions of clients that were opened.
    pub sessions_opened: u64,
    /// Sessions of clients that were dropped, as the ones unused for longest.
    pub sessions_expired: u64,
    /// Commands that were answered from their session, without effect, since they had been carried out before.
    pub repeats_answered: u64,
    /// Commands that were not carried out, since their session was gone or their client no longer waited.
    pub commands_disowned: u64,
    /// Rounds of contact in which a leader asked whether it still leads, for the sake of reads.
    pub read_rounds: u64,
    /// Reads that were answered without an entry of the log, by right.
    pub reads_served: Reads,
    /// Transfers of leadership that a leader began.
    pub transfers_begun: u64,
    /// How often a leader asked its successor to campaign at once.
    pub transfers_asked: u64,
    /// Transfers that a leader gave up, to lead on.
    pub transfers_aborted: u64,
    /// Transfers that a node refused to begin.
    pub transfers_refused: NoTransfers,
    /// Changes of the members that a node was asked for.
    pub changes_asked: u64,
    /// Those of them that a leader began.
    pub changes_begun: u64,
    /// Those that a leader found to be committed.
    pub changes_done: u64,
    /// Those that a node refused to begin.
    pub changes_refused: NoChanges,
    /// Those that a leader began and gave up.
    pub changes_aborted: Aborts,
    /// Snapshots that a node took of its own state machine.
    pub snapshots_taken: u64,
    /// Snapshots of a leader by which a node replaced its state machine.
    pub snapshots_installed: u64,
    /// How often a node cut its log.
    pub logs_cut: u64,
    /// The highest index that any node knew to be committed.
    pub entries_committed: u64,
    /// The highest term that any node was in.
    pub terms: u64,
    /// How often a node began to ask for votes in a term.
    pub candidacies: u64,
    /// How often a node became leader of a term.
    pub elections: u64,
    /// How often the effective leader was another one than before, or the same one in a later term.
    pub leader_changes: u64,
    /// Machines that lost power.
    pub crashes: u64,
    /// Machines that started again.
    pub restarts: u64,
    /// Processes that were paused.
    pub pauses: u64,
    /// Directed links that were cut.
    pub links_cut: u64,
    /// Directed links that were clogged.
    pub links_clogged: u64,
    /// Hosts that stopped by themselves.
    pub hosts_stopped: u64,
}

/// Lost frames by reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Losses {
    /// The link loses some frames at random.
    pub random: u64,
    /// The link was cut when the frame was sent.
    pub cut_at_sending: u64,
    /// The link was cut when the frame would have arrived.
    pub cut_at_arrival: u64,
    /// The receiver was down.
    pub receiver_down: u64,
    /// The receiver's inbox had no room.
    pub inbox_full: u64,
    /// A fault withheld this kind of traffic from the receiver.
    pub starved: u64,
}

/// Reads that took no entry of the log, by what right they were answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Reads {
    /// A quorum had confirmed the leader.
    pub index: u64,
    /// The leader held a lease.
    pub lease: u64,
    /// The leader had told a follower how far it has to be.
    pub follower: u64,
    /// None.
    pub local: u64,
}

/// What was done to frames.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct FrameFaults {
    /// Their bytes were changed; counted once for each change.
    pub corrupted: u64,
    /// They went to another node than their receiver.
    pub misdirected: u64,
    /// Old ones came once more.
    pub replayed: u64,
    /// They took longer.
    pub delayed: u64,
    /// A stranger sent them.
    pub forged: u64,
    /// Those of them that reached a process.
    pub forged_delivered: u64,
    /// Changed or forged, they passed every check of their receiver and were handed on.
    pub believed: u64,
}

/// Rejected frames by reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Rejections {
    /// Shorter than the header, or longer than the length says.
    pub length: u64,
    /// The checksum does not fit.
    pub checksum: u64,
    /// No frame of this protocol and version.
    pub magic: u64,
    /// From another cluster.
    pub cluster: u64,
    /// Not the link's addresses.
    pub address: u64,
    /// Unknown or unreadable to the receiver.
    pub undecodable: u64,
    /// A reply to a call that was given up or never made.
    pub late: u64,
    /// Terms and indexes that contradict each other.
    pub indexes: u64,
    /// Not the entries that it says.
    pub entries: u64,
    /// A term that no cluster can have reached.
    pub term_jump: u64,
    /// Longer than a frame may be.
    pub too_long: u64,
}

/// How often circuit breakers changed their states.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Breakers {
    /// One that was closed opened.
    pub opened: u64,
    /// One that was half open opened again.
    pub probes_failed: u64,
    /// One that was half open closed.
    pub probes_succeeded: u64,
}

/// Denied frames by reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Denials {
    /// From another cluster.
    pub cluster: u64,
    /// From none of the machines and clients that there are.
    pub stranger: u64,
    /// In another's name.
    pub impostor: u64,
    /// Not for the sender to ask.
    pub function: u64,
}

impl Counters {
    #[cold]
    pub(super) fn count_transfer(&mut self, step: TransferStep) {
        *match step {
            TransferStep::Begun => &mut self.transfers_begun,
            TransferStep::Asked => &mut self.transfers_asked,
            TransferStep::Aborted => &mut self.transfers_aborted,
            TransferStep::Refused(why) => return self.transfers_refused.count(why),
        } += 1;
    }

    #[cold]
    pub(super) fn count_change(&mut self, step: ChangeStep) {
        match step {
            ChangeStep::Begun => {
                self.changes_asked += 1;
                self.changes_begun += 1;
            }
            ChangeStep::CaughtUp { .. } => {}
            ChangeStep::Done => self.changes_done += 1,
            ChangeStep::Aborted(why) => self.changes_aborted.count(why),
            ChangeStep::Refused(why) => {
                self.changes_asked += 1;
                self.changes_refused.count(why);
            }
        }
    }
}

impl FrameFaults {
    /// Counts what a record tells of.
    #[cold]
    pub(super) fn count(&mut self, body: &Body) {
        match body {
            Body::Corrupted { .. } => self.corrupted += 1,
            Body::Misdirected { .. } => self.misdirected += 1,
            Body::Replayed { .. } => self.replayed += 1,
            Body::Delayed { .. } => self.delayed += 1,
            Body::Forged { .. } => self.forged += 1,
            Body::Believed { .. } => self.believed += 1,
            _ => {}
        }
    }
}

impl Losses {
    pub(super) fn count(&mut self, why: Loss) {
        *match why {
            Loss::Random => &mut self.random,
            Loss::CutAtSending => &mut self.cut_at_sending,
            Loss::CutAtArrival => &mut self.cut_at_arrival,
            Loss::ReceiverDown => &mut self.receiver_down,
            Loss::InboxFull => &mut self.inbox_full,
            Loss::Starved => &mut self.starved,
        } += 1;
    }

    /// Each reason with its count.
    pub fn by_reason(&self) -> [(Loss, u64); 6] {
        [
            (Loss::Random, self.random),
            (Loss::CutAtSending, self.cut_at_sending),
            (Loss::CutAtArrival, self.cut_at_arrival),
            (Loss::ReceiverDown, self.receiver_down),
            (Loss::InboxFull, self.inbox_full),
            (Loss::Starved, self.starved),
        ]
    }
}

impl Reads {
    pub(super) fn count(&mut self, right: ReadRight) {
        *match right {
            ReadRight::Index => &mut self.index,
            ReadRight::Lease => &mut self.lease,
            ReadRight::Follower => &mut self.follower,
            ReadRight::Local => &mut self.local,
        } += 1;
    }

    /// Each right with its count.
    pub fn by_right(&self) -> [(ReadRight, u64); 4] {
        [
            (ReadRight::Index, self.index),
            (ReadRight::Lease, self.lease),
            (ReadRight::Follower, self.follower),
            (ReadRight::Local, self.local),
        ]
    }
}

impl Breakers {
    #[cold]
    pub(super) fn count(&mut self, was: BreakerState, is: BreakerState) {
        match (was, is) {
            (BreakerState::Closed, _) => self.opened += 1,
            (_, BreakerState::Open) => self.probes_failed += 1,
            (_, BreakerState::Closed) => self.probes_succeeded += 1,
            (_, BreakerState::HalfOpen) => {}
        }
    }
}

impl Denials {
    #[cold]
    pub(super) fn count(&mut self, why: Denial) {
        *match why {
            Denial::Cluster => &mut self.cluster,
            Denial::Stranger => &mut self.stranger,
            Denial::Impostor => &mut self.impostor,
            Denial::Function => &mut self.function,
        } += 1;
    }

    /// Each reason with its count.
    pub fn by_reason(&self) -> [(Denial, u64); 4] {
        [
            (Denial::Cluster, self.cluster),
            (Denial::Stranger, self.stranger),
            (Denial::Impostor, self.impostor),
            (Denial::Function, self.function),
        ]
    }
}

impl Rejections {
    pub(super) fn count(&mut self, why: Rejection) {
        *match why {
            Rejection::Length => &mut self.length,
            Rejection::Checksum => &mut self.checksum,
            Rejection::Magic => &mut self.magic,
            Rejection::Cluster => &mut self.cluster,
            Rejection::Address => &mut self.address,
            Rejection::Undecodable => &mut self.undecodable,
            Rejection::Late => &mut self.late,
            Rejection::Indexes => &mut self.indexes,
            Rejection::Entries => &mut self.entries,
            Rejection::TermJump => &mut self.term_jump,
            Rejection::TooLong => &mut self.too_long,
        } += 1;
    }

    /// Each reason with its count.
    pub fn by_reason(&self) -> [(Rejection, u64); 11] {
        [
            (Rejection::Length, self.length),
            (Rejection::Checksum, self.checksum),
            (Rejection::Magic, self.magic),
            (Rejection::Cluster, self.cluster),
            (Rejection::Address, self.address),
            (Rejection::Undecodable, self.undecodable),
            (Rejection::Late, self.late),
            (Rejection::Indexes, self.indexes),
            (Rejection::Entries, self.entries),
            (Rejection::TermJump, self.term_jump),
            (Rejection::TooLong, self.too_long),
        ]
    }
}
