//! Finding, writing down and shrinking what goes wrong. Pure: one seed at a time, no files, no threads.
//!
//! [`Resolver`] watches a run and tells what befell it as a script: the same scenario with every fault at a given time
//! and of given nodes or links. A [`Signature`] tells one way of failing from another.

mod resolve;
mod signature;

pub use resolve::Resolver;
pub use signature::Signature;
