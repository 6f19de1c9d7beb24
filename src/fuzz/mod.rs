//! Finding, writing down and shrinking what goes wrong. Pure: one seed at a time, no files, no threads.
//!
//! [`draw`] makes the plan of a random run from a profile and a seed, and a [`Campaign`] is what many of them come to.
//! [`Resolver`] watches a run and tells what befell it as a script: the same scenario with every fault at a given time
//! and of given nodes or links. A [`Signature`] tells one way of failing from
//! another, and [`Shrink`] finds the smallest plan that fails in the same way.

mod campaign;
mod changes;
mod covered;
mod draw;
mod drawn;
mod labels;
mod leap;
mod overload;
mod owed;
mod page;
mod resolve;
mod restraint;
mod results;
mod rounded;
mod sample;
mod seeds;
mod settled;
mod shrink;
mod signature;
mod smaller;
mod summary;

pub use campaign::{Campaign, Group, Regression};
pub use covered::{Covered, Reached};
pub use draw::{always_left_out, draw, left_out};
pub use drawn::Drawn;
pub use page::Smallest;
pub use resolve::Resolver;
pub use results::{Header, Mismatch, Missing};
pub use sample::Sample;
pub use seeds::{Seeds, Shard};
pub use shrink::{Shrink, Shrunk, Trial};
pub use signature::{Failure, Signature};
