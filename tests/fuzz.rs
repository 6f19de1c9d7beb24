//! Random runs: drawn plans are valid, and a function of profile and seed alone.

mod common;

use common::path;
use squall::fuzz::draw;
use squall::plan::{Expectation, Plan, Profile};
use squall::scenario::{read, read_profile, write};

/// A profile that comes with Squall.
fn shipped(name: &str) -> Profile {
    let text = std::fs::read_to_string(path("scenarios/profiles").join(name).with_extension("ron"));
    profile(&text.expect("a profile"))
}

fn profile(text: &str) -> Profile {
    match read_profile(text) {
        Ok((profile, warnings)) => {
            assert!(warnings.is_empty(), "{warnings:?}");
            profile
        }
        Err(errors) => panic!("{}", errors.render("profile", text, false)),
    }
}

fn reads_back(plan: &Plan) {
    let text = write(plan);
    match read(&text) {
        Ok((again, _)) => assert_eq!(&again, plan, "{text}"),
        Err(errors) => panic!("{}", errors.render("drawn", &text, false)),
    }
}

#[test]
fn every_plan_drawn_is_a_scenario() {
    for name in ["default"] {
        let profile = shipped(name);
        assert_eq!(profile.name, name);
        for seed in 0..3_000 {
            let plan = draw(&profile, seed);
            assert_eq!(plan, draw(&profile, seed));
            reads_back(&plan);
        }
    }
}

#[test]
fn most_runs_owe_a_leader_and_many_service() {
    let profile = shipped("default");
    let count = |is: fn(&Expectation) -> bool| {
        (0..1_000).filter(|seed| draw(&profile, *seed).expectations.iter().any(is)).count()
    };
    let leader = count(|it| matches!(it, Expectation::LeaderWithin { .. }));
    let progress = count(|it| matches!(it, Expectation::Progress { .. }));
    let service = count(|it| matches!(it, Expectation::Returns { .. }));
    assert!(leader > 700 && progress > 280 && service > 180, "{leader} {progress} {service}");
}
