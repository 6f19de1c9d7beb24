//! Changes of the members and transfers that will hardly come about: what is known of them if all those before are made.

use super::changes::target;
use super::setting::Setting;
use crate::ids::NodeId;
use crate::plan::{Action, Cluster, Expectation, Fault, Milestone, Moment, Plan, Start, Storm, Target};
use crate::replica::{Bug, Members};
use crate::scenario::notes::Notes;
use crate::scenario::path::Path;
use crate::time::{Duration, Time};

/// Warns of them, unless that is what a fault says itself (`meant`).
pub(super) fn warn(
    path: &Path<'_>,
    (cluster, faults, storms): (&Cluster, &[Fault], &[Storm]),
    meant: impl Fn(usize) -> bool,
    setting: &Setting<'_>,
    notes: &mut Notes<'_>,
) {
    let ordered = in_order(faults);
    let mut members = cluster.members();
    let mut last: Option<(Time, usize)> = None;
    for &(at, place) in &ordered {
        let action = &faults[place].action;
        let item = path.item(place);
        if let Some((message, help)) = problem(action, &members, setting).filter(|_| !meant(place)) {
            notes.warn(&item.field("do"), message, help);
        } else if let Some((before, other)) = last.filter(|_| !meant(place) && action.changes_members())
            && before == at
        {
            let message =
                "two changes of the members at one instant: the second is refused, as the first is open";
            let help = "let it come later, or wait for the first: `when: Changed(1)`";
            notes.warn_beside(&item.field("do"), message, help, (&path.item(other).field("do"), "the first"));
        }
        if action.changes_members() && !meant(place) && problem(action, &members, setting).is_none() {
            last = Some((at, place));
            carry_out(action, &mut members, setting);
        }
    }
    let mut actions =
        faults.iter().map(|fault| &fault.action).chain(storms.iter().map(|storm| &storm.action));
    if !actions.any(Action::changes_members) {
        faults.iter().enumerate().filter(|(_, fault)| waits_for_a_change(fault)).for_each(|(place, _)| {
            let message = "nobody changes the members, so this never comes";
            notes.warn(&path.item(place).field("when"), message, "add a change: `Remove(Node(1))`");
        });
    }
    if cluster.raft.bug != Some(Bug::ChangeBeforeOwnCommit) {
        faults.iter().enumerate().filter(|(place, fault)| !meant(*place) && is_hasty(fault)).for_each(|(place, _)| {
            let message = "a leader refuses changes until an entry of its own term is committed, and it has just been elected";
            notes.warn(&path.item(place).field("when"), message, "wait a little: `after: \"100ms\"`");
        });
    }
}

/// The changes and transfers in the order of their times; nothing unless all have times and name a node, since then nobody
/// can say who belongs to the cluster when.
fn in_order(faults: &[Fault]) -> Vec<(Time, usize)> {
    let mut ordered = Vec::new();
    for (place, fault) in faults.iter().enumerate() {
        match (&fault.action, fault.start) {
            (action, Start::At(at)) if target(action).is_some() && fault.spread == Duration::ZERO => {
                ordered.push((at, place));
            }
            (action, _) if action.changes_members() => return Vec::new(),
            _ => {}
        }
    }
    ordered.sort_unstable();
    ordered
}

fn waits_for_a_change(fault: &Fault) -> bool {
    matches!(fault.start, Start::When { milestone: Milestone::Changed(_), .. })
}

/// Whether it asks for other members at the instant at which a leader is elected.
fn is_hasty(fault: &Fault) -> bool {
    let at_once = |after| after == Duration::ZERO && fault.spread == Duration::ZERO;
    fault.action.changes_members()
        && matches!(
            fault.start,
            Start::When { milestone: Milestone::Elected(_) | Milestone::Leader(_), after } if at_once(after)
        )
}

/// The node of this number, if the target is one.
fn named(target: Target, setting: &Setting<'_>) -> Option<NodeId> {
    match setting.unnamed(target) {
        Target::Node(node) => Some(node),
        _ => None,
    }
}

/// Why a change is refused with these members, and what to do.
fn problem(action: &Action, members: &Members, setting: &Setting<'_>) -> Option<(String, String)> {
    let node = named(target(action)?, setting)?;
    let before = |what: &str| format!("let it come after the change that makes node {} {what}", node.0);
    match action {
        Action::Transfer(_) if !members.votes(node) => {
            Some((format!("by then node {} is no voter: it can't lead", node.0), before("a voter")))
        }
        Action::AddLearner(_) if members.contains(node) => {
            Some((format!("by then node {} is a member already", node.0), "take it away".into()))
        }
        Action::Promote(_) if members.votes(node) => {
            Some((format!("by then node {} is a voter already", node.0), "take it away".into()))
        }
        Action::Promote(_) | Action::Remove(_) if !members.contains(node) => {
            Some((format!("by then node {} is no member", node.0), before("a member")))
        }
        Action::Remove(_) if members.votes(node) && members.voters.len() == 1 => Some((
            "with this every voter is removed, and none would be left to make a quorum".into(),
            "let one stay, or make another node a voter first: `Promote(Node(4))`".into(),
        )),
        Action::Replace { .. } if !members.votes(node) => {
            Some((format!("by then node {} is no voter", node.0), before("a voter")))
        }
        Action::Replace { new, .. } if members.votes(*new) => {
            Some((format!("by then node {} is a voter already", new.0), "name another node as `new`".into()))
        }
        _ => None,
    }
}

/// What the members are once a change is made. One of a node that is not known before the run leaves them as they are.
fn carry_out(action: &Action, members: &mut Members, setting: &Setting<'_>) {
    let Some(node) = target(action).and_then(|target| named(target, setting)) else { return };
    let mut comes = |node: NodeId, as_voter: bool| {
        members.learners.remove(node);
        let set = if as_voter { &mut members.voters } else { &mut members.learners };
        set.insert(node);
    };
    match action {
        Action::AddLearner(_) => comes(node, false),
        Action::Promote(_) => comes(node, true),
        Action::Replace { new, .. } => {
            comes(*new, true);
            members.voters.remove(node);
        }
        Action::Remove(_) => {
            members.voters.remove(node);
            members.learners.remove(node);
        }
        _ => {}
    }
}

/// Warns of a leader that is expected soon after a transfer or a change began: the old one leads on until it is through.
pub(super) fn leader_all_along(path: &Path<'_>, plan: &Plan, notes: &mut Notes<'_>) {
    for (place, expectation) in plan.expectations.iter().enumerate() {
        let Expectation::LeaderWithin { after: Moment::Fault(fault), .. } = expectation else { continue };
        let action = &plan.faults[*fault as usize].action;
        if target(action).is_some() {
            let message = "this says little: when that begins the old leader still leads";
            let help = match action {
                Action::Transfer(_) => {
                    "expect `Sometimes(TransferAsked)`, and what follows: `LeaderChanges(at_least: 1)`"
                }
                _ => "expect `Sometimes(ChangeDone)`, and what follows: `LeaderChanges(at_least: 1)`",
            };
            notes.warn(&path.item(place), message, help);
        }
    }
}
