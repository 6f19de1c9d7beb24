//! Whether there was a leader in time.

use super::{Judged, Miss, Run};
use crate::plan::Moment;
use crate::report::elections::Reign;
use crate::time::Duration;

/// At some time within `bound` after the moment there is an effective leader.
#[derive(Clone, Debug)]
pub(super) struct LeaderWithin {
    pub(super) bound: Duration,
    pub(super) after: Moment,
}

impl LeaderWithin {
    /// A reign says who leads once all records of an instant are weighed. So a leader that is there at the moment counts,
    /// and one that is lost in that very instant doesn't.
    pub(super) fn judge(&self, run: &Run<'_>) -> Judged {
        let after = run.moments.came(self.after, run.end)?;
        let begun = run.reigns.partition_point(|reign| reign.from <= after);
        let (before, later) = run.reigns.split_at(begun);
        if let Some(&Reign { from, leader: Some((node, term)) }) = before.last() {
            return Ok(format!("{node} led term {term} at {after}, since {from}"));
        }
        let next = later.iter().find_map(|reign| reign.leader.map(|leader| (reign.from, leader)));
        let Some((from, (node, term))) = next else {
            if run.end.since(after) < self.bound {
                return Err(Miss::Vacuous(format!(
                    "the run ended at {}, before {} had passed since {after}, and nobody led until then",
                    run.end, self.bound
                )));
            }
            return Err(Miss::Failed(format!(
                "nobody led from {after} to the end of the run at {}",
                run.end
            )));
        };
        let took = from.since(after);
        if took <= self.bound {
            Ok(format!("{node} led term {term} from {from} on, {took} after {after}"))
        } else {
            Err(Miss::Failed(format!(
                "nobody led until {from}, {took} after {after}; then {node}, in term {term}"
            )))
        }
    }
}
