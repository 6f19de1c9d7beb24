//! Whether a message that may be another one than its sender laid out makes sense.

use super::ballots;
use super::entry::Record;
use super::parts::Part;
use super::wire::{ACKNOWLEDGEMENT, HEAD, decode, head};
use crate::ids::{NodeId, Term};
use crate::replica::{Flaw, Status};
use omnipaxos::messages::Message;
use omnipaxos::messages::ballot_leader_election::HeartbeatMsg;
use omnipaxos::messages::sequence_paxos::PaxosMsg;
use omnipaxos::util::LogSync;

/// A ballot further ahead than so many numbers no cluster can have reached.
const FURTHEST: u64 = 1_000 << 20;

/// The first flaw of a payload, for a replica of this status.
pub(super) fn examine(kind: u8, payload: &[u8], status: &Status) -> Result<(), Flaw> {
    let (_, part, term) = head(payload).ok_or(Flaw::Undecodable)?;
    let furthest = Term(status.term.0.saturating_add(FURTHEST));
    if part != Part::WHOLE && term > furthest {
        return Err(Flaw::TermJump);
    }
    // A part alone says nothing.
    if kind == ACKNOWLEDGEMENT || part != Part::WHOLE {
        return Ok(());
    }
    // Who they are the header tells.
    let message = decode(kind, &payload[HEAD..], NodeId(1), NodeId(2)).ok_or(Flaw::Undecodable)?;
    if ballots_of(&message).into_iter().chain([term]).any(|term| term > furthest) {
        return Err(Flaw::TermJump);
    }
    match message {
        Message::BLE(_) => Ok(()),
        Message::SequencePaxos(message) => of_message(&message.msg, status),
    }
}

/// The terms of the ballots that a message names.
fn ballots_of(message: &Message<Record>) -> [Term; 2] {
    let (one, other) = match message {
        Message::BLE(message) => match &message.msg {
            HeartbeatMsg::Request(_) => return [Term::ZERO; 2],
            HeartbeatMsg::Reply(reply) => (reply.ballot, reply.leader),
        },
        Message::SequencePaxos(message) => match &message.msg {
            PaxosMsg::PrepareReq(it) => (it.n, it.n),
            PaxosMsg::Prepare(it) => (it.n, it.n_accepted),
            PaxosMsg::Promise(it) => (it.n, it.n_accepted),
            PaxosMsg::AcceptSync(it) => (it.n, it.n),
            PaxosMsg::AcceptDecide(it) => (it.n, it.n),
            PaxosMsg::Accepted(it) => (it.n, it.n),
            PaxosMsg::NotAccepted(it) => (it.n, it.n),
            PaxosMsg::Decide(it) => (it.n, it.n),
            _ => return [Term::ZERO; 2],
        },
    };
    [ballots::term(&one), ballots::term(&other)]
}

fn of_message(message: &PaxosMsg<Record>, status: &Status) -> Result<(), Flaw> {
    let last = status.last.0 as usize;
    let ordered = |indexes: &[usize]| {
        if indexes.is_sorted() { Ok(()) } else { Err(Flaw::Indexes) }
    };
    match message {
        PaxosMsg::Prepare(it) => ordered(&[it.decided_idx, it.accepted_idx]),
        PaxosMsg::Promise(it) => {
            ordered(&[it.decided_idx, it.accepted_idx])?;
            let Some(sync) = &it.log_sync else { return Ok(()) };
            if sync.sync_idx.checked_add(sync.suffix.len()) != Some(it.accepted_idx) {
                return Err(Flaw::Indexes);
            }
            of_sync(sync, ballots::term(&it.n_accepted), status)
        }
        PaxosMsg::AcceptSync(it) => {
            ordered(&[it.decided_idx, it.log_sync.sync_idx.saturating_add(it.log_sync.suffix.len())])?;
            of_sync(&it.log_sync, ballots::term(&it.n), status)
        }
        PaxosMsg::AcceptDecide(it) => {
            ordered(&[it.decided_idx, last.saturating_add(it.entries.len())])?;
            of_entries(&it.entries, ballots::term(&it.n))
        }
        PaxosMsg::Accepted(it) => ordered(&[it.accepted_idx, last]),
        PaxosMsg::Decide(it) => ordered(&[it.decided_idx, last]),
        _ => Ok(()),
    }
}

/// What replaces entries follows some that are there, and replaces none that is decided.
fn of_sync(sync: &LogSync<Record>, most: Term, status: &Status) -> Result<(), Flaw> {
    if !(status.commit.0..=status.last.0).contains(&(sync.sync_idx as u64)) {
        return Err(Flaw::Indexes);
    }
    of_entries(&sync.suffix, most)
}

fn of_entries(entries: &[Record], most: Term) -> Result<(), Flaw> {
    let terms: Vec<Term> = entries.iter().map(Record::term).chain([most]).collect();
    if terms.is_sorted() { Ok(()) } else { Err(Flaw::Entries) }
}
