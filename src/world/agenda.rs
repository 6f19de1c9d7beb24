//! What is to be done with faults, and in which order.

use crate::ids::NodeId;
use crate::time::Time;
use std::collections::BTreeSet;

/// One thing to do with a fault. At one instant they are done in this order: what ends makes room for what begins. Ends
/// go in the order in which the faults began, beginnings in the order of the plan, storms last. So the same faults,
/// scripted in the order in which they began, give the same run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Step {
    /// The fault of this number ends.
    End(u32),
    /// The scripted fault in this place is given up if it has not begun.
    GiveUp(u32),
    /// Every fault ends, or all within the core, and none begins any more.
    Settle,
    /// The scripted fault in this place begins.
    Start(u32),
    /// The next fault of the storm in this place begins.
    Storm(u32),
    /// The flapping links in this place are cut again.
    Flap(u32),
    /// The next frame of the fault of this number comes to this node, if it goes on.
    Forge(u32, NodeId),
}

/// What is to be done, by time.
#[derive(Debug, Default)]
pub(super) struct Agenda {
    steps: BTreeSet<(Time, Step)>,
}

impl Agenda {
    /// Adds a step. Whether it is the first one at that time.
    pub(super) fn add(&mut self, time: Time, step: Step) -> bool {
        let next = self.steps.range((time, Step::End(0))..).next();
        let is_first = next.is_none_or(|(next, _)| *next != time);
        self.steps.insert((time, step));
        is_first
    }

    /// Takes the next step of this time.
    pub(super) fn take(&mut self, now: Time) -> Option<Step> {
        let (time, _) = self.steps.first()?;
        debug_assert!(*time >= now, "no step is forgotten");
        if *time == now { self.steps.pop_first().map(|(_, step)| step) } else { None }
    }

    /// Forgets all steps but those that are to be kept.
    pub(super) fn retain(&mut self, is_kept: impl Fn(&Step) -> bool) {
        self.steps.retain(|(_, step)| is_kept(step));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_go_before_beginnings_and_each_time_is_told_once() {
        let (one, two) = (Time::from_nanos(1), Time::from_nanos(2));
        let mut agenda = Agenda::default();
        assert!(agenda.add(two, Step::Start(0)));
        assert!(!agenda.add(two, Step::End(7)));
        assert!(!agenda.add(two, Step::End(3)));
        assert!(agenda.add(one, Step::Storm(0)));
        assert!(!agenda.add(two, Step::Settle));
        let steps = |agenda: &mut Agenda, now| std::iter::from_fn(|| agenda.take(now)).collect::<Vec<_>>();
        assert_eq!(steps(&mut agenda, one), [Step::Storm(0)]);
        assert_eq!(steps(&mut agenda, two), [Step::End(3), Step::End(7), Step::Settle, Step::Start(0)]);
        assert_eq!(agenda.take(two), None);
    }
}
