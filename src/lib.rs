//! Squall puts Raft in a storm and tells, with evidence, whether it stayed safe and how long it was without a leader.

pub mod check;
pub mod cli;
pub mod client;
pub mod disk;
pub mod host;
pub mod ids;
pub mod net;
pub mod plan;
pub mod queue;
pub mod raft;
pub mod replica;
pub mod report;
pub mod rng;
pub mod rpc;
pub mod runner;
pub mod scenario;
pub mod time;
pub mod trace;
pub mod world;
