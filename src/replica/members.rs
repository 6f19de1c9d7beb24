//! Who belongs to the cluster, and how that is changed (Raft thesis, chapter 4).

use crate::ids::{Index, NodeId, NodeSet};
use serde::Serialize;

/// The members of a cluster.
///
/// In bytes, as in an entry of the log: three runs, of the voters, of the outgoing voters and of the learners, each as
/// `count: u8 | ids, u32 each`, little-endian and rising.
///
/// Invariants:
/// - There is a voter.
/// - No learner is a voter, or an outgoing one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Members {
    /// Whose majority elects and commits.
    pub voters: NodeSet,
    /// The voters before, whose majority is needed as well: in a joint configuration (4.3); else nobody.
    pub outgoing: NodeSet,
    /// Who gets the log without having a say (4.2.1).
    pub learners: NodeSet,
}

impl Members {
    /// Voters, and nobody else.
    pub fn of_voters(voters: impl IntoIterator<Item = NodeId>) -> Self {
        Self { voters: voters.into_iter().collect(), ..Self::default() }
    }

    /// Whether two majorities are needed (4.3).
    pub fn is_joint(&self) -> bool {
        !self.outgoing.is_empty()
    }

    /// Whether this node is a voter and not on its way out.
    pub fn voters_hold(&self, node: NodeId) -> bool {
        holds(self.voters, node)
    }

    /// Whether this node has a say, in the old configuration or the new one.
    pub fn votes(&self, node: NodeId) -> bool {
        holds(self.voters, node) || holds(self.outgoing, node)
    }

    /// Whether this node is a learner.
    pub fn learns(&self, node: NodeId) -> bool {
        holds(self.learners, node)
    }

    /// Whether this node gets the log.
    pub fn contains(&self, node: NodeId) -> bool {
        self.votes(node) || self.learns(node)
    }

    /// All of them.
    pub fn all(&self) -> NodeSet {
        self.voters.union(self.outgoing).union(self.learners)
    }

    /// Whether these nodes are enough to elect or to commit: a majority of the voters, and in a joint configuration one of
    /// the outgoing voters, too.
    #[inline]
    pub fn is_quorum(&self, nodes: NodeSet) -> bool {
        let majority = |of: NodeSet| of.intersection(nodes).len() > of.len() / 2;
        majority(self.voters) && (self.outgoing.is_empty() || majority(self.outgoing))
    }

    /// Appends them in bytes.
    pub fn encode(&self, buffer: &mut Vec<u8>) {
        for set in [self.voters, self.outgoing, self.learners] {
            buffer.push(u8::try_from(set.len()).expect("a set has at most 255 nodes"));
            for node in set.iter() {
                buffer.extend_from_slice(&node.0.to_le_bytes());
            }
        }
    }

    /// Reads them; `None` unless the bytes are members to the last one, in the one form in which they are written. Any
    /// bytes may come: never panics and never allocates.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let (voters, rest) = decode_set(bytes)?;
        let (outgoing, rest) = decode_set(rest)?;
        let (learners, rest) = decode_set(rest)?;
        let apart = voters.union(outgoing).intersection(learners).is_empty();
        let valid = rest.is_empty() && apart && !voters.is_empty();
        valid.then_some(Self { voters, outgoing, learners })
    }
}

/// Whether the node is one of the set; any number may come from a frame.
fn holds(set: NodeSet, node: NodeId) -> bool {
    node.0 <= 255 && set.contains(node)
}

fn decode_set(bytes: &[u8]) -> Option<(NodeSet, &[u8])> {
    let (count, rest) = bytes.split_first()?;
    let (ids, rest) = rest.split_at_checked(4 * usize::from(*count))?;
    let mut set = NodeSet::EMPTY;
    let mut last = 0;
    for id in ids.as_chunks::<4>().0 {
        let id = u32::from_le_bytes(*id);
        if id <= last || id > 255 {
            return None;
        }
        set.insert(NodeId(id));
        last = id;
    }
    Some((set, rest))
}

impl FromIterator<NodeId> for Members {
    fn from_iter<I: IntoIterator<Item = NodeId>>(voters: I) -> Self {
        Self::of_voters(voters)
    }
}

/// The members that an entry of the log names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Membership {
    /// The entry; 0 for the members before time 0.
    pub index: Index,
    /// The members.
    pub members: Members,
}

impl Membership {
    /// The members before time 0.
    pub const fn initial(members: Members) -> Self {
        Self { index: Index::ZERO, members }
    }

    /// Appends it as it stands in a snapshot: `index: u64 | members`, and nothing for the initial one, which every disk has.
    pub fn encode(&self, buffer: &mut Vec<u8>) {
        if self.index > Index::ZERO {
            buffer.extend_from_slice(&self.index.0.to_le_bytes());
            self.members.encode(buffer);
        }
    }

    /// Reads what stands in a snapshot. The outer `None`: the bytes are nothing of the kind; the inner one: it is the
    /// initial membership. Never panics and never allocates.
    pub fn decode(bytes: &[u8]) -> Option<Option<Self>> {
        if bytes.is_empty() {
            return Some(None);
        }
        let (index, members) = bytes.split_first_chunk()?;
        let index = Index(u64::from_le_bytes(*index));
        let members = Members::decode(members)?;
        (index > Index::ZERO).then_some(Some(Self { index, members }))
    }
}

/// How members are changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Changes {
    /// One voter at a time (Raft thesis, 4.1): a voter is replaced by adding the new one and then removing the old one.
    Single,
    /// Two voters at once go through a joint configuration (4.3); one goes by itself.
    #[default]
    Joint,
}

/// What an operator asks of a leader.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// A node is to get the log, without a say.
    AddLearner(NodeId),
    /// A learner is to become a voter, once it has caught up.
    Promote(NodeId),
    /// A voter or a learner is to go.
    Remove(NodeId),
    /// A voter is to go, and another node to take its place.
    Replace {
        /// The voter.
        old: NodeId,
        /// The node that becomes one; a learner or no member yet.
        new: NodeId,
    },
}

/// How far a change has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeStep {
    /// The leader has begun with it.
    Begun,
    /// The node that is to vote has caught up, in so many rounds (4.2.1).
    CaughtUp {
        /// The rounds.
        rounds: u32,
    },
    /// Its last entry is committed.
    Done,
    /// The leader gives it up.
    Aborted(Abort),
    /// It was not begun.
    Refused(NoChange),
}

/// Why a change was given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Abort {
    /// The new node did not catch up in ten rounds (4.2.1).
    TooSlow,
    /// The new node has not answered for long.
    Silent,
    /// The leader leads no more. The change may still come about, if its entry is in a log.
    Deposed,
    /// What it asks for is no longer possible.
    Overtaken,
}

/// Why a change was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum NoChange {
    /// The server does not lead.
    NotLeader,
    /// The server is down or does not run.
    Down,
    /// Another change is open: the last one is not committed, or is not through (4.1).
    AnotherOpen,
    /// No entry of the leader's own term is committed yet (the mistake of 2015).
    NoOwnCommit,
    /// The leader hands over.
    HandingOver,
    /// There is no such node.
    Unknown,
    /// The node is a member already.
    IsMember,
    /// The node is no member.
    NoMember,
    /// The node is no learner, but a voter.
    NoLearner,
    /// The node is no voter.
    NoVoter,
    /// No voter would be left.
    NobodyLeft,
    /// Of the voters that would be left, too few have answered of late to make a quorum.
    NoQuorum,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn set(ids: &[u32]) -> NodeSet {
        ids.iter().map(|id| NodeId(*id)).collect()
    }

    #[test]
    fn members_read_back_as_written_and_nothing_else_is_read() {
        let members = Members { voters: set(&[1, 2, 255]), outgoing: set(&[1, 2, 3]), learners: set(&[9]) };
        let mut bytes = Vec::new();
        members.encode(&mut bytes);
        assert_eq!(Members::decode(&bytes), Some(members));
        for cut in 0..bytes.len() {
            assert_eq!(Members::decode(&bytes[..cut]), None, "cut at {cut}");
        }
        bytes.push(0);
        assert_eq!(Members::decode(&bytes), None, "more than members");
        assert_eq!(Members::decode(&[0, 0, 0]), None, "nobody votes");
        assert_eq!(Members::decode(&[1, 0, 0, 0, 0, 0, 0]), None, "nodes count from 1");
        assert_eq!(Members::decode(&[1, 0, 1, 0, 0, 0, 0]), None, "and end at 255");
        assert_eq!(Members::decode(&[1, 7, 0, 0, 0, 0, 1, 7, 0, 0, 0]), None, "a voter is no learner");
        assert_eq!(Members::decode(&[2, 7, 0, 0, 0, 7, 0, 0, 0, 0, 0]), None, "twice");
    }

    #[test]
    fn a_joint_quorum_is_two_majorities() {
        let joint = Members { voters: set(&[1, 2, 4]), outgoing: set(&[1, 2, 3]), learners: set(&[5]) };
        for (nodes, enough) in [
            (&[1, 2][..], true),
            (&[1, 4], false),
            (&[1, 3], false),
            (&[1, 3, 4], true),
            (&[1, 4, 5], false),
            (&[], false),
        ] {
            assert_eq!(joint.is_quorum(set(nodes)), enough, "{nodes:?}");
        }
        assert!(!Members::default().is_quorum(set(&[1])), "nobody is no majority of nobody");
    }

    proptest! {
        #[test]
        fn garbage_is_no_panic(bytes: Vec<u8>) {
            let _ = Members::decode(&bytes);
            let _ = Membership::decode(&bytes);
        }
    }
}
