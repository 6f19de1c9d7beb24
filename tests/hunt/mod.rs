//! What looking for planted bugs takes: shared by a test and by the measurement in `benches/bugs.rs`.
#![allow(dead_code, unreachable_pub, reason = "each user needs its part")]

use squall::fuzz::{Sample, draw};
use squall::plan::{Plan, Profile};
use squall::replica::Bug;
use squall::report::{Judges, Report};
use squall::rng::Rate;
use squall::runner::{Options, in_order, judge};
use squall::scenario::read_profile;
use std::ops::ControlFlow;
use std::path::Path;

/// A profile that comes with Squall.
pub fn shipped(name: &str) -> Profile {
    let text = std::fs::read_to_string(
        Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/profiles").join(name).with_extension("ron"),
    );
    profile(&text.expect("a profile"))
}

/// The bugs that take leaders away rather than what was committed: an expectation fails, no rule of safety.
pub const OF_LIVENESS: [Bug; 5] = [
    Bug::TimerResetOnRefusal,
    Bug::TimeoutDrawnOnce,
    Bug::NextIndexStuck,
    Bug::BreakerShedsHeartbeats,
    Bug::RetryWithoutBackoff,
];

/// This profile with a bug planted; where it can't show in that one, a profile in which it can.
pub fn planted(name: &str, bug: Bug) -> Profile {
    let mut profile = match bug {
        Bug::TimeoutDrawnOnce => profile(include_str!("equal-timers.ron")),
        Bug::RoleUnchecked => profile(include_str!("strangers.ron")),
        Bug::BreakerShedsHeartbeats => profile(include_str!("breakers.ron")),
        Bug::RetryWithoutBackoff => profile(include_str!("retries.ron")),
        Bug::LeaseIgnoresDrift | Bug::TimersByWallClock => shipped("leases"),
        _ => shipped(name),
    };
    if let (Bug::TwoNodesInOneStep, Some(changes)) = (bug, &mut profile.cluster.changes) {
        // It takes one voter in the place of another, in the right instant of a split: so members change in each run.
        changes.likely = Rate::new(1.0).unwrap_or(changes.likely);
    }
    profile.cluster.bug = Some(bug);
    profile
}

pub fn profile(text: &str) -> Profile {
    match read_profile(text) {
        Ok((profile, warnings)) => {
            assert!(warnings.is_empty(), "{warnings:?}");
            profile
        }
        Err(errors) => panic!("{}", errors.render("profile", text, false)),
    }
}

pub fn report(plan: &Plan) -> Report {
    let mut judges = Judges::new(plan);
    let outcome = judge(plan, &mut judges, &mut [], &Options::default());
    Report::new(plan, &judges, outcome)
}

/// One run of a profile.
pub fn sample(profile: &Profile, seed: u64) -> Sample {
    let plan = draw(profile, seed);
    Sample::of(&plan, report(&plan))
}

/// The first seed from `start` on with which a planted bug is found.
pub fn found(profile: &Profile, start: u64) -> u64 {
    let mut found = None;
    in_order(
        2,
        5_000,
        |number| sample(profile, start + number),
        |number, sample| {
            found = sample.figures.failed().then_some(number);
            if found.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        },
    );
    found.unwrap_or_else(|| panic!("{:?} survived 5,000 seeds from {start} on", profile.cluster.bug))
}
