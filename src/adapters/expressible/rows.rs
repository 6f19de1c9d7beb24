//! The rows of the table.

use super::Meaning::{Means, Not, Same};
use super::{Meaning, Place, Row};
use crate::plan::{Action, Logs, Plan};
use crate::replica::{Changes, ReadBy, Reads, Traffic};

const NO_SNAPSHOTS: Meaning =
    Not("its snapshots are made of the log alone, and not of the state machine's contents");
const NO_MEMBERS: Meaning = Not("its members change by ending the cluster and beginning another one");

const NEVER: fn(&Plan) -> Vec<Place> = |_| Vec::new();
const NOTHING: fn(&mut Plan) = |_| {};

/// A row about what is never too much to ask.
const fn always(switch: &'static str, means: [Meaning; 3]) -> Row {
    Row { switch, asked: NEVER, leave_out: NOTHING, means }
}

/// This place, if something is asked for there.
fn at(is_asked: bool, place: Place) -> Vec<Place> {
    if is_asked { vec![place] } else { Vec::new() }
}

/// The place of a field of the protocol's parameters, if it is asked for.
fn raft(is_asked: bool, field: &'static str) -> Vec<Place> {
    at(is_asked, Place::Raft(field))
}

/// The place of a field of the cluster, if it is asked for.
fn cluster(is_asked: bool, field: &'static str) -> Vec<Place> {
    at(is_asked, Place::Cluster(field))
}

/// Whether followers answer reads that an entry of the log does not stand for, by what their leader tells them.
fn reads_at_followers(plan: &Plan) -> bool {
    let reads = &plan.cluster.raft.reads;
    reads.at_followers && matches!(reads.by, ReadBy::Index | ReadBy::Lease)
}

/// The places of the faults and storms that do this.
fn does(plan: &Plan, is_it: fn(&Action) -> bool) -> Vec<Place> {
    let faults = plan.faults.iter().enumerate().filter(|(_, fault)| is_it(&fault.action));
    let storms = plan.storms.iter().enumerate().filter(|(_, storm)| is_it(&storm.action));
    faults.map(|(i, _)| Place::Fault(i)).chain(storms.map(|(i, _)| Place::Storm(i))).collect()
}

const fn is_transfer(action: &Action) -> bool {
    matches!(action, Action::Transfer(_))
}

/// Whether it withholds answers, or messages that only some implementations have.
const fn starves_of_more_than_requests(action: &Action) -> bool {
    use Traffic::{Answers, Handovers, PreVotes, Reads, Snapshots};
    matches!(action, Action::Starve { kind: Answers | Handovers | PreVotes | Reads | Snapshots, .. })
}

/// The table.
pub(super) const ROWS: &[Row] = &[
    Row {
        switch: "voters: 1",
        asked: |plan| cluster(plan.cluster.voters == 1, "voters"),
        leave_out: |plan| plan.cluster.voters = 2,
        means: [Means("a server that leads alone"), Same, Not("a cluster has at least two servers")],
    },
    Row {
        switch: "logs",
        asked: |plan| cluster(plan.cluster.logs != Logs::Same, "logs"),
        leave_out: |plan| plan.cluster.logs = Logs::Same,
        means: [
            Means("what the logs hold before time 0"),
            Same,
            Not("its entries bear ballots, and no ballot has such a term"),
        ],
    },
    always(
        "heartbeat",
        [
            Means("how often a leader without entries to send lets each follower hear from it"),
            Means(
                "a leader's heartbeat comes so often whether or not it sends entries; counted in ticks, of which a heartbeat has 10 to 1,000, of 1ms if that is possible",
            ),
            Means("a tick: so often what had no answer is sent again"),
        ],
    ),
    always(
        "election_timeout",
        [
            Means("drawn uniformly, to the nanosecond"),
            Means("drawn uniformly in whole ticks; a tick that has begun counts"),
            Means(
                "the least of it, in whole heartbeats, is a round: in each one every server asks all others who is there and whom they follow; who misses its leader, hears a majority and finds all that it hears missing theirs takes over",
            ),
        ],
    ),
    always(
        "max_batch_bytes",
        [
            Means("the most bytes of entries in one message"),
            Same,
            Means("no bound: a message brings all that its receiver lacks"),
        ],
    ),
    Row {
        switch: "snapshot_every",
        asked: |plan| raft(plan.cluster.raft.snapshot_every.is_some(), "snapshot_every"),
        leave_out: |plan| plan.cluster.raft.snapshot_every = None,
        means: [
            Means("after so many bytes of applied entries a snapshot is taken and the log cut"),
            Same,
            NO_SNAPSHOTS,
        ],
    },
    always(
        "snapshot_chunk",
        [
            Means(
                "the most bytes of a snapshot in one message; each chunk waits for the answer to the one before",
            ),
            Means(
                "the most bytes of a snapshot in one frame; all of them are sent at once, and again after a while if the follower does not answer",
            ),
            Means("there are no snapshots"),
        ],
    ),
    always(
        "pre_vote",
        [
            Means("a node asks first whether it would get votes; refused while a leader is current"),
            Means("refused while a leader is current only with `check_quorum`"),
            Means(
                "no matter: nobody takes over that does not hear a majority, or hears one that still has a leader",
            ),
        ],
    ),
    always(
        "check_quorum",
        [
            Means("a leader steps down that has heard from no majority for the least election timeout"),
            Means("looked at once in each least election timeout; nodes are sticky as well"),
            Means(
                "no matter: a leader that hears no majority lets others take over, and leads until it hears of that",
            ),
        ],
    ),
    Row {
        switch: "sticky: true",
        asked: |_| Vec::new(),
        leave_out: NOTHING,
        means: [
            Means(
                "who has heard from a leader within the least election timeout ignores requests for its vote",
            ),
            Means("comes with `check_quorum`"),
            Means("no matter: see `pre_vote`"),
        ],
    },
    Row {
        switch: "sticky: true, check_quorum: false",
        asked: |plan| {
            let raft = &plan.cluster.raft;
            self::raft(raft.sticky && !raft.check_quorum, "sticky")
        },
        leave_out: |plan| plan.cluster.raft.check_quorum = true,
        means: [
            Means("sticky nodes whose leaders may keep leading without a quorum"),
            Not("nodes are sticky exactly if leaders check their quorum"),
            Means("no matter"),
        ],
    },
    Row {
        switch: "eager_votes: true",
        asked: |plan| raft(plan.cluster.raft.eager_votes, "eager_votes"),
        leave_out: |plan| plan.cluster.raft.eager_votes = false,
        means: [
            Means("a candidate asks for votes while its own is still being written"),
            Not("a candidate's requests wait until its own vote is durable"),
            Not("a candidate asks when its own promise is durable"),
        ],
    },
    always(
        "announce_commits",
        [
            Means(
                "whether a leader tells its followers at once of what it has committed, or with its next entries or heartbeat",
            ),
            Means("always at once"),
            Means("always at once"),
        ],
    ),
    Row {
        switch: "max_inflight",
        asked: |plan| raft(plan.cluster.raft.flow.max_inflight.is_some(), "max_inflight"),
        leave_out: |plan| plan.cluster.raft.flow.max_inflight = None,
        means: [
            Means("the most appends to a follower without an answer"),
            Means("the same; 256 where a scenario says nothing, as with the crate"),
            Not("accepts are sent as they come"),
        ],
    },
    Row {
        switch: "max_inflight_bytes",
        asked: |plan| raft(plan.cluster.raft.flow.max_inflight_bytes.is_some(), "max_inflight_bytes"),
        leave_out: |plan| plan.cluster.raft.flow.max_inflight_bytes = None,
        means: [
            Means("so many bytes of entries in them are enough"),
            Not("appends in flight are counted, not their bytes"),
            Not("accepts are sent as they come"),
        ],
    },
    always(
        "max_uncommitted_bytes",
        [
            Means(
                "the most bytes of commands that a leader has taken and not committed yet; beyond, it is busy",
            ),
            Same,
            Same,
        ],
    ),
    Row {
        switch: "max_early_bytes",
        asked: |plan| raft(plan.cluster.raft.flow.max_early_bytes.is_some(), "max_early_bytes"),
        leave_out: |plan| plan.cluster.raft.flow.max_early_bytes = None,
        means: [
            Means("the most bytes of entries that a follower keeps although it lacks what comes before them"),
            Not("a follower keeps no entries that come early"),
            Not("its links keep the order"),
        ],
    },
    Row {
        switch: "rpc.breaker",
        asked: |plan| at(plan.cluster.breaker.is_some(), Place::Rpc("breaker")),
        leave_out: |plan| plan.cluster.breaker = None,
        means: [
            Means("a peer that does not answer is sent heartbeats alone for a while"),
            Same,
            Not("what a breaker keeps back is a gap in a session, which ends with it"),
        ],
    },
    always("read: Log", [Means("reads are entries of the log"), Same, Same]),
    Row {
        switch: "read: Index",
        asked: |plan| raft(plan.cluster.raft.reads.by == ReadBy::Index, "read"),
        leave_out: |plan| plan.cluster.raft.reads.by = ReadBy::Log,
        means: [
            Means(
                "the leader makes sure, after the read has come, that it still leads; reads that come together share a round",
            ),
            Means(
                "each read brings a round of heartbeats; a leader that has committed nothing in its term yet is busy",
            ),
            Not("it has no reads but through the log"),
        ],
    },
    Row {
        switch: "read: Lease",
        asked: |plan| raft(plan.cluster.raft.reads.by == ReadBy::Lease, "read"),
        leave_out: |plan| plan.cluster.raft.reads.by = ReadBy::Log,
        means: [
            Means(
                "a round of contact is good for the least election timeout, less what clocks may drift; nodes that restart keep what they may have promised",
            ),
            Means("a leader answers as long as it leads, which it does until `check_quorum` notices"),
            Not("it has no leases"),
        ],
    },
    Row {
        switch: "read: Lease, max_drift",
        asked: |plan| {
            let Reads { by, max_drift_ppm, .. } = plan.cluster.raft.reads;
            raft(by == ReadBy::Lease && max_drift_ppm > 0, "max_drift")
        },
        leave_out: |plan| plan.cluster.raft.reads.max_drift_ppm = 0,
        means: [
            Means("leases are shorter by what clocks may differ"),
            Not("leases are not shortened by what clocks may differ"),
            Not("it has no leases"),
        ],
    },
    always("read: Local", [Means("whoever is asked answers at once"), Same, Same]),
    Row {
        switch: "follower_reads",
        asked: |plan| raft(reads_at_followers(plan), "follower_reads"),
        leave_out: |plan| plan.cluster.raft.reads.at_followers = false,
        means: [
            Means("followers ask their leader how far they have to be, several reads at once"),
            Means("each read that a follower takes is passed on to its leader by itself"),
            Not("followers have nobody to ask how far they have to be"),
        ],
    },
    Row {
        switch: "priorities",
        asked: |plan| cluster(!plan.cluster.priorities.is_empty(), "priorities"),
        leave_out: |plan| plan.cluster.priorities.clear(),
        means: [
            Means("of two nodes with equal logs one of a higher priority does not vote for the other"),
            Same,
            Not("a priority would be part of its ballots, and decide only between two of the same number"),
        ],
    },
    Row {
        switch: "learners",
        asked: |plan| cluster(plan.cluster.learners > 0, "learners"),
        leave_out: |plan| {
            // They stay as machines that are no members, for faults that name them.
            plan.cluster.spares += std::mem::take(&mut plan.cluster.learners);
        },
        means: [
            Means("members that get the log and have no say"),
            Same,
            Not("whoever is a member has a say"),
        ],
    },
    Row {
        switch: "Transfer",
        asked: |plan| does(plan, is_transfer),
        leave_out: |plan| leave_out_actions(plan, is_transfer),
        means: [
            Means("the leader brings its successor up to date and asks it to campaign"),
            Means("the same; given up at the next look at the quorum that finds it still leading"),
            Not("leadership is not handed over"),
        ],
    },
    Row {
        switch: "Starve of Answers, Handovers, PreVotes, Reads, Snapshots",
        asked: |plan| does(plan, starves_of_more_than_requests),
        leave_out: |plan| leave_out_actions(plan, starves_of_more_than_requests),
        means: [
            Means("messages of that kind do not arrive"),
            Same,
            Not("its answers are for every role, and the others it has not"),
        ],
    },
    Row {
        switch: "AddLearner, Promote, Remove, Replace",
        asked: |plan| does(plan, Action::changes_members),
        leave_out: |plan| leave_out_actions(plan, Action::changes_members),
        means: [
            Means("changes count from the moment at which their entries are in a log"),
            Not(
                "its changes count when they are applied, which rests on a commit index that outlives crashes; disks here keep none",
            ),
            NO_MEMBERS,
        ],
    },
    Row {
        switch: "membership: Single",
        asked: |plan| raft(plan.cluster.raft.changes == Changes::Single, "membership"),
        leave_out: |plan| plan.cluster.raft.changes = Changes::Joint,
        means: [Means("a voter is replaced in two steps"), Not("members can't be changed"), NO_MEMBERS],
    },
    Row {
        switch: "bug",
        asked: |plan| cluster(plan.cluster.raft.bug.is_some(), "bug"),
        leave_out: |plan| plan.cluster.raft.bug = None,
        means: [
            Means("a known mistake, planted"),
            Not("bugs are planted in Squall's own only"),
            Not("bugs are planted in Squall's own only"),
        ],
    },
];

/// Takes faults and storms out that do this.
fn leave_out_actions(plan: &mut Plan, is_it: fn(&Action) -> bool) {
    plan.faults.retain(|fault| !is_it(&fault.action));
    plan.storms.retain(|storm| !is_it(&storm.action));
}
