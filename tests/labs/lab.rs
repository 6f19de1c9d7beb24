//! A cluster in a student's hands: servers are cut off and linked again, crash and start, and are given commands whether
//! they lead or not. Virtual time passes only where a case lets it.

use squall::ids::{Index, NodeId, Term};
use squall::plan::Plan;
use squall::raft::RaftSoftware;
use squall::raft::message::{APPEND_ENTRIES, INSTALL_SNAPSHOT, PRE_VOTE, REQUEST_VOTE, TIMEOUT_NOW};
use squall::replica::{Bug, Role};
use squall::report::Judges;
use squall::rng::{Stream, below};
use squall::rpc::store::encode_operation;
use squall::time::{Duration, Time};
use squall::trace::{Body, Observer, Operation, Record};
use squall::world::World;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// By when a cluster that can has elected a leader, and finished what it was about.
pub(crate) const ELECTION: Duration = Duration::from_secs(1);
/// How often a case looks whether something has come.
const POLL: Duration = Duration::from_millis(10);

/// What a case runs on.
#[derive(Clone, Copy)]
pub(crate) struct Setting {
    pub(crate) servers: u32,
    /// The links, as in a scenario.
    pub(crate) network: &'static str,
    /// More of the protocol's parameters, as in a scenario.
    pub(crate) raft: &'static str,
    /// A bug to be planted.
    pub(crate) bug: Option<Bug>,
}

/// A tenth of all messages is lost, the others take up to 27 ms and overtake each other.
pub(crate) const UNRELIABLE: &str = r#"default: (latency: Uniform("0s", "27ms"), loss: 0.1)"#;

impl Setting {
    pub(crate) const fn of(servers: u32) -> Self {
        Self { servers, network: "", raft: "", bug: None }
    }

    fn plan(&self, seed: u64) -> Plan {
        let switches = if seed % 2 == 1 { "pre_vote: true, check_quorum: true, sticky: true," } else { "" };
        let Self { servers, network, raft, .. } = self;
        let text = format!(
            r#"(format: 1, name: "lab", duration: "10m", cluster: (voters: {servers}, raft: ({switches} {raft})),
                network: ({network}))"#
        );
        match squall::scenario::read(&text) {
            Ok((mut plan, _)) => {
                plan.cluster.raft.bug = self.bug;
                plan
            }
            Err(errors) => panic!("{}", errors.render("lab", &text, false)),
        }
    }

    /// Carries a case out with each of these seeds, and holds it to all rules of safety.
    pub(crate) fn each(&self, seeds: Range<u64>, case: impl Fn(&mut Lab<'_>)) {
        for seed in seeds {
            let judges = self.once(seed, &case);
            assert_eq!(judges.violations(), 0, "seed {seed}: {:#?}", judges.verdicts());
        }
    }

    /// Carries a case out with this seed.
    pub(crate) fn once(&self, seed: u64, case: impl Fn(&mut Lab<'_>)) -> Judges {
        let plan = self.plan(seed);
        let mut watch = Watch::new(&plan);
        let mut lab = Lab {
            world: World::new(&plan, &RaftSoftware, seed, &mut watch),
            seed,
            stream: Stream::new(seed, "lab", 0, 0),
            linked: vec![true; self.servers as usize],
            cut: BTreeSet::new(),
            commands: 0,
            asked: 0,
        };
        case(&mut lab);
        lab.world.finish();
        watch.judges
    }
}

/// What the records tell a case.
pub(crate) struct Watch {
    judges: Judges,
    nodes: Vec<Node>,
    /// The term of every entry that was ever applied. That all servers apply the same is for the checkers to see.
    chain: BTreeMap<Index, Term>,
    accepted: Option<(Index, Term)>,
    requests: u64,
    bytes: u64,
    /// How many snapshots of a leader were taken over.
    installed: u64,
}

/// What is known of a server.
#[derive(Clone, Copy, Default)]
struct Node {
    is_up: bool,
    role: Role,
    term: Term,
    applied: Index,
    last: Index,
    compacted: Index,
}

impl Watch {
    fn new(plan: &Plan) -> Self {
        Self {
            judges: Judges::new(plan),
            nodes: vec![Node::default(); plan.cluster.voters as usize],
            chain: BTreeMap::new(),
            accepted: None,
            requests: 0,
            bytes: 0,
            installed: 0,
        }
    }
}

impl Observer for Watch {
    fn observe(&mut self, record: &Record) {
        self.judges.observe(record);
        let Some(id) = record.node.as_node() else { return };
        let node = &mut self.nodes[id.slot()];
        match record.body {
            Body::Booted { last, .. } => {
                *node = Node { is_up: true, last, compacted: node.compacted, ..Node::default() };
            }
            Body::Crashed => node.is_up = false,
            Body::RoleChanged { role, term, .. } => (node.role, node.term) = (role, term),
            Body::Accepted { index, term, .. } => self.accepted = Some((index, term)),
            Body::Appended { index, .. } => node.last = index,
            Body::Truncated { from, .. } => node.last = Index(from.0 - 1),
            Body::SnapshotWritten { index, .. } => node.last = node.last.max(index),
            Body::Compacted { index, .. } => node.compacted = index,
            Body::Restored { index, at_start, .. } => {
                node.applied = index;
                self.installed += u64::from(!at_start);
            }
            Body::Applied { index, term, .. } => {
                node.applied = index;
                self.chain.entry(index).or_insert(term);
            }
            Body::Sent { to, kind, bytes, .. } if to.as_node().is_some() => {
                self.requests += u64::from(is_request(kind));
                self.bytes += u64::from(bytes);
            }
            _ => {}
        }
    }
}

fn is_request(kind: u8) -> bool {
    [REQUEST_VOTE, APPEND_ENTRIES, PRE_VOTE, INSTALL_SNAPSHOT, TIMEOUT_NOW].contains(&kind)
}

/// A cluster under a case.
pub(crate) struct Lab<'p> {
    world: World<'p, &'p mut Watch>,
    seed: u64,
    stream: Stream,
    /// Which servers are linked to the others that are, too.
    linked: Vec<bool>,
    cut: BTreeSet<(NodeId, NodeId)>,
    commands: u64,
    /// Whom to ask first for an agreement.
    asked: usize,
}

impl Lab<'_> {
    fn watch(&self) -> &Watch {
        self.world.observer()
    }

    /// Fails the case unless this holds.
    #[track_caller]
    pub(crate) fn require(&self, holds: bool, what: &str) {
        assert!(holds, "seed {}, at {}: {what}", self.seed, self.world.now());
    }

    /// A number below this, drawn for the case.
    pub(crate) fn draw(&mut self, bound: u64) -> u64 {
        below(self.stream.word(), bound)
    }

    /// All servers.
    pub(crate) fn servers(&self) -> Vec<NodeId> {
        (1..=self.linked.len() as u32).map(NodeId).collect()
    }

    /// The server so many places after this one, in a circle.
    pub(crate) fn after(&self, server: NodeId, places: u32) -> NodeId {
        NodeId((server.0 - 1 + places) % self.linked.len() as u32 + 1)
    }

    pub(crate) fn now(&self) -> Time {
        self.world.now()
    }

    pub(crate) fn pass(&mut self, time: Duration) {
        self.world.run_until(self.world.now() + time);
    }

    /// Cuts all links of a server.
    pub(crate) fn cut_off(&mut self, server: NodeId) {
        self.linked[server.slot()] = false;
        self.see_to_links();
    }

    /// Links a server to the others that are linked.
    pub(crate) fn link(&mut self, server: NodeId) {
        self.linked[server.slot()] = true;
        self.see_to_links();
    }

    pub(crate) fn is_linked(&self, server: NodeId) -> bool {
        self.linked[server.slot()]
    }

    fn see_to_links(&mut self) {
        for from in self.servers() {
            for to in self.servers().into_iter().filter(|to| *to != from) {
                match (self.is_linked(from) && self.is_linked(to), self.cut.contains(&(from, to))) {
                    (false, false) => {
                        self.cut.insert((from, to));
                        self.world.cut(from, to);
                    }
                    (true, true) => {
                        self.cut.remove(&(from, to));
                        self.world.heal(from, to);
                    }
                    _ => {}
                }
            }
        }
    }

    pub(crate) fn crash(&mut self, server: NodeId) {
        self.world.power_off(server);
    }

    pub(crate) fn start_up(&mut self, server: NodeId) {
        self.world.power_on(server);
    }

    pub(crate) fn is_up(&self, server: NodeId) -> bool {
        self.watch().nodes[server.slot()].is_up
    }

    /// Crashes every server and starts it again.
    pub(crate) fn restart_all(&mut self) {
        self.servers().into_iter().for_each(|server| self.crash(server));
        self.servers().into_iter().for_each(|server| self.start_up(server));
    }

    /// Starts and links whatever is down or cut off.
    pub(crate) fn mend_all(&mut self) {
        for server in self.servers() {
            if !self.is_up(server) {
                self.start_up(server);
            }
            self.link(server);
        }
    }

    fn reachable(&self) -> impl Iterator<Item = (NodeId, Node)> {
        let nodes = self.servers().into_iter().zip(self.watch().nodes.iter().copied());
        nodes.filter(|(server, node)| node.is_up && self.is_linked(*server))
    }

    /// The leader of the latest term among the servers that are linked; there are no two in one term.
    pub(crate) fn leader_now(&self) -> Option<NodeId> {
        let leads: Vec<(Term, NodeId)> = self
            .reachable()
            .filter(|(_, node)| node.role == Role::Leader)
            .map(|(server, node)| (node.term, server))
            .collect();
        let terms: BTreeSet<Term> = leads.iter().map(|(term, _)| *term).collect();
        self.require(terms.len() == leads.len(), "there are two leaders in one term");
        leads.into_iter().max().map(|(_, server)| server)
    }

    /// Waits for a leader.
    pub(crate) fn leader(&mut self) -> NodeId {
        let end = self.now() + Duration::from_secs(5);
        while self.now() < end {
            // A moment for whoever has just been linked again to give way.
            self.pass(Duration::from_millis(500));
            if let Some(leader) = self.leader_now() {
                return leader;
            }
        }
        panic!("seed {}, at {}: there is no leader", self.seed, self.now());
    }

    /// The term of all servers that can be reached, which have to be of one.
    pub(crate) fn one_term(&self) -> Term {
        let terms: BTreeSet<Term> = self.reachable().map(|(_, node)| node.term).collect();
        self.require(terms.len() == 1, &format!("servers are of different terms, {terms:?}"));
        terms.into_iter().next().unwrap_or_default()
    }

    /// Gives a server a command of 64 bytes. Where it has put it, if it takes it for a leader's.
    pub(crate) fn command(&mut self, server: NodeId) -> Option<(Index, Term)> {
        self.command_of(server, 50)
    }

    /// The same with a value of so many bytes.
    pub(crate) fn command_of(&mut self, server: NodeId, value_bytes: usize) -> Option<(Index, Term)> {
        self.commands += 1;
        let mut bytes = Vec::new();
        let key = (self.commands % 8) as u32;
        encode_operation(Operation::Put { key, value: self.commands }, value_bytes, &mut bytes);
        let before = self.watch().judges.metrics().counters().requests_accepted;
        self.world.propose_to(server, &bytes);
        let taken = self.watch().judges.metrics().counters().requests_accepted > before;
        if taken { self.watch().accepted } else { None }
    }

    /// How many servers have applied this entry at this index.
    pub(crate) fn applied(&self, (index, term): (Index, Term)) -> usize {
        if self.watch().chain.get(&index) != Some(&term) {
            return 0;
        }
        self.watch().nodes.iter().filter(|node| node.is_up && node.applied >= index).count()
    }

    /// Waits until so many servers have applied an entry. Whether that came to pass.
    pub(crate) fn wait(&mut self, entry: (Index, Term), servers: usize, at_most: Duration) -> bool {
        let end = self.now() + at_most;
        while self.applied(entry) < servers && self.now() < end {
            self.pass(POLL);
        }
        self.applied(entry) >= servers
    }

    /// Gives a new command to whoever leads, again and again for up to ten seconds, until so many servers have applied
    /// it. Where it is.
    pub(crate) fn agree(&mut self, servers: usize) -> Index {
        let end = self.now() + Duration::from_secs(10);
        while self.now() < end {
            let all = self.servers();
            let mut entry = None;
            for _ in 0..all.len() {
                self.asked = (self.asked + 1) % all.len();
                let server = all[self.asked];
                if self.is_up(server) && self.is_linked(server) {
                    entry = self.command(server);
                }
                if entry.is_some() {
                    // It is likely to lead for the next command, too.
                    self.asked = (self.asked + all.len() - 1) % all.len();
                    break;
                }
            }
            match entry {
                Some(entry) if self.wait(entry, servers, Duration::from_secs(2)) => return entry.0,
                Some(_) => self.asked += 1,
                None => self.pass(Duration::from_millis(50)),
            }
        }
        panic!("seed {}, at {}: {servers} servers agree on nothing new", self.seed, self.now());
    }

    /// How many requests servers have sent each other so far, and how many bytes of them and their answers.
    pub(crate) fn traffic(&self) -> (u64, u64) {
        (self.watch().requests, self.watch().bytes)
    }

    /// The most entries that any server keeps in its log.
    pub(crate) fn longest_log(&self) -> u64 {
        self.watch()
            .nodes
            .iter()
            .map(|node| node.last.0 - node.compacted.0.min(node.last.0))
            .max()
            .unwrap_or(0)
    }

    /// How often a server has taken over its leader's snapshot.
    pub(crate) fn installed(&self) -> u64 {
        self.watch().installed
    }

    /// How often a server has asked for votes.
    pub(crate) fn candidacies(&self) -> u64 {
        self.watch().judges.metrics().counters().candidacies
    }
}
