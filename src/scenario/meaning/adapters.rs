//! Whose Raft the nodes run, and whether it can express what the scenario asks for.

use crate::adapters::{self, Place};
use crate::plan::{Implementation, Plan};
use crate::scenario::notes::Notes;
use crate::scenario::path::Path;
use crate::scenario::shape;

/// Whose Raft the nodes run.
pub(super) const fn implementation(shape: shape::Implementation) -> Implementation {
    match shape {
        shape::Implementation::Squall => Implementation::Squall,
        shape::Implementation::RaftRs => Implementation::RaftRs,
        shape::Implementation::OmniPaxos => Implementation::OmniPaxos,
    }
}

/// Notes an implementation that this build has no adapter for, and whatever it can't express. Whether the caller has named it, and not the
/// scenario, tells what helps.
pub(super) fn check(plan: &Plan, is_named_by_caller: bool, notes: &mut Notes<'_>) {
    let implementation = plan.cluster.implementation;
    let name = implementation.name();
    let cluster = Path::Root.field("cluster");
    if adapters::software(implementation).is_none() {
        let message = format!("this build has no adapter for `{name}`");
        let feature = implementation.feature().unwrap_or_default();
        notes.error(&cluster.field("implementation"), message, format!("build with `--features {feature}`"));
        return;
    }
    for found in adapters::unexpressed(plan) {
        let message = format!("`{name}` can't express `{}`: {}", found.switch, found.why);
        let help = match is_named_by_caller {
            true => "take it away, or run it with another implementation: `--implementation Squall`",
            false => "take it away, or write `implementation: Squall`",
        };
        let (raft, faults, storm) =
            (cluster.field("raft"), Path::Root.field("faults"), Path::Root.field("storm"));
        let note = |path: &Path<'_>, notes: &mut Notes<'_>| notes.error(path, message, help);
        match found.place {
            Place::Cluster(field) => note(&cluster.field(field), notes),
            Place::Rpc(field) => note(&cluster.field("rpc").field(field), notes),
            Place::Raft(field) => note(&raft.field(field), notes),
            Place::Fault(place) => note(&faults.item(place).field("do"), notes),
            Place::Storm(place) => note(&storm.item(place).field("do"), notes),
        }
    }
}
