//! What is drawn for a random run, and what it owes: what a campaign counts.

use super::restraint::USUAL;
use crate::plan::{Action, Arrival, Core, Expectation, Integrity, Logs, Plan};
use crate::replica::ReadBy;
use crate::rng::Rate;
use serde::{Deserialize, Serialize};

/// Something that was drawn for a run, or that the run owes since its parameters allow it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Drawn {
    /// Machines that lose power.
    Crashes,
    /// Machines that lose power and their disk.
    Wipes,
    /// Processes that stop.
    Pauses,
    /// Nodes that receive nothing, or whose frames all get lost.
    DeafOrMute,
    /// Disks that finish no flush for a while.
    Stalls,
    /// Disks that take nothing more for a while.
    FullDisks,
    /// Disks that lie about flushes.
    LostFlushes,
    /// Disks of which a bit turns over.
    Rot,
    /// Clocks on the wall that are put ahead or back.
    WallClock,
    /// Crashes that leave torn writes.
    TornTails,
    /// Leaders are asked to hand over.
    Transfers,
    /// Changes of the members.
    Changes,
    /// Hosts that are slow.
    Slowness,
    /// Requests without end.
    Floods,
    /// Links that are cut.
    Partitions,
    /// Links that hold their frames.
    Clogs,
    /// Links that come and go.
    Flaps,
    /// Nodes that get nothing of one kind of traffic.
    Starved,
    /// Links that lose, duplicate, delay, misdirect or replay frames for a while.
    FrameFaults,
    /// Frames that are changed on their way.
    Corruption,
    /// Frames of a stranger.
    Forgeries,
    /// Frames that get lost.
    Loss,
    /// Frames that arrive twice.
    Duplicates,
    /// No fault of any kind.
    Calm,
    /// Logs of different lengths to begin with.
    ShuffledLogs,
    /// Snapshots, and logs that are cut.
    Snapshots,
    /// Frames that only who knows a secret can lay out.
    Keyed,
    /// Frames without a checksum.
    Unchecked,
    /// Reads that take no entry of the log.
    Reads,
    /// Reads by lease.
    Leases,
    /// Frames that cost their receivers something.
    Costs,
    /// Clocks that drift.
    Drift,
    /// Circuit breakers, of leaders or of clients.
    Breakers,
    /// Clients that wait, and ask again, by other rules than the usual ones.
    Restraint,
    /// Clients that don't wait.
    OpenLoop,
    /// Clients that wait for their answers.
    ClosedLoop,
    /// No clients.
    Idle,
    /// The run owes a leader once it has settled.
    OwesLeader,
    /// It owes progress.
    OwesProgress,
    /// It owes service.
    OwesService,
    /// It settles for a random core only.
    Core,
    /// It owes a core that does all that a cluster without faults does.
    OwesSettled,
}

impl Drawn {
    /// All that was drawn for this plan, in order.
    pub fn of(plan: &Plan) -> Vec<Self> {
        let faults = plan.faults.iter().map(|fault| &fault.action);
        let actions = faults.chain(plan.storms.iter().map(|storm| &storm.action));
        let mut drawn: Vec<Self> = actions.map(Self::by).collect();
        let link = &plan.network.default;
        drawn.extend((link.loss != Rate::ZERO).then_some(Self::Loss));
        drawn.extend((link.duplicate != Rate::ZERO).then_some(Self::Duplicates));
        drawn.extend((plan.cluster.torn != Rate::ZERO).then_some(Self::TornTails));
        drawn.extend(drawn.is_empty().then_some(Self::Calm));
        drawn.extend((plan.cluster.logs != Logs::Same).then_some(Self::ShuffledLogs));
        drawn.extend(plan.cluster.raft.snapshot_every.map(|_| Self::Snapshots));
        drawn.extend(match plan.cluster.integrity {
            Integrity::Crc32c => None,
            Integrity::Keyed { .. } => Some(Self::Keyed),
            Integrity::Unchecked => Some(Self::Unchecked),
        });
        let reads = plan.clients.is_some().then_some(plan.cluster.raft.reads.by);
        drawn.extend(reads.filter(|by| *by != ReadBy::Log).map(|_| Self::Reads));
        drawn.extend(reads.filter(|by| *by == ReadBy::Lease).map(|_| Self::Leases));
        drawn.extend(plan.cluster.cpu.costs().then_some(Self::Costs));
        drawn.extend((!plan.cluster.drifts_ppm.is_empty()).then_some(Self::Drift));
        let clients = plan.clients.as_ref();
        let breakers = plan.cluster.breaker.or_else(|| clients.and_then(|clients| clients.breaker));
        drawn.extend(breakers.map(|_| Self::Breakers));
        let restrained = clients.is_some_and(|clients| clients.backoff != USUAL);
        drawn.extend(restrained.then_some(Self::Restraint));
        drawn.extend(plan.settle.filter(|settle| settle.core != Core::All).map(|_| Self::Core));
        drawn.push(match plan.clients.as_ref().map(|clients| &clients.arrival) {
            Some(Arrival::OpenLoop { .. }) => Self::OpenLoop,
            Some(Arrival::ClosedLoop { .. }) => Self::ClosedLoop,
            None => Self::Idle,
        });
        drawn.extend(plan.expectations.iter().filter_map(|expectation| match expectation {
            Expectation::LeaderWithin { .. } => Some(Self::OwesLeader),
            Expectation::Progress { .. } => Some(Self::OwesProgress),
            Expectation::Returns { .. } => Some(Self::OwesService),
            Expectation::Settled { .. } => Some(Self::OwesSettled),
            _ => None,
        }));
        drawn.sort_unstable();
        drawn.dedup();
        drawn
    }

    const fn by(action: &Action) -> Self {
        match action {
            Action::Crash(_) => Self::Crashes,
            Action::Wipe(_) => Self::Wipes,
            Action::Deaf(_) | Action::Mute(_) => Self::DeafOrMute,
            Action::DiskStall(_) => Self::Stalls,
            Action::DiskFull(_) => Self::FullDisks,
            Action::LoseFlush(_) => Self::LostFlushes,
            Action::Rot(_) => Self::Rot,
            Action::Drift { .. } => Self::Drift,
            Action::Starve { .. } => Self::Starved,
            Action::Skew { .. } | Action::Step { .. } => Self::WallClock,
            Action::Pause(_) => Self::Pauses,
            Action::Slow { .. } => Self::Slowness,
            Action::Flood { .. } => Self::Floods,
            Action::Transfer(_) => Self::Transfers,
            Action::AddLearner(_) | Action::Promote(_) | Action::Remove(_) | Action::Replace { .. } => {
                Self::Changes
            }
            Action::Partition(_) => Self::Partitions,
            Action::Clog(_) => Self::Clogs,
            Action::Flap { .. } => Self::Flaps,
            Action::Lose { .. }
            | Action::Duplicate { .. }
            | Action::Delay { .. }
            | Action::Misdirect { .. }
            | Action::Replay { .. } => Self::FrameFaults,
            Action::Corrupt { .. } => Self::Corruption,
            Action::Forge { .. } => Self::Forgeries,
        }
    }

    /// Its name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Crashes => "crashes",
            Self::Wipes => "wipes",
            Self::Pauses => "pauses",
            Self::DeafOrMute => "deaf or mute nodes",
            Self::Stalls => "stalled disks",
            Self::FullDisks => "full disks",
            Self::LostFlushes => "lost flushes",
            Self::Rot => "rot",
            Self::WallClock => "wrong clocks",
            Self::TornTails => "torn writes",
            Self::Slowness => "slow hosts",
            Self::Floods => "floods",
            Self::Costs => "costs per frame",
            Self::Transfers => "transfers",
            Self::Changes => "membership changes",
            Self::Partitions => "partitions",
            Self::Clogs => "clogs",
            Self::Flaps => "flaps",
            Self::FrameFaults => "frame faults",
            Self::Corruption => "corruption",
            Self::Forgeries => "forgeries",
            Self::Keyed => "keyed frames",
            Self::Unchecked => "unchecked frames",
            Self::Loss => "loss",
            Self::Duplicates => "duplicates",
            Self::Calm => "no fault",
            Self::ShuffledLogs => "shuffled logs",
            Self::Snapshots => "snapshots",
            Self::Reads => "reads",
            Self::Leases => "leases",
            Self::Drift => "drift",
            Self::Starved => "starved nodes",
            Self::Breakers => "breakers",
            Self::Restraint => "restraint",
            Self::OpenLoop => "open loop",
            Self::ClosedLoop => "closed loop",
            Self::Idle => "no clients",
            Self::OwesLeader => "leader owed",
            Self::OwesProgress => "progress owed",
            Self::OwesService => "service owed",
            Self::Core => "settled for a core",
            Self::OwesSettled => "settled core owed",
        }
    }
}
