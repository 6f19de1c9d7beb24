//! `squall completions` and `squall man`: what shells and `man` want to know of the program.

use super::{Arguments, Failure, Output, Status};
use anyhow::Context;
use clap::CommandFactory;
use clap_complete::Shell;
use clap_mangen::Man;
use std::path::PathBuf;

/// Arguments of `squall completions`.
#[derive(Debug, clap::Args)]
pub(super) struct CompletionArguments {
    /// The shell.
    #[arg(value_enum, value_name = "SHELL")]
    shell: Shell,
}

/// Arguments of `squall man`.
#[derive(Debug, clap::Args)]
pub(super) struct ManArguments {
    /// Write a page for each command into this folder.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

pub(super) fn completions(arguments: &CompletionArguments, output: &Output) -> Result<Status, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Arguments::command(), "squall", &mut script);
    output.print(String::from_utf8_lossy(&script))?;
    Ok(Status::Held)
}

pub(super) fn man(arguments: &ManArguments, output: &Output) -> Result<Status, Failure> {
    let command = Arguments::command();
    match &arguments.out {
        None => {
            let mut page = Vec::new();
            Man::new(command).render(&mut page).context("the page can't be made")?;
            output.print(String::from_utf8_lossy(&page))?;
        }
        Some(folder) => {
            let unwritable = || format!("{} can't be written", folder.display());
            std::fs::create_dir_all(folder).with_context(unwritable)?;
            clap_mangen::generate_to(command, folder).with_context(unwritable)?;
        }
    }
    Ok(Status::Held)
}
