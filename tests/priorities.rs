//! What priorities are good for, on the scenarios under `scenarios/priorities/`: of equal logs the preferred node leads.

use crate::common;
use common::{path, run};
use squall::ids::NodeId;
use squall::plan::Plan;
use squall::replica::Role;
use squall::report::Judges;
use squall::trace::{Body, Observer, Record};

/// Who has led, and what the judges say.
struct Seen {
    judges: Judges,
    far_leaders: u64,
}

impl Observer for Seen {
    fn observe(&mut self, record: &Record) {
        self.judges.observe(record);
        if let (Body::RoleChanged { role: Role::Leader, .. }, Some(NodeId(4 | 5))) =
            (record.body, record.node.as_node())
        {
            self.far_leaders += 1;
        }
    }
}

/// How often a far node came to lead with this seed.
fn far_leaders(plan: &Plan, seed: u64) -> u64 {
    let mut seen = Seen { judges: Judges::new(plan), far_leaders: 0 };
    run(plan, seed, &mut seen);
    assert_eq!(seen.judges.violations(), 0, "seed {seed}");
    assert!(seen.judges.metrics().counters().elections >= 4, "seed {seed}: three leaders were followed");
    seen.far_leaders
}

#[test]
fn far_nodes_lead_only_where_no_near_one_is_preferred() {
    let [anyone, near_first] = ["anyone-leads", "near-nodes-first"].map(|name| {
        let text = std::fs::read_to_string(path(&format!("scenarios/priorities/{name}.ron")));
        squall::scenario::read(&text.expect("a scenario")).expect("a sound scenario").0
    });
    let led = |plan: &Plan| (0..40).filter(|seed| far_leaders(plan, *seed) > 0).count();
    let (without, with) = (led(&anyone), led(&near_first));
    assert!(without >= 20, "with {without} of 40 seeds a far node leads at some time");
    assert!(with <= 2, "with {with} of 40 seeds a far node leads, though near ones are preferred");
}
