//! The load: who begins which operations when.

use super::{bounded, limited, positive, restraint};
use crate::plan::{Arrival, Clients, Expectation, Mix, Property, Sessions};
use crate::scenario::bounds::{self, GREATEST_WEIGHT, LONGEST, MOST_OPERATIONS, SHORTEST_BACKOFF};
use crate::scenario::notes::Notes;
use crate::scenario::path::Path;
use crate::scenario::shape;
use crate::time::Duration;

/// How many sessions are kept if nothing is said: many times as many as most scenarios have clients, since a client that
/// asks again for a session leaves one behind.
const USUAL_SESSIONS: u32 = 10_000;

/// By how much rounded shares may miss 1.
const ROUNDING: f64 = 0.011;

/// The clients.
pub(super) fn clients(path: &Path<'_>, clients: &shape::Clients, notes: &mut Notes<'_>) -> Clients {
    let count = bounded(path, clients.count, bounds::COUNT, notes);
    let backoff = restraint::backoff(&path.field("backoff"), &clients.backoff, notes);
    positive(&path.field("timeout"), clients.timeout, notes);
    let retry_after = path.field("retry_after");
    if let Some(wait) = clients.retry_after {
        limited(&retry_after, wait, notes);
        if wait < SHORTEST_BACKOFF {
            let message = format!("to ask again after {wait} is below {SHORTEST_BACKOFF}");
            notes.error(&retry_after, message, "give nodes time to answer: \"150ms\"");
        } else if wait >= clients.timeout {
            let message = format!("nobody asks again: operations are given up after {}", clients.timeout);
            notes.warn(&retry_after, message, "make it shorter than `timeout`, or take it away");
        }
    }
    Clients {
        count,
        arrival: arrival(&path.field("arrival"), clients.arrival, count, notes),
        mix: mix(&path.field("mix"), clients.mix, notes),
        keys: bounded(path, clients.keys, bounds::KEYS, notes),
        value_bytes: bounded(path, clients.value_bytes, bounds::VALUE_BYTES, notes),
        timeout: clients.timeout,
        backoff,
        retry_after: clients.retry_after,
        sessions: sessions(path, clients, notes),
        breaker: clients.breaker.map(|it| restraint::breaker(&path.field("breaker"), &it, notes)),
    }
}

/// Warns of clients that ask twice without sessions, unless that is what the scenario is about.
pub(super) fn doubtful_retries(
    path: &Path<'_>,
    clients: &Clients,
    expectations: &[Expectation],
    notes: &mut Notes<'_>,
) {
    let is_point = expectations.contains(&Expectation::Violates(Property::ExactlyOnce));
    if clients.retry_after.is_some() && clients.sessions.is_none() && !is_point {
        let message = "without sessions an operation that is asked for again may take effect twice";
        let help = "add `sessions: true`, or expect it: `Violates(ExactlyOnce)`";
        notes.warn(&path.field("retry_after"), message, help);
    }
}

fn sessions(path: &Path<'_>, clients: &shape::Clients, notes: &mut Notes<'_>) -> Option<Sessions> {
    let most = clients.most_sessions;
    let most = most.map_or(USUAL_SESSIONS, |most| bounded(path, most, bounds::MOST_SESSIONS, notes));
    if clients.most_sessions.is_some() && !clients.sessions {
        let message = "there are no sessions of which some could be kept";
        notes.warn(&path.field("most_sessions"), message, "add `sessions: true`, or take it away");
    }
    clients.sessions.then_some(Sessions { most })
}

fn arrival(path: &Path<'_>, arrival: shape::Arrival, count: u32, notes: &mut Notes<'_>) -> Arrival {
    match arrival {
        shape::Arrival::OpenLoop { rate } if rate > 0.0 && rate <= MOST_OPERATIONS => {
            let mean = mean_between(count, rate);
            if mean > LONGEST {
                let message = format!("at this rate each client begins an operation in {mean} only");
                notes.error(&path.field("rate"), message, "raise `rate`, or leave `clients` out for no load");
            }
            Arrival::OpenLoop { mean }
        }
        shape::Arrival::OpenLoop { rate } => {
            let message = format!("a rate of arrival is above 0 and at most {MOST_OPERATIONS}, not {rate}");
            let help = "it counts the operations per second of all clients together; leave `clients` out for no load";
            notes.error(&path.field("rate"), message, help);
            Arrival::OpenLoop { mean: Duration::from_secs(1) }
        }
        shape::Arrival::ClosedLoop { think } => {
            limited(&path.field("think"), think, notes);
            Arrival::ClosedLoop { think }
        }
    }
}

/// The mean time between two operations of one client when `count` of them begin `rate` operations per second.
pub(in crate::scenario) fn mean_between(count: u32, rate: f64) -> Duration {
    Duration::from_nanos((f64::from(count) * 1e9 / rate).round() as u64)
}

pub(super) fn mix(path: &Path<'_>, mix: shape::Mix, notes: &mut Notes<'_>) -> Mix {
    let weights = [mix.put, mix.get, mix.cas];
    let mut sound = true;
    for (name, weight) in ["put", "get", "cas"].into_iter().zip(weights) {
        if !(0.0..=GREATEST_WEIGHT).contains(&weight) {
            sound = false;
            let message = format!("a weight is a number from 0 to {GREATEST_WEIGHT}, not {weight}");
            notes.error_by_itself(&path.field(name), message, "leave out what does not happen");
        }
    }
    if sound && weights.iter().sum::<f64>() == 0.0 {
        sound = false;
        notes.error_by_itself(
            path,
            "all weights are 0, so there is nothing to do",
            "give one of `put`, `get`, `cas` a weight",
        );
    }
    let sum = weights.iter().sum::<f64>();
    if sound && (sum - 1.0).abs() > ROUNDING {
        let [put, get, cas] = weights.map(|weight| 100.0 * weight / sum);
        let message = format!("the weights add up to {sum}, not to 1");
        notes.warn(path, message, format!("they mean {put:.1} % put, {get:.1} % get and {cas:.1} % cas"));
    }
    shares(if sound { weights } else { [1.0, 0.0, 0.0] })
}

/// Turns weights, not all of them 0, into parts of 2^32 that add up to exactly that: rounded down, and what is then
/// missing goes to the largest remainders.
pub(in crate::scenario) fn shares(weights: [f64; 3]) -> Mix {
    const WHOLE: f64 = 4_294_967_296.0;
    let sum: f64 = weights.iter().sum();
    let exact = weights.map(|weight| weight / sum * WHOLE);
    let mut parts = exact.map(|part| part as u64);
    let mut order = [0, 1, 2];
    order.sort_by(|&a, &b| exact[b].fract().total_cmp(&exact[a].fract()));
    let missing = (1_u64 << 32).saturating_sub(parts.iter().sum());
    for &i in order.iter().take(missing as usize) {
        parts[i] += 1;
    }
    Mix { put: parts[0], get: parts[1], cas: parts[2] }
}
