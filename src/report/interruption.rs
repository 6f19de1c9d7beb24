//! What an interrupt left unmade.

use super::format::{count, counted};
use serde::Serialize;
use std::fmt;

/// How far somebody got who was interrupted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Interruption {
    /// How many runs were made.
    pub runs: u64,
    /// How many were to be made; none if there was no end to them.
    pub planned: Option<u64>,
}

impl fmt::Display for Interruption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.planned {
            Some(planned) => {
                write!(f, "interrupted after {} of {}", count(self.runs), counted(planned, "run"))
            }
            None => write!(f, "interrupted after {}", counted(self.runs, "run")),
        }
    }
}
