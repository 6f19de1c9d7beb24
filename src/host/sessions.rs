//! Client sessions: what makes a command take effect once although it is asked for twice (Raft thesis, section 6.3).
//!
//! A client whose request stays without an answer can't know whether it was carried out. So each client opens a
//! session and numbers its commands in it, and the state machine keeps, for each session, the answers:
//!
//! - **Opening a session is a command in the log.** The session's id is that entry's index, so no two are the same.
//! - **A command that was carried out is answered again** from the session, without effect. Not just the answer to the
//!   last one is kept: a client may have several commands under way. It says which is the lowest serial number that it
//!   still waits for, and the answers to all lower ones are forgotten; a command below is not carried out any more.
//! - **The number of sessions is bounded.** When one more is opened, the one that was unused for longest is dropped, by
//!   the index of its last command. A client can't tell whether a command of a dropped session was carried out; so the
//!   command is refused for good, and the client has to say that it does not know.
//!
//! All of this is decided by the entries of the log alone, never by a clock or by what arrives where, so all replicas
//! agree on which sessions there are and on what each command does.

use crate::ids::{CommandId, Index, Serial, SessionId};
use crate::rpc::store::Ticket;
use crate::trace::{Digest, Outcome};
use std::collections::VecDeque;

/// All sessions.
///
/// - They are in the order of their ids, which is that of their opening.
/// - No two were used last by the same entry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Sessions {
    sessions: Vec<Session>,
}

/// One client's session.
///
/// - Its answers are in the order of their serial numbers, none of which is below `awaited`.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Session {
    id: SessionId,
    last_used: Index,
    /// The lowest serial number for which the client still waits.
    awaited: Serial,
    answers: VecDeque<(Serial, Answer)>,
}

/// What a command that was carried out has found and done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Answer {
    previous: Option<u64>,
    previous_index: Index,
    written: bool,
}

/// What is to become of a command in a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Admission {
    /// It was not carried out yet: now it is to be.
    New,
    /// It was carried out, with this outcome.
    Repeated(Outcome),
    /// Its client does not wait for it any more.
    NotAwaited,
    /// There is no such session.
    NoSession,
}

impl Sessions {
    /// Opens the session of the entry at `index`. If there would then be more than `most`, the one unused for longest is
    /// dropped, and returned.
    pub(super) fn open(&mut self, index: Index, most: u32) -> Option<SessionId> {
        let oldest = (self.sessions.len() >= most as usize).then(|| {
            let places = 0..self.sessions.len();
            places
                .min_by_key(|place| self.sessions[*place].last_used)
                .map(|place| self.sessions.remove(place).id)
        });
        let (id, awaited) = (SessionId(index.0), Serial::ZERO);
        self.sessions.push(Session { id, last_used: index, awaited, answers: VecDeque::new() });
        oldest.flatten()
    }

    /// What is to become of the command of the entry at `index`. Whatever it is, the session was used.
    pub(super) fn admit(&mut self, ticket: &Ticket, index: Index) -> Admission {
        let Ticket { command: CommandId { session, serial }, awaited } = *ticket;
        let Some(session) = self.find(session) else { return Admission::NoSession };
        session.last_used = index;
        session.forget_below(awaited);
        if serial < session.awaited {
            return Admission::NotAwaited;
        }
        match session.place(serial) {
            Ok(at) => Admission::Repeated(session.answers[at].1.into()),
            Err(_) => Admission::New,
        }
    }

    /// Keeps what a command has found and done. One of no session, or already kept, is not kept.
    pub(super) fn keep(&mut self, command: CommandId, outcome: Outcome) {
        let Outcome::Done { previous, previous_index, written } = outcome else { return };
        if let Some(session) = self.find(command.session)
            && let Err(at) = session.place(command.serial)
        {
            session.answers.insert(at, (command.serial, Answer { previous, previous_index, written }));
        }
    }

    fn find(&mut self, id: SessionId) -> Option<&mut Session> {
        let at = self.sessions.binary_search_by_key(&id, |session| session.id).ok()?;
        self.sessions.get_mut(at)
    }

    /// Folds all of it in; nothing if there is no session.
    pub(super) fn fold_into(&self, digest: &mut Digest) {
        for Session { id, last_used, awaited, answers } in &self.sessions {
            digest.fold(&[id.0, last_used.0, awaited.0, answers.len() as u64]);
            for (serial, answer) in answers {
                digest.fold(&[
                    serial.0,
                    answer.flags(),
                    answer.previous.unwrap_or(0),
                    answer.previous_index.0,
                ]);
            }
        }
    }
}

impl Session {
    fn forget_below(&mut self, awaited: Serial) {
        self.awaited = self.awaited.max(awaited);
        while self.answers.pop_front_if(|(serial, _)| *serial < self.awaited).is_some() {}
    }

    /// Where the answer to this command is, or would be.
    fn place(&self, serial: Serial) -> Result<usize, usize> {
        self.answers.binary_search_by_key(&serial, |(serial, _)| *serial)
    }
}

impl Answer {
    fn flags(&self) -> u64 {
        u64::from(self.written) << 1 | u64::from(self.previous.is_some())
    }
}

impl From<Answer> for Outcome {
    fn from(Answer { previous, previous_index, written }: Answer) -> Self {
        Self::Done { previous, previous_index, written }
    }
}

// ---- as bytes, for snapshots ----

/// Bytes of a session before its answers.
const SESSION: usize = 28;
/// Bytes of an answer.
const ANSWER: usize = 25;

impl Sessions {
    /// Appends all of it: `count u32`, then for each session
    /// `id u64 | last used u64 | awaited u64 | answers u32`, then for each answer
    /// `serial u64 | flags u8 | previous u64 | previous index u64`; little-endian.
    ///
    /// # Panics
    /// If there are 2^32 sessions, or answers in one of them.
    pub(super) fn encode(&self, buffer: &mut Vec<u8>) {
        let count = |many: usize| u32::try_from(many).expect("fewer than 2^32").to_le_bytes();
        buffer.extend_from_slice(&count(self.sessions.len()));
        for Session { id, last_used, awaited, answers } in &self.sessions {
            for number in [id.0, last_used.0, awaited.0] {
                buffer.extend_from_slice(&number.to_le_bytes());
            }
            buffer.extend_from_slice(&count(answers.len()));
            for (serial, answer) in answers {
                buffer.extend_from_slice(&serial.0.to_le_bytes());
                buffer.push(answer.flags() as u8);
                buffer.extend_from_slice(&answer.previous.unwrap_or(0).to_le_bytes());
                buffer.extend_from_slice(&answer.previous_index.0.to_le_bytes());
            }
        }
    }

    /// Reads what [`Sessions::encode`] wrote, and returns it with the bytes after it; `None` if it is not that. Never
    /// panics, and never takes more room than the bytes account for.
    pub(super) fn decode(bytes: &[u8]) -> Option<(Self, &[u8])> {
        let (count, mut rest) = bytes.split_first_chunk()?;
        let mut sessions = Vec::new();
        for _ in 0..u32::from_le_bytes(*count) {
            let (head, after) = rest.split_first_chunk::<SESSION>()?;
            let (words, answers) = head.split_at(24);
            let [id, last_used, awaited] = numbers(words)?;
            rest = after;
            let mut session = Session {
                id: SessionId(id),
                last_used: Index(last_used),
                awaited: Serial(awaited),
                answers: VecDeque::new(),
            };
            for _ in 0..u32::from_le_bytes(answers.try_into().ok()?) {
                let (answer, after) = rest.split_first_chunk::<ANSWER>()?;
                session.answers.push_back(decode_answer(answer)?);
                rest = after;
            }
            sessions.push(session);
        }
        let all = Self { sessions };
        all.is_sound().then_some((all, rest))
    }

    /// Whether everything is in its order.
    fn is_sound(&self) -> bool {
        let answers = |session: &Session| {
            session.answers.front().is_none_or(|(first, _)| *first >= session.awaited)
                && session.answers.iter().map(|(serial, _)| serial).is_sorted_by(|a, b| a < b)
        };
        self.sessions.iter().all(answers) && self.sessions.is_sorted_by(|a, b| a.id < b.id)
    }
}

fn numbers(bytes: &[u8]) -> Option<[u64; 3]> {
    let [a, b, c] = *bytes.as_chunks::<8>().0 else { return None };
    Some([a, b, c].map(u64::from_le_bytes))
}

fn decode_answer(bytes: &[u8; ANSWER]) -> Option<(Serial, Answer)> {
    let (serial, rest) = bytes.split_first_chunk()?;
    let ([flags], rest) = rest.split_first_chunk()?;
    let (previous, index) = rest.split_first_chunk()?;
    let (previous, index) = (u64::from_le_bytes(*previous), u64::from_le_bytes(index.try_into().ok()?));
    let is_canonical = *flags < 4 && (flags & 1 == 1 || previous == 0);
    let answer = Answer {
        previous: (flags & 1 == 1).then_some(previous),
        previous_index: Index(index),
        written: flags & 2 == 2,
    };
    is_canonical.then_some((Serial(u64::from_le_bytes(*serial)), answer))
}

#[cfg(test)]
mod tests {
    use super::Admission::{New, NoSession, NotAwaited};
    use super::*;
    use proptest::prelude::*;

    /// Sessions, each command with an index of its own.
    #[derive(Default)]
    struct Bench {
        sessions: Sessions,
        index: Index,
    }

    impl Bench {
        fn open(&mut self, most: u32) -> (u64, Option<u64>) {
            self.index = self.index.next();
            let dropped = self.sessions.open(self.index, most);
            (self.index.0, dropped.map(|session| session.0))
        }

        /// What becomes of a command; one that is carried out finds its own index there before.
        fn asks(&mut self, session: u64, serial: u64, awaited: u64) -> Admission {
            self.index = self.index.next();
            let command = CommandId { session: SessionId(session), serial: Serial(serial) };
            let admission = self.sessions.admit(&Ticket { command, awaited: Serial(awaited) }, self.index);
            if admission == New {
                self.sessions.keep(command, done(self.index.0));
            }
            admission
        }
    }

    fn done(index: u64) -> Outcome {
        Outcome::Done {
            previous: Some(index),
            previous_index: Index(index),
            written: index.is_multiple_of(2),
        }
    }

    fn repeated(index: u64) -> Admission {
        Admission::Repeated(done(index))
    }

    #[test]
    fn a_repeated_command_gets_its_first_answer() {
        let mut bench = Bench::default();
        assert_eq!(bench.open(10), (1, None));
        assert_eq!(bench.asks(1, 1, 1), New);
        assert_eq!(bench.asks(1, 1, 1), repeated(2));
        assert_eq!(bench.asks(1, 1, 1), repeated(2));
    }

    #[test]
    fn commands_may_come_in_any_order() {
        let mut bench = Bench::default();
        bench.open(10);
        assert_eq!(bench.asks(1, 3, 1), New);
        assert_eq!(bench.asks(1, 1, 1), New);
        assert_eq!(bench.asks(1, 3, 1), repeated(2));
        assert_eq!(bench.asks(1, 2, 1), New);
        assert_eq!([1, 2, 3].map(|serial| bench.asks(1, serial, 1)), [3, 5, 2].map(repeated));
    }

    #[test]
    fn what_is_not_awaited_is_forgotten_and_never_carried_out() {
        let mut bench = Bench::default();
        bench.open(10);
        bench.asks(1, 1, 1);
        assert_eq!(bench.asks(1, 3, 3), New, "neither 1 nor 2 is awaited any more");
        assert_eq!(bench.asks(1, 1, 1), NotAwaited, "carried out, and its answer is gone");
        assert_eq!(bench.asks(1, 2, 1), NotAwaited, "never carried out, and too late");
        assert_eq!(bench.asks(1, 4, 1), New, "an old frame does not take back what a later one said");
        assert_eq!(bench.asks(1, 3, 1), repeated(3));
    }

    #[test]
    fn the_session_unused_for_longest_is_dropped() {
        let mut bench = Bench::default();
        assert_eq!([bench.open(3), bench.open(3), bench.open(3)], [(1, None), (2, None), (3, None)]);
        bench.asks(1, 1, 1);
        assert_eq!(bench.open(3), (5, Some(2)));
        assert_eq!(bench.asks(2, 1, 1), NoSession);
        // A repeated command is a use as well.
        bench.asks(3, 1, 1);
        bench.asks(1, 1, 1);
        assert_eq!(bench.open(3), (9, Some(5)));
        assert_eq!(bench.open(3), (10, Some(3)));
    }

    #[test]
    fn a_session_that_never_was_is_unknown() {
        let mut bench = Bench::default();
        assert_eq!(bench.asks(7, 1, 1), NoSession);
        bench.open(10);
        assert_eq!(bench.asks(7, 1, 1), NoSession);
    }

    /// Session, serial number and the lowest one awaited; or the opening of a session.
    fn steps() -> impl Strategy<Value = Vec<Option<(u64, u64, u64)>>> {
        let command = (1..30_u64, 1..6_u64, 0..4_u64).prop_map(Some);
        prop::collection::vec(prop_oneof![1 => Just(None), 6 => command], 0..80)
    }

    fn play(steps: &[Option<(u64, u64, u64)>], bench: &mut Bench) -> Vec<Admission> {
        let mut admissions = Vec::new();
        for step in steps {
            match *step {
                None => drop(bench.open(4)),
                Some((session, serial, awaited)) => admissions.push(bench.asks(session, serial, awaited)),
            }
        }
        admissions
    }

    proptest! {
        /// Whatever comes, twice and in whatever order: no command is carried out twice.
        #[test]
        fn no_command_is_carried_out_twice(steps in steps()) {
            let mut bench = Bench::default();
            let admissions = play(&steps, &mut bench);
            let commands = steps.iter().flatten().map(|(session, serial, _)| (session, serial));
            let new: Vec<_> = commands.zip(admissions).filter(|(_, it)| *it == New).map(|(it, _)| it).collect();
            let distinct: std::collections::BTreeSet<_> = new.iter().collect();
            prop_assert_eq!(distinct.len(), new.len());
        }

        /// Sessions that were read back decide as those that were written do.
        #[test]
        fn sessions_read_back_as_written(before in steps(), after in steps(), tail: Vec<u8>) {
            let mut bench = Bench::default();
            play(&before, &mut bench);
            let mut bytes = Vec::new();
            bench.sessions.encode(&mut bytes);
            let length = bytes.len();
            bytes.extend_from_slice(&tail);
            let (read, rest) = Sessions::decode(&bytes).expect("as written");
            prop_assert_eq!((&read, rest), (&bench.sessions, &tail[..]));
            let mut other = Bench { sessions: read, index: bench.index };
            prop_assert_eq!(play(&after, &mut other), play(&after, &mut bench));
            prop_assert_eq!(&other.sessions, &bench.sessions);
            for cut in 0..length {
                prop_assert!(Sessions::decode(&bytes[..cut]).is_none());
            }
        }

        #[test]
        fn garbage_is_no_panic(bytes: Vec<u8>) {
            let _ = Sessions::decode(&bytes);
        }
    }
}
