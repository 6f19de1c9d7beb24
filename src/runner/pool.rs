//! Many pieces of work on some threads, with results in the order of the pieces.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, mpsc};

/// So many pieces for each thread may be begun beyond the first one that is not done: results that wait for it cost
/// memory.
const AHEAD: u64 = 64;

/// Which piece comes next, and how far the results were taken.
#[derive(Debug, Default)]
struct Position {
    next: u64,
    taken: u64,
}

/// Does the pieces of work from 0 to `count` on `threads` threads, and hands each result to `take`, on this thread and
/// in the order of the pieces, whatever the number of threads. When `take` breaks off, later results are dropped and
/// no further piece is begun.
///
/// # Panics
/// If a piece of work does.
pub fn in_order<R: Send>(
    threads: usize,
    count: u64,
    work: impl Fn(u64) -> R + Sync,
    mut take: impl FnMut(u64, R) -> ControlFlow<()>,
) {
    let threads = threads.min(usize::try_from(count).unwrap_or(usize::MAX)).max(1);
    let ahead = AHEAD * threads as u64;
    let position = Mutex::new(Position::default());
    let moved = Condvar::new();
    let stop = AtomicBool::new(false);
    let begin = || {
        let mut position = position.lock().expect("nobody panics with it");
        while position.next >= position.taken + ahead && !stop.load(Ordering::Relaxed) {
            position = moved.wait(position).expect("nobody panics with it");
        }
        let piece = position.next;
        position.next += 1;
        (piece < count && !stop.load(Ordering::Relaxed)).then_some(piece)
    };
    std::thread::scope(|scope| {
        let (sender, receiver) = mpsc::channel();
        for _ in 0..threads {
            let (sender, begin, work) = (sender.clone(), &begin, &work);
            let stop = Stop { stop: &stop, position: &position, moved: &moved, is_worker: true };
            scope.spawn(move || {
                // Nobody is to wait for the result of a piece that panics.
                let _stop = stop;
                while let Some(piece) = begin() {
                    if sender.send((piece, work(piece))).is_err() {
                        break;
                    }
                }
            });
        }
        drop(sender);
        // Wakes whoever waits, also when `take` panics.
        let _stop = Stop { stop: &stop, position: &position, moved: &moved, is_worker: false };
        let mut early = BTreeMap::new();
        let mut next = 0;
        for (piece, result) in receiver {
            early.insert(piece, result);
            while let Some(result) = early.remove(&next) {
                if take(next, result).is_break() {
                    return;
                }
                next += 1;
                position.lock().expect("nobody panics with it").taken = next;
                moved.notify_all();
            }
        }
    });
}

/// Lets no further piece begin: at the end of the taking of results, and where a worker panics.
struct Stop<'a> {
    stop: &'a AtomicBool,
    position: &'a Mutex<Position>,
    moved: &'a Condvar,
    is_worker: bool,
}

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        if self.is_worker && !std::thread::panicking() {
            return;
        }
        self.stop.store(true, Ordering::Relaxed);
        // Whoever has looked at the flag but does not wait yet holds this.
        drop(self.position.lock());
        self.moved.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicU64;

    fn taken(threads: usize, count: u64, until: u64) -> Vec<u64> {
        let mut taken = Vec::new();
        let work = |piece: u64| {
            // The pieces of a burst end in another order than they began.
            (0..(piece * 7919) % 5000).for_each(|step| _ = std::hint::black_box(step));
            piece * 2
        };
        in_order(threads, count, work, |piece, result| {
            assert_eq!(result, piece * 2);
            taken.push(piece);
            if piece == until { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        taken
    }

    #[test]
    fn results_come_in_order_whatever_the_threads() {
        for threads in [1, 2, 7, 1_000] {
            assert_eq!(taken(threads, 1_000, u64::MAX), Vec::from_iter(0..1_000));
            assert_eq!(taken(threads, 1_000, 300), Vec::from_iter(0..=300));
            assert_eq!(taken(threads, 0, 0), Vec::<u64>::new());
        }
    }

    #[test]
    fn a_slow_piece_does_not_let_results_pile_up() {
        let begun = AtomicU64::new(0);
        let work = |piece: u64| {
            begun.fetch_add(1, Ordering::SeqCst);
            if piece == 0 {
                std::thread::sleep(std::time::Duration::from_millis(50));
            }
        };
        let mut seen = 0;
        in_order(2, 10_000, work, |piece, ()| {
            if piece == 0 {
                seen = begun.load(Ordering::SeqCst);
            }
            ControlFlow::Continue(())
        });
        assert!(seen <= 2 * AHEAD, "{seen} had begun");
        assert_eq!(begun.into_inner(), 10_000);
    }

    #[test]
    #[should_panic(expected = "a scoped thread panicked")]
    fn a_piece_that_panics_ends_it_all() {
        let work = |piece: u64| assert!(piece != 3, "piece {piece}");
        in_order(2, 100_000, work, |_, ()| ControlFlow::Continue(()));
    }
}
