//! Events, elections and terms: whether and how often they came.

use super::happenings::{Happening, What};
use super::moments::Moments;
use super::words::times;
use super::{Judged, Miss, Run};
use crate::ids::Term;
use crate::plan::{Event, Span};

/// How often something happened, and when first and last.
#[derive(Clone, Debug, Default)]
pub(super) struct Seen {
    pub(super) count: u64,
    pub(super) first: Option<Happening>,
    pub(super) last: Option<Happening>,
}

impl Seen {
    pub(super) fn add(&mut self, happening: &Happening) {
        self.count += 1;
        self.first.get_or_insert(*happening);
        self.last = Some(*happening);
    }
}

/// Looks out for an event.
#[derive(Clone, Debug)]
pub(super) struct Sighted {
    /// Whether it is wanted, or ruled out.
    wanted: bool,
    event: Event,
    seen: Seen,
}

impl Sighted {
    pub(super) fn new(wanted: bool, event: Event) -> Self {
        Self { wanted, event, seen: Seen::default() }
    }

    pub(super) fn take(&mut self, happening: &Happening) {
        if happening.what == What::Event(self.event) {
            self.seen.add(happening);
        }
    }

    pub(super) fn judge(&self) -> Judged {
        let why = match self.seen.first {
            None => "it never happened".into(),
            Some(first) => format!("{}, first {first}", times(self.seen.count)),
        };
        if self.seen.first.is_some() == self.wanted { Ok(why) } else { Err(Miss::Failed(why)) }
    }
}

/// Counts elections in a span.
#[derive(Clone, Debug)]
pub(super) struct LeaderChanges {
    at_least: Option<u64>,
    at_most: Option<u64>,
    during: Span,
    seen: Seen,
}

impl LeaderChanges {
    pub(super) fn new(at_least: Option<u64>, at_most: Option<u64>, during: Span) -> Self {
        Self { at_least, at_most, during, seen: Seen::default() }
    }

    pub(super) fn take(&mut self, happening: &Happening, moments: &Moments) {
        if happening.what == What::Event(Event::LeaderElected)
            && moments.contains(self.during, happening.time)
        {
            self.seen.add(happening);
        }
    }

    pub(super) fn judge(&self, run: &Run<'_>) -> Judged {
        let span = run.moments.lasted(self.during, run.end)?;
        let count = self.seen.count;
        let why = match (self.seen.first, self.seen.last) {
            (Some(first), Some(last)) if count > 1 => {
                format!("a node became leader {} {span}, first {first}, last {last}", times(count))
            }
            (Some(first), _) => format!("a node became leader once {span}: {first}"),
            (None, _) => format!("no node became leader {span}"),
        };
        if self.at_least.is_none_or(|least| count >= least) && self.at_most.is_none_or(|most| count <= most) {
            Ok(why)
        } else {
            Err(Miss::Failed(why))
        }
    }
}

/// Looks out for terms above a bound.
#[derive(Clone, Debug)]
pub(super) struct Terms {
    at_most: Term,
    highest: Option<(Term, Happening)>,
    /// The first one above the bound.
    above: Option<(Term, Happening)>,
}

impl Terms {
    pub(super) fn new(at_most: u64) -> Self {
        Self { at_most: Term(at_most), highest: None, above: None }
    }

    pub(super) fn take(&mut self, happening: &Happening) {
        let What::Term(term) = happening.what else { return };
        self.highest = Some((term, *happening));
        if term > self.at_most {
            self.above.get_or_insert((term, *happening));
        }
    }

    pub(super) fn judge(&self) -> Judged {
        let Some((term, reached)) = self.highest else {
            return Err(Miss::Vacuous("no node was in any term".into()));
        };
        let highest = format!("the highest was term {term}, reached by {reached}");
        match self.above {
            None => Ok(highest),
            Some((above, first)) if above < term => {
                Err(Miss::Failed(format!("term {above} was reached by {first}; {highest}")))
            }
            Some(_) => Err(Miss::Failed(highest)),
        }
    }
}
