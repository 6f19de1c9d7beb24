//! Changes of the members: what can be known not to work before the run.

use super::setting::Setting;
use crate::ids::NodeId;
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

/// Notes an error for each scripted change, or transfer, that can't be made: of what is no member and never becomes one, of
/// what is one already and never ceases to be, or that takes away the only voter. Not for those that are `meant` to be
/// refused; what is meant to be and can't be known to be is an error, too. So what says that it is refused never is begun.
pub(super) fn check(
    path: &Path<'_>,
    (cluster, faults, storms): (&Cluster, &[Fault], &[Storm]),
    meant: impl Fn(usize) -> bool,
    setting: &Setting<'_>,
    notes: &mut Notes<'_>,
) {
    let found = find(cluster, (faults, storms), setting);
    for (place, fault) in faults.iter().enumerate() {
        let problem = found.iter().find(|(found, ..)| *found == place);
        match (problem, meant(place)) {
            (Some((_, message, help)), false) => {
                let help = format!("{help}; or, if it is meant to be refused, say `refused: true`");
                notes.error(&path.item(place).field("do"), message, help);
            }
            (None, true) => {
                let (message, help) = not_known(&fault.action);
                notes.error(&path.item(place).field("refused"), message, help);
            }
            (Some(_), true) | (None, false) => {}
        }
    }
}

/// What is wrong with saying of this that it is refused.
fn not_known(action: &Action) -> (&'static str, &'static str) {
    match action {
        Action::Transfer(_) => (
            "it can't be known before the run that this transfer is refused",
            "take it away, and expect it: `Sometimes(TransferRefused)`",
        ),
        action if action.changes_members() => (
            "it can't be known before the run that this change is refused",
            "take it away, and expect it: `Sometimes(ChangeRefused)`",
        ),
        _ => (
            "nobody refuses this: it simply happens",
            "take it away; changes of the members and transfers are refused",
        ),
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
    faults.iter().enumerate().filter_map(problem).collect()
}

/// The one node that a change is about; that goes, if one goes and one comes.
pub(super) fn target(action: &Action) -> Option<Target> {
    match action {
        Action::Transfer(target)
        | Action::AddLearner(target)
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

    /// Whether some action may make a node a voter.
    fn may_vote(&self, node: NodeId) -> bool {
        let takes_place = |action: &&Action| matches!(action, Action::Replace { new, .. } if *new == node);
        self.may(node, |action| matches!(action, Action::Promote(_))) || self.actions.iter().any(takes_place)
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
        if let Some(problem) = self.of_a_voter(action) {
            return Some(problem);
        }
        let node = self.named(target(action)?)?;
        let never = || !members.contains(node) && !self.may_come(node);
        match action {
            Action::Transfer(_) if !members.votes(node) && !self.may_vote(node) => Some((
                format!("node {} is no voter, and nothing makes it one: it can't lead", node.0),
                "name a voter: `Node(1)`, `Follower(1)`".into(),
            )),
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
            Action::Replace { new, .. } => self.replacement(node, *new),
            _ => None,
        }
    }

    /// Why one node can't take another's place.
    fn replacement(&self, old: NodeId, new: NodeId) -> Option<(String, String)> {
        let members = self.cluster.members();
        if new == old {
            return Some((
                format!("node {} can't take its own place", old.0),
                "name another node as `new`".into(),
            ));
        }
        if members.votes(new) && !self.may_go(new) {
            return Some((
                format!("node {} is a voter from the beginning", new.0),
                "name a node that is none: ask for some with `cluster: (spares: 1)`".into(),
            ));
        }
        (!members.votes(old) && !self.may_vote(old)).then(|| {
            (
                format!("node {} is no voter, and nothing makes it one", old.0),
                "name a voter as `old`: `Node(1)`, `Follower(1)`".into(),
            )
        })
    }

    /// The leader and those whom `Follower` counts are voters whenever they are named.
    fn of_a_voter(&self, action: &Action) -> Option<(String, String)> {
        let (Some(Target::Leader | Target::Follower(_)), Action::AddLearner(_) | Action::Promote(_)) =
            (target(action), action)
        else {
            return None;
        };
        let Cluster { voters, learners, spares, .. } = *self.cluster;
        let (what, named, ask, (count, first)) = match action {
            Action::Promote(_) => ("promoted", "a learner", "learners: 1", (learners, voters + 1)),
            _ => ("added", "a spare", "spares: 1", (spares, voters + learners + 1)),
        };
        let help = match count {
            0 => format!("ask for {named} with `cluster: ({ask})`, and name it: `Node({first})`"),
            _ => format!("name {named}: `Node({first})`"),
        };
        let message = format!("the leader and its followers are voters, which can't be {what}");
        Some((message, help))
    }

    fn others_come(&self) -> bool {
        self.actions.iter().any(|action| matches!(action, Action::Promote(_) | Action::Replace { .. }))
    }
}
