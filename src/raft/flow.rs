//! How much a leader sends, and takes: windows (thesis 10.2.2), gaps, and back pressure.
//!
//! **Windows.** What is in flight to a follower is bounded by `window.rs`. Each answer brings two appends until its window is
//! full, so that what is in flight doubles with each round trip, and one append after a loss.
//!
//! **Gaps.** A follower that keeps what comes early (`early.rs`) refuses it nonetheless, and so says two things: up to where
//! its log goes, and which append has come. The leader goes on sending. What should have arrived by now, and before
//! something that has, is lost: that append is sent again, and nothing else. As in TCP's selective acknowledgements (RFC
//! 2018) several gaps are filled at once. Where nothing is known to have come after the gap, the leader goes back as ever.
//!
//! **Back pressure.** Commands that can't be committed would grow the log without bound. Beyond so many bytes of them the
//! leader is busy.

use super::message::{APPEND_ENTRIES, AppendEntries, Message};
use super::node::Raft;
use super::progress::Mode;
use super::window::{Gap, Patience};
use crate::ids::{Index, Term};
use crate::replica::{Effect, Effects, Entry, EntryKind};

impl Raft {
    /// Whether this command would make more bytes of commands that are not committed than the leader may have taken. One
    /// always fits, and what earlier leaders left does not count: it is committed with the first entry of this term.
    #[inline]
    pub(super) fn has_taken_enough(&self, command: &[u8]) -> bool {
        let Some(most) = self.options.flow.max_uncommitted_bytes else { return false };
        let taken = self.log.bytes_between(self.commit.max(self.term_start), self.log.last());
        let entry = Entry { term: self.term, kind: EntryKind::Command, data: command };
        taken > 0 && taken + entry.wire_len() > most.get() as usize
    }

    /// Sends a follower that has answered what comes next.
    #[inline(always)]
    pub(super) fn send_more(&mut self, place: usize, out: &mut Effects) {
        let progress = &self.progress[place];
        if progress.next() <= self.log.last() || progress.window().has_gaps() {
            self.send_what_there_is(place, out);
        }
    }

    #[inline(never)]
    fn send_what_there_is(&mut self, place: usize, out: &mut Effects) {
        if self.progress[place].window().has_gaps() {
            self.fill_gaps(place, out);
        }
        for _ in 0..if self.limits.bounds() { 2 } else { 1 } {
            let progress = &self.progress[place];
            let is_open = progress.mode() == Mode::Replicate && !progress.window().is_full(&self.limits);
            if progress.next() > self.log.last() || !is_open {
                return;
            }
            self.send_next(place, out);
        }
    }

    /// A follower that keeps what comes early has refused the append after `prev`, since its log ends at the hint. Whether
    /// the leader has done what there is to do about it, and need not go back.
    #[inline]
    pub(super) fn minds_the_gap(
        &mut self,
        place: usize,
        prev: Index,
        hint: (Index, Term),
        out: &mut Effects,
    ) -> bool {
        self.options.flow.max_early_bytes.is_some() && self.looks_at_gap(place, prev, hint, out)
    }

    #[inline(never)]
    fn looks_at_gap(
        &mut self,
        place: usize,
        prev: Index,
        (hint, hint_term): (Index, Term),
        out: &mut Effects,
    ) -> bool {
        let (patience, now) = (Patience::of(&self.options), self.now);
        let progress = &mut self.progress[place];
        // At the hint the logs have to agree; what follows it has to be in the log still.
        if progress.mode() != Mode::Replicate
            || hint < self.log.base()
            || self.log.term_at(hint) != Some(hint_term)
        {
            return false;
        }
        let lacks = hint.max(progress.matched()).next();
        progress.window_mut().came_early(prev);
        match progress.window().gap_at(lacks, patience, now) {
            Gap::MayClose => true,
            Gap::Certain => {
                self.fill_gaps(place, out);
                true
            }
            Gap::Unknown => false,
        }
    }

    /// Sends again what should have arrived before something that has.
    #[inline(never)]
    fn fill_gaps(&mut self, place: usize, out: &mut Effects) {
        let (patience, now, base) = (Patience::of(&self.options), self.now, self.log.base());
        let mut after = self.progress[place].matched().max(base);
        while let Some(lost) = self.progress[place].window_mut().take_lost(after, patience, now) {
            let (first, last) = lost;
            after = last;
            let prev_index = first.previous();
            let message = Message::AppendEntries(AppendEntries {
                term: self.term,
                prev_index,
                prev_term: self.log.term_at(prev_index).expect("it is not cut off"),
                commit: self.commit,
                count: u32::try_from(last.0 - prev_index.0).expect("a batch stays below 2^32 entries"),
                entries: self.log.slice(first, last),
            });
            let payload = out.write(|buffer| message.encode(buffer));
            let (to, after) = (self.peers.ids()[place], self.term_after());
            out.push(Effect::Send { to, kind: APPEND_ENTRIES, payload, after });
        }
    }
}
