//! What records tell that an expectation may count.

use crate::ids::{Address, Epoch, Index, OperationId, RecordId, Term};
use crate::plan::Event;
use crate::replica::{ChangeStep, ReadRight, Refusal, Role, TransferStep};
use crate::time::Time;
use crate::trace::{Body, BreakerState, Forgone, Loss, MembersPart, Outcome, Record, Rejection, StopReason};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// Something that an expectation may count.
#[derive(Clone, Copy, Debug)]
pub(in crate::report) struct Happening {
    /// When: the record's time; of an operation that ended, when it had begun.
    pub(super) time: Time,
    /// The record that tells it.
    pub(super) record: RecordId,
    /// To whom.
    pub(super) node: Address,
    /// What.
    pub(in crate::report) what: What,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::report) enum What {
    /// One of the events that scenarios name.
    Event(Event),
    /// A node is in a higher term than any before.
    Term(Term),
    /// The cluster is asked for something.
    Asked,
    /// An entry that was accepted as a request is known to be committed, by the first node to know it.
    Committed(Index),
    /// A client's operation ended.
    Ended(OperationId, Ending),
}

/// How an operation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::report) enum Ending {
    Done,
    Refused,
    Unknown,
}

/// Finds them; knows what it takes to tell which record is one.
#[derive(Clone, Debug)]
pub(in crate::report) struct Happenings {
    nodes: Vec<Standing>,
    highest: Term,
    /// Entries that were accepted as requests, above the last one committed.
    accepted: BTreeSet<(Index, Term)>,
    committed: Index,
    /// When the operations that go on began.
    open: BTreeMap<OperationId, Time>,
}

#[derive(Clone, Copy, Debug)]
struct Standing {
    role: Role,
    term: Term,
    /// The last term that it led.
    led: Option<Term>,
    /// Whether its disk was found beyond recovery, and it has not started since. To be started again in vain is nothing new.
    is_lost: bool,
}

impl Happenings {
    /// Before the first record of so many nodes.
    pub(in crate::report) fn new(voters: u32) -> Self {
        let standing = Standing { role: Role::Follower, term: Term::ZERO, led: None, is_lost: false };
        Self {
            nodes: vec![standing; voters as usize],
            highest: Term::ZERO,
            accepted: BTreeSet::new(),
            committed: Index::ZERO,
            open: BTreeMap::new(),
        }
    }

    /// Whether records of this kind tell of happenings, or of the moments that these are held against. The most common
    /// kinds don't; where a record is made, its kind is known and nothing is left of this.
    #[inline(always)]
    #[expect(clippy::too_many_lines, reason = "one flat match over all bodies")]
    pub(in crate::report) fn concern(body: &Body) -> bool {
        match body {
            Body::Proposed { .. }
            | Body::Invoked { .. }
            | Body::Returned { .. }
            | Body::CallFailed { .. }
            | Body::FaultStarted { .. }
            | Body::FaultEnded { .. }
            | Body::FaultSkipped { .. }
            | Body::Crashed
            | Body::TailCut { .. }
            | Body::Booted { .. }
            | Body::Stopped { .. }
            | Body::Lost { .. }
            | Body::Duplicated { .. }
            | Body::Rejected { .. }
            | Body::Denied { .. }
            | Body::Shed { .. }
            | Body::Breaker { .. }
            | Body::Forgone { .. }
            | Body::Corrupted { .. }
            | Body::Misdirected { .. }
            | Body::Replayed { .. }
            | Body::Delayed { .. }
            | Body::Forged { .. }
            | Body::Believed { .. }
            | Body::Truncated { .. }
            | Body::SnapshotTaken { .. }
            | Body::Restored { .. }
            | Body::Accepted { .. }
            | Body::Refused { .. }
            | Body::Committed { .. }
            | Body::Transfer { .. }
            | Body::Membership { .. }
            | Body::Change { .. }
            | Body::TurnedAway { .. }
            | Body::SessionOpened { .. }
            | Body::Repeated { .. }
            | Body::ReadRound { .. }
            | Body::Served { .. }
            | Body::RoleChanged { .. } => true,
            Body::Woke
            | Body::Delivered { .. }
            | Body::Waited { .. }
            | Body::Flushed { .. }
            | Body::Settled
            | Body::SettledFor { .. }
            | Body::Beset { .. }
            | Body::Cut { .. }
            | Body::HitAlready { .. }
            | Body::Healed { .. }
            | Body::Clogged { .. }
            | Body::Unclogged { .. }
            | Body::Afflicted { .. }
            | Body::Relieved { .. }
            | Body::Wiped
            | Body::Panicked { .. }
            | Body::Rotted { .. }
            | Body::ClockRate { .. }
            | Body::ClockStepped { .. }
            | Body::Paused
            | Body::Resumed
            | Body::Preloaded { .. }
            | Body::Sent { .. }
            | Body::Held { .. }
            | Body::Stale { .. }
            | Body::VoteRefused { .. }
            | Body::Appended { .. }
            | Body::SnapshotWritten { .. }
            | Body::Compacted { .. }
            | Body::HardStateWritten { .. }
            | Body::Applied { .. }
            | Body::Executed { .. }
            | Body::Disowned { .. }
            | Body::Acknowledged { .. }
            | Body::FinalNode { .. }
            | Body::FinalStreams { .. } => false,
        }
    }

    /// Adds what this record tells.
    pub(in crate::report) fn take(&mut self, record: &Record, found: &mut Vec<Happening>) {
        let at = |time, what| Happening { time, record: record.id, node: record.node, what };
        let now = |what| at(record.time, what);
        let event = |event| at(record.time, What::Event(event));
        found.extend(plain(record).map(event));
        match record.body {
            Body::Proposed { .. } => found.push(now(What::Asked)),
            Body::Invoked { operation, .. } => {
                self.open.insert(operation, record.time);
                found.push(now(What::Asked));
            }
            Body::Returned { operation, outcome } => {
                let began = self.open.remove(&operation);
                let ended = What::Ended(operation, Ending::of(outcome));
                found.extend(began.map(|began| at(began, ended)));
            }
            Body::Lost { why: Loss::InboxFull, .. } => found.push(event(Event::InboxOverflowed)),
            Body::Refused { reason: Refusal::Busy, .. } => found.push(event(Event::RequestPutOff)),
            Body::Rejected { why, .. } => found.push(event(rejected(why))),
            Body::Accepted { index, term, .. } if index > self.committed => {
                self.accepted.insert((index, term));
            }
            Body::Committed { index, term, .. } if index > self.committed => {
                found.extend(self.commits(index, term).map(now));
            }
            Body::Booted { blank, term, .. } => {
                if let Some(standing) = self.standing(record.node) {
                    standing.is_lost = false;
                }
                found.extend(blank.then_some(Event::NodeBlank).map(event));
                found.extend(self.reaches(term).map(now));
            }
            Body::Crashed | Body::Stopped { .. } => {
                // Its role goes with it; that is no deposition.
                if let Some(standing) = self.standing(record.node) {
                    standing.role = Role::Follower;
                    let is_lost = matches!(record.body, Body::Stopped { reason: StopReason::Unrecoverable });
                    let is_new = is_lost && !standing.is_lost;
                    standing.is_lost |= is_lost;
                    found.extend(is_new.then_some(Event::NodeStopped).map(event));
                }
            }
            Body::RoleChanged { role, term, .. } => {
                let events = self.standing(record.node).map(|standing| standing.turn(role, term));
                found.extend(events.into_iter().flatten().flatten().map(event));
                found.extend(self.reaches(term).map(now));
            }
            _ => {}
        }
    }

    /// An entry is committed for the first time: is it new, accepted as a request?
    fn commits(&mut self, index: Index, term: Term) -> Option<What> {
        self.committed = index;
        let is_new = self.accepted.contains(&(index, term));
        while self.accepted.first().is_some_and(|(first, _)| *first <= index) {
            self.accepted.pop_first();
        }
        is_new.then_some(What::Committed(index))
    }

    fn reaches(&mut self, term: Term) -> Option<What> {
        let is_higher = term > self.highest;
        self.highest = term.max(self.highest);
        is_higher.then_some(What::Term(term))
    }

    fn standing(&mut self, node: Address) -> Option<&mut Standing> {
        self.nodes.get_mut(node.as_node()?.slot())
    }
}

impl Standing {
    /// What it means that the node is in this role and term now: what ends with it, and what begins.
    fn turn(&mut self, role: Role, term: Term) -> [Option<Event>; 2] {
        let before = std::mem::replace(self, Self { role, term, ..*self });
        let deposed = before.role == Role::Leader && role != Role::Leader;
        let ended = if before.term == term { Event::LeaderSteppedDown } else { Event::LeaderDeposed };
        let begins = match role {
            Role::Leader if before.led != Some(term) => {
                self.led = Some(term);
                Some(Event::LeaderElected)
            }
            Role::PreCandidate if before.role != role => Some(Event::PreCandidacy),
            Role::Candidate if (before.role, before.term) != (role, term) => Some(Event::Candidacy),
            _ => None,
        };
        [deposed.then_some(ended), begins]
    }
}

/// The event that this record tells by itself. What a change of role means, only the one before tells.
fn plain(record: &Record) -> Option<Event> {
    let with = |other: Address| record.node.as_node().and(other.as_node());
    match record.body {
        Body::Truncated { .. } => Some(Event::EntryTruncated),
        Body::SnapshotTaken { .. } => Some(Event::SnapshotTaken),
        Body::Restored { at_start: false, .. } => Some(Event::SnapshotInstalled),
        Body::Lost { to, .. } => with(to).map(|_| Event::FrameLost),
        Body::Duplicated { to, .. } => with(to).map(|_| Event::FrameDuplicated),
        Body::Denied { .. } => Some(Event::AccessDenied),
        Body::Shed { .. } => Some(Event::FrameShed),
        Body::Breaker { was, is, .. } => match (was, is) {
            (BreakerState::Closed, _) => Some(Event::BreakerOpened),
            (_, BreakerState::Open) => Some(Event::ProbeFailed),
            (_, BreakerState::Closed) => Some(Event::ProbeSucceeded),
            (_, BreakerState::HalfOpen) => None,
        },
        Body::Forgone { why: Forgone::Budget, .. } => Some(Event::RetryBudgetSpent),
        Body::Rejected { .. } => Some(Event::FrameRejected),
        Body::Corrupted { .. } => Some(Event::FrameCorrupted),
        Body::Misdirected { .. } => Some(Event::FrameMisdirected),
        Body::Replayed { .. } => Some(Event::FrameReplayed),
        Body::Delayed { .. } => Some(Event::FrameDelayed),
        Body::Forged { .. } => Some(Event::FrameForged),
        Body::Believed { .. } => Some(Event::FrameBelieved),
        Body::TurnedAway { .. } => Some(Event::InboxOverflowed),
        Body::CallFailed { to, .. } => with(to).map(|_| Event::CallFailed),
        Body::Refused { .. } => Some(Event::RequestRefused),
        Body::Transfer { step, .. } => Some(match step {
            TransferStep::Begun => Event::TransferBegun,
            TransferStep::Asked => Event::TransferAsked,
            TransferStep::Aborted => Event::TransferAborted,
            TransferStep::Refused(_) => Event::TransferRefused,
        }),
        Body::Membership { part: MembersPart::Voters, .. } => Some(Event::MembersChanged),
        Body::Change { step, .. } => Some(match step {
            ChangeStep::Begun => Event::ChangeBegun,
            ChangeStep::CaughtUp { .. } => Event::LearnerCaughtUp,
            ChangeStep::Done => Event::ChangeDone,
            ChangeStep::Aborted(_) => Event::ChangeAborted,
            ChangeStep::Refused(_) => Event::ChangeRefused,
        }),
        Body::Returned { outcome: Outcome::Done { .. }, .. } => Some(Event::OperationDone),
        Body::Returned { outcome: Outcome::Unknown, .. } => Some(Event::OperationUnknown),
        Body::Repeated { .. } => Some(Event::RepeatAnswered),
        Body::SessionOpened { dropped: Some(_), .. } => Some(Event::SessionExpired),
        Body::ReadRound { .. } => Some(Event::ReadRound),
        Body::Served { right, .. } => Some(match right {
            ReadRight::Index => Event::IndexRead,
            ReadRight::Lease => Event::LeaseRead,
            ReadRight::Follower => Event::FollowerRead,
            ReadRight::Local => Event::LocalRead,
        }),
        Body::Crashed => Some(Event::NodeCrashed),
        Body::Booted { epoch, .. } if epoch > Epoch(1) => Some(Event::NodeRestarted),
        Body::TailCut { .. } => Some(Event::TornTailCut),
        Body::Stopped { reason: StopReason::DiskFull } => Some(Event::DiskFilled),
        Body::FaultSkipped { .. } => Some(Event::FaultSkipped),
        _ => None,
    }
}

/// The event of a frame that was refused for this reason.
#[cold]
const fn rejected(why: Rejection) -> Event {
    match why {
        Rejection::Length => Event::LengthWrong,
        Rejection::Checksum => Event::ChecksumWrong,
        Rejection::Magic => Event::MagicWrong,
        Rejection::Address => Event::AddressWrong,
        Rejection::Undecodable => Event::MessageUndecodable,
        Rejection::Cluster => Event::ClusterWrong,
        Rejection::Late => Event::ReplyLate,
        Rejection::Indexes => Event::IndexesWrong,
        Rejection::Entries => Event::EntriesWrong,
        Rejection::TermJump => Event::TermImpossible,
        Rejection::TooLong => Event::FrameTooLong,
    }
}

impl Ending {
    fn of(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Done { .. } => Self::Done,
            Outcome::Refused => Self::Refused,
            Outcome::Unknown => Self::Unknown,
        }
    }
}

impl fmt::Display for Happening {
    /// Whom, when, and by which record: `n2 at 5.2s, record #17`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.node != Address::WORLD {
            write!(f, "{} ", self.node)?;
        }
        write!(f, "at {}, record {}", self.time, self.record)
    }
}
