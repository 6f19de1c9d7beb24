//! The event loop: takes what comes next, lets the machine concerned act, and routes what it hands over.
//!
//! One world is one run of one plan with one seed, on one thread. It knows no checker and no report; whoever wants to
//! know what happens observes its records.
//!
//! At one instant events come in this order: faults, ends of flushes, frames that were put off, and those whose service ends,
//! arrivals of frames, wakes, clients and floods. So a frame that arrives at the instant of a timeout is seen before it, and a fault hits what happens
//! at its instant.

mod afflicted;
mod agenda;
mod blows;
mod by_hand;
mod faults;
mod floods;
mod forger;
mod genesis;
mod milestones;
mod remedies;
mod settling;
mod storms;
mod targets;
mod view;

pub(crate) use faults::kind;
pub use remedies::Remedy;
pub use view::View;

use crate::client::{Client, Timer};
use crate::cpu::Cpu;
use crate::disk::Disk;
use crate::host::{Host, Setup};
use crate::ids::{Address, ClientId, Epoch, NodeId, OperationId};
use crate::net::{Fate, Frames, Network, Slot, Wire};
use crate::plan::{Breaker, Clients, Plan};
use crate::queue::Queue;
use crate::replica::{Software, Traffic};
use crate::rng::{Rate, Stream};
use crate::rpc::breaker::Limits;
use crate::time::{Duration, Time};
use crate::trace::digest::content;
use crate::trace::{Body, Digest, Loss, Observer, Trace};
use afflicted::integrity;
use faults::Faults;
use floods::Floods;
use genesis::Genesis;
use milestones::Doings;
use std::num::NonZeroU64;

/// The number in every frame of a simulated cluster.
const CLUSTER: u64 = u64::from_le_bytes(*b"squall\0\x01");
/// So many events at one instant mean that time no longer passes.
const LIVELOCK: u32 = 1_000_000;

/// What comes out of the queue.
#[derive(Clone, Copy, Debug)]
enum Event {
    Faults,
    Flush(NodeId, Epoch),
    Arrival(Slot),
    /// An arrival that was put off at a link's end, by a clog.
    LateArrival(Slot),
    /// A process that was paused turns to what has piled up.
    Backlog(NodeId),
    Wake(NodeId, Epoch),
    Client(ClientId, Timer),
    /// The service of a frame ends.
    Served(NodeId, Epoch),
    /// The next request of a flood.
    Flood(u32),
}

impl Event {
    /// The order of events at one instant.
    const fn class(self) -> u8 {
        match self {
            Self::Faults => 0,
            Self::Flush(..) => 1,
            Self::LateArrival(_) | Self::Backlog(_) | Self::Served(..) => 2,
            Self::Arrival(_) => 3,
            Self::Wake(..) => 4,
            Self::Client(..) | Self::Flood(_) => 5,
        }
    }
}

/// A run under way.
pub struct World<'p, O> {
    plan: &'p Plan,
    setup: Setup<'p>,
    now: Time,
    queue: Queue<Event>,
    trace: Trace<O>,
    network: Network,
    frames: Frames,
    out: Vec<Slot>,
    hosts: Vec<Host>,
    clients: Vec<Client<'p>>,
    operations: OperationId,
    faults: Faults<'p>,
    floods: Floods,
    events: u64,
    at_this_instant: u32,
    livelock: bool,
    most_events: u64,
    /// The traffic that is withheld from nodes, once for each fault that does it.
    starving: Vec<(NodeId, Traffic)>,
    /// Whether clients and floods ask for nothing any more.
    is_idle: bool,
    /// Whether nobody but leaders is woken any more.
    is_patient: bool,
    /// Until when clients begin nothing, and ask for nothing once more.
    quiet_until: Time,
    disturbance: Option<Duration>,
}

/// When the breakers of a plan open, and how they close.
const fn limits(breaker: Breaker) -> Limits {
    let Breaker { window, open_at, cool_down, probes } = breaker;
    Limits { window, open_at, cool_down, probes }
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    /// The digest of all records.
    pub digest: Digest,
    /// How many records there were.
    pub records: u64,
    /// How many events were taken from the queue.
    pub events: u64,
    /// How far time got.
    pub time: Time,
    /// Whether it ended because time no longer passed.
    pub livelock: bool,
    /// How many frames wait in the inbox of each machine; none where there are no inboxes.
    pub waiting: Vec<u64>,
}

impl<'p, O: Observer> World<'p, O> {
    /// A world in which every machine has just been started, at time 0, and whose faults and clients will come.
    pub fn new(plan: &'p Plan, software: &'p dyn Software, seed: u64, observer: O) -> Self {
        let nodes: Vec<NodeId> = (1..=plan.cluster.nodes()).map(NodeId).collect();
        let members = plan.cluster.members();
        let setup = Setup {
            software,
            options: &plan.cluster.raft,
            seed,
            nodes: nodes.len(),
            clients: plan.clients.as_ref().map_or(0, |clients| clients.count),
            cluster: CLUSTER,
            call_timeout: plan.cluster.call_timeout,
            breaker: plan.cluster.breaker.map(limits),
            first_leader: plan.cluster.first_leader,
            priorities: &plan.cluster.priorities,
            torn: plan.cluster.torn,
            blocking: plan.cluster.blocking,
            most_sessions: plan.clients.as_ref().and_then(|it| it.sessions).map_or(0, |it| it.most),
            clients_repeat: plan.clients.as_ref().is_some_and(Clients::repeat),
        };
        let genesis = Genesis::new(plan, seed);
        let host = |&id: &NodeId| {
            let stream = Stream::new(seed, "disk", u64::from(id.0), 0);
            let mut disk = Disk::new(plan.cluster.flush, stream);
            disk.format(&members, genesis.hard_state(), &genesis.log(id));
            let cpu = Cpu::of(plan.cluster.cpu, plan.cluster.blocking);
            Host::new(id, disk, cpu, &plan.cluster.drifts_ppm)
        };
        let repeats = plan.network.clients.duplicate != Rate::ZERO;
        let members_at_first = plan.cluster.voters + plan.cluster.learners;
        let readable = plan.cluster.raft.reads.at_followers.then_some(members_at_first);
        let client = |id, model| {
            Client::new(ClientId(id), model, plan.cluster.nodes(), CLUSTER, seed)
                .whose_frames_repeat(repeats)
                .who_reads_at(readable)
                .with_bug(plan.cluster.raft.bug)
        };
        let mut world = Self {
            plan,
            setup,
            now: Time::ZERO,
            queue: Queue::default(),
            trace: Trace::new(observer),
            network: Network::new(plan, seed),
            frames: Frames::new(integrity(&plan.cluster.integrity)),
            out: Vec::new(),
            hosts: nodes.iter().map(host).collect(),
            clients: plan.clients.iter().flat_map(|m| (1..=m.count).map(move |id| client(id, m))).collect(),
            operations: OperationId::ZERO,
            faults: Faults::new(plan, seed),
            floods: Floods::default(),
            events: 0,
            at_this_instant: 0,
            livelock: false,
            most_events: plan.events.map_or(u64::MAX, NonZeroU64::get),
            starving: Vec::new(),
            is_idle: false,
            is_patient: false,
            quiet_until: Time::ZERO,
            disturbance: None,
        };
        world.start();
        world
    }

    /// Makes this run differ from its plan and seed, by an additional delay of one frame: to see whether a check of
    /// determinism notices.
    pub fn disturb(&mut self, delay: Duration) {
        self.disturbance = Some(delay);
    }

    fn start(&mut self) {
        self.schedule_faults();
        for slot in 0..self.hosts.len() {
            self.with_host(slot, Host::boot);
        }
        for slot in 0..self.clients.len() {
            self.with_client(slot, |_, _| ());
        }
    }

    #[inline(always)]
    fn push(&mut self, time: Time, event: Event) {
        self.queue.push(time, event.class(), event);
    }

    /// Runs to the plan's end and records what is there then.
    pub fn run(mut self) -> End {
        self.run_until(Time::ZERO + self.plan.duration);
        self.finish()
    }

    /// Carries out every event before `end`. Whether it could: it stops for good where time no longer passes, and where
    /// the observer has seen enough.
    pub fn run_until(&mut self, end: Time) -> bool {
        while !self.livelock
            && !self.trace.observer().is_done()
            && let Some((time, event)) = self.queue.pop_before(end)
        {
            if time > self.now {
                (self.now, self.at_this_instant) = (time, 0);
            }
            self.events += 1;
            // What was put off was under way before this instant, however much it is.
            self.at_this_instant += u32::from(!matches!(event, Event::LateArrival(_)));
            self.carry_out(event);
            self.start_waiting_faults();
            self.livelock = self.at_this_instant >= LIVELOCK || self.events >= self.most_events;
        }
        let goes_on = !self.livelock && !self.trace.observer().is_done();
        if goes_on && end > self.now {
            (self.now, self.at_this_instant) = (end, 0);
        }
        goes_on
    }

    #[inline(always)]
    fn carry_out(&mut self, event: Event) {
        match event {
            Event::Arrival(slot) => self.arrive(slot),
            Event::Wake(node, epoch) => self.wake(node, epoch),
            _ => self.carry_out_others(event),
        }
    }

    /// Carries out what is none of the two events that there are most of.
    #[inline(never)]
    fn carry_out_others(&mut self, event: Event) {
        match event {
            Event::Arrival(_) | Event::Wake(..) => unreachable!("seen to before"),
            Event::Faults => self.see_to_faults(),
            Event::Flush(node, epoch) => {
                if self.hosts[node.slot()].epoch() == epoch && self.hosts[node.slot()].is_up() {
                    self.with_host(node.slot(), Host::end_flush);
                }
            }
            Event::LateArrival(slot) => self.arrive(slot),
            Event::Backlog(node) => {
                for slot in self.hosts[node.slot()].take_backlog() {
                    self.deliver(slot);
                }
            }
            Event::Client(..) | Event::Flood(_) if self.is_idle => {}
            Event::Client(_, timer) if self.now < self.quiet_until && timer.asks() => {
                self.push(self.quiet_until, event);
            }
            Event::Client(client, timer) => self.serve_timer(client, timer),
            Event::Served(node, epoch) => {
                if self.hosts[node.slot()].epoch() == epoch {
                    self.with_host(node.slot(), Host::end_service);
                }
            }
            Event::Flood(flow) => self.flood(flow),
        }
    }

    fn wake(&mut self, node: NodeId, epoch: Epoch) {
        let host = &mut self.hosts[node.slot()];
        if host.epoch() != epoch || host.armed != Some(self.now) {
            return;
        }
        host.armed = None;
        if self.is_patient && host.leads_in().is_none() {
            return;
        }
        if host.deadline().is_some_and(|deadline| deadline <= self.now) {
            self.trace.event(self.now, host.address(), host.deadline_cause(), Body::Woke);
            self.with_host(node.slot(), Host::wake);
        } else {
            self.arm(node.slot());
        }
    }

    /// Sees to it that the host is looked after at its deadline. A deadline that has moved later is looked after when
    /// the earlier time comes up, so that a heartbeat that puts off a timeout costs no event.
    #[inline(always)]
    fn arm(&mut self, slot: usize) {
        if !self.hosts[slot].is_armed() {
            self.arm_earlier(slot);
        }
    }

    #[inline(never)]
    fn arm_earlier(&mut self, slot: usize) {
        let host = &mut self.hosts[slot];
        let Some(deadline) = host.deadline() else { return };
        // A process that was paused past its deadline is late.
        let due = deadline.max(self.now);
        if host.armed.is_none_or(|armed| due < armed) {
            host.armed = Some(due);
            let wake = Event::Wake(host.id(), host.epoch());
            self.queue.push(due, wake.class(), wake);
        }
    }

    fn serve_timer(&mut self, client: ClientId, timer: Timer) {
        match timer {
            Timer::Arrival => {
                self.operations = self.operations.next();
                let operation = self.operations;
                self.with_client(client.slot(), |client, wire| client.arrive(operation, wire));
            }
            Timer::Deadline(errand) => {
                self.with_client(client.slot(), |client, wire| client.give_up(errand, wire));
            }
            Timer::Retry(errand) => {
                self.with_client(client.slot(), |client, wire| client.retry(errand, wire));
            }
            Timer::Silence(errand, call) => {
                self.with_client(client.slot(), |client, wire| client.lose_patience(errand, call, wire));
            }
        }
    }

    /// A frame comes to the end of its link.
    #[inline(always)]
    fn arrive(&mut self, slot: Slot) {
        if self.network.is_whole() && self.starving.is_empty() {
            self.deliver(slot);
        } else {
            self.arrive_in_trouble(slot);
        }
    }

    /// A frame comes to the end of its link, and something is wrong with links.
    #[inline(never)]
    fn arrive_in_trouble(&mut self, slot: Slot) {
        let link = self.frames.get(slot).link;
        if self.network.is_cut(link) {
            self.lose_on_arrival(slot, Loss::CutAtArrival);
        } else if self.network.is_clogged(link) {
            self.network.hold(link, slot);
        } else if !self.starving.is_empty() && self.is_withheld(slot) {
            self.lose_on_arrival(slot, Loss::Starved);
        } else {
            self.deliver(slot);
        }
    }

    /// The loss of a frame is itself what was taken from the queue.
    fn lose_on_arrival(&mut self, slot: Slot, why: Loss) {
        let frame = self.frames.get(slot);
        let body = Body::Lost { to: frame.to, kind: frame.kind, why };
        self.trace.event(self.now, frame.from, frame.sent, body);
        self.frames.release(slot);
    }

    /// A frame is lost by what is going on.
    fn lose(&mut self, slot: Slot, why: Loss) {
        let frame = self.frames.get(slot);
        let body = Body::Lost { to: frame.to, kind: frame.kind, why };
        self.trace.because(frame.from, frame.sent, body);
        self.frames.release(slot);
    }

    fn deliver(&mut self, slot: Slot) {
        let frame = self.frames.get(slot);
        let Some(node) = frame.to.as_node() else { return self.deliver_to_client(slot) };
        let host = &mut self.hosts[node.slot()];
        if !host.is_up() {
            return self.lose_on_arrival(slot, Loss::ReceiverDown);
        }
        if host.has_inbox() {
            return self.with_host(node.slot(), |host, setup, wire| host.enqueue(slot, setup, wire));
        }
        if host.is_paused() {
            return host.pile_up(slot);
        }
        self.trace.event_in_place(self.now, node.into(), frame.sent, frame.delivered());
        self.with_host(node.slot(), |host, setup, wire| host.receive(slot, setup, wire));
    }

    #[inline(never)]
    fn deliver_to_client(&mut self, slot: Slot) {
        let frame = self.frames.get(slot);
        let client = frame.to.as_client().expect("frames go to nodes and clients");
        self.trace.event(self.now, frame.to, frame.sent, frame.delivered());
        self.with_client(client.slot(), |client, wire| client.receive(slot, wire));
    }

    /// Lets a host act, and fetches what it leaves.
    fn with_host<T>(
        &mut self,
        slot: usize,
        act: impl FnOnce(&mut Host, &Setup<'p>, &mut Wire<'_, O>) -> T,
    ) -> T {
        let watched = self.watches_nodes();
        let Self { now, setup, trace, frames, out, hosts, .. } = self;
        let mut wire = Wire { now: *now, trace, frames, out };
        let host = &mut hosts[slot];
        let before = if watched { Doings::of(host) } else { Doings::default() };
        let result = act(host, setup, &mut wire);
        if let Some(due) = host.take_flush() {
            let flush = Event::Flush(host.id(), host.epoch());
            self.queue.push(due, flush.class(), flush);
        }
        if host.has_inbox()
            && let Some(due) = host.take_service()
        {
            let served = Event::Served(host.id(), host.epoch());
            self.queue.push(due, served.class(), served);
        }
        self.arm(slot);
        self.route();
        if watched {
            self.watch(slot, before);
        }
        result
    }

    /// Lets a client act, and fetches what it leaves.
    fn with_client<T>(&mut self, slot: usize, act: impl FnOnce(&mut Client<'p>, &mut Wire<'_, O>) -> T) -> T {
        let Self { now, trace, frames, out, clients, queue, .. } = self;
        let mut wire = Wire { now: *now, trace, frames, out };
        let client = &mut clients[slot];
        let result = act(client, &mut wire);
        let id = ClientId(slot as u32 + 1);
        for (time, timer) in client.take_timers() {
            let event = Event::Client(id, timer);
            queue.push(time, event.class(), event);
        }
        self.route();
        result
    }

    /// Sends what was handed over on its way.
    #[inline(always)]
    fn route(&mut self) {
        for at in 0..self.out.len() {
            let slot = self.out[at];
            let frame = self.frames.get_mut(slot);
            if frame.to == Address::CROWD {
                self.frames.release(slot);
                continue;
            }
            frame.link = self.network.link_id(frame.from, frame.to);
            match self.network.send_surely(frame.link) {
                Some(delay) if self.disturbance.is_none() => {
                    self.push(self.now + delay, Event::Arrival(slot))
                }
                Some(delay) => self.send_frame(slot, Fate::Arrives(delay, None)),
                None => {
                    let ends = (frame.from, frame.to);
                    let fate = self.network.send(frame.link, ends, frame.bytes.len(), self.now);
                    self.send_frame(slot, fate);
                }
            }
        }
        self.out.clear();
    }

    #[inline(never)]
    fn send_frame(&mut self, slot: Slot, fate: Fate) {
        let frame = self.frames.get(slot);
        let (from, to, kind, cause) = (frame.from, frame.to, frame.kind, frame.sent);
        match fate {
            Fate::Cut => self.lose(slot, Loss::CutAtSending),
            Fate::Lost => self.lose(slot, Loss::Random),
            Fate::Afflicted(plight) => self.send_afflicted(slot, &plight),
            Fate::Arrives(delay, second) => {
                let delay = delay.saturating_add(self.take_disturbance());
                self.push(self.now + delay, Event::Arrival(slot));
                if let Some(second) = second {
                    self.trace.because(from, cause, Body::Duplicated { to, kind });
                    let copy = self.frames.duplicate(slot);
                    self.push(self.now + second, Event::Arrival(copy));
                }
            }
        }
    }

    /// The additional delay that one frame of a disturbed run gets, once the run is well under way.
    fn take_disturbance(&mut self) -> Duration {
        const UNDER_WAY: u64 = 2_500;
        if self.disturbance.is_none() || self.trace.len() < UNDER_WAY {
            return Duration::ZERO;
        }
        self.disturbance.take().unwrap_or_default()
    }

    /// Proposes a command to the effective leader, without a client. Whether there was one to take it.
    pub fn propose(&mut self, command: &[u8]) -> bool {
        let Some(leader) = self.effective_leader() else { return false };
        self.propose_at(leader, command);
        true
    }

    fn propose_at(&mut self, node: NodeId, command: &[u8]) {
        let body = Body::Proposed { bytes: command.len() as u32, hash: content(command) };
        self.trace.event(self.now, node.into(), None, body);
        self.with_host(node.slot(), |host, setup, wire| host.propose(command, setup, wire));
    }

    /// The world's time.
    pub fn now(&self) -> Time {
        self.now
    }

    /// Ends the run here, and records what is there.
    pub fn finish(mut self) -> End {
        self.give_up_what_waits();
        for host in &self.hosts {
            self.trace.event(self.now, host.address(), None, host.final_record());
        }
        let mut positions = Digest::default();
        let hosts = self.hosts.iter().flat_map(Host::words_drawn);
        let clients = self.clients.iter().map(Client::words_drawn);
        for words in self.network.words_drawn().chain(hosts).chain(clients) {
            positions.fold(&[words]);
        }
        let positions = positions.value() as u64;
        self.trace.event(self.now, Address::WORLD, None, Body::FinalStreams { positions });
        End {
            digest: self.trace.digest(),
            records: self.trace.len(),
            events: self.events,
            time: self.now,
            livelock: self.livelock,
            waiting: self.hosts.iter().filter_map(Host::waiting).collect(),
        }
    }
}
