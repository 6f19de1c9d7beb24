//! Whose Raft the nodes run.

/// An implementation behind the seam. Those of others are there only in a build that has their adapter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Implementation {
    /// Squall's own.
    #[default]
    Squall,
    /// The crate `raft`, of TiKV.
    RaftRs,
    /// The crate `omnipaxos`: sequence consensus, with ballots in place of terms.
    OmniPaxos,
}

impl Implementation {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Squall, Self::RaftRs, Self::OmniPaxos];

    /// Its name, as scenarios write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Squall => "Squall",
            Self::RaftRs => "RaftRs",
            Self::OmniPaxos => "OmniPaxos",
        }
    }

    /// Its name, if it is not Squall's own.
    pub fn other(self) -> Option<&'static str> {
        (self != Self::Squall).then(|| self.name())
    }

    /// The feature of the build that brings its adapter; none for the one that is always there.
    pub const fn feature(self) -> Option<&'static str> {
        match self {
            Self::Squall => None,
            Self::RaftRs => Some("raft-rs"),
            Self::OmniPaxos => Some("omnipaxos"),
        }
    }
}
