//! Many random runs: what they came to.

use super::covered::Covered;
use super::drawn::Drawn;
use super::sample::Sample;
use super::seeds::Shard;
use super::signature::{Failure, Signature};
use crate::plan::{Implementation, Plan};
use crate::report::batch::{Figures, Total};
use crate::report::{Interruption, Report, RunVerdict, with_other};
use crate::time::{Duration, Time};
use std::collections::BTreeMap;
use std::num::NonZeroU64;
use std::ops::Range;

/// The runs that failed in one way.
#[derive(Clone, Debug)]
pub struct Group {
    /// How many.
    pub count: u64,
    /// The first seed.
    pub first: u64,
    /// After how many runs it was found, the failing one among them.
    pub after: u64,
    /// After how much virtual time: that of the runs before, and of the failing one up to its failure.
    pub simulated: Duration,
    /// The seed of the smallest.
    pub seed: u64,
    /// How many faults had begun in the smallest when it failed: the fewest.
    pub faults: u64,
    /// When that failed; of those with the fewest faults the soonest.
    pub at: Time,
    /// What makes its verdict.
    pub reason: Option<String>,
    /// The value of the digest of its records.
    pub digest: u128,
}

/// A scenario that random runs have found before, run again.
#[derive(Clone, Debug)]
pub struct Regression {
    /// Its file.
    pub file: String,
    /// Its figures.
    pub figures: Figures,
    /// How it failed, if it did.
    pub failure: Option<Failure>,
    /// Whether it passes, but with another digest than the one it was found with: the run is no longer the one that
    /// failed, so that it passes says little.
    pub stale: bool,
}

impl Regression {
    /// The run of this plan, of which this is the report.
    pub fn of(file: String, plan: &Plan, report: &Report) -> Self {
        let failure = Failure::of(report);
        let other = plan.found.as_ref().is_some_and(|found| found.digest != report.digest.value());
        Self { file, figures: Figures::of(report), stale: other && !report.failed(), failure }
    }
}

/// What many random runs came to.
#[derive(Clone, Debug)]
pub struct Campaign {
    /// The profile's name.
    pub profile: String,
    /// Whose Raft the nodes run.
    pub implementation: Implementation,
    /// The command that makes runs of it, without their seeds.
    pub command: String,
    /// The first seed of the range.
    pub first: u64,
    /// The seed after the last one of the runs so far.
    pub end: u64,
    /// Which share of the seeds these are.
    pub shard: Shard,
    /// How many events a run may take, if that is limited.
    pub events: Option<NonZeroU64>,
    /// How the runs ended.
    pub total: Total,
    /// How often what was drawn.
    pub drawn: BTreeMap<Drawn, u64>,
    /// How often what was drawn and left out, since the implementation can't express it.
    pub left_out: BTreeMap<String, u64>,
    /// The runs that failed, by how.
    pub groups: BTreeMap<Signature, Group>,
    /// What became of scenarios that were found before.
    pub regressions: Vec<Regression>,
    /// The seeds that were asked for and have no run.
    pub missing: Vec<Range<u64>>,
    /// What the runs reached; none if nobody looks.
    pub covered: Option<Covered>,
    /// Whether that is to be all that the profile wants, and to level off.
    pub until_covered: bool,
    /// What an interrupt left unmade, if it left anything.
    pub interrupted: Option<Interruption>,
    pub(super) verdicts: BTreeMap<RunVerdict, u64>,
    pub(super) simulated: Duration,
    pub(super) faults: u64,
    pub(super) elections: u64,
}

impl Campaign {
    /// No run yet of this profile, of those with seeds from `first` on that belong to a share, made by this command.
    pub fn new(profile: &str, command: String, first: u64, shard: Shard) -> Self {
        Self {
            profile: profile.to_owned(),
            implementation: Implementation::Squall,
            command,
            first,
            end: first,
            shard,
            events: None,
            total: Total::default(),
            drawn: BTreeMap::new(),
            left_out: BTreeMap::new(),
            groups: BTreeMap::new(),
            regressions: Vec::new(),
            missing: Vec::new(),
            covered: None,
            until_covered: false,
            interrupted: None,
            verdicts: BTreeMap::new(),
            simulated: Duration::ZERO,
            faults: 0,
            elections: 0,
        }
    }

    /// Adds the next run: seeds come in order.
    pub fn add(&mut self, sample: Sample) {
        let Sample { seed, verdict, digest, failure, reason, .. } = sample;
        let Sample { simulated, elections, faults, drawn, left_out, reached, .. } = sample;
        self.end = seed + 1;
        self.total.add(verdict, digest);
        *self.verdicts.entry(verdict).or_default() += 1;
        for drawn in drawn {
            *self.drawn.entry(drawn).or_default() += 1;
        }
        for switch in left_out {
            *self.left_out.entry(switch).or_default() += 1;
        }
        let before = self.simulated;
        self.simulated = self.simulated.saturating_add(simulated);
        self.faults += faults;
        self.elections += elections;
        if let Some(covered) = &mut self.covered {
            covered.add(seed, &reached);
        }
        let Some(Failure { signature, at, faults }) = failure else { return };
        let (after, took) = (self.total.runs, before.saturating_add(at.since(Time::ZERO)));
        match self.groups.get_mut(&signature) {
            None => {
                let group =
                    Group { count: 1, first: seed, after, simulated: took, seed, faults, at, reason, digest };
                self.groups.insert(signature, group);
            }
            Some(group) => {
                group.count += 1;
                if (faults, at) < (group.faults, group.at) {
                    *group = Group { seed, faults, at, reason, digest, ..*group };
                }
            }
        }
    }

    /// The gravest verdict of all, the regressions among them. It is vacuous at the least if runs are missing, or if all was to
    /// be covered that the profile wants, and was not.
    pub fn verdict(&self) -> RunVerdict {
        let regressions = self.regressions.iter().map(|regression| regression.figures.verdict);
        let is_partial = !self.missing.is_empty() || self.uncovered().is_some();
        let partial = is_partial.then_some(RunVerdict::Vacuous);
        regressions.chain(partial).fold(self.total.verdict, RunVerdict::max)
    }

    /// What was covered, if that was to be all, and is not.
    pub fn uncovered(&self) -> Option<&Covered> {
        self.covered.as_ref().filter(|covered| self.until_covered && !covered.is_complete())
    }

    /// Whose Raft the nodes run, to go after what the runs are: nothing where it is Squall's own.
    pub fn with(&self) -> String {
        with_other(self.implementation)
    }

    /// The command that makes this run again.
    pub fn replay(&self, seed: u64) -> String {
        let events = self.events.map_or(String::new(), |events| format!(" --events {events}"));
        format!("{} --seeds {seed}..{}{events}", self.command, seed + 1)
    }
}

impl Group {
    /// A name for files about the group: of letters, digits and dashes.
    pub fn slug(signature: &Signature) -> String {
        Self::slug_of(&signature.to_string())
    }

    /// A text as a part of a file's name: letters, digits and dashes.
    pub fn slug_of(text: &str) -> String {
        const LONGEST: usize = 48;
        let mut slug = String::new();
        for c in text.chars().flat_map(char::to_lowercase) {
            match c {
                'a'..='z' | '0'..='9' => slug.push(c),
                _ if slug.is_empty() || slug.ends_with('-') => {}
                _ => slug.push('-'),
            }
        }
        slug.truncate(LONGEST);
        slug.trim_end_matches('-').to_owned()
    }
}
