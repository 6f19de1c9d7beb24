//! What faults do to single frames of a link.
//!
//! A frame has a number on its link: the how-manieth it is that was sent there, whatever became of it. By that number it has
//! words of its own in a second stream of the link, one for each kind of fault, whether or not there is any. Where several
//! faults of one kind hit a link, the word expands to one for each of them, in the order in which they began.

use super::{LinkId, Slot};
use crate::ids::Address;
use crate::plan::{Corruption, FrameFault};
use crate::rng::{Distribution, Expansion, Stream, below};
use crate::time::Duration;
use std::collections::{BTreeMap, VecDeque};

/// How many words a frame has in the second stream: more than there are kinds, so that there is room for others.
const WORDS: u64 = 8;

/// How many old frames of a link are kept at most, while a fault sends such again.
const KEPT: usize = 64;

/// What becomes of a frame to which faults do something.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plight {
    /// Whether it gets lost; then nothing else happens.
    pub lost: bool,
    /// How long it takes, without what faults add.
    pub delay: Duration,
    /// What faults add.
    pub delayed: Duration,
    /// How long each of its copies takes, likewise.
    pub again: Vec<Duration>,
    /// How it is changed, each with a word for the choices.
    pub changes: Vec<(Corruption, u64)>,
    /// The word for where it goes instead.
    pub misdirected: Option<u64>,
    /// The old frames that come along, and how long each takes.
    pub replayed: Vec<(Slot, Duration)>,
    /// Whether it is to be kept, to be sent again.
    pub is_kept: bool,
}

/// What faults do now, by link.
#[derive(Debug)]
pub(super) struct Afflictions {
    seed: u64,
    links: BTreeMap<LinkId, Afflicted>,
}

#[derive(Debug, Default)]
struct Afflicted {
    /// In the order in which they began.
    faults: Vec<FrameFault>,
    /// Made at its first use.
    stream: Option<Stream>,
    /// What went over the link lately, the oldest first.
    old: VecDeque<Slot>,
}

impl Afflicted {
    fn replays(&self) -> bool {
        self.faults.iter().any(|fault| matches!(fault, FrameFault::Replay(_)))
    }
}

impl Afflictions {
    pub(super) const fn new(seed: u64) -> Self {
        Self { seed, links: BTreeMap::new() }
    }

    pub(super) fn add(&mut self, link: LinkId, fault: FrameFault) {
        self.links.entry(link).or_default().faults.push(fault);
    }

    /// Takes a fault away. The old frames that nobody needs any more.
    pub(super) fn remove(&mut self, link: LinkId, fault: FrameFault) -> Vec<Slot> {
        let Some(afflicted) = self.links.get_mut(&link) else { return Vec::new() };
        if let Some(place) = afflicted.faults.iter().position(|other| *other == fault) {
            afflicted.faults.remove(place);
        }
        let old = if afflicted.replays() { Vec::new() } else { std::mem::take(&mut afflicted.old).into() };
        if afflicted.faults.is_empty() {
            self.links.remove(&link);
        }
        old
    }

    /// Keeps a frame. The oldest, if that makes too many.
    pub(super) fn keep(&mut self, link: LinkId, frame: Slot) -> Option<Slot> {
        let Some(afflicted) = self.links.get_mut(&link) else { return Some(frame) };
        afflicted.old.push_back(frame);
        if afflicted.old.len() > KEPT { afflicted.old.pop_front() } else { None }
    }

    /// What faults do to the frame of this number on a link that takes so long.
    pub(super) fn afflict(
        &mut self,
        link: LinkId,
        (from, to): (Address, Address),
        (number, latency): (u64, &Distribution),
        mut plight: Plight,
    ) -> Plight {
        let Some(afflicted) = self.links.get_mut(&link) else { return plight };
        let seed = self.seed;
        let stream = afflicted.stream.get_or_insert_with(|| {
            let key = u64::from(from.to_wire()) << 32 | u64::from(to.to_wire());
            Stream::new(seed, "frame faults", key, 0)
        });
        let mut of_kind: [Option<Expansion>; FrameFault::KINDS] = [None; FrameFault::KINDS];
        for fault in &afflicted.faults {
            let kind = fault.kind();
            let words =
                of_kind[kind].get_or_insert_with(|| Expansion::new(stream.at(number * WORDS + kind as u64)));
            let mut words = Expansion::new(words.word());
            let [hit, choice, long] = std::array::from_fn(|_| words.word());
            match *fault {
                FrameFault::Lose(rate) => plight.lost |= rate.hits(hit),
                FrameFault::Duplicate(rate) if rate.hits(hit) => plight.again.push(latency.sample(long)),
                FrameFault::Delay(by) => plight.delayed = plight.delayed.saturating_add(by.sample(choice)),
                FrameFault::Corrupt(rate, how) if rate.hits(hit) => plight.changes.push((how, choice)),
                FrameFault::Misdirect(rate) if rate.hits(hit) => plight.misdirected = Some(choice),
                FrameFault::Replay(rate) => {
                    plight.is_kept = true;
                    if rate.hits(hit) && !afflicted.old.is_empty() {
                        let old = afflicted.old[below(choice, afflicted.old.len() as u64) as usize];
                        plight.replayed.push((old, latency.sample(long)));
                    }
                }
                _ => {}
            }
        }
        plight
    }
}
