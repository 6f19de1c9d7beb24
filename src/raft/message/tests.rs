//! Messages as bytes, and bytes that are no messages.

use super::*;
use crate::replica::{Entry, EntryKind};
use proptest::prelude::*;

fn encoded(message: &Message<'_>) -> Vec<u8> {
    let mut bytes = Vec::new();
    message.encode(&mut bytes);
    bytes
}

/// One message of each layout, an AppendEntries of two entries among them.
fn samples(entries: &[u8]) -> Vec<Message<'_>> {
    let term = Term(7);
    let refused =
        Outcome::Refused { prev_index: Index(300), hint_index: Index(4), hint_term: Term(u64::MAX) };
    vec![
        Message::RequestVote(RequestVote {
            term,
            last_index: Index(258),
            last_term: Term(6),
            priority: 77,
            is_transfer: true,
        }),
        Message::RequestVoteReply(RequestVoteReply { term, granted: true }),
        Message::RequestVoteReply(RequestVoteReply { term, granted: false }),
        Message::PreVote(PreVote { term, last_index: Index(258), last_term: Term(6), priority: 77 }),
        Message::PreVoteReply(PreVoteReply { term, granted: true, candidacy: Term(8) }),
        Message::TimeoutNow(TimeoutNow { term }),
        Message::Contact(Contact { term, round: 300 }),
        Message::ContactReply(ContactReply { term, round: u64::MAX }),
        Message::ReadIndex(ReadIndex { term, life: 5, number: 6 }),
        Message::ReadIndexReply(ReadIndexReply { term, life: 5, number: 6, index: Some(Index(300)) }),
        Message::ReadIndexReply(ReadIndexReply { term, life: 5, number: 6, index: None }),
        Message::AppendEntries(AppendEntries {
            term,
            prev_index: Index(1),
            prev_term: Term(2),
            commit: Index(3),
            count: 2,
            entries,
        }),
        Message::AppendEntries(AppendEntries {
            term,
            prev_index: Index(0),
            prev_term: Term(0),
            commit: Index(0),
            count: 0,
            entries: &[],
        }),
        Message::AppendEntriesReply(AppendEntriesReply {
            term,
            outcome: Outcome::Accepted { matched: Index(1) },
        }),
        Message::AppendEntriesReply(AppendEntriesReply { term, outcome: refused }),
        Message::InstallSnapshot(InstallSnapshot {
            term,
            last_index: Index(300),
            last_term: Term(6),
            size: 100,
            offset: 98,
            chunk: &[7, 8],
            membership: &[],
        }),
        Message::InstallSnapshotReply(InstallSnapshotReply {
            term,
            last_index: Index(300),
            next: 100,
            done: true,
        }),
    ]
}

fn two_entries() -> Vec<u8> {
    let mut entries = Vec::new();
    Entry { term: Term(6), kind: EntryKind::NoOp, data: &[] }.encode(&mut entries);
    Entry { term: Term(7), kind: EntryKind::Command, data: b"x=1" }.encode(&mut entries);
    entries
}

#[test]
fn messages_read_back_as_written() {
    let entries = two_entries();
    for message in samples(&entries) {
        assert_eq!(Message::decode(message.kind(), &encoded(&message)), Some(message));
    }
}

#[test]
fn every_strict_prefix_and_every_trailing_byte_is_refused() {
    let entries = two_entries();
    for message in samples(&entries) {
        let mut bytes = encoded(&message);
        for cut in 0..bytes.len() {
            assert_eq!(Message::decode(message.kind(), &bytes[..cut]), None, "{message:?} cut at {cut}");
        }
        bytes.push(0);
        assert_eq!(Message::decode(message.kind(), &bytes), None, "{message:?} and a byte");
    }
}

#[test]
fn an_entry_of_a_term_above_the_leaders_is_refused() {
    let mut entries = Vec::new();
    Entry { term: Term(8), kind: EntryKind::NoOp, data: &[] }.encode(&mut entries);
    let message = Message::AppendEntries(AppendEntries {
        term: Term(7),
        prev_index: Index(0),
        prev_term: Term(0),
        commit: Index(0),
        count: 1,
        entries: &entries,
    });
    assert_eq!(Message::decode(APPEND_ENTRIES, &encoded(&message)), None);
}

#[test]
fn a_chunk_that_no_leader_sends_is_refused() {
    let sound = InstallSnapshot {
        term: Term(7),
        last_index: Index(300),
        last_term: Term(6),
        size: 100,
        offset: 98,
        chunk: &[7, 8],
        membership: &[],
    };
    let reads = |request: InstallSnapshot<'_>| {
        Message::decode(INSTALL_SNAPSHOT, &encoded(&Message::InstallSnapshot(request))).is_some()
    };
    assert!(reads(sound));
    assert!(reads(InstallSnapshot { size: 0, offset: 0, chunk: &[], ..sound }), "an empty snapshot");
    assert!(!reads(InstallSnapshot { offset: 99, ..sound }), "it goes beyond the end");
    assert!(!reads(InstallSnapshot { offset: u32::MAX, ..sound }), "far beyond");
    assert!(!reads(InstallSnapshot { chunk: &[], ..sound }), "an empty chunk brings nothing");
    assert!(!reads(InstallSnapshot { size: MAX_SNAPSHOT_BYTES + 1, ..sound }), "too long a snapshot");
    assert!(!reads(InstallSnapshot { last_term: Term(8), ..sound }), "of a term above the leader's");
    assert!(!reads(InstallSnapshot { last_index: Index(0), ..sound }), "it stands for nothing");
    let mut membership = Vec::new();
    let members = (1..4).map(crate::ids::NodeId).collect();
    Membership { index: Index(300), members }.encode(&mut membership);
    assert!(reads(InstallSnapshot { membership: &membership, ..sound }), "with members");
    let last_index = Index(299);
    let early = InstallSnapshot { membership: &membership, last_index, ..sound };
    assert!(!reads(early), "its members come after it");
    membership.pop();
    assert!(!reads(InstallSnapshot { membership: &membership, ..sound }), "half a membership");
}

#[test]
fn classification_agrees_with_the_message() {
    let entries = two_entries();
    for message in samples(&entries) {
        let class = classify(message.kind(), &encoded(&message)).expect("a message");
        let is_ahead = matches!(message, Message::PreVote(_));
        assert_eq!(class.term.0, message.term().0 - u64::from(is_ahead), "{message:?}");
        let granted = matches!(message, Message::RequestVoteReply(reply) if reply.granted);
        assert_eq!(class.grants_vote, granted, "{message:?}");
        let request = matches!(
            message,
            Message::RequestVote(_)
                | Message::AppendEntries(_)
                | Message::PreVote(_)
                | Message::InstallSnapshot(_)
                | Message::Contact(_)
        );
        assert_eq!(class.call == Call::Request, request, "{message:?}");
    }
    assert_eq!(classify(0, &[1; 64]), None);
    assert_eq!(kind_name(0), "unknown");
}

proptest! {
    #[test]
    fn garbage_is_no_panic_and_what_decodes_encodes_to_the_same(kind in 0_u8..16, bytes: Vec<u8>) {
        let _ = classify(kind, &bytes);
        if let Some(message) = Message::decode(kind, &bytes) {
            prop_assert_eq!(encoded(&message), bytes);
        }
    }

    #[test]
    fn a_flipped_bit_is_no_panic(which in 0_usize..17, bit in 0_usize..2_000) {
        let entries = two_entries();
        let message = samples(&entries)[which];
        let mut bytes = encoded(&message);
        let bit = bit % (bytes.len() * 8);
        bytes[bit / 8] ^= 1 << (bit % 8);
        let _ = classify(message.kind(), &bytes);
        if let Some(message) = Message::decode(message.kind(), &bytes) {
            prop_assert_eq!(encoded(&message), bytes);
        }
    }
}
