//! Raft (Ongaro and Ousterhout, "In search of an understandable consensus algorithm", extended version; below "5.x"
//! are its sections, and "thesis" is Ongaro's dissertation), as a state machine without input or output of its own.
//! `tests/raft/README.md` names the scripts that pin each of its rules.
//!
//! # The protocol, and where it is
//!
//! **Terms (5.1).** Time is divided into terms, each with at most one leader. Every message carries its sender's term.
//! Who meets a higher one adopts it and becomes a follower; what comes from a lower one is refused or ignored. The
//! one place for this is `Raft::receive`.
//!
//! **Elections (5.2, 5.4.1).** All servers start as followers. A follower that hears from no leader for its election
//! timeout campaigns (`candidate.rs`): it raises its term, votes for itself and asks all others at once. A server
//! grants one vote per term, first come, first served, and only to a candidate whose log is at least as up to date as
//! its own: the later last term wins, then the longer log (`Raft::answer_vote_request`). A candidate that does not
//! win in time campaigns again.
//!
//! **The timer.** A timeout is drawn uniformly from the configured range, with one word of the replica's own stream,
//! at boot, at each campaign and at each change of term. The timer is started afresh when a vote is granted and when
//! AppendEntries comes from the current leader, and by nothing else: a candidate whose log is behind can't keep the
//! others from campaigning, however often it asks. Thus a timeout drawn at a change of term counts from the next such
//! start; only a leader that steps down, which had no timer, starts it at once.
//!
//! **Pre-vote (thesis 9.6; `pre_vote.rs`), a switch.** A server whose timer ends asks first whether it would be elected in
//! the next term, and becomes a candidate only once a majority would vote for it. It enters no term for that, and an
//! answer promises nothing. A server says no if the vote itself would be refused, *and* while a leader is current: it leads,
//! or has heard from its leader within the least election timeout. This second refusal is part of pre-vote; it keeps a
//! leader in office whom some can't hear.
//!
//! **Check-quorum (thesis 6.2; `contact.rs`), a switch.** A leader that has heard from no majority for the least election
//! timeout steps down, in its term. Who still heard it then hears of no leader, and can help to elect another; clients are
//! told to look elsewhere. Pre-vote without check-quorum can keep a cluster from ever electing a leader that works: the
//! scenarios under `scenarios/partial/` show who recovers from which cut with which switches.
//!
//! **Sticky servers (thesis 4.2.3; `contact.rs`), a switch.** A server to which a leader is current ignores requests for its
//! vote altogether, the term in them too, so that a removed or half cut off server can't depose a leader. It is the
//! refusal of *votes*, where pre-vote's is one of *pre-votes*; either works without the other. What it does not help
//! against: a server that came back with a higher term refuses the leader's entries, and that costs an election.
//!
//! **Leadership transfer (thesis 3.10; `transfer.rs`).** A leader that is asked to hand over takes no more commands, brings
//! its successor up to date, and then asks it to campaign at once. The successor asks for no pre-votes, and its requests
//! for votes say that they come from a transfer, so that sticky servers look at them. If the leader still leads after the
//! least election timeout, it takes commands again.
//!
//! **Priorities (as in raft-rs; `priority.rs`).** Of two servers with equal logs one of a higher priority does not vote for
//! the other. They only ever prefer: a better log counts for more, and nobody is deposed for a low priority.
//!
//! **Replication (5.3).** A leader (`leader.rs`) appends commands to its log and sends them with the index and term of
//! the entry before them. A follower (`follower.rs`) that lacks that entry refuses; else it drops what conflicts,
//! appends what is new, and leaves alone what it has: a late, short AppendEntries must not shorten the log.
//! Once a follower's log is known to agree, entries are sent without waiting for answers (`progress.rs`, thesis
//! 10.2.2), batched by size. What gets lost is found by the next heartbeat: it names the entry before the next one to
//! be sent, so a follower that lacks it says so. A reply without news brings no more entries, else duplicated replies would
//! multiply (`Progress::accepted`).
//!
//! **Back-track.** A refusal carries a hint: the last index, at or before the refused one, at which the follower's
//! entry has a term no higher than the leader's there. Nothing after it can agree. The leader likewise skips its own
//! entries of terms above the hint's. So it takes at most one round for each term in which the logs differ, not one
//! for each entry; it is the scheme of etcd's raft.
//!
//! **Commitment (5.3, 5.4.2).** An entry of the leader's *own* term is committed once a majority holds it, and all
//! before it with it; entries of older terms are never committed by counting (figure 8). `quorum.rs` counts in a
//! constant number of steps per acknowledgement. Each leader begins its term with a no-op entry (thesis 6.4), so that
//! earlier entries are committed without waiting for a client. Followers learn the commit index with the next
//! AppendEntries or heartbeat, or at once if the options ask for it (`Raft::announce_commit`; as in etcd's raft): then they
//! apply an entry one way after the leader, and each commit costs a message to every follower, and its answer.
//!
//! **Durability (5, figure 2; thesis 3.8, 10.2.1).** Term, vote and entries are durable before any message that
//! promises them leaves: every send names the write it must wait for (`writes.rs`; for replies `Raft::reply_after`
//! alone decides). A leader sends entries while its own disk still writes them, but counts itself towards
//! commitment only as far as its disk has confirmed, just as a candidate counts its own vote only once it is durable.
//! The commit index is not durable (figure 2): it starts at the snapshot in each incarnation, or at 0, and entries are
//! applied from there.
//!
//! **Snapshots (7, figure 13; thesis 5).** If the options ask for it, a server has its state machine written down after so
//! many bytes of applied entries, and cuts its log once that is durable (`snapshot.rs`, which tells how much stays). A
//! leader that has cut off what a follower lacks sends its snapshot, in chunks over the same links as everything else. The
//! follower acknowledges it as a whole once it is durable; it then stands for all entries up to its index, in votes and
//! in counting a majority alike. A log that has the snapshot's last entry keeps what follows it, any other is replaced.
//! A snapshot that holds nothing beyond what is known to be committed changes nothing. Between any two of these writes
//! the disk holds a snapshot and a log that fit together.
//!
//! **Reads (thesis 6.4; `reads.rs`), a switch.** A read need not become an entry: a leader may answer from its state machine
//! once a majority has confirmed, after the read came, that it still leads, and an entry of its own term is applied. Reads
//! that come together share a round of contact; followers may answer as well, as their leader tells them. With leases
//! (6.4.1) a round is good for a while, in which those who took part help to elect nobody. What clocks may differ is taken
//! off, servers that restart keep what they may have promised, and a leader that hands over has none.
//!
//! **Changes of the members (thesis 4; `membership.rs`).** The members are what the latest entry of the log that names any
//! says, committed or not; with a truncated entry they go back. One voter more or less goes in one step (4.1), a replacement
//! through a joint configuration in which both majorities elect and commit (4.3), or in two single steps, as the options say.
//! A new voter is a learner first, until it has caught up (4.2.1). A leader that removes itself commits that and steps down
//! (4.2.2). One change is open at a time, none before an entry of the leader's own term is committed, and none that leaves no
//! quorum of servers that answer. A snapshot names the members as of its last entry.
//!
//! **Blank disks.** A server that finds no initial members on its disk is silent: it may have forgotten a vote or an entry
//! that it once acknowledged. One that finds some, and is none of them, waits to be added: it has promised nothing, answers
//! whoever asks, and does not campaign.
//!
//! **Flow (thesis 10.2; `window.rs`, `flow.rs`, `early.rs`).** What is in flight to one follower may be bounded, by count and by
//! bytes: beyond, it gets heartbeats only, until an answer makes room. A follower may keep entries that come before those
//! they follow; what it refuses meanwhile tells the leader what is missing, and no more than that is sent again. A leader
//! that has taken more than it may without committing it is busy, and says so.
//!
//! **Hostile bytes.** Whatever comes from the network may be anything. What does not decode, answers what nobody asked, or
//! asks for what no leader asks for (to truncate committed entries, to believe in a log longer than the leader's) is
//! dropped; nothing panics.
//!
//! # Left out so far
//!
//! Client sessions (6.3) are the state machine's. Requests for votes are not repeated within a term: where one gets lost, the
//! next campaign asks again.

mod bugs;
mod candidate;
mod contact;
mod early;
mod flow;
mod follower;
mod forged;
mod leader;
mod log;
mod membership;
pub mod message;
mod node;
mod pre_vote;
mod priority;
mod progress;
mod quorum;
mod reads;
mod sense;
mod snapshot;
mod transfer;
mod window;
mod writes;

pub use node::Raft;

use crate::replica::{Boot, Class, Effects, Flaw, Replica, Software, Status, Unrecoverable};
use crate::rng::Expansion;

/// This implementation, as Squall boots it.
#[derive(Clone, Copy, Debug, Default)]
pub struct RaftSoftware;

impl Software for RaftSoftware {
    fn boot(&self, boot: Boot<'_>, out: &mut Effects) -> Result<Box<dyn Replica>, Unrecoverable> {
        Ok(Box::new(Raft::boot(boot, out)?))
    }

    fn classify(&self, kind: u8, payload: &[u8]) -> Option<Class> {
        message::classify(kind, payload)
    }

    fn examine(&self, kind: u8, payload: &[u8], status: &Status) -> Result<(), Flaw> {
        sense::examine(kind, payload, status)
    }

    fn forge(&self, overheard: Status, words: &mut Expansion, payload: &mut Vec<u8>) -> u8 {
        forged::forge(overheard, words, payload)
    }

    fn kind_name(&self, kind: u8) -> &'static str {
        message::kind_name(kind)
    }
}
