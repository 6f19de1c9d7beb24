//! What scenarios may ask of each implementation: one table, a row for each switch.
//!
//! From it come the errors where a scenario asks for what its implementation can't express, what random plans leave out for
//! it, and the table in `docs/implementations.md`.

mod rows;

use crate::plan::{Implementation, Plan};
use rows::ROWS;

/// Where in a scenario something is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// This field of the cluster.
    Cluster(&'static str),
    /// This field of the calls from node to node.
    Rpc(&'static str),
    /// This field of the protocol's parameters.
    Raft(&'static str),
    /// What the fault at this place does.
    Fault(usize),
    /// What the storm at this place does.
    Storm(usize),
}

/// A switch, and what it means for each implementation.
#[derive(Clone, Copy, Debug)]
struct Row {
    /// What a scenario writes.
    switch: &'static str,
    /// Where a plan asks for it.
    asked: fn(&Plan) -> Vec<Place>,
    /// Takes it out of a plan, of all places at which it is asked for.
    leave_out: fn(&mut Plan),
    /// What it means, in the order of [`Implementation::ALL`].
    means: [Meaning; Implementation::ALL.len()],
}

impl Row {
    fn meaning(&self, implementation: Implementation) -> Meaning {
        let place = Implementation::ALL.iter().position(|it| *it == implementation);
        self.means[place.expect("one of all")]
    }
}

/// What a switch means for an implementation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Meaning {
    /// What it means for Squall's own.
    Same,
    /// This.
    Means(&'static str),
    /// It can't be expressed, for this reason.
    Not(&'static str),
}

/// What a scenario asks for that its implementation can't express.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unexpressed {
    /// Where.
    pub place: Place,
    /// What, as scenarios write it.
    pub switch: &'static str,
    /// Why it can't be expressed.
    pub why: &'static str,
}

impl Unexpressed {
    /// What it is about: the field, or the switch where faults do it.
    pub const fn about(&self) -> &'static str {
        match self.place {
            Place::Cluster(field) | Place::Rpc(field) | Place::Raft(field) => field,
            Place::Fault(_) | Place::Storm(_) => self.switch,
        }
    }
}

/// All that a plan asks for and its implementation can't express.
pub fn unexpressed(plan: &Plan) -> Vec<Unexpressed> {
    let implementation = plan.cluster.implementation;
    let mut found = Vec::new();
    for row in ROWS {
        if let Meaning::Not(why) = row.meaning(implementation) {
            let places = (row.asked)(plan).into_iter();
            found.extend(places.map(|place| Unexpressed { place, switch: row.switch, why }));
        }
    }
    found
}

/// Takes out of a plan what its implementation can't express. Nothing in the plan may refer to a fault by its place.
pub fn restrict(plan: &mut Plan) {
    let implementation = plan.cluster.implementation;
    for row in ROWS {
        if let Meaning::Not(_) = row.meaning(implementation)
            && !(row.asked)(plan).is_empty()
        {
            (row.leave_out)(plan);
        }
    }
}

/// The table as Markdown.
pub fn markdown() -> String {
    let names: Vec<String> = Implementation::ALL.iter().map(|it| format!("`{}`", it.name())).collect();
    let mut text = format!("| asked for | {} |\n|---|{}\n", names.join(" | "), "---|".repeat(names.len()));
    for row in ROWS {
        let cell = |meaning: &Meaning| match meaning {
            Meaning::Same => "the same".to_string(),
            Meaning::Means(what) => (*what).to_string(),
            Meaning::Not(why) => format!("**no**: {why}"),
        };
        let cells: Vec<String> = row.means.iter().map(cell).collect();
        text.push_str(&format!("| `{}` | {} |\n", row.switch, cells.join(" | ")));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn squall_expresses_all_of_it() {
        for row in ROWS {
            let own = row.meaning(Implementation::Squall);
            assert!(matches!(own, Meaning::Means(_)), "{} means {own:?}", row.switch);
        }
    }

    #[test]
    fn no_two_rows_are_about_the_same() {
        let mut switches: Vec<&str> = ROWS.iter().map(|row| row.switch).collect();
        switches.sort_unstable();
        switches.dedup();
        assert_eq!(switches.len(), ROWS.len());
    }
}
