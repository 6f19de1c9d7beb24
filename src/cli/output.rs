//! Where things are printed, and in what colour.

use super::Color;
use super::annotations::Annotations;
use anstream::{AutoStream, ColorChoice};
use anyhow::Context;
use std::fmt::Display;
use std::io::{self, ErrorKind, IsTerminal, Write};

/// Standard output and standard error, with colour as asked for.
#[derive(Debug)]
pub(super) struct Output {
    choice: ColorChoice,
    annotations: Annotations,
}

/// The width of text that goes to a file or a pipe.
const PIPED_WIDTH: usize = 100;

/// The least and the most columns of a report on a terminal: tables need the one, and beyond the other nobody reads lines.
const WIDTHS: (usize, usize) = (80, 120);

impl Output {
    pub(super) fn new(color: Color) -> Self {
        let choice = match color {
            Color::Auto => ColorChoice::Auto,
            Color::Always => ColorChoice::Always,
            Color::Never => ColorChoice::Never,
        };
        Self { choice, annotations: Annotations::new() }
    }

    /// Prints a result. A reader that has gone is no error: it has seen what it wanted.
    pub(super) fn print(&self, text: impl Display) -> anyhow::Result<()> {
        let mut out = AutoStream::new(io::stdout().lock(), self.choice);
        match write!(out, "{text}").and_then(|()| out.flush()) {
            Err(error) if error.kind() != ErrorKind::BrokenPipe => {
                Err(error).context("standard output can't be written")
            }
            _ => Ok(()),
        }
    }

    /// Prints a diagnostic. Where standard error is gone there is nobody to tell.
    pub(super) fn diagnose(&self, text: &impl Display) {
        let text = text.to_string();
        let mut out = AutoStream::new(io::stderr().lock(), self.choice);
        let _ = writeln!(out, "{}", text.trim_end());
    }

    /// Prints a line for a program that reads standard error.
    pub(super) fn diagnose_plainly(line: &str) {
        let _ = writeln!(io::stderr(), "{line}");
    }

    /// What is annotated where this job's pages show it.
    pub(super) fn annotations(&self) -> &Annotations {
        &self.annotations
    }

    /// Whether diagnostics are to be rendered with colour.
    pub(super) fn colours_diagnostics(&self) -> bool {
        match self.choice {
            ColorChoice::Auto => AutoStream::choice(&io::stderr()) != ColorChoice::Never,
            choice => choice != ColorChoice::Never,
        }
    }

    /// How many columns a report may take.
    pub(super) fn width(&self) -> usize {
        Self::columns(&io::stdout()).map_or(PIPED_WIDTH, |columns| columns.clamp(WIDTHS.0, WIDTHS.1))
    }

    /// How many columns a diagnostic may take.
    pub(super) fn width_of_diagnostics(&self) -> usize {
        Self::columns(&io::stderr()).unwrap_or(crate::scenario::USUAL_WIDTH)
    }

    /// The width of a stream that is a terminal.
    fn columns(stream: &impl IsTerminal) -> Option<usize> {
        let terminal = stream.is_terminal().then(terminal_size::terminal_size).flatten();
        terminal.map(|(width, _)| usize::from(width.0))
    }
}
