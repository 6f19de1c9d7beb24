//! What can be asked of a server, whatever the implementation of Raft: what rights are given for.

use serde::Serialize;

/// What a frame, or a wish of an operator, asks of whom it comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Function {
    /// A candidate asks for a vote.
    RequestVote = 0,
    /// The answer to that.
    RequestVoteReply = 1,
    /// A server asks whether it would get a vote.
    PreVote = 2,
    /// The answer to that.
    PreVoteReply = 3,
    /// A leader brings entries.
    AppendEntries = 4,
    /// A leader brings no entries, and only shows that it is there.
    Heartbeat = 5,
    /// The answer to either.
    AppendEntriesReply = 6,
    /// A leader brings its snapshot, or a part of it.
    InstallSnapshot = 7,
    /// The answer to that.
    InstallSnapshotReply = 8,
    /// A leader wants to be succeeded at once.
    TimeoutNow = 9,
    /// A leader asks whether it still leads, for the sake of reads.
    Contact = 10,
    /// The answer to that.
    ContactReply = 11,
    /// A follower asks its leader how far it has to be to answer reads.
    ReadIndex = 12,
    /// The answer to that.
    ReadIndexReply = 13,
    /// A client brings a command.
    Propose = 14,
    /// A client asks for a session.
    Register = 15,
    /// A client reads, where only the leader answers.
    Read = 16,
    /// A client reads, where followers answer as well, as their leader tells them.
    FollowerRead = 17,
    /// A client reads, where everybody answers what it has.
    LocalRead = 18,
    /// An operator asks for another leader.
    Transfer = 19,
    /// An operator asks for other members.
    ChangeMembership = 20,
}

/// Who may ask for a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Caller {
    /// A node.
    Node,
    /// A client.
    Client,
    /// An operator, at the machine itself: by no frame.
    Operator,
}

/// What frames are to a fault that withholds some of them: the functions that belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Traffic {
    /// Requests for votes, and the votes.
    Votes,
    /// Requests for pre-votes, and their answers.
    PreVotes,
    /// AppendEntries with entries.
    Entries,
    /// AppendEntries without.
    Heartbeats,
    /// Snapshots.
    Snapshots,
    /// What followers answer to these three.
    Answers,
    /// Wishes for a successor.
    Handovers,
    /// What is said for the sake of reads.
    Reads,
    /// What clients ask.
    Requests,
}

impl Function {
    /// To which part of the traffic it belongs; what operators ask is none.
    pub const fn traffic(self) -> Option<Traffic> {
        Some(match self {
            Self::RequestVote | Self::RequestVoteReply => Traffic::Votes,
            Self::PreVote | Self::PreVoteReply => Traffic::PreVotes,
            Self::AppendEntries => Traffic::Entries,
            Self::Heartbeat => Traffic::Heartbeats,
            Self::InstallSnapshot => Traffic::Snapshots,
            Self::AppendEntriesReply | Self::InstallSnapshotReply => Traffic::Answers,
            Self::TimeoutNow => Traffic::Handovers,
            Self::Contact | Self::ContactReply | Self::ReadIndex | Self::ReadIndexReply => Traffic::Reads,
            Self::Propose | Self::Register | Self::Read | Self::FollowerRead | Self::LocalRead => {
                Traffic::Requests
            }
            Self::Transfer | Self::ChangeMembership => return None,
        })
    }

    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 21] = [
        Self::RequestVote,
        Self::RequestVoteReply,
        Self::PreVote,
        Self::PreVoteReply,
        Self::AppendEntries,
        Self::Heartbeat,
        Self::AppendEntriesReply,
        Self::InstallSnapshot,
        Self::InstallSnapshotReply,
        Self::TimeoutNow,
        Self::Contact,
        Self::ContactReply,
        Self::ReadIndex,
        Self::ReadIndexReply,
        Self::Propose,
        Self::Register,
        Self::Read,
        Self::FollowerRead,
        Self::LocalRead,
        Self::Transfer,
        Self::ChangeMembership,
    ];

    /// Who may ask for it.
    pub const fn caller(self) -> Caller {
        match self {
            Self::Propose | Self::Register | Self::Read | Self::FollowerRead | Self::LocalRead => {
                Caller::Client
            }
            Self::Transfer | Self::ChangeMembership => Caller::Operator,
            _ => Caller::Node,
        }
    }

    /// Whether it brings what takes room, and can wait: entries, or a snapshot.
    pub const fn is_bulk(self) -> bool {
        matches!(self, Self::AppendEntries | Self::InstallSnapshot)
    }

    /// Its name, for people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::RequestVote => "RequestVote",
            Self::RequestVoteReply => "RequestVoteReply",
            Self::PreVote => "PreVote",
            Self::PreVoteReply => "PreVoteReply",
            Self::AppendEntries => "AppendEntries",
            Self::Heartbeat => "Heartbeat",
            Self::AppendEntriesReply => "AppendEntriesReply",
            Self::InstallSnapshot => "InstallSnapshot",
            Self::InstallSnapshotReply => "InstallSnapshotReply",
            Self::TimeoutNow => "TimeoutNow",
            Self::Contact => "Contact",
            Self::ContactReply => "ContactReply",
            Self::ReadIndex => "ReadIndex",
            Self::ReadIndexReply => "ReadIndexReply",
            Self::Propose => "Propose",
            Self::Register => "Register",
            Self::Read => "Read",
            Self::FollowerRead => "FollowerRead",
            Self::LocalRead => "LocalRead",
            Self::Transfer => "Transfer",
            Self::ChangeMembership => "ChangeMembership",
        }
    }
}
