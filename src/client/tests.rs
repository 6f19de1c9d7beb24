use super::*;
use crate::ids::SessionId;
use crate::net::Frames;
use crate::plan::{Backoff, Breaker, Budget, Jitter, Sessions};
use crate::replica::Bug;
use crate::rng::Rate;
use crate::rpc::store::encode_reply;
use crate::time::Duration;
use crate::trace::{Record, Trace};
use std::num::NonZeroU32;

/// A client of three nodes, and what it needs to act.
struct Bench {
    trace: Trace<Vec<Record>>,
    frames: Frames,
    out: Vec<Slot>,
}

impl Bench {
    fn new() -> Self {
        Self { trace: Trace::new(Vec::new()), frames: Frames::default(), out: Vec::new() }
    }

    fn at(&mut self, millis: u64) -> Wire<'_, Vec<Record>> {
        let now = Time::ZERO + Duration::from_millis(millis);
        Wire { now, trace: &mut self.trace, frames: &mut self.frames, out: &mut self.out }
    }

    /// The nodes that were asked since the last time, and by which call.
    fn asked(&mut self) -> Vec<(NodeId, CallId)> {
        let asked = |slot: &Slot| {
            let frame = self.frames.get(*slot);
            (frame.to.as_node().expect("a node"), frame.call)
        };
        let all = self.out.iter().map(asked).collect();
        self.out.clear();
        all
    }

    /// A node's reply, as a frame that has arrived at the client.
    fn reply(&mut self, from: NodeId, call: CallId, reply: Reply) -> Slot {
        let mut payload = Vec::new();
        encode_reply(&reply, &mut payload);
        let header =
            Header { kind: CLIENT_REPLY, cluster: 7, from: from.into(), to: ClientId(1).into(), call };
        self.at(0).frame(&header, &Payload::new(&payload)).slot
    }

    fn outcomes(self) -> Vec<Outcome> {
        let outcome = |record: &Record| match record.body {
            Body::Returned { outcome, .. } => Some(outcome),
            _ => None,
        };
        self.trace.into_observer().iter().filter_map(outcome).collect()
    }
}

fn model() -> Clients {
    let ms = Duration::from_millis;
    Clients {
        count: 1,
        arrival: Arrival::ClosedLoop { think: ms(10) },
        mix: crate::plan::Mix { put: 1 << 32, get: 0, cas: 0 },
        keys: 1,
        value_bytes: 8,
        timeout: ms(500),
        backoff: Backoff {
            base: ms(20),
            cap: ms(100),
            jitter: Jitter::NoJitter,
            after_silence: false,
            attempts: None,
            budget: None,
        },
        retry_after: None,
        sessions: None,
        breaker: None,
    }
}

fn timers(client: &mut Client<'_>) -> Vec<(u64, Timer)> {
    client.take_timers().map(|(time, timer)| (time.nanos() / 1_000_000, timer)).collect()
}

#[test]
fn a_hint_is_followed_at_once_but_the_next_one_has_to_wait() {
    let (model, operation) = (model(), OperationId(1));
    let mut client = Client::new(ClientId(1), &model, 3, 7, 1);
    let mut bench = Bench::new();
    client.arrive(operation, &mut bench.at(10));
    let [(first, call)] = bench.asked()[..] else { panic!("one node is asked") };
    let other = NodeId(first.0 % 3 + 1);
    timers(&mut client);
    let slot = bench.reply(first, call, Reply::NotLeader { hint: Some(other) });
    client.receive(slot, &mut bench.at(11));
    let [(second, call)] = bench.asked()[..] else { panic!("the hint is followed at once") };
    assert_eq!(second, other);
    let slot = bench.reply(second, call, Reply::NotLeader { hint: Some(first) });
    client.receive(slot, &mut bench.at(12));
    assert_eq!(bench.asked(), [], "two nodes that hint at each other must not keep it busy");
    assert_eq!(timers(&mut client), [(32, Timer::Retry(Errand::Operation(operation)))]);
    client.retry(Errand::Operation(operation), &mut bench.at(32));
    assert_eq!(bench.asked().len(), 1);
}

#[test]
fn a_first_hint_at_a_node_that_keeps_silent_is_not_followed() {
    let (model, ops) = (model(), [OperationId(1), OperationId(2)]);
    let mut client = Client::new(ClientId(1), &model, 3, 7, 1);
    let mut bench = Bench::new();
    client.arrive(ops[0], &mut bench.at(10));
    let [(silent, _)] = bench.asked()[..] else { panic!("one node is asked") };
    client.give_up(Errand::Operation(ops[0]), &mut bench.at(510));
    client.arrive(ops[1], &mut bench.at(520));
    let [(other, call)] = bench.asked()[..] else { panic!("another node is asked") };
    assert_ne!(other, silent);
    let slot = bench.reply(other, call, Reply::NotLeader { hint: Some(silent) });
    client.receive(slot, &mut bench.at(521));
    assert_eq!(bench.asked(), []);
    client.retry(Errand::Operation(ops[1]), &mut bench.at(541));
    let [(next, call)] = bench.asked()[..] else { panic!("one of the others is asked") };
    assert_ne!(next, other);
    // The next hint is followed: one lost frame must not make a leader an outcast.
    assert_eq!(client.silent, None);
    let hint = NodeId(next.0 % 3 + 1);
    let slot = bench.reply(next, call, Reply::NotLeader { hint: Some(hint) });
    client.receive(slot, &mut bench.at(542));
    assert_eq!(bench.asked().len(), 1);
}

#[test]
fn a_busy_leader_is_asked_again_and_later_each_time() {
    let (model, operation) = (model(), OperationId(1));
    let mut client = Client::new(ClientId(1), &model, 3, 7, 1);
    let mut bench = Bench::new();
    client.arrive(operation, &mut bench.at(10));
    timers(&mut client);
    let mut waits = Vec::new();
    let [(leader, mut call)] = bench.asked()[..] else { panic!("one node is asked") };
    for _ in 0..3 {
        let words = client.words_drawn();
        let slot = bench.reply(leader, call, Reply::Busy);
        client.receive(slot, &mut bench.at(100));
        assert_eq!(bench.asked(), [], "not at once");
        assert_eq!(client.words_drawn(), words + 2, "as after any refusal");
        waits.extend(timers(&mut client).into_iter().map(|(at, _)| at - 100));
        client.retry(Errand::Operation(operation), &mut bench.at(100));
        let [(same, next)] = bench.asked()[..] else { panic!("it is asked again") };
        assert_eq!(same, leader, "busy or not, it leads");
        call = next;
    }
    assert_eq!(waits, [20, 40, 80]);
    let late = bench.reply(leader, CallId(1), Reply::Busy);
    client.receive(late, &mut bench.at(200));
    assert_eq!(timers(&mut client), [], "an answer to a call that is over");
}

#[test]
fn only_what_was_refused_is_without_effect() {
    let (model, operation) = (model(), OperationId(1));
    let run = |refused: bool| {
        let mut client = Client::new(ClientId(1), &model, 3, 7, 1);
        let mut bench = Bench::new();
        client.arrive(operation, &mut bench.at(10));
        let [(node, call)] = bench.asked()[..] else { panic!("one node is asked") };
        if refused {
            let slot = bench.reply(node, call, Reply::NotLeader { hint: None });
            client.receive(slot, &mut bench.at(11));
        }
        client.give_up(Errand::Operation(operation), &mut bench.at(510));
        let late = bench.reply(node, call, Reply::Unknown);
        client.receive(late, &mut bench.at(600));
        client.retry(Errand::Operation(operation), &mut bench.at(700));
        assert_eq!(bench.asked(), [], "what has ended is not asked for again");
        bench.outcomes()
    };
    assert_eq!(run(true), [Outcome::Refused]);
    assert_eq!(run(false), [Outcome::Unknown]);
}

#[test]
fn reads_are_asked_of_those_known_to_be_members_each_in_its_turn() {
    let model = Clients { mix: crate::plan::Mix { put: 0, get: 1 << 32, cas: 0 }, ..model() };
    let mut client = Client::new(ClientId(1), &model, 5, 7, 1).who_reads_at(Some(3));
    let mut bench = Bench::new();
    let mut asked = std::collections::BTreeSet::new();
    for operation in 1..=50 {
        client.arrive(OperationId(operation), &mut bench.at(10 * operation));
        asked.extend(bench.asked().into_iter().map(|(node, _)| node.0));
    }
    assert_eq!(asked.into_iter().collect::<Vec<_>>(), [1, 2, 3]);
}

fn patient(retry_after: Option<u64>, sessions: bool) -> Clients {
    let sessions = sessions.then_some(Sessions { most: 10 });
    Clients { retry_after: retry_after.map(Duration::from_millis), sessions, ..model() }
}

fn done() -> Outcome {
    Outcome::Done { previous: None, previous_index: crate::ids::Index(0), written: true }
}

#[test]
fn a_client_that_hears_nothing_asks_another_node_and_takes_the_late_answer() {
    let (model, operation) = (patient(Some(100), false), OperationId(1));
    let errand = Errand::Operation(operation);
    let mut client = Client::new(ClientId(1), &model, 3, 7, 1);
    let mut bench = Bench::new();
    client.arrive(operation, &mut bench.at(10));
    let [(first, call)] = bench.asked()[..] else { panic!("one node is asked") };
    assert!(timers(&mut client).contains(&(110, Timer::Silence(errand, call))));
    client.lose_patience(errand, call, &mut bench.at(110));
    let [(second, _)] = bench.asked()[..] else { panic!("another node is asked") };
    assert_ne!(first, second);
    client.lose_patience(errand, call, &mut bench.at(110));
    assert_eq!(bench.asked(), [], "only the call under way can go without an answer");
    let redirection = bench.reply(first, call, Reply::NotLeader { hint: Some(first) });
    client.receive(redirection, &mut bench.at(120));
    assert_eq!(bench.asked(), [], "where to ask is of no use any more");
    let answer = bench.reply(first, call, Reply::Applied(done()));
    client.receive(answer, &mut bench.at(121));
    assert!(client.calls.is_empty());
    assert_eq!(bench.outcomes(), [done()]);
}

#[test]
fn a_refusal_does_not_take_back_an_earlier_call_without_answer() {
    let (model, operation) = (patient(Some(100), false), OperationId(1));
    let errand = Errand::Operation(operation);
    let mut client = Client::new(ClientId(1), &model, 3, 7, 1);
    let mut bench = Bench::new();
    client.arrive(operation, &mut bench.at(10));
    let [(_, call)] = bench.asked()[..] else { panic!("one node is asked") };
    client.lose_patience(errand, call, &mut bench.at(110));
    let [(second, call)] = bench.asked()[..] else { panic!("another node is asked") };
    let refusal = bench.reply(second, call, Reply::NotLeader { hint: None });
    client.receive(refusal, &mut bench.at(111));
    client.give_up(errand, &mut bench.at(510));
    assert_eq!(bench.outcomes(), [Outcome::Unknown]);
}

#[test]
fn who_may_ask_so_often_only_ends_then_as_refused_or_unknown() {
    let attempts = NonZeroU32::new(2);
    let operation = OperationId(1);
    let errand = Errand::Operation(operation);
    let model = Clients { backoff: Backoff { attempts, ..model().backoff }, ..patient(Some(100), false) };
    let run = |silent: bool| {
        let mut client = Client::new(ClientId(1), &model, 3, 7, 1);
        let mut bench = Bench::new();
        client.arrive(operation, &mut bench.at(10));
        let [(node, call)] = bench.asked()[..] else { panic!("one node is asked") };
        if silent {
            client.lose_patience(errand, call, &mut bench.at(110));
        } else {
            let slot = bench.reply(node, call, Reply::Busy);
            client.receive(slot, &mut bench.at(11));
            client.retry(errand, &mut bench.at(31));
        }
        let [(node, call)] = bench.asked()[..] else { panic!("it is asked for again") };
        let slot = bench.reply(node, call, Reply::Busy);
        client.receive(slot, &mut bench.at(120));
        client.retry(errand, &mut bench.at(200));
        assert_eq!(bench.asked(), [], "twice is all");
        bench.outcomes()
    };
    assert_eq!(run(false), [Outcome::Refused]);
    assert_eq!(run(true), [Outcome::Unknown], "the first call may still take effect");
}

#[test]
fn a_budget_is_spent_by_all_operations_together() {
    let budget = Some(Budget { ratio: Rate::ZERO, burst: 1 });
    let model = Clients { backoff: Backoff { budget, ..model().backoff }, ..model() };
    let mut client = Client::new(ClientId(1), &model, 3, 7, 1);
    let mut bench = Bench::new();
    for operation in [1, 2] {
        client.arrive(OperationId(operation), &mut bench.at(10));
        let [(node, call)] = bench.asked()[..] else { panic!("the first try costs nothing") };
        let slot = bench.reply(node, call, Reply::Busy);
        client.receive(slot, &mut bench.at(11));
    }
    client.retry(Errand::Operation(OperationId(1)), &mut bench.at(31));
    assert_eq!(bench.asked().len(), 1);
    client.retry(Errand::Operation(OperationId(2)), &mut bench.at(31));
    assert_eq!(bench.asked(), [], "the one retry is spent");
    assert_eq!(bench.outcomes(), [Outcome::Refused]);
}

#[test]
fn a_client_that_waits_after_silence_takes_the_late_answer_meanwhile() {
    let backoff = Backoff { after_silence: true, ..model().backoff };
    let model = Clients { backoff, ..patient(Some(100), false) };
    let operation = OperationId(1);
    let errand = Errand::Operation(operation);
    let mut client = Client::new(ClientId(1), &model, 3, 7, 1);
    let mut bench = Bench::new();
    client.arrive(operation, &mut bench.at(10));
    let [(node, call)] = bench.asked()[..] else { panic!("one node is asked") };
    timers(&mut client);
    client.lose_patience(errand, call, &mut bench.at(110));
    assert_eq!(bench.asked(), []);
    assert_eq!(timers(&mut client), [(130, Timer::Retry(errand))]);
    let slot = bench.reply(node, call, Reply::Applied(done()));
    client.receive(slot, &mut bench.at(120));
    client.retry(errand, &mut bench.at(130));
    assert_eq!(bench.asked(), [], "it is over");
    assert_eq!(bench.outcomes(), [done()]);
}

#[test]
fn a_client_turns_away_from_a_node_that_does_not_answer_until_a_probe_succeeds() {
    let breaker = Breaker {
        window: 1,
        open_at: Rate::new(1.0).expect("a rate"),
        cool_down: Duration::from_secs(1),
        probes: 1,
    };
    let model = Clients { breaker: Some(breaker), ..patient(Some(100), false) };
    let mut client = Client::new(ClientId(1), &model, 1, 7, 1);
    let mut bench = Bench::new();
    let begin = |client: &mut Client<'_>, bench: &mut Bench, operation, millis| {
        client.arrive(OperationId(operation), &mut bench.at(millis));
        bench.asked()
    };
    let [(node, call)] = begin(&mut client, &mut bench, 1, 10)[..] else { panic!("the node is asked") };
    client.lose_patience(Errand::Operation(OperationId(1)), call, &mut bench.at(110));
    assert_eq!(bench.asked(), [], "there is no other node");
    assert_eq!(begin(&mut client, &mut bench, 2, 600), []);
    let [(_, probe)] = begin(&mut client, &mut bench, 3, 1_200)[..] else { panic!("a probe") };
    assert_eq!(begin(&mut client, &mut bench, 4, 1_201), [], "one at a time");
    let slot = bench.reply(node, probe, Reply::Applied(done()));
    client.receive(slot, &mut bench.at(1_210));
    assert_eq!(begin(&mut client, &mut bench, 5, 1_220).len(), 1);
    let changes: Vec<_> = (bench.trace.into_observer().iter())
        .filter_map(|record| match record.body {
            Body::Breaker { was, is, .. } => Some((was, is)),
            _ => None,
        })
        .collect();
    use crate::trace::BreakerState::{Closed, HalfOpen, Open};
    assert_eq!(changes, [(Closed, Open), (Open, HalfOpen), (HalfOpen, Closed)]);
}

#[test]
fn where_frames_may_arrive_twice_no_refusal_is_certain() {
    let (model, operation) = (model(), OperationId(1));
    let mut client = Client::new(ClientId(1), &model, 3, 7, 1).whose_frames_repeat(true);
    let mut bench = Bench::new();
    client.arrive(operation, &mut bench.at(10));
    let [(node, call)] = bench.asked()[..] else { panic!("one node is asked") };
    let refusal = bench.reply(node, call, Reply::NotLeader { hint: None });
    client.receive(refusal, &mut bench.at(11));
    client.give_up(Errand::Operation(operation), &mut bench.at(510));
    assert_eq!(bench.outcomes(), [Outcome::Unknown]);
}

/// The commands that were sent since the last time, with node and call.
fn sent(bench: &mut Bench) -> Vec<(NodeId, CallId, Command)> {
    let command = |slot: &Slot| {
        let frame = bench.frames.get(*slot);
        let (_, payload) = frame::decode(&frame.bytes, true, &bench.frames.integrity).expect("a frame");
        let (command, _) = crate::rpc::store::decode_command(payload).expect("a command");
        (frame.to.as_node().expect("a node"), frame.call, command)
    };
    let all = bench.out.iter().map(command).collect();
    bench.out.clear();
    all
}

fn number(command: &Command) -> (u64, u64, u64) {
    let Command::InSession(ticket, _) = command else { panic!("{command:?} is in no session") };
    (ticket.command.session.0, ticket.command.serial.0, ticket.awaited.0)
}

#[test]
fn operations_wait_for_a_session_and_are_numbered_in_it() {
    let model = patient(None, true);
    let mut client = Client::new(ClientId(1), &model, 3, 7, 1);
    let mut bench = Bench::new();
    client.arrive(OperationId(1), &mut bench.at(10));
    let [(node, call, Command::Register)] = sent(&mut bench)[..] else { panic!("a session is asked for") };
    client.arrive(OperationId(2), &mut bench.at(11));
    assert_eq!(bench.asked(), [], "the second operation waits for the same session");
    let registered = bench.reply(node, call, Reply::Registered(SessionId(9)));
    client.receive(registered, &mut bench.at(12));
    let asked = sent(&mut bench);
    let numbers: Vec<_> = asked.iter().map(|(.., command)| number(command)).collect();
    assert_eq!(numbers, [(9, 1, 1), (9, 2, 1)]);
    // The first is done: it is not awaited any more.
    let answer = bench.reply(node, asked[0].1, Reply::Applied(done()));
    client.receive(answer, &mut bench.at(13));
    client.arrive(OperationId(3), &mut bench.at(14));
    assert_eq!(number(&sent(&mut bench)[0].2), (9, 3, 2));
}

#[test]
fn a_client_whose_session_is_gone_does_not_know_and_opens_another() {
    let model = patient(None, true);
    let mut client = Client::new(ClientId(1), &model, 3, 7, 1);
    let mut bench = Bench::new();
    client.arrive(OperationId(1), &mut bench.at(10));
    client.arrive(OperationId(2), &mut bench.at(10));
    let (node, call, _) = sent(&mut bench)[0];
    let registered = bench.reply(node, call, Reply::Registered(SessionId(9)));
    client.receive(registered, &mut bench.at(12));
    let [(_, first, _), (_, second, _)] = sent(&mut bench)[..] else { panic!("both are asked for") };
    let gone = bench.reply(node, first, Reply::NoSession);
    client.receive(gone, &mut bench.at(13));
    client.arrive(OperationId(3), &mut bench.at(14));
    let [(_, call, Command::Register)] = sent(&mut bench)[..] else { panic!("another session") };
    let registered = bench.reply(node, call, Reply::Registered(SessionId(20)));
    client.receive(registered, &mut bench.at(15));
    assert_eq!(number(&sent(&mut bench)[0].2), (20, 1, 1));
    // That the old one is gone says nothing of the new one.
    let gone = bench.reply(node, second, Reply::NoSession);
    client.receive(gone, &mut bench.at(16));
    client.arrive(OperationId(4), &mut bench.at(17));
    assert_eq!(number(&sent(&mut bench)[0].2), (20, 2, 1));
    assert_eq!(bench.outcomes(), [Outcome::Unknown, Outcome::Unknown]);
}

#[test]
fn a_registration_without_answer_is_given_up_and_another_one_begins() {
    let model = patient(None, true);
    let mut client = Client::new(ClientId(1), &model, 3, 7, 1);
    let mut bench = Bench::new();
    client.arrive(OperationId(1), &mut bench.at(10));
    bench.asked();
    client.give_up(Errand::Operation(OperationId(1)), &mut bench.at(510));
    client.give_up(Errand::Registration(1), &mut bench.at(510));
    assert_eq!(bench.asked(), [], "nobody waits for a session");
    client.arrive(OperationId(2), &mut bench.at(520));
    client.give_up(Errand::Registration(2), &mut bench.at(600));
    assert_eq!(bench.asked().len(), 2, "the second registration, and the third");
    assert_eq!(bench.outcomes(), [Outcome::Refused], "an operation that waited was never asked for");
}

#[test]
fn a_client_without_restraint_heeds_no_wait_no_bound_and_no_breaker() {
    let (ms, mut model) = (Duration::from_millis, patient(Some(100), false));
    model.backoff.attempts = NonZeroU32::new(2);
    model.backoff.after_silence = true;
    model.breaker =
        Some(Breaker { window: 1, open_at: Rate::new(0.1).expect("a rate"), cool_down: ms(400), probes: 1 });
    let mut client = Client::new(ClientId(1), &model, 3, 7, 1).with_bug(Some(Bug::RetryWithoutBackoff));
    let (mut bench, operation) = (Bench::new(), OperationId(1));
    client.arrive(operation, &mut bench.at(10));
    timers(&mut client);
    for times in 0..5 {
        let [(_, call)] = bench.asked()[..] else { panic!("it asks again") };
        let now = 110 + 101 * times;
        client.lose_patience(Errand::Operation(operation), call, &mut bench.at(now));
        assert_eq!(timers(&mut client), [(now + 1, Timer::Retry(Errand::Operation(operation)))]);
        client.retry(Errand::Operation(operation), &mut bench.at(now + 1));
        timers(&mut client);
    }
    assert_eq!(bench.outcomes(), [], "it goes on");
}
