//! Where the true figures lie of which the runs of a batch are samples. Every run has a seed of its own.

use super::Batch;
use crate::statistics::{Interval, Z_95};

/// Which percentiles of the spans without a leader are told, in tenths of a percent.
pub(super) const PERCENTILES: [(&str, u64); 4] = [("p50", 500), ("p90", 900), ("p99", 990), ("p99.9", 999)];

/// Intervals at 95 %, over seeds.
#[derive(Clone, Debug)]
pub(super) struct Intervals {
    /// The share of runs that fail.
    pub(super) failed: Interval,
    /// The share of time with an effective leader.
    pub(super) leader: Option<Interval>,
    /// The share of operations that are done.
    pub(super) clients: Option<Interval>,
    /// How often a node becomes leader of a term in a run.
    pub(super) elections: Option<Interval>,
    /// The time without an effective leader in a run.
    pub(super) leaderless: Option<Interval>,
    /// The mean length of spans without an effective leader.
    pub(super) span: Option<Interval>,
    /// The percentiles of spans without an effective leader; none where too few spans lie beyond.
    pub(super) spans: Vec<Option<Interval>>,
}

impl Intervals {
    pub(super) fn of(batch: &Batch) -> Self {
        let each = &batch.each;
        let shares = |of: &dyn Fn(usize) -> (u64, u64)| {
            Interval::of_share(&(0..each.len()).map(of).collect::<Vec<_>>())
        };
        let means =
            |of: &dyn Fn(usize) -> u64| Interval::of_mean(&(0..each.len()).map(of).collect::<Vec<_>>());
        let sizes: Vec<u32> = each.iter().map(|run| run.spans).collect();
        Self {
            failed: Interval::of_rate(batch.total.failed, batch.total.runs, Z_95),
            leader: shares(&|at| each[at].with_leader()),
            clients: shares(&|at| (each[at].done, each[at].invoked)),
            elections: means(&|at| each[at].elections),
            leaderless: means(&|at| each[at].leaderless_ns),
            span: Interval::of_ratio(
                &each.iter().map(|run| (run.leaderless_ns, u64::from(run.spans))).collect::<Vec<_>>(),
            ),
            spans: Interval::of_percentiles(&sizes, &batch.vacant, &PERCENTILES.map(|(_, tenths)| tenths)),
        }
    }
}
