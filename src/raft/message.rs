//! The messages between replicas and their wire form.
//!
//! The messages of figures 2 and 13 of the paper, those of pre-vote (thesis 9.6), of reads (6.4), and TimeoutNow (3.10), each
//! a fixed little-endian layout laid by hand. All begin with a term: the sender's, but in [`PreVote`]. [`AppendEntries`] and
//! [`InstallSnapshot`] vary
//! in length: the one counts its entries, so that a frame cut between two entries is told from a shorter one, the other
//! tells the length of its chunk. Decoding borrows, never panics and never allocates, whatever the bytes.

use crate::ids::{Index, Term};
use crate::replica::{Call, Class, Entries, EntryKind, Function, Members, Membership};

/// The kind number of [`RequestVote`].
pub const REQUEST_VOTE: u8 = 1;
/// The kind number of [`RequestVoteReply`].
pub const REQUEST_VOTE_REPLY: u8 = 2;
/// The kind number of [`AppendEntries`].
pub const APPEND_ENTRIES: u8 = 3;
/// The kind number of [`AppendEntriesReply`].
pub const APPEND_ENTRIES_REPLY: u8 = 4;
/// The kind number of [`PreVote`].
pub const PRE_VOTE: u8 = 5;
/// The kind number of [`PreVoteReply`].
pub const PRE_VOTE_REPLY: u8 = 6;
/// The kind number of [`InstallSnapshot`].
pub const INSTALL_SNAPSHOT: u8 = 7;
/// The kind number of [`InstallSnapshotReply`].
pub const INSTALL_SNAPSHOT_REPLY: u8 = 8;

/// The longest snapshot that can be sent.
pub const MAX_SNAPSHOT_BYTES: u32 = 1 << 30;

/// The kind number of [`TimeoutNow`].
pub const TIMEOUT_NOW: u8 = 9;

/// The kind number of [`Contact`].
pub const CONTACT: u8 = 10;
/// The kind number of [`ContactReply`].
pub const CONTACT_REPLY: u8 = 11;
/// The kind number of [`ReadIndex`].
pub const READ_INDEX: u8 = 12;
/// The kind number of [`ReadIndexReply`].
pub const READ_INDEX_REPLY: u8 = 13;

/// A message of the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Message<'a> {
    /// A candidate asks for a vote.
    RequestVote(RequestVote),
    /// A server gives its vote, or not.
    RequestVoteReply(RequestVoteReply),
    /// A leader replicates entries, or only shows that it is there.
    AppendEntries(AppendEntries<'a>),
    /// A server says up to where its log agrees with the leader's, or that it can't tell yet.
    AppendEntriesReply(AppendEntriesReply),
    /// A leader sends a chunk of its snapshot, since the entries that a follower lacks are cut off.
    InstallSnapshot(InstallSnapshot<'a>),
    /// A server says how much of the snapshot it has.
    InstallSnapshotReply(InstallSnapshotReply),
    /// A server asks whether it would get a vote if it were a candidate.
    PreVote(PreVote),
    /// A server says whether it would vote so.
    PreVoteReply(PreVoteReply),
    /// A leader asks a server to campaign at once, so as to be succeeded by it.
    TimeoutNow(TimeoutNow),
    /// A leader asks whether it still leads.
    Contact(Contact),
    /// A server says in which term it is.
    ContactReply(ContactReply),
    /// A follower asks its leader up to where it has to be to answer reads.
    ReadIndex(ReadIndex),
    /// A server says up to where, or that it does not lead.
    ReadIndexReply(ReadIndexReply),
}

/// A candidate asks for a vote (5.2).
///
/// `term: u64 | last_index: u64 | last_term: u64 | priority: u32 | is_transfer: u8`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestVote {
    /// The candidate's term.
    pub term: Term,
    /// The index of the last entry of its log.
    pub last_index: Index,
    /// The term of that entry.
    pub last_term: Term,
    /// The candidate's priority.
    pub priority: u32,
    /// Whether its leader has asked it to campaign (3.10), so that none is to be protected from it.
    pub is_transfer: bool,
}

/// The answer to [`RequestVote`].
///
/// `term: u64 | granted: u8`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestVoteReply {
    /// The voter's term, for the candidate to update itself.
    pub term: Term,
    /// Whether the candidate got the vote in that term.
    pub granted: bool,
}

/// A server asks whether it would get a vote (thesis 9.6). Nobody's term rises by it.
///
/// `term: u64 | last_index: u64 | last_term: u64 | priority: u32`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PreVote {
    /// The term in which it would be a candidate: one above its own.
    pub term: Term,
    /// The index of the last entry of its log.
    pub last_index: Index,
    /// The term of that entry.
    pub last_term: Term,
    /// Its priority.
    pub priority: u32,
}

/// The answer to [`PreVote`]. It binds nobody.
///
/// `term: u64 | granted: u8 | candidacy: u64`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PreVoteReply {
    /// The sender's own term, for who asked to update itself.
    pub term: Term,
    /// Whether it would give its vote.
    pub granted: bool,
    /// The term that was asked about.
    pub candidacy: Term,
}

/// A leader asks a server that has all of its entries to campaign without waiting for its timer (3.10). The answer is that
/// server's request for votes.
///
/// `term: u64`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeoutNow {
    /// The leader's term.
    pub term: Term,
}

/// A leader asks whether it still leads, for the sake of reads (thesis 6.4). To who follows it this is a sign of life.
///
/// `term: u64 | round: u64`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Contact {
    /// The leader's term.
    pub term: Term,
    /// Which of its rounds of contact, in its life.
    pub round: u64,
}

/// The answer to [`Contact`]: yes, if the term is the leader's.
///
/// `term: u64 | round: u64`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContactReply {
    /// The sender's term.
    pub term: Term,
    /// Which round it answers.
    pub round: u64,
}

/// A follower asks its leader up to where it has to have applied the log to answer the reads that have come (6.4).
///
/// `term: u64 | life: u64 | number: u64`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadIndex {
    /// The follower's term.
    pub term: Term,
    /// In which of its lives it asks.
    pub life: u64,
    /// The number of the question, which rises within a life.
    pub number: u64,
}

/// The answer to [`ReadIndex`].
///
/// `term: u64 | life: u64 | number: u64 | leads: u8`, and if that is 1 `index: u64`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadIndexReply {
    /// The sender's term.
    pub term: Term,
    /// In which of its lives the follower had asked.
    pub life: u64,
    /// Which question it answers, and with it all earlier ones.
    pub number: u64,
    /// What has to be applied; none if the sender does not lead.
    pub index: Option<Index>,
}

/// A leader's entries, or none as a heartbeat (5.3).
///
/// `term: u64 | prev_index: u64 | prev_term: u64 | commit: u64 | count: u32 | entries`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AppendEntries<'a> {
    /// The leader's term.
    pub term: Term,
    /// The index of the entry before the first one sent.
    pub prev_index: Index,
    /// The term of that entry.
    pub prev_term: Term,
    /// The leader's commit index.
    pub commit: Index,
    /// How many entries follow.
    pub count: u32,
    /// The entries in wire form, each valid and of no term above the leader's.
    pub entries: &'a [u8],
}

/// The answer to [`AppendEntries`].
///
/// `term: u64 | outcome: u8 | index: u64`, and after a refusal also `hint_index: u64 | hint_term: u64`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AppendEntriesReply {
    /// The follower's term, for the leader to update itself.
    pub term: Term,
    /// What became of the entries.
    pub outcome: Outcome,
}

/// What became of the entries of an [`AppendEntries`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The follower's log agrees with the leader's up to this index, durably.
    Accepted {
        /// That index.
        matched: Index,
    },
    /// The follower's log has no entry of that term at that index.
    Refused {
        /// The `prev_index` refused, by which the leader tells an old refusal from a new one.
        prev_index: Index,
        /// The last index at or before it at which the logs may agree, judged by the follower's terms.
        hint_index: Index,
        /// The term of the follower's entry there.
        hint_term: Term,
    },
}

/// A chunk of a leader's snapshot (7, figure 13).
///
/// `term: u64 | last_index: u64 | last_term: u64 | size: u32 | offset: u32 | length: u32 | chunk | membership`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InstallSnapshot<'a> {
    /// The leader's term.
    pub term: Term,
    /// The last entry that the snapshot stands for.
    pub last_index: Index,
    /// The term of that entry, which is no higher than the leader's.
    pub last_term: Term,
    /// How many bytes the whole snapshot has, at most [`MAX_SNAPSHOT_BYTES`].
    pub size: u32,
    /// Where in it the chunk begins. It ends within `size`.
    pub offset: u32,
    /// The chunk; empty only if the snapshot is.
    pub chunk: &'a [u8],
    /// The membership as of that entry, as [`Membership::encode`] writes it: nothing if it is the initial one.
    pub membership: &'a [u8],
}

/// The answer to [`InstallSnapshot`].
///
/// `term: u64 | last_index: u64 | next: u32 | done: u8`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InstallSnapshotReply {
    /// The follower's term, for the leader to update itself.
    pub term: Term,
    /// Of which snapshot it speaks: the last entry that it stands for.
    pub last_index: Index,
    /// How many bytes of it the follower has, from the beginning on: the offset of the next chunk.
    pub next: u32,
    /// Whether the follower holds all up to that entry, durably.
    pub done: bool,
}

impl<'a> Message<'a> {
    /// Reads a message; `None` unless the payload is one of this kind to its last byte.
    pub fn decode(kind: u8, payload: &'a [u8]) -> Option<Self> {
        Self::decode_with_term(kind, payload).map(|(_, message)| message)
    }

    /// The same, with the term that it begins with.
    #[inline(always)]
    pub(super) fn decode_with_term(kind: u8, payload: &'a [u8]) -> Option<(Term, Self)> {
        let mut reader = Reader(payload);
        let term = Term(reader.u64()?);
        if term == Term::ZERO && kind != PRE_VOTE_REPLY {
            return None; // Before the first election there is nothing to say but whether one is worth while.
        }
        let message = match kind {
            APPEND_ENTRIES => Self::AppendEntries(AppendEntries::decode(term, &mut reader)?),
            APPEND_ENTRIES_REPLY => {
                let refused = reader.bool()?;
                let index = Index(reader.u64()?);
                let outcome = if refused {
                    let hint_index = Index(reader.u64()?);
                    Outcome::Refused { prev_index: index, hint_index, hint_term: Term(reader.u64()?) }
                } else {
                    Outcome::Accepted { matched: index }
                };
                Self::AppendEntriesReply(AppendEntriesReply { term, outcome })
            }
            _ => Self::decode_rare(kind, term, &mut reader)?,
        };
        reader.0.is_empty().then_some((term, message))
    }

    /// Reads what follows the term. Out of line: all but replication is rare.
    #[cold]
    #[inline(never)]
    fn decode_rare(kind: u8, term: Term, reader: &mut Reader<'a>) -> Option<Self> {
        Some(match kind {
            REQUEST_VOTE => {
                let last_index = Index(reader.u64()?);
                let last_term = Term(reader.u64()?);
                let (priority, is_transfer) = (reader.u32()?, reader.bool()?);
                Self::RequestVote(RequestVote { term, last_index, last_term, priority, is_transfer })
            }
            REQUEST_VOTE_REPLY => Self::RequestVoteReply(RequestVoteReply { term, granted: reader.bool()? }),
            PRE_VOTE => {
                let last_index = Index(reader.u64()?);
                let last_term = Term(reader.u64()?);
                Self::PreVote(PreVote { term, last_index, last_term, priority: reader.u32()? })
            }
            PRE_VOTE_REPLY => {
                let granted = reader.bool()?;
                Self::PreVoteReply(PreVoteReply { term, granted, candidacy: Term(reader.u64()?) })
            }
            TIMEOUT_NOW => Self::TimeoutNow(TimeoutNow { term }),
            CONTACT => Self::Contact(Contact { term, round: reader.u64()? }),
            CONTACT_REPLY => Self::ContactReply(ContactReply { term, round: reader.u64()? }),
            READ_INDEX => Self::ReadIndex(ReadIndex { term, life: reader.u64()?, number: reader.u64()? }),
            READ_INDEX_REPLY => {
                let (life, number) = (reader.u64()?, reader.u64()?);
                let index = if reader.bool()? { Some(Index(reader.u64()?)) } else { None };
                Self::ReadIndexReply(ReadIndexReply { term, life, number, index })
            }
            INSTALL_SNAPSHOT => Self::InstallSnapshot(InstallSnapshot::decode(term, reader)?),
            INSTALL_SNAPSHOT_REPLY => Self::InstallSnapshotReply(InstallSnapshotReply {
                term,
                last_index: Index(reader.u64()?),
                next: reader.u32()?,
                done: reader.bool()?,
            }),
            _ => return None,
        })
    }

    /// Appends the message in wire form.
    #[inline(always)]
    pub fn encode(&self, buffer: &mut Vec<u8>) {
        match self {
            Self::AppendEntries(request) => request.encode(buffer),
            Self::AppendEntriesReply(AppendEntriesReply { term, outcome: Outcome::Accepted { matched } }) => {
                let mut bytes = [0; 17];
                bytes[..8].copy_from_slice(&term.0.to_le_bytes());
                bytes[9..].copy_from_slice(&matched.0.to_le_bytes());
                buffer.extend_from_slice(&bytes);
            }
            _ => self.encode_rare(buffer),
        }
    }

    /// Writes what is not sent all the time.
    #[cold]
    #[inline(never)]
    fn encode_rare(&self, buffer: &mut Vec<u8>) {
        buffer.extend_from_slice(&self.term().0.to_le_bytes());
        match self {
            Self::RequestVote(request) => {
                buffer.extend_from_slice(&request.last_index.0.to_le_bytes());
                buffer.extend_from_slice(&request.last_term.0.to_le_bytes());
                buffer.extend_from_slice(&request.priority.to_le_bytes());
                buffer.push(u8::from(request.is_transfer));
            }
            Self::RequestVoteReply(reply) => buffer.push(u8::from(reply.granted)),
            Self::PreVote(request) => {
                buffer.extend_from_slice(&request.last_index.0.to_le_bytes());
                buffer.extend_from_slice(&request.last_term.0.to_le_bytes());
                buffer.extend_from_slice(&request.priority.to_le_bytes());
            }
            Self::TimeoutNow(_) => {}
            Self::Contact(request) => buffer.extend_from_slice(&request.round.to_le_bytes()),
            Self::ContactReply(reply) => buffer.extend_from_slice(&reply.round.to_le_bytes()),
            Self::ReadIndex(request) => {
                buffer.extend_from_slice(&request.life.to_le_bytes());
                buffer.extend_from_slice(&request.number.to_le_bytes());
            }
            Self::ReadIndexReply(reply) => reply.encode(buffer),
            Self::PreVoteReply(reply) => {
                buffer.push(u8::from(reply.granted));
                buffer.extend_from_slice(&reply.candidacy.0.to_le_bytes());
            }
            Self::AppendEntries(_) => unreachable!("written in its own way"),
            Self::AppendEntriesReply(reply) => match reply.outcome {
                Outcome::Accepted { .. } => unreachable!("written in its own way"),
                Outcome::Refused { prev_index, hint_index, hint_term } => {
                    buffer.push(1);
                    buffer.extend_from_slice(&prev_index.0.to_le_bytes());
                    buffer.extend_from_slice(&hint_index.0.to_le_bytes());
                    buffer.extend_from_slice(&hint_term.0.to_le_bytes());
                }
            },
            Self::InstallSnapshot(request) => request.encode(buffer),
            Self::InstallSnapshotReply(reply) => {
                buffer.extend_from_slice(&reply.last_index.0.to_le_bytes());
                buffer.extend_from_slice(&reply.next.to_le_bytes());
                buffer.push(u8::from(reply.done));
            }
        }
    }

    /// The term it begins with: the sender's, but in [`PreVote`] the one after it.
    #[inline]
    pub const fn term(&self) -> Term {
        match self {
            Self::RequestVote(request) => request.term,
            Self::RequestVoteReply(reply) => reply.term,
            Self::AppendEntries(request) => request.term,
            Self::AppendEntriesReply(reply) => reply.term,
            Self::PreVote(request) => request.term,
            Self::PreVoteReply(reply) => reply.term,
            Self::TimeoutNow(request) => request.term,
            Self::Contact(request) => request.term,
            Self::ContactReply(reply) => reply.term,
            Self::ReadIndex(request) => request.term,
            Self::ReadIndexReply(reply) => reply.term,
            Self::InstallSnapshot(request) => request.term,
            Self::InstallSnapshotReply(reply) => reply.term,
        }
    }

    /// Whether it asks for something, or announces it: then anybody may have sent it. Else it answers, and only who was
    /// asked has a reason to.
    #[inline]
    pub const fn is_request(&self) -> bool {
        match self {
            Self::RequestVote(_)
            | Self::AppendEntries(_)
            | Self::PreVote(_)
            | Self::TimeoutNow(_)
            | Self::Contact(_)
            | Self::ReadIndex(_)
            | Self::InstallSnapshot(_) => true,
            Self::RequestVoteReply(_)
            | Self::AppendEntriesReply(_)
            | Self::PreVoteReply(_)
            | Self::ContactReply(_)
            | Self::ReadIndexReply(_)
            | Self::InstallSnapshotReply(_) => false,
        }
    }

    /// The number of this kind of message.
    pub const fn kind(&self) -> u8 {
        match self {
            Self::RequestVote(_) => REQUEST_VOTE,
            Self::RequestVoteReply(_) => REQUEST_VOTE_REPLY,
            Self::AppendEntries(_) => APPEND_ENTRIES,
            Self::AppendEntriesReply(_) => APPEND_ENTRIES_REPLY,
            Self::PreVote(_) => PRE_VOTE,
            Self::PreVoteReply(_) => PRE_VOTE_REPLY,
            Self::TimeoutNow(_) => TIMEOUT_NOW,
            Self::Contact(_) => CONTACT,
            Self::ContactReply(_) => CONTACT_REPLY,
            Self::ReadIndex(_) => READ_INDEX,
            Self::ReadIndexReply(_) => READ_INDEX_REPLY,
            Self::InstallSnapshot(_) => INSTALL_SNAPSHOT,
            Self::InstallSnapshotReply(_) => INSTALL_SNAPSHOT_REPLY,
        }
    }
}

impl<'a> AppendEntries<'a> {
    #[inline(always)]
    fn encode(&self, buffer: &mut Vec<u8>) {
        let mut head = [0; HEAD];
        let numbers = [self.term.0, self.prev_index.0, self.prev_term.0, self.commit.0];
        for (bytes, number) in head.as_chunks_mut().0.iter_mut().zip(numbers) {
            *bytes = number.to_le_bytes();
        }
        head[HEAD - 4..].copy_from_slice(&self.count.to_le_bytes());
        buffer.extend_from_slice(&head);
        if !self.entries.is_empty() {
            buffer.extend_from_slice(self.entries);
        }
    }

    #[inline(always)]
    fn decode(term: Term, reader: &mut Reader<'a>) -> Option<Self> {
        let prev_index = Index(reader.u64()?);
        let prev_term = Term(reader.u64()?);
        let commit = Index(reader.u64()?);
        let count = reader.u32()?;
        let entries = std::mem::take(&mut reader.0);
        let mut seen = 0;
        let mut length = 0;
        for entry in Entries::new(entries) {
            if entry.term > term {
                return None; // No leader holds an entry of a term above its own.
            }
            if entry.kind == EntryKind::Membership && !are_members(entry.data) {
                return None;
            }
            seen += 1;
            length += entry.wire_len();
        }
        let complete = length == entries.len() && seen == u64::from(count);
        complete.then_some(Self { term, prev_index, prev_term, commit, count, entries })
    }
}

/// The bytes of an AppendEntries before its entries.
const HEAD: usize = 36;

/// Whether a payload that can't be read is wrong before its entries, or has none.
pub(super) fn fails_before_entries(kind: u8, payload: &[u8]) -> bool {
    kind != APPEND_ENTRIES || payload.len() < HEAD || payload[..8] == [0; 8]
}

/// Out of line: few entries name members.
#[cold]
#[inline(never)]
fn are_members(bytes: &[u8]) -> bool {
    Members::decode(bytes).is_some()
}

impl ReadIndexReply {
    fn encode(&self, buffer: &mut Vec<u8>) {
        buffer.extend_from_slice(&self.life.to_le_bytes());
        buffer.extend_from_slice(&self.number.to_le_bytes());
        buffer.push(u8::from(self.index.is_some()));
        if let Some(index) = self.index {
            buffer.extend_from_slice(&index.0.to_le_bytes());
        }
    }
}

impl<'a> InstallSnapshot<'a> {
    fn decode(term: Term, reader: &mut Reader<'a>) -> Option<Self> {
        let last_index = Index(reader.u64()?);
        let last_term = Term(reader.u64()?);
        let size = reader.u32()?;
        let offset = reader.u32()?;
        let length = reader.u32()?;
        let (chunk, membership) = std::mem::take(&mut reader.0).split_at_checked(length as usize)?;
        let names = Membership::decode(membership)?.is_none_or(|named| named.index <= last_index);
        let within = size <= MAX_SNAPSHOT_BYTES && u64::from(offset) + u64::from(length) <= u64::from(size);
        let brings = length > 0 || size == 0;
        // A snapshot stands for something, and no leader holds an entry of a term above its own.
        let possible = last_index > Index::ZERO && last_term > Term::ZERO && last_term <= term;
        let valid = names && within && brings && possible;
        valid.then_some(Self { term, last_index, last_term, size, offset, chunk, membership })
    }

    fn encode(&self, buffer: &mut Vec<u8>) {
        buffer.extend_from_slice(&self.last_index.0.to_le_bytes());
        buffer.extend_from_slice(&self.last_term.0.to_le_bytes());
        buffer.extend_from_slice(&self.size.to_le_bytes());
        buffer.extend_from_slice(&self.offset.to_le_bytes());
        let length = u32::try_from(self.chunk.len()).expect("a chunk is part of a snapshot");
        buffer.extend_from_slice(&length.to_le_bytes());
        buffer.extend_from_slice(self.chunk);
        buffer.extend_from_slice(self.membership);
    }
}

/// Which message a frame carries, from its head alone: the entries are not walked.
pub(super) fn classify(kind: u8, payload: &[u8]) -> Option<Class> {
    let mut reader = Reader(payload);
    let mut term = Term(reader.u64()?);
    if kind == PRE_VOTE {
        term = Term(term.0.checked_sub(1)?);
    }
    let (call, function) = match kind {
        REQUEST_VOTE => (Call::Request, Function::RequestVote),
        REQUEST_VOTE_REPLY => (Call::Response, Function::RequestVoteReply),
        APPEND_ENTRIES if brings_entries(payload) => (Call::Request, Function::AppendEntries),
        APPEND_ENTRIES => (Call::Request, Function::Heartbeat),
        APPEND_ENTRIES_REPLY => (Call::Response, Function::AppendEntriesReply),
        PRE_VOTE => (Call::Request, Function::PreVote),
        PRE_VOTE_REPLY => (Call::Response, Function::PreVoteReply),
        INSTALL_SNAPSHOT => (Call::Request, Function::InstallSnapshot),
        INSTALL_SNAPSHOT_REPLY => (Call::Response, Function::InstallSnapshotReply),
        CONTACT => (Call::Request, Function::Contact),
        CONTACT_REPLY => (Call::Response, Function::ContactReply),
        TIMEOUT_NOW => (Call::Notice, Function::TimeoutNow),
        // What a follower asks for its reads is answered when a quorum has been heard, or never: that is no call.
        READ_INDEX => (Call::Notice, Function::ReadIndex),
        READ_INDEX_REPLY => (Call::Notice, Function::ReadIndexReply),
        _ => return None,
    };
    let grants_vote = kind == REQUEST_VOTE_REPLY && reader.bool()?;
    Some(Class { call, term, grants_vote, function: Some(function) })
}

/// Whether there are bytes behind the head of an AppendEntries.
fn brings_entries(payload: &[u8]) -> bool {
    const HEAD: usize = 36;
    payload.len() > HEAD
}

/// The name of a kind of message, as the paper has it.
pub(super) const fn kind_name(kind: u8) -> &'static str {
    match kind {
        REQUEST_VOTE => "RequestVote",
        REQUEST_VOTE_REPLY => "RequestVoteReply",
        APPEND_ENTRIES => "AppendEntries",
        APPEND_ENTRIES_REPLY => "AppendEntriesReply",
        PRE_VOTE => "PreVote",
        PRE_VOTE_REPLY => "PreVoteReply",
        TIMEOUT_NOW => "TimeoutNow",
        CONTACT => "Contact",
        CONTACT_REPLY => "ContactReply",
        READ_INDEX => "ReadIndex",
        READ_INDEX_REPLY => "ReadIndexReply",
        INSTALL_SNAPSHOT => "InstallSnapshot",
        INSTALL_SNAPSHOT_REPLY => "InstallSnapshotReply",
        _ => "unknown",
    }
}

/// Takes numbers off the front of a payload.
struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    #[inline]
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*head)
    }

    #[inline]
    fn u64(&mut self) -> Option<u64> {
        self.take().map(u64::from_le_bytes)
    }

    #[inline]
    fn u32(&mut self) -> Option<u32> {
        self.take().map(u32::from_le_bytes)
    }

    #[inline]
    fn bool(&mut self) -> Option<bool> {
        match self.take()? {
            [0] => Some(false),
            [1] => Some(true),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
