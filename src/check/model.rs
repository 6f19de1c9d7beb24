//! A small Raft as a model, for tests: driven at random it makes the records of a correct cluster under crashes, loss,
//! duplication and reordering, which no checker may accuse; with a known mistake built in, somebody has to notice.

use super::Property;
use super::script::Script;
use crate::ids::{Index, NodeId, OperationId};
use crate::replica::Role;
use crate::rng::{Stream, below};
use crate::trace::Body;
use crate::trace::digest::content;

/// A mistake to be built in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mistake {
    Nothing,
    /// Answers leave before what they promise is flushed.
    AnswersBeforeFlush,
    /// Votes are given without looking whether one was given before.
    ForgetsVotes,
    /// Votes are given to candidates whose log is behind.
    IgnoresLogs,
    /// A follower keeps what conflicts with the leader's log.
    KeepsConflicts,
    /// A leader takes what a minority has as committed.
    CommitsEarly,
}

#[derive(Clone, Debug)]
enum Message {
    AskVote { last: usize, last_term: u64 },
    Vote,
    Append { previous: usize, previous_term: u64, entries: Vec<(u64, String)>, commit: usize },
    Appended { matched: usize },
}

#[derive(Clone, Debug)]
struct Mail {
    from: usize,
    to: usize,
    term: u64,
    message: Message,
}

#[derive(Clone, Debug, Default)]
struct Disk {
    term: u64,
    vote: Option<usize>,
    log: Vec<(u64, String)>,
}

#[derive(Clone, Debug, Default)]
struct Peer {
    up: bool,
    blank: bool,
    memory: Disk,
    flushed: Disk,
    role: Role,
    votes: Vec<usize>,
    matched: Vec<usize>,
    commit: usize,
    /// Answers that wait for a flush.
    held: Vec<Mail>,
}

struct Model {
    script: Script,
    peers: Vec<Peer>,
    mail: Vec<Mail>,
    stream: Stream,
    mistake: Mistake,
    proposed: u64,
}

impl Model {
    fn new(peers: usize, seed: u64, mistake: Mistake) -> Self {
        Self {
            script: Script::of(peers as u32),
            peers: vec![Peer { up: true, ..Peer::default() }; peers],
            mail: Vec::new(),
            stream: Stream::new(seed, "model", peers as u64, 0),
            mistake,
            proposed: 0,
        }
    }

    fn draw(&mut self, bound: usize) -> usize {
        below(self.stream.word(), bound as u64) as usize
    }

    fn quorum(&self) -> usize {
        self.peers.len() / 2 + 1
    }

    /// One thing happens.
    fn step(&mut self, time: u64) {
        self.script.ms(time);
        let at = self.draw(self.peers.len());
        let dice = self.draw(100);
        let up = self.peers[at].up;
        match dice {
            0..55 if !self.mail.is_empty() => {
                let which = self.draw(self.mail.len());
                // Some are delivered twice.
                let mail = if dice < 3 { self.mail[which].clone() } else { self.mail.swap_remove(which) };
                if dice > 5 && self.peers[mail.to].up && !self.peers[mail.to].blank {
                    self.receive(mail);
                }
            }
            55..75 if up => self.flush(at),
            75..90 if self.leads(at) => self.lead(at),
            90..93 if up && !self.peers[at].blank && !self.leads(at) => self.campaign(at),
            93..96 if up => self.crash(at),
            96..100 if !up => self.restart(at),
            _ => {}
        }
    }

    fn leads(&self, at: usize) -> bool {
        self.peers[at].up && self.peers[at].role == Role::Leader
    }

    fn lead(&mut self, at: usize) {
        self.script.wakes(id(at));
        if self.draw(2) == 0 {
            self.propose(at);
            let (index, term) = (self.peers[at].memory.log.len() as u64, self.peers[at].memory.term);
            self.script.accepts(id(at), index, term);
        }
        for to in (0..self.peers.len()).filter(|to| *to != at) {
            self.replicate(at, to);
        }
    }

    /// Sends entries from somewhere before what the follower lacks, and not always all.
    fn replicate(&mut self, at: usize, to: usize) {
        let (matched, length) = (self.peers[at].matched[to], self.peers[at].memory.log.len());
        let previous = matched - self.draw(matched.min(3) + 1);
        let end = if self.draw(2) == 0 { length } else { previous + self.draw(length - previous + 1) };
        let peer = &self.peers[at];
        let message = Message::Append {
            previous,
            previous_term: term_at(&peer.memory.log, previous),
            entries: peer.memory.log[previous..end].to_vec(),
            commit: peer.commit,
        };
        self.send(Mail { from: at, to, term: peer.memory.term, message });
    }

    fn propose(&mut self, at: usize) {
        self.proposed += 1;
        let (term, word) = (self.peers[at].memory.term, format!("w{}", self.proposed));
        self.script.appends(id(at), term, &word);
        self.peers[at].memory.log.push((term, word));
    }

    fn campaign(&mut self, at: usize) {
        let peer = &mut self.peers[at];
        peer.memory.term += 1;
        peer.memory.vote = Some(at);
        peer.role = Role::Candidate;
        peer.votes.clear();
        let (last, term) = (peer.memory.log.len(), peer.memory.term);
        let last_term = term_at(&peer.memory.log, last);
        self.script.wakes(id(at)).writes(id(at), term, Some(id(at)));
        for to in (0..self.peers.len()).filter(|to| *to != at) {
            self.answer(Mail { from: at, to, term, message: Message::AskVote { last, last_term } });
        }
        self.script.campaigns(id(at), term);
    }

    /// Sends at once.
    fn send(&mut self, mail: Mail) {
        let (from, to) = (id(mail.from), id(mail.to));
        match mail.message {
            Message::Vote => self.script.grants(from, to, mail.term),
            _ => self.script.sends(from, to, mail.term),
        };
        self.mail.push(mail);
    }

    /// Sends once all is flushed.
    fn answer(&mut self, mail: Mail) {
        if self.mistake == Mistake::AnswersBeforeFlush {
            self.send(mail);
        } else {
            self.peers[mail.from].held.push(mail);
        }
    }

    fn flush(&mut self, at: usize) {
        self.script.flushes(id(at));
        let peer = &mut self.peers[at];
        peer.flushed = peer.memory.clone();
        let length = peer.memory.log.len();
        for mail in std::mem::take(&mut peer.held) {
            self.send(mail);
        }
        let peer = &mut self.peers[at];
        match peer.role {
            Role::Candidate => self.count_vote(at, at),
            Role::Leader => {
                peer.matched[at] = length;
                self.count_matches(at);
            }
            Role::Follower | Role::PreCandidate => {}
        }
    }

    fn crash(&mut self, at: usize) {
        self.script.crashes(id(at));
        let wiped = self.draw(40) == 0;
        if wiped {
            self.script.wipes(id(at));
        }
        let peer = &mut self.peers[at];
        let flushed = if wiped { Disk::default() } else { peer.flushed.clone() };
        *peer = Peer { blank: peer.blank || wiped, memory: flushed.clone(), flushed, ..Peer::default() };
    }

    fn restart(&mut self, at: usize) {
        self.peers[at].up = true;
        self.script.restarts(id(at));
    }

    fn receive(&mut self, mail: Mail) {
        self.script.wakes(id(mail.to));
        let peer = &mut self.peers[mail.to];
        if mail.term < peer.memory.term {
            return;
        }
        let news = mail.term > peer.memory.term;
        if news {
            peer.memory.term = mail.term;
            peer.memory.vote = None;
            peer.role = Role::Follower;
            self.script.writes(id(mail.to), mail.term, None);
        }
        match mail.message.clone() {
            Message::AskVote { last, last_term } => self.vote(&mail, last, last_term),
            Message::Append { previous, previous_term, entries, commit } => {
                self.append(&mail, previous, previous_term, entries, commit);
            }
            Message::Vote => self.count_vote(mail.to, mail.from),
            Message::Appended { matched } if self.leads(mail.to) => {
                let known = &mut self.peers[mail.to].matched[mail.from];
                *known = matched.max(*known);
                self.count_matches(mail.to);
            }
            Message::Appended { .. } => {}
        }
        if news {
            self.script.follows(id(mail.to), mail.term, None);
        }
    }

    fn vote(&mut self, mail: &Mail, last: usize, last_term: u64) {
        let peer = &mut self.peers[mail.to];
        let own = (term_at(&peer.memory.log, peer.memory.log.len()), peer.memory.log.len());
        let free = peer.memory.vote.is_none_or(|vote| vote == mail.from);
        if (free || self.mistake == Mistake::ForgetsVotes)
            && ((last_term, last) >= own || self.mistake == Mistake::IgnoresLogs)
        {
            peer.memory.vote = Some(mail.from);
            self.script.writes(id(mail.to), mail.term, Some(id(mail.from)));
            self.answer(Mail { from: mail.to, to: mail.from, term: mail.term, message: Message::Vote });
        }
    }

    fn append(
        &mut self,
        mail: &Mail,
        previous: usize,
        previous_term: u64,
        entries: Vec<(u64, String)>,
        commit: usize,
    ) {
        let at = mail.to;
        if self.peers[at].role == Role::Candidate {
            self.peers[at].role = Role::Follower;
            self.script.follows(id(at), mail.term, Some(id(mail.from)));
        }
        let log = &self.peers[at].memory.log;
        if previous > log.len() || term_at(log, previous) != previous_term {
            return;
        }
        let matched = previous + entries.len();
        for (offset, (term, word)) in entries.into_iter().enumerate() {
            let index = previous + offset + 1;
            let log = &mut self.peers[at].memory.log;
            if index <= log.len() {
                if log[index - 1].0 == term || self.mistake == Mistake::KeepsConflicts {
                    continue;
                }
                log.truncate(index - 1);
                self.script.truncates(id(at), index as u64);
            }
            self.script.appends(id(at), term, &word);
            self.peers[at].memory.log.push((term, word));
        }
        let message = Message::Appended { matched };
        self.answer(Mail { from: at, to: mail.from, term: mail.term, message });
        self.commit(at, commit.min(matched));
    }

    fn count_vote(&mut self, at: usize, from: usize) {
        let quorum = self.quorum();
        let peers = self.peers.len();
        let peer = &mut self.peers[at];
        if peer.role != Role::Candidate || peer.votes.contains(&from) {
            return;
        }
        peer.votes.push(from);
        if peer.votes.len() >= quorum {
            peer.role = Role::Leader;
            peer.matched = vec![0; peers];
            self.propose(at);
            self.script.leads(id(at), self.peers[at].memory.term);
        }
    }

    fn count_matches(&mut self, at: usize) {
        let needed = if self.mistake == Mistake::CommitsEarly { 1 } else { self.quorum() };
        let peer = &self.peers[at];
        let mut matched = peer.matched.clone();
        matched.sort_unstable();
        let committed = matched[matched.len() - needed].min(peer.memory.log.len());
        let own = term_at(&peer.memory.log, committed) == peer.memory.term;
        if committed > peer.commit && (own) {
            self.commit(at, committed);
            let (index, term) = (committed as u64, term_at(&self.peers[at].memory.log, committed));
            self.script.acknowledges(id(at), index, term);
            // To a client all entries are writes of one key.
            self.script.turns_to(1, 1, 0, false).is_told(1, 1, index, false);
        }
    }

    fn commit(&mut self, at: usize, up_to: usize) {
        let peer = &mut self.peers[at];
        if up_to > peer.commit {
            let known = peer.commit;
            peer.commit = up_to;
            let words: Vec<String> =
                peer.memory.log[known..up_to].iter().map(|(_, word)| word.clone()).collect();
            self.script.commits(id(at), up_to as u64).applies(id(at), up_to as u64);
            for (offset, word) in words.iter().enumerate() {
                // Every word is proposed once, and stands for an operation.
                let operation = Some(OperationId(content(word.as_bytes())));
                let index = Index((known + offset + 1) as u64);
                self.script.record(NodeId(id(at)), Body::Executed { index, operation, command: None });
            }
        }
    }
}

fn id(at: usize) -> u32 {
    at as u32 + 1
}

fn term_at(log: &[(u64, String)], index: usize) -> u64 {
    index.checked_sub(1).map_or(0, |at| log[at].0)
}

/// The script of one run.
fn run(peers: usize, seed: u64, mistake: Mistake) -> Script {
    let mut model = Model::new(peers, seed, mistake);
    for time in 1..4_000 {
        model.step(time);
    }
    model.script
}

#[test]
fn a_correct_cluster_is_never_accused() {
    let mut examined = [0; Property::ALL.len()];
    for seed in 0..60 {
        for peers in [1, 2, 3, 4, 5] {
            for (at, check) in run(peers, seed, Mistake::Nothing).verdicts().iter().enumerate() {
                assert!(
                    !matches!(check.verdict, super::Verdict::Violated(_)),
                    "{peers} nodes, seed {seed}: {check:#?}"
                );
                examined[at] += check.examined();
            }
        }
    }
    // In a model nobody asks what is not for it to ask, and nothing panics.
    let (others, strange) = examined.split_at(Property::Access as usize);
    assert!(others.iter().all(|times| *times > 1000), "{examined:?}");
    assert_eq!(strange, [0, 0], "{examined:?}");
}

#[test]
fn a_cluster_with_a_mistake_is_caught() {
    for (mistake, property) in [
        (Mistake::AnswersBeforeFlush, Property::DurableCommit),
        (Mistake::AnswersBeforeFlush, Property::TermAndVote),
        (Mistake::ForgetsVotes, Property::OneVote),
        (Mistake::ForgetsVotes, Property::ElectionSafety),
        (Mistake::IgnoresLogs, Property::LeaderCompleteness),
        (Mistake::KeepsConflicts, Property::CommittedChain),
        (Mistake::CommitsEarly, Property::DurableCommit),
    ] {
        let caught = (0..100)
            .filter(|seed| matches!(run(5, *seed, mistake).verdict(property), super::Verdict::Violated(_)))
            .count();
        assert!(caught > 0, "{mistake:?} never violated {property:?}");
    }
}
