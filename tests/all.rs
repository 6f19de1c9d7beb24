//! All tests of the library and the program from outside, as one program: so what they share is built once, which takes
//! most of their time. `cargo test NAME::` runs those of one file.

mod adapters;
mod bring_your_own;
mod ci_guide;
mod cli;
mod cluster;
mod common;
mod corruption;
mod determinism;
mod expectations;
mod explain;
mod faults;
mod flow;
mod fuzz;
mod gallery;
mod guide;
mod hunt;
mod labs;
mod layers;
mod overload;
mod partial;
mod priorities;
mod raft;
mod raft_random;
mod reads;
mod regressions;
mod scenarios;
mod sessions;
mod settled_core;
mod shipped;
mod shrink;
mod storms;
mod studies;
mod traces;
mod world;
