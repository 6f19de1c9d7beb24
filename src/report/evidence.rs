//! What stands before a violation. A run that breaks nothing has to keep none of it: it comes from a second run, which is the same.

use crate::ids::RecordId;
use crate::trace::{Observer, Record};
use serde::Serialize;

/// How many records are kept.
const KEPT: u64 = 32;

/// The last records before the first violation, and which of them led to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Evidence {
    /// The records, in order. The last one is that at which the violation was found.
    pub records: Vec<Record>,
    /// The last record and what brought it about, as far back as it is among the records kept; in order.
    pub chain: Vec<RecordId>,
}

impl Evidence {
    fn of(records: Vec<Record>) -> Self {
        let mut chain = Vec::new();
        let mut next = records.last();
        while let Some(record) = next {
            chain.push(record.id);
            next = record.cause.and_then(|cause| records.iter().find(|record| record.id == cause));
        }
        chain.reverse();
        Self { records, chain }
    }
}

/// Keeps the last records up to one, at which a violation was found.
#[derive(Clone, Debug)]
pub struct LastRecords {
    last: RecordId,
    records: Vec<Record>,
}

impl LastRecords {
    /// Up to this one.
    pub fn up_to(last: RecordId) -> Self {
        Self { last, records: Vec::new() }
    }

    /// What was kept; none if the run ended before that record.
    pub fn into_evidence(self) -> Option<Evidence> {
        self.is_done().then(|| Evidence::of(self.records))
    }
}

impl Observer for LastRecords {
    fn observe(&mut self, record: &Record) {
        if record.id <= self.last && self.last.0.get() - record.id.0.get() < KEPT {
            self.records.push(*record);
        }
    }

    fn is_done(&self) -> bool {
        self.records.last().is_some_and(|record| record.id == self.last)
    }
}
