//! The state machine as a whole: the key-value store, and the sessions of its clients.

use super::Setup;
use super::sessions::{Admission, Sessions};
use super::store::Store;
use crate::ids::{CommandId, Index, NodeId, OperationId, SessionId};
use crate::net::Wire;
use crate::replica::Bug;
use crate::rpc::store::{Command, Reply, Ticket, decode_command};
use crate::trace::{Body, Digest, Disowned, Observer, Operation, Outcome};

/// What committed entries are fed to. Everything in it follows from them alone.
#[derive(Debug, Default)]
pub(super) struct StateMachine {
    store: Store,
    sessions: Sessions,
    /// How many sessions are kept at most: the same on all nodes.
    most_sessions: u32,
    bug: Option<Bug>,
}

/// What became of an entry's command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Applied {
    /// It was none, and changed nothing.
    Nothing,
    /// It opened a session, for which another may have been dropped.
    Opened { session: SessionId, dropped: Option<SessionId> },
    /// It was carried out.
    Executed { operation: Operation, command: Option<CommandId>, outcome: Outcome },
    /// It had been carried out before, with this outcome.
    Repeated { command: CommandId, outcome: Outcome },
    /// It was not carried out, and is not going to be.
    Disowned { command: CommandId, why: Disowned },
}

impl StateMachine {
    pub(super) fn new(setup: &Setup<'_>) -> Self {
        Self::with(setup.most_sessions, setup.options.bug)
    }

    fn with(most_sessions: u32, bug: Option<Bug>) -> Self {
        Self { most_sessions, bug, ..Self::default() }
    }

    /// Appends sessions, keys and values to `buffer`: equal state machines give equal bytes.
    pub(super) fn write_to(&self, buffer: &mut Vec<u8>) {
        self.sessions.encode(buffer);
        self.store.write_to(buffer);
    }

    /// Becomes what was written down so. Any bytes may come: what makes no sense is left out.
    pub(super) fn read_from(&mut self, bytes: &[u8]) {
        let (sessions, rest) = Sessions::decode(bytes).unwrap_or_default();
        (self.sessions, self.store) = (sessions, Store::read_from(rest));
    }

    /// Carries out the command of the entry at `index`, or not, as its session says.
    #[inline(always)]
    pub(super) fn apply(&mut self, index: Index, bytes: &[u8]) -> Applied {
        let Some((command, value)) = decode_command(bytes) else { return Applied::Nothing };
        let (command, operation) = match command {
            Command::Plain(operation) => (None, operation),
            Command::Register => return self.open_session(index),
            Command::InSession(ticket, operation) => match self.admit(&ticket, index) {
                Ok(()) => (Some(ticket.command), operation),
                Err(instead) => return instead,
            },
        };
        let outcome = self.store.apply(index, operation, value);
        if let Some(command) = command {
            self.sessions.keep(command, outcome);
        }
        Applied::Executed { operation, command, outcome }
    }

    fn open_session(&mut self, index: Index) -> Applied {
        let dropped = self.sessions.open(index, self.most_sessions);
        Applied::Opened { session: SessionId(index.0), dropped }
    }

    /// Whether a command in a session is to be carried out; if not, what becomes of it instead.
    fn admit(&mut self, ticket: &Ticket, index: Index) -> Result<(), Applied> {
        let command = ticket.command;
        match self.sessions.admit(ticket, index) {
            Admission::NoSession => Err(Applied::Disowned { command, why: Disowned::NoSession }),
            Admission::NotAwaited => Err(Applied::Disowned { command, why: Disowned::NotAwaited }),
            Admission::Repeated(outcome) if self.answers_from_sessions() => {
                Err(Applied::Repeated { command, outcome })
            }
            Admission::New | Admission::Repeated(_) => Ok(()),
        }
    }

    /// What a key holds, as an operation that reads it would be told.
    pub(super) fn read(&self, key: u32) -> Outcome {
        self.store.read(key)
    }

    /// Whether a command that was carried out before is answered from its session: always (Raft thesis, section 6.3).
    /// [`Bug::NoSessions`]: it is carried out again.
    fn answers_from_sessions(&self) -> bool {
        self.bug != Some(Bug::NoSessions)
    }

    /// The hash of all keys, values and sessions.
    pub(super) fn hash(&self) -> u64 {
        if self.sessions == Sessions::default() {
            return self.store.hash();
        }
        let mut all = Digest::default();
        all.fold(&[self.store.hash()]);
        self.sessions.fold_into(&mut all);
        all.value() as u64
    }
}

impl Applied {
    /// What the client is told that waits for this entry.
    pub(super) fn reply(&self) -> Reply {
        match *self {
            Self::Nothing => Reply::Applied(Outcome::Refused),
            Self::Opened { session, .. } => Reply::Registered(session),
            Self::Executed { outcome, .. } | Self::Repeated { outcome, .. } => Reply::Applied(outcome),
            Self::Disowned { why: Disowned::NoSession, .. } => Reply::NoSession,
            Self::Disowned { why: Disowned::NotAwaited, .. } => Reply::Unknown,
        }
    }

    /// Whether that is the answer to what was asked for.
    pub(super) fn is_done(&self) -> bool {
        !matches!(self, Self::Disowned { .. })
    }

    /// Records it. Out of line: only where clients may ask twice for the same is it told.
    #[cold]
    pub(super) fn record<O: Observer>(self, index: Index, node: NodeId, wire: &mut Wire<'_, O>) {
        let body = match self {
            Self::Nothing => return,
            Self::Opened { session, dropped } => Body::SessionOpened { session, dropped },
            Self::Executed { operation, command, .. } => {
                let operation = match operation {
                    Operation::Get { .. } => None,
                    Operation::Put { value, .. } | Operation::Cas { value, .. } => Some(OperationId(value)),
                };
                Body::Executed { index, operation, command }
            }
            Self::Repeated { command, .. } => Body::Repeated { index, command },
            Self::Disowned { command, why } => Body::Disowned { index, command, why },
        };
        wire.trace.effect(node.into(), body);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::Serial;
    use crate::rpc::store::encode_command;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn bytes(command: Command) -> Vec<u8> {
        let mut bytes = Vec::new();
        encode_command(&command, 8, &mut bytes);
        bytes
    }

    /// The command of a session that writes its own number.
    fn put(session: u64, serial: u64, awaited: u64) -> Vec<u8> {
        let command = CommandId { session: SessionId(session), serial: Serial(serial) };
        let value = session * 1000 + serial;
        bytes(Command::InSession(
            Ticket { command, awaited: Serial(awaited) },
            Operation::Put { key: 1, value },
        ))
    }

    fn done(previous: Option<u64>, index: u64) -> Outcome {
        Outcome::Done { previous, previous_index: Index(index), written: true }
    }

    #[test]
    fn a_repeated_write_does_not_cover_up_a_later_one() {
        let mut machine = StateMachine::with(10, None);
        let mut apply = |index, command: &[u8]| machine.apply(Index(index), command).reply();
        for index in [1, 2] {
            let session = SessionId(index);
            assert_eq!(apply(index, &bytes(Command::Register)), Reply::Registered(session));
        }
        assert_eq!(apply(3, &put(1, 1, 1)), Reply::Applied(done(None, 0)));
        assert_eq!(apply(4, &put(2, 1, 1)), Reply::Applied(done(Some(1001), 3)));
        assert_eq!(apply(5, &put(1, 1, 1)), Reply::Applied(done(None, 0)), "the first answer again");
        assert_eq!(apply(6, &put(2, 2, 2)), Reply::Applied(done(Some(2001), 4)), "and no effect");
        assert_eq!(apply(7, &put(2, 1, 1)), Reply::Unknown);
        assert_eq!(apply(8, &put(3, 1, 1)), Reply::NoSession);
    }

    #[test]
    fn the_planted_bug_carries_a_repeated_write_out_again() {
        let mut machine = StateMachine::with(10, Some(Bug::NoSessions));
        machine.apply(Index(1), &bytes(Command::Register));
        machine.apply(Index(2), &put(1, 1, 1));
        assert_eq!(machine.apply(Index(3), &put(1, 1, 1)).reply(), Reply::Applied(done(Some(1001), 2)));
    }

    #[test]
    fn a_command_that_is_none_changes_nothing() {
        let mut machine = StateMachine::with(10, None);
        let before = machine.hash();
        assert_eq!(machine.apply(Index(1), b"\xff\xff"), Applied::Nothing);
        assert_eq!(machine.hash(), before);
    }

    #[test]
    fn without_sessions_the_hash_is_that_of_the_store() {
        let mut machine = StateMachine::with(10, None);
        machine.apply(Index(1), &bytes(Command::Plain(Operation::Put { key: 1, value: 5 })));
        assert_eq!(machine.hash(), machine.store.hash());
        machine.apply(Index(2), &bytes(Command::Register));
        assert_ne!(machine.hash(), machine.store.hash());
    }

    proptest! {
        /// Any interleaving of commands and their repetitions, with sessions that come and go: each write takes effect
        /// once at most, a client that is answered twice is told the same, and two replicas agree in everything, also if one
        /// of them becomes what the other has written down.
        #[test]
        fn each_command_takes_effect_once_at_most(
            steps in prop::collection::vec((0..8_u8, 1..20_u64, 1..5_u64, 0..4_u64), 0..100)
        ) {
            let mut replicas = [StateMachine::with(3, None), StateMachine::with(3, None)];
            let (mut effects, mut answers) = (BTreeSet::new(), std::collections::BTreeMap::new());
            for (index, (kind, session, serial, awaited)) in (1..).map(Index).zip(steps) {
                let command =
                    if kind == 0 { bytes(Command::Register) } else { put(session, serial, awaited.min(serial)) };
                if kind == 7 {
                    let mut written = Vec::new();
                    replicas[0].write_to(&mut written);
                    replicas[1] = StateMachine::with(3, None);
                    replicas[1].read_from(&written);
                }
                let [applied, other] = replicas.each_mut().map(|replica| replica.apply(index, &command));
                prop_assert_eq!(applied, other);
                if let Applied::Executed { command, .. } = applied {
                    prop_assert!(effects.insert(command), "{command:?} took effect twice");
                }
                if let Applied::Executed { command: Some(command), outcome, .. }
                    | Applied::Repeated { command, outcome } = applied
                {
                    prop_assert_eq!(*answers.entry(command).or_insert(outcome), outcome);
                }
                prop_assert_eq!(replicas[0].hash(), replicas[1].hash());
            }
        }
    }
}
