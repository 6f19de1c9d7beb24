//! What the checkers found: one tally for each property, with the first violation in full.

use crate::ids::RecordId;
use crate::time::Time;
use crate::trace::Record;

/// What is checked in every run, whether or not the scenario asks for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
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
}

impl Property {
    /// All of them, in the order of reports.
    pub const ALL: [Self; 11] = [
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
        }
    }
}

/// A property that did not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The record that showed it first.
    pub record: RecordId,
    /// When that was.
    pub time: Time,
    /// What happened, in words.
    pub message: String,
    /// How often the property was violated in all.
    pub count: u64,
    /// How often it was examined.
    pub examined: u64,
}

/// What became of a property.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It held each of the so many times that it was examined.
    Held(u64),
    /// Nothing happened that it speaks of: no pass.
    Vacuous,
    /// It did not hold.
    Violated(Violation),
}

/// A property with its verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// Its name.
    pub name: &'static str,
    /// What it demands, in one line.
    pub about: &'static str,
    /// What became of it.
    pub verdict: Verdict,
}

impl Check {
    /// How often it was examined.
    pub fn examined(&self) -> u64 {
        match &self.verdict {
            Verdict::Held(examined) => *examined,
            Verdict::Vacuous => 0,
            Verdict::Violated(violation) => violation.examined,
        }
    }
}

/// The tallies of all properties.
#[derive(Clone, Debug, Default)]
pub(super) struct Findings {
    tallies: [Tally; Property::ALL.len()],
    violations: u64,
}

#[derive(Clone, Debug, Default)]
struct Tally {
    examined: u64,
    violations: u64,
    first: Option<(RecordId, Time, String)>,
}

impl Findings {
    /// Counts an examination of a property.
    #[inline]
    pub(super) fn examined(&mut self, property: Property) {
        self.tallies[property as usize].examined += 1;
    }

    /// Takes down a violation that this record shows.
    #[cold]
    pub(super) fn accuse(&mut self, property: Property, record: &Record, message: impl FnOnce() -> String) {
        self.violations += 1;
        let tally = &mut self.tallies[property as usize];
        tally.violations += 1;
        if tally.first.is_none() {
            tally.first = Some((record.id, record.time, message()));
        }
    }

    /// How many violations there were, of all properties together.
    #[inline]
    pub(super) fn violations(&self) -> u64 {
        self.violations
    }

    /// The verdict on a property.
    pub(super) fn check(&self, property: Property) -> Check {
        let tally = &self.tallies[property as usize];
        let verdict = match &tally.first {
            Some((record, time, message)) => Verdict::Violated(Violation {
                record: *record,
                time: *time,
                message: message.clone(),
                count: tally.violations,
                examined: tally.examined,
            }),
            None if tally.examined == 0 => Verdict::Vacuous,
            None => Verdict::Held(tally.examined),
        };
        Check { name: property.name(), about: property.about(), verdict }
    }
}
