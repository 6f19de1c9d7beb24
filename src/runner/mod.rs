//! Runs worlds for people: many at a time, with progress, with files, and with a panic of a world kept inside it.

mod broken;
mod determinism;
mod evidence;
mod explain;
mod files;
mod findings;
pub mod gallery;
mod panics;
mod pool;
mod progress;
mod reach;
mod results;
mod run;
pub(crate) mod shrunk;
mod study;
mod together;
#[cfg(test)]
mod undetected;

pub use broken::{BrokenRule, BrokenRules, broken_rules};
pub use determinism::{Checkpoints, Difference, Window, compare, parse_checkpoints};
pub use evidence::evidence;
pub use explain::{Tried, remedy, without_cause};
pub use files::{
    FileError, NewFile, read_history, read_report, read_scenario, remove_unfinished_when_interrupted,
    report_when_interrupted, was_interrupted, writable_folder,
};
pub use findings::{Finding, attempt, attempt_with, fails, find, find_with, statable};
pub use panics::Panicked;
pub use pool::in_order;
pub use progress::Progress;
pub use reach::out_of_reach;
pub use results::{ResultsFile, ResultsReader};
pub use run::{Look, Options, Own, judge, look, report, simulate};
pub use study::trial;
pub use together::write_together;

use crate::adapters;

/// The names of the kinds of message, a replica's and those between clients and hosts.
pub fn kind_name(kind: u8) -> &'static str {
    use crate::rpc::frame::{CLIENT_REPLY, CLIENT_REQUEST};
    match kind {
        CLIENT_REQUEST => "ClientRequest",
        CLIENT_REPLY => "ClientReply",
        kind => adapters::kind_name(kind),
    }
}

/// All kinds of message that have a name, a replica's and those between clients and hosts.
pub fn kind_names() -> Vec<(u8, &'static str)> {
    let all = (0..=u8::MAX).map(|kind| (kind, kind_name(kind)));
    all.filter(|(_, name)| *name != "unknown").collect()
}
