//! Annotations for GitHub's pages, on standard error, and the summary of a job, in jobs that run there.

use super::Output;
use super::problems::Position;
use crate::report::batch::Figures;
use crate::report::with_other;
use crate::scenario::{Errors, Problem, Warning};
use anyhow::Context;
use std::cell::Cell;
use std::fs::File;
use std::io::Write;
use std::path::Path;

/// How many failures are annotated one by one. GitHub shows ten errors of a step: the last place is for how many more there are.
const SHOWN: u64 = 9;

/// Annotates what is wrong, where somebody shows that.
#[derive(Debug)]
pub(super) struct Annotations {
    wanted: bool,
    failed: Cell<u64>,
}

impl Annotations {
    pub(super) fn new() -> Self {
        let wanted = std::env::var_os("GITHUB_ACTIONS").is_some_and(|value| !value.is_empty());
        Self { wanted, failed: Cell::new(0) }
    }

    /// Whether anything is printed.
    pub(super) fn are_wanted(&self) -> bool {
        self.wanted
    }

    /// A file that is no scenario at all.
    pub(super) fn bad_file(&self, file: &str, message: &str) {
        self.print("error", &[("file", file)], message);
    }

    /// All errors of a scenario, or of another text.
    pub(super) fn errors(&self, file: &str, text: &str, errors: &Errors) {
        for problem in errors.problems().iter().take(SHOWN as usize) {
            self.problem("error", file, text, problem);
        }
        if let Some(more) = errors.problems().len().checked_sub(SHOWN as usize).filter(|more| *more > 0) {
            self.print("error", &[("file", file)], &format!("and {more} more errors"));
        }
    }

    /// A warning of a scenario.
    pub(super) fn warning(&self, file: &str, text: &str, warning: &Warning) {
        self.problem("warning", file, text, warning.problem());
    }

    fn problem(&self, level: &str, file: &str, text: &str, problem: &Problem) {
        let message = format!("{problem}\nhelp: {}", problem.help());
        let position = problem.place().and_then(|place| Position::of(text, place.start));
        let Some(Position { line, column }) = position else {
            return self.print(level, &[("file", file)], &message);
        };
        let (line, column) = (line.to_string(), column.to_string());
        self.print(level, &[("file", file), ("line", &line), ("col", &column)], &message);
    }

    /// What failed, why, and the command that makes it again. What is built in has no file.
    pub(super) fn failed(&self, file: &str, title: &str, reason: Option<&str>, replay: Option<&str>) {
        self.failed.set(self.failed.get() + 1);
        if self.failed.get() <= SHOWN {
            let replay = replay.map(|replay| format!("replay: {replay}"));
            let message: Vec<&str> = [reason, replay.as_deref()].into_iter().flatten().collect();
            let file = Path::new(file).is_file().then_some(("file", file));
            let properties: Vec<_> = file.into_iter().chain([("title", title)]).collect();
            self.print("error", &properties, &message.join("\n"));
        }
    }

    /// A run of a scenario that failed.
    pub(super) fn failed_run(&self, file: &str, run: &Figures) {
        let title =
            format!("{}, seed {}{}: {}", run.scenario, run.seed, with_other(run.implementation), run.verdict);
        self.failed(file, &title, run.reason.as_deref(), run.replay.as_deref());
    }

    /// Adds to the summary of the job, where there is one.
    pub(super) fn summary(&self, markdown: &str) -> anyhow::Result<()> {
        let file = std::env::var_os("GITHUB_STEP_SUMMARY").filter(|file| self.wanted && !file.is_empty());
        let Some(file) = file else { return Ok(()) };
        let unwritable = || format!("the summary of the job, {}, can't be written", file.to_string_lossy());
        let mut out = File::options().append(true).create(true).open(&file).with_context(unwritable)?;
        out.write_all(markdown.as_bytes()).with_context(unwritable)
    }

    /// No more runs will come.
    pub(super) fn end(&self) {
        if let Some(more) = self.failed.get().checked_sub(SHOWN).filter(|more| *more > 0) {
            self.print("error", &[("title", "squall")], &format!("and {more} more failed"));
        }
    }

    fn print(&self, level: &str, properties: &[(&str, &str)], message: &str) {
        if self.wanted {
            Output::diagnose_plainly(&command(level, properties, message));
        }
    }
}

/// A workflow command, which is one line.
fn command(level: &str, properties: &[(&str, &str)], message: &str) -> String {
    let escape = |text: &str| text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    let properties: Vec<String> = properties
        .iter()
        .map(|(name, value)| format!("{name}={}", escape(value).replace(':', "%3A").replace(',', "%2C")))
        .collect();
    format!("::{level} {}::{}", properties.join(","), escape(message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_end_a_command_or_a_property_is_escaped() {
        let line = command("error", &[("file", "a,b:c.ron"), ("title", "100 %")], "one: two\r\nthree, 5 %");
        assert_eq!(line, "::error file=a%2Cb%3Ac.ron,title=100 %25::one: two%0D%0Athree, 5 %25");
    }
}
