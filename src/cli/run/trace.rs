//! The file that a run's records are written to.

use super::super::Failure;
use crate::runner::{self, NewFile};
use crate::trace::{self, ChromeTrace, HistoryLines, JsonLines, Observer, Record, Scribe, ShiViz, TextLines};
use anyhow::Context;
use std::path::{Path, PathBuf};

/// How records are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Format {
    /// One JSON object a line, for other programs.
    Jsonl,
    /// One line a record, as in reports.
    Text,
    /// Trace events in JSON, for ui.perfetto.dev or chrome://tracing.
    Chrome,
    /// A log with vector clocks, for bestchai.bitbucket.io/shiviz.
    Shiviz,
}

impl Format {
    /// What a file's name asks for.
    fn of(path: &Path) -> Self {
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("txt") => Self::Text,
            Some("json") => Self::Chrome,
            Some("log") => Self::Shiviz,
            _ => Self::Jsonl,
        }
    }

    fn make(self) -> Box<dyn trace::Format> {
        match self {
            Self::Jsonl => Box::new(JsonLines::new(runner::kind_name)),
            Self::Text => Box::new(TextLines::new(runner::kind_name)),
            Self::Chrome => Box::new(ChromeTrace::new(runner::kind_name)),
            Self::Shiviz => Box::new(ShiViz::new(runner::kind_name)),
        }
    }
}

/// A trace being written.
pub(super) struct Target {
    path: PathBuf,
    scribe: Scribe<NewFile>,
}

impl Target {
    /// Begins a trace of a run of this scenario. What can't be written at all is told before the run.
    pub(super) fn begin(path: &Path, format: Option<Format>, scenario: &Path) -> Result<Self, Failure> {
        let format = format.unwrap_or_else(|| Format::of(path));
        Self::of("trace", path, format.make(), scenario)
    }

    /// Begins the history of what clients ask for in a run of this scenario.
    pub(super) fn history(path: &Path, scenario: &Path) -> Result<Self, Failure> {
        Self::of("history", path, Box::new(HistoryLines::default()), scenario)
    }

    fn of(what: &str, path: &Path, format: Box<dyn trace::Format>, scenario: &Path) -> Result<Self, Failure> {
        let same = |path: &Path| std::fs::canonicalize(path).ok();
        if same(path).is_some_and(|path| Some(path) == same(scenario)) {
            let message = format!("error: {}: the {what} would overwrite the scenario", path.display());
            return Err(Failure::BadInput(message));
        }
        let file = NewFile::create(path).map_err(anyhow::Error::from)?;
        Ok(Self { path: path.to_owned(), scribe: Scribe::new(file, format) })
    }

    /// Puts the trace in its place.
    pub(super) fn end(self) -> anyhow::Result<()> {
        let file = self.scribe.finish();
        file.with_context(|| format!("{}: can't be written", self.path.display()))?.commit()?;
        Ok(())
    }
}

impl Observer for Target {
    fn observe(&mut self, record: &Record) {
        self.scribe.observe(record);
    }
}
