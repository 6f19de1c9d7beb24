//! The crate `omnipaxos`, behind the seam: Omni-Paxos (Ng, Haridi, Carbone: EuroSys 2023).
//!
//! A replica is the crate's `OmniPaxos` over a [`log::Log`]. What a step leaves in it becomes effects.
//!
//! - **Terms are ballots** ([`ballots`]): ballot 3 of node 2 is term 3002. Whoever prepares a ballot is its candidate, a
//!   promise is a vote, and whoever has the promises of a majority leads.
//! - **The disk.** To the crate what it writes is durable at once. So nothing that a step says leaves before all that was
//!   written until then is durable, and a node shows itself as leader when the log that it has taken over is.
//! - **The accepted round.** A log counts as accepted in the ballot of its leader as a whole, which a disk here has no place
//!   for. So who prepares a ballot proposes an entry of its own that asks for nothing, as Raft's leaders do: it is the last of
//!   each log that is accepted in that ballot, and the term of the last entry tells the accepted round after a crash. The
//!   decided index is not written: one that is too low is what a server has that has not heard of more.
//! - **Links.** The crate rests on links that keep the order and lose nothing within a session, as TCP gives them, and on
//!   being told when a session is lost. Frames here are lost, doubled and overtaken, so the adapter makes such sessions out
//!   of them ([`links`]), sends again what is lost ([`outbox`]), and cuts what is too long
//!   for a frame ([`parts`]).
//! - **Time** is counted in heartbeats ([`rounds`]).
//! - **Proposals** are not forwarded: whoever does not lead sends clients to its leader.
//! - **Panics.** The crate ends itself by a panic when it finds that what it rests on does not hold ([`super::guarded`]).

mod ballots;
mod entry;
mod forged;
mod inbox;
mod links;
mod log;
mod node;
mod outbox;
mod parts;
mod round_trip;
mod rounds;
mod sense;
mod window;
mod wire;

use super::guarded;
use crate::replica::{Boot, Class, Effects, Flaw, Replica, Software, Status, Unrecoverable};
use crate::rng::Expansion;

/// The crate `omnipaxos`, as Squall boots it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct OmniPaxosSoftware;

impl Software for OmniPaxosSoftware {
    fn boot(&self, boot: Boot<'_>, out: &mut Effects) -> Result<Box<dyn Replica>, Unrecoverable> {
        match boot.recovered.genesis {
            Some(members) if members.voters_hold(boot.id) => {
                guarded::boot(|| node::Node::boot(&boot, &members, out))
            }
            _ => Ok(Box::new(guarded::Silent)),
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
