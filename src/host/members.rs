//! The membership in force for a replica, as it tells.

use super::process::Process;
use crate::ids::Index;
use crate::net::Wire;
use crate::replica::{Change, ChangeStep, Members, Membership};
use crate::trace::{Body, MembersPart, Observer};

impl Process {
    /// The members in force.
    pub(super) fn members(&self) -> Members {
        self.membership.members
    }

    /// Takes down what the replica tells.
    #[cold]
    pub(super) fn note_members(&mut self, index: Index, members: &[u8]) {
        let members = Members::decode(members).unwrap_or_default();
        self.membership = Membership { index, members };
    }

    /// Records how far a change has come.
    #[cold]
    pub(super) fn note_change<O: Observer>(
        &mut self,
        change: Change,
        step: ChangeStep,
        wire: &mut Wire<'_, O>,
    ) {
        self.changes_done += u64::from(step == ChangeStep::Done);
        wire.trace.effect(self.id.into(), Body::Change { change, step });
    }

    /// Records it.
    #[cold]
    pub(super) fn show_members<O: Observer>(&self, wire: &mut Wire<'_, O>) {
        let Membership { index, members: Members { voters, outgoing, learners } } = self.membership;
        let parts = [
            (MembersPart::Learners, learners),
            (MembersPart::Outgoing, outgoing),
            (MembersPart::Voters, voters),
        ];
        for (part, nodes) in parts {
            if part == MembersPart::Voters || !nodes.is_empty() {
                wire.trace.effect(self.id.into(), Body::Membership { part, index, nodes });
            }
        }
    }
}
