//! What a run is expected to show.

use super::Property;
use crate::rng::Rate;
use crate::time::{Duration, Time};

/// Something that the author of a scenario expects, beyond safety, which always is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expectation {
    /// At some time within `bound` after the moment there is an effective leader.
    LeaderWithin {
        /// How long it may take.
        bound: Duration,
        /// From when.
        after: Moment,
    },
    /// At least one new command is committed in the span.
    Progress {
        /// When.
        during: Span,
    },
    /// No new command is committed in the span.
    NoProgress {
        /// When.
        during: Span,
    },
    /// Service is back `within` this time after the moment: every operation that begins later is done.
    Returns {
        /// How long it may take.
        within: Duration,
        /// From when.
        after: Moment,
        /// With this it is enough that so much of what was done before is done again.
        to: Option<Goodput>,
    },
    /// Which share of the operations that begin in the span is done, sooner or later.
    Availability {
        /// At least this share.
        at_least: Option<Rate>,
        /// At most this share.
        at_most: Option<Rate>,
        /// When.
        during: Span,
    },
    /// How often a node becomes leader in the span.
    LeaderChanges {
        /// At least so often.
        at_least: Option<u64>,
        /// At most so often.
        at_most: Option<u64>,
        /// When.
        during: Span,
    },
    /// The core for which the run settles does all that a cluster without faults does. Within this time there is a leader,
    /// and every node of the core has what was committed before. Within this time from when clients go on every node of
    /// the core has applied a new command. From then on no node of the core comes to another term. At the end what was
    /// committed or asked for longer ago than this is done on every node of the core.
    Settled {
        /// How long each may take.
        within: Duration,
    },
    /// No node ever reaches a term above this.
    TermAtMost(u64),
    /// This happens at least once.
    Sometimes(Event),
    /// This never happens.
    Never(Event),
    /// Linearizability holds, and is examined. So it is owed where nodes answer reads without asking anybody, too.
    Linearizable,
    /// No operation takes effect twice, and that is examined.
    ExactlyOnce,
    /// This property is violated. For scenarios that show a planted bug or a broken assumption; what is violated from
    /// then on is a consequence, and no failure of the run.
    Violates(Property),
}

impl Expectation {
    /// The property of safety that this expects to hold, if it does.
    pub const fn holds(self) -> Option<Property> {
        match self {
            Self::Linearizable => Some(Property::Linearizability),
            Self::ExactlyOnce => Some(Property::ExactlyOnce),
            _ => None,
        }
    }
}

/// How many operations per second are done, of those that begin in a span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Goodput {
    /// At least this share of what was done from the start of the run up to the moment `before`; above 0.
    pub share: Rate,
    /// Up to when the operations count that it is compared with.
    pub before: Moment,
}

/// A moment of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// The start of the run.
    Start,
    /// This time.
    At(Time),
    /// When every fault is over.
    Settle,
    /// When the fault in this place of the plan begins.
    Fault(u32),
    /// When the fault in this place of the plan ends.
    End(u32),
}

/// A span of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Span {
    /// The whole run.
    Run,
    /// From this time to that.
    Between(Time, Time),
    /// From when every fault is over to the end of the run.
    Settle,
    /// While the fault in this place of the plan lasts.
    Fault(u32),
}

/// The variants of an enum, and all of them in their order.
macro_rules! listed {
    ($(#[$doc:meta])* $name:ident { $($(#[$of:meta])* $variant:ident),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum $name { $($(#[$of])* $variant),* }
        impl $name {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant),*];
        }
    };
}

listed! {
    /// Something that can happen in a run, to be expected or ruled out.
    Event {
        /// A node asks whether it would get votes.
        PreCandidacy,
        /// A node asks for votes.
        Candidacy,
        /// A node becomes leader.
        LeaderElected,
        /// A leader gives up its role for a later term.
        LeaderDeposed,
        /// A leader gives up its role within its term, since it has heard from no quorum.
        LeaderSteppedDown,
        /// A leader begins to hand over.
        TransferBegun,
        /// A leader asks its successor to campaign at once.
        TransferAsked,
        /// A leader gives up handing over, and leads on.
        TransferAborted,
        /// A node refuses to hand over.
        TransferRefused,
        /// A node takes up other members: an entry that names them has joined its log, or one is gone.
        MembersChanged,
        /// A leader begins to change the members.
        ChangeBegun,
        /// A leader finds that a learner has caught up, and may vote.
        LearnerCaughtUp,
        /// A change of the members is committed.
        ChangeDone,
        /// A leader gives a change of the members up.
        ChangeAborted,
        /// A node refuses to change the members.
        ChangeRefused,
        /// A log gives up entries that conflict with the leader's.
        EntryTruncated,
        /// A node takes a snapshot of its state machine.
        SnapshotTaken,
        /// A node replaces its state machine by its leader's snapshot.
        SnapshotInstalled,
        /// A frame between nodes is lost, for any reason.
        FrameLost,
        /// A frame between nodes is duplicated.
        FrameDuplicated,
        /// A frame is refused by its receiver, for any reason: between nodes, or between a node and a client.
        FrameRejected,
        /// The bytes of a frame are changed on its way.
        FrameCorrupted,
        /// A frame goes to another node than its receiver.
        FrameMisdirected,
        /// An old frame comes once more.
        FrameReplayed,
        /// A fault delays a frame.
        FrameDelayed,
        /// A stranger sends a frame.
        FrameForged,
        /// A frame that was changed on its way, or forged, passes every check of its receiver and is handed on.
        FrameBelieved,
        /// A frame is refused for its length.
        LengthWrong,
        /// A frame is refused since its tag does not fit its bytes.
        ChecksumWrong,
        /// A frame is refused as none of this protocol.
        MagicWrong,
        /// A frame is refused since it does not name its link's ends.
        AddressWrong,
        /// A frame is refused since its message can't be read.
        MessageUndecodable,
        /// A frame is refused for indexes or terms that contradict each other.
        IndexesWrong,
        /// A frame is refused for entries that are not those it says.
        EntriesWrong,
        /// A frame is refused for a term that no cluster can have reached.
        TermImpossible,
        /// A frame is refused as longer than a frame may be.
        FrameTooLong,
        /// A client refuses a frame as one of another cluster; to nodes such a frame is a stranger's.
        ClusterWrong,
        /// A client refuses an answer for which it no longer waits.
        ReplyLate,
        /// A call between nodes has no answer by its deadline.
        CallFailed,
        /// A node refuses a client's request.
        RequestRefused,
        /// A leader is busy, and refuses a client's request for the time being.
        RequestPutOff,
        /// A client's operation is done.
        OperationDone,
        /// A client's operation ends without an answer: it may have taken effect or not.
        OperationUnknown,
        /// A node finds that a command was carried out before, and answers it from its session, without effect.
        RepeatAnswered,
        /// A node drops the session that was unused for longest.
        SessionExpired,
        /// A leader answers a read since a quorum has confirmed that it leads.
        IndexRead,
        /// A leader answers a read by its lease.
        LeaseRead,
        /// A follower answers a read as its leader has told it.
        FollowerRead,
        /// A node answers a read without asking anybody.
        LocalRead,
        /// A leader asks all others whether it still leads, for the sake of reads.
        ReadRound,
        /// A frame finds no room in a machine's inbox, or loses it to another one.
        InboxOverflowed,
        /// A machine crashes.
        NodeCrashed,
        /// A machine that had crashed starts again.
        NodeRestarted,
        /// A machine starts with a blank disk.
        NodeBlank,
        /// A machine stays down since its disk can't be recovered.
        NodeStopped,
        /// A frame is denied what it asks for.
        AccessDenied,
        /// A breaker opens, since calls have failed.
        BreakerOpened,
        /// A breaker that was half open opens again.
        ProbeFailed,
        /// A breaker that was half open closes.
        ProbeSucceeded,
        /// A frame, or a client's call, is not sent since a breaker is open.
        FrameShed,
        /// A client gives an operation up since it may not ask so often.
        RetryBudgetSpent,
        /// A machine starts and cuts an unfinished write off its disk.
        TornTailCut,
        /// A node stops since its disk takes nothing more.
        DiskFilled,
        /// A fault is given up since its milestone or its targets never came.
        FaultSkipped,
    }
}
