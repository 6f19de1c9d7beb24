//! Messages that nobody sent: what a stranger would send who knows the protocol, of a ballot and of indexes near those that
//! were overheard. It is in no session, as one who is not on the path of a TCP connection isn't.

use super::ballots::{CONFIGURATION, ballot};
use super::entry::Record;
use super::inbox::Receipt;
use super::links::Mark;
use super::parts::Part;
use super::wire::{kind_of, lay_out_head, lay_out_message};
use crate::ids::Term;
use crate::replica::Status;
use crate::rng::{Expansion, below};
use crate::time::LocalTime;
use omnipaxos::ballot_leader_election::Ballot;
use omnipaxos::messages::Message;
use omnipaxos::messages::ballot_leader_election::{
    BLEMessage, HeartbeatMsg, HeartbeatReply, HeartbeatRequest,
};
use omnipaxos::messages::sequence_paxos::{
    AcceptDecide, Accepted, Decide, NotAccepted, PaxosMessage, PaxosMsg, Prepare, PrepareReq, Promise,
};
use omnipaxos::util::SequenceNumber;

/// Appends the payload of a message that nobody sent. Its kind.
pub(super) fn forge(overheard: Status, words: &mut Expansion, payload: &mut Vec<u8>) -> u8 {
    let mut below = |bound: u64| below(words.word(), bound);
    let current = ballot(overheard.term).unwrap_or_default();
    let n = match below(4) {
        0 | 1 => current,
        2 => Ballot::with(CONFIGURATION, current.n.saturating_add(1), 0, current.pid.max(1)),
        _ => Ballot::with(CONFIGURATION, current.n.saturating_sub(1), 0, current.pid.max(1)),
    };
    let accepted_idx = (overheard.last.0 + below(3)) as usize;
    let decided_idx = (overheard.commit.0 + below(3)) as usize;
    let seq_num = SequenceNumber { session: 1 + below(3), counter: 1 + below(20) };
    let paxos = |msg| Message::SequencePaxos(PaxosMessage { from: 0, to: 0, msg });
    let ble = |msg| Message::BLE(BLEMessage { from: 0, to: 0, msg });
    let message = match below(9) {
        0 => ble(HeartbeatMsg::Request(HeartbeatRequest { round: below(100) as u32 })),
        1 => ble(HeartbeatMsg::Reply(HeartbeatReply {
            round: below(100) as u32,
            ballot: n,
            leader: current,
            happy: below(2) == 0,
        })),
        2 => paxos(PaxosMsg::PrepareReq(PrepareReq { n })),
        3 => paxos(PaxosMsg::Prepare(Prepare { n, decided_idx, n_accepted: current, accepted_idx })),
        4 => paxos(PaxosMsg::Promise(Promise {
            n,
            n_accepted: current,
            decided_idx,
            accepted_idx,
            log_sync: None,
        })),
        5 => {
            let entries = vec![Record::command(overheard.term, &below(u64::MAX).to_le_bytes())];
            paxos(PaxosMsg::AcceptDecide(AcceptDecide { n, seq_num, decided_idx, entries }))
        }
        6 => paxos(PaxosMsg::Accepted(Accepted { n, accepted_idx })),
        7 => paxos(PaxosMsg::NotAccepted(NotAccepted { n })),
        _ => paxos(PaxosMsg::Decide(Decide { n, seq_num, decided_idx })),
    };
    let mark = Mark {
        life: 1,
        meant_for: 0,
        session: 0,
        number: 1,
        at: LocalTime::ZERO,
        receipt: Receipt::default(),
    };
    lay_out_head(&mark, Part::WHOLE, Term(overheard.term.0), payload);
    lay_out_message(&message, payload);
    kind_of(&message).expect("one of those that are sent")
}
