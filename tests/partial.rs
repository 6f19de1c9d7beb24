//! Partial partitions: who recovers while the links stay cut, with which of pre-vote, check-quorum and sticky. The
//! outcomes are those of Omni-Paxos (Ng, Haridi, Carbone: EuroSys 2023) and of the Raft thesis, sections 4.2.3, 6.2, 9.6.

use crate::common;
use common::{path, run};
use squall::ids::{Index, NodeId, Term};
use squall::plan::{Implementation, Plan};
use squall::replica::Role;
use squall::report::{Judgement, Judges, Outcome, Report};
use squall::runner::{Options, simulate};
use squall::time::{Duration, Time};
use squall::trace::{Body, Observer, Record};

const SEEDS: std::ops::Range<u64> = 0..20;

/// In which order the columns of [`TABLE`] come.
const VARIANTS: [&str; 5] = ["plain", "sticky", "check-quorum-sticky", "pre-vote", "pre-vote-check-quorum"];

/// What comes of a cut while it lasts.
#[derive(Clone, Copy, Debug)]
enum Cell {
    /// There is a leader and progress again, after so many changes of the leading node; then nothing changes any more.
    Recovers(u64, u64),
    /// No leader can commit anything; terms rise.
    NeverTermsRise,
    /// The same, and the term stays what it was.
    NeverTermStays,
    /// Nobody can commit anything; whether terms rise is not told.
    Never,
    /// The leader stays, though terms rise elsewhere.
    NoChangeTermRises,
    /// The leader stays, and so does the term.
    NoChangeTermStays,
}

use Cell::{Never, NeverTermStays, NeverTermsRise, NoChangeTermRises, NoChangeTermStays, Recovers};

const TABLE: [(&str, [Cell; 5]); 3] = [
    ("quorum-loss", [Recovers(1, 1), NeverTermsRise, Recovers(1, 1), NeverTermStays, Recovers(1, 1)]),
    ("constrained", [Never, Never, Never, Never, Never]),
    ("chained", [Recovers(1, 2), NoChangeTermRises, NoChangeTermRises, NoChangeTermStays, NoChangeTermStays]),
];

/// What happened while the links were cut.
#[derive(Debug)]
struct Seen {
    cut: (Time, Time),
    /// The leading nodes one after the other, without repetition.
    leaders: Vec<NodeId>,
    last_change: Time,
    /// The highest term before the cut and during it.
    terms: (Term, Term),
    /// How many entries were committed first in the last half of the cut.
    committed: u64,
    highest: Index,
    /// The last entry of each log when the cut was complete.
    logs: Vec<Index>,
}

impl Seen {
    fn new(plan: &Plan) -> Self {
        let begin = if plan.faults.len() > 1 { 5_250 } else { 5_000 };
        let time = |millis| Time::ZERO + Duration::from_millis(millis);
        Self {
            cut: (time(begin), time(65_000)),
            leaders: Vec::new(),
            last_change: Time::ZERO,
            terms: (Term::ZERO, Term::ZERO),
            committed: 0,
            highest: Index::ZERO,
            logs: vec![Index::ZERO; plan.cluster.voters as usize],
        }
    }

    fn changes(&self) -> u64 {
        self.leaders.len() as u64 - 1
    }

    fn holds(&self, cell: Cell) -> bool {
        let (never, half) = (self.committed == 0, self.cut.0 + Duration::from_secs(30));
        let stays = self.terms.0 == self.terms.1;
        match cell {
            Recovers(least, most) => {
                !never && (least..=most).contains(&self.changes()) && self.last_change < half
            }
            Never => never,
            NeverTermsRise => never && self.terms.1.0 > self.terms.0.0 + 20,
            NeverTermStays => never && stays,
            NoChangeTermRises => !never && self.changes() == 0 && self.terms.1.0 > self.terms.0.0 + 20,
            NoChangeTermStays => !never && self.changes() == 0 && stays,
        }
    }
}

impl Observer for Seen {
    fn observe(&mut self, record: &Record) {
        let (begin, end) = self.cut;
        match record.body {
            _ if record.time >= end => {}
            Body::RoleChanged { role, term, .. } => {
                if record.time < begin {
                    self.terms.0 = self.terms.0.max(term);
                }
                self.terms.1 = self.terms.1.max(term);
                if let (Role::Leader, Some(node)) = (role, record.node.as_node()) {
                    if self.leaders.last() != Some(&node) {
                        self.leaders.push(node);
                    }
                    self.last_change = record.time;
                }
            }
            Body::Appended { index, .. } if record.time < begin => {
                let node = record.node.as_node().expect("nodes have logs");
                self.logs[node.slot()] = index;
            }
            Body::Committed { index, .. } if index > self.highest => {
                self.highest = index;
                self.committed += u64::from(record.time >= begin + Duration::from_secs(30));
            }
            _ => {}
        }
    }
}

fn plan(topology: &str, variant: &str) -> Plan {
    plan_for(Implementation::Squall, topology, variant)
}

fn plan_for(implementation: Implementation, topology: &str, variant: &str) -> Plan {
    let file = path(&format!("scenarios/partial/{topology}-{variant}.ron"));
    let text = std::fs::read_to_string(&file).expect("a scenario of the table");
    squall::scenario::read_for(&text, Some(implementation)).expect("a sound scenario").0
}

/// Where what comes of the cuts is not what this table says.
fn differing(
    implementation: Implementation,
    table: [(&str, [Cell; 5]); 3],
    seeds: std::ops::Range<u64>,
) -> Vec<String> {
    let mut wrong = Vec::new();
    for (topology, cells) in table {
        for (variant, cell) in VARIANTS.into_iter().zip(cells) {
            // TiKV's servers are sticky exactly if leaders check their quorum.
            if implementation == Implementation::RaftRs && variant == "sticky" {
                continue;
            }
            let plan = plan_for(implementation, topology, variant);
            for seed in seeds.clone() {
                let mut seen = Seen::new(&plan);
                run(&plan, seed, &mut seen);
                if !seen.holds(cell) {
                    wrong.push(format!("{topology}, {variant}, seed {seed}: not {cell:?} but {seen:?}"));
                }
            }
        }
    }
    wrong
}

#[test]
fn the_table_of_outcomes() {
    let wrong = differing(Implementation::Squall, TABLE, SEEDS);
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// TiKV's Raft, made after etcd's, has the same table, but for the column that it can't express.
#[cfg(feature = "raft-rs")]
#[test]
fn the_table_of_outcomes_of_raft_rs() {
    let wrong = differing(Implementation::RaftRs, TABLE, 0..5);
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Omni-Paxos recovers from all of them, whatever switches of Raft's are asked for.
#[cfg(feature = "omnipaxos")]
#[test]
fn the_table_of_outcomes_of_omni_paxos() {
    let table = [
        ("quorum-loss", [Recovers(1, 1); 5]),
        ("constrained", [Recovers(1, 1); 5]),
        ("chained", [Recovers(0, 1); 5]),
    ];
    let wrong = differing(Implementation::OmniPaxos, table, 0..5);
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// The constrained cut tells nothing unless the hub's log is behind all that it is still linked to.
#[test]
fn the_hub_is_behind_when_the_constrained_cut_is_complete() {
    for variant in VARIANTS {
        let plan = plan("constrained", variant);
        for seed in SEEDS {
            let mut seen = Seen::new(&plan);
            run(&plan, seed, &mut seen);
            let hub = seen.logs[0];
            assert_eq!(seen.leaders[0], NodeId(3), "{variant}, seed {seed}: n3 is the one that leads");
            assert!(seen.logs[1..].iter().all(|log| *log > hub), "{variant}, seed {seed}: {:?}", seen.logs);
        }
    }
}

/// What the files themselves expect holds for all these seeds, not only for their own.
#[test]
fn the_scenarios_of_the_table_hold_what_they_expect() {
    for (topology, variant) in
        TABLE.iter().flat_map(|(topology, _)| VARIANTS.map(|variant| (topology, variant)))
    {
        let plan = plan(topology, variant);
        for seed in SEEDS {
            let mut judges = Judges::new(&plan);
            let end = simulate(&plan, seed, &mut judges, &Options::default()).expect("no panic");
            let outcome =
                Outcome { digest: end.digest, end: end.time, events: end.events, ..Outcome::default() };
            let report = Report::new(&plan, &judges, outcome);
            let held = |expected: &squall::report::Expected| expected.verdict == Judgement::Held;
            assert!(report.expectations.iter().all(held), "{topology}-{variant}, seed {seed}");
        }
    }
}
