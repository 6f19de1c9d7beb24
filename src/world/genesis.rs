//! What the disks hold before time 0.

use crate::ids::{NodeId, Term};
use crate::plan::{Logs, Plan};
use crate::replica::{Entry, EntryKind, HardState};
use crate::rng::{Stream, below};

/// The initial logs: for each node the terms of its entries.
pub(super) struct Genesis(Vec<Vec<Term>>);

/// The logs of the voters, and empty ones of all others.
fn beside(mut logs: Vec<Vec<Term>>, nodes: usize) -> Vec<Vec<Term>> {
    logs.resize(nodes, Vec::new());
    logs
}

impl Genesis {
    pub(super) fn new(plan: &Plan, seed: u64) -> Self {
        let nodes = plan.cluster.nodes() as usize;
        let voters = plan.cluster.voters as usize;
        match &plan.cluster.logs {
            Logs::Same => Self(vec![Vec::new(); nodes]),
            Logs::Shuffled => {
                let mut lengths: Vec<usize> = (0..voters).collect();
                let mut stream = Stream::new(seed, "logs", 0, 0);
                // Fisher and Yates.
                for last in (1..voters).rev() {
                    lengths.swap(last, below(stream.word(), last as u64 + 1) as usize);
                }
                Self(beside(lengths.into_iter().map(|length| vec![Term(1); length]).collect(), nodes))
            }
            Logs::Each(logs) => Self(beside(logs.clone(), nodes)),
        }
    }

    /// Everyone has seen the highest term of all logs: nobody can be elected in it again, and make other entries of it.
    pub(super) fn hard_state(&self) -> HardState {
        HardState { term: self.0.iter().flatten().max().copied().unwrap_or_default(), vote: None }
    }

    /// A node's entries, in wire form. They do nothing, so equal index and term mean an equal entry.
    pub(super) fn log(&self, node: NodeId) -> Vec<u8> {
        let mut bytes = Vec::new();
        for &term in &self.0[node.slot()] {
            Entry { term, kind: EntryKind::NoOp, data: &[] }.encode(&mut bytes);
        }
        bytes
    }
}
