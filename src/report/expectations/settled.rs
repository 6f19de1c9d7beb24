//! Whether the core for which a run settles does all that a cluster without faults does.
//!
//! Step by step, each within the bound: there is a leader; every node of the core has applied what anybody knew to be
//! committed when the run settled; counted from the first command that is asked for once clients go on, every node of the core
//! has applied a new one. From
//! then on no node of the core comes to another term. At the end every node of the core has applied what was known to be
//! committed longer ago than the bound, what its leader accepted longer ago is committed, and no frame had waited longer in
//! an inbox of the core.
//!
//! Where a run settles for all the core are the voters that were told last.
//!
//! Who has lost its disk, or can't read it, has no say for good, and is left out; but without a quorum of the others nothing
//! is owed.

use super::{Judged, Miss, Run};
use crate::ids::{Index, NodeId, NodeSet, Term};
use crate::plan::{Core, Plan, Settle};
use crate::replica::ReadBy;
use crate::report::elections::Reign;
use crate::report::owed::not_held_up_to;
use crate::time::{Duration, Time};
use crate::trace::{Body, MembersPart, Operation, Record, StopReason};
use std::collections::{BTreeMap, VecDeque};

/// Follows the nodes of the core.
#[derive(Clone, Debug)]
pub(super) struct Settled {
    within: Duration,
    settle: Option<Settle>,
    core: NodeSet,
    /// The entry that named the voters.
    named_by: Index,
    /// On whom something stays wrong.
    beset: NodeSet,
    nodes: BTreeMap<NodeId, Standing>,
    /// The voters that were told last.
    voters: NodeSet,
    /// The highest index that anybody knows to be committed, and when that was known of which index, as far back as the
    /// bound.
    commit: Index,
    commits: VecDeque<(Time, Index)>,
    /// What was committed when the run settled, once it has.
    before: Option<Index>,
    /// What was accepted as a request and is not committed, and when.
    open: BTreeMap<(Term, Index), Time>,
    /// Whether commands that only read take an entry.
    logs_reads: bool,
    /// When a command that takes an entry was first asked for since clients go on.
    asked: Option<Time>,
    /// The first command that was asked for since clients go on and is committed.
    new: Option<(Index, Time)>,
    /// The first that came to another term too late, from which to which.
    turned: Option<(NodeId, Time, Term, Term)>,
    /// The frame that waited too long.
    waited: Option<(NodeId, Time, Duration)>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Standing {
    applied: Index,
    term: Term,
    /// Whether its disk is blank or beyond recovery.
    lost: bool,
    /// When it had what was committed before.
    agreed: Option<Time>,
    /// When it had applied the new command.
    served: Option<Time>,
}

impl Settled {
    pub(super) fn new(within: Duration, plan: &Plan) -> Self {
        let core = match plan.settle.map(|settle| settle.core) {
            Some(Core::Nodes(nodes)) => nodes,
            _ => plan.cluster.members().voters,
        };
        Self {
            within,
            settle: plan.settle,
            core,
            voters: plan.cluster.members().voters,
            named_by: Index::ZERO,
            beset: NodeSet::EMPTY,
            nodes: (1..=plan.cluster.nodes()).map(|node| (NodeId(node), Standing::default())).collect(),
            commit: Index::ZERO,
            commits: VecDeque::new(),
            before: None,
            open: BTreeMap::new(),
            logs_reads: plan.cluster.raft.reads.by == ReadBy::Log,
            asked: None,
            new: None,
            turned: None,
            waited: None,
        }
    }

    /// Whether records of this kind are of interest.
    #[inline(always)]
    pub(super) const fn concerns(body: &Body) -> bool {
        matches!(
            body,
            Body::Applied { .. }
                | Body::Committed { .. }
                | Body::Restored { .. }
                | Body::Booted { .. }
                | Body::Stopped { .. }
                | Body::Accepted { .. }
                | Body::Invoked { .. }
                | Body::Proposed { .. }
                | Body::RoleChanged { .. }
                | Body::SettledFor { .. }
                | Body::Beset { .. }
                | Body::Membership { .. }
                | Body::Waited { .. }
        )
    }

    pub(super) fn take(&mut self, record: &Record) {
        let Some(settle) = self.settle else { return };
        if record.time > settle.from && self.before.is_none() {
            self.freeze(settle.from);
        }
        match record.body {
            Body::SettledFor { nodes } => self.core = nodes,
            Body::Beset { nodes } => self.beset = nodes,
            Body::Membership { part: MembersPart::Voters, index, nodes } if index >= self.named_by => {
                (self.named_by, self.voters) = (index, nodes);
                if settle.core == Core::All {
                    self.core = nodes;
                }
            }
            Body::Invoked { request: Operation::Get { .. }, .. } if !self.logs_reads => {}
            Body::Invoked { .. } | Body::Proposed { .. } if record.time >= settle.loaded() => {
                self.asked.get_or_insert(record.time);
            }
            Body::Accepted { index, term, .. } => {
                self.open.insert((term, index), record.time);
            }
            Body::Committed { index, term, .. } if index > self.commit => {
                self.commits(index, term, record.time, settle);
            }
            _ => self.take_of_node(record, settle),
        }
    }

    /// The run has settled: what everybody has now it had then.
    fn freeze(&mut self, at: Time) {
        self.before = Some(self.commit);
        for node in self.nodes.values_mut() {
            node.agreed = (node.applied >= self.commit).then_some(at);
        }
    }

    /// An entry is committed for the first time.
    fn commits(&mut self, index: Index, term: Term, at: Time, settle: Settle) {
        self.commit = index;
        self.commits.push_back((at, index));
        let Some(lately) = at.since(Time::ZERO).nanos().checked_sub(self.within.nanos()) else { return };
        while self.commits.get(1).is_some_and(|(next, _)| next.nanos() <= lately) {
            self.commits.pop_front();
        }
        let asked = self.open.remove(&(term, index));
        if self.new.is_none() && asked.is_some_and(|asked| asked >= settle.loaded()) {
            self.new = Some((index, at));
        }
        self.open.retain(|(_, open), _| *open > index);
    }

    fn take_of_node(&mut self, record: &Record, settle: Settle) {
        let Some(id) = record.node.as_node() else { return };
        let is_late = record.time > settle.loaded() + self.within && self.core.contains(id);
        let Some(node) = self.nodes.get_mut(&id) else { return };
        match record.body {
            Body::Booted { term, blank, .. } => {
                (node.applied, node.term, node.lost) = (Index::ZERO, term, blank);
            }
            Body::Stopped { reason: StopReason::Unrecoverable | StopReason::Panicked } => node.lost = true,
            Body::Applied { index, .. } | Body::Restored { index, .. } => {
                // Who was added anew has a say again.
                (node.applied, node.lost) = (index, false);
                if self.before.is_some_and(|before| index >= before) {
                    node.agreed.get_or_insert(record.time);
                }
                if self.new.is_some_and(|(new, _)| index >= new) {
                    node.served.get_or_insert(record.time);
                }
            }
            Body::RoleChanged { term, .. } => {
                if is_late && term != node.term {
                    self.turned.get_or_insert((id, record.time, node.term, term));
                }
                node.term = term;
            }
            Body::Waited { waited, .. } if is_late && waited > self.within => {
                self.waited.get_or_insert((id, record.time, waited));
            }
            _ => {}
        }
    }

    pub(super) fn judge(&self, run: &Run<'_>) -> Judged {
        let Some(settle) = self.settle.filter(|settle| settle.loaded() + self.within <= run.end) else {
            return Err(Miss::Vacuous("the run ended before it could show this".into()));
        };
        let mut settled = self.clone();
        if settled.before.is_none() {
            settled.freeze(settle.from);
        }
        let Err(failed) = settled.steps(settle, run) else {
            return match settled.asked {
                Some(asked) if asked + self.within <= run.end => Ok(settled.shown()),
                Some(asked) => Err(Miss::Vacuous(format!(
                    "the first command since clients go on was asked for at {asked}"
                ))),
                None => Err(Miss::Vacuous(format!("no command was asked for from {} on", settle.loaded()))),
            };
        };
        let lost = settled.lost();
        let left = settled.voters.iter().filter(|voter| !lost.contains(*voter)).count();
        if left <= settled.voters.len() as usize / 2 {
            let why = format!("{lost} lost what was on disk, and without them there is no quorum");
            return Err(Miss::Waived(format!("{why}; but {failed}")));
        }
        match not_held_up_to((self.core, self.beset), &since(run.reigns, settle.from)) {
            Some(why) => Err(Miss::Waived(format!("{why}; but {failed}"))),
            None => Err(Miss::Failed(failed)),
        }
    }

    /// Takes the steps until one fails.
    fn steps(&self, settle: Settle, run: &Run<'_>) -> Result<(), String> {
        self.leads(settle, run)?;
        self.agrees(settle)?;
        if let Some(asked) = self.asked.filter(|asked| *asked + self.within <= run.end) {
            self.serves(asked)?;
        }
        self.rests(settle)?;
        self.drains(run)
    }

    fn leads(&self, settle: Settle, run: &Run<'_>) -> Result<(), String> {
        let (from, to) = (settle.from, settle.from + self.within);
        let mut led = since(run.reigns, from).into_iter().filter(|reign| reign.from <= to);
        let why = || format!("no leader: nobody led from {from} to {to}");
        led.any(|reign| reign.leader.is_some()).then_some(()).ok_or_else(why)
    }

    fn agrees(&self, settle: Settle) -> Result<(), String> {
        let to = settle.from + self.within;
        match self.core().find(|(_, node)| node.agreed.is_none_or(|at| at > to)) {
            Some((id, node)) => Err(format!(
                "no agreement: by {to} {id} had not applied entry {}, which was committed before {}; at the end it has {}",
                self.before.unwrap_or_default(),
                settle.from,
                node.applied
            )),
            None => Ok(()),
        }
    }

    fn serves(&self, from: Time) -> Result<(), String> {
        let to = from + self.within;
        let Some((index, _)) = self.new.filter(|(_, at)| *at <= to) else {
            return Err(format!(
                "no new command: none that was accepted from {from} on was committed by {to}"
            ));
        };
        match self.core().find(|(_, node)| node.served.is_none_or(|at| at > to)) {
            Some((id, node)) => Err(format!(
                "no new command on the whole core: by {to} {id} had not applied entry {index}; at the end it has {}",
                node.applied
            )),
            None => Ok(()),
        }
    }

    fn rests(&self, settle: Settle) -> Result<(), String> {
        let Some((id, at, from, to)) = self.turned else { return Ok(()) };
        let calm = settle.loaded() + self.within;
        Err(format!("unstable terms: {id} went from term {from} to {to} at {at}, after {calm}"))
    }

    fn drains(&self, run: &Run<'_>) -> Result<(), String> {
        if let Some((id, at, waited)) = self.waited {
            return Err(format!("queues: at {at} a frame had waited in the inbox of {id} for {waited}"));
        }
        let lately = Time::from_nanos(run.end.nanos().saturating_sub(self.within.nanos()));
        let due = self
            .commits
            .iter()
            .take_while(|(at, _)| *at <= lately)
            .last()
            .map_or(Index::ZERO, |(_, index)| *index);
        if let Some((id, node)) = self.core().find(|(_, node)| node.applied < due) {
            return Err(format!(
                "queues: entry {due} was committed by {lately}, and at the end {id} has applied {}",
                node.applied
            ));
        }
        let leader = run.reigns.last().and_then(|reign| reign.leader);
        let is_left = |((term, _), at): &(&(Term, Index), &Time)| {
            leader.is_some_and(|(_, led)| led == *term) && **at <= lately
        };
        match self.open.iter().find(is_left) {
            Some(((_, index), at)) => {
                Err(format!("queues: entry {index}, accepted at {at}, is not committed at the end"))
            }
            None => Ok(()),
        }
    }

    /// The nodes of the core that have a say.
    fn core(&self) -> impl Iterator<Item = (NodeId, &Standing)> {
        let core = self.nodes.iter().filter(|(id, node)| self.core.contains(**id) && !node.lost);
        core.map(|(id, node)| (*id, node))
    }

    /// The voters and nodes of the core that have none any more.
    fn lost(&self) -> NodeSet {
        let counts = |id: NodeId| self.core.contains(id) || self.voters.contains(id);
        self.nodes.iter().filter(|(id, node)| node.lost && counts(**id)).map(|(id, _)| *id).collect()
    }

    fn shown(&self) -> String {
        let agreed = self.core().filter_map(|(_, node)| node.agreed).max().unwrap_or_default();
        let served = self.core().filter_map(|(_, node)| node.served).max().unwrap_or_default();
        let new = self.new.map_or(Index::ZERO, |(index, _)| index);
        let term = self.core().map(|(_, node)| node.term).max().unwrap_or_default();
        let core: NodeSet = self.core().map(|(id, _)| id).collect();
        let lost = self.lost();
        let apart = if lost.is_empty() { String::new() } else { format!("; {lost} lost what was on disk") };
        format!(
            "{core} agreed by {agreed} and had applied entry {new} by {served}, in term {term} at the end{apart}"
        )
    }
}

/// The step that failed, of why a run has not settled: that comes first.
pub(super) fn step(why: &str) -> &str {
    why.split(':').next().unwrap_or_default()
}

/// Who led from this time on, with who led then.
fn since(reigns: &[Reign], from: Time) -> Vec<Reign> {
    let begun = reigns.partition_point(|reign| reign.from <= from);
    reigns[begun.saturating_sub(1)..].to_vec()
}
