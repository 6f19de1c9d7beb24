//! The event queue: what happens next.
//!
//! Events come out by (time, class, order of insertion). The class is the caller's; at one instant the lower class
//! comes first. No two events compare equal, so the order never depends on the heap's inner workings.

use crate::time::Time;
use std::cmp::Ordering;
use std::collections::BinaryHeap;

/// Events of type `E`, the earliest first.
#[derive(Debug)]
pub struct Queue<E> {
    heap: BinaryHeap<Entry<E>>,
    sequence: u64,
}

/// The class and sequence share a word, so that one comparison of 128 bits decides.
const CLASS_SHIFT: u32 = 60;

#[derive(Debug)]
struct Entry<E> {
    key: u128,
    event: E,
}

impl<E> PartialEq for Entry<E> {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}
impl<E> Eq for Entry<E> {}
impl<E> PartialOrd for Entry<E> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl<E> Ord for Entry<E> {
    /// Reversed: the heap gives the greatest first, and the earliest has to be that.
    fn cmp(&self, other: &Self) -> Ordering {
        other.key.cmp(&self.key)
    }
}

impl<E> Default for Queue<E> {
    fn default() -> Self {
        Self { heap: BinaryHeap::new(), sequence: 0 }
    }
}

impl<E: Copy> Queue<E> {
    /// Adds an event at `time`, of a class from 0 to 15.
    ///
    /// # Panics
    /// If the class is above 15.
    pub fn push(&mut self, time: Time, class: u8, event: E) {
        assert!(class < 16, "a class fits four bits");
        self.sequence += 1;
        let tie = u64::from(class) << CLASS_SHIFT | self.sequence;
        self.heap.push(Entry { key: u128::from(time.nanos()) << 64 | u128::from(tie), event });
    }

    /// Takes the earliest event if it comes before `end`.
    pub fn pop_before(&mut self, end: Time) -> Option<(Time, E)> {
        let time = Time::from_nanos((self.heap.peek()?.key >> 64) as u64);
        if time >= end {
            return None;
        }
        self.heap.pop().map(|entry| (time, entry.event))
    }

    /// How many events wait.
    pub fn len(&self) -> usize {
        self.heap.len()
    }

    /// Whether no event waits.
    pub fn is_empty(&self) -> bool {
        self.heap.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_come_by_time_class_and_insertion() {
        let mut queue = Queue::default();
        let at = Time::from_nanos;
        queue.push(at(2), 0, "later");
        queue.push(at(1), 3, "second class, first in");
        queue.push(at(1), 3, "second class, second in");
        queue.push(at(1), 0, "first class");
        let mut order = Vec::new();
        while let Some((time, event)) = queue.pop_before(at(3)) {
            order.push((time.nanos(), event));
        }
        let expected =
            [(1, "first class"), (1, "second class, first in"), (1, "second class, second in"), (2, "later")];
        assert_eq!(order, expected);
    }

    #[test]
    fn the_end_is_not_before_itself() {
        let mut queue = Queue::default();
        queue.push(Time::from_nanos(5), 0, ());
        assert_eq!(queue.pop_before(Time::from_nanos(5)), None);
        assert_eq!(queue.len(), 1);
        assert!(queue.pop_before(Time::from_nanos(6)).is_some());
        assert!(queue.is_empty());
    }

    proptest::proptest! {
        #[test]
        fn it_agrees_with_a_stable_sort(events in proptest::collection::vec((0_u64..50, 0_u8..16), 0..200)) {
            let mut queue = Queue::default();
            for (number, &(time, class)) in events.iter().enumerate() {
                queue.push(Time::from_nanos(time), class, number);
            }
            let mut sorted: Vec<usize> = (0..events.len()).collect();
            sorted.sort_by_key(|&number| events[number]);
            let popped: Vec<usize> =
                std::iter::from_fn(|| queue.pop_before(Time::from_nanos(50)).map(|(_, n)| n)).collect();
            proptest::prop_assert_eq!(popped, sorted);
        }
    }
}
