//! Which of the languages a text is written in. They begin alike, and each is easily given where another is wanted.

use super::MAX_BYTES;
use super::locate::Tree;
use super::path::Step;
use super::problem::Problem;
use super::vocabulary::Language;

/// The language of a text, by what only one of them can say; none where nothing of that is there.
pub fn language(text: &str) -> Option<Language> {
    if text.len() > MAX_BYTES {
        return None;
    }
    sign(text, &Tree::new(text))
}

/// A mistake if a text is written in the other language than the one that is wanted.
pub(super) fn other(text: &str, tree: &Tree<'_>, wanted: Language) -> Option<Problem> {
    let language = sign(text, tree).filter(|language| *language != wanted)?;
    // It is the whole file that is of another kind, and not the field that shows it.
    let start = tree.value(&[]).map_or(0, |whole| whole.start);
    let message = format!("this file is a {}, and a {} is wanted", language.name(), wanted.name());
    let help = match (language, wanted) {
        (Language::Profile, _) => {
            "`squall fuzz FILE` makes random runs of a profile, `squall resolve FILE --seed N` writes one of them down"
        }
        (Language::Scenario, Language::Study) => {
            "`squall run FILE` runs it; for a study of it write a file with `format: 1, name, seeds: (0, 100), measure: Availability, \
             scenario: \"THIS FILE\"` and a `grid` of what varies"
        }
        (Language::Scenario, _) => {
            "`squall run FILE` runs a scenario; a profile says what runs are drawn from: see `squall list quick`"
        }
        (Language::Study, _) => "`squall study FILE` carries out a study",
    };
    Some(Problem::new(&[], Some(start..start + 1), message, help.to_string()))
}

/// What tells the language: a profile has a time to `settle` and numbers of voters with weights, a scenario one
/// number of voters, and a study has a scenario or something to measure.
fn sign(text: &str, tree: &Tree<'_>) -> Option<Language> {
    const SETTLE: &[Step<'_>] = &[Step::Field("settle")];
    const SCENARIO: [&[Step<'_>]; 2] = [&[Step::Field("scenario")], &[Step::Field("measure")]];
    const VOTERS: &[Step<'_>] = &[Step::Field("cluster"), Step::Field("voters")];
    let found = |steps: &[Step<'_>]| -> Option<String> {
        Some(text.get(tree.value(steps)?)?.split_whitespace().take(4).collect())
    };
    let Some(voters) = found(VOTERS) else {
        let is_study = SCENARIO.iter().any(|steps| tree.value(steps).is_some());
        return is_study.then_some(Language::Study);
    };
    let settle = found(SETTLE).unwrap_or_default();
    let is_time = settle.starts_with('"');
    match voters.chars().next()? {
        '[' if is_time || voters.starts_with("[(") => Some(Language::Profile),
        '0'..='9' if !is_time => Some(Language::Scenario),
        _ => None,
    }
}
