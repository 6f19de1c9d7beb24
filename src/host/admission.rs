//! Who may ask this host for what: frames are held against the table of rights before the replica sees them.

use super::Setup;
use super::process::Process;
use super::requests::Asker;
use crate::ids::{Address, NodeId};
use crate::net::Wire;
use crate::replica::{Bug, Class, Function, Input, ReadBy, Refusal};
use crate::rpc::access::{self, Known, Right};
use crate::rpc::frame::{CLIENT_REQUEST, FIRST_CLIENT_KIND, Header};
use crate::rpc::store::{Command, decode_command};
use crate::trace::{Body, Denial, Observer, Rejection};

/// Why a frame is not handed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Barred {
    /// It is broken, or makes no sense here.
    Rejected(Rejection),
    /// Its sender has no right to what it asks for.
    Denied(Denial, Option<Function>),
    /// It is a reply of this kind, which a server in this role doesn't wait for.
    Stale(u8),
    /// Only the leader does what this client asks for.
    Redirected(Asker),
}

impl From<Rejection> for Barred {
    fn from(why: Rejection) -> Self {
        Self::Rejected(why)
    }
}

impl Setup<'_> {
    /// Who may speak.
    #[inline(always)]
    pub(super) fn known(&self) -> Known {
        Known { cluster: self.cluster, nodes: self.nodes as u32, clients: self.clients }
    }
}

impl Barred {
    /// A frame whose sender has no right to speak, or not so.
    #[cold]
    pub(super) fn denied(why: Denial, header: &Header, payload: &[u8], setup: &Setup<'_>) -> Self {
        let function = if header.kind < FIRST_CLIENT_KIND {
            setup.software.classify(header.kind, payload).and_then(|class| class.function)
        } else {
            decode_command(payload).map(|(command, _)| function(&command, setup))
        };
        Self::Denied(why, function)
    }
}

/// What a client asks for by this command.
fn function(command: &Command, setup: &Setup<'_>) -> Function {
    match command {
        Command::Register => Function::Register,
        _ if command.reads().is_some() => access::read(&setup.options.reads),
        _ => Function::Propose,
    }
}

impl Process {
    /// Whether a frame of this class is a late reply, which has no meaning for a server in this role: not even that
    /// there is a higher term.
    #[inline(always)]
    pub(super) fn is_stale(&self, class: &Class) -> bool {
        let right = class.function.map(|function| access::right(self.status.role, function));
        right == Some(Right::Stale) && class.term <= self.status.term
    }

    /// As which node somebody speaks who is none: as no one.
    /// [`Bug::RoleUnchecked`]: as the node of the same number.
    #[cold]
    pub(super) fn taken_for(from: Address, setup: &Setup<'_>) -> Option<NodeId> {
        let number = from.as_client()?.0 - 1;
        let unchecked = setup.options.bug == Some(Bug::RoleUnchecked);
        unchecked.then(|| NodeId(number % setup.nodes as u32 + 1))
    }

    /// Looks at a frame that is not between nodes. Returns what it is to the replica.
    pub(super) fn admit_request<'b>(
        &mut self,
        from: Address,
        header: &Header,
        payload: &'b [u8],
        setup: &Setup<'_>,
    ) -> Result<Input<'b>, Barred> {
        if from.as_client().is_none() {
            return Err(Barred::denied(Denial::Function, header, payload, setup));
        }
        let command = decode_command(payload).filter(|_| header.kind == CLIENT_REQUEST);
        let (command, _) = command.ok_or(Rejection::Undecodable)?;
        let asker = Asker { client: from, call: header.call };
        if access::right(self.status.role, function(&command, setup)) != Right::Allow {
            return Err(Barred::Redirected(asker));
        }
        if setup.options.reads.by != ReadBy::Log
            && let Some(key) = command.reads()
        {
            return Ok(self.take_read(asker, key));
        }
        let request = self.number_request(Some(asker));
        Ok(Input::Propose { request, command: payload })
    }

    /// Tells that a frame was not handed on, and its sender where to go, if that is all that is wrong with it.
    #[cold]
    pub(super) fn bar<O: Observer>(
        &mut self,
        barred: Barred,
        from: Address,
        setup: &Setup<'_>,
        wire: &mut Wire<'_, O>,
    ) {
        let body = match barred {
            Barred::Rejected(why) => Body::Rejected { from, why },
            Barred::Denied(why, function) => Body::Denied { from, function, why },
            Barred::Stale(kind) => Body::Stale { from, kind },
            Barred::Redirected(asker) => {
                let request = self.number_request(Some(asker));
                let reason = Refusal::NotLeader { hint: self.status.leader };
                return self.refuse(request, reason, setup, wire);
            }
        };
        wire.trace.effect(self.id.into(), body);
    }
}
