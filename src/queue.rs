//! The event queue: what happens next.
//!
//! Events come out by (time, class, order of insertion). The class is the caller's; at one instant the lower class
//! comes first. No two events compare equal, so the order never depends on the queue's inner workings.
//!
//! It is a calendar of pages: most events lie a few milliseconds ahead and go, unsorted, to the moment of their time; a moment
//! is sorted when its turn comes. Those on later pages wait, unsorted as well, until their page is turned to. What lies beyond the
//! last page waits in a heap, and so does what is added to the open moment. So an event costs about the same however many
//! there are, where a heap alone would cost more with each doubling, and a burst at one instant costs no more than a heap.

use crate::time::Time;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// A moment is 2^15 ns long: 33 us.
const MOMENT_SHIFT: u32 = 15;
/// A page has 2^11 moments: 67 ms.
const PAGE_SHIFT: u32 = 11;
/// So many moments has a page, and so many pages, with the open one, the calendar: 2 minutes.
const PLACES: u64 = 1 << PAGE_SHIFT;
/// So many words have a bit for each place.
const WORDS: usize = PLACES as usize / 64;
/// The class and sequence share a word, so that one comparison of 128 bits decides.
const CLASS_SHIFT: u32 = 60;

/// Events of type `E`, the earliest first.
///
/// - `current` holds, in order, the events that the moment before `next_moment` held when its turn came, of which those before
///   `taken` are gone; `late` those that were added to it, or to an earlier one, since.
/// - `moments` holds those of the open page from `next_moment` on, `pages` those of the pages after it, and `far` all later ones.
#[derive(Debug)]
pub struct Queue<E> {
    current: Vec<Entry<E>>,
    taken: usize,
    late: BinaryHeap<Reverse<Entry<E>>>,
    next_moment: u64,
    page: u64,
    moments: Places,
    pages: Places,
    files: Files<E>,
    far: BinaryHeap<Reverse<Entry<E>>>,
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

    fn moment(&self) -> u64 {
        (self.key >> (64 + MOMENT_SHIFT)) as u64
    }

    fn page(&self) -> u64 {
        self.moment() >> PAGE_SHIFT
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

/// A ring of places, of which some have a file.
#[derive(Debug)]
struct Places {
    /// Beside the queue rather than in it, since whoever has it is moved.
    files: Box<[Option<FileId>; PLACES as usize]>,
    /// A bit for each place that has one.
    occupied: [u64; WORDS],
    /// A bit for each of those words that has any.
    words: u64,
}

/// Which of the files.
type FileId = std::num::NonZeroU32;

impl Default for Places {
    fn default() -> Self {
        Self { files: Box::new([None; PLACES as usize]), occupied: [0; WORDS], words: 0 }
    }
}

impl Places {
    /// How far it is from this place, around the ring, to the first one that has a file.
    #[inline]
    fn ahead(&self, start: u64) -> Option<u64> {
        let start = start % PLACES;
        let (word, bit) = ((start / 64) as usize, start % 64);
        let here = self.occupied[word] & !0 << bit;
        let (word, found) = if here != 0 {
            (word, here)
        } else {
            // Around the ring the word with the start comes last once more, for the places before it.
            let later = self.words & (!1 << word);
            let first = if later != 0 { later } else { self.words };
            let word = first.trailing_zeros() as usize;
            (word, *self.occupied.get(word)?)
        };
        let place = word as u64 * 64 + u64::from(found.trailing_zeros());
        Some((place + PLACES - start) % PLACES)
    }

    /// Puts a file into a place that has none.
    fn put(&mut self, place: usize, file: FileId) {
        self.files[place] = Some(file);
        self.occupied[place / 64] |= 1 << (place % 64);
        self.words |= 1 << (place / 64);
    }

    /// Takes the file that is in this place.
    fn take(&mut self, place: u64) -> Option<FileId> {
        let place = (place % PLACES) as usize;
        let word = &mut self.occupied[place / 64];
        *word &= !(1 << (place % 64));
        if *word == 0 {
            self.words &= !(1 << (place / 64));
        }
        self.files[place].take()
    }
}

/// The entries of all places, in files of one place each, in the order in which they were added. Files are used again, the one
/// that was emptied last first: it is in the cache still.
#[derive(Debug)]
struct Files<E> {
    files: Vec<Vec<Entry<E>>>,
    empty: Vec<FileId>,
}

impl<E: Copy> Files<E> {
    #[inline]
    fn add(&mut self, entry: Entry<E>, places: &mut Places, place: u64) {
        let place = (place % PLACES) as usize;
        let file = places.files[place].unwrap_or_else(|| self.begin(places, place));
        self.get_mut(file).push(entry);
    }

    /// A file for a place that has none.
    #[inline]
    fn begin(&mut self, places: &mut Places, place: usize) -> FileId {
        let file = self.empty.pop().unwrap_or_else(|| self.grow());
        places.put(place, file);
        file
    }

    #[cold]
    fn grow(&mut self) -> FileId {
        self.files.push(Vec::new());
        FileId::new(self.files.len() as u32).expect("as many files as places at most")
    }

    #[inline]
    fn get_mut(&mut self, file: FileId) -> &mut Vec<Entry<E>> {
        &mut self.files[file.get() as usize - 1]
    }
}

impl<E> Default for Queue<E> {
    fn default() -> Self {
        Self {
            current: Vec::new(),
            taken: 0,
            late: BinaryHeap::new(),
            next_moment: 0,
            page: 0,
            moments: Places::default(),
            pages: Places::default(),
            files: Files { files: Vec::new(), empty: Vec::new() },
            far: BinaryHeap::new(),
            sequence: 0,
        }
    }
}

impl<E: Copy> Queue<E> {
    /// Adds an event at `time`, of a class from 0 to 15.
    ///
    /// # Panics
    /// If the class is above 15.
    #[inline(always)]
    pub fn push(&mut self, time: Time, class: u8, event: E) {
        assert!(class < 16, "a class fits four bits");
        self.sequence += 1;
        let tie = u64::from(class) << CLASS_SHIFT | self.sequence;
        self.file(Entry { key: u128::from(time.nanos()) << 64 | u128::from(tie), event });
    }

    /// Puts an entry where its time belongs.
    #[inline(always)]
    fn file(&mut self, entry: Entry<E>) {
        let moment = entry.moment();
        if moment >= self.next_moment && moment >> PAGE_SHIFT == self.page {
            self.files.add(entry, &mut self.moments, moment);
        } else {
            self.file_elsewhere(entry);
        }
    }

    #[inline(never)]
    fn file_elsewhere(&mut self, entry: Entry<E>) {
        let page = entry.page();
        if entry.moment() < self.next_moment {
            self.late.push(Reverse(entry));
        } else if page - self.page < PLACES {
            self.files.add(entry, &mut self.pages, page);
        } else {
            self.far.push(Reverse(entry));
        }
    }

    /// Takes the earliest event if it comes before `end`.
    #[inline(always)]
    pub fn pop_before(&mut self, end: Time) -> Option<(Time, E)> {
        if self.late.is_empty()
            && let Some(first) = self.current.get(self.taken)
        {
            let (time, event) = (first.time(), first.event);
            if time >= end {
                return None;
            }
            self.taken += 1;
            return Some((time, event));
        }
        self.pop_late_or_open(end)
    }

    #[inline(never)]
    fn pop_late_or_open(&mut self, end: Time) -> Option<(Time, E)> {
        if self.taken == self.current.len() && self.late.is_empty() && !self.open_next_moment() {
            return None;
        }
        let first = self.current.get(self.taken);
        let entry = match self.late.peek() {
            Some(Reverse(late)) if first.is_none_or(|first| late < first) => self.pop_late_before(end)?,
            _ => {
                let entry = *first.filter(|entry| entry.time() < end)?;
                self.taken += 1;
                entry
            }
        };
        Some((entry.time(), entry.event))
    }

    fn pop_late_before(&mut self, end: Time) -> Option<Entry<E>> {
        self.late.peek().filter(|Reverse(entry)| entry.time() < end)?;
        self.late.pop().map(|Reverse(entry)| entry)
    }

    /// Makes the next moment that has events the current one. Whether there is one.
    fn open_next_moment(&mut self) -> bool {
        let ahead = loop {
            match self.moments.ahead(self.next_moment) {
                Some(ahead) => break ahead,
                None if self.turn_page() => {}
                None => return false,
            }
        };
        let moment = self.next_moment + ahead;
        self.next_moment = moment + 1;
        self.current.clear();
        self.taken = 0;
        let file = self.moments.take(moment).expect("it has events");
        std::mem::swap(&mut self.current, self.files.get_mut(file));
        self.files.empty.push(file);
        // Most were added in their order.
        if !self.current.is_sorted_by_key(|entry| entry.key) {
            self.current.sort_unstable_by_key(|entry| entry.key);
        }
        true
    }

    /// Turns to the next page that has events, and files these by their moments. Whether there is one.
    fn turn_page(&mut self) -> bool {
        let near = self.pages.ahead(self.page + 1).map(|ahead| self.page + 1 + ahead);
        let far = self.far.peek().map(|Reverse(entry)| entry.page());
        let Some(page) = near.into_iter().chain(far).min() else { return false };
        (self.page, self.next_moment) = (page, page << PAGE_SHIFT);
        if near == Some(page)
            && let Some(file) = self.pages.take(page)
        {
            let mut turned = std::mem::take(self.files.get_mut(file));
            for entry in turned.drain(..) {
                self.files.add(entry, &mut self.moments, entry.moment());
            }
            *self.files.get_mut(file) = turned;
            self.files.empty.push(file);
        }
        // What lay beyond the calendar may lie within it now.
        while let Some(Reverse(entry)) = self.far.peek()
            && entry.page() - page < PLACES
        {
            let Some(Reverse(entry)) = self.far.pop() else { unreachable!("it was there") };
            self.file(entry);
        }
        true
    }

    /// How many events wait.
    pub fn len(&self) -> usize {
        let filed: usize = self.files.files.iter().map(Vec::len).sum();
        self.current.len() - self.taken + self.late.len() + filed + self.far.len()
    }

    /// Whether no event waits.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
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
                (proptest::option::weighted(0.6, (0_u32..9, 0_u64..100_000_000, 0_u8..16)), 0_u64..40), 0..400),
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
