//! Studies: what many runs of a scenario show, over seeds and a grid of parameters.
//!
//! A [`Watch`] sees one trial and ends it as soon as all that is measured is known. The [`Samples`] of a cell are what its trials
//! showed, in the order of the seeds; [`Results`] are the figures over them, and all forms are made from these. Nothing in here
//! knows files, threads or the clock.

mod document;
mod html;
mod quantity;
mod results;
mod samples;
mod text;
mod watch;

pub(crate) use document::shown;
pub use document::{csv, json, markdown};
pub use html::{html, picture};
pub use quantity::{Kind, Quantity, quantities};
pub use results::{CellResult, Figures, PERCENTILES, Results};
pub use samples::{Samples, Trial, key};
pub use text::render;
pub use watch::Watch;
