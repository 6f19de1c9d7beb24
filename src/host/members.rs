//! The membership in force for a replica, as it tells.

use super::process::Process;
use crate::ids::Index;
use crate::net::Wire;
use crate::replica::{Members, Membership};
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
