//! Calls to one peer that wait for their answers.

use crate::ids::CallId;
use crate::time::Time;
use std::collections::VecDeque;

/// The open calls to one peer, oldest first. Ids and deadlines rise.
#[derive(Debug, Default)]
pub struct Calls {
    open: VecDeque<Open>,
}

#[derive(Clone, Copy, Debug)]
struct Open {
    call: CallId,
    kind: u8,
    deadline: Time,
}

impl Calls {
    /// A request of this kind was sent and has to be answered by `deadline`.
    ///
    /// # Panics
    /// If ids or deadlines go back.
    pub fn open(&mut self, call: CallId, kind: u8, deadline: Time) {
        if let Some(last) = self.open.back() {
            assert!(last.call < call && last.deadline <= deadline, "calls are opened in order");
        }
        self.open.push_back(Open { call, kind, deadline });
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

    /// Takes the oldest call whose deadline has passed: it has failed.
    #[inline]
    pub fn expired(&mut self, now: Time) -> Option<(CallId, u8)> {
        let oldest = self.open.front().filter(|oldest| oldest.deadline < now)?;
        let failed = (oldest.call, oldest.kind);
        self.open.pop_front();
        Some(failed)
    }

    /// Forgets all calls, as a crash does.
    pub fn clear(&mut self) {
        self.open.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_answered_once_or_expires_once() {
        let at = Time::from_nanos;
        let mut calls = Calls::default();
        calls.open(CallId(1), 7, at(10));
        calls.open(CallId(2), 7, at(20));
        calls.open(CallId(5), 8, at(20));
        assert!(calls.answer(CallId(2)));
        assert!(!calls.answer(CallId(2)), "a duplicated answer");
        assert_eq!(calls.expired(at(10)), None, "an answer at the deadline is in time");
        assert_eq!(calls.expired(at(11)), Some((CallId(1), 7)));
        assert!(!calls.answer(CallId(1)), "a late answer");
        assert_eq!(calls.expired(at(21)), Some((CallId(5), 8)));
        assert_eq!(calls.expired(at(99)), None);
    }
}
