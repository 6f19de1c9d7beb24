//! For every property a script that violates it, and scripts that come close and must not be accused.

use super::Property::*;
use super::script::Script;
use super::{Checkers, Verdict};
use crate::ids::{Address, CallId, ClientId, Index, NodeId, NodeSet, Term};
use crate::trace::{Body, Denial, FIRST_CLIENT_KIND, MembersPart, Rejection};

/// Three nodes; n1 leads term 1 with one entry, committed everywhere.
fn settled() -> Script {
    let mut s = Script::of(3);
    s.ms(10).wakes(1).writes(1, 1, Some(1)).flushes(1).campaigns(1, 1).sends(1, 2, 1).sends(1, 3, 1);
    for node in [2, 3] {
        s.ms(11).receives(node, 1).writes(node, 1, Some(1)).follows(node, 1, None);
        s.ms(12).flushes(node).grants(node, 1, 1);
    }
    s.ms(13).receives(1, 2).appends(1, 1, "a").leads(1, 1).flushes(1);
    s.ms(14).wakes(2).stores(2, 1, "a").follows(2, 1, Some(1)).sends(2, 1, 1);
    s.ms(14).wakes(3).stores(3, 1, "a").follows(3, 1, Some(1)).sends(3, 1, 1);
    s.ms(15).receives(1, 2).commits(1, 1).applies(1, 1).acknowledges(1, 1, 1);
    s.ms(16).wakes(2).commits(2, 1).applies(2, 1).wakes(3).commits(3, 1).applies(3, 1);
    s
}

/// A node becomes leader of a term with everything in order: votes durable, granted by another.
fn elect(s: &mut Script, node: u32, voter: u32, term: u64) {
    s.wakes(node).writes(node, term, Some(node)).flushes(node).campaigns(node, term);
    s.wakes(voter).writes(voter, term, Some(node)).follows(voter, term, None).flushes(voter);
    s.grants(voter, node, term).receives(node, voter).leads(node, term);
}

#[test]
fn a_settled_cluster_is_innocent() {
    for property in super::Property::ALL {
        match property {
            // No second election, no entry of a leader but its first, no restart, no client yet, and no stranger.
            LeaderCompleteness | LeaderAppendOnly | Recovery | ExactlyOnce | Linearizability | Access => {
                assert_eq!(settled().verdict(property), Verdict::Vacuous)
            }
            _ => settled().is_innocent(property),
        }
    }
    assert_eq!(settled().play(Checkers::new(3)).committed(), 1);
}

/// A frame of this kind arrives at n1, and then, if something comes of it first, that.
fn arrives(s: &mut Script, from: Address, kind: u8, then: Option<Body>) {
    s.ms(19).wakes(3).sends(3, 2, 1);
    s.ms(20).event(NodeId(1), Body::Delivered { from, kind, call: CallId(1), bytes: 40, hash: 1 });
    if let Some(body) = then {
        s.record(NodeId(1), body);
    }
    s.ms(21).receives(2, 3);
}

#[test]
fn who_may_not_ask_is_denied_or_the_host_is_accused() {
    let (node, client) = (Address::from(NodeId(2)), Address::from(ClientId(1)));
    let stranger = Address::from(NodeId(4));
    for (from, kind) in [
        (client, 3),
        (client, FIRST_CLIENT_KIND - 1),
        (node, FIRST_CLIENT_KIND),
        (stranger, 3),
        (Address::WORLD, 3),
        (Address::WORLD, FIRST_CLIENT_KIND),
    ] {
        let after = |then: Option<Body>| {
            let mut s = settled();
            arrives(&mut s, from, kind, then);
            s
        };
        after(None).is_guilty_of(&[Access]);
        after(Some(Body::Woke)).is_guilty_of(&[Access]);
        after(Some(Body::Denied { from, function: None, why: Denial::Function })).is_innocent(Access);
        after(Some(Body::Rejected { from, why: Rejection::Checksum })).is_innocent(Access);
    }
    for (from, kind) in [(node, 3), (client, FIRST_CLIENT_KIND)] {
        let mut s = settled();
        arrives(&mut s, from, kind, None);
        assert_eq!(s.verdict(Access), Verdict::Vacuous, "everybody asks what is for it to ask");
    }
}

#[test]
fn a_frame_handed_on_at_the_very_end_is_seen() {
    let mut s = settled();
    let from = Address::from(ClientId(1));
    s.ms(20).event(NodeId(1), Body::Delivered { from, kind: 3, call: CallId(1), bytes: 40, hash: 1 });
    s.is_guilty_of(&[Access]);
}

#[test]
fn nothing_examined_is_vacuous_not_held() {
    for check in Script::of(3).verdicts() {
        assert_eq!(check.verdict, Verdict::Vacuous, "{}", check.name);
        assert_eq!(check.examined(), 0);
    }
}

#[test]
fn the_first_violation_is_kept_in_full_and_the_others_are_counted() {
    let mut s = Script::of(3);
    s.ms(5).wakes(1).leads(1, 4).wakes(2).leads(2, 4);
    let record = s.records().last().map(|record| record.id);
    s.ms(6).wakes(3).leads(3, 4);
    let Verdict::Violated(violation) = s.verdict(ElectionSafety) else { panic!("two leaders") };
    assert_eq!((violation.count, violation.examined), (2, 3));
    assert_eq!(Some(violation.record), record);
    assert_eq!(violation.time.to_string(), "5ms");
    assert_eq!(violation.message, "n2 became leader of term 4, which had n1 as leader already");
    assert_eq!(s.play(Checkers::new(3)).violations(), 2);
}

#[test]
fn records_of_strangers_and_clients_are_no_concern() {
    let mut s = settled();
    s.record(NodeId(9), Body::Crashed).invokes(1, 1).done(1, 1);
    s.is_innocent(CommittedChain);
}

mod election_safety {
    use super::*;

    #[test]
    fn two_leaders_of_one_term_at_different_times() {
        let mut s = Script::of(3);
        s.wakes(1).leads(1, 2).crashes(1);
        s.ms(500).wakes(2).leads(2, 2);
        s.is_guilty_of(&[ElectionSafety]);
    }

    #[test]
    fn a_deposed_leader_that_does_not_know_yet_is_innocent() {
        let mut s = settled();
        elect(&mut s, 2, 3, 2);
        s.wakes(1).sends(1, 2, 1);
        s.is_innocent(ElectionSafety);
    }

    #[test]
    fn a_leader_that_says_so_again_is_one_leader() {
        let mut s = settled();
        s.leads(1, 1).leads(1, 1);
        s.is_innocent(ElectionSafety);
    }
}

mod one_vote {
    use super::*;

    #[test]
    fn votes_for_two_candidates() {
        let mut s = Script::of(3);
        s.wakes(1).grants(1, 2, 5).wakes(1).grants(1, 3, 5);
        let message = s.is_guilty_of(&[OneVote]);
        assert_eq!(message, "n1 voted for n3 in term 5, in which it had voted for n2");
    }

    #[test]
    fn a_vote_for_another_after_a_durable_vote_for_oneself() {
        let mut s = Script::of(3);
        s.wakes(1).writes(1, 5, Some(1)).flushes(1).grants(1, 3, 5);
        s.is_guilty_of(&[OneVote]);
    }

    #[test]
    fn a_vote_forgotten_at_a_crash_and_given_again() {
        let mut s = Script::of(3);
        s.wakes(1).writes(1, 5, Some(2)).grants(1, 2, 5).crashes(1).restarts(1);
        s.wakes(1).writes(1, 5, Some(3)).flushes(1).grants(1, 3, 5);
        s.is_guilty_of(&[OneVote, TermAndVote]);
    }

    #[test]
    fn a_blank_node_must_not_vote_again() {
        let mut s = settled();
        s.crashes(2).wipes(2).restarts(2).wakes(2).grants(2, 3, 1);
        s.is_guilty_of(&[OneVote]);
    }

    #[test]
    fn the_same_vote_sent_again_is_one_vote() {
        let mut s = settled();
        s.wakes(2).grants(2, 1, 1).crashes(2).restarts(2).wakes(2).grants(2, 1, 1);
        s.is_innocent(OneVote);
    }

    #[test]
    fn a_vote_that_a_crash_took_before_it_counted_was_none() {
        let mut s = Script::of(3);
        // For another, not released; and for itself, not flushed.
        s.wakes(1).writes(1, 5, Some(2)).crashes(1).restarts(1);
        s.wakes(1).writes(1, 5, Some(3)).flushes(1).grants(1, 3, 5);
        s.wakes(2).writes(2, 5, Some(2)).crashes(2).restarts(2);
        s.wakes(2).writes(2, 5, Some(3)).flushes(2).grants(2, 3, 5);
        s.is_innocent(OneVote);
    }
}

mod leader_append_only {
    use super::*;

    #[test]
    fn a_leader_that_deletes_its_own_entry() {
        let mut s = settled();
        s.wakes(1).appends(1, 1, "b").wakes(1).truncates(1, 2).sends(1, 2, 1).wakes(1);
        let message = s.is_guilty_of(&[LeaderAppendOnly]);
        assert_eq!(message, "n1, leader of term 1, overwrote or deleted its log from entry 2 on");
    }

    #[test]
    fn a_leader_that_steps_down_in_the_same_step_may_truncate() {
        let mut s = settled();
        s.wakes(1).appends(1, 1, "b");
        s.wakes(1).truncates(1, 2).writes(1, 3, None).appends(1, 3, "c").sends(1, 2, 3);
        s.record(NodeId(1), Body::Duplicated { to: NodeId(2).into(), kind: 1 });
        s.follows(1, 3, Some(2)).wakes(1);
        s.is_innocent(LeaderAppendOnly);
    }

    #[test]
    fn a_leader_may_come_back_without_what_it_had_not_flushed() {
        let mut s = settled();
        s.wakes(1).appends(1, 1, "b").crashes(1).restarts(1).stores(1, 2, "c").follows(1, 2, Some(2));
        s.is_innocent(LeaderAppendOnly);
    }
}

mod log_matching {
    use super::*;

    #[test]
    fn two_entries_of_one_index_and_term() {
        let mut s = Script::of(3);
        s.wakes(1).appends(1, 1, "a").wakes(2).appends(2, 1, "b");
        s.is_guilty_of(&[LogMatching]);
    }

    #[test]
    fn the_same_entry_after_different_ones() {
        let mut s = Script::of(3);
        s.wakes(1).appends(1, 1, "a").appends(1, 3, "c").wakes(2).appends(2, 2, "b").appends(2, 3, "c");
        s.is_guilty_of(&[LogMatching]);
    }

    #[test]
    fn an_unflushed_end_lost_and_overwritten_in_another_term() {
        let mut s = settled();
        s.wakes(2).appends(2, 1, "b c").crashes(2).restarts(2).wakes(2).stores(2, 2, "x y");
        s.wakes(3).stores(3, 2, "x y").truncates(3, 2).stores(3, 3, "z");
        s.is_innocent(LogMatching);
    }
}

mod committed_chain {
    use super::*;

    #[test]
    fn different_entries_committed_at_one_index() {
        let mut s = Script::of(3);
        for node in [1, 3] {
            s.wakes(node).stores(node, 1, "a");
        }
        s.wakes(2).stores(2, 2, "b").wakes(1).commits(1, 1).wakes(2).commits(2, 1);
        s.is_guilty_of(&[CommittedChain]);
    }

    #[test]
    fn an_entry_applied_that_is_another_than_the_committed_one() {
        let mut s = settled();
        s.crashes(2).restarts(2).record(NodeId(2), Body::Applied { index: Index(1), term: Term(1), hash: 5 });
        s.is_guilty_of(&[CommittedChain, AcknowledgedWrites]);
    }

    #[test]
    fn an_entry_applied_that_nobody_committed() {
        let mut s = Script::of(3);
        s.wakes(1).stores(1, 1, "a").applies(1, 1);
        s.is_guilty_of(&[CommittedChain]);
    }

    #[test]
    fn an_entry_committed_that_the_node_does_not_have() {
        let mut s = settled();
        s.wakes(2).record(NodeId(2), Body::Committed { index: Index(2), term: Term(0), hash: 0 });
        let message = s.is_guilty_of(&[CommittedChain]);
        assert_eq!(message, "n2 takes entry 2 as committed, but has no such entry");
    }
}

mod commit_order {
    use super::*;

    #[test]
    fn a_commit_index_that_goes_back() {
        let mut s = settled();
        for node in [1, 2] {
            s.wakes(node).stores(node, 1, "b");
        }
        s.wakes(1).commits(1, 2);
        let first = s.records().iter().find(|r| matches!(r.body, Body::Committed { .. })).expect("one").body;
        s.wakes(1).record(NodeId(1), first);
        let message = s.is_guilty_of(&[CommitOrder]);
        assert_eq!(message, "the commit index of n1 went back from 2 to 1");
    }

    #[test]
    fn an_entry_applied_twice() {
        let mut s = settled();
        let applied = s.records().iter().find(|r| matches!(r.body, Body::Applied { .. })).expect("one").body;
        s.wakes(1).record(NodeId(1), applied);
        s.is_guilty_of(&[CommitOrder]);
    }

    #[test]
    fn both_start_again_after_a_restart() {
        let mut s = settled();
        s.crashes(2).restarts(2).wakes(2).commits(2, 1).applies(2, 1);
        s.is_innocent(CommitOrder);
    }
}

mod leader_completeness {
    use super::*;

    #[test]
    fn a_leader_without_a_committed_entry() {
        let mut s = settled();
        for node in [1, 2] {
            s.wakes(node).stores(node, 1, "b");
        }
        s.wakes(1).commits(1, 2);
        elect(&mut s, 3, 2, 2);
        let message = s.is_guilty_of(&[LeaderCompleteness]);
        assert_eq!(
            message,
            "n3 became leader of term 2 without entry 2 of term 1, committed in an earlier term; its log is too short"
        );
    }

    #[test]
    fn an_entry_committed_in_an_old_term_that_a_later_leader_lacks() {
        let mut s = settled();
        for node in [1, 2] {
            s.wakes(node).stores(node, 1, "b");
        }
        elect(&mut s, 3, 2, 2);
        s.wakes(1).commits(1, 2);
        s.is_guilty_of(&[LeaderCompleteness]);
    }

    #[test]
    fn a_deposed_leader_that_commits_late_what_its_successor_has() {
        let mut s = settled();
        for node in [1, 2] {
            s.wakes(node).stores(node, 1, "b");
        }
        elect(&mut s, 2, 3, 2);
        s.wakes(2).appends(2, 2, "c").wakes(1).commits(1, 2);
        s.is_innocent(LeaderCompleteness);
    }

    #[test]
    fn a_deposed_leader_in_its_role_is_not_asked_for_later_commits() {
        let mut s = settled();
        elect(&mut s, 2, 3, 2);
        for node in [2, 3] {
            s.wakes(node).stores(node, 2, "b");
        }
        s.wakes(2).commits(2, 2).wakes(1).leads(1, 1);
        s.is_innocent(LeaderCompleteness);
    }

    #[test]
    fn an_entry_of_an_earlier_term_committed_by_counting() {
        // Figure 8 without the restriction of section 5.4.2: in term 3 entry 2 of term 1 reaches a majority and is
        // taken as committed; n3, whose log ends in term 2, is elected in term 4 nevertheless.
        let mut s = settled();
        s.wakes(1).stores(1, 1, "b").crashes(1);
        elect(&mut s, 3, 2, 2);
        s.wakes(3).stores(3, 2, "x").crashes(3).restarts(1);
        elect(&mut s, 1, 2, 3);
        s.wakes(2).stores(2, 1, "b").wakes(1).commits(1, 2).crashes(1).restarts(3);
        elect(&mut s, 3, 2, 4);
        let message = s.is_guilty_of(&[LeaderCompleteness]);
        assert_eq!(
            message,
            "n3 became leader of term 4 without entry 2 of term 1, committed in an earlier term; it had one of term \
             2 there"
        );
    }

    #[test]
    fn a_leader_of_an_earlier_term_may_lack_what_a_later_one_commits() {
        // Figure 8, with the restriction of section 5.4.2: entry 2 of term 1 reaches a majority only in term 3, which
        // commits it with an entry of its own. The leader of term 2 never had it, and need not.
        let mut s = settled();
        s.wakes(1).stores(1, 1, "b").crashes(1);
        elect(&mut s, 3, 2, 2);
        s.wakes(3).stores(3, 2, "x").crashes(3);
        s.restarts(1);
        elect(&mut s, 1, 2, 3);
        s.wakes(1).stores(1, 3, "c").wakes(2).stores(2, 1, "b").stores(2, 3, "c");
        s.wakes(1).commits(1, 3);
        s.is_innocent(LeaderCompleteness);
    }
}

mod term_and_vote {
    use super::*;

    #[test]
    fn a_term_that_was_sent_and_forgotten() {
        let mut s = Script::of(3);
        s.wakes(1).writes(1, 3, None).sends(1, 2, 3).crashes(1).restarts(1);
        let message = s.is_guilty_of(&[TermAndVote]);
        assert_eq!(message, "n1 restarted in term 0, but had sent frames in term 3");
    }

    #[test]
    fn a_vote_that_was_sent_and_forgotten() {
        let mut s = Script::of(3);
        s.wakes(1).writes(1, 3, None).flushes(1).writes(1, 3, Some(2)).grants(1, 2, 3);
        s.crashes(1).restarts(1);
        let message = s.is_guilty_of(&[TermAndVote]);
        assert_eq!(message, "n1 restarted with no vote in term 3, in which it had voted for n2");
    }

    #[test]
    fn a_term_that_goes_back_without_a_restart() {
        let mut s = Script::of(3);
        s.wakes(1).follows(1, 4, None).wakes(1).follows(1, 3, None);
        s.is_guilty_of(&[TermAndVote]);
    }

    #[test]
    fn a_term_and_a_vote_lost_before_they_were_sent() {
        let mut s = settled();
        s.wakes(1).writes(1, 7, Some(1)).campaigns(1, 7).crashes(1).restarts(1);
        s.wakes(2).writes(2, 7, Some(1)).follows(2, 7, None).crashes(2).restarts(2);
        s.is_innocent(TermAndVote);
    }

    #[test]
    fn a_later_term_has_no_need_of_the_vote() {
        let mut s = settled();
        s.wakes(2).writes(2, 2, None).follows(2, 2, None).flushes(2).crashes(2).restarts(2);
        s.is_innocent(TermAndVote);
    }

    #[test]
    fn a_blank_disk_owes_nothing() {
        let mut s = settled();
        s.crashes(2).wipes(2).restarts(2).crashes(2).restarts(2);
        s.is_innocent(TermAndVote);
    }
}

mod recovery {
    use super::*;

    #[test]
    fn a_flushed_entry_that_is_gone() {
        let mut s = settled();
        s.crashes(3).finds(3, (1, Some(1)), 0).restarts(3);
        s.is_guilty_of(&[Recovery]);
    }

    #[test]
    fn a_flushed_term_that_is_gone() {
        let mut s = settled();
        s.wakes(3).writes(3, 2, None).follows(3, 2, None).flushes(3).crashes(3);
        s.finds(3, (1, Some(1)), 1).restarts(3);
        s.is_guilty_of(&[Recovery]);
    }

    #[test]
    fn an_entry_that_never_was() {
        let mut s = settled();
        let (epoch, term, hash) = (crate::ids::Epoch(2), Term(1), 9);
        let vote = Some(NodeId(1));
        s.crashes(3);
        s.event(NodeId(3), Body::Booted { epoch, blank: false, term, vote, last: Index(2), hash });
        s.is_guilty_of(&[Recovery]);
    }

    #[test]
    fn some_of_the_writes_on_their_way_may_have_arrived() {
        for (entries, term) in [(1, 1), (2, 1), (3, 1), (4, 1), (4, 2)] {
            let mut s = settled();
            s.wakes(3).appends(3, 1, "b c").appends(3, 1, "d").writes(3, 2, None);
            s.event(NodeId(3), Body::Crashed);
            let vote = if term == 1 { Some(1) } else { None };
            s.finds(3, (term, vote), entries).restarts(3);
            s.is_innocent(Recovery);
        }
    }

    #[test]
    fn a_truncation_that_did_not_arrive_is_no_loss() {
        let mut s = settled();
        s.wakes(3).stores(3, 1, "b c").truncates(3, 2).appends(3, 2, "x y").crashes(3).restarts(3);
        s.is_innocent(Recovery);
        s.wakes(3).truncates(3, 2).appends(3, 2, "x y").flushes(3).crashes(3).restarts(3);
        s.is_innocent(Recovery);
    }
}

mod durable_commit {
    use super::*;

    #[test]
    fn an_entry_committed_before_a_quorum_has_flushed_it() {
        let mut s = settled();
        s.wakes(1).stores(1, 1, "b").wakes(2).appends(2, 1, "b").wakes(1).commits(1, 2);
        let message = s.is_guilty_of(&[DurableCommit]);
        assert_eq!(message, "entry 2 of term 1 was committed while durable on n1: a quorum is 2");
    }

    #[test]
    fn another_entry_at_the_same_index_does_not_count() {
        let mut s = settled();
        s.wakes(3).stores(3, 2, "x").wakes(1).stores(1, 1, "b").commits(1, 2);
        s.is_guilty_of(&[DurableCommit]);
    }

    #[test]
    fn a_leader_may_commit_before_its_own_disk_has_the_entry() {
        let mut s = settled();
        s.wakes(1).appends(1, 1, "b");
        for node in [2, 3] {
            s.wakes(node).stores(node, 1, "b").sends(node, 1, 1);
        }
        s.wakes(1).commits(1, 2);
        s.is_innocent(DurableCommit);
    }

    #[test]
    fn a_crashed_node_and_one_wiped_after_it_had_answered_count() {
        let mut s = settled();
        s.wakes(1).stores(1, 1, "b").wakes(2).stores(2, 1, "b").sends(2, 1, 1).crashes(2);
        let mut wiped = s.clone();
        s.receives(1, 2).commits(1, 2);
        s.is_innocent(DurableCommit);
        wiped.wipes(2).restarts(2).receives(1, 2).commits(1, 2);
        wiped.is_innocent(DurableCommit);
    }

    /// Node 1 appends entry 2, which names these voters, and in a joint configuration the old ones.
    fn changing(voters: &[u32], outgoing: &[u32]) -> Script {
        let mut s = settled();
        s.wakes(1).stores(1, 1, "members");
        tell(&mut s, 1, voters, outgoing);
        s
    }

    fn tell(s: &mut Script, node: u32, voters: &[u32], outgoing: &[u32]) {
        for (part, nodes) in [(MembersPart::Outgoing, outgoing), (MembersPart::Voters, voters)] {
            let nodes: NodeSet = nodes.iter().map(|id| NodeId(*id)).collect();
            if !nodes.is_empty() {
                s.record(NodeId(node), Body::Membership { part, index: Index(2), nodes });
            }
        }
    }

    #[test]
    fn the_members_in_force_make_the_quorum() {
        let mut alone = changing(&[1], &[]);
        alone.commits(1, 2);
        alone.is_innocent(DurableCommit);
        let mut others = changing(&[2, 3], &[]);
        others.wakes(2).stores(2, 1, "members").wakes(1).commits(1, 2);
        let message = others.is_guilty_of(&[DurableCommit]);
        assert_eq!(message, "entry 2 of term 1 was committed while durable on n1 n2: no quorum of n2 n3");
    }

    #[test]
    fn a_joint_configuration_takes_both_quorums() {
        let mut s = changing(&[1], &[1, 2, 3]);
        let mut both = s.clone();
        s.commits(1, 2);
        let message = s.is_guilty_of(&[DurableCommit]);
        assert_eq!(
            message,
            "entry 2 of term 1 was committed while durable on n1: no quorum of n1 and of n1 n2 n3"
        );
        both.wakes(3).stores(3, 1, "members").wakes(1).commits(1, 2);
        both.is_innocent(DurableCommit);
    }

    #[test]
    fn members_are_gone_with_the_entry_that_named_them() {
        let mut s = changing(&[1], &[]);
        s.follows(1, 2, Some(2)).truncates(1, 2).appends(1, 2, "x").flushes(1);
        s.wakes(1).commits(1, 2);
        s.is_guilty_of(&[DurableCommit]);
    }

    #[test]
    fn a_blank_node_counts_for_nothing_new() {
        let mut s = settled();
        s.crashes(2).wipes(2).restarts(2).wakes(1).stores(1, 1, "b").commits(1, 2);
        s.is_guilty_of(&[DurableCommit]);
    }
}

mod acknowledged_writes {
    use super::*;

    #[test]
    fn an_entry_of_another_term() {
        let mut s = settled();
        s.wakes(1).acknowledges(1, 1, 2);
        let message = s.is_guilty_of(&[AcknowledgedWrites]);
        assert_eq!(message, "n1 acknowledged entry 1 of term 2, but the committed entry there is of term 1");
    }

    #[test]
    fn an_entry_that_is_not_committed() {
        let mut s = settled();
        s.wakes(1).stores(1, 1, "b").acknowledges(1, 2, 1);
        s.is_guilty_of(&[AcknowledgedWrites]);
    }

    #[test]
    fn another_entry_committed_in_its_place() {
        let mut s = settled();
        s.crashes(3).restarts(3).wakes(3).truncates(3, 1).stores(3, 2, "z").commits(3, 1);
        s.is_guilty_of(&[CommittedChain, AcknowledgedWrites]);
    }

    #[test]
    fn an_entry_gone_from_a_quorum_at_the_end() {
        let mut s = settled();
        for node in [2, 3] {
            s.wakes(node).truncates(node, 1).flushes(node);
        }
        let message = s.is_guilty_of(&[AcknowledgedWrites]);
        assert_eq!(
            message,
            "entry 1 of term 1 was acknowledged to a client, but at the end only 1 of 3 disks hold it"
        );
    }

    #[test]
    fn a_disk_lost_after_the_acknowledgement() {
        let mut s = settled();
        s.crashes(2).wipes(2).restarts(2).crashes(3).restarts(3);
        s.is_innocent(AcknowledgedWrites);
    }
}

mod snapshots {
    use super::*;

    fn cut() -> Script {
        cut_on_first(settled())
    }

    /// Entries a, b and c are committed on n1 and n2; n1 has a snapshot up to b and has cut its log there.
    fn cut_on_first(mut s: Script) -> Script {
        for node in [1, 2] {
            s.wakes(node).stores(node, 1, "b c");
        }
        s.wakes(1).commits(1, 3).applies(1, 3).acknowledges(1, 3, 1);
        s.takes_snapshot(1, 2, 77).writes_snapshot(1, 2).flushes(1).compacts(1, 2).flushes(1);
        s
    }

    #[test]
    fn a_snapshot_stands_for_entries_everywhere() {
        let mut s = cut();
        s.wakes(3).installs(3, 1, 2, 77).flushes(3).compacts(3, 2).flushes(3);
        // n3 has b by its snapshot alone, and may lead with that once it has c.
        s.wakes(3).stores(3, 1, "c").commits(3, 3).applies(3, 3);
        s.crashes(1).crashes(2).wakes(3).writes(3, 2, Some(3)).flushes(3).campaigns(3, 2).leads(3, 2);
        s.restarts(1).restores(1, 2, 77).wakes(1).commits(1, 3).applies(1, 3);
        s.is_innocent(LeaderCompleteness);
        s.is_innocent(CommittedChain);
        s.is_innocent(AcknowledgedWrites);
    }

    #[test]
    fn entries_can_be_committed_after_a_snapshot() {
        let mut s = cut();
        s.wakes(3).installs(3, 1, 2, 77).flushes(3);
        for node in [1, 3] {
            s.wakes(node).appends(node, 1, if node == 1 { "d" } else { "c d" }).flushes(node);
        }
        s.wakes(1).commits(1, 4);
        s.is_innocent(DurableCommit);
    }

    #[test]
    fn a_snapshot_of_other_entries() {
        let mut s = cut();
        let (index, term) = (Index(2), Term(1));
        s.wakes(3).record(NodeId(3), Body::Restored { index, term, hash: 5, store: 77, at_start: false });
        s.is_guilty_of(&[CommittedChain]);
    }

    #[test]
    fn a_snapshot_of_what_nobody_committed() {
        let mut s = settled();
        s.wakes(2).stores(2, 1, "b").takes_snapshot(2, 2, 77);
        let message = s.is_guilty_of(&[CommittedChain]);
        assert_eq!(message, "n2 took a snapshot up to entry 2 of term 1, which no node took as committed");
    }

    #[test]
    fn other_contents_after_the_same_entries() {
        let mut s = cut();
        s.wakes(2).commits(2, 2).applies(2, 2).takes_snapshot(2, 2, 78);
        let message = s.is_guilty_of(&[CommittedChain]);
        assert_eq!(
            message,
            "n2 took a snapshot up to entry 2, with a state machine of hash 000000000000004e; another one had \
             000000000000004d there"
        );
    }

    #[test]
    fn a_state_machine_taken_back() {
        let mut s = cut();
        s.wakes(2).commits(2, 3).applies(2, 3).installs(2, 1, 2, 77);
        let message = s.is_guilty_of(&[CommitOrder]);
        assert_eq!(message, "n2 took its state machine back from entry 3 to 2");
    }

    #[test]
    fn a_log_cut_before_its_snapshot_is_durable() {
        let mut s = settled();
        s.wakes(1).takes_snapshot(1, 1, 77).compacts(1, 1).flushes(1);
        let message = s.is_guilty_of(&[Recovery]);
        assert_eq!(
            message,
            "the log on the disk of n1 is cut up to entry 1, but no snapshot beyond entry 0 is durable: a crash would \
             lose what is between"
        );
    }

    #[test]
    fn a_flushed_snapshot_that_is_gone() {
        let mut s = cut();
        s.wakes(1).takes_snapshot(1, 3, 79).writes_snapshot(1, 3).flushes(1);
        s.crashes(1).restarts(1).restores(1, 2, 77);
        let message = s.is_guilty_of(&[Recovery]);
        assert_eq!(message, "n1 recovered a snapshot up to entry 2; one up to 3 was flushed");
    }

    #[test]
    fn a_snapshot_on_its_way_that_had_reached_the_disk() {
        let mut s = cut();
        s.wakes(1).takes_snapshot(1, 3, 79).writes_snapshot(1, 3);
        s.crashes(1).restarts(1).restores(1, 3, 79);
        s.is_innocent(Recovery);
    }

    /// No node holds a or b one by one any more.
    pub(super) fn cut_everywhere(settled: Script) -> Script {
        let mut s = cut_on_first(settled);
        for node in [2, 3] {
            s.wakes(node).installs(node, 1, 2, 77).flushes(node).compacts(node, 2).flushes(node);
        }
        s
    }

    #[test]
    fn what_nobody_holds_one_by_one_is_not_remembered() {
        let mut s = cut_everywhere(settled());
        // A late message brings n3 nothing: but if it did, it would not be judged by what is forgotten.
        s.wakes(2).commits(2, 3).applies(2, 3);
        s.crashes(2).restarts(2).restores(2, 2, 77).wakes(2).commits(2, 3).applies(2, 3);
        s.is_innocent(CommittedChain);
        s.is_innocent(LogMatching);
    }
}

mod exactly_once {
    use super::*;
    use crate::ids::{CommandId, OperationId, Serial, SessionId};
    use crate::trace::Disowned;

    const COMMAND: CommandId = CommandId { session: SessionId(1), serial: Serial(1) };

    fn executed(index: u64, operation: u64) -> Body {
        Body::Executed {
            index: Index(index),
            operation: Some(OperationId(operation)),
            command: Some(COMMAND),
        }
    }

    fn told(records: &[(u32, Body)]) -> Script {
        let mut s = settled();
        for (node, body) in records {
            s.wakes(*node).record(NodeId(*node), *body);
        }
        s
    }

    #[test]
    fn an_operation_that_takes_effect_by_two_entries() {
        let s = told(&[(1, executed(2, 7)), (2, executed(2, 7)), (1, executed(3, 8)), (1, executed(4, 7))]);
        let message = s.is_guilty_of(&[ExactlyOnce]);
        assert_eq!(message, "n1 carried out operation 7 by entry 4: it had taken effect by entry 2");
    }

    #[test]
    fn an_operation_that_takes_effect_again_after_its_entry_is_forgotten() {
        let mut s = settled();
        s.wakes(1).record(NodeId(1), executed(1, 7));
        let mut s = snapshots::cut_everywhere(s);
        s.wakes(1).record(NodeId(1), executed(2, 8)).record(NodeId(1), executed(3, 7));
        let message = s.is_guilty_of(&[ExactlyOnce]);
        assert_eq!(
            message,
            "n1 carried out operation 7 by entry 3: it had taken effect by an entry before 2"
        );
    }

    #[test]
    fn nodes_that_do_different_things_with_one_entry() {
        let repeated = Body::Repeated { index: Index(3), command: COMMAND };
        let s = told(&[(1, executed(2, 7)), (1, repeated), (2, executed(3, 7))]);
        let message = s.is_guilty_of(&[ExactlyOnce]);
        assert_eq!(
            message,
            "the command of entry 3 was carried out on n2, but answered from the session on n1"
        );
    }

    #[test]
    fn repetitions_without_effect_reads_and_another_life_are_no_second_time() {
        let read = |index| Body::Executed { index: Index(index), operation: None, command: None };
        let repeated = Body::Repeated { index: Index(3), command: COMMAND };
        let disowned = Body::Disowned { index: Index(4), command: COMMAND, why: Disowned::NotAwaited };
        let mut s = told(&[(1, executed(2, 7)), (1, repeated), (1, disowned), (1, read(5)), (1, read(6))]);
        s.crashes(1).restarts(1).record(NodeId(1), executed(2, 7)).record(NodeId(1), repeated);
        s.is_innocent(ExactlyOnce);
    }
}

#[path = "linearizability_tests.rs"]
mod linearizability_tests;
