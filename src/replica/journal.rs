//! What a server has on its disk, in memory as well, for replicas that bring no log of their own: the term and vote, a whole log,
//! and what of it is durable and applied.

use super::{Effect, Effects, Entries, Entry, EntryKind, HardState, Recovered, Role, Status, Write};
use crate::ids::{Index, NodeId, RequestId, Term, WriteId};
use std::collections::VecDeque;

/// A term, a vote, and a log that is never cut at its beginning.
///
/// Invariants:
/// - Ids of writes rise by one from 1; all of a replica's writes go through it.
/// - The entries up to `applied` were handed to the state machine.
#[derive(Clone, Debug)]
pub struct Journal {
    state: HardState,
    /// Each entry in wire form.
    entries: Vec<Vec<u8>>,
    flushed: u64,
    applied: u64,
    issued: WriteId,
    /// The writes that are not durable, and how long the log is with each.
    unflushed: VecDeque<(WriteId, u64)>,
}

impl Journal {
    /// What the disk gave back.
    pub fn recovered(recovered: &Recovered) -> Self {
        let entries: Vec<Vec<u8>> = Entries::new(&recovered.entries).map(in_wire_form).collect();
        let flushed = entries.len() as u64;
        Self {
            state: recovered.hard_state,
            entries,
            flushed,
            applied: 0,
            issued: WriteId::ZERO,
            unflushed: VecDeque::new(),
        }
    }

    /// The term last promised.
    pub const fn term(&self) -> Term {
        self.state.term
    }

    /// The last entry; 0 of an empty log.
    pub fn last(&self) -> Index {
        Index(self.entries.len() as u64)
    }

    /// The last entry that is durable.
    pub const fn flushed(&self) -> Index {
        Index(self.flushed)
    }

    /// The last entry that the state machine has.
    pub const fn applied(&self) -> Index {
        Index(self.applied)
    }

    /// The last write: what must not overtake it has to name it.
    pub const fn written(&self) -> WriteId {
        self.issued
    }

    /// The entries after this one, in wire form.
    pub fn after(&self, index: Index) -> Vec<u8> {
        let start = usize::try_from(index.0).unwrap_or(usize::MAX);
        self.entries.get(start..).unwrap_or_default().concat()
    }

    /// What a server with this log shows of itself. It knows as much to be committed as it has applied.
    pub fn status(&self, role: Role, leader: Option<NodeId>) -> Status {
        Status { role, term: self.term(), leader, last: self.last(), commit: self.applied() }
    }

    /// Writes a term, and who has the vote in it, unless they are what was written last.
    pub fn promise(&mut self, term: Term, vote: Option<NodeId>, out: &mut Effects) {
        let state = HardState { term, vote };
        if state != self.state {
            self.state = state;
            self.write(Write::HardState(state), out);
        }
    }

    /// Puts a client's command at the end, as an entry of the current term, and ties the request to it.
    pub fn accept(&mut self, request: RequestId, command: &[u8], out: &mut Effects) {
        let term = self.term();
        let index = self.append(Entry { term, kind: EntryKind::Command, data: command }, out);
        out.push(Effect::Accepted { request, index, term });
    }

    /// Puts an entry at the end, and says where that is.
    pub fn append(&mut self, entry: Entry<'_>, out: &mut Effects) -> Index {
        self.extend(vec![in_wire_form(entry)], out);
        self.last()
    }

    /// Takes over a leader's entries, which follow the one at `before`: from the first that differs on they take the place of what
    /// was there. Says up to where the log is the leader's; without the entry at `before` it is left as it is, and that is its end.
    pub fn follow(&mut self, before: Index, entries: Entries<'_>, out: &mut Effects) -> Index {
        let Some(old) = usize::try_from(before.0).ok().and_then(|start| self.entries.get(start..)) else {
            return self.last();
        };
        let mut theirs: Vec<Vec<u8>> = entries.map(in_wire_form).collect();
        let end = Index(before.0 + theirs.len() as u64);
        let same = old.iter().zip(&theirs).take_while(|(mine, theirs)| mine == theirs).count();
        if same < old.len().min(theirs.len()) {
            let first = Index(before.0 + same as u64 + 1);
            self.entries.truncate(first.0 as usize - 1);
            self.write(Write::TruncateFrom(first), out);
        }
        if same < theirs.len() {
            self.extend(theirs.split_off(same), out);
        }
        end
    }

    /// This write is durable, and so are all before it.
    pub fn persisted(&mut self, write: WriteId) {
        while let Some((_, length)) = self.unflushed.pop_front_if(|(id, _)| *id <= write) {
            self.flushed = length;
        }
    }

    /// Hands the entries up to this one to the state machine, as far as there are any that it does not have.
    pub fn apply(&mut self, committed: Index, out: &mut Effects) {
        let end = committed.min(self.last()).0;
        if end > self.applied {
            let entries = out.bytes(&self.entries[self.applied as usize..end as usize].concat());
            out.push(Effect::Apply { first: Index(self.applied + 1), entries });
            self.applied = end;
        }
    }

    fn extend(&mut self, entries: Vec<Vec<u8>>, out: &mut Effects) {
        let (first, bytes) = (Index(self.entries.len() as u64 + 1), out.bytes(&entries.concat()));
        self.entries.extend(entries);
        self.write(Write::Append { first, entries: bytes }, out);
    }

    fn write(&mut self, write: Write, out: &mut Effects) {
        self.issued = self.issued.next();
        self.unflushed.push_back((self.issued, self.entries.len() as u64));
        out.push(Effect::Persist { id: self.issued, write });
    }
}

fn in_wire_form(entry: Entry<'_>) -> Vec<u8> {
    let mut bytes = Vec::new();
    entry.encode(&mut bytes);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(term: u64, data: &[u8]) -> Entry<'_> {
        Entry { term: Term(term), kind: EntryKind::Command, data }
    }

    fn wire(entries: &[(u64, &[u8])]) -> Vec<u8> {
        entries.iter().flat_map(|(term, data)| in_wire_form(entry(*term, data))).collect()
    }

    #[test]
    fn a_leaders_entries_replace_what_differs_and_nothing_else() {
        let mut out = Effects::default();
        let recovered =
            Recovered { entries: wire(&[(1, b"a"), (1, b"b"), (1, b"c")]), ..Recovered::default() };
        let mut journal = Journal::recovered(&recovered);
        assert_eq!((journal.last(), journal.flushed()), (Index(3), Index(3)));
        // The same again, and less than there is: nothing is written.
        let old = wire(&[(1, b"b")]);
        assert_eq!(journal.follow(Index(1), Entries::new(&old), &mut out), Index(2));
        assert!(out.list().is_empty());
        // From the second on they differ.
        let new = wire(&[(1, b"a"), (2, b"x")]);
        assert_eq!(journal.follow(Index::ZERO, Entries::new(&new), &mut out), Index(2));
        assert_eq!((journal.last(), journal.after(Index::ZERO)), (Index(2), new));
        let writes: Vec<WriteId> = out
            .list()
            .iter()
            .map(|effect| match effect {
                Effect::Persist { id, .. } => *id,
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(writes, [WriteId(1), WriteId(2)], "one cuts, one appends");
        // What comes after a gap is left alone, and so is nonsense.
        assert_eq!(journal.follow(Index(7), Entries::new(&old), &mut out), Index(2));
        assert_eq!(journal.follow(Index(u64::MAX), Entries::new(&old), &mut out), Index(2));
        assert!(journal.after(Index(u64::MAX)).is_empty());
    }

    #[test]
    fn what_is_durable_goes_by_the_writes() {
        let mut out = Effects::default();
        let mut journal = Journal::recovered(&Recovered::default());
        assert_eq!(journal.append(entry(1, b"a"), &mut out), Index(1));
        journal.promise(Term(2), Some(NodeId(3)), &mut out);
        journal.promise(Term(2), Some(NodeId(3)), &mut out);
        assert_eq!((journal.term(), journal.written()), (Term(2), WriteId(2)), "no promise is written twice");
        journal.accept(RequestId(9), b"b", &mut out);
        let accepted = Effect::Accepted { request: RequestId(9), index: Index(2), term: Term(2) };
        assert_eq!(out.list().last(), Some(&accepted));
        assert_eq!(journal.after(Index(1)), wire(&[(2, b"b")]));
        assert_eq!((journal.written(), journal.flushed()), (WriteId(3), Index(0)));
        journal.persisted(WriteId(2));
        assert_eq!(journal.flushed(), Index(1));
        journal.persisted(WriteId(3));
        assert_eq!(journal.flushed(), Index(2));
        out.clear();
        journal.apply(Index(9), &mut out);
        journal.apply(Index(1), &mut out);
        assert_eq!((journal.applied(), out.list().len()), (Index(2), 1));
        let leader = Some(NodeId(3));
        let shown = Status { role: Role::Follower, term: Term(2), leader, last: Index(2), commit: Index(2) };
        assert_eq!(journal.status(Role::Follower, leader), shown);
    }
}
