//! The forms of a report with pictures, and Markdown.

use super::super::{Timeline, Timelines, figures, html, markdown};
use super::*;

fn name(kind: u8) -> String {
    format!("kind {kind}")
}

fn drawn(s: &Script, end: Time) -> Report {
    let timeline = Some(s.play(Timeline::new(&plan(3))).all(end));
    Report { timeline, ..report(s, 3, end) }
}

/// Elements that are opened and never closed by themselves.
const VOID: [&str; 2] = ["meta", "!DOCTYPE"];

/// Fails unless every element is closed, in order, and no angle bracket stands alone.
#[track_caller]
pub(crate) fn is_well_formed(page: &str) {
    let mut open: Vec<&str> = Vec::new();
    // What is in style sheets and pictures' code is no markup; they hold no angle brackets.
    for piece in page.split('<').skip(1) {
        let (tag, text) = piece.split_once('>').expect("every tag ends");
        assert!(!text.contains('>'), "a bracket that is not escaped: {text}");
        assert!(tag.matches('"').count().is_multiple_of(2), "a quote that is not escaped: {tag}");
        match tag.strip_prefix('/') {
            Some(name) => assert_eq!(open.pop(), Some(name), "closed in order"),
            None => {
                let name = tag.split_whitespace().next().expect("a name");
                if !VOID.contains(&name) {
                    open.push(name);
                }
            }
        }
    }
    assert_eq!(open, Vec::<&str>::new(), "all are closed");
}

/// Fails unless the page needs nothing else, and every picture has a title and a description.
#[track_caller]
pub(crate) fn stands_alone(page: &str) {
    let own = page.replace("xmlns=\"http://www.w3.org/2000/svg\"", "");
    for word in ["http", "src=", "href=", "@import", "<script", "<link"] {
        assert!(!own.contains(word), "{word}");
    }
    let pictures = page.matches("<svg").count();
    for part in ["role=\"img\"", "<title id=", "<desc id="] {
        assert_eq!(page.matches(part).count(), pictures, "{part}");
    }
}

#[test]
fn nodes_are_what_the_records_say_at_each_moment() {
    let mut s = led();
    s.ms(200).event(NodeId(1), Body::Paused).ms(300).event(NodeId(1), Body::Resumed).ms(400).crashes(1);
    let Timelines { lanes, buckets, .. } = s.play(Timeline::new(&plan(3))).all(at(500));
    let told = |lane: usize| -> Vec<(u64, &str)> {
        let millis = |time: Time| time.nanos() / 1_000_000;
        lanes[lane].stretches.iter().map(|it| (millis(it.from), it.state.name())).collect()
    };
    let n1 = [
        (0, "follower"),
        (90, "candidate"),
        (100, "leader"),
        (200, "paused"),
        (300, "leader"),
        (400, "down"),
    ];
    assert_eq!(told(0), n1);
    assert_eq!(told(1), [(0, "follower")]);
    assert_eq!(lanes[0].times.map(|time| time.nanos() / 1_000_000), [200, 10, 0, 90, 100, 100]);
    assert!(buckets.is_empty(), "no client asked for anything");
}

#[test]
fn operations_are_counted_once_whenever_they_end() {
    let report = drawn(&leader_lost(), at(2000));
    let buckets = report.timeline.expect("drawn").buckets;
    assert_eq!(buckets.len(), 100);
    assert_eq!(buckets.iter().map(|bucket| bucket.done).sum::<u64>(), report.service.done);
    let failed = report.service.refused + report.service.unknown;
    assert_eq!(buckets.iter().map(|bucket| bucket.failed).sum::<u64>(), failed);
    assert_eq!(buckets[15].latency.map(|it| it.max), Some(ms(10).nanos()), "done at 310 ms");
}

#[test]
fn pages_are_well_formed_and_fetch_nothing() {
    for s in [leader_lost(), two_leaders(), Script::of(3)] {
        for report in [drawn(&s, at(2000)), report(&s, 3, at(2000))] {
            let page = html::render(&report, &name);
            is_well_formed(&page);
            let picture = html::picture(&report);
            assert_eq!(picture.is_some(), report.timeline.is_some());
            picture.iter().for_each(|picture| is_well_formed(picture));
            picture.iter().chain([&page]).for_each(|text| stands_alone(text));
        }
    }
}

#[test]
fn names_mean_nothing_to_the_forms() {
    let evil = "<b>&\"'|`x\n</title>";
    let mut report = drawn(&leader_lost(), at(2000));
    (report.scenario, report.about, report.file) = (evil.into(), evil.into(), Some(evil.into()));
    let source = FaultSource::Fault(0);
    report.faults = much_hit(evil, source, 1);
    let page = html::render(&report, &name);
    is_well_formed(&page);
    is_well_formed(&html::picture(&report).expect("drawn"));
    assert!(!page.contains("<b>&"), "escaped");
    assert!(page.contains("&lt;b&gt;&amp;&quot;"), "and shown");
    let text = markdown::render(&report, &name);
    assert!(text.starts_with("# \\<b>\\&\"'|\\`x \\</title>\n"), "{text}");
    let row = text.lines().find(|line| line.contains("crash")).expect("a row");
    assert_eq!(row.replace("\\|", "").matches('|').count(), 6, "{row}");
}

/// So many faults of this name, one after the other.
fn much_hit(name: &str, source: FaultSource, number: u64) -> Vec<super::super::FaultSpan> {
    let one = super::super::FaultSpan {
        name: name.into(),
        source,
        flapping: None,
        action: ActionKind::Crash,
        strength: None,
        nodes: NodeSet::from_iter([NodeId(2)]),
        links: 0,
        between: String::new(),
        outcome: None,
        from_ns: Some(0),
        to_ns: Some(0),
    };
    let at = |at: u64| Some(at * 10_000);
    (0..number)
        .map(|it| super::super::FaultSpan { from_ns: at(it), to_ns: at(it + 1), ..one.clone() })
        .collect()
}

#[test]
fn a_hundred_thousand_events_make_a_page_of_bounded_size_that_says_what_it_leaves_out() {
    let mut s = Script::of(3);
    for millis in 1..50_000 {
        s.ms(millis).wakes(1).event(NodeId(1), Body::Paused).event(NodeId(2), Body::Paused);
        s.ms(millis).wakes(1).event(NodeId(2), Body::Resumed);
        s.event(NodeId(1), if millis % 2 == 0 { Body::Resumed } else { Body::Paused });
    }
    let timeline = Some(s.play(Timeline::new(&plan(3))).all(at(50_000)));
    let small = report(&leader_lost(), 3, at(2000));
    let election = &small.elections[1];
    let later = |it: u64| Election { from: at(it), ..election.clone() };
    let simulated = ms(50_000);
    let elections: Vec<Election> = (0..100_000).map(later).collect();
    let faults = much_hit("flood", FaultSource::Fault(0), 100_000);
    let report = Report { timeline, elections, faults, simulated, ..small };
    let page = html::render(&report, &name);
    is_well_formed(&page);
    assert!(page.len() < 1_000_000, "{} bytes", page.len());
    for left_out in ["short stretches", "short spans", "short faults"] {
        assert!(page.contains(left_out), "{left_out}");
    }
    let lane = &report.timeline.as_ref().expect("drawn").lanes[0];
    assert_eq!((lane.stretches.len(), lane.left_out > 40_000), (2_000, true));
    assert!(lane.stretches.windows(2).all(|two| two[0].to == two[1].from), "without gaps");
    assert_eq!(lane.times.iter().fold(Duration::ZERO, |sum, time| sum + *time), simulated);
}

#[test]
fn all_forms_show_the_same_figures() {
    let report = drawn(&leader_lost(), at(2000));
    let (page, markdown) = (html::render(&report, &name), markdown::render(&report, &name));
    let plain = shown(&report, 160, false);
    for figure in figures::of(&report) {
        let row = format!("<th scope=\"row\">{}</th><td class=\"number\">{}</td>", figure.name, figure.value);
        assert!(page.contains(&row), "{row}");
        assert!(markdown.contains(&format!("| {} | {} |", figure.name, figure.value)), "{}", figure.name);
        assert!(plain.lines().any(|line| line.contains(figure.name) && line.contains(&figure.value)));
    }
    for election in &report.elections {
        let vacant = super::super::format::short(election.vacant);
        assert!(page.contains(&format!("<td class=\"number\">{vacant}</td>")) && plain.contains(&vacant));
    }
    for check in &report.checks {
        assert!(page.contains(check.about) && markdown.contains(check.name), "{}", check.name);
    }
    let verdict = format!("**Verdict: {}**, digest `{}`", report.verdict, report.digest);
    assert!(markdown.contains(&verdict));
    for (parameter, value) in &report.parameters {
        assert!(markdown.contains(parameter) && page.contains(parameter) && page.contains(value.as_str()));
    }
}
