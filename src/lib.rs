//! Squall puts Raft in a storm and tells, with evidence, whether it stayed safe and how long it was without a leader.

pub mod check;
pub mod ids;
pub mod plan;
pub mod replica;
pub mod report;
pub mod rng;
pub mod time;
pub mod trace;
