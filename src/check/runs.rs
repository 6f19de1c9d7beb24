//! A log as runs of entries of one term.

use crate::ids::{Index, Term};

/// What is known of a log: which term each of its entries has. By log matching, which is checked on its own, index
/// and term name an entry and all before it, so this tells a log's whole content. Terms change rarely along a log,
/// and lookups are near its end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct TermRuns {
    /// The last entry that was cut off. Its term is known still: the first run begins with it, or before it.
    base: Index,
    /// The first index of each run and its term.
    starts: Vec<(Index, Term)>,
    last: Index,
}

impl TermRuns {
    /// The log that begins after this entry.
    pub(super) fn begun_after(base: Index, term: Term) -> Self {
        Self { base, starts: vec![(base, term)], last: base }
    }

    /// The last entry that was cut off; 0 if none was.
    pub(super) fn base(&self) -> Index {
        self.base
    }

    /// Cuts off the entries up to and with this one.
    pub(super) fn cut(&mut self, to: Index) {
        let runs = self.starts.partition_point(|(start, _)| *start <= to);
        self.starts.drain(..runs.saturating_sub(1));
        self.base = to;
    }

    /// The index of the last entry; 0 for an empty log.
    pub(super) fn last(&self) -> Index {
        self.last
    }

    /// The term of the entry at this index, if there is one.
    #[inline]
    pub(super) fn term_at(&self, index: Index) -> Option<Term> {
        if index > self.last || index < self.base {
            return None;
        }
        let (start, term) = *self.starts.last()?;
        if index >= start {
            return Some(term);
        }
        let runs = self.starts.partition_point(|(start, _)| *start <= index);
        Some(self.starts[runs.checked_sub(1)?].1)
    }

    /// Adds the entries from `first` to `last`, all of one term. Entries that are there already from `first` on are
    /// overwritten.
    #[inline]
    pub(super) fn append(&mut self, first: Index, last: Index, term: Term) {
        if first <= self.last {
            self.truncate(first);
        }
        if self.starts.last().is_none_or(|(_, latest)| *latest != term) {
            self.starts.push((first, term));
        }
        self.last = last;
    }

    /// Forgets the entry at `from` and all that follow.
    pub(super) fn truncate(&mut self, from: Index) {
        if from > self.last {
            return;
        }
        let runs = self.starts.partition_point(|(start, _)| *start < from);
        self.starts.truncate(runs);
        self.last = from.previous();
    }

    /// The same log without what is known of entries up to `index`.
    pub(super) fn after(&self, index: Index) -> Self {
        let runs = self.starts.partition_point(|(start, _)| *start <= index);
        Self { base: self.base, starts: self.starts[runs.saturating_sub(1)..].to_vec(), last: self.last }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_log_without_its_beginning_tells_the_same_terms_after_it() {
        let mut log = TermRuns::default();
        log.append(Index(1), Index(3), Term(1));
        log.append(Index(4), Index(4), Term(2));
        log.append(Index(5), Index(9), Term(7));
        for cut in 0..=10 {
            let rest = log.after(Index(cut));
            for index in cut + 1..=11 {
                assert_eq!(rest.term_at(Index(index)), log.term_at(Index(index)), "{index} after {cut}");
            }
        }
    }

    #[test]
    fn a_log_that_is_cut_knows_its_base_and_what_follows() {
        let mut whole = TermRuns::default();
        whole.append(Index(1), Index(3), Term(1));
        whole.append(Index(4), Index(6), Term(2));
        for cut in 1..=6 {
            let mut log = whole.clone();
            log.cut(Index(cut));
            log.append(Index(7), Index(8), Term(2));
            assert_eq!((log.base(), log.last()), (Index(cut), Index(8)));
            for index in 0..9 {
                let expected = whole.term_at(Index(index)).or((index > 6 && index < 9).then_some(Term(2)));
                assert_eq!(
                    log.term_at(Index(index)),
                    expected.filter(|_| index >= cut),
                    "{index} after {cut}"
                );
            }
        }
        let mut anew = TermRuns::begun_after(Index(7), Term(3));
        assert_eq!(
            (anew.term_at(Index(6)), anew.term_at(Index(7)), anew.last()),
            (None, Some(Term(3)), Index(7))
        );
        anew.append(Index(8), Index(8), Term(4));
        assert_eq!((anew.term_at(Index(7)), anew.term_at(Index(8))), (Some(Term(3)), Some(Term(4))));
    }

    proptest! {
        #[test]
        fn runs_tell_the_same_as_a_list_of_terms(
            steps in prop::collection::vec((any::<bool>(), 1_u64..6, 1_u64..4, 1_u64..4), 0..60)
        ) {
            let (mut runs, mut list) = (TermRuns::default(), Vec::<Term>::new());
            for (grows, back, count, term) in steps {
                if grows {
                    // Some appends overwrite.
                    let first = (list.len() as u64 + 1).saturating_sub(back - 1).max(1);
                    list.truncate(first as usize - 1);
                    list.extend(std::iter::repeat_n(Term(term), count as usize));
                    runs.append(Index(first), Index(first + count - 1), Term(term));
                } else {
                    let from = (list.len() as u64 + 2).saturating_sub(back).max(1);
                    list.truncate(from as usize - 1);
                    runs.truncate(Index(from));
                }
                prop_assert_eq!(runs.last(), Index(list.len() as u64));
                for index in 0..list.len() as u64 + 2 {
                    let expected = index.checked_sub(1).and_then(|at| list.get(at as usize)).copied();
                    prop_assert_eq!(runs.term_at(Index(index)), expected);
                }
            }
        }
    }
}
