//! What a machine on the network needs to act: the time, the trace, and a way to hand frames over.

use super::{Frames, Slot};
use crate::ids::{Address, CallId, Term};
use crate::rpc::frame::Header;
use crate::time::Time;
use crate::trace::{Body, Trace, digest};

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

/// A frame that is laid out, and what is recorded of it when it is sent.
#[derive(Clone, Copy, Debug)]
pub struct Outgoing {
    /// Where it lies.
    pub slot: Slot,
    /// Its receiver.
    pub to: Address,
    /// The kind of message.
    pub kind: u8,
    /// The call it belongs to.
    pub call: CallId,
    /// How long it is.
    pub bytes: u32,
    /// The hash of its content.
    pub hash: u64,
}

impl Outgoing {
    /// What is recorded when it is sent, in this term of its sender, as a vote or not.
    #[inline(always)]
    pub const fn sent(&self, term: Term, grants_vote: bool) -> Body {
        let Self { slot: _, to, kind, call, bytes, hash } = *self;
        Body::Sent { to, kind, call, bytes, hash, term, grants_vote }
    }
}

impl<O> Wire<'_, O> {
    /// Lays out a frame. It is not handed over yet.
    #[inline(always)]
    pub fn frame(&mut self, header: &Header, payload: &Payload<'_>) -> Outgoing {
        let (slot, bytes) = self.frames.lay_out(header, payload.bytes, payload.hash);
        let Header { to, kind, call, .. } = *header;
        Outgoing { slot, to, kind, call, bytes, hash: payload.hash }
    }
}
