//! The shapes of what goes wrong.

use super::Distribution;
use crate::time::Duration;
use serde::Deserialize;

/// Something that goes wrong.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::scenario) struct Fault {
    pub(in crate::scenario) id: Option<String>,
    pub(in crate::scenario) at: Option<Duration>,
    pub(in crate::scenario) when: Option<Milestone>,
    pub(in crate::scenario) after: Option<Duration>,
    pub(in crate::scenario) spread: Option<Duration>,
    pub(in crate::scenario) until: Option<Duration>,
    pub(in crate::scenario) r#for: Option<Duration>,
    pub(in crate::scenario) overlap: Option<bool>,
    pub(in crate::scenario) refused: Option<bool>,
    pub(in crate::scenario) r#do: Action,
}

/// What a fault waits for.
#[derive(Debug, Deserialize)]
pub(in crate::scenario) enum Milestone {
    Leader(u64),
    Committed(u64),
    Elected(u64),
    Changed(u64),
    Fault(String),
    End(String),
}

/// Faults that come at random.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::scenario) struct Storm {
    pub(in crate::scenario) during: Option<(Duration, Duration)>,
    pub(in crate::scenario) every: Distribution,
    pub(in crate::scenario) r#for: Distribution,
    pub(in crate::scenario) r#do: Action,
}

/// From when on nothing goes wrong.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::scenario) struct Settle {
    pub(in crate::scenario) from: Duration,
    #[serde(default)]
    pub(in crate::scenario) core: Core,
    #[serde(default)]
    pub(in crate::scenario) quiet: Duration,
}

/// For whom it settles.
#[derive(Clone, Debug, Default, Deserialize)]
pub(in crate::scenario) enum Core {
    #[default]
    All,
    Random,
    Nodes(Vec<u64>),
}

/// What goes wrong.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::scenario) enum Action {
    Partition(Links),
    Clog(Links),
    Lose(OnFrames),
    Duplicate(OnFrames),
    Delay(Delay),
    Flap(Flap),
    Crash(Target),
    Wipe(Target),
    Deaf(Target),
    Mute(Target),
    DiskStall(Target),
    DiskFull(Target),
    LoseFlush(Target),
    Rot(Target),
    Drift(Drift),
    Starve(Starve),
    Skew(Put),
    Step(Put),
    Pause(Target),
    Slow(Slow),
    Flood(Flood),
    Transfer(Target),
    AddLearner(Target),
    Promote(Target),
    Remove(Target),
    Replace(Replace),
    Corrupt(Corrupt),
    Misdirect(OnFrames),
    Replay(OnFrames),
    Forge(Forge),
}

/// Whose clocks drift, and by how much.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::scenario) struct Drift {
    pub(in crate::scenario) nodes: Target,
    pub(in crate::scenario) ppm: i64,
}

/// What is withheld from whom.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::scenario) struct Starve {
    pub(in crate::scenario) kind: Traffic,
    pub(in crate::scenario) to: Target,
}

/// Kinds of traffic.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(in crate::scenario) enum Traffic {
    Votes,
    PreVotes,
    Entries,
    Heartbeats,
    Snapshots,
    Answers,
    Handovers,
    Reads,
    Requests,
}

/// Whose clocks on the wall are put ahead or back.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::scenario) struct Put {
    pub(in crate::scenario) nodes: Target,
    pub(in crate::scenario) ahead: Option<Duration>,
    pub(in crate::scenario) back: Option<Duration>,
}

/// Which machines are slow, and how much.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::scenario) struct Slow {
    pub(in crate::scenario) target: Target,
    pub(in crate::scenario) factor: f64,
}

/// To which machines requests come, and how many.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::scenario) struct Flood {
    pub(in crate::scenario) target: Target,
    pub(in crate::scenario) rate: f64,
    #[serde(default = "usual_bytes")]
    pub(in crate::scenario) bytes: u64,
}

fn usual_bytes() -> u64 {
    64
}

/// Who takes whose place.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::scenario) struct Replace {
    pub(in crate::scenario) old: Target,
    pub(in crate::scenario) new: u64,
}

/// Which links are hit: told in one of these ways.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::scenario) struct Links {
    pub(in crate::scenario) groups: Option<Vec<Vec<Target>>>,
    pub(in crate::scenario) keep: Option<Vec<String>>,
    pub(in crate::scenario) cut: Option<Vec<String>>,
    pub(in crate::scenario) isolate: Option<Target>,
    pub(in crate::scenario) oneway: Option<OneWay>,
    pub(in crate::scenario) bridge: Option<Target>,
    pub(in crate::scenario) chain: Option<Vec<Target>>,
    pub(in crate::scenario) ring: Option<Vec<Target>>,
}

/// What is done on links: [`Links`], and the fields that say how. (Serde's flattening would lose the places of errors.)
macro_rules! on_links {
    ($(#[$doc:meta])* struct $name:ident, $alone:ident { $($(#[$of:meta])* $field:ident: $type:ty),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub(in crate::scenario) struct $name {
            groups: Option<Vec<Vec<Target>>>,
            keep: Option<Vec<String>>,
            cut: Option<Vec<String>>,
            $alone: Option<Target>,
            oneway: Option<OneWay>,
            bridge: Option<Target>,
            chain: Option<Vec<Target>>,
            ring: Option<Vec<Target>>,
            $($(#[$of])* pub(in crate::scenario) $field: $type),*
        }

        impl $name {
            /// Which links they are.
            pub(in crate::scenario) fn links(&self) -> Links {
                Links {
                    groups: self.groups.clone(),
                    keep: self.keep.clone(),
                    cut: self.cut.clone(),
                    isolate: self.$alone.clone(),
                    oneway: self.oneway.clone(),
                    bridge: self.bridge.clone(),
                    chain: self.chain.clone(),
                    ring: self.ring.clone(),
                }
            }
        }
    };
}

on_links! {
    /// Links that come and go, and for how long.
    struct Flap, isolate {
        down: Distribution,
        up: Distribution,
    }
}

on_links! {
    /// Links on which some frames are hit.
    struct OnFrames, links {
        rate: f64,
    }
}

on_links! {
    /// Links on which frames take longer.
    struct Delay, links {
        by: Distribution,
    }
}

on_links! {
    /// Links on which some frames are changed.
    struct Corrupt, links {
        rate: f64,
        kind: Corruption,
        #[serde(default)]
        clients: bool,
    }
}

/// How frames are changed.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(in crate::scenario) enum Corruption {
    BitFlip(u64, u64),
    Truncate,
    Extend,
    Garbage,
}

/// A stranger who sends frames.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::scenario) struct Forge {
    pub(in crate::scenario) to: Target,
    pub(in crate::scenario) rate: f64,
}

/// The links from some nodes to others.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::scenario) struct OneWay {
    pub(in crate::scenario) from: Vec<Target>,
    pub(in crate::scenario) to: Vec<Target>,
}

/// Which nodes are hit.
#[derive(Clone, Debug, Deserialize)]
pub(in crate::scenario) enum Target {
    Node(u64),
    Nodes(Vec<u64>),
    Leader,
    Follower(u64),
    Random,
    Majority,
    Minority,
    All,
    Rest,
    Named(String),
}
