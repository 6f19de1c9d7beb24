//! What is still owed under which fault.
//!
//! A fault that breaks an assumption of Raft waives the properties that rest on it, from its beginning on: they are
//! examined all the same, and reported as waived rather than as a failure of the protocol.
//!
//! | what goes wrong | safety is owed |
//! |---|---|
//! | links cut, clogged or flapping; frames lost, late or twice | always |
//! | machines that crash, with their disk or without; processes that stop | always |
//! | machines that are slow, or flooded with requests | always |
//! | transfers of leadership, changes of the members | always |
//! | one kind of message withheld from a node | always |
//! | nodes that are deaf or mute; disks that stall, fill up or rot; torn writes | always: a node whose disk rots stops |
//! | clocks on the wall that are put ahead or back | always |
//! | a flush that is lost | never, from then on |
//! | frames misdirected or replayed, late or lost by faults | always: addresses tell the one, Raft stands the other |
//! | frames that are changed | with `Crc32c` and `Keyed`; else never, once one was believed |
//! | frames of a stranger | with `Keyed`; else never, once one was believed |
//! | clocks that drift | always, but for reads by lease beyond `max_drift` |
//! | `read: Local` | always, but for reads, unless `Linearizable` is expected |
//! | `eager_votes` | always, but that a term which was shown in asking for votes may be forgotten in a crash |
//!
//! Of liveness `Settled` waives what a core can't owe by itself: what it does under a leader outside with which something
//! stays wrong.

use super::elections::Reign;
use super::faults::FaultSpan;
use super::metrics::Believed;
use crate::check::{Check, Verdict};
use crate::ids::{NodeId, NodeSet, Term};
use crate::plan::{Action, Expectation, Fault, Integrity, Plan};
use crate::property::Property;
use crate::replica::ReadBy;
use crate::time::Time;
use crate::trace::FaultSource;
use std::fmt;

/// Something that is not owed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waiver {
    /// What.
    pub what: Waived,
    /// From when on.
    pub since: Time,
    /// The assumption that is broken, as the end of a sentence.
    pub why: &'static str,
}

/// What a broken assumption waives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waived {
    /// All of safety.
    Safety,
    /// That reads are current.
    Reads,
    /// That a term which others were shown is never taken back.
    Terms,
}

impl fmt::Display for Waived {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Safety => "nothing of safety is owed",
            Self::Reads => "reads need not be current",
            Self::Terms => "terms that were shown may be taken back",
        })
    }
}

impl Waiver {
    /// Whether it is what a check speaks of that is not owed. What was violated before was owed then.
    pub fn covers(&self, check: &Check) -> bool {
        let is_meant = match self.what {
            // Who may ask for what does not rest on who the others are.
            Waived::Safety => check.name != Property::Access.name(),
            Waived::Reads => check.name == Property::Linearizability.name(),
            Waived::Terms => check.name == Property::TermAndVote.name(),
        };
        match &check.verdict {
            Verdict::Violated(violation) => is_meant && violation.time >= self.since,
            Verdict::Held(_) | Verdict::Undecided(_) | Verdict::Vacuous => is_meant,
        }
    }
}

/// What a run of this plan does not owe, given the faults that it had.
/// What nobody believes breaks nothing: what is changed or forged counts from when it was `believed` first.
pub(super) fn waivers(plan: &Plan, faults: &[FaultSpan], believed: Believed) -> Vec<Waiver> {
    let mut waivers: Vec<Waiver> =
        by_cluster(plan).map(|(what, why)| Waiver { what, why, since: Time::ZERO }).collect();
    for fault in faults {
        let action = match fault.source {
            FaultSource::Fault(place) => plan.faults.get(place as usize).map(|fault| &fault.action),
            FaultSource::Storm(place) => plan.storms.get(place as usize).map(|storm| &storm.action),
        };
        let waived = action.and_then(|action| by_fault(action, plan));
        let since = match action {
            Some(Action::Corrupt { .. }) => believed.changed,
            Some(Action::Forge { .. }) => believed.forged,
            _ => fault.from_ns.map(Time::from_nanos),
        };
        if let (Some((what, why)), Some(since)) = (waived, since)
            && !waivers.iter().any(|waiver| waiver.why == why)
        {
            waivers.push(Waiver { what, why, since });
        }
    }
    waivers
}

/// Why a core in which nothing goes wrong is not held up to what it owes by itself, given on whom outside of it something
/// stays wrong and who led meanwhile; none if it is. Raft stands failures that make a leader lose its quorum. A leader that
/// keeps it and is slow, loses frames or does not reach everybody leads on.
pub(super) fn not_held_up_to((core, beset): (NodeSet, NodeSet), reigns: &[Reign]) -> Option<String> {
    let is_beset = |leader: &(NodeId, Term)| beset.contains(leader.0) && !core.contains(leader.0);
    let (from, (node, term)) =
        reigns.iter().find_map(|reign| Some((reign.from, reign.leader.filter(is_beset)?)))?;
    Some(format!(
        "{node}, with which or with whose links something stays wrong, led term {term} from {from} on"
    ))
}

/// Whether a run of this plan may owe less than safety.
pub(super) fn may_waive(plan: &Plan) -> bool {
    let scripted = plan.faults.iter().map(|fault| &fault.action);
    let actions = scripted.chain(plan.storms.iter().map(|storm| &storm.action));
    by_cluster(plan).next().is_some() || actions.into_iter().any(|action| by_fault(action, plan).is_some())
}

const DRIFT: &str = "clocks drift beyond what leases reckon with";

/// What is never owed, by how the cluster is set up.
fn by_cluster(plan: &Plan) -> impl Iterator<Item = (Waived, &'static str)> {
    let eager = (Waived::Terms, "candidates ask for votes before their term is durable");
    let eager = plan.cluster.raft.eager_votes.then_some(eager);
    by_reads(plan).into_iter().chain(eager)
}

/// What is never owed, by how reads are answered.
fn by_reads(plan: &Plan) -> Option<(Waived, &'static str)> {
    let reads = &plan.cluster.raft.reads;
    let drifts = || plan.cluster.drifts_ppm.iter().any(|drift| drift.unsigned_abs() > reads.max_drift_ppm);
    match reads.by {
        // Who expects it nevertheless wants to see it fail.
        ReadBy::Local if plan.expectations.contains(&Expectation::Linearizable) => None,
        ReadBy::Local => Some((Waived::Reads, "nodes answer reads without asking anybody")),
        ReadBy::Lease if drifts() => Some((Waived::Reads, DRIFT)),
        ReadBy::Log | ReadBy::Index | ReadBy::Lease => None,
    }
}

/// By how many parts per million a clock may be fast or slow at worst: what faults add to it adds up, and how often a storm comes
/// is not known.
fn most_drift(plan: &Plan) -> u32 {
    let is_drift = |action: &Action| matches!(action, Action::Drift { .. });
    if plan.storms.iter().any(|storm| is_drift(&storm.action)) {
        return u32::MAX;
    }
    let of_fault = |fault: &Fault| match fault.action {
        Action::Drift { ppm, .. } => ppm.unsigned_abs(),
        _ => 0,
    };
    let always = plan.cluster.drifts_ppm.iter().map(|drift| drift.unsigned_abs()).max().unwrap_or(0);
    plan.faults.iter().map(of_fault).fold(always, u32::saturating_add)
}

/// What is not owed from the beginning of a fault on.
fn by_fault(action: &Action, plan: &Plan) -> Option<(Waived, &'static str)> {
    let integrity = &plan.cluster.integrity;
    let raft = &plan.cluster.raft;
    match action {
        Action::Corrupt { .. } if *integrity == Integrity::Unchecked => {
            Some((Waived::Safety, "a frame that was changed on its way was believed"))
        }
        Action::Forge { .. } if !matches!(integrity, Integrity::Keyed { .. }) => {
            Some((Waived::Safety, "a frame that a stranger had made was believed"))
        }
        Action::LoseFlush(_) => Some((Waived::Safety, "a disk said that it had flushed what it had not")),
        Action::Drift { .. }
            if raft.reads.by == ReadBy::Lease && most_drift(plan) > raft.reads.max_drift_ppm =>
        {
            Some((Waived::Reads, DRIFT))
        }
        Action::Drift { .. }
        | Action::Starve { .. }
        | Action::Lose { .. }
        | Action::Duplicate { .. }
        | Action::Delay { .. }
        | Action::Corrupt { .. }
        | Action::Misdirect { .. }
        | Action::Replay { .. }
        | Action::Forge { .. }
        | Action::Partition(_)
        | Action::Clog(_)
        | Action::Flap { .. }
        | Action::Crash(_)
        | Action::Wipe(_)
        | Action::Deaf(_)
        | Action::Mute(_)
        | Action::DiskStall(_)
        | Action::DiskFull(_)
        | Action::Rot(_)
        | Action::Skew { .. }
        | Action::Step { .. }
        | Action::Pause(_)
        | Action::Slow { .. }
        | Action::Flood { .. }
        | Action::Transfer(_)
        | Action::AddLearner(_)
        | Action::Promote(_)
        | Action::Remove(_)
        | Action::Replace { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Violation;
    use crate::ids::RecordId;
    use std::num::NonZeroU64;

    fn check(property: Property, violated_at: Option<u64>) -> Check {
        let violation = |at| Violation {
            record: RecordId(NonZeroU64::MIN),
            time: Time::from_nanos(at),
            message: String::new(),
            count: 1,
            examined: 1,
        };
        let verdict = violated_at.map_or(Verdict::Held(1), |at| Verdict::Violated(violation(at)));
        Check { name: property.name(), about: property.about(), verdict }
    }

    #[test]
    fn only_what_rests_on_the_broken_assumption_is_waived_and_only_from_then_on() {
        let since = Time::from_nanos(10);
        let reads = Waiver { what: Waived::Reads, since, why: "clocks drift" };
        let safety = Waiver { what: Waived::Safety, ..reads };
        let (read, log) = (Property::Linearizability, Property::LogMatching);
        let waived = |property, at| [reads, safety].map(|it| it.covers(&check(property, at)));
        assert_eq!(waived(read, Some(10)), [true, true]);
        assert_eq!(waived(log, Some(10)), [false, true]);
        assert_eq!(waived(read, Some(9)), [false, false], "it was owed when it was violated");
        assert_eq!(waived(log, None), [false, true], "what held is not owed, either");
    }

    #[test]
    fn reads_by_lease_are_owed_within_the_drift_that_is_reckoned_with() {
        let mut plan = crate::report::tests::plan(3);
        let raft = &mut plan.cluster.raft;
        raft.reads.by = ReadBy::Lease;
        raft.reads.max_drift_ppm = 100;
        plan.cluster.drifts_ppm = vec![0, -100, 100];
        assert!(!may_waive(&plan));
        plan.cluster.drifts_ppm = vec![0, -101, 100];
        assert_eq!(
            waivers(&plan, &[], Believed::default()).iter().map(|it| it.what).collect::<Vec<_>>(),
            [Waived::Reads]
        );
    }

    #[test]
    fn what_integrity_does_not_tell_is_not_owed() {
        let mut plan = crate::report::tests::plan(3);
        let links = crate::plan::Shape::Isolate(crate::plan::Target::All);
        let (rate, kind) = (Default::default(), crate::plan::Corruption::Truncate);
        let actions = [
            Action::Corrupt { links: links.clone(), rate, kind, clients: false },
            Action::Forge { to: crate::plan::Target::All, mean: Default::default() },
            Action::Replay { links: links.clone(), rate },
            Action::Misdirect { links, rate },
        ];
        let keyed = Integrity::Keyed { secret: "storm".into() };
        for (integrity, waived) in [
            (Integrity::Unchecked, [true, true, false, false]),
            (Integrity::Crc32c, [false, true, false, false]),
            (keyed, [false; 4]),
        ] {
            plan.cluster.integrity = integrity;
            assert_eq!(actions.each_ref().map(|action| by_fault(action, &plan).is_some()), waived);
        }
    }
}
