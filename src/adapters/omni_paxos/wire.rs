//! Messages in frames: a short head for the session, and the crate's own encoding in postcard.
//!
//! `check: u32 | session: u32 | life: u64 | meant for: u64 | number: u64 | at: u64 | received up to: u64 | sent: u64 | term: u64 |
//! message`. The check is over the rest of the head, as TCP has one of its own. The term is that of the ballot that its sender has
//! promised. The highest two bits of the number tell whether the frame brings a part of its message only. What the frame's header
//! says, the sender, the receiver and the kind, is not said again.

use super::ballots;
use super::entry::Record;
use super::inbox::Receipt;
use super::links::Mark;
use super::parts::Part;
use crate::ids::{NodeId, Term};
use crate::replica::{Call, Class, Function};
use crate::time::LocalTime;
use omnipaxos::ballot_leader_election::Ballot;
use omnipaxos::messages::Message;
use omnipaxos::messages::ballot_leader_election::{BLEMessage, HeartbeatMsg};
use omnipaxos::messages::sequence_paxos::{PaxosMessage, PaxosMsg};
use omnipaxos::util::LogSync;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The kinds: numbers that no other implementation gives its own.
pub(super) const HEARTBEAT_REQUEST: u8 = 64;
pub(super) const HEARTBEAT_REPLY: u8 = 65;
pub(super) const PREPARE_REQUEST: u8 = 66;
pub(super) const PREPARE: u8 = 67;
pub(super) const PROMISE: u8 = 68;
pub(super) const ACCEPT_SYNC: u8 = 69;
pub(super) const ACCEPT_DECIDE: u8 = 70;
pub(super) const ACCEPTED: u8 = 71;
pub(super) const NOT_ACCEPTED: u8 = 72;
pub(super) const DECIDE: u8 = 73;
/// A head without a message: it tells what was received.
pub(super) const ACKNOWLEDGEMENT: u8 = 74;

/// The bytes before the message.
pub(super) const HEAD: usize = 64;

/// In the number: the message goes on in the next frame.
const MORE: u64 = 1 << 63;
/// In the number: the message has begun in a frame before.
const CONTINUES: u64 = 1 << 62;

/// The name of a kind.
pub(super) const fn name(kind: u8) -> &'static str {
    match kind {
        HEARTBEAT_REQUEST => "HeartbeatRequest",
        HEARTBEAT_REPLY => "HeartbeatReply",
        PREPARE_REQUEST => "PrepareReq",
        PREPARE => "Prepare",
        PROMISE => "Promise",
        ACCEPT_SYNC => "AcceptSync",
        ACCEPT_DECIDE => "AcceptDecide",
        ACCEPTED => "Accepted",
        NOT_ACCEPTED => "NotAccepted",
        DECIDE => "Decide",
        ACKNOWLEDGEMENT => "Acknowledgement",
        _ => "unknown",
    }
}

/// The kind of a message; none for those that are never sent here.
pub(super) const fn kind_of(message: &Message<Record>) -> Option<u8> {
    Some(match message {
        Message::BLE(BLEMessage { msg: HeartbeatMsg::Request(_), .. }) => HEARTBEAT_REQUEST,
        Message::BLE(BLEMessage { msg: HeartbeatMsg::Reply(_), .. }) => HEARTBEAT_REPLY,
        Message::SequencePaxos(PaxosMessage { msg, .. }) => match msg {
            PaxosMsg::PrepareReq(_) => PREPARE_REQUEST,
            PaxosMsg::Prepare(_) => PREPARE,
            PaxosMsg::Promise(_) => PROMISE,
            PaxosMsg::AcceptSync(_) => ACCEPT_SYNC,
            PaxosMsg::AcceptDecide(_) => ACCEPT_DECIDE,
            PaxosMsg::Accepted(_) => ACCEPTED,
            PaxosMsg::NotAccepted(_) => NOT_ACCEPTED,
            PaxosMsg::Decide(_) => DECIDE,
            PaxosMsg::ProposalForward(_)
            | PaxosMsg::Compaction(_)
            | PaxosMsg::AcceptStopSign(_)
            | PaxosMsg::ForwardStopSign(_) => return None,
        },
    })
}

/// Whether the crate sends messages of this kind again and again until they are answered.
pub(super) const fn is_repeated(kind: u8) -> bool {
    matches!(kind, PREPARE_REQUEST | PREPARE | PROMISE)
}

/// Appends a message, without a head.
pub(super) fn lay_out_message(message: &Message<Record>, buffer: &mut Vec<u8>) {
    match message {
        Message::BLE(BLEMessage { msg: HeartbeatMsg::Request(msg), .. }) => lay_out(msg, buffer),
        Message::BLE(BLEMessage { msg: HeartbeatMsg::Reply(msg), .. }) => lay_out(msg, buffer),
        Message::SequencePaxos(PaxosMessage { msg, .. }) => match msg {
            PaxosMsg::PrepareReq(msg) => lay_out(msg, buffer),
            PaxosMsg::Prepare(msg) => lay_out(msg, buffer),
            PaxosMsg::Promise(msg) => lay_out(msg, buffer),
            PaxosMsg::AcceptSync(msg) => lay_out(msg, buffer),
            PaxosMsg::AcceptDecide(msg) => lay_out(msg, buffer),
            PaxosMsg::Accepted(msg) => lay_out(msg, buffer),
            PaxosMsg::NotAccepted(msg) => lay_out(msg, buffer),
            PaxosMsg::Decide(msg) => lay_out(msg, buffer),
            PaxosMsg::ProposalForward(_)
            | PaxosMsg::Compaction(_)
            | PaxosMsg::AcceptStopSign(_)
            | PaxosMsg::ForwardStopSign(_) => {}
        },
    }
}

/// Appends the head of a frame of a server that has promised the ballot of this term. One that brings no message tells of no ballot,
/// since it does not wait until that is durable.
pub(super) fn lay_out_head(mark: &Mark, part: Part, term: Term, buffer: &mut Vec<u8>) {
    let start = buffer.len();
    let Mark { life, meant_for, session, number, at, receipt } = *mark;
    let number = number | (MORE * u64::from(part.more)) | (CONTINUES * u64::from(part.continues));
    buffer.extend_from_slice(&[0; 4]);
    buffer.extend_from_slice(&session.to_le_bytes());
    for field in [life, meant_for, number, at.nanos(), receipt.upto, receipt.sent.nanos(), term.0] {
        buffer.extend_from_slice(&field.to_le_bytes());
    }
    let check = crc32c::crc32c(&buffer[start + 4..]);
    buffer[start..start + 4].copy_from_slice(&check.to_le_bytes());
}

fn lay_out(message: &impl Serialize, buffer: &mut Vec<u8>) {
    let bytes = std::mem::take(buffer);
    *buffer = postcard::to_extend(message, bytes).expect("a message can be written to memory");
}

/// What the head says: the mark, the part, and the sender's term.
pub(super) fn head(payload: &[u8]) -> Option<(Mark, Part, Term)> {
    let (head, _) = payload.split_first_chunk::<HEAD>()?;
    let check = u32::from_le_bytes(*head.first_chunk()?);
    let session = u32::from_le_bytes(*head[4..].first_chunk()?);
    let mut fields =
        head[8..].chunks_exact(8).map_while(|bytes| bytes.first_chunk()).copied().map(u64::from_le_bytes);
    let mut next = || fields.next();
    let (life, meant_for, number) = (next()?, next()?, next()?);
    let part = Part { continues: number & CONTINUES != 0, more: number & MORE != 0 };
    let number = number & !(CONTINUES | MORE);
    let at = LocalTime::from_nanos(next()?);
    let receipt = Receipt { upto: next()?, sent: LocalTime::from_nanos(next()?) };
    let mark = Mark { life, meant_for, session, number, at, receipt };
    let has_place = number > 0 || part == Part::WHOLE;
    (crc32c::crc32c(&head[4..]) == check && life > 0 && has_place).then_some((mark, part, Term(next()?)))
}

/// Reads a message. Any bytes may come: none for what no replica sends.
pub(super) fn decode(kind: u8, bytes: &[u8], from: NodeId, to: NodeId) -> Option<Message<Record>> {
    let (from, to) = (u64::from(from.0), u64::from(to.0));
    let ble = |msg| Message::BLE(BLEMessage { from, to, msg });
    let paxos = |msg| Message::SequencePaxos(PaxosMessage { from, to, msg });
    let message = match kind {
        HEARTBEAT_REQUEST => ble(HeartbeatMsg::Request(read(bytes)?)),
        HEARTBEAT_REPLY => ble(HeartbeatMsg::Reply(read(bytes)?)),
        PREPARE_REQUEST => paxos(PaxosMsg::PrepareReq(read(bytes)?)),
        PREPARE => paxos(PaxosMsg::Prepare(read(bytes)?)),
        PROMISE => paxos(PaxosMsg::Promise(read(bytes)?)),
        ACCEPT_SYNC => paxos(PaxosMsg::AcceptSync(read(bytes)?)),
        ACCEPT_DECIDE => paxos(PaxosMsg::AcceptDecide(read(bytes)?)),
        ACCEPTED => paxos(PaxosMsg::Accepted(read(bytes)?)),
        NOT_ACCEPTED => paxos(PaxosMsg::NotAccepted(read(bytes)?)),
        DECIDE => paxos(PaxosMsg::Decide(read(bytes)?)),
        _ => return None,
    };
    is_of_this_cluster(&message).then_some(message)
}

fn read<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    let (message, rest) = postcard::take_from_bytes(bytes).ok()?;
    rest.is_empty().then_some(message)
}

/// Whether its ballots are such as there are here, and it brings neither a snapshot nor the end of the cluster.
fn is_of_this_cluster(message: &Message<Record>) -> bool {
    let are_sound = |all: &[&Ballot]| all.iter().all(|ballot| ballots::is_sound(ballot));
    let is_plain = |sync: &LogSync<Record>| sync.decided_snapshot.is_none() && sync.stopsign.is_none();
    match message {
        Message::BLE(BLEMessage { msg: HeartbeatMsg::Request(_), .. }) => true,
        Message::BLE(BLEMessage { msg: HeartbeatMsg::Reply(msg), .. }) => {
            are_sound(&[&msg.ballot, &msg.leader])
        }
        Message::SequencePaxos(PaxosMessage { msg, .. }) => match msg {
            PaxosMsg::PrepareReq(msg) => are_sound(&[&msg.n]),
            PaxosMsg::Prepare(msg) => are_sound(&[&msg.n, &msg.n_accepted]),
            PaxosMsg::Promise(msg) => {
                are_sound(&[&msg.n, &msg.n_accepted]) && msg.log_sync.as_ref().is_none_or(is_plain)
            }
            PaxosMsg::AcceptSync(msg) => are_sound(&[&msg.n]) && is_plain(&msg.log_sync),
            PaxosMsg::AcceptDecide(msg) => are_sound(&[&msg.n]),
            PaxosMsg::Accepted(msg) => are_sound(&[&msg.n]),
            PaxosMsg::NotAccepted(msg) => are_sound(&[&msg.n]),
            PaxosMsg::Decide(msg) => are_sound(&[&msg.n]),
            PaxosMsg::ProposalForward(_)
            | PaxosMsg::Compaction(_)
            | PaxosMsg::AcceptStopSign(_)
            | PaxosMsg::ForwardStopSign(_) => false,
        },
    }
}

/// What a frame of this kind and payload is.
///
/// No answer is for one role alone: everybody asks everybody for heartbeats, a leader waits for promises as long as it
/// leads, and what is not handed on since it comes too late would be missing in its session.
pub(super) fn classify(kind: u8, payload: &[u8]) -> Option<Class> {
    let (_, part, term) = head(payload)?;
    let (call, function) = match kind {
        HEARTBEAT_REQUEST => (Call::Request, Some(Function::Heartbeat)),
        HEARTBEAT_REPLY | PROMISE | ACCEPTED | NOT_ACCEPTED => (Call::Response, None),
        PREPARE_REQUEST | ACKNOWLEDGEMENT => (Call::Notice, None),
        PREPARE => (Call::Request, Some(Function::RequestVote)),
        ACCEPT_SYNC | ACCEPT_DECIDE => (Call::Request, Some(Function::AppendEntries)),
        DECIDE => (Call::Notice, Some(Function::Heartbeat)),
        _ => return None,
    };
    Some(Class { call, term, grants_vote: kind == PROMISE && !part.more, function })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_read_as_it_was_laid_out_or_not_at_all() {
        let at = |nanos| LocalTime::from_nanos(nanos);
        let receipt = Receipt { upto: 6 << 40, sent: at(7 << 40) };
        let mark =
            Mark { life: 1 << 40, meant_for: 2 << 40, session: 3, number: 4 << 40, at: at(5 << 40), receipt };
        let mut bytes = Vec::new();
        let part = Part { continues: true, more: true };
        lay_out_head(&mark, part, Term(8002), &mut bytes);
        assert_eq!((bytes.len(), head(&bytes)), (HEAD, Some((mark, part, Term(8002)))));
        assert_eq!(head(&bytes[..HEAD - 1]), None);
        for place in 0..HEAD {
            let mut other = bytes.clone();
            other[place] ^= 1;
            assert_eq!(head(&other), None, "byte {place}");
        }
    }
}
