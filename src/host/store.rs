//! The state machine: a key-value store that remembers which entry wrote each value.

use crate::ids::Index;
use crate::rpc::store::value_id;
use crate::trace::{Digest, Operation, Outcome, digest};
use std::collections::BTreeMap;

/// The keys that were ever written, with their values.
#[derive(Debug, Default)]
pub(super) struct Store {
    values: BTreeMap<u32, Value>,
}

#[derive(Debug, Default)]
struct Value {
    bytes: Vec<u8>,
    written_by: Index,
}

impl Store {
    /// Carries out the operation of the entry at `index`, which writes this value if it writes one.
    #[inline(always)]
    pub(super) fn apply(&mut self, index: Index, operation: Operation, value: &[u8]) -> Outcome {
        let (Operation::Get { key } | Operation::Put { key, .. } | Operation::Cas { key, .. }) = operation;
        let held = self.values.get_mut(&key);
        let previous = held.as_ref().and_then(|held| value_id(&held.bytes));
        let previous_index = held.as_ref().map_or(Index::ZERO, |held| held.written_by);
        let written = match operation {
            Operation::Get { .. } => false,
            Operation::Put { .. } => true,
            Operation::Cas { expected, .. } => expected == previous,
        };
        if written {
            let held = match held {
                Some(held) => held,
                None => self.values.entry(key).or_default(),
            };
            held.bytes.clear();
            held.bytes.extend_from_slice(value);
            held.written_by = index;
        }
        Outcome::Done { previous, previous_index, written }
    }

    /// What a key holds.
    pub(super) fn read(&self, key: u32) -> Outcome {
        let held = self.values.get(&key);
        Outcome::Done {
            previous: held.and_then(|held| value_id(&held.bytes)),
            previous_index: held.map_or(Index::ZERO, |held| held.written_by),
            written: false,
        }
    }

    /// Appends all keys and values to `buffer`, in the order of the keys: equal stores give equal bytes.
    pub(super) fn write_to(&self, buffer: &mut Vec<u8>) {
        for (key, value) in &self.values {
            let length = u32::try_from(value.bytes.len()).expect("a value fits into a frame");
            buffer.extend_from_slice(&key.to_le_bytes());
            buffer.extend_from_slice(&value.written_by.0.to_le_bytes());
            buffer.extend_from_slice(&length.to_le_bytes());
            buffer.extend_from_slice(&value.bytes);
        }
    }

    /// The store that these bytes hold. Any bytes may come: what follows the first that make no sense is left out.
    pub(super) fn read_from(mut bytes: &[u8]) -> Self {
        let mut store = Self::default();
        while let Some((key, value, rest)) = read_value(bytes) {
            store.values.insert(key, value);
            bytes = rest;
        }
        store
    }

    /// The hash of all keys and values.
    pub(super) fn hash(&self) -> u64 {
        let mut all = Digest::default();
        for (key, value) in &self.values {
            all.fold(&[u64::from(*key), value.written_by.0, digest::content(&value.bytes)]);
        }
        all.value() as u64
    }
}

fn read_value(bytes: &[u8]) -> Option<(u32, Value, &[u8])> {
    let (key, rest) = bytes.split_first_chunk()?;
    let (index, rest) = rest.split_first_chunk()?;
    let (length, rest) = rest.split_first_chunk()?;
    let (content, rest) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
    let value = Value { bytes: content.to_vec(), written_by: Index(u64::from_le_bytes(*index)) };
    Some((u32::from_le_bytes(*key), value, rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rpc::store::{decode_operation, encode_operation};

    fn apply(store: &mut Store, index: u64, operation: Operation, value_bytes: usize) -> Outcome {
        let mut command = Vec::new();
        encode_operation(operation, value_bytes, &mut command);
        let (operation, value) = decode_operation(&command).expect("an operation");
        store.apply(Index(index), operation, value)
    }

    #[test]
    fn operations_return_what_was_there_and_write_what_they_should() {
        let mut store = Store::default();
        let mut apply = |index, operation| apply(&mut store, index, operation, 16);
        let done = |previous: Option<(u64, u64)>, written| Outcome::Done {
            previous: previous.map(|(value, _)| value),
            previous_index: Index(previous.map_or(0, |(_, index)| index)),
            written,
        };
        let key = 7;
        assert_eq!(apply(1, Operation::Get { key }), done(None, false));
        assert_eq!(apply(2, Operation::Put { key, value: 10 }), done(None, true));
        assert_eq!(
            apply(3, Operation::Cas { key, expected: Some(9), value: 11 }),
            done(Some((10, 2)), false)
        );
        assert_eq!(
            apply(4, Operation::Cas { key, expected: Some(10), value: 11 }),
            done(Some((10, 2)), true)
        );
        assert_eq!(apply(5, Operation::Get { key }), done(Some((11, 4)), false));
        assert_eq!(apply(6, Operation::Cas { key: 8, expected: None, value: 12 }), done(None, true));
    }

    #[test]
    fn a_store_reads_back_as_written() {
        let mut store = Store::default();
        for key in 0..50 {
            let operation = Operation::Put { key: key * 7 % 50, value: key.into() };
            apply(&mut store, u64::from(key) + 1, operation, 8 + key as usize);
        }
        let mut bytes = Vec::new();
        store.write_to(&mut bytes);
        assert_eq!(Store::read_from(&bytes).hash(), store.hash());
        for cut in 0..bytes.len() {
            assert_ne!(Store::read_from(&bytes[..cut]).hash(), store.hash(), "cut at {cut}");
        }
    }

    proptest::proptest! {
        #[test]
        fn garbage_is_no_panic(bytes: Vec<u8>) {
            let _ = Store::read_from(&bytes);
        }
    }
}
