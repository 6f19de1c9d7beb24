//! The figures of the liveness report: one table with what each says and what it means, for every form.

use super::counters::FrameFaults;
use super::format::{count, counted, moment, percent, short};
use super::{Breakers, Counters, Flooded, Inbox, Report};
use crate::time::{Duration, Time};
use std::cmp::Reverse;
use std::fmt::Display;

/// A figure with its definition.
pub(super) struct Figure {
    pub(super) name: &'static str,
    pub(super) value: String,
    pub(super) meaning: String,
}

/// All figures of a run, in the order of the report. Those on clients are left out where there were none.
pub(super) fn of(report: &Report) -> Vec<Figure> {
    let mut all = leadership(report);
    if report.service.invoked > 0 {
        all.extend(service(report));
    }
    all.extend(traffic(report));
    all.extend(report.inboxes.iter().flat_map(inboxes));
    all
}

fn figure(name: &'static str, value: String, meaning: impl Into<String>) -> Figure {
    Figure { name, value, meaning: meaning.into() }
}

fn leadership(report: &Report) -> Vec<Figure> {
    let counters = &report.counters;
    let longest = report.elections.iter().map(|election| election.vacant).max().unwrap_or_default();
    let or_none = |share: Option<f64>| share.map_or("-".into(), percent);
    vec![
        figure(
            "leader availability",
            or_none(report.leader_availability()),
            "share of the run with an effective leader",
        ),
        figure(
            "without a leader",
            short(report.leaderless()),
            format!("sum of the spans above; the longest lasted {}", short(longest)),
        ),
        figure("terms", count(counters.terms), "the highest term that any node was in"),
        figure(
            "candidacies",
            count(counters.candidacies),
            "how often a node began to ask for votes in a term",
        ),
        figure("elections", count(counters.elections), "how often a node became leader of a term"),
        figure(
            "leader changes",
            count(counters.leader_changes),
            "how often another effective leader followed, or the same in a later term",
        ),
    ]
}

fn service(report: &Report) -> Vec<Figure> {
    let service = &report.service;
    let longest = service.windows.iter().max_by_key(|window| (window.length(), Reverse(window.from)));
    let longest = longest.map_or(String::new(), |window| {
        format!(", the longest from {} to {}", moment(window.from), moment(window.to))
    });
    let unserved = service.windows.iter().fold(Duration::ZERO, |sum, window| sum + window.length());
    let mut all = vec![
        figure(
            "client availability",
            report.client_availability().map_or("-".into(), percent),
            format!(
                "{} done, of {} that clients began",
                count(service.done),
                counted(service.invoked, "operation")
            ),
        ),
        figure(
            "not done",
            count(service.invoked - service.done),
            format!(
                "operations refused: {}; without answer in time: {}; open at the end: {}",
                count(service.refused),
                count(service.unknown),
                count(service.open)
            ),
        ),
        figure(
            "unavailable windows",
            count(service.windows.len() as u64),
            format!(
                "spans of more than {} (the least election timeout) in which clients asked and none was served: \
                 from the last operation done, or the first begun after it if none was open, to the next one done; \
                 {} in all{longest}",
                service.threshold,
                short(unserved)
            ),
        ),
        standstills(report),
    ];
    if let Some(latency) = service.latency {
        let value = |nanos| short(Duration::from_nanos(nanos));
        all.extend([
            figure("client latency mean", value(latency.mean), "from beginning to end of an operation done"),
            figure("client latency p50", value(latency.p50), "percentiles are samples, by nearest rank"),
            figure("client latency p90", value(latency.p90), ""),
            figure("client latency p99", value(latency.p99), ""),
            figure("client latency max", value(latency.max), ""),
        ]);
    }
    all
}

/// The spans with a leader and without progress.
fn standstills(report: &Report) -> Figure {
    let sums = report.standstill_sums();
    let time = |nanos| short(Duration::from_nanos(nanos));
    let longest = sums.longest_from_ns.map_or(String::new(), |from| {
        format!(", the longest {} from {} on", time(sums.longest_ns), moment(Time::from_nanos(from)))
    });
    figure(
        "leader, no progress",
        count(sums.count),
        format!(
            "spans of more than {} with an effective leader in which clients waited, but no entry was committed and no \
             operation done: since the last of these, the leader's coming or the first operation begun; {} in all{longest}",
            report.service.threshold,
            time(sums.total_ns)
        ),
    )
}

/// What was done to frames, where anything was, and what of it got through.
fn done_to_frames(faults: &FrameFaults) -> Vec<Figure> {
    let altered = faults.corrupted + faults.forged;
    let all = [
        ("frames corrupted", faults.corrupted, "changed on their way, once for each change"),
        ("frames misdirected", faults.misdirected, "delivered to another node than their receiver"),
        ("frames replayed", faults.replayed, "old ones of the same link that came again"),
        ("frames delayed", faults.delayed, "by faults"),
    ];
    let told = all.into_iter().filter(|(_, times, _)| *times > 0);
    let mut told: Vec<Figure> = told.map(|(name, times, what)| figure(name, count(times), what)).collect();
    if faults.forged > 0 {
        let what = format!("sent by a stranger; that reached a process: {}", count(faults.forged_delivered));
        told.push(figure("frames forged", count(faults.forged), what));
    }
    if altered > 0 {
        let what = "corrupted or forged, passed every check and were handed on";
        told.push(figure("frames believed", count(faults.believed), what));
    }
    told
}

fn traffic(report: &Report) -> Vec<Figure> {
    let counters = &report.counters;
    let lost = counters.frames_lost.by_reason();
    let rejected = counters.frames_rejected.by_reason();
    let mut all = vec![
        figure("frames sent", count(counters.frames_sent), "from node to node"),
        figure(
            "frames delivered",
            count(counters.frames_delivered),
            "reached the other node, duplicates included",
        ),
        figure("frames lost", sum(&lost), reasons(&lost, "on their way")),
        figure("frames duplicated", count(counters.frames_duplicated), "on their way"),
        figure(
            "frames rejected",
            sum(&rejected),
            reasons(&rejected, "by the receiver, before its replica saw them"),
        ),
        figure(
            "replies stale",
            count(counters.replies_stale),
            "came when the node's role waited for none, and told nothing new",
        ),
        figure("calls failed", count(counters.calls_failed), "requests between nodes without answer in time"),
        figure(
            "entries committed",
            count(counters.entries_committed),
            "the highest index known to be committed",
        ),
    ];
    all.extend(with_clients(counters));
    all.extend(done_to_frames(&counters.frame_faults));
    all.extend(asked(report));
    all.extend(flooded(&counters.floods));
    if counters.requests_put_off > 0 {
        let note = "by leaders that handed over, or had taken as much as they may";
        all.push(figure("requests put off", count(counters.requests_put_off), note));
    }
    let denied = counters.frames_denied.by_reason();
    if denied.iter().any(|(_, times)| *times > 0) {
        let who = "their senders had no right to what they asked for";
        all.push(figure("frames denied", sum(&denied), reasons(&denied, who)));
    }
    all.extend(breakers(counters));
    all.extend(reads(counters));
    all.extend(sessions(counters));
    all.extend(transfers(counters));
    all.extend(changes(counters));
    all.extend(snapshots(counters));
    all
}

/// Frames that were refused between clients and nodes, if any were.
fn with_clients(counters: &Counters) -> Option<Figure> {
    let rejected = counters.client_frames_rejected.by_reason();
    (total(&rejected) > 0).then(|| {
        let why = reasons(&rejected, "");
        figure("client frames rejected", sum(&rejected), format!("by clients, or in their name; {why}"))
    })
}

/// What floods asked for, if there were any.
fn flooded(floods: &Flooded) -> Option<Figure> {
    let Flooded { sent, lost, turned_away, refused, accepted, acknowledged } = *floods;
    let parts = [
        ("made entries", accepted),
        ("acknowledged", acknowledged),
        ("refused", refused),
        ("turned away", turned_away),
        ("lost", lost),
    ];
    let told: Vec<String> = parts
        .iter()
        .filter(|(_, times)| *times > 0)
        .map(|(what, times)| format!("{what}: {}", count(*times)))
        .collect();
    let told = if told.is_empty() { String::new() } else { format!("; {}", told.join("; ")) };
    (sent > 0)
        .then(|| figure("requests of floods", count(sent), format!("sent by faults, and no client{told}")))
}

/// What clients asked for, and how often; nothing if they asked for nothing.
fn asked(report: &Report) -> Vec<Figure> {
    let counters = &report.counters;
    if report.service.invoked == 0 {
        return Vec::new();
    }
    let is_busy = counters.requests_put_off > 0;
    let refusers =
        if is_busy { "by nodes that did not lead, or were busy" } else { "by nodes that did not lead" };
    let commands = counters.requests_acknowledged + counters.floods.acknowledged;
    let per_command = match commands {
        0 => "-".into(),
        commands => format!("{:.2}", counters.frames_delivered as f64 / commands as f64),
    };
    let of_which = match counters.floods.acknowledged {
        0 => "frames delivered over requests acknowledged",
        _ => "frames delivered over requests acknowledged, those of floods among them",
    };
    let each = match report.service.done {
        0 => "-".into(),
        done => format!("{:.2}", counters.requests_sent as f64 / done as f64),
    };
    let mut all = vec![
        figure("requests refused", count(counters.requests_refused), refusers),
        figure("frames per command", per_command, of_which),
        figure(
            "requests sent",
            count(counters.requests_sent),
            format!("by clients; {each} for each operation done"),
        ),
    ];
    if counters.operations_forgone > 0 {
        all.push(figure(
            "operations forgone",
            count(counters.operations_forgone),
            format!(
                "given up before their time, since clients had asked as often as they may; with a budget spent: {}",
                count(counters.retry_budgets_spent)
            ),
        ));
    }
    all
}

/// What waited in the inboxes of hosts.
fn inboxes(inbox: &Inbox) -> Vec<Figure> {
    let mut all = vec![figure(
        "longest inbox",
        count(inbox.longest),
        "the most frames that waited in one host at a time, the one under service not counted",
    )];
    let lanes = [
        ("inbox wait of nodes", "inbox drops of nodes", &inbox.nodes),
        ("inbox wait of clients", "inbox drops of clients", &inbox.clients),
    ];
    for (wait, drops, lane) in lanes {
        if let Some(waited) = lane.waited {
            let value = |nanos| short(Duration::from_nanos(nanos));
            let meaning = format!(
                "mean time from the arrival of a frame from there until its service began; p99 {}, max {}",
                value(waited.p99),
                value(waited.max)
            );
            all.push(figure(wait, value(waited.mean), meaning));
        }
        all.push(figure(drops, count(lane.dropped), "frames that found no room, or lost it to later ones"));
    }
    all.push(figure(
        "turned away",
        count(inbox.turned_away),
        "requests that were answered at once since there was no room, as busy or with who leads",
    ));
    all
}

/// Circuit breakers, if any opened.
fn breakers(counters: &Counters) -> Vec<Figure> {
    let Breakers { opened, probes_failed, probes_succeeded } = counters.breakers;
    if opened == 0 {
        return Vec::new();
    }
    vec![
        figure(
            "breakers opened",
            count(opened),
            format!(
                "since calls failed; then probes succeeded: {}, failed: {}",
                count(probes_succeeded),
                count(probes_failed)
            ),
        ),
        figure("frames shed", count(counters.frames_shed), "not sent, since a breaker was not closed"),
    ]
}

/// Reads that took no entry of the log, if there were any.
fn reads(counters: &Counters) -> Vec<Figure> {
    let served = counters.reads_served.by_right();
    if served.iter().any(|(_, times)| *times > 0) {
        return vec![
            figure("reads served", sum(&served), reasons(&served, "from the store of a node")),
            figure(
                "read rounds",
                count(counters.read_rounds),
                "in which a leader asked whether it still leads",
            ),
        ];
    }
    Vec::new()
}

/// The sessions of clients, if there were any.
fn sessions(counters: &Counters) -> Vec<Figure> {
    if counters.sessions_opened > 0 {
        return vec![
            figure(
                "sessions opened",
                count(counters.sessions_opened),
                format!("by clients; dropped as unused for longest: {}", count(counters.sessions_expired)),
            ),
            figure(
                "repeats answered",
                count(counters.repeats_answered),
                format!(
                    "commands carried out before, answered from the session without effect; refused since the session \
                     was gone or nobody waited: {}",
                    count(counters.commands_disowned)
                ),
            ),
        ];
    }
    Vec::new()
}

/// Transfers of leadership, if there were any.
fn transfers(counters: &Counters) -> Vec<Figure> {
    let refused = counters.transfers_refused.by_reason();
    if counters.transfers_begun == 0 && total(&refused) == 0 {
        return Vec::new();
    }
    vec![
        figure(
            "transfers begun",
            count(counters.transfers_begun),
            format!(
                "of leadership; successors asked to campaign at once: {}, given up: {}",
                count(counters.transfers_asked),
                count(counters.transfers_aborted),
            ),
        ),
        figure("transfers refused", sum(&refused), reasons(&refused, "by nodes that were to hand over")),
    ]
}

/// Changes of the members, if any were asked for.
fn changes(counters: &Counters) -> Vec<Figure> {
    if counters.changes_asked == 0 {
        return Vec::new();
    }
    let (refused, aborted) = (counters.changes_refused.by_reason(), counters.changes_aborted.by_reason());
    vec![
        figure("changes asked for", count(counters.changes_asked), "of the members, by operators"),
        figure("changes refused", sum(&refused), reasons(&refused, "by the node that was asked")),
        figure("changes begun", count(counters.changes_begun), "by leaders"),
        figure(
            "changes done",
            count(counters.changes_done),
            "those of which the leader that began them found the last entry committed",
        ),
        figure("changes given up", sum(&aborted), reasons(&aborted, "by the leader that had begun them")),
    ]
}

/// Snapshots, if there were any.
fn snapshots(counters: &Counters) -> Option<Figure> {
    (counters.snapshots_taken + counters.snapshots_installed > 0).then(|| {
        figure(
            "snapshots taken",
            count(counters.snapshots_taken),
            format!(
                "by nodes of their own state; installed from a leader: {}, logs cut: {}",
                count(counters.snapshots_installed),
                count(counters.logs_cut)
            ),
        )
    })
}

fn sum<R>(reasons: &[(R, u64)]) -> String {
    count(total(reasons))
}

fn total<R>(reasons: &[(R, u64)]) -> u64 {
    reasons.iter().map(|(_, times)| times).sum()
}

/// The reasons that occurred; if none did, what is counted here.
fn reasons<R: Display>(reasons: &[(R, u64)], otherwise: &str) -> String {
    let occurred: Vec<String> = reasons
        .iter()
        .filter(|(_, times)| *times > 0)
        .map(|(reason, times)| format!("{reason}: {}", count(*times)))
        .collect();
    if occurred.is_empty() { otherwise.into() } else { occurred.join("; ") }
}
