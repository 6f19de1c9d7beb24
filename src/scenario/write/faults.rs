//! How faults, storms and their targets are written.

use super::{distribution, joined, operations, quoted, shortest};
use crate::plan::{Action, Corruption, Edge, End, Fault, Milestone, Plan, Shape, Start, Storm, Target};
use crate::scenario::meaning::mean_gap;
use crate::time::Duration;

/// Writes what refers to the plan's names and faults.
pub(super) struct Writer<'a> {
    pub(super) plan: &'a Plan,
}

impl Writer<'_> {
    /// A fault, which may have to say that it overlaps another, or is meant to be refused.
    pub(super) fn fault(&self, fault: &Fault, (overlaps, refused): (bool, bool)) -> String {
        let mut fields = Vec::new();
        if let Some(id) = &fault.id {
            fields.push(format!("id: {}", quoted(id)));
        }
        match fault.start {
            Start::At(at) => fields.push(format!("at: \"{at}\"")),
            Start::When { milestone, after } => {
                fields.push(format!("when: {}", self.milestone(milestone)));
                if after != Duration::ZERO {
                    fields.push(format!("after: \"{after}\""));
                }
            }
        }
        match fault.end {
            End::Never => {}
            End::Until(until) => fields.push(format!("until: \"{until}\"")),
            End::For(length) => fields.push(format!("for: \"{length}\"")),
        }
        if fault.spread != Duration::ZERO {
            fields.push(format!("spread: \"{}\"", fault.spread));
        }
        if overlaps {
            fields.push("overlap: true".to_string());
        }
        if refused {
            fields.push("refused: true".to_string());
        }
        fields.push(format!("do: {}", self.action(&fault.action)));
        format!("({})", joined(fields))
    }

    pub(super) fn storm(&self, storm: &Storm) -> String {
        let (from, to) = storm.during;
        let mut fields = vec![format!("during: (\"{from}\", \"{to}\")")];
        fields.push(format!("every: {}", distribution(&storm.every)));
        fields.push(format!("for: {}", distribution(&storm.length)));
        fields.push(format!("do: {}", self.action(&storm.action)));
        format!("({})", joined(fields))
    }

    fn milestone(&self, milestone: Milestone) -> String {
        match milestone {
            Milestone::Leader(node) => format!("Leader({})", node.0),
            Milestone::Committed(index) => format!("Committed({index})"),
            Milestone::Elected(n) => format!("Elected({n})"),
            Milestone::Changed(n) => format!("Changed({n})"),
            Milestone::Fault(place) => format!("Fault({})", self.id(place)),
            Milestone::End(place) => format!("End({})", self.id(place)),
        }
    }

    /// The id of the fault in this place.
    pub(super) fn id(&self, place: u32) -> String {
        let id = self.plan.faults[place as usize].id.as_deref();
        quoted(id.expect("a fault that something refers to has an id"))
    }

    fn action(&self, action: &Action) -> String {
        match action {
            Action::Partition(links) => format!("Partition({})", self.shape(links)),
            Action::Clog(links) => format!("Clog({})", self.shape(links)),
            Action::Flap { shape, down, up } => {
                let (down, up) = (distribution(down), distribution(up));
                format!("Flap({}, down: {down}, up: {up})", self.shape(shape))
            }
            Action::Crash(target) => format!("Crash({})", self.target(*target)),
            Action::Wipe(target) => format!("Wipe({})", self.target(*target)),
            Action::Deaf(target) => format!("Deaf({})", self.target(*target)),
            Action::Mute(target) => format!("Mute({})", self.target(*target)),
            Action::DiskStall(target) => format!("DiskStall({})", self.target(*target)),
            Action::DiskFull(target) => format!("DiskFull({})", self.target(*target)),
            Action::LoseFlush(target) => format!("LoseFlush({})", self.target(*target)),
            Action::Rot(target) => format!("Rot({})", self.target(*target)),
            Action::Drift { nodes, ppm } => format!("Drift(nodes: {}, ppm: {ppm})", self.target(*nodes)),
            Action::Starve { kind, to } => format!("Starve(kind: {kind:?}, to: {})", self.target(*to)),
            Action::Skew { nodes, ahead_ns } => format!("Skew({})", self.put(*nodes, *ahead_ns)),
            Action::Step { nodes, ahead_ns } => format!("Step({})", self.put(*nodes, *ahead_ns)),
            Action::Pause(target) => format!("Pause({})", self.target(*target)),
            Action::Slow { target, permille } => {
                format!("Slow(target: {}, factor: {})", self.target(*target), f64::from(*permille) / 1e3)
            }
            Action::Flood { target, mean, bytes } => {
                let rate = shortest(1e9 / mean.nanos() as f64, |rate| mean_gap(rate) == *mean);
                format!("Flood(target: {}, rate: {rate}, bytes: {bytes})", self.target(*target))
            }
            Action::Transfer(target) => format!("Transfer({})", self.target(*target)),
            Action::AddLearner(target) => format!("AddLearner({})", self.target(*target)),
            Action::Promote(target) => format!("Promote({})", self.target(*target)),
            Action::Remove(target) => format!("Remove({})", self.target(*target)),
            Action::Lose { links, rate } => format!("Lose({}, rate: {rate})", self.on(links)),
            Action::Duplicate { links, rate } => format!("Duplicate({}, rate: {rate})", self.on(links)),
            Action::Delay { links, by } => format!("Delay({}, by: {})", self.on(links), distribution(by)),
            Action::Corrupt { links, rate, kind, clients } => {
                let clients = if *clients { ", clients: true" } else { "" };
                let kind = match kind {
                    Corruption::BitFlip(least, most) => format!("BitFlip({least}, {most})"),
                    Corruption::Truncate => "Truncate".to_owned(),
                    Corruption::Extend => "Extend".to_owned(),
                    Corruption::Garbage => "Garbage".to_owned(),
                };
                format!("Corrupt({}, rate: {rate}, kind: {kind}{clients})", self.on(links))
            }
            Action::Misdirect { links, rate } => format!("Misdirect({}, rate: {rate})", self.on(links)),
            Action::Replay { links, rate } => format!("Replay({}, rate: {rate})", self.on(links)),
            Action::Forge { to, mean } => {
                format!("Forge(to: {}, rate: {})", self.target(*to), operations(1, *mean))
            }
            Action::Replace { old, new } => {
                format!("Replace(old: {}, new: {})", self.target(*old), new.0)
            }
        }
    }

    fn put(&self, nodes: Target, ahead_ns: i64) -> String {
        let way = if ahead_ns < 0 { "back" } else { "ahead" };
        let by = Duration::from_nanos(ahead_ns.unsigned_abs());
        format!("nodes: {}, {way}: \"{by}\"", self.target(nodes))
    }

    /// The links on which frames are hit. To hit all frames of a node is not to isolate it, so that has a word of its own.
    fn on(&self, shape: &Shape) -> String {
        match shape {
            Shape::Isolate(target) => format!("links: {}", self.target(*target)),
            other => self.shape(other),
        }
    }

    fn shape(&self, shape: &Shape) -> String {
        match shape {
            Shape::Groups(groups) => {
                format!("groups: [{}]", joined(groups.iter().map(|group| self.targets(group))))
            }
            Shape::Keep(edges) => format!("keep: [{}]", joined(edges.iter().map(|edge| self.edge(edge)))),
            Shape::Cut(edges) => format!("cut: [{}]", joined(edges.iter().map(|edge| self.edge(edge)))),
            Shape::Isolate(target) => format!("isolate: {}", self.target(*target)),
            Shape::OneWay { from, to } => {
                format!("oneway: (from: {}, to: {})", self.targets(from), self.targets(to))
            }
            Shape::Bridge(target) => format!("bridge: {}", self.target(*target)),
            Shape::Chain(targets) => format!("chain: {}", self.targets(targets)),
            Shape::Ring(targets) => format!("ring: {}", self.targets(targets)),
        }
    }

    fn targets(&self, targets: &[Target]) -> String {
        format!("[{}]", joined(targets.iter().map(|target| self.target(*target))))
    }

    pub(super) fn target(&self, target: Target) -> String {
        match target {
            Target::Node(node) => format!("Node({})", node.0),
            Target::Nodes(nodes) => {
                format!("Nodes([{}])", joined(nodes.iter().map(|node| node.0.to_string())))
            }
            Target::Leader => "Leader".to_string(),
            Target::Follower(k) => format!("Follower({k})"),
            Target::Random => "Random".to_string(),
            Target::Majority => "Majority".to_string(),
            Target::Minority => "Minority".to_string(),
            Target::All => "All".to_string(),
            Target::Rest => "Rest".to_string(),
            Target::Named(place) => format!("Named({})", quoted(self.name(place))),
        }
    }

    fn name(&self, place: u32) -> &str {
        &self.plan.names[place as usize].name
    }

    fn edge(&self, edge: &Edge) -> String {
        let arrow = if edge.one_way { '>' } else { '-' };
        format!("\"{}{arrow}{}\"", self.edge_end(edge.from), self.edge_end(edge.to))
    }

    fn edge_end(&self, target: Target) -> String {
        match target {
            Target::Node(node) => node.0.to_string(),
            Target::Leader => "leader".to_string(),
            Target::Follower(k) => format!("follower{k}"),
            Target::Random => "random".to_string(),
            Target::Named(place) => self.name(place).to_string(),
            Target::Nodes(_) | Target::Majority | Target::Minority | Target::All | Target::Rest => {
                panic!("a link ends at one node, not at {target:?}")
            }
        }
    }
}
