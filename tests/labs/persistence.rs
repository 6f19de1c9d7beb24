//! What is remembered across crashes, and what becomes of it in storms (part C of the lab).

use super::lab::{ELECTION, Lab, Setting, UNRELIABLE};
use squall::ids::{Index, NodeId, Term};
use squall::replica::Bug;
use squall::time::Duration;

/// The network of the lab at its worst: most messages are quick, some take two seconds.
const LONG_REORDERING: &str =
    r#"default: (latency: Exponential(min: "0s", mean: "60ms", max: "2s"), loss: 0.1)"#;

/// Each entry in a message of its own, so that an old one can arrive without its leader's first.
const ONE_BY_ONE: &str = "max_batch_bytes: 1,";

#[test]
fn basic_persistence() {
    Setting::of(3).each(0..50, |lab| {
        lab.agree(3);
        lab.restart_all();
        lab.agree(3);

        let first = lab.leader();
        lab.crash(first);
        lab.start_up(first);
        lab.agree(3);

        let second = lab.leader();
        lab.crash(second);
        lab.agree(2);
        lab.start_up(second);
        lab.agree(3);

        let leader = lab.leader();
        let third = lab.after(leader, 1);
        lab.crash(third);
        lab.agree(2);
        lab.start_up(third);
        lab.agree(3);
    });
}

/// Two of five go, two more go, and the first two come back to a leader who was alone; five times.
#[test]
fn more_persistence() {
    Setting::of(5).each(0..30, |lab| {
        for _ in 0..5 {
            lab.agree(5);
            let leader = lab.leader();
            let [one, two, three, four] = [1, 2, 3, 4].map(|places| lab.after(leader, places));
            lab.cut_off(one);
            lab.cut_off(two);
            lab.agree(3);
            [leader, three, four].into_iter().for_each(|server| lab.cut_off(server));

            restart_linked(lab, one);
            restart_linked(lab, two);
            lab.pass(ELECTION);
            lab.require(lab.leader_now().is_none(), "two of five elect nobody");
            restart_linked(lab, three);
            lab.agree(3);
            lab.link(four);
            lab.link(leader);
        }
        lab.agree(5);
    });
}

fn restart_linked(lab: &mut Lab<'_>, server: NodeId) {
    lab.crash(server);
    lab.start_up(server);
    lab.link(server);
}

#[test]
fn a_cut_off_leader_and_a_follower_crash_and_the_leader_starts_again() {
    Setting::of(3).each(0..50, |lab| {
        lab.agree(3);
        let leader = lab.leader();
        let (follower, away) = (lab.after(leader, 1), lab.after(leader, 2));
        lab.cut_off(away);
        lab.agree(2);
        lab.crash(leader);
        lab.crash(follower);
        lab.link(away);
        lab.start_up(leader);
        lab.agree(2);
        lab.start_up(follower);
        lab.agree(3);
    });
}

/// A moment in which a leader can do little, or sometimes much.
fn a_while(lab: &mut Lab<'_>) {
    let bound = if lab.draw(10) == 0 { 500_000 } else { 13_000 };
    let micros = lab.draw(bound);
    lab.pass(Duration::from_nanos(1_000 * micros));
}

/// Whoever is up gets a command; the last to take one for a leader's.
fn command_all(lab: &mut Lab<'_>) -> Option<NodeId> {
    let servers = lab.servers().into_iter();
    servers.filter(|server| lab.is_up(*server) && lab.command(*server).is_some()).last()
}

fn any_server(lab: &mut Lab<'_>) -> NodeId {
    let servers = lab.servers();
    servers[lab.draw(servers.len() as u64) as usize]
}

/// A thousand times a leader gets a command and crashes before long, so that entries of many terms are left behind on
/// some servers and not on others (figure 8).
#[test]
fn figure_8_for_a_thousand_rounds() {
    Setting::of(5).each(0..40, |lab| {
        figure_8(lab);
        lab.mend_all();
        lab.agree(5);
    });
}

fn figure_8(lab: &mut Lab<'_>) {
    lab.agree(1);
    for _ in 0..1_000 {
        let leader = command_all(lab);
        a_while(lab);
        if let Some(leader) = leader {
            lab.crash(leader);
        }
        let up = lab.servers().into_iter().filter(|server| lab.is_up(*server)).count();
        let server = any_server(lab);
        if up < 3 && !lab.is_up(server) {
            lab.start_up(server);
        }
    }
}

/// The same with leaders that are cut off rather than crashed, so that they keep what nobody else has heard of.
#[test]
fn figure_8_over_unreliable_links_for_a_thousand_rounds() {
    for (network, raft) in [(UNRELIABLE, ""), (LONG_REORDERING, r#"election_timeout: ("500ms", "1s"),"#)] {
        Setting { network, raft, ..Setting::of(5) }.each(0..20, |lab| {
            figure_8_cut_off(lab);
            lab.mend_all();
            lab.agree(5);
        });
    }
}

fn figure_8_cut_off(lab: &mut Lab<'_>) {
    lab.agree(1);
    for _ in 0..1_000 {
        let servers = lab.servers().into_iter();
        let takes = |server: &NodeId| lab.command(*server).is_some() && lab.is_linked(*server);
        let leader = servers.filter(takes).last();
        a_while(lab);
        if let Some(leader) = leader
            && lab.draw(2) == 0
        {
            lab.cut_off(leader);
        }
        let linked = lab.servers().into_iter().filter(|server| lab.is_linked(*server)).count();
        let server = any_server(lab);
        if linked < 3 {
            lab.link(server);
        }
    }
}

/// What these cases are named after does go wrong in them: where leaders commit old entries by counting, others lose
/// them again.
#[test]
fn figure_8_goes_wrong_where_old_entries_are_committed_by_counting() {
    let bug = Some(Bug::CommitOldTermByCount);
    let correct = Setting { network: UNRELIABLE, raft: ONE_BY_ONE, ..Setting::of(5) };
    correct.each(0..10, figure_8_cut_off);
    let setting = Setting { bug, ..correct };
    let found = (0..10).filter(|seed| setting.once(*seed, figure_8_cut_off).violations() > 0).count();
    assert!(found >= 5, "{found} of 10 seeds show it");
}

/// Commands of three clients, each of which has one under way.
#[derive(Default)]
struct Clients {
    under_way: [Option<(Index, Term)>; 3],
    waited: [u32; 3],
    done: Vec<(Index, Term)>,
}

impl Clients {
    /// Each looks after its command, or gives one to all servers and believes the last who takes it.
    fn act(&mut self, lab: &mut Lab<'_>) {
        for (entry, waited) in self.under_way.iter_mut().zip(&mut self.waited) {
            match *entry {
                Some(it) if lab.applied(it) > 0 => {
                    self.done.push(it);
                    *entry = None;
                }
                Some(_) if *waited == 40 => *entry = None,
                Some(_) => *waited += 1,
                None => {
                    let servers = lab.servers().into_iter();
                    *entry = servers.filter_map(|server| lab.command(server)).last();
                    *waited = 0;
                }
            }
        }
    }
}

/// Three clients, and servers that are cut off, crash, start and are linked again at random.
fn churn(lab: &mut Lab<'_>) {
    let mut clients = Clients::default();
    for _ in 0..20 {
        if lab.draw(1_000) < 200 {
            let server = any_server(lab);
            lab.cut_off(server);
        }
        if lab.draw(1_000) < 500 {
            let server = any_server(lab);
            if !lab.is_up(server) {
                lab.start_up(server);
            }
            lab.link(server);
        }
        if lab.draw(1_000) < 200 {
            let server = any_server(lab);
            if lab.is_up(server) {
                lab.crash(server);
            }
        }
        // Changes come somewhat faster than an election can be relied upon to.
        for _ in 0..70 {
            clients.act(lab);
            lab.pass(Duration::from_millis(10));
        }
    }
    lab.pass(ELECTION);
    lab.mend_all();
    lab.agree(5);
    lab.require(clients.done.len() > 20, &format!("{} commands were done", clients.done.len()));
    for entry in clients.done {
        lab.require(lab.applied(entry) == 5, "what a client saw done is in every log");
    }
}

#[test]
fn churn_over_reliable_links() {
    Setting::of(5).each(0..20, churn);
}

#[test]
fn churn_over_unreliable_links() {
    Setting { network: UNRELIABLE, ..Setting::of(5) }.each(0..20, churn);
}
