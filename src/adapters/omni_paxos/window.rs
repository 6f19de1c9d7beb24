//! How much may be on its way: as much as the line takes without making it wait. A simple form of RFC 6817.

use crate::time::Duration;

/// So many bytes may be on their way over any line: what TCP begins with (RFC 6928), rounded.
const LEAST: usize = 1 << 14;

/// The parts of the patience that the line's queue may take.
const QUEUE: u64 = 8;

/// Grows with each byte that arrives as long as the line has no queue, and shrinks by as much when it has one.
#[derive(Debug)]
pub(super) struct Window {
    bytes: usize,
    /// The shortest time that an answer took.
    quickest: Option<Duration>,
    /// How much longer one may take.
    queue: Duration,
}

impl Window {
    /// The least one, of a link whose frames may be unacknowledged for so long.
    pub(super) const fn new(patience: Duration) -> Self {
        Self { bytes: LEAST, quickest: None, queue: Duration::from_nanos(patience.nanos() / QUEUE) }
    }

    /// Whether one more frame may be sent when so many bytes are on their way.
    pub(super) const fn has_room(&self, bytes: usize) -> bool {
        bytes < self.bytes
    }

    /// The answer to so many bytes took so long. Without need it does not grow: what it was not used for it does not know.
    pub(super) fn note(&mut self, bytes: usize, was_full: bool, took: Duration) {
        let quickest = self.quickest.map_or(took, |quickest| quickest.min(took));
        self.quickest = Some(quickest);
        if took > quickest.saturating_add(self.queue) {
            self.bytes = self.bytes.saturating_sub(bytes).max(LEAST);
        } else if was_full {
            self.bytes += bytes;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_millis(400);

    fn millis(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn it_grows_while_answers_are_quick_and_shrinks_when_they_have_to_wait() {
        let mut window = Window::new(PATIENCE);
        assert_eq!((window.has_room(LEAST - 1), window.has_room(LEAST)), (true, false));
        window.note(LEAST, true, millis(20));
        window.note(LEAST, true, millis(70));
        assert_eq!(window.bytes, 3 * LEAST);
        window.note(LEAST, true, millis(71));
        assert_eq!(window.bytes, 2 * LEAST);
        window.note(5 * LEAST, true, millis(71));
        assert_eq!(window.bytes, LEAST);
        // What was taken for the usual time had waited, too.
        window.note(LEAST, true, millis(5));
        window.note(1, true, millis(56));
        assert_eq!(window.bytes, 2 * LEAST - 1);
    }

    #[test]
    fn what_it_is_not_used_for_teaches_nothing() {
        let mut window = Window::new(PATIENCE);
        window.note(1, false, millis(20));
        assert_eq!(window.bytes, LEAST);
    }
}
