//! A protocol of one's own in the storm: a primary with backups, wrong under partitions.
//!
//! The primary of term `t` is node `(t - 1) mod n + 1`. It sends what clients want to all backups, and takes it for committed
//! when all have it whom it has heard of lately. A backup that hears nothing for an election timeout makes itself the primary
//! of the next term that is its own. Nobody asks a majority: so two nodes that can't hear each other both commit.
//!
//! ```sh
//! cargo test bring_your_own::                  # its tests, below
//! cargo run --example primary-with-backups      # shows the smallest scenario that breaks it
//! ```

use squall::ids::{Index, NodeId, Term};
use squall::replica::*;
use squall::rng::{Stream, below};
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
        let members = boot.recovered.genesis.ok_or(Unrecoverable("the disk is blank".into()))?;
        let others = members.voters.iter().filter(|node| *node != boot.id);
        let mut node = Node {
            id: boot.id,
            backups: others.map(|node| (node, (Index::ZERO, boot.now))).collect(),
            heartbeat: boot.options.heartbeat,
            timeout: boot.options.election_timeout,
            stream: boot.stream,
            term: boot.recovered.hard_state.term,
            primary: None,
            log: Journal::recovered(boot.recovered),
            committed: Index::ZERO,
            due: boot.now,
        };
        let patience = node.patience();
        node.due = boot.now + if boot.is_first { Duration::from_nanos(1) } else { patience };
        node.show(out);
        Ok(Box::new(node))
    }

    fn classify(&self, kind: u8, payload: &[u8]) -> Option<Class> {
        let ([term, _], rest) = numbers::<2>(payload)?;
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
    heartbeat: Duration,
    timeout: (Duration, Duration),
    stream: Stream,
    term: Term,
    primary: Option<NodeId>,
    log: Journal,
    committed: Index,
    due: LocalTime,
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
                let entry = Entry { term: self.term, kind: EntryKind::Command, data: command };
                let index = self.log.append(entry, out);
                out.push(Effect::Accepted { request, index, term: self.term });
                self.send_all(now, out);
            }
            other => other.refuse(self.primary, out),
        }
        if self.leads() {
            self.commit(now);
        }
        self.log.apply(self.committed, out);
        self.show(out);
    }

    fn words_drawn(&self) -> u64 {
        self.stream.position()
    }
}

impl Node {
    fn leads(&self) -> bool {
        self.primary == Some(self.id)
    }

    /// For how long a backup waits for its primary.
    fn patience(&mut self) -> Duration {
        let (least, most) = (self.timeout.0.nanos(), self.timeout.1.nanos());
        Duration::from_nanos(least + below(self.stream.word(), most - least + 1))
    }

    fn enter(&mut self, term: Term, primary: NodeId, out: &mut Effects) {
        (self.term, self.primary) = (term, Some(primary));
        self.log.promise(HardState { term, vote: Some(primary) }, out);
    }

    /// Nobody is asked: this is the mistake.
    fn take_over(&mut self, now: LocalTime, out: &mut Effects) {
        let nodes = self.backups.len() as u64 + 1;
        let mut next = (1..=nodes).map(|more| Term(self.term.0 + more));
        let own = next.find(|term| (term.0 - 1) % nodes + 1 == u64::from(self.id.0));
        self.enter(own.expect("one of n terms in a row"), self.id, out);
        self.backups.values_mut().for_each(|backup| *backup = (Index::ZERO, now));
        self.send_all(now, out);
    }

    /// To each backup all that it lacks.
    fn send_all(&mut self, now: LocalTime, out: &mut Effects) {
        self.due = now + self.heartbeat;
        for (to, (has, _)) in &self.backups {
            let head = [self.term.0, has.0, self.committed.0].map(u64::to_le_bytes).concat();
            let payload = out.bytes(&[head, self.log.after(*has)].concat());
            out.push(Effect::Send { to: *to, kind: ENTRIES, payload, after: Some(self.log.written()) });
        }
    }

    fn follow(&mut self, from: NodeId, payload: &[u8], now: LocalTime, out: &mut Effects) {
        let Some(([term, before, committed], entries)) = numbers::<3>(payload) else { return };
        if Term(term) < self.term || self.leads() && Term(term) == self.term {
            return;
        }
        if Term(term) > self.term || self.primary != Some(from) {
            self.enter(Term(term), from, out);
        }
        self.due = now + self.patience();
        let has = self.log.follow(Index(before), Entries::new(entries), out);
        self.committed = self.committed.max(has.min(Index(committed)));
        let payload = out.bytes(&[term, has.0].map(u64::to_le_bytes).concat());
        out.push(Effect::Send { to: from, kind: HAVE, payload, after: Some(self.log.written()) });
    }

    fn heard(&mut self, from: NodeId, payload: &[u8], now: LocalTime) {
        let Some(([term, has], _)) = numbers::<2>(payload) else { return };
        if let Some(backup) = self.backups.get_mut(&from).filter(|_| Term(term) == self.term) {
            *backup = (Index(has), now);
        }
    }

    /// Committed is what all have who were heard of within an election timeout, however few they are.
    fn commit(&mut self, now: LocalTime) {
        let lately = self.backups.values().filter(|(_, heard)| now.since(*heard) < self.timeout.0);
        self.committed = self.committed.max(lately.map(|(has, _)| *has).fold(self.log.flushed(), Index::min));
    }

    fn show(&self, out: &mut Effects) {
        out.deadline = Some(self.due);
        out.status = Status {
            role: if self.leads() { Role::Leader } else { Role::Follower },
            term: self.term,
            leader: self.primary,
            last: self.log.last(),
            commit: self.log.applied(),
        };
    }
}

/// The numbers that a payload begins with, and the rest of it.
fn numbers<const N: usize>(payload: &[u8]) -> Option<([u64; N], &[u8])> {
    let (head, rest) = payload.split_at_checked(8 * N)?;
    let mut words = head.chunks_exact(8).filter_map(|word| word.try_into().ok().map(u64::from_le_bytes));
    Some((std::array::from_fn(|_| words.next().unwrap_or(0)), rest))
}

pub(crate) static STORM: Storm = Storm::over(&PrimaryWithBackups);

fn main() {
    match STORM.hunt("partitions", 0..1000) {
        Some(found) => println!("{found}"),
        None => println!("no partition broke it"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
