//! Numbers that people would have written: rounded, where it still fails.

use super::smaller::{begin, finish};
use crate::plan::{Arrival, End, Link, Plan, Start};
use crate::rng::{Distribution, Rate};
use crate::time::{Duration, Time};

/// The steps to which times are rounded, in nanoseconds, the coarsest first.
pub(super) const STEPS: [u64; 8] =
    [1_000_000_000, 500_000_000, 100_000_000, 50_000_000, 10_000_000, 1_000_000, 100_000, 10_000];

/// How many digits of parameters are kept, the fewest first.
const DIGITS: [usize; 2] = [1, 2];

/// Nobody stumbles over a number with so many digits.
const ROUND_ENOUGH: usize = 2;

/// For each number of a plan, which fails at this time, the plans in which it is rounded, the roundest first. Every
/// fault is scripted; in the end they stand in the order of time.
pub(super) fn rounded(plan: &Plan, at: Time) -> Vec<Vec<Plan>> {
    let mut all = vec![ends(plan, at)];
    let parameters = lengths(&mut plan.clone()).len();
    let length = |place: usize, digits| {
        changed(plan, |plan| {
            let length = &mut *lengths(plan)[place];
            *length = Duration::from_nanos(significant(length.nanos() as f64, digits) as u64);
        })
    };
    all.extend(
        (0..parameters).map(|place| DIGITS.iter().filter_map(|digits| length(place, *digits)).collect()),
    );
    for rate in [(|link| &mut link.loss) as fn(&mut Link) -> &mut Rate, |link| &mut link.duplicate] {
        let rounder = |plan: &mut Plan, digits| {
            let rate = rate(&mut plan.network.default);
            *rate = Rate::new(significant(rate.as_f64(), digits)).unwrap_or(*rate);
        };
        all.push(DIGITS.iter().filter_map(|digits| changed(plan, |plan| rounder(plan, *digits))).collect());
    }
    all.push(DIGITS.iter().filter_map(|digits| changed(plan, |plan| operations(plan, *digits))).collect());
    for place in 0..plan.faults.len() {
        all.push(
            STEPS.iter().filter_map(|step| changed(plan, |plan| round_begin(plan, place, *step))).collect(),
        );
        all.push(
            STEPS.iter().filter_map(|step| changed(plan, |plan| round_end(plan, place, *step))).collect(),
        );
    }
    all.push(changed(plan, |plan| plan.faults.sort_by_key(begin)).into_iter().collect());
    all.push(ends(plan, at));
    all
}

/// A changed plan, if it is one.
fn changed(plan: &Plan, change: impl FnOnce(&mut Plan)) -> Option<Plan> {
    let mut other = plan.clone();
    change(&mut other);
    (other != *plan).then_some(other)
}

/// The run ends at a round time after its failure.
fn ends(plan: &Plan, at: Time) -> Vec<Plan> {
    let end = |step: &u64| Duration::from_nanos((at.nanos() + 1).div_ceil(*step) * step);
    let rounder = STEPS.iter().map(end).take_while(|end| *end != plan.duration);
    rounder.map(|duration| Plan { duration, ..plan.clone() }).collect()
}

/// A number with so many significant decimal digits. One that has few already is round enough.
fn significant(number: f64, digits: usize) -> f64 {
    let with = |digits: usize| format!("{number:.*e}", digits - 1).parse().unwrap_or(number);
    if with(ROUND_ENOUGH) == number { number } else { with(digits) }
}

/// The lengths of time that are parameters of the models.
fn lengths(plan: &mut Plan) -> Vec<&mut Duration> {
    let (cluster, network) = (&mut plan.cluster, &mut plan.network);
    let (least, most) = &mut cluster.raft.election_timeout;
    let mut all = vec![&mut cluster.raft.heartbeat, least, most, &mut cluster.call_timeout];
    all.extend([&mut cluster.cpu.cost_per_frame, &mut cluster.cpu.cost_per_kib]);
    all.extend(bounds(&mut cluster.flush));
    all.extend(bounds(&mut network.default.latency));
    all.extend(bounds(&mut network.clients.latency));
    if let Some(clients) = &mut plan.clients {
        all.push(&mut clients.timeout);
        if let Arrival::ClosedLoop { think } = &mut clients.arrival {
            all.push(think);
        }
    }
    all
}

fn bounds(distribution: &mut Distribution) -> Vec<&mut Duration> {
    match distribution {
        Distribution::Constant(delay) => vec![delay],
        Distribution::Uniform(least, most) => vec![least, most],
        Distribution::Exponential { min, mean, max } => vec![min, mean, max],
    }
}

/// Rounds how many operations all clients together begin in a second.
fn operations(plan: &mut Plan, digits: usize) {
    if let Some(clients) = &mut plan.clients
        && let Arrival::OpenLoop { mean } = &mut clients.arrival
    {
        let count = f64::from(clients.count);
        let rate = significant(count * 1e9 / mean.nanos() as f64, digits);
        *mean = Duration::from_nanos(libm::round(count * 1e9 / rate) as u64);
    }
}

fn round_begin(plan: &mut Plan, place: usize, step: u64) {
    let fault = &mut plan.faults[place];
    let start = near(begin(fault), step);
    if finish(fault).is_none_or(|until| start < until) {
        fault.start = Start::At(start);
    }
}

fn round_end(plan: &mut Plan, place: usize, step: u64) {
    let end = Time::ZERO + plan.duration;
    let fault = &mut plan.faults[place];
    if let Some(until) = finish(fault).map(|until| near(until, step))
        && until > begin(fault)
        && until < end
    {
        fault.end = End::Until(until);
    }
}

fn near(time: Time, step: u64) -> Time {
    Time::from_nanos((time.nanos() + step / 2) / step * step)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_their_first_digits() {
        for (number, one, two) in
            [(48_371.0, 5e4, 48e3), (0.096, 0.096, 0.096), (7.0, 7.0, 7.0), (0.0, 0.0, 0.0)]
        {
            assert_eq!((significant(number, 1), significant(number, 2)), (one, two));
        }
    }

    #[test]
    fn times_go_to_the_nearest_step() {
        let ms = |ms| Time::ZERO + Duration::from_millis(ms);
        for (time, nearest) in [(0, 0), (24, 0), (25, 50), (74, 50), (75, 100)] {
            assert_eq!(near(ms(time), STEPS[3]), ms(nearest));
        }
    }
}
