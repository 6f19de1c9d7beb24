//! Records of what happens.
pub mod digest;
