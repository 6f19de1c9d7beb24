//! Runs worlds for people: with progress, with files, and with a panic of a world kept inside it.

mod determinism;
mod files;
mod progress;

pub use determinism::{Checkpoints, Difference, Window, compare, parse_checkpoints};
pub use files::{FileError, NewFile, read_scenario};
pub use progress::Progress;

use crate::plan::Plan;
use crate::raft::RaftSoftware;
use crate::replica::Software;
use crate::time::{Duration, Time};
use crate::trace::Observer;
use crate::world::{End, World};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// How a run is carried out, beyond what it depends on.
#[derive(Debug, Default)]
pub struct Options {
    /// Shows how far it is.
    pub progress: Option<Progress>,
    /// Makes it differ from any other run, on purpose.
    pub disturbance: Option<Duration>,
}

/// A world that panicked: a bug of the replica or of Squall, not an outcome of the protocol.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Panicked {
    /// What the panic said.
    pub message: String,
}

/// Runs a plan with a seed. The observer has seen every record up to the end or the panic.
///
/// # Errors
/// If the world panicked.
pub fn simulate(
    plan: &Plan,
    seed: u64,
    observer: &mut dyn Observer,
    options: &Options,
) -> Result<End, Panicked> {
    // The observer's records stay whole whatever happens: each is handed over at once.
    let run = AssertUnwindSafe(|| {
        let software = RaftSoftware;
        let mut world = World::new(plan, &software, seed, observer);
        if let Some(delay) = options.disturbance {
            world.disturb(delay);
        }
        let end = Time::ZERO + plan.duration;
        let Some(progress) = &options.progress else { return world.run() };
        for step in 1..=Progress::STEPS {
            let until = plan.duration.nanos() / Progress::STEPS * step;
            world.run_until(Time::from_nanos(until).min(end));
            progress.step();
        }
        world.run()
    });
    catch_unwind(run).map_err(|payload| {
        let text = payload.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| payload.downcast_ref::<&str>().copied());
        Panicked { message: text.unwrap_or("a panic without message").to_owned() }
    })
}

/// The names of the kinds of message, a replica's and those between clients and hosts.
pub fn kind_name(kind: u8) -> &'static str {
    use crate::rpc::frame::{CLIENT_REPLY, CLIENT_REQUEST};
    match kind {
        CLIENT_REQUEST => "ClientRequest",
        CLIENT_REPLY => "ClientReply",
        kind => RaftSoftware.kind_name(kind),
    }
}
