//! `squall check`: whether scenarios are valid.

use super::{Failure, Output, Scenario, Status};
use std::path::PathBuf;

/// Arguments of `squall check`.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The scenario files.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

pub(super) fn check(arguments: &Arguments, output: &Output) -> Result<Status, Failure> {
    let mut status = Status::Held;
    for path in &arguments.files {
        match Scenario::read(path, output) {
            Ok(scenario) => output.print(format_args!("{}: ok\n", scenario.path.display()))?,
            Err(failure) => {
                output.diagnose(&failure);
                status = status.worst(failure.status());
            }
        }
    }
    Ok(status)
}
