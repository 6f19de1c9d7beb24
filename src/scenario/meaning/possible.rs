//! What can happen in a run at all.

use super::frame_faults;
use crate::plan::{Action, Cluster, Event, Plan};
use crate::replica::ReadBy;
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
        Event::IndexRead | Event::LeaseRead | Event::FollowerRead | Event::LocalRead | Event::ReadRound => {
            load().or_else(|| unread(event, plan))
        }
        Event::RequestRefused if is_flooded(plan) => None,
        Event::OperationDone | Event::OperationUnknown | Event::RequestRefused => load(),
        Event::RequestPutOff => {
            let none = plan.cluster.raft.flow.max_uncommitted_bytes.is_none()
                && !actions.any(|action| matches!(action, Action::Transfer(_)));
            let help = "bound what they take: `raft: (max_uncommitted_bytes: 1000000)`";
            load().or(none.then_some(("leaders take whatever they are asked for", help)))
        }
        Event::FrameLost | Event::CallFailed => alone(),
        Event::NodeCrashed
        | Event::DiskFilled
        | Event::NodeRestarted
        | Event::NodeBlank
        | Event::TransferBegun
        | Event::TransferAsked
        | Event::TransferAborted
        | Event::TransferRefused
        | Event::MembersChanged
        | Event::ChangeBegun
        | Event::LearnerCaughtUp
        | Event::ChangeDone
        | Event::ChangeAborted
        | Event::ChangeRefused => undone(event, actions),
        Event::TornTailCut | Event::InboxOverflowed | Event::SnapshotTaken | Event::SnapshotInstalled => {
            without(event, &plan.cluster)
        }
        Event::FaultSkipped => {
            let none = actions.next().is_none();
            none.then_some(("there are no faults", "add some: `faults: [(at: \"5s\", do: Crash(Leader))]`"))
        }
        Event::RetryBudgetSpent => load().or_else(|| unrestrained(event, plan)),
        Event::BreakerOpened | Event::ProbeFailed | Event::ProbeSucceeded | Event::FrameShed => {
            unrestrained(event, plan)
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
        | Event::AccessDenied
        | Event::NodeStopped => None,
        // All others are about what happens to frames.
        _ => frame_faults::impossible(event, plan, alone()),
    }
}

/// Why nothing keeps clients or leaders from asking.
fn unrestrained(event: Event, plan: &Plan) -> Option<(&'static str, &'static str)> {
    let clients = plan.clients.as_ref();
    if event == Event::RetryBudgetSpent {
        let none = clients.is_none_or(|clients| clients.backoff.budget.is_none());
        let help = "give them one: `clients: (backoff: (budget: ()))`";
        return none.then_some(("clients may ask again without end", help));
    }
    let none = plan.cluster.breaker.is_none() && clients.is_none_or(|clients| clients.breaker.is_none());
    none.then_some(("there are no breakers", "add some: `clients: (breaker: ())`"))
}

/// Whether requests come from others than clients.
fn is_flooded(plan: &Plan) -> bool {
    let storms = plan.storms.iter().map(|storm| &storm.action);
    let mut actions = plan.faults.iter().map(|fault| &fault.action).chain(storms);
    actions.any(|action| matches!(action, Action::Flood { .. }))
}

/// Why a cluster like this has nothing of it.
fn without(event: Event, cluster: &Cluster) -> Option<(&'static str, &'static str)> {
    match event {
        Event::TornTailCut => {
            let none = cluster.torn == Rate::ZERO;
            none.then_some(("crashes leave no torn writes", "let them: `cluster: (disk: (torn: 0.5))`"))
        }
        Event::InboxOverflowed => {
            let none = !cluster.cpu.costs() && !cluster.blocking;
            let help = "let frames cost something: `cluster: (host: (cost_per_frame: \"20us\"))`";
            none.then_some(("frames are served at no cost, so none waits in an inbox", help))
        }
        _ => {
            let none = cluster.raft.snapshot_every.is_none();
            let help = "let nodes take some: `raft: (snapshot_every: 1000000)`";
            none.then_some(("nodes take no snapshots", help))
        }
    }
}

/// Why no fault brings this about.
fn undone<'p>(
    event: Event,
    mut actions: impl Iterator<Item = &'p Action>,
) -> Option<(&'static str, &'static str)> {
    let (brings, why): (fn(&Action) -> bool, _) = match event {
        Event::DiskFilled => (
            |action| matches!(action, Action::DiskFull(_)),
            ("no disk fills up", "add a `DiskFull` to `faults` or `storm`"),
        ),
        Event::NodeCrashed | Event::NodeRestarted => (
            |action| matches!(action, Action::Crash(_) | Action::Wipe(_) | Action::DiskFull(_)),
            ("no fault takes a machine down", "add a `Crash` to `faults` or `storm`"),
        ),
        Event::NodeBlank => (
            |action| matches!(action, Action::Wipe(_)),
            ("no fault wipes a disk", "add a `Wipe` to `faults` or `storm`"),
        ),
        Event::TransferBegun | Event::TransferAsked | Event::TransferAborted | Event::TransferRefused => (
            |action| matches!(action, Action::Transfer(_)),
            ("nobody asks for a transfer", "add a `Transfer` to `faults` or `storm`"),
        ),
        _ => (
            Action::changes_members,
            ("nobody changes the members", "add a change to `faults`: `Remove(Node(1))`"),
        ),
    };
    (!actions.any(brings)).then_some(why)
}

/// Why reads are not answered in this way.
fn unread(event: Event, plan: &Plan) -> Option<(&'static str, &'static str)> {
    let reads = plan.cluster.raft.reads;
    if plan.clients.as_ref().is_some_and(|clients| clients.mix.get == 0) {
        return Some(("clients read nothing", "give `get` a weight in `mix`"));
    }
    let is_asked = matches!(reads.by, ReadBy::Index | ReadBy::Lease);
    match event {
        Event::LeaseRead => (reads.by != ReadBy::Lease)
            .then_some(("leaders hold no leases", "let them: `raft: (sticky: true, read: Lease)`")),
        Event::LocalRead => (reads.by != ReadBy::Local)
            .then_some(("nodes ask before they answer reads", "write `raft: (read: Local)`")),
        Event::FollowerRead => (!is_asked || !reads.at_followers).then_some((
            "followers answer no reads",
            "let them: `raft: (read: Index, follower_reads: true)`",
        )),
        _ => (!is_asked).then_some(("no leader asks anybody about a read", "write `raft: (read: Index)`")),
    }
}
