//! What is taken out of a run at some moment, to see whether it was what stood in the way.

use super::World;
use super::agenda::Step;
use crate::host::Host;
use crate::trace::{ActionKind, Observer};

/// What is taken out of a run from some moment on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Remedy {
    /// Faults of these kinds end, and none begins any more.
    pub lifted: &'static [ActionKind],
    /// No frame is lost at random.
    pub lossless: bool,
    /// Frames take no time.
    pub near: bool,
    /// Flushes take no time to speak of.
    pub quick_disks: bool,
    /// No breaker is open.
    pub closed_breakers: bool,
    /// Clients ask for nothing.
    pub no_load: bool,
    /// Of those that can win the one with the best log campaigns at once, and nobody else's timer runs out.
    pub campaign: bool,
}

impl<O: Observer> World<'_, O> {
    /// Takes away what a remedy takes away before anything else happens at this instant.
    pub fn take_away(&mut self, remedy: &Remedy) {
        for fault in self.faults.lift(remedy.lifted) {
            self.plan_step(self.now, Step::End(fault));
        }
        if remedy.lossless {
            self.network.lose_nothing();
        }
        if remedy.near {
            self.network.bring_near();
        }
        if remedy.quick_disks {
            self.hosts.iter_mut().for_each(|host| host.disk_mut().quicken());
        }
        if remedy.closed_breakers {
            self.setup.breaker = None;
            self.hosts.iter_mut().for_each(Host::close_breakers);
        }
        self.is_idle |= remedy.no_load;
        self.is_patient |= remedy.campaign;
    }

    /// Of the nodes that can act and are linked to a quorum that can, has the one with the best log campaign, past all
    /// refusals because a leader is current (Raft thesis, section 3.10). Whether there is one.
    pub fn have_the_best_campaign(&mut self) -> bool {
        let members = self.members();
        let able =
            |host: &&Host| host.is_running() && host.members().is_some_and(|known| known.votes(host.id()));
        let wins = |host: &&Host| {
            let linked = |other: &&Host| {
                other.id() == host.id() || self.network.is_linked(host.address(), other.address())
            };
            members.is_quorum(self.hosts.iter().filter(able).filter(linked).map(Host::id).collect())
        };
        let best = self.hosts.iter().filter(able).filter(wins);
        let best = best.max_by_key(|host| (host.last_entry(), std::cmp::Reverse(host.id()))).map(Host::id);
        if let Some(node) = best {
            self.trace.outside(self.now);
            self.with_host(node.slot(), Host::campaign);
        }
        best.is_some()
    }
}
