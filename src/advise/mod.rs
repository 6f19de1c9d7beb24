//! Which timers suit a scenario's network and machines: how long nobody leads after a crash of the leader, against how often a
//! leader is deposed without need.
//!
//! A [`Setting`] is a choice of the timers, and a [`grid`] of them is derived from the latencies. Each is tried in two kinds of trial, with the
//! same seeds as every other: [`crash`] and [`quiet`]. All have the first seeds, and those that are [`promising`] after that have all.
//! [`Advice`] is what came of it, and all forms are made from that. Nothing in here knows files, threads or the clock.

mod advice;
mod choice;
mod grid;
mod picture;
mod text;
mod tried;

pub use advice::{Advice, OfSetting, Versus};
pub use choice::{FIRST, promising};
pub use grid::{Setting, crash, grid, horizon, one_way, quiet, thesis_rule};
pub use tried::Tried;
