//! What the shipped studies show is what the thesis says, by formula or by measurement.
//!
//! The first timeout and the split votes of the first term have exact formulas; those for the time and the number of terms are
//! approximations. The seeds are fixed, so nothing here passes or fails by luck. `docs/studies.md` has the whole tables.

use crate::common;
use common::path;
use squall::plan::{Cell, Study};
use squall::report::{Judges, RunVerdict};
use squall::runner::trial;
use squall::scenario::{Warning, read_profile, read_study};
use squall::statistics::{Interval, Z_9999};
use squall::study::{CellResult, Results, Samples, csv, json, key, markdown, quantities};

/// The width of the range of timeouts in the studies by formula, in nanoseconds.
const WIDTH: f64 = 300e6;

/// A shipped study.
fn study(name: &str) -> Study {
    let file = path(&format!("scenarios/studies/{name}.ron"));
    let text = std::fs::read_to_string(&file).expect("a study");
    let fetch =
        |path: &str| std::fs::read_to_string(file.with_file_name(path)).map_err(|error| error.to_string());
    match read_study(&text, &fetch) {
        Ok((study, warnings)) => {
            // Some cells are there to show what a warning is about.
            let of_cells = |warning: &Warning| {
                let message = warning.problem().message();
                message.starts_with("with ") || message.starts_with("in ")
            };
            assert!(warnings.iter().all(of_cells), "{name}: {warnings:?}");
            study
        }
        Err(errors) => panic!("{}", errors.render(name, &text, false)),
    }
}

fn samples(cell: &Cell, trials: u64) -> Samples {
    let mut samples = Samples::new(String::new(), cell);
    (0..trials).for_each(|seed| samples.add(trial(cell, seed).expect("no panic")));
    samples
}

/// What the cell with these values shows in so many trials, from seed 0 on.
fn cell(study: &Study, values: &[&str], trials: u64) -> CellResult {
    let cell = study.cells.iter().find(|cell| cell.values == values).expect("a cell of these values");
    let samples = samples(cell, trials);
    let results = Results::new(study, [(cell, &samples)]);
    results.cells.into_iter().next().expect("one cell")
}

/// How likely the first term's vote is split: `up` nodes of `nodes`, a latency of `l` widths.
fn split(nodes: u64, up: u64, l: f64) -> f64 {
    let least = up - nodes / 2;
    let choose = |k: u64| (0..k).fold(1.0, |all, i| all * (up - i) as f64 / (i + 1) as f64);
    (least..=up).map(|k| choose(k) * l.powi(k as i32) * (1.0 - l).powi((up - k) as i32)).sum()
}

/// The nodes that are up and all nodes, from a label such as `3 of 5`.
fn up(label: &str) -> (u64, u64) {
    let (up, nodes) = label.split_once(" of ").expect("up and all");
    (up.parse().expect("a number"), nodes.parse().expect("a number"))
}

/// How long a study's figure is, in milliseconds.
fn ms(value: Option<f64>) -> f64 {
    value.expect("some trials ended") / 1e6
}

fn p50(cell: &CellResult) -> f64 {
    ms(cell.figures("total").expect("a time").percentiles[1].map(|nanos| nanos as f64))
}

#[track_caller]
fn near(what: &str, value: f64, wanted: f64, within: f64) {
    let off = value / wanted - 1.0;
    assert!(off.abs() <= within, "{what}: {value:.2}, {:+.1} % from {wanted}", off * 100.0);
}

#[test]
fn each_study_says_what_it_is() {
    for file in std::fs::read_dir(path("scenarios/studies")).expect("a folder") {
        let file = file.expect("an entry").path();
        let name = file.file_stem().expect("a name").to_string_lossy().into_owned();
        let study = study(&name);
        assert_eq!(study.name, name);
        assert!(study.about.matches('.').count() >= 2 && study.cells.len() > 1, "{name}");
        let readme = std::fs::read_to_string(path("README.md")).expect("a README");
        assert!(readme.contains(&format!("scenarios/studies/{name}.ron")), "{name} is not in the README");
    }
}

#[test]
fn split_formula_is_the_tables() {
    for (nodes, up, l, expected) in [
        (5, 4, 0.01, 0.0006),
        (5, 4, 0.1, 0.0523),
        (5, 4, 0.2, 0.1808),
        (5, 3, 0.1, 0.2710),
        (5, 3, 0.2, 0.4880),
        (3, 2, 0.2, 0.360),
        (7, 4, 0.1, 0.344),
    ] {
        assert!((split(nodes, up, l) - expected).abs() < 6e-4, "{nodes} {up} {l}: {}", split(nodes, up, l));
    }
}

#[test]
fn first_timeouts_and_split_votes_follow_their_formulas() {
    let study = study("split-votes");
    for planned in study.cells.iter().filter(|cell| cell.values[1].parse::<f64>().is_ok()) {
        let (up, nodes) = up(&planned.values[0]);
        let l: f64 = planned.values[1].parse().expect("a latency");
        let is_told = [(3, 2), (5, 3), (5, 4), (7, 4)].contains(&(nodes, up)) && (l == 0.1 || l == 0.2);
        let trials = if is_told { 20_000 } else { 2_000 };
        let all = samples(planned, trials);
        let column = |name: &str| {
            let place =
                quantities(planned.measure).iter().position(|it| it.name == name).expect("a quantity");
            all.columns[place].iter().map(|value| value.expect("every trial has it"))
        };
        let within = |hits: u64, rate: f64| {
            let interval = Interval::of_rate(hits, trials, Z_9999);
            assert!(interval.holds(rate), "{:?}: {hits} of {trials}, expected {rate:.4}", planned.values);
        };
        within(column("first term split").sum(), split(nodes, up, l));
        for t in [0.1, 0.25, 0.5] {
            let limit = ((1.0 + t) * WIDTH) as u64;
            let hits = column("detect").filter(|detect| *detect <= limit).count() as u64;
            within(hits, 1.0 - (1.0_f64 - t).powi(up as i32));
        }
    }
}

#[test]
fn variable_latency_splits_votes_as_the_thesis_says() {
    let cell = cell(&study("split-votes"), &["4 of 5", ".1 to .2"], 20_000);
    let split = cell.figures("first term split").expect("a rate");
    assert!(Interval::of_rate(split.hits(), split.count, Z_9999).holds(0.1636), "{:?}", split.mean);
}

#[test]
fn times_and_terms_are_near_their_approximations() {
    let study = study("split-votes");
    for (label, l) in [
        ("3 of 3", ".1"),
        ("2 of 3", ".1"),
        ("5 of 5", ".2"),
        ("4 of 5", ".1"),
        ("3 of 5", ".05"),
        ("5 of 7", ".15"),
        ("4 of 7", ".05"),
        ("7 of 9", ".2"),
    ] {
        let constant: f64 = l.parse().expect("a latency");
        let (up, nodes) = up(label);
        let p = split(nodes, up, constant);
        let cell = cell(&study, &[label, l], 20_000);
        // The timers are fresh, and disks take no time.
        let expected = (1.0 + 1.0 / (up as f64 + 1.0) + constant) / (1.0 - p) + constant;
        let total = cell.figures("total").expect("a time").mean.expect("ended") / WIDTH;
        near(&format!("time, {label} at {l}"), total, expected, 0.02);
        let terms = cell.figures("terms").expect("a number").mean.expect("ended");
        near(&format!("terms, {label} at {l}"), terms, 1.0 / (1.0 - p), 0.02);
    }
}

#[test]
fn crashes_in_a_data_centre_take_as_long_as_the_paper_measured() {
    let study = study("lan-crash");
    for (timeouts, trials, wanted, within) in [
        ("150-155 ms", 2_000, 287.0, 0.25),
        ("150-200 ms", 2_000, 147.0, 0.1),
        ("150-300 ms", 2_000, 171.0, 0.1),
        ("12-24 ms", 2_000, 30.0, 0.1),
    ] {
        let cell = cell(&study, &[timeouts], trials);
        assert_eq!(cell.unfinished, 0, "{timeouts}");
        near(timeouts, p50(&cell), wanted, within);
    }
}

/// Without randomness hardly any election ends within ten seconds.
#[test]
fn equal_timeouts_elect_nobody_for_long() {
    let study = study("lan-crash");
    let mut equal = study.cells[0].clone();
    assert_eq!(equal.values, ["150-150 ms"]);
    equal.plan.duration = squall::time::Duration::from_secs(11);
    let total = &samples(&equal, 50).columns[0];
    let ended = total.iter().flatten().count();
    assert!(ended < 25, "{ended} of 50");
}

#[test]
fn elections_of_far_nodes_take_as_long_as_the_thesis_says() {
    let study = study("wan-elections");
    for (failed, wanted) in [("0 of 5", 430.0), ("1 of 5", 469.0), ("2 of 5", 632.0)] {
        let cell = cell(&study, &["equal", failed], 10_000);
        near(failed, ms(cell.figures("total").expect("a time").mean), wanted, 0.03);
    }
}

/// Left of the knee the time rises steeply, right of it it creeps up.
#[test]
fn the_range_of_timeouts_has_a_knee() {
    let study = study("timeout-range");
    let mean = |width: &str| ms(cell(&study, &["5 ms", width], 500).figures("total").expect("a time").mean);
    let (narrow, knee, wide) = (mean("5 ms"), mean("40 ms"), mean("320 ms"));
    assert!(narrow > 5.0 * knee && wide > 1.15 * knee && wide < 1.6 * knee, "{narrow} {knee} {wide}");
}

/// Candidates that ask before their term is durable break no rule but the one that is waived.
#[test]
fn eager_votes_are_safe() {
    let text = std::fs::read_to_string(path("scenarios/profiles/default.ron")).expect("a profile");
    let (profile, _) = read_profile(&text).expect("a profile");
    let mut elections = 0;
    for seed in 0..150 {
        let mut plan = squall::fuzz::draw(&profile, seed);
        plan.cluster.raft.eager_votes = true;
        let report = squall::runner::report(&plan);
        assert!(
            !matches!(report.verdict, RunVerdict::Safety | RunVerdict::Panicked),
            "seed {seed}: {:?} {:?}",
            report.verdict,
            report.checks
        );
        elections += report.counters.elections;
    }
    assert!(elections > 300, "{elections}");
}

/// Asking while the vote is being written saves a write, and nothing else.
#[test]
fn eager_candidates_ask_at_once() {
    let text = |eager: &str| {
        format!(
            r#"(format: 1, name: "x", seeds: (0, 1), measure: FirstLeader, scenario: (format: 1, name: "x", duration: "5s",
            cluster: (voters: 3, first_leader: 1, raft: (eager_votes: {eager}), disk: (flush: Constant("20ms"))),
            network: (default: (latency: Constant("1ms")))))"#
        )
    };
    let total = |eager: &str| {
        let (study, _) = read_study(&text(eager), &|_| Err(String::new())).expect("a study");
        samples(&study.cells[0], 1).columns[0][0].expect("a leader")
    };
    // The own write and the voter's one after the other, or beside each other.
    assert_eq!(total("false") - total("true"), 20_000_000);
}

#[test]
fn all_forms_show_the_same() {
    let study = study("wan-elections");
    let cells: Vec<(&Cell, Samples)> =
        study.cells.iter().take(2).map(|cell| (cell, samples(cell, 50))).collect();
    let results = Results::new(&study, cells.iter().map(|(cell, samples)| (*cell, samples)));
    assert!(!results.are_complete());
    let document: serde_json::Value =
        serde_json::from_str(&json(&results, Some(&squall::report::Host { wall_ns: 7 }))).expect("JSON");
    let total = &document["study"]["cells"][1]["figures"][0];
    assert_eq!(
        (&total["name"], &total["kind"], &document["host"]["wall_ns"]),
        (&"total".into(), &"time".into(), &7.into())
    );
    let p90 = total["percentiles"][2].as_u64().expect("a time");
    let csv = csv(&results);
    let line = csv.lines().find(|line| line.starts_with("equal,1 of 5,total,")).expect("a line for it");
    assert!(line.split(',').any(|field| field == p90.to_string()), "{line}: {p90}");
    assert!(markdown(&results).contains("\n| equal | 1 of 5 | 50 | "), "{}", markdown(&results));
}

/// What is kept is taken for the same cell only.
#[test]
fn kept_samples_are_known_again() {
    let mut study = study("wan-elections");
    study.trials = 3;
    let (one, other) = (&study.cells[0], &study.cells[1]);
    let key_of = |cell: &Cell| key(&study, cell, &squall::scenario::write(&cell.plan));
    let mut kept = Samples::new(key_of(one), one);
    (0..3).for_each(|seed| kept.add(trial(one, seed).expect("no panic")));
    let text = kept.written();
    assert_eq!(Samples::read(&text, &key_of(one), &study, one), Some(kept.clone()));
    assert_eq!(Samples::read(&text, &key_of(other), &study, other), None);
    assert_eq!(Samples::read(&text[..text.len() / 2], &key_of(one), &study, one), None);
    assert_eq!(Samples::read("{}", &key_of(one), &study, one), None);
}

/// A watch ends a run early, and measures what a report of the whole run says.
#[test]
fn a_trial_agrees_with_the_report_of_its_run() {
    let study = study("timeout-range");
    let cell = study.cells.iter().find(|cell| cell.values == ["5 ms", "80 ms"]).expect("a cell");
    for seed in 0..20 {
        let mut plan = cell.plan.clone();
        plan.seed = seed;
        let mut judges = Judges::new(&plan);
        let options = squall::runner::Options::default();
        let end = squall::runner::simulate(&plan, seed, &mut judges, &options).expect("no panic");
        let span = judges.metrics().elections(end.time).into_iter().nth(1).expect("the span after the crash");
        let [detect, elect, announce] =
            [span.detect, span.elect, span.announce].map(|it| it.expect("it ended").nanos());
        let shown = trial(cell, seed).expect("no panic").values;
        assert_eq!(shown[0], Some(detect + elect + announce), "seed {seed}");
        assert_eq!(shown[1..4], [Some(detect), Some(elect), Some(announce)], "seed {seed}");
        assert_eq!(shown[4..6], [Some(span.terms), Some(span.split_votes)], "seed {seed}");
    }
}
