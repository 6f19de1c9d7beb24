//! How the bytes of a frame are changed on their way.

use crate::plan::Corruption;
use crate::rng::{Expansion, below};

/// The most bytes that follow an extended frame.
const MOST_ADDED: u64 = 64;

/// Changes the bytes of a frame; the choices expand from one word. How many bits or bytes were concerned; for garbage how
/// many there are then. Never longer than before by more than 64 bytes. A frame without bytes can only be extended.
pub fn alter(bytes: &mut Vec<u8>, how: Corruption, word: u64) -> u32 {
    let mut words = Expansion::new(word);
    let length = bytes.len() as u64;
    if length == 0 && how != Corruption::Extend {
        return 0;
    }
    let count = match how {
        Corruption::BitFlip(least, most) => {
            let bits = length * 8;
            let many = u64::from(least) + below(words.word(), u64::from(most - least) + 1);
            // Each bit once, so that no flip takes another one back.
            let mut flipped = Vec::new();
            while (flipped.len() as u64) < many.min(bits) {
                let bit = below(words.word(), bits);
                if !flipped.contains(&bit) {
                    bytes[(bit / 8) as usize] ^= 1 << (bit % 8);
                    flipped.push(bit);
                }
            }
            flipped.len() as u64
        }
        Corruption::Truncate => {
            let missing = 1 + below(words.word(), length);
            bytes.truncate((length - missing) as usize);
            missing
        }
        Corruption::Extend => {
            let added = 1 + below(words.word(), MOST_ADDED);
            bytes.extend((0..added).map(|_| words.word() as u8));
            added
        }
        Corruption::Garbage => {
            let left = 1 + below(words.word(), length);
            bytes.clear();
            bytes.extend((0..left).map(|_| words.word() as u8));
            left
        }
    };
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{CallId, NodeId};
    use crate::rpc::Integrity;
    use crate::rpc::frame::{self, Header};
    use crate::trace::Rejection;

    const HOW: [Corruption; 4] =
        [Corruption::BitFlip(1, 8), Corruption::Truncate, Corruption::Extend, Corruption::Garbage];

    #[test]
    fn what_is_altered_is_another_one() {
        let frame: Vec<u8> = (0..100).collect();
        for how in HOW {
            for word in 0..2_000 {
                let mut bytes = frame.clone();
                let count = alter(&mut bytes, how, word);
                assert_ne!(bytes, frame, "{how:?}");
                assert!(count > 0 && bytes.len() <= frame.len() + MOST_ADDED as usize);
            }
        }
    }

    #[test]
    fn as_many_bits_are_flipped_as_asked_for() {
        let mut seen = std::collections::BTreeSet::new();
        for word in 0..1_000 {
            let mut bytes = vec![0; 50];
            let count = alter(&mut bytes, Corruption::BitFlip(1, 8), word);
            assert_eq!(bytes.iter().map(|byte| byte.count_ones()).sum::<u32>(), count);
            seen.insert(count);
        }
        assert_eq!(seen.into_iter().collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6, 7, 8]);
        assert_eq!(alter(&mut vec![0], Corruption::BitFlip(20, 30), 1), 8, "no more than there are");
    }

    /// Of so many changed frames those that are long enough to have a tag, and those of them that are taken for sound.
    fn believed(integrity: &Integrity, frames: u64) -> (u64, u64) {
        let (mut tagged, mut believed) = (0, 0);
        for word in 0..frames {
            let mut words = Expansion::new(word);
            let payload: Vec<u8> = (0..below(words.word(), 120)).map(|_| words.word() as u8).collect();
            let header = Header {
                kind: 3,
                cluster: 7,
                from: NodeId(1).into(),
                to: NodeId(2).into(),
                call: CallId(words.word()),
            };
            let mut sent = Vec::new();
            frame::encode(&header, &payload, integrity, &mut sent);
            let mut came = sent.clone();
            alter(&mut came, HOW[(word % 4) as usize], words.word());
            assert_ne!(came, sent);
            let read = frame::decode(&came, false, integrity);
            if came.len() < frame::HEADER + integrity.tag_len() {
                assert_eq!(read, Err(Rejection::Length));
            } else {
                tagged += 1;
                believed += u64::from(read != Err(Rejection::Checksum));
            }
        }
        (tagged, believed)
    }

    #[test]
    fn of_a_million_changed_frames_a_checksum_lets_none_through() {
        assert_eq!(believed(&Integrity::Crc32c, 1_000_000).1, 0);
        assert_eq!(believed(&Integrity::keyed("storm"), 100_000).1, 0);
    }

    /// Of frames whose tag has 8 bits one in 256 gets through, whatever was done to it.
    #[test]
    fn a_tag_too_short_lets_through_what_chance_gives() {
        let (tagged, believed) = believed(&Integrity::Weak, 400_000);
        let expected = tagged / 256;
        assert!((expected * 8 / 10..expected * 12 / 10).contains(&believed), "{believed} of {tagged}");
    }

    #[test]
    fn nothing_can_be_done_to_nothing() {
        for how in HOW {
            let mut bytes = Vec::new();
            let count = alter(&mut bytes, how, 7);
            assert_eq!(count as usize, bytes.len());
        }
    }
}
