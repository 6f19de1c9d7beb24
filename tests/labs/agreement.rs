//! What is agreed upon (part B of the lab).

use super::lab::{ELECTION, Setting, UNRELIABLE};
use squall::ids::{Index, NodeId};
use squall::time::Duration;

#[test]
fn basic_agreement() {
    Setting::of(3).each(0..100, |lab| {
        lab.leader();
        let mut last = None;
        for _ in 0..3 {
            let next = last.map(|last: Index| Index(last.0 + 1));
            let index = lab.agree(3);
            lab.require(next.is_none_or(|next| next == index), "entries stand one after the other");
            last = Some(index);
        }
    });
}

#[test]
fn each_command_is_sent_to_each_peer_just_once() {
    const BYTES: usize = 5_000;
    Setting::of(3).each(0..50, |lab| {
        let leader = lab.leader();
        let before = lab.traffic().1;
        for _ in 0..10 {
            let entry = lab.command_of(leader, BYTES).expect("it leads");
            let came = lab.wait(entry, 3, ELECTION);
            lab.require(came, "all apply it");
        }
        let sent = lab.traffic().1 - before;
        lab.require(sent <= 2 * 10 * BYTES as u64 + 50_000, &format!("{sent} bytes for ten commands"));
    });
}

#[test]
fn followers_fail_one_after_the_other() {
    Setting::of(3).each(0..50, |lab| {
        lab.agree(3);
        let leader = lab.leader();
        lab.cut_off(lab.after(leader, 1));
        lab.agree(2);
        lab.pass(ELECTION);
        lab.agree(2);

        let leader = lab.leader();
        let servers = lab.servers();
        servers.into_iter().filter(|server| *server != leader).for_each(|server| lab.cut_off(server));
        let Some(entry) = lab.command(leader) else { panic!("it takes a command, knowing no better") };
        lab.pass(Duration::from_secs(2));
        lab.require(lab.applied(entry) == 0, "one of three agrees with nobody");
    });
}

#[test]
fn leaders_fail_one_after_the_other() {
    Setting::of(3).each(0..50, |lab| {
        lab.agree(3);
        let first = lab.leader();
        lab.cut_off(first);
        lab.agree(2);
        lab.pass(ELECTION);
        lab.agree(2);

        let second = lab.leader();
        lab.cut_off(second);
        let entries: Vec<_> = lab.servers().into_iter().filter_map(|server| lab.command(server)).collect();
        lab.pass(Duration::from_secs(2));
        lab.require(entries.into_iter().all(|entry| lab.applied(entry) == 0), "each is alone");
    });
}

#[test]
fn agreement_after_a_follower_comes_back() {
    Setting::of(3).each(0..50, |lab| {
        lab.agree(3);
        let leader = lab.leader();
        let away = lab.after(leader, 1);
        lab.cut_off(away);
        lab.agree(2);
        lab.agree(2);
        lab.pass(ELECTION);
        lab.agree(2);
        lab.agree(2);
        lab.link(away);
        lab.agree(3);
        lab.pass(ELECTION);
        lab.agree(3);
    });
}

#[test]
fn no_agreement_without_a_quorum() {
    Setting::of(5).each(0..50, |lab| {
        lab.agree(5);
        let leader = lab.leader();
        let away = [1, 2, 3].map(|places| lab.after(leader, places));
        away.iter().for_each(|server| lab.cut_off(*server));
        let entry = lab.command(leader).expect("it does not know yet");
        lab.pass(Duration::from_secs(2));
        lab.require(lab.applied(entry) == 0, "two of five agree on nothing");

        // Those cut off may have elected somebody by now, or not; so the entry may stay or go.
        away.iter().for_each(|server| lab.link(*server));
        let leader = lab.leader();
        let (index, _) = lab.command(leader).expect("it leads");
        lab.require(index.0 > entry.0.0 - 1 && index.0 <= entry.0.0 + 3, "the log has gone on from there");
        lab.agree(5);
    });
}

#[test]
fn commands_given_at_once_are_all_agreed_upon() {
    Setting::of(3).each(0..100, |lab| {
        let leader = lab.leader();
        let entries: Vec<_> = (0..5).filter_map(|_| lab.command(leader)).collect();
        lab.require(entries.len() == 5, "a leader takes all of them");
        lab.require(
            entries.windows(2).all(|pair| pair[1].0.0 == pair[0].0.0 + 1),
            "each has a place of its own",
        );
        for entry in entries {
            let came = lab.wait(entry, 3, ELECTION);
            lab.require(came, "and all apply it");
        }
    });
}

#[test]
fn a_partitioned_leader_comes_back() {
    Setting::of(3).each(0..100, |lab| {
        lab.agree(3);
        let first = lab.leader();
        lab.cut_off(first);
        let doomed: Vec<_> = (0..3).filter_map(|_| lab.command(first)).collect();
        lab.require(doomed.len() == 3, "alone it still takes commands");
        lab.agree(2);

        // The new leader goes, the old one comes back with its tail.
        let second = lab.leader();
        lab.cut_off(second);
        lab.link(first);
        lab.agree(2);
        lab.require(doomed.into_iter().all(|entry| lab.applied(entry) == 0), "the tail is gone");

        lab.link(second);
        lab.agree(3);
    });
}

/// Fifty commands at a time end up in a log that has to give them up again, in two groups and twice over.
#[test]
fn leaders_back_up_quickly_over_long_doomed_tails() {
    Setting::of(5).each(0..40, |lab| {
        let give_fifty = |lab: &mut super::lab::Lab<'_>, leader: NodeId| {
            (0..50).filter_map(|_| lab.command(leader)).last().expect("it takes them")
        };
        lab.agree(5);

        // A leader with one follower; the other three are away.
        let first = lab.leader();
        let [friend, others @ ..] = [1, 2, 3, 4].map(|places| lab.after(first, places));
        others.iter().for_each(|server| lab.cut_off(*server));
        let doomed = give_fifty(lab, first);
        lab.pass(Duration::from_millis(500));
        [first, friend].iter().for_each(|server| lab.cut_off(*server));

        // The three commit fifty.
        others.iter().for_each(|server| lab.link(*server));
        let second = lab.leader();
        let kept = give_fifty(lab, second);
        let came = lab.wait(kept, 3, ELECTION);
        lab.require(came, "three of five agree");

        // Now one of these is away, and the other two are as the first ones were.
        let second = lab.leader();
        let away = *others.iter().find(|server| **server != second).expect("there are three");
        lab.cut_off(away);
        let doomed_too = give_fifty(lab, second);
        lab.pass(Duration::from_millis(500));

        // The first two are linked with the one who has all that was committed.
        lab.servers().into_iter().for_each(|server| lab.cut_off(server));
        [first, friend, away].iter().for_each(|server| lab.link(*server));
        let third = lab.leader();
        lab.require(third == away, "nobody else has all that was committed");
        let began = lab.now();
        let kept_too = give_fifty(lab, third);
        let came = lab.wait(kept_too, 3, ELECTION);
        lab.require(came && lab.now() < began + ELECTION, "the tails are given up quickly");

        lab.mend_all();
        lab.agree(5);
        lab.require(lab.applied(doomed) + lab.applied(doomed_too) == 0, "the doomed tails are gone");
    });
}

#[test]
fn ten_entries_take_at_most_42_requests() {
    const ENTRIES: u64 = 10;
    Setting::of(3).each(0..100, |lab| {
        let leader = lab.leader();
        let (before, _) = lab.traffic();
        let entries: Vec<_> = (0..ENTRIES).filter_map(|_| lab.command(leader)).collect();
        for entry in entries {
            let came = lab.wait(entry, 3, ELECTION);
            lab.require(came, "all apply it");
        }
        let sent = lab.traffic().0 - before;
        // Three servers; one round for each entry, one for the last commit, and three for heartbeats in between.
        lab.require(sent <= (ENTRIES + 1 + 3) * 3, &format!("{sent} requests for ten entries"));
    });
}

/// Five commands at a time, fifty times.
#[test]
fn agreement_over_unreliable_links() {
    Setting { network: UNRELIABLE, ..Setting::of(5) }.each(0..20, |lab| {
        for _ in 0..50 {
            lab.agree(1);
            for server in lab.servers() {
                for _ in 0..4 {
                    lab.command(server);
                }
            }
        }
        lab.agree(5);
        lab.pass(Duration::from_millis(500));
    });
}
