//! The report as one HTML file: pictures and tables, and nothing that has to be fetched.

mod batch;
mod charts;
mod curves;
mod frame;
mod growth;
mod scatter;
mod tables;
mod timeline;

use super::batch::NotRun;
use super::page::Block;
use super::{Report, RunVerdict, text, with_other};
use crate::plan::Implementation;
pub use batch::{picture as picture_batch, render as render_batch};
pub(crate) use curves::{Axes, Curve, MOST as MOST_CURVES, curves, curves_alone};
pub(crate) use growth::{Grown, growth};
use maud::{DOCTYPE, Markup, PreEscaped, html};
pub(crate) use scatter::{Dot, Look, scatter};
pub(crate) use tables::{blocks, code, headed, table};

/// What a page looks like.
const STYLE: &str = include_str!("page.css");
/// What pictures look like, with the colours of a light page.
const PICTURE_STYLE: &str = include_str!("picture.css");

/// The report as a page that stands alone. `kind` names kinds of frame.
pub fn render(report: &Report, kind: &dyn Fn(u8) -> String) -> String {
    let parts = text::parts(report, kind);
    let body = html! {
        (opening(report))
        (blocks(&parts.notes))
        @if !report.about.is_empty() { p { (code(&report.about)) } }
        (over_time(report))
        (blocks(&parts.failures))
        (blocks(&parts.faults))
        (blocks(&parts.elections))
        (charts::vacancies(report))
        (charts::service(report))
        (charts::frames(report))
        (blocks(&parts.liveness))
        (blocks(&parts.waiting))
        (blocks(&parts.safety))
        (blocks(&parts.expectations))
        (blocks(&parts.coverage))
        h2 { "Parameters" }
        (blocks(&parts.parameters))
    };
    page(&format!("{}{}: {}", report.scenario, with_other(report.implementation), report.verdict), &body)
}

/// What is told of a scenario that was not run, since this implementation can't express it.
pub fn render_not_run(it: &NotRun, implementation: Implementation) -> String {
    page_of(&it.title(implementation), &it.blocks(implementation), (0, &html! {}))
}

/// A page that stands alone, of these blocks, with a picture behind the first so many of them.
pub(crate) fn page_of(title: &str, all: &[Block], (at, picture): (usize, &Markup)) -> String {
    let (before, behind) = all.split_at(at.min(all.len()));
    page(title, &html! { h1 { (title) } (blocks(before)) (picture) (blocks(behind)) })
}

/// A page that stands alone.
pub(crate) fn page(title: &str, body: &Markup) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) }
                style { (PreEscaped(PICTURE_STYLE)) (PreEscaped(STYLE)) }
            }
            body { main { (body) } }
        }
    };
    page.into_string() + "\n"
}

/// The picture of the run over time alone, on a light ground; none if nobody looked.
pub fn picture(report: &Report) -> Option<String> {
    report.timeline.as_ref().map(|timelines| timeline::draw(report, timelines, true).into_string() + "\n")
}

/// What a reader wants first.
fn opening(report: &Report) -> Markup {
    let class = class(report.verdict);
    html! {
        h1 { (report.scenario) }
        p.verdict {
            "Verdict: " strong class=(class) { (report.verdict) }
            @if let Some(reason) = report.reason() { " (" (reason) ")" }
        }
        p {
            "digest: " code { (report.digest) }
            "; " @if let Some(file) = &report.file { code { (file) } ", " }
            "seed " (report.seed) (with_other(report.implementation))
        }
        @if let Some(replay) = report.replay() {
            div.scroll tabindex="0" role="region" aria-label="How to run it again" { pre { (replay) } }
        }
    }
}

/// How a verdict looks.
pub(crate) fn class(verdict: RunVerdict) -> &'static str {
    match verdict {
        RunVerdict::Pass => "good",
        RunVerdict::Vacuous | RunVerdict::Undecided => "odd",
        _ => "bad",
    }
}

fn over_time(report: &Report) -> Markup {
    let Some(timelines) = &report.timeline else { return html! {} };
    html! {
        h2 { "Timeline" }
        div.scroll.picture tabindex="0" role="region" aria-label="Timeline" {
            (timeline::draw(report, timelines, false))
        }
        (timeline::table(timelines))
    }
}
