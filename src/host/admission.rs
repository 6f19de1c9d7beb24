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
        if !from.asks_as_client() {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::Disk;
    use crate::host::Host;
    use crate::ids::{CallId, ClientId, Term};
    use crate::net::{Frames, Payload};
    use crate::replica::{
        Boot, Call, Caller, Effect, Effects, Members, Options, Reads, Replica, Role, Software, Status,
        Unrecoverable,
    };
    use crate::rng::{Distribution, Stream};
    use crate::rpc::access::ROLES;
    use crate::rpc::frame;
    use crate::rpc::store::encode_command;
    use crate::time::{Duration, LocalTime, Time};
    use crate::trace::{Operation, Record, Trace};

    const TERM: Term = Term(5);

    /// Replicas that keep this role, and frames that name their function by their kind and their term by one byte. Each
    /// step of a replica shows by a round for reads.
    struct Fixed(Role);

    impl Software for Fixed {
        fn boot(&self, _: Boot<'_>, out: &mut Effects) -> Result<Box<dyn Replica>, Unrecoverable> {
            out.status = Status { role: self.0, term: TERM, leader: Some(NodeId(2)), ..Status::default() };
            Ok(Box::new(Fixed(self.0)))
        }

        fn classify(&self, kind: u8, payload: &[u8]) -> Option<Class> {
            let function = Function::ALL.get(usize::from(kind)).copied();
            let is_reply = function.is_some_and(|function| function.name().ends_with("Reply"));
            let call = if is_reply { Call::Response } else { Call::Request };
            Some(Class { call, term: Term(u64::from(*payload.first()?)), grants_vote: false, function })
        }

        fn kind_name(&self, _: u8) -> &'static str {
            "frame"
        }
    }

    impl Replica for Fixed {
        fn step(&mut self, _: LocalTime, _: Input<'_>, out: &mut Effects) {
            out.push(Effect::ReadRound { round: 1, reads: 0 });
        }

        fn words_drawn(&self) -> u64 {
            0
        }
    }

    /// What becomes of a frame that comes over the link from `from` to node 1 of three, in this role, where there are two
    /// clients: the first record of it. Reads are answered as `reads` says.
    fn fate_among(
        (role, reads, bug): (Role, Reads, Option<Bug>),
        from: Address,
        header: Header,
        payload: &[u8],
    ) -> Body {
        let options = Options { reads, bug, ..Options::plain() };
        let setup = Setup {
            software: &Fixed(role),
            options: &options,
            seed: 1,
            nodes: 3,
            clients: 2,
            cluster: 7,
            call_timeout: Duration::from_secs(1),
            breaker: None,
            first_leader: None,
            priorities: &[],
            blocking: false,
            torn: crate::rng::Rate::ZERO,
            most_sessions: 0,
            clients_repeat: false,
        };
        let flush = Distribution::Constant(Duration::ZERO);
        let mut disk = Disk::new(flush, Stream::new(1, "disk", 1, 0));
        disk.format(&Members::of_voters((1..=3).map(NodeId)), Default::default(), &[]);
        let mut host = Host::new(NodeId(1), disk, None, &[]);
        let (mut trace, mut frames, mut out) =
            (Trace::new(Vec::<Record>::new()), Frames::default(), Vec::new());
        let mut wire = Wire { now: Time::ZERO, trace: &mut trace, frames: &mut frames, out: &mut out };
        host.boot(&setup, &mut wire);
        let slot = wire.frame(&header, &Payload::new(payload)).slot;
        wire.frames.get_mut(slot).from = from;
        let before = wire.trace.len() as usize;
        host.receive(slot, &setup, &mut wire);
        trace.into_observer()[before].body
    }

    fn fate(role: Role, from: Address, header: Header, payload: &[u8]) -> Body {
        fate_among((role, Reads::default(), None), from, header, payload)
    }

    fn header(kind: u8, from: impl Into<Address>) -> Header {
        Header { kind, cluster: 7, from: from.into(), to: NodeId(1).into(), call: CallId(1) }
    }

    const HANDED_ON: Body = Body::ReadRound { round: 1, reads: 0 };

    /// A kind that the implementation gives no function.
    const UNKNOWN: u8 = 99;

    #[test]
    fn what_nodes_ask_goes_by_the_table() {
        let peer = Address::from(NodeId(2));
        for function in Function::ALL.into_iter().filter(|it| it.caller() == Caller::Node) {
            for role in ROLES {
                for term in [4, 5, 6] {
                    let kind = function as u8;
                    let expected = match access::right(role, function) {
                        Right::Stale if term <= 5 => Body::Stale { from: peer, kind },
                        _ => HANDED_ON,
                    };
                    let fate = fate(role, peer, header(kind, peer), &[term]);
                    assert_eq!(fate, expected, "{function:?} of term {term} to a {role}");
                }
            }
        }
        for role in ROLES {
            assert_eq!(fate(role, peer, header(UNKNOWN, peer), &[4]), HANDED_ON, "unknown to the table");
        }
    }

    #[test]
    fn what_clients_ask_goes_by_the_table() {
        let client = Address::from(ClientId(2));
        let get = Command::Plain(Operation::Get { key: 1 });
        let put = Command::Plain(Operation::Put { key: 1, value: 2 });
        let reads = |by, at_followers| Reads { by, at_followers, max_drift_ppm: 0 };
        let plain = reads(ReadBy::Log, false);
        for (command, reads, function) in [
            (put, plain, Function::Propose),
            (Command::Register, plain, Function::Register),
            (get, plain, Function::Read),
            (get, reads(ReadBy::Index, false), Function::Read),
            (get, reads(ReadBy::Index, true), Function::FollowerRead),
            (get, reads(ReadBy::Lease, true), Function::FollowerRead),
            (get, reads(ReadBy::Local, true), Function::LocalRead),
        ] {
            let mut payload = Vec::new();
            encode_command(&command, 8, &mut payload);
            for role in ROLES {
                let fate = fate_among((role, reads, None), client, header(CLIENT_REQUEST, client), &payload);
                let is_sent_on = matches!(
                    fate,
                    Body::Refused { reason: Refusal::NotLeader { hint: Some(NodeId(2)) }, .. }
                );
                match access::right(role, function) {
                    Right::Allow => assert_eq!(fate, HANDED_ON, "{function:?} to a {role}"),
                    right => assert!(
                        right == Right::Redirect && is_sent_on,
                        "{function:?} to a {role}: {right:?}, {fate:?}"
                    ),
                }
            }
        }
    }

    #[test]
    fn strangers_and_those_who_speak_as_others_are_denied_by_every_role() {
        let (node, client) = (Address::from(NodeId(2)), Address::from(ClientId(1)));
        let append = Function::AppendEntries;
        let kind = append as u8;
        let mut put = Vec::new();
        encode_command(&Command::Plain(Operation::Put { key: 1, value: 2 }), 8, &mut put);
        for role in ROLES {
            let denied = |why, from, function: Function, header, payload: &[u8]| {
                let expected = Body::Denied { from, function: Some(function), why };
                assert_eq!(fate(role, from, header, payload), expected, "to a {role}");
            };
            denied(Denial::Cluster, node, append, Header { cluster: 8, ..header(kind, node) }, &[9]);
            denied(Denial::Impostor, node, append, header(kind, NodeId(3)), &[9]);
            denied(Denial::Impostor, client, append, header(kind, node), &[9]);
            let unknown = Address::from(NodeId(4));
            denied(Denial::Stranger, unknown, append, header(kind, unknown), &[9]);
            let unknown = Address::from(ClientId(3));
            denied(Denial::Stranger, unknown, Function::Propose, header(CLIENT_REQUEST, unknown), &put);
            denied(Denial::Function, client, append, header(kind, client), &[9]);
            denied(Denial::Function, node, Function::Propose, header(CLIENT_REQUEST, node), &put);
            let elsewhere = Header { to: NodeId(3).into(), ..header(kind, node) };
            let expected = Body::Rejected { from: node, why: Rejection::Address };
            assert_eq!(fate(role, node, elsewhere, &[9]), expected, "it has lost its way");
        }
    }

    #[test]
    fn a_host_that_checks_no_roles_hands_on_what_a_client_sends() {
        let client = Address::from(ClientId(2));
        let kind = Function::AppendEntries as u8;
        let setting = (Role::Follower, Reads::default(), Some(Bug::RoleUnchecked));
        assert_eq!(fate_among(setting, client, header(kind, client), &[9]), HANDED_ON);
    }

    #[test]
    fn kinds_of_clients_begin_above_those_of_nodes() {
        assert!(usize::from(frame::FIRST_CLIENT_KIND) > Function::ALL.len());
    }
}
