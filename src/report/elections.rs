//! Spans without an effective leader, and how each came to its end.

use super::causes::{Causes, Explanation};
use super::places::Places;
use crate::ids::{Index, NodeId, RecordId, Term};
use crate::plan::Plan;
use crate::time::{Duration, Time};
use std::collections::BTreeMap;

/// One span without an effective leader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Election {
    /// When it began.
    pub from: Time,
    /// How long it lasted; to the end of the run if it had no end.
    pub vacant: Duration,
    /// From its beginning to the first candidacy or pre-candidacy in it.
    pub detect: Option<Duration>,
    /// From there to the effective leader.
    pub elect: Option<Duration>,
    /// From the effective leader until every member that it could reach, and that was not paused, had a frame from it.
    pub announce: Option<Duration>,
    /// From the effective leader until a command that it took from a client since was committed on it.
    pub recover: Option<Duration>,
    /// In how many terms nodes asked for votes.
    pub terms: u64,
    /// In how many of these there was no leader, not even later.
    pub split_votes: u64,
    /// Who asked for votes or pre-votes, in the order in which they did so first.
    pub candidates: Vec<NodeId>,
    /// Who led at its end, and in which term; none if the run ended first.
    pub leader: Option<(NodeId, Term)>,
    /// Why nobody led.
    pub why: Explanation,
}

/// Who leads effectively from a time on, or that nobody does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reign {
    /// From when, with all records of that instant weighed.
    pub(super) from: Time,
    /// Who, and in which term.
    pub(super) leader: Option<(NodeId, Term)>,
}

/// An election of which everybody has heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Announced {
    /// From when on it led effectively.
    pub led: Time,
    /// In which term.
    pub term: Term,
    /// When every member that it could reach had had a frame from it.
    pub at: Time,
}

/// Takes down spans as they begin and end.
#[derive(Clone, Debug)]
pub(super) struct Elections {
    closed: Vec<Election>,
    open: Option<Span>,
    leader: Option<(NodeId, Term)>,
    /// Each change of the effective leader.
    reigns: Vec<Reign>,
    /// The last effective leader, whether or not it still is.
    latest: Option<(NodeId, Term)>,
    changes: u64,
    watch: Option<Watch>,
    /// The last election of which everybody has heard.
    announced: Option<Announced>,
    /// The terms of the last span that had no leader by its end; they may still get one.
    undecided: Vec<Term>,
    /// Why nobody leads.
    pub(super) causes: Causes,
    /// Candidacies of the current instant: a span may turn out to have begun in it.
    instant: (Time, Vec<(NodeId, Option<Term>)>),
}

/// The span that goes on.
#[derive(Clone, Debug)]
struct Span {
    from: Time,
    first_candidacy: Option<Time>,
    candidates: Vec<NodeId>,
    /// The terms in which nodes asked for votes, and whether one was elected.
    terms: BTreeMap<Term, bool>,
}

/// What is still to come of the last election.
#[derive(Clone, Debug)]
struct Watch {
    leader: NodeId,
    since: Time,
    /// Frames of the leader have later numbers than this.
    elected: RecordId,
    /// Who hasn't heard from it; nobody once it is announced.
    waiting: Vec<bool>,
    left: usize,
    /// The first entry that it took from a client.
    accepted: Option<Index>,
}

impl Span {
    fn new(from: Time) -> Self {
        Self { from, first_candidacy: None, candidates: Vec::new(), terms: BTreeMap::new() }
    }

    fn candidacy(&mut self, time: Time, node: NodeId, term: Option<Term>) {
        let first = self.first_candidacy.get_or_insert(time);
        *first = time.min(*first);
        if !self.candidates.contains(&node) {
            self.candidates.push(node);
        }
        if let Some(term) = term {
            self.terms.entry(term).or_insert(false);
        }
    }

    fn close(&self, to: Time, leader: Option<(NodeId, Term)>, why: Explanation) -> Election {
        let elected = self.first_candidacy.filter(|_| leader.is_some());
        Election {
            from: self.from,
            vacant: to.since(self.from),
            detect: self.first_candidacy.map(|first| first.since(self.from)),
            elect: elected.map(|first| to.since(first)),
            announce: None,
            recover: None,
            terms: self.terms.len() as u64,
            split_votes: self.terms.values().filter(|elected| !**elected).count() as u64,
            candidates: self.candidates.clone(),
            leader,
            why,
        }
    }
}

impl Elections {
    /// A run of this plan begins without a leader.
    pub(super) fn new(plan: &Plan) -> Self {
        Self {
            closed: Vec::new(),
            open: Some(Span::new(Time::ZERO)),
            leader: None,
            reigns: Vec::new(),
            latest: None,
            changes: 0,
            watch: None,
            announced: None,
            undecided: Vec::new(),
            causes: Causes::new(plan),
            instant: (Time::ZERO, Vec::new()),
        }
    }

    /// A node asks for votes in a term, or for pre-votes, which are of no term.
    pub(super) fn candidacy(&mut self, time: Time, node: NodeId, term: Option<Term>) {
        match &mut self.open {
            Some(span) => span.candidacy(time, node, term),
            None => {
                if self.instant.0 != time {
                    self.instant = (time, Vec::new());
                }
                self.instant.1.push((node, term));
            }
        }
    }

    /// A term has a leader, effective or not.
    pub(super) fn elected(&mut self, term: Term) {
        if let Some(elected) = self.open.as_mut().and_then(|span| span.terms.get_mut(&term)) {
            *elected = true;
        }
        // Its candidacy may have begun in the span before: that vote was not split either.
        if let Some(at) = self.undecided.iter().position(|undecided| *undecided == term)
            && let Some(last) = self.closed.last_mut()
        {
            self.undecided.swap_remove(at);
            last.split_votes -= 1;
        }
    }

    /// All that happened at this instant has been taken in: who leads now?
    pub(super) fn settle(&mut self, at: Time, places: &Places) {
        let now = places.effective_leader();
        if now.is_none() {
            self.causes.vacant(at, self.latest, places);
        }
        if now == self.leader {
            self.still(at, places);
            return;
        }
        let why = if now.is_some() { self.causes.filled(at, places) } else { None };
        self.leader = now;
        self.reigns.push(Reign { from: at, leader: now });
        self.watch = None;
        let Some((leader, term)) = now else {
            let mut span = Span::new(at);
            if self.instant.0 == at {
                self.instant.1.drain(..).for_each(|(node, term)| span.candidacy(at, node, term));
            }
            self.open = Some(span);
            return;
        };
        if self.latest.is_some_and(|latest| latest != (leader, term)) {
            self.changes += 1;
        }
        let is_new = self.latest != now;
        self.latest = now;
        if let (Some(mut span), Some(why)) = (self.open.take(), why)
            && span.from < at
        {
            if is_new && !span.terms.contains_key(&term) {
                // Its candidacy was under way when the span began.
                span.candidacy(span.from, leader, Some(term));
                span.terms.insert(term, true);
            }
            self.undecided =
                span.terms.iter().filter(|(_, elected)| !**elected).map(|(term, _)| *term).collect();
            self.closed.push(span.close(at, now, why));
            let waiting: Vec<bool> = places.hearing(leader).collect();
            self.watch = Some(Watch {
                leader,
                since: at,
                elected: places.elected(leader).expect("a leader was elected"),
                left: waiting.iter().filter(|waits| **waits).count(),
                waiting,
                accepted: None,
            });
            self.announced(at);
        }
    }

    /// The leader is the same, but perhaps some that haven't heard from it can't be reached any more.
    fn still(&mut self, at: Time, places: &Places) {
        let Some(watch) = &mut self.watch else { return };
        if watch.left == 0 {
            return;
        }
        for (waits, hears) in watch.waiting.iter_mut().zip(places.hearing(watch.leader)) {
            if *waits && !hears {
                *waits = false;
                watch.left -= 1;
            }
        }
        self.announced(at);
    }

    /// Whether acceptances and commits are of interest.
    #[inline]
    pub(super) fn watches(&self) -> bool {
        self.watch.is_some()
    }

    /// Whether a frame that arrives may be the first from a new leader.
    #[inline]
    pub(super) fn watches_arrivals(&self) -> bool {
        self.watch.as_ref().is_some_and(|watch| watch.left > 0)
    }

    /// A frame sent by `from` in record `sent` arrives.
    #[cold]
    pub(super) fn delivered(&mut self, time: Time, node: NodeId, from: NodeId, sent: Option<RecordId>) {
        let Some(watch) = &mut self.watch else { return };
        if watch.left > 0
            && from == watch.leader
            && sent.is_some_and(|sent| sent > watch.elected)
            && let Some(waits) = watch.waiting.get_mut(node.slot())
            && std::mem::take(waits)
        {
            watch.left -= 1;
            self.announced(time);
        }
    }

    fn announced(&mut self, time: Time) {
        if let (Some(watch), Some(election)) = (&self.watch, self.closed.last_mut())
            && watch.left == 0
            && election.announce.is_none()
        {
            election.announce = Some(time.since(watch.since));
            let term = election.leader.map_or(Term::ZERO, |(_, term)| term);
            self.announced = Some(Announced { led: watch.since, term, at: time });
        }
    }

    /// A node made a client's command an entry.
    #[cold]
    pub(super) fn accepted(&mut self, node: NodeId, index: Index) {
        if let Some(watch) = &mut self.watch
            && watch.leader == node
        {
            watch.accepted.get_or_insert(index);
        }
    }

    /// A node knows an entry to be committed.
    #[cold]
    pub(super) fn committed(&mut self, time: Time, node: NodeId, index: Index) {
        if let (Some(watch), Some(election)) = (&self.watch, self.closed.last_mut())
            && watch.leader == node
            && watch.accepted.is_some_and(|accepted| accepted <= index)
        {
            election.recover.get_or_insert(time.since(watch.since));
            if watch.left == 0 {
                self.watch = None;
            }
        }
    }

    /// Whether somebody leads effectively.
    pub(super) fn has_leader(&self) -> bool {
        self.leader.is_some()
    }

    /// The last election of which everybody has heard.
    #[inline]
    pub(super) fn last_announced(&self) -> Option<Announced> {
        self.announced
    }

    /// How often another effective leader followed, or the same one in a later term.
    pub(super) fn changes(&self) -> u64 {
        self.changes
    }

    /// Each change of the effective leader, in order; before the first nobody led.
    pub(super) fn reigns(&self) -> &[Reign] {
        &self.reigns
    }

    /// All spans of a run that ended now.
    pub(super) fn all(&self, end: Time, places: &Places) -> Vec<Election> {
        let open = self.open.as_ref().filter(|span| span.from < end);
        let last = open.zip(self.causes.explain(end, places)).map(|(span, why)| span.close(end, None, why));
        self.closed.iter().cloned().chain(last).collect()
    }
}
