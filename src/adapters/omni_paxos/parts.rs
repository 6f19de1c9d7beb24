//! Messages in parts, since one may be longer than a frame: it goes in several, as a long write does in segments of TCP.
//!
//! The parts of a message are frames of its kind that follow each other in the session.

use super::outbox::ROOM;
use std::borrow::Cow;

/// The longest part, in bytes: a quarter of what a frame may have. What is no longer goes as it is.
pub(super) const LONGEST: usize = 1 << 14;

/// What a frame brings of its message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Part {
    /// Whether it goes on with what the frame before has brought.
    pub(super) continues: bool,
    /// Whether the next frame goes on with it.
    pub(super) more: bool,
}

impl Part {
    /// All of it.
    pub(super) const WHOLE: Self = Self { continues: false, more: false };
}

/// The parts of a message.
pub(super) fn cut(message: &[u8]) -> impl Iterator<Item = (Part, &[u8])> {
    let count = message.len().div_ceil(LONGEST);
    let part = move |at| Part { continues: at > 0, more: at + 1 < count };
    message.chunks(LONGEST).enumerate().map(move |(at, bytes)| (part(at), bytes))
}

/// The message that is coming in. It has no more parts than a session has room for.
#[derive(Debug, Default)]
pub(super) struct Incoming {
    parts: usize,
    bytes: Vec<u8>,
}

impl Incoming {
    /// Takes the next part, and returns the message if that is its last. What goes on with nothing is dropped.
    pub(super) fn take<'a>(&mut self, part: Part, bytes: &'a [u8]) -> Option<Cow<'a, [u8]>> {
        let before = std::mem::take(self);
        if part == Part::WHOLE {
            return Some(Cow::Borrowed(bytes));
        }
        if part.continues {
            *self = before;
            if self.parts == 0 {
                return None;
            }
        }
        if self.parts == ROOM {
            *self = Self::default();
            return None;
        }
        self.parts += 1;
        self.bytes.extend_from_slice(bytes);
        (!part.more).then(|| Cow::Owned(std::mem::take(self).bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: Part = Part { continues: false, more: true };
    const MIDDLE: Part = Part { continues: true, more: true };
    const LAST: Part = Part { continues: true, more: false };

    #[test]
    fn a_long_message_is_put_together_from_its_parts() {
        let message: Vec<u8> = (0..LONGEST * 2 + 1).map(|at| at as u8).collect();
        let parts: Vec<_> = cut(&message).collect();
        assert_eq!(parts.iter().map(|(part, _)| *part).collect::<Vec<_>>(), [FIRST, MIDDLE, LAST]);
        let mut incoming = Incoming::default();
        assert_eq!(incoming.take(parts[0].0, parts[0].1), None);
        assert_eq!(incoming.take(parts[1].0, parts[1].1), None);
        assert_eq!(incoming.take(parts[2].0, parts[2].1).as_deref(), Some(&message[..]));
        assert_eq!(incoming.take(parts[2].0, parts[2].1), None, "nothing of it is left");
        assert_eq!(cut(&message[..LONGEST]).map(|(part, _)| part).collect::<Vec<_>>(), [Part::WHOLE]);
    }

    #[test]
    fn what_begins_anew_or_goes_on_without_end_is_not_kept() {
        let mut incoming = Incoming::default();
        assert_eq!(incoming.take(MIDDLE, b"x"), None);
        assert_eq!(incoming.take(FIRST, b"a"), None);
        assert_eq!(incoming.take(FIRST, b"b"), None);
        assert_eq!(incoming.take(LAST, b"c").as_deref(), Some(&b"bc"[..]));
        assert_eq!(incoming.take(FIRST, b"a"), None);
        assert_eq!(incoming.take(Part::WHOLE, b"d").as_deref(), Some(&b"d"[..]));
        assert_eq!(incoming.take(LAST, b"c"), None);
        incoming.take(FIRST, b"a");
        for _ in 0..ROOM {
            assert!(incoming.bytes.len() <= ROOM && incoming.take(MIDDLE, b"a").is_none());
        }
        assert_eq!((incoming.bytes.len(), incoming.take(LAST, b"a")), (0, None));
    }
}
