//! What shrinking leaves as a file that a stranger can read: a name, what it shows, the story of the failure.

use crate::check::Verdict;
use crate::fuzz::{Group, Signature};
use crate::plan::{Action, Plan};
use crate::report::Report;
use crate::trace::Record;
use std::collections::BTreeMap;

/// How every file begins that holds what shrinking has left.
pub(crate) const BEGINNING: &str = "// Shrunk from ";

/// What a kind of message is called.
type Names<'a> = &'a dyn Fn(u8) -> String;

/// So many records of a story are told, the last ones.
const STORY: usize = 12;

/// The plan with a name of its own, by what breaks and what it takes, and a word on it.
pub(crate) fn named(plan: Plan, signature: &Signature) -> Plan {
    let faults = kinds(&plan);
    let short: Vec<String> = if faults.is_empty() {
        vec!["calm".to_owned()]
    } else {
        faults.iter().map(|fault| fault.replace(' ', "-")).collect()
    };
    let name = format!("{}-{}", Group::slug(signature), short.join("-"));
    let rule = match signature {
        Signature::Safety(property) => {
            format!("Breaks the rule of {}: {}.", property.name(), property.about())
        }
        Signature::Panicked(_) => "The run breaks off.".to_owned(),
        Signature::Livelock => "Time stops: one instant has no end.".to_owned(),
        Signature::Expectation(expected) => format!("Does not hold {expected}."),
    };
    let nodes = counted(plan.cluster.nodes() as usize, "node");
    let faults = if faults.is_empty() { "no fault at all".to_owned() } else { faults.join(", ") };
    let load = if plan.clients.is_some() { "clients" } else { "no clients" };
    let bug = plan.cluster.raft.bug.map(|bug| format!(" The bug {bug:?} is planted.")).unwrap_or_default();
    Plan { name, about: format!("{rule} It takes {nodes}, {faults} and {load}.{bug}"), ..plan }
}

/// How many faults of each kind, such as `2 crashes`.
fn kinds(plan: &Plan) -> Vec<String> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for fault in &plan.faults {
        *counts.entry(kind(&fault.action)).or_default() += 1;
    }
    counts.into_iter().map(|(kind, count)| counted(count, kind)).collect()
}

const fn kind(action: &Action) -> &'static str {
    match action {
        Action::Partition(_) | Action::Flap { .. } => "partition",
        Action::Clog(_) => "clog",
        Action::Crash(_) => "crash",
        Action::Wipe(_) => "wipe",
        Action::Deaf(_) => "deaf node",
        Action::Mute(_) => "mute node",
        Action::DiskStall(_) => "stalled disk",
        Action::DiskFull(_) => "full disk",
        Action::LoseFlush(_) => "lying disk",
        Action::Rot(_) => "rotten disk",
        Action::Drift { .. } => "drifting clock",
        Action::Starve { .. } => "starved node",
        Action::Skew { .. } | Action::Step { .. } => "wrong clock",
        Action::Pause(_) => "pause",
        Action::Slow { .. } => "slow host",
        Action::Flood { .. } => "flood",
        Action::Transfer(_) => "transfer",
        Action::AddLearner(_) | Action::Promote(_) | Action::Remove(_) | Action::Replace { .. } => {
            "membership change"
        }
        Action::Lose { .. } => "loss",
        Action::Duplicate { .. } => "duplication",
        Action::Delay { .. } => "delay",
        Action::Corrupt { .. } => "corruption",
        Action::Misdirect { .. } => "misdirection",
        Action::Replay { .. } => "replay",
        Action::Forge { .. } => "forgery",
    }
}

/// `1 crash`, `2 crashes`.
fn counted(count: usize, what: &str) -> String {
    let plural = match what {
        _ if count == 1 => "",
        "crash" | "loss" => "es",
        "forgery" => return format!("{count} forgeries"),
        _ => "s",
    };
    format!("{count} {what}{plural}")
}

/// Where it came from, how it fails, and what led to that.
pub(crate) fn head(
    from: &str,
    plan: &Plan,
    signature: &Signature,
    report: &Report,
    kind: Names<'_>,
) -> String {
    let mut lines = vec![
        format!("{}{from} with seed {}.", BEGINNING.trim_start_matches("// "), plan.seed),
        format!("It fails by: {signature}."),
    ];
    for check in &report.checks {
        if let Verdict::Violated(violation) = &check.verdict
            && check.name == signature.to_string()
        {
            lines.push(format!("At {}: {}.", violation.time, violation.message));
        }
    }
    for expected in &report.expectations {
        if signature.is_of(expected) {
            lines.push(format!("{}: {}.", expected.text, expected.why));
        }
    }
    lines.push(format!("digest: {}", report.digest));
    if let (Some(evidence), Signature::Safety(_)) = (&report.evidence, signature) {
        lines.push(String::new());
        lines.push("What led to it, one by the other:".to_owned());
        let led = evidence.records.iter().filter(|record| evidence.chain.contains(&record.id));
        let told = led.clone().skip(led.count().saturating_sub(STORY));
        lines.extend(told.map(|record| step(record, kind)));
    }
    // What shows that no order is there is a picture of several lines.
    lines.join("\n").split('\n').map(|line| format!("// {line}").trim_end().to_owned() + "\n").collect()
}

/// A record of a story: when, who, what; without the numbers that only a trace needs.
fn step(record: &Record, kind: Names<'_>) -> String {
    let line = record.body.line(kind);
    let what = line.split(", call ").next().unwrap_or(&line);
    format!("{:>16} {:<3} {what}", record.time.to_string(), record.node.to_string())
}

/// What was cut, and what else differs.
pub(crate) fn cuts(from: &Plan, to: &Plan) -> String {
    let clients = |plan: &Plan| plan.clients.as_ref().map_or(0, |clients| u64::from(clients.count));
    let numbers = [
        ("faults", from.faults.len() as u64, to.faults.len() as u64),
        ("nodes", u64::from(from.cluster.nodes()), u64::from(to.cluster.nodes())),
        ("clients", clients(from), clients(to)),
    ];
    let (mut cut, mut changed) = (Vec::new(), Vec::new());
    for (what, before, after) in numbers {
        let list = if after < before { &mut cut } else { &mut changed };
        list.extend((before != after).then(|| format!("{what} {before} -> {after}")));
    }
    let list = if to.duration < from.duration { &mut cut } else { &mut changed };
    let durations = format!("duration {} -> {}", from.duration, to.duration);
    list.extend((from.duration != to.duration).then_some(durations));
    changed.extend((from.seed != to.seed).then(|| format!("seed {} -> {}", from.seed, to.seed)));
    let lines = [("Cut", cut), ("Changed", changed)];
    let told = lines.iter().filter(|(_, what)| !what.is_empty());
    let told: String = told.map(|(name, what)| format!("// {name}: {}.\n", what.join(", "))).collect();
    if told.is_empty() { told } else { format!("//\n{told}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::property::Property;
    use crate::replica::Bug;
    use crate::runner::{self, gallery::GALLERY};
    use crate::scenario;
    use crate::time::Duration;

    #[test]
    fn every_line_of_a_head_is_a_comment() {
        let exhibit = GALLERY.iter().find(|exhibit| exhibit.bug == Bug::LocalRead).expect("all bugs");
        let plan = exhibit.plan().expect("a scenario");
        let report = runner::report(&plan);
        let signature = Signature::Safety(Property::Linearizability);
        let head = head("x.ron", &plan, &signature, &report, &|kind| runner::kind_name(kind).to_owned());
        assert!(head.contains("\n// operation "), "a picture is among it:\n{head}");
        assert!(head.lines().all(|line| line.starts_with("//")), "{head}");
        assert_eq!(scenario::read(&(head + &scenario::write(&plan))).expect("a scenario").0, plan);
    }

    #[test]
    fn what_has_grown_was_not_cut() {
        let text = r#"(format: 1, name: "x", duration: "5s", cluster: (voters: 3), clients: (count: 2),
            faults: [(at: "1s", for: "1s", do: Crash(Leader))])"#;
        let (plan, _) = crate::scenario::read(text).expect("a scenario");
        assert_eq!(cuts(&plan, &plan), "");
        let longer = Plan { seed: 7, duration: Duration::from_secs(6), faults: Vec::new(), ..plan.clone() };
        let told = "//\n// Cut: faults 1 -> 0.\n// Changed: duration 5s -> 6s, seed 0 -> 7.\n";
        assert_eq!(cuts(&plan, &longer).replace(&format!("seed {}", plan.seed), "seed 0"), told);
        let shorter = Plan { duration: Duration::from_secs(1), ..plan.clone() };
        assert_eq!(cuts(&plan, &shorter), "//\n// Cut: duration 5s -> 1s.\n");
    }
}
