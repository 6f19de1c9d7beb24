//! Blocks of the report as HTML: headings, prose, tables and lines.

use crate::report::page::{BAD, Block, FAINT, GOOD, Grid, ODD};
use maud::{Markup, html};

/// From so many characters on a cell holds prose, and has to be wide enough to be read.
const PROSE: usize = 24;

/// Blocks one after the other.
pub(crate) fn blocks(blocks: &[Block]) -> Markup {
    let mut title = "";
    html! {
        @for block in blocks {
            @match block {
                Block::Heading(heading, more) => {
                    ({ title = heading; heading_of(heading, more) })
                }
                Block::Paragraph(text, style) if *style == BAD => p { strong.bad { (code(text)) } },
                Block::Paragraph(text, style) if *style == ODD => p { strong.odd { (code(text)) } },
                Block::Paragraph(text, style) if *style == FAINT => p.faint { (code(text)) },
                Block::Paragraph(text, _) => p { (code(text)) },
                Block::Table(grid) => (headed(if title.is_empty() { "Parameters" } else { title }, grid)),
                Block::Lines(lines) => {
                    div.scroll tabindex="0" role="region" aria-label="Records" { pre {
                        @for (marked, line) in lines {
                            @if *marked { b { (line) } } @else { (line) }
                            "\n"
                        }
                    } }
                }
            }
        }
    }
}

fn heading_of(title: &str, more: &str) -> Markup {
    html! {
        h2 { (title) }
        @if !more.is_empty() { p { (more) "." } }
    }
}

/// A table in a container of its own, in which it scrolls where it is too wide.
pub(crate) fn table(caption: &str, grid: &Grid) -> Markup {
    framed(caption, true, grid)
}

/// The same below a heading that says what it is.
pub(crate) fn headed(heading: &str, grid: &Grid) -> Markup {
    framed(heading, false, grid)
}

fn framed(title: &str, has_caption: bool, grid: &Grid) -> Markup {
    let has_head = grid.rules.contains(&1);
    let columns = grid.rows.iter().map(Vec::len).max().unwrap_or(0);
    let head: Vec<String> = match grid.rows.first().filter(|_| has_head) {
        Some(first) => first.clone(),
        None => grid.names.iter().map(ToString::to_string).collect(),
    };
    let first = usize::from(has_head);
    html! {
        div.scroll tabindex="0" role="region" aria-label=(title) { table {
            @if has_caption { caption { (title) } }
            @if !head.is_empty() {
                thead { tr {
                    @for (column, name) in head.iter().enumerate() {
                        th scope="col" class=[grid.right.contains(&column).then_some("number")] { (name) }
                    }
                } }
            }
            tbody {
                @for (row, cells) in grid.rows.iter().enumerate().skip(first) {
                    tr class=[(row > first && grid.rules.contains(&row)).then_some("sum")] {
                        @for column in 0..columns {
                            (cell(grid, (row, column), cells.get(column).map_or("", String::as_str)))
                        }
                    }
                }
            }
        } }
    }
}

fn cell(grid: &Grid, (row, column): (usize, usize), text: &str) -> Markup {
    let style = grid.styles.iter().find(|(r, c, _)| (*r, *c) == (row, column)).map(|(_, _, style)| *style);
    let is_number = grid.right.contains(&column);
    let classes = [
        is_number.then_some("number"),
        style
            .and_then(|style| {
                [(GOOD, "good"), (ODD, "odd"), (BAD, "bad"), (FAINT, "faint")]
                    .into_iter()
                    .find(|it| it.0 == style)
            })
            .map(|it| it.1),
        (!is_number && text.len() > PROSE && column > 0).then_some("prose"),
    ];
    let classes = classes.into_iter().flatten().collect::<Vec<_>>().join(" ");
    let class = Some(classes).filter(|classes| !classes.is_empty());
    html! {
        @if column == 0 {
            th scope="row" class=[is_number.then_some("number")] { (code(text)) }
        } @else {
            td class=[class] { (code(text)) }
        }
    }
}

/// A text in which what stands in backticks is code.
pub(crate) fn code(text: &str) -> Markup {
    let pieces: Vec<&str> = text.split('`').collect();
    html! {
        @if pieces.len().is_multiple_of(2) {
            (text)
        } @else {
            @for (at, piece) in pieces.iter().enumerate() {
                @if at % 2 == 1 { code { (piece) } } @else { (piece) }
            }
        }
    }
}
