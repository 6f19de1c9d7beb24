//! What the profiles that come with Squall draw.

use super::SHIPPED;
use crate::common::path;
use crate::hunt::{report, shipped};
use squall::fuzz::{Drawn, draw};
use std::fmt::Write;
use std::fs;

/// The digests of some runs of each profile, with what was drawn and what is owed. A change of what is drawn shows here,
/// as does one of simulated behaviour; it needs its reason in the commit that makes it. `UPDATE=1 cargo test` rewrites
/// the file.
#[test]
fn what_the_shipped_profiles_draw_is_golden() {
    let mut draws = String::new();
    for name in SHIPPED {
        let profile = shipped(name);
        for seed in 0..8 {
            let plan = draw(&profile, seed);
            let report = report(&plan);
            let drawn: Vec<&str> = Drawn::of(&plan).into_iter().map(Drawn::name).collect();
            writeln!(draws, "{}  {name} {seed}: {}", report.digest, drawn.join(", ")).expect("text");
            for expected in &report.expectations {
                writeln!(draws, "    {}", expected.text).expect("text");
            }
        }
    }
    let golden = path("tests/draws.txt");
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&golden, &draws).expect("written");
    }
    let expected = fs::read_to_string(&golden).expect("the golden draws");
    assert_eq!(draws, expected, "seeds draw something else, or simulated behaviour has changed");
}
