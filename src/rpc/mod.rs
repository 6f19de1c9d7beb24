//! Remote procedure calls: frames as bytes, what clients and servers say to each other, and calls with deadlines.

mod calls;
pub mod frame;
mod integrity;
pub mod store;

pub use calls::Calls;
pub use integrity::Integrity;
