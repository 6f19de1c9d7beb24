//! Ballots as terms.
//!
//! A ballot is a number and a node, in this order; of two nodes that take the same number the one with the higher id
//! outranks the other. Terms are in the same order: the number times a thousand, and the node.

use crate::ids::{NodeId, Term};
use omnipaxos::ballot_leader_election::Ballot;

/// What a ballot's number is multiplied by; more than there can be nodes.
const STRIDE: u64 = 1_000;

/// The one configuration that there is.
pub(super) const CONFIGURATION: u32 = 1;

/// The term of a ballot; 0 if it is none.
pub(super) fn term(ballot: &Ballot) -> Term {
    Term(u64::from(ballot.n).saturating_mul(STRIDE).saturating_add(ballot.pid))
}

/// The ballot of a term: that of nobody for 0. None if no ballot has this term.
pub(super) fn ballot(term: Term) -> Option<Ballot> {
    if term == Term::ZERO {
        return Some(Ballot::default());
    }
    let number = u32::try_from(term.0 / STRIDE).ok()?;
    Some(Ballot::with(CONFIGURATION, number, 0, term.0 % STRIDE))
}

/// The node of a ballot; none if it is nobody's.
pub(super) fn node(ballot: &Ballot) -> Option<NodeId> {
    u32::try_from(ballot.pid).ok().filter(|id| *id > 0).map(NodeId)
}

/// Whether it is one that a node of this cluster can have named: nobody's, or one without a priority of its own.
pub(super) fn is_sound(it: &Ballot) -> bool {
    ballot(term(it)).is_some_and(|read| read == *it)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_are_in_the_order_of_ballots() {
        let of = |n, pid| Ballot::with(CONFIGURATION, n, 0, pid);
        assert_eq!(term(&of(3, 2)), Term(3002));
        let ballots = [Ballot::default(), of(0, 7), of(1, 1), of(1, 5), of(2, 1), of(u32::MAX, 255)];
        for pair in ballots.windows(2) {
            assert!(pair[0] < pair[1] && term(&pair[0]) < term(&pair[1]), "{pair:?}");
        }
        assert!(ballots.iter().all(|it| ballot(term(it)) == Some(*it) && is_sound(it)));
        assert_eq!(ballot(Term(u64::MAX)), None);
        assert!(!is_sound(&Ballot::with(2, 3, 0, 2)) && !is_sound(&Ballot::with(1, 3, 1, 2)));
        assert!(!is_sound(&Ballot::with(CONFIGURATION, 3, 0, 1_002)), "the node is part of the number");
    }
}
