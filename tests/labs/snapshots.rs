//! Logs that are cut (part D of the lab).

use super::lab::{ELECTION, Lab, Setting, UNRELIABLE};

/// A snapshot after about so many commands of 64 bytes.
const EVERY: u64 = 10;
const SNAPSHOTS: Setting = Setting { raft: "snapshot_every: 900,", ..Setting::of(3) };
const UNRELIABLY: Setting = Setting { network: UNRELIABLE, ..SNAPSHOTS };

/// What happens to a server while the others go on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Trouble {
    None,
    CutOff,
    Crash,
}

/// Thirty times a server is away while enough is agreed upon that its log can't be continued by entries alone. Each third
/// time it is the leader.
fn thirty_rounds(lab: &mut Lab<'_>, trouble: Trouble, reliable: bool) {
    lab.agree(3);
    let mut leader = lab.leader();
    for round in 0..30 {
        let (victim, sender) = match round % 3 {
            1 => (leader, lab.after(leader, 1)),
            _ => (lab.after(leader, 1), leader),
        };
        match trouble {
            Trouble::None => {}
            Trouble::CutOff => lab.cut_off(victim),
            Trouble::Crash => lab.crash(victim),
        }
        let others = if trouble == Trouble::None { 3 } else { 2 };
        lab.agree(others);
        for _ in 0..EVERY / 2 + lab.draw(EVERY) {
            lab.command(sender);
        }
        lab.agree(others);
        if trouble == Trouble::None && reliable {
            let longest = lab.longest_log();
            lab.require(longest < 6 * EVERY, &format!("a log of {longest} entries was not cut"));
        }
        match trouble {
            Trouble::None => continue,
            Trouble::CutOff => lab.link(victim),
            Trouble::Crash => lab.start_up(victim),
        }
        lab.agree(3);
        leader = lab.leader();
    }
    if trouble != Trouble::None {
        lab.require(lab.installed() > 0, "who was away has taken the leader's snapshot");
    }
}

#[test]
fn basic_snapshots() {
    SNAPSHOTS.each(0..20, |lab| thirty_rounds(lab, Trouble::None, true));
}

#[test]
fn snapshots_are_installed_on_who_was_cut_off() {
    SNAPSHOTS.each(0..20, |lab| thirty_rounds(lab, Trouble::CutOff, true));
}

#[test]
fn snapshots_are_installed_over_unreliable_links() {
    UNRELIABLY.each(0..20, |lab| thirty_rounds(lab, Trouble::CutOff, false));
}

#[test]
fn snapshots_are_installed_on_who_has_crashed() {
    SNAPSHOTS.each(0..20, |lab| thirty_rounds(lab, Trouble::Crash, true));
}

#[test]
fn snapshots_are_installed_over_unreliable_links_on_who_has_crashed() {
    UNRELIABLY.each(0..20, |lab| thirty_rounds(lab, Trouble::Crash, false));
}

#[test]
fn all_crash_and_go_on_from_their_snapshots() {
    SNAPSHOTS.each(0..20, |lab| {
        lab.agree(3);
        for _ in 0..5 {
            let leader = lab.leader();
            for _ in 0..EVERY / 2 + lab.draw(EVERY) {
                lab.command(leader);
            }
            let before = lab.agree(3);
            lab.restart_all();
            let after = lab.agree(3);
            lab.require(after > before, "the log goes on from where it was");
        }
    });
}

#[test]
fn a_second_crash_right_after_the_start_loses_nothing() {
    SNAPSHOTS.each(0..20, |lab| {
        for _ in 0..=EVERY {
            lab.agree(3);
        }
        lab.restart_all();
        lab.agree(3);
        lab.restart_all();
        lab.agree(3);
        lab.pass(ELECTION);
        lab.restart_all();
        lab.restart_all();
        lab.agree(3);
    });
}
