//! What a random run owes once it has settled: a leader, progress, service, each within a time that follows from the
//! parameters that were drawn. Where they allow no such time within the run, only safety is judged.
//!
//! **A leader.** A round is the time in which every node that has no leader times out once, at most the greatest timeout
//! `T2` long. Among the nodes that are up at least one has a log as good as any majority's; its campaign succeeds if
//! nobody else's timer ends so near to its own that the two requests cross. A request is on its way for `d`, a flush and
//! a latency, and half a flush more on average, since term and vote have to be durable first and another flush may be
//! under way. So no other timer may end within `d` before or after; each does with a probability of at most
//! `2d / (T2 - T1)`, with the mean of `d`, since timers and delays are independent. With `n` nodes a round succeeds with
//! at least `p = (1 - 2d / (T2 - T1))^(n-1)` (Raft paper, section 9.3: the spread of the timers decides). As many rounds
//! are allowed as make a false alarm rarer than one in a million. Where requests cross for certain, or candidates may
//! give up before the slowest answer is there, no leader is owed at all. Where servers ask for pre-votes (thesis 9.6), `d` is
//! longer by the round trip of these; where they refuse while a leader is current, the least timeout is
//! allowed on top.
//!
//! **Progress** also takes a leader that stays: heartbeats that come in time, and a wider window, since votes have to
//! return and the leader has to show itself to all before the next timer ends. Then it brings up to date those whom it
//! needs for a majority, at worst with all that was ever asked for. More than one batch each round trip is not counted
//! on: what is sent without waiting for answers is refused where links reorder it, and then sent again. Where clients ask
//! for more than that, the backlog may grow for ever, and nothing but a leader is owed.
//!
//! Where leaders have circuit breakers, these may have to cool down first; where a usual call may have no answer by its
//! deadline they may stay open, and nothing but a leader is owed.
//!
//! **Service** is back when the last operation that began before is over. It is not owed where a disk was wiped: a blank
//! node stays silent, and a client may ask it first. Nor is it where a leader may often be busy,
//! where clients may give an operation up before its time, or where members change: clients ask who is none as well.
//!
//! **Where frames cost something** each waits for others (`overload`). Nothing is owed where the usual load may be too much.
//!
//! **Where members change** a leader and progress are owed as well, with every machine taken for one that may campaign:
//! once all faults are over whoever is a voter is up. They are not where a quorum of wiped disks may be left, or where
//! removed servers may disturb the others for ever.

use super::overload::{Serving, flooded};
use super::restraint::USUAL;
use crate::plan::{
    Action, Arrival, Clients, Core, Expectation, Implementation, Integrity, Moment, Plan, Span, Storm,
};
use crate::rng::{Distribution, Rate};
use crate::time::Duration;
use std::num::NonZeroU32;

/// A false alarm is to be rarer than this.
const FALSE_ALARM: f64 = 1e-6;

/// The share of the time after settling that may go by before what is owed is there; the rest is to show it.
pub(super) const IN_TIME: f64 = 0.8;

/// Over so many operations service is judged at the least.
const ENOUGH_OPERATIONS: f64 = 30.0;

/// Commands that come at random may come so many times as fast for a while.
const SPARE: f64 = 1.25;

/// What an entry takes in a message besides its value, in bytes; rather too much.
const ENTRY_OVERHEAD: u32 = 64;

/// What a run of this plan owes, in the order of its gravity.
pub(super) fn expectations(plan: &Plan) -> Vec<Expectation> {
    let Some(settle) = plan.settle.filter(|settle| settle.core == Core::All) else { return Vec::new() };
    if may_end_without_quorum(plan) || may_be_led_astray(plan) {
        return Vec::new();
    }
    let Some(serving) = Serving::of(plan) else { return Vec::new() };
    let times = Times::of(plan, &serving);
    let left = plan.duration.as_secs_f64() - seconds(settle.from.since(crate::time::Time::ZERO));
    let mut owed = Vec::new();
    let late = stragglers(plan) + serving.drain;
    let bound = times.elected_usually().map(|bound| bound + late);
    let Some(bound) = bound.filter(|bound| *bound <= left) else {
        return owed;
    };
    owed.push(Expectation::LeaderWithin { bound: duration(bound), after: Moment::Settle });
    let Some(clients) = &plan.clients else { return owed };
    let Some(stable) = times.stable() else { return owed };
    let asked = Asked::of(clients, &times, plan);
    let Some(caught_up) = times.caught_up(&asked, plan) else { return owed };
    // With sessions a registration of before has to be over as well, and then an operation that waited for it.
    let pursued = if clients.sessions.is_some() { 2.0 } else { 1.0 } * seconds(clients.timeout);
    // A breaker that is open when all is over has to cool down, and its probe to be answered.
    let closed = match &plan.cluster.breaker {
        Some(_) if 1.5 * times.round_trip() >= seconds(plan.cluster.call_timeout) => return owed,
        Some(breaker) => 2.0 * (seconds(breaker.cool_down) + seconds(plan.cluster.call_timeout)),
        None => 0.0,
    };
    let served = late + stable + caught_up + closed + pursued;
    if served + asked.gap > IN_TIME * left {
        return owed;
    }
    owed.push(Expectation::Progress { during: Span::Settle });
    let patient = is_patient(clients, &times, plan) && has_room(&asked, &times, plan);
    let enough = (left - served) * asked.served_per_second >= ENOUGH_OPERATIONS;
    let any = |is: fn(&Action) -> bool| plan.faults.iter().any(|fault| is(&fault.action));
    if patient && enough && !any(Action::takes_disks) && !any(Action::changes_members) {
        owed.push(Expectation::Returns { within: duration(served), after: Moment::Settle, to: None });
    }
    owed
}

/// Whether nodes may have been told by frames that nobody sent so, what is not: then nothing can be said of what they do.
pub(super) fn may_be_led_astray(plan: &Plan) -> bool {
    let integrity = &plan.cluster.integrity;
    actions(plan).any(|action| match action {
        Action::Corrupt { .. } => *integrity == Integrity::Unchecked,
        Action::Forge { .. } => !matches!(integrity, Integrity::Keyed { .. }),
        _ => false,
    })
}

/// What goes wrong in a run.
pub(super) fn actions(plan: &Plan) -> impl Iterator<Item = &Action> + Clone {
    plan.faults.iter().map(|fault| &fault.action).chain(plan.storms.iter().map(|storm| &storm.action))
}

/// For how long frames of before may still be on their way once all faults are over, beyond what links take: nodes may meet
/// an old candidate, or an old leader, so late. Of a storm several faults may delay the same frame.
pub(super) fn stragglers(plan: &Plan) -> f64 {
    let delay = |action: &Action| match action {
        Action::Delay { by, .. } => seconds(by.max()),
        _ => 0.0,
    };
    let at_once =
        |storm: &Storm| 1.0 + 4.0 * seconds(storm.length.max()) / seconds(storm.every.max()).max(1e-3) * 20.0;
    let storms = plan.storms.iter().map(|storm| delay(&storm.action) * at_once(storm));
    plan.faults.iter().map(|fault| delay(&fault.action)).chain(storms).sum()
}

/// Whether changes of the members may keep the cluster from ever having a leader that stays. A leader looks whether enough
/// of those who are left have answered of late, but a disk may be wiped right after. And a removed server that nobody told
/// deposes one leader after the other, where neither sticky servers nor pre-votes keep it from that (thesis 4.2.3).
///
/// Nor is anything certain where disks lie.
pub(super) fn may_end_without_quorum(plan: &Plan) -> bool {
    let mut actions = actions(plan);
    let raft = &plan.cluster.raft;
    let is_protected = raft.pre_vote || raft.sticky;
    let changes = actions.clone().any(Action::changes_members);
    changes && (!is_protected || actions.clone().any(Action::takes_disks))
        || actions.any(|action| matches!(action, Action::LoseFlush(_)))
}

/// Whether clients pursue their operations for so long, and wait for each answer for so long, that a leader that is well
/// serves them; and whether they keep their sessions.
fn is_patient(clients: &Clients, times: &Times, plan: &Plan) -> bool {
    let answer = 4.0 * (times.round_trip() + seconds(plan.network.clients.latency.max()));
    // Who has opened a session knows where the leader is.
    let steps = if clients.sessions.is_some() { 2.0 } else { 1.0 };
    is_unrestrained(clients)
        && seconds(clients.timeout) >= steps * answer + 0.25
        && clients.retry_after.is_none_or(|wait| seconds(wait) >= answer)
        && !may_expire(clients, plan)
}

/// Whether clients ask for as long as they pursue an operation, whomever they like, and soon again.
pub(super) fn is_unrestrained(clients: &Clients) -> bool {
    let backoff = &clients.backoff;
    let is_bounded = backoff.attempts.is_some() || backoff.budget.is_some();
    clients.breaker.is_none() && !is_bounded && !backoff.after_silence && backoff.cap <= USUAL.cap
}

/// Whether a leader that is well is hardly ever busy: it may take several times as many commands as come while it commits
/// one.
fn has_room(asked: &Asked, times: &Times, plan: &Plan) -> bool {
    let Some(most) = plan.cluster.raft.flow.max_uncommitted_bytes else { return true };
    let value = plan.clients.as_ref().map_or(0, |clients| clients.value_bytes);
    let room = f64::from(most.get() / (value + ENTRY_OVERHEAD));
    let meanwhile = asked.commands_per_second * times.round_trip();
    room >= 4.0 * meanwhile + 6.0 * libm::sqrt(meanwhile) + 4.0
}

/// Whether sessions may be dropped while they are in use. A registration that has no answer leaves one behind that nobody
/// uses; each client begins at most one in the time of an operation, and one more.
fn may_expire(clients: &Clients, plan: &Plan) -> bool {
    let rounds = plan.duration.as_secs_f64() / seconds(clients.timeout) + 1.0;
    let registrations = f64::from(clients.count) * rounds * asks(clients, plan);
    clients.sessions.is_some_and(|sessions| f64::from(sessions.most) < registrations)
}

/// How often something that a client asks for may get into the log: once each time that it hears nothing, and twice where
/// its frames are duplicated.
fn asks(clients: &Clients, plan: &Plan) -> f64 {
    let times =
        clients.retry_after.map_or(1.0, |wait| 1.0 + libm::floor(seconds(clients.timeout) / seconds(wait)));
    times * if plan.network.clients.duplicate == Rate::ZERO { 1.0 } else { 2.0 }
}

/// The times of a plan on which elections depend, in seconds.
pub(super) struct Times {
    nodes: u32,
    heartbeat: f64,
    timeout: (f64, f64),
    /// How far the timeouts of one node lie apart.
    spread: f64,
    latency: (f64, f64),
    flush: f64,
    /// How long a message that waits for a write is on its way, on average.
    usual_way: f64,
    pre_vote: bool,
    check_quorum: bool,
    sticky: bool,
    /// For how long a leader counts as current, at most.
    current: f64,
    /// How likely it is that who campaigns first is one of those with whom nothing is wrong.
    share: f64,
}

impl Times {
    pub(super) fn of(plan: &Plan, serving: &Serving) -> Self {
        let raft = &plan.cluster.raft;
        let latency = &plan.network.default.latency;
        let flush = &plan.cluster.flush;
        let (least, most) = (seconds(raft.election_timeout.0), seconds(raft.election_timeout.1));
        // A clock that is fast makes a node's timers short, and their spread.
        let rates = plan.cluster.drifts_ppm.iter().map(|drift| 1.0 + f64::from(*drift) / 1e6);
        let (slowest, fastest) =
            rates.fold((1.0_f64, 1.0_f64), |(slowest, fastest), rate| (slowest.min(rate), fastest.max(rate)));
        let mean =
            |distribution: &Distribution| (seconds(distribution.min()) + seconds(distribution.max())) / 2.0;
        Self {
            nodes: plan.cluster.nodes(),
            heartbeat: seconds(raft.heartbeat) / slowest,
            timeout: (least / fastest, most / slowest),
            spread: (most - least) / fastest,
            latency: (seconds(latency.min()), seconds(latency.max()) + serving.queue),
            flush: seconds(flush.max()),
            usual_way: 1.5 * mean(flush) + mean(latency) + serving.queue,
            pre_vote: raft.pre_vote,
            check_quorum: raft.check_quorum,
            sticky: raft.sticky,
            current: seconds(raft.election_timeout.0) / slowest,
            share: best_first(plan, (most / fastest, most / slowest), (most - least) / fastest),
        }
    }

    /// The same where something stays wrong with all but a majority of the nodes.
    pub(super) fn of_majority(self) -> Self {
        Self { share: self.share * f64::from(self.nodes / 2 + 1) / f64::from(self.nodes), ..self }
    }

    /// How long a message that waits for a write is on its way, at most.
    fn on_its_way(&self) -> f64 {
        2.0 * self.flush + self.latency.1
    }

    /// How long it takes until a follower's answer is there, at most.
    pub(super) fn round_trip(&self) -> f64 {
        self.on_its_way() + self.latency.1
    }

    /// Within which time there is a leader that stays; none if that can't be said.
    pub(super) fn stable(&self) -> Option<f64> {
        let shown = 3.0 * self.usual_way + (self.latency.0 + self.latency.1) / 2.0;
        self.elected(shown).filter(|_| self.heartbeats_come_in_time())
    }

    /// Within which time there is a leader; none if that can't be said.
    pub(super) fn elected_usually(&self) -> Option<f64> {
        self.elected(2.0 * self.usual_way)
    }

    /// Within which time there is a leader, if around its campaign no other timer may end within a window so long, on
    /// average; none if that can't be said.
    fn elected(&self, window: f64) -> Option<f64> {
        let on_its_way = self.on_its_way();
        let (least, most) = self.timeout;
        if self.nodes == 1 {
            return Some(most + 2.0 * on_its_way);
        }
        // Others may ask as well until the first request for votes has come: with pre-votes a round trip later.
        let asking = if self.pre_vote { self.latency.0 + self.latency.1 } else { 0.0 };
        let crossed = (window + asking) / self.spread;
        if crossed >= 1.0 || least < 2.0 * on_its_way {
            return None;
        }
        let succeeds = libm::pow(1.0 - crossed, f64::from(self.nodes - 1)) * self.share;
        let rounds = if succeeds >= 1.0 - FALSE_ALARM {
            1.0
        } else {
            // Where next to no round succeeds this grows beyond any run.
            libm::ceil(libm::log(FALSE_ALARM) / libm::log1p(-succeeds))
        };
        let asked = if self.pre_vote { 2.0 * self.latency.1 } else { 0.0 };
        // The last leader may still count as current.
        let current = if self.pre_vote || self.sticky { self.current } else { 0.0 };
        // One round more, since timers may run when it begins.
        Some(current + (rounds + 1.0) * (most + asked + 2.0 * on_its_way))
    }

    /// Whether no follower's timer ends while its leader is well: heartbeats may come late by what latency varies. A
    /// leader that looks after its quorum waits for answers, too.
    fn heartbeats_come_in_time(&self) -> bool {
        let answer = if self.check_quorum { self.round_trip() } else { 0.0 };
        self.timeout.0 > self.heartbeat + self.latency.1 - self.latency.0 + answer
    }

    /// How long it takes to bring a follower up to date that has nothing of what was asked for; none if new commands may
    /// come faster than that goes.
    pub(super) fn caught_up(&self, asked: &Asked, plan: &Plan) -> Option<f64> {
        let terms = asked.seconds / self.timeout.0;
        let value = plan.clients.as_ref().map_or(0, |clients| clients.value_bytes).max(flooded(plan).1);
        let raft = &plan.cluster.raft;
        let most = raft.flow.max_inflight_bytes.map_or(u32::MAX, NonZeroU32::get).min(raft.max_batch_bytes);
        let batch = f64::from((most / (value + ENTRY_OVERHEAD)).max(1));
        // Of many round trips the mean counts.
        let usual_trip = self.usual_way + (self.latency.0 + self.latency.1) / 2.0;
        let gained = batch / usual_trip - SPARE * asked.commands_per_second;
        // To find where the logs part takes a round for each term in which they differ.
        let rounds = 20.0 * self.round_trip();
        let installed = self.installed(value, plan);
        let behind = installed * asked.commands_per_second;
        (gained > 0.0).then(|| installed + (asked.entries + terms + behind) / gained + rounds)
    }

    /// How long a snapshot of all keys takes to get to a follower, chunk by chunk. A follower that is needed for a majority
    /// needs one at most: without it nothing more is committed, and so no log is cut any further.
    fn installed(&self, value: u32, plan: &Plan) -> f64 {
        let raft = &plan.cluster.raft;
        if raft.snapshot_every.is_none() {
            return 0.0;
        }
        let keys = plan.clients.as_ref().map_or(0, |clients| clients.keys);
        let bytes = f64::from(value + ENTRY_OVERHEAD) * f64::from(keys);
        let chunks = libm::ceil(bytes / f64::from(raft.snapshot_chunk.get())) + 1.0;
        chunks * (self.latency.0 + self.latency.1) + self.round_trip()
    }
}

/// How likely it is in a round that who has the best log campaigns first, where that has to be; the greatest timeouts of a fast
/// clock and of a slow one are given. By the paper's rules others ask it in vain, and its timer goes on. In etcd's Raft, and
/// TiKV's after it, whoever meets a later term starts its timer afresh: so each round is a new draw for all, and the one's clock
/// may be the slowest. Pre-votes raise no term.
fn best_first(plan: &Plan, (fast, slow): (f64, f64), spread: f64) -> f64 {
    if plan.cluster.implementation != Implementation::RaftRs || plan.cluster.raft.pre_vote {
        return 1.0;
    }
    let handicap = ((slow - fast) / spread).clamp(0.0, 1.0);
    let nodes = f64::from(plan.cluster.nodes());
    libm::pow(1.0 - handicap, nodes) / nodes
}

/// What clients ask for.
pub(super) struct Asked {
    /// For how long before all faults are over.
    seconds: f64,
    /// How many entries that makes, at most.
    entries: f64,
    /// How many commands come in a second while none is answered.
    commands_per_second: f64,
    /// How many operations end in a second while all are done.
    served_per_second: f64,
    /// How long it may take until the next one begins.
    pub(super) gap: f64,
}

impl Asked {
    pub(super) fn of(clients: &Clients, times: &Times, plan: &Plan) -> Self {
        let settle = plan.settle.map_or(plan.duration, |settle| settle.from.since(crate::time::Time::ZERO));
        let seconds_before = seconds(settle);
        let count = f64::from(clients.count);
        let timeout = seconds(clients.timeout);
        // Where sessions expire each operation may take a registration.
        let tries = asks(clients, plan) * if may_expire(clients, plan) { 2.0 } else { 1.0 };
        let registrations = if clients.sessions.is_some() { count * tries / timeout } else { 0.0 };
        let mut asked = match clients.arrival {
            Arrival::OpenLoop { mean } => {
                let rate = count / seconds(mean);
                Self {
                    seconds: seconds_before,
                    // Six standard deviations above the mean.
                    entries: rate * seconds_before + 6.0 * libm::sqrt(rate * seconds_before),
                    commands_per_second: rate,
                    served_per_second: rate,
                    gap: ENOUGH_OPERATIONS / rate,
                }
            }
            Arrival::ClosedLoop { think } => {
                let think = seconds(think);
                let fastest = think + 2.0 * times.latency.0 + seconds(plan.cluster.flush.min());
                Self {
                    seconds: seconds_before,
                    entries: count * seconds_before / fastest,
                    commands_per_second: count / (timeout + think),
                    served_per_second: count / (timeout + think),
                    gap: timeout + think,
                }
            }
        };
        asked.entries = asked.entries * tries + registrations * seconds_before + flooded(plan).0;
        asked.commands_per_second = asked.commands_per_second * tries + registrations;
        asked
    }
}

pub(super) fn seconds(duration: Duration) -> f64 {
    duration.as_secs_f64()
}

/// Rounded up to whole milliseconds.
pub(super) fn duration(seconds: f64) -> Duration {
    Duration::from_millis(libm::ceil(seconds * 1e3) as u64)
}
