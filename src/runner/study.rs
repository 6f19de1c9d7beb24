//! The trials of a study.

use super::panics::Panicked;
use super::run::{Options, simulate};
use crate::plan::Cell;
use crate::study::{Trial, Watch};

/// Makes one trial of a cell.
///
/// # Errors
/// If the world panicked.
pub fn trial(cell: &Cell, seed: u64) -> Result<Trial, Panicked> {
    let mut watch = Watch::new(&cell.plan, cell.measure);
    let end = simulate(&cell.plan, seed, &mut watch, &Options::default())?;
    Ok(watch.trial(end.time))
}
