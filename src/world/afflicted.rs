//! Frames to which faults do something on their way.

use super::{Event, World};
use crate::ids::NodeId;
use crate::net::{Plight, Slot, alter};
use crate::plan::{self, Corruption};
use crate::rng::below;
use crate::rpc::Integrity;
use crate::time::Duration;
use crate::trace::{Body, CorruptionKind, Loss, Observer};

/// By what frames are known to be sound, with a key where that takes one.
pub(super) fn integrity(planned: &plan::Integrity) -> Integrity {
    match planned {
        plan::Integrity::Unchecked => Integrity::Unchecked,
        plan::Integrity::Crc32c => Integrity::Crc32c,
        plan::Integrity::Keyed { secret } => Integrity::keyed(secret),
    }
}

impl<O: Observer> World<'_, O> {
    /// Lets frames be known to be sound by a tag so short that some pass that are not.
    #[cfg(test)]
    pub fn weaken_tags(&mut self) {
        self.frames.integrity = Integrity::Weak;
    }

    /// Sends a frame on its way to which faults do something. What they do to it they do to its copies as well; old frames
    /// come along as they were sent.
    #[cold]
    pub(super) fn send_afflicted(&mut self, slot: Slot, plight: &Plight) {
        if plight.lost {
            return self.lose(slot, Loss::Random);
        }
        for &(old, delay) in &plight.replayed {
            self.replay(old, delay);
        }
        if plight.is_kept {
            let copy = self.frames.duplicate(slot);
            let link = self.frames.get(slot).link;
            if let Some(oldest) = self.network.keep(link, copy) {
                self.frames.release(oldest);
            }
        }
        self.alter(slot, &plight.changes);
        if let Some(word) = plight.misdirected {
            self.misdirect(slot, word);
        }
        let frame = self.frames.get(slot);
        let (from, to, kind, cause) = (frame.from, frame.to, frame.kind, frame.sent);
        if plight.delayed > Duration::ZERO {
            let by_ns = plight.delayed.nanos();
            self.trace.because(from, cause, Body::Delayed { to, kind, by_ns });
        }
        let arrives = |delay: Duration| delay.saturating_add(plight.delayed);
        let delay = arrives(plight.delay).saturating_add(self.take_disturbance());
        self.push(self.now + delay, Event::Arrival(slot));
        for again in &plight.again {
            self.trace.because(from, cause, Body::Duplicated { to, kind });
            let copy = self.frames.duplicate(slot);
            self.push(self.now + arrives(*again), Event::Arrival(copy));
        }
    }

    /// An old frame is on its way once more.
    fn replay(&mut self, old: Slot, delay: Duration) {
        let copy = self.frames.duplicate(old);
        let frame = self.frames.get(copy);
        let (from, to, kind, cause) = (frame.from, frame.to, frame.kind, frame.sent);
        self.trace.because(from, cause, Body::Replayed { to, kind });
        self.push(self.now + delay, Event::Arrival(copy));
    }

    /// Changes a frame's bytes. It counts as intact only if it is, in the end, what its sender laid out.
    fn alter(&mut self, slot: Slot, changes: &[(Corruption, u64)]) {
        if changes.is_empty() {
            return;
        }
        self.frames.seal(slot);
        let frame = self.frames.get_mut(slot);
        let (from, to, kind, cause) = (frame.from, frame.to, frame.kind, frame.sent);
        let mut bytes = std::mem::take(&mut frame.bytes);
        let original = bytes.clone();
        for &(how, word) in changes {
            let count = alter(&mut bytes, how, word);
            let how = match how {
                Corruption::BitFlip(..) => CorruptionKind::BitFlip,
                Corruption::Truncate => CorruptionKind::Truncate,
                Corruption::Extend => CorruptionKind::Extend,
                Corruption::Garbage => CorruptionKind::Garbage,
            };
            self.trace.because(from, cause, Body::Corrupted { to, kind, how, count });
        }
        let frame = self.frames.get_mut(slot);
        frame.intact &= bytes == original;
        frame.bytes = bytes;
    }

    /// Sends a frame to another node than its receiver: any, be it the sender.
    fn misdirect(&mut self, slot: Slot, word: u64) {
        let frame = self.frames.get_mut(slot);
        let (from, to, kind, cause) = (frame.from, frame.to, frame.kind, frame.sent);
        let Some(receiver) = to.as_node() else { return };
        let others = self.hosts.len() as u64 - 1;
        let chosen = 1 + below(word, others) as u32;
        let instead = NodeId(chosen + u32::from(chosen >= receiver.0));
        frame.to = instead.into();
        self.trace.because(from, cause, Body::Misdirected { to, kind, instead });
    }
}
