//! Squall puts Raft in a storm and tells, with evidence, whether it stayed safe and how long it was without a leader.
//!
//! A run is a pure function of a scenario and a seed:
//!
//! ```text
//! scenario (RON) + seed -> plan -> world -> records -> checkers, metrics -> report
//!                                  |
//!                                  host = cpu + disk + calls + state machine + Box<dyn Replica>
//! ```
//!
//! # The map
//!
//! A module sees lower floors only; a test holds every path in the sources against this table.
//!
//! | floor | modules | what lives there |
//! |---|---|---|
//! | 0 | [`time`] [`ids`] [`rng`] [`queue`] [`property`] [`history`] | virtual time, newtype ids, random streams, the event queue, the demands of safety, histories and whether they can be ordered |
//! | 1 | [`replica`] [`plan`] [`trace`] [`statistics`] | the seam to any Raft; what a scenario means; records, causes, digest, traces; intervals of what was estimated |
//! | 2 | [`raft`] [`adapters`] [`rpc`] [`net`] [`disk`] [`cpu`] [`scenario`] | our Raft; that of others; frames and calls; the models; the reader of scenarios |
//! | 3 | [`host`] [`client`] | one machine; one client |
//! | 4 | [`world`] [`check`] | the event loop and the faults; the rules of Raft, judged on records alone |
//! | 5 | [`report`] [`fuzz`] [`study`] [`advise`] [`diff`] [`compare`] | what the records say of elections, liveness and expectations; runs as scripts; what many runs show over a grid of parameters; which timers suit a scenario; what changed between two reports; implementations side by side |
//! | 6 | [`runner`] | runs worlds, many at a time, with progress and files, and keeps panics inside them |
//! | 7 | [`cli`] [`testing`] | the program; scenarios and random runs as tests of a crate |
//!
//! # From code
//!
//! ```
//! use squall::{raft::RaftSoftware, report::Judges, scenario, world::World};
//!
//! let text = r#"(format: 1, name: "cold start", duration: "2s", cluster: (voters: 5))"#;
//! let (plan, _) = scenario::read(text).expect("a scenario");
//! let mut judges = Judges::new(&plan);
//! let end = World::new(&plan, &RaftSoftware, 7, &mut judges).run();
//! assert_eq!(judges.violations(), 0);
//! assert_eq!(judges.metrics().counters().elections, 1);
//! assert_eq!(World::new(&plan, &RaftSoftware, 7, ()).run().digest, end.digest);
//! ```

pub mod adapters;
pub mod advise;
pub mod check;
pub mod cli;
pub mod client;
pub mod compare;
pub mod cpu;
pub mod diff;
pub mod disk;
pub mod fuzz;
pub mod history;
pub mod host;
pub mod ids;
pub mod net;
pub mod plan;
pub mod property;
pub mod queue;
pub mod raft;
pub mod replica;
pub mod report;
pub mod rng;
pub mod rpc;
pub mod runner;
pub mod scenario;
pub mod statistics;
pub mod study;
pub mod testing;
pub mod time;
pub mod trace;
pub mod world;
