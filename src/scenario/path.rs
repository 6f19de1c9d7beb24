//! Where in a scenario something stands: `cluster.raft.election_timeout`, `faults[2].do`.

use std::fmt;

/// A field path. It lives on the stack, link by link, so that a check that passes costs nothing.
#[derive(Clone, Copy, Debug)]
pub(super) enum Path<'a> {
    /// The scenario as a whole.
    Root,
    /// A named field of a struct.
    Field(&'a Path<'a>, &'a str),
    /// An element of a list, from 0.
    Item(&'a Path<'a>, usize),
    /// The name of what stands there, rather than its value.
    Key(&'a Path<'a>),
    /// An entry of a map: its key, and its place, since a key may be there twice.
    Entry(&'a Path<'a>, &'a str, usize),
}

/// One link of a path, as the locator follows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step<'a> {
    /// Into the field of this name.
    Field(&'a str),
    /// Into the element at this place.
    Item(usize),
    /// Into the map's entry of this key at this place.
    Entry(&'a str, usize),
    /// To its name.
    Key,
    /// To the enum variant of this name.
    Variant(&'a str),
}

impl<'a> Path<'a> {
    /// The field `name` of what stands here.
    pub(super) fn field(&'a self, name: &'a str) -> Self {
        Self::Field(self, name)
    }

    /// The element `index` of what stands here.
    pub(super) fn item(&'a self, index: usize) -> Self {
        Self::Item(self, index)
    }

    /// The entry `index` of what stands here, of this key.
    pub(super) fn entry(&'a self, key: &'a str, index: usize) -> Self {
        Self::Entry(self, key, index)
    }

    /// The name of what stands here.
    pub(super) fn key(&'a self) -> Self {
        Self::Key(self)
    }

    /// The links from the root on.
    pub(super) fn steps(&self) -> Vec<Step<'a>> {
        let mut steps = Vec::new();
        let mut here = self;
        loop {
            here = match here {
                Self::Root => break,
                Self::Field(parent, name) => {
                    steps.push(Step::Field(name));
                    parent
                }
                Self::Item(parent, index) => {
                    steps.push(Step::Item(*index));
                    parent
                }
                Self::Key(parent) => {
                    steps.push(Step::Key);
                    parent
                }
                Self::Entry(parent, key, index) => {
                    steps.push(Step::Entry(key, *index));
                    parent
                }
            };
        }
        steps.reverse();
        steps
    }
}

/// Writes steps as people read them. Variants are left out: `faults[0].do.groups`, whatever the fault.
pub(super) fn display(steps: &[Step<'_>]) -> String {
    let mut text = String::new();
    for step in steps {
        match step {
            Step::Field(name) if text.is_empty() => text.push_str(name),
            Step::Field(name) | Step::Entry(name, _) => text.push_str(&format!(".{name}")),
            Step::Item(index) => text.push_str(&format!("[{index}]")),
            Step::Variant(_) | Step::Key => {}
        }
    }
    text
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&display(&self.steps()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_read_as_in_the_file() {
        let faults = Path::Root.field("faults");
        let second = faults.item(2);
        let action = second.field("do");
        assert_eq!(action.to_string(), "faults[2].do");
        assert_eq!(action.steps(), [Step::Field("faults"), Step::Item(2), Step::Field("do")]);
        assert_eq!(Path::Root.to_string(), "");
    }
}
