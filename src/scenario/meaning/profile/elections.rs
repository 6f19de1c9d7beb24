//! Whether leaders can be elected at all: in no run of a profile where none can, anything could be learned.

use crate::plan::Profile;
use crate::scenario::bounds::LONGEST;
use crate::scenario::notes::Notes;
use crate::scenario::path::Path;
use crate::time::Duration;

/// In so short a time a timeout can't be told from its heartbeat, since times are whole nanoseconds.
const SHORTEST_HEARTBEAT: Duration = Duration::from_nanos(10);

/// Notes an error if timeouts could be drawn that are no longer than their heartbeat, or if no draw elects a leader.
pub(super) fn possible(profile: &Profile, notes: &mut Notes<'_>) {
    let cluster = &profile.cluster;
    let field = Path::Root.field("cluster");
    let (heartbeat, timeout) = (field.field("heartbeat"), field.field("election_timeout"));
    if cluster.heartbeat.least < SHORTEST_HEARTBEAT {
        let message = "the heartbeat may be so short that no timeout can be told from it";
        return notes.error(&heartbeat, message, format!("begin with \"{SHORTEST_HEARTBEAT}\" or more"));
    }
    let longest = times(cluster.heartbeat.most, cluster.election_timeout_permille.least);
    if longest > LONGEST {
        let message = format!(
            "the shortest election timeout with a heartbeat of {} is over 30 days",
            cluster.heartbeat.most
        );
        return notes.error(&heartbeat, message, "end with a shorter heartbeat");
    }
    let soonest = times(cluster.heartbeat.least, cluster.election_timeout_permille.least);
    if soonest >= profile.duration {
        let message = format!(
            "no run could elect a leader: nobody campaigns before {soonest}, and runs end at {}",
            profile.duration
        );
        let written = if notes.is_written(&timeout) { &timeout } else { &heartbeat };
        return notes.error(written, message, "draw shorter timeouts, or lengthen `duration`");
    }
    let greatest = times(cluster.heartbeat.most, cluster.election_timeout_permille.most);
    let greatest = times(greatest, cluster.timeout_spread_permille.most).min(LONGEST);
    // A candidate that has no majority by its next timeout begins anew, and late votes are of no use to it.
    let latency = profile.network.latency.least;
    let fastest = latency.saturating_mul(2);
    let largest = cluster.voters.iter().map(|(voters, _)| *voters).max().unwrap_or(1);
    if largest > 1 && fastest >= greatest {
        let message = format!(
            "no {largest} nodes could elect a leader: votes take {fastest} at the least, and candidates give up after \
             {greatest} at the latest"
        );
        let path = Path::Root.field("network");
        let latency = path.field("latency");
        let written = if notes.is_written(&latency) { &latency } else { &timeout };
        let written = if notes.is_written(written) { written } else { &heartbeat };
        notes.error(written, message, "draw shorter latencies, or longer timeouts");
    }
}

/// A time as many times as long, in thousandths.
fn times(time: Duration, permille: u32) -> Duration {
    let product = u128::from(time.nanos()) * u128::from(permille) / 1000;
    Duration::from_nanos(u64::try_from(product).unwrap_or(u64::MAX))
}
