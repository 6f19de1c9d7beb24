//! Entries of the log as the crate carries them: in wire form, shared.

use crate::ids::Term;
use crate::replica::{Entries, Entry, EntryKind};
use omnipaxos::storage::NoSnapshot;
use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::rc::Rc;

/// An entry in wire form: always exactly one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Record(Rc<[u8]>);

impl omnipaxos::storage::Entry for Record {
    type Snapshot = NoSnapshot;
}

impl Record {
    pub(super) fn new(entry: &Entry<'_>) -> Self {
        let mut bytes = Vec::with_capacity(entry.wire_len());
        entry.encode(&mut bytes);
        Self(bytes.into())
    }

    /// A command that a leader takes in this term.
    pub(super) fn command(term: Term, data: &[u8]) -> Self {
        Self::new(&Entry { term, kind: EntryKind::Command, data })
    }

    /// The entry that asks for nothing, of whichever ballot it will be accepted in.
    pub(super) fn no_op() -> Self {
        Self::new(&Entry { term: Term::ZERO, kind: EntryKind::NoOp, data: &[] })
    }

    /// The same; if it waits for its ballot, of this one.
    pub(super) fn of(self, term: Term) -> Self {
        let entry = self.entry();
        if entry.term != Term::ZERO { self } else { Self::new(&Entry { term, ..entry }) }
    }

    /// Reads one; none for bytes that are no single entry of a kind that there is here.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let (entry, rest) = Entry::decode(bytes)?;
        (rest.is_empty() && entry.kind != EntryKind::Membership).then(|| Self(bytes.into()))
    }

    /// Reads a run of them; none for bytes that are not entries to the end.
    pub(super) fn read_all(bytes: &[u8]) -> Option<Vec<Self>> {
        Entries::new(bytes).all_valid()?;
        Some(Entries::new(bytes).map(|entry| Self::new(&entry)).collect())
    }

    pub(super) fn entry(&self) -> Entry<'_> {
        let (entry, _) = Entry::decode(&self.0).expect("a record is an entry");
        entry
    }

    pub(super) fn term(&self) -> Term {
        self.entry().term
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl Serialize for Record {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Record {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Bytes;
        impl Visitor<'_> for Bytes {
            type Value = Record;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an entry")
            }

            fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Record, E> {
                Record::read(bytes).ok_or_else(|| E::custom("no entry"))
            }
        }
        deserializer.deserialize_bytes(Bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_waits_for_its_ballot_once() {
        let no_op = Record::no_op();
        assert_eq!(no_op.clone().of(Term(2001)).term(), Term(2001));
        assert_eq!(no_op.of(Term(2001)).of(Term(3002)).term(), Term(2001));
    }

    #[test]
    fn what_is_no_single_entry_is_not_read() {
        let one = Record::command(Term(1001), b"put");
        assert_eq!(Record::read(one.bytes()), Some(one.clone()));
        let two = [one.bytes(), one.bytes()].concat();
        assert_eq!(Record::read(&two), None);
        assert_eq!(Record::read_all(&two), Some(vec![one.clone(), one]));
        assert_eq!(Record::read(&two[..5]), None);
    }
}
