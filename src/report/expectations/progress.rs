//! Whether new commands were committed.

use super::events::Seen;
use super::happenings::{Happening, What};
use super::moments::Moments;
use super::{Judged, Miss, Run};
use crate::plan::Span;
use crate::report::format::counted;

/// Counts new commands in a span.
#[derive(Clone, Debug)]
pub(super) struct Progress {
    /// Whether it is wanted, or none of it.
    wanted: bool,
    during: Span,
    asked: u64,
    committed: Seen,
    /// The last commit before the span.
    before: Option<Happening>,
}

impl Progress {
    pub(super) fn new(wanted: bool, during: Span) -> Self {
        Self { wanted, during, asked: 0, committed: Seen::default(), before: None }
    }

    pub(super) fn take(&mut self, happening: &Happening, moments: &Moments) {
        let is_inside = moments.contains(self.during, happening.time);
        match happening.what {
            What::Asked if is_inside => self.asked += 1,
            What::Committed(_) if is_inside => self.committed.add(happening),
            What::Committed(_) if moments.is_before(happening.time, self.during) => {
                self.before = Some(*happening);
            }
            _ => {}
        }
    }

    pub(super) fn judge(&self, run: &Run<'_>) -> Judged {
        let span = run.moments.lasted(self.during, run.end)?;
        let asked = counted(self.asked, "command");
        match self.committed.first {
            Some(first) => {
                let new = counted(self.committed.count, "new command");
                let why = format!("{new} committed {span}, first entry {}", entry(&first));
                if self.wanted { Ok(why) } else { Err(Miss::Failed(why)) }
            }
            None if self.asked == 0 => Err(Miss::Vacuous(format!("no command was asked for {span}"))),
            None if self.wanted => {
                let before = self.before.map_or("there was none before".into(), |last| {
                    format!("the last before was entry {}", entry(&last))
                });
                Err(Miss::Failed(format!("none of {asked} asked for {span} was committed then; {before}")))
            }
            None => Ok(format!("no new command was committed {span}; {asked} asked for")),
        }
    }
}

fn entry(committed: &Happening) -> String {
    match committed.what {
        What::Committed(index) => format!("{index} by {committed}"),
        _ => committed.to_string(),
    }
}
