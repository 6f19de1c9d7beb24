//! Text for a terminal: headings, paragraphs and tables, with or without colour.

use super::format::wrap;
use anstyle::{AnsiColor, Style};
use tabled::builder::Builder;
use tabled::settings::object::Cell;
use tabled::settings::peaker::Priority;
use tabled::settings::style::{HorizontalLine, Style as Lines};
use tabled::settings::themes::Theme;
use tabled::settings::{Alignment, Color, Padding, Width, object::Columns};

pub(crate) const TITLE: Style = Style::new().bold();
pub(crate) const FAINT: Style = Style::new().dimmed();
pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
pub(crate) const ODD: Style = AnsiColor::Yellow.on_default();
pub(crate) const BAD: Style = AnsiColor::Red.on_default().bold();

/// From this width on, tables have columns for which a narrow terminal has no room.
pub(crate) const WIDE: usize = 100;
/// Longer lines of prose are hard to read.
pub(crate) const PROSE: usize = 100;

/// How the report is to look.
#[derive(Clone, Copy)]
pub struct Form<'a> {
    /// How many columns the terminal has. Below 80 lines may get longer than that.
    pub width: usize,
    /// Whether to put in escape codes for colours. Without them the text is the same to the letter.
    pub colour: bool,
    /// The names of kinds of frame, as the implementation calls them.
    pub kind: &'a dyn Fn(u8) -> String,
}

/// The text so far.
pub(crate) struct Page<'a> {
    pub(crate) text: String,
    pub(crate) form: &'a Form<'a>,
    /// The same before it is laid out, for forms that lay it out themselves.
    pub(crate) blocks: Vec<Block>,
}

/// A piece of a report before it is laid out. All forms are made of the same.
pub(crate) enum Block {
    /// A title, and what it comes to in few words.
    Heading(String, String),
    /// Prose.
    Paragraph(String, Style),
    /// A table.
    Table(Grid),
    /// Lines whose columns stay as they are; those that are marked stand out.
    Lines(Vec<(bool, String)>),
}

/// A table before it is laid out.
#[derive(Clone, Default)]
pub(crate) struct Grid {
    pub(crate) rows: Vec<Vec<String>>,
    /// Columns of numbers.
    pub(crate) right: Vec<usize>,
    /// Rows with a line above them.
    pub(crate) rules: Vec<usize>,
    /// Cells that stand out, by row and column.
    pub(crate) styles: Vec<(usize, usize, Style)>,
    /// What the columns are called in forms that need names for them, where no row says it.
    pub(crate) names: &'static [&'static str],
}

impl<'a> Page<'a> {
    pub(crate) fn new(form: &'a Form<'a>) -> Self {
        Self { text: String::new(), form, blocks: Vec::new() }
    }

    pub(crate) fn heading(&mut self, title: &str, more: &str) {
        self.blocks.push(Block::Heading(title.into(), more.into()));
        let length = title.chars().count() + GAP + more.chars().count();
        self.text += &format!("\n{}", self.styled(TITLE, title));
        if more.is_empty() || length > self.form.width.max(80) {
            let lines = wrap(more, self.room());
            self.text.extend(lines.lines().map(|line| format!("\n  {line}")));
        } else {
            self.text += &format!("  {more}");
        }
        self.text.push('\n');
    }

    pub(crate) fn paragraph(&mut self, text: &str, style: Style) {
        self.blocks.push(Block::Paragraph(text.into(), style));
        for line in wrap(text, self.room().min(PROSE)).lines() {
            self.text += &format!("  {}\n", self.styled(style, line));
        }
    }

    /// What stands by itself: a coloured title, the rest of its line, and what follows it.
    pub(crate) fn alert(&mut self, style: Style, title: &str, rest: &str) {
        self.blocks.push(Block::Paragraph(format!("{title}{rest}"), style));
        self.text += &format!("\n{}{rest}\n", self.styled(style, title));
    }

    pub(crate) fn grid(&mut self, grid: &Grid) {
        self.blocks.push(Block::Table(grid.clone()));
        let mut builder = Builder::default();
        let columns = grid.rows.iter().map(Vec::len).max().unwrap_or(0);
        let widths = grid.widths(columns, self.room());
        for row in &grid.rows {
            let blank = std::iter::repeat_n(String::new(), columns - row.len());
            let fitted = row.iter().zip(&widths).map(|(cell, width)| fitted(cell, *width));
            builder.push_record(fitted.chain(blank));
        }
        let mut table = builder.build();
        let mut lines = Theme::from_style(Lines::empty());
        for rule in &grid.rules {
            lines.insert_horizontal_line(*rule, HorizontalLine::new('─'));
        }
        table.with(lines).with(Padding::new(0, GAP, 0, 0));
        table.modify(Columns::last(), Padding::zero());
        for column in &grid.right {
            table.modify(Columns::one(*column), Alignment::right());
        }
        // What does not fit gives way where it is widest.
        table.with(Width::wrap(self.room()).keep_words(true).priority(Priority::max(true)));
        if self.form.colour {
            for (row, column, style) in &grid.styles {
                let colour = Color::new(style.render().to_string(), style.render_reset().to_string());
                table.modify(Cell::new(*row, *column), colour);
            }
        }
        for line in table.to_string().lines() {
            self.text += &format!("  {}\n", line.trim_end());
        }
    }

    /// What is left of a line after the indent.
    pub(crate) fn room(&self) -> usize {
        self.form.width.max(80) - 2
    }

    pub(crate) fn styled(&self, style: Style, text: &str) -> String {
        if self.form.colour && style != Style::new() {
            format!("{style}{text}{style:#}")
        } else {
            text.into()
        }
    }
}

/// Words that are longer than that may be broken.
const LONG_WORD: usize = 16;

/// Between two columns.
const GAP: usize = 2;

/// The text of a cell in lines of at most so many characters.
fn fitted(cell: &str, width: usize) -> String {
    if cell.lines().all(|line| line.chars().count() <= width) {
        return cell.to_owned();
    }
    let wrapped: Vec<String> = cell.lines().map(|line| wrap(line, width)).collect();
    let lines = wrapped.iter().flat_map(|lines| lines.lines());
    lines.flat_map(|line| broken(line, width)).collect::<Vec<_>>().join("\n")
}

/// A word in pieces of at most so many characters, broken behind a hyphen or an underscore where there is one.
fn broken(word: &str, width: usize) -> Vec<&str> {
    let (mut pieces, mut rest) = (Vec::new(), word);
    while let Some((end, _)) = rest.char_indices().nth(width.max(1)) {
        let joint = rest[..end].rfind(['-', '_']).map(|at| at + 1);
        let (piece, more) = rest.split_at(joint.unwrap_or(end));
        pieces.push(piece);
        rest = more;
    }
    pieces.push(rest);
    pieces
}

impl Grid {
    /// How wide each column is where there is so much room: the widest gives way first, but none so far that a word in it breaks, unless
    /// that is a long one.
    fn widths(&self, columns: usize, room: usize) -> Vec<usize> {
        let longest = |column: usize, pieces: fn(&str) -> Vec<&str>| {
            let cells = self.rows.iter().filter_map(|row| row.get(column));
            cells.flat_map(|cell| pieces(cell)).map(|piece| piece.chars().count()).max().unwrap_or(0)
        };
        let lines = |column| longest(column, |cell| cell.lines().collect());
        let words = |column| longest(column, |cell| cell.split_whitespace().collect()).min(LONG_WORD);
        let mut widths: Vec<usize> = (0..columns).map(lines).collect();
        let least: Vec<usize> = (0..columns).map(words).collect();
        while widths.iter().sum::<usize>() + GAP * columns.saturating_sub(1) > room {
            let wide = (0..columns).filter(|column| widths[*column] > least[*column]);
            let widest = wide.max_by_key(|column| (widths[*column], std::cmp::Reverse(*column)));
            let Some(widest) = widest else { break };
            widths[widest] -= 1;
        }
        widths
    }

    pub(crate) fn faint_first(&mut self, row: Vec<String>) {
        self.styles.push((self.rows.len(), 0, FAINT));
        self.rows.push(row);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORM: Form<'_> = Form { width: 80, colour: false, kind: &|_| String::new() };

    #[test]
    fn long_words_are_broken_at_their_joints() {
        assert_eq!(broken("second-failure-joint", 16), ["second-failure-", "joint"]);
        assert_eq!(broken("`snapshot_every`,", 12), ["`snapshot_", "every`,"]);
        assert_eq!(broken("incomprehensible", 6), ["incomp", "rehens", "ible"]);
        assert_eq!(fitted("a few incomprehensible words", 9), "a few\nincompreh\nensible\nwords");
    }

    #[test]
    fn what_a_heading_comes_to_goes_below_it_where_there_is_no_room() {
        let mut page = Page::new(&FORM);
        page.heading("Overview", "of all");
        page.heading("Overview", &"of all ".repeat(11));
        assert_eq!(page.text, format!("\nOverview  of all\n\nOverview\n  {}of all\n", "of all ".repeat(10)));
    }
}
