//! `squall check`: whether scenarios and profiles are valid.

use super::inputs::{Scenario, Wanted, expand, is_profile, understand};
use super::{Failure, Output, Status};
use std::path::PathBuf;

/// Arguments of `squall check`.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Files of scenarios and profiles, or patterns in quotes such as 'scenarios/**/*.ron'.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

pub(super) fn check(arguments: &Arguments, output: &Output) -> Result<Status, Failure> {
    let mut status = Status::Held;
    for path in expand(&arguments.files, Wanted::All)? {
        let read = if is_profile(&path) {
            understand(&path, output, crate::scenario::read_profile).map(drop)
        } else {
            Scenario::read(&path, output).map(drop)
        };
        match read {
            Ok(()) => output.print(format_args!("{}: ok\n", path.display()))?,
            Err(failure) => {
                output.diagnose(&failure);
                status = status.worst(failure.status());
            }
        }
    }
    Ok(status)
}
