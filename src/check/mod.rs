//! Safety, judged on records alone: so for any implementation of Raft, and blind to which bug was planted.
//!
//! [`Checkers`] sees every record of a run as it is made and keeps what the rules need: what each node's log and disk
//! hold, and outside the nodes every entry that was ever in a log and the chain of those committed. Each rule has a
//! file and a line in [`Property`]:
//!
//! | property | judged when |
//! |---|---|
//! | election safety | a node becomes leader |
//! | one vote | a frame with a vote is released; a vote for oneself is durable |
//! | leader append-only | a leader's log changes |
//! | log matching | an entry joins a log; a log is recovered |
//! | committed chain | an entry is committed or applied |
//! | commit order | an entry is committed or applied |
//! | leader completeness | a node becomes leader; an entry is committed first |
//! | term and vote | a node boots; its term changes |
//! | recovery | a node boots |
//! | durable commit | an entry is committed first |
//! | acknowledged writes | a client is told; an entry is committed or applied; at the end |
//! | exactly once | a command that may have been asked for twice is carried out, answered again or refused |
//! | linearizability | an operation of a client is done |
//! | access | a frame arrives from somebody who may never send its like |
//! | sound implementation | software of others panics |
//!
//! Each record costs the same however many nodes there are and however long the run is, but for the first commit of
//! an index, which looks at every disk. A violation doesn't end anything: the first of each kind is kept in full, the
//! others are counted.

mod access;
mod append_only;
mod by_index;
mod cluster;
mod commit_order;
mod committed;
mod completeness;
mod durable;
mod election_safety;
mod exactly_once;
mod finding;
mod linearizability;
mod log_matching;
mod members;
#[cfg(test)]
mod model;
mod one_vote;
mod operations;
mod runs;
#[cfg(test)]
pub(crate) mod script;
mod snapshots;
mod term_and_vote;
#[cfg(test)]
mod tests;

pub use finding::{Check, Property, Verdict, Violation};

use crate::ids::{Epoch, Index, NodeId, RecordId, Term};
use crate::replica::{HardState, Members, Role};
use crate::trace::{Body, Observer, Record};
use access::Access;
use append_only::LeaderAppendOnly;
use cluster::{Change, Found, Node};
use committed::CommittedChain;
use completeness::LeaderCompleteness;
use election_safety::ElectionSafety;
use exactly_once::{ExactlyOnce, Fate};
use finding::Findings;
use linearizability::Linearizability;
use log_matching::LogMatching;
use members::NamedMembers;
use one_vote::OneVote;
use term_and_vote::TermAndVote;

/// All checkers of safety, over what is known of the nodes.
#[derive(Clone, Debug)]
pub struct Checkers {
    nodes: Vec<Node>,
    members: NamedMembers,
    election_safety: ElectionSafety,
    one_vote: OneVote,
    append_only: LeaderAppendOnly,
    log_matching: LogMatching,
    chain: CommittedChain,
    completeness: LeaderCompleteness,
    term_and_vote: TermAndVote,
    exactly_once: ExactlyOnce,
    linearizability: Linearizability,
    access: Access,
    findings: Findings,
}

impl Checkers {
    /// Checkers of a cluster with so many voters, numbered from 1.
    pub fn new(voters: u32) -> Self {
        Self::of(voters, Members::of_voters((1..=voters).map(NodeId)))
    }

    /// Checkers of a cluster with so many nodes, numbered from 1, of which these are the members at first.
    pub fn of(nodes: u32, members: Members) -> Self {
        Self {
            nodes: (1..=nodes).map(|id| Node::new(NodeId(id))).collect(),
            members: NamedMembers::new(nodes, members),
            election_safety: ElectionSafety::default(),
            one_vote: OneVote::new(nodes as usize),
            append_only: LeaderAppendOnly::default(),
            log_matching: LogMatching::default(),
            chain: CommittedChain::default(),
            completeness: LeaderCompleteness::default(),
            term_and_vote: TermAndVote::new(nodes as usize),
            exactly_once: ExactlyOnce::default(),
            linearizability: Linearizability::default(),
            access: Access::default(),
            findings: Findings::default(),
        }
    }

    /// The verdicts on the records so far, as if the run ended here, in the order of [`Property::ALL`]; on whether the software
    /// is sound, which comes last, only if it is not.
    pub fn verdicts(&self) -> Vec<Check> {
        let mut findings = self.findings.clone();
        self.access.clone().settle(&mut findings);
        durable::at_the_end(&self.nodes, &self.members, &self.chain, &mut findings);
        let checks = Property::ALL.into_iter().map(|property| findings.check(property));
        let sound = Property::SoundImplementation.name();
        checks.filter(|check| check.name != sound || matches!(check.verdict, Verdict::Violated(_))).collect()
    }

    /// How many violations there were so far, of all kinds.
    #[inline]
    pub fn violations(&self) -> u64 {
        self.findings.violations()
    }

    /// The record that showed the first of them, if there was one.
    pub fn first_violation(&self) -> Option<RecordId> {
        self.findings.first_violation()
    }

    /// How many indexes were committed so far.
    pub fn committed(&self) -> u64 {
        self.chain.last().0
    }

    fn booted(&mut self, slot: usize, epoch: Epoch, blank: bool, found: Found, record: &Record) {
        let Self { nodes, findings, log_matching, .. } = self;
        let node = &mut nodes[slot];
        if blank {
            // Owes nothing of what it said before, and has no say any more.
            if !node.disk.blank {
                node.disk.wipe();
            }
            node.disk.recover(&found, |index, term, hash| log_matching.agrees(index, term, hash));
            node.boot(epoch, found.hard_state.term);
            return;
        }
        if epoch > Epoch(1) {
            findings.examined(Property::Recovery);
        } else {
            node.disk.begin(found.hard_state);
        }
        if !node.disk.recover(&found, |index, term, hash| log_matching.agrees(index, term, hash)) {
            findings.accuse(Property::Recovery, record, || {
                format!(
                    "{} recovered term {} and a log to entry {} with hash {:016x}: not what was flushed, nor that \
                     with part of what was on its way",
                    node.id, found.hard_state.term, found.last, found.hash
                )
            });
        }
        node.boot(epoch, found.hard_state.term);
        if let Some(term) = node.memory.log.term_at(found.last) {
            log_matching.holds(node.id, (found.last, term, found.hash), record, findings);
        }
        if epoch > Epoch(1) {
            self.term_and_vote.booted(node.id, found.hard_state, record, findings);
        }
        if found.hard_state.vote == Some(node.id) {
            self.one_vote.given(node.id, found.hard_state.term, node.id, record, findings);
        }
    }

    /// What clients ask for, and are told.
    fn observe_client(&mut self, record: &Record) {
        match record.body {
            Body::Invoked { operation, request } => self.linearizability.invoked(operation, request, record),
            Body::Returned { operation, outcome } => {
                let findings = &mut self.findings;
                self.linearizability.returned(operation, outcome, &self.chain, record, findings);
            }
            _ => {}
        }
    }

    /// What became of a client's command.
    fn fate(&mut self, id: NodeId, record: &Record) {
        let (index, fate) = match record.body {
            Body::Executed { index, operation, .. } => (index, Fate::Executed(operation)),
            Body::Repeated { index, .. } => (index, Fate::Repeated),
            Body::Disowned { index, .. } => (index, Fate::Disowned),
            _ => return,
        };
        self.exactly_once.befalls(id, index, fate, record, &mut self.findings);
    }

    fn role_changed(&mut self, slot: usize, role: Role, term: Term, record: &Record) {
        let node = &mut self.nodes[slot];
        TermAndVote::shows(node, term, record, &mut self.findings);
        if role == Role::Leader && !node.leads(term) {
            self.election_safety.elected(node, term, record, &mut self.findings);
            self.completeness.elected(node, term, &self.chain, record, &mut self.findings);
        }
        (node.role, node.term) = (role, term);
    }

    #[inline(always)]
    fn committed_by(&mut self, slot: usize, entry: (Index, Term, u64), record: &Record) {
        let (index, term, _) = entry;
        let node = &mut self.nodes[slot];
        commit_order::committed(node, index, record, &mut self.findings);
        if self.chain.committed(node.id, entry, record, &mut self.findings) {
            self.completeness.committed(node.term, (index, term), record, &mut self.findings);
            self.members.committed(index, term);
            let record = &record.apart();
            durable::committed((&self.nodes, slot), &self.members, (index, term), record, &mut self.findings);
        }
    }
}

impl Observer for Checkers {
    #[inline(always)]
    #[expect(clippy::too_many_lines, reason = "one flat match over all that tells of safety")]
    fn observe(&mut self, record: &Record) {
        if self.append_only.suspects() {
            self.append_only.settle(&record.apart(), &mut self.findings);
        }
        let Some(id) = record.node.as_node() else { return self.observe_client(&record.apart()) };
        let (slot, nodes) = (id.slot(), self.nodes.len());
        let Some(node) = self.nodes.get_mut(slot) else { return };
        let findings = &mut self.findings;
        match record.body {
            Body::Delivered { from, kind, .. } => self.access.arrives(nodes, from, kind, record, findings),
            Body::Denied { .. } | Body::Rejected { .. } => self.access.barred(record.cause),
            Body::Sent { to, term, grants_vote, .. } => {
                self.term_and_vote.sent(id, term);
                if grants_vote && let Some(candidate) = to.as_node() {
                    self.term_and_vote.granted(id, term, candidate);
                    self.one_vote.given(id, term, candidate, &record.apart(), findings);
                }
            }
            Body::Appended { write, index, term, hash } => {
                self.append_only.appended(node, index, record, findings);
                self.log_matching.holds(id, (index, term, hash), record, findings);
                node.memory.log.append(index, index, term);
                node.disk.write_entry(write, index, term);
            }
            Body::Preloaded { index, term, hash } => {
                self.log_matching.holds(id, (index, term, hash), record, findings);
                node.disk.stored.log.append(index, index, term);
            }
            Body::Truncated { write, from } => {
                self.append_only.truncated(node, from, &record.apart(), findings);
                node.memory.log.truncate(from);
                node.disk.write_truncation(write, from);
            }
            Body::SnapshotTaken { .. }
            | Body::SnapshotWritten { .. }
            | Body::Compacted { .. }
            | Body::Restored { .. } => self.snapshot(slot, &record.apart()),
            Body::Membership { part, index, nodes } => self.members.told(node, part, index, nodes),
            Body::HardStateWritten { write, term, vote } => {
                node.disk.write_hard_state(write, HardState { term, vote });
            }
            Body::Flushed { write } => {
                let mut cuts = false;
                while let Some(change) = node.disk.flush_next(write) {
                    cuts |= matches!(change, Change::Cut(_));
                    if let Change::HardState(HardState { term, vote }) = change
                        && vote == Some(id)
                    {
                        self.one_vote.given(id, term, id, &record.apart(), findings);
                    }
                }
                if cuts {
                    self.cut_is_durable(slot, &record.apart());
                }
            }
            Body::Committed { index, term, hash } => self.committed_by(slot, (index, term, hash), record),
            Body::Applied { index, term, hash } => {
                commit_order::applied(node, index, record, findings);
                self.chain.applied(id, (index, term, hash), record, findings);
            }
            Body::Acknowledged { index, term, .. } => {
                self.chain.acknowledged(id, (index, term), &record.apart(), findings);
            }
            Body::Executed { .. } | Body::Repeated { .. } | Body::Disowned { .. } => {
                self.fate(id, &record.apart())
            }
            Body::RoleChanged { role, term, .. } => self.role_changed(slot, role, term, &record.apart()),
            Body::Booted { epoch, blank, term, vote, last, hash } => {
                let found = Found { hard_state: HardState { term, vote }, last, hash };
                self.booted(slot, epoch, blank, found, &record.apart());
            }
            Body::Crashed | Body::Stopped { .. } => node.down(),
            Body::Panicked { message } => {
                findings.accuse(Property::SoundImplementation, &record.apart(), || {
                    format!("{id} panicked: {message}")
                });
            }
            Body::Wiped => node.disk.wipe(),
            // What happens to frames, links and clients tells nothing about safety.
            _ => {}
        }
    }
}
