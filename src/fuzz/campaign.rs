//! Many random runs: what was drawn, what was found, and what that shows.

use super::covered::Covered;
use super::restraint::USUAL;
use super::signature::{Failure, Signature};
use crate::plan::{Action, Arrival, Core, Expectation, Integrity, Logs, Plan};
use crate::replica::ReadBy;
use crate::report::batch::{Figures, Total};
use crate::report::{Point, Report, RunVerdict};
use crate::rng::Rate;
use crate::time::{Duration, Time};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// Something that was drawn for a run, or that the run owes since its parameters allow it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
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

/// What is kept of a random run. Of one that did not fail that is little, so that millions fit into memory.
#[derive(Clone, Debug)]
pub struct Sample {
    /// Its figures.
    pub figures: Figures,
    drawn: Vec<Drawn>,
    simulated: Duration,
    elections: u64,
    faults: u64,
    reached: BTreeSet<Point>,
    /// How it failed, and the report.
    failed: Option<(Failure, Box<Report>)>,
}

impl Sample {
    /// What is kept of the run of this plan, of which this is the report.
    pub fn of(plan: &Plan, report: Report) -> Self {
        Self {
            figures: Figures::of(&report),
            drawn: Drawn::of(plan),
            simulated: report.simulated,
            elections: report.counters.elections,
            faults: report.faults.iter().filter(|fault| fault.from_ns.is_some()).count() as u64,
            reached: BTreeSet::new(),
            failed: Failure::of(&report).map(|failure| (failure, Box::new(report))),
        }
    }

    /// That the run reached this.
    pub fn reaching(self, reached: BTreeSet<Point>) -> Self {
        Self { reached, ..self }
    }
}

/// The runs that failed in one way.
#[derive(Clone, Debug)]
pub struct Group {
    /// How many.
    pub count: u64,
    /// The first seed.
    pub first: u64,
    /// The seed of the smallest.
    pub seed: u64,
    /// How many faults happened in the smallest: the fewest.
    pub faults: u64,
    /// When that failed; of those with the fewest faults the soonest.
    pub at: Time,
    /// The smallest one's report.
    pub report: Box<Report>,
}

/// A scenario that random runs have found before, run again.
#[derive(Clone, Debug)]
pub struct Regression {
    /// Its file.
    pub file: String,
    /// Its figures.
    pub figures: Figures,
    /// How it failed, if it did.
    pub failure: Option<Failure>,
    /// Whether it passes, but with another digest than the one it was found with: the run is no longer the one that
    /// failed, so that it passes says little.
    pub stale: bool,
}

impl Regression {
    /// The run of this plan, of which this is the report.
    pub fn of(file: String, plan: &Plan, report: &Report) -> Self {
        let failure = Failure::of(report);
        let other = plan.found.as_ref().is_some_and(|found| found.digest != report.digest.value());
        Self { file, figures: Figures::of(report), stale: other && !report.failed(), failure }
    }
}

/// What many random runs came to.
#[derive(Clone, Debug)]
pub struct Campaign {
    /// The profile's name.
    pub profile: String,
    /// The command that makes runs of it, without their seeds.
    pub command: String,
    /// The first seed.
    pub first: u64,
    /// How the runs ended.
    pub total: Total,
    /// How often what was drawn.
    pub drawn: BTreeMap<Drawn, u64>,
    /// The runs that failed, by how.
    pub groups: BTreeMap<Signature, Group>,
    /// What became of scenarios that were found before.
    pub regressions: Vec<Regression>,
    /// What the runs reached; none if nobody looks.
    pub covered: Option<Covered>,
    pub(super) verdicts: BTreeMap<RunVerdict, u64>,
    pub(super) simulated: Duration,
    pub(super) faults: u64,
    pub(super) elections: u64,
}

impl Campaign {
    /// No run yet of this profile, of those with seeds from `first` on, made by this command.
    pub fn new(profile: &str, command: String, first: u64) -> Self {
        Self {
            profile: profile.to_owned(),
            command,
            first,
            total: Total::default(),
            drawn: BTreeMap::new(),
            groups: BTreeMap::new(),
            regressions: Vec::new(),
            covered: None,
            verdicts: BTreeMap::new(),
            simulated: Duration::ZERO,
            faults: 0,
            elections: 0,
        }
    }

    /// Adds the next run.
    pub fn add(&mut self, sample: Sample) {
        let Sample { figures, drawn, simulated, elections, faults, reached, failed } = sample;
        self.total.add(&figures);
        *self.verdicts.entry(figures.verdict).or_default() += 1;
        for drawn in drawn {
            *self.drawn.entry(drawn).or_default() += 1;
        }
        self.simulated = self.simulated.saturating_add(simulated);
        self.faults += faults;
        self.elections += elections;
        if let Some(covered) = &mut self.covered {
            covered.add(figures.seed, &reached);
        }
        let Some((Failure { signature, at }, report)) = failed else { return };
        let seed = figures.seed;
        let fresh = |report| Group { count: 0, first: seed, seed, faults, at, report };
        match self.groups.get_mut(&signature) {
            None => {
                self.groups.insert(signature, Group { count: 1, ..fresh(report) });
            }
            Some(group) => {
                group.count += 1;
                if (faults, at) < (group.faults, group.at) {
                    let (count, first) = (group.count, group.first);
                    *group = Group { count, first, ..fresh(report) };
                }
            }
        }
    }

    /// The gravest verdict of all, the regressions among them.
    pub fn verdict(&self) -> RunVerdict {
        let regressions = self.regressions.iter().map(|regression| regression.figures.verdict);
        regressions.fold(self.total.verdict, RunVerdict::max)
    }

    /// The seeds of the runs so far.
    pub fn seeds(&self) -> Range<u64> {
        self.first..self.first + self.total.runs
    }

    /// The command that makes this run again.
    pub fn replay(&self, seed: u64) -> String {
        format!("{} --seeds {seed}..{}", self.command, seed + 1)
    }
}

impl Group {
    /// A name for files about the group: of letters, digits and dashes.
    pub fn slug(signature: &Signature) -> String {
        Self::slug_of(&signature.to_string())
    }

    /// A text as a part of a file's name: letters, digits and dashes.
    pub fn slug_of(text: &str) -> String {
        const LONGEST: usize = 48;
        let mut slug = String::new();
        for c in text.chars().flat_map(char::to_lowercase) {
            match c {
                'a'..='z' | '0'..='9' => slug.push(c),
                _ if slug.is_empty() || slug.ends_with('-') => {}
                _ => slug.push('-'),
            }
        }
        slug.truncate(LONGEST);
        slug.trim_end_matches('-').to_owned()
    }
}
