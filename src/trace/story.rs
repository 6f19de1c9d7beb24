//! What led to a record, and what came of it at once.

use super::{Observer, Record};
use crate::ids::RecordId;

/// A record, with all that led to it, one by the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Story {
    of: RecordId,
    /// From the first on; the record itself is the last.
    chain: Vec<RecordId>,
}

impl Story {
    /// Whether this record belongs to it, or was brought about by the one that it tells of.
    pub fn takes(&self, record: &Record) -> bool {
        self.chain.binary_search(&record.id).is_ok() || record.cause == Some(self.of)
    }
}

/// Takes down what brought each record about, up to one of them.
#[derive(Clone, Debug)]
pub struct Causes {
    of: RecordId,
    /// For each record, in their order.
    causes: Vec<Option<RecordId>>,
}

impl Causes {
    /// For the story of this record.
    pub fn of(record: RecordId) -> Self {
        Self { of: record, causes: Vec::new() }
    }

    /// The story; none if the run ended before the record.
    pub fn story(&self) -> Option<Story> {
        let cause = |id: RecordId| {
            let place = usize::try_from(id.0.get() - 1).ok()?;
            self.causes.get(place).copied()
        };
        let mut chain = vec![self.of];
        let mut next = cause(self.of)?;
        while let Some(id) = next {
            chain.push(id);
            // A cause comes before what it brings about.
            next = cause(id).flatten();
        }
        chain.reverse();
        Some(Story { of: self.of, chain })
    }
}

impl Observer for Causes {
    fn observe(&mut self, record: &Record) {
        if record.id <= self.of {
            self.causes.push(record.cause);
        }
    }

    fn is_done(&self) -> bool {
        self.causes.len() as u64 >= self.of.0.get()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{Address, NodeId};
    use crate::time::Time;
    use crate::trace::{Body, Trace};

    #[test]
    fn a_story_goes_back_to_the_first_cause_and_on_by_one_step() {
        let node = Address::from(NodeId(1));
        let mut trace = Trace::new(Vec::<Record>::new());
        let first = trace.event(Time::ZERO, node, None, Body::Woke);
        let other = trace.event(Time::ZERO, node, None, Body::Paused);
        let second = trace.event(Time::ZERO, node, Some(first), Body::Woke);
        let third = trace.event(Time::ZERO, node, Some(second), Body::Woke);
        let fourth = trace.event(Time::ZERO, node, Some(third), Body::Woke);
        let records = trace.observer().clone();
        let mut causes = Causes::of(second);
        records.iter().for_each(|record| causes.observe(record));
        assert!(causes.is_done());
        let story = causes.story().expect("it is there");
        let told: Vec<RecordId> =
            records.iter().filter(|record| story.takes(record)).map(|record| record.id).collect();
        assert_eq!(told, [first, second, third]);
        assert!(!told.contains(&other) && !told.contains(&fourth));
        assert_eq!(Causes::of(fourth).story(), None, "it was not seen");
    }
}
