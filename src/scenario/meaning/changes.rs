//! Changes of the members: what can be known not to work before the run.

use super::setting::Setting;
use crate::ids::{NodeId, NodeSet};
use crate::plan::{Action, Cluster, Fault, Plan, Storm, Target};
use crate::scenario::notes::Notes;
use crate::scenario::path::Path;
use std::collections::BTreeSet;

/// What a plan's changes can do at most, whatever is drawn and in whatever order they come.
struct Changes<'a> {
    cluster: &'a Cluster,
    setting: &'a Setting<'a>,
    actions: Vec<&'a Action>,
}

/// Notes an error for each scripted change that can't be made: of what is no member and never becomes one, of what is one
/// already and never ceases to be, or that takes away the last voter. Not for those that are `meant` to be refused.
pub(super) fn check(
    path: &Path<'_>,
    (cluster, faults, storms): (&Cluster, &[Fault], &[Storm]),
    meant: impl Fn(usize) -> bool,
    setting: &Setting<'_>,
    notes: &mut Notes<'_>,
) {
    for (place, message, help) in find(cluster, (faults, storms), setting) {
        if !meant(place) {
            let help = format!("{help}; or, if it is meant to be refused, say `refused: true`");
            notes.error(&path.item(place).field("do"), message, help);
        }
    }
}

/// The places of the changes of a plan that have to say that they are meant to be refused.
pub(in crate::scenario) fn refused(plan: &Plan) -> BTreeSet<usize> {
    let setting = Setting { names: &plan.names, ..Setting::of(&plan.cluster) };
    let found = find(&plan.cluster, (&plan.faults, &plan.storms), &setting);
    found.into_iter().map(|(place, ..)| place).collect()
}

/// The changes that can't be made, each with the reason and what to do.
fn find(
    cluster: &Cluster,
    (faults, storms): (&[Fault], &[Storm]),
    setting: &Setting<'_>,
) -> Vec<(usize, String, String)> {
    let actions = faults.iter().map(|fault| &fault.action).chain(storms.iter().map(|storm| &storm.action));
    let changes = Changes { cluster, setting, actions: actions.collect() };
    let problem = |(place, fault): (usize, &Fault)| {
        let (message, help) = changes.problem(&fault.action)?;
        Some((place, message, help))
    };
    let mut found: Vec<_> = faults.iter().enumerate().filter_map(problem).collect();
    let is_removal = |fault: &Fault| matches!(fault.action, Action::Remove(_));
    let named = |fault: &Fault| changes.named(target(&fault.action)?);
    let removed: NodeSet = faults.iter().filter(|fault| is_removal(fault)).filter_map(named).collect();
    let stay = cluster.members().voters.intersection(removed).len() < cluster.voters;
    if let Some(last) = faults.iter().rposition(is_removal)
        && !stay
        && !changes.others_come()
        && found.iter().all(|(place, ..)| *place != last)
    {
        let message = "with this every voter is removed, and none would be left to make a quorum".to_string();
        let help = "let one stay, or make another node a voter first: `Promote(Node(4))`".to_string();
        found.push((last, message, help));
    }
    found
}

/// The one node that a change is about; that goes, if one goes and one comes.
fn target(action: &Action) -> Option<Target> {
    match action {
        Action::AddLearner(target)
        | Action::Promote(target)
        | Action::Remove(target)
        | Action::Replace { old: target, .. } => Some(*target),
        _ => None,
    }
}

impl Changes<'_> {
    /// The node of this number, if the target is one.
    fn named(&self, target: Target) -> Option<NodeId> {
        match self.setting.unnamed(target) {
            Target::Node(node) => Some(node),
            _ => None,
        }
    }

    /// Whether some action of this kind may be about a node.
    fn may(&self, node: NodeId, is_kind: impl Fn(&Action) -> bool) -> bool {
        let about = |target| self.named(target).is_none_or(|named| named == node);
        self.actions.iter().any(|action| is_kind(action) && target(action).is_some_and(about))
    }

    fn may_come(&self, node: NodeId) -> bool {
        let takes_place = |action: &&Action| matches!(action, Action::Replace { new, .. } if *new == node);
        self.may(node, |action| matches!(action, Action::AddLearner(_)))
            || self.actions.iter().any(takes_place)
    }

    fn may_go(&self, node: NodeId) -> bool {
        self.may(node, |action| matches!(action, Action::Remove(_) | Action::Replace { .. }))
    }

    /// Why a change can't be made, and what to do.
    fn problem(&self, action: &Action) -> Option<(String, String)> {
        let members = self.cluster.members();
        let node = self.named(target(action)?)?;
        let never = || !members.contains(node) && !self.may_come(node);
        match action {
            Action::AddLearner(_) if members.contains(node) && !self.may_go(node) => Some((
                format!("node {} is a member from the beginning", node.0),
                "add a node that is none: ask for some with `cluster: (spares: 1)`".into(),
            )),
            Action::Promote(_) if members.votes(node) && !self.may_go(node) => Some((
                format!("node {} is a voter from the beginning", node.0),
                "promote a learner: one of `cluster: (learners: 1)`, or one that is added before".into(),
            )),
            Action::Promote(_) | Action::Remove(_) if never() => Some((
                format!("node {} is no member, and nothing makes it one", node.0),
                format!("add it before: `(at: \"1s\", do: AddLearner(Node({})))`", node.0),
            )),
            Action::Remove(_) if members.voters.len() == 1 && members.votes(node) && !self.others_come() => {
                Some((
                    format!("node {} is the only voter, and without it there is no quorum", node.0),
                    "make another node a voter first, or put one in its place with `Replace`".into(),
                ))
            }
            Action::Replace { new, .. } if *new == node => Some((
                format!("node {} can't take its own place", node.0),
                "name another node as `new`".into(),
            )),
            Action::Replace { new, .. } if members.votes(*new) && !self.may_go(*new) => Some((
                format!("node {} is a voter from the beginning", new.0),
                "name a node that is none: ask for some with `cluster: (spares: 1)`".into(),
            )),
            Action::Replace { .. }
                if !members.votes(node) && !self.may_come(node) && !members.learns(node) =>
            {
                Some((
                    format!("node {} is no voter, and nothing makes it one", node.0),
                    "name a voter as `old`: `Node(1)`, `Follower(1)`".into(),
                ))
            }
            _ => None,
        }
    }

    fn others_come(&self) -> bool {
        self.actions.iter().any(|action| matches!(action, Action::Promote(_) | Action::Replace { .. }))
    }
}
