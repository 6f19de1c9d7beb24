//! Scenarios that were not run, since the implementation that was named can't express what they ask for.

use crate::plan::Implementation;
use crate::report::format::{counted, wrap};
use crate::report::page::{Block, Form, ODD, Page};
use crate::report::with_other;
use anstyle::Style;
use serde::Serialize;
use std::fmt;

/// Something that a scenario asks for and an implementation can't express.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Lacking {
    /// What, as scenarios write it.
    pub switch: &'static str,
    /// Why it can't be expressed.
    pub why: &'static str,
}

impl fmt::Display for Lacking {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`: {}", self.switch, self.why)
    }
}

/// A scenario without runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NotRun {
    /// The scenario's name.
    pub scenario: String,
    /// The file that it was read from.
    pub file: String,
    /// What can't be expressed, each switch once.
    pub cannot_express: Vec<Lacking>,
}

impl NotRun {
    /// What a page of its own is called.
    pub(in crate::report) fn title(&self, implementation: Implementation) -> String {
        format!("{}{}", self.scenario, with_other(implementation))
    }

    /// What stands on a page of its own.
    pub(in crate::report) fn blocks(&self, implementation: Implementation) -> Vec<Block> {
        let name = implementation.name();
        let head = format!("Not run: {name} can't express what {} asks for.", self.file);
        let why = self.cannot_express.iter();
        let why = why.map(|lacking| Block::Paragraph(format!("{lacking}."), Style::new()));
        std::iter::once(Block::Paragraph(head, ODD)).chain(why).collect()
    }
}

/// Says of each scenario that was not run why not.
pub fn not_run(all: &[NotRun], implementation: Implementation, form: &Form<'_>) -> String {
    let mut page = Page::new(form);
    let scenarios = counted(all.len() as u64, "scenario");
    page.text += &format!(
        "{}  {scenarios} that {} can't express\n",
        page.styled(ODD, "Not run"),
        implementation.name()
    );
    for it in all {
        page.text += &format!("  {}\n", it.file);
        for lacking in &it.cannot_express {
            let lines = wrap(&lacking.to_string(), page.room() - 2);
            page.text.extend(lines.lines().map(|line| format!("    {line}\n")));
        }
    }
    page.text
}
