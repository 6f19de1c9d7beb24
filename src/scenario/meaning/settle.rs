//! The second pass over the time from which nothing goes wrong, and for whom.

use super::setting::Setting;
use super::targets::nodes;
use crate::plan::{Cluster, Core, Plan, Settle};
use crate::scenario::notes::Notes;
use crate::scenario::path::Path;
use crate::scenario::shape;
use crate::time::{Duration, Time};

/// When nothing goes wrong any more, and for whom.
pub(super) fn settle(
    path: &Path<'_>,
    settle: Option<&shape::Settle>,
    (run, cluster): (Duration, &Cluster),
    notes: &mut Notes<'_>,
) -> Option<Settle> {
    let settle = settle?;
    let core = core(&path.field("core"), &settle.core, cluster, notes);
    let (from, quiet) = (path.field("from"), settle.quiet);
    if settle.from >= run {
        let message = format!("the run settles at {}, but it ends at {run}", settle.from);
        notes.error(&from, message, "let it settle earlier, or lengthen `duration`");
        // It settles all the same, so that nothing else seems wrong because of this.
        return Some(Settle::at(Time::from_nanos(run.nanos())));
    }
    if settle.from == Duration::ZERO {
        let help = "leave `settle` out if nothing goes wrong, or let it settle later";
        notes.error(&from, "the run would settle before it begins", help);
        return None;
    }
    if quiet.nanos() >= run.nanos() - settle.from.nanos() {
        let message =
            format!("clients are quiet for {quiet} from {} on, but the run ends at {run}", settle.from);
        notes.error(&path.field("quiet"), message, "let them go on earlier, or lengthen `duration`");
        return Some(Settle::at(Time::from_nanos(settle.from.nanos())));
    }
    Some(Settle { from: Time::from_nanos(settle.from.nanos()), core, quiet })
}

fn core(path: &Path<'_>, core: &shape::Core, cluster: &Cluster, notes: &mut Notes<'_>) -> Core {
    match core {
        shape::Core::All => Core::All,
        shape::Core::Random => Core::Random,
        shape::Core::Nodes(numbers) => {
            nodes(path, numbers, &Setting::of(cluster), notes).map_or(Core::All, Core::Nodes)
        }
    }
}

/// Notes an error if the core is less than a quorum of the voters, and these stay the same: then nothing is settled for it.
pub(super) fn quorum(path: &Path<'_>, plan: &Plan, notes: &mut Notes<'_>) {
    let Some(Settle { core: Core::Nodes(nodes), .. }) = plan.settle else { return };
    let members = plan.cluster.members();
    let actions = plan.faults.iter().map(|fault| &fault.action);
    let mut actions = actions.chain(plan.storms.iter().map(|storm| &storm.action));
    if !members.is_quorum(nodes) && !actions.any(crate::plan::Action::changes_members) {
        let needed = plan.cluster.voters / 2 + 1;
        let message =
            format!("{nodes} are no quorum: that takes {needed} of the {} voters", plan.cluster.voters);
        notes.error(path, message, "name more voters, or let the core be `Random`");
    }
}
