//! A text with some of its mistakes mended, so that the next ones come to light; and the way back to the places of the
//! text as it was.

use std::ops::Range;

/// What mends a mistake: this in place of that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Patch {
    pub(super) place: Range<usize>,
    pub(super) with: String,
}

/// A text and what was changed in it.
#[derive(Debug)]
pub(super) struct Patched {
    text: String,
    /// Each change: where it began in the text of then, how long it was before and after.
    changes: Vec<(usize, usize, usize)>,
}

impl Patched {
    pub(super) fn new(text: &str) -> Self {
        Self { text: text.to_string(), changes: Vec::new() }
    }

    /// The text as it is now.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Changes the text as it is now.
    pub(super) fn apply(&mut self, patch: &Patch) {
        self.text.replace_range(patch.place.clone(), &patch.with);
        self.changes.push((patch.place.start, patch.place.len(), patch.with.len()));
    }

    /// Whether something within this place of the present text is not as it was.
    pub(super) fn is_changed(&self, place: &Range<usize>) -> bool {
        (0..self.changes.len()).any(|change| {
            let here = self.now(change);
            here.start <= place.end && place.start <= here.end
        })
    }

    /// Where in the present text what a change put in is, as far as later ones have left it.
    fn now(&self, change: usize) -> Range<usize> {
        let (start, _, after) = self.changes[change];
        let mut here = start..start + after;
        for &(start, before, after) in &self.changes[change + 1..] {
            let on = |at: usize| match at {
                at if at >= start + before => at - before + after,
                at => at.min(start),
            };
            here = on(here.start)..on(here.end);
        }
        here
    }

    /// Where in the first text a place of the present text is; none if some of it was put in.
    pub(super) fn origin(&self, place: Range<usize>) -> Option<Range<usize>> {
        let mut here = place;
        for &(start, before, after) in self.changes.iter().rev() {
            let back = |at: usize| match at {
                at if at <= start => Some(at),
                at if at >= start + after => Some(at - after + before),
                _ => None,
            };
            here = back(here.start)?..back(here.end)?;
        }
        Some(here)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_lead_back_to_the_first_text() {
        let mut patched = Patched::new("one two three");
        patched.apply(&Patch { place: 4..7, with: "2".to_string() });
        patched.apply(&Patch { place: 0..0, with: "zero ".to_string() });
        assert_eq!(patched.text(), "zero one 2 three");
        assert_eq!(patched.origin(11..16), Some(8..13));
        assert_eq!(patched.origin(5..8), Some(0..3));
        assert_eq!(patched.origin(1..3), None);
        let is_changed = |place| patched.is_changed(&place);
        assert!(is_changed(0..3) && is_changed(8..11) && is_changed(6..16));
        assert!(!is_changed(6..8) && !is_changed(11..16));
    }
}
