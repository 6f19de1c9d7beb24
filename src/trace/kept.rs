//! Texts that records can carry. Records are copied, so what they refer to has to last as long as the process.

use std::collections::BTreeSet;
use std::sync::Mutex;

/// The most characters that are kept of a text.
const LONGEST: usize = 300;

static KEPT: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());

/// The beginning of a text, for as long as the process lasts. Each is kept once: software panics in few ways.
#[cold]
pub fn kept(text: &[u8]) -> &'static str {
    let text: String = String::from_utf8_lossy(text).chars().take(LONGEST).collect();
    let mut all = KEPT.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some(known) = all.get(text.as_str()) {
        return known;
    }
    let text: &'static str = Box::leak(text.into_boxed_str());
    all.insert(text);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_kept_once_and_not_at_any_length() {
        let first = kept(b"some text");
        assert!(std::ptr::eq(first, kept(b"some text")));
        assert_eq!(kept(&[b'a'; 1000]).len(), LONGEST);
        assert_eq!(kept(&[0xff, b'a']), "\u{fffd}a");
    }
}
