//! What can happen in a run at all.

use crate::plan::{Action, Event, Plan};
use crate::rng::Rate;

/// Why this can never happen in a run of the plan, and how it could.
pub(super) fn impossible(event: Event, plan: &Plan) -> Option<(&'static str, &'static str)> {
    let faults = plan.faults.iter().map(|fault| &fault.action);
    let mut actions = faults.clone().chain(plan.storms.iter().map(|storm| &storm.action));
    let load =
        || plan.clients.is_none().then_some(("there are no clients", "add a load: `clients: (count: 4)`"));
    let alone =
        || (plan.cluster.nodes() == 1).then_some(("a single node sends no frames", "ask for more `voters`"));
    let sessions = || {
        let none = plan.clients.as_ref().is_some_and(|clients| clients.sessions.is_none());
        load().or(none.then_some(("clients open no sessions", "write `sessions: true` in `clients`")))
    };
    match event {
        Event::RepeatAnswered | Event::SessionExpired => sessions(),
        Event::OperationDone | Event::OperationUnknown | Event::RequestRefused => load(),
        Event::FrameDuplicated => {
            let none = plan.network.default.duplicate == Rate::ZERO
                && plan.network.links.iter().all(|(.., link)| link.duplicate == Rate::ZERO);
            let help = "give links a rate: `network: (default: (duplicate: 0.01))`";
            alone().or(none.then_some(("no link duplicates frames", help)))
        }
        Event::FrameLost | Event::FrameRejected | Event::CallFailed => alone(),
        Event::NodeCrashed | Event::NodeRestarted => {
            let none = !actions.any(|action| matches!(action, Action::Crash(_) | Action::Wipe(_)));
            none.then_some(("no fault takes a machine down", "add a `Crash` to `faults` or `storm`"))
        }
        Event::NodeBlank => {
            let none = !actions.any(|action| matches!(action, Action::Wipe(_)));
            none.then_some(("no fault wipes a disk", "add a `Wipe` to `faults` or `storm`"))
        }
        Event::TransferBegun | Event::TransferAsked | Event::TransferAborted | Event::TransferRefused => {
            let none = !actions.any(|action| matches!(action, Action::Transfer(_)));
            none.then_some(("nobody asks for a transfer", "add a `Transfer` to `faults` or `storm`"))
        }
        Event::MembersChanged
        | Event::ChangeBegun
        | Event::LearnerCaughtUp
        | Event::ChangeDone
        | Event::ChangeAborted
        | Event::ChangeRefused => {
            let none = !actions.any(Action::changes_members);
            none.then_some(("nobody changes the members", "add a change to `faults`: `Remove(Node(1))`"))
        }
        Event::SnapshotTaken | Event::SnapshotInstalled => {
            let none = plan.cluster.raft.snapshot_every.is_none();
            let help = "let nodes take some: `raft: (snapshot_every: 1000000)`";
            none.then_some(("nodes take no snapshots", help))
        }
        Event::FaultSkipped => {
            let none = actions.next().is_none();
            none.then_some(("there are no faults", "add some: `faults: [(at: \"5s\", do: Crash(Leader))]`"))
        }
        Event::PreCandidacy => (!plan.cluster.raft.pre_vote).then_some((
            "nodes don't ask for pre-votes",
            "switch them on: `cluster: (raft: (pre_vote: true))`",
        )),
        Event::LeaderSteppedDown => {
            let removes = |action: &Action| matches!(action, Action::Remove(_) | Action::Replace { .. });
            let none = !plan.cluster.raft.check_quorum && !actions.any(removes);
            none.then_some((
                "leaders don't look after their quorum",
                "let them: `cluster: (raft: (check_quorum: true))`",
            ))
        }
        Event::Candidacy
        | Event::LeaderElected
        | Event::LeaderDeposed
        | Event::EntryTruncated
        | Event::NodeStopped => None,
    }
}
