//! Records as one line of text each.

use super::{
    ActionKind, Body, BreakerState, Denial, Disowned, FaultSource, Forgone, Loss, MembersPart, Operation,
    Outcome, Record, Rejection, StopReason,
};
use crate::ids::{Index, NodeSet};
use crate::replica::{
    Abort, Change, ChangeStep, NoChange, NoTransfer, ReadRight, Refusal, Role, TransferStep,
};
use crate::time::Duration;
use std::fmt;

impl fmt::Display for Record {
    /// `#17 <- #12  1.204ms  n3  sent AppendEntries to n1 ..`, without line break. Kinds of message are numbers here;
    /// who knows the implementation can name them with [`Record::line`].
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.line(&|kind| format!("kind {kind}")))
    }
}

impl Record {
    /// One line of text, with `kind` naming kinds of message.
    pub fn line(&self, kind: &dyn Fn(u8) -> String) -> String {
        let cause = self.cause.map_or(String::new(), |cause| format!("<- {cause}"));
        let id = self.id.to_string();
        format!(
            "{id:>8} {cause:<11} {:>14} {:<5} {}",
            self.time.to_string(),
            self.node.to_string(),
            self.body.line(kind)
        )
    }
}

impl Body {
    /// What happened, in words.
    #[expect(clippy::too_many_lines, reason = "one flat match over all bodies")]
    pub fn line(&self, name: &dyn Fn(u8) -> String) -> String {
        match *self {
            Self::Woke => "woke".into(),
            Self::Delivered { from, kind, call, bytes, hash } => {
                format!("received {} from {from}, call {call}, {bytes} bytes, hash {hash:016x}", name(kind))
            }
            Self::Waited { waited, ahead } => {
                format!("that frame had waited for {waited}; {ahead} were there when it came")
            }
            Self::TurnedAway { from, call } => format!("turned {from} away, call {call}: its inbox is full"),
            Self::Flushed { write } => format!("flushed up to write {write}"),
            Self::Proposed { bytes, hash } => {
                format!("was proposed a command of {bytes} bytes, hash {hash:016x}")
            }
            Self::Invoked { operation, request } => format!("invoked operation {operation}: {request}"),
            Self::Returned { operation, outcome } => format!("operation {operation} returned: {outcome}"),
            Self::CallFailed { to, kind, call } => {
                format!("{} to {to}, call {call}, had no answer in time", name(kind))
            }
            Self::FaultStarted { fault, source, action, nodes } => {
                format!("fault {fault} ({source}) starts: {action}{}", of(nodes))
            }
            Self::FaultEnded { fault, source, action, nodes, last } => {
                let again = if last { "" } else { ", for now" };
                format!("fault {fault} ({source}) ends{again}: {action}{}", of(nodes))
            }
            Self::FaultSkipped { source, action } => {
                format!("{source} is skipped, {}: {action}", source.why_skipped())
            }
            Self::Settled => "settles: every fault is over".into(),
            Self::SettledFor { nodes } => {
                format!("settles for {nodes}: nothing goes wrong among these, and all else stays as it is")
            }
            Self::Beset { nodes } => format!("something stays wrong with {nodes}, or with links of theirs"),
            Self::Cut { to } => format!("link to {to} is cut"),
            Self::HitAlready { to } => format!("link to {to} is hit once more"),
            Self::Healed { to } => format!("link to {to} heals"),
            Self::Clogged { to } => format!("link to {to} clogs"),
            Self::Unclogged { to } => format!("link to {to} flows again"),
            Self::Crashed => "crashed".into(),
            Self::Wiped => "lost its disk".into(),
            Self::Rotted { at, bit } => format!("bit {bit} of byte {at} on its disk turned over"),
            Self::TailCut { bytes } => format!("cut an unfinished write of {bytes} bytes off its disk"),
            Self::ClockRate { ppm: 0 } => "its clock runs right".into(),
            Self::ClockRate { ppm } if ppm < 0 => format!("its clock is slow by {} ppm", ppm.unsigned_abs()),
            Self::ClockRate { ppm } => format!("its clock is fast by {ppm} ppm"),
            Self::ClockStepped { ahead_ns: 0 } => "its clock on the wall is right".into(),
            Self::ClockStepped { ahead_ns } => {
                let off = Duration::from_nanos(ahead_ns.unsigned_abs());
                format!("its clock on the wall is {off} {}", if ahead_ns < 0 { "behind" } else { "ahead" })
            }
            Self::Paused => "paused".into(),
            Self::Resumed => "resumed".into(),
            Self::Preloaded { index, term, hash } => {
                format!("had entry {index} of term {term} from before the run, hash {hash:016x}")
            }
            Self::Booted { epoch, blank: true, .. } => format!("booted, life {epoch}, from a blank disk"),
            Self::Booted { epoch, blank: false, term, vote, last, hash } => {
                let vote = vote.map_or("nobody".into(), |vote| vote.to_string());
                format!(
                    "booted, life {epoch}: term {term}, voted for {vote}, log to {last}, hash {hash:016x}"
                )
            }
            Self::Stopped { reason } => format!("stopped: {reason}"),
            Self::Panicked { message } => format!("panicked: {message}"),
            Self::Sent { to, kind, call, bytes, hash, term, grants_vote } => {
                let vote = if grants_vote { ", grants its vote" } else { "" };
                format!(
                    "sent {} to {to}, term {term}{vote}, call {call}, {bytes} bytes, hash {hash:016x}",
                    name(kind)
                )
            }
            Self::Held { to, kind, after } => format!("{} to {to} waits for write {after}", name(kind)),
            Self::Lost { to, kind, why } => format!("{} to {to} lost: {why}", name(kind)),
            Self::Duplicated { to, kind } => format!("{} to {to} duplicated", name(kind)),
            Self::Afflicted { to } => format!("frames on the link to {to} are hit from now on"),
            Self::Relieved { to } => format!("frames on the link to {to} are hit no more"),
            Self::Corrupted { to, kind, how, count } => {
                format!("{} to {to} changed: {}", name(kind), how.of(count))
            }
            Self::Misdirected { to, kind, instead } => {
                format!("{} to {to} goes to {instead} instead", name(kind))
            }
            Self::Replayed { to, kind } => format!("an old {} to {to} is on its way again", name(kind)),
            Self::Delayed { to, kind, by_ns } => {
                format!("{} to {to} delayed by {}", name(kind), Duration::from_nanos(by_ns))
            }
            Self::Forged { from, kind, like, bytes } => {
                format!("a stranger sends {like}, {} from {from}, {bytes} bytes", name(kind))
            }
            Self::Believed { from, kind } => {
                format!("took a frame from {from} for sound that is not: {}", name(kind))
            }
            Self::Rejected { from, why } => format!("rejected a frame from {from}: {why}"),
            Self::Appended { write, index, term, hash } => {
                format!("appended entry {index} of term {term} in write {write}, hash {hash:016x}")
            }
            Self::Truncated { write, from } => {
                format!("truncated its log from entry {from} in write {write}")
            }
            Self::SnapshotTaken { index, term, hash, store } => {
                format!(
                    "took a snapshot up to entry {index} of term {term}, hash {hash:016x}, store {store:016x}"
                )
            }
            Self::SnapshotWritten { write, index, term, hash, bytes } => {
                format!(
                    "wrote a snapshot up to entry {index} of term {term}, {bytes} bytes, in write {write}, hash {hash:016x}"
                )
            }
            Self::Compacted { write, index, term, hash } => {
                format!("cut its log up to entry {index} of term {term} in write {write}, hash {hash:016x}")
            }
            Self::Restored { index, term, hash, store, at_start } => {
                let whose = if at_start { "its own" } else { "a leader's" };
                format!(
                    "restored {whose} snapshot up to entry {index} of term {term}, hash {hash:016x}, store {store:016x}"
                )
            }
            Self::HardStateWritten { write, term, vote } => {
                let vote = vote.map_or("nobody".into(), |vote| vote.to_string());
                format!("wrote term {term}, vote for {vote} in write {write}")
            }
            Self::Accepted { request, index, term } => {
                format!("accepted request {request} as entry {index} of term {term}")
            }
            Self::Refused { request, reason: Refusal::NotLeader { hint } } => {
                let hint = hint.map_or(String::new(), |hint| format!(", hints at {hint}"));
                format!("refused request {request}: not the leader{hint}")
            }
            Self::Refused { request, reason: Refusal::Busy } => format!("refused request {request}: busy"),
            Self::Transfer { to, step } => match step {
                TransferStep::Begun => format!("begins to hand over to {to}, and takes no commands"),
                TransferStep::Asked => format!("asks {to} to campaign at once"),
                TransferStep::Aborted => format!("gives up to hand over to {to}, and takes commands again"),
                TransferStep::Refused(why) => format!("refuses to hand over to {to}: {why}"),
            },
            Self::ReadRound { round, reads } => {
                format!("asks whether it still leads, round {round}, for {reads} reads")
            }
            Self::Served { request, at, applied, right } => {
                format!("served request {request} {right}: entry {at} is applied, as all to {applied}")
            }
            Self::Membership { part, index, nodes } => {
                let part = match part {
                    MembersPart::Learners => "learners",
                    MembersPart::Outgoing => "outgoing voters",
                    MembersPart::Voters => "voters",
                };
                let by = if index == Index::ZERO {
                    "from the beginning".into()
                } else {
                    format!("by entry {index}")
                };
                format!("counts {nodes} as {part}, {by}")
            }
            Self::Change { change, step } => match step {
                ChangeStep::Begun => format!("begins to {change}"),
                ChangeStep::CaughtUp { rounds } => {
                    format!("found the new voter to have caught up in round {rounds}, to {change}")
                }
                ChangeStep::Done => format!("has made the change to {change}"),
                ChangeStep::Aborted(why) => format!("gives up to {change}: {why}"),
                ChangeStep::Refused(why) => format!("refuses to {change}: {why}"),
            },
            Self::Committed { index, term, hash } => {
                format!("knows entry {index} of term {term} committed, hash {hash:016x}")
            }
            Self::Applied { index, term, hash } => {
                format!("applied entry {index} of term {term}, hash {hash:016x}")
            }
            Self::SessionOpened { session, dropped: None } => format!("opened session {session}"),
            Self::SessionOpened { session, dropped: Some(dropped) } => {
                format!("opened session {session} and dropped session {dropped}, unused for longest")
            }
            Self::Executed { index, operation, command } => {
                let of =
                    |text: &str, it: Option<String>| it.map_or(String::new(), |it| format!("{text}{it}"));
                let operation = of(", operation ", operation.map(|it| it.to_string()));
                let command = of(", command ", command.map(|it| it.to_string()));
                format!("carried out entry {index}{operation}{command}")
            }
            Self::Repeated { index, command } => {
                format!("answered entry {index} from the session, without effect: command {command}")
            }
            Self::Disowned { index, command, why } => {
                format!("did not carry out entry {index}, command {command}: {why}")
            }
            Self::Acknowledged { request, index, term } => {
                format!("acknowledged request {request}, entry {index} of term {term}")
            }
            Self::RoleChanged { role, term, leader } => {
                let leader = match (role, leader) {
                    (Role::Leader, _) | (_, None) => String::new(),
                    (_, Some(leader)) => format!(" of {leader}"),
                };
                format!("is {role}{leader} in term {term}")
            }
            Self::Denied { from, function: Some(function), why } => {
                format!("denied {from} {}: {why}", function.name())
            }
            Self::Denied { from, function: None, why } => format!("denied a frame from {from}: {why}"),
            Self::Stale { from, kind } => {
                format!("had no use for the {} from {from}: it waits for none", name(kind))
            }
            Self::VoteRefused { candidate, pre_vote, why } => {
                let what = if pre_vote { "the promise of a vote" } else { "a vote" };
                format!("refused {candidate} {what}: {why}")
            }
            Self::Shed { to, kind } => {
                format!("did not send {} to {to}: its breaker is not closed", name(kind))
            }
            Self::Breaker { to, was, is } => format!("breaker for {to} is {is}; it was {was}"),
            Self::Forgone { operation, why } => format!("asks no more for operation {operation}: {why}"),
            Self::FinalNode { log, hard_state, store } => {
                format!("ends with log {log:016x}, hard state {hard_state:016x}, store {store:016x}")
            }
            Self::FinalStreams { positions } => format!("random streams drawn to {positions:016x}"),
        }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AddLearner(node) => write!(f, "add learner {node}"),
            Self::Promote(node) => write!(f, "promote {node}"),
            Self::Remove(node) => write!(f, "remove {node}"),
            Self::Replace { old, new } => write!(f, "replace {old} by {new}"),
        }
    }
}

impl fmt::Display for Abort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::TooSlow => "the new node does not catch up",
            Self::Silent => "the new node does not answer",
            Self::Deposed => "it leads no more",
            Self::Overtaken => "the members are others by now",
        })
    }
}

impl fmt::Display for NoTransfer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::NotLeader => "it does not lead",
            Self::Down => "it does not run",
            Self::HandingOver => "it hands over already",
            Self::Leads => "that node leads already",
            Self::NoVoter => "that node is no voter",
        })
    }
}

impl fmt::Display for NoChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::NotLeader => "it does not lead",
            Self::Down => "it does not run",
            Self::AnotherOpen => "another change is open",
            Self::NoOwnCommit => "no entry of its term is committed yet",
            Self::HandingOver => "it hands over",
            Self::Unknown => "there is no such node",
            Self::IsMember => "the node is one already",
            Self::NoMember => "the node is no member",
            Self::NoLearner => "the node is no learner",
            Self::NoVoter => "the node is no voter",
            Self::NobodyLeft => "no voter would be left",
            Self::NoQuorum => "the voters that are left and answer make no quorum",
        })
    }
}

fn of(nodes: NodeSet) -> String {
    if nodes.is_empty() { String::new() } else { format!(" of {nodes}") }
}

impl fmt::Display for FaultSource {
    /// As the scenario's fields are called.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&match self {
            Self::Fault(place) => format!("faults[{place}]"),
            Self::Storm(place) => format!("storm[{place}]"),
        })
    }
}

impl fmt::Display for ActionKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Partition => "partition",
            Self::Clog => "clog",
            Self::Crash => "crash",
            Self::Wipe => "wipe",
            Self::Pause => "pause",
            Self::Transfer => "transfer",
            Self::AddLearner => "add-learner",
            Self::Promote => "promote",
            Self::Remove => "remove",
            Self::Replace => "replace",
            Self::Deaf => "deaf",
            Self::Mute => "mute",
            Self::DiskStall => "disk-stall",
            Self::DiskFull => "disk-full",
            Self::LoseFlush => "lose-flush",
            Self::Rot => "rot",
            Self::Drift => "drift",
            Self::Starve => "starve",
            Self::Skew => "skew",
            Self::Step => "step",
            Self::Lose => "lose",
            Self::Duplicate => "duplicate",
            Self::Delay => "delay",
            Self::Corrupt => "corrupt",
            Self::Misdirect => "misdirect",
            Self::Replay => "replay",
            Self::Forge => "forge",
            Self::Slow => "slow",
            Self::Flood => "flood",
        })
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Get { key } => write!(f, "get k{key}"),
            Self::Put { key, value } => write!(f, "put k{key} := {value:x}"),
            Self::Cas { key, expected: Some(expected), value } => {
                write!(f, "cas k{key} {expected:x} -> {value:x}")
            }
            Self::Cas { key, expected: None, value } => write!(f, "cas k{key} absent -> {value:x}"),
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Done { previous, previous_index, written } => {
                let previous = previous.map_or("absent".into(), |value| format!("{value:x}"));
                let written = if written { ", written" } else { "" };
                write!(f, "was {previous} of entry {previous_index}{written}")
            }
            Self::Refused => f.write_str("refused, without effect"),
            Self::Unknown => f.write_str("no answer in time, outcome unknown"),
        }
    }
}

impl fmt::Display for ReadRight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Index => "since a quorum has confirmed its leader",
            Self::Lease => "by its lease",
            Self::Follower => "as its leader has told it",
            Self::Local => "without asking anybody",
        })
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Follower => "follower",
            Self::PreCandidate => "pre-candidate",
            Self::Candidate => "candidate",
            Self::Leader => "leader",
        })
    }
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Random => "bad luck",
            Self::CutAtSending => "the link is cut",
            Self::CutAtArrival => "the link was cut on the way",
            Self::ReceiverDown => "the receiver is down",
            Self::InboxFull => "the inbox is full",
            Self::Starved => "withheld from the receiver",
        })
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Length => "wrong length",
            Self::Checksum => "wrong checksum",
            Self::Magic => "not of this protocol",
            Self::Cluster => "from another cluster",
            Self::Address => "not the link's addresses",
            Self::Undecodable => "undecodable",
            Self::Late => "reply to a call given up",
            Self::Indexes => "contradictory indexes",
            Self::Entries => "not the entries it says",
            Self::TermJump => "an impossible term",
            Self::TooLong => "too long",
        })
    }
}

impl fmt::Display for Denial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Cluster => "from another cluster",
            Self::Stranger => "from nobody of this cluster",
            Self::Impostor => "in another's name",
            Self::Function => "not for the sender to ask",
        })
    }
}

impl fmt::Display for BreakerState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Closed => "closed",
            Self::Open => "open",
            Self::HalfOpen => "half open",
        })
    }
}

impl fmt::Display for Forgone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Attempts => "it has asked as often as it may",
            Self::Budget => "its budget for asking again is spent",
        })
    }
}

impl fmt::Display for Disowned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoSession => "there is no such session",
            Self::NotAwaited => "its client no longer waits for an answer",
        })
    }
}

impl fmt::Display for StopReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unrecoverable => "its disk can't be recovered",
            Self::DiskFull => "its disk is full",
            Self::Panicked => "its software panicked",
        })
    }
}
