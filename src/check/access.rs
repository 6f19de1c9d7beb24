//! Nobody gets what is not for it to ask: a frame whose sender may never send its like is not handed on.
//!
//! What kind a frame is of, and who has sent it, its arrival tells; that it was not handed on, the denial or rejection that
//! comes of it. So an arrival of such a frame is a suspicion until then; if the next frame arrives first, the host has
//! handed it on. Rights that depend on the receiver's role are not judged here: to be sent elsewhere is no denial.

use super::finding::{Findings, Property};
use crate::ids::{Address, RecordId};
use crate::trace::{FIRST_CLIENT_KIND, Record};

/// The frames that somebody has to be denied.
#[derive(Clone, Debug, Default)]
pub(super) struct Access {
    suspicion: Option<Suspicion>,
}

#[derive(Clone, Copy, Debug)]
struct Suspicion {
    arrival: Record,
    from: Address,
    kind: u8,
}

impl Access {
    /// A frame arrives at a node of so many.
    #[inline(always)]
    pub(super) fn arrives(
        &mut self,
        nodes: usize,
        from: Address,
        kind: u8,
        record: &Record,
        findings: &mut Findings,
    ) {
        let of_node = from.as_node().is_some_and(|node| node.slot() < nodes);
        let of_client = from.asks_as_client();
        let may_ask = if kind < FIRST_CLIENT_KIND { of_node } else { of_client };
        if self.suspicion.is_some() || !may_ask {
            self.suspect(may_ask, from, kind, &record.apart(), findings);
        }
    }

    #[cold]
    fn suspect(&mut self, may_ask: bool, from: Address, kind: u8, record: &Record, findings: &mut Findings) {
        self.settle(findings);
        if !may_ask {
            findings.examined(Property::Access);
            self.suspicion = Some(Suspicion { arrival: *record, from, kind });
        }
    }

    /// A frame was denied or rejected, as a consequence of this record.
    #[cold]
    pub(super) fn barred(&mut self, cause: Option<RecordId>) {
        self.suspicion.take_if(|suspicion| cause == Some(suspicion.arrival.id));
    }

    /// No denial has come.
    pub(super) fn settle(&mut self, findings: &mut Findings) {
        let Some(Suspicion { arrival, from, kind }) = self.suspicion.take() else { return };
        findings.accuse(Property::Access, &arrival, || {
            let node = arrival.node;
            let senders = if kind < FIRST_CLIENT_KIND { "nodes" } else { "clients" };
            format!("{node} handed on a frame from {from} of a kind that only {senders} may send")
        });
    }
}
