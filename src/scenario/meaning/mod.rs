//! The second pass: from shapes to a plan. It goes on after an error, so that all of them are told at once; the plan it
//! then returns is thrown away.

mod adapters;
mod changes;
mod clocks;
mod cluster;
mod doubles;
mod doubtful_changes;
mod drifts;
mod effort;
mod expectations;
mod faults;
mod frame_faults;
mod hosts;
mod integrity;
mod load;
mod logs;
mod moments;
mod names;
mod network;
mod overlaps;
mod possible;
mod profile;
mod restraint;
mod setting;
mod settle;
mod shapes;
mod storms;
mod targets;
mod waits;

pub(super) use changes::refused;
pub(super) use effort::limit;
pub(super) use hosts::mean_gap;
pub(super) use load::{mean_between, shares};
pub(super) use overlaps::overlapping;
pub(super) use profile::profile;

use crate::ids::NodeId;
use crate::plan::{Event, Found, Implementation, Plan};
use crate::rng::{Distribution, Rate};
use crate::scenario::bounds::{Bounds, LONGEST, no_rate};
use crate::scenario::notes::Notes;
use crate::scenario::path::Path;
use crate::scenario::shape;
use crate::time::Duration;
use setting::Setting;

/// The most characters in the text about a scenario.
const LONGEST_ABOUT: usize = 4_000;

/// An exponential distribution whose `max` is left out is cut off at this many times its mean: one draw in 485 million
/// is cut.
pub(super) const USUAL_MOST: u64 = 20;

/// Whether this can happen in some run of a plan, as far as that is known beforehand.
pub(super) fn is_possible(event: Event, plan: &Plan) -> bool {
    possible::impossible(event, plan).is_none()
}

/// What the shapes mean, for another implementation than the one that is asked for if one is given. Of use only if no error
/// was noted.
pub(super) fn plan(
    scenario: &shape::Scenario,
    implementation: Option<Implementation>,
    notes: &mut Notes<'_>,
) -> Plan {
    let root = Path::Root;
    texts(&scenario.name, &scenario.about, notes);
    positive(&root.field("duration"), scenario.duration, notes);
    let mut cluster = cluster::cluster(&root.field("cluster"), &scenario.cluster, notes);
    cluster.implementation = implementation.unwrap_or(cluster.implementation);
    let sessions = scenario.clients.as_ref().is_none_or(|clients| clients.sessions);
    let about = (cluster.nodes(), sessions);
    let network = network::network(&root.field("network"), &scenario.network, about, notes);
    cluster::election_margin(&cluster, &network, notes);
    let clients = scenario.clients.as_ref();
    let clients = clients.map(|clients| load::clients(&root.field("clients"), clients, notes));
    let names = names::names(&root.field("names"), &scenario.names, &cluster, notes);
    let of_run = (scenario.duration, &cluster);
    let settle = settle::settle(&root.field("settle"), scenario.settle.as_ref(), of_run, notes);
    let setting = Setting {
        voters: cluster.voters,
        nodes: cluster.nodes(),
        run: scenario.duration,
        settle: settle.map(|settle| settle.from),
        names: &names,
        places: names.iter().zip(0..).map(|(name, place)| (name.name.as_str(), place)).collect(),
        ids: faults::ids(&root.field("faults"), &scenario.faults, notes),
    };
    let meant = |place: usize| scenario.faults[place].refused == Some(true);
    let may_overlap = faults::may_overlap(&root.field("faults"), &scenario.faults, notes);
    let may_overlap = |place: usize| may_overlap[place];
    let faults = faults::faults(&root.field("faults"), &scenario.faults, may_overlap, &setting, notes);
    let storms = storms::storms(&root.field("storm"), &scenario.storm, &setting, notes);
    if !notes.are_in_part() {
        // What is wrong with one of these may be so only since another was mended.
        changes::check(&root.field("faults"), (&cluster, &faults, &storms), meant, &setting, notes);
        waits::changes(&root.field("faults"), (&faults, &storms), meant, notes);
    }
    if notes.is_clean() {
        doubtful_changes::warn(&root.field("faults"), (&cluster, &faults, &storms), meant, &setting, notes);
        names::unused(&root.field("names"), &scenario.names, &names, (&faults, &storms), notes);
    }
    doubles::warn(&root.field("faults"), &faults, may_overlap, &setting, notes);
    overlaps::drifts(&root.field("faults"), &faults, &cluster, may_overlap, &setting, notes);
    hosts::slow((&cluster, &faults, &storms), notes);
    let mut plan = Plan {
        name: scenario.name.clone(),
        about: scenario.about.clone(),
        seed: scenario.seed,
        duration: scenario.duration,
        events: scenario.events,
        cluster,
        network,
        clients,
        faults,
        storms,
        settle,
        expectations: Vec::new(),
        names: Vec::new(),
        found: scenario.found.as_ref().and_then(|it| found(&root.field("found"), it, notes)),
    };
    settle::quorum(&root.field("settle").field("core"), &plan, notes);
    plan.expectations =
        expectations::expectations(&root.field("expect"), &scenario.expect, &setting, &plan, notes);
    plan.names = names;
    if scenario.expect.len() == plan.expectations.len() {
        doubtful_changes::leader_all_along(&root.field("expect"), &plan, notes);
    }
    clocks::doubtful_reads(&plan, notes);
    if let Some(clients) = &plan.clients {
        load::doubtful_retries(&root.field("clients"), clients, &plan.expectations, notes);
    }
    if !notes.are_in_part() {
        adapters::check(&plan, implementation.is_some(), notes);
    }
    plan
}

/// Where the scenario comes from.
fn found(path: &Path<'_>, found: &shape::Found, notes: &mut Notes<'_>) -> Option<Found> {
    let is_plain =
        |text: &str| (1..=names::LONGEST_NAME).contains(&text.len()) && !text.contains(char::is_control);
    if !is_plain(&found.version) {
        let message = format!("a version has 1 to {} characters and fits on one line", names::LONGEST_NAME);
        notes.error(&path.field("version"), message, "write that of the program: \"0.1.0\"");
    }
    let is_hex = found.digest.len() == 32 && found.digest.bytes().all(|byte| byte.is_ascii_hexdigit());
    let digest = u128::from_str_radix(&found.digest, 16).ok().filter(|_| is_hex);
    if digest.is_none() {
        let help = "copy it from the report's last line, `digest: ..`";
        notes.error(&path.field("digest"), "a digest has 32 hexadecimal digits", help);
    }
    Some(Found { version: found.version.clone(), seed: found.seed, digest: digest? })
}

/// Notes what can't be the name of a file, or the text about it.
pub(super) fn texts(name: &str, about: &str, notes: &mut Notes<'_>) {
    let length = name.chars().count();
    if length == 0 || length > names::LONGEST_NAME || name.chars().any(char::is_control) {
        let message = format!("a name has 1 to {} characters and fits on one line", names::LONGEST_NAME);
        notes.error(&Path::Root.field("name"), message, "a few words with dashes do: \"leader-crash\"");
    }
    if about.chars().count() > LONGEST_ABOUT {
        let message = format!("`about` has at most {LONGEST_ABOUT} characters");
        notes.error(
            &Path::Root.field("about"),
            message,
            "put the rest into a comment, which may be of any length",
        );
    }
    if about.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
        let help = "only line ends and tabs are allowed among them";
        notes.error(&Path::Root.field("about"), "the text holds control characters", help);
    }
}

/// How something is distributed.
pub(super) fn distribution(
    path: &Path<'_>,
    distribution: shape::Distribution,
    notes: &mut Notes<'_>,
) -> Distribution {
    match distribution {
        shape::Distribution::Constant(delay) => {
            limited(path, delay, notes);
            Distribution::Constant(delay)
        }
        shape::Distribution::Uniform(min, max) => {
            limited(path, max, notes);
            if min > max {
                let message = format!("the least delay, {min}, is above the greatest, {max}");
                notes.error_by_itself(path, message, format!("write Uniform(\"{max}\", \"{min}\")"));
            }
            Distribution::Uniform(min, max)
        }
        shape::Distribution::Exponential { min, mean, max } => {
            let usual = mean.saturating_mul(USUAL_MOST).min(LONGEST.max(mean));
            let max = max.unwrap_or(usual);
            limited(path, mean.max(max), notes);
            if min > mean || mean > max {
                let message =
                    format!("the mean, {mean}, is not between the least and the greatest, {min} and {max}");
                notes.error_by_itself(path, message, "order them: min, mean, max");
            }
            Distribution::Exponential { min, mean, max }
        }
    }
}

/// The mean of a distribution, its cut-off left aside.
pub(super) fn mean(distribution: &Distribution) -> Duration {
    match *distribution {
        Distribution::Constant(delay) => delay,
        Distribution::Uniform(min, max) => Duration::from_nanos(min.nanos() / 2 + max.nanos() / 2),
        Distribution::Exponential { mean, .. } => mean,
    }
}

/// A probability.
pub(super) fn rate(path: &Path<'_>, value: f64, notes: &mut Notes<'_>) -> Rate {
    Rate::new(value).unwrap_or_else(|| {
        let (message, help) = no_rate(value);
        notes.error_by_itself(path, message, help);
        Rate::ZERO
    })
}

/// The number `value` of the field that `bounds` names, in the struct at `path`.
pub(super) fn bounded(path: &Path<'_>, value: u64, bounds: Bounds, notes: &mut Notes<'_>) -> u32 {
    let Bounds { name, least, most } = bounds;
    if !(least..=most).contains(&value) {
        let message = format!("`{name}` has to be from {least} to {most}, not {value}");
        let nearest = value.clamp(least, most);
        notes.error_by_itself(&path.field(name), message, format!("the nearest that fits is {nearest}"));
        // The most there can be, so that nothing else seems out of bounds because of this.
        return most as u32;
    }
    value as u32
}

/// The number `value` at `path`, which `bounds` speaks of.
pub(super) fn bounded_value(path: &Path<'_>, value: u64, bounds: Bounds, notes: &mut Notes<'_>) -> u64 {
    let Bounds { name, least, most } = bounds;
    if !(least..=most).contains(&value) {
        let message = format!("`{name}` has to be from {least} to {most}, not {value}");
        let help = format!("the nearest that fits is {}", value.clamp(least, most));
        notes.error_by_itself(path, message, help);
    }
    value.clamp(least, most)
}

/// The node of this number; none, and an error, if there is none.
pub(super) fn node(path: &Path<'_>, number: u64, voters: u32, notes: &mut Notes<'_>) -> Option<NodeId> {
    let voters = u64::from(voters);
    if number == 0 || number > voters {
        let last = if voters == 1 { "only node 1".to_string() } else { format!("nodes 1 to {voters}") };
        let nearest = number.clamp(1, voters);
        let message = format!("there is no node {number}: the cluster has {last}");
        notes.error(path, message, format!("the nearest is {nearest}"));
        return None;
    }
    Some(NodeId(number as u32))
}

/// Notes a time of nothing, or of too much.
pub(super) fn positive(path: &Path<'_>, duration: Duration, notes: &mut Notes<'_>) {
    limited(path, duration, notes);
    if duration == Duration::ZERO {
        notes.error_by_itself(
            path,
            format!("{} has to be longer than 0s", quoted_name(path)),
            "give it some time: \"100ms\"",
        );
    }
}

/// Notes a time of too much.
pub(super) fn limited(path: &Path<'_>, duration: Duration, notes: &mut Notes<'_>) {
    if duration > LONGEST {
        let message = format!("{} is too long: at most 30 days fit", quoted_name(path));
        notes.error_by_itself(path, message, "the longest is \"30days\"");
    }
}

/// The name of the field at the end of a path.
pub(super) fn quoted_name(path: &Path<'_>) -> String {
    match path {
        Path::Field(_, name) => format!("`{name}`"),
        Path::Root | Path::Item(..) | Path::Entry(..) | Path::Key(_) => "this".to_string(),
    }
}
