//! Files that hold something else than they should: nothing at all, or another language.

use super::explain::{Parsing, Told};
use super::vocabulary::Language;

impl Parsing<'_> {
    /// What is told of a text that does not even begin as it should; none if it does.
    pub(super) fn foreign(&self) -> Option<Told> {
        let at = self.text.len() - content(self.text).len();
        let rest = &self.text[at..];
        let line = rest.lines().next().unwrap_or_default().trim_end();
        let name = self.language.name();
        let told = |message: String, help: String| Some((at..at + line.len(), message, help));
        let least = match self.language {
            Language::Scenario => {
                "`(format: 1, name: \"mine\", duration: \"60s\", cluster: (voters: 5))`; `squall list leader-crash` prints one"
            }
            Language::Profile => {
                "`(format: 1, name: \"mine\", duration: \"30s\", settle: \"20s\", cluster: (voters: [(5, 1)]))`; `squall list \
                 quick` prints one"
            }
            Language::Study => {
                "`(format: 1, name: \"mine\", scenario: \"mine.ron\", seeds: (0, 1000), measure: FirstLeader)`"
            }
        };
        let word = rest.trim_start_matches(|c: char| c.is_alphanumeric() || c == '_' || c == '-');
        let is_named = word.len() < rest.len();
        if rest.is_empty() {
            let what = if self.text.trim().is_empty() { "is empty" } else { "holds nothing but comments" };
            return told(format!("this file {what}"), format!("the shortest {name} is {least}"));
        }
        if rest.starts_with(['(', '{'])
            || rest.starts_with("#![")
            || is_named && word.trim_start().starts_with('(')
        {
            return None;
        }
        if rest.lines().take(LOOKED_AT).any(is_toml)
            && !rest.lines().take(LOOKED_AT).any(|line| line.trim() == "(")
        {
            let message = format!("this looks like TOML, and a {name} is written in RON");
            return told(message, format!("fields stand in `(` and `)`, each as `name: value`: {least}"));
        }
        let mut lines = rest.lines().map(str::trim_end).filter(|line| !line.trim().is_empty());
        let is_yaml =
            line == "---" || is_named && word.starts_with(':') && lines.all(|line| !line.ends_with(','));
        if is_yaml && rest.contains('\n') {
            let message = format!("this looks like YAML, and a {name} is written in RON");
            return told(message, format!("fields stand in `(` and `)`, with commas between: {least}"));
        }
        if rest.starts_with('#') || is_named && word.trim_start().starts_with(':') {
            return None;
        }
        let message = match rest.starts_with('[') {
            true => format!("a {name} stands in `(` and `)`; `[` begins a list"),
            false => format!("a {name} begins with `(`"),
        };
        told(message, format!("the shortest is {least}"))
    }
}

/// So many lines tell what a file is.
const LOOKED_AT: usize = 20;

/// What follows white space and comments.
fn content(text: &str) -> &str {
    let mut rest = text.trim_start();
    loop {
        let comment = match rest.get(..2) {
            Some("//") => rest.find('\n'),
            Some("/*") => rest.find("*/").map(|end| end + 2),
            _ => return rest,
        };
        rest = comment.map_or("", |end| rest[end..].trim_start());
    }
}

/// Whether a line is one of TOML: a table's name, or a name with a value.
fn is_toml(line: &str) -> bool {
    let line = line.trim();
    let is_name = |text: &str| {
        let plain = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
        !text.is_empty() && text.chars().all(plain)
    };
    let table = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let table = table.map(|inner| inner.trim_start_matches('[').trim_end_matches(']'));
    table.is_some_and(is_name)
        || line.split_once('=').is_some_and(|(name, value)| is_name(name.trim()) && !value.ends_with(','))
}

/// Words of other systems and of the literature, and what they are called here.
pub(super) const ELSEWHERE: &[(&str, &str)] = &[
    ("AddVoter", "Promote"),
    ("AddNode", "AddLearner"),
    ("AddServer", "AddLearner"),
    ("AddNonvoter", "AddLearner"),
    ("RemoveNode", "Remove"),
    ("RemoveServer", "Remove"),
    ("RemoveVoter", "Remove"),
    ("ReplaceNode", "Replace"),
    ("TransferLeader", "Transfer"),
    ("TransferLeadership", "Transfer"),
    ("LeadershipTransfer", "Transfer"),
    ("ReadIndex", "Index"),
    ("LeaseRead", "Lease"),
    ("LeaseBased", "Lease"),
    ("JointConsensus", "Joint"),
    ("Kill", "Crash"),
];
