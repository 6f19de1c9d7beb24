//! A candidacy: what became of what the candidate asked each voter for.

use super::slow_links::SlowLinks;
use super::{Cause, Overloads};
use crate::ids::{CallId, NodeId, RecordId, Term};
use crate::replica::VoteRefusal;
use crate::report::places::Places;
use crate::time::{Duration, Time};
use crate::trace::{Body, Loss, Record};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;

/// What became of a candidate's request to a voter, as far as it got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "answer", content = "why", rename_all = "snake_case")]
pub enum Answer {
    /// It waits for the candidate's own disk.
    Unsent,
    /// It is on its way.
    Awaited,
    /// The voter has it, and its answer waits for the voter's disk.
    Held,
    /// The voter has answered, and the answer is on its way.
    Underway,
    /// The vote came, or the promise of one.
    Granted,
    /// The voter refuses.
    Refused(Option<VoteRefusal>),
    /// It got lost, or the answer did.
    Lost(Loss),
    /// It was not what had been sent, or the answer was not.
    Rejected,
    /// The voter's software panicked over it.
    Panicked,
}

/// What became of a candidate's request to this voter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Reply {
    /// The voter.
    pub voter: NodeId,
    /// What became of it.
    #[serde(flatten)]
    pub answer: Answer,
}

/// A request to one voter.
#[derive(Clone, Debug)]
struct Request {
    answer: Answer,
    /// Whether an answer on its way says yes.
    grants: bool,
    /// Its call, which its answer names; none until it is sent.
    call: Option<CallId>,
    /// The record that the next one of it names as its cause.
    last: RecordId,
    /// Those of frames that the voter has held back since it came: the cause of what is sent then. One may be the answer.
    held_back: Vec<RecordId>,
    /// Since when it has waited for a disk.
    held_since: Option<Time>,
    /// How long it has waited for disks.
    held: Duration,
    /// How long it has waited in inboxes.
    waited: Duration,
}

/// A candidacy, or the question whether it would be worth while.
#[derive(Clone, Debug)]
pub(super) struct Campaign {
    pub(super) node: NodeId,
    /// The term it is for; none of a pre-vote.
    pub(super) term: Option<Term>,
    pub(super) from: Time,
    /// How much of the span is put down to it so far.
    pub(super) time: Duration,
    /// The event that began it: its requests name this as their cause.
    event: Option<RecordId>,
    requests: BTreeMap<NodeId, Request>,
}

/// How a candidacy ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// The candidate leads, or stands for election after the promises.
    Won,
    /// Its time was up.
    TimedOut,
    /// It gave up for a later term, or for a leader; or it went down, or the span was over.
    Overtaken,
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsent => f.write_str("not asked: its request waited for the candidate's disk"),
            Self::Awaited => f.write_str("request on its way"),
            Self::Held => f.write_str("its answer waited for its disk"),
            Self::Underway => f.write_str("answer on its way"),
            Self::Granted => f.write_str("yes"),
            Self::Refused(Some(why)) => write!(f, "no: {why}"),
            Self::Refused(None) => f.write_str("no"),
            Self::Lost(why) => write!(f, "lost: {why}"),
            Self::Rejected => f.write_str("rejected: not what had been sent"),
            Self::Panicked => f.write_str("its software panicked"),
        }
    }
}

impl Campaign {
    /// One that begins with this record; so much of the span is put down to it already.
    pub(super) fn new(node: NodeId, term: Option<Term>, time: Duration, record: &Record) -> Self {
        Self { node, term, from: record.time, time, event: record.cause, requests: BTreeMap::new() }
    }

    /// Whether this event, a wake of the candidate, is another one than that which began it.
    pub(super) fn is_older_than(&self, event: RecordId) -> bool {
        self.event != Some(event)
    }

    /// What became of each request.
    pub(super) fn replies(&self) -> Vec<Reply> {
        self.requests.iter().map(|(voter, request)| Reply { voter: *voter, answer: request.answer }).collect()
    }

    /// Takes in a record of a frame between the candidate and this voter. Whether it is one of this candidacy's frames, so that
    /// what the receiver does with it is of interest.
    pub(super) fn frame(&mut self, voter: NodeId, record: &Record) -> bool {
        let by_candidate = record.node.as_node() == Some(self.node);
        let Some(request) = self.requests.get_mut(&voter) else {
            if by_candidate && record.cause.is_some() && record.cause == self.event {
                self.begin(voter, record);
            }
            return false;
        };
        let follows = |cause: RecordId| cause == request.last || request.held_back.contains(&cause);
        // What the candidate does with a vote is no matter of the request any more.
        if request.answer == Answer::Granted || !record.cause.is_some_and(follows) {
            return false;
        }
        let refuses = matches!(request.answer, Answer::Refused(_));
        match record.body {
            Body::Held { .. } => {
                request.held_since = Some(record.time);
                if !by_candidate {
                    if !refuses {
                        request.answer = Answer::Held;
                    }
                    request.held_back.push(record.id);
                    return true;
                }
                request.answer = Answer::Unsent;
            }
            // What the request brings about may be other frames than the answer, too.
            Body::Sent { call, .. } if !by_candidate && request.call != Some(call) => return false,
            Body::Sent { grants_vote, call, .. } => {
                if let Some(since) = request.held_since.take() {
                    request.held = request.held + record.time.since(since);
                }
                if by_candidate {
                    request.call = Some(call);
                    request.answer = Answer::Awaited;
                } else if !refuses {
                    request.grants = grants_vote || self.term.is_none();
                    request.answer = Answer::Underway;
                }
            }
            Body::Delivered { .. } if by_candidate && !refuses => {
                request.answer = if request.grants { Answer::Granted } else { Answer::Refused(None) };
            }
            Body::Delivered { .. } => {}
            Body::Lost { why, .. } => request.answer = Answer::Lost(why),
            Body::Rejected { .. } => request.answer = Answer::Rejected,
            _ => return false,
        }
        request.last = record.id;
        true
    }

    fn begin(&mut self, voter: NodeId, record: &Record) {
        let (answer, held_since, call) = match record.body {
            Body::Held { .. } => (Answer::Unsent, Some(record.time), None),
            Body::Sent { call, .. } => (Answer::Awaited, None, Some(call)),
            _ => return,
        };
        let none = Duration::ZERO;
        let request = Request {
            answer,
            grants: false,
            call,
            last: record.id,
            held_back: Vec::new(),
            held_since,
            held: none,
            waited: none,
        };
        self.requests.insert(voter, request);
    }

    /// The frame that was delivered last had waited so long.
    pub(super) fn waited(&mut self, voter: NodeId, waited: Duration) {
        if let Some(request) = self.requests.get_mut(&voter) {
            request.waited = request.waited + waited;
        }
    }

    /// A voter refuses.
    pub(super) fn refused(&mut self, voter: NodeId, why: VoteRefusal, record: &Record) {
        if let Some(request) = self.requests.get_mut(&voter)
            && record.cause == Some(request.last)
        {
            request.answer = Answer::Refused(Some(why));
        }
    }

    /// The voter's software panicked.
    pub(super) fn panicked(&mut self, voter: NodeId, record: &Record) {
        if let Some(request) = self.requests.get_mut(&voter)
            && record.cause == Some(request.last)
        {
            request.answer = Answer::Panicked;
        }
    }

    /// What kept this candidacy from more, when it ended so; none if nothing but that others had to come first.
    pub(super) fn hindrance(
        &self,
        ending: Ending,
        now: Time,
        places: &Places,
        (overloads, slow_links): (&Overloads, &SlowLinks),
    ) -> Option<Cause> {
        if ending == Ending::Won {
            return self.delay(now);
        }
        let mut missing: BTreeMap<Cause, u32> = BTreeMap::new();
        for (voter, request) in &self.requests {
            let why = match request.answer {
                Answer::Granted => None,
                _ if !places.can_act(*voter) || !places.is_linked(self.node, *voter) => None,
                // The entries that it lacks, or the news of a leader, were kept from it.
                Answer::Refused(Some(VoteRefusal::LogBehind)) if slow_links.keep_from(self.node, now) => {
                    Some(Cause::SlowLink)
                }
                Answer::Refused(why) => Some(refusal(why)),
                Answer::Lost(Loss::InboxFull) => Some(Cause::Overload),
                Answer::Lost(Loss::ReceiverDown) | Answer::Panicked => Some(Cause::NoQuorumUp),
                // It asked from where it could not win: another one has to come first.
                Answer::Lost(Loss::CutAtSending | Loss::CutAtArrival) => None,
                Answer::Lost(_) | Answer::Rejected => Some(Cause::FramesLost),
                Answer::Unsent | Answer::Held => Some(Cause::DiskStalled),
                Answer::Awaited | Answer::Underway if overloads.concern(*voter, self.node, now) => {
                    Some(Cause::Overload)
                }
                Answer::Awaited if slow_links.keep_from(*voter, now) => Some(Cause::SlowLink),
                Answer::Underway if slow_links.keep_from(self.node, now) => Some(Cause::SlowLink),
                Answer::Awaited | Answer::Underway => match ending {
                    Ending::TimedOut => Some(Cause::RoundTrip),
                    Ending::Overtaken | Ending::Won => None,
                },
            };
            if let Some(why) = why {
                *missing.entry(why).or_default() += 1;
            }
        }
        // A vote that got lost might have been a refusal as well.
        let most = missing.into_iter().max_by_key(|(why, voters)| (*voters, *why != Cause::FramesLost));
        most.map(|(why, _)| why)
    }

    /// What has taken most of the time of one that was won, if that was not the network.
    fn delay(&self, now: Time) -> Option<Cause> {
        let most =
            |part: fn(&Request) -> Duration| self.requests.values().map(part).max().unwrap_or_default();
        let half = Duration::from_nanos(now.since(self.from).nanos() / 2);
        if half == Duration::ZERO {
            None
        } else if most(|request| request.held) >= half {
            Some(Cause::DiskStalled)
        } else {
            (most(|request| request.waited) >= half).then_some(Cause::Overload)
        }
    }
}

fn refusal(why: Option<VoteRefusal>) -> Cause {
    match why {
        Some(VoteRefusal::LogBehind) => Cause::LogsBehind,
        Some(VoteRefusal::Outranked | VoteRefusal::LeaderCurrent | VoteRefusal::Lease) => Cause::VotesRefused,
        Some(VoteRefusal::Voted | VoteRefusal::TermPast) | None => Cause::SplitVote,
    }
}
