//! What is noted against a scenario while it is given a meaning.

use super::locate::Tree;
use super::patch::Patched;
use super::path::{Path, Step};
use super::problem::{Errors, Problem, Warning};
use std::ops::Range;

/// How many problems of a kind are kept; of the others only the number.
const MOST_KEPT: usize = 1_000;

/// What the second pass has found so far.
#[derive(Debug)]
pub(super) struct Notes<'t> {
    tree: &'t Tree<'t>,
    errors: Vec<Problem>,
    warnings: Vec<Warning>,
    /// How many errors there are beside those that are kept.
    more: usize,
    /// What was mended in the text, if mistakes of form were.
    mended: Option<&'t Patched>,
}

impl<'t> Notes<'t> {
    /// None yet, about the text of this tree.
    pub(super) fn new(tree: &'t Tree<'t>) -> Self {
        Self { tree, errors: Vec::new(), warnings: Vec::new(), more: 0, mended: None }
    }

    /// None yet, about the text of this tree, of which only a part is as it was written.
    pub(super) fn in_part(tree: &'t Tree<'t>, mended: &'t Patched) -> Self {
        Self { mended: Some(mended), ..Self::new(tree) }
    }

    /// Whether only a part of the text is as it was written, so that nothing can be said of the whole.
    pub(super) fn are_in_part(&self) -> bool {
        self.mended.is_some()
    }

    /// Whether something in the value at `path` is not as it was written.
    pub(super) fn is_mended(&self, path: &Path<'_>) -> bool {
        let place = || self.tree.value(&path.steps());
        self.mended.is_some_and(|mended| place().is_some_and(|place| mended.is_changed(&place)))
    }

    /// None yet, about the same text: for a try that may fail.
    pub(super) fn scratch(&self) -> Self {
        Self { mended: self.mended, ..Self::new(self.tree) }
    }

    /// Whether the text has a value at `path`, not a default.
    pub(super) fn is_written(&self, path: &Path<'_>) -> bool {
        self.tree.value(&path.steps()).is_some()
    }

    /// Notes an error in the value at `path`.
    pub(super) fn error(&mut self, path: &Path<'_>, message: impl Into<String>, help: impl Into<String>) {
        self.note_error(path, message.into(), help.into(), None);
    }

    /// Notes an error that the value at `path` is by itself, whatever stands elsewhere.
    pub(super) fn error_by_itself(
        &mut self,
        path: &Path<'_>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        let problem = self.problem(path, message.into(), help.into(), None).by_itself();
        self.push(problem);
    }

    /// Notes an error in the value at `path`, which has to do with that at another.
    pub(super) fn error_beside(
        &mut self,
        path: &Path<'_>,
        message: impl Into<String>,
        help: impl Into<String>,
        beside: (&Path<'_>, &str),
    ) {
        self.note_error(path, message.into(), help.into(), Some(beside));
    }

    fn note_error(
        &mut self,
        path: &Path<'_>,
        message: String,
        help: String,
        beside: Option<(&Path<'_>, &str)>,
    ) {
        if self.errors.len() < MOST_KEPT {
            let problem = self.problem(path, message, help, beside);
            self.errors.push(problem);
        } else {
            self.more += 1;
        }
    }

    /// Notes that the value at `path` is doubtful.
    pub(super) fn warn(&mut self, path: &Path<'_>, message: impl Into<String>, help: impl Into<String>) {
        self.note_warning(path, message.into(), help.into(), None);
    }

    /// Notes that the value at `path` is doubtful, beside that at another.
    pub(super) fn warn_beside(
        &mut self,
        path: &Path<'_>,
        message: impl Into<String>,
        help: impl Into<String>,
        beside: (&Path<'_>, &str),
    ) {
        self.note_warning(path, message.into(), help.into(), Some(beside));
    }

    fn note_warning(
        &mut self,
        path: &Path<'_>,
        message: String,
        help: String,
        beside: Option<(&Path<'_>, &str)>,
    ) {
        if self.warnings.len() < MOST_KEPT {
            let problem = self.problem(path, message, help, beside);
            self.warnings.push(Warning(problem));
        }
    }

    /// Notes an error of the whole text, at a place of its own.
    pub(super) fn error_at(&mut self, place: Range<usize>, message: &str, help: &str) {
        self.errors.push(Problem::new(&[], Some(place), message.to_string(), help.to_string()));
    }

    /// Notes an error that was found elsewhere.
    pub(super) fn push(&mut self, problem: Problem) {
        if self.errors.len() < MOST_KEPT {
            self.errors.push(problem);
        } else {
            self.more += 1;
        }
    }

    /// Notes what is doubtful and was found elsewhere.
    pub(super) fn doubt(&mut self, problem: Problem) {
        if self.warnings.len() < MOST_KEPT {
            self.warnings.push(Warning(problem));
        }
    }

    /// Where the value at these steps stands.
    pub(super) fn place(&self, steps: &[Step<'_>]) -> Option<Range<usize>> {
        self.tree.value(steps)
    }

    /// How many errors were noted so far.
    pub(super) fn count(&self) -> usize {
        self.errors.len() + self.more
    }

    /// Whether no error was noted so far.
    pub(super) fn is_clean(&self) -> bool {
        self.count() == 0
    }

    /// Whether it no longer matters what else is said of an error: it won't be shown.
    pub(super) fn is_full(&self) -> bool {
        self.count() > MOST_KEPT
    }

    /// The warnings, or if there are errors all of both; in the order of the text.
    pub(super) fn finish(mut self) -> Result<Vec<Warning>, Errors> {
        self.errors.sort_by_key(Problem::order);
        self.warnings.sort_by_key(|warning| warning.0.order());
        self.errors.dedup();
        self.warnings.dedup();
        let Self { errors: problems, mut warnings, more, .. } = self;
        if problems.is_empty() && more == 0 {
            return Ok(warnings);
        }
        // What is doubtful about something wrong may be so only since it is wrong.
        warnings.retain(|Warning(doubt)| {
            let is_apart = |place: &Range<usize>| {
                let mut wrong = problems.iter().flat_map(Problem::places);
                !wrong.any(|wrong| wrong.start < place.end && place.start < wrong.end)
            };
            doubt.place().is_some() && doubt.places().all(is_apart)
        });
        Err(Errors { problems, more, warnings })
    }

    fn problem(
        &self,
        path: &Path<'_>,
        message: String,
        help: String,
        beside: Option<(&Path<'_>, &str)>,
    ) -> Problem {
        let steps = path.steps();
        let place =
            |(path, label): (&Path<'_>, &str)| Some((self.tree.value(&path.steps())?, label.to_string()));
        let beside = beside.and_then(place);
        Problem::new(&steps, self.tree.value(&steps), message, help).beside(beside)
    }
}
