//! Scenario files: RON text in, a [`Plan`] or a list of errors out; and back. Profiles and studies likewise.
//!
//! Reading takes two passes. The first gives text a shape: which fields there are and of which type. It tells as many
//! mistakes as can be told from each other, and of mistakes of syntax the first. The second gives the shape a meaning,
//! and collects *all* that is wrong: numbers out of bounds, nodes that don't exist, times after the end; so also beside mistakes of
//! form, as far as these are in items of lists on which nothing else rests. Both tell the
//! place, and how to mend it, by the [`vocabulary`] of the language.
//!
//! ```
//! let text = r#"(format: 1, name: "idle", duration: "5s", cluster: (voters: 3))"#;
//! let (plan, warnings) = squall::scenario::read(text).expect("a scenario");
//! assert_eq!(plan.cluster.voters, 3);
//! assert!(warnings.is_empty());
//! assert_eq!(squall::scenario::read(&squall::scenario::write(&plan)), Ok((plan, warnings)));
//!
//! let text = text.replace("voters", "voter");
//! let errors = squall::scenario::read(&text).expect_err("no scenario");
//! let shown = errors.render("idle.ron", &text, false);
//! assert!(shown.contains("unknown field `voter` in `cluster`"));
//! assert!(shown.contains("did you mean `voters`?"));
//! ```

mod bounds;
mod explain;
mod foreign;
mod here;
mod language;
mod locate;
mod meaning;
mod mend;
mod nearest;
mod notes;
mod parse;
mod patch;
mod path;
mod problem;
mod shape;
pub mod shipped;
mod study;
mod suggest;
mod syntax;
#[cfg(test)]
mod tests;
pub mod vocabulary;
mod write;

pub use language::language;
pub(crate) use nearest::nearest;
pub use problem::{Errors, Problem, USUAL_WIDTH, Warning};
pub use study::{Fetch, read_study, read_study_for};
pub use write::write;

use crate::plan::{Event, Implementation, Plan, Profile};
use locate::Tree;
use notes::Notes;
use parse::Misshapen;
use serde::de::DeserializeOwned;
use std::ops::Range;
use vocabulary::Language;

/// Whether this event can happen in some run of a plan, as far as that is known beforehand.
pub fn is_possible(event: Event, plan: &Plan) -> bool {
    meaning::is_possible(event, plan)
}

/// The longest scenario that is read, in bytes.
pub const MAX_BYTES: usize = 1 << 20;

/// Reads a scenario. A warning is something that is allowed but hardly meant.
///
/// # Errors
/// All that is wrong with it; of mistakes of syntax, which hide what follows them, the first.
pub fn read(text: &str) -> Result<(Plan, Vec<Warning>), Errors> {
    understand(text, None, meaning::limit)
}

/// Reads a scenario as if it asked for this implementation, whatever it asks for.
///
/// # Errors
/// As of [`read`].
pub fn read_for(text: &str, implementation: Option<Implementation>) -> Result<(Plan, Vec<Warning>), Errors> {
    understand(text, implementation, meaning::limit)
}

/// Reads a profile: what random runs are drawn from. Every plan that can be drawn is a valid scenario.
///
/// # Errors
/// As of [`read`].
pub fn read_profile(text: &str) -> Result<(Profile, Vec<Warning>), Errors> {
    meaning_of(text, Language::Profile, meaning::profile)
}

/// What a file means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Meant {
    /// It describes a run.
    Scenario(Box<Plan>),
    /// It says what runs are drawn from.
    Profile(Box<Profile>),
}

/// Reads a scenario or a profile, whichever the text is.
///
/// # Errors
/// As of [`read`].
pub fn read_either(text: &str) -> Result<(Meant, Vec<Warning>), Errors> {
    read_either_for(text, None)
}

/// Reads a scenario or a profile, a scenario as if it asked for this implementation.
///
/// # Errors
/// As of [`read`].
pub fn read_either_for(
    text: &str,
    implementation: Option<Implementation>,
) -> Result<(Meant, Vec<Warning>), Errors> {
    if language(text) == Some(Language::Profile) {
        read_profile(text).map(|(profile, warnings)| (Meant::Profile(Box::new(profile)), warnings))
    } else {
        read_for(text, implementation).map(|(plan, warnings)| (Meant::Scenario(Box::new(plan)), warnings))
    }
}

/// Reads a scenario; `limit` may still refuse a plan that has no other fault.
fn understand(
    text: &str,
    implementation: Option<Implementation>,
    limit: fn(&Plan, &mut Notes<'_>),
) -> Result<(Plan, Vec<Warning>), Errors> {
    meaning_of(text, Language::Scenario, |shape, notes| {
        let plan = meaning::plan(shape, implementation, notes);
        if notes.is_clean() && !notes.are_in_part() {
            limit(&plan, notes);
        }
        plan
    })
}

/// Reads a text of this language: its shape, and then what that means.
fn meaning_of<S: DeserializeOwned, T>(
    text: &str,
    language: Language,
    meaning: impl FnOnce(&S, &mut Notes<'_>) -> T,
) -> Result<(T, Vec<Warning>), Errors> {
    if text.len() > MAX_BYTES {
        let error = DecodeError::TooLong { bytes: text.len() };
        let help = "a scenario describes a run; it does not list every event of one".to_string();
        return Err(Errors::new(vec![Problem::new(&[], None, error.to_string(), help)]));
    }
    let tree = Tree::new(text);
    if let Some(problem) = language::other(text, &tree, language) {
        return Err(Errors::new(vec![problem]));
    }
    let shape: S = match parse::parse(text, &tree, language) {
        Ok(shape) => shape,
        Err(misshapen) => return Err(misshapen.errors(&tree, meaning)),
    };
    let mut notes = Notes::new(&tree);
    if let Some(name) = tree.first_field().filter(|name| &text[name.clone()] != "format") {
        let help = format!("move `format: 1` to the top of the {}", language.name());
        notes.error_at(name, "`format` has to come first", &help);
    }
    let meant = meaning(&shape, &mut notes);
    notes.finish().map(|warnings| (meant, warnings))
}

impl<S> Misshapen<S> {
    /// The mistakes of form, and with them those of meaning that have nothing to do with the items that these are in.
    fn errors<T>(self, tree: &Tree<'_>, meaning: impl FnOnce(&S, &mut Notes<'_>) -> T) -> Errors {
        let Self { mut problems, mended } = self;
        if let Some((patched, shape)) = mended {
            let mended_tree = Tree::new(patched.text());
            let mut notes = Notes::in_part(&mended_tree, &patched);
            meaning(&shape, &mut notes);
            // Others may rest on what is in no item of a list: then only what is wrong by itself can be told.
            let rests = !problems.iter().all(parse::is_apart);
            let items: Vec<Range<usize>> =
                problems.iter().filter_map(|it| tree.item(it.path()).or_else(|| it.place())).collect();
            let is_apart = |place: &Range<usize>| {
                !items.iter().any(|item| item.start < place.end && place.start < item.end)
            };
            let found = notes.finish().err().map(|errors| errors.problems).unwrap_or_default();
            let found = found.into_iter().filter_map(|problem| problem.before(&patched));
            let found = found.filter(|problem| !rests || problem.is_by_itself());
            problems.extend(found.filter(|problem| problem.places().all(is_apart)));
            problems.sort_by_key(Problem::order);
        }
        Errors::new(problems)
    }
}

/// Why the bytes of a file are no text of a scenario.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// Longer than [`MAX_BYTES`].
    #[error("a scenario of {bytes} bytes is too long: at most {MAX_BYTES} are read")]
    TooLong {
        /// How long it is.
        bytes: usize,
    },
    /// Not UTF-8.
    #[error("line {line} is not UTF-8: byte {offset} of the file, {byte:#04x}, belongs to no character")]
    NotUtf8 {
        /// Where the first such byte is, from 0.
        offset: usize,
        /// In which line, from 1.
        line: usize,
        /// What it is.
        byte: u8,
    },
}

/// The text that the bytes of a file are; a byte order mark at their head is left out.
///
/// # Errors
/// If they are too many or not UTF-8.
pub fn decode(bytes: &[u8]) -> Result<&str, DecodeError> {
    if bytes.len() > MAX_BYTES {
        return Err(DecodeError::TooLong { bytes: bytes.len() });
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(text.strip_prefix('\u{feff}').unwrap_or(text)),
        Err(error) => {
            let offset = error.valid_up_to();
            let line = 1 + bytes[..offset].iter().filter(|&&byte| byte == b'\n').count();
            Err(DecodeError::NotUtf8 { offset, line, byte: bytes[offset] })
        }
    }
}
