//! The parameters of the protocol, and the bugs that can be planted in it.

use super::Changes;
use crate::rng::{Distribution, Stream};
use crate::time::Duration;
use std::num::NonZeroU32;

/// The parameters of the protocol.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// How often a leader lets its followers hear from it.
    pub heartbeat: Duration,
    /// The least and the greatest election timeout (Raft paper, section 5.2: 150-300 ms); each is drawn uniformly.
    pub election_timeout: (Duration, Duration),
    /// The most bytes of entries in one AppendEntries; one entry always fits.
    pub max_batch_bytes: u32,
    /// After so many bytes of applied entries a server takes a snapshot and cuts its log (Raft paper, section 7); none
    /// means never.
    pub snapshot_every: Option<NonZeroU32>,
    /// The most bytes of a snapshot in one message.
    pub snapshot_chunk: NonZeroU32,
    /// Whether a server asks first whether it would get votes, and becomes a candidate only then (thesis 9.6).
    pub pre_vote: bool,
    /// Whether a leader steps down that has not heard from a majority for the least election timeout (thesis 6.2).
    pub check_quorum: bool,
    /// Whether a server that has heard from a leader within the least election timeout ignores requests for its vote
    /// (thesis 4.2.3).
    pub sticky: bool,
    /// Whether a candidate asks for votes while its own is still being written.
    pub eager_votes: bool,
    /// Whether a leader tells its followers at once of what it has committed, by messages without entries, rather than with
    /// its next entries or heartbeat (Raft paper, section 5.3).
    pub announce_commits: bool,
    /// Bounds of what is on its way.
    pub flow: Flow,
    /// How reads are answered (thesis 6.4).
    pub reads: Reads,
    /// How voters are changed (thesis, 4.1 and 4.3).
    pub changes: Changes,
    /// A bug to be planted, to see whether the checkers find it.
    pub bug: Option<Bug>,
}

impl Options {
    /// Draws an election timeout: one word of the stream.
    pub fn draw_timeout(&self, stream: &mut Stream) -> Duration {
        let (least, most) = self.election_timeout;
        Distribution::Uniform(least, most).sample(stream.word())
    }
}

#[cfg(test)]
impl Options {
    /// The paper's timers, and nothing switched on.
    pub(crate) fn plain() -> Self {
        Self {
            heartbeat: Duration::from_millis(50),
            election_timeout: (Duration::from_millis(150), Duration::from_millis(300)),
            max_batch_bytes: 1 << 16,
            snapshot_every: None,
            snapshot_chunk: NonZeroU32::MIN,
            pre_vote: false,
            check_quorum: false,
            sticky: false,
            eager_votes: false,
            announce_commits: false,
            flow: Flow::default(),
            reads: Reads::default(),
            changes: Changes::default(),
            bug: None,
        }
    }
}

/// Bounds of what is on its way; where one is none there is no such bound.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flow {
    /// The most appends to one follower that wait for an answer (thesis 10.2.2; `MaxInflightMsgs` of etcd's raft). Beyond,
    /// it gets heartbeats only.
    pub max_inflight: Option<NonZeroU32>,
    /// So many bytes of entries in them are enough, at least one entry (`MaxInflightBytes`).
    pub max_inflight_bytes: Option<NonZeroU32>,
    /// The most bytes of commands that a leader has taken and not committed yet. Beyond, it answers [`Refusal::Busy`](super::Refusal::Busy);
    /// one command always fits (`MaxUncommittedEntriesSize`).
    pub max_uncommitted_bytes: Option<NonZeroU32>,
    /// The most bytes of entries that a follower keeps although it lacks what comes before them (thesis 10.2.2). With
    /// none it keeps none, and asks for them again.
    pub max_early_bytes: Option<NonZeroU32>,
}

/// How reads are answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reads {
    /// By what right a server answers from its own state machine.
    pub by: ReadBy,
    /// Whether followers answer, too; else they name the leader.
    pub at_followers: bool,
    /// The most by which a second of any server's clock is longer or shorter than a true one, in parts per million; below
    /// 1,000,000. Only leases depend on it.
    pub max_drift_ppm: u32,
}

/// By what right a server answers a read from its own state machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ReadBy {
    /// The read is an entry of the log like any command.
    #[default]
    Log,
    /// The leader makes sure, after the read has come, that it still leads (thesis 6.4: ReadIndex).
    Index,
    /// The same, but what it was told is good for a while, in which nobody else can be elected (6.4.1).
    Lease,
    /// By none: whoever is asked answers at once. What it says may be out of date.
    Local,
}

/// A planted bug: a known mistake of Raft implementations, built in on purpose and chosen at run time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bug {
    /// Replies are sent before what they promise is durable (breaks the Raft paper's section 5, "persistent state":
    /// updated on stable storage before responding to RPCs).
    AckBeforeFlush,
    /// The term is written to disk without the vote that was given in it (figure 2, persistent state).
    VoteNotPersisted,
    /// A server that begins to follow a leader forgets its vote in that term (5.2).
    VoteNotTiedToTerm,
    /// A candidate counts its own vote but may still give it to another (5.2).
    OwnVoteNotRecorded,
    /// Votes of earlier elections count in a later one (5.2).
    StaleVoteCounted,
    /// The longer log wins elections, whatever the terms of the last entries (5.4.1).
    LongerLogWins,
    /// A leader commits entries of earlier terms by counting replicas (5.4.2, figure 8).
    CommitOldTermByCount,
    /// A follower installs a snapshot that is older than what it has committed (7, figure 13).
    OldSnapshotAccepted,
    /// The log is cut before the snapshot that stands for it is durable (7; thesis 5.1).
    TruncateBeforeSnapshotDurable,
    /// A command that is asked for again is carried out again, whatever its session remembers (Raft thesis, section
    /// 6.3). This one lives in the state machine, not in Raft.
    NoSessions,
    /// A leader answers reads before an entry of its own term is committed, so it may not know yet what is (thesis 6.4).
    ReadWithoutOwnTermCommit,
    /// A leader answers reads without making sure that it still leads (6.4).
    LocalRead,
    /// A lease lasts for the least election timeout on the leader's own clock, however fast those of others run (6.4.1).
    LeaseIgnoresDrift,
    /// A follower takes entries after one of the same index, whatever that one's term (5.3, the consistency check of
    /// AppendEntries).
    PrevTermUnchecked,
    /// A follower drops what follows the entries of a message, although nothing conflicts (figure 2, AppendEntries 3).
    TruncateAlways,
    /// A follower commits as far as its leader has, with entries that the message has not shown to be the leader's (figure
    /// 2, AppendEntries 5).
    CommitBeyondMatched,
    /// A leader counts its own entries towards a majority before they are durable (thesis 10.2.1).
    OwnEntryCountedUnflushed,
    /// A leader puts its first command in the place of what earlier terms have left uncommitted in its log (5.3, leader
    /// append-only).
    LeaderOverwrites,
    /// A server starts its election timer afresh when it refuses a vote, or a pre-vote, too (5.2).
    TimerResetOnRefusal,
    /// A server draws its election timeout when it starts, and never again (5.2).
    TimeoutDrawnOnce,
    /// A leader changes the membership before it has committed an entry of its own term (thesis 4.1; the mistake found in
    /// 2015).
    ChangeBeforeOwnCommit,
    /// Two voters are changed in one step, without a joint configuration (thesis 4.1, figure 4.3).
    TwoNodesInOneStep,
    /// A leader that is refused asks for the same again (5.3 has it step back). Nothing is lost, but a
    /// follower whose log has parted from the leader's never gets anything more.
    NextIndexStuck,
    /// A host hands on what anybody sends, whatever the sender's part in the cluster. This one lives in the host.
    RoleUnchecked,
    /// The breaker of a leader's calls to a node keeps heartbeats back, too: so it never hears that the node is back. This
    /// one lives in the host.
    BreakerShedsHeartbeats,
    /// Timers and leases run on the clock on the wall, which operators and daemons put ahead and back, instead of one that only
    /// goes on (thesis 6.4.1 asks for bounded drift). This one lives in the host.
    TimersByWallClock,
    /// A receiver does not look at the tag of a frame, by which it would see that its bytes are others than those that were
    /// sent. This one lives in the host.
    ChecksumIgnored,
    /// A client asks again after a millisecond, as often as it likes and whomever it likes: no wait grows, and no bound of
    /// attempts, no budget and no breaker holds it back. This one lives in clients.
    RetryWithoutBackoff,
}

impl Bug {
    /// All of them.
    pub const ALL: [Self; 28] = [
        Self::AckBeforeFlush,
        Self::VoteNotPersisted,
        Self::VoteNotTiedToTerm,
        Self::OwnVoteNotRecorded,
        Self::StaleVoteCounted,
        Self::LongerLogWins,
        Self::CommitOldTermByCount,
        Self::OldSnapshotAccepted,
        Self::TruncateBeforeSnapshotDurable,
        Self::NoSessions,
        Self::ReadWithoutOwnTermCommit,
        Self::LocalRead,
        Self::LeaseIgnoresDrift,
        Self::PrevTermUnchecked,
        Self::TruncateAlways,
        Self::CommitBeyondMatched,
        Self::OwnEntryCountedUnflushed,
        Self::LeaderOverwrites,
        Self::TimerResetOnRefusal,
        Self::TimeoutDrawnOnce,
        Self::ChangeBeforeOwnCommit,
        Self::TwoNodesInOneStep,
        Self::NextIndexStuck,
        Self::RoleUnchecked,
        Self::BreakerShedsHeartbeats,
        Self::TimersByWallClock,
        Self::ChecksumIgnored,
        Self::RetryWithoutBackoff,
    ];
}
