//! For every property a script that violates it, and scripts that come close and must not be accused.

mod acknowledged_writes;
mod commit_order;
mod committed_chain;
mod durable_commit;
mod election_safety;
mod exactly_once;
mod leader_append_only;
mod leader_completeness;
mod log_matching;
mod one_vote;
mod recovery;
mod snapshots;
mod term_and_vote;

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
            // Told only where there was a panic.
            SoundImplementation => {}
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

#[path = "linearizability_tests.rs"]
mod linearizability_tests;
