//! What a run is measured by, taken from its records as they are made.

use super::breakers::{EachBreaker, OneBreaker};
use super::counters::Counters;
use super::elections::{Announced, Election, Elections, Reign};
use super::faults::{FaultSpan, Faults};
use super::inboxes::{Inbox, Inboxes};
use super::outsiders::{Floods, Forgeries};
use super::places::{Change, Places};
use super::service::{Served, Service};
use super::standstills::{Standstill, Standstills};
use crate::ids::{Address, Epoch, Index, RecordId};
use crate::plan::Plan;
use crate::replica::Refusal;
use crate::time::Time;
use crate::trace::{Body, Forgone, Loss, Observer, Outcome, Record};
use std::collections::BTreeSet;

/// When frames were believed for the first time that were not what they seemed; none if none were.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Believed {
    /// One that was changed on its way.
    pub changed: Option<Time>,
    /// One that a stranger had made.
    pub forged: Option<Time>,
}

impl Believed {
    fn note(&mut self, is_forged: bool, at: Time) {
        let first = if is_forged { &mut self.forged } else { &mut self.changed };
        first.get_or_insert(at);
    }
}

/// The measurements of a run so far. Common records only count; what can change the effective leader is weighed once
/// per instant, when time moves on: of several links cut at one instant only the end result matters.
#[derive(Clone, Debug)]
pub struct Metrics {
    counters: Counters,
    places: Places,
    elections: Elections,
    faults: Faults,
    service: Service,
    standstills: Standstills,
    breakers: EachBreaker,
    inboxes: Inboxes,
    floods: Floods,
    forgeries: Forgeries,
    /// When frames were believed first that no node or client had sent so.
    first_believed: Believed,
    /// The hosts that have stopped by themselves and have not started since; they may have been started in vain.
    stopped: BTreeSet<Address>,
    /// The last delivery of a forged frame.
    forged: Option<RecordId>,
    /// The highest entry whose command was told of. All nodes tell of each; the first counts.
    told: Index,
    /// The instant whose changes are not weighed yet.
    unsettled: Option<Time>,
}

impl Metrics {
    /// The measurements of a run of this plan, before its first record. Clients count as unserved after the least
    /// election timeout: no fault-free operation should take that long, and every election does.
    pub fn new(plan: &Plan) -> Self {
        let threshold = plan.cluster.raft.election_timeout.0;
        Self {
            counters: Counters::default(),
            places: Places::of(plan),
            elections: Elections::new(plan),
            faults: Faults::new(plan),
            service: Service::new(threshold),
            standstills: Standstills::new(threshold),
            breakers: EachBreaker::default(),
            inboxes: Inboxes::new(&plan.cluster),
            floods: Floods::default(),
            forgeries: Forgeries::default(),
            first_believed: Believed::default(),
            stopped: BTreeSet::new(),
            forged: None,
            told: Index::ZERO,
            unsettled: None,
        }
    }

    /// The counts so far.
    pub fn counters(&self) -> Counters {
        Counters {
            leader_changes: self.settled().changes(),
            floods: self.floods.counts,
            ..self.counters.clone()
        }
    }

    /// The spans without an effective leader in a run that ended at `end`.
    pub fn elections(&self, end: Time) -> Vec<Election> {
        self.settled().all(end, &self.places)
    }

    /// The last election of which everybody has heard, whom the leader could reach.
    pub fn announced(&self) -> Option<Announced> {
        self.elections.last_announced()
    }

    /// Who led effectively, and from when on: each change so far.
    pub(super) fn reigns(&self) -> Vec<Reign> {
        self.settled().reigns().to_vec()
    }

    /// What became of the plan's faults so far.
    pub fn faults(&self) -> Vec<FaultSpan> {
        self.faults.all()
    }

    /// When frames were believed for the first time that no node or client had sent so.
    pub fn first_believed(&self) -> Believed {
        self.first_believed
    }

    /// The service in a run that ended at `end`.
    pub fn service(&self, end: Time) -> Served {
        self.service.all(end)
    }

    /// The spans with an effective leader and without progress, in a run that ended at `end`.
    pub fn standstills(&self, end: Time) -> Vec<Standstill> {
        let mut standstills = self.standstills.clone();
        if let Some(at) = self.unsettled {
            standstills.led(at, self.settled().has_leader());
        }
        standstills.all(end)
    }

    /// The circuit breakers that ever opened, in a run that ended at `end`.
    pub fn breakers(&self, end: Time) -> Vec<OneBreaker> {
        self.breakers.all(end)
    }

    /// The inboxes of hosts that serve frames at a cost, in which so many frames of each node are left; none where they
    /// don't.
    pub fn inboxes(&self, waiting: &[u64]) -> Option<Inbox> {
        self.inboxes.all(waiting)
    }

    /// The elections with the last instant weighed.
    fn settled(&self) -> Elections {
        let mut elections = self.elections.clone();
        if let Some(at) = self.unsettled {
            elections.settle(at, &self.places);
        }
        elections
    }

    #[cold]
    fn settle(&mut self) {
        if let Some(at) = self.unsettled.take() {
            self.elections.settle(at, &self.places);
            self.standstills.led(at, self.elections.has_leader());
        }
    }

    #[inline(always)]
    fn sent(&mut self, record: &Record, to: Address) {
        match (record.node.as_node(), to.as_node()) {
            (Some(_), Some(_)) => {
                self.counters.frames_sent += 1;
                if self.elections.causes.watches_sent() {
                    self.elections.causes.frame(&record.apart(), &self.places);
                }
            }
            _ if record.node == Address::CROWD || to == Address::CROWD => self.floods.take(&record.apart()),
            (from, _) => {
                self.counters.client_frames_sent += 1;
                self.counters.requests_sent += u64::from(from.is_none());
            }
        }
    }

    #[inline(always)]
    fn delivered(&mut self, record: &Record, from: Address) {
        let is_forged = self.forgeries.exist() && self.forgeries.end(record.cause);
        match (record.node.as_node(), from.as_node()) {
            (Some(node), Some(from)) => {
                self.counters.frames_delivered += u64::from(!is_forged);
                if self.elections.watches_arrivals() {
                    self.elections.delivered(record.time, node, from, record.cause);
                }
                if self.elections.causes.watches() {
                    self.elections.causes.frame(&record.apart(), &self.places);
                }
            }
            _ if from == Address::CROWD => self.floods.take(&record.apart()),
            _ => self.counters.client_frames_delivered += u64::from(!is_forged),
        }
        if is_forged {
            self.counters.frame_faults.forged_delivered += 1;
            self.forged = Some(record.id);
        }
        if self.inboxes.exist() {
            self.inboxes.take(&record.apart());
        }
    }

    fn lost(&mut self, record: &Record, to: Address, why: Loss) {
        let is_forged = self.forgeries.exist() && self.forgeries.end(record.cause);
        match (record.node.as_node(), to.as_node()) {
            _ if is_forged => {}
            _ if record.node == Address::CROWD => self.floods.take(record),
            (Some(_), Some(_)) => self.counters.frames_lost.count(why),
            _ => self.counters.client_frames_lost += 1,
        }
        if why == Loss::InboxFull {
            self.inboxes.take(record);
            self.elections.causes.rare(record, &self.places);
        }
        if self.elections.causes.watches() {
            self.elections.causes.frame(record, &self.places);
        }
    }

    /// A record that is none of the common ones.
    fn rare(&mut self, record: &Record) {
        self.elections.causes.rare(record, &self.places);
        let counters = &mut self.counters;
        match record.body {
            Body::Duplicated { to, .. } if record.node.as_node().is_some() && to.as_node().is_some() => {
                counters.frames_duplicated += 1;
            }
            Body::Rejected { from, why } if record.node.as_client().or(from.as_client()).is_some() => {
                counters.client_frames_rejected.count(why);
            }
            Body::Rejected { why, .. } => counters.frames_rejected.count(why),
            Body::Denied { why, .. } => counters.frames_denied.count(why),
            Body::Stale { .. } => counters.replies_stale += 1,
            Body::Shed { .. } => counters.frames_shed += 1,
            Body::Breaker { was, is, .. } => counters.breakers.count(was, is),
            Body::Forgone { why, .. } => {
                counters.operations_forgone += 1;
                counters.retry_budgets_spent += u64::from(why == Forgone::Budget);
            }
            Body::Corrupted { .. }
            | Body::Misdirected { .. }
            | Body::Replayed { .. }
            | Body::Delayed { .. } => counters.frame_faults.count(&record.body),
            Body::Forged { .. } => {
                counters.frame_faults.count(&record.body);
                self.forgeries.begin(record.id);
            }
            Body::Believed { .. } => {
                counters.frame_faults.count(&record.body);
                let is_forged = self.forged.is_some() && self.forged == record.cause;
                self.first_believed.note(is_forged, record.time);
            }
            Body::CallFailed { .. } if record.node.as_node().is_some() => counters.calls_failed += 1,
            Body::Refused { .. } if self.floods.exist() && self.floods.decided(record) => {}
            Body::Refused { reason, .. } => {
                counters.requests_refused += 1;
                counters.requests_put_off += u64::from(reason == Refusal::Busy);
            }
            Body::Crashed => {
                counters.crashes += 1;
                self.floods.forget(record.node);
            }
            Body::Booted { epoch, .. } if epoch > Epoch(1) => {
                counters.restarts += 1;
                self.stopped.remove(&record.node);
            }
            Body::Paused => counters.pauses += 1,
            Body::Cut { .. } => counters.links_cut += 1,
            Body::Clogged { .. } => counters.links_clogged += 1,
            Body::Stopped { .. } => {
                counters.hosts_stopped += u64::from(self.stopped.insert(record.node));
                self.floods.forget(record.node);
            }
            Body::RoleChanged { term, .. } => counters.terms = counters.terms.max(term.0),
            Body::Transfer { step, .. } => counters.count_transfer(step),
            Body::Change { step, .. } => counters.count_change(step),
            Body::SnapshotTaken { .. } => counters.snapshots_taken += 1,
            Body::Restored { at_start: false, .. } => counters.snapshots_installed += 1,
            Body::Compacted { .. } => counters.logs_cut += 1,
            Body::ReadRound { .. } => counters.read_rounds += 1,
            Body::Served { right, .. } => counters.reads_served.count(right),
            Body::SessionOpened { .. } | Body::Repeated { .. } | Body::Disowned { .. } => {
                self.session(&record.body)
            }
            _ => {}
        }
        self.breakers.take(record);
        self.faults.take(record);
        self.weigh(record);
    }

    /// What became of a command of a session; all nodes tell of it.
    fn session(&mut self, body: &Body) {
        let counters = &mut self.counters;
        match *body {
            Body::SessionOpened { session, dropped } if session.0 > self.told.0 => {
                self.told = Index(session.0);
                counters.sessions_opened += 1;
                counters.sessions_expired += u64::from(dropped.is_some());
            }
            Body::Repeated { index, .. } if index > self.told => {
                self.told = index;
                counters.repeats_answered += 1;
            }
            Body::Disowned { index, .. } if index > self.told => {
                self.told = index;
                counters.commands_disowned += 1;
            }
            _ => {}
        }
    }

    /// Follows who stands where.
    fn weigh(&mut self, record: &Record) {
        if let Some(change) = self.places.take(record) {
            self.unsettled = Some(record.time);
            self.elections.causes.place(record, &self.places);
            match change {
                Change::Something => {}
                Change::PreCandidacy(node) => self.elections.candidacy(record.time, node, None),
                Change::Candidacy(node, term) => {
                    self.counters.candidacies += 1;
                    self.elections.candidacy(record.time, node, Some(term));
                }
                Change::Elected(term) => {
                    self.counters.elections += 1;
                    self.elections.elected(term);
                }
            }
        }
    }
}

impl Observer for Metrics {
    #[inline(always)]
    fn observe(&mut self, record: &Record) {
        if self.unsettled.is_some_and(|at| at < record.time) {
            self.settle();
        }
        // Records are numbered from 1, without a gap.
        self.counters.records = record.id.0.get();
        let counters = &mut self.counters;
        match record.body {
            Body::Woke => {
                if self.elections.causes.watches() {
                    self.elections.causes.woken(&record.apart());
                }
            }
            Body::Flushed { .. }
            | Body::Appended { .. }
            | Body::Truncated { .. }
            | Body::HardStateWritten { .. }
            | Body::Applied { .. } => {}
            Body::Sent { to, .. } => self.sent(record, to),
            Body::Delivered { from, .. } => self.delivered(record, from),
            Body::Waited { .. } => {
                self.inboxes.take(&record.apart());
                self.elections.causes.rare(&record.apart(), &self.places);
            }
            Body::TurnedAway { from, .. } => {
                self.inboxes.take(&record.apart());
                if from == Address::CROWD {
                    self.floods.take(&record.apart());
                }
            }
            Body::Lost { to, why, .. } => self.lost(&record.apart(), to, why),
            Body::Held { .. } => {
                counters.frames_held += 1;
                if self.elections.causes.watches() {
                    self.elections.causes.frame(&record.apart(), &self.places);
                }
            }
            Body::Accepted { index, .. } => {
                let is_flood = self.floods.exist() && self.floods.decided(&record.apart());
                counters.requests_accepted += u64::from(!is_flood);
                if self.elections.watches()
                    && let Some(node) = record.node.as_node()
                {
                    self.elections.accepted(node, index);
                }
            }
            Body::Acknowledged { .. } => {
                let is_flood = self.floods.exist() && self.floods.decided(&record.apart());
                counters.requests_acknowledged += u64::from(!is_flood);
            }
            Body::Committed { index, .. } => {
                if index.0 > counters.entries_committed {
                    counters.entries_committed = index.0;
                    self.standstills.progress(record.time);
                }
                if self.elections.watches()
                    && let Some(node) = record.node.as_node()
                {
                    self.elections.committed(record.time, node, index);
                }
            }
            Body::Invoked { operation, .. } => {
                self.service.invoked(record.time, operation);
                self.standstills.invoked(record.time);
            }
            Body::Returned { operation, outcome } => {
                self.service.returned(record.time, operation, outcome);
                self.standstills.returned(record.time, matches!(outcome, Outcome::Done { .. }));
            }
            _ => self.rare(&record.apart()),
        }
    }
}
