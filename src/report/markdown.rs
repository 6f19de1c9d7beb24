//! The report as one Markdown file, without pictures.

use super::batch::{Batch, NotRun};
use super::format::short;
use super::page::{BAD, Block, Grid, ODD};
use super::{Report, over_time, text, with_other};
use crate::plan::Implementation;

/// The report as Markdown: the verdict first, then what the text report says. `kind` names kinds of frame.
pub fn render(report: &Report, kind: &dyn Fn(u8) -> String) -> String {
    let parts = text::parts(report, kind);
    let mut page = format!("# {}\n\n", prose(&report.scenario));
    let file = report.file.as_ref().map_or(String::new(), |file| format!("{}, ", code(file)));
    let with = with_other(report.implementation);
    page += &format!(
        "**Verdict: {}**, digest `{}`; {file}seed {}{with}.\n\n",
        report.verdict, report.digest, report.seed
    );
    if let Some(replay) = report.replay() {
        page += &format!("Run it again: {}\n\n", code(&replay));
    }
    blocks(&mut page, &parts.notes);
    if !report.about.is_empty() {
        page += &format!("{}\n\n", prose(&report.about));
    }
    let order = [&parts.failures, &parts.faults, &parts.elections];
    order.into_iter().for_each(|part| blocks(&mut page, part));
    over_time(&mut page, report);
    let order = [&parts.liveness, &parts.waiting, &parts.safety, &parts.expectations, &parts.coverage];
    order.into_iter().for_each(|part| blocks(&mut page, part));
    page += "## Parameters\n\n";
    blocks(&mut page, &parts.parameters);
    format!("{}\n", page.trim_end())
}

/// What the pictures of the page show, as tables; the long ones are folded up.
fn over_time(page: &mut String, report: &Report) {
    let folded = |title: &str, grid: &Grid| {
        format!("<details><summary>{title}</summary>\n\n{}</details>\n\n", table(grid))
    };
    if let Some(timelines) = &report.timeline {
        *page += &format!("## Roles over time\n\n{}", table(&over_time::roles(timelines)));
        let (each, more) = over_time::stretches(timelines);
        if more > 0 {
            *page += &format!("{}\n\n", over_time::left_out(more));
        }
        *page += &folded("When each node was what", &each);
        if !timelines.buckets.is_empty() {
            let each = format!("Operations by when they ended, in parts of {}", short(timelines.bucket));
            *page += &format!("## Service over time\n\n{}", folded(&each, &over_time::service(timelines)));
        }
    }
    let frames = over_time::frames(report);
    if !frames.is_empty() {
        *page += &format!("## Where frames went\n\n{}", table(&over_time::frames_table(&frames)));
    }
}

/// The summary of many runs as Markdown. `kind` names kinds of frame.
pub fn render_batch(batch: &Batch, kind: &dyn Fn(u8) -> String) -> String {
    let parts = batch.parts(kind);
    let total = batch.total();
    let mut page = format!("# {}\n\n", prose(batch.scenario()));
    page += &format!(
        "**Verdict: {}** ({}), digest `{}`; {}, {}{}.\n\n",
        total.verdict,
        prose(&batch.statement()),
        total.digest,
        code(batch.file()),
        batch.seeds_text(),
        batch.with()
    );
    page += &format!("Run them again: {}\n\n", code(&batch.replay()));
    let order = [&parts.summary, &parts.failed, &parts.spans, &parts.causes];
    order.into_iter().for_each(|part| blocks(&mut page, part));
    format!("{}\n", page.trim_end())
}

/// What is told of a scenario that was not run, since this implementation can't express it.
pub fn render_not_run(it: &NotRun, implementation: Implementation) -> String {
    page_of(&it.title(implementation), &it.blocks(implementation))
}

/// A page of these blocks.
pub(crate) fn page_of(title: &str, all: &[Block]) -> String {
    let mut page = format!("# {}\n\n", prose(title));
    blocks(&mut page, all);
    format!("{}\n", page.trim_end())
}

fn blocks(page: &mut String, blocks: &[Block]) {
    for block in blocks {
        *page += &match block {
            Block::Heading(title, more) if more.is_empty() => format!("## {}\n\n", prose(title)),
            Block::Heading(title, more) => format!("## {}\n\n{}.\n\n", prose(title), prose(more)),
            Block::Paragraph(text, style) if [BAD, ODD].contains(style) => format!("**{}**\n\n", prose(text)),
            Block::Paragraph(text, _) => format!("{}\n\n", prose(text)),
            Block::Table(grid) => table(grid),
            Block::Lines(lines) => fenced(lines),
        };
    }
}

/// A table. The first row is its head if a line is below it; otherwise the head is of the columns' names.
fn table(grid: &Grid) -> String {
    let columns = grid.rows.iter().map(Vec::len).max().unwrap_or(0);
    let has_head = grid.rules.contains(&1);
    let head: Vec<String> = match grid.rows.first().filter(|_| has_head) {
        Some(first) => first.clone(),
        None => grid.names.iter().map(ToString::to_string).collect(),
    };
    let line = |cells: &[String]| {
        let cells = (0..columns).map(|column| cells.get(column).map_or(String::new(), |text| cell(text)));
        format!("| {} |\n", cells.collect::<Vec<_>>().join(" | "))
    };
    let marks = (0..columns).map(|column| if grid.right.contains(&column) { "---:" } else { "---" });
    let marks = format!("| {} |\n", marks.collect::<Vec<_>>().join(" | "));
    let rows: String = grid.rows.iter().skip(usize::from(has_head)).map(|row| line(row)).collect();
    format!("{}{marks}{rows}\n", line(&head))
}

pub(crate) fn cell(text: &str) -> String {
    prose(text).replace('|', "\\|")
}

/// Lines as they are, in a fence that none of them can close.
fn fenced(lines: &[(bool, String)]) -> String {
    let lines: String = lines.iter().map(|(_, line)| format!("{line}\n")).collect();
    let runs = lines.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(runs.max(2) + 1);
    format!("{fence}text\n{lines}{fence}\n\n")
}

/// A text as code, whatever it holds.
fn code(text: &str) -> String {
    let runs = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(runs + 1);
    let gap = if runs > 0 { " " } else { "" };
    format!("{fence}{gap}{}{gap}{fence}", one_line(text))
}

/// A text on one line in which nothing means anything to Markdown but code in backticks.
pub(crate) fn prose(text: &str) -> String {
    let text = one_line(text);
    let pieces: Vec<&str> = text.split('`').collect();
    if pieces.len().is_multiple_of(2) {
        return escaped(&text).replace('`', "\\`");
    }
    let pieces = pieces.iter().enumerate();
    let pieces = pieces.map(|(at, piece)| if at % 2 == 0 { escaped(piece) } else { (*piece).to_string() });
    pieces.collect::<Vec<_>>().join("`")
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn escaped(text: &str) -> String {
    let mut safe = String::new();
    for c in text.chars() {
        if matches!(c, '\\' | '<' | '*' | '_' | '[' | ']' | '&' | '#') {
            safe.push('\\');
        }
        safe.push(c);
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_means_something_to_markdown_is_escaped() {
        assert_eq!(cell("a|b\n<c> *d* `e|f` _g_"), "a\\|b \\<c> \\*d\\* `e\\|f` \\_g\\_");
        assert_eq!(prose("one ` alone"), "one \\` alone");
        assert_eq!(code("a`b"), "`` a`b ``");
        assert!(fenced(&[(false, "a ``` b".into())]).starts_with("````text\n"));
    }
}
