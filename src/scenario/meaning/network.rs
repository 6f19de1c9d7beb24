//! The links: one model for all, and exceptions.

use super::{bounded_value, distribution, node, rate};
use crate::ids::NodeId;
use crate::plan::{Link, Network};
use crate::rng::{Distribution, Rate};
use crate::scenario::bounds;
use crate::scenario::notes::Notes;
use crate::scenario::path::Path;
use crate::scenario::shape;
use crate::time::Duration;
use std::collections::BTreeMap;
use std::num::NonZeroU64;

/// The links. Without clients it is all the same whether they would have sessions.
pub(super) fn network(
    path: &Path<'_>,
    network: &shape::Network,
    (voters, sessions): (u32, bool),
    notes: &mut Notes<'_>,
) -> Network {
    let usual = Link {
        latency: Distribution::Uniform(Duration::from_millis(1), Duration::from_millis(5)),
        loss: Rate::ZERO,
        duplicate: Rate::ZERO,
        bandwidth: None,
    };
    let at_once = Link { latency: Distribution::Constant(Duration::ZERO), ..usual.clone() };
    let default = link(&path.field("default"), &network.default, &usual, notes);
    let mut links: Vec<(NodeId, NodeId, Link)> = Vec::with_capacity(network.links.len());
    let mut seen = BTreeMap::new();
    let list = path.field("links");
    for (i, directed) in network.links.iter().enumerate() {
        let path = list.item(i);
        let from = node(&path.field("from"), directed.from, voters, notes);
        let to = node(&path.field("to"), directed.to, voters, notes);
        let ends = from.zip(to);
        if directed.from == directed.to {
            notes.error(
                &path,
                "a link leads from one node to another",
                "give `from` and `to` different numbers",
            );
        } else if let Some(((from, to), first)) = ends.and_then(|ends| Some((ends, seen.insert(ends, i)?))) {
            let message = format!("the link from node {} to node {} is given twice", from.0, to.0);
            let help = "only the last one counts; take the others away";
            notes.warn_beside(&path, message, help, (&list.item(first), "given here first"));
        }
        let given = shape::Link {
            latency: directed.latency,
            loss: directed.loss,
            duplicate: directed.duplicate,
            bandwidth: directed.bandwidth,
        };
        let link = link(&path, &given, &default, notes);
        links.extend(ends.map(|(from, to)| (from, to, link)));
    }
    let path = path.field("clients");
    let clients = link(&path, &network.clients, &at_once, notes);
    if clients.duplicate != Rate::ZERO && !sessions {
        let message = "without sessions frames of clients can't be duplicated: a request that arrives twice would be \
                       carried out twice";
        notes.error(&path.field("duplicate"), message, "add `sessions: true` to `clients`, or take it away");
    }
    Network { links, clients, default }
}

/// What is said of a link; what is not said is as in `usual`.
fn link(path: &Path<'_>, link: &shape::Link, usual: &Link, notes: &mut Notes<'_>) -> Link {
    let mut rate_of = |name, value: Option<f64>, usual| match value {
        Some(value) => rate(&path.field(name), value, notes),
        None => usual,
    };
    let loss = rate_of("loss", link.loss, usual.loss);
    let duplicate = rate_of("duplicate", link.duplicate, usual.duplicate);
    let latency = match link.latency {
        Some(latency) => distribution(&path.field("latency"), latency, notes),
        None => usual.latency,
    };
    let bandwidth = match link.bandwidth {
        Some(bytes) => {
            let bytes = bounded_value(&path.field("bandwidth"), bytes, bounds::BANDWIDTH, notes);
            NonZeroU64::new(bytes).filter(|_| bytes < bounds::BANDWIDTH.most)
        }
        None => usual.bandwidth,
    };
    Link { latency, loss, duplicate, bandwidth }
}
