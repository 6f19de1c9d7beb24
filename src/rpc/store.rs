//! What clients say to the key-value store, and what it answers.
//!
//! A request's payload is also the command in the log: the host copies it, nobody encodes it again.
//! `operation u8 | key u32 | has_expected u8 | expected u64 | value`: a value begins with the 8 bytes that make it
//! unique in the run, and is padded to the length that the scenario asks for.

use crate::ids::{Index, NodeId};
use crate::trace::{Operation, Outcome};

/// Bytes before the value.
const HEADER: usize = 14;
/// The bytes of a value that tell it from all others.
pub const VALUE_MIN: usize = 8;

/// Writes an operation over `buffer`'s contents; a value takes `value_bytes`, at least [`VALUE_MIN`].
pub fn encode_operation(operation: Operation, value_bytes: usize, buffer: &mut Vec<u8>) {
    let (number, key, expected, value) = match operation {
        Operation::Get { key } => (0, key, None, None),
        Operation::Put { key, value } => (1, key, None, Some(value)),
        Operation::Cas { key, expected, value } => (2, key, expected, Some(value)),
    };
    buffer.clear();
    buffer.push(number);
    buffer.extend_from_slice(&key.to_le_bytes());
    buffer.push(u8::from(expected.is_some()));
    buffer.extend_from_slice(&expected.unwrap_or(0).to_le_bytes());
    if let Some(value) = value {
        buffer.extend_from_slice(&value.to_le_bytes());
        buffer.resize(HEADER + value_bytes.max(VALUE_MIN), 0xA5);
    }
}

/// Reads an operation and the whole value that it writes; `None` if the bytes are none. Never panics or allocates.
pub fn decode_operation(bytes: &[u8]) -> Option<(Operation, &[u8])> {
    let (head, value) = bytes.split_first_chunk::<HEADER>()?;
    let key = u32::from_le_bytes(head[1..5].try_into().ok()?);
    let expected = u64::from_le_bytes(head[6..14].try_into().ok()?);
    let expected = match head[5] {
        0 => None,
        1 => Some(expected),
        _ => return None,
    };
    let operation = match head[0] {
        0 if value.is_empty() => Operation::Get { key },
        1 => Operation::Put { key, value: value_id(value)? },
        2 => Operation::Cas { key, expected, value: value_id(value)? },
        _ => return None,
    };
    Some((operation, value))
}

/// The number that makes a value unique.
pub fn value_id(value: &[u8]) -> Option<u64> {
    value.first_chunk().map(|id| u64::from_le_bytes(*id))
}

/// A host's answer to a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reply {
    /// The operation's entry was applied.
    Applied(Outcome),
    /// This node takes no requests; the hint may. The operation had and will have no effect.
    NotLeader {
        /// The leader, as far as this node knows.
        hint: Option<NodeId>,
    },
    /// Another entry stands where the operation's stood: whether it had an effect is not known here.
    Unknown,
}

/// Writes a reply over `buffer`'s contents.
pub fn encode_reply(reply: &Reply, buffer: &mut Vec<u8>) {
    buffer.clear();
    let done = |buffer: &mut Vec<u8>, previous: Option<u64>, index: Index, written: bool| {
        buffer.push(0);
        buffer.push(u8::from(previous.is_some()));
        buffer.push(u8::from(written));
        buffer.extend_from_slice(&previous.unwrap_or(0).to_le_bytes());
        buffer.extend_from_slice(&index.0.to_le_bytes());
    };
    match *reply {
        Reply::Applied(Outcome::Done { previous, previous_index, written }) => {
            done(buffer, previous, previous_index, written);
        }
        Reply::NotLeader { hint } => {
            buffer.push(1);
            buffer.extend_from_slice(&hint.map_or(0, |node| node.0).to_le_bytes());
        }
        Reply::Unknown | Reply::Applied(Outcome::Refused | Outcome::Unknown) => buffer.push(2),
    }
}

/// Reads a reply; `None` if the bytes are none. Never panics or allocates.
pub fn decode_reply(bytes: &[u8]) -> Option<Reply> {
    let flag = |byte: u8| match byte {
        0 => Some(false),
        1 => Some(true),
        _ => None,
    };
    match *bytes {
        [0, present, written, ref rest @ ..] => {
            let (previous, rest) = rest.split_first_chunk()?;
            let (index, rest) = rest.split_first_chunk()?;
            let previous = flag(present)?.then_some(u64::from_le_bytes(*previous));
            rest.is_empty().then_some(Reply::Applied(Outcome::Done {
                previous,
                previous_index: Index(u64::from_le_bytes(*index)),
                written: flag(written)?,
            }))
        }
        [1, a, b, c, d] => {
            let hint = u32::from_le_bytes([a, b, c, d]);
            Some(Reply::NotLeader { hint: (hint != 0).then_some(NodeId(hint)) })
        }
        [2] => Some(Reply::Unknown),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn operation() -> impl Strategy<Value = Operation> {
        prop_oneof![
            any::<u32>().prop_map(|key| Operation::Get { key }),
            any::<(u32, u64)>().prop_map(|(key, value)| Operation::Put { key, value }),
            any::<(u32, Option<u64>, u64)>().prop_map(|(key, expected, value)| Operation::Cas {
                key,
                expected,
                value
            }),
        ]
    }

    fn reply() -> impl Strategy<Value = Reply> {
        prop_oneof![
            any::<(Option<u64>, u64, bool)>().prop_map(|(previous, index, written)| Reply::Applied(
                Outcome::Done { previous, previous_index: Index(index), written }
            )),
            (0_u32..200).prop_map(|node| Reply::NotLeader { hint: (node > 0).then_some(NodeId(node)) }),
            Just(Reply::Unknown),
        ]
    }

    proptest! {
        #[test]
        fn operations_read_back_as_written(operation in operation(), value_bytes in 0_usize..100) {
            let mut bytes = Vec::new();
            encode_operation(operation, value_bytes, &mut bytes);
            prop_assert_eq!(decode_operation(&bytes).map(|(operation, _)| operation), Some(operation));
        }

        #[test]
        fn replies_read_back_as_written(reply in reply()) {
            let mut bytes = Vec::new();
            encode_reply(&reply, &mut bytes);
            prop_assert_eq!(decode_reply(&bytes), Some(reply));
            for cut in 0..bytes.len() {
                prop_assert_eq!(decode_reply(&bytes[..cut]), None);
            }
        }

        #[test]
        fn garbage_is_no_panic(bytes: Vec<u8>) {
            let _ = decode_operation(&bytes);
            let _ = decode_reply(&bytes);
        }
    }
}
