//! The vocabulary of what a run is expected to show.

use super::entry::{Entry, Kind, Section};
use crate::scenario::bounds;

const BOUND: &str = "longer than 0s; the run has to last that long";

/// A section of the fields of one expectation.
const fn fields(
    name: &'static str,
    about: &'static str,
    entries: &'static [Entry],
    frame: &'static str,
) -> Section {
    Section { name, kind: Kind::Struct, places: &[], about, entries, frame }
}

const DURING: Entry = Entry::field("during", "Span", "when", "Settle").required();
const AFTER: Entry = Entry::field("after", "Moment", "from when on", "Settle").required();

pub(super) const SECTIONS: &[Section] = &[
    Section {
        name: "Expectation",
        kind: Kind::Enum,
        places: &["expect[..]"],
        about: "What a run has to show, besides safety, which is always checked.",
        entries: &[
            Entry::field(
                "LeaderWithin",
                "LeaderWithin(..)",
                "within a bound after a moment there is an effective leader",
                "LeaderWithin(bound: \"2s\", after: Settle)",
            ),
            Entry::field(
                "Progress",
                "Progress(..)",
                "a new command is committed in a span",
                "Progress(during: Settle)",
            ),
            Entry::field(
                "NoProgress",
                "NoProgress(..)",
                "none is",
                "NoProgress(during: Between(\"6s\", \"12s\"))",
            ),
            Entry::field(
                "Returns",
                "Returns(..)",
                "service is back: every operation that begins later is done, or as many per second as before",
                "Returns(within: \"2s\", after: Settle)",
            ),
            Entry::field(
                "Availability",
                "Availability(..)",
                "a share of the operations that begin in a span is done, sooner or later",
                "Availability(at_least: 0.95, during: Run)",
            ),
            Entry::field(
                "LeaderChanges",
                "LeaderChanges(..)",
                "how often a node becomes leader in a span",
                "LeaderChanges(at_most: 2)",
            ),
            Entry::field(
                "Settled",
                "Settled(..)",
                "the core for which the run settles leads, agrees, carries out, keeps to its term and drains its queues",
                "Settled(within: \"2s\")",
            ),
            Entry::field(
                "TermAtMost",
                "TermAtMost(term)",
                "no node ever reaches a term above this",
                "TermAtMost(5)",
            )
            .within(bounds::TERM_AT_MOST),
            Entry::field(
                "Sometimes",
                "Sometimes(Event)",
                "this happens at least once",
                "Sometimes(NodeRestarted)",
            ),
            Entry::field("Never", "Never(Event)", "this never happens", "Never(NodeStopped)"),
            Entry::word("Linearizable", "operations on each key have an order; so also with `read: Local`"),
            Entry::word("ExactlyOnce", "no operation takes effect twice"),
            Entry::field(
                "Violates",
                "Violates(Property)",
                "this property of safety is violated; for scenarios that show a bug",
                "Violates(AcknowledgedWrites)",
            ),
        ],
        frame: "expect: [@]",
    },
    fields(
        "LeaderWithin",
        "There is an effective leader soon.",
        &[Entry::field("bound", "time", "how long it may take", "\"2s\"").required().limit(BOUND), AFTER],
        "expect: [LeaderWithin(@)]",
    ),
    fields("Progress", "Something new is committed.", &[DURING], "expect: [Progress(@)]"),
    fields("NoProgress", "Nothing new is committed.", &[DURING], "expect: [NoProgress(@)]"),
    fields(
        "Returns",
        "Service is back soon.",
        &[
            Entry::field("within", "time", "how long it may take", "\"2s\"").required().limit(BOUND),
            AFTER,
            Entry::field(
                "to",
                "rate",
                "then it is enough that of the operations that begin later as many per second are done as this share of those before",
                "0.9",
            )
            .limit("above 0, at most 1"),
            Entry::field("before", "Moment", "up to when operations count as those before", "At(\"10s\")")
                .else_as("`after`, or the beginning of the fault whose end that is"),
        ],
        "expect: [Returns(@)]",
    ),
    fields(
        "Availability",
        "Which share of the operations is done; one bound or both.",
        &[
            Entry::field("at_least", "rate", "at least this share", "0.95").limit("0 to 1"),
            Entry::field("at_most", "rate", "at most this share", "0.5").limit("0 to 1"),
            DURING,
        ],
        "expect: [Availability(@)]",
    ),
    fields(
        "Settled",
        "The core for which the run settles does all that a cluster without faults does.",
        &[Entry::field("within", "time", "how long each step may take", "\"2s\"").required().limit(BOUND)],
        "expect: [Settled(@)]",
    ),
    fields(
        "LeaderChanges",
        "How often a node becomes leader; one bound or both.",
        &[
            Entry::field("at_least", "whole number", "at least so often", "1").within(bounds::AT_LEAST),
            Entry::field("at_most", "whole number", "at most so often", "2").within(bounds::AT_MOST),
            Entry::field("during", "Span", "when", "Settle").or("Run"),
        ],
        "expect: [LeaderChanges(@)]",
    ),
    Section {
        name: "Moment",
        kind: Kind::Enum,
        places: &[],
        about: "A moment of the run.",
        entries: &[
            Entry::word("Start", "the start of the run"),
            Entry::field("At", "At(time)", "this time", "At(\"5s\")").limit("within the run"),
            Entry::word("Settle", "when the run settles"),
            Entry::field("Fault", "Fault(id)", "when the fault of this id begins", "Fault(\"split\")"),
            Entry::field("End", "End(id)", "when the fault of this id ends", "End(\"split\")"),
        ],
        frame: "expect: [LeaderWithin(bound: \"2s\", after: @)]",
    },
    Section {
        name: "Span",
        kind: Kind::Enum,
        places: &[],
        about: "A span of the run.",
        entries: &[
            Entry::word("Run", "the whole run"),
            Entry::field(
                "Between",
                "Between(time, time)",
                "from this time to that",
                "Between(\"5s\", \"12s\")",
            )
            .limit("within the run"),
            Entry::word("Settle", "from when the run settles to its end"),
            Entry::field("Fault", "Fault(id)", "while the fault of this id lasts", "Fault(\"split\")"),
        ],
        frame: "expect: [Progress(during: @)]",
    },
    Section {
        name: "Event",
        kind: Kind::Enum,
        places: &[],
        about: "Something that can happen in a run.",
        entries: &[
            Entry::word("PreCandidacy", "a node asks whether it would get votes"),
            Entry::word("Candidacy", "a node asks for votes"),
            Entry::word("LeaderElected", "a node becomes leader"),
            Entry::word("LeaderDeposed", "a leader gives up its role for a later term"),
            Entry::word(
                "LeaderSteppedDown",
                "a leader gives up its role within its term, since it has heard from no quorum",
            ),
            Entry::word(
                "TransferBegun",
                "a leader begins to hand over: it takes no commands and brings its successor up to date",
            ),
            Entry::word("TransferAsked", "a leader asks its successor to campaign at once"),
            Entry::word("TransferAborted", "a leader gives up handing over, and leads on"),
            Entry::word(
                "TransferRefused",
                "a node refuses to hand over: it does not lead, does so already, or is asked to hand over to itself",
            ),
            Entry::word(
                "MembersChanged",
                "a node takes up other members: an entry that names them has joined its log, or one is gone",
            ),
            Entry::word("ChangeBegun", "a leader begins to change the members"),
            Entry::word("LearnerCaughtUp", "a leader finds that a learner has caught up, and may vote"),
            Entry::word("ChangeDone", "a change of the members is committed"),
            Entry::word("ChangeAborted", "a leader gives a change of the members up"),
            Entry::word("ChangeRefused", "a node refuses to change the members"),
            Entry::word("EntryTruncated", "a log gives up entries that conflict with the leader's"),
            Entry::word("SnapshotTaken", "a node takes a snapshot of its state machine"),
            Entry::word("SnapshotInstalled", "a node replaces its state machine by its leader's snapshot"),
            Entry::word("FrameLost", "a frame between nodes is lost, for any reason"),
            Entry::word("FrameDuplicated", "a frame between nodes is duplicated"),
            Entry::word("FrameRejected", "a frame is refused by its receiver, for any reason"),
            Entry::word("FrameCorrupted", "the bytes of a frame are changed on its way"),
            Entry::word("FrameMisdirected", "a frame goes to another node than its receiver"),
            Entry::word("FrameReplayed", "an old frame comes once more"),
            Entry::word("FrameDelayed", "a fault delays a frame"),
            Entry::word("FrameForged", "a stranger sends a frame"),
            Entry::word(
                "FrameBelieved",
                "a frame that was changed or forged passes every check and is handed on",
            ),
            Entry::word("LengthWrong", "a frame is refused for its length"),
            Entry::word(
                "ChecksumWrong",
                "a frame is refused since its tag does not fit its bytes",
            ),
            Entry::word("MagicWrong", "a frame is refused as none of this protocol"),
            Entry::word(
                "AddressWrong",
                "a frame is refused since it does not name its link's ends",
            ),
            Entry::word(
                "MessageUndecodable",
                "a frame is refused since its message can't be read",
            ),
            Entry::word(
                "IndexesWrong",
                "a frame is refused for indexes or terms that contradict each other",
            ),
            Entry::word(
                "EntriesWrong",
                "a frame is refused for entries that are not those it says",
            ),
            Entry::word(
                "TermImpossible",
                "a frame is refused for a term that no cluster can have reached",
            ),
            Entry::word("FrameTooLong", "a frame is refused as longer than a frame may be"),
            Entry::word(
                "ClusterWrong",
                "a client refuses a frame as one of another cluster; nodes deny such frames (`AccessDenied`)",
            ),
            Entry::word("ReplyLate", "a client refuses an answer for which it no longer waits"),
            Entry::word("CallFailed", "a call between nodes has no answer by its deadline"),
            Entry::word("RequestRefused", "a node refuses a client's request"),
            Entry::word(
                "RequestPutOff",
                "a leader is busy, and refuses a client's request for the time being",
            ),
            Entry::word("OperationDone", "a client's operation is done"),
            Entry::word(
                "OperationUnknown",
                "a client's operation ends without an answer: it may have taken effect or not",
            ),
            Entry::word(
                "RepeatAnswered",
                "a command had been carried out before, and is answered from its session, without effect",
            ),
            Entry::word("SessionExpired", "a node drops the session that was unused for longest"),
            Entry::word("IndexRead", "a leader answers a read since a majority has confirmed that it leads"),
            Entry::word("LeaseRead", "a leader answers a read by its lease"),
            Entry::word("FollowerRead", "a follower answers a read as its leader has told it"),
            Entry::word("LocalRead", "a node answers a read without asking anybody"),
            Entry::word(
                "ReadRound",
                "a leader asks all others whether it still leads, for the sake of reads",
            ),
            Entry::word(
                "InboxOverflowed",
                "a frame finds no room in a machine's inbox, or loses it to another",
            ),
            Entry::word("NodeCrashed", "a machine crashes"),
            Entry::word("NodeRestarted", "a machine that had crashed starts again"),
            Entry::word("NodeBlank", "a machine starts with a blank disk"),
            Entry::word("NodeStopped", "a machine stays down since its disk can't be recovered"),
            Entry::word("AccessDenied", "a node or client is denied what it has no right to ask for"),
            Entry::word("BreakerOpened", "a circuit breaker opens, since calls have failed"),
            Entry::word("ProbeFailed", "a breaker that was half open opens again"),
            Entry::word("ProbeSucceeded", "a breaker that was half open closes"),
            Entry::word("FrameShed", "a frame or request is not sent, since a breaker is not closed"),
            Entry::word("RetryBudgetSpent", "a client gives an operation up, since its budget for asking again is spent"),
            Entry::word("TornTailCut", "a machine starts and cuts an unfinished write off its disk"),
            Entry::word("DiskFilled", "a node stops since its disk takes nothing more"),
            Entry::word("FaultSkipped", "a fault is given up since its milestone or its targets never came"),
        ],
        frame: "expect: [Sometimes(@)]",
    },
    Section {
        name: "Property",
        kind: Kind::Enum,
        places: &[],
        about: "The properties of safety, checked in every run.",
        entries: &[
            Entry::word("ElectionSafety", "a term has at most one leader"),
            Entry::word("OneVote", "a node votes once in a term"),
            Entry::word("LeaderAppendOnly", "leaders only append to their logs"),
            Entry::word("LogMatching", "equal index and term, equal logs"),
            Entry::word("CommittedChain", "all commit and apply the same"),
            Entry::word("CommitOrder", "nodes commit and apply in order"),
            Entry::word("LeaderCompleteness", "later leaders have what is committed"),
            Entry::word("TermAndVote", "no term or vote sent is forgotten"),
            Entry::word("Recovery", "what was flushed survives a crash"),
            Entry::word("DurableCommit", "commits are durable on a quorum"),
            Entry::word("AcknowledgedWrites", "what was acknowledged stays done"),
            Entry::word("ExactlyOnce", "no operation takes effect twice"),
            Entry::word("Linearizability", "operations on a key have an order"),
            Entry::word("Access", "nobody gets what is not for it to ask"),
            Entry::word("SoundImplementation", "the software under test does not panic"),
        ],
        frame: "expect: [Violates(@)]",
    },
];
