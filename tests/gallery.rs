//! The gallery of planted bugs judges the checkers: each bug is caught by its script, with the checker named for it.

use crate::common;
use common::path;
use squall::check::Verdict;
use squall::plan::Expectation;
use squall::replica::Bug;
use squall::report::{Judges, Outcome, Report};
use squall::runner::gallery::{Breaks, Exhibit, Found, GALLERY};
use squall::runner::{Options, judge, simulate};
use std::fs;

#[test]
fn every_bug_is_in_the_gallery_with_a_script_of_its_own() {
    assert_eq!(GALLERY.map(|exhibit| exhibit.bug), Bug::ALL);
    for exhibit in GALLERY {
        let plan = exhibit.plan().expect("a scenario");
        assert_eq!(format!("{:?}", exhibit.bug), exhibit.name);
        assert_eq!((plan.cluster.raft.bug, &*plan.name), (Some(exhibit.bug), exhibit.file));
        assert_eq!(fs::read_to_string(path(&exhibit.path())).expect("a file"), exhibit.script);
        if let Breaks::Safety(property) = exhibit.breaks {
            assert!(plan.expectations.contains(&Expectation::Violates(property)), "{}", exhibit.name);
        }
    }
    let files = fs::read_dir(path("scenarios/bugs")).expect("a folder").count();
    assert_eq!(files, GALLERY.len(), "each script shows a bug");
}

#[test]
fn every_bug_is_caught_by_its_script_with_the_checker_named_for_it() {
    for exhibit in GALLERY {
        let shown = exhibit.show().expect("a scenario");
        assert!(shown.caught, "{}: {shown:?}", exhibit.name);
        assert!(shown.by.contains(&exhibit.breaks.name()), "{}: {shown:?}", exhibit.name);
    }
}

/// A bug that does nothing is not caught, nor is a run that breaks the rule by itself.
#[test]
fn a_script_without_its_bug_catches_nothing() {
    let of = |bug: Bug| *GALLERY.iter().find(|exhibit| exhibit.bug == bug).expect("an exhibit");
    let tame: String = of(Bug::LocalRead).script.replace("bug: LocalRead", "");
    let shown = Exhibit { script: tame.leak(), ..of(Bug::LocalRead) }.show().expect("a scenario");
    assert!(!shown.caught && shown.by.is_empty(), "{shown:?}");
    let wild: String = of(Bug::LocalRead).script.replace("read: Index", "read: Local");
    let shown = Exhibit { script: wild.leak(), ..of(Bug::LocalRead) }.show().expect("a scenario");
    assert!(!shown.caught && shown.at.is_some(), "it breaks the rule without the bug as well: {shown:?}");
}

/// Whoever judges a run comes to the same, whichever bug the plan names that is in its hands.
#[test]
fn the_checkers_do_not_see_which_bug_was_planted() {
    for exhibit in GALLERY {
        let plan = exhibit.plan().expect("a scenario");
        let mut tame = plan.clone();
        tame.cluster.raft.bug = None;
        let mut knowing = Judges::new(&plan);
        let outcome = judge(&plan, &mut knowing, &mut [], &Options::default());
        let mut blind = Judges::new(&tame);
        simulate(&plan, plan.seed, &mut blind, &Options::default()).expect("no panic");
        let verdicts =
            |report: Report| report.checks.into_iter().map(|check| check.verdict).collect::<Vec<Verdict>>();
        let (knowing, blind) = (
            Report::new(&plan, &knowing, outcome.clone()),
            Report::new(&tame, &blind, Outcome { ..outcome }),
        );
        assert_eq!(verdicts(knowing), verdicts(blind), "{}", exhibit.name);
    }
}

#[test]
fn the_median_counts_a_hunt_without_success_as_the_longest() {
    let exhibit = GALLERY[0];
    let verdict = |seeds: &[Option<u64>]| {
        let found = |seeds: &Option<u64>| Found {
            start: 0,
            seeds: seeds.unwrap_or(9),
            simulated: squall::time::Duration::from_millis(seeds.unwrap_or(9)),
            by: seeds.map(|_| squall::fuzz::Signature::Livelock),
        };
        let found = seeds.iter().map(found).collect();
        squall::runner::gallery::Verdict { exhibit, shown: exhibit.show().expect("a scenario"), found }
    };
    for (seeds, median) in [
        (&[][..], None),
        (&[Some(5)], Some(5)),
        (&[None], None),
        (&[Some(30), Some(2)], Some(2)),
        (&[None, Some(40)], Some(40)),
        (&[None, None, Some(3)], None),
        (&[Some(8), None, Some(3)], Some(8)),
    ] {
        let verdict = verdict(seeds);
        assert_eq!(verdict.median_seeds(), median, "{seeds:?}");
        assert_eq!(verdict.median_simulated().map(|time| time.nanos() / 1_000_000), median);
        assert_eq!(verdict.caught(), median.is_some() || seeds.is_empty(), "{seeds:?}");
    }
}
