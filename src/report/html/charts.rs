//! Charts: how long nobody led, the service over time, and where frames went.

use super::frame::{Axis, LEFT, RIGHT, WIDTH, label, n, step};
use super::{PICTURE_STYLE, tables};
use crate::report::format::{count, short};
use crate::report::{Bucket, Report, Timelines, over_time};
use crate::time::Duration;
use maud::{Markup, PreEscaped, html};

/// From so many spans on their distribution says something.
const LEAST: usize = 2;
/// Where a plot begins and ends from above.
pub(super) const TOP: f64 = 28.0;
pub(super) const BOTTOM: f64 = 200.0;
pub(super) const HEIGHT: f64 = 240.0;

/// What a picture is called, its title, and what it shows in words.
pub(super) type Told<'a> = (&'a str, &'a str, &'a str);

/// A picture with a title and a description, in a container in which it scrolls where it is too wide.
pub(super) fn picture(id: &str, title: &str, about: &str, height: f64, content: &Markup) -> Markup {
    html! {
        div.scroll.picture tabindex="0" role="region" aria-label=(title) { (svg((id, title, about), height, content)) }
    }
}

/// The same as a file of its own, which brings its colours and a light ground.
pub(super) fn alone(told: Told<'_>, height: f64, content: &Markup) -> String {
    let content = html! {
        style { (PreEscaped(PICTURE_STYLE)) }
        rect.ground width=(n(WIDTH)) height=(n(height)) {}
        (content)
    };
    svg(told, height, &content).into_string() + "\n"
}

fn svg((id, title, about): Told<'_>, height: f64, content: &Markup) -> Markup {
    let view = format!("0 0 {} {}", n(WIDTH), n(height));
    let (title_id, about_id) = (format!("{id}-title"), format!("{id}-about"));
    html! {
        svg xmlns="http://www.w3.org/2000/svg" viewBox=(view) role="img" aria-labelledby=(format!("{title_id} {about_id}")) {
            title id=(title_id) { (title) }
            desc id=(about_id) { (about) }
            (content)
        }
    }
}

/// A level of the other axis: a line across, and what it stands for.
pub(super) fn level(y: f64, text: &str) -> Markup {
    html! {
        path.rule d=(format!("M{} {}H{}", n(LEFT), n(y), n(RIGHT))) {}
        text.faint.end x=(n(LEFT - 6.0)) y=(n(y + 4.0)) { (text) }
    }
}

/// Where a value stands on a logarithmic axis from `least` to `most`, which are above 0.
fn logarithmic(value: f64, (least, most): (f64, f64)) -> f64 {
    let share = (libm::log10(value) - libm::log10(least)) / (libm::log10(most) - libm::log10(least));
    BOTTOM - (BOTTOM - TOP) * share.clamp(0.0, 1.0)
}

/// The share of the spans of a run without a leader that lasted longer than a time, if there are enough of them.
pub(super) fn vacancies(report: &Report) -> Markup {
    let lengths: Vec<u64> = report.elections.iter().map(|election| election.vacant.nanos()).collect();
    html! {
        @if lengths.len() >= LEAST { h3 { "How long nobody led" } }
        (vacancies_of(lengths, &[]))
    }
}

/// The distribution of spans without a leader as a file of its own; none if there are too few of them.
pub(super) fn vacancies_alone(title: &str, lengths: Vec<u64>, marks: &[(f64, (u64, u64))]) -> Option<String> {
    let (about, content) = distribution(lengths, marks)?;
    Some(alone(("vacancies", title, &about), HEIGHT, &content))
}

/// The share of spans without a leader of these lengths that lasted longer than a time, if there are enough of them. At some
/// shares it is told where the true time lies: from one length to another.
pub(super) fn vacancies_of(lengths: Vec<u64>, marks: &[(f64, (u64, u64))]) -> Markup {
    html! {
        @if let Some((about, content)) = distribution(lengths, marks) {
            (picture("vacancies", "How long nobody led", &about, HEIGHT, &content))
            p.faint { (about) }
        }
    }
}

/// The same in words, and what is drawn.
fn distribution(mut lengths: Vec<u64>, marks: &[(f64, (u64, u64))]) -> Option<(String, Markup)> {
    if lengths.len() < LEAST {
        return None;
    }
    lengths.sort_unstable();
    let all = lengths.len() as f64;
    let mut least = 0.1;
    while least > 1.0 / all {
        least /= 10.0;
    }
    let scale = (least, 1.0);
    let axis = Axis { end: lengths.last().map_or(1, |last| last.saturating_add(last / 20)).max(1) };
    let mut path = format!("M{} {}", n(LEFT), n(TOP));
    let mut drawn = LEFT;
    for (shorter, length) in lengths.iter().enumerate() {
        let (x, left) = (axis.x(*length), all - shorter as f64 - 1.0);
        // Steps nearer than that can't be seen.
        if x - drawn >= 0.3 || left <= 20.0 {
            let y = if left > 0.0 { logarithmic(left / all, scale) } else { BOTTOM };
            path += &format!("H{}V{}", n(x), n(y));
            drawn = x;
        }
    }
    let mut levels = vec![1.0];
    while levels.last().is_some_and(|last| *last > least * 1.5) {
        levels.push(levels[levels.len() - 1] / 10.0);
    }
    let whiskers: String = marks
        .iter()
        .map(|(share, (low, high))| {
            let (y, (low, width)) = (logarithmic(*share, scale), axis.span(*low, *high));
            format!("M{0} {1}v8M{0} {2}h{3}M{4} {1}v8", n(low), n(y - 4.0), n(y), n(width), n(low + width))
        })
        .collect();
    let content = html! {
        text.faint x="6" y="14" { "share of spans without a leader that lasted longer (logarithmic)" }
        @for share in levels { (level(logarithmic(share, scale), &tidy(share))) }
        (axis.ticks(TOP, BOTTOM))
        path.line d=(path) {}
        @if !whiskers.is_empty() {
            path.lead d=(whiskers) {}
            path.lead d="M700 10h24M700 6v8M724 6v8" {}
            text x="732" y="14" { "95 % interval of a percentile" }
        }
    };
    let median = lengths[(lengths.len() - 1) / 2];
    let about = format!(
        "Of {} spans, the share that lasted longer than a time. Half lasted at most {}, the longest {}.",
        count(lengths.len() as u64),
        short(Duration::from_nanos(median)),
        short(Duration::from_nanos(*lengths.last().unwrap_or(&0)))
    );
    Some((about, content))
}

/// Parts of a whole, each with what it is called, and how their sizes are written.
pub(super) type Parts<'a> = (&'a [(String, u64)], &'a dyn Fn(u64) -> String);

/// Parts of a whole as one bar, with a name.
pub(super) fn bar(id: &str, title: &str, about: &str, (name, parts): (&str, Parts<'_>)) -> Markup {
    picture(id, title, about, 60.0, &stacked(name, parts, 8.0))
}

/// A share as people write it.
pub(super) fn tidy(share: f64) -> String {
    let percent = share * 100.0;
    let text = format!("{percent:.6}");
    format!("{} %", text.trim_end_matches('0').trim_end_matches('.'))
}

/// The operations of clients over time, and their latency.
pub(super) fn service(report: &Report) -> Markup {
    let Some(timelines) = report.timeline.as_ref().filter(|it| !it.buckets.is_empty()) else {
        return html! {};
    };
    let axis = Axis { end: report.simulated.nanos().max(1) };
    let each = short(timelines.bucket);
    let sums = timelines.buckets.iter().fold((0, 0), |sum, it| (sum.0 + it.done, sum.1 + it.failed));
    let about = format!(
        "Operations that ended in each {each}: {} done, {} refused or without answer in time.",
        count(sums.0),
        count(sums.1)
    );
    let latency = format!(
        "Latency of operations that were done in each {each}, from beginning to end: median and 99th percentile."
    );
    html! {
        h2 { "Service over time" }
        (picture("operations", "Operations over time", &about, HEIGHT, &operations(timelines, axis)))
        p.faint { (about) }
        @if let Some(content) = latencies(timelines, axis) {
            (picture("latency", "Latency over time", &latency, HEIGHT, &content))
            p.faint { (latency) }
        }
        details {
            summary { "The same as a table" }
            (tables::table("Operations by when they ended", &over_time::service(timelines)))
        }
    }
}

fn operations(timelines: &Timelines, axis: Axis) -> Markup {
    let most = timelines.buckets.iter().map(|it| it.done + it.failed).max().unwrap_or(0).max(1);
    let step = step(most).max(1) * 2;
    let y = |number: u64| BOTTOM - (BOTTOM - TOP) * number as f64 / most as f64;
    let bars = |from: &dyn Fn(&Bucket) -> u64, to: &dyn Fn(&Bucket) -> u64| {
        let mut path = String::new();
        for (begin, end, bucket) in
            over_time::spans(timelines).filter(|(_, _, bucket)| to(bucket) > from(bucket))
        {
            let (x, width) = axis.span(begin, end);
            let (low, high) = (y(from(bucket)), y(to(bucket)));
            path += &format!("M{} {}h{}V{}h-{}z", n(x), n(low), n(width), n(high), n(width));
        }
        path
    };
    html! {
        text.faint x="6" y="14" { "operations ended" }
        @for at in (0..=most / step).map(|tick| tick * step) { (level(y(at), &count(at))) }
        (axis.ticks(TOP, BOTTOM))
        path.done.mark d=(bars(&|_| 0, &|it| it.done)) {}
        path.failed d=(bars(&|it| it.done, &|it| it.done + it.failed)) {}
        rect.done x="760" y="3" width="14" height="13" {}
        text x="780" y="14" { "done" }
        rect.failed x="830" y="3" width="14" height="13" {}
        text x="850" y="14" { "failed (on top)" }
    }
}

fn latencies(timelines: &Timelines, axis: Axis) -> Option<Markup> {
    let known = timelines.buckets.iter().filter_map(|bucket| bucket.latency);
    let most = known.clone().map(|it| it.p99).max()?.max(1);
    let least = known.map(|it| it.p50).min()?.max(1);
    let decade = |nanos: u64| 10_u64.pow(nanos.ilog10());
    let (low, high) = (decade(least), decade(most).saturating_mul(10));
    let scale = (low as f64, high as f64);
    let line = |of: &dyn Fn(&crate::report::Summary) -> u64| {
        let mut path = String::new();
        let mut is_on = false;
        for (begin, end, bucket) in over_time::spans(timelines) {
            if let Some(latency) = &bucket.latency {
                let y = n(logarithmic(of(latency).max(1) as f64, scale));
                let start = if is_on { format!("V{y}") } else { format!("M{} {y}", n(axis.x(begin))) };
                path += &format!("{start}H{}", n(axis.x(end)));
            }
            is_on = bucket.latency.is_some();
        }
        path
    };
    let levels = std::iter::successors(Some(low), |at| at.checked_mul(10).filter(|next| *next <= high));
    Some(html! {
        text.faint x="6" y="14" { "latency (logarithmic)" }
        @for at in levels { (level(logarithmic(at as f64, scale), &label(at, at))) }
        (axis.ticks(TOP, BOTTOM))
        path.line.tail d=(line(&|it| it.p99)) {}
        path.line d=(line(&|it| it.p50)) {}
        path.line d="M700 10h24" {}
        text x="730" y="14" { "median" }
        path.line.tail d="M800 10h24" {}
        text x="830" y="14" { "99th percentile" }
    })
}

/// Where the frames between nodes went.
pub(super) fn frames(report: &Report) -> Markup {
    let bars = over_time::frames(report);
    if bars.is_empty() {
        return html! {};
    }
    let about = "Frames between nodes. The first bar holds those that were delivered, duplicates among them, and those that got \
         lost; the others why frames were lost, and why their receivers rejected some of those delivered. Each bar is a whole.";
    let content = html! {
        @for (at, (bar, parts)) in bars.iter().enumerate() { (stacked(bar, (parts, &count), 8.0 + 52.0 * at as f64)) }
    };
    html! {
        h2 { "Where frames went" }
        (picture("frames", "Where frames went", about, 8.0 + 52.0 * bars.len() as f64, &content))
        p.faint { (about) }
        (tables::table("The same as a table", &over_time::frames_table(&bars)))
    }
}

/// One bar with its parts, each with its name below it where there is room.
fn stacked(bar: &str, (parts, shown): Parts<'_>, top: f64) -> Markup {
    const CLASSES: [&str; 6] = ["done", "failed", "pre", "vacant", "follower", "fault"];
    let all: u64 = parts.iter().map(|(_, times)| *times).sum::<u64>().max(1);
    let room = RIGHT - LEFT - 24.0;
    let (mut x, mut free) = (LEFT + 24.0, LEFT + 24.0);
    let mut drawn = Vec::new();
    for (at, (what, times)) in parts.iter().enumerate() {
        let width = (room * *times as f64 / all as f64).max(1.0).min(RIGHT - x);
        let name = format!("{what}: {}", shown(*times));
        let length = super::frame::wide(&name);
        let label = x.min(RIGHT - length);
        let fits = label >= free;
        if fits {
            free = label + length + 10.0;
        }
        drawn.push((x, width, CLASSES[at % CLASSES.len()], fits.then_some(label), name));
        x += width;
    }
    html! {
        text.faint.end x=(n(LEFT + 16.0)) y=(n(top + 15.0)) { (bar) }
        @for (x, width, class, label, name) in drawn {
            rect class=(format!("mark {class}")) x=(n(x)) y=(n(top)) width=(n(width)) height="20" { title { (name) } }
            @if let Some(label) = label { text x=(n(label)) y=(n(top + 35.0)) { (name) } }
        }
    }
}
