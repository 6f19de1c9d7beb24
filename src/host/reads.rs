//! Reads that take no entry of the log: from the client through the replica to the state machine.

use super::Setup;
use super::process::Process;
use super::requests::Asker;
use crate::ids::{Index, RequestId};
use crate::net::Wire;
use crate::replica::{Input, ReadRight};
use crate::rpc::store::Reply;
use crate::trace::{Body, Observer};
use std::collections::BTreeMap;

/// The reads that a host has taken and not yet answered.
#[derive(Debug, Default)]
pub(super) struct Reads {
    /// Those that the replica decides on.
    asked: BTreeMap<RequestId, Read>,
    /// Those that wait for an entry to be applied, by that entry.
    waiting: BTreeMap<(Index, RequestId), (Read, ReadRight)>,
}

/// A client's wish to know what a key holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Read {
    asker: Asker,
    key: u32,
}

impl Reads {
    /// The replica has decided: this read is answered once the entry at `at` is applied.
    pub(super) fn wait(&mut self, request: RequestId, at: Index, right: ReadRight) {
        if let Some(read) = self.asked.remove(&request) {
            self.waiting.insert((at, request), (read, right));
        }
    }

    /// The replica has refused; whom to tell.
    pub(super) fn refused(&mut self, request: RequestId) -> Option<Asker> {
        self.asked.remove(&request).map(|read| read.asker)
    }

    /// Whether some read waits for nothing but an entry.
    #[inline]
    pub(super) fn may_be_ready(&self) -> bool {
        !self.waiting.is_empty()
    }
}

impl Process {
    /// A client wants to read a key. Returns what that is to the replica.
    #[cold]
    pub(super) fn take_read(&mut self, asker: Asker, key: u32) -> Input<'static> {
        let request = self.number_request(None);
        self.reads.asked.insert(request, Read { asker, key });
        Input::Read { request }
    }

    /// Answers the reads whose entry is applied.
    #[cold]
    pub(super) fn serve_reads<O: Observer>(&mut self, setup: &Setup<'_>, wire: &mut Wire<'_, O>) {
        let applied = self.applied();
        while let Some(first) = self.reads.waiting.first_entry()
            && first.key().0 <= applied
        {
            let ((at, request), (Read { asker, key }, right)) = first.remove_entry();
            wire.trace.effect(self.id.into(), Body::Served { request, at, applied, right });
            let outcome = self.state.machine.read(key);
            self.answer(asker, &Reply::Applied(outcome), setup, wire);
        }
    }
}
