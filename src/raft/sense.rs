//! Whether a message makes sense, for where it may be another one than its sender laid out.
//!
//! What is looked at are contradictions that no server ever sends, and numbers that no run can reach. What gets past that is
//! a message that some server might have sent: only its integrity could tell that none did.

use super::message::{AppendEntries, Message, Outcome, fails_before_entries};
use crate::ids::{Index, Term};
use crate::replica::{Entries, Flaw, Status};

/// No cluster gets so many terms, or entries, ahead of one of its servers: at a million a second that takes twelve days.
const FARTHEST: u64 = 1 << 40;

/// What is wrong with a message to a server of this status.
pub(super) fn examine(kind: u8, payload: &[u8], status: &Status) -> Result<(), Flaw> {
    let Some(message) = Message::decode(kind, payload) else {
        return Err(if fails_before_entries(kind, payload) { Flaw::Undecodable } else { Flaw::Entries });
    };
    let Claims { terms, entries, other_indexes } = Claims::of(&message);
    let farthest = status.term.0.saturating_add(FARTHEST);
    if terms.iter().chain(entries.iter().map(|(_, term)| term)).any(|term| term.0 > farthest) {
        return Err(Flaw::TermJump);
    }
    let farthest = status.last.0.saturating_add(FARTHEST);
    let mut indexes = entries.iter().map(|(index, _)| index).chain(&other_indexes);
    let is_far = indexes.any(|index| index.0 > farthest);
    // There is no entry 0, and no other is of term 0; nobody has one of a term above its own.
    let is_odd = |(index, term): &(Index, Term)| {
        (*index == Index::ZERO) != (*term == Term::ZERO) || *term > message.term()
    };
    if is_far || entries.iter().any(is_odd) || contradicts(&message) {
        return Err(Flaw::Indexes);
    }
    match &message {
        Message::AppendEntries(append) if !is_in_order(append) => Err(Flaw::Entries),
        _ => Ok(()),
    }
}

/// What a message says of terms and entries.
struct Claims {
    /// Terms that servers are in, or speak of.
    terms: Vec<Term>,
    /// Entries by index and term, or where a log ends.
    entries: Vec<(Index, Term)>,
    /// Entries by index alone.
    other_indexes: Vec<Index>,
}

impl Claims {
    fn of(message: &Message<'_>) -> Self {
        let (mut terms, mut entries, mut other_indexes) = (vec![message.term()], Vec::new(), Vec::new());
        match message {
            Message::RequestVote(it) => entries.push((it.last_index, it.last_term)),
            Message::PreVote(it) => entries.push((it.last_index, it.last_term)),
            Message::PreVoteReply(it) => terms.push(it.candidacy),
            Message::AppendEntries(it) => {
                entries.push((it.prev_index, it.prev_term));
                other_indexes.push(it.commit);
            }
            Message::AppendEntriesReply(it) => match it.outcome {
                Outcome::Accepted { matched } => other_indexes.push(matched),
                Outcome::Refused { prev_index, hint_index, hint_term } => {
                    terms.push(hint_term);
                    other_indexes.extend([prev_index, hint_index]);
                }
            },
            Message::InstallSnapshot(it) => entries.push((it.last_index, it.last_term)),
            Message::InstallSnapshotReply(it) => other_indexes.push(it.last_index),
            Message::ReadIndexReply(it) => other_indexes.extend(it.index),
            Message::RequestVoteReply(_)
            | Message::TimeoutNow(_)
            | Message::Contact(_)
            | Message::ContactReply(_)
            | Message::ReadIndex(_) => {}
        }
        Self { terms, entries, other_indexes }
    }
}

/// Whether parts of it contradict each other.
fn contradicts(message: &Message<'_>) -> bool {
    match message {
        // A candidate's last entry is of an earlier term than its candidacy.
        Message::RequestVote(it) => it.last_term >= it.term,
        Message::PreVote(it) => it.last_term >= it.term,
        Message::AppendEntriesReply(it) => {
            matches!(it.outcome, Outcome::Refused { prev_index, hint_index, .. } if hint_index > prev_index)
        }
        _ => false,
    }
}

/// Whether the terms of the entries never go down, from the one before them on.
fn is_in_order(append: &AppendEntries<'_>) -> bool {
    let terms = Entries::new(append.entries).map(|entry| entry.term);
    std::iter::once(append.prev_term).chain(terms).is_sorted()
}

#[cfg(test)]
mod tests {
    use super::super::message::{self, AppendEntriesReply, RequestVote};
    use super::*;
    use crate::replica::{Entry, EntryKind};

    const STATUS: Status = Status {
        role: crate::replica::Role::Follower,
        term: Term(7),
        leader: None,
        last: Index(20),
        commit: Index(10),
    };

    fn examined(message: Message<'_>) -> Result<(), Flaw> {
        let mut payload = Vec::new();
        message.encode(&mut payload);
        examine(message.kind(), &payload, &STATUS)
    }

    fn append(prev: (u64, u64), terms: &[u64], change: impl Fn(&mut AppendEntries<'_>)) -> Result<(), Flaw> {
        let mut entries = Vec::new();
        for term in terms {
            Entry { term: Term(*term), kind: EntryKind::NoOp, data: &[] }.encode(&mut entries);
        }
        let mut append = AppendEntries {
            term: Term(7),
            prev_index: Index(prev.0),
            prev_term: Term(prev.1),
            commit: Index(3),
            count: terms.len() as u32,
            entries: &entries,
        };
        change(&mut append);
        examined(Message::AppendEntries(append))
    }

    #[test]
    fn entries_have_to_be_those_that_are_told_in_the_order_of_their_terms() {
        assert_eq!(append((5, 3), &[3, 4, 7], |_| ()), Ok(()));
        assert_eq!(append((0, 0), &[1], |_| ()), Ok(()));
        assert_eq!(append((5, 3), &[4, 3], |_| ()), Err(Flaw::Entries), "out of order");
        assert_eq!(append((5, 3), &[2], |_| ()), Err(Flaw::Entries), "older than the one before");
        assert_eq!(append((5, 3), &[3, 3], |it| it.count = 3), Err(Flaw::Entries), "one is missing");
        assert_eq!(append((5, 3), &[8], |_| ()), Err(Flaw::Entries), "of a term above the leader's");
    }

    #[test]
    fn numbers_have_to_be_possible() {
        let far = 1 << 41;
        assert_eq!(append((0, 3), &[], |_| ()), Err(Flaw::Indexes), "no entry of term 3");
        assert_eq!(append((4, 0), &[], |_| ()), Err(Flaw::Indexes), "no entry of term 0");
        assert_eq!(append((far, 3), &[], |_| ()), Err(Flaw::Indexes));
        assert_eq!(append((5, 3), &[], |it| it.commit = Index(far)), Err(Flaw::Indexes));
        assert_eq!(append((5, 3), &[], |it| it.term = Term(7 + (1 << 40))), Ok(()));
        assert_eq!(append((5, 3), &[], |it| it.term = Term(8 + (1 << 40))), Err(Flaw::TermJump));
        assert_eq!(append((5, 3), &[], |it| it.term = Term(u64::MAX)), Err(Flaw::TermJump));
    }

    #[test]
    fn a_message_does_not_contradict_itself() {
        let vote = |last_index, last_term| {
            examined(Message::RequestVote(RequestVote {
                term: Term(8),
                last_index: Index(last_index),
                last_term: Term(last_term),
                priority: 0,
                is_transfer: false,
            }))
        };
        assert_eq!((vote(20, 7), vote(0, 0)), (Ok(()), Ok(())));
        assert_eq!(
            (vote(20, 8), vote(20, 0), vote(0, 7)),
            (Err(Flaw::Indexes), Err(Flaw::Indexes), Err(Flaw::Indexes))
        );
        let refused = |prev, hint| {
            let outcome =
                Outcome::Refused { prev_index: Index(prev), hint_index: Index(hint), hint_term: Term(2) };
            examined(Message::AppendEntriesReply(AppendEntriesReply { term: Term(7), outcome }))
        };
        assert_eq!((refused(9, 9), refused(9, 10)), (Ok(()), Err(Flaw::Indexes)));
    }

    #[test]
    fn what_is_no_message_is_undecodable() {
        assert_eq!(examine(99, &[0; 40], &STATUS), Err(Flaw::Undecodable));
        assert_eq!(examine(message::REQUEST_VOTE, &[1; 3], &STATUS), Err(Flaw::Undecodable));
        assert_eq!(examine(message::APPEND_ENTRIES, &[1; 3], &STATUS), Err(Flaw::Undecodable));
    }
}
