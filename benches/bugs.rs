//! Prints how soon random runs find each planted bug: the table of docs/fuzzing.md. It takes minutes.

#[path = "../tests/hunt/mod.rs"]
mod hunt;

use hunt::{found, planted};
use squall::replica::Bug;

/// How many times each bug is looked for, from seeds that lie far apart.
const STARTS: u64 = 21;

fn main() {
    println!("| profile | bug | median | most |");
    println!("|---|---|---|---|");
    for name in ["default", "cruel"] {
        for bug in Bug::ALL {
            let profile = planted(name, bug);
            if profile.name != name && name != "default" {
                // It is looked for in a profile of its own, and was.
                continue;
            }
            let name = &profile.name;
            let mut seeds: Vec<u64> = (0..STARTS).map(|start| 1 + found(&profile, 10_000 * start)).collect();
            seeds.sort_unstable();
            println!("| {name} | `{bug:?}` | {} | {} |", seeds[seeds.len() / 2], seeds[seeds.len() - 1]);
        }
    }
}
