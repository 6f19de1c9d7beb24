//! The properties of safety: what checkers judge and scenarios may expect to be violated.

/// What is checked in every run, whether or not the scenario asks for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Property {
    /// At most one leader in a term (Raft paper, figure 3).
    ElectionSafety,
    /// A node gives at most one vote in a term, in all its lives together.
    OneVote,
    /// A leader never overwrites or deletes entries of its own log (figure 3).
    LeaderAppendOnly,
    /// Two logs with an entry of the same index and term are the same up to there (figure 3).
    LogMatching,
    /// No two nodes take different entries of one index as committed, or apply different ones (figure 3: state
    /// machine safety).
    CommittedChain,
    /// Within one life of a node its commit index never goes back, and it applies every index once, in order.
    CommitOrder,
    /// What was committed in a term is in the log of the leader of every later term (figure 3).
    LeaderCompleteness,
    /// A term or vote that left a node in a frame is still there after a restart, and terms never go back.
    TermAndVote,
    /// What is flushed survives a crash.
    Recovery,
    /// When an entry becomes committed it is durable on a quorum.
    DurableCommit,
    /// What a client was told is done stays done.
    AcknowledgedWrites,
    /// An operation of a client takes effect once at most, however often it is asked for, and by the same entry on all
    /// nodes (thesis, section 6.3). Examined where clients may ask twice for the same.
    ExactlyOnce,
    /// The operations of clients on each key can be put in an order in which each finds what the one before it has left,
    /// and none stands behind one that began after it was over. Examined where there are clients.
    Linearizability,
    /// No frame is handed on whose sender may never ask for what it asks for: a client that speaks as a node, a node that
    /// speaks as a client, or a machine that there is not. Examined where there are such frames.
    Access,
    /// The software under test does not end itself by a panic. Told only where it did: Squall's own is no guest, and its panic
    /// ends the run.
    SoundImplementation,
}

impl Property {
    /// All of them, in the order of reports.
    pub const ALL: [Self; 15] = [
        Self::ElectionSafety,
        Self::OneVote,
        Self::LeaderAppendOnly,
        Self::LogMatching,
        Self::CommittedChain,
        Self::CommitOrder,
        Self::LeaderCompleteness,
        Self::TermAndVote,
        Self::Recovery,
        Self::DurableCommit,
        Self::AcknowledgedWrites,
        Self::ExactlyOnce,
        Self::Linearizability,
        Self::Access,
        Self::SoundImplementation,
    ];

    /// Its name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ElectionSafety => "election safety",
            Self::OneVote => "one vote",
            Self::LeaderAppendOnly => "leader append-only",
            Self::LogMatching => "log matching",
            Self::CommittedChain => "committed chain",
            Self::CommitOrder => "commit order",
            Self::LeaderCompleteness => "leader completeness",
            Self::TermAndVote => "term and vote",
            Self::Recovery => "recovery",
            Self::DurableCommit => "durable commit",
            Self::AcknowledgedWrites => "acknowledged writes",
            Self::ExactlyOnce => "exactly once",
            Self::Linearizability => "linearizability",
            Self::Access => "access",
            Self::SoundImplementation => "sound implementation",
        }
    }

    /// What it demands, in one line.
    pub const fn about(self) -> &'static str {
        match self {
            Self::ElectionSafety => "a term has at most one leader",
            Self::OneVote => "a node votes once in a term",
            Self::LeaderAppendOnly => "leaders only append to their logs",
            Self::LogMatching => "equal index and term, equal logs",
            Self::CommittedChain => "all commit and apply the same",
            Self::CommitOrder => "nodes commit and apply in order",
            Self::LeaderCompleteness => "later leaders have what is committed",
            Self::TermAndVote => "no term or vote sent is forgotten",
            Self::Recovery => "what was flushed survives a crash",
            Self::DurableCommit => "commits are durable on a quorum",
            Self::AcknowledgedWrites => "what was acknowledged stays done",
            Self::ExactlyOnce => "no operation takes effect twice",
            Self::Linearizability => "operations on a key have an order",
            Self::Access => "nobody gets what is not for it to ask",
            Self::SoundImplementation => "the software under test does not panic",
        }
    }
}
