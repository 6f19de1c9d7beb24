//! Newtypes for everything that is counted or numbered, so that a term is never taken for an index.

use serde::Serialize;
use std::fmt;
use std::num::NonZeroU64;

macro_rules! counter {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        pub struct $name(pub u64);
        impl $name {
            /// Before the first one.
            pub const ZERO: Self = Self(0);
            /// The one after this.
            pub const fn next(self) -> Self {
                Self(self.0 + 1)
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

counter! {
    /// A Raft term (Raft paper, section 5.1). Terms start at 1; 0 is before the first election.
    Term
}
counter! {
    /// The position of an entry in the log. The first entry has index 1; 0 is before it.
    Index
}
counter! {
    /// A write handed to a node's disk, counted by its replica from 1. Writes are first in, first out.
    WriteId
}
counter! {
    /// A request that a client made of a node, as that node's host numbered it.
    RequestId
}
counter! {
    /// One remote procedure call, numbered by the caller; its reply carries the same number.
    CallId
}
counter! {
    /// An operation of a client: unique in the run.
    OperationId
}
counter! {
    /// A client's session: the index of the entry that opened it (Raft thesis, section 6.3).
    SessionId
}
counter! {
    /// A command's number within its session, counted by the client from 1.
    Serial
}
counter! {
    /// How many times a host has been started, from 1. What belongs to an earlier incarnation is told by comparison.
    Epoch
}

impl Index {
    /// The one before this; the one before the first is 0, and 0 stays 0.
    pub const fn previous(self) -> Self {
        Self(self.0.saturating_sub(1))
    }
}

/// A client's command as its session knows it: however often it is asked for, it stays the same one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct CommandId {
    /// The session.
    pub session: SessionId,
    /// Its number therein.
    pub serial: Serial,
}

impl fmt::Display for CommandId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of session {}", self.serial, self.session)
    }
}

/// A voter or learner of the cluster, numbered from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct NodeId(pub u32);

impl NodeId {
    /// Its place in a vector by node.
    pub const fn slot(self) -> usize {
        self.0 as usize - 1
    }
}

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "n{}", self.0)
    }
}

/// Some of the nodes; of a cluster of at most 255.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct NodeSet([u64; 4]);

impl NodeSet {
    /// Nobody.
    pub const EMPTY: Self = Self([0; 4]);

    /// Whether this node is one of them.
    pub const fn contains(self, node: NodeId) -> bool {
        self.0[node.0 as usize / 64] >> (node.0 % 64) & 1 == 1
    }

    /// Adds a node.
    ///
    /// # Panics
    /// If its number is above 255.
    pub const fn insert(&mut self, node: NodeId) {
        self.0[node.0 as usize / 64] |= 1 << (node.0 % 64);
    }

    /// How many they are.
    pub const fn len(self) -> u32 {
        self.0[0].count_ones() + self.0[1].count_ones() + self.0[2].count_ones() + self.0[3].count_ones()
    }

    /// Whether they are none.
    pub const fn is_empty(self) -> bool {
        let [a, b, c, d] = self.0;
        a | b | c | d == 0
    }

    /// Takes a node out.
    ///
    /// # Panics
    /// If its number is above 255.
    pub const fn remove(&mut self, node: NodeId) {
        self.0[node.0 as usize / 64] &= !(1 << (node.0 % 64));
    }

    /// Those of either set.
    pub const fn union(self, other: Self) -> Self {
        let ([a, b, c, d], [e, f, g, h]) = (self.0, other.0);
        Self([a | e, b | f, c | g, d | h])
    }

    /// Those of both sets.
    pub const fn intersection(self, other: Self) -> Self {
        let ([a, b, c, d], [e, f, g, h]) = (self.0, other.0);
        Self([a & e, b & f, c & g, d & h])
    }

    /// They, in order of their numbers.
    pub fn iter(self) -> impl Iterator<Item = NodeId> {
        let (mut left, mut word) = (self.0, 0);
        std::iter::from_fn(move || {
            while *left.get(word)? == 0 {
                word += 1;
            }
            let bit = left[word].trailing_zeros();
            left[word] &= left[word] - 1;
            Some(NodeId(word as u32 * 64 + bit))
        })
    }

    /// Their binary form: bit n of the words together is node n.
    pub const fn words(self) -> [u64; 4] {
        self.0
    }
}

impl FromIterator<NodeId> for NodeSet {
    fn from_iter<I: IntoIterator<Item = NodeId>>(nodes: I) -> Self {
        let mut set = Self::EMPTY;
        nodes.into_iter().for_each(|node| set.insert(node));
        set
    }
}

impl fmt::Display for NodeSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<String> = self.iter().map(|node| node.to_string()).collect();
        f.pad(&names.join(" "))
    }
}

impl Serialize for NodeSet {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

/// A client, numbered from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct ClientId(pub u32);

impl ClientId {
    /// Its place in a vector by client.
    pub const fn slot(self) -> usize {
        self.0 as usize - 1
    }
}

impl fmt::Display for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "c{}", self.0)
    }
}

/// Somebody on the network, or the world itself: what the `from` and `to` of a frame name and whom a record is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address(u32);

impl Address {
    /// The world: faults happen to it, no frame goes there.
    pub const WORLD: Self = Self(0);
    const FIRST_CLIENT: u32 = 1 << 16;

    /// Whoever floods nodes with requests: many, none of whom waits for an answer. Frames come from there; what goes there
    /// has left the world.
    pub const CROWD: Self = Self(Self::FIRST_CLIENT);

    /// The address of a node.
    pub const fn node(node: NodeId) -> Self {
        Self(node.0)
    }
    /// The address of a client.
    pub const fn client(client: ClientId) -> Self {
        Self(Self::FIRST_CLIENT + client.0)
    }
    /// The node that has this address, if a node has it.
    pub const fn as_node(self) -> Option<NodeId> {
        // One comparison for both ends of the range.
        if self.0.wrapping_sub(1) < Self::FIRST_CLIENT - 1 { Some(NodeId(self.0)) } else { None }
    }
    /// The client that has this address, if a client has it.
    pub const fn as_client(self) -> Option<ClientId> {
        if self.0 > Self::FIRST_CLIENT { Some(ClientId(self.0 - Self::FIRST_CLIENT)) } else { None }
    }
    /// Whether it is that of a client, or of the crowd.
    pub const fn asks_as_client(self) -> bool {
        self.0 >= Self::FIRST_CLIENT
    }
    /// As it stands in a frame.
    pub const fn to_wire(self) -> u32 {
        self.0
    }
    /// From a frame; any number is some address, provisioned or not.
    pub const fn from_wire(wire: u32) -> Self {
        Self(wire)
    }
}

impl From<NodeId> for Address {
    fn from(node: NodeId) -> Self {
        Self::node(node)
    }
}

impl From<ClientId> for Address {
    fn from(client: ClientId) -> Self {
        Self::client(client)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.as_node(), self.as_client()) {
            (Some(node), _) => node.fmt(f),
            (_, Some(client)) => client.fmt(f),
            _ if *self == Self::CROWD => f.pad("flood"),
            _ => f.pad("world"),
        }
    }
}

impl Serialize for Address {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The number of a record, from 1 in the order in which they were made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct RecordId(pub NonZeroU64);

impl fmt::Display for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}
