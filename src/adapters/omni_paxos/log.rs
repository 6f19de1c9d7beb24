//! What the crate keeps, and what of it is not on the disk yet.

use super::ballots;
use super::entry::Record;
use crate::ids::{Index, NodeId, Term, WriteId};
use crate::replica::{Effect, Effects, HardState, Recovered, Unrecoverable, Write};
use omnipaxos::ballot_leader_election::Ballot;
use omnipaxos::storage::{NoSnapshot, StopSign, Storage, StorageOp, StorageResult};
use std::cell::RefCell;
use std::rc::Rc;

/// A server's log and promise.
///
/// Invariants:
/// - The first `written` entries are as the disk has been told.
/// - The disk has been told the promise, unless `is_promise_new`.
#[derive(Debug, Default)]
pub(super) struct Log {
    entries: Vec<Record>,
    promise: Option<Ballot>,
    accepted: Option<Ballot>,
    decided: usize,
    written: usize,
    /// How many entries the disk has been told of that may not be there any more.
    told: usize,
    is_promise_new: bool,
}

impl Log {
    /// What a disk gave back.
    ///
    /// # Errors
    /// [`Unrecoverable`] if it is nothing that a server of this kind can have written.
    pub(super) fn recovered(recovered: &Recovered) -> Result<Self, Unrecoverable> {
        let wrong = |what: &str| Unrecoverable(what.to_owned());
        if recovered.snapshot.is_some() || recovered.base.index > Index::ZERO {
            return Err(wrong("the log begins after its first entry"));
        }
        let entries = Record::read_all(&recovered.entries)
            .ok_or_else(|| wrong("the log's bytes are not entries to the end"))?;
        let term = recovered.hard_state.term;
        let last = entries.last().map_or(Term::ZERO, Record::term);
        if last > term {
            return Err(wrong("the log holds an entry of a term that the hard state has not reached"));
        }
        let ballot = |term| ballots::ballot(term).ok_or_else(|| wrong("there is no ballot of this term"));
        let some = |ballot: Ballot| (ballot != Ballot::default()).then_some(ballot);
        Ok(Self {
            written: entries.len(),
            told: entries.len(),
            entries,
            promise: some(ballot(term)?),
            accepted: some(ballot(last)?),
            ..Self::default()
        })
    }

    pub(super) fn promise(&self) -> Option<Ballot> {
        self.promise
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// The bytes of the entries of these places, one after the other.
    pub(super) fn copy(&self, from: usize, to: usize, buffer: &mut Vec<u8>) {
        self.entries[from..to].iter().for_each(|record| buffer.extend_from_slice(record.bytes()));
    }

    /// How many bytes the entries from this place on take.
    pub(super) fn bytes_from(&self, from: usize) -> usize {
        self.entries.get(from..).unwrap_or_default().iter().map(|record| record.bytes().len()).sum()
    }

    /// Has written what is not on the disk yet, with ids after this one. The last id.
    ///
    /// The order matters, since a crash may take any tail of it: entries that make room are such as no majority can have
    /// accepted any more, and with the new ones the log is that of the new ballot, in one write.
    pub(super) fn write(&mut self, mut last: WriteId, out: &mut Effects) -> WriteId {
        let mut persist = |write, out: &mut Effects| {
            last = last.next();
            out.push(Effect::Persist { id: last, write });
        };
        if std::mem::take(&mut self.is_promise_new)
            && let Some(promise) = &self.promise
        {
            let state = HardState { term: ballots::term(promise), vote: ballots::node(promise) };
            persist(Write::HardState(state), out);
        }
        if self.written < self.told {
            persist(Write::TruncateFrom(Index(self.written as u64 + 1)), out);
        }
        if self.written < self.entries.len() {
            let entries = out.write(|buffer| self.copy(self.written, self.entries.len(), buffer));
            persist(Write::Append { first: Index(self.written as u64 + 1), entries }, out);
        }
        (self.written, self.told) = (self.entries.len(), self.entries.len());
        last
    }

    /// Puts these entries after the first `from`, in place of whatever follows there. Those that are there already stay.
    fn replace(&mut self, from: usize, entries: Vec<Record>) -> StorageResult<()> {
        let there = self.entries.get(from..).ok_or("there are no entries up to these")?;
        let same = there.iter().zip(&entries).take_while(|(old, new)| old == new).count();
        self.entries.truncate(from + same);
        self.written = self.written.min(self.entries.len());
        self.append(entries.into_iter().skip(same));
        Ok(())
    }

    fn append(&mut self, entries: impl Iterator<Item = Record>) {
        let term = self.promise.as_ref().map_or(Term::ZERO, ballots::term);
        self.entries.extend(entries.map(|record| record.of(term)));
    }
}

/// The log as the crate reads and writes it.
pub(super) struct Store(pub(super) Rc<RefCell<Log>>);

impl Storage<Record> for Store {
    fn write_atomically(&mut self, ops: Vec<StorageOp<Record>>) -> StorageResult<()> {
        for op in ops {
            match op {
                StorageOp::AppendEntry(entry) => self.append_entry(entry)?,
                StorageOp::AppendEntries(entries) => self.append_entries(entries)?,
                StorageOp::AppendOnPrefix(from, entries) => self.append_on_prefix(from, entries)?,
                StorageOp::SetPromise(ballot) => self.set_promise(ballot)?,
                StorageOp::SetDecidedIndex(index) => self.set_decided_idx(index)?,
                StorageOp::SetAcceptedRound(ballot) => self.set_accepted_round(ballot)?,
                StorageOp::SetCompactedIdx(index) => self.set_compacted_idx(index)?,
                StorageOp::Trim(index) => self.trim(index)?,
                StorageOp::SetStopsign(sign) => self.set_stopsign(sign)?,
                StorageOp::SetSnapshot(snapshot) => self.set_snapshot(snapshot)?,
            }
        }
        Ok(())
    }

    fn append_entry(&mut self, entry: Record) -> StorageResult<()> {
        self.0.borrow_mut().append(std::iter::once(entry));
        Ok(())
    }

    fn append_entries(&mut self, entries: Vec<Record>) -> StorageResult<()> {
        self.0.borrow_mut().append(entries.into_iter());
        Ok(())
    }

    fn append_on_prefix(&mut self, from: usize, entries: Vec<Record>) -> StorageResult<()> {
        self.0.borrow_mut().replace(from, entries)
    }

    /// That of nobody is none: the crate sets it when it starts.
    fn set_promise(&mut self, ballot: Ballot) -> StorageResult<()> {
        let mut log = self.0.borrow_mut();
        if ballot != Ballot::default() && log.promise != Some(ballot) {
            log.promise = Some(ballot);
            log.is_promise_new = true;
        }
        Ok(())
    }

    fn set_decided_idx(&mut self, index: usize) -> StorageResult<()> {
        self.0.borrow_mut().decided = index;
        Ok(())
    }

    fn get_decided_idx(&self) -> StorageResult<usize> {
        Ok(self.0.borrow().decided)
    }

    fn set_accepted_round(&mut self, ballot: Ballot) -> StorageResult<()> {
        self.0.borrow_mut().accepted = Some(ballot);
        Ok(())
    }

    fn get_accepted_round(&self) -> StorageResult<Option<Ballot>> {
        Ok(self.0.borrow().accepted)
    }

    fn get_entries(&self, from: usize, to: usize) -> StorageResult<Vec<Record>> {
        Ok(self.0.borrow().entries.get(from..to).unwrap_or_default().to_vec())
    }

    fn get_log_len(&self) -> StorageResult<usize> {
        Ok(self.0.borrow().len())
    }

    fn get_suffix(&self, from: usize) -> StorageResult<Vec<Record>> {
        Ok(self.0.borrow().entries.get(from..).unwrap_or_default().to_vec())
    }

    fn get_promise(&self) -> StorageResult<Option<Ballot>> {
        Ok(self.0.borrow().promise)
    }

    fn set_stopsign(&mut self, sign: Option<StopSign>) -> StorageResult<()> {
        sign.map_or(Ok(()), |_| Err("the cluster does not end".into()))
    }

    fn get_stopsign(&self) -> StorageResult<Option<StopSign>> {
        Ok(None)
    }

    fn trim(&mut self, _: usize) -> StorageResult<()> {
        Err("nothing is cut off".into())
    }

    fn set_compacted_idx(&mut self, _: usize) -> StorageResult<()> {
        Err("nothing is cut off".into())
    }

    fn get_compacted_idx(&self) -> StorageResult<usize> {
        Ok(0)
    }

    fn set_snapshot(&mut self, snapshot: Option<NoSnapshot>) -> StorageResult<()> {
        snapshot.map_or(Ok(()), |_| Err("there are no snapshots".into()))
    }

    fn get_snapshot(&self) -> StorageResult<Option<NoSnapshot>> {
        Ok(None)
    }
}

/// Whether a ballot is this node's own.
pub(super) fn is_of(ballot: &Ballot, node: NodeId) -> bool {
    ballot.pid == u64::from(node.0)
}
