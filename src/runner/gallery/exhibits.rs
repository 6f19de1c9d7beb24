//! Which bugs there are, what each breaks, and the script that shows it.

use crate::property::Property;
use crate::replica::Bug;

/// What a bug takes away from a cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Breaks {
    /// A property of safety.
    Safety(Property),
    /// Entries are no longer committed, though a majority is there.
    Progress,
    /// Nobody is elected, though a majority is there.
    Leadership,
}

/// A planted bug with what is known of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exhibit {
    /// The bug.
    pub bug: Bug,
    /// Its name, as scenarios have it.
    pub name: &'static str,
    /// What it breaks in its script, among other things perhaps.
    pub breaks: Breaks,
    /// The name of its files: scripts, and what was found of it.
    pub file: &'static str,
    /// The scenario that shows it.
    pub script: &'static str,
}

macro_rules! exhibit {
    ($bug:ident, $breaks:expr, $name:literal) => {
        Exhibit {
            bug: Bug::$bug,
            name: stringify!($bug),
            breaks: $breaks,
            file: $name,
            script: include_str!(concat!("../../../scenarios/bugs/", $name, ".ron")),
        }
    };
}

/// Every bug that can be planted, in the order of [`Bug::ALL`].
pub const GALLERY: [Exhibit; Bug::ALL.len()] = [
    exhibit!(AckBeforeFlush, Breaks::Safety(Property::AcknowledgedWrites), "ack-before-flush"),
    exhibit!(VoteNotPersisted, Breaks::Safety(Property::ElectionSafety), "vote-not-persisted"),
    exhibit!(VoteNotTiedToTerm, Breaks::Safety(Property::ElectionSafety), "vote-not-tied-to-term"),
    exhibit!(OwnVoteNotRecorded, Breaks::Safety(Property::ElectionSafety), "own-vote-not-recorded"),
    exhibit!(StaleVoteCounted, Breaks::Safety(Property::ElectionSafety), "stale-vote-counted"),
    exhibit!(LongerLogWins, Breaks::Safety(Property::LeaderCompleteness), "longer-log-wins"),
    exhibit!(CommitOldTermByCount, Breaks::Safety(Property::CommittedChain), "commit-old-term-by-count"),
    exhibit!(OldSnapshotAccepted, Breaks::Safety(Property::CommitOrder), "old-snapshot-accepted"),
    exhibit!(
        TruncateBeforeSnapshotDurable,
        Breaks::Safety(Property::AcknowledgedWrites),
        "truncate-before-snapshot-durable"
    ),
    exhibit!(NoSessions, Breaks::Safety(Property::ExactlyOnce), "no-sessions"),
    exhibit!(
        ReadWithoutOwnTermCommit,
        Breaks::Safety(Property::Linearizability),
        "read-without-own-term-commit"
    ),
    exhibit!(LocalRead, Breaks::Safety(Property::Linearizability), "local-read"),
    exhibit!(LeaseIgnoresDrift, Breaks::Safety(Property::Linearizability), "lease-ignores-drift"),
    exhibit!(PrevTermUnchecked, Breaks::Safety(Property::LogMatching), "prev-term-unchecked"),
    exhibit!(TruncateAlways, Breaks::Safety(Property::AcknowledgedWrites), "truncate-always"),
    exhibit!(CommitBeyondMatched, Breaks::Safety(Property::CommittedChain), "commit-beyond-matched"),
    exhibit!(
        OwnEntryCountedUnflushed,
        Breaks::Safety(Property::AcknowledgedWrites),
        "own-entry-counted-unflushed"
    ),
    exhibit!(LeaderOverwrites, Breaks::Safety(Property::LeaderAppendOnly), "leader-overwrites"),
    exhibit!(TimerResetOnRefusal, Breaks::Progress, "timer-reset-on-refusal"),
    exhibit!(TimeoutDrawnOnce, Breaks::Leadership, "timeout-drawn-once"),
    exhibit!(ChangeBeforeOwnCommit, Breaks::Safety(Property::CommittedChain), "change-before-own-commit"),
    exhibit!(TwoNodesInOneStep, Breaks::Safety(Property::ElectionSafety), "two-nodes-in-one-step"),
    exhibit!(NextIndexStuck, Breaks::Progress, "next-index-stuck"),
    exhibit!(RoleUnchecked, Breaks::Safety(Property::Access), "role-unchecked"),
    exhibit!(BreakerShedsHeartbeats, Breaks::Progress, "breaker-sheds-heartbeats"),
    exhibit!(TimersByWallClock, Breaks::Safety(Property::Linearizability), "timers-by-wall-clock"),
    exhibit!(ChecksumIgnored, Breaks::Safety(Property::CommittedChain), "checksum-ignored"),
    exhibit!(RetryWithoutBackoff, Breaks::Progress, "retry-without-backoff"),
];
