//! Ranges: in order, and such that each order of magnitude in them can be drawn.

use crate::plan::Between;
use crate::scenario::bounds::{Bounds, no_rate};
use crate::scenario::meaning::{limited, quoted_name};
use crate::scenario::notes::Notes;
use crate::scenario::path::Path;
use crate::time::Duration;
use std::fmt::Display;

/// A range of times.
pub(super) fn times(
    path: &Path<'_>,
    (least, most): (Duration, Duration),
    notes: &mut Notes<'_>,
) -> Between<Duration> {
    limited(path, most, notes);
    if least == Duration::ZERO {
        let help =
            format!("begin with something short: (\"1us\", \"{}\")", most.max(Duration::from_micros(1)));
        notes.error(
            path,
            "the range begins at 0s, and each order of magnitude in it is to be equally likely",
            help,
        );
    }
    let quoted = |time: Duration| format!("\"{time}\"");
    if least > most {
        reversed(path, (quoted(least), quoted(most)), notes);
    }
    Between { least, most: most.max(least) }
}

/// A range of whole numbers within bounds.
pub(super) fn wholes(
    path: &Path<'_>,
    (least, most): (u64, u64),
    bounds: Bounds,
    notes: &mut Notes<'_>,
) -> Between<u32> {
    for value in [least, most] {
        if !(bounds.least..=bounds.most).contains(&value) {
            let message =
                format!("`{}` has to be from {} to {}, not {value}", bounds.name, bounds.least, bounds.most);
            let nearest = value.clamp(bounds.least, bounds.most);
            notes.error(path, message, format!("the nearest that fits is {nearest}"));
            return Between { least: bounds.least as u32, most: bounds.least as u32 };
        }
    }
    if least > most {
        reversed(path, (least, most), notes);
    }
    Between { least: least as u32, most: most.max(least) as u32 }
}

/// A range of numbers between two bounds, in thousandths; and why there can't be less.
pub(super) fn thousandths(
    path: &Path<'_>,
    (least, most): (f64, f64),
    (bounds, why): (Between<u32>, &str),
    notes: &mut Notes<'_>,
) -> Between<u32> {
    let [lowest, greatest] = [bounds.least, bounds.most].map(|bound| f64::from(bound) / 1000.0);
    for value in [least, most] {
        if !(lowest..=greatest).contains(&value) {
            let message = format!("{} has to be from {lowest} to {greatest}, not {value}", quoted_name(path));
            let help = if value > greatest {
                format!("the greatest that fits is {greatest}")
            } else {
                format!("{why}; the least that fits is {lowest}")
            };
            notes.error(path, message, help);
            return Between { least: bounds.least, most: bounds.least };
        }
    }
    if least > most {
        reversed(path, (least, most), notes);
    }
    let whole = |value: f64| (value * 1000.0).round() as u32;
    Between { least: whole(least), most: whole(most.max(least)) }
}

/// A range of probabilities above 0, in parts of 10^9.
pub(super) fn parts_per_billion(
    path: &Path<'_>,
    (least, most): (f64, f64),
    notes: &mut Notes<'_>,
) -> Between<u32> {
    for value in [least, most] {
        if !(1e-9..=1.0).contains(&value) {
            let message = format!("a rate in a range is from 0.000000001 to 1, not {value}");
            let help = match value {
                percent if percent > 1.0 && percent <= 100.0 => no_rate(percent).1,
                _ => "what is not to happen in some runs is made less `likely`".to_string(),
            };
            notes.error(path, message, help);
            return Between { least: 1, most: 1 };
        }
    }
    if least > most {
        reversed(path, (least, most), notes);
    }
    let parts = |value: f64| (value * 1e9).round() as u32;
    Between { least: parts(least), most: parts(most.max(least)) }
}

/// Notes a range whose end lies before its beginning.
pub(super) fn reversed<T: Display>(path: &Path<'_>, (least, most): (T, T), notes: &mut Notes<'_>) {
    let message = format!("the range begins at {least}, above its end at {most}");
    notes.error(path, message, format!("write ({most}, {least})"));
}
