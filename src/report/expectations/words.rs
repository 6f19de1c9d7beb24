//! Expectations as scenarios write them.

use crate::plan::{Expectation, Fault, Goodput, Moment, Span};
use crate::report::format::count;
use crate::trace::FaultSource;

/// An expectation of a plan with these faults. A fault without an id is named by its place.
pub(super) fn text(expectation: &Expectation, faults: &[Fault]) -> String {
    let moment = |it: Moment| moment(it, faults);
    let span = |it: Span| span(it, faults);
    match *expectation {
        Expectation::LeaderWithin { bound, after } => {
            format!("LeaderWithin(bound: \"{bound}\", after: {})", moment(after))
        }
        Expectation::Progress { during } => format!("Progress(during: {})", span(during)),
        Expectation::NoProgress { during } => format!("NoProgress(during: {})", span(during)),
        Expectation::Returns { within, after, to } => {
            let to = to.map_or(String::new(), |Goodput { share, before }| {
                format!(", to: {share}, before: {}", moment(before))
            });
            format!("Returns(within: \"{within}\", after: {}{to})", moment(after))
        }
        Expectation::Availability { at_least, at_most, during } => {
            let (least, most) = (bound("at_least", at_least), bound("at_most", at_most));
            format!("Availability({least}{most}during: {})", span(during))
        }
        Expectation::LeaderChanges { at_least, at_most, during } => {
            let (least, most) = (bound("at_least", at_least), bound("at_most", at_most));
            format!("LeaderChanges({least}{most}during: {})", span(during))
        }
        Expectation::Settled { within } => format!("Settled(within: \"{within}\")"),
        Expectation::TermAtMost(bound) => format!("TermAtMost({bound})"),
        Expectation::Sometimes(event) => format!("Sometimes({event:?})"),
        Expectation::Never(event) => format!("Never({event:?})"),
        Expectation::Linearizable => "Linearizable".into(),
        Expectation::ExactlyOnce => "ExactlyOnce".into(),
        Expectation::Violates(property) => format!("Violates({property:?})"),
    }
}

/// A bound of this name, if there is one.
fn bound(name: &str, bound: Option<impl std::fmt::Display>) -> String {
    bound.map_or(String::new(), |bound| format!("{name}: {bound}, "))
}

fn moment(moment: Moment, faults: &[Fault]) -> String {
    match moment {
        Moment::Start => "Start".into(),
        Moment::At(time) => format!("At(\"{time}\")"),
        Moment::Settle => "Settle".into(),
        Moment::Fault(place) => format!("Fault({})", name(place, faults)),
        Moment::End(place) => format!("End({})", name(place, faults)),
    }
}

fn span(span: Span, faults: &[Fault]) -> String {
    match span {
        Span::Run => "Run".into(),
        Span::Between(from, to) => format!("Between(\"{from}\", \"{to}\")"),
        Span::Settle => "Settle".into(),
        Span::Fault(place) => format!("Fault({})", name(place, faults)),
    }
}

fn name(place: u32, faults: &[Fault]) -> String {
    match faults.get(place as usize).and_then(|fault| fault.id.as_ref()) {
        Some(id) => format!("{id:?}"),
        None => FaultSource::Fault(place).to_string(),
    }
}

/// `once`, or `7 times`.
pub(super) fn times(number: u64) -> String {
    if number == 1 { "once".into() } else { format!("{} times", count(number)) }
}
