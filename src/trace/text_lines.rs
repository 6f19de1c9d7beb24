//! Records as lines of text, for people.

use super::{Format, KindName, Record};
use std::io::{self, Write};

/// Each record as a line, as it stands in reports.
#[derive(Clone, Copy, Debug)]
pub struct TextLines {
    kind_name: KindName,
}

impl TextLines {
    /// Lines in which kinds of message have these names.
    pub fn new(kind_name: KindName) -> Self {
        Self { kind_name }
    }
}

impl Format for TextLines {
    fn record(&mut self, record: &Record, out: &mut dyn Write) -> io::Result<()> {
        let line = record.line(&|kind| (self.kind_name)(kind).to_owned());
        writeln!(out, "{}", line.trim_end())
    }
}
