//! The settings as points.

use super::advice::{Advice, OfSetting};
use super::text::{nanos, rate, timeout};
use crate::report::html::{Dot, Look, scatter};
use maud::{Markup, html};

/// Every setting by its two figures.
pub(super) fn picture(advice: &Advice) -> Markup {
    let best = advice.by_rule();
    // What matters is drawn last, above the others.
    let order = |it: &&OfSetting| (it.is_present, it.on_front);
    let mut settings: Vec<&OfSetting> = advice.settings.iter().collect();
    settings.sort_by_key(order);
    let dots: Vec<Dot> =
        settings.into_iter().map(|it| dot(it, best.is_some_and(|best| best.setting == it.setting))).collect();
    let front = match advice.front().len() {
        0 | 1 => "One setting alone is the front: what lies above it and to its right is beaten.",
        _ => "The line is the front: what lies above it and to its right is beaten.",
    };
    let about = format!(
        "Each of {} settings by how long nobody leads after a crash of the leader, and how often a leader is deposed without need in an \
         hour in which nothing goes wrong. {front} The table below has the numbers.",
        advice.settings.len()
    );
    let axes = ("mean time without a leader after a crash", "leaders deposed without need, in an hour");
    html! {
        (scatter(("settings", "What each setting came to", &about), axes, &dots))
        p.faint { (about) }
    }
}

fn dot(it: &OfSetting, is_best_by_rule: bool) -> Dot {
    let look = match (it.is_present, it.on_front) {
        (true, _) => Look::Marked,
        (false, true) => Look::Front,
        (false, false) => Look::Other,
    };
    let names =
        [(it.is_present, "present"), (it.is_advised, "advised"), (is_best_by_rule, "best by the rule")];
    let name: Vec<&str> = names.iter().filter(|(is, _)| *is).map(|(_, name)| *name).collect();
    let about = format!(
        "heartbeat {}, timeouts {}: {} without a leader, {} needless in an hour",
        it.setting.heartbeat,
        timeout(it.setting),
        nanos(it.without_ns),
        rate(it.needless_per_hour)
    );
    Dot {
        time: (it.without_ns, it.without_interval.map(|it| (it.low, it.high))),
        rate: it.needless_per_hour,
        on_line: it.on_front,
        look,
        about,
        name: name.join(", "),
    }
}
