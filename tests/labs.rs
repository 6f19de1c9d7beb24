//! The cases by which students of MIT's course 6.5840 judge their Raft, told anew for a simulated cluster. What each demands
//! is the lab's; how a cluster is built, cut and crashed is `labs/lab.rs`, which holds every run to all rules of safety.
//!
//! Each case runs with many seeds. With the odd ones pre-vote, check-quorum and sticky servers are on.

#[path = "labs/agreement.rs"]
mod agreement;
#[path = "labs/elections.rs"]
mod elections;
#[path = "labs/lab.rs"]
mod lab;
#[path = "labs/persistence.rs"]
mod persistence;
#[path = "labs/snapshots.rs"]
mod snapshots;
