//! The shapes of what it costs hosts to serve frames.

use crate::time::Duration;
use serde::Deserialize;

/// How hosts serve frames.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(in crate::scenario) struct Host {
    pub(in crate::scenario) cost_per_frame: Duration,
    pub(in crate::scenario) cost_per_kib: Duration,
    pub(in crate::scenario) inbox: u64,
    pub(in crate::scenario) when_full: WhenFull,
    pub(in crate::scenario) lanes: Lanes,
}

impl Default for Host {
    fn default() -> Self {
        Self {
            cost_per_frame: Duration::ZERO,
            cost_per_kib: Duration::ZERO,
            inbox: 1_024,
            when_full: WhenFull::DropNewest,
            lanes: Lanes::One,
        }
    }
}

/// What becomes of frames for which there is no room.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(in crate::scenario) enum WhenFull {
    DropNewest,
    DropOldest,
    Refuse,
}

/// Who waits for whom.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(in crate::scenario) enum Lanes {
    One,
    Two,
}
