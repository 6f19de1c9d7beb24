//! The service as clients saw it.

use super::statistics::{Samples, Summary};
use crate::ids::OperationId;
use crate::time::{Duration, Time};
use crate::trace::Outcome;
use std::collections::BTreeMap;

/// A span in which clients asked and nobody was served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// The last operation that was done, or if none was open then, the first one invoked after it.
    pub from: Time,
    /// The next operation that was done, or the end of the run.
    pub to: Time,
}

impl Window {
    /// How long it was.
    pub fn length(&self) -> Duration {
        self.to.since(self.from)
    }
}

/// Follows the operations of all clients.
#[derive(Clone, Debug)]
pub(super) struct Service {
    threshold: Duration,
    open: BTreeMap<OperationId, Time>,
    /// Since when somebody asks and nobody is served.
    waiting: Option<Time>,
    windows: Vec<Window>,
    latencies: Samples,
    invoked: u64,
    refused: u64,
    unknown: u64,
}

/// The service of a whole run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Served {
    /// Operations that clients began.
    pub invoked: u64,
    /// Operations that were done.
    pub done: u64,
    /// Operations that were refused, without effect.
    pub refused: u64,
    /// Operations that had no answer in time.
    pub unknown: u64,
    /// Operations that were still open at the end.
    pub open: u64,
    /// Spans in which clients asked and nobody was served for longer than the threshold.
    pub windows: Vec<Window>,
    /// The threshold of these.
    pub threshold: Duration,
    /// From the invocation to the return of operations that were done.
    pub latency: Option<Summary>,
}

impl Service {
    pub(super) fn new(threshold: Duration) -> Self {
        Self {
            threshold,
            open: BTreeMap::new(),
            waiting: None,
            windows: Vec::new(),
            latencies: Samples::default(),
            invoked: 0,
            refused: 0,
            unknown: 0,
        }
    }

    pub(super) fn invoked(&mut self, time: Time, operation: OperationId) {
        self.invoked += 1;
        self.open.insert(operation, time);
        self.waiting.get_or_insert(time);
    }

    pub(super) fn returned(&mut self, time: Time, operation: OperationId, outcome: Outcome) {
        let began = self.open.remove(&operation);
        match outcome {
            Outcome::Refused => self.refused += 1,
            Outcome::Unknown => self.unknown += 1,
            Outcome::Done { .. } => {
                if let Some(began) = began {
                    self.latencies.add(time.since(began).nanos());
                }
                self.windows.extend(self.window(time));
                self.waiting = if self.open.is_empty() { None } else { Some(time) };
            }
        }
    }

    /// The window that ends now, if it is one.
    fn window(&self, to: Time) -> Option<Window> {
        let window = Window { from: self.waiting?, to };
        (window.length() > self.threshold).then_some(window)
    }

    /// All of a run that ended now.
    pub(super) fn all(&self, end: Time) -> Served {
        let windows = self.windows.iter().copied().chain(self.window(end)).collect();
        Served {
            invoked: self.invoked,
            done: self.latencies.count(),
            refused: self.refused,
            unknown: self.unknown,
            open: self.open.len() as u64,
            windows,
            threshold: self.threshold,
            latency: self.latencies.summary(0),
        }
    }
}
