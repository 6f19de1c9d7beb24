//! The bounds of every number and time in a scenario, in one table: the second pass checks by it, and a parse error of a
//! number too large for any field still says what would fit.

use crate::time::Duration;

/// The longest time that a scenario can speak of.
pub(super) const LONGEST: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// The most operations per second that all clients together begin.
pub(super) const MOST_OPERATIONS: f64 = 1e6;

/// The shortest wait of a refused client. Without a least one, clients that find no leader would ask for ever at one
/// instant.
pub(super) const SHORTEST_BACKOFF: Duration = Duration::from_micros(100);

/// The greatest weight in a mix.
pub(super) const GREATEST_WEIGHT: f64 = 1e12;

/// The highest term, index or number of elections that a scenario can speak of.
pub(super) const HIGHEST_COUNT: u64 = 1 << 32;

/// The shortest mean time between two faults of a storm, or two changes of a flapping link.
pub(super) const SHORTEST_MEAN: Duration = Duration::from_millis(1);

/// By how many parts per million a clock drifts at most.
pub(super) const MOST_DRIFT: u64 = 500_000;

/// The most that it costs a host to serve a frame, or each KiB of one.
pub(super) const GREATEST_COST: Duration = Duration::from_secs(1);

/// The most that a fault slows a host down.
pub(super) const GREATEST_FACTOR: f64 = 1e6;

/// How so many percent are written as a rate.
pub(super) fn of_percent(percent: f64) -> String {
    format!("for {percent} percent write {}", share(percent))
}

/// So many in a hundred, of one.
fn share(percent: f64) -> f64 {
    // A division would show the digits that binary adds.
    (percent * 1e10).round() / 1e12
}

/// What is wrong with a number that is no rate, and how a rate is written: perhaps percent were meant.
pub(super) fn no_rate(value: f64) -> (String, String) {
    let side = if value > 1.0 {
        "is above"
    } else if value < 0.0 {
        "is below"
    } else {
        "is no number"
    };
    let message = format!("rates go from 0 to 1; {value} {side}");
    if value > 1.0 && value <= 100.0 {
        return (message, format!("if {value} percent is meant, write {}", share(value)));
    }
    (message, "for one in a hundred write 0.01".to_string())
}

/// What a whole number may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bounds {
    /// The field's name, or the variant's where the number has no field of its own.
    pub(super) name: &'static str,
    /// The least value.
    pub(super) least: u64,
    /// The greatest value.
    pub(super) most: u64,
}

/// The version of the language.
pub(super) const FORMAT: Bounds = Bounds { name: "format", least: 1, most: 1 };
/// The seed.
pub(super) const SEED: Bounds = Bounds { name: "seed", least: 0, most: u64::MAX };
/// How many events a run may take.
pub(super) const EVENTS: Bounds = Bounds { name: "events", least: 1, most: u64::MAX };
/// How many voters.
pub(super) const VOTERS: Bounds = Bounds { name: "voters", least: 1, most: 255 };
pub(super) const LEARNERS: Bounds = Bounds { name: "learners", least: 0, most: 254 };
pub(super) const CHANGES: Bounds = Bounds { name: "count", least: 0, most: 1_000 };
pub(super) const SPARES: Bounds = Bounds { name: "spares", least: 0, most: 254 };
/// Bytes of entries in one message. A batch, and one entry of the longest value, fit into a frame.
pub(super) const MAX_BATCH_BYTES: Bounds = Bounds { name: "max_batch_bytes", least: 1, most: 512 << 10 };
/// How much a node is preferred as leader.
pub(super) const PRIORITY: Bounds = Bounds { name: "priorities", least: 0, most: 1_000_000 };
/// Bytes of applied entries after which a snapshot is taken.
pub(super) const SNAPSHOT_EVERY: Bounds = Bounds { name: "snapshot_every", least: 1, most: 1 << 30 };
/// Bytes of a snapshot in one message. A chunk fits into a frame.
pub(super) const SNAPSHOT_CHUNK: Bounds = Bounds { name: "snapshot_chunk", least: 1, most: 512 << 10 };
/// Appends to one follower without an answer.
pub(super) const MAX_INFLIGHT: Bounds = Bounds { name: "max_inflight", least: 1, most: 1 << 20 };
/// Bytes of entries in them.
pub(super) const MAX_INFLIGHT_BYTES: Bounds = Bounds { name: "max_inflight_bytes", least: 1, most: 1 << 30 };
/// Bytes of commands that are not committed.
pub(super) const MAX_UNCOMMITTED_BYTES: Bounds =
    Bounds { name: "max_uncommitted_bytes", least: 1, most: 1 << 30 };
/// Bytes of entries that wait for those before them.
pub(super) const MAX_EARLY_BYTES: Bounds = Bounds { name: "max_early_bytes", least: 1, most: 1 << 30 };
/// Bytes that a link carries in a second. The greatest number stands for any: so a link can differ from a default.
pub(super) const BANDWIDTH: Bounds = Bounds { name: "bandwidth", least: 1, most: 1 << 40 };
/// By how many parts per million clocks may drift for leases to hold.
pub(super) const MAX_DRIFT: Bounds = Bounds { name: "max_drift", least: 0, most: MOST_DRIFT };
/// By how many parts per million the clocks of a profile drift at most.
pub(super) const DRIFT: Bounds = Bounds { name: "drift", least: 1, most: MOST_DRIFT };
/// How many frames may wait in a host.
pub(super) const INBOX: Bounds = Bounds { name: "inbox", least: 1, most: 1_000_000 };
/// How long the value is that each request of a flood writes.
pub(super) const FLOOD_BYTES: Bounds = Bounds { name: "bytes", ..VALUE_BYTES };
/// How many clients.
pub(super) const COUNT: Bounds = Bounds { name: "count", least: 1, most: 10_000 };
/// How many keys.
pub(super) const KEYS: Bounds = Bounds { name: "keys", least: 1, most: 1_000_000 };
/// The length of a value; the first eight bytes make it unique.
pub(super) const VALUE_BYTES: Bounds = Bounds { name: "value_bytes", least: 8, most: 65_536 };
/// How many sessions of clients are kept.
pub(super) const MOST_SESSIONS: Bounds = Bounds { name: "most_sessions", least: 1, most: 1_000_000 };
/// How many of the last calls a breaker counts.
pub(super) const WINDOW: Bounds = Bounds { name: "window", least: 1, most: 64 };
/// How many probes have to succeed before a breaker closes.
pub(super) const PROBES: Bounds = Bounds { name: "probes", least: 1, most: 1_000 };
/// How often a client asks for an operation at most.
pub(super) const ATTEMPTS: Bounds = Bounds { name: "attempts", least: 1, most: 1_000_000 };
/// How many retries a client may have in store.
pub(super) const BURST: Bounds = Bounds { name: "burst", least: 0, most: 1_000_000 };
/// The index that has to be committed.
pub(super) const COMMITTED: Bounds = Bounds { name: "Committed", least: 1, most: HIGHEST_COUNT };
/// The number of the election.
pub(super) const ELECTED: Bounds = Bounds { name: "Elected", least: 1, most: HIGHEST_COUNT };
/// The number of the change of the members.
pub(super) const CHANGED: Bounds = Bounds { name: "Changed", least: 1, most: HIGHEST_COUNT };
/// How often the leader changes at least.
pub(super) const AT_LEAST: Bounds = Bounds { name: "at_least", least: 0, most: HIGHEST_COUNT };
/// How often it changes at most.
pub(super) const AT_MOST: Bounds = Bounds { name: "at_most", least: 0, most: HIGHEST_COUNT };
/// How many faults a profile draws at once.
pub(super) const FAULTS: Bounds = Bounds { name: "count", least: 0, most: 100 };
/// How many bits of a frame are flipped.
pub(super) const FLIPPED_BITS: Bounds = Bounds { name: "BitFlip", least: 1, most: 1_000 };
/// How many frames a stranger sends to a node in a second, from the fewest to the most.
pub(super) const FORGED: (f64, f64) = (0.001, 10_000.0);
/// The highest term that is still expected. The first leader has term 1.
pub(super) const TERM_AT_MOST: Bounds = Bounds { name: "TermAtMost", least: 1, most: HIGHEST_COUNT };

/// The longest frame that hosts send. A batch is cut at its limit and holds one entry at the least; Raft's own few bytes
/// come on top.
const LONGEST_FRAME: u64 = 1 << 20;
const _: () =
    assert!(MAX_BATCH_BYTES.most + 2 * VALUE_BYTES.most < LONGEST_FRAME, "every batch fits into a frame");

const ALL: [Bounds; 40] = [
    WINDOW,
    PROBES,
    ATTEMPTS,
    BURST,
    FLIPPED_BITS,
    INBOX,
    FLOOD_BYTES,
    MAX_DRIFT,
    FORMAT,
    SEED,
    EVENTS,
    VOTERS,
    LEARNERS,
    SPARES,
    MAX_BATCH_BYTES,
    SNAPSHOT_EVERY,
    SNAPSHOT_CHUNK,
    BANDWIDTH,
    COUNT,
    KEYS,
    VALUE_BYTES,
    MOST_SESSIONS,
    Bounds { name: "from", least: 1, most: 255 },
    Bounds { name: "to", least: 1, most: 255 },
    Bounds { name: "Node", least: 1, most: 255 },
    Bounds { name: "Nodes", least: 1, most: 255 },
    Bounds { name: "Leader", least: 1, most: 255 },
    Bounds { name: "Follower", least: 1, most: 254 },
    Bounds { name: "first_leader", least: 1, most: 255 },
    COMMITTED,
    ELECTED,
    CHANGED,
    AT_LEAST,
    AT_MOST,
    TERM_AT_MOST,
    PRIORITY,
    MAX_INFLIGHT,
    MAX_INFLIGHT_BYTES,
    MAX_UNCOMMITTED_BYTES,
    MAX_EARLY_BYTES,
];

/// The bounds of the number of this name.
pub(super) fn of(name: &str) -> Option<Bounds> {
    ALL.into_iter().find(|bounds| bounds.name == name)
}
