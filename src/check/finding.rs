//! What the checkers found: one tally for each property, with the first violation in full.

use crate::ids::RecordId;
pub use crate::property::Property;
use crate::time::Time;
use crate::trace::Record;

/// A property that did not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The record that showed it first.
    pub record: RecordId,
    /// When that was.
    pub time: Time,
    /// What happened, in words.
    pub message: String,
    /// How often the property was violated in all.
    pub count: u64,
    /// How often it was examined.
    pub examined: u64,
}

/// What became of a property.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It held each of the so many times that it was examined.
    Held(u64),
    /// Nothing happened that it speaks of: no pass.
    Vacuous,
    /// It was examined so many times, and not each time could it be decided whether it held: no pass, and no violation.
    Undecided(u64),
    /// It did not hold.
    Violated(Violation),
}

/// A property with its verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// Its name.
    pub name: &'static str,
    /// What it demands, in one line.
    pub about: &'static str,
    /// What became of it.
    pub verdict: Verdict,
}

impl Check {
    /// How often it was examined.
    pub fn examined(&self) -> u64 {
        match &self.verdict {
            Verdict::Held(examined) | Verdict::Undecided(examined) => *examined,
            Verdict::Vacuous => 0,
            Verdict::Violated(violation) => violation.examined,
        }
    }
}

/// The tallies of all properties.
#[derive(Clone, Debug, Default)]
pub(super) struct Findings {
    tallies: [Tally; Property::ALL.len()],
    violations: u64,
    first: Option<RecordId>,
}

#[derive(Clone, Debug, Default)]
struct Tally {
    examined: u64,
    violations: u64,
    undecided: u64,
    first: Option<(RecordId, Time, String)>,
}

impl Findings {
    /// Counts an examination of a property.
    #[inline]
    pub(super) fn examined(&mut self, property: Property) {
        self.tallies[property as usize].examined += 1;
    }

    /// Counts an examination that came to no decision.
    #[cold]
    pub(super) fn undecided(&mut self, property: Property) {
        self.tallies[property as usize].undecided += 1;
    }

    /// Takes down a violation that this record shows.
    #[cold]
    #[inline(never)]
    pub(super) fn accuse(&mut self, property: Property, record: &Record, message: impl FnOnce() -> String) {
        self.violations += 1;
        self.first.get_or_insert(record.id);
        let tally = &mut self.tallies[property as usize];
        tally.violations += 1;
        if tally.first.is_none() {
            tally.first = Some((record.id, record.time, message()));
        }
    }

    /// How many violations there were, of all properties together.
    #[inline]
    pub(super) fn violations(&self) -> u64 {
        self.violations
    }

    /// The record that showed the first of them.
    pub(super) fn first_violation(&self) -> Option<RecordId> {
        self.first
    }

    /// The verdict on a property.
    pub(super) fn check(&self, property: Property) -> Check {
        let tally = &self.tallies[property as usize];
        let verdict = match &tally.first {
            Some((record, time, message)) => Verdict::Violated(Violation {
                record: *record,
                time: *time,
                message: message.clone(),
                count: tally.violations,
                examined: tally.examined,
            }),
            None if tally.examined == 0 => Verdict::Vacuous,
            None if tally.undecided > 0 => Verdict::Undecided(tally.examined),
            None => Verdict::Held(tally.examined),
        };
        Check { name: property.name(), about: property.about(), verdict }
    }
}
