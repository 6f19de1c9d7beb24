//! The vocabulary of the scenario as a whole, its cluster, its links and its load.

use super::entry::{Entry, Kind, Section};
use crate::scenario::bounds;

/// An example of where a scenario comes from.
const FOUND: &str = "(version: \"0.1.0\", seed: 7, digest: \"00112233445566778899aabbccddeeff\")";

/// What most times are limited to.
const TIME: &str = "longer than 0s, at most 30 days";

pub(super) const SECTIONS: &[Section] = &[
    Section {
        name: "scenario",
        kind: Kind::Struct,
        places: &[""],
        about: "A whole file.",
        entries: &[
            Entry::field("format", "whole number", "the version of the language; comes first", "1").required().within(bounds::FORMAT),
            Entry::field("name", "text", "what the scenario is called, here and in reports", "\"leader-crash\"")
                .required()
                .limit("1 to 100 characters on one line"),
            Entry::field("about", "text", "what it shows, for people", "\"The leader loses power.\"")
                .or("\"\"")
                .limit("up to 4000 characters"),
            Entry::field("seed", "whole number", "the seed of all that is drawn; the program can give another", "42")
                .or("0")
                .within(bounds::SEED),
            Entry::field("duration", "time", "when the run ends", "\"60s\"").required().limit(TIME),
            Entry::field("events", "whole number", "how many events the run may take; one that takes more fails as a livelock", "5000000")
                .within(bounds::EVENTS),
            Entry::field("cluster", "struct", "the nodes", "(voters: 5)").required(),
            Entry::field("network", "struct", "the links", "(default: (loss: 0.001))").or("()"),
            Entry::field("clients", "struct", "the load; without it the cluster is idle", "(count: 4)"),
            Entry::field("names", "map of Target", "names for targets, each bound at its first use in the run", "{\"slowpoke\": Follower(1)}")
                .or("{}")
                .limit("letters, digits and _; not a link's own word"),
            Entry::field("faults", "list of faults", "what goes wrong when", "[(at: \"5s\", for: \"2s\", do: Crash(Leader))]").or("[]"),
            Entry::field(
                "storm",
                "list of storms",
                "what goes wrong at random",
                "[(every: Exponential(mean: \"10s\"), for: Uniform(\"75ms\", \"2s\"), do: Crash(Random))]",
            )
            .or("[]"),
            Entry::field("settle", "struct", "from when on nothing goes wrong any more", "(from: \"40s\")"),
            Entry::field("expect", "list of Expectation", "what the run has to show, besides safety", "[LeaderWithin(bound: \"2s\", after: Start)]").or("[]"),
            Entry::field("found", "struct", "where it comes from, if random runs have found it", FOUND),
        ],
        frame: "@",
    },
    Section {
        name: "found",
        kind: Kind::Struct,
        places: &["found"],
        about: "What is known of a scenario that `squall fuzz` has found. Nothing in a run depends on it.",
        entries: &[
            Entry::field("version", "text", "by which version of Squall", "\"0.1.0\"").required().limit("1 to 100 characters on one line"),
            Entry::field("seed", "whole number", "with which seed", "7").required().within(bounds::SEED),
            Entry::field("digest", "text", "the digest of the run that failed; in scenarios/regressions of the one that passes since", "\"00112233445566778899aabbccddeeff\"")
                .required()
                .limit("32 hexadecimal digits"),
        ],
        frame: "found: (@)",
    },
    Section {
        name: "cluster",
        kind: Kind::Struct,
        places: &["cluster"],
        about: "The nodes, all alike.",
        entries: &[
            Entry::field("voters", "whole number", "how many nodes, numbered from 1", "5").required().within(bounds::VOTERS),
            Entry::field("learners", "whole number", "how many members more that get the log and have no say, numbered after the voters", "1").or("0").within(bounds::LEARNERS),
            Entry::field("spares", "whole number", "how many machines that are no members and wait to be added, numbered after the learners", "2").or("0").within(bounds::SPARES),
            Entry::field("first_leader", "node number", "the node that times out first, at once, and so leads first", "2").limit("a node of the cluster"),
            Entry::field("priorities", "list of whole numbers", "who is preferred as leader: of two nodes with equal logs the one of the higher priority", "[2, 1, 1, 0, 0]")
                .or("[]")
                .limit("one for each node, each from 0 to 1000000"),
            Entry::field("implementation", "Implementation", "whose Raft the nodes run; what others than `Squall` can't express is an error", "Squall").or("Squall"),
            Entry::field("logs", "Logs", "what the logs hold before time 0", "Shuffled").or("Same"),
            Entry::field("raft", "struct", "the protocol's parameters", "(heartbeat: \"50ms\")").or("()"),
            Entry::field("clock", "struct", "the clocks", "(drift: [0, -50000, 0, 0, 20000])").or("()"),
            Entry::field("host", "struct", "what it costs the nodes to serve frames", "(cost_per_frame: \"20us\", inbox: 1024, lanes: Two)").or("()"),
            Entry::field("disk", "struct", "the disks", "(flush: Constant(\"1ms\"))").or("()"),
            Entry::field("rpc", "struct", "calls from node to node", "(timeout: \"150ms\")").or("()"),
            Entry::field("integrity", "Integrity", "by what frames are known to be what their sender laid out", "Unchecked").or("Crc32c"),
            Entry::field("secret", "text", "what the keys of `Keyed` frames are made of", "\"storm\"").limit("1 to 100 characters on one line; with `integrity: Keyed` only"),
            Entry::field("bug", "Bug", "a bug planted in every node, to see a check fail", "AckBeforeFlush"),
        ],
        frame: "cluster: (@)",
    },
    Section {
        name: "Implementation",
        kind: Kind::Enum,
        places: &["cluster.implementation"],
        about: "Whose Raft the nodes run.",
        entries: &[
            Entry::word("Squall", "Squall's own"),
            Entry::word("RaftRs", "the crate `raft` of TiKV, in builds with the feature `raft-rs`"),
            Entry::word("OmniPaxos", "the crate `omnipaxos`, in builds with the feature `omnipaxos`"),
        ],
        frame: "cluster: (voters: 5, implementation: @)",
    },
    Section {
        name: "Integrity",
        kind: Kind::Enum,
        places: &["cluster.integrity"],
        about: "By what frames are known to be what their sender laid out.",
        entries: &[
            Entry::word("Unchecked", "by nothing: what makes sense is believed"),
            Entry::word("Crc32c", "by a checksum: what changes by chance is noticed, a stranger who knows the protocol is not"),
            Entry::word("Keyed", "by a message authentication code, which takes the cluster's `secret`"),
        ],
        frame: "cluster: (voters: 5, integrity: @)",
    },
    Section {
        name: "Logs",
        kind: Kind::Enum,
        places: &["cluster.logs"],
        about: "What the logs hold before time 0, durably; nothing of it is known to be committed.",
        entries: &[
            Entry::word("Same", "nothing"),
            Entry::word("Shuffled", "entries of term 1: one log is empty, each other one entry longer than the next, in an order drawn from the seed"),
            Entry::field(
                "Each",
                "Each([[term, ..], ..])",
                "for each node the terms of its entries; logs with the same term at the same index agree up to there",
                "Each([[1, 1, 2], [1, 1], [], [1], [1]])",
            )
            .limit("terms that never fall, from 1 to 4294967296; up to 10000 entries"),
        ],
        frame: "cluster: (voters: 5, logs: @)",
    },
    Section {
        name: "raft",
        kind: Kind::Struct,
        places: &["cluster.raft"],
        about: "The protocol's parameters.",
        entries: &[
            Entry::field("heartbeat", "time", "how often a leader lets its followers hear from it", "\"50ms\"").or("\"50ms\"").limit(TIME),
            Entry::field("election_timeout", "(time, time)", "the least and the greatest election timeout; each is drawn uniformly", "(\"150ms\", \"300ms\")")
                .or("(\"150ms\", \"300ms\")")
                .limit("both above `heartbeat`, at most 30 days"),
            Entry::field("max_batch_bytes", "whole number", "the most bytes of entries in one message; one entry always fits", "65536")
                .or("65536")
                .within(bounds::MAX_BATCH_BYTES),
            Entry::field("snapshot_every", "whole number", "after so many bytes of applied entries a node takes a snapshot and cuts its log; without it never", "1000000")
                .within(bounds::SNAPSHOT_EVERY),
            Entry::field("snapshot_chunk", "whole number", "the most bytes of a snapshot in one message", "65536")
                .or("65536")
                .within(bounds::SNAPSHOT_CHUNK),
            Entry::field("pre_vote", "true or false", "whether a node asks first whether it would get votes, and becomes a candidate only then", "true").or("false"),
            Entry::field("check_quorum", "true or false", "whether a leader steps down that has heard from no majority for the least election timeout", "true").or("false"),
            Entry::field("sticky", "true or false", "whether a node that has heard from a leader within the least election timeout ignores requests for its vote", "true").or("false"),
            Entry::field("eager_votes", "true or false", "whether a candidate asks for votes while its own is still being written; its vote counts once it is", "true").or("false"),
            Entry::field("announce_commits", "true or false", "whether a leader tells its followers at once of what it has committed, by messages without entries, rather than with its next entries or heartbeat", "true").or("false"),
            Entry::field("max_inflight", "whole number", "the most appends to one follower that wait for an answer; beyond, it gets heartbeats only", "64")
                .within(bounds::MAX_INFLIGHT),
            Entry::field("max_inflight_bytes", "whole number", "so many bytes of entries in them are enough; one entry always fits", "100000")
                .within(bounds::MAX_INFLIGHT_BYTES),
            Entry::field("max_uncommitted_bytes", "whole number", "the most bytes of commands that a leader has taken and not committed; beyond, it is busy; one always fits", "1000000")
                .within(bounds::MAX_UNCOMMITTED_BYTES),
            Entry::field("max_early_bytes", "whole number", "the most bytes of entries that a follower keeps until those before them come; without it none", "100000")
                .within(bounds::MAX_EARLY_BYTES),
            Entry::field("read", "Read", "how reads are answered", "Index").or("Log"),
            Entry::field("follower_reads", "true or false", "whether followers answer reads, too; clients then ask all nodes in their turn", "true").or("false"),
            Entry::field("max_drift", "whole number", "by how many parts per million any clock may be fast or slow; leases last as much less", "50000")
                .or("0")
                .within(bounds::MAX_DRIFT),
            Entry::field("membership", "Changes", "how voters are changed", "Single").or("Joint"),
        ],
        frame: "cluster: (voters: 5, raft: (@))",
    },
    Section {
        name: "Read",
        kind: Kind::Enum,
        places: &["cluster.raft.read"],
        about: "How reads are answered.",
        entries: &[
            Entry::word("Log", "as entries of the log, like writes"),
            Entry::word("Index", "by the leader from its store, once a majority has confirmed that it leads"),
            Entry::word("Lease", "the same, but a confirmation is good for a while in which nobody else is elected; takes `sticky`"),
            Entry::word("Local", "by the node's own store at once, which may be out of date"),
        ],
        frame: "cluster: (voters: 5, raft: (sticky: true, read: @))",
    },
    Section {
        name: "clock",
        kind: Kind::Struct,
        places: &["cluster.clock"],
        about: "The clocks of the nodes, on which their timers run.",
        entries: &[
            Entry::field("drift", "list of whole numbers", "by how many parts per million each node's clock is fast, or slow if negative", "[0, -50000, 0, 0, 20000]")
                .or("[]")
                .limit("one for each node, from -500000 to 500000"),
        ],
        frame: "cluster: (voters: 5, clock: (@))",
    },
    Section {
        name: "Changes",
        kind: Kind::Enum,
        places: &["cluster.raft.membership"],
        about: "How voters are changed. One voter more or less always goes in one step.",
        entries: &[
            Entry::word("Single", "one voter at a time: to replace one adds the new one, and then removes the old one"),
            Entry::word("Joint", "to replace a voter goes through a joint configuration, in which the majorities of both count"),
        ],
        frame: "cluster: (voters: 5, raft: (membership: @))",
    },
    Section {
        name: "disk",
        kind: Kind::Struct,
        places: &["cluster.disk"],
        about: "The disks.",
        entries: &[
            Entry::field("flush", "Distribution", "how long a flush takes", "Uniform(\"500us\", \"2ms\")").or("Uniform(\"500us\", \"2ms\")"),
            Entry::field("torn", "rate", "how likely a crash leaves part of what was not flushed, the end of it torn", "0.5").or("0").limit("0 to 1"),
            Entry::field("blocking", "true or false", "whether a node serves nothing while it flushes, as a server with synchronous writes does", "true").or("false"),
        ],
        frame: "cluster: (voters: 5, disk: (@))",
    },
    Section {
        name: "host",
        kind: Kind::Struct,
        places: &["cluster.host"],
        about: "What it costs the nodes to serve the frames that they get, one at a time; the others wait in an inbox.",
        entries: &[
            Entry::field("cost_per_frame", "time", "what each frame costs", "\"20us\"").or("\"0s\"").limit("up to 1s"),
            Entry::field("cost_per_kib", "time", "what each 1024 bytes of a frame cost on top", "\"5us\"").or("\"0s\"").limit("up to 1s"),
            Entry::field("inbox", "whole number", "how many frames may wait, in each lane; where frames cost nothing none does", "1024")
                .or("1024")
                .within(bounds::INBOX),
            Entry::field("when_full", "WhenFull", "what becomes of a frame that finds no room", "Refuse").or("DropNewest"),
            Entry::field("lanes", "Lanes", "who waits for whom", "Two").or("One"),
        ],
        frame: "cluster: (voters: 5, host: (@))",
    },
    Section {
        name: "WhenFull",
        kind: Kind::Enum,
        places: &["cluster.host.when_full"],
        about: "What becomes of a frame that finds no room in the inbox.",
        entries: &[
            Entry::word("DropNewest", "it is dropped"),
            Entry::word("DropOldest", "it takes the place of the one that has waited longest in its lane, which is dropped"),
            Entry::word("Refuse", "a client is told at once that the leader is busy, or who leads; a frame of another node is dropped"),
        ],
        frame: "cluster: (voters: 5, host: (when_full: @))",
    },
    Section {
        name: "Lanes",
        kind: Kind::Enum,
        places: &["cluster.host.lanes"],
        about: "Who waits for whom in the inbox.",
        entries: &[
            Entry::word("One", "all frames wait in the order in which they came"),
            Entry::word("Two", "frames of nodes go ahead of those of clients, and have room of their own"),
        ],
        frame: "cluster: (voters: 5, host: (lanes: @))",
    },
    Section {
        name: "rpc",
        kind: Kind::Struct,
        places: &["cluster.rpc"],
        about: "Calls from node to node.",
        entries: &[
            Entry::field("timeout", "time", "by when a request has to be answered; else the call has failed", "\"150ms\"").or("\"150ms\"").limit(TIME),
            Entry::field("breaker", "struct", "when a leader sends only heartbeats for a while, no entries and no snapshots, to a node that does not answer", "(window: 20)")
                .else_as("never"),
        ],
        frame: "cluster: (voters: 5, rpc: (@))",
    },
    Section {
        name: "Bug",
        kind: Kind::Enum,
        places: &["cluster.bug"],
        about: "The bugs that can be planted.",
        entries: &[
            Entry::word("AckBeforeFlush", "nodes answer before what they promise is durable"),
            Entry::word("VoteNotPersisted", "the term is written to disk without the vote that was given in it"),
            Entry::word("VoteNotTiedToTerm", "who begins to follow a leader forgets its vote in that term"),
            Entry::word("OwnVoteNotRecorded", "a candidate counts its own vote but may still give it to another"),
            Entry::word("StaleVoteCounted", "votes of earlier elections count in a later one"),
            Entry::word("LongerLogWins", "the longer log wins elections, whatever the terms of the last entries"),
            Entry::word("CommitOldTermByCount", "a leader commits entries of earlier terms by counting replicas"),
            Entry::word("OldSnapshotAccepted", "a follower installs a snapshot that is older than what it has committed"),
            Entry::word("TruncateBeforeSnapshotDurable", "the log is cut before the snapshot that stands for it is durable"),
            Entry::word("NoSessions", "a command that is asked for again is carried out again, whatever its session remembers"),
            Entry::word("ReadWithoutOwnTermCommit", "a leader answers reads before an entry of its own term is committed"),
            Entry::word("LocalRead", "a leader answers reads without making sure that it still leads"),
            Entry::word("LeaseIgnoresDrift", "a lease lasts as long as if all clocks ran alike"),
            Entry::word("PrevTermUnchecked", "a follower takes entries after one of the same index, whatever that one's term"),
            Entry::word("TruncateAlways", "a follower drops what follows the entries of a message, although nothing conflicts"),
            Entry::word("CommitBeyondMatched", "a follower commits as far as its leader has, even entries that have not been shown to be the leader's"),
            Entry::word("OwnEntryCountedUnflushed", "a leader counts its own entries before they are durable"),
            Entry::word("LeaderOverwrites", "a leader puts its first command in the place of what earlier terms have left uncommitted in its log"),
            Entry::word("TimerResetOnRefusal", "a node starts its election timer afresh when it refuses a vote, too"),
            Entry::word("TimeoutDrawnOnce", "a node draws its election timeout when it starts, and never again"),
            Entry::word("ChangeBeforeOwnCommit", "a leader changes the members before it has committed an entry of its own term"),
            Entry::word("TwoNodesInOneStep", "a voter is replaced in one step, without a joint configuration"),
            Entry::word("NextIndexStuck", "a leader that is refused asks for the same again, and does not go back"),
            Entry::word("BreakerShedsHeartbeats", "a breaker keeps heartbeats back as well, and so stays open for good"),
            Entry::word("RoleUnchecked", "a node hands on what a client sends as if a node had sent it"),
            Entry::word("TimersByWallClock", "timers and leases run on the clock on the wall, which may be put ahead or back"),
            Entry::word("ChecksumIgnored", "a receiver believes a frame whatever its checksum"),
            Entry::word("RetryWithoutBackoff", "a client asks again after a millisecond, as often as it likes, and has no breaker"),
        ],
        frame: "cluster: (voters: 5, bug: @)",
    },
    Section {
        name: "network",
        kind: Kind::Struct,
        places: &["network"],
        about: "The links.",
        entries: &[
            Entry::field("default", "link", "between nodes, where nothing else is said", "(latency: Uniform(\"1ms\", \"5ms\"), loss: 0.001)").or("()"),
            Entry::field("links", "list of links", "directed links between nodes that differ", "[(from: 1, to: 3, latency: Constant(\"40ms\"))]").or("[]"),
            Entry::field("clients", "link", "between clients and nodes, both ways; without delay if nothing is said", "(latency: Constant(\"1ms\"))").or("()"),
        ],
        frame: "network: (@)",
    },
    Section {
        name: "link",
        kind: Kind::Struct,
        places: &["network.default", "network.clients"],
        about: "How a directed link treats frames.",
        entries: &[
            Entry::field("latency", "Distribution", "how long a frame takes; between clients and nodes 0s if nothing is said", "Uniform(\"1ms\", \"5ms\")")
                .or("Uniform(\"1ms\", \"5ms\")"),
            Entry::field("loss", "rate", "how likely a frame gets lost", "0.001").or("0").limit("0 to 1"),
            Entry::field("duplicate", "rate", "how likely a frame arrives twice; for clients with `sessions` only", "0.001").or("0").limit("0 to 1"),
            Entry::field("bandwidth", "whole number", "how many bytes it carries in a second, one frame after the other; without it, or with the greatest, any number", "1000000")
                .within(bounds::BANDWIDTH),
        ],
        frame: "network: (default: (@))",
    },
    Section {
        name: "links",
        kind: Kind::Struct,
        places: &["network.links[..]"],
        about: "A directed link between two nodes; what it does not say is as by default.",
        entries: &[
            Entry::field("from", "node number", "who sends", "1").required().limit("a node of the cluster"),
            Entry::field("to", "node number", "who receives", "3").required().limit("another node of the cluster"),
            Entry::field("latency", "Distribution", "how long a frame takes", "Constant(\"40ms\")"),
            Entry::field("loss", "rate", "how likely a frame gets lost", "0.01").limit("0 to 1"),
            Entry::field("duplicate", "rate", "how likely a frame arrives twice", "0.01").limit("0 to 1"),
            Entry::field("bandwidth", "whole number", "how many bytes it carries in a second", "1000000").within(bounds::BANDWIDTH),
        ],
        frame: "network: (links: [(@)])",
    },
    Section {
        name: "Distribution",
        kind: Kind::Enum,
        places: &[],
        about: "How a length of time is distributed.",
        entries: &[
            Entry::field("Constant", "Constant(time)", "always the same", "Constant(\"1ms\")"),
            Entry::field("Uniform", "Uniform(time, time)", "every length from the first to the second is equally likely", "Uniform(\"1ms\", \"5ms\")"),
            Entry::field("Exponential", "Exponential(..)", "short ones are the most likely; the rest of a length is independent of how long it has lasted", "Exponential(mean: \"10s\")"),
        ],
        frame: "cluster: (voters: 5, disk: (flush: @))",
    },
    Section {
        name: "Exponential",
        kind: Kind::Struct,
        places: &[],
        about: "A least length, and on top of it an exponential part.",
        entries: &[
            Entry::field("min", "time", "the least length", "\"1ms\"").or("\"0s\""),
            Entry::field("mean", "time", "the mean of all, before the cut-off", "\"4ms\"").required().limit("from `min` to `max`"),
            Entry::field("max", "time", "what is longer is cut off here", "\"60ms\"").else_as("20 times the mean"),
        ],
        frame: "cluster: (voters: 5, disk: (flush: Exponential(@)))",
    },
    Section {
        name: "clients",
        kind: Kind::Struct,
        places: &["clients"],
        about: "The load on the cluster.",
        entries: &[
            Entry::field("count", "whole number", "how many clients", "4").required().within(bounds::COUNT),
            Entry::field("arrival", "Arrival", "when operations begin", "ClosedLoop(think: \"10ms\")").or("OpenLoop(rate: 200)"),
            Entry::field("mix", "weights", "how often each kind of operation comes", "(put: 0.5, get: 0.4, cas: 0.1)").or("(put: 0.5, get: 0.4, cas: 0.1)"),
            Entry::field("keys", "whole number", "how many keys the clients share", "16").or("16").within(bounds::KEYS),
            Entry::field("value_bytes", "whole number", "how long a value is", "64").or("64").within(bounds::VALUE_BYTES),
            Entry::field("timeout", "time", "how long a client pursues an operation, with all its retries", "\"500ms\"").or("\"500ms\"").limit(TIME),
            Entry::field("backoff", "struct", "how long a refused client waits before it asks again", "(base: \"20ms\", cap: \"2s\")").or("()"),
            Entry::field(
                "retry_after",
                "time",
                "after how long without an answer a client asks the next node; without `sessions` an operation may then take effect twice",
                "\"150ms\"",
            )
            .else_as("no second time")
            .limit("at least 100us, at most 30 days"),
            Entry::field("sessions", "true or false", "whether clients open sessions and number their operations, so that none takes effect twice", "true")
                .or("false"),
            Entry::field("most_sessions", "whole number", "how many sessions are kept; beyond, the one unused for longest is dropped", "100")
                .or("10000")
                .within(bounds::MOST_SESSIONS),
            Entry::field("breaker", "struct", "when a client stops asking a node for a while that does not answer", "(window: 20)").else_as("never"),
        ],
        frame: "clients: (@)",
    },
    Section {
        name: "Arrival",
        kind: Kind::Enum,
        places: &["clients.arrival"],
        about: "When operations begin.",
        entries: &[
            Entry::field("OpenLoop", "OpenLoop(..)", "by a Poisson process, whatever becomes of earlier ones", "OpenLoop(rate: 200)"),
            Entry::field("ClosedLoop", "ClosedLoop(..)", "each client begins one when its last has ended and it has thought", "ClosedLoop(think: \"10ms\")"),
        ],
        frame: "clients: (count: 4, arrival: @)",
    },
    Section {
        name: "OpenLoop",
        kind: Kind::Struct,
        places: &[],
        about: "Arrivals that don't wait.",
        entries: &[Entry::field("rate", "number", "operations per second, of all clients together", "200.0").required().limit("above 0, at most 1000000")],
        frame: "clients: (count: 4, arrival: OpenLoop(@))",
    },
    Section {
        name: "ClosedLoop",
        kind: Kind::Struct,
        places: &[],
        about: "Arrivals that wait.",
        entries: &[Entry::field("think", "time", "how long a client thinks after each operation", "\"10ms\"").required().limit("at most 30 days")],
        frame: "clients: (count: 4, arrival: ClosedLoop(@))",
    },
    Section {
        name: "mix",
        kind: Kind::Struct,
        places: &["clients.mix"],
        about: "Weights of the kinds of operation; a kind that is left out does not happen.",
        entries: &[
            Entry::field("put", "number", "writes", "0.5").or("0").limit("0 to 1000000000000"),
            Entry::field("get", "number", "reads", "0.4").or("0").limit("0 to 1000000000000"),
            Entry::field("cas", "number", "compare-and-sets", "0.1").or("0").limit("0 to 1000000000000"),
        ],
        frame: "clients: (count: 4, mix: (@))",
    },
    Section {
        name: "backoff",
        kind: Kind::Struct,
        places: &["clients.backoff"],
        about: "After the n-th refusal in a row a client waits base * 2^(n-1), but at most the cap.",
        entries: &[
            Entry::field("base", "time", "the first wait", "\"20ms\"").or("\"20ms\"").limit("at least 100us"),
            Entry::field("cap", "time", "the longest wait", "\"2s\"").or("\"2s\"").limit("at least `base`, at most 30 days"),
            Entry::field("jitter", "Jitter", "how waits are spread", "Full").or("Full"),
            Entry::field("after_silence", "true or false", "whether a client also waits so when it has had no answer for `retry_after`, before it asks the next node", "true")
                .or("false"),
            Entry::field("attempts", "whole number", "how often a client asks for an operation; hints at the leader that it follows don't count", "4")
                .else_as("as often as there is time for")
                .within(bounds::ATTEMPTS),
            Entry::field("budget", "struct", "what a client may spend on asking again, for all its operations together", "(ratio: 0.1)").else_as("any number of times"),
        ],
        frame: "clients: (count: 4, backoff: (@))",
    },
    Section {
        name: "budget",
        kind: Kind::Struct,
        places: &["clients.backoff.budget"],
        about: "Each time that a client asks again takes one token. If there is none, the operation ends.",
        entries: &[
            Entry::field("ratio", "rate", "what share of a token each operation brings", "0.1").or("0.1").limit("0 to 1"),
            Entry::field("burst", "whole number", "how many tokens there are at first, and at most", "10").or("10").within(bounds::BURST),
        ],
        frame: "clients: (count: 4, backoff: (budget: (@)))",
    },
    Section {
        name: "breaker",
        kind: Kind::Struct,
        places: &["clients.breaker", "cluster.rpc.breaker"],
        about: "A circuit breaker: when calls to a node are not made for a while.",
        entries: &[
            Entry::field("window", "whole number", "how many of the last calls count", "20").or("20").within(bounds::WINDOW),
            Entry::field("open_at", "rate", "it opens when this share of the window had no answer", "0.5").or("0.5").limit("above 0, at most 1"),
            Entry::field("cool_down", "time", "how long it stays open before it tries again", "\"1s\"").or("\"1s\"").limit(TIME),
            Entry::field("probes", "whole number", "how many calls have to succeed then before it closes", "1").or("1").within(bounds::PROBES),
        ],
        frame: "clients: (count: 4, breaker: (@))",
    },
    Section {
        name: "Jitter",
        kind: Kind::Enum,
        places: &["clients.backoff.jitter"],
        about: "How a wait is spread, so that clients don't come back all at once.",
        entries: &[Entry::word("NoJitter", "not at all"), Entry::word("Full", "uniformly between nothing and the whole"),
            Entry::word("Equal", "uniformly between half of it and the whole"),
            Entry::word("Decorrelated", "uniformly between the base and three times the last wait, up to the cap"),
        ],
        frame: "clients: (count: 4, backoff: (jitter: @))",
    },
];
