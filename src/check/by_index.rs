//! A value for each index, in one dense run.

use crate::ids::Index;
use std::collections::{BTreeMap, VecDeque};

/// Values by index. They come in the order of their indexes, nearly always, and lie in one run; what comes out of
/// order (an implementation gone wrong, or one that skips what a snapshot holds) is kept aside, so that a wild index
/// takes no room.
#[derive(Clone, Debug)]
pub(super) struct ByIndex<T> {
    /// The values of the indexes from 1 on.
    run: VecDeque<T>,
    aside: BTreeMap<Index, T>,
}

impl<T> Default for ByIndex<T> {
    fn default() -> Self {
        Self { run: VecDeque::new(), aside: BTreeMap::new() }
    }
}

impl<T> ByIndex<T> {
    /// The value of this index.
    #[inline]
    pub(super) fn get_mut(&mut self, index: Index) -> Option<&mut T> {
        let at = Self::place(index)?;
        if at < self.run.len() {
            return self.run.get_mut(at);
        }
        self.aside.get_mut(&index)
    }

    /// The value of this index.
    #[inline]
    pub(super) fn get(&self, index: Index) -> Option<&T> {
        let at = Self::place(index)?;
        self.run.get(at).or_else(|| self.aside.get(&index))
    }

    /// Sets the value of an index that has none.
    #[inline]
    pub(super) fn insert(&mut self, index: Index, value: T) {
        if Self::place(index) == Some(self.run.len()) {
            self.run.push_back(value);
        } else {
            self.aside.insert(index, value);
        }
    }

    /// The highest index with a value; 0 if there is none.
    pub(super) fn last(&self) -> Index {
        let aside = self.aside.last_key_value().map_or(Index::ZERO, |(index, _)| *index);
        aside.max(Index(self.run.len() as u64))
    }

    fn place(index: Index) -> Option<usize> {
        usize::try_from(index.0.checked_sub(1)?).ok()
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
}
