//! How a rule came to be broken: the chain of records from the fault to it. Why nobody led: each cause in a run in which no
//! other one is at work, and whether a leader appears without it.

use crate::common;
use common::{plan, report, shipped};
use squall::fuzz::draw;
use squall::plan::Plan;
use squall::report::{Answer, Cause, Election};
use squall::runner::{BrokenRule, BrokenRules, broken_rules, remedy, without_cause};
use squall::scenario::read_profile;
use squall::time::{Duration, Time};
use squall::trace::{ActionKind, Body};
use std::collections::BTreeMap;

/// The longest span of a run, but that of its start.
fn longest(plan: &Plan) -> Election {
    let spans = report(plan, plan.seed).elections;
    let later = spans.into_iter().filter(|span| span.from > Time::ZERO);
    later.max_by_key(|span| span.vacant).expect("somebody was missed")
}

/// A cluster of three that is led by node 1 until the faults come.
fn three(cluster: &str, faults: &str) -> Plan {
    plan(&format!(
        r#"(format: 1, name: "three", seed: 3, duration: "10s", cluster: (voters: 3, first_leader: 1{cluster}),
            network: (default: (latency: Constant("5ms"))), clients: (count: 1, arrival: OpenLoop(rate: 50.0)), faults: [{faults}])"#
    ))
}

#[test]
fn what_stood_in_the_way_is_told_for_shipped_scenarios() {
    for (name, cause) in [
        ("leader-crash", Cause::LeaderDown),
        ("leader-pause", Cause::LeaderDown),
        ("majority-partition", Cause::LeaderCutOff),
        ("partition/clogged-leader", Cause::LeaderCutOff),
        ("partition/three-ways", Cause::NoConnectedQuorum),
        ("crashes/majority-down", Cause::NoQuorumUp),
        ("elections/split-votes", Cause::SplitVote),
        ("partial/chained-plain", Cause::LogsBehind),
        ("partial/constrained-pre-vote", Cause::LeaderCutOff),
        ("overload/flood-one-lane", Cause::Overload),
        ("graceful/slow-link-off", Cause::SlowLink),
        ("flow/full-pipe-off", Cause::SlowLink),
        ("transfer/handed-over-first", Cause::HandedOver),
        ("membership/removed-leader", Cause::LeaderGaveUp),
        ("corruption/flips-unchecked", Cause::FrameBelieved),
        ("corruption/forged-crc32c", Cause::FrameBelieved),
    ] {
        let plan = shipped(name);
        let span = longest(&plan);
        assert_eq!(span.why.cause, cause, "{name}: {:?}", span.why);
        let tried = without_cause(&plan, &span).expect("there is something to take away");
        assert!(tried.helps, "{name}: {tried:?} instead of {}", span.vacant);
    }
}

#[test]
fn what_stood_in_the_way_is_told_where_there_is_nothing_else() {
    let crash = r#"(at: "2s", do: Crash(Leader))"#;
    for (name, plan, cause) in [
        ("flushes take long", three(r#", disk: (flush: Constant("400ms"))"#, crash), Cause::DiskStalled),
        (
            "no answer comes in time",
            plan(
                r#"(format: 1, name: "far", seed: 3, duration: "10s", network: (default: (latency: Constant("300ms"))),
                    cluster: (voters: 3, first_leader: 1,
                        raft: (heartbeat: "10ms", election_timeout: ("50ms", "130ms"))))"#,
            ),
            Cause::RoundTrip,
        ),
        (
            "most frames are lost",
            three("", &format!(r#"{crash}, (at: "2s", until: "6s", do: Lose(links: All, rate: 0.97))"#)),
            Cause::FramesLost,
        ),
        (
            "frames for one voter take long for a while",
            three(
                "",
                r#"(at: "2s", until: "3s", do: Delay(oneway: (from: [Rest], to: [Node(3)]), by: Constant("400ms")))"#,
            ),
            Cause::SlowLink,
        ),
        (
            "a leader is current for one voter",
            plan(
                r#"(format: 1, name: "sticky", seed: 3, duration: "10s", network: (default: (latency: Constant("5ms"))),
                    cluster: (voters: 3, first_leader: 1,
                        raft: (sticky: true, election_timeout: ("150ms", "160ms"))),
                    faults: [(at: "2s", until: "8s", do: Partition(cut: ["1-2"])),
                        (at: "2500ms", until: "8s", do: Crash(Node(1)))])"#,
            ),
            Cause::VotesRefused,
        ),
    ] {
        let spans = report(&plan, plan.seed).elections;
        let span = spans.iter().max_by_key(|span| span.vacant).unwrap_or_else(|| panic!("{name}: no span"));
        assert_eq!(span.why.cause, cause, "{name}: {:?}", span.why);
        assert!(without_cause(&plan, span).is_some_and(|tried| tried.helps), "{name}");
    }
}

#[test]
fn the_evidence_says_who_answered_what() {
    let plan = shipped("partial/chained-plain");
    let span = longest(&plan);
    let candidacy = span.why.candidacies.iter().find(|it| it.at >= span.from).expect("somebody asked in it");
    let behind = Answer::Refused(Some(squall::replica::VoteRefusal::LogBehind));
    assert!(candidacy.replies.iter().any(|reply| reply.answer == behind), "{candidacy:?}");
    assert!(candidacy.replies.iter().any(|reply| matches!(reply.answer, Answer::Lost(_))), "{candidacy:?}");
}

#[test]
fn all_of_a_span_is_put_down_to_something() {
    for name in ["partial/chained-plain", "partition/ring", "storms/everything", "elections/leader-hunt"] {
        for span in report(&shipped(name), 1).elections {
            let shares = span.why.shares.iter().fold(Duration::ZERO, |sum, (_, time)| sum + *time);
            assert_eq!(shares, span.vacant, "{name}: {:?}", span.why);
            assert!(span.why.shares.is_sorted_by(|one, next| one.1 >= next.1));
            assert_eq!(span.why.cause, span.why.shares[0].0);
        }
    }
}

#[test]
fn there_is_something_to_take_away_against_every_cause() {
    for cause in Cause::ALL {
        assert_eq!(remedy(cause).is_none(), cause == Cause::Unexplained, "{cause}");
    }
}

/// Of random runs: a leader appears without the cause in 95 of 100 spans, and hardly any span has none.
#[test]
fn without_its_cause_a_span_has_a_leader() {
    let text =
        std::fs::read_to_string(common::path("scenarios/profiles/default.ron")).expect("it is shipped");
    let (profile, _) = read_profile(&text).expect("a profile");
    let mut tallies: BTreeMap<Cause, (u32, u32)> = BTreeMap::new();
    for seed in 0..120 {
        let plan = draw(&profile, seed);
        for span in report(&plan, plan.seed).elections.iter().take(12) {
            let tally = tallies.entry(span.why.cause).or_default();
            tally.0 += 1;
            tally.1 += u32::from(without_cause(&plan, span).is_some_and(|tried| tried.helps));
        }
    }
    let all: u32 = tallies.values().map(|(spans, _)| spans).sum();
    assert!(all > 800, "{tallies:?}");
    for (cause, (spans, helped)) in &tallies {
        // Of few spans one may be missed.
        assert!(*helped + 1 >= spans * 95 / 100, "{cause}: {helped} of {spans}");
    }
    assert!(tallies.get(&Cause::Unexplained).is_none_or(|(spans, _)| spans * 100 < all), "{tallies:?}");
}

/// What a scenario with a planted bug breaks.
fn all_broken(name: &str) -> BrokenRules {
    let plan = shipped(&format!("bugs/{name}"));
    broken_rules(&plan, &report(&plan, plan.seed))
}

/// What it breaks first.
fn broken(name: &str) -> Option<BrokenRule> {
    all_broken(name).told.into_iter().next()
}

/// What the fault of a chain does.
fn action(broken: &BrokenRule) -> Option<ActionKind> {
    let fault = broken.chain.iter().find(|record| Some(record.id) == broken.fault)?;
    match fault.body {
        Body::FaultStarted { action, .. } => Some(action),
        _ => panic!("no fault: {fault}"),
    }
}

/// The records lead to the violation, in order.
fn is_a_short_way(name: &str, broken: &BrokenRule) {
    assert!(broken.chain.len() > 1, "{name}: {broken:?}");
    assert!(broken.chain.is_sorted_by(|one, next| one.id < next.id && one.time <= next.time), "{name}");
    let last = broken.chain.last().map(|record| (record.id, record.time));
    assert_eq!(last, Some((broken.violation.record, broken.violation.time)), "{name}");
    assert_eq!(action(broken).is_some(), broken.fault.is_some(), "{name}");
    assert!(broken.chain.len() < 40, "{name}: {} records are no short way", broken.chain.len());
}

#[test]
fn a_chain_leads_in_order_to_each_broken_rule() {
    let (mut seen, mut several) = (0, 0);
    for entry in std::fs::read_dir(common::path("scenarios/bugs")).expect("a folder") {
        let file = entry.expect("an entry").path();
        let name = file.file_stem().and_then(|stem| stem.to_str()).expect("a name");
        let BrokenRules { told, more } = all_broken(name);
        seen += usize::from(!told.is_empty());
        several += usize::from(told.len() > 1);
        assert!(told.len() == 3 || told.len() < 3 && more.is_empty(), "{name}");
        assert!(told.is_sorted_by_key(|broken| broken.violation.record), "{name}");
        told.iter().for_each(|broken| is_a_short_way(name, broken));
    }
    assert!(several >= 5, "{several}");
    assert!(seen >= 20, "{seen}");
}

#[test]
fn the_chain_begins_with_the_fault_that_the_bug_needs() {
    for (name, expected) in [
        ("ack-before-flush", None),
        ("own-vote-not-recorded", None),
        ("checksum-ignored", Some(ActionKind::Corrupt)),
        ("vote-not-persisted", Some(ActionKind::Crash)),
        ("old-snapshot-accepted", Some(ActionKind::Crash)),
        ("role-unchecked", Some(ActionKind::Forge)),
        ("commit-beyond-matched", Some(ActionKind::Partition)),
        ("two-nodes-in-one-step", Some(ActionKind::Crash)),
    ] {
        let broken = broken(name).expect("it breaks a rule");
        assert_eq!(action(&broken), expected, "{name}: {:?}", broken.chain);
        assert_eq!(broken.linked, expected.is_some(), "{name}");
    }
}

#[test]
fn what_the_rule_contradicts_is_in_the_chain() {
    let has = |name: &str, wanted: fn(&Body) -> bool| {
        let broken = broken(name).expect("it breaks a rule");
        assert!(broken.chain.iter().any(|record| wanted(&record.body)), "{name}: {:?}", broken.chain);
    };
    has("vote-not-persisted", |body| matches!(body, Body::Sent { grants_vote: true, .. }));
    has("checksum-ignored", |body| matches!(body, Body::Corrupted { .. }));
    has("change-before-own-commit", |body| matches!(body, Body::Committed { .. }));
    has("ack-before-flush", |body| matches!(body, Body::Delivered { .. }));
    let leaders = broken("own-vote-not-recorded").expect("it breaks a rule").chain;
    let leaders = leaders.iter().filter(|record| {
        matches!(record.body, Body::RoleChanged { role: squall::replica::Role::Leader, .. })
    });
    assert_eq!(leaders.count(), 2);
}

#[test]
fn where_no_rule_is_broken_there_is_no_chain() {
    let plan = shipped("leader-crash");
    assert_eq!(broken_rules(&plan, &report(&plan, plan.seed)), BrokenRules::default());
}
