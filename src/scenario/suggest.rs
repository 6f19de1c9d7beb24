//! Which of the names that may stand in a place was meant by one that may not.

use super::foreign::ELSEWHERE;
use super::nearest::nearest;
use super::path::Step;

/// The longest list of names, in characters, that a help holds whole.
const LONGEST_LIST: usize = 320;

/// How many names stand for a longer list.
const MOST_NAMED: usize = 6;

/// The shortest word within a name that makes it like another, in characters.
const SHORTEST_WORD: usize = 4;

/// The fields that tell whom a fault hits; each fault has its own of them.
const WHOM: &[&str] = &["links", "isolate", "nodes", "target", "to", "old"];

/// What else people write for the fields of faults, and which of them may be meant.
const IN_FAULTS: &[(&[&str], &[&str])] = &[
    (&["links", "link", "isolate", "nodes", "node", "target", "targets", "to", "on", "whom", "who"], WHOM),
    (&["by", "offset"], &["ahead", "back", "ppm", "factor", "new"]),
    (&["forward"], &["ahead"]),
    (&["backward", "backwards", "behind"], &["back"]),
    (&["times", "slowdown"], &["factor"]),
    (&["probability", "chance", "share", "percent"], &["rate"]),
    (&["with"], &["new"]),
];

/// The names that `found` was most likely meant to be, in the place that the steps lead to; none if none is close.
pub(super) fn meant<'a>(found: &str, expected: &[&'a str], steps: &[Step<'_>]) -> Vec<&'a str> {
    if let Some(name) = nearest(found, expected) {
        return vec![name];
    }
    let known = |here: &&str| expected.iter().copied().find(|name| name == here);
    let elsewhere = ELSEWHERE.iter().find(|(word, _)| word.eq_ignore_ascii_case(found));
    if let Some(name) = elsewhere.and_then(|(_, here)| known(here)) {
        return vec![name];
    }
    if !is_of_fault(steps) {
        return Vec::new();
    }
    let row = IN_FAULTS.iter().find(|(words, _)| words.contains(&found));
    row.map_or(Vec::new(), |(_, names)| names.iter().filter_map(known).collect())
}

/// The field that tells whom the fault hits whose fields these are.
pub(super) fn whom<'a>(expected: &[&'a str], steps: &[Step<'_>]) -> Option<&'a str> {
    is_of_fault(steps)
        .then(|| WHOM.iter().find_map(|whom| expected.iter().copied().find(|name| name == whom)))?
}

/// Whether the steps lead to a fault's own fields, or to one of them.
fn is_of_fault(steps: &[Step<'_>]) -> bool {
    let steps = match steps {
        [own @ .., Step::Field(_)] if !matches!(own, [.., Step::Item(_)]) => own,
        steps => steps,
    };
    matches!(steps, [.., Step::Field("do"), Step::Variant(_)])
}

/// What is told of the names that may stand in a place, where `found` does.
pub(super) fn candidates(found: &str, expected: &[&str], steps: &[Step<'_>]) -> String {
    let all = quoted(expected, ", ");
    let meant = meant(found, expected, steps);
    let is_long = all.chars().count() > LONGEST_LIST;
    let rest = match is_long {
        true => "`squall list --vocabulary` tells all of them".to_string(),
        false => format!("There are {all}"),
    };
    match &meant[..] {
        _ if expected.len() == 1 => format!("the only one is {all}"),
        [] if is_long => format!("there are {}, ..; {rest}", quoted(&alike(found, expected), ", ")),
        [] => format!("there are {all}"),
        names => format!("did you mean {}? {rest}", quoted(names, " or ")),
    }
}

fn quoted(names: &[&str], between: &str) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(between)
}

/// The first few of those that share a word with `found`, or else of all.
fn alike<'a>(found: &str, expected: &[&'a str]) -> Vec<&'a str> {
    let wanted = words(found);
    let is_alike = |name: &&str| {
        let same = |a: &String, b: &String| a.starts_with(b.as_str()) || b.starts_with(a.as_str());
        words(name).iter().any(|word| wanted.iter().any(|other| same(word, other)))
    };
    let alike: Vec<&str> = expected.iter().copied().filter(is_alike).take(MOST_NAMED).collect();
    if alike.is_empty() { expected.iter().copied().take(MOST_NAMED).collect() } else { alike }
}

/// The words that a name in one is made of, in small letters; without those that say little.
fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for letter in name.chars().take(64) {
        match words.last_mut() {
            Some(word) if !letter.is_uppercase() => word.push(letter),
            _ => words.push(letter.to_lowercase().collect()),
        }
    }
    words.retain(|word| word.chars().count() >= SHORTEST_WORD);
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_fault_has_a_field_of_its_own_for_whom_it_hits() {
        let steps = [Step::Field("faults"), Step::Item(0), Step::Field("do"), Step::Variant("Lose")];
        assert_eq!(meant("isolate", &["links", "rate"], &steps), ["links"]);
        assert_eq!(meant("by", &["nodes", "ahead", "back"], &steps), ["ahead", "back"]);
        assert_eq!(whom(&["kind", "to"], &steps), Some("to"));
        assert!(meant("isolate", &["links", "rate"], &[Step::Field("network")]).is_empty());
        assert_eq!(whom(&["kind", "to"], &[Step::Field("network")]), None);
    }

    #[test]
    fn of_a_long_list_those_are_told_that_share_a_word() {
        let names: Vec<String> = (0..60).map(|i| format!("Event{i}Happened")).collect();
        let mut names: Vec<&str> = names.iter().map(String::as_str).collect();
        names.push("InboxOverflowed");
        let help = candidates("InboxFull", &names, &[]);
        assert_eq!(help, "there are `InboxOverflowed`, ..; `squall list --vocabulary` tells all of them");
        assert!(candidates("Elephant", &names, &[]).starts_with("there are `Event0Happened`, "));
    }
}
