//! One server: what it remembers, and the rules that hold in every role.

use super::contact::QuorumContact;
use super::early::Early;
use super::log::Log;
use super::membership::Memberships;
use super::message::{Message, RequestVote, RequestVoteReply};
use super::progress::{Peers, Progress};
use super::quorum::{Tally, Votes};
use super::reads::Reads;
use super::snapshot::Snapshots;
use super::transfer::Transfer;
use super::window::Limits;
use super::writes::Writes;
use crate::ids::{Index, NodeId, RequestId, Term, WriteId};
use crate::replica::{
    Boot, Effect, Effects, HardState, Input, Options, Refusal, Replica, Role, Status, Unrecoverable,
    VoteRefusal,
};
use crate::rng::Stream;
use crate::time::{Duration, LocalTime};

/// A Raft server.
///
/// Invariants:
/// - The term never goes down, and a vote is only ever changed with the term.
/// - `commit` never goes down, and never exceeds the last index of the log.
/// - At the end of a step the hard state in memory has been handed to the disk.
/// - A leader is the leader of its own term, and a candidate knows of none.
///
/// `votes` serves candidates only, `progress`, `tally`, `heartbeat_due`, `contact` and `transfer` a leader only. Their room is kept from one
/// election to the next, so that an election allocates nothing.
#[derive(Debug)]
pub struct Raft {
    pub(super) id: NodeId,
    /// Whether its disk was blank: it may have forgotten what it promised.
    is_silent: bool,
    pub(super) memberships: Memberships,
    pub(super) peers: Peers,
    pub(super) options: Options,
    pub(super) priority: u32,
    stream: Stream,

    pub(super) term: Term,
    pub(super) vote: Option<NodeId>,
    /// Whether `term` and `vote` have yet to be written.
    unsaved: bool,
    pub(super) log: Log,
    pub(super) writes: Writes,
    pub(super) snapshots: Snapshots,

    pub(super) role: Role,
    pub(super) leader: Option<NodeId>,
    /// When this server, as a follower, last heard from the leader it knows.
    pub(super) leader_heard: LocalTime,
    pub(super) commit: Index,
    /// The election timeout last drawn.
    pub(super) timeout: Duration,
    pub(super) election_due: LocalTime,

    pub(super) votes: Votes,
    pub(super) progress: Vec<Progress>,
    pub(super) tally: Tally,
    /// Room to count without it.
    pub(super) reached: Vec<Index>,
    /// Up to where the leader itself is counted in `tally`.
    pub(super) counted: Index,
    pub(super) heartbeat_due: LocalTime,
    pub(super) contact: QuorumContact,
    pub(super) transfer: Option<Transfer>,
    /// How many effects this step had when a leader last committed something that its followers are to hear of at once: what it
    /// sends after these tells them.
    pub(super) unannounced: Option<usize>,
    pub(super) limits: Limits,
    pub(super) early: Early,
    /// The first entry of this leader's term.
    pub(super) term_start: Index,
    /// The time of this step.
    pub(super) now: LocalTime,
    pub(super) reads: Reads,
}

impl Raft {
    /// Starts a server, as a follower (5.2), from what its disk holds.
    ///
    /// # Errors
    /// [`Unrecoverable`] if the log is no log, or holds an entry of a term that the hard state has not reached:
    /// then the server has forgotten a term, and may have forgotten a vote. Also if the log and the snapshot don't fit
    /// together: then it has forgotten entries.
    pub fn boot(boot: Boot<'_>, out: &mut Effects) -> Result<Self, Unrecoverable> {
        let Boot { id, options, recovered, stream, now, is_first, priority } = boot;
        let HardState { term, vote } = recovered.hard_state;
        let log = Log::from_wire(recovered.base.index, recovered.base.term, &recovered.entries)
            .ok_or_else(|| Unrecoverable("the log's bytes are not entries to the end".to_owned()))?;
        let snapshots = Snapshots::new(options, recovered.snapshot.as_ref());
        snapshots.check_against(&log)?;
        if log.last_term() > term {
            let last = log.last_term();
            let reason = format!("the log holds an entry of term {last}, the hard state is of term {term}");
            return Err(Unrecoverable(reason));
        }
        let memberships = Memberships::recovered(
            recovered.genesis,
            recovered.snapshot.as_ref(),
            recovered.base.index,
            &recovered.entries,
        )?;
        let writes = Writes::new(log.last());
        let mut raft = Self {
            id,
            is_silent: recovered.genesis.is_none(),
            peers: Peers::new(memberships.latest().members.all().iter(), id),
            memberships,
            options: options.clone(),
            priority,
            stream,
            term,
            vote,
            unsaved: false,
            log,
            writes,
            commit: snapshots.last(),
            snapshots,
            role: Role::Follower,
            leader: None,
            leader_heard: now,
            timeout: Duration::ZERO,
            election_due: now,
            votes: Votes::default(),
            progress: Vec::new(),
            tally: Tally::default(),
            reached: Vec::new(),
            counted: Index::ZERO,
            heartbeat_due: now,
            contact: QuorumContact::default(),
            transfer: None,
            unannounced: None,
            limits: Limits::of(&options.flow),
            early: Early::new(&options.flow),
            term_start: Index::ZERO,
            now,
            reads: Reads::new(now),
        };
        raft.draw_timeout();
        raft.restart_timer(now);
        if is_first {
            raft.election_due = now + Duration::from_nanos(1);
        }
        raft.memberships.weigh(id, raft.commit);
        raft.show_membership(out);
        raft.show(out);
        Ok(raft)
    }

    /// When this server, as leader, last had a reply of its term from that peer; `None` if never, or if it does not
    /// lead.
    pub fn last_heard(&self, peer: NodeId) -> Option<LocalTime> {
        match self.role {
            Role::Leader => self.progress[self.peers.place(peer)?].last_heard(),
            Role::Follower | Role::PreCandidate | Role::Candidate => None,
        }
    }

    /// Takes a message from another server.
    #[inline]
    fn receive(&mut self, now: LocalTime, from: NodeId, kind: u8, payload: &[u8], out: &mut Effects) {
        let Some((term, message)) = Message::decode_with_term(kind, payload) else { return };
        let place = self.peers.place(from);
        // Who asks may be a member that this server does not know of yet; who answers is one that it has asked (thesis 4.1).
        if place.is_none() && (!message.is_request() || from == self.id) {
            return;
        }
        if let Message::RequestVote(request) = &message
            && let Some(why) = self.ignores_vote_request(now, request)
        {
            return out.push(Effect::VoteRefused { candidate: from, pre_vote: false, why });
        }
        // Whoever meets a higher term is behind: it adopts that term and becomes a follower (5.1). A pre-vote is about a
        // term that nobody has entered yet (9.6).
        if term > self.term && !matches!(message, Message::PreVote(_)) {
            self.enter_term(now, term);
        }
        match self.role {
            Role::Follower => self.step_follower(now, from, message, out),
            Role::PreCandidate => self.step_pre_candidate(now, from, message, out),
            Role::Candidate => self.step_candidate(now, from, message, out),
            Role::Leader => self.step_leader(now, from, place, message, out),
        }
    }

    /// The deadline has come.
    fn wake(&mut self, now: LocalTime, out: &mut Effects) {
        match self.role {
            Role::Leader => self.wake_leader(now, out),
            Role::Follower | Role::PreCandidate | Role::Candidate
                if now < self.election_due || !self.memberships.campaigns => {}
            Role::Follower | Role::PreCandidate | Role::Candidate if self.options.pre_vote => {
                self.ask_for_candidacy(now, out);
            }
            Role::Follower | Role::PreCandidate | Role::Candidate => self.campaign(now, false, out),
        }
    }

    /// Writes up to this one are durable: what waited for them to be counted is.
    fn persisted(&mut self, now: LocalTime, id: WriteId, out: &mut Effects) {
        self.writes.persisted(id);
        self.cut_log_if_durable(out);
        match self.role {
            Role::Follower | Role::PreCandidate => {}
            Role::Candidate => self.count_own_vote(now, out),
            Role::Leader => self.count_own_entries(out),
        }
    }

    /// Becomes a follower of this higher term, in which it has not voted.
    pub(super) fn enter_term(&mut self, now: LocalTime, term: Term) {
        assert!(term > self.term, "a term never goes down");
        self.term = term;
        self.vote = None;
        self.unsaved = true;
        self.leader = None;
        self.transfer = None;
        self.draw_timeout();
        if self.role == Role::Leader {
            self.restart_timer(now);
            self.memberships.due = true;
        }
        self.role = Role::Follower;
    }

    /// Gives this server's vote in its term away, for good.
    pub(super) fn vote_for(&mut self, candidate: NodeId) {
        assert!(self.vote.is_none_or(|voted| voted == candidate), "one vote in a term");
        self.unsaved |= self.vote.is_none();
        self.vote = Some(candidate);
    }

    /// Answers a request for a vote: it is granted at most once in a term, to whoever asks first (5.2), if the
    /// candidate's log is at least as up to date as the own one (5.4.1), so that no leader lacks a committed entry.
    pub(super) fn answer_vote_request(
        &mut self,
        now: LocalTime,
        from: NodeId,
        request: RequestVote,
        out: &mut Effects,
    ) {
        let refusal = self.refuses_vote(from, &request);
        let granted = refusal.is_none();
        match refusal {
            None => self.vote_for(from),
            Some(why) => out.push(Effect::VoteRefused { candidate: from, pre_vote: false, why }),
        }
        if granted || self.refusal_restarts_timer() {
            self.restart_timer(now);
        }
        let reply = RequestVoteReply { term: self.term, granted };
        self.reply(from, Message::RequestVoteReply(reply), WriteId::ZERO, out);
    }

    /// Why a vote is refused, if it is.
    fn refuses_vote(&self, from: NodeId, request: &RequestVote) -> Option<VoteRefusal> {
        if request.term != self.term {
            Some(VoteRefusal::TermPast)
        } else if self.vote.is_some_and(|voted| voted != from) {
            Some(VoteRefusal::Voted)
        } else {
            self.prefers_own_log(request)
        }
    }

    /// Why a candidate with such a log gets no vote here, if it doesn't.
    pub(super) fn prefers_own_log(&self, request: &RequestVote) -> Option<VoteRefusal> {
        if !self.is_up_to_date(request) {
            Some(VoteRefusal::LogBehind)
        } else {
            self.outranks(request).then_some(VoteRefusal::Outranked)
        }
    }

    /// Answers a request. What a reply says is promised: the hard state, and what `needed` wrote, must be durable
    /// before it leaves.
    pub(super) fn reply(&mut self, to: NodeId, message: Message<'_>, needed: WriteId, out: &mut Effects) {
        self.save_hard_state(out);
        let after = self.reply_after(needed.max(self.writes.of_hard_state()));
        let payload = out.write(|buffer| message.encode(buffer));
        out.push(Effect::Send { to, kind: message.kind(), payload, after });
    }

    /// Hands term and vote to the disk if they have changed: once a step at most, and before what depends on them.
    #[inline]
    pub(super) fn save_hard_state(&mut self, out: &mut Effects) {
        if std::mem::take(&mut self.unsaved) {
            self.writes.hard_state(HardState { term: self.term, vote: self.persisted_vote() }, out);
        }
    }

    /// Commits the log up to `index`, if that is news, and has the entries applied.
    #[inline]
    pub(super) fn commit_to(&mut self, index: Index, out: &mut Effects) {
        assert!(index <= self.log.last(), "only what is in the log can be committed");
        if index > self.commit {
            let first = self.commit.next();
            self.commit = index;
            self.memberships.due |= self.memberships.unsettled;
            self.apply_from(first, out);
        }
    }

    /// Draws a new election timeout (5.2: random, so that split votes are rare).
    pub(super) fn draw_timeout(&mut self) {
        if self.keeps_first_timeout() {
            return;
        }
        self.timeout = self.options.draw_timeout(&mut self.stream);
    }

    /// Starts the election timer afresh.
    #[inline]
    pub(super) fn restart_timer(&mut self, now: LocalTime) {
        self.election_due = now + self.timeout.max(Duration::from_nanos(1));
    }

    /// Only a leader takes commands (thesis 6.2), only while it does not hand over (3.10), and only so many.
    fn propose(&mut self, request: RequestId, command: &[u8], out: &mut Effects) {
        if self.role != Role::Leader {
            out.push(Effect::Refuse { request, reason: Refusal::NotLeader { hint: self.leader } });
        } else if self.transfer.is_some() || self.has_taken_enough(command) {
            out.push(Effect::Refuse { request, reason: Refusal::Busy });
        } else {
            self.append_command(request, command, out);
        }
    }

    #[inline]
    fn leader_fits_role(&self) -> bool {
        match self.role {
            Role::Follower => self.leader != Some(self.id),
            Role::PreCandidate | Role::Candidate => self.leader.is_none(),
            Role::Leader => self.leader == Some(self.id),
        }
    }

    /// Shows status and deadline.
    #[inline]
    fn show(&self, out: &mut Effects) {
        assert!(!self.unsaved, "a changed hard state has been handed to the disk");
        assert!(self.leader_fits_role(), "a leader is its term's own, a candidate knows of none");
        out.status = Status {
            role: self.role,
            term: self.term,
            leader: self.leader,
            last: self.log.last(),
            commit: self.commit,
        };
        out.deadline = match self.role {
            Role::Leader => Some(self.leader_due()),
            Role::Follower | Role::PreCandidate | Role::Candidate => {
                self.memberships.campaigns.then_some(self.election_due)
            }
        };
    }
}

impl Replica for Raft {
    fn step(&mut self, now: LocalTime, input: Input<'_>, out: &mut Effects) {
        self.now = now;
        match input {
            Input::Propose { request, command } => self.propose(request, command, out),
            Input::Read { request } => self.read(now, request, out),
            Input::Transfer { to } => self.begin_transfer(now, to, out),
            Input::Campaign => {
                if self.role != Role::Leader && !self.is_silent {
                    self.campaign(now, true, out);
                }
            }
            Input::SnapshotTaken { index, data } => self.snapshot_taken(index, data, out),
            Input::ChangeMembership(change) => self.begin_change(now, change, out),
            Input::Wake | Input::Receive { .. } | Input::Persisted(_) if self.is_silent => {}
            Input::Wake => self.wake(now, out),
            Input::Receive { from, kind, payload } => self.receive(now, from, kind, payload, out),
            Input::Persisted(id) => self.persisted(now, id, out),
        }
        if !self.reads.is_idle() {
            self.tend_reads(now, out);
        }
        if self.memberships.due {
            self.attend_membership(now, out);
        }
        if self.unannounced.is_some() {
            self.announce_commit(out);
        }
        self.save_hard_state(out);
        self.show(out);
    }

    fn words_drawn(&self) -> u64 {
        self.stream.position()
    }
}

#[cfg(test)]
mod tests {
    use super::super::message::{AppendEntriesReply, Outcome};
    use super::*;
    use crate::replica::Recovered;

    /// The first of so many servers, at the time of its first deadline.
    fn first_of(count: u32) -> (Raft, LocalTime, Effects) {
        let options = Options::plain();
        let recovered =
            Recovered { genesis: Some((1..=count).map(NodeId).collect()), ..Recovered::default() };
        let stream = Stream::new(1, "raft", 1, 1);
        let now = LocalTime::ZERO;
        let boot = Boot {
            id: NodeId(1),
            options: &options,
            recovered: &recovered,
            stream,
            now,
            is_first: false,
            priority: 0,
        };
        let mut out = Effects::default();
        let raft = Raft::boot(boot, &mut out).expect("nothing is wrong with an empty disk");
        let now = out.deadline.expect("a follower waits");
        (raft, now, out)
    }

    fn receive(raft: &mut Raft, now: LocalTime, from: u32, message: Message<'_>, out: &mut Effects) {
        let mut payload = Vec::new();
        message.encode(&mut payload);
        out.clear();
        raft.step(now, Input::Receive { from: NodeId(from), kind: message.kind(), payload: &payload }, out);
    }

    /// Lets it win the election of term 1.
    fn elect(raft: &mut Raft, now: LocalTime, out: &mut Effects) {
        raft.step(now, Input::Wake, out);
        raft.step(now, Input::Persisted(WriteId(1)), out);
        for from in 2..4 {
            let reply = RequestVoteReply { term: Term(1), granted: true };
            receive(raft, now, from, Message::RequestVoteReply(reply), out);
            if raft.role == Role::Leader {
                return;
            }
        }
        panic!("two votes and its own are enough");
    }

    #[test]
    fn a_timeout_is_one_word_drawn_at_boot_and_with_each_term() {
        let (mut raft, now, mut out) = first_of(5);
        assert_eq!(raft.stream.position(), 1, "boot");
        elect(&mut raft, now, &mut out);
        assert_eq!(raft.stream.position(), 2, "campaign");
        for _ in 0..10 {
            raft.step(out.deadline.expect("a heartbeat is due"), Input::Wake, &mut out);
        }
        assert_eq!(raft.stream.position(), 2, "no word for a heartbeat");
        let request = RequestVote {
            term: Term(2),
            last_index: Index(0),
            last_term: Term(0),
            priority: 0,
            is_transfer: false,
        };
        for from in 2..6 {
            receive(&mut raft, now, from, Message::RequestVote(request), &mut out);
        }
        assert_eq!(raft.stream.position(), 3, "a higher term, once");
    }

    #[test]
    fn a_broadcast_is_encoded_once() {
        let (mut raft, now, mut out) = first_of(5);
        elect(&mut raft, now, &mut out);
        let sends: Vec<_> = (out.list().iter())
            .filter_map(|effect| match *effect {
                Effect::Send { to, payload, .. } => Some((to, payload)),
                _ => None,
            })
            .collect();
        assert_eq!(sends.iter().map(|(to, _)| to.0).collect::<Vec<_>>(), [2, 3, 4, 5]);
        assert!(sends.iter().all(|(_, payload)| *payload == sends[0].1), "all share one payload");
    }

    #[test]
    fn a_commit_is_announced_if_it_is_to_be_and_encoded_once() {
        let sends = |announce_commits| {
            let (mut raft, now, mut out) = first_of(5);
            raft.options.announce_commits = announce_commits;
            elect(&mut raft, now, &mut out);
            let reply =
                AppendEntriesReply { term: Term(1), outcome: Outcome::Accepted { matched: Index(1) } };
            for from in 2..5 {
                receive(&mut raft, now, from, Message::AppendEntriesReply(reply), &mut out);
                if raft.commit == Index(1) {
                    let sends = out.list().iter().filter_map(|effect| match *effect {
                        Effect::Send { to, payload, .. } => Some((to.0, payload)),
                        _ => None,
                    });
                    return sends.collect::<Vec<_>>();
                }
            }
            panic!("three answers are a majority");
        };
        assert_eq!(sends(false), []);
        let sends = sends(true);
        assert_eq!(sends.iter().map(|(to, _)| *to).collect::<Vec<_>>(), [2, 3, 4], "5 has not answered yet");
        assert!(sends.iter().all(|(_, payload)| *payload == sends[0].1), "all share one payload");
    }

    #[test]
    fn a_leader_knows_whom_it_has_heard() {
        let (mut raft, now, mut out) = first_of(5);
        elect(&mut raft, now, &mut out);
        assert_eq!(raft.last_heard(NodeId(2)), None, "a vote is no answer to a leader");
        let later = now + Duration::from_millis(7);
        let reply = |term| AppendEntriesReply { term, outcome: Outcome::Accepted { matched: Index(1) } };
        receive(&mut raft, later, 2, Message::AppendEntriesReply(reply(Term(1))), &mut out);
        assert_eq!(raft.last_heard(NodeId(2)), Some(later));
        assert_eq!(raft.last_heard(NodeId(3)), None);
        assert_eq!(raft.last_heard(NodeId(9)), None, "a stranger");
        receive(&mut raft, later, 3, Message::AppendEntriesReply(reply(Term(2))), &mut out);
        assert_eq!(raft.last_heard(NodeId(2)), None, "it leads no more");
    }

    #[test]
    fn a_disk_that_forgot_a_term_starts_no_server() {
        let (raft, now, mut out) = first_of(1);
        let mut recovered =
            Recovered { genesis: Some([NodeId(1)].into_iter().collect()), ..Recovered::default() };
        crate::replica::Entry { term: Term(2), kind: crate::replica::EntryKind::NoOp, data: &[] }
            .encode(&mut recovered.entries);
        let mut boot = |recovered: &Recovered| {
            let stream = Stream::new(1, "raft", 1, 1);
            Raft::boot(
                Boot {
                    id: NodeId(1),
                    options: &raft.options,
                    recovered,
                    stream,
                    now,
                    is_first: false,
                    priority: 0,
                },
                &mut out,
            )
            .err()
        };
        let reason = boot(&recovered).expect("term 2 is forgotten").to_string();
        assert_eq!(reason, "unrecoverable: the log holds an entry of term 2, the hard state is of term 0");
        recovered.hard_state.term = Term(2);
        assert!(boot(&recovered).is_none());
        recovered.entries.pop();
        assert!(boot(&recovered).is_some(), "half an entry is none");
    }
}
