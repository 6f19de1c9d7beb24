//! The summary of many runs as one HTML file.

use super::tables::blocks;
use super::{charts, class, page};
use crate::report::batch::Batch;
use crate::report::format::{count, short};
use crate::time::Duration;
use maud::{Markup, html};

/// The summary as a page that stands alone. `kind` names kinds of frame.
pub fn render(batch: &Batch, kind: &dyn Fn(u8) -> String) -> String {
    let parts = batch.parts(kind);
    let body = html! {
        (opening(batch))
        (blocks(&parts.summary))
        (outcomes(batch))
        (blocks(&parts.failed))
        (blocks(&parts.spans))
        (charts::vacancies_of(batch.lengths().to_vec(), &batch.marks()))
        (blocks(&parts.causes))
        (causes(batch))
    };
    page(&format!("{}: {}", of(batch), batch.total().verdict), &body)
}

/// The distribution of the spans without a leader alone, on a light ground; none if there are too few of them.
pub fn picture(batch: &Batch) -> Option<String> {
    let title = format!("How long nobody led: {}", of(batch));
    charts::vacancies_alone(&title, batch.lengths().to_vec(), &batch.marks())
}

/// What was run.
fn of(batch: &Batch) -> String {
    format!("{}{}, {}", batch.scenario(), batch.with(), batch.seeds_text())
}

/// What a reader wants first.
fn opening(batch: &Batch) -> Markup {
    let total = batch.total();
    html! {
        h1 { (batch.scenario()) }
        p.verdict { "Verdict: " strong class=(class(total.verdict)) { (total.verdict) } " (" (batch.statement()) ")" }
        p { "digest: " code { (total.digest) } "; " code { (batch.file()) } ", " (batch.seeds_text()) (batch.with()) }
        div.scroll tabindex="0" role="region" aria-label="How to run it again" { pre { (batch.replay()) } }
    }
}

/// How many runs ended in which way, where they did not all end alike.
fn outcomes(batch: &Batch) -> Markup {
    let parts: Vec<(String, u64)> =
        batch.verdicts().map(|(verdict, runs)| (verdict.to_string(), runs)).collect();
    let about = "How many runs ended with which verdict. The bar is all runs; the row of runs in the table above has the numbers.";
    html! {
        @if parts.len() > 1 {
            (charts::bar("outcomes", "How the runs ended", about, ("runs", (&parts, &count))))
            p.faint { (about) }
        }
    }
}

/// The shares of the time without a leader, where it is put down to more than one cause.
fn causes(batch: &Batch) -> Markup {
    let parts: Vec<(String, u64)> =
        batch.causes_by_time().into_iter().map(|(cause, sum)| (cause.to_string(), sum.time_ns)).collect();
    let time = |nanos: u64| short(Duration::from_nanos(nanos));
    let about = "The time without an effective leader in all runs, by what it is put down to. The bar is all of it; the table above has the \
                 numbers.";
    html! {
        @if parts.len() > 1 {
            (charts::bar("causes", "What the time without a leader is put down to", about, ("time", (&parts, &time))))
            p.faint { (about) }
        }
    }
}
