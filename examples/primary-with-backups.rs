//! A protocol of one's own in the storm: a primary with backups, wrong under partitions.
//!
//! The primary of term `t` is node `t mod 1000`. It sends what clients want to all backups, and takes it for committed when
//! all have it whom it has heard of lately. A backup that hears nothing for an election timeout makes itself the primary of
//! the next term that is its own. Nobody asks a majority: so two nodes that can't hear each other both commit.
//!
//! Its tests are below, and `cargo run --example primary-with-backups` shows the smallest scenario that breaks it.

use squall::ids::{Index, NodeId, Term};
use squall::replica::*;
use squall::rng::Stream;
use squall::testing::Storm;
use squall::time::{Duration, LocalTime};
use std::collections::BTreeMap;

/// Entries from a primary: its term, how many entries come before them, how many are committed; then they.
const ENTRIES: u8 = 1;
/// A backup's answer: its term, and how many entries it has.
const HAVE: u8 = 2;

struct PrimaryWithBackups;

impl Software for PrimaryWithBackups {
    fn boot(&self, boot: Boot<'_>, out: &mut Effects) -> Result<Box<dyn Replica>, Unrecoverable> {
        let Boot { id, options, recovered, mut stream, now, is_first, .. } = boot;
        let members = recovered.genesis.ok_or(Unrecoverable("the disk is blank".into()))?;
        let others = members.voters.iter().filter(|node| *node != id);
        let backups = others.map(|node| (node, (Index::ZERO, now))).collect();
        let log = Journal::recovered(recovered);
        let wait = if is_first { Duration::from_nanos(1) } else { options.draw_timeout(&mut stream) };
        out.deadline = Some(now + wait);
        out.status = log.status(Role::Follower, None);
        Ok(Box::new(Node { id, backups, options: options.clone(), stream, primary: None, log }))
    }

    fn classify(&self, kind: u8, payload: &[u8]) -> Option<Class> {
        let ([term, _], rest) = numbers(payload)?;
        let (call, function) = match kind {
            ENTRIES if rest.len() == 8 => (Call::Request, Function::Heartbeat),
            ENTRIES => (Call::Request, Function::AppendEntries),
            HAVE => (Call::Response, Function::AppendEntriesReply),
            _ => return None,
        };
        Some(Class { call, term: Term(term), grants_vote: false, function: Some(function) })
    }

    fn kind_name(&self, kind: u8) -> &'static str {
        match kind {
            ENTRIES => "Entries",
            HAVE => "Have",
            _ => "unknown",
        }
    }
}

struct Node {
    id: NodeId,
    /// What each backup has, and when it was heard of.
    backups: BTreeMap<NodeId, (Index, LocalTime)>,
    options: Options,
    stream: Stream,
    primary: Option<NodeId>,
    log: Journal,
}

impl Replica for Node {
    fn step(&mut self, now: LocalTime, input: Input<'_>, out: &mut Effects) {
        match input {
            Input::Wake if self.leads() => self.send_all(now, out),
            Input::Wake | Input::Campaign => self.take_over(now, out),
            Input::Receive { from, kind: ENTRIES, payload } => self.follow(from, payload, now, out),
            Input::Receive { from, payload, .. } => self.heard(from, payload, now),
            Input::Persisted(write) => self.log.persisted(write),
            Input::Propose { request, command } if self.leads() => {
                self.log.accept(request, command, out);
                self.send_all(now, out);
            }
            other => other.refuse(self.primary, out),
        }
        if self.leads() {
            self.commit(now, out);
        }
        let role = if self.leads() { Role::Leader } else { Role::Follower };
        out.status = self.log.status(role, self.primary);
    }

    fn words_drawn(&self) -> u64 {
        self.stream.position()
    }
}

impl Node {
    fn leads(&self) -> bool {
        self.primary == Some(self.id)
    }

    /// Nobody is asked: this is the mistake.
    fn take_over(&mut self, now: LocalTime, out: &mut Effects) {
        self.primary = Some(self.id);
        let own = (self.log.term().0 / 1000 + 1) * 1000 + u64::from(self.id.0);
        self.log.promise(Term(own), self.primary, out);
        self.backups.values_mut().for_each(|backup| *backup = (Index::ZERO, now));
        self.send_all(now, out);
    }

    /// To each backup all that it lacks.
    fn send_all(&mut self, now: LocalTime, out: &mut Effects) {
        out.deadline = Some(now + self.options.heartbeat);
        for (to, (has, _)) in &self.backups {
            let head = [self.log.term().0, has.0, self.log.applied().0];
            let payload = out.numbers(head, &self.log.after(*has));
            out.push(Effect::Send { to: *to, kind: ENTRIES, payload, after: Some(self.log.written()) });
        }
    }

    fn follow(&mut self, from: NodeId, payload: &[u8], now: LocalTime, out: &mut Effects) {
        let Some(([term, before, committed], entries)) = numbers(payload) else { return };
        if Term(term) < self.log.term() {
            return;
        }
        self.primary = Some(from);
        self.log.promise(Term(term), self.primary, out);
        out.deadline = Some(now + self.options.draw_timeout(&mut self.stream));
        let has = self.log.follow(Index(before), Entries::new(entries), out);
        self.log.apply(has.min(Index(committed)), out);
        let payload = out.numbers([term, has.0], &[]);
        out.push(Effect::Send { to: from, kind: HAVE, payload, after: Some(self.log.written()) });
    }

    fn heard(&mut self, from: NodeId, payload: &[u8], now: LocalTime) {
        let Some(([term, has], _)) = numbers(payload) else { return };
        if let Some(backup) = self.backups.get_mut(&from).filter(|_| Term(term) == self.log.term()) {
            *backup = (Index(has), now);
        }
    }

    /// Committed is what all have who were heard of within an election timeout, however few they are.
    fn commit(&mut self, now: LocalTime, out: &mut Effects) {
        let lately = self.backups.values().filter(|(_, at)| now.since(*at) < self.options.election_timeout.0);
        self.log.apply(lately.map(|(has, _)| *has).fold(self.log.flushed(), Index::min), out);
    }
}

pub(crate) static STORM: Storm = Storm::over(&PrimaryWithBackups);

fn main() {
    println!("{}", STORM.hunt("partitions", 0..1000).expect("a partition that breaks it"));
}

#[test]
fn it_stands_what_it_was_made_for() {
    STORM.scenarios("examples/primary-with-backups");
}

#[test]
fn a_single_partition_makes_it_forget() {
    let found = STORM.hunt("partitions", 0..1000).expect("a run that fails");
    assert_eq!(found.plan.faults.len(), 1, "{found}");
    assert!(found.text.contains("Partition"), "{found}");
}
