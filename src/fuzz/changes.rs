//! Random changes of the members: a machine joins, as a learner and then perhaps as a voter, one goes, one takes another's
//! place. What can't be made is refused at run time, and the run tells why; that is to be exercised, too.

use super::draw::{length, rounded};
use crate::ids::NodeId;
use crate::plan::{Action, Between, ChangeRanges, Cluster, End, Fault, Start, Target};
use crate::replica::Changes;
use crate::rng::{Stream, below};
use crate::time::{Duration, Time};

/// How long after it was added a learner is promoted.
const LATER: Between<Duration> = Between { least: Duration::from_millis(1), most: Duration::from_secs(2) };

/// Draws machines beside the voters, how voters are changed, and when who comes and goes, from a stream of their own. In
/// the other runs nothing of it.
pub(super) fn draw(
    ranges: &ChangeRanges,
    mut stream: Stream,
    until: Time,
    cluster: &mut Cluster,
) -> Vec<Fault> {
    let between = |word: u64, range: Between<u32>| {
        range.least + below(word, u64::from(range.most - range.least) + 1) as u32
    };
    let [likely, learners, spares, single, count] = std::array::from_fn(|_| stream.word());
    if !ranges.likely.hits(likely) {
        return Vec::new();
    }
    cluster.learners = between(learners, ranges.learners);
    cluster.spares = between(spares, ranges.spares);
    cluster.raft.changes = if single % 2 == 0 { Changes::Single } else { Changes::Joint };
    if !cluster.priorities.is_empty() {
        cluster.priorities.resize(cluster.nodes() as usize, 0);
    }
    let mut faults = Vec::new();
    for _ in 0..between(count, ranges.count) {
        let words = std::array::from_fn(|_| stream.word());
        episode(words, until, cluster, &mut faults);
    }
    faults
}

/// What happens at one time, or in short order.
fn episode(
    [when, kind, who, whom, later]: [u64; 5],
    until: Time,
    cluster: &Cluster,
    faults: &mut Vec<Fault>,
) {
    let at = Time::from_nanos(rounded(below(when, until.nanos())));
    let mut push = |at, action| {
        let (spread, end) = (Duration::ZERO, End::For(Duration::from_secs(1)));
        faults.push(Fault { id: None, start: Start::At(at), spread, end, action });
    };
    let any = NodeId(1 + below(who, u64::from(cluster.nodes())) as u32);
    let beside = u64::from(cluster.nodes() - cluster.voters);
    // Mostly one of those who are not voters at first.
    let newcomer =
        if beside > 0 && who % 4 > 0 { NodeId(1 + cluster.voters + below(who, beside) as u32) } else { any };
    let goes = match below(whom, 4) {
        0 => Target::Leader,
        1 => Target::Follower(1),
        _ => Target::Node(NodeId(1 + below(whom.rotate_left(32), u64::from(cluster.nodes())) as u32)),
    };
    match below(kind, 8) {
        0..3 => {
            push(at, Action::AddLearner(Target::Node(newcomer)));
            push((at + length(later, LATER)).min(until), Action::Promote(Target::Node(newcomer)));
        }
        3 => push(at, Action::Promote(Target::Node(newcomer))),
        4..6 => push(at, Action::Remove(goes)),
        _ => push(at, Action::Replace { old: goes, new: newcomer }),
    }
}
