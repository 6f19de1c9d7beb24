//! What a span without an effective leader may be put down to.

use serde::Serialize;
use std::fmt;

/// Why there was no effective leader.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// Nobody had led yet: the first timer had to run out.
    Start,
    /// The leader handed over.
    HandedOver,
    /// The leader crashed, stopped or was paused.
    LeaderDown,
    /// The leader was no longer linked to a quorum.
    LeaderCutOff,
    /// A server campaigned although there was a leader, and its later term deposed it.
    LeaderDeposed,
    /// A frame that was not what its sender had sent was believed, and the later term that it told of deposed the leader.
    FrameBelieved,
    /// The leader gave up by itself: it had heard from no quorum, or was removed.
    LeaderGaveUp,
    /// Candidates split the votes of a term, or drove one another out of it.
    SplitVote,
    /// Voters refused since a leader was current, a lease bound them, or a better one was to lead.
    VotesRefused,
    /// The logs of those who campaigned were behind.
    LogsBehind,
    /// Timers ran out before answers could come.
    RoundTrip,
    /// Requests for votes, or answers, were lost or changed.
    FramesLost,
    /// Frames waited in inboxes, or found them full.
    Overload,
    /// Frames waited for too long on their links.
    SlowLink,
    /// A breaker kept the leader's frames back.
    BreakerOpen,
    /// Votes waited for disks.
    DiskStalled,
    /// No quorum was linked together.
    NoConnectedQuorum,
    /// Too few voters were up.
    NoQuorumUp,
    /// None of these.
    Unexplained,
}

impl Cause {
    /// All of them.
    pub const ALL: [Self; 19] = [
        Self::Start,
        Self::HandedOver,
        Self::LeaderDown,
        Self::LeaderCutOff,
        Self::LeaderDeposed,
        Self::FrameBelieved,
        Self::LeaderGaveUp,
        Self::SplitVote,
        Self::VotesRefused,
        Self::LogsBehind,
        Self::RoundTrip,
        Self::FramesLost,
        Self::Overload,
        Self::SlowLink,
        Self::BreakerOpen,
        Self::DiskStalled,
        Self::NoConnectedQuorum,
        Self::NoQuorumUp,
        Self::Unexplained,
    ];

    /// Its name in tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::HandedOver => "handed over",
            Self::LeaderDown => "leader down",
            Self::LeaderCutOff => "leader cut off",
            Self::LeaderDeposed => "leader deposed",
            Self::FrameBelieved => "frame believed",
            Self::LeaderGaveUp => "leader gave up",
            Self::SplitVote => "split vote",
            Self::VotesRefused => "votes refused",
            Self::LogsBehind => "logs behind",
            Self::RoundTrip => "round trip",
            Self::FramesLost => "frames lost",
            Self::Overload => "overload",
            Self::SlowLink => "slow link",
            Self::BreakerOpen => "breaker open",
            Self::DiskStalled => "disk stalled",
            Self::NoConnectedQuorum => "no connected quorum",
            Self::NoQuorumUp => "no quorum up",
            Self::Unexplained => "unexplained",
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
