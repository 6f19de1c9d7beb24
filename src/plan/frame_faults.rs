//! What can happen to single frames on their way, and how frames are kept from being believed then.

use crate::rng::{Distribution, Rate};

/// What a fault does to single frames of a link while it lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameFault {
    /// Some get lost.
    Lose(Rate),
    /// Some arrive twice.
    Duplicate(Rate),
    /// Each takes longer, by so much.
    Delay(Distribution),
    /// Some arrive changed.
    Corrupt(Rate, Corruption),
    /// Some arrive at another node than their receiver.
    Misdirect(Rate),
    /// Some bring an old one along.
    Replay(Rate),
}

impl FrameFault {
    /// How many kinds there are.
    pub const KINDS: usize = 6;

    /// The number of its kind, below [`FrameFault::KINDS`]: which of a frame's words it uses.
    pub const fn kind(&self) -> usize {
        match self {
            Self::Lose(_) => 0,
            Self::Duplicate(_) => 1,
            Self::Delay(_) => 2,
            Self::Corrupt(..) => 3,
            Self::Misdirect(_) => 4,
            Self::Replay(_) => 5,
        }
    }
}

/// How the bytes of a frame are changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Corruption {
    /// From so many bits to so many are flipped, each number being equally likely: at least 1.
    BitFlip(u32, u32),
    /// Bytes at its end are missing: any number, up to all.
    Truncate,
    /// Bytes that don't belong to it follow its end.
    Extend,
    /// It is replaced by random bytes, at most as many as it had.
    Garbage,
}

/// By what frames are known to be what their sender laid out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Integrity {
    /// By nothing.
    Unchecked,
    /// By a checksum, which finds what happens by chance. Whoever knows the protocol can compute it.
    #[default]
    Crc32c,
    /// By a message authentication code, which takes the secret of the cluster.
    Keyed {
        /// The secret: at least one character.
        secret: String,
    },
}
