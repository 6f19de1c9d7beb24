//! Remote procedure calls: frames as bytes, what clients and servers say to each other, and calls with deadlines.

mod calls;
pub mod frame;
pub mod store;

pub use calls::Calls;
