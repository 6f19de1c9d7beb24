//! The run over time: what each node was, which faults were active, and when nobody led.

use super::frame::{Axis, LEFT, RIGHT, WIDTH, n, rows, wide};
use super::{PICTURE_STYLE, tables};
use crate::replica::Role;
use crate::report::format::{count, counted, moment, short};
use crate::report::over_time;
use crate::report::{FaultSpan, Lane, Report, State, Stretch, Timelines};
use crate::time::Time;
use maud::{Markup, PreEscaped, html};

/// How high a lane is, what is drawn in it, and a row of labels.
const LANE: f64 = 26.0;
const BAR: f64 = 18.0;
const ROW: f64 = 20.0;
/// How many rows of names there are at most, for spans without a leader and for faults.
const ROWS: (usize, usize) = (3, 6);
/// How many faults are drawn, and how many spans without a leader: the longest.
const FAULTS: usize = 500;
const SPANS: usize = 1_000;

/// In what order states are drawn: what is short stays visible.
const LAYERS: [State; 6] = [
    State::Up(Role::Follower),
    State::Up(Role::Leader),
    State::Down,
    State::Paused,
    State::Up(Role::PreCandidate),
    State::Up(Role::Candidate),
];

/// What is drawn where.
struct Layout {
    axis: Axis,
    vacancies: f64,
    faults: f64,
    lanes: f64,
    bottom: f64,
}

/// The picture. Alone it brings its colours and a light ground.
pub(super) fn draw(report: &Report, timelines: &Timelines, alone: bool) -> Markup {
    let axis = Axis { end: report.simulated.nanos().max(1) };
    let (names, vacancies) = vacancies(report, axis);
    let (marks, faults) = faults(report, axis);
    let name_rows = names.iter().filter_map(|name| name.row.map(|row| row + 1)).max().unwrap_or(0) as f64;
    let fault_rows = marks.iter().filter_map(|mark| mark.row.map(|row| row + 1)).max().unwrap_or(0) as f64;
    let vacancies_at = 8.0 + name_rows * ROW;
    let faults_at = vacancies_at + ROW + 6.0;
    let lanes = faults_at + fault_rows * ROW + 8.0;
    let bottom = lanes + LANE * timelines.lanes.len() as f64 + 4.0;
    let layout = Layout { axis, vacancies: vacancies_at, faults: faults_at, lanes, bottom };
    let unnamed = marks.iter().filter(|mark| mark.row.is_none()).count();
    let notes = notes(timelines, vacancies, faults, unnamed);
    let height = bottom + 54.0 + ROW * notes.len() as f64;
    let view = format!("0 0 {} {}", n(WIDTH), n(height));
    let about = format!(
        "{} over {}: a lane for each node with its role, the faults, and {} without an effective leader. The tables tell the same.",
        report.scenario,
        short(report.simulated),
        counted(report.elections.len() as u64, "span")
    );
    html! {
        svg xmlns="http://www.w3.org/2000/svg" viewBox=(view) role="img" aria-labelledby="timeline-title timeline-about" {
            title #timeline-title { "Timeline of " (report.scenario) }
            desc #timeline-about { (about) }
            @if alone { style { (PreEscaped(PICTURE_STYLE)) } }
            (patterns())
            rect.ground width=(n(WIDTH)) height=(n(height)) {}
            (axis.ticks(layout.lanes - 4.0, bottom))
            (draw_vacancies(report, &layout, &names))
            (draw_faults(&layout, &marks, timelines.lanes.len()))
            @for (at, lane) in timelines.lanes.iter().enumerate() {
                (draw_lane(lane, axis, lanes + LANE * at as f64))
            }
            (legend(bottom + 42.0))
            @for (at, note) in notes.iter().enumerate() {
                text.faint x=(n(LEFT)) y=(n(bottom + 64.0 + ROW * at as f64)) { (note) }
            }
        }
    }
}

/// What can't be told by colour alone.
fn patterns() -> Markup {
    html! {
        defs {
            pattern #hatch-down width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)" {
                path.hatch d="M0 0V6" {}
            }
            pattern #hatch-paused width="5" height="5" patternUnits="userSpaceOnUse" { path.hatch d="M0 0V5" {} }
        }
    }
}

/// A span without a leader that is drawn.
struct Vacancy {
    from: u64,
    to: u64,
    cause: &'static str,
    /// The row of the cause's name, if there is room for it.
    row: Option<usize>,
}

/// The spans without a leader that are drawn, and how many are left out.
fn vacancies(report: &Report, axis: Axis) -> (Vec<Vacancy>, usize) {
    let mut spans: Vec<_> = report.elections.iter().collect();
    spans.sort_by_key(|span| std::cmp::Reverse(span.vacant));
    let left_out = spans.len().saturating_sub(SPANS);
    spans.truncate(SPANS);
    let extents: Vec<(f64, f64)> = spans
        .iter()
        .map(|span| {
            let width = wide(span.why.cause.name());
            let x = axis.x(span.from.nanos()).min(RIGHT - width);
            (x, x + width)
        })
        .collect();
    let places = rows(&extents, ROWS.0);
    let all = spans.iter().zip(places).map(|(span, row)| Vacancy {
        from: span.from.nanos(),
        to: (span.from + span.vacant).nanos(),
        cause: span.why.cause.name(),
        row,
    });
    (all.collect(), left_out)
}

fn draw_vacancies(report: &Report, layout: &Layout, spans: &[Vacancy]) -> Markup {
    let y = layout.vacancies;
    let name_at = |row: usize| y - 8.0 - ROW * row as f64;
    html! {
        text.faint.end x=(n(LEFT - 6.0)) y=(n(y + 12.0)) { "no leader" }
        @if report.elections.is_empty() { text.faint x=(n(LEFT)) y=(n(y + 12.0)) { "never" } }
        @for Vacancy { from, to, cause, .. } in spans {
            @let (x, width) = layout.axis.span(*from, *to);
            rect.vacancy x=(n(x)) y=(n(layout.lanes - 4.0)) width=(n(width)) height=(n(layout.bottom - layout.lanes + 4.0)) {}
            rect.vacant x=(n(x)) y=(n(y)) width=(n(width)) height=(n(ROW - 6.0)) {
                title { (cause) ", " (moment(Time::from_nanos(*from))) " to " (moment(Time::from_nanos(*to))) }
            }
        }
        // The lines first: names cover them.
        @for Vacancy { from, row, .. } in spans {
            @if let Some(row) = row {
                @let (x, _) = layout.axis.span(*from, *from);
                path.lead d=(format!("M{} {}V{}", n(x + 0.5), n(y), n(name_at(*row) + 3.0))) {}
            }
        }
        @for Vacancy { from, row, cause, .. } in spans {
            @if let Some(row) = row {
                @let x = layout.axis.x(*from).min(RIGHT - wide(cause));
                text.cause x=(n(x)) y=(n(name_at(*row))) { (cause) }
            }
        }
    }
}

/// A fault that is drawn.
struct Mark<'a> {
    fault: &'a FaultSpan,
    /// What it is called, or if the scenario gives it no name what it does.
    name: String,
    from: u64,
    to: u64,
    /// Where its name begins.
    name_at: f64,
    row: Option<usize>,
}

/// The faults that are drawn, and how many that began are left out.
fn faults(report: &Report, axis: Axis) -> (Vec<Mark<'_>>, usize) {
    let end = axis.end;
    let mut marks: Vec<Mark<'_>> = report
        .faults
        .iter()
        .filter_map(|fault| {
            let from = fault.from_ns?;
            // What was asked of the leader is a moment, not a span.
            let to = if fault.outcome.is_some() { from } else { fault.to_ns.unwrap_or(end) };
            let name = if fault.name == fault.source.to_string() {
                fault.action.to_string()
            } else {
                fault.name.clone()
            };
            let ((x, width), length) = (axis.span(from, to), wide(&name));
            let right = x + width + 5.0;
            let name_at = match () {
                () if width > length + 10.0 => x + 5.0,
                () if right + length < RIGHT => right,
                () => (x - 5.0 - length).max(LEFT),
            };
            Some(Mark { fault, name, from, to, name_at, row: None })
        })
        .collect();
    marks.sort_by_key(|mark| (std::cmp::Reverse(mark.to - mark.from), mark.from));
    let left_out = marks.len().saturating_sub(FAULTS);
    marks.truncate(FAULTS);
    marks.sort_by_key(|mark| mark.from);
    let extents: Vec<(f64, f64)> = marks
        .iter()
        .map(|mark| {
            let (x, width) = axis.span(mark.from, mark.to);
            (x.min(mark.name_at), (x + width).max(mark.name_at + wide(&mark.name)))
        })
        .collect();
    let places = rows(&extents, ROWS.1);
    marks.iter_mut().zip(places).for_each(|(mark, row)| mark.row = row);
    (marks, left_out)
}

fn draw_faults(layout: &Layout, marks: &[Mark<'_>], lanes: usize) -> Markup {
    let whole = (0, lanes);
    let bands = |mark: &Mark<'_>| -> Vec<(usize, usize)> {
        let nodes = mark.fault.nodes.iter().map(|node| (node.slot(), node.slot() + 1));
        if mark.fault.nodes.is_empty() { vec![whole] } else { nodes.collect() }
    };
    html! {
        @if !marks.is_empty() {
            text.faint.end x=(n(LEFT - 6.0)) y=(n(layout.faults + 12.0)) { "faults" }
        }
        @for mark in marks {
            @let (x, width) = layout.axis.span(mark.from, mark.to);
            @for (first, last) in bands(mark) {
                rect.band x=(n(x)) y=(n(layout.lanes + LANE * first as f64)) width=(n(width))
                    height=(n(LANE * (last - first) as f64)) {}
            }
            @if let Some(row) = mark.row {
                @let y = layout.faults + ROW * row as f64;
                rect.fault x=(n(x)) y=(n(y)) width=(n(width)) height=(n(ROW - 4.0)) {
                    title {
                        (mark.fault.name) " (" (mark.fault.action) "), " (moment(Time::from_nanos(mark.from))) " to "
                        (moment(Time::from_nanos(mark.to)))
                    }
                }
                text x=(n(mark.name_at)) y=(n(y + 12.5)) { (mark.name) }
            }
        }
    }
}

/// How a state looks: its class, and how much of the lane's height it fills, so that it shows without colour, too.
const fn look(state: State) -> (&'static str, f64) {
    match state {
        State::Up(Role::Leader) => ("leader", 1.0),
        State::Up(Role::Candidate) => ("candidate", 0.75),
        State::Up(Role::PreCandidate) => ("pre", 0.5),
        State::Up(Role::Follower) => ("follower", 0.25),
        State::Paused => ("paused", 1.0),
        State::Down => ("down", 1.0),
    }
}

/// One path for each state: thousands of stretches need no element each.
fn draw_lane(lane: &Lane, axis: Axis, top: f64) -> Markup {
    let path = |state: State| {
        let height = BAR * look(state).1;
        let y = top + (LANE - BAR) / 2.0 + BAR - height;
        let those =
            lane.stretches.iter().filter(|stretch| stretch.state == state && stretch.to > stretch.from);
        let draw = |stretch: &Stretch| {
            let (x, width) = axis.span(stretch.from.nanos(), stretch.to.nanos());
            format!("M{} {}h{}v{}h-{}z", n(x), n(y), n(width), n(height), n(width))
        };
        those.map(draw).collect::<String>()
    };
    html! {
        text.end x=(n(LEFT - 6.0)) y=(n(top + LANE / 2.0 + 5.0)) { (lane.node) }
        @for state in LAYERS {
            @let path = path(state);
            @if !path.is_empty() { (shape(state, &path)) }
        }
    }
}

fn shape(state: State, path: &str) -> Markup {
    let class = look(state).0;
    html! {
        @match state {
            State::Down | State::Paused => {
                path fill=(format!("url(#hatch-{class})")) d=(path) {}
                path.edge d=(path) {}
            }
            State::Up(_) => path class=(class) d=(path) {},
        }
    }
}

fn legend(y: f64) -> Markup {
    let mut x = LEFT;
    html! {
        @for state in State::ALL {
            @let (height, at) = (14.0 * look(state).1, x);
            (shape(state, &format!("M{} {}h18v-{}h-18z", n(at), n(y), n(height))))
            text x=(n(at + 24.0)) y=(n(y - 1.0)) { (state.name()) }
            ({ x += 48.0 + wide(state.name()); "" })
        }
        rect.vacant x=(n(x)) y=(n(y - 14.0)) width="6" height="14" {}
        text x=(n(x + 12.0)) y=(n(y - 1.0)) { "no effective leader" }
        rect.band x=(n(x + 170.0)) y=(n(y - 14.0)) width="18" height="14" {}
        text x=(n(x + 194.0)) y=(n(y - 1.0)) { "fault" }
    }
}

/// What the picture leaves out.
fn notes(timelines: &Timelines, vacancies: usize, faults: usize, unnamed: usize) -> Vec<String> {
    let changes = timelines.lanes.iter().map(|lane| lane.left_out).sum::<u64>();
    let all = [
        (changes, "short stretch", "es", "in which a node was something else"),
        (vacancies as u64, "short span", "s", "without a leader"),
        (faults as u64, "short fault", "s", "of those that began"),
        (unnamed as u64, "name", "s", "of faults, which are shaded only"),
    ];
    let told = all.into_iter().filter(|(number, ..)| *number > 0);
    told.map(|(number, one, many, what)| {
        format!("Left out: {} {one}{} {what}.", count(number), if number == 1 { "" } else { many })
    })
    .collect()
}

/// The same in words.
pub(super) fn table(timelines: &Timelines) -> Markup {
    let (each, more) = over_time::stretches(timelines);
    html! {
        (tables::table("For how long each node was what", &over_time::roles(timelines)))
        details {
            summary { "When each node was what" }
            @if more > 0 { p.faint { (over_time::left_out(more)) } }
            (tables::table("When each node was what", &each))
        }
    }
}
