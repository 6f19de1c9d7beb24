//! Frames that no node and no client of the cluster sent: the requests of floods, and what strangers forged. They are counted
//! apart, so that what is said of nodes and clients is theirs alone.

use crate::ids::{Address, RecordId, RequestId};
use crate::trace::{Body, Record};
use serde::Serialize;
use std::collections::BTreeSet;

/// The requests of floods, by what became of them. Of some nothing is known: they wait in an inbox when the run ends, or were
/// there when their machine lost power.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Flooded {
    /// How many were sent.
    pub sent: u64,
    /// Those that found their machine down, or no room in its inbox.
    pub lost: u64,
    /// Those that were answered at once, for lack of room.
    pub turned_away: u64,
    /// Those that a node refused, since it did not lead or was busy.
    pub refused: u64,
    /// Those that a leader made an entry.
    pub accepted: u64,
    /// Those of them that were acknowledged as done.
    pub acknowledged: u64,
}

/// Follows what floods ask for.
#[derive(Clone, Debug, Default)]
pub(super) struct Floods {
    pub(super) counts: Flooded,
    /// The record by which a machine took up a request last. What it decides at once follows from it.
    taken_up: Option<RecordId>,
    /// Those that are entries and not acknowledged yet, by who leads.
    open: BTreeSet<(Address, RequestId)>,
}

impl Floods {
    /// Whether any has begun.
    #[inline]
    pub(super) fn exist(&self) -> bool {
        self.counts.sent > 0
    }

    /// A record of a frame from them, or of an answer to one.
    #[cold]
    pub(super) fn take(&mut self, record: &Record) {
        let sent_by_them = record.node == Address::CROWD;
        match record.body {
            Body::Sent { .. } => self.counts.sent += u64::from(sent_by_them),
            Body::Lost { .. } => self.counts.lost += 1,
            Body::Delivered { .. } => self.taken_up = Some(record.id),
            Body::TurnedAway { .. } => self.counts.turned_away += 1,
            _ => {}
        }
    }

    /// Whether what a node has decided is about a request of theirs. Then it is counted.
    #[cold]
    pub(super) fn decided(&mut self, record: &Record) -> bool {
        let asked = record.cause.is_some() && record.cause == self.taken_up;
        match record.body {
            Body::Refused { .. } if asked => self.counts.refused += 1,
            Body::Accepted { request, .. } if asked => {
                self.counts.accepted += 1;
                self.open.insert((record.node, request));
            }
            Body::Acknowledged { request, .. } if self.open.remove(&(record.node, request)) => {
                self.counts.acknowledged += 1;
            }
            _ => return false,
        }
        true
    }

    /// A machine lost power, or its process stopped: it knows nothing of what it was asked for, and counts requests anew.
    pub(super) fn forget(&mut self, node: Address) {
        self.open.retain(|(asked, _)| *asked != node);
    }
}

/// Forged frames that have not arrived yet: that is at once, but where they have to wait for the process.
#[derive(Clone, Debug, Default)]
pub(super) struct Forgeries {
    under_way: BTreeSet<RecordId>,
}

impl Forgeries {
    /// Whether there are any.
    #[inline]
    pub(super) fn exist(&self) -> bool {
        !self.under_way.is_empty()
    }

    /// A stranger has sent one, as this record tells.
    pub(super) fn begin(&mut self, forged: RecordId) {
        self.under_way.insert(forged);
    }

    /// Whether what has arrived, or got lost, was forged, by the record of its sending.
    #[cold]
    pub(super) fn end(&mut self, sent: Option<RecordId>) -> bool {
        sent.is_some_and(|sent| self.under_way.remove(&sent))
    }
}
