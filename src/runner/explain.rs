//! Whether a leader appears without what a span without one is put down to.

use super::panics::contain;
use crate::adapters;
use crate::plan::Plan;
use crate::report::{Cause, Election, Judges};
use crate::time::{Duration, Time};
use crate::trace::ActionKind;
use crate::world::{Remedy, World};

/// What keeps nodes down.
const DOWN: &[ActionKind] =
    &[ActionKind::Crash, ActionKind::Wipe, ActionKind::Pause, ActionKind::DiskFull, ActionKind::Rot];
/// What keeps frames from where they should go.
const APART: &[ActionKind] = &[
    ActionKind::Partition,
    ActionKind::Clog,
    ActionKind::Deaf,
    ActionKind::Mute,
    ActionKind::Starve,
    ActionKind::Lose,
    ActionKind::Corrupt,
    ActionKind::Misdirect,
];
/// What takes frames away by chance.
const LOSSY: &[ActionKind] = &[ActionKind::Lose, ActionKind::Corrupt, ActionKind::Misdirect];
/// What makes frames of others out of those that were sent, or of nothing.
const MADE_UP: &[ActionKind] =
    &[ActionKind::Corrupt, ActionKind::Misdirect, ActionKind::Replay, ActionKind::Forge];
/// What keeps hosts busy.
const BUSY: &[ActionKind] = &[ActionKind::Slow, ActionKind::Flood];

/// What is taken out of a run against a cause, and that in words: "without .."; none if there is nothing to take.
pub fn remedy(cause: Cause) -> Option<(Remedy, &'static str)> {
    let nothing = Remedy::default();
    let remedy = match cause {
        Cause::Start
        | Cause::HandedOver
        | Cause::LeaderDeposed
        | Cause::LeaderGaveUp
        | Cause::SplitVote
        | Cause::VotesRefused
        | Cause::LogsBehind => (
            Remedy { lifted: LOSSY, lossless: true, campaign: true, ..nothing },
            "had the server with the best log campaigned at once, alone, and no frame been lost by chance",
        ),
        Cause::FrameBelieved => (
            Remedy { lifted: MADE_UP, campaign: true, ..nothing },
            "had no more frames been changed or made up, and the server with the best log campaigned",
        ),
        Cause::LeaderDown | Cause::NoQuorumUp => {
            (Remedy { lifted: DOWN, ..nothing }, "had no server been down or paused")
        }
        Cause::LeaderCutOff | Cause::NoConnectedQuorum => {
            (Remedy { lifted: APART, ..nothing }, "had the links been whole")
        }
        Cause::FramesLost => {
            (Remedy { lifted: APART, lossless: true, ..nothing }, "had no frame been lost or changed")
        }
        Cause::RoundTrip => {
            (Remedy { lifted: &[ActionKind::Delay], near: true, ..nothing }, "had frames taken no time")
        }
        Cause::Overload => (
            Remedy { lifted: BUSY, no_load: true, ..nothing },
            "had nobody been slow, and nobody asked for anything",
        ),
        Cause::SlowLink => (
            Remedy { lifted: &[ActionKind::Delay], near: true, campaign: true, ..nothing },
            "had frames taken no time, and the server with the best log campaigned",
        ),
        Cause::BreakerOpen => (
            Remedy { closed_breakers: true, campaign: true, ..nothing },
            "had the breakers been closed, and the server with the best log campaigned",
        ),
        Cause::DiskStalled => (
            Remedy { lifted: &[ActionKind::DiskStall], quick_disks: true, ..nothing },
            "had flushes taken no time",
        ),
        Cause::Unexplained => return None,
    };
    Some(remedy)
}

/// What came of a run without what one of its spans is put down to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tried {
    /// How long nobody leads then, from when the span began; none if still nobody did when it had ended.
    pub vacant: Option<Duration>,
    /// Whether a leader appears sooner than it did, or sooner than any timer could have run out.
    pub helps: bool,
}

/// Runs a plan once more, and takes away what this span of it is put down to when the span begins. None if nothing can be
/// taken away, or the world panicked.
pub fn without_cause(plan: &Plan, span: &Election) -> Option<Tried> {
    let (remedy, _) = remedy(span.why.cause)?;
    let (least, most) = plan.cluster.raft.election_timeout;
    let end = (span.from + span.vacant.max(least)).min(Time::ZERO + plan.duration);
    let mut judges = Judges::new(plan);
    let ran = contain(|| {
        let software = adapters::of(plan.cluster.implementation);
        let mut world = World::new(plan, software, plan.seed, &mut judges);
        world.run_until(span.from);
        world.take_away(&remedy);
        world.run_until(span.from + Duration::from_nanos(1));
        if remedy.campaign {
            // Again and again until it leads, each time with twice the patience, however long a round trip takes.
            let mut pause = Duration::from_nanos((least.nanos() / 2).max(1));
            while world.now() < end {
                if world.effective_leader().is_none() {
                    world.have_the_best_campaign();
                }
                world.run_until((world.now() + pause).min(end));
                pause = pause.saturating_add(pause).min(most);
            }
        }
        world.run_until(end);
    });
    ran.ok()?;
    let spans = judges.metrics().elections(end);
    let ended = |again: &&Election| again.from + again.vacant;
    let again = spans.iter().find(|again| again.from <= span.from && ended(again) > span.from);
    let vacant = match again {
        None => Some(Duration::ZERO),
        Some(again) => again.leader.map(|_| ended(&again).since(span.from)),
    };
    let helps = vacant.is_some_and(|vacant| vacant < span.vacant || vacant < least);
    Some(Tried { vacant, helps })
}
