//! Random changes of the members: a machine joins, as a learner and then perhaps as a voter, one goes, one takes another's
//! place. What can't be made is refused at run time, and the run tells why; that is to be exercised, too.

use super::draw::{length, rounded};
use crate::ids::NodeId;
use crate::plan::{Action, Between, ChangeRanges, Cluster, End, Fault, Milestone, Shape, Start, Target};
use crate::replica::Changes;
use crate::rng::{Stream, below};
use crate::time::{Duration, Time};

/// How long after it was added a learner is promoted.
const LATER: Between<Duration> = Between { least: Duration::from_millis(1), most: Duration::from_secs(2) };

/// How long after an election a change is asked for.
const SOON: Between<Duration> =
    Between { least: Duration::from_micros(10), most: Duration::from_millis(200) };

/// How long after a change a cut comes: before or while it goes to the others.
const AT_ONCE: Between<Duration> =
    Between { least: Duration::from_nanos(1), most: Duration::from_millis(20) };

/// How long cuts last.
const CUTS: Between<Duration> = Between { least: Duration::from_millis(100), most: Duration::from_secs(3) };

/// The least that is left of a run for a change before all is over.
const SHORTEST: Duration = Duration::from_millis(1);

/// Draws machines beside the voters, how voters are changed, and when who comes and goes, from a stream of their own. In
/// the other runs nothing of it.
pub(super) fn draw(
    (ranges, sizes): (&ChangeRanges, &[(u32, u32)]),
    mut stream: Stream,
    until: Time,
    cluster: &mut Cluster,
) -> Vec<Fault> {
    let between = |word: u64, range: Between<u32>| {
        range.least + below(word, u64::from(range.most - range.least) + 1) as u32
    };
    let [likely, learners, spares, single, count, even] = std::array::from_fn(|_| stream.word());
    if !ranges.likely.hits(likely) {
        return Vec::new();
    }
    // Of an even number of voters half and half can differ, which is what single steps are about.
    if let Some((voters, _)) = sizes.iter().find(|(voters, _)| voters % 2 == 0 && *voters > 2)
        && even % 2 == 0
    {
        cluster.voters = *voters;
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
        Episode { words, cluster, until, faults: &mut faults }.happens();
    }
    faults
}

/// What happens at one time, or in short order. Each takes the same number of words.
struct Episode<'a> {
    words: [u64; 10],
    cluster: &'a Cluster,
    until: Time,
    faults: &'a mut Vec<Fault>,
}

impl Episode<'_> {
    fn happens(mut self) {
        let [_, _, kind, _, _, later, does_cut, cut, ..] = self.words;
        let (start, newcomer, goes) = (self.start(), self.newcomer(), self.goes());
        match below(kind, 12) {
            0..3 => {
                self.push(start, Action::AddLearner(Target::Node(newcomer)), LATER.most);
                let later = self.later(start, length(later, LATER));
                self.push(later, Action::Promote(Target::Node(newcomer)), LATER.most);
            }
            3 => self.push(start, Action::Promote(Target::Node(newcomer)), LATER.most),
            4..6 => self.push(start, Action::Remove(goes), LATER.most),
            6..8 => self.push(start, Action::Replace { old: goes, new: newcomer }, LATER.most),
            _ => return self.two_leaders(newcomer),
        }
        // In half of the cases only some hear of it: just enough for a majority, with the newcomer, or else any few.
        if does_cut % 2 == 0 {
            let at = self.later(start, length(cut, AT_ONCE));
            let some = if does_cut % 4 == 0 { self.half() } else { below(cut, 3) as u32 };
            self.cut_off_with(at, Some(newcomer), some, length(self.words[8], CUTS));
        }
    }

    /// Two leaders, one after the other, each change the members, and each is heard by one more only (as in the mistake of
    /// 2015).
    fn two_leaders(&mut self, newcomer: NodeId) {
        let [when, _, _, who, whom, later, _, cut, ..] = self.words;
        let election = 1 + below(when, 6);
        let first = Start::When { milestone: Milestone::Elected(election), after: length(later, SOON) };
        self.push(first, Action::Promote(Target::Node(newcomer)), LATER.most);
        let long = length(self.words[8], CUTS);
        self.cut_off_with(self.later(first, length(cut, AT_ONCE)), Some(newcomer), 0, long);
        let milestone = Milestone::Elected(election + 1);
        let after = Duration::from_nanos(below(who, 1_000_000));
        let second = Start::When { milestone, after };
        let followers = self.cluster.voters.saturating_sub(1).max(1);
        let first = 1 + below(whom, u64::from(followers)) as u32;
        self.push(second, Action::Remove(self.follower(first % followers + 1)), LATER.most);
        let some = (0..self.half().max(1)).map(|next| (first + next * 2 - 1) % followers + 1);
        let group = some.map(|number| self.follower(number)).collect();
        self.cut_off(second, group, long + length(self.words[9], CUTS));
    }

    /// So many followers make a majority, or all but one of it, with the leader and a newcomer.
    fn half(&self) -> u32 {
        (self.cluster.voters / 2).saturating_sub(1)
    }

    /// The leader, so many followers and perhaps another node are cut off from the rest.
    fn cut_off_with(&mut self, start: Start, other: Option<NodeId>, followers: u32, long: Duration) {
        if followers < self.cluster.voters {
            let followers = (1..=followers).map(Target::Follower);
            self.cut_off(start, followers.chain(other.map(Target::Node)).collect(), long);
        }
    }

    /// The leader and these are cut off from the rest.
    fn cut_off(&mut self, start: Start, with: Vec<Target>, long: Duration) {
        let group = [vec![Target::Leader], with].concat();
        if (group.len() as u32) < self.cluster.nodes() {
            let groups = vec![group, vec![Target::Rest]];
            self.push(start, Action::Partition(Shape::Groups(groups)), long);
        }
    }

    /// At any time, or soon after an election.
    fn start(&self) -> Start {
        let [when, soon, ..] = self.words;
        if soon % 2 == 0 {
            return Start::At(Time::from_nanos(rounded(below(when, self.until.nanos()))));
        }
        Start::When { milestone: Milestone::Elected(1 + below(when, 20)), after: length(soon, SOON) }
    }

    fn later(&self, start: Start, by: Duration) -> Start {
        match start {
            Start::At(at) => Start::At((at + by).min(self.until)),
            Start::When { milestone, after } => Start::When { milestone, after: after + by },
        }
    }

    /// Mostly one of those who are not voters at first.
    fn newcomer(&self) -> NodeId {
        let who = self.words[3];
        let beside = u64::from(self.cluster.nodes() - self.cluster.voters);
        if beside > 0 && !who.is_multiple_of(4) {
            NodeId(1 + self.cluster.voters + below(who, beside) as u32)
        } else {
            NodeId(1 + below(who, u64::from(self.cluster.nodes())) as u32)
        }
    }

    fn goes(&self) -> Target {
        let whom = self.words[4];
        match below(whom, 5) {
            0 => Target::Leader,
            1 => self.follower(1),
            // The last of them: not one of those who are cut off with the leader.
            2 | 3 => self.follower(self.cluster.voters.max(2) - 1),
            _ => {
                let nodes = u64::from(self.cluster.nodes());
                Target::Node(NodeId(1 + below(whom.rotate_left(32), nodes) as u32))
            }
        }
    }

    /// A single voter has no followers to begin with.
    fn follower(&self, number: u32) -> Target {
        if self.cluster.nodes() > number { Target::Follower(number) } else { Target::Leader }
    }

    fn push(&mut self, start: Start, action: Action, long: Duration) {
        // None lasts beyond the time at which all is over.
        let (start, left) = match start {
            Start::At(at) => {
                let latest = Time::from_nanos(self.until.nanos().saturating_sub(SHORTEST.nanos()));
                let at = at.min(latest);
                (Start::At(at), self.until.since(at))
            }
            start => (start, long),
        };
        let (spread, end) = (Duration::ZERO, End::For(long.min(left)));
        self.faults.push(Fault { id: None, start, spread, end, action });
    }
}
