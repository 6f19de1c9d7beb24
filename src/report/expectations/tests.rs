//! Each expectation on runs in which it holds, fails and is vacuous, and at the borders of spans.

mod settled;

use super::super::tests::{at, ms, plan};
use super::super::{Outcome, Report, RunVerdict};
use super::{Excuse, Expected, Judgement};
use crate::check::script::Script;
use crate::ids::{Address, CallId, CommandId, Index, NodeId, OperationId, RequestId, Serial, SessionId};
use crate::plan::{
    Action, End, Event, Expectation, Fault, Moment, Plan, Property, Settle, Shape, Span, Start, Target,
};
use crate::replica::{ReadBy, Refusal};
use crate::rng::Rate;
use crate::time::Duration;
use crate::trace::{
    Body, BreakerState, CorruptionKind, Denial, Forgery, Forgone, Loss, Outcome as Returned, Rejection,
    StopReason,
};
use Judgement::{Failed, Held, Vacuous};

/// A plan with two faults, of which the first is called `split`, and calm from 5 s on.
fn expecting(expectations: &[Expectation]) -> Plan {
    let fault = |id: Option<&str>| Fault {
        id: id.map(String::from),
        start: Start::At(at(1000)),
        spread: Duration::ZERO,
        end: End::Never,
        action: Action::Partition(Shape::Isolate(Target::Leader)),
    };
    Plan {
        faults: vec![fault(Some("split")), fault(None)],
        settle: Some(Settle::at(at(5000))),
        expectations: expectations.to_vec(),
        ..plan(3)
    }
}

/// The report on a run that ended at 10 s.
fn report(s: &Script, expectations: &[Expectation]) -> Report {
    let plan = expecting(expectations);
    let judges = s.play(super::super::Judges::new(&plan));
    Report::new(&plan, &judges, Outcome { end: at(10_000), ..Outcome::default() })
}

fn expected(s: &Script, expectation: Expectation) -> Expected {
    report(s, &[expectation]).expectations.remove(0)
}

#[track_caller]
fn is(s: &Script, expectation: Expectation, verdict: Judgement, why: &str) {
    let expected = expected(s, expectation);
    assert_eq!((expected.verdict, expected.why.as_str()), (verdict, why), "{}", expected.text);
}

fn judged(s: &Script, expectation: Expectation) -> Judgement {
    expected(s, expectation).verdict
}

const SPLIT: u32 = 0;

fn within(bound: u64, after: Moment) -> Expectation {
    Expectation::LeaderWithin { bound: ms(bound), after }
}

fn between(from: u64, to: u64) -> Span {
    Span::Between(at(from), at(to))
}

/// n1 leads from 100 ms on and is down from 2 s on; n2 leads from 3 s on.
fn two_reigns() -> Script {
    let mut s = Script::of(3);
    s.ms(90).wakes(1).campaigns(1, 1).ms(100).wakes(1).leads(1, 1);
    s.ms(2000).begins(SPLIT).crashes(1).ms(2900).wakes(2).campaigns(2, 2).ms(3000).wakes(2).leads(2, 2);
    s.ms(4000).ends(SPLIT, true).restarts(1);
    s
}

#[test]
fn a_leader_in_time_holds() {
    let s = two_reigns();
    is(&s, within(100, Moment::Start), Held, "n1 led term 1 from 100ms on, 100ms after 0s");
    is(&s, within(0, Moment::At(at(100))), Held, "n1 led term 1 at 100ms, since 100ms");
    is(&s, within(1000, Moment::Fault(SPLIT)), Held, "n2 led term 2 from 3s on, 1s after 2s");
    is(&s, within(0, Moment::End(SPLIT)), Held, "n2 led term 2 at 4s, since 3s");
    is(&s, within(0, Moment::Settle), Held, "n2 led term 2 at 5s, since 3s");
}

#[test]
fn no_leader_in_time_fails_and_one_that_is_lost_at_the_moment_is_none() {
    let mut s = two_reigns();
    is(&s, within(99, Moment::Start), Failed, "nobody led until 100ms, 100ms after 0s; then n1, in term 1");
    is(&s, within(999, Moment::At(at(2000))), Failed, "nobody led until 3s, 1s after 2s; then n2, in term 2");
    s.ms(5000).crashes(2);
    let early = "the run ended at 10s, before 9s had passed since 5s, and nobody led until then";
    is(&s, within(9000, Moment::Settle), Vacuous, early);
    is(&s, within(5000, Moment::Settle), Failed, "nobody led from 5s to the end of the run at 10s");
    // The other way round: lost and won again at one instant.
    let mut s = two_reigns();
    s.ms(5000).wakes(2).follows(2, 3, None).wakes(3).campaigns(3, 3).leads(3, 3);
    is(&s, within(0, Moment::Settle), Held, "n3 led term 3 at 5s, since 5s");
    // One who leads and falls at one instant never did.
    let mut s = Script::of(3);
    s.ms(500).wakes(1).leads(1, 1).crashes(1).ms(700).wakes(2);
    is(&s, within(600, Moment::Start), Failed, "nobody led from 0s to the end of the run at 10s");
}

#[test]
fn a_moment_that_never_came_shows_nothing() {
    let s = two_reigns();
    let never = Moment::Fault(1);
    is(&s, within(100, never), Vacuous, "the fault faults[1] never began");
    is(&s, within(100, Moment::At(at(10_001))), Vacuous, "the run ended before 10.001s");
    let mut s = Script::of(3);
    s.ms(100).begins(1).ms(200).skips(SPLIT);
    let skipped = "the fault split was skipped: what it waited for never came";
    is(&s, within(100, Moment::Fault(SPLIT)), Vacuous, skipped);
    is(&s, within(100, Moment::End(SPLIT)), Vacuous, skipped);
    let goes_on = "the fault faults[1], begun at 100ms, was not over before the end of the run";
    is(&s, within(100, Moment::End(1)), Vacuous, goes_on);
    s.ms(300).ends(1, false);
    is(&s, within(100, Moment::End(1)), Vacuous, goes_on);
    is(&s, Expectation::Progress { during: Span::Fault(SPLIT) }, Vacuous, skipped);
    let calm_never = Plan { settle: None, ..expecting(&[within(1, Moment::Settle)]) };
    let report =
        Report::new(&calm_never, &s.play(super::super::Judges::new(&calm_never)), Outcome::default());
    assert_eq!(report.expectations[0].why, "the run has no time from which on every fault is over");
}

/// n1 leads and commits a no-op and a command at 1 s.
fn one_command() -> Script {
    let mut s = Script::of(3);
    s.ms(100).wakes(1).appends(1, 1, "no-op").leads(1, 1);
    s.ms(900).invokes(1, 1).wakes(1).appends(1, 1, "a").accepts(1, 2, 1).flushes(1);
    s.ms(950).wakes(2).stores(2, 1, "no-op a");
    s.ms(1000).wakes(1).commits(1, 2).ms(1100).wakes(2).commits(2, 2);
    s
}

#[test]
fn progress_is_a_new_command_committed_in_the_span() {
    let mut s = one_command();
    let during = |from, to| Expectation::Progress { during: between(from, to) };
    let why = "1 new command committed from 1s to 1.1s, first entry 2 by n1 at 1s, record #18";
    is(&s, during(1000, 1100), Held, why);
    assert_eq!(judged(&s, during(900, 1000)), Failed, "the end of a span lies outside");
    s.ms(2000).invokes(1, 2);
    // Another node that learns of it, or one that starts anew, makes no progress.
    s.ms(2100).wakes(3).stores(3, 1, "no-op a").commits(3, 2);
    is(
        &s,
        during(2000, 3000),
        Failed,
        "none of 1 command asked for from 2s to 3s was committed then; the last before was entry 2 by n1 at 1s, \
         record #18",
    );
    is(
        &s,
        during(0, 1000),
        Failed,
        "none of 1 command asked for from 0s to 1s was committed then; there was none before",
    );
    is(&s, during(3000, 4000), Vacuous, "no command was asked for from 3s to 4s");
    is(&s, during(11_000, 12_000), Vacuous, "the run ended before 11s");
    s.ms(3500).record(NodeId(1), Body::Proposed { bytes: 9, hash: 1 });
    assert_eq!(judged(&s, during(3500, 4000)), Failed);
}

#[test]
fn an_entry_of_a_leader_of_its_own_is_no_new_command() {
    let mut s = Script::of(3);
    s.ms(100).invokes(1, 1).wakes(1).appends(1, 1, "no-op").leads(1, 1).flushes(1);
    s.wakes(2).stores(2, 1, "no-op").ms(200).wakes(1).commits(1, 1);
    // Accepted in a term that lost its place in the log to another one.
    s.ms(300).wakes(3).accepts(3, 2, 7).ms(400).wakes(1).appends(1, 8, "x").commits(1, 2);
    // Accepted by one who doesn't know that the place is taken.
    s.ms(500).wakes(3).accepts(3, 2, 7).ms(600).wakes(2).appends(2, 8, "x").commits(2, 2);
    assert_eq!(judged(&s, Expectation::Progress { during: Span::Run }), Failed);
    assert_eq!(judged(&s, Expectation::NoProgress { during: Span::Run }), Held);
}

#[test]
fn no_progress_fails_with_the_first_command_committed() {
    let s = one_command();
    let during = |during| Expectation::NoProgress { during };
    is(
        &s,
        during(between(900, 1000)),
        Held,
        "no new command was committed from 900ms to 1s; 1 command asked for",
    );
    let why = "1 new command committed from 0s to the end, first entry 2 by n1 at 1s, record #18";
    is(&s, during(Span::Run), Failed, why);
    is(&s, during(Span::Settle), Vacuous, "no command was asked for from 5s to the end");
}

/// What happens at one instant lies in a span or doesn't, before and after the record that begins or ends it.
#[test]
fn the_span_of_a_fault_contains_the_instant_of_its_beginning_and_not_that_of_its_end() {
    let during = Expectation::LeaderChanges { at_least: Some(1), at_most: None, during: Span::Fault(SPLIT) };
    let mut early = Script::of(3);
    early.ms(1000).wakes(1).leads(1, 1).begins(SPLIT).ms(2000).ends(SPLIT, true);
    assert_eq!(judged(&early, during), Held, "at its beginning");
    let mut late = Script::of(3);
    late.ms(1000).begins(SPLIT).ms(2000).wakes(1).leads(1, 1).ends(SPLIT, true);
    assert_eq!(judged(&late, during), Failed, "at its end");
    let mut later = Script::of(3);
    later.ms(1000).begins(SPLIT).ms(2000).ends(SPLIT, true).wakes(1).leads(1, 1);
    assert_eq!(judged(&later, during), Failed, "behind its end");
    let mut flapping = Script::of(3);
    flapping.ms(1000).begins(SPLIT).ms(1100).ends(SPLIT, false).ms(1200).wakes(1).leads(1, 1);
    is(&flapping, during, Held, "a node became leader once from 1s to the end: n1 at 1.2s, record #7");
    flapping.ms(1300).begins(SPLIT).ms(1400).ends(SPLIT, true);
    is(&flapping, during, Held, "a node became leader once from 1s to 1.4s: n1 at 1.2s, record #7");
}

fn returns(within: u64, after: Moment) -> Expectation {
    Expectation::Returns { within: ms(within), after, to: None }
}

#[test]
fn service_returns_when_all_that_begins_later_is_done() {
    let mut s = Script::of(3);
    s.ms(5900).invokes(2, 1).ms(6000).invokes(1, 2).ms(6600).done(2, 1).ms(6900).returns(
        1,
        2,
        Returned::Unknown,
    );
    is(&s, returns(1000, Moment::Settle), Vacuous, "no operation that began after 6s has ended");
    s.ms(7000).invokes(1, 3).ms(7100).done(1, 3).ms(7200).invokes(1, 4);
    is(&s, returns(1000, Moment::Settle), Held, "the one operation that began after 6s was done");
    s.ms(7300).invokes(2, 5).ms(7400).done(2, 5);
    is(&s, returns(1000, Moment::Settle), Held, "all 2 operations that began after 6s were done");
    is(
        &s,
        returns(999, Moment::Settle),
        Failed,
        "1 of 3 operations that began after 5.999s was not done, first 2 of c1 begun at 6s, which had no answer in \
         time (record #7); all that began after 6s were done",
    );
    is(&s, returns(9000, Moment::Start), Vacuous, "no operation that began after 9s has ended");
    is(&s, returns(0, Moment::Fault(SPLIT)), Vacuous, "the fault split never began");
}

/// Operations end in another order than they begin.
#[test]
fn the_first_operation_not_done_is_the_first_to_begin() {
    let mut s = Script::of(3);
    s.ms(6000).invokes(1, 1).ms(6100).invokes(2, 2).ms(6200).invokes(3, 3);
    s.ms(6300).returns(3, 3, Returned::Refused).ms(6400).done(2, 2).ms(6500).returns(1, 1, Returned::Refused);
    is(
        &s,
        returns(100, Moment::Settle),
        Failed,
        "2 of 3 operations that began after 5.1s were not done, first 1 of c1 begun at 6s, which was refused \
         (record #9); of those that began after 6.2s none was done",
    );
}

#[test]
fn availability_is_the_share_done_of_what_began_in_the_span() {
    let mut s = Script::of(3);
    for operation in 0..10_u64 {
        s.ms(5000 + operation).invokes(1, operation);
    }
    s.ms(5050).invokes(2, 99);
    for operation in 0..10_u64 {
        let outcome = if operation < 2 { Returned::Refused } else { Returned::Unknown };
        match operation {
            0..3 => s.ms(8000).returns(1, operation, outcome),
            _ => s.ms(8000).done(1, operation),
        };
    }
    let share = |share, during| {
        let at_least = Some(Rate::new(share).expect("a rate"));
        Expectation::Availability { at_least, at_most: None, during }
    };
    let most = |share, during| {
        let at_most = Some(Rate::new(share).expect("a rate"));
        Expectation::Availability { at_least: None, at_most, during }
    };
    let why = "7 done of 10 operations that began from 5s to the end, 70.00 %; refused: 2, without answer in time: 1";
    is(&s, share(0.7, Span::Settle), Held, why);
    is(&s, share(0.700_001, Span::Settle), Failed, why);
    is(&s, most(0.7, Span::Settle), Held, why);
    is(&s, most(0.699_999, Span::Settle), Failed, why);
    assert_eq!(judged(&s, share(0.9, between(5000, 5003))), Failed);
    assert_eq!(judged(&s, share(1.0, between(5003, 5010))), Held, "from 3 to 9");
    assert_eq!(judged(&s, share(1.0, between(5002, 5010))), Failed, "a span contains its beginning");
    assert_eq!(judged(&s, share(0.0, between(5000, 5002))), Held);
    let open = "no operation that began from 5.05s to 9s has ended";
    is(&s, share(0.0, between(5050, 9000)), Vacuous, open);
    is(&s, most(1.0, between(5050, 9000)), Vacuous, open);
    is(&s, share(0.5, Span::Fault(SPLIT)), Vacuous, "the fault split never began");
}

#[test]
fn leaders_are_counted_once_a_node_and_term() {
    let mut s = two_reigns();
    s.ms(3500).wakes(2).leads(2, 2);
    let changes = |at_least, at_most, during| Expectation::LeaderChanges { at_least, at_most, during };
    let why = "a node became leader 2 times from 0s to the end, first n1 at 100ms, record #7, last n2 at 3s, record #13";
    is(&s, changes(Some(2), Some(2), Span::Run), Held, why);
    is(&s, changes(Some(3), None, Span::Run), Failed, why);
    is(&s, changes(None, Some(1), Span::Run), Failed, why);
    is(&s, changes(None, Some(0), Span::Settle), Held, "no node became leader from 5s to the end");
    assert_eq!(judged(&s, changes(Some(1), None, between(100, 3000))), Held, "n1, at the beginning");
    assert_eq!(judged(&s, changes(Some(2), None, between(100, 3000))), Failed, "n2, at the end");
    is(&s, changes(None, Some(0), Span::Fault(1)), Vacuous, "the fault faults[1] never began");
}

#[test]
fn terms_are_bounded() {
    let s = two_reigns();
    is(&s, Expectation::TermAtMost(2), Held, "the highest was term 2, reached by n2 at 2.9s, record #11");
    is(
        &s,
        Expectation::TermAtMost(0),
        Failed,
        "term 1 was reached by n1 at 90ms, record #5; the highest was term 2, reached by n2 at 2.9s, record #11",
    );
    is(&s, Expectation::TermAtMost(1), Failed, "the highest was term 2, reached by n2 at 2.9s, record #11");
    is(&Script::of(3), Expectation::TermAtMost(1), Vacuous, "no node was in any term");
    let mut recovered = Script::of(3);
    recovered.ms(100).crashes(1).finds(1, (9, None), 0).ms(200).restarts(1);
    assert_eq!(judged(&recovered, Expectation::TermAtMost(8)), Failed);
}

/// The events that happen in a run of one step.
fn sighted(step: impl Fn(&mut Script) -> &mut Script) -> Vec<Event> {
    let mut s = Script::of(3);
    s.ms(100);
    step(&mut s);
    let is_sighted = |event: &Event| {
        let (sometimes, never) = (Expectation::Sometimes(*event), Expectation::Never(*event));
        match (judged(&s, sometimes), judged(&s, never)) {
            (Held, Failed) => true,
            (Failed, Held) => false,
            other => panic!("{event:?}: {other:?}"),
        }
    };
    Event::ALL.iter().copied().filter(is_sighted).collect()
}

#[test]
fn each_event_is_told_by_its_record_and_by_no_other() {
    let (n1, n2): (Address, Address) = (NodeId(1).into(), NodeId(2).into());
    let client = Address::client(crate::ids::ClientId(1));
    let one = |node: Address, body: Body| sighted(|s| s.event(node, body));
    let two = |other: Address, body: fn(Address) -> Body, event| {
        assert_eq!(one(n1, body(other)), [event]);
        assert_eq!(one(n1, body(client)), [], "with a client");
        assert_eq!(one(client, body(n2)), [], "of a client's");
    };
    assert_eq!(sighted(|s| s), []);
    two(n2, |to| Body::Lost { to, kind: 1, why: Loss::ReceiverDown }, Event::FrameLost);
    assert_eq!(
        one(n1, Body::Lost { to: n2, kind: 1, why: Loss::InboxFull }),
        [Event::FrameLost, Event::InboxOverflowed]
    );
    assert_eq!(one(n1, Body::TurnedAway { from: client, call: CallId(1) }), [Event::InboxOverflowed]);
    assert_eq!(one(n1, Body::Waited { waited: ms(1), ahead: 1 }), []);
    two(n2, |to| Body::Duplicated { to, kind: 1 }, Event::FrameDuplicated);
    two(n2, |to| Body::CallFailed { to, kind: 1, call: CallId(1) }, Event::CallFailed);
    let reason = Refusal::NotLeader { hint: None };
    assert_eq!(one(n1, Body::Refused { request: RequestId(1), reason }), [Event::RequestRefused]);
    assert_eq!(one(n1, Body::Stopped { reason: StopReason::Unrecoverable }), [Event::NodeStopped]);
    assert_eq!(sighted(|s| s.campaigns(1, 1)), [Event::Candidacy]);
    assert_eq!(sighted(|s| s.leads(1, 1)), [Event::LeaderElected]);
    assert_eq!(sighted(|s| s.appends(1, 1, "a").truncates(1, 1)), [Event::EntryTruncated]);
    assert_eq!(sighted(|s| s.invokes(1, 1).done(1, 1)), [Event::OperationDone]);
    assert_eq!(sighted(|s| s.invokes(1, 1).returns(1, 1, Returned::Unknown)), [Event::OperationUnknown]);
    assert_eq!(sighted(|s| s.invokes(1, 1).returns(1, 1, Returned::Refused)), []);
    let (session, command) = (SessionId(3), CommandId { session: SessionId(3), serial: Serial(1) });
    assert_eq!(one(n1, Body::SessionOpened { session, dropped: None }), []);
    assert_eq!(
        one(n1, Body::SessionOpened { session, dropped: Some(SessionId(2)) }),
        [Event::SessionExpired]
    );
    assert_eq!(one(n1, Body::Repeated { index: Index(4), command }), [Event::RepeatAnswered]);
    assert_eq!(one(n1, Body::Executed { index: Index(4), operation: None, command: Some(command) }), []);
    assert_eq!(sighted(|s| s.crashes(1)), [Event::NodeCrashed]);
    assert_eq!(sighted(|s| s.crashes(1).restarts(1)), [Event::NodeCrashed, Event::NodeRestarted]);
    let blank = [Event::NodeCrashed, Event::NodeRestarted, Event::NodeBlank];
    assert_eq!(sighted(|s| s.crashes(1).wipes(1).restarts(1)), blank);
    assert_eq!(sighted(|s| s.begins(0).ends(0, true)), []);
    assert_eq!(sighted(|s| s.skips(0)), [Event::FaultSkipped]);
}

/// A machine whose disk is beyond recovery is started again in vain, again and again.
#[test]
fn a_machine_that_stays_down_has_stopped_once() {
    let lost = Body::Stopped { reason: crate::trace::StopReason::Unrecoverable };
    let n1 = NodeId(1);
    let times = |s: &Script| {
        let (mut happenings, mut found) = (super::happenings::Happenings::new(3), Vec::new());
        s.records().iter().for_each(|record| happenings.take(record, &mut found));
        let stopped = super::happenings::What::Event(Event::NodeStopped);
        found.iter().filter(|happening| happening.what == stopped).count()
    };
    let mut s = Script::of(3);
    s.ms(100).event(n1, lost).event(n1, lost);
    assert_eq!(times(&s), 1);
    s.wipes(1).restarts(1).event(n1, lost);
    assert_eq!(times(&s), 2, "it had started in between");
}

#[test]
fn what_is_done_to_frames_and_kept_from_them_is_told() {
    let (n1, n2): (Address, Address) = (NodeId(1).into(), NodeId(2).into());
    let client = Address::client(crate::ids::ClientId(1));
    let one = |node: Address, body: Body| sighted(|s| s.event(node, body));
    for (why, event) in [
        (Rejection::Length, Event::LengthWrong),
        (Rejection::Checksum, Event::ChecksumWrong),
        (Rejection::Magic, Event::MagicWrong),
        (Rejection::Address, Event::AddressWrong),
        (Rejection::Undecodable, Event::MessageUndecodable),
        (Rejection::Indexes, Event::IndexesWrong),
        (Rejection::Entries, Event::EntriesWrong),
        (Rejection::TermJump, Event::TermImpossible),
        (Rejection::TooLong, Event::FrameTooLong),
        (Rejection::Cluster, Event::ClusterWrong),
        (Rejection::Late, Event::ReplyLate),
    ] {
        assert_eq!(one(n1, Body::Rejected { from: n2, why }), [Event::FrameRejected, event]);
        assert_eq!(
            one(n1, Body::Rejected { from: client, why }),
            [Event::FrameRejected, event],
            "from a client"
        );
        assert_eq!(
            one(client, Body::Rejected { from: n2, why }),
            [Event::FrameRejected, event],
            "by a client"
        );
    }
    let how = CorruptionKind::BitFlip;
    assert_eq!(one(n1, Body::Corrupted { to: n2, kind: 1, how, count: 3 }), [Event::FrameCorrupted]);
    assert_eq!(one(n1, Body::Misdirected { to: n2, kind: 1, instead: NodeId(3) }), [Event::FrameMisdirected]);
    assert_eq!(one(n1, Body::Replayed { to: n2, kind: 1 }), [Event::FrameReplayed]);
    assert_eq!(one(n1, Body::Delayed { to: n2, kind: 1, by_ns: 9 }), [Event::FrameDelayed]);
    let like = Forgery::Message;
    assert_eq!(one(n1, Body::Forged { from: n2, kind: 1, like, bytes: 40 }), [Event::FrameForged]);
    assert_eq!(one(n1, Body::Believed { from: n2, kind: 1 }), [Event::FrameBelieved]);
    let denied = |from| Body::Denied { from, function: None, why: Denial::Function };
    assert_eq!(
        [one(n1, denied(n2)), one(n1, denied(client))],
        [[Event::AccessDenied], [Event::AccessDenied]]
    );
    assert_eq!(one(n1, Body::Stale { from: n2, kind: 2 }), []);
    for node in [n1, client] {
        use BreakerState::{Closed, HalfOpen, Open};
        assert_eq!(one(node, Body::Shed { to: n2, kind: 3 }), [Event::FrameShed]);
        let turns = |was, is| one(node, Body::Breaker { to: n2, was, is });
        assert_eq!(turns(Closed, Open), [Event::BreakerOpened]);
        assert_eq!(turns(Open, HalfOpen), []);
        assert_eq!(turns(HalfOpen, Open), [Event::ProbeFailed]);
        assert_eq!(turns(HalfOpen, Closed), [Event::ProbeSucceeded]);
    }
    let forgone = |why| one(client, Body::Forgone { operation: OperationId(1), why });
    assert_eq!(forgone(Forgone::Budget), [Event::RetryBudgetSpent]);
    assert_eq!(forgone(Forgone::Attempts), []);
}

#[test]
fn a_leader_is_deposed_when_it_gives_up_its_role_not_when_it_crashes() {
    let deposed = |step: &dyn Fn(&mut Script) -> &mut Script| {
        sighted(|s| step(s.leads(1, 1))).contains(&Event::LeaderDeposed)
    };
    assert!(deposed(&|s| s.follows(1, 2, None)));
    assert!(deposed(&|s| s.campaigns(1, 2)));
    assert!(!deposed(&|s| s.leads(1, 2)));
    assert!(!deposed(&|s| s.follows(2, 1, Some(1))), "another node's role");
    assert!(!deposed(&|s| s.crashes(1).restarts(1).follows(1, 2, None)));
    let again = [Event::Candidacy, Event::LeaderElected, Event::LeaderDeposed];
    assert_eq!(sighted(|s| s.leads(1, 1).campaigns(1, 2)), again);
}

#[test]
fn a_role_told_twice_is_no_second_candidacy() {
    let mut s = Script::of(3);
    s.ms(100).campaigns(1, 1).campaigns(1, 1).ms(200).campaigns(1, 2);
    is(&s, Expectation::Sometimes(Event::Candidacy), Held, "2 times, first n1 at 100ms, record #4");
    is(&s, Expectation::Never(Event::Candidacy), Failed, "2 times, first n1 at 100ms, record #4");
    is(&s, Expectation::Never(Event::NodeBlank), Held, "it never happened");
    is(&s, Expectation::Sometimes(Event::NodeBlank), Failed, "it never happened");
    s.ms(300).skips(1);
    is(&s, Expectation::Sometimes(Event::FaultSkipped), Held, "once, first at 300ms, record #7");
}

/// At 300 ms n2 leads the term that n1 leads; at 400 ms n1 overwrites its own log.
fn two_violations() -> Script {
    let mut s = Script::of(3);
    s.ms(100).wakes(1).appends(1, 1, "a").leads(1, 1);
    s.ms(300).wakes(2).leads(2, 1);
    s.ms(400).wakes(1).truncates(1, 1).ms(500).wakes(1);
    s
}

#[test]
fn a_violation_that_is_expected_is_no_failure_nor_is_what_follows() {
    let s = two_violations();
    let violates = Expectation::Violates;
    let both = [Property::ElectionSafety, Property::LeaderAppendOnly];
    assert_eq!(report(&s, &[]).verdict, RunVerdict::Safety);
    let excuses = |expectations: &[Expectation]| {
        let report = report(&s, expectations);
        let check = |property: Property| {
            report.checks.iter().find(|check| check.name == property.name()).expect("a check")
        };
        (report.verdict, both.map(|property| report.excuse(check(property))))
    };
    let (expected, consequence) = (Some(Excuse::Expected), Some(Excuse::Consequence));
    assert_eq!(excuses(&[]), (RunVerdict::Safety, [None, None]));
    assert_eq!(excuses(&[violates(both[0])]), (RunVerdict::Pass, [expected, consequence]));
    assert_eq!(excuses(&[violates(both[1])]), (RunVerdict::Safety, [None, expected]), "one came before");
    assert_eq!(excuses(&both.map(violates)), (RunVerdict::Pass, [expected, expected]));
    // What was expected did not show: then nothing is excused.
    let other = violates(Property::LogMatching);
    assert_eq!(excuses(&[other]), (RunVerdict::Safety, [None, None]));
}

#[test]
fn a_violation_expected_in_vain_fails_and_what_was_not_examined_is_vacuous() {
    let violates = Expectation::Violates(Property::ElectionSafety);
    is(&two_violations(), violates, Held, "once, first at 300ms, record #8");
    is(&two_reigns(), violates, Failed, "it held each time that it was examined: 2 times");
    is(&Script::of(3), violates, Vacuous, "it was never examined");
    assert_eq!(report(&two_reigns(), &[violates]).verdict, RunVerdict::Expectation);
    assert_eq!(report(&Script::of(3), &[violates]).verdict, RunVerdict::Vacuous);
}

/// So many writes of unknown outcome that nobody can say any more whether one of them explains what was found in the end.
fn in_doubt() -> Script {
    let mut s = Script::of(3);
    for operation in 1..200 {
        s.turns_to(1, operation, 3, true).returns(1, operation, Returned::Unknown);
    }
    s.turns_to(1, 300, 3, false).is_told(1, 300, 9, false);
    s
}

#[test]
fn what_can_not_be_decided_is_no_pass_and_no_failure() {
    let undecided = report(&in_doubt(), &[]);
    assert_eq!(undecided.verdict, RunVerdict::Undecided);
    assert!(undecided.failed());
    assert_eq!(undecided.reason().as_deref(), Some(Property::Linearizability.name()));
    let violates = Expectation::Violates(Property::Linearizability);
    is(&in_doubt(), violates, Vacuous, "it could not be decided whether it held");
    let failed = Expectation::Sometimes(Event::NodeCrashed);
    assert_eq!(report(&in_doubt(), &[failed]).verdict, RunVerdict::Expectation, "which is graver");
    // What is not owed need not be decided.
    let mut plan = expecting(&[]);
    plan.cluster.raft.reads.by = ReadBy::Local;
    let judges = in_doubt().play(super::super::Judges::new(&plan));
    let waived = Report::new(&plan, &judges, Outcome { end: at(10_000), ..Outcome::default() });
    assert_eq!(waived.verdict, RunVerdict::Pass);
}

#[test]
fn what_is_expected_to_hold_has_to_be_examined() {
    let ordered = Expectation::Linearizable;
    let mut s = Script::of(3);
    is(&s, ordered, Vacuous, "it was never examined");
    s.turns_to(1, 1, 3, true).is_told(1, 1, 0, true).turns_to(1, 2, 3, false).is_told(1, 2, 0, false);
    let report = report(&s, &[ordered]);
    assert_eq!((report.verdict, report.expectations[0].verdict), (RunVerdict::Safety, Failed));
    is(&in_doubt(), ordered, Vacuous, "it could not be decided whether it held");
    is(&in_doubt(), Expectation::ExactlyOnce, Vacuous, "it was never examined");
    let mut plan = expecting(&[ordered]);
    plan.cluster.raft.reads.by = ReadBy::Local;
    let local = Report::new(
        &plan,
        &s.play(super::super::Judges::new(&plan)),
        Outcome { end: at(10_000), ..Outcome::default() },
    );
    assert_eq!(
        (local.verdict, local.waivers.len()),
        (RunVerdict::Safety, 0),
        "it is owed since it is expected"
    );
    let mut s = Script::of(3);
    s.turns_to(1, 1, 3, false).is_told(1, 1, 0, false);
    is(&s, ordered, Held, "it held each time that it was examined: once");
}

#[test]
fn of_verdicts_the_gravest_counts() {
    let s = two_reigns();
    let (held, failed, vacuous) =
        (within(500, Moment::Start), within(5, Moment::Start), within(500, Moment::Fault(1)));
    let verdict = |s, expectations: &[Expectation]| report(s, expectations).verdict;
    assert_eq!(verdict(&s, &[held]), RunVerdict::Pass);
    assert_eq!(verdict(&s, &[held, vacuous]), RunVerdict::Vacuous);
    assert_eq!(verdict(&s, &[failed, held, vacuous]), RunVerdict::Expectation);
    assert_eq!(verdict(&two_violations(), &[failed]), RunVerdict::Safety);
    let order = [
        RunVerdict::Pass,
        RunVerdict::Vacuous,
        RunVerdict::Undecided,
        RunVerdict::Expectation,
        RunVerdict::Livelock,
        RunVerdict::Panicked,
        RunVerdict::Safety,
        RunVerdict::Nondeterminism,
    ];
    assert!(order.is_sorted());
}

#[test]
fn expectations_are_written_as_in_a_scenario() {
    let texts = [
        (within(2000, Moment::Settle), r#"LeaderWithin(bound: "2s", after: Settle)"#),
        (within(1500, Moment::Start), r#"LeaderWithin(bound: "1.5s", after: Start)"#),
        (Expectation::Progress { during: Span::Fault(SPLIT) }, r#"Progress(during: Fault("split"))"#),
        (
            Expectation::NoProgress { during: between(1500, 2000) },
            r#"NoProgress(during: Between("1.5s", "2s"))"#,
        ),
        (returns(10, Moment::End(SPLIT)), r#"Returns(within: "10ms", after: End("split"))"#),
        (returns(10, Moment::Fault(1)), r#"Returns(within: "10ms", after: Fault(faults[1]))"#),
        (returns(10, Moment::At(at(7000))), r#"Returns(within: "10ms", after: At("7s"))"#),
        (
            Expectation::Availability {
                at_least: Some(Rate::new(0.95).expect("a rate")),
                at_most: None,
                during: Span::Settle,
            },
            "Availability(at_least: 0.95, during: Settle)",
        ),
        (
            Expectation::Availability {
                at_least: Some(Rate::ZERO),
                at_most: Some(Rate::new(0.5).expect("a rate")),
                during: Span::Run,
            },
            "Availability(at_least: 0, at_most: 0.5, during: Run)",
        ),
        (
            Expectation::LeaderChanges { at_least: Some(1), at_most: Some(3), during: Span::Run },
            "LeaderChanges(at_least: 1, at_most: 3, during: Run)",
        ),
        (
            Expectation::LeaderChanges { at_least: None, at_most: Some(3), during: Span::Run },
            "LeaderChanges(at_most: 3, during: Run)",
        ),
        (Expectation::Settled { within: ms(1500) }, "Settled(within: \"1.5s\")"),
        (Expectation::TermAtMost(7), "TermAtMost(7)"),
        (Expectation::Sometimes(Event::FrameLost), "Sometimes(FrameLost)"),
        (Expectation::Never(Event::LeaderDeposed), "Never(LeaderDeposed)"),
        (Expectation::Violates(Property::DurableCommit), "Violates(DurableCommit)"),
    ];
    let all: Vec<Expectation> = texts.iter().map(|(expectation, _)| *expectation).collect();
    let report = report(&Script::of(3), &all);
    for (expected, (expectation, text)) in report.expectations.iter().zip(texts) {
        assert_eq!((&expected.expectation, expected.text.as_str()), (&expectation, text));
    }
    assert_eq!(report.expectations.len(), texts.len());
}
