//! Other people's implementations: which a build has, and what they can express.

#[cfg(feature = "omnipaxos")]
#[path = "adapters/omni_paxos.rs"]
mod omni_paxos;
#[cfg(feature = "raft-rs")]
#[path = "adapters/raft_rs.rs"]
mod raft_rs;

use squall::adapters;
use squall::plan::Implementation;
use squall::scenario::{read, read_for};
use std::fs;

const GUIDE: &str = "docs/implementations.md";

/// A scenario with these fields of its cluster.
fn scenario(cluster: &str) -> String {
    format!(r#"(format: 1, name: "x", duration: "5s", cluster: (voters: 3, {cluster}))"#)
}

/// What is said of a crate is said of one version of it.
#[test]
fn packages_are_those_that_are_built() {
    let lock = fs::read_to_string("Cargo.lock").expect("the versions");
    for implementation in Implementation::ALL {
        let (name, version) =
            adapters::package(implementation).split_once(' ').expect("a name and a version");
        assert!(lock.contains(&format!("name = \"{name}\"\nversion = \"{version}\"\n")), "{name} {version}");
    }
}

/// With `UPDATE` set in the environment the table is written anew; the difference is then to be reviewed like code.
#[test]
fn the_table_of_the_guide_is_up_to_date() {
    let guide = fs::read_to_string(GUIDE).expect("the guide");
    let head = guide.find("-->\n").expect("the end of the comment") + 4;
    let made = format!("{}\n{}", &guide[..head], adapters::markdown());
    if std::env::var_os("UPDATE").is_some() {
        fs::write(GUIDE, made).expect("a file that can be written");
    } else {
        assert!(guide == made, "run `UPDATE=1 cargo test adapters::`, and review what it changes");
    }
}

/// Whatever the build: an implementation without an adapter is an error where it is asked for.
#[test]
fn what_a_build_lacks_is_told_at_its_place() {
    for implementation in Implementation::ALL {
        let name = implementation.name();
        let text = scenario(&format!("implementation: {name}"));
        match (adapters::software(implementation), read(&text)) {
            (Some(_), Ok((plan, _))) => assert_eq!(plan.cluster.implementation, implementation),
            (None, Err(errors)) => {
                let shown = errors.render("x.ron", &text, false);
                let feature = implementation.feature().expect("what can be lacking has a feature");
                assert!(shown.contains(&format!("this build has no adapter for `{name}`")), "{shown}");
                assert!(shown.contains(&format!("build with `--features {feature}`")), "{shown}");
                assert!(shown.contains("cluster.implementation"), "{shown}");
            }
            (adapter, result) => panic!("{name}: {:?} with {}", result, adapter.is_some()),
        }
        // Nothing else is in the way of a scenario that names another.
        let other = read_for(&text, Some(Implementation::Squall)).expect("a scenario");
        assert_eq!(other.0.cluster.implementation, Implementation::Squall);
    }
}

#[test]
fn the_usual_implementation_is_not_written() {
    let (plan, _) = read(&scenario("implementation: Squall")).expect("a scenario");
    assert!(!squall::scenario::write(&plan).contains("implementation"));
}
