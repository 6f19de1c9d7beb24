//! Whose majority counts: the members that entries of the logs name, as the nodes tell.
//!
//! A node goes by the latest entry of its log that names members, committed or not (Raft thesis, section 4.1). So what counts
//! for a node follows from its log, and from what was told of each such entry when it first joined one.

use super::cluster::{Node, Stored};
use crate::ids::{Index, NodeId, NodeSet, Term};
use crate::replica::Members;
use crate::trace::MembersPart;
use std::collections::BTreeMap;

/// The members that each entry names. There is one for each change of a run; none is forgotten.
#[derive(Clone, Debug)]
pub(super) struct NamedMembers {
    initial: Members,
    /// Whether all nodes are voters, so that as long as nothing is named counting all will do.
    all_vote: bool,
    named: BTreeMap<(Index, Term), Named>,
    /// What is told before the voters.
    told: Members,
}

#[derive(Clone, Copy, Debug)]
struct Named {
    members: Members,
    /// Whether the entry is committed: then it stands for what a log has cut off there.
    committed: bool,
}

impl NamedMembers {
    pub(super) fn new(nodes: u32, initial: Members) -> Self {
        let all_vote = initial == Members::of_voters((1..=nodes).map(NodeId));
        Self { initial, all_vote, named: BTreeMap::new(), told: Members::default() }
    }

    /// Whether every node is a voter, for every node.
    #[inline]
    pub(super) fn are_all(&self) -> bool {
        self.all_vote && self.named.is_empty()
    }

    /// A node tells of its members, part by part.
    pub(super) fn told(&mut self, node: &Node, part: MembersPart, index: Index, nodes: NodeSet) {
        match part {
            MembersPart::Learners => self.told.learners = nodes,
            MembersPart::Outgoing => self.told.outgoing = nodes,
            MembersPart::Voters => {
                let members = Members { voters: nodes, ..std::mem::take(&mut self.told) };
                if let Some(term) = node.memory.log.term_at(index).filter(|_| index > Index::ZERO) {
                    self.named.entry((index, term)).or_insert(Named { members, committed: false });
                }
            }
        }
    }

    /// An entry was committed for the first time.
    #[inline]
    pub(super) fn committed(&mut self, index: Index, term: Term) {
        if !self.named.is_empty()
            && let Some(named) = self.named.get_mut(&(index, term))
        {
            named.committed = true;
        }
    }

    /// The members in force for who has stored this.
    pub(super) fn in_force(&self, stored: &Stored) -> Members {
        let names = |(key, named): (&(Index, Term), &Named)| {
            let (index, term) = *key;
            let is_cut_off = index <= stored.log.base().max(stored.snapshot);
            let has = stored.log.term_at(index) == Some(term) || (is_cut_off && named.committed);
            has.then_some(named.members)
        };
        self.named.iter().rev().find_map(names).unwrap_or(self.initial)
    }
}
