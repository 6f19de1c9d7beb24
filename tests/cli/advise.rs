//! Advice on timers, as a user asks for it.

use super::{exits, squall, stderr, stdout, written};
use serde_json::Value;

/// Short trials in a network that loses frames, so that tight timers depose leaders without need.
const LOSSY: &str = r#"(
    format: 1, name: "lossy", duration: "3s",
    cluster: (voters: 3, raft: (heartbeat: "20ms", election_timeout: ("50ms", "100ms"))),
    network: (default: (latency: Uniform("1ms", "5ms"), loss: 0.2)),
    expect: [LeaderChanges(at_most: 0, during: Between("2s", "3s"))],
)"#;

fn number(value: &Value) -> f64 {
    value.as_f64().expect("a number")
}

#[test]
fn the_front_is_one_and_the_present_setting_is_marked() {
    let (_folder, file) = written(LOSSY);
    let run = |jobs: &str| {
        let output = squall(["advise", &file, "--seeds", "0..12", "--jobs", jobs]);
        exits(&output, 0);
        let told = stderr(&output);
        assert!(
            told.contains(
                " settings, each with 10 seeds, then those that are not clearly beaten with 12: about "
            ) && told.contains(" of processor time; fewer --seeds take less"),
            "{told}"
        );
        stdout(&output)
    };
    let quiet = squall(["advise", &file, "--seeds", "0..10", "--quiet"]);
    assert_eq!((stderr(&quiet), quiet.status.code()), (String::new(), Some(0)));
    let text = run("1");
    assert_eq!(text, run("2"), "it does not depend on the jobs");
    assert!(text.starts_with(&format!("lossy  {file}\n")), "{text}");
    let is_present = |line: &&str| line.contains("  off, present") || line.contains("  front, present");
    assert_eq!(text.lines().filter(is_present).count(), 1, "{text}");
    assert!(text.contains("here 30.0ms to 60.0ms"), "10 to 20 times 3 ms: {text}");
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains(" leaders deposed without need in an hour (95 %"), "{text}");

    let output = squall(["advise", &file, "--seeds", "0..12", "--json"]);
    exits(&output, 0);
    let json: Value = serde_json::from_str(&stdout(&output)).expect("JSON");
    let advice = &json["advice"];
    assert_eq!((&advice["trials"], &advice["one_way_ns"]), (&12.into(), &3_000_000.into()));
    let settings = advice["settings"].as_array().expect("settings");
    let values = |it: &Value| (number(&it["without_ns"]), number(&it["needless_per_hour"]));
    let is = |it: &Value, what: &str| it[what].as_bool().expect("a truth");
    assert!(settings.len() > 20, "{}", settings.len());
    assert_eq!(settings.iter().filter(|it| is(it, "is_present")).count(), 1);
    let rule = |it: &Value| (30_000_000.0..=60_000_000.0).contains(&number(&it["least_ns"]));
    let fewest =
        settings.iter().filter(|it| it["trials"] == 12).filter_map(|it| it["unfinished"].as_u64()).min();
    let may_be = |it: &Value| it["trials"] == 12 && it["unfinished"].as_u64() == fewest;
    for it in settings {
        let (time, needless) = values(it);
        let beats = |other: &&Value| {
            let (others_time, others_needless) = values(other);
            may_be(other)
                && others_time <= time
                && others_needless <= needless
                && (others_time, others_needless) != (time, needless)
        };
        let on_front = may_be(it) && !settings.iter().any(|other| beats(&other));
        assert_eq!(is(it, "on_front"), on_front, "{it}");
        assert!(it["trials"] == 12 || it["trials"] == 10, "{it}");
        assert_eq!(is(it, "follows_rule"), rule(it), "{it}");
        for (value, interval) in [(time, "without_interval"), (needless, "needless_interval")] {
            let (low, high) = (number(&it[interval]["low"]), number(&it[interval]["high"]));
            assert!(low <= value && value <= high, "{it}");
        }
    }
    let front: Vec<&Value> = settings.iter().filter(|it| is(it, "on_front")).collect();
    assert!((1..settings.len()).contains(&front.len()), "{} on the front", front.len());
    // What the mechanism is: tight timers find a crash soon, and in this network depose sound leaders.
    let by = |of: fn(&Value) -> &Value, least: bool| {
        let sorted = settings.iter().map(|it| number(of(it)));
        if least { sorted.fold(f64::MAX, f64::min) } else { sorted.fold(0.0, f64::max) }
    };
    let (tight, wide) = (by(|it| &it["least_ns"], true), by(|it| &it["least_ns"], false));
    let mean = |least: f64, of: &dyn Fn(&Value) -> f64| {
        let all: Vec<f64> = settings.iter().filter(|it| number(&it["least_ns"]) == least).map(of).collect();
        all.iter().sum::<f64>() / all.len() as f64
    };
    assert!(mean(tight, &|it| values(it).1) > 10.0 * mean(wide, &|it| values(it).1));
    assert!(mean(tight, &|it| number(&it["without_ns"])) < mean(wide, &|it| number(&it["without_ns"])));
}

#[test]
fn the_present_setting_is_held_against_the_front() {
    // Timers from 2 to 4 seconds where a frame takes 2 ms.
    let slow = r#"(format: 1, name: "slow", duration: "2s",
        cluster: (voters: 3, raft: (heartbeat: "500ms", election_timeout: ("2s", "4s"))),
        network: (default: (latency: Constant("2ms"))))"#;
    let (_folder, file) = written(slow);
    let output = squall(["advise", &file, "--seeds", "0..10", "--all"]);
    exits(&output, 0);
    let text = stdout(&output);
    assert!(text.contains("Better than the present setting: a heartbeat of "), "{text}");
    assert!(text.contains("All settings"), "{text}");
    assert!(text.lines().any(|line| line.contains("2s-4s") && line.ends_with("off, present")), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 100 && line == line.trim_end()), "{text}");
    assert!(text.contains("at most "), "nothing happened without need, which is no proof: {text}");
}

#[test]
fn pages_have_every_setting_and_a_picture() {
    let small = r#"(format: 1, name: "small", duration: "200ms", cluster: (voters: 3))"#;
    let (_folder, file) = written(small);
    let print = |form: &str| {
        let output = squall(["advise", &file, "--seeds", "0..10", "--form", form]);
        exits(&output, 0);
        stdout(&output)
    };
    let (text, markdown, html) = (print("text"), print("markdown"), print("html"));
    let (count, _) = text.lines().nth(1).expect("a line").trim().split_once(' ').expect("a number");
    let count: usize = count.parse().expect("a number");
    // The table of the front, and that of all.
    let rows = |page: &str, row: &str| page.lines().filter(|line| line.starts_with(row)).count();
    assert!(rows(&markdown, "| ") > count + 4, "{markdown}");
    assert!(markdown.starts_with("# Timers for small, "), "{markdown}");
    for part in [
        r#"role="img""#,
        "<title id=",
        "<desc id=",
        ">front</text>",
        ">present</text>",
        "aria-label=\"All settings\"",
    ] {
        assert!(html.contains(part), "{part}: {html}");
    }
    assert_eq!(html.matches("needless in an hour</title>").count(), count, "a point for each setting");
    assert!(["<script", "<link", "src=", "url("].iter().all(|way| !html.contains(way)), "{html}");
}

#[test]
fn what_cannot_be_advised_on_is_told() {
    let (_folder, file) = written(r#"(format: 1, name: "x", duration: "1s", cluster: (voters: 2))"#);
    let output = squall(["advise", &file]);
    exits(&output, 2);
    assert!(
        stderr(&output).contains("nobody can lead in a cluster whose `voters` are 2"),
        "{}",
        stderr(&output)
    );
    let (_folder, file) = written("(format: 1)");
    exits(&squall(["advise", &file]), 2);
    exits(&squall(["advise", "missing.ron"]), 2);
    exits(&squall(["advise", &file, "--seeds", "5..5"]), 2);
    let (_folder, tiny) = written(r#"(format: 1, name: "x", duration: "50ms", cluster: (voters: 3))"#);
    let seeds = format!("{}..{}", u64::MAX - 1, u64::MAX);
    let few = squall(["advise", &tiny, "--quiet", "--seeds", &seeds]);
    exits(&few, 2);
    assert!(stderr(&few).contains("an interval of fewer than 10 says nothing"), "{}", stderr(&few));
    let seeds = format!("{}..{}", u64::MAX - 10, u64::MAX);
    exits(&squall(["advise", &tiny, "--quiet", "--seeds", &seeds]), 0);
    exits(&squall(["advise", &file, "--jobs", "0"]), 2);
}

/// A cluster in which nobody can lead has no best timers.
#[test]
fn where_nobody_ever_leads_nothing_is_advised() {
    let dead = LOSSY.replace("loss: 0.2", "loss: 1.0");
    let (_folder, file) = written(dead);
    let output = squall(["advise", &file, "--seeds", "0..10", "--quiet"]);
    exits(&output, 2);
    let told = stderr(&output);
    assert!(told.contains("nobody led in any trial of any of ") && told.contains("\nhelp: "), "{told}");
    assert_eq!(stdout(&output), "");
}

/// Where some settings never have a leader, they are not worth a choice, however short their timers are.
#[test]
fn settings_without_a_leader_are_off_the_front() {
    // Flushes take up to 40 ms, in which a candidate with short timers times out again.
    let slow = r#"(format: 1, name: "slow disks", duration: "1s",
        cluster: (voters: 3, disk: (flush: Uniform("1ms", "80ms")), raft: (heartbeat: "500ms", election_timeout: ("2s", "4s"))))"#;
    let (_folder, file) = written(slow);
    let output = squall(["advise", &file, "--seeds", "0..10", "--json", "--quiet"]);
    exits(&output, 0);
    let json: Value = serde_json::from_str(&stdout(&output)).expect("JSON");
    let settings = json["advice"]["settings"].as_array().expect("settings");
    let never = |it: &Value| it["unfinished"].as_u64().expect("a number");
    assert!(settings.iter().all(|it| never(it) == 0 || it["on_front"] == false), "{json}");
    let horizon = number(&json["advice"]["horizon_ns"]);
    for it in settings.iter().filter(|it| never(it) == number(&it["trials"]) as u64) {
        assert_eq!(number(&it["without_ns"]), horizon, "all wait for the same time: {it}");
    }
}
