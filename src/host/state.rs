//! The state machine and how far it has come; how it is written down and replaced.

use super::Setup;
use super::process::Process;
use super::state_machine::StateMachine;
use crate::disk::Disk;
use crate::ids::{Index, Term};
use crate::net::Wire;
use crate::replica::{Base, Effects, Input, Snapshot};
use crate::rpc::store::Reply;
use crate::trace::{Body, Observer};

/// The bytes before the state machine's in a snapshot's data: the chained hash of the applied entries.
const HASH: usize = 8;

/// A state machine, and the last entry that it has applied.
#[derive(Debug)]
pub(super) struct State {
    /// The last entry applied, with the chained hash of all of them.
    pub(super) last: Base,
    pub(super) machine: StateMachine,
}

impl State {
    /// What the latest snapshot holds, or the state before the first entry.
    pub(super) fn start(snapshot: Option<&Snapshot>, setup: &Setup<'_>) -> Self {
        match snapshot {
            Some(snapshot) => Self::read_from((snapshot.index, snapshot.term), &snapshot.data, setup),
            None => Self { last: Base::default(), machine: StateMachine::new(setup) },
        }
    }

    /// What a snapshot's data holds. Any bytes may come.
    fn read_from((index, term): (Index, Term), data: &[u8], setup: &Setup<'_>) -> Self {
        let mut machine = StateMachine::new(setup);
        machine.read_from(data.get(HASH..).unwrap_or_default());
        Self { last: Base { index, term, hash: hash_in(data) }, machine }
    }

    fn write_down(&self) -> Vec<u8> {
        let mut data = self.last.hash.to_le_bytes().to_vec();
        self.machine.write_to(&mut data);
        data
    }
}

/// The chained hash in a snapshot's data.
pub(super) fn hash_in(data: &[u8]) -> u64 {
    data.first_chunk().map_or(0, |hash| u64::from_le_bytes(*hash))
}

impl Process {
    /// Writes the state machine down as it is, for the replica to be handed after this step.
    #[cold]
    pub(super) fn write_down<O: Observer>(&mut self, at: Index, wire: &mut Wire<'_, O>) {
        assert!(at == self.state.last.index, "a snapshot is asked for right after its last entry");
        let Base { index, term, hash } = self.state.last;
        let body = Body::SnapshotTaken { index, term, hash, store: self.state.machine.hash() };
        wire.trace.effect(self.id.into(), body);
        self.taken = Some((index, self.state.write_down()));
    }

    /// Whether something was written down and has not been handed to the replica yet.
    #[inline(always)]
    pub(super) fn has_written_down(&self) -> bool {
        self.taken.is_some()
    }

    /// Hands to the replica what was written down. Out of line: most steps write nothing down.
    #[cold]
    pub(super) fn hand_written_down<O: Observer>(
        &mut self,
        effects: &mut Effects,
        disk: &mut Disk,
        setup: &Setup<'_>,
        wire: &mut Wire<'_, O>,
    ) {
        while let Some((index, data)) = self.taken.take() {
            self.step(Input::SnapshotTaken { index, data: &data }, effects, disk, setup, wire);
        }
    }

    /// Replaces the state machine. Who waits for an entry that was not applied one by one can't be told what became of it.
    #[cold]
    pub(super) fn restore<O: Observer>(
        &mut self,
        last: (Index, Term),
        data: &[u8],
        setup: &Setup<'_>,
        wire: &mut Wire<'_, O>,
    ) {
        self.state = State::read_from(last, data, setup);
        self.status.commit = last.0;
        self.show_restored(false, wire);
        while let Some(pending) = self.requests.next_decided_by(last.0) {
            self.answer(pending.asker, &Reply::Unknown, setup, wire);
        }
    }

    /// Records what the state machine began with, if that is a snapshot.
    pub(super) fn show_start<O: Observer>(&self, wire: &mut Wire<'_, O>) {
        if self.state.last.index > Index::ZERO {
            self.show_restored(true, wire);
        }
        if self.membership.index > Index::ZERO {
            self.show_members(wire);
        }
    }

    fn show_restored<O: Observer>(&self, at_start: bool, wire: &mut Wire<'_, O>) {
        let Base { index, term, hash } = self.state.last;
        let body = Body::Restored { index, term, hash, store: self.state.machine.hash(), at_start };
        wire.trace.effect(self.id.into(), body);
    }
}
