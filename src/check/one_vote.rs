//! A node gives at most one vote in a term.

use super::finding::{Findings, Property};
use crate::ids::{NodeId, Term};
use crate::trace::Record;
use std::collections::BTreeMap;

/// The votes that counted: those that left their node in a frame, and a candidate's own once it is durable. A vote
/// that a crash took before either is as if it had never been given.
#[derive(Clone, Debug)]
pub(super) struct OneVote {
    /// By node: whom it voted for in each term, over all its lives.
    votes: Vec<BTreeMap<Term, NodeId>>,
}

impl OneVote {
    pub(super) fn new(voters: usize) -> Self {
        Self { votes: vec![BTreeMap::new(); voters] }
    }

    /// A node's vote counts from now on.
    pub(super) fn given(
        &mut self,
        voter: NodeId,
        term: Term,
        candidate: NodeId,
        record: &Record,
        findings: &mut Findings,
    ) {
        findings.examined(Property::OneVote);
        let earlier = *self.votes[voter.slot()].entry(term).or_insert(candidate);
        if earlier != candidate {
            findings.accuse(Property::OneVote, record, || {
                format!("{voter} voted for {candidate} in term {term}, in which it had voted for {earlier}")
            });
        }
    }
}
