//! What could be cut from a plan: each pass proposes smaller plans, the boldest first.

use super::restraint::USUAL;
use super::rounded::STEPS;
use crate::ids::{NodeId, NodeSet, Term};
use crate::plan::{
    Action, Arrival, Clients, Core, Cpu, Edge, End, Expectation, Fault, Integrity, Lanes, Link, Logs, Mix,
    Plan, Settle, Shape, Start, Target, WhenFull,
};
use crate::replica::{Changes, Flow, Options, ReadBy};
use crate::rng::{Distribution, Rate};
use crate::time::{Duration, Time};
use std::num::NonZeroU32;

/// Proposes smaller plans than this one, which fails at this time. Every fault of the plan is scripted.
pub(super) type Pass = fn(&Plan, Time) -> Vec<Plan>;

/// What takes away much at once, in the order in which it is tried. Without load runs cost little: that goes first.
pub(super) const COARSE: [Pass; 5] = [to_the_failure, less_load, fewer_faults, fewer_nodes, earlier_faults];

/// What makes plainer what is left.
pub(super) const FINE: [Pass; 3] = [plainer_models, plainer_faults, shorter_faults];

/// The plans that these changes make of this one, as far as they change it.
fn with(plan: &Plan, changes: &[&dyn Fn(&mut Plan)]) -> Vec<Plan> {
    let changed = |change: &&dyn Fn(&mut Plan)| {
        let mut smaller = plan.clone();
        change(&mut smaller);
        (smaller != *plan).then_some(smaller)
    };
    changes.iter().filter_map(changed).collect()
}

/// What comes after the failure is not needed: the run ends soon after it, and does not settle. Of the expectations only
/// the one that failed is.
fn to_the_failure(plan: &Plan, at: Time) -> Vec<Plan> {
    let cut = |smaller: &mut Plan| {
        smaller.settle = None;
        smaller.expectations.retain(|expectation| matches!(expectation, Expectation::Violates(_)));
        let end = at.since(Time::ZERO) + Duration::from_millis(1);
        // It will be rounded up to a second if it can be: less than that is not worth a cut.
        if end.nanos().div_ceil(STEPS[0]) * STEPS[0] < smaller.duration.nanos() {
            smaller.duration = end;
            drop_what_never_happens(smaller);
        }
    };
    let for_all = |smaller: &mut Plan| smaller.settle.iter_mut().for_each(|it| it.core = Core::All);
    let at_once = |smaller: &mut Plan| smaller.settle.iter_mut().for_each(|it| it.quiet = Duration::ZERO);
    let mut smaller = with(plan, &[&cut, &|smaller| smaller.expectations.clear(), &for_all, &at_once]);
    for place in 0..plan.expectations.len() {
        let mut plan = plan.clone();
        plan.expectations.remove(place);
        smaller.push(plan);
    }
    smaller
}

/// Faults that begin after the end of the run are taken away, ends after it left out.
fn drop_what_never_happens(plan: &mut Plan) {
    let end = Time::ZERO + plan.duration;
    plan.faults.retain(|fault| begin(fault) < end);
    for fault in &mut plan.faults {
        if finish(fault).is_some_and(|until| until >= end) {
            fault.end = End::Never;
        }
    }
}

/// When a scripted fault begins.
pub(super) fn begin(fault: &Fault) -> Time {
    match fault.start {
        Start::At(at) => at,
        Start::When { .. } => Time::ZERO,
    }
}

/// When a scripted fault ends.
pub(super) fn finish(fault: &Fault) -> Option<Time> {
    match fault.end {
        End::Never => None,
        End::Until(until) => Some(until),
        End::For(length) => Some(begin(fault) + length),
    }
}

/// Half of the faults are left out, a quarter, and so on down to each one.
fn fewer_faults(plan: &Plan, _: Time) -> Vec<Plan> {
    let count = plan.faults.len();
    let mut smaller = Vec::new();
    let mut size = count;
    while size > 0 {
        for first in (0..count).step_by(size) {
            let mut plan = plan.clone();
            plan.faults.drain(first..(first + size).min(count));
            smaller.push(plan);
        }
        size /= 2;
    }
    smaller
}

/// The last nodes are left out, with what faults and links say of them.
fn fewer_nodes(plan: &Plan, _: Time) -> Vec<Plan> {
    let fewer = |voters: u32| (voters >= 1 && voters < plan.cluster.voters).then(|| with_nodes(plan, voters));
    let voters = plan.cluster.voters;
    let beside = without_last(plan);
    beside
        .into_iter()
        .chain([3, voters.saturating_sub(2), voters.saturating_sub(1)].into_iter().filter_map(fewer))
        .collect()
}

/// Without the last of the nodes beside the voters, if there are any.
fn without_last(plan: &Plan) -> Option<Plan> {
    let last = NodeId(plan.cluster.nodes());
    let mut plan = plan.clone();
    let beside = if plan.cluster.spares > 0 { &mut plan.cluster.spares } else { &mut plan.cluster.learners };
    *beside = beside.checked_sub(1)?;
    plan.cluster.priorities.truncate(last.slot());
    plan.network.links.retain(|(from, to, _)| *from != last && *to != last);
    plan.faults.retain_mut(|fault| renumber(&mut fault.action, &|node| (node != last).then_some(node)));
    renumber_core(&mut plan, &|node| (node != last).then_some(node));
    Some(plan)
}

/// A plan with so many voters. Who stands beside them is numbered after them, as before.
pub(super) fn with_nodes(plan: &Plan, voters: u32) -> Plan {
    let before = plan.cluster.voters;
    let mut plan = plan.clone();
    let number = |node: NodeId| match node.0 {
        stays if stays <= voters => Some(node),
        goes if goes <= before => None,
        beside => Some(NodeId(beside - (before - voters))),
    };
    plan.cluster.voters = voters;
    plan.cluster.first_leader = plan.cluster.first_leader.filter(|node| node.0 <= voters);
    if let Logs::Each(logs) = &mut plan.cluster.logs {
        logs.truncate(voters as usize);
    }
    let mut node = 0;
    plan.cluster.priorities.retain(|_| {
        node += 1;
        number(NodeId(node)).is_some()
    });
    let mut node = 0;
    plan.cluster.drifts_ppm.retain(|_| {
        node += 1;
        number(NodeId(node)).is_some()
    });
    plan.network.links.retain_mut(|(from, to, _)| match (number(*from), number(*to)) {
        (Some(new_from), Some(new_to)) => {
            (*from, *to) = (new_from, new_to);
            true
        }
        _ => false,
    });
    plan.faults.retain_mut(|fault| renumber(&mut fault.action, &number));
    renumber_core(&mut plan, &number);
    plan
}

/// Gives the nodes of the core other numbers. What is left of it and is no quorum is no core.
fn renumber_core(plan: &mut Plan, number: &impl Fn(NodeId) -> Option<NodeId>) {
    let members = plan.cluster.members();
    if let Some(Settle { core: core @ Core::Nodes(_), .. }) = &mut plan.settle
        && let Core::Nodes(nodes) = *core
    {
        let left: NodeSet = nodes.iter().filter_map(number).collect();
        *core = if members.is_quorum(left) { Core::Nodes(left) } else { Core::All };
    }
}

/// Gives nodes other numbers. Whether the action still hits somebody.
fn renumber(action: &mut Action, number: &impl Fn(NodeId) -> Option<NodeId>) -> bool {
    let exists = |target: &mut Target| match target {
        Target::Node(node) => number(*node).map(|new| *node = new).is_some(),
        Target::Nodes(nodes) => {
            *nodes = nodes.iter().filter_map(number).collect();
            *target = few(*nodes);
            !matches!(target, Target::Nodes(nodes) if nodes.is_empty())
        }
        _ => true,
    };
    match action {
        Action::Partition(shape)
        | Action::Clog(shape)
        | Action::Flap { shape, .. }
        | Action::Lose { links: shape, .. }
        | Action::Duplicate { links: shape, .. }
        | Action::Delay { links: shape, .. }
        | Action::Corrupt { links: shape, .. }
        | Action::Misdirect { links: shape, .. }
        | Action::Replay { links: shape, .. } => match shape {
            Shape::Cut(edges) => {
                edges.retain_mut(|edge| exists(&mut edge.from) && exists(&mut edge.to));
                !edges.is_empty()
            }
            Shape::Groups(groups) => {
                groups.iter_mut().for_each(|group| group.retain_mut(exists));
                groups.retain(|group| !group.is_empty());
                groups.len() > 1
            }
            Shape::Isolate(target) => exists(target),
            _ => false,
        },
        Action::Crash(target)
        | Action::Wipe(target)
        | Action::Deaf(target)
        | Action::Mute(target)
        | Action::DiskStall(target)
        | Action::DiskFull(target)
        | Action::LoseFlush(target)
        | Action::Rot(target)
        | Action::Drift { nodes: target, .. }
        | Action::Starve { to: target, .. }
        | Action::Skew { nodes: target, .. }
        | Action::Step { nodes: target, .. }
        | Action::Pause(target)
        | Action::Slow { target, .. }
        | Action::Flood { target, .. }
        | Action::Transfer(target)
        | Action::AddLearner(target)
        | Action::Promote(target)
        | Action::Remove(target)
        | Action::Forge { to: target, .. } => exists(target),
        Action::Replace { old, new } => exists(old) && number(*new).map(|to| *new = to).is_some(),
    }
}

/// A set of nodes as the plainest target.
fn few(nodes: NodeSet) -> Target {
    match nodes.iter().collect::<Vec<_>>()[..] {
        [node] => Target::Node(node),
        _ => Target::Nodes(nodes),
    }
}

/// Fewer clients, fewer operations, fewer keys, shorter values, and only puts.
fn less_load(plan: &Plan, _: Time) -> Vec<Plan> {
    let load = |change: &dyn Fn(&mut Clients)| {
        let mut plan = plan.clone();
        plan.clients.iter_mut().for_each(change);
        plan
    };
    let slower = |clients: &mut Clients| {
        if let Arrival::OpenLoop { mean } = &mut clients.arrival
            && *mean < Duration::from_secs(1)
        {
            *mean = mean.saturating_mul(2);
        }
    };
    let one = |clients: &mut Clients| {
        if let Arrival::OpenLoop { mean } = &mut clients.arrival {
            // The same load as before in all.
            *mean = Duration::from_nanos((mean.nanos() / u64::from(clients.count)).max(1));
        }
        clients.count = 1;
    };
    // Without sessions nothing tells a request from its copy.
    let mut plain = load(&|clients| (clients.retry_after, clients.sessions) = (None, None));
    plain.network.clients.duplicate = Rate::ZERO;
    let proposals = [
        Plan { clients: None, ..plan.clone() },
        plain,
        load(&|clients| clients.retry_after = None),
        load(&one),
        load(&slower),
        load(&|clients| clients.keys = 1),
        load(&|clients| clients.value_bytes = 8),
        load(&|clients| clients.breaker = None),
        load(&|clients| clients.backoff = USUAL),
        load(&|clients| clients.mix = Mix { put: 1 << 32, get: 0, cas: 0 }),
    ];
    proposals.into_iter().filter(|smaller| smaller != plan).collect()
}

/// The protocol of the paper, without what a switch adds.
pub(super) fn switch_off(raft: &mut Options) {
    // A lease is worth nothing without sticky servers.
    let sticky = raft.reads.by == ReadBy::Lease;
    (raft.pre_vote, raft.check_quorum, raft.sticky) = (false, false, sticky);
}

/// The next simpler way to answer reads.
fn plainer_reads(by: ReadBy) -> ReadBy {
    match by {
        ReadBy::Lease => ReadBy::Index,
        ReadBy::Index | ReadBy::Log => ReadBy::Log,
        ReadBy::Local => ReadBy::Local,
    }
}

/// Links that neither lose nor duplicate and are all alike, disks that take no time, the usual timers, empty logs.
fn plainer_models(plan: &Plan, _: Time) -> Vec<Plan> {
    let ms = Duration::from_millis;
    let at_once = Distribution::Constant(Duration::ZERO);
    let whole = |link: &mut Link| (link.loss, link.duplicate) = (Rate::ZERO, Rate::ZERO);
    let timers = |options: &mut Options| {
        (options.heartbeat, options.election_timeout) = (ms(50), (ms(150), ms(300)));
    };
    let mut smaller = with(
        plan,
        &[
            &|it| it.network.links.clear(),
            &|it| whole(&mut it.network.default),
            &|it| it.network.default.loss = Rate::ZERO,
            &|it| it.network.default.duplicate = Rate::ZERO,
            &|it| {
                it.network.clients =
                    Link { latency: at_once, loss: Rate::ZERO, duplicate: Rate::ZERO, bandwidth: None }
            },
            &|it| timers(&mut it.cluster.raft),
            &|it| it.cluster.raft.max_batch_bytes = 65_536,
            &|it| switch_off(&mut it.cluster.raft),
            &|it| it.cluster.raft.pre_vote = false,
            &|it| it.cluster.raft.check_quorum = false,
            &|it| it.cluster.raft.announce_commits = false,
            &|it| it.cluster.raft.flow = Flow::default(),
            &|it| it.cluster.raft.flow.max_inflight = None,
            &|it| it.cluster.raft.flow.max_inflight_bytes = None,
            &|it| it.cluster.raft.flow.max_uncommitted_bytes = None,
            &|it| it.cluster.raft.flow.max_early_bytes = None,
            &|it| it.cluster.raft.sticky = it.cluster.raft.reads.by == ReadBy::Lease,
            &|it| it.cluster.raft.reads.by = plainer_reads(it.cluster.raft.reads.by),
            &|it| it.cluster.raft.reads.at_followers = false,
            &|it| it.cluster.raft.changes = Changes::default(),
            &|it| it.cluster.raft.snapshot_every = None,
            &|it| it.cluster.raft.snapshot_chunk = USUAL_CHUNK,
            &|it| free(it),
            &|it| it.cluster.blocking = false,
            &|it| {
                it.cluster.cpu.cost_per_kib = if it.cluster.cpu.cost_per_frame > Duration::ZERO {
                    Duration::ZERO
                } else {
                    it.cluster.cpu.cost_per_kib
                }
            },
            &|it| it.cluster.cpu.lanes = Lanes::One,
            &|it| it.cluster.cpu.when_full = WhenFull::DropNewest,
            &|it| it.cluster.call_timeout = ms(150),
            &|it| it.cluster.breaker = None,
            &|it| it.cluster.logs = Logs::Same,
            &|it| shorter_logs(&mut it.cluster.logs),
            &|it| it.cluster.first_leader = None,
            &|it| it.cluster.priorities.clear(),
            &|it| it.cluster.drifts_ppm.clear(),
            &|it| it.cluster.integrity = Integrity::Crc32c,
        ],
    );
    let usual_latency = Distribution::Uniform(ms(1), ms(5));
    for latency in plainer_than(plan.network.default.latency, &[Distribution::Constant(ms(1)), usual_latency])
    {
        let mut plan = plan.clone();
        plan.network.default.latency = latency;
        smaller.push(plan);
    }
    let usual_flush = Distribution::Uniform(Duration::from_micros(500), ms(2));
    for flush in plainer_than(plan.cluster.flush, &[at_once, Distribution::Constant(ms(1)), usual_flush]) {
        let mut plan = plan.clone();
        plan.cluster.flush = flush;
        smaller.push(plan);
    }
    smaller
}

/// Hosts serve frames at no cost, and none is slow.
fn free(plan: &mut Plan) {
    (plan.cluster.cpu, plan.cluster.blocking) = (Cpu::FREE, false);
    plan.faults.retain(|fault| !matches!(fault.action, Action::Slow { .. }));
}

/// The usual most bytes of a snapshot in one message.
const USUAL_CHUNK: NonZeroU32 = NonZeroU32::new(65_536).expect("not 0");

/// What is plainer than this, in this order: so that nothing goes to and fro.
fn plainer_than(this: Distribution, order: &[Distribution]) -> Vec<Distribution> {
    order.iter().copied().take_while(|plainer| *plainer != this).collect()
}

/// Each log that is given loses its last entry.
fn shorter_logs(logs: &mut Logs) {
    if let Logs::Each(logs) = logs {
        for log in logs {
            let _: Option<Term> = log.pop();
        }
    }
}

/// Each fault alone: hits fewer links, or fewer nodes, or is the plainer one of two kinds.
fn plainer_faults(plan: &Plan, _: Time) -> Vec<Plan> {
    let mut smaller = Vec::new();
    for (place, fault) in plan.faults.iter().enumerate() {
        for action in plainer(&fault.action) {
            let mut plan = plan.clone();
            plan.faults[place].action = action;
            smaller.push(plan);
        }
    }
    smaller
}

fn plainer(action: &Action) -> Vec<Action> {
    match action {
        Action::Partition(Shape::Cut(edges)) => {
            fewer_edges(edges).into_iter().map(|edges| Action::Partition(Shape::Cut(edges))).collect()
        }
        Action::Clog(Shape::Cut(edges)) => {
            let whole = std::iter::once(Action::Partition(Shape::Cut(edges.clone())));
            let fewer = fewer_edges(edges).into_iter().map(|edges| Action::Clog(Shape::Cut(edges)));
            whole.chain(fewer).collect()
        }
        Action::Clog(shape) => vec![Action::Partition(shape.clone())],
        Action::Wipe(target) => vec![Action::Crash(*target)],
        Action::Crash(Target::Nodes(nodes)) => fewer(*nodes).into_iter().map(Action::Crash).collect(),
        Action::Pause(Target::Nodes(nodes)) => fewer(*nodes).into_iter().map(Action::Pause).collect(),
        Action::Deaf(target) | Action::Mute(target) => {
            vec![Action::Partition(Shape::Isolate(*target))]
        }
        Action::DiskFull(target) => vec![Action::Crash(*target)],
        Action::Starve { kind, to: Target::Nodes(nodes) } => {
            fewer(*nodes).into_iter().map(|to| Action::Starve { kind: *kind, to }).collect()
        }
        Action::DiskStall(_)
        | Action::LoseFlush(_)
        | Action::Rot(_)
        | Action::Drift { .. }
        | Action::Starve { .. }
        | Action::Skew { .. }
        | Action::Step { .. } => Vec::new(),
        Action::Corrupt { clients: true, .. } => {
            let mut without = action.clone();
            if let Action::Corrupt { clients, .. } = &mut without {
                *clients = false;
            }
            vec![without]
        }
        Action::Forge { to: Target::Nodes(nodes), mean } => {
            fewer(*nodes).into_iter().map(|to| Action::Forge { to, mean: *mean }).collect()
        }
        Action::Lose { .. }
        | Action::Duplicate { .. }
        | Action::Delay { .. }
        | Action::Corrupt { .. }
        | Action::Misdirect { .. }
        | Action::Replay { .. } => on_fewer_links(action),
        Action::Slow { target: Target::Nodes(nodes), permille } => {
            fewer(*nodes).into_iter().map(|target| Action::Slow { target, permille: *permille }).collect()
        }
        Action::Flood { target, mean, bytes } => plainer_flood(*target, *mean, *bytes),
        Action::Forge { .. }
        | Action::Partition(_)
        | Action::Slow { .. }
        | Action::Flap { .. }
        | Action::Crash(_)
        | Action::Pause(_)
        | Action::Transfer(_)
        | Action::AddLearner(_)
        | Action::Promote(_)
        | Action::Remove(_)
        | Action::Replace { .. } => Vec::new(),
    }
}

/// The same on fewer links.
fn on_fewer_links(action: &Action) -> Vec<Action> {
    let Some((Shape::Cut(edges), _)) = action.on_frames() else { return Vec::new() };
    let on = |edges: &Vec<Edge>| {
        let mut action = action.clone();
        action.links_of_frames().into_iter().for_each(|links| *links = Shape::Cut(edges.clone()));
        action
    };
    fewer_edges(edges).iter().map(on).collect()
}

/// A flood of fewer nodes, or of half as many requests, or of the shortest.
fn plainer_flood(target: Target, mean: Duration, bytes: u32) -> Vec<Action> {
    let targets = if let Target::Nodes(nodes) = target { fewer(nodes) } else { Vec::new() };
    let mut floods: Vec<Action> =
        targets.into_iter().map(|target| Action::Flood { target, mean, bytes }).collect();
    if mean < Duration::from_secs(1) {
        floods.push(Action::Flood { target, mean: mean.saturating_mul(2), bytes });
    }
    if bytes > 8 {
        floods.push(Action::Flood { target, mean, bytes: 8 });
    }
    floods
}

/// Each half of the links, then all but each one.
fn fewer_edges(edges: &[Edge]) -> Vec<Vec<Edge>> {
    if edges.len() < 2 {
        return Vec::new();
    }
    let (first, second) = edges.split_at(edges.len() / 2);
    let but = |without: usize| {
        let others = edges.iter().enumerate().filter(|(place, _)| *place != without);
        others.map(|(_, edge)| *edge).collect()
    };
    [first.to_vec(), second.to_vec()].into_iter().chain((0..edges.len()).map(but)).collect()
}

/// All but each one of these nodes.
fn fewer(nodes: NodeSet) -> Vec<Target> {
    let but = |without: NodeId| few(nodes.iter().filter(|node| *node != without).collect());
    nodes.iter().map(but).collect()
}

/// Each fault alone: lasts to the end, or half as long, or begins in the middle.
fn shorter_faults(plan: &Plan, _: Time) -> Vec<Plan> {
    let mut smaller = Vec::new();
    for (place, fault) in plan.faults.iter().enumerate() {
        let Some(until) = finish(fault) else { continue };
        let from = begin(fault);
        let half = Duration::from_nanos(until.since(from).nanos() / 2);
        let mut propose = |start: Time, end: End| {
            let mut plan = plan.clone();
            (plan.faults[place].start, plan.faults[place].end) = (Start::At(start), end);
            smaller.push(plan);
        };
        propose(from, End::Never);
        if half > Duration::from_millis(5) {
            propose(from, End::Until(from + half));
            propose(from + half, End::Until(until));
        }
    }
    smaller
}

/// Everything happens in half the time; everything from some fault on happens sooner: the calm before it is halved.
fn earlier_faults(plan: &Plan, _: Time) -> Vec<Plan> {
    let mut times: Vec<Time> = plan.faults.iter().map(begin).collect();
    times.sort_unstable();
    times.dedup();
    let gap = |place: usize| times[place].since(if place == 0 { Time::ZERO } else { times[place - 1] });
    // The last first, so that a gap that is halved leaves the times of those before it.
    let halved = (0..times.len()).rev().filter(|place| gap(*place) > LONG_CALM);
    let halved: Vec<_> =
        halved.map(|place| (times[place], Duration::from_nanos(gap(place).nanos() / 2))).collect();
    let mut smaller = Vec::new();
    if halved.len() > 1 {
        smaller.push(halved.iter().fold(plan.clone(), |plan, (from, by)| sooner(&plan, *from, *by)));
    }
    smaller.extend(halved.iter().rev().map(|(from, by)| sooner(plan, *from, *by)));
    smaller
}

/// A calm before a fault that is worth cutting.
const LONG_CALM: Duration = Duration::from_millis(40);

/// What happens from this time on happens sooner by so much.
fn sooner(plan: &Plan, from: Time, by: Duration) -> Plan {
    let mut plan = plan.clone();
    let shift = |time: Time| {
        if time < from { time } else { Time::from_nanos(time.nanos() - by.nanos()) }
    };
    for fault in &mut plan.faults {
        fault.start = Start::At(shift(begin(fault)));
        if let End::Until(until) = fault.end {
            fault.end = End::Until(shift(until));
        }
    }
    if let Some(settle) = &mut plan.settle {
        settle.from = shift(settle.from);
    }
    plan.duration = Duration::from_nanos(plan.duration.nanos() - by.nanos());
    plan
}
