//! Spans without a leader, and their phases.

use super::*;

/// From and length of each span but the first, in milliseconds.
fn spans(s: &Script, voters: u32) -> Vec<(u64, u64)> {
    let elections = measured(s, voters).elections(at(2000));
    assert_eq!(elections[0].from, Time::ZERO);
    let millis = |nanos: u64| nanos / 1_000_000;
    elections[1..].iter().map(|e| (millis(e.from.nanos()), millis(e.vacant.nanos()))).collect()
}

#[test]
fn a_span_is_taken_apart_into_its_phases() {
    let metrics = measured(&leader_lost(), 3);
    let elections = metrics.elections(at(2000));
    let first = Election {
        from: Time::ZERO,
        vacant: ms(200),
        detect: Some(ms(180)),
        elect: Some(ms(20)),
        announce: Some(ms(5)),
        recover: Some(ms(110)),
        terms: 1,
        split_votes: 0,
        candidates: vec![NodeId(1)],
        leader: Some((NodeId(1), Term(1))),
        why: elections[0].why.clone(),
    };
    let second = Election {
        from: at(500),
        vacant: ms(400),
        detect: Some(ms(300)),
        elect: Some(ms(100)),
        announce: Some(ms(4)),
        recover: Some(ms(30)),
        terms: 2,
        split_votes: 1,
        candidates: vec![NodeId(2), NodeId(3)],
        leader: Some((NodeId(3), Term(3))),
        why: elections[1].why.clone(),
    };
    assert_eq!(elections, [first, second]);
    let counters = metrics.counters();
    assert_eq!((counters.terms, counters.elections, counters.candidacies), (3, 2, 4));
    assert_eq!((counters.leader_changes, counters.links_cut), (1, 4));
    let report = report(&leader_lost(), 3, at(2000));
    assert_eq!(report.leaderless(), ms(600));
    assert_eq!(report.leader_availability(), Some(0.7));
    assert_eq!(report.verdict, RunVerdict::Pass);
}

#[test]
fn a_run_in_which_nothing_happens_is_one_span() {
    let elections = measured(&Script::of(3), 3).elections(at(2000));
    assert_eq!(elections.len(), 1);
    assert_eq!((elections[0].from, elections[0].vacant), (Time::ZERO, ms(2000)));
    assert_eq!((elections[0].detect, elections[0].elect, elections[0].leader), (None, None, None));
    assert_eq!(measured(&Script::of(3), 3).elections(Time::ZERO), []);
    assert_eq!(report(&Script::of(3), 3, Time::ZERO).leader_availability(), None);
}

#[test]
fn a_span_that_goes_on_at_the_end_counts_to_the_end() {
    let mut s = led();
    s.ms(500).crashes(1).ms(700).wakes(2).campaigns(2, 2);
    let elections = measured(&s, 3).elections(at(2000));
    assert_eq!((elections[1].from, elections[1].vacant), (at(500), ms(1500)));
    assert_eq!((elections[1].detect, elections[1].elect), (Some(ms(200)), None));
    assert_eq!((elections[1].terms, elections[1].split_votes, elections[1].leader), (1, 1, None));
}

#[test]
fn a_leader_lost_in_the_very_last_record_counts() {
    let mut s = led();
    s.ms(500).crashes(1);
    assert_eq!(spans(&s, 3), [(500, 1500)]);
}

#[test]
fn what_happens_at_one_instant_is_weighed_as_a_whole() {
    let mut s = led();
    s.ms(400).cuts(1, 3).ms(500).cuts(1, 2).heals(1, 3).ms(600).cuts(1, 3).heals(1, 2);
    // Nor does it matter that a leader gives way to another one at one instant.
    s.ms(700).wakes(1).follows(1, 2, None).wakes(2).campaigns(2, 2).leads(2, 2);
    assert_eq!(spans(&s, 3), []);
    assert_eq!(measured(&s, 3).counters().leader_changes, 1);
}

#[test]
fn a_candidacy_at_the_instant_of_the_loss_belongs_to_the_span() {
    let mut s = led();
    s.ms(500).wakes(2).campaigns(2, 2).crashes(1).ms(600).wakes(2).leads(2, 2);
    let elections = measured(&s, 3).elections(at(2000));
    assert_eq!((elections[1].detect, elections[1].elect), (Some(ms(0)), Some(ms(100))));
    assert_eq!(elections[1].split_votes, 0);
}

/// n2 campaigns in term 1 and n3 in term 2, both before n2 leads; n3 then leads after all.
#[test]
fn a_candidacy_that_outlasts_its_span_belongs_to_the_next_and_split_no_vote() {
    let mut s = Script::of(3);
    s.ms(180).wakes(2).campaigns(2, 1);
    s.ms(190).wakes(3).campaigns(3, 2);
    s.ms(195).leads(2, 1);
    s.ms(197).follows(2, 2, None);
    s.ms(203).leads(3, 2);
    let report = report(&s, 3, at(1000));
    let [first, second] = &report.elections[..] else { panic!("{:?}", report.elections) };
    assert_eq!((first.terms, first.split_votes, first.leader), (2, 0, Some((NodeId(2), Term(1)))));
    assert_eq!((second.from, second.vacant), (at(197), ms(6)));
    assert_eq!((second.detect, second.elect), (Some(ms(0)), Some(ms(6))));
    assert_eq!((second.terms, second.split_votes, second.candidates.clone()), (1, 0, vec![NodeId(3)]));
}

#[test]
fn a_leader_is_effective_only_with_a_quorum_both_ways() {
    let one_way = |body: fn(NodeId) -> Body| {
        let mut s = led();
        s.ms(500).event(NodeId(2), body(NodeId(1))).event(NodeId(1), body(NodeId(3)));
        spans(&s, 3)
    };
    assert_eq!(one_way(|to| Body::Cut { to: to.into() }), [(500, 1500)]);
    assert_eq!(one_way(|to| Body::Clogged { to: to.into() }), [(500, 1500)]);

    let mut paused = led();
    paused.ms(500).event(NodeId(1), Body::Paused).ms(800).event(NodeId(1), Body::Resumed);
    assert_eq!(spans(&paused, 3), [(500, 300)]);
    let elections = measured(&paused, 3).elections(at(2000));
    assert_eq!((elections[1].detect, elections[1].elect, elections[1].terms), (None, None, 0));

    let mut alone = led();
    alone.ms(500).crashes(2).ms(600).crashes(3).ms(700).restarts(2);
    assert_eq!(spans(&alone, 3), [(600, 100)]);

    let mut stopped = led();
    stopped.ms(500).event(NodeId(1), Body::Stopped { reason: StopReason::Unrecoverable });
    assert_eq!(spans(&stopped, 3), [(500, 1500)]);
}

#[test]
fn a_leader_of_a_later_term_that_reaches_nobody_leaves_none() {
    let mut s = led();
    s.ms(400).cuts(3, 1).cuts(3, 2).ms(500).wakes(3).leads(3, 2);
    assert_eq!(spans(&s, 3), [(500, 1500)]);
}

#[test]
fn a_frame_from_before_the_election_announces_nothing() {
    let mut s = Script::of(3);
    s.ms(90).wakes(1).campaigns(1, 1).sends(1, 2, 1).sends(1, 3, 1);
    s.ms(100).wakes(1).leads(1, 1).ms(105).receives(2, 1).receives(3, 1);
    assert_eq!(measured(&s, 3).elections(at(2000))[0].announce, None);
    s.ms(150).wakes(1).sends(1, 2, 1).sends(1, 3, 1).ms(151).receives(2, 1).ms(153).receives(3, 1);
    assert_eq!(measured(&s, 3).elections(at(2000))[0].announce, Some(ms(53)));
}

#[test]
fn who_cannot_be_reached_is_not_waited_for() {
    let mut s = Script::of(3);
    s.ms(90).wakes(1).campaigns(1, 1).ms(100).wakes(1).sends(1, 2, 1).leads(1, 1).ms(102).receives(2, 1);
    let mut cut = s.clone();
    cut.ms(120).cuts(1, 3).ms(130).wakes(1);
    assert_eq!(measured(&cut, 3).elections(at(2000))[0].announce, Some(ms(20)));
    let mut paused = s.clone();
    paused.ms(130).event(NodeId(3), Body::Paused).ms(900).event(NodeId(3), Body::Resumed);
    assert_eq!(measured(&paused, 3).elections(at(2000))[0].announce, Some(ms(30)));
    s.ms(140).crashes(3);
    assert_eq!(measured(&s, 3).elections(at(2000))[0].announce, Some(ms(40)));
}

/// n3 is reachable and hears nothing: as a spare it need not, as a learner it has to.
#[test]
fn only_members_are_waited_for() {
    let mut s = Script::of(3);
    s.ms(90).wakes(1).campaigns(1, 1).ms(100).wakes(1).sends(1, 2, 1).leads(1, 1).ms(102).receives(2, 1);
    s.ms(500).wakes(1);
    let announced = |learners, spares| {
        let mut plan = plan(2);
        (plan.cluster.learners, plan.cluster.spares) = (learners, spares);
        s.play(Metrics::new(&plan)).elections(at(2000))[0].announce
    };
    assert_eq!(announced(0, 1), Some(ms(2)));
    assert_eq!(announced(1, 0), None);
}

#[test]
fn a_single_voter_has_nobody_to_tell() {
    let mut s = Script::of(1);
    s.ms(90).wakes(1).campaigns(1, 1).leads(1, 1);
    let elections = measured(&s, 1).elections(at(2000));
    assert_eq!((elections[0].vacant, elections[0].announce), (ms(90), Some(ms(0))));
}

#[test]
fn only_a_command_taken_and_committed_by_the_leader_is_a_recovery() {
    let mut s = led();
    s.ms(200).wakes(1).appends(1, 1, "a b").commits(1, 1);
    assert_eq!(measured(&s, 3).elections(at(2000))[0].recover, None, "nothing was taken from a client");
    s.accepts(1, 2, 1).wakes(2).appends(2, 1, "a b").commits(2, 2);
    assert_eq!(measured(&s, 3).elections(at(2000))[0].recover, None, "committed on another node");
    let mut lost = s.clone();
    lost.ms(210).crashes(1).restarts(1).ms(220).wakes(1).appends(1, 1, "a b").commits(1, 2);
    assert_eq!(measured(&lost, 3).elections(at(2000))[0].recover, None, "it did not lead any more");
    s.ms(230).wakes(1).commits(1, 2);
    assert_eq!(measured(&s, 3).elections(at(2000))[0].recover, Some(ms(130)));
}
