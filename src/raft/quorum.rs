//! The arithmetic of majorities, pure: how many are enough, who voted, and up to where a majority's logs agree.

use crate::ids::{Index, NodeId, NodeSet};
use crate::replica::Members;
use std::collections::VecDeque;

/// How many of `voters` are a majority.
pub(super) const fn majority(voters: usize) -> usize {
    voters / 2 + 1
}

/// What a majority of the voters has reached, of the index or time that each has reached; none if there are no voters.
pub(super) fn reached_by_majority<T: Ord + Copy>(of_voters: &mut [T]) -> Option<T> {
    if of_voters.is_empty() {
        return None;
    }
    let place = majority(of_voters.len()) - 1;
    Some(*of_voters.select_nth_unstable_by(place, |one, other| other.cmp(one)).1)
}

/// The votes that a candidate got. A vote that arrives twice counts once, and one of a server that has no say not at all.
#[derive(Debug, Default)]
pub(super) struct Votes {
    granted: NodeSet,
}

impl Votes {
    /// Starts an election.
    pub(super) fn reset(&mut self) {
        self.granted = NodeSet::EMPTY;
    }

    /// Counts the vote of this member.
    pub(super) fn grant(&mut self, voter: NodeId) {
        self.granted.insert(voter);
    }

    /// Whether a majority of the voters has granted its vote, and in a joint configuration one of the outgoing voters.
    pub(super) fn won(&self, members: &Members) -> bool {
        members.is_quorum(self.granted)
    }
}

/// The highest index that a majority has reached, by counters rather than by sorting.
///
/// For each index above the answer it holds how many voters have reached *exactly* that one, and, in one sum, how many
/// have reached any of them. Once that sum is a majority, the next index is the answer, and its own counter leaves the
/// sum. So an acknowledgement costs two counters, and an index is passed once, however many voters there are.
///
/// Invariants:
/// - `beyond` is the sum of the counters.
/// - `beyond` is less than a majority.
#[derive(Debug, Default)]
pub(super) struct Tally {
    majority: usize,
    reached: Index,
    exactly: VecDeque<u32>,
    beyond: usize,
}

impl Tally {
    /// Starts to count among so many voters, none of which counts as beyond `reached` yet.
    pub(super) fn reset(&mut self, voters: usize, reached: Index) {
        self.majority = majority(voters);
        self.reached = reached;
        self.exactly.clear();
        self.beyond = 0;
    }

    /// One voter, counted at `old` until now, has reached `new`. Returns what a majority has reached.
    ///
    /// # Panics
    /// If `new` is below `old`: what a voter has it keeps.
    #[inline]
    pub(super) fn advance(&mut self, old: Index, new: Index) -> Index {
        assert!(old <= new, "a match index only rises");
        if new > self.reached && new > old {
            if old > self.reached {
                let place = (old.0 - self.reached.0 - 1) as usize;
                self.exactly[place] -= 1;
                self.beyond -= 1;
            }
            let place = (new.0 - self.reached.0 - 1) as usize;
            while place >= self.exactly.len() {
                self.exactly.push_back(0);
            }
            self.exactly[place] += 1;
            self.beyond += 1;
            while self.beyond >= self.majority {
                self.reached = self.reached.next();
                self.beyond -= self.exactly.pop_front().expect("someone is beyond") as usize;
            }
        }
        self.reached
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_majority_is_more_than_half_and_two_always_overlap() {
        for (voters, needed) in [(1, 1), (2, 2), (3, 2), (4, 3), (5, 3), (6, 4), (7, 4), (101, 51)] {
            assert_eq!(majority(voters), needed);
            assert!(2 * needed > voters, "two majorities of {voters} overlap");
        }
    }

    #[test]
    fn a_vote_counts_once_however_often_it_comes() {
        let members: Members = (1..=5).map(NodeId).collect();
        let mut votes = Votes::default();
        for _ in 0..3 {
            votes.grant(NodeId(1));
            votes.grant(NodeId(5));
            votes.grant(NodeId(6));
            assert!(!votes.won(&members), "n6 has no say");
        }
        votes.grant(NodeId(3));
        assert!(votes.won(&members));
        votes.reset();
        assert!(!votes.won(&members));
    }

    #[test]
    fn nobody_means_no_majority() {
        assert!(!Votes::default().won(&Members::default()));
        assert_eq!(reached_by_majority::<Index>(&mut []), None);
    }

    proptest! {
        #[test]
        fn the_tally_agrees_with_sorting(
            voters in 1_usize..10, start in 0_u64..4, acks in proptest::collection::vec((0_usize..10, 0_u64..30), 0..80),
        ) {
            let mut tally = Tally::default();
            tally.reset(voters, Index(start));
            let mut matched = vec![Index::ZERO; voters];
            for (voter, index) in acks {
                let voter = voter % voters;
                let new = matched[voter].max(Index(index));
                let answer = tally.advance(matched[voter], new);
                matched[voter] = new;
                let mut sorted = matched.clone();
                sorted.sort();
                prop_assert_eq!(answer, sorted[voters - majority(voters)].max(Index(start)));
                prop_assert_eq!(reached_by_majority(&mut matched.clone()), Some(sorted[voters - majority(voters)]));
                prop_assert_eq!(tally.beyond, tally.exactly.iter().sum::<u32>() as usize);
                prop_assert!(tally.beyond < tally.majority);
            }
        }
    }
}
