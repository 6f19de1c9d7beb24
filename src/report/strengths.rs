//! How strong each fault of a plan is, in a few words: by what factor, at what rate, by how much.

use super::parameters::{distribution, share};
use crate::ids::NodeId;
use crate::plan::{Action, Corruption, Plan};
use crate::replica::Traffic;
use crate::time::Duration;
use crate::trace::FaultSource;

/// For the faults and for the storms of a plan, in their order; none of what is there or not.
#[derive(Clone, Debug, Default)]
pub(super) struct Strengths {
    faults: Vec<Option<String>>,
    storms: Vec<Option<String>>,
}

impl Strengths {
    pub(super) fn of(plan: &Plan) -> Self {
        Self {
            faults: plan.faults.iter().map(|fault| strength(&fault.action)).collect(),
            storms: plan.storms.iter().map(|storm| strength(&storm.action)).collect(),
        }
    }

    /// Of what comes from there.
    pub(super) fn get(&self, source: FaultSource) -> Option<String> {
        let (list, place) = match source {
            FaultSource::Fault(place) => (&self.faults, place),
            FaultSource::Storm(place) => (&self.storms, place),
        };
        list.get(place as usize).cloned().flatten()
    }
}

/// A kind of traffic, in plain words.
const fn traffic(kind: Traffic) -> &'static str {
    match kind {
        Traffic::Votes => "votes",
        Traffic::PreVotes => "pre-votes",
        Traffic::Entries => "entries",
        Traffic::Heartbeats => "heartbeats",
        Traffic::Snapshots => "snapshots",
        Traffic::Answers => "answers",
        Traffic::Handovers => "handovers",
        Traffic::Reads => "reads",
        Traffic::Requests => "requests",
    }
}

/// How strong it is; none if it is there or not.
fn strength(action: &Action) -> Option<String> {
    Some(match action {
        Action::Slow { permille, .. } => format!("x{}", f64::from(*permille) / 1e3),
        Action::Flood { mean, bytes, .. } => format!("{} of {bytes} B", rate(*mean)),
        Action::Forge { mean, .. } => rate(*mean),
        Action::Drift { ppm, .. } => format!("{ppm:+} ppm"),
        Action::Starve { kind, .. } => format!("of {}", traffic(*kind)),
        Action::Skew { ahead_ns, .. } | Action::Step { ahead_ns, .. } => {
            let way = if *ahead_ns < 0 { "back" } else { "ahead" };
            format!("{} {way}", Duration::from_nanos(ahead_ns.unsigned_abs()))
        }
        Action::Lose { rate, .. }
        | Action::Duplicate { rate, .. }
        | Action::Misdirect { rate, .. }
        | Action::Replay { rate, .. } => share(*rate),
        Action::Corrupt { rate, kind, clients, .. } => {
            let kind = match kind {
                Corruption::BitFlip(least, most) if least == most => format!("{least} bits"),
                Corruption::BitFlip(least, most) => format!("{least} to {most} bits"),
                Corruption::Truncate => "cut short".into(),
                Corruption::Extend => "made longer".into(),
                Corruption::Garbage => "garbage".into(),
            };
            let clients = if *clients { ", clients too" } else { "" };
            format!("{}, {kind}{clients}", share(*rate))
        }
        Action::Delay { by, .. } => format!("by {}", distribution(by)),
        Action::Replace { new: NodeId(new), .. } => format!("by n{new}"),
        Action::Partition(_)
        | Action::Clog(_)
        // Each time that links are cut is told by itself.
        | Action::Flap { .. }
        | Action::Crash(_)
        | Action::Wipe(_)
        | Action::Deaf(_)
        | Action::Mute(_)
        | Action::DiskStall(_)
        | Action::DiskFull(_)
        | Action::LoseFlush(_)
        | Action::Rot(_)
        | Action::Pause(_)
        | Action::Transfer(_)
        | Action::AddLearner(_)
        | Action::Promote(_)
        | Action::Remove(_) => return None,
    })
}

/// So many in a second, of which two lie this far apart on average.
fn rate(mean: Duration) -> String {
    let exact = 1e9 / mean.nanos().max(1) as f64;
    // The time between two is rounded to nanoseconds: no more digits are told than that leaves.
    let decimals = if exact >= 100.0 { 0 } else { 3 };
    let rate = format!("{exact:.decimals$}");
    let rate = if decimals > 0 { rate.trim_end_matches('0').trim_end_matches('.') } else { &rate };
    format!("{rate}/s")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{Shape, Target};
    use crate::rng::Rate;

    #[test]
    fn each_is_told_in_a_few_words() {
        let (target, links) = (Target::Leader, Shape::Isolate(Target::Leader));
        let rate = Rate::new(0.05).expect("a rate");
        let kind = Corruption::BitFlip(1, 3);
        for (action, told) in [
            (Action::Slow { target, permille: 4_500 }, Some("x4.5")),
            (
                Action::Flood { target, mean: Duration::from_nanos(33_333), bytes: 64 },
                Some("30000/s of 64 B"),
            ),
            (Action::Forge { to: target, mean: Duration::from_millis(50) }, Some("20/s")),
            (Action::Drift { nodes: target, ppm: 500 }, Some("+500 ppm")),
            (Action::Drift { nodes: target, ppm: -500 }, Some("-500 ppm")),
            (Action::Skew { nodes: target, ahead_ns: 2_000_000_000 }, Some("2s ahead")),
            (Action::Step { nodes: target, ahead_ns: -2_000_000_000 }, Some("2s back")),
            (Action::Lose { links: links.clone(), rate }, Some("5 %")),
            (Action::Corrupt { links, rate, kind, clients: true }, Some("5 %, 1 to 3 bits, clients too")),
            (Action::Replace { old: target, new: NodeId(4) }, Some("by n4")),
            (Action::Crash(target), None),
        ] {
            assert_eq!(strength(&action).as_deref(), told, "{action:?}");
        }
    }
}
