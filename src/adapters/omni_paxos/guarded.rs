//! Where the crate's panics end.

use super::node::Node;
use crate::replica::{Boot, Effects, Input, Members, Replica, Unrecoverable};
use crate::time::LocalTime;

/// A server that may have forgotten what it promised, or that is no member: it says nothing.
pub(super) struct Silent;

impl Replica for Silent {
    fn step(&mut self, _: LocalTime, _: Input<'_>, _: &mut Effects) {}

    fn words_drawn(&self) -> u64 {
        0
    }
}

/// A node of these members.
///
/// # Errors
/// [`Unrecoverable`] if the disk's contents are none of a server of this kind.
pub(super) fn boot(
    boot: &Boot<'_>,
    members: &Members,
    out: &mut Effects,
) -> Result<Box<dyn Replica>, Unrecoverable> {
    Ok(Box::new(Guarded { node: Node::boot(boot, members, out)? }))
}

struct Guarded {
    node: Node,
}

impl Replica for Guarded {
    fn step(&mut self, now: LocalTime, input: Input<'_>, out: &mut Effects) {
        self.node.step(now, input, out);
    }

    fn words_drawn(&self) -> u64 {
        self.node.words_drawn()
    }
}
