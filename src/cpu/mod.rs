//! The processor of one machine: a server that takes the frames from its inbox one at a time, each at a cost.
//!
//! A frame that finds the server free is served at once, and handed over when its cost has gone by; others wait. The
//! inbox is bounded, so delay and drops come about by themselves: of the load, of the cost, of what makes the machine
//! slow. With two lanes the frames between nodes go ahead of those of clients, and each lane has the bound for itself.
//!
//! A server may also stand still for other reasons: its process is paused, or it waits for a flush, as one with
//! synchronous writes does. What is under service when a process stops goes on from there when it does.

use crate::plan::{self, Lanes, WhenFull};
use crate::time::{Duration, Time};
use std::collections::VecDeque;

/// A factor of one, in thousandths.
const USUAL: u32 = 1_000;

/// From whom a frame is, which decides where it waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// Another node.
    Nodes = 0,
    /// A client.
    Clients = 1,
}

/// What becomes of a frame that arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission<F> {
    /// It waits.
    Waits,
    /// There was no room: this frame, the one that arrived or an older one, is dropped.
    Dropped(F),
    /// There was no room, and whoever sent this frame may be told.
    Refused(F),
}

/// A frame that has been served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Served<F> {
    /// The frame.
    pub frame: F,
    /// How long it waited before its service began.
    pub waited: Duration,
    /// How many frames waited when it came, the one under service not counted.
    pub ahead: u32,
}

/// A server with its inbox, for frames that are known as `F`.
///
/// - No lane holds more frames than the bound. The frame under service is in none.
/// - While the server stands still nothing is `fresh`.
#[derive(Debug)]
pub struct Cpu<F> {
    model: plan::Cpu,
    lanes: [VecDeque<Waiting<F>>; 2],
    serving: Option<(Served<F>, Until)>,
    /// When the service that has begun last will end, until somebody asks.
    fresh: Option<Time>,
    flushing: bool,
    /// By how many thousandths each fault makes it slow.
    slowed: Vec<u32>,
}

#[derive(Clone, Copy, Debug)]
struct Waiting<F> {
    frame: F,
    bytes: u32,
    since: Time,
    ahead: u32,
}

/// When a service ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Until {
    /// At this time.
    Time(Time),
    /// So long after the process goes on.
    Left(Duration),
}

impl<F: Copy> Cpu<F> {
    /// The server of this model with an empty inbox; none if frames cost nothing and no flush keeps it from serving.
    pub fn of(model: plan::Cpu, blocking: bool) -> Option<Self> {
        let lanes = [VecDeque::new(), VecDeque::new()];
        let (serving, fresh, flushing, slowed) = (None, None, false, Vec::new());
        (model.costs() || blocking).then_some(Self { model, lanes, serving, fresh, flushing, slowed })
    }

    /// How many frames wait.
    pub fn waiting(&self) -> usize {
        self.lanes.iter().map(VecDeque::len).sum()
    }

    /// Whether nothing can be begun: a frame is under service, or a flush under way for which it waits.
    pub fn is_busy(&self) -> bool {
        self.serving.is_some() || self.flushing
    }

    /// A frame of so many bytes comes.
    pub fn arrive(&mut self, frame: F, lane: Lane, bytes: u32, now: Time) -> Admission<F> {
        let ahead = self.waiting() as u32;
        let place = match self.model.lanes {
            Lanes::One => Lane::Nodes,
            Lanes::Two => lane,
        };
        let queue = &mut self.lanes[place as usize];
        let mut admission = Admission::Waits;
        if queue.len() >= self.model.inbox.get() as usize {
            match self.model.when_full {
                WhenFull::Refuse if lane == Lane::Clients => return Admission::Refused(frame),
                WhenFull::Refuse | WhenFull::DropNewest => return Admission::Dropped(frame),
                WhenFull::DropOldest => {
                    let oldest = queue.pop_front().expect("the bound of an inbox is at least 1");
                    admission = Admission::Dropped(oldest.frame);
                }
            }
        }
        queue.push_back(Waiting { frame, bytes, since: now, ahead });
        admission
    }

    /// Begins to serve the next frame. When that will be done; none if no frame waits.
    ///
    /// # Panics
    /// If it is busy.
    pub fn begin(&mut self, now: Time) -> Option<Time> {
        assert!(!self.is_busy(), "one frame is served at a time");
        let next = self.lanes.iter_mut().find_map(VecDeque::pop_front)?;
        let waited = now.since(next.since);
        let due = now + self.cost(next.bytes);
        self.serving = Some((Served { frame: next.frame, waited, ahead: next.ahead }, Until::Time(due)));
        self.fresh = Some(due);
        Some(due)
    }

    /// Takes the time at which the service that has begun last will end.
    pub fn take_fresh(&mut self) -> Option<Time> {
        self.fresh.take()
    }

    /// The frame whose service ends at this time; none if none does.
    pub fn end(&mut self, now: Time) -> Option<Served<F>> {
        self.serving.take_if(|(_, until)| *until == Until::Time(now)).map(|(served, _)| {
            self.fresh = None;
            served
        })
    }

    /// What a frame of so many bytes costs, rounded up.
    fn cost(&self, bytes: u32) -> Duration {
        let plan::Cpu { cost_per_frame, cost_per_kib, .. } = self.model;
        let by_length = (u128::from(cost_per_kib.nanos()) * u128::from(bytes)).div_ceil(1024);
        let usual = u128::from(cost_per_frame.nanos()) + by_length;
        let slow = self.slowed.iter().copied().max().unwrap_or(USUAL);
        let cost = (usual * u128::from(slow)).div_ceil(u128::from(USUAL));
        Duration::from_nanos(u64::try_from(cost).unwrap_or(u64::MAX))
    }

    /// A fault makes each frame cost so many thousandths of what it does. Of several the greatest counts.
    pub fn slow_down(&mut self, permille: u32) {
        self.slowed.push(permille);
    }

    /// Takes one such fault back.
    pub fn speed_up(&mut self, permille: u32) {
        if let Some(at) = self.slowed.iter().position(|slowed| *slowed == permille) {
            self.slowed.swap_remove(at);
        }
    }

    /// A flush begins for which it waits.
    pub fn begin_flush(&mut self) {
        self.flushing = true;
    }

    /// That flush is done.
    pub fn end_flush(&mut self) {
        self.flushing = false;
    }

    /// The process stops.
    pub fn pause(&mut self, now: Time) {
        if let Some((_, until)) = &mut self.serving
            && let Until::Time(due) = *until
        {
            *until = Until::Left(due.since(now));
            self.fresh = None;
        }
    }

    /// The process goes on, with what was under service.
    pub fn resume(&mut self, now: Time) {
        if let Some((_, until)) = &mut self.serving
            && let Until::Left(left) = *until
        {
            *until = Until::Time(now + left);
            self.fresh = Some(now + left);
        }
    }

    /// The process is gone, and all that waited with it: the frame under service, then the lanes.
    pub fn crash(&mut self) -> Vec<F> {
        (self.fresh, self.flushing) = (None, false);
        let served = self.serving.take().map(|(served, _)| served.frame);
        let waiting = self.lanes.iter_mut().flat_map(|lane| lane.drain(..)).map(|waiting| waiting.frame);
        served.into_iter().chain(waiting).collect()
    }
}

#[cfg(test)]
mod tests;
