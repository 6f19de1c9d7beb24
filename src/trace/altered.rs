//! What was done to frames, in words.

use super::{CorruptionKind, Forgery};
use std::fmt;

impl CorruptionKind {
    /// With so many bits or bytes.
    pub(super) fn of(self, count: u32) -> String {
        match self {
            Self::BitFlip if count == 1 => "1 bit flipped".to_owned(),
            Self::BitFlip => format!("{count} bits flipped"),
            Self::Truncate => format!("{count} bytes taken away"),
            Self::Extend => format!("{count} bytes added"),
            Self::Garbage => format!("{count} random bytes instead"),
        }
    }
}

impl fmt::Display for Forgery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Message => "a message that nobody sent",
            Self::Payload => "a sound frame of nonsense",
            Self::Garbage => "garbage",
            Self::OtherCluster => "a message of another cluster",
            Self::Unknown => "a message of an unknown node",
            Self::Client => "a message between nodes as a client",
        })
    }
}
