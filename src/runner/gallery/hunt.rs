//! How soon random runs find a bug.

use super::report;
use crate::fuzz::{Failure, Signature, draw};
use crate::plan::Profile;
use crate::replica::Bug;
use crate::time::Duration;

/// What a hunt came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The seed of its first run.
    pub start: u64,
    /// How many seeds it took, the one that failed among them; all that there were if none did.
    pub seeds: u64,
    /// The virtual time of these runs, of the last one up to its failure.
    pub simulated: Duration,
    /// How the last run failed; none if the bug survived.
    pub by: Option<Signature>,
}

/// Makes runs of a profile in which this bug is planted, one seed after the other from `start` on, until one fails, and at
/// most `within`.
pub fn hunt(profile: &Profile, bug: Bug, start: u64, within: u64) -> Found {
    let mut simulated = Duration::ZERO;
    for number in 0..within {
        let mut plan = draw(profile, start + number);
        plan.cluster.raft.bug = Some(bug);
        let report = report(&plan);
        if let Some(Failure { signature, at, .. }) = Failure::of(&report) {
            let simulated = simulated.saturating_add(Duration::from_nanos(at.nanos()));
            return Found { start, seeds: number + 1, simulated, by: Some(signature) };
        }
        simulated = simulated.saturating_add(report.simulated);
    }
    Found { start, seeds: within, simulated, by: None }
}
