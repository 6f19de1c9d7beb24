//! Squall puts Raft in a storm and tells, with evidence, whether it stayed safe and how long it was without a leader.

pub mod ids;
pub mod plan;
pub mod replica;
pub mod rng;
pub mod scenario;
pub mod time;
pub mod trace;
