//! By what a frame is known to be what its sender laid out.
//!
//! Behind the payload of a frame stands a tag over all before it:
//!
//! - unchecked: none, of 0 bytes;
//! - CRC-32C: 4 bytes. It finds what happens by chance: of frames that are changed at random one in 2^32 passes. Whoever
//!   knows the protocol can compute it;
//! - keyed: the first 16 bytes of the BLAKE3 hash keyed with the cluster's secret. Who does not have the secret passes with
//!   one frame in 2^128.

/// The longest tag.
const LONGEST_TAG: usize = 16;

/// For which purpose the key is derived from the secret (BLAKE3's context): it must never be used for another one.
const CONTEXT: &str = "squall 2026-11 integrity of frames";

/// By what frames are known to be sound.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Integrity {
    /// By nothing.
    Unchecked,
    /// By a checksum.
    #[default]
    Crc32c,
    /// By a message authentication code under this key.
    Keyed(Box<[u8; 32]>),
    /// By the lowest byte of the checksum, so that tests see what gets through.
    #[cfg(test)]
    Weak,
}

impl Integrity {
    /// With a key that is derived from a secret.
    pub fn keyed(secret: &str) -> Self {
        Self::Keyed(Box::new(blake3::derive_key(CONTEXT, secret.as_bytes())))
    }

    /// How many bytes a tag has.
    #[inline(always)]
    pub const fn tag_len(&self) -> usize {
        match self {
            Self::Crc32c => 4,
            Self::Unchecked => 0,
            Self::Keyed(_) => LONGEST_TAG,
            #[cfg(test)]
            Self::Weak => 1,
        }
    }

    /// Appends as many zeroes as a tag has bytes.
    #[inline(always)]
    pub(super) fn leave_room(&self, buffer: &mut Vec<u8>) {
        match self {
            Self::Crc32c => buffer.extend_from_slice(&[0; 4]),
            _ => buffer.resize(buffer.len() + self.tag_len(), 0),
        }
    }

    /// Writes the tag of what it covers.
    #[cold]
    pub(super) fn seal(&self, covered: &[u8], tag: &mut [u8]) {
        tag.copy_from_slice(&self.tag(covered)[..self.tag_len()]);
    }

    /// Whether this is the tag of these bytes.
    #[cold]
    pub(super) fn is_sound(&self, covered: &[u8], tag: &[u8]) -> bool {
        self.tag(covered)[..self.tag_len()] == *tag
    }

    /// The tag, with zeroes behind it.
    fn tag(&self, covered: &[u8]) -> [u8; LONGEST_TAG] {
        let mut tag = [0; LONGEST_TAG];
        match self {
            Self::Unchecked => {}
            Self::Crc32c => tag[..4].copy_from_slice(&crc32c::crc32c(covered).to_le_bytes()),
            Self::Keyed(key) => {
                tag.copy_from_slice(&blake3::keyed_hash(key, covered).as_bytes()[..LONGEST_TAG]);
            }
            #[cfg(test)]
            Self::Weak => tag[0] = crc32c::crc32c(covered) as u8,
        }
        tag
    }
}
