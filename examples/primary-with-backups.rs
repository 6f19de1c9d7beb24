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

use squall::ids::{Index, NodeId, RequestId, Term, WriteId};
use squall::replica::*;
use squall::rng::{Stream, below};
use squall::testing::Storm;
use squall::time::{Duration, LocalTime};

/// Entries from a primary: its term, how many entries come before them, how many are committed; then they.
const ENTRIES: u8 = 1;
/// A backup's answer: its term, and how many entries it has.
const HAVE: u8 = 2;

struct PrimaryWithBackups;

impl Software for PrimaryWithBackups {
    fn boot(&self, boot: Boot<'_>, out: &mut Effects) -> Result<Box<dyn Replica>, Unrecoverable> {
        let members = boot.recovered.genesis.ok_or(Unrecoverable("the disk is blank".into()))?;
        let log: Vec<Vec<u8>> = Entries::new(&boot.recovered.entries).map(in_wire_form).collect();
        let mut node = Node {
            id: boot.id,
            backups: members.voters.iter().filter(|node| *node != boot.id).map(Backup::new).collect(),
            heartbeat: boot.options.heartbeat,
            timeout: boot.options.election_timeout,
            stream: boot.stream,
            term: boot.recovered.hard_state.term,
            primary: None,
            flushed: log.len() as u64,
            log,
            committed: 0,
            applied: 0,
            written: WriteId::ZERO,
            writes: Vec::new(),
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

/// What a primary knows of a backup.
struct Backup {
    id: NodeId,
    has: u64,
    heard: LocalTime,
}

impl Backup {
    fn new(id: NodeId) -> Self {
        Self { id, has: 0, heard: LocalTime::from_nanos(0) }
    }
}

struct Node {
    id: NodeId,
    backups: Vec<Backup>,
    heartbeat: Duration,
    timeout: (Duration, Duration),
    stream: Stream,
    term: Term,
    primary: Option<NodeId>,
    /// Each entry as frames and disks have it.
    log: Vec<Vec<u8>>,
    /// How many entries are durable, how many committed, and how many the state machine has.
    flushed: u64,
    committed: u64,
    applied: u64,
    /// The last write; and of each under way how many entries are durable with it.
    written: WriteId,
    writes: Vec<(WriteId, u64)>,
    due: LocalTime,
}

impl Replica for Node {
    fn step(&mut self, now: LocalTime, input: Input<'_>, out: &mut Effects) {
        match input {
            Input::Wake if self.leads() => self.send_all(now, out),
            Input::Wake | Input::Campaign => self.take_over(now, out),
            Input::Receive { from, kind: ENTRIES, payload } => self.follow(from, payload, now, out),
            Input::Receive { from, payload, .. } => self.heard(from, payload, now),
            Input::Persisted(write) => {
                self.writes.extract_if(.., |(id, _)| *id <= write).for_each(|(_, len)| self.flushed = len);
            }
            Input::Propose { request, command } if self.leads() => self.accept(request, command, now, out),
            Input::Propose { request, .. } | Input::Read { request } => {
                out.push(Effect::Refuse { request, reason: Refusal::NotLeader { hint: self.primary } });
            }
            Input::Transfer { to } => {
                out.push(Effect::Transfer { to, step: TransferStep::Refused(NoTransfer::NotLeader) });
            }
            Input::ChangeMembership(change) => {
                out.push(Effect::Change { change, step: ChangeStep::Refused(NoChange::NotLeader) });
            }
            Input::SnapshotTaken { .. } => {}
        }
        if self.leads() {
            self.commit(now);
        }
        self.apply(out);
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

    fn write(&mut self, write: Write, out: &mut Effects) {
        self.written = self.written.next();
        self.writes.push((self.written, self.log.len() as u64));
        out.push(Effect::Persist { id: self.written, write });
    }

    fn enter(&mut self, term: Term, primary: NodeId, out: &mut Effects) {
        (self.term, self.primary) = (term, Some(primary));
        self.write(Write::HardState(HardState { term, vote: Some(primary) }), out);
    }

    /// Nobody is asked: this is the mistake.
    fn take_over(&mut self, now: LocalTime, out: &mut Effects) {
        let nodes = self.backups.len() as u64 + 1;
        let mut next = (1..=nodes).map(|more| Term(self.term.0 + more));
        let own = next.find(|term| (term.0 - 1) % nodes + 1 == u64::from(self.id.0));
        self.enter(own.expect("one of n terms in a row"), self.id, out);
        self.backups.iter_mut().for_each(|backup| (backup.has, backup.heard) = (0, now));
        self.send_all(now, out);
    }

    fn accept(&mut self, request: RequestId, command: &[u8], now: LocalTime, out: &mut Effects) {
        let entry = in_wire_form(Entry { term: self.term, kind: EntryKind::Command, data: command });
        let entries = out.bytes(&entry);
        self.log.push(entry);
        let index = Index(self.log.len() as u64);
        self.write(Write::Append { first: index, entries }, out);
        out.push(Effect::Accepted { request, index, term: self.term });
        self.send_all(now, out);
    }

    /// To each backup all that it lacks.
    fn send_all(&mut self, now: LocalTime, out: &mut Effects) {
        self.due = now + self.heartbeat;
        for Backup { id, has, .. } in &self.backups {
            let head = [self.term.0, *has, self.committed].map(u64::to_le_bytes).concat();
            let payload = out.bytes(&[head, self.log[*has as usize..].concat()].concat());
            out.push(Effect::Send { to: *id, kind: ENTRIES, payload, after: Some(self.written) });
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
        if before <= self.log.len() as u64 {
            let end = before + self.take(before as usize, Entries::new(entries), out);
            self.committed = self.committed.max(committed.min(end));
        }
        let payload = out.bytes(&[term, self.log.len() as u64].map(u64::to_le_bytes).concat());
        out.push(Effect::Send { to: from, kind: HAVE, payload, after: Some(self.written) });
    }

    /// Takes over what differs, from the entry after `before` on, and drops what the primary of this term does not know. How
    /// many entries there were.
    fn take(&mut self, before: usize, entries: Entries<'_>, out: &mut Effects) -> u64 {
        let theirs: Vec<Vec<u8>> = entries.map(in_wire_form).collect();
        let same = self.log[before..].iter().zip(&theirs).take_while(|(mine, theirs)| mine == theirs).count();
        let keep = before + same;
        let is_old = |entry: &Vec<u8>| Entry::decode(entry).is_some_and(|(entry, _)| entry.term < self.term);
        if self.log.get(keep).is_some_and(is_old) {
            self.log.truncate(keep);
            self.write(Write::TruncateFrom(Index(keep as u64 + 1)), out);
        }
        if keep == self.log.len() && same < theirs.len() {
            let new = out.bytes(&theirs[same..].concat());
            self.log.extend_from_slice(&theirs[same..]);
            self.write(Write::Append { first: Index(keep as u64 + 1), entries: new }, out);
        }
        theirs.len() as u64
    }

    fn heard(&mut self, from: NodeId, payload: &[u8], now: LocalTime) {
        let Some(([term, has], _)) = numbers::<2>(payload) else { return };
        let is_current = Term(term) == self.term && has <= self.log.len() as u64;
        let mut backups = self.backups.iter_mut();
        if let Some(backup) = backups.find(|backup| backup.id == from && is_current) {
            (backup.has, backup.heard) = (has, now);
        }
    }

    /// Committed is what all have who were heard of within an election timeout, however few they are.
    fn commit(&mut self, now: LocalTime) {
        let lately = self.backups.iter().filter(|backup| now.since(backup.heard) < self.timeout.0);
        self.committed = self.committed.max(lately.map(|backup| backup.has).fold(self.flushed, u64::min));
    }

    fn apply(&mut self, out: &mut Effects) {
        let end = self.committed.min(self.log.len() as u64);
        if end > self.applied {
            let entries = out.bytes(&self.log[self.applied as usize..end as usize].concat());
            out.push(Effect::Apply { first: Index(self.applied + 1), entries });
            self.applied = end;
        }
    }

    fn show(&self, out: &mut Effects) {
        out.deadline = Some(self.due);
        out.status = Status {
            role: if self.leads() { Role::Leader } else { Role::Follower },
            term: self.term,
            leader: self.primary,
            last: Index(self.log.len() as u64),
            commit: Index(self.applied),
        };
    }
}

fn in_wire_form(entry: Entry<'_>) -> Vec<u8> {
    let mut bytes = Vec::new();
    entry.encode(&mut bytes);
    bytes
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
