//! Messages in frames: a short head that tells what has to be known of every frame, and the crate's own encoding.
//!
//! `term: u64 | flags: u8 | message`. The term is the sender's own. What the frame's header says, the sender, the receiver and
//! the kind, is not said again. Snapshots go in chunks (see [`super::chunks`]).

use super::chunks;
use crate::ids::{NodeId, Term};
use crate::replica::{Call, Class, Function};
use protobuf::Message as _;
use raft::eraftpb::{Message, MessageType};

/// The kind of a message is this and the number that the crate gives its type.
pub(super) const FIRST_KIND: u8 = 32;

/// The bytes before the message.
pub(super) const HEAD: usize = 9;

/// Whether a request is refused.
const REJECT: u8 = 1;
/// Whether there are entries.
const ENTRIES: u8 = 2;

/// The type that a kind stands for, of those that replicas send each other.
pub(super) fn type_of(kind: u8) -> Option<MessageType> {
    use MessageType::{
        MsgAppend, MsgAppendResponse, MsgHeartbeat, MsgHeartbeatResponse, MsgReadIndex, MsgReadIndexResp,
        MsgRequestPreVote, MsgRequestPreVoteResponse, MsgRequestVote, MsgRequestVoteResponse, MsgSnapshot,
        MsgTimeoutNow,
    };
    const SENT: [MessageType; 12] = [
        MsgAppend,
        MsgAppendResponse,
        MsgHeartbeat,
        MsgHeartbeatResponse,
        MsgReadIndex,
        MsgReadIndexResp,
        MsgRequestPreVote,
        MsgRequestPreVoteResponse,
        MsgRequestVote,
        MsgRequestVoteResponse,
        MsgSnapshot,
        MsgTimeoutNow,
    ];
    SENT.into_iter().find(|it| kind_of(*it) == kind)
}

/// The kind of messages of this type.
pub(super) const fn kind_of(of: MessageType) -> u8 {
    FIRST_KIND + of as u8
}

/// The name of a kind.
pub(super) fn name(kind: u8) -> &'static str {
    match type_of(kind) {
        Some(MessageType::MsgAppend) => "MsgAppend",
        Some(MessageType::MsgAppendResponse) => "MsgAppendResponse",
        Some(MessageType::MsgHeartbeat) => "MsgHeartbeat",
        Some(MessageType::MsgHeartbeatResponse) => "MsgHeartbeatResponse",
        Some(MessageType::MsgReadIndex) => "MsgReadIndex",
        Some(MessageType::MsgReadIndexResp) => "MsgReadIndexResp",
        Some(MessageType::MsgRequestPreVote) => "MsgRequestPreVote",
        Some(MessageType::MsgRequestPreVoteResponse) => "MsgRequestPreVoteResponse",
        Some(MessageType::MsgRequestVote) => "MsgRequestVote",
        Some(MessageType::MsgRequestVoteResponse) => "MsgRequestVoteResponse",
        Some(MessageType::MsgSnapshot) => "MsgSnapshot",
        Some(MessageType::MsgTimeoutNow) => "MsgTimeoutNow",
        _ => "unknown",
    }
}

/// Whether the term in a message of this type is another one than its sender's: that of an election still to come, or none.
const fn has_a_term_of_its_own(of: MessageType) -> bool {
    matches!(
        of,
        MessageType::MsgRequestPreVote | MessageType::MsgRequestPreVoteResponse | MessageType::MsgReadIndex
    )
}

/// Appends a message of a server in this term, of which what is not said again is taken out.
pub(super) fn encode(message: &mut Message, own: u64, buffer: &mut Vec<u8>) {
    let of = message.get_msg_type();
    let term = if has_a_term_of_its_own(of) { own } else { message.term };
    let flags =
        if message.reject { REJECT } else { 0 } | if message.entries.is_empty() { 0 } else { ENTRIES };
    buffer.extend_from_slice(&term.to_le_bytes());
    buffer.push(flags);
    (message.to, message.from) = (0, 0);
    message.set_msg_type(MessageType::default());
    if !has_a_term_of_its_own(of) {
        message.term = 0;
    }
    message.write_to_vec(buffer).expect("a message can be written to memory");
}

/// The term and the flags.
fn head(payload: &[u8]) -> Option<(u64, u8)> {
    let (head, _) = payload.split_first_chunk::<HEAD>()?;
    Some((u64::from_le_bytes(*head.first_chunk()?), head[HEAD - 1]))
}

/// Reads a message, of any kind but a snapshot's. Any bytes may come: none for what no replica sends.
pub(super) fn decode(kind: u8, payload: &[u8], from: NodeId, to: NodeId) -> Option<Message> {
    let of = type_of(kind)?;
    let (term, flags) = head(payload)?;
    let mut message = Message::default();
    message.merge_from_bytes(&payload[HEAD..]).ok()?;
    let says = if message.reject { REJECT } else { 0 } | if message.entries.is_empty() { 0 } else { ENTRIES };
    let is_plain = message.from == 0 && message.to == 0 && message.get_msg_type() == MessageType::default();
    let is_read = matches!(of, MessageType::MsgReadIndex | MessageType::MsgReadIndexResp);
    if says != flags || !is_plain || (is_read && message.entries.len() != 1) {
        return None;
    }
    if !has_a_term_of_its_own(of) {
        if message.term != 0 {
            return None;
        }
        message.term = term;
    }
    // Of term 0 are only messages of the replica's own host.
    if (message.term == 0) != (of == MessageType::MsgReadIndex) {
        return None;
    }
    message.set_msg_type(of);
    (message.from, message.to) = (u64::from(from.0), u64::from(to.0));
    Some(message)
}

/// What a frame of this kind and payload is.
pub(super) fn classify(kind: u8, payload: &[u8]) -> Option<Class> {
    let of = type_of(kind)?;
    let (term, flags) = head(payload)?;
    if of == MessageType::MsgSnapshot {
        chunks::Chunk::decode(&payload[HEAD..])?;
    }
    let (call, function) = match of {
        MessageType::MsgAppend if flags & ENTRIES != 0 => (Call::Request, Function::AppendEntries),
        MessageType::MsgAppend | MessageType::MsgHeartbeat => (Call::Request, Function::Heartbeat),
        MessageType::MsgAppendResponse | MessageType::MsgHeartbeatResponse => {
            (Call::Response, Function::AppendEntriesReply)
        }
        MessageType::MsgRequestVote => (Call::Request, Function::RequestVote),
        MessageType::MsgRequestVoteResponse => (Call::Response, Function::RequestVoteReply),
        MessageType::MsgRequestPreVote => (Call::Request, Function::PreVote),
        MessageType::MsgRequestPreVoteResponse => (Call::Response, Function::PreVoteReply),
        MessageType::MsgSnapshot => (Call::Notice, Function::InstallSnapshot),
        MessageType::MsgTimeoutNow => (Call::Notice, Function::TimeoutNow),
        MessageType::MsgReadIndex => (Call::Request, Function::ReadIndex),
        MessageType::MsgReadIndexResp => (Call::Response, Function::ReadIndexReply),
        _ => return None,
    };
    let grants_vote = of == MessageType::MsgRequestVoteResponse && flags & REJECT == 0;
    Some(Class { call, term: Term(term), grants_vote, function: Some(function) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(of: MessageType, term: u64) -> Message {
        let mut message = Message { from: 2, to: 3, term, index: 17, commit: 9, ..Message::default() };
        message.set_msg_type(of);
        message
    }

    #[test]
    fn what_is_encoded_reads_back_behind_what_is_there() {
        for of in [MessageType::MsgAppend, MessageType::MsgRequestPreVote, MessageType::MsgTimeoutNow] {
            let sent = message(of, 5);
            let mut bytes = b"before".to_vec();
            encode(&mut sent.clone(), 4, &mut bytes);
            let read = decode(kind_of(of), &bytes[6..], NodeId(2), NodeId(3));
            assert_eq!(read, Some(sent));
            let own = if of == MessageType::MsgRequestPreVote { 4 } else { 5 };
            assert_eq!(classify(kind_of(of), &bytes[6..]).map(|class| class.term), Some(Term(own)));
        }
    }

    #[test]
    fn nobody_speaks_as_the_host() {
        let mut bytes = Vec::new();
        encode(&mut message(MessageType::MsgAppend, 0), 0, &mut bytes);
        assert_eq!(decode(kind_of(MessageType::MsgAppend), &bytes, NodeId(1), NodeId(2)), None);
        for of in [MessageType::MsgHup, MessageType::MsgPropose, MessageType::MsgCheckQuorum] {
            assert_eq!(name(kind_of(of)), "unknown");
            assert_eq!(classify(kind_of(of), &bytes), None);
        }
    }

    proptest::proptest! {
        #[test]
        fn garbage_is_no_panic(kind in FIRST_KIND..FIRST_KIND + 20, bytes: Vec<u8>) {
            let _ = classify(kind, &bytes);
            let _ = decode(kind, &bytes, NodeId(1), NodeId(2));
        }
    }
}
