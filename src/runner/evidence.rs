//! What stands before a violation that a run showed, from a second run of the same.

use super::run::{Options, simulate};
use crate::plan::Plan;
use crate::report::{Evidence, Judges, LastRecords};

/// The last records before the first violation that these judges saw in a run of this plan, carried out so; none if they saw none.
/// The run is made once more, up to there.
pub fn evidence(plan: &Plan, judges: &Judges, options: &Options) -> Option<Evidence> {
    let mut kept = LastRecords::up_to(judges.first_violation()?);
    // Where the world panics, the records up to there are what counts.
    let _ = simulate(plan, plan.seed, &mut kept, &options.again());
    kept.into_evidence()
}
