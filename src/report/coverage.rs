//! What runs reached at all: the events, faults, refusals and changes of role that can happen, and which of them did.

use super::expectations::{Happening, Happenings, What};
use super::format::{count, counted, wrap};
use super::page::{FAINT, Grid, Page};
use crate::plan::Event;
use crate::replica::{Abort, ChangeStep, NoChange, NoTransfer, Role, TransferStep, VoteRefusal};
use crate::trace::{ActionKind, Body, Denial, Observer, Record, Rejection};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::LazyLock;

/// Something that a run may reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Point {
    /// An event that scenarios may expect.
    Event(Event),
    /// A fault that began.
    Fault(ActionKind),
    /// A change from one role to another.
    Turn(Role, Role),
    /// A vote that was refused.
    Vote(VoteRefusal),
    /// A frame that its receiver refused.
    Frame(Rejection),
    /// A frame whose sender had no right to what it asked for.
    Right(Denial),
    /// A transfer of leadership that was not begun.
    Transfer(NoTransfer),
    /// A change of the members that was not begun.
    Change(NoChange),
    /// A change of the members that was given up.
    Aborted(Abort),
}

/// The kinds of points, in the order of reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Group {
    /// Events that scenarios may expect.
    Events,
    /// Faults.
    Faults,
    /// Changes of role.
    Roles,
    /// Refusals, each with its reason.
    Refusals,
}

impl Group {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Events, Self::Faults, Self::Roles, Self::Refusals];

    /// Its name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Events => "events",
            Self::Faults => "faults",
            Self::Roles => "changes of role",
            Self::Refusals => "refusals",
        }
    }
}

/// The changes of role that the protocol knows (Raft paper, figure 4; thesis, section 9.6). A candidate whose time is over is
/// one again, of the next term.
const TURNS: [(Role, Role); 9] = [
    (Role::Follower, Role::PreCandidate),
    (Role::Follower, Role::Candidate),
    (Role::PreCandidate, Role::Follower),
    (Role::PreCandidate, Role::Candidate),
    (Role::Candidate, Role::Follower),
    (Role::Candidate, Role::PreCandidate),
    (Role::Candidate, Role::Candidate),
    (Role::Candidate, Role::Leader),
    (Role::Leader, Role::Follower),
];

const FAULTS: [ActionKind; 29] = [
    ActionKind::Partition,
    ActionKind::Clog,
    ActionKind::Crash,
    ActionKind::Wipe,
    ActionKind::Pause,
    ActionKind::Transfer,
    ActionKind::AddLearner,
    ActionKind::Promote,
    ActionKind::Remove,
    ActionKind::Replace,
    ActionKind::Deaf,
    ActionKind::Mute,
    ActionKind::DiskStall,
    ActionKind::DiskFull,
    ActionKind::LoseFlush,
    ActionKind::Rot,
    ActionKind::Skew,
    ActionKind::Drift,
    ActionKind::Step,
    ActionKind::Starve,
    ActionKind::Lose,
    ActionKind::Duplicate,
    ActionKind::Delay,
    ActionKind::Corrupt,
    ActionKind::Misdirect,
    ActionKind::Replay,
    ActionKind::Forge,
    ActionKind::Slow,
    ActionKind::Flood,
];

const VOTES: [VoteRefusal; 6] = [
    VoteRefusal::TermPast,
    VoteRefusal::Voted,
    VoteRefusal::LogBehind,
    VoteRefusal::Outranked,
    VoteRefusal::LeaderCurrent,
    VoteRefusal::Lease,
];

const REJECTIONS: [Rejection; 11] = [
    Rejection::Length,
    Rejection::Checksum,
    Rejection::Magic,
    Rejection::Cluster,
    Rejection::Address,
    Rejection::Undecodable,
    Rejection::Late,
    Rejection::Indexes,
    Rejection::Entries,
    Rejection::TermJump,
    Rejection::TooLong,
];

const TRANSFERS: [NoTransfer; 5] = [
    NoTransfer::NotLeader,
    NoTransfer::Down,
    NoTransfer::HandingOver,
    NoTransfer::Leads,
    NoTransfer::NoVoter,
];

const CHANGES: [NoChange; 12] = [
    NoChange::NotLeader,
    NoChange::Down,
    NoChange::AnotherOpen,
    NoChange::NoOwnCommit,
    NoChange::HandingOver,
    NoChange::Unknown,
    NoChange::IsMember,
    NoChange::NoMember,
    NoChange::NoLearner,
    NoChange::NoVoter,
    NoChange::NobodyLeft,
    NoChange::NoQuorum,
];

const ABORTS: [Abort; 4] = [Abort::TooSlow, Abort::Silent, Abort::Deposed, Abort::Overtaken];

impl Point {
    /// All of them, in order.
    pub fn all() -> BTreeSet<Self> {
        let events = Event::ALL.iter().copied().map(Self::Event);
        let faults = FAULTS.map(Self::Fault);
        let turns = TURNS.map(|(from, to)| Self::Turn(from, to));
        let frames = REJECTIONS.map(Self::Frame).into_iter().chain(Denial::ALL.map(Self::Right));
        let members = CHANGES.map(Self::Change).into_iter().chain(ABORTS.map(Self::Aborted));
        let refusals = VOTES.map(Self::Vote).into_iter().chain(frames);
        let refusals = refusals.chain(TRANSFERS.map(Self::Transfer)).chain(members);
        events.chain(faults).chain(turns).chain(refusals).collect()
    }

    /// What it is one of.
    pub const fn group(self) -> Group {
        match self {
            Self::Event(_) => Group::Events,
            Self::Fault(_) => Group::Faults,
            Self::Turn(..) => Group::Roles,
            Self::Vote(_)
            | Self::Frame(_)
            | Self::Right(_)
            | Self::Transfer(_)
            | Self::Change(_)
            | Self::Aborted(_) => Group::Refusals,
        }
    }
}

impl fmt::Display for Point {
    /// Its name, unlike any other's: `LeaderElected`, `Crash`, `Candidate to Leader`, `vote: LogBehind`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Event(event) => write!(f, "{event:?}"),
            Self::Fault(fault) => write!(f, "{fault:?}"),
            Self::Turn(from, to) => write!(f, "{from:?} to {to:?}"),
            Self::Vote(why) => write!(f, "vote: {why:?}"),
            Self::Frame(why) => write!(f, "frame: {why:?}"),
            Self::Right(why) => write!(f, "access: {why:?}"),
            Self::Transfer(why) => write!(f, "transfer: {why:?}"),
            Self::Change(why) => write!(f, "change: {why:?}"),
            Self::Aborted(why) => write!(f, "change given up: {why:?}"),
        }
    }
}

impl Serialize for Point {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Point {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        static NAMES: LazyLock<BTreeMap<String, Point>> =
            LazyLock::new(|| Point::all().into_iter().map(|point| (point.to_string(), point)).collect());
        let name = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        let known = NAMES.get(name.as_ref()).copied();
        known.ok_or_else(|| serde::de::Error::custom(format!("{name:?} is nothing that a run can reach")))
    }
}

/// Sees what a run reaches.
#[derive(Clone, Debug)]
pub struct Coverage {
    happenings: Happenings,
    found: Vec<Happening>,
    roles: Vec<Role>,
    reached: BTreeSet<Point>,
}

impl Coverage {
    /// Before the first record of so many nodes.
    pub fn new(nodes: u32) -> Self {
        Self {
            happenings: Happenings::new(nodes),
            found: Vec::new(),
            roles: vec![Role::Follower; nodes as usize],
            reached: BTreeSet::new(),
        }
    }

    /// What was reached.
    pub fn into_reached(self) -> BTreeSet<Point> {
        self.reached
    }

    /// What a node's change to this role is, if it is one.
    fn turn(&mut self, record: &Record, role: Role, of_later_term: bool) -> Option<Point> {
        let before = self.roles.get_mut(record.node.as_node()?.slot())?;
        let turn = (std::mem::replace(before, role), role);
        let is_one = turn.0 != turn.1 || of_later_term && role == Role::Candidate;
        is_one.then_some(Point::Turn(turn.0, turn.1))
    }

    /// What this record tells by itself.
    fn told(&mut self, record: &Record) -> Option<Point> {
        match record.body {
            Body::FaultStarted { action, .. } => Some(Point::Fault(action)),
            Body::RoleChanged { role, .. } => self.turn(record, role, true),
            Body::Booted { .. } => {
                // A role ends with its process; that is no change to another.
                let slot = record.node.as_node()?.slot();
                self.roles.get_mut(slot).map(|role| *role = Role::Follower)?;
                None
            }
            Body::VoteRefused { why, .. } => Some(Point::Vote(why)),
            Body::Rejected { why, .. } => Some(Point::Frame(why)),
            Body::Denied { why, .. } => Some(Point::Right(why)),
            Body::Transfer { step: TransferStep::Refused(why), .. } => Some(Point::Transfer(why)),
            Body::Change { step: ChangeStep::Refused(why), .. } => Some(Point::Change(why)),
            Body::Change { step: ChangeStep::Aborted(why), .. } => Some(Point::Aborted(why)),
            _ => None,
        }
    }
}

impl Observer for Coverage {
    fn observe(&mut self, record: &Record) {
        let told = self.told(record);
        self.reached.extend(told);
        if Happenings::concern(&record.body) {
            self.happenings.take(record, &mut self.found);
            for happening in self.found.drain(..) {
                if let What::Event(event) = happening.what {
                    self.reached.insert(Point::Event(event));
                }
            }
        }
    }
}

/// What a run reached, and what no run of its plan can.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reached {
    /// What it reached.
    pub points: BTreeSet<Point>,
    /// What can't be reached in it; nothing that it has reached.
    pub out_of_reach: BTreeSet<Point>,
}

impl Reached {
    /// These points, in a run in which those others can't be reached.
    pub fn new(points: BTreeSet<Point>, mut out_of_reach: BTreeSet<Point>) -> Self {
        out_of_reach.retain(|point| !points.contains(point));
        Self { points, out_of_reach }
    }

    /// What was never reached, though it could have been.
    pub fn never(&self) -> impl Iterator<Item = Point> {
        let known = |point: &Point| self.points.contains(point) || self.out_of_reach.contains(point);
        Point::all().into_iter().filter(move |point| !known(point))
    }
}

impl Page<'_> {
    /// Of each group how many points were reached, and which never.
    pub(crate) fn coverage(&mut self, reached: &Reached) {
        let mut all = Point::all();
        all.retain(|point| !reached.out_of_reach.contains(point));
        let out = reached.out_of_reach.len() as u64;
        let reached = &reached.points;
        let share =
            format!("{} of {} that can happen did", count(reached.len() as u64), count(all.len() as u64));
        self.heading("Coverage", &share);
        let mut grid = Grid { right: vec![1, 2], ..Grid::default() };
        grid.rows.push(["", "did", "of", "never"].map(Into::into).to_vec());
        let room = self.room() - 34;
        for group in Group::ALL {
            let of: Vec<Point> = all.iter().copied().filter(|point| point.group() == group).collect();
            let never: Vec<String> =
                of.iter().filter(|point| !reached.contains(point)).map(ToString::to_string).collect();
            let did = count((of.len() - never.len()) as u64);
            grid.rows.push(vec![
                group.name().into(),
                did,
                count(of.len() as u64),
                wrap(&never.join(", "), room),
            ]);
        }
        self.grid(&grid);
        if out > 0 {
            let what = format!(
                "left out: {} that no run of this plan can reach, for want of a fault, of clients or of a switch",
                counted(out, "point")
            );
            self.paragraph(&what, FAINT);
        }
    }
}
