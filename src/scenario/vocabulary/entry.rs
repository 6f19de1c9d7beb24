//! What the table of the vocabulary is made of.

use crate::scenario::bounds::Bounds;

/// A struct or an enum of the language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Section {
    /// Its name: of a struct the field that holds it, or the variant whose fields these are; of an enum what it tells.
    pub name: &'static str,
    /// Whether it has fields or variants.
    pub kind: Kind,
    /// Where it stands: field paths such as `cluster.raft`; none for what stands in many places.
    pub places: &'static [&'static str],
    /// What it is, in one line.
    pub about: &'static str,
    /// Its fields or variants, in the order in which they are usually written.
    pub entries: &'static [Entry],
    /// A part of a scenario in which `@` stands for its fields, or for a variant.
    pub(in crate::scenario) frame: &'static str,
}

/// Whether a section has fields or variants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Fields, in any order: `(voters: 5, first_leader: 2)`.
    Struct,
    /// One of several variants: `Leader`, `Node(1)`.
    Enum,
}

/// A field or a variant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its name.
    pub name: &'static str,
    /// What is written: of a field the kind of its value, of a variant its form.
    pub form: &'static str,
    /// What is meant if it is left out.
    pub default: Default,
    /// What it means, in one line.
    pub about: &'static str,
    /// Which values it may have.
    pub range: Range,
    /// A value, as it may stand in a scenario; of a variant the variant itself.
    pub example: &'static str,
}

/// What is meant if a field is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Default {
    /// It can't be left out.
    Required,
    /// This value.
    Value(&'static str),
    /// What these words say.
    Words(&'static str),
    /// Nothing at all.
    Absent,
}

/// Which values a field or a variant may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Range {
    /// All of its form.
    Any,
    /// Whole numbers from the first to the second.
    Whole(u64, u64),
    /// As these words say.
    Words(&'static str),
}

impl Entry {
    /// A field that may be left out, and then says nothing.
    pub(super) const fn field(
        name: &'static str,
        form: &'static str,
        about: &'static str,
        example: &'static str,
    ) -> Self {
        Self { name, form, default: Default::Absent, about, range: Range::Any, example }
    }

    /// A variant without values.
    pub(super) const fn word(name: &'static str, about: &'static str) -> Self {
        Self::field(name, name, about, name)
    }

    /// It can't be left out.
    pub(super) const fn required(mut self) -> Self {
        self.default = Default::Required;
        self
    }

    /// Left out, it means this.
    pub(super) const fn or(mut self, value: &'static str) -> Self {
        self.default = Default::Value(value);
        self
    }

    /// Left out, it means what these words say.
    pub(super) const fn else_as(mut self, words: &'static str) -> Self {
        self.default = Default::Words(words);
        self
    }

    /// Its value is a whole number within bounds.
    pub(super) const fn within(mut self, bounds: Bounds) -> Self {
        self.range = Range::Whole(bounds.least, bounds.most);
        self
    }

    /// Its value is limited in the way that these words say.
    pub(super) const fn limit(mut self, words: &'static str) -> Self {
        self.range = Range::Words(words);
        self
    }
}
