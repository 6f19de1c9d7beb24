//! Calls to one peer that wait for their answers.

use crate::ids::{CallId, RecordId};
use crate::time::Time;
use std::collections::VecDeque;

/// The open calls to one peer, in the order of their ids.
#[derive(Debug, Default)]
pub struct Calls {
    open: VecDeque<Open>,
}

#[derive(Clone, Copy, Debug)]
struct Open {
    call: CallId,
    kind: u8,
    deadline: Time,
    sent: RecordId,
}

impl Calls {
    /// A request of this kind was sent, in that record, and has to be answered by `deadline`.
    #[inline]
    pub fn open(&mut self, call: CallId, kind: u8, deadline: Time, sent: RecordId) {
        let open = Open { call, kind, deadline, sent };
        match self.open.back() {
            // A request that had to wait for its sender's disk may be overtaken by one that had not.
            Some(last) if last.call > call => {
                let at = self.open.partition_point(|other| other.call < call);
                self.open.insert(at, open);
            }
            _ => self.open.push_back(open),
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.open.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    /// An answer came. Whether the call was still open.
    #[inline]
    pub fn answer(&mut self, call: CallId) -> bool {
        // Most answers come in the order of their calls.
        if self.open.pop_front_if(|oldest| oldest.call == call).is_some() {
            return true;
        }
        match self.open.binary_search_by_key(&call, |open| open.call) {
            Ok(at) => self.open.remove(at).is_some(),
            Err(_) => false,
        }
    }

    /// Whether the oldest call's deadline has passed.
    #[inline]
    pub fn is_any_late(&self, now: Time) -> bool {
        self.open.front().is_some_and(|oldest| oldest.deadline < now)
    }

    /// Takes the oldest call if its deadline has passed: it has failed. Returns it with its kind and the record of its
    /// sending.
    pub fn expired(&mut self, now: Time) -> Option<(CallId, u8, RecordId)> {
        let oldest = self.open.pop_front_if(|oldest| oldest.deadline < now)?;
        Some((oldest.call, oldest.kind, oldest.sent))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::num::NonZeroU64;

    #[test]
    fn a_call_is_answered_once_or_expires_once() {
        let at = Time::from_nanos;
        let sent = RecordId(NonZeroU64::MIN);
        let mut calls = Calls::default();
        calls.open(CallId(1), 7, at(10), sent);
        calls.open(CallId(2), 7, at(20), sent);
        calls.open(CallId(5), 8, at(20), sent);
        assert!(calls.answer(CallId(2)));
        assert!(!calls.answer(CallId(2)), "a duplicated answer");
        assert_eq!(calls.expired(at(10)), None, "an answer at the deadline is in time");
        assert_eq!(calls.expired(at(11)), Some((CallId(1), 7, sent)));
        assert!(!calls.answer(CallId(1)), "a late answer");
        assert_eq!(calls.expired(at(21)), Some((CallId(5), 8, sent)));
        assert_eq!(calls.expired(at(99)), None);
    }

    #[test]
    fn a_call_that_was_overtaken_is_still_found() {
        let mut calls = Calls::default();
        for call in [3, 1, 2] {
            calls.open(CallId(call), 7, Time::from_nanos(10), RecordId(NonZeroU64::MIN));
        }
        assert!([2, 1, 3].iter().all(|&call| calls.answer(CallId(call))));
    }
}
