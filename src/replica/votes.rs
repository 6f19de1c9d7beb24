//! Why a server does not vote for a candidate.

use serde::Serialize;
use std::fmt;

/// Why a vote, or the promise of one, is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum VoteRefusal {
    /// The server is in a later term; or, if it was asked before the candidacy, in that term already.
    TermPast = 0,
    /// It has voted for another candidate in the term (Raft paper, section 5.2).
    Voted = 1,
    /// The candidate's log is behind its own (5.4.1).
    LogBehind = 2,
    /// Its own log is as good, and its priority higher.
    Outranked = 3,
    /// It has heard from a leader just now (thesis, sections 4.2.3 and 9.6).
    LeaderCurrent = 4,
    /// It has promised a leader's lease to vote for nobody (6.4.1).
    Lease = 5,
}

impl fmt::Display for VoteRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TermPast => "it is in a later term",
            Self::Voted => "it has voted in this term",
            Self::LogBehind => "the candidate's log is behind",
            Self::Outranked => "its priority is higher",
            Self::LeaderCurrent => "a leader is current",
            Self::Lease => "a lease binds it",
        })
    }
}
