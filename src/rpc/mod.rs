//! Remote procedure calls: frames as bytes, what clients and servers say to each other, who may ask for what, and calls
//! with deadlines.

pub mod access;
pub mod breaker;
mod calls;
pub mod frame;
mod integrity;
pub mod store;

pub use calls::Calls;
pub use integrity::Integrity;
