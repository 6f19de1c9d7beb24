//! Records as a log for ShiViz, which draws space-time diagrams from vector clocks.
//!
//! ShiViz knows of no messages: an event comes after another if its vector clock says so. The clocks follow the causes
//! of records. Between two ends that is a frame, from its sending to each of its arrivals, and a fault, from the world
//! to what it hits.

use super::{Body, Format, KindName, Record};
use crate::ids::{Address, RecordId};
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::rc::Rc;

/// The parts of an event, for ShiViz to find: the first line of the file.
const PARSER: &str = r"(?<host>\S+) (?<clock>\{.*\})\n(?<event>.*)";

/// A log in two lines an event: host and vector clock, then what happened.
pub struct ShiViz {
    kind_name: KindName,
    hosts: Vec<Host>,
    places: BTreeMap<Address, usize>,
    /// What is on its way to another host: the sender's clock, and how many arrivals it still has.
    on_its_way: BTreeMap<RecordId, (Stamp, u32)>,
    /// The last thing that the world did; what it brought about elsewhere follows at once.
    fault: Option<(RecordId, Stamp)>,
}

/// Somebody to whom things happen.
struct Host {
    name: String,
    /// How many events it had.
    own: u64,
    /// What it knows of the others' events. Shared with what it has sent since it last heard of something new.
    known: Rc<Vec<u64>>,
}

/// A vector clock at a moment.
struct Stamp {
    host: usize,
    own: u64,
    known: Rc<Vec<u64>>,
}

impl Host {
    fn hears(&mut self, stamp: &Stamp) {
        let known = Rc::make_mut(&mut self.known);
        known.resize(known.len().max(stamp.known.len()).max(stamp.host + 1), 0);
        for (mine, theirs) in known.iter_mut().zip(stamp.known.iter()) {
            *mine = (*mine).max(*theirs);
        }
        known[stamp.host] = known[stamp.host].max(stamp.own);
    }
}

impl ShiViz {
    /// A log in which kinds of message have these names.
    pub fn new(kind_name: KindName) -> Self {
        Self {
            kind_name,
            hosts: Vec::new(),
            places: BTreeMap::new(),
            on_its_way: BTreeMap::new(),
            fault: None,
        }
    }

    fn place(&mut self, address: Address) -> usize {
        let hosts = &mut self.hosts;
        *self.places.entry(address).or_insert_with(|| {
            hosts.push(Host { name: address.to_string(), own: 0, known: Rc::default() });
            hosts.len() - 1
        })
    }

    fn stamp(&self, host: usize) -> Stamp {
        Stamp { host, own: self.hosts[host].own, known: Rc::clone(&self.hosts[host].known) }
    }

    /// Merges the clock of what brought a record about, if that was elsewhere.
    fn merge(&mut self, host: usize, record: &Record) {
        let Some(cause) = record.cause else { return };
        match record.body {
            Body::Delivered { .. } => {
                if let Some((stamp, _)) = self.on_its_way.get(&cause) {
                    self.hosts[host].hears(stamp);
                }
                self.arrives(cause);
            }
            Body::Lost { .. } => self.arrives(cause),
            _ => match &self.fault {
                Some((fault, stamp)) if *fault == cause && stamp.host != host => {
                    self.hosts[host].hears(stamp)
                }
                _ => {}
            },
        }
    }

    /// One copy of a frame is no longer on its way.
    fn arrives(&mut self, sent: RecordId) {
        if let Some((_, copies)) = self.on_its_way.get_mut(&sent) {
            *copies -= 1;
            if *copies == 0 {
                self.on_its_way.remove(&sent);
            }
        }
    }

    fn write(&self, host: usize, record: &Record, out: &mut dyn Write) -> io::Result<()> {
        let Host { name, own, known } = &self.hosts[host];
        write!(out, "{name} {{\"{name}\":{own}")?;
        for (other, events) in known.iter().enumerate() {
            if other != host && *events > 0 {
                write!(out, ",\"{}\":{events}", self.hosts[other].name)?;
            }
        }
        let what = record.body.line(&|kind| (self.kind_name)(kind).to_owned());
        writeln!(out, "}}\n{} {what}", record.time)
    }
}

impl Format for ShiViz {
    fn begin(&mut self, out: &mut dyn Write) -> io::Result<()> {
        // The second line would tell several runs apart; there is one.
        writeln!(out, "{PARSER}\n")
    }

    fn record(&mut self, record: &Record, out: &mut dyn Write) -> io::Result<()> {
        let host = self.place(record.node);
        self.merge(host, record);
        self.hosts[host].own += 1;
        match record.body {
            Body::Sent { .. } => {
                self.on_its_way.insert(record.id, (self.stamp(host), 1));
            }
            Body::Duplicated { .. } => {
                if let Some((_, copies)) = record.cause.and_then(|sent| self.on_its_way.get_mut(&sent)) {
                    *copies += 1;
                }
            }
            _ if record.node == Address::WORLD => self.fault = Some((record.id, self.stamp(host))),
            _ => {}
        }
        self.write(host, record, out)
    }
}
