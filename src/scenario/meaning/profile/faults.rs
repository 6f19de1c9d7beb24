//! What can go wrong: in every cluster that can be drawn its targets exist, and a quorum keeps its disks.

use super::ranges::{reversed, times, wholes};
use crate::plan::{Action, Between, FaultRanges, Profile, StartRanges, StormRanges, Target};
use crate::scenario::bounds::{self, SHORTEST_MEAN};
use crate::scenario::meaning::faults::action;
use crate::scenario::meaning::setting::Setting;
use crate::scenario::meaning::{bounded_value, rate};
use crate::scenario::notes::Notes;
use crate::scenario::path::Path;
use crate::scenario::shape::Action as ActionShape;
use crate::scenario::shape::profile as shape;
use crate::time::{Duration, Time};

/// The faults that come a number of times.
pub(super) fn faults(
    path: &Path<'_>,
    faults: &[shape::Fault],
    profile: &Profile,
    notes: &mut Notes<'_>,
) -> Vec<FaultRanges> {
    let mut read = Vec::with_capacity(faults.len());
    for (i, fault) in faults.iter().enumerate() {
        let path = path.item(i);
        let field = |name| path.field(name);
        let length = times(&field("for"), fault.r#for, notes);
        let start = start(&path, fault, length.most, profile, notes);
        let least_voters = least_voters(&path, fault.least_voters, profile, notes);
        read.push(FaultRanges {
            likely: rate(&field("likely"), fault.likely, notes),
            least_voters,
            count: wholes(&field("count"), fault.count, bounds::FAULTS, notes),
            start,
            length,
            action: possible(&field("do"), &fault.r#do, least_voters, profile, notes),
        });
    }
    if notes.is_clean() {
        wipes(path, &read, profile, notes);
    }
    read
}

/// The storms.
pub(super) fn storms(
    path: &Path<'_>,
    storms: &[shape::Storm],
    profile: &Profile,
    notes: &mut Notes<'_>,
) -> Vec<StormRanges> {
    let mut read = Vec::with_capacity(storms.len());
    for (i, storm) in storms.iter().enumerate() {
        let path = path.item(i);
        let field = |name| path.field(name);
        let every = times(&field("every"), storm.every, notes);
        if every.least < SHORTEST_MEAN && every.least > Duration::ZERO {
            let message = format!("faults can't come more often than once in {SHORTEST_MEAN} on average");
            notes.error(&field("every"), message, format!("begin with \"{SHORTEST_MEAN}\" or more"));
        }
        let least_voters = least_voters(&path, storm.least_voters, profile, notes);
        let length = times(&field("for"), storm.r#for, notes);
        let stop = Duration::from_nanos(profile.settle.from.nanos());
        if length.most > stop {
            let message = format!("one may last for {}, but runs settle at {stop}", length.most);
            notes.error(&field("for"), message, "let them last shorter times");
        }
        if every.least >= stop {
            let message = format!("on average the first comes when runs have settled, at {stop}");
            notes.warn(&field("every"), message, "let them come more often, or lengthen `settle`");
        }
        let action = possible(&field("do"), &storm.r#do, least_voters, profile, notes);
        if action.takes_disks() {
            let help = "put it into `faults`, where it comes a given number of times";
            notes.error(&field("do"), "a storm of these would in time take the disks of a quorum", help);
        }
        read.push(StormRanges {
            likely: rate(&field("likely"), storm.likely, notes),
            least_voters,
            every,
            length,
            action,
        });
    }
    read
}

/// What the beginning of faults is drawn from, of which the longest lasts this long.
fn start(
    path: &Path<'_>,
    fault: &shape::Fault,
    longest: Duration,
    profile: &Profile,
    notes: &mut Notes<'_>,
) -> StartRanges {
    let stop = Duration::from_nanos(profile.settle.from.nanos());
    let field = |name| path.field(name);
    if let (None, Some(_)) = (fault.elected, fault.after) {
        let help = "say after which election: `elected: (1, 10)`";
        notes.error(&field("after"), "`after` counts from an election, and this has no `elected`", help);
    }
    match (fault.at, fault.elected) {
        (Some((least, most)), None) => {
            if least > most {
                reversed(&field("at"), (format!("\"{least}\""), format!("\"{most}\"")), notes);
            } else if most.saturating_add(longest) > stop {
                let end = most.saturating_add(longest);
                let message = format!("one may last until {end}, but runs settle at {stop}");
                notes.error(
                    &field("at"),
                    message,
                    "let them begin earlier, or last shorter times with `for`",
                );
            }
            let time = |time: Duration| Time::from_nanos(time.nanos());
            StartRanges::At(Between { least: time(least), most: time(most.max(least)) })
        }
        (None, Some((least, most))) => {
            for number in [least, most] {
                bounded_value(&field("elected"), number, bounds::ELECTED, notes);
            }
            if least > most {
                reversed(&field("elected"), (least, most), notes);
            }
            if longest > stop {
                let message = format!("one may last for {longest}, but runs settle at {stop}");
                notes.error(&field("for"), message, "let them last shorter times");
            }
            let at_once = Between { least: Duration::ZERO, most: Duration::ZERO };
            let after = fault.after.map_or(at_once, |after| times(&field("after"), after, notes));
            if after.most >= stop {
                let message = format!("this is longer than the time until runs settle, {stop}");
                notes.error(&field("after"), message, "let them begin sooner");
            }
            StartRanges::Elected { election: Between { least, most: most.max(least) }, after }
        }
        (Some(_), Some(_)) => {
            let help = "take one of the two away";
            notes.error(&field("elected"), "faults begin `at` a time or after some election, not both", help);
            StartRanges::At(Between { least: Time::ZERO, most: Time::ZERO })
        }
        (None, None) => {
            let help = "add times, `at: (\"1s\", \"10s\")`, or elections, `elected: (1, 10)`";
            notes.error(path, "these faults have no beginning", help);
            StartRanges::At(Between { least: Time::ZERO, most: Time::ZERO })
        }
    }
}

/// In how large a cluster something happens at the least.
fn least_voters(path: &Path<'_>, least: u64, profile: &Profile, notes: &mut Notes<'_>) -> u32 {
    let path = path.field("least_voters");
    let least = bounded_value(&path, least, bounds::VOTERS, notes) as u32;
    let most = profile.cluster.voters.iter().map(|(voters, _)| *voters).max().unwrap_or(0);
    if least > most {
        let message = format!("no cluster is so large: they have at most {most} voters");
        notes.warn(&path, message, "this never happens; take it away, or draw larger clusters");
    }
    least
}

/// What happens in clusters of at least so many voters. Notes an error if it can't in all of these.
fn possible(
    path: &Path<'_>,
    given: &ActionShape,
    least_voters: u32,
    profile: &Profile,
    notes: &mut Notes<'_>,
) -> Action {
    let mut sizes = sizes(profile, least_voters);
    if sizes.is_empty() {
        sizes.push(least_voters);
    }
    let largest = sizes[sizes.len() - 1];
    let before = notes.count();
    let read = action(path, given, &setting(largest, profile), notes);
    if notes.count() > before {
        return read;
    }
    let problem = |voters: u32| {
        let mut scratch = notes.scratch();
        action(path, given, &setting(voters, profile), &mut scratch);
        scratch.finish().err().and_then(|errors| errors.problems().first().map(|it| it.message().to_owned()))
    };
    let first = sizes.iter().find_map(|voters| Some((*voters, problem(*voters)?)));
    if let Some((voters, why)) = first {
        let enough = sizes.iter().find(|voters| problem(**voters).is_none()).unwrap_or(&largest);
        let message = format!("with {voters} voters this can't happen: {why}");
        notes.error(
            path,
            message,
            format!("let it happen in larger clusters only: `least_voters: {enough}`"),
        );
    }
    read
}

/// The sizes of clusters from this one on, in order.
fn sizes(profile: &Profile, least: u32) -> Vec<u32> {
    let mut sizes: Vec<u32> = profile.cluster.voters.iter().map(|(voters, _)| *voters).collect();
    sizes.retain(|voters| *voters >= least);
    sizes.sort_unstable();
    sizes
}

fn setting(voters: u32, profile: &Profile) -> Setting<'static> {
    Setting { run: profile.duration, settle: Some(profile.settle.from), ..Setting::of_voters(voters) }
}

/// Notes faults that may take the disks of more nodes than a quorum can spare: what was committed would be lost, and
/// no protocol could help it.
fn wipes(path: &Path<'_>, faults: &[FaultRanges], profile: &Profile, notes: &mut Notes<'_>) {
    for voters in sizes(profile, 1) {
        let spared = (voters - 1) / 2;
        let mut wiped = 0_u64;
        for (i, fault) in faults.iter().enumerate().filter(|(_, fault)| fault.least_voters <= voters) {
            let (Action::Wipe(target) | Action::Rot(target)) = fault.action else { continue };
            wiped += u64::from(fault.count.most) * u64::from(hit(target, voters));
            if wiped > u64::from(spared) {
                let message =
                    format!("of {voters} disks {wiped} may be lost, and a quorum can spare {spared}");
                let help = "let fewer be lost, or in larger clusters only, with `least_voters`";
                let item = path.item(i);
                return notes.error(&item.field("do"), message, help);
            }
        }
    }
}

/// How many nodes a target is.
fn hit(target: Target, voters: u32) -> u32 {
    match target {
        Target::Nodes(nodes) => nodes.len(),
        Target::Majority => voters / 2 + 1,
        Target::Minority => (voters - 1) / 2,
        Target::All | Target::Rest => voters,
        Target::Node(_) | Target::Leader | Target::Follower(_) | Target::Random | Target::Named(_) => 1,
    }
}
