//! `squall check`: whether scenarios are valid.

use super::inputs::{Scenario, expand};
use super::{Failure, Output, Status};
use std::path::PathBuf;

/// Arguments of `squall check`.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Scenario files, or patterns in quotes such as 'scenarios/**/*.ron'.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

pub(super) fn check(arguments: &Arguments, output: &Output) -> Result<Status, Failure> {
    let mut status = Status::Held;
    for path in expand(&arguments.files)? {
        match Scenario::read(&path, output) {
            Ok(scenario) => output.print(format_args!("{}: ok\n", scenario.name()))?,
            Err(failure) => {
                output.diagnose(&failure);
                status = status.worst(failure.status());
            }
        }
    }
    Ok(status)
}
