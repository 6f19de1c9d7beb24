//! The requests of clients that a host has taken and not yet answered.

use crate::ids::{Address, CallId, Index, RequestId, Term};

/// Whom to answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Asker {
    pub(super) client: Address,
    pub(super) call: CallId,
}

/// A request that has become an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pending {
    pub(super) index: Index,
    pub(super) term: Term,
    pub(super) request: RequestId,
    pub(super) asker: Asker,
}

/// Requests on their way through the replica, and those that wait for their entry to be applied.
///
/// - What waits is ordered by index, then term: a node that leads again may take an index once more.
#[derive(Debug, Default)]
pub(super) struct Requests {
    last: RequestId,
    proposed: Vec<(RequestId, Asker)>,
    waiting: std::collections::VecDeque<Pending>,
}

impl Requests {
    /// A number for a request; `asker` will be answered, if there is one.
    pub(super) fn propose(&mut self, asker: Option<Asker>) -> RequestId {
        self.last = self.last.next();
        self.proposed.extend(asker.map(|asker| (self.last, asker)));
        self.last
    }

    /// The replica has decided on a request; whom it is from.
    pub(super) fn decided(&mut self, request: RequestId) -> Option<Asker> {
        let at = self.proposed.iter().position(|(proposed, _)| *proposed == request)?;
        Some(self.proposed.swap_remove(at).1)
    }

    /// A request waits for its entry.
    pub(super) fn wait(&mut self, pending: Pending) {
        let key = |pending: &Pending| (pending.index, pending.term);
        let at = self.waiting.partition_point(|other| key(other) < key(&pending));
        self.waiting.insert(at, pending);
    }

    /// The next request whose entry stands, or stood, at or below `applied`.
    pub(super) fn next_decided_by(&mut self, applied: Index) -> Option<Pending> {
        self.waiting.pop_front_if(|pending| pending.index <= applied)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::ClientId;

    #[test]
    fn requests_are_answered_by_index_and_term() {
        let asker = |call| Asker { client: ClientId(1).into(), call: CallId(call) };
        let mut requests = Requests::default();
        for (index, term) in [(5, 1), (6, 1), (5, 3)] {
            let request = requests.propose(Some(asker(index * 10 + term)));
            let asker = requests.decided(request).expect("proposed");
            requests.wait(Pending { index: Index(index), term: Term(term), request, asker });
        }
        assert_eq!(requests.next_decided_by(Index(4)), None);
        let calls: Vec<u64> =
            std::iter::from_fn(|| requests.next_decided_by(Index(6))).map(|p| p.asker.call.0).collect();
        assert_eq!(calls, [51, 53, 61]);
    }

    #[test]
    fn a_request_without_asker_is_nobodys() {
        let mut requests = Requests::default();
        let request = requests.propose(None);
        assert_eq!(requests.decided(request), None);
    }
}
