//! The frames on their way, in reused buffers.

use super::LinkId;
use crate::ids::{Address, CallId, RecordId};
use crate::replica::Class;
use crate::rpc::Integrity;
use crate::rpc::frame::{self, Header};
use crate::trace::Body;

/// The place of a frame that is on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot(u32);

/// A frame on its way.
#[derive(Clone, Debug)]
pub struct Frame {
    /// What is on the wire; while it is intact, perhaps with zeroes for a tag.
    pub bytes: Vec<u8>,
    /// The sending end of the link.
    pub from: Address,
    /// The receiving end of the link.
    pub to: Address,
    /// The kind of message, as its sender meant it.
    pub kind: u8,
    /// The call, as its sender meant it.
    pub call: CallId,
    /// The hash of its content.
    pub hash: u64,
    /// Whether the bytes are still those that its sender laid out.
    pub intact: bool,
    /// The link that it is on.
    pub link: LinkId,
    /// The record of its sending; none before.
    pub sent: Option<RecordId>,
    /// What it is, if its sender knew. Who receives it intact reads the same.
    pub class: Option<Class>,
}

impl Frame {
    /// What is recorded when it reaches its receiver.
    #[inline(always)]
    pub fn delivered(&self) -> Body {
        Body::Delivered {
            from: self.from,
            kind: self.kind,
            call: self.call,
            bytes: self.bytes.len() as u32,
            hash: self.hash,
        }
    }
}

/// All frames on their way. Buffers of frames that are gone are used again.
#[derive(Debug, Default)]
pub struct Frames {
    frames: Vec<Frame>,
    free: Vec<Slot>,
    /// By what all of them are known to be sound.
    pub integrity: Integrity,
}

impl Frames {
    /// None yet.
    pub fn new(integrity: Integrity) -> Self {
        Self { integrity, ..Self::default() }
    }

    /// A place for a frame from here to there, with an empty or old buffer to write over.
    #[inline(always)]
    pub fn take(&mut self, from: Address, to: Address, kind: u8, call: CallId) -> Slot {
        let Some(slot) = self.free.pop() else { return self.grow(from, to, kind, call) };
        let frame = &mut self.frames[slot.0 as usize];
        (frame.from, frame.to, frame.kind, frame.call) = (from, to, kind, call);
        (frame.sent, frame.class, frame.intact) = (None, None, true);
        slot
    }

    #[cold]
    fn grow(&mut self, from: Address, to: Address, kind: u8, call: CallId) -> Slot {
        let slot = Slot(u32::try_from(self.frames.len()).expect("fewer than 2^32 frames on their way"));
        self.frames.push(Frame {
            bytes: Vec::new(),
            from,
            to,
            kind,
            call,
            hash: 0,
            intact: true,
            link: LinkId::default(),
            sent: None,
            class: None,
        });
        slot
    }

    /// Lays a frame out. Its tag is left to [`Frames::seal`]: most frames stay intact, and nobody reads theirs. Debug builds
    /// write it at once, and hold it against the bytes when the frame is read. Also returns how long the frame is.
    #[inline(always)]
    pub fn lay_out(&mut self, header: &Header, payload: &[u8], hash: u64) -> (Slot, u32) {
        let slot = self.take(header.from, header.to, header.kind, header.call);
        let frame = &mut self.frames[slot.0 as usize];
        frame::lay_out(header, payload, &self.integrity, &mut frame.bytes);
        frame.hash = hash;
        let bytes = frame.bytes.len() as u32;
        if cfg!(debug_assertions) {
            self.seal(slot);
        }
        (slot, bytes)
    }

    /// Writes the tag of an intact frame, whose bytes are about to be looked at or changed.
    #[cold]
    pub fn seal(&mut self, slot: Slot) {
        let frame = &mut self.frames[slot.0 as usize];
        if frame.intact {
            frame::seal(&self.integrity, &mut frame.bytes);
        }
    }

    /// Another frame with the same content.
    pub fn duplicate(&mut self, slot: Slot) -> Slot {
        let Frame { from, to, kind, call, .. } = *self.get(slot);
        let copy = self.take(from, to, kind, call);
        // Not by cloning: the copy has a buffer of its own, to be used again.
        let original = std::mem::take(&mut self.get_mut(slot).bytes);
        self.get_mut(copy).bytes.clone_from(&original);
        self.get_mut(slot).bytes = original;
        let Frame { hash, intact, link, sent, class, .. } = *self.get(slot);
        let frame = self.get_mut(copy);
        (frame.hash, frame.intact, frame.link, frame.sent, frame.class) = (hash, intact, link, sent, class);
        copy
    }

    /// The frame in this place.
    pub fn get(&self, slot: Slot) -> &Frame {
        &self.frames[slot.0 as usize]
    }

    /// The frame in this place.
    pub fn get_mut(&mut self, slot: Slot) -> &mut Frame {
        &mut self.frames[slot.0 as usize]
    }

    /// The frame is gone; its place is free.
    pub fn release(&mut self, slot: Slot) {
        self.free.push(slot);
    }
}
