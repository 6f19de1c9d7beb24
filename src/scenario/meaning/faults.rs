//! The second pass over scripted faults: when each begins and ends, and what it does.

use super::frame_faults::on_frames;
use super::moments::called;
use super::names;
use super::overlaps::overlaps;
use super::setting::Setting;
use super::shapes::{Alone, shape};
use super::targets::{MOST_COMPARED, joining, quoted_list, several, single};
use super::{bounded_value, distribution, limited, mean, node, positive};
use super::{clocks, hosts};
use crate::ids::Index;
use crate::plan::{Action, End, Fault, Milestone, Start};
use crate::replica::Traffic;
use crate::rng::Distribution;
use crate::scenario::bounds::{self, SHORTEST_MEAN};
use crate::scenario::nearest::nearest;
use crate::scenario::notes::Notes;
use crate::scenario::path::Path;
use crate::scenario::problem::excerpt;
use crate::scenario::shape;
use crate::time::{Duration, Time};
use std::collections::BTreeMap;

/// The ids of faults, each with the place of its fault.
pub(super) fn ids<'a>(
    path: &Path<'_>,
    faults: &'a [shape::Fault],
    notes: &mut Notes<'_>,
) -> BTreeMap<&'a str, u32> {
    let mut ids: BTreeMap<&str, u32> = BTreeMap::new();
    for (i, fault) in faults.iter().enumerate() {
        let Some(id) = &fault.id else { continue };
        let item = path.item(i);
        let path_of_id = item.field("id");
        if id.is_empty() || id.chars().count() > names::LONGEST_NAME || id.chars().any(char::is_control) {
            let message = format!("an id has 1 to {} characters and fits on one line", names::LONGEST_NAME);
            notes.error(&path_of_id, message, "name it, or leave `id` out");
        }
        if let Some(&first) = ids.get(id.as_str()) {
            let message = format!("two faults have this id: faults[{first}] and faults[{i}]");
            let first = path.item(first as usize);
            let beside = (&first.field("id"), "given here first");
            notes.error_beside(&path_of_id, message, "give each an id of its own", beside);
        } else {
            ids.insert(id, i as u32);
        }
    }
    ids
}

/// The place of the fault of this id; none, and an error, if there is none.
pub(super) fn fault_of(
    path: &Path<'_>,
    id: &str,
    setting: &Setting<'_>,
    notes: &mut Notes<'_>,
) -> Option<u32> {
    if let Some(&place) = setting.ids.get(id) {
        return Some(place);
    }
    let known: Vec<&str> = setting.ids.keys().copied().take(MOST_COMPARED).collect();
    let near = if notes.is_full() { None } else { nearest(id, &known) };
    let help = match near {
        Some(near) => format!("did you mean \"{near}\"?"),
        None if known.is_empty() => {
            format!("give the fault that is meant an id: `(id: \"{}\", ..)`", excerpt(id))
        }
        None => format!("there are {}", quoted_list(&known)),
    };
    notes.error(path, format!("no fault has the id `{}`", excerpt(id)), help);
    None
}

/// Which faults may overlap others: those that say so, and those of which it is not known what they are.
pub(super) fn may_overlap(path: &Path<'_>, faults: &[shape::Fault], notes: &Notes<'_>) -> Vec<bool> {
    let may =
        |(i, fault): (usize, &shape::Fault)| fault.overlap == Some(true) || notes.is_mended(&path.item(i));
    faults.iter().enumerate().map(may).collect()
}

/// What goes wrong, in the order of the file.
pub(super) fn faults(
    path: &Path<'_>,
    faults: &[shape::Fault],
    may_overlap: impl Fn(usize) -> bool,
    setting: &Setting<'_>,
    notes: &mut Notes<'_>,
) -> Vec<Fault> {
    let mut read = Vec::with_capacity(faults.len());
    for (i, fault) in faults.iter().enumerate() {
        let path = path.item(i);
        let start = start(&path, i, fault, setting, notes);
        let spread = fault.spread.unwrap_or_default();
        limited(&path.field("spread"), spread, notes);
        let end = end(&path, fault, setting, notes);
        let action = action(&path.field("do"), &fault.r#do, setting, notes);
        read.push(Fault { id: fault.id.clone(), start, spread, end, action });
    }
    chains(path, &read, notes);
    overlaps(path, &read, may_overlap, setting, notes);
    read
}

/// When the fault begins.
fn start(
    path: &Path<'_>,
    place: usize,
    fault: &shape::Fault,
    setting: &Setting<'_>,
    notes: &mut Notes<'_>,
) -> Start {
    if let (None, Some(after)) = (&fault.when, fault.after) {
        let help = match fault.at {
            Some(at) if waits_for_a_leader(&fault.r#do) => {
                let at = at.saturating_add(after);
                format!(
                    "write `at: \"{at}\"`: from then on it waits for a leader by itself; or count from one: `when: Elected(1), after: \"{after}\"`"
                )
            }
            Some(at) => format!("write `at: \"{}\"`, or say `when`", at.saturating_add(after)),
            None => "say what it waits for: `when: Elected(1)`".to_string(),
        };
        notes.error(
            &path.field("after"),
            "`after` counts from a milestone, and this fault has no `when`",
            help,
        );
    }
    match (fault.at, &fault.when) {
        (Some(_), Some(_)) => {
            let help = "take one of the two away; `after` is how long after `when` it begins";
            notes.error(&path.field("when"), "a fault begins by `at` or by `when`, not both", help);
        }
        (Some(at), None) => {
            begin(path, at, fault.spread.unwrap_or_default(), setting, notes);
            return Start::At(Time::from_nanos(at.nanos()));
        }
        (None, Some(milestone)) => {
            let after = fault.after.unwrap_or_default();
            if after >= setting.stop() {
                let message = format!("this is longer than {}", until_stop(setting));
                notes.error(&path.field("after"), message, "let it begin sooner");
            }
            let milestone = self::milestone(&path.field("when"), place, milestone, setting, notes);
            return Start::When { milestone, after };
        }
        (None, None) if fault.after.is_some() => {}
        (None, None) => {
            let help = "add a time, `at: \"5s\"`, or what it waits for, `when: Elected(1)`";
            notes.error(path, "this fault has no beginning", help);
        }
    }
    Start::At(Time::ZERO)
}

/// Whether it asks the leader for something, and so begins only when there is one.
const fn waits_for_a_leader(action: &shape::Action) -> bool {
    matches!(
        action,
        shape::Action::Transfer(_)
            | shape::Action::AddLearner(_)
            | shape::Action::Promote(_)
            | shape::Action::Remove(_)
            | shape::Action::Replace(_)
    )
}

/// What the time is called within which faults happen.
fn until_stop(setting: &Setting<'_>) -> String {
    match setting.settle {
        Some(settle) => format!("the time until the run settles, {settle}"),
        None => format!("the run, which lasts {}", setting.run),
    }
}

/// Notes a beginning after the end.
fn begin(path: &Path<'_>, at: Duration, spread: Duration, setting: &Setting<'_>, notes: &mut Notes<'_>) {
    let latest = at.saturating_add(spread);
    if at >= setting.run {
        let message = format!("the fault begins at {at}, but the run ends at {}", setting.run);
        notes.error(&path.field("at"), message, "let it begin earlier, or lengthen `duration`");
    } else if at >= setting.stop() {
        let message = format!("the fault begins at {at}, but the run settles at {}", setting.stop());
        notes.error(&path.field("at"), message, "from `settle` on nothing goes wrong; let it begin earlier");
    } else if latest >= setting.stop() {
        let message =
            format!("with its spread the fault may begin as late as {latest}, after all faults are over");
        let help = format!("it has to begin before {}; shorten `spread`", setting.stop());
        notes.error(&path.field("spread"), message, help);
    }
}

fn milestone(
    path: &Path<'_>,
    place: usize,
    milestone: &shape::Milestone,
    setting: &Setting<'_>,
    notes: &mut Notes<'_>,
) -> Milestone {
    let anything = Milestone::Elected(1);
    match milestone {
        shape::Milestone::Leader(number) => {
            node(path, *number, setting.nodes, notes).map_or(anything, Milestone::Leader)
        }
        shape::Milestone::Committed(index) => {
            Milestone::Committed(Index(bounded_value(path, *index, bounds::COMMITTED, notes)))
        }
        shape::Milestone::Elected(n) => Milestone::Elected(bounded_value(path, *n, bounds::ELECTED, notes)),
        shape::Milestone::Changed(n) => Milestone::Changed(bounded_value(path, *n, bounds::CHANGED, notes)),
        shape::Milestone::Fault(id) | shape::Milestone::End(id) => {
            let Some(other) = fault_of(path, id, setting, notes) else { return anything };
            if other as usize == place {
                notes.error(path, "a fault can't wait for itself", "name another fault, or write `at`");
                return anything;
            }
            match milestone {
                shape::Milestone::End(_) => Milestone::End(other),
                _ => Milestone::Fault(other),
            }
        }
    }
}

/// When the fault ends.
fn end(path: &Path<'_>, fault: &shape::Fault, setting: &Setting<'_>, notes: &mut Notes<'_>) -> End {
    let at = fault.at.unwrap_or_default();
    match (fault.until, fault.r#for) {
        (Some(_), Some(_)) => {
            let help = "take `for` away, or `until`";
            notes.error(&path.field("for"), "a fault has `until` or `for`, not both", help);
            End::Never
        }
        (Some(until), None) => {
            let latest = at.saturating_add(fault.spread.unwrap_or_default());
            let path = path.field("until");
            if until <= at {
                let message = format!("the fault ends at {until}, which is not after its beginning at {at}");
                notes.error(&path, message, "`until` is a time of the run; a length is given by `for`");
            } else if until <= latest {
                let message = format!(
                    "the fault ends at {until}, but with its spread it may begin as late as {latest}"
                );
                notes.error(&path, message, "shorten `spread`, or write `for` instead of `until`");
            }
            ends_in_time(&path, until, at, setting, notes);
            End::Until(Time::from_nanos(until.nanos()))
        }
        (None, Some(length)) => {
            let path = path.field("for");
            positive(&path, length, notes);
            if fault.at.is_some() {
                ends_in_time(&path, at.saturating_add(length), at, setting, notes);
            } else if length > setting.stop() {
                let message = format!("this is longer than {}", until_stop(setting));
                notes.error(&path, message, "leave `for` out if it lasts as long as it can");
            }
            End::For(length)
        }
        (None, None) => End::Never,
    }
}

/// Notes an end that never comes, since all ends before.
fn ends_in_time(
    path: &Path<'_>,
    until: Duration,
    at: Duration,
    setting: &Setting<'_>,
    notes: &mut Notes<'_>,
) {
    if until > setting.run && at < setting.run {
        let message = format!("the fault ends at {until}, after the run, which ends at {}", setting.run);
        notes.error(path, message, "leave `until` and `for` out if it lasts to the end");
    } else if until > setting.stop() && at < setting.stop() {
        let message = format!("the fault ends at {until}, but the run settles at {}", setting.stop());
        let help = "`settle` ends every fault; leave `until` and `for` out if it lasts to there";
        notes.error(path, message, help);
    }
}

/// Notes faults that wait for each other, or for the end of one that has none.
fn chains(path: &Path<'_>, faults: &[Fault], notes: &mut Notes<'_>) {
    let awaited = |place: usize| match faults[place].start {
        Start::When { milestone: Milestone::Fault(other) | Milestone::End(other), .. } => {
            Some(other as usize)
        }
        _ => None,
    };
    // In which walk each fault was met: who meets one of its own walk goes in a circle.
    let mut met = vec![usize::MAX; faults.len()];
    for first in 0..faults.len() {
        let mut here = Some(first);
        while let Some(place) = here.filter(|place| met[*place] == usize::MAX) {
            met[place] = first;
            here = awaited(place);
        }
        if let Some(again) = here.filter(|place| met[*place] == first) {
            let item = path.item(again);
            let other = awaited(again).unwrap_or(again);
            let other = called(faults, other);
            let message = format!("this waits for {other}, and that in the end for this");
            notes.error(&item.field("when"), message, "let one of them begin `at` a time");
        }
    }
    for (place, fault) in faults.iter().enumerate() {
        if let Start::When { milestone: Milestone::End(other), .. } = fault.start
            && faults[other as usize].end == End::Never
        {
            let item = path.item(place);
            let action = &faults[other as usize].action;
            let other = called(faults, other as usize);
            let (message, help) = match action {
                Action::Transfer(_) => (
                    format!(
                        "this waits for the end of {other}, and nothing ends that: it is asked for, once"
                    ),
                    "wait for its beginning, `Fault(..)`, or for the next leader, `Elected(2)`".to_string(),
                ),
                action if action.changes_members() => (
                    format!(
                        "this waits for the end of {other}, and nothing ends that: it is asked for, once"
                    ),
                    "wait until a change is done, `Changed(1)`, or for its beginning, `Fault(..)`"
                        .to_string(),
                ),
                _ => (
                    format!("this waits for the end of {other}, which lasts until no fault may begin"),
                    format!("give {other} an end with `for` or `until`"),
                ),
            };
            notes.error(&item.field("when"), message, help);
        }
    }
}

/// The traffic of this name.
const fn traffic(kind: shape::Traffic) -> Traffic {
    match kind {
        shape::Traffic::Votes => Traffic::Votes,
        shape::Traffic::PreVotes => Traffic::PreVotes,
        shape::Traffic::Entries => Traffic::Entries,
        shape::Traffic::Heartbeats => Traffic::Heartbeats,
        shape::Traffic::Snapshots => Traffic::Snapshots,
        shape::Traffic::Answers => Traffic::Answers,
        shape::Traffic::Handovers => Traffic::Handovers,
        shape::Traffic::Reads => Traffic::Reads,
        shape::Traffic::Requests => Traffic::Requests,
    }
}

/// What a fault does.
pub(super) fn action(
    path: &Path<'_>,
    action: &shape::Action,
    setting: &Setting<'_>,
    notes: &mut Notes<'_>,
) -> Action {
    let nodes = |target: &shape::Target, notes: &mut Notes<'_>| {
        several(path, target, setting, notes).unwrap_or(crate::plan::Target::Random)
    };
    let one = |target: &shape::Target, notes: &mut Notes<'_>| {
        single(path, target, setting, notes).unwrap_or(crate::plan::Target::Random)
    };
    match action {
        shape::Action::Crash(target) => Action::Crash(nodes(target, notes)),
        shape::Action::Wipe(target) => Action::Wipe(nodes(target, notes)),
        shape::Action::Deaf(target) => Action::Deaf(nodes(target, notes)),
        shape::Action::Mute(target) => Action::Mute(nodes(target, notes)),
        shape::Action::DiskStall(target) => Action::DiskStall(nodes(target, notes)),
        shape::Action::DiskFull(target) => Action::DiskFull(nodes(target, notes)),
        shape::Action::LoseFlush(target) => Action::LoseFlush(nodes(target, notes)),
        shape::Action::Rot(target) => Action::Rot(nodes(target, notes)),
        shape::Action::Drift(drift) => Action::Drift {
            nodes: nodes(&drift.nodes, notes),
            ppm: clocks::drift(&path.field("ppm"), drift.ppm, notes),
        },
        shape::Action::Starve(starve) => {
            Action::Starve { kind: traffic(starve.kind), to: nodes(&starve.to, notes) }
        }
        shape::Action::Skew(put) => {
            Action::Skew { nodes: nodes(&put.nodes, notes), ahead_ns: clocks::ahead(path, put, notes) }
        }
        shape::Action::Step(put) => {
            Action::Step { nodes: nodes(&put.nodes, notes), ahead_ns: clocks::ahead(path, put, notes) }
        }
        shape::Action::Pause(target) => Action::Pause(nodes(target, notes)),
        shape::Action::Slow(slow) => hosts::slow_down(path, nodes(&slow.target, notes), slow, notes),
        shape::Action::Flood(flood) => hosts::flood(path, nodes(&flood.target, notes), flood, notes),
        shape::Action::Transfer(target) => Action::Transfer(one(target, notes)),
        shape::Action::AddLearner(target) => Action::AddLearner(newcomer(path, target, setting, notes)),
        shape::Action::Promote(target) => Action::Promote(newcomer(path, target, setting, notes)),
        shape::Action::Remove(target) => Action::Remove(one(target, notes)),
        shape::Action::Replace(shape::Replace { old, new }) => {
            let old = one(old, notes);
            match joining(&path.field("new"), *new, setting, notes) {
                Some(new) => Action::Replace { old, new },
                // Nothing else is to be said of it.
                None => Action::Transfer(crate::plan::Target::Random),
            }
        }
        shape::Action::Partition(links) => {
            Action::Partition(shape(path, links, Alone::Isolate, setting, notes))
        }
        shape::Action::Clog(links) => Action::Clog(shape(path, links, Alone::Isolate, setting, notes)),
        shape::Action::Lose(_)
        | shape::Action::Duplicate(_)
        | shape::Action::Delay(_)
        | shape::Action::Corrupt(_)
        | shape::Action::Misdirect(_)
        | shape::Action::Replay(_)
        | shape::Action::Forge(_) => on_frames(path, action, setting, notes),
        shape::Action::Flap(flap) => Action::Flap {
            shape: shape(path, &flap.links(), Alone::Isolate, setting, notes),
            down: turn(&path.field("down"), flap.down, notes),
            up: turn(&path.field("up"), flap.up, notes),
        },
    }
}

/// A node that is to join, or to get a vote.
fn newcomer(
    path: &Path<'_>,
    target: &shape::Target,
    setting: &Setting<'_>,
    notes: &mut Notes<'_>,
) -> crate::plan::Target {
    let target = match target {
        shape::Target::Node(number) => joining(path, *number, setting, notes).map(crate::plan::Target::Node),
        other => single(path, other, setting, notes),
    };
    target.unwrap_or(crate::plan::Target::Random)
}

/// How long flapping links stay as they are.
fn turn(path: &Path<'_>, given: shape::Distribution, notes: &mut Notes<'_>) -> Distribution {
    let before = notes.count();
    let read = distribution(path, given, notes);
    if notes.count() == before {
        if mean(&read) < SHORTEST_MEAN {
            let message = format!("links can't flap faster than once in {SHORTEST_MEAN} on average");
            notes.error(path, message, format!("write `Constant(\"{SHORTEST_MEAN}\")` or more"));
        } else if read.min() == Duration::ZERO {
            let help = match given {
                shape::Distribution::Exponential { mean, .. } => {
                    format!(
                        "give it a least length: `Exponential(min: \"{SHORTEST_MEAN}\", mean: \"{mean}\")`"
                    )
                }
                _ => format!("raise the least to \"{SHORTEST_MEAN}\""),
            };
            notes.error(path, "this may last no time at all", help);
        }
    }
    read
}
