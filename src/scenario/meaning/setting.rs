//! What faults, storms and expectations are checked against.

use crate::plan::{Cluster, Name, Target};
use crate::time::{Duration, Time};
use std::collections::BTreeMap;

/// The rest of the scenario, as far as it bears on what goes wrong.
#[derive(Clone, Debug)]
pub(super) struct Setting<'a> {
    /// How many voters there are at first.
    pub(super) voters: u32,
    /// How many nodes there are.
    pub(super) nodes: u32,
    /// How long the run is.
    pub(super) run: Duration,
    /// When it settles.
    pub(super) settle: Option<Time>,
    /// The names of targets.
    pub(super) names: &'a [Name],
    /// The place of each name.
    pub(super) places: BTreeMap<&'a str, u32>,
    /// The faults that have an id, by their place.
    pub(super) ids: BTreeMap<&'a str, u32>,
}

impl Setting<'_> {
    /// Nothing but the nodes, all of them voters.
    pub(super) fn of_voters(voters: u32) -> Self {
        let (places, ids) = (BTreeMap::new(), BTreeMap::new());
        Self { voters, nodes: voters, run: Duration::ZERO, settle: None, names: &[], places, ids }
    }

    /// When the last fault has to be over.
    pub(super) fn stop(&self) -> Duration {
        self.settle.map_or(self.run, |settle| Duration::from_nanos(settle.nanos()))
    }

    /// What a target stands for, once its name, if it has one, is taken away.
    pub(super) fn unnamed(&self, target: Target) -> Target {
        match target {
            Target::Named(name) => self.names[name as usize].target,
            other => other,
        }
    }

    /// Nothing but the nodes of a cluster.
    pub(super) fn of(cluster: &Cluster) -> Self {
        Self { nodes: cluster.nodes(), ..Self::of_voters(cluster.voters) }
    }

    /// How many nodes make a majority.
    pub(super) fn majority(&self) -> u32 {
        self.voters / 2 + 1
    }
}
