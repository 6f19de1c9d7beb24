//! A run over time as tables: what each node was, and what clients got; and where frames went.

use super::format::{count, moment, percent, short};
use super::page::Grid;
use super::statistics::Summary;
use super::{Bucket, Lane, Report, State, Stretch, Timelines};
use crate::time::{Duration, Time};

/// How many stretches are shown.
const LISTED: usize = 200;

/// For how long each node was what.
pub(super) fn roles(timelines: &Timelines) -> Grid {
    let mut grid = Grid { right: (1..8).collect(), rules: vec![1], ..Grid::default() };
    let states = State::ALL.map(|state| match state {
        State::Up(_) => format!("as {}", state.name()),
        State::Paused | State::Down => state.name().into(),
    });
    grid.rows.push([String::from("node")].into_iter().chain(states).chain(["changes".into()]).collect());
    for lane in &timelines.lanes {
        let times = lane.times.iter().map(|time| short(*time));
        let changes = count((lane.stretches.len() as u64 + lane.left_out).saturating_sub(1));
        grid.rows.push([lane.node.to_string()].into_iter().chain(times).chain([changes]).collect());
    }
    grid
}

/// When each node was what: the longest stretches, in order of time, and how many are left out.
pub(super) fn stretches(timelines: &Timelines) -> (Grid, usize) {
    let mut all: Vec<(&Lane, &Stretch)> = timelines
        .lanes
        .iter()
        .flat_map(|lane| lane.stretches.iter().map(move |stretch| (lane, stretch)))
        .collect();
    all.sort_by_key(|(_, stretch)| std::cmp::Reverse(stretch.to.since(stretch.from)));
    let more = all.len().saturating_sub(LISTED);
    all.truncate(LISTED);
    all.sort_by_key(|(lane, stretch)| (stretch.from, lane.node));
    let mut grid = Grid { right: vec![1, 2, 3], rules: vec![1], ..Grid::default() };
    grid.rows.push(["node", "from", "until", "for", "was"].map(String::from).to_vec());
    grid.rows.extend(all.iter().map(|(lane, stretch)| {
        let length = short(stretch.to.since(stretch.from));
        vec![
            lane.node.to_string(),
            moment(stretch.from),
            moment(stretch.to),
            length,
            stretch.state.name().into(),
        ]
    }));
    (grid, more)
}

/// What is said of stretches that are left out.
pub(super) fn left_out(more: usize) -> String {
    format!("The {LISTED} longest stretches, in order of time; {} more are left out.", count(more as u64))
}

/// Where each bucket begins and ends.
pub(super) fn spans(timelines: &Timelines) -> impl Iterator<Item = (u64, u64, &Bucket)> {
    let length = timelines.bucket.nanos();
    timelines.buckets.iter().zip(0_u64..).map(move |(bucket, at)| (at * length, (at + 1) * length, bucket))
}

/// The operations of clients by when they ended, and their latency.
pub(super) fn service(timelines: &Timelines) -> Grid {
    let mut grid = Grid { right: (0..6).collect(), rules: vec![1], ..Grid::default() };
    grid.rows.push(["from", "done", "failed", "mean", "p50", "p99"].map(String::from).to_vec());
    for (begin, _, bucket) in spans(timelines) {
        let time = |of: &dyn Fn(&Summary) -> u64| {
            bucket.latency.as_ref().map_or("-".into(), |it| short(Duration::from_nanos(of(it))))
        };
        grid.rows.push(vec![
            moment(Time::from_nanos(begin)),
            count(bucket.done),
            count(bucket.failed),
            time(&|it| it.mean),
            time(&|it| it.p50),
            time(&|it| it.p99),
        ]);
    }
    grid
}

/// A whole and its parts, each with how many there were.
pub(super) type Whole = (&'static str, Vec<(String, u64)>);

/// Where the frames between nodes went: those that went on their way, those that got lost and those that were rejected.
pub(super) fn frames(report: &Report) -> Vec<Whole> {
    let counters = &report.counters;
    let named =
        |reasons: Vec<(String, u64)>| reasons.into_iter().filter(|(_, times)| *times > 0).collect::<Vec<_>>();
    let lost = counters.frames_lost.by_reason().map(|(why, times)| (why.to_string(), times)).to_vec();
    let rejected = counters.frames_rejected.by_reason().map(|(why, times)| (why.to_string(), times)).to_vec();
    let all_lost = lost.iter().map(|(_, times)| times).sum();
    let ends = vec![("delivered".to_string(), counters.frames_delivered), ("lost".into(), all_lost)];
    let bars = [("on their way", named(ends)), ("lost", named(lost)), ("rejected", named(rejected))];
    bars.into_iter().filter(|(_, parts)| !parts.is_empty()).collect()
}

/// The same as a table.
pub(super) fn frames_table(bars: &[Whole]) -> Grid {
    let mut grid = Grid { right: vec![2, 3], rules: vec![1], ..Grid::default() };
    grid.rows.push(["frames", "which", "number", "share"].map(String::from).to_vec());
    for (bar, parts) in bars {
        let all: u64 = parts.iter().map(|(_, times)| times).sum();
        for (what, times) in parts {
            let share = percent(*times as f64 / all as f64);
            grid.rows.push(vec![(*bar).into(), what.clone(), count(*times), share]);
        }
    }
    grid
}
