//! What faults keep from arriving for certain, though no link is cut: by a rate of 1, or by withholding whole kinds of traffic.

use crate::plan::{Action, FrameFault, Integrity, Plan};
use crate::replica::{Bug, Traffic};
use crate::rng::Rate;
use crate::trace::FaultSource;

/// What a fault takes of a link's frames, or of what is meant for a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Taking {
    /// All frames of a link get lost.
    Lost,
    /// All frames of a link go elsewhere, or arrive such that they are refused.
    Altered,
    /// Old frames of a link come again, as they were sent: these arrive where all others are altered.
    Replayed,
    /// A node gets none of this traffic.
    Withheld(Traffic),
}

/// For the faults and for the storms of a plan, in their order; none of what takes nothing for certain.
#[derive(Clone, Debug, Default)]
pub(super) struct Takings {
    faults: Vec<Option<Taking>>,
    storms: Vec<Option<Taking>>,
}

impl Takings {
    pub(super) fn of(plan: &Plan) -> Self {
        let raft = &plan.cluster.raft;
        let is_told =
            plan.cluster.integrity != Integrity::Unchecked && raft.bug != Some(Bug::ChecksumIgnored);
        Self {
            faults: plan.faults.iter().map(|fault| taking(&fault.action, is_told)).collect(),
            storms: plan.storms.iter().map(|storm| taking(&storm.action, is_told)).collect(),
        }
    }

    /// Of what comes from there.
    pub(super) fn get(&self, source: FaultSource) -> Option<Taking> {
        let (list, place) = match source {
            FaultSource::Fault(place) => (&self.faults, place),
            FaultSource::Storm(place) => (&self.storms, place),
        };
        list.get(place as usize).copied().flatten()
    }
}

/// What an action takes, where receivers can tell what was changed or can not.
fn taking(action: &Action, is_told: bool) -> Option<Taking> {
    if let Action::Starve { kind, .. } = action {
        return Some(Taking::Withheld(*kind));
    }
    match action.on_frames()?.1 {
        FrameFault::Lose(Rate::ONE) => Some(Taking::Lost),
        FrameFault::Misdirect(Rate::ONE) => Some(Taking::Altered),
        FrameFault::Corrupt(Rate::ONE, _) if is_told => Some(Taking::Altered),
        FrameFault::Replay(_) => Some(Taking::Replayed),
        _ => None,
    }
}

/// How many faults take something from a link.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct OfLink {
    lost: u32,
    altered: u32,
    replayed: u32,
}

impl OfLink {
    /// One fault more, or one less.
    pub(super) fn count(&mut self, taking: Taking, begins: bool) {
        match taking {
            Taking::Lost => step(&mut self.lost, begins),
            Taking::Altered => step(&mut self.altered, begins),
            Taking::Replayed => step(&mut self.replayed, begins),
            Taking::Withheld(_) => {}
        }
    }

    /// Whether nothing that is sent arrives.
    pub(super) const fn is_all(&self) -> bool {
        self.lost > 0 || self.altered > 0 && self.replayed == 0
    }
}

/// How many faults withhold from a node what leaders say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct OfNode {
    heartbeats: u32,
    entries: u32,
}

impl OfNode {
    /// One fault more, or one less.
    pub(super) fn count(&mut self, taking: Taking, begins: bool) {
        match taking {
            Taking::Withheld(Traffic::Heartbeats) => step(&mut self.heartbeats, begins),
            Taking::Withheld(Traffic::Entries) => step(&mut self.entries, begins),
            _ => {}
        }
    }

    /// Whether it hears from no leader.
    pub(super) const fn is_all(&self) -> bool {
        self.heartbeats > 0 && self.entries > 0
    }
}

fn step(count: &mut u32, begins: bool) {
    *count = if begins { *count + 1 } else { count.saturating_sub(1) };
}
