//! Messages in frames: a short head for the session, and the crate's own encoding in postcard.
//!
//! `check: u32 | life: u64 | session: u32 | number: u64 | term: u64 | message`. The check is over the rest of the head, as TCP
//! has one of its own. The term is that of the ballot that its sender has promised. What the frame's header says, the
//! sender, the receiver and the kind, is not said again.

use super::ballots;
use super::entry::Record;
use super::links::Mark;
use crate::ids::{NodeId, Term};
use crate::replica::{Call, Class, Function};
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

/// The bytes before the message.
const HEAD: usize = 32;

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

/// Appends a message of a server that has promised the ballot of this term.
pub(super) fn encode(message: &Message<Record>, mark: &Mark, term: Term, buffer: &mut Vec<u8>) {
    let start = buffer.len();
    buffer.extend_from_slice(&[0; 4]);
    buffer.extend_from_slice(&mark.life.to_le_bytes());
    buffer.extend_from_slice(&mark.session.to_le_bytes());
    buffer.extend_from_slice(&mark.number.to_le_bytes());
    buffer.extend_from_slice(&term.0.to_le_bytes());
    let check = crc32c::crc32c(&buffer[start + 4..]);
    buffer[start..start + 4].copy_from_slice(&check.to_le_bytes());
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

fn lay_out(message: &impl Serialize, buffer: &mut Vec<u8>) {
    let bytes = std::mem::take(buffer);
    *buffer = postcard::to_extend(message, bytes).expect("a message can be written to memory");
}

/// What the head says: the mark, and the sender's term.
pub(super) fn head(payload: &[u8]) -> Option<(Mark, Term)> {
    let (head, _) = payload.split_first_chunk::<HEAD>()?;
    let check = u32::from_le_bytes(*head.first_chunk()?);
    let long = |at: usize| head[at..].first_chunk().map(|bytes| u64::from_le_bytes(*bytes));
    let session = u32::from_le_bytes(*head[12..].first_chunk()?);
    let mark = Mark { life: long(4)?, session, number: long(16)? };
    (crc32c::crc32c(&head[4..]) == check && mark.life > 0).then_some((mark, Term(long(24)?)))
}

/// Reads a message. Any bytes may come: none for what no replica sends.
pub(super) fn decode(kind: u8, payload: &[u8], from: NodeId, to: NodeId) -> Option<Message<Record>> {
    let bytes = payload.get(HEAD..)?;
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
    let (_, term) = head(payload)?;
    let (call, function) = match kind {
        HEARTBEAT_REQUEST => (Call::Request, Some(Function::Heartbeat)),
        HEARTBEAT_REPLY | PROMISE | ACCEPTED | NOT_ACCEPTED => (Call::Response, None),
        PREPARE_REQUEST => (Call::Notice, None),
        PREPARE => (Call::Request, Some(Function::RequestVote)),
        ACCEPT_SYNC | ACCEPT_DECIDE => (Call::Request, Some(Function::AppendEntries)),
        DECIDE => (Call::Notice, Some(Function::Heartbeat)),
        _ => return None,
    };
    Some(Class { call, term, grants_vote: kind == PROMISE, function })
}
