//! The event queue: what happens next.
//!
//! Events come out by (time, class, order of insertion). The class is the caller's; at one instant the lower class
//! comes first. No two events compare equal, so the order never depends on the queue's inner workings.
//!
//! It is a calendar: most events lie a few milliseconds ahead and go, unsorted, into the bucket of their time; a bucket
//! is sorted when its turn comes. What lies beyond the calendar waits in a heap, and so does what is added to the open
//! bucket. So an event costs about the same however many there are, where a heap alone would cost more with each
//! doubling, and a burst at one instant costs no more than a heap.

use crate::time::Time;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// A bucket is 2^15 ns wide: 33 us.
const WIDTH_SHIFT: u32 = 15;
/// So many buckets cover 8.4 ms.
const BUCKETS: u64 = 256;
/// The class and sequence share a word, so that one comparison of 128 bits decides.
const CLASS_SHIFT: u32 = 60;

/// Events of type `E`, the earliest first.
///
/// - `current` holds, in order, the events that the bucket before `next_bucket` held when its turn came, of which those before
///   `taken` are gone; `late` those that were added to it, or to an earlier one, since.
/// - `buckets` hold the events of the `BUCKETS` buckets from `next_bucket` on, and `occupied` has a bit for each that
///   is not empty.
/// - `far` holds all later ones.
#[derive(Debug)]
pub struct Queue<E> {
    current: Vec<Entry<E>>,
    taken: usize,
    late: BinaryHeap<Reverse<Entry<E>>>,
    buckets: Vec<Vec<Entry<E>>>,
    occupied: [u64; BUCKETS as usize / 64],
    next_bucket: u64,
    far: BinaryHeap<Reverse<Entry<E>>>,
    len: usize,
    sequence: u64,
}

#[derive(Clone, Copy, Debug)]
struct Entry<E> {
    key: u128,
    event: E,
}

impl<E> Entry<E> {
    fn time(&self) -> Time {
        Time::from_nanos((self.key >> 64) as u64)
    }

    fn bucket(&self) -> u64 {
        (self.key >> (64 + WIDTH_SHIFT)) as u64
    }
}

impl<E> PartialEq for Entry<E> {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}
impl<E> Eq for Entry<E> {}
impl<E> PartialOrd for Entry<E> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl<E> Ord for Entry<E> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key.cmp(&other.key)
    }
}

impl<E> Default for Queue<E> {
    fn default() -> Self {
        Self {
            current: Vec::new(),
            taken: 0,
            late: BinaryHeap::new(),
            buckets: (0..BUCKETS).map(|_| Vec::new()).collect(),
            occupied: [0; BUCKETS as usize / 64],
            next_bucket: 0,
            far: BinaryHeap::new(),
            len: 0,
            sequence: 0,
        }
    }
}

impl<E: Copy> Queue<E> {
    /// Adds an event at `time`, of a class from 0 to 15.
    ///
    /// # Panics
    /// If the class is above 15.
    #[inline]
    pub fn push(&mut self, time: Time, class: u8, event: E) {
        assert!(class < 16, "a class fits four bits");
        self.sequence += 1;
        self.len += 1;
        let tie = u64::from(class) << CLASS_SHIFT | self.sequence;
        self.file(Entry { key: u128::from(time.nanos()) << 64 | u128::from(tie), event });
    }

    /// Puts an entry where its time belongs.
    #[inline]
    fn file(&mut self, entry: Entry<E>) {
        let bucket = entry.bucket();
        if bucket < self.next_bucket {
            self.late.push(Reverse(entry));
        } else if bucket - self.next_bucket < BUCKETS {
            let place = (bucket % BUCKETS) as usize;
            self.buckets[place].push(entry);
            self.occupied[place / 64] |= 1 << (place % 64);
        } else {
            self.far.push(Reverse(entry));
        }
    }

    /// Takes the earliest event if it comes before `end`.
    #[inline]
    pub fn pop_before(&mut self, end: Time) -> Option<(Time, E)> {
        let entry = match (self.current.get(self.taken), self.late.peek()) {
            (None, None) => {
                if !self.turn_page() {
                    return None;
                }
                self.take_current_before(end)?
            }
            (Some(first), Some(Reverse(late))) if late < first => self.pop_late_before(end)?,
            (None, Some(_)) => self.pop_late_before(end)?,
            _ => self.take_current_before(end)?,
        };
        self.len -= 1;
        Some((entry.time(), entry.event))
    }

    #[inline]
    fn take_current_before(&mut self, end: Time) -> Option<Entry<E>> {
        let entry = *self.current.get(self.taken).filter(|entry| entry.time() < end)?;
        self.taken += 1;
        Some(entry)
    }

    fn pop_late_before(&mut self, end: Time) -> Option<Entry<E>> {
        self.late.peek().filter(|Reverse(entry)| entry.time() < end)?;
        self.late.pop().map(|Reverse(entry)| entry)
    }

    /// Makes the next bucket that is not empty the current one. Whether there is one.
    fn turn_page(&mut self) -> bool {
        let near = self.next_occupied();
        let far = self.far.peek().map(|Reverse(entry)| entry.bucket());
        let Some(bucket) = near.into_iter().chain(far).min() else { return false };
        self.current.clear();
        self.taken = 0;
        if near == Some(bucket) {
            let place = (bucket % BUCKETS) as usize;
            std::mem::swap(&mut self.current, &mut self.buckets[place]);
            self.occupied[place / 64] &= !(1 << (place % 64));
        }
        self.next_bucket = bucket + 1;
        // What lay beyond the calendar may lie within it now; what is due in this bucket joins it.
        while let Some(Reverse(entry)) = self.far.peek()
            && entry.bucket() < self.next_bucket + BUCKETS
        {
            let Some(Reverse(entry)) = self.far.pop() else { unreachable!("it was there") };
            if entry.bucket() == bucket { self.current.push(entry) } else { self.file(entry) }
        }
        // Mostly they were added in order, and are left as they are.
        self.current.sort_unstable_by_key(|entry| entry.key);
        true
    }

    /// The first bucket of the calendar that is not empty.
    fn next_occupied(&self) -> Option<u64> {
        let start = (self.next_bucket % BUCKETS) as usize;
        let (word, bit) = (start / 64, start % 64);
        let words = self.occupied.len();
        // The word with the start is looked at twice: first from the start on, at last before it.
        for step in 0..=words {
            let at = (word + step) % words;
            let mask = match step {
                0 => !0 << bit,
                step if step == words => !(!0 << bit),
                _ => !0,
            };
            let found = self.occupied[at] & mask;
            if found != 0 {
                let place = (at * 64) as u64 + u64::from(found.trailing_zeros());
                let ahead = (place + BUCKETS - start as u64) % BUCKETS;
                return Some(self.next_bucket + ahead);
            }
        }
        None
    }

    /// How many events wait.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether no event waits.
    pub fn is_empty(&self) -> bool {
        self.len == 0
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

    /// What is quadratic in this would take minutes.
    #[test]
    fn a_burst_at_one_instant_is_no_trouble() {
        const MANY: u64 = 300_000;
        let mut queue = Queue::default();
        queue.push(Time::from_nanos(7), 0, 0);
        assert_eq!(queue.pop_before(Time::from_nanos(8)), Some((Time::from_nanos(7), 0)));
        for number in 1..=MANY {
            queue.push(Time::from_nanos(7), (number % 2) as u8, number);
        }
        let popped: Vec<u64> =
            std::iter::from_fn(|| queue.pop_before(Time::from_nanos(8)).map(|(_, n)| n)).collect();
        assert!(popped.iter().copied().eq((2..=MANY).step_by(2).chain((1..=MANY).step_by(2))));
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
        /// Pushes and pops in turn, over times far and near, against a plain sorted list.
        #[test]
        fn it_agrees_with_a_sorted_list(
            steps in proptest::collection::vec(
                (proptest::option::weighted(0.6, (0_u32..7, 0_u64..1_000_000, 0_u8..16)), 0_u64..40), 0..400),
        ) {
            let (mut queue, mut list, mut now) = (Queue::default(), Vec::new(), 0);
            for (number, (push, ahead)) in (0_u64..).zip(steps) {
                match push {
                    Some((magnitude, after, class)) => {
                        let time = now + after % 10_u64.pow(magnitude) * 50;
                        queue.push(Time::from_nanos(time), class, number);
                        list.push((time, class, number));
                        list.sort_unstable();
                    }
                    None => {
                        let end = now + (1 << ahead) / 2;
                        let expected = list.first().copied().filter(|(time, ..)| *time < end);
                        let popped = queue.pop_before(Time::from_nanos(end));
                        proptest::prop_assert_eq!(
                            popped.map(|(time, number)| (time.nanos(), number)),
                            expected.map(|(time, _, number)| (time, number))
                        );
                        match expected {
                            Some((time, ..)) => {
                                now = time;
                                list.remove(0);
                            }
                            None => now = end.min(list.first().map_or(end, |(time, ..)| *time)),
                        }
                    }
                }
                proptest::prop_assert_eq!(queue.len(), list.len());
            }
        }

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
