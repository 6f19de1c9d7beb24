//! What changed between two reports on runs: of the same scenarios with the same seeds, by two versions of something.
//!
//! A [`Document`] is what was read of a report: one that `squall run --json` printed, the JSON summary of many seeds, or the results of a
//! study. A [`Difference`] compares two of them seed by seed (of studies in each cell of the grid), so that luck, which is the same on both sides, cancels out. All forms are made from it.
//! Nothing in here knows files, threads or the clock.

mod compare;
mod figure;
mod read;
mod study;
mod text;
mod values;

pub use compare::{Change, Counted, Difference, OfScenario, Parameter, Turn};
pub use figure::{Figure, Wish};
pub use read::{Document, OfRun, Runs};
pub use study::{Columns, Measured, OfCell, OfQuantity, OfStudy, Study};
pub(crate) use values::differences;
pub use values::{FEWEST, Ruling, Values};
