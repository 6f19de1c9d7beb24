//! Who may ask a server for what: one table, by function and role.
//!
//! A right is looked up when a frame has been decoded, and before the replica may see it. Denials are for strangers, and
//! for those who ask what their like may never ask. Who the *members* are is never a reason to deny a frame between
//! nodes: a voter that lags behind has to hear from a leader that it does not know yet (Raft thesis, section 4.1).

use crate::ids::Address;
use crate::replica::{Caller, Function, ReadBy, Reads, Role};
use crate::trace::Denial;
use serde::Serialize;

/// What becomes of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Right {
    /// It is handed on.
    Allow,
    /// Its sender is told who leads.
    Redirect,
    /// It answers what a server of this role no longer waits for. It is not handed on, unless it carries a higher term:
    /// every role has to see that.
    Stale,
    /// It is not handed on.
    Deny,
}

/// The roles, in the order of the table's columns.
pub const ROLES: [Role; 4] = [Role::Follower, Role::PreCandidate, Role::Candidate, Role::Leader];

/// The table: for each function, in order of their numbers, the right by role.
const RIGHTS: [[Right; 4]; Function::ALL.len()] = {
    use Right::{Allow, Redirect, Stale};
    //   follower  pre-candidate  candidate  leader
    [
        [Allow, Allow, Allow, Allow],          // RequestVote
        [Stale, Stale, Allow, Stale],          // RequestVoteReply
        [Allow, Allow, Allow, Allow],          // PreVote
        [Stale, Allow, Stale, Stale],          // PreVoteReply
        [Allow, Allow, Allow, Allow],          // AppendEntries
        [Allow, Allow, Allow, Allow],          // Heartbeat
        [Stale, Stale, Stale, Allow],          // AppendEntriesReply
        [Allow, Allow, Allow, Allow],          // InstallSnapshot
        [Stale, Stale, Stale, Allow],          // InstallSnapshotReply
        [Allow, Allow, Allow, Allow],          // TimeoutNow
        [Allow, Allow, Allow, Allow],          // Contact
        [Stale, Stale, Stale, Allow],          // ContactReply
        [Allow, Allow, Allow, Allow],          // ReadIndex
        [Allow, Stale, Stale, Stale],          // ReadIndexReply
        [Redirect, Redirect, Redirect, Allow], // Propose
        [Redirect, Redirect, Redirect, Allow], // Register
        [Redirect, Redirect, Redirect, Allow], // Read
        [Allow, Redirect, Redirect, Allow],    // FollowerRead
        [Allow, Allow, Allow, Allow],          // LocalRead
        [Redirect, Redirect, Redirect, Allow], // Transfer
        [Redirect, Redirect, Redirect, Allow], // ChangeMembership
    ]
};

/// What a server in this role does with a frame that asks for this, from somebody who may ask for it at all.
#[inline(always)]
pub const fn right(role: Role, function: Function) -> Right {
    let column = match role {
        Role::Follower => 0,
        Role::PreCandidate => 1,
        Role::Candidate => 2,
        Role::Leader => 3,
    };
    RIGHTS[function as usize][column]
}

/// What a read asks for where reads are answered so.
pub fn read(reads: &Reads) -> Function {
    match (reads.at_followers, reads.by) {
        (false, _) | (_, ReadBy::Log) => Function::Read,
        (true, ReadBy::Index | ReadBy::Lease) => Function::FollowerRead,
        (true, ReadBy::Local) => Function::LocalRead,
    }
}

/// What is known of everybody who may speak.
#[derive(Clone, Copy, Debug)]
pub struct Known {
    /// The cluster's number.
    pub cluster: u64,
    /// How many nodes there are, numbered from 1.
    pub nodes: u32,
    /// How many clients there are, numbered from 1.
    pub clients: u32,
}

impl Known {
    /// Whether a frame that says it is of this cluster and from `says`, and has come over the link from `link`, may ask
    /// for anything: if not, why.
    #[inline(always)]
    pub fn denies(&self, cluster: u64, says: Address, link: Address) -> Option<Denial> {
        if cluster != self.cluster {
            return Some(Denial::Cluster);
        }
        if !self.has(link) {
            return Some(Denial::Stranger);
        }
        (says != link).then_some(Denial::Impostor)
    }

    /// Whether there is such a machine or client.
    #[inline(always)]
    fn has(&self, address: Address) -> bool {
        match (address.as_node(), address.as_client()) {
            (Some(node), _) => node.0 <= self.nodes,
            (_, Some(client)) => client.0 <= self.clients,
            // A crowd asks as clients do, from one address.
            _ => address == Address::CROWD,
        }
    }
}

/// Who speaks from this address; nobody from that of the world.
pub fn caller(address: Address) -> Option<Caller> {
    match (address.as_node(), address.as_client()) {
        (Some(_), _) => Some(Caller::Node),
        (_, Some(_)) => Some(Caller::Client),
        _ => (address == Address::CROWD).then_some(Caller::Client),
    }
}

/// A line of the table as it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Row {
    /// What is asked for.
    pub function: String,
    /// Who asks.
    pub caller: String,
    /// What becomes of it, by role in the order of [`ROLES`].
    pub rights: [Right; 4],
}

/// The whole table: the functions, and what is denied whoever is asked.
pub fn table() -> Vec<Row> {
    let row = |function: &str, caller: &str, rights| Row {
        function: function.into(),
        caller: caller.into(),
        rights,
    };
    let functions = Function::ALL.into_iter().map(|function| {
        let caller = match function.caller() {
            Caller::Node => "node",
            Caller::Client => "client",
            Caller::Operator => "operator",
        };
        row(function.name(), caller, ROLES.map(|role| right(role, function)))
    });
    let strangers = Denial::ALL.into_iter().map(|why| {
        let what = match why {
            Denial::Cluster => "from another cluster",
            Denial::Stranger => "from an unknown id",
            Denial::Impostor => "in another's name",
            Denial::Function => "not the sender's",
        };
        row(what, "anybody", [Right::Deny; 4])
    });
    functions.chain(strangers).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{ClientId, NodeId};

    /// The table as somebody would write it on paper: the roles in the order leader, follower, candidate, pre-candidate,
    /// and A, R, S and D for the rights.
    const BY_HAND: [(&str, &str, &str); 25] = [
        ("RequestVote", "node", "AAAA"),
        ("RequestVoteReply", "node", "SSAS"),
        ("PreVote", "node", "AAAA"),
        ("PreVoteReply", "node", "SSSA"),
        ("AppendEntries", "node", "AAAA"),
        ("Heartbeat", "node", "AAAA"),
        ("AppendEntriesReply", "node", "ASSS"),
        ("InstallSnapshot", "node", "AAAA"),
        ("InstallSnapshotReply", "node", "ASSS"),
        ("TimeoutNow", "node", "AAAA"),
        ("Contact", "node", "AAAA"),
        ("ContactReply", "node", "ASSS"),
        ("ReadIndex", "node", "AAAA"),
        ("ReadIndexReply", "node", "SASS"),
        ("Propose", "client", "ARRR"),
        ("Register", "client", "ARRR"),
        ("Read", "client", "ARRR"),
        ("FollowerRead", "client", "AARR"),
        ("LocalRead", "client", "AAAA"),
        ("Transfer", "operator", "ARRR"),
        ("ChangeMembership", "operator", "ARRR"),
        ("from another cluster", "anybody", "DDDD"),
        ("from an unknown id", "anybody", "DDDD"),
        ("in another's name", "anybody", "DDDD"),
        ("not the sender's", "anybody", "DDDD"),
    ];

    #[test]
    fn every_cell_is_as_written_by_hand() {
        let letter = |right| match right {
            Right::Allow => 'A',
            Right::Redirect => 'R',
            Right::Stale => 'S',
            Right::Deny => 'D',
        };
        let rows = table();
        assert_eq!(rows.len(), BY_HAND.len());
        for (row, (function, caller, rights)) in rows.iter().zip(BY_HAND) {
            let [follower, pre_candidate, candidate, leader] = row.rights.map(letter);
            let written: String = [leader, follower, candidate, pre_candidate].iter().collect();
            assert_eq!((&*row.function, &*row.caller, &*written), (function, caller, rights));
        }
        for (number, function) in Function::ALL.into_iter().enumerate() {
            assert_eq!(function as usize, number, "the table's lines are found by number");
        }
    }

    #[test]
    fn only_answers_are_stale_and_only_what_clients_and_operators_ask_is_redirected() {
        for function in Function::ALL {
            let rights = ROLES.map(|role| right(role, function));
            let is_answer = function.name().ends_with("Reply");
            assert_eq!(rights.contains(&Right::Stale), is_answer, "{function:?}");
            assert!(
                !(rights.contains(&Right::Redirect) && function.caller() == Caller::Node),
                "{function:?}"
            );
            assert!(!rights.contains(&Right::Deny), "a role alone is no reason to deny {function:?}");
            assert!(rights.contains(&Right::Allow), "somebody has to listen to {function:?}");
        }
    }

    #[test]
    fn strangers_are_known_by_cluster_link_and_number() {
        let known = Known { cluster: 7, nodes: 3, clients: 2 };
        let node = |id| Address::from(NodeId(id));
        let client = |id| Address::from(ClientId(id));
        for (cluster, says, link, denial) in [
            (7, node(1), node(1), None),
            (7, node(3), node(3), None),
            (7, client(2), client(2), None),
            (8, node(1), node(1), Some(Denial::Cluster)),
            (8, node(1), node(2), Some(Denial::Cluster)),
            (7, node(1), node(2), Some(Denial::Impostor)),
            (7, node(1), client(1), Some(Denial::Impostor)),
            (7, node(4), node(4), Some(Denial::Stranger)),
            (7, client(3), client(3), Some(Denial::Stranger)),
            (7, Address::WORLD, Address::WORLD, Some(Denial::Stranger)),
        ] {
            assert_eq!(known.denies(cluster, says, link), denial, "{cluster} {says} {link}");
        }
    }

    #[test]
    fn reads_are_for_whom_the_options_say() {
        for (by, leader_only, anywhere) in [
            (ReadBy::Log, Function::Read, Function::Read),
            (ReadBy::Index, Function::Read, Function::FollowerRead),
            (ReadBy::Lease, Function::Read, Function::FollowerRead),
            (ReadBy::Local, Function::Read, Function::LocalRead),
        ] {
            let options = |at_followers| Reads { by, at_followers, max_drift_ppm: 0 };
            assert_eq!(read(&options(false)), leader_only);
            assert_eq!(read(&options(true)), anywhere);
        }
    }
}
