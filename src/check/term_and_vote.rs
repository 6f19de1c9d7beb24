//! A term or vote that left a node in a frame is still there after a restart, and terms never go back.

use super::cluster::Node;
use super::finding::{Findings, Property};
use crate::ids::{NodeId, Term};
use crate::replica::HardState;
use crate::trace::Record;

/// What each node has told others of its term and vote. A node that lost its disk is not judged: it comes back blank
/// and has no say any more; a vote that it gave nevertheless shows as a second one.
#[derive(Clone, Debug)]
pub(super) struct TermAndVote {
    released: Vec<Released>,
}

/// The latest term that left a node, and the vote it released in that term.
#[derive(Clone, Copy, Debug, Default)]
struct Released {
    term: Term,
    vote: Option<NodeId>,
}

impl TermAndVote {
    pub(super) fn new(voters: usize) -> Self {
        Self { released: vec![Released::default(); voters] }
    }

    /// A frame left a node in this term.
    #[inline(always)]
    pub(super) fn sent(&mut self, node: NodeId, term: Term) {
        let released = &mut self.released[node.slot()];
        if term > released.term {
            *released = Released { term, vote: None };
        }
    }

    /// A frame that grants a vote left a node; [`Self::sent`] has seen it.
    pub(super) fn granted(&mut self, node: NodeId, term: Term, candidate: NodeId) {
        let released = &mut self.released[node.slot()];
        if term == released.term {
            released.vote = Some(candidate);
        }
    }

    /// A node restarts with what its disk holds.
    pub(super) fn booted(&self, node: NodeId, found: HardState, record: &Record, findings: &mut Findings) {
        findings.examined(Property::TermAndVote);
        let released = self.released[node.slot()];
        if found.term < released.term {
            findings.accuse(Property::TermAndVote, record, || {
                format!(
                    "{node} restarted in term {}, but had sent frames in term {}",
                    found.term, released.term
                )
            });
        } else if let Some(vote) = released.vote
            && found.term == released.term
            && found.vote != Some(vote)
        {
            let now = found.vote.map_or("no vote".into(), |vote| format!("a vote for {vote}"));
            findings.accuse(Property::TermAndVote, record, || {
                format!(
                    "{node} restarted with {now} in term {}, in which it had voted for {vote}",
                    found.term
                )
            });
        }
    }

    /// A running node shows this term.
    pub(super) fn shows(node: &Node, term: Term, record: &Record, findings: &mut Findings) {
        findings.examined(Property::TermAndVote);
        if term < node.term {
            findings.accuse(Property::TermAndVote, record, || {
                format!("the term of {} went back from {} to {term}", node.id, node.term)
            });
        }
    }
}
