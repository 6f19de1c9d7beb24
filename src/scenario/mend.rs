//! Mends a mistake of form for the time being, so that the parser comes to the next one.

use super::explain::Parsing;
use super::here::with_variants;
use super::patch::Patch;
use super::path::Step;
use super::suggest::meant;
use ron::error::Error;

impl Parsing<'_> {
    /// What mends the mistake, with a value that the vocabulary has for the place.
    pub(super) fn mend(&self) -> Option<Patch> {
        match &self.error.code {
            Error::NoSuchStructField { found, expected, .. }
                if let Some(name) = self.misspelt(found, expected) =>
            {
                Some(Patch { place: self.span(), with: name.to_string() })
            }
            Error::NoSuchStructField { .. } | Error::DuplicateStructField { .. } => {
                let Some(field) = self.tree.field_named_at(self.span().start) else {
                    return self.example_instead();
                };
                let after = self.text[field.end..].trim_start();
                let comma = usize::from(after.starts_with(','));
                let end = self.text.len() - after.len() + comma;
                let place = field.start..if comma == 1 { end } else { field.end };
                Some(Patch { place, with: String::new() })
            }
            Error::NoSuchEnumVariant { .. } if self.at_field() => {
                let name = self.span();
                let colon = name.end + self.text[name.end..].find(':')? + 1;
                Some(Patch { place: name.start..colon, with: String::new() })
            }
            Error::NoSuchEnumVariant { expected, .. } => {
                let example = with_variants(self.language, expected)?.entries[0].example;
                let (place, _) = self.tree.value_around(self.span().start)?;
                Some(Patch { place, with: example.to_string() })
            }
            Error::MissingStructField { field, .. } => {
                let entry = self.own_field(field)?;
                let value = self.tree.value(self.steps)?;
                let at = value.start + self.text[value].find('(')? + 1;
                Some(Patch { place: at..at, with: format!("{}: {}, ", entry.name, entry.example) })
            }
            Error::ExpectedComma => {
                let (place, _, entry) = self.decimals()?;
                Some(Patch { place, with: entry.example.to_string() })
            }
            // More values than fit, where the brackets are as they should be: on one line no one is missing.
            Error::ExpectedStructLikeEnd if self.is_on_one_line() => self.example_instead(),
            Error::IntegerOutOfBounds
            | Error::ExpectedInteger
            | Error::ExpectedFloat
            | Error::InvalidIntegerDigit { .. }
            | Error::InvalidValueForType { .. }
            | Error::ExpectedDifferentLength { .. }
            | Error::Message(_)
            | Error::ExpectedString
            | Error::ExpectedArray
            | Error::ExpectedMap
            | Error::ExpectedStructLike
            | Error::ExpectedNamedStructLike(_)
            | Error::ExpectedIdentifier
            | Error::SuggestRawIdentifier(_) => self.example_instead(),
            _ => None,
        }
    }

    /// Whether the innermost value around where the parser stopped is a whole on one line.
    fn is_on_one_line(&self) -> bool {
        let value = self.tree.value(self.steps).and_then(|place| self.text.get(place));
        value.is_some_and(|value| value.ends_with(')') && !value.contains('\n'))
    }

    /// The field that was meant by this name, if it is not there as well.
    fn misspelt<'n>(&self, found: &str, expected: &[&'n str]) -> Option<&'n str> {
        let name = *meant(found, expected, self.steps).first()?;
        let [parent @ .., Step::Field(last)] = self.steps else { return None };
        let beside = [parent, &[Step::Field(name)]].concat();
        (*last == found && self.text.get(self.span()) == Some(found) && self.tree.value(&beside).is_none())
            .then_some(name)
    }

    /// The example of the innermost field or variant around, in its place.
    fn example_instead(&self) -> Option<Patch> {
        let (_, entry) = self.here().entry?;
        let depth = self.steps.iter().rposition(|step| match step {
            Step::Field(name) | Step::Variant(name) => *name == entry.name,
            Step::Item(_) | Step::Entry(..) | Step::Key => false,
        })?;
        let place = self.tree.value(&self.steps[..=depth])?;
        let is_inside = place.start <= self.cursor().start && self.span().start <= place.end;
        is_inside.then(|| Patch { place, with: entry.example.to_string() })
    }
}
