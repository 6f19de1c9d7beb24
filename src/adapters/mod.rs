//! Other people's implementations behind the seam, each behind a feature of the build, and what they can express of a
//! scenario.

mod expressible;
#[cfg(any(feature = "omnipaxos", feature = "raft-rs"))]
mod guarded;
#[cfg(feature = "omnipaxos")]
mod omni_paxos;
#[cfg(feature = "raft-rs")]
mod raft_rs;

pub use expressible::{Place, Unexpressed, markdown, restrict, unexpressed};

use crate::plan::Implementation;
use crate::raft::RaftSoftware;
use crate::replica::Software;

/// The software of an implementation; none if this build has no adapter for it.
pub fn software(implementation: Implementation) -> Option<&'static dyn Software> {
    match implementation {
        Implementation::Squall => Some(&RaftSoftware),
        Implementation::RaftRs => raft_rs(),
        Implementation::OmniPaxos => omni_paxos(),
    }
}

/// The software that a plan asks for.
///
/// # Panics
/// If this build has no adapter for it; no scenario reads as such a plan.
pub fn of(implementation: Implementation) -> &'static dyn Software {
    software(implementation)
        .unwrap_or_else(|| panic!("this build has no adapter for `{}`", implementation.name()))
}

/// The package that an implementation comes from, with its version.
pub const fn package(implementation: Implementation) -> &'static str {
    match implementation {
        Implementation::Squall => concat!("squall ", env!("CARGO_PKG_VERSION")),
        Implementation::RaftRs => "raft 0.7.0",
        Implementation::OmniPaxos => "omnipaxos 0.2.4",
    }
}

/// The name of a kind of message. No two implementations number theirs alike.
pub fn kind_name(kind: u8) -> &'static str {
    let all = Implementation::ALL.into_iter().filter_map(software);
    let mut names = all.map(|software| software.kind_name(kind));
    names.find(|name| *name != "unknown").unwrap_or("unknown")
}

fn raft_rs() -> Option<&'static dyn Software> {
    #[cfg(feature = "raft-rs")]
    return Some(&raft_rs::RaftRsSoftware);
    #[cfg(not(feature = "raft-rs"))]
    return None;
}

fn omni_paxos() -> Option<&'static dyn Software> {
    #[cfg(feature = "omnipaxos")]
    return Some(&omni_paxos::OmniPaxosSoftware);
    #[cfg(not(feature = "omnipaxos"))]
    return None;
}
