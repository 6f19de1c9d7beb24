//! Points by two figures: one a time on a logarithmic axis, the other a rate on another.

use super::charts::picture;
use super::frame::{LEFT, RIGHT, n, wide};
use crate::report::format::count;
use crate::time::Duration;
use maud::{Markup, html};

/// Where the plot begins and ends from above, and where what never happened stands.
const TOP: f64 = 44.0;
const BOTTOM: f64 = 270.0;
const NEVER: f64 = 300.0;
const HEIGHT: f64 = 350.0;

/// A point.
pub(crate) struct Dot {
    /// Its time in nanoseconds, at least 1, and from where to where the true one lies.
    pub(crate) time: (f64, Option<(f64, f64)>),
    /// Its rate, which may be 0.
    pub(crate) rate: f64,
    /// Whether the line goes through it.
    pub(crate) on_line: bool,
    /// How it is drawn.
    pub(crate) look: Look,
    /// What it is, for who points at it.
    pub(crate) about: String,
    /// What is written beside it; nothing if it is empty.
    pub(crate) name: String,
}

/// How a point is drawn; by its shape as well as by its colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Look {
    /// A disk.
    Front,
    /// A ring.
    Other,
    /// A diamond.
    Marked,
}

/// A logarithmic scale from one value to another, which are above 0.
#[derive(Clone, Copy)]
pub(super) struct Scale {
    values: (f64, f64),
    places: (f64, f64),
}

impl Scale {
    /// One that holds these values, in whole halves of decades; none of none.
    pub(super) fn around(values: impl Iterator<Item = f64>, places: (f64, f64)) -> Option<Self> {
        let (least, most) =
            values.fold((f64::MAX, 0.0_f64), |(least, most), it| (least.min(it), most.max(it)));
        let decade = |value: f64| libm::pow(10.0, libm::floor(libm::log10(value)));
        (most > 0.0).then(|| {
            let low = [5.0, 2.0, 1.0].iter().map(|step| step * decade(least)).find(|low| *low <= least);
            let high =
                [1.0, 2.0, 5.0, 10.0].iter().map(|step| step * decade(most)).find(|high| *high >= most);
            let low = low.unwrap_or(least);
            Self { values: (low, high.unwrap_or(most).max(low * 2.0)), places }
        })
    }

    pub(super) fn at(self, value: f64) -> f64 {
        let ((least, most), (from, to)) = (self.values, self.places);
        let share = (libm::log10(value) - libm::log10(least)) / (libm::log10(most) - libm::log10(least));
        from + (to - from) * share.clamp(0.0, 1.0)
    }

    /// 1, 2 and 5 of each decade; of many decades 1 alone.
    pub(super) fn ticks(self) -> Vec<f64> {
        let (least, most) = self.values;
        let steps: &[f64] = if most / least > 1e4 { &[1.0] } else { &[1.0, 2.0, 5.0] };
        let first = libm::floor(libm::log10(least)) as i32;
        let last = libm::ceil(libm::log10(most)) as i32;
        let all = (first..=last)
            .flat_map(|power| steps.iter().map(move |step| step * libm::pow(10.0, power.into())));
        all.filter(|tick| *tick >= least * 0.999 && *tick <= most * 1.001).collect()
    }
}

/// The picture. `axes` are what the time and the rate are.
pub(crate) fn scatter((id, title, about): (&str, &str, &str), axes: (&str, &str), dots: &[Dot]) -> Markup {
    let times = dots.iter().flat_map(|dot| {
        let (time, range) = dot.time;
        let range = range.map_or([time, time], |(low, high)| [low.max(1.0), high]);
        [time.max(1.0), range[0], range[1]]
    });
    let Some(x) = Scale::around(times, (LEFT + 12.0, RIGHT)) else { return html! {} };
    let rates = dots.iter().map(|dot| dot.rate).filter(|rate| *rate > 0.0);
    let y = Scale::around(rates, (BOTTOM, TOP));
    let place = |dot: &Dot| {
        let below = if dot.rate > 0.0 { y.map(|y| y.at(dot.rate)) } else { None };
        (x.at(dot.time.0.max(1.0)), below.unwrap_or(NEVER))
    };
    let content = html! {
        text.faint x="6" y="14" { (axes.1) " (logarithmic)" }
        text.faint.end x=(n(RIGHT)) y=(n(HEIGHT - 8.0)) { (axes.0) " (logarithmic)" }
        @if let Some(y) = y {
            @for tick in y.ticks() { (level(y.at(tick), &rate(tick))) }
        }
        (level(NEVER, "never"))
        @for tick in x.ticks() {
            path.rule d=(format!("M{} {}V{}", n(x.at(tick)), n(TOP), n(NEVER + 4.0))) {}
            text.faint.middle x=(n(x.at(tick))) y=(n(NEVER + 18.0)) { (Duration::from_nanos(tick.round() as u64)) }
        }
        (legend())
        path.line d=(front(dots, &place)) {}
        @for (dot, name) in dots.iter().zip(names(dots, &place)) { (drawn(dot, (place(dot), name), x)) }
    };
    picture(id, title, about, HEIGHT, &content)
}

fn level(y: f64, text: &str) -> Markup {
    html! {
        path.rule d=(format!("M{} {}H{}", n(LEFT), n(y), n(RIGHT))) {}
        text.faint.end x=(n(LEFT - 6.0)) y=(n(y + 4.0)) { (text) }
    }
}

fn rate(value: f64) -> String {
    if value < 1.0 { format!("{value:.3}").trim_end_matches('0').into() } else { count(value.round() as u64) }
}

/// A line through the front, as steps: what lies above and to the right of it is beaten.
fn front(dots: &[Dot], place: &dyn Fn(&Dot) -> (f64, f64)) -> String {
    let mut places: Vec<(f64, f64)> = dots.iter().filter(|dot| dot.on_line).map(place).collect();
    places.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut path = String::new();
    for (x, y) in places {
        path += &if path.is_empty() { format!("M{} {}", n(x), n(y)) } else { format!("H{}V{}", n(x), n(y)) };
    }
    path
}

/// Where the name of each dot begins: beside it, and higher where another name stands there.
fn names(dots: &[Dot], place: &dyn Fn(&Dot) -> (f64, f64)) -> Vec<(f64, f64)> {
    const ROW: f64 = 15.0;
    let mut taken: Vec<(f64, f64, f64)> = Vec::new();
    let each = dots.iter().map(|dot| {
        let (x, mut y) = place(dot);
        let length = wide(&dot.name);
        let from = if x + 9.0 + length > RIGHT { x - 9.0 - length } else { x + 9.0 };
        y -= 8.0;
        let meets = |y: f64, (other, end, at): &(f64, f64, f64)| {
            from < end + 6.0 && *other < from + length + 6.0 && (y - at).abs() < ROW
        };
        while !dot.name.is_empty() && taken.iter().any(|other| meets(y, other)) {
            y -= ROW;
        }
        taken.extend((!dot.name.is_empty()).then_some((from, from + length, y)));
        (from, y)
    });
    each.collect()
}

fn drawn(dot: &Dot, ((x, y), (from, above)): ((f64, f64), (f64, f64)), scale: Scale) -> Markup {
    let whisker = dot.time.1.filter(|_| dot.look != Look::Other);
    let whisker = whisker
        .map(|(low, high)| format!("M{} {}H{}", n(scale.at(low.max(1.0))), n(y), n(scale.at(high.max(1.0)))));
    html! {
        @if let Some(whisker) = whisker { path.lead d=(whisker) {} }
        (shape(dot.look, (x, y), &dot.about))
        @if !dot.name.is_empty() { text.cause x=(n(from)) y=(n(above)) { (dot.name) } }
    }
}

fn shape(look: Look, (x, y): (f64, f64), about: &str) -> Markup {
    let circle = |r: &str, class: &str| {
        html! { circle class=(class) cx=(n(x)) cy=(n(y)) r=(r) { @if !about.is_empty() { title { (about) } } } }
    };
    match look {
        Look::Front => circle("5", "leader mark"),
        Look::Other => circle("3.5", "edge"),
        Look::Marked => html! {
            path.candidate.mark d=(format!("M{} {}l7 7l-7 7l-7 -7z", n(x), n(y - 7.0))) {
                @if !about.is_empty() { title { (about) } }
            }
        },
    }
}

fn legend() -> Markup {
    html! {
        (shape(Look::Front, (500.0, 10.0), "")) text x="510" y="14" { "front" }
        (shape(Look::Marked, (580.0, 10.0), "")) text x="592" y="14" { "present setting" }
        (shape(Look::Other, (720.0, 10.0), "")) text x="730" y="14" { "others" }
        path.lead d="M800 10h24" {} text x="830" y="14" { "95 % interval" }
    }
}
