//! A client's session with the cluster (Raft thesis, section 6.3).
//!
//! The client opens a session before its first operation, and numbers its commands in it. An operation may be asked for
//! any number of times, of any node: it is the same command, and takes effect once at most. Operations begin whatever
//! becomes of earlier ones, so several are under way at a time; with each goes the lowest number that the client still
//! waits for.
//!
//! A session that was not used for long may be dropped. A client that is told so can't know whether the operation was
//! carried out: it ends as unknown, and the next one opens a new session. A registration whose answer is lost opens a
//! session that nobody uses, and which is dropped in time.

use super::pursuit::{Errand, Pursuit};
use super::{Client, Timer};
use crate::ids::{CommandId, OperationId, Serial, SessionId};
use crate::net::Wire;
use crate::rpc::store::{Command, Ticket};
use crate::trace::{Observer, Operation, Outcome};

/// What a client knows of its session.
#[derive(Debug, Default)]
pub(super) struct Membership {
    /// The session, and the number of the last command in it.
    session: Option<(SessionId, Serial)>,
    /// The registration under way.
    registration: Option<Pursuit>,
    /// How many registrations there were.
    registrations: u32,
}

impl Membership {
    /// The registration of this number, if it is under way.
    pub(super) fn registration(&mut self, number: u32) -> Option<&mut Pursuit> {
        self.registration.as_mut().filter(|_| number == self.registrations)
    }
}

impl Client<'_> {
    /// Lets an operation that has just begun take part in the session, or wait for one.
    pub(super) fn join<O: Observer>(&mut self, at: usize, wire: &mut Wire<'_, O>) {
        if self.membership.session.is_some() {
            return self.ask_in_session(at, wire);
        }
        self.open[at].pursuit.waits_since = wire.trace.current();
        if self.membership.registration.is_none() {
            self.register(wire);
        }
    }

    /// Numbers an operation, and asks for it.
    fn ask_in_session<O: Observer>(&mut self, at: usize, wire: &mut Wire<'_, O>) {
        let Some((session, last)) = &mut self.membership.session else { return };
        *last = last.next();
        let open = &mut self.open[at];
        open.command = Some(CommandId { session: *session, serial: *last });
        let errand = Errand::Operation(open.operation);
        self.ask(errand, wire);
    }

    /// Asks for a session, for as long as an operation would be pursued.
    fn register<O: Observer>(&mut self, wire: &mut Wire<'_, O>) {
        self.membership.registrations += 1;
        self.membership.registration = Some(Pursuit::default());
        let errand = Errand::Registration(self.membership.registrations);
        self.timers.push((wire.now + self.model.timeout, Timer::Deadline(errand)));
        self.ask(errand, wire);
    }

    /// A registration was given up: another one begins if an operation waits for it.
    pub(super) fn register_anew<O: Observer>(&mut self, wire: &mut Wire<'_, O>) {
        self.end_registration();
        if self.open.iter().any(|open| open.command.is_none()) {
            self.register(wire);
        }
    }

    fn end_registration(&mut self) {
        if let Some(pursuit) = self.membership.registration.take() {
            self.forget_calls(&pursuit);
        }
    }

    /// There is a session: the operations that have waited for it begin.
    pub(super) fn registered<O: Observer>(&mut self, session: SessionId, wire: &mut Wire<'_, O>) {
        self.end_registration();
        self.membership.session = Some((session, Serial::ZERO));
        for at in 0..self.open.len() {
            if self.open[at].command.is_none() {
                self.ask_in_session(at, wire);
            }
        }
    }

    /// An operation's session is gone, and with it the knowledge whether the operation took effect.
    pub(super) fn leave<O: Observer>(&mut self, operation: OperationId, wire: &mut Wire<'_, O>) {
        let left = self.find(operation).and_then(|at| self.open[at].command).map(|command| command.session);
        self.membership.session.take_if(|(session, _)| Some(*session) == left);
        self.end(operation, Outcome::Unknown, wire);
    }

    /// A command in its session, with the lowest number of those that are still waited for in it.
    pub(super) fn in_session(&self, command: CommandId, request: Operation) -> Command {
        let mut numbers = self.open.iter().filter_map(|open| open.command);
        let lowest = numbers.find(|other| other.session == command.session);
        let awaited = lowest.map_or(command.serial, |lowest| lowest.serial);
        Command::InSession(Ticket { command, awaited }, request)
    }
}
