//! Two reports of a study, cell by cell and seed by seed.

mod compare;
mod read;
mod text;

pub use compare::{OfCell, OfQuantity, OfStudy};
pub use read::{Columns, Measured, Study};
