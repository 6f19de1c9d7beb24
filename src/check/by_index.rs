//! A value for each index, in one dense run, of which the beginning can be forgotten.

use crate::ids::Index;
use std::collections::{BTreeMap, VecDeque};

/// Values by index. They come in the order of their indexes, nearly always, and lie in one run; what comes out of
/// order (an implementation gone wrong, or one that skips what a snapshot holds) is kept aside, so that a wild index
/// takes no room.
#[derive(Clone, Debug)]
pub(super) struct ByIndex<T> {
    /// So many indexes, from 1 on, have no value any more and get none.
    pruned: u64,
    /// The values of the indexes after those.
    run: VecDeque<T>,
    aside: BTreeMap<Index, T>,
}

impl<T> Default for ByIndex<T> {
    fn default() -> Self {
        Self { pruned: 0, run: VecDeque::new(), aside: BTreeMap::new() }
    }
}

impl<T> ByIndex<T> {
    /// The value of this index.
    #[inline]
    pub(super) fn get_mut(&mut self, index: Index) -> Option<&mut T> {
        let at = self.place(index)?;
        if at < self.run.len() {
            return self.run.get_mut(at);
        }
        self.aside_mut(index)
    }

    /// The value of this index.
    #[inline]
    pub(super) fn get(&self, index: Index) -> Option<&T> {
        let at = self.place(index)?;
        self.run.get(at).or_else(|| self.aside(index))
    }

    /// Sets the value of an index that has none. One that was forgotten stays so.
    #[inline]
    pub(super) fn insert(&mut self, index: Index, value: T) {
        match self.place(index) {
            None => {}
            Some(place) if place == self.run.len() => self.run.push_back(value),
            Some(_) => self.put_aside(index, value),
        }
    }

    // Apart, since what is rare takes no room in the cache where it is not in the way of what is not.

    #[cold]
    fn aside(&self, index: Index) -> Option<&T> {
        self.aside.get(&index)
    }

    #[cold]
    fn aside_mut(&mut self, index: Index) -> Option<&mut T> {
        self.aside.get_mut(&index)
    }

    #[cold]
    fn put_aside(&mut self, index: Index, value: T) {
        self.aside.insert(index, value);
    }

    /// Forgets the values of all indexes below this one.
    pub(super) fn prune(&mut self, below: Index) {
        let count = below.0.saturating_sub(self.pruned + 1).min(self.run.len() as u64);
        self.run.drain(..count as usize);
        self.pruned += count;
        self.aside = self.aside.split_off(&below);
    }

    /// Whether the value of this index was forgotten.
    #[inline]
    pub(super) fn is_pruned(&self, index: Index) -> bool {
        index.0 <= self.pruned
    }

    /// The highest index with a value; 0 if there is none.
    pub(super) fn last(&self) -> Index {
        let aside = self.aside.last_key_value().map_or(Index::ZERO, |(index, _)| *index);
        aside.max(Index(self.pruned + self.run.len() as u64))
    }

    #[inline]
    fn place(&self, index: Index) -> Option<usize> {
        usize::try_from(index.0.checked_sub(self.pruned + 1)?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_found_in_order_and_out_of_order() {
        let mut values = ByIndex::default();
        assert_eq!(values.last(), Index::ZERO);
        for (index, value) in [(1, 'a'), (2, 'b'), (u64::MAX, 'z'), (3, 'c')] {
            values.insert(Index(index), value);
        }
        assert_eq!(values.get(Index(0)), None);
        assert_eq!(values.get(Index(2)), Some(&'b'));
        assert_eq!(values.get_mut(Index(3)), Some(&mut 'c'));
        assert_eq!(values.get(Index(u64::MAX)), Some(&'z'));
        assert_eq!(values.get(Index(4)), None);
        assert_eq!(values.last(), Index(u64::MAX));
    }

    #[test]
    fn what_is_pruned_is_gone_and_the_rest_stays() {
        let mut values = ByIndex::default();
        for index in 1..=9 {
            values.insert(Index(index), index);
        }
        values.insert(Index(20), 20);
        values.prune(Index(5));
        values.prune(Index(3));
        assert_eq!((1..=4).filter_map(|index| values.get(Index(index))).next(), None);
        assert!((5..=9).all(|index| values.get(Index(index)) == Some(&index)));
        assert!(values.is_pruned(Index(4)) && !values.is_pruned(Index(5)));
        values.insert(Index(4), 4);
        assert_eq!(values.get(Index(4)), None, "it is not asked for again");
        values.insert(Index(10), 10);
        assert_eq!((values.get(Index(10)), values.get(Index(20))), (Some(&10), Some(&20)));
        assert_eq!(values.last(), Index(20));
        values.prune(Index(u64::MAX));
        assert_eq!(values.last(), Index(10), "what was last is known still, but for what lay aside");
    }
}
