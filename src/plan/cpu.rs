//! What it costs machines to serve frames.

use crate::time::Duration;
use std::num::NonZeroU32;

/// How a machine serves the frames that arrive: one at a time, each at a cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cpu {
    /// What each frame costs.
    pub cost_per_frame: Duration,
    /// What each 1,024 bytes of it cost on top.
    pub cost_per_kib: Duration,
    /// How many frames may wait, in each lane. The one under service does not count.
    pub inbox: NonZeroU32,
    /// What becomes of frames for which there is no room.
    pub when_full: WhenFull,
    /// Who waits for whom.
    pub lanes: Lanes,
}

impl Cpu {
    /// Frames that cost nothing: no inbox is needed, and nothing in here counts.
    pub const FREE: Self = Self {
        cost_per_frame: Duration::ZERO,
        cost_per_kib: Duration::ZERO,
        inbox: NonZeroU32::new(1_024).expect("not 0"),
        when_full: WhenFull::DropNewest,
        lanes: Lanes::One,
    };

    /// Whether frames cost anything.
    pub fn costs(&self) -> bool {
        self.cost_per_frame > Duration::ZERO || self.cost_per_kib > Duration::ZERO
    }
}

/// What becomes of a frame that finds its lane full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhenFull {
    /// It is dropped.
    DropNewest,
    /// The one that has waited longest is dropped.
    DropOldest,
    /// A client is told at once; a frame of another node is dropped.
    Refuse,
}

/// Who waits for whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lanes {
    /// All frames wait in the order in which they came.
    One,
    /// Frames of nodes go ahead of those of clients.
    Two,
}
