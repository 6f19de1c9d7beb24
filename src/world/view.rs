//! A look at a world from outside.

use super::World;
use crate::host::{Host, NodeView};
use crate::ids::NodeId;
use crate::trace::Observer;

/// A world as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    /// The machines, by number.
    pub nodes: Vec<NodeView>,
    /// The effective leader.
    pub leader: Option<NodeId>,
    /// The links that lose every frame, sender first.
    pub cut: Vec<(NodeId, NodeId)>,
    /// The links that hold every frame, sender first.
    pub clogged: Vec<(NodeId, NodeId)>,
}

impl<O: Observer> World<'_, O> {
    /// This world as it stands.
    pub fn view(&self) -> View {
        let ids = || self.hosts.iter().map(Host::id);
        let links = || ids().flat_map(|from| ids().map(move |to| (from, to))).filter(|(from, to)| from != to);
        let link = |(from, to): (NodeId, NodeId)| self.network.link_id(from.into(), to.into());
        View {
            nodes: self.hosts.iter().map(Host::view).collect(),
            leader: self.effective_leader(),
            cut: links().filter(|ends| self.network.is_cut(link(*ends))).collect(),
            clogged: links().filter(|ends| self.network.is_clogged(link(*ends))).collect(),
        }
    }
}
