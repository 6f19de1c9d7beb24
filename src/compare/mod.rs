//! The same scenarios and seeds with several implementations, side by side.
//!
//! [`Ran`] is what counts of one run, and [`Comparison`] what came of all of them, with the paired differences from the implementation that
//! is named first: so the luck of a seed, which is the same for all, cancels out. All forms are made from it. Nothing in here knows
//! files, threads or the clock.

mod comparison;
mod text;

pub use comparison::{Against, Came, Cell, Comparison, FIGURES, OfFigure, OfRuns, OfScenario, Ran};
