//! The shapes of what a run is expected to show.

use crate::plan;
use crate::time::Duration;
use serde::Deserialize;

/// Something that is expected.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::scenario) enum Expectation {
    LeaderWithin {
        bound: Duration,
        after: Moment,
    },
    Progress {
        during: Span,
    },
    NoProgress {
        during: Span,
    },
    Returns {
        within: Duration,
        after: Moment,
        to: Option<f64>,
        before: Option<Moment>,
    },
    Availability {
        at_least: Option<f64>,
        at_most: Option<f64>,
        during: Span,
    },
    LeaderChanges {
        at_least: Option<u64>,
        at_most: Option<u64>,
        #[serde(default)]
        during: Span,
    },
    Settled {
        within: Duration,
    },
    TermAtMost(u64),
    Sometimes(#[serde(with = "Event")] plan::Event),
    Never(#[serde(with = "Event")] plan::Event),
    Linearizable,
    ExactlyOnce,
    Violates(#[serde(with = "Property")] plan::Property),
}

/// A moment of the run.
#[derive(Debug, Deserialize)]
pub(in crate::scenario) enum Moment {
    Start,
    At(Duration),
    Settle,
    Fault(String),
    End(String),
}

/// A span of the run.
#[derive(Debug, Default, Deserialize)]
pub(in crate::scenario) enum Span {
    #[default]
    Run,
    Between(Duration, Duration),
    Settle,
    Fault(String),
}

/// An event that some run has to reach.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub(in crate::scenario) struct Sometimes(#[serde(with = "Event")] pub(in crate::scenario) plan::Event);

/// Reads the events of a plan by their names.
#[derive(Deserialize)]
#[serde(remote = "plan::Event")]
enum Event {
    PreCandidacy,
    Candidacy,
    LeaderElected,
    LeaderDeposed,
    LeaderSteppedDown,
    TransferBegun,
    TransferAsked,
    TransferAborted,
    TransferRefused,
    MembersChanged,
    ChangeBegun,
    LearnerCaughtUp,
    ChangeDone,
    ChangeAborted,
    ChangeRefused,
    EntryTruncated,
    SnapshotTaken,
    SnapshotInstalled,
    FrameLost,
    FrameDuplicated,
    FrameRejected,
    FrameCorrupted,
    FrameMisdirected,
    FrameReplayed,
    FrameDelayed,
    FrameForged,
    FrameBelieved,
    LengthWrong,
    ChecksumWrong,
    MagicWrong,
    AddressWrong,
    MessageUndecodable,
    IndexesWrong,
    EntriesWrong,
    TermImpossible,
    FrameTooLong,
    ClusterWrong,
    ReplyLate,
    CallFailed,
    RequestRefused,
    RequestPutOff,
    OperationDone,
    OperationUnknown,
    RepeatAnswered,
    SessionExpired,
    IndexRead,
    LeaseRead,
    FollowerRead,
    LocalRead,
    ReadRound,
    InboxOverflowed,
    NodeCrashed,
    NodeRestarted,
    NodeBlank,
    NodeStopped,
    AccessDenied,
    BreakerOpened,
    ProbeFailed,
    ProbeSucceeded,
    FrameShed,
    RetryBudgetSpent,
    TornTailCut,
    DiskFilled,
    FaultSkipped,
}

/// Reads the properties of a plan by their names.
#[derive(Deserialize)]
#[serde(remote = "plan::Property")]
enum Property {
    ElectionSafety,
    OneVote,
    LeaderAppendOnly,
    LogMatching,
    CommittedChain,
    CommitOrder,
    LeaderCompleteness,
    TermAndVote,
    Recovery,
    DurableCommit,
    AcknowledgedWrites,
    ExactlyOnce,
    Linearizability,
    Access,
    SoundImplementation,
}
