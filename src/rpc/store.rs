//! What clients say to the key-value store, and what it answers.
//!
//! A request's payload is also the command in the log: the host copies it, nobody encodes it again.
//! `operation u8 | key u32 | has_expected u8 | expected u64 | value`: a value begins with the 8 bytes that make it
//! unique in the run, and is padded to the length that the scenario asks for.
//!
//! With sessions (Raft thesis, section 6.3) an operation follows what its session knows it by:
//! `4 u8 | session u64 | serial u64 | awaited u64 | operation`; and a client first asks for a session: `3 u8`.

use crate::ids::{CommandId, Index, NodeId, Serial, SessionId};
use crate::trace::{Operation, Outcome};

/// Bytes before the value.
const HEADER: usize = 14;
/// The bytes of a value that tell it from all others.
pub const VALUE_MIN: usize = 8;

/// The first byte of a command that opens a session.
const REGISTER: u8 = 3;
/// The first byte of a command in a session.
const IN_SESSION: u8 = 4;
/// Bytes of a command in a session before its operation.
const TICKET: usize = 25;

/// What a client asks of the state machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// To open a session.
    Register,
    /// An operation on its own: asked for twice, it is carried out twice.
    Plain(Operation),
    /// An operation in a session: however often it is asked for, it is carried out once at most.
    InSession(Ticket, Operation),
}

/// What a command in a session says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticket {
    /// Which command it is.
    pub command: CommandId,
    /// The lowest serial number for which the client still waits: the answers to all lower ones may be forgotten.
    pub awaited: Serial,
}

impl Command {
    /// The key that it reads, if it does nothing else.
    pub fn reads(&self) -> Option<u32> {
        match *self {
            Self::Plain(Operation::Get { key }) | Self::InSession(_, Operation::Get { key }) => Some(key),
            _ => None,
        }
    }
}

/// Writes a command over `buffer`'s contents; a value takes `value_bytes`, at least [`VALUE_MIN`].
pub fn encode_command(command: &Command, value_bytes: usize, buffer: &mut Vec<u8>) {
    buffer.clear();
    match *command {
        Command::Register => buffer.push(REGISTER),
        Command::Plain(operation) => append_operation(operation, value_bytes, buffer),
        Command::InSession(Ticket { command, awaited }, operation) => {
            buffer.push(IN_SESSION);
            for number in [command.session.0, command.serial.0, awaited.0] {
                buffer.extend_from_slice(&number.to_le_bytes());
            }
            append_operation(operation, value_bytes, buffer);
        }
    }
}

/// Reads a command and the whole value that it writes; `None` if the bytes are none. Never panics or allocates.
#[inline]
pub fn decode_command(bytes: &[u8]) -> Option<(Command, &[u8])> {
    match bytes {
        [REGISTER] => Some((Command::Register, &[])),
        [IN_SESSION, ..] => {
            let (ticket, rest) = bytes.split_first_chunk::<TICKET>()?;
            let [session, serial, awaited] =
                [1, 9, 17].map(|at| u64::from_le_bytes(std::array::from_fn(|byte| ticket[at + byte])));
            let command = CommandId { session: SessionId(session), serial: Serial(serial) };
            let (operation, value) = decode_operation(rest)?;
            Some((Command::InSession(Ticket { command, awaited: Serial(awaited) }, operation), value))
        }
        _ => decode_operation(bytes).map(|(operation, value)| (Command::Plain(operation), value)),
    }
}

/// Writes an operation over `buffer`'s contents; a value takes `value_bytes`, at least [`VALUE_MIN`].
pub fn encode_operation(operation: Operation, value_bytes: usize, buffer: &mut Vec<u8>) {
    encode_command(&Command::Plain(operation), value_bytes, buffer);
}

fn append_operation(operation: Operation, value_bytes: usize, buffer: &mut Vec<u8>) {
    let (number, key, expected, value) = match operation {
        Operation::Get { key } => (0, key, None, None),
        Operation::Put { key, value } => (1, key, None, Some(value)),
        Operation::Cas { key, expected, value } => (2, key, expected, Some(value)),
    };
    let start = buffer.len();
    buffer.push(number);
    buffer.extend_from_slice(&key.to_le_bytes());
    buffer.push(u8::from(expected.is_some()));
    buffer.extend_from_slice(&expected.unwrap_or(0).to_le_bytes());
    if let Some(value) = value {
        buffer.extend_from_slice(&value.to_le_bytes());
        buffer.resize(start + HEADER + value_bytes.max(VALUE_MIN), 0xA5);
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
    /// Another entry stands where the operation's stood, or its answer is forgotten: whether it had an effect is not
    /// known here.
    Unknown,
    /// The client has a session now.
    Registered(SessionId),
    /// There is no such session, or no longer: the operation is not carried out now, and whether it was is forgotten.
    NoSession,
    /// This node leads, but takes nothing for the moment. The operation had and will have no effect.
    Busy,
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
        Reply::Registered(session) => {
            buffer.push(3);
            buffer.extend_from_slice(&session.0.to_le_bytes());
        }
        Reply::NoSession => buffer.push(4),
        Reply::Busy => buffer.push(5),
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
        [3, ref session @ ..] => {
            Some(Reply::Registered(SessionId(u64::from_le_bytes(session.try_into().ok()?))))
        }
        [4] => Some(Reply::NoSession),
        [5] => Some(Reply::Busy),
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
            any::<u64>().prop_map(|session| Reply::Registered(SessionId(session))),
            Just(Reply::NoSession),
            Just(Reply::Busy),
        ]
    }

    fn command() -> impl Strategy<Value = Command> {
        let ticket = any::<[u64; 3]>().prop_map(|[session, serial, awaited]| Ticket {
            command: CommandId { session: SessionId(session), serial: Serial(serial) },
            awaited: Serial(awaited),
        });
        prop_oneof![
            Just(Command::Register),
            operation().prop_map(Command::Plain),
            (ticket, operation()).prop_map(|(ticket, operation)| Command::InSession(ticket, operation)),
        ]
    }

    proptest! {
        #[test]
        fn commands_read_back_as_written(command in command(), value_bytes in 0_usize..100) {
            let mut bytes = Vec::new();
            encode_command(&command, value_bytes, &mut bytes);
            prop_assert_eq!(decode_command(&bytes).map(|(command, _)| command), Some(command));
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
            let _ = decode_command(&bytes);
            let _ = decode_reply(&bytes);
        }
    }
}
