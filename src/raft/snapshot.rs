//! Snapshots (section 7; thesis 5): when one is taken, when the log is cut, and how one gets to a follower.
//!
//! Each server takes its own, once `snapshot_every` bytes of entries have been applied since the last one. It is taken at
//! the very entry that fills them, so servers with the same history take theirs at the same entries, with the same
//! contents.
//!
//! The log is cut once the snapshot is durable, and not at the snapshot: entries of half of `snapshot_every` bytes stay
//! before it. A follower that is a few messages behind gets those; without them every hiccup would cost the whole state
//! machine. So a log holds at most one and a half times `snapshot_every`, and what is not applied or on its way to the disk.
//!
//! A follower whose next entry is cut off gets the snapshot in chunks, one at a time. Who begins joins a transfer that is
//! under way to another. A leader that takes a new snapshot meanwhile goes on with what it sends: it keeps that one until
//! all who answer have it, so two are in memory at most, and a slow transfer is not begun again with each new snapshot.
//! Meanwhile the log is not cut beyond what is being sent, or the follower would need another snapshot right away. That
//! ends when the log has grown to four times `snapshot_every`: such a follower is slower than the clients are.

use super::log::Log;
use super::message::{INSTALL_SNAPSHOT, InstallSnapshot, InstallSnapshotReply, MAX_SNAPSHOT_BYTES, Message};
use super::node::Raft;
use super::progress::{Progress, Transfer};
use crate::ids::{Index, NodeId, Term, WriteId};
use crate::replica::{Effect, Effects, Membership, Options, Role, Snapshot, Unrecoverable};
use crate::time::LocalTime;

/// The snapshots of a server.
///
/// Invariants:
/// - The log's base is at most the index of `latest`.
/// - `older` was the latest one, and was being sent when it was replaced.
#[derive(Debug, Default)]
pub(super) struct Snapshots {
    /// After so many bytes of applied entries a snapshot is taken.
    every: Option<usize>,
    /// The latest one, durable or not.
    latest: Option<Snapshot>,
    /// The one before, for those to whom it is being sent.
    older: Option<Snapshot>,
    /// The state machine has been asked for its contents as of this entry.
    asked: Option<Index>,
    /// The write of `latest`, until it is durable.
    unflushed: Option<WriteId>,
    /// What has come of the leader's.
    incoming: Option<Incoming>,
}

impl Snapshots {
    /// With what the disk gave back.
    pub(super) fn new(options: &Options, recovered: Option<&Snapshot>) -> Self {
        let every = options.snapshot_every.map(|bytes| bytes.get() as usize);
        Self { every, latest: recovered.cloned(), ..Self::default() }
    }

    /// Whether a log from the same disk fits: it begins no later than the snapshot ends, and has its last entry.
    ///
    /// # Errors
    /// [`Unrecoverable`] if not.
    pub(super) fn check_against(&self, log: &Log) -> Result<(), Unrecoverable> {
        let last = self.last();
        let term = self.latest.as_ref().map_or(Term::ZERO, |snapshot| snapshot.term);
        if log.term_at(last) == Some(term) {
            return Ok(());
        }
        let base = log.base();
        let reason = if base > last {
            format!(
                "the log begins after entry {base}, the snapshot ends at {last}: what was between is lost"
            )
        } else {
            format!("the log does not have the snapshot's last entry, {last} of term {term}")
        };
        Err(Unrecoverable(reason))
    }

    /// The last entry that the latest snapshot stands for; 0 if there is none.
    #[inline]
    pub(super) fn last(&self) -> Index {
        self.latest.as_ref().map_or(Index::ZERO, |snapshot| snapshot.index)
    }

    /// The entry at which a snapshot is due, with the log applied up to `applied`.
    #[inline]
    pub(super) fn due(&self, log: &Log, applied: Index) -> Option<Index> {
        let every = self.every?;
        let is_idle = self.asked.is_none() && self.unflushed.is_none();
        let due = is_idle && log.bytes_between(self.last(), applied) >= every;
        due.then(|| log.first_to_fill(self.last(), every))
    }

    /// The snapshot of this index.
    fn get(&self, index: Index) -> Option<&Snapshot> {
        self.latest.iter().chain(&self.older).find(|snapshot| snapshot.index == index)
    }
}

/// A snapshot of which the beginning has come. It grows with what comes, whatever size it is said to have.
#[derive(Debug)]
struct Incoming {
    /// The term of the leader that sends it. Another leader's may have been written otherwise.
    leader_term: Term,
    last: (Index, Term),
    size: u32,
    data: Vec<u8>,
}

impl Raft {
    /// Has the entries after `first` applied up to the commit index, and a snapshot taken on the way if one is due.
    #[inline]
    pub(super) fn apply_from(&mut self, first: Index, out: &mut Effects) {
        match self.snapshots.due(&self.log, self.commit) {
            None => self.apply(first, self.commit, out),
            Some(due) => self.apply_with_snapshot(first, due, out),
        }
    }

    #[cold]
    fn apply_with_snapshot(&mut self, first: Index, due: Index, out: &mut Effects) {
        // What was applied while an earlier snapshot was being written can't be taken back.
        let at = due.max(first);
        self.apply(first, at, out);
        out.push(Effect::TakeSnapshot { at });
        self.snapshots.asked = Some(at);
        if at < self.commit {
            self.apply(at.next(), self.commit, out);
        }
    }

    #[inline]
    fn apply(&self, first: Index, last: Index, out: &mut Effects) {
        let entries = out.bytes(self.log.slice(first, last));
        out.push(Effect::Apply { first, entries });
    }

    /// The state machine's contents as of an entry: they go to the disk. One that was overtaken by the leader's is of no
    /// use, and one that is too long to be sent would leave those behind who need it.
    #[cold]
    pub(super) fn snapshot_taken(&mut self, index: Index, data: &[u8], out: &mut Effects) {
        if self.snapshots.asked.take_if(|asked| *asked == index).is_none()
            || data.len() > MAX_SNAPSHOT_BYTES as usize
        {
            return;
        }
        let term = self.log.term_at(index).expect("the log is not cut beyond the latest snapshot");
        let membership = self.memberships.as_of(index);
        self.shelve_latest();
        let named = Some(membership).filter(|membership| membership.index > Index::ZERO);
        self.snapshots.latest = Some(Snapshot { index, term, membership: named, data: data.to_vec() });
        self.memberships.forget_before(index);
        if self.cuts_before_durable() {
            self.cut_log(out);
        }
        let membership = out.write(|buffer| membership.encode(buffer));
        let data = out.bytes(data);
        let write = self.writes.snapshot((index, term), (membership, data), false, out);
        self.snapshots.unflushed = Some(write);
    }

    /// Keeps the latest snapshot, which is about to be replaced, for those to whom it is being sent and who answer. The
    /// others begin with the new one.
    fn shelve_latest(&mut self) {
        if self.snapshots.older.as_ref().is_some_and(|older| self.is_sent(older.index)) {
            return;
        }
        let latest = self.snapshots.latest.take();
        self.snapshots.older = latest.filter(|latest| self.is_sent(latest.index));
    }

    /// Whether this snapshot is under way to somebody who answers.
    fn is_sent(&self, index: Index) -> bool {
        self.under_way().any(|transfer| transfer.index == index)
    }

    /// What is under way to followers who answer.
    fn under_way(&self) -> impl Iterator<Item = &Transfer> {
        let progress = if self.role == Role::Leader { &self.progress[..] } else { &[] };
        progress.iter().filter_map(Progress::transfer).filter(|transfer| transfer.is_under_way())
    }

    /// The snapshot under way to somebody who answers, if entries can follow it.
    fn sent_index(&self) -> Option<Index> {
        let base = self.log.base();
        self.under_way().map(|transfer| transfer.index).filter(|index| *index >= base).min()
    }

    /// Writes have become durable: if the snapshot is among them the log can be cut.
    #[inline]
    pub(super) fn cut_log_if_durable(&mut self, out: &mut Effects) {
        if let Some(write) = self.snapshots.unflushed
            && self.writes.pending(write).is_none()
        {
            self.snapshots.unflushed = None;
            self.cut_log(out);
        }
    }

    /// Cuts what the latest snapshot stands for off the log, all but the entries that are kept for who is a little behind.
    /// The disk is told even if nothing is cut: it gets rid of the snapshot before.
    #[cold]
    fn cut_log(&mut self, out: &mut Effects) {
        let every = self.snapshots.every.unwrap_or(0);
        let mut to = self.log.keeping(self.snapshots.last(), every / 2);
        if let Some(sent) = self.sent_index()
            && sent < to
            && self.log.bytes_between(sent, self.log.last()) < every.saturating_mul(4)
        {
            to = sent;
        }
        self.log.cut(to);
        self.writes.compact_to(to, out);
    }

    // ---- the leader ----

    /// With each heartbeat: who needs a snapshot begins to get it, and who has not answered gets its chunk again.
    #[cold]
    pub(super) fn tend_transfers(&mut self, out: &mut Effects) {
        let base = self.log.base();
        for place in 0..self.progress.len() {
            let progress = &mut self.progress[place];
            if progress.transfer().is_some() {
                if progress.tend_transfer(base) {
                    self.send_chunk(place, out);
                }
            } else if progress.next() <= base {
                self.begin_snapshot(place, out);
            }
        }
    }

    /// The next entry for this follower is cut off: it gets a snapshot. If one is under way to others it gets that.
    #[cold]
    pub(super) fn begin_snapshot(&mut self, place: usize, out: &mut Effects) {
        let index = self.sent_index().unwrap_or(self.snapshots.last());
        self.progress[place].begin_transfer(index, self.log.base());
        self.send_chunk(place, out);
    }

    /// Sends the chunk that comes next. Where the snapshot is no longer there, since the follower had not answered for
    /// long, it begins with the latest.
    fn send_chunk(&mut self, place: usize, out: &mut Effects) {
        let transfer = self.progress[place].transfer_mut();
        if self.snapshots.get(transfer.index).is_none() {
            *transfer = Transfer::of(self.snapshots.last());
        }
        let Transfer { index, offset, .. } = *transfer;
        let snapshot = self.snapshots.get(index).expect("who has cut its log has a snapshot");
        let end = snapshot.data.len().min(offset as usize + self.options.snapshot_chunk.get() as usize);
        let mut membership = Vec::new();
        snapshot.membership.iter().for_each(|it| it.encode(&mut membership));
        let message = Message::InstallSnapshot(InstallSnapshot {
            term: self.term,
            last_index: index,
            last_term: snapshot.term,
            size: u32::try_from(snapshot.data.len()).expect("a snapshot has a limit"),
            offset,
            chunk: &snapshot.data[(offset as usize).min(end)..end],
            membership: &membership,
        });
        let payload = out.write(|buffer| message.encode(buffer));
        let after = self.term_after();
        out.push(Effect::Send { to: self.peers.ids()[place], kind: INSTALL_SNAPSHOT, payload, after });
    }

    /// A follower says how much of a snapshot it has. If all, durably, entries can follow; else the next chunk.
    #[cold]
    pub(super) fn note_installed(&mut self, place: usize, reply: &InstallSnapshotReply, out: &mut Effects) {
        let progress = &mut self.progress[place];
        let InstallSnapshotReply { last_index, next, done, .. } = *reply;
        if progress.transfer().is_none_or(|transfer| transfer.index != last_index) {
            return; // It has what it needs by now, or gets another one.
        }
        let size = self.snapshots.get(last_index).map_or(0, |snapshot| snapshot.data.len());
        if done {
            progress.end_transfer();
            self.note_accepted(place, last_index, out);
        } else if (next as usize) < size && progress.transfer_mut().answered(next) {
            self.send_chunk(place, out);
        }
    }

    // ---- the follower ----

    /// Takes a chunk of the current leader's snapshot, and the snapshot once it is whole (figure 13).
    #[cold]
    pub(super) fn accept_chunk(
        &mut self,
        now: LocalTime,
        from: NodeId,
        request: &InstallSnapshot<'_>,
        out: &mut Effects,
    ) {
        self.follow(now, from, out);
        if !self.is_newer_snapshot(request.last_index) {
            // All of it is known to be committed, and so in the log, or in the own snapshot.
            let needed = self.writes.of_entry(request.last_index);
            return self.answer_chunk(from, request, (request.size, true), needed, out);
        }
        let Some(incoming) = self.incoming(request) else { return };
        if incoming.data.len() == request.offset as usize {
            incoming.data.extend_from_slice(request.chunk);
        }
        let next = incoming.data.len() as u32;
        if next < request.size {
            return self.answer_chunk(from, request, (next, false), WriteId::ZERO, out);
        }
        let data = self.snapshots.incoming.take().map(|incoming| incoming.data).unwrap_or_default();
        let (index, term) = (request.last_index, request.last_term);
        let membership = Membership::decode(request.membership).flatten();
        let write = self.install(Snapshot { index, term, membership, data }, out);
        self.answer_chunk(from, request, (next, true), write, out);
    }

    /// What has come of this snapshot so far. It takes the place of an earlier one, or of another leader's; a late chunk of
    /// one that was given up is nothing.
    fn incoming(&mut self, request: &InstallSnapshot<'_>) -> Option<&mut Incoming> {
        let last = (request.last_index, request.last_term);
        let key = (request.term, last, request.size);
        let known = self.snapshots.incoming.as_ref();
        let known = known.map(|known| (known.leader_term, known.last, known.size));
        if known != Some(key) {
            if known.is_some_and(|(term, earlier, _)| term == request.term && earlier > last) {
                return None;
            }
            let (leader_term, size) = (request.term, request.size);
            self.snapshots.incoming = Some(Incoming { leader_term, last, size, data: Vec::new() });
        }
        self.snapshots.incoming.as_mut()
    }

    /// The snapshot is whole: it replaces the state machine, and stands for the log up to its index. Where the log has that
    /// entry, what follows it stays; else the log says something else, or too little, and begins anew (figure 13).
    fn install(&mut self, snapshot: Snapshot, out: &mut Effects) -> WriteId {
        let Snapshot { index, term, membership, .. } = snapshot;
        let replaces = self.log.term_at(index) != Some(term);
        let named = out.write(|buffer| membership.iter().for_each(|membership| membership.encode(buffer)));
        let data = out.bytes(&snapshot.data);
        let write = self.writes.snapshot((index, term), (named, data), replaces, out);
        if replaces {
            self.log = Log::after(index, term);
            self.restore_membership(membership, out);
        }
        self.commit = index;
        self.memberships.forget_before(index);
        self.memberships.due = true;
        out.push(Effect::RestoreSnapshot { index, term, data });
        self.snapshots.latest = Some(snapshot);
        self.snapshots.older = None;
        self.snapshots.asked = None;
        self.snapshots.unflushed = Some(write);
        write
    }

    /// Says how much of a snapshot this server has, and whether that is all. `needed` is the write that makes it so.
    fn answer_chunk(
        &mut self,
        to: NodeId,
        request: &InstallSnapshot<'_>,
        (next, done): (u32, bool),
        needed: WriteId,
        out: &mut Effects,
    ) {
        let reply = InstallSnapshotReply { term: self.term, last_index: request.last_index, next, done };
        self.reply(to, Message::InstallSnapshotReply(reply), needed, out);
    }

    /// Says no: the sender's term is over (5.1).
    #[cold]
    pub(super) fn refuse_chunk(&mut self, to: NodeId, request: &InstallSnapshot<'_>, out: &mut Effects) {
        self.answer_chunk(to, request, (0, false), WriteId::ZERO, out);
    }
}
