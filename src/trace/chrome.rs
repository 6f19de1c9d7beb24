//! Records as a trace for Perfetto (ui.perfetto.dev) or chrome://tracing.
//!
//! Every node and every client is a thread of one process. On a node's thread lie spans of its role, with a pause as a
//! span within and the time without power as one of its own; frames are arrows between points on the threads, and
//! clients' operations and faults are asynchronous spans.

use super::{Body, Format, KindName, Record};
use crate::ids::{Address, NodeId, OperationId, RecordId, Term};
use crate::replica::Role;
use crate::time::Time;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

/// A trace in the JSON object form of the Trace Event Format.
pub struct ChromeTrace {
    kind_name: KindName,
    threads: BTreeMap<Address, Thread>,
    /// The arrows of each frame that is on its way: one, and one for each duplicate.
    arrows: BTreeMap<RecordId, Vec<u64>>,
    operations: BTreeMap<OperationId, (Address, String)>,
    faults: BTreeSet<(u32, String)>,
    last: Time,
    is_empty: bool,
}

/// A thread of the trace: the names of its open spans, the outermost first.
#[derive(Default)]
struct Thread {
    spans: Vec<String>,
    /// The role and term of a node that is up.
    role: Option<(Role, Term)>,
}

/// The one process.
const PROCESS: u32 = 1;

/// The spans of which a node is in one at any time.
const SPANS: [&str; 4] = ["down", "follower", "candidate", "leader"];

impl ChromeTrace {
    /// A trace in which kinds of message have these names.
    pub fn new(kind_name: KindName) -> Self {
        Self {
            kind_name,
            threads: BTreeMap::new(),
            arrows: BTreeMap::new(),
            operations: BTreeMap::new(),
            faults: BTreeSet::new(),
            last: Time::ZERO,
            is_empty: true,
        }
    }

    /// Writes one event; `more` is an object with what not every event has.
    fn event(
        &mut self,
        out: &mut dyn Write,
        phase: &str,
        thread: Address,
        name: &str,
        more: &Value,
    ) -> io::Result<()> {
        let comma = if std::mem::take(&mut self.is_empty) { "" } else { "," };
        // Microseconds as decimals, exactly: a float would round long runs.
        let (micros, nanos) = (self.last.nanos() / 1_000, self.last.nanos() % 1_000);
        write!(
            out,
            "{comma}\n{{\"ph\":\"{phase}\",\"pid\":{PROCESS},\"tid\":{},\"ts\":{micros}.{nanos:03},\"name\":{}",
            thread.to_wire(),
            Value::from(name)
        )?;
        for (key, value) in more.as_object().into_iter().flatten() {
            write!(out, ",\"{key}\":{value}")?;
        }
        out.write_all(b"}")
    }

    /// Names the thread at its first record.
    fn introduce(&mut self, out: &mut dyn Write, address: Address) -> io::Result<()> {
        if self.threads.contains_key(&address) {
            return Ok(());
        }
        self.threads.insert(address, Thread::default());
        let name = match address {
            Address::WORLD => "faults".to_owned(),
            address => address.to_string(),
        };
        self.event(out, "M", address, "thread_name", &json!({"args": {"name": name}}))?;
        let place = json!({"args": {"sort_index": address.to_wire()}});
        self.event(out, "M", address, "thread_sort_index", &place)
    }

    fn open(&mut self, out: &mut dyn Write, thread: Address, name: &str, args: Value) -> io::Result<()> {
        self.threads.entry(thread).or_default().spans.push(name.to_owned());
        self.event(out, "B", thread, name, &json!({"args": args}))
    }

    /// Ends the spans of a thread from the outermost of one of these names on.
    fn close(&mut self, out: &mut dyn Write, thread: Address, names: &[&str]) -> io::Result<()> {
        let spans = &mut self.threads.entry(thread).or_default().spans;
        let at = spans.iter().position(|span| names.contains(&&**span)).unwrap_or(spans.len());
        for name in spans.split_off(at).into_iter().rev() {
            self.event(out, "E", thread, &name, &Value::Null)?;
        }
        Ok(())
    }

    /// From now on a node has this role; of a change to another leader of the same term a point is enough.
    fn role(
        &mut self,
        out: &mut dyn Write,
        node: Address,
        now: (Role, Term),
        leader: Option<NodeId>,
    ) -> io::Result<()> {
        let (role, term) = now;
        let before = self.threads.entry(node).or_default().role.replace(now);
        if before != Some(now) {
            self.close(out, node, &SPANS)?;
            self.open(out, node, &role.to_string(), json!({"term": term.0}))?;
        }
        match leader {
            _ if role == Role::Leader => self.instant(out, node, &format!("{node} leads term {term}"), "p"),
            Some(leader) => self.instant(out, node, &format!("follows {leader}"), "t"),
            None => Ok(()),
        }
    }

    /// A point on a thread; its scope is `t` for a thread's or `p` for the process's.
    fn instant(&mut self, out: &mut dyn Write, thread: Address, name: &str, scope: &str) -> io::Result<()> {
        self.event(out, "i", thread, name, &json!({"s": scope}))
    }

    /// One end of an arrow: a slice without length, since arrows join slices.
    fn arrow(
        &mut self,
        out: &mut dyn Write,
        record: &Record,
        kind: u8,
        end: Option<(&str, u64)>,
    ) -> io::Result<()> {
        let name = (self.kind_name)(kind);
        let what = record.body.line(&|kind| (self.kind_name)(kind).to_owned());
        let slice = json!({"dur": 0, "cat": "frame", "args": {"record": record.id.0, "what": what}});
        self.event(out, "X", record.node, name, &slice)?;
        let Some((phase, id)) = end else { return Ok(()) };
        let mut arrow = json!({"cat": "frame", "id": id});
        if phase == "f" {
            // It ends at this slice, not at the next one.
            arrow["bp"] = "e".into();
        }
        self.event(out, phase, record.node, name, &arrow)
    }

    fn frame(&mut self, record: &Record, out: &mut dyn Write) -> io::Result<()> {
        match record.body {
            Body::Sent { kind, .. } => {
                self.arrows.insert(record.id, vec![record.id.0.get()]);
                self.arrow(out, record, kind, Some(("s", record.id.0.get())))
            }
            Body::Duplicated { kind, .. } | Body::Replayed { kind, .. } => {
                let id = record.id.0.get();
                let arrows = record.cause.and_then(|sent| self.arrows.get_mut(&sent));
                let end = arrows.map(|arrows| {
                    arrows.push(id);
                    ("s", id)
                });
                self.arrow(out, record, kind, end)
            }
            Body::Delivered { kind, .. } => {
                let id = self.arrived(record.cause);
                self.arrow(out, record, kind, id.map(|id| ("f", id)))
            }
            Body::Lost { why, .. } => {
                self.arrived(record.cause);
                self.instant(out, record.node, &format!("lost: {why}"), "t")
            }
            _ => Ok(()),
        }
    }

    /// The arrow of a frame that is no longer on its way.
    fn arrived(&mut self, sent: Option<RecordId>) -> Option<u64> {
        let sent = sent?;
        let arrows = self.arrows.get_mut(&sent)?;
        let id = arrows.remove(0);
        if arrows.is_empty() {
            self.arrows.remove(&sent);
        }
        Some(id)
    }

    fn fault(&mut self, record: &Record, out: &mut dyn Write) -> io::Result<()> {
        let world = record.node;
        match record.body {
            Body::FaultStarted { fault, source, action, nodes } => {
                let name = action.to_string();
                let args = json!({"source": source.to_string(), "nodes": nodes.to_string()});
                let more = json!({"cat": "fault", "id": fault, "args": args});
                self.event(out, "b", world, &name, &more)?;
                self.faults.insert((fault, name));
            }
            Body::FaultEnded { fault, action, .. } => {
                let name = action.to_string();
                if self.faults.remove(&(fault, name.clone())) {
                    self.event(out, "e", world, &name, &json!({"cat": "fault", "id": fault}))?;
                }
            }
            Body::FaultSkipped { source, .. } => {
                self.instant(out, world, &format!("{source} is skipped"), "t")?;
            }
            Body::Settled => self.instant(out, world, "settles", "p")?,
            Body::SettledFor { nodes } => self.instant(out, world, &format!("settles for {nodes}"), "p")?,
            _ => {}
        }
        Ok(())
    }

    fn operation(&mut self, record: &Record, out: &mut dyn Write) -> io::Result<()> {
        match record.body {
            Body::Invoked { operation, request } => {
                let name = request.to_string();
                let more = json!({"cat": "operation", "id": operation.0});
                self.event(out, "b", record.node, &name, &more)?;
                self.operations.insert(operation, (record.node, name));
            }
            Body::Returned { operation, outcome } => {
                if let Some((client, name)) = self.operations.remove(&operation) {
                    let more = json!({"cat": "operation", "id": operation.0, "args": {"outcome": outcome.to_string()}});
                    self.event(out, "e", client, &name, &more)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn machine(&mut self, record: &Record, out: &mut dyn Write) -> io::Result<()> {
        let node = record.node;
        match record.body {
            Body::Booted { term, .. } => self.role(out, node, (Role::Follower, term), None),
            Body::RoleChanged { role, term, leader } => self.role(out, node, (role, term), leader),
            Body::Paused => self.open(out, node, "paused", Value::Null),
            Body::Resumed => self.close(out, node, &["paused"]),
            Body::Crashed => {
                self.threads.entry(node).or_default().role = None;
                self.close(out, node, &SPANS)?;
                self.open(out, node, "down", Value::Null)
            }
            _ => self.instant(out, node, &record.body.line(&|kind| (self.kind_name)(kind).to_owned()), "t"),
        }
    }
}

impl Format for ChromeTrace {
    fn begin(&mut self, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(b"{\"displayTimeUnit\":\"ms\",\"traceEvents\":[")?;
        self.event(out, "M", Address::WORLD, "process_name", &json!({"args": {"name": "squall"}}))
    }

    fn record(&mut self, record: &Record, out: &mut dyn Write) -> io::Result<()> {
        self.last = record.time;
        self.introduce(out, record.node)?;
        match record.body {
            Body::Sent { .. }
            | Body::Duplicated { .. }
            | Body::Replayed { .. }
            | Body::Delivered { .. }
            | Body::Lost { .. } => self.frame(record, out),
            Body::FaultStarted { .. }
            | Body::FaultEnded { .. }
            | Body::FaultSkipped { .. }
            | Body::SettledFor { .. }
            | Body::Settled => self.fault(record, out),
            Body::Invoked { .. } | Body::Returned { .. } => self.operation(record, out),
            Body::Booted { .. }
            | Body::RoleChanged { .. }
            | Body::ReadRound { .. }
            | Body::Served { .. }
            | Body::Transfer { .. }
            | Body::Membership { .. }
            | Body::Change { .. }
            | Body::Paused
            | Body::Resumed
            | Body::Crashed
            | Body::Wiped
            | Body::Rotted { .. }
            | Body::TailCut { .. }
            | Body::ClockRate { .. }
            | Body::ClockStepped { .. }
            | Body::Stopped { .. }
            | Body::CallFailed { .. }
            | Body::Rejected { .. }
            | Body::Denied { .. }
            | Body::Shed { .. }
            | Body::Breaker { .. }
            | Body::Corrupted { .. }
            | Body::Misdirected { .. }
            | Body::Forged { .. }
            | Body::Believed { .. }
            | Body::TurnedAway { .. }
            | Body::Truncated { .. }
            | Body::SnapshotTaken { .. }
            | Body::Restored { .. } => self.machine(record, out),
            // What fills the logs would hide the rest.
            _ => Ok(()),
        }
    }

    /// Ends what is still open when the run ends.
    fn end(&mut self, out: &mut dyn Write) -> io::Result<()> {
        let threads: Vec<Address> = self.threads.keys().copied().collect();
        for thread in threads {
            self.close(out, thread, &SPANS)?;
            self.close(out, thread, &["paused"])?;
        }
        for (operation, (client, name)) in std::mem::take(&mut self.operations) {
            let more = json!({"cat": "operation", "id": operation.0, "args": {"outcome": "open at the end"}});
            self.event(out, "e", client, &name, &more)?;
        }
        for (fault, name) in std::mem::take(&mut self.faults) {
            self.event(out, "e", Address::WORLD, &name, &json!({"cat": "fault", "id": fault}))?;
        }
        out.write_all(b"\n]}\n")
    }
}
