//! What was committed in a term is in the log of the leader of every later term.

use super::cluster::Node;
use super::committed::CommittedChain;
use super::finding::{Findings, Property};
use super::runs::TermRuns;
use crate::ids::{Index, NodeId, Term};
use crate::trace::Record;
use std::collections::BTreeMap;

/// Looked at from both sides: at each election, whether the new leader's log has what was committed in earlier terms;
/// and at each commit, whether the leaders elected in later terms had it. A leader's log is judged as it was at its
/// election, and a node is never judged for being in the role of a leader: a deposed one may be so for long.
///
/// An entry is committed *in* the term of the node that takes it as committed first, which may be later than the
/// entry's own: an entry may be left over from a term in which it reached too few nodes (Raft paper, figure 8).
#[derive(Clone, Debug, Default)]
pub(super) struct LeaderCompleteness {
    /// The highest index committed in each term.
    committed_in: BTreeMap<Term, Index>,
    elections: BTreeMap<(Term, NodeId), TermRuns>,
    /// The latest term with a leader.
    latest: Term,
}

impl LeaderCompleteness {
    /// A node became leader of a term.
    pub(super) fn elected(
        &mut self,
        node: &Node,
        term: Term,
        chain: &CommittedChain,
        record: &Record,
        findings: &mut Findings,
    ) {
        self.latest = self.latest.max(term);
        // What is committed up to here is judged now; only what is committed from here on has to be remembered.
        self.elections.entry((term, node.id)).or_insert_with(|| node.memory.log.after(chain.last()));
        if let Some(index) = self.committed_before(term, chain)
            && let Some(entry) = chain.get(index)
        {
            findings.examined(Property::LeaderCompleteness);
            if !node.memory.holds(index, entry.term) {
                let has = has(node.memory.log.term_at(index));
                findings.accuse(Property::LeaderCompleteness, record, || {
                    format!(
                        "{} became leader of term {term} without entry {index} of term {}, committed in an \
                         earlier term; {has}",
                        node.id, entry.term
                    )
                });
            }
        }
    }

    /// This entry was committed for the first time, by a node in term `in_term`.
    #[inline(always)]
    pub(super) fn committed(
        &mut self,
        in_term: Term,
        (index, term): (Index, Term),
        record: &Record,
        findings: &mut Findings,
    ) {
        let highest = self.committed_in.entry(in_term).or_insert(index);
        *highest = index.max(*highest);
        if in_term < self.latest {
            self.later_leaders_had(in_term, (index, term), &record.apart(), findings);
        }
    }

    /// Those who were elected in later terms than that in which this entry was committed had it.
    #[cold]
    fn later_leaders_had(
        &self,
        in_term: Term,
        (index, term): (Index, Term),
        record: &Record,
        findings: &mut Findings,
    ) {
        for ((elected, leader), log) in self.elections.range((in_term.next(), NodeId(0))..) {
            findings.examined(Property::LeaderCompleteness);
            if log.term_at(index) != Some(term) {
                let has = has(log.term_at(index));
                findings.accuse(Property::LeaderCompleteness, record, || {
                    format!(
                        "entry {index} of term {term} was committed in term {in_term}, but {leader} had become \
                         leader of term {elected} without it; {has}"
                    )
                });
            }
        }
    }

    /// The highest index committed in a term before this one.
    fn committed_before(&self, term: Term, chain: &CommittedChain) -> Option<Index> {
        let (latest, _) = self.committed_in.last_key_value()?;
        if *latest < term {
            return Some(chain.last());
        }
        self.committed_in.range(..term).map(|(_, index)| *index).max()
    }
}

fn has(term: Option<Term>) -> String {
    term.map_or("its log is too short".into(), |term| format!("it had one of term {term} there"))
}
