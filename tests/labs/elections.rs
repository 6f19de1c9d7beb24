//! Who leads (part A of the lab).

use super::lab::Setting;
use squall::time::Duration;

#[test]
fn initial_election() {
    Setting::of(3).each(0..100, |lab| {
        lab.leader();
        lab.pass(Duration::from_millis(50));
        let (term, candidacies) = (lab.one_term(), lab.candidacies());
        lab.require(term.0 >= 1, "a term has begun");
        lab.pass(Duration::from_secs(2));
        lab.require(lab.one_term() == term, "without failures the term stays");
        lab.require(lab.candidacies() == candidacies, "and nobody campaigns");
        lab.leader();
    });
}

#[test]
fn re_election() {
    Setting::of(3).each(0..100, |lab| {
        let first = lab.leader();
        lab.cut_off(first);
        let second = lab.leader();
        lab.require(second != first, "another one leads");

        // The old leader comes back and changes nothing.
        lab.link(first);
        let leader = lab.leader();
        lab.require(leader == second, "who comes back follows the new leader");

        // Without a quorum there is none.
        let third = lab.after(second, 1);
        lab.cut_off(second);
        lab.cut_off(third);
        lab.pass(Duration::from_secs(2));
        lab.require(lab.leader_now().is_none(), "one of three elects nobody");

        // With one there is.
        lab.link(third);
        lab.leader();
        lab.link(second);
        lab.leader();
    });
}

/// Of seven servers three are cut off in each round. Either their leader goes on, or four elect another.
#[test]
fn many_elections() {
    Setting::of(7).each(0..40, |lab| {
        lab.leader();
        for _ in 0..10 {
            let mut cut = lab.servers();
            while cut.len() > 3 {
                let drawn = lab.draw(cut.len() as u64);
                cut.swap_remove(drawn as usize);
            }
            cut.iter().for_each(|server| lab.cut_off(*server));
            lab.leader();
            cut.iter().for_each(|server| lab.link(*server));
        }
        lab.leader();
    });
}

#[test]
fn an_election_takes_1_to_30_requests_and_an_idle_second_at_most_60() {
    Setting::of(3).each(0..100, |lab| {
        lab.leader();
        let (elected, _) = lab.traffic();
        lab.require((1..=30).contains(&elected), &format!("{elected} requests elect a leader"));
        lab.pass(Duration::from_secs(1));
        let idle = lab.traffic().0 - elected;
        lab.require(idle <= 60, &format!("{idle} requests in an idle second"));
    });
}
