//! The second pass over what happens to single frames.

use super::setting::Setting;
use super::shapes::{Alone, shape as links};
use super::targets::several;
use super::{bounded_value, distribution, mean_between, rate};
use crate::plan::{Action, Corruption, Event, Integrity, Plan, Shape, Target};
use crate::rng::Rate;
use crate::scenario::bounds;
use crate::scenario::notes::Notes;
use crate::scenario::path::Path;
use crate::scenario::shape;
use crate::time::Duration;

/// What a fault does to frames.
pub(super) fn on_frames(
    path: &Path<'_>,
    action: &shape::Action,
    setting: &Setting<'_>,
    notes: &mut Notes<'_>,
) -> Action {
    let mut some =
        |given: &shape::OnFrames| (on(path, &given.links(), setting, notes), share(path, given.rate, notes));
    match action {
        shape::Action::Lose(given) => {
            let (links, rate) = some(given);
            Action::Lose { links, rate }
        }
        shape::Action::Duplicate(given) => {
            let (links, rate) = some(given);
            Action::Duplicate { links, rate }
        }
        shape::Action::Misdirect(given) => {
            let (links, rate) = some(given);
            Action::Misdirect { links, rate }
        }
        shape::Action::Replay(given) => {
            let (links, rate) = some(given);
            Action::Replay { links, rate }
        }
        shape::Action::Delay(given) => {
            let links = on(path, &given.links(), setting, notes);
            Action::Delay { links, by: distribution(&path.field("by"), given.by, notes) }
        }
        shape::Action::Corrupt(given) => {
            let links = on(path, &given.links(), setting, notes);
            let rate = share(path, given.rate, notes);
            let kind = corruption(&path.field("kind"), given.kind, notes);
            Action::Corrupt { links, rate, kind, clients: given.clients }
        }
        shape::Action::Forge(given) => {
            let to = several(&path.field("to"), &given.to, setting, notes).unwrap_or(Target::Random);
            Action::Forge { to, mean: forged(&path.field("rate"), given.rate, notes) }
        }
        _ => unreachable!("it does nothing to single frames"),
    }
}

fn on(path: &Path<'_>, given: &shape::Links, setting: &Setting<'_>, notes: &mut Notes<'_>) -> Shape {
    links(path, given, Alone::Links, setting, notes)
}

/// What share of the frames is hit: some.
fn share(path: &Path<'_>, value: f64, notes: &mut Notes<'_>) -> Rate {
    let path = path.field("rate");
    if value == 0.0 {
        notes.error(&path, "this hits no frame", "for one in a hundred write 0.01, or take the fault away");
    }
    rate(&path, value, notes)
}

/// How frames are changed.
fn corruption(path: &Path<'_>, kind: shape::Corruption, notes: &mut Notes<'_>) -> Corruption {
    match kind {
        shape::Corruption::BitFlip(least, most) => {
            let [first, last] =
                [least, most].map(|bits| bounded_value(path, bits, bounds::FLIPPED_BITS, notes));
            if least > most {
                let message = format!("the least, {least}, is above the greatest, {most}");
                notes.error(path, message, format!("write BitFlip({most}, {least})"));
            }
            Corruption::BitFlip(first as u32, last as u32)
        }
        shape::Corruption::Truncate => Corruption::Truncate,
        shape::Corruption::Extend => Corruption::Extend,
        shape::Corruption::Garbage => Corruption::Garbage,
    }
}

/// The mean time between two frames of a stranger.
fn forged(path: &Path<'_>, rate: f64, notes: &mut Notes<'_>) -> Duration {
    if !(bounds::FORGED.0..=bounds::FORGED.1).contains(&rate) {
        let (least, most) = bounds::FORGED;
        let message =
            format!("a stranger sends from {least} to {most} frames per second to each node, not {rate}");
        notes.error(path, message, "write how many come to each node in a second: 20.0");
        return Duration::from_millis(50);
    }
    mean_between(1, rate)
}

/// Why something never happens to a frame, and what to do about it. `alone` says that of a node without others.
pub(super) fn impossible(
    event: Event,
    plan: &Plan,
    alone: Option<(&'static str, &'static str)>,
) -> Option<(&'static str, &'static str)> {
    let faults = plan.faults.iter().map(|fault| &fault.action);
    let mut actions = faults.chain(plan.storms.iter().map(|storm| &storm.action));
    let (brings, why): (fn(&Action) -> bool, _) = match event {
        Event::FrameDuplicated => {
            let links = || plan.network.links.iter().map(|(.., link)| link);
            let by_chance =
                std::iter::once(&plan.network.default).chain(links()).any(|it| it.duplicate != Rate::ZERO);
            let help = "give links a rate: `network: (default: (duplicate: 0.01))`";
            let none = !by_chance && !actions.any(|action| matches!(action, Action::Duplicate { .. }));
            return alone.or(none.then_some(("no link duplicates frames", help)));
        }
        Event::FrameCorrupted => (
            |action| matches!(action, Action::Corrupt { .. }),
            (
                "nothing changes frames",
                "add `Corrupt(links: All, rate: 0.01, kind: BitFlip(1, 8))` to `faults`",
            ),
        ),
        Event::FrameMisdirected => (
            |action| matches!(action, Action::Misdirect { .. }),
            ("nothing misdirects frames", "add `Misdirect(links: All, rate: 0.01)` to `faults`"),
        ),
        Event::FrameReplayed => (
            |action| matches!(action, Action::Replay { .. }),
            ("nothing replays frames", "add `Replay(links: All, rate: 0.1)` to `faults`"),
        ),
        Event::FrameDelayed => (
            |action| matches!(action, Action::Delay { .. }),
            ("nothing delays frames", "add `Delay(links: All, by: Constant(\"20ms\"))` to `faults`"),
        ),
        Event::FrameForged => (
            |action| matches!(action, Action::Forge { .. }),
            ("no stranger sends frames", "add `Forge(to: All, rate: 20.0)` to `faults`"),
        ),
        Event::FrameBelieved => (
            |action| matches!(action, Action::Corrupt { .. } | Action::Forge { .. }),
            ("no frame is changed or forged", "add a `Corrupt` or a `Forge` to `faults` or `storm`"),
        ),
        Event::ClusterWrong => {
            let brings = |action: &Action| matches!(action, Action::Corrupt { clients: true, .. });
            let can_be = plan.clients.is_some() && plan.cluster.integrity == Integrity::Unchecked;
            let help = "change them: `integrity: Unchecked`, and a `Corrupt(.., clients: true)` in `faults`";
            return (!can_be || !actions.any(brings))
                .then_some(("clients only hear from their cluster", help));
        }
        Event::ReplyLate => {
            let help = "add a load: `clients: (count: 4)`";
            return plan.clients.is_none().then_some(("there are no clients", help));
        }
        // Frames of a stranger are refused even where nobody else sends any, and those of clients if they are changed.
        _ if actions
            .any(|action| matches!(action, Action::Forge { .. } | Action::Corrupt { clients: true, .. })) =>
        {
            return None;
        }
        _ => return alone,
    };
    (!actions.any(brings)).then_some(why)
}
