//! How expectations are written.

use super::faults::Writer;
use super::joined;
use crate::plan::{Expectation, Goodput, Moment, Span};

pub(super) fn expectation(expectation: Expectation, faults: &Writer<'_>) -> String {
    match expectation {
        Expectation::LeaderWithin { bound, after } => {
            format!("LeaderWithin(bound: \"{bound}\", after: {})", moment(after, faults))
        }
        Expectation::Progress { during } => format!("Progress(during: {})", span(during, faults)),
        Expectation::NoProgress { during } => format!("NoProgress(during: {})", span(during, faults)),
        Expectation::Returns { within, after, to } => {
            let to = to.map_or(String::new(), |Goodput { share, before }| {
                format!(", to: {share}, before: {}", moment(before, faults))
            });
            format!("Returns(within: \"{within}\", after: {}{to})", moment(after, faults))
        }
        Expectation::Availability { at_least, at_most, during } => {
            let fields = [
                at_least.map(|least| format!("at_least: {least}")),
                at_most.map(|most| format!("at_most: {most}")),
                Some(format!("during: {}", span(during, faults))),
            ];
            format!("Availability({})", joined(fields.into_iter().flatten()))
        }
        Expectation::LeaderChanges { at_least, at_most, during } => {
            let fields = [
                at_least.map(|least| format!("at_least: {least}")),
                at_most.map(|most| format!("at_most: {most}")),
                Some(format!("during: {}", span(during, faults))),
            ];
            format!("LeaderChanges({})", joined(fields.into_iter().flatten()))
        }
        Expectation::Settled { within } => format!("Settled(within: \"{within}\")"),
        Expectation::TermAtMost(term) => format!("TermAtMost({term})"),
        Expectation::Sometimes(event) => format!("Sometimes({event:?})"),
        Expectation::Never(event) => format!("Never({event:?})"),
        Expectation::Linearizable => "Linearizable".into(),
        Expectation::ExactlyOnce => "ExactlyOnce".into(),
        Expectation::Violates(property) => format!("Violates({property:?})"),
    }
}

fn moment(moment: Moment, faults: &Writer<'_>) -> String {
    match moment {
        Moment::Start => "Start".to_string(),
        Moment::At(at) => format!("At(\"{at}\")"),
        Moment::Settle => "Settle".to_string(),
        Moment::Fault(place) => format!("Fault({})", faults.id(place)),
        Moment::End(place) => format!("End({})", faults.id(place)),
    }
}

fn span(span: Span, faults: &Writer<'_>) -> String {
    match span {
        Span::Run => "Run".to_string(),
        Span::Between(from, to) => format!("Between(\"{from}\", \"{to}\")"),
        Span::Settle => "Settle".to_string(),
        Span::Fault(place) => format!("Fault({})", faults.id(place)),
    }
}
