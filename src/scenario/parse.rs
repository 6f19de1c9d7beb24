//! The first pass: from text to shapes.

use super::explain::{Explained, Parsing};
use super::locate::Tree;
use super::patch::Patched;
use super::path::Step;
use super::problem::Problem;
use super::vocabulary::Language;
use ron::error::SpannedError;
use ron::extensions::Extensions;
use serde::de::DeserializeOwned;
use serde_path_to_error::Segment;

/// The format that this version reads and writes.
pub(super) const FORMAT: &str = "1";

/// The most mistakes that the first pass tells at once.
const MOST_MISTAKES: usize = 20;

/// The most bytes that are parsed again and again to find more mistakes.
const MOST_AGAIN: usize = 1 << 19;

/// What the first pass comes to where it finds mistakes.
#[derive(Debug)]
pub(super) struct Misshapen<T> {
    /// The mistakes, in the order of the text.
    pub(super) problems: Vec<Problem>,
    /// The text with all of them mended, and its shape; none if they could not be mended.
    pub(super) mended: Option<(Patched, T)>,
}

/// The lists of which an item that is mended leaves the others what they are.
const LISTS: [&str; 3] = ["faults[", "storm[", "expect["];

/// Fields on which nothing else rests.
const ALONE: [&str; 4] = ["name", "about", "seed", "cluster.bug"];

/// Whether a mistake is in what others don't rest on: such a field, or an item of a list; what the item is called, they may.
pub(super) fn is_apart(problem: &Problem) -> bool {
    let path = problem.path();
    ALONE.contains(&path) || LISTS.iter().any(|list| path.starts_with(list)) && !path.ends_with(".id")
}

/// Reads the shapes of a text, of which this is the tree.
///
/// A parser stops at its first mistake. Where that is a value of the wrong kind or a name that does not exist, it is
/// mended with what the vocabulary has for the place, and the text is parsed again for the next one. A mistake of syntax
/// is told alone: what seems wrong after it may not be.
pub(super) fn parse<T: DeserializeOwned>(
    text: &str,
    tree: &Tree<'_>,
    language: Language,
) -> Result<T, Misshapen<T>> {
    if let Some(problem) = other_format(text, tree) {
        return Err(Misshapen { problems: vec![problem], mended: None });
    }
    let Explained { problem, patch } = match parse_once(text, tree, language) {
        Ok(shape) => return Ok(shape),
        Err(explained) => *explained,
    };
    let mut problems = vec![problem];
    let mut patched = Patched::new(text);
    let (mut next, mut shape) = (patch, None);
    let most = (MOST_AGAIN / text.len().max(1)).min(MOST_MISTAKES);
    while let Some(patch) = next.take().filter(|_| problems.len() < most) {
        patched.apply(&patch);
        let tree = Tree::new(patched.text());
        let Explained { problem, patch } = match parse_once::<T>(patched.text(), &tree, language) {
            Ok(whole) => {
                shape = Some(whole);
                break;
            }
            Err(explained) => *explained,
        };
        let place = problem.place().and_then(|place| patched.origin(place));
        // Without a patch it is a mistake of syntax; without a place it is one of the mending.
        if let (Some(place), Some(patch)) = (place, patch) {
            problems.push(problem.at(place));
            next = Some(patch);
        }
    }
    problems.sort_by_key(Problem::order);
    let mended = shape.map(|shape| (patched, shape));
    Err(Misshapen { problems, mended })
}

fn parse_once<T: DeserializeOwned>(
    text: &str,
    tree: &Tree<'_>,
    language: Language,
) -> Result<T, Box<Explained>> {
    let explain = |steps: &[Step<'_>], error: SpannedError| {
        Box::new(Parsing { language, text, tree, steps, error }.explain())
    };
    let mut deserializer =
        ron::Deserializer::from_str_with_options(text, &options()).map_err(|error| explain(&[], error))?;
    let shape = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let path = error.path().clone();
        let steps: Vec<Step<'_>> = path.iter().filter_map(step).collect();
        explain(&steps, deserializer.span_error(error.into_inner()))
    })?;
    deserializer.end().map_err(|error| explain(&[], deserializer.span_error(error)))?;
    Ok(shape)
}

/// How files are read.
pub(super) fn options() -> ron::Options {
    let extensions =
        Extensions::IMPLICIT_SOME | Extensions::UNWRAP_NEWTYPES | Extensions::UNWRAP_VARIANT_NEWTYPES;
    ron::Options::default().with_default_extension(extensions)
}

fn step(segment: &Segment) -> Option<Step<'_>> {
    match segment {
        Segment::Seq { index } => Some(Step::Item(*index)),
        Segment::Map { key } => Some(Step::Field(key)),
        Segment::Enum { variant } => Some(Step::Variant(variant)),
        Segment::Unknown => None,
    }
}

/// Refuses other formats before anything else: whatever else seems wrong with one may be right in its format.
fn other_format(text: &str, tree: &Tree<'_>) -> Option<Problem> {
    let format = [Step::Field("format")];
    let place = tree.value(&format).filter(|place| &text[place.clone()] != FORMAT)?;
    let message = "this format is unknown".to_string();
    Some(Problem::new(
        &format,
        Some(place),
        message,
        format!("this version of Squall reads `format: {FORMAT}`"),
    ))
}
