//! What a machine on the network needs to act: the time, the trace, and a way to hand frames over.

use super::{Frames, Slot};
use crate::rpc::frame::Header;
use crate::time::Time;
use crate::trace::{Trace, digest};

/// The machine's side of the network and of the world's record, for the length of one event.
pub struct Wire<'a, O> {
    /// The world's time.
    pub now: Time,
    /// Where what happens is recorded.
    pub trace: &'a mut Trace<O>,
    /// The frames on their way.
    pub frames: &'a mut Frames,
    /// The frames handed over to the network, in order.
    pub out: &'a mut Vec<Slot>,
}

/// A payload with its hash, computed once, however many receivers it has.
#[derive(Clone, Copy, Debug)]
pub struct Payload<'p> {
    bytes: &'p [u8],
    hash: u64,
}

impl<'p> Payload<'p> {
    /// These bytes.
    pub fn new(bytes: &'p [u8]) -> Self {
        Self { bytes, hash: digest::content(bytes) }
    }
}

impl<O> Wire<'_, O> {
    /// Lays out a frame. It is not handed over yet.
    pub fn frame(&mut self, header: &Header, payload: &Payload<'_>) -> Slot {
        let slot = self.frames.take(header.from, header.to, header.kind, header.call);
        self.frames.lay_out(slot, header, payload.bytes, payload.hash);
        slot
    }
}
