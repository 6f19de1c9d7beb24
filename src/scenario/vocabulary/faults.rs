//! The vocabulary of what goes wrong.

use super::entry::{Entry, Kind, Section};
use crate::scenario::bounds;

/// The field for all links of some nodes, where they are cut or held, and where something is done to their frames.
const ISOLATE: Entry =
    Entry::field("isolate", "Target", "all links of these nodes, those between them too", "Leader");
const LINKS: Entry =
    Entry::field("links", "Target", "all links of these nodes, those between them too", "All");
const RATE: Entry = Entry::field("rate", "rate", "how likely each frame is hit", "0.01")
    .required()
    .limit("above 0, at most 1");

/// The ways to tell links, for `Partition` and `Clog`, and for others beside their own fields.
macro_rules! links {
    ($alone:expr $(, $more:expr)* $(,)?) => {
        &[
            Entry::field("groups", "list of lists of Target", "all links between nodes of different groups; a node in no group is alone", "[[Leader, Follower(1)], [Rest]]"),
            Entry::field("keep", "list of links", "all links but these", "[\"leader-slowpoke\", \"2-3\"]"),
            Entry::field("cut", "list of links", "just these links", "[\"1-2\", \"leader>3\"]"),
            $alone,
            Entry::field("oneway", "struct", "the links from some nodes to others, not those back", "(from: [Leader], to: [Rest])"),
            Entry::field("bridge", "Target", "the other nodes are two halves, linked by this one only", "Node(3)").limit("one node, of at least 3"),
            Entry::field("chain", "list of Target", "each is linked to the one before and the one after it only", "[Leader, Rest]").limit("at least 3 voters"),
            Entry::field("ring", "list of Target", "each is linked to just enough neighbours, on both sides, for a majority", "[All]").limit("at least 4 voters"),
            $($more),*
        ]
    };
}

pub(super) const SECTIONS: &[Section] = &[
    Section {
        name: "faults",
        kind: Kind::Struct,
        places: &["faults[..]"],
        about: "Something that goes wrong: either `at` a time or `when` something has happened.",
        entries: &[
            Entry::field("id", "text", "what others call it: `when`, `expect`, reports", "\"split\"")
                .limit("1 to 100 characters on one line"),
            Entry::field("at", "time", "when it begins", "\"5s\"").limit("before the run ends or settles"),
            Entry::field("when", "Milestone", "what it waits for instead", "Committed(1000)"),
            Entry::field("after", "time", "how long after `when` it begins", "\"10ms\"").or("\"0s\""),
            Entry::field("spread", "time", "it begins later by up to this, drawn uniformly", "\"200ms\"")
                .or("\"0s\""),
            Entry::field("until", "time", "when it ends; or `for`", "\"12s\"")
                .limit("after its beginning, by the end or `settle`"),
            Entry::field(
                "for",
                "time",
                "how long it lasts, from its real beginning; without both to the end, or to `settle`",
                "\"2s\"",
            )
            .limit("longer than 0s"),
            Entry::field(
                "overlap",
                "true or false",
                "whether it may hit nodes that another fault holds down or paused already, do what another does already, or with others let a clock drift beyond all bounds",
                "true",
            )
            .or("false"),
            Entry::field(
                "refused",
                "true or false",
                "whether a change of the members, or a transfer, is meant to be refused; only where it is known that it will be",
                "true",
            )
            .or("false"),
            Entry::field("do", "Action", "what it does", "Crash(Leader)").required(),
        ],
        frame: "faults: [(@)]",
    },
    Section {
        name: "Milestone",
        kind: Kind::Enum,
        places: &["faults[..].when"],
        about: "What a fault waits for. If it never comes, the fault is skipped.",
        entries: &[
            Entry::field(
                "Leader",
                "Leader(node number)",
                "this node becomes leader, for the first time",
                "Leader(2)",
            )
            .limit("a node of the cluster"),
            Entry::field(
                "Committed",
                "Committed(index)",
                "a node knows the entry at this index to be committed",
                "Committed(1000)",
            )
            .within(bounds::COMMITTED),
            Entry::field(
                "Elected",
                "Elected(n)",
                "a node becomes leader, for the n-th time in the run, whichever",
                "Elected(2)",
            )
            .within(bounds::ELECTED),
            Entry::field(
                "Changed",
                "Changed(n)",
                "a leader finds a change of the members done, for the n-th time in the run, whichever",
                "Changed(1)",
            )
            .within(bounds::CHANGED),
            Entry::field("Fault", "Fault(id)", "the fault of this id begins", "Fault(\"split\")"),
            Entry::field("End", "End(id)", "the fault of this id ends", "End(\"split\")"),
        ],
        frame: "faults: [(when: @, do: Crash(Leader))]",
    },
    Section {
        name: "Action",
        kind: Kind::Enum,
        places: &["faults[..].do", "storm[..].do"],
        about: "What goes wrong.",
        entries: &[
            Entry::field(
                "Partition",
                "Partition(links)",
                "links lose every frame, those in flight too",
                "Partition(isolate: Leader)",
            ),
            Entry::field(
                "Clog",
                "Clog(links)",
                "links hold every frame until they are let go",
                "Clog(cut: [\"1>2\"])",
            ),
            Entry::field(
                "Lose",
                "Lose(links, rate)",
                "links lose some frames by chance, on top of those they lose anyway",
                "Lose(links: Leader, rate: 0.1)",
            ),
            Entry::field(
                "Duplicate",
                "Duplicate(links, rate)",
                "links let some frames arrive twice",
                "Duplicate(links: All, rate: 0.05)",
            ),
            Entry::field(
                "Delay",
                "Delay(links, by)",
                "links take longer for each frame",
                "Delay(links: Random, by: Uniform(\"10ms\", \"40ms\"))",
            ),
            Entry::field(
                "Flap",
                "Flap(links, down, up)",
                "links are cut and healed again and again",
                "Flap(isolate: Leader, down: Constant(\"200ms\"), up: Uniform(\"100ms\", \"300ms\"))",
            ),
            Entry::field(
                "Crash",
                "Crash(Target)",
                "machines lose power: memory, and what was not flushed; at the end they start again",
                "Crash(Leader)",
            ),
            Entry::field(
                "Wipe",
                "Wipe(Target)",
                "a crash that takes the disk along: the machines come back blank, and stay silent",
                "Wipe(Node(1))",
            ),
            Entry::field(
                "Deaf",
                "Deaf(Target)",
                "nodes receive nothing, from nodes and clients alike",
                "Deaf(Leader)",
            ),
            Entry::field(
                "Mute",
                "Mute(Target)",
                "nothing that nodes send arrives, at nodes and clients alike",
                "Mute(Leader)",
            ),
            Entry::field(
                "DiskStall",
                "DiskStall(Target)",
                "disks take what is written, and finish no flush until the fault is over",
                "DiskStall(Leader)",
            ),
            Entry::field(
                "DiskFull",
                "DiskFull(Target)",
                "disks take nothing more: the next write stops the node; at the end it starts again",
                "DiskFull(Follower(1))",
            ),
            Entry::field(
                "LoseFlush",
                "LoseFlush(Target)",
                "disks say that a flush is done, and a crash takes it all the same; safety is waived",
                "LoseFlush(All)",
            ),
            Entry::field(
                "Rot",
                "Rot(Target)",
                "one bit of what was flushed turns over on each disk; at the end nothing is undone",
                "Rot(Follower(1))",
            ),
            Entry::field(
                "Drift",
                "Drift(nodes, ppm)",
                "clocks run too fast, or too slow",
                "Drift(nodes: Leader, ppm: -50000)",
            ),
            Entry::field(
                "Starve",
                "Starve(kind, to)",
                "frames of one kind of traffic do not arrive at these nodes, all others do",
                "Starve(kind: Heartbeats, to: Follower(1))",
            ),
            Entry::field(
                "Skew",
                "Skew(nodes, ahead or back)",
                "clocks on the wall are off for a while; timers run on another one",
                "Skew(nodes: Leader, ahead: \"2s\")",
            ),
            Entry::field(
                "Step",
                "Step(nodes, ahead or back)",
                "clocks on the wall are put ahead or back for good; timers run on another one",
                "Step(nodes: Leader, back: \"2s\")",
            ),
            Entry::field(
                "Pause",
                "Pause(Target)",
                "processes stop: frames pile up, timers fire late",
                "Pause(Minority)",
            ),
            Entry::field(
                "Slow",
                "Slow(target, factor)",
                "machines are slow: each frame costs them more; takes a cost in `host`",
                "Slow(target: Leader, factor: 20)",
            ),
            Entry::field(
                "Flood",
                "Flood(target, rate, bytes)",
                "requests come from outside, which nobody waits for: each a write, as if of a client",
                "Flood(target: Leader, rate: 20000)",
            ),
            Entry::field(
                "Transfer",
                "Transfer(Target)",
                "the leader is asked to hand over to this one node; at the end nothing is undone",
                "Transfer(Follower(1))",
            ),
            Entry::field(
                "AddLearner",
                "AddLearner(Target)",
                "the leader is asked to add this node as a learner; at the end nothing is undone",
                "AddLearner(Node(1))",
            ),
            Entry::field(
                "Promote",
                "Promote(Target)",
                "the leader is asked to make this learner a voter, once it has caught up",
                "Promote(Random)",
            ),
            Entry::field(
                "Remove",
                "Remove(Target)",
                "the leader is asked to remove this member",
                "Remove(Leader)",
            ),
            Entry::field(
                "Replace",
                "Replace(old, new)",
                "the leader is asked to put a node in the place of a voter",
                "Replace(old: Follower(1), new: 2)",
            ),
            Entry::field(
                "Corrupt",
                "Corrupt(links, rate, kind)",
                "links change the bytes of some frames",
                "Corrupt(links: All, rate: 0.01, kind: BitFlip(1, 8))",
            ),
            Entry::field(
                "Misdirect",
                "Misdirect(links, rate)",
                "links deliver some frames to another node than their receiver",
                "Misdirect(links: All, rate: 0.02)",
            ),
            Entry::field(
                "Replay",
                "Replay(links, rate)",
                "with some frames an old one of the same link arrives once more: one of the last 64, from the beginning of the fault on",
                "Replay(links: All, rate: 0.1)",
            ),
            Entry::field(
                "Forge",
                "Forge(to, rate)",
                "a stranger who knows the protocol, and not the secret, sends frames to nodes",
                "Forge(to: All, rate: 20.0)",
            ),
        ],
        frame: "faults: [(at: \"5s\", do: @)]",
    },
    Section {
        name: "Partition",
        kind: Kind::Struct,
        places: &[],
        about: "Which links are hit, told in one of these ways; `Clog` has the same.",
        entries: links!(ISOLATE),
        frame: "faults: [(at: \"5s\", do: Partition(@))]",
    },
    Section {
        name: "Slow",
        kind: Kind::Struct,
        places: &[],
        about: "Which machines are slow, and how much. Of several such faults the greatest factor counts.",
        entries: &[
            Entry::field("target", "Target", "which", "Leader").required(),
            Entry::field("factor", "number", "how many times as much each frame costs", "20")
                .required()
                .limit("1 to 1000000"),
        ],
        frame: "faults: [(at: \"5s\", do: Slow(@))]",
    },
    Section {
        name: "Flood",
        kind: Kind::Struct,
        places: &[],
        about: "To which machines requests come, and how many.",
        entries: &[
            Entry::field("target", "Target", "which", "Leader").required(),
            Entry::field("rate", "number", "how many in a second come to each, at random times", "20000")
                .required()
                .limit("above 0, at most 1000000"),
            Entry::field("bytes", "whole number", "how long the value is that each writes", "64")
                .or("64")
                .within(bounds::FLOOD_BYTES),
        ],
        frame: "faults: [(at: \"5s\", do: Flood(@))]",
    },
    Section {
        name: "Replace",
        kind: Kind::Struct,
        places: &[],
        about: "Who takes whose place.",
        entries: &[
            Entry::field("old", "Target", "the voter, one node, that goes", "Follower(1)").required(),
            Entry::field(
                "new",
                "node number",
                "the node that becomes a voter: a learner, or no member yet",
                "2",
            )
            .required()
            .limit("a node of the cluster"),
        ],
        frame: "faults: [(at: \"5s\", do: Replace(@))]",
    },
    Section {
        name: "Starve",
        kind: Kind::Struct,
        places: &[],
        about: "What is withheld from whom.",
        entries: &[
            Entry::field("kind", "Traffic", "which frames", "Votes").required(),
            Entry::field("to", "Target", "who gets none of them", "Node(3)").required(),
        ],
        frame: "faults: [(at: \"5s\", for: \"1s\", do: Starve(@))]",
    },
    Section {
        name: "Traffic",
        kind: Kind::Enum,
        places: &[],
        about: "Kinds of frame, by what they ask.",
        entries: &[
            Entry::word("Votes", "requests for votes, and votes"),
            Entry::word("PreVotes", "requests for pre-votes, and their answers"),
            Entry::word("Entries", "a leader's entries"),
            Entry::word("Heartbeats", "a leader's appends without entries"),
            Entry::word("Snapshots", "a leader's snapshots"),
            Entry::word("Answers", "what followers answer to these three"),
            Entry::word("Handovers", "a leader's wish to be succeeded"),
            Entry::word("Reads", "what is asked and answered for the sake of reads"),
            Entry::word("Requests", "what clients ask"),
        ],
        frame: "faults: [(at: \"5s\", for: \"1s\", do: Starve(kind: @, to: Leader))]",
    },
    Section {
        name: "Drift",
        kind: Kind::Struct,
        places: &[],
        about: "Whose clocks drift, and by how much.",
        entries: &[
            Entry::field("nodes", "Target", "whose", "Leader").required(),
            Entry::field(
                "ppm",
                "whole number",
                "by how many parts per million it is fast; slow, if negative",
                "-50000",
            )
            .required()
            .limit("-500000 to 500000"),
        ],
        frame: "faults: [(at: \"5s\", do: Drift(@))]",
    },
    Section {
        name: "Skew",
        kind: Kind::Struct,
        places: &[],
        about: "Whose clocks on the wall are put where; `Step` has the same.",
        entries: &[
            Entry::field("nodes", "Target", "whose", "Leader").required(),
            Entry::field("ahead", "time", "by how much they are put ahead; or `back`", "\"2s\"").limit("longer than 0s"),
            Entry::field("back", "time", "by how much they are put back", "\"2s\"").limit("longer than 0s"),
        ],
        frame: "faults: [(at: \"5s\", do: Skew(@))]",
    },
    Section {
        name: "Flap",
        kind: Kind::Struct,
        places: &[],
        about: "Which links flap, told as for `Partition`, and how.",
        entries: links!(
            ISOLATE,
            Entry::field("down", "Distribution", "how long they are cut, each time", "Constant(\"200ms\")")
                .required()
                .limit("never 0s, at least 1ms on average"),
            Entry::field(
                "up",
                "Distribution",
                "how long they are whole in between",
                "Uniform(\"100ms\", \"300ms\")"
            )
            .required()
            .limit("never 0s, at least 1ms on average"),
        ),
        frame: "faults: [(at: \"5s\", do: Flap(@))]",
    },
    Section {
        name: "Lose",
        kind: Kind::Struct,
        places: &[],
        about: "On which links, told as for `Partition` but that `links` stands for `isolate`, and how many frames are hit; \
                `Duplicate`, `Misdirect` and `Replay` have the same.",
        entries: links!(LINKS, RATE),
        frame: "faults: [(at: \"5s\", do: Lose(@))]",
    },
    Section {
        name: "Delay",
        kind: Kind::Struct,
        places: &[],
        about: "On which links, told as for `Lose`, and by how much longer frames take.",
        entries: links!(
            LINKS,
            Entry::field(
                "by",
                "Distribution",
                "by how much, drawn for each frame",
                "Uniform(\"10ms\", \"40ms\")"
            )
            .required(),
        ),
        frame: "faults: [(at: \"5s\", do: Delay(@))]",
    },
    Section {
        name: "Corrupt",
        kind: Kind::Struct,
        places: &[],
        about: "On which links, told as for `Lose`, and how frames are changed.",
        entries: links!(
            LINKS,
            RATE,
            Entry::field("kind", "Corruption", "what is done to them", "BitFlip(1, 8)").required(),
            Entry::field(
                "clients",
                "true or false",
                "whether all links between nodes and clients are hit as well",
                "true"
            )
            .or("false"),
        ),
        frame: "faults: [(at: \"5s\", do: Corrupt(@))]",
    },
    Section {
        name: "Corruption",
        kind: Kind::Enum,
        places: &[],
        about: "What is done to a frame.",
        entries: &[
            Entry::field(
                "BitFlip",
                "BitFlip(least, most)",
                "so many of its bits are flipped, each number being equally likely",
                "BitFlip(1, 8)",
            )
            .within(bounds::FLIPPED_BITS),
            Entry::word("Truncate", "bytes at its end are missing: any number, up to all"),
            Entry::word("Extend", "up to 64 random bytes follow its end"),
            Entry::word("Garbage", "random bytes take its place, at most as many as it had"),
        ],
        frame: "faults: [(at: \"5s\", do: Corrupt(links: All, rate: 0.01, kind: @))]",
    },
    Section {
        name: "Forge",
        kind: Kind::Struct,
        places: &[],
        about: "To whom a stranger sends frames, and how many.",
        entries: &[
            Entry::field("to", "Target", "to these nodes", "All").required(),
            Entry::field("rate", "number", "how many in a second, at random times, to each of them", "20.0")
                .required()
                .limit("0.001 to 10000"),
        ],
        frame: "faults: [(at: \"5s\", do: Forge(@))]",
    },
    Section {
        name: "oneway",
        kind: Kind::Struct,
        places: &[],
        about: "The links from some nodes to others.",
        entries: &[
            Entry::field("from", "list of Target", "whose frames are hit", "[Leader]").required(),
            Entry::field("to", "list of Target", "on the way to whom", "[Rest]").required(),
        ],
        frame: "faults: [(at: \"5s\", do: Partition(oneway: (@)))]",
    },
    Section {
        name: "Target",
        kind: Kind::Enum,
        places: &[],
        about: "A node, or some nodes, bound once when the fault begins.",
        entries: &[
            Entry::field("Node", "Node(number)", "this one", "Node(1)").limit("a node of the cluster"),
            Entry::field("Nodes", "Nodes([number, ..])", "these", "Nodes([1, 3])")
                .limit("nodes of the cluster, each once"),
            Entry::word(
                "Leader",
                "the leader of the highest term that is up; while there is none, the fault waits",
            ),
            Entry::field(
                "Follower",
                "Follower(k)",
                "the k-th voter, by number, that is up and not the leader; while there is none, the fault waits",
                "Follower(1)",
            )
            .limit("1 to the number of nodes - 1, since others may become voters"),
            Entry::word("Random", "a node that is up, drawn from those that the fault has not named yet"),
            Entry::word("Majority", "as many nodes as make a majority, drawn likewise"),
            Entry::word(
                "Minority",
                "as many nodes as a majority leaves over, drawn likewise; takes 3 voters",
            ),
            Entry::word("All", "every node"),
            Entry::word("Rest", "every node that the fault does not name; in lists only, once"),
            Entry::field(
                "Named",
                "Named(name)",
                "what the name stands for, from its first use on",
                "Named(\"slowpoke\")",
            ),
        ],
        frame: "faults: [(at: \"5s\", do: Crash(@))]",
    },
    Section {
        name: "storm",
        kind: Kind::Struct,
        places: &["storm[..]"],
        about: "A random process of faults, with a stream of its own.",
        entries: &[
            Entry::field("during", "(time, time)", "from when to when faults begin", "(\"5s\", \"40s\")")
                .else_as("as long as it can")
                .limit("within the run, before `settle`"),
            Entry::field(
                "every",
                "Distribution",
                "how much time lies between two beginnings",
                "Exponential(mean: \"10s\")",
            )
            .required()
            .limit("at least 1ms on average"),
            Entry::field(
                "for",
                "Distribution",
                "how long each lasts; some may last beyond the storm",
                "Uniform(\"75ms\", \"2s\")",
            )
            .required(),
            Entry::field(
                "do",
                "Action",
                "what each does; one whose targets can't be named is skipped",
                "Crash(Random)",
            )
            .required(),
        ],
        frame: "storm: [(@)]",
    },
    Section {
        name: "settle",
        kind: Kind::Struct,
        places: &["settle"],
        about: "The time from which nothing goes wrong: every fault ends, links lose and duplicate nothing; or only within a core of the nodes.",
        entries: &[
            Entry::field("from", "time", "when that is", "\"40s\"").required().limit("within the run"),
            Entry::field("core", "Core", "for whom", "All").or("All"),
            Entry::field("quiet", "time", "for how long from then on clients begin nothing and ask for nothing again", "\"2s\"")
                .or("\"0s\"")
                .limit("shorter than what is left of the run"),
        ],
        frame: "settle: (@)",
    },
    Section {
        name: "Core",
        kind: Kind::Enum,
        places: &["settle.core"],
        about: "For whom a run settles.",
        entries: &[
            Entry::word("All", "for every node"),
            Entry::word("Random", "for a quorum of the voters that is drawn then; all that is wrong elsewhere stays so for ever"),
            Entry::field("Nodes", "Nodes([number, ..])", "likewise, for these nodes", "Nodes([1, 2, 4])")
                .limit("a quorum of the voters, each once"),
        ],
        frame: "settle: (from: \"40s\", core: @)",
    },
];
