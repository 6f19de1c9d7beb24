//! The second pass over storms of random faults.

use super::faults::action;
use super::setting::Setting;
use super::{distribution, limited, mean};
use crate::plan::Storm;
use crate::scenario::bounds::SHORTEST_MEAN;
use crate::scenario::notes::Notes;
use crate::scenario::path::Path;
use crate::scenario::shape;
use crate::time::{Duration, Time};

/// The storms, in the order of the file.
pub(super) fn storms(
    path: &Path<'_>,
    storms: &[shape::Storm],
    setting: &Setting<'_>,
    notes: &mut Notes<'_>,
) -> Vec<Storm> {
    let mut read = Vec::with_capacity(storms.len());
    for (i, storm) in storms.iter().enumerate() {
        let path = path.item(i);
        let during = during(&path.field("during"), storm.during, setting, notes);
        let before = notes.count();
        let every = distribution(&path.field("every"), storm.every, notes);
        if notes.count() == before && mean(&every) < SHORTEST_MEAN {
            let message = format!("faults can't come more often than once in {SHORTEST_MEAN} on average");
            let help = format!("write `Exponential(mean: \"{SHORTEST_MEAN}\")` or more");
            notes.error(&path.field("every"), message, help);
        }
        let before = notes.count();
        let length = distribution(&path.field("for"), storm.r#for, notes);
        if notes.count() == before && length.max() == Duration::ZERO {
            notes.error(
                &path.field("for"),
                "these faults last no time at all",
                "write `Constant(\"100ms\")` or more",
            );
        }
        let action = action(&path.field("do"), &storm.r#do, setting, notes);
        read.push(Storm { during, every, length, action });
    }
    read
}

/// From when to when a storm lasts.
fn during(
    path: &Path<'_>,
    during: Option<(Duration, Duration)>,
    setting: &Setting<'_>,
    notes: &mut Notes<'_>,
) -> (Time, Time) {
    let stop = setting.stop();
    let (from, to) = during.unwrap_or((Duration::ZERO, stop));
    limited(path, to, notes);
    if from >= to {
        let message = format!("the storm ends at {to}, which is not after its beginning at {from}");
        notes.error(path, message, "both are times of the run: (\"5s\", \"40s\")");
    } else if to > setting.run {
        let message = format!("the storm ends at {to}, after the run, which ends at {}", setting.run);
        notes.error(path, message, "leave `during` out if it lasts as long as it can");
    } else if to > stop {
        let message = format!("the storm ends at {to}, but the run settles at {stop}");
        let help = format!("let it end by \"{stop}\", or leave `during` out if it lasts as long as it can");
        notes.error(path, message, help);
    }
    (Time::from_nanos(from.nanos()), Time::from_nanos(to.nanos()))
}
