//! One machine: a disk that survives crashes, and a process that does not.
//!
//! The host carries out what its replica asks for. It holds frames until the writes they depend on are durable, tells
//! the replica what has become durable, feeds committed entries to the state machine and answers clients. What needs
//! the rest of the world (frames to route, a flush to wait for, a time to be woken at) it leaves for the world to
//! fetch.

mod admission;
mod breakers;
mod clock;
mod doubtful;
mod inbox;
mod log;
mod members;
mod process;
mod reads;
mod requests;
mod sessions;
mod state;
mod state_machine;
mod store;
mod view;

pub use view::{NodeView, Power, Queues};

use crate::cpu::Cpu;
use crate::disk::Disk;
use crate::ids::{Address, Epoch, Index, NodeId, RecordId, Term, WriteId};
use crate::net::{Slot, Wire};
use crate::replica::{
    Bug, Change, ChangeStep, Effects, Function, Input, Members, NoChange, NoTransfer, Options, Recovered,
    Role, Software, Status, TransferStep,
};
use crate::rng::{Rate, Stream};
use crate::rpc::access::{self, Right};
use crate::rpc::breaker::Limits;
use crate::time::{Duration, Time};
use crate::trace::{Body, Digest, Loss, Observer, StopReason};
use clock::Clock;
use log::Log;
use process::Process;

/// What all hosts of a cluster share.
pub struct Setup<'s> {
    /// The implementation of Raft.
    pub software: &'s dyn Software,
    /// The protocol's parameters.
    pub options: &'s Options,
    /// The seed of the replicas' streams.
    pub seed: u64,
    /// How many nodes there are.
    pub nodes: usize,
    /// How many clients there are.
    pub clients: u32,
    /// The cluster's number in every frame.
    pub cluster: u64,
    /// By when a request to another node has to be answered.
    pub call_timeout: Duration,
    /// When a leader sends only heartbeats to a node that does not answer; none for never.
    pub breaker: Option<Limits>,
    /// The node whose first timeout ends at once.
    pub first_leader: Option<NodeId>,
    /// The priority of each node, in order; 0 where the list ends.
    pub priorities: &'s [u32],
    /// How likely a crash leaves part of what was not flushed.
    pub torn: Rate,
    /// Whether a machine serves nothing while it flushes.
    pub blocking: bool,
    /// How many sessions of clients are kept at most.
    pub most_sessions: u32,
    /// Whether clients may ask twice for the same, so that each command that is carried out is recorded.
    pub clients_repeat: bool,
}

/// One machine.
///
/// - The process exists from boot to crash; the disk outlives it.
/// - The epoch rises with each boot.
/// - Nothing piles up unless the process is paused, or serves frames at a cost: then they wait in its inbox instead.
pub struct Host {
    id: NodeId,
    clock: Clock,
    /// By how many parts per million its clock is fast.
    drift_ppm: i64,
    /// By how many nanoseconds its clock on the wall is ahead.
    wall_ahead_ns: i64,
    epoch: Epoch,
    disk: Disk,
    process: Option<Process>,
    /// Reused by every step of every life.
    effects: Effects,
    pauses: u32,
    backlog: Vec<Slot>,
    /// Where frames cost nothing there is none.
    cpu: Option<Box<Cpu<Slot>>>,
    unseen_flush: Option<WriteId>,
    /// The record of the flush that ended last, where it may be seen late.
    flushed: Option<RecordId>,
    flush_due: Option<Time>,
    flush_cause: Option<RecordId>,
    deadline_cause: Option<RecordId>,
    /// What the replicas of earlier lives have drawn.
    past_words: u64,
    /// Whether its last process stopped since the disk was full.
    stopped_by_full_disk: bool,
    /// The time at which the world will look after the replica's deadline. The world keeps it.
    pub armed: Option<Time>,
}

impl Host {
    /// A machine that has not been started yet. `drifts_ppm` tells by how many parts per million the clock of each node is fast,
    /// in order; 0 where the list ends. Without a `cpu` frames cost nothing.
    pub fn new(id: NodeId, disk: Disk, cpu: Option<Cpu<Slot>>, drifts_ppm: &[i32]) -> Self {
        Self {
            id,
            clock: Clock::of(id, drifts_ppm),
            drift_ppm: drifts_ppm.get(id.slot()).copied().unwrap_or(0).into(),
            wall_ahead_ns: 0,
            epoch: Epoch::ZERO,
            disk,
            process: None,
            effects: Effects::default(),
            pauses: 0,
            backlog: Vec::new(),
            cpu: cpu.map(Box::new),
            unseen_flush: None,
            flushed: None,
            flush_due: None,
            flush_cause: None,
            deadline_cause: None,
            past_words: 0,
            stopped_by_full_disk: false,
            armed: None,
        }
    }

    /// Who it is.
    pub fn id(&self) -> NodeId {
        self.id
    }

    /// Its address on the network.
    pub fn address(&self) -> Address {
        self.id.into()
    }

    /// Which of its lives it is in.
    pub fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// What its replica shows of itself; none if it is down.
    pub fn status(&self) -> Option<Status> {
        self.process.as_ref().map(Process::status)
    }

    /// Whether it has a process, stopped or not.
    #[inline]
    pub fn is_up(&self) -> bool {
        self.process.is_some()
    }

    /// The term in which its replica leads, if it does.
    #[inline]
    pub fn leads_in(&self) -> Option<Term> {
        let status = &self.process.as_ref()?.status;
        (status.role == Role::Leader).then_some(status.term)
    }

    /// Whether its process is stopped for a while.
    pub fn is_paused(&self) -> bool {
        self.pauses > 0
    }

    /// Whether it is up and its process runs.
    pub fn is_running(&self) -> bool {
        self.process.is_some() && !self.is_paused()
    }

    /// When its replica wants to be woken; none while nothing can wake it.
    pub fn deadline(&self) -> Option<Time> {
        if self.is_running() && !self.is_busy() { self.due() } else { None }
    }

    /// Whether it is looked after at its replica's deadline, or before.
    #[inline(always)]
    pub fn is_armed(&self) -> bool {
        self.armed.is_some_and(|armed| self.due().is_none_or(|due| due >= armed))
    }

    fn due(&self) -> Option<Time> {
        self.effects.deadline.map(|deadline| self.clock.world(deadline))
    }

    /// The record of the step that set the deadline.
    pub fn deadline_cause(&self) -> Option<RecordId> {
        self.deadline_cause
    }

    /// Takes the time at which a flush that has begun will end.
    pub fn take_flush(&mut self) -> Option<Time> {
        self.flush_due.take()
    }

    /// Starts the machine from its disk. If that can't be recovered, it stays down.
    ///
    /// # Panics
    /// If it is up.
    pub fn boot<O: Observer>(&mut self, setup: &Setup<'_>, wire: &mut Wire<'_, O>) {
        assert!(self.process.is_none(), "only what is down can start");
        self.epoch = self.epoch.next();
        self.stopped_by_full_disk = false;
        let booted = self.disk.start().and_then(|(recovered, torn)| {
            if torn > 0 {
                wire.trace.effect(self.address(), Body::TailCut { bytes: torn });
            }
            let log = Log::of(recovered.base, &recovered.entries);
            let record = self.booted(&recovered, &log);
            if self.epoch == Epoch(1) {
                for (index, term, hash) in log.iter() {
                    wire.trace.effect(self.address(), Body::Preloaded { index, term, hash });
                }
            }
            let process = Process::boot(
                self.id,
                self.epoch,
                &recovered,
                log,
                &mut self.effects,
                setup,
                (self.clock, wire.now),
            )?;
            Ok((process, record))
        });
        match booted {
            Ok((process, record)) => {
                self.deadline_cause = Some(wire.trace.effect(self.address(), record));
                process.show_start(wire);
                self.process = Some(process);
            }
            Err(_) => {
                wire.trace.effect(self.address(), Body::Stopped { reason: StopReason::Unrecoverable });
            }
        }
    }

    fn booted(&self, recovered: &Recovered, log: &Log) -> Body {
        Body::Booted {
            epoch: self.epoch,
            blank: recovered.genesis.is_none(),
            term: recovered.hard_state.term,
            vote: recovered.hard_state.vote,
            last: log.last(),
            hash: log.hash(),
        }
    }

    /// Loses power: memory, what was not flushed (all of it, or all but some), and the frames that were held. Returns those that
    /// had piled up, which now find nobody.
    pub fn crash<O: Observer>(&mut self, setup: &Setup<'_>, wire: &mut Wire<'_, O>) -> Vec<Slot> {
        wire.trace.effect(self.address(), Body::Crashed);
        self.disk.crash(self.tears(setup));
        self.past_words += self.process.as_ref().map_or(0, Process::words_drawn);
        for slot in self.process.take().into_iter().flat_map(Process::into_held) {
            wire.frames.release(slot);
        }
        (self.pauses, self.unseen_flush, self.flush_due, self.armed) = (0, None, None, None);
        let mut piled_up = std::mem::take(&mut self.backlog);
        piled_up.extend(self.cpu.iter_mut().flat_map(|cpu| cpu.crash()));
        piled_up
    }

    /// A word for how much of what was not flushed a crash leaves, if it leaves any. Each crash has a stream of its own.
    fn tears(&self, setup: &Setup<'_>) -> Option<u64> {
        if setup.torn == Rate::ZERO {
            return None;
        }
        let mut stream = Stream::new(setup.seed, "torn tail", u64::from(self.id.0), self.epoch.0);
        let [likely, place] = stream.words();
        setup.torn.hits(likely).then_some(place)
    }

    /// A write has failed, or the software: the process ends itself rather than go on without it.
    #[cold]
    fn stop<O: Observer>(&mut self, reason: StopReason, setup: &Setup<'_>, wire: &mut Wire<'_, O>) {
        wire.trace.effect(self.address(), Body::Stopped { reason });
        self.stopped_by_full_disk = reason == StopReason::DiskFull;
        for slot in self.crash(setup, wire) {
            inbox::lose(slot, Loss::ReceiverDown, wire);
        }
    }

    /// Whether its process stopped since the disk was full, and was not started since.
    pub fn is_stopped_by_full_disk(&self) -> bool {
        self.stopped_by_full_disk
    }

    /// Its disk, for what goes wrong with it.
    pub fn disk_mut(&mut self) -> &mut Disk {
        &mut self.disk
    }

    /// One bit of its disk turns over; which one is drawn from a stream of its own for each.
    pub fn rot<O: Observer>(&mut self, setup: &Setup<'_>, wire: &mut Wire<'_, O>) {
        let key = u64::from(self.id.0);
        let word = Stream::new(setup.seed, "rot", key, self.disk.rotted()).word();
        if let Some((at, bit)) = self.disk.rot(word) {
            wire.trace.effect(self.address(), Body::Rotted { at, bit });
        }
    }

    /// Its clock runs faster from now on by so many parts per million, or slower.
    pub fn drift<O: Observer>(&mut self, by_ppm: i64, wire: &mut Wire<'_, O>) {
        self.drift_ppm += by_ppm;
        self.set_clock(self.clock.running(self.drift_ppm, wire.now));
        let ppm =
            i32::try_from(self.drift_ppm).unwrap_or(if self.drift_ppm < 0 { i32::MIN } else { i32::MAX });
        wire.trace.effect(self.address(), Body::ClockRate { ppm });
    }

    fn set_clock(&mut self, clock: Clock) {
        self.clock = clock;
        if let Some(process) = &mut self.process {
            process.set_clock(clock);
        }
    }

    /// Its clock on the wall is put ahead, or back. Nobody looks at that one, least of all for timers.
    /// [`Bug::TimersByWallClock`]: the replica's timers do.
    pub fn put_clock<O: Observer>(&mut self, by_ns: i64, setup: &Setup<'_>, wire: &mut Wire<'_, O>) {
        self.wall_ahead_ns = self.wall_ahead_ns.saturating_add(by_ns);
        if setup.options.bug == Some(Bug::TimersByWallClock) {
            self.set_clock(self.clock.put(by_ns, wire.now));
        }
        wire.trace.effect(self.address(), Body::ClockStepped { ahead_ns: self.wall_ahead_ns });
    }

    /// Loses its disk, after a crash.
    pub fn wipe<O: Observer>(&mut self, wire: &mut Wire<'_, O>) {
        wire.trace.effect(self.address(), Body::Wiped);
        self.disk.wipe();
    }

    /// Stops the process once more.
    pub fn pause<O: Observer>(&mut self, wire: &mut Wire<'_, O>) {
        self.pauses += 1;
        if self.pauses == 1 {
            wire.trace.effect(self.address(), Body::Paused);
            self.cpu.iter_mut().for_each(|cpu| cpu.pause(wire.now));
        }
    }

    /// Takes back one pause. What has piled up waits until it is fetched.
    pub fn resume<O: Observer>(&mut self, setup: &Setup<'_>, wire: &mut Wire<'_, O>) {
        self.pauses -= 1;
        if self.pauses > 0 {
            return;
        }
        wire.trace.effect(self.address(), Body::Resumed);
        if self.has_inbox() {
            return self.resume_service(setup, wire);
        }
        if let Some(write) = self.unseen_flush.take() {
            self.see_flush(write, setup, wire);
        }
    }

    /// Takes the frames that have piled up, in order, if the process runs. If it was paused again at the same instant
    /// they stay where they are.
    pub fn take_backlog(&mut self) -> Vec<Slot> {
        if self.is_running() { std::mem::take(&mut self.backlog) } else { Vec::new() }
    }

    /// Wakes the replica at its deadline.
    pub fn wake<O: Observer>(&mut self, setup: &Setup<'_>, wire: &mut Wire<'_, O>) {
        self.step(Input::Wake, setup, wire);
        assert!(
            self.deadline().is_none_or(|deadline| deadline > wire.now),
            "after a wake the deadline lies ahead"
        );
    }

    /// The flush under way has ended, unless the disk is stalled.
    pub fn end_flush<O: Observer>(&mut self, setup: &Setup<'_>, wire: &mut Wire<'_, O>) {
        if self.disk.keeps_back() {
            return;
        }
        let write = self.disk.end_flush();
        let body = Body::Flushed { write };
        let flushed = wire.trace.event_in_place(wire.now, self.address(), self.flush_cause, body);
        if self.has_inbox() {
            (self.unseen_flush, self.flushed) = (Some(write), Some(flushed));
            self.end_blocking(setup, wire);
        } else if self.is_paused() {
            self.unseen_flush = Some(write);
        } else {
            self.see_flush(write, setup, wire);
        }
    }

    fn see_flush<O: Observer>(&mut self, write: WriteId, setup: &Setup<'_>, wire: &mut Wire<'_, O>) {
        if let Some(process) = &mut self.process {
            process.release_held(write, setup, wire);
        }
        self.step(Input::Persisted(write), setup, wire);
    }

    /// A frame has arrived at a machine whose process is paused.
    pub fn pile_up(&mut self, slot: Slot) {
        self.backlog.push(slot);
    }

    /// A frame has arrived.
    #[inline(always)]
    pub fn receive<O: Observer>(&mut self, slot: Slot, setup: &Setup<'_>, wire: &mut Wire<'_, O>) {
        // The bytes leave the pool while the replica reads them, since its answers are laid out there.
        let frame = wire.frames.get_mut(slot);
        let (from, intact, kind, class) = (frame.from, frame.intact, frame.kind, frame.class);
        let bytes = std::mem::take(&mut frame.bytes);
        if let Some(process) = &mut self.process
            && let Some(input) = process.admit(from, &bytes, (intact, class), setup, wire)
        {
            if !intact {
                wire.trace.effect(self.address(), Body::Believed { from, kind });
            }
            self.step_in_place(input, setup, wire);
        }
        wire.frames.get_mut(slot).bytes = bytes;
        wire.frames.release(slot);
    }

    /// Proposes a command of nobody's: load without clients, for measurements.
    pub fn propose<O: Observer>(&mut self, command: &[u8], setup: &Setup<'_>, wire: &mut Wire<'_, O>) {
        if let Some(process) = &mut self.process {
            let request = process.number_request(None);
            self.step(Input::Propose { request, command }, setup, wire);
        }
    }

    /// An operator asks for a transfer of leadership to another node, which only a leader has. A process that is paused or
    /// down refuses, by silence: that is recorded as a refusal.
    pub fn transfer<O: Observer>(&mut self, to: NodeId, setup: &Setup<'_>, wire: &mut Wire<'_, O>) {
        if self.grants(Function::Transfer) {
            self.step(Input::Transfer { to }, setup, wire);
        } else {
            wire.trace
                .effect(self.address(), Body::Transfer { to, step: TransferStep::Refused(NoTransfer::Down) });
        }
    }

    /// Has its replica campaign at once, if its process runs.
    pub fn campaign<O: Observer>(&mut self, setup: &Setup<'_>, wire: &mut Wire<'_, O>) {
        if self.is_running() {
            self.step(Input::Campaign, setup, wire);
        }
    }

    /// Its last entry's term, and its index.
    pub fn last_entry(&self) -> Option<(Term, Index)> {
        self.process.as_ref().map(Process::last_entry)
    }

    /// From now on it has no breakers.
    pub fn close_breakers(&mut self) {
        self.process.iter_mut().for_each(|process| process.breakers.clear());
    }

    /// An operator asks for other members. A process that is paused or down refuses, by silence.
    pub fn change<O: Observer>(&mut self, change: Change, setup: &Setup<'_>, wire: &mut Wire<'_, O>) {
        if self.grants(Function::ChangeMembership) {
            self.step(Input::ChangeMembership(change), setup, wire);
        } else {
            let why = if self.is_running() { NoChange::NotLeader } else { NoChange::Down };
            let step = ChangeStep::Refused(why);
            wire.trace.effect(self.address(), Body::Change { change, step });
        }
    }

    /// Whether an operator who asks for this now is not sent elsewhere.
    fn grants(&self, function: Function) -> bool {
        let role = self.status().filter(|_| self.is_running()).map(|status| status.role);
        role.is_some_and(|role| access::right(role, function) == Right::Allow)
    }

    /// The members in force for its replica; none if it is down.
    pub fn members(&self) -> Option<Members> {
        self.process.as_ref().map(Process::members)
    }

    /// How many changes of the members its replica has found done since it started; 0 if it is down.
    pub fn changes_done(&self) -> u64 {
        self.process.as_ref().map_or(0, |process| process.changes_done)
    }

    fn step<O: Observer>(&mut self, input: Input<'_>, setup: &Setup<'_>, wire: &mut Wire<'_, O>) {
        self.step_in_place(input, setup, wire);
    }

    /// The same in place, for what there is most of.
    #[inline(always)]
    fn step_in_place<O: Observer>(&mut self, input: Input<'_>, setup: &Setup<'_>, wire: &mut Wire<'_, O>) {
        let before = self.effects.deadline;
        let Some(process) = &mut self.process else { return };
        let mut input = input;
        loop {
            let durable = process.durable();
            process.step(input, &mut self.effects, &mut self.disk, setup, wire);
            if process.has_written_down() {
                process.hand_written_down(&mut self.effects, &mut self.disk, setup, wire);
            }
            if let Some(reason) = process.has_failed() {
                return self.stop(reason, setup, wire);
            }
            if process.durable() == durable {
                break;
            }
            process.release_held(process.durable(), setup, wire);
            input = Input::Persisted(process.durable());
        }
        if let Some(latency) = self.disk.begin_flush() {
            self.flush_due = Some(wire.now + latency);
            self.flush_cause = wire.trace.current();
            if setup.blocking {
                self.cpu.iter_mut().for_each(|cpu| cpu.begin_flush());
            }
        }
        if self.effects.deadline != before {
            self.deadline_cause = wire.trace.current();
        }
    }

    /// What it holds at the end of a run.
    pub fn final_record(&self) -> Body {
        let recovered = self.disk.recover().unwrap_or_default();
        let state = recovered.hard_state;
        let mut hard_state = Digest::default();
        hard_state.fold(&[state.term.0, state.vote.map_or(0, |vote| u64::from(vote.0))]);
        let on_disk = || Log::of(recovered.base, &recovered.entries).hash();
        let log = self.process.as_ref().map_or_else(on_disk, Process::log_hash);
        let store = self.process.as_ref().map_or(0, Process::store_hash);
        Body::FinalNode { log, hard_state: hard_state.value() as u64, store }
    }

    /// How many words its disk and its replicas, in all its lives, have drawn.
    pub fn words_drawn(&self) -> [u64; 2] {
        let replica = self.process.as_ref().map_or(0, Process::words_drawn);
        [self.disk.words_drawn(), self.past_words + replica]
    }
}
