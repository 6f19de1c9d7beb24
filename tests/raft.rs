//! Scripts that pin what the Raft core does, one claim each: `tests/raft/<claim>.txt`. `UPDATE_GOLDENFILES=1` rewrites
//! what is expected; the difference is then reviewed like code. `tests/raft/README.md` says which rule of the paper is
//! pinned by which of them.
//!
//! A script starts with three empty nodes. Unless told otherwise disks flush at once. Commands:
//!
//! - `cluster N [batch=BYTES] [timeouts=MIN..MAX] [every=BYTES] [chunk=BYTES] [bug=ack-before-flush] [pre-vote]
//!   [check-quorum] [sticky] [announce] [single] [learners=K] [spares=K] [priorities="P P .."] [read=index|lease|local] [follower-reads]
//!   [drift=PPM]`: start over with N voters, and nodes beside them. Leases reckon with clocks that drift by so many parts per million. `single`: two voters are never changed at once. Election timeouts are drawn from 150ms..300ms unless told
//!   otherwise. With `every` they take snapshots; an entry has 13 bytes and its command's.
//!   `inflight=N`, `inflight-bytes=BYTES`, `uncommitted=BYTES` and `early=BYTES` bound what is on its way.
//! - `given nX [term=T] [vote=nY] [log="T T:DATA .."] [snapshot="T T:DATA .."] [cut=N] [blank]`: restart a node from this
//!   disk. An entry is its term and, after a colon, its command; without one it is a no-op. `T*9` are nine of them. The
//!   log begins after entry `cut`, if that is given.
//! - `timeout nX`: time passes to its deadline, and it is woken. `wake nX`: it is woken now. `advance 10ms`: time passes.
//! - `run 500ms [nX ..]`: time passes; who is due by then is woken, one after the other, and it is settled among these
//!   nodes, or among all, each time.
//! - `timers`: when each node wants to be woken, counted from now.
//! - `propose nX COMMAND ..`: a client proposes. `read nX ..`: a client reads. `transfer nX nY`: an operator asks nX to hand over to nY.
//! - `change nX add|promote|remove nY`, `change nX replace nY nZ`: an operator asks nX for other members.
//! - `deliver [FROM] [TO] [nth=N]`, `drop`, `duplicate`: what is in flight now (from, to, only the N-th), in order;
//!   `any` stands for any node.
//! - `settle [nX ..]`: deliver, among these nodes only, until nothing is in flight; what goes elsewhere is lost.
//! - `elect nX [nY ..]`: `timeout nX`, then settle among these, or among all.
//! - `forge FROM TO KIND key=value ..`: a message nobody sent arrives. Of a snapshot with these `entries` the chunk goes from
//!   `offset` on, `length` bytes or all.
//! - `disk nX slow`: it no longer flushes by itself. `disk nX flush [N]`: what is written by now becomes
//!   durable, or the oldest N writes. `disk nX fast`: as at the start.
//! - `crash nX`, `restart nX`.
//! - `status`, `log`, `applied`, `members`: of each node. `flight`: what is in flight.
//!
//! Output: `n2 <- n1 ..` is a delivery, and the lines indented below it are what it brought about.

use crate::cluster;
use cluster::{Cluster, Frame, Node, describe, describe_entries, describe_members, options};
use goldenscript::{Argument, Command, Context};
use squall::ids::{Index, NodeId, Term};
use squall::raft::message::{
    AppendEntries, AppendEntriesReply, Contact, ContactReply, InstallSnapshot, InstallSnapshotReply, Message,
    Outcome, PreVote, PreVoteReply, ReadIndex, ReadIndexReply, RequestVote, RequestVoteReply, TimeoutNow,
};
use squall::replica::{
    Base, Bug, Change, Changes, Entries, Entry, EntryKind, HardState, Input, Members, ReadBy, Reads, Role,
    Snapshot,
};
use squall::time::Duration;
use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::fmt::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

#[test]
fn every_script_runs_as_written() {
    let paths = scripts();
    assert!(!paths.is_empty());
    let failed: Vec<_> = paths
        .iter()
        .filter(|path| {
            let run = || goldenscript::run(&mut Script::new(), path).expect("it runs");
            catch_unwind(AssertUnwindSafe(run)).is_err()
        })
        .collect();
    assert!(failed.is_empty(), "{failed:#?}");
}

#[test]
fn the_table_of_rules_names_every_script_and_no_other() {
    let table = std::fs::read_to_string("tests/raft/README.md").expect("the table");
    let named: BTreeSet<PathBuf> = (table.lines().filter(|line| line.starts_with('|')))
        .flat_map(|row| row.split("](").skip(1))
        .filter_map(|link| Some(Path::new("tests/raft").join(link.split_once(')')?.0)))
        .collect();
    assert_eq!(named, scripts());
}

fn scripts() -> BTreeSet<PathBuf> {
    std::fs::read_dir("tests/raft")
        .expect("the scripts")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "txt"))
        .collect()
}

struct Script(Cluster);

type Output = Result<String, Box<dyn Error>>;

impl goldenscript::Runner for Script {
    type Command = Command;

    fn run(&mut self, command: &Command, _: &Context) -> Output {
        let (words, keys) = arguments(command);
        self.0.transcript = Some(String::new());
        match command.name.as_str() {
            "cluster" => self.cluster(&words, &keys)?,
            "given" => self.given(&words, &keys)?,
            "timeout" => self.0.time_out(node(&words, 0)?),
            "wake" => self.0.step(node(&words, 0)?, Input::Wake),
            "advance" => self.0.now += words.first().ok_or("how long?")?.parse()?,
            "propose" => self.propose(command)?,
            "read" => nodes(&words)?.into_iter().for_each(|id| self.0.read(id)),
            "transfer" => self.0.step(node(&words, 0)?, Input::Transfer { to: node(&words, 1)? }),
            "change" => self.change(&words)?,
            "deliver" | "drop" | "duplicate" => self.route(&command.name, &words, &keys)?,
            "settle" => self.settle(&nodes(&words)?),
            "elect" => {
                self.0.time_out(node(&words, 0)?);
                self.settle(&if words.len() > 1 { nodes(&words)? } else { Vec::new() });
            }
            "run" => {
                self.run_for(words.first().ok_or("how long?")?.parse()?, &nodes(&words[1..])?);
            }
            "forge" => self.forge(&words, &keys)?,
            "disk" => self.disk(&words)?,
            "crash" => self.0.crash(node(&words, 0)?),
            "restart" => self.0.boot(node(&words, 0)?),
            "timers" | "status" | "log" | "flight" | "applied" | "members" => {
                return Ok(self.show(&command.name));
            }
            other => return Err(format!("no such command: {other}").into()),
        }
        Ok(self.0.transcript.take().unwrap_or_default())
    }
}

impl Script {
    fn new() -> Self {
        Self(Cluster::new(3, 1, options(), None))
    }

    fn cluster(&mut self, words: &[&str], keys: &BTreeMap<&str, &str>) -> Result<(), Box<dyn Error>> {
        let mut options = options();
        if let Some(bytes) = keys.get("batch") {
            options.max_batch_bytes = bytes.parse()?;
        }
        if let Some(range) = keys.get("timeouts") {
            let (min, max) = range.split_once("..").ok_or("MIN..MAX")?;
            options.election_timeout = (min.parse()?, max.parse()?);
        }
        if let Some(bytes) = keys.get("every") {
            options.snapshot_every = Some(bytes.parse()?);
        }
        if let Some(bytes) = keys.get("chunk") {
            options.snapshot_chunk = bytes.parse()?;
        }
        for (key, most) in [
            ("inflight", &mut options.flow.max_inflight),
            ("inflight-bytes", &mut options.flow.max_inflight_bytes),
            ("uncommitted", &mut options.flow.max_uncommitted_bytes),
            ("early", &mut options.flow.max_early_bytes),
        ] {
            *most = keys.get(key).map(|given| given.parse()).transpose()?;
        }
        options.pre_vote = words.contains(&"pre-vote");
        options.check_quorum = words.contains(&"check-quorum");
        options.sticky = words.contains(&"sticky");
        options.announce_commits = words.contains(&"announce");
        options.reads = reads(words, keys)?;
        options.changes = if words.contains(&"single") { Changes::Single } else { Changes::Joint };
        options.bug = keys.get("bug").map(|name| bug(name)).transpose()?;
        let priorities = keys.get("priorities").unwrap_or(&"").split_whitespace();
        let priorities = priorities.map(str::parse).collect::<Result<Vec<u32>, _>>()?;
        let count: u32 = words.first().ok_or("how many?")?.parse()?;
        let number = |key| keys.get(key).map_or(Ok(0), |count: &&str| count.parse::<u32>());
        let (learners, spares) = (number("learners")?, number("spares")?);
        let members = Members {
            learners: (count + 1..=count + learners).map(NodeId).collect(),
            ..Members::of_voters((1..=count).map(NodeId))
        };
        let nodes = count + learners + spares;
        self.0 = Cluster::of(nodes, members, 1, options, Some(String::new()));
        if !priorities.is_empty() {
            self.0.priorities = priorities;
            (1..=count).map(NodeId).for_each(|id| {
                self.0.crash(id);
                self.0.boot(id);
            });
            self.0.transcript = Some(String::new());
        }
        Ok(())
    }

    fn given(&mut self, words: &[&str], keys: &BTreeMap<&str, &str>) -> Result<(), Box<dyn Error>> {
        let id = node(words, 0)?;
        self.0.crash(id);
        let disk = &mut self.0.node_mut(id).disk;
        if words.contains(&"blank") {
            disk.genesis = None;
        }
        disk.entries = entries(keys.get("log").unwrap_or(&""))?;
        let data = entries(keys.get("snapshot").unwrap_or(&""))?;
        let last_of = |data: &[u8]| Entries::new(data).last().map_or(Term::ZERO, |entry| entry.term);
        disk.snapshot = keys.get("snapshot").map(|_| Snapshot {
            index: Index(Entries::new(&data).count() as u64),
            term: last_of(&data),
            membership: None,
            data: data.clone(),
        });
        disk.base = Base::default();
        if let Some(cut) = keys.get("cut") {
            let cut: usize = cut.parse()?;
            let term = Entries::new(&data).nth(cut - 1).ok_or("a snapshot has what is cut")?.term;
            disk.base = Base { index: Index(cut as u64), term, hash: 0 };
        }
        let last = Entries::new(&disk.entries).last().map_or(Term::ZERO, |entry| entry.term);
        let term = keys.get("term").map_or(Ok(last.0), |term| term.parse())?;
        let vote = keys.get("vote").map(|vote| parse_node(vote)).transpose()?;
        disk.hard_state = HardState { term: Term(term), vote };
        self.0.boot(id);
        Ok(())
    }

    fn propose(&mut self, command: &Command) -> Result<(), Box<dyn Error>> {
        let mut arguments = command.args.iter().map(|argument| match argument {
            Argument::Positional(word) => word.clone(),
            other => other.to_string(),
        });
        let id = parse_node(&arguments.next().ok_or("which node?")?)?;
        for command in arguments {
            self.0.propose(id, command.as_bytes());
        }
        Ok(())
    }

    /// An operator asks for other members.
    fn change(&mut self, words: &[&str]) -> Result<(), Box<dyn Error>> {
        let (id, about) = (node(words, 0)?, node(words, 2)?);
        let change = match *words.get(1).ok_or("which change?")? {
            "add" => Change::AddLearner(about),
            "promote" => Change::Promote(about),
            "remove" => Change::Remove(about),
            "replace" => Change::Replace { old: about, new: node(words, 3)? },
            other => return Err(format!("no such change: {other}").into()),
        };
        self.0.step(id, Input::ChangeMembership(change));
        Ok(())
    }

    /// Delivers, drops or duplicates what is in flight between two nodes.
    fn route(
        &mut self,
        verb: &str,
        words: &[&str],
        keys: &BTreeMap<&str, &str>,
    ) -> Result<(), Box<dyn Error>> {
        let end = |at: usize| match words.get(at) {
            None | Some(&"any") => Ok(None),
            Some(word) => parse_node(word).map(Some),
        };
        let (from, to) = (end(0)?, end(1)?);
        let nth: Option<usize> = keys.get("nth").map(|nth| nth.parse()).transpose()?;
        let mut seen = 0;
        let chosen: Vec<bool> = (self.0.in_flight.iter())
            .map(|frame| {
                let on_link = from.is_none_or(|id| id == frame.from) && to.is_none_or(|id| id == frame.to);
                seen += usize::from(on_link);
                on_link && nth.is_none_or(|nth| nth == seen)
            })
            .collect();
        if !chosen.contains(&true) {
            return Err("nothing of that kind is in flight".into());
        }
        let mut chosen = chosen.into_iter();
        let frames: Vec<Frame> = if verb == "duplicate" {
            self.0
                .in_flight
                .iter()
                .zip(chosen)
                .filter(|(_, chosen)| *chosen)
                .map(|(f, _)| f.clone())
                .collect()
        } else {
            self.0.in_flight.extract_if(.., |_| chosen.next() == Some(true)).collect()
        };
        for frame in frames {
            match verb {
                "deliver" => self.deliver(&frame),
                "drop" => {
                    self.0.note(format_args!("lost: {} -> {} {}", frame.from, frame.to, describe(&frame)))
                }
                _ => self.0.in_flight.push(frame),
            }
        }
        Ok(())
    }

    fn deliver(&mut self, frame: &Frame) {
        self.0.note(format_args!("{} <- {} {}", frame.to, frame.from, describe(frame)));
        self.0.deliver(frame);
    }

    /// Delivers among these nodes, or among all if none is named, until nothing is in flight.
    fn settle(&mut self, among: &[NodeId]) {
        for round in 0.. {
            assert!(round < 10_000, "it never settles");
            if self.0.in_flight.is_empty() {
                return;
            }
            let frame = self.0.in_flight.remove(0);
            if among.is_empty() || (among.contains(&frame.from) && among.contains(&frame.to)) {
                self.deliver(&frame);
            }
        }
    }

    /// Lets time pass: who is due is woken, and what it sends among these nodes, or among all, arrives at once.
    fn run_for(&mut self, span: Duration, among: &[NodeId]) {
        let end = self.0.now + span;
        let runs = |node: &Node| node.replica.is_some() && (among.is_empty() || among.contains(&node.id));
        while let Some((_, id)) = (self.0.nodes.iter())
            .filter(|node| runs(node))
            .filter_map(|node| Some((node.deadline.filter(|deadline| *deadline <= end)?, node.id)))
            .min()
        {
            self.0.time_out(id);
            self.settle(among);
        }
        self.0.now = end;
    }

    fn forge(&mut self, words: &[&str], keys: &BTreeMap<&str, &str>) -> Result<(), Box<dyn Error>> {
        let number = |key| keys.get(key).map_or(Ok(0), |value: &&str| value.parse::<u64>());
        let position = |key| position(keys, key);
        let term = Term(number("term")?);
        let entries = entries(keys.get("entries").unwrap_or(&""))?;
        let message = match *words.get(2).ok_or("which kind?")? {
            kind @ ("RequestVote" | "RequestVoteReply" | "PreVote" | "PreVoteReply" | "TimeoutNow") => {
                about_elections(kind, term, words, keys)?
            }
            kind @ ("Contact" | "ContactReply" | "ReadIndex" | "ReadIndexReply") => {
                about_reads(kind, term, keys)?
            }
            "AppendEntries" => {
                let (prev_index, prev_term) = position("prev")?;
                let count = Entries::new(&entries).count() as u32;
                let commit = Index(number("commit")?);
                let entries = &entries;
                Message::AppendEntries(AppendEntries { term, prev_index, prev_term, commit, count, entries })
            }
            "AppendEntriesReply" => {
                let (hint_index, hint_term) = position("hint")?;
                let outcome = match keys.get("accepted") {
                    Some(matched) => Outcome::Accepted { matched: Index(matched.parse()?) },
                    None => Outcome::Refused { prev_index: Index(number("refused")?), hint_index, hint_term },
                };
                Message::AppendEntriesReply(AppendEntriesReply { term, outcome })
            }
            "InstallSnapshot" => {
                let length = keys.get("length").map(|length| length.parse()).transpose()?;
                forged_chunk(term, position("last")?, &entries, (number("offset")?, length))
            }
            "InstallSnapshotReply" => Message::InstallSnapshotReply(InstallSnapshotReply {
                term,
                last_index: Index(number("last")?),
                next: number("next")? as u32,
                done: words.contains(&"done"),
            }),
            other => return Err(format!("no such message: {other}").into()),
        };
        let mut payload = Vec::new();
        message.encode(&mut payload);
        let frame = Frame { from: node(words, 0)?, to: node(words, 1)?, kind: message.kind(), payload };
        self.deliver(&frame);
        Ok(())
    }

    fn disk(&mut self, words: &[&str]) -> Result<(), Box<dyn Error>> {
        let id = node(words, 0)?;
        match *words.get(1).ok_or("slow, flush or fast?")? {
            "slow" => self.0.node_mut(id).slow_disk = true,
            "flush" => {
                let count = words.get(2).map_or(Ok(usize::MAX), |count| count.parse())?;
                self.0.flush(id, count);
            }
            "fast" => {
                self.0.node_mut(id).slow_disk = false;
                self.0.flush(id, usize::MAX);
            }
            other => return Err(format!("no such disk: {other}").into()),
        }
        Ok(())
    }

    fn show(&self, what: &str) -> String {
        let mut output = String::new();
        for node in &self.0.nodes {
            let (id, status) = (node.id, node.status);
            let line = match what {
                _ if node.replica.is_none() => "down".to_owned(),
                "timers" => match node.deadline {
                    Some(deadline) => format!("in {}", deadline.since(self.0.now)),
                    None => "never".to_owned(),
                },
                "log" => {
                    let disk = node.written();
                    let entries = describe_entries(disk.base.index.next(), Entries::new(&disk.entries));
                    match (&disk.snapshot, disk.base.index) {
                        (None, Index(0)) => entries,
                        (None, base) => format!("(cut up to {base}) {entries}"),
                        (Some(Snapshot { index, term, .. }), base) => {
                            format!("(snapshot to {index}@{term}, cut up to {base}) {entries}")
                        }
                    }
                }
                "members" => describe_members(&node.membership.members),
                "applied" => {
                    let name = |(term, data): &(Term, Vec<u8>)| match data.as_slice() {
                        [] => format!("{term}:no-op"),
                        data if Members::decode(data).is_some() => format!("{term}:members"),
                        data => format!("{term}:{}", String::from_utf8_lossy(data)),
                    };
                    node.applied.iter().map(name).collect::<Vec<_>>().join(" ")
                }
                _ => {
                    let role = match status.role {
                        Role::Follower => "follower",
                        Role::PreCandidate => "pre-candidate",
                        Role::Candidate => "candidate",
                        Role::Leader => "leader",
                    };
                    format!("{role} term={} last={} commit={}", status.term, status.last, status.commit)
                }
            };
            if what != "flight" {
                writeln!(output, "{}", format!("{id} {line}").trim_end()).expect("a string takes it");
            }
        }
        if what == "flight" {
            for frame in &self.0.in_flight {
                writeln!(output, "{} -> {} {}", frame.from, frame.to, describe(frame))
                    .expect("a string takes it");
            }
        }
        output
    }
}

/// The index and term that stand for this key.
fn position(keys: &BTreeMap<&str, &str>, key: &str) -> Result<(Index, Term), Box<dyn Error>> {
    let (index, term) = keys.get(key).unwrap_or(&"0@0").split_once('@').ok_or("index@term")?;
    Ok((Index(index.parse()?), Term(term.parse()?)))
}

/// A message of this kind about elections.
fn about_elections(
    kind: &str,
    term: Term,
    words: &[&str],
    keys: &BTreeMap<&str, &str>,
) -> Result<Message<'static>, Box<dyn Error>> {
    let (last_index, last_term) = position(keys, "last")?;
    let number = |key| keys.get(key).map_or(Ok(0), |value: &&str| value.parse::<u64>());
    let (priority, granted) = (number("priority")? as u32, words.contains(&"granted"));
    Ok(match kind {
        "RequestVote" => {
            let is_transfer = words.contains(&"transfer");
            Message::RequestVote(RequestVote { term, last_index, last_term, priority, is_transfer })
        }
        "RequestVoteReply" => Message::RequestVoteReply(RequestVoteReply { term, granted }),
        "PreVote" => Message::PreVote(PreVote { term, last_index, last_term, priority }),
        "PreVoteReply" => {
            Message::PreVoteReply(PreVoteReply { term, granted, candidacy: Term(number("for")?) })
        }
        _ => Message::TimeoutNow(TimeoutNow { term }),
    })
}

/// A forged message that is about reads.
fn about_reads(
    kind: &str,
    term: Term,
    keys: &BTreeMap<&str, &str>,
) -> Result<Message<'static>, Box<dyn Error>> {
    let number = |key| keys.get(key).map_or(Ok(0), |value: &&str| value.parse::<u64>());
    let (round, life, asked) = (number("round")?, number("life")?, number("number")?);
    let index = keys.get("index").map(|index| index.parse().map(Index)).transpose()?;
    Ok(match kind {
        "Contact" => Message::Contact(Contact { term, round }),
        "ContactReply" => Message::ContactReply(ContactReply { term, round }),
        "ReadIndex" => Message::ReadIndex(ReadIndex { term, life, number: asked }),
        _ => Message::ReadIndexReply(ReadIndexReply { term, life, number: asked, index }),
    })
}

/// How reads are answered: `read=index|lease|local`, `follower-reads`, `drift=PPM`.
fn reads(words: &[&str], keys: &BTreeMap<&str, &str>) -> Result<Reads, Box<dyn Error>> {
    let by = match keys.get("read") {
        None => ReadBy::Log,
        Some(&"index") => ReadBy::Index,
        Some(&"lease") => ReadBy::Lease,
        Some(&"local") => ReadBy::Local,
        Some(other) => return Err(format!("no such way to read: {other}").into()),
    };
    let max_drift_ppm = keys.get("drift").map_or(Ok(0), |drift| drift.parse())?;
    Ok(Reads { by, at_followers: words.contains(&"follower-reads"), max_drift_ppm })
}

/// So many bytes, or all, of a snapshot with these entries, from an offset on.
fn forged_chunk(
    term: Term,
    (last_index, last_term): (Index, Term),
    entries: &[u8],
    (offset, length): (u64, Option<usize>),
) -> Message<'_> {
    let (size, from) = (entries.len() as u32, offset as usize);
    let chunk = &entries[from..from + length.unwrap_or(entries.len() - from)];
    let (offset, membership) = (offset as u32, &[]);
    Message::InstallSnapshot(InstallSnapshot { term, last_index, last_term, size, offset, chunk, membership })
}

/// The words of a command, and its `key=value` pairs.
fn arguments(command: &Command) -> (Vec<&str>, BTreeMap<&str, &str>) {
    let (mut words, mut keys) = (Vec::new(), BTreeMap::new());
    for argument in &command.args {
        match argument {
            Argument::KeyValue(key, value) => _ = keys.insert(key.as_str(), value.as_str()),
            Argument::Positional(word) => words.push(word.as_str()),
            _ => {}
        }
    }
    (words, keys)
}

fn node(words: &[&str], at: usize) -> Result<NodeId, Box<dyn Error>> {
    parse_node(words.get(at).ok_or("which node?")?)
}

fn nodes(words: &[&str]) -> Result<Vec<NodeId>, Box<dyn Error>> {
    words.iter().map(|word| parse_node(word)).collect()
}

fn parse_node(word: &str) -> Result<NodeId, Box<dyn Error>> {
    Ok(NodeId(word.strip_prefix('n').ok_or_else(|| format!("{word} is no node"))?.parse()?))
}

/// A planted bug by its name in lower case, with dashes.
fn bug(name: &str) -> Result<Bug, Box<dyn Error>> {
    let squeezed = name.replace('-', "");
    let known = Bug::ALL.into_iter().find(|bug| format!("{bug:?}").to_lowercase() == squeezed);
    Ok(known.ok_or_else(|| format!("no such bug: {name}"))?)
}

/// Entries from their notation, such as `1 2*3 4:x=1`.
fn entries(text: &str) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut bytes = Vec::new();
    for word in text.split_whitespace() {
        let (term, kind, data) = match word.split_once(':') {
            Some((term, data)) => (term, EntryKind::Command, data),
            None => (word, EntryKind::NoOp, ""),
        };
        let (term, times) = term.split_once('*').unwrap_or((term, "1"));
        for _ in 0..times.parse()? {
            Entry { term: Term(term.parse()?), kind, data: data.as_bytes() }.encode(&mut bytes);
        }
    }
    Ok(bytes)
}
