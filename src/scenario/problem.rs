//! What is wrong with a scenario, told as a compiler tells it: place, line, caret, and how to mend it.

use super::patch::Patched;
use super::path::{Step, display};
use annotate_snippets::{AnnotationKind, Level, Origin, Renderer, Snippet, normalize_untrusted_str};
use std::fmt;
use std::ops::Range;

/// A source line longer than this is not shown: it would hide the message, and takes long to lay out.
const LONGEST_LINE: usize = 1_000;

/// The most characters of a path or a message that are kept.
const LONGEST_TEXT: usize = 400;

/// The most characters of a name that a message quotes.
const LONGEST_EXCERPT: usize = 40;

/// The most bytes between two places that are shown in one excerpt.
const LONGEST_BETWEEN: usize = 20_000;

/// How many characters fit on a line if nobody says.
pub const USUAL_WIDTH: usize = 140;

/// What stands before the help of a problem, in characters.
const BAR: usize = 14;

/// The narrowest help; in less nobody could read it.
const NARROWEST: usize = 40;

/// How many problems are shown in full.
const MOST_SHOWN: usize = 100;

/// One thing that is wrong, or doubtful.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    path: String,
    message: String,
    help: String,
    place: Option<Range<usize>>,
    /// Another place that has to do with it, and how.
    beside: Option<(Range<usize>, String)>,
    /// Whether what stands elsewhere has no part in it.
    by_itself: bool,
}

impl Problem {
    /// A problem with what stands in this place of the text.
    pub(super) fn new(
        steps: &[Step<'_>],
        place: Option<Range<usize>>,
        message: String,
        help: String,
    ) -> Self {
        Self {
            path: shortened(display(steps)),
            message: shortened(message),
            help: shortened(help),
            place,
            beside: None,
            by_itself: false,
        }
    }

    /// A problem with a text of another kind: with what stands in this place of it, and another that has to do with it, and how.
    pub fn of_text(
        place: Option<Range<usize>>,
        message: String,
        help: String,
        beside: Option<(Range<usize>, String)>,
    ) -> Self {
        Self { beside, ..Self::new(&[], place, message, help) }
    }

    /// Which field it is about, such as `cluster.raft.election_timeout`; empty for the scenario as a whole.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// What is wrong.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// How to mend it.
    pub fn help(&self) -> &str {
        &self.help
    }

    /// Where it is, in bytes of the text.
    pub fn place(&self) -> Option<Range<usize>> {
        self.place.clone()
    }

    /// The same problem, with another place that has to do with it, and how.
    pub(super) fn beside(self, beside: Option<(Range<usize>, String)>) -> Self {
        Self { beside, ..self }
    }

    /// The same problem, in which what stands elsewhere has no part.
    pub(super) fn by_itself(self) -> Self {
        Self { by_itself: true, ..self }
    }

    /// Whether what stands elsewhere has no part in it.
    pub(super) fn is_by_itself(&self) -> bool {
        self.by_itself
    }

    /// The same problem in another place.
    pub(super) fn at(self, place: Range<usize>) -> Self {
        Self { place: Some(place), ..self }
    }

    /// The same problem in the text before it was mended; none if it is about what was put in.
    pub(super) fn before(self, patched: &Patched) -> Option<Self> {
        let place = patched.origin(self.place?)?;
        let beside = match self.beside {
            Some((place, how)) => Some((patched.origin(place)?, how)),
            None => None,
        };
        Some(Self { place: Some(place), beside, ..self })
    }

    /// All places that it has to do with.
    pub(super) fn places(&self) -> impl Iterator<Item = &Range<usize>> {
        self.place.iter().chain(self.beside.iter().map(|(place, _)| place))
    }

    /// Another place that has to do with it, in bytes of the text, and how.
    pub fn other_place(&self) -> Option<&(Range<usize>, String)> {
        self.beside.as_ref()
    }

    /// In the order of the text.
    pub(super) fn order(&self) -> usize {
        self.place.as_ref().map_or(0, |place| place.start)
    }

    fn render(&self, level: Level<'_>, file: &str, text: &str, form: Form) -> String {
        let renderer = if form.colour { Renderer::styled() } else { Renderer::plain() };
        let renderer = renderer.term_width(form.width);
        let title = level.primary_title(self.message.as_str());
        let help = folded(&normalize_untrusted_str(&self.help), form.width);
        let help = Level::HELP.message(help);
        let about =
            (!self.path.is_empty()).then(|| Level::NOTE.message(format!("this is about `{}`", self.path)));
        let Some(place) = self.place.as_ref().filter(|place| text.is_char_boundary(place.start)) else {
            return renderer.render(&[title.element(Origin::path(file)).elements(about).element(help)]);
        };
        let line = line_around(text, place.start);
        let number = |at: usize| 1 + text.as_bytes()[..at].iter().filter(|byte| **byte == b'\n').count();
        if line.len() > LONGEST_LINE {
            let column = 1 + text[line.start..place.start].chars().count();
            let origin = Origin::path(file).line(number(line.start)).char_column(column);
            return renderer.render(&[title.element(origin).elements(about).element(help)]);
        }
        let mut shown = line.clone();
        let beside = self.beside.as_ref().filter(|(place, _)| {
            let other = line_around(text, place.start);
            let both = line.start.min(other.start)..line.end.max(other.end);
            let fits = other.len() <= LONGEST_LINE && both.len() <= LONGEST_BETWEEN;
            if fits {
                shown = both;
            }
            fits
        });
        let within = |place: &Range<usize>, line: &Range<usize>| {
            let from = place.start.clamp(shown.start, line.end);
            from - shown.start..place.end.clamp(from, line.end) - shown.start
        };
        let mut mark = AnnotationKind::Primary.span(within(place, &line));
        if !self.path.is_empty() {
            mark = mark.label(self.path.as_str());
        }
        let other = beside.map(|(place, label)| {
            let line = line_around(text, place.start);
            AnnotationKind::Context.span(within(place, &line)).label(label.as_str())
        });
        let source = &text[shown.clone()];
        let snippet = Snippet::source(source).line_start(number(shown.start)).path(file);
        let snippet = snippet.annotation(mark).annotations(other);
        renderer.render(&[title.element(snippet).element(help)])
    }
}

/// How problems are shown.
#[derive(Clone, Copy, Debug)]
struct Form {
    colour: bool,
    /// How many characters fit on a line.
    width: usize,
}

/// The line around a place, without its end.
fn line_around(text: &str, at: usize) -> Range<usize> {
    let start = text[..at].rfind('\n').map_or(0, |at| at + 1);
    let end = text[at..].find('\n').map_or(text.len(), |end| at + end);
    start..start + text[start..end].trim_end_matches('\r').len()
}

/// A text broken between words, so that it fits behind the bar of a problem.
fn folded(text: &str, width: usize) -> String {
    let most = width.saturating_sub(BAR).max(NARROWEST);
    let mut lines: Vec<String> = Vec::new();
    // What stands in backquotes is not torn apart.
    let mut quoted = false;
    let words = text.split(|c: char| {
        quoted ^= c == '`';
        c == ' ' && !quoted
    });
    for word in words {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= most => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_string()),
        }
    }
    lines.join("\n")
}

/// The first part of a text that is quoted from a scenario.
pub(super) fn excerpt(text: &str) -> String {
    let text = text.lines().next().unwrap_or_default();
    let mut shown: String = text.chars().take(LONGEST_EXCERPT).collect();
    if shown.len() < text.len() {
        shown.push_str("..");
    }
    shown
}

/// A text without the bulk of what it quotes.
fn shortened(mut text: String) -> String {
    if let Some((end, _)) = text.char_indices().nth(LONGEST_TEXT) {
        text.truncate(end);
        text.push_str("..");
    }
    text
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() {
            f.write_str(&self.message)
        } else {
            write!(f, "{}: {}", self.path, self.message)
        }
    }
}

/// Everything that keeps a text from being a scenario; at least one problem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Errors {
    pub(super) problems: Vec<Problem>,
    /// How many there are beside them.
    pub(super) more: usize,
    /// What is doubtful besides.
    pub(super) warnings: Vec<Warning>,
}

impl Errors {
    /// # Panics
    /// If there are none.
    pub(super) fn new(problems: Vec<Problem>) -> Self {
        assert!(!problems.is_empty(), "a refusal has a reason");
        Self { problems, more: 0, warnings: Vec::new() }
    }

    /// Those of a text of another kind, in its order, and how many there are beside them. None if there are none.
    pub fn of_text(problems: Vec<Problem>, more: usize) -> Option<Self> {
        (!problems.is_empty()).then_some(Self { problems, more, warnings: Vec::new() })
    }

    /// What is doubtful besides, in the order of the text.
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// How many problems there are beside those that are kept.
    pub fn more(&self) -> usize {
        self.more
    }

    /// The problems, in the order of the text; of thousands the first thousand that were found.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// All of them as a compiler shows them, for the text they were found in, on lines of 140 characters. After the
    /// first hundred only the number of the rest is given.
    pub fn render(&self, file: &str, text: &str, colour: bool) -> String {
        self.render_to(USUAL_WIDTH, file, text, colour)
    }

    /// As [`Self::render`], with excerpts and help fitted to this width of a terminal, in characters.
    pub fn render_to(&self, width: usize, file: &str, text: &str, colour: bool) -> String {
        let form = Form { colour, width };
        let shown = self.problems.iter().take(MOST_SHOWN);
        let mut parts: Vec<String> =
            shown.map(|problem| problem.render(Level::ERROR, file, text, form)).collect();
        let more = self.more + self.problems.len().saturating_sub(MOST_SHOWN);
        if more > 0 {
            parts.push(format!("error: and {more} more errors"));
        }
        let warnings = self.warnings.iter().take(MOST_SHOWN);
        parts.extend(warnings.map(|warning| warning.0.render(Level::WARNING, file, text, form)));
        parts.join("\n\n")
    }
}

impl fmt::Display for Errors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, problem) in self.problems.iter().enumerate() {
            let separator = if i == 0 { "" } else { "\n" };
            write!(f, "{separator}{problem}")?;
        }
        if self.more > 0 {
            write!(f, "\nand {} more errors", self.more)?;
        }
        Ok(())
    }
}

impl std::error::Error for Errors {}

/// Something that is allowed but hardly meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning(pub(super) Problem);

impl Warning {
    /// What is doubtful.
    pub fn problem(&self) -> &Problem {
        &self.0
    }

    /// As a compiler shows it, for the text it was found in, on lines of 140 characters.
    pub fn render(&self, file: &str, text: &str, colour: bool) -> String {
        self.render_to(USUAL_WIDTH, file, text, colour)
    }

    /// As [`Self::render`], with the excerpt and the help fitted to this width of a terminal.
    pub fn render_to(&self, width: usize, file: &str, text: &str, colour: bool) -> String {
        self.0.render(Level::WARNING, file, text, Form { colour, width })
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
