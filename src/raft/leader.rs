//! The leader: takes commands, replicates its log and says what is committed.

use super::log::Log;
use super::message::{APPEND_ENTRIES, AppendEntries, Message, Outcome};
use super::node::Raft;
use super::progress::{Mode, Progress};
use crate::ids::{Index, NodeId, RequestId, Term, WriteId};
use crate::replica::{Bytes, Effect, Effects, Entry, EntryKind, Role};
use crate::time::{Duration, LocalTime};

impl Raft {
    /// A majority has voted for this server. It begins its term with a no-op entry (thesis 6.4), so that what earlier
    /// leaders left is committed soon, and shows itself to all, so that nobody else campaigns (5.2).
    pub(super) fn become_leader(&mut self, now: LocalTime, out: &mut Effects) {
        assert_eq!(self.role, Role::Candidate, "only a candidate is elected");
        self.role = Role::Leader;
        self.leader = Some(self.id);
        self.forget_progress();
        self.term_start = self.append(&Entry { term: self.term, kind: EntryKind::NoOp, data: &[] }, out);
        self.reads.elected(self.term_start);
        self.count_own_entries(out);
        self.schedule_heartbeat(now);
        self.contact.elected(now, self.options.election_timeout.0);
        self.broadcast(Broadcast::Election, out);
    }

    /// A leader begins knowing nothing of other logs, and hopes that they are like its own.
    pub(super) fn forget_progress(&mut self) {
        let last = self.log.last();
        self.progress.truncate(self.peers.ids().len());
        self.progress.iter_mut().for_each(|progress| progress.start_anew(last));
        self.progress.resize_with(self.peers.ids().len(), || Progress::new(last));
        self.counted = Index::ZERO;
        self.count_anew();
    }

    /// Takes a message as the leader. Its term is at most the own one.
    #[inline]
    pub(super) fn step_leader(
        &mut self,
        now: LocalTime,
        from: NodeId,
        place: Option<usize>,
        message: Message<'_>,
        out: &mut Effects,
    ) {
        match message {
            // A leader gave its vote in this term to itself (5.2); a candidate that is behind learns the term.
            Message::RequestVote(request) => self.answer_vote_request(now, from, request, out),
            // While it leads a leader is current: no (thesis 9.6).
            Message::PreVote(request) => self.answer_pre_vote(now, from, &request, out),
            // The election is over: further votes change nothing.
            Message::RequestVoteReply(_) | Message::PreVoteReply(_) => {}
            // From an earlier term's leader: this server leads already.
            Message::TimeoutNow(_) => {}
            // A leader of an earlier term is told that it is deposed (5.1).
            Message::AppendEntries(request) if request.term < self.term => {
                self.refuse_entries(from, &request, out);
            }
            // There is one leader in a term (5.2). Another one is for the checkers to judge; this one stays.
            Message::AppendEntries(_) => {}
            Message::InstallSnapshot(request) if request.term < self.term => {
                self.refuse_chunk(from, &request, out);
            }
            Message::InstallSnapshot(_) => {}
            Message::InstallSnapshotReply(reply) if reply.term < self.term => {}
            // An answer tells whether it still leads; a follower asks how far it has to be to answer reads (thesis 6.4).
            Message::Contact(_)
            | Message::ContactReply(_)
            | Message::ReadIndex(_)
            | Message::ReadIndexReply(_) => self.receive_for_reads(now, from, message, out),
            // The follower has so much of the snapshot: it gets the next chunk, or entries if that is all (7).
            Message::InstallSnapshotReply(reply) => {
                let Some(place) = place else { return };
                self.progress[place].heard(now);
                self.note_installed(place, &reply, out);
            }
            // An answer to what an earlier term's leader sent, which may have been this server, tells nothing now.
            Message::AppendEntriesReply(reply) if reply.term < self.term => {}
            // The follower's log agrees up to there, or not yet (5.3): commit what a majority has, send what is missing.
            Message::AppendEntriesReply(reply) => {
                let Some(place) = place else { return };
                self.progress[place].heard(now);
                match reply.outcome {
                    Outcome::Accepted { matched } => self.note_accepted(place, matched, out),
                    Outcome::Refused { prev_index, hint_index, hint_term } => {
                        self.note_refused(place, prev_index, hint_index, hint_term, out);
                    }
                }
            }
        }
    }

    /// A command becomes an entry of the log, and is sent to all who are known to be ready for it (5.3).
    #[inline]
    pub(super) fn append_command(&mut self, request: RequestId, command: &[u8], out: &mut Effects) {
        let term = self.term;
        self.keep_own_entries(out);
        let index = self.append(&Entry { term, kind: EntryKind::Command, data: command }, out);
        out.push(Effect::Accepted { request, index, term });
        self.broadcast(Broadcast::News, out);
        self.count_when_durable(out);
    }

    /// The deadline has come: for heartbeats, or to look whether there is still a quorum.
    pub(super) fn wake_leader(&mut self, now: LocalTime, out: &mut Effects) {
        if self.options.check_quorum && self.has_lost_quorum(now) {
            return self.step_down(now);
        }
        self.abort_late_transfer(now, out);
        if now >= self.heartbeat_due {
            self.send_heartbeats(now, out);
        }
    }

    /// When a leader wants to be woken.
    #[inline]
    pub(super) fn leader_due(&self) -> LocalTime {
        let mut due = self.heartbeat_due;
        if self.options.check_quorum {
            due = due.min(self.contact.due());
        }
        if let Some(transfer) = &self.transfer {
            due = due.min(transfer.due());
        }
        due
    }

    /// Lets every follower hear from its leader, so that none campaigns (5.2). What got lost shows here: each heartbeat
    /// names the entry before the next one to be sent, and a follower that lacks it refuses.
    fn send_heartbeats(&mut self, now: LocalTime, out: &mut Effects) {
        self.schedule_heartbeat(now);
        self.memberships.due |= self.memberships.are_changing();
        if self.log.base() > Index::ZERO {
            self.tend_transfers(out);
        }
        self.broadcast(Broadcast::Heartbeat, out);
    }

    /// The leader's own entries count towards commitment as far as its disk has confirmed them (thesis 10.2.1).
    #[inline]
    pub(super) fn count_own_entries(&mut self, out: &mut Effects) {
        let own = self.own_entries_to_count();
        let before = std::mem::replace(&mut self.counted, own);
        let reached = if self.memberships.are_plain {
            self.tally.advance(before, own)
        } else {
            self.reached_by_quorums()
        };
        self.commit_own_term(reached, out);
    }

    /// A follower's log agrees up to `matched`, durably.
    #[inline(always)]
    pub(super) fn note_accepted(&mut self, place: usize, matched: Index, out: &mut Effects) {
        if matched > self.log.last() {
            return; // No follower agrees with entries that don't exist: hostile bytes.
        }
        let progress = &mut self.progress[place];
        let before = progress.matched();
        if !progress.accepted(matched, self.now) {
            return;
        }
        if matched > before {
            let reached = if self.memberships.are_plain {
                self.tally.advance(before, matched)
            } else {
                self.reached_by_quorums()
            };
            self.commit_own_term(reached, out);
        }
        self.send_more(place, out);
        if self.transfer.is_some() {
            self.ask_target_if_ready(out);
        }
    }

    /// A follower's log does not agree at `prev_index`. Where both may agree at the latest: at or before the hint, and
    /// the leader's entries of terms above the hint's are none of the follower's.
    fn note_refused(&mut self, place: usize, prev: Index, hint: Index, hint_term: Term, out: &mut Effects) {
        let is_current = self.progress[place].refusal_is_current(prev);
        if !is_current || self.minds_the_gap(place, prev, (hint, hint_term), out) || !self.goes_back() {
            return;
        }
        let hint = hint.min(prev.previous());
        // What was cut off can't be compared; at its end they may agree, beyond the hint they don't.
        let (agreed, _) = self.log.last_of_term_at_most(hint, hint_term);
        self.progress[place].probe_after(agreed.min(hint));
        self.send_next(place, out);
    }

    /// What a majority has reached is committed, if it is of the leader's own term, and all before it with it. Entries
    /// of earlier terms are never committed by counting alone: figure 8 shows how they may still be lost (5.4.2).
    #[inline]
    pub(super) fn commit_own_term(&mut self, reached: Index, out: &mut Effects) {
        let is_own = self.log.term_at(reached) == Some(self.term);
        if reached > self.commit && (is_own || self.commits_old_terms()) {
            self.commit_to(reached, out);
            if self.options.announce_commits {
                self.unannounced = Some(out.list().len());
            }
        }
    }

    /// Tells followers at once what this step has committed, by a message like a heartbeat's. Who has been sent entries since then
    /// hears of it by these; who is being probed or gets a snapshot has to catch up first.
    #[inline(never)]
    pub(super) fn announce_commit(&mut self, out: &mut Effects) {
        let Some(since) = self.unannounced.take() else { return };
        let (after, base) = (self.term_after(), self.log.base());
        let mut encoded: Option<(Index, Bytes)> = None;
        for (&to, progress) in self.peers.ids().iter().zip(&self.progress) {
            // It brings no entries, and so takes no room in a window.
            let next = progress.next();
            if progress.mode() != Mode::Replicate || next <= base || is_told(&out.list()[since..], to) {
                continue;
            }
            let payload = match encoded {
                Some((same, payload)) if same == next => payload,
                _ => Part::empty(next).encode(&self.log, self.term, self.commit, out),
            };
            encoded = Some((next, payload));
            out.push(Effect::Send { to, kind: APPEND_ENTRIES, payload, after });
        }
    }

    /// Appends an entry to the own log and disk.
    #[inline]
    pub(super) fn append(&mut self, entry: &Entry<'_>, out: &mut Effects) -> Index {
        let index = self.log.append(entry);
        let entries = out.bytes(self.log.slice(index, index));
        self.writes.append(index, index, entries, out);
        index
    }

    fn schedule_heartbeat(&mut self, now: LocalTime) {
        self.heartbeat_due = now + self.options.heartbeat.max(Duration::from_nanos(1));
    }

    /// Sends one follower the entries from its `next` on, as many as fit, or none if it has all.
    #[inline]
    pub(super) fn send_next(&mut self, place: usize, out: &mut Effects) {
        if self.progress[place].next() <= self.log.base() {
            return self.begin_snapshot(place, out);
        }
        let after = self.term_after();
        let progress = &mut self.progress[place];
        let part = Part::new(
            &self.log,
            progress.next(),
            progress.window().room(&self.limits, self.options.max_batch_bytes),
        );
        let payload = part.encode(&self.log, self.term, self.commit, out);
        progress.sent(part.last, &self.limits, self.now, |first, last| self.log.bytes_between(first, last));
        out.push(Effect::Send { to: self.peers.ids()[place], kind: APPEND_ENTRIES, payload, after });
    }

    /// Sends to every follower that is concerned. Followers whose logs are equally long share one payload.
    #[inline]
    pub(super) fn broadcast(&mut self, purpose: Broadcast, out: &mut Effects) {
        let after = self.term_after();
        let (bounds, batch) = (self.limits.bounds(), self.options.max_batch_bytes);
        let mut encoded: Option<(Part, u32, Bytes)> = None;
        for (&to, progress) in self.peers.ids().iter().zip(&mut self.progress) {
            if purpose == Broadcast::Heartbeat {
                progress.heartbeat();
            }
            let next = progress.next();
            // One probe, or chunk, at a time; its answer or the next heartbeat brings more. Who was being brought up to
            // date while the log was cut gets a snapshot then.
            if purpose == Broadcast::News
                && (progress.mode() != Mode::Replicate
                    || next <= self.log.base()
                    || bounds && progress.window().is_full(&self.limits))
            {
                continue;
            }
            let most = if bounds { progress.window().room(&self.limits, batch) } else { batch };
            let (part, payload) = match encoded {
                Some((part, room, payload)) if part.next == next && room == most => (part, payload),
                _ => {
                    let part = match purpose {
                        Broadcast::Heartbeat => Part::empty(next),
                        Broadcast::Election | Broadcast::News => Part::new(&self.log, next, most),
                    };
                    (part, part.encode(&self.log, self.term, self.commit, out))
                }
            };
            encoded = Some((part, most, payload));
            progress
                .sent(part.last, &self.limits, self.now, |first, last| self.log.bytes_between(first, last));
            out.push(Effect::Send { to, kind: APPEND_ENTRIES, payload, after });
        }
    }

    /// The write before which this term may not be shown. Entries need not wait for the leader's own disk (thesis
    /// 10.2.1); it counts them itself only when they are durable.
    #[inline]
    pub(super) fn term_after(&self) -> Option<WriteId> {
        self.writes.pending(self.writes.of_hard_state())
    }
}

/// Whether one of these effects is an AppendEntries to this follower.
fn is_told(effects: &[Effect], follower: NodeId) -> bool {
    let tells =
        |effect: &Effect| matches!(effect, Effect::Send { to, kind: APPEND_ENTRIES, .. } if *to == follower);
    effects.iter().any(tells)
}

/// Why the leader sends to all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Broadcast {
    /// It has just been elected: to all, with its no-op entry.
    Election,
    /// It has a new entry: to those who are ready for it.
    News,
    /// It is time: to all, without entries.
    Heartbeat,
}

/// A part of the log to be sent: from `next` to `last`, which is the one before `next` if it is empty.
#[derive(Clone, Copy, Debug)]
struct Part {
    next: Index,
    last: Index,
}

impl Part {
    #[inline]
    fn new(log: &Log, next: Index, max_bytes: u32) -> Self {
        if next > log.last() {
            Self::empty(next)
        } else {
            Self { next, last: log.batch_end(next, max_bytes) }
        }
    }

    #[inline]
    const fn empty(next: Index) -> Self {
        Self { next, last: next.previous() }
    }

    /// Encodes the AppendEntries that carries it.
    #[inline]
    fn encode(self, log: &Log, term: Term, commit: Index, out: &mut Effects) -> Bytes {
        let prev_index = self.next.previous();
        let message = Message::AppendEntries(AppendEntries {
            term,
            prev_index,
            prev_term: log.term_at(prev_index).expect("a leader sends only from its log"),
            commit,
            count: u32::try_from(self.last.0 - prev_index.0).expect("a batch stays below 2^32 entries"),
            entries: log.slice(self.next, self.last),
        });
        out.write(|buffer| message.encode(buffer))
    }
}
