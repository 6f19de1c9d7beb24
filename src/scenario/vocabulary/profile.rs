//! The vocabulary of profiles. Actions, targets, bugs and the mix of operations are those of scenarios.

use super::entry::{Entry, Kind, Section};
use crate::scenario::bounds;

/// The sections of scenarios that profiles have as well.
pub(super) const SHARED: &[&str] = &[
    "Action",
    "Partition",
    "Slow",
    "Flood",
    "Flap",
    "Lose",
    "Delay",
    "Corrupt",
    "Corruption",
    "Forge",
    "oneway",
    "Target",
    "Bug",
    "Event",
    "mix",
    "Distribution",
    "Exponential",
];

/// What most ranges are limited to.
const TIMES: &str = "above 0s, at most 30 days";

/// How likely something is.
const SHARE: &str = "0 to 1";

/// The share of runs in which something happens.
const fn likely(example: &'static str) -> Entry {
    Entry::field("likely", "rate", "in what share of the runs", example).limit(SHARE)
}

/// In which clusters something happens.
const LEAST_VOTERS: Entry = Entry::field(
    "least_voters",
    "whole number",
    "in smaller clusters it does not happen; for actions that take more nodes",
    "4",
)
.or("1")
.within(bounds::VOTERS);

pub(super) const SECTIONS: &[Section] = &[
    Section {
        name: "profile",
        kind: Kind::Struct,
        places: &[""],
        about: "A whole file. Of a range each order of magnitude is equally likely, where nothing else is said.",
        entries: &[
            Entry::field("format", "whole number", "the version of the language; comes first", "1").required().within(bounds::FORMAT),
            Entry::field("name", "text", "what the profile is called", "\"default\"").required().limit("1 to 100 characters on one line"),
            Entry::field("about", "text", "what it is for, for people", "\"A bit of everything.\"").or("\"\"").limit("up to 4000 characters"),
            Entry::field("duration", "time", "when each run ends", "\"30s\"").required().limit("longer than 0s, at most 30 days"),
            Entry::field("settle", "time", "when in each run all faults are over", "\"20s\"").required().limit("within the run"),
            Entry::field("core", "rate", "in what share of the runs they are over only within a random core, and stay for ever elsewhere", "0.2").or("0").limit(SHARE),
            Entry::field(
                "mixture",
                "list of other",
                "other profiles, from which some runs are drawn altogether",
                "[(likely: 0.05, profile: \"leases\")]",
            )
            .or("[]"),
            Entry::field("cluster", "struct", "the nodes", "(voters: [(3, 1.0), (5, 1.0)])").required(),
            Entry::field("network", "struct", "the links", "(latency: (\"100us\", \"20ms\"))").or("()"),
            Entry::field("clients", "struct", "the load; without it clusters are idle", "(count: (1, 8), rate: (10, 400))"),
            Entry::field(
                "faults",
                "list of faults",
                "faults that come a number of times",
                "[(likely: 0.1, at: (\"1s\", \"10s\"), for: (\"1s\", \"5s\"), do: Wipe(Minority), least_voters: 3)]",
            )
            .or("[]"),
            Entry::field(
                "storm",
                "list of storms",
                "faults that come again and again, until the run settles",
                "[(likely: 0.5, every: (\"300ms\", \"20s\"), for: (\"30ms\", \"3s\"), do: Crash(Random))]",
            )
            .or("[]"),
            Entry::field(
                "sometimes",
                "list of Event",
                "what has to happen in some run at least: `squall fuzz --until-covered` goes on until all has",
                "[LeaderElected, TornTailCut]",
            )
            .or("[]"),
        ],
        frame: "@",
    },
    Section {
        name: "other",
        kind: Kind::Struct,
        places: &["mixture[..]"],
        about: "Another profile, from which some runs are drawn: what they are in its own runs of the same seed.",
        entries: &[
            likely("0.05").required().limit("0 to 1, and all together 1 at most"),
            Entry::field("profile", "text", "its name", "\"leases\"").required().limit("a profile that comes with Squall"),
        ],
        frame: "mixture: [(@)]",
    },
    Section {
        name: "cluster",
        kind: Kind::Struct,
        places: &["cluster"],
        about: "What clusters are drawn from.",
        entries: &[
            Entry::field("voters", "list of (whole number, number)", "numbers of nodes, each with its weight", "[(3, 4.0), (5, 5.0)]")
                .required()
                .limit("1 to 255 nodes; weights from 0, not all of them 0"),
            Entry::field("heartbeat", "(time, time)", "how often a leader lets its followers hear from it", "(\"20ms\", \"100ms\")")
                .or("(\"50ms\", \"50ms\")")
                .limit(TIMES),
            Entry::field("election_timeout", "(number, number)", "the least election timeout, as a multiple of the heartbeat", "(1.5, 10)")
                .or("(3, 3)")
                .limit("1.1 to 10000"),
            Entry::field("timeout_spread", "(number, number)", "the greatest election timeout, as a multiple of the least", "(1.03, 3)")
                .or("(2, 2)")
                .limit("1 to 10000"),
            Entry::field("max_batch_bytes", "(whole number, whole number)", "the most bytes of entries in one message", "(1, 65536)")
                .or("(65536, 65536)")
                .within(bounds::MAX_BATCH_BYTES),
            Entry::field("snapshots", "struct", "snapshots; without it there are none", "(likely: 0.5, every: (2000, 64000))"),
            Entry::field("changes", "struct", "changes of the members; without it there are none", "(likely: 0.2, spares: (1, 3), count: (1, 8))"),
            Entry::field("pre_vote", "rate", "in what share of the runs nodes ask for pre-votes", "0.5").or("0").limit(SHARE),
            Entry::field("check_quorum", "rate", "in what share of the runs leaders look after their quorum", "0.5").or("0").limit(SHARE),
            Entry::field("sticky", "rate", "in what share of the runs nodes with a current leader ignore requests for votes", "0.5").or("0").limit(SHARE),
            Entry::field("flow", "struct", "bounds of what is on its way; without it there are none", "(inflight: (likely: 0.5, most: (1, 256)))"),
            Entry::field("reads", "struct", "reads that take no entry of the log; without it all do", "(likely: 0.5, leases: 0.5)"),
            Entry::field("clocks", "struct", "clocks that drift; without it none do", "(likely: 0.3, drift: (100, 50000))"),
            Entry::field("hosts", "struct", "what it costs hosts to serve frames; without it nothing", "(likely: 0.3, cost_per_frame: (\"1us\", \"50us\"))"),
            Entry::field("flush", "(time, time)", "flushes take any time between two draws from this", "(\"10us\", \"20ms\")")
                .or("(\"500us\", \"2ms\")")
                .limit(TIMES),
            Entry::field("torn", "chance", "how likely crashes leave torn writes", "(likely: 0.5, rate: (0.1, 1))"),
            Entry::field("priorities", "rate", "in what share of the runs each node has a priority of its own, from 0 to 3", "0.1").or("0").limit(SHARE),
            Entry::field("breakers", "rate", "in what share of the runs leaders have circuit breakers, with a window from 1 to 32 and a cool-down from 20ms to 2s", "0.1")
                .or("0")
                .limit(SHARE),
            Entry::field("shuffled_logs", "rate", "in what share of the runs logs are `Shuffled` to begin with", "0.1").or("0").limit(SHARE),
            Entry::field("keyed", "rate", "in what share of the runs frames are `Keyed`; without it and `unchecked` all are `Crc32c`", "0.2").or("0").limit(SHARE),
            Entry::field("unchecked", "rate", "in what share of the runs they are `Unchecked`, if not keyed", "0.2").or("0").limit(SHARE),
            Entry::field("bug", "Bug", "a bug planted in every node, to see how soon it is found", "AckBeforeFlush"),
        ],
        frame: "cluster: (@)",
    },
    Section {
        name: "reads",
        kind: Kind::Struct,
        places: &["cluster.reads"],
        about: "What reads are drawn from: by index or by lease.",
        entries: &[
            likely("0.5").or("1"),
            Entry::field("leases", "rate", "in what share of these runs leaders hold leases; nodes are sticky then", "0.5").or("0").limit(SHARE),
            Entry::field("followers", "rate", "in what share of these runs followers answer reads, too", "0.3").or("0").limit(SHARE),
        ],
        frame: "cluster: (voters: [(3, 1)], reads: (@))",
    },
    Section {
        name: "clocks",
        kind: Kind::Struct,
        places: &["cluster.clocks"],
        about: "What clocks are drawn from.",
        entries: &[
            likely("0.3").or("1"),
            Entry::field("drift", "(whole number, whole number)", "by how many parts per million at most; each clock is fast or slow by any number up to that, and leases reckon with it", "(100, 50000)")
                .required()
                .within(bounds::DRIFT),
        ],
        frame: "cluster: (voters: [(3, 1)], clocks: (@))",
    },
    Section {
        name: "hosts",
        kind: Kind::Struct,
        places: &["cluster.hosts"],
        about: "What it costs hosts to serve frames is drawn from. What becomes of frames that find no room is each of the three ways equally often.",
        entries: &[
            likely("0.3").or("1"),
            Entry::field("cost_per_frame", "(time, time)", "what each frame costs; each 1024 bytes of it cost a quarter of that on top", "(\"1us\", \"50us\")")
                .required()
                .limit("above 0s, up to 1s"),
            Entry::field("inbox", "(whole number, whole number)", "how many frames may wait, in each lane", "(8, 1024)")
                .or("(1024, 1024)")
                .within(bounds::INBOX),
            Entry::field("two_lanes", "rate", "in what share of these runs frames of nodes go ahead of those of clients", "0.5").or("0").limit(SHARE),
            Entry::field("blocking", "rate", "in what share of these runs a node serves nothing while it flushes", "0.2").or("0").limit(SHARE),
        ],
        frame: "cluster: (voters: [(3, 1)], hosts: (@))",
    },
    Section {
        name: "snapshots",
        kind: Kind::Struct,
        places: &["cluster.snapshots"],
        about: "What snapshots are drawn from.",
        entries: &[
            likely("0.5").or("1"),
            Entry::field("every", "(whole number, whole number)", "after how many bytes of applied entries a node takes one", "(2000, 64000)")
                .required()
                .within(bounds::SNAPSHOT_EVERY),
            Entry::field("chunk", "(whole number, whole number)", "the most bytes of one in one message", "(256, 65536)")
                .or("(65536, 65536)")
                .within(bounds::SNAPSHOT_CHUNK),
        ],
        frame: "cluster: (voters: [(5, 1)], snapshots: (@))",
    },
    Section {
        name: "flow",
        kind: Kind::Struct,
        places: &["cluster.flow"],
        about: "What the bounds of what is on its way are drawn from.",
        entries: &[
            Entry::field("inflight", "limit", "the most appends to one follower that wait for an answer", "(likely: 0.5, most: (1, 256))")
                .within(bounds::MAX_INFLIGHT),
            Entry::field("inflight_bytes", "limit", "so many bytes of entries in them are enough", "(likely: 0.5, most: (100, 65536))")
                .within(bounds::MAX_INFLIGHT_BYTES),
            Entry::field("uncommitted_bytes", "limit", "the most bytes of commands that a leader has taken and not committed", "(likely: 0.5, most: (1000, 1000000))")
                .within(bounds::MAX_UNCOMMITTED_BYTES),
            Entry::field("early_bytes", "limit", "the most bytes of entries that a follower keeps until those before them come", "(likely: 0.5, most: (100, 100000))")
                .within(bounds::MAX_EARLY_BYTES),
        ],
        frame: "cluster: (voters: [(5, 1)], flow: (@))",
    },
    Section {
        name: "limit",
        kind: Kind::Struct,
        places: &["cluster.flow.inflight", "cluster.flow.inflight_bytes", "cluster.flow.uncommitted_bytes", "cluster.flow.early_bytes"],
        about: "A bound that some runs have.",
        entries: &[
            likely("0.5").or("1"),
            Entry::field("most", "(whole number, whole number)", "what it is", "(100, 65536)").required().limit("as in `flow`"),
        ],
        frame: "cluster: (voters: [(5, 1)], flow: (inflight: (@)))",
    },
    Section {
        name: "changes",
        kind: Kind::Struct,
        places: &["cluster.changes"],
        about: "What changes of the members are drawn from. Half of these runs change one voter at a time.",
        entries: &[
            likely("0.2").or("1"),
            Entry::field("learners", "(whole number, whole number)", "how many learners there are at first", "(0, 1)")
                .or("(0, 0)")
                .within(bounds::LEARNERS),
            Entry::field("spares", "(whole number, whole number)", "how many machines wait to be added", "(1, 3)")
                .or("(0, 0)")
                .within(bounds::SPARES),
            Entry::field("count", "(whole number, whole number)", "how often somebody comes, goes or takes another's place", "(1, 8)")
                .required()
                .within(bounds::CHANGES),
        ],
        frame: "cluster: (voters: [(5, 1)], changes: (@))",
    },
    Section {
        name: "network",
        kind: Kind::Struct,
        places: &["network"],
        about: "What links are drawn from; all links of a run are alike.",
        entries: &[
            Entry::field("latency", "(time, time)", "frames take any time between two draws from this", "(\"100us\", \"20ms\")")
                .or("(\"1ms\", \"5ms\")")
                .limit(TIMES),
            Entry::field("loss", "chance", "how likely frames get lost", "(likely: 0.5, rate: (0.0001, 0.1))"),
            Entry::field("duplicate", "chance", "how likely frames arrive twice", "(likely: 0.5, rate: (0.0001, 0.1))"),
        ],
        frame: "network: (@)",
    },
    Section {
        name: "chance",
        kind: Kind::Struct,
        places: &["network.loss", "network.duplicate", "clients.sessions.loss", "clients.sessions.duplicate", "cluster.torn"],
        about: "What goes wrong in some runs, there with some rate.",
        entries: &[
            likely("0.5").required(),
            Entry::field("rate", "(rate, rate)", "how often it happens then", "(0.0001, 0.1)").required().limit("above 0, at most 1"),
        ],
        frame: "network: (loss: (@))",
    },
    Section {
        name: "clients",
        kind: Kind::Struct,
        places: &["clients"],
        about: "What the load is drawn from.",
        entries: &[
            likely("0.9").or("1"),
            Entry::field("count", "(whole number, whole number)", "how many clients", "(1, 8)").required().within(bounds::COUNT),
            Entry::field("rate", "(number, number)", "operations per second of all clients, in an open loop", "(10, 400)")
                .required()
                .limit("0.001 to 1000000"),
            Entry::field("closed_loop", "rate", "in what share of these runs clients wait for their answers instead", "0.2").or("0").limit(SHARE),
            Entry::field("think", "(time, time)", "how long a client thinks in a closed loop", "(\"5ms\", \"500ms\")")
                .or("(\"10ms\", \"10ms\")")
                .limit(TIMES),
            Entry::field("mix", "weights", "how often each kind of operation comes, in every run", "(put: 0.5, get: 0.4, cas: 0.1)")
                .or("(put: 0.5, get: 0.4, cas: 0.1)"),
            Entry::field("keys", "(whole number, whole number)", "how many keys the clients share", "(1, 64)").or("(16, 16)").within(bounds::KEYS),
            Entry::field("value_bytes", "(whole number, whole number)", "how long a value is", "(8, 512)").or("(64, 64)").within(bounds::VALUE_BYTES),
            Entry::field("timeout", "(time, time)", "how long a client pursues an operation", "(\"200ms\", \"2s\")")
                .or("(\"500ms\", \"500ms\")")
                .limit(TIMES),
            Entry::field("restraint", "rate", "in what share of the runs clients have any `jitter`, other waits, and bounds of their `attempts` or a `budget`", "0.3")
                .or("0")
                .limit(SHARE),
            Entry::field("attempts", "(whole number, whole number)", "how often these ask for one operation at most; if left out, a third of them at most 1 to 20 times", "(1, 3)")
                .within(bounds::ATTEMPTS),
            Entry::field("breakers", "rate", "in what share of the runs clients have circuit breakers", "0.1").or("0").limit(SHARE),
            Entry::field("sessions", "struct", "sessions, and what then may happen to frames of clients", "(likely: 0.5, retries: 0.5)"),
        ],
        frame: "clients: (@)",
    },
    Section {
        name: "sessions",
        kind: Kind::Struct,
        places: &["clients.sessions"],
        about: "What sessions of clients are drawn from. What else is here happens in runs with sessions only: elsewhere clients' frames \
                are neither late nor lost.",
        entries: &[
            likely("0.5").required(),
            Entry::field("most", "(whole number, whole number)", "how many sessions are kept; beyond, the one unused for longest is dropped", "(1, 10000)")
                .or("(10000, 10000)")
                .within(bounds::MOST_SESSIONS),
            Entry::field("retries", "rate", "in what share of these runs a client asks the next node if it hears nothing", "0.7").or("0").limit(SHARE),
            Entry::field("retry_after", "(time, time)", "after how long", "(\"50ms\", \"1s\")")
                .or("(\"150ms\", \"150ms\")")
                .limit("100us to 30 days"),
            Entry::field("latency", "(time, time)", "frames take any time between two draws from this", "(\"10us\", \"20ms\")")
                .or("(\"100us\", \"100us\")")
                .limit(TIMES),
            Entry::field("loss", "chance", "how likely frames of clients get lost", "(likely: 0.5, rate: (0.0001, 0.1))"),
            Entry::field("duplicate", "chance", "how likely frames of clients arrive twice", "(likely: 0.5, rate: (0.0001, 0.1))"),
        ],
        frame: "clients: (count: (1, 8), rate: (10, 400), sessions: (@))",
    },
    Section {
        name: "faults",
        kind: Kind::Struct,
        places: &["faults[..]"],
        about: "Faults that come a number of times, each with draws of its own: either `at` a time or after some election.",
        entries: &[
            likely("0.3").required(),
            LEAST_VOTERS,
            Entry::field("count", "(whole number, whole number)", "how many of them", "(1, 8)").or("(1, 1)").within(bounds::FAULTS),
            Entry::field("at", "(time, time)", "when each begins, any time being equally likely", "(\"1s\", \"15s\")")
                .limit("over by `settle` with the longest `for`"),
            Entry::field("elected", "(whole number, whole number)", "after which election of the run each begins, counted from 1; all equally likely", "(1, 12)")
                .within(bounds::ELECTED),
            Entry::field("after", "(time, time)", "how long after `elected`; else at once", "(\"100us\", \"100ms\")").limit(TIMES),
            Entry::field("for", "(time, time)", "how long each lasts", "(\"30ms\", \"3s\")").required().limit(TIMES),
            Entry::field("do", "Action", "what each does", "Crash(Leader)").required(),
        ],
        frame: "faults: [(@)]",
    },
    Section {
        name: "storm",
        kind: Kind::Struct,
        places: &["storm[..]"],
        about: "Faults that come at random from the beginning until the run settles. No `Wipe`: in time no quorum would be left.",
        entries: &[
            likely("0.5").required(),
            LEAST_VOTERS,
            Entry::field("every", "(time, time)", "the mean time between two beginnings; times are exponential", "(\"300ms\", \"20s\")")
                .required()
                .limit("1ms to 30 days"),
            Entry::field("for", "(time, time)", "each lasts any time between two draws from this", "(\"30ms\", \"3s\")").required().limit(TIMES),
            Entry::field("do", "Action", "what each does; one whose targets can't be named is skipped", "Crash(Random)").required(),
        ],
        frame: "storm: [(@)]",
    },
];
