//! The trace of a run: records with their causes, streamed to an observer and folded into the digest.
//!
//! Records are never all kept. Whoever wants them (a checker, a metric, a file) observes them as they are made; the
//! digest is the same whoever observes. A [`Scribe`] writes them down, in a [`Format`] for people or for some viewer.

mod altered;
mod chrome;
pub mod digest;
mod focus;
mod history_lines;
mod json_lines;
mod kept;
mod parts;
mod record;
mod scribe;
mod shiviz;
mod story;
mod text;
mod text_lines;
mod trail;
mod words;

pub use chrome::ChromeTrace;
pub use digest::Digest;
pub use focus::{Condition, Focus, Focused};
pub use history_lines::HistoryLines;
pub use json_lines::JsonLines;
pub use kept::kept;
pub use parts::{
    ActionKind, BreakerState, CorruptionKind, Denial, Disowned, FaultSource, Forgery, Forgone, Loss,
    MembersPart, Operation, Outcome, Rejection, StopReason,
};
pub use record::{Body, FIRST_CLIENT_KIND, Record};
pub use scribe::{Format, KindName, Scribe};
pub use shiviz::ShiViz;
pub use story::{Causes, Story};
pub use text_lines::TextLines;
pub use trail::{Chain, Trail};

use crate::ids::{Address, RecordId};
use crate::time::Time;
use std::num::NonZeroU64;

/// Sees every record as it is made.
pub trait Observer {
    /// Takes the next record.
    fn observe(&mut self, record: &Record);

    /// Whether it has seen enough: the run may end here.
    fn is_done(&self) -> bool {
        false
    }
}

/// Sees nothing.
impl Observer for () {
    fn observe(&mut self, _: &Record) {}
}

impl Observer for Vec<Record> {
    fn observe(&mut self, record: &Record) {
        self.push(*record);
    }
}

impl<O: Observer + ?Sized> Observer for &mut O {
    #[inline(always)]
    fn observe(&mut self, record: &Record) {
        (**self).observe(record);
    }

    #[inline(always)]
    fn is_done(&self) -> bool {
        (**self).is_done()
    }
}

/// Makes records: numbers them, knows what caused them, folds them into the digest and shows them to the observer.
///
/// The observer's type is known. So where a record is made *in place* only what is done with its kind is left, as long as
/// observers lend nothing but copies of it to what is not in place (`Record::apart`); that is for the few kinds that nearly
/// every frame brings. All other records share one copy of the code, which would else stand at each place that makes one.
pub struct Trace<O> {
    observer: O,
    digest: Digest,
    now: Time,
    next: NonZeroU64,
    current: Option<RecordId>,
}

impl<O: Observer> Trace<O> {
    /// A trace without records yet.
    pub fn new(observer: O) -> Self {
        Self { observer, digest: Digest::default(), now: Time::ZERO, next: NonZeroU64::MIN, current: None }
    }

    /// Records something taken from the event queue at `time`, brought about by `cause`. The records of its effects
    /// name it as theirs until the next event.
    pub fn event(&mut self, time: Time, node: Address, cause: Option<RecordId>, body: Body) -> RecordId {
        self.now = time;
        let id = self.record(node, cause, body);
        self.current = Some(id);
        id
    }

    /// The same in place.
    #[inline(always)]
    pub fn event_in_place(
        &mut self,
        time: Time,
        node: Address,
        cause: Option<RecordId>,
        body: Body,
    ) -> RecordId {
        self.now = time;
        let id = self.push(node, cause, body);
        self.current = Some(id);
        id
    }

    /// Turns to something that comes from outside at `time`: its effects have no cause, until the next event.
    pub fn outside(&mut self, time: Time) {
        (self.now, self.current) = (time, None);
    }

    /// Turns back to an event of before, whose effects come only now.
    pub fn again(&mut self, time: Time, event: Option<RecordId>) {
        (self.now, self.current) = (time, event);
    }

    /// Records an effect of the current event.
    pub fn effect(&mut self, node: Address, body: Body) -> RecordId {
        self.record(node, self.current, body)
    }

    /// The same in place.
    #[inline(always)]
    pub fn effect_in_place(&mut self, node: Address, body: Body) -> RecordId {
        self.push(node, self.current, body)
    }

    /// Records something that another record than the current event brought about.
    pub fn because(&mut self, node: Address, cause: Option<RecordId>, body: Body) -> RecordId {
        self.record(node, cause, body)
    }

    /// The same in place.
    #[inline(always)]
    pub fn because_in_place(&mut self, node: Address, cause: Option<RecordId>, body: Body) -> RecordId {
        self.push(node, cause, body)
    }

    /// Who is shown the records.
    #[inline(always)]
    pub fn observer(&self) -> &O {
        &self.observer
    }

    /// Ends the trace and gives the observer back.
    pub fn into_observer(self) -> O {
        self.observer
    }

    /// The event being carried out.
    pub fn current(&self) -> Option<RecordId> {
        self.current
    }

    /// How many records there are.
    pub fn len(&self) -> u64 {
        self.next.get() - 1
    }

    /// Whether there is no record yet.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The digest of the records so far.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    #[inline(never)]
    fn record(&mut self, node: Address, cause: Option<RecordId>, body: Body) -> RecordId {
        self.push(node, cause, body)
    }

    #[inline(always)]
    fn push(&mut self, node: Address, cause: Option<RecordId>, body: Body) -> RecordId {
        let id = RecordId(self.next);
        self.next = self.next.checked_add(1).expect("fewer than 2^64 records");
        let record = Record { id, cause, time: self.now, node, body };
        record.fold_into(&mut self.digest);
        self.observer.observe(&record);
        id
    }
}
