//! Which of the languages a text is written in. They begin alike, and each is easily given where another is wanted.

use super::MAX_BYTES;
use super::locate::Tree;
use super::path::Step;
use super::problem::Problem;
use super::vocabulary::Language;
use std::ops::Range;

/// The language of a text, by what only one of them can say; none where nothing of that is there.
pub fn language(text: &str) -> Option<Language> {
    if text.len() > MAX_BYTES {
        return None;
    }
    sign(text, &Tree::new(text)).map(|(language, ..)| language)
}

/// A mistake if a text is written in the other language than the one that is wanted.
pub(super) fn other(text: &str, tree: &Tree<'_>, wanted: Language) -> Option<Problem> {
    let (language, steps, place) = sign(text, tree).filter(|(language, ..)| *language != wanted)?;
    let message = format!("this file is a {}, and a {} is wanted", language.name(), wanted.name());
    let help = match (language, wanted) {
        (Language::Profile, _) => {
            "`squall fuzz FILE` makes random runs of a profile, `squall resolve FILE --seed N` writes one of them down"
        }
        (Language::Scenario, Language::Study) => {
            "`squall run FILE` runs a scenario; a study names one, or holds one, in its `scenario`"
        }
        (Language::Scenario, _) => {
            "`squall run FILE` runs a scenario; a profile says what runs are drawn from: see `squall list quick`"
        }
        (Language::Study, _) => "`squall study FILE` carries out a study",
    };
    Some(Problem::new(steps, Some(place), message, help.to_string()))
}

type Sign = (Language, &'static [Step<'static>], Range<usize>);

/// What tells the language, and where: a profile has a time to `settle` and numbers of voters with weights, a scenario one
/// number of voters, and a study has a scenario or something to measure.
fn sign(text: &str, tree: &Tree<'_>) -> Option<Sign> {
    const SETTLE: &[Step<'_>] = &[Step::Field("settle")];
    const SCENARIO: [&[Step<'_>]; 2] = [&[Step::Field("scenario")], &[Step::Field("measure")]];
    const VOTERS: &[Step<'_>] = &[Step::Field("cluster"), Step::Field("voters")];
    let found = |steps: &'static [Step<'static>]| {
        let place = tree.value(steps)?;
        let squeezed: String = text.get(place.clone())?.split_whitespace().take(4).collect();
        Some((squeezed, place))
    };
    let study = || SCENARIO.iter().find_map(|steps| Some((*steps, tree.value(steps)?)));
    let Some((voters, place)) = found(VOTERS) else {
        return study().map(|(steps, place)| (Language::Study, steps, place));
    };
    let settle = found(SETTLE).map(|(settle, _)| settle).unwrap_or_default();
    let is_time = settle.starts_with('"');
    match voters.chars().next()? {
        '[' if is_time || voters.starts_with("[(") => Some((Language::Profile, VOTERS, place)),
        '0'..='9' if !is_time => Some((Language::Scenario, VOTERS, place)),
        _ => None,
    }
}
