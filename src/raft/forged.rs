//! Messages that nobody sent: what a stranger would send who knows the protocol.
//!
//! Each is one that some server might send, of a term and of indexes near those that were overheard, now and then far off.

use super::message::{
    AppendEntries, AppendEntriesReply, Contact, ContactReply, InstallSnapshot, InstallSnapshotReply, Message,
    Outcome, PreVote, PreVoteReply, ReadIndex, ReadIndexReply, RequestVote, RequestVoteReply, TimeoutNow,
};
use crate::ids::{Index, Term};
use crate::replica::{Entry, EntryKind, Status};
use crate::rng::{Expansion, below};

/// Appends the payload of a message that nobody sent. Its kind.
pub(super) fn forge(overheard: Status, words: &mut Expansion, payload: &mut Vec<u8>) -> u8 {
    let mut stranger = Stranger { overheard, words };
    let term = stranger.term();
    let entries = stranger.entries(term);
    let message = stranger.message(term, &entries);
    message.encode(payload);
    message.kind()
}

struct Stranger<'w> {
    overheard: Status,
    words: &'w mut Expansion,
}

impl Stranger<'_> {
    fn below(&mut self, bound: u64) -> u64 {
        below(self.words.word(), bound)
    }

    fn coin(&mut self) -> bool {
        self.below(2) == 0
    }

    /// Mostly the current term or the next.
    fn term(&mut self) -> Term {
        let current = self.overheard.term.0;
        let term = match self.below(16) {
            0..6 => current,
            6..11 => current.saturating_add(1),
            11 => current.saturating_sub(1),
            12 => current.saturating_add(2 + self.below(100)),
            13 => current.saturating_add((1 << 40) - 1000 + self.below(2000)),
            14 => self.words.word(),
            _ => u64::MAX - self.below(3),
        };
        Term(term.max(1))
    }

    /// Mostly near the end of the logs, or near what is committed.
    fn index(&mut self) -> Index {
        let (last, commit) = (self.overheard.last.0, self.overheard.commit.0);
        Index(match self.below(12) {
            0..5 => last,
            5 => last.saturating_add(self.below(3)),
            6 => last.saturating_sub(self.below(5)),
            7..9 => commit,
            9 => commit.saturating_sub(self.below(5)),
            10 => last.saturating_add(self.below(1 << 41)),
            _ => self.words.word(),
        })
    }

    /// The term of an entry at this index, of a log whose server is in that term.
    fn term_at(&mut self, index: Index, term: Term) -> Term {
        match (index, self.below(8)) {
            (Index::ZERO, _) => Term::ZERO,
            (_, 0) => term,
            (_, 1) => Term(self.below(term.0)),
            _ => self.overheard.term.min(term),
        }
    }

    /// Up to three commands of nobody's.
    fn entries(&mut self, term: Term) -> (u32, Vec<u8>) {
        let (count, mut wire) = (self.below(4) as u32, Vec::new());
        for _ in 0..count {
            let data = self.words.word().to_le_bytes();
            Entry { term, kind: EntryKind::Command, data: &data }.encode(&mut wire);
        }
        (count, wire)
    }

    fn message<'a>(&mut self, term: Term, entries: &'a (u32, Vec<u8>)) -> Message<'a> {
        let (kind, index, other) = (self.below(16), self.index(), self.index());
        let at_index = self.term_at(index, term);
        match kind {
            0..5 => Message::AppendEntries(AppendEntries {
                term,
                prev_index: index,
                prev_term: at_index,
                commit: other,
                count: entries.0,
                entries: &entries.1,
            }),
            5 | 6 => {
                let outcome = if self.coin() {
                    Outcome::Accepted { matched: index }
                } else {
                    Outcome::Refused {
                        prev_index: index.max(other),
                        hint_index: index.min(other),
                        hint_term: at_index,
                    }
                };
                Message::AppendEntriesReply(AppendEntriesReply { term, outcome })
            }
            7 | 8 => Message::RequestVoteReply(RequestVoteReply { term, granted: true }),
            9 => {
                let (priority, is_transfer) = (self.below(4) as u32, self.coin());
                let (last_index, last_term) = (index, at_index);
                Message::RequestVote(RequestVote { term, last_index, last_term, priority, is_transfer })
            }
            10 => Message::PreVote(PreVote { term, last_index: index, last_term: at_index, priority: 0 }),
            11 => Message::PreVoteReply(PreVoteReply {
                term,
                granted: true,
                candidacy: Term(term.0.saturating_add(1)),
            }),
            12 => Message::TimeoutNow(TimeoutNow { term }),
            13 => self.about_reads(term, index),
            14 => Message::InstallSnapshot(InstallSnapshot {
                term,
                last_index: index.max(Index(1)),
                last_term: at_index.max(Term(1)),
                size: entries.1.len() as u32,
                offset: 0,
                chunk: &entries.1,
                membership: &[],
            }),
            _ => {
                let (next, done) = (self.below(1000) as u32, self.coin());
                Message::InstallSnapshotReply(InstallSnapshotReply { term, last_index: index, next, done })
            }
        }
    }

    fn about_reads<'a>(&mut self, term: Term, index: Index) -> Message<'a> {
        let (number, life) = (self.below(1000), 1 + self.below(2));
        match self.below(4) {
            0 => Message::Contact(Contact { term, round: number }),
            1 => Message::ContactReply(ContactReply { term, round: number }),
            2 => Message::ReadIndex(ReadIndex { term, life, number }),
            _ => Message::ReadIndexReply(ReadIndexReply { term, life, number, index: Some(index) }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::raft::sense;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    const OVERHEARD: Status = Status {
        role: crate::replica::Role::Leader,
        term: Term(7),
        leader: None,
        last: Index(20),
        commit: Index(10),
    };

    fn forged(word: u64) -> (u8, Vec<u8>) {
        let mut payload = Vec::new();
        let kind = forge(OVERHEARD, &mut Expansion::new(word), &mut payload);
        (kind, payload)
    }

    #[test]
    fn a_stranger_knows_every_kind_of_message_and_most_make_sense() {
        let mut kinds = BTreeSet::new();
        let mut sensible = 0;
        for word in 0..2_000 {
            let (kind, payload) = forged(word);
            kinds.insert(kind);
            sensible += u32::from(sense::examine(kind, &payload, &OVERHEARD).is_ok());
        }
        assert_eq!(kinds.into_iter().collect::<Vec<_>>(), (1..=13).collect::<Vec<_>>());
        assert!((800..1_800).contains(&sensible), "{sensible}");
    }

    proptest! {
        /// Whatever is done to a message: reading it does not panic, and what can be read is read to its last byte.
        #[test]
        fn a_message_that_was_changed_is_read_as_what_it_is_or_not_at_all(
            word: u64,
            flips in proptest::collection::vec((any::<prop::sample::Index>(), 0..8_u32), 0..4),
            cut in proptest::option::of(any::<prop::sample::Index>()),
            added in proptest::collection::vec(any::<u8>(), 0..20),
            other_kind in proptest::option::of(any::<u8>()),
        ) {
            let (kind, mut payload) = forged(word);
            let kind = other_kind.unwrap_or(kind);
            for (at, bit) in flips {
                let at = at.index(payload.len());
                payload[at] ^= 1 << bit;
            }
            if let Some(cut) = cut {
                payload.truncate(cut.index(payload.len() + 1));
            }
            payload.extend(added);
            let _ = sense::examine(kind, &payload, &OVERHEARD);
            let _ = crate::raft::message::classify(kind, &payload);
            if let Some(message) = Message::decode(kind, &payload) {
                let mut again = Vec::new();
                message.encode(&mut again);
                prop_assert_eq!(&again, &payload);
                prop_assert_eq!(message.kind(), kind);
            }
        }
    }
}
