//! What goes wrong, when and to whom: scripted faults and storms of random ones.

use super::frame_faults::{Corruption, FrameFault};
use crate::ids::{Index, NodeId, NodeSet};
use crate::replica::Traffic;
use crate::rng::{Distribution, Rate};
use crate::time::{Duration, Time};

/// Something that goes wrong for a while.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// A name of its own, for milestones and expectations.
    pub id: Option<String>,
    /// When it begins.
    pub start: Start,
    /// It begins later by up to this, uniformly, drawn from the fault's stream.
    pub spread: Duration,
    /// When it ends.
    pub end: End,
    /// What it does.
    pub action: Action,
}

/// When a fault begins. If its targets can't be named then, it waits until they can.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// At this time.
    At(Time),
    /// This long after a milestone, and one nanosecond more, so that a fault scripted for that time does the same. If
    /// the milestone never comes, neither does the fault.
    When {
        /// What has to happen first.
        milestone: Milestone,
        /// How long after it.
        after: Duration,
    },
}

/// When a fault ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// With all faults: when the run settles, or else not in this run. It never does outside the core for which that is so.
    Never,
    /// At this time. If it hasn't begun by then, it never does.
    Until(Time),
    /// This long after its beginning.
    For(Duration),
}

/// What a fault can wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Milestone {
    /// This node becomes leader, for the first time.
    Leader(NodeId),
    /// A node knows the entry at this index to be committed.
    Committed(Index),
    /// A node becomes leader, for the n-th time in the run, whichever node.
    Elected(u64),
    /// A leader finds a change of the members done, for the n-th time in the run, whichever change.
    Changed(u64),
    /// The fault in this place of the plan begins.
    Fault(u32),
    /// The fault in this place of the plan ends.
    End(u32),
}

/// A random process of faults, with a stream of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Storm {
    /// From when to when faults begin. The first one comes one interval after the beginning.
    pub during: (Time, Time),
    /// How much time lies between the beginnings of two faults.
    pub every: Distribution,
    /// How long each lasts; some may last beyond the storm.
    pub length: Distribution,
    /// What each does. One whose targets can't be named when it should begin is skipped.
    pub action: Action,
}

/// From when on nothing goes wrong any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settle {
    /// From here on every fault is over and links neither lose nor duplicate frames.
    pub from: Time,
    /// For whom.
    pub core: Core,
    /// For so long from then on clients begin no operation, and ask for none once more.
    pub quiet: Duration,
}

/// For whom a run settles. What goes wrong on other nodes, and on links that end there, stays as it is for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Core {
    /// For every node.
    All,
    /// For a quorum of the voters that are in force then, drawn from those that can still have a say.
    Random,
    /// For these nodes.
    Nodes(NodeSet),
}

impl Settle {
    /// From this time on everything is well, and clients go on.
    pub const fn at(from: Time) -> Self {
        Self { from, core: Core::All, quiet: Duration::ZERO }
    }

    /// From when on clients begin operations again.
    pub fn loaded(&self) -> Time {
        self.from + self.quiet
    }
}

/// What goes wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Links lose every frame.
    Partition(Shape),
    /// Links hold every frame until they are let go.
    Clog(Shape),
    /// Links lose some frames by chance, on top of what they lose anyway.
    Lose {
        /// Which links.
        links: Shape,
        /// How likely each frame is hit.
        rate: Rate,
    },
    /// Links let some frames arrive twice.
    Duplicate {
        /// Which links.
        links: Shape,
        /// How likely each frame is hit.
        rate: Rate,
    },
    /// Links take longer for each frame.
    Delay {
        /// Which links.
        links: Shape,
        /// By how much longer.
        by: Distribution,
    },
    /// Links are cut and healed in turn: a partition again and again, of the same links.
    Flap {
        /// Which links. Its targets are bound once, when the fault begins.
        shape: Shape,
        /// How long they are cut, each time; longer than nothing.
        down: Distribution,
        /// How long they are whole in between; longer than nothing.
        up: Distribution,
    },
    /// Machines lose power: their memory and all that was not flushed. At the end of the fault they start again.
    Crash(Target),
    /// A crash that takes the disk along: the machines come back blank.
    Wipe(Target),
    /// Nodes receive nothing, from nodes and clients alike.
    Deaf(Target),
    /// Nothing that nodes send arrives, at nodes and clients alike.
    Mute(Target),
    /// Disks take what is written and finish no flush until the fault is over.
    DiskStall(Target),
    /// Disks take nothing more: a write fails and stops the node. It starts again when the fault is over.
    DiskFull(Target),
    /// Disks say that a flush is done, and keep nothing of it that a loss of power would not take. The first flush after the
    /// fault covers it all.
    LoseFlush(Target),
    /// One bit of what was flushed turns over, on each disk. Nothing is undone at the end.
    Rot(Target),
    /// Clocks run too fast, by so many parts per million, or too slow, if negative. They never go back.
    Drift {
        /// Whose.
        nodes: Target,
        /// By how much; above -1,000,000. What several faults add to a clock adds up.
        ppm: i32,
    },
    /// Frames of one kind of traffic get lost on their last step to these nodes, and all others arrive.
    Starve {
        /// Which.
        kind: Traffic,
        /// Who gets none of it.
        to: Target,
    },
    /// The clocks on the wall of these nodes are put ahead, or back if negative, until the fault is over. Timers run on another
    /// clock, which never goes back.
    Skew {
        /// Whose.
        nodes: Target,
        /// By how many nanoseconds.
        ahead_ns: i64,
    },
    /// As `Skew`, and nothing is undone at the end.
    Step {
        /// Whose.
        nodes: Target,
        /// By how many nanoseconds.
        ahead_ns: i64,
    },
    /// Processes stop: frames pile up, timers fire late.
    Pause(Target),
    /// Machines are slow: to serve a frame costs them more.
    Slow {
        /// Which.
        target: Target,
        /// So many thousandths of what it usually does; at least 1,000.
        permille: u32,
    },
    /// Requests come from outside, without end, and nobody waits for the answers.
    Flood {
        /// To which machines.
        target: Target,
        /// How much time lies between two requests to one machine, on average; longer than nothing.
        mean: Duration,
        /// How long the value is that each writes, at least 8 bytes.
        bytes: u32,
    },
    /// The leader is asked to hand over to this node. While there is none, the fault waits. Nothing is undone at the end.
    Transfer(Target),
    /// The leader is asked to add this node as a learner. This and the next three wait for a leader, and nothing of them is
    /// undone at the end.
    AddLearner(Target),
    /// The leader is asked to make this learner a voter, once it has caught up.
    Promote(Target),
    /// The leader is asked to remove this node.
    Remove(Target),
    /// The leader is asked to put another node in the place of a voter.
    Replace {
        /// The voter.
        old: Target,
        /// The other node.
        new: NodeId,
    },
    /// Links change the bytes of some frames.
    Corrupt {
        /// Which links.
        links: Shape,
        /// How likely each frame is hit.
        rate: Rate,
        /// What is done to it.
        kind: Corruption,
        /// Whether all links between nodes and clients do so as well.
        clients: bool,
    },
    /// Links deliver some frames to another node than their receiver.
    Misdirect {
        /// Which links.
        links: Shape,
        /// How likely each frame is hit.
        rate: Rate,
    },
    /// With some frames an old one of the same link arrives once more.
    Replay {
        /// Which links.
        links: Shape,
        /// How likely each frame brings an old one along.
        rate: Rate,
    },
    /// A stranger sends frames of its own making to nodes.
    Forge {
        /// To whom.
        to: Target,
        /// The mean time between two of them, for each of the nodes; longer than nothing.
        mean: Duration,
    },
}

impl Action {
    /// Whether a node that it hits may stay silent for good: its disk is gone, or can't be read any more.
    pub const fn takes_disks(&self) -> bool {
        matches!(self, Self::Wipe(_) | Self::Rot(_))
    }

    /// Whether all of it is done as soon as it begins: nothing goes wrong because it lasts.
    pub const fn is_done_at_once(&self) -> bool {
        self.changes_members() || matches!(self, Self::Step { .. } | Self::Rot(_) | Self::Transfer(_))
    }

    /// What it does to single frames, and on which links; none if it does something else.
    pub const fn on_frames(&self) -> Option<(&Shape, FrameFault)> {
        Some(match self {
            Self::Lose { links, rate } => (links, FrameFault::Lose(*rate)),
            Self::Duplicate { links, rate } => (links, FrameFault::Duplicate(*rate)),
            Self::Delay { links, by } => (links, FrameFault::Delay(*by)),
            Self::Corrupt { links, rate, kind, clients: _ } => (links, FrameFault::Corrupt(*rate, *kind)),
            Self::Misdirect { links, rate } => (links, FrameFault::Misdirect(*rate)),
            Self::Replay { links, rate } => (links, FrameFault::Replay(*rate)),
            _ => return None,
        })
    }

    /// Its links, where it does something to single frames.
    pub const fn links_of_frames(&mut self) -> Option<&mut Shape> {
        match self {
            Self::Lose { links, .. }
            | Self::Duplicate { links, .. }
            | Self::Delay { links, .. }
            | Self::Corrupt { links, .. }
            | Self::Misdirect { links, .. }
            | Self::Replay { links, .. } => Some(links),
            _ => None,
        }
    }

    /// Whether it asks for other members.
    pub const fn changes_members(&self) -> bool {
        matches!(self, Self::AddLearner(_) | Self::Promote(_) | Self::Remove(_) | Self::Replace { .. })
    }
}

/// Which links between nodes are hit. Links of clients never are, but where the action says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shape {
    /// All links between nodes of different groups. A node in no group is alone.
    Groups(Vec<Vec<Target>>),
    /// All links but these.
    Keep(Vec<Edge>),
    /// Just these links.
    Cut(Vec<Edge>),
    /// All links of these nodes.
    Isolate(Target),
    /// The links from the first to the second, not those back.
    OneWay {
        /// Whose frames get lost.
        from: Vec<Target>,
        /// On the way to whom.
        to: Vec<Target>,
    },
    /// The other nodes, in order of their numbers, are two halves (the first the smaller), linked by this node only.
    Bridge(Target),
    /// Each node is linked to the one before and the one after it only, in this order. Nodes that it leaves out follow
    /// in order of their numbers.
    Chain(Vec<Target>),
    /// As a chain, closed to a ring in which each node is linked to as many neighbours, half of them on each side, as
    /// make a majority with it: each sees a majority, and no two see the same.
    Ring(Vec<Target>),
}

/// A link, or the two links between two nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edge {
    /// One end; of a one-way link the sender.
    pub from: Target,
    /// The other end; of a one-way link the receiver.
    pub to: Target,
    /// Whether only the direction from `from` to `to` is meant.
    pub one_way: bool,
}

/// A node, or some nodes, bound once when the fault begins, in the order in which they are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// This one.
    Node(NodeId),
    /// These, one at the least: `Nodes([1, 3])`. A drawn set reads so once it is resolved.
    Nodes(NodeSet),
    /// The leader: of the nodes that are up and lead the one of the highest term. While there is none, the fault waits.
    Leader,
    /// The k-th voter, from 1 and by id, that is up and not the leader. While there are not so many, the fault waits.
    Follower(u32),
    /// A node that is up and that the fault has not named yet, drawn from the fault's stream. Waits while there is
    /// none.
    Random,
    /// As many nodes as make a majority of the voters, drawn from those that the fault has not named yet.
    Majority,
    /// As many nodes as a majority leaves over, drawn likewise. Of two voters or one that is nobody.
    Minority,
    /// Every node.
    All,
    /// Every node that the fault doesn't name.
    Rest,
    /// What this place in the plan's names stands for: bound at its first use in the run.
    Named(u32),
}
