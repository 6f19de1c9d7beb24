//! Membership changes (thesis, chapter 4): who the members are, and how a leader changes them.
//!
//! The members are what the latest entry of the log says that names any, committed or not (4.1): an entry counts as soon as
//! it is appended, and no longer once it is truncated. So each server keeps all that its log names since its snapshot. Whoever
//! asks is answered, member or not: a server may be behind, and not know yet whom to listen to. Answers count only from
//! members.
//!
//! A leader makes one change at a time, and none before an entry of its own term is committed: without that, changes of two
//! leaders can each be committed by majorities that don't overlap (the mistake that was found in 2015). One voter more or
//! less goes in one step, since any majorities of before and after overlap (4.1). To replace one by another moves two, and
//! takes a joint configuration, in which both majorities are needed for everything (4.3); the leader leaves it by a second
//! entry as soon as the first is committed. With [`Changes::Single`] the new voter is added first, then the old one removed.
//!
//! Who is to vote is a learner first (4.2.1). It has caught up when a round, in which it is sent what the log had at the
//! round's beginning, takes less than the least election timeout; after [`ROUNDS`] rounds that did not, or
//! [`SILENCE`] least election timeouts without an answer, the leader gives the change up. A learner does not campaign. It
//! grants votes like everybody, and a candidate that knows it as a learner does not count them.
//!
//! A leader that removes itself leads on until that is committed, without counting itself, and then steps down (4.2.2). A
//! removed server that does not know it campaigns. So does one that knows, as long as it does not know the removal to be
//! committed: it may be needed for that (4.2.2). Sticky servers and pre-vote keep it from deposing anyone (4.2.3, 9.6).

use super::leader::Broadcast;
use super::node::Raft;
use super::progress::{Peers, Progress};
use super::quorum;
use crate::ids::{Index, NodeId, NodeSet};
use crate::replica::{
    Abort, Change, ChangeStep, Changes, Effect, Effects, Entries, Entry, EntryKind, Members, Membership,
    NoChange, Role, Snapshot, Unrecoverable,
};
use crate::time::LocalTime;

/// In so many rounds a new server has to catch up (4.2.1).
const ROUNDS: u32 = 10;
/// After so many least election timeouts without an answer it is taken for gone.
const SILENCE: u64 = 10;

/// The memberships that a server's log names, and what follows from the one in force.
///
/// Invariants:
/// - `named` rises by index, and is never empty. Its first is the initial one, or that of the snapshot; the last is in
///   force.
#[derive(Debug)]
pub(super) struct Memberships {
    initial: Members,
    named: Vec<Membership>,
    /// Whether all members, this server among them, are voters of one configuration: then plain counting will do.
    pub(super) are_plain: bool,
    /// Whether this server campaigns when it hears of no leader.
    pub(super) campaigns: bool,
    /// Whether a commit may change something: the membership in force is not committed, or joint.
    pub(super) unsettled: bool,
    /// Whether there is something to do about it at the end of the step.
    pub(super) due: bool,
    /// The change that this leader makes.
    open: Option<Open>,
}

/// A change under way. What comes next follows from the members.
#[derive(Clone, Copy, Debug)]
struct Open {
    change: Change,
    /// How the learner that is to vote catches up; none before it begins.
    rounds: Option<Rounds>,
    has_caught_up: bool,
}

/// The rounds in which a learner catches up (4.2.1).
#[derive(Clone, Copy, Debug)]
struct Rounds {
    number: u32,
    /// What the log had when this round began.
    goal: Index,
    begun: LocalTime,
}

/// What a change takes next, once all before it is committed.
enum Next {
    Append(Members),
    CatchUp(NodeId),
    Done,
    Impossible,
}

impl Memberships {
    /// What a disk holds, with the log after `base`.
    ///
    /// # Errors
    /// [`Unrecoverable`] if an entry that should name members does not.
    pub(super) fn recovered(
        genesis: Option<Members>,
        snapshot: Option<&Snapshot>,
        base: Index,
        entries: &[u8],
    ) -> Result<Self, Unrecoverable> {
        let initial = genesis.unwrap_or_default();
        let last = snapshot.map_or(Index::ZERO, |snapshot| snapshot.index);
        let of_snapshot = snapshot.and_then(|snapshot| snapshot.membership);
        let mut named = vec![of_snapshot.unwrap_or(Membership::initial(initial))];
        named_by(base.next(), entries, |index, data| {
            let unreadable = || Unrecoverable(format!("entry {index} should name members, and does not"));
            let members = Members::decode(data).ok_or_else(unreadable)?;
            if index > last {
                named.push(Membership { index, members });
            }
            Ok(())
        })?;
        let (are_plain, campaigns, unsettled, due) = (false, false, false, false);
        Ok(Self { initial, named, are_plain, campaigns, unsettled, due, open: None })
    }

    /// Whether this leader makes a change.
    #[inline]
    pub(super) fn are_changing(&self) -> bool {
        self.open.is_some()
    }

    /// The one in force.
    pub(super) fn latest(&self) -> Membership {
        *self.named.last().expect("there always is one")
    }

    /// The one in force as of an entry that is not before the snapshot's last.
    pub(super) fn as_of(&self, index: Index) -> Membership {
        let count = self.named.partition_point(|membership| membership.index <= index);
        self.named[count.saturating_sub(1)]
    }

    /// A snapshot stands for all up to this entry: what was named before its membership is no longer needed.
    pub(super) fn forget_before(&mut self, snapshot: Index) {
        let count = self.named.partition_point(|membership| membership.index <= snapshot);
        self.named.drain(..count.saturating_sub(1));
    }

    /// Whether a server campaigns: it has a say by the membership in force, or by one that may still be, since no later
    /// one is known to be committed (4.2.2).
    fn has_a_say(&self, own: NodeId, commit: Index) -> bool {
        let committed = self.named.partition_point(|membership| membership.index <= commit);
        self.named[committed.saturating_sub(1)..].iter().any(|membership| membership.members.votes(own))
    }

    /// Takes in what follows for a server that knows so much to be committed.
    pub(super) fn weigh(&mut self, own: NodeId, commit: Index) {
        let Membership { index, members } = self.latest();
        self.are_plain =
            members.outgoing.is_empty() && members.learners.is_empty() && members.voters_hold(own);
        self.campaigns = self.has_a_say(own, commit);
        self.unsettled = index > commit || members.is_joint();
    }
}

/// Calls `each` with the index and data of each entry that names members.
fn named_by<E>(
    first: Index,
    entries: &[u8],
    mut each: impl FnMut(Index, &[u8]) -> Result<(), E>,
) -> Result<(), E> {
    let mut index = first;
    for entry in Entries::new(entries) {
        if entry.kind == EntryKind::Membership {
            each(index, entry.data)?;
        }
        index = index.next();
    }
    Ok(())
}

impl Raft {
    /// The members in force.
    pub(super) fn members(&self) -> Members {
        self.memberships.latest().members
    }

    /// Tells of the membership in force, if it is not the initial one.
    pub(super) fn show_membership(&self, out: &mut Effects) {
        if self.memberships.latest().index > Index::ZERO {
            self.tell_membership(out);
        }
    }

    fn tell_membership(&self, out: &mut Effects) {
        let Membership { index, members } = self.memberships.latest();
        let members = out.write(|buffer| members.encode(buffer));
        out.push(Effect::Membership { index, members });
    }

    /// Entries from `first` on have joined the log: the last that names members puts them in force (4.1).
    #[cold]
    pub(super) fn adopt_from(&mut self, first: Index, out: &mut Effects) {
        let named = &mut self.memberships.named;
        let read = named_by(first, self.log.slice(first, self.log.last()), |index, data| {
            named.push(Membership { index, members: Members::decode(data).ok_or(())? });
            Ok::<(), ()>(())
        });
        assert!(read.is_ok(), "what comes from the network was looked at");
        self.adopt(out);
    }

    /// The entry at `from` and all after it are gone, and the members that they named with them (4.1).
    pub(super) fn roll_back_membership(&mut self, from: Index, out: &mut Effects) {
        if self.memberships.latest().index >= from {
            self.memberships.named.retain(|membership| membership.index < from);
            self.adopt(out);
        }
    }

    /// The log was replaced by a snapshot: the members are the snapshot's.
    pub(super) fn restore_membership(&mut self, membership: Option<Membership>, out: &mut Effects) {
        let membership = membership.unwrap_or(Membership::initial(self.memberships.initial));
        let is_news = membership != self.memberships.latest();
        self.memberships.named = vec![membership];
        if is_news {
            self.adopt(out);
        }
    }

    /// Other members are in force. Those who stay keep their progress.
    fn adopt(&mut self, out: &mut Effects) {
        let members = self.members();
        let before = std::mem::replace(&mut self.peers, Peers::new(members.all().iter(), self.id));
        if self.role == Role::Leader {
            let last = self.log.last();
            let mut known: Vec<_> = std::mem::take(&mut self.progress).into_iter().map(Some).collect();
            let mut of = |id| before.place(id).and_then(|place| known[place].take());
            self.progress =
                self.peers.ids().iter().map(|id| of(*id).unwrap_or_else(|| Progress::new(last))).collect();
            self.end_lease();
            self.redirect_transfer(&before, out);
        }
        self.memberships.weigh(self.id, self.commit);
        self.memberships.due = true;
        self.tell_membership(out);
        if self.role == Role::Leader {
            self.count_anew();
        }
    }

    // ---- counting ----

    /// Begins the plain count of who has which entries, if plain counting will do.
    pub(super) fn count_anew(&mut self) {
        if self.memberships.are_plain {
            self.tally.reset(self.progress.len() + 1, self.commit);
            for progress in &self.progress {
                self.tally.advance(Index::ZERO, progress.matched());
            }
            self.tally.advance(Index::ZERO, self.counted);
        }
    }

    /// What the quorums have reached, where some members have no say or two majorities are needed.
    #[cold]
    pub(super) fn reached_by_quorums(&mut self) -> Index {
        self.memberships.due |= self.memberships.open.is_some();
        let members = self.members();
        let by_voters = self.reached_by(members.voters);
        if members.is_joint() { by_voters.min(self.reached_by(members.outgoing)) } else { by_voters }
    }

    fn reached_by(&mut self, voters: NodeSet) -> Index {
        let Self { peers, progress, reached, .. } = self;
        let peers = peers.ids().iter().zip(progress).filter(|(id, _)| voters.contains(**id));
        reached.clear();
        reached.extend(peers.map(|(_, progress)| progress.matched()));
        if voters.contains(self.id) {
            reached.push(self.counted);
        }
        quorum::reached_by_majority(reached).unwrap_or(Index::ZERO)
    }

    // ---- changes ----

    /// An operator wants other members. One change at a time (4.1).
    pub(super) fn begin_change(&mut self, now: LocalTime, change: Change, out: &mut Effects) {
        if let Err(why) = self.may_change(now, change) {
            return out.push(Effect::Change { change, step: ChangeStep::Refused(why) });
        }
        self.memberships.open = Some(Open { change, rounds: None, has_caught_up: false });
        self.memberships.due = true;
        out.push(Effect::Change { change, step: ChangeStep::Begun });
    }

    fn may_change(&self, now: LocalTime, change: Change) -> Result<(), NoChange> {
        let Membership { index, members } = self.memberships.latest();
        if self.role != Role::Leader {
            return Err(NoChange::NotLeader);
        }
        if self.transfer.is_some() {
            return Err(NoChange::HandingOver);
        }
        if self.memberships.open.is_some() || index > self.commit || members.is_joint() {
            return Err(NoChange::AnotherOpen);
        }
        if !self.has_committed_own() {
            return Err(NoChange::NoOwnCommit);
        }
        let after = after(members, change)?;
        self.leaves_quorum(now, change, after)
    }

    /// Whether an entry of this leader's term is committed, so that it knows the latest membership (4.1).
    fn has_committed_own(&self) -> bool {
        self.log.term_at(self.commit) == Some(self.term) || self.changes_before_own_commit()
    }

    /// Of the voters after the change enough for a quorum have answered of late, or the cluster would stop. Who is new
    /// has to catch up anyway.
    fn leaves_quorum(&self, now: LocalTime, change: Change, after: Members) -> Result<(), NoChange> {
        let least = self.options.election_timeout.0;
        let elected = self.contact.since();
        let heard = |place: usize| now < self.progress[place].last_heard().unwrap_or(elected) + least;
        let peers = self.peers.ids().iter().enumerate();
        let mut live: NodeSet = peers.filter(|(place, _)| heard(*place)).map(|(_, id)| *id).collect();
        live.insert(self.id);
        if let Change::Promote(new) | Change::Replace { new, .. } = change {
            live.insert(new);
        }
        if after.is_quorum(live) { Ok(()) } else { Err(NoChange::NoQuorum) }
    }

    /// Sees to what has become of the membership, at the end of a step.
    #[cold]
    pub(super) fn attend_membership(&mut self, now: LocalTime, out: &mut Effects) {
        self.memberships.due = false;
        self.memberships.weigh(self.id, self.commit);
        if self.role != Role::Leader {
            if let Some(Open { change, .. }) = self.memberships.open.take() {
                out.push(Effect::Change { change, step: ChangeStep::Aborted(Abort::Deposed) });
            }
            return;
        }
        // Fewer voters, fewer to wait for.
        let reached = self.reached_by_quorums();
        self.commit_own_term(reached, out);
        self.proceed(now, out);
        self.memberships.due = false;
        self.memberships.weigh(self.id, self.commit);
    }

    /// Does what comes next for the open change, if all before it is committed.
    fn proceed(&mut self, now: LocalTime, out: &mut Effects) {
        let Membership { index, members } = self.memberships.latest();
        if index > self.commit {
            return;
        }
        if members.is_joint() {
            // Both majorities have it: the new one alone will do from here on (4.3).
            if self.log.term_at(self.commit) == Some(self.term) {
                self.append_members(Members { outgoing: NodeSet::EMPTY, ..members }, out);
            }
            return;
        }
        if let Some(open) = self.memberships.open {
            self.proceed_with(now, open, members, out);
        }
        let Membership { index, members } = self.memberships.latest();
        if index <= self.commit && !members.voters_hold(self.id) && self.role == Role::Leader {
            // It has removed itself, and that is committed: others can elect a leader without it now (4.2.2).
            self.announce_commit(out);
            self.step_down(now);
            self.memberships.weigh(self.id, self.commit);
        }
    }

    fn proceed_with(&mut self, now: LocalTime, open: Open, members: Members, out: &mut Effects) {
        let Open { change, .. } = open;
        match next(open, members, self.options.changes, self.skips_joint()) {
            Next::Append(members) => self.append_members(members, out),
            Next::Done => self.end_change(change, ChangeStep::Done, out),
            Next::Impossible => {
                self.end_change(change, ChangeStep::Aborted(Abort::Overtaken), out);
            }
            Next::CatchUp(node) => match self.catch_up(now, node, open.rounds) {
                Ok((rounds, false)) => {
                    self.memberships.open = Some(Open { rounds: Some(rounds), ..open });
                }
                Ok((rounds, true)) => {
                    let step = ChangeStep::CaughtUp { rounds: rounds.number };
                    out.push(Effect::Change { change, step });
                    let open = Open { has_caught_up: true, ..open };
                    self.memberships.open = Some(open);
                    self.proceed_with(now, open, members, out);
                }
                Err(why) => self.end_change(change, ChangeStep::Aborted(why), out),
            },
        }
    }

    fn end_change(&mut self, change: Change, step: ChangeStep, out: &mut Effects) {
        self.memberships.open = None;
        out.push(Effect::Change { change, step });
    }

    /// In which round a learner is, and whether it has caught up (4.2.1).
    fn catch_up(
        &self,
        now: LocalTime,
        node: NodeId,
        rounds: Option<Rounds>,
    ) -> Result<(Rounds, bool), Abort> {
        let place = self.peers.place(node).ok_or(Abort::Overtaken)?;
        let progress = &self.progress[place];
        let least = self.options.election_timeout.0;
        let begins = |number| Rounds { number, goal: self.log.last(), begun: now };
        let mut rounds = rounds.unwrap_or(begins(1));
        while progress.matched() >= rounds.goal {
            if now < rounds.begun + least {
                return Ok((rounds, true));
            }
            if rounds.number == ROUNDS {
                return Err(Abort::TooSlow);
            }
            rounds = begins(rounds.number + 1);
        }
        let heard = progress.last_heard().unwrap_or(rounds.begun).max(rounds.begun);
        if now >= heard + least.saturating_mul(SILENCE) { Err(Abort::Silent) } else { Ok((rounds, false)) }
    }

    /// The leader appends an entry that names members. They are in force at once (4.1), and who is new hears of it.
    fn append_members(&mut self, members: Members, out: &mut Effects) {
        let mut data = Vec::new();
        members.encode(&mut data);
        let index = self.append(&Entry { term: self.term, kind: EntryKind::Membership, data: &data }, out);
        let known = self.peers.ids().to_vec();
        self.memberships.named.push(Membership { index, members });
        self.adopt(out);
        self.broadcast(Broadcast::News, out);
        for place in 0..self.progress.len() {
            if !known.contains(&self.peers.ids()[place]) {
                self.send_next(place, out);
            }
        }
    }
}

/// The members once a change is through, if it makes sense.
fn after(members: Members, change: Change) -> Result<Members, NoChange> {
    let exists = |node: NodeId| if (1..=255).contains(&node.0) { Ok(()) } else { Err(NoChange::Unknown) };
    let mut after = members;
    match change {
        Change::AddLearner(node) => {
            exists(node)?;
            if members.contains(node) {
                return Err(NoChange::IsMember);
            }
            after.learners.insert(node);
        }
        Change::Promote(node) => {
            if members.votes(node) {
                return Err(NoChange::NoLearner);
            }
            if !members.learns(node) {
                return Err(NoChange::NoMember);
            }
            after = with_voter(members, node);
        }
        Change::Remove(node) => {
            if !members.contains(node) {
                return Err(NoChange::NoMember);
            }
            after = without(members, node);
            if after.voters.is_empty() {
                return Err(NoChange::NobodyLeft);
            }
        }
        Change::Replace { old, new } => {
            exists(new)?;
            if !members.votes(old) {
                return Err(NoChange::NoVoter);
            }
            if members.votes(new) {
                return Err(NoChange::IsMember);
            }
            after = without(with_voter(members, new), old);
        }
    }
    Ok(after)
}

/// What comes next for a change when these members are committed.
fn next(open: Open, members: Members, changes: Changes, skips_joint: bool) -> Next {
    let catch_up = |node, then| if open.has_caught_up { Next::Append(then) } else { Next::CatchUp(node) };
    match open.change {
        Change::AddLearner(node) if members.contains(node) => Next::Done,
        Change::AddLearner(node) => Next::Append(with_learner(members, node)),
        Change::Promote(node) if members.votes(node) => Next::Done,
        Change::Promote(node) if members.learns(node) => catch_up(node, with_voter(members, node)),
        Change::Promote(_) => Next::Impossible,
        Change::Remove(node) if members.contains(node) => Next::Append(without(members, node)),
        Change::Remove(_) => Next::Done,
        Change::Replace { old, new } => match (members.votes(old), members.votes(new)) {
            (false, true) => Next::Done,
            (false, false) => Next::Impossible,
            (true, true) => Next::Append(without(members, old)),
            (true, false) if !members.learns(new) => Next::Append(with_learner(members, new)),
            (true, false) if changes == Changes::Single && !skips_joint => {
                catch_up(new, with_voter(members, new))
            }
            (true, false) => {
                let after = without(with_voter(members, new), old);
                let outgoing = if skips_joint { NodeSet::EMPTY } else { members.voters };
                catch_up(new, Members { outgoing, ..after })
            }
        },
    }
}

fn with_learner(mut members: Members, node: NodeId) -> Members {
    members.learners.insert(node);
    members
}

fn with_voter(mut members: Members, node: NodeId) -> Members {
    members.learners.remove(node);
    members.voters.insert(node);
    members
}

fn without(mut members: Members, node: NodeId) -> Members {
    members.learners.remove(node);
    members.voters.remove(node);
    members
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{Term, WriteId};
    use crate::raft::message::{AppendEntriesReply, Message, Outcome};
    use crate::replica::{Boot, Input, Options, Recovered, Replica};
    use crate::rng::Stream;
    use crate::time::Duration;
    use proptest::prelude::*;

    /// Leads alone, with n2 as a learner.
    struct Leader {
        raft: Raft,
        now: LocalTime,
        out: Effects,
        written: u64,
    }

    impl Leader {
        fn new() -> Self {
            let members =
                Members { learners: [NodeId(2)].into_iter().collect(), ..Members::of_voters([NodeId(1)]) };
            let recovered = Recovered { genesis: Some(members), ..Recovered::default() };
            let options = Options::plain();
            let stream = Stream::new(1, "raft", 1, 1);
            let (id, now) = (NodeId(1), LocalTime::ZERO);
            let boot = Boot {
                id,
                options: &options,
                recovered: &recovered,
                stream,
                now,
                is_first: false,
                priority: 0,
            };
            let mut out = Effects::default();
            let raft = Raft::boot(boot, &mut out).expect("nothing is wrong with an empty disk");
            let mut leader = Self { raft, now, out, written: 0 };
            leader.now = leader.out.deadline.expect("it waits");
            leader.step(Input::Wake);
            assert_eq!(leader.raft.role, Role::Leader);
            leader
        }

        /// Steps it, and makes all writes durable.
        fn step(&mut self, input: Input<'_>) {
            self.raft.step(self.now, input, &mut self.out);
            loop {
                let writes =
                    |effect: &&Effect| matches!(effect, Effect::Persist { id, .. } if id.0 > self.written);
                let new = self.out.list().iter().filter(writes).count() as u64;
                if new == 0 {
                    return;
                }
                self.written += new;
                self.raft.step(self.now, Input::Persisted(WriteId(self.written)), &mut self.out);
            }
        }

        /// After 160ms the learner has what there was, and another entry comes.
        fn slow_round(&mut self) {
            self.out.clear();
            let matched = self.raft.log.last();
            self.now += Duration::from_millis(160);
            self.step(Input::Propose { request: crate::ids::RequestId(1), command: b"x" });
            let outcome = Outcome::Accepted { matched };
            let reply = Message::AppendEntriesReply(AppendEntriesReply { term: Term(1), outcome });
            let mut payload = Vec::new();
            reply.encode(&mut payload);
            self.step(Input::Receive { from: NodeId(2), kind: reply.kind(), payload: &payload });
        }

        fn steps(&self) -> Vec<ChangeStep> {
            let step = |effect: &Effect| match effect {
                Effect::Change { step, .. } => Some(*step),
                _ => None,
            };
            self.out.list().iter().filter_map(step).collect()
        }
    }

    #[test]
    fn a_learner_has_ten_rounds_to_catch_up() {
        let mut leader = Leader::new();
        leader.step(Input::ChangeMembership(Change::Promote(NodeId(2))));
        for round in 1..ROUNDS {
            leader.slow_round();
            let open = leader.raft.memberships.open.expect("it goes on");
            assert_eq!(open.rounds.map(|rounds| rounds.number), Some(round + 1));
        }
        leader.slow_round();
        assert_eq!(leader.steps(), [ChangeStep::Aborted(Abort::TooSlow)]);
        assert!(leader.raft.members().learns(NodeId(2)), "it stays a learner");
    }

    fn members(voters: u8) -> Members {
        let voters = (0..6).filter(|bit| voters >> bit & 1 == 1).map(|bit| NodeId(bit + 1));
        Members::of_voters(voters)
    }

    fn set(bits: u8) -> NodeSet {
        (0..6).filter(|bit| bits >> bit & 1 == 1).map(|bit| NodeId(bit + 1)).collect()
    }

    fn change() -> impl Strategy<Value = Change> {
        let node = || (1_u32..=6).prop_map(NodeId);
        prop_oneof![
            node().prop_map(Change::AddLearner),
            node().prop_map(Change::Promote),
            node().prop_map(Change::Remove),
            (node(), node()).prop_map(|(old, new)| Change::Replace { old, new }),
        ]
    }

    /// The members that follow one another when a change is made, the first included.
    fn course(first: Members, change: Change, changes: Changes, skips_joint: bool) -> Vec<Members> {
        let mut course = vec![first];
        let mut members = first;
        let open = Open { change, rounds: None, has_caught_up: true };
        loop {
            assert!(course.len() < 6, "a change comes to an end: {course:?}");
            let then = if members.is_joint() {
                Members { outgoing: NodeSet::EMPTY, ..members }
            } else {
                match next(open, members, changes, skips_joint) {
                    Next::Append(members) => members,
                    Next::CatchUp(_) => unreachable!("it has"),
                    Next::Done => return course,
                    Next::Impossible => panic!("{change:?} of {first:?}"),
                }
            };
            course.push(then);
            members = then;
        }
    }

    fn overlap(course: &[Members]) -> bool {
        let quorum_and_rest = |before: &Members, after: &Members| {
            (0..64).all(|bits| {
                let rest = set(!bits);
                !(before.is_quorum(set(bits)) && after.is_quorum(rest))
            })
        };
        course.windows(2).all(|pair| quorum_and_rest(&pair[0], &pair[1]))
    }

    proptest! {
        /// Any two quorums of members that follow one another have a node in common, whatever the changes (4.1, 4.3).
        #[test]
        fn quorums_of_successive_members_overlap(
            voters in 1_u8..64, wanted in proptest::collection::vec((change(), any::<bool>()), 1..8),
        ) {
            let mut members = members(voters);
            for (change, single) in wanted {
                let changes = if single { Changes::Single } else { Changes::Joint };
                let Ok(planned) = after(members, change) else { continue };
                let course = course(members, change, changes, false);
                prop_assert!(overlap(&course), "{:?}", course);
                members = course[course.len() - 1];
                prop_assert_eq!(members, planned);
            }
        }
    }

    #[test]
    fn without_a_joint_configuration_they_need_not() {
        let change = Change::Replace { old: NodeId(3), new: NodeId(4) };
        assert!(overlap(&course(members(0b111), change, Changes::Joint, false)));
        assert!(!overlap(&course(members(0b111), change, Changes::Joint, true)));
    }
}
