//! The crate `raft` of TiKV, behind the seam.
//!
//! A replica is the crate's `RawNode` over a [`store::Store`]: what a step leaves in its `Ready` becomes effects, each message
//! naming the write that it must not overtake, and a write that is durable is reported back (`on_persist_ready`). Nothing
//! waits for the disk but what the crate wants to wait, as in servers that write asynchronously.
//!
//! - **Time** is counted in ticks ([`ticks`]), several of which are made up for at once.
//! - **Chance.** The crate draws election timeouts from a generator of its thread. After each step the one that it has drawn is
//!   replaced by one of the replica's stream: by a new one if term, role or leader have changed, else by the last one. So no
//!   run depends on what the crate has drawn.
//! - **Panics.** The crate ends itself by a panic when it finds that what it rests on does not hold. That is kept inside the
//!   replica, which is then dead ([`super::guarded`]).
//! - **Snapshots** are taken and cut by the adapter, as the crate leaves that to its user, and travel in chunks.
//! - **Members** can't be changed: the crate's changes count when they are applied, and rest on a commit index that outlives
//!   crashes.

mod chunks;
mod forged;
mod node;
mod reads;
mod sense;
mod snapshots;
mod store;
mod ticks;
mod votes;
mod wire;

use super::guarded;
use crate::replica::{Boot, Class, Effects, Flaw, Replica, Software, Status, Unrecoverable};
use crate::rng::Expansion;

/// The crate `raft`, as Squall boots it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct RaftRsSoftware;

impl Software for RaftRsSoftware {
    fn boot(&self, boot: Boot<'_>, out: &mut Effects) -> Result<Box<dyn Replica>, Unrecoverable> {
        match boot.recovered.genesis {
            Some(members) => guarded::boot(|| node::Node::boot(&boot, &members, out)),
            None => Ok(Box::new(guarded::Silent)),
        }
    }

    fn classify(&self, kind: u8, payload: &[u8]) -> Option<Class> {
        wire::classify(kind, payload)
    }

    fn examine(&self, kind: u8, payload: &[u8], status: &Status) -> Result<(), Flaw> {
        sense::examine(kind, payload, status)
    }

    fn forge(&self, overheard: Status, words: &mut Expansion, payload: &mut Vec<u8>) -> u8 {
        forged::forge(overheard, words, payload)
    }

    fn kind_name(&self, kind: u8) -> &'static str {
        wire::name(kind)
    }
}
