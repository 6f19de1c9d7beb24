//! Messages that nobody sent: what a stranger would send who knows the protocol, of a term and of indexes near those that
//! were overheard, now and then far off.

use super::wire::{encode, kind_of};
use crate::replica::Status;
use crate::rng::{Expansion, below};
use raft::eraftpb::{Entry, Message, MessageType};

/// What strangers send.
const TYPES: [MessageType; 9] = [
    MessageType::MsgAppend,
    MessageType::MsgAppendResponse,
    MessageType::MsgHeartbeat,
    MessageType::MsgHeartbeatResponse,
    MessageType::MsgRequestVote,
    MessageType::MsgRequestVoteResponse,
    MessageType::MsgRequestPreVote,
    MessageType::MsgRequestPreVoteResponse,
    MessageType::MsgTimeoutNow,
];

/// Appends the payload of a message that nobody sent. Its kind.
pub(super) fn forge(overheard: Status, words: &mut Expansion, payload: &mut Vec<u8>) -> u8 {
    let mut below = |bound: u64| below(words.word(), bound);
    let of = TYPES[below(TYPES.len() as u64) as usize];
    let (last, commit, current) = (overheard.last.0, overheard.commit.0, overheard.term.0);
    let mut message = Message::default();
    message.set_msg_type(of);
    message.term = match below(16) {
        0..6 => current,
        6..11 => current.saturating_add(1),
        11 => current.saturating_sub(1),
        12..14 => current.saturating_add(2 + below(100)),
        14 => current.saturating_add((1 << 40) - 1000 + below(2000)),
        _ => u64::MAX - below(3),
    }
    .max(1);
    message.index = match below(8) {
        0..4 => last,
        4 => commit,
        5..7 => last.saturating_sub(below(5)),
        _ => last.saturating_add(below(1 << 41)),
    };
    message.log_term = if below(4) == 0 { below(message.term) } else { current };
    message.commit = if below(4) == 0 { last.saturating_add(below(3)) } else { commit };
    message.reject = below(3) == 0;
    message.reject_hint = last.saturating_sub(below(5));
    let count = if of == MessageType::MsgAppend { below(4) } else { 0 };
    for number in 1..=count {
        let data = below(u64::MAX).to_le_bytes().to_vec().into();
        message.entries.push(Entry {
            term: message.term,
            index: message.index.saturating_add(number),
            data,
            ..Entry::default()
        });
    }
    encode(&mut message, current, payload);
    kind_of(of)
}
