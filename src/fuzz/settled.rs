//! What a random run owes that settles for a core of its nodes only.
//!
//! The core is a quorum with which nothing is wrong. Others may campaign as well, for ever. Where one of them may get as far as
//! votes and not lead, only by chance does one of the core campaign first: a round succeeds as often as with all nodes, times
//! the core's share of them. What is owed is owed
//! only where servers ask for pre-votes, look after their quorum and refuse while a leader is current; else one that hears
//! nobody, or reaches some, deposes leader after leader. And it is owed only where the members stay the same, and clients
//! ask as long as they may.
//!
//! Within the bound of all that `owed` has for a leader that stays and for bringing others up to date each step of `Settled`
//! is done: a client meets all nodes outside the core in vain before, each until its patience ends. If there is time, clients
//! are quiet for as long first.

use super::overload::Serving;
use super::owed::{
    Asked, IN_TIME, Times, actions, duration, is_unrestrained, may_be_led_astray, may_end_without_quorum,
    seconds, stragglers,
};
use crate::plan::{Action, Core, Expectation, Moment, Plan};
use crate::rng::Rate;
use crate::time::Time;

/// Lets a plan owe what it does, and be quiet before.
pub(super) fn owe(plan: &mut Plan) {
    let Some(settle) = plan.settle.filter(|settle| settle.core != Core::All) else { return };
    let raft = &plan.cluster.raft;
    let is_protected = raft.pre_vote && raft.check_quorum && raft.sticky && !plan.members_vary();
    if !is_protected || may_end_without_quorum(plan) || may_be_led_astray(plan) {
        return;
    }
    let Some(serving) = Serving::of(plan) else { return };
    let mut times = Times::of(plan, &serving);
    if may_waste_rounds(plan) {
        times = times.of_majority();
    }
    let left = plan.duration.as_secs_f64() - seconds(settle.from.since(Time::ZERO));
    let late = stragglers(plan) + serving.drain;
    let Some(elected) = times.elected_usually().map(|bound| bound + late).filter(|bound| *bound <= left)
    else {
        return;
    };
    plan.expectations.push(Expectation::LeaderWithin { bound: duration(elected), after: Moment::Settle });
    let Some(within) = each_step(plan, &times).map(|bound| bound + late) else { return };
    let has_time = |much: f64| much <= IN_TIME * left;
    if has_time(within) {
        plan.expectations.push(Expectation::Settled { within: duration(within) });
    }
    if has_time(2.0 * within)
        && let Some(settle) = &mut plan.settle
    {
        settle.quiet = duration(within);
    }
}

/// Whether a node outside may get pre-votes of a quorum, and then no votes: where frames get lost or late by chance, a kind of
/// them is withheld, or a node has fallen behind. Who is down, stopped or cut off gets neither; who reaches a quorum both ways leads.
fn may_waste_rounds(plan: &Plan) -> bool {
    let wastes = |action: &Action| {
        action.on_frames().is_some()
            || matches!(
                action,
                Action::Starve { .. } | Action::Slow { .. } | Action::Flood { .. } | Action::Drift { .. }
            )
    };
    let link = &plan.network.default;
    let is_lossy = link.loss != Rate::ZERO || link.duplicate != Rate::ZERO;
    is_lossy || actions(plan).any(wastes)
}

/// How long each step may take, beyond what is late at first; none if that can't be said.
fn each_step(plan: &Plan, times: &Times) -> Option<f64> {
    let clients = plan.clients.as_ref().filter(|clients| is_unrestrained(clients))?;
    let asked = Asked::of(clients, times, plan);
    let closed = match &plan.cluster.breaker {
        Some(_) if 1.5 * times.round_trip() >= seconds(plan.cluster.call_timeout) => return None,
        Some(breaker) => 2.0 * (seconds(breaker.cool_down) + seconds(plan.cluster.call_timeout)),
        None => 0.0,
    };
    let in_vain = f64::from(plan.cluster.voters / 2 + 4) * seconds(clients.timeout);
    Some(times.stable()? + times.caught_up(&asked, plan)? + closed + in_vain + 2.0 * asked.gap)
}
