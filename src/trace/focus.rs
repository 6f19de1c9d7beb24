//! Some records out of many.

use super::{Body, Observer, Record, Story};
use crate::ids::Address;

/// Which records are of interest: those that meet all conditions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Focus {
    /// The conditions.
    pub conditions: Vec<Condition>,
}

/// What a record of interest has to be about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// What happens to this one, or to a frame, a call or a link between it and another.
    Of(Address),
    /// A frame, a call or the link from one to the other.
    OneWay(Address, Address),
    /// A frame, a call or a link between these two.
    BothWays(Address, Address),
    /// A message of one of these kinds: bit n of the words together is kind n.
    Kinds([u64; 4]),
    /// One of those that led to some record, or that one, or what it brought about.
    Told(Story),
}

impl Focus {
    /// Whether this record is of interest.
    pub fn takes(&self, record: &Record) -> bool {
        self.conditions.iter().all(|condition| condition.takes(record))
    }
}

impl Condition {
    fn takes(&self, record: &Record) -> bool {
        let link = record.link();
        match *self {
            Self::Told(ref story) => story.takes(record),
            Self::Of(one) => {
                record.node == one
                    || link.is_some_and(|(from, to)| from == one || to == one)
                    || hits(record, one)
            }
            Self::OneWay(from, to) => link == Some((from, to)),
            Self::BothWays(a, b) => link == Some((a, b)) || link == Some((b, a)),
            Self::Kinds(kinds) => {
                record.body.kind().is_some_and(|kind| kinds[usize::from(kind) / 64] >> (kind % 64) & 1 == 1)
            }
        }
    }
}

/// Whether this is a fault that has this one as its target.
fn hits(record: &Record, one: Address) -> bool {
    match record.body {
        Body::FaultStarted { nodes, .. } | Body::FaultEnded { nodes, .. } => {
            one.as_node().is_some_and(|node| nodes.contains(node))
        }
        _ => false,
    }
}

/// Shows another observer the records that are of interest.
pub struct Focused<O> {
    focus: Focus,
    observer: O,
}

impl<O> Focused<O> {
    /// Will show these to that one.
    pub fn new(focus: Focus, observer: O) -> Self {
        Self { focus, observer }
    }

    /// Gives the other observer back.
    pub fn into_observer(self) -> O {
        self.observer
    }
}

impl<O: Observer> Observer for Focused<O> {
    fn observe(&mut self, record: &Record) {
        if self.focus.takes(record) {
            self.observer.observe(record);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{CallId, NodeId, NodeSet};
    use crate::time::Time;
    use crate::trace::{ActionKind, FaultSource, Loss, Trace};

    fn node(number: u32) -> Address {
        NodeId(number).into()
    }

    fn taken(conditions: &[Condition]) -> Vec<u64> {
        let mut focused = Focused::new(Focus { conditions: conditions.to_vec() }, Vec::new());
        let mut trace = Trace::new(&mut focused);
        let delivered = Body::Delivered { from: node(1), kind: 3, call: CallId(1), bytes: 9, hash: 0 };
        trace.event(Time::ZERO, node(1), None, Body::Woke);
        trace.effect(node(1), Body::Lost { to: node(2), kind: 1, why: Loss::Random });
        trace.event(Time::ZERO, node(2), None, delivered);
        trace.event(Time::ZERO, node(2), None, Body::Cut { to: node(1) });
        let mut nodes = NodeSet::EMPTY;
        nodes.insert(NodeId(2));
        let (source, action) = (FaultSource::Fault(0), ActionKind::Crash);
        trace.event(Time::ZERO, Address::WORLD, None, Body::FaultStarted { fault: 0, source, action, nodes });
        focused.into_observer().iter().map(|record: &Record| record.id.0.get()).collect()
    }

    #[test]
    fn records_are_taken_by_node_link_and_kind() {
        assert_eq!(taken(&[]), [1, 2, 3, 4, 5]);
        assert_eq!(taken(&[Condition::Of(node(1))]), [1, 2, 3, 4]);
        assert_eq!(taken(&[Condition::Of(node(2))]), [2, 3, 4, 5]);
        assert_eq!(taken(&[Condition::Of(node(3))]), Vec::<u64>::new());
        assert_eq!(taken(&[Condition::OneWay(node(1), node(2))]), [2, 3]);
        assert_eq!(taken(&[Condition::BothWays(node(1), node(2))]), [2, 3, 4]);
        assert_eq!(taken(&[Condition::Kinds([1 << 3, 0, 0, 0])]), [3]);
        assert_eq!(taken(&[Condition::BothWays(node(2), node(1)), Condition::Kinds([1 << 1, 0, 0, 0])]), [2]);
    }
}
