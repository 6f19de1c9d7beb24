//! Whether a message that may be another one than its sender laid out makes sense.

use super::chunks::Chunk;
use super::wire::{HEAD, decode, type_of};
use crate::ids::NodeId;
use crate::replica::{Flaw, Status};
use raft::eraftpb::{Message, MessageType};

/// A term further ahead than this no cluster can have reached.
const FURTHEST: u64 = 1 << 40;

/// The first flaw of a payload, for a replica of this status.
pub(super) fn examine(kind: u8, payload: &[u8], status: &Status) -> Result<(), Flaw> {
    if type_of(kind) == Some(MessageType::MsgSnapshot) {
        let bytes = payload.get(HEAD..).ok_or(Flaw::Undecodable)?;
        return Chunk::decode(bytes).map(drop).ok_or(Flaw::Undecodable);
    }
    // Who they are the header tells.
    let message = decode(kind, payload, NodeId(1), NodeId(2)).ok_or(Flaw::Undecodable)?;
    of_message(&message, status)
}

/// The first flaw of a message.
pub(super) fn of_message(message: &Message, status: &Status) -> Result<(), Flaw> {
    if message.term > status.term.0.saturating_add(FURTHEST) {
        return Err(Flaw::TermJump);
    }
    let of = message.get_msg_type();
    let furthest = status.last.0.saturating_add(FURTHEST);
    if [message.index, message.commit, message.reject_hint].into_iter().any(|index| index > furthest) {
        return Err(Flaw::Indexes);
    }
    // Nobody's heartbeat speaks of entries beyond those that it knows its receiver to have.
    if of == MessageType::MsgHeartbeat && message.commit > status.last.0 && message.term == status.term.0 {
        return Err(Flaw::Indexes);
    }
    if of != MessageType::MsgAppend {
        return Ok(());
    }
    let mut before = (message.index, message.log_term);
    for entry in &message.entries {
        let is_next = entry.index == before.0 + 1 && entry.term >= before.1 && entry.term <= message.term;
        if !is_next {
            return Err(Flaw::Entries);
        }
        before = (entry.index, entry.term);
    }
    Ok(())
}
