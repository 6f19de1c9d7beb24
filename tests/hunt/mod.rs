//! What looking for planted bugs takes: shared by tests and by the measurement in `benches/shrink.rs`.
#![allow(dead_code, unreachable_pub, reason = "each user needs its part")]

use squall::fuzz::{Sample, draw};
use squall::plan::{Plan, Profile};
use squall::replica::Bug;
use squall::report::{Judges, Report};
use squall::runner::gallery::{Breaks, Exhibit, GALLERY};
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

/// What the gallery has of a bug.
pub fn exhibit(bug: Bug) -> Exhibit {
    *GALLERY.iter().find(|exhibit| exhibit.bug == bug).expect("each bug is in the gallery")
}

/// Whether a bug takes leaders away rather than what was committed: an expectation fails, no rule of safety.
pub fn is_of_liveness(bug: Bug) -> bool {
    !matches!(exhibit(bug).breaks, Breaks::Safety(_))
}

/// The profile in which a bug is found soonest, with the bug planted.
pub fn planted(bug: Bug) -> Profile {
    let mut profile = shipped(match bug {
        Bug::LeaseIgnoresDrift | Bug::TimersByWallClock => "leases",
        Bug::TimeoutDrawnOnce => "equal-timers",
        Bug::TwoNodesInOneStep => "replacements",
        Bug::RoleUnchecked => "hostile",
        Bug::BreakerShedsHeartbeats => "breakers",
        Bug::RetryWithoutBackoff => "retries",
        _ => "default",
    });
    profile.cluster.bug = Some(bug);
    profile.mixture.clear();
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
    Sample::of(&plan, &report(&plan))
}

/// The first seed from `start` on with which a planted bug is found.
pub fn found(profile: &Profile, start: u64) -> u64 {
    let mut found = None;
    in_order(
        2,
        5_000,
        |number| sample(profile, start + number),
        |number, sample| {
            found = sample.failed().then_some(number);
            if found.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        },
    );
    found.unwrap_or_else(|| panic!("{:?} survived 5,000 seeds from {start} on", profile.cluster.bug))
}
