//! The text of a cell's scenario: that of the study's scenario with values put in, and the way back to the places in the
//! study from which its parts come.

use crate::scenario::locate::Tree;
use crate::scenario::path::{Step, display};
use std::ops::Range;

/// Where a part of a text comes from.
#[derive(Clone, Copy, Debug)]
pub(super) enum Origin {
    /// It stands in the study from this byte on.
    At(usize),
    /// It was put in, or stands elsewhere: this part of the study says so.
    For(usize, usize),
}

/// A text made of parts.
#[derive(Clone, Debug)]
pub(super) struct Patchwork {
    text: String,
    /// How long each part is, and where it comes from, in order.
    parts: Vec<(usize, Origin)>,
}

impl Patchwork {
    /// The text as it is before anything is put in.
    pub(super) fn new(text: &str, origin: Origin) -> Self {
        Self { text: text.to_string(), parts: vec![(text.len(), origin)] }
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Puts a value, which stands in the study from `at` on, in the place of the field that these steps lead to. A field
    /// that is not written is written, in a struct that is, or in one that is made for it; `named` is where the study
    /// names it.
    ///
    /// # Errors
    /// Why there is no such place, and what would help.
    pub(super) fn put(
        &mut self,
        steps: &[Step<'_>],
        (value, at): (&str, usize),
        named: &Range<usize>,
    ) -> Result<(), (String, String)> {
        let tree = Tree::new(&self.text);
        if let Some(place) = tree.value(steps) {
            self.splice(place, &[(value, Origin::At(at))]);
            return Ok(());
        }
        let there = (0..steps.len()).rev().find(|&length| tree.value(&steps[..length]).is_some());
        let (there, missing) = steps.split_at(there.unwrap_or(0));
        let item = |step: &Step<'_>| matches!(step, Step::Item(_));
        if let Some(at) = missing.iter().position(item) {
            let list = display(&[there, &missing[..at]].concat());
            let help = format!("name an item that `{list}` has in the scenario; the first is [0]");
            return Err((format!("the scenario has no `{}`", display(&steps[..there.len() + at + 1])), help));
        }
        let Some((place, is_first)) = tree.room(there) else {
            let message = format!("`{}` has no fields", display(there));
            return Err((
                message,
                "name the field as a path from the scenario's outermost fields on".to_string(),
            ));
        };
        let mut opening = if is_first { String::new() } else { ", ".to_string() };
        for (depth, step) in missing.iter().enumerate() {
            if let Step::Field(name) = step {
                let bracket = if depth + 1 < missing.len() { "(" } else { "" };
                opening += &format!("{name}: {bracket}");
            }
        }
        let mut closing = ")".repeat(missing.len() - 1);
        if is_first {
            closing += ", ";
        }
        let around = Origin::For(named.start, named.end);
        self.splice(place..place, &[(&opening, around), (value, Origin::At(at)), (&closing, around)]);
        Ok(())
    }

    /// Puts these parts in the place of a range.
    fn splice(&mut self, place: Range<usize>, put: &[(&str, Origin)]) {
        let mut parts = Vec::new();
        let mut start = 0;
        let mut left = Some(put);
        for &(length, origin) in &self.parts {
            let end = start + length;
            let from = |at: usize| match origin {
                Origin::At(first) => Origin::At(first + at - start),
                origin => origin,
            };
            if start < place.start {
                parts.push((end.min(place.start) - start, origin));
            }
            if end >= place.start
                && let Some(put) = left.take()
            {
                parts.extend(put.iter().map(|(text, origin)| (text.len(), *origin)));
            }
            if end > place.end {
                let first = start.max(place.end);
                parts.push((end - first, from(first)));
            }
            start = end;
        }
        let text: String = put.iter().map(|(text, _)| *text).collect();
        self.text.replace_range(place, &text);
        self.parts = parts;
    }

    /// What a place of this text is in the study.
    pub(super) fn origin(&self, place: &Range<usize>) -> Option<Range<usize>> {
        let mut start = 0;
        for &(length, origin) in &self.parts {
            let end = start + length;
            if place.start < end {
                return Some(match origin {
                    Origin::At(first) => {
                        first + place.start - start..first + place.end.clamp(place.start, end) - start
                    }
                    Origin::For(from, to) => from..to,
                });
            }
            start = end;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Step::{Field, Item};

    const BASE: &str = "(a: 1, b: (c: [2, 3]), d: (), e: On(f: 4))";

    fn put(steps: &[Step<'_>], value: &str) -> Result<Patchwork, String> {
        let mut text = Patchwork::new(BASE, Origin::At(100));
        text.put(steps, (value, 500), &(7..9)).map_err(|(message, _)| message)?;
        Ok(text)
    }

    #[test]
    fn values_take_the_place_of_fields_written_or_not() {
        for (steps, expected) in [
            (&[Field("a")][..], "(a: X, b: (c: [2, 3]), d: (), e: On(f: 4))"),
            (&[Field("b"), Field("c"), Item(1)], "(a: 1, b: (c: [2, X]), d: (), e: On(f: 4))"),
            (&[Field("b"), Field("c")], "(a: 1, b: (c: X), d: (), e: On(f: 4))"),
            (&[Field("e"), Field("f")], "(a: 1, b: (c: [2, 3]), d: (), e: On(f: X))"),
            (&[Field("d"), Field("g")], "(a: 1, b: (c: [2, 3]), d: (g: X, ), e: On(f: 4))"),
            (&[Field("b"), Field("g"), Field("h")], "(a: 1, b: (c: [2, 3], g: (h: X)), d: (), e: On(f: 4))"),
            (&[Field("g")], "(a: 1, g: X, b: (c: [2, 3]), d: (), e: On(f: 4))"),
        ] {
            assert_eq!(put(steps, "X").expect("a place").text(), expected);
        }
        assert_eq!(
            put(&[Field("b"), Field("c"), Item(2)], "X").expect_err("none"),
            "the scenario has no `b.c[2]`"
        );
        assert_eq!(put(&[Field("a"), Field("z")], "X").expect_err("none"), "`a` has no fields");
    }

    #[test]
    fn places_lead_back_to_the_study() {
        let text = put(&[Field("b"), Field("g")], "XYZ").expect("a place");
        let place = |of: &str| {
            let at = text.text().find(of).expect("it is there");
            text.origin(&(at..at + of.len()))
        };
        assert_eq!(place("a"), Some(101..102));
        assert_eq!(place("YZ"), Some(501..503));
        assert_eq!(place("g"), Some(7..9));
        assert_eq!(place("f: 4"), Some(100 + 36..100 + 40));
        assert_eq!(&BASE[36..40], "f: 4");
    }
}
