//! A host that serves its frames at a cost: one at a time, out of a bounded inbox.
//!
//! It is a server with one thread. While a frame is under service nothing else happens: a timer that has run out and a
//! flush that has ended are seen when that frame is done, ahead of those that wait. A process that is paused stands
//! still; what comes meanwhile waits in the inbox, or is dropped where there is no room: nobody is there to refuse it.

use super::requests::Asker;
use super::{Host, Setup};
use crate::cpu::{Admission, Lane, Served};
use crate::net::{Slot, Wire};
use crate::replica::Role;
use crate::rpc::frame::{self, CLIENT_REQUEST, FIRST_CLIENT_KIND};
use crate::rpc::store::Reply;
use crate::time::Time;
use crate::trace::{Body, Loss, Observer};

impl Host {
    /// Whether frames wait in an inbox before the process sees them.
    #[inline]
    pub fn has_inbox(&self) -> bool {
        self.cpu.is_some()
    }

    /// How many frames wait in its inbox; none if there is none.
    pub fn waiting(&self) -> Option<u64> {
        self.cpu.as_ref().map(|cpu| cpu.waiting() as u64)
    }

    /// Whether its process has something under service, or waits for a flush.
    #[inline]
    pub(super) fn is_busy(&self) -> bool {
        self.cpu.as_ref().is_some_and(|cpu| cpu.is_busy())
    }

    /// Takes the time at which a service that has begun will end.
    #[cold]
    pub fn take_service(&mut self) -> Option<Time> {
        self.cpu.as_mut()?.take_fresh()
    }

    /// A fault makes each frame cost so many thousandths of what it does; of several the greatest counts.
    pub fn slow_down(&mut self, permille: u32) {
        self.cpu.iter_mut().for_each(|cpu| cpu.slow_down(permille));
    }

    /// Takes one such fault back.
    pub fn speed_up(&mut self, permille: u32) {
        self.cpu.iter_mut().for_each(|cpu| cpu.speed_up(permille));
    }

    /// A frame has arrived at a machine that is up and has an inbox.
    #[cold]
    pub fn enqueue<O: Observer>(&mut self, slot: Slot, setup: &Setup<'_>, wire: &mut Wire<'_, O>) {
        let Some(cpu) = &mut self.cpu else { return };
        let arrived = wire.frames.get(slot);
        let lane = if arrived.kind < FIRST_CLIENT_KIND { Lane::Nodes } else { Lane::Clients };
        match cpu.arrive(slot, lane, arrived.bytes.len() as u32, wire.now) {
            Admission::Waits => {}
            Admission::Dropped(dropped) => drop_frame(dropped, wire),
            Admission::Refused(refused) => self.turn_away(refused, setup, wire),
        }
        self.turn(setup, wire);
    }

    /// Answers a client's request without looking at more than its header: that this node is busy or, if it does not lead,
    /// who does. That costs nothing. What is no request, or finds the process stopped, gets no answer.
    fn turn_away<O: Observer>(&mut self, slot: Slot, setup: &Setup<'_>, wire: &mut Wire<'_, O>) {
        let refused = wire.frames.get(slot);
        let (from, sent) = (refused.from, refused.sent);
        let request = frame::decode(&refused.bytes, refused.intact, &wire.frames.integrity)
            .ok()
            .map(|(header, _)| header);
        let request = request.filter(|header| header.kind == CLIENT_REQUEST && self.is_running());
        let (Some(header), Some(process)) = (request, &mut self.process) else {
            return drop_frame(slot, wire);
        };
        let body = Body::TurnedAway { from, call: header.call };
        wire.trace.event(wire.now, self.id.into(), sent, body);
        wire.frames.release(slot);
        let reply = match process.status {
            status if status.role == Role::Leader => Reply::Busy,
            status => Reply::NotLeader { hint: status.leader },
        };
        process.answer(Asker { client: from, call: header.call }, &reply, setup, wire);
    }

    /// The service of a frame ends, if it was to end now.
    pub fn end_service<O: Observer>(&mut self, setup: &Setup<'_>, wire: &mut Wire<'_, O>) {
        let now = wire.now;
        if let Some(served) = self.cpu.as_mut().and_then(|cpu| cpu.end(now)) {
            self.take_up(served, setup, wire);
            self.turn(setup, wire);
        }
    }

    /// A flush has ended, for which the process may have waited.
    #[cold]
    pub(super) fn end_blocking<O: Observer>(&mut self, setup: &Setup<'_>, wire: &mut Wire<'_, O>) {
        self.cpu.iter_mut().for_each(|cpu| cpu.end_flush());
        self.turn(setup, wire);
    }

    /// The process goes on after a pause.
    #[cold]
    pub(super) fn resume_service<O: Observer>(&mut self, setup: &Setup<'_>, wire: &mut Wire<'_, O>) {
        self.cpu.iter_mut().for_each(|cpu| cpu.resume(wire.now));
        self.turn(setup, wire);
    }

    /// The process turns to what is next, as long as it is free: a flush that has ended, a timer that has run out, the
    /// next frame.
    fn turn<O: Observer>(&mut self, setup: &Setup<'_>, wire: &mut Wire<'_, O>) {
        while self.is_running() && !self.is_busy() {
            if let Some(write) = self.unseen_flush.take() {
                wire.trace.again(wire.now, self.flushed);
                self.see_flush(write, setup, wire);
            } else if self.due().is_some_and(|due| due <= wire.now) {
                wire.trace.event(wire.now, self.address(), self.deadline_cause, Body::Woke);
                self.wake(setup, wire);
            } else {
                let Some(cpu) = &mut self.cpu else { return };
                match cpu.begin(wire.now) {
                    None => return,
                    Some(due) if due > wire.now => return,
                    Some(due) => {
                        let served = cpu.end(due).expect("it has begun, and takes no time");
                        self.take_up(served, setup, wire);
                    }
                }
            }
        }
    }

    /// Hands a frame that has been served to the process.
    fn take_up<O: Observer>(&mut self, served: Served<Slot>, setup: &Setup<'_>, wire: &mut Wire<'_, O>) {
        let frame = wire.frames.get(served.frame);
        wire.trace.event(wire.now, self.id.into(), frame.sent, frame.delivered());
        if served.waited > crate::time::Duration::ZERO {
            let Served { waited, ahead, .. } = served;
            wire.trace.effect(self.id.into(), Body::Waited { waited, ahead });
        }
        self.receive(served.frame, setup, wire);
    }
}

/// A frame that waited finds nobody any more.
pub(super) fn lose<O: Observer>(slot: Slot, why: Loss, wire: &mut Wire<'_, O>) {
    let frame = wire.frames.get(slot);
    let body = Body::Lost { to: frame.to, kind: frame.kind, why };
    wire.trace.because(frame.from, frame.sent, body);
    wire.frames.release(slot);
}

/// There is no room for a frame in the inbox.
fn drop_frame<O: Observer>(slot: Slot, wire: &mut Wire<'_, O>) {
    let frame = wire.frames.get(slot);
    let body = Body::Lost { to: frame.to, kind: frame.kind, why: Loss::InboxFull };
    wire.trace.event(wire.now, frame.from, frame.sent, body);
    wire.frames.release(slot);
}
